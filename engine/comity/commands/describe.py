"""`comity schema` and `comity explain`: what a file may hold, and what a code means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import click

from comity.commands import shared
from comity.problems import CATALOGUE


@click.command(short_help="Print the JSON Schema of a kind of file.")
@click.argument("kind", type=click.Choice(["case", "rule", "measure", "vocabulary"]))
@shared.RULES
@shared.COLOUR
def schema(
    kind: Literal["case", "rule", "measure", "vocabulary"], folders: Sequence[Path], colour: str
) -> None:
    """Print the JSON Schema of a kind of file, or the vocabulary's terms."""
    import json

    from comity.schema import schema as schema_of
    from comity.schema_parts import names_of

    vocabulary, book = shared.read_rules(shared.all_files(folders, colour), colour)
    made = schema_of(kind, vocabulary, names_of(book))
    shared.emit(json.dumps(made, indent=2, ensure_ascii=not shared.unicode_output()) + "\n")


@click.command(short_help="Say what an error code means.")
@click.argument("code")
@shared.COLOUR
def explain(code: str, colour: str) -> None:
    """Say what an error CODE means and what to do about it."""
    entry = CATALOGUE.get(code.upper())
    if entry is None:
        shared.unknown("code", code, sorted(CATALOGUE), colour)
    from textwrap import fill

    title = f"{entry.code}: {entry.title}"
    title = f"\x1b[1m{title}\x1b[0m" if shared.coloured(colour) else title
    width = shared.width()
    shared.emit(f"{title}\n\n{fill(entry.meaning, width)}\n\n{fill(entry.advice, width)}\n")
