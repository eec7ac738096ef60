"""How faults are shown: a caret under the fault, nothing that steers a terminal, known codes."""

from __future__ import annotations

import random
import re
import unicodedata

import pytest

from comity.problems import (
    CATALOGUE,
    Place,
    Problem,
    columns,
    nearest,
    printable,
    problem,
    render,
)

# C0 (but tab and newline), DEL, C1, the bidirectional and invisible controls.
STEERING = [
    *map(chr, (*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0))),
    *"\xad\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff",
    "\ud800",
    "\U000e0041",
]


@pytest.mark.parametrize("bad", STEERING, ids=lambda c: f"{ord(c):04x}")
def test_nothing_that_steers_a_terminal_gets_through(bad) -> None:
    shown = printable(f"a{bad}b")
    assert bad not in shown
    assert re.fullmatch(r"a\\[xu][0-9a-f]+b", shown)


def test_ordinary_text_is_left_alone() -> None:
    text = "Ünïcödé 한국 русский עברית «»\ttab\nline ✗"
    assert printable(text) == text


def test_fuzz_printable_leaves_no_control_or_format_character() -> None:
    seeded = random.Random(3)
    for _ in range(2_000):
        text = "".join(chr(seeded.randrange(0x3000)) for _ in range(20))
        left = {c for c in printable(text) if unicodedata.category(c) == "Cc"} - {"\t", "\n"}
        assert left == set()
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", printable(text))


def shown(line: str, column: int, length: int = 1, hint: str = "", **how) -> list[str]:
    one = problem("C003", Place("f.yaml", 1, column, length), "unknown key", hint)
    return render([one], {"f.yaml": line}, **how).splitlines()


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("  agianst: officer", "agianst"),
        ("\tkey: value", "key"),
        ("한국: bad", "bad"),
        ("e\u0301te\u0301: bad", "bad"),
        ("a: " + "x" * 200 + " bad " + "y" * 200, "bad"),
        ("bad", "bad"),
    ],
    ids=["plain", "tab", "wide", "combining", "long", "first"],
)
def test_the_caret_stands_under_the_fault(line, word) -> None:
    _head, excerpt, carets, *_ = shown(line, line.index(word) + 1, len(word))
    before = excerpt[: excerpt.index(word)]
    assert columns(before) == carets.index("^")
    assert carets.count("^") == len(word)
    assert columns(excerpt) <= 80


def test_a_column_beyond_the_line_and_a_line_beyond_the_file_are_no_fault() -> None:
    assert shown("short", 400, 9)
    place = Place("f.yaml", 99, 1, 1)
    assert render([problem("Y003", place, "text")], {"f.yaml": "a: 1"})
    assert render([problem("Y003", Place("other", 1, 1), "text")], {})
    assert render([problem("Y003", None, "text")], {})


def test_a_hostile_name_message_hint_and_line_are_escaped() -> None:
    one = problem("C003", Place("\x1b]0;x\x07.yaml", 1, 1, 3), "\x1b[2J \u202e", "\x9b31m \x07")
    text = render([one], {"\x1b]0;x\x07.yaml": "a\x1b[31m\u202eb: 1"})
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)


def test_problems_stand_in_order_of_place_with_a_count() -> None:
    places = [("b", 1, 1), ("a", 2, 5), ("a", 2, 1), ("a", 10, 1)]
    problems = [problem("C003", Place(*p), "x") for p in places]
    lines = render(problems, {}).splitlines()
    heads = [line.split(": error")[0] for line in lines[:-1]]
    assert heads == ["a:2:1", "a:2:5", "a:10:1", "b:1:1"]
    assert lines[-1].startswith("4 errors")
    assert render(problems, {}) == render(problems[::-1], {})


def test_warnings_are_counted_apart() -> None:
    warning = Problem("C003", None, "x", severity="warning")
    assert render([warning], {}).splitlines()[-1] == "1 warning"


def test_every_code_has_a_title_a_meaning_and_advice() -> None:
    for code, entry in CATALOGUE.items():
        assert re.fullmatch(r"[A-Z]\d{3}", code)
        assert entry.code == code
        assert all((entry.title, entry.meaning, entry.advice))
    with pytest.raises(KeyError):
        problem("Z999", None, "no such code")


def test_the_nearest_word() -> None:
    words = ["enter_premises", "search_premises", "protest"]
    assert nearest("enter premises", words) == "enter_premises"
    assert nearest("Enter-Premisses", words) == "enter_premises"
    assert nearest("zzzz", words) is None
    assert nearest("x", []) is None
