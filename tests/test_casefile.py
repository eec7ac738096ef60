"""Reading a case: what is kept of it, and what is said of a broken one."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from textwrap import dedent

import pytest

from comity import source
from comity.casefile import (
    Case,
    Days,
    apply_changes,
    case_of,
    parse_days,
    parse_hours,
    read_case,
)
from comity.problems import Problem
from comity.source import Fields
from comity.vocabulary import load_vocabulary

ROOT = Path(__file__).parents[1]
VOCABULARY = load_vocabulary(
    {path.name: path.read_bytes() for path in (ROOT / "rules" / "vocabulary").glob("*.yaml")}
)[0]
SEED = ROOT / "cases" / "seoul-banner-2026.yaml"

SMALL = """\
case: small
title: A small case
as_of: 2026-01-20
default_source: wire
sources:
  wire: {title: Wire report, date: 2026-01-19}
  note: {title: Note verbale}
cast:
  embassy:  {is: mission, kind: embassy, sending: AA, receiving: BB}
  chancery: {is: place, used: [{by: embassy, as: chancery, from: 2002}], in: BB}
  envoy:    {is: person, role: head_of_mission, at: embassy, nationality: AA, from: 2024-01}
  police:   {is: organ, of: BB, kind: police}
acts:
  banner:  {type: display_banner, by: embassy, place: chancery, from: 2026-01-10, topic: [trade]}
  request: {type: request_removal, by: BB, to: embassy, over: banner, date: 2026-01-12}
"""


def small(text: str, *, variant: str = "") -> Case:
    """The case of a text (without `case` and `title`), which must be in order."""
    case, problems = read_case(
        dedent(text).encode(), "small.yaml", VOCABULARY, variant=variant, partial=True
    )
    assert case is not None, [(p.code, p.message) for p in problems]
    assert problems == ()
    return case


def faults(text: str, *, variant: str = "") -> tuple[Problem, ...]:
    case, problems = read_case(dedent(text).encode(), "small.yaml", VOCABULARY, variant=variant)
    assert case is None or not problems
    return problems


def fields(text: str) -> Fields:
    node = source.read(dedent(text).encode(), "changes.yaml")[0][0]
    assert isinstance(node, Fields)
    return node


def on(text: str) -> int:
    return date.fromisoformat(text).toordinal()


# --------------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-02-21", "2026-02-21", "2026-02-21"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("1979", "1979-01-01", "1979-12-31"),
    ],
)
def test_a_partial_date_is_every_day_it_may_have_been(text: str, first: str, last: str) -> None:
    assert parse_days(text) == Days(on(first), on(last))


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13", "21.2.2026", "0000", "2026-2-1", "now"])
def test_what_is_not_a_date(text: str) -> None:
    assert parse_days(text) is None


def test_durations_are_hours() -> None:
    assert parse_hours("48 h") == 48
    assert parse_hours("3 d") == 72
    assert parse_hours("2w") == 336
    assert parse_hours("3") is None
    assert parse_hours("three days") is None


# --------------------------------------------------------------------------- what is kept


def test_every_value_keeps_its_source_and_its_place() -> None:
    case, problems = read_case(
        SMALL.replace("kind: police", "kind: {value: police, source: note}").encode(),
        "cases/small.yaml",
        VOCABULARY,
    )
    assert problems == ()
    assert case is not None
    kind = case.cast["police"].attributes["kind"]
    assert kind.values == ("police",)
    assert (kind.fact.path, kind.fact.source) == ("cast.police.kind", "note")
    assert kind.fact.place is not None
    assert (kind.fact.place.file, kind.fact.place.line) == ("cases/small.yaml", 12)
    banner = next(act for act in case.acts if act.name == "banner")
    assert banner.fact.source == "wire"
    assert banner.fact.path == "acts.banner.type"
    assert case.as_of == Days(on("2026-01-20"), on("2026-01-20"))
    assert case.digest.startswith("sha256:")


def test_an_entry_can_name_its_own_source() -> None:
    text = SMALL.replace("date: 2026-01-12}", "date: 2026-01-12, source: note}")
    case, _ = read_case(text.encode(), "small.yaml", VOCABULARY)
    assert case is not None
    request = next(act for act in case.acts if act.name == "request")
    assert request.fact.source == "note"
    assert request.roles["over"].fact.source == "note"


def test_written_values() -> None:
    case = small("""
        as_of: 2026-01-20
        cast:
          embassy: {is: mission, sending: NO, receiving: BB}
          place: {is: place, used: none}
          envoy:
            {is: person, role: unknown, at: embassy, permanent_resident: no, nationality: [NO, BB]}
        acts:
          display:
            type: display_banner
            by: embassy
            place: unknown
            size_m: {values: [12, 15]}
            topic: [trade, culture]
            overhang: yes
            date: {values: [2026-01-10, 2026-01-11]}
        """)
    envoy, act = case.cast["envoy"], case.acts[0]
    assert case.cast["embassy"].attributes["sending"].values == ("NO",)
    assert case.cast["place"].used == ()
    assert envoy.attributes["role"].unknown
    assert envoy.attributes["permanent_resident"].values == ("false",)
    assert envoy.attributes["nationality"].values == ("NO", "BB")
    assert not envoy.attributes["nationality"].conflicting
    assert act.roles["place"].unknown
    assert act.attributes["size_m"].values == ("12", "15")
    assert act.attributes["size_m"].conflicting
    assert act.attributes["topic"].values == ("trade", "culture")
    assert act.attributes["overhang"].values == ("true",)
    assert act.date is not None
    assert act.date.conflicting


def test_an_act_with_no_stage_was_done() -> None:
    case = small(SMALL)
    assert {act.stage for act in case.acts} == {"done"}
    assert case.consider is None


def test_consider_none_asks_for_no_measure() -> None:
    assert small(SMALL + "consider: none\n").consider == ()


def test_the_rest_of_a_case() -> None:
    case = small(
        SMALL
        + dedent("""\
            basis: assumed
            treaties: [VCDR]
            readings: {outer_face: covers}
            facts: [{what: relations, between: [AA, BB], state: established, from: 1990}]
            absent: [{what: consent, by: AA, for: search_premises}]
            claims: [{by: the press, about: banner, says: an abuse}]
            judgements:
              - {of: banner, term: war_propaganda, value: no, by: me, why: w, rests_on: [banner]}
            consider: [{measure: enter_premises, place: chancery}]
            expect:
              - {act: banner, cite: VCDR 41(3), outcome: not_breached}
              - {measure: enter_premises, status: barred}
            """)
    )
    assert case.basis == "assumed"
    assert case.treaties["VCDR"].path == "treaties.0"
    assert case.readings["outer_face"].value == "covers"
    assert case.facts[0].get("between") == ("AA", "BB")
    assert case.absent[0].kind == "consent"
    assert case.claims[0].says == "an abuse"
    assert (case.judgements[0].term, case.judgements[0].value) == ("war_propaganda", "no")
    assert case.consider is not None
    assert case.consider[0].on == {"place": ("chancery",)}
    assert [e.outcome for e in case.expect] == ["not_breached", "barred"]


def test_the_seed_case_and_its_variants_are_in_order() -> None:
    data = SEED.read_bytes()
    case, problems = read_case(data, "seoul.yaml", VOCABULARY)
    assert problems == ()
    assert case is not None
    for name in case.variants:
        varied, problems = read_case(data, "seoul.yaml", VOCABULARY, variant=name)
        assert problems == ()
        assert varied is not None
        assert varied.variant == name
        assert varied.digest != case.digest


# --------------------------------------------------------------------------- faults

FAULTS = [
    ("C001", "title: A small case", "title: [A, small, case]", "a text"),
    ("C001", "chancery: {is: place", "chancery: [is, place]\n  flat: {is: place", "mapping"),
    ("C002", "as_of: 2026-01-20\n", "", "as_of"),
    ("C002", "title: A small case\n", "", "title"),
    ("C002", "is: organ, ", "", "what it `is`"),
    ("C002", "sending: AA, ", "", "sending"),
    ("C003", "topic: [trade]", "topik: [trade]", "topik"),
    ("C003", "default_source", "defaultsource", "defaultsource"),
    ("C004", "topic: [trade]", "overhang: maybe", "yes or no"),
    ("C004", "topic: [trade]", "zone: [inside, roof]", "one value"),
    ("C004", "place: chancery,", "place: envoy,", "cannot be a person"),
    ("C010", "is: person", "is: human", "human"),
    ("C011", "place: chancery", "place: chancry", "chancry"),
    ("C012", "type: display_banner", "type: display_baner", "display_baner"),
    ("C014", "place: chancery, ", "", "needs the role 'place'"),
    ("C015", "role: head_of_mission", "role: head_of_misson", "head_of_misson"),
    ("C016", "default_source: wire", "default_source: wires", "wires"),
    ("C019", "police:   {is", "KR:   {is", "State's code"),
    ("C020", "date: 2026-01-12", "date: 12 January", "not a date"),
    ("C021", "date: 2026-01-12", "date: 2026-03-01", "after `as_of`"),
    ("C021", "from: 2026-01-10", "from: 2026-01-10, until: 2026-01-09", "ends before"),
    ("C021", "date: 2026-01-12", "date: 2026-01-12, from: 2026-01-11", "both a date"),
    ("C022", "topic: [trade]", "size_m: fifteen", "not a number"),
    ("C022", "topic: [trade]", "deadline: three days", "not a duration"),
    ("C023", "receiving: BB", "receiving: QQ", "QQ"),
    ("C025", "police:   {is", "The_Police:   {is", "The_Police"),
    ("C026", "over: banner", "over: baner", "baner"),
    ("C031", "topic: [trade]", "interference: yes", "conclusion"),
    ("C031", "type: display_banner", "type: provocation", "conclusion"),
]


@pytest.mark.parametrize(("code", "old", "new", "says"), FAULTS)
def test_a_fault_is_found_where_it_stands(code: str, old: str, new: str, says: str) -> None:
    assert old in SMALL
    text = SMALL.replace(old, new, 1)
    found = [p for p in faults(text) if p.code == code]
    assert found, [(p.code, p.message) for p in faults(text)]
    assert any(says in p.message for p in found)
    assert all(p.place is not None for p in found)


@pytest.mark.parametrize(
    ("code", "added", "says"),
    [
        (
            "C017",
            "judgements: [{of: banner, term: war_propganda, value: yes, by: e, why: w}]",
            "war_propganda",
        ),
        (
            "C017",
            "judgements: [{of: banner, term: partisan, value: maybe, by: e, why: w}]",
            "grade",
        ),
        ("C002", "judgements: [{of: banner, term: partisan, value: yes, by: e}]", "why"),
        ("C026", "judgements: [{of: poster, term: partisan, value: yes, by: e, why: w}]", "poster"),
        ("C018", "facts: [{what: concent, by: AA, for: all}]", "concent"),
        ("C002", "facts: [{what: consent, by: AA}]", "for"),
        ("C026", "facts: [{what: consent, by: AA, for: bannner}]", "bannner"),
        ("C015", "basis: asumed", "asumed"),
        ("C015", "treaties: [VCDX]", "VCDX"),
        ("C026", "expect: [{act: bannr, cite: P10, outcome: breached}]", "bannr"),
        ("C015", "expect: [{act: banner, cite: P10, outcome: broken}]", "broken"),
        ("C001", "facts: {what: consent}", "a list"),
        ("C026", "claims: [{by: KR, about: bannr, says: x}]", "bannr"),
    ],
)
def test_faults_of_the_other_sections(code: str, added: str, says: str) -> None:
    found = [p for p in faults(SMALL + added + "\n") if p.code == code]
    assert found, [(p.code, p.message) for p in faults(SMALL + added + "\n")]
    assert any(says in p.message or says in p.hint for p in found)


def test_a_role_that_the_act_does_not_have() -> None:
    text = SMALL.replace("to: embassy,", "to: embassy, place: [chancery], for: BB,")
    text = text.replace("type: request_removal", "type: request_waiver")
    found = [p for p in faults(text) if p.code == "C013"]
    assert [p.message for p in found] == ["'request_waiver' has no role 'place'"]
    assert "against" in found[0].hint


def test_all_faults_are_reported_at_once_with_the_nearest_word() -> None:
    text = SMALL.replace("display_banner", "display_baner").replace("kind: police", "kind: polise")
    text = text.replace("receiving: BB", "receiving: Germany")
    found = {p.code: p for p in faults(text)}
    assert set(found) == {"C012", "C015", "C011"}
    assert found["C012"].hint == "did you mean 'display_banner'?"
    assert found["C015"].hint == "did you mean 'police'?"
    assert found["C011"].hint == "write DE for the State"
    place = found["C012"].place
    assert place is not None
    assert (place.line, place.length) == (14, len("display_baner"))


def test_a_conclusion_comes_with_advice() -> None:
    text = SMALL.replace("type: display_banner", "type: fail_to_protect")
    found = [p for p in faults(text) if p.code == "C031"]
    assert "stand_by" in found[0].hint


def test_the_status_of_a_building_is_not_typed_in() -> None:
    text = SMALL.replace("{is: place, ", "{is: place, kind: chancery, ")
    found = [p for p in faults(text) if p.code == "C031"]
    assert "used" in found[0].hint


def test_acts_that_refer_to_each_other_in_a_circle() -> None:
    text = SMALL.replace("topic: [trade]", "over: request")
    found = [p for p in faults(text) if p.code == "C024"]
    assert "banner -> request -> banner" in found[0].message


def test_nothing_to_check() -> None:
    text = SMALL[: SMALL.index("acts:")]
    assert [p.code for p in faults(text)] == ["C030"]
    assert faults(text + "consider: [{measure: enter_premises}]\n") == ()


def test_the_same_thing_present_and_absent() -> None:
    held = "facts: [{what: consent, by: AA, for: all, form: express, from: 2026-01-05}]\n"
    assert [
        p.code for p in faults(SMALL + held + "absent: [{what: consent, by: AA, for: all}]\n")
    ] == ["C033"]
    before = "absent: [{what: consent, by: AA, for: all, until: 2026-01-04}]\n"
    assert faults(SMALL + held + before) == ()


def test_a_broken_file_never_raises() -> None:
    for data in (b"", b"[]", b"x", b"case: [", b"\xff", b"acts: 3\ncast: []\nfacts: {a: b}\n"):
        case, problems = read_case(data, "broken.yaml", VOCABULARY)
        assert case is None
        assert problems


# --------------------------------------------------------------------------- variants

VARIANTS = SMALL + dedent("""\
    judgements:
      - {of: banner, term: partisan, value: yes, by: one, why: w}
      - {of: banner, term: partisan, value: no, by: other, why: w}
    expect: [{act: banner, cite: P10, outcome: breached}]
    variants:
      taken-down:
        title: Taken down
        as_of: 2026-01-22
        set: {acts.banner.until: 2026-01-13, judgements.1.value: likely}
        remove: [acts.request, judgements.0]
        add: {facts: [{what: consent, by: BB, for: banner}], treaties: [VCDR]}
        expect: [{act: banner, cite: P10, outcome: not_breached}]
      astray:
        set: {acts.baner.until: 2026-01-13, acts.poster: {type: refuse}, judgements.7.value: no}
        remove: [acts.refusal]
        add: {cast: {police: {is: organ, of: BB}}, facts: {x: y}}
      unsound:
        set: {acts.banner.type: display_flg}
    """)


def test_a_variant_sets_removes_and_adds() -> None:
    case = small(VARIANTS, variant="taken-down")
    assert [act.name for act in case.acts] == ["banner"]
    until = case.acts[0].until
    assert until is not None
    assert until.values == ("2026-01-13",)
    assert until.fact.place is not None
    assert VARIANTS.splitlines()[until.fact.place.line - 1].lstrip().startswith("set:")
    assert [(j.by, j.value) for j in case.judgements] == [("other", "likely")]
    assert [status.kind for status in case.facts] == ["consent"]
    assert list(case.treaties) == ["VCDR"]
    assert case.title == "Taken down"
    assert case.as_of_text == "2026-01-22"
    assert [e.outcome for e in case.expect] == ["not_breached"]


def test_the_case_itself_is_unchanged_by_its_variants() -> None:
    case = small(VARIANTS)
    assert len(case.acts) == 2
    assert list(case.variants) == ["taken-down", "astray", "unsound"]
    assert [e.outcome for e in case.expect] == ["breached"]


def test_a_variant_of_what_is_not_there() -> None:
    found = faults(VARIANTS, variant="astray")
    assert {p.code for p in found} >= {"C032", "C019", "C001"}
    lost = [p.message for p in found if p.code == "C032"]
    assert len(lost) == 4
    assert any("acts.baner.until" in m for m in lost)
    hints = {p.hint for p in found if p.code == "C032"}
    assert "did you mean 'acts.banner.until'?" in hints


def test_a_fault_in_a_variant_stands_in_the_variant() -> None:
    found = faults(VARIANTS, variant="unsound")
    assert [p.code for p in found] == ["C012"]
    place = found[0].place
    assert place is not None
    assert "display_flg" in VARIANTS.splitlines()[place.line - 1]


def test_an_unknown_variant() -> None:
    found = faults(VARIANTS, variant="taken-donw")
    assert [(p.code, p.hint) for p in found] == [("U002", "did you mean 'taken-down'?")]


def test_changes_of_a_rule_test() -> None:
    base = fields(SMALL[SMALL.index("as_of") :])
    changed, problems = apply_changes(
        base, fields("{name: x, set: {cast.envoy.role: none}, add: {acts: {}}, outcome: open}")
    )
    assert problems == ()
    case, problems = case_of(changed, VOCABULARY, partial=True)
    assert problems == ()
    assert case is not None
    assert case.cast["envoy"].attributes["role"].values == ("none",)
    role = base.get("cast")
    assert isinstance(role, Fields)
    envoy = role.get("envoy")
    assert isinstance(envoy, Fields)
    assert envoy.plain()["role"] == "head_of_mission", "the base stays as it was"
