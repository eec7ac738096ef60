"""The condition language of rules -> `Condition` values.

A mapping is all of its entries; a list of values is any of them; `any`, `all`, `not` combine;
`{at_least: 48 h}` and its like compare; a key is a frame key or the name of a concept. There is
nothing else (design section 4).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

from msgspec import Struct, field

from comity.model import All, AnyOf, Atom, Carveout, ConceptIs, Condition, Logic, Not, Range
from comity.problems import nearest
from comity.sheets import YES_NO, Faults, guess, words
from comity.source import Fields, Items, Node, Text
from comity.vocabulary import TESTABLE, ActType, Key, Vocabulary

TRUE: Final = frozenset({"true"})
PLAIN: Final = ("true",)  # the values of a yes-or-no concept
COMBINING: Final = ("any", "all", "not")
ABOUT_TYPES: Final = ("type", "family", "tag")
TRIGGER_KEYS: Final = ("act.type", "act.family", "act.tag")

_QUANTITY: Final = re.compile(r"(-?\d+(?:\.\d+)?) ?([a-z%]*)", re.ASCII)
_SCALES: Final[Mapping[str, Mapping[str, Fraction]]] = {
    "h": {"h": Fraction(1), "d": Fraction(24), "w": Fraction(168)},
    "m": {"cm": Fraction(1, 100), "m": Fraction(1), "km": Fraction(1000)},
}


class Terms(Struct, frozen=True):
    """What rules can name: the vocabulary, and what the rulebook itself defines.

    `concepts` and `readings` give the values of each (`PLAIN` for a yes-or-no concept); `disabled`
    gives those that a pack took away by kind and id, with the pack's name.
    """

    vocabulary: Vocabulary
    concepts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    readings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    disabled: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def gone(self, word: Text, what: str, faults: Faults) -> bool:
        """Whether a pack disabled this concept or reading, which is then told."""
        pack = self.disabled.get((what, word.text))
        if pack is not None:
            text = f"the {what} '{word.text}' is disabled by the pack '{pack}' and used here"
            hint = "disable or override this too, or override the other instead of disabling it"
            faults.add("P006", word.place, text, hint)
        return pack is not None


class ConditionReader:
    """Reads the conditions of one rule or concept.

    `presumed` is what the rule presumes of each key; atoms on these keys carry it. A faulty part
    is reported and left out, which is harmless: a rulebook with faults is not used.
    """

    def __init__(
        self, terms: Terms, faults: Faults, presumed: Mapping[str, frozenset[str]] | None = None
    ) -> None:
        self.terms = terms
        self.faults = faults
        self.presumed = presumed or {}

    def read(self, node: Node) -> Condition:
        """One condition; `{}` is the empty conjunction, which is true."""
        if isinstance(node, Fields):
            return _joined([self._entry(key, value) for key, value in node])
        if isinstance(node, Items) and node.items:
            return self._any_of(node)
        self.faults.add("R001", node.place, "a condition must be a mapping", "write {term: value}")
        return All()

    def _any_of(self, node: Items) -> AnyOf:
        for part in node:
            if isinstance(part, Fields) and not len(part):
                self.faults.add("R006", part.place, "an empty condition always holds", "remove it")
        return AnyOf(tuple(self.read(part) for part in node))

    def _entry(self, key: Text, value: Node) -> Condition:
        name = key.text
        if name in COMBINING:
            return self._combined(name, key, value)
        if name in self.terms.concepts:
            return self._concept(name, value)
        known = self.terms.vocabulary.keys.get(name)
        if known is None or known.type not in TESTABLE or ":" in name:
            self._unknown_term(key, known)
            return All()
        return self.test(known, value)

    def test(self, key: Key, value: Node) -> Condition:
        """The condition that a frame key has a value, or one of some."""
        if key.type in ("number", "duration"):
            return self._numbers(key, value)
        return self._values(key, value)

    # ---------------------------------------------------------------- combining

    def _combined(self, name: str, key: Text, value: Node) -> Condition:
        if name == "not":
            if isinstance(value, Fields) and len(value):
                return Not(self.read(value))
            hint = "write not: {a: x}; for several, not: {any: [{a: x}, {b: y}]}"
            text = "'not' takes one condition, a mapping"
            self.faults.add("R001", value.place, text, hint)
            return All()
        if not isinstance(value, Items) or not value.items:
            self.faults.add(
                "R001",
                key.place,
                f"'{name}' takes a list of conditions",
                f"write {name}: [{{a: x}}, {{b: y}}]",
            )
            return All()
        held = self._any_of(value)
        return held if name == "any" else All(held.parts)

    def _unknown_term(self, key: Text, known: Key | None) -> None:
        name = key.text
        if name.startswith("reading."):
            hint = "use `readings:` with what each value changes"
            self.faults.add("R004", key.place, "a condition cannot name a reading", hint)
        elif known is not None:
            text = f"'{name}' is a {known.type}, which no condition can test"
            hint = f"write `{name.replace(':', ': ')}`" if ":" in name else ""
            self.faults.add("R004", key.place, text, hint)
        elif not self.terms.gone(key, "concept", self.faults):
            words_ = [*self.terms.vocabulary.keys, *self.terms.concepts, *COMBINING]
            near = nearest(name, sorted(w for w in words_ if ":" not in w))
            hint = f"did you mean '{near}'?" if near else "all terms stand in docs/vocabulary.md"
            what, code = "term", "R004"
            if near in self.terms.concepts:
                what, code = "concept", "R010"
            self.faults.add(code, key.place, f"unknown {what} '{name}'", hint)

    # ---------------------------------------------------------------- concepts

    def _concept(self, name: str, value: Node) -> Condition:
        allowed = self.terms.concepts[name]
        if allowed == PLAIN:
            said = {YES_NO[word] for word in self._known(value, name, tuple(YES_NO))}
            if len(said) > 1:
                self.faults.add("R006", value.place, f"'{name}' is always yes or no", "keep one")
            held = ConceptIs(name, "true")
            return Not(held) if said == {"false"} else held
        parts = tuple(ConceptIs(name, word) for word in self._known(value, name, allowed))
        return parts[0] if len(parts) == 1 else AnyOf(parts)

    # ---------------------------------------------------------------- values

    def _values(self, key: Key, value: Node) -> Condition:
        if key.type == "boolean":
            said = [YES_NO[word] for word in self._known(value, key.name, tuple(YES_NO))]
        else:
            said = list(self._known(value, key.name, key.values))
        if key.many:
            members = tuple(self._atom(f"{key.name}:{word}", TRUE) for word in said)
            return members[0] if len(members) == 1 else AnyOf(members)
        if key.values and set(said) >= set(key.values):
            text = f"'{key.name}' accepts every value, so it decides nothing"
            self.faults.add("R006", value.place, text, "remove it, or list the values that matter")
        return self._atom(key.name, frozenset(said))

    def _atom(self, key: str, accept: frozenset[str] | Range) -> Atom:
        return Atom(key, accept, self.presumed.get(key))

    def _known(self, value: Node, name: str, allowed: Sequence[str]) -> tuple[str, ...]:
        """The values written, each checked; what is wrong is reported."""
        if isinstance(value, Fields):
            text = f"'{name}' takes a value or a list of values"
            hint = "comparisons are for numbers and durations" if len(value) else ""
            self.faults.add("R005", value.place, text, hint)
            return ()
        written = words(value, name, self.faults)
        if not written or (isinstance(value, Text) and value.empty):
            self.faults.add("R006", value.place, f"'{name}' accepts no value", "name one")
            return ()
        return tuple(dict.fromkeys(self._sifted(written, name, allowed)))

    def _sifted(self, written: Sequence[Text], name: str, allowed: Sequence[str]) -> Iterator[str]:
        """The known values; those that are not, or stand twice, are reported."""
        seen: set[str] = set()
        for word in written:
            if allowed and word.text not in allowed:
                self._unknown_value(word, name, allowed)
                continue
            if word.text in seen:
                self.faults.add("R005", word.place, f"'{word.text}' stands twice in the list")
            seen.add(word.text)
            yield word.text

    def _unknown_value(self, word: Text, name: str, allowed: Sequence[str]) -> None:
        code = "R018" if name.partition(".")[2] in ABOUT_TYPES else "R005"
        hint = guess(word.text, allowed) or f"its {len(allowed)} values stand in docs/vocabulary.md"
        if word.text == "unknown":
            hint = "silence is unknown by itself; a rule tests only what is known"
        self.faults.add(code, word.place, f"'{name}' has no value '{word.text}'", hint)

    # ---------------------------------------------------------------- numbers

    def _numbers(self, key: Key, value: Node) -> Condition:
        if isinstance(value, Fields):
            return self._atom(key.name, self._range(key, value))
        parts: list[Condition] = []
        for word in words(value, key.name, self.faults):
            number = self._quantity(key, word)
            if number is not None:
                parts.append(self._atom(key.name, Range(number, number, unit=_unit(key))))
        if not parts and isinstance(value, Items):
            self.faults.add("R006", value.place, f"'{key.name}' accepts no value", "name one")
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _range(self, key: Key, value: Fields) -> Range:
        bounds: dict[str, Fraction] = {}
        for comparison, amount in value:
            if comparison.text not in ("at_least", "at_most", "more_than", "less_than"):
                known = ("at_least", "at_most", "more_than", "less_than")
                self.faults.unknown("R005", comparison, "comparison", known)
            elif not isinstance(amount, Text):
                self.faults.add("R005", amount.place, f"'{comparison.text}' takes one number")
            else:
                number = self._quantity(key, amount)
                if number is not None:
                    bounds[comparison.text] = number
        for one, other in (("at_least", "more_than"), ("at_most", "less_than")):
            if one in bounds and other in bounds:
                text = f"'{one}' and '{other}' both limit '{key.name}' on the same side"
                self.faults.add("R006", value.place, text, "keep one of them")
        made = range_of(bounds, _unit(key))
        if not len(value) or is_empty(made):
            self.faults.add("R006", value.place, f"no value of '{key.name}' is accepted")
        return made

    def _quantity(self, key: Key, word: Text) -> Fraction | None:
        """A number in the unit of its key."""
        unit = _unit(key)
        number = quantity(word.text, unit, bare=key.type == "number")
        if number is None:
            wanted = f"a number with its unit ({unit})" if unit else "a plain number"
            text = f"'{word.text}' cannot be read for '{key.name}'"
            example = "such as 48 h or 3 d" if unit == "h" else f"such as 15 {unit}".rstrip()
            self.faults.add("R005", word.place, text, f"write {wanted}, {example}")
        return number


def _unit(key: Key) -> str:
    return "h" if key.type == "duration" else key.unit


def quantity(text: str, unit: str, *, bare: bool = True) -> Fraction | None:
    """`48 h`, `3 d`, `0.5 km`, `12`: the number in `unit`; None if it cannot be one.

    A number without a unit counts in `unit` itself, if `bare`.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    number, written = Fraction(match[1]), match[2]
    if not written:
        return number if bare else None
    scale = _SCALES.get(unit, {unit: Fraction(1), unit.removesuffix("s"): Fraction(1)})
    return number * scale[written] if unit and written in scale else None


def range_of(bounds: Mapping[str, Fraction], unit: str) -> Range:
    """The range between `at_least` or `more_than` and `at_most` or `less_than`."""
    return Range(
        low=bounds.get("at_least", bounds.get("more_than")),
        high=bounds.get("at_most", bounds.get("less_than")),
        low_open="at_least" not in bounds and "more_than" in bounds,
        high_open="at_most" not in bounds and "less_than" in bounds,
        unit=unit,
    )


def is_empty(accept: Range) -> bool:
    """No number lies in it."""
    if accept.low is None or accept.high is None:
        return False
    if accept.low == accept.high:
        return accept.low_open or accept.high_open
    return accept.low > accept.high


def _joined(parts: Sequence[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else All(tuple(parts))


# --------------------------------------------------------------------------- triggers


def read_trigger(
    node: Node | None, terms: Terms, faults: Faults, *, what: str = "trigger"
) -> tuple[tuple[Atom, ...], ...]:
    """The conditions on type, family and tag that say which acts are looked at.

    Alternatives, each a set of atoms that must all hold: "any of these tags" has no atom of its
    own, since each tag is a key.
    """
    if not isinstance(node, Fields) or not len(node):
        if node is not None:
            text = f"the {what} must name act.type, act.family or act.tag"
            faults.add("R008", node.place, text, f"write `{what}: {{act.tag: ...}}`")
        return ()
    ways: list[tuple[Atom, ...]] = [()]
    for key, value in node:
        if key.text not in TRIGGER_KEYS:
            text = f"the {what} cannot use '{key.text}'"
            faults.add("R008", key.place, text, "move it to `applies`")
            return ()
        reader = ConditionReader(terms, faults)
        atoms = _alternatives(reader.test(terms.vocabulary.keys[key.text], value))
        ways = [(*way, atom) for way in ways for atom in atoms]
    types = terms.vocabulary.acts.values()
    if ways and not any(starts(ways, one.name, terms.vocabulary) for one in types):
        faults.add("R006", node.place, f"no type of act meets this {what}")
    return tuple(ways)


def _alternatives(condition: Condition) -> tuple[Atom, ...]:
    """The atoms of "one of these"."""
    if isinstance(condition, AnyOf):
        return tuple(part for part in condition.parts if isinstance(part, Atom))
    return (condition,) if isinstance(condition, Atom) and condition.accept else ()


def starts(trigger: Iterable[Sequence[Atom]], act_type: str, vocabulary: Vocabulary) -> bool:
    """Whether acts of a type meet a trigger."""
    act = vocabulary.acts[act_type]
    return any(all(_meets(atom, act) for atom in way) for way in trigger)


def started_by(trigger: Sequence[Sequence[Atom]], vocabulary: Vocabulary) -> tuple[ActType, ...]:
    """The types of act that meet a trigger."""
    return tuple(a for a in vocabulary.acts.values() if starts(trigger, a.name, vocabulary))


def _meets(atom: Atom, act: ActType) -> bool:
    name, _, tag = atom.key.partition(":")
    if tag:
        return tag in act.tags
    if isinstance(atom.accept, Range):
        return False
    return (act.name if name == "act.type" else act.family) in atom.accept


def conditions_of(logic: Logic) -> Iterator[Condition]:
    """Every condition of a rule or definition: applies, departs, and each exception's `when`."""
    yield logic.applies
    yield logic.departs
    for one in carveouts(logic.exceptions):
        yield one.when


def carveouts(exceptions: Iterable[Carveout]) -> Iterator[Carveout]:
    """Exceptions and the exceptions to them, outer first."""
    for one in exceptions:
        yield one
        yield from carveouts(one.unless)


def concepts_of(condition: Condition) -> Iterable[str]:
    """The name of every concept that a condition asks about."""
    match condition:
        case ConceptIs(concept):
            yield concept
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from concepts_of(part)
        case Not(part):
            yield from concepts_of(part)
        case Atom():
            pass
