"""What became of each paragraph of each instrument: encoded, used, left out, or forgotten.

Pure. `account` holds the ledger against the rulebook. A paragraph is *encoded* if the provision of
a rule is in it, *used* if only an exception, a concept or a measure cites it, *not encoded* if the
ledger gives the reason, and otherwise *unaccounted*, which is a fault. It is *stale*, a fault too,
if the ledger gives a reason and a rule encodes it all the same; but not if that rule is of a pack
and the ledger of another, since who writes a pack cannot change the files of others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from comity.authoring.ledger import InstrumentIndex, Ledger, Paragraph, pinpoints, within
from comity.model import Carveout, Logic, Rulebook
from comity.problems import Place, Problem, problem
from comity.vocabulary import Instrument

State: TypeAlias = Literal["encoded", "used", "not_encoded", "unaccounted", "stale"]
STATES: Final[tuple[State, ...]] = ("encoded", "used", "not_encoded", "unaccounted", "stale")
FAULTS: Final = ("unaccounted", "stale")
CODES: Final = {"unaccounted": "R033", "stale": "R034"}


class Citing(Struct, frozen=True, order=True):
    """Who cites something: a rule by its provision, or another part of the rulebook."""

    kind: str  # rule | exception | concept | measure
    id: str
    cite: str


class Entry(Struct, frozen=True):
    """One paragraph and what became of it."""

    paragraph: Paragraph
    state: State
    rules: tuple[str, ...] = ()
    used_by: tuple[str, ...] = ()  # exceptions, concepts and measures


class Stray(Struct, frozen=True):
    """A place cited that no paragraph of the index has, or that is wider than one."""

    number: str
    by: tuple[str, ...]


class Account(Struct, frozen=True):
    """One instrument."""

    index: InstrumentIndex
    title: str
    entries: tuple[Entry, ...]
    unknown: tuple[Stray, ...] = ()  # cited, and not in the index
    wide: tuple[Stray, ...] = ()  # provisions of rules that do not say which paragraph

    @property
    def articles(self) -> int:
        """How many articles the entries are of."""
        return len({entry.paragraph.article for entry in self.entries})

    def count(self, state: State) -> int:
        return sum(entry.state == state for entry in self.entries)


class Unindexed(Struct, frozen=True):
    """An instrument that the rulebook cites by number and that has no index."""

    instrument: str
    title: str
    rules: tuple[str, ...]  # whose provision it is
    others: int  # how many other citations there are


class Accounts(Struct, frozen=True):
    """The whole ledger, held against the rulebook."""

    instruments: tuple[Account, ...] = ()
    unindexed: tuple[Unindexed, ...] = ()

    def faults(self) -> tuple[Entry, ...]:
        return tuple(e for a in self.instruments for e in a.entries if e.state in FAULTS)

    def problems(self) -> tuple[Problem, ...]:
        """The faults, each with the place of its entry."""
        return tuple(_problem(entry) for entry in self.faults())


def narrowed(accounts: Accounts, wanted: Mapping[str, Collection[str]]) -> Accounts:
    """Of an instrument, only what lies in some articles or paragraphs, where any are named."""
    return replace(
        accounts,
        instruments=tuple(
            replace(one, entries=tuple(e for e in one.entries if _meant(e, numbers)), unknown=())
            if (numbers := wanted.get(one.index.instrument))
            else one
            for one in accounts.instruments
        ),
    )


def _meant(entry: Entry, numbers: Collection[str]) -> bool:
    return any(within(entry.paragraph.number, number) for number in numbers)


def _problem(entry: Entry) -> Problem:
    p = entry.paragraph
    text = f"{p} is accounted for by nothing"
    hint = "encode it, or write `not_encoded` and `note`"
    if entry.state == "stale":
        text = f"{p} is recorded as not encoded, and {', '.join(entry.rules)} encodes it"
        hint = "remove `not_encoded` and `note`"
    return problem(CODES[entry.state], p.place, text, hint)


def account(
    ledger: Ledger,
    book: Rulebook,
    instruments: Mapping[str, Instrument],
    only: Iterable[str] = (),
    packs: Mapping[str, str] | None = None,
) -> Accounts:
    """The ledger against the rulebook; of some instruments alone if they are named.

    `packs` says of each file in which pack it stands; what is not there is of one and the same.
    """
    citing = tuple(citations(book))
    pack_of = packs or {}
    homes = {rule.id: _home(rule.place, pack_of) for rule in book.rules}
    chosen = tuple(only)
    found = {name: ix for name, ix in ledger.instruments.items() if not chosen or name in chosen}
    return Accounts(
        tuple(
            _account(
                index,
                instruments[name].title if name in instruments else name,
                citing,
                {id_ for id_, home in homes.items() if home == _home(index.place, pack_of)},
            )
            for name, index in found.items()
        ),
        tuple(_unindexed(ledger, citing, instruments, chosen)),
    )


def _home(place: Place | None, packs: Mapping[str, str]) -> str:
    return packs.get(place.file, "") if place is not None else ""


def _account(
    index: InstrumentIndex, title: str, citing: Iterable[Citing], own: Collection[str]
) -> Account:
    """`own` are the rules that stand in the same pack as the index."""
    rules: dict[str, set[str]] = defaultdict(set)
    users: dict[str, set[str]] = defaultdict(set)
    unknown: dict[str, set[str]] = defaultdict(set)
    wide: dict[str, set[str]] = defaultdict(set)
    for one in citing:
        for pinpoint in pinpoints(one.cite):
            if pinpoint.instrument != index.instrument:
                continue
            for paragraph in index.of(pinpoint.number):
                (rules if one.kind == "rule" else users)[paragraph.number].add(one.id)
            if not index.knows(pinpoint.number):
                unknown[pinpoint.number].add(one.id)
            elif one.kind == "rule" and not index.of(pinpoint.number):
                wide[pinpoint.number].add(one.id)
    entries = (
        Entry(
            p,
            _state(p, rules[n], bool(users[n]), bool(rules[n] & set(own))),
            *map(_sorted, (rules[n], users[n])),
        )
        for n, p in index.paragraphs.items()
    )
    return Account(index, title, tuple(entries), _strays(unknown), _strays(wide))


def _state(paragraph: Paragraph, rules: Collection[str], used: bool, by_own: bool) -> State:
    if paragraph.not_encoded and (by_own or not rules):
        return "stale" if by_own else "not_encoded"
    if rules:
        return "encoded"
    return "used" if used else "unaccounted"


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


def _strays(found: Mapping[str, set[str]]) -> tuple[Stray, ...]:
    return tuple(Stray(number, _sorted(by)) for number, by in sorted(found.items()))


def _unindexed(
    ledger: Ledger,
    citing: Iterable[Citing],
    instruments: Mapping[str, Instrument],
    only: tuple[str, ...],
) -> Iterator[Unindexed]:
    rules: dict[str, set[str]] = defaultdict(set)
    others: dict[str, set[Citing]] = defaultdict(set)
    for one in citing:
        for pinpoint in pinpoints(one.cite):
            name = pinpoint.instrument
            if name in instruments and name not in ledger.instruments:
                if one.kind == "rule":
                    rules[name].add(one.id)
                else:
                    others[name].add(one)
    for name in sorted({*rules, *others}):
        if not only or name in only:
            yield Unindexed(name, instruments[name].title, _sorted(rules[name]), len(others[name]))


# --------------------------------------------------------------------------- who cites what


def citations(book: Rulebook) -> Iterator[Citing]:
    """Every citation of the rulebook. A deprecated rule encodes nothing any more."""
    for rule in book.rules:
        if rule.status != "deprecated":
            yield Citing("rule", rule.id, rule.provision)
            yield from _exceptions(rule.id, rule.logic)
    for concept in book.concepts:
        yield Citing("concept", concept.name, concept.cite)
        for definition in concept.definitions:
            yield Citing("concept", concept.name, definition.cite)
            yield from _exceptions(concept.name, definition.logic)
    for measure in book.measures:
        yield from (Citing("measure", measure.id, cite) for cite in measure.cite)


def _exceptions(owner: str, logic: Logic) -> Iterator[Citing]:
    pending: list[tuple[str, Carveout]] = [(owner, c) for c in logic.exceptions]
    for above, carveout in pending:
        own = f"{above}/{carveout.name}"
        yield Citing("exception", own, carveout.cite)
        pending += [(own, sub) for sub in carveout.unless]
