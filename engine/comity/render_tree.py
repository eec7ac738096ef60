"""Derivations as trees of text, for `comity why` and `comity why-not`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from comity.explaining import Branch, WhyNot
from comity.problems import printable, wrap
from comity.reporting import Finding

UNICODE = ("├─ ", "└─ ", "│  ", "   ")
ASCII = ("|- ", "'- ", "|  ", "   ")


def tree(root: Branch, finding: Finding, width: int, unicode: bool) -> str:
    """The finding, its text, and everything it rests on, one node a line."""
    head = f"{root.kind} {finding.cite}: {root.value}"
    if finding.bearer:
        head += f" ({finding.bearer}{' towards ' + finding.owed_to if finding.owed_to else ''})"
    lines = [
        *wrap(printable(head), width),
        *wrap(printable(root.text), width, initial_indent="  ", subsequent_indent="  "),
    ]
    lines += wrap(printable(finding.text), width, initial_indent="  ", subsequent_indent="  ")
    lines += list(branches(root.children, "", width, UNICODE if unicode else ASCII))
    return "\n".join(lines) + "\n"


def branches(
    children: Sequence[Branch], lead: str, width: int, signs: Sequence[str]
) -> Iterable[str]:
    for index, child in enumerate(children):
        last = index == len(children) - 1
        first, rest = lead + signs[1 if last else 0], lead + signs[3 if last else 2]
        more = signs[2] if child.children else signs[3]
        yield from wrap(
            printable(line(child)), width, initial_indent=first, subsequent_indent=rest + more
        )  # fmt: skip
        yield from branches(child.children, rest, width, signs)


def line(branch: Branch) -> str:
    kind = "" if branch.kind in ("condition", "fact", "not") else f"{branch.kind}: "
    value = f": {branch.value}" if branch.value else ""
    where = f"  [{branch.where}]" if branch.where else ""
    return f"{kind}{branch.text}{value}{where}"


def reasons(
    rule: str, answers: Sequence[WhyNot], near: Finding | None, width: int, unicode: bool
) -> str:
    """Why a rule found nothing, act by act, and the nearest finding that there is."""
    signs = UNICODE if unicode else ASCII
    lines = [printable(rule)]
    apart = [a for a in answers if a.outcome == "not triggered"]
    for answer in answers:
        if answer not in apart:
            text = f"{answer.act}: {answer.outcome.replace('_', ' ')}"
            lines += wrap(printable(f"{text}; {answer.reason}" if answer.reason else text), width)
            lines += list(branches(answer.failing, "  ", width, signs))
    if apart:
        names = ", ".join(dict.fromkeys(a.act for a in apart))
        lines += wrap(
            printable(f"not about: {names} (another kind of act)"), width, subsequent_indent="  "
        )
        lines += (
            list(branches(apart[0].failing[:2], "  ", width, signs))
            if len(apart) == len(answers)
            else []
        )
    if near is not None:
        text = f"nearest finding: {near.id}, {near.cite}, {near.outcome}"
        lines += wrap(printable(text), width, break_long_words=False)
    return "\n".join(lines) + "\n"
