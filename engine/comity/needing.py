"""What an open finding needs: the smallest sets of facts that would establish it.

Pure functions over a `View`.
"""

from __future__ import annotations

from comity.compiling import Code, Exclusion, Node, RuleCode
from comity.completing import candidates, completable
from comity.kleene import TRUE, UNKNOWN, accepts
from comity.model import Atom, Range
from comity.running import EngineFault
from comity.views import View

Need = tuple[str, frozenset[str] | Range, bool]  # key, accepted values, wanted (False: not these)


def needs(view: View, code: RuleCode, *, size: int = 3, most: int = 3) -> list[frozenset[Need]]:
    """The smallest sets of facts that would make the finding established or presumed here.

    Path sets of L in the presumptive pass, bounded in size; each is then applied and its proper
    subsets tried, because a fact may also wake an exception that was presumed absent.
    """
    paths = _paths_of_logic(view, code.code, True, size)
    found: list[frozenset[Need]] = []
    tried: dict[frozenset[Need], bool] = {frozenset(): False}  # it is open as things are

    def enough(path: frozenset[Need]) -> bool:
        if path not in tried:
            tried[path] = establishes(view, code, path)
        return tried[path]

    for path in sorted(paths, key=lambda path: (len(path), _order(path))):
        if len(found) == most:
            break
        if any(other <= path for other in found):
            continue
        if enough(path) and not any(enough(path - {one}) for one in path):
            found.append(path)
    return found


def establishes(view: View, code: RuleCode, path: frozenset[Need]) -> bool:
    """Whether with these facts the finding stands: what is presumed says so, and it is possible."""
    facts = applied(view, path)
    if facts is None:
        return False
    trial = view.told(facts)
    try:
        return trial.departure(code.code, True) == TRUE and completable(trial, code, 1) == 1
    except EngineFault:
        return False  # these facts would make a concept both true and false


def applied(view: View, path: frozenset[Need]) -> dict[str, tuple[str, ...]] | None:
    """The facts that make each need true; None if two needs exclude each other."""
    facts: dict[str, tuple[str, ...]] = {}
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
    for part in sorted((part for part in parts if part != [frozenset()]), key=len):
        ways = _minimal([w | p for w in ways for p in part if len(w | p) <= size])
        if not ways:
            return []
    return ways


def _minimal(ways: Paths) -> Paths:
    """Drop every set that contains another; at most 64 are kept, the smallest."""
    if len(ways) < 2:
        return ways
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
