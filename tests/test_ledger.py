"""The ledger: what citations name, the index files and their faults."""

from __future__ import annotations

import pytest

from comity.authoring.ledger import Ledger, Pinpoint, pinpoints, read_ledger, within

NAMES = b"instruments:\n  VCDR: {title: T, kind: treaty}\n  IPP: {title: T, kind: treaty}\n"
INDEX = """\
instrument: VCDR
note: An invented index, for the tests.
articles:
  3:
    title: What a mission does
    paragraphs:
      3(1)(a): {says: it represents}
      3(1)(e): {says: it promotes, verified: yes}
      3(2): {says: consular work, class: definition}
  22:
    title: The premises
    paragraphs:
      22(1): {says: entry needs consent}
      22(2): {says: they are protected}
      22(3): {says: they are not searched}
  24:
    title: Archives
    paragraphs:
      24: {says: they are inviolable}
  50:
    title: Accession
    paragraphs:
      50: {says: who may accede, class: final, not_encoded: no incident turns on it, note: leave it}
"""


def read(text: str = INDEX, **more: str):
    files = {"vocabulary/instruments.yaml": NAMES, "instruments/vcdr.yaml": text.encode()}
    return read_ledger({**files, **{f"instruments/{n}.yaml": t.encode() for n, t in more.items()}})


@pytest.fixture
def ledger() -> Ledger:
    found, problems = read()
    assert problems == ()
    return found


@pytest.mark.parametrize(
    ("cite", "numbers"),
    [
        ("VCDR 22(1)", ["22(1)"]),
        ("VCDR 22(1), 22(3)", ["22(1)", "22(3)"]),
        ("VCDR 37(1)-(2)", ["37(1)", "37(2)"]),
        ("VCDR 24-25", ["24", "25"]),
        ("VCDR 9-11", ["9", "10", "11"]),
        ("VCDR 31(1)(a)-(c)", ["31(1)(a)", "31(1)(b)", "31(1)(c)"]),
        ("VCDR 1(a)-(i)", [f"1({letter})" for letter in "abcdefghi"]),
        ("VCDR 22(1)-22(3)", ["22(1)", "22(2)", "22(3)"]),
        ("VCDR 22(2)-24(1)", ["22(2)", "23", "24(1)"]),
        ("VCDR XI-XIV", ["XI", "XII", "XIII", "XIV"]),
        ("VCDR 5bis", ["5bis"]),
        ("VCDR preamble", ["preamble"]),
        ("VCDR 41(1)-a", ["41(1)"]),
        ("VCDR 25-24", ["25", "24"]),
        ("VCDR 1-999999999", ["1", "999999999"]),
        ("VCDR 22(1), 22(1)", ["22(1)"]),
        ("VCDR", []),
        ("CUSTOM", []),
        ("P10, P11", []),
        ("ICJ Tehran 1980 paras 83-86", []),
        ("UN Charter 2(1)", []),
        ("general international law", []),
        ("", []),
    ],
)
def test_a_citation_names_its_places_with_ranges_written_out(cite, numbers) -> None:
    assert [p.number for p in pinpoints(cite)] == numbers


def test_several_authorities_in_one_citation() -> None:
    found = pinpoints("VCDR 3(1)(b), 41(2); ICJ Tehran 1980 para 86; VCCR 36")
    assert list(map(str, found)) == ["VCDR 3(1)(b)", "VCDR 41(2)", "VCCR 36"]


@pytest.mark.parametrize(
    ("inner", "outer", "is_so"),
    [
        ("22(1)", "22(1)", True),
        ("22(1)", "22", True),
        ("31(1)(a)", "31(1)", True),
        ("22", "2", False),
        ("22(1)", "22(1)(a)", False),
        ("31(11)", "31(1)", False),
    ],
)
def test_what_lies_within_what(inner, outer, is_so) -> None:
    assert within(inner, outer) is is_so


@pytest.mark.parametrize(
    ("cite", "known"),
    [
        ("VCDR 22(1)", True),
        ("VCDR 22", True),  # the article
        ("VCDR 3(1)", True),  # holds letters that are listed
        ("VCDR 24(1)", True),  # lies within
        ("VCDR 22(1), 22(3)", True),
        ("VCDR 22(1)-(4)", False),
        ("VCDR 22(1)-(3)", True),
        ("VCDR 23", False),
        ("VCDR 2", False),
        ("VCDR 3(1)(b)", False),
        ("VCDR 22(1); IPP 2", False),  # no index
        ("P10", True),
        ("ICJ Tehran 1980 para 86", True),
    ],
)
def test_the_ledger_knows_a_citation(ledger, cite, known) -> None:
    assert ledger.knows(cite) is known


def test_it_says_which_place_it_does_not_know(ledger) -> None:
    assert ledger.unknown("VCDR 22(3)-(4); IPP 2(1)") == (
        Pinpoint("VCDR", "22(4)"),
        Pinpoint("IPP", "2(1)"),
    )


@pytest.mark.parametrize(
    ("cite", "paragraphs"),
    [
        ("VCDR 22(1)", ["22(1)"]),
        ("VCDR 24(1)", ["24"]),
        ("VCDR 22(1)-(3)", ["22(1)", "22(2)", "22(3)"]),
        ("VCDR 22", []),  # too wide: it does not say which
        ("VCDR 3(1)", []),
        ("IPP 2", []),
    ],
)
def test_which_paragraphs_a_citation_encodes(ledger, cite, paragraphs) -> None:
    assert [p.number for p in ledger.paragraphs(cite)] == paragraphs


def test_the_closest_paragraph_counts() -> None:
    text = INDEX.replace("3(2):", "3(1): {says: all of it}\n      3(2):")
    found, problems = read(text)
    assert problems == ()
    assert [p.number for p in found.paragraphs("VCDR 3(1)(a)")] == ["3(1)(a)"]
    assert [p.number for p in found.paragraphs("VCDR 3(1)(b)")] == ["3(1)"]


def test_what_an_index_holds(ledger) -> None:
    index = ledger.instruments["VCDR"]
    assert list(index.articles) == ["3", "22", "24", "50"]
    assert index.articles["22"].paragraphs == ("22(1)", "22(2)", "22(3)")
    assert index.articles["22"].title == "The premises"
    promote, final = index.paragraphs["3(1)(e)"], index.paragraphs["50"]
    assert (promote.verified, promote.class_, promote.article) == (True, "operative", "3")
    assert (final.class_, final.not_encoded, final.note, final.verified) == (
        *("final", "no incident turns on it", "leave it", False),
    )
    assert final.place is not None
    assert (final.place.file, final.place.line) == ("instruments/vcdr.yaml", 23)
    assert str(final) == "VCDR 50"


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("instrument: VCDR", "instrument: VCDRR", "R030", "did you mean 'VCDR'?"),
        ("instrument: VCDR", "treaty: VCDR", "R003", "one of: articles, instrument, note"),
        ("note: An invented index, for the tests.\n", "", "R002", "'note' is missing"),
        ("  22:\n", "  Art 22:\n", "R031", "no number of an article"),
        ("22(2):", "21(2):", "R031", "22(1)"),
        ("22(2):", "22.2:", "R031", "no paragraph of article 22"),
        ("22(2):", "22(1):", "Y008", "22(1)"),
        ("class: final", "class: finale", "R001", "final"),
        ("verified: yes", "verified: perhaps", "R001", "verified"),
        ("{says: it represents}", "it represents", "R001", "{says: ...}"),
        ("{says: it represents}", "{}", "R002", "'says' is missing"),
        ("{says: it represents}", "{says: a, source: b}", "R003", "source"),
        ("title: Archives\n", "name: Archives\n", "R003", "name"),
        (", note: leave it", "", "R032", "reviewer's note"),
        ("not_encoded: no incident turns on it, ", "", "R032", "not there"),
        ("no incident turns on it", '""', "R032", "without a reason"),
    ],
)
def test_every_fault_has_its_place_and_advice(old, new, code, says) -> None:
    assert old in INDEX
    _, problems = read(INDEX.replace(old, new, 1))
    assert code in [p.code for p in problems]
    found = next(p for p in problems if p.code == code)
    assert says in found.message + found.hint
    assert found.place is not None


def test_all_faults_at_once() -> None:
    _, problems = read(INDEX.replace("says:", "sayz:"))
    assert [p.code for p in problems].count("R003") == INDEX.count("says:")


def test_an_instrument_is_indexed_once() -> None:
    _, problems = read(
        second="instrument: VCDR\nnote: n\narticles: {1: {title: t, paragraphs: {1: {says: s}}}}\n"
    )
    assert [p.code for p in problems] == ["R030"]
    assert "instruments/second.yaml, line 1" in problems[0].message


@pytest.mark.parametrize("text", ["", "[]", "a", "articles: [1]", "instrument: [x]", "\0", "{"])
def test_no_text_makes_it_raise(text) -> None:
    _, problems = read(text)
    assert problems


def test_without_any_index_there_is_an_empty_ledger() -> None:
    assert read_ledger({"vcdr/1.yaml": b"rule: x"}) == (Ledger(), ())
