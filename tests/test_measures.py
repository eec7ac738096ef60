"""The toolbox on small invented cases: what is proposed, on what and when, and what opens it."""

from __future__ import annotations

from textwrap import dedent

import pytest

from comity.checking import Checked, Loaded, check
from comity.problems import Problem
from comity.reporting import Limit, Option

# An embassy with a banner on its wall, and nothing special about anybody.
TOWN = """
    case: town
    title: A banner in an invented town
    as_of: 2026-03-01
    cast:
      embassy: {is: mission, kind: embassy, sending: AA, receiving: BB}
      chancery: {is: place, used: [{by: embassy, as: chancery, from: 2010}], acceptance: accepted}
      head: {is: person, role: head_of_mission, at: embassy, nationality: AA, from: 2024}
      cloth: {is: object, kind: banner, located: chancery, used_by: embassy}
    acts:
      banner:
        {type: display_banner, by: embassy, place: chancery, object: cloth,
         zone: exterior_wall, from: 2026-02-01}
"""

LAST = len(TOWN.strip().splitlines()) + 1  # the line that is added to it


def read(loaded: Loaded, text: str) -> tuple[Checked | None, tuple[Problem, ...]]:
    return check(loaded, dedent(text).lstrip().encode(), "town.yaml")


def looked(loaded: Loaded, *more: str, case: str = TOWN) -> Checked:
    """A case with some lines added to its sections (`cast: ...`, `acts: ...`) or at its end."""
    text = dedent(case)
    for lines in more:
        section, _, rest = lines.partition(": ")
        if f"\n{section}:\n" in text:
            text = text.replace(f"\n{section}:\n", f"\n{section}:\n  {rest}\n")
        else:
            text += f"{lines}\n"
    checked, problems = check(loaded, text.encode(), "town.yaml")
    assert checked is not None, problems
    return checked


def targets(checked: Checked, measure: str) -> dict[str, str]:
    """target -> status, of one measure."""
    return {o.target: o.status for o in checked.report.options if o.measure == measure}


def status(checked: Checked, measure: str) -> str:
    (found,) = targets(checked, measure).values()
    return found


def option(checked: Checked, measure: str) -> Option:
    (found,) = (o for o in checked.report.options if o.measure == measure)
    return found


def limit(checked: Checked, measure: str) -> Limit:
    (found,) = (x for x in checked.report.limits if x.measure == measure)
    return found


def problems(loaded: Loaded, consider: str) -> list[tuple[str, int, int, str]]:
    """(code, line, column, advice) of what is wrong with the last line of the case."""
    checked, found = read(loaded, TOWN + f"    consider: {consider}\n")
    assert checked is None
    return [(p.code, p.place.line, p.place.column, p.hint) for p in found if p.place]


# --------------------------------------------------------------------------- mutated facts

CONSENT = "facts: [{what: consent, by: head, for: enter_premises, form: express, from: 2026-02-20}]"


def test_entry_is_barred_until_the_head_consents(loaded: Loaded) -> None:
    assert status(looked(loaded), "enter_premises") == "barred"
    entry = option(looked(loaded, CONSENT), "enter_premises")
    assert entry.status == "conditional"
    assert any("consented to this entry" in condition for condition in entry.conditions)


@pytest.mark.parametrize(
    ("consent", "expected"),
    [
        ("{what: consent, by: AA, for: enter_premises, form: express, from: 2026-02-20}", False),
        ("{what: consent, by: BB, for: enter_premises, form: express, from: 2026-02-20}", True),
        ("{what: consent, by: head, for: search_premises, form: express, from: 2026-02-20}", True),
        ("{what: consent, by: head, for: enter_premises, form: express, until: 2026-02-20}", True),
    ],
)
def test_only_the_right_consent_opens_entry(loaded: Loaded, consent: str, expected: bool) -> None:
    found = status(looked(loaded, f"facts: [{consent}]"), "enter_premises")
    assert (found == "barred") is expected


def test_a_junior_consent_leaves_entry_contested(loaded: Loaded) -> None:
    checked = looked(
        loaded,
        "cast: clerk: {is: person, role: administrative_technical, at: embassy, nationality: AA}",
        CONSENT.replace("head", "clerk"),
    )
    assert status(checked, "enter_premises") == "contested"


def test_relations_severed(loaded: Loaded) -> None:
    checked = looked(loaded, "acts: rupture: {type: sever, by: BB, to: AA, date: 2026-02-20}")
    assert targets(checked, "break_relations") == {}
    assert targets(checked, "suspend_relations") == {}
    assert targets(checked, "recall_own_ambassador") == {}
    assert targets(checked, "declare_head_non_grata") == {}  # the head is leaving already
    assert status(checked, "enter_premises") == "barred"
    assert status(checked, "protest_note") == "open"


def test_a_person_who_belongs_to_no_mission_is_no_target(loaded: Loaded) -> None:
    checked = looked(
        loaded,
        "cast: guest: {is: person, role: none, nationality: AA}",
        "acts: words: {type: make_statement, by: guest, to: AA, date: 2026-02-03}",
    )
    assert targets(checked, "arrest_member") == {"head": "barred"}


def test_status_by_role(loaded: Loaded) -> None:
    checked = looked(
        loaded,
        "cast: cook: {is: person, role: service_staff, at: embassy, nationality: AA}",
        "cast: clerk: {is: person, role: administrative_technical, at: embassy, nationality: AA}",
        "cast: wife: {is: person, role: family, household_of: clerk, nationality: AA}",
        "cast: maid: {is: person, role: private_servant, household_of: head, nationality: AA}",
    )
    assert targets(checked, "arrest_member") == {
        "head": "barred",
        "clerk": "barred",
        "wife": "barred",
        "cook": "conditional",
        "maid": "conditional",
    }
    assert targets(checked, "declare_member_non_grata") == {"cook": "open", "clerk": "open"}
    assert targets(checked, "declare_head_non_grata") == {"embassy": "open"}
    assert "maid" not in targets(checked, "request_waiver_of_immunity")


def test_another_receiving_state(loaded: Loaded) -> None:
    checked = looked(loaded, case=TOWN.replace("receiving: BB", "receiving: CC"))
    entry = next(f for f in checked.report.findings if f.act == "measure:enter_premises@chancery")
    assert (entry.bearer, entry.owed_to) == ("CC", "AA")


# --------------------------------------------------------------------------- several missions

TWO = """
    case: two
    title: Two missions of one State, and one of another
    as_of: 2026-03-01
    cast:
      embassy: {is: mission, kind: embassy, sending: AA, receiving: BB}
      elsewhere: {is: mission, kind: embassy, sending: AA, receiving: CC}
      consulate: {is: mission, kind: consular_post, sending: AA, receiving: BB}
      bystander: {is: mission, kind: embassy, sending: DD, receiving: BB}
      chancery: {is: place, used: [{by: embassy, as: chancery}]}
      office: {is: place, used: [{by: consulate, as: consular_exclusive}]}
      hall: {is: place, used: [{by: bystander, as: chancery}]}
    acts:
      words: {type: make_statement, by: embassy, date: 2026-02-20}
      notes: {type: make_statement, by: consulate, date: 2026-02-20}
      rally: {type: organise_rally, by: elsewhere, date: 2026-02-20}
"""


def test_each_host_whose_guest_acted_has_its_own_measures(loaded: Loaded) -> None:
    checked = looked(loaded, case=TWO)
    assert targets(checked, "protest_note").keys() == {"embassy", "elsewhere", "consulate"}
    assert targets(checked, "enter_premises") == {"chancery": "barred", "office": "barred"}


def test_steps_between_two_states_are_told_once(loaded: Loaded) -> None:
    checked = looked(loaded, case=TWO)
    for measure in ("break_relations", "raise_at_un", "close_consulates", "downgrade_level"):
        assert targets(checked, measure).keys() == {"embassy", "elsewhere"}


def test_a_mission_that_did_nothing_can_be_asked_about(loaded: Loaded) -> None:
    checked = looked(loaded, "consider: [{measure: enter_premises, place: hall}]", case=TWO)
    assert targets(checked, "enter_premises") == {"hall": "barred"}
    checked = looked(loaded, "consider: [{measure: break_relations, mission: consulate}]", case=TWO)
    assert targets(checked, "break_relations").keys() == {"consulate"}


def test_one_act_of_two_missions_gives_findings_with_ids_of_their_own(loaded: Loaded) -> None:
    words = "words: {type: make_statement, by: embassy, date: 2026-02-20}"
    display = "words: {type: display_banner, by: [embassy, bystander], place: chancery, from: 2026}"
    case = TWO.replace(words, display)
    checked = looked(loaded, case=case)
    ids = [f.id for f in checked.report.findings]
    asked = [i for i in checked.instances if i.measure.id == "request_removal_privately"]
    assert [(i.frame.mission, i.frame.on) for i in asked] == [
        ("bystander", "words"),
        ("embassy", "words"),
    ]
    assert sorted(set(ids)) == sorted(ids)


def test_without_an_act_of_a_mission_the_missions_concerned_count(loaded: Loaded) -> None:
    case = """
        case: crowd
        title: A crowd outside, and nothing done by any mission
        as_of: 2026-03-01
        cast:
          embassy: {is: mission, kind: embassy, sending: AA, receiving: BB}
          other: {is: mission, kind: embassy, sending: DD, receiving: BB}
          chancery: {is: place, used: [{by: embassy, as: chancery}]}
          hall: {is: place, used: [{by: other, as: chancery}]}
          crowd: {is: group, kind: demonstrators}
        acts:
          protest: {type: join_rally, by: crowd, place: chancery, date: 2026-02-05}
    """
    checked = looked(loaded, case=case)
    assert targets(checked, "guard_the_street") == {"chancery": "open"}


# --------------------------------------------------------------------------- where it makes sense


def test_buildings(loaded: Loaded) -> None:
    checked = looked(
        loaded,
        "cast: home: {is: place, used: [{by: head, as: head_residence}], acceptance: accepted}",
        "cast: flat: {is: place, used: [{by: head, as: private_residence}]}",
        "cast: former: {is: place, used: [{by: embassy, as: chancery, until: 2010}]}",
        "cast: plot: {is: place, used: [{by: embassy, as: designated}]}",
        "cast: shop: {is: place, kind: shop}",
    )
    assert targets(checked, "block_access").keys() == {"chancery", "home", "flat"}
    assert targets(checked, "enter_premises") == {
        "chancery": "barred",
        "home": "barred",
        "flat": "barred",
        "former": "conditional",
        "plot": "open",
    }
    assert targets(checked, "withdraw_status_to_enter").keys() == {"chancery", "home"}
    assert targets(checked, "withdraw_premises_status").keys() == {"chancery", "home", "former"}


@pytest.mark.parametrize(
    ("display", "cut_down", "overhang"),
    [
        ("zone: exterior_wall, from: 2026-02-01", True, True),
        ("zone: flagpole, date: 2026-02-01", True, True),
        ("from: 2026-02-01", True, True),  # where it hangs is not known
        ("zone: exterior_wall, overhang: no, from: 2026-02-01", True, False),
        ("zone: inside, from: 2026-02-01", False, False),
        ("zone: exterior_wall, from: 2026-02-01, until: 2026-02-10", False, False),
    ],
)
def test_displays(loaded: Loaded, display: str, cut_down: bool, overhang: bool) -> None:
    case = TOWN.replace("zone: exterior_wall, from: 2026-02-01", display)
    checked = looked(loaded, case=case)
    assert bool(targets(checked, "cut_down_display")) is cut_down
    assert bool(targets(checked, "take_overhanging_part")) is overhang
    assert targets(checked, "apply_sign_code_by_notice") == {"banner": "open"}


def test_a_rally_of_the_past_can_no_longer_be_limited(loaded: Loaded) -> None:
    checked = looked(
        loaded,
        "acts: last-year: {type: organise_rally, by: embassy, date: 2025-02-24}",
        "acts: today: {type: organise_rally, by: embassy, date: 2026-03-01}",
        "acts: next: {type: organise_rally, by: embassy, date: 2026-03-09, stage: planned}",
        "acts: never: {type: organise_rally, by: embassy, date: 2026-02-09, stage: did_not_happen}",
    )
    assert targets(checked, "condition_rally").keys() == {"today", "next"}


def test_the_head_is_whoever_heads_the_mission_on_the_day(loaded: Loaded) -> None:
    case = TOWN.replace("from: 2024}", "from: 2024, until: 2026-01, left: 2026-01}")
    assert targets(looked(loaded, case=case), "declare_head_non_grata") == {}
    charge = (
        "cast: a-charge: {is: person, role: charge_ai, at: embassy, nationality: AA, from: 2026-01}"
    )
    checked = looked(loaded, charge, case=case)
    (made,) = (i for i in checked.instances if i.measure.id == "declare_head_non_grata")
    assert made.frame.parties["against"] == "a-charge"


# --------------------------------------------------------------------------- what opens it


def test_what_opens_entry_and_what_leaves_it_contested(loaded: Loaded) -> None:
    entry = limit(looked(loaded), "enter_premises")
    opening, weak = entry.opened_by
    assert {(x.fact.split(": ")[1], x.values) for x in opening.facts} == {
        ("consent.state", ("given",)),
        ("consent.from", ("head", "sending_state")),
    }
    assert (opening.leads_to, opening.cite) == ("conditional", "VCDR 22(1)")
    assert "head of mission or the sending State consented" in opening.text
    assert {x.values for x in weak.facts} == {("given",), ("junior",)}
    assert weak.leads_to == "contested"


def test_another_default_of_a_reading_opens_no_more_and_no_less(loaded: Loaded) -> None:
    checked = looked(loaded, "readings: {consent_by_junior: apparent_authority}")
    entry = limit(checked, "enter_premises")
    assert [way.leads_to for way in entry.opened_by] == ["conditional", "contested"]


def test_facts_needed_together_are_joined_with_and(loaded: Loaded) -> None:
    ways = limit(looked(loaded), "summon_member_to_court").opened_by
    assert " and " in ways[0].text
    assert ways[0].cite == "VCDR 32"


def test_one_consent_that_lifts_several_norms_is_told_once(loaded: Loaded) -> None:
    barred = limit(looked(loaded), "search_premises")
    assert barred.barred_by == ("VCDR 22(1)", "VCDR 22(3)")
    (way,) = barred.opened_by
    assert way.text.count("consented") == 1
    assert way.cite == "VCDR 22(1), VCDR 22(3)"


def test_alternatives_are_entries_of_their_own(loaded: Loaded) -> None:
    ways = limit(looked(loaded), "prosecute_member").opened_by
    assert [len(way.facts) for way in ways] == [1, 2]


def test_every_opening_does_what_it_says(loaded: Loaded, seed: Checked) -> None:
    """Each set of facts is put into the frame and judged afresh by the whole engine."""
    from msgspec.structs import replace

    from comity.measuring import binds_host, status_of
    from comity.model import Known
    from comity.needing import applied
    from comity.resolving import judge, view_of

    told = [(made, way) for made in seed.instances for way in made.openings]
    assert len(told) > 20
    readings = loaded.rulebook.readings
    for made, way in told:
        facts = applied(view_of(loaded.engine, made.frame), way.facts)
        assert facts is not None
        changed = {key: Known(values) for key, values in facts.items()}
        frame = replace(made.frame, known={**made.frame.known, **changed})
        judged = judge(loaded.engine, frame, readings)
        found = status_of(made.measure, (j.outcome for j in judged if binds_host(j)))
        assert (made.measure.id, found) == (made.measure.id, way.leads_to)


# --------------------------------------------------------------------------- consider


def test_consider_narrows_by_measure_place_person_and_act(loaded: Loaded) -> None:
    entries = [
        "{measure: enter_premises, place: chancery}",
        "{measure: arrest_member, against: head, by: police}",
        "{measure: cut_down_display, act: banner, object: cloth}",
        "{measure: request_removal_privately, over: [banner], to: AA}",
        "{measure: protest_note, mission: embassy}",
        "{measure: guard_the_street, on: chancery}",
    ]
    police = "cast: police: {is: organ, of: BB, kind: police}"
    checked = looked(loaded, police, f"consider: [{', '.join(entries)}]")
    assert {(o.measure, o.on) for o in checked.report.options} == {
        ("enter_premises", "chancery"),
        ("arrest_member", "head"),
        ("cut_down_display", "banner"),
        ("request_removal_privately", "banner"),
        ("protest_note", "embassy"),
        ("guard_the_street", "chancery"),
    }


def test_an_entry_without_a_measure_asks_for_all_that_fit(loaded: Loaded) -> None:
    checked = looked(loaded, "consider: [{against: head}]")
    assert {"arrest_member", "declare_head_non_grata"} <= {
        o.measure for o in checked.report.options
    }
    assert targets(checked, "enter_premises") == {}


def test_whoever_names_measure_and_target_gets_an_answer(loaded: Loaded) -> None:
    """Nobody would propose to block a building that the mission left."""
    former = "cast: former: {is: place, used: [{by: embassy, as: chancery, until: 2010}]}"
    checked = looked(loaded, former, "consider: [{measure: block_access}]")
    assert targets(checked, "block_access").keys() == {"chancery"}
    checked = looked(loaded, former, "consider: [{measure: block_access, place: former}]")
    assert targets(checked, "block_access").keys() == {"former"}


def test_consider_none(loaded: Loaded) -> None:
    checked = looked(loaded, "consider: none")
    assert (checked.report.options, checked.report.limits) == ((), ())
    assert checked.report.findings


def test_two_days_give_two_instances_with_stable_ids(loaded: Loaded) -> None:
    rupture = "acts: rupture: {type: sever, by: BB, to: AA, date: 2026-02-20}"
    entries = [
        "{measure: break_relations, date: 2026-02-10}",
        "{measure: enter_premises}",
        "{measure: enter_premises, date: 2026-02}",
    ]
    checked = looked(loaded, rupture, f"consider: [{', '.join(entries)}]")
    assert targets(checked, "break_relations") == {"embassy on 2026-02-10": "open"}
    assert targets(checked, "enter_premises").keys() == {"chancery", "chancery on 2026-02"}
    acts = {f.act for f in checked.report.findings if f.hypothetical}
    assert {
        "measure:enter_premises@chancery",
        "measure:enter_premises@chancery@2026-02",
        "measure:break_relations@embassy@2026-02-10",
    } <= acts
    dates = [o.date for o in checked.report.options if o.measure == "enter_premises"]
    assert dates == ["2026-03-01", "2026-02"]


def test_a_measure_is_judged_by_what_held_on_its_day(loaded: Loaded) -> None:
    consent = CONSENT.replace("2026-02-20}", "2026-02-20, until: 2026-02-25}")
    days = (f"{{measure: enter_premises, date: 2026-02-{day}}}" for day in ("10", "22", "27"))
    checked = looked(loaded, consent, f"consider: [{', '.join(days)}]")
    assert targets(checked, "enter_premises") == {
        "chancery on 2026-02-10": "barred",
        "chancery on 2026-02-22": "conditional",
        "chancery on 2026-02-27": "barred",
    }


def test_the_role_of_the_day(loaded: Loaded) -> None:
    entries = "[{measure: arrest_member}, {measure: arrest_member, date: 2023-06}]"
    case = TOWN.replace("from: 2024}", "from: 2022, until: 2025-06, left: 2025-07}")
    checked = looked(loaded, f"consider: {entries}", case=case)
    assert targets(checked, "arrest_member") == {
        "head": "conditional",
        "head on 2023-06": "barred",
    }


def test_the_day_of_the_case_is_no_other_day(loaded: Loaded) -> None:
    checked = looked(loaded, "consider: [{measure: enter_premises, date: 2026-03-01}]")
    assert targets(checked, "enter_premises") == {"chancery": "barred"}


def test_an_act_can_be_answered_from_its_day_on(loaded: Loaded) -> None:
    ((code, _, _, hint),) = problems(loaded, "[{measure: cut_down_display, date: 2026-01-20}]")
    assert (code, "which has begun" in hint) == ("C034", True)
    checked = looked(loaded, "consider: [{measure: cut_down_display, date: 2026-02-01}]")
    assert targets(checked, "cut_down_display") == {"banner on 2026-02-01": "barred"}


def test_the_day_is_told_in_every_format(loaded: Loaded) -> None:
    """The keys of the JSON are fixed, so the day stands with what the measure is aimed at."""
    import json

    from comity.render_json import render as as_json
    from comity.render_markdown import render as as_markdown
    from comity.render_text import render as as_text

    entries = (
        "[{measure: enter_premises, date: 2026-02-22}, {measure: protest_note, date: 2026-02}]"
    )
    report = looked(loaded, f"consider: {entries}").report
    data = json.loads(as_json(report))
    assert [x["on"] for x in data["limits"]] == ["chancery@2026-02-22"]
    assert {x["on"] for x in data["options"]} == {"chancery@2026-02-22", "embassy@2026-02"}
    for shown in (as_text(report), as_markdown(report)):
        text = " ".join(shown.split())
        assert "chancery on 2026-02-22" in text
        assert "embassy on 2026-02" in text


def test_expectations_can_name_the_day(loaded: Loaded) -> None:
    from comity.expecting import compare

    consent = CONSENT.replace("2026-02-20}", "2026-02-20, until: 2026-02-25}")
    checked = looked(
        loaded,
        consent,
        "consider: [{measure: enter_premises}, {measure: enter_premises, date: 2026-02-22}]",
        "expect: [{measure: enter_premises, date: 2026-02-22, status: conditional}]",
    )
    assert [one.verdict for one in compare(checked, loaded.rulebook.rules)] == ["agrees"]


@pytest.mark.parametrize(
    ("consider", "code", "at", "advice"),
    [
        # nothing of that name, with the nearest
        ("[{measure: enter_premise}]", "C028", "enter_premise", "did you mean 'enter_premises'?"),
        ("[{measure: enter_premises, place: chancary}]", "C011", "chancary", "mean 'chancery'?"),
        ("[{measure: cut_down_display, act: bannr}]", "C026", "bannr", "mean 'banner'?"),
        ("[{measure: protest_note, on: embasy}]", "C026", "embasy", "mean 'embassy'?"),
        ("[{measure: protest_note, mision: embassy}]", "C003", "mision", "mean 'mission'?"),
        # the wrong kind of thing
        ("[{measure: protest_note, mission: chancery}]", "C004", "chancery", ""),
        ("[{measure: enter_premises, place: head}]", "C004", "head", "it takes: place"),
        # days
        ("[{measure: enter_premises, date: soon}]", "C020", "soon", "write 2026, 2026-02"),
        ("[{measure: enter_premises, date: unknown}]", "C020", "unknown", "write 2026, 2026-02"),
        ("[{measure: enter_premises, date: 2026-03-02}]", "C021", "2026-03-02", "a later `as_of`"),
        # what fits nothing
        ("[{measure: arrest_member, against: embassy}]", "C034", "arrest", "there it fits: head"),
        ("[{measure: arrest_member, place: chancery}]", "C034", "arrest", "by: on, mission,"),
        ("[{measure: condition_rally}]", "C034", "condition_rally", "it is for an act"),
        ("[{place: chancery, against: head}]", "C034", "{place", ""),
        # shapes
        ("[]", "C001", "[]", "write `none`"),
        ("enter_premises", "C001", "enter_premises", "write `none`"),
        ("[enter_premises]", "C001", "enter_premises", ""),
        ("[{}]", "C002", "{}", "name a measure"),
    ],
)
def test_what_is_wrong_with_an_entry(
    loaded: Loaded, consider: str, code: str, at: str, advice: str
) -> None:
    line = f"consider: {consider}"
    ((found, number, column, hint),) = problems(loaded, consider)
    assert (found, number) == (code, LAST)
    assert line[column - 1 :].startswith(at)
    assert advice in hint


# --------------------------------------------------------------------------- the norm map

NEUTRAL = """
    case: neutral
    title: One act of every kind that a measure answers, and nothing special about any
    as_of: 2026-03-01
    cast:
      embassy: {is: mission, kind: embassy, sending: AA, receiving: BB}
      chancery: {is: place, used: [{by: embassy, as: chancery, from: 2010}], acceptance: accepted}
      head: {is: person, role: head_of_mission, at: embassy, nationality: AA, from: 2024}
      attache: {is: person, role: diplomatic_staff, at: embassy, nationality: AA, from: 2024}
      guest: {is: person, role: none}
      cloth: {is: object, kind: banner, located: chancery, used_by: embassy}
      bag: {is: object, kind: bag, used_by: embassy}
      car: {is: object, kind: vehicle, used_by: embassy}
      trunk: {is: object, kind: baggage, owner: attache}
      square: {is: place, kind: public_square, in: BB}
    acts:
      banner:
        {type: display_banner, by: embassy, place: chancery, object: cloth,
         zone: exterior_wall, from: 2026-02-01}
      rally: {type: organise_rally, by: embassy, place: square, date: 2026-03-05, stage: planned}
      event: {type: host_event, by: embassy, place: chancery, date: 2026-03-05, stage: planned}
      sending: {type: send_bag, by: embassy, object: bag, date: 2026-02-20}
      driving: {type: drive, by: attache, object: car, date: 2026-02-21}
      import: {type: import_goods, by: attache, object: trunk, date: 2026-02-21}
      debt: {type: fail_to_pay_debt, by: embassy, date: 2026-02-21}
      shots: {type: fire_from_premises, by: attache, place: chancery, date: 2026-03-01}
      shelter: {type: shelter_person, by: embassy, place: chancery, for: guest, date: 2026-02-21}
      wages: {type: withhold_wages, by: attache, against: guest, date: 2026-02-21}
"""
ON_THE_MAP = {
    "lawful": "open",
    "conditional": "conditional",
    "contested": "contested",
    "unlawful": "barred",
}


def test_the_derived_status_is_that_of_the_norm_map_or_a_note_says_why_not(loaded: Loaded) -> None:
    checked = looked(loaded, case=NEUTRAL)
    measures = {measure.id: measure for measure in loaded.rulebook.measures}
    assert {o.measure for o in checked.report.options} == measures.keys()
    differing = {
        o.measure: o.status
        for o in checked.report.options
        if o.status != ON_THE_MAP[measures[o.measure].norm_map_status]
    }
    assert differing == {
        "clamp_mission_vehicle": "conditional",
        "fine_for_display": "conditional",
        "screen_off_display": "conditional",
        "state_counter_display": "conditional",
        "tax_mission_premises": "conditional",
        "watch_visitors": "conditional",
    }
    assert [measure for measure in differing if not measures[measure].note] == []


def test_the_toolbox_is_large_enough(loaded: Loaded) -> None:
    wanted = {"premises", "persons", "displays", "rallies", "protest"}
    about = [m.id for m in loaded.rulebook.measures if wanted & set(m.concerns)]
    assert len(about) >= 40


def test_a_conditional_measure_says_on_what(loaded: Loaded) -> None:
    for one in looked(loaded, case=NEUTRAL).report.options:
        assert one.conditions or one.status != "conditional", one.measure
