"""`comity rules verify`: contradictions, gaps and conditions that decide nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from comity.commands import shared
from comity.problems import problem

CHOICES = ("contradictions", "gaps", "conditions")


@click.command("verify")
@click.argument("names", nargs=-1, metavar="[RULE|ARTICLE...]")
@click.option(
    "--only", type=click.Choice(CHOICES), multiple=True, help="Ask this question. Repeatable."
)
@click.option(
    "--format", "layout", type=click.Choice(["text", "json"]), default="text",
    show_default=True, help="How the answer is written.",
)  # fmt: skip
@shared.OUTPUT
@shared.RULES
@shared.COLOUR
def rules_verify(
    names: Sequence[str],
    only: Sequence[str],
    layout: str,
    output: Path | None,
    folders: Sequence[Path],
    colour: str,
) -> None:
    """Find contradictions, gaps and idle conditions.

    Every answer has a frame that shows it, and the engine confirms it. Needs the extra "verify".
    """
    from comity.authoring import verifying
    from comity.authoring.verifying_questions import article_of
    from comity.authoring.verifying_solver import SolverMissing

    loaded = shared.load(folders, colour)
    book = loaded.rulebook
    known = [*(r.id for r in book.rules), *sorted({article_of(r.provision) for r in book.rules})]
    for name in names:
        if name not in known:
            shared.unknown("rule or article", name, known, colour, book.packs)
    chosen = [r for r in book.rules if r.id in names or article_of(r.provision) in names]
    files = shared.all_files(folders, colour, aside=True)
    accepted, faults = verifying.read_reviews(files)
    if faults:
        shared.fail(faults, files, 3, colour)
    asked = [question for question in CHOICES if not only or question in only]
    try:
        found = verifying.verify(loaded, accepted, only=asked, rules=chosen, progress=progress)
    except SolverMissing:
        click.echo("this needs a solver, which is an extra: pip install 'comity[verify]'", err=True)
        sys.exit(2)
    if layout == "json":
        shared.emit(verifying.json_of(found), output)
    else:
        shared.emit(verifying.text_of(found, loaded.vocabulary, asked), output)
    if found.stale:
        shared.warn(found.stale, files, colour, f"{len(found.stale)} explained in vain")
    if found.unconfirmed:
        text = f"the engine does not confirm {len(found.unconfirmed)} of these answers"
        hint = "this is a fault of `comity rules verify`, not of the rules; please report it"
        shared.fail((problem("R016", None, text, hint),), {}, 3, colour)
    sys.exit(1 if found.open or found.stale else 0)


def progress(text: str) -> None:
    """What goes on, on a terminal only."""
    if sys.stderr is not None and sys.stderr.isatty():
        click.echo(text, err=True)
