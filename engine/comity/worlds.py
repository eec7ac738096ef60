"""Evaluation in one world: the facts of a frame with every switch fixed.

The engine settles what holds in every world; this module evaluates the rest, one rule and one
world at a time, from the same numbered conditions, and tells what an answer rests on.
Pure functions over a `View`, which only remembers what it has computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TypeAlias

from comity.compiling import Code, Exclusion, Node, Program, RuleCode
from comity.kleene import (
    FALSE,
    TRUE,
    UNKNOWN,
    accepts,
    atom_value,
    conjunction,
    disjunction,
    negation,
)
from comity.model import Atom, Range
from comity.running import EngineFault, concept_value, presumed_values

Facts = Mapping[str, tuple[str, ...]]  # key -> the values still possible; absent: unknown


class View:
    """One world of one frame.

    `waived` names assumptions that may not be made: exception ids and presumed keys.
    """

    __slots__ = ("_atoms", "_concepts", "facts", "program", "waived")

    def __init__(
        self, program: Program, facts: Facts, waived: frozenset[str] = frozenset()
    ) -> None:
        self.program = program
        self.facts = facts
        self.waived = waived
        self._atoms: dict[tuple[int, bool], int] = {}
        self._concepts: dict[tuple[str, str, bool], int] = {}

    def atom(self, number: int, presumptive: bool) -> int:
        found = self._atoms.get((number, presumptive))
        if found is None:
            atom = self.program.atoms[number]
            values = self.facts.get(atom.key)
            if presumptive and atom.presumed is not None and atom.key not in self.waived:
                values = presumed_values(atom, values, self.program.domains.get(atom.key, ()))
            found = UNKNOWN if values is None else atom_value(atom.accept, values)
            self._atoms[(number, presumptive)] = found
        return found

    def node(self, node: Node, presumptive: bool) -> int:
        sign = node[0]
        if sign == "a":
            return self.atom(node[1], presumptive)
        if sign == "&":
            lowest = TRUE
            for child in node[1]:
                lowest = min(lowest, self.node(child, presumptive))
                if lowest == FALSE:
                    break
            return lowest
        if sign == "|":
            highest = FALSE
            for child in node[1]:
                highest = max(highest, self.node(child, presumptive))
                if highest == TRUE:
                    break
            return highest
        if sign == "!":
            return TRUE - self.node(node[1], presumptive)
        return self.concept(node[1], node[2], presumptive)

    def concept(self, name: str, value: str, presumptive: bool) -> int:
        key = (name, value, presumptive)
        if key not in self._concepts:
            code = self.program.concepts[name]
            values: dict[str, int] = {}
            for one, logic in code.definitions:
                values[one] = max(values.get(one, FALSE), self.departure(logic, presumptive))
            self._concepts[key] = concept_value(code, values, value)
        return self._concepts[key]

    def part(self, number: int, presumptive: bool) -> int:
        return self.node(self.program.parts[number], presumptive)

    def effect(self, exclusion: Exclusion, presumptive: bool) -> int:
        when = self.part(exclusion.part, presumptive)
        if presumptive and when == UNKNOWN and exclusion.id not in self.waived:
            when = {"absent": FALSE, "present": TRUE, "none": UNKNOWN}[exclusion.presumed]
        return conjunction(
            (when, *(negation(self.effect(sub, presumptive)) for sub in exclusion.unless))
        )

    def excepted(self, code: Code, presumptive: bool) -> int:
        return disjunction(self.effect(e, presumptive) for e in code.exceptions)

    def departure(self, code: Code, presumptive: bool) -> int:
        """L = applies and departs and no exception."""
        met = min(self.part(code.applies, presumptive), self.part(code.departs, presumptive))
        if met == FALSE:
            return FALSE
        return min(met, negation(self.excepted(code, presumptive)))


# --------------------------------------------------------------------------- outcome of one world


def outcome(view: View, code: RuleCode) -> str:
    """The first row of the outcome table that holds in this world (stage not yet looked at)."""
    return strict_outcome(view, code.code) or unsettled(view, code)


def strict_outcome(view: View, logic: Code) -> str:
    """What strict values alone decide, "" where they do not."""
    applies = view.part(logic.applies, False)
    if applies == FALSE:
        return "not_in_play"
    return outcome_of(applies, view.part(logic.departs, False), view.excepted(logic, False))


def outcome_of(applies: int, departs: int, excepted: int) -> str:
    """The rows that strict values decide; "" where they leave something to what is presumed."""
    if applies == FALSE:
        return "not_in_play"
    if applies == TRUE and departs == FALSE:
        return "respected"
    if applies == departs == TRUE and excepted != UNKNOWN:
        return "excused" if excepted == TRUE else "established"
    return ""


def unsettled(view: View, code: RuleCode) -> str:
    """The rows where something unknown matters.

    Where nothing unknown could make it a departure, it is still in play if its conditions are
    presumed: a kept norm or a known exception is then told and not passed over in silence.
    """
    logic = code.code
    if view.part(logic.departs, False) == FALSE:
        return "respected" if view.part(logic.applies, True) == TRUE else "moot"
    if not completable(view, code):
        excused = view.excepted(logic, False) == TRUE and in_play(view, logic)
        return "excused" if excused else "moot"
    return presumptive_outcome(view, logic) or "open"


def presumptive_outcome(view: View, logic: Code) -> str:
    """`presumed` or `excused` if the presumptive pass gives established or excused, else ""."""
    if in_play(view, logic):
        excepted = view.excepted(logic, True)
        if excepted != UNKNOWN:
            return "excused" if excepted == TRUE else "presumed"
    return ""


def in_play(view: View, logic: Code) -> bool:
    """Whether the norm applies and is departed from, by what is known and what is presumed."""
    return view.part(logic.applies, True) == view.part(logic.departs, True) == TRUE


# --------------------------------------------------------------------------- switches that matter


def live_keys(view: View, code: RuleCode) -> frozenset[str]:
    """The keys on which a rule can still depend, given what is known in this view.

    A part whose strict value is known keeps it whatever else becomes known, so nothing below it
    matters. With every switch left unknown this tells which switches need to be enumerated.
    """
    found: set[str] = set()
    _live_logic(view, code.code, found, set())
    return frozenset(found)


def _live_logic(view: View, code: Code, found: set[str], seen: set[str]) -> None:
    for number in (code.applies, code.departs):
        _live_node(view, view.program.parts[number], found, seen)
    for exclusion in code.exceptions:
        _live_exception(view, exclusion, found, seen)


def _live_exception(view: View, exclusion: Exclusion, found: set[str], seen: set[str]) -> None:
    if view.effect(exclusion, False) == UNKNOWN:
        _live_node(view, view.program.parts[exclusion.part], found, seen)
        for sub in exclusion.unless:
            _live_exception(view, sub, found, seen)


def _live_node(view: View, node: Node, found: set[str], seen: set[str]) -> None:
    if view.node(node, False) != UNKNOWN:
        return
    if node[0] == "a":
        found.add(view.program.atoms[node[1]].key)
    elif node[0] == "!":
        _live_node(view, node[1], found, seen)
    elif node[0] == "c":
        if node[1] not in seen:
            seen.add(node[1])
            for _value, logic in view.program.concepts[node[1]].definitions:
                if view.departure(logic, False) == UNKNOWN:
                    _live_logic(view, logic, found, seen)
    else:
        for child in node[1]:
            _live_node(view, child, found, seen)


# --------------------------------------------------------------------------- completions


def completable(view: View, code: RuleCode) -> bool:
    """Whether some completion of the unknown facts makes L true (strictly).

    One atom after the other is taken as met or not met, the way that helps first, and L is
    evaluated anew: as soon as it is known, the rest of the facts cannot change it.
    """
    try:
        value = view.departure(code.code, False)
    except EngineFault:
        return False  # a concept both true and false: no world is like that
    if value != UNKNOWN:
        return value == TRUE
    chosen = next(_open_in_logic(view, code.code, True), None)
    if chosen is None:
        return False  # what is left unknown is a concept that no definition settles
    atom, helps = chosen
    values = candidates(view, atom.key, atoms_on(view.program, atom.key, code))
    for want in (helps, not helps):
        kept = tuple(v for v in values if accepts(atom.accept, v) == want)
        if kept and completable(View(view.program, {**view.facts, atom.key: kept}), code):
            return True
    return False


Open: TypeAlias = Iterator[tuple[Atom, bool]]  # atoms still unknown, and the value that helps


def _open_in_logic(view: View, code: Code, want: bool) -> Open:
    """What could still make L true (or false)."""
    yield from _open_in(view, view.program.parts[code.applies], want)
    yield from _open_in(view, view.program.parts[code.departs], want)
    for exclusion in code.exceptions:
        yield from _open_in_exception(view, exclusion, not want)


def _open_in_exception(view: View, exclusion: Exclusion, want: bool) -> Open:
    if view.effect(exclusion, False) == UNKNOWN:
        yield from _open_in(view, view.program.parts[exclusion.part], want)
        for sub in exclusion.unless:
            yield from _open_in_exception(view, sub, not want)


def _open_in(view: View, node: Node, want: bool) -> Open:
    if view.node(node, False) != UNKNOWN:
        return
    match node[0]:
        case "a":
            yield view.program.atoms[node[1]], want
        case "!":
            yield from _open_in(view, node[1], not want)
        case "c":
            for value, logic in view.program.concepts[node[1]].definitions:
                if view.departure(logic, False) == UNKNOWN:
                    if value == node[2]:
                        yield from _open_in_logic(view, logic, want)
                    elif value == "false":
                        yield from _open_in_logic(view, logic, not want)
        case _:
            for child in node[1]:
                yield from _open_in(view, child, want)


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


# --------------------------------------------------------------------------- needs

Need = tuple[str, frozenset[str] | Range, bool]  # key, accepted values, wanted (False: not these)


def needs(view: View, code: RuleCode, *, size: int = 3, most: int = 3) -> list[frozenset[Need]]:
    """The smallest sets of facts that would make the finding established or presumed here.

    Path sets of L in the presumptive pass, bounded in size; each is then applied and its proper
    subsets tried, because a fact may also wake an exception that was presumed absent.
    """
    paths = _paths_of_logic(view, code.code, True, size)
    found: list[frozenset[Need]] = []
    ordered = sorted(paths, key=lambda p: (len(p), _applies_known(view, code, p), _order(p)))
    for path in ordered:
        if len(found) == most:
            break
        if any(other <= path for other in found):
            continue
        if establishes(view, code, path) and not any(
            establishes(view, code, path - {one}) for one in path
        ):
            found.append(path)
    return found


def establishes(view: View, code: RuleCode, path: frozenset[Need]) -> bool:
    facts = applied(view, path)
    if facts is None:
        return False
    return outcome(View(view.program, facts), code) in ("established", "presumed")


def applied(view: View, path: frozenset[Need]) -> dict[str, tuple[str, ...]] | None:
    """The facts with each need made true; None if two needs exclude each other."""
    facts = dict(view.facts)
    by_key: dict[str, list[Need]] = {}
    for need in path:
        by_key.setdefault(need[0], []).append(need)
    for key, wanted in by_key.items():
        atoms = [Atom(key, accept) for _key, accept, _want in wanted]
        kept = tuple(
            v
            for v in candidates(view, key, atoms)
            if all(accepts(accept, v) == want for _key, accept, want in wanted)
        )
        if not kept:
            return None
        facts[key] = kept
    return facts


def _applies_known(view: View, code: RuleCode, path: frozenset[Need]) -> int:
    """0 when A is already true: such a set asks only for what turns it into a departure."""
    return 0 if view.part(code.code.applies, True) == TRUE else 1


def _order(path: frozenset[Need]) -> list[tuple[str, str, bool]]:
    return sorted((key, _accept_order(accept), want) for key, accept, want in path)


def _accept_order(accept: frozenset[str] | Range) -> str:
    return repr(accept) if isinstance(accept, Range) else " ".join(sorted(accept))


Paths = list[frozenset[Need]]


def _paths_of_logic(view: View, code: Code, presumptive: bool, size: int) -> Paths:
    """Ways to make L true: applies and departs and every exception out of effect."""
    parts = [
        _paths(view, view.program.parts[code.applies], True, presumptive, size),
        _paths(view, view.program.parts[code.departs], True, presumptive, size),
        *(_paths_of_exception(view, e, False, presumptive, size) for e in code.exceptions),
    ]
    return _conjoined(parts, size)


def _paths_of_exception(
    view: View, exclusion: Exclusion, want: bool, presumptive: bool, size: int
) -> Paths:
    value = view.effect(exclusion, presumptive)
    if value != UNKNOWN:
        return (
            [frozenset()]
            if (value == TRUE) == want
            else _revive(view, exclusion, want, presumptive, size)
        )
    return _exception_ways(view, exclusion, want, presumptive, size)


def _revive(view: View, exclusion: Exclusion, want: bool, presumptive: bool, size: int) -> Paths:
    """A presumed value can still be changed by a fact; a strictly known one cannot."""
    if view.effect(exclusion, False) != UNKNOWN:
        return []
    return _exception_ways(view, exclusion, want, presumptive, size)


def _exception_ways(
    view: View, exclusion: Exclusion, want: bool, presumptive: bool, size: int
) -> Paths:
    node = view.program.parts[exclusion.part]
    own = _paths(view, node, want, presumptive, size)
    if want:
        subs = [_paths_of_exception(view, s, False, presumptive, size) for s in exclusion.unless]
        return _conjoined([own, *subs], size)
    ways = list(own)
    for sub in exclusion.unless:
        ways.extend(_paths_of_exception(view, sub, True, presumptive, size))
    return _minimal(ways)


def _paths(view: View, node: Node, want: bool, presumptive: bool, size: int) -> Paths:
    value = view.node(node, presumptive)
    if value != UNKNOWN and (value == TRUE) == want:
        return [frozenset()]
    if view.node(node, False) != UNKNOWN:
        return []
    sign = node[0]
    if sign == "!":
        return _paths(view, node[1], not want, presumptive, size)
    if sign == "a":
        atom = view.program.atoms[node[1]]
        return [frozenset({(atom.key, atom.accept, want)})] if size else []
    if sign == "c":
        return _paths_of_concept(view, node[1], node[2], want, presumptive, size)
    parts = [_paths(view, child, want, presumptive, size) for child in node[1]]
    if (sign == "&") == want:
        return _conjoined(parts, size)
    return _minimal([way for part in parts for way in part])


def _paths_of_concept(
    view: View, name: str, value: str, want: bool, presumptive: bool, size: int
) -> Paths:
    code = view.program.concepts[name]
    logics = [logic for v, logic in code.definitions if v == value]
    if want:
        ways = [w for logic in logics for w in _paths_of_logic(view, logic, presumptive, size)]
        return _minimal(ways)
    denying = [logic for v, logic in code.definitions if v == "false"] if value == "true" else []
    ways = [w for logic in denying for w in _paths_of_logic(view, logic, presumptive, size)]
    if code.concept.closed:
        against = [_paths_against(view, logic, presumptive, size) for logic in logics]
        ways += _conjoined(against, size)
    return _minimal(ways)


def _paths_against(view: View, code: Code, presumptive: bool, size: int) -> Paths:
    """Ways to make L false."""
    ways = [
        *_paths(view, view.program.parts[code.applies], False, presumptive, size),
        *_paths(view, view.program.parts[code.departs], False, presumptive, size),
    ]
    for exclusion in code.exceptions:
        ways.extend(_paths_of_exception(view, exclusion, True, presumptive, size))
    return _minimal(ways)


def _conjoined(parts: list[Paths], size: int) -> Paths:
    ways: Paths = [frozenset()]
    for part in sorted(parts, key=len):
        ways = _minimal([w | p for w in ways for p in part if len(w | p) <= size])
        if not ways:
            return []
    return ways


def _minimal(ways: Paths) -> Paths:
    """Drop every set that contains another; at most 64 are kept, the smallest."""
    kept: Paths = []
    for way in sorted(set(ways), key=lambda w: (len(w), _order(w))):
        if not any(other <= way for other in kept):
            kept.append(way)
    return kept[:64]


def ways_to_except(view: View, exclusions: tuple[Exclusion, ...], *, size: int = 3) -> Paths:
    """Small sets of facts that would bring one of a rule's exceptions into effect."""
    ways: Paths = []
    for exclusion in exclusions:
        ways.extend(_paths_of_exception(view, exclusion, True, False, size))
    return _minimal(ways)


def all_of(parts: list[Paths], *, size: int = 3) -> Paths:
    """Sets of facts that contain one way of each part."""
    return _conjoined(parts, size)
