"""One norm, concept, reading or measure, described: the same for the terminal, Markdown and JSON.

A description is a title, a few facts and named sections of items. Renderers lay it out; nothing
here knows how. What stands in an item is plain text: escaping it is for the renderer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct, field

from comity.authoring import showing
from comity.authoring.showing import Said, Words
from comity.model import (
    All,
    AnyOf,
    Atom,
    Carveout,
    Concept,
    Condition,
    Definition,
    Logic,
    Measure,
    Norm,
    Reading,
    Rule,
    Rulebook,
)
from comity.phrasing import dotted, listed, plural, small


class Item(Struct, frozen=True, omit_defaults=True):
    """One line: a sentence, where it stands, and what stands under it.

    `key` is the key that an author writes, `link` what the line is about, such as
    `concept:place.premises`, and `note` a citation, an outcome or the like.
    """

    text: str
    key: str = ""
    values: tuple[str, ...] = ()
    link: str = ""
    note: str = ""
    parts: tuple[Item, ...] = ()


class Section(Struct, frozen=True):
    name: str  # for programs
    title: str
    items: tuple[Item, ...]
    lead: str = ""


class Description(Struct, frozen=True):
    """All that is known of one thing of the rulebook."""

    kind: str  # rule | concept | reading | measure
    id: str
    title: str
    cite: str
    decides: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    file: str = ""
    line: int = 0

    @property
    def link(self) -> str:
        return f"{self.kind}:{self.id}"


class Firing(Struct, frozen=True, order=True):
    """A rule that found something on an act of a case."""

    case: str
    title: str
    act: str
    outcome: str


class Tested(Struct, frozen=True):
    """A check beside a rule."""

    name: str
    outcome: str  # as expected
    passed: bool
    message: str = ""


class Desk(Struct, frozen=True):
    """What descriptions are made from. `tests` and `firings` are by rule; a rule that is not in
    them was not looked at."""

    book: Rulebook
    words: Words
    tests: Mapping[str, Sequence[Tested]] = field(default_factory=dict)
    firings: Mapping[str, Sequence[Firing]] = field(default_factory=dict)
    looked: bool = True  # whether tests and cases were run

    @property
    def defaults(self) -> dict[str, str]:
        return {one.id: one.default for one in self.book.readings.values()}


# --------------------------------------------------------------------------- small words

_PARTIES: Final = {
    "sending_state": "the sending State",
    "receiving_state": "the receiving State",
    "third_state": "a third State",
    "actor_state": "the State whose conduct the act is",
}
_MODES: Final = {
    "must": "has to act (must)",
    "must_not": "has to refrain (must not)",
    "may": "is free to act (may)",
    "may_not_be": "is protected (may not be)",
}
_SHORT: Final = {"must": "must", "must_not": "must not", "may": "may", "may_not_be": "may not be"}
_DECIDES: Final = {
    "departure": "Decides whether an act departs from {cite}",
    "immunity": "Decides whether the immunity of {cite} stands against an act",
    "inviolability": "Decides whether the inviolability of {cite} stands against an act",
    "duty": "Decides whether the duty of {cite} is in play",
    "power": "Decides whether an act uses the power of {cite}",
    "liberty": "Decides whether an act is within the liberty of {cite}",
}
CHECKED: Final = {True: "checked against its sources", False: "not yet checked by a second reader"}


def who(party: str, words: Words) -> str:
    return _PARTIES.get(party) or words.roles.get(party, party.replace("_", " "))


def norm_in_words(norm: Norm, words: Words) -> str:
    """The receiving State has to refrain (must not); it owes this to the sending State."""
    bearer, owed = who(norm.bearer, words), who(norm.owed_to, words)
    ends = {
        "may": f"the right holds against {owed}",
        "may_not_be": f"the protection holds against {owed}",
    }
    end = ends.get(norm.modality, f"this is owed to {owed}")
    mode = _MODES.get(norm.modality, norm.modality)
    return f"{bearer[:1].upper()}{bearer[1:]} {mode}; {end}."


def norm_in_short(norm: Norm, words: Words) -> str:
    """receiving State must not"""
    short = {"actor_state": "acting State", "by": "whoever acts"}
    bearer = short.get(norm.bearer) or who(norm.bearer, words)
    bearer = bearer.removeprefix("the ").removeprefix("a ")
    return f"{bearer} {_SHORT.get(norm.modality, norm.modality)}"


def standing(rule: Rule) -> str:
    """treaty, custom; stable; checked against its sources"""
    strength = ", ".join(rule.strength) + (f" ({rule.level})" if rule.level else "")
    return f"{strength}; {rule.status}; {CHECKED[rule.verified]}"


def item(said: Said) -> Item:
    link = f"concept:{said.concept}" if said.concept else ""
    note = f"presumed {said.presumed} if nothing is known" if said.presumed else ""
    return Item(said.text, said.key, said.values, link, note, tuple(map(item, said.parts)))


def items(said: Said) -> tuple[Item, ...]:
    return tuple(map(item, showing.flat(said)))


# --------------------------------------------------------------------------- rules


def describe_rule(rule: Rule, desk: Desk) -> Description:
    words = desk.words
    logic = showing.on_reading(rule.logic, desk.defaults)
    sections = (
        Section("trigger", "Looked at", tuple(map(item, showing.trigger(rule.trigger, words))),
                "The rule comes up for:"),
        Section("applies", "Applies when", _conditions(logic.applies, words)),
        _departs(rule, logic, words),
        _exceptions(rule, logic, words),
        _readings(rule, desk),
        *_presumptions(rule.presume, (rule.logic,), desk),
        Section("judgement", "Left to judgement", _text(rule.judgement or "Nothing said.")),
        Section("finding", "What a finding says", _text(blanks_told(rule.finding, words))),
        *_about(rule),
        *_concepts((rule.logic,), desk),
        Section("see", "See also", tuple(_see(rule.see, desk))),
        *_practice(rule.id, desk),
    )  # fmt: skip
    return Description(
        kind="rule",
        id=rule.id,
        title=rule.title,
        cite=rule.provision,
        decides=decides(rule, words),
        facts=(
            ("Who owes what", norm_in_words(rule.norm, words)),
            ("Kind", rule.kind),
            ("Standing", standing(rule)),
        ),
        sections=_filled(sections),
        file=rule.place.file if rule.place else "",
        line=rule.place.line if rule.place else 0,
    )


def decides(rule: Rule, words: Words) -> str:
    """In one sentence, what it decides and what it leaves to judgement."""
    first = _DECIDES[rule.kind].format(cite=rule.provision)
    left = rule.judgement.strip()
    if not left:
        return f"{first}; what it leaves to judgement is not said."
    if left.rstrip(".").lower() in ("none", "nothing"):
        return f"{first}; it leaves nothing to judgement."
    if left.lower().startswith("none"):
        rest = left[4:].strip().rstrip(".")
        rest = f"({rest.lstrip('.;:, ')})" if rest[:1] in ".;:," else rest
        return f"{first}; it leaves nothing to judgement {rest}."
    return f"{first}; left to judgement: {dotted(small(left))}"


def _filled(sections: Iterable[Section]) -> tuple[Section, ...]:
    return tuple(one for one in sections if one.items)


def blanks_told(text: str, words: Words) -> str:
    """The sentence of a finding, with what fills its blanks in brackets."""

    def blank(found: re.Match[str]) -> str:
        return f"[{who(found[1], words)}]"

    return re.sub(r"\{(\w+)\}", blank, text)


def _text(text: str) -> tuple[Item, ...]:
    return (Item(text),) if text.strip() else ()


def _conditions(condition: Condition, words: Words) -> tuple[Item, ...]:
    told = items(showing.tell(condition, words))
    return told or (Item("Nothing more is asked."),)


def _departs(rule: Rule, logic: Logic, words: Words) -> Section:
    titles = {"departure": "Departs when", "immunity": "Stands against the act when",
              "inviolability": "Stands against the act when"}  # fmt: skip
    title = titles.get(rule.kind, "In play when")
    told = items(showing.tell(logic.departs, words))
    if logic.departs == showing.FALSE:
        told = (Item("Never, on the readings taken by default."),)
    if not told and rule.kind == "departure":
        told = (Item("Nothing more is needed: where the norm applies, the act departs from it."),)
    return Section("departs", title, told)


def _exceptions(rule: Rule, logic: Logic, words: Words) -> Section:
    told = tuple(exception(one, words) for one in logic.exceptions)
    if not told:
        reason = rule.no_exceptions or "On the readings taken by default there is none."
        return Section("exceptions", "No exception", _text(reason))
    return Section("exceptions", "Except when", told)


_PRESUMED: Final = {
    "absent": "presumed absent if nothing is known",
    "present": "presumed to hold if nothing is known",
    "none": "nothing is presumed: unknown leaves the finding open",
}


def exception(one: Carveout, words: Words) -> Item:
    """An exception with its authority, what is presumed, its condition, and what undoes it."""
    parts = items(showing.tell(one.when, words))
    undone = tuple(exception(sub, words) for sub in one.unless)
    if undone:
        parts = (*parts, Item("unless", parts=undone))
    note = "; ".join(part for part in (one.cite, _PRESUMED[one.presumed]) if part)
    return Item(one.text or one.name.replace("_", " "), one.name, (), "", note, parts)


def _presumptions(own: Sequence[str], logics: Sequence[Logic], desk: Desk) -> Iterator[Section]:
    """The standing presumptions relied on, by the thing itself or by a concept that it uses."""
    known = desk.book.presumptions
    through: dict[str, str] = {}
    for name in used_concepts(logics, desk):
        for one in showing.presumptions_in(showing.logics(desk.words.concepts[name]), known):
            through.setdefault(one, f"through the concept {name}")
    names = dict.fromkeys((*own, *showing.presumptions_in(logics, known)))
    told = [Item(known[name].text, known[name].key, note=name) for name in names if name in known]
    told += [
        Item(known[name].text, known[name].key, note=f"{name}; {where}")
        for name, where in through.items()
        if name not in names
    ]
    yield Section("presumes", "Presumed if nothing is known", tuple(told))


def _about(one: Rule) -> Iterator[Section]:
    yield Section("note", "Note", _text(one.note))
    yield Section("references", "References", tuple(Item(text) for text in one.references))


def used_concepts(logics: Sequence[Logic], desk: Desk) -> list[str]:
    """The concepts that some logic uses, and those that these use in their turn."""
    known = desk.words.concepts
    found = [name for name in showing.concepts_in(logics) if name in known]
    for name in found:
        inner = showing.concepts_in(showing.logics(known[name]))
        found += [one for one in inner if one in known and one not in found]
    return found


def _concepts(logics: Sequence[Logic], desk: Desk) -> Iterator[Section]:
    known = desk.words.concepts
    told = tuple(
        Item(known[n].title, n, link=f"concept:{n}", note=known[n].cite)
        for n in used_concepts(logics, desk)
    )
    yield Section("concepts", "Concepts used", told)


def _see(ids: Iterable[str], desk: Desk) -> Iterator[Item]:
    rules = {rule.id: rule for rule in desk.book.rules}
    for one in ids:
        if one in rules:
            yield rule_item(rules[one])


def rule_item(rule: Rule, note: str = "") -> Item:
    return Item(rule.title, rule.id, link=f"rule:{rule.id}", note=note or rule.provision)


def _practice(rule: str, desk: Desk) -> Iterator[Section]:
    """The cases in which it found something, and its tests."""
    if not desk.looked:
        return
    fired: dict[tuple[str, str], list[Firing]] = {}
    for one in sorted(desk.firings.get(rule, ())):
        fired.setdefault((one.case, one.title), []).append(one)
    told = tuple(
        Item(title, case, link=f"case:{case}",
             note="; ".join(f"{o}: {listed(acts)}" for o, acts in by_outcome(found).items()))
        for (case, title), found in fired.items()
    )  # fmt: skip
    yield Section("cases", "Found in cases", told or (Item("In no case of the casebook."),))
    tests = tuple(
        Item(t.name, note=t.outcome if t.passed else f"FAILS: {t.message}")
        for t in desk.tests.get(rule, ())
    )
    yield Section("tests", "Tests", tests or (Item("No test stands beside it."),))


def by_outcome(found: Iterable[Firing]) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for one in found:
        acts = told.setdefault(one.outcome, [])
        acts += [one.act] if one.act not in acts else []
    return told


# --------------------------------------------------------------------------- readings


def _readings(rule: Rule, desk: Desk) -> Section:
    """Each contested point on which the rule turns, and what each view changes in it."""
    told = []
    for name in rule.readings:
        reading = desk.book.readings[name]
        changes = {
            value: tuple(changed(rule.logic, desk, {name: value})) for value in reading.values
        }
        told.append(reading_item(reading, changes))
    for name, concept in _through(rule.logic, desk):
        if name not in rule.readings:
            reading = desk.book.readings[name]
            by = Item(f"through the concept: {concept.title}", concept.name,
                      link=f"concept:{concept.name}")  # fmt: skip
            question = reading.question or reading.title
            told.append(Item(question, name, link=f"reading:{name}", parts=(by,)))
    return Section("readings", "Contested: how it turns on the view taken", tuple(told))


def _through(logic: Logic, desk: Desk) -> Iterator[tuple[str, Concept]]:
    """The readings that a rule's concepts turn on, each with the concept."""
    seen = set()
    for name in used_concepts([logic], desk):
        concept = desk.words.concepts[name]
        for reading in showing.readings_in(showing.logics(concept)):
            if reading not in seen:
                seen.add(reading)
                yield reading, concept


def reading_item(reading: Reading, changes: Mapping[str, tuple[Item, ...]]) -> Item:
    views = []
    ordered = sorted(reading.values, key=lambda v: (v != reading.default, v))
    for value in ordered:
        view = reading.values[value]
        default = value == reading.default
        held = f"held by: {view.held_by.rstrip('.')}" if view.held_by else ""
        parts = changes.get(value, ())
        if not parts and changes:
            parts = (Item("the rule as told here" if default else "changes nothing here"),)
        note = "; ".join(part for part in ("default" if default else "", held) if part)
        views.append(Item(view.says, value, note=note, parts=parts))
    title = reading.question or reading.title
    return Item(title, reading.id, link=f"reading:{reading.id}", parts=tuple(views))


def changed(logic: Logic, desk: Desk, setting: Mapping[str, str]) -> Iterator[Item]:
    """What is different in a rule or definition on a view, against the views taken by default."""
    words = desk.words
    before = showing.on_reading(logic, desk.defaults)
    after = showing.on_reading(logic, {**desk.defaults, **setting})
    if before.applies != after.applies:
        yield Item("it applies when:", parts=_conditions(after.applies, words))
    if before.departs != after.departs:
        never = after.departs == showing.FALSE
        parts = () if never else _conditions(after.departs, words)
        yield Item("nothing departs from it" if never else "the act departs when:", parts=parts)
    old = {one.name: one for one in before.exceptions}
    new = {one.name: one for one in after.exceptions}
    for name in sorted({*old, *new}):
        if name not in new:
            yield Item(f"no exception where {old[name].text or name.replace('_', ' ')}", name)
        elif name not in old:
            made = exception(new[name], words)
            yield Item(f"besides, an exception where {made.text}", name, note=made.note,
                       parts=made.parts)  # fmt: skip
        elif old[name] != new[name]:
            made = exception(new[name], words)
            yield Item(f"the exception is instead: {made.text}", name, note=made.note,
                       parts=made.parts)  # fmt: skip


def describe_reading(reading: Reading, desk: Desk) -> Description:
    views = []
    for value in sorted(reading.values, key=lambda v: (v != reading.default, v)):
        view = reading.values[value]
        parts = [Item(f"Held by: {dotted(view.held_by)}")] if view.held_by else []
        parts += [Item(f"Why: {dotted(view.why)}")] if view.why else []
        checked = CHECKED[view.verified]
        note = f"the default; {checked}" if value == reading.default else checked
        views.append(Item(view.says, value, note=note, parts=tuple(parts)))
    direct, indirect = users_of(reading.id, desk)
    users = []
    for rule in direct:
        parts = [
            Item(f"on {value}:", parts=found)
            for value in sorted(reading.values)
            if (found := tuple(changed(rule.logic, desk, {reading.id: value})))
        ]
        made = rule_item(rule)
        users.append(Item(made.text, made.key, link=made.link, note=made.note, parts=tuple(parts)))
    concepts = tuple(
        Item(one.title, one.name, link=f"concept:{one.name}", note=one.cite)
        for one in desk.book.concepts
        if reading.id in showing.readings_in(showing.logics(one))
    )
    sections = (
        Section("views", "The views", tuple(views)),
        Section("rules", "Norms that turn on it, and what a view changes", tuple(users)),
        Section("concepts", "Concepts that turn on it", concepts),
        Section("through", "Norms that turn on it through a concept",
                tuple(map(rule_item, indirect))),
    )  # fmt: skip
    return Description(
        kind="reading",
        id=reading.id,
        title=reading.title,
        cite="",
        decides=reading.question,
        facts=(("Default", reading.default),),
        sections=_filled(sections),
        file=reading.place.file if reading.place else "",
        line=reading.place.line if reading.place else 0,
    )


def users_of(reading: str, desk: Desk) -> tuple[list[Rule], list[Rule]]:
    """The rules that a reading changes itself, and those that it reaches through a concept."""
    direct = [rule for rule in desk.book.rules if reading in rule.readings]
    indirect = [
        rule
        for rule in desk.book.rules
        if reading not in rule.readings
        and reading in {name for name, _ in _through(rule.logic, desk)}
    ]
    return direct, indirect


# --------------------------------------------------------------------------- concepts


def describe_concept(concept: Concept, desk: Desk) -> Description:
    plain = concept.values == ("true",)
    ways = tuple(_definition(one, desk, plain) for one in concept.definitions)
    readings = tuple(
        reading_item(
            desk.book.readings[name],
            {
                value: tuple(
                    change
                    for one in concept.definitions
                    for change in changed(one.logic, desk, {name: value})
                )
                for value in desk.book.readings[name].values
            },
        )
        for name in showing.readings_in(showing.logics(concept))
    )
    otherwise = (
        "What no definition makes true is false."
        if concept.closed
        else "What no definition settles stays unknown."
    )
    used = tuple(
        rule_item(rule)
        for rule in desk.book.rules
        if concept.name in showing.concepts_in([rule.logic])
    )
    within = tuple(
        Item(one.title, one.name, link=f"concept:{one.name}", note=one.cite)
        for one in desk.book.concepts
        if concept.name in showing.concepts_in(showing.logics(one))
    )
    sections = (
        Section("ways", "So when", ways, "Any one of these is enough." if len(ways) > 1 else ""),
        Section("otherwise", "Otherwise", (Item(otherwise),)),
        Section("readings", "Contested: how it turns on the view taken", readings),
        *_presumptions((), showing.logics(concept), desk),
        *_concepts(showing.logics(concept), desk),
        Section("rules", "Norms that use it", used),
        Section("in_concepts", "Concepts that use it", within),
    )
    return Description(
        kind="concept",
        id=concept.name,
        title=concept.title,
        cite=concept.cite,
        decides="A conclusion that several norms share.",
        facts=() if plain else (("Values", ", ".join(concept.values)),),
        sections=_filled(sections),
        file=concept.place.file if concept.place else "",
        line=concept.place.line if concept.place else 0,
    )


def _definition(one: Definition, desk: Desk, plain: bool) -> Item:
    logic = showing.on_reading(one.logic, desk.defaults)
    text = "true when" if one.value == "true" else f"{one.value.replace('_', ' ')} when"
    parts = items(showing.tell(All((logic.applies, logic.departs)) if logic.departs != All()
                               else logic.applies, desk.words))  # fmt: skip
    undone = tuple(exception(e, desk.words) for e in logic.exceptions)
    if undone:
        parts = (*parts, Item("except when", parts=undone))
    return Item(text, "" if plain else one.value, note=one.cite, parts=parts)


# --------------------------------------------------------------------------- measures

_TARGETS: Final = {
    "item": "what it is aimed at",
    "head": "the head of mission",
    "police": "the police",
    "ministry": "the foreign ministry",
    "court": "a court",
}


def target(template: str, words: Words) -> str:
    """Who fills a role of a measure."""
    first, _, rest = template.partition(".")
    if rest:
        return f"the {rest.replace('_', ' ')} of {target(first, words)}"
    return _TARGETS.get(template) or who(template, words)


AIMED: Final = {
    "mission": "at the mission",
    "sending_state": "once for the two States",
    "premises": "at each building",
    "member": "at each member",
    "act": "at each act it can answer",
}


def describe_measure(measure: Measure, desk: Desk) -> Description:
    words = desk.words
    act = measure.act["type"][0]
    known = words.vocabulary.acts.get(act)
    attributes = tuple(
        item(showing.tell(AnyOf(tuple(
            Atom(f"act.{name}", frozenset({value})) for value in values)), words))
        for name, values in measure.act.items()
        if name != "type"
    )  # fmt: skip
    meaning = f": {small(known.definition)}" if known is not None else ""
    answers = tuple(map(item, showing.trigger(measure.answers, words)))
    where = items(showing.tell(measure.where, words))
    judged = tuple(rule_item(rule) for rule in desk.book.rules
                   if act in showing.types_reached(rule, words.vocabulary))  # fmt: skip
    sections = (
        Section("act", "The act that it would be",
                (Item(act.replace("_", " ") + meaning, "act.type", (act,)), *attributes)),
        Section("bind", "Who and what takes part",
                tuple(Item(f"{showing.words_of_role(role, words)}: {target(to, words)}", role)
                      for role, to in measure.bind.items())),
        Section("answers", "Answers an act that is", answers),
        Section("where", "Makes sense where", where),
        Section("procedure", "How it is done", _text(measure.procedure)),
        Section("conditions", "On conditions", tuple(Item(text) for text in measure.conditions)),
        Section("note", "Note", _text(measure.note)),
        Section("rules", "Norms that may be asked about it", judged,
                "Whether it is barred, or a right, is for these:"),
    )  # fmt: skip
    level = "no legitimate rung" if measure.level is None else f"{measure.level} of 10"
    return Description(
        kind="measure",
        id=measure.id,
        title=measure.title,
        cite=", ".join(measure.cite),
        decides="A step that the receiving State might take; whether it may is for the norms.",
        facts=(
            ("Level", level),
            ("Aimed", AIMED[measure.each]),
            *((("Subjects", ", ".join(measure.concerns)),) if measure.concerns else ()),
        ),
        sections=_filled(sections),
        file=measure.place.file if measure.place else "",
        line=measure.place.line if measure.place else 0,
    )


def counted(book: Rulebook) -> str:
    law = sum(bool({"treaty", "custom"} & set(rule.strength)) for rule in book.rules)
    return (
        f"{plural(len(book.rules), 'norm')}: {law} of treaty or custom,"
        f" {len(book.rules) - law} of practice or courtesy;"
        f" {plural(len(book.concepts), 'concept')}, {plural(len(book.readings), 'reading')}"
        f" and {plural(len(book.measures), 'measure')} go with them."
    )
