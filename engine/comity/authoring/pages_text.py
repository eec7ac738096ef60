"""A description for the terminal: 80 columns, indents for what stands under what."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from comity.authoring.describing import Description, Item, Section
from comity.problems import printable

LONG_LIST = 12  # of plain names, such as types of act


def text(one: Description, width: int = 80, colour: bool = False) -> str:
    """The whole description; keys of the rule files stand in brackets."""
    head = f"{one.cite}  {one.id}" if one.cite else one.id
    lines = [
        head,
        *_wrapped(one.title.rstrip(".") + ("" if one.title.endswith("?") else "."), 0, width),
    ]
    lines += ["", *_wrapped(one.decides, 0, width)] if one.decides else []
    for label, said in one.facts:
        lines += _hanging(f"{label}: ", said, width)
    for section in one.sections:
        lines += ["", section.title.upper(), *_section(section, width)]
    if one.file:
        lines += ["", f"{one.file}:{one.line}"]
    safe = printable("\n".join(lines)).rstrip().split("\n")
    heads = {head, *(section.title.upper() for section in one.sections)}
    told = (f"\x1b[1m{line}\x1b[0m" if colour and line in heads else line for line in safe)
    return "\n".join(told) + "\n"


def _section(section: Section, width: int) -> Iterator[str]:
    if section.lead:
        yield from _wrapped(section.lead, 2, width)
    if section.name in ("tests", "cases", "concepts", "see", "rules", "through"):
        yield from _table(section, width)
        return
    single = len(section.items) == 1 and not section.items[0].parts
    for item in section.items:
        yield from _item(item, 2, width, bullet=not single)


def _table(section: Section, width: int) -> Iterator[str]:
    """Lines of names with what is said of each at the right."""
    for item in section.items:
        if not item.key and not item.note:
            yield from _wrapped(item.text, 2, width)
            continue
        left = item.key or item.text
        right = item.note
        if len(left) + len(right) + 4 <= width:
            yield f"  {left}{right:>{width - len(left) - 2}}"
        else:
            yield from _hanging("  ", left, width)
            yield from _wrapped(right, 6, width)
        if item.key:
            yield from _wrapped(item.text, 6, width)
        for part in item.parts:
            yield from _item(part, 6, width)


def _item(item: Item, depth: int, width: int, bullet: bool = True) -> Iterator[str]:
    lead = " " * depth + ("- " if bullet else "")
    said = item.text + ("" if not item.parts or item.text.endswith((":", "?", ".")) else ":")
    said += f"  [{item.key}]" if item.key else ""
    yield from _hanging(lead, said, width)
    if item.note:
        yield from _wrapped(f"({item.note})", len(lead), width)
    for part in item.parts:
        yield from _item(part, len(lead), width)


def _wrapped(said: str, depth: int, width: int) -> list[str]:
    return _hanging(" " * depth, said, width)


def _hanging(lead: str, said: str, width: int) -> list[str]:
    return wrap(
        " ".join(said.split()), width, initial_indent=lead, subsequent_indent=" " * len(lead),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
