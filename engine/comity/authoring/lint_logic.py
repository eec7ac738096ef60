"""Conditions that cannot do what they were written for: never true, always true, said before.

Every claim is made sure of by a search over the finite values of the vocabulary (`lint_frames`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from comity.authoring.lint_read import Book, Part, below, keys_of, words_in
from comity.conditions import COMBINING, TRIGGER_KEYS
from comity.model import All, AnyOf, Atom, Condition, Rule
from comity.norms import LogicReader
from comity.problems import Place, Problem, problem
from comity.rulereader import Document
from comity.sheets import Faults
from comity.source import Fields, Items, Node, Text
from comity.switching import PREFIX
from comity.vocabulary import ActType

ABOUT_ACTS: Final = ("act.type", "act.family", "act.tag")


class _Scene(Struct, frozen=True):
    """Where a condition stands: on which acts, and what holds there already."""

    book: Book
    types: tuple[ActType, ...]
    given: tuple[tuple[str, Condition], ...] = ()  # what it is called, and what it says

    def under(self, name: str, condition: Condition) -> _Scene:
        return _Scene(self.book, self.types, (*self.given, (name, condition)))

    def possible(self, *conditions: Condition) -> bool:
        given = (condition for _, condition in self.given)
        return self.book.frames.possible(self.types, *given, *conditions)

    def implies(self, then: Condition, *more: Condition) -> bool:
        given = [condition for _, condition in self.given]
        return self.book.frames.implies(self.types, [*given, *more], then)


def check_logic(book: Book) -> Iterator[Problem]:
    """Every rule and concept that could be read."""
    for document in book.whole.documents:
        rule = book.rule(document)
        if rule is not None and book.asked(document.id.file):
            yield from _rule(book, document, rule)
    sound = {concept.name for concept in book.whole.book.concepts}
    for document in book.whole.documents:
        named = document.id.text in sound and book.asked(document.id.file)
        if document.kind == "concept" and named:
            yield from _concept(book, document)
    yield from _unreachable(book)


# --------------------------------------------------------------------------- rules


def _rule(book: Book, document: Document, rule: Rule) -> Iterator[Problem]:
    fields = document.fields
    scene = _Scene(book, book.frames.types(rule.trigger))
    yield from _trigger(scene, fields)
    if not scene.types:
        return
    applies, departs = fields.get("applies"), fields.get("departs")
    yield from _condition(scene, applies, "L010", "the rule can never be in play")
    inside = scene.under("`applies`", rule.logic.applies)
    yield from _condition(inside, departs, "L010", "there can never be a departure from the rule")
    for name, node in _readings(fields):
        changed = below(node, "departs")
        if changed is not None:
            yield from _condition(inside, changed, "", "", name)
    if not inside.possible(rule.logic.departs):
        return  # told already; nothing under it could be true
    outer = inside.under("`departs`", rule.logic.departs)
    yield from _exceptions(outer, fields.get("except"), base=True)
    for name, node in _readings(fields):
        reading, _, value = name.partition("=")
        held = outer.under(f"the reading {name}", Atom(PREFIX + reading, frozenset({value})))
        yield from _exceptions(held, below(node, "except"), base=False)
    yield from _idle_readings(book, fields)


def _readings(fields: Fields) -> Iterator[tuple[str, Node]]:
    """`reading=value` with what it changes."""
    readings = fields.get("readings")
    for reading, values in readings if isinstance(readings, Fields) else ():
        for value, node in values if isinstance(values, Fields) else ():
            yield f"{reading.text}={value.text}", node


def _trigger(scene: _Scene, fields: Fields) -> Iterator[Problem]:
    """Words of the trigger that no act which meets all of it has."""
    trigger = fields.get("trigger")
    for key, value in trigger if isinstance(trigger, Fields) else ():
        words = words_in(value)
        for word in words if key.text in TRIGGER_KEYS and len(words) > 1 else ():
            if not any(_has(act, key.text, word.text) for act in scene.types):
                text = f"no act that meets the rest of the trigger has '{key.text}: {word.text}'"
                yield problem("L003", word.place, text, "take it out, or widen the rest")


def _has(act: ActType, key: str, word: str) -> bool:
    return word in {"act.type": (act.name,), "act.family": (act.family,)}.get(key, act.tags)


# --------------------------------------------------------------------------- one condition


def _condition(
    scene: _Scene, node: Node | None, code: str, never: str, reading: str = ""
) -> Iterator[Problem]:
    """The faults of one condition. `code` and `never` say what follows if it cannot hold."""
    faulty = list(_values(scene, node))
    yield from faulty
    dead = {(p.place.line, p.place.column) for p in faulty if p.place and p.code != "L003"}
    parts = scene.book.parts(node)
    if code:
        told = list(_contradiction(scene, parts, code, never)) if not dead else []
        yield from told
        if told or dead:
            return
    yield from _always(scene, parts)
    yield from _alternatives(scene, node)


def _values(scene: _Scene, node: Node | None) -> Iterator[Problem]:
    """Each value of each term, on its own: can it come with this trigger at all?"""
    for key, value in scene.book.leaves(node):
        if isinstance(value, Fields):
            if not _can_be(scene, key, value):
                yield _never(scene, key, key.place)
            continue
        words = words_in(value)
        dead = [word for word in words if not _can_be(scene, key, word)]
        if len(dead) == len(words):
            if words:
                yield _never(scene, key, key.place, ", ".join(word.text for word in words))
            continue
        for word in dead:
            text = f"'{key.text}' can never be '{word.text}' here"
            yield problem("L003", word.place, text, _why(scene, key, word.text))


def _can_be(scene: _Scene, key: Text, value: Node) -> bool:
    return scene.book.frames.possible(scene.types, scene.book.read(key, value))


def _never(scene: _Scene, key: Text, place: Place, value: str = "") -> Problem:
    frames, name = scene.book.frames, key.text
    role = frames.role_of(name)
    if role and not any(role in (*act.needs, *act.may) for act in scene.types):
        text = f"'{name}' is about a role that no act of this trigger has"
        return problem("L001", place, text, _roles(scene.types))
    if name.startswith("judged.") and not any(frames.domain(a, name) for a in scene.types):
        term = scene.book.vocabulary.judgements[name.removeprefix("judged.")]
        text = f"'{name}' is judged of {' or '.join(term.of)}, which no act of this trigger has"
        return problem("L001", place, text, _roles(scene.types))
    if name == "png.deadline_hours":
        text = "no act of this trigger declares anybody non grata, so none has a deadline"
        return problem("L001", place, text, "use act.type: png_declare in the trigger")
    said = f"'{name}' can never be '{value}' here" if value else f"'{name}' has no number here"
    return problem("L002", place, said, _why(scene, key, value))


def _roles(types: Sequence[ActType]) -> str:
    have = dict.fromkeys(role for act in types for role in (*act.needs, *act.may))
    return f"these acts have: {', '.join(have)}; test one of them, or widen the trigger"


def _why(scene: _Scene, key: Text, value: str) -> str:
    """What the term can be instead."""
    frames, name = scene.book.frames, key.text
    if name in ABOUT_ACTS:
        have = {
            "act.type": [act.name for act in scene.types],
            "act.family": [act.family for act in scene.types],
            "act.tag": [tag for act in scene.types for tag in act.tags],
        }[name]
        return "the trigger admits: " + _some(dict.fromkeys(have))
    known = scene.book.vocabulary.keys.get(name)
    can = [
        one
        for one in (known.values if known is not None else ())
        if frames.possible(scene.types, Atom(name, frozenset({one})))
    ]
    return f"it can be: {_some(dict.fromkeys(can))}" if can else "correct it, or take it out"


def _some(words: dict[str, None], most: int = 8) -> str:
    shown = list(words)[:most]
    return ", ".join(shown) + (", ..." if len(words) > most else "")


def _contradiction(
    scene: _Scene, parts: Sequence[Part], code: str, never: str
) -> Iterator[Problem]:
    """Told at the first entry that leaves nothing possible, with what it collides with."""
    for number, part in enumerate(parts):
        before = [one.condition for one in parts[:number]]
        if scene.possible(*before, part.condition):
            continue
        text = f"{never}: '{part.key.text}' here contradicts {_collides(scene, parts, number)}"
        yield problem(code, part.key.place, text, "correct one of the two, or take it out")
        return


def _collides(scene: _Scene, parts: Sequence[Part], number: int) -> str:
    frames, here = scene.book.frames, parts[number].condition
    if not frames.possible(scene.types, here):
        return "itself or the trigger"
    for other in parts[:number]:
        if not frames.possible(scene.types, other.condition, here):
            return f"'{other.key.text}' on line {other.key.line}"
    for name, condition in scene.given:
        pieces = condition.parts if isinstance(condition, All) else (condition,)
        for piece in pieces:
            if not frames.possible(scene.types, piece, here):
                key = next((p for p in _names(piece)), "")
                return f"{name}" + (f" ('{key}')" if key else "")
    return "what else must hold"


def _names(condition: Condition) -> Iterator[str]:
    for key in keys_of(condition):
        if not key.startswith(PREFIX):
            yield key.partition(":")[0]


def _always(scene: _Scene, parts: Sequence[Part]) -> Iterator[Problem]:
    """Entries that what stands around them already says; of two equal ones, the later.

    `<role>.is` is left alone where only another term of the role implies it: it says to a reader
    whom the others are about.
    """
    frames = scene.book.plain_frames
    given = [condition for _, condition in scene.given]
    kept = list(parts)
    for part in reversed(parts):
        others = [one.condition for one in kept if one is not part]
        around = [] if part.key.text.endswith(".is") else [*given, *others]
        if not frames.implies(scene.types, around, part.condition):
            continue
        kept.remove(part)
        text = f"'{part.key.text}' is always so here: {_sayer(scene, kept, part)} says it already"
        yield problem("L012", part.key.place, text, "take it out, or say what you meant to add")


def _sayer(scene: _Scene, kept: Sequence[Part], part: Part) -> str:
    """What says already what an entry says."""
    frames = scene.book.plain_frames
    said: list[tuple[str, tuple[Condition, ...]]] = [("the trigger alone", ())]
    said += [(f"'{p.key.text}' on line {p.key.line}", (p.condition,)) for p in kept]
    said += [(name, (condition,)) for name, condition in scene.given]
    for name, conditions in said:
        if frames.implies(scene.types, conditions, part.condition):
            return name
    return "what stands around it"


def _alternatives(scene: _Scene, node: Node | None) -> Iterator[Problem]:
    """Alternatives under `any` that another one includes."""
    for key, value in node if isinstance(node, Fields) else ():
        if key.text not in COMBINING:
            continue
        if key.text == "any" and isinstance(value, Items):
            yield from _included(scene, value.items)
        for item in value.items if isinstance(value, Items) else (value,):
            yield from _alternatives(scene, item)


def _included(scene: _Scene, items: Sequence[Node]) -> Iterator[Problem]:
    ways = [(item, All(tuple(p.condition for p in scene.book.parts(item)))) for item in items]
    gone: set[int] = set()
    for number in reversed(range(len(ways))):
        item, way = ways[number]
        for other, (wider, wide) in enumerate(ways):
            if other == number or other in gone:
                continue
            if scene.book.plain_frames.implies(scene.types, (way,), wide):
                gone.add(number)
                text = f"this alternative is included in the one on line {wider.place.line}"
                hint = "take it out, or narrow the other one"
                yield problem("L014", _at(item), text, hint)
                break


def _at(node: Node) -> Place:
    """A mapping is pointed at by its first key."""
    if isinstance(node, Fields) and node.pairs:
        return node.pairs[0][0].place
    return node.place


# --------------------------------------------------------------------------- exceptions


def _exceptions(scene: _Scene, node: Node | None, *, base: bool) -> Iterator[Problem]:
    seen: list[tuple[Text, Condition]] = []
    for name, carveout in node if isinstance(node, Fields) else ():
        when = below(carveout, "when")
        parts = scene.book.parts(when)
        if not parts:
            continue
        condition = All(tuple(part.condition for part in parts))
        never = f"the exception '{name.text}' can never apply"
        found = list(_condition(scene, when, "L011", never))
        always = scene.implies(condition)
        if always and base:
            text = f"the exception '{name.text}' always applies, so the rule finds nothing"
            yield problem("L013", name.place, text, "narrow it, or correct the rule's conditions")
        yield from (p for p in found if not (always and p.code == "L012"))
        for other, known in seen:
            if known == condition or (
                scene.implies(condition, known) and scene.implies(known, condition)
            ):
                text = f"'{name.text}' has the same condition as '{other.text}'"
                hint = f"see line {other.line}: make them one, or correct one"
                yield problem("L015", name.place, text, hint)
        seen.append((name, condition))
        inner = scene.under(f"the exception '{name.text}'", condition)
        if scene.possible(condition):
            yield from _exceptions(inner, below(carveout, "unless"), base=False)


# --------------------------------------------------------------------------- readings


def _idle_readings(book: Book, fields: Fields) -> Iterator[Problem]:
    """Values of a reading under which the rule says just what it says anyhow."""
    reader = LogicReader(book.terms, Faults(), {})
    readings = fields.get("readings")
    exceptions = fields.get("except")
    own = (
        {}
        if isinstance(exceptions, Text)
        else {one.name: one for one in reader.carveouts(exceptions)}
    )
    for reading, values in readings if isinstance(readings, Fields) else ():
        for value, change in values if isinstance(values, Fields) else ():
            departs = below(change, "departs")
            same = departs is None or reader.condition(departs) == reader.condition(
                fields.get("departs")
            )
            for name, node in _pairs(below(change, "except")):
                made = None if isinstance(node, Text) else reader.carveout(name, node)
                same = same and name.text in own and made == own[name.text]
            if same:
                text = f"under '{value.text}' the rule says what it says without '{reading.text}'"
                yield problem("L023", value.place, text, "take it out, or write what it changes")


def _pairs(node: Node | None) -> Sequence[tuple[Text, Node]]:
    return node.pairs if isinstance(node, Fields) else ()


# --------------------------------------------------------------------------- concepts


def _concept(book: Book, document: Document) -> Iterator[Problem]:
    scene = _Scene(book, tuple(book.vocabulary.acts.values()))
    for value, ways in _definitions(document.fields):
        seen: list[tuple[Fields, Condition]] = []
        for way in ways:
            when = way.get("when") if "when" in way else way
            what = f"this definition of '{value}' can never hold"
            yield from _condition(scene, when, "L010", what)
            condition = All(tuple(part.condition for part in book.parts(when)))
            if not scene.possible(condition):
                continue
            if "when" in way:
                inner = scene.under("`when`", condition)
                yield from _exceptions(inner, way.get("except"), base=True)
            seen.append((way, condition))
        yield from _repeated(scene, seen)


def _definitions(fields: Fields) -> Iterator[tuple[str, list[Fields]]]:
    named = [("true_when", fields.get("true_when")), ("false_when", fields.get("false_when"))]
    named += [(key.text, node) for key, node in _pairs(fields.get("values"))]
    for name, node in named:
        ways = node.items if isinstance(node, Items) else (node,)
        yield name, [way for way in ways if isinstance(way, Fields)]


def _repeated(scene: _Scene, ways: Sequence[tuple[Fields, Condition]]) -> Iterator[Problem]:
    gone: set[int] = set()
    for number in reversed(range(len(ways))):
        way, condition = ways[number]
        for other, (wider, wide) in enumerate(ways):
            if other in (number, *gone) or "except" in wider or "readings" in wider:
                continue
            if scene.book.plain_frames.implies(scene.types, (condition,), wide):
                gone.add(number)
                text = f"this definition is included in the one on line {wider.line}"
                yield problem("L017", _at(way), text, "take it out, or narrow the other one")
                break


# --------------------------------------------------------------------------- between rules


def _unreachable(book: Book) -> Iterator[Problem]:
    """Rules that never add a finding to another's. Drafts hide nothing, and are not finished."""
    groups: dict[tuple[str, ...], list[Rule]] = {}
    for _, rule in book.whole.rules:
        if rule.status not in ("deprecated", "experimental"):
            norm = rule.norm
            name = (rule.provision, rule.kind, norm.bearer, norm.modality, norm.owed_to)
            groups.setdefault(name, []).append(rule)
    for rules in groups.values():
        for rule in rules:
            for other in rules:
                if other.id == rule.id or not _covers(book, other, rule):
                    continue
                both = _covers(book, rule, other)
                if both and _before(rule, other):
                    continue  # told at the later of the two
                says = "says the same as" if both else "is covered wholly by"
                text = f"'{rule.id}' {says} '{other.id}' and never adds a finding"
                where = other.place
                at = f" ({where.file}, line {where.line})" if where is not None else ""
                hint = f"take one out, or let their conditions differ{at}"
                yield problem("L016", rule.place, text, hint)
                break


def _before(rule: Rule, other: Rule) -> bool:
    if rule.place is None or other.place is None:
        return rule.id < other.id
    return (rule.place.file, rule.place.line) < (other.place.file, other.place.line)


def _covers(book: Book, wide: Rule, narrow: Rule) -> bool:
    """Whether `wide` finds something wherever `narrow` does."""
    frames = book.frames
    types = frames.types(narrow.trigger)
    if not types or not {act.name for act in types} <= {a.name for a in frames.types(wide.trigger)}:
        return False
    found = [narrow.logic.applies, narrow.logic.departs]
    if not frames.possible(types, *found):
        return False
    conditions = (wide.logic.applies, wide.logic.departs)
    if not all(frames.implies(types, found, condition) for condition in conditions):
        return False
    excused = AnyOf(tuple(one.when for one in narrow.logic.exceptions if not one.unless))
    return all(frames.implies(types, [*found, one.when], excused) for one in wide.logic.exceptions)
