"""The engine and the reference evaluator say the same, in every world.

First on generated rulebooks and frames: 2,000 pairs, some of them drawn by hypothesis, which looks
for extremes. What differs is printed as a small rule and frame. `make oracle N=...` compares any
number of others. Then on the rules and cases that are shipped. Each run compares the same.
"""

from __future__ import annotations

import itertools
import os
import random
from collections import Counter, defaultdict

import pytest
import yaml
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from msgspec.structs import replace

from comity import source
from comity.casefile import apply_changes, case_of
from comity.checking import check, domains_of, readings_of
from comity.framing import frames_of
from comity.library import ASIDE, rulebook_files, shipped_rules, split
from comity.model import Switch
from comity.resolving import judge
from comity.ruletests import spread
from tests import generate, oracle, reference
from tests.conftest import ROOT

DRAWN = 150  # rulebooks drawn by hypothesis, and
SEEDS = range(350)  # rulebooks of seeded numbers: 2,000 pairs with four frames each
OUTCOMES = {
    *("established", "presumed", "arguable", "open", "excused", "respected"),
    *("moot", "not_in_play"),
}

# --------------------------------------------------------------------------- generated pairs


def test_the_test_run_compares_two_thousand_pairs():
    assert (DRAWN + len(SEEDS)) * oracle.FRAMES == 2000
    assert max(SEEDS) < oracle.FIRST


@pytest.mark.slow
def test_both_evaluators_agree_on_drawn_pairs():
    compared = 0
    told = {}  # hypothesis looks at a failure twice

    @settings(
        max_examples=DRAWN,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(generate.drawn(oracle.others(), oracle.FRAMES))
    def agree(pairs):
        nonlocal compared
        book, frames = pairs
        engine, readings = oracle.loaded(book)
        for seen in frames:
            compared += 1
            for rule, _ in oracle.compare(book, seen, oracle.judged(engine, readings, seen)):
                known = repr(pairs)
                if known not in told:
                    told[known] = oracle.told_small(book, seen, rule)
                pytest.fail(told[known], pytrace=False)

    agree()
    assert compared >= DRAWN * oracle.FRAMES


def test_what_differs_is_made_small(monkeypatch):
    """Left is what makes the difference: here, that the engine forgets one key."""

    def forgetful(seen):
        known = {key: held for key, held in seen["known"].items() if key != "consent.state"}
        return frame_of({**seen, "known": known})

    frame_of = oracle.engine_frame
    monkeypatch.setattr(oracle, "engine_frame", forgetful)
    seeds = (generate.seeded(seed, oracle.others()) for seed in itertools.count())
    found = ((book, seen, oracle.differing(book, seen)) for book, [seen] in seeds)
    book, seen, [(rule, _), *_] = next(one for one in found if one[2])
    small, frame = oracle.smallest(book, seen, rule)
    assert oracle.differing(small, frame)
    assert "consent.state" in frame["known"]
    assert len(oracle.shown(small, frame, rule)) < len(oracle.shown(book, seen, rule)) / 2
    for key in frame["known"]:
        if key.partition(":")[0] not in oracle.TRIGGERING:
            known = oracle.without(frame["known"], [key])
            assert not oracle.differing(small, {**frame, "known": known})


@pytest.mark.slow
def test_both_evaluators_agree_on_seeded_pairs():
    done, counts, wrong = oracle.run(SEEDS, os.cpu_count())
    assert not wrong, "\n\n".join(oracle.report(wrong))
    assert done == len(SEEDS) * oracle.FRAMES
    # A comparison proves little of an outcome that hardly ever comes out.
    assert set(counts) == OUTCOMES
    assert min(counts.values()) >= 100, counts


# --------------------------------------------------------------------------- the shipped rulebook


def plain(path):
    """The documents of a file as plain YAML with every scalar as text, as comity reads it."""
    return list(yaml.load_all(path.read_text(encoding="utf-8"), yaml.BaseLoader))


@pytest.fixture(scope="module")
def book():
    """The shipped rules, concepts, readings and presumptions, read without comity."""
    found = {"rule": {}, "concept": {}, "reading": {}, "measure": {}}
    for path in sorted((ROOT / "rules").rglob("*.yaml")):
        if path.name == "pack.yaml":
            continue
        elsewhere = path.parent.name in ("vocabulary", *ASIDE)
        if not elsewhere and not path.name.endswith(".test.yaml"):
            for document in plain(path):
                kind = next(kind for kind in found if kind in document)
                found[kind][document[kind]] = document
    [presumptions] = plain(ROOT / "rules/vocabulary/presumptions.yaml")
    return {**found, "presumption": presumptions["presumptions"]}


class Comparison:
    """Compares what the engine found on real frames with the reference, rule by rule."""

    def __init__(self, loaded, book):
        self.book = book
        self.domains = domains_of(loaded.vocabulary)
        self.sets = {name for name, key in loaded.vocabulary.keys.items() if key.many}
        self.counts = Counter()
        self.worlds = 0
        self.wrong = []
        self.done = set()

    def plain_frame(self, frame):
        return {
            "known": {
                key: set(known.values)
                for key, known in frame.known.items()
                if key not in frame.switches
            },
            "switches": {key: (one.values, one.default) for key, one in frame.switches.items()},
            "stage": frame.stage,
            "domains": self.domains,
            "sets": self.sets,
        }

    def frame(self, where, frame, judged, defaults):
        """All rules on one frame; `judged` are the engine's answers, by rule."""
        seen = self.plain_frame(frame)
        readings = {
            name: {**document, "default": defaults[name].default}
            for name, document in self.book["reading"].items()
        }
        for name, rule in self.book["rule"].items():
            got = judged.get(name)
            if not reference.triggered(rule, seen):
                if got is not None:
                    self.wrong.append((where, frame.id, name, f"not triggered, yet {got.outcome}"))
                continue
            expected = reference.evaluate(
                rule, self.book["concept"], self.book["presumption"], readings, seen
            )
            self.counts[expected["outcome"]] += 1
            self.worlds += len(expected["worlds"])
            if got is None:
                self.wrong.append((where, frame.id, name, "the engine finds the trigger unmet"))
            else:
                texts = oracle.differences(expected, got)
                self.wrong += [(where, frame.id, name, text) for text in texts]


def by_frame(judged):
    found = defaultdict(dict)
    for one in judged:
        found[one.frame.id][one.rule.id] = one
    return found


def test_both_evaluators_agree_on_the_casebook(loaded, book):
    """Every case and variant: its own frames, and those of the measures that it considers."""
    comparison = Comparison(loaded, book)
    for path in sorted((ROOT / "cases").rglob("*.yaml")):
        data, name = path.read_bytes(), path.name
        first, problems = check(loaded, data, name)
        assert first is not None, problems
        for variant in ("", *first.case.variants):
            found, problems = check(loaded, data, name, variant=variant)
            assert found is not None, problems
            defaults = readings_of(found.case, loaded.rulebook)
            own = [*found.judged, *(one for made in found.instances for one in made.judged)]
            judged = by_frame(own)
            frames = [*found.frames, *(made.frame for made in found.instances)]
            for frame in frames:
                comparison.frame(f"{name} {variant}", frame, judged[frame.id], defaults)
    assert comparison.wrong[:5] == []
    assert comparison.counts.total() > 500
    assert comparison.worlds > 1000
    assert comparison.counts.keys() >= OUTCOMES - {"established"}


def checks_of_rules():
    """(place, base, check) for each check of the tests that stand beside the rules."""
    for name, data in split(rulebook_files([shipped_rules()])[0])[2].items():
        for sheet in source.read(data, name)[0]:
            for check_ in sheet.get("checks"):
                for value, one in spread(check_):
                    yield f"{name}:{check_.line} {value}".strip(), sheet.get("base"), one


@pytest.fixture(scope="module")
def frames_of_checks(loaded):
    """(place, frame, defaults of the readings) for every frame of every check."""
    found = []
    for place, base, one in checks_of_rules():
        root, _ = apply_changes(base, one)
        case, problems = case_of(root, loaded.vocabulary, partial=True)
        assert case is not None, (place, problems)
        defaults = readings_of(case, loaded.rulebook)
        found += [(place, frame, defaults) for frame in frames_of(case, loaded.vocabulary)]
    return found


def test_both_evaluators_agree_on_the_tests_beside_the_rules(loaded, book, frames_of_checks):
    """There each rule fires, is excepted and read in each way, and the frames are mostly silent."""
    comparison = Comparison(loaded, book)
    for place, frame, defaults in frames_of_checks:
        judged = by_frame(judge(loaded.engine, frame, defaults, explain=False))
        comparison.frame(place, frame, judged[frame.id], defaults)
    assert comparison.wrong[:5] == []
    assert comparison.counts.keys() == OUTCOMES


def altered(frame, domains, chance):
    """A real frame of which some is forgotten, reported in two ways, or otherwise."""
    known, switches = dict(frame.known), dict(frame.switches)
    for key in sorted(known):
        values = [*domains.get(key, ())]
        if key.partition(":")[0] in oracle.TRIGGERING:
            continue
        turn = chance.random()
        if turn < 0.2:
            del known[key]
        elif turn < 0.3 and len(values) > 1:
            several = tuple(sorted(chance.sample(values, chance.randint(1, 2))))
            known[key] = replace(known[key], values=several)
        elif turn < 0.5 and key.startswith("judged."):
            switches[key] = Switch(key, oracle.shown_name(key), ("true", "false"), "true")
    return replace(frame, known=known, switches=switches)


@pytest.mark.slow
def test_both_evaluators_agree_on_real_frames_with_other_facts(loaded, book, frames_of_checks):
    """The shipped rules far from the facts that their authors thought of."""
    comparison = Comparison(loaded, book)
    chance = random.Random(2026)
    for place, real, defaults in frames_of_checks:
        frame = altered(real, comparison.domains, chance)
        judged = by_frame(judge(loaded.engine, frame, defaults, explain=False))
        comparison.frame(place, frame, judged[frame.id], defaults)
    assert comparison.wrong[:5] == []
    assert comparison.counts.keys() == OUTCOMES
