"""Rule, concept and reading documents -> `Rule`, `Concept`, `Reading`.

Each document is read on its own; what it may refer to is in `Terms`. Readings are written out
into plain conditions here (`switching`), so nothing later knows of them but the frame's worlds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, cast, get_args

from msgspec import Struct
from msgspec.structs import replace

from comity.citations import authority_fault, provision_fault
from comity.conditions import PLAIN, ConditionReader, Terms, read_trigger
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
    Modality,
    Norm,
    Not,
    Presumed,
    Range,
    Reading,
    ReadingValue,
    Rule,
    Strength,
)
from comity.sheets import Faults, Sheet, guess
from comity.source import Fields, Items, Node, Text
from comity.switching import Change, ReadingChanges, clashes, guard, under, written_out

SIDES: Final = ("sending_state", "receiving_state", "third_state")
STATUSES: Final = ("stable", "test", "experimental", "deprecated")
LEVELS: Final = ("S1", "S2", "S3", "S4", "S5")
PRESUMED: Final = get_args(Presumed)
ABOUT: Final = ("map", "note", "references", "see", "status", "verified")
RULE_KEYS: Final = (
    *("rule", "provision", "kind", "title", "norm", "strength", "level"),
    *("trigger", "applies", "departs", "except", "no_exceptions", "presume", "readings"),
    *("finding", "judgement", "author", "date", "modified"),
    *ABOUT,
)
NORM_KEYS: Final = ("bearer", "modality", "owed_to")
CARVEOUT_KEYS: Final = ("when", "presumed", "cite", "text", "unless", "note")
CHANGE_KEYS: Final = ("departs", "except", "note")
CONCEPT_KEYS: Final = (
    *("concept", "title", "cite", "values", "true_when", "false_when", "closed", "presume"),
    *ABOUT,
)
DEFINITION_KEYS: Final = ("when", "except", "cite", "readings", "text", "note")
READING_KEYS: Final = ("reading", "title", "question", "default", "values", *ABOUT)
VALUE_KEYS: Final = ("says", "held_by", "why", "verified", "references", "note")

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
BLANKS: Final = "name a role, such as {by} or {place}, or {mission}, {act}, {receiving_state}"
Parent = Literal["rule", "concept"]


def placeholders(terms: Terms) -> tuple[str, ...]:
    """What a finding's text can name."""
    return (*terms.vocabulary.act_roles, "mission", *SIDES, "act")


def parties(terms: Terms) -> tuple[str, ...]:
    """Who can bear a norm or be owed it."""
    return (*SIDES, "actor_state", *terms.vocabulary.act_roles)


# --------------------------------------------------------------------------- rules


def read_rule(fields: Fields, terms: Terms, faults: Faults) -> Rule:
    """One `rule:` document. With faults the value is a stand-in that must not be used."""
    sheet = Sheet(fields, faults)
    sheet.only(RULE_KEYS)
    sheet.need("provision", "kind", "title", "norm", "strength", "applies", "finding")
    if fields.get("trigger") is None:
        faults.add("R008", fields.place, "the rule has no trigger", "add `trigger: {act.tag: ...}`")
    reasons = _check_exceptions_said(sheet)
    presume, presumed = _presumptions(sheet, terms)
    logic_reader = LogicReader(terms, faults, presumed)
    logic, readings = logic_reader.rule(sheet)
    strength = cast(tuple[Strength, ...], sheet.choices("strength", get_args(Strength)))
    _check_provision(sheet, terms)
    _check_finding(sheet, terms)
    return Rule(
        id=sheet.text("rule"),
        provision=sheet.text("provision"),
        kind=cast(Kind, sheet.choice("kind", get_args(Kind), "departure")),
        title=sheet.text("title"),
        norm=_norm(sheet, terms),
        strength=strength,
        trigger=read_trigger(sheet.node.get("trigger"), terms, faults),
        logic=logic,
        finding=sheet.text("finding"),
        presume=presume,
        readings=readings,
        level=_level(sheet, strength),
        map=sheet.texts("map"),
        see=sheet.texts("see"),
        note=sheet.text("note"),
        judgement=sheet.text("judgement"),
        status=sheet.choice("status", STATUSES, "stable"),
        verified=sheet.flag("verified"),
        references=sheet.texts("references"),
        no_exceptions=reasons,
        place=sheet.at("rule"),
    )


def _norm(sheet: Sheet, terms: Terms) -> Norm:
    found = sheet.fields("norm")
    if found is None:
        return Norm("", "", "")
    norm = Sheet(found, sheet.faults)
    norm.only(NORM_KEYS)
    norm.need(*NORM_KEYS)
    who = parties(terms)
    return Norm(
        bearer=norm.choice("bearer", who),
        modality=norm.choice("modality", get_args(Modality)),
        owed_to=norm.choice("owed_to", who),
    )


def _level(sheet: Sheet, strength: Sequence[str]) -> str:
    """Practice comes in five strengths, S1 to S5; law has no such scale."""
    level = sheet.choice("level", LEVELS)
    only_practice = bool(strength) and not {"treaty", "custom"} & set(strength)
    if only_practice and "level" not in sheet.node:
        text = "a norm of practice or courtesy needs its level"
        sheet.faults.add("R002", sheet.at("strength"), text, "add `level:` with S1 to S5")
    if strength and not only_practice and level:
        text = "a level is for norms of practice or courtesy alone"
        sheet.faults.add("R001", sheet.at("level"), text, "remove it, or correct `strength`")
    return level


def _check_exceptions_said(sheet: Sheet) -> str:
    """Every rule says what its exceptions are, or why there are none. Returns that reason."""
    exceptions, reason = sheet.node.get("except"), sheet.text("no_exceptions")
    says_none = isinstance(exceptions, Text) and exceptions.text == "none"
    hint = "list them, or write `except: none` and the reason in `no_exceptions`"
    if exceptions is None:
        text = "the rule does not say what excepts from it"
        sheet.faults.add("R022", sheet.node.place, text, hint)
    elif says_none and not reason:
        hint = "write the reason in `no_exceptions`"
        sheet.faults.add("R022", sheet.at("except"), "`except: none` gives no reason", hint)
    elif not says_none and not len(exceptions if isinstance(exceptions, Fields | Items) else ()):
        sheet.faults.add("R022", exceptions.place, "`except` names no exception", hint)
    elif not says_none and reason:
        text = "`no_exceptions` stands beside exceptions"
        sheet.faults.add("R022", sheet.at("no_exceptions"), text, "remove one of them")
    return reason if says_none else ""


def _check_provision(sheet: Sheet, terms: Terms) -> None:
    word = sheet.word("provision")
    fault = provision_fault(word.text, terms.vocabulary.instruments) if word else None
    if word is not None and word.text.strip() and fault is not None:
        sheet.faults.add("R015", word.place, *fault)


def _check_finding(sheet: Sheet, terms: Terms) -> None:
    """Every `{name}` of the text can be filled from a frame."""
    word = sheet.word("finding")
    if word is None:
        return
    known = placeholders(terms)
    for name in _PLACEHOLDER.findall(word.text):
        if name not in known:
            text = f"the finding names '{{{name}}}', which no frame has"
            sheet.faults.add("R017", word.place, text, guess(name, known) or BLANKS)
    if any(brace in _PLACEHOLDER.sub("", word.text) for brace in "{}"):
        text = "the finding has a brace without its partner"
        sheet.faults.add("R017", word.place, text, "write {by}, {place} and so on")


def _presumptions(sheet: Sheet, terms: Terms) -> tuple[tuple[str, ...], dict[str, frozenset[str]]]:
    """The standing presumptions a document relies on, and what they say of each key."""
    found: dict[str, frozenset[str]] = {}
    by: dict[str, str] = {}
    known = terms.vocabulary.presumptions
    for word in sheet.words("presume"):
        presumption = known.get(word.text)
        if presumption is None:
            sheet.faults.unknown("R013", word, "presumption", known)
        elif found.get(presumption.key, presumption.values) != presumption.values:
            text = f"'{word.text}' and '{by[presumption.key]}' presume '{presumption.key}' two ways"
            sheet.faults.add("R013", word.place, text, "keep one of them")
        else:
            found[presumption.key] = presumption.values
            by[presumption.key] = word.text
    return tuple(word.text for word in sheet.words("presume") if word.text in known), found


# --------------------------------------------------------------------------- logic


class LogicReader(Struct, frozen=True):
    """Reads conditions, exceptions and readings of one document."""

    terms: Terms
    faults: Faults
    presumed: Mapping[str, frozenset[str]]

    @property
    def conditions(self) -> ConditionReader:
        return ConditionReader(self.terms, self.faults, self.presumed)

    def rule(self, sheet: Sheet) -> tuple[Logic, tuple[str, ...]]:
        """The logic of a rule, and the readings it depends on."""
        found = sheet.node.get("except")
        logic = Logic(
            applies=self.condition(sheet.get("applies")),
            departs=self.condition(sheet.get("departs")),
            exceptions=() if isinstance(found, Text) else self.carveouts(found),
        )
        changes = self.readings(sheet, "rule", logic.exceptions)
        return self.written_out(sheet, logic, changes), tuple(sorted(c.id for c in changes))

    def condition(self, node: Node | None) -> Condition:
        return All() if node is None else self.conditions.read(node)

    def written_out(self, sheet: Sheet, logic: Logic, changes: Sequence[ReadingChanges]) -> Logic:
        """Readings as conditions, unless two of them change the same thing."""
        found = clashes(changes)
        for what, first, second in found:
            part = "`departs`" if what == "departs" else f"the exception '{what}'"
            text = f"the readings '{first}' and '{second}' both change {part}"
            self.faults.add("R012", sheet.at("readings"), text, "let one reading decide it")
        return logic if found else written_out(logic, changes)

    # ---------------------------------------------------------------- exceptions

    def carveouts(self, node: Node | None) -> tuple[Carveout, ...]:
        """A mapping of exceptions by name; in that order, whatever the order in the file."""
        if node is None:
            return ()
        if not isinstance(node, Fields):
            hint = "write `its-name:` without a dash, and `when`, `cite` and `text` below it"
            self.faults.add("R001", node.place, "exceptions are a mapping by name", hint)
            return ()
        found = [
            carveout for name, value in node if (carveout := self.carveout(name, value)) is not None
        ]
        self._check_contrary(node, found)
        return tuple(sorted(found, key=lambda carveout: carveout.name))

    def carveout(self, name: Text, node: Node) -> Carveout | None:
        if not isinstance(node, Fields):
            text = f"the exception '{name.text}' must be a mapping with `when`"
            self.faults.add("R001", name.place, text, "write `when`, `cite` and `text` below it")
            return None
        sheet = Sheet(node, self.faults)
        sheet.only(CARVEOUT_KEYS)
        when = node.get("when")
        if when is None or not isinstance(when, Fields) or not len(when):
            text = f"the exception '{name.text}' has no condition, so it would always hold"
            self.faults.add(
                "R007", name.place if when is None else sheet.at("when"), text, "fill `when`"
            )
            return None
        check_authority(sheet, self.terms, name)
        before = len(self.faults.problems)
        made = Carveout(
            name=name.text,
            when=self.conditions.read(when),
            presumed=cast(Presumed, sheet.choice("presumed", PRESUMED, "absent")),
            cite=sheet.text("cite"),
            text=sheet.text("text"),
            unless=self.carveouts(sheet.get("unless")),
        )
        if len(self.faults.problems) == before:  # else what was read is not what was meant
            self._check_against_presumptions(sheet, name, made)
        return made

    def _check_contrary(self, node: Fields, found: Iterable[Carveout]) -> None:
        """One condition cannot be presumed absent and present side by side."""
        seen: dict[Condition, Carveout] = {}
        for carveout in found:
            other = seen.setdefault(carveout.when, carveout)
            if {other.presumed, carveout.presumed} == {"absent", "present"}:
                text = f"'{carveout.name}' presumes the contrary of '{other.name}'"
                place = (node.key(carveout.name) or node).place
                self.faults.add("R013", place, text, "they have the same condition")

    def _check_against_presumptions(self, sheet: Sheet, name: Text, made: Carveout) -> None:
        """A standing presumption must not say the contrary of an exception's own."""
        held = standing(made.when)
        if (made.presumed, held) in (("absent", True), ("present", False)):
            text = (
                f"'{name.text}' is presumed {made.presumed}, but the standing presumptions"
                f" make it {'hold' if held else 'fail'}"
            )
            self.faults.add("R013", sheet.at("when"), text, "see `presume`")

    # ---------------------------------------------------------------- readings

    def readings(
        self, sheet: Sheet, parent: Parent, own: Sequence[Carveout]
    ) -> tuple[ReadingChanges, ...]:
        """What each reading named under `readings` changes."""
        found = sheet.fields("readings")
        changes = []
        for name, node in found or ():
            values = self.terms.readings.get(name.text)
            if values is None:
                if not self.terms.gone(name, "reading", self.faults):
                    self.faults.unknown("R011", name, "reading", self.terms.readings)
            elif isinstance(node, Fields):
                changes.append(self._changes(name.text, values, node, parent, own))
            elif parent == "rule":
                text = f"'{name.text}' must say what each of its values changes"
                hint = "write {value: {departs: ..., except: ...}}"
                self.faults.add("R001", node.place, text, hint)
        return tuple(changes)

    def _changes(
        self,
        reading: str,
        values: tuple[str, ...],
        node: Fields,
        parent: Parent,
        own: Sequence[Carveout],
    ) -> ReadingChanges:
        found = {}
        for value, change in node:
            if value.text not in values:
                self.faults.unknown("R011", value, f"value of the reading '{reading}'", values)
            elif not isinstance(change, Fields) or not len(change):
                text = f"'{value.text}' changes nothing"
                self.faults.add("R001", value.place, text, "leave it out, or say what it changes")
            else:
                found[value.text] = self._change(change, parent, own)
        return ReadingChanges(reading, tuple(sorted(values)), found)

    def _change(self, node: Fields, parent: Parent, own: Sequence[Carveout]) -> Change:
        sheet = Sheet(node, self.faults)
        sheet.only(CHANGE_KEYS if parent == "rule" else ("except", "note"))
        departs = sheet.get("departs")
        return Change(
            departs=None if departs is None else self.condition(departs),
            exceptions=dict(self._changed_exceptions(sheet.fields("except"), own)),
        )

    def _changed_exceptions(
        self, node: Fields | None, own: Sequence[Carveout]
    ) -> Iterator[tuple[str, Carveout | None]]:
        """By name; `null` takes one away, which must be there."""
        names = [carveout.name for carveout in own]
        for name, value in node or ():
            if isinstance(value, Text) and value.empty:
                if name.text not in names:
                    text = f"there is no exception '{name.text}' to take away"
                    self.faults.add("R001", name.place, text, guess(name.text, names))
                yield name.text, None
            else:
                made = self.carveout(name, value)
                if made is not None:
                    yield name.text, made


def standing(condition: Condition) -> bool | None:
    """The value that the standing presumptions alone give a condition; None if they do not."""
    match condition:
        case Atom(_, accept, presumed):
            if presumed is None or isinstance(accept, Range):
                return None
            return True if presumed <= accept else (None if presumed & accept else False)
        case Not(part):
            inner = standing(part)
            return None if inner is None else not inner
        case All(parts):
            values = [standing(part) for part in parts]
            return False if False in values else (None if None in values else True)
        case AnyOf(parts):
            values = [standing(part) for part in parts]
            return True if True in values else (None if None in values else False)
        case ConceptIs():
            return None


def check_authority(sheet: Sheet, terms: Terms, name: Text) -> None:
    """Every exception and definition has its source in law."""
    word = sheet.word("cite")
    if word is None:
        text = f"'{name.text}' does not say on what authority it rests"
        sheet.faults.add("R015", name.place, text, "add `cite:`, such as VCDR 41(1)")
        return
    fault = authority_fault(word.text, terms.vocabulary.instruments)
    if fault is not None:
        sheet.faults.add("R015", word.place, *fault)


# --------------------------------------------------------------------------- concepts


def concept_values(fields: Fields) -> tuple[str, ...]:
    """The values of a concept, before anything else of it is read."""
    values = fields.get("values")
    return tuple(key.text for key, _ in values) if isinstance(values, Fields) else PLAIN


def read_concept(fields: Fields, terms: Terms, faults: Faults) -> Concept:
    """One `concept:` document."""
    sheet = Sheet(fields, faults)
    sheet.only(CONCEPT_KEYS)
    sheet.need("title", "cite")
    name = fields.key("concept")
    if name is not None and sheet.text("cite"):
        check_authority(sheet, terms, name)
    _, presumed = _presumptions(sheet, terms)
    reader = DefinitionReader(sheet, LogicReader(terms, faults, presumed))
    return Concept(
        name=sheet.text("concept"),
        title=sheet.text("title"),
        cite=sheet.text("cite"),
        values=concept_values(fields),
        definitions=tuple(reader.all()),
        # Saying when it is false means that otherwise silence stays unknown.
        closed=sheet.flag("closed", default="false_when" not in fields),
        place=sheet.at("concept"),
    )


class DefinitionReader(Struct, frozen=True):
    """Reads the ways in which one concept takes its values."""

    sheet: Sheet
    logic: LogicReader

    def all(self) -> Iterator[Definition]:
        fields, faults = self.sheet.node, self.sheet.faults
        values = self.sheet.fields("values")
        if values is not None:
            for name in ("true_when", "false_when"):
                if name in fields:
                    text = f"'{name}' stands beside `values`"
                    faults.add("R001", self.sheet.at(name), text, "keep one of them")
            for value, node in values:
                yield from self._of_value(value, value.text, node)
            return
        if "true_when" not in fields:
            hint = "add `true_when:`, or `values:` for a concept of several values"
            faults.add("R002", fields.place, "the concept is not defined", hint)
        for name, value_ in (("true_when", "true"), ("false_when", "false")):
            key, node_ = fields.key(name), fields.get(name)
            if key is not None and node_ is not None:
                yield from self._of_value(key, value_, node_)

    def _of_value(self, name: Text, value: str, node: Node) -> Iterator[Definition]:
        """Several definitions in a list, or one."""
        faults = self.sheet.faults
        ways: Sequence[Node] = node.items if isinstance(node, Items) else (node,)
        if not ways:
            faults.add("R007", node.place, f"'{name.text}' is never so: its list is empty")
        for way in ways:
            if isinstance(way, Fields) and len(way):
                yield self._one(value, way)
            else:
                text = f"a definition of '{name.text}' has no condition"
                faults.add("R007", way.place, text, "write `when:` with the condition")

    def _one(self, value: str, node: Fields) -> Definition:
        concept = self.sheet.text("concept")
        if not set(DEFINITION_KEYS) & {key.text for key, _ in node}:
            logic = Logic(self.logic.conditions.read(node))
            return Definition(concept, value, logic, self.sheet.text("cite"))
        way = Sheet(node, self.sheet.faults)
        way.only(DEFINITION_KEYS)
        when = way.get("when")
        if not isinstance(when, Fields) or not len(when):
            text = "a definition has an empty `when`, so it would always hold"
            self.sheet.faults.add("R007", way.at("when"), text, "fill `when`")
            when = None
        if way.text("cite"):
            check_authority(way, self.logic.terms, Text("cite", False, "", 0, 0, 0))
        logic = Logic(
            applies=self.logic.condition(when),
            exceptions=self.logic.carveouts(way.get("except")),
        )
        changes = self.logic.readings(way, "concept", logic.exceptions)
        logic = self.logic.written_out(way, self._held_under(way, logic), changes)
        return Definition(concept, value, logic, way.text("cite") or self.sheet.text("cite"))

    def _held_under(self, way: Sheet, logic: Logic) -> Logic:
        """`readings: {id: [values]}`: the definition counts under these values alone."""
        for name, node in way.fields("readings") or ():
            values = self.logic.terms.readings.get(name.text)
            if values is None or isinstance(node, Fields):
                continue
            inner = Sheet(_alone(name, node), way.faults)
            held = []
            for word in inner.words(name.text):
                if word.text in values:
                    held.append(word.text)
                else:
                    what = f"value of the reading '{name.text}'"
                    way.faults.unknown("R011", word, what, values)
            if not held or set(held) >= set(values):
                text = f"'{name.text}' limits the definition to all of its values, or to none"
                way.faults.add("R006", name.place, text, "name those under which it counts")
            logic = replace(logic, applies=under(guard(name.text, held, values), logic.applies))
        return logic


def _alone(name: Text, node: Node) -> Fields:
    """A mapping with this one entry."""
    made = Fields(name.file, name.line, name.column)
    made.fill(((name, node),))
    return made


# --------------------------------------------------------------------------- readings


def reading_values(fields: Fields) -> tuple[str, ...]:
    """The values of a reading, before anything else of it is read."""
    values = fields.get("values")
    return tuple(key.text for key, _ in values) if isinstance(values, Fields) else ()


def read_reading(fields: Fields, faults: Faults) -> Reading:
    """One `reading:` document."""
    sheet = Sheet(fields, faults)
    sheet.only(READING_KEYS)
    sheet.need("title", "question", "default", "values")
    names = reading_values(fields)
    if "values" in fields and len(names) < 2:
        text = "a reading needs at least two values, each a mapping"
        faults.add("R001", sheet.at("values"), text)
    default = sheet.word("default")
    if default is not None and names and default.text not in names:
        faults.unknown("R011", default, "default of the reading", names)
    return Reading(
        id=sheet.text("reading"),
        title=sheet.text("title"),
        question=sheet.text("question"),
        default=sheet.text("default"),
        values={value.name: value for value in _reading_values(sheet)},
        place=sheet.at("reading"),
    )


def _reading_values(sheet: Sheet) -> Iterator[ReadingValue]:
    for name, node in sheet.fields("values") or ():
        if not isinstance(node, Fields):
            text = f"'{name.text}' must be a mapping with `says` and `held_by`"
            sheet.faults.add("R001", name.place, text)
            continue
        value = Sheet(node, sheet.faults)
        value.only(VALUE_KEYS)
        value.need("says", "held_by")
        yield ReadingValue(
            name=name.text,
            says=value.text("says"),
            held_by=value.text("held_by"),
            why=value.text("why"),
            verified=value.flag("verified"),
        )
