"""YAML text -> nodes that keep their place. Every scalar stays text; nothing is guessed.

The tree is built straight from libyaml's events, iteratively, so that depth, size and aliases
are bounded before anything is expanded, and a hostile file costs no more than a refusal.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

from msgspec import Struct

from comity.problems import Place, Problem, printable, problem


class Limits(Struct, frozen=True):
    """What a file may be at most: bytes, levels, nodes after aliases are expanded, characters of
    one scalar."""

    size: int = 1_048_576
    depth: int = 40
    nodes: int = 100_000
    scalar: int = 65_535


REPARSED = 50_000  # characters of a faulty text that are parsed again for a better message


class _Placed:
    """A node's position: 1-based line and column, and the width that a caret should have."""

    __slots__ = ("column", "file", "length", "line")

    def __init__(self, file: str, line: int, column: int, length: int) -> None:
        self.file = file
        self.line = line
        self.column = column
        self.length = length

    @property
    def place(self) -> Place:
        return Place(self.file, self.line, self.column, self.length)


class Text(_Placed):
    """A scalar exactly as typed: `NO`, `22:10` and `1_000` are text."""

    __slots__ = ("quoted", "text")

    def __init__(
        self, text: str, quoted: bool, file: str, line: int, column: int, length: int
    ) -> None:
        super().__init__(file, line, column, length)
        self.text = text
        self.quoted = quoted

    @property
    def empty(self) -> bool:
        """Nothing was written, or `null`."""
        return not self.quoted and self.text in ("", "~", "null")

    def plain(self) -> str | None:
        return None if self.empty else self.text


class Items(_Placed):
    """A sequence."""

    __slots__ = ("items",)

    def __init__(self, file: str, line: int, column: int) -> None:
        super().__init__(file, line, column, 1)
        self.items: tuple[Node, ...] = ()

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def plain(self) -> list[Any]:
        return [item.plain() for item in self.items]


class Fields(_Placed):
    """A mapping, in the order written; keys are `Text` and differ from each other."""

    __slots__ = ("_by_name", "pairs")

    def __init__(self, file: str, line: int, column: int) -> None:
        super().__init__(file, line, column, 1)
        self.pairs: tuple[tuple[Text, Node], ...] = ()
        self._by_name: dict[str, tuple[Text, Node]] = {}

    def fill(self, pairs: tuple[tuple[Text, Node], ...]) -> None:
        self.pairs = pairs
        self._by_name = {key.text: (key, value) for key, value in pairs}

    def get(self, name: str) -> Node | None:
        pair = self._by_name.get(name)
        return None if pair is None else pair[1]

    def key(self, name: str) -> Text | None:
        pair = self._by_name.get(name)
        return None if pair is None else pair[0]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[tuple[Text, Node]]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def plain(self) -> dict[str, Any]:
        return {key.text: value.plain() for key, value in self.pairs}


Node: TypeAlias = Text | Items | Fields


def read_path(path: str, limits: Limits | None = None) -> tuple[bytes | None, tuple[Problem, ...]]:
    """The bytes of a regular file of bounded size, or why there are none."""
    limits = limits or Limits()
    place = Place(path, 1, 1, 1)
    file = Path(path)
    try:
        if file.is_dir():
            return None, (problem("Y001", place, "this is a folder, not a file", "name a file"),)
        if not file.exists():
            return None, (problem("Y001", place, "no such file", "check the name and the folder"),)
        if not file.is_file():
            return None, (problem("Y001", place, "not a regular file", "copy it to a file first"),)
        if file.stat().st_size > limits.size:
            return None, (_too_large(path, file.stat().st_size, limits),)
        return file.read_bytes(), ()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return None, (problem("Y001", place, f"cannot be read: {reason}"),)


def _too_large(name: str, size: int, limits: Limits) -> Problem:
    text = f"{size:,} bytes; at most {limits.size:,}"
    return problem("Y005", Place(name, 1, 1, 1), text, "split it into several files")


def read(
    data: bytes | str, file: str, *, limits: Limits | None = None
) -> tuple[tuple[Node, ...], tuple[Problem, ...]]:
    """One node for each YAML document of a text. Never raises for any input.

    A document with a fault that hides its content (syntax, depth, aliases) gives no node.
    """
    limits = limits or Limits()
    text, problems = _decoded(data, file, limits)
    if text is None:
        return (), problems
    reader = _Reader(file, limits)
    reader.run(text)
    if not reader.nodes and not reader.problems:
        place = Place(file, 1, 1, 1)
        return (), (problem("Y004", place, "the file is empty", "see comity explain Y004"),)
    return tuple(reader.nodes), tuple(reader.problems)


_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]"


def _decoded(
    data: bytes | str, file: str, limits: Limits
) -> tuple[str | None, tuple[Problem, ...]]:
    """UTF-8 text without control characters, or the problem that there is none."""
    if len(data) > limits.size:
        return None, (_too_large(file, len(data), limits),)
    if isinstance(data, bytes):
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
            advice = "save the file as UTF-8 text"
            return None, (problem("Y002", Place(file, line, column, 1), "not UTF-8 text", advice),)
    else:
        text = data
    # No control character is printable, and few files have anything but lines of printable text.
    found = None if text.replace("\n", "").isprintable() else re.search(_CONTROL, text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
        shown = printable(found[0])
        place = Place(file, line, column, 1)
        return None, (problem("Y002", place, f"control character {shown}", "remove it"),)
    return text, ()


class _Reader:
    """Turns the events of one file into nodes."""

    def __init__(self, file: str, limits: Limits) -> None:
        self.file = file
        self.limits = limits
        self.nodes: list[Node] = []
        self.problems: list[Problem] = []
        self._stack: list[tuple[Items | Fields, list[Node]]] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._open: dict[int, str] = {}
        self._count = 0

    def run(self, text: str) -> None:
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            for event in yaml.parse(text, Loader=loader):
                if not self._take(event):
                    self.nodes.clear()
                    return
        except yaml.MarkedYAMLError as error:
            self.nodes.clear()
            self._syntax(text, error)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            self.nodes.clear()
            self._fault("Y003", Place(self.file, 1, 1, 1), str(error).split("\n")[0])

    def _fault(self, code: str, place: Place, text: str, hint: str = "") -> None:
        self.problems.append(problem(code, place, text, hint))

    def _too_deep(self, place: Place) -> None:
        text = f"nested deeper than {self.limits.depth} levels"
        self._fault("Y006", place, text, "flatten it")

    def _syntax(self, text: str, error: Any) -> None:
        """Parse a short text again with the pure-Python parser: its message is better, but it is
        slow, and slower still on deep nesting, which libyaml refuses by itself."""
        import yaml

        deep = "nesting depth" in (error.problem or "")
        if len(text) <= REPARSED and not deep:
            try:
                for _ in yaml.parse(text, Loader=yaml.SafeLoader):
                    pass
            except yaml.MarkedYAMLError as better:
                error = better
            except (yaml.YAMLError, ValueError, RecursionError):
                pass
        mark = error.problem_mark or error.context_mark
        if error.context_mark is not None and (error.context or "").endswith(_STARTED):
            mark = error.context_mark  # the parser notices it only later, often lines below
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        if deep:
            self._too_deep(Place(self.file, line, column, 1))
            return
        what = " ".join(p for p in (error.context, error.problem) if p)
        self._fault("Y003", Place(self.file, line, column, 1), what, _advice(what))

    # ------------------------------------------------------------ events

    def _take(self, event: Any) -> bool:
        """Handle one event; False stops the file."""
        name = type(event).__name__
        if name == "ScalarEvent":
            return self._scalar(event)
        if name in ("MappingStartEvent", "SequenceStartEvent"):
            return self._start(event, name == "MappingStartEvent")
        if name in ("MappingEndEvent", "SequenceEndEvent"):
            return self._end()
        if name == "AliasEvent":
            return self._alias(event)
        if name == "DocumentStartEvent":
            self._anchors.clear()
        return True

    def _place(self, event: Any) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1, 1)

    def _tagged(self, event: Any) -> None:
        if event.tag is not None and event.tag != "!":
            text = f"tags are not allowed: {event.tag}"
            self._fault("Y009", self._place(event), text, "write plain text")

    def _scalar(self, event: Any) -> bool:
        self._tagged(event)
        start, end = event.start_mark, event.end_mark
        if len(event.value) > self.limits.scalar:
            text = f"a text of {len(event.value):,} characters; at most {self.limits.scalar:,}"
            self._fault("Y010", self._place(event), text, "shorten it")
            return False
        length = end.column - start.column if end.line == start.line else 1
        node = Text(
            sys.intern(event.value),  # most words come again and again
            bool(event.style),
            self.file,
            start.line + 1,
            start.column + 1,
            max(length, 1),
        )
        return self._add(node, event)

    def _start(self, event: Any, mapping: bool) -> bool:
        self._tagged(event)
        if len(self._stack) >= self.limits.depth:
            self._too_deep(self._place(event))
            return False
        place = self._place(event)
        node = (Fields if mapping else Items)(self.file, place.line, place.column)
        if event.anchor is not None:
            self._open[id(node)] = event.anchor
            self._anchors.pop(event.anchor, None)
        self._stack.append((node, []))
        return True

    def _end(self) -> bool:
        node, children = self._stack.pop()
        if isinstance(node, Items):
            node.items = tuple(children)
        else:
            node.fill(self._pairs(children))
        anchor = self._open.pop(id(node), None)
        if anchor is not None:
            self._anchors[anchor] = (node, _size(node))
        return self._add(node, None)

    def _pairs(self, children: list[Node]) -> tuple[tuple[Text, Node], ...]:
        pairs: dict[str, tuple[Text, Node]] = {}
        for key, value in zip(children[::2], children[1::2], strict=True):
            if not isinstance(key, Text):
                self._fault("Y009", key.place, "a key must be plain text", "write a name")
            elif key.text == "<<" and not key.quoted:
                self._fault("Y009", key.place, "merge keys are not allowed", "write the keys out")
            elif key.text.startswith("\u00a0"):
                text = "the line begins with no-break spaces, which are part of the key"
                self._fault("Y003", key.place, text, "indent it with plain spaces")
            elif key.text in pairs:
                first = pairs[key.text][0]
                text = f"'{printable(key.text)}' stands twice; first on line {first.line}"
                self._fault("Y008", key.place, text, "keep one of them")
            else:
                pairs[key.text] = (key, value)
        return tuple(pairs.values())

    def _alias(self, event: Any) -> bool:
        if event.anchor in self._open.values():
            text = f"'*{event.anchor}' stands inside what it names"
            self._fault("Y009", self._place(event), text, "write it out")
            return False
        found = self._anchors.get(event.anchor)
        if found is None:
            text = f"nothing is named '&{event.anchor}' before this"
            self._fault("Y003", self._place(event), text, "name it first, or write it out")
            return False
        node, size = found
        self._count += size
        return self._add(node, event)

    def _add(self, node: Node, event: Any) -> bool:
        self._count += 1
        if self._count > self.limits.nodes:
            text = f"more than {self.limits.nodes:,} values once aliases are written out"
            self._fault("Y007", node.place, text, "use fewer aliases")
            return False
        if type(event).__name__ == "ScalarEvent" and event.anchor is not None:
            self._anchors[event.anchor] = (node, 1)
        if self._stack:
            self._stack[-1][1].append(node)
        elif not (isinstance(node, Text) and node.empty):
            self.nodes.append(node)
        return True


def _size(node: Node) -> int:
    """How many nodes an alias stands for; shared parts are counted each time they are met."""
    if isinstance(node, Items):
        return 1 + sum(_size(item) for item in node.items)
    if isinstance(node, Fields):
        return 1 + sum(1 + _size(value) for _, value in node.pairs)
    return 1


#: What was begun and never ended: the fault is where it begins.
_STARTED: Final = ("scanning a simple key", "scanning a quoted scalar")


def _advice(what: str) -> str:
    """What usually causes a syntax error of this kind."""
    known = (
        ("\\t", "indent with spaces, not tabs"),
        ("cannot start any token", "quote the text, or indent with spaces instead of tabs"),
        ("quoted scalar", "close the quotation mark"),
        ("flow sequence", "close the bracket ] or add the missing comma"),
        ("flow mapping", "close the brace } or add the missing comma"),
        ("mapping values are not allowed", "quote a text that contains ': ', or check the indent"),
        (
            "could not find expected ':'",
            "write a colon and a space after the key, or check the indent",
        ),
        ("found '<scalar>'", "put the whole text in quotation marks, or close one opened above"),
        ("found character", "put the text in quotation marks"),
        ("block mapping", "check the indent of this line and of the one above"),
        ("block collection", "check the indent of this line"),
    )
    return next((advice for word, advice in known if word in what), "check the line above too")
