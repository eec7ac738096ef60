"""The three questions: can rules contradict, what do they leave out, which conditions are idle?

Each answer is a `Claim`: a sentence, a frame that shows it, and what the engine has to find on
that frame and on others like it. Nothing is claimed here that the engine is not then asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, permutations, product
from math import prod
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from comity.authoring.verifying_constraints import WHY, laws, ordinary
from comity.authoring.verifying_formulas import (
    FALSE,
    NONE,
    TRUE,
    TWINS,
    Formula,
    Meaning,
    Pair,
    Pool,
    Space,
)
from comity.authoring.verifying_solver import Model, Solver
from comity.conditions import concepts_of, started_by
from comity.kleene import as_number
from comity.model import (
    All,
    AnyOf,
    Atom,
    Carveout,
    Concept,
    ConceptIs,
    Condition,
    Not,
    Range,
    Rule,
    Rulebook,
)
from comity.switching import PREFIX
from comity.vocabulary import Vocabulary

QUESTIONS: Final = ("contradictions", "gaps", "conditions")
LAW: Final = frozenset({"treaty", "custom"})
SIDES: Final[Mapping[str, str]] = {
    "receiving_state": "receiving",
    "sending_state": "sending",
    "third_state": "third",
}
# What the type of an act fixes is no choice of whoever does it.
FIXED: Final = ("act.type", "act.family", "act.tag", "act.stage", "act.hypothetical")
# How something is done, not what: whoever may do it can do it in another manner.
MANNER: Final = frozenset(
    f"act.{name}" for name in ("deadline", "delay", "form", "notice", "permit", "rank", "reasons")
) | {"png.deadline_hours"}
WAYS: Final = 100  # of doing something, all of which are looked at
ROOM: Final = 2_000  # formulas that a solver may be told of before it is made anew
WHOLE: Final = "the whole rule"
NO_VALUE: Final = "no value"
NOTHING: Final[Condition] = AnyOf()
ALWAYS: Final[Condition] = All()


class Expect(Struct, frozen=True):
    """What the engine must say of a rule on the witness, with some keys changed.

    Of a concept, whether it has a value: `concept=value` stands where the rule's id would.
    """

    subject: str
    outcome: str
    changed: tuple[tuple[str, str], ...] = ()


class Claim(Struct, frozen=True):
    """One answer. `subjects` are ids of rules or names of concepts; `where` is the article of a gap
    or the part of a rule; `what` the condition or the key that it is about."""

    question: str
    kind: str
    subjects: tuple[str, ...]
    where: str
    what: str
    says: str
    model: Model
    expects: tuple[Expect, ...]
    values: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    note: bool = False  # worth knowing, and no fault
    shows: tuple[str, ...] = ()  # keys that the claim rests on, though no rule may test them


class Asker:
    """One rulebook, put to the solver."""

    def __init__(
        self,
        rulebook: Rulebook,
        vocabulary: Vocabulary,
        meant: Mapping[tuple[str, str], frozenset[str]] | None = None,
    ) -> None:
        # The values of a key that an article or a concept is known to leave out on purpose.
        self.meant = meant or {}
        self.rulebook = rulebook
        self.vocabulary = vocabulary
        self.space = Space(rulebook, vocabulary)
        self.pool = Pool()
        self.concepts = {concept.name: concept for concept in rulebook.concepts}
        self.meaning = Meaning(self.pool, self.space, self.concepts)
        self.laws = laws(self.meaning)
        self._solver = self._fresh()
        self._asked = 0
        self.types = {
            rule.id: frozenset(one.name for one in started_by(rule.trigger, vocabulary))
            for rule in rulebook.rules
        }

        self.happens = -self.meaning.cell("act.stage", "did_not_happen")

    def _fresh(self) -> Solver:
        solver = Solver(self.pool, self.space.cells, self.laws)
        self._limit = solver.size + ROOM
        return solver

    @property
    def solver(self) -> Solver:
        """A new one once there is much in it that nobody asks for any more."""
        if self._solver.size > self._limit:
            self._asked += self._solver.asked
            self._solver = self._fresh()
        return self._solver

    @property
    def asked(self) -> int:
        return self._asked + self._solver.asked

    # ------------------------------------------------------------------ shared pieces

    def meet(self, one: Rule, other: Rule) -> bool:
        """Whether acts of one type bring up both."""
        return bool(self.types[one.id] & self.types[other.id])

    def witness(self, *goals: Formula) -> Model | None:
        """An ordinary frame that satisfies the goals; only keys that they look at matter."""
        if not self.solver.possible(*goals):
            return None
        keys = {key for key, _ in self.pool.cells_of(goals)}
        keys |= {"act.type", "act.stage", "act.hypothetical"}
        keys |= {f"{key.partition('.')[0]}.is" for key in keys} & self.space.cells.keys()
        return self.solver.simplest(goals, ordinary(self.space, keys))

    def holds(self, formula: Formula, model: Model) -> bool:
        """The truth of a formula on a frame."""
        known: dict[int, bool] = {TRUE: True}
        todo = [abs(formula)]
        while todo:
            number = todo[-1]
            node = self.pool.nodes[number]
            if number in known:
                todo.pop()
            elif isinstance(node[0], str):
                known[number] = model[node[0]] == node[1]
            else:
                parts = [int(part) for part in node]
                missing = [abs(part) for part in parts if abs(part) not in known]
                todo += missing
                if not missing:
                    known[number] = all(known[abs(part)] == (part > 0) for part in parts)
        return known[abs(formula)] == (formula > 0)

    def outcome(self, rule: Rule, model: Model, meaning: Meaning | None = None) -> str:
        """The outcome that strict values give, "" if they leave it open."""
        meaning = meaning or self.meaning
        logic = rule.logic

        def is_(pair: Pair) -> bool | None:
            true, false = (self.holds(one, model) for one in pair)
            return True if true else False if false else None

        applies = is_(meaning.truth(logic.applies))
        if not self.holds(meaning.trigger(rule), model) or applies is False:
            return "not_in_play"
        departs = is_(meaning.truth(logic.departs))
        if not applies or departs is None:
            return ""
        if not departs:
            return "respected"
        excepted = is_(meaning.excepted(logic.exceptions))
        if excepted is None:
            return ""
        # What did not happen has not departed from anything.
        undone = model["act.stage"] == "did_not_happen" and rule.kind in ("departure", "duty")
        return "excused" if excepted else "respected" if undone else "established"

    def shown(self, key: str, value: str) -> str:
        """A value in words: with its unit and, if it stands for others, between which bounds."""
        number = as_number(value)
        bounds = self.space.bounds.get(key, ())
        if number is None or not bounds or number in bounds:
            return with_unit(self.vocabulary, key, value)
        below = [bound for bound in bounds if bound < number]
        above = [bound for bound in bounds if bound > number]
        low, high = (str(below[-1]) if below else ""), (str(above[0]) if above else "")
        words = f"between {low} and" if low and high else "more than" if low else "less than"
        return f"{words} {with_unit(self.vocabulary, key, high or low)}"

    def expects(self, rules: Iterable[Rule], model: Model) -> tuple[Expect, ...]:
        return tuple(Expect(rule.id, self.outcome(rule, model)) for rule in rules)


def with_unit(vocabulary: Vocabulary, key: str, value: str) -> str:
    """A number with the unit of its key; any other value as it is."""
    known = vocabulary.keys.get(key)
    if known is None or as_number(value) is None:
        return value
    unit = "h" if known.type == "duration" else known.unit
    return f"{value} {unit}" if unit else value


def article_of(provision: str) -> str:
    """`VCDR 22` of `VCDR 22(1)`: the unit whose rules are looked at together."""
    found = re.match(r"\S+(?: \d+)?", provision)
    return found[0] if found else provision


def is_law(rule: Rule) -> bool:
    return bool(LAW & set(rule.strength))


# --------------------------------------------------------------------------- contradictions


def stance(rule: Rule) -> str:
    """What a rule says of the act when it is established on it: forbids, requires or permits.

    A departure that is established forbids the act as it was done, whatever its modality; so does
    an immunity or inviolability that holds. A duty, a power or a liberty in play says of the act
    what its modality says.
    """
    if rule.kind in ("departure", "immunity", "inviolability"):
        return "forbids"
    return {"must": "requires", "may": "permits"}.get(rule.norm.modality, "forbids")


def contradictions(asker: Asker, chosen: Sequence[Rule]) -> Iterator[Claim]:
    """Those among the chosen rules first, then those with others."""
    wanted = {rule.id for rule in chosen}
    yield from sorted(
        _contradictions(asker, chosen, wanted), key=lambda c: not {*c.subjects} <= wanted
    )


def _contradictions(asker: Asker, chosen: Sequence[Rule], wanted: set[str]) -> Iterator[Claim]:
    for one, other in combinations(asker.rulebook.rules, 2):
        if {one.id, other.id} & wanted and asker.meet(one, other):
            yield from filter(None, (_opposed(asker, one, other), _reworded(asker, one, other)))
            yield from _no_way_out(asker, one, other)
    for concept in asker.rulebook.concepts:
        if any(_uses(asker, rule, concept.name) for rule in chosen):
            yield from filter(None, (_both_ways(asker, concept),))


def _state_is(asker: Asker, bearer: str, side: str) -> Formula:
    if bearer in SIDES:
        return TRUE if SIDES[bearer] == side else FALSE
    key = f"{'by' if bearer == 'actor_state' else bearer}.attributed_to"
    return asker.meaning.cell(key, side) if key in asker.space.cells else FALSE


def same_bearer(asker: Asker, one: Rule, other: Rule) -> Formula:
    """Whether both bind the same: named alike, or the same State by its conduct."""
    names = {one.norm.bearer, other.norm.bearer}
    if len(names) == 1 or names == {"by", "actor_state"}:
        return TRUE
    return asker.pool.either(
        asker.pool.both(_state_is(asker, name, side) for name in sorted(names))
        for side in SIDES.values()
    )


def own_conduct(asker: Asker, rule: Rule) -> Formula:
    """Whether the act is the bearer's own."""
    bearer = rule.norm.bearer
    if bearer in ("by", "actor_state"):
        return TRUE
    return asker.meaning.cell("by.attributed_to", SIDES[bearer]) if bearer in SIDES else FALSE


def _opposed(asker: Asker, one: Rule, other: Rule) -> Claim | None:
    """One forbids the bearer what the other lets or makes the same bearer do."""
    stances = {stance(one): one, stance(other): other}
    if len(stances) != 2 or "forbids" not in stances:
        return None
    forbids = stances.pop("forbids")
    verb, allows = next(iter(stances.items()))
    meaning, pool = asker.meaning, asker.pool
    about = own_conduct(asker, allows)
    if verb == "requires":
        # What private persons do brings a duty up; it is not what the duty asks for.
        private = meaning.cell("by.side", "private") if "by.side" in asker.space.cells else FALSE
        about = pool.both((about, -private if allows.norm.bearer in SIDES else TRUE))
    if forbids.kind != "departure" and forbids.norm.bearer == allows.norm.bearer:
        about = TRUE  # a court's step at somebody's request is still the State's jurisdiction
    goals = (
        meaning.established(one),
        meaning.established(other),
        same_bearer(asker, one, other),
        about,
        asker.happens,
    )
    model = asker.witness(*goals, *_no_way(asker, allows, forbids))
    how = model is None
    model = model or asker.witness(*goals)
    if model is None:
        return None
    meets_law = is_law(one) != is_law(other)
    says = f"{allows.id} {verb} what {forbids.id} forbids the same bearer, on one act"
    lower = next((rule for rule in (one, other) if not is_law(rule)), one)
    if meets_law:
        says += f"; {lower.id} is {lower.strength[0]} only, so the law prevails"
    elif how:
        says = f"{forbids.id} says how {allows.id} is to be used, and leaves a way to use it"
    kind = "practice_meets_law" if meets_law else "says_how" if how else f"{verb}_and_forbids"
    return Claim(
        question="contradictions",
        kind=kind,
        subjects=tuple(sorted((one.id, other.id))),
        where="",
        what=lower.id if meets_law else forbids.id if how else "",
        says=says,
        model=model,
        expects=asker.expects((one, other), model),
        because=tuple(_norm_in_words(rule) for rule in (allows, forbids)),
        note=meets_law or how,
        shows=tuple(sorted({key for key, _ in pool.cells_of(goals[2:4])})),
    )


def _no_way(asker: Asker, allows: Rule, forbids: Rule) -> list[Formula]:
    """That what is permitted cannot be done in another manner, which is not forbidden.

    A duty to give a week's time does not contradict the power to send somebody away: both can be
    kept. It contradicts a power to send somebody away within a day.
    """
    if stance(allows) != "permits" or forbids.kind != "departure":
        return []
    tested = {key for key, _ in asker.pool.cells_of(asker.meaning.truth(forbids.logic.departs))}
    keys = sorted(key for key in tested if key in MANNER and key in asker.space.cells)
    choices = [_real_values(asker, key) for key in keys]
    if not keys or prod(map(len, choices)) > WAYS:
        return []
    found = []
    for values in product(*choices):
        chosen = dict(zip(keys, values, strict=True))
        # Two keys that stand for one choice have one value.
        chosen |= {TWINS[key]: value for key, value in chosen.items() if key in TWINS}
        chosen |= {twin: chosen[key] for twin, key in TWINS.items() if key in chosen}
        fixed = asker.meaning.with_all(chosen)
        found.append(asker.pool.implies(fixed.established(allows), fixed.established(forbids)))
    return found


def _norm_in_words(rule: Rule) -> str:
    norm = rule.norm
    said = f"{norm.bearer} {norm.modality}".replace("_", " ")
    return f"{rule.id} ({rule.kind}, {rule.provision}): {said}; {rule.title}"


def _reworded(asker: Asker, one: Rule, other: Rule) -> Claim | None:
    """Wherever one departure is made out, so is the other; yet one says must and one must not."""
    modalities = {one.norm.modality, other.norm.modality}
    if {one.kind, other.kind} != {"departure"} or modalities != {"must", "must_not"}:
        return None
    if is_law(one) != is_law(other) or not (is_law(one) or one.provision == other.provision):
        return None
    meaning, solver = asker.meaning, asker.solver
    both = (
        meaning.departed(one),
        meaning.departed(other),
        same_bearer(asker, one, other),
        asker.happens,
    )
    for inner, outer in ((one, other), (other, one)):
        apart = (meaning.departed(inner), -meaning.departed(outer))
        if solver.possible(*both) and not solver.possible(*apart):
            model = asker.witness(*both)
            assert model is not None
            must = one if one.norm.modality == "must" else other
            never = other if must is one else one
            return Claim(
                question="contradictions",
                kind="must_and_must_not",
                subjects=tuple(sorted((one.id, other.id))),
                where="",
                what="",
                says=f"{must.id} says must and {never.id} says must not of the same conduct: every "
                f"act that departs from {inner.id} departs from {outer.id} too",
                model=model,
                expects=asker.expects((one, other), model),
                because=tuple(_norm_in_words(rule) for rule in (must, never)),
            )
    return None


def _no_way_out(asker: Asker, one: Rule, other: Rule) -> Iterator[Claim]:
    """Whatever value something has that the bearer chooses, one of two norms is departed from."""
    if {one.kind, other.kind} != {"departure"} or is_law(one) != is_law(other):
        return
    meaning, pool = asker.meaning, asker.pool
    tested = [
        {key for key, _ in pool.cells_of(meaning.truth(r.logic.departs))} for r in (one, other)
    ]
    shared = set.intersection(*({TWINS.get(key, key) for key in keys} for keys in tested))
    for key in sorted(key for key in shared if _is_chosen(key)):
        values = _real_values(asker, key)
        # Two keys can stand for one choice; a rule may test either.
        names = sorted(k for k in set.union(*tested) if TWINS.get(k, k) == key)
        label = names[0] if len(names) == 1 else key
        changes = {value: tuple((name, value) for name in names) for value in values}
        fixed = {value: meaning.with_all(dict(changes[value])) for value in values}
        departs = {
            rule.id: [fixed[value].departure(rule.logic)[0] for value in values]
            for rule in (one, other)
        }
        model = asker.witness(
            meaning.in_play(one),
            meaning.in_play(other),
            same_bearer(asker, one, other),
            *(meaning.one_of(name, values) for name in names),
            asker.happens,
            *(pool.either(pair) for pair in zip(*departs.values(), strict=True)),
            *(pool.either(-one_way for one_way in ways) for ways in departs.values()),
        )
        if model is None:
            continue
        expects = tuple(
            Expect(rule.id, asker.outcome(rule, model, fixed[value]), changes[value])
            for value in values
            for rule in (one, other)
        )
        table = tuple(
            f"{label} = {asker.shown(key, value)}: departs from "
            + " and ".join(
                e.subject
                for e in expects
                if e.outcome == "established" and e.changed == changes[value]
            )
            for value in values
        )
        yield Claim(
            question="contradictions",
            kind="no_way_out",
            subjects=tuple(sorted((one.id, other.id))),
            where="",
            what=label,
            says=f"{one.id} and {other.id} cannot both be kept: whatever {label} is, one of them "
            "is departed from",
            model=model,
            expects=expects,
            because=table,
        )
        return


def _is_chosen(key: str) -> bool:
    own = key.startswith("act.") and key.partition(":")[0] not in FIXED
    return own or key == "host.response"


def _real_values(asker: Asker, key: str) -> list[str]:
    named = asker.vocabulary.keys[key].values if key in asker.vocabulary.keys else ()
    return [value for value in asker.space.cells[key] if value != NONE or NONE in named]


def _both_ways(asker: Asker, concept: Concept) -> Claim | None:
    model = asker.witness(asker.meaning.contradicted(concept))
    if model is None:
        return None
    return Claim(
        question="contradictions",
        kind="concept_both_ways",
        subjects=(concept.name,),
        where="",
        what="",
        says=f"the concept {concept.name} is made both true and false on one frame",
        model=model,
        expects=(Expect(f"{concept.name}=true", "both"),),
        because=_both_definitions(asker, concept, model),
    )


def _both_definitions(asker: Asker, concept: Concept, model: Model) -> tuple[str, ...]:
    """The definitions that hold on the frame, as they are written."""
    return tuple(
        f"it is {one.value} where '{written(one.logic.applies)}'"
        for one in concept.definitions
        if asker.holds(asker.meaning.departure(one.logic)[0], model)
    )


def _uses(asker: Asker, rule: Rule, concept: str) -> bool:
    """Whether a rule rests on a concept, through others too."""
    todo = [rule.logic.applies, rule.logic.departs]
    todo += [e.when for e in _every(rule.logic.exceptions)]
    seen: set[str] = set()
    while todo:
        for name in concepts_of(todo.pop()):
            if name not in seen:
                seen.add(name)
                for definition in asker.concepts[name].definitions:
                    todo += [definition.logic.applies, definition.logic.departs]
                    todo += [e.when for e in _every(definition.logic.exceptions)]
    return concept in seen


def _every(exceptions: Iterable[Carveout]) -> Iterator[Carveout]:
    for one in exceptions:
        yield one
        yield from _every(one.unless)


# --------------------------------------------------------------------------- gaps


Hole: TypeAlias = tuple[str, list[Formula]]  # a value, and what its frames satisfy


def gaps(asker: Asker, chosen: Sequence[Rule]) -> Iterator[Claim]:
    """What the rules of one article tell apart by a key, and then leave out.

    An article is silent on most frames, because it is about something else. It has a gap where it
    speaks, through different rules, for some values of a key and for another value says nothing,
    everything else being the same; and where no other rule of law answers instead.
    """
    found: list[Claim] = []
    wanted = {article_of(rule.provision) for rule in chosen}
    for article in sorted(wanted):
        rules = [r for r in asker.rulebook.rules if article_of(r.provision) == article]
        found += _gaps_of_article(asker, article, rules)
    for concept in asker.rulebook.concepts:
        if len(concept.values) > 1 and any(_uses(asker, r, concept.name) for r in chosen):
            found += _gaps_of_concept(asker, concept)
    yield from sorted(found, key=lambda claim: (len(claim.values), claim.where, claim.what))


def _gaps_of_article(asker: Asker, article: str, rules: Sequence[Rule]) -> Iterator[Claim]:
    own = [-asker.meaning.in_play(r) for r in rules]
    others = [r for r in asker.rulebook.rules if is_law(r) and r not in rules]
    silent = [*own, *(-asker.meaning.in_play(r) for r in others)]
    tested = sorted(set().union(*(_tested(asker, r.logic.applies) for r in rules)))
    named = {c for rule in rules for c in concepts_of(rule.logic.applies)}
    multi = sorted(c for c in named if len(asker.concepts[c].values) > 1)
    told: list[Model] = []
    for key in (*tested, *multi):
        values = (
            list(asker.space.cells[key])
            if key in asker.space.cells
            else [*asker.concepts[key].values, NO_VALUE]
        )
        if key.partition(":")[0] in FIXED or key.startswith(PREFIX):
            continue
        fixed = {value: asker.meaning.with_fixed(key, value) for value in values}
        in_play = {(r.id, v): fixed[v].in_play(r) for r in rules for v in values}
        fans = _split(asker, [r.id for r in rules], values, in_play)
        fans += _nearly_all(asker, rules, key, in_play)
        holes = _holes(asker, key, values, fans, silent)
        for some in _groups(asker, article, key, holes):
            claim = _gap(asker, article, rules, key, some, in_play, fixed)
            told.append(claim.model)
            yield claim
        if not holes:
            answered = _holes(asker, key, values, fans, own)
            if answered:
                claim = _gap(asker, article, rules, key, answered, in_play, fixed)
                speak = [r for r in others if asker.holds(asker.meaning.in_play(r), claim.model)]
                yield _answered_elsewhere(asker, claim, speak)
            fans = _branches(asker, rules, key, values, in_play)
            for some in _groups(asker, article, key, _holes(asker, key, values, fans, silent)):
                claim = _gap(asker, article, rules, key, some, in_play, fixed)
                if claim.model not in told:
                    told.append(claim.model)
                    yield claim


def _branches(
    asker: Asker,
    rules: Sequence[Rule],
    key: str,
    values: Sequence[str],
    in_play: Mapping[tuple[str, str], Formula],
) -> list[Formula]:
    """The frames where a rule that divides its side of a split by a key of its own has one value
    of that key left: official acts, private habitual ones, and private single ones forgotten."""
    if not key.startswith("act.") or key not in asker.space.cells:
        return []
    pool, named = asker.pool, _real_values(asker, key)
    found: list[Formula] = []
    for one, other in permutations(rules, 2):
        used = [value for value in named if in_play[one.id, value] != FALSE]
        if len(used) != len(named) - 1 or key in _tested(asker, other.logic.applies):
            continue
        speaks = [in_play[one.id, value] for value in used]
        for split in sorted(
            _tested(asker, one.logic.applies) & _tested(asker, other.logic.applies) - {key}
        ):
            if not split.startswith("act.") or split.partition(":")[0] in FIXED:
                continue
            for value in asker.space.cells[split]:
                away = asker.meaning.with_fixed(split, value)
                turned = away.with_fixed(key, used[0])
                found.append(pool.both((*speaks, away.in_play(other), -turned.in_play(one))))
    return found


def _answered_elsewhere(asker: Asker, claim: Claim, speak: Sequence[Rule]) -> Claim:
    """A value that the article leaves out, and other law does not: no gap of the rulebook."""
    return replace(
        claim,
        kind="answered_elsewhere",
        note=True,
        expects=(*claim.expects, *asker.expects(speak, claim.model)),
        because=(*claim.because, f"{_either([r.id for r in speak])} speaks instead"),
    )


def _tested(asker: Asker, condition: Condition) -> set[str]:
    return {key for key, _ in asker.pool.cells_of(asker.meaning.truth(condition))}


def _split(
    asker: Asker,
    ids: Sequence[str],
    values: Sequence[str],
    in_play: Mapping[tuple[str, str], Formula],
) -> list[Formula]:
    """The frames where a key alone decides which of two speaks: one value brings up the one and
    not the other, another value the other and not the one."""
    pool = asker.pool
    found: list[Formula] = []
    for one, other in combinations(ids, 2):
        # Many values bring up the same: each pair of formulas is looked at once.
        pairs = dict.fromkeys((in_play[one, value], in_play[other, value]) for value in values)
        for (a, b), (c, d) in permutations(pairs, 2):
            found.append(pool.both((a, -b, d, -c)))
    return found


def _nearly_all(
    asker: Asker, rules: Sequence[Rule], key: str, in_play: Mapping[tuple[str, str], Formula]
) -> list[Formula]:
    """The frames where a key has one value left of a list that names all others."""
    # Of a concept, `none` is what somebody has whom it is not about.
    concept = asker.concepts.get(key)
    domain = {*concept.values} - {NONE} if concept else {*_real_values(asker, key)}
    found: list[Formula] = []
    for rule in rules:
        for accepted in _lists(rule.logic.applies, key):
            if len(accepted) > 1 and len(domain - accepted) == 1:
                found += [in_play[rule.id, value] for value in sorted(accepted & domain)]
    return found


def _lists(condition: Condition, key: str) -> Iterator[frozenset[str]]:
    """The lists of values that a condition accepts of a key or a concept."""
    match condition:
        case Atom(name, accept) if name == key and not isinstance(accept, Range):
            yield accept
        case AnyOf(parts) if all(isinstance(p, ConceptIs) and p.concept == key for p in parts):
            yield frozenset(p.value for p in parts if isinstance(p, ConceptIs))
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from _lists(part, key)
        case _:  # what is denied is no list of what is meant
            return


def _holes(
    asker: Asker,
    key: str,
    values: Sequence[str],
    fans: Sequence[Formula],
    silent: Sequence[Formula],
) -> list[Hole]:
    """The values for which nothing speaks though others are spoken of, each with its goals."""
    fan = asker.pool.either(fans)
    if fan == FALSE or not asker.solver.possible(fan):
        return []
    found: list[Hole] = []
    for value in values:
        goals = [fan, has_value(asker, key, value), *silent]
        if asker.solver.possible(*goals):
            found.append((value, goals))
    return found


def _groups(asker: Asker, where: str, key: str, holes: Sequence[Hole]) -> Iterator[Sequence[Hole]]:
    """What is meant and what is not, each to be told with a frame of its own."""
    meant = asker.meant.get((where, key), frozenset())
    for group in (
        [hole for hole in holes if hole[0] not in meant],
        [hole for hole in holes if hole[0] in meant],
    ):
        if group:
            yield group


def has_value(asker: Asker, key: str, value: str) -> Formula:
    """A key or a concept has a value; a concept may have none."""
    meaning = asker.meaning
    if key in asker.space.cells:
        return meaning.cell(key, value)
    if value != NO_VALUE:
        return meaning.concept(key, value)[0]
    return asker.pool.both(-meaning.concept(key, v)[0] for v in asker.concepts[key].values)


def _gap(
    asker: Asker,
    article: str,
    rules: Sequence[Rule],
    key: str,
    holes: Sequence[Hole],
    in_play: Mapping[tuple[str, str], Formula],
    fixed: Mapping[str, Meaning],
) -> Claim:
    model = asker.witness(*holes[0][1])
    assert model is not None
    spoken = [
        (rule, value)
        for rule in rules
        for value in fixed
        if asker.holds(in_play[rule.id, value], model)
    ]
    expects = list(asker.expects(rules, model))
    if key in asker.space.cells:
        expects += [
            Expect(rule.id, asker.outcome(rule, model, fixed[value]), ((key, value),))
            for rule, value in spoken
        ]
    values = tuple(value for value, _ in holes)
    told: dict[str, list[str]] = {}
    for rule, value in spoken:
        told.setdefault(rule.id, []).append(value)
    return Claim(
        question="gaps",
        kind="gap",
        subjects=tuple(sorted(told)),
        where=article,
        what=key,
        says=f"for an act of type {model['act.type']}, with {key} = {_shown(asker, key, values)}, "
        f"nothing of {article} speaks",
        model=model,
        expects=tuple(expects),
        values=values,
        because=tuple(
            f"{id_} speaks for {key} = {_shown(asker, key, v)}" for id_, v in sorted(told.items())
        ),
    )


def _shown(asker: Asker, key: str, values: Sequence[str]) -> str:
    return _either([asker.shown(key, value) for value in values])


def _either(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} or {values[-1]}"


def _gaps_of_concept(asker: Asker, concept: Concept) -> Iterator[Claim]:
    """The same for a concept with several values: each is told apart by a key, and one is left."""
    meaning = asker.meaning
    says = [value for value in concept.values if any(d.value == value for d in concept.definitions)]
    silent = [-meaning.concept(concept.name, value)[0] for value in concept.values]
    keys = asker.pool.cells_of([abs(one) for one in silent])
    for key in sorted({key for key, _ in keys}):
        values = list(asker.space.cells[key])
        if key.startswith(PREFIX):
            continue
        fixed = {value: meaning.with_fixed(key, value) for value in values}
        held = {(s, v): fixed[v].concept(concept.name, s)[0] for s in says for v in values}
        holes = _holes(asker, key, values, _split(asker, says, values, held), silent)
        for some in _groups(asker, concept.name, key, holes):
            yield _gap_of_concept(asker, concept, key, some, held)


def _gap_of_concept(
    asker: Asker,
    concept: Concept,
    key: str,
    holes: Sequence[Hole],
    held: Mapping[tuple[str, str], Formula],
) -> Claim:
    model = asker.witness(*holes[0][1])
    assert model is not None
    left = tuple(value for value, _ in holes)
    told: dict[str, list[str]] = {}
    for (name, value), formula in held.items():
        if asker.holds(formula, model):
            told.setdefault(name, []).append(value)
    silent = (Expect(f"{concept.name}={value}", "false") for value in concept.values)
    spoken = (
        Expect(f"{concept.name}={name}", "true", ((key, value),))
        for name, some in sorted(told.items())
        for value in some
    )
    return Claim(
        question="gaps",
        kind="gap",
        subjects=(concept.name,),
        where=concept.name,
        what=key,
        says=f"with {key} = {_shown(asker, key, left)}, the concept {concept.name} has no value",
        model=model,
        expects=(*silent, *spoken),
        values=left,
        because=tuple(
            f"it is {name} for {key} = {_shown(asker, key, some)}"
            for name, some in sorted(told.items())
        ),
    )


# --------------------------------------------------------------------------- conditions


class Part(Struct, frozen=True):
    """A condition of a rule or a definition, and the frames on which it is asked."""

    subject: str
    where: str
    condition: Condition
    scope: Formula
    rule: Rule | None
    value: str = ""  # of a concept


def conditions(asker: Asker, chosen: Sequence[Rule]) -> Iterator[Claim]:
    for rule in chosen:
        yield from _of_rule(asker, rule)
    for concept in asker.rulebook.concepts:
        if any(_uses(asker, rule, concept.name) for rule in chosen):
            yield from _of_concept(asker, concept)
    wanted = {rule.id for rule in chosen}
    for one, other in permutations(asker.rulebook.rules, 2):
        if {one.id, other.id} & wanted:
            yield from filter(None, (_covered(asker, one, other),))


def _of_rule(asker: Asker, rule: Rule) -> Iterator[Claim]:
    meaning, solver, logic = asker.meaning, asker.solver, rule.logic
    trigger = meaning.trigger(rule)
    if not solver.possible(meaning.in_play(rule)):
        yield from _never(asker, rule, "can never be in play", meaning.in_play(rule), trigger)
        return
    if not solver.possible(meaning.departed(rule)):
        departed, scope = meaning.departed(rule), meaning.in_play(rule)
        yield from _never(asker, rule, "can never be departed from", departed, scope)
        return
    if not solver.possible(meaning.established(rule)):
        says = "can never be established: an exception always holds"
        yield from _never(asker, rule, says, meaning.established(rule), meaning.departed(rule))
    yield from _dead_types(asker, rule)
    applies, departed = meaning.in_play(rule), meaning.departed(rule)
    yield from _idle(asker, Part(rule.id, "applies", logic.applies, trigger, rule))
    yield from _idle(asker, Part(rule.id, "departs", logic.departs, applies, rule))
    for number, one in enumerate(logic.exceptions):
        if not solver.possible(departed, -meaning.effect(one)[0]):
            continue  # told above: nothing is left of the rule
        yield from _idle_exception(asker, rule, one, departed)
        others = [meaning.effect(o)[0] for i, o in enumerate(logic.exceptions) if i != number]
        yield from _covered_exception(asker, rule, one, departed, others)


def _never(asker: Asker, rule: Rule, says: str, goal: Formula, scope: Formula) -> Iterator[Claim]:
    model = asker.witness(scope) or asker.witness(asker.meaning.trigger(rule)) or asker.witness()
    assert model is not None
    blame = asker.solver.blame(goal)
    yield Claim(
        question="conditions",
        kind="never",
        subjects=(rule.id,),
        where="",
        what=WHOLE,
        says=f"{rule.id} {says}",
        model=model,
        expects=asker.expects((rule,), model),
        because=(*_clash(asker, rule, scope), *_why(blame))
        if blame
        else _clash(asker, rule, scope) or _why(blame),
    )


def _why(blame: Iterable[str]) -> tuple[str, ...]:
    found = tuple(f"in every frame, {WHY[name]}" for name in blame)
    return found or ("the rest of the rule, with its concepts, decides it alone",)


def _clash(asker: Asker, rule: Rule, scope: Formula) -> tuple[str, ...]:
    """Which conditions of a rule shut each other out, or which exception always holds."""
    meaning, solver = asker.meaning, asker.solver
    trigger = meaning.trigger(rule)
    for one in rule.logic.exceptions:
        if scope == meaning.departed(rule) and not solver.possible(scope, -meaning.effect(one)[0]):
            return (f"the exception {one.name} holds whenever the rule is departed from",)
    parts = [*_conjuncts(rule.logic.applies), *_conjuncts(rule.logic.departs)]
    true = [meaning.truth(part)[0] for part in parts]
    for part, holds in zip(parts, true, strict=True):
        if not solver.possible(trigger, holds):
            return (f"'{written(part)}' is never true of the acts that bring it up",)
    for (part, holds), (other, too) in combinations(zip(parts, true, strict=True), 2):
        if not solver.possible(trigger, holds, too):
            return (f"'{written(part)}' and '{written(other)}' are never true together",)
    return ()


def _conjuncts(condition: Condition) -> tuple[Condition, ...]:
    """The conditions all of which have to hold."""
    if isinstance(condition, All):
        return tuple(inner for part in condition.parts for inner in _conjuncts(part))
    return (condition,)


def _deciding(asker: Asker, part: Part, node: Condition, kind: str) -> tuple[str, ...]:
    """The one other condition that makes this one always true, or never."""
    if kind not in ("always", "never"):
        return ()
    meaning, solver = asker.meaning, asker.solver
    rule = part.rule
    around = [part.condition, *((rule.logic.applies, rule.logic.departs) if rule else ())]
    others = [one for whole in around for one in _conjuncts(whole) if one != node]
    trigger = meaning.trigger(rule) if rule else TRUE
    true = meaning.truth(node)[0]
    contrary = -true if kind == "always" else true
    if not solver.possible(trigger, contrary):
        return ()  # the trigger alone, with the laws of frames
    for one in others:
        holds = meaning.truth(one)[0]
        if solver.possible(trigger, holds) and not solver.possible(trigger, holds, contrary):
            so = "so is this" if kind == "always" else "this is not"
            return (f"where '{written(one)}' is true, {so}",)
    return ()


def _dead_types(asker: Asker, rule: Rule) -> Iterator[Claim]:
    meaning = asker.meaning
    named = {
        t
        for way in rule.trigger
        for atom in way
        if atom.key == "act.type"
        for t in (atom.accept if not isinstance(atom.accept, Range) else ())
    }
    for type_ in sorted(named & asker.types[rule.id]):
        is_type = meaning.cell("act.type", type_)
        if not asker.solver.possible(meaning.in_play(rule), is_type):
            model = asker.witness(is_type)
            assert model is not None
            yield Claim(
                question="conditions",
                kind="never",
                subjects=(rule.id,),
                where="trigger",
                what=f"act.type: {type_}",
                says=f"{rule.id} is brought up by acts of type {type_}, and is never in play there",
                model=model,
                expects=asker.expects((rule,), model),
                because=_why(asker.solver.blame(meaning.in_play(rule), is_type)),
            )


def _of_concept(asker: Asker, concept: Concept) -> Iterator[Claim]:
    meaning = asker.meaning
    for number, one in enumerate(concept.definitions):
        where = f"definition {number + 1}"
        logic = one.logic
        yield from _idle(asker, Part(concept.name, where, logic.applies, TRUE, None, one.value))
        scope = meaning.truth(logic.applies)[0]
        for carveout in _every(logic.exceptions):
            at = f"{where}, except.{carveout.name}"
            yield from _idle(asker, Part(concept.name, at, carveout.when, scope, None, one.value))


def _idle_exception(asker: Asker, rule: Rule, one: Carveout, scope: Formula) -> Iterator[Claim]:
    found = list(_idle(asker, Part(rule.id, f"except.{one.name}", one.when, scope, rule)))
    yield from found
    within = asker.pool.both((scope, asker.meaning.truth(one.when)[0]))
    if not any(claim.what == f"except.{one.name}" for claim in found):
        for sub in one.unless:
            at = Part(rule.id, f"except.{one.name}.unless.{sub.name}", sub.when, within, rule)
            yield from _idle(asker, at)


def _covered_exception(
    asker: Asker, rule: Rule, one: Carveout, scope: Formula, others: Sequence[Formula]
) -> Iterator[Claim]:
    effect = asker.meaning.effect(one)[0]
    solver = asker.solver
    if not others or not solver.possible(scope, effect):
        return
    if solver.possible(scope, effect, *(-other for other in others)):
        return
    model = asker.witness(scope, effect)
    assert model is not None
    yield Claim(
        question="conditions",
        kind="covered",
        subjects=(rule.id,),
        where=f"except.{one.name}",
        what=f"except.{one.name}",
        says=f"the exception {one.name} of {rule.id} holds only where another one does",
        model=model,
        expects=asker.expects((rule,), model),
    )


def _idle(asker: Asker, part: Part) -> Iterator[Claim]:
    """The conditions within a part that decide nothing, the outermost of each."""
    idle: list[tuple[int, ...]] = []
    for path, node in nodes(part.condition):
        if any(path[: len(one)] == one for one in idle) or _is_guard(node):
            continue
        if node in (ALWAYS, NOTHING):
            continue
        found = _idle_node(asker, part, path, node)
        if found is not None:
            idle.append(path)
            yield found
            # What is told once is taken out, so that what repeats it is not told for it as well.
            left = ALWAYS if found.kind == "always" else NOTHING
            part = replace(part, condition=put(part.condition, path, left))
        elif isinstance(node, Atom) and not isinstance(node.accept, Range):
            yield from _idle_values(asker, part, path, node)


def _is_guard(node: Condition) -> bool:
    """A condition that a reading wrote (see switching), and no author."""
    return isinstance(node, Atom) and node.key.startswith(PREFIX)


def nodes(
    condition: Condition, path: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], Condition]]:
    """Every condition within one, wholes before parts."""
    yield path, condition
    if isinstance(condition, Not):
        yield from nodes(condition.part, (*path, 0))
    elif isinstance(condition, All | AnyOf):
        for number, inner in enumerate(condition.parts):
            yield from nodes(inner, (*path, number))


def put(condition: Condition, path: Sequence[int], new: Condition) -> Condition:
    """The condition with another in one place."""
    if not path:
        return new
    if isinstance(condition, Not):
        return Not(put(condition.part, path[1:], new))
    assert isinstance(condition, All | AnyOf)
    parts = list(condition.parts)
    parts[path[0]] = put(parts[path[0]], path[1:], new)
    return type(condition)(tuple(parts))


def _differs(asker: Asker, part: Part, one: Condition, other: Condition) -> Formula:
    """The frames in scope on which two versions of a part differ."""
    pool = asker.pool
    first, second = asker.meaning.truth(one)[0], asker.meaning.truth(other)[0]
    apart = pool.either((pool.both((first, -second)), pool.both((-first, second))))
    return pool.both((part.scope, apart))


def _idle_node(asker: Asker, part: Part, path: tuple[int, ...], node: Condition) -> Claim | None:
    solver = asker.solver
    matters = _differs(
        asker, part, put(part.condition, path, ALWAYS), put(part.condition, path, NOTHING)
    )
    true = asker.meaning.truth(node)[0]
    shown = written(node)
    if not solver.possible(matters):
        kind, says, goal = "idle", f"'{shown}' makes no difference", matters
    elif not solver.possible(matters, -true):
        kind, goal = "always", asker.pool.both((matters, -true))
        says = f"'{shown}' is always true where it decides"
    elif not solver.possible(matters, true):
        never = not solver.possible(part.scope, true)
        kind, goal = "never" if never else "idle", asker.pool.both((matters, true))
        says = f"'{shown}' is never true" if never else f"'{shown}' adds nothing to the rest"
    else:
        return None
    whole = not path and part.where.startswith("except.") and kind == "never"
    if whole:
        says = f"this exception can never hold ('{shown}')"
    claim = _claim(asker, part, kind, shown, says, goal, (part.scope, matters))
    decides = _deciding(asker, part, node, kind)
    laws = claim.because if claim.because != _why(()) else ()
    return replace(claim, because=(*decides, *laws)) if decides else claim


def _idle_values(asker: Asker, part: Part, path: tuple[int, ...], node: Atom) -> Iterator[Claim]:
    accept = node.accept
    assert not isinstance(accept, Range)
    if len(accept) < 2:
        return
    for value in sorted(accept):
        without = put(part.condition, path, Atom(node.key, accept - {value}))
        differs = _differs(asker, part, part.condition, without)
        if not asker.solver.possible(differs):
            shown = f"{node.key}: {value}"
            says = f"'{shown}', one of several values, makes no difference"
            yield _claim(asker, part, "value", shown, says, differs, (part.scope,))


def _claim(
    asker: Asker,
    part: Part,
    kind: str,
    shown: str,
    says: str,
    goal: Formula,
    goals: Sequence[Formula],
) -> Claim:
    """The witness has the rest of the part decide, as far as that is possible."""
    model = asker.witness(*goals) or asker.witness(part.scope)
    assert model is not None, "the scope of a part is possible"
    if part.rule is not None:
        expects = asker.expects((part.rule,), model)
    else:
        true = asker.meaning.concept(part.subject, part.value)[0]
        said = "true" if asker.holds(true, model) else "false"
        expects = (Expect(f"{part.subject}={part.value}", said),)
    return Claim(
        question="conditions",
        kind=kind,
        subjects=(part.subject,),
        where=part.where,
        what=shown,
        says=f"{part.subject}, {part.where}: {says}",
        model=model,
        expects=expects,
        because=_why(asker.solver.blame(goal)),
    )


def _covered(asker: Asker, one: Rule, other: Rule) -> Claim | None:
    """Everything that a rule says, another of the same force says too."""
    alike = (
        stance(one) == stance(other)
        and one.norm == other.norm
        and is_law(one) == is_law(other)
        and asker.types[one.id] <= asker.types[other.id]
    )
    if not alike:
        return None
    meaning, solver = asker.meaning, asker.solver
    inner, outer = meaning.established(one), meaning.established(other)
    if not solver.possible(inner) or solver.possible(inner, -outer):
        return None
    same = not solver.possible(outer, -inner)
    if same and one.id > other.id:
        return None  # told once
    model = asker.witness(inner)
    assert model is not None
    says = f"{one.id} says nothing that {other.id} does not say"
    return Claim(
        question="conditions",
        kind="covered",
        subjects=(one.id, other.id),
        where="",
        what=WHOLE,
        says=says + (", nor the other way round" if same else ""),
        model=model,
        expects=asker.expects((one, other), model),
    )


# --------------------------------------------------------------------------- writing conditions


def written(condition: Condition) -> str:
    """A condition as an author would write it, on one line."""
    match condition:
        case Atom(key, accept):
            if isinstance(accept, Range):
                return f"{key}: {_comparison(accept)}"
            name, _, member = key.partition(":")
            if member:
                return f"{name}: {member}"
            return f"{name}: {_listed(sorted(accept))}"
        case ConceptIs(concept, value):
            return f"{concept}: {value}"
        case Not(part):
            return f"not: {{{written(part)}}}"
        case All(parts):
            return ", ".join(_inner(part) for part in parts)
        case AnyOf(parts):
            names = {_name_of(part) for part in parts}
            if len(names) == 1 and "" not in names:
                return f"{names.pop()}: {_listed([_value_of(part) for part in parts])}"
            return "any: [" + ", ".join(f"{{{written(part)}}}" for part in parts) + "]"


def _inner(condition: Condition) -> str:
    return f"all: {{{written(condition)}}}" if isinstance(condition, All) else written(condition)


def _listed(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"[{', '.join(values)}]"


def _comparison(accept: Range) -> str:
    words = []
    if accept.low is not None and accept.low == accept.high:
        return str(accept.low)
    if accept.low is not None:
        words.append(f"{'more_than' if accept.low_open else 'at_least'}: {accept.low}")
    if accept.high is not None:
        words.append(f"{'less_than' if accept.high_open else 'at_most'}: {accept.high}")
    return "{" + ", ".join(words) + "}"


def _name_of(condition: Condition) -> str:
    if isinstance(condition, ConceptIs):
        return condition.concept
    if isinstance(condition, Atom) and ":" in condition.key:
        return condition.key.partition(":")[0]
    return ""


def _value_of(condition: Condition) -> str:
    if isinstance(condition, ConceptIs):
        return condition.value
    return condition.key.partition(":")[2] if isinstance(condition, Atom) else ""


__all__ = ["QUESTIONS", "Asker", "Claim", "Expect", "conditions", "contradictions", "gaps"]
