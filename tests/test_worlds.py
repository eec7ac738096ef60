"""Many worlds and changes at once against one at a time, on random rules."""

from __future__ import annotations

import random
from itertools import product

from comity.compiling import Node
from comity.kleene import conjunction, disjunction, negation
from comity.model import Frame, Known, Logic, Switch
from comity.resolving import choices, judge, needed, split
from comity.running import Engine
from comity.truths import Truths
from comity.views import Facts, View
from comity.worlds import outcomes
from tests.test_running import (
    KEYS,
    VALUES,
    concept,
    program,
    random_condition,
    random_facts,
    random_logic,
    rule,
)


def random_change(r: random.Random) -> Facts:
    """Answers to some keys, some of them partly known, and others taken away."""
    keys = r.sample(KEYS[2:], r.randint(0, 3))
    return {key: r.choice((None, ("a",), ("b",), ("c",), ("a", "c"))) for key in keys}


def test_what_is_worked_out_together_is_what_each_gives_alone() -> None:
    r = random.Random(21)
    sure = 0
    switches = [Switch(key, key, VALUES, "a") for key in KEYS[:2]]
    for _ in range(25):
        concepts = [concept("act.c0", {"true": random_logic(r)}, closed=r.random() < 0.5)]
        made = program([rule(f"r{n}", random_logic(r, ("act.c0",))) for n in range(8)], concepts)
        truths = Truths(made)
        for code in made.rules:
            facts = {k: v for k, v in random_facts(r).items() if k not in KEYS[:2]}
            base = View(truths, {"act.type": ("t",), **facts}).of(code, {})
            changes = [random_change(r) for _ in range(6)]
            spread = base.spread((changes, *choices(switches)))
            found = split(outcomes(spread, code, search=False), len(changes), 9)
            for change, labels in zip(changes, found, strict=True):
                told = base.told(change)
                alone = {
                    k: v for k, v in outcomes(told.spread(choices(switches)), code).items() if v
                }
                assert all(not worlds & ~alone.get(k, 0) for k, worlds in labels.items())
                sure += labels == alone
                for world, values in enumerate(product(VALUES, VALUES)):
                    settled = told.told({k: (v,) for k, v in zip(KEYS, values, strict=False)})
                    (label,) = (name for name, at in outcomes(settled, code).items() if at)
                    assert alone[label] >> world & 1
    assert sure > 500  # of 1200; the others are looked at alone


def test_a_changed_frame_is_judged_as_the_finding_says_it_would_be() -> None:
    r = random.Random(24)
    compared = 0
    for _ in range(25):
        made = program([rule(f"r{n}", random_logic(r)) for n in range(8)])
        engine = Engine(made)
        for _ in range(4):
            facts = {"act.type": ("t",), **random_facts(r)}
            changes = [random_change(r) for _ in range(4)]
            again = {one.rule.id: one.again(changes) for one in judge(engine, framed(facts), {})}
            for number, change in enumerate(changes):
                for one in judge(engine, framed({**facts, **change}), {}):
                    assert again[one.rule.id][number] == one.outcome
                    compared += 1
    assert compared == 25 * 8 * 4 * 4


def framed(facts: Facts) -> Frame:
    """A frame with two judgements left open."""
    known = {k: Known(v) for k, v in facts.items() if v is not None and k not in KEYS[:2]}
    switches = {key: Switch(key, key, VALUES, "a") for key in KEYS[:2]}
    return Frame("f", "f", "m", "t", "done", False, known, switches=switches)


def test_a_part_is_the_same_in_every_world() -> None:
    r = random.Random(22)
    for _ in range(20):
        made = program([rule(f"r{n}", Logic(random_condition(r, 3))) for n in range(10)])
        truths = Truths(made)
        for code in made.rules:
            base = View(truths, {"act.type": ("t",), **random_facts(r)}).of(code, {})
            changes = [random_change(r) for _ in range(5)]
            number = code.code.applies
            for presumptive in (False, True):
                true, false = base.spread((changes,)).part_pair(number, presumptive)
                for world, change in enumerate(changes):
                    value = base.told(change).part(number, presumptive)
                    assert value == 1 + (true >> world & 1) - (false >> world & 1)


def test_what_is_presumed_of_a_part_is_what_is_presumed_of_its_atoms() -> None:
    r = random.Random(25)

    def value(view: View, node: Node) -> int:
        match node[0]:
            case "a":
                return view.atom(node[1], True)
            case "!":
                return negation(value(view, node[1]))
            case "c":
                ((_true, logic),) = view.program.concepts[node[1]].definitions
                parts = (value(view, view.program.parts[n]) for n in logic.parts())
                return conjunction(parts)
            case sign:
                parts = (value(view, child) for child in node[1])
                return conjunction(parts) if sign == "&" else disjunction(parts)

    differ = 0
    for _ in range(20):
        concepts = [concept("act.c0", {"true": Logic(random_condition(r, 2))})]
        made = program(
            [rule(f"r{n}", Logic(random_condition(r, 3, ("act.c0",)))) for n in range(10)], concepts
        )
        for code in made.rules:
            view = View(Truths(made), {"act.type": ("t",), **random_facts(r)})
            part = code.code.applies
            assert view.part(part, True) == value(view, made.parts[part])
            differ += view.part(part, True) != view.part(part, False)
    assert differ > 5


def test_deleting_many_at_once_is_deleting_one_after_the_other() -> None:
    r = random.Random(23)
    for _ in range(300):
        keys = [f"k{n}" for n in range(r.randint(0, 9))]
        # Not monotone: some deletions are allowed only with others, and some only without.
        wrong = [set(r.sample(keys, r.randint(1, min(3, len(keys))))) for _ in keys]
        saved = [set(r.sample(keys, r.randint(1, len(keys)))) for _ in keys]
        limits = list(zip(wrong, saved, strict=True))

        def same(gone: Facts, limits=limits) -> bool:
            return not any(w <= {*gone} and not s <= {*gone} for w, s in limits)

        kept, gone = [], {}
        for key in keys:
            if same({**gone, key: None}):
                gone[key] = None
            else:
                kept.append(key)
        for most in (1, 3, 9):
            assert needed(keys, lambda trials, n=most: [same(t) for t in trials][:n]) == kept
