"""The small faults that are put into a rulebook on trial: one for each thing its author decided.

A mutation changes the tree that a document was read into, one step before rules, concepts and
readings are made from it: there every word still has its place, and what the author wrote once is
changed once, however often readings multiply it later. Pure; the same document gives the same
mutations with the same names, whatever else stands in the rulebook.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from comity.conditions import COMBINING, Terms
from comity.model import Concept, Reading, Rule
from comity.norms import DEFINITION_KEYS, PRESUMED, read_concept, read_reading, read_rule
from comity.problems import Place
from comity.rulereader import Document
from comity.sheets import YES_NO, Faults
from comity.source import Fields, Items, Node, Text

OTHER_MODALITY: Final = {
    "must": "must_not",
    "must_not": "must",
    "may": "may_not_be",
    "may_not_be": "may",
}
OTHER_BOUND: Final = {
    "at_least": "more_than",
    "more_than": "at_least",
    "at_most": "less_than",
    "less_than": "at_most",
}
NUMBERS: Final = ("number", "duration")
SHOWN: Final = 60  # characters of a condition in a sentence
_QUANTITY: Final = re.compile(r"(-?\d+(?:\.\d+)?)( ?[a-z%]*)", re.ASCII)

Value: TypeAlias = Rule | Concept | Reading


class Mutation(Struct, frozen=True):
    """One fault: its name within the document, in a sentence, where, and what would notice it."""

    what: str  # "applies/place.premises/drop"
    says: str
    hint: str
    place: Place
    kind: str  # one of KINDS
    node: Node | None = None  # what stands there instead; None: nothing
    without: int | None = None  # of a concept: the definition that is taken out


KINDS: Final = (
    *("modality", "parties", "trigger", "condition", "value", "bound", "negation"),
    *("exception", "presumption", "reading", "default", "definition", "closed"),
)


class Mutant(Struct, frozen=True):
    """A mutation as it is told: its name in the rulebook, and what it is."""

    id: str  # "vcdr-22-1-entry/applies/place.premises/drop"
    owner: str  # the rule, concept or reading
    of: str  # rule | concept | reading
    kind: str
    says: str
    hint: str
    place: Place


def told(document: Document, made: Mutation) -> Mutant:
    owner = document.id.text
    return Mutant(
        id=f"{owner}/{made.what}",
        owner=owner,
        of=document.kind,
        kind=made.kind,
        says=made.says,
        hint=made.hint,
        place=made.place,
    )


def mutations(document: Document, terms: Terms) -> tuple[Mutation, ...]:
    """Every fault that can be put into a document, in the order of its text."""
    maker = _Maker(terms)
    match document.kind:
        case "rule":
            return tuple(maker.rule(document.fields))
        case "concept":
            return tuple(maker.concept(document.fields))
        case "reading":
            return tuple(maker.reading(document.fields))
        case _:
            return ()


def value_of(document: Document, made: Mutation | None, terms: Terms) -> Value | None:
    """What a document says with a mutation (or without one); None if that cannot be read."""
    faults = Faults()
    fields = document.fields if made is None or made.node is None else made.node
    assert isinstance(fields, Fields)
    found: Value
    if document.kind == "rule":
        found = read_rule(fields, terms, faults)
    elif document.kind == "concept":
        found = read_concept(fields, terms, faults)
        if made is not None and made.without is not None:
            at = made.without
            left = (*found.definitions[:at], *found.definitions[at + 1 :])
            found = replace(found, definitions=left)
    else:
        found = read_reading(fields, faults)
    return None if any(p.severity == "error" for p in faults.problems) else found


def meaning(value: Value) -> object:
    """What of a value can change an answer: two mutants that share it are one."""
    match value:
        case Rule():
            return value.trigger, value.logic, value.norm
        case Concept():
            return tuple((d.value, d.logic) for d in value.definitions), value.closed
        case Reading():
            return value.default


# --------------------------------------------------------------------------- making them


class _Maker(Struct, frozen=True):
    """Walks one document. Each method yields mutations whose `node` stands in for what it was
    given; the caller puts that into what stands around it."""

    terms: Terms

    def rule(self, fields: Fields) -> Iterator[Mutation]:
        yield from inside(fields, "norm", self.norm)
        yield from inside(fields, "trigger", self.trigger)
        yield from inside(fields, "applies", self.whole, "applies")
        yield from inside(fields, "departs", self.whole, "departs")
        yield from self.excepting(fields, at_rule=True)
        yield from self.presumed(fields)
        yield from inside(fields, "readings", self.readings)

    def concept(self, fields: Fields) -> Iterator[Mutation]:
        count = [0]
        values = fields.get("values")
        if isinstance(values, Fields):
            for name, _ in values:
                yield from within(
                    fields,
                    "values",
                    inside(values, name.text, self.definitions, f"{name.text}", fields, count),
                )
        for name_, word in (("true_when", "true"), ("false_when", "false")):
            yield from inside(fields, name_, self.definitions, word, fields, count)
        yield from self.presumed(fields)
        yield self.closed(fields)

    def reading(self, fields: Fields) -> Iterator[Mutation]:
        default, values = fields.get("default"), fields.get("values")
        if not isinstance(default, Text) or not isinstance(values, Fields):
            return
        for name, _ in values:
            if name.text != default.text:
                yield Mutation(
                    f"default={name.text}",
                    f"the default of the reading is `{name.text}`, not `{default.text}`",
                    "say `default:` in a check whose outcome turns on the reading",
                    default.place,
                    "default",
                    put(fields, "default", text_like(default, name.text)),
                )

    # ---------------------------------------------------------------- norm and trigger

    def norm(self, node: Node) -> Iterator[Mutation]:
        if not isinstance(node, Fields):
            return
        modality, bearer, owed = node.get("modality"), node.get("bearer"), node.get("owed_to")
        if isinstance(modality, Text) and modality.text in OTHER_MODALITY:
            other = OTHER_MODALITY[modality.text]
            yield Mutation(
                "norm/modality",
                f"the norm says `{other}`, not `{modality.text}`",
                "say `norm: {modality: ...}` in the tests of the rule",
                modality.place,
                "modality",
                put(node, "modality", text_like(modality, other)),
            )
        if isinstance(bearer, Text) and isinstance(owed, Text) and bearer.text != owed.text:
            swapped = put(node, "bearer", text_like(bearer, owed.text))
            yield Mutation(
                "norm/parties",
                f"`{owed.text}` is bound towards `{bearer.text}`, not the other way round",
                "say `norm: {bearer: ..., owed_to: ...}` in the tests of the rule",
                bearer.place,
                "parties",
                put(swapped, "owed_to", text_like(owed, bearer.text)),
            )

    def trigger(self, node: Node) -> Iterator[Mutation]:
        if not isinstance(node, Fields):
            return
        for key, value in node:
            if len(node) > 1:
                yield Mutation(
                    f"trigger/{key.text}/drop",
                    f"the rule looks at acts whatever their `{key.text}`",
                    f"write a check in which `{said(key, value)}` is all that fails",
                    key.place,
                    "trigger",
                    less(node, key.text),
                )
            if isinstance(value, Items) and len(value) > 1:
                for at, word in enumerate(value.items):
                    name = shown(word)
                    yield Mutation(
                        f"trigger/{key.text}={name}/drop",
                        f"the rule does not look at acts whose `{key.text}` is `{name}`",
                        f"write a check with such an act that finds something ({name})",
                        word.place,
                        "trigger",
                        put(node, key.text, without(value, at)),
                    )

    def presumed(self, fields: Fields) -> Iterator[Mutation]:
        node = fields.get("presume")
        if node is None:
            return
        words = node.items if isinstance(node, Items) else (node,)
        for at, word in enumerate(words):
            name = shown(word)
            known = self.terms.vocabulary.presumptions.get(name)
            key = f" of `{known.key}`" if known is not None else ""
            yield Mutation(
                f"presume={name}/drop",
                f"`{name}` is not presumed",
                f"write a check in which nothing is said{key}, and one finding turns on it",
                word.place,
                "presumption",
                put(fields, "presume", without(node, at))
                if isinstance(node, Items) and len(words) > 1
                else less(fields, "presume"),
            )

    # ---------------------------------------------------------------- conditions

    def whole(self, node: Node, where: str) -> Iterator[Mutation]:
        """A condition that may be empty: nothing is asked for then."""
        yield from about(where, where, self.condition(node, may_be_empty=True))

    def condition(self, node: Node, *, may_be_empty: bool = False) -> Iterator[Mutation]:
        if isinstance(node, Items):
            yield from self.alternatives(node, "any")
            return
        if not isinstance(node, Fields):
            return
        for key, value in node:
            if len(node) > 1 or may_be_empty:
                yield Mutation(
                    f"{key.text}/drop",
                    f"`{said(key, value)}` is no longer asked for",
                    f"write a check in which only `{said(key, value)}` is not so",
                    key.place,
                    "condition",
                    emptied(node, key.text),
                )
            if key.text == "not":
                yield self.inverted(node, key, value)
                yield from within(node, "not", about("not", "", self.condition(value)))
            elif key.text in COMBINING:
                if isinstance(value, Items):
                    yield from within(node, key.text, self.alternatives(value, key.text))
            else:
                yield from within(node, key.text, self.term(key, value))

    def inverted(self, node: Fields, key: Text, value: Node) -> Mutation:
        """`not: X` says X; other conditions may stand beside it under `all`."""
        both = node.get("all")
        items = (*(both.items if isinstance(both, Items) else ()), value)
        made = put(emptied(node, "not"), "all", items_like(key, items))
        return Mutation(
            "not/invert",
            f"`{said(key, value)}` asks for the opposite",
            f"write a check in which only `{said(key, value)}` is not so",
            key.place,
            "negation",
            made,
        )

    def alternatives(self, node: Items, sign: str) -> Iterator[Mutation]:
        """The members of `any` and `all`, numbered from 1."""
        for at, part in enumerate(node.items):
            name = f"{sign}.{at + 1}"
            if len(node) > 1:
                text = f"`{cut(shown(part))}`"
                yield Mutation(
                    f"{name}/drop",
                    f"{text} is no longer {'enough' if sign == 'any' else 'asked for'}",
                    f"write a check in which only {text} is {'so' if sign == 'any' else 'not so'}",
                    part.place,
                    "condition",
                    without(node, at),
                )
            for made in about(name, "", self.condition(part)):
                yield replace(made, node=with_item(node, at, made.node))

    def term(self, key: Text, value: Node) -> Iterator[Mutation]:
        """The values that a term accepts, or its bounds."""
        known = self.terms.vocabulary.keys.get(key.text)
        if known is not None and known.type in NUMBERS:
            yield from self.bounds(key, value)
        elif isinstance(value, Items) and len(value) > 1:
            for at, word in enumerate(value.items):
                name = shown(word)
                yield Mutation(
                    f"{key.text}={name}/drop",
                    f"`{key.text}` no longer accepts `{name}`",
                    f"write a check in which `{key.text}` is `{name}` and that decides",
                    word.place,
                    "value",
                    without(value, at),
                )

    def bounds(self, key: Text, value: Node) -> Iterator[Mutation]:
        if isinstance(value, Text):
            for made in shifted(value):
                yield replace(made, what=f"{key.text}/{made.what}", says=f"`{key.text}`{made.says}")
            return
        if not isinstance(value, Fields):
            return
        for name, amount in value:
            where = f"{key.text}.{name.text}"
            for made in shifted(amount) if isinstance(amount, Text) else ():
                moved = replace(
                    made,
                    what=f"{where}/{made.what}",
                    says=f"`{key.text}: {name.text}`{made.says}",
                )
                yield from within(value, name.text, [moved])
            other = OTHER_BOUND.get(name.text, "")
            if other and other not in value:
                yield Mutation(
                    f"{where}/{other}",
                    f"`{key.text}` is held to `{other}`, not `{name.text}`, {shown(amount)}",
                    f"write a check in which `{key.text}` is {shown(amount)} exactly",
                    name.place,
                    "bound",
                    renamed(value, name.text, other),
                )
            if len(value) > 1:
                yield Mutation(
                    f"{where}/drop",
                    f"`{key.text}` is no longer held to `{name.text}` {shown(amount)}",
                    f"write a check in which `{key.text}` is on the other side of {shown(amount)}",
                    name.place,
                    "bound",
                    less(value, name.text),
                )

    # ---------------------------------------------------------------- exceptions

    def excepting(self, fields: Fields, *, at_rule: bool = False) -> Iterator[Mutation]:
        """The exceptions under `except`; a rule says so when it has none."""
        node = fields.get("except")
        if not isinstance(node, Fields):
            return
        for made in self.exceptions(node, "except", ""):
            gone = made.what.removeprefix("except.").removesuffix("/drop")
            if made.kind == "exception" and gone in node:
                # What a reading took away of it goes with it.
                held = not_taken_away(fields, gone)
            else:
                held = fields
            if made.node is None and at_rule:
                none = put(held, "except", Text("none", False, node.file, node.line, 0, 4))
                reason = Text("its last exception was taken out", True, node.file, node.line, 0, 1)
                yield replace(made, node=put(none, "no_exceptions", reason))
            else:
                yield from within(held, "except", [made])

    def exceptions(self, node: Node, where: str, to: str) -> Iterator[Mutation]:
        if isinstance(node, Fields):
            for name, value in node:
                yield from within(node, name.text, self.exception(name, value, where, to))

    def exception(self, name: Text, value: Node, where: str, to: str) -> Iterator[Mutation]:
        called = f"the exception '{name.text}'{f' to {to!r}' if to else ''}"
        own = f"{where}.{name.text}"
        if not isinstance(value, Fields):  # null: what a reading takes away
            yield Mutation(
                f"{own}/drop",
                f"{called} is not taken away",
                "write a check that this exception lifts, with the outcome in that world",
                name.place,
                "reading",
            )
            return
        yield Mutation(
            f"{own}/drop",
            f"{called} is gone",
            f"write a check in which '{name.text}' is all that lifts {to or 'the finding'}",
            name.place,
            "exception",
        )
        yield from self.shift(value, own, called)
        yield from about(own, called, inside(value, "when", self.condition))
        unless = value.get("unless")
        if unless is not None:
            yield from within(value, "unless", self.exceptions(unless, own, name.text))

    def shift(self, value: Fields, own: str, called: str) -> Iterator[Mutation]:
        """What is presumed of an exception of which nothing is known."""
        node = value.get("presumed")
        word = node.text if isinstance(node, Text) else "absent"
        place = node.place if node is not None else value.place
        for other in PRESUMED:
            if other != word:
                yield Mutation(
                    f"{own}/presumed={other}",
                    f"{called} is presumed {other}, not {word}"
                    if other != "none"
                    else f"nothing is presumed of {called} (it was: {word})",
                    "write a check in which nothing is said of it and all else is there",
                    place,
                    "presumption",
                    put(value, "presumed", Text(other, False, place.file, place.line, 0, 1)),
                )

    # ---------------------------------------------------------------- readings in a rule or concept

    def readings(self, node: Node) -> Iterator[Mutation]:
        if not isinstance(node, Fields):
            return
        for name, changes in node:
            if isinstance(changes, Fields):
                for value, change in changes:
                    made = self.change(name, value, change)
                    yield from within(node, name.text, within(changes, value.text, made))
            else:
                yield from within(node, name.text, self.held_under(name, changes))

    def change(self, name: Text, value: Text, change: Node) -> Iterator[Mutation]:
        own = f"{name.text}={value.text}"
        yield Mutation(
            f"{own}/drop",
            f"the value `{value.text}` of the reading `{name.text}` changes nothing",
            f"write a check with `worlds: {{{own}: ...}}` on which the readings differ",
            value.place,
            "reading",
        )
        if not isinstance(change, Fields):
            return
        found: list[Mutation] = []
        departs = change.get("departs")
        if departs is not None:
            if len(change) > 1:
                found.append(
                    Mutation(
                        "departs/drop",
                        "what departs stays as it is elsewhere",
                        f"write a check with `worlds: {{{own}: ...}}` on which that matters",
                        departs.place,
                        "reading",
                        less(change, "departs"),
                    )
                )
            found += inside(change, "departs", self.whole, "departs")
        found += self.excepting(change)
        yield from about(own, f"under {own}", found)

    def held_under(self, name: Text, node: Node) -> Iterator[Mutation]:
        """`readings: {id: [values]}` of a definition."""
        yield Mutation(
            f"{name.text}/drop",
            f"the definition counts under every value of the reading `{name.text}`",
            f"write a check with `worlds: {{{name.text}=...: ...}}` on which that matters",
            name.place,
            "reading",
        )
        if isinstance(node, Items) and len(node) > 1:
            for at, word in enumerate(node.items):
                yield Mutation(
                    f"{name.text}={shown(word)}/drop",
                    f"the definition does not count under {name.text}={shown(word)}",
                    f"write a check with `worlds: {{{name.text}={shown(word)}: ...}}`",
                    word.place,
                    "reading",
                    without(node, at),
                )

    # ---------------------------------------------------------------- definitions of a concept

    def definitions(
        self, node: Node, value: str, whole: Fields, count: list[int]
    ) -> Iterator[Mutation]:
        """The ways in which a concept takes a value. `count` runs over the whole concept: a
        definition is taken out of what was read, where a concept may have none left."""
        ways: Sequence[Node] = node.items if isinstance(node, Items) else (node,)
        for at, way in enumerate(ways):
            if not isinstance(way, Fields):
                continue
            own = f"{value}.{at + 1}"
            yield Mutation(
                f"{own}/drop",
                f"it is not `{value}` when `{cut(shown(way.get('when') or way))}`",
                "write a check in which only this definition holds, and that decides",
                way.place,
                "definition",
                whole,
                without=count[0],
            )
            count[0] += 1
            for made in about(own, f"`{value}`, way {at + 1}", self.definition(way)):
                yield replace(
                    made,
                    node=with_item(node, at, made.node) if isinstance(node, Items) else made.node,
                )

    def definition(self, way: Fields) -> Iterator[Mutation]:
        if not set(DEFINITION_KEYS) & {key.text for key, _ in way}:
            yield from self.condition(way)
            return
        yield from inside(way, "when", self.condition)
        yield from self.excepting(way)
        yield from inside(way, "readings", self.readings)

    def closed(self, fields: Fields) -> Mutation:
        node = fields.get("closed")
        word = YES_NO.get(node.text, "") if isinstance(node, Text) else ""
        is_closed = word == "true" if word else "false_when" not in fields
        key = fields.key("closed") or fields.key("concept") or fields
        other = Text("no" if is_closed else "yes", False, key.file, key.line, key.column, 1)
        return Mutation(
            "closed",
            "what no definition makes true stays unknown"
            if is_closed
            else "what no definition makes true is false",
            "write a check in which no definition holds, and that decides",
            key.place,
            "closed",
            put(fields, "closed", other),
        )


def shifted(amount: Text) -> Iterator[Mutation]:
    """A number one step up and one step down, a step being one of its last digit."""
    match = _QUANTITY.fullmatch(amount.text)
    if match is None:
        return
    number = Decimal(match[1])
    step = Decimal(1).scaleb(min(0, int(number.as_tuple().exponent)))
    for name, other in (("more", number + step), ("less", number - step)):
        text = f"{other}{match[2]}"
        yield Mutation(
            name,
            f" is {text}, not {amount.text}",
            f"write a check just on either side of {amount.text}",
            amount.place,
            "bound",
            text_like(amount, text),
        )


# --------------------------------------------------------------------------- putting in place


def about(own: str, called: str, found: Iterable[Mutation]) -> Iterator[Mutation]:
    """The same mutations, told as of a part of the document."""
    for made in found:
        says = (
            f"{called}: {made.says}" if called and not made.says.startswith(called) else made.says
        )
        yield replace(made, what=f"{own}/{made.what}" if own else made.what, says=says)


def inside(
    fields: Fields, key: str, make: Callable[..., Iterable[Mutation]], *more: object
) -> Iterator[Mutation]:
    """What `make` finds in the value of a key, put back there."""
    node = fields.get(key)
    if node is not None and not (isinstance(node, Text) and node.empty):
        yield from within(fields, key, make(node, *more))


def within(fields: Fields, key: str, found: Iterable[Mutation]) -> Iterator[Mutation]:
    for made in found:
        if made.without is not None:
            yield made
        else:
            left = less(fields, key) if made.node is None else put(fields, key, made.node)
            yield replace(made, node=left)


def not_taken_away(fields: Fields, name: str) -> Fields:
    """A rule or definition whose readings no longer take away an exception of that name."""
    readings = fields.get("readings")
    if not isinstance(readings, Fields):
        return fields
    kept: list[tuple[Text, Node]] = []
    for reading, values in readings:
        if not isinstance(values, Fields):
            kept.append((reading, values))
            continue
        changes = [(value, _change(change, name)) for value, change in values]
        left = [(value, change) for value, change in changes if change is not None]
        if left:
            kept.append((reading, _mapping(values, left)))
    without_any = less(fields, "readings") or fields
    return put(fields, "readings", _mapping(readings, kept)) if kept else without_any


def _change(change: Node, name: str) -> Node | None:
    """What a value of a reading changes, but for taking that exception away; None if nothing."""
    taken = change.get("except") if isinstance(change, Fields) else None
    if not isinstance(change, Fields) or not isinstance(taken, Fields):
        return change
    if name not in taken or isinstance(taken.get(name), Fields):
        return change
    rest = less(taken, name)
    return less(change, "except") if rest is None else put(change, "except", rest)


def put(fields: Fields, key: str, node: Node) -> Fields:
    """A mapping with one value changed or added."""
    pairs = [(name, node if name.text == key else value) for name, value in fields]
    if key not in fields:
        pairs.append((Text(key, False, node.file, node.line, node.column, 1), node))
    return _mapping(fields, pairs)


def less(fields: Fields, key: str) -> Fields | None:
    """A mapping with one entry taken out; None when nothing is left in it."""
    return emptied(fields, key) if len(fields) > 1 or key not in fields else None


def emptied(fields: Fields, key: str) -> Fields:
    """The same for a condition, which may be empty: nothing is asked for then."""
    return _mapping(fields, [(name, value) for name, value in fields if name.text != key])


def renamed(fields: Fields, key: str, other: str) -> Fields:
    """A mapping with one of its keys called otherwise."""
    pairs = [(text_like(k, other) if k.text == key else k, value) for k, value in fields]
    return _mapping(fields, pairs)


def _mapping(like: Fields, pairs: Sequence[tuple[Text, Node]]) -> Fields:
    made = Fields(like.file, like.line, like.column)
    made.fill(tuple(pairs))
    return made


def with_item(items: Items, at: int, node: Node | None) -> Items:
    parts = () if node is None else (node,)
    return items_like(items, (*items.items[:at], *parts, *items.items[at + 1 :]))


def without(items: Items, at: int) -> Items:
    return with_item(items, at, None)


def items_like(like: Node, parts: Sequence[Node]) -> Items:
    made = Items(like.file, like.line, like.column)
    made.items = tuple(parts)
    return made


def text_like(like: Text, text: str) -> Text:
    return Text(text, like.quoted, like.file, like.line, like.column, like.length)


# --------------------------------------------------------------------------- in words


def said(key: Text, value: Node) -> str:
    return cut(f"{key.text}: {shown(value)}")


def shown(node: Node) -> str:
    """As the author could have written it on one line."""
    match node:
        case Text():
            return node.text
        case Items():
            return f"[{', '.join(shown(item) for item in node)}]"
        case Fields():
            return f"{{{', '.join(f'{key.text}: {shown(value)}' for key, value in node)}}}"


def cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 4].rstrip(' ,')} ..."
