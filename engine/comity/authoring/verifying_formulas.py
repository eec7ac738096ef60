"""Rules as formulas over the values that keys can have: what the solver is asked about.

A *formula* is a whole number: `TRUE`, its negative `FALSE`, or a node of a `Pool`. The negative of
a formula is its negation. A node is either a *cell* (a key has one of its values) or the
conjunction of formulas; equal nodes have one number, so equal conditions are asked about once.

A condition has two formulas, one for "true" and one for "false". On a frame that leaves nothing
unknown they are each other's negation, except below a concept that is not closed.

This is written from the meaning of rules (docs/meaning.md) and not from the compiler, so that an
answer which the engine then confirms has been worked out twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final, TypeAlias

from comity.conditions import conditions_of
from comity.kleene import accepts, as_number
from comity.model import (
    Accept,
    All,
    AnyOf,
    Atom,
    Carveout,
    Concept,
    ConceptIs,
    Condition,
    Logic,
    Not,
    Range,
    Rule,
    Rulebook,
)
from comity.switching import PREFIX
from comity.vocabulary import TESTABLE, Vocabulary

Formula: TypeAlias = int
Pair: TypeAlias = tuple[Formula, Formula]  # true, false
Cell: TypeAlias = tuple[str, str]  # a key and one of its values

TRUE: Final[Formula] = 1
FALSE: Final[Formula] = -1
NONE: Final = "none"

#: A key and another that framing fills with the same number: both are cut at the same bounds.
TWINS: Final[Mapping[str, str]] = {"png.deadline_hours": "act.deadline"}


class Pool:
    """The nodes made so far. Node 1 is what always holds."""

    def __init__(self) -> None:
        self.nodes: list[Cell | tuple[int, ...]] = [(), ()]
        self._numbers: dict[Cell | tuple[int, ...], int] = {}

    def _number(self, node: Cell | tuple[int, ...]) -> Formula:
        found = self._numbers.get(node)
        if found is None:
            found = self._numbers[node] = len(self.nodes)
            self.nodes.append(node)
        return found

    def cell(self, key: str, value: str) -> Formula:
        return self._number((key, value))

    def both(self, parts: Iterable[Formula]) -> Formula:
        """All of them hold."""
        kept: set[int] = set()
        for part in parts:
            if part == FALSE or -part in kept:
                return FALSE
            if part != TRUE:
                kept.add(part)
        if len(kept) < 2:
            return kept.pop() if kept else TRUE
        return self._number(tuple(sorted(kept)))

    def either(self, parts: Iterable[Formula]) -> Formula:
        """At least one of them holds."""
        return -self.both(-part for part in parts)

    def implies(self, one: Formula, other: Formula) -> Formula:
        return self.either((-one, other))

    def cells_of(self, formulas: Iterable[Formula]) -> set[Cell]:
        """Every cell that some formulas look at."""
        found: set[Cell] = set()
        seen: set[int] = set()
        todo = [abs(formula) for formula in formulas]
        while todo:
            number = todo.pop()
            if number == TRUE or number in seen:
                continue
            seen.add(number)
            node = self.nodes[number]
            if isinstance(node[0], str):
                found.add((node[0], str(node[1])))
            else:
                todo += [abs(int(part)) for part in node]
        return found


# --------------------------------------------------------------------------- keys and cells


class Space:
    """The keys of frames, each with the values that are told apart.

    `roles` are the roles of acts: their keys are `none` where nobody fills the role. Numbers are
    cut at the bounds that rules name; each piece stands for all numbers in it.
    """

    def __init__(self, rulebook: Rulebook, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.cells: dict[str, tuple[str, ...]] = {}
        self.bounds = bounds_of(rulebook)
        for name, key in vocabulary.keys.items():
            if key.type not in TESTABLE or key.many:
                continue
            values = key.values
            if key.type in ("number", "duration"):
                whole = not key.unit and key.type == "number" and name not in TWINS
                values = pieces(self.bounds.get(name, ()), whole=whole)
            if NONE not in values and can_be_none(name, vocabulary):
                values = (*values, NONE)
            self.cells[name] = values
        for id_, reading in sorted(rulebook.readings.items()):
            rest = sorted(set(reading.values) - {reading.default})
            self.cells[PREFIX + id_] = (reading.default, *rest)

    def accepted(self, key: str, accept: Accept) -> tuple[str, ...]:
        return tuple(value for value in self.cells[key] if accepts(accept, value))

    def cell_of(self, key: str, value: str) -> str:
        """The cell that stands for a value: itself or, for a number, the piece it lies in."""
        number = as_number(value)
        if number is None or value in self.cells[key]:
            return value
        place = self._place(key, number)
        numbers = ((cell, as_number(cell)) for cell in self.cells[key])
        return next(
            (c for c, n in numbers if n is not None and self._place(key, n) == place), value
        )

    def _place(self, key: str, number: Fraction) -> tuple[int, bool]:
        bounds = self.bounds.get(key, ())
        return sum(bound < number for bound in bounds), number in bounds


def can_be_none(key: str, vocabulary: Vocabulary) -> bool:
    """Whether a key is `none` on frames to which it does not apply (see framing)."""
    role = key.partition(".")[0]
    return (
        role in vocabulary.act_roles or role == "judged" or key == "png.deadline_hours"
    ) and key != "answers.refused"


def atoms_of(condition: Condition) -> Iterator[Atom]:
    match condition:
        case Atom():
            yield condition
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from atoms_of(part)
        case Not(part):
            yield from atoms_of(part)
        case ConceptIs():
            return


def logics_of(rulebook: Rulebook) -> Iterator[Logic]:
    yield from (rule.logic for rule in rulebook.rules)
    yield from (d.logic for concept in rulebook.concepts for d in concept.definitions)


def bounds_of(rulebook: Rulebook) -> Mapping[str, Sequence[Fraction]]:
    """The numbers that rules compare each key with, in order."""
    found: dict[str, set[Fraction]] = defaultdict(set)
    for logic in logics_of(rulebook):
        for condition in conditions_of(logic):
            for atom in atoms_of(condition):
                if isinstance(atom.accept, Range):
                    ends = (atom.accept.low, atom.accept.high)
                    found[atom.key] |= {end for end in ends if end is not None}
    for pair in TWINS.items():
        shared = set().union(*(found.get(key, ()) for key in pair))
        found.update({key: shared for key in pair if shared})
    return {key: sorted(values) for key, values in found.items()}


def pieces(bounds: Sequence[Fraction], *, whole: bool) -> tuple[str, ...]:
    """Numbers that stand for all: each bound, one between each two, one below and one above.

    A number of people or days is whole if every bound is: nothing lies between 9 and 10.
    """
    if not bounds:
        return ("1",)
    whole = whole and all(bound.denominator == 1 for bound in bounds)
    found = [] if bounds[0] <= 0 else [Fraction(0) if whole else bounds[0] / 2]
    for low, high in pairwise(bounds):
        found.append(low)
        if not whole:
            found.append((low + high) / 2)
        elif high - low > 1:
            found.append(low + 1)
    last = bounds[-1]
    return tuple(written(one) for one in (*found, last, last + 1 if last >= 0 else Fraction(0)))


def written(number: Fraction) -> str:
    return str(number.numerator) if number.denominator == 1 else str(float(number))


def numeric(value: str) -> bool:
    return as_number(value) is not None


# --------------------------------------------------------------------------- meaning


class Meaning:
    """What conditions, concepts and rules say, as formulas.

    `fixed` asks "and if this key, or this concept, had that value?": everything that looks at it
    sees the value instead.
    """

    def __init__(
        self,
        pool: Pool,
        space: Space,
        concepts: Mapping[str, Concept],
        fixed: Mapping[str, str] | None = None,
    ) -> None:
        self.pool = pool
        self.space = space
        self.concepts = concepts
        self.fixed = dict(fixed or {})
        self._concepts: dict[tuple[str, str], Pair] = {}

    def with_fixed(self, key: str, value: str) -> Meaning:
        return self.with_all({key: value})

    def with_all(self, values: Mapping[str, str]) -> Meaning:
        return Meaning(self.pool, self.space, self.concepts, {**self.fixed, **values})

    def cell(self, key: str, value: str) -> Formula:
        if key in self.fixed:
            return TRUE if self.fixed[key] == value else FALSE
        return self.pool.cell(key, value)

    def one_of(self, key: str, values: Iterable[str]) -> Formula:
        return self.pool.either(self.cell(key, value) for value in values)

    def atom(self, atom: Atom) -> Formula:
        if atom.key in self.fixed:
            return TRUE if accepts(atom.accept, self.fixed[atom.key]) else FALSE
        return self.one_of(atom.key, self.space.accepted(atom.key, atom.accept))

    def truth(self, condition: Condition) -> Pair:
        match condition:
            case Atom():
                holds = self.atom(condition)
                return holds, -holds
            case Not(part):
                true, false = self.truth(part)
                return false, true
            case All(parts):
                pairs = [self.truth(part) for part in parts]
                return self._conjunction(pairs)
            case AnyOf(parts):
                pairs = [(false, true) for true, false in map(self.truth, parts)]
                false, true = self._conjunction(pairs)
                return true, false
            case ConceptIs(concept, value):
                return self.concept(concept, value)

    def _conjunction(self, pairs: Iterable[Pair]) -> Pair:
        pairs = list(pairs)
        return self.pool.both(t for t, _ in pairs), self.pool.either(f for _, f in pairs)

    def concept(self, name: str, value: str) -> Pair:
        if name in self.fixed:
            return (TRUE, FALSE) if self.fixed[name] == value else (FALSE, TRUE)
        found = self._concepts.get((name, value))
        if found is None:
            found = self._concepts[name, value] = self._concept(self.concepts[name], value)
        return found

    def _concept(self, concept: Concept, value: str) -> Pair:
        """Any definition makes a value true; what none makes true is false if it is closed, or if
        `false_when` says so."""
        true, silent = self._defined(concept, value)
        false = silent if concept.closed else FALSE
        if value == "true" and any(d.value == "false" for d in concept.definitions):
            denied, _ = self._defined(concept, "false")
            false = self.pool.either((false, self.pool.both((-true, denied))))
        return true, false

    def _defined(self, concept: Concept, value: str) -> Pair:
        pairs = [self.departure(d.logic) for d in concept.definitions if d.value == value]
        return (
            self.pool.either(true for true, _ in pairs),
            self.pool.both(false for _, false in pairs),
        )

    def contradicted(self, concept: Concept) -> Formula:
        """Both made true and made false, which the engine refuses."""
        if {d.value for d in concept.definitions} < {"true", "false"}:
            return FALSE
        if not set(concept.values) <= {"true", "false"}:
            return FALSE
        return self.pool.both(self._defined(concept, v)[0] for v in ("true", "false"))

    def effect(self, carveout: Carveout) -> Pair:
        """An exception is in effect if it holds and no exception to it is in effect."""
        subs = [(false, true) for true, false in map(self.effect, carveout.unless)]
        return self._conjunction([self.truth(carveout.when), *subs])

    def excepted(self, exceptions: Iterable[Carveout]) -> Pair:
        pairs = [self.effect(one) for one in exceptions]
        return (
            self.pool.either(true for true, _ in pairs),
            self.pool.both(false for _, false in pairs),
        )

    def departure(self, logic: Logic) -> Pair:
        """Applies, departs, and no exception in effect."""
        held, lifted = self.excepted(logic.exceptions)
        parts = [self.truth(logic.applies), self.truth(logic.departs), (lifted, held)]
        return self._conjunction(parts)

    def trigger(self, rule: Rule) -> Formula:
        ways = (self.pool.both(map(self.atom, way)) for way in rule.trigger)
        return self.pool.either(ways)

    def in_play(self, rule: Rule) -> Formula:
        return self.pool.both((self.trigger(rule), self.truth(rule.logic.applies)[0]))

    def departed(self, rule: Rule) -> Formula:
        """In play and departed from, whether or not an exception holds."""
        return self.pool.both((self.in_play(rule), self.truth(rule.logic.departs)[0]))

    def established(self, rule: Rule) -> Formula:
        return self.pool.both((self.trigger(rule), self.departure(rule.logic)[0]))
