"""Which mutants of a rulebook its tests and the cases notice: the score, and who is alive.

A mutant is *noticed* when a check beside some rule that it can reach no longer passes, or else an
expectation of a case is no longer met. A rule's answer depends on that rule, its concepts and the
readings and on nothing else, and a frame on the case and the vocabulary alone; so the frames are
made once, and a mutant costs one small program and the checks of the rules it can reach.

Work is shared out by document. What comes back does not depend on how many processes there are.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cached_property
from typing import Final, Literal, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from comity import source
from comity.authoring.mutations import Mutant, Mutation, Value, meaning, mutations, told, value_of
from comity.casefile import Case, read_case
from comity.checking import Loaded, readings_of, ready
from comity.compiling import Cone, Program, compile_rulebook
from comity.conditions import concepts_of, conditions_of
from comity.expecting import met
from comity.framing import frames_of
from comity.library import inside
from comity.measuring import Proposal, binds_host, status_of, toolbox
from comity.model import Concept, Frame, Reading, Rule, Rulebook
from comity.problems import Place, Problem, nearest, problem
from comity.resolving import Judged, judge
from comity.rulereader import Document, read_whole
from comity.ruletests import (
    Prepared,
    differs,
    is_left_out,
    judged_in,
    parse,
    prepare,
    unknown_rules,
)
from comity.running import Engine, EngineFault, Plain
from comity.source import Fields, Text

REVIEWS: Final = "reviews/mutants"  # of the rulebook: why some are left alive

State: TypeAlias = Literal["tests", "cases", "alive", "explained", "stillborn", "same"]
Progress: TypeAlias = Callable[[int, int], None]


class Verdict(Struct, frozen=True):
    """What became of a mutant, and what noticed it."""

    mutant: Mutant
    state: State
    by: str = ""  # the check or expectation; of an explained one, the reason


class Explanation(Struct, frozen=True):
    """Why nothing can or need notice a mutant."""

    id: str
    reason: str
    place: Place


class Trial(Struct, frozen=True):
    """A run: what became of every mutant, in the order of owners and of their text."""

    verdicts: tuple[Verdict, ...]
    stale: tuple[Problem, ...] = ()  # explanations of what is not alive

    @property
    def counted(self) -> int:
        """The mutants that could be noticed: neither unreadable nor the same as another."""
        return sum(v.state not in ("stillborn", "same") for v in self.verdicts)

    def count(self, *states: State) -> int:
        return sum(v.state in states for v in self.verdicts)

    @property
    def alive(self) -> float:
        """The share of those alive, explained or not, in per cent."""
        return 100 * self.count("alive", "explained") / self.counted if self.counted else 0.0


class Aim(Struct, frozen=True):
    """A measure aimed at something, and what is found on it."""

    proposal: Proposal
    date: str
    judged: tuple[Judged, ...]

    @property
    def measure(self) -> str:
        return self.proposal.measure.id

    @property
    def on(self) -> str:
        return self.proposal.frame.on

    @property
    def status(self) -> str:
        outcomes = (j.outcome for j in self.judged if binds_host(j))
        return status_of(self.proposal.measure, outcomes)


class Exhibit(Struct, frozen=True):
    """A case (or variant) with expectations, made ready, and what is found in it."""

    file: str
    case: Case
    frames: tuple[Frame, ...]
    judged: tuple[Judged, ...]
    aims: tuple[Aim, ...]

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.file, self.case.variant)))

    def met(self, rules: Sequence[Rule]) -> tuple[bool, ...]:
        """Which expectations are met, in order. What is not built yet is not counted on."""
        return tuple(
            not expected.todo and met(expected, self.judged, self.aims, rules)[1]
            for expected in self.case.expect
        )

    def again(
        self, engine: Engine, readings: Mapping[str, Reading], rules: frozenset[str]
    ) -> Exhibit:
        """The same case with some rules judged anew."""

        def anew(frame: Frame) -> tuple[Judged, ...]:
            return judge(engine, frame, readings, explain=False)

        return replace(
            self,
            judged=(
                *(j for j in self.judged if j.rule.id not in rules),
                *(j for frame in self.frames for j in anew(frame)),
            ),
            aims=tuple(
                replace(
                    aim,
                    judged=(
                        *(j for j in aim.judged if j.rule.id not in rules),
                        *anew(aim.proposal.frame),
                    ),
                )
                for aim in self.aims
            ),
        )


# --------------------------------------------------------------------------- the bench


class Bench:
    """A rulebook on trial, with all its tests and cases ready; one in each process."""

    def __init__(self, files: Mapping[str, bytes], cases: Mapping[str, bytes]) -> None:
        whole = read_whole(files)
        self.documents, self.terms = whole.documents, whole.terms
        self.vocabulary, book = whole.terms.vocabulary, whole.book
        self.cases = cases
        self.problems = list(whole.problems)
        self.loaded: Loaded | None = None
        self.checks: dict[str, list[Prepared]] = {}
        if any(p.severity == "error" for p in self.problems):
            return
        self.loaded, faults = ready(book, self.vocabulary)
        self.problems += faults
        sheets, faults = parse(files)
        sheets = tuple(sheet for sheet in sheets if not is_left_out(book, sheet))
        self.problems += [*faults, *unknown_rules(sheets, [rule.id for rule in book.rules])]
        for sheet in sheets:
            prepared, faults = prepare(sheet, self.vocabulary)
            self.problems += faults
            # What is still to do notices nothing.
            due = [one for one in prepared if not one.check.todo]
            self.checks.setdefault(sheet.rule, []).extend(due)

    @property
    def usable(self) -> bool:
        return self.loaded is not None and all(p.severity != "error" for p in self.problems)

    @property
    def whole(self) -> Loaded:
        assert self.loaded is not None
        return self.loaded

    @cached_property
    def cones(self) -> dict[str, Cone]:
        return {code.rule.id: code.cone for code in self.whole.program.rules}

    def failing(self) -> Iterator[str]:
        """The checks that fail as it is; nothing can be learnt from them."""
        for checks in self.checks.values():
            for one in checks:
                message = self._message(one, self.whole.engine, self.whole.rulebook)
                if message:
                    yield f"{one.check.at}: {one.check.rule}: {one.check.name}: {message}"

    # ---------------------------------------------------------------- one document

    def mutations_of(self, document: Document) -> tuple[tuple[Mutant, Mutation], ...]:
        return tuple((told(document, m), m) for m in mutations(document, self.terms))

    def verdicts(self, document: Document, chosen: frozenset[str] | None) -> list[Verdict]:
        """What becomes of the mutants of a document, or of those chosen."""
        found = []
        original = value_of(document, None, self.terms)
        seen = set() if original is None else {meaning(original)}
        for mutant, made in self.mutations_of(document):
            value = value_of(document, made, self.terms)
            means = None if value is None else meaning(value)
            if chosen is None or mutant.id in chosen:
                if value is None:
                    found.append(Verdict(mutant, "stillborn"))
                elif means in seen:
                    found.append(Verdict(mutant, "same"))
                else:
                    found.append(self.verdict(mutant, value))
            seen.add(means)
        return found

    def verdict(self, mutant: Mutant, value: Value) -> Verdict:
        book = with_value(self.whole.rulebook, value)
        reached = self.reached(value)
        for rule in reached:
            program = self.program(book, (rule,))
            if program is None:
                return Verdict(mutant, "stillborn")
            engine = Engine(program, Plain)
            for one in self.checks.get(rule, ()):
                if self._message(one, engine, book):
                    return Verdict(mutant, "tests", f"{one.check.at} {one.check.name}")
        noticed = self.in_cases(book, reached, value)
        return Verdict(mutant, "cases" if noticed else "alive", noticed)

    def reached(self, value: Value) -> tuple[str, ...]:
        """The rules whose answer can depend on a value."""
        match value:
            case Rule():
                return (value.id,)
            case Concept():
                return tuple(r for r, cone in self.cones.items() if value.name in cone.concepts)
            case Reading():
                key = f"reading.{value.id}"
                return tuple(r for r, cone in self.cones.items() if key in cone.readings)

    def program(self, book: Rulebook, rules: Iterable[str]) -> Program | None:
        """A program of some rules alone, with the concepts that they need."""
        names = frozenset(rules)
        needed = frozenset().union(*(self.cones[name].concepts for name in names))
        small = replace(
            book,
            rules=tuple(rule for rule in book.rules if rule.id in names),
            concepts=tuple(concept for concept in book.concepts if concept.name in needed),
        )
        return compile_rulebook(small, self.whole.program.domains)[0]

    @staticmethod
    def _message(one: Prepared, engine: Engine, book: Rulebook) -> str:
        try:
            return differs(one.check, judged_in(engine, one, readings_of(one.case, book)))
        except EngineFault as fault:
            return fault.message

    # ---------------------------------------------------------------- the cases

    @cached_property
    def exhibits(self) -> tuple[tuple[Exhibit, tuple[bool, ...]], ...]:
        """The cases with what is found in them, and which expectations are met."""
        rules, engine = self.whole.rulebook.rules, self.whole.engine
        names = frozenset(rule.id for rule in rules)
        found = []
        for bare in self._cases():
            exhibit = self.aimed(bare, engine)
            readings = readings_of(bare.case, self.whole.rulebook)
            exhibit = exhibit.again(engine, readings, names)
            found.append((exhibit, exhibit.met(rules)))
        return tuple(found)

    def _cases(self) -> Iterator[Exhibit]:
        """Every case and variant that expects something, nothing judged yet."""
        for file, data in self.cases.items():
            case, _ = read_case(data, file, self.vocabulary)
            for variant in ("", *case.variants) if case is not None else ():
                one, problems = read_case(data, file, self.vocabulary, variant=variant)
                if one is None or any(p.severity == "error" for p in problems) or not one.expect:
                    continue
                yield Exhibit(file, one, frames_of(one, self.vocabulary), (), ())

    def aimed(self, exhibit: Exhibit, engine: Engine) -> Exhibit:
        """A case with the measures that fit it."""
        measures = self.whole.rulebook.measures
        proposals, _ = toolbox(exhibit.case, self.vocabulary, exhibit.frames, measures, engine)
        as_of = exhibit.case.as_of_text
        return replace(exhibit, aims=tuple(Aim(p, p.date or as_of, ()) for p in proposals))

    def in_cases(self, book: Rulebook, reached: Sequence[str], value: Value) -> str:
        """The first case in which an expectation is no longer met, "" if there is none."""
        program = self.program(book, reached)
        if program is None:
            return ""
        engine, names = Engine(program, Plain), frozenset(reached)
        whole: Engine | None = None
        if isinstance(value, Concept) and value.name in self.asked_by_measures:
            all_ = compile_rulebook(book, self.whole.program.domains)[0]
            whole = Engine(all_, Plain) if all_ is not None else None
        for exhibit, before in self.exhibits:
            try:
                readings = readings_of(exhibit.case, book)
                if whole is None:
                    now = exhibit.again(engine, readings, names)
                else:
                    every = frozenset(rule.id for rule in book.rules)
                    now = self.aimed(exhibit, whole).again(whole, readings, every)
            except EngineFault as fault:
                return f"{exhibit.name}: {fault.message}"
            if any(was and not is_ for was, is_ in zip(before, now.met(book.rules), strict=True)):
                return exhibit.name
        return ""

    @cached_property
    def asked_by_measures(self) -> frozenset[str]:
        """The concepts that decide which measures fit: what `where` asks for, and so on down."""
        concepts = {concept.name: concept for concept in self.whole.rulebook.concepts}
        pending = [n for m in self.whole.rulebook.measures for n in concepts_of(m.where)]
        found: set[str] = set()
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending += [
                    used
                    for definition in concepts[name].definitions
                    for condition in conditions_of(definition.logic)
                    for used in concepts_of(condition)
                ]
        return frozenset(found)


def with_value(book: Rulebook, value: Value) -> Rulebook:
    """The rulebook with one document that says something else."""
    match value:
        case Rule():
            return replace(book, rules=tuple(value if r.id == value.id else r for r in book.rules))
        case Concept():
            concepts = tuple(value if c.name == value.name else c for c in book.concepts)
            return replace(book, concepts=concepts)
        case Reading():
            return replace(book, readings={**book.readings, value.id: value})


# --------------------------------------------------------------------------- the run


_bench: Bench | None = None  # of a worker process


def _open(files: Mapping[str, bytes], cases: Mapping[str, bytes]) -> None:
    global _bench
    _bench = Bench(files, cases)


def _work(at: int, chosen: frozenset[str] | None) -> list[Verdict]:
    assert _bench is not None
    return _bench.verdicts(_bench.documents[at], chosen)


def mutants_of(bench: Bench, owners: frozenset[str] | None = None) -> dict[int, list[Mutant]]:
    """Every mutant, by the number of its document; of some owners only, if they are given."""
    return {
        at: [mutant for mutant, _ in bench.mutations_of(document)]
        for at, document in enumerate(bench.documents)
        if document.kind != "measure" and (owners is None or document.id.text in owners)
    }


def run(
    bench: Bench,
    files: Mapping[str, bytes],
    mutants: Mapping[int, Sequence[Mutant]],
    *,
    jobs: int,
    progress: Progress,
    sample: int = 0,
    seed: int = 0,
) -> Trial:
    """Put every mutant (or a sample of them) on trial."""
    total = sum(map(len, mutants.values()))
    chosen: dict[int, frozenset[str] | None] = {at: None for at, list_ in mutants.items() if list_}
    if 0 < sample < total:
        ids = [mutant.id for list_ in mutants.values() for mutant in list_]
        drawn = frozenset(random.Random(seed).sample(ids, sample))
        of = {at: frozenset(m.id for m in list_) & drawn for at, list_ in mutants.items()}
        chosen = {at: some for at, some in of.items() if some}
        total = sample
    found: dict[int, list[Verdict]] = {}
    done = 0
    for at, verdicts in _answers(bench, files, mutants, chosen, jobs):
        found[at] = verdicts
        done += len(verdicts)
        progress(done, total)
    explanations, problems = read_explanations(files)
    verdicts = [v for at in sorted(found) for v in found[at]]
    explained = tuple(
        replace(v, state="explained", by=explanations[v.mutant.id].reason)
        if v.state == "alive" and v.mutant.id in explanations
        else v
        for v in verdicts
    )
    known = {m.id for list_ in mutants_of(bench).values() for m in list_}
    return Trial(explained, (*problems, *_stale(explanations, explained, known)))


def _answers(
    bench: Bench,
    files: Mapping[str, bytes],
    mutants: Mapping[int, Sequence[Mutant]],
    chosen: Mapping[int, frozenset[str] | None],
    jobs: int,
) -> Iterator[tuple[int, list[Verdict]]]:
    """The verdicts on each document, as they come; the longest work is begun first."""
    order = sorted(
        chosen, key=lambda at: (bench.documents[at].kind != "concept", -len(mutants[at]))
    )
    if jobs == 1 or len(order) < 2:
        for at in order:
            yield at, bench.verdicts(bench.documents[at], chosen[at])
        return
    with ProcessPoolExecutor(jobs, initializer=_open, initargs=(dict(files), bench.cases)) as pool:
        waiting = {pool.submit(_work, at, chosen[at]): at for at in order}
        for answer in as_completed(waiting):
            yield waiting[answer], answer.result()


# --------------------------------------------------------------------------- explanations


def read_explanations(
    files: Mapping[str, bytes],
) -> tuple[dict[str, Explanation], tuple[Problem, ...]]:
    """`explained:` of every file `reviews/mutants*.yaml`: mutant -> why nothing notices it."""
    found: dict[str, Explanation] = {}
    problems: list[Problem] = []
    for name in sorted(n for n in files if inside(n).startswith(REVIEWS)):
        nodes, faults = source.read(files[name], str(name))
        problems.extend(faults)
        for node in nodes:
            listed = node.get("explained") if isinstance(node, Fields) else None
            if not isinstance(node, Fields) or not isinstance(listed, Fields) or len(node) > 1:
                text = "a file on mutants is a mapping with `explained`, and nothing else"
                problems.append(
                    problem("R020", node.place, text, "write `explained: {ID: reason}`")
                )
                continue
            for key, value in listed:
                if not isinstance(value, Text) or not value.text.strip():
                    text = f"'{key.text}' gives no reason"
                    problems.append(problem("R020", key.place, text, "say why nothing notices it"))
                else:
                    found[key.text] = Explanation(key.text, value.text.strip(), key.place)
    return found, tuple(problems)


def _stale(
    explanations: Mapping[str, Explanation], verdicts: Iterable[Verdict], known: set[str]
) -> Iterator[Problem]:
    """Explanations of what is not alive any more."""
    states = {v.mutant.id: v for v in verdicts}
    for one in explanations.values():
        verdict = states.get(one.id)
        if one.id not in known:
            near = nearest(one.id, sorted(known))
            hint = f"did you mean '{near}'?" if near else "remove it"
            yield problem("R020", one.place, f"there is no mutant '{one.id}'", hint)
        elif verdict is not None and verdict.state != "explained":
            how = {
                "tests": f"is noticed by {verdict.by}",
                "cases": f"is noticed by the case {verdict.by}",
                "stillborn": "cannot be read",
                "same": "is the same as another or as the original",
            }.get(verdict.state, "is not alive")
            yield problem("R020", one.place, f"the mutant '{one.id}' {how}", "remove it")


# --------------------------------------------------------------------------- by owner


class Row(Struct, frozen=True):
    """The mutants of one rule, concept or reading, or of a folder."""

    name: str
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def counted(self) -> int:
        return sum(n for state, n in self.counts.items() if state not in ("stillborn", "same"))


def rows(verdicts: Iterable[Verdict], key: Callable[[Verdict], str]) -> tuple[Row, ...]:
    """Counts by state for each value of a key, in order of name."""
    counts: dict[str, Counter[str]] = {}
    for verdict in verdicts:
        counts.setdefault(key(verdict), Counter())[verdict.state] += 1
    return tuple(Row(name, dict(counts[name])) for name in sorted(counts))


def owner(verdict: Verdict) -> str:
    return verdict.mutant.owner


def folder(verdict: Verdict) -> str:
    return verdict.mutant.place.file.rpartition("/")[0] or "."
