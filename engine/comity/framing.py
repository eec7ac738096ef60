"""One flat frame for each act and mission: everything that a rule can ask, worked out once.

A frame looks at an act from one mission's side, at the date of the act. Each key says which
values are still possible and rests on the base facts that were used; a key that is missing is
unknown. Rules never join facts: what crosses acts, dates, parties or numbers is computed here.

Only what is given decides, never the order in which it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Final

from comity.casefile import (
    Act,
    Case,
    Days,
    Judgement,
    Member,
    Stated,
    Status,
    parse_days,
    parse_hours,
    statements,
)
from comity.model import Fact, Frame, Known, Switch
from comity.timeline import (
    HEADS,
    PERSONS,
    Change,
    Leave,
    Moment,
    Timeline,
    act_days,
    current,
    date_facts,
    dated,
    is_code,
    unique,
)
from comity.vocabulary import TESTABLE, JudgementTerm, Key, Vocabulary

ROLES: Final = ("by", "against", "place", "object", "to", "for")
OTHER_ACTS: Final = ("over", "answers")

# Kinds of place that are nobody's premises, so that silence about their use is no gap.
PUBLIC_PLACES: Final = frozenset(
    {
        *("public_street", "public_square", "public_park", "public_building", "court_house"),
        *("prison", "airport", "transit_zone", "port", "border_crossing", "railway_station"),
        *("hotel", "shop", "school", "place_of_worship", "online"),
    }
)
STATE_OFFICES: Final = frozenset(
    {"head_of_state", "head_of_government", "foreign_minister", "minister"}
)
HOUSEHOLD_ROLES: Final = frozenset({"family", "private_servant"})
INTERNATIONAL: Final = frozenset({"international_organization", "international_court"})
ON_BUILDING: Final = frozenset({"inside", "exterior_wall", "roof", "fence_line", "flagpole"})
OFF_BUILDING: Final = frozenset({"adjacent_public", "nearby", "elsewhere", "online"})

# Conduct that ends this soon after a request to stop has not persisted.
PROMPT_STOP_DAYS: Final = 2

Keys = dict[str, Known]


def frames_of(case: Case, vocabulary: Vocabulary) -> tuple[Frame, ...]:
    """Every act seen from every mission it concerns, in the order of their dates."""
    framer = _framer(case, vocabulary)
    found = []
    for act in sorted(case.acts, key=lambda a: (act_days(a, case.as_of)[0].first, a.name)):
        for mission in framer.missions(act):
            found += framer.frames(act, mission)
    return tuple(found)


def hypothetical(
    case: Case,
    vocabulary: Vocabulary,
    *,
    id: str,
    on: str,
    measure: str,
    act_type: str,
    attributes: Mapping[str, tuple[str, ...]],
    roles: Mapping[str, str],
    over: str | None,
    mission: str,
    date: Days | str,
) -> Frame:
    """The frame of an act that nobody has done: a measure, taken on a date.

    Roles may name members that the case does not have: `organ:KR:police`, `court:KR`, a code.
    """
    when = parse_days(date) if isinstance(date, str) else date
    framer = _framer(case, vocabulary)
    name = f"measure:{id}"
    fact = Fact(f"measures.{measure}", act_type)

    def stated(values: tuple[str, ...], what: str) -> Stated:
        shown = ", ".join(values)
        kept = () if values == ("unknown",) else tuple(_yes_no(value) for value in values)
        return Stated(kept, Fact(f"measures.{measure}.{what}", shown))

    filled = {role: stated((value,), role) for role, value in roles.items()}
    if over is not None:
        filled["over"] = stated((over,), "over")
    act = Act(
        name=name,
        type=act_type,
        stage="done",
        fact=fact,
        attributes={key: stated(values, key) for key, values in attributes.items()},
        roles=filled,
        hypothetical=True,
    )
    # Whatever the case says of that day has happened when the measure is taken.
    moment = Moment((when or case.as_of).first, (when or case.as_of).last, throughout=True)
    return framer.frame(act, mission, moment, 1, measure=measure, on=on)


def timeline_of(case: Case, vocabulary: Vocabulary) -> Timeline:
    """The statuses of a case, worked out once for its frames and its measures."""
    return _framer(case, vocabulary).line


def base_facts(case: Case) -> tuple[Fact, ...]:
    """Every fact that the encoder wrote, for the report of those that no rule used."""
    found = [member.fact for member in case.cast.values()]
    for act in case.acts:
        found.append(act.fact)
        found += [act.stage_fact] if act.stage_fact is not None else []
    found += [status.fact for status in (*case.facts, *case.absent)]
    found += [stated.fact for stated in statements(case)]
    found += [judgement.fact for judgement in case.judgements]
    found += [*case.treaties.values(), *case.readings.values()]
    return unique(sorted(found, key=_fact_order))


def _fact_order(fact: Fact) -> tuple[str, int, int, str]:
    if fact.place is None:
        return "", 0, 0, fact.path
    return fact.place.file, fact.place.line, fact.place.column, fact.path


# --------------------------------------------------------------------------- small pieces


def _yes_no(value: str) -> str:
    return {"yes": "true", "no": "false"}.get(value, value)


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _known(values: Iterable[str], facts: Iterable[Fact]) -> Known:
    """Values in one order, whatever the order of the case."""
    kept = set(values)
    return Known(tuple(sorted(kept, key=_value_order)), unique(facts))


def _value_order(value: str) -> tuple[bool, str]:
    return value != "true", value


def _joined(parts: Iterable[Known | None]) -> Known | None:
    """What is known when any one of several may be meant; nothing if one is unknown."""
    found = tuple(parts)
    if not found or any(part is None for part in found):
        return None
    if len(found) == 1:
        return found[0]
    kept = [part for part in found if part is not None]
    return _known((v for p in kept for v in p.values), (f for p in kept for f in p.facts))


def _shared(each: list[Keys]) -> Keys:
    """What is known when any one of several may be meant, key by key."""
    if len(each) == 1:
        return each[0]
    found = {}
    for key in sorted(set(each[0]).intersection(*each)):
        known = _joined(keys[key] for keys in each)
        if known is not None:
            found[key] = known
    return found


def _with_facts(keys: Keys, facts: tuple[Fact, ...]) -> Keys:
    """The same keys, resting on some facts more."""
    if not facts:
        return keys
    return {key: Known(known.values, facts + known.facts) for key, known in keys.items()}


_latest: list[_Framer] = []


def _framer(case: Case, vocabulary: Vocabulary) -> _Framer:
    """The framer of a case; the last one is kept, since measures ask for the same case often."""
    for framer in _latest:
        if framer.case is case and framer.vocabulary is vocabulary:
            return framer
    suffixes = next((one.suffixes for one in _latest if one.vocabulary is vocabulary), None)
    framer = _Framer(case, vocabulary, suffixes or _suffixes(vocabulary))
    _latest[:] = [framer]
    return framer


class _Framer:
    """Computes the frames of one case; what does not depend on the act is worked out once."""

    def __init__(
        self, case: Case, vocabulary: Vocabulary, suffixes: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.case = case
        self.vocabulary = vocabulary
        self.line = Timeline(case, vocabulary)
        self.suffixes = suffixes
        self.missions_there = tuple(
            sorted(name for name, member in case.cast.items() if member.kind == "mission")
        )
        self._about: dict[str, list[Act]] = {}
        for act in sorted(case.acts, key=lambda act: act.name):
            for role in OTHER_ACTS:
                for name in act.role(role):
                    self._about.setdefault(name, []).append(act)
        self._fixed: dict[tuple[str, str], Keys] = {}
        self._at: dict[tuple[str, str, str, int, int, bool, str], Keys] = {}
        self._other: dict[tuple[str, str, int, int, bool, str], Keys] = {}
        self._of_mission_at: dict[tuple[str, Moment], Keys] = {}
        self._acts: dict[str, Keys] = {}
        self._sides: dict[tuple[str, str], Known | None] = {}
        self._of_act: dict[str, tuple[str, ...]] = {}
        self._belongs: dict[str, frozenset[str]] = {}

    # ------------------------------------------------------------------ missions of an act

    def missions(self, act: Act) -> tuple[str, ...]:
        """The missions from whose side an act is looked at."""
        if act.mission is not None and act.mission.values:
            return tuple(sorted(act.mission.values))
        if act.name not in self._of_act:
            for one in self._earlier_first(act):
                self._of_act.setdefault(one.name, self._missions(one))
        return self._of_act[act.name]

    def _earlier_first(self, act: Act) -> list[Act]:
        """An act and those it leads to, the furthest first."""
        order: list[Act] = []
        seen = {act.name}
        todo = [(act, False)]
        while todo:
            one, opened = todo.pop()
            if opened:
                order.append(one)
                continue
            todo.append((one, True))
            for role in OTHER_ACTS:
                for other in self._others(one, role):
                    if other.name not in seen and other.name not in self._of_act:
                        seen.add(other.name)
                        todo.append((other, False))
        return order

    def _seen_from(self, act: Act) -> tuple[str, ...]:
        pinned = act.mission.values if act.mission is not None else ()
        return tuple(sorted(pinned)) or self._of_act.get(act.name, ())

    def _missions(self, act: Act) -> tuple[str, ...]:
        found: set[str] = set()
        for role in ("place", "object", "against", "by", "to", "for"):
            for name in act.role(role):
                found |= self._missions_of(name)
        for other in self._others(act, "over"):
            found |= set(self._seen_from(other))
        if not found:
            for other in self._others(act, "answers"):
                found |= set(self._seen_from(other))
        if not found:
            found = self._between(act)
        if not found and len(self.missions_there) == 1:
            found = set(self.missions_there)
        return tuple(sorted(found & set(self.missions_there)))

    def _others(self, act: Act, role: str) -> tuple[Act, ...]:
        names = sorted(act.role(role))
        return tuple(self.line.acts[name] for name in names if name in self.line.acts)

    def _missions_of(self, name: str) -> frozenset[str]:
        """The missions that a party, a place or a thing belongs to."""
        if name not in self._belongs:
            self._belongs[name] = frozenset()  # things located in each other
            self._belongs[name] = self._make_missions_of(name)
        return self._belongs[name]

    def _make_missions_of(self, name: str) -> frozenset[str]:
        member = self.line.member(name)
        if member is None:
            return frozenset()
        if member.kind == "mission":
            return frozenset({name})
        if member.kind in PERSONS:
            return frozenset(self.line.missions_of(name)[0] or ())
        groups = [{user for span in member.used or () for user in span.by.values}]
        for attributes in (("used_by", "owner"), ("located",)) if member.kind == "object" else ():
            stated = (member.get(attribute) for attribute in attributes)
            groups.append({n for s in stated if s is not None for n in s.values})
        for names in groups:
            found = frozenset[str]().union(*(self._missions_of(one) for one in names))
            if found:
                return found
        return frozenset()

    def _between(self, act: Act) -> set[str]:
        """The missions between the State that acts and the State it turns to."""
        ours = {self.line.state(name)[0] for name in act.role("by")}
        roles = ("against", "to", "for")
        theirs = {self.line.state(name)[0] for role in roles for name in act.role(role)}
        found = set()
        for mission in self.missions_there:
            pair = self.line.sending(mission), self.line.receiving(mission)
            one_way = pair[0] in ours and pair[1] in theirs
            other_way = pair[1] in ours and pair[0] in theirs
            if all(pair) and (one_way or other_way):
                found.add(mission)
        embassies = {m for m in found if self._is_kind(m, "embassy")}
        return embassies or found

    def _is_kind(self, name: str, kind: str) -> bool:
        stated = self.case.cast[name].get("kind")
        return stated is not None and stated.values == (kind,)

    # ------------------------------------------------------------------ frames

    def frames(self, act: Act, mission: str) -> list[Frame]:
        """The frame of an act or, if statuses changed while it went on, one for each part."""
        parts = self.line.parts(act, self._concerned(act, mission))
        found: list[Frame] = []
        for part in parts:
            moment = Moment(part.first, part.last, act.continuing, act.name, date_facts(act))
            frame = self.frame(act, mission, moment, len(found) + 1)
            if not found or not _alike(found[-1], frame):
                found.append(frame)
        return found

    def _concerned(self, act: Act, mission: str) -> set[str]:
        """The names under which a change may matter to an act."""
        todo = {name for role in ROLES for name in act.role(role)} | {mission}
        found: set[str] = set()
        while todo:
            name = todo.pop()
            member = self.line.member(name)
            if member is None or name in found:
                continue
            found.add(name)
            for attribute in ("household_of", "located", "at", "owner", "used_by"):
                stated = member.get(attribute)
                todo |= set(stated.values) if stated is not None else set()
        return found | self._topics(act) | set(act.role("over"))

    def frame(
        self,
        act: Act,
        mission: str,
        moment: Moment,
        number: int,
        *,
        measure: str = "",
        on: str = "",
    ) -> Frame:
        known: Keys = dict(self._act_keys(act))
        for role in ROLES:
            self._fill(known, act, role, mission, moment)
        for role in OTHER_ACTS:
            known.update(self._other_act_keys(act, role, mission, moment))
        self._refine(known, act, mission, moment)
        known.update(self._mission_keys(mission, moment))
        known.update(self._leave_keys(act, mission, moment))
        known.update(self._waiver_keys(act, mission, moment))
        known.update(self._agreement_keys(act, mission, moment))
        known.update(self._host_keys(act, mission, moment))
        switches = self._judged(act, known)
        name = act.name if number == 1 else f"{act.name}#{number}"
        return Frame(
            id=f"{name}@{mission}",
            act=name,
            mission=mission,
            type=act.type,
            stage=act.stage,
            hypothetical=act.hypothetical,
            known=known,
            switches=switches,
            labels=self._labels(act, mission),
            parties=self._parties(act, mission, known),
            measure=measure,
            on=on,
            answers=(act.role("over") or ("",))[0] if measure else "",
            place=act.fact.place,
        )

    # ------------------------------------------------------------------ the act itself

    def _act_keys(self, act: Act) -> Keys:
        found = self._acts.get(act.name)
        if found is None or act.hypothetical:
            found = self._acts[act.name] = self._make_act_keys(act)
        return found

    def _make_act_keys(self, act: Act) -> Keys:
        type_ = self.vocabulary.acts[act.type]
        facts = (act.fact,)
        stage = (act.stage_fact,) if act.stage_fact is not None else facts
        found = {
            "act.type": Known((act.type,), facts),
            "act.family": Known((type_.family,), facts),
            "act.stage": Known((act.stage,), stage),
            "act.hypothetical": Known((_bool(act.hypothetical),), facts),
        }
        yes, no = Known(("true",), facts), Known(("false",), facts)
        for tag, name in self._tag_keys:
            found[name] = yes if tag in type_.tags else no
        for attribute, stated in act.attributes.items():
            key = self.vocabulary.keys.get(f"act.{attribute}")
            if key is not None and key.type in TESTABLE:
                found.update(_stated_keys(key, stated))
        told = act.attributes.get("notice_given")
        if told is not None and not told.unknown and "notice" not in act.attributes:
            value = "none" if told.values == ("none",) else "given"
            found["act.notice"] = Known((value,), (told.fact,))
        found.update(self._permit_keys(act))
        found.update(self._deadline_keys(act))
        return found

    @cached_property
    def _tag_keys(self) -> tuple[tuple[str, str], ...]:
        return tuple((tag, f"act.tag:{tag}") for tag in self.vocabulary.tags)

    def _permit_keys(self, act: Act) -> Keys:
        """A permit stated as a dated fact, unless the act itself says something of it."""
        if "permit" in act.attributes:
            return {}
        values = self.vocabulary.domain("act.permit")
        for statuses, holds in ((self.case.facts, True), (self.case.absent, False)):
            for status in statuses:
                if status.kind == "permit" and self._covers(status.get("for"), act, "all"):
                    kept = [value for value in values if (value == "held") == holds]
                    return {"act.permit": _known(kept, status.facts)}
        return {}

    def _deadline_keys(self, act: Act) -> Keys:
        """The time given to leave, for a declaration that somebody is non grata."""
        if self.vocabulary.acts[act.type].produces != "png":
            return {"png.deadline_hours": Known(("none",), (act.fact,))}
        stated = act.attributes.get("deadline")
        if stated is None or stated.unknown:
            return {}
        return {"png.deadline_hours": _known(map(_hours, stated.values), (stated.fact,))}

    # ------------------------------------------------------------------ who and what fills a role

    def _fill(self, known: Keys, act: Act, role: str, mission: str, moment: Moment) -> None:
        """Add what is known of whoever or whatever fills a role."""
        stated = act.roles.get(role)
        if stated is None:
            nobody = Known(("none",), (act.fact,))
            known.update(dict.fromkeys(self.suffixes[role].values(), nobody))
            return
        if stated.unknown:
            return
        # Nobody wrote who would carry out a measure: there is no fact to show for it.
        filler = () if act.hypothetical else (stated.fact,)
        if len(stated.values) == 1:
            keys = self._member_keys(stated.only, role, mission, moment)
        else:
            names = sorted(stated.values)
            keys = _shared([self._member_keys(n, role, mission, moment) for n in names])
        known.update(_with_facts(keys, filler))
        if f"{role}.attributed_to" in self.vocabulary.keys:
            whose = [self._attributed(n, act, role, mission, moment) for n in stated.values]
            attributed = _joined(whose)
            if attributed is not None:
                facts = unique((*filler, *attributed.facts))
                known[f"{role}.attributed_to"] = Known(attributed.values, facts)

    def _member_keys(self, name: str, role: str, mission: str, moment: Moment) -> Keys:
        """Everything known of one filler, under the keys of a role."""
        at = (name, role, mission, moment.first, moment.last, moment.throughout, moment.act)
        if at not in self._at:
            self._at[at] = self._make_member_keys(name, role, mission, moment)
        return self._at[at]

    def _make_member_keys(self, name: str, role: str, mission: str, moment: Moment) -> Keys:
        keys = {**self._fixed_keys(name, mission), **self._dated_keys(name, mission, moment)}
        suffixes = self.suffixes[role]
        found = {suffixes[suffix]: known for suffix, known in keys.items() if suffix in suffixes}
        kind = self._kind(name)
        absent = Known(("none",), keys["is"].facts)
        if f"{role}.kind" in found:
            # The kind of a building is no kind of mission, authority or group.
            domain = self.vocabulary.domain(f"{role}.kind")
            if not set(domain).issuperset(found[f"{role}.kind"].values):
                found[f"{role}.kind"] = absent
        for suffix, key in suffixes.items():
            if suffix not in keys and not self._applies(kind, suffix.partition(":")[0]):
                found[key] = absent
        return found

    def _kind(self, name: str) -> str:
        member = self.line.member(name)
        return member.kind if member is not None else "state"

    def _applies(self, kind: str, suffix: str) -> bool:
        """Whether a key says anything of this kind of member; if not, it is `none`."""
        if suffix in ("is", "side", "attributed_to"):
            return True
        if suffix in COMPUTED.get(kind, ()):
            return True
        found = self.vocabulary.cast.get(kind)
        return found is not None and suffix in found.attributes

    def _fixed_keys(self, name: str, mission: str) -> Keys:
        """What is known of a member whatever the date."""
        if (name, mission) not in self._fixed:
            self._fixed[name, mission] = self._make_fixed_keys(name, mission)
        return self._fixed[name, mission]

    def _make_fixed_keys(self, name: str, mission: str) -> Keys:
        member = self.line.member(name)
        facts = (member.fact,) if member is not None else ()
        found = {"is": Known((self._kind(name),), facts)}
        side = self.side(name, mission)
        if side is not None:
            found["side"] = side
        if member is None:
            return found
        kind = self.vocabulary.cast[member.kind]
        for attribute, stated in member.attributes.items():
            # Parties and dates feed the keys that are computed, under whatever name.
            testable = kind.attributes[attribute].type in TESTABLE and attribute != "acceptance"
            key = self._attribute_key(kind.fills, attribute) if testable else None
            if key is not None:
                for full, known in _stated_keys(key, stated).items():
                    found[full.partition(".")[2]] = known
        if member.kind in PERSONS:
            self._person_keys(member, mission, found)
        return found

    def _attribute_key(self, roles: Iterable[str], attribute: str) -> Key | None:
        """The key of an attribute, under any role that its kind of member can fill."""
        for role in roles:
            key = self.vocabulary.keys.get(f"{role}.{attribute}")
            if key is not None and key.type in TESTABLE:
                return key
        return None

    def _person_keys(self, person: Member, mission: str, found: Keys) -> None:
        role = person.get("role")
        household = self._household_role(person)
        if household is not None:
            found["household_role"] = household
        own = self._own_mission(person, mission)
        if own is not None:
            found["own_mission"] = own
        nationality = person.get("nationality")
        if nationality is not None and not nationality.unknown:
            host = self.line.receiving(mission)
            facts = (nationality.fact, *self.line.mission_facts(mission)[1:])
            hits = {_bool(self.line.code(value) == host) for value in nationality.values}
            # Several nationalities hold together; reports that differ do not.
            values = hits if nationality.conflicting else {_bool("true" in hits)}
            if host:
                found["national_of_receiving"] = _known(values, facts)
        travels = person.get("travels")
        if travels is not None and not travels.unknown:
            values = {_bool(value != "other_travel") for value in travels.values}
            found["transit"] = _known(values, (travels.fact,))
        if role is not None and role.values == ("none",):
            found.setdefault("own_mission", Known(("false",), (role.fact,)))

    def _household_role(self, person: Member) -> Known | None:
        role = person.get("role")
        household = person.get("household_of")
        if household is not None and household.only:
            head = self.line.member(household.only)
            above = head.get("role") if head is not None else None
            if above is None or above.unknown:
                return None
            return _known(above.values, (household.fact, above.fact))
        if role is None or role.unknown or set(role.values) & HOUSEHOLD_ROLES:
            return None
        return Known(("none",), (role.fact,))

    def _own_mission(self, person: Member, mission: str) -> Known | None:
        missions, facts = self.line.missions_of(person.name)
        if missions is not None:
            return Known((_bool(mission in missions),), facts)
        role = person.get("role")
        if role is not None and role.values and set(role.values) <= STATE_OFFICES:
            return Known(("false",), (role.fact,))
        return None

    def _dated_keys(self, name: str, mission: str, moment: Moment) -> Keys:
        """What is known of a member at a moment."""
        kind = self._kind(name)
        if kind in PERSONS:
            png, over = self.line.png(name, moment)
            keys = {"post": self.line.post(name, moment), "png": png, "png_days_over": over}
        elif kind == "place":
            keys = self._place_keys(name, mission, moment)
        elif kind == "object":
            keys = self._object_keys(name, mission, moment)
        else:
            return {}
        return {key: known for key, known in keys.items() if known is not None}

    # ------------------------------------------------------------------ places and things

    def _place_keys(self, name: str, mission: str, moment: Moment) -> dict[str, Known | None]:
        member = self.line.member(name)
        assert member is not None, "a State's code is no place"
        kind = member.get("kind")
        used_as, use = self.line.used(name, mission, moment)
        home = self._home(member, mission, used_as)
        silent = member.used is None and kind is not None and bool(kind.values)
        if kind is not None and silent and set(kind.values) <= PUBLIC_PLACES:
            used_as, use = Known(("none",), (kind.fact,)), Known(("never",), (kind.fact,))
            home = Known(("false",), (kind.fact,))
        found: dict[str, Known | None] = {
            "used_as": used_as,
            "use": use,
            "of_member": home,
            "acceptance": self.line.acceptance(name, moment),
            "objection_timely": self.line.objection_timely(name, mission),
            "in": self._stated_side(member.get("in"), mission),
            "owner_side": self._owner_side(member.get("owner"), mission),
        }
        if kind is None and use is not None and use.values == ("in_use",):
            found["kind"] = Known(("mission_premises",), use.facts)
        return found

    def _home(self, place: Member, mission: str, used_as: Known | None) -> Known | None:
        """Whether a member of the mission lives at a place."""
        if used_as is None:
            return None
        spans = [span for span in place.used or () if self.line.uses(span, mission)]
        homes = set()
        for value in used_as.values:
            users = {n for s in spans if value in s.use.values for n in s.by.values}
            person = any(self._kind(user) in PERSONS for user in users)
            homes.add(_bool(person or value in ("head_residence", "private_residence")))
        return _known(homes, used_as.facts)

    def _object_keys(self, name: str, mission: str, moment: Moment) -> dict[str, Known | None]:
        member = self.line.member(name)
        assert member is not None, "a State's code is no object"
        located = member.get("located")
        where = None
        if located is not None and located.values:
            where = _joined(
                self._on_premises(place, mission, moment) for place in sorted(located.values)
            )
            if where is not None:
                where = Known(where.values, (located.fact, *where.facts))
        return {
            "located": where,
            "owner_side": self._owner_side(member.get("owner"), mission),
            "of_mission": self._of_mission(member, mission),
        }

    def _on_premises(self, place: str, mission: str, moment: Moment) -> Known | None:
        if self._kind(place) != "place":
            return None
        keys = self._place_keys(place, mission, moment)
        used_as, use = keys["used_as"], keys["use"]
        if use is None or used_as is None:
            return None
        values = {"on_premises" if state == "in_use" else "off_premises" for state in use.values}
        return _known(values, (*used_as.facts, *use.facts))

    def _of_mission(self, thing: Member, mission: str) -> Known | None:
        """Whether a thing belongs to, or is used by, the mission or a member of it."""
        stated = [s for s in (thing.get("used_by"), thing.get("owner")) if s is not None]
        verdicts = []
        for one in stated:
            sides = [self._of_us(name, mission) for name in one.values]
            verdict = _joined(sides)
            if verdict is not None:
                verdict = Known(verdict.values, unique((one.fact, *verdict.facts)))
                if verdict.values == ("true",):
                    return verdict
            verdicts.append(verdict)
        # Somebody else's property may still be in the mission's use, unless that is stated too.
        used_by = thing.get("used_by")
        if used_by is None or used_by.unknown:
            return None
        return verdicts[0] if len(verdicts) == 1 else _joined(verdicts)

    def _of_us(self, name: str, mission: str) -> Known | None:
        if name == "none":
            return Known(("false",), ())
        if self._kind(name) in PERSONS:
            member = self.line.member(name)
            return self._own_mission(member, mission) if member is not None else None
        if name == mission:
            return Known(("true",), ())
        # What the sending State owns serves its mission only if the mission uses it.
        return Known(("false",), ())

    # ------------------------------------------------------------------ sides

    def side(self, name: str, mission: str) -> Known | None:
        """Where a party stands relative to a mission."""
        if (name, mission) not in self._sides:
            self._sides[name, mission] = None  # a thing that is located in itself
            self._sides[name, mission] = self._side(name, mission)
        return self._sides[name, mission]

    def _side(self, name: str, mission: str) -> Known | None:
        member = self.line.member(name)
        if member is None:
            return self._state_side(name, mission, ()) if is_code(name) else None
        match member.kind:
            case "state" | "mission" | "organ":
                code, facts = self.line.state(name)
                return self._state_side(code, mission, (member.fact, *facts))
            case "person" | "persons":
                return self._person_side(member, mission)
            case "group":
                return Known(("private",), (member.fact,))
            case "organization":
                return _organization_side(member)
            case _:
                return self._thing_side(member, mission)

    def _state_side(self, code: str, mission: str, facts: Iterable[Fact]) -> Known | None:
        sending, receiving = self.line.sending(mission), self.line.receiving(mission)
        if not (code and sending and receiving):
            return None
        value = {sending: "sending", receiving: "receiving"}.get(code, "third")
        return _known((value,), (*facts, *self.line.mission_facts(mission)))

    def _person_side(self, person: Member, mission: str) -> Known | None:
        missions, facts = self.line.missions_of(person.name)
        if missions and mission in missions:
            return Known(("sending",), facts)
        if missions:
            sides = [self._state_side(self.line.sending(m), mission, facts) for m in missions]
            return _joined(sides)
        role = person.get("role")
        if role is None or role.unknown:
            return None
        if role.values == ("none",):
            return Known(("private",), (role.fact,))
        state = person.get("state")
        if state is not None and state.only:
            return self._state_side(self.line.code(state.only), mission, (role.fact, state.fact))
        return None

    def _thing_side(self, thing: Member, mission: str) -> Known | None:
        if thing.kind == "place":
            spans = [span for span in thing.used or () if self.line.uses(span, mission)]
            if spans:
                return _known(("sending",), (f for s in spans for f in (s.by.fact, s.use.fact)))
        elif (own := self._of_mission(thing, mission)) is not None and own.values == ("true",):
            return Known(("sending",), own.facts)
        users = {user for span in thing.used or () for user in span.by.values}
        used_by = thing.get("used_by")
        users |= set(used_by.values) if used_by is not None else set()
        sides = [self.side(user, mission) for user in sorted(users) if user != "none"]
        return _joined(sides) if sides else self._owner_side(thing.get("owner"), mission)

    def _stated_side(self, stated: Stated | None, mission: str) -> Known | None:
        """The side of a State named by an attribute such as `in`."""
        if stated is None or stated.unknown:
            return None
        sides = (
            self._state_side(self.line.code(value), mission, (stated.fact,))
            for value in sorted(stated.values)
        )
        return _joined(sides)

    def _owner_side(self, stated: Stated | None, mission: str) -> Known | None:
        """Whose property a thing is: a State's, or private."""
        if stated is None or stated.unknown:
            return None
        found = []
        for name in sorted(stated.values):
            if self._kind(name) in ("state", "mission", "organ") and name != "none":
                side = self.side(name, mission)
            else:
                side = Known(("private",), ())
            found.append(side)
        joined = _joined(found)
        return None if joined is None else Known(joined.values, (stated.fact, *joined.facts))

    # ------------------------------------------------------------------ whose conduct

    def _attributed(
        self, name: str, act: Act, role: str, mission: str, moment: Moment
    ) -> Known | None:
        """The State whose conduct a filler's conduct is, at a moment."""
        base = self._own_conduct(name, act, role, mission)
        if role != "by":
            return base
        changes = []
        for code, change in self.line.endorsed(act.name):
            side = self._state_side(code, mission, change.facts)
            if side is not None:
                facts = side.facts
                changes.append(
                    Change(change.on, side.values[0], facts, change.act, change.sure, True)
                )
        if not changes:
            return base
        initial = base.values if base is not None else None
        return self.line.known(changes, moment, initial, base.facts if base is not None else ())

    def _own_conduct(self, name: str, act: Act, role: str, mission: str) -> Known | None:
        member = self.line.member(name)
        if member is None or member.kind in ("state", "mission", "organ"):
            return self.side(name, mission)
        if member.kind in ("place", "object"):
            return Known(("none",), (member.fact,))
        ordered = self._instructed(member, act, mission)
        if ordered is not None or self._orders_unknown(member):
            return ordered
        if member.kind not in PERSONS:
            return Known(("none",), (member.fact,))
        stated = member.get("role")
        if stated is None or stated.unknown:
            missions, facts = self.line.missions_of(name)
            return self._by_capacity(member, act, role, mission, facts) if missions else None
        private = set(stated.values) & (HOUSEHOLD_ROLES | {"none"})
        if private == set(stated.values):
            return Known(("none",), (stated.fact,))
        if private:
            return None
        return self._by_capacity(member, act, role, mission, (stated.fact,))

    def _orders_unknown(self, member: Member) -> bool:
        stated = member.get("instructed_by")
        return stated is not None and stated.unknown

    def _instructed(self, member: Member, act: Act, mission: str) -> Known | None:
        """The State on whose orders somebody acts, if that is stated."""
        orders = []
        for status in self.case.facts:
            if status.kind != "instruction" or not self._covers(status.get("for"), act, "all"):
                continue
            if status.get("to") and member.name not in status.get("to"):
                continue
            codes = [self.line.code(name) for name in status.get("by")]
            orders += [self._state_side(code, mission, status.facts) for code in codes]
        if orders:
            return _joined(orders)
        stated = member.get("instructed_by")
        if stated is None or stated.unknown:
            return None
        if stated.values == ("none",):
            # Nobody's orders: a member of a mission still acts for the State.
            return None if member.kind in PERSONS else Known(("none",), (stated.fact,))
        sides = [
            Known(("none",), (stated.fact,))
            if value == "none"
            else self._state_side(self.line.code(value), mission, (stated.fact,))
            for value in sorted(stated.values)
        ]
        return _joined(sides)

    def _by_capacity(
        self, member: Member, act: Act, role: str, mission: str, facts: tuple[Fact, ...]
    ) -> Known | None:
        """A member's conduct is the State's unless it was private."""
        code, why = self.line.state(member.name)
        side = self._state_side(code, mission, (*facts, *why))
        capacity = act.attributes.get("capacity") if role == "by" else None
        if side is None or capacity is None:
            return side
        possible = capacity.values or ("official", "private")
        values = {"none" if value == "private" else side.values[0] for value in possible}
        return _known(values, (*side.facts, capacity.fact))

    # ------------------------------------------------------------------ other acts

    def _other_act_keys(self, act: Act, role: str, mission: str, moment: Moment) -> Keys:
        suffixes = self.suffixes[role]
        stated = act.roles.get(role)
        if stated is None:
            return dict.fromkeys(suffixes.values(), Known(("none",), (act.fact,)))
        if stated.unknown:
            return {suffixes["is"]: Known(("act",), (stated.fact,))}
        each = [self._seen(other, role, mission, moment) for other in self._others(act, role)]
        found = {suffixes["is"]: Known(("act",), (stated.fact,))}
        if not each:
            return found
        written = () if act.hypothetical else (stated.fact,)
        shown = _with_facts(_shared(each), written)
        found.update((suffixes[suffix], known) for suffix, known in shown.items())
        return found

    def _seen(self, other: Act, role: str, mission: str, moment: Moment) -> Keys:
        """What another act shows of itself, as far as a frame holds it."""
        at = (other.name, mission, moment.first, moment.last, moment.throughout, moment.act)
        if at not in self._other:
            keys = self._make_seen(other, mission, moment)
            self._other[at] = {k: v for k, v in keys.items() if k in self.suffixes[role]}
        return self._other[at]

    def _make_seen(self, other: Act, mission: str, moment: Moment) -> Keys:
        found = {
            key.partition(".")[2]: known
            for key, known in self._act_keys(other).items()
            if key.startswith("act.")
        }
        doers = sorted(other.role("by"))
        side = _joined(self.side(name, mission) for name in doers)
        if side is not None:
            found["side"] = side
        whose = _joined(self._attributed(name, other, "by", mission, moment) for name in doers)
        if whose is not None:
            found["attributed_to"] = whose
        if not moment.act:
            found["course"] = self._course(other, moment)
        return found

    def _course(self, other: Act, moment: Moment) -> Known:
        """Where the act that a measure answers stands on the day of the measure."""
        began, ended = act_days(other, self.case.as_of)
        values = {"ahead"} if began.last > moment.first else set()
        begun = began.first <= moment.last
        if not other.continuing:
            values |= {"running"} if begun and ended.last >= moment.first else set()
            values |= {"past"} if ended.first < moment.last else set()
        elif other.until is None:
            values |= {"running"} if begun else set()
        else:
            # What ends that day has ended when the measure is taken.
            values |= {"running"} if begun and ended.last > moment.first else set()
            values |= {"ended"} if ended.first <= moment.last else set()
        return _known(values, (other.fact, *date_facts(other)))

    def _refine(self, known: Keys, act: Act, mission: str, moment: Moment) -> None:
        """Keys of one role that depend on another."""
        zone = known.get("act.zone")
        if zone is not None and "object" in act.roles and known.get("object.is") is not None:
            self._refine_located(known, act, zone)
        actor = known.get("by.side")
        for role in ("against", "by", "to", "for"):
            own = known.get(f"{role}.own_mission")
            if f"{role}.transit" in known or own is None or own.values != ("true",):
                continue
            # At the post nobody is on the way to it: only a third State meets a person in transit.
            if actor is not None and "third" not in actor.values:
                known[f"{role}.transit"] = _known(("false",), (*own.facts, *actor.facts))

    def _refine_located(self, known: Keys, act: Act, zone: Known) -> None:
        if zone.values == ("overhang_public_space",):
            known["object.located"] = Known(("overhang",), zone.facts)
        if "object.located" in known:
            return
        if set(zone.values) <= OFF_BUILDING:
            known["object.located"] = Known(("off_premises",), zone.facts)
        use = known.get("place.use")
        if set(zone.values) <= ON_BUILDING and use is not None and use.values == ("in_use",):
            known["object.located"] = _known(("on_premises",), (*zone.facts, *use.facts))

    # ------------------------------------------------------------------ the mission

    def _mission_keys(self, mission: str, moment: Moment) -> Keys:
        if (mission, moment) not in self._of_mission_at:
            self._of_mission_at[mission, moment] = self._make_mission_keys(mission, moment)
        return self._of_mission_at[mission, moment]

    def _make_mission_keys(self, mission: str, moment: Moment) -> Keys:
        kind = self.case.cast[mission].get("kind")
        keys = {
            "mission.kind": None
            if kind is None or kind.unknown
            else Known(kind.values, (kind.fact,)),
            "mission.relations": self.line.relations(mission, moment),
            "mission.recalled": self.line.recalled(mission, moment),
        }
        treaties = self.line.treaties(mission, moment).items()
        bound = {f"mission.bound_by:{name}": known for name, known in treaties}
        return bound | {key: known for key, known in keys.items() if known is not None}

    # ------------------------------------------------------------------ leave

    def _topics(self, act: Act) -> frozenset[str]:
        """The names under which a consent or an agreement can speak of an act."""
        found = {act.name, act.type, "all"}
        if act.hypothetical:
            found |= {act.fact.path.removeprefix("measures."), *act.role("over")}
        return frozenset(found)

    def _covers(self, written: Iterable[str], act: Act, default: str) -> bool:
        return bool(self._topics(act) & frozenset(tuple(written) or (default,)))

    def _leave_keys(self, act: Act, mission: str, moment: Moment) -> Keys:
        topics = self._topics(act)
        ours: list[tuple[Leave, tuple[str, ...]]] = []
        hosts: list[Leave] = []
        for leave in self.line.leaves:
            if not leave.topics & topics or leave.form == "presumed":
                continue  # leave that somebody merely supposes was given by nobody
            who = {voice for name in leave.by for voice in self._voices(name, mission)}
            if who == {"receiving_state"}:
                hosts.append(leave)
            elif who - {"receiving_state"}:
                ours.append((leave, tuple(sorted(who - {"receiving_state"}))))
        found = self._our_leave(ours, moment)
        host = self._host_leave(hosts, moment)
        if host is not None:
            found["consent.host"] = host
        return found

    def _voices(self, name: str, mission: str) -> tuple[str, ...]:
        """As what somebody speaks when giving leave; () for the voice of a third State."""
        if name == mission:
            return ("head",)
        side = self.side(name, mission)
        member = self.line.member(name)
        if member is not None and member.kind in PERSONS:
            own = self._own_mission(member, mission)
            if own is not None and own.values == ("true",):
                role = member.get("role")
                if role is None or role.unknown:
                    return ("head", "junior")
                return tuple({"head" if value in HEADS else "junior" for value in role.values})
        if side is None:
            return ("private",)
        names = {"sending": "sending_state", "receiving": "receiving_state", "third": ""}
        return tuple(v for v in {names.get(value, "private") for value in side.values} if v)

    def _our_leave(self, leaves: list[tuple[Leave, tuple[str, ...]]], moment: Moment) -> Keys:
        """The last word of the mission's side."""
        held = [(leave, who) for leave, who in leaves if leave.holds]
        if not held:
            return self._no_leave(leaves, moment)
        changes = {id(c): (leave, who) for leave, who in held for c in leave.changes}
        every = tuple(c for leave, _ in held for c in leave.changes)
        state = self.line.known(every, moment, ("none",))
        if state is None:
            return {}
        found = {"consent.state": _known(state.values, state.facts)}
        chosen, untouched = current(every, moment, self.line.later)
        if untouched or not chosen:
            return found
        voices = {voice for change in chosen for voice in changes[id(change)][1]}
        forms = {changes[id(change)][0].form for change in chosen}
        found["consent.from"] = _known(voices, state.facts)
        if "" not in forms:
            found["consent.form"] = _known(forms, state.facts)
        return found

    def _no_leave(self, leaves: list[tuple[Leave, tuple[str, ...]]], moment: Moment) -> Keys:
        """What is known not to have been given."""
        denied: set[str] = set()
        facts: list[Fact] = []
        for leave, who in leaves:
            if self._in_force(leave, moment):
                denied |= set(who)
                facts += [fact for change in leave.changes for fact in change.facts]
        if not denied:
            return {}
        if "sending_state" in denied:
            values = set(self.vocabulary.domain("consent.state")) - {"given", "revoked"}
            return {"consent.state": _known(values, facts)}
        rest = set(self.vocabulary.domain("consent.from")) - denied
        return {"consent.from": _known(rest, facts)}

    def _host_leave(self, leaves: list[Leave], moment: Moment) -> Known | None:
        held = [leave for leave in leaves if leave.holds]
        if held:
            changes = tuple(c for leave in held for c in leave.changes)
            state = self.line.known(changes, moment, ("none",))
            if state is None:
                return None
            # Leave taken back is leave refused from then on.
            values = {"refused" if value == "revoked" else value for value in state.values}
            return _known(values, state.facts)
        denied = [leave for leave in leaves if self._in_force(leave, moment)]
        if not denied:
            return None
        values = set(self.vocabulary.domain("consent.host")) - {"given"}
        return _known(values, (f for leave in denied for c in leave.changes for f in c.facts))

    def _in_force(self, leave: Leave, moment: Moment) -> bool:
        """Whether what is known not to hold certainly does not at a moment."""
        state = self.line.known(leave.changes, moment, ("none",))
        return state is not None and state.values == ("given",)

    # ------------------------------------------------------------------ waiver and agreement

    def _waiver_keys(self, act: Act, mission: str, moment: Moment) -> Keys:
        if "waiver" not in self._spoken_of and "waiver" not in self.line.effects:
            return {}
        concerned = self._owners(act)
        held: dict[str, list[Change]] = {}
        every: list[Change] = []
        covers = self.vocabulary.attributes["covers"].values
        for one in self.line.effects.get("waiver", ()):
            if concerned & set(one.role("against")) and one.name != act.name:
                change = self.line.change(one, "true", "by", "against", inclusive=True)
                stated = one.attributes.get("covers")
                listed = stated.values if stated is not None else ()
                facts = (*change.facts, stated.fact) if stated is not None else change.facts
                change = Change(change.on, "true", facts, change.act, change.sure, True)
                every.append(change)
                for value in listed or covers:
                    sure = change.sure and bool(listed)
                    kept = Change(change.on, "true", facts, change.act, sure, True)
                    held.setdefault(value, []).append(kept)
        for status in self.case.facts:
            if self._waives(status, act, mission, concerned):
                changes = dated(status, "true", "false")
                every += changes
                for value in status.get("covers") or covers:
                    held.setdefault(value, []).extend(changes)
        denied = self._not_waived(act, mission, concerned, moment)
        return self._waived(covers, held, every, denied, moment)

    @cached_property
    def _spoken_of(self) -> frozenset[str]:
        """The kinds of dated facts that stand in the case at all."""
        return frozenset(status.kind for status in (*self.case.facts, *self.case.absent))

    def _waived(
        self,
        covers: Iterable[str],
        held: Mapping[str, list[Change]],
        every: list[Change],
        denied: Mapping[str, tuple[Fact, ...]],
        moment: Moment,
    ) -> Keys:
        found: Keys = {}
        for value in covers:
            key = f"waiver.covers:{value}"
            if value in held:
                known = self.line.known(held[value], moment, ("false",))
                if known is not None:
                    found[key] = _known(known.values, known.facts)
            elif every:
                # A waiver reaches what it names and no further.
                found[key] = _known(("false",), (f for change in every for f in change.facts))
            elif value in denied:
                found[key] = Known(("false",), denied[value])
        return found

    def _waives(self, status: Status, act: Act, mission: str, concerned: set[str]) -> bool:
        """Whether a stated waiver is one of the sending State for those concerned."""
        if status.kind != "waiver" or not concerned & set(status.get("of")):
            return False
        if "for" in status.values and not self._about_case(status, act):
            return False
        if status.get("form") == ("implied",):
            return False  # a waiver has to be express (VCDR 32(2), VCCR 45(2))
        givers = {self.line.state(name)[0] for name in status.get("by")}
        return not givers or self.line.sending(mission) in givers

    def _about_case(self, status: Status, act: Act) -> bool:
        topics = self._topics(act) | set(act.role("over"))
        return not topics.isdisjoint(status.get("for"))

    def _not_waived(
        self, act: Act, mission: str, concerned: set[str], moment: Moment
    ) -> dict[str, tuple[Fact, ...]]:
        found: dict[str, tuple[Fact, ...]] = {}
        for status in self.case.absent:
            of = set(status.get("of")) or concerned
            if status.kind != "waiver" or not concerned & of:
                continue
            if "for" in status.values and not self._about_case(status, act):
                continue
            state = self.line.known(dated(status, "true", "false"), moment, ("false",))
            if state is None or state.values != ("true",):
                continue
            for value in status.get("covers") or self.vocabulary.attributes["covers"].values:
                found[value] = status.facts
        return found

    def _owners(self, act: Act) -> set[str]:
        """Those whose immunity an act may touch."""
        found = {name for role in ("against", "by", "for", "place") for name in act.role(role)}
        for name in act.role("object"):
            found.add(name)
            member = self.line.member(name)
            for attribute in ("owner", "used_by"):
                stated = member.get(attribute) if member is not None else None
                found |= set(stated.values) if stated is not None else set()
        return found

    def _agreement_keys(self, act: Act, mission: str, moment: Moment) -> Keys:
        if "agreement" not in self._spoken_of:
            return {}
        covers: list[Known | None] = []
        about: dict[str, list[Known]] = {}
        stated_facts: list[Fact] = []
        for status in self._agreements(self.case.facts, mission):
            state = self.line.known(dated(status, "true", "false"), moment, ("false",))
            if state is None:
                continue
            stated_facts += state.facts
            covers.append(self._covered(status, act, state))
            for topic in status.get("about"):
                about.setdefault(topic, []).append(state)
        denied = [
            (status, state)
            for status in self._agreements(self.case.absent, mission)
            if (state := self.line.known(dated(status, "true", "false"), moment, ("false",)))
            is not None
            and state.values == ("true",)
        ]
        found: Keys = {}
        for topic in self.vocabulary.domain("agreement.about"):
            key = f"agreement.about:{topic}"
            missing = [s for status, s in denied if topic in (status.get("about") or (topic,))]
            if topic in about:
                found[key] = _either(about[topic])
            elif covers or missing:
                found[key] = _known(
                    ("false",), (*stated_facts, *(f for s in missing for f in s.facts))
                )
        verdict = self._any_covers(covers, [(s, k) for s, k in denied if self._names(s, act)])
        if verdict is not None:
            found["agreement.covers"] = verdict
        return found

    def _agreements(self, statuses: Iterable[Status], mission: str) -> Iterator[Status]:
        pair = {self.line.sending(mission), self.line.receiving(mission)}
        for status in statuses:
            between = {self.line.code(name) for name in status.get("between")}
            if status.kind == "agreement" and (not between or pair <= between):
                yield status

    def _names(self, status: Status, act: Act) -> bool:
        """Whether an agreement, or its absence, speaks of an act or of the roles in it."""
        covers = set(status.get("covers"))
        return not covers or bool(covers & self._coverable(act))

    def _coverable(self, act: Act) -> set[str]:
        type_ = self.vocabulary.acts[act.type]
        found = {*self._topics(act), type_.family, *type_.tags}
        for role in ("by", "against", "for"):
            for name in act.role(role):
                member = self.line.member(name)
                stated = member.get("role") if member is not None else None
                found |= {name, *(stated.values if stated is not None else ())}
        return found - {"none"}

    def _covered(self, status: Status, act: Act, state: Known) -> Known | None:
        if not status.get("covers"):
            return Known(("false",), state.facts) if state.values == ("false",) else None
        hit = self._names(status, act)
        return Known(state.values if hit else ("false",), state.facts)

    def _any_covers(
        self, covers: list[Known | None], denied: list[tuple[Status, Known]]
    ) -> Known | None:
        kept = [known for known in covers if known is not None]
        certain = [known for known in kept if known.values == ("true",)]
        if certain:
            return certain[0]
        if len(kept) < len(covers):
            return None
        if kept:
            return _either(kept)
        if denied:
            return _known(("false",), (f for _, known in denied for f in known.facts))
        return None

    # ------------------------------------------------------------------ what the host said and did

    def _host_keys(self, act: Act, mission: str, moment: Moment) -> Keys:
        found = {
            "host.objected": self._said(act, mission, "objection"),
            "host.requested_stop": self._said(act, mission, "request_to_stop"),
            "act.persisted": self._persisted(act, mission),
            "answers.refused": self._refused(act),
        }
        warned = self._warned(act, mission, moment)
        response = self._response(act, mission)
        found |= {"host.warned": warned} if warned is not None else {}
        found |= {"host.response": response} if response is not None else {}
        return found

    def _tagged(self, act: Act, tag: str) -> Iterator[Act]:
        """The acts that concern this one and carry a tag, as far as they took place."""
        for other in self._about.get(act.name, ()):
            took_place = other.stage in ("done", "alleged")
            if took_place and tag in self.vocabulary.acts[other.type].tags:
                yield other

    def _by_host(self, other: Act, mission: str) -> bool:
        sides = (self.side(name, mission) for name in other.role("by"))
        return any(side is not None and "receiving" in side.values for side in sides)

    def _said(self, act: Act, mission: str, tag: str) -> Known:
        """Whether the receiving State said something about an act before it ended. A case lists
        its acts: one that is not there was not done."""
        others = [o for o in self._tagged(act, tag) if self._by_host(o, mission)]
        if not others:
            return Known(("false",), (act.fact,))
        ended = act_days(act, self.case.as_of)[1]
        values, facts = {"false"}, [act.fact]
        for other in others:
            on = act_days(other, self.case.as_of)[0]
            facts += self.line.effect_facts(other, "by", "over", "answers")
            facts += date_facts(act)
            if on.last <= ended.first and other.stage == "done":
                return _known(("true",), self.line.effect_facts(other, "by", "over", "answers"))
            if on.first <= ended.last:
                values.add("true")
        return _known(values, facts)

    def _persisted(self, act: Act, mission: str) -> Known:
        """Whether conduct went on after the first request to stop, or the request was refused."""
        ended = act_days(act, self.case.as_of)[1]
        requests = [
            request
            for request in self._tagged(act, "request_to_stop")
            if self._by_host(request, mission) and self._day(request).first <= ended.last
        ]
        if not requests:
            return Known(("false",), (act.fact,))
        first = min(requests, key=lambda r: (self._day(r).last, r.name))
        on = self._day(first)
        facts = [*self.line.effect_facts(first, "by", "over", "answers"), *date_facts(act)]
        stopped = act.until is not None
        soon = ended.last <= on.first + PROMPT_STOP_DAYS
        late = ended.first > on.last + PROMPT_STOP_DAYS
        refusals = [r for request in requests for r in self._tagged(request, "refusal")]
        facts += [f for r in refusals for f in self.line.effect_facts(r, "by", "answers")]
        if stopped and soon:
            values = {"false"}  # whatever was said, it came down
        elif refusals and (late or not stopped):
            values = {"true", "true" if any(r.stage == "done" for r in refusals) else "false"}
        elif late:
            values = {"true"}
        else:
            values = {"false"} if soon else {"true", "false"}
        return _known(values, facts)

    def _day(self, act: Act) -> Days:
        return act_days(act, self.case.as_of)[0]

    def _refused(self, act: Act) -> Known:
        refusals = [r for r in self._tagged(act, "refusal") if act.name in r.role("answers")]
        if not refusals:
            return Known(("false",), (act.fact,))
        facts = [f for r in refusals for f in self.line.effect_facts(r, "by", "answers")]
        sure = any(r.stage == "done" for r in refusals)
        return _known(("true",) if sure else ("true", "false"), facts)

    def _warned(self, act: Act, mission: str, moment: Moment) -> Known | None:
        """Whether a warning had reached the receiving State."""
        host = self.line.receiving(mission)
        changes = []
        for other in self._warnings:
            reached = {self.line.state(name)[0] for name in other.role("to")}
            if (not reached or host in reached) and self._same_matter(other, act):
                changes.append(self.line.change(other, "true", "by", "to", "over", inclusive=True))
        stated = "warning" in self._spoken_of
        for status in self.case.facts if stated else ():
            if self._warning(status, act, host):
                changes += dated(status, "true", "")
        if changes:
            changes.sort(key=lambda change: (change.on.first, change.on.last, change.act))
            return self.line.known(changes, moment, None)
        missing = [s for s in self.case.absent if stated and self._warning(s, act, host)]
        if missing:
            return _known(("false",), (fact for status in missing for fact in status.facts))
        return None

    @cached_property
    def _warnings(self) -> tuple[Act, ...]:
        acts = (act for act in self.case.acts if act.stage in ("done", "alleged"))
        return tuple(a for a in acts if "warning" in self.vocabulary.acts[a.type].tags)

    def _warning(self, status: Status, act: Act, host: str) -> bool:
        reached = {self.line.state(name)[0] for name in status.get("to")}
        names = set(status.get("for"))
        matter = {act.name, act.type, "all", *act.role("over")}
        return (
            status.kind == "warning"
            and (not reached or host in reached)
            and (not names or bool(names & matter))
        )

    def _same_matter(self, warning: Act, act: Act) -> bool:
        """Whether a warning speaks of an act: by name, or else by place."""
        over = set(warning.role("over"))
        if over:
            return bool(over & {act.name, *act.role("over")})
        places = set(act.role("place"))
        for other in self._others(act, "over"):
            places |= set(other.role("place"))
        return not warning.role("place") or bool(places & set(warning.role("place")))

    def _response(self, act: Act, mission: str) -> Known | None:
        """What the receiving State's protective steps covered."""
        names = {act.name, *act.role("over")}
        steps, idle = [], []
        others = {o.name: o for name in sorted(names) for o in self._about.get(name, ())}
        for other in {**others, act.name: act}.values():
            took_place = other.stage in ("done", "alleged") or other.name == act.name
            concerns = took_place and names & set(other.role("over"))
            if not concerns or not self._by_host(other, mission):
                continue
            if other.type == "stand_by":
                idle.append(other)
            elif "protection" in self.vocabulary.acts[other.type].tags:
                steps.append(other)
        facts = [
            fact
            for other in sorted((*steps, *idle), key=lambda act: act.name)
            for fact in self.line.effect_facts(other, "by", "over")
        ]
        if not steps:
            return _known(("none",), facts) if idle else None
        extents: set[str] = set()
        for step in steps:
            extent = step.attributes.get("extent")
            values = extent.values if extent is not None else ()
            facts += [extent.fact] if extent is not None else []
            extents |= set(values or ("partial", "full"))
        return _known({"partial"} if idle else extents, facts)

    # ------------------------------------------------------------------ judgements

    def _judged(self, act: Act, known: Keys) -> dict[str, Switch]:
        """Graded terms: certain ones become known, the others differ from world to world."""
        for of, keys in self._terms_by_subject.items():
            if not any(subject == "act" or subject in act.roles for subject in of):
                known.update(dict.fromkeys(keys, Known(("none",), (act.fact,))))
        switches = {}
        for term in self._terms_judged:
            given = self._given(act, term.name, term.of)
            if not given:
                continue
            key = f"judged.{term.name}"
            grades = {judgement.value for judgement in given}
            facts = unique(judgement.fact for judgement in given)
            if grades in ({"yes"}, {"no"}):
                known[key] = Known((_bool(grades == {"yes"}),), facts)
            else:
                default = _bool(grades <= {"yes", "likely"})
                switches[key] = Switch(key, term.name, ("true", "false"), default, facts)
        return switches

    @cached_property
    def _terms_by_subject(self) -> Mapping[tuple[str, ...], tuple[str, ...]]:
        found: dict[tuple[str, ...], tuple[str, ...]] = {}
        for term in self.vocabulary.judgements.values():
            found[term.of] = (*found.get(term.of, ()), f"judged.{term.name}")
        return found

    @cached_property
    def _terms_judged(self) -> tuple[JudgementTerm, ...]:
        names = sorted({judgement.term for judgement in self.case.judgements})
        return tuple(self.vocabulary.judgements[name] for name in names)

    def _given(self, act: Act, term: str, of: Iterable[str]) -> list[Judgement]:
        """The judgements of the first subject, in the vocabulary's order, that has one."""
        for subject in of:
            names = (act.name,) if subject == "act" else sorted(act.role(subject))
            found = [j for name in names for j in self._judgements.get((term, name), ())]
            if found:
                return found
        return []

    @cached_property
    def _judgements(self) -> Mapping[tuple[str, str], list[Judgement]]:
        found: dict[tuple[str, str], list[Judgement]] = {}
        for judgement in self.case.judgements:
            found.setdefault((judgement.term, judgement.of), []).append(judgement)
        return found

    # ------------------------------------------------------------------ names

    def _labels(self, act: Act, mission: str) -> dict[str, str]:
        found = {
            "mission": self.label(mission),
            "sending_state": self.label(self.line.sending(mission)),
            "receiving_state": self.label(self.line.receiving(mission)),
            "act": act.name.replace("-", " "),
        }
        for role in act.roles:
            names = sorted(act.role(role))
            if role in OTHER_ACTS:
                found[role] = " and ".join(name.replace("-", " ") for name in names)
            else:
                found[role] = " and ".join(self.label(name) for name in names)
            found[role] = found[role] or _UNKNOWN_LABELS.get(role, "somebody unknown")
        return found

    def label(self, name: str) -> str:
        """What to print for a party: its name, a State's short name, or the cast name in words."""
        member = self.line.member(name)
        if member is not None and ":" in name:
            branch = name.split(":")[2] if name.count(":") > 1 else "court"
            code = self.line.state(name)[0]
            country = self.vocabulary.countries.get(code, code)
            return f"the {branch.replace('_', ' ')} of {country}"
        stated = member.get("name") if member is not None else None
        if stated is not None and stated.only:
            return stated.only
        country = self.vocabulary.countries.get(name, "") if member is None else ""
        return country or name.replace("-", " ")

    def _parties(self, act: Act, mission: str, known: Keys) -> dict[str, str]:
        sending, receiving = self.line.sending(mission), self.line.receiving(mission)
        found = {"mission": mission, "sending_state": sending, "receiving_state": receiving}
        third: list[str] = []
        for role in ROLES:
            names = sorted(act.role(role))
            if names:
                found[role] = self._joint_party(names)
            for name in names:
                code = self.line.state(name)[0]
                if code and code not in (sending, receiving, *third):
                    third.append(code)
        if third:
            found["third_state"] = third[0]
        actor = self._actor_state(act, known, sending, receiving)
        if actor:
            found["actor_state"] = actor
        return found

    def _joint_party(self, names: list[str]) -> str:
        """One party for several fillers: their common State if they have one."""
        codes = {self.line.state(name)[0] for name in names}
        if len(names) > 1 and len(codes) == 1 and "" not in codes:
            return codes.pop()
        return self._party(names[0])

    def _party(self, name: str) -> str:
        """The code of a State and its organs and missions, else the cast name."""
        member = self.line.member(name)
        if member is None or member.kind in ("state", "mission", "organ"):
            return self.line.state(name)[0] or name
        return name

    def _actor_state(self, act: Act, known: Keys, sending: str, receiving: str) -> str:
        """The State whose conduct the act is, if it is certainly one State's."""
        attributed = known.get("by.attributed_to")
        if attributed is None or len(attributed.values) != 1:
            return ""
        value = attributed.values[0]
        if value in ("sending", "receiving"):
            return sending if value == "sending" else receiving
        if value != "third":
            return ""
        codes = [self.line.state(name)[0] for name in sorted(act.role("by"))]
        codes += [code for code, _ in self.line.endorsed(act.name)]
        return next((code for code in codes if code not in ("", sending, receiving)), "")


_UNKNOWN_LABELS: Final[Mapping[str, str]] = {
    "place": "a place unknown",
    "object": "something unknown",
    "over": "conduct unknown",
    "answers": "conduct unknown",
}

# What the frame computes for each kind of member besides what the cast states of it.
_PERSON_KEYS: Final = frozenset(
    {
        *("role", "household_role", "national_of_receiving", "permanent_resident", "post"),
        *("own_mission", "png", "png_days_over", "transit"),
    }
)
COMPUTED: Final[Mapping[str, frozenset[str]]] = {
    "person": _PERSON_KEYS,
    "persons": _PERSON_KEYS,
    "place": frozenset(
        {
            *("kind", "used_as", "use", "acceptance", "objection_timely", "in", "of_member"),
            *("owner_side",),
        }
    ),
    "object": frozenset({"located", "owner_side", "of_mission"}),
}


def _suffixes(vocabulary: Vocabulary) -> dict[str, dict[str, str]]:
    """For each role, its keys by what follows the role's name; a set by its values."""
    found: dict[str, dict[str, str]] = {role: {} for role in (*ROLES, *OTHER_ACTS)}
    for name, key in vocabulary.keys.items():
        role, _, suffix = name.partition(".")
        # A set is known by its values; `answers.refused` is about this act, not the other.
        if role in found and key.type in TESTABLE and not key.many and name != "answers.refused":
            found[role][suffix] = name
    return found


def _stated_keys(key: Key, stated: Stated) -> Keys:
    """What a written value makes known; a set gives a yes or no for each of its values."""
    if stated.unknown:
        return {}
    facts = (stated.fact,)
    if key.many:
        sure = Known(("true", "false"), facts) if stated.conflicting else Known(("true",), facts)
        no = Known(("false",), facts)
        return {f"{key.name}:{v}": sure if v in stated.values else no for v in key.values}
    if key.type == "duration":
        return {key.name: _known(map(_hours, stated.values), facts)}
    return {key.name: Known(tuple(sorted(stated.values)), facts)}


def _hours(text: str) -> str:
    """A duration in hours, as a decimal."""
    hours = parse_hours(text) or Fraction(0)
    return str(hours.numerator) if hours.denominator == 1 else str(float(hours))


def _organization_side(member: Member) -> Known | None:
    kind = member.get("kind")
    if kind is None or kind.unknown:
        return None
    values = {"organization" if v in INTERNATIONAL else "private" for v in kind.values}
    return _known(values, (member.fact, kind.fact))


def _either(states: Iterable[Known]) -> Known:
    """True if one is, false if all are, else open."""
    found = tuple(states)
    for state in found:
        if state.values == ("true",):
            return state
    values = {value for state in found for value in state.values}
    return _known(values, (fact for state in found for fact in state.facts))


def _alike(one: Frame, other: Frame) -> bool:
    """Whether two parts of an act look the same to every rule."""
    if one.known.keys() != other.known.keys() or one.switches != other.switches:
        return False
    return all(known.values == other.known[key].values for key, known in one.known.items())
