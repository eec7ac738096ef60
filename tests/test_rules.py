"""Every rule test beside the rules passes, and every rule is tested both ways."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pytest

from comity import source
from comity.checking import Loaded
from comity.library import rulebook_files, shipped_rules, split
from comity.problems import render
from comity.ruletests import Result, run

FILES = rulebook_files([shipped_rules()])[0]
QUIET = {"not_in_play", "moot", "respected", "excused"}  # what a check that does not fire expects


def checks() -> Iterator[tuple[str, str, str, str]]:
    """(place, rule, name, outcome expected) of every check of every test file."""
    for file, data in split(FILES)[2].items():
        for sheet in source.read(data, file)[0]:
            if not isinstance(sheet, source.Fields):
                continue
            rule, listed = sheet.get("tests"), sheet.get("checks")
            for check in listed if isinstance(listed, source.Items) else ():
                plain = check.plain()
                where = f"{file}:{check.line}"
                yield where, rule.plain(), plain.get("name", ""), plain.get("outcome", "")


CHECKS = list(checks())


@pytest.fixture(scope="module")
def outcome(loaded: Loaded) -> tuple[dict[str, Result], str]:
    """Each check's result by its place, and the faults of the test files."""
    results, problems = run(loaded, FILES)
    texts = {name: data.decode() for name, data in FILES.items()}
    # A check with `each` has several results: one that failed is the one to look at.
    by_place = {r.at: r for r in sorted(results, key=lambda r: not r.passed)}
    return by_place, render(problems, texts) if problems else ""


def test_the_test_files_have_no_faults(outcome: tuple[dict[str, Result], str]) -> None:
    assert outcome[1] == ""


@pytest.mark.parametrize(
    ("at", "rule", "name"), [c[:3] for c in CHECKS], ids=[f"{c[1]}: {c[2]}" for c in CHECKS]
)
def test_check(outcome: tuple[dict[str, Result], str], at: str, rule: str, name: str) -> None:
    result = outcome[0].get(at)
    assert result is not None, f"{at}: did not run (see the faults of the test files)"
    assert result.rule == rule
    assert result.name == name or result.name.startswith(f"{name}: ")  # one value of `each`
    assert result.passed, f"{at}: {result.message}"


def test_every_rule_has_a_check_that_fires_and_one_that_does_not(loaded: Loaded) -> None:
    expected: dict[str, set[str]] = defaultdict(set)
    for _at, rule, _name, word in CHECKS:
        expected[rule].add(word)
    lacking = {
        rule.id: sorted(expected[rule.id])
        for rule in loaded.rulebook.rules
        if not expected[rule.id] - QUIET or not expected[rule.id] & QUIET
    }
    assert lacking == {}


def test_the_names_of_a_rules_checks_differ() -> None:
    names = [(rule, name) for _at, rule, name, _word in CHECKS]
    assert sorted(n for n in set(names) if names.count(n) > 1 or not n[1]) == []
