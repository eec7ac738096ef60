"""`where:` of a measure: read like any condition, and checked like one."""

from __future__ import annotations

import json

import pytest

from comity.checking import Loaded
from comity.model import All, Atom, ConceptIs, Not
from comity.problems import Problem
from comity.rulereader import read_rulebook
from comity.schema import schema

MEASURE = """\
measure: guard_the_street
title: Keep order in the street outside
phrase: keep order in the street outside
level: 2
each: premises
where: {place.use: in_use}
act: {type: cordon, zone: adjacent_public}
bind: {by: police, place: item}
cite: [VCDR 22(2)]
norm_map_status: lawful
"""
CONCEPT = """\
concept: place.premises
title: The place is premises
cite: VCDR 1(i)
true_when: {place.used_as: chancery}
"""


def read(loaded: Loaded, where: str) -> tuple[object, tuple[Problem, ...]]:
    text = MEASURE.replace("{place.use: in_use}", where)
    files = {"measures/a.yaml": text.encode(), "concepts/a.yaml": CONCEPT.encode()}
    book, problems = read_rulebook(files, loaded.vocabulary)
    return (book.measures[0].where if book else None), problems


def test_without_it_a_measure_fits_every_target(loaded: Loaded) -> None:
    files = {"measures/a.yaml": MEASURE.replace("where: {place.use: in_use}\n", "").encode()}
    book, problems = read_rulebook(files, loaded.vocabulary)
    assert book is not None, problems
    assert book.measures[0].where == All()


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("{place.use: in_use}", Atom("place.use", frozenset({"in_use"}))),
        (
            "{not: {mission.kind: embassy}}",
            Not(Atom("mission.kind", frozenset({"embassy"}))),
        ),
        ("{place.premises: true}", ConceptIs("place.premises", "true")),
    ],
)
def test_what_is_read(loaded: Loaded, where: str, expected: object) -> None:
    assert read(loaded, where) == (expected, ())


@pytest.mark.parametrize(
    ("where", "code", "at", "advice"),
    [
        ("{place.usse: in_use}", "R004", "place.usse", "did you mean 'place.use'?"),
        ("{place.use: in_used}", "R005", "in_used", "did you mean 'in_use'?"),
        ("{place.use: [in_use, ended, never]}", "R006", "[in_use", "remove it"),
        ("{}", "R006", "{}", "remove it"),
        ("in_use", "R001", "in_use", "write {term: value}"),
        # a role that nobody fills would leave the measure out always, and silently
        ("{against.role: family}", "R021", "against.role", "add `against:` to `bind`"),
        ("{any: [{over.zone: roof}, {place.use: in_use}]}", "R021", "over.zone", "add `over:`"),
    ],
)
def test_what_is_wrong_with_it(loaded: Loaded, where: str, code: str, at: str, advice: str) -> None:
    found, (problem, *more) = read(loaded, where)
    assert (found, more, problem.code) == (None, [], code)
    assert problem.place is not None
    line = f"where: {where}"
    assert line[problem.place.column - 1 :].startswith(at)
    assert advice in problem.hint


def test_an_editor_knows_it(loaded: Loaded) -> None:
    made = schema("measure", loaded.vocabulary)
    text = json.dumps(made)
    assert '"where"' in text
    assert "sending_state" in text
