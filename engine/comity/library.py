"""Where the shipped rulebook and casebook are, and every YAML file under a folder, safely."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from comity.problems import Place, Problem, problem

if TYPE_CHECKING:
    # Python 3.10 has no such module.
    from importlib.resources.abc import Traversable

VOCABULARY = "vocabulary/"
INSTRUMENTS = "instruments/"  # lists of paragraphs: no rules
TEST = ".test.yaml"


def shipped_rules() -> Traversable:
    """The folder of rules that is installed with the package."""
    from importlib.resources import files

    return files("comity.rulebook")


def shipped_cases() -> Traversable:
    """The folder of cases that is installed with the package."""
    from importlib.resources import files

    return files("comity.casebook")


def rulebook_files(
    folders: Sequence[Traversable | Path], *, tests: bool = True
) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
    """The YAML files under some folders by name relative to their folder, in order of name.

    A later folder's file replaces an earlier one's of the same name; links that lead out of a
    folder are not followed. Without `tests` the tests beside the rules are left out.
    """
    found: dict[str, bytes] = {}
    problems: list[Problem] = []
    for folder in folders:
        if not folder.is_dir():
            place = Place(str(folder), 1, 1)
            problems.append(problem("Y001", place, "no such folder", "name a folder of rules"))
            continue
        for name, read in _files(folder, problems):
            if tests or not name.endswith(TEST):
                try:
                    found[name] = read()
                except OSError as error:
                    problems.append(_unreadable(name, error))
    return dict(sorted(found.items())), tuple(problems)


def _unreadable(name: str, error: OSError) -> Problem:
    return problem("Y001", Place(name, 1, 1), error.strerror or "cannot be read")


def _files(
    folder: Traversable | Path, problems: list[Problem]
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Every YAML file of a folder and those below it: its name relative to the folder, and how to
    read it."""
    if isinstance(folder, Path):
        yield from _on_disk(str(folder), "", problems)
    else:
        yield from _packed(folder, "")


def _on_disk(
    folder: str, prefix: str, problems: list[Problem]
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The plain way to read many files: this is done before every answer."""
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except OSError as error:
        problems.append(_unreadable(folder, error))
        return
    for entry in entries:
        if entry.is_symlink():
            continue
        if entry.is_dir():
            if not entry.name.startswith((".", "__")):
                yield from _on_disk(entry.path, f"{prefix}{entry.name}/", problems)
        elif entry.name.endswith(".yaml"):
            yield f"{prefix}{entry.name}", partial(_content, entry.path)


def _content(path: str) -> bytes:
    with FileIO(path) as file:
        return file.readall()


def _packed(folder: Traversable, prefix: str) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The same in a package that is no folder on the disk."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.name.startswith((".", "__")):
            yield from _packed(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".yaml"):
            yield f"{prefix}{entry.name}", entry.read_bytes


def split(
    found: Mapping[str, bytes],
) -> tuple[dict[str, bytes], dict[str, bytes], dict[str, bytes]]:
    """(vocabulary files, rule files, rule tests); the lists of paragraphs are none of these."""
    vocabulary = {n: d for n, d in found.items() if n.startswith(VOCABULARY)}
    tests = {n: d for n, d in found.items() if n.endswith(TEST)}
    rules = {
        n: d
        for n, d in found.items()
        if n not in vocabulary and n not in tests and not n.startswith(INSTRUMENTS)
    }
    return vocabulary, rules, tests
