"""The receiving State's toolbox: hypothetical acts, and what the same rules make of them.

A measure is judged as if it were done; nothing here says what is allowed. Its status is read off
the findings: barred where a rule of treaty or custom that binds the receiving State stands
against it, contested where that depends on a reading, conditional, or open.

`toolbox` finds what there is to look at, `assess` judges it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from comity.casefile import Act, Case, Consider, Days, Member, days
from comity.compiling import RuleCode
from comity.framing import hypothetical, timeline_of
from comity.kleene import FALSE, TRUE, UNKNOWN, atom_value, conjunction, disjunction, negation
from comity.model import (
    All,
    AnyOf,
    Atom,
    Carveout,
    ConceptIs,
    Condition,
    Frame,
    Measure,
    Not,
    Reading,
)
from comity.needing import Need, all_of, applied, ways_to_except
from comity.problems import Problem, nearest, problem
from comity.resolving import POSITIVE, Judged, judge, view_of
from comity.running import Engine
from comity.timeline import HEADS, PERSONS, Moment, act_days
from comity.views import View
from comity.vocabulary import Vocabulary

ADVERSE: Final = ("departure", "immunity", "inviolability")
OPENINGS: Final = 4  # at most so many sets of facts are told for each measure
EVERYTHING: Final = Consider("", "", {})
AIMED_AT: Final = frozenset({"on", "act", "over", "against", "place", "object", "for"})


class Proposal(Struct, frozen=True):
    """One measure aimed at one thing on one day: a hypothetical act, not yet judged."""

    measure: Measure
    frame: Frame
    view: View
    date: str  # as `consider` writes it; "" for the date of the case


class Way(Struct, frozen=True):
    """Facts with which a barred measure is barred no longer, and what it is then.

    `lifts` are the exceptions that the facts bring into effect, one for each finding; `said` are
    those of them that it takes to tell all the facts.
    """

    facts: frozenset[Need]
    leads_to: str  # open | conditional | contested
    lifts: tuple[Carveout, ...]
    said: tuple[Carveout, ...]


class Instance(Struct, frozen=True):
    """One proposal, and what the rules found on it."""

    measure: Measure
    frame: Frame
    date: str
    judged: tuple[Judged, ...]
    status: str  # open | conditional | contested | barred
    against: tuple[Judged, ...]  # the findings that bar or contest it
    powers: tuple[Judged, ...]  # the findings that allow it
    openings: tuple[Way, ...]  # those that open it before those that leave it contested


# --------------------------------------------------------------------------- what to look at


def toolbox(
    case: Case,
    vocabulary: Vocabulary,
    frames: tuple[Frame, ...],
    measures: Sequence[Measure],
    engine: Engine,
) -> tuple[tuple[Proposal, ...], tuple[Problem, ...]]:
    """The measures to look at: those that `consider` asks for, else every one that fits.

    An entry of `consider` that fits nothing is a problem: an answer about nothing would look like
    an answer.
    """
    bench = _Bench(case, vocabulary, frames, engine)
    entries = (EVERYTHING,) if case.consider is None else case.consider
    found, met = bench.proposals(measures, entries)
    idle = [entry for entry in entries if id(entry) not in met and entry is not EVERYTHING]
    return found, tuple(_unfitting(bench, measures, entry) for entry in idle)


class _Bench:
    """What a case offers to aim a measure at, worked out once for all measures."""

    def __init__(
        self, case: Case, vocabulary: Vocabulary, frames: tuple[Frame, ...], engine: Engine
    ) -> None:
        self.case = case
        self.vocabulary = vocabulary
        self.engine = engine
        self.line = timeline_of(case, vocabulary)
        self.acts = {act.name: act for act in case.acts}
        cast = sorted(case.cast.items())
        self.missions = tuple(name for name, member in cast if member.kind == "mission")
        self.members = self._by_mission((name, self._belongs(m)) for name, m in cast)
        self.premises = self._by_mission((name, self._users(m)) for name, m in cast)
        self.conduct = self._conduct(frames)
        concerned = {frame.mission for frame in frames}
        acted = {mission for mission, found in self.conduct.items() if found}
        # Nobody's own side acted: then every mission that the acts concern, else all there are.
        self.active = acted or concerned or set(self.missions)
        self.speaks_for = self._embassies()

    def _by_mission(self, pairs: Iterable[tuple[str, set[str]]]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {mission: [] for mission in self.missions}
        for name, missions in pairs:
            for mission in missions & found.keys():
                found[mission].append(name)
        return found

    def _belongs(self, member: Member) -> set[str]:
        """The missions a person belongs to, through the household for family."""
        if member.kind not in PERSONS:
            return set()
        return set(self.line.missions_of(member.name)[0] or ())

    def _users(self, place: Member) -> set[str]:
        """The missions that use a place, or whose members live there."""
        users = {name for span in place.used or () for name in span.by.values}
        homes = (self.line.missions_of(name)[0] or () for name in users)
        return users.union(*homes)

    def _conduct(self, frames: Iterable[Frame]) -> dict[str, list[Frame]]:
        """The acts of each mission's side that took place or may, one frame for each."""
        found: dict[str, dict[str, Frame]] = {mission: {} for mission in self.missions}
        for frame in frames:
            side = frame.known.get("by.side")
            # Several may have acted together, one of them of this mission's side.
            ours = side is not None and "sending" in side.values
            if ours and frame.stage != "did_not_happen":
                found[frame.mission].setdefault(frame.act.split("#")[0], frame)
        return {mission: list(acts.values()) for mission, acts in found.items()}

    def _embassies(self) -> dict[tuple[str, str], str]:
        """For each two States, the mission under which steps between them are told."""
        found: dict[tuple[str, str], str] = {}
        for mission in sorted(self.missions, key=self._voice):
            found.setdefault(self._pair(mission), mission)
        return found

    def _voice(self, mission: str) -> tuple[bool, bool]:
        kind = stated(self.case.cast[mission], "kind")
        return mission not in self.active, kind != "embassy"

    def _pair(self, mission: str) -> tuple[str, str]:
        """The two States, or the mission alone when one of them is not known."""
        pair = self.line.sending(mission), self.line.receiving(mission)
        return pair if all(pair) else (mission, "")

    # ------------------------------------------------------------------ proposals

    def proposals(
        self, measures: Iterable[Measure], entries: Sequence[Consider]
    ) -> tuple[tuple[Proposal, ...], set[int]]:
        """What the entries ask for, each once, and which entries (by `id`) got something."""
        asked = [(measure, _by_date(measure, entries)) for measure in measures]
        found: list[Proposal] = []
        met: set[int] = set()
        for mission in self.missions:
            for measure, dates in asked:
                for group in dates:
                    # An entry that names nothing asks about the missions that matter to the case.
                    near = [e for e in group if e.on or mission in self.active]
                    for proposal, entry in self._aimed(measure, mission, near):
                        met.add(id(entry))
                        if not found or found[-1] is not proposal:
                            found.append(proposal)
        return tuple(found), met

    def _aimed(
        self, measure: Measure, mission: str, entries: Sequence[Consider]
    ) -> Iterator[tuple[Proposal, Consider]]:
        """One measure at all its targets, on the one day of these entries."""
        if measure.each == "sending_state" and self.speaks_for[self._pair(mission)] != mission:
            entries = [e for e in entries if {"mission", "on"} & e.on.keys()]
        if not entries:
            return
        date, day = entries[0].date, entries[0].days or self.case.as_of
        needs = self.vocabulary.acts[measure.act["type"][0]].needs
        for target, act in self._targets(measure, mission, day):
            roles, attributes = self._bound(measure, mission, target, act, day)
            wanted = [e for e in entries if self._matches(e, mission, target, roles)]
            if not wanted or any(role not in roles for role in needs):
                continue
            frame = hypothetical(
                self.case,
                self.vocabulary,
                id=f"{measure.id}@{target}@{date}" if date else f"{measure.id}@{target}",
                on=target,
                measure=measure.id,
                act_type=measure.act["type"][0],
                attributes=attributes,
                roles={role: name for role, name in roles.items() if role != "over"},
                over=roles.get("over"),
                mission=mission,
                date=day,
            )
            view = view_of(self.engine, frame)
            # Whoever names both the measure and its target gets an answer. Otherwise it is left out
            # only where it is known to make no sense.
            named = any(e.measure and AIMED_AT & e.on.keys() for e in wanted)
            if named or measure.where == All() or truth(measure.where, frame, view) != FALSE:
                proposal = Proposal(measure, frame, view, date)
                for entry in wanted:
                    yield proposal, entry

    # ------------------------------------------------------------------ targets

    def _targets(
        self, measure: Measure, mission: str, day: Days
    ) -> Iterator[tuple[str, Act | None]]:
        """(cast or act name, the act) for each thing the measure can be aimed at."""
        opened = days(self.case.cast[mission].get("from"))
        if opened is not None and opened.first > day.last:
            return
        match measure.each:
            case "sending_state" | "mission":
                yield mission, None
            case "premises":
                yield from ((name, None) for name in self.premises[mission])
            case "member":
                yield from ((name, None) for name in self.members[mission])
            case _:
                yield from self._answerable(measure, mission, day)

    def _answerable(
        self, measure: Measure, mission: str, day: Days
    ) -> Iterator[tuple[str, Act | None]]:
        """The acts of the sending side that the measure can answer, each once."""
        for frame in self.conduct[mission]:
            name = frame.act.split("#")[0]
            act = self.acts[name]
            begun = act_days(act, self.case.as_of)[0].first <= day.last
            if not begun and act.stage not in ("planned", "threatened"):
                continue  # nobody answers what has not happened yet
            if not measure.answers or any(
                all(_holds(frame, atom) for atom in way) for way in measure.answers
            ):
                yield name, act

    # ------------------------------------------------------------------ binding

    def _bound(
        self, measure: Measure, mission: str, target: str, act: Act | None, day: Days
    ) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
        """Who fills the roles, and the attributes of the act, as far as the case has them."""
        attributes = {k: v for k, v in measure.act.items() if k != "type"}
        roles: dict[str, str] = {}
        for name, template in measure.bind.items():
            values = self._template(mission, target, act, template, day)
            if values and name in self.vocabulary.attributes:
                attributes.setdefault(name, values)
            elif values:
                roles[name] = values[0]
        return roles, attributes

    def _template(
        self, mission: str, target: str, act: Act | None, template: str, day: Days
    ) -> tuple[str, ...]:
        """What a template stands for here; () if this case has nothing for it."""
        part = template.removeprefix("item.")
        if part != template:
            if act is None:
                return ()
            if part in act.roles:
                return act.role(part)
            value = act.attributes.get(part)
            return value.values if value is not None else ()
        found = self._party(mission, target, template, day)
        return (found,) if found else ()

    def _party(self, mission: str, target: str, template: str, day: Days) -> str:
        if template == "head":
            return self._head(mission, day)
        host = self.line.receiving(mission)
        parties = {
            "item": target,
            "mission": mission,
            "sending_state": self.line.sending(mission),
            "receiving_state": host,
            "police": f"organ:{host}:police" if host else "",
            "ministry": f"organ:{host}:foreign_ministry" if host else "",
            "court": f"court:{host}" if host else "",
        }
        return parties[template]

    def _head(self, mission: str, day: Days) -> str:
        """The head of the mission on a day, or whoever acts as head; nobody whose post is over."""
        moment = Moment(day.first, day.last, throughout=True)
        ranked = []
        for name in self.members[mission]:
            role = stated(self.case.cast[name], "role")
            post = self.line.post(name, moment)
            if role in HEADS and post is not None and {"in_post", "leaving"} & {*post.values}:
                ranked.append((post.values != ("in_post",), HEADS.index(role), name))
        return min(ranked)[2] if ranked else ""

    # ------------------------------------------------------------------ what an entry names

    def _matches(
        self, entry: Consider, mission: str, target: str, roles: Mapping[str, str]
    ) -> bool:
        """Whether a measure is aimed as an entry of `consider` says."""
        for key, names in entry.on.items():
            filler = {
                "on": target,
                "mission": mission,
                "act": roles.get("over", ""),
            }.get(key, roles.get(key, ""))
            if not any(self._is(filler, name) for name in names):
                return False
        return True

    def _is(self, filler: str, name: str) -> bool:
        """Whether a filler is meant by a name; the police of a State are its police in the cast."""
        if filler == name:
            return True
        one, other = self.line.member(filler), self.case.cast.get(name)
        if one is None or other is None or one.kind != "organ" or other.kind != "organ":
            return False
        same = stated(one, "kind") == stated(other, "kind") != ""
        return same and self.line.code(filler) == self.line.code(name)


def _by_date(measure: Measure, entries: Iterable[Consider]) -> tuple[list[Consider], ...]:
    """The entries that ask for a measure, those of one day together, the days in order."""
    found: dict[str, list[Consider]] = {}
    for entry in entries:
        if entry.measure in ("", measure.id):
            found.setdefault(entry.date, []).append(entry)
    return tuple(found[date] for date in sorted(found))


def _holds(frame: Frame, atom: Atom) -> bool:
    known = frame.known.get(atom.key)
    return known is not None and atom_value(atom.accept, known.values) == TRUE


def stated(member: Member, attribute: str) -> str:
    value = member.get(attribute)
    return value.only if value is not None else ""


def truth(condition: Condition, frame: Frame, view: View) -> int:
    """A condition on known facts, readings and presumptions apart."""
    match condition:
        case Atom(key, accept):
            # A view holds only what rules ask for, and a measure may ask for more.
            known = None if key in frame.switches else frame.known.get(key)
            return UNKNOWN if known is None else atom_value(accept, known.values)
        case All(parts):
            return conjunction(truth(part, frame, view) for part in parts)
        case AnyOf(parts):
            return disjunction(truth(part, frame, view) for part in parts)
        case Not(part):
            return negation(truth(part, frame, view))
        case ConceptIs(concept, value):
            return view.concept(concept, value, False)


# --------------------------------------------------------------------------- what fits nothing


def _unfitting(bench: _Bench, measures: Sequence[Measure], entry: Consider) -> Problem:
    """What is wrong with an entry of `consider` that fits nothing, and what would fit."""
    chosen = [measure for measure in measures if entry.measure in ("", measure.id)]
    what = f"the measure '{entry.measure}'" if entry.measure else "no measure"
    anywhere = replace(entry, on={"mission": bench.missions})
    targets = sorted({p.frame.on for p in bench.proposals(chosen, (anywhere,))[0]})
    unfilled = [
        key
        for key in entry.on
        if key not in ("on", "mission")
        and not any(("over" if key == "act" else key) in measure.bind for measure in chosen)
    ]
    if unfilled and entry.measure:
        filled = sorted(set(chosen[0].bind) & {*bench.vocabulary.act_roles})
        text = f"{what} has no '{unfilled[0]}'"
        hint = f"it can be narrowed by: {', '.join(('on', 'mission', *filled))}"
        return problem("C034", entry.place, text, hint)
    day = f" on {entry.date}" if entry.date else ""
    if not entry.measure:
        text = f"no measure is aimed in that way{day}"
    elif entry.on:
        text = f"{what} cannot be aimed in that way{day}"
    else:
        text = f"{what} fits nothing in this case{day}"
    written = {name for names in entry.on.values() for name in names}
    near = next((n for n in (nearest(w, targets) for w in sorted(written)) if n), "")
    if near and near not in written:
        return problem("C034", entry.place, text, f"did you mean '{near}'?")
    if targets:
        return problem("C034", entry.place, text, f"there it fits: {', '.join(targets[:12])}")
    each = {measure.each for measure in chosen}
    hint = f"it is for {AIMS[each.pop()]}" if len(each) == 1 else "nothing in the case fits"
    return problem("C034", entry.place, text, hint)


AIMS: Final[Mapping[str, str]] = {
    "sending_state": "a State with a mission in the cast",
    "mission": "a mission of the cast",
    "premises": "a building that a mission uses (`used`)",
    "member": "a person who belongs to a mission (`at` or `household_of`)",
    "act": "an act of the sending side, of a kind that it answers, which has begun",
}


# --------------------------------------------------------------------------- what the rules say


def assess(
    engine: Engine, proposals: Iterable[Proposal], readings: Mapping[str, Reading]
) -> tuple[Instance, ...]:
    """Judge measures and read their status off the findings."""
    codes = {code.rule.id: code for code in engine.program.rules}
    return tuple(_assessed(engine, codes, proposal, readings) for proposal in proposals)


def _assessed(
    engine: Engine,
    codes: Mapping[str, RuleCode],
    proposal: Proposal,
    readings: Mapping[str, Reading],
) -> Instance:
    measure, frame = proposal.measure, proposal.frame
    judged = judge(engine, frame, readings, view=proposal.view)
    against = tuple(j for j in judged if binds_host(j) and j.outcome in (*POSITIVE, "arguable"))
    powers = tuple(
        j for j in judged if j.rule.kind in ("power", "liberty") and j.outcome in POSITIVE
    )
    status = status_of(measure, (j.outcome for j in judged if binds_host(j)))
    openings: tuple[Way, ...] = ()
    if status == "barred":
        openings = _Openings(codes, proposal, judged).found()
    return Instance(measure, frame, proposal.date, judged, status, against, powers, openings)


def binds_host(judged: Judged) -> bool:
    """A rule of treaty or custom, borne by the receiving State, that forbids."""
    rule, parties = judged.rule, judged.frame.parties
    return (
        rule.kind in ADVERSE
        and bool({"treaty", "custom"} & set(rule.strength))
        and parties.get(rule.norm.bearer, "") == parties.get("receiving_state")
    )


def status_of(measure: Measure, outcomes: Iterable[str]) -> str:
    """barred, contested, conditional or open, from the outcomes of the norms that bind the
    receiving State."""
    found = set(outcomes)
    if found & set(POSITIVE):
        return "barred"
    if "arguable" in found:
        return "contested"
    if found & {"open", "excused"} or measure.conditions:
        return "conditional"
    return "open"


class _Openings:
    """The search for facts that would open one barred measure; each set is tried on the rules."""

    def __init__(
        self,
        codes: Mapping[str, RuleCode],
        proposal: Proposal,
        judged: Sequence[Judged],
    ) -> None:
        self.codes = codes
        self.measure, self.frame = proposal.measure, proposal.frame
        self.binding = [j for j in judged if binds_host(j)]
        self.barring = [j for j in self.binding if j.outcome in POSITIVE]
        self.base = proposal.view

    def found(self) -> tuple[Way, ...]:
        """The smallest sets of facts, those that open it before those that make it contested."""
        lifted = [self._lifted(judged) for judged in self.barring]
        ways: dict[frozenset[Need], Way] = {}
        for sure in (True, False):
            parts = [[w for w, (_, free) in each.items() if free >= sure] for each in lifted]
            tried = [
                facts
                for facts in all_of(parts)
                if facts and not any(known <= facts for known in ways)
            ]
            for facts, after in self._statuses(tried):
                ways[facts] = Way(facts, after, *_lifts(lifted, facts))
        found = sorted(ways.values(), key=lambda way: way.leads_to == "contested")
        return tuple(found[:OPENINGS])

    def _lifted(self, judged: Judged) -> Lifted:
        """Sets of facts that bring an exception to one finding into effect, the exception, and
        whether it is one under every reading.

        A reading, or a judgement that the case already has, is no fact that could turn up.
        """
        found: Lifted = {}
        for exclusion in self.codes[judged.rule.id].code.exceptions:
            for way in ways_to_except(self.base, (exclusion,)):
                facts = frozenset(n for n in way if not n[0].startswith("reading."))
                if any(key in self.frame.switches for key, _accept, _want in facts):
                    continue
                free = len(facts) == len(way)
                if facts not in found or (free and not found[facts][1]):
                    found[facts] = exclusion.source, free
        return found

    def _statuses(self, sets: Iterable[frozenset[Need]]) -> Iterator[tuple[frozenset[Need], str]]:
        """The status of the measure once some facts are there, for each of several sets of them
        that open it. A finding that cannot depend on them stays what it is."""
        changed = {facts: applied(self.base, facts) for facts in sets}
        left = {facts: change for facts, change in changed.items() if change is not None}
        outcomes: dict[frozenset[Need], list[str]] = {facts: [] for facts in left}
        for one in self.binding:
            keys = self.codes[one.rule.id].cone.keys
            asked = [facts for facts, change in left.items() if not keys.isdisjoint(change)]
            again = dict(zip(asked, one.again([left[facts] for facts in asked]), strict=True))
            for facts in tuple(left):
                outcome = again.get(facts, one.outcome)
                outcomes[facts].append(outcome)
                if outcome in POSITIVE:
                    del left[facts]
        for facts in left:
            yield facts, status_of(self.measure, outcomes[facts])


# The sets of facts for one finding: the exception that each brings into effect, and whether it
# does so under every reading.
Lifted: TypeAlias = dict[frozenset[Need], tuple[Carveout, bool]]


def _lifts(
    lifted: Sequence[Lifted], facts: frozenset[Need]
) -> tuple[tuple[Carveout, ...], tuple[Carveout, ...]]:
    """The exceptions that a set of facts brings into effect, one for each finding, and those of
    them that tell something which the others do not: one consent may lift several norms."""
    fitting = [
        min(((not free, way, e) for way, (e, free) in each.items() if way <= facts), key=_first)
        for each in lifted
    ]
    said: list[Carveout] = []
    told: set[Need] = set()
    for _, way, exception in sorted(fitting, key=lambda one: -len(one[1])):
        if not way <= told:
            told |= way
            said.append(exception)
    return tuple(e for _, _, e in fitting), tuple(said)


def _first(one: tuple[bool, frozenset[Need], Carveout]) -> tuple[bool, int]:
    return one[0], len(one[1])
