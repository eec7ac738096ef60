"""Rule files -> `Rulebook`: every rule, concept, reading and measure, read and checked.

All faults of all files are reported at once, each with its place; with any error there is no
rulebook. What comes out is in order of id, whatever the order of files and documents.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from comity import source
from comity.conditions import Terms, concepts_of, conditions_of
from comity.layering import Layers, read_words
from comity.library import ASIDE, PACK, TEST, digest_of, folder_of, inside, split
from comity.measurefile import read_measure
from comity.model import Concept, Pack, Rule, Rulebook
from comity.norms import (
    concept_values,
    read_concept,
    read_reading,
    read_rule,
    reading_values,
)
from comity.packs import read_packs
from comity.parties import read_parties
from comity.problems import Problem, position
from comity.sheets import Faults, guess
from comity.source import Fields, Node, Text
from comity.vocabulary import Vocabulary, load_vocabulary, vocabulary_of

KINDS: Final = ("rule", "concept", "reading", "measure")
ELSEWHERE: Final = ("vocabulary", "parties", *ASIDE)  # folders with files of other kinds
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


def read_all(
    files: Mapping[str, bytes], *, digest: str = ""
) -> tuple[Vocabulary, Rulebook | None, tuple[Problem, ...]]:
    """The words and the rules in all the files of a rulebook and of the packs laid over it.

    Faults of the packs as such come alone: half of the rules' faults would follow from them.
    """
    rules, vocabulary, layers, ours, more = _laid_out(files)
    if is_faulty(ours):
        return vocabulary, None, ours
    digest = digest or digest_of(files)
    book, others = read_rulebook(rules, vocabulary, digest=digest, layers=layers)
    found = (*ours, *more, *others)
    return vocabulary, None if is_faulty(found) else book, found


def _laid_out(
    files: Mapping[str, bytes],
) -> tuple[dict[str, bytes], Vocabulary, Layers, tuple[Problem, ...], tuple[Problem, ...]]:
    """(rule files, words, packs, what is wrong with the packs, what is wrong with the words)."""
    words, rules, _ = split(files)
    packs, problems = read_packs(files)
    faults = Faults()
    layers = Layers(packs, faults)
    if any(not pack.shipped or pack.overrides or pack.disables for pack in packs):
        vocabulary, more = vocabulary_of(read_words(words, layers, faults))
    else:  # nothing is laid over anything
        vocabulary, more = load_vocabulary(words)
    own = Faults()
    vocabulary = replace(vocabulary, parties=read_parties(rules, vocabulary, own))
    return rules, vocabulary, layers, (*problems, *faults.problems), (*more, *own.problems)


def is_faulty(problems: Iterable[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def read_rulebook(
    files: Mapping[str, bytes],
    vocabulary: Vocabulary,
    *,
    digest: str = "",
    layers: Layers | None = None,
) -> tuple[Rulebook | None, tuple[Problem, ...]]:
    """The rulebook in some files, by name; None if anything is wrong with it.

    Rule tests and the folders of `ELSEWHERE` are passed over. `digest` identifies the content;
    it is worked out from these files when it is not given. Without `layers` the files are of one
    pack. Codes R001-R022, P004-P006 and, for files that are not readable YAML, Y001-Y010; warnings
    do not stand in the way of the rulebook.
    """
    faults = Faults()
    layers = layers or Layers((), faults)
    layers.faults = faults
    documents, terms = read_documents(files, vocabulary, faults, layers)
    book = _rulebook(documents, terms, faults, digest or digest_of(files), layers.packs)
    _check_circles(book.concepts, documents, faults)
    _check_see(documents, layers.disabled, faults)
    problems = tuple(sorted(faults.problems, key=position))
    return None if is_faulty(problems) else book, problems


def read_documents(
    files: Mapping[str, bytes],
    vocabulary: Vocabulary,
    faults: Faults,
    layers: Layers | None = None,
    again: list[Document] | None = None,
) -> tuple[tuple[Document, ...], Terms]:
    """The documents of some files as they are written, in order of id, and what each may name.

    Those whose id another has already are added to `again`.
    """
    layers = layers or Layers((), faults)
    documents = _documents(files, vocabulary, faults, layers, [] if again is None else again)
    return documents, Terms(
        vocabulary,
        concepts={d.id.text: concept_values(d.fields) for d in _of("concept", documents)},
        readings={d.id.text: reading_values(d.fields) for d in _of("reading", documents)},
        disabled=layers.disabled,
    )


def _rulebook(
    documents: Sequence[Document],
    terms: Terms,
    faults: Faults,
    digest: str,
    packs: tuple[Pack, ...],
) -> Rulebook:
    readings = [read_reading(d.fields, faults) for d in _of("reading", documents)]
    return Rulebook(
        rules=tuple(read_rule(d.fields, terms, faults) for d in _of("rule", documents)),
        concepts=tuple(read_concept(d.fields, terms, faults) for d in _of("concept", documents)),
        readings={reading.id: reading for reading in readings},
        presumptions=terms.vocabulary.presumptions,
        measures=tuple(read_measure(d.fields, terms, faults) for d in _of("measure", documents)),
        digest=digest,
        packs=packs,
    )


class Whole(Struct, frozen=True):
    """All documents of a rulebook, faulty ones included, and what can be made of the sound ones."""

    terms: Terms
    documents: tuple[Document, ...]
    rules: tuple[tuple[Document, Rule], ...]  # the sound ones, also those that share an id
    book: Rulebook  # the sound documents alone, the first of each id
    problems: tuple[Problem, ...]


def read_whole(files: Mapping[str, bytes]) -> Whole:
    """As `read_all`, for whoever has more to say although something is wrong."""
    rules, vocabulary, layers, ours, more = _laid_out(files)
    faults = Faults()
    layers.faults = faults
    again: list[Document] = []
    documents, terms = read_documents(rules, vocabulary, faults, layers, again)
    sound: list[Document] = []
    found: list[tuple[Document, Rule]] = []
    for document in (*documents, *again):
        own = Faults()
        made = _rulebook([document], terms, own, "none", layers.packs)
        faults.problems.extend(own.problems)
        if not is_faulty(own.problems):
            sound += [document] if document not in again else []
            found += [(document, rule) for rule in made.rules]
    book = _rulebook(sound, terms, Faults(), "none", layers.packs)
    _check_circles(book.concepts, documents, faults)
    _check_see((*documents, *again), layers.disabled, faults)
    problems = ours if is_faulty(ours) else (*ours, *more, *faults.problems)
    problems = tuple(sorted(problems, key=position))
    return Whole(terms, (*documents, *again), tuple(found), book, problems)


def is_rule_file(name: str) -> bool:
    """Whether a file of a rulebook holds rules, concepts, readings or measures."""
    inner = inside(name)
    return not inner.endswith(TEST) and inner != PACK and inner.split("/")[0] not in ELSEWHERE


# --------------------------------------------------------------------------- documents


def _documents(
    files: Mapping[str, bytes],
    vocabulary: Vocabulary,
    faults: Faults,
    layers: Layers,
    again: list[Document],
) -> tuple[Document, ...]:
    """Every document with a usable id, in order of id; the first of those that share one, unless
    its pack overrides another's. The others are added to `again`."""
    found: dict[tuple[str, str], Document] = {}
    for pack, names in _by_pack(filter(is_rule_file, files), layers.packs):
        own: dict[tuple[str, str], Document] = {}
        for name in names:
            nodes, problems = source.read(files[name], str(name))
            faults.problems.extend(problems)
            for node in nodes:
                document = _document(node, faults)
                if document is None:
                    continue
                if _has_own_id(document, own, vocabulary, faults):
                    own[document.kind, document.id.text] = document
                else:
                    again.append(document)
        if pack is not None:
            places = {thing: document.id.place for thing, document in own.items()}
            refused, gone = layers.lay(pack, places, KINDS)
            found = {thing: one for thing, one in found.items() if thing not in gone}
            again += [one for thing, one in own.items() if thing in refused]
            own = {thing: one for thing, one in own.items() if thing not in refused}
        found |= own
    return tuple(found[key] for key in sorted(found))


def _by_pack(
    names: Iterable[str], packs: Sequence[Pack]
) -> Iterator[tuple[Pack | None, list[str]]]:
    """The files of each pack by name; all of them together if nothing is known of packs."""
    ordered = sorted(names, key=lambda name: (inside(name), name))
    if not packs:
        yield None, ordered
    for pack in packs:
        yield pack, [name for name in ordered if folder_of(name) == pack.folder]


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


def _check_circles(
    concepts: Sequence[Concept], documents: Sequence[Document], faults: Faults
) -> None:
    """No conclusion rests on itself, not even by way of others. Each circle is told once, where a
    definition asks for the next of it."""
    uses = {concept.name: sorted(set(_concepts_used(concept))) for concept in concepts}
    written = {document.id.text: document.fields for document in _of("concept", documents)}
    told: set[str] = set()
    for start in sorted(uses):
        circle = () if start in told else _circle(start, uses)
        if circle:
            told |= set(circle)
            word = _named(written[start], circle[1])
            text = f"the concepts depend on each other: {' -> '.join(circle)}"
            hint = "a conclusion cannot rest on itself: take one of these conditions out"
            faults.add("R014", (word or written[start]).place, text, hint)


def _named(node: Node, name: str) -> Text | None:
    """The first key of that name, however deep."""
    if isinstance(node, Text):
        return None
    for key, value in node if isinstance(node, Fields) else ((None, item) for item in node):
        found = key if key is not None and key.text == name else _named(value, name)
        if found is not None:
            return found
    return None


def _concepts_used(concept: Concept) -> Iterable[str]:
    for definition in concept.definitions:
        for condition in conditions_of(definition.logic):
            yield from concepts_of(condition)


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


def _check_see(
    documents: Sequence[Document], disabled: Collection[tuple[str, str]], faults: Faults
) -> None:
    """`see` names rules that exist. It changes no answer, so this is a warning."""
    rules = {document.id.text for document in _of("rule", documents)}
    rules |= {id_ for kind, id_ in disabled if kind == "rule"}
    for document in _of("rule", documents):
        see = document.fields.get("see")
        for word in see if see is not None and not isinstance(see, Fields | Text) else ():
            if isinstance(word, Text) and word.text not in rules:
                text = f"`see` names an unknown rule '{word.text}'"
                faults.warn("R001", word.place, text, guess(word.text, rules))
