"""What every check of the linter looks at: one rulebook, read as far as it can be."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath

from msgspec import Struct

from comity import source
from comity.authoring.ledger import Ledger, read_ledger
from comity.authoring.lint_frames import Frames
from comity.conditions import COMBINING, ConditionReader, Terms
from comity.library import TEST, split
from comity.model import All, AnyOf, Atom, ConceptIs, Condition, Not, Rule
from comity.problems import Place, Problem
from comity.rulereader import Document, Whole, read_whole
from comity.sheets import Faults
from comity.source import Fields, Items, Node, Text
from comity.vocabulary import Vocabulary


class Part(Struct, frozen=True):
    """One entry of a condition's mapping, where it stands, and what it means."""

    key: Text
    value: Node
    condition: Condition


class Book(Struct, frozen=True, dict=True):
    """A rulebook under the linter: sound or not, with its tests and its ledger."""

    files: Mapping[str, bytes]
    vocabulary: Vocabulary
    whole: Whole
    ledger: Ledger
    tests: tuple[tuple[str, Node], ...]  # the documents of the test files, with their file
    problems: tuple[Problem, ...]  # what the readers found
    only: frozenset[str] | None = None  # the files that were asked about; None for all

    def asked(self, *names: str) -> bool:
        """Whether one of the files was asked about: what is slow is done for those only."""
        return self.only is None or not self.only.isdisjoint(names)

    @cached_property
    def _rules(self) -> dict[Place, Rule]:
        return {document.id.place: rule for document, rule in self.whole.rules}

    def rule(self, document: Document) -> Rule | None:
        """What a document says, if it is a rule and sound."""
        return self._rules.get(document.id.place)

    @cached_property
    def documents(self) -> dict[tuple[str, str], Document]:
        return {(d.kind, d.id.text): d for d in self.whole.documents}

    @cached_property
    def rule_documents(self) -> tuple[Document, ...]:
        return tuple(d for d in self.whole.documents if d.kind == "rule")

    @cached_property
    def frames(self) -> Frames:
        book = self.whole.book
        readings = {name: tuple(reading.values) for name, reading in book.readings.items()}
        return Frames(self.vocabulary, book.concepts, readings)

    @cached_property
    def plain_frames(self) -> Frames:
        """The same, blind to what concepts say: a term that only a concept implies may well be
        written out beside it, since a concept can change."""
        return Frames(self.vocabulary, (), self.frames.readings)

    @cached_property
    def texts(self) -> dict[str, str]:
        return {name: data.decode("utf-8", "replace") for name, data in self.files.items()}

    @cached_property
    def unreadable(self) -> frozenset[str]:
        """The words of the files that are no YAML: what they use is not called unused."""
        broken = {
            p.place.file for p in self.problems if p.code.startswith("Y") and p.place is not None
        }
        return frozenset(
            word for name in broken for word in re.findall(r"[\w.-]+", self.texts.get(name, ""))
        )

    def read(self, key: Text, value: Node) -> Condition:
        """What one entry of a condition means."""
        alone = Fields(key.file, key.line, key.column)
        alone.fill(((key, value),))
        return ConditionReader(self.terms, Faults()).read(alone)

    @property
    def terms(self) -> Terms:
        return self.whole.terms

    def parts(self, node: Node | None) -> tuple[Part, ...]:
        """The entries of a condition's mapping."""
        if not isinstance(node, Fields):
            return ()
        return tuple(Part(key, value, self.read(key, value)) for key, value in node)

    def leaves(self, node: Node | None) -> Iterator[tuple[Text, Node]]:
        """Every entry of a condition that tests a key, however deep."""
        if isinstance(node, Items):
            for item in node:
                yield from self.leaves(item)
        elif isinstance(node, Fields):
            for key, value in node:
                if key.text in COMBINING:
                    yield from self.leaves(value)
                elif key.text not in self.terms.concepts:
                    yield key, value


def read_book(files: Mapping[str, bytes], only: Collection[str] | None = None) -> Book:
    """Everything in the files of a rulebook, tests included, and all that is wrong with it."""
    whole = read_whole(files)
    ledger, more = read_ledger(files)
    found = [*whole.problems, *more]
    documents: list[tuple[str, Node]] = []
    for name, data in sorted(split(files)[2].items()):
        nodes, faults = source.read(data, str(name))
        documents += [(name, node) for node in nodes]
        found += faults
    return Book(
        files,
        whole.terms.vocabulary,
        whole,
        ledger,
        tuple(documents),
        tuple(found),
        None if only is None else frozenset(only),
    )


# --------------------------------------------------------------------------- small pieces


def keys_of(condition: Condition) -> Iterator[str]:
    """Every key and concept of a condition; a value of a set also under its set's name."""
    match condition:
        case Atom(key):
            yield key
            if ":" in key:
                yield key.partition(":")[0]
        case ConceptIs(concept):
            yield concept
        case Not(part):
            yield from keys_of(part)
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from keys_of(part)


def texts_in(node: Node | None) -> Iterator[Text]:
    """Every text of a node, keys included."""
    if isinstance(node, Text):
        yield node
    elif isinstance(node, Items):
        for item in node:
            yield from texts_in(item)
    elif isinstance(node, Fields):
        for key, value in node:
            yield key
            yield from texts_in(value)


def words_in(node: Node | None) -> tuple[Text, ...]:
    """The texts of a list, or the one that stands for a list of one."""
    if isinstance(node, Text):
        return () if node.empty else (node,)
    if isinstance(node, Items):
        return tuple(item for item in node if isinstance(item, Text))
    return ()


def below(node: Node | None, *path: str) -> Node | None:
    for step in path:
        node = node.get(step) if isinstance(node, Fields) else None
    return node


def text_of(node: Node | None, name: str) -> str:
    found = below(node, name)
    return found.text.strip() if isinstance(found, Text) and not found.empty else ""


def place_in(text: Text, pattern: str, book: Book) -> Place:
    """Where something stands inside a text, which may run over several lines."""
    lines = book.texts.get(text.file, "").splitlines()
    for number in range(text.line, min(text.line + 40, len(lines) + 1)):
        start = text.column - 1 if number == text.line else 0
        found = re.search(pattern, lines[number - 1][start:], re.IGNORECASE)
        if found is not None:
            column = start + found.start() + 1
            return Place(text.file, number, column, max(1, found.end() - found.start()))
    return text.place


def test_name(name: str) -> str:
    """The test file beside a rule file."""
    return str(PurePosixPath(name).with_suffix("")) + TEST
