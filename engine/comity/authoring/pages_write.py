"""Writing Markdown that GitHub and mkdocs read alike. Text from rules is data, never markup.

A character that could be markup becomes an escape that both readers know: Python-Markdown knows
no backslash before `<`, `>`, `&`, `|` and `~`, so these become entities.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from textwrap import wrap
from typing import Final

from comity.problems import printable

MADE: Final = "<!-- Made from rules/ by `make docs`. Do not edit by hand. -->"
WIDTH: Final = 100

_ENTITIES: Final = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "|": "&#124;", "~": "&#126;"}
_MARKUP: Final = re.compile(r"[\\`*\[\]<>|~&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_FIRST: Final = re.compile(r"^(\s*)(?:([#=:]|[+-](?=\s|$|-)|!(?=!))|(\d+)([.)])(?=\s|$))")
_CODE: Final = re.compile(r"`([\w.:/@ -]+)`")


def safe(text: str) -> str:
    """The text on one line, with nothing in it that Markdown or HTML would read."""
    flat = " ".join(printable(text).split())
    shown = _MARKUP.sub(lambda m: _ENTITIES.get(m[0], "\\" + m[0]), flat)
    return _FIRST.sub(lambda m: f"{m[1]}\\{m[2]}" if m[2] else f"{m[1]}{m[3]}\\{m[4]}", shown)


def prose(text: str) -> str:
    """The same, but plain words that the author put between backquotes stay code."""
    parts = _CODE.split(text)
    return "".join(
        f"`{part}`" if number % 2 else _keeping_ends(part) for number, part in enumerate(parts)
    ).strip()


def _keeping_ends(text: str) -> str:
    before = " " if text[:1].isspace() else ""
    after = " " if text.strip() and text[-1:].isspace() else ""
    return f"{before}{safe(text)}{after}"


def literal(text: str) -> str:
    """A name as code; what could end the code, or a table's cell, is told as text."""
    flat = " ".join(printable(text).split())
    return f"`{flat}`" if flat and not set("`|") & set(flat) else safe(flat)


# --------------------------------------------------------------------------- pages of lists


def item(text: str, depth: int = 0) -> str:
    """A list item, wrapped, so that the page also reads well in a terminal."""
    lead = "  " * depth + "- "
    lines = wrap(
        text,
        WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)


def paragraph(text: str) -> str:
    return "\n".join(wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False))


def code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def terms(entries: Mapping[str, str]) -> Iterator[str]:
    for name, definition in entries.items():
        yield item(f"{literal(name)}: {prose(definition)}")


def section(title: str, *parts: str | Iterable[str]) -> Iterator[str]:
    yield ""
    yield title
    for part in parts:
        yield ""
        if isinstance(part, str):
            yield paragraph(part)
        else:
            yield from part


def anchor(title: str) -> str:
    """As GitHub makes it from a heading."""
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")


def page(title: str, intro: str, sections: Mapping[str, Iterable[str]]) -> str:
    lines = [f"# {title}", "", MADE]
    for text in intro.split("\n\n"):
        lines += ["", paragraph(text)]
    lines += ["", *(f"- [{name}](#{anchor(name)})" for name in sections)]
    for name, body in sections.items():
        lines += section(f"## {name}", body)
    return "\n".join(lines) + "\n"
