"""What the tests beside the rules have shown of each rule, and what no check shows.

Measured on the frames that the checks looked at, in every world of readings and judgements: the
truths are those of `views`, which the engine itself answers from, and nothing presumed. What a
rule's act types fix (`act.type`, a role that they do not have) cannot be otherwise and is not asked
for.

A *subject* is a rule or a concept, an *item* something in it that can come out in several ways, a
*goal* one of these ways.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from comity.authoring.deciding import leaf_text, node_leaves
from comity.authoring.places import Places
from comity.checking import Loaded
from comity.compiling import Code, Exclusion, Node, Program, RuleCode, walk
from comity.conditions import started_by
from comity.kleene import FALSE, TRUE, UNKNOWN, accepts
from comity.model import All, Atom, Carveout, Condition, Reading
from comity.resolving import POSITIVE, WORLDS, Judged, choices, switches_of
from comity.ruletests import OUTCOMES, Result
from comity.running import EngineFault
from comity.views import View
from comity.vocabulary import ActType, Vocabulary

State: TypeAlias = Literal["seen", "unseen", "cannot"]
Path: TypeAlias = tuple[str, ...]

KINDS: Final = ("rule", "outcome", "condition", "exception", "reading", "definition")
TRUTHS: Final = {TRUE: "true", FALSE: "false", UNKNOWN: "unknown"}
QUIET: Final = ("respected", "excused", "not_in_play", "moot")
# Keys that every frame has one value of, whatever a case leaves out.
ALWAYS_KNOWN: Final = ("act.stage", "over.is", "answers.is")
PRESUMED: Final = {
    "absent": "presumed absent",
    "present": "presumed to hold",
    "none": "left unknown",
}


class Goal(Struct, frozen=True):
    """One way in which an item can come out. `cannot`: no check could ever show it."""

    name: str
    state: State


class Item(Struct, frozen=True):
    """Something of a rule or concept that the checks should show from every side."""

    kind: str  # one of KINDS
    section: str  # "applies", "departs", "exception consent"; "" for the whole
    text: str
    goals: tuple[Goal, ...]
    at: str = ""  # file:line

    def of(self, state: State) -> tuple[str, ...]:
        return tuple(goal.name for goal in self.goals if goal.state == state)


class Subject(Struct, frozen=True):
    """A rule or a concept."""

    kind: Literal["rule", "concept"]
    id: str
    title: str
    cite: str
    at: str
    checks: int
    items: tuple[Item, ...]

    def count(self, state: State) -> int:
        return sum(len(item.of(state)) for item in self.items)


class Total(Struct, frozen=True):
    """How much of one kind was seen, of all that can be."""

    kind: str
    items: int
    complete: int  # items of which nothing is unseen
    seen: int
    possible: int


class Coverage(Struct, frozen=True):
    """All subjects, those first of which most was not seen."""

    subjects: tuple[Subject, ...]

    def totals(self) -> tuple[Total, ...]:
        items = [item for subject in self.subjects for item in subject.items]
        return tuple(_total(kind, [i for i in items if i.kind == kind]) for kind in KINDS)


def _total(kind: str, items: Sequence[Item]) -> Total:
    seen = sum(len(i.of("seen")) for i in items)
    unseen = [len(i.of("unseen")) for i in items]
    return Total(kind, len(items), unseen.count(0), seen, seen + sum(unseen))


def measure(
    loaded: Loaded, results: Iterable[Result], places: Places, only: Iterable[str] = ()
) -> Coverage:
    """Coverage by some results; of the named rules alone, without the concepts, if any are."""
    chosen = frozenset(only)
    seen, checks = Seen(), Counter[str]()
    watch = Watch(loaded, seen, concepts=not chosen)
    for result in results:
        checks[result.rule] += 1
        watch.result(result)
    rules = [c for c in loaded.program.rules if not chosen or c.rule.id in chosen]
    survey = Survey(loaded, seen, places)
    subjects = [survey.rule(code, checks[code.rule.id]) for code in rules]
    if not chosen:
        subjects += [survey.concept(name) for name in sorted(loaded.program.concepts)]
    return Coverage(tuple(sorted(subjects, key=_worst_first)))


def _worst_first(subject: Subject) -> tuple[bool, int, str]:
    return (subject.kind == "rule" and subject.checks > 0, -subject.count("unseen"), subject.id)


# --------------------------------------------------------------------------- what can be seen


class Spot(Struct, frozen=True):
    """A condition, or an exception, where it stands in a rule or a definition."""

    path: Path  # ("applies",), ("departs",), ("except", "consent"), ("except", "consent", "late")
    node: Node | None = None
    exclusion: Exclusion | None = None
    within: tuple[Exclusion, ...] = ()  # the exceptions to which this is one


def spots(program: Program, code: Code) -> Iterator[Spot]:
    """Every exception and every leaf of the conditions, readings left out, each once."""
    every = dict.fromkeys(_spots(program, code))
    yield from every


def _spots(program: Program, code: Code) -> Iterator[Spot]:
    for name, number in (("applies", code.applies), ("departs", code.departs)):
        yield from _conditions(program, (name,), number)
    for exclusion in code.exceptions:
        yield from _exception(program, ("except",), exclusion, ())


def _exception(
    program: Program, above: Path, exclusion: Exclusion, within: tuple[Exclusion, ...]
) -> Iterator[Spot]:
    path = (*above, exclusion.name)
    yield Spot(path, None, exclusion, within)
    yield from _conditions(program, path, exclusion.part)
    for sub in exclusion.unless:
        yield from _exception(program, path, sub, (*within, exclusion))


def _conditions(program: Program, path: Path, number: int) -> Iterator[Spot]:
    for node in node_leaves(program, program.parts[number]):
        if node[0] != "a" or not program.atoms[node[1]].key.startswith("reading."):
            yield Spot(path, node)


def guards(logics: Iterable[Code], program: Program) -> dict[str, list[Atom]]:
    """The conditions on readings that are written into some logic, by reading."""
    found: dict[str, list[Atom]] = defaultdict(list)
    for code in logics:
        for number in code.parts():
            for node in node_leaves(program, program.parts[number]):
                atom = program.atoms[node[1]] if node[0] == "a" else None
                if atom is not None and atom.key.startswith("reading."):
                    found[atom.key.removeprefix("reading.")].append(atom)
    return found


def held_where(carveout: Carveout) -> str:
    """The reading under which a version of an exception stands; "" for one without readings."""
    first: Condition = carveout.when
    if isinstance(first, All) and first.parts:
        first = first.parts[0]
    if isinstance(first, Atom) and first.key.startswith("reading."):
        values = sorted(first.accept) if isinstance(first.accept, frozenset) else []
        return f"{first.key.removeprefix('reading.')} = {' or '.join(values)}"
    return ""


# --------------------------------------------------------------------------- watching the checks


Key: TypeAlias = tuple[object, ...]


class Seen(defaultdict[Key, set[str]]):
    """What was seen of each item, by what it is of and where it stands there."""

    def __init__(self) -> None:
        super().__init__(set)


class Watch:
    """Looks at each check from inside."""

    def __init__(self, loaded: Loaded, seen: Seen, *, concepts: bool) -> None:
        self.loaded = loaded
        self.program = loaded.program
        self.seen = seen
        self.concepts = concepts
        self.codes = {code.rule.id: code for code in self.program.rules}
        self._spots: dict[Key, tuple[Spot, ...]] = {}

    def result(self, result: Result) -> None:
        code = self.codes[result.rule]
        outcomes = {j.outcome for j in result.judged} or {"not_in_play"}
        worlds = {w.outcome for j in result.judged for w in j.worlds}
        self.seen["rule", code.rule.id] |= outcomes
        fires = (outcomes | worlds) & set(POSITIVE)
        self.seen["fires", code.rule.id] |= {"fires"} if fires else set()
        self.seen["fires", code.rule.id] |= {"does not fire"} if outcomes <= set(QUIET) else set()
        for judged in result.judged:
            self.judged(code, judged)

    def judged(self, code: RuleCode, judged: Judged) -> None:
        for name, value in decided_by_reading(judged, self.loaded.rulebook.readings):
            self.seen["reading", code.rule.id, name].add(value)
            for concept in code.cone.concepts:
                self.seen["reading", ("concept", concept), name].add(value)
        view = everywhere(judged, code, self.loaded.rulebook.readings)
        self.logic(view, code.rule.id, code.code)
        for concept in sorted(code.cone.concepts) if self.concepts else ():
            for number, (_value, logic) in enumerate(self.program.concepts[concept].definitions):
                of = ("concept", concept, number)
                pair = settled(lambda logic=logic: view.departure_pair(logic, False))  # type: ignore[misc]
                self.seen["definition", of] |= {"holds"} if pair[0] else set()
                self.seen["definition", of] |= {"fails"} if pair[1] else set()
                self.logic(view, of, logic)

    def logic(self, view: View, of: str | Key, code: Code) -> None:
        key: Key = ("spots", of)
        if key not in self._spots:
            self._spots[key] = tuple(spots(self.program, code))
        for spot in self._spots[key]:
            if spot.node is not None:
                self.seen[of, spot.path, spot.node] |= truths(view, spot.node)
            elif spot.exclusion is not None:
                self.seen[of, spot.path, spot.exclusion] |= states(view, code, spot)


def settled(ask: Callable[[], tuple[int, int]]) -> tuple[int, int]:
    """A truth, or none at all where the rulebook contradicts itself in a world that no outcome
    depends on."""
    try:
        return ask()
    except EngineFault:
        return 0, 0


def truths(view: View, node: Node) -> set[str]:
    """What a condition is in some world, nothing presumed."""
    try:
        true, false = view.pair(node, False)
    except EngineFault:
        return set()
    found = {"true"} if true else set()
    found |= {"false"} if false else set()
    return found | ({"unknown"} if view.full & ~(true | false) else set())


def states(view: View, code: Code, spot: Spot) -> set[str]:
    """How an exception stands in the worlds where it can decide anything: the rule is in play and
    departed from, and, for an exception to an exception, that one's condition is met."""
    exclusion = spot.exclusion
    assert exclusion is not None
    try:
        at = view.part_pair(code.applies, True)[0] & view.part_pair(code.departs, True)[0]
        for outer in spot.within:
            at &= view.part_pair(outer.part, True)[0]
        met = view.part_pair(exclusion.part, False)[0]
        true, false = view.effect_pair(exclusion, False)
        presumed, absent = view.effect_pair(exclusion, True)
    except EngineFault:
        return set()
    open_ = at & ~(true | false)
    ways = {
        # Its condition is met, and if there are exceptions to it, none of them is known to hold.
        "holds": at & (true | (met & presumed)),
        "presumed absent": open_ & absent,
        "presumed to hold": open_ & presumed & ~met,
        "left unknown": open_ & ~(absent | presumed),
    }
    return {name for name, worlds in ways.items() if worlds}


def everywhere(judged: Judged, code: RuleCode, readings: Mapping[str, Reading]) -> View:
    """What is known, in every world; in that of the defaults where there are too many."""
    base = judged.view.of(code, {})
    switches = switches_of(code, judged.frame, readings)
    if prod(len(switch.values) for switch in switches) > WORLDS:
        return base.told({s.key: (s.default,) for s in switches})
    return base.spread(choices(switches))


def decided_by_reading(
    judged: Judged, readings: Mapping[str, Reading]
) -> Iterator[tuple[str, str]]:
    """Each value of a reading with which the outcome is another than with the default, and then
    that default too; all else being the same."""
    outcomes = {w.setting: w.outcome for w in judged.worlds}
    for setting, outcome in outcomes.items():
        for name, value in setting:
            if name not in readings or value == readings[name].default:
                continue
            other = tuple((n, readings[n].default if n == name else v) for n, v in setting)
            if outcomes.get(other, outcome) != outcome:
                yield name, value
                yield name, readings[name].default


# --------------------------------------------------------------------------- the report


class Survey:
    """Says of each rule and concept what there is to see, and what of it was seen."""

    def __init__(self, loaded: Loaded, seen: Seen, places: Places) -> None:
        self.loaded = loaded
        self.program = loaded.program
        self.seen = seen
        self.places = places
        self._fixed: dict[str, View] = {}
        self._types: dict[str, tuple[ActType, ...]] = {
            code.rule.id: started_by(code.rule.trigger, loaded.vocabulary)
            for code in self.program.rules
        }

    def rule(self, code: RuleCode, checks: int) -> Subject:
        rule = code.rule
        document = ("rule", rule.id)
        types = self._types[rule.id]
        fires = ("fires", "does not fire")
        items = [
            self.item("rule", "", "the rule", dict.fromkeys(fires, True), ("fires", rule.id)),
            self.item("outcome", "", "the outcome", self.outcomes(code), ("rule", rule.id)),
            *self.logic(rule.id, code.code, types, document, ()),
            *self.readings(rule.id, [code.code], document),
        ]
        at = self.places.document(document)
        return Subject("rule", rule.id, rule.title, rule.provision, at, checks, tuple(items))

    def concept(self, name: str) -> Subject:
        code = self.program.concepts[name]
        document = ("concept", name)
        users = [c for c in self.program.rules if name in c.cone.concepts]
        types = tuple({t.name: t for c in users for t in self._types[c.rule.id]}.values())
        items: list[Item] = []
        counted: Counter[str] = Counter()
        for number, (value, logic) in enumerate(code.definitions):
            inside = (value, str(counted[value]))
            counted[value] += 1
            of = ("concept", name, number)
            title = f"{value}, way {counted[value]}"
            at = self.places.find(document, inside, None)
            ways = {"holds": True, "fails": True}
            items.append(self.item("definition", "", title, ways, ("definition", of), at))
            items += self.logic(of, logic, types, document, inside)
        items += self.readings(
            ("concept", name), [logic for _, logic in code.definitions], document
        )
        at = self.places.document(document)
        concept = code.concept
        return Subject("concept", name, concept.title, concept.cite, at, len(users), tuple(items))

    def item(
        self,
        kind: str,
        section: str,
        text: str,
        goals: Mapping[str, bool],
        key: Key,
        at: str = "",
    ) -> Item:
        """`goals`: whether each can be seen at all."""
        seen = self.seen.get(key, set())
        found = (
            Goal(name, "seen" if name in seen else "unseen" if possible else "cannot")
            for name, possible in goals.items()
        )
        return Item(kind, section, text, tuple(found), at)

    def outcomes(self, code: RuleCode) -> dict[str, bool]:
        """The outcomes that a rule of this form can have. `moot` is shown only where it was seen:
        it takes an uncertainty that makes no difference."""
        program = self.program
        logics = [
            code.code,
            *(x for name in code.cone.concepts for _v, x in program.concepts[name].definitions),
        ]
        exceptions = [e for logic in logics for e in walk(logic.exceptions)]
        presumes = any(e.presumed != "none" for e in exceptions) or any(
            program.atoms[n].presumed is not None for n in code.cone.atoms
        )
        differs = bool(code.cone.readings) or any(k.startswith("judged.") for k in code.cone.keys)
        kept = program.parts[code.code.departs] != ("&", ())
        staged = code.rule.kind in ("departure", "duty")
        possible = {
            "presumed": presumes,
            "arguable": differs,
            "excused": bool(code.code.exceptions),
            "respected": kept or staged,
        }
        seen = self.seen.get(("rule", code.rule.id), set())
        return {o: possible.get(o, True) for o in OUTCOMES if o != "moot" or o in seen}

    def logic(
        self,
        of: str | Key,
        code: Code,
        types: Sequence[ActType],
        document: tuple[str, str],
        inside: Path,
    ) -> Iterator[Item]:
        for spot in spots(self.program, code):
            path = (*inside, *spot.path)
            section = section_name(spot.path, inside)
            if spot.node is not None:
                can = self.can_be(spot.node, types)
                goals = {name: name in can for name in TRUTHS.values()}
                at = self.places.find(document, path, self.written(spot.node))
                text = leaf_text(self.program, spot.node)
                yield self.item("condition", section, text, goals, (of, spot.path, spot.node), at)
            elif spot.exclusion is not None:
                source = spot.exclusion.source
                where = held_where(source)
                text = source.text or spot.exclusion.name
                goals = {"holds": True, PRESUMED[spot.exclusion.presumed]: True}
                at = self.places.find(document, path, None)
                text = f"{text} (where {where})" if where else text
                key = (of, spot.path, spot.exclusion)
                yield self.item("exception", section, text, goals, key, at)

    def written(self, node: Node) -> tuple[str, frozenset[str]]:
        """The key and the values by which a condition is found in its file."""
        if node[0] == "|":
            each = [self.written(child) for child in node[1]]
            return each[0][0], frozenset().union(*(values for _, values in each))
        if node[0] == "c":
            return node[1], frozenset({node[2]})
        atom = self.program.atoms[node[1]]
        key, _, value = atom.key.partition(":")
        if value:
            return key, frozenset({value})
        return key, atom.accept if isinstance(atom.accept, frozenset) else frozenset()

    def readings(
        self, of: str | Key, logics: Sequence[Code], document: tuple[str, str]
    ) -> Iterator[Item]:
        for name, atoms in sorted(guards(logics, self.program).items()):
            reading = self.loaded.rulebook.readings[name]
            says = {v: tuple(accepts(a.accept, v) for a in atoms) for v in sorted(reading.values)}
            default = reading.default
            goals = {value: value == default or says[value] != says[default] for value in says}
            at = self.places.find(document, ("readings", name), None)
            yield self.item("reading", "", name, goals, ("reading", of, name), at)

    # ------------------------------------------------------------ what cannot be

    def can_be(self, node: Node, types: Sequence[ActType]) -> set[str]:
        """The truths that a condition can have on acts of these types."""
        found: set[str] = set()
        for type_ in types:
            value = self.fixed(type_).node(node, False)
            found |= {TRUTHS[value]} if value != UNKNOWN else self.free(node)
        return found

    def free(self, node: Node) -> set[str]:
        if node[0] == "a":
            if self.program.atoms[node[1]].key in ALWAYS_KNOWN:
                return {"true", "false"}
        elif node[0] == "c":
            code = self.program.concepts[node[1]]
            denied = node[2] == "true" and any(value == "false" for value, _ in code.definitions)
            if not code.concept.closed and not denied:
                return {"true", "unknown"}
        return {"true", "false", "unknown"}

    def fixed(self, type_: ActType) -> View:
        """What every frame of an act of this type shows, whatever else its case says."""
        if type_.name not in self._fixed:
            facts = fixed_facts(self.program, self.loaded.vocabulary, type_)
            self._fixed[type_.name] = View(self.loaded.engine.truths, facts)
        return self._fixed[type_.name]


def section_name(path: Path, inside: Path) -> str:
    """In words: `applies`, `exception consent`, `exception consent unless late`."""
    head = f"{inside[0]}, way {int(inside[1]) + 1}: " if inside else ""
    if path[0] != "except":
        return head + ("when" if inside and path[0] == "applies" else path[0])
    return f"{head}exception {' unless '.join(path[1:])}"


def fixed_facts(
    program: Program, vocabulary: Vocabulary, type_: ActType
) -> dict[str, tuple[str, ...]]:
    roles = {*type_.needs, *type_.may}
    facts: dict[str, tuple[str, ...]] = {
        "act.type": (type_.name,),
        "act.family": (type_.family,),
        "act.hypothetical": ("false",),  # a test has no measures
        **{f"act.tag:{t}": ("true" if t in type_.tags else "false",) for t in vocabulary.tags},
    }
    if type_.produces != "png":
        facts["png.deadline_hours"] = ("none",)
    for key in program.atoms_of_key:
        subject, _, rest = key.partition(".")
        if subject == "judged" and rest in vocabulary.judgements:
            of = vocabulary.judgements[rest].of
            if not any(one == "act" or one in roles for one in of):
                facts[key] = ("none",)
        elif (
            subject in vocabulary.act_roles
            and subject not in roles
            and ":" not in key
            and key != "answers.refused"
        ):
            facts[key] = ("none",)
    return {key: values for key, values in facts.items() if key in program.atoms_of_key}
