"""What rules say of one frame, in one world or in many at once.

The engine settles what holds in every world. A `View` evaluates the rest from the same numbered
conditions. A truth is a pair of bit masks, (worlds where it is true, worlds where it is false), in
which bit n stands for world n: conjunction, disjunction and negation are then three operations on
whole numbers, however many worlds there are. A view is never changed: what differs by a fact is
another view.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Final, TypeAlias

from comity.compiling import Code, Exclusion, Node, RuleCode
from comity.kleene import FALSE, TRUE, UNKNOWN
from comity.running import EngineFault
from comity.truths import Truths, Values

Facts: TypeAlias = Mapping[str, Values]  # key -> the values still possible; absent, None: unknown
Value: TypeAlias = tuple[str, str]  # a concept and its value
Pair: TypeAlias = tuple[int, int]  # (worlds where true, worlds where false)


class View:
    """A frame in `full.bit_length()` worlds; in one, with every switch unknown, to begin with.

    The view of a whole frame reads an atom when it is first asked for. The other views are made
    from the view of one rule (`of`), which holds that rule's atoms.

    `waived` names assumptions that may not be made: exception ids and presumed keys. `held` has, of
    each key that the worlds differ in, the worlds where they say its value.
    """

    __slots__ = (
        "_concepts", "_parts", "atoms", "facts", "full", "held", "pairs", "program", "truths",
        "waived",
    )  # fmt: skip

    def __init__(self, truths: Truths, facts: Facts) -> None:
        self.truths = truths
        self.program = truths.program
        self.facts = facts
        self.waived: frozenset[str] = frozenset()
        self.held: Mapping[str, int] = {}
        self.full = 1
        self.pairs = ONE_WORLD
        self.atoms: tuple[dict[int, Pair], dict[int, Pair]] = (
            _Atoms(truths, facts, 0),
            _Atoms(truths, facts, 1),
        )
        self._parts: tuple[dict[int, Pair], dict[int, Pair]] = {}, {}
        self._concepts: tuple[dict[Value, Pair], dict[Value, Pair]] = {}, {}

    def _with(self, strict: dict[int, Pair], presumptive: dict[int, Pair]) -> View:
        """Another view with these atoms; what was worked out from the same ones still holds."""
        other = View.__new__(View)
        other.truths, other.program, other.waived = self.truths, self.program, self.waived
        other.facts, other.full, other.pairs = self.facts, self.full, self.pairs
        other.held = self.held
        other.atoms = strict, presumptive
        same = strict is self.atoms[0]
        other._parts = self._parts[0] if same else {}, {}
        other._concepts = self._concepts[0] if same else {}, {}
        return other

    # ------------------------------------------------------------ other views

    def of(self, code: RuleCode, parts: Mapping[int, int]) -> View:
        """What a rule can depend on, and nothing else: views made from it are quick to make.

        `parts` are the strict truths of parts that are known already.
        """
        strict: dict[int, Pair] = {}
        presumptive: dict[int, Pair] = {}
        facts: dict[str, Values] = {}
        for key, places in self.truths.places(code):
            values = facts[key] = self.facts.get(key)
            truths = self.truths.of(key, values)
            for place in places:
                number, one, two = truths[place]
                strict[number] = ONE_WORLD[one]
                presumptive[number] = ONE_WORLD[two]
        other = self._with(strict, presumptive)
        other.facts = facts
        other._parts[0].update((number, ONE_WORLD[value]) for number, value in parts.items())
        return other

    def told(self, facts: Facts) -> View:
        """The same worlds with some keys known otherwise; None takes a key's values away."""
        if not facts:
            return self
        strict, presumptive = self.atoms[0].copy(), self.atoms[1].copy()
        pairs, waived = self.pairs, self.waived
        for key, values in facts.items():
            for number, one, two in self.truths.of(key, values):
                strict[number] = pairs[one]
                presumptive[number] = pairs[one if key in waived else two]
        other = self._with(strict, presumptive)
        other.facts = {**self.facts, **facts}
        return other

    def supposing(self, facts: Facts) -> View:
        """The same worlds with some keys known wherever nothing is known of them yet.

        For strict truths only: what is presumed is not looked at again. Those that are known stay
        so, whatever else becomes known.
        """
        strict = self.atoms[0].copy()
        pairs = self.pairs
        for key, values in facts.items():
            if self.facts.get(key) is None and key not in self.held:
                for number, one, _two in self.truths.of(key, values):
                    strict[number] = pairs[one]
            elif key in self.held:
                worlds = self.full & ~self.held[key]
                for number, one, _two in self.truths.of(key, values):
                    if number in strict:
                        strict[number] = entered(strict[number], one, worlds)
        other = self._with(strict, self.atoms[1])
        full = self.full
        other._parts[0].update(i for i in self._parts[0].items() if i[1][0] | i[1][1] == full)
        return other

    def waiving(self, waived: frozenset[str]) -> View:
        """The same worlds with these assumptions not made either."""
        strict, presumptive = self.atoms
        presumptive = presumptive.copy()
        for key in waived & self.program.atoms_of_key.keys():
            for number in self.program.atoms_of_key[key]:
                if number in strict:
                    presumptive[number] = strict[number]
        other = self._with(strict, presumptive)
        other.waived = self.waived | waived
        return other

    def spread(self, choices: Sequence[Sequence[Facts]]) -> View:
        """This one world in every combination of some choices between facts, each told in turn, in
        the order of `itertools.product`."""
        if not choices:
            return self
        sizes = tuple(map(len, choices))
        full = (1 << prod(sizes)) - 1
        wide = {(0, 1): (0, full), (0, 0): (0, 0), (1, 0): (full, 0)}
        strict = {number: wide[pair] for number, pair in self.atoms[0].items()}
        presumptive = {number: wide[pair] for number, pair in self.atoms[1].items()}
        held: dict[str, int] = {}
        more = True  # whether no value that is known is changed
        for alternatives, masks in zip(choices, switch_masks(sizes), strict=True):
            for facts, mask in zip(alternatives, masks, strict=True):
                for key, values in facts.items():
                    if key not in held:
                        known = self.facts.get(key) is not None
                        held[key] = full if known else 0
                        more = more and not known
                    held[key] = held[key] & ~mask if values is None else held[key] | mask
                    self._enter(strict, presumptive, key, values, mask)
        other = self._with(strict, presumptive)
        other.full, other.pairs, other.held = full, ((0, full), (0, 0), (full, 0)), held
        if more:  # a strict truth that is known stays so
            known_parts = (i for i in self._parts[0].items() if i[1] != (0, 0))
            other._parts[0].update((number, wide[pair]) for number, pair in known_parts)
        return other

    def _enter(
        self,
        strict: dict[int, Pair],
        presumptive: dict[int, Pair],
        key: str,
        values: Values,
        worlds: int,
    ) -> None:
        """Let a key have these values in some worlds; it stays what it was in the others."""
        for number, one, two in self.truths.of(key, values):
            if number in strict:
                before, presumed = strict[number], presumptive[number]
                value = one if key in self.waived else two
                strict[number] = after = entered(before, one, worlds)
                alike = value == one and presumed == before
                presumptive[number] = after if alike else entered(presumed, value, worlds)

    # ------------------------------------------------------------ truth in every world

    def pair(self, node: Node, presumptive: bool) -> Pair:
        sign = node[0]
        atoms = self.atoms[presumptive]
        if sign == "a":
            return atoms[node[1]]
        if sign == "&":
            true, false = self.full, 0
            for child in node[1]:
                one, other = atoms[child[1]] if child[0] == "a" else self.pair(child, presumptive)
                true &= one
                false |= other
                if false == self.full:
                    break
            return true, false
        if sign == "|":
            true, false = 0, self.full
            for child in node[1]:
                one, other = atoms[child[1]] if child[0] == "a" else self.pair(child, presumptive)
                true |= one
                false &= other
                if true == self.full:
                    break
            return true, false
        if sign == "!":
            true, false = self.pair(node[1], presumptive)
            return false, true
        return self.concept_pair(node[1], node[2], presumptive)

    def concept_pair(self, name: str, value: str, presumptive: bool) -> Pair:
        """Raises EngineFault where the concept comes out both true and false."""
        presumptive = presumptive and self.truths.concept_presumes(name)
        known = self._concepts[presumptive]
        found = known.get((name, value))
        if found is None:
            found = known[name, value] = self._concept_pair(name, value, presumptive)
        return found

    def _concept_pair(self, name: str, value: str, presumptive: bool) -> Pair:
        code = self.program.concepts[name]
        true, false, denied = 0, self.full, 0
        for one, logic in code.definitions:
            if one == value:
                held, not_held = self.departure_pair(logic, presumptive)
                true, false = true | held, false & not_held
            elif one == "false" and value == "true":
                denied |= self.departure_pair(logic, presumptive)[0]
        if not code.concept.closed:
            false = 0
        if true & denied:
            raise EngineFault("R019", f"concept {name} is both true and false on one frame")
        return true, false | denied

    def part_pair(self, number: int, presumptive: bool) -> Pair:
        presumptive = presumptive and self.truths.presume(number)
        known = self._parts[presumptive]
        found = known.get(number)
        if found is None:
            found = known[number] = self.pair(self.program.parts[number], presumptive)
        return found

    def effect_pair(self, exclusion: Exclusion, presumptive: bool) -> Pair:
        """eff(e) = when(e) and not eff(each of its sub-exceptions), presumption on `when`."""
        true, false = self.part_pair(exclusion.part, presumptive)
        if presumptive and exclusion.id not in self.waived:
            if exclusion.presumed == "absent":
                false = self.full & ~true
            elif exclusion.presumed == "present":
                true = self.full & ~false
        for sub in exclusion.unless:
            if false == self.full:
                break
            lifted, kept = self.effect_pair(sub, presumptive)
            true, false = true & kept, false | lifted
        return true, false

    def excepted_pair(self, code: Code, presumptive: bool) -> Pair:
        true, false = 0, self.full
        for exclusion in code.exceptions:
            one, other = self.effect_pair(exclusion, presumptive)
            true, false = true | one, false & other
            if true == self.full:
                break
        return true, false

    def departure_pair(self, code: Code, presumptive: bool) -> Pair:
        """L = applies and departs and no exception."""
        true, false = self.part_pair(code.applies, presumptive)
        if false != self.full:
            one, other = self.part_pair(code.departs, presumptive)
            true, false = true & one, false | other
        if false != self.full:
            one, other = self.excepted_pair(code, presumptive)
            true, false = true & other, false | one
        return true, false

    # ------------------------------------------------------------ truth in one world

    def atom(self, number: int, presumptive: bool) -> int:
        return single(self.atoms[presumptive][number])

    def node(self, node: Node, presumptive: bool) -> int:
        return single(self.pair(node, presumptive))

    def part(self, number: int, presumptive: bool) -> int:
        return single(self.part_pair(number, presumptive))

    def concept(self, name: str, value: str, presumptive: bool) -> int:
        return single(self.concept_pair(name, value, presumptive))

    def effect(self, exclusion: Exclusion, presumptive: bool) -> int:
        return single(self.effect_pair(exclusion, presumptive))

    def departure(self, code: Code, presumptive: bool) -> int:
        return single(self.departure_pair(code, presumptive))


class _Atoms(dict[int, Pair]):
    """The truths of the atoms that are asked for, in one world: most never are."""

    def __init__(self, truths: Truths, facts: Facts, column: int) -> None:
        self.truths = truths
        self.facts = facts
        self.column = 1 + column

    def __missing__(self, number: int) -> Pair:
        key = self.truths.program.atoms[number].key
        for truth in self.truths.of(key, self.facts.get(key)):
            self[truth[0]] = ONE_WORLD[truth[self.column]]
        return self[number]


ONE_WORLD: Final[tuple[Pair, Pair, Pair]] = ((0, 1), (0, 0), (1, 0))  # false, unknown, true


def single(pair: Pair) -> int:
    """The truth in the first world, which is the only one of a view that was not spread."""
    return TRUE if pair[0] & 1 else FALSE if pair[1] & 1 else UNKNOWN


def entered(pair: Pair, value: int, worlds: int) -> Pair:
    """A truth that has a value in some worlds, and in the others what it was."""
    true, false = pair[0] & ~worlds, pair[1] & ~worlds
    if value == TRUE:
        return true | worlds, false
    return (true, false | worlds) if value == FALSE else (true, false)


@lru_cache(maxsize=256)
def switch_masks(sizes: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """For switches with so many values each, the worlds in which each value holds.

    World n is the nth setting in the order of `itertools.product`: the last switch turns fastest.
    """
    found = []
    worlds = prod(sizes)
    step = worlds
    for size in sizes:
        period, step = step, step // size
        run = (1 << step) - 1
        found.append(
            tuple(
                sum(run << (start + at * step) for start in range(0, worlds, period))
                for at in range(size)
            )
        )
    return tuple(found)
