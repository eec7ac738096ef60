"""Rule files -> `Rulebook`: every rule, concept, reading and measure, read and checked.

All faults of all files are reported at once, each with its place; with any error there is no
rulebook. What comes out is in order of id, whatever the order of files and documents.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from msgspec import Struct

from comity import source
from comity.conditions import Terms, concepts_of
from comity.measurefile import read_measure
from comity.model import Concept, Condition, Logic, Rule, Rulebook
from comity.norms import (
    concept_values,
    read_concept,
    read_reading,
    read_rule,
    reading_values,
)
from comity.problems import Problem
from comity.sheets import Faults, guess
from comity.source import Fields, Node, Text
from comity.vocabulary import Vocabulary

KINDS: Final = ("rule", "concept", "reading", "measure")
ELSEWHERE: Final = ("vocabulary", "instruments", "mutants")  # folders with files of other kinds
_IDS: Final = {
    "rule": (re.compile(r"[a-z0-9]+(-[a-z0-9]+)*"), "small letters, digits and hyphens"),
    "concept": (
        re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?"),
        "named like a key: small letters, digits and underscores, with one dot at most",
    ),
    "reading": (re.compile(r"[a-z][a-z0-9_]*"), "small letters, digits and underscores"),
    "measure": (re.compile(r"[a-z][a-z0-9_]*"), "small letters, digits and underscores"),
}


class Document(Struct, frozen=True):
    """One document of a rule file."""

    kind: str  # one of KINDS
    id: Text
    fields: Fields


def read_rulebook(
    files: Mapping[str, bytes], vocabulary: Vocabulary, *, digest: str = ""
) -> tuple[Rulebook | None, tuple[Problem, ...]]:
    """The rulebook in some files, by name; None if anything is wrong with it.

    Rule tests and the folders of `ELSEWHERE` are passed over. `digest` identifies the content;
    it is worked out from these files when it is not given. Codes R001-R022 and, for files that
    are not readable YAML, Y001-Y010; warnings do not stand in the way of the rulebook.
    """
    faults = Faults()
    documents, terms = read_documents(files, vocabulary, faults)
    book = _rulebook(documents, terms, faults, digest or digest_of(files))
    _check_circles(book.concepts, faults)
    _check_see(documents, faults)
    errors = any(p.severity == "error" for p in faults.problems)
    return None if errors else book, tuple(sorted(faults.problems, key=_position))


def read_documents(
    files: Mapping[str, bytes], vocabulary: Vocabulary, faults: Faults
) -> tuple[tuple[Document, ...], Terms]:
    """The documents of some files as they are written, in order of id, and what each may name."""
    documents = _documents(files, vocabulary, faults)
    return documents, Terms(
        vocabulary,
        concepts={d.id.text: concept_values(d.fields) for d in _of("concept", documents)},
        readings={d.id.text: reading_values(d.fields) for d in _of("reading", documents)},
    )


def _rulebook(documents: Sequence[Document], terms: Terms, faults: Faults, digest: str) -> Rulebook:
    readings = [read_reading(d.fields, faults) for d in _of("reading", documents)]
    return Rulebook(
        rules=tuple(read_rule(d.fields, terms, faults) for d in _of("rule", documents)),
        concepts=tuple(read_concept(d.fields, terms, faults) for d in _of("concept", documents)),
        readings={reading.id: reading for reading in readings},
        presumptions=terms.vocabulary.presumptions,
        measures=tuple(read_measure(d.fields, terms, faults) for d in _of("measure", documents)),
        digest=digest,
    )


class Whole(Struct, frozen=True):
    """All documents of a rulebook, faulty ones included, and what can be made of the sound ones."""

    terms: Terms
    documents: tuple[Document, ...]
    rules: tuple[tuple[Document, Rule], ...]  # the sound ones, also those that share an id
    book: Rulebook  # the sound documents alone, the first of each id
    problems: tuple[Problem, ...]


def read_whole(files: Mapping[str, bytes], vocabulary: Vocabulary) -> Whole:
    """As `read_rulebook`, for whoever has more to say although something is wrong."""
    faults = Faults()
    again: list[Document] = []
    documents = _documents(files, vocabulary, faults, again)
    terms = Terms(
        vocabulary,
        concepts={d.id.text: concept_values(d.fields) for d in _of("concept", documents)},
        readings={d.id.text: reading_values(d.fields) for d in _of("reading", documents)},
    )
    sound: list[Document] = []
    rules: list[tuple[Document, Rule]] = []
    for document in (*documents, *again):
        own = Faults()
        made = _rulebook([document], terms, own, "none")
        faults.problems.extend(own.problems)
        if not any(p.severity == "error" for p in own.problems):
            sound += [document] if document not in again else []
            rules += [(document, rule) for rule in made.rules]
    book = _rulebook(sound, terms, Faults(), "none")
    _check_circles(book.concepts, faults)
    _check_see((*documents, *again), faults)
    problems = tuple(sorted(faults.problems, key=_position))
    return Whole(terms, (*documents, *again), tuple(rules), book, problems)


def digest_of(files: Mapping[str, bytes]) -> str:
    """One hash over names and contents, independent of their order."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return f"sha256:{total.hexdigest()}"


def is_rule_file(name: str) -> bool:
    """Whether a file of a rulebook holds rules, concepts, readings or measures."""
    path = PurePosixPath(name)
    return not name.endswith(".test.yaml") and not set(ELSEWHERE) & set(path.parts[:-1])


# --------------------------------------------------------------------------- documents


def _documents(
    files: Mapping[str, bytes],
    vocabulary: Vocabulary,
    faults: Faults,
    again: list[Document] | None = None,
) -> tuple[Document, ...]:
    """Every document with a usable id, in order of id; the first of those that share one. The
    others are added to `again`."""
    found: dict[tuple[str, str], Document] = {}
    for name in sorted(filter(is_rule_file, files)):
        nodes, problems = source.read(files[name], name)
        faults.problems.extend(problems)
        for node in nodes:
            document = _document(node, faults)
            if document is None:
                continue
            if _has_own_id(document, found, vocabulary, faults):
                found[document.kind, document.id.text] = document
            elif again is not None:
                again.append(document)
    return tuple(found[key] for key in sorted(found))


def _document(node: Node, faults: Faults) -> Document | None:
    if not isinstance(node, Fields) or not len(node):
        faults.add("R001", node.place, "a document must be a mapping", "start it with `rule:`")
        return None
    kinds = [kind for kind in KINDS if kind in node]
    if len(kinds) != 1:
        key = node.pairs[0][0]
        text = "a document is one of: rule, concept, reading, measure"
        faults.add("R001", key.place, text, "" if kinds else guess(key.text, KINDS))
        return None
    kind, id_ = kinds[0], node.get(kinds[0])
    pattern, allowed = _IDS[kind]
    if isinstance(id_, Text) and pattern.fullmatch(id_.text):
        return Document(kind, id_, node)
    place = id_.place if id_ is not None else node.place
    faults.add("R001", place, f"this cannot be the id of a {kind}", f"an id is {allowed}")
    return None


def _has_own_id(
    document: Document,
    found: Mapping[tuple[str, str], Document],
    vocabulary: Vocabulary,
    faults: Faults,
) -> bool:
    kind, id_ = document.kind, document.id
    other = found.get((kind, id_.text))
    if other is not None:
        text = f"{kind} '{id_.text}' stands already in {other.id.file}, line {other.id.line}"
        faults.add("R009", id_.place, text, "rename one of them")
    elif kind == "concept" and id_.text in vocabulary.keys:
        text = f"'{id_.text}' is a frame key, so no concept can have that name"
        faults.add("R009", id_.place, text, "rename the concept")
    else:
        return True
    return False


def _of(kind: str, documents: Iterable[Document]) -> list[Document]:
    return [document for document in documents if document.kind == kind]


# --------------------------------------------------------------------------- across documents


def _check_circles(concepts: Sequence[Concept], faults: Faults) -> None:
    """No conclusion rests on itself, not even by way of others. Each circle is told once."""
    uses = {concept.name: sorted(set(_concepts_used(concept))) for concept in concepts}
    places = {concept.name: concept.place for concept in concepts}
    told: set[str] = set()
    for start in sorted(uses):
        circle = () if start in told else _circle(start, uses)
        if circle:
            told |= set(circle)
            place = places[start]
            if place is not None:
                text = f"the concepts depend on each other: {' -> '.join(circle)}"
                faults.add("R014", place, text, "a conclusion cannot rest on itself")


def _concepts_used(concept: Concept) -> Iterable[str]:
    for definition in concept.definitions:
        for condition in _conditions_of(definition.logic):
            yield from concepts_of(condition)


def _conditions_of(logic: Logic) -> Iterator[Condition]:
    yield logic.applies
    yield logic.departs
    pending = list(logic.exceptions)
    for carveout in pending:
        yield carveout.when
        pending.extend(carveout.unless)


def _circle(start: str, uses: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The shortest way from a concept back to itself; () if there is none."""
    pending: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    for path in pending:
        for name in uses.get(path[-1], ()):
            if name == start:
                return (*path, name)
            if name not in seen:
                seen.add(name)
                pending.append((*path, name))
    return ()


def _check_see(documents: Sequence[Document], faults: Faults) -> None:
    """`see` names rules that exist. It changes no answer, so this is a warning."""
    rules = {document.id.text for document in _of("rule", documents)}
    for document in _of("rule", documents):
        see = document.fields.get("see")
        for word in see if see is not None and not isinstance(see, Fields | Text) else ():
            if isinstance(word, Text) and word.text not in rules:
                text = f"`see` names an unknown rule '{word.text}'"
                faults.warn("R001", word.place, text, guess(word.text, rules))


def _position(problem: Problem) -> tuple[str, int, int, str]:
    place = problem.place
    return (
        ("", 0, 0, problem.code)
        if place is None
        else (place.file, place.line, place.column, problem.code)
    )
