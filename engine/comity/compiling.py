"""Rulebook -> Program: numbered atoms, numbered parts, strata of shards. Plain data only.

What reaches durable_rules later is never a value: an atom that is true on a frame becomes the
key `t7`, one that is false `f7`, an unknown one nothing. Every condition of a rule (a *part*) is
brought into clauses of such literals; a part is true if some clause has all its literals true: that
is a production over one wide fact. It is false if every clause has some literal false, and one
literal is a key of the fact already: for that no production is needed.

Nested alternatives that would multiply out become signals of their own in an earlier stratum,
so the number of productions stays in proportion to the text of the rules.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any, TypeAlias

from msgspec import Struct, field

from comity.conditions import conditions_of
from comity.model import (
    All,
    AnyOf,
    Atom,
    Carveout,
    Concept,
    ConceptIs,
    Condition,
    Logic,
    Not,
    Presumed,
    Rule,
    Rulebook,
)
from comity.problems import Problem, problem

SHARD_PRODUCTIONS = 60
SHARD_NAMES = 240
TRIGGERS = "triggers"  # who asks for what starts a rule
CLAUSES = 12  # alternatives of one conjunction before its largest disjunction gets its own signal

# A node is a condition with its atoms numbered: ("a", n) | ("c", concept, value) | ("!", node)
# | ("&" or "|", nodes). Tuples, because the resolver walks them many times.
Node: TypeAlias = tuple[Any, ...]
Literal_: TypeAlias = tuple[int, bool]  # (signal, wanted true?)
Clause: TypeAlias = frozenset[Literal_]


class Exclusion(Struct, frozen=True):
    """A numbered `Carveout`: `part` is its `when`."""

    id: str  # "rule-id/consent" or "rule-id/consent/revoked"
    name: str
    part: int
    presumed: Presumed
    unless: tuple[Exclusion, ...]
    source: Carveout


class Code(Struct, frozen=True):
    """A numbered `Logic`."""

    applies: int
    departs: int
    exceptions: tuple[Exclusion, ...]

    def parts(self) -> tuple[int, ...]:
        return (self.applies, self.departs, *(e.part for e in walk(self.exceptions)))


class Cone(Struct, frozen=True):
    """Everything a rule can depend on."""

    atoms: frozenset[int]
    keys: frozenset[str]
    concepts: frozenset[str]
    readings: tuple[str, ...]  # keys `reading.x`, sorted


class RuleCode(Struct, frozen=True):
    rule: Rule
    trigger: tuple[tuple[int, ...], ...]
    code: Code
    cone: Cone


class ConceptCode(Struct, frozen=True):
    concept: Concept
    definitions: tuple[tuple[str, Code], ...]  # (value, code)


class Target(Struct, frozen=True):
    """A signal computed by productions: its number, its clauses, and who needs it."""

    signal: int
    clauses: tuple[Clause, ...]
    owners: frozenset[str]


class Shard(Struct, frozen=True):
    """At most `SHARD_PRODUCTIONS` productions over at most `SHARD_NAMES` names."""

    name: str
    targets: tuple[Target, ...]
    ruleset: str  # JSON for durable_rules


class Program(Struct, frozen=True):
    """A rulebook ready to run. `part_signal[n]`: the signal that carries the truth of part n.

    `asked_by` gives for each owner the shards that compute what it needs: bit n stands for the
    n-th shard of all strata.
    """

    rules: tuple[RuleCode, ...]
    concepts: Mapping[str, ConceptCode]
    concept_order: tuple[str, ...]
    atoms: tuple[Atom, ...]
    atoms_of_key: Mapping[str, tuple[int, ...]]
    atom_signals: tuple[int, ...]
    parts: tuple[Node, ...]
    part_signal: tuple[int, ...]
    concept_signal: Mapping[tuple[str, str], int]
    concepts_after: Mapping[int, tuple[str, ...]]  # stratum -> concepts complete after it
    starts: Mapping[int, tuple[str, ...]]  # signal -> the rules that it starts
    strata: tuple[tuple[Shard, ...], ...]
    always: tuple[int, ...]  # signals of what asks for nothing: true on every frame
    asked_by: Mapping[str, int]
    domains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


Owners: TypeAlias = tuple[str, str, str]  # of applies, of departs, of the exceptions


def rule_owners(rule: str) -> Owners:
    """Who asks for the parts of a rule: departs is looked at only where the rule applies, and its
    exceptions only where it is departed from. Parts that are asked for together stand together."""
    return f"applies:{rule}", f"departs:{rule}", f"except:{rule}"


def concept_owner(concept: str) -> str:
    return f"concept:{concept}"


def walk(exclusions: Iterable[Exclusion]) -> Iterable[Exclusion]:
    """Every exception and exception to an exception, outer first."""
    for exclusion in exclusions:
        yield exclusion
        yield from walk(exclusion.unless)


def compile_rulebook(
    rulebook: Rulebook, domains: Mapping[str, tuple[str, ...]]
) -> tuple[Program | None, tuple[Problem, ...]]:
    """Number, stratify and shard a checked rulebook.

    `domains` gives the closed set of values of each key (absent or empty: open). Problems are
    engine limits (R016) and cycles (R014); with any of them there is no program.
    """
    order = concept_order(rulebook.concepts)
    if order is None:
        text = "concepts depend on each other in a cycle"
        return None, (problem("R014", None, text, "break the cycle between the concepts"),)
    return Builder(rulebook, order, domains).build()


def concept_order(concepts: Sequence[Concept]) -> tuple[str, ...] | None:
    """The concepts' names, each after those it uses; None for a cycle."""
    uses = {c.name: sorted(_concepts_of_definitions(c)) for c in concepts}
    order: list[str] = []
    state: dict[str, int] = {}
    for start in sorted(uses):
        stack = [(start, False)]
        while stack:
            name, done = stack.pop()
            if done:
                state[name] = 2
                order.append(name)
            elif state.get(name) == 1:
                return None
            elif name not in state:
                state[name] = 1
                stack.append((name, True))
                for used in reversed(uses.get(name, [])):
                    if state.get(used) == 1:
                        return None
                    if used in uses and used not in state:
                        stack.append((used, False))
    return tuple(order)


def _concepts_of_definitions(concept: Concept) -> set[str]:
    found: set[str] = set()
    for definition in concept.definitions:
        for condition in conditions_of(definition.logic):
            found |= {c.concept for c in leaves(condition) if isinstance(c, ConceptIs)}
    return found


def leaves(condition: Condition) -> Iterable[Atom | ConceptIs]:
    """The atoms and concept conditions a condition is made of."""
    match condition:
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case Atom() | ConceptIs():
            yield condition


class Builder:
    """Holds the numbering while one rulebook is compiled; gone afterwards."""

    def __init__(
        self, rulebook: Rulebook, order: tuple[str, ...], domains: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.rulebook = rulebook
        self.order = order
        self.domains = domains
        self.atom_number: dict[Atom, int] = {}
        self.atoms: list[Atom] = []
        self.part_number: dict[Node, int] = {}
        self.parts: list[Node] = []
        self.part_owners: dict[int, set[str]] = defaultdict(set)
        self.signals = 0
        self.atom_signals: list[int] = []
        self.concept_signal: dict[tuple[str, str], int] = {}
        self.node_signal: dict[Node, int] = {}
        self.stratum_of: dict[int, int] = {}
        self.targets: dict[int, tuple[list[Clause], set[str]]] = {}
        self.always: list[int] = []

    # ---------------------------------------------------------------- numbering

    def build(self) -> tuple[Program | None, tuple[Problem, ...]]:
        concepts = {c.name: c for c in self.rulebook.concepts}
        codes: dict[str, ConceptCode] = {}
        concepts_after: dict[int, list[str]] = defaultdict(list)
        uses: dict[str, frozenset[str]] = {}
        for name in self.order:
            codes[name] = self.concept_code(concepts[name])
            uses[name] = self.concept_uses(codes[name], uses)
        rules = tuple(
            self.rule_code(rule, codes, uses)
            for rule in sorted(self.rulebook.rules, key=lambda r: r.id)
        )
        self.number_atoms()
        for name in self.order:
            stratum = self.place_concept(codes[name])
            concepts_after[stratum].append(name)
        part_signal = self.place_parts()
        starts = self.starts(rules)
        strata = self.sharded()
        program = Program(
            rules=rules,
            concepts=codes,
            concept_order=self.order,
            atoms=tuple(self.atoms),
            atoms_of_key=self.atoms_of_key(),
            atom_signals=tuple(self.atom_signals),
            parts=tuple(self.parts),
            part_signal=part_signal,
            concept_signal=self.concept_signal,
            concepts_after={s: tuple(names) for s, names in concepts_after.items()},
            starts=starts,
            strata=strata,
            always=tuple(self.always),
            asked_by=asked_by([shard for stratum in strata for shard in stratum]),
            domains={k: tuple(v) for k, v in self.domains.items() if v},
        )
        problems = engine_limits(program)
        return (None, problems) if problems else (program, ())

    def atom(self, atom: Atom) -> int:
        if atom not in self.atom_number:
            self.atom_number[atom] = len(self.atoms)
            self.atoms.append(atom)
        return self.atom_number[atom]

    def node(self, condition: Condition) -> Node:
        match condition:
            case Atom():
                return ("a", self.atom(condition))
            case ConceptIs(concept, value):
                return ("c", concept, value)
            case Not(part):
                return ("!", self.node(part))
            case All(parts):
                return self.joined("&", parts)
            case AnyOf(parts):
                return self.joined("|", parts)

    def joined(self, sign: str, parts: Sequence[Condition]) -> Node:
        nodes = tuple(self.node(p) for p in parts)
        return nodes[0] if len(nodes) == 1 else (sign, nodes)

    def part(self, condition: Condition, owner: str) -> int:
        node = self.node(condition)
        if node not in self.part_number:
            self.part_number[node] = len(self.parts)
            self.parts.append(node)
        number = self.part_number[node]
        self.part_owners[number].add(owner)
        return number

    def code(self, logic: Logic, owners: Owners, id_: str) -> Code:
        return Code(
            applies=self.part(logic.applies, owners[0]),
            departs=self.part(logic.departs, owners[1]),
            exceptions=tuple(self.exclusion(c, owners[2], id_) for c in logic.exceptions),
        )

    def exclusion(self, carveout: Carveout, owner: str, id_: str) -> Exclusion:
        own = f"{id_}/{carveout.name}"
        return Exclusion(
            id=own,
            name=carveout.name,
            part=self.part(carveout.when, owner),
            presumed=carveout.presumed,
            unless=tuple(self.exclusion(c, owner, own) for c in carveout.unless),
            source=carveout,
        )

    def concept_code(self, concept: Concept) -> ConceptCode:
        owner = concept_owner(concept.name)
        return ConceptCode(
            concept,
            tuple(
                (
                    d.value,
                    self.code(d.logic, (owner, owner, owner), f"{concept.name}={d.value}#{i}"),
                )
                for i, d in enumerate(concept.definitions)
            ),
        )

    def concept_uses(self, code: ConceptCode, uses: Mapping[str, frozenset[str]]) -> frozenset[str]:
        direct = {
            n[1]
            for _v, logic in code.definitions
            for p in logic.parts()
            for n in flat(self.parts[p])
            if n[0] == "c"
        }
        return frozenset(direct).union(*(uses[d] for d in direct))

    def rule_code(
        self, rule: Rule, codes: Mapping[str, ConceptCode], uses: Mapping[str, frozenset[str]]
    ) -> RuleCode:
        code = self.code(rule.logic, rule_owners(rule.id), rule.id)
        trigger = tuple(tuple(self.atom(a) for a in way) for way in rule.trigger)
        return RuleCode(rule, trigger, code, self.cone(code, codes, uses))

    def cone(
        self, code: Code, codes: Mapping[str, ConceptCode], uses: Mapping[str, frozenset[str]]
    ) -> Cone:
        own = [n for p in code.parts() for n in flat(self.parts[p])]
        direct = {n[1] for n in own if n[0] == "c"}
        concepts = frozenset(direct).union(*(uses[d] for d in direct))
        for name in concepts:
            for _value, logic in codes[name].definitions:
                own.extend(n for p in logic.parts() for n in flat(self.parts[p]))
        numbers = frozenset(n[1] for n in own if n[0] == "a")
        keys = frozenset(self.atoms[n].key for n in numbers)
        return Cone(
            numbers, keys, concepts, tuple(sorted(k for k in keys if k.startswith("reading.")))
        )

    def atoms_of_key(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, list[int]] = defaultdict(list)
        for atom, number in self.atom_number.items():
            found[atom.key].append(number)
        return {key: tuple(numbers) for key, numbers in found.items()}

    # ---------------------------------------------------------------- signals

    def new_signal(self, stratum: int) -> int:
        self.signals += 1
        self.stratum_of[self.signals] = stratum
        return self.signals

    def number_atoms(self) -> None:
        self.atom_signals.extend(self.new_signal(0) for _ in self.atoms)

    def place_concept(self, code: ConceptCode) -> int:
        """Signals for a concept's values, after the signals of its parts."""
        owner = concept_owner(code.concept.name)
        parts = [number for _value, logic in code.definitions for number in logic.parts()]
        signals = [self.signal(self.parts[number], owner) for number in parts]
        stratum = max((self.stratum_of[signal] for signal in signals), default=0)
        for value in sorted({v for v, _ in code.definitions} | set(code.concept.values)):
            self.concept_signal[code.concept.name, value] = self.new_signal(stratum)
        return stratum

    def place_parts(self) -> tuple[int, ...]:
        return tuple(
            [self.signal(node, owner) for owner in sorted(self.part_owners[number])][-1]
            for number, node in enumerate(self.parts)
        )

    def signal(self, node: Node, owner: str) -> int:
        """The signal that carries a node's truth; productions compute it where it is no leaf."""
        if node[0] == "a":
            return self.atom_signals[node[1]]
        if node[0] == "c":
            return self.concept_signal[node[1], node[2]]
        known = self.node_signal.get(node)
        if known is None:
            known = self.node_signal[node] = self.computed(self.clauses(node, True, owner))
        self.own(known, owner)
        return known

    def computed(self, clauses: list[Clause]) -> int:
        """A new signal, true when some clause is met. A clause of nothing always is.

        More clauses than a ruleset may hold are put together from several signals.
        """
        if len(clauses) > SHARD_PRODUCTIONS:
            several = range(0, len(clauses), SHARD_PRODUCTIONS)
            parts = [self.computed(clauses[at : at + SHARD_PRODUCTIONS]) for at in several]
            return self.computed([frozenset({(part, True)}) for part in parts])
        if frozenset() in clauses:
            signal = self.new_signal(0)
            self.always.append(signal)
        else:
            used = (self.stratum_of[one] for clause in clauses for one, _ in clause)
            signal = self.new_signal(1 + max(used, default=0))
            self.targets[signal] = (clauses, set())
        return signal

    def own(self, signal: int, owner: str) -> None:
        """Everything a needed signal is computed from is needed by the same owner."""
        if signal in self.targets and owner not in self.targets[signal][1]:
            self.targets[signal][1].add(owner)
            for clause in self.targets[signal][0]:
                for used, _ in clause:
                    self.own(used, owner)

    def clauses(self, node: Node, positive: bool, owner: str) -> list[Clause]:
        """Disjunctive normal form; exact under Kleene, since min and max distribute."""
        if node[0] == "!":
            return self.clauses(node[1], not positive, owner)
        if node[0] in "ac":
            return [frozenset({(self.signal(node, owner), positive)})]
        parts = [self.clauses(n, positive, owner) for n in node[1]]
        if (node[0] == "|") == positive:
            return distinct(c for part in parts for c in part)
        while prod(len(p) for p in parts) > CLAUSES:
            widest = max(range(len(parts)), key=lambda i: len(parts[i]))
            aux = self.signal(node[1][widest], owner)
            parts[widest] = [frozenset({(aux, positive)})]
        return distinct(frozenset().union(*chosen) for chosen in product(*parts))

    # ---------------------------------------------------------------- shards

    def starts(self, rules: Sequence[RuleCode]) -> dict[int, tuple[str, ...]]:
        """For each signal the rules that it starts: an atom, or a way of several atoms."""
        started: dict[int, list[str]] = defaultdict(list)
        for code in rules:
            for way in code.trigger:
                atoms = tuple(("a", number) for number in way)
                node = atoms[0] if len(atoms) == 1 else ("&", atoms)
                started[self.signal(node, TRIGGERS)].append(code.rule.id)
        return {signal: tuple(ids) for signal, ids in started.items()}

    def sharded(self) -> tuple[tuple[Shard, ...], ...]:
        by_stratum: dict[int, list[Target]] = defaultdict(list)
        for signal, (clauses, owners) in self.targets.items():
            by_stratum[self.stratum_of[signal]].append(
                Target(signal, tuple(clauses), frozenset(owners))
            )
        last = max(by_stratum, default=0)
        return tuple(
            shards(f"s{n}", sorted(by_stratum[n], key=target_order)) for n in range(last + 1)
        )


def target_order(target: Target) -> tuple[list[str], int]:
    """Targets needed by the same rules stand together, so that whole shards can be skipped."""
    return sorted(target.owners), target.signal


def flat(node: Node) -> Iterable[Node]:
    """The leaves of a numbered condition."""
    if node[0] in "ac":
        yield node
    elif node[0] == "!":
        yield from flat(node[1])
    else:
        for child in node[1]:
            yield from flat(child)


def distinct(clauses: Iterable[Clause]) -> list[Clause]:
    return list(dict.fromkeys(clauses))


def name_of(signal: int, true: bool) -> str:
    """The key a signal has on the wide fact."""
    return f"{'t' if true else 'f'}{signal}"


def shards(prefix: str, targets: Sequence[Target]) -> tuple[Shard, ...]:
    """Cut a stratum into rulesets that stay well inside the engine's limits."""
    made: list[Shard] = []
    batch: list[Target] = []
    for target in targets:
        if batch and not fits([*batch, target]):
            made.append(shard(f"{prefix}_{len(made)}", batch))
            batch = []
        batch.append(target)
    if batch:
        made.append(shard(f"{prefix}_{len(made)}", batch))
    return tuple(made)


def fits(targets: Sequence[Target]) -> bool:
    productions = sum(len(t.clauses) for t in targets)
    return productions <= SHARD_PRODUCTIONS and len(names_of(targets)) <= SHARD_NAMES


def names_of(targets: Iterable[Target]) -> set[str]:
    """The keys that the productions of some targets look for."""
    return {name_of(*literal) for target in targets for c in target.clauses for literal in c}


def shard(name: str, targets: Sequence[Target]) -> Shard:
    import json  # a rulebook that was kept is not compiled

    often = Counter(one for target in targets for c in target.clauses for one in c)
    # What many clauses ask for comes first: durable_rules makes and tests a shared beginning once.
    productions = {
        f"k{target.signal}_{number}": production(sorted(clause, key=lambda o: (-often[o], o)))
        for target in targets
        for number, clause in enumerate(target.clauses)
    }
    return Shard(name, tuple(targets), json.dumps(productions))


def asked_by(made: Sequence[Shard]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for number, one in enumerate(made):
        for target in one.targets:
            for owner in target.owners:
                found[owner] |= 1 << number
    return dict(found)


def production(clause: Iterable[Literal_]) -> dict[str, object]:
    """One single-pattern rule. `ok` keeps the engine's own state fact from matching."""
    tests = ({name_of(*literal): True} for literal in clause)
    return {"all": [{"m": {"$and": [{"ok": True}, *tests]}}]}


def engine_limits(program: Program) -> tuple[Problem, ...]:
    """What durable_rules would answer wrongly or crash on is refused here, not met there."""
    found = []
    for one in (s for stratum in program.strata for s in stratum):
        hashes: dict[int, str] = {}
        names = names_of(one.targets)
        for name in (*sorted(names), "ok", "id", "sid", "$s"):
            other = hashes.setdefault(fnv1a(name), name)
            if other != name:
                text = f"engine limit: the names {name} and {other} have the same hash"
                found.append(problem("R016", None, text, "reorder or rename a rule"))
        count = sum(len(t.clauses) for t in one.targets)
        if count > SHARD_PRODUCTIONS or len(names) > SHARD_NAMES:
            owners = ", ".join(sorted({o for t in one.targets for o in t.owners})[:3])
            text = f"engine limit: {count} alternatives over {len(names)} terms ({owners})"
            found.append(problem("R016", None, text, "split the condition into concepts"))
    return tuple(found)


def fnv1a(text: str) -> int:
    """The 32-bit hash by which durable_rules compares property names."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value
