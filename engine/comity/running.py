"""The one door to durable_rules: a Program and a Frame in, the truth of every part out.

Uses the raw module in the subset that was measured to be exact: one wide fact a run, one fixed
`sid` and `id`, single-pattern productions, at most 60 a ruleset, strata outside the engine, no
joins, no `$not`, no `Host` and so no threads of its own. An instance is not thread-safe; a
process pool is fine. The message that the engine echoes is used only for the production's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import TypeAlias

from msgspec import Struct

from comity.compiling import (
    Code,
    ConceptCode,
    Exclusion,
    Program,
    Shard,
    concept_owner,
    name_of,
    rule_owners,
)
from comity.kleene import FALSE, TRUE, UNKNOWN, conjunction, disjunction, negation
from comity.model import Frame
from comity.truths import REMEMBERED, Truths, Values

_SID = "f"

Stratum: TypeAlias = tuple[tuple[Shard, ...], tuple[ConceptCode, ...]]
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


class Engine:
    """Rulesets made once (each on first use), asked once a frame."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.truths = Truths(program)
        self._handles: dict[str, int] = {}
        self._answers: dict[tuple[str, frozenset[str]], tuple[str, ...]] = {}
        self._names: dict[tuple[str, Values], tuple[str, ...]] = {}
        # The names of each atom: false, unknown (none), true.
        self._named = [(name_of(s, False), "", name_of(s, True)) for s in program.atom_signals]
        self._started: dict[tuple[tuple[str, ...], ...], frozenset[str]] = {}
        self._plans: dict[frozenset[str], tuple[Stratum, ...]] = {}
        self._values_of: dict[str, tuple[str, ...]] = {}
        for concept, value in sorted(program.concept_signal):
            self._values_of[concept] = (*self._values_of.get(concept, ()), value)

    def run(self, frame: Frame) -> Run:
        """Evaluate the rules whose trigger holds, each as far as the answer so far asks for.

        Raises EngineFault if durable_rules reports an error (never seen inside the subset) or a
        concept comes out both true and false (R019).
        """
        present = self._present(frame)
        active = self._active(present)
        rules = [code for code in self.program.rules if code.rule.id in active]
        concepts = {concept_owner(name) for code in rules for name in code.cone.concepts}
        done: set[str] = set()
        parts: dict[int, int] = {}
        for step in range(3):
            owners = {rule_owners(code.rule.id)[step] for code in rules}
            self._evaluate(frozenset(owners if step else owners | concepts), present, done)
            for code in rules:
                for number in steps(code.code)[step]:
                    parts[number] = _value(self.program.part_signal[number], present)
            if step < 2:
                rules = [code for code in rules if parts[steps(code.code)[step][0]] == TRUE]
        return Run(active, parts)

    def _evaluate(self, owners: frozenset[str], present: set[str], done: set[str]) -> None:
        """Add to `present` what these owners ask for; `done` are the shards evaluated before."""
        for shards, concepts in self._plan(owners) if owners else ():
            for shard in shards:
                if shard.name not in done:
                    done.add(shard.name)
                    present.update(self._answer(shard, present))
            for concept in concepts:
                present.update(self._concept(concept, present))

    # ---------------------------------------------------------------- the wide fact

    def _present(self, frame: Frame) -> set[str]:
        """The names that are true on the frame; an unknown atom has none."""
        present: set[str] = set()
        atoms = self.program.atoms_of_key
        for key, known in frame.known.items():
            if key in atoms and key not in frame.switches:
                present.update(self._names_of(key, known.values))
        return present

    def _names_of(self, key: str, values: Values) -> tuple[str, ...]:
        cached = self._names.get((key, values))
        if cached is None:
            if len(self._names) > REMEMBERED:
                self._names.clear()
            cached = self._names[key, values] = tuple(
                self._named[number][strict]
                for number, strict, _ in self.truths.of(key, values)
                if strict != UNKNOWN
            )
        return cached

    # ---------------------------------------------------------------- triggers and strata

    def _active(self, present: set[str]) -> frozenset[str]:
        """The rules whose trigger holds; triggers are always known."""
        answers = tuple(self._answer(shard, present) for shard in self.program.triggers)
        active = self._started.get(answers)
        if active is None:
            held = {name for answer in answers for name in answer}
            targets = (target for shard in self.program.triggers for target in shard.targets)
            started = (t.owners for t in targets if name_of(t.signal, True) in held)
            if len(self._started) > REMEMBERED:
                self._started.clear()
            active = self._started[answers] = frozenset().union(*started)
        return active

    def _plan(self, owners: frozenset[str]) -> tuple[Stratum, ...]:
        """By stratum, the shards and then the concepts that some owner asks for."""
        plan = self._plans.get(owners)
        if plan is None:
            program = self.program
            if len(self._plans) > REMEMBERED:
                self._plans.clear()
            plan = self._plans[owners] = tuple(
                (
                    tuple(shard for shard in stratum if not owners.isdisjoint(shard.owners)),
                    tuple(
                        program.concepts[name]
                        for name in program.concepts_after.get(number, ())
                        if concept_owner(name) in owners
                    ),
                )
                for number, stratum in enumerate(program.strata)
            )
        return plan

    def _concept(self, code: ConceptCode, present: set[str]) -> list[str]:
        """A concept's values from its parts: outside the engine, between two strata."""
        values: dict[str, int] = {}
        for value, logic in code.definitions:
            values[value] = max(values.get(value, FALSE), self._departure(logic, present))
        names: list[str] = []
        for value in self._values_of.get(code.concept.name, ()):
            signal = self.program.concept_signal[code.concept.name, value]
            names.extend(_name(signal, concept_value(code, values, value)))
        return names

    def _departure(self, code: Code, present: set[str]) -> int:
        def part(number: int) -> int:
            return _value(self.program.part_signal[number], present)

        excepted = disjunction(effect(e, part) for e in code.exceptions)
        return conjunction((part(code.applies), part(code.departs), negation(excepted)))

    # ---------------------------------------------------------------- durable_rules

    def _answer(self, shard: Shard, present: set[str]) -> tuple[str, ...]:
        """The names of the shard's signals that are known on the frame, remembered by the names
        that go in."""
        names = shard.names & present
        answer = self._answers.get((shard.name, names))
        if answer is None:
            answer = tuple(_found(shard, self._ask(self._handle(shard), names)))
            if len(self._answers) > REMEMBERED:
                self._answers.clear()
            self._answers[shard.name, names] = answer
        return answer

    def _handle(self, shard: Shard) -> int:
        handle = self._handles.get(shard.name)
        if handle is None:
            import durable_rules_engine

            name = f"comity_{next(_ruleset_numbers)}"
            handle = durable_rules_engine.create_ruleset(name, shard.ruleset)
            self._handles[shard.name] = handle
        return handle

    @staticmethod
    def _ask(handle: int, names: frozenset[str]) -> list[str]:
        """The names of the productions that match."""
        import durable_rules_engine as engine

        keys = "".join(f',"{name}":true' for name in sorted(names))
        fact = f'{{"id":"{_SID}","sid":"{_SID}","ok":true{keys}}}'
        code, state = engine.assert_fact(handle, fact)
        fired: list[str] = []
        if code not in (0, 1):  # 1: nothing matched
            raise EngineFault("R016", f"durable_rules returned code {code}")
        if code == 0:
            started = engine.start_action_for_state(handle, state)
            message = started[1] if started is not None else None
            while message is not None:
                # {"k7_0":{"m":{...}}}: the production's name is all that is wanted of it.
                fired.append(message[2 : message.index('"', 2)])
                message = engine.complete_and_start_action(handle, state)
        engine.retract_fact(handle, fact)
        return fired


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


def _name(signal: int, value: int) -> tuple[str, ...]:
    return () if value == UNKNOWN else (name_of(signal, value == TRUE),)


def _value(signal: int, present: set[str]) -> int:
    if name_of(signal, True) in present:
        return TRUE
    return FALSE if name_of(signal, False) in present else UNKNOWN


def _found(shard: Shard, fired: Iterable[str]) -> Iterator[str]:
    """K fired: true. Only P fired: unknown. Neither: false."""
    true: set[int] = set()
    possible: set[int] = set()
    for production in fired:  # k7_0: the first clause of signal 7 is met; p7_0: it can still be
        signal = int(production[1 : production.index("_")])
        (true if production[0] == "k" else possible).add(signal)
    for target in shard.targets:
        if target.signal in true or target.signal not in possible:
            yield name_of(target.signal, target.signal in true)
