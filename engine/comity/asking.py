"""Which unknown facts would change which findings: the questions a desk officer should ask next.

Pure. A question is an unknown frame key; it is asked only if answering it one way or another
changes the outcome of a finding, and each change is worked out, not guessed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from comity.compiling import RuleCode
from comity.completing import classes
from comity.model import Frame
from comity.resolving import POSITIVE, Judged
from comity.running import Engine
from comity.worlds import live_keys


class Change(Struct, frozen=True):
    """Answering a question with `value` turns a finding's outcome into `outcome`."""

    judged: Judged
    value: str
    outcome: str


class Question(Struct, frozen=True):
    """An unknown key of a frame and what its answers would change, most telling first."""

    key: str
    frame: Frame
    changes: tuple[Change, ...]


def questions(
    engine: Engine,
    judged: Iterable[Judged],
    bound: Mapping[str, Collection[str]],
) -> tuple[Question, ...]:
    """One question a key and act, over all the findings it would change.

    Only what matters is asked: an answer counts if it makes a finding a departure (or a
    protection) that it was not, or stops it from being one. `bound` gives for each measure what it
    takes from the act that it answers: how a measure would be carried out is no question about
    the case.
    """
    codes = {code.rule.id: code for code in engine.program.rules}
    found: dict[tuple[str, str], list[Change]] = {}
    frames: dict[tuple[str, str], Frame] = {}
    for one in judged:
        code, frame = codes[one.rule.id], one.frame
        keys = [
            key
            for key in unknown_keys(one, code)
            if not (frame.hypothetical and own_terms(key, bound[frame.measure]))
        ]
        for key, change in changes_of(one, code, keys):
            place = (key, frame.answers or frame.act)
            found.setdefault(place, []).append(change)
            frames.setdefault(place, frame)
    asked = [Question(key, frames[key, act], tuple(c)) for (key, act), c in found.items()]
    return tuple(sorted(asked, key=_rank))


def unknown_keys(judged: Judged, code: RuleCode) -> list[str]:
    """The keys a finding depends on that nobody has answered, switches left out.

    An open finding is asked about what it needs; any other about all that can still change it.
    """
    if judged.outcome == "open":
        return sorted({key for need in judged.needs for key, _accept, _want in need})
    switches = judged.frame.switches
    return [
        key
        for key in sorted(live_keys(judged.view, code))
        if not key.startswith("reading.") and key not in switches
    ]


def own_terms(key: str, bound: Collection[str]) -> bool:
    """Whether a key describes a measure and not the act that it answers."""
    role, _, attribute = key.partition(":")[0].partition(".")
    return role == "act" and attribute not in bound


def changes_of(judged: Judged, code: RuleCode, keys: Iterable[str]) -> Iterator[tuple[str, Change]]:
    """For each key the kinds of answer that change the outcome materially, all tried at once."""
    answers = [(key, values) for key in keys for values in classes(judged.view, key, code)]
    outcomes = judged.again([{key: values} for key, values in answers])
    for (key, values), outcome in zip(answers, outcomes, strict=True):
        if material(judged.outcome, outcome):
            yield key, Change(judged, values[0], outcome)


def material(before: str, after: str) -> bool:
    """Presumed becoming established is confirmation, not a change worth a question."""
    return standing(before) != standing(after)


def standing(outcome: str) -> str:
    """established and presumed read alike; so do the ways of being clear."""
    if outcome in POSITIVE:
        return "stands"
    return outcome if outcome in ("open", "arguable") else "clear"


def _rank(question: Question) -> tuple[int, int, int, str, str]:
    """First what moves findings on real acts; then what moves most."""
    real = len({c.judged.rule.id for c in question.changes if not c.judged.frame.hypothetical})
    opens = sum(c.judged.outcome in ("open", "arguable") for c in question.changes)
    return (-min(opens, 1), -real, -len(question.changes), question.key, question.frame.id)
