"""What acts did to status, and the status at a date.

Dates may be partial (`2026-02`) and reports may differ, so a status at a moment is the set of the
values that it may have had. Nobody encodes an act and its effect both: a declaration of persona
non grata, a break of relations or an objection to premises changes the status from its date,
as `produces` in the vocabulary says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from comity.casefile import (
    ANY_DAY,
    Act,
    Case,
    Days,
    Judgement,
    Member,
    Span,
    Stated,
    Status,
    days,
    parse_hours,
)
from comity.model import Fact, Known, Parties
from comity.vocabulary import Vocabulary

EVER: Final = Days(0, 0)  # before every date: "as long as the case looks back"

# An objection within a month of the notice is prompt; one that comes after a year is not. What
# lies between is left open: no instrument fixes a period (ICJ, Equatorial Guinea v France, 2020).
PROMPT_DAYS: Final = 31
LATE_DAYS: Final = 365

# However short the time to leave after the end of functions may be, it is not under 48 hours.
LEAST_DAYS_TO_LEAVE: Final = 2

PERSONS: Final = ("person", "persons")
HEADS: Final = ("head_of_mission", "charge_ai")
EMBASSY: Final = frozenset({"embassy"})
CONSULAR: Final = frozenset({"consular_post", "consular_agency_honorary"})


class Moment(Struct, frozen=True):
    """The days on one of which an act happened, or throughout which a part of it went on.

    `facts` are the dates it rests on. What the act itself produces is not yet there, and what
    answers it came later.
    """

    first: int
    last: int
    throughout: bool = False
    act: str = ""
    facts: tuple[Fact, ...] = ()


class Change(Struct, frozen=True):
    """From `on` a status has a value; "" when it is not known any more."""

    on: Days
    value: str
    facts: tuple[Fact, ...] = ()
    act: str = ""  # the act that produced it, if one did
    sure: bool = True  # False when the act is only alleged
    inclusive: bool = False  # it counts for an act of the same day


class Part(Struct, frozen=True):
    """A stretch of a continuing act in which no status changes."""

    first: int
    last: int


class Leave(Struct, frozen=True):
    """A consent or its refusal: who said what about which act."""

    by: tuple[str, ...]
    topics: frozenset[str]  # act names, act types, measures or `all`
    form: str
    changes: tuple[Change, ...]
    holds: bool = True  # False: known not to have been given


def act_days(act: Act, as_of: Days) -> tuple[Days, Days]:
    """When an act began and ended; one that still goes on ends at the date of the case."""
    if act.date is not None:
        day = days(act.date) or ANY_DAY
        return day, day
    if act.since is None and act.until is None:
        ever = Days(ANY_DAY.first, as_of.last if act.stage in ("done", "alleged") else ANY_DAY.last)
        return ever, ever
    began = days(act.since) or Days(ANY_DAY.first, as_of.last)
    until = days(act.until)
    if until is None:
        until = Days(max(began.first, as_of.first), max(began.last, as_of.last))
    return began, until


def date_facts(act: Act) -> tuple[Fact, ...]:
    return tuple(s.fact for s in (act.date, act.since, act.until) if s is not None)


def current(
    changes: Iterable[Change], moment: Moment, later: Callable[[str, str], bool]
) -> tuple[tuple[Change, ...], bool]:
    """The changes that may be the last before a moment, and whether there may have been none.

    `later(a, b)` says that act `a` is known to come after act `b`, whatever their dates.
    """
    before: list[Change] = []
    maybe: list[Change] = []
    for change in changes:
        place = _placed(change, moment, later)
        if place < 0 and change.sure:
            before.append(change)
        elif place <= 0:
            maybe.append(change)
    latest = [c for c in before if not any(o.on.first > c.on.last for o in before)]
    return (*latest, *maybe), not before


def _placed(change: Change, moment: Moment, later: Callable[[str, str], bool]) -> int:
    """-1 before the moment, 1 after it, 0 when it cannot be told."""
    if change.act and moment.act:
        if change.act == moment.act or later(change.act, moment.act):
            return 1
        if later(moment.act, change.act):
            return -1
    if change.on.first > moment.last:
        return 1
    same_day = change.inclusive or moment.throughout
    if change.on.last < moment.first or (same_day and change.on.last <= moment.first):
        return -1
    return 0


def unique(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Each fact once, in the order of first use."""
    return tuple(dict.fromkeys(facts))


class Timeline:
    """The statuses of one case, each worked out once.

    Every look-up gives what is known (`Known`: values still possible, with the facts used), or
    None when nothing is.
    """

    def __init__(self, case: Case, vocabulary: Vocabulary) -> None:
        self.case = case
        self.vocabulary = vocabulary
        self.acts: Mapping[str, Act] = {act.name: act for act in case.acts}
        self._synthetic: dict[str, Member] = {}
        self._later: dict[tuple[str, str], bool] = {}
        self._states: dict[str, tuple[str, tuple[Fact, ...]]] = {}
        self._missions: dict[str, tuple[tuple[str, ...] | None, tuple[Fact, ...]]] = {}

    # ------------------------------------------------------------------ parties

    def member(self, name: str) -> Member | None:
        """A cast member, or an authority that a hypothetical act brings in (`organ:KR:police`)."""
        found = self.case.cast.get(name)
        if found is None and ":" in name:
            found = self._synthetic.get(name) or _authority(name)
            if found is not None:
                self._synthetic[name] = found
        return found

    def state(self, name: str) -> tuple[str, tuple[Fact, ...]]:
        """The State that a party is, belongs to or represents ("" if not known), and why."""
        if name not in self._states:
            self._states[name] = "", ()  # a household that loops belongs nowhere
            self._states[name] = self._state(name)
        return self._states[name]

    def _state(self, name: str) -> tuple[str, tuple[Fact, ...]]:
        member = self.member(name)
        if member is None:
            return (name, ()) if is_code(name) else ("", ())
        own = {"state": "code", "mission": "sending", "organ": "of"}.get(member.kind)
        if own is not None:
            stated = member.get(own)
            if stated is None or not stated.only:
                return "", ()
            code, facts = self.state(stated.only)
            return code, (stated.fact, *facts)
        if member.kind not in PERSONS:
            return "", ()
        missions, facts = self.missions_of(name)
        for mission in missions or ():
            code, more = self.state(mission)
            return code, (*facts, *more)
        stated = member.get("state")
        return (self.code(stated.only), (stated.fact,)) if stated is not None else ("", ())

    def missions_of(self, name: str) -> tuple[tuple[str, ...] | None, tuple[Fact, ...]]:
        """The missions that a person belongs to, through the household for family; None if that
        is not known."""
        if name not in self._missions:
            self._missions[name] = self._missions_of(name)
        return self._missions[name]

    def _missions_of(self, name: str) -> tuple[tuple[str, ...] | None, tuple[Fact, ...]]:
        via: list[Fact] = []
        for one in self.household(name):
            member = self.member(one)
            if member is None or member.kind not in PERSONS:
                break
            at = member.get("at")
            if at is not None:
                known = tuple(n for n in at.values if self._is(n, "mission"))
                return (None if at.unknown else known), (*via, at.fact)
            above = member.get("household_of")
            role = member.get("role")
            if above is not None:
                via.append(above.fact)
            elif role is not None and role.values == ("none",):
                return (), (*via, role.fact)
        return None, tuple(via)

    def _is(self, name: str, *kinds: str) -> bool:
        member = self.member(name)
        return member is not None and member.kind in kinds

    def code(self, name: str) -> str:
        """The code of a State, whether it is written as such or as a cast member."""
        return self.state(name)[0] or name

    def sending(self, mission: str) -> str:
        return self.state(mission)[0]

    def receiving(self, mission: str) -> str:
        stated = self.case.cast[mission].get("receiving")
        return self.state(stated.only)[0] if stated is not None and stated.only else ""

    def mission_facts(self, mission: str) -> tuple[Fact, ...]:
        member = self.case.cast[mission]
        found = (member.get("sending"), member.get("receiving"))
        return tuple(stated.fact for stated in found if stated is not None)

    # ------------------------------------------------------------------ acts that change a status

    @cached_property
    def effects(self) -> Mapping[str, tuple[Act, ...]]:
        """The acts that produced each kind of change. What was only planned or tried changed
        nothing."""
        found: dict[str, list[Act]] = {}
        for act in sorted(self.case.acts, key=self._date_and_name):
            produced = self.vocabulary.acts[act.type].produces
            if produced not in ("", "none") and act.stage in ("done", "alleged"):
                found.setdefault(produced, []).append(act)
        return {kind: tuple(acts) for kind, acts in found.items()}

    def _date_and_name(self, act: Act) -> tuple[int, int, str]:
        on = act_days(act, self.case.as_of)[0]
        return on.first, on.last, act.name

    def later(self, one: str, other: str) -> bool:
        """Whether act `one` is known to come after `other` because it replies to it, directly or
        through others."""
        pair = one, other
        if pair not in self._later:
            self._later[pair] = self._replies(one, other)
        return self._later[pair]

    def _replies(self, one: str, other: str) -> bool:
        todo, seen = [one], {one}
        while todo:
            act = self.acts.get(todo.pop())
            for earlier in act.role("answers") if act is not None else ():
                if earlier == other:
                    return True
                if earlier not in seen:
                    seen.add(earlier)
                    todo.append(earlier)
        return False

    def effect_facts(self, act: Act, *roles: str) -> tuple[Fact, ...]:
        stated = (act.roles.get(role) for role in roles)
        stage = (act.stage_fact,) if act.stage_fact is not None else ()
        return (act.fact, *stage, *(s.fact for s in stated if s is not None), *date_facts(act))

    def change(self, act: Act, value: str, *roles: str, inclusive: bool = False) -> Change:
        on = act_days(act, self.case.as_of)[0]
        sure = act.stage == "done"
        return Change(on, value, self.effect_facts(act, *roles), act.name, sure, inclusive)

    def known(
        self,
        changes: Iterable[Change],
        moment: Moment,
        initial: tuple[str, ...] | None,
        facts: tuple[Fact, ...] = (),
    ) -> Known | None:
        """The values a status may have at a moment; `initial` holds before any change."""
        changes = tuple(changes)
        chosen, untouched = current(changes, moment, self.later)
        if any(not change.value for change in chosen) or (untouched and initial is None):
            return None
        values = list(initial or ()) if untouched else []
        values += [change.value for change in chosen]
        used = chosen or changes
        support = (*facts, *(f for change in used for f in change.facts), *moment.facts)
        return Known(tuple(dict.fromkeys(values)), unique(support))

    # ------------------------------------------------------------------ relations and treaties

    def relations(self, mission: str, moment: Moment) -> Known | None:
        """Diplomatic relations between the two States of a mission."""
        pair = {self.sending(mission), self.receiving(mission)}
        changes = self._relations(frozenset(pair))
        if not changes:
            return self._not_so(frozenset(pair))
        first = min(changes, key=lambda change: (change.on.first, change.on.last))
        # A break shows that there was something to break; what came before anything else is open.
        before = {"severed": ("established",), "suspended": ("established",)}
        initial = before.get(first.value)
        if first.act and self.acts[first.act].type == "establish":
            initial = ("none",)
        return self.known(changes, moment, initial, self.mission_facts(mission))

    def _not_so(self, pair: frozenset[str]) -> Known | None:
        """What is left when some state of relations is known not to hold."""
        values = self.vocabulary.domain("mission.relations")
        facts: list[Fact] = []
        for status in self.case.absent:
            if status.kind == "relations" and self._between(status) in (pair, frozenset()):
                values = tuple(value for value in values if value not in status.get("state"))
                facts += status.facts
        return Known(values, unique(facts)) if facts and values else None

    def _between(self, status: Status) -> frozenset[str]:
        return frozenset(self.code(name) for name in status.get("between"))

    def _relations(self, pair: frozenset[str]) -> tuple[Change, ...]:
        found = []
        for kind in ("established", "suspended", "severed"):
            for act in self.effects.get(f"relations_{kind}", ()):
                if self._states_of(act, "by") | self._states_of(act, "to", "against") == pair:
                    found.append(self.change(act, kind, "by", "to"))
        for status in self.case.facts:
            if status.kind == "relations" and self._between(status) == pair:
                state = status.get("state")
                found += dated(status, state[0] if len(state) == 1 else "", "")
        return tuple(found)

    def _states_of(self, act: Act, *roles: str) -> set[str]:
        names = (name for role in roles for name in act.role(role))
        return {code for code in (self.state(name)[0] for name in names) if code}

    def treaties(self, mission: str, moment: Moment) -> dict[str, Known]:
        """What is known of the treaties between the two States of a mission: in force or not."""
        found = {name: self.treaty(mission, name, moment) for name in self._treaties}
        return {name: known for name, known in found.items() if known is not None}

    @cached_property
    def _treaties(self) -> tuple[str, ...]:
        """Those that the case speaks of or the rulebook lists; of others nothing is known."""
        stated = (*self.case.facts, *self.case.absent)
        named = {name for s in stated if s.kind == "treaty" for name in s.get("instrument")}
        return tuple(sorted(named | self.case.treaties.keys() | self.vocabulary.parties.keys()))

    def treaty(self, mission: str, instrument: str, moment: Moment) -> Known | None:
        """Whether a treaty is in force between the two States of a mission.

        What the case says comes before what the rulebook lists.
        """
        pair = {self.sending(mission), self.receiving(mission)}
        absent = [s for s in self.case.absent if _is_treaty(s, instrument, pair)]
        for status in absent:
            return Known(("false",), unique((*status.facts, *self.mission_facts(mission))))
        stated = [s for s in self.case.facts if _is_treaty(s, instrument, pair)]
        if stated:
            changes = [c for s in stated for c in dated(s, "true", "")]
            facts = self.mission_facts(mission)
            # A treaty stated to be in force from a date was not before it.
            return self.known(changes, moment, ("false",), facts)
        fact = self.case.treaties.get(instrument)
        if fact is not None:
            return Known(("true",), (fact,))
        return self._listed(mission, instrument, moment)

    def _listed(self, mission: str, instrument: str, moment: Moment) -> Known | None:
        """What the rulebook's list of parties says of the two States: one that is not bound is
        enough for no, and both must be for yes."""
        parties = self.vocabulary.parties.get(instrument)
        codes = sorted({self.sending(mission), self.receiving(mission)} - {""})
        if parties is None or len(codes) != 2:
            return None
        said = {code: _bound(parties, code, moment) for code in codes}
        if False in said.values():
            deciding, value = [code for code in codes if said[code] is False][:1], "false"
        elif None in said.values():
            return None
        else:
            deciding, value = codes, "true"
        facts = [_of_list(parties, code) for code in deciding]
        return Known((value,), unique((*facts, *self.mission_facts(mission), *moment.facts)))

    def recalled(self, mission: str, moment: Moment) -> Known | None:
        """Whether the sending State called the whole mission home."""
        changes = self._recalls(mission)
        if not changes:
            return None
        return self.known(changes, moment, ("false",), self.mission_facts(mission))

    def _recalls(self, mission: str) -> tuple[Change, ...]:
        """What called a mission home: by its name, or a diplomatic one by the two States."""
        pair = (self.sending(mission), self.receiving(mission))
        changes = []
        for act in self.effects.get("mission_recalled", ()):
            at = set(act.role("against")) | set(act.role("to"))
            named = mission in at | set(act.role("by"))
            states = self._states_of(act, "against", "to")
            between = pair[0] in self._states_of(act, "by") and states <= {pair[1]}
            if named or (between and not self._of_kind(mission, CONSULAR)):
                changes.append(self.change(act, "true", "by", "to", "against"))
        return tuple(changes)

    def _of_kind(self, mission: str, kinds: frozenset[str]) -> bool:
        """Whether a mission is of one of some kinds for certain."""
        member = self.member(mission)
        kind = member.get("kind") if member is not None else None
        return kind is not None and bool(kind.values) and kinds.issuperset(kind.values)

    # ------------------------------------------------------------------ persons

    def household(self, name: str) -> tuple[str, ...]:
        """A person and those whose household the person belongs to."""
        chain = [name]
        while True:
            member = self.member(chain[-1])
            above = member.get("household_of") if member is not None else None
            if above is None or not above.only or above.only in chain:
                return tuple(chain)
            chain.append(above.only)

    def post(self, name: str, moment: Moment) -> Known | None:
        """Where a person's functions stand: not begun, running, over, over for good."""
        member = self.member(name)
        role = member.get("role") if member is not None else None
        if member is None or role is None or role.unknown:
            return None
        if role.values == ("none",):
            return Known(("none",), (role.fact,))
        start, left = self._start(name), self._left(name)
        end = self._end(name, start, moment)
        over, running = (False, True) if end is None else self._reached(end, moment)
        gone, here = (False, True) if left is None else self._reached(left, moment)
        graded = self._time_judged(name) if over else ()
        values = []
        if start is not None and moment.first < start.on.last:
            values.append("not_started")
        if (start is None or moment.last >= start.on.first) and running and here:
            values.append("in_post")
        within, past = self._leaving(end, graded, moment) if over else (False, False)
        if within and here:
            values.append("leaving")
        if gone or (past and left is None):
            values.append("ended")
        used = [change for change in (start, end, left) if change is not None]
        support = [role.fact, *(f for change in used for f in change.facts)]
        support += [judgement.fact for judgement in graded]
        support += moment.facts if used else ()
        return Known(tuple(values), unique(support)) if values else None

    def _time_judged(self, name: str) -> tuple[Judgement, ...]:
        """What encoders say of whether a person had enough time to leave."""
        term = "reasonable_time_to_leave_passed"
        return tuple(j for j in self.case.judgements if (j.of, j.term) == (name, term))

    def _leaving(
        self, end: Change | None, graded: tuple[Judgement, ...], moment: Moment
    ) -> tuple[bool, bool]:
        """(the time to leave may still run, it may have run out)."""
        limit = self._time_to_leave(end)
        if limit is not None:
            return moment.first <= limit.last, moment.last > limit.first
        grades = {judgement.value for judgement in graded}
        if grades in ({"yes"}, {"no"}):
            return grades == {"no"}, grades == {"yes"}
        least = end.on.first + LEAST_DAYS_TO_LEAVE if end is not None else 0
        return True, moment.last > least

    def _reached(self, change: Change, moment: Moment) -> tuple[bool, bool]:
        """(may have happened by then, may not have happened yet)."""
        place = _placed(change, moment, self.later)
        return place <= 0, place >= 0 or not change.sure

    def _start(self, name: str) -> Change | None:
        for one in self.household(name):
            member = self.member(one)
            since = member.get("from") if member is not None else None
            if since is not None:
                return Change(days(since) or ANY_DAY, "started", (since.fact,), inclusive=True)
            for act in self.effects.get("start_of_functions", ()):
                role = "against" if act.role("against") else "by"
                if one in act.role(role):
                    return self.change(act, "started", role)
        return None

    def _end(self, name: str, start: Change | None, moment: Moment) -> Change | None:
        """What first ended a person's functions since they began, if anything did."""
        begun = start.on.first if start is not None else EVER.first
        ends = [end for end in self._ends(name, moment) if end.on.last >= begun]
        return min(ends, key=lambda end: (end.on.last, end.on.first), default=None)

    def _ends(self, name: str, moment: Moment) -> list[Change]:
        """What may have ended a person's functions. A break of relations ends those of all."""
        found = []
        for one in self.household(name):
            member = self.member(one)
            until = member.get("until") if member is not None else None
            if until is not None:
                found.append(_after(until))
            for act in self.effects.get("end_of_functions", ()):
                if one in act.role("against"):
                    found.append(self.change(act, "ended", "against"))
        for mission in self.missions_of(name)[0] or ():
            pair = frozenset((self.sending(mission), self.receiving(mission)))
            current_, _ = current(self._relations(pair), moment, self.later)
            later = [c for c in self._relations(pair) if _placed(c, moment, self.later) > 0]
            found += [c for c in (*current_, *later) if c.value == "severed"]
            closed = self.case.cast[mission].get("until")
            if closed is not None:
                found.append(_after(closed))
        return found

    def _left(self, name: str) -> Change | None:
        member = self.member(name)
        left = member.get("left") if member is not None else None
        if left is not None:
            return Change(days(left) or ANY_DAY, "left", (left.fact,))
        group = {name, *(self.missions_of(name)[0] or ())}
        for act in self.effects.get("departure", ()):
            if group & set(act.role("by")):
                return self.change(act, "left", "by")
        return None

    def _time_to_leave(self, end: Change | None) -> Days | None:
        """The last day given to leave, if whoever ended the functions set a time."""
        act = self.acts.get(end.act) if end is not None else None
        hours = _deadline(act) if act is not None else None
        if end is None or hours is None:
            return None
        return _plus(end.on, hours)

    def png(self, name: str, moment: Moment) -> tuple[Known | None, Known | None]:
        """Whether a person was declared non grata, and the days since the time to leave ran
        out."""
        acts = [act for act in self.effects.get("png", ()) if name in act.role("against")]
        if not acts:
            return None, None
        changes = []
        over: Known | None = None
        left = self._left(name)
        for act in acts:
            declared = self.change(act, "declared", "against")
            changes.append(declared)
            hours = _deadline(act)
            if hours is None:
                later = Days(declared.on.first + 1, ANY_DAY.last)
                changes.append(replace(declared, on=later, value="lapsed"))
                continue
            stated = act.attributes["deadline"]
            facts = (*declared.facts, stated.fact)
            limit = _plus(declared.on, hours)
            if left is None or left.on.last > limit.first:
                lapse = Days(limit.first + 1, limit.last + 1)
                changes.append(replace(declared, on=lapse, value="lapsed", facts=facts, act=""))
            over = _days_over(moment, limit, unique((*facts, *moment.facts)))
        return self.known(changes, moment, ("none",)), over

    # ------------------------------------------------------------------ places

    def used(self, place: str, mission: str, moment: Moment) -> tuple[Known | None, Known | None]:
        """(what a mission uses a place for or last used it for, whether it uses it)."""
        member = self.member(place)
        if member is None or member.used is None:
            return None, None
        spans = [span for span in member.used if self.uses(span, mission)]
        facts = tuple(f for span in member.used for f in (span.by.fact, span.use.fact))
        if not spans:
            facts = facts or (member.fact,)
            return Known(("none",), facts), Known(("never",), facts)
        ends = [
            self.change(act, "ended", "place")
            for act in self.effects.get("premises_end", ())
            if place in act.role("place")
        ]
        # A mission called home leaves, unless the case says until when it used the building.
        left = [replace(recall, value="ended") for recall in self._recalls(mission)]
        uses = [
            (span, self._use(span, [*ends, *(left if span.until is None else ())], moment))
            for span in spans
        ]
        support = unique(fact for _, state in uses for fact in state.facts)
        latest, states = _in_force(uses)
        broken = self._break(mission, moment)
        if broken is not None and any(span.until is None for span in latest) and "in_use" in states:
            # Nobody said when it left: broken relations end its work, at once or after a while.
            states = tuple(dict.fromkeys((*states, "ended")))
            support = unique((*support, *broken.facts))
        if any(span.use.unknown for span in latest):
            return None, Known(states, support)
        named = tuple(dict.fromkeys(value for span in latest for value in span.use.values))
        if "never" in states and named != ("designated",):
            named = (*named, "none")
        return Known(named, support), Known(states, support)

    def _break(self, mission: str, moment: Moment) -> Known | None:
        """The break of relations that ends an embassy's work; a consulate may outlive it."""
        if not self._of_kind(mission, EMBASSY):
            return None
        relations = self.relations(mission, moment)
        broken = relations is not None and "severed" in relations.values
        return relations if broken else None

    def uses(self, span: Span, mission: str) -> bool:
        return any(
            name == mission or mission in (self.missions_of(name)[0] or ())
            for name in span.by.values
        )

    def _use(self, span: Span, ends: Iterable[Change], moment: Moment) -> Known:
        """Whether one use had begun, was going on or was over at a moment."""
        facts = (span.by.fact, span.use.fact)
        if span.use.values == ("designated",):
            return Known(("never",), facts)
        began = days(span.since) or EVER
        since = (span.since.fact,) if span.since is not None else ()
        start = Change(began, "in_use", since, inclusive=True)
        closing = [*ends, *(() if span.until is None else (_after(span.until),))]
        closing = [change for change in closing if change.on.last >= began.first]
        # A use without a beginning went on before everything; so did one that began "unknown".
        known = self.known((start, *closing), moment, ("never",), facts)
        assert known is not None, "every change here has a value"
        undated = span.since is None and not closing
        return Known(known.values, facts) if undated else known

    def acceptance(self, place: str, moment: Moment) -> Known | None:
        """What the receiving State had said of a place as premises."""
        member = self.member(place)
        stated = member.get("acceptance") if member is not None else None
        values = {
            "premises_acceptance": "accepted",
            "premises_objection": "objected",
            "premises_withdrawal": "withdrawn",
        }
        changes = [
            self.change(act, value, "place")
            for kind, value in values.items()
            for act in self.effects.get(kind, ())
            if place in act.role("place")
        ]
        told = [a for a in self.effects.get("premises_notice", ()) if place in a.role("place")]
        initial = stated.values if stated is not None and not stated.unknown else None
        facts: tuple[Fact, ...] = (stated.fact,) if stated is not None and initial else ()
        if initial is None and told:
            notices = [self.change(act, "told", "place") for act in told]
            before = _placed(min(notices, key=_date_order), moment, self.later) > 0
            # Once told, the receiving State may have answered in any way.
            after = ("accepted", "not_objected", "objected")
            initial = ("never_notified",) if before else after
            facts = tuple(f for change in notices for f in change.facts)
        if not changes and initial is None:
            return None
        if not changes:
            dated = moment.facts if told and stated is None else ()
            return Known(initial or (), unique((*facts, *dated)))
        return self.known(changes, moment, initial, facts)

    def objection_timely(self, place: str, mission: str) -> Known | None:
        """Whether the receiving State objected before the mission moved in, or promptly after it
        was told."""
        acts = self.effects.get("premises_objection", ())
        objections = [self.change(a, "objected", "place") for a in acts if place in a.role("place")]
        if not objections:
            return None
        first = min(objections, key=_date_order)
        facts = list(first.facts)
        verdicts = []
        member = self.member(place)
        for span in (member.used if member is not None else None) or ():
            if span.since is not None and self.uses(span, mission):
                began = days(span.since) or ANY_DAY
                verdicts.append(_verdict(first.on.last < began.first, first.on.first >= began.last))
                facts.append(span.since.fact)
        notices = [
            self.change(act, "told", "place")
            for act in self.effects.get("premises_notice", ())
            if place in act.role("place")
        ]
        if notices:
            told = min(notices, key=_date_order)
            prompt = first.on.last - told.on.first <= PROMPT_DAYS
            verdicts.append(_verdict(prompt, first.on.first - told.on.last > LATE_DAYS))
            facts += told.facts
        if "true" in verdicts:
            return Known(("true",), unique(facts))
        if notices and all(verdict == "false" for verdict in verdicts):
            return Known(("false",), unique(facts))
        return None

    # ------------------------------------------------------------------ consent

    @cached_property
    def leaves(self) -> tuple[Leave, ...]:
        """Every consent, refusal and withdrawal of consent, and every consent known not to have
        been given."""
        found = [self._leave(status, True) for status in self.case.facts]
        found += [self._leave(status, False) for status in self.case.absent]
        words = {"consent": "given", "consent_refused": "refused", "consent_revoked": "revoked"}
        for kind, word in words.items():
            for act in self.effects.get(kind, ()):
                topics = set(act.role("over"))
                for request in act.role("answers"):
                    if request in self.acts:
                        topics |= set(self.acts[request].role("over"))
                change = self.change(act, word, "by", "over", inclusive=True)
                found.append(Leave(act.role("by"), frozenset(topics), "express", (change,)))
        return tuple(leave for leave in found if leave is not None)

    def _leave(self, status: Status, holds: bool) -> Leave | None:
        if status.kind != "consent":
            return None
        topics = frozenset(status.get("for") if "for" in status.values else ("all",))
        form = status.get("form")
        changes = dated(status, "given", "none")
        return Leave(status.get("by"), topics, form[0] if form else "", changes, holds)

    # ------------------------------------------------------------------ attribution

    def endorsed(self, act: str) -> tuple[tuple[str, Change], ...]:
        """The States that made an act their own, and from when."""
        found = []
        for one in self.effects.get("attribution", ()):
            if act in one.role("over"):
                change = self.change(one, "adopted", "by", "over", inclusive=True)
                found += [(self.state(name)[0], change) for name in one.role("by")]
        return tuple(found)

    # ------------------------------------------------------------------ parts of a continuing act

    @cached_property
    def dates(self) -> Mapping[str, frozenset[Days]]:
        """The first day of each change, by whom or what it concerns ("" for everybody)."""
        found: dict[str, set[Days]] = {"": set()}

        def note(names: Iterable[str], *dates: Days) -> None:
            for name in names:
                found.setdefault(name, set()).update(dates)

        for kind, acts in self.effects.items():
            for act in acts:
                on = act_days(act, self.case.as_of)[0]
                hours = _deadline(act)
                lapse = [_plus(on, hours)] if hours is not None else []
                note(_touched(kind, act), on, *(Days(d.first + 1, d.last + 1) for d in lapse))
        for act in self.case.acts:
            if "warning" in self.vocabulary.acts[act.type].tags:
                note([""], act_days(act, self.case.as_of)[0])
        for leave in self.leaves:
            note(leave.topics, *(change.on for change in leave.changes))
        for status in (*self.case.facts, *self.case.absent):
            names = {"waiver": status.get("of"), "consent": ()}.get(status.kind, ("",))
            note(names, *(change.on for change in dated(status, "x", "x")))
        for member in self.case.cast.values():
            note([member.name], *(change.on for change in _member_dates(member)))
        return {name: frozenset(dates) for name, dates in found.items()}

    def parts(self, act: Act, names: Iterable[str]) -> tuple[Part, ...]:
        """A continuing act cut at every change strictly within it that may concern `names`.

        A change of uncertain date parts what was certainly before it from what was certainly
        after it.
        """
        began, ended = act_days(act, self.case.as_of)
        whole = Part(began.first, ended.last)
        if not act.continuing:
            return (whole,)
        cuts: set[Days] = set(self.dates[""])
        for name in names:
            cuts |= self.dates.get(name, frozenset())
        inside = sorted(
            (cut for cut in cuts if cut.first > began.last and cut.last <= ended.first),
            key=lambda cut: (cut.first, cut.last),
        )
        found = []
        start = whole.first
        for cut in inside:
            if cut.first > start:
                found.append(Part(start, cut.first - 1))
            start = max(start, cut.last)
        return (*found, Part(start, whole.last))


# --------------------------------------------------------------------------- small pieces


def _touched(kind: str, act: Act) -> tuple[str, ...]:
    """Whom or what a change of status concerns; "" when that is everybody."""
    if kind.startswith(("relations", "consular_relations", "mission")):
        return ("",)
    if kind == "attribution":
        return act.role("over")
    if kind.startswith("consent"):
        return ()  # by the acts that the consent is for
    return tuple(name for role in ("by", "against", "place") for name in act.role(role))


def is_code(name: str) -> bool:
    """Whether a party is a State given by its two-letter code."""
    return len(name) == 2 and name.isascii() and name.isupper()


def _authority(name: str) -> Member | None:
    """The member behind `organ:KR:police` or `court:KR`."""
    kind, _, rest = name.partition(":")
    code, _, branch = rest.partition(":")
    if kind not in ("organ", "court") or not is_code(code):
        return None
    fact = Fact(name, code)
    branch = branch or kind
    attributes = {"of": Stated((code,), fact), "kind": Stated((branch,), Fact(name, branch))}
    return Member(name, "organ", fact, attributes)


def _after(until: Stated) -> Change:
    """What was so up to and on a day is over on the next."""
    last = days(until) or ANY_DAY
    return Change(Days(last.first + 1, last.last + 1), "ended", (until.fact,), inclusive=True)


def dated(status: Status, value: str, after: str) -> tuple[Change, ...]:
    """A dated fact as changes: its value from its date, and another once it is over."""
    since = status.values.get("from") or status.values.get("date")
    start = Change(days(since) or EVER, value, status.facts, inclusive=True)
    until = status.values.get("until")
    if until is None:
        return (start,)
    return (start, replace(_after(until), value=after, facts=status.facts))


def _is_treaty(status: Status, instrument: str, pair: set[str]) -> bool:
    return (
        status.kind == "treaty"
        and instrument in status.get("instrument")
        and pair <= set(status.get("between") or pair)
    )


def _bound(parties: Parties, code: str, moment: Moment) -> bool | None:
    """Whether a State is bound throughout the days of a moment; None for a question."""
    one = parties.states.get(code)
    if one is None:
        return False if parties.complete else None
    if not one.bound:
        return False if moment.last <= _ordinal(one.as_of) else None
    if moment.last < _ordinal(one.perhaps_from or one.bound_from):
        return False
    if one.until and moment.first > _ordinal(one.until):
        return False
    within = moment.first >= _ordinal(one.bound_from)
    return True if within and (not one.until or moment.last <= _ordinal(one.until)) else None


def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()


def _of_list(parties: Parties, code: str) -> Fact:
    """An entry of a list of parties as a fact; it stands in the rulebook, not in the case."""
    one = parties.states.get(code)
    if one is None:
        said = "not among the parties"
    elif not one.bound:
        said = f"not bound as of {one.as_of}"
    else:
        said = f"bound from {one.bound_from}" + (f" until {one.until}" if one.until else "")
    return Fact(f"parties.{parties.instrument}.{code}", f"{said} ({parties.source})")


def _deadline(act: Act) -> Fraction | None:
    stated = act.attributes.get("deadline")
    return parse_hours(stated.only) if stated is not None and stated.only else None


def _plus(on: Days, hours: Fraction) -> Days:
    """The last day of a time that runs from a date: part of a day counts as a day."""
    whole = ceil(hours / 24)
    return Days(min(on.first + whole, ANY_DAY.last), min(on.last + whole, ANY_DAY.last))


def _days_over(moment: Moment, limit: Days, facts: tuple[Fact, ...]) -> Known | None:
    """How many days ago a time ran out; not known unless the dates leave one number."""
    if moment.throughout and limit.first == limit.last:
        return Known((str(max(0, moment.last - limit.first)),), facts)
    if moment.first != moment.last or limit.first != limit.last:
        return None
    return Known((str(max(0, moment.first - limit.first)),), facts)


def _date_order(change: Change) -> tuple[int, int]:
    return change.on.first, change.on.last


def _verdict(yes: bool, no: bool) -> str:
    if yes:
        return "true"
    return "false" if no else ""


def _in_force(uses: Iterable[tuple[Span, Known]]) -> tuple[tuple[Span, ...], tuple[str, ...]]:
    """Of several uses of a place, those that may count at a moment, and whether it was in use."""
    uses = tuple(uses)
    sure = [span for span, state in uses if state.values == ("in_use",)]
    running = [span for span, state in uses if "in_use" in state.values]
    if sure:
        return tuple(running), ("in_use",)
    over = [span for span, state in uses if "ended" in state.values]
    found = [value for value in ("in_use", "ended") if any(value in s.values for _, s in uses)]
    if all("never" in state.values for _, state in uses):
        found.append("never")
    if running or over:
        ended = max((days(span.until) or ANY_DAY for span in over), default=ANY_DAY, key=_last)
        last = [span for span in over if (days(span.until) or ANY_DAY) == ended]
        return tuple(dict.fromkeys((*running, *last))), tuple(found)
    named = [span for span, _ in uses if span.use.values == ("designated",)]
    return tuple(named), tuple(found)


def _last(span: Days) -> int:
    return span.last


def _member_dates(member: Member) -> tuple[Change, ...]:
    """When something that the cast says of a member began or ended."""
    found = []
    for since, until in [
        (member.get("from"), member.get("until")),
        *((span.since, span.until) for span in member.used or ()),
    ]:
        if since is not None and (on := days(since)) is not None:
            found.append(Change(on, "x"))
        if until is not None:
            found.append(_after(until))
    left = member.get("left")
    if left is not None:
        found.append(_after(left))
    return tuple(found)
