"""`comity rules coverage`: what became of every paragraph of the instruments."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from comity.commands import shared

if TYPE_CHECKING:
    from comity.authoring.accounting import Accounts
    from comity.model import Rulebook
    from comity.vocabulary import Vocabulary


@click.command("coverage")
@click.argument("only", nargs=-1, metavar="[PLACE...]")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "html"]), default="text",
    show_default=True, help="How to write the ledger.",
)  # fmt: skip
@shared.OUTPUT
@click.option("--full", is_flag=True, help="Show every paragraph of every instrument.")
@shared.RULES
@shared.COLOUR
def rules_coverage(
    only: Sequence[str],
    format_: str,
    output: Path | None,
    full: bool,
    folders: Sequence[Path],
    colour: str,
) -> None:
    """Say of every paragraph which rules encode it.

    The ledger of each instrument: each paragraph is encoded by rules, or used by exceptions,
    concepts or measures, or left out for a reason. PLACE is an instrument (VCDR), or an article or
    paragraph of one ("VCDR 22").

    Exits 1 if a paragraph is accounted for by nothing, if an entry is stale, or if there is no
    index to look at.
    """
    from comity import __version__
    from comity.authoring import testing, testing_html
    from comity.authoring.accounting import narrowed
    from comity.phrasing import listed

    loaded = shared.load(folders, colour)
    wanted = places_of(only, loaded.vocabulary, colour)
    files = shared.all_files(folders, colour, aside=True)
    accounts = accounts_of(loaded.rulebook, loaded.vocabulary, files, colour, tuple(wanted))
    accounts = narrowed(accounts, wanted)
    empty = [a.index.instrument for a in accounts.instruments if not a.entries]
    if empty:
        shared.usage(f"the ledger lists no such place of {listed(empty)}")
    digest = loaded.rulebook.digest
    if format_ == "json":
        text = testing.to_json(testing.ledger_data(accounts, __version__, digest))
    elif format_ == "html":
        text = testing_html.ledger_page(accounts, __version__, digest)
    elif only or full:
        text = testing.accounts_text(accounts)
    else:
        text = testing.accounts_table(accounts)
    shared.emit(text, output)
    missing = set(wanted) - {a.index.instrument for a in accounts.instruments}
    sys.exit(1 if accounts.faults() or missing or not accounts.instruments else 0)


def places_of(
    only: Sequence[str], vocabulary: Vocabulary, colour: str
) -> dict[str, tuple[str, ...]]:
    """The numbers wanted of each instrument, all of it if none; exits 2 for an unknown one."""
    from comity.authoring.ledger import pinpoints

    names = vocabulary.instruments
    found: dict[str, tuple[str, ...]] = {}
    for place in only:
        name, _, rest = place.strip().partition(" ")
        if name not in names:
            shared.unknown("instrument", name, sorted(names), colour)
        numbers = tuple(one.number for one in pinpoints(place))
        if rest and not numbers:
            shared.usage(f"'{place}' is no article or paragraph: write it as in \"VCDR 22(1)\"")
        # The whole of an instrument outweighs a part of it.
        whole = not numbers or found.get(name) == ()
        found[name] = () if whole else (*found.get(name, ()), *numbers)
    return found


def accounts_of(
    rulebook: Rulebook,
    vocabulary: Vocabulary,
    files: Mapping[str, bytes],
    colour: str,
    only: tuple[str, ...] = (),
) -> Accounts:
    """The ledger against the rulebook; exits 3 with every fault if an index cannot be used."""
    from comity.authoring.accounting import account
    from comity.authoring.ledger import read_ledger
    from comity.library import folder_of

    ledger, problems = read_ledger(files)
    if problems:
        shared.fail(problems, dict(files), 3, colour)
    packs = {str(name): folder_of(name) for name in files}
    return account(ledger, rulebook, vocabulary.instruments, only, packs)
