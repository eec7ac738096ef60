"""The outcome of one rule in each world of a view, and the keys on which it can still depend.

Pure functions over a `View`. The rows are those of docs/meaning.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_

from comity.compiling import Code, Exclusion, Node, RuleCode
from comity.completing import completable, guessed
from comity.kleene import UNKNOWN
from comity.views import View


def outcomes(view: View, code: RuleCode, *, search: bool = True) -> Mapping[str, int]:
    """The worlds of each outcome, as bit masks; each world has one.

    Without `search`, a world has none where it takes a search to say what is possible there.
    """
    strict = strict_outcomes(view, code.code)
    left = view.full & ~_union(strict)
    if not left:
        return strict
    rest = left & ~view.departure_pair(code.code, False)[1]
    possible = (completable if search else guessed)(view, code, rest) if rest else 0
    if not search:
        left &= ~rest | possible
    presumed = presumptive_outcomes(view, code.code, left, possible)
    return {label: strict.get(label, 0) | worlds for label, worlds in presumed.items()} | {
        label: strict[label] for label in strict.keys() - presumed.keys()
    }


def presumptive_outcomes(view: View, logic: Code, left: int, possible: int) -> Mapping[str, int]:
    """The outcomes of the worlds that strict values leave; in `possible` some completion of what
    is unknown makes it a departure.

    Where none does, it is still in play if its conditions are presumed: a kept norm or a known
    exception is then told and not passed over in silence.
    """
    applies = view.part_pair(logic.applies, True)[0]
    in_play = applies & view.part_pair(logic.departs, True)[0]
    kept = left & view.part_pair(logic.departs, False)[1]
    excepted, unexcepted = view.excepted_pair(logic, True)
    rest = left & ~kept & ~possible
    certain = view.excepted_pair(logic, False)[0] if rest else 0
    respected = kept & applies
    excused = in_play & ((possible & excepted) | (rest & certain))
    presumed = possible & in_play & unexcepted
    return {
        "respected": respected,
        "excused": excused,
        "presumed": presumed,
        "open": possible & ~excused & ~presumed,
        "moot": left & ~possible & ~excused & ~respected,
    }


def strict_outcomes(view: View, logic: Code) -> Mapping[str, int]:
    """What strict values alone decide: the worlds of each outcome."""
    applies, not_applies = view.part_pair(logic.applies, False)
    if not applies:
        return {"not_in_play": not_applies}
    departs, kept = view.part_pair(logic.departs, False)
    departed = applies & departs
    excepted, unexcepted = view.excepted_pair(logic, False) if departed else (0, 0)
    return {
        "not_in_play": not_applies,
        "respected": applies & kept,
        "excused": departed & excepted,
        "established": departed & unexcepted,
    }


def decided(view: View, logic: Code) -> int:
    """The worlds that strict values decide."""
    return _union(strict_outcomes(view, logic))


def _union(found: Mapping[str, int]) -> int:
    return reduce(or_, found.values())


# --------------------------------------------------------------------------- switches that matter


def live_keys(view: View, code: RuleCode) -> frozenset[str]:
    """The keys on which a rule can still depend, given what is known in this view of one world.

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
