"""Readings written out: what differs by reading becomes plain conditions on `reading.<id>`.

A rule is written once, as most read it; a reading says what it changes (design section 5: its
`departs` replaces, its `except` merges by name). The evaluators know nothing of readings: here
each version is guarded by an atom that holds in the worlds where its values are taken. In one
world such an atom is never unknown, so a presumption about the guarded condition still speaks
exactly when the author's own condition is unknown.

Pure functions on values; the result does not depend on the order of readings or values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from comity.model import All, AnyOf, Atom, Carveout, Condition, Logic

T = TypeVar("T")

PREFIX = "reading."


class Change(Struct, frozen=True):
    """What one value of a reading does to a rule.

    `departs` of None leaves it; an exception of None is removed, others are added or replace the
    one of the same name.
    """

    departs: Condition | None = None
    exceptions: Mapping[str, Carveout | None] = field(default_factory=dict)


class ReadingChanges(Struct, frozen=True):
    """The values of one reading (all of them, sorted) and what each changes in a rule."""

    id: str
    values: tuple[str, ...]
    changes: Mapping[str, Change]

    def replaces_departs(self) -> bool:
        return any(change.departs is not None for change in self.changes.values())

    def exceptions(self) -> frozenset[str]:
        """The names of the exceptions that it changes."""
        return frozenset(name for change in self.changes.values() for name in change.exceptions)


Guard: TypeAlias = Atom | None  # None: under every value


def written_out(logic: Logic, readings: Iterable[ReadingChanges]) -> Logic:
    """The rule's logic with every reading turned into conditions.

    Precondition (`clashes` is empty): no two readings change the same thing.
    """
    ordered = sorted(readings, key=lambda reading: reading.id)
    return replace(
        logic,
        departs=_departs(logic.departs, ordered),
        exceptions=_exceptions(logic.exceptions, ordered),
    )


def clashes(readings: Iterable[ReadingChanges]) -> tuple[tuple[str, str, str], ...]:
    """(what, first reading, second reading) for what two readings both change.

    `what` is "departs" or the name of an exception. Which of the two should win is a question of
    law that a file's order must not answer.
    """
    found = []
    holders: dict[str, str] = {}
    for reading in sorted(readings, key=lambda r: r.id):
        changed = sorted(reading.exceptions())
        for what in ["departs", *changed] if reading.replaces_departs() else changed:
            if what in holders:
                found.append((what, holders[what], reading.id))
            holders.setdefault(what, reading.id)
    return tuple(found)


def guard(reading: str, values: Iterable[str], of: tuple[str, ...]) -> Guard:
    """The atom that holds where the reading has one of some values."""
    accepted = frozenset(values)
    return None if accepted >= frozenset(of) else Atom(PREFIX + reading, accepted)


def under(held: Guard, condition: Condition) -> Condition:
    """A condition that counts only where a reading is held."""
    if held is None:
        return condition
    return held if condition == All() else All((held, condition))


def _departs(base: Condition, readings: Iterable[ReadingChanges]) -> Condition:
    for reading in readings:
        if reading.replaces_departs():
            versions = _versions(
                (value, _change(reading, value).departs or base) for value in reading.values
            )
            parts = tuple(
                under(guard(reading.id, values, reading.values), condition)
                for condition, values in versions
            )
            return parts[0] if len(parts) == 1 else AnyOf(parts)
    return base


def _exceptions(
    base: tuple[Carveout, ...], readings: Iterable[ReadingChanges]
) -> tuple[Carveout, ...]:
    """In order of name, whatever the order in the file; versions in order of their values."""
    own = {carveout.name: carveout for carveout in base}
    changing = {name: reading for reading in readings for name in reading.exceptions()}
    return tuple(
        carveout
        for name in sorted({*own, *changing})
        for carveout in _variants(name, own.get(name), changing)
    )


def _variants(
    name: str, own: Carveout | None, changing: Mapping[str, ReadingChanges]
) -> Iterable[Carveout]:
    """An exception as it stands, or one version for each group of values that agree on it."""
    reading = changing.get(name)
    if reading is None:
        if own is not None:
            yield own
        return
    versions = _versions(
        (value, _change(reading, value).exceptions.get(name, own)) for value in reading.values
    )
    for carveout, values in versions:
        if carveout is not None:
            held = guard(reading.id, values, reading.values)
            yield replace(carveout, when=under(held, carveout.when))


def _change(reading: ReadingChanges, value: str) -> Change:
    return reading.changes.get(value) or Change()


def _versions(pairs: Iterable[tuple[str, T]]) -> list[tuple[T, tuple[str, ...]]]:
    """Group equal versions, each with the values that hold it."""
    grouped: dict[T, list[str]] = {}
    for value, version in pairs:
        grouped.setdefault(version, []).append(value)
    return [(version, tuple(values)) for version, values in grouped.items()]
