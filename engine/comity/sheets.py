"""Reading one mapping of a rulebook document, field by field, with every fault collected.

Codes: R001 wrong shape or unknown word, R002 something is missing, R003 unknown key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from comity.problems import Place, Problem, nearest, problem
from comity.source import Fields, Items, Node, Text

YES_NO: Final[Mapping[str, str]] = {
    "yes": "true",
    "true": "true",
    "no": "false",
    "false": "false",
}
MAPPING: Final = "write each entry on a line of its own as `name: value`, without a dash"
MANY: Final = 12  # a list of allowed words longer than this is not written out in a hint


class Faults:
    """The problems found so far."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, code: str, at: Place, text: str, hint: str = "") -> None:
        self.problems.append(problem(code, at, text, hint))

    def warn(self, code: str, at: Place, text: str, hint: str = "") -> None:
        self.problems.append(Problem(problem(code, at, text).code, at, text, hint, "warning"))

    def unknown(self, code: str, word: Text, what: str, known: Iterable[str]) -> None:
        """A word that is not in its list, with the nearest that is."""
        self.add(code, word.place, f"unknown {what} '{word.text}'", guess(word.text, known))


def guess(word: str, known: Iterable[str]) -> str:
    """The word that was probably meant, or the words there are if they are few."""
    words = sorted(known)
    near = nearest(word, words)
    if near:
        return f"did you mean '{near}'?"
    return f"one of: {', '.join(words)}" if words and len(words) <= MANY else ""


class Sheet:
    """One mapping whose keys are fixed."""

    def __init__(self, fields: Fields, faults: Faults) -> None:
        self.node = fields
        self.faults = faults

    def only(self, allowed: Collection[str]) -> None:
        """Report the keys that nothing reads."""
        for key, _ in self.node:
            if key.text not in allowed:
                self.faults.unknown("R003", key, "key", allowed)

    def need(self, *names: str) -> None:
        """Report the keys that must be written, with something in them."""
        for name in names:
            found = self.node.get(name)
            if found is None:
                self.faults.add("R002", self.node.place, f"'{name}' is missing", f"add `{name}:`")
            elif (isinstance(found, Text) and not found.text.strip()) or (
                isinstance(found, Items) and not found.items
            ):
                self.faults.add("R002", self.at(name), f"'{name}' is empty", "write what it says")

    def at(self, name: str) -> Place:
        """Where a key stands, or the mapping if it is not there."""
        key = self.node.key(name)
        return (key or self.node).place

    def get(self, name: str) -> Node | None:
        """What is written under a key; None for nothing and for `null`."""
        found = self.node.get(name)
        return None if isinstance(found, Text) and found.empty else found

    def word(self, name: str) -> Text | None:
        found = self.get(name)
        if found is None or isinstance(found, Text):
            return found
        self.faults.add("R001", found.place, f"'{name}' must be a text")
        return None

    def text(self, name: str, default: str = "") -> str:
        found = self.word(name)
        return found.text.strip() if found is not None else default

    def words(self, name: str) -> tuple[Text, ...]:
        """A list of texts; one text counts as a list of one."""
        return words(self.get(name), name, self.faults)

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(word.text.strip() for word in self.words(name))

    def fields(self, name: str) -> Fields | None:
        found = self.get(name)
        if found is None or isinstance(found, Fields):
            return found
        self.faults.add("R001", found.place, f"'{name}' must be a mapping", MAPPING)
        return None

    def choice(self, name: str, among: Collection[str], default: str = "") -> str:
        """A word of a closed list; the default if it is missing or unknown."""
        found = self.word(name)
        if found is None:
            return default
        if found.text in among:
            return found.text
        self.faults.unknown("R001", found, name, among)
        return default

    def choices(self, name: str, among: Collection[str]) -> tuple[str, ...]:
        known = []
        for word in self.words(name):
            if word.text in among:
                known.append(word.text)
            else:
                self.faults.unknown("R001", word, name, among)
        return tuple(dict.fromkeys(known))

    def flag(self, name: str, default: bool = False) -> bool:
        """yes or no."""
        return self.choice(name, YES_NO, "yes" if default else "no") in ("yes", "true")


def words(node: Node | None, name: str, faults: Faults) -> tuple[Text, ...]:
    """The texts of a list, or the one text that stands for a list of one."""
    if node is None:
        return ()
    if isinstance(node, Text):
        return (node,)
    if isinstance(node, Items):
        for item in node:
            if not isinstance(item, Text):
                faults.add("R001", item.place, f"'{name}' must be a list of words")
        return tuple(item for item in node if isinstance(item, Text))
    faults.add("R001", node.place, f"'{name}' must be a word or a list of words")
    return ()
