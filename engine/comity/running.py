"""The one door to durable_rules: a Program and a Frame in, the truth of every part out.

Uses the raw module in the subset that was measured to be exact: one wide fact a run, one fixed
`sid` and `id`, single-pattern productions, at most 60 a ruleset, strata outside the engine, no
joins, no `$not`, no `Host` and so no threads of its own. An instance is not thread-safe; a
process pool is fine. The message that the engine echoes is used only for the production's name.

What is known of a frame is one whole number, the *state*: signal n has bit 2n when it is false, bit
2n + 1 when it is true, neither when it is unknown. A name is written only for durable_rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from itertools import count
from typing import NamedTuple, TypeAlias, TypeVar

from msgspec import Struct

from comity.compiling import (
    TRIGGERS,
    Clause,
    Code,
    ConceptCode,
    Exclusion,
    Program,
    RuleCode,
    Shard,
    concept_owner,
    name_of,
    rule_owners,
)
from comity.kleene import FALSE, TRUE, UNKNOWN, conjunction, disjunction, negation
from comity.model import Frame
from comity.truths import Truths, Values

_SID = "f"
_VALUES = (UNKNOWN, FALSE, TRUE)  # by the two bits of a signal

REMEMBERED_EACH = 2_000  # answers of each key, ruleset and concept

State: TypeAlias = int
Key = TypeVar("Key")
Answer = TypeVar("Answer")
_ruleset_numbers = count()


class EngineFault(Exception):
    """durable_rules answered with an error, or a rulebook contradicts itself on a frame."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Run(Struct, frozen=True):
    """What the engine found on one frame, every switch left unknown and nothing presumed.

    `parts` gives the truth (0, 1, 2) of `applies` for each active rule, of `departs` where the rule
    applies, and of its exceptions where it is departed from.
    """

    active: frozenset[str]
    parts: Mapping[int, int]


class Route(Struct, frozen=True):
    """The parts of a rule and the shards that compute them, in the order of `steps`."""

    parts: tuple[tuple[int, ...], ...]
    shards: tuple[int, ...]


class Start(Struct, frozen=True):
    """What the same triggers bring up on every frame."""

    active: frozenset[str]
    routes: tuple[Route, ...]
    shards: int
    concepts: frozenset[str]


class Stratum(NamedTuple):
    """What depends only on the strata before it: rulesets, each with its bit in
    `Program.asked_by`, and then concepts, each with its name."""

    rulesets: tuple[tuple[int, Ruleset], ...]
    concepts: tuple[tuple[str, Conclusion], ...]


class Engine:
    """Rulesets made once (each on first use), asked once a frame.

    `rulesets` is who answers: durable_rules, or `Plain` for programs that are used up fast.
    """

    def __init__(self, program: Program, rulesets: type[Ruleset] | None = None) -> None:
        made = rulesets or Ruleset
        self.program = program
        self.truths = Truths(program)
        self._states: dict[str, dict[Values, State]] = {key: {} for key in program.atoms_of_key}
        # Of each atom: false, unknown, true.
        self._atom_states = [(bit(s, False), 0, bit(s, True)) for s in program.atom_signals]
        self._starts = [(bit(signal, True), ids) for signal, ids in program.starts.items()]
        self._triggers = sum(one for one, _ids in self._starts)
        self._codes = {code.rule.id: code for code in program.rules}
        self._routes: dict[str, Route] = {}
        self._started: dict[State, Start] = {}
        after = program.concepts_after
        self._always = sum(bit(signal, True) for signal in program.always)
        bits = count()
        self._strata = tuple(
            Stratum(
                tuple((1 << next(bits), made(shard)) for shard in stratum),
                tuple((name, Conclusion(program, name)) for name in after.get(number, ())),
            )
            for number, stratum in enumerate(program.strata)
        )

    def run(self, frame: Frame) -> Run:
        """Evaluate the rules whose trigger holds, each as far as the answer so far asks for.

        Raises EngineFault if durable_rules reports an error (never seen inside the subset) or a
        concept comes out both true and false (R019).
        """
        signals = self.program.part_signal
        state = self._evaluate(self._asked_by((TRIGGERS,)), frozenset(), self._state(frame))
        start = self._start(state & self._triggers)
        state = self._evaluate(start.shards, start.concepts, state)
        routes: Iterable[Route] = start.routes
        parts: dict[int, int] = {}
        for step in range(3):
            if step:
                # Only where the rule applies; only where it is departed from.
                routes = [r for r in routes if parts[r.parts[step - 1][0]] == TRUE]
                shards = 0
                for route in routes:
                    shards |= route.shards[step]
                state = self._evaluate(shards, frozenset(), state)
            for route in routes:
                for number in route.parts[step]:
                    parts[number] = value(state, signals[number])
        return Run(start.active, parts)

    def _evaluate(self, shards: int, concepts: frozenset[str], state: State) -> State:
        """The state with the answers of some shards and the values of some concepts."""
        if not shards and not concepts:
            return state
        for stratum in self._strata:
            for one, ruleset in stratum.rulesets:
                if one & shards:
                    state |= ruleset.answer(state)
            for name, conclusion in stratum.concepts if concepts else ():
                if name in concepts:
                    state |= conclusion.answer(state)
        return state

    # ---------------------------------------------------------------- the frame

    def _state(self, frame: Frame) -> State:
        """What the facts of a frame say of the atoms; switches are left unknown."""
        state = self._always
        for key in (self._states.keys() & frame.known.keys()) - frame.switches.keys():
            values = frame.known[key].values
            found = self._states[key].get(values)
            state |= self._state_of(key, values) if found is None else found
        return state

    def _state_of(self, key: str, values: Values) -> State:
        state = 0
        for number, strict, _ in self.truths.of(key, values):
            state |= self._atom_states[number][strict]
        return kept(self._states[key], values, state)

    # ---------------------------------------------------------------- triggers and concepts

    def _start(self, held: State) -> Start:
        """The rules whose trigger holds; triggers are always known."""
        return remembered(self._started, held, self._make_start)

    def _make_start(self, held: State) -> Start:
        active = frozenset(id_ for one, ids in self._starts if held & one for id_ in ids)
        rules = [self._codes[id_] for id_ in sorted(active)]
        routes = tuple(self._route(code) for code in rules)
        concepts = frozenset(name for code in rules for name in code.cone.concepts)
        shards = self._asked_by(map(concept_owner, concepts))
        for route in routes:
            shards |= route.shards[0]
        return Start(active, routes, shards, concepts)

    def _route(self, code: RuleCode) -> Route:
        route = self._routes.get(code.rule.id)
        if route is None:
            shards = tuple(self._asked_by((owner,)) for owner in rule_owners(code.rule.id))
            route = self._routes[code.rule.id] = Route(steps(code.code), shards)
        return route

    def _asked_by(self, owners: Iterable[str]) -> int:
        shards = 0
        for owner in owners:
            shards |= self.program.asked_by.get(owner, 0)
        return shards


# --------------------------------------------------------------------------- concepts


class Conclusion:
    """A concept, worked out from its parts outside durable_rules; it remembers its answers."""

    def __init__(self, program: Program, name: str) -> None:
        self.code = program.concepts[name]
        self._part_signal = program.part_signal
        self._signals = {
            named: signal
            for (concept, named), signal in program.concept_signal.items()
            if concept == name
        }
        self._answers: dict[State, State] = {}

    def answer(self, state: State) -> State:
        """What is known of the concept's values in a state of the signals before it."""
        return remembered(self._answers, state & self._inputs, self._answer)

    def _answer(self, known: State) -> State:
        found: dict[str, int] = {}
        for named, logic in self.code.definitions:
            found[named] = max(found.get(named, FALSE), self._departure(logic, known))
        answer = 0
        for named, signal in self._signals.items():
            truth = concept_value(self.code, found, named)
            if truth != UNKNOWN:
                answer |= bit(signal, truth == TRUE)
        return answer

    def _departure(self, code: Code, known: State) -> int:
        def part(number: int) -> int:
            return value(known, self._part_signal[number])

        excepted = disjunction(effect(e, part) for e in code.exceptions)
        return conjunction((part(code.applies), part(code.departs), negation(excepted)))

    @cached_property
    def _inputs(self) -> State:
        inputs = 0
        for _value, logic in self.code.definitions:
            for number in logic.parts():
                signal = self._part_signal[number]
                inputs |= bit(signal, True) | bit(signal, False)
        return inputs


# --------------------------------------------------------------------------- durable_rules


class Ruleset:
    """A shard in durable_rules, made on first use; it remembers its answers."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self._answers: dict[State, State] = {}
        self._met: dict[State, State] = {}

    def answer(self, state: State) -> State:
        """What is known of the shard's signals in a state of those before it."""
        return remembered(self._answers, state & self._inputs, self._answer)

    def _answer(self, known: State) -> State:
        """A clause is false if one of its literals is, and a signal if all its clauses are. Only of
        the others durable_rules is asked whether they are met."""
        open_ = asked = 0
        for contrary, wanted, false in self._clauses:
            if not known & contrary:
                open_ |= false
                asked |= wanted
        return (self._false ^ open_) | self.met(known & asked)

    def met(self, state: State) -> State:
        """The signals of the shard that are true."""
        known = state & self._wanted
        if not known:
            return 0  # every clause asks for something
        return remembered(self._met, known, self._ask)

    def _ask(self, known: State) -> State:
        import durable_rules_engine as engine

        handle = self._handle
        keys = "".join([text for one, text in self._keys if known & one])
        fact = f'{{"id":"{_SID}","sid":"{_SID}","ok":true{keys}}}'
        code, offset = engine.assert_fact(handle, fact)
        found = 0
        if code not in (0, 1):  # 1: nothing matched
            raise EngineFault("R016", f"durable_rules returned code {code}")
        if code == 0:
            started = engine.start_action_for_state(handle, offset)
            message = started[1] if started is not None else None
            while message is not None:
                # {"k7_0":{"m":{...}}}: the first clause of signal 7 is met.
                found |= bit(int(message[3 : message.index("_", 3)]), True)
                message = engine.complete_and_start_action(handle, offset)
        engine.retract_fact(handle, fact)
        return found

    @cached_property
    def _handle(self) -> int:
        import durable_rules_engine

        name = f"comity_{next(_ruleset_numbers)}"
        handle: int = durable_rules_engine.create_ruleset(name, self.shard.ruleset)
        return handle

    @cached_property
    def _clauses(self) -> tuple[tuple[State, State, State], ...]:
        """For each clause: one of these and it is false, all of these and it is true, and what its
        signal is if no clause is open."""
        return tuple(
            (bits(clause, False), bits(clause, True), bit(target.signal, False))
            for target in self.shard.targets
            for clause in target.clauses
        )

    @cached_property
    def _false(self) -> State:
        return sum(bit(target.signal, False) for target in self.shard.targets)

    @cached_property
    def _wanted(self) -> State:
        return sum(one for one, _text in self._keys)

    @cached_property
    def _inputs(self) -> State:
        inputs = 0
        for contrary, wanted, _false in self._clauses:
            inputs |= contrary | wanted
        return inputs

    @cached_property
    def _keys(self) -> tuple[tuple[State, str], ...]:
        """Each literal that a clause asks for, and how it is written on the wide fact."""
        literals = {one for t in self.shard.targets for clause in t.clauses for one in clause}
        return tuple((bit(*one), f',"{name_of(*one)}":true') for one in sorted(literals))


class Plain(Ruleset):
    """The same clauses met without durable_rules, which keeps most of a ruleset's memory for as
    long as the process lives: thousands of programs that are each asked a few times need this
    (docs/decisions/0014). No answer to a case comes from here."""

    def _ask(self, known: State) -> State:
        found = 0
        for wanted, true in self._asks:
            if known & wanted == wanted:
                found |= true
        return found

    @cached_property
    def _asks(self) -> tuple[tuple[State, State], ...]:
        return tuple(
            (bits(clause, True), bit(target.signal, True))
            for target in self.shard.targets
            for clause in target.clauses
        )


def remembered(answers: dict[Key, Answer], known: Key, work: Callable[[Key], Answer]) -> Answer:
    """What follows from what is known, worked out once."""
    answer = answers.get(known)
    return kept(answers, known, work(known)) if answer is None else answer


def kept(answers: dict[Key, Answer], known: Key, answer: Answer) -> Answer:
    """The answer, remembered; memory stays flat over any number of cases."""
    if len(answers) >= REMEMBERED_EACH:
        answers.clear()
    answers[known] = answer
    return answer


def bit(signal: int, true: bool) -> State:
    return 1 << (2 * signal + true)


def bits(clause: Clause, wanted: bool) -> State:
    """The literals of a clause as they are wanted, or each the other way."""
    state = 0
    for signal, true in clause:
        state |= bit(signal, true == wanted)
    return state


def value(state: State, signal: int) -> int:
    return _VALUES[state >> 2 * signal & 3]


def steps(code: Code) -> tuple[tuple[int, ...], ...]:
    """The parts of a rule in the order in which they are asked for."""
    applies, departs, *exceptions = code.parts()
    return (applies,), (departs,), tuple(exceptions)


def effect(exclusion: Exclusion, part: Callable[[int], int]) -> int:
    """eff(e) = when(e) and not eff(each of its sub-exceptions), nothing presumed."""
    return conjunction(
        (part(exclusion.part), *(negation(effect(sub, part)) for sub in exclusion.unless))
    )


def concept_value(code: ConceptCode, values: Mapping[str, int], value: str) -> int:
    """A concept's value from its definitions' outcomes, as in the meaning of concepts."""
    found = values.get(value, FALSE)
    if value == "true" and "false" in values and set(code.concept.values) <= {"true", "false"}:
        if found == TRUE and values["false"] == TRUE:
            text = f"concept {code.concept.name} is both true and false on one frame"
            raise EngineFault("R019", text)
        if found != TRUE and values["false"] == TRUE:
            return FALSE
    if found == FALSE and not code.concept.closed:
        return UNKNOWN
    return found
