"""Expectations: what an encoder or a court said of a case, held against what the rules find.

Pure. `breached` = established or presumed; `not_breached` = respected, excused or not in play;
`immune` = established or presumed; `not_immune` = excused or not in play; any outcome word asks
for that outcome exactly. What no rule could have found is never agreed with: "not breached" needs a
rule on that provision. An expectation with `todo` is counted, never hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from comity.casefile import Expectation
from comity.checking import Checked
from comity.model import Rule
from comity.resolving import POSITIVE, Judged

Verdict = Literal["agrees", "disagrees", "todo", "todo_met"]
NOT_IN_PLAY = ("not_in_play", "moot")


class Aimed(Protocol):
    """A measure aimed at something, and its status: an `Option` of the report, for one."""

    @property
    def measure(self) -> str: ...
    @property
    def on(self) -> str: ...
    @property
    def date(self) -> str: ...
    @property
    def status(self) -> str: ...


class Comparison(Struct, frozen=True):
    """One expectation and what was found instead or as expected."""

    case: str
    variant: str
    expected: Expectation
    found: tuple[str, ...]  # outcomes, with the rule that gave each
    verdict: Verdict


def compare(checked: Checked, rules: Sequence[Rule]) -> tuple[Comparison, ...]:
    """Every expectation of a case, in order; `rules` are those that the case was checked by."""
    return tuple(one(checked, rules, expectation) for expectation in checked.case.expect)


def one(checked: Checked, rules: Sequence[Rule], expected: Expectation) -> Comparison:
    found, agrees = met(expected, checked.judged, checked.report.options, rules)
    verdict: Verdict = "agrees" if agrees else "disagrees"
    if expected.todo:
        verdict = "todo_met" if agrees else "todo"
    return Comparison(
        checked.case.id,
        checked.case.variant,
        expected,
        tuple(f"{outcome} ({name})" for outcome, name in found),
        verdict,
    )


def met(
    expected: Expectation,
    judged: Iterable[Judged],
    options: Iterable[Aimed],
    rules: Iterable[Rule],
) -> tuple[list[tuple[str, str]], bool]:
    """What was found of what an expectation speaks of, and whether that is what it expects."""
    if expected.measure:
        found = [
            (o.status, o.measure)
            for o in options
            if o.measure == expected.measure
            and expected.on in ("", o.on)
            and expected.date in ("", o.date)
        ]
        return found, bool(found) and all(status == expected.outcome for status, _ in found)
    matching = list(candidates(judged, expected))
    agrees = meets(expected.outcome, [j.outcome for j in matching])
    if not matching:
        agrees = agrees and speaks(rules, expected)
    return [(j.outcome, j.rule.id) for j in matching], agrees


def candidates(judged: Iterable[Judged], expected: Expectation) -> Iterable[Judged]:
    """The findings (and norms not in play) that an expectation speaks of."""
    for one_ in judged:
        act = one_.frame.act
        if expected.act and expected.act not in (act, act.split("#")[0]):
            continue
        if expected.mission and expected.mission != one_.frame.mission:
            continue
        if expected.rule and expected.rule != one_.rule.id:
            continue
        if expected.cite and not cites(expected.cite, one_.rule.provision):
            continue
        yield one_


def speaks(rules: Iterable[Rule], expected: Expectation) -> bool:
    """Whether some rule is about what is expected, so that its finding nothing means something."""
    if not expected.cite and not expected.rule:
        return False
    return any(
        expected.rule in ("", rule.id)
        and (not expected.cite or cites(expected.cite, rule.provision))
        for rule in rules
    )


def cites(wanted: str, provision: str) -> bool:
    """Whether a provision is, or lies within, one that is asked for ("VCDR 27", "A / B")."""
    for option in wanted.split(" / "):
        if provision == option or provision.startswith((option + "(", option + "-")):
            return True
    return False


def meets(word: str, outcomes: list[str]) -> bool:
    if word in ("breached", "immune"):
        return any(o in POSITIVE for o in outcomes)
    if word == "not_breached":
        return all(o in ("respected", "excused", *NOT_IN_PLAY) for o in outcomes)
    if word == "not_immune":
        return all(o in ("excused", *NOT_IN_PLAY) for o in outcomes)
    if word in NOT_IN_PLAY:
        return all(o in NOT_IN_PLAY for o in outcomes)
    return word in outcomes
