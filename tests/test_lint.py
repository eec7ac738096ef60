"""`comity rules lint`: each fault is a small edit of a good rule, told at its line with advice.

The table is the specification: what is planted, the code, the line and a word of the hint.
"""

from __future__ import annotations

import json
import re
from difflib import unified_diff
from functools import cache
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

import jsonschema
import pytest
from click.testing import CliRunner

from comity.authoring.lint_fix import edit_of, fixes, one_slip
from comity.authoring.linting import Linted, lint
from comity.authoring.sarif import plain, sarif
from comity.cli import main
from comity.library import rulebook_files, shipped_rules
from comity.problems import CATALOGUE, LINTS

RULE = """\
rule: vcdr-22-1-visit
provision: VCDR 22(1)
kind: departure
title: Agents of the receiving State do not come in unasked
norm: {bearer: receiving_state, modality: must_not, owed_to: sending_state}
strength: [treaty, custom]
status: stable
verified: no
references: ["A handbook, p 1"]
author: A. Lawyer
date: 2026-01-10
modified: 2026-01-12
trigger: {act.tag: entry}
applies:
  place.premises: true
  by.attributed_to: receiving
  mission.kind: [embassy, interests_section]
departs:
  any:
    - {act.zone: [inside, roof]}
    - {act.harm: injury}
except:
  consent:
    when: {consent.state: given, consent.from: [head, sending_state]}
    presumed: absent
    cite: VCDR 22(1)
    text: the head of mission consented
    unless:
      taken_back: {when: {act.stage: attempted}, presumed: absent, cite: VCDR 22(1), text: too soon}
  danger:
    when: {act.danger_to_life: true}
    presumed: absent
    cite: ARSIWA 24
    text: life was in danger
presume: [premises_in_use]
readings:
  consent_by_junior:
    apparent_authority:
      except:
        junior: {when: {consent.state: given, consent.from: junior}, cite: VCDR 22(1), text: asked in}
finding: "{by} went into {place}, premises of {mission}."
judgement: None.
note: For tests.
see: [vcdr-22-1-stay]
---
rule: vcdr-22-1-stay
provision: VCDR 22(1)
kind: departure
title: Agents of the receiving State do not stay on
norm: {bearer: by, modality: must_not, owed_to: sending_state}
strength: [treaty]
trigger: {act.type: [enter_premises, search_premises]}
applies: {place.premises: true, by.attributed_to: receiving, act.zone: inside}
departs: {}
except: none
no_exceptions: For tests.
finding: "{by} stayed in {place}."
judgement: None.
"""

TEST = """\
tests: vcdr-22-1-visit
base:
  as_of: 2026-01-20
  cast:
    embassy: {is: mission, kind: embassy, sending: AA, receiving: BB}
    chancery: {is: place, used: [{by: embassy, as: chancery, from: 2000}], acceptance: accepted}
    head: {is: person, role: head_of_mission, at: embassy}
    clerk: {is: person, role: administrative_technical, at: embassy}
    police: {is: organ, of: BB, kind: police}
    crowd: {is: group, kind: crowd, instructed_by: none}
  acts:
    entry: {type: enter_premises, by: police, place: chancery, zone: inside, date: 2026-01-10}
act: entry
checks:
  - {name: police walk in, outcome: presumed}
  - {name: a crowd, set: {acts.entry.by: crowd}, outcome: not_in_play}
  - {name: asked in, add: {facts: [{what: consent, by: head, for: entry, from: 2026-01-09}]}, outcome: excused}
  - name: asked in, and they only tried
    set: {acts.entry.stage: attempted}
    add: {facts: [{what: consent, by: head, for: entry, from: 2026-01-09}]}
    outcome: presumed
  - {name: danger, set: {acts.entry.danger_to_life: yes}, outcome: excused}
  - name: a clerk asked them in
    add: {facts: [{what: consent, by: clerk, for: entry, from: 2026-01-09}]}
    worlds: {consent_by_junior=head_only: presumed, consent_by_junior=apparent_authority: excused}
    outcome: arguable
---
tests: vcdr-22-1-stay
base:
  as_of: 2026-01-20
  cast:
    embassy: {is: mission, kind: embassy, sending: AA, receiving: BB}
    chancery: {is: place, used: [{by: embassy, as: chancery, from: 2000}], acceptance: accepted}
    police: {is: organ, of: BB, kind: police}
  acts:
    stay: {type: enter_premises, by: police, place: chancery, zone: inside, date: 2026-01-10}
act: stay
checks:
  - {name: they stay, outcome: established}
  - {name: outside, set: {acts.stay.zone: nearby}, outcome: not_in_play}
"""

READING = """\
reading: idle_question
title: A question
question: Does anything turn on it?
default: one
values:
  one: {says: yes, held_by: some, why: because}
  two: {says: no, held_by: others, why: because}
"""

CONCEPT = """\
concept: place.test_house
title: A house for tests
cite: VCDR 22(1)
true_when:
  - {place.kind: house}
  - {place.kind: apartment}
"""

LEDGER = """\
instrument: VCDR
note: for tests
articles:
  22:
    title: The premises
    paragraphs:
      22(1): {says: nobody comes in unasked}
      22(2): {says: the host protects}
"""

FILES = {
    "vcdr/22-1-visit.yaml": RULE,
    "vcdr/22-1-visit.test.yaml": TEST,
}
R, T = FILES


class Fault(NamedTuple):
    """An edit of a file, what is told, on the line that holds some text, with a word of advice."""

    name: str
    file: str
    old: str
    new: str
    code: str
    line: str
    hint: str


FAULTS = [
    # What the readers say.
    Fault("a typing slip in a key", R, "presume:", "presme:", "R003", "presme", "presume"),
    Fault("broken YAML", R, "kind: departure\ntitle: Agents of the receiving State do not come", "kind: [departure\ntitle: Agents of", "Y003", "title", "bracket"),
    Fault("a key twice", R, "judgement: None.\nnote", "judgement: None.\njudgement: No.\nnote", "Y008", "judgement: No.", "keep one"),
    Fault("no finding", R, 'finding: "{by} went into {place}, premises of {mission}."\n', "", "R002", "rule: vcdr-22-1-visit", "finding"),
    Fault("an unknown term", R, "by.attributed_to: receiving\n  mission", "by.atributed_to: receiving\n  mission", "R004", "by.atributed", "by.attributed_to"),
    Fault("an unknown value", R, "act.harm: injury", "act.harm: injry", "R005", "injry", "injury"),
    Fault("an unknown concept", R, "place.premises: true\n  by", "place.premisses: true\n  by", "R010", "premisses", "place.premises"),
    Fault("an unknown reading", R, "consent_by_junior:\n", "consent_by_juniors:\n", "R011", "consent_by_juniors", "consent_by_junior"),
    Fault("an unknown act type", R, "[enter_premises, search", "[enter_premise, search", "R018", "enter_premise,", "enter_premises"),
    Fault("no word on exceptions", R, "except: none\nno_exceptions: For tests.\n", "", "R022", "rule: vcdr-22-1-stay", "no_exceptions"),
    Fault("an exception without an authority", R, "    cite: ARSIWA 24\n", "", "R015", "danger:", "cite"),
    Fault("an unknown instrument", R, "cite: ARSIWA 24", "cite: ARSIVA 24", "R015", "ARSIVA", "ARSIWA"),
    Fault("a whole convention cited", R, "provision: VCDR 22(1)\nkind: departure\ntitle: Agents of the receiving State do not come", "provision: VCDR\nkind: departure\ntitle: Agents of the receiving State do not come", "R015", "provision: VCDR\n", "VCDR 41(1)"),
    Fault("an id used twice", R, "rule: vcdr-22-1-stay", "rule: vcdr-22-1-visit", "R009", "rule: vcdr-22-1-visit\nprovision: VCDR 22(1)\nkind: departure\ntitle: Agents of the receiving State do not stay", "rename"),
    Fault("`see` leads nowhere", R, "see: [vcdr-22-1-stay]", "see: [vcdr-22-1-sty]", "R001", "vcdr-22-1-sty", "vcdr-22-1-stay"),
    Fault("a trigger with a fact", R, "trigger: {act.tag: entry}", "trigger: {act.tag: entry, act.zone: inside}", "R008", "trigger: {act.tag", "applies"),
    Fault("a finding with an unknown blank", R, "into {place}, premises", "into {palce}, premises", "R017", "{palce}", "place"),
    Fault("practice without its level", R, "strength: [treaty]", "strength: [practice]", "R002", "strength: [practice]", "level"),
    Fault("a value that draws a conclusion", R, "act.harm: injury", "act.harm: unlawful", "R005", "unlawful", "conclusion"),
    Fault("a value twice", R, "[inside, roof]", "[inside, roof, inside]", "R005", "roof, inside", ""),
    Fault("a key without its colon", R, "kind: departure\ntitle: Agents of the receiving State do not stay", "kind departure\ntitle: Agents of the receiving State do not stay", "Y003", "kind departure", "colon"),
    Fault("a quotation mark left open", R, 'stayed in {place}."', "stayed in {place}.", "Y003", 'finding: "{by} stayed', "quotation mark"),
    Fault("a text with braces and no quotes", R, 'finding: "{by} stayed in {place}."', "finding: {by} stayed in {place}.", "Y003", "finding: {by}", "quotation marks"),
    Fault("indented with no-break spaces", R, "  mission.kind: [embassy", "\u00a0\u00a0mission.kind: [embassy", "Y003", "\u00a0mission.kind", "plain spaces"),
    Fault("exceptions in a list", R, "except: none\n", "except: [{thing: {when: {act.harm: injury}}}]\n", "R001", "except: [", "dash"),
    Fault("`any` with a mapping", R, "departs: {}", "departs: {any: {act.zone: inside}}", "R001", "departs: {any", "any: ["),
    Fault("`not` with a list", R, "departs: {}", "departs: {not: [{act.zone: inside}]}", "R001", "departs: {not", "any: ["),
    Fault("a list of nothing", R, "strength: [treaty]", "strength: []", "R002", "strength: []", "write"),
    Fault("a blank unlike any other", R, "into {place}, premises", "into {xyzzy}, premises", "R017", "{xyzzy}", "{mission}"),
    Fault("the article before its instrument", R, "provision: VCDR 22(1)\nkind: departure\ntitle: Agents of the receiving State do not stay", "provision: Article 22(1) VCDR\nkind: departure\ntitle: Agents of the receiving State do not stay", "R015", "Article 22(1)", "VCDR 41(1)"),
    Fault("an act type nobody wrote down", R, "[enter_premises, search", "[raid, search", "R018", "[raid", "vocabulary"),
    Fault("a tag by its first letters", R, "act.tag: entry", "act.tag: entrance", "R018", "entrance", "'entry'"),
    Fault("a test that looks at no act", T, "act: stay\n", "", "R020", "tests: vcdr-22-1-stay", "act:"),
    # Terms that nothing can carry.
    Fault("a role that the acts do not have", R, "trigger: {act.type: [enter_premises, search_premises]}\napplies: {place.premises: true", "trigger: {act.type: sever}\napplies: {object.kind: bag", "L001", "object.kind", "these acts have"),
    Fault("a place that is a person", R, "  mission.kind: [embassy", "  place.is: person\n  mission.kind: [embassy", "L002", "place.is", "place"),
    Fault("a deadline where nobody is sent home", R, "  mission.kind: [embassy", "  png.deadline_hours: {less_than: 48}\n  mission.kind: [embassy", "L001", "png.deadline", "png_declare"),
    Fault("an act that the trigger shuts out", R, "act.zone: inside}", "act.zone: inside, act.type: display_flag}", "L002", "act.type: display_flag", "enter_premises"),
    Fault("one value that cannot occur", R, "act.zone: inside}", "act.zone: inside, act.type: [enter_premises, display_flag]}", "L003", "display_flag", "search_premises"),
    Fault("a group that is an ambassador", R, "  mission.kind: [embassy", "  by.is: group\n  by.role: head_of_mission\n  mission.kind: [embassy", "L010", "by.role", "correct one"),
    # Conditions at odds with each other.
    Fault("applies against departs", R, "departs: {}\nexcept: none", "departs: {act.zone: roof}\nexcept: none", "L010", "departs: {act.zone: roof}", "correct one"),
    Fault("applies against itself", R, "  mission.kind: [embassy, interests_section]\n", "  mission.kind: [embassy, interests_section]\n  not: {by.attributed_to: receiving}\n", "L010", "not: {by", "correct one"),
    Fault("an exception that never applies", R, "when: {act.danger_to_life: true}", "when: {act.danger_to_life: true, mission.kind: consular_post}", "L011", "mission.kind: consular_post", "correct one"),
    Fault("an exception against the trigger", R, "when: {act.danger_to_life: true}", "when: {act.danger_to_life: true, act.type: display_flag}", "L002", "act.type: display_flag", "the trigger admits"),
    Fault("an exception to the exception that never applies", R, "{when: {act.stage: attempted}", "{when: {act.stage: attempted, consent.state: refused}", "L011", "consent.state: refused", "correct one"),
    Fault("an exception that always applies", R, "when: {act.danger_to_life: true}", "when: {by.attributed_to: receiving}", "L013", "danger:", "narrow"),
    Fault("said by the trigger", R, "act.zone: inside}", "act.zone: inside, act.tag: entry}", "L012", "act.tag: entry}\ndeparts", "take it out"),
    Fault("said above already", R, "departs: {}\nexcept: none", "departs: {by.attributed_to: [receiving, sending]}\nexcept: none", "L012", "departs: {by.attr", "take it out"),
    Fault("an alternative inside another", R, "    - {act.harm: injury}", "    - {act.zone: inside, act.harm: injury}", "L014", "- {act.zone: inside, act", "narrow"),
    Fault("two exceptions that are one", R, "when: {act.danger_to_life: true}", "when: {consent.from: [sending_state, head], consent.state: given}", "L015", "danger:", "make them one"),
    # Nothing uses it.
    Fault("a presumption never needed", R, "presume: [premises_in_use]", "presume: [premises_in_use, not_host_national]", "L022", "presume:", "test 'against.national"),
    Fault("a reading that changes nothing", R, "junior: {when: {consent.state: given, consent.from: junior}, cite: VCDR 22(1), text: asked in}", "danger: {when: {act.danger_to_life: true}, presumed: absent, cite: ARSIWA 24, text: life was in danger}", "L023", "apparent_authority", "take it out"),
    # Roles, layers, words.
    Fault("a role that may be empty", R, "{by} stayed in {place}", "{by} stayed in {place} over {object}", "L031", "over {object}", "object.is"),
    Fault("a norm that binds a role of other acts", R, "trigger: {act.type: [enter_premises, search_premises]}\napplies: {place.premises: true, by.attributed_to: receiving, act.zone: inside}", "trigger: {act.type: sever}\napplies: {by.attributed_to: receiving}", "L030", "stayed in {place}", "these acts have"),
    Fault("a norm owed to nobody there", R, "owed_to: sending_state}\nstrength: [treaty]\ntrigger: {act.type: [enter_premises, search_premises]}", "owed_to: object}\nstrength: [treaty]\ntrigger: {act.type: sever}", "L032", "owed_to: object", "State"),
    Fault("practice called treaty law", R, "provision: VCDR 22(1)\nkind: departure\ntitle: Agents of the receiving State do not stay", "provision: P22\nkind: departure\ntitle: Agents of the receiving State do not stay", "L040", "strength: [treaty]\n", "practice"),
    Fault("a power that forbids", R, "kind: departure\ntitle: Agents of the receiving State do not stay", "kind: power\ntitle: Agents of the receiving State do not stay", "L041", "norm: {bearer: by", "may"),
    Fault("a verdict in the finding", R, "{by} stayed in {place}.", "{by} unlawfully stayed in {place}.", "L042", "unlawfully", "departure"),
    Fault("a violation in the title", R, "do not stay on", "violate nothing", "L042", "violate nothing", "departure"),
    Fault("premises called extraterritorial", R, "text: life was in danger", "text: the ground is extraterritorial", "L042", "extraterritorial", "inviolable"),
    Fault("the number of another article", R, "provision: VCDR 22(1)\nkind: departure\ntitle: Agents of the receiving State do not stay", "provision: VCDR 29\nkind: departure\ntitle: Agents of the receiving State do not stay", "L044", "provision: VCDR 29", "id"),
    Fault("deprecated with no successor", R, "no_exceptions: For tests.\n", "no_exceptions: For tests.\nstatus: deprecated\n", "L046", "status: deprecated", "see"),
    Fault("not a date", R, "date: 2026-01-10\nmodified", "date: 10 January 2026\nmodified", "L047", "date: 10", "2026-02-21"),
    Fault("modified before it was written", R, "modified: 2026-01-12", "modified: 2025-01-12", "L047", "modified: 2025", "correct"),
    Fault("nothing on judgement", R, "judgement: None.\nnote: For tests.\n", "note: For tests.\n", "L048", "rule: vcdr-22-1-visit", "judgement"),
    Fault("an exception without words", R, "    text: life was in danger\n", "", "L048", "danger:", "text"),
    # The ledger.
    Fault("not in the ledger", R, "provision: VCDR 22(1)\nkind: departure\ntitle: Agents of the receiving State do not stay", "provision: VCDR 22(7)\nkind: departure\ntitle: Agents of the receiving State do not stay", "L050", "VCDR 22(7)", "22(2)"),
    Fault("an authority not in the ledger", R, "    cite: VCDR 22(1)\n    text: the head", "    cite: VCDR 22(9)\n    text: the head", "L052", "VCDR 22(9)", "22(2)"),
    # Tests.
    Fault("a rule without tests", T, "\ntests: vcdr-22-1-stay", "\ntests: vcdr-22-1-visit", "L060", "rule: vcdr-22-1-stay", "22-1-visit.test.yaml"),
    Fault("never fires", T, "they stay, outcome: established", "they stay, outcome: open", "L061", "rule: vcdr-22-1-stay", "presumed"),
    Fault("never silent", T, "  - {name: outside, set: {acts.stay.zone: nearby}, outcome: not_in_play}\n", "", "L062", "rule: vcdr-22-1-stay", "not_in_play"),
    Fault("an exception no test reaches", T, "  - {name: danger, set: {acts.entry.danger_to_life: yes}, outcome: excused}\n", "", "L063", "danger:", "add a check"),
    Fault("a test of no rule", T, "\ntests: vcdr-22-1-stay", "\ntests: vcdr-22-1-stray", "L064", "vcdr-22-1-stray", "vcdr-22-1-stay"),
    Fault("two checks of one name", T, "name: a crowd,", "name: police walk in,", "L065", "police walk in, set", "special"),
    Fault("a check without a name", T, "{name: danger, set", "{set", "L065", "{set: {acts.entry.danger", "special"),
    Fault("a test of an act not there", T, "act: stay\n", "act: stya\n", "L066", "act: stya", "stay"),
    Fault("a reading no test reaches", T, "    worlds: {consent_by_junior=head_only: presumed, consent_by_junior=apparent_authority: excused}\n", "", "L067", "consent_by_junior:", "worlds"),
    Fault("an outcome that does not exist", T, "outcome: arguable", "outcome: arguabel", "R020", "arguabel", "arguable"),
    Fault("a world that does not exist", T, "consent_by_junior=head_only:", "consent_by_junior=head_onyl:", "L068", "head_onyl", "head_only"),
    Fault("a fault in a test's case", T, "{is: group, kind: crowd", "{is: group, kind: crwd", "C015", "crwd", "crowd"),
    # Left over.
    Fault("something to do", R, "note: For tests.", "note: TODO the note.", "L070", "TODO", "replace"),
    Fault("spaces at the end", R, "note: For tests.", "note: For tests.  ", "L071", "For tests.  ", "--fix"),
]  # fmt: skip


@cache
def shipped() -> dict[str, bytes]:
    return rulebook_files([shipped_rules()])[0]


@cache
def ground() -> dict[str, bytes]:
    """The vocabulary, the concepts and the readings, with an index of one article."""
    kept = {
        name: data
        for name, data in shipped().items()
        if name.startswith(("vocabulary/", "concepts/", "readings/"))
    }
    return {**kept, "instruments/vcdr.yaml": LEDGER.encode()}


def linted(files: dict[str, str], only: set[str] | None = None) -> Linted:
    return lint({**ground(), **{n: t.encode() for n, t in files.items()}}, only or set(files))


def told(found: Linted) -> list[str]:
    return [
        f"{p.place.line if p.place else 0} {p.severity} {p.code} {p.message} ({p.hint})"
        for p in found.problems
    ]


def line_of(text: str, part: str) -> int:
    assert part in text, part
    return text.count("\n", 0, text.index(part)) + 1


def test_the_good_files_are_clean():
    assert told(linted(FILES)) == []


@pytest.mark.parametrize("fault", FAULTS, ids=[f.name.replace(" ", "-") for f in FAULTS])
def test_a_planted_fault_is_told(fault: Fault):
    assert FILES[fault.file].count(fault.old) >= 1, fault.old
    files = {**FILES, fault.file: FILES[fault.file].replace(fault.old, fault.new, 1)}
    found = linted(files)
    text = next((t for t in files.values() if fault.line in t), "")
    at = line_of(text, fault.line)
    hits = [
        p
        for p in found.problems
        if p.code == fault.code and p.place is not None and p.place.line == at
    ]
    assert hits, f"{fault.code} on line {at}, but:\n" + "\n".join(told(found))
    assert any(fault.hint in f"{p.message} {p.hint}" for p in hits), told(found)
    assert fault.hint == "" or any(p.hint for p in hits)


ALONE = [
    (R, "strength: [treaty]", "strength: [treety]", "R001"),
    (R, "modality: must_not", "modality: shall_not", "R001"),
    (R, "provision: VCDR 22(1)", "provision: VDCR 22(1)", "R015"),
    (R, "when: {act.danger_to_life: true}", "when: {act.dangerous: true}", "R004"),
    (R, "except: none\nno_exceptions: For tests.", "except: [{x: {cite: VCDR 22(1)}}]", "R001"),
    (T, "act: stay\n", "", "R020"),
    (T, "act: entry\n", "act: enrty\n", "L066"),
    (T, "acts.entry.danger_to_life", "acts.entry.danger_to_lief", "C003"),
    (T, "acts.entry.danger_to_life", "acts.enrty.danger_to_life", "C032"),
]


@pytest.mark.parametrize(("file", "old", "new", "code"), ALONE)
def test_what_follows_from_a_slip_is_not_told_beside_it(file: str, old: str, new: str, code: str):
    found = linted({**FILES, file: FILES[file].replace(old, new, 1)})
    assert FILES[file].count(old) >= 1
    assert [p.code for p in found.problems] == [code], told(found)


def test_a_circle_of_concepts_is_told_where_it_closes():
    part = "{when: {place.kind: apartment, place.test_house: true}}"
    text = CONCEPT.replace("{place.kind: house}", "{when: {place.kind: house}}")
    text = text.replace("{place.kind: apartment}", part)
    line, hint = one("concepts/idle.yaml", text, "R014")
    assert line == line_of(text, "place.test_house: true")
    assert "take one" in hint


def test_a_sentence_for_no_term_is_told():
    text = "sentences:\n  act.zone: {inside: x}\n  act.zoen: It was {value}.\nsentence: {}\n"
    text = text.replace("{inside: x}", "It was {value}.")
    assert one("wording/more.yaml", text, "R004") == (3, "did you mean 'act.zone'?")
    assert one("wording/more.yaml", text, "R003")[0] == 4


def test_there_are_many_kinds_of_fault():
    assert len({fault.name for fault in FAULTS}) >= 60
    assert len({fault.code for fault in FAULTS}) >= 40


MARK = "<!-- from here made from tests/test_lint.py: make docs -->\n"


def examples() -> str:
    """What the page says of every code, with the first planted fault of each as the example."""
    planted = {fault.code: fault for fault in reversed(FAULTS)}
    found: list[str] = []
    for code, entry in LINTS.items():
        found += [f"### {code}: {entry.title}", ""]
        found += [*wrap(f"{entry.severity.capitalize()}. {entry.meaning} {entry.advice}", 96), ""]
        fault = planted.get(code)
        if fault is not None:
            good = FILES[fault.file]
            bad = good.replace(fault.old, fault.new, 1)
            lines = unified_diff(bad.splitlines(), good.splitlines(), n=0, lineterm="")
            kept = [line for line in lines if line[0] in "-+" and line[:3] not in ("---", "+++")]
            found += ["```", *kept, "```", ""]
    return "\n".join(found)


def test_the_page_shows_every_code_with_its_planted_fault(update_golden: bool):
    """If not: `make docs`."""
    path = Path(__file__).parents[1] / "docs" / "linting.md"
    written = path.read_text(encoding="utf-8")
    made = written.partition(MARK)[0] + MARK + "\n" + examples()
    if update_golden:
        path.write_text(made, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == made


def one(file: str, text: str, code: str) -> tuple[int, str]:
    found = [p for p in linted({**FILES, file: text}).problems if p.code == code]
    assert len(found) == 1, told(linted({**FILES, file: text}))
    assert found[0].place is not None
    return found[0].place.line, found[0].hint


def test_what_nothing_uses_is_told_where_it_is_defined():
    assert one("readings/idle.yaml", READING, "L021")[0] == 1
    assert one("concepts/idle.yaml", CONCEPT, "L020")[0] == 1


def test_a_definition_inside_another_is_told():
    text = CONCEPT.replace("{place.kind: apartment}", "{place.kind: house, place.in: receiving}")
    assert one("concepts/idle.yaml", text, "L017")[0] == 6


def test_a_view_without_a_reason_is_told():
    text = READING.replace("held_by: others, why: because", "held_by: others")
    assert one("readings/idle.yaml", text, "L048")[0] == 7


def test_a_covered_rule_is_told_and_a_different_one_is_not():
    wide, narrow = RULE.split("---\n")
    again = narrow.replace("vcdr-22-1-stay", "vcdr-22-1-linger")
    tests = TEST + "---\n" + TEST.split("---\n")[1].replace("22-1-stay", "22-1-linger")
    files = {R: f"{wide}---\n{narrow}---\n{again}", T: tests}
    hits = [p for p in linted(files).problems if p.code == "L016"]
    assert [p.place.line for p in hits if p.place] == [line_of(files[R], "vcdr-22-1-linger")]
    assert "says the same as 'vcdr-22-1-stay'" in hits[0].message
    narrower = again.replace("act.zone: inside}", "act.zone: inside, act.harm: injury}")
    files[R] = f"{wide}---\n{narrow}---\n{narrower}"
    hits = [p for p in linted(files).problems if p.code == "L016"]
    assert "covered wholly by 'vcdr-22-1-stay'" in hits[0].message
    other = again.replace("act.zone: inside}", "act.zone: roof}")
    files[R] = f"{wide}---\n{narrow}---\n{other}"
    assert [p for p in linted(files).problems if p.code == "L016"] == []


def test_a_retired_id_is_told_with_its_successor():
    retired = "retired:\n  vcdr-22-1-stay: {replaced_by: vcdr-22-1-visit}\n"
    line, hint = one("vocabulary/retired.yaml", retired, "L045")
    assert line == line_of(RULE, "vcdr-22-1-stay\nprovision")
    assert "vcdr-22-1-visit" in hint


def test_a_word_of_the_vocabulary_that_is_a_conclusion_is_told():
    name = "vocabulary/topics.yaml"
    text = shipped()[name].decode() + "  provocative: Words that provoke.\n"
    assert one(name, text, "L043")[0] == text.count("\n")


def test_a_word_that_nobody_reads_is_a_hint_at_its_line():
    name = "vocabulary/attributes.yaml"
    text = shipped()[name].decode() + "  shoe_size: {type: number, definition: Of x., ask: What?}\n"
    hits = [p for p in linted({**FILES, name: text}).problems if "shoe_size" in p.message]
    assert [(p.code, p.severity) for p in hits] == [("L024", "hint")]
    assert [p.place.line for p in hits if p.place] == [text.count("\n")]


def test_an_instrument_without_an_index_gives_one_hint():
    files = {**FILES, "instruments/vcdr.yaml": LEDGER.replace("VCDR", "VCCR")}
    hits = [p for p in linted(files).problems if p.code == "L051"]
    assert [(p.severity, p.place.line if p.place else 0) for p in hits] == [("hint", 2)]


def test_a_broken_file_hides_nothing_in_another():
    broken = {"vcdr/29-x.yaml": "rule: [\n"}
    text = RULE.replace("{by} stayed in {place}.", "{by} illegally stayed in {place}.")
    found = linted({**FILES, **broken, R: text})
    assert {p.code for p in found.problems} == {"Y003", "L042"}
    first = RULE.replace("act.harm: injury", "act.harm: injry", 1)
    first = first.replace("act.zone: inside}", "act.zone: inside, act.tag: entry}")
    assert {p.code for p in linted({**FILES, R: first}).problems} >= {"R005", "L012"}


def test_only_the_files_asked_about_are_told():
    files = {**FILES, "readings/idle.yaml": READING}
    assert linted(files, {R}).problems == ()
    assert {p.code for p in linted(files, {"readings/idle.yaml"}).problems} == {"L021"}


def test_every_code_has_a_test():
    """In the table, or by name in this file."""
    here = Path(__file__).read_text(encoding="utf-8")
    assert [code for code in LINTS if here.count(code) < 1] == []


def test_the_shipped_rulebook_is_clean():
    found = lint(shipped())
    assert [
        t for t, p in zip(told(found), found.problems, strict=True) if p.severity != "hint"
    ] == []
    assert {p.code for p in found.problems} <= {"L024", "L025", "L051"}


# --------------------------------------------------------------------------- mending


def mended(files: dict[str, str], name: str = R) -> str:
    whole = {**ground(), **{n: t.encode() for n, t in files.items()}}
    fixed = fixes(whole, {name})
    return fixed.texts.get(name, files[name])


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("act.harm: injury", "act.harm: injry"),
        ("by.attributed_to: receiving\n  mission", "by.atributed_to: receiving\n  mission"),
        ("presume: [premises_in_use]", "presume: [premises_in_use, not_host_national]"),
        ("presume: [premises_in_use]", "presume: [not_host_national, premises_in_use]"),
        ("[inside, roof]", "[inside, roof, inside]"),
        ("note: For tests.\n", "note: For tests.   \n"),
        ("see: [vcdr-22-1-stay]", "see: [vcdr-22-1-sty]"),
    ],
)
def test_a_mechanical_fault_is_mended_in_its_place(good, bad):
    """Everything else stays as it is, and mending again changes nothing."""
    text = "# A comment.\n" + RULE
    broken = text.replace(good, bad, 1)
    assert mended({**FILES, R: broken}) == text
    assert mended({**FILES, R: text}) == text


def test_a_line_break_is_added_and_a_block_of_text_left_alone():
    assert mended({**FILES, R: RULE.rstrip("\n")}) == RULE
    block = RULE.replace("note: For tests.\n", "note: |\n  A line.  \n  Another.\n")
    assert mended({**FILES, R: block}) == block


def test_what_takes_a_person_is_not_mended():
    for old, new in (("injury", "paper"), ("[inside, roof]", "[inside, nowhere]")):
        broken = RULE.replace(old, new, 1)
        assert mended({**FILES, R: broken}) == broken


@pytest.mark.parametrize(
    ("word", "meant", "true"),
    [
        ("entri", "entry", True),
        ("absnt", "absent", True),
        ("abesnt", "absent", True),
        ("absentt", "absent", True),
        ("act-zone", "act_zone", True),
        ("given", "driven", False),
        ("head", "sending_state", False),
    ],
)
def test_one_slip_of_the_finger(word, meant, true):
    assert one_slip(word, meant) is true


# --------------------------------------------------------------------------- answers

#: What a reader of SARIF relies on; the whole schema of the standard is not carried along.
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "properties": {
                            "driver": {
                                "required": ["name", "rules"],
                                "properties": {
                                    "rules": {
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id", "shortDescription"],
                                            "additionalProperties": False,
                                            "properties": {
                                                "id": {"type": "string"},
                                                "shortDescription": {"required": ["text"]},
                                                "fullDescription": {"required": ["text"]},
                                                "help": {"required": ["text"]},
                                                "defaultConfiguration": {
                                                    "properties": {
                                                        "level": {
                                                            "enum": ["note", "warning", "error"]
                                                        }
                                                    }
                                                },
                                            },
                                        },
                                    }
                                },
                            }
                        }
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {
                        "items": {
                            "required": ["ruleId", "ruleIndex", "level", "message"],
                            "additionalProperties": False,
                            "properties": {
                                "ruleId": {"pattern": "^[YCRL][0-9]{3}$"},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": {"required": ["text"]},
                                "locations": {
                                    "items": {
                                        "required": ["physicalLocation"],
                                        "properties": {
                                            "physicalLocation": {
                                                "required": ["artifactLocation", "region"]
                                            }
                                        },
                                    }
                                },
                                "fixes": {
                                    "items": {"required": ["artifactChanges", "description"]}
                                },
                            },
                        }
                    },
                },
            },
        },
    },
}


def faulty() -> tuple[Linted, dict[str, str]]:
    text = RULE.replace("act.harm: injury", "act.harm: injry")
    files = {**FILES, R: text.replace("{by} stayed", "{by} illegally stayed")}
    return linted(files), files


def test_sarif_has_places_rules_and_fixes():
    found, texts = faulty()
    made = sarif(found, texts)
    jsonschema.Draft7Validator(SARIF).validate(made)
    run = made["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    by_code = {result["ruleId"]: result for result in run["results"]}
    assert set(by_code) == set(rules) >= {"R005", "L042"}
    assert all(rules[r["ruleIndex"]] == r["ruleId"] for r in run["results"])
    where = by_code["R005"]["locations"][0]["physicalLocation"]
    assert where["artifactLocation"] == {"uri": R}
    assert where["region"]["endColumn"] - where["region"]["startColumn"] == len("injry")
    replaced = by_code["R005"]["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replaced["insertedContent"] == {"text": "injury"}
    assert "fixes" not in by_code["L042"]


def test_json_has_what_text_has():
    found, texts = faulty()
    made = plain(found, texts)
    assert made["format"] == "comity.lint/1"
    assert made["counts"] == {s: found.count(s) for s in ("error", "warning", "hint")}
    assert [(f["code"], f["line"]) for f in made["faults"]] == [
        (p.code, p.place.line if p.place else None) for p in found.problems
    ]
    assert {f["fixable"] for f in made["faults"] if f["code"] == "R005"} == {True}


# --------------------------------------------------------------------------- the command


@pytest.fixture
def desk(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        path = tmp_path / "drafts" / Path(name).name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["rules", "lint", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.fixture
def pack(tmp_path, monkeypatch) -> Path:
    """A sound pack, which takes a shipped rule out of use."""
    monkeypatch.chdir(tmp_path)
    files = {
        "pack.yaml": "pack: mine\ntitle: Mine\nversion: 1.0\ndisables:\n"
        "  practice-p12-third-flag: not followed here\n",
        "vocabulary/topics.yaml": "topics:\n  the_moon: Who owns the moon.\n",
    }
    for name, text in files.items():
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "mine"


def test_the_tests_of_a_rule_that_a_pack_disables_are_left_out(pack: Path):
    assert run("--rules", "mine", "practice", "mine")[0] == 0


def test_a_conclusion_among_the_words_of_a_pack_is_told(pack: Path):
    path = pack / "vocabulary" / "topics.yaml"
    path.write_text("topics:\n  the_moon: The moon.\n  unlawful: A breach.\n", encoding="utf-8")
    code, printed = run("mine")
    assert code == 1
    assert re.search(r"^mine/vocabulary/topics\.yaml:3:3: error\[L043\]", printed, re.M)


@pytest.mark.parametrize("name", ["p90.yml", "p90.test.yml", "p90.yaml.txt", "p90.YAML"])
def test_a_file_with_another_ending_is_told(pack: Path, name: str):
    assert run("mine") == (0, "Nothing to mend in 2 files.\n")
    (pack / name).write_text("rule: practice-p90-x\n", encoding="utf-8")
    (pack / ".hidden.yml").write_text("not: ours\n", encoding="utf-8")
    code, printed = run("mine")
    assert code == 1
    assert [line for line in printed.splitlines() if "[L069]" in line] == [
        f"mine/{name}:1:1: warning[L069] '{name}' is not read: a file of rules ends in .yaml"
    ]
    assert re.search(r"rename it to p90(\.test)?\.yaml$", printed, re.M)


def test_a_file_outside_the_rulebook_is_laid_over_it(desk: Path):
    path = desk / "drafts" / "22-1-visit.yaml"
    code, printed = run("drafts/22-1-visit.yaml")
    assert code == 0, printed
    path.write_text(RULE.replace("{by} stayed", "{by} illegally stayed"), encoding="utf-8")
    code, printed = run("drafts/22-1-visit.yaml")
    assert code == 1
    assert re.search(r"^drafts/22-1-visit\.yaml:\d+:\d+: error\[L042\]", printed, re.M)
    code, printed = run("drafts")
    assert code == 1
    assert "drafts/22-1-visit.yaml" in printed


def test_an_id_of_the_rulebook_is_told_where_the_new_file_has_it(desk: Path):
    path = desk / "drafts" / "aa.yaml"
    path.write_text(RULE.replace("vcdr-22-1-stay", "vcdr-22-1-entry"), encoding="utf-8")
    code, printed = run("drafts/aa.yaml")
    assert code == 1
    assert re.search(r"drafts/aa\.yaml:4\d:7: error\[R009\] rule 'vcdr-22-1-entry'", printed)


def test_a_new_version_of_a_shipped_file_takes_its_place(desk: Path):
    path = desk / "22-1-entry.yaml"
    path.write_bytes(shipped()["vcdr/22-1-entry.yaml"])
    code, printed = run("22-1-entry.yaml")
    assert (code, printed) == (0, "Nothing to mend in 1 file.\n")


def test_paths_may_be_names_of_the_rulebook():
    code, printed = run("vcdr/22-1-entry.yaml", "practice")
    assert code == 0
    assert "in " in printed


@pytest.mark.parametrize("path", ["vcdr/22-1-entri.yaml", "no/such", "empty", "notes.txt"])
def test_a_path_that_is_nothing_is_wrong_usage(desk: Path, path):
    (desk / "empty").mkdir()
    (desk / "notes.txt").write_text("x", encoding="utf-8")
    code, printed = run(path)
    assert code == 2
    assert path in printed


def test_hints_alone_pass_unless_strict(desk: Path):
    path = desk / "drafts" / "22-1-visit.yaml"
    path.write_text(RULE.replace("For tests.", "TODO", 1), encoding="utf-8")
    assert run("drafts/22-1-visit.yaml")[0] == 0
    assert run("drafts/22-1-visit.yaml", "--strict")[0] == 1


def test_fix_writes_the_file_and_says_what_it_did(desk: Path):
    path = desk / "drafts" / "22-1-visit.yaml"
    path.write_text(RULE.replace("act.harm: injury", "act.harm: injry"), encoding="utf-8")
    code, printed = run("--fix", "drafts/22-1-visit.yaml")
    assert code == 0, printed
    assert "drafts/22-1-visit.yaml:21: mended: 'injry' is 'injury'" in printed
    assert path.read_text(encoding="utf-8") == RULE
    before = path.stat().st_mtime_ns
    assert run("--fix", "drafts/22-1-visit.yaml")[0] == 0
    assert path.stat().st_mtime_ns == before


def test_fix_touches_nothing_that_was_not_named(desk: Path):
    test = desk / "drafts" / "22-1-visit.test.yaml"
    test.write_text(TEST + "  ", encoding="utf-8")
    run("--fix", "drafts/22-1-visit.yaml")
    assert test.read_text(encoding="utf-8") == TEST + "  "


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_the_answer_goes_whole_into_a_file(desk: Path, form):
    code, printed = run("vcdr", "--format", form, "-o", "answer.json")
    assert (code, printed) == (0, "")
    assert json.loads((desk / "answer.json").read_text(encoding="utf-8"))


def test_of_a_part_the_same_is_said_as_of_the_whole():
    _, texts = faulty()
    texts[T] = TEST.replace("outcome: presumed", "outcome: presumd")
    texts["vcdr/slips.yaml"] = texts[R].replace("rule: ", "rule: x-")
    whole = linted(texts).problems
    for name in texts:
        alone = linted(texts, {name}).problems
        assert alone == tuple(p for p in whole if p.place is None or p.place.file == name)
        assert alone


def test_every_code_can_be_explained():
    for code, entry in LINTS.items():
        result = CliRunner().invoke(main, ["explain", code])
        assert result.exit_code == 0
        assert entry.title in result.output
    assert set(LINTS) <= set(CATALOGUE)


def test_an_edit_needs_a_place_in_the_text():
    found, texts = faulty()
    assert all(edit_of(p, "") is None for p in found.problems)
    assert any(edit_of(p, texts[p.place.file]) for p in found.problems if p.place)
