"""Derivations as trees of text, for `comity why` and `comity why-not`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from comity.explaining import Branch, WhyNot
from comity.phrasing import plain
from comity.problems import printable, wrap
from comity.reporting import Finding

UNICODE = ("├─ ", "└─ ", "│  ", "   ")
ASCII = ("|- ", "'- ", "|  ", "   ")
SILENT = ("condition", "fact", "world")


class Look(Struct, frozen=True):
    """How to write a tree: width in columns, UTF-8 or ASCII, colour or not."""

    width: int = 80
    unicode: bool = True
    colour: bool = False

    @property
    def signs(self) -> Sequence[str]:
        return UNICODE if self.unicode else ASCII

    def bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self.colour else text

    def done(self, lines: Iterable[str]) -> str:
        text = "\n".join(lines) + "\n"
        return text if self.unicode else plain(text)


def tree(root: Branch, look: Look) -> str:
    """The finding and everything it rests on, one node a line."""
    head = wrap(printable(f"{root.text}: {root.value}"), look.width)
    place = wrap(printable(root.where), look.width, initial_indent="  ", subsequent_indent="  ")
    body = branches(root.children, "", look)
    return look.done([*(look.bold(line) for line in head), *place, *body])


def branches(children: Sequence[Branch], lead: str, look: Look) -> Iterable[str]:
    for index, child in enumerate(children):
        last = index == len(children) - 1
        first = lead + look.signs[1 if last else 0]
        rest = lead + look.signs[3 if last else 2]
        more = look.signs[2] if child.children else look.signs[3]
        yield from wrap(
            printable(line(child)), look.width, initial_indent=first, subsequent_indent=rest + more
        )
        yield from branches(child.children, rest, look)


def line(branch: Branch) -> str:
    """kind: text: value  [where]"""
    parts = [*([branch.kind] if branch.kind not in SILENT else []), branch.text, branch.value]
    where = f"  [{branch.where}]" if branch.where else ""
    return ": ".join(part for part in parts if part) + where


# --------------------------------------------------------------------------- why not


def reasons(
    title: str,
    answers: Sequence[WhyNot],
    look: Look,
    near: tuple[Finding, str] | None = None,
    measures: Sequence[Finding] = (),
) -> str:
    """Why a rule found nothing, act by act; what it found on measures; the nearest finding."""
    lines = [look.bold(x) for x in wrap(printable(title), look.width)]
    apart = [a for a in answers if a.outcome == "not triggered"]
    for answer in answers:
        if answer not in apart:
            word = answer.outcome.replace("_", " ")
            text = f"{answer.act}: {word}" + (f"; {answer.reason}" if answer.reason else "")
            lines += wrap(printable(text), look.width, subsequent_indent="  ")
            lines += branches(answer.failing, "  ", look)
    lines += another_kind(apart, len(apart) == len(answers), look)
    if measures:
        lines += wrap("It does stand on measures that the receiving State might take:", look.width)
        shown = tuple(Branch("fact", f.id, f.outcome) for f in measures[:6])
        rest = len(measures) - len(shown)
        more = (Branch("fact", f"{rest} more in comity check --format json"),) if rest else ()
        lines += branches((*shown, *more), "  ", look)
    if near is not None:
        found, how = near
        text = f"Nearest rule that does apply ({how}): {found.id}, {found.cite}, {found.outcome}"
        lines += wrap(printable(text), look.width, subsequent_indent="  ")
    return look.done(lines)


def another_kind(apart: Sequence[WhyNot], alone: bool, look: Look) -> Iterable[str]:
    """The acts of another kind than the rule is about, and what kind that would be."""
    if not apart:
        return
    names = ", ".join(dict.fromkeys(a.act for a in apart))
    yield from wrap(
        printable(f"Not about {names}: another kind of act."), look.width, subsequent_indent="  "
    )
    if alone:
        asked = dict.fromkeys(b.text for a in apart for b in a.failing)
        yield from wrap(
            printable(f"  It would take an act of this kind: {' or '.join(asked)}."),
            look.width,
            subsequent_indent="  ",
        )
