"""The whole pipeline in one place: files in, a `Report` or `Problem`s out.

files -> vocabulary, rulebook -> program -> engine      (`load`, once)
case  -> frames -> judged -> measures -> questions -> report   (`check`, per case)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from comity import __version__, reporting
from comity.asking import Question, questions
from comity.casefile import Case, read_case
from comity.compiling import Code, Program, compile_rulebook, walk
from comity.framing import base_facts, frames_of
from comity.kleene import FALSE
from comity.measuring import Instance, Proposal, Way, assess, binds_host, toolbox
from comity.model import Frame, Reading, Rulebook
from comity.problems import Problem, problem
from comity.reporting import (
    Assumed,
    Considered,
    Finding,
    Lack,
    Limit,
    Opening,
    Option,
    Party,
    QuestionView,
    Receipt,
    Report,
    Wording,
)
from comity.resolving import POSITIVE, Judged, judge
from comity.running import Engine
from comity.vocabulary import Vocabulary

HOLDING = ("holds", "presumed_present")  # exceptions that are in effect


class Loaded(Struct, frozen=True):
    """A rulebook ready to be asked."""

    rulebook: Rulebook
    vocabulary: Vocabulary
    program: Program
    engine: Engine


class Checked(Struct, frozen=True):
    """Everything worked out on one case, for `check`, `why` and `why-not` alike."""

    case: Case
    report: Report
    frames: tuple[Frame, ...]
    judged: tuple[Judged, ...]
    instances: tuple[Instance, ...]


def domains_of(vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    """The closed set of values of every frame key that has one; a set key has two a value."""
    found: dict[str, tuple[str, ...]] = {}
    for name, key in vocabulary.keys.items():
        if key.many:
            found.update({f"{name}:{value}": ("true", "false") for value in key.values})
        elif key.values:
            found[name] = key.values
    return found


def ready(rulebook: Rulebook, vocabulary: Vocabulary) -> tuple[Loaded | None, tuple[Problem, ...]]:
    """Compile a checked rulebook and open its engine."""
    program, problems = compile_rulebook(rulebook, domains_of(vocabulary))
    if program is None:
        return None, problems
    return Loaded(rulebook, vocabulary, program, Engine(program)), ()


def check(
    loaded: Loaded, data: bytes, file: str, *, variant: str = "", expecting: bool = True
) -> tuple[Checked | None, tuple[Problem, ...]]:
    """One case, from its bytes to its report. With any error there is no report.

    What a case expects need not be there to be found where nobody is `expecting` it.
    """
    case, problems = read_case(data, file, loaded.vocabulary, variant=variant)
    errors = tuple(p for p in problems if p.severity == "error")
    if case is None or errors:
        return None, problems
    if not expecting:
        from msgspec.structs import replace

        case = replace(case, expect=())
    more = unknown_names(case, loaded.rulebook)
    if more:
        return None, (*problems, *more)
    frames = frames_of(case, loaded.vocabulary)
    measures = loaded.rulebook.measures
    proposals, idle = toolbox(case, loaded.vocabulary, frames, measures, loaded.engine)
    if idle:
        return None, (*problems, *idle)
    return examine(loaded, case, frames, proposals), problems


def unknown_names(case: Case, rulebook: Rulebook) -> tuple[Problem, ...]:
    """Readings and measures that a case names and the rulebook does not know."""
    from comity.problems import nearest

    found = []
    for name, fact in case.readings.items():
        reading = rulebook.readings.get(name)
        if reading is None:
            near = nearest(name, sorted(rulebook.readings))
            hint = f"did you mean '{near}'?" if near else ""
            found.append(problem("C027", fact.place, f"unknown reading '{name}'", hint))
        elif fact.value not in reading.values:
            values = ", ".join(sorted(reading.values))
            text = f"reading '{name}' has no value '{fact.value}'"
            found.append(problem("C027", fact.place, text, f"one of: {values}"))
    # What a pack disables is known; no finding will meet what a case expects of it.
    disabled = {c.id for pack in rulebook.packs for c in pack.disables if c.kind == "rule"}
    rules = sorted({*disabled, *(rule.id for rule in rulebook.rules)})
    for expected in case.expect:
        if expected.rule and expected.rule not in rules and not expected.todo:
            near = nearest(expected.rule, rules)
            hint = f"did you mean '{near}'?" if near else ""
            found.append(problem("C035", expected.place, f"unknown rule '{expected.rule}'", hint))
    known = sorted(m.id for m in rulebook.measures)
    named = [(entry.measure, entry.place) for entry in case.consider or ()]
    named += [(entry.measure, entry.place) for entry in case.expect if not entry.todo]
    for name, place in named:
        if name and name not in known:
            near = nearest(name, known)
            hint = f"did you mean '{near}'?" if near else ""
            found.append(problem("C028", place, f"unknown measure '{name}'", hint))
    return tuple(found)


def examine(
    loaded: Loaded, case: Case, frames: tuple[Frame, ...], proposals: tuple[Proposal, ...]
) -> Checked:
    """Findings, measures, questions, report. Raises EngineFault for a rulebook that
    contradicts itself on this case."""
    engine = loaded.engine
    readings = readings_of(case, loaded.rulebook)
    judged = tuple(j for frame in frames for j in judge(engine, frame, readings))
    instances = assess(engine, proposals, readings)
    words = wording(loaded, (*frames, *(i.frame for i in instances)))
    findings = reporting.order(
        reporting.finding(j, words)
        for j in (*judged, *(j for i in instances for j in i.judged))
        if reporting.reported(j)
    )
    bound = {measure.id: measure.bind.keys() for measure in loaded.rulebook.measures}
    asked = questions(engine, worth_asking(judged, instances), bound)
    report = Report(
        case=case.id,
        title=case.title,
        as_of=case.as_of_text,
        file=case.file,
        variant=case.variant,
        assumed=case.basis == "assumed",
        parties=parties(case, frames, instances),
        findings=findings,
        considered=considered(engine, judged),
        limits=tuple(limit(i, words, case) for i in instances if i.status == "barred"),
        options=options(instances, words, judged, case),
        questions=tuple(question(q, words) for q in asked),
        presumptions=presumptions(findings),
        unused_facts=unused_facts(
            loaded.program, case, (*judged, *(j for i in instances for j in i.judged))
        ),
        acts_without_finding=silent_acts(case, findings),
        receipt=Receipt(
            __version__,
            loaded.rulebook.digest,
            case.digest,
            tuple((name, readings[name].default) for name in sorted(readings)),
            tuple(pack for pack in loaded.rulebook.packs if not pack.shipped),
        ),
        readings=loaded.rulebook.readings,
        labels=loaded.vocabulary.countries,
        claims=tuple(c.says for c in case.claims),
        judgements={
            name.removeprefix("judged."): ask
            for name, ask in words.asks.items()
            if name.startswith("judged.")
        },
    )
    return Checked(case, report, frames, judged, instances)


def readings_of(case: Case, rulebook: Rulebook) -> dict[str, Reading]:
    """The rulebook's readings; a case may choose another default, which the receipt shows."""
    from msgspec.structs import replace

    chosen = {name: fact.value for name, fact in case.readings.items()}
    return {
        name: replace(reading, default=chosen.get(name, reading.default))
        for name, reading in rulebook.readings.items()
    }


def wording(loaded: Loaded, frames: Sequence[Frame]) -> Wording:
    seen = Counter(frame.act for frame in frames)
    return Wording(
        asks={name: key.ask for name, key in loaded.vocabulary.keys.items() if key.ask},
        presumptions={p.key: p for p in loaded.rulebook.presumptions.values()},
        several=frozenset(act for act, count in seen.items() if count > 1),
        domains=loaded.program.domains,
        exceptions={
            one.id: (one.source.text, one.presumed == "present")
            for logic in logics_of(loaded.program)
            for one in walk(logic.exceptions)
        },
    )


def logics_of(program: Program) -> Iterator[Code]:
    """The logic of every rule and of every definition of a concept."""
    yield from (rule.code for rule in program.rules)
    for concept in program.concepts.values():
        yield from (logic for _value, logic in concept.definitions)


def parties(
    case: Case, frames: Iterable[Frame], instances: Iterable[Instance]
) -> tuple[Party, ...]:
    """The missions that matter to the case, those whose side acted first."""
    acted = {i.frame.mission for i in instances}
    found = []
    for name in sorted({f.mission for f in frames} | acted, key=lambda m: (m not in acted, m)):
        member = case.cast[name]
        sending, receiving = member.get("sending"), member.get("receiving")
        label = member.get("name")
        found.append(
            Party(
                name,
                label.only if label is not None else name,
                sending.only if sending is not None else "",
                receiving.only if receiving is not None else "",
            )
        )
    return tuple(found)


# --------------------------------------------------------------------------- sections


def worth_asking(judged: Iterable[Judged], instances: Iterable[Instance]) -> list[Judged]:
    """The findings whose unknowns are asked about: departures, and what bars a measure."""
    real = [
        j for j in judged if j.outcome in ("presumed", "arguable", "open") and reporting.reported(j)
    ]
    barring = [
        j for i in instances for j in i.against if i.frame.answers or i.status == "contested"
    ]
    return [*real, *barring]


def considered(engine: Engine, judged: Iterable[Judged]) -> tuple[Considered, ...]:
    """The norms that an act's kind brought up and its facts left out of play."""
    codes = {code.rule.id: code for code in engine.program.rules}
    found = []
    for one in judged:
        if one.outcome == "not_in_play":
            node = engine.program.parts[codes[one.rule.id].code.applies]
            parts = node[1] if node[0] == "&" else (node,)
            failed = sum(one.view.node(part, False) == FALSE for part in parts)
            found.append(
                Considered(
                    one.rule.id,
                    one.rule.provision,
                    one.frame.act,
                    "not_in_play",
                    failed,
                    one.rule.title,
                    one,
                )
            )
    return tuple(sorted(found, key=lambda c: (c.act, c.rule)))


def limit(made: Instance, words: Wording, case: Case) -> Limit:
    barring = [j for j in made.against if j.outcome in POSITIVE]
    outcome = "established" if any(j.outcome == "established" for j in barring) else "presumed"
    return Limit(
        measure=made.measure.id,
        on=made.frame.on,
        barred_by=distinct(j.rule.provision for j in barring),
        outcome=outcome,
        findings=tuple(reporting.finding_id(j.frame, j.rule, words) for j in barring),
        opened_by=tuple(opening(way, made, words) for way in made.openings),
        target=target(made),
        date=made.date or case.as_of_text,
        title=made.measure.title,
        phrase=made.measure.phrase,
        mission=made.frame.mission,
    )


def target(made: Instance) -> str:
    """What a measure is aimed at, with its day if the case gives one of its own."""
    return f"{made.frame.on} on {made.date}" if made.date else made.frame.on


def opening(way: Way, made: Instance, words: Wording) -> Opening:
    """A set of facts that opens a measure, in the words of the exceptions that it brings about;
    all of them are needed."""
    facts = reporting.lacks(way.facts, made.frame, words)
    plain = (f"{x.fact.split(': ')[-1]} {' or '.join(x.values)}" for x in facts)
    texts = distinct(e.text for e in way.said) if all(e.text for e in way.said) else ()
    cites = distinct(e.cite for e in way.lifts)
    return Opening(facts, ", ".join(cites), " and ".join(texts or plain), way.leads_to)


def options(
    instances: Iterable[Instance], words: Wording, judged: Sequence[Judged], case: Case
) -> tuple[Option, ...]:
    """Every measure with its status, by level; barred ones are listed too, last."""
    answers = taken(judged)
    found = []
    for made in instances:
        binding = [j for j in made.judged if binds_host(j)]
        lifted = [j for j in binding if j.outcome == "excused"]
        conditions = [
            *made.measure.conditions,
            *(f"{j.rule.provision}: {j.rule.title}" for j in binding if j.outcome == "open"),
            *(f"{e.cite}: {e.text}" for j in lifted for e in j.exceptions if e.state in HOLDING),
        ]
        cites = [*(j.rule.provision for j in made.powers), *made.measure.cite]
        if made.status in ("barred", "contested"):
            cites = [j.rule.provision for j in made.against]
        found.append(
            Option(
                measure=made.measure.id,
                status=made.status,
                level=made.measure.level,
                cite=distinct(cites),
                conditions=distinct(conditions),
                on=made.frame.on,
                title=made.measure.title,
                phrase=made.measure.phrase,
                procedure=made.measure.procedure,
                mission=made.frame.mission,
                target=target(made),
                date=made.date or case.as_of_text,
                done=done(made, answers),
                findings=tuple(
                    reporting.finding_id(j.frame, j.rule, words)
                    for j in made.judged
                    if reporting.reported(j)
                ),
            )
        )
    key = {"open": 0, "conditional": 1, "contested": 2, "barred": 3}
    return tuple(
        sorted(
            found,
            key=lambda o: (o.level is None, o.level or 0, key[o.status], o.measure, o.on),
        )
    )


def taken(judged: Iterable[Judged]) -> list[Frame]:
    """What the receiving State has done."""
    frames = {j.frame.id: j.frame for j in judged}
    by_host = [
        frame
        for frame in frames.values()
        if frame.stage == "done"
        and (side := frame.known.get("by.side")) is not None
        and side.values == ("receiving",)
    ]
    return sorted(by_host, key=lambda frame: frame.id)


def done(made: Instance, answers: Iterable[Frame]) -> str:
    """The act by which the receiving State has already taken the measure, "" if none."""
    stated = {k: v for k, v in made.measure.act.items() if k != "type"}
    for frame in answers:
        if (
            frame.type == made.frame.type
            and frame.mission == made.frame.mission
            and all(known_as(frame, f"act.{k}", v) for k, v in stated.items())
        ):
            return frame.act
    return ""


def known_as(frame: Frame, key: str, values: tuple[str, ...]) -> bool:
    known = frame.known.get(key)
    if known is not None:
        return known.values == values
    return all((one := frame.known.get(f"{key}:{v}")) and one.values == ("true",) for v in values)


def question(asked: Question, words: Wording) -> QuestionView:
    return QuestionView(
        fact=reporting.fact_name(asked.key, asked.frame),
        ask=reporting.ask(asked.key, asked.frame, words),
        would_change=tuple(
            (reporting.finding_id(c.judged.frame, c.judged.rule, words), c.value, c.outcome)
            for c in asked.changes
        ),
    )


def presumptions(findings: Iterable[Finding]) -> tuple[Assumed, ...]:
    """Every default that some finding relies on, once."""
    found = {(a.kind, a.name, a.text): a for f in findings for a in f.assumes}
    return tuple(found[k] for k in sorted(found, key=lambda k: (k[0] != "presumption", k)))


def unused_facts(program: Program, case: Case, judged: Iterable[Judged]) -> tuple[str, ...]:
    """The base facts that no rule whose trigger was met could read."""
    cones = {code.rule.id: code.cone.keys for code in program.rules}
    used: set[str] = set()
    for one in judged:
        for key in cones[one.rule.id]:
            known = one.frame.known.get(key)
            if known is not None:
                used.update(fact.path for fact in known.facts)
            switch = one.frame.switches.get(key)
            if switch is not None:
                used.update(fact.path for fact in switch.facts)
    return tuple(sorted({f.path for f in base_facts(case)} - used))


def silent_acts(case: Case, findings: Iterable[Finding]) -> tuple[str, ...]:
    reached = {f.act.split("#")[0] for f in findings if not f.hypothetical}
    return tuple(sorted(act.name for act in case.acts if act.name not in reached))


def distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t for t in texts if t))


__all__ = ["Checked", "Lack", "Loaded", "check", "domains_of", "examine", "ready"]
