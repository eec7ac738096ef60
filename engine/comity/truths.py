"""The truth of every atom, strict and presumptive, from the values that are still possible.

Pure, and remembered by key and values: a frame has hundreds of keys, and most say on the next
frame what they said on the last one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from comity.compiling import Program
from comity.kleene import FALSE, TRUE, UNKNOWN, accepts, atom_value
from comity.model import Accept, Atom

Values: TypeAlias = "tuple[str, ...] | None"  # the values still possible; None: unknown
AtomTruth: TypeAlias = tuple[int, int, int]  # number, strict, presumptive

REMEMBERED = 20_000  # keys with values; memory stays flat over any number of cases


class Truths:
    """The atoms of one program. `unknown` is their truth, in both passes, when nothing is known."""

    def __init__(self, program: Program) -> None:
        self.program = program
        # For each rule the facts that last completed it (see `completing`): a guess to begin with.
        self.helped: dict[str, dict[str, Values]] = {}
        # For each key its atoms: what is accepted, and the two truths it may then have.
        self._choices: dict[str, tuple[tuple[Accept, AtomTruth, AtomTruth], ...]] = {}
        self._remembered: dict[tuple[str, Values], tuple[AtomTruth, ...]] = {}
        strict = [UNKNOWN] * len(program.atoms)
        presumptive = [UNKNOWN] * len(program.atoms)
        for key in program.atoms_of_key:
            for number, _strict, other in self.of(key, None):
                presumptive[number] = other
        self.unknown = (strict, presumptive)

    def of(self, key: str, values: Values) -> tuple[AtomTruth, ...]:
        """The truth of each atom on a key."""
        found = self._remembered.get((key, values))
        if found is None:
            if values is not None and len(values) == 1:
                found = self._settled(key, values[0])
            else:
                numbers = self.program.atoms_of_key.get(key, ())
                found = tuple(self._truth(n, values) for n in numbers)
            if len(self._remembered) > REMEMBERED:
                self._remembered.clear()
            self._remembered[key, values] = found
        return found

    def table(self, facts: Iterable[tuple[str, Values]]) -> tuple[list[int], list[int]]:
        """The truth of all atoms by number: (strict, presumptive)."""
        strict, presumptive = self.unknown[0].copy(), self.unknown[1].copy()
        for fact in facts:
            found = self._remembered.get(fact)
            for number, one, other in self.of(*fact) if found is None else found:
                strict[number] = one
                presumptive[number] = other
        return strict, presumptive

    def _settled(self, key: str, value: str) -> tuple[AtomTruth, ...]:
        """The atoms on a key whose one value is known: nothing is left to presume."""
        choices = self._choices.get(key)
        if choices is None:
            atoms = self.program.atoms
            choices = self._choices[key] = tuple(
                (atoms[n].accept, (n, TRUE, TRUE), (n, FALSE, FALSE))
                for n in self.program.atoms_of_key.get(key, ())
            )
        return tuple(
            [
                met if (value in a if a.__class__ is frozenset else accepts(a, value)) else unmet
                for a, met, unmet in choices
            ]
        )

    def _truth(self, number: int, values: Values) -> AtomTruth:
        atom = self.program.atoms[number]
        strict = UNKNOWN if values is None else atom_value(atom.accept, values)
        if atom.presumed is None:
            return number, strict, strict
        narrowed = presumed_values(atom, values, self.program.domains.get(atom.key, ()))
        other = strict if narrowed is None else atom_value(atom.accept, narrowed)
        return number, strict, other


def presumed_values(atom: Atom, values: Values, domain: tuple[str, ...]) -> Values:
    """The values left once the atom's standing presumption narrows an unknown key.

    What is known is never overridden: contrary to it, a presumption says nothing.
    """
    presumed = atom.presumed
    if presumed is None:
        return values
    possible = values if values is not None else (domain or tuple(sorted(presumed)))
    narrowed = tuple(v for v in possible if accepts(presumed, v))
    return narrowed or values
