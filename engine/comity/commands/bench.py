"""What the commands of the bench share: the words of the rules, the casebook, JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from comity.commands import shared

if TYPE_CHECKING:
    from comity.authoring.showing import Words
    from comity.checking import Loaded

CASES = click.option(
    "--cases", "cases", multiple=True, type=click.Path(path_type=Path), metavar="DIR",
    help="Look for findings in these cases, and not in the shipped ones. Repeatable.",
)  # fmt: skip


def words_of(loaded: Loaded, files: Mapping[str, bytes], colour: str) -> Words:
    """The sentences in which conditions are told; exits 3 if their file is faulty."""
    from comity.authoring.showing import read_words

    words, problems = read_words(files, loaded.vocabulary, loaded.rulebook)
    if problems:
        shared.fail(problems, dict(files), 3, colour)
    return words


def casebook(folders: Sequence[Path], colour: str) -> dict[str, bytes]:
    """The shipped cases, or those of some folders, by name relative to their folder."""
    from comity.library import rulebook_files, shipped_cases

    files, problems = rulebook_files(list(folders) or [shipped_cases()])
    if problems:
        shared.fail(problems, {}, 2, colour)
    if folders and not files:
        shared.usage("no case file there")
    return files


def to_json(value: Any) -> str:
    ascii_ = not shared.unicode_output()
    return json.dumps(value, indent=2, ensure_ascii=ascii_) + "\n"


def progress() -> Callable[[str], None]:
    """A line on standard error that is written over, on a terminal; else nothing."""
    if sys.stderr is None or not sys.stderr.isatty():
        return lambda _: None

    def show(what: str) -> None:
        click.echo(f"\r\x1b[K{what[:70]}", err=True, nl=False)

    return show
