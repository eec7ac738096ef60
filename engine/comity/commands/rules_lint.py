"""`comity rules lint`: every fault of the rulebook at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from comity.commands import shared
from comity.problems import printable

if TYPE_CHECKING:
    from comity.authoring.lint_paths import Scope
    from comity.authoring.linting import Linted

FEW = 3  # hints of one code that are shown unless all are asked for


@click.command("lint", short_help="Show every fault of the rules at once.")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@shared.RULES
@click.option("--fix", "mend", is_flag=True, help="Mend what is mechanical, and say what.")
@click.option("--strict", is_flag=True, help="Exit 1 for hints too.")
@click.option("--hints", "every", is_flag=True, help="Show every hint, and not the first few.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text",
    show_default=True, help="How the answer is written.",
)  # fmt: skip
@shared.OUTPUT
@shared.COLOUR
def rules_lint(
    paths: Sequence[str],
    folders: Sequence[Path],
    mend: bool,
    strict: bool,
    every: bool,
    form: str,
    output: Path | None,
    colour: str,
) -> None:
    """Show every fault of the rulebook at once, from its YAML to its law.

    A PATH is a file or a folder of rules; only its faults are shown, but it is judged as a part of
    the whole rulebook. A pack, or a file of one, is laid over the rulebook as with --rules; so is a
    file that belongs to none. Exits 1 if an error or a warning is found.
    """
    from comity.authoring.lint_paths import packs_of, passed_over, scope_of
    from comity.authoring.linting import joined, lint, renamed
    from comity.library import shipped_rules

    folders = (*folders, *packs_of(paths, shipped_rules(), folders))
    files = shared.all_files(folders, colour, aside=True)
    scope = scope_of(files, shipped_rules(), folders, paths)
    _refuse(scope, colour)
    if mend:
        scope = _mended(scope)
    linted = lint(scope.files, scope.only)
    texts = {
        scope.shown.get(name, name): data.decode("utf-8", "replace")
        for name, data in scope.files.items()
    }
    linted = joined(renamed(linted, scope.shown), passed_over(folders, paths))
    shared.emit(_written(linted, texts, form, every, colour, output), output)
    sys.exit(1 if linted.fails(strict=strict) else 0)


def _refuse(scope: Scope, colour: str) -> None:
    from comity.problems import problem

    if scope.unknown or scope.problems:
        faults = [
            problem("U001", None, f"no rule file is called '{path}'", hint)
            for path, hint in scope.unknown
        ]
        shared.fail([*scope.problems, *faults], {}, 2, colour)


def _mended(scope: Scope) -> Scope:
    """Write what can be mended, and say what."""
    from msgspec.structs import replace

    from comity.authoring.lint_fix import fixes

    own = scope.own if scope.only is None else scope.own & scope.only
    fixed = fixes(scope.files, own)
    for name, text in sorted(fixed.texts.items()):
        try:
            shared.write_whole(text, scope.on_disk[name])
        except OSError as error:
            shared.usage(f"{scope.on_disk[name]} cannot be written: {error.strerror}")
    for edit in fixed.edits:
        shown = scope.shown.get(edit.file, edit.file)
        click.echo(printable(f"{shown}:{edit.line}: mended: {edit.why}"), err=True)
    made = {name: text.encode() for name, text in fixed.texts.items()}
    return replace(scope, files={**scope.files, **made})


def _written(
    linted: Linted,
    texts: dict[str, str],
    form: str,
    every: bool,
    colour: str,
    output: Path | None,
) -> str:
    import json

    from comity.authoring import sarif
    from comity.authoring.linting import grouped, summary
    from comity.problems import render

    if form != "text":
        made = sarif.sarif if form == "sarif" else sarif.plain
        ascii_only = output is None and not shared.unicode_output()
        return json.dumps(made(linted, texts), indent=2, ensure_ascii=ascii_only) + "\n"
    kept, cut = grouped(linted.problems, len(linted.problems) if every else FEW)
    more = [
        f"{count} more hint{'s' if count != 1 else ''} of {code}: --hints shows each."
        for code, count in sorted(cut.items())
    ]
    end = summary(linted)
    if kept:
        end += f" More: comity explain {_first(linted)}"
    paint = output is None and shared.coloured(colour)
    return render(kept, texts, colour=paint, width=shared.width(), summary="\n".join([*more, end]))


def _first(linted: Linted) -> str:
    """The code that is most worth reading about."""
    for severity in ("error", "warning", "hint"):
        for one in linted.problems:
            if one.severity == severity:
                return one.code
    return ""
