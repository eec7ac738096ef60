"""`comity new`: a rule with its test, or a case, that works from the first minute.

What is written is small and real: it is read, it passes the linter, its tests pass. What its
author must replace is marked TODO, which the linter goes on hinting at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from comity.authoring.ledger import Ledger
from comity.citations import provision_fault
from comity.conditions import starts
from comity.model import Rule
from comity.problems import Problem, nearest, problem
from comity.vocabulary import ActType, Vocabulary

KINDS: Final = ("departure", "immunity", "inviolability", "duty", "power", "liberty")
Side = Literal["receiving", "sending"]

_MODALITY: Final[Mapping[str, str]] = {
    "departure": "must_not",
    "immunity": "must_not",
    "inviolability": "must_not",
    "duty": "must",
    "power": "may",
    "liberty": "may",
}
_RULE_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CASE_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Wish(Struct, frozen=True):
    """What somebody asked for; what is empty is chosen for them."""

    provision: str
    id: str = ""
    kind: str = ""
    act_type: str = ""
    binds: str = ""  # receiving or sending


class Draft(Struct, frozen=True):
    """The files of a scaffold by name, and what to tell its author."""

    files: Mapping[str, str]
    id: str
    notes: tuple[str, ...] = ()


def new_rule(
    wish: Wish, vocabulary: Vocabulary, rules: Sequence[Rule], ledger: Ledger
) -> tuple[Draft | None, tuple[Problem, ...]]:
    """A rule on a provision and its test, or what is wrong with the wish."""
    fault = _fault(wish, vocabulary, rules, ledger)
    if fault is not None:
        return None, (fault,)
    model = _model(wish.provision, rules)
    practice = _practice(wish.provision)
    recorded = next((one for one in ledger.paragraphs(wish.provision) if one.not_encoded), None)
    hints = _hints(recorded.note if recorded is not None else "", vocabulary)
    kind = wish.kind or hints.kind or (model.kind if model is not None else "departure")
    act = _act(wish, hints, model, vocabulary)
    side = _side(wish, hints, kind, model, practice)
    guessed = model is None and not (wish.act_type or hints.act)
    id_ = wish.id or _free_id(wish.provision, {rule.id for rule in rules})
    stem = file_stem(id_)
    rule = _rule_text(wish.provision, id_, kind, act, side, _says(wish.provision, ledger), practice)
    if recorded is not None:
        advice = _comment(f"What the ledger notes for whoever encodes it: {recorded.note}")
        rule = rule.replace("\nrule: ", f"\n#\n{advice}\nrule: ", 1)
    test = _test_text(id_, act, side, wish.provision)
    notes = [f"modelled on {model.id}"] if model is not None else []
    notes += [
        f"the ledger records {one} as not encoded: {one.not_encoded}"
        for one in ledger.paragraphs(wish.provision)
        if one.not_encoded
    ]
    if recorded is not None:
        notes.append("its note is in the draft")
    if guessed:
        notes.append(
            f"nothing says which acts this is about, so the draft takes '{act.name}': choose one of"
            " docs/vocabulary.md with --act-type, and whose conduct it is with --binds"
        )
    return Draft({f"{stem}.yaml": rule, f"{stem}.test.yaml": test}, id_, tuple(notes)), ()


def _fault(
    wish: Wish, vocabulary: Vocabulary, rules: Sequence[Rule], ledger: Ledger
) -> Problem | None:
    fault = provision_fault(wish.provision, vocabulary.instruments)
    if fault is not None:
        return problem("R015", None, *fault)
    unknown = [p for p in ledger.unknown(wish.provision) if p.instrument in ledger.instruments]
    if unknown:
        articles = ledger.instruments[unknown[0].instrument].articles
        article = articles.get(re.split(r"\W", unknown[0].number)[0])
        hint = f"it has: {', '.join(article.paragraphs)}" if article else "correct the number"
        return problem("L050", None, f"the ledger has no '{unknown[0]}'", hint)
    if wish.act_type and wish.act_type not in vocabulary.acts:
        near = nearest(wish.act_type, sorted(vocabulary.acts))
        hint = f"did you mean '{near}'?" if near else "see docs/vocabulary.md"
        return problem("R018", None, f"unknown act type '{wish.act_type}'", hint)
    if wish.id and not _RULE_ID.fullmatch(wish.id):
        text = f"'{wish.id}' cannot be the id of a rule"
        return problem("R001", None, text, "an id is small letters, digits and hyphens")
    if wish.id in {rule.id for rule in rules}:
        return problem("R009", None, f"there is a rule '{wish.id}' already", "choose another id")
    return None


def _practice(provision: str) -> bool:
    return re.match(r"P\d", provision) is not None


def _article(provision: str) -> str:
    found = re.match(r"(?:[A-Z-]+ )?P?\d+", provision)
    return found[0] if found is not None else provision


def _model(provision: str, rules: Sequence[Rule]) -> Rule | None:
    """A rule on the same paragraph or, failing that, the same article."""
    for same in (lambda one: one == provision, lambda one: _article(one) == _article(provision)):
        for rule in rules:
            if same(rule.provision):
                return rule
    return None


class Hints(Struct, frozen=True):
    """What the note of the ledger says in the words of the rules; empty where it says nothing."""

    kind: str = ""
    act: str = ""
    binds: str = ""


def _hints(note: str, vocabulary: Vocabulary) -> Hints:
    first = re.match(r"\w*", note)
    kind = first[0].lower() if first is not None else ""
    _, found, trigger = note.partition("trigger")
    words = re.findall(r"[a-z]+(?:_[a-z]+)*", trigger.partition(";")[0]) if found else []
    side = re.search(r"by\.(?:attributed_to|side) (receiving|sending)", note)
    return Hints(
        kind if kind in KINDS else "",
        next((word for word in words if word in vocabulary.acts), ""),
        side[1] if side is not None else "",
    )


def _act(wish: Wish, hints: Hints, model: Rule | None, vocabulary: Vocabulary) -> ActType:
    if wish.act_type or hints.act:
        return vocabulary.acts[wish.act_type or hints.act]
    if model is not None:
        for name, act in vocabulary.acts.items():
            if starts(model.trigger, name, vocabulary):
                return act
    return vocabulary.acts.get("make_statement") or next(iter(vocabulary.acts.values()))


def _side(wish: Wish, hints: Hints, kind: str, model: Rule | None, practice: bool) -> Side:
    if wish.binds or hints.binds:
        return "sending" if (wish.binds or hints.binds) == "sending" else "receiving"
    if model is not None:
        return "receiving" if model.norm.bearer == "receiving_state" else "sending"
    if kind in ("immunity", "inviolability", "power"):
        return "receiving"
    return "sending" if practice or not wish.act_type else "receiving"


def _free_id(provision: str, taken: Collection[str]) -> str:
    """`VCDR 31(1)` is `vcdr-31-1-draft`, or the next that is free."""
    instrument, _, pinpoint = provision.partition(" ")
    if not pinpoint:
        instrument, pinpoint = "practice" if _practice(provision) else instrument, instrument
        pinpoint = pinpoint.lower() if instrument == "practice" else ""
    first = re.split(r", |-(?=\d)", pinpoint)[0]
    numbers = re.findall(r"[a-z]?\d+(?:bis|ter)?|[a-z]+|[IVX]+", first)
    if numbers and numbers[0].isdecimal():
        numbers[0] = numbers[0].zfill(2)
    base = "-".join([re.sub(r"[^a-z]", "", instrument.lower()), *numbers, "draft"]).lower()
    if base not in taken:
        return base
    return next(f"{base}-{n}" for n in range(2, 1000) if f"{base}-{n}" not in taken)


def file_stem(id_: str) -> str:
    """The name of a rule's file: the id without its instrument."""
    head, _, rest = id_.partition("-")
    return rest if rest and head.isalpha() else id_


def folder_for(provision: str, here: Path) -> Path:
    """Where a rule on a provision goes if nobody says: a pack, the instrument's folder, here."""
    if (here / "pack.yaml").is_file():
        return here
    name = "practice" if _practice(provision) else provision.partition(" ")[0].lower()
    return here / "rules" / name if (here / "rules" / name).is_dir() else here


def _says(provision: str, ledger: Ledger) -> str:
    return next((one.says for one in ledger.paragraphs(provision)), "")


# --------------------------------------------------------------------------- the rule


def quoted(text: str) -> str:
    """A text as a double-quoted scalar of YAML."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _comment(text: str) -> str:
    return "\n".join(f"# {line}" for line in wrap(text, 96))


_ABOUT: Final[Mapping[Side, tuple[str, str, str, str]]] = {
    # bearer and owed to; the condition; the exception; its wording
    "receiving": (
        "{bearer: receiving_state, modality: %s, owed_to: sending_state}",
        "{by.attributed_to: receiving}",
        "{consent.state: given, consent.from: [head, sending_state]}",
        "the head of mission or the sending State consented",
    ),
    "sending": (
        "{bearer: by, modality: %s, owed_to: receiving_state}",
        "{by.side: sending}",
        "{consent.host: given}",
        "the receiving State consented",
    ),
}


def _rule_text(
    provision: str, id_: str, kind: str, act: ActType, side: Side, says: str, practice: bool
) -> str:
    norm, applies, consent, wording = _ABOUT[side]
    who = "the receiving State" if side == "receiving" else "a mission or a member of it"
    title = f"TODO {says}" if says else "TODO the norm in one sentence, in your own words"
    cite = quoted(provision) if "," in provision else provision
    strength = (
        "[practice]\nlevel: S1                # S1 contested ... S5 custom"
        if practice
        else "[treaty]"
    )
    if provision.startswith("CUSTOM"):
        strength = "[custom]"
    evidence = "TODO the evidence, and the evidence against it."
    return f"""\
{_comment(f"A draft on {provision}. Replace each TODO, then run `comity rules lint` and `comity rules test` again. Every key is explained in docs/writing-a-rule.md.")}
rule: {id_}
provision: {cite}
kind: {kind}
title: {quoted(title)}
norm: {norm % _MODALITY[kind]}
strength: {strength}
status: experimental     # stable once a second reader has checked it
verified: no
references: []           # judgments and documents, each with its place

# Which acts bring the rule up. TODO are these the right ones? Only act.type, act.family, act.tag.
trigger: {{act.type: {act.name}}}

# When the norm is in play. Here: when the act is that of {who}. TODO what else must be so?
applies: {applies}

# What turns being in play into a departure; empty if nothing more is needed.
departs: {{}}

# TODO the exceptions in law, each with its own citation; or `except: none` and `no_exceptions:`.
except:
  consent:
    when: {consent}
    presumed: absent     # what to assume if nothing is known of it
    cite: {cite}
    text: {wording}

finding: "{{by}} did what this norm is about. TODO say what, and without what."
judgement: TODO what the rule leaves to judgement; None. if it is nothing.
note: {evidence if practice else "TODO what a reader should know, with evidence; or take this line out."}
"""


# --------------------------------------------------------------------------- its test


def _test_text(id_: str, act: ActType, side: Side, provision: str) -> str:
    actor, other = ("police", "embassy") if side == "receiving" else ("embassy", "XB")
    fill = {
        "by": actor,
        "against": "envoy" if side == "receiving" else "XB",
        "place": "chancery",
        "object": "thing",
        "to": other,
        "for": "envoy",
        "over": "earlier",
        "answers": "earlier",
    }
    roles = ", ".join(f"{role}: {fill[role]}" for role in act.needs)
    earlier = ""
    if {"over", "answers"} & set(act.needs):
        earlier = "\n    earlier: {type: make_statement, by: embassy, date: 2026-01-05}"
    giver = "head" if side == "receiving" else "XB"
    consent = f"{{what: consent, by: {giver}, for: conduct, form: express, from: 2026-01-09}}"
    return f"""\
{_comment(f"Tests of the draft on {provision}: one in which the rule fires, one in which it keeps silent, one for each exception. Each check changes the base; invented States are AA, XA, XB and ZZ.")}
tests: {id_}
base:
  as_of: 2026-01-20
  cast:
    embassy:  {{is: mission, kind: embassy, sending: XA, receiving: XB}}
    chancery: {{is: place, used: [{{by: embassy, as: chancery, from: 2000}}], in: XB, acceptance: accepted}}
    head:     {{is: person, role: head_of_mission, at: embassy, nationality: XA, permanent_resident: no, from: 2024}}
    envoy:    {{is: person, role: diplomatic_staff, at: embassy, nationality: XA, permanent_resident: no, from: 2024}}
    police:   {{is: organ, of: XB, kind: police}}
    citizen:  {{is: person, role: none, instructed_by: none}}
    thing:    {{is: object, kind: document, located: chancery, used_by: embassy, owner: XA}}
  acts:
    conduct: {{type: {act.name}, {roles}, mission: embassy, date: 2026-01-10}}{earlier}
act: conduct
checks:
  - {{name: TODO what it looks like, outcome: presumed}}
  - {{name: somebody who acts for no State, set: {{acts.conduct.by: citizen}}, outcome: not_in_play}}
  - name: consent was given
    add: {{facts: [{consent}]}}
    outcome: excused
"""


# --------------------------------------------------------------------------- a case


def case_fault(id_: str) -> Problem | None:
    if _CASE_ID.fullmatch(id_):
        return None
    text = f"'{id_}' cannot be the id of a case"
    return problem("C025", None, text, "small letters, digits and hyphens, a letter first")


def new_case(id_: str, title: str) -> Draft:
    """A small case with one finding, and an expectation that it meets."""
    text = f"""\
# A case states what could be seen or read, never the conclusion. Replace each TODO, then run
# `comity check` on it; `comity check --expect` compares the answer with `expect` below.
# Every key is explained in docs/encoding-a-case.md, every word in docs/vocabulary.md.
case: {id_}
title: {quoted(title or "TODO what happened, where and when")}
as_of: 2026-05-10        # TODO the date from which the case is looked at
default_source: press    # the source of every fact that names no other
sources:
  press: {{title: TODO where this can be read, date: 2026-05-03}}

# Who and what takes part. States are two-letter codes; XA and XB are invented.
cast:
  embassy: {{is: mission, kind: embassy, sending: XA, receiving: XB}}
  chancery: {{is: place, used: [{{by: embassy, as: chancery, from: 2001}}], acceptance: accepted}}
  crowd: {{is: group, kind: crowd, instructed_by: none}}
  police: {{is: organ, of: XB, kind: police}}

# What was done: the type of the act, who did it, where and when. What is not known is left out.
acts:
  plea: {{type: request_help, by: embassy, to: police, date: 2026-05-01}}
  storm: {{type: occupy_premises, by: crowd, place: chancery, date: 2026-05-02}}
  idle: {{type: stand_by, by: police, place: chancery, over: storm, date: 2026-05-02}}

# What is known not to be so. Silence is never a no.
absent:
  - {{what: consent, by: embassy, for: storm}}

# What the parties say goes here, with who said it; what needs judgement goes under `judgements`.
claims:
  - {{by: XA, about: idle, says: TODO what XA said of it}}

# What you expect, written before you look at the answer.
expect:
  - {{act: idle, cite: VCDR 22(2), outcome: breached}}
  - {{act: storm, cite: VCDR 22(1), outcome: not_breached}}
"""
    return Draft({f"{id_}.yaml": text}, id_)


# --------------------------------------------------------------------------- a pack


def new_pack(name: str) -> Draft:
    """The file that makes a folder a pack of rules."""
    return Draft({f"{name}/pack.yaml": _pack(name)}, name)


def with_pack(draft: Draft, folder: str) -> Draft:
    """A draft for a folder that is no pack yet, with the file that makes it one."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-") or "my-rules"
    return replace(draft, files={**draft.files, "pack.yaml": _pack(name)})


def _pack(name: str) -> str:
    return f"""\
# A folder with this file is a pack: `comity check --rules FOLDER CASE` adds its rules.
pack: {name}
title: {quoted("TODO what these rules are, in one line")}
version: 0.1.0
"""
