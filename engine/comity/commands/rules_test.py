"""`comity rules test`: the tests that stand beside the rules."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from comity.commands import shared
from comity.problems import printable


@click.command("test")
@click.argument("only", nargs=-1, metavar="[RULE...]")
@shared.RULES
@shared.COLOUR
def rules_test(only: Sequence[str], folders: Sequence[Path], colour: str) -> None:
    """Run the tests that stand beside the rules. A run in which nothing ran fails."""
    from comity.ruletests import left_out, run

    loaded = shared.load(folders, colour)
    for name in only:
        if name not in (ids := [r.id for r in loaded.rulebook.rules]):
            shared.unknown("rule", name, ids, colour)
    files = shared.all_files(folders, colour, tests=True)
    results, problems = run(loaded, files)
    if problems:
        shared.fail(problems, files, 3, colour)
    chosen = [r for r in results if not only or r.rule in only]
    for result in chosen:
        if not result.passed:
            shared.emit(
                printable(f"{result.at}: {result.rule}: {result.name}: {result.message}") + "\n"
            )
    failed = sum(not r.passed for r in chosen)
    click.echo(f"{len(chosen) - failed} passed, {failed} failed")
    left = left_out(loaded.rulebook, files)
    if left and not only:
        what = (
            "of an overridden or disabled rule"
            if len(left) == 1
            else (f"of {len(left)} overridden or disabled rules")
        )
        count = sum(left.values())
        click.echo(f"{count} test{'s'[: count != 1]} {what} left out")
    sys.exit(1 if failed or not chosen else 0)
