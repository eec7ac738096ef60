"""`comity rules diff`: what a change of the rules changes in the cases."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from comity.commands import bench, shared
from comity.problems import printable

if TYPE_CHECKING:
    from comity.authoring.diffing import Difference, Side
    from comity.problems import Problem


@click.command("diff", short_help="Say what a change of the rules changes in the cases.")
@click.argument("old")
@click.argument("new")
@click.option(
    "--cases", multiple=True, metavar="CASES",
    help="A case, or a folder of them, instead of those that are installed. Repeatable.",
)  # fmt: skip
@click.option(
    "--path", default="rules", show_default=True, metavar="FOLDER",
    help="Where the rules are in the repository of a revision.",
)  # fmt: skip
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text",
    show_default=True, help="How to write the answer.",
)  # fmt: skip
@shared.OUTPUT
@shared.RULES
@shared.COLOUR
def rules_diff(
    old: str,
    new: str,
    cases: Sequence[str],
    path: str,
    format_: str,
    output: Path | None,
    folders: Sequence[Path],
    colour: str,
) -> None:
    """Say which findings change in which cases from the rules OLD to the rules NEW.

    Each is a folder (a whole rulebook, or a pack, which is laid over the installed one), a git
    revision of the repository one stands in, or `shipped` for the installed rulebook. Exits 1 if
    anything changes in a case.
    """
    from comity.authoring.diffing import compare

    files = list(case_files(cases, colour))
    before = rulebook("old", old, path, folders, colour)
    after = rulebook("new", new, path, folders, colour)
    found, problems = compare(before, after, files, progress)
    if found is None:
        shared.fail(problems, dict(files), 2, colour)
    shared.emit(written(found, format_), output)
    sys.exit(1 if found.cases else 0)


def rulebook(which: str, name: str, path: str, folders: Sequence[Path], colour: str) -> Side:
    """One of the two; exits 3, or 2 if there is no such thing, and says which of them it was."""
    from comity.authoring.diffing import side
    from comity.authoring.revisions import Unusable, files_of

    try:
        files = files_of(name, path, folders)
    except Unusable as error:
        unusable(which, name)
        shared.fail(error.problems, {}, error.code, colour)
    made, problems = side(name, files)
    if made is None:
        unusable(which, name)
        shared.fail(problems, files, 3, colour)
    return made


def unusable(which: str, name: str) -> None:
    click.echo(f"the {which} rules, {printable(name)}, cannot be used:", err=True)


def case_files(names: Sequence[str], colour: str) -> Iterator[tuple[str, bytes]]:
    """The cases by name; those that are installed if none is named. Exits 2 with every fault."""
    if not names:
        yield from bench.casebook((), colour).items()
        return
    faults: list[Problem] = []
    for name in dict.fromkeys(shared.case_files(names)):
        data, problems = shared.read_case_file(name)
        faults += problems
        if data is not None:
            yield name, data
    if faults:
        shared.fail(faults, {}, 2, colour)


def progress(done: int, of: int) -> None:
    """On standard error, for whoever waits at a terminal."""
    if sys.stderr is not None and sys.stderr.isatty():
        end = "\r\x1b[K" if done == of else ""
        click.echo(f"\r{done} of {of} cases{end}", nl=False, err=True)


def written(found: Difference, format_: str) -> str:
    from comity.authoring import diff_views

    if format_ == "json":
        return diff_views.as_json(found)
    if format_ == "markdown":
        return diff_views.markdown(found)
    from comity.render_text import Style

    return diff_views.text(found, Style(shared.width(), unicode=shared.unicode_output()))
