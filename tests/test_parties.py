"""Which treaty binds which States on which day: by lists of parties, or as a case says."""

from __future__ import annotations

import pytest

from comity.casefile import case_of
from comity.framing import frames_of
from comity.library import rulebook_files, shipped_rules
from comity.problems import Problem
from comity.rulereader import read_all
from comity.source import read
from comity.vocabulary import Vocabulary

SHIPPED = rulebook_files([shipped_rules()], aside=False)[0]
WORDS = "vocabulary/instruments.yaml"
LIST = """
parties: XAXB
source: {title: the treaty itself, date: 2020-01-01}
complete: yes
states:
  XA: {bound_from: 2020-01-01}
  XB: {bound_from: 2020-06-01, perhaps_from: 2020-03-01, until: 2025-12-31}
"""
OPEN = """
parties: XAXB
source: {title: a table of parties, date: 2020-01-01}
states: {XA: {bound_from: 2020-01-01}}
not_bound: {XB: {as_of: 2020-12-31}}
"""
CASE = """
as_of: 2030-01-01
cast:
  embassy: {is: mission, kind: embassy, sending: XA, receiving: %s}
  hall: {is: place, used: [{by: embassy, as: chancery, from: 2000}]}
acts:
  banner: {type: display_banner, by: embassy, place: hall, date: %s}
"""


def rulebook(parties: str) -> tuple[Vocabulary, tuple[Problem, ...]]:
    words = SHIPPED[WORDS] + b"  XAXB: {title: Made up, date: 2019-05-02, kind: treaty}\n"
    files = {**SHIPPED, WORDS: words, "parties/xaxb.yaml": parties.encode()}
    vocabulary, _, problems = read_all(files)
    return vocabulary, problems


def bound(parties: str, date: str, receiving: str = "XB", more: str = "") -> tuple[str, ...] | None:
    """Whether the treaty is in force between XA and the other State, as the frame has it."""
    vocabulary, problems = rulebook(parties)
    assert problems == ()
    (root,), _ = read(CASE % (receiving, date) + more, "case.yaml")
    case, problems = case_of(root, vocabulary, partial=True)
    assert case is not None, problems
    (frame,) = frames_of(case, vocabulary)
    found = frame.known.get("mission.bound_by:XAXB")
    return None if found is None else found.values


@pytest.mark.parametrize(
    ("date", "value"),
    [
        ("2019-12-31", ("false",)),
        ("2020-02-29", ("false",)),  # XB not yet
        ("2020-03-01", None),  # a question
        ("2020-06-01", ("true",)),
        ("2025-12-31", ("true",)),
        ("2026-01-01", ("false",)),
        ("2025", ("true",)),
        ("2020-06", ("true",)),
        ("2020", None),  # on some day of that year, and not on others
        ("unknown", None),
    ],
)
def test_both_must_be_bound_on_the_day_of_the_act(date, value):
    assert bound(LIST, date) == value


def test_a_state_that_is_not_named_is_a_question_unless_the_list_is_complete():
    assert bound(LIST, "2021-01-01", "ZZ") == ("false",)
    assert bound(OPEN, "2021-01-01", "ZZ") is None


def test_who_was_not_bound_may_have_joined_since():
    assert bound(OPEN, "2020-12-31") == ("false",)
    assert bound(OPEN, "2021-01-01") is None


def test_what_the_case_says_comes_first():
    assert bound(LIST, "2019-06-01", more="treaties: [XAXB]\n") == ("true",)
    said = "absent: [{what: treaty, instrument: XAXB, between: [XA, XB]}]\n"
    assert bound(LIST, "2021-06-01", more=said) == ("false",)
    said = "facts: [{what: treaty, instrument: XAXB, between: [XA, XB], from: 2024-01-01}]\n"
    assert bound(LIST, "2023-06-01", more=said) == ("false",)
    assert bound(LIST, "2024-06-01", more=said) == ("true",)


def test_the_answer_names_the_list_and_no_line_of_the_case():
    vocabulary, _ = rulebook(LIST)
    (root,), _ = read(CASE % ("XB", "2021-06-01"), "case.yaml")
    case, _ = case_of(root, vocabulary, partial=True)
    (frame,) = frames_of(case, vocabulary)
    facts = frame.known["mission.bound_by:XAXB"].facts
    listed = [fact for fact in facts if fact.path.startswith("parties.")]
    assert [(f.path, f.value, f.place) for f in listed] == [
        ("parties.XAXB.XA", "bound from 2020-01-01 (the treaty itself)", None),
        ("parties.XAXB.XB", "bound from 2020-06-01 until 2025-12-31 (the treaty itself)", None),
    ]


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "word"),
    [
        ("parties: XAXB", "parties: XAXC", "R001", 2, "XAXB"),
        ("parties: XAXB", "parties: ARSIWA", "R001", 2, "ARSIWA"),
        ("complete:", "compleat:", "R003", 4, "complete"),
        ("  XA:", "  QQ:", "R005", 6, "QQ"),
        ("bound_from: 2020-01-01", "bound: 2020-01-01", "R003", 6, "bound_from"),
        ("2020-06-01", "2020-02-31", "R035", 7, "no day"),
        ("2025-12-31", "2019-12-31", "R035", 7, "before"),
        ("source:", "sources:", "R003", 3, "source"),
        ("{bound_from: 2020-01-01}", "2020-01-01", "R001", 6, "mapping"),
    ],
)
def test_a_slip_in_a_list_is_told_with_its_place(old, new, code, line, word):
    assert old in LIST
    _, problems = rulebook(LIST.replace(old, new, 1))
    told = [p for p in problems if p.code == code and p.place and p.place.line == line]
    assert any(word in f"{p.message} {p.hint}" for p in told), problems


@pytest.mark.parametrize("slip", ["{bound_from: 2020-13-01}", "{bound_form: 2020-01-01}", "{}"])
def test_of_a_state_whose_entry_cannot_be_read_nothing_is_said(slip):
    """Neither a crash nor `not bound`, when the linter reads the tests in spite of the fault."""
    text = LIST.replace("{bound_from: 2020-01-01}", slip, 1)
    assert text != LIST
    vocabulary, problems = rulebook(text)
    assert problems
    (root,), _ = read(CASE % ("XB", "2022-01-01"), "case.yaml")
    case, _ = case_of(root, vocabulary, partial=True)
    assert case is not None
    (frame,) = frames_of(case, vocabulary)
    assert "mission.bound_by:XAXB" not in frame.known


def test_one_treaty_one_list():
    files = {**SHIPPED, "parties/a.yaml": LIST.replace("XAXB", "VCDR").encode()}
    files["parties/b.yaml"] = files["parties/a.yaml"]
    assert [p.code for p in read_all(files)[2]] == ["R009"]
