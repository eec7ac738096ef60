"""Run + Frame -> what each rule finds: outcome, worlds, assumptions, needs, exceptions, support.

Pure. The engine has evaluated every part with all switches unknown; what its strict values
settle is settled in every world. Only for the rest are worlds enumerated, over the switches in
the rule's own cone, and switches that change nothing are left out of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import product
from math import prod
from typing import Final, TypeAlias

from msgspec import Struct

from comity.compiling import Code, Exclusion, RuleCode, walk
from comity.completing import completable, unknown
from comity.kleene import FALSE, TRUE, UNKNOWN, disjunction
from comity.model import Frame, Known, Reading, Rule, Switch
from comity.needing import Need, needs
from comity.running import Engine, EngineFault, Run, effect
from comity.views import Facts, View, switch_masks
from comity.worlds import decided, live_keys, outcomes, presumptive_outcomes, strict_outcomes

PRESUMABLE: Final = ("presumed", "excused", "respected")
POSITIVE: Final = ("established", "presumed")
WORLDS: Final = 4096
EXCEPTED: Final = {TRUE: "excused", FALSE: "established"}


class World(Struct, frozen=True):
    """One way of fixing the switches that matter to a finding, and the outcome there."""

    setting: tuple[tuple[str, str], ...]  # (switch name, value), sorted
    outcome: str


class Assumption(Struct, frozen=True):
    """What a presumed answer takes for granted: no exception, or a standing presumption."""

    id: str
    kind: str  # "exception" | "presumption"
    key: str  # the presumed key, or the exception's name


class ExceptionState(Struct, frozen=True):
    """How an exception stands: holds | absent | presumed_absent | presumed_present | unknown."""

    id: str
    name: str
    cite: str
    text: str
    state: str


class Judged(Struct, frozen=True, dict=True):
    """One rule on one frame.

    What not every reader asks for, and costs much, is worked out when it is first asked for.
    """

    rule: Rule
    frame: Frame
    view: View  # what is known on the frame, every switch left unknown
    outcome: str
    # the outcomes with some keys known otherwise, for each of several changes
    again: Callable[[Sequence[Facts]], Sequence[str]]
    worlds: tuple[World, ...] = ()
    assumes: tuple[Assumption, ...] = ()
    needs: tuple[frozenset[Need], ...] = ()
    switches: tuple[Switch, ...] = ()
    support: Callable[[], tuple[tuple[str, Known], ...]] = tuple
    states: Callable[[], tuple[ExceptionState, ...]] = tuple

    @cached_property
    def because(self) -> tuple[tuple[str, Known], ...]:
        """A smallest set of known keys that gives the same answer."""
        return self.support()

    @cached_property
    def exceptions(self) -> tuple[ExceptionState, ...]:
        """How each exception stands in the world that explanations look at."""
        return self.states()


def judge(
    engine: Engine,
    frame: Frame,
    readings: Mapping[str, Reading],
    *,
    view: View | None = None,
    explain: bool = True,
    only: str = "",
) -> tuple[Judged, ...]:
    """Every rule whose trigger the frame meets, in order of rule id, `not_in_play` included.

    `view` is the frame's own, if there is one already. With `explain` false only the outcome,
    worlds and assumptions are worked out. `only` is the one rule asked for.
    Raises EngineFault as `Engine.run` does, and for more than 4,096 worlds on one rule.
    """
    run = engine.run(frame)
    if not run.active:
        return ()
    base = view or view_of(engine, frame)
    return tuple(
        _Resolver(base, frame, code, readings, run).judged(explain)
        for code in engine.program.rules
        if code.rule.id in run.active and only in ("", code.rule.id)
    )


def view_of(engine: Engine, frame: Frame) -> View:
    """What is known on a frame of what rules can ask, with every switch left unknown."""
    asked, switches = engine.program.atoms_of_key, frame.switches
    known = frame.known.items()
    facts = {k: v.values for k, v in known if k in asked and k not in switches}
    return View(engine.truths, facts)


class _Resolver:
    """Works out one rule on one frame. `base` is what is known of the rule's keys, every switch
    unknown."""

    def __init__(
        self,
        base: View,
        frame: Frame,
        code: RuleCode,
        readings: Mapping[str, Reading],
        run: Run,
    ) -> None:
        self.whole = base
        self.frame = frame
        self.code = code
        self.readings = readings
        self.parts = {n: run.parts[n] for n in code.code.parts() if n in run.parts}

    @cached_property
    def base(self) -> View:
        return self.whole.of(self.code, self.parts)

    @cached_property
    def switches(self) -> tuple[Switch, ...]:
        return switches_of(self.code, self.frame, self.readings)

    def judged(self, explain: bool) -> Judged:
        settled = self.settled
        shown: tuple[World, ...] = ()
        if settled:
            total, default = settled, World((), settled)
        else:
            worlds = self.worlds(self.base)
            total, shown, default = aggregate(worlds, self.default_setting(worlds))
        if total == "moot":
            return Judged(self.code.rule, self.frame, self.whole, total, self.again)
        assumes: tuple[Assumption, ...] = ()
        found: tuple[frozenset[Need], ...] = ()
        if not settled and total != "not_in_play":
            view = self.view(default)
            # One outcome for all worlds is told with what it assumes in any of them.
            assumes = self.assumes(view if shown else self.everywhere)
            found = tuple(needs(view, self.code)) if explain and total == "open" else ()
        return Judged(
            self.code.rule,
            self.frame,
            self.whole,
            total,
            self.again,
            shown,
            assumes,
            found,
            self.used(shown) if shown else (),
            partial(self.because, shown, default, assumes, found),
            partial(self.exceptions, default),
        )

    def again(self, changes: Sequence[Facts]) -> list[str]:
        """The outcome with some keys known otherwise, for each of several changes.

        What strict values decide is not changed by facts that only come to the others.
        """
        if self.settled and all(self.adds(change) for change in changes):
            return [self.settled] * len(changes)
        return [
            total_of(found.keys()) or self.at_default(found)
            if self.complete(found)
            else self.again_once(change)
            for change, found in zip(changes, self.together(changes), strict=True)
        ]

    def adds(self, change: Facts) -> bool:
        """Whether a change takes nothing away that is known."""
        known = self.whole.facts
        return all(values is not None and known.get(key) is None for key, values in change.items())

    def again_once(self, change: Facts) -> str:
        worlds = self.worlds(self.base.told(change))
        return aggregate(worlds, self.default_setting(worlds))[0]

    # ------------------------------------------------------------ outcome and worlds

    @cached_property
    def settled(self) -> str:
        """The outcome that strict values decide whatever the switches say, else ""."""
        logic = self.code.code
        parts = self.parts
        if parts[logic.applies] != TRUE:
            return "not_in_play" if parts[logic.applies] == FALSE else ""
        if parts[logic.departs] != TRUE:
            return "respected" if parts[logic.departs] == FALSE else ""
        excepted = disjunction(effect(e, parts.__getitem__) for e in logic.exceptions)
        return "" if excepted == UNKNOWN else self.staged(EXCEPTED[excepted])

    def worlds(self, base: View) -> tuple[World, ...]:
        """The outcome in each world over the switches that matter; those that do not are left out
        of the answer."""
        switches = self.few(base)
        sizes = tuple(len(switch.values) for switch in switches)
        spread = self.everywhere if base is self.base else base.spread(choices(switches))
        found = self.labelled(spread)
        if len(found) == 1:
            return (World((), *found),)
        kept = [i for i in range(len(switches)) if matters(found, sizes, i)]
        worlds = []
        for setting in product(*(range(sizes[i]) for i in kept)):
            world = sum(at * prod(sizes[i + 1 :]) for at, i in zip(setting, kept, strict=True))
            label = next(label for label, worlds_ in found.items() if worlds_ >> world & 1)
            named = (
                (switches[i].name, switches[i].values[at])
                for at, i in zip(setting, kept, strict=True)
            )
            worlds.append(World(tuple(sorted(named)), label))
        return tuple(sorted(worlds, key=lambda world: world.setting))

    def labelled(self, spread: View, *, search: bool = True) -> dict[str, int]:
        """The worlds of each outcome that some world has, the stage of the act looked at."""
        found: dict[str, int] = {}
        for label, worlds in outcomes(spread, self.code, search=search).items():
            if worlds:
                name = self.staged(label)
                found[name] = found.get(name, 0) | worlds
        return found

    def together(self, changes: Sequence[Facts]) -> Sequence[Mapping[str, int]]:
        """The worlds of each outcome after each of several changes, all worked out at once. A world
        has none where the change has to be looked at alone."""
        if self.count > WORLDS or not changes:
            return [{}] * len(changes)
        try:
            spread = self.base.spread((changes, *choices(self.switches)))
            found = self.labelled(spread, search=False)
        except EngineFault:  # after one change, and perhaps not after those that are looked at
            return [{}] * len(changes)
        return split(found, len(changes), self.count)

    @cached_property
    def everywhere(self) -> View:
        """What is known, in every world."""
        return self.base.spread(choices(self.few(self.base)))

    @cached_property
    def count(self) -> int:
        return prod(len(switch.values) for switch in self.switches)

    def complete(self, found: Mapping[str, int]) -> bool:
        """Whether each world has an outcome."""
        return bool(found) and sum(found.values()) == (1 << self.count) - 1

    def at_default(self, found: Mapping[str, int]) -> str:
        """The outcome in the world of all defaults."""
        world = 0
        for switch in self.switches:
            world = world * len(switch.values) + switch.values.index(switch.default)
        return next(label for label, worlds in found.items() if worlds >> world & 1)

    def few(self, base: View) -> tuple[Switch, ...]:
        """The rule's switches; where they make too many worlds, those that can still matter."""
        if self.count <= WORLDS:
            return self.switches
        live = live_keys(base, self.code)
        left = tuple(switch for switch in self.switches if switch.key in live)
        count = prod(len(switch.values) for switch in left)
        if count > WORLDS:
            text = f"rule {self.code.rule.id} depends on {count} worlds; at most {WORLDS}"
            raise EngineFault("R016", text)
        return left

    def default_setting(self, worlds: tuple[World, ...]) -> tuple[tuple[str, str], ...]:
        named = {s.name: s.default for s in self.switches}
        return tuple((name, named[name]) for name, _ in worlds[0].setting)

    def staged(self, label: str) -> str:
        """What did not happen cannot have departed from anything."""
        if self.frame.stage != "did_not_happen" or self.code.rule.kind not in ("departure", "duty"):
            return label
        if label in POSITIVE:
            return "respected"
        return "moot" if label == "open" else label

    def view(self, world: World) -> View:
        """A world's switches; those that make no difference stand at their default."""
        chosen = dict(world.setting)
        return self.base.told({s.key: (chosen.get(s.name, s.default),) for s in self.switches})

    def used(self, worlds: tuple[World, ...]) -> tuple[Switch, ...]:
        names = {name for world in worlds for name, _ in world.setting}
        return tuple(s for s in self.switches if s.name in names)

    def exceptions(self, world: World) -> tuple[ExceptionState, ...]:
        return exception_states(self.code.code, self.view(world))

    # ------------------------------------------------------------ assumptions

    def assumes(self, view: View) -> tuple[Assumption, ...]:
        """The presumptions without which the outcome in some world of a view would be another."""
        logic = self.code.code
        left = view.full & ~decided(view, logic)
        if not left:
            return ()
        # What may be presumed changes neither what is known nor what is possible. No world here is
        # moot, so what looks presumed is possible; an exception may be known either way.
        possible = left
        found = presumptive_outcomes(view, logic, left, possible)
        if found["excused"]:
            possible = completable(view, self.code, left)
            found = presumptive_outcomes(view, logic, left, possible)
        if not any(found[label] for label in PRESUMABLE):
            return ()
        presumed = found["presumed"] == left

        def stays(trial: View) -> bool:
            if presumed:  # and so it is possible
                return trial.departure_pair(logic, True)[0] & left == left
            return presumptive_outcomes(trial, logic, left, possible) == found

        waived: set[str] = set()
        kept = []
        # An exception of the rule's own that only its presumption keeps out is always needed.
        open_ = {
            e.id
            for e in logic.exceptions
            if not e.unless and unknown(view.part_pair(e.part, True), left)
        }
        for assumption in self.candidates(view, left):
            if presumed and assumption.id in open_:
                kept.append(assumption)
                continue
            trial = view.waiving(frozenset({*waived, assumption.id}))
            if stays(trial):
                waived.add(assumption.id)
            else:
                kept.append(assumption)
        return tuple(kept)

    def candidates(self, view: View, worlds: int) -> list[Assumption]:
        """Every presumption in the rule's cone that could be at work in some of these worlds,
        concepts' before its own."""
        program = view.program
        codes = [
            logic
            for name in sorted(self.code.cone.concepts)
            for _value, logic in program.concepts[name].definitions
        ]
        # Readings may each have their version of an exception, under one name.
        found = {
            exclusion.id: Assumption(exclusion.id, "exception", exclusion.name)
            for code in (*codes, self.code.code)
            for exclusion in walk(code.exceptions)
            if exclusion.presumed != "none"
            and unknown(view.part_pair(exclusion.part, False), worlds)
        }
        atoms = [(n, program.atoms[n]) for n in self.code.cone.atoms]
        keys = {a.key for _, a in atoms if a.presumed is not None}
        open_ = {a.key for n, a in atoms if a.key in keys and unknown(view.atoms[False][n], worlds)}
        return [*found.values(), *(Assumption(k, "presumption", k) for k in sorted(open_))]

    # ------------------------------------------------------------ support

    def because(
        self,
        worlds: tuple[World, ...],
        default: World,
        assumes: tuple[Assumption, ...],
        found: tuple[frozenset[Need], ...],
    ) -> tuple[tuple[str, Known], ...]:
        """A smallest set of known keys that gives the same answer: greedy deletion.

        "The same answer" is the outcome with what it assumes, needs and says per world.
        """
        same = self.same_answer(worlds, default, assumes, found)
        keys = [
            key
            for key in sorted(self.code.cone.keys & self.frame.known.keys(), key=_deletion_order)
            if key not in self.frame.switches
        ]
        return tuple((key, self.frame.known[key]) for key in sorted(smallest(keys, same)))

    def same_answer(
        self,
        worlds: tuple[World, ...],
        default: World,
        assumes: tuple[Assumption, ...],
        found: tuple[frozenset[Need], ...],
    ) -> Same:
        """The test of deletions.

        One outcome in every world must stay so in every world: with fewer facts a switch may begin
        to matter. Fewer facts never make a strict value known, so an answer that strict values
        give is lost or kept by them alone.
        """
        switches = self.few(self.base)
        if len(worlds) > 1:
            same = self.labelled(self.base.spread(choices(switches)))

            def same_after(change: Facts, found: Mapping[str, int]) -> bool:
                if any(worlds & ~same.get(label, 0) for label, worlds in found.items()):
                    return False
                if self.complete(found):
                    return True
                return self.labelled(self.base.told(change).spread(choices(switches))) == same

            def in_each_world(trials: Iterable[Facts]) -> list[bool]:
                asked = list(trials)
                return list(map(same_after, asked, self.together(asked)))

            return in_each_world
        label, size = default.outcome, prod(len(switch.values) for switch in switches)

        def strictly(trials: Iterable[Facts]) -> list[bool]:
            asked = list(trials)
            every = self.base.spread((asked, *choices(switches)))
            held = 0
            for one, at in strict_outcomes(every, self.code.code).items():
                held |= at if self.staged(one) == label else 0
            full = (1 << size) - 1
            return [part == {label: full} for part in split({label: held}, len(asked), size)]

        def presumptively(trials: Iterable[Facts]) -> list[bool]:
            view = waiving.told(next(iter(trials)))
            alone = self.labelled(view).keys() == {label}
            return [alone and not self.new_assumptions(view, assumes)]

        def openly(trials: Iterable[Facts]) -> list[bool]:
            fewer = next(iter(trials))
            alone = self.labelled(self.everywhere.told(fewer)).keys() == {label}
            return [alone and tuple(needs(self.view(default).told(fewer), self.code)) == found]

        if label == "open":
            return openly
        if not assumes:
            return strictly
        others = {a.id for a in self.candidates(self.everywhere, self.everywhere.full)}
        waiving = self.everywhere.waiving(frozenset(others - {a.id for a in assumes}))
        return presumptively

    def new_assumptions(self, view: View, assumes: tuple[Assumption, ...]) -> bool:
        """Whether an answer with fewer facts leans on a presumption it did not need before."""
        extra = {a.id for a in self.candidates(view, view.full)} - {a.id for a in assumes}
        if extra <= view.waived:
            return False
        return self.labelled(view) != self.labelled(view.waiving(frozenset(extra)))


def switches_of(
    code: RuleCode, frame: Frame, readings: Mapping[str, Reading]
) -> tuple[Switch, ...]:
    """The switches in a rule's cone on this frame: graded judgements, then readings."""
    judged = [frame.switches[k] for k in sorted(code.cone.keys) if k in frame.switches]
    contested = []
    for key in code.cone.readings:
        if key in frame.switches:
            continue  # a case may narrow a reading
        reading = readings[key.removeprefix("reading.")]
        contested.append(Switch(key, reading.id, tuple(sorted(reading.values)), reading.default))
    return (*judged, *contested)


def choices(switches: Iterable[Switch]) -> list[list[Facts]]:
    """Each switch as a choice between its values."""
    return [[{switch.key: (value,)} for value in switch.values] for switch in switches]


def split(found: Mapping[str, int], parts: int, size: int) -> list[Mapping[str, int]]:
    """The worlds of each label in each run of so many worlds."""
    every = (1 << size) - 1
    return [
        {label: part for label, worlds in found.items() if (part := worlds >> start & every)}
        for start in range(0, parts * size, size)
    ]


# Whether the answer stays the same after each of some deletions; perhaps only of the first ones.
Same: TypeAlias = Callable[[Iterable[Facts]], Sequence[bool]]


def needed(keys: Sequence[str], same: Same) -> list[str]:
    """The keys that stay when each in turn is deleted if that leaves the answer the same.

    Many deletions can be tried at once, so what becomes of the earlier keys is guessed, first that
    all stay. The answers count up to the first that belies the guess, and are the next guess.
    """
    goes = [False] * len(keys)
    done = 0
    while done < len(keys):
        answers = same(_trials(keys, goes, done))
        guesses = goes[done : done + len(answers)]
        belied = (n for n, (a, b) in enumerate(zip(answers, guesses, strict=True), 1) if a != b)
        goes[done : done + len(answers)] = answers
        done += next(belied, len(answers))
    return [key for key, gone in zip(keys, goes, strict=True) if not gone]


def smallest(keys: Sequence[str], same: Same) -> list[str]:
    """The keys that are left when no more can be deleted.

    What could not be deleted at first may be, once something else is: worlds, needs and what is
    presumed may be other with fewer facts, and the same again with still fewer.
    """
    kept, before = needed(keys, same), len(keys)
    while len(kept) < before:
        gone: dict[str, None] = dict.fromkeys(key for key in keys if key not in kept)
        before = len(kept)
        kept = needed(kept, partial(_besides, same, gone))
    return kept


def _besides(same: Same, gone: Facts, trials: Iterable[Facts]) -> Sequence[bool]:
    return same({**gone, **trial} for trial in trials)


def _trials(keys: Sequence[str], goes: Sequence[bool], done: int) -> Iterator[Facts]:
    """The deletion of each key that is not done, with those of the keys before it that go."""
    gone: dict[str, None] = {key: None for key, go in zip(keys[:done], goes, strict=False) if go}
    for key, go in zip(keys[done:], goes[done:], strict=True):
        yield {**gone, key: None}
        if go:
            gone[key] = None


def total_of(labels: Collection[str]) -> str:
    """The outcome across worlds that have these; "" where that of the default world counts."""
    if len(labels) == 1:
        return next(iter(labels))
    positive = [label for label in labels if label in POSITIVE]
    if len(positive) == len(labels):
        return "presumed"
    if positive:
        return "arguable"
    return "open" if "open" in labels else ""


def aggregate(
    worlds: tuple[World, ...], default: tuple[tuple[str, str], ...]
) -> tuple[str, tuple[World, ...], World]:
    """The outcome across worlds, the worlds to show, and the world that explanations look at."""
    at_default = next(w for w in worlds if w.setting == tuple(sorted(default)))
    if len(worlds) == 1:
        return at_default.outcome, (), at_default
    total = total_of({w.outcome for w in worlds})
    if total == "presumed":
        return total, worlds, _first(worlds, at_default, ("presumed",))
    if total == "arguable":
        return total, worlds, _first(worlds, at_default, POSITIVE)
    if total == "open":
        return total, worlds, _first(worlds, at_default, ("open",))
    return total or at_default.outcome, worlds, at_default


def _first(worlds: tuple[World, ...], default: World, labels: tuple[str, ...]) -> World:
    """The default world if it has one of the labels, else the first that has."""
    if default.outcome in labels:
        return default
    return next(w for w in worlds if w.outcome in labels)


def matters(found: Mapping[str, int], sizes: tuple[int, ...], index: int) -> bool:
    """Whether somewhere the outcome depends on one switch, the others standing as they are.

    The worlds of each value of the switch are moved upon those of its first value.
    """
    step = prod(sizes[index + 1 :])
    first, *others = switch_masks(sizes)[index]
    return any(
        (worlds & mask) >> (number * step) != worlds & first
        for worlds in found.values()
        for number, mask in enumerate(others, 1)
    )


def exception_states(code: Code, view: View) -> tuple[ExceptionState, ...]:
    """Each exception with its state in one world."""
    return tuple(
        ExceptionState(e.id, e.name, e.source.cite, e.source.text, exception_state(view, e))
        for e in walk(code.exceptions)
    )


def exception_state(view: View, exclusion: Exclusion) -> str:
    strict = view.effect(exclusion, False)
    if strict != UNKNOWN:
        return "holds" if strict == TRUE else "absent"
    presumed = view.effect(exclusion, True)
    if presumed == FALSE:
        return "presumed_absent"
    return "presumed_present" if presumed == TRUE else "unknown"


def _deletion_order(key: str) -> tuple[int, str]:
    """Facts of the act itself are the last to go: they explain best."""
    return (1 if key.startswith("act.") else 0, key)
