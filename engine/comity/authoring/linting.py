"""`comity rules lint`: everything wrong with a rulebook at once, from its YAML to its law.

What the readers find is reported as they say it; the checks of `lint_*` look at whatever could be
read, so that a slip in one file hides nothing in another.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from comity.authoring.lint_house import check_citations, check_house
from comity.authoring.lint_logic import check_logic
from comity.authoring.lint_read import Book, read_book
from comity.authoring.lint_terms import check_terms
from comity.authoring.lint_tests import check_tests
from comity.phrasing import listed, plural
from comity.problems import Problem, position

CHECKS: Final = (check_logic, check_terms, check_house, check_citations, check_tests)
SEVERITIES: Final = ("error", "warning", "hint")


class Linted(Struct, frozen=True):
    """What the linter has to say: in order of place, and the files that it looked at."""

    problems: tuple[Problem, ...]
    files: tuple[str, ...]

    def count(self, severity: str) -> int:
        return sum(one.severity == severity for one in self.problems)

    def fails(self, *, strict: bool = False) -> bool:
        """Whether anything has to be mended; hints count only if `strict`."""
        return any(strict or one.severity != "hint" for one in self.problems)


def lint(files: Mapping[str, bytes], only: Collection[str] | None = None) -> Linted:
    """All faults of a rulebook, by name of file; of some of its files, but judged against all."""
    book = read_book(files, only)
    found = [_advised(book, one) for one in book.problems]
    for check in CHECKS:
        found += check(book)
    looked_at = tuple(sorted(files if only is None else set(files) & set(only)))
    kept = {
        (one.code, one.place, one.message): one
        for one in found
        if only is None or one.place is None or one.place.file in only
    }
    return Linted(tuple(sorted(kept.values(), key=position)), looked_at)


def _advised(book: Book, one: Problem) -> Problem:
    """A word that is unknown because it draws a conclusion gets the advice for that word."""
    quoted = re.findall(r"'([a-z_.]+)'", one.message)
    if one.code not in ("R004", "R005", "R018", "R021") or not quoted:
        return one
    word = quoted[-1].rpartition(".")[2]
    advice = book.vocabulary.conclusions.get(word)
    if advice is None:
        return one
    return replace(one, hint=f"'{word}' is a conclusion, not a fact. {advice}")


def joined(linted: Linted, more: Iterable[Problem]) -> Linted:
    """The same with what somebody else found."""
    return Linted(tuple(sorted((*linted.problems, *more), key=position)), linted.files)


def renamed(linted: Linted, names: Mapping[str, str]) -> Linted:
    """The same with the names of the files as a reader can open them."""

    def told(one: Problem) -> Problem:
        place = one.place
        if place is not None:
            place = replace(place, file=names.get(place.file, place.file))
        return replace(one, place=place, message=said(one.message), hint=said(one.hint))

    def said(text: str) -> str:
        return re.sub(r"[~\w./-]+\.yaml", lambda found: names.get(found[0], found[0]), text)

    files = tuple(names.get(file, file) for file in linted.files)
    return Linted(tuple(sorted(map(told, linted.problems), key=position)), files)


def grouped(problems: Iterable[Problem], most: int) -> tuple[list[Problem], dict[str, int]]:
    """The problems with the hints of a code cut to a few, and how many of each were left out."""
    kept: list[Problem] = []
    cut: dict[str, int] = {}
    shown: dict[str, int] = {}
    for one in problems:
        shown[one.code] = shown.get(one.code, 0) + 1
        if one.severity == "hint" and shown[one.code] > most:
            cut[one.code] = cut.get(one.code, 0) + 1
        else:
            kept.append(one)
    return kept, cut


def summary(linted: Linted) -> str:
    """The count, in a sentence."""
    counts = [(linted.count(severity), severity) for severity in SEVERITIES]
    said = [plural(n, word) for n, word in counts if n]
    files = plural(len(linted.files), "file")
    if not said:
        return f"Nothing to mend in {files}."
    return f"{listed(said)} in {files}."
