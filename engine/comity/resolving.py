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
from comity.completing import completable
from comity.kleene import FALSE, TRUE, UNKNOWN, disjunction
from comity.model import Frame, Known, Reading, Rule, Switch
from comity.needing import Need, needs
from comity.running import Engine, EngineFault, Run, effect
from comity.views import Facts, View, switch_masks
from comity.worlds import (
    live_keys,
    only,
    outcome,
    outcomes,
    presumptive_outcomes,
    strict_outcome,
)

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

    What not every reader asks for, and costs much, is worked out when it is first asked for.
    """

    rule: Rule
    frame: Frame
    view: View  # what is known on the frame, every switch left unknown
    outcome: str
    again: Callable[[Facts], str]  # the outcome with some keys known otherwise
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
) -> tuple[Judged, ...]:
    """Every rule whose trigger the frame meets, in order of rule id, `not_in_play` included.

    `view` is the frame's own, if there is one already. With `explain` false only the outcome,
    worlds and assumptions are worked out.
    Raises EngineFault as `Engine.run` does, and for more than 4,096 worlds on one rule.
    """
    run = engine.run(frame)
    if not run.active:
        return ()
    base = view or view_of(engine, frame)
    return tuple(
        _Resolver(base, frame, code, readings).judged(run, explain)
        for code in engine.program.rules
        if code.rule.id in run.active
    )


def view_of(engine: Engine, frame: Frame) -> View:
    """What is known on a frame of what rules can ask, with every switch left unknown."""
    asked, switches = engine.program.atoms_of_key, frame.switches
    known = frame.known.items()
    facts = {k: v.values for k, v in known if k in asked and k not in switches}
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
            return Judged(self.code.rule, self.frame, self.base, total, self.again)
        assumes: tuple[Assumption, ...] = ()
        found: tuple[frozenset[Need], ...] = ()
        if not settled and total != "not_in_play":
            view = self.view(default)
            assumes = self.assumes(view)
            found = tuple(needs(view, self.code)) if explain and total == "open" else ()
        return Judged(
            self.code.rule,
            self.frame,
            self.base,
            total,
            self.again,
            shown,
            assumes,
            found,
            self.used(shown),
            partial(self.because, shown, default, assumes, found),
            partial(self.exceptions, default),
        )

    def again(self, changed: Facts) -> str:
        worlds = self.worlds(self.base.told(changed))
        return aggregate(worlds, self.default_setting(worlds))[0]

    # ------------------------------------------------------------ outcome and worlds

    def settled(self, run: Run) -> str:
        """The outcome that strict values decide whatever the switches say, else ""."""
        logic = self.code.code
        if run.parts[logic.applies] != TRUE:
            return "not_in_play" if run.parts[logic.applies] == FALSE else ""
        if run.parts[logic.departs] != TRUE:
            return "respected" if run.parts[logic.departs] == FALSE else ""
        excepted = disjunction(effect(e, run.parts.__getitem__) for e in logic.exceptions)
        return "" if excepted == UNKNOWN else self.staged(EXCEPTED[excepted])

    def worlds(self, base: View) -> tuple[World, ...]:
        """The outcome in each world over the switches that matter; those that do not are left out
        of the answer."""
        switches = self.few(base)
        sizes = tuple(len(switch.values) for switch in switches)
        found = self.labelled(base, switches)
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

    def labelled(self, base: View, switches: tuple[Switch, ...]) -> dict[str, int]:
        """The worlds of each outcome over some switches, the stage of the act looked at."""
        found: dict[str, int] = {}
        for label, worlds in outcomes(
            base.spread(switches, self.code.cone.atoms), self.code
        ).items():
            name = self.staged(label)
            found[name] = found.get(name, 0) | worlds
        return found

    def few(self, base: View) -> tuple[Switch, ...]:
        """The rule's switches; where they make too many worlds, those that can still matter."""
        if prod(len(switch.values) for switch in self.switches) <= WORLDS:
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
        """The presumptions that the outcome of the default (or first presumed) world needs."""
        logic = self.code.code
        if strict_outcome(view, logic):
            return ()
        # What may be presumed changes neither what is known nor what is possible. This world is not
        # moot, so what looks presumed is possible; an exception may be known either way.
        possible = 1
        label = only(presumptive_outcomes(view, logic, 1, possible))
        if label == "excused":
            possible = completable(view, self.code, 1)
            label = only(presumptive_outcomes(view, logic, 1, possible))
        if label not in PRESUMABLE:
            return ()
        waived: set[str] = set()
        kept = []
        # An exception of the rule's own that only its presumption keeps out is always needed.
        open_ = {
            e.id for e in logic.exceptions if not e.unless and view.part(e.part, True) == UNKNOWN
        }
        for assumption in self.candidates(view):
            if label == "presumed" and assumption.id in open_:
                kept.append(assumption)
                continue
            trial = view.waiving(frozenset({*waived, assumption.id}))
            if only(presumptive_outcomes(trial, logic, 1, possible)) == label:
                waived.add(assumption.id)
            else:
                kept.append(assumption)
        return tuple(kept)

    def candidates(self, view: View) -> list[Assumption]:
        """Every presumption in the rule's cone that could be at work, concepts' before its own."""
        program = view.program
        codes = [
            logic
            for name in sorted(self.code.cone.concepts)
            for _value, logic in program.concepts[name].definitions
        ]
        found = [
            Assumption(exclusion.id, "exception", exclusion.name)
            for code in (*codes, self.code.code)
            for exclusion in walk(code.exceptions)
            if exclusion.presumed != "none" and view.part(exclusion.part, False) == UNKNOWN
        ]
        atoms = [(n, program.atoms[n]) for n in sorted(self.code.cone.atoms)]
        keys = {a.key for _, a in atoms if a.presumed is not None}
        open_ = {a.key for n, a in atoms if view.atom(n, False) == UNKNOWN}
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
        kept = []
        for key in sorted(self.code.cone.keys & self.frame.known.keys(), key=_deletion_order):
            if key not in self.frame.switches:
                fewer = view.told({key: None})
                if same(fewer):
                    view = fewer
                else:
                    kept.append(key)
        return tuple((k, self.frame.known[k]) for k in sorted(kept))

    def same_answer(
        self,
        worlds: tuple[World, ...],
        default: World,
        assumes: tuple[Assumption, ...],
        found: tuple[frozenset[Need], ...],
    ) -> tuple[View, Callable[[View], bool]]:
        """The view to delete from, and the test of one deletion; the quicker, exact form where one
        is known.

        Fewer facts never make a strict value known, so a single-world answer that strict values
        give is lost or kept by them alone, and a presumed one by the presumptive pass alone.
        """
        if len(worlds) > 1:
            switches = self.few(self.base)
            same = self.labelled(self.base, switches)
            return self.base, lambda view: self.labelled(view, switches) == same
        fixed, logic = self.view(default), self.code.code
        unstaged = outcome(fixed, self.code)
        waived = frozenset(a.id for a in self.candidates(fixed)) - {a.id for a in assumes}
        # Fewer facts leave more completions.
        possible = completable(fixed, self.code, 1)

        def strictly(view: View) -> bool:
            return strict_outcome(view, logic) == unstaged

        def unsettled(view: View) -> bool:
            still = possible or completable(view, self.code, 1)
            return only(presumptive_outcomes(view, logic, 1, still)) == unstaged

        def presumptively(view: View) -> bool:
            return unsettled(view) and not self.new_assumptions(view, assumes)

        def openly(view: View) -> bool:
            return unsettled(view) and tuple(needs(view, self.code)) == found

        if unstaged == "open":
            return fixed, openly
        return (fixed.waiving(waived), presumptively) if assumes else (fixed, strictly)

    def new_assumptions(self, view: View, assumes: tuple[Assumption, ...]) -> bool:
        """Whether an answer with fewer facts leans on a presumption it did not need before."""
        known = {a.id for a in assumes}
        extra = frozenset(a.id for a in self.candidates(view)) - known
        if not extra:
            return False
        logic, possible = self.code.code, completable(view, self.code, 1)
        before, after = (
            only(presumptive_outcomes(v, logic, 1, possible)) for v in (view, view.waiving(extra))
        )
        return before != after


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
