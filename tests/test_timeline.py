"""What acts do to status, and status at a date, on small cases."""

from __future__ import annotations

from textwrap import dedent

import pytest

from comity.timeline import Moment, Timeline
from tests.test_casefile import VOCABULARY, on, small

CAST = """\
as_of: 2026-03-01
cast:
  embassy: {is: mission, kind: embassy, sending: AA, receiving: BB}
  house:   {is: place, used: [{by: embassy, as: chancery, from: 2002}]}
  envoy:   {is: person, role: diplomatic_staff, at: embassy, nationality: AA, from: 2024-01}
  spouse:  {is: person, role: family, household_of: envoy}
"""


def timeline(text: str = "", cast: str = CAST) -> Timeline:
    return Timeline(small(cast + dedent(text)), VOCABULARY)


def day(text: str, act: str = "") -> Moment:
    return Moment(on(text), on(text), act=act)


def between(first: str, last: str) -> Moment:
    return Moment(on(first), on(last))


def values(known: object) -> tuple[str, ...] | None:
    """The values still possible, in alphabetical order; None for unknown."""
    return None if known is None else tuple(sorted(known.values))  # type: ignore[attr-defined]


# --------------------------------------------------------------------------- relations


def test_relations_are_unknown_when_nothing_is_said() -> None:
    assert timeline().relations("embassy", day("2026-01-01")) is None


def test_a_break_shows_that_there_were_relations_before() -> None:
    line = timeline("acts: {rupture: {type: sever, by: BB, to: AA, date: 2026-02-10}}\n")
    assert values(line.relations("embassy", day("2026-02-09"))) == ("established",)
    assert values(line.relations("embassy", day("2026-02-11"))) == ("severed",)


def test_on_the_day_of_the_break_either_may_be_so() -> None:
    line = timeline("acts: {rupture: {type: sever, by: BB, to: AA, date: 2026-02-10}}\n")
    assert values(line.relations("embassy", day("2026-02-10"))) == ("established", "severed")
    assert values(line.relations("embassy", day("2026-02-10", "rupture"))) == ("established",)


def test_what_replies_to_an_act_comes_after_it() -> None:
    line = timeline("""\
        acts:
          rupture: {type: sever, by: BB, to: AA, date: 2026-02-10}
          protest: {type: public_protest, by: AA, answers: rupture, date: 2026-02-10}
        """)
    assert values(line.relations("embassy", day("2026-02-10", "protest"))) == ("severed",)


def test_a_partial_date_leaves_several_values_possible() -> None:
    line = timeline("acts: {rupture: {type: sever, by: BB, to: AA, date: 2026-02}}\n")
    assert values(line.relations("embassy", day("2026-01-31"))) == ("established",)
    assert values(line.relations("embassy", day("2026-02-15"))) == ("established", "severed")
    assert values(line.relations("embassy", day("2026-03-01"))) == ("severed",)


@pytest.mark.parametrize("stage", ["planned", "threatened", "attempted", "did_not_happen"])
def test_what_was_not_done_changes_nothing(stage: str) -> None:
    act = f"{{type: sever, by: BB, to: AA, date: 2026-02-10, stage: {stage}}}"
    line = timeline(f"acts: {{rupture: {act}}}\n")
    assert line.relations("embassy", day("2026-02-20")) is None


def test_what_is_alleged_may_have_changed_it() -> None:
    act = "{type: sever, by: BB, to: AA, date: 2026-02-10, stage: alleged}"
    line = timeline(f"acts: {{rupture: {act}}}\n")
    assert values(line.relations("embassy", day("2026-02-20"))) == ("established", "severed")


def test_relations_of_others_do_not_matter() -> None:
    line = timeline("acts: {rupture: {type: sever, by: CC, to: AA, date: 2026-02-10}}\n")
    assert line.relations("embassy", day("2026-02-20")) is None


def test_relations_can_be_stated_with_dates() -> None:
    line = timeline("""\
        facts:
          - {what: relations, between: [AA, BB], state: severed, from: 2026-01-10}
          - {what: relations, between: [AA, BB], state: established, from: 2026-02-01}
        """)
    assert values(line.relations("embassy", day("2026-01-10"))) == ("severed",)
    assert values(line.relations("embassy", day("2026-02-01"))) == ("established",)


def test_treaties() -> None:
    assert timeline().treaty("embassy", "VCDR", day("2026-01-01")) is None
    line = timeline("treaties: [VCDR]\n")
    assert values(line.treaty("embassy", "VCDR", day("2026-01-01"))) == ("true",)
    line = timeline("absent: [{what: treaty, instrument: VCDR, between: [AA, BB]}]\n")
    assert values(line.treaty("embassy", "VCDR", day("2026-01-01"))) == ("false",)


def test_a_state_of_relations_known_not_to_hold() -> None:
    line = timeline("absent: [{what: relations, between: [AA, BB], state: severed}]\n")
    known = values(line.relations("embassy", day("2026-01-01")))
    assert known == ("established", "none", "suspended")


def test_a_mission_called_home() -> None:
    line = timeline("acts: {home: {type: withdraw_mission, by: AA, to: BB, date: 2026-02-10}}\n")
    assert values(line.recalled("embassy", day("2026-02-09"))) == ("false",)
    assert values(line.recalled("embassy", day("2026-02-11"))) == ("true",)
    assert timeline().recalled("embassy", day("2026-02-11")) is None


def test_a_mission_called_home_leaves_its_buildings() -> None:
    line = timeline("acts: {home: {type: withdraw_mission, by: AA, to: BB, date: 2026-02-10}}\n")
    assert values(line.used("house", "embassy", day("2026-02-09"))[1]) == ("in_use",)
    assert values(line.used("house", "embassy", day("2026-02-11"))[1]) == ("ended",)


def test_a_stated_end_of_use_counts_more_than_the_recall() -> None:
    cast = CAST.replace("from: 2002}", "from: 2002, until: 2026-02-20}")
    line = timeline("acts: {home: {type: withdraw_mission, by: AA, date: 2026-02-10}}\n", cast)
    assert values(line.used("house", "embassy", day("2026-02-15"))[1]) == ("in_use",)
    assert values(line.used("house", "embassy", day("2026-02-25"))[1]) == ("ended",)


def test_after_a_break_nobody_knows_when_the_mission_left_unless_the_case_says_so() -> None:
    rupture = "acts: {rupture: {type: sever, by: BB, to: AA, date: 2026-02-10}}\n"
    use = timeline(rupture).used("house", "embassy", day("2026-02-20"))[1]
    assert values(use) == ("ended", "in_use")
    before = timeline(rupture).used("house", "embassy", day("2026-02-09"))[1]
    assert values(before) == ("in_use",)
    cast = CAST.replace("from: 2002}", "from: 2002, until: 2026-02-25}")
    use = timeline(rupture, cast).used("house", "embassy", day("2026-02-20"))[1]
    assert values(use) == ("in_use",)


def test_an_interests_section_works_on_after_a_break() -> None:
    cast = CAST.replace("kind: embassy", "kind: interests_section")
    rupture = "acts: {rupture: {type: sever, by: BB, to: AA, date: 2026-02-10}}\n"
    use = timeline(rupture, cast).used("house", "embassy", day("2026-02-20"))[1]
    assert values(use) == ("in_use",)


def test_a_consulate_outlives_the_recall_of_the_embassy() -> None:
    cast = CAST.replace("kind: embassy", "kind: consular_post")
    line = timeline("acts: {home: {type: withdraw_mission, by: AA, date: 2026-02-10}}\n", cast)
    assert line.recalled("embassy", day("2026-02-11")) is None
    home = "{type: withdraw_mission, by: AA, against: embassy, date: 2026-02-10}"
    line = timeline(f"acts: {{home: {home}}}\n", cast)
    assert values(line.recalled("embassy", day("2026-02-11"))) == ("true",)


# --------------------------------------------------------------------------- persons


def post(line: Timeline, date: str, name: str = "envoy") -> tuple[str, ...] | None:
    return values(line.post(name, day(date)))


def test_a_post_runs_from_its_beginning() -> None:
    line = timeline()
    assert post(line, "2023-12-31") == ("not_started",)
    assert post(line, "2024-01-15") == ("in_post", "not_started")
    assert post(line, "2025-06-01") == ("in_post",)


def test_after_the_end_of_functions_comes_a_time_to_leave() -> None:
    line = timeline("acts: {end: {type: recall, by: AA, against: envoy, date: 2026-01-10}}\n")
    assert post(line, "2026-01-09") == ("in_post",)
    assert post(line, "2026-01-11") == ("leaving",)
    assert post(line, "2026-02-20") == ("ended", "leaving"), "how long is for a judgement"


def test_whoever_left_has_left() -> None:
    line = timeline("""\
        acts:
          end:  {type: recall, by: AA, against: envoy, date: 2026-01-10}
          exit: {type: leave_country, by: envoy, date: 2026-01-20}
        """)
    assert post(line, "2026-01-15") == ("leaving",)
    assert post(line, "2026-01-21") == ("ended",)
    assert post(line, "2026-01-11", "spouse") == ("leaving",)


def test_the_time_to_leave_is_judged() -> None:
    term = "reasonable_time_to_leave_passed"
    for grade, expected in (("yes", "ended"), ("no", "leaving")):
        line = timeline(f"""\
            acts: {{end: {{type: recall, by: AA, against: envoy, date: 2026-01-10}}}}
            judgements: [{{of: envoy, term: {term}, value: {grade}, by: me, why: six weeks}}]
            """)
        assert post(line, "2026-02-20") == (expected,)


def test_a_break_of_relations_ends_the_functions_of_all() -> None:
    line = timeline(
        "acts: {rupture: {type: sever, by: BB, to: AA, date: 2026-02-10, deadline: 7 d}}\n"
    )
    assert post(line, "2026-02-12") == ("leaving",)
    assert post(line, "2026-02-18") == ("ended",)
    assert post(line, "2026-02-12", "spouse") == ("leaving",)


def test_a_break_long_ago_does_not() -> None:
    line = timeline("""\
        acts:
          rupture: {type: sever, by: BB, to: AA, date: 1990}
          peace:   {type: resume, by: BB, to: AA, date: 1995}
        """)
    assert post(line, "2026-02-12") == ("in_post",)


def test_nobody_is_non_grata_for_being_in_the_case() -> None:
    assert timeline().png("envoy", day("2026-01-01")) == (None, None)


def test_a_declaration_lapses_with_the_time_to_leave() -> None:
    line = timeline("""\
        acts: {png: {type: png_declare, by: BB, against: envoy, date: 2026-01-10, deadline: 72 h}}
        """)
    assert values(line.png("envoy", day("2026-01-09"))[0]) == ("none",)
    assert values(line.png("envoy", day("2026-01-11"))[0]) == ("declared",)
    known, over = line.png("envoy", day("2026-01-20"))
    assert values(known) == ("lapsed",)
    assert values(over) == ("7",)
    assert post(line, "2026-01-20") == ("in_post",), "a declaration alone ends no functions"


def test_nothing_lapses_for_whoever_left_in_time() -> None:
    line = timeline("""\
        acts:
          png:  {type: png_declare, by: BB, against: envoy, date: 2026-01-10, deadline: 72 h}
          exit: {type: leave_country, by: envoy, date: 2026-01-12}
        """)
    assert values(line.png("envoy", day("2026-01-20"))[0]) == ("declared",)


# --------------------------------------------------------------------------- places


def use(line: Timeline, date: str) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    used_as, state = line.used("house", "embassy", day(date))
    return values(used_as), values(state)


def test_use_of_a_building() -> None:
    line = timeline(
        "acts: {exit: {type: abandon_premises, by: embassy, place: house, date: 2026-02}}\n"
    )
    assert use(line, "2001-12-31") == (("none",), ("never",))
    assert use(line, "2026-01-31") == (("chancery",), ("in_use",))
    assert use(line, "2026-02-10") == (("chancery",), ("ended", "in_use"))
    assert use(line, "2026-03-01") == (("chancery",), ("ended",))


def test_use_by_somebody_else_is_no_use() -> None:
    cast = CAST.replace(
        "house:   {is: place, used: [{by: embassy", "house:   {is: place, used: [{by: CC"
    )
    assert use(timeline(cast=cast), "2026-01-01") == (("none",), ("never",))


def test_use_that_nobody_mentions_is_unknown() -> None:
    cast = CAST.replace(
        "house:   {is: place, used: [{by: embassy, as: chancery, from: 2002}]}",
        "house:   {is: place}",
    )
    assert use(timeline(cast=cast), "2026-01-01") == (None, None)


def test_one_use_after_another() -> None:
    cast = CAST.replace(
        "[{by: embassy, as: chancery, from: 2002}]",
        "[{by: embassy, as: designated, from: 2002}, {by: embassy, as: chancery, from: 2010},"
        " {by: envoy, as: private_residence, from: 2020, until: 2025-06-01}]",
    ).replace("from: 2010}", "from: 2010, until: 2019}")
    line = timeline(cast=cast)
    assert use(line, "2005-01-01") == (("designated",), ("never",))
    assert use(line, "2015-01-01") == (("chancery",), ("in_use",))
    assert use(line, "2021-01-01") == (("private_residence",), ("in_use",))
    assert use(line, "2026-01-01") == (("private_residence",), ("ended",))


def test_what_the_receiving_state_said_of_a_building() -> None:
    line = timeline("""\
        acts:
          told:     {type: notify_premises, by: embassy, place: house, date: 2026-01-05}
          objected: {type: object_to_premises, by: BB, place: house, date: 2026-01-10}
        """)
    assert values(line.acceptance("house", day("2026-01-01"))) == ("never_notified",)
    told = values(line.acceptance("house", day("2026-01-07")))
    assert told == ("accepted", "not_objected", "objected")
    assert values(line.acceptance("house", day("2026-01-11"))) == ("objected",)
    assert values(line.objection_timely("house", "embassy")) == ("true",)


def test_an_objection_after_years_of_use_is_late() -> None:
    line = timeline("""\
        acts:
          told:     {type: notify_premises, by: embassy, place: house, date: 2002-03}
          objected: {type: object_to_premises, by: BB, place: house, date: 2026-01-10}
        """)
    assert values(line.objection_timely("house", "embassy")) == ("false",)


def test_acceptance_is_unknown_when_nobody_spoke() -> None:
    assert timeline().acceptance("house", day("2026-01-01")) is None


# --------------------------------------------------------------------------- parts


def spans(line: Timeline, act: str, *names: str) -> list[tuple[int, int]]:
    found = next(one for one in line.case.acts if one.name == act)
    start = on("2026-01-01")
    return [(part.first - start, part.last - start) for part in line.parts(found, names)]


def test_an_act_is_cut_where_a_status_changes() -> None:
    line = timeline("""\
        acts:
          siege:   {type: blockade, by: BB, place: house, from: 2026-01-01, until: 2026-01-31}
          rupture: {type: sever, by: BB, to: AA, date: 2026-01-11}
        """)
    assert spans(line, "siege") == [(0, 9), (10, 30)]


def test_a_change_of_uncertain_date_parts_what_was_surely_before_from_what_was_after() -> None:
    line = timeline("""\
        acts:
          siege:   {type: blockade, by: BB, place: house, from: 2025-12-01}
          rupture: {type: sever, by: BB, to: AA, date: 2026-01}
        """)
    assert spans(line, "siege") == [(-31, -1), (30, 59)]


def test_an_act_of_one_day_has_one_part() -> None:
    line = timeline(
        "acts: {entry: {type: enter_premises, by: BB, place: house, date: 2026-01-11}}\n"
    )
    assert spans(line, "entry") == [(10, 10)]
