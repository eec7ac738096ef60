"""Words that nobody uses, and roles that a text names although nobody fills them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from comity import source
from comity.authoring.lint_read import (
    Book,
    below,
    keys_of,
    place_in,
    texts_in,
    words_in,
)
from comity.authoring.showing import FOLDER as WORDING
from comity.authoring.showing import read_words
from comity.conditions import conditions_of
from comity.library import VOCABULARY, inside
from comity.model import AnyOf, Atom, Not, Rule
from comity.norms import SIDES
from comity.problems import Place, Problem, problem
from comity.rulereader import Document
from comity.sheets import guess
from comity.source import Fields, Node, Text

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def check_terms(book: Book) -> Iterator[Problem]:
    yield from _unused(book)
    yield from _wording(book)
    for document in book.rule_documents:
        rule = book.rule(document)
        if rule is not None:
            yield from _presumptions(book, document.fields, rule)
            yield from _roles(book, document, rule)


# --------------------------------------------------------------------------- unused


def _unused(book: Book) -> Iterator[Problem]:
    used = {text.text for one in book.whole.documents for text in _said(one)} | book.unreadable
    for document in book.whole.documents:
        id_ = document.id
        if id_.text in used or document.kind not in ("concept", "reading"):
            continue
        if document.kind == "concept":
            text = f"no rule, concept or measure uses the concept '{id_.text}'"
            yield problem("L020", id_.place, text, "test it in a condition, or take it out")
        else:
            text = f"no rule and no definition changes with the reading '{id_.text}'"
            hint = "write under `readings` of a rule what each value changes"
            yield problem("L021", id_.place, text, hint)
    yield from _words(book, used)


def _said(document: Document) -> Iterator[Text]:
    """The words of a document, save its own name."""
    for key, value in document.fields:
        if value is not document.id:
            yield key
            yield from texts_in(value)


def _wording(book: Book) -> Iterator[Problem]:
    """Sentences for keys that do not exist are never told. They decide no answer."""
    _, faults = read_words(book.files, book.vocabulary, book.whole.book)
    yield from faults
    concepts = {document.id.text for document in book.whole.documents if document.kind == "concept"}
    known = {*book.vocabulary.keys, *concepts}
    known |= {f"*.{key.partition('.')[2]}" for key in known}
    for name, data in sorted(book.files.items()):
        if not inside(name).startswith(WORDING):
            continue
        nodes, _ = source.read(data, name)
        for key, _value in _pairs(below(nodes[0], "sentences") if nodes else None):
            if key.text not in known:
                text = f"no term is called '{key.text}', so its sentence is never told"
                yield Problem("R004", key.place, text, guess(key.text, known), "warning")


def _words(book: Book, used: set[str]) -> Iterator[Problem]:
    """Words of the vocabulary that no condition reads. The words of a rule are free text too, so
    a word is called unused only if it stands nowhere by itself."""
    for name, data in sorted(book.files.items()):
        if not inside(name).startswith(VOCABULARY):
            continue
        nodes, _ = source.read(data, name)
        for section, prefix in (("attributes", "act."), ("judgements", "judged.")):
            for key, _value in _pairs(below(nodes[0], section) if nodes else None):
                if f"{prefix}{key.text}" in used:
                    continue
                known = book.vocabulary.keys.get(f"{prefix}{key.text}")
                if known is None or known.type in ("party", "text", "date", "spans"):
                    continue
                text = f"no condition reads '{prefix}{key.text}'"
                yield problem("L024", key.place, text, "fine if it is there for encoders")
        for key, _value in _pairs(below(nodes[0], "presumptions") if nodes else None):
            if key.text not in used:
                text = f"no rule and no concept relies on '{key.text}'"
                yield problem("L025", key.place, text, "name it under `presume`, or take it out")


def _pairs(node: Node | None) -> tuple[tuple[Text, Node], ...]:
    return node.pairs if isinstance(node, Fields) else ()


def _presumptions(book: Book, fields: Fields, rule: Rule) -> Iterator[Problem]:
    """Presumptions whose term is tested neither by the rule nor by a concept that it uses."""
    tested = _tested(book, rule)
    for word in words_in(fields.get("presume")):
        presumption = book.vocabulary.presumptions.get(word.text)
        if presumption is not None and presumption.key not in tested:
            text = f"'{word.text}' presumes '{presumption.key}', which this rule never tests"
            hint = f"take it out, or test '{presumption.key}'"
            yield problem("L022", word.place, text, hint)


def _tested(book: Book, rule: Rule) -> set[str]:
    """Every key that a rule rests on, directly or by way of concepts."""
    definitions: dict[str, set[str]] = {}
    for concept in book.whole.book.concepts:
        keys = (k for d in concept.definitions for c in conditions_of(d.logic) for k in keys_of(c))
        definitions[concept.name] = set(keys)
    found: set[str] = set()
    pending = [key for condition in conditions_of(rule.logic) for key in keys_of(condition)]
    while pending:
        key = pending.pop()
        if key not in found:
            found.add(key)
            pending += definitions.get(key, ())
    return found


# --------------------------------------------------------------------------- roles


def _roles(book: Book, document: Document, rule: Rule) -> Iterator[Problem]:
    """Whoever the texts and the norm name is there on every act of the trigger."""
    types = book.frames.types(rule.trigger)
    if not types:
        return
    finding = document.fields.get("finding")
    if isinstance(finding, Text):
        for name in dict.fromkeys(_PLACEHOLDER.findall(finding.text)):
            at = place_in(finding, re.escape(f"{{{name}}}"), book)
            yield from _named(book, rule, name, at)
    for name in ("bearer", "owed_to"):
        party = below(document.fields, "norm", name)
        if not isinstance(party, Text) or party.text not in book.vocabulary.act_roles:
            continue
        if not any(party.text in (*act.needs, *act.may) for act in types):
            text = f"no act of this trigger has the role '{party.text}'"
            hint = f"name a State ({', '.join(SIDES)}), or a role that these acts have"
            yield problem("L032", party.place, text, hint)


def _named(book: Book, rule: Rule, name: str, at: Place) -> Iterator[Problem]:
    frames, logic = book.frames, rule.logic
    types = frames.types(rule.trigger)
    if name == "third_state":
        third = AnyOf(
            tuple(
                Atom(key, frozenset({"third"}))
                for key, known in book.vocabulary.keys.items()
                if key.partition(".")[2] in ("side", "attributed_to") and "third" in known.values
            )
        )
        if frames.possible(types, logic.applies, logic.departs, Not(third)):
            text = "the finding names '{third_state}', and no condition needs a third State"
            yield problem("L031", at, text, "test `<role>.side: third`, or reword the sentence")
        return
    if name not in book.vocabulary.act_roles:
        return
    without = [act.name for act in types if name not in (*act.needs, *act.may)]
    if len(without) == len(types):
        text = f"the finding names '{{{name}}}', a role that no act of this trigger has"
        roles = dict.fromkeys(r for act in types for r in (*act.needs, *act.may))
        yield problem("L030", at, text, f"these acts have: {', '.join(roles)}")
        return
    empty = [
        act.name
        for act in types
        if name not in act.needs
        and frames.possible_for(act, (logic.applies, logic.departs), (name,))
    ]
    if empty:
        text = f"'{{{name}}}' may be empty: nobody need fill it for {_some(empty)}"
        hint = f"test `{name}.is` or another term of it in `applies`, or reword the sentence"
        yield problem("L031", at, text, hint)


def _some(words: Iterable[str], most: int = 3) -> str:
    listed = list(words)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
