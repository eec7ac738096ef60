"""What every frame satisfies: the laws by which framing fills the keys, in one place.

A law must be sound: it never shuts out a frame that a case can have. It need not say all that
framing guarantees; what it leaves open costs at most an answer that nobody can act out. A test
puts every frame of the casebook and of the tests beside the rules to these laws.

`ORDINARY` is different: it only says which values a witness has where others would do as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from msgspec import Struct

from comity.authoring.verifying_formulas import (
    NONE,
    TWINS,
    Cell,
    Formula,
    Meaning,
    Space,
    numeric,
)
from comity.switching import PREFIX
from comity.vocabulary import ActType, Vocabulary

ROLES: Final = ("by", "against", "place", "object", "to", "for")
OTHER_ACTS: Final = ("over", "answers")
PARTIES: Final = ("by", "against", "to", "for")
PERSONS: Final = ("person", "persons")
STATE_LIKE: Final = ("state", "mission", "organ")
INTERNATIONAL: Final = ("international_organization", "international_court")

# What framing works out for each kind of member besides what the cast states of it.
WORKED_OUT: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(
        PERSONS,
        (
            *("role", "household_role", "national_of_receiving", "permanent_resident", "post"),
            *("own_mission", "png", "png_days_over", "transit"),
        ),
    ),
    "place": (
        *("kind", "used_as", "use", "acceptance", "objection_timely", "in", "of_member"),
        "owner_side",
    ),
    "object": ("located", "owner_side", "of_mission"),
}


class Law(Struct, frozen=True):
    """A condition on all frames, and why it holds, in words that complete "because"."""

    name: str
    why: str
    make: Callable[[Lawyer], Iterable[Formula]]


class Lawyer:
    """Writes laws for one vocabulary. What a law says of keys that are not there is left out."""

    def __init__(self, meaning: Meaning) -> None:
        self.meaning = meaning
        self.pool = meaning.pool
        self.space: Space = meaning.space
        self.vocabulary: Vocabulary = meaning.space.vocabulary

    def key(self, key: str, *values: str) -> Formula:
        """The key has one of these values; of a key that there is not, nothing is said."""
        known = self.space.cells.get(key, ())
        return self.meaning.one_of(key, [value for value in values if value in known])

    def there(self, key: str) -> bool:
        return key in self.space.cells

    def filled(self, role: str) -> Formula:
        return -self.key(f"{role}.is", NONE)

    def keys_of(self, role: str) -> Iterator[tuple[str, str]]:
        """The keys of a role besides `is`: (suffix without the value of a set, key)."""
        for key in self.space.cells:
            owner, _, rest = key.partition(".")
            if owner == role and rest != "is" and key != "answers.refused":
                yield rest.partition(":")[0], key

    def types(self) -> Iterable[ActType]:
        return self.vocabulary.acts.values()


Laws: TypeAlias = Mapping[str, Formula]


def laws(meaning: Meaning) -> Laws:
    """Each law by name, as one formula."""
    lawyer = Lawyer(meaning)
    return {law.name: meaning.pool.both(law.make(lawyer)) for law in LAWS}


# --------------------------------------------------------------------------- the act


def _type_decides(lawyer: Lawyer) -> Iterator[Formula]:
    for role in ("act", *OTHER_ACTS):
        for type_ in lawyer.types():
            is_type = lawyer.key(f"{role}.type", type_.name)
            fixed = [lawyer.key(f"{role}.family", type_.family)]
            for tag in lawyer.vocabulary.tags:
                key = f"{role}.tag:{tag}"
                if lawyer.there(key):
                    fixed.append(lawyer.key(key, "true" if tag in type_.tags else "false"))
            yield lawyer.pool.implies(is_type, lawyer.pool.both(fixed))


def _type_gives_roles(lawyer: Lawyer) -> Iterator[Formula]:
    for role in (*ROLES, *OTHER_ACTS):
        needs = [t.name for t in lawyer.types() if role in t.needs]
        never = [t.name for t in lawyer.types() if role not in (*t.needs, *t.may)]
        yield lawyer.pool.implies(lawyer.key("act.type", *needs), lawyer.filled(role))
        yield lawyer.pool.implies(lawyer.key("act.type", *never), -lawyer.filled(role))


def _measures_are_done(lawyer: Lawyer) -> Iterator[Formula]:
    measure = lawyer.key("act.hypothetical", "true")
    yield lawyer.pool.implies(measure, lawyer.key("act.stage", "done"))


def _course_is_of_measures(lawyer: Lawyer) -> Iterator[Formula]:
    # The course of the other act is worked out for the day of a measure alone.
    for role in OTHER_ACTS:
        if lawyer.there(f"{role}.course"):
            measure = lawyer.key("act.hypothetical", "true")
            silent = lawyer.key(f"{role}.course", NONE)
            yield lawyer.pool.implies(measure, lawyer.pool.either((-lawyer.filled(role), -silent)))


def _sets_say_something(lawyer: Lawyer) -> Iterator[Formula]:
    # Whoever writes a topic, an audience and the like names at least one.
    for name, attribute in lawyer.vocabulary.attributes.items():
        if attribute.type == "choices":
            members = [f"act.{name}:{value}" for value in attribute.values]
            yield lawyer.pool.either(lawyer.key(key, "true") for key in members)


# --------------------------------------------------------------------------- roles


def _kinds_that_fill(lawyer: Lawyer) -> Iterator[Formula]:
    for role in ROLES:
        able = [kind.name for kind in lawyer.vocabulary.cast.values() if role in kind.fills]
        yield lawyer.key(f"{role}.is", NONE, *able)


def _unfilled(lawyer: Lawyer) -> Iterator[Formula]:
    for role in (*ROLES, *OTHER_ACTS):
        for _, key in lawyer.keys_of(role):
            if NONE in lawyer.space.cells[key]:
                yield lawyer.pool.either((lawyer.filled(role), lawyer.key(key, NONE)))


def _other_act_is_one(lawyer: Lawyer) -> Iterator[Formula]:
    # Every act has a type, a family, a stage and, for each tag, a yes or no. A set that is not
    # written has neither; so has an attribute that says nothing of that act.
    for role in OTHER_ACTS:
        for suffix, key in lawyer.keys_of(role):
            own = lawyer.vocabulary.keys[key]
            if suffix != "course" and (NONE not in own.values or suffix == "side"):
                filled = lawyer.filled(role)
                yield lawyer.pool.either((-filled, -lawyer.key(key, NONE)))


def _says_something_of(vocabulary: Vocabulary, kind: str, suffix: str) -> bool:
    return (
        suffix in ("side", "attributed_to")
        or suffix in WORKED_OUT.get(kind, ())
        or suffix in vocabulary.cast[kind].attributes
    )


def _keys_of_kinds(lawyer: Lawyer) -> Iterator[Formula]:
    """A key that says nothing of a kind of member is `none` of it, and of the others it is not."""
    for role in ROLES:
        kinds = [kind for kind in lawyer.vocabulary.cast.values() if role in kind.fills]
        for suffix, key in lawyer.keys_of(role):
            own = lawyer.vocabulary.keys[key]
            for kind in kinds:
                is_kind = lawyer.key(f"{role}.is", kind.name)
                if not _says_something_of(lawyer.vocabulary, kind.name, suffix):
                    if NONE in lawyer.space.cells[key]:
                        yield lawyer.pool.implies(is_kind, lawyer.key(key, NONE))
                elif (
                    NONE not in own.values
                    and own.type in ("choice", "boolean")
                    and suffix != "post"  # of a person without a role it is `none`
                ):
                    yield lawyer.pool.implies(is_kind, -lawyer.key(key, NONE))


def _kinds_of_kinds(lawyer: Lawyer) -> Iterator[Formula]:
    # What a mission, an authority, a group or an organization can be is said with its kind.
    for role in PARTIES:
        for kind in lawyer.vocabulary.cast.values():
            attribute = kind.attributes.get("kind")
            if role in kind.fills and attribute is not None and attribute.values:
                is_kind = lawyer.key(f"{role}.is", kind.name)
                yield lawyer.pool.implies(is_kind, lawyer.key(f"{role}.kind", *attribute.values))


def _sides(lawyer: Lawyer) -> Iterator[Formula]:
    pool = lawyer.pool
    for role in PARTIES:
        is_, side = f"{role}.is", f"{role}.side"
        states = lawyer.key(side, "sending", "receiving", "third")
        yield pool.implies(lawyer.key(is_, *STATE_LIKE), states)
        yield pool.implies(lawyer.key(is_, "group"), lawyer.key(side, "private"))
        organization = lawyer.key(is_, "organization")
        between = lawyer.key(f"{role}.kind", *INTERNATIONAL)
        yield pool.implies(pool.both((organization, between)), lawyer.key(side, "organization"))
        yield pool.implies(pool.both((organization, -between)), lawyer.key(side, "private"))
        of_state = lawyer.key(side, "sending", "receiving", "third", "private")
        yield pool.implies(lawyer.key(is_, *PERSONS), of_state)
        own = lawyer.key(f"{role}.own_mission", "true")
        yield pool.implies(own, lawyer.key(side, "sending"))


def _conduct(lawyer: Lawyer) -> Iterator[Formula]:
    # An endorsement can make an act somebody else's as well, but only for whoever does it.
    for role in ("against", "to", "for"):
        for side in ("sending", "receiving", "third"):
            whose = lawyer.key(f"{role}.attributed_to", side)
            state = lawyer.pool.both(
                (lawyer.key(f"{role}.is", *STATE_LIKE), lawyer.key(f"{role}.side", side))
            )
            yield lawyer.pool.implies(state, whose)


def _posts(lawyer: Lawyer) -> Iterator[Formula]:
    # Somebody without a role has no functions that could begin or end.
    for role in PARTIES:
        key = f"{role}.post"
        if lawyer.there(key):
            person = lawyer.key(f"{role}.is", *PERSONS)
            idle = lawyer.key(f"{role}.role", NONE)
            without = lawyer.pool.both((person, idle))
            yield lawyer.pool.implies(without, lawyer.key(key, NONE))
            holds = lawyer.pool.both((person, -idle))
            yield lawyer.pool.implies(holds, -lawyer.key(key, NONE))


# --------------------------------------------------------------------------- places and things


def _uses(lawyer: Lawyer) -> Iterator[Formula]:
    pool = lawyer.pool
    unused = lawyer.key("place.used_as", NONE)
    place = lawyer.filled("place")
    never = lawyer.key("place.use", "never")
    # Nobody uses a place as nothing, and what was only named for a mission was not used yet.
    yield pool.implies(pool.both((place, unused)), never)
    yield pool.implies(lawyer.key("place.used_as", "designated"), never)
    yield pool.implies(never, lawyer.key("place.used_as", NONE, "designated"))
    homes = lawyer.key("place.used_as", "head_residence", "private_residence")
    yield pool.implies(homes, lawyer.key("place.of_member", "true"))
    yield pool.implies(pool.both((place, unused)), lawyer.key("place.of_member", "false"))
    # A place of no stated kind that the mission uses.
    bare = lawyer.key("place.kind", "mission_premises")
    yield pool.implies(bare, lawyer.key("place.use", "in_use"))


def _overhang(lawyer: Lawyer) -> Iterator[Formula]:
    hangs = lawyer.key("act.zone", "overhang_public_space")
    thing = lawyer.filled("object")
    there = lawyer.key("object.located", "overhang")
    yield lawyer.pool.implies(lawyer.pool.both((hangs, thing)), there)


# --------------------------------------------------------------------------- the rest


def _deadlines(lawyer: Lawyer) -> Iterator[Formula]:
    key = "png.deadline_hours"
    if lawyer.there(key):
        declares = [t.name for t in lawyer.types() if t.produces == "png"]
        declared = lawyer.key("act.type", *declares)
        numbers = [value for value in lawyer.space.cells[key] if numeric(value)]
        yield lawyer.pool.implies(declared, lawyer.key(key, *numbers))
        yield lawyer.pool.implies(-declared, lawyer.key(key, NONE))
        # The hours given to leave are the deadline that the declaration states.
        for number in numbers if lawyer.there(TWINS[key]) else ():
            same = lawyer.key(TWINS[key], number)
            yield lawyer.pool.implies(declared, lawyer.pool.implies(lawyer.key(key, number), same))


def _judged(lawyer: Lawyer) -> Iterator[Formula]:
    for term in lawyer.vocabulary.judgements.values():
        key = f"judged.{term.name}"
        if not lawyer.there(key):
            continue
        nothing = lawyer.key(key, NONE)
        if "act" in term.of:
            yield -nothing
            continue
        subjects = lawyer.pool.either(lawyer.filled(role) for role in term.of)
        yield lawyer.pool.implies(subjects, -nothing)
        yield lawyer.pool.implies(-subjects, nothing)


def _voices(lawyer: Lawyer) -> Iterator[Formula]:
    # Leave of the receiving State is `consent.host`; `consent.from` is whoever else gave it.
    yield -lawyer.key("consent.from", "receiving_state")


def _requests(lawyer: Lawyer) -> Iterator[Formula]:
    persisted = lawyer.key("act.persisted", "true")
    yield lawyer.pool.implies(persisted, lawyer.key("host.requested_stop", "true"))
    asks = [t for t in lawyer.types() if "request_to_stop" in t.tags]
    if all("objection" in type_.tags for type_ in asks):
        asked = lawyer.key("host.requested_stop", "true")
        yield lawyer.pool.implies(asked, lawyer.key("host.objected", "true"))


LAWS: Final = (
    Law("act.type", "the type of an act fixes its family and its tags", _type_decides),
    Law("roles of a type", "its type says which roles an act has", _type_gives_roles),
    Law("measures", "a measure that may be taken counts as done", _measures_are_done),
    Law("course", "the course of another act is worked out for measures", _course_is_of_measures),
    Law("sets", "a set that is written has at least one value", _sets_say_something),
    Law("who fills a role", "only some kinds of cast members fill a role", _kinds_that_fill),
    Law("unfilled roles", "the keys of a role that nobody fills are none", _unfilled),
    Law("other acts", "an act that there is has a type, a stage and tags", _other_act_is_one),
    Law("kinds and keys", "a key says something of some kinds of members only", _keys_of_kinds),
    Law("kinds of bodies", "each kind of member has kinds of its own", _kinds_of_kinds),
    Law("sides", "whoever fills a role stands on the side of its State, or is private", _sides),
    Law("conduct", "the conduct of a State's bodies is the State's", _conduct),
    Law("posts", "only somebody with a role has functions that begin and end", _posts),
    Law("uses", "what a place is used as and whether it is in use go together", _uses),
    Law("overhang", "a thing that hangs over public ground is located there", _overhang),
    Law(
        "deadlines",
        "only a declaration non grata gives time to leave, and it is the deadline stated there",
        _deadlines,
    ),
    Law("judgements", "only what is there can be judged", _judged),
    Law("voices", "leave of the receiving State has a key of its own", _voices),
    Law("requests", "what went on after a request was asked to stop", _requests),
)
WHY: Final[Mapping[str, str]] = {law.name: law.why for law in LAWS}


# --------------------------------------------------------------------------- ordinary frames

#: Values that a witness has if it can: an ordinary act, at an ordinary time, with nothing said.
ORDINARY: Final[Mapping[str, str]] = {
    "act.stage": "done",
    "act.hypothetical": "false",
    "mission.kind": "embassy",
    "mission.relations": "established",
    "mission.bound_by:VCDR": "true",
    "mission.bound_by:VCCR": "true",
    "mission.recalled": "false",
    "consent.state": NONE,
    "consent.host": NONE,
    "consent.from": "head",
    "consent.form": "express",
    "place.kind": "office_building",
    "place.used_as": "chancery",
    "place.use": "in_use",
    "place.acceptance": "accepted",
    "place.in": "receiving",
    "place.owner_side": "sending",
    "object.owner_side": "sending",
    "by.role": NONE,
    "host.response": NONE,
}


def ordinary(space: Space, keys: Iterable[str]) -> list[list[Cell]]:
    """The value that each key has by preference, the keys that decide most first; then, for those
    that cannot have it, the next one, and so on."""
    keys = sorted(keys, key=_weight)
    ranked = {key: _ranked(key, space.cells[key]) for key in keys}
    if "act.type" in ranked:
        ranked["act.type"] = _types_about(space, {key.partition(".")[0] for key in keys})
    longest = max(map(len, ranked.values()), default=0)
    return [
        [(key, values[at]) for key, values in ranked.items() if at < len(values)]
        for at in range(longest)
    ]


def _types_about(space: Space, roles: set[str]) -> list[str]:
    """The types of act, those first that need the roles that are spoken of."""
    acts = space.vocabulary.acts
    spoken = roles & {*ROLES, *OTHER_ACTS}
    return sorted(space.cells["act.type"], key=lambda name: len(spoken - {*acts[name].needs}))


def _ranked(key: str, values: Sequence[str]) -> list[str]:
    role, _, suffix = key.partition(".")
    first: tuple[str, ...] = ("false",)
    if key in ORDINARY:
        first = (ORDINARY[key],)
    elif suffix == "is" and role in (*ROLES[1:], *OTHER_ACTS):
        first = (NONE, "person", "organ")
    elif suffix == "post":
        first = ("in_post",)
    elif suffix == "attributed_to":
        first = ("receiving", "sending")
    return [*(v for v in first if v in values), *(v for v in values if v not in first)]


def _weight(key: str) -> tuple[int, str]:
    first = (
        key.startswith(PREFIX),
        key in ("act.type", "act.stage", "act.hypothetical"),
        key.endswith(".is"),
        key.endswith((".side", ".attributed_to")),
    )
    return next((number for number, yes in enumerate(first) if yes), len(first)), key
