"""Measure comity: start-up, evaluation of many frames, growth by rules and by facts.

    python bench/run.py [--quick]

Standard library only. Nothing is asserted on time: machines differ, so figures that compare are
medians of pairs measured in turn, and growth is an exponent fitted on a log-log line.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "engine"))
CASE = ROOT / "cases" / "seoul-banner-2026.yaml"
BOUND = 4  # the ratio that a whole run is meant to stay below
FLOOR = "import click, yaml, durable_rules_engine"
KEYS = [f"act.k{n}" for n in range(200)]
VALUES = ("a", "b", "c")

if TYPE_CHECKING:
    from comity.compiling import Program
    from comity.model import Frame, Rule, Rulebook


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure comity.")
    parser.add_argument("--quick", action="store_true", help="fewer pairs, frames and rules")
    quick = parser.parse_args().quick
    start_up(pairs=5 if quick else 21)
    many_cases(5 if quick else 31, 2_000 if quick else 100_000)
    by_rules((100, 200, 400) if quick else (100, 500, 1_000, 2_000))
    by_facts((20, 50, 100, 200), turns=100 if quick else 1_000)


def clock(work: Callable[[], object]) -> float:
    """Seconds that a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The slope of log(seconds) on log(size): 1 is linear, 2 quadratic."""
    return statistics.linear_regression(
        [math.log(n) for n in sizes], [math.log(s) for s in seconds]
    ).slope


# --------------------------------------------------------------------------- (a) a whole run


def start_up(pairs: int) -> None:
    """A whole `comity check` beside the imports that no such program can do without."""
    with tempfile.TemporaryDirectory() as cache:
        # Compiled modules are kept for both sides, as after any ordinary installation.
        env = {**os.environ, "XDG_CACHE_HOME": cache, "PYTHONPYCACHEPREFIX": f"{cache}/modules"}
        env.pop("PYTHONDONTWRITEBYTECODE", None)

        def timed(*args: str) -> float:
            command = [sys.executable, *args]
            return clock(
                lambda: subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
            )

        whole = ("-m", "comity", "check", str(CASE))
        first = timed(*whole)  # compiles the rulebook and keeps it
        timed("-c", FLOOR)
        taken = [(timed(*whole), timed("-c", FLOOR)) for _ in range(pairs)]
    ratio = statistics.median(a / b for a, b in taken)
    print(f"(a) comity check {CASE.name}, {pairs} pairs")
    print(f"    first run, rulebook compiled   {first * 1e3:9.1f} ms")
    print(
        f"    median, rulebook kept          {statistics.median(a for a, _ in taken) * 1e3:9.1f} ms"
    )
    print(
        f"    median, imports alone          {statistics.median(b for _, b in taken) * 1e3:9.1f} ms"
    )
    print(f"    median ratio of the pairs      {ratio:9.2f}    (bound {BOUND})")


# --------------------------------------------------------------------------- (b) many cases


def many_cases(whole: int, count: int) -> None:
    """One process: whole checks of the seed, then many small cases for time and memory."""
    from comity.checking import check
    from comity.commands.shared import load
    from comity.resolving import judge

    loaded = load((), "never")
    data = CASE.read_bytes()
    checked, problems = check(loaded, data, CASE.name)
    if checked is None:
        sys.exit(f"the seed case cannot be checked: {problems[0].message}")
    taken = [clock(lambda: check(loaded, data, CASE.name)) for _ in range(whole)]
    print(f"(b) one process, {len(loaded.rulebook.rules)} rules")
    print(f"    whole check of {CASE.name}, median of {whole}: "
          f"{statistics.median(taken) * 1e3:6.1f} ms")  # fmt: skip
    print(f"    {count:,} cases of one act: the acts of the seed with facts left out at random")
    seeded, frames = random.Random(1), checked.frames
    marks = {max(1, count * part // 100): part for part in (1, 10, 50, 100)}
    spent: list[float] = []
    for number in range(1, count + 1):
        frame = thinned(seeded.choice(frames), seeded)
        spent.append(clock(lambda f=frame: judge(loaded.engine, f, loaded.rulebook.readings)))
        if number in marks:
            print(f"    at {marks[number]:3}%: {statistics.median(spent) * 1e3:6.2f} ms a case "
                  f"(median), peak memory {peak():7.1f} MB")  # fmt: skip


def thinned(frame: Frame, seeded: random.Random) -> Frame:
    """A frame that knows less; what kind of act it is stays known."""
    from msgspec.structs import replace

    kind = ("act.type", "act.family", "act.tag")
    known = {
        key: value
        for key, value in frame.known.items()
        if key.partition(":")[0] in kind or seeded.random() < 0.9
    }
    return replace(frame, known=known)


def peak() -> float:
    """Megabytes that this process has held at most (macOS counts bytes, Linux kilobytes)."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


# --------------------------------------------------------------------------- (c) growth


def by_rules(sizes: Sequence[int]) -> None:
    """Compiling and opening a synthetic rulebook, and its first and later frames."""
    from comity.running import Engine

    print("(c) growth by rules           compile     first frame     later frame")
    rows = []
    for size in sizes:
        book = rulebook(size)
        programs: list[Program] = []
        compiled = clock(lambda b=book, p=programs: p.append(compile_(b)))
        engine = Engine(programs[0])
        frames = [frame(60, seed) for seed in range(31)]
        times = [clock(lambda f=f, e=engine: e.run(f)) for f in frames]
        rows.append((compiled, times[0], statistics.median(times[1:])))
        print(f"    {size:6,} rules      {rows[-1][0]:10.3f} s  {rows[-1][1] * 1e3:10.1f} ms  "
              f"{rows[-1][2] * 1e3:10.2f} ms")  # fmt: skip
    fitted = [exponent(sizes, column) for column in zip(*rows, strict=True)]
    print("    exponent          " + "     ".join(f"{e:10.2f}" for e in fitted))


def by_facts(sizes: Sequence[int], turns: int) -> None:
    """Evaluating frames of more and more known facts with one synthetic rulebook."""
    from comity.running import Engine

    engine = Engine(compile_(rulebook(200)))
    engine.run(frame(sizes[0], 0))
    medians = []
    print("(c) growth by facts        a frame (median)")
    for size in sizes:
        frames = [frame(size, seed) for seed in range(1, turns + 1)]
        medians.append(statistics.median([clock(lambda f=f: engine.run(f)) for f in frames]))
        print(f"    {size:6,} facts      {medians[-1] * 1e3:10.3f} ms")
    print(f"    exponent          {exponent(sizes, medians):10.2f}")


def rulebook(size: int) -> Rulebook:
    """Rules of the usual shape: five conditions, a departure, two exceptions."""
    from comity.model import Rulebook

    seeded = random.Random(size)
    return Rulebook(tuple(rule(seeded, n) for n in range(size)), (), {}, {}, ())


def rule(seeded: random.Random, number: int) -> Rule:
    from comity.model import All, AnyOf, Atom, Carveout, Logic, Norm, Rule

    def atom() -> Atom:
        return Atom(seeded.choice(KEYS), frozenset(seeded.sample(VALUES, seeded.choice((1, 2)))))

    applies = All((atom(), atom(), AnyOf((atom(), atom(), atom()))))
    exceptions = tuple(Carveout(f"e{n}", All((atom(), atom()))) for n in range(2))
    trigger = ((Atom("act.type", frozenset({f"t{number % 20}", "t0"})),),)
    norm = Norm("receiving_state", "must_not", "sending_state")
    name = f"rule-{number:05}"
    logic = Logic(applies, atom(), exceptions)
    return Rule(name, "VCDR 0", "departure", name, norm, ("treaty",), trigger, logic, "text")


def compile_(book: Rulebook) -> Program:
    from comity.compiling import compile_rulebook

    program, problems = compile_rulebook(book, dict.fromkeys(KEYS, VALUES))
    if program is None:
        sys.exit(f"the synthetic rulebook cannot be compiled: {problems[0].message}")
    return program


def frame(facts: int, seed: int) -> Frame:
    """A frame that wakes every rule and knows a number of its keys."""
    from comity.model import Frame, Known

    seeded = random.Random(seed)
    known = {key: Known((seeded.choice(VALUES),)) for key in seeded.sample(KEYS, facts)}
    known["act.type"] = Known(("t0",))
    return Frame("f", "f", "m", "t0", "done", False, known)


if __name__ == "__main__":
    main()
