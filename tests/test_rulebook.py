"""Rule files in, rulebook or problems out. The files here are small and read like real ones."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from comity.library import rulebook_files, split
from comity.model import (
    All,
    AnyOf,
    Atom,
    Carveout,
    ConceptIs,
    Condition,
    Logic,
    Not,
    Range,
    Rule,
    Rulebook,
)
from comity.norms import BLANKS
from comity.problems import CATALOGUE, Problem
from comity.rulereader import read_rulebook
from comity.vocabulary import Vocabulary, load_vocabulary

RULES = Path(__file__).parents[1] / "rules"

ENTRY = """\
rule: vcdr-22-1-entry
provision: VCDR 22(1)
kind: departure
title: Agents of the receiving State enter only with the head of mission's consent
norm: {bearer: receiving_state, modality: must_not, owed_to: sending_state}
strength: [treaty, custom]
map: [22(1)-b]
status: stable
verified: no
references: [ICJ Tehran 1980 paras 61-68]
trigger: {act.tag: entry}
applies: {place.protected: true, by.attributed_to: receiving}
departs: {}
except:
  consent:
    when: {consent.state: given, consent.from: [head, sending_state]}
    presumed: absent
    cite: VCDR 22(1)
    text: the head of mission consented
    unless:
      revoked: {when: {act.notice: given}, cite: VCDR 22(1)}
presume: [relations_subsist]
readings:
  life:
    last_resort: {except: {danger: {when: {act.danger_to_life: true}, cite: VCDR 22(1)}}}
finding: "{by} entered {place}; {mission}'s head had not consented."
"""

CONCEPTS = """\
concept: place.protected
title: The place is protected
cite: VCDR 1(i)
true_when:
  - when: {place.used_as: [chancery, annexe], mission.relations: established}
    cite: VCDR 1(i)
  - {place.kind: mission_premises}
presume: [relations_subsist]
---
concept: against.standing
title: The standing of the person acted upon
cite: VCDR 29, 37
values:
  full:
    - {when: {against.role: head_of_mission}, cite: VCDR 29}
  less:
    - {when: {against.role: service_staff}, cite: VCDR 37(3)}
"""

READINGS = """\
reading: life
title: Entry to save life
question: May agents enter to save life?
default: none
values:
  none: {says: "No.", held_by: the text}
  last_resort: {says: "Yes, as a last resort.", held_by: some}
  necessity: {says: "Yes, under necessity.", held_by: few}
---
reading: war
title: Another State's war
question: Is it an internal affair?
default: outside
values:
  outside: {says: "No.", held_by: most}
  inside: {says: "Yes.", held_by: some, verified: yes}
"""

MEASURE = """\
measure: cut_down_display
title: Cut the display down
phrase: cut the display down
level: none
concerns: [displays]
each: act
answers: {act.tag: display}
act: {type: remove_object_from_premises, means: touch, deadline: 48 h, overhang: yes}
bind: {by: police, place: item.place, object: item.object, zone: item.zone, over: item}
cite: [VCDR 22(1)]
norm_map_status: unlawful
"""

FILES = {
    "vcdr/22-1.yaml": ENTRY,
    "concepts/all.yaml": CONCEPTS,
    "readings/all.yaml": READINGS,
    "measures/all.yaml": MEASURE,
}


@cache
def shipped() -> Mapping[str, bytes]:
    return rulebook_files([RULES])[0]


@cache
def vocabulary() -> Vocabulary:
    return load_vocabulary(split(shipped())[0])[0]


def read(files: Mapping[str, str]) -> tuple[Rulebook | None, tuple[Problem, ...]]:
    return read_rulebook({name: text.encode() for name, text in files.items()}, vocabulary())


def good(files: Mapping[str, str]) -> Rulebook:
    book, problems = read(files)
    assert [(p.code, p.place, p.message) for p in problems] == []
    assert book is not None
    return book


def entry(text: str = ENTRY) -> Rule:
    return good({**FILES, "vcdr/22-1.yaml": text}).rules[0]


def is_one_of(key: str, *values: str) -> Atom:
    return Atom(key, frozenset(values))


def member(key: str) -> Atom:
    return is_one_of(key, "true")


DANGER = "{except: {danger: {when: {act.danger_to_life: true}, cite: VCDR 22(1)}}}"
GIFT = "{when: {consent.state: given, consent.from: [head, sending_state]}, presumed: present}"


def applies(condition: str) -> Condition:
    """The condition that a line of a rule is read as."""
    return entry(
        ENTRY.replace("{place.protected: true, by.attributed_to: receiving}", condition)
    ).logic.applies


# --------------------------------------------------------------------------- what is read


def test_a_rule_is_read_whole():
    rule = entry()
    assert (rule.id, rule.provision, rule.kind) == ("vcdr-22-1-entry", "VCDR 22(1)", "departure")
    assert rule.trigger == ((member("act.tag:entry"),),)
    assert rule.logic.applies == All(
        (ConceptIs("place.protected", "true"), is_one_of("by.attributed_to", "receiving"))
    )
    assert rule.logic.departs == All()
    assert (rule.readings, rule.presume) == (("life",), ("relations_subsist",))
    assert not rule.verified
    assert rule.place is not None
    assert (rule.place.file, rule.place.line, rule.place.column) == ("vcdr/22-1.yaml", 1, 1)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{act.zone: inside}", is_one_of("act.zone", "inside")),
        ("{act.zone: [inside, roof]}", is_one_of("act.zone", "inside", "roof")),
        ("{act.overhang: yes}", is_one_of("act.overhang", "true")),
        ("{act.overhang: no}", is_one_of("act.overhang", "false")),
        ("{act.topic: election}", member("act.topic:election")),
        (
            "{act.topic: [election, trade]}",
            AnyOf((member("act.topic:election"), member("act.topic:trade"))),
        ),
        ("{judged.partisan: true}", is_one_of("judged.partisan", "true")),
        ("{by.role: none}", is_one_of("by.role", "none")),
        ("{over.type: refuse}", is_one_of("over.type", "refuse")),
        ("{place.protected: yes}", ConceptIs("place.protected", "true")),
        ("{place.protected: no}", Not(ConceptIs("place.protected", "true"))),
        ("{against.standing: full}", ConceptIs("against.standing", "full")),
        (
            "{against.standing: [full, less]}",
            AnyOf((ConceptIs("against.standing", "full"), ConceptIs("against.standing", "less"))),
        ),
        (
            "{any: [{act.zone: roof}, {not: {act.zone: inside}}]}",
            AnyOf((is_one_of("act.zone", "roof"), Not(is_one_of("act.zone", "inside")))),
        ),
        (
            "[{act.zone: roof}, {act.overhang: yes}]",
            AnyOf((is_one_of("act.zone", "roof"), is_one_of("act.overhang", "true"))),
        ),
        (
            "{all: [{act.zone: roof}, {act.overhang: yes}]}",
            All((is_one_of("act.zone", "roof"), is_one_of("act.overhang", "true"))),
        ),
        (
            "{act.deadline: {at_least: 48 h}}",
            Atom("act.deadline", Range(low=Fraction(48), unit="h")),
        ),
        (
            "{act.deadline: {at_most: 30 d}}",
            Atom("act.deadline", Range(high=Fraction(720), unit="h")),
        ),
        (
            "{act.deadline: 1 w}",
            Atom("act.deadline", Range(Fraction(168), Fraction(168), unit="h")),
        ),
        (
            "{act.size_m: {more_than: 0.1, less_than: 2 km}}",
            Atom("act.size_m", Range(Fraction(1, 10), Fraction(2000), True, True, "m")),
        ),
        (
            "{mission.relations: [established, severed]}",
            Atom(
                "mission.relations",
                frozenset({"established", "severed"}),
                frozenset({"established"}),
            ),
        ),
        ("{}", All()),
    ],
)
def test_conditions(written, meant):
    assert applies(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{act.type: [refuse, comply]}", ((is_one_of("act.type", "refuse", "comply"),),)),
        ("{act.family: property}", ((is_one_of("act.family", "property"),),)),
        ("{act.tag: [entry, search]}", ((member("act.tag:entry"),), (member("act.tag:search"),))),
        (
            "{act.tag: [entry, search], act.family: host_premises}",
            (
                (member("act.tag:entry"), is_one_of("act.family", "host_premises")),
                (member("act.tag:search"), is_one_of("act.family", "host_premises")),
            ),
        ),
    ],
)
def test_triggers(written, meant):
    assert entry(ENTRY.replace("{act.tag: entry}", written)).trigger == meant


def test_a_reading_that_adds_an_exception_guards_it():
    consent, danger = entry().logic.exceptions
    assert (consent.name, danger.name) == ("consent", "danger")
    assert consent.unless[0].name == "revoked"
    assert danger.when == All(
        (is_one_of("reading.life", "last_resort"), member("act.danger_to_life"))
    )


def test_values_that_agree_share_one_version_and_null_takes_an_exception_away():
    text = ENTRY.replace(
        f"    last_resort: {DANGER}\n",
        "    last_resort: {except: {consent: null}}\n    necessity: {except: {consent: null}}\n",
    )
    (consent,) = entry(text).logic.exceptions
    assert isinstance(consent.when, All)
    assert consent.when.parts[0] == is_one_of("reading.life", "none")


def test_a_reading_that_replaces_departs():
    text = ENTRY.replace("departs: {}", "departs: {act.zone: inside}").replace(
        f"    last_resort: {DANGER}\n",
        "    last_resort: {departs: {act.zone: roof}}\n    necessity: {departs: {}}\n",
    )
    assert entry(text).logic.departs == AnyOf(
        (
            All((is_one_of("reading.life", "last_resort"), is_one_of("act.zone", "roof"))),
            is_one_of("reading.life", "necessity"),
            All((is_one_of("reading.life", "none"), is_one_of("act.zone", "inside"))),
        )
    )


def test_a_change_that_every_value_makes_needs_no_guard():
    text = ENTRY.replace(
        f"    last_resort: {DANGER}\n",
        "".join(f"    {value}: {DANGER}\n" for value in ("none", "last_resort", "necessity")),
    )
    assert entry(text).logic.exceptions[1].when == member("act.danger_to_life")


def test_presumptions_reach_exceptions_and_the_exceptions_to_them():
    text = ENTRY.replace("{act.notice: given}", "{mission.relations: severed}")
    inner = entry(text).logic.exceptions[0].unless[0].when
    assert inner == Atom(
        "mission.relations", frozenset({"severed"}), presumed=frozenset({"established"})
    )


def test_a_concept_and_its_definitions():
    standing, protected = good(FILES).concepts
    assert (protected.values, protected.closed) == (("true",), True)
    first, second = protected.definitions
    assert (first.value, first.cite, second.cite) == ("true", "VCDR 1(i)", "VCDR 1(i)")
    assert second.logic == Logic(is_one_of("place.kind", "mission_premises"))
    assert isinstance(first.logic.applies, All)
    assert first.logic.applies.parts[1] == Atom(
        "mission.relations", frozenset({"established"}), frozenset({"established"})
    )
    assert standing.values == ("full", "less")
    assert [d.value for d in standing.definitions] == ["full", "less"]


def test_a_concept_with_false_when_stays_unknown_otherwise():
    text = CONCEPTS.replace("presume:", "false_when: [{place.kind: park}]\npresume:", 1)
    protected = good({**FILES, "concepts/all.yaml": text}).concepts[1]
    assert [d.value for d in protected.definitions] == ["true", "true", "false"]
    assert not protected.closed


def test_a_definition_that_counts_under_some_values_of_a_reading():
    text = CONCEPTS.replace(
        "    cite: VCDR 1(i)\n  -", "    cite: VCDR 1(i)\n    readings: {war: [inside]}\n  -"
    )
    applied = good({**FILES, "concepts/all.yaml": text}).concepts[1].definitions[0].logic.applies
    assert isinstance(applied, All)
    assert applied.parts[0] == is_one_of("reading.war", "inside")


def test_a_definition_whose_exceptions_differ_by_reading():
    text = CONCEPTS.replace(
        "    cite: VCDR 1(i)\n  -",
        "    except: {objected: {when: {place.acceptance: objected}, cite: VCDR 1(i)}}\n"
        "    readings: {war: {inside: {except: {objected: null}}}}\n"
        "    cite: VCDR 1(i)\n  -",
    )
    logic = good({**FILES, "concepts/all.yaml": text}).concepts[1].definitions[0].logic
    assert logic.exceptions == (
        Carveout(
            "objected",
            All((is_one_of("reading.war", "outside"), is_one_of("place.acceptance", "objected"))),
            cite="VCDR 1(i)",
        ),
    )


def test_readings_and_measures():
    book = good(FILES)
    assert sorted(book.readings) == ["life", "war"]
    assert book.readings["war"].values["inside"].verified
    (measure,) = book.measures
    assert measure.level is None
    assert measure.answers == ((member("act.tag:display"),),)
    assert measure.act["deadline"] == ("48 h",)
    assert measure.act["overhang"] == ("true",)
    assert measure.bind["zone"] == "item.zone"
    assert measure.norm_map_status == "unlawful"


def test_practice_has_no_treaty_provision_but_a_level():
    text = ENTRY.replace("provision: VCDR 22(1)", "provision: P10").replace(
        "[treaty, custom]", "[practice]\nlevel: S3"
    )
    assert entry(text).level == "S3"


# --------------------------------------------------------------------------- independence of order


def same(one: Any, other: Any) -> bool:
    """Equality of values, wherever they stand."""
    if isinstance(one, msgspec.Struct) and type(one) is type(other):
        return all(
            same(getattr(one, name), getattr(other, name))
            for name in one.__struct_fields__
            if name not in ("place", "digest")
        )
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    return bool(one == other)


def test_the_order_of_files_and_documents_is_irrelevant():
    turned = {
        f"z{9 - number}.yaml": "---\n".join(reversed(text.split("---\n")))
        for number, text in enumerate(FILES.values())
    }
    assert same(good(FILES), good(turned))


def test_the_order_of_exceptions_is_irrelevant():
    turned = ENTRY.replace(
        "except:\n", "except:\n  a_flood: {when: {act.zone: roof}, cite: VCDR 22(1)}\n"
    )
    first = entry(turned)
    last = entry(
        ENTRY.replace(
            "presume: [rel", "  a_flood: {when: {act.zone: roof}, cite: VCDR 22(1)}\npresume: [rel"
        )
    )
    assert first.logic == last.logic


def test_the_digest_tells_content_and_not_order():
    digest = good(FILES).digest
    assert digest.startswith("sha256:")
    assert good(dict(reversed(FILES.items()))).digest == digest
    other = good({**FILES, "readings/all.yaml": READINGS.replace("most", "many")})
    assert other.digest != digest


def test_tests_and_vocabulary_are_passed_over():
    more = {
        "vcdr/22-1.test.yaml": "tests: vcdr-22-1-entry",
        "vocabulary/topics.yaml": "topics: {}",
        "instruments/ledger.yaml": "ledger: []",
    }
    assert same(good({**FILES, **more}), good(FILES))


# --------------------------------------------------------------------------- faults

# file, what is replaced, by what, the code, and the text at which the fault is shown
FAULTS = [
    # rules
    ("vcdr", "presume:", "presumes:", "R003", "presumes"),
    ("vcdr", "presumed:", "presummed:", "R003", "presummed"),
    ("vcdr", "owed_to:", "owed:", "R003", "owed"),
    ("vcdr", "kind: departure", "kind: breach", "R001", "breach"),
    ("vcdr", "kind: departure\n", "", "R002", "rule:"),
    ("vcdr", "title: Agents", "title:\nnote: Agents", "R002", "title:"),
    ("vcdr", "bearer: receiving_state", "bearer: host", "R001", "host"),
    ("vcdr", "modality: must_not", "modality: shall_not", "R001", "shall_not"),
    ("vcdr", "[treaty, custom]", "[treaty, costum]", "R001", "costum"),
    ("vcdr", "[treaty, custom]", "[practice]", "R002", "strength"),
    ("vcdr", "[treaty, custom]", "[practice]\nlevel: S9", "R001", "S9"),
    ("vcdr", "[treaty, custom]", "[treaty]\nlevel: S2", "R001", "level"),
    ("vcdr", "status: stable", "status: final", "R001", "final"),
    ("vcdr", "verified: no", "verified: maybe", "R001", "maybe"),
    ("vcdr", "rule: vcdr-22-1-entry", "rule: VCDR 22", "R001", "VCDR 22"),
    ("vcdr", "rule: vcdr-22-1-entry", "rules: vcdr-22-1-entry", "R001", "rules"),
    ("vcdr", "applies:", "note:", "R002", "rule:"),
    # triggers
    ("vcdr", "trigger: {act.tag: entry}\n", "", "R008", "rule:"),
    ("vcdr", "{act.tag: entry}", "{}", "R008", "{}"),
    ("vcdr", "{act.tag: entry}", "{act.zone: inside}", "R008", "act.zone"),
    ("vcdr", "{act.tag: entry}", "{act.tag: entri}", "R018", "entri}"),
    ("vcdr", "{act.tag: entry}", "{act.type: enter_premisses}", "R018", "enter_premisses"),
    ("vcdr", "{act.tag: entry}", "{act.family: houses}", "R018", "houses"),
    ("vcdr", "{act.tag: entry}", "{act.tag: entry, act.family: consular}", "R006", "{act.tag"),
    # conditions
    ("vcdr", "by.attributed_to", "by.attributed", "R004", "by.attributed:"),
    ("vcdr", "place.protected", "place.protectd", "R010", "place.protectd"),
    ("vcdr", "by.attributed_to: receiving", "reading.life: none", "R004", "reading.life"),
    ("vcdr", "by.attributed_to: receiving", "act.text: war", "R004", "act.text"),
    ("vcdr", "by.attributed_to: receiving", "act.topic:election: yes", "R004", "act.topic:"),
    ("vcdr", "by.attributed_to: receiving", "by.attributed_to: host", "R005", "host"),
    ("vcdr", "by.attributed_to: receiving", "by.role: unknown", "R005", "unknown"),
    ("vcdr", "by.attributed_to: receiving", "by.role: [family, family]", "R005", "family]"),
    ("vcdr", "by.attributed_to: receiving", "by.role: {at_least: 3}", "R005", "{at_least"),
    ("vcdr", "by.attributed_to: receiving", "act.deadline: {at_least: 48}", "R005", "48}"),
    ("vcdr", "by.attributed_to: receiving", "act.deadline: {over: 2 d}", "R005", "over:"),
    ("vcdr", "by.attributed_to: receiving", "act.size_m: big", "R005", "big"),
    ("vcdr", "by.attributed_to: receiving", "act.overhang: perhaps", "R005", "perhaps"),
    ("vcdr", "by.attributed_to: receiving", "over.type: enter", "R018", "enter}"),
    ("vcdr", "by.attributed_to: receiving", "act.overhang: [yes, no]", "R006", "[yes"),
    ("vcdr", "by.attributed_to: receiving", "act.notice: [given, none]", "R006", "[given"),
    ("vcdr", "by.attributed_to: receiving", "act.zone: []", "R006", "[]}"),
    ("vcdr", "place.protected: true", "place.protected: [yes, no]", "R006", "[yes"),
    ("vcdr", "place.protected: true", "place.protected: full", "R005", "full"),
    ("vcdr", "place.protected: true", "against.standing: half", "R005", "half"),
    (
        "vcdr",
        "by.attributed_to: receiving",
        "act.size_m: {more_than: 3, less_than: 3}",
        "R006",
        "{more",
    ),
    ("vcdr", "by.attributed_to: receiving", "any: []", "R001", "any:"),
    ("vcdr", "by.attributed_to: receiving", "any: [{}]", "R006", "{}]"),
    ("vcdr", "by.attributed_to: receiving", "not: {}", "R001", "{}}"),
    ("vcdr", "{place.protected: true, by.attributed_to: receiving}", "always", "R001", "always"),
    # exceptions
    ("vcdr", "when: {act.notice: given}", "when: {}", "R007", "when: {}"),
    ("vcdr", "when: {act.notice: given}, ", "", "R007", "revoked"),
    ("vcdr", "presumed: absent", "presumed: missing", "R001", "missing"),
    ("vcdr", "    cite: VCDR 22(1)\n", "", "R015", "consent:"),
    ("vcdr", "    cite: VCDR 22(1)", "    cite: VCDR art 22", "R015", "VCDR art"),
    ("vcdr", "    cite: VCDR 22(1)", "    cite: VCDX 22(1)", "R015", "VCDX"),
    ("vcdr", "    cite: VCDR 22(1)", "    cite: VCDR 22(1); VCCR 31 (2)", "R015", "VCDR 22(1); "),
    ("vcdr", "provision: VCDR 22(1)", "provision: Vienna 22(1)", "R015", "Vienna"),
    ("vcdr", "provision: VCDR 22(1)", "provision: VCDR", "R015", "VCDR"),
    ("vcdr", "presume: [rel", "no_exceptions: none known\npresume: [rel", "R022", "no_exc"),
    # presumptions
    ("vcdr", "[relations_subsist]", "[relation_subsist]", "R013", "relation_subsist"),
    ("vcdr", "{act.notice: given}", "{mission.relations: established}", "R013", "when: {mission"),
    (
        "vcdr",
        "presume: [rel",
        f"  gift: {GIFT[:-1]}, cite: P10}}\npresume: [rel",
        "R013",
        "gift",
    ),
    # readings
    ("vcdr", "  life:\n", "  lives:\n", "R011", "lives"),
    ("vcdr", "    last_resort:", "    last_ressort:", "R011", "last_ressort"),
    ("vcdr", "{except: {danger:", "{excepts: {danger:", "R003", "excepts"),
    (
        "vcdr",
        "{danger: {when: {act.danger_to_life: true}, cite: VCDR 22(1)}}",
        "{danger: null}",
        "R001",
        "danger",
    ),
    (
        "vcdr",
        "finding:",
        "  war: {inside: {except: {danger: {when: {act.zone: roof}, cite: P10}}}}\nfinding:",
        "R012",
        "readings",
    ),
    (
        "vcdr",
        DANGER,
        "{departs: {act.zone: roof}}\n  war: {inside: {departs: {act.zone: inside}}}",
        "R012",
        "readings",
    ),
    # findings
    ("vcdr", "{mission}'s", "{misson}'s", "R017", '"{by}'),
    ("vcdr", "{by} entered", "{by entered", "R017", '"{by'),
    # concepts
    ("concepts", "concept: place.protected", "concept: place.kind", "R009", "place.kind"),
    ("concepts", "true_when:", "true_if:", "R003", "true_if"),
    ("concepts", "  - {place.kind: mission_premises}", "  - {}", "R007", "{}"),
    ("concepts", "  - {place.kind: mission_premises}", "  - {when: {}}", "R007", "when"),
    ("concepts", "{place.kind: mission_premises}", "{place.kin: park}", "R004", "place.kin"),
    (
        "concepts",
        "{place.kind: mission_premises}",
        "{place.protected: yes}",
        "R014",
        "place.protected: yes",
    ),
    ("concepts", "cite: VCDR 29, 37", "cite: VCDR 29 and 37", "R015", "VCDR 29 and"),
    ("concepts", "cite: VCDR 29, 37\n", "", "R002", "concept: against"),
    # readings
    ("readings", "default: none", "default: nothing", "R011", "nothing"),
    ("readings", "held_by: the text", "held: the text", "R003", "held"),
    ("readings", '{says: "No.", held_by: most}', "no", "R001", "outside: no"),
    # measures
    ("measures", "level: none", "level: 11", "R001", "11"),
    ("measures", "each: act", "each: day", "R001", "day"),
    ("measures", "remove_object_from_premises", "remove_thing", "R021", "remove_thing"),
    ("measures", "means: touch", "meens: touch", "R021", "meens"),
    ("measures", "means: touch", "means: hope", "R005", "hope"),
    ("measures", "deadline: 48 h", "deadline: soon", "R005", "soon"),
    ("measures", "by: police", "from: police", "R021", "from:"),
    ("measures", "by: police", "by: firemen", "R021", "firemen"),
    ("measures", "by: police, ", "", "R021", "bind"),
    ("measures", "over: item", "over: item.colour", "R021", "item.colour"),
    ("measures", "answers: {act.tag: display}\n", "", "R002", "each: act"),
    ("measures", "answers: {act.tag: display}", "answers: {act.tag: displays}", "R018", "displays"),
    ("measures", "norm_map_status: unlawful", "norm_map_status: bad", "R001", "bad"),
    ("measures", "cite: [VCDR 22(1)]", "cite: [VCDR22(1)]", "R015", "VCDR22"),
]


@pytest.mark.parametrize(("part", "old", "new", "code", "shown_at"), FAULTS)
def test_a_fault_is_told_where_it_stands(part, old, new, code, shown_at):
    name = next(name for name in FILES if name.startswith(part))
    assert old in FILES[name]
    text = FILES[name].replace(old, new, 1)
    book, problems = read({**FILES, name: text})
    assert book is None
    found = [(p.code, p.place.line, p.place.column) for p in problems if p.place is not None]
    line, column = position(text, shown_at, text.index(new) if new else 0)
    assert (code, line, column) in found, problems


def position(text: str, part: str, near: int) -> tuple[int, int]:
    """Line and column of a part of a text, at or after the changed place if it is there."""
    line_start = text.rfind("\n", 0, near) + 1
    at = text.find(part, line_start)
    at = text.index(part) if at < 0 else at
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


@pytest.mark.parametrize("code", sorted({row[3] for row in FAULTS}))
def test_faults_have_documented_codes(code):
    assert code in CATALOGUE


def messages(files: Mapping[str, str]) -> list[str]:
    return [f"{p.code} {p.message}" + (f" ({p.hint})" if p.hint else "") for p in read(files)[1]]


def test_every_fault_is_told_at_once():
    text = ENTRY.replace("kind: departure", "kind: depature").replace("{by} ", "{who} ")
    measure = MEASURE.replace("display}", "displai}")
    assert messages({**FILES, "vcdr/22-1.yaml": text, "measures/all.yaml": measure}) == [
        "R018 'act.tag' has no value 'displai' (did you mean 'display'?)",
        "R001 unknown kind 'depature' (did you mean 'departure'?)",
        f"R017 the finding names '{{who}}', which no frame has ({BLANKS})",
    ]


def test_a_rule_says_what_excepts_from_it():
    start, _, rest = ENTRY.partition("except:")
    rest = rest[rest.index("presume:") : rest.index("readings:")] + rest[rest.index("finding:") :]
    for written, said in (
        ("", "the rule does not say what excepts from it"),
        ("except: none\n", "`except: none` gives no reason"),
        ("except: {}\n", "`except` names no exception"),
        ("except: nothing\n", "`except` names no exception"),
    ):
        (message,) = messages({**FILES, "vcdr/22-1.yaml": start + written + rest})
        assert message.startswith(f"R022 {said}")
    rule = entry(f"{start}except: none\nno_exceptions: the text names none\n{rest}")
    assert (rule.logic.exceptions, rule.no_exceptions) == ((), "the text names none")


def test_a_circle_of_concepts_is_told_with_its_path():
    text = "---\n".join(
        f"concept: circle.{one}\ntitle: t\ncite: VCDR 1\ntrue_when: {{circle.{other}: yes}}\n"
        for one, other in ("ab", "bc", "ca", "db")
    )
    (message,) = messages({**FILES, "concepts/circle.yaml": text})
    assert "circle.a -> circle.b -> circle.c -> circle.a" in message


@pytest.mark.parametrize("name", sorted(FILES))
def test_an_id_stands_once(name):
    kind = FILES[name].split(":")[0]
    found = messages({**FILES, "zz.yaml": FILES[name]})
    assert found[0].startswith("R009 ")
    assert f"{kind} '" in found[0]
    assert f"stands already in {name}, line 1" in found[0]


@pytest.mark.parametrize(
    "cite",
    [
        "VCDR 3(1)(b), 41(2); VCCR 36",
        "VCDR 37(1)-(2)",
        "ARSIWA 24-25",
        "OP-VCDR I",
        "UN Charter 2(1); ICJ Nicaragua 1986 paras 202-205",
        "ILC 1958 commentary",
        "general international law",
        "P10, P14",
        "CUSTOM",
    ],
)
def test_authorities_as_lawyers_write_them(cite):
    assert entry(ENTRY.replace("    cite: VCDR 22(1)", f'    cite: "{cite}"')).logic


def test_see_is_a_warning():
    text = ENTRY.replace("finding:", "see: [vcdr-22-1-entri, vcdr-22-1-entry]\nfinding:")
    book, (problem,) = read({**FILES, "vcdr/22-1.yaml": text})
    assert book is not None
    assert (problem.severity, problem.hint) == ("warning", "did you mean 'vcdr-22-1-entry'?")


def test_two_presumptions_of_one_key():
    from msgspec.structs import replace

    broken = replace(vocabulary().presumptions["relations_subsist"], values=frozenset({"severed"}))
    words = {**vocabulary().presumptions, "broken": broken}
    text = ENTRY.replace("[relations_subsist]", "[relations_subsist, broken]")
    files = {name: data.encode() for name, data in {**FILES, "vcdr/22-1.yaml": text}.items()}
    book, problems = read_rulebook(files, replace(vocabulary(), presumptions=words))
    assert book is None
    assert [p.code for p in problems] == ["R013"]


@pytest.mark.parametrize(
    "text", ["", "just words", "- a\n- list", "rule: x\nconcept: y", "rule: [a]", "{", "rule: a: b"]
)
def test_what_is_no_document_is_a_problem(text):
    book, problems = read({**FILES, "zz.yaml": text})
    assert book is None
    assert problems[-1].place is not None
    assert problems[-1].place.file == "zz.yaml"


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_with_any_line_missing_or_any_value_changed_never_raises(name):
    lines = FILES[name].splitlines(keepends=True)
    for number, line in enumerate(lines):
        for other in ("", line.split(":")[0] + ":\n", line.split(":")[0] + ": [{}, 1]\n"):
            text = "".join([*lines[:number], other, *lines[number + 1 :]])
            book, problems = read({**FILES, name: text})
            assert (book is None) == any(p.severity == "error" for p in problems)


# --------------------------------------------------------------------------- what is shipped


def test_the_shipped_rulebook_has_no_fault():
    book, problems = read_rulebook(shipped(), vocabulary())
    assert [(p.code, p.place, p.message) for p in problems] == []
    assert book is not None
    assert len(book.rules) > 50
    assert len(book.measures) > 50
