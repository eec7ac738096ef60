"""`comity rules test`: the tests that stand beside the rules, and what they show."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from comity.commands import shared

if TYPE_CHECKING:
    from comity.authoring.testing import Run


@click.command("test")
@click.argument("only", nargs=-1, metavar="[RULE...]")
@click.option(
    "--coverage", is_flag=True,
    help="Also say what no check shows, and what became of every paragraph of the instruments.",
)  # fmt: skip
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "junit", "html"]), default="text",
    show_default=True, help="How to write the report.",
)  # fmt: skip
@shared.OUTPUT
@shared.RULES
@shared.COLOUR
def rules_test(
    only: Sequence[str],
    coverage: bool,
    format_: str,
    output: Path | None,
    folders: Sequence[Path],
    colour: str,
) -> None:
    """Run the tests that stand beside the rules. A run in which nothing ran fails."""
    from comity.authoring.testing import summary

    run = run_of(tuple(dict.fromkeys(only)), coverage, folders, colour)
    shared.emit(written(run, format_), output)
    if output is not None:
        click.echo(summary(run))
    sys.exit(1 if run.fails() else 0)


def run_of(only: tuple[str, ...], coverage: bool, folders: Sequence[Path], colour: str) -> Run:
    from comity import __version__
    from comity.authoring.deciding import lines
    from comity.authoring.testing import Run
    from comity.ruletests import left_out, run

    loaded = shared.load(folders, colour)
    ids = [r.id for r in loaded.rulebook.rules]
    for name in only:
        if name not in ids:
            shared.unknown("rule", name, ids, colour, loaded.rulebook.packs)
    files = shared.all_files(folders, colour, aside=True)
    results, problems = run(loaded, files, only)
    if problems:
        shared.fail(problems, files, 3, colour)
    tested = {result.rule for result in results}
    measured = accounts = None
    if coverage:
        from comity.authoring.coverage import measure
        from comity.authoring.places import Places
        from comity.commands.rules_coverage import accounts_of

        measured = measure(loaded, results, Places(files), only)
        # The ledger is about the whole rulebook, not about some of its rules.
        accounts = None if only else accounts_of(loaded.rulebook, loaded.vocabulary, files, colour)
    return Run(
        results=results,
        why=lines(loaded, results),
        asked=only,
        left_out={} if only else left_out(loaded.rulebook, files),
        untested=tuple(r for r in ids if r not in tested and (not only or r in only)),
        comity=__version__,
        rulebook=loaded.rulebook.digest,
        coverage=measured,
        accounts=accounts,
    )


def written(run: Run, format_: str) -> str:
    from comity.authoring import junit, testing, testing_html

    if format_ == "json":
        return testing.to_json(testing.run_data(run))
    if format_ == "junit":
        return junit.render(run)
    return testing_html.run_page(run) if format_ == "html" else testing.run_text(run)
