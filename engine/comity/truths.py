"""The truth of every atom, strict and presumptive, from the values that are still possible.

Pure, and remembered by key and values: a frame has hundreds of keys, and most say on the next
frame what they said on the last one.
"""

from __future__ import annotations

from typing import TypeAlias

from comity.compiling import Node, Program, RuleCode, walk
from comity.kleene import FALSE, TRUE, UNKNOWN, accepts, atom_value
from comity.model import Accept, Atom

Values: TypeAlias = "tuple[str, ...] | None"  # the values still possible; None: unknown
AtomTruth: TypeAlias = tuple[int, int, int]  # number, strict, presumptive
Places: TypeAlias = tuple[tuple[str, list[int]], ...]

REMEMBERED = 20_000  # keys with values; memory stays flat over any number of cases


class Truths:
    """The atoms of one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        # For each rule the facts that last completed it (see `completing`): a guess to begin with.
        self.helped: dict[str, dict[str, Values]] = {}
        # For each key its atoms: what is accepted, and the two truths it may then have.
        self._choices: dict[str, tuple[tuple[Accept, AtomTruth, AtomTruth], ...]] = {}
        self._presume: dict[int | str, bool] = {}
        self._places: dict[str, Places] = {}
        self._remembered: dict[tuple[str, Values], tuple[AtomTruth, ...]] = {}

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

    def places(self, code: RuleCode) -> Places:
        """The keys of a rule, and for each where its atoms are among all those on the key."""
        found = self._places.get(code.rule.id)
        if found is None:
            atoms, of_key = self.program.atoms, self.program.atoms_of_key
            places: dict[str, list[int]] = {}
            for number in code.cone.atoms:
                key = atoms[number].key
                places.setdefault(key, []).append(of_key[key].index(number))
            found = self._places[code.rule.id] = tuple(places.items())
        return found

    def presume(self, part: int) -> bool:
        """Whether a part can differ in the presumptive pass: elsewhere there is no need of one."""
        found = self._presume.get(part)
        if found is None:
            found = self._presume[part] = self._presumes(self.program.parts[part])
        return found

    def _presumes(self, node: Node) -> bool:
        match node[0]:
            case "a":
                return self.program.atoms[node[1]].presumed is not None
            case "!":
                return self._presumes(node[1])
            case "c":
                return self.concept_presumes(node[1])
            case _:
                return any(map(self._presumes, node[1]))

    def concept_presumes(self, name: str) -> bool:
        found = self._presume.get(name)
        if found is None:
            logics = [logic for _value, logic in self.program.concepts[name].definitions]
            found = self._presume[name] = any(
                e.presumed != "none" for logic in logics for e in walk(logic.exceptions)
            ) or any(self.presume(part) for logic in logics for part in logic.parts())
        return found

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
