"""Where the shipped rulebook and casebook are, and every YAML file under a folder, safely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from comity.problems import Place, Problem, problem

if TYPE_CHECKING:
    # Python 3.10 has no such module.
    from importlib.resources.abc import Traversable

VOCABULARY = "vocabulary/"


def shipped_rules() -> Traversable:
    """The folder of rules that is installed with the package."""
    return files("comity.rulebook")


def shipped_cases() -> Traversable:
    """The folder of cases that is installed with the package."""
    return files("comity.casebook")


def rulebook_files(
    folders: Sequence[Traversable | Path],
) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
    """The YAML files under some folders by name relative to their folder, in order of name.

    A later folder's file replaces an earlier one's of the same name; links that lead out of a
    folder are not followed.
    """
    found: dict[str, bytes] = {}
    problems: list[Problem] = []
    for folder in folders:
        if not folder.is_dir():
            place = Place(str(folder), 1, 1)
            problems.append(problem("Y001", place, "no such folder", "name a folder of rules"))
            continue
        _collect(folder, "", found, problems)
    return dict(sorted(found.items())), tuple(problems)


def _collect(
    folder: Traversable, prefix: str, found: dict[str, bytes], problems: list[Problem]
) -> None:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        name = f"{prefix}{entry.name}"
        if isinstance(entry, Path) and entry.is_symlink():
            continue
        if entry.is_dir():
            if not entry.name.startswith((".", "__")):
                _collect(entry, f"{name}/", found, problems)
        elif entry.name.endswith(".yaml"):
            try:
                found[name] = entry.read_bytes()
            except OSError as error:
                reason = error.strerror or "cannot be read"
                problems.append(problem("Y001", Place(name, 1, 1), reason))


def split(
    found: Mapping[str, bytes],
) -> tuple[dict[str, bytes], dict[str, bytes], dict[str, bytes]]:
    """(vocabulary files, rule files, rule tests)."""
    vocabulary = {n: d for n, d in found.items() if n.startswith(VOCABULARY)}
    tests = {n: d for n, d in found.items() if n.endswith(".test.yaml")}
    rules = {n: d for n, d in found.items() if n not in vocabulary and n not in tests}
    return vocabulary, rules, tests
