"""`comity rules verify`: what is planted is found, what is sound stays quiet, frames obey the laws.

Each planted rulebook is small and stands alone; the engine has to confirm every answer.
"""

# Planted rules are one line each, so that what differs is seen.
# ruff: noqa: E501

from __future__ import annotations

import builtins
import json
import random
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from comity.authoring import verifying
from comity.authoring.verifying import Accepted, Verified, read_reviews, verify
from comity.authoring.verifying_constraints import LAWS, WORKED_OUT
from comity.authoring.verifying_formulas import PREFIX, Space, pieces
from comity.authoring.verifying_questions import Asker, article_of, written
from comity.authoring.verifying_witnesses import frame_of
from comity.casefile import apply_changes, case_of, read_case
from comity.checking import Loaded, ready
from comity.cli import main
from comity.framing import COMPUTED, frames_of
from comity.library import split
from comity.measuring import toolbox
from comity.model import Frame
from comity.resolving import judge
from comity.rulereader import read_rulebook
from comity.source import read
from tests.conftest import ROOT

PLAIN = {
    "finding": '"{by} did it."',
    "judgement": "None.",
    "strength": "[treaty]",
    "status": "stable",
    "verified": "no",
}


def rule(id_: str, kind: str, modality: str, provision: str = "VCDR 22(1)", **parts: str) -> str:
    """A rule file; what is not given is ordinary."""
    fields = {
        "rule": id_,
        "provision": provision,
        "kind": kind,
        "title": f"The rule {id_}",
        "norm": f"{{bearer: {parts.pop('bearer', 'receiving_state')}, modality: {modality}, "
        f"owed_to: {parts.pop('owed_to', 'sending_state')}}}",
        **PLAIN,
        "trigger": "{act.type: enter_premises}",
        "applies": "{by.attributed_to: receiving}",
        "departs": "{}",
        **parts,
    }
    if "except" not in fields:
        fields |= {"except": "none", "no_exceptions": "There is none."}
    return "\n".join(f"{key}: {value}" for key, value in fields.items())


def exception(name: str, when: str) -> str:
    return f"{name}: {{when: {when}, presumed: absent, cite: VCDR 22(1), text: an exception}}"


@pytest.fixture(scope="module")
def planted(loaded: Loaded):
    def make(*documents: str) -> Loaded:
        files = {"x.yaml": "\n---\n".join(documents).encode()}
        book, problems = read_rulebook(files, loaded.vocabulary)
        assert book is not None, problems
        found, problems = ready(book, loaded.vocabulary)
        assert found is not None, problems
        return found

    return make


def told(found: Verified) -> list[tuple[str, ...]]:
    """What was found, without the words."""
    assert not found.unconfirmed, [a.witness.wrong for a in found.unconfirmed]
    return [
        (a.claim.question, a.claim.kind, *a.claim.subjects, a.claim.what, *a.claim.values)
        for a in found.open
    ]


# --------------------------------------------------------------------------- contradictions

CONTRADICTIONS: dict[str, tuple[list[str], tuple[str, str]]] = {
    "a duty and a prohibition": (
        [rule("a", "duty", "must"), rule("b", "departure", "must_not", "VCDR 30(1)")],
        ("requires_and_forbids", ""),
    ),
    "a power and a prohibition": (
        [rule("a", "power", "may"), rule("b", "departure", "must_not", "VCDR 30(1)")],
        ("permits_and_forbids", ""),
    ),
    "a power and an immunity, at a private person's suit": (
        [
            rule("a", "power", "may", trigger="{act.type: sue}", applies="{by.side: private}"),
            rule("b", "immunity", "must_not", trigger="{act.type: sue}", applies="{against.is: person}"),
        ],
        ("permits_and_forbids", ""),
    ),
    "may, and may not be": (
        [rule("a", "liberty", "may"), rule("b", "duty", "may_not_be", "VCDR 30(1)")],
        ("permits_and_forbids", ""),
    ),
    "a power and an inviolability, brought up by a type and by a tag": (
        [
            rule("a", "power", "may", trigger="{act.type: search_premises}"),
            rule("b", "inviolability", "must_not", trigger="{act.tag: entry}", applies="{place.use: in_use, by.attributed_to: receiving}"),
        ],
        ("permits_and_forbids", ""),
    ),
    "a liberty of the actor and a prohibition on the sending State": (
        [
            rule("a", "liberty", "may", bearer="by", trigger="{act.type: display_banner}", applies="{by.side: sending}"),
            rule("b", "departure", "must_not", bearer="sending_state", trigger="{act.type: display_banner}", applies="{act.zone: roof}"),
        ],
        ("permits_and_forbids", ""),
    ),
    "only where no exception holds": (
        [
            rule("a", "power", "may", applies="{by.attributed_to: receiving, act.emergency: [fire, disaster]}"),
            rule("b", "departure", "must_not", "VCDR 30(1)", **{"except": "{" + exception("fire", "{act.emergency: fire}") + "}"}),
        ],
        ("permits_and_forbids", ""),
    ),
    "a deadline under the two keys that it has": (
        [
            rule("a", "departure", "must", trigger="{act.type: png_declare}", departs="{act.deadline: {less_than: 168 h}}"),
            rule("b", "departure", "must_not", trigger="{act.type: png_declare}", departs="{png.deadline_hours: {more_than: 72}}"),
        ],
        ("no_way_out", "act.deadline"),
    ),
    "a power to give a day, and a duty to give a week": (
        [
            rule("a", "power", "may", trigger="{act.type: png_declare}", applies="{by.attributed_to: receiving, act.deadline: {at_most: 24 h}}"),
            rule("b", "departure", "must", trigger="{act.type: png_declare}", departs="{png.deadline_hours: {less_than: 168}}"),
        ],
        ("permits_and_forbids", ""),
    ),
    "the same conduct, must and must not": (
        [rule("a", "departure", "must"), rule("b", "departure", "must_not", "VCDR 30(1)")],
        ("must_and_must_not", ""),
    ),
    "at least three days, and at most one": (
        [
            rule("a", "departure", "must", trigger="{act.type: png_declare}", departs="{png.deadline_hours: {less_than: 72 h}}"),
            rule("b", "departure", "must_not", trigger="{act.type: png_declare}", departs="{png.deadline_hours: {more_than: 24 h}}"),
        ],
        ("no_way_out", "png.deadline_hours"),
    ),
    "notice has to be given, and not to be given": (
        [
            rule("a", "departure", "must", departs="{act.notice: none}"),
            rule("b", "departure", "must_not", departs="{act.notice: given}"),
        ],
        ("no_way_out", "act.notice"),
    ),
    "through one body, and through another": (
        [
            rule("a", "departure", "must", departs="{not: {act.channel: mfa}}"),
            rule("b", "departure", "must_not", departs="{act.channel: mfa}"),
        ],
        ("no_way_out", "act.channel"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_is_found(name: str, planted: Any):
    documents, (kind, what) = CONTRADICTIONS[name]
    found = verify(planted(*documents), (), only=["contradictions"])
    assert told(found) == [("contradictions", kind, "a", "b", what)]


def test_a_concept_both_true_and_false_is_found(planted: Any):
    concept = """concept: place.quiet
title: It is quiet
cite: VCDR 1(i)
true_when:
  - {when: {place.use: in_use}, cite: VCDR 1(i)}
false_when:
  - {when: {place.kind: hotel}, cite: VCDR 1(i)}"""
    book = planted(concept, rule("a", "power", "may", applies="{place.quiet: true}"))
    found = verify(book, (), only=["contradictions"])
    assert told(found) == [("contradictions", "concept_both_ways", "place.quiet", "")]
    frame = dict(found.open[0].witness.values)
    assert (frame["place.kind"], frame["place.use"]) == ("hotel", "in_use")


SOUND = {
    "kept apart by what applies": [
        rule("a", "power", "may", applies="{by.attributed_to: receiving, consent.state: given}"),
        rule("b", "departure", "must_not", applies="{by.attributed_to: receiving, consent.state: refused}"),
    ],
    "lifted by an exception": [
        rule("a", "power", "may", applies="{by.attributed_to: receiving, act.emergency: fire}"),
        rule("b", "departure", "must_not", **{"except": "{" + exception("fire", "{act.emergency: fire}") + "}"}),
    ],
    "two bearers": [
        rule("a", "power", "may"),
        rule("b", "departure", "must_not", bearer="sending_state", applies="{by.attributed_to: sending}"),
    ],
    "a duty brought up by what others do": [
        rule("a", "duty", "must", applies="{by.attributed_to: none}"),
        rule("b", "departure", "must_not"),
    ],
    "types of acts apart": [
        rule("a", "power", "may", trigger="{act.type: search_premises}"),
        rule("b", "departure", "must_not"),
    ],
    "two prohibitions": [rule("a", "departure", "must_not"), rule("b", "inviolability", "must_not")],
    "must and must not of different conduct": [
        rule("a", "departure", "must", departs="{act.notice: none}"),
        rule("b", "departure", "must_not", departs="{act.harm: death}"),
    ],
    "a duty brought up by private persons on the State's instructions": [
        rule("a", "duty", "must", trigger="{act.type: damage_premises}", applies="{by.side: private}"),
        rule("b", "departure", "must_not", trigger="{act.tag: damage}"),
    ],
    "deadlines that leave room": [
        rule("a", "departure", "must", trigger="{act.type: png_declare}", departs="{png.deadline_hours: {less_than: 48 h}}"),
        rule("b", "departure", "must_not", trigger="{act.type: png_declare}", departs="{png.deadline_hours: {more_than: 72 h}}"),
    ],
    "roles that a type does not have": [
        rule("a", "power", "may", trigger="{act.type: png_declare}", applies="{by.attributed_to: receiving, against.is: person}"),
        rule("b", "departure", "must_not", trigger="{act.type: png_declare}", applies="{by.attributed_to: receiving, against.is: [group, organization], against.side: sending}"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_pair_stays_quiet(name: str, planted: Any):
    found = verify(planted(*SOUND[name]), (), only=["contradictions"])
    assert told(found) == []
    assert found.notes == ()


def test_practice_that_meets_law_is_a_note(planted: Any):
    practice = rule("b", "departure", "must_not", "P90", strength="[practice]", level="S3")
    found = verify(planted(rule("a", "power", "may"), practice), (), only=["contradictions"])
    assert told(found) == []
    assert [a.claim.kind for a in found.notes] == ["practice_meets_law"]


def test_how_a_power_is_to_be_used_is_a_note(planted: Any):
    """Whoever may send somebody away can give a week's time for it."""
    power = rule("a", "power", "may", "VCDR 9(1)", trigger="{act.type: png_declare}")
    week = rule(
        "b",
        "departure",
        "must",
        "VCDR 39(2)",
        trigger="{act.type: png_declare}",
        departs="{any: [{act.deadline: {less_than: 168 h}}, {act.form: oral}]}",
    )
    found = verify(planted(power, week), (), only=["contradictions"])
    assert told(found) == []
    assert [a.claim.kind for a in found.notes] == ["says_how"]
    text = verifying.text_of(found, found_vocabulary(planted), ["contradictions"])
    assert "rules that say how something is done that others permit\n   b: a\n" in text


def found_vocabulary(planted: Any) -> Any:
    return planted(rule("a", "power", "may")).vocabulary


def test_the_frame_shows_that_both_bind_the_same(planted: Any):
    """Whose conduct the act is decides it, though neither rule asks."""
    found = verify(
        planted(
            rule("a", "duty", "must", applies="{place.use: in_use}"),
            rule("b", "departure", "must_not", bearer="by", applies="{place.use: in_use}"),
        ),
        (),
        only=["contradictions"],
    )
    (answer,) = found.open
    assert dict(answer.witness.values)["by.attributed_to"] == "receiving"


def test_those_among_the_rules_asked_of_come_first(planted: Any):
    book = planted(
        rule("a", "departure", "must_not"),
        rule("b", "power", "may"),
        rule("c", "departure", "must_not", "VCDR 30(1)"),
    )
    found = verify(book, (), only=["contradictions"], rules=book.rulebook.rules[1:])
    assert [a.claim.subjects for a in found.open] == [("b", "c"), ("a", "b")]


QUIET = """concept: place.quiet
title: A quiet place
cite: VCDR 1(i)
true_when: [{when: {place.used_as: annexe}, cite: VCDR 1(i)}]
false_when: [{when: {place.use: ended}, cite: VCDR 1(i)}]"""


@pytest.mark.parametrize(
    ("documents", "says"),
    [
        (
            [
                QUIET,
                rule("a", "power", "may", applies="{place.quiet: true}"),
            ],
            "it is false where 'place.use: ended'",
        ),
        (
            [rule("a", "power", "may", trigger="{act.type: sever}", applies="{object.kind: bag, act.notice: given}")],
            "'object.kind: bag' is never true of the acts that bring it up",
        ),
        (
            [rule("a", "power", "may", applies="{any: [{act.notice: given}, {act.notice: none}], act.harm: death, place.use: in_use, not: {act.harm: [death, injury]}}")],
            "'not: {act.harm: [death, injury]}' are never true together",
        ),
        (
            [rule("a", "departure", "must_not", **{"except": "{" + exception("any", "{by.attributed_to: receiving}") + "}"})],
            "the exception any holds whenever the rule is departed from",
        ),
        (
            [rule("a", "power", "may", applies="{place.used_as: none, place.is: place, act.zone: inside, not: {place.used_as: annexe}}")],
            "where 'place.used_as: none' is true, so is this",
        ),
        (
            [
                rule("a", "departure", "must", trigger="{act.type: png_declare}", departs="{act.deadline: {less_than: 72 h}}"),
                rule("b", "departure", "must_not", trigger="{act.type: png_declare}", departs="{act.deadline: {more_than: 48 h}}"),
            ],
            "act.deadline = between 48 and 72 h: departs from a and b",
        ),
        (
            [
                rule("a", "power", "may", trigger="{act.type: png_declare}", applies="{act.deadline: {at_least: 72 h}}"),
                rule("b", "departure", "must_not", trigger="{act.type: png_declare}", applies="{act.deadline: {at_most: 48 h}}"),
            ],
            "with act.deadline = between 48 and 72 h, nothing of VCDR 22 speaks",
        ),
    ],
)  # fmt: skip
def test_the_reason_names_what_is_to_blame(documents: list[str], says: str, planted: Any):
    book = planted(*documents)
    text = verifying.text_of(verify(book, ()), book.vocabulary)
    assert says in re.sub(r"\s+", " ", text), text


def test_a_contradiction_on_a_reading_that_is_no_default_says_so(planted: Any):
    reading = """reading: view
title: A view
question: Which?
default: one
values:
  one: {says: this, held_by: some, why: so, verified: no}
  two: {says: that, held_by: others, why: so, verified: no}"""
    power = rule(
        "a",
        "power",
        "may",
        **{"except": "{" + exception("always", "{act.type: enter_premises}") + "}"},
        readings="{view: {two: {except: {always: null}}}}",
    )
    book = planted(reading, power, rule("b", "departure", "must_not", "VCDR 30(1)"))
    text = verifying.text_of(verify(book, (), only=["contradictions"]), book.vocabulary)
    assert "only on another reading than the default: view is two, and not one" in text


# --------------------------------------------------------------------------- gaps

CONCEPT = """concept: against.class
title: A class
cite: VCDR 31(1)
values:
  full: [{when: {against.role: diplomatic_staff}, cite: VCDR 31(1)}]
  part: [{when: {against.role: administrative_technical}, cite: VCDR 37(2)}]
  little: [{when: {against.role: service_staff}, cite: VCDR 37(3)}]"""

GAPS: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "a class forgotten": (
        [
            CONCEPT,
            rule("a", "immunity", "must_not", "VCDR 31(1)", trigger="{act.type: prosecute}", applies="{against.class: full}"),
            rule("b", "immunity", "must_not", "VCDR 31(2)", trigger="{act.type: prosecute}", applies="{against.class: part}"),
        ],
        ("VCDR 31", "against.class", "little", "no value"),
    ),
    "between two thresholds": (
        [
            rule("a", "power", "may", "VCDR 9(1)", trigger="{act.type: png_declare}", applies="{png.deadline_hours: {at_least: 72 h}}"),
            rule("b", "departure", "must_not", "VCDR 9(2)", trigger="{act.type: png_declare}", applies="{png.deadline_hours: {less_than: 48 h}}"),
        ],
        ("VCDR 9", "png.deadline_hours", "48", "60"),
    ),
    "the bound itself": (
        [
            rule("a", "power", "may", "VCDR 9(1)", trigger="{act.type: png_declare}", applies="{png.deadline_hours: {more_than: 48 h}}"),
            rule("b", "departure", "must_not", "VCDR 9(2)", trigger="{act.type: png_declare}", applies="{png.deadline_hours: {less_than: 48 h}}"),
        ],
        ("VCDR 9", "png.deadline_hours", "48"),
    ),
    "whole people": (
        [
            rule("a", "power", "may", trigger="{act.type: organise_rally}", applies="{act.participants: {at_least: 10}}"),
            rule("b", "departure", "must_not", trigger="{act.type: organise_rally}", applies="{act.participants: {at_most: 8}}"),
        ],
        ("VCDR 22", "act.participants", "9"),
    ),
    "an answer forgotten": (
        [
            rule("a", "power", "may", applies="{by.attributed_to: receiving, consent.state: given}"),
            rule("b", "departure", "must_not", applies="{by.attributed_to: receiving, consent.state: [refused, none]}"),
        ],
        ("VCDR 22", "consent.state", "revoked"),
    ),
    "a branch of three forgotten": (
        [
            rule("a", "liberty", "may", bearer="by", trigger="{act.type: run_commerce}", applies="{act.capacity: official}"),
            rule("b", "departure", "must_not", bearer="by", trigger="{act.type: run_commerce}", applies="{act.capacity: private, act.habitual: true}"),
        ],
        ("VCDR 22", "act.habitual", "false"),
    ),
    "a list that names all but one": (
        [rule("a", "departure", "must_not", applies="{consent.state: [refused, revoked, none]}")],
        ("VCDR 22", "consent.state", "given"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GAPS)
def test_a_gap_is_found(name: str, planted: Any):
    documents, (where, key, *values) = GAPS[name]
    found = verify(planted(*documents), (), only=["gaps"])
    told(found)
    answers = {(a.claim.where, a.claim.what): a.claim.values for a in found.open}
    assert answers.pop((where, key)) == tuple(values)
    # What is told besides is told of the same split, by the key behind the concept.
    assert all(key in ("against.role",) for _, key in answers)


def test_a_concept_with_a_value_left_out(planted: Any):
    found = verify(
        planted(CONCEPT, rule("a", "power", "may", applies="{against.class: full}")),
        (),
        only=["gaps"],
    )
    (answer,) = [a for a in found.open if a.claim.where == "against.class"]
    assert "service_attache" in answer.claim.values
    assert "service_staff" not in answer.claim.values


WITHOUT_GAPS = {
    "complementary thresholds": [
        rule("a", "power", "may", "VCDR 9(1)", trigger="{act.type: png_declare}", applies="{png.deadline_hours: {at_least: 48 h}}"),
        rule("b", "departure", "must_not", "VCDR 9(2)", trigger="{act.type: png_declare}", applies="{png.deadline_hours: {less_than: 48 h}}"),
    ],
    "all answers": [
        rule("a", "power", "may", applies="{by.attributed_to: receiving, consent.state: given}"),
        rule("b", "departure", "must_not", applies="{by.attributed_to: receiving, not: {consent.state: given}}"),
    ],
    "answered by another article": [
        rule("a", "power", "may", applies="{consent.state: given}"),
        rule("b", "departure", "must_not", applies="{consent.state: [refused, none]}"),
        rule("c", "departure", "must_not", "VCDR 30(1)", applies="{consent.state: revoked}"),
    ],
    "a list that leaves two": [rule("a", "departure", "must_not", applies="{consent.state: [refused, revoked]}")],
    "one rule that is about something": [
        rule("a", "departure", "must_not", applies="{by.attributed_to: receiving, place.use: in_use}")
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT_GAPS)
def test_no_gap(name: str, planted: Any):
    assert told(verify(planted(*WITHOUT_GAPS[name]), (), only=["gaps"])) == []


def test_what_another_article_answers_is_a_note(planted: Any):
    found = verify(planted(*WITHOUT_GAPS["answered by another article"]), (), only=["gaps"])
    (note,) = found.notes
    assert (note.claim.kind, note.claim.values) == ("answered_elsewhere", ("revoked",))
    text = verifying.text_of(found, found_vocabulary(planted), ["gaps"])
    assert "VCDR 22: consent.state = revoked; c speaks instead" in text


# --------------------------------------------------------------------------- conditions

IDLE: dict[str, tuple[list[str], list[tuple[str, str, str]]]] = {
    "a value that the type shuts out": (
        [rule("a", "power", "may", applies="{act.family: property}")],
        [("never", "", "the whole rule")],
    ),
    "a role that the type does not have": (
        [rule("a", "power", "may", applies="{object.kind: bag}", trigger="{act.type: sever}")],
        [("never", "", "the whole rule")],
    ),
    "conditions that exclude each other": (
        [rule("a", "power", "may", applies="{place.use: in_use, not: {place.use: [in_use, ended]}}")],
        [("never", "", "the whole rule")],
    ),
    "never departed from": (
        [rule("a", "departure", "must_not", applies="{act.notice: given}", departs="{act.notice: none}")],
        [("never", "", "the whole rule")],
    ),
    "always excused": (
        [
            rule("a", "departure", "must_not", **{"except": "{" + exception("any", "{by.attributed_to: receiving}") + "}"})
        ],
        [("never", "", "the whole rule")],  # and the exception is not told once more
    ),
    "an exception that cannot hold": (
        [
            rule("a", "departure", "must_not", **{"except": "{" + exception("other", "{by.attributed_to: sending}") + "}"})
        ],
        [("never", "except.other", "by.attributed_to: sending")],
    ),
    "an exception within another": (
        [
            rule("a", "departure", "must_not", **{"except": "{" + exception("fire", "{act.emergency: fire}") + ", " + exception("any", "{act.emergency: [fire, disaster]}") + "}"})
        ],
        [("covered", "except.fire", "except.fire")],
    ),
    "a conjunct that follows": (
        [rule("a", "power", "may", applies="{act.tag: entry, by.attributed_to: receiving}")],
        [("always", "applies", "act.tag: entry")],
    ),
    "an alternative that cannot be": (
        [rule("a", "power", "may", applies="{any: [{act.notice: given}, {act.type: sue}]}")],
        [("never", "applies", "act.type: sue")],
    ),
    "an alternative within another": (
        [rule("a", "power", "may", applies="{any: [{act.harm: death}, {act.harm: [death, injury]}]}")],
        [("idle", "applies", "act.harm: death")],
    ),
    "a value of a list that cannot occur": (
        [rule("a", "power", "may", trigger="{act.type: [sue, prosecute]}", applies="{act.type: [sue, sever], by.attributed_to: receiving}")],
        [
            ("never", "trigger", "act.type: prosecute"),
            ("value", "applies", "act.type: sever"),
        ],
    ),
    "a place nobody uses as something": (
        [rule("a", "power", "may", applies="{place.use: never, place.used_as: [chancery, designated]}")],
        [("value", "applies", "place.used_as: chancery")],
    ),
    "what departs already applies": (
        [rule("a", "departure", "must_not", applies="{act.notice: none}", departs="{act.notice: none}")],
        [("always", "departs", "act.notice: none")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IDLE)
def test_an_idle_condition_is_found(name: str, planted: Any):
    documents, wanted = IDLE[name]
    found = verify(planted(*documents), (), only=["conditions"])
    told(found)
    assert [(a.claim.kind, a.claim.where, a.claim.what) for a in found.open] == wanted


def test_a_rule_within_another_is_found(planted: Any):
    one = rule(
        "a", "departure", "must_not", applies="{by.attributed_to: receiving, act.harm: death}"
    )
    other = rule("b", "departure", "must_not")
    found = verify(planted(one, other), (), only=["conditions"])
    assert told(found) == [("conditions", "covered", "a", "b", "the whole rule")]
    twice = verify(planted(rule("a", "departure", "must_not"), other), (), only=["conditions"])
    assert told(twice) == [("conditions", "covered", "a", "b", "the whole rule")]


def test_sound_conditions_stay_quiet(planted: Any):
    found = verify(
        planted(
            rule(
                "a",
                "departure",
                "must_not",
                applies="{by.attributed_to: receiving, any: [{place.use: in_use}, {act.zone: inside}]}",
                departs="{act.harm: [injury, death]}",
                **{"except": "{" + exception("leave", "{consent.state: given}") + "}"},
            )
        ),
        (),
        only=["conditions"],
    )
    assert told(found) == []


def test_a_judgement_and_a_reading_are_free(planted: Any):
    """What a reading changes is neither always nor never so."""
    reading = """reading: view
title: A view
question: Which?
default: one
values:
  one: {says: this, held_by: some, why: so, verified: no}
  two: {says: that, held_by: others, why: so, verified: no}"""
    changed = rule(
        "a",
        "departure",
        "must_not",
        departs="{judged.grave_crime: true}",
        readings="{view: {two: {except: {" + exception("leave", "{consent.state: given}") + "}}}}",
    )
    power = rule("b", "power", "may", "VCDR 30(1)", applies="{consent.state: given}")
    found = verify(planted(reading, changed, power), ())
    assert told(found) == [("contradictions", "permits_and_forbids", "a", "b", "")]
    frame = dict(found.open[0].witness.values)
    assert frame["reading.view"] == "one"
    assert frame["judged.grave_crime"] == "true"


# --------------------------------------------------------------------------- explanations


def test_what_is_explained_is_set_apart(planted: Any):
    documents, _ = CONTRADICTIONS["a power and a prohibition"]
    book = planted(*documents)
    accepted = (Accepted("contradictions", frozenset({"a", "b"}), "", "meant so"),)
    found = verify(book, accepted)
    assert told(found) == []
    assert found.stale == ()
    assert [a.reasons for a in found.answers] == [("meant so",)]


def test_a_value_not_explained_is_told_and_one_too_many_is_stale(planted: Any):
    documents, _ = GAPS["between two thresholds"]
    accepted = (
        Accepted(
            "gaps", frozenset({"VCDR 9"}), "png.deadline_hours", "so", frozenset({"48", "24"})
        ),
    )
    found = verify(planted(*documents), accepted, only=["gaps"])
    assert [a.claim.values for a in found.open] == [("60",)]
    assert [p.message for p in found.stale] == ["no longer left out: 24"]


def test_an_explanation_of_nothing_is_stale(planted: Any):
    accepted = (Accepted("conditions", frozenset({"a"}), "act.harm: death", "so"),)
    found = verify(planted(rule("a", "power", "may")), accepted)
    assert len(found.stale) == 1
    # Only a whole run can say that something is explained in vain.
    book = planted(rule("a", "power", "may"), rule("b", "power", "may", "VCDR 9(1)"))
    part = verify(book, accepted, rules=[book.rulebook.rules[0]])
    assert part.stale == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("accepted: [{contradiction: [a, b]}]", "'reason' is missing"),
        ("accepted: [{gap: VCDR 9, key: act.harm, reason: so}]", "'values' is missing"),
        ("accepted: [{condtion: x, reason: so}]", "an entry is a"),
        ("accepted: [{condition: x, of: [a], reason: so, why: so}]", "unknown key 'why'"),
        ("- accepted", "a review is one list"),
        ("accepted: [a]", "an entry is a"),
    ],
)
def test_a_faulty_review_is_told(text: str, says: str):
    _, problems = read_reviews({"reviews/verify.yaml": text.encode()})
    assert says in problems[0].message


# --------------------------------------------------------------------------- laws of frames


def shipped_frames(loaded: Loaded):
    """Every frame of the casebook and of the tests beside the rules, measures of cases too."""
    for path in sorted((ROOT / "cases").rglob("*.yaml")):
        case, _ = read_case(path.read_bytes(), path.name, loaded.vocabulary)
        if case is not None:
            frames = frames_of(case, loaded.vocabulary)
            yield from frames
            measures = loaded.rulebook.measures
            proposals, _ = toolbox(case, loaded.vocabulary, frames, measures, loaded.engine)
            yield from (proposal.frame for proposal in proposals)
    files = {
        str(path.relative_to(ROOT / "rules")): path.read_bytes()
        for path in (ROOT / "rules").rglob("*.yaml")
    }
    for name, data in sorted(split(files)[2].items()):
        for node in read(data, name)[0]:
            for check in node.get("checks").items:  # type: ignore[union-attr]
                root, _ = apply_changes(node.get("base"), check)  # type: ignore
                case, _ = case_of(root, loaded.vocabulary, partial=True)
                if case is not None:
                    yield from frames_of(case, loaded.vocabulary)


@pytest.fixture(scope="module")
def asker(loaded: Loaded) -> Asker:
    return Asker(loaded.rulebook, loaded.vocabulary)


def allowed(asker: Asker, frame: Frame) -> bool:
    goals = []
    for key, known in frame.known.items():
        if key in asker.space.cells:
            values = [asker.space.cell_of(key, value) for value in known.values]
            assert set(values) <= set(asker.space.cells[key]), (key, known.values)
            goals.append(asker.meaning.one_of(key, values))
    return asker.solver.possible(*goals)


@pytest.mark.slow
def test_every_frame_obeys_the_laws(loaded: Loaded, asker: Asker):
    """A law that shuts out a frame which a case can have would hide faults of rules."""
    seen = set()
    for frame in shipped_frames(loaded):
        look = frozenset((key, known.values) for key, known in frame.known.items())
        if look not in seen:
            seen.add(look)
            assert allowed(asker, frame), frame.id
    assert len(seen) > 1_000


def test_each_law_shuts_something_out(loaded: Loaded, asker: Asker):
    """A law that allows everything is none: without it, some frame more is possible."""
    solver = asker.solver
    for law in LAWS:
        rest = [switch for name, switch in solver.laws.items() if name != law.name]
        assert solver.possible(-asker.laws[law.name], laws=rest), law.name
        assert not solver.possible(-asker.laws[law.name]), law.name


def test_what_framing_works_out_is_what_the_laws_say():
    """The one table that the laws repeat."""
    assert {kind: set(keys) for kind, keys in WORKED_OUT.items()} == {
        kind: set(keys) for kind, keys in COMPUTED.items()
    }


def test_numbers_are_cut_at_their_bounds(loaded: Loaded):
    assert pieces((), whole=True) == ("1",)
    assert pieces((Fraction(48),), whole=False) == ("24", "48", "49")
    assert pieces((Fraction(24), Fraction(48)), whole=False) == ("12", "24", "36", "48", "49")
    assert pieces((Fraction(9), Fraction(10)), whole=True) == ("0", "9", "10", "11")
    space = Space(loaded.rulebook, loaded.vocabulary)
    assert space.cell_of("png.deadline_hours", "12") == space.cells["png.deadline_hours"][0]


def test_the_meaning_is_that_of_the_engine(loaded: Loaded, asker: Asker):
    """On random whole frames the formulas and the engine give every rule the same outcome."""
    rng = random.Random(20)
    codes = {code.rule.id: code for code in loaded.program.rules}
    for rule_ in loaded.rulebook.rules:
        keys = codes[rule_.id].cone.keys & asker.space.cells.keys()
        type_ = rng.choice(sorted(asker.types[rule_.id]))
        wanted = [asker.pool.cell("act.type", type_)]
        for key in sorted(keys):
            cell = asker.pool.cell(key, rng.choice(asker.space.cells[key]))
            if rng.random() < 0.5 and asker.solver.possible(*wanted, cell):
                wanted.append(cell)
        model = asker.solver.model(*wanted)
        assert model is not None
        told = {k: v for k, v in model.items() if k in keys or k.startswith("act.")}
        judged = judge(loaded.engine, frame_of(told), loaded.rulebook.readings, explain=False)
        outcomes = {one.rule.id: one.outcome for one in judged}
        said = asker.outcome(rule_, model)
        if said:
            assert outcomes.get(rule_.id, "not_in_play") == said, rule_.id


# --------------------------------------------------------------------------- the command


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["rules", "verify", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_one_rule_of_the_shipped_book():
    code, out, _ = run("vcdr-37-3-service", "--only", "conditions")
    assert code == 0, out
    assert "1 rule, 0 found" in out


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    (folder / "vcdr").mkdir(parents=True)
    text = rule(
        "mine-entry",
        "power",
        "may",
        "VCDR 22(1)",
        applies="{place.premises: true, by.attributed_to: receiving}",
    )
    (folder / "vcdr" / "mine.yaml").write_text(text, encoding="utf-8")
    about = "pack: mine\ntitle: A power to enter\nversion: 1.0\n"
    (folder / "pack.yaml").write_text(about, encoding="utf-8")
    return folder


def test_a_planted_power_meets_the_shipped_prohibition(pack: Path):
    words = ("mine-entry", "--only", "contradictions", "--rules", str(pack))
    code, out, _ = run(*words)
    assert code == 1
    assert "mine-entry permits what vcdr-22-1-entry forbids" in " ".join(out.split())
    assert "the engine confirms it" in out
    assert max(map(len, out.splitlines())) <= 80
    assert run(*words)[1] == out
    code, out, _ = run(*words, "--format", "json")
    data = json.loads(out)
    assert (code, data["format"]) == (1, "comity.verify/1")
    assert all(answer["confirmed"] for answer in data["answers"])


def test_a_review_of_ones_own(pack: Path):
    (pack / "reviews").mkdir()
    words = ("mine-entry", "--only", "contradictions", "--rules", str(pack), "--format", "json")
    found = json.loads(run(*words)[1])["answers"]
    entries = "\n".join(
        f"  - {{contradiction: [{', '.join(a['subjects'])}], reason: meant}}" for a in found
    )
    path = pack / "reviews" / "verify-mine.yaml"
    path.write_text(f"accepted:\n{entries}\n", encoding="utf-8")
    assert run(*words)[0] == 0
    path.write_text("accepted: [{contradiction: [a, b]}]\n", encoding="utf-8")
    code, _, err = run(*words)
    assert code == 3
    assert "'reason' is missing" in err


def test_unknown_names_and_a_missing_solver(monkeypatch: pytest.MonkeyPatch):
    code, _, err = run("vcdr-22-1-entri")
    assert code == 2
    assert "did you mean 'vcdr-22-1-entry'" in err
    real = builtins.__import__

    def none(name: str, *rest: Any, **more: Any) -> Any:
        if name == "clingo":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", none)
    code, out, err = run("vcdr-22-1-entry")
    assert (code, out) == (2, "")
    assert "pip install 'comity[verify]'" in err
    assert len(err.strip().splitlines()) == 1


def test_an_answer_that_the_engine_denies_is_said_loudly(monkeypatch: pytest.MonkeyPatch):
    """If formulas and engine differ, nothing of it is to be relied on."""
    monkeypatch.setattr(Asker, "outcome", lambda *rest: "excused")
    code, out, err = run("vcdr-37-3-service", "vcdr-31-1-criminal", "--only", "gaps")
    assert code == 3
    assert "DOES NOT CONFIRM" in out
    assert "please report it" in err


@pytest.mark.slow
def test_the_shipped_rulebook_is_explained(loaded: Loaded):
    """Every answer on the shipped rules is explained, and nothing is explained in vain."""
    path = ROOT / "rules" / "reviews" / "verify.yaml"
    accepted, problems = read_reviews({"reviews/verify.yaml": path.read_bytes()})
    assert problems == ()
    found = verify(loaded, accepted)
    assert told(found) == []
    assert found.stale == ()


def test_conditions_are_written_as_an_author_would(loaded: Loaded):
    texts = {written(r.logic.applies) for r in loaded.rulebook.rules}
    assert "place.premises: true, by.attributed_to: receiving" in texts
    assert article_of("VCDR 22(1)") == "VCDR 22"
    assert article_of("P28") == "P28"
    assert PREFIX == "reading."
    assert verifying.FORMAT == "comity.verify/1"
