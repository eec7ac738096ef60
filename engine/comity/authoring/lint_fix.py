"""`--fix`: what is mechanical, and nothing that would change what a rule means.

An edit replaces a stretch of one line, so comments and layout stay. A file is written only if it
then reads the same or better: every edit is tried on the whole rulebook first, and those that
bring a new fault are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from comity import source
from comity.authoring.linting import Linted, lint
from comity.problems import Place, Problem

SHORTEST: Final = 5  # letters that a word needs, for its nearest to be unmistakable
_MEANT: Final = re.compile(r"did you mean '([^']+)'\?")
_TWICE: Final = re.compile(r"'(.+)' stands twice in the list")
#: Codes of unknown words whose nearest word is named in the hint.
_SPELLING: Final = frozenset(
    {*(f"R{n:03}" for n in (1, 3, 4, 5, 8, 10, 11, 13, 18, 20, 21)), "L064", "L066", "L068"}
)


class Edit(Struct, frozen=True, order=True):
    """A stretch of one line, and what stands there afterwards; columns count from 1."""

    file: str
    line: int
    start: int
    end: int  # the column after the last
    new: str
    why: str = ""


def edit_of(one: Problem, text: str) -> Edit | None:
    """How a fault is mended mechanically; None if that takes a person."""
    place = one.place
    lines = text.split("\n")
    if place is None or not 0 < place.line <= len(lines):
        return None
    line = lines[place.line - 1]
    if one.code == "L071":
        return _tidied(place, line)
    if one.code == "L022":
        return _without(place, line, "a presumption that the rule does not need")
    if one.code == "R005" and _TWICE.fullmatch(one.message):
        return _without(place, line, "stood twice in its list")
    meant = _MEANT.fullmatch(one.hint)
    if one.code in _SPELLING and meant is not None:
        return _respelt(place, line, meant[1])
    return None


def _tidied(place: Place, line: str) -> Edit:
    end = len(line) + 1
    if place.column >= end:
        return Edit(place.file, place.line, end, end, "\n", "a line break at the end")
    carriage = "\r" if line.endswith("\r") else ""
    return Edit(place.file, place.line, place.column, end, carriage, "spaces at the end")


def _respelt(place: Place, line: str, meant: str) -> Edit | None:
    """A word one slip away from the only word that it can be."""
    start = place.column - 1
    found = re.match(r"[A-Za-z0-9_.-]+", line[start:])
    if found is None or len(found[0]) < SHORTEST or not one_slip(found[0], meant):
        return None
    end = place.column + len(found[0])
    return Edit(place.file, place.line, place.column, end, meant, f"'{found[0]}' is '{meant}'")


def one_slip(word: str, meant: str) -> bool:
    """Whether one letter too many, too few, wrong, or two in the wrong order make the difference;
    capitals and the kind of joint do not count."""
    one, other = (re.sub(r"[-_ ]", "_", text.lower()) for text in (word, meant))
    if one == other:
        return True
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if start is None:
        return True
    left, right = one[start:], other[start:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[:2] == right[:2][::-1] and left[2:] == right[2:])
    )


def _without(place: Place, line: str, why: str) -> Edit | None:
    """One entry of a list taken out, with its comma or its line."""
    start = place.column - 1
    found = re.match(r"[^\s,\[\]{}]+", line[start:])
    if found is None:
        return None
    end = start + len(found[0])
    why = f"'{found[0]}' {why}" if not why.startswith("a ") else f"'{found[0]}', {why}"
    if re.fullmatch(r"\s*-\s*", line[:start]) and not line[end:].strip():
        return Edit(place.file, place.line, 1, len(line) + 1, "\0", why)
    alone = re.fullmatch(r"(presume:\s*\[?\s*)", line[:start])
    if alone is not None and re.fullmatch(r"\s*\]?\s*", line[end:]):
        return Edit(place.file, place.line, 1, len(line) + 1, "\0", why)
    after = re.match(r"\s*,\s*", line[end:])
    if after is not None:
        return Edit(place.file, place.line, start + 1, end + len(after[0]) + 1, "", why)
    before = re.search(r"\s*,\s*$", line[:start])
    if before is not None:
        return Edit(place.file, place.line, before.start() + 1, end + 1, "", why)
    return None


def applied(text: str, edits: Iterable[Edit]) -> str:
    """A text with its edits, from the last to the first; `\\0` takes its whole line away."""
    lines = text.split("\n")
    for edit in sorted(edits, reverse=True):
        line = lines[edit.line - 1]
        if edit.new == "\0":
            del lines[edit.line - 1]
        else:
            lines[edit.line - 1] = line[: edit.start - 1] + edit.new + line[edit.end - 1 :]
    return "\n".join(lines)


class Fixed(Struct, frozen=True):
    """The files as they should be written, and what was changed in them."""

    texts: Mapping[str, str]
    edits: tuple[Edit, ...]


def fixes(files: Mapping[str, bytes], only: Iterable[str]) -> Fixed:
    """The mechanical mends of some files, each tried out: nothing gets worse by any of them."""
    allowed = set(only)
    done: list[Edit] = []
    texts: dict[str, str] = {}
    current = dict(files)
    linted = lint(files)  # of all files: a mend must bring no fault to another file either
    known = _told(linted.problems)
    for name, edits in sorted(_by_file(current, linted, allowed).items()):
        text = current[name].decode("utf-8")
        for tried in (edits, *[[edit] for edit in edits]) if len(edits) > 1 else (edits,):
            made = applied(text, tried)
            if made == text or not _reads(text, made, tried):
                continue
            again = lint({**current, name: made.encode()})
            if _told(again.problems) <= known or _fewer(again, linted):
                texts[name], current[name] = made, made.encode()
                done += tried
                linted, known = again, _told(again.problems)
                break
    return Fixed(texts, tuple(sorted(done)))


def _by_file(
    files: Mapping[str, bytes], linted: Linted, allowed: set[str]
) -> dict[str, list[Edit]]:
    """What to try, file by file; of edits that overlap, the first."""
    found: dict[str, list[Edit]] = {}
    for one in linted.problems:
        if one.place is None or one.place.file not in allowed or one.place.file not in files:
            continue
        edit = edit_of(one, files[one.place.file].decode("utf-8", "replace"))
        if edit is None:
            continue
        kept = found.setdefault(edit.file, [])
        if not any(_overlap(edit, other) for other in kept):
            kept.append(edit)
    return found


def _overlap(one: Edit, other: Edit) -> bool:
    return one.line == other.line and one.start < other.end and other.start < one.end


def _told(problems: Iterable[Problem]) -> frozenset[tuple[str, str, str]]:
    """The faults without their lines, which an edit may move."""
    return frozenset(
        (p.code, p.place.file if p.place else "", re.sub(r"lines? \d+", "", p.message))
        for p in problems
    )


def _fewer(again: Linted, before: Linted) -> bool:
    """Fewer errors, and no more warnings than the mended document can newly be asked about."""
    return again.count("error") < before.count("error") or (
        again.count("error") == before.count("error")
        and again.count("warning") < before.count("warning")
    )


def _reads(before: str, after: str, edits: Iterable[Edit]) -> bool:
    """Whether tidying left every value as it was: a block of text may end in spaces on purpose."""
    if any(not edit.why.endswith("at the end") for edit in edits):
        return not any(p for p in source.read(after.encode(), "f")[1] if p.code[0] == "Y")
    return list(_plain(before)) == list(_plain(after))


def _plain(text: str) -> Iterator[object]:
    for node in source.read(text.encode(), "f")[0]:
        yield node.plain()
