"""The completions of what is unknown: which values a key can still take, and what they can do.

Pure functions over a `View`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias

from comity.compiling import Code, Exclusion, Node, Program, RuleCode
from comity.kleene import accepts
from comity.model import Atom, Range
from comity.running import EngineFault
from comity.truths import Values
from comity.views import Pair, View


def completable(view: View, code: RuleCode, worlds: int) -> int:
    """Those of some worlds in which some completion of the unknown facts makes L true (strictly).

    Where no guess does, every way is tried.
    """
    found = guessed(view, code, worlds)
    return found if found == worlds else found | _searched(view, code, worlds & ~found)


def guessed(view: View, code: RuleCode, worlds: int) -> int:
    """Those of some worlds in which a guess completes L; in others it may be possible too.

    Mostly the facts that helped this rule before do so again, or those that help here, taken all at
    once.
    """
    helped, found = view.truths.helped, 0
    for facts in (helped.get(code.rule.id), None):
        if facts is None:
            facts = helped[code.rule.id] = _helpful(view, code, worlds & ~found)
        found |= _holding(view.supposing(facts), code, worlds)
        if found == worlds:
            break
    return found


def _holding(view: View, code: RuleCode, worlds: int) -> int:
    try:
        return worlds & view.departure_pair(code.code, False)[0]
    except EngineFault:
        return 0  # a concept both true and false: no world is like that


def _searched(view: View, code: RuleCode, worlds: int) -> int:
    """One atom after the other is taken as met or not met, the way that helps first, and L is
    evaluated anew: where it is known, the rest of the facts cannot change it."""
    try:
        true, false = view.departure_pair(code.code, False)
    except EngineFault:
        return 0
    found = worlds & true
    left = worlds & ~true & ~false
    chosen = next(_open_in_logic(view, code.code, True, left), None) if left else None
    if chosen is None:
        return found  # what is left unknown is a concept that no definition settles
    atom, helps = chosen
    values = candidates(view, atom.key, atoms_on(view.program, atom.key, code))
    for want in (helps, not helps):
        kept = tuple(v for v in values if accepts(atom.accept, v) == want)
        if kept:
            found |= _searched(view.told({atom.key: kept}), code, left)
            left &= ~found
            if not left:
                break
    return found


def _helpful(view: View, code: RuleCode, worlds: int) -> dict[str, Values]:
    """For each unknown atom the values that help L, as far as one atom leaves them to the next."""
    facts: dict[str, Values] = {}
    for atom, want in _open_in_logic(view, code.code, True, worlds):
        values = facts.get(atom.key)
        if values is None:
            values = tuple(candidates(view, atom.key, atoms_on(view.program, atom.key, code)))
        facts[atom.key] = tuple(v for v in values if accepts(atom.accept, v) == want) or values
    return facts


Open: TypeAlias = Iterator[tuple[Atom, bool]]  # atoms still unknown, and the value that helps


def _open_in_logic(view: View, code: Code, want: bool, worlds: int) -> Open:
    """What could still make L true (or false) in some of these worlds."""
    yield from _open_in(view, view.program.parts[code.applies], want, worlds)
    yield from _open_in(view, view.program.parts[code.departs], want, worlds)
    for exclusion in code.exceptions:
        yield from _open_in_exception(view, exclusion, not want, worlds)


def _open_in_exception(view: View, exclusion: Exclusion, want: bool, worlds: int) -> Open:
    left = unknown(view.effect_pair(exclusion, False), worlds)
    if left:
        yield from _open_in(view, view.program.parts[exclusion.part], want, left)
        for sub in exclusion.unless:
            yield from _open_in_exception(view, sub, not want, left)


def _open_in(view: View, node: Node, want: bool, worlds: int) -> Open:
    left = unknown(view.pair(node, False), worlds)
    if not left:
        return
    match node[0]:
        case "a":
            yield view.program.atoms[node[1]], want
        case "!":
            yield from _open_in(view, node[1], not want, left)
        case "c":
            for value, logic in view.program.concepts[node[1]].definitions:
                open_here = unknown(view.departure_pair(logic, False), left)
                if open_here and value == node[2]:
                    yield from _open_in_logic(view, logic, want, open_here)
                elif open_here and value == "false":
                    yield from _open_in_logic(view, logic, not want, open_here)
        case _:
            for child in node[1]:
                yield from _open_in(view, child, want, left)


def unknown(pair: Pair, worlds: int) -> int:
    """Those of some worlds in which a truth is unknown."""
    return worlds & ~(pair[0] | pair[1])


# --------------------------------------------------------------------------- values


def classes(view: View, key: str, code: RuleCode) -> list[tuple[str, ...]]:
    """One representative (as a known value) for each set of values the rule can tell apart."""
    atoms = atoms_on(view.program, key, code)
    seen: dict[tuple[bool, ...], str] = {}
    for value in candidates(view, key, atoms):
        seen.setdefault(tuple(accepts(a.accept, value) for a in atoms), value)
    # a value that satisfies more atoms is tried first: it is the likelier to complete L
    return [(v,) for _c, v in sorted(seen.items(), key=lambda i: (-sum(i[0]), i[1]))]


def atoms_on(program: Program, key: str, code: RuleCode) -> list[Atom]:
    """The atoms by which a rule can tell values of a key apart."""
    return [program.atoms[n] for n in program.atoms_of_key.get(key, ()) if n in code.cone.atoms]


def candidates(view: View, key: str, atoms: list[Atom]) -> list[str]:
    """Values of a key that between them show every behaviour of the atoms on it."""
    known = view.facts.get(key)
    if known is not None:
        return list(known)
    domain = view.program.domains.get(key)
    if domain:
        return list(domain)
    ranges = [a.accept for a in atoms if isinstance(a.accept, Range)]
    named = sorted({v for a in atoms if not isinstance(a.accept, Range) for v in a.accept})
    if ranges:
        return [*numbers_around(ranges), *named]
    return [*named, "(another value)"]


def numbers_around(ranges: list[Range]) -> list[str]:
    """A number below, at, between and above the bounds, least first."""
    bounds = sorted({b for r in ranges for b in (r.low, r.high) if b is not None})
    points: list[Fraction] = []
    for index, bound in enumerate(bounds):
        if index == 0:
            points.append(bound - 1)
        points.append(bound)
        following = bounds[index + 1] if index + 1 < len(bounds) else bound + 2
        points.append((bound + following) / 2)
    return [text_of(p) for p in points if p >= 0 or not bounds]


def text_of(number: Fraction) -> str:
    """A number as a frame writes it: an integer or a fraction."""
    return str(number)
