"""Rule files -> `Rulebook`: rules, concepts, readings and measures, checked against the vocabulary.

Every fault of every file is a `Problem` with its place; with any error there is no rulebook. The
result is in order of id, whatever the order of files, documents and conditions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, cast

from comity import source
from comity.model import (
    All,
    AnyOf,
    Atom,
    Carveout,
    Concept,
    ConceptIs,
    Condition,
    Definition,
    Kind,
    Logic,
    Measure,
    Norm,
    Not,
    Presumed,
    Range,
    Reading,
    ReadingValue,
    Rule,
    Rulebook,
    Strength,
)
from comity.problems import Problem, nearest, problem
from comity.source import Fields, Items, Node, Text
from comity.switching import Change, ReadingChanges, clashes, written_out
from comity.vocabulary import Key, Vocabulary

Presume = Mapping[str, frozenset[str]]

KINDS: Final = ("departure", "immunity", "inviolability", "duty", "power", "liberty")
STRENGTHS: Final = ("treaty", "custom", "practice", "courtesy")
MODALITIES: Final = ("must", "must_not", "may", "may_not_be")
LEVELS: Final = ("S1", "S2", "S3", "S4", "S5")
STATUSES: Final = ("stable", "test", "experimental", "deprecated")
ROLES: Final = ("by", "against", "place", "object", "to", "for", "over", "answers")
SIDES: Final = ("receiving_state", "sending_state", "third_state", "actor_state")
PARTIES: Final = (*SIDES, "by", "against", "to", "for", "mission")
PLACEHOLDERS: Final = (*ROLES, *SIDES, "mission", "act")
TRIGGERS: Final = ("act.type", "act.family", "act.tag")
EACH: Final = ("mission", "premises", "member", "act")
TEMPLATES: Final = (
    "item",
    "mission",
    "receiving_state",
    "sending_state",
    "police",
    "ministry",
    "court",
    "head",
)
RULE_KEYS: Final = frozenset(
    [
        "rule",
        "provision",
        "kind",
        "title",
        "norm",
        "strength",
        "level",
        "map",
        "status",
        "verified",
        "references",
        "trigger",
        "applies",
        "departs",
        "except",
        "no_exceptions",
        "presume",
        "readings",
        "finding",
        "judgement",
        "note",
        "see",
        "author",
        "date",
        "modified",
    ]
)
CONCEPT_KEYS: Final = frozenset(
    [
        "concept",
        "title",
        "cite",
        "values",
        "true_when",
        "false_when",
        "closed",
        "presume",
        "note",
        "references",
        "map",
        "verified",
    ]
)
READING_KEYS: Final = frozenset(
    ["reading", "title", "question", "default", "values", "map", "note"]
)
MEASURE_KEYS: Final = frozenset(
    [
        "measure",
        "title",
        "phrase",
        "map",
        "level",
        "concerns",
        "each",
        "answers",
        "act",
        "bind",
        "procedure",
        "cite",
        "conditions",
        "norm_map_status",
        "note",
    ]
)
COMPARISONS: Final = ("at_least", "more_than", "at_most", "less_than")
_ID: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_NUMBER: Final = re.compile(r"(-?\d+(?:\.\d+)?) ?(h|d|w|m|km)?")
_UNITS: Final = {"h": 1, "d": 24, "w": 168, "m": 1, "km": 1000}
_PINPOINT: Final = re.compile(r"\d+[a-z]?(?:\(\w+\))*(?:-[a-z0-9]+)?(?:\(\w+\))*")


@dataclass(frozen=True, slots=True)
class _Document:
    kind: str  # rule | concept | reading | measure
    id: str
    node: Fields


def read_rulebook(
    files: Mapping[str, bytes], vocabulary: Vocabulary, *, digest: str = ""
) -> tuple[Rulebook | None, tuple[Problem, ...]]:
    """Read rule files by name. Codes R001-R022 and the Y codes of `source`.

    `digest` identifies the content and is passed on.
    """
    reader = _Reader(vocabulary)
    for name in sorted(files):
        nodes, problems = source.read(files[name], name)
        reader.problems.extend(problems)
        for node in nodes:
            reader.collect(node)
    book = reader.rulebook(digest)
    errors = [p for p in reader.problems if p.severity == "error"]
    return (None if errors else book), tuple(reader.problems)


class _Reader:
    """Collects documents, then problems, while one rulebook is read."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.problems: list[Problem] = []
        self.documents: list[_Document] = []
        self.concepts: dict[str, tuple[str, ...]] = {}
        self.readings: dict[str, Reading] = {}

    # ------------------------------------------------------------ documents

    def fault(self, code: str, node: Node | None, text: str, hint: str = "") -> None:
        self.problems.append(problem(code, None if node is None else node.place, text, hint))

    def guess(self, word: str, known: object) -> str:
        near = nearest(word, sorted(cast("list[str]", list(known))))  # type: ignore[call-overload]
        return f"did you mean '{near}'?" if near else ""

    def collect(self, node: Node) -> None:
        if not isinstance(node, Fields) or not node.pairs:
            self.fault("R001", node, "a document is a mapping that starts with its kind")
            return
        for kind in ("rule", "concept", "reading", "measure"):
            name = node.get(kind)
            if name is not None:
                if not isinstance(name, Text) or name.empty:
                    self.fault("R001", name, f"'{kind}' needs a name")
                    return
                pattern = _ID if kind != "concept" else re.compile(r"[a-z_]+(?:\.[a-z_]+)*")
                if not pattern.fullmatch(name.text):
                    self.fault("R001", name, "ids are small letters, digits, - and _")
                for other in self.documents:
                    if other.kind == kind and other.id == name.text:
                        where = other.node.place
                        text = f"{kind} '{name.text}' is already in {where.file}:{where.line}"
                        self.fault("R009", name, text, "choose another id")
                        return
                self.documents.append(_Document(kind, name.text, node))
                return
        first = node.pairs[0][0]
        hint = self.guess(first.text, ("rule", "concept", "reading", "measure"))
        text = "a document starts with rule, concept, reading or measure"
        self.fault("R001", first, text, hint)

    def of(self, kind: str) -> list[_Document]:
        return sorted((d for d in self.documents if d.kind == kind), key=lambda d: d.id)

    def rulebook(self, digest: str) -> Rulebook:
        for document in self.of("concept"):
            self.concepts[document.id] = self.concept_values(document.node)
        for document in self.of("reading"):
            made = self.reading(document)
            if made is not None:
                self.readings[made.id] = made
        concepts = [self.concept(d) for d in self.of("concept")]
        rules = [self.rule(d) for d in self.of("rule")]
        measures = [self.measure(d) for d in self.of("measure")]
        self.cycles(concepts)
        self.references(rules)
        return Rulebook(
            rules=tuple(r for r in rules if r is not None),
            concepts=tuple(concepts),
            readings=self.readings,
            presumptions=self.vocabulary.presumptions,
            measures=tuple(m for m in measures if m is not None),
            digest=digest,
        )

    def only(self, node: Fields, allowed: frozenset[str]) -> None:
        for key, _value in node.pairs:
            if key.text not in allowed:
                self.fault("R003", key, f"unknown key '{key.text}'", self.guess(key.text, allowed))

    def text(self, node: Fields, name: str, default: str | None = None) -> str:
        """A text; required unless a default is given."""
        value = node.get(name)
        if value is None:
            if default is None:
                self.fault("R002", node, f"'{name}' is missing", "add it")
            return default or ""
        if not isinstance(value, Text) or (value.empty and default is None):
            self.fault("R001", value, f"'{name}' is a text")
            return default or ""
        return value.text.strip()

    def texts(self, node: Fields, name: str) -> tuple[str, ...]:
        value = node.get(name)
        if value is None:
            return ()
        found = self.listed(value)
        if found is None:
            self.fault("R001", value, f"'{name}' is a list of texts")
            return ()
        return tuple(t.text for t in found)

    @staticmethod
    def listed(value: Node) -> tuple[Text, ...] | None:
        """A text or a list of texts."""
        if isinstance(value, Text):
            return () if value.empty else (value,)
        if isinstance(value, Items) and all(isinstance(v, Text) for v in value.items):
            return cast("tuple[Text, ...]", value.items)
        return None

    def word(self, node: Fields, name: str, among: tuple[str, ...], default: str = "") -> str:
        value = node.get(name)
        if value is None:
            if not default:
                self.fault("R002", node, f"'{name}' is missing", f"one of: {', '.join(among)}")
            return default or among[0]
        text = value.text if isinstance(value, Text) else ""
        if text not in among:
            hint = self.guess(text, among) or f"one of: {', '.join(among)}"
            self.fault("R001", value, f"'{name}' cannot be '{text}'", hint)
            return among[0]
        return text

    def fields(self, node: Fields, name: str, *, required: bool = False) -> Fields | None:
        value = node.get(name)
        if value is None:
            if required:
                self.fault("R002", node, f"'{name}' is missing", "add it")
            return None
        if isinstance(value, Text) and value.empty:
            return None
        if not isinstance(value, Fields):
            self.fault("R001", value, f"'{name}' is a mapping")
            return None
        return value

    def flag(self, node: Fields, name: str, *, default: bool = False) -> bool:
        value = node.get(name)
        if value is None:
            return default
        if isinstance(value, Text) and value.text in ("yes", "true", "no", "false"):
            return value.text in ("yes", "true")
        self.fault("R001", value, f"'{name}' is yes or no")
        return default

    def cited(self, node: Node | None, text: str) -> None:
        """A citation starts with an instrument, or is a practice norm (P10), or names a case."""
        for part in re.split(r"; | / ", text):
            if re.fullmatch(r"P\d\d", part):
                continue
            first = max(
                (i for i in self.vocabulary.instruments if part.startswith(i + " ") or part == i),
                key=len,
                default="",
            )
            if not first:
                hint = self.guess(part.split(" ")[0], self.vocabulary.instruments)
                self.fault("R015", node, f"'{part}' does not start with a known instrument", hint)

    # ------------------------------------------------------------ conditions

    def presume(self, node: Fields) -> dict[str, frozenset[str]]:
        """The keys that a document's standing presumptions narrow."""
        found: dict[str, frozenset[str]] = {}
        value = node.get("presume")
        for name in (self.listed(value) or ()) if value is not None else ():
            presumption = self.vocabulary.presumptions.get(name.text)
            if presumption is None:
                hint = self.guess(name.text, self.vocabulary.presumptions)
                self.fault("R013", name, f"unknown presumption '{name.text}'", hint)
            elif found.get(presumption.key, presumption.values) != presumption.values:
                self.fault("R013", name, f"'{presumption.key}' is presumed two ways")
            else:
                found[presumption.key] = presumption.values
        return found

    def condition(self, node: Node | None, presume: Presume) -> Condition:
        """A mapping is all of its entries; a list, any of its conditions."""
        if node is None or (isinstance(node, Text) and node.empty):
            return All()
        if isinstance(node, Items):
            return AnyOf(tuple(self.condition(one, presume) for one in node.items))
        if not isinstance(node, Fields):
            self.fault("R001", node, "a condition is a mapping", "write {term: value}")
            return All()
        parts = tuple(self.entry(key, value, presume) for key, value in node.pairs)
        return parts[0] if len(parts) == 1 else All(parts)

    def entry(self, key: Text, value: Node, presume: Presume) -> Condition:
        if key.text in ("any", "all"):
            if not isinstance(value, Items) or not value.items:
                self.fault("R001", value, f"'{key.text}' takes a list of conditions")
                return All()
            parts = tuple(self.condition(one, presume) for one in value.items)
            return AnyOf(parts) if key.text == "any" else All(parts)
        if key.text == "not":
            if isinstance(value, Fields) and not value.pairs:
                self.fault("R007", value, "'not' of nothing")
            return Not(self.condition(value, presume))
        if key.text in self.concepts:
            return self.concept_is(key, value)
        known = self.vocabulary.keys.get(key.text)
        if known is None:
            near = self.guess(key.text, [*self.vocabulary.keys, *self.concepts])
            self.fault("R004", key, f"unknown term '{key.text}'", near)
            return All()
        if isinstance(value, Fields):
            return self.comparison(key, value, known, presume)
        return self.accepted(key, value, known, presume)

    def concept_is(self, key: Text, value: Node) -> Condition:
        allowed = self.concepts[key.text]
        words = [_yes_no(t.text) for t in self.listed(value) or ()]
        parts: list[Condition] = []
        for word in words:
            if allowed == ("true",) and word == "false":
                parts.append(Not(ConceptIs(key.text, "true")))
            elif word in allowed:
                parts.append(ConceptIs(key.text, word))
            else:
                hint = self.guess(word, allowed) or f"one of: {', '.join(allowed)}"
                self.fault("R005", value, f"concept '{key.text}' has no value '{word}'", hint)
        if not words:
            self.fault("R006", value, f"'{key.text}' accepts nothing")
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def accepted(self, key: Text, value: Node, known: Key, presume: Presume) -> Condition:
        words = self.listed(value)
        if not words:
            self.fault("R006", value, f"'{key.text}' accepts nothing", "list the values that count")
            return All()
        boolean = known.type == "boolean"
        values = [_yes_no(w.text) if boolean else w.text for w in words]
        for word, text in zip(words, values, strict=True):
            if known.values and text not in known.values:
                hint = self.guess(text, known.values) or f"one of: {', '.join(known.values[:12])}"
                self.fault("R005", word, f"'{key.text}' has no value '{text}'", hint)
        if known.many:
            atoms = tuple(
                self.atom(f"{key.text}:{v}", frozenset({"true"}), presume) for v in values
            )
            return atoms[0] if len(atoms) == 1 else AnyOf(atoms)
        if known.values and set(values) >= set(known.values):
            self.fault("R006", key, f"'{key.text}' accepts every value it can have")
        return self.atom(key.text, frozenset(values), presume)

    @staticmethod
    def atom(key: str, accept: frozenset[str] | Range, presume: Presume) -> Atom:
        return Atom(key, accept, presume.get(key))

    def comparison(self, key: Text, value: Fields, known: Key, presume: Presume) -> Condition:
        if known.type not in ("number", "duration"):
            self.fault("R005", value, f"'{key.text}' is not a number or a duration")
            return All()
        bounds: dict[str, Fraction] = {}
        for sign, amount in value.pairs:
            if sign.text not in COMPARISONS:
                hint = self.guess(sign.text, COMPARISONS)
                self.fault("R003", sign, f"unknown comparison '{sign.text}'", hint)
                continue
            found = _NUMBER.fullmatch(amount.text) if isinstance(amount, Text) else None
            if found is None:
                self.fault("R005", amount, "not a number with a unit", "such as 48 h, 30 d, 15 m")
                continue
            bounds[sign.text] = Fraction(found[1]) * _UNITS[found[2] or "h"]
        if not bounds:
            self.fault("R006", value, f"'{key.text}' is compared with nothing")
        low = bounds.get("at_least", bounds.get("more_than"))
        high = bounds.get("at_most", bounds.get("less_than"))
        accept = Range(low, high, "at_least" not in bounds, "at_most" not in bounds)
        accept = Range(
            low, high, accept.low_open and low is not None, accept.high_open and high is not None
        )
        return self.atom(key.text, accept, presume)

    # ------------------------------------------------------------ exceptions, readings

    def exceptions(self, node: Fields | None, presume: Presume) -> tuple[Carveout, ...]:
        if node is None:
            return ()
        found = (self.carveout(name, value, presume) for name, value in node.pairs)
        return tuple(sorted((c for c in found if c is not None), key=lambda c: c.name))

    def carveout(self, name: Text, value: Node, presume: Presume) -> Carveout | None:
        if not isinstance(value, Fields):
            self.fault("R001", value, f"exception '{name.text}' is a mapping with `when`")
            return None
        self.only(
            value, frozenset({"when", "presumed", "cite", "text", "unless", "note", "verified"})
        )
        when = value.get("when")
        if when is None or (isinstance(when, Fields) and not when.pairs):
            self.fault("R007", when or name, f"exception '{name.text}' has no condition")
            return None
        presumed = self.word(value, "presumed", ("absent", "present", "none"), "absent")
        cite = self.text(value, "cite", "")
        return Carveout(
            name=name.text,
            when=self.condition(when, presume),
            presumed=cast(Presumed, presumed),
            cite=cite,
            text=self.text(value, "text", ""),
            unless=self.exceptions(self.fields(value, "unless"), presume),
        )

    def changes(self, node: Fields | None, presume: Presume) -> tuple[ReadingChanges, ...]:
        """What each value of each named reading changes."""
        found = []
        for name, values in node.pairs if node is not None else ():
            reading = self.readings.get(name.text)
            if reading is None:
                hint = self.guess(name.text, self.readings)
                self.fault("R011", name, f"unknown reading '{name.text}'", hint)
                continue
            if not isinstance(values, Fields):
                self.fault("R001", values, "a reading lists what each of its values changes")
                continue
            changed = {}
            for value, what in values.pairs:
                if value.text not in reading.values:
                    hint = self.guess(value.text, reading.values)
                    text = f"reading '{reading.id}' has no value '{value.text}'"
                    self.fault("R011", value, text, hint)
                elif isinstance(what, Fields):
                    changed[value.text] = self.change(what, presume)
                elif not (isinstance(what, Text) and what.empty):
                    self.fault("R001", what, "a value of a reading changes departs or except")
            found.append(ReadingChanges(reading.id, tuple(sorted(reading.values)), changed))
        for what_, first, second in clashes(found):
            text = f"readings '{first}' and '{second}' both change '{what_}'"
            self.fault("R012", node, text, "make it one reading")
        return tuple(found)

    def change(self, node: Fields, presume: Presume) -> Change:
        self.only(node, frozenset({"departs", "except"}))
        departs = node.get("departs")
        exceptions: dict[str, Carveout | None] = {}
        for name, value in (self.fields(node, "except") or Fields("", 1, 1)).pairs:
            removed = isinstance(value, Text) and value.empty
            exceptions[name.text] = None if removed else self.carveout(name, value, presume)
        return Change(None if departs is None else self.condition(departs, presume), exceptions)

    def logic(self, node: Fields, applies: str, presume: Presume) -> Logic:
        """Applies (or `when`), departs and exceptions, with the readings written out."""
        excepted = node.get("except")
        none = isinstance(excepted, Text)
        base = Logic(
            applies=self.condition(node.get(applies), presume),
            departs=self.condition(node.get("departs"), presume),
            exceptions=() if none else self.exceptions(self.fields(node, "except"), presume),
        )
        changes = self.changes(self.fields(node, "readings"), presume)
        return base if clashes(changes) else written_out(base, changes)

    # ------------------------------------------------------------ the four kinds

    def reading(self, document: _Document) -> Reading | None:
        node = document.node
        self.only(node, READING_KEYS)
        values: dict[str, ReadingValue] = {}
        listed = self.fields(node, "values", required=True)
        for name, value in listed.pairs if listed is not None else ():
            if not isinstance(value, Fields):
                self.fault("R001", value, "a value says what it holds and who holds it")
                continue
            self.only(value, frozenset({"says", "held_by", "why", "verified"}))
            values[name.text] = ReadingValue(
                name.text,
                self.text(value, "says"),
                self.text(value, "held_by"),
                self.text(value, "why", ""),
                self.flag(value, "verified"),
            )
        default = self.text(node, "default")
        if len(values) < 2:
            self.fault("R011", node, f"reading '{document.id}' needs at least two values")
            return None
        if default not in values:
            self.fault(
                "R011", node.get("default"), f"the default '{default}' is none of its values"
            )
            return None
        return Reading(
            document.id,
            self.text(node, "title"),
            self.text(node, "question"),
            default,
            values,
            node.place,
        )

    def concept_values(self, node: Fields) -> tuple[str, ...]:
        values = node.get("values")
        if isinstance(values, Fields):
            return tuple(key.text for key, _ in values.pairs)
        return ("true",)

    def concept(self, document: _Document) -> Concept:
        node = document.node
        self.only(node, CONCEPT_KEYS)
        presume = self.presume(node)
        definitions: list[Definition] = []
        values = self.fields(node, "values")
        pairs: list[tuple[str, Node]] = []
        if values is not None:
            pairs = [(key.text, value) for key, value in values.pairs]
        for name, value in (("true_when", "true"), ("false_when", "false")):
            found = node.get(name)
            if found is not None:
                pairs.append((value, found))
        if not pairs:
            self.fault("R002", node, "a concept has `values`, or `true_when`")
        for value, listed in pairs:
            rows = listed.items if isinstance(listed, Items) else (listed,)
            for row in rows:
                definitions.append(self.definition(document.id, value, row, presume))
        cite = self.text(node, "cite", "")
        if cite:
            self.cited(node.get("cite"), cite)
        closed = self.flag(node, "closed", default="false_when" not in node)
        return Concept(
            name=document.id,
            title=self.text(node, "title", document.id),
            cite=cite,
            values=self.concepts[document.id],
            definitions=tuple(definitions),
            closed=closed,
            place=node.place,
        )

    def definition(self, concept: str, value: str, row: Node, presume: Presume) -> Definition:
        if isinstance(row, Fields) and "when" in row:
            self.only(row, frozenset({"when", "except", "readings", "cite", "note", "text"}))
            cite = self.text(row, "cite", "")
            if cite:
                self.cited(row.get("cite"), cite)
            return Definition(concept, value, self.logic(row, "when", presume), cite)
        return Definition(concept, value, Logic(self.condition(row, presume)))

    def rule(self, document: _Document) -> Rule | None:
        node = document.node
        self.only(node, RULE_KEYS)
        strength = self.strengths(node)
        level = self.text(node, "level", "")
        if level and level not in LEVELS:
            self.fault("R001", node.get("level"), f"unknown level '{level}'", "S1 to S5")
        if "practice" in strength and not level:
            self.fault("R002", node, "a practice norm has a level S1 to S5", "add `level`")
        provision = self.text(node, "provision")
        if provision:
            self.cited(node.get("provision"), provision)
        self.said_exceptions(node)
        finding = self.text(node, "finding")
        self.placeholders(node.get("finding"), finding)
        presume = self.presume(node)
        readings = self.fields(node, "readings")
        return Rule(
            id=document.id,
            provision=provision,
            kind=cast(Kind, self.word(node, "kind", KINDS)),
            title=self.text(node, "title"),
            norm=self.norm(node),
            strength=cast("tuple[Strength, ...]", strength),
            trigger=self.trigger(node, "trigger"),
            logic=self.logic(node, "applies", presume),
            finding=finding,
            presume=self.texts(node, "presume"),
            readings=tuple(sorted(k.text for k, _ in readings.pairs)) if readings else (),
            level=level,
            map=self.texts(node, "map"),
            see=self.texts(node, "see"),
            note=self.text(node, "note", ""),
            judgement=self.text(node, "judgement", ""),
            status=self.word(node, "status", STATUSES, "stable"),
            verified=self.flag(node, "verified"),
            references=self.texts(node, "references"),
            no_exceptions=self.text(node, "no_exceptions", ""),
            place=node.place,
        )

    def strengths(self, node: Fields) -> tuple[str, ...]:
        found = self.texts(node, "strength")
        if not found:
            self.fault("R002", node, "'strength' is missing", f"some of: {', '.join(STRENGTHS)}")
        for word in found:
            if word not in STRENGTHS:
                hint = self.guess(word, STRENGTHS)
                self.fault("R001", node.get("strength"), f"unknown strength '{word}'", hint)
        return found

    def norm(self, node: Fields) -> Norm:
        value = self.fields(node, "norm", required=True)
        if value is None:
            return Norm("", "", "")
        self.only(value, frozenset({"bearer", "modality", "owed_to"}))
        return Norm(
            self.word(value, "bearer", PARTIES),
            self.word(value, "modality", MODALITIES),
            self.word(value, "owed_to", PARTIES),
        )

    def said_exceptions(self, node: Fields) -> None:
        value = node.get("except")
        if value is None:
            self.fault("R022", node, "no word on exceptions", "list them, or `except: none`")
        elif isinstance(value, Text):
            if value.text != "none":
                self.fault("R001", value, "`except` is a mapping, or none")
            if not self.text(node, "no_exceptions", ""):
                self.fault("R022", value, "`except: none` without a reason", "add `no_exceptions`")

    def placeholders(self, node: Node | None, text: str) -> None:
        for name in re.findall(r"\{([^}]*)\}?", text):
            if name not in PLACEHOLDERS:
                hint = self.guess(name, PLACEHOLDERS)
                self.fault("R017", node, f"the text names '{{{name}}}'", hint)

    def trigger(self, node: Fields, name: str) -> tuple[tuple[Atom, ...], ...]:
        """Alternatives, each a set of atoms that must all hold."""
        value = self.fields(node, name)
        if value is None or not value.pairs:
            self.fault("R008", node, f"'{name}' is missing", "say what kind of act it is about")
            return ()
        ways: list[tuple[Atom, ...]] = [()]
        for key, words in value.pairs:
            if key.text not in TRIGGERS:
                text = f"a trigger cannot use '{key.text}'"
                self.fault("R008", key, text, "only act.type, act.family and act.tag")
                continue
            ways = [(*way, atom) for way in ways for atom in self.trigger_atoms(key, words)]
        return tuple(ways)

    def trigger_atoms(self, key: Text, words: Node) -> list[Atom]:
        known = {
            "act.type": self.vocabulary.acts,
            "act.family": self.vocabulary.families,
            "act.tag": self.vocabulary.tags,
        }[key.text]
        found = self.listed(words) or ()
        if not found:
            self.fault("R008", words, f"'{key.text}' accepts nothing")
        for word in found:
            if word.text not in known:
                what = key.text.removeprefix("act.")
                hint = self.guess(word.text, known)
                self.fault("R018", word, f"unknown {what} '{word.text}'", hint)
        if key.text == "act.tag":
            return [Atom(f"act.tag:{w.text}", frozenset({"true"})) for w in found]
        return [Atom(key.text, frozenset(w.text for w in found))]

    def measure(self, document: _Document) -> Measure | None:
        node = document.node
        self.only(node, MEASURE_KEYS)
        level = self.text(node, "level")
        if level != "none" and not (level.isdigit() and int(level) <= 10):
            self.fault("R001", node.get("level"), "a level is 0 to 10, or none")
            level = "none"
        act = self.measure_act(node)
        if act is None:
            return None
        bind = self.bindings(node, act["type"][0])
        return Measure(
            id=document.id,
            title=self.text(node, "title"),
            level=None if level == "none" else int(level),
            act=act,
            each=self.word(node, "each", EACH),
            bind=bind,
            concerns=self.texts(node, "concerns"),
            answers=self.trigger(node, "answers") if "answers" in node else (),
            procedure=self.text(node, "procedure", ""),
            cite=self.texts(node, "cite"),
            conditions=self.texts(node, "conditions"),
            map=self.texts(node, "map"),
            note=self.text(node, "note", ""),
            phrase=self.text(node, "phrase"),
            norm_map_status=self.text(node, "norm_map_status", ""),
            place=node.place,
        )

    def measure_act(self, node: Fields) -> dict[str, tuple[str, ...]] | None:
        """The hypothetical act's type and attributes, checked against the vocabulary."""
        value = self.fields(node, "act", required=True)
        if value is None:
            return None
        found: dict[str, tuple[str, ...]] = {}
        for key, words in value.pairs:
            texts = self.listed(words)
            if not texts:
                self.fault("R001", words, f"'{key.text}' needs a value")
            elif key.text == "type":
                found["type"] = (texts[0].text,)
            else:
                found[key.text] = self.attribute(key, texts)
        type_ = found.get("type", ("",))[0]
        if type_ not in self.vocabulary.acts:
            hint = self.guess(type_, self.vocabulary.acts)
            self.fault("R021", value.get("type") or value, f"unknown act type '{type_}'", hint)
            return None
        return found

    def attribute(self, key: Text, texts: tuple[Text, ...]) -> tuple[str, ...]:
        known = self.vocabulary.attributes.get(key.text)
        if known is None:
            hint = self.guess(key.text, self.vocabulary.attributes)
            self.fault("R021", key, f"unknown attribute '{key.text}'", hint)
            return tuple(t.text for t in texts)
        boolean = known.type == "boolean"
        values = tuple(_yes_no(t.text) if boolean else t.text for t in texts)
        allowed = ("true", "false") if boolean else tuple(known.values)
        for text, value in zip(texts, values, strict=True):
            if allowed and value not in allowed:
                hint = self.guess(value, allowed) or f"one of: {', '.join(allowed[:12])}"
                self.fault("R005", text, f"'{key.text}' has no value '{value}'", hint)
        return values

    def bindings(self, node: Fields, type_: str) -> dict[str, str]:
        value = self.fields(node, "bind", required=True)
        found: dict[str, str] = {}
        for key, template in value.pairs if value is not None else ():
            text = template.text if isinstance(template, Text) else ""
            if key.text not in ROLES and key.text not in self.vocabulary.attributes:
                hint = self.guess(key.text, [*ROLES, *self.vocabulary.attributes])
                self.fault("R021", key, f"'{key.text}' is no role and no attribute", hint)
            elif text not in TEMPLATES and not text.startswith("item."):
                hint = self.guess(text, TEMPLATES)
                self.fault("R021", template, f"unknown template '{text}'", hint)
            else:
                found[key.text] = text
        for role in self.vocabulary.acts[type_].needs:
            if role not in found:
                text = f"act type '{type_}' needs the role '{role}'"
                self.fault("R021", node.get("bind") or node, text, "bind it")
        return found

    # ------------------------------------------------------------ across documents

    def cycles(self, concepts: list[Concept]) -> None:
        """No conclusion rests on itself; the path is told."""
        from comity.compiling import conditions_of, leaves

        uses = {
            c.name: sorted(
                {
                    leaf.concept
                    for d in c.definitions
                    for condition in conditions_of(d.logic)
                    for leaf in leaves(condition)
                    if isinstance(leaf, ConceptIs)
                }
            )
            for c in concepts
        }
        places = {d.id: d.node for d in self.of("concept")}
        for name in uses:
            path = _cycle(name, lambda n: uses.get(n, []))
            if path:
                self.fault("R014", places[name], f"circle: {' -> '.join(path)}", "break it")
                return

    def references(self, rules: list[Rule | None]) -> None:
        """`see` names rules that exist."""
        nodes = {d.id: d.node for d in self.of("rule")}
        for rule in rules:
            for other in rule.see if rule is not None else ():
                if rule is not None and other not in nodes:
                    node = nodes[rule.id].get("see")
                    hint = self.guess(other, nodes)
                    place = None if node is None else node.place
                    text = f"`see` names an unknown rule '{other}'"
                    # It changes no answer, so the rulebook can be used all the same.
                    self.problems.append(Problem("R004", place, text, hint, "warning"))


def _cycle(start: str, uses: Callable[[str], list[str]]) -> list[str]:
    """A path that leads back to its start, or []."""
    pending = [[start]]
    seen: set[str] = set()
    while pending:
        path = pending.pop()
        for following in uses(path[-1]):
            if following == start:
                return [*path, start]
            if following not in seen:
                seen.add(following)
                pending.append([*path, following])
    return []


def _yes_no(text: str) -> str:
    return {"yes": "true", "no": "false"}.get(text, text)
