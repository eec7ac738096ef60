"""`comity rules verify`: contradictions, gaps and idle conditions, each with a frame to show it.

    rules -> formulas (verifying_formulas), with the laws of frames (verifying_constraints)
          -> clingo (verifying_solver) -> claims (verifying_questions)
          -> the engine, on each claim's frame (verifying_witnesses)
          -> what an author has explained in rules/reviews/verify*.yaml is set apart -> the answer

Pure but for the progress that the caller is told of.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from msgspec import Struct

from comity import source
from comity.authoring import verifying_questions as ask
from comity.authoring.verifying_questions import QUESTIONS, Asker, Claim
from comity.authoring.verifying_witnesses import Witness, confirmed
from comity.checking import Loaded
from comity.library import inside
from comity.model import Rule
from comity.problems import Place, Problem, printable, problem
from comity.sheets import Faults
from comity.source import Fields, Items, Node, Text
from comity.switching import PREFIX
from comity.vocabulary import Vocabulary

FORMAT: Final = "comity.verify/1"
ASKS: Final = {
    "contradictions": ask.contradictions,
    "gaps": ask.gaps,
    "conditions": ask.conditions,
}
WIDTH: Final = 78


class Accepted(Struct, frozen=True):
    """An answer that an author has explained."""

    question: str
    subjects: frozenset[str]  # for a condition: any of these; for a contradiction: these two
    what: str
    reason: str
    values: frozenset[str] = frozenset()
    place: Place | None = None


class Answer(Struct, frozen=True):
    """A claim with what the engine says of it; explained if `reasons` are given."""

    claim: Claim
    witness: Witness
    reasons: tuple[str, ...] = ()


class Verified(Struct, frozen=True):
    """Everything that was found. `stale` are explanations of what is no longer so."""

    answers: tuple[Answer, ...]
    stale: tuple[Problem, ...]
    rules: int
    asked: int  # questions put to the solver
    defaults: Mapping[str, str] = {}  # of the readings

    @property
    def open(self) -> tuple[Answer, ...]:
        return tuple(a for a in self.answers if not a.reasons and not a.claim.note)

    @property
    def notes(self) -> tuple[Answer, ...]:
        return tuple(a for a in self.answers if not a.reasons and a.claim.note)

    @property
    def unconfirmed(self) -> tuple[Answer, ...]:
        return tuple(a for a in self.answers if a.witness.wrong)


def verify(
    loaded: Loaded,
    accepted: Sequence[Accepted],
    *,
    only: Sequence[str] = QUESTIONS,
    rules: Sequence[Rule] = (),
    progress: Callable[[str], None] = lambda text: None,
) -> Verified:
    """Ask the questions of a rulebook, or of some of its rules. Raises `SolverMissing`."""
    progress("reading the rules as formulas")
    asker = Asker(loaded.rulebook, loaded.vocabulary, _meant(accepted))
    chosen = rules or loaded.rulebook.rules
    found: list[Answer] = []
    hit: dict[Accepted, set[str]] = {}
    for question in QUESTIONS:
        if question in only:
            progress(f"looking for {question}")
            for claim in ASKS[question](asker, chosen):
                reasons = _explained(claim, accepted, hit)
                found.append(Answer(claim, confirmed(asker, loaded, claim), reasons))
    everything = len(chosen) == len(loaded.rulebook.rules)
    stale = _stale(accepted, hit, only) if everything else ()
    defaults = {id_: reading.default for id_, reading in loaded.rulebook.readings.items()}
    return Verified(tuple(found), stale, len(chosen), asker.asked, defaults)


# --------------------------------------------------------------------------- what is explained


def _meant(accepted: Iterable[Accepted]) -> dict[tuple[str, str], frozenset[str]]:
    """The values that gaps are explained for, by article or concept and key."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for one in accepted:
        for where in one.subjects if one.question == "gaps" else ():
            found[where, one.what] = found.get((where, one.what), frozenset()) | one.values
    return found


def _explained(
    claim: Claim, accepted: Iterable[Accepted], hit: dict[Accepted, set[str]]
) -> tuple[str, ...]:
    """The reasons given for a claim; () if there are none."""
    reasons = []
    for one in accepted:
        if one.question == claim.question and _matches(one, claim):
            hit.setdefault(one, set()).update(one.values & set(claim.values))
            reasons.append(one.reason)
    return tuple(reasons)


def _matches(one: Accepted, claim: Claim) -> bool:
    if claim.question == "contradictions":
        return one.subjects == frozenset(claim.subjects)
    if claim.question == "gaps":
        # Values that are meant and others are never told as one (see `gaps`).
        known = claim.where in one.subjects and one.what == claim.what
        return known and bool(one.values & set(claim.values))
    return claim.subjects[0] in one.subjects and one.what == claim.what


def _stale(
    accepted: Iterable[Accepted], hit: Mapping[Accepted, set[str]], only: Sequence[str]
) -> tuple[Problem, ...]:
    found = []
    for one in accepted:
        if one.question not in only:
            continue
        gone = sorted(one.values - hit.get(one, set()))
        if one not in hit:
            text = f"nothing is explained here: there is no such answer ({one.question})"
            found.append(problem("R001", one.place, text, "remove the entry"))
        elif gone:
            text = f"no longer left out: {', '.join(gone)}"
            found.append(problem("R001", one.place, text, "remove these values"))
    return tuple(found)


def read_reviews(files: Mapping[str, bytes]) -> tuple[tuple[Accepted, ...], tuple[Problem, ...]]:
    """The explanations in `reviews/verify*.yaml` of a rulebook; what is wrong with them."""
    faults = Faults()
    found: list[Accepted] = []
    for name in sorted(files):
        path = PurePosixPath(inside(name))
        if path.parent.name == "reviews" and path.name.startswith("verify"):
            nodes, problems = source.read(files[name], str(name))
            faults.problems.extend(problems)
            for node in nodes:
                found += _entries(node, faults)
    return tuple(found), tuple(faults.problems)


def _entries(node: Node, faults: Faults) -> Iterator[Accepted]:
    accepted = node.get("accepted") if isinstance(node, Fields) else None
    if not isinstance(node, Fields) or not isinstance(accepted, Items) or len(node) != 1:
        faults.add("R001", node.place, "a review is one list under `accepted`")
        return
    for entry in accepted.items:
        made = _entry(entry, faults)
        if made is not None:
            yield made


_SHAPES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "contradiction": ("contradictions", ("contradiction", "reason")),
    "gap": ("gaps", ("gap", "key", "values", "reason")),
    "condition": ("conditions", ("condition", "of", "reason")),
}


def _entry(entry: Node, faults: Faults) -> Accepted | None:
    kind = next((k for k in _SHAPES if isinstance(entry, Fields) and k in entry), "")
    if not isinstance(entry, Fields) or not kind:
        faults.add("R001", entry.place, "an entry is a `contradiction`, a `gap` or a `condition`")
        return None
    question, fields = _SHAPES[kind]
    for key, _ in entry:
        if key.text not in fields:
            faults.unknown("R003", key, "key", fields)
    missing = [name for name in fields if name not in entry or not _texts(entry.get(name))]
    if missing:
        faults.add("R002", entry.place, f"'{missing[0]}' is missing", "say why it is accepted")
        return None
    read = {name: _texts(entry.get(name)) for name in fields}
    return Accepted(
        question=question,
        subjects=frozenset(read["of"] if kind == "condition" else read[kind]),
        what=(read.get("key") or read.get("condition") or ("",))[0],
        reason=read["reason"][0],
        values=frozenset(read.get("values", ())),
        place=entry.place,
    )


def _texts(node: Node | None) -> tuple[str, ...]:
    if isinstance(node, Text):
        return (node.text,) if node.text.strip() else ()
    if isinstance(node, Items):
        return tuple(part.text for part in node.items if isinstance(part, Text))
    return ()


# --------------------------------------------------------------------------- in words


def text_of(found: Verified, vocabulary: Vocabulary, only: Sequence[str] = QUESTIONS) -> str:
    """The answer for people."""
    lines: list[str] = []
    for question in QUESTIONS:
        if question in only:
            lines += _section(found, question, vocabulary)
    lines.append(_sum(found))
    return printable("\n".join(lines)) + "\n"


def _section(found: Verified, question: str, vocabulary: Vocabulary) -> list[str]:
    of = [a for a in found.answers if a.claim.question == question]
    shown = [a for a in of if (not a.reasons and not a.claim.note) or a.witness.wrong]
    notes = [a for a in of if not a.reasons and a.claim.note]
    explained = sum(bool(a.reasons) for a in of)
    head = f"{question.upper()}: {len(shown)} found, {explained} explained"
    lines = [head + (f", {len(notes)} noted" if notes else ""), ""]
    for number, answer in enumerate(shown, 1):
        lines += [*_told(answer, f"{number}. ", vocabulary, found.defaults), ""]
    return lines + _noted([answer.claim for answer in notes])


NOTED: Final[Mapping[str, str]] = {
    "practice_meets_law": "Noted: practice that meets the law, which prevails",
    "says_how": "Noted: rules that say how something is done that others permit",
}


def _noted(claims: Sequence[Claim]) -> list[str]:
    """What is no fault: the law prevails over practice, and both of the others can be kept."""
    lines: list[str] = []
    for kind, heading in NOTED.items():
        met: dict[str, list[str]] = {}
        for claim in claims:
            if claim.kind == kind:
                met.setdefault(claim.what, []).extend(s for s in claim.subjects if s != claim.what)
        lines += [heading] if met else []
        for one, others in sorted(met.items()):
            lines += _wrapped(f"{one}: {', '.join(others)}", "     ", first="   ")
        lines += [""] if met else []
    elsewhere = [claim for claim in claims if claim.kind == "answered_elsewhere"]
    lines += ["Noted: what an article leaves out and other rules answer"] if elsewhere else []
    for claim in elsewhere:
        values = ", ".join(claim.values)
        text = f"{claim.where}: {claim.what} = {values}; {claim.because[-1]}"
        lines += _wrapped(text, "     ", first="   ")
    return [*lines, ""] if elsewhere else lines


def _told(
    answer: Answer, mark: str, vocabulary: Vocabulary, defaults: Mapping[str, str]
) -> list[str]:
    claim, witness = answer.claim, answer.witness
    lines = _wrapped(claim.says, "   ", first=mark)
    for why in claim.because:
        lines += _wrapped(why, "       ", first="     - ")
    for said in _unusual_readings(witness.values, defaults):
        lines += _wrapped(said, "       ", first="     - ")
    lines.append("   a frame that shows it:")
    lines += _frame_lines(witness.values, vocabulary)
    if witness.wrong:
        lines.append("   THE ENGINE DOES NOT CONFIRM IT, which is a fault of `verify`:")
        lines += [line for one in witness.wrong for line in _wrapped(one, "       ", first="     ")]
    else:
        said = "; ".join(
            f"{expect.subject} is {outcome.replace('_', ' ')}"
            for expect, outcome in witness.said
            if not expect.changed and (outcome != "not_in_play" or len(claim.subjects) < 3)
        )
        if all(expect.changed for expect, _ in witness.said):
            said = "for each of these values"
        lines += _wrapped(
            f"the engine confirms it: {said or 'none of them is in play'}", "     ", first="   "
        )
    lines.append("   if it is meant, say so in rules/reviews/verify.yaml:")
    return lines + [f"     {line}" for line in entry_of(claim)]


def _unusual_readings(values: Sequence[tuple[str, str]], defaults: Mapping[str, str]) -> list[str]:
    """The frame has the default of a reading if it can: another value is what the claim needs."""
    found = ((key.removeprefix(PREFIX), value) for key, value in values if key.startswith(PREFIX))
    return [
        f"only on another reading than the default: {id_} is {value}, and not {defaults[id_]}"
        for id_, value in found
        if value != defaults.get(id_, value)
    ]


def entry_of(claim: Claim) -> list[str]:
    """The entry that explains a claim, but for the reason."""
    if claim.question == "contradictions":
        head = [f"- contradiction: [{', '.join(claim.subjects)}]"]
    elif claim.question == "gaps":
        values = ", ".join(_quoted(value) for value in claim.values)
        head = [f"- gap: {claim.where}", f"  key: {claim.what}", f"  values: [{values}]"]
    else:
        quoted = json.dumps(claim.what, ensure_ascii=False)
        head = [f"- condition: {quoted}", f"  of: [{claim.subjects[0]}]"]
    return [*head, "  reason: ..."]


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value


def _frame_lines(values: Sequence[tuple[str, str]], vocabulary: Vocabulary) -> list[str]:
    """`key = value`, with the meaning of the key; the values of a set on one line."""
    shown: dict[str, list[str]] = {}
    for key, value in values:
        name, _, member = key.partition(":")
        if name not in ("act.family", "act.tag"):
            said = {"true": member, "false": f"not {member}"}.get(value, value) if member else value
            shown.setdefault(name, []).append(said)
    lines = []
    for name, members in shown.items():
        members.sort(key=lambda one: one.startswith("not "))
        meaning = _meaning(name, vocabulary)
        said = ", ".join(ask.with_unit(vocabulary, name, member) for member in members)
        lines += _wrapped(f"{name} = {said}{meaning}", "         ", first="     ")
    return lines


def _meaning(name: str, vocabulary: Vocabulary) -> str:
    """What a key says, as far as its first clause; the type of an act speaks for itself."""
    found = vocabulary.keys.get(name)
    if name == "act.type" or found is None:
        return "   (a reading)" if name.startswith(PREFIX) else ""
    clause = re.split(r"[.;:?]", re.sub(r"[{}]", "", found.definition), maxsplit=1)[0].strip()
    return f"   ({clause})"


def _wrapped(text: str, indent: str, *, first: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False
    )


def _sum(found: Verified) -> str:
    explained = sum(bool(a.reasons) for a in found.answers)
    parts = [
        f"{found.rules} rule{'s' * (found.rules != 1)}",
        f"{len(found.open)} found",
        f"{explained} explained",
    ]
    if found.notes:
        parts.append(f"{len(found.notes)} noted")
    if found.stale:
        parts.append(f"{len(found.stale)} explained in vain")
    if found.unconfirmed:
        parts.append(f"{len(found.unconfirmed)} NOT CONFIRMED by the engine")
    return ", ".join(parts)


def json_of(found: Verified) -> str:
    """The same as data."""
    return (
        json.dumps(
            {
                "format": FORMAT,
                "rules": found.rules,
                "answers": [_data(answer) for answer in found.answers],
                "stale": [
                    {"at": f"{p.place.file}:{p.place.line}" if p.place else "", "says": p.message}
                    for p in found.stale
                ],
                "summary": {
                    "found": len(found.open),
                    "noted": len(found.notes),
                    "explained": sum(bool(a.reasons) for a in found.answers),
                    "unconfirmed": len(found.unconfirmed),
                },
            },
            indent=2,
            ensure_ascii=False,
        )
        + "\n"
    )


def _data(answer: Answer) -> dict[str, object]:
    claim, witness = answer.claim, answer.witness
    return {
        "question": claim.question,
        "kind": claim.kind,
        "note": claim.note,
        "subjects": list(claim.subjects),
        "where": claim.where,
        "what": claim.what,
        "values": list(claim.values),
        "says": claim.says,
        "because": list(claim.because),
        "explained": list(answer.reasons),
        "frame": dict(witness.values),
        "confirmed": not witness.wrong,
        "engine": [
            {"of": e.subject, "with": dict(e.changed), "outcome": outcome}
            for e, outcome in witness.said
        ],
        "wrong": list(witness.wrong),
    }
