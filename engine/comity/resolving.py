"""Run + Frame -> what each rule finds: outcome, worlds, assumptions, needs, exceptions, support.

Pure. The engine has evaluated every part with all switches unknown; what its strict values
settle is settled in every world. Only for the rest are worlds enumerated, over the switches in
the rule's own cone, and switches that change nothing are left out of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from itertools import product
from math import prod
from typing import Final

from msgspec import Struct

from comity.compiling import Code, Exclusion, RuleCode, walk
from comity.completing import unknown
from comity.kleene import FALSE, TRUE, UNKNOWN, disjunction
from comity.model import Frame, Known, Reading, Rule, Switch
from comity.needing import Need, needs
from comity.running import Engine, EngineFault, Run, effect
from comity.views import Facts, View
from comity.worlds import decided, live_keys, outcomes, strict_outcome

PRESUMABLE: Final = ("presumed", "excused", "respected")
POSITIVE: Final = ("established", "presumed")
CLEAR: Final = ("respected", "excused", "moot", "not_in_play")
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

    `because` is worked out when it is first asked for: it costs more than the rest together, and
    not every reader asks.
    """

    rule: Rule
    frame: Frame
    outcome: str
    worlds: tuple[World, ...] = ()
    assumes: tuple[Assumption, ...] = ()
    needs: tuple[frozenset[Need], ...] = ()
    exceptions: tuple[ExceptionState, ...] = ()
    switches: tuple[Switch, ...] = ()
    support: Callable[[], tuple[tuple[str, Known], ...]] = tuple

    @cached_property
    def because(self) -> tuple[tuple[str, Known], ...]:
        """A smallest set of known keys that gives the same answer."""
        return self.support()


def judge(
    engine: Engine, frame: Frame, readings: Mapping[str, Reading], *, explain: bool = True
) -> tuple[Judged, ...]:
    """Every rule whose trigger the frame meets, in order of rule id, `not_in_play` included.

    With `explain` false only the outcome, worlds and assumptions are worked out.
    Raises EngineFault as `Engine.run` does, and for more than 4,096 worlds on one rule.
    """
    run = engine.run(frame)
    if not run.active:
        return ()
    base = view_of(engine, frame)
    return tuple(
        _Resolver(base, frame, code, readings).judged(run, explain)
        for code in engine.program.rules
        if code.rule.id in run.active
    )


def view_of(engine: Engine, frame: Frame) -> View:
    """What is known on a frame, with every switch left unknown."""
    facts = {k: v.values for k, v in frame.known.items() if k not in frame.switches}
    return View(engine.truths, facts)


class _Resolver:
    """Works out one rule on one frame. `base` has every switch unknown."""

    def __init__(
        self, base: View, frame: Frame, code: RuleCode, readings: Mapping[str, Reading]
    ) -> None:
        self.base = base
        self.frame = frame
        self.code = code
        self.switches = switches_of(code, frame, readings)

    def judged(self, run: Run, explain: bool) -> Judged:
        settled = self.settled(run)
        if settled:
            worlds: tuple[World, ...] = (World((), settled),)
        else:
            worlds = self.worlds(self.base)
        total, shown, default = aggregate(worlds, self.default_setting(worlds))
        if total == "moot":
            return Judged(self.code.rule, self.frame, total)
        view = self.view(default)
        assumes: tuple[Assumption, ...] = ()
        if not settled and total in (*PRESUMABLE, "arguable"):
            # One outcome for all worlds is told with what it assumes in any of them.
            assumes = self.assumes(default, () if shown else self.live(self.base))
        found = tuple(needs(view, self.code)) if explain and total == "open" else ()
        return Judged(
            self.code.rule,
            self.frame,
            total,
            shown,
            assumes,
            found,
            exception_states(self.code.code, view) if explain else (),
            self.used(shown),
            partial(self.because, shown, default, assumes, found),
        )

    # ------------------------------------------------------------ outcome and worlds

    def settled(self, run: Run) -> str:
        """The outcome that strict values decide whatever the switches say, else ""."""
        logic = self.code.code
        applies, departs = run.parts[logic.applies], run.parts[logic.departs]
        if applies == FALSE:
            return "not_in_play"
        if applies == UNKNOWN or departs == UNKNOWN:
            return ""
        if departs == FALSE:
            return "respected"
        excepted = disjunction(effect(e, run.parts.__getitem__) for e in logic.exceptions)
        return "" if excepted == UNKNOWN else self.staged(EXCEPTED[excepted])

    def worlds(self, base: View) -> tuple[World, ...]:
        """The outcome in each world over the switches that matter; those that do not are left out
        of the answer."""
        switches = self.live(base)
        settings = tuple(product(*(switch.values for switch in switches)))
        if len(settings) > WORLDS:
            text = f"rule {self.code.rule.id} depends on {len(settings)} worlds; at most {WORLDS}"
            raise EngineFault("R016", text)
        table: dict[tuple[str, ...], str] = {}
        for label, worlds in self.labels(base.spread(switches)).items():
            table.update((s, label) for n, s in enumerate(settings) if worlds >> n & 1)
        kept = [i for i in range(len(switches)) if _matters(table, i)]
        found = {
            tuple(sorted((switches[i].name, setting[i]) for i in kept)): label
            for setting, label in table.items()
        }
        return tuple(World(s, label) for s, label in sorted(found.items()))

    def labels(self, view: View) -> dict[str, int]:
        """The worlds of each outcome that some world has, the stage of the act looked at."""
        found: dict[str, int] = {}
        for label, worlds in outcomes(view, self.code).items():
            if worlds:
                name = self.staged(label)
                found[name] = found.get(name, 0) | worlds
        return found

    def live(self, view: View) -> tuple[Switch, ...]:
        """The switches that can change the outcome in this view."""
        if not self.switches:
            return ()
        keys = live_keys(view, self.code)
        return tuple(switch for switch in self.switches if switch.key in keys)

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
        return self.set_to(self.base, world)

    def set_to(self, view: View, world: World) -> View:
        """A world's switches; those that make no difference stand at their default."""
        chosen = dict(world.setting)
        return view.told({s.key: (chosen.get(s.name, s.default),) for s in self.switches})

    def used(self, worlds: tuple[World, ...]) -> tuple[Switch, ...]:
        names = {name for world in worlds for name, _ in world.setting}
        return tuple(s for s in self.switches if s.name in names)

    # ------------------------------------------------------------ assumptions

    def assumes(self, world: World, switches: tuple[Switch, ...]) -> tuple[Assumption, ...]:
        """The presumptions that the outcome needs in a world, or in all worlds of some switches."""
        base = self.view(world)
        view = base.spread(switches) if switches else base
        labels = self.labels(view)
        if labels.keys().isdisjoint(PRESUMABLE) or decided(view, self.code.code) == view.full:
            return ()
        waived: frozenset[str] = frozenset()
        kept = []
        for assumption in self.candidates(view):
            fewer = base.waiving(waived | {assumption.id})
            if self.labels(fewer.spread(switches) if switches else fewer) == labels:
                waived |= {assumption.id}
            else:
                kept.append(assumption)
        return tuple(kept)

    def candidates(self, view: View) -> list[Assumption]:
        """Every presumption in the rule's cone that could be at work, concepts' before its own."""
        program, full = view.program, view.full
        codes = [
            logic
            for name in sorted(self.code.cone.concepts)
            for _value, logic in program.concepts[name].definitions
        ]
        found = [
            Assumption(exclusion.id, "exception", exclusion.name)
            for code in (*codes, self.code.code)
            for exclusion in walk(code.exceptions)
            if exclusion.presumed != "none" and unknown(view.part_pair(exclusion.part, False), full)
        ]
        # Readings may each have their version of an exception, under the one name.
        found = list({assumption.id: assumption for assumption in found}.values())
        atoms = [(n, program.atoms[n]) for n in sorted(self.code.cone.atoms)]
        keys = {a.key for _, a in atoms if a.presumed is not None}
        open_ = {a.key for n, a in atoms if unknown(view.atoms[False][n], full)}
        return [*found, *(Assumption(k, "presumption", k) for k in sorted(keys & open_))]

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
        view, same = self.same_answer(worlds, default, assumes, found)
        named = self.code.cone.keys & self.frame.known.keys() - self.frame.switches.keys()
        kept, before = sorted(named, key=_deletion_order), 0
        # What could not be dropped at first may be, once something else is.
        while len(kept) != before:
            before = len(kept)
            for key in tuple(kept):
                fewer = view.told({key: None})
                if same(fewer):
                    view = fewer
                    kept.remove(key)
        return tuple((k, self.frame.known[k]) for k in sorted(kept))

    def same_answer(
        self,
        worlds: tuple[World, ...],
        default: World,
        assumes: tuple[Assumption, ...],
        found: tuple[frozenset[Need], ...],
    ) -> tuple[View, Callable[[View], bool]]:
        """The view to delete from, with every switch unknown, and the test of one deletion.

        One outcome in every world must stay so in every world: with fewer facts a switch may begin
        to matter. An outcome that strict values give is lost or kept by them alone.
        """
        label = default.outcome

        def by_world(view: View) -> bool:
            return self.worlds(view) == worlds

        def strictly(view: View) -> bool:
            known = strict_outcome(view, self.code.code)
            if known:
                return self.staged(known) == label
            every = self.in_all(view)
            decides = decided(every, self.code.code) == every.full
            return decides and self.labels(every).keys() == {label}

        def presumptively(view: View) -> bool:
            alone = self.labels(self.in_all(view)).keys() == {label}
            return alone and not self.new_assumptions(view, assumes)

        def openly(view: View) -> bool:
            alone = self.labels(self.in_all(view)).keys() == {label}
            return alone and tuple(needs(self.set_to(view, default), self.code)) == found

        if worlds:
            return self.base, by_world
        if label == "open":
            return self.base, openly
        if not assumes:
            return self.base, strictly
        known = {a.id for a in assumes}
        others = {a.id for a in self.candidates(self.in_all(self.base))} - known
        return self.base.waiving(frozenset(others)), presumptively

    def in_all(self, view: View) -> View:
        """A view of one world in all worlds of the rule, or of those that matter if too many."""
        every = prod(len(switch.values) for switch in self.switches)
        switches = self.switches if every <= WORLDS else self.live(view)
        return view.spread(switches) if switches else view

    def new_assumptions(self, view: View, assumes: tuple[Assumption, ...]) -> bool:
        """Whether an answer with fewer facts leans on a presumption it did not need before."""
        every = self.in_all(view)
        extra = {a.id for a in self.candidates(every)} - {a.id for a in assumes} - view.waived
        if not extra:
            return False
        fewer = self.in_all(view.waiving(view.waived | extra))
        return self.labels(fewer) != self.labels(every)


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


def aggregate(
    worlds: tuple[World, ...], default: tuple[tuple[str, str], ...]
) -> tuple[str, tuple[World, ...], World]:
    """The outcome across worlds, the worlds to show, and the world that explanations look at."""
    at_default = next(w for w in worlds if w.setting == tuple(sorted(default)))
    labels = {w.outcome for w in worlds}
    if len(labels) == 1:
        return at_default.outcome, () if len(worlds) == 1 else worlds, at_default
    positive = labels & set(POSITIVE)
    if positive == labels:
        return "presumed", worlds, _first(worlds, at_default, ("presumed",))
    if positive:
        return "arguable", worlds, _first(worlds, at_default, POSITIVE)
    if "open" in labels:
        return "open", worlds, _first(worlds, at_default, ("open",))
    return at_default.outcome, worlds, at_default


def _first(worlds: tuple[World, ...], default: World, labels: tuple[str, ...]) -> World:
    """The default world if it has one of the labels, else the first that has."""
    if default.outcome in labels:
        return default
    return next(w for w in worlds if w.outcome in labels)


def _matters(table: Mapping[tuple[str, ...], str], index: int) -> bool:
    """Whether somewhere the outcome depends on one switch, the others standing as they are."""
    seen: dict[tuple[str, ...], str] = {}
    return any(
        seen.setdefault((*setting[:index], *setting[index + 1 :]), label) != label
        for setting, label in table.items()
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


def reconsider(
    base: View, code: RuleCode, frame: Frame, changed: Facts, readings: Mapping[str, Reading]
) -> str:
    """The outcome of one rule on a frame with some keys set otherwise, over all worlds.

    `base` is the frame's own `view_of`."""
    resolver = _Resolver(base.told(changed), frame, code, readings)
    worlds = resolver.worlds(resolver.base)
    return aggregate(worlds, resolver.default_setting(worlds))[0]
