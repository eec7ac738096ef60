"""The fenced blocks of a Markdown page, and the excerpts of output among them.

A block's info string says what it is: its language, then words such as `case=storming.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

FENCE = re.compile(r"(?ms)^```([^\n]*)\n(.*?)^```$")
CUT = "..."


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block; `mark` and `value` are of its first word after the language."""

    language: str
    mark: str
    value: str
    text: str
    line: int


def blocks(page: str) -> Iterator[Block]:
    for found in FENCE.finditer(page):
        language, _, rest = found[1].strip().partition(" ")
        mark, _, value = rest.partition("=")
        yield Block(language, mark, value, found[2], page.count("\n", 0, found.start()) + 1)


def prose(page: str) -> str:
    """The page without its fenced blocks, with as many lines."""
    return FENCE.sub(lambda found: "\n" * found[0].count("\n"), page)


def commands(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Each command of a console block with the lines shown under it."""
    command, shown = "", list[str]()
    for line in block.text.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, shown
            command, shown = line[2:], []
        else:
            shown.append(line)
    if command:
        yield command, shown


def pieces(shown: Sequence[str]) -> list[list[str]]:
    """What is shown, cut at the lines that stand for something left out.

    The first and the last piece are empty if the excerpt begins or ends with a cut.
    """
    found: list[list[str]] = [[]]
    for line in shown:
        if line == CUT:
            found.append([])
        else:
            found[-1].append(line)
    return found


def is_excerpt(shown: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether just these lines are printed, in this order, with gaps only where a cut stands."""
    parts = pieces(shown)
    at = 0
    for number, part in enumerate(parts):
        first, last = number == 0, number == len(parts) - 1
        here = [
            start
            for start in range(at, len(printed) - len(part) + 1)
            if list(printed[start : start + len(part)]) == part
            and (not first or start == 0)
            and (not last or not part or start + len(part) == len(printed))
        ]
        if not here or (last and first and len(part) != len(printed)):
            return False
        at = (here[-1] if last else here[0]) + len(part)
    return True


def refreshed(shown: Sequence[str], printed: Sequence[str]) -> list[str]:
    """The excerpt with the lines that are printed now.

    Each piece is found by the line most like its first one. Raises ValueError if there is none.
    """
    parts = pieces(shown)
    if len(parts) == 1:
        return list(printed)
    made: list[list[str]] = []
    at = 0
    for part in parts:
        if part:
            at = _most_like(part[0], printed, at)
        made.append(list(printed[at : at + len(part)]))
        at += len(part)
    lines = [line for part in made for line in (*part, CUT)]
    return lines[:-1]


def _most_like(line: str, printed: Sequence[str], start: int) -> int:
    likeness = [(SequenceMatcher(None, line, other).ratio(), other) for other in printed[start:]]
    best = max(likeness, default=(0.0, ""))[0]
    if best < 0.6:
        raise ValueError(f"nothing like '{line}' is printed any more")
    return start + next(n for n, (ratio, _) in enumerate(likeness) if ratio == best)


def rewritten(page: str, output: Callable[[str], Sequence[str]]) -> str:
    """A page whose console blocks show what their commands print now."""

    def block(found: re.Match[str]) -> str:
        if found[1].strip() != "console":
            return found[0]
        lines: list[str] = []
        for command, shown in commands(Block("console", "", "", found[2], 0)):
            printed = output(command)
            lines.append(f"$ {command}")
            lines += shown if is_excerpt(shown, printed) else refreshed(shown, printed)
        return "```console\n" + "".join(f"{line}\n" for line in lines) + "```"

    return FENCE.sub(block, page)
