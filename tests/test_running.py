"""The real engine against the evaluator of one world, on random conditions and concepts."""

from __future__ import annotations

import random

import pytest

from comity.compiling import Program, compile_rulebook
from comity.kleene import TRUE
from comity.model import (
    All,
    AnyOf,
    Atom,
    Carveout,
    Concept,
    ConceptIs,
    Condition,
    Definition,
    Frame,
    Known,
    Logic,
    Norm,
    Not,
    Rule,
    Rulebook,
)
from comity.running import Engine, EngineFault, steps
from comity.truths import Truths
from comity.views import View

KEYS = [f"act.k{n}" for n in range(8)]
VALUES = ("a", "b", "c")
TRIGGER = ((Atom("act.type", frozenset({"t"})),),)


def rule(name: str, logic: Logic) -> Rule:
    norm = Norm("receiving_state", "must_not", "sending_state")
    return Rule(name, "VCDR 0", "departure", name, norm, ("treaty",), TRIGGER, logic, "text")


def concept(name: str, definitions: dict[str, Logic], closed: bool = True) -> Concept:
    made = tuple(Definition(name, value, logic) for value, logic in definitions.items())
    return Concept(name, name, "VCDR 0", tuple(definitions), made, closed)


def program(rules: list[Rule], concepts: list[Concept] | None = None) -> Program:
    book = Rulebook(tuple(rules), tuple(concepts or ()), {}, {}, ())
    made, problems = compile_rulebook(book, dict.fromkeys(KEYS, VALUES))
    assert made is not None, problems
    return made


def frame(facts: dict[str, tuple[str, ...]]) -> Frame:
    known = {key: Known(values) for key, values in {"act.type": ("t",), **facts}.items()}
    return Frame("f", "f", "m", "t", "done", False, known)


def random_condition(r: random.Random, depth: int, concepts: tuple[str, ...] = ()) -> Condition:
    kind = r.random()
    if depth == 0 or kind < 0.25:
        if concepts and r.random() < 0.5:
            return ConceptIs(r.choice(concepts), "true")
        presumed = frozenset({"a"}) if r.random() < 0.2 else None
        return Atom(r.choice(KEYS), frozenset(r.sample(VALUES, r.randint(1, 2))), presumed)
    if kind < 0.4:
        return Not(random_condition(r, depth - 1, concepts))
    parts = tuple(random_condition(r, depth - 1, concepts) for _ in range(r.randint(1, 4)))
    return All(parts) if kind < 0.7 else AnyOf(parts)


def random_facts(r: random.Random) -> dict[str, tuple[str, ...]]:
    return {
        key: tuple(sorted(r.sample(VALUES, r.choice((1, 1, 2)))))
        for key in KEYS
        if r.random() < 0.7
    }


def random_logic(r: random.Random, concepts: tuple[str, ...] = ()) -> Logic:
    def carveout(name: str, depth: int) -> Carveout:
        unless = (carveout("sub", 0),) if depth and r.random() < 0.5 else ()
        presumed = r.choice(("absent", "present", "none"))
        return Carveout(name, random_condition(r, 1, concepts), presumed, unless=unless)

    return Logic(
        random_condition(r, 3, concepts),
        random_condition(r, 2, concepts),
        tuple(carveout(f"e{n}", 1) for n in range(r.randint(0, 2))),
    )


def agree(made: Program, engine: Engine, facts: dict[str, tuple[str, ...]]) -> None:
    """Every part that is asked for has the same value by the engine and by the plain evaluator."""
    run = engine.run(frame(facts))
    view = View(Truths(made), {"act.type": ("t",), **facts})
    assert run.active == {code.rule.id for code in made.rules}
    for code in made.rules:
        asked = True
        for step in steps(code.code):
            for number in step if asked else ():
                assert run.parts[number] == view.part(number, False), code.rule
            asked = asked and view.part(step[0], False) == TRUE if step else False


def test_two_thousand_random_conditions() -> None:
    r = random.Random(11)
    for _ in range(40):
        rules = [rule(f"r{n}", Logic(random_condition(r, 3))) for n in range(50)]
        made = program(rules)
        engine = Engine(made)
        for _ in range(5):
            agree(made, engine, random_facts(r))


def test_rules_with_exceptions_and_concepts_in_strata() -> None:
    r = random.Random(12)
    for _ in range(30):
        names: tuple[str, ...] = ()
        concepts = []
        for level in range(4):
            name = f"act.c{level}"
            logic = random_logic(r, names)
            concepts.append(concept(name, {"true": logic}, closed=r.random() < 0.5))
            names = (*names, name)
        made = program([rule(f"r{n}", random_logic(r, names)) for n in range(15)], concepts)
        engine = Engine(made)
        for _ in range(10):
            agree(made, engine, random_facts(r))


def test_a_chain_of_concepts_takes_as_many_strata() -> None:
    first = {"true": Logic(Atom(KEYS[0], frozenset({"a"})))}
    chain = [concept("act.c0", first)]
    for n in range(1, 12):
        chain.append(concept(f"act.c{n}", {"true": Logic(Not(ConceptIs(f"act.c{n - 1}", "true")))}))
    made = program([rule("r", Logic(ConceptIs("act.c11", "true")))], chain)
    part = made.rules[0].code.applies
    engine = Engine(made)
    for facts, value in (({KEYS[0]: ("a",)}, 0), ({KEYS[0]: ("b",)}, 2), ({}, 1)):
        assert engine.run(frame(facts)).parts[part] == value


def test_the_order_of_frames_changes_nothing() -> None:
    """What the engine remembers of one frame must not leak into the next."""
    r = random.Random(13)
    made = program([rule(f"r{n}", random_logic(r)) for n in range(60)])
    frames = [frame(random_facts(r)) for _ in range(40)]
    engine = Engine(made)
    forth = [engine.run(f) for f in frames]
    back = [engine.run(f) for f in reversed(frames)]
    assert forth == back[::-1]
    assert [Engine(made).run(f) for f in frames[:5]] == forth[:5]


def test_a_frame_of_another_type_wakes_no_rule() -> None:
    made = program([rule("r", Logic(Atom(KEYS[0], frozenset({"a"}))))])
    other = Frame("f", "f", "m", "u", "done", False, {"act.type": Known(("u",))})
    assert Engine(made).run(other).active == frozenset()


def test_concepts_in_a_cycle_are_refused() -> None:
    loop = [
        concept("act.x", {"true": Logic(ConceptIs("act.y", "true"))}),
        concept("act.y", {"true": Logic(ConceptIs("act.x", "true"))}),
    ]
    book = Rulebook((rule("r", Logic(ConceptIs("act.x", "true"))),), tuple(loop), {}, {}, ())
    made, problems = compile_rulebook(book, {})
    assert made is None
    assert [p.code for p in problems] == ["R014"]


def test_a_concept_both_true_and_false_is_a_fault() -> None:
    yes = Logic(Atom(KEYS[0], frozenset({"a"})))
    both = concept("act.x", {"true": yes, "false": yes})
    made = program([rule("r", Logic(ConceptIs("act.x", "true")))], [both])
    with pytest.raises(EngineFault, match="both true and false") as fault:
        Engine(made).run(frame({KEYS[0]: ("a",)}))
    assert fault.value.code == "R019"


@pytest.mark.parametrize("count", [60, 61, 200])
def test_a_condition_of_many_alternatives(count: int) -> None:
    """durable_rules gives up where 65 patterns match one fact: so many never meet in a ruleset."""
    keys = [f"act.q{n}" for n in range(count)]
    any_of = AnyOf(tuple(Atom(key, frozenset({"a"})) for key in keys))
    made = program([rule("r", Logic(any_of))])
    part, engine = made.rules[0].code.applies, Engine(made)
    all_known = dict.fromkeys(keys, ("b",))
    for facts, value in (
        (dict.fromkeys(keys, ("a",)), 2),
        ({**all_known, keys[-1]: ("a",)}, 2),
        ({keys[0]: ("a",)}, 2),
        (dict.fromkeys(keys[1:], ("b",)), 1),
        (all_known, 0),
    ):
        assert engine.run(frame(facts)).parts[part] == value
