"""A difference of two rulebooks as text, JSON or Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from comity.authoring.diffing import (
    CaseChange,
    Difference,
    FindingChange,
    MeasureChange,
    RuleChange,
)
from comity.problems import Problem
from comity.render_markdown import escape
from comity.render_text import Style, para

FORMAT = "comity.diff/1"
USERS_SHOWN = 6
MARKS = {"added": "+", "removed": "-", "changed": "~"}


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


# --------------------------------------------------------------------------- text


def text(found: Difference, style: Style) -> str:
    lines = [
        *para(f"{found.old}  {short_hash(found.old_digest)}", style, 0, 2),
        *para(f"-> {found.new}  {short_hash(found.new_digest)}", style, 0, 3),
        "",
        "IN THE RULES",
        *(line for one in found.rules for line in _rule(one, style)),
        *([] if found.rules else [" nothing changed"]),
        "",
        "IN THE CASES",
        *(line for one in found.cases for line in _case(one, style)),
        *([] if found.cases else [" nothing changed"]),
        "",
        *para(summary(found), style),
    ]
    return "\n".join(lines) + "\n"


def short_hash(digest: str) -> str:
    return f"rulebook {digest.removeprefix('sha256:')[:8]}"


def summary(found: Difference) -> str:
    findings = sum(len(one.findings) for one in found.cases)
    measures = sum(len(one.measures) for one in found.cases)
    unread = sum(bool(one.unread_old or one.unread_new) for one in found.cases)
    said = (
        f"{counted(len(found.rules), 'change')} in the rules; of "
        f"{counted(found.checked, 'case')} with their variants {len(found.cases)} change: "
        f"{counted(findings, 'finding')} and {counted(measures, 'measure')} differ"
    )
    return f"{said}, {unread} can be read by one alone." if unread else f"{said}."


def _rule(one: RuleChange, style: Style) -> Iterator[str]:
    yield from para(rule_line(one), style, 1, 5)
    if one.title:
        yield from para(one.title, style, 5)
    for said in one.says:
        yield from para(said, style, 5, 7)
    if one.kind in ("concept", "reading", "word"):
        yield from para(users(one), style, 5, 7)


def rule_line(one: RuleChange) -> str:
    cite = f"  {one.cite}" if one.cite else ""
    return f"{MARKS[one.change]} {one.change} {one.kind} {one.id}{cite}"


def users(one: RuleChange) -> str:
    if not one.used_by:
        return "no rule rests on it"
    shown = ", ".join(one.used_by[:USERS_SHOWN])
    more = len(one.used_by) - USERS_SHOWN
    count = "1 rule rests" if len(one.used_by) == 1 else f"{len(one.used_by)} rules rest"
    return f"{count} on it: {shown}{f' and {more} more' * (more > 0)}"


def title(one: CaseChange) -> str:
    return f"{one.case}, variant {one.variant}" if one.variant else one.case


def _case(one: CaseChange, style: Style) -> Iterator[str]:
    yield from para(title(one), style, 1)
    for which, problems in (("old", one.unread_old), ("new", one.unread_new)):
        for each in problems:
            yield from para(f"unreadable under the {which} rules: {told(each)}", style, 3, 5)
    for finding in one.findings:
        yield from _move(f"{finding.finding}  {finding.cite}", finding, style)
    for measure in one.measures:
        on = f" on {measure.on}" if measure.on else ""
        yield from _move(f"measure {measure.measure}{on}", measure, style)


def _move(head: str, one: FindingChange | MeasureChange, style: Style) -> Iterator[str]:
    yield from para(head, style, 3, 5)
    yield from para(move(one), style, 5, 7)
    for said in one.says:
        yield from para(said, style, 5, 7)
    yield from para(f"through: {'; '.join(one.through)}", style, 5, 7)


def move(one: FindingChange | MeasureChange) -> str:
    missing = "not proposed" if isinstance(one, MeasureChange) else "not in play"
    old, new = one.old or missing, one.new or missing
    return f"{old} as before, and differs in:" if old == new else f"{old} -> {new}"


def told(one: Problem) -> str:
    at = f"{one.place.file}:{one.place.line}: " if one.place is not None else ""
    return f"{at}[{one.code}] {one.message}"


# --------------------------------------------------------------------------- Markdown


def markdown(found: Difference) -> str:
    old = f"{escape(found.old)} ({short_hash(found.old_digest)})"
    new = f"{escape(found.new)} ({short_hash(found.new_digest)})"
    blocks = [
        "# What a change of the rules changes",
        f"From {old} to {new}.",
        escape(summary(found)),
        "## In the rules",
        "\n".join(line for one in found.rules for line in _rule_items(one)) or "Nothing changed.",
        "## In the cases",
    ]
    for one in found.cases:
        blocks += [f"### {escape(title(one))}", "\n".join(_case_items(one))]
    if not found.cases:
        blocks.append("Nothing changed.")
    return "\n\n".join(blocks) + "\n"


def _rule_items(one: RuleChange) -> Iterator[str]:
    cite = f" ({one.cite})" if one.cite else ""
    title_ = f": {one.title}" if one.title else ""
    yield f"- **{one.change}** {one.kind} {escape(one.id + cite + title_)}"
    notes = [*one.says, *([users(one)] if one.kind in ("concept", "reading", "word") else [])]
    for said in notes:
        yield f"  - {escape(said)}"


def _case_items(one: CaseChange) -> Iterator[str]:
    for which, problems in (("old", one.unread_old), ("new", one.unread_new)):
        for each in problems:
            yield f"- Unreadable under the {which} rules: {escape(told(each))}"
    changes: Sequence[FindingChange | MeasureChange] = (*one.findings, *one.measures)
    for change in changes:
        if isinstance(change, FindingChange):
            head = f"{change.finding} ({change.cite})"
        else:
            on = f" on {change.on}" if change.on else ""
            head = f"measure {change.measure}{on}"
        yield f"- {escape(head)}: **{escape(move(change))}**"
        for said in (*change.says, f"through: {'; '.join(change.through)}"):
            yield f"  - {escape(said)}"


# --------------------------------------------------------------------------- JSON


def as_json(found: Difference) -> str:
    return json.dumps(as_data(found), indent=2, ensure_ascii=True) + "\n"


def as_data(found: Difference) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "old": {"name": found.old, "rulebook": found.old_digest},
        "new": {"name": found.new, "rulebook": found.new_digest},
        "rules": [
            {
                "kind": one.kind,
                "id": one.id,
                "change": one.change,
                "cite": one.cite,
                "title": one.title,
                "says": list(one.says),
                "used_by": list(one.used_by),
            }
            for one in found.rules
        ],
        "cases": [_case_data(one) for one in found.cases],
        "checked": found.checked,
    }


def _case_data(one: CaseChange) -> dict[str, Any]:
    return {
        "case": one.case,
        "variant": one.variant,
        "unreadable": {
            "old": [told(each) for each in one.unread_old],
            "new": [told(each) for each in one.unread_new],
        },
        "findings": [
            {
                "id": each.finding,
                "rule": each.rule,
                "cite": each.cite,
                "from": each.old.replace(" ", "_"),
                "to": each.new.replace(" ", "_"),
                "says": list(each.says),
                "through": list(each.through),
            }
            for each in one.findings
        ],
        "measures": [
            {
                "measure": each.measure,
                "on": each.on,
                "mission": each.mission,
                "from": each.old or "not_proposed",
                "to": each.new or "not_proposed",
                "says": list(each.says),
                "through": list(each.through),
            }
            for each in one.measures
        ],
    }
