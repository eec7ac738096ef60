"""Whether some frame could meet some conditions: what a lint can be sure of.

A search over the finite values of the vocabulary, act type by act type. It knows which roles an
act type has, which kinds of cast member fill a role and which terms say anything of them. It
errs on one side only: "impossible" is certain, "possible" is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from comity.conditions import is_empty, started_by
from comity.framing import COMPUTED
from comity.model import All, AnyOf, Atom, Concept, ConceptIs, Condition, Not, Range
from comity.switching import PREFIX
from comity.vocabulary import ActType, Vocabulary

NONE: Final = "none"
NUMBERS: Final = ("number", "duration")
OTHER_ACTS: Final = ("over", "answers")
BUDGET: Final = 20_000  # steps of one search; after that nothing is claimed

Trigger: TypeAlias = Sequence[Sequence[Atom]]
_Literal: TypeAlias = tuple[Condition, bool]

#: Sides on which a kind of cast member can never stand.
_SIDES: Final[Mapping[str, frozenset[str]]] = {
    "group": frozenset({"private"}),
    "organization": frozenset({"private", "organization"}),
    "state": frozenset({"sending", "receiving", "third"}),
    "organ": frozenset({"sending", "receiving", "third"}),
    "mission": frozenset({"sending", "receiving", "third"}),
}


class Held(Struct, frozen=True):
    """What is left of one key: the values still allowed (None: any), those shut out, a range."""

    allowed: frozenset[str] | None = None
    barred: frozenset[str] = frozenset()
    range: Range | None = None

    def values(self) -> frozenset[str] | None:
        return None if self.allowed is None else self.allowed - self.barred

    @property
    def empty(self) -> bool:
        values = self.values()
        return (values is not None and not values) or (
            self.range is not None and is_empty(self.range)
        )

    def permits(self, domain: frozenset[str] | None) -> bool:
        """Whether one of some values is left; None stands for a number or an open list."""
        if domain is None:
            return not self.empty
        if self.range is not None:
            return False
        values = self.values()
        return bool((domain if values is None else domain & values) - self.barred)


class _OutOfSteps(Exception):
    pass


class Frames:
    """The frames that are possible under a vocabulary and its concepts."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        concepts: Iterable[Concept],
        readings: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.vocabulary = vocabulary
        self.readings = readings
        self.ways: dict[tuple[str, str], list[Condition]] = {}
        for concept in concepts:
            for one in concept.definitions:
                self.ways.setdefault((concept.name, one.value), []).append(one.logic.applies)
        self._fillers = {
            role: tuple(kind.name for kind in vocabulary.cast.values() if role in kind.fills)
            for role in vocabulary.act_roles
        }
        self._left = 0

    def types(self, trigger: Trigger) -> tuple[ActType, ...]:
        """The act types that meet a trigger."""
        return started_by(trigger, self.vocabulary)

    def possible(self, types: Iterable[ActType], *conditions: Condition) -> bool:
        """Whether an act of one of the types could meet all conditions."""
        return any(self.possible_for(one, conditions) for one in types)

    def possible_for(
        self, act: ActType, conditions: Iterable[Condition], absent: Sequence[str] = ()
    ) -> bool:
        """The same for one act type; `absent` are optional roles that nobody fills."""
        self._left = BUDGET
        try:
            pending = [(condition, True) for condition in conditions]
            return self._search(act, pending, {}, frozenset(absent), frozenset())
        except _OutOfSteps:
            return True

    def implies(
        self, types: Sequence[ActType], given: Sequence[Condition], then: Condition
    ) -> bool:
        """Whether what is given leaves a condition no choice."""
        return not self.possible(types, *given, Not(then))

    # ------------------------------------------------------------------ the search

    def _search(
        self,
        act: ActType,
        pending: list[_Literal],
        held: dict[str, Held],
        absent: frozenset[str],
        opened: frozenset[tuple[str, str]],
    ) -> bool:
        choices: list[list[_Literal]] = []
        while pending:
            self._left -= 1
            if self._left < 0:
                raise _OutOfSteps
            condition, wanted = pending.pop()
            match condition:
                case Not(part):
                    pending.append((part, not wanted))
                case All(parts) | AnyOf(parts):
                    each = [(part, wanted) for part in parts]
                    if isinstance(condition, All) == wanted:
                        pending += each
                    else:
                        choices.append(each)
                case ConceptIs(concept, value):
                    if not self._hold(act, held, f"concept {concept} {value}", wanted):
                        return False
                    name = (concept, value)
                    if wanted and name not in opened and name in self.ways:
                        opened |= {name}
                        choices.append([(way, True) for way in self.ways[name]])
                case Atom(key, accept):
                    if not self._restrict(act, held, key, accept, wanted, absent):
                        return False
        if choices:
            rest = [_either(choice) for choice in choices[1:]]
            return any(
                self._search(act, [one, *rest], dict(held), absent, opened) for one in choices[0]
            )
        return self._filled(act, held, absent)

    def _hold(self, act: ActType, held: dict[str, Held], key: str, wanted: bool) -> bool:
        before = held.get(key, Held(frozenset({"true", "false"})))
        allowed = before.allowed or frozenset()
        held[key] = Held(allowed & {"true" if wanted else "false"})
        return not held[key].empty

    def _restrict(
        self,
        act: ActType,
        held: dict[str, Held],
        key: str,
        accept: frozenset[str] | Range,
        wanted: bool,
        absent: frozenset[str],
    ) -> bool:
        now = held.get(key) or Held(self.domain(act, key, absent))
        if isinstance(accept, Range):
            if not wanted:
                return True  # the rest of the numbers, or none: nothing is claimed
            if now.allowed == frozenset({NONE}):
                return False
            now = replace(now, range=accept if now.range is None else _meet(now.range, accept))
        elif wanted:
            now = replace(now, allowed=accept if now.allowed is None else now.allowed & accept)
        else:
            now = replace(now, barred=now.barred | accept)
        held[key] = now
        return not now.empty

    # ------------------------------------------------------------------ what keys can be

    def domain(
        self, act: ActType, key: str, absent: frozenset[str] = frozenset()
    ) -> frozenset[str] | None:
        """The values that a key can have on a frame of an act type; None if they are open."""
        name, _, value = key.partition(":")
        match name:
            case "act.type":
                return frozenset({act.name})
            case "act.family":
                return frozenset({act.family})
            case "act.tag":
                return frozenset({"true" if value in act.tags else "false"})
            case "png.deadline_hours":
                return None if act.produces == "png" else frozenset({NONE})
            case _:
                pass
        if key.startswith(PREFIX):
            return frozenset(self.readings.get(key.removeprefix(PREFIX), ())) or None
        known = self.vocabulary.keys.get(key)
        if known is None or known.type in NUMBERS:
            return frozenset({NONE}) if self._is_empty_role(act, key, absent) else None
        if key.startswith("judged."):
            return frozenset(known.values) if self._can_be_judged(act, key) else frozenset()
        role = self.role_of(key)
        if not role:
            return frozenset(known.values) or None
        if self._is_empty_role(act, key, absent):
            return frozenset({NONE})
        return frozenset({*known.values, NONE}) if known.values else None

    def role_of(self, key: str) -> str:
        """The role that a key is about, or nothing."""
        role = key.partition(".")[0]
        return role if role in self.vocabulary.act_roles and key != "answers.refused" else ""

    def _is_empty_role(self, act: ActType, key: str, absent: frozenset[str]) -> bool:
        role = self.role_of(key)
        return bool(role) and (role in absent or role not in (*act.needs, *act.may))

    def _can_be_judged(self, act: ActType, key: str) -> bool:
        term = self.vocabulary.judgements.get(key.removeprefix("judged."))
        return term is None or any(of == "act" or of in (*act.needs, *act.may) for of in term.of)

    # ------------------------------------------------------------------ who fills the roles

    def _filled(self, act: ActType, held: Mapping[str, Held], absent: frozenset[str]) -> bool:
        """Whether each role can be filled, or left empty, by one member that fits all its keys."""
        by_role: dict[str, dict[str, Held]] = {}
        for key, one in held.items():
            role = self.role_of(key)
            if role:
                by_role.setdefault(role, {})[key[len(role) + 1 :]] = one
        return all(self._fits(act, role, keys, absent) for role, keys in by_role.items())

    def _fits(
        self, act: ActType, role: str, keys: Mapping[str, Held], absent: frozenset[str]
    ) -> bool:
        if role not in act.needs and all(one.permits(frozenset({NONE})) for one in keys.values()):
            return True
        if role in absent or role not in (*act.needs, *act.may):
            return False
        if role in OTHER_ACTS:
            return any(self._is_act(other, keys) for other in self.vocabulary.acts.values())
        return any(self._is_member(kind, role, keys) for kind in self._fillers[role])

    def _is_act(self, act: ActType, keys: Mapping[str, Held]) -> bool:
        for suffix, one in keys.items():
            if suffix == "is":
                domain: frozenset[str] | None = frozenset({"act"})
            else:
                domain = self.domain(act, f"act.{suffix}")
                if domain is not None and f"act.{suffix}" not in self.vocabulary.keys:
                    domain = None
            if suffix in ("side", "attributed_to", "course"):
                domain = None
            if not one.permits(domain):
                return False
        return True

    def _is_member(self, kind: str, role: str, keys: Mapping[str, Held]) -> bool:
        return all(one.permits(self.of_kind(kind, role, suffix)) for suffix, one in keys.items())

    def of_kind(self, kind: str, role: str, suffix: str) -> frozenset[str] | None:
        """The values that a term can have for a kind of cast member; `none` if it says nothing."""
        known = self.vocabulary.keys.get(f"{role}.{suffix}")
        all_values = frozenset(known.values) if known is not None and known.values else None
        if suffix == "is":
            return frozenset({kind})
        if suffix == "side":
            return _SIDES.get(kind, all_values)
        if suffix == "attributed_to":
            return all_values
        attributes = self.vocabulary.cast[kind].attributes
        if suffix in COMPUTED.get(kind, ()):
            return all_values
        if suffix.partition(":")[0] not in attributes:
            return frozenset({NONE})
        own = attributes[suffix.partition(":")[0]].values
        if all_values is None or not own:
            return all_values
        return all_values & {*own, "true", "false"}


def _either(choice: list[_Literal]) -> _Literal:
    """One of several, as one condition."""
    return AnyOf(tuple(part if wanted else Not(part) for part, wanted in choice)), True


def _meet(one: Range, other: Range) -> Range:
    low, low_open = max(
        ((r.low, r.low_open) for r in (one, other) if r.low is not None),
        default=(None, False),
    )
    high, high_closed = min(
        ((r.high, not r.high_open) for r in (one, other) if r.high is not None),
        default=(None, True),
    )
    return Range(low, high, low_open, not high_closed)
