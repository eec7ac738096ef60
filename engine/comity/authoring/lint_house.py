"""The house rules: layers of law kept apart, no verdicts in texts, ids and dates that hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from comity import source
from comity.authoring.ledger import Ledger, pinpoints
from comity.authoring.lint_read import Book, below, place_in, text_of, words_in
from comity.library import VOCABULARY, inside
from comity.problems import Place, Problem, problem
from comity.rulereader import Document
from comity.source import Fields, Items, Node, Text

RETIRED: Final = "vocabulary/retired.yaml"
#: Words that pass judgement, in any form, and what to write instead.
_VERDICTS: Final = (
    (
        r"\b(?:unlawful|illegal|illicit|wrongful|unjustified|illegitimate)(?:ly|ness|ity)?\b",
        "write what was done, and without what; the word for the result is 'departure'",
    ),
    (
        r"\b(?:violat(?:e[sd]?|ing|ions?|ors?)|infring(?:e[sd]?|ing|ements?))\b",
        "the word for the result is 'departure'; write what was done",
    ),
    (
        r"\b(?:provocative|provocations?|outrageous|undiplomatic|guilty)\b",
        "write what was shown or done, so that anybody can check it",
    ),
    (
        r"\bextra-?territorial(?:ity|ly)?\b",
        "premises are 'inviolable' and stay the receiving State's territory",
    ),
)
_FITTING: Final[Mapping[str, tuple[str, ...]]] = {
    "departure": ("must", "must_not"),
    "immunity": ("must_not", "may_not_be"),
    "inviolability": ("must_not", "may_not_be"),
    "duty": ("must", "must_not"),
    "power": ("may",),
    "liberty": ("may",),
}
MILD: Final = frozenset({"practice", "courtesy"})
_ID: Final = re.compile(r"([a-z]+)-p?0*(\d+)")
_TODO: Final = re.compile(r"(?<!each )\bTODO\b")


def check_house(book: Book) -> Iterator[Problem]:
    retired = _retired(book)
    for document in book.whole.documents:
        if document.kind == "rule":
            yield from _layers(document)
            yield from _identity(document, retired, book)
            yield from _dates(document)
            yield from _said(document)
        if document.kind == "reading":
            yield from _views(document)
        yield from _verdicts(document, book)
    yield from _vocabulary(book)
    yield from _loose_ends(book)


# --------------------------------------------------------------------------- layers of law


def _layers(document: Document) -> Iterator[Problem]:
    fields = document.fields
    provision = text_of(fields, "provision")
    strengths = {word.text for word in words_in(fields.get("strength"))}
    place = _at(fields, "strength")
    law = strengths & {"treaty", "custom"}
    if re.match(r"(?:P\d|PRACTICE)", provision) and law:
        text = f"{provision} is practice, and `strength` calls it {' and '.join(sorted(law))}"
        yield problem("L040", place, text, "write [practice] or [courtesy], and its `level`")
    elif re.match(r"(?!P\d|PRACTICE|CUSTOM)[A-Z]", provision) and strengths and strengths <= MILD:
        text = f"{provision} is a provision of law, and `strength` calls it practice"
        yield problem("L040", place, text, "write [treaty] or [custom], or cite the P-number")
    elif provision.startswith("CUSTOM") and "treaty" in strengths:
        text = "custom is not treaty law"
        yield problem("L040", place, text, "write [custom], or cite the treaty")
    kind, modality = text_of(fields, "kind"), below(fields, "norm", "modality")
    fitting = _FITTING.get(kind, ())
    known = {word for words in _FITTING.values() for word in words}
    if isinstance(modality, Text) and fitting and modality.text in known - set(fitting):
        text = f"a {kind} does not go with '{modality.text}'"
        hint = f"write {' or '.join(fitting)}, or correct `kind`"
        yield problem("L041", modality.place, text, hint)


# --------------------------------------------------------------------------- identity


def _retired(book: Book) -> dict[str, str]:
    """The ids that are used no more, with what replaces them."""
    nodes, _ = source.read(book.files.get(RETIRED, b"retired: {}"), RETIRED)
    listed = below(nodes[0], "retired") if nodes else None
    return {key.text: text_of(node, "replaced_by") for key, node in _pairs(listed)}


def _identity(document: Document, retired: Mapping[str, str], book: Book) -> Iterator[Problem]:
    fields, id_ = document.fields, document.id
    if id_.text in retired:
        replaced = retired[id_.text]
        hint = f"its successor is '{replaced}'; choose another id" if replaced else ""
        text = f"'{id_.text}' was the id of another rule and is retired"
        yield problem("L045", id_.place, text, hint or "choose another id")
    named = _ID.match(id_.text)
    instrument, _, pinpoint = text_of(fields, "provision").partition(" ")
    number = re.match(r"P?0*(\d+)", pinpoint or instrument)
    known = {name.lower() for name in book.vocabulary.instruments} | {"practice"}
    if named is not None and number is not None and named[1] in known:
        cited = "practice" if not pinpoint else instrument.lower()
        if cited in known and (named[1], named[2]) != (cited, number[1]):
            text = f"the id speaks of {named[1].upper()} {named[2]}"
            text += f", the provision is {text_of(fields, 'provision')}"
            hint = "correct the provision or, if the rule is new, its id"
            yield problem("L044", _at(fields, "provision", value=True), text, hint)
    if text_of(fields, "status") == "deprecated":
        yield from _succession(document, book)


def _succession(document: Document, book: Book) -> Iterator[Problem]:
    """A deprecated rule leads to one that is in use, or says why there is none."""
    see = words_in(document.fields.get("see"))
    for word in see:
        other = book.documents.get(("rule", word.text))
        if other is not None and text_of(other.fields, "status") != "deprecated":
            return
    if text_of(document.fields, "note") and not see:
        return
    text = f"'{document.id.text}' is deprecated and names no successor that is in use"
    hint = "name the rule that replaces it under `see`, or say in `note` why there is none"
    yield problem("L046", _at(document.fields, "status", value=True), text, hint)


def _dates(document: Document) -> Iterator[Problem]:
    read: dict[str, date] = {}
    for name in ("date", "modified"):
        written = document.fields.get(name)
        if not isinstance(written, Text) or written.empty:
            continue
        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", written.text):
                raise ValueError
            read[name] = date.fromisoformat(written.text)
        except ValueError:
            text = f"'{written.text}' is not a date"
            yield problem("L047", written.place, text, "write year, month and day: 2026-02-21")
    if len(read) == 2 and read["modified"] < read["date"]:
        text = f"modified on {read['modified']}, before it was written on {read['date']}"
        yield problem("L047", _at(document.fields, "modified", value=True), text, "correct one")


# --------------------------------------------------------------------------- what readers need


def _said(document: Document) -> Iterator[Problem]:
    fields = document.fields
    if not text_of(fields, "judgement"):
        text = "the rule does not say what it leaves to judgement"
        yield problem("L048", document.id.place, text, "add `judgement:`; `None.` if it is nothing")
    evidence = words_in(fields.get("references")) or text_of(fields, "note")
    if re.match(r"P\d|PRACTICE|CUSTOM", text_of(fields, "provision")) and not evidence:
        text = "no text states this norm, and the rule names no evidence of it"
        hint = "add `references:`, or the evidence and counter-evidence under `note`"
        yield problem("L048", document.id.place, text, hint)
    for name, node in _exceptions(fields):
        if not text_of(node, "text"):
            text = f"the exception '{name.text}' has no wording for the report"
            yield problem("L048", name.place, text, "add `text:`, what is so when it applies")


def _exceptions(node: Node | None) -> Iterator[tuple[Text, Node]]:
    """Every exception of a document, in its readings and under `unless` too."""
    for key, value in _pairs(node):
        if key.text in ("except", "unless"):
            for name, carveout in _pairs(value):
                if isinstance(carveout, Fields):
                    yield name, carveout
                    yield from _exceptions(carveout)
        elif key.text in ("readings", "true_when", "false_when", "values"):
            inner = value.items if isinstance(value, Items) else [v for _, v in _pairs(value)]
            for one in inner:
                yield from _exceptions(one)
                for _, deeper in _pairs(one):
                    yield from _exceptions(deeper)


def _views(document: Document) -> Iterator[Problem]:
    for name, node in _pairs(document.fields.get("values")):
        if isinstance(node, Fields) and not text_of(node, "why"):
            text = f"the view '{name.text}' gives no reason"
            yield problem("L048", name.place, text, "add `why:`, the best case for it")


# --------------------------------------------------------------------------- words


def _verdicts(document: Document, book: Book) -> Iterator[Problem]:
    """What the report prints names conduct, and no verdict on it."""
    texts = [document.fields.get(name) for name in ("title", "finding", "phrase")]
    texts += [below(node, "text") for _, node in _exceptions(document.fields)]
    for text in texts:
        if not isinstance(text, Text):
            continue
        for pattern, hint in _VERDICTS:
            found = re.search(pattern, text.text, re.IGNORECASE)
            if found is not None:
                said = f"'{found[0]}' is a verdict, and this text is no place for one"
                yield problem("L042", place_in(text, pattern, book), said, hint)


_LISTS: Final = (
    *("acts", "attributes", "kinds", "roles", "place_kinds", "object_kinds", "mission_kinds"),
    *("place_uses", "topics"),
)


def _vocabulary(book: Book) -> Iterator[Problem]:
    """No word for a fact is a conclusion."""
    for name, data in sorted(book.files.items()):
        if not inside(name).startswith(VOCABULARY) or name.endswith("conclusions.yaml"):
            continue
        nodes, _ = source.read(data, name)
        for section in _LISTS:
            for key, node in _pairs(below(nodes[0], section) if nodes else None):
                values = node.get("values") if isinstance(node, Fields) else None
                for word in (key, *(value for value, _ in _pairs(values))):
                    advice = book.vocabulary.conclusions.get(word.text)
                    if advice is not None:
                        text = f"'{word.text}' is a conclusion, and the word stands for a fact"
                        yield problem("L043", word.place, text, advice)


def _loose_ends(book: Book) -> Iterator[Problem]:
    """What a scaffold left for its author, and lines with spaces at their end."""
    for name, text in sorted(book.texts.items()):
        lines = text.split("\n")
        for number, line in enumerate(lines, 1):
            found = None if inside(name).startswith(VOCABULARY) else _TODO.search(line)
            if found is not None:
                place = Place(name, number, found.start() + 1, 4)
                yield problem("L070", place, "a placeholder is left", "replace it with your own")
            bare = line.rstrip()
            if bare != line.rstrip("\r"):
                place = Place(name, number, len(bare) + 1, len(line) - len(bare))
                yield problem(
                    "L071", place, "spaces at the end of the line", "--fix takes them out"
                )
        if text and not text.endswith("\n"):
            place = Place(name, len(lines), len(lines[-1]) + 1)
            yield problem("L071", place, "the last line has no line break", "--fix adds it")


# --------------------------------------------------------------------------- the ledger


def check_citations(book: Book) -> Iterator[Problem]:
    """Every pinpoint is in the index of its instrument, where there is one."""
    bare: dict[str, Text] = {}
    for document in book.whole.documents:
        provision = document.fields.get("provision")
        if isinstance(provision, Text):
            yield from _listed(book.ledger, provision, "L050")
            for pinpoint in pinpoints(provision.text):
                known = pinpoint.instrument in book.vocabulary.instruments
                if known and pinpoint.instrument not in book.ledger.instruments:
                    known_at = bare.setdefault(pinpoint.instrument, provision)
                    if (provision.file, provision.line) < (known_at.file, known_at.line):
                        bare[pinpoint.instrument] = provision
        for cite in _cites(document.fields):
            yield from _listed(book.ledger, cite, "L052")
    for instrument, first in sorted(bare.items()):
        text = f"{instrument} has no index, so its numbers cannot be checked"
        hint = f"add instruments/{instrument.lower()}.yaml to the folder of these rules"
        yield problem("L051", first.place, text, hint)


def _listed(ledger: Ledger, cite: Text, code: str) -> Iterator[Problem]:
    for pinpoint in pinpoints(cite.text):
        index = ledger.instruments.get(pinpoint.instrument)
        if index is None or index.knows(pinpoint.number):
            continue
        article = index.articles.get(re.split(r"\W", pinpoint.number)[0])
        if article is not None and article.paragraphs:
            hint = f"article {article.number} has: {', '.join(article.paragraphs)}"
        else:
            hint = f"the index of {pinpoint.instrument} has {len(index.articles)} articles"
        text = f"the ledger has no '{pinpoint}'"
        yield problem(code, cite.place, text, hint)


def _cites(node: Node | None) -> Iterator[Text]:
    if isinstance(node, Items):
        for item in node:
            yield from _cites(item)
    for key, value in _pairs(node):
        if key.text == "cite":
            yield from words_in(value)
        elif not isinstance(value, Text):
            yield from _cites(value)


# --------------------------------------------------------------------------- small pieces


def _pairs(node: Node | None) -> Iterable[tuple[Text, Node]]:
    return node.pairs if isinstance(node, Fields) else ()


def _at(fields: Fields, name: str, *, value: bool = False) -> Place:
    node = fields.get(name)
    if node is not None and value:
        return node.place
    return (fields.key(name) or fields).place
