"""What rules say of one frame, in one world or in many at once.

The engine settles what holds in every world. A `View` evaluates the rest from the same numbered
conditions. A truth is a pair of bit masks, (worlds where it is true, worlds where it is false), in
which bit n stands for world n: conjunction, disjunction and negation are then three operations on
whole numbers, however many worlds there are. A view is never changed: what differs by a fact is
another view.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Final, TypeAlias

from comity.compiling import Code, Exclusion, Node
from comity.kleene import FALSE, TRUE, UNKNOWN
from comity.model import Switch
from comity.running import EngineFault
from comity.truths import Truths, Values

Facts: TypeAlias = Mapping[str, Values]  # key -> the values still possible; absent, None: unknown
Pair: TypeAlias = tuple[int, int]  # (worlds where true, worlds where false)


class View:
    """A frame in `full.bit_length()` worlds; in one, with every switch unknown, to begin with.

    `waived` names assumptions that may not be made: exception ids and presumed keys. `switched` are
    the keys whose values the worlds fix.
    """

    __slots__ = (
        "_concepts", "atoms", "facts", "full", "pairs", "program", "switched", "truths", "waived",
    )  # fmt: skip

    def __init__(self, truths: Truths, facts: Facts) -> None:
        self.truths = truths
        self.program = truths.program
        self.facts = facts
        self.waived: frozenset[str] = frozenset()
        self.switched: frozenset[str] = frozenset()
        self.full = 1
        self.pairs = ONE_WORLD
        strict, presumptive = truths.table(facts.items())
        self.atoms = [ONE_WORLD[v] for v in strict], [ONE_WORLD[v] for v in presumptive]
        self._concepts: dict[tuple[str, bool], dict[str, Pair]] = {}

    def _copy(self) -> View:
        other = View.__new__(View)
        other.truths, other.program, other.waived = self.truths, self.program, self.waived
        other.facts, other.full, other.pairs = self.facts, self.full, self.pairs
        other.switched = self.switched
        other.atoms = self.atoms[0].copy(), self.atoms[1].copy()
        other._concepts = {}
        return other

    # ------------------------------------------------------------ other views

    def told(self, facts: Facts) -> View:
        """The same worlds with some keys known otherwise; None takes a key's values away."""
        other = self._copy()
        other.facts = {**self.facts, **facts}
        strict, presumptive = other.atoms
        pairs, waived = self.pairs, self.waived
        for key, values in facts.items():
            for number, one, two in self.truths.of(key, values):
                strict[number] = pairs[one]
                presumptive[number] = pairs[one if key in waived else two]
        return other

    def waiving(self, waived: frozenset[str]) -> View:
        """The same worlds with these assumptions not made either."""
        other = self._copy()
        other.waived = self.waived | waived
        strict, presumptive = other.atoms
        for key in waived & self.program.atoms_of_key.keys():
            for number in self.program.atoms_of_key[key]:
                presumptive[number] = strict[number]
        return other

    def spread(self, switches: Sequence[Switch], atoms: Iterable[int]) -> View:
        """This one world in every setting of some switches, in the order of `itertools.product`.

        `atoms` are those that will be asked for.
        """
        other = self._copy()
        sizes = tuple(len(switch.values) for switch in switches)
        other.full = full = (1 << prod(sizes)) - 1
        other.pairs = pairs = ((0, full), (0, 0), (full, 0))
        other.switched = frozenset(switch.key for switch in switches)
        strict, presumptive = other.atoms
        for number in atoms:
            strict[number] = pairs[single(strict[number])]
            presumptive[number] = pairs[single(presumptive[number])]
        for switch, masks in zip(switches, switch_masks(sizes), strict=True):
            for number in self.program.atoms_of_key.get(switch.key, ()):
                strict[number] = (0, 0)
            for value, mask in zip(switch.values, masks, strict=True):
                for number, one, _two in self.truths.of(switch.key, (value,)):
                    true, false = strict[number]
                    held = (true | mask, false) if one == TRUE else (true, false | mask)
                    strict[number] = presumptive[number] = held
        return other

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
        code = self.program.concepts[name]
        found = self._concepts.get((name, presumptive))
        if found is None:
            found = {}
            for one, logic in code.definitions:
                true, false = self.departure_pair(logic, presumptive)
                before = found.get(one, (0, self.full))
                found[one] = (before[0] | true, before[1] & false)
            self._concepts[name, presumptive] = found
        true, false = found.get(value, (0, self.full))
        if not code.concept.closed:
            false = 0
        if value == "true" and "false" in found:
            denied = found["false"][0]
            if true & denied:
                raise EngineFault("R019", f"concept {name} is both true and false on one frame")
            false |= denied
        return true, false

    def part_pair(self, number: int, presumptive: bool) -> Pair:
        return self.pair(self.program.parts[number], presumptive)

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


ONE_WORLD: Final[tuple[Pair, Pair, Pair]] = ((0, 1), (0, 0), (1, 0))  # false, unknown, true


def single(pair: Pair) -> int:
    """The truth in the first world, which is the only one of a view that was not spread."""
    return TRUE if pair[0] & 1 else FALSE if pair[1] & 1 else UNKNOWN


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
