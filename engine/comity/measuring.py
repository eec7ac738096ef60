"""The receiving State's toolbox: hypothetical acts, and what the same rules make of them.

A measure is judged as if it were done; nothing here says what is allowed. Its status is read off
the findings: barred where a rule of treaty or custom that binds the receiving State stands
against it, contested where that depends on a reading, conditional, or open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from comity.casefile import Act, Case, Member
from comity.compiling import RuleCode
from comity.framing import hypothetical
from comity.kleene import TRUE, atom_value
from comity.model import Frame, Known, Measure, Reading
from comity.needing import Need, all_of, applied, ways_to_except
from comity.resolving import POSITIVE, Judged, judge
from comity.running import Engine
from comity.views import View
from comity.vocabulary import Vocabulary

ADVERSE = ("departure", "immunity", "inviolability")
OPENINGS = 4


@dataclass(frozen=True, slots=True)
class Instance:
    """One measure aimed at one thing: its frame, and what the rules found on it."""

    measure: Measure
    frame: Frame
    judged: tuple[Judged, ...]
    status: str  # open | conditional | contested | barred
    against: tuple[Judged, ...]  # the findings that bar or contest it
    powers: tuple[Judged, ...]  # the findings that allow it
    openings: tuple[frozenset[Need], ...]


def toolbox(
    case: Case,
    vocabulary: Vocabulary,
    frames: tuple[Frame, ...],
    measures: Iterable[Measure],
) -> tuple[tuple[Measure, Frame], ...]:
    """The hypothetical frames to look at: those the case asks for, else every measure that fits
    for the host of each mission that acted (of every mission, if none did)."""
    found = []
    for mission in missions(case, frames):
        for measure in measures:
            for target, act in targets(case, measure, mission, frames):
                made = instance(case, vocabulary, measure, mission, target, act)
                if made is not None and wanted(case, measure, made):
                    found.append((measure, made))
    return tuple(found)


def missions(case: Case, frames: tuple[Frame, ...]) -> tuple[str, ...]:
    """The missions whose host's responses are worth looking at."""
    every = sorted(name for name, member in case.cast.items() if member.kind == "mission")
    acted = {f.mission for f in frames if is_value(f, "by.side", "sending")}
    return tuple(m for m in every if m in acted) or tuple(every)


def wanted(case: Case, measure: Measure, frame: Frame) -> bool:
    """Whether `consider` asks for it; silence asks for everything."""
    if case.consider is None:
        return True
    return any(
        one.measure in ("", measure.id)
        and all(v in (frame.on, frame.mission, frame.answers) for v in one.on.values())
        for one in case.consider
    )


def is_value(frame: Frame, key: str, value: str) -> bool:
    known = frame.known.get(key)
    return known is not None and known.values == (value,)


# --------------------------------------------------------------------------- what it is aimed at


def targets(
    case: Case, measure: Measure, mission: str, frames: tuple[Frame, ...]
) -> Iterator[tuple[str, Act | None]]:
    """(cast or act name, the act) for each thing the measure can be aimed at."""
    if measure.each == "mission":
        yield mission, None
    elif measure.each == "premises":
        for name, member in sorted(case.cast.items()):
            if any(mission in span.by.values for span in member.used or ()):
                yield name, None
    elif measure.each == "member":
        for name, member in sorted(case.cast.items()):
            if mission in belongs_to(case, member):
                yield name, None
    else:
        yield from answerable(case, measure, mission, frames)


def belongs_to(case: Case, member: Member) -> tuple[str, ...]:
    """The missions a person belongs to, through the household for family."""
    if member.kind not in ("person", "persons"):
        return ()
    at = member.get("at")
    if at is not None:
        return at.values
    household = member.get("household_of")
    head = case.cast.get(household.only) if household is not None else None
    found = head.get("at") if head is not None else None
    return found.values if found is not None else ()


def answerable(
    case: Case, measure: Measure, mission: str, frames: tuple[Frame, ...]
) -> Iterator[tuple[str, Act | None]]:
    """The acts of the sending side that the measure can answer, each once."""
    acts = {act.name: act for act in case.acts}
    seen: set[str] = set()
    for frame in frames:
        name = frame.act.split("#")[0]
        if frame.mission != mission or name in seen or frame.stage == "did_not_happen":
            continue
        if not is_value(frame, "by.side", "sending"):
            continue
        if not measure.answers or any(
            all(_holds(frame, atom.key, atom.accept) for atom in way) for way in measure.answers
        ):
            seen.add(name)
            yield name, acts[name]


def _holds(frame: Frame, key: str, accept: object) -> bool:
    known = frame.known.get(key)
    return known is not None and atom_value(accept, known.values) == TRUE  # type: ignore[arg-type]


# --------------------------------------------------------------------------- binding


def instance(
    case: Case, vocabulary: Vocabulary, measure: Measure, mission: str, target: str, act: Act | None
) -> Frame | None:
    """The measure as a hypothetical act at the date of the case; None if a role it needs cannot
    be filled from this case."""
    attributes = {k: v for k, v in measure.act.items() if k != "type"}
    type_ = measure.act["type"][0]
    roles: dict[str, str] = {}
    for name, template in measure.bind.items():
        values = bound(case, mission, target, act, template)
        if not values:
            continue
        if name in vocabulary.attributes:
            attributes.setdefault(name, values)
        else:
            roles[name] = values[0]
    if any(role not in roles for role in vocabulary.acts[type_].needs):
        return None
    return hypothetical(
        case,
        vocabulary,
        id=f"{measure.id}@{target}",
        on=target,
        measure=measure.id,
        act_type=type_,
        attributes=attributes,
        roles={k: v for k, v in roles.items() if k != "over"},
        over=roles.get("over"),
        mission=mission,
        date=case.as_of,
    )


def bound(case: Case, mission: str, target: str, act: Act | None, template: str) -> tuple[str, ...]:
    """What a template stands for here; () if this case has nothing for it."""
    host = stated(case.cast[mission], "receiving")
    simple: Mapping[str, str] = {
        "item": target,
        "mission": mission,
        "receiving_state": host,
        "sending_state": stated(case.cast[mission], "sending"),
        "police": f"organ:{host}:police",
        "ministry": f"organ:{host}:foreign_ministry",
        "court": f"court:{host}",
        "head": head(case, mission),
    }
    if template in simple:
        return (simple[template],) if simple[template] else ()
    part = template.removeprefix("item.")
    if act is None or part == template:
        return ()
    if part in act.roles:
        return act.role(part)
    value = act.attributes.get(part)
    return value.values if value is not None else ()


def stated(member: Member, attribute: str) -> str:
    value = member.get(attribute)
    return value.only if value is not None else ""


def head(case: Case, mission: str) -> str:
    """The head of the mission, or whoever acts as head."""
    for role in ("head_of_mission", "charge_ai"):
        for name, member in sorted(case.cast.items()):
            if mission in belongs_to(case, member) and stated(member, "role") == role:
                return name
    return ""


# --------------------------------------------------------------------------- what the rules say


def assess(
    engine: Engine, measure: Measure, frame: Frame, readings: Mapping[str, Reading]
) -> Instance:
    """Judge one measure and read its status off the findings."""
    judged = judge(engine, frame, readings)
    against = tuple(j for j in judged if binds_host(j) and j.outcome in (*POSITIVE, "arguable"))
    powers = tuple(
        j for j in judged if j.rule.kind in ("power", "liberty") and j.outcome in POSITIVE
    )
    status = status_of(measure, judged)
    openings = opened_by(engine, measure, frame, against, readings) if status == "barred" else ()
    return Instance(measure, frame, judged, status, against, powers, openings)


def binds_host(judged: Judged) -> bool:
    """A rule of treaty or custom, borne by the receiving State, that forbids."""
    rule, parties = judged.rule, judged.frame.parties
    return (
        rule.kind in ADVERSE
        and bool({"treaty", "custom"} & set(rule.strength))
        and parties.get(rule.norm.bearer, "") == parties.get("receiving_state")
    )


def status_of(measure: Measure, judged: Iterable[Judged]) -> str:
    """barred, contested, conditional or open, from the findings alone."""
    outcomes = {j.outcome for j in judged if binds_host(j)}
    if outcomes & set(POSITIVE):
        return "barred"
    if "arguable" in outcomes:
        return "contested"
    if outcomes & {"open", "excused"} or measure.conditions:
        return "conditional"
    return "open"


def opened_by(
    engine: Engine,
    measure: Measure,
    frame: Frame,
    against: tuple[Judged, ...],
    readings: Mapping[str, Reading],
) -> tuple[frozenset[Need], ...]:
    """The smallest sets of facts that would open a barred measure, each tried out on the rules."""
    codes: dict[str, RuleCode] = {c.rule.id: c for c in engine.program.rules}
    ways = []
    for one in against:
        if one.outcome in POSITIVE:
            facts = {k: v.values for k, v in one.frame.known.items() if k not in frame.switches}
            defaults = {
                key: (readings[key.removeprefix("reading.")].default,)
                for key in codes[one.rule.id].cone.readings
            }
            view = View(engine.truths, {**facts, **defaults})
            ways.append(ways_to_except(view, codes[one.rule.id].code.exceptions))
    found: list[frozenset[Need]] = []
    for way in all_of(ways):
        if len(found) == OPENINGS:
            break
        if way and not barred_with(engine, measure, frame, way, readings):
            found.append(way)
    return tuple(found)


def barred_with(
    engine: Engine,
    measure: Measure,
    frame: Frame,
    way: frozenset[Need],
    readings: Mapping[str, Reading],
) -> bool:
    """Whether the measure is still barred once these facts are there."""
    base = View(engine.truths, {k: v.values for k, v in frame.known.items()})
    facts = applied(base, way)
    if facts is None:
        return True
    changed = {key: Known(values) for key, values in facts.items()}
    trial = replace(frame, known={**frame.known, **changed})
    return status_of(measure, judge(engine, trial, readings, explain=False)) == "barred"
