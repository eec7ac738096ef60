"""`comity rules list`: the rules in the order of the law, and the choice of some."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from comity.commands import bench, shared

if TYPE_CHECKING:
    from comity.vocabulary import Vocabulary


@click.command("list", short_help="List rules in the order of the law.")
@click.argument("words", nargs=-1, metavar="[WORDS...]")
@click.option(
    "--instrument",
    "instruments",
    multiple=True,
    metavar="VCDR",
    help="Only rules of this instrument. Repeatable.",
)
@click.option(
    "--article",
    "articles",
    multiple=True,
    metavar="22",
    help="Only rules of this article or paragraph. Repeatable.",
)
@click.option(
    "--strength",
    "strengths",
    multiple=True,
    metavar="treaty",
    help="Only rules of treaty, custom, practice or courtesy. Repeatable.",
)
@click.option(
    "--status",
    "statuses",
    multiple=True,
    metavar="stable",
    help="Only rules with this status. Repeatable.",
)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    metavar="departure",
    help="Only rules of this kind. Repeatable.",
)
@click.option(
    "--tag",
    "tags",
    multiple=True,
    metavar="entry",
    help="Only rules that acts of this tag, type or family bring up; of several, all.",
)
@click.option(
    "--verified",
    type=click.Choice(["yes", "no"]),
    help="Only rules that were, or were not, checked against their sources.",
)
@shared.FORMAT
@shared.OUTPUT
@shared.RULES
@shared.COLOUR
def rules_list(
    words: Sequence[str],
    instruments: Sequence[str],
    articles: Sequence[str],
    strengths: Sequence[str],
    statuses: Sequence[str],
    kinds: Sequence[str],
    tags: Sequence[str],
    verified: str | None,
    format_: str,
    output: Path | None,
    folders: Sequence[Path],
    colour: str,
) -> None:  # fmt: skip
    """List rules in the order of the law: provision, id, who owes it, and the norm.

    WORDS must all stand in a rule's title, finding, exceptions, note or references. Exits 1 if no
    rule fits.
    """
    from comity.authoring import listing
    from comity.model import Kind, Strength
    from comity.norms import STATUSES
    from comity.problems import printable

    loaded = shared.load(folders, colour)
    v = loaded.vocabulary
    wanted = listing.Wanted(
        instruments=known("instrument", [one.upper() for one in instruments],
                          [*v.instruments], colour),
        articles=tuple(articles),
        strengths=known("strength", strengths, get_args(Strength), colour),
        statuses=known("status", statuses, STATUSES, colour),
        kinds=known("kind", kinds, get_args(Kind), colour),
        tags=known("tag, type or family of acts", tags, acts_words(v), colour),
        verified=None if verified is None else verified == "yes",
        words=tuple(words),
    )  # fmt: skip
    rules = listing.chosen(loaded.rulebook.rules, wanted, v)
    if not rules:
        click.echo(f"none of {len(loaded.rulebook.rules)} rules fits", err=True)
        sys.exit(1)
    told = bench.words_of(loaded, shared.all_files(folders, colour, aside=True), colour)
    if format_ == "json":
        text = bench.to_json([listing.row(rule, told) for rule in rules])
    elif format_ == "markdown":
        from comity.authoring.pages_markdown import rules_table

        text = rules_table(rules, told)
    else:
        text = printable(listing.text(rules, told, shared.width()))
    shared.emit(text, output)


def known(what: str, names: Sequence[str], choices: Sequence[str], colour: str) -> tuple[str, ...]:
    """The names, each of which must be one of the choices; else exits 2 with the nearest."""
    for name in names:
        if name not in choices:
            shared.unknown(what, name, choices, colour)
    return tuple(names)


def acts_words(v: Vocabulary) -> list[str]:
    """Every word by which an act can be named: tags, families, types."""
    return [*v.tags, *v.families, *v.acts]
