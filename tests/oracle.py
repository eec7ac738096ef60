"""The engine against the reference evaluator, on generated rulebooks and frames.

    python -m tests.oracle 100000        # so many (rulebook, frame) pairs, on every core
    python -m tests.oracle 100000 --first 1000000    # as many others
    python -m tests.oracle --seed 1234   # the pairs of one seed, with what differs and the texts

It exits with 1 if anything differs. A pair is fixed by its seed and the number of its frame. Seeds
are taken in order, from 1,000 on unless `--first` says otherwise: what is lower belongs to the test
run (`tests/test_oracle.py`), and a longer run contains every shorter one.
"""

from __future__ import annotations

import argparse
import collections
import functools
import multiprocessing
import os
import pprint
import sys
import time
from pathlib import Path

import msgspec

from comity.checking import domains_of
from comity.compiling import compile_rulebook
from comity.model import Fact, Frame, Known, Range, Switch
from comity.resolving import judge
from comity.rulereader import read_rulebook
from comity.running import Engine
from comity.vocabulary import load_vocabulary
from tests import generate, reference

ROOT = Path(__file__).parent.parent
# Compiling takes longer than judging, so every rulebook is asked about several frames.
FRAMES = 4
# The seeds below this one belong to the test run.
FIRST = 1000


class Refused(Exception):
    """The loader or the compiler found a fault in a generated rulebook."""


# --------------------------------------------------------------------------- to the engine


@functools.cache
def vocabulary():
    files = {
        path.relative_to(ROOT / "rules").as_posix(): path.read_bytes()
        for path in sorted((ROOT / "rules/vocabulary").glob("*.yaml"))
    }
    found, problems = load_vocabulary(files)
    if problems:
        raise Refused(problems)
    return found


@functools.cache
def others():
    """The real values of the generated choices, besides those that conditions name."""
    return {
        key: tuple(value for value in vocabulary().domain(key) if value not in named)
        for key, named in generate.CHOICES.items()
    }


def loaded(book):
    """(engine, readings) for a generated rulebook."""
    rulebook, problems = read_rulebook(generate.files_of(book), vocabulary())
    if problems:
        raise Refused(problems)
    return Engine(program_of(rulebook)), rulebook.readings


def program_of(rulebook):
    program, problems = compile_rulebook(rulebook, domains_of(vocabulary()))
    if program is None:
        raise Refused(problems)
    return program


def shown_name(key):
    """The name of a switch as the engine shows it: the term or the reading."""
    return key.removeprefix("judged.").removeprefix("reading.")


def known(key, values):
    return Known(tuple(sorted(values)), (Fact(f"facts.{key}", " or ".join(sorted(values))),))


def engine_frame(seen):
    switches = {
        key: Switch(key, shown_name(key), tuple(values), default)
        for key, (values, default) in seen["switches"].items()
        if not key.startswith("reading.")
    }
    return Frame(
        id="act@mission",
        act="act",
        mission="mission",
        type=next(iter(seen["known"]["act.type"])),
        stage=seen["stage"],
        hypothetical=False,
        known={key: known(key, values) for key, values in sorted(seen["known"].items())},
        switches=switches,
    )


def engine_readings(readings, seen):
    """The readings with the default of this case."""
    return {
        name: msgspec.structs.replace(reading, default=seen["switches"][f"reading.{name}"][1])
        if f"reading.{name}" in seen["switches"]
        else reading
        for name, reading in readings.items()
    }


def judged(engine, readings, seen):
    """{rule id: Judged} for the rules whose trigger the frame meets."""
    found = judge(engine, engine_frame(seen), engine_readings(readings, seen))
    return {one.rule.id: one for one in found}


def taken(seen, need_set):
    """The frame with a set of needs applied, for the reference."""
    facts = {}
    for key, accept, want in need_set:
        wanted = ("within", bounds_of(accept)) if isinstance(accept, Range) else ("among", accept)
        values = facts.get(key) or reference.classes(key, [reference_text(accept)], seen)
        values = frozenset().union(*values) if isinstance(values, list) else values
        facts[key] = {value for value in values if reference.accepts(wanted, value) == want}
    return reference.told(seen, facts)


def bounds_of(accept):
    found = []
    if accept.low is not None:
        found.append(("more_than" if accept.low_open else "at_least", str(accept.low)))
    if accept.high is not None:
        found.append(("less_than" if accept.high_open else "at_most", str(accept.high)))
    return tuple(found)


def reference_text(accept):
    return dict(bounds_of(accept)) if isinstance(accept, Range) else sorted(accept)


# --------------------------------------------------------------------------- comparison


def setting_of(world):
    return {shown_name(key): value for key, value in world}


def compare(book, seen, found):
    """What differs between the reference and the engine's answers on one frame: (rule, text)."""
    for rule in book["rules"]:
        expected = reference.evaluate(
            rule, book["concepts"], generate.PRESUMPTIONS, book["readings"], seen
        )
        for text in differences(expected, found.get(rule["rule"])):
            yield rule["rule"], text


def differences(expected, got):
    if got is None:
        if expected["outcome"] != "not_in_play":
            yield f"expected {expected['outcome']}, the engine finds the trigger unmet"
        return
    if got.outcome != expected["outcome"]:
        yield f"expected {expected['outcome']}, the engine says {got.outcome}"
    # One outcome everywhere needs no table. What is moot in the default world and clear in the
    # others is a silence, and has none either.
    table = [(dict(world.setting).items(), world.outcome) for world in got.worlds]
    table = table or [({}.items(), got.outcome)]
    for world, outcome in expected["worlds"].items():
        setting = setting_of(world)
        said = [label for known, label in table if known <= setting.items()]
        if said != [outcome] and got.outcome != "moot":
            yield f"expected {outcome} with {setting}, the engine says {said}"
    if got.outcome in ("presumed", "excused", "respected"):
        # What is presumed in some world rests on something. One outcome for all worlds is told with
        # what it assumes in any of them; one of several is told for the default world.
        told = expected["assumes"]
        if len(set(expected["worlds"].values())) > 1:
            told = {expected["default"]: told[expected["default"]]}
        assumes = got.outcome == "presumed" or any(told.values())
        if bool(got.assumes) != assumes:
            yield f"assumes {got.assumes}, the reference {'something' if assumes else 'nothing'}"


def check_seed(seed, frames=FRAMES):
    """(pairs judged, findings compared by outcome, [(seed, frame number, rule, text)])."""
    book, seen = generate.seeded(seed, others(), frames)
    counts, wrong = collections.Counter(), []
    try:
        engine, readings = loaded(book)
    except Refused as refused:
        return frames, counts, [(seed, 0, "-", f"refused: {refused}")]
    for number, one in enumerate(seen):
        try:
            found = judged(engine, readings, one)
            wrong += [(seed, number, *what) for what in compare(book, one, found)]
            counts.update(answer.outcome for answer in found.values())
        except Exception as fault:
            wrong.append((seed, number, "-", f"{type(fault).__name__}: {fault}"))
    return frames, counts, wrong


# --------------------------------------------------------------------------- reproduction


def concepts_of(rule, book):
    """The concepts in a rule's cone."""
    found, todo = {}, [rule, *rule.get("readings", {}).values()]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            for key, held in part.items():
                if key in book["concepts"] and key not in found:
                    found[key] = book["concepts"][key]
                    todo.append(found[key])
                todo.append(held)
        elif isinstance(part, list):
            todo.extend(part)
    return found


def shown(book, seen, rule_id):
    """The rule with its concepts and readings as YAML, and the frame."""
    lines = []
    for rule in book["rules"]:
        if rule["rule"] == rule_id:
            named = reference.cone(rule, book["concepts"])[1]
            used = [book["readings"][name] for name in sorted(named)]
            lines.append(generate.text_of([*concepts_of(rule, book).values(), *used, rule]))
    one = {key: held for key, held in seen.items() if key not in ("domains", "sets")}
    return "\n".join([*lines, pprint.pformat(one, width=100)])


def reproduction(seed, number, rule_id):
    """What differs, and how to run it again."""
    book, seen = generate.seeded(seed, others(), number + 1)
    again = f"# python -m tests.oracle --seed {seed}   (frame {number}, rule {rule_id})"
    return f"{again}\n{shown(book, seen[number], rule_id)}"


# --------------------------------------------------------------------------- the command


def run(seeds, jobs, tell=lambda done, counts, wrong: None):
    """Compare the pairs of some seeds: (pairs, findings by outcome, what differs by seed)."""
    done, counts, wrong = 0, collections.Counter(), {}
    # durable_rules keeps every ruleset it ever made, so a worker is replaced from time to time.
    # Spawned: a process with threads, which a pool has, must not be forked.
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=40) as pool:
        for judged_pairs, found, differing in pool.imap_unordered(check_seed, seeds, chunksize=10):
            done += judged_pairs
            counts += found
            for seed, *what in differing:
                wrong.setdefault(seed, what)
            tell(done, counts, wrong)
    return done, counts, wrong


def report(wrong, shown=5):
    """The first few differences in full."""
    for seed, (number, rule, text) in sorted(wrong.items())[:shown]:
        yield f"==== seed {seed}: {text}\n{reproduction(seed, number, rule)}"


def progress():
    """Prints how far the run has come, on a terminal in one line."""
    start = time.monotonic()

    def tell(done, counts, wrong):
        if sys.stderr.isatty() or done % 4000 < FRAMES:
            end = "\r" if sys.stderr.isatty() else "\n"
            rate = done / (time.monotonic() - start)
            text = f"{done} pairs, {counts.total()} findings, {len(wrong)} seeds differ"
            print(f"{text}, {rate:.0f} pairs/s", end=end, file=sys.stderr, flush=True)

    return tell


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("pairs", nargs="?", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=FIRST, help=f"the first seed ({FIRST})")
    parser.add_argument("--seed", type=int, help="only this seed, in full")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    given = parser.parse_args(arguments)
    if given.seed is None:
        seeds = range(given.first, given.first + (given.pairs + FRAMES - 1) // FRAMES)
        done, counts, wrong = run(seeds, given.jobs, progress())
        print("\n" + "\n\n".join(report(wrong)))
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common())
        print(
            f"{done} pairs of the seeds {seeds[0]} to {seeds[-1]},"
            f" {counts.total()} findings ({outcomes}): {len(wrong)} seeds differ"
        )
        return 1 if wrong else 0
    _, counts, wrong = check_seed(given.seed)
    for seed, number, rule, text in wrong:
        print(f"==== frame {number}, rule {rule}: {text}\n{reproduction(seed, number, rule)}\n")
    print(f"{counts.total()} findings, {len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
