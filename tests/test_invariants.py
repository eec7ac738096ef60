"""What holds of every answer, asserted of the engine on generated rulebooks and frames.

These are the promises that a reader relies on: that what is certain stays certain, that what is
missing would really complete a finding, that what is named as the reason is the reason. Each test
is one of them. The reference evaluator serves only to find completions of what is unknown; the
answers compared are the engine's own. A failure prints the rule and the frame.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
import os
import random
import re
import subprocess
import sys
from collections import Counter

import pytest
import yaml
from msgspec.structs import replace

from comity import resolving
from comity.checking import check, ready
from comity.library import rulebook_files, shipped_rules, split
from comity.model import Switch
from comity.render_json import as_data
from comity.resolving import judge
from comity.rulereader import read_rulebook
from comity.running import EngineFault
from comity.vocabulary import load_vocabulary
from tests import generate, oracle, reference
from tests.conftest import ROOT

SEEDS = range(400, 475)  # none of those that tests/test_oracle.py compares
HOLDS = ("established", "presumed")
CLEAR = ("respected", "excused", "moot", "not_in_play")


class Pair:
    """A generated rulebook with one frame, and the engine's answers."""

    def __init__(self, seed, number, book, seen, engine, readings):
        self.name = f"seed {seed}, frame {number}"
        self.book = book
        self.seen = seen
        self.engine = engine
        self.readings = readings
        self.rules = {rule["rule"]: rule for rule in book["rules"]}
        self.chance = random.Random(self.name)
        self.found = self.judge(seen)

    def judge(self, seen, world=None):
        """{rule: answer} on a frame; `world` fixes switches by their shown name."""
        frame = oracle.engine_frame(seen)
        readings = oracle.engine_readings(self.readings, seen)
        fixed = {}
        for name, value in (world or {}).items():
            key = f"reading.{name}" if name in readings else f"judged.{name}"
            # A plain key as a switch is shown by its own name.
            key = key if key in frame.switches or name in readings else name
            fixed[key] = Switch(key, name, (value,), value)
        frame = replace(frame, switches={**frame.switches, **fixed})
        return {one.rule.id: one for one in judge(self.engine, frame, readings)}

    def complaint(self, rule, text):
        return f"{self.name}, {rule}: {text}\n{oracle.shown(self.book, self.seen, rule)}"

    def switches(self, rule):
        """{shown name: (values, default)} of every switch of the frame and of the rule's cone."""
        found = reference.switches_of(
            self.rules[rule], self.book["concepts"], self.book["readings"], self.seen
        )
        return {oracle.shown_name(key): held for key, held in found.items()}

    def default_world(self, rule):
        return {name: default for name, (_, default) in self.switches(rule).items()}

    # ---------------------------------------------------------------- completions

    def completion(self, aim=()):
        """{key: {value}} for every key not yet settled; `aim` says what is wanted of some."""
        aim = dict(aim)
        found = {}
        for key in generate.stored_keys():
            possible = self.seen["known"].get(key) or self.seen["domains"].get(key, generate.HOURS)
            if key not in self.seen["switches"] and len(possible) > 1:
                values = sorted(possible)
                value = aim.get(key)
                found[key] = {value if value in values else self.chance.choice(values)}
        return found

    def towards(self, rule):
        """A completion that goes towards a departure from one rule."""
        source = generate.Seeded(self.chance.random())
        return self.completion(generate.aim_at(source, self.rules[rule], self.book["concepts"]))

    def completions(self):
        """Some at random, and one towards each rule."""
        yield from (self.completion() for _ in range(4))
        yield from (self.towards(rule) for rule in sorted(self.found))


@functools.cache
def pairs():
    found = []
    for seed in SEEDS:
        book, frames = generate.seeded(seed, oracle.others(), oracle.FRAMES)
        engine, readings = oracle.loaded(book)
        found += [
            Pair(seed, number, book, seen, engine, readings) for number, seen in enumerate(frames)
        ]
    return found


@functools.cache
def completed():
    """[(pair, {key: values told}, {rule: answer})] for some completions of every frame."""
    return [
        (pair, facts, pair.judge(reference.told(pair.seen, facts)))
        for pair in pairs()
        for facts in pair.completions()
    ]


def no_complaint(complaints, looked_at, least):
    """No complaint, and enough was looked at to mean something."""
    found = list(itertools.islice(complaints, 3))
    if found:
        pytest.fail("\n\n".join(found), pytrace=False)
    assert looked_at.total() >= least, f"only {looked_at} were looked at"


def certain(answer):
    """Whether the answer rests on known facts alone, whatever the switches say.

    An answer with a table of worlds is told for the default world and can still change in another:
    a norm not in play on the default reading may be excused on another by an exception that is
    presumed present, and be departed from there once the exception is known to be absent. The
    answer is then arguable. So of such an answer only the world is certain that it is told for.
    """
    if answer.worlds:
        return False
    if answer.outcome in ("established", "not_in_play"):
        return True
    return answer.outcome in ("respected", "excused") and not answer.assumes


def at(answer, setting):
    """The outcomes of an answer in the worlds that agree with a setting."""
    if not answer.worlds:
        return {answer.outcome}
    return {
        world.outcome
        for world in answer.worlds
        if all(dict(world.setting).get(name, value) == value for name, value in setting.items())
    }


# --------------------------------------------------------------------------- order


def shuffled(value, chance):
    """Entries of mappings and of lists in another order, at every depth."""
    if isinstance(value, dict):
        items = [(key, shuffled(held, chance)) for key, held in value.items()]
        chance.shuffle(items)
        # What a document is, is told by its first key.
        return dict(sorted(items, key=lambda item: item[0] not in ("rule", "concept", "reading")))
    if isinstance(value, list):
        return chance.sample([shuffled(held, chance) for held in value], len(value))
    return value


def shuffled_book(book, chance):
    rules = [shuffled(rule, chance) for rule in book["rules"]]
    chance.shuffle(rules)
    parts = {"rules": rules}
    for kind in ("concepts", "readings"):
        names = chance.sample(sorted(book[kind]), len(book[kind]))
        parts[kind] = {name: shuffled(book[kind][name], chance) for name in names}
    return parts


def substance(answer):
    """An answer without the numbers of definitions, which tell their order in the file."""
    return {
        "outcome": answer.outcome,
        "worlds": answer.worlds,
        "assumes": sorted((re.sub(r"#\d+", "", one.id), one.kind) for one in answer.assumes),
        "needs": set(answer.needs),
        "exceptions": sorted((one.name, one.cite, one.state) for one in answer.exceptions),
        "switches": answer.switches,
        "because": [key for key, _ in answer.because],
    }


def test_the_order_of_facts_conditions_rules_and_files_is_irrelevant():
    looked_at = Counter()

    def complaints():
        for pair in pairs():
            if not pair.name.endswith("frame 0"):
                continue
            book = shuffled_book(pair.book, pair.chance)
            engine, readings = oracle.loaded(book)
            frames = [other for other in pairs() if other.book is pair.book]
            for one in frames:
                seen = {**one.seen, "known": shuffled(one.seen["known"], pair.chance)}
                again = Pair(0, 0, book, seen, engine, readings)
                assert again.found.keys() == one.found.keys()
                for rule, answer in one.found.items():
                    looked_at[answer.outcome] += 1
                    old, new = substance(answer), substance(again.found[rule])
                    if old != new:
                        differing = {
                            key: (old[key], new[key]) for key in old if old[key] != new[key]
                        }
                        yield one.complaint(rule, f"in another order: {differing}")

    no_complaint(complaints(), looked_at, 500)


# --------------------------------------------------------------------------- more is known


def test_what_is_certain_is_the_same_in_every_completion():
    looked_at = Counter()

    def complaints():
        for pair, facts, found in completed():
            for rule, answer in pair.found.items():
                if certain(answer):
                    looked_at[answer.outcome] += 1
                    if found[rule].outcome != answer.outcome or found[rule].assumes:
                        text = f"{answer.outcome} becomes {found[rule].outcome} with {facts}"
                        yield pair.complaint(rule, text)
                elif answer.outcome in CLEAR and answer.worlds and not answer.assumes:
                    looked_at["in the default world"] += 1
                    outcomes = at(found[rule], pair.default_world(rule))
                    if outcomes != {answer.outcome}:
                        text = f"{answer.outcome} becomes {outcomes} with {facts}"
                        yield pair.complaint(rule, text)

    no_complaint(complaints(), looked_at, 1000)
    everything = {"established", "respected", "excused", "not_in_play", "in the default world"}
    assert looked_at.keys() == everything


def test_what_is_moot_is_never_established():
    looked_at = Counter()

    def complaints():
        for pair, facts, found in completed():
            for rule, answer in pair.found.items():
                if answer.outcome == "moot":
                    looked_at[answer.outcome] += 1
                    outcomes = {found[rule].outcome, *at(found[rule], {})}
                    if outcomes & {*HOLDS, "arguable", "open"}:
                        yield pair.complaint(rule, f"moot becomes {outcomes} with {facts}")

    no_complaint(complaints(), looked_at, 500)


def worlds_with(answer, labels):
    """The settings in which an answer has one of some outcomes."""
    if answer.worlds:
        return [dict(world.setting) for world in answer.worlds if world.outcome in labels]
    return [{}] if answer.outcome in labels else []


def test_open_and_presumed_have_a_completion_that_establishes_them():
    """In each world that says so. The reference finds the completion, the engine judges it."""
    looked_at = Counter()

    def complaints():
        for pair in pairs():
            for rule, answer in pair.found.items():
                for setting in worlds_with(answer, ("open", "presumed")):
                    looked_at[answer.outcome] += 1
                    world = pair.default_world(rule) | setting
                    facts = reference.establishing(
                        pair.rules[rule],
                        pair.book["concepts"],
                        generate.PRESUMPTIONS,
                        pair.seen,
                        {key: world[oracle.shown_name(key)] for key in switch_keys(pair, rule)},
                    )
                    if facts is None:
                        yield pair.complaint(rule, f"nothing establishes it in {world}")
                        continue
                    told = reference.told(pair.seen, {key: {min(v)} for key, v in facts.items()})
                    outcome = pair.judge(told, world)[rule].outcome
                    if outcome != "established":
                        yield pair.complaint(rule, f"{outcome} in {world} with {facts}")

    no_complaint(complaints(), looked_at, 200)
    assert looked_at.keys() == {"open", "presumed", "arguable"}


def switch_keys(pair, rule):
    return reference.switches_of(
        pair.rules[rule], pair.book["concepts"], pair.book["readings"], pair.seen
    )


def test_what_is_settled_stays_settled_with_every_further_fact():
    """One fact is told after the other. A settled answer keeps its outcome, and a settled world of
    an answer that is not settled yet keeps its own. Only two outcomes of a world tell by themselves
    that it is settled: `established` and `not_in_play`."""
    looked_at = Counter()

    def complaints():
        for pair in pairs():
            facts = list(pair.completion().items())
            pair.chance.shuffle(facts)
            before = pair.found
            for count in range(1, len(facts) + 1):
                after = pair.judge(reference.told(pair.seen, dict(facts[:count])))
                for rule, answer in before.items():
                    if certain(answer):
                        looked_at["settled"] += 1
                        if after[rule].outcome != answer.outcome or not certain(after[rule]):
                            text = f"{answer.outcome} becomes {after[rule].outcome}"
                            yield pair.complaint(rule, f"{text} with {dict(facts[:count])}")
                    for world in answer.worlds:
                        if world.outcome in ("established", "not_in_play"):
                            looked_at["world"] += 1
                            outcomes = at(after[rule], dict(world.setting))
                            if world.outcome == "not_in_play" and after[rule].outcome == "moot":
                                continue  # a silence has no table
                            if outcomes != {world.outcome}:
                                text = f"{world} becomes {outcomes}"
                                yield pair.complaint(rule, f"{text} with {dict(facts[:count])}")
                before = after

    no_complaint(complaints(), looked_at, 2000)
    assert looked_at["world"] > 100


# --------------------------------------------------------------------------- because, needs


def kept(seen, keys):
    """The frame with these facts only, besides what starts a rule."""
    known = {
        key: values
        for key, values in seen["known"].items()
        if key in keys or key.partition(":")[0] in oracle.TRIGGERING
    }
    return {**seen, "known": known}


def same_answer(old, new):
    """The same as docs/decisions/0002 has it: the table of worlds if there is one, else the outcome
    without anything newly assumed, and with the same needs."""
    if new.outcome != old.outcome or new.worlds != old.worlds:
        return False
    if old.worlds:
        return True
    assumed = {one.id for one in new.assumes} <= {one.id for one in old.assumes}
    return assumed and set(new.needs) == set(old.needs)


def test_the_facts_under_because_suffice_and_none_can_be_dropped():
    looked_at = Counter()

    def complaints():
        for pair in pairs():
            for rule, answer in pair.found.items():
                if answer.outcome == "moot":
                    continue
                looked_at[answer.outcome] += 1
                keys = {key for key, _ in answer.because}
                alone = pair.judge(kept(pair.seen, keys))[rule]
                if not same_answer(answer, alone):
                    text = f"only {sorted(keys)}: {alone.outcome} {alone.worlds} {alone.assumes}"
                    was = f"{answer.outcome} {answer.worlds} {answer.assumes}"
                    yield pair.complaint(rule, f"{text}, was {was}")
                for key in sorted(keys):
                    fewer = pair.judge(kept(pair.seen, keys - {key}))[rule]
                    if same_answer(answer, fewer):
                        yield pair.complaint(rule, f"{sorted(keys)} without {key}: the same")

    no_complaint(complaints(), looked_at, 500)


def open_world(pair, rule, answer):
    """The world whose needs are told: the default one, or the first that is open."""
    default = pair.default_world(rule)
    if not answer.worlds or "open" in at(answer, default):
        return default
    return default | worlds_with(answer, ("open",))[0]


def test_each_set_of_needs_establishes_and_no_part_of_it_does():
    looked_at = Counter()

    def complaints():
        for pair in pairs():
            for rule, answer in pair.found.items():
                for found in answer.needs:
                    looked_at[len(found)] += 1
                    world = open_world(pair, rule, answer)
                    for size in range(len(found) + 1):
                        for part in itertools.combinations(sorted(found, key=repr), size):
                            told = oracle.taken(pair.seen, part)
                            outcome = pair.judge(told, world)[rule].outcome
                            if (outcome in HOLDS) != (size == len(found)):
                                yield pair.complaint(rule, f"{part} in {world}: {outcome}")

    no_complaint(complaints(), looked_at, 150)
    assert looked_at.keys() == {1, 2, 3}


# --------------------------------------------------------------------------- switches


def test_a_switch_that_a_finding_does_not_list_changes_nothing():
    """What is moot is a silence that lists no switches: it is moot on the default views and clear,
    in one way or another, on every other."""
    looked_at = Counter()

    def complaints():
        for pair in pairs():
            for rule, answer in pair.found.items():
                listed = {switch.name for switch in answer.switches}
                for name, (values, _) in pair.switches(rule).items():
                    if name in listed:
                        continue
                    for value in values:
                        looked_at[answer.outcome] += 1
                        fixed = pair.judge(pair.seen, {name: value})[rule]
                        if answer.outcome == "moot":
                            same = fixed.outcome in CLEAR
                        else:
                            same = (fixed.outcome, fixed.worlds) == (answer.outcome, answer.worlds)
                        if not same:
                            yield pair.complaint(
                                rule, f"{answer.outcome}, but {fixed.outcome} with {name}={value}"
                            )

    no_complaint(complaints(), looked_at, 500)


def test_the_default_of_a_switch_that_a_finding_does_not_list_changes_nothing():
    """What is told for the default views is another matter: where all worlds are open, `needs` are
    those of the default one, and so is what a finding with a table of worlds assumes."""
    looked_at = Counter()

    def complaints():
        for pair in pairs():
            for key, (values, default) in all_switches(pair).items():
                other = next(value for value in values if value != default)
                switches = {**pair.seen["switches"], key: (values, other)}
                moved = pair.judge({**pair.seen, "switches": switches})
                for rule, answer in pair.found.items():
                    listed = {switch.name for switch in answer.switches}
                    if oracle.shown_name(key) in listed or answer.outcome == "moot":
                        continue
                    looked_at[answer.outcome] += 1
                    if differs(answer, moved[rule]):
                        text = f"{answer.outcome} {answer.assumes}, with {key}={other}"
                        now = f"{moved[rule].outcome} {moved[rule].assumes}"
                        yield pair.complaint(rule, f"{text} {now}")

    no_complaint(complaints(), looked_at, 500)


def all_switches(pair):
    """Those of the frame, and every reading of the rulebook."""
    readings = {
        f"reading.{name}": (tuple(document["values"]), document["default"])
        for name, document in pair.book["readings"].items()
    }
    return readings | pair.seen["switches"]


def differs(one, other):
    if (one.outcome, one.worlds) != (other.outcome, other.worlds):
        return True
    return not one.worlds and one.assumes != other.assumes


def test_each_world_of_a_finding_is_what_the_frame_says_with_its_switches_so_set():
    looked_at = Counter()

    def complaints():
        for pair in pairs():
            for rule, answer in pair.found.items():
                for world in answer.worlds:
                    looked_at[world.outcome] += 1
                    fixed = pair.judge(pair.seen, dict(world.setting))[rule]
                    if fixed.outcome != world.outcome:
                        yield pair.complaint(rule, f"{world}, but alone {fixed.outcome}")

    no_complaint(complaints(), looked_at, 200)


@pytest.mark.parametrize("most", [1, 3])
def test_leaving_out_the_switches_that_cannot_matter_changes_nothing(monkeypatch, most):
    """As is done where all of them make too many worlds; here that is made to come early."""
    generated = pairs()
    monkeypatch.setattr(resolving, "WORLDS", most)
    looked_at = Counter()

    def complaints():
        for pair in generated:
            try:
                fewer = pair.judge(pair.seen)
            except EngineFault:
                continue  # so many can matter
            for rule, answer in pair.found.items():
                worlds = math.prod(len(values) for values, _ in pair.switches(rule).values())
                looked_at["fewer" if worlds > most else "all"] += 1
                if told(fewer[rule]) != told(answer):
                    yield pair.complaint(rule, f"{told(answer)}, with fewer {told(fewer[rule])}")

    no_complaint(complaints(), looked_at, 100)
    assert looked_at["fewer"] > 50


def told(answer):
    return answer.outcome, answer.worlds, answer.assumes, answer.needs, answer.switches


# --------------------------------------------------------------------------- files, end to end


CASES = sorted((ROOT / "cases").rglob("*.yaml"))
LISTS_OF_FACTS = ("facts", "absent", "judgements")
NUMBERED = re.compile(rf"^({'|'.join(LISTS_OF_FACTS)})\.\d+\.")


def mixed(value, chance, lists):
    """Mappings in another order at every depth, and those lists whose order is not meant.

    `lists` tells by its key whether a list is one of them. Others are printed as they stand.
    """
    if isinstance(value, dict):
        items = list(value.items())
        chance.shuffle(items)
        return {key: mixed_under(key, held, chance, lists) for key, held in items}
    if isinstance(value, list):
        return [mixed(held, chance, lists) for held in value]
    return value


def mixed_under(key, held, chance, lists):
    turned = mixed(held, chance, lists)
    if isinstance(held, list) and lists(key):
        chance.shuffle(turned)
    return turned


def read_plain(text):
    """The documents as comity reads them: every scalar is text, but nothing stays nothing."""
    return [nothing(document) for document in yaml.load_all(text, yaml.BaseLoader)]


def nothing(value):
    if isinstance(value, dict):
        return {key: nothing(held) for key, held in value.items()}
    if isinstance(value, list):
        return [nothing(held) for held in value]
    return None if value in ("null", "~") else value


def written(documents):
    return yaml.dump_all(documents, sort_keys=False, allow_unicode=True).encode()


def answers(loaded, data, name="case.yaml"):
    """The report of a case and of each variant, without line numbers and hashes of files."""
    first, problems = check(loaded, data, name)
    assert first is not None, problems
    for variant in ("", *sorted(first.case.variants)):
        found, _ = check(loaded, data, name, variant=variant)
        yield variant, without_places(as_data(found.report))


def without_places(value):
    """An item of a list is addressed by its number, which is its place too."""
    if isinstance(value, dict):
        hidden = ("at", "case", "rulebook")
        return {key: without_places(held) for key, held in value.items() if key not in hidden}
    if isinstance(value, list):
        found = [without_places(held) for held in value]
        facts = all(isinstance(held, dict) and "fact" in held for held in found)
        return sorted(found, key=json.dumps) if facts else found
    return NUMBERED.sub(r"\1.-.", value) if isinstance(value, str) else value


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_order_within_a_case_file_is_irrelevant(loaded, path):
    """Acts, cast, facts, and the entries of each: at every depth."""
    [case] = read_plain(path.read_text(encoding="utf-8"))
    chance = random.Random(path.name)
    turned = written([mixed(case, chance, LISTS_OF_FACTS.__contains__)])
    assert turned != written([case])
    assert dict(answers(loaded, turned)) == dict(answers(loaded, written([case])))


def any_order(key):
    """Lists of a rule file that are a set: alternatives, values of a key, presumptions."""
    return key in ("any", "all", "presume") or "." in key


@pytest.fixture(scope="module")
def mixed_rules():
    """The shipped rules, the documents thrown together into other files, all in another order."""
    files, _ = rulebook_files([shipped_rules()])
    words, rules, _ = split(files)
    vocabulary, problems = load_vocabulary(dict(reversed(words.items())))
    chance = random.Random(2026)
    # The indexes of instruments are known by their folder, which the files below do not keep.
    held = [data for name, data in rules.items() if not name.startswith("instruments/")]
    documents = [one for data in held for one in read_plain(data)]
    chance.shuffle(documents)
    thrown = {
        f"{'zyxwvu'[number]}.yaml": written(mixed(one, chance, any_order) for one in part)
        for number, part in enumerate(documents[start::6] for start in range(6))
    }
    book, more = read_rulebook(thrown, vocabulary)
    assert not [one for one in (*problems, *more) if one.severity == "error"]
    found, more = ready(book, vocabulary)
    assert found is not None, more
    return found


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_order_of_rules_and_of_rule_files_is_irrelevant(loaded, mixed_rules, path):
    data = path.read_bytes()
    assert dict(answers(mixed_rules, data)) == dict(answers(loaded, data))


EVERYTHING = """
import hashlib, pathlib, sys
from comity.checking import check
from comity.commands.shared import load
from comity import render_json, render_markdown, render_text

loaded = load([pathlib.Path(sys.argv[1])], "never")
for name in sys.argv[2:]:
    data = pathlib.Path(name).read_bytes()
    for variant in ("", *check(loaded, data, name)[0].case.variants):
        report = check(loaded, data, name, variant=variant)[0].report
        for form in (render_json, render_markdown, render_text):
            text = form.render(report)
            print(name, variant, form.__name__, hashlib.sha256(text.encode()).hexdigest())
"""


def test_the_same_files_give_the_same_bytes_under_any_hash_seed(tmp_path):
    """Every case and variant in every form, each process compiling the rules for itself, a folder
    of the user's included."""
    more = tmp_path / "rules"
    more.mkdir()
    book, _ = generate.seeded(SEEDS[0], oracle.others())
    for name, data in generate.files_of(book).items():
        (more / name.replace("/", "-")).write_bytes(data)
    printed = []
    for seed in ("1", "2"):
        own = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "engine"),
            "PYTHONHASHSEED": seed,
            "XDG_CACHE_HOME": str(tmp_path / seed),
        }
        command = [sys.executable, "-c", EVERYTHING, str(more), *map(str, CASES)]
        printed.append(
            subprocess.run(command, env=own, capture_output=True, text=True, check=True).stdout
        )
    assert printed[0] == printed[1]
    assert len(printed[0].splitlines()) >= 3 * len(CASES)


# --------------------------------------------------------------------------- found in this way


def single(rule, **known):
    """A pair of one small rule and one frame."""
    document = {
        "rule": "small",
        "provision": "VCDR 41(1)",
        "kind": "departure",
        "title": "What is asked",
        "norm": {"bearer": "by", "modality": "must", "owed_to": "receiving_state"},
        "strength": ["treaty"],
        "trigger": {"act.type": "make_statement"},
        "applies": {"by.own_mission": "yes"},
        "except": "none",
        "no_exceptions": "a generated rule",
        **rule,
        "finding": "{by} did this.",
    }
    if document["except"] != "none":
        del document["no_exceptions"]
    reading = {
        "reading": "view",
        "title": "How it is read",
        "question": "Which reading is right?",
        "default": "narrow",
        "values": {value: {"says": "It is so.", "held_by": "some"} for value in ("narrow", "wide")},
    }
    book = {"concepts": {}, "readings": {"view": reading}, "rules": [document]}
    seen = {
        "known": {"act.type": {"make_statement"}, **{key: {held} for key, held in known.items()}},
        "switches": {},
        "stage": "done",
        "domains": generate.domains(oracle.others()),
        "sets": {*generate.SETS, "act.tag"},
    }
    return Pair(0, 0, book, seen, *oracle.loaded(book))


def exception(presumed="absent", **when):
    return {
        "when": {key.replace("_", ".", 1): value for key, value in when.items()},
        "cite": "VCDR 41(1)",
        "presumed": presumed,
    }


def test_because_has_the_facts_of_every_reading_where_all_agree():
    departs = {"consent.state": "refused"}
    changed = {"view": {"wide": {"departs": {"act.harm": "injury"}}}}
    facts = {"by.own_mission": "true", "consent.state": "refused", "act.harm": "injury"}
    answer = single({"departs": departs, "readings": changed}, **facts).found["small"]
    assert (answer.outcome, answer.worlds) == ("established", ())
    assert [key for key, _ in answer.because] == ["act.harm", "by.own_mission", "consent.state"]


SWAPPED = {
    "except": {"old": exception(act_harm="injury")},
    "readings": {
        "view": {
            "wide": {"except": {"old": None, "new": exception("present", consent_state="given")}}
        }
    },
}


def test_what_only_another_reading_presumes_is_told_where_all_agree():
    facts = {"by.own_mission": "true", "act.harm": "injury"}
    answer = single(SWAPPED, **facts).found["small"]
    assert (answer.outcome, answer.worlds) == ("excused", ())
    assert [one.id for one in answer.assumes] == ["small/new"]
    known = single(SWAPPED, **facts, **{"consent.state": "refused"}).found["small"]
    assert known.outcome == "arguable"


def test_an_answer_with_a_table_is_certain_only_in_the_default_world():
    """Why `certain` leaves such answers out, whatever they assume."""
    rule = {
        "departs": {"act.harm": "death"},
        "except": {"new": exception("present", consent_state="given")},
        "readings": {"view": {"wide": {"departs": {"act.harm": "injury"}}}},
    }
    facts = {"by.own_mission": "true", "act.harm": "injury"}
    answer = single(rule, **facts).found["small"]
    assert (answer.outcome, answer.assumes) == ("respected", ())
    assert [world.outcome for world in answer.worlds] == ["respected", "excused"]
    known = single(rule, **facts, **{"consent.state": "refused"}).found["small"]
    assert known.outcome == "arguable"
    assert [world.outcome for world in known.worlds] == ["respected", "established"]
