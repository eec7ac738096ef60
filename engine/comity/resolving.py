"""Run + Frame -> what each rule finds: outcome, worlds, assumptions, needs, exceptions, support.

Pure. The engine has evaluated every part with all switches unknown; what its strict values
settle is settled in every world. Only for the rest are worlds enumerated, over the switches in
the rule's own cone, and switches that change nothing are left out of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from comity.compiling import Code, Exclusion, Program, RuleCode, walk
from comity.kleene import FALSE, TRUE, UNKNOWN, disjunction
from comity.model import Frame, Known, Reading, Rule, Switch
from comity.running import Engine, EngineFault, Run, effect
from comity.worlds import (
    Facts,
    Need,
    View,
    live_keys,
    needs,
    outcome,
    outcome_of,
    strict_outcome,
)

PRESUMABLE: Final = ("presumed", "excused", "respected")
POSITIVE: Final = ("established", "presumed")
CLEAR: Final = ("respected", "excused", "moot", "not_in_play")
WORLDS: Final = 4096


@dataclass(frozen=True, slots=True)
class World:
    """One way of fixing the switches that matter to a finding, and the outcome there."""

    setting: tuple[tuple[str, str], ...]  # (switch name, value), sorted
    outcome: str


@dataclass(frozen=True, slots=True)
class Assumption:
    """What a presumed answer takes for granted: no exception, or a standing presumption."""

    id: str
    kind: str  # "exception" | "presumption"
    key: str  # the presumed key, or the exception's name


@dataclass(frozen=True, slots=True)
class ExceptionState:
    """How an exception stands: holds | absent | presumed_absent | presumed_present | unknown."""

    id: str
    name: str
    cite: str
    text: str
    state: str


@dataclass(frozen=True, slots=True)
class Judged:
    """One rule on one frame."""

    rule: Rule
    frame: Frame
    outcome: str
    worlds: tuple[World, ...] = ()
    assumes: tuple[Assumption, ...] = ()
    needs: tuple[frozenset[Need], ...] = ()
    exceptions: tuple[ExceptionState, ...] = ()
    because: tuple[tuple[str, Known], ...] = ()
    switches: tuple[Switch, ...] = ()


def judge(
    engine: Engine, frame: Frame, readings: Mapping[str, Reading], *, explain: bool = True
) -> tuple[Judged, ...]:
    """Every rule whose trigger the frame meets, in order of rule id, `not_in_play` included.

    With `explain` false only the outcome, worlds and assumptions are worked out.
    Raises EngineFault as `Engine.run` does, and for more than 4,096 worlds on one rule.
    """
    run = engine.run(frame)
    base: Facts = {k: v.values for k, v in frame.known.items() if k not in frame.switches}
    return tuple(
        _Resolver(engine.program, frame, base, code, readings).judged(run, explain)
        for code in engine.program.rules
        if code.rule.id in run.active
    )


class _Resolver:
    """Works out one rule on one frame."""

    def __init__(
        self,
        program: Program,
        frame: Frame,
        base: Facts,
        code: RuleCode,
        readings: Mapping[str, Reading],
    ) -> None:
        self.program = program
        self.frame = frame
        self.base = base
        self.code = code
        self.switches = switches_of(code, frame, readings)

    def judged(self, run: Run, explain: bool) -> Judged:
        settled = self.settled(run)
        if settled:
            worlds: tuple[World, ...] = (World((), settled),)
        else:
            worlds = self.worlds(self.base)
        total, shown, default = aggregate(worlds, self.default_setting(worlds))
        answer = Judged(self.code.rule, self.frame, total)
        if total == "moot":
            return answer
        view = self.view(default)
        assumes = self.assumes(view, default, self.program) if total != "not_in_play" else ()
        if not explain:
            return _with(answer, shown, assumes, switches=self.used(shown))
        found = tuple(needs(view, self.code)) if total == "open" else ()
        return _with(
            answer,
            shown,
            assumes,
            found,
            exception_states(self.code.code, view),
            self.because(total, shown, default, assumes, found),
            self.used(shown),
        )

    # ------------------------------------------------------------ outcome and worlds

    def settled(self, run: Run) -> str:
        """The outcome that strict values decide whatever the switches say, else ""."""
        logic = self.code.code
        applies, departs = run.strict[logic.applies], run.strict[logic.departs]
        excepted = disjunction(effect(e, run.strict.__getitem__, False) for e in logic.exceptions)
        return self.staged(outcome_of(applies, departs, excepted))

    def worlds(self, base: Facts) -> tuple[World, ...]:
        """The outcome in each world over the switches that can matter; those that do not are left
        out of the answer."""
        live = live_keys(View(self.program, base), self.code)
        switches = tuple(s for s in self.switches if s.key in live)
        names = [s.name for s in switches]
        table: dict[tuple[str, ...], str] = {}
        for setting in self.settings(switches):
            facts = {**base, **{s.key: (v,) for s, v in zip(switches, setting, strict=True)}}
            table[setting] = self.staged(outcome(View(self.program, facts), self.code))
        kept = [
            i for i in range(len(names)) if any(_differs(table, setting, i) for setting in table)
        ]
        worlds: dict[tuple[tuple[str, str], ...], str] = {}
        for setting, label in table.items():
            worlds[tuple(sorted((names[i], setting[i]) for i in kept))] = label
        return tuple(World(s, label) for s, label in sorted(worlds.items()))

    def settings(self, switches: tuple[Switch, ...]) -> Iterable[tuple[str, ...]]:
        count = 1
        for switch in switches:
            count *= len(switch.values)
        if count > WORLDS:
            text = f"rule {self.code.rule.id} depends on {count} worlds; at most {WORLDS}"
            raise EngineFault("R016", text)
        return product(*(s.values for s in switches))

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

    def view(self, world: World, waived: frozenset[str] = frozenset()) -> View:
        return View(self.program, {**self.base, **self.facts_of(world)}, waived)

    def facts_of(self, world: World) -> dict[str, tuple[str, ...]]:
        """A world's switches; those that make no difference stand at their default."""
        chosen = dict(world.setting)
        return {s.key: (chosen.get(s.name, s.default),) for s in self.switches}

    def used(self, worlds: tuple[World, ...]) -> tuple[Switch, ...]:
        names = {name for world in worlds for name, _ in world.setting}
        return tuple(s for s in self.switches if s.name in names)

    # ------------------------------------------------------------ assumptions

    def assumes(self, view: View, world: World, program: Program) -> tuple[Assumption, ...]:
        """The presumptions that the outcome of the default (or first presumed) world needs."""
        label = outcome(view, self.code)
        if strict_outcome(view, self.code.code) or label not in PRESUMABLE:
            return ()
        waived: set[str] = set()
        kept = []
        for assumption in self.candidates(view):
            trial = self.view(world, frozenset({*waived, assumption.id}))
            if outcome(trial, self.code) == label:
                waived.add(assumption.id)
            else:
                kept.append(assumption)
        return tuple(kept)

    def candidates(self, view: View) -> list[Assumption]:
        """Every presumption in the rule's cone that could be at work, concepts' before its own."""
        codes = [
            logic
            for n in sorted(self.code.cone.concepts)
            for _v, logic in self.program.concepts[n].definitions
        ]
        found = []
        for code in (*codes, self.code.code):
            for exclusion in walk(code.exceptions):
                if exclusion.presumed != "none" and view.part(exclusion.part, False) == UNKNOWN:
                    found.append(Assumption(exclusion.id, "exception", exclusion.name))
        keys = sorted(
            {
                self.program.atoms[n].key
                for n in self.code.cone.atoms
                if self.program.atoms[n].presumed is not None
            }
        )
        found.extend(Assumption(k, "presumption", k) for k in keys if self._unknown(view, k))
        return found

    def _unknown(self, view: View, key: str) -> bool:
        return any(
            view.atom(n, False) == UNKNOWN
            for n in self.program.atoms_of_key.get(key, ())
            if n in self.code.cone.atoms
        )

    # ------------------------------------------------------------ support

    def because(
        self,
        total: str,
        worlds: tuple[World, ...],
        default: World,
        assumes: tuple[Assumption, ...],
        found: tuple[frozenset[Need], ...],
    ) -> tuple[tuple[str, Known], ...]:
        """A smallest set of known keys that gives the same answer: greedy deletion.

        "The same answer" is the outcome with what it assumes, needs and says per world.
        """
        same = self.same_answer(total, worlds, default, assumes, found)
        facts = {k: v for k, v in self.base.items() if k in self.code.cone.keys}
        for key in sorted(facts, key=_deletion_order):
            fewer = {k: v for k, v in facts.items() if k != key}
            if same(fewer):
                facts = fewer
        return tuple((k, self.frame.known[k]) for k in sorted(facts))

    def same_answer(
        self,
        total: str,
        worlds: tuple[World, ...],
        default: World,
        assumes: tuple[Assumption, ...],
        found: tuple[frozenset[Need], ...],
    ) -> Callable[[Facts], bool]:
        """The test for one deletion; the quicker, exact form where one is known.

        Fewer facts never make a strict value known, so a single-world answer that strict values
        give is lost or kept by them alone, and a presumed one by the presumptive pass alone.
        """
        logic = self.code.code
        if len(worlds) > 1:
            return lambda facts: self.worlds(facts) == worlds
        fixed = self.facts_of(default)
        unstaged = outcome(self.view(default), self.code)

        def strictly(facts: Facts) -> bool:
            view = View(self.program, {**facts, **fixed})
            return strict_outcome(view, logic) == unstaged

        waived = frozenset(a.id for a in self.candidates(self.view(default))) - {
            a.id for a in assumes
        }

        def presumptively(facts: Facts) -> bool:
            view = View(self.program, {**facts, **fixed}, waived)
            return outcome(view, self.code) == unstaged and not self.new_assumptions(view, assumes)

        def openly(facts: Facts) -> bool:
            view = View(self.program, {**facts, **fixed})
            return outcome(view, self.code) == "open" and tuple(needs(view, self.code)) == found

        if unstaged == "open":
            return openly
        if assumes:
            return presumptively
        return strictly

    def new_assumptions(self, view: View, assumes: tuple[Assumption, ...]) -> bool:
        """Whether an answer with fewer facts leans on a presumption it did not need before."""
        known = {a.id for a in assumes}
        extra = frozenset(a.id for a in self.candidates(view)) - known
        if not extra:
            return False
        trial = View(self.program, view.facts, view.waived | extra)
        return outcome(trial, self.code) != outcome(view, self.code)


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


def _differs(table: Mapping[tuple[str, ...], str], setting: tuple[str, ...], index: int) -> bool:
    """Whether changing one switch alone changes the outcome at this setting."""
    label = table[setting]
    return any(
        other != label
        for key, other in table.items()
        if key[index] != setting[index]
        and key[:index] == setting[:index]
        and key[index + 1 :] == setting[index + 1 :]
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


def _with(
    answer: Judged,
    worlds: tuple[World, ...],
    assumes: tuple[Assumption, ...],
    found: tuple[frozenset[Need], ...] = (),
    exceptions: tuple[ExceptionState, ...] = (),
    because: tuple[tuple[str, Known], ...] = (),
    switches: tuple[Switch, ...] = (),
) -> Judged:
    return Judged(
        answer.rule,
        answer.frame,
        answer.outcome,
        worlds,
        assumes,
        found,
        exceptions,
        because,
        switches,
    )


def reconsider(
    program: Program,
    code: RuleCode,
    frame: Frame,
    changed: Facts,
    readings: Mapping[str, Reading],
) -> str:
    """The outcome of one rule on a frame with some keys set otherwise, over all worlds."""
    base = {k: v.values for k, v in frame.known.items() if k not in frame.switches}
    resolver = _Resolver(program, frame, {**base, **changed}, code, readings)
    worlds = resolver.worlds(resolver.base)
    return aggregate(worlds, resolver.default_setting(worlds))[0]
