"""What descriptions rest on besides the rules: their tests, and what they found in the casebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from comity import ruletests
from comity.authoring.describing import Desk, Firing, Tested
from comity.authoring.showing import Words, types_reached
from comity.casefile import Case, read_case
from comity.checking import Loaded, readings_of, unknown_names
from comity.framing import frames_of
from comity.model import Rule
from comity.problems import Problem
from comity.reporting import reported
from comity.resolving import judge

Progress = Callable[[str], None]


def desk(
    loaded: Loaded,
    words: Words,
    files: Mapping[str, bytes],
    cases: Mapping[str, bytes],
    only: Iterable[Rule] | None = None,
    progress: Progress = lambda _: None,
) -> tuple[Desk, tuple[Problem, ...]]:
    """The desk with tests and cases of all rules, or of some. A test or case that cannot be read
    is a problem."""
    rules = loaded.rulebook.rules if only is None else tuple(only)
    tests, problems = tests_of(loaded, files, rules, progress)
    firings, more = firings_in(loaded, cases, rules, progress)
    return Desk(loaded.rulebook, words, tests, firings), (*problems, *more)


def tests_of(
    loaded: Loaded, files: Mapping[str, bytes], rules: Iterable[Rule], progress: Progress
) -> tuple[dict[str, list[Tested]], tuple[Problem, ...]]:
    wanted = {rule.id for rule in rules}
    sheets, problems = ruletests.parse(files)
    found: dict[str, list[Tested]] = {}
    for sheet in sheets:
        if sheet.rule in wanted:
            progress(f"tests of {sheet.rule}")
            results, more = ruletests.run_sheet(loaded, sheet)
            problems = (*problems, *more)
            found.setdefault(sheet.rule, []).extend(
                Tested(r.name, r.expected or r.outcome, r.passed, r.message) for r in results
            )
    return found, problems


def firings_in(
    loaded: Loaded, cases: Mapping[str, bytes], rules: Iterable[Rule], progress: Progress
) -> tuple[dict[str, list[Firing]], tuple[Problem, ...]]:
    """What some rules found on the acts of some cases, by rule. Measures are not looked at."""
    wanted = {rule.id: rule for rule in rules}
    types = {name for rule in wanted.values() for name in types_reached(rule, loaded.vocabulary)}
    found: dict[str, list[Firing]] = {}
    problems: list[Problem] = []
    for file, data in sorted(cases.items()):
        progress(file)
        case, read = read_case(data, file, loaded.vocabulary)
        faults = [p for p in read if p.severity == "error"]
        faults += unknown_names(case, loaded.rulebook) if case is not None else ()
        problems += faults
        if case is not None and not faults and any(act.type in types for act in case.acts):
            for rule, firing in _in_case(loaded, case, wanted):
                if firing not in found.setdefault(rule, []):
                    found[rule].append(firing)
    return found, tuple(problems)


def _in_case(
    loaded: Loaded, case: Case, wanted: Mapping[str, Rule]
) -> Iterable[tuple[str, Firing]]:
    readings = readings_of(case, loaded.rulebook)
    for frame in frames_of(case, loaded.vocabulary):
        for one in judge(loaded.engine, frame, readings):
            if one.rule.id in wanted and reported(one):
                yield one.rule.id, Firing(case.id, case.title, frame.act, one.outcome)


def titles(loaded: Loaded, cases: Mapping[str, bytes]) -> dict[str, str]:
    """The title of each case that can be read, by id, in order of id."""
    read = (read_case(data, file, loaded.vocabulary)[0] for file, data in cases.items())
    found = {case.id: case.title for case in read if case is not None}
    return dict(sorted(found.items()))
