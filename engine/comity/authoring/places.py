"""Where in the files the parts of a rule or concept stand: the values of the model do not say.

The files are read again for this; nothing of it can fail, and what is not found has no place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from comity import source
from comity.rulereader import KINDS, is_rule_file
from comity.source import Fields, Items, Node, Text

Document: TypeAlias = tuple[str, str]  # kind and id
Written: TypeAlias = "tuple[str, frozenset[str]] | None"  # a key and its values

_YES: Final = {"yes": "true", "no": "false"}


class Places:
    """The documents of a rulebook, by kind and id."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self.documents: dict[Document, Fields] = {}
        for name in sorted(filter(is_rule_file, files or {})):
            for node in source.read((files or {})[name], name)[0]:
                for kind in KINDS if isinstance(node, Fields) else ():
                    id_ = node.get(kind) if isinstance(node, Fields) else None
                    if isinstance(id_, Text) and isinstance(node, Fields):
                        self.documents.setdefault((kind, id_.text), node)

    def document(self, document: Document) -> str:
        found = self.documents.get(document)
        return "" if found is None else at(found.get(document[0]) or found)

    def find(self, document: Document, path: tuple[str, ...], written: Written) -> str:
        """`file:line` of a condition under a path, or, without one, of what the path leads to.

        A path is `applies`, `departs`, `except` with names, `readings` with a name; for a concept
        it begins with the value and the number of the definition.
        """
        root = self.documents.get(document)
        if root is None:
            return ""
        if document[0] == "concept" and path and path[0] != "readings":
            sections = list(_of_definition(root, path))
        else:
            sections = list(_of_logic(root, path))
        if written is None:
            return at(sections[0][0]) if sections else self.document(document)
        found = [pair for _, node in sections for pair in _keys(node, written[0])]
        exact = (key for key, value in found if written[1] & _values(value))
        best = next(exact, found[0][0] if found else None)
        return at(best) if best is not None else self.document(document)


Section: TypeAlias = tuple[Node, Node]  # where it begins, what is in it


def _of_logic(root: Fields, path: tuple[str, ...]) -> Iterator[Section]:
    """The parts of a rule that a path names, its own first and then those of its readings."""
    if path[:1] == ("readings",):
        yield from _below(root, path)
        return
    own = ("except", *_unless(path[1:])) if path[0] == "except" else path
    yield from _below(root, own)
    readings = root.get("readings")
    for _, values in readings if isinstance(readings, Fields) else ():
        for _, change in values if isinstance(values, Fields) else ():
            if isinstance(change, Fields):
                yield from _below(change, own)


def _of_definition(root: Fields, path: tuple[str, ...]) -> Iterator[Section]:
    value, number, *rest = path
    values = root.get("values")
    key = {"true": "true_when", "false": "false_when"}.get(value, value)
    listed = values.get(value) if isinstance(values, Fields) else root.get(key)
    ways: Iterable[Node] = listed.items if isinstance(listed, Items) else [listed] if listed else []
    way = next((w for n, w in enumerate(ways) if str(n) == number), None)
    if not isinstance(way, Fields):
        return
    if not rest:
        yield way, way
    elif rest[0] != "applies":
        yield from _of_logic(way, tuple(rest))
    elif "when" in way:
        yield from _below(way, ("when",))
    else:
        yield way, way


def _unless(names: tuple[str, ...]) -> tuple[str, ...]:
    """`consent`, `late` is `consent`, `unless`, `late`."""
    return tuple(part for name in names for part in ("unless", name))[1:]


def _below(node: Fields, path: Iterable[str]) -> Iterator[Section]:
    found: Node | None = node
    key: Node = node
    for name in path:
        key_, found = (
            (found.key(name), found.get(name)) if isinstance(found, Fields) else (None,) * 2
        )
        if found is None or key_ is None:
            return
        key = key_
    if found is not None:
        yield key, _without_unless(found)


def _without_unless(node: Node) -> Node:
    """The condition of an exception, without the exceptions to it."""
    when = node.get("when") if isinstance(node, Fields) else None
    return node if when is None else when


def _keys(node: Node, name: str) -> Iterator[tuple[Text, Node]]:
    if isinstance(node, Items):
        for item in node:
            yield from _keys(item, name)
    elif isinstance(node, Fields):
        for key, value in node:
            if key.text == name:
                yield key, value
            else:
                yield from _keys(value, name)


def _values(node: Node) -> frozenset[str]:
    texts = node.items if isinstance(node, Items) else (node,)
    return frozenset(_YES.get(t.text, t.text) for t in texts if isinstance(t, Text))


def at(node: Node) -> str:
    return f"{node.file}:{node.line}"
