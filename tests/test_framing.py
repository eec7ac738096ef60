"""Frames of small cases: what each key says, and what it rests on."""

from __future__ import annotations

from textwrap import dedent

import pytest

from comity.casefile import Case, case_of
from comity.framing import base_facts, frames_of, hypothetical
from comity.model import Frame
from comity.source import Fields, Items, Node
from tests.test_casefile import VOCABULARY, fields, small

CAST = """\
as_of: 2026-01-20
cast:
  embassy:   {is: mission, kind: embassy, sending: AA, receiving: BB, name: the embassy}
  other:     {is: mission, kind: embassy, sending: CC, receiving: BB}
  chancery:  {is: place, used: [{by: embassy, as: chancery, from: 2000}], in: BB, owner: AA}
  square:    {is: place, kind: public_square, in: BB}
  head:      {is: person, role: head_of_mission, at: embassy, nationality: AA,
              permanent_resident: no, from: 2024}
  clerk:     {is: person, role: administrative_technical, at: embassy, nationality: [AA, BB],
              from: 2024}
  spouse:    {is: person, role: family, household_of: clerk, nationality: CC}
  envoy-cc:  {is: person, role: diplomatic_staff, at: other, nationality: CC, from: 2024}
  passer-by: {is: person, role: none, nationality: BB}
  minister:  {is: person, role: foreign_minister, state: BB}
  police:    {is: organ, of: BB, kind: police}
  crowd:     {is: group, kind: demonstrators}
  firm:      {is: organization, kind: company}
  un:        {is: organization, kind: international_organization}
  cloth:     {is: object, kind: banner, located: chancery, used_by: embassy, marked: yes}
"""


def frames(text: str, cast: str = CAST) -> dict[str, Frame]:
    found = frames_of(small(cast + dedent(text)), VOCABULARY)
    return {frame.id: frame for frame in found}


def frame(text: str, cast: str = CAST, mission: str = "embassy") -> Frame:
    """The frame of the act `x`."""
    return frames(text, cast)[f"x@{mission}"]


def act(line: str, more: str = "", cast: str = CAST, mission: str = "embassy") -> Frame:
    return frame(f"acts:\n  x: {{{line}}}\n" + more, cast, mission)


def value(found: Frame, key: str) -> str | None:
    """The value of a key: joined when several are possible, None when it is unknown."""
    known = found.known.get(key)
    return None if known is None else "|".join(sorted(known.values))


def paths(found: Frame, key: str) -> set[str]:
    return {fact.path for fact in found.known[key].facts}


BANNER = "type: display_banner, by: embassy, place: chancery, object: cloth, from: 2026-01-10"
ENTRY = "type: enter_premises, by: police, place: chancery, date: 2026-01-12"
ARREST = "type: arrest, by: police, date: 2026-01-12"


# --------------------------------------------------------------------------- the act


def test_the_type_of_an_act_is_always_known() -> None:
    found = act(BANNER)
    assert (found.id, found.act, found.mission, found.type) == (
        *("x@embassy", "x", "embassy", "display_banner"),
    )
    assert value(found, "act.type") == "display_banner"
    assert value(found, "act.family") == "speech_display"
    assert value(found, "act.tag:display") == "true"
    assert value(found, "act.tag:entry") == "false"
    assert value(found, "act.stage") == "done"
    assert value(found, "act.hypothetical") == "false"


def test_silence_is_unknown_and_never_false() -> None:
    found = act(BANNER)
    for key in ("act.zone", "act.topic:trade", "act.harm", "consent.state", "consent.host"):
        assert key not in found.known
    for key in (
        "mission.relations",
        "mission.bound_by:VCDR",
        "place.acceptance",
        "waiver.covers:criminal",
    ):
        assert key not in found.known


def test_a_written_set_says_no_of_what_it_leaves_out() -> None:
    found = act(BANNER + ", topic: [trade, culture]")
    assert value(found, "act.topic:trade") == "true"
    assert value(found, "act.topic:election") == "false"
    assert paths(found, "act.topic:election") == {"acts.x.topic"}


def test_reports_that_differ_stay_possible() -> None:
    found = act(BANNER + ", size_m: {values: [15, 12]}, topic: {values: [trade, culture]}")
    assert value(found, "act.size_m") == "12|15"
    assert value(found, "act.topic:trade") == "false|true"
    assert value(found, "act.topic:election") == "false"


def test_unknown_is_unknown() -> None:
    found = act(
        "type: display_banner, by: unknown, place: unknown, zone: unknown, mission: embassy,"
        " date: 2026-01-10"
    )
    for key in ("by.is", "by.side", "by.role", "place.is", "place.used_as", "act.zone"):
        assert key not in found.known


def test_durations_are_hours_and_yes_is_true() -> None:
    line = "type: png_declare, by: BB, against: head, date: 2026-01-12, deadline: 3 d"
    found = act(line + ", danger_to_life: no")
    assert value(found, "act.deadline") == "72"
    assert value(found, "png.deadline_hours") == "72"
    assert value(found, "act.danger_to_life") == "false"
    assert value(act(BANNER), "png.deadline_hours") == "none"


def test_notice_follows_from_who_was_told() -> None:
    rally = "type: organise_rally, by: embassy, place: square, date: 2026-01-12"
    assert value(act(rally + ", notice_given: police"), "act.notice") == "given"
    assert value(act(rally + ", notice_given: none"), "act.notice") == "none"
    assert value(act(rally), "act.notice") is None


# --------------------------------------------------------------------------- roles


def test_a_role_that_nobody_fills_is_none() -> None:
    found = act(ENTRY)
    for key in ("object.is", "against.role", "against.permanent_resident", "over.type", "over.is"):
        assert value(found, key) == "none"
    assert value(found, "over.tag:entry") == "none"
    assert paths(found, "over.type") == {"acts.x.type"}


def test_keys_that_say_nothing_of_a_kind_of_filler_are_none() -> None:
    found = act(ENTRY)
    assert value(found, "by.is") == "organ"
    assert value(found, "by.kind") == "police"
    for key in ("by.role", "by.own_mission", "by.post", "by.png", "by.permanent_resident"):
        assert value(found, key) == "none"


@pytest.mark.parametrize(
    ("who", "side"),
    [
        ("embassy", "sending"),
        ("other", "third"),
        ("AA", "sending"),
        ("BB", "receiving"),
        ("DD", "third"),
        ("police", "receiving"),
        ("head", "sending"),
        ("spouse", "sending"),
        ("envoy-cc", "third"),
        ("passer-by", "private"),
        ("minister", "receiving"),
        ("crowd", "private"),
        ("firm", "private"),
        ("un", "organization"),
    ],
)
def test_sides_are_relative_to_the_mission(who: str, side: str) -> None:
    who = who.replace("DD", "DE")
    found = act(f"type: make_statement, by: {who}, against: embassy, date: 2026-01-12")
    assert value(found, "by.side") == side


@pytest.mark.parametrize(
    ("who", "more", "state"),
    [
        ("embassy", "", "sending"),
        ("police", "", "receiving"),
        ("DE", "", "third"),
        ("head", "", "sending"),
        ("head", ", capacity: private", "none"),
        ("head", ", capacity: unknown", "none|sending"),
        ("spouse", "", "none"),
        ("passer-by", "", "none"),
        ("crowd", "", "none"),
        ("minister", "", "receiving"),
        ("envoy-cc", "", "third"),
    ],
)
def test_whose_conduct_it_is(who: str, more: str, state: str) -> None:
    found = act(f"type: make_statement, by: {who}, against: embassy, date: 2026-01-12{more}")
    assert value(found, "by.attributed_to") == state


@pytest.mark.parametrize(
    ("instructed", "state"),
    [("BB", "receiving"), ("DE", "third"), ("none", "none"), ("unknown", None)],
)
def test_instructions_make_it_a_states_conduct(instructed: str, state: str | None) -> None:
    cast = CAST.replace("kind: demonstrators", f"kind: demonstrators, instructed_by: {instructed}")
    found = act("type: damage_premises, by: crowd, place: chancery, date: 2026-01-12", cast=cast)
    assert value(found, "by.attributed_to") == state


def test_a_person_at_the_date_of_the_act() -> None:
    found = act(f"{ARREST}, against: clerk")
    assert value(found, "against.is") == "person"
    assert value(found, "against.role") == "administrative_technical"
    assert value(found, "against.household_role") == "none"
    assert value(found, "against.national_of_receiving") == "true", "one of several nationalities"
    assert value(found, "against.own_mission") == "true"
    assert value(found, "against.post") == "in_post"
    assert value(found, "against.transit") == "false"
    assert value(found, "against.permanent_resident") is None
    assert value(found, "against.png") is None
    assert paths(found, "against.post") == {
        *("acts.x.against", "cast.clerk.role", "cast.clerk.from", "acts.x.date"),
    }


def test_family_belongs_to_the_mission_of_the_household() -> None:
    found = act(f"{ARREST}, against: spouse")
    assert value(found, "against.role") == "family"
    assert value(found, "against.household_role") == "administrative_technical"
    assert value(found, "against.own_mission") == "true"
    assert value(found, "against.post") == "in_post"
    assert value(found, "against.national_of_receiving") == "false"


def test_a_person_of_unknown_role() -> None:
    cast = CAST + "  shooter: {is: person, role: unknown, at: embassy}\n"
    found = act("type: assault, by: shooter, against: passer-by, date: 2026-01-12", cast=cast)
    assert value(found, "by.role") is None
    assert value(found, "by.post") is None
    assert value(found, "by.own_mission") == "true"
    assert value(found, "by.side") == "sending"
    assert value(found, "against.own_mission") == "false"


def test_several_fillers_agree_or_leave_it_open() -> None:
    found = act(f"{ARREST}, against: [clerk, head]")
    assert value(found, "against.side") == "sending"
    assert value(found, "against.role") == "administrative_technical|head_of_mission"
    assert value(found, "against.permanent_resident") is None, "nothing is known of one of them"


def test_a_place() -> None:
    found = act(ENTRY)
    assert value(found, "place.used_as") == "chancery"
    assert value(found, "place.use") == "in_use"
    assert value(found, "place.kind") == "mission_premises"
    assert value(found, "place.in") == "receiving"
    assert value(found, "place.owner_side") == "sending"
    assert value(found, "place.of_member") == "false"
    assert value(found, "place.side") == "sending"


def test_a_public_place_is_nobodys_premises() -> None:
    found = act("type: organise_rally, by: embassy, place: square, date: 2026-01-12")
    assert value(found, "place.used_as") == "none"
    assert value(found, "place.use") == "never"
    assert value(found, "place.kind") == "public_square"


def test_a_thing() -> None:
    found = act(BANNER)
    assert value(found, "object.kind") == "banner"
    assert value(found, "object.located") == "on_premises"
    assert value(found, "object.of_mission") == "true"
    assert value(found, "object.marked") == "true"
    assert value(found, "object.owner_side") is None
    found = act(BANNER + ", zone: overhang_public_space")
    assert value(found, "object.located") == "overhang"


# --------------------------------------------------------------------------- missions


def test_one_frame_for_each_mission_concerned() -> None:
    text = """\
        acts:
          x: {type: assault, by: head, against: envoy-cc, date: 2026-01-12}
        """
    assert set(frames(text)) == {"x@embassy", "x@other"}
    assert value(frame(text, mission="other"), "by.side") == "third"
    assert value(frame(text, mission="other"), "against.side") == "sending"


def test_the_mission_can_be_pinned() -> None:
    line = "type: assault, by: head, against: envoy-cc, mission: other, date: 2026-01-12"
    text = f"acts:\n  x: {{{line}}}\n"
    assert set(frames(text)) == {"x@other"}


def test_the_mission_of_the_conduct_that_an_act_concerns() -> None:
    text = f"""\
        acts:
          banner: {{{BANNER}}}
          x: {{type: public_protest, by: BB, to: AA, over: banner, date: 2026-01-12}}
        """
    assert set(frames(text)) == {"banner@embassy", "x@embassy"}


def test_a_mission_found_by_the_two_states() -> None:
    assert set(frames("acts: {x: {type: sever, by: BB, to: CC, date: 2026-01-12}}\n")) == {
        "x@other"
    }


def test_no_mission_no_frame() -> None:
    text = "acts: {x: {type: use_force, by: DE, against: FR, date: 2026-01-12}}\n"
    assert frames(text) == {}


def test_the_only_mission_of_the_case_will_do() -> None:
    cast = CAST.replace(
        "  other:     {is: mission, kind: embassy, sending: CC, receiving: BB}\n", ""
    )
    cast = cast.replace("at: other, ", "")
    text = "acts: {x: {type: give_interview, by: passer-by, date: 2026-01-12}}\n"
    assert set(frames(text, cast)) == {"x@embassy"}


# --------------------------------------------------------------------------- consent


@pytest.mark.parametrize(
    ("by", "for_", "state", "from_", "host"),
    [
        ("head", "x", "given", "head", None),
        ("embassy", "x", "given", "head", None),
        ("AA", "enter_premises", "given", "sending_state", None),
        ("clerk", "all", "given", "junior", None),
        ("passer-by", "x", "given", "private", None),
        ("BB", "x", None, None, "given"),
        ("police", "x", None, None, "given"),
        ("DE", "x", None, None, None),
        ("head", "search_premises", None, None, None),
    ],
)
def test_consent(
    by: str, for_: str, state: str | None, from_: str | None, host: str | None
) -> None:
    fact = f"facts: [{{what: consent, by: {by}, for: {for_}, form: express, from: 2026-01-11}}]\n"
    found = act(ENTRY, fact)
    assert value(found, "consent.state") == state
    assert value(found, "consent.from") == from_
    assert value(found, "consent.host") == host
    assert value(found, "consent.form") == ("express" if state else None)


def test_consent_after_the_act_is_none_at_its_date() -> None:
    found = act(ENTRY, "facts: [{what: consent, by: head, for: x, from: 2026-01-15}]\n")
    assert value(found, "consent.state") == "none"
    assert "consent.from" not in found.known


def test_consent_given_and_taken_back_by_acts() -> None:
    more = "  word: {type: give_consent, by: head, over: x, date: 2026-01-10}\n"
    assert value(act(ENTRY, more), "consent.state") == "given"
    more += "  other-word: {type: revoke_consent, by: head, over: x, date: 2026-01-11}\n"
    assert value(act(ENTRY, more), "consent.state") == "revoked"


def test_consent_known_not_to_have_been_given() -> None:
    found = act(ENTRY, "absent: [{what: consent, by: AA, for: x}]\n")
    assert value(found, "consent.state") == "none|refused"
    assert paths(found, "consent.state") == {f"absent.0.{p}" for p in ("what", "by", "for")}
    found = act(ENTRY, "absent: [{what: consent, by: head, for: x}]\n")
    assert value(found, "consent.state") is None, "the sending State itself might have consented"
    assert value(found, "consent.from") == "junior|private|receiving_state|sending_state"


# --------------------------------------------------------------------------- waiver, agreement


def test_a_waiver_reaches_what_it_names() -> None:
    fact = "facts: [{what: waiver, by: AA, of: head, covers: [criminal], date: 2026-01-11}]\n"
    found = act(f"{ARREST}, against: head", fact)
    assert value(found, "waiver.covers:criminal") == "true"
    assert value(found, "waiver.covers:execution") == "false"
    assert value(act(f"{ARREST}, against: clerk", fact), "waiver.covers:criminal") is None


def test_a_waiver_by_an_act_and_one_by_the_wrong_state() -> None:
    line = "type: grant_waiver, by: AA, against: head, covers: [criminal], date: 2026-01-11"
    found = act(f"{ARREST}, against: head", f"  w: {{{line}}}\n")
    assert value(found, "waiver.covers:criminal") == "true"
    fact = "facts: [{what: waiver, by: CC, of: head, covers: [criminal], date: 2026-01-11}]\n"
    assert value(act(f"{ARREST}, against: head", fact), "waiver.covers:criminal") is None


def test_no_waiver() -> None:
    found = act(f"{ARREST}, against: head", "absent: [{what: waiver, of: head}]\n")
    assert value(found, "waiver.covers:criminal") == "false"


def test_an_agreement_covers_what_it_is_stated_to_cover() -> None:
    fact = (
        "facts: [{what: agreement, between: [AA, BB], about: immunity_reduced,"
        " covers: [administrative_technical]}]\n"
    )
    found = act(f"{ARREST}, against: clerk", fact)
    assert value(found, "agreement.covers") == "true"
    assert value(found, "agreement.about:immunity_reduced") == "true"
    assert value(found, "agreement.about:asylum") == "false"
    assert value(act(f"{ARREST}, against: spouse", fact), "agreement.covers") == "false"
    assert value(act(f"{ARREST}, against: spouse"), "agreement.covers") is None


# --------------------------------------------------------------------------- the host's voice

REQUEST = "  request: {type: request_removal, by: police, to: AA, over: x, date: 2026-01-12}\n"
REFUSAL = "  refusal: {type: refuse, by: embassy, to: BB, answers: request, date: 2026-01-13}\n"


@pytest.mark.parametrize(
    ("line", "more", "objected", "persisted"),
    [
        (BANNER, "", "false", "false"),
        (BANNER, REQUEST, "true", "true"),
        (BANNER, REQUEST + REFUSAL, "true", "true"),
        (BANNER + ", until: 2026-01-13", REQUEST + REFUSAL, "true", "false"),
        (BANNER + ", until: 2026-01-18", REQUEST, "true", "true"),
        (BANNER + ", until: 2026-01", REQUEST, "true", "false|true"),
        (BANNER + ", until: 2026-01-11", REQUEST, "false", "false"),
    ],
)
def test_objections_and_what_came_of_them(
    line: str, more: str, objected: str, persisted: str
) -> None:
    if line.endswith("until: 2026-01"):
        objected = "false|true"
    found = act(line, more)
    assert value(found, "host.objected") == objected
    assert value(found, "host.requested_stop") == objected
    assert value(found, "act.persisted") == persisted


def test_only_the_receiving_state_objects() -> None:
    found = act(BANNER, "  protest: {type: public_protest, by: CC, over: x, date: 2026-01-12}\n")
    assert value(found, "host.objected") == "false"
    found = act(BANNER, "  protest: {type: public_protest, by: BB, over: x, date: 2026-01-12}\n")
    assert value(found, "host.objected") == "true"
    assert value(found, "host.requested_stop") == "false"


def test_a_request_refused() -> None:
    line = "type: request_removal, by: BB, to: AA, over: banner, date: 2026-01-12"
    text = f"acts:\n  banner: {{{BANNER}}}\n  x: {{{line}}}\n"
    no = "  no-way: {type: refuse, by: embassy, answers: x, date: 2026-01-13}\n"
    assert value(frame(text), "answers.refused") == "false"
    assert value(frame(text), "over.type") == "display_banner"
    assert value(frame(text), "over.side") == "sending"
    assert value(frame(text), "over.tag:display") == "true"
    assert value(frame(text + no), "answers.refused") == "true"


ATTACK = "  attack: {type: damage_premises, by: crowd, place: chancery, date: 2026-01-12}\n"
IDLE = "type: stand_by, by: police, over: attack, date: 2026-01-12"


def test_warnings() -> None:
    call = "  call: {type: request_help, by: embassy, to: BB, over: attack, date: 2026-01-11}\n"
    assert value(act(IDLE, ATTACK + call), "host.warned") == "true"
    assert value(act(IDLE, ATTACK), "host.warned") is None
    missing = "absent: [{what: warning, to: BB, for: attack}]\n"
    assert value(act(IDLE, ATTACK + missing), "host.warned") == "false"


def test_protective_steps() -> None:
    guard = "  guard: {type: deploy_protection, by: police, over: attack, date: 2026-01-12"
    damage = "type: damage_premises, by: crowd, place: chancery, date: 2026-01-12"
    assert value(act(IDLE, ATTACK), "host.response") == "none"
    assert value(act(IDLE, ATTACK + guard + "}\n"), "host.response") == "partial"
    assert value(act(damage), "host.response") is None
    assert value(act(damage, (guard + "}\n").replace("attack", "x")), "host.response") == (
        "full|partial"
    )
    full = (guard + ", extent: full}\n").replace("attack", "x")
    assert value(act(damage, full), "host.response") == "full"


# --------------------------------------------------------------------------- judgements


def judged(*grades: str, of: str = "x", term: str = "partisan") -> Frame:
    rows = "".join(f"  - {{of: {of}, term: {term}, value: {g}, by: e, why: w}}\n" for g in grades)
    return act(BANNER, f"judgements:\n{rows}" if rows else "")


@pytest.mark.parametrize(
    ("grades", "known", "default"),
    [
        ((), None, None),
        (("yes",), "true", None),
        (("no",), "false", None),
        (("yes", "yes"), "true", None),
        (("likely",), None, "true"),
        (("arguable",), None, "false"),
        (("unlikely",), None, "false"),
        (("yes", "no"), None, "false"),
        (("yes", "likely"), None, "true"),
    ],
)
def test_grades(grades: tuple[str, ...], known: str | None, default: str | None) -> None:
    found = judged(*grades)
    assert value(found, "judged.partisan") == known
    switch = found.switches.get("judged.partisan")
    assert (switch.default if switch else None) == default
    if switch is not None:
        assert (switch.name, switch.values) == ("partisan", ("true", "false"))
        assert [fact.path for fact in switch.facts] == [
            f"judgements.{n}" for n in range(len(grades))
        ]


def test_a_judgement_of_the_act_that_this_one_concerns() -> None:
    more = ATTACK + (
        "judgements:\n"
        "  - {of: attack, term: danger_foreseeable, value: no, by: e, why: w}\n"
        "  - {of: chancery, term: actual_mission_use, value: yes, by: e, why: w}\n"
    )
    assert value(act(IDLE, more), "judged.danger_foreseeable") == "false"
    assert value(act(ENTRY, more), "judged.actual_mission_use") == "true"
    assert value(act(ENTRY, more), "judged.danger_foreseeable") == "none", "it concerns no act"


# --------------------------------------------------------------------------- measures


def measure(case: Case, **changes: object) -> Frame:
    arguments: dict[str, object] = {
        "id": "cut_down@x",
        "on": "chancery",
        "measure": "cut_down",
        "act_type": "remove_object",
        "attributes": {"means": ("touch",), "danger_to_life": ("no",)},
        "roles": {"by": "organ:BB:police", "place": "chancery", "object": "cloth"},
        "over": "x",
        "mission": "embassy",
        "date": "2026-01-20",
        **changes,
    }
    return hypothetical(case, VOCABULARY, **arguments)  # type: ignore[arg-type]


def banner_case(more: str = "") -> Case:
    return small(CAST + f"acts:\n  x: {{{BANNER}}}\n" + more)


def test_a_measure_is_an_act_that_nobody_has_done() -> None:
    found = measure(banner_case())
    assert found.hypothetical
    assert (found.measure, found.on, found.answers) == ("cut_down", "chancery", "x")
    assert value(found, "act.hypothetical") == "true"
    assert value(found, "act.means") == "touch"
    assert value(found, "act.danger_to_life") == "false"
    assert value(found, "by.attributed_to") == "receiving"
    assert value(found, "by.kind") == "police"
    assert value(found, "place.used_as") == "chancery"
    assert value(found, "over.type") == "display_banner"
    assert value(found, "host.objected") == "false"
    assert found.labels["by"] == "the police of Barbados"
    assert found.parties["by"] == "BB"
    assert found.parties["actor_state"] == "BB"
    assert "consent.state" not in found.known


@pytest.mark.parametrize("for_", ["cut_down", "remove_object", "x", "all"])
def test_leave_for_a_measure(for_: str) -> None:
    case = banner_case(f"facts: [{{what: consent, by: head, for: {for_}, from: 2026-01-20}}]\n")
    assert value(measure(case), "consent.state") == "given"


def test_a_measure_comes_after_what_happened_that_day() -> None:
    case = banner_case("  rupture: {type: sever, by: BB, to: AA, date: 2026-01-20}\n")
    assert value(measure(case), "mission.relations") == "severed"
    assert value(measure(case, date="2026-01-19"), "mission.relations") == "established"


def test_a_court_and_a_state_as_those_who_act() -> None:
    case = banner_case()
    court = measure(case, act_type="prosecute", roles={"by": "court:BB", "against": "head"})
    assert value(court, "by.kind") == "court"
    assert value(court, "by.side") == "receiving"
    assert value(court, "against.role") == "head_of_mission"
    state = measure(case, act_type="png_declare", roles={"by": "BB", "against": "head"}, over=None)
    assert value(state, "by.is") == "state"
    assert state.answers == ""


# --------------------------------------------------------------------------- labels and parties


def test_labels_and_parties() -> None:
    found = act(f"{ARREST}, against: head")
    assert found.labels["mission"] == "the embassy"
    assert found.labels["against"] == "head"
    assert found.labels["receiving_state"] == "Barbados"
    assert found.parties == {
        "mission": "embassy",
        "sending_state": "AA",
        "receiving_state": "BB",
        "by": "BB",
        "against": "head",
        "actor_state": "BB",
    }


def test_a_third_state() -> None:
    found = act(
        "type: joint_demarche, by: envoy-cc, over: y, date: 2026-01-12", f"  y: {{{BANNER}}}\n"
    )
    assert found.parties["third_state"] == "CC"
    assert found.parties["actor_state"] == "CC"
    assert found.parties["by"] == "envoy-cc"
    assert found.labels["by"] == "envoy cc"


# --------------------------------------------------------------------------- order does not matter


def backwards(node: Node) -> Node:
    """The same text with every mapping and every list the other way round."""
    if isinstance(node, Fields):
        turned = Fields(node.file, node.line, node.column)
        turned.fill(tuple((key, backwards(part)) for key, part in reversed(node.pairs)))
        return turned
    if isinstance(node, Items):
        items = Items(node.file, node.line, node.column)
        items.items = tuple(backwards(item) for item in reversed(node.items))
        return items
    return node


def test_the_order_of_a_case_does_not_matter() -> None:
    text = CAST + dedent(f"""\
        acts:
          x: {{{BANNER}, topic: [trade, culture]}}
          request: {{type: request_removal, by: police, to: AA, over: x, date: 2026-01-12}}
          refusal: {{type: refuse, by: [head, embassy], answers: request, date: 2026-01-13}}
          rupture: {{type: sever, by: BB, to: AA, date: 2026-01-15}}
        facts:
          - {{what: consent, by: clerk, for: x, date: 2026-01-09}}
          - {{what: consent, by: head, for: x, date: 2026-01-09}}
        """)
    root = fields(text)
    turned = backwards(root)
    assert isinstance(turned, Fields)
    seen = []
    for node in (root, turned):
        case, problems = case_of(node, VOCABULARY, partial=True)
        assert case is not None, problems
        seen.append(frames_of(case, VOCABULARY))
    assert [frame.id for frame in seen[0]] == [frame.id for frame in seen[1]]
    for one, other in zip(*seen, strict=True):
        known = {key: known.values for key, known in one.known.items()}
        assert known == {key: known.values for key, known in other.known.items()}
        assert one.parties == other.parties
        assert one.labels == other.labels


def test_every_leaf_is_a_base_fact() -> None:
    case = small(CAST + f"acts:\n  x: {{{BANNER}, stage: done}}\ntreaties: [VCDR]\n")
    found = {fact.path for fact in base_facts(case)}
    assert found >= {
        *("cast.embassy.is", "cast.chancery.used.0.as", "acts.x.type", "acts.x.by", "acts.x.from"),
        *("acts.x.stage", "treaties.0"),
    }


def test_every_fact_used_is_a_base_fact() -> None:
    case = small(CAST + f"acts:\n  x: {{{BANNER}}}\n{REQUEST}{REFUSAL}")
    base = set(base_facts(case))
    for found in frames_of(case, VOCABULARY):
        for key, known in found.known.items():
            assert set(known.facts) <= base, key
            assert known.values, key
            domain = VOCABULARY.domain(key)
            assert not domain or set(known.values) <= {*domain, "none"}, key
            assert key in VOCABULARY.keys, key


# --------------------------------------------------------------------------- decided cases

TEHRAN = """\
as_of: 1980-05-24
cast:
  embassy:  {is: mission, kind: embassy, sending: US, receiving: IR}
  compound: {is: place, used: [{by: embassy, as: chancery, from: 1951}], in: IR}
  staff:    {is: persons, role: diplomatic_staff, at: embassy, nationality: US, count: 28+}
  visitors: {is: persons, role: none, nationality: US, count: 2}
  students: {is: group, kind: militants, instructed_by: none, count: several hundred}
  guards:   {is: organ, of: IR, kind: police}
acts:
  takeover: {type: enter_premises, by: students, place: compound, from: 1979-11-04}
  captivity: {type: detain, by: students, against: staff, place: compound, from: 1979-11-04}
  calls:    {type: request_help, by: embassy, to: IR, over: takeover, date: 1979-11-04}
  idle:     {type: stand_by, by: guards, over: takeover, from: 1979-11-04}
  decree:   {type: endorse, by: IR, over: [takeover, captivity], date: 1979-11-17}
  rupture:  {type: sever, by: US, to: IR, date: 1980-04-07}
"""


def test_tehran_the_state_made_the_occupation_its_own() -> None:
    found = frames("", TEHRAN)
    first, second = found["takeover@embassy"], found["takeover#2@embassy"]
    assert value(first, "by.attributed_to") == "none"
    assert value(second, "by.attributed_to") == "receiving"
    assert second.parties["actor_state"] == "IR"
    assert "acts.decree.date" in paths(second, "by.attributed_to")
    assert value(first, "by.side") == value(second, "by.side") == "private"


def test_tehran_the_rupture_opens_a_third_part() -> None:
    found = frames("", TEHRAN)
    third = found["takeover#3@embassy"]
    assert value(found["takeover#2@embassy"], "mission.relations") == "established"
    assert value(third, "mission.relations") == "severed"
    assert third.act == "takeover#3"
    assert value(third, "act.type") == "enter_premises"
    assert "takeover#4@embassy" not in found


def test_tehran_the_authorities_were_asked_and_stood_by() -> None:
    found = frames("", TEHRAN)
    idle = found["idle@embassy"]
    assert value(idle, "host.warned") == "true"
    assert value(idle, "host.response") == "none"
    assert value(idle, "over.tag:entry") == "true"
    assert value(idle, "by.attributed_to") == "receiving"
    captivity = found["captivity@embassy"]
    assert value(captivity, "against.post") == "in_post"
    assert value(captivity, "against.role") == "diplomatic_staff"


BUREAU = """\
as_of: 1984-05-31
cast:
  bureau:   {is: mission, kind: embassy, sending: LY, receiving: GB}
  building: {is: place, used: [{by: bureau, as: chancery, until: 1984-04-29}]}
  shooter:  {is: person, role: unknown, at: bureau}
  officer:  {is: person, role: none}
  police:   {is: organ, of: GB}
acts:
  shooting: {type: fire_from_premises, by: shooter, against: officer, place: building,
             date: 1984-04-17}
  rupture:  {type: sever, by: GB, to: LY, date: 1984-04-22, deadline: 7 d}
  no-entry: {type: enter_premises, by: police, place: building, stage: did_not_happen,
             from: 1984-04-17, until: 1984-04-29}
  search:   {type: search_premises, by: police, place: building, date: 1984-04-30}
absent: [{what: consent, by: LY, for: search}]
"""


def test_libyan_bureau_use_lasted_until_the_building_closed() -> None:
    found = frames("", BUREAU)
    assert value(found["no-entry@bureau"], "place.use") == "in_use"
    assert value(found["no-entry@bureau"], "mission.relations") == "established"
    assert value(found["no-entry#2@bureau"], "place.use") == "in_use"
    assert value(found["no-entry#2@bureau"], "mission.relations") == "severed"
    assert found["no-entry#2@bureau"].stage == "did_not_happen"
    search = found["search@bureau"]
    assert value(search, "place.use") == "ended"
    assert value(search, "place.used_as") == "chancery"
    assert value(search, "mission.relations") == "severed"
    assert value(search, "consent.state") == "none|refused"


def test_libyan_bureau_the_shooter_is_of_the_mission_whatever_the_role() -> None:
    shooting = frames("", BUREAU)["shooting@bureau"]
    assert value(shooting, "by.side") == "sending"
    assert value(shooting, "by.role") is None
    assert value(shooting, "by.attributed_to") == "sending"
    assert value(shooting, "place.use") == "in_use"


CROUGHTON = """\
as_of: 2020-11-24
cast:
  embassy: {is: mission, kind: embassy, sending: US, receiving: GB}
  husband: {is: person, role: administrative_technical, at: embassy, nationality: US, from: 2019-08}
  wife:    {is: person, role: family, household_of: husband, nationality: US}
  courts:  {is: organ, of: GB, kind: court}
  rider:   {is: person, role: none, nationality: GB}
acts:
  crash:    {type: cause_traffic_death, by: wife, against: rider, capacity: private,
             date: 2019-08-27}
  ask:      {type: request_waiver, by: GB, to: US, against: wife, over: crash, date: 2019-09-05}
  refusal:  {type: refuse_waiver, by: US, against: wife, answers: ask, date: 2019-09-13}
  departure: {type: leave_country, by: wife, date: 2019-09-15}
  early:    {type: prosecute, by: courts, against: wife, over: crash, date: 2019-09-10,
             stage: did_not_happen}
  charge:   {type: prosecute, by: courts, against: wife, over: crash, date: 2019-12-20}
facts:
  - {what: agreement, between: [US, GB], about: immunity_reduced,
     covers: [administrative_technical], from: 1995}
"""


def test_sacoolas_the_agreement_did_not_reach_the_family() -> None:
    early = frames("", CROUGHTON)["early@embassy"]
    assert value(early, "against.role") == "family"
    assert value(early, "against.household_role") == "administrative_technical"
    assert value(early, "against.post") == "in_post"
    assert value(early, "agreement.covers") == "false"
    assert value(early, "agreement.about:immunity_reduced") == "true"
    assert value(early, "over.capacity") == "private"
    assert value(early, "waiver.covers:criminal") is None


def test_sacoolas_protection_ended_with_her_departure() -> None:
    found = frames("", CROUGHTON)
    assert value(found["charge@embassy"], "against.post") == "ended"
    assert value(found["ask@embassy"], "answers.refused") == "true"


# --------------------------------------------------------------------------- odd corners


def test_things_that_are_located_in_each_other() -> None:
    cast = (
        CAST
        + "  bag: {is: object, kind: bag, located: crate}\n"
        + "  crate: {is: object, kind: crate, located: bag, used_by: bag}\n"
    )
    line = "type: open_bag, by: police, object: bag, mission: embassy, date: 2026-01-12"
    found = act(line, cast=cast)
    assert value(found, "object.kind") == "bag"
    assert "object.located" not in found.known


def test_a_permit_stated_as_a_fact() -> None:
    rally = "type: organise_rally, by: embassy, place: square, date: 2026-01-12"
    assert value(act(rally, "facts: [{what: permit, for: x}]\n"), "act.permit") == "held"
    missing = "absent: [{what: permit, for: x}]\n"
    assert value(act(rally, missing), "act.permit") == "absent|not_needed"
    assert value(act(rally + ", permit: not_needed", missing), "act.permit") == "not_needed"


def test_instructions_stated_as_a_fact() -> None:
    damage = "type: damage_premises, by: crowd, place: chancery, date: 2026-01-12"
    fact = "facts: [{what: instruction, by: DE, to: crowd, for: x}]\n"
    assert value(act(damage, fact), "by.attributed_to") == "third"
    other = "facts: [{what: instruction, by: DE, to: firm, for: x}]\n"
    assert value(act(damage, other), "by.attributed_to") == "none"


def test_the_kind_of_a_thing_is_no_kind_of_authority() -> None:
    found = act("type: seize_object, by: police, object: cloth, against: BB, date: 2026-01-12")
    assert value(found, "against.kind") == "none"
    assert value(found, "object.kind") == "banner"


def test_whom_nobody_names_is_still_labelled() -> None:
    found = act(
        "type: display_banner, by: unknown, place: unknown, mission: embassy, date: 2026-01-12"
    )
    assert found.labels["by"] == "somebody unknown"
    assert found.labels["place"] == "a place unknown"
    assert "by" not in found.parties


def test_a_warning_of_a_place() -> None:
    damage = "type: damage_premises, by: crowd, place: chancery, date: 2026-01-12"
    there = "  call: {type: warn, by: embassy, to: BB, place: chancery, date: 2026-01-10}\n"
    assert value(act(damage, there), "host.warned") == "true"
    elsewhere = there.replace("place: chancery", "place: square")
    assert value(act(damage, elsewhere), "host.warned") is None
    assert value(act(damage, there.replace("to: BB", "to: DE")), "host.warned") is None
