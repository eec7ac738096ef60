"""The terms in which cases and rules are written: `rules/vocabulary/*.yaml`, read and checked.

A term has a definition that an encoder can apply and, mostly, the question put when it is not
known. The registry of frame keys (`Vocabulary.keys`) is derived here, once: framing fills these
keys, rules test them, and nothing else is a key.

Everything is plain frozen data, so that a loaded rulebook can be cached.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date as _date
from pathlib import PurePosixPath
from typing import Any, Final, Literal, TypeAlias, cast, get_args

from msgspec import Struct, field
from msgspec.structs import replace

from comity import source
from comity.model import Parties, Presumption
from comity.problems import Place, Problem, nearest, problem

ValueType: TypeAlias = Literal[
    "choice", "choices", "boolean", "number", "duration", "party", "text", "date", "spans"
]

#: What a rule can test. Parties, dates and texts only feed the computed keys.
TESTABLE: Final = frozenset({"choice", "choices", "boolean", "number", "duration"})
YES_NO: Final = ("true", "false")
JUDGED: Final = ("act", "over", "place", "against", "by")


class Attribute(Struct, frozen=True):
    """What can be stated of an act, a cast member or a status fact.

    `values` gives each allowed value its definition; empty for the open types.
    """

    name: str
    type: ValueType
    definition: str
    values: Mapping[str, str] = field(default_factory=dict)
    ask: str = ""
    why_no_ask: str = ""
    unit: str = ""


class ActType(Struct, frozen=True):
    """A type of act: how rules see it, the roles it needs and may have, what it changes."""

    name: str
    family: str
    tags: tuple[str, ...]
    needs: tuple[str, ...]
    may: tuple[str, ...]
    produces: str  # an effect, or "none"
    definition: str


class CastKind(Struct, frozen=True):
    """A kind of cast member, the act roles it can fill and what can be stated of it."""

    name: str
    definition: str
    fills: tuple[str, ...]
    attributes: Mapping[str, Attribute]


class StatusKind(Struct, frozen=True):
    """A kind of dated fact, under `facts` or `absent`."""

    name: str
    definition: str
    needs: tuple[str, ...]
    parameters: Mapping[str, Attribute]
    ask: str


class JudgementTerm(Struct, frozen=True):
    """An open term that is graded with reasons.

    `of` says where a frame looks for it: on its act, on the act in `over`, or on what fills a
    role; the first that has one counts.
    """

    name: str
    of: tuple[str, ...]
    definition: str
    ask: str


INSTRUMENT_KINDS: Final = ("treaty", "articles", "resolution", "custom", "practice")


class Instrument(Struct, frozen=True):
    """What a citation can begin with; `kind` is treaty, articles, resolution, custom, practice."""

    id: str
    title: str
    kind: str
    date: str = ""
    in_force: str = ""


class Key(Struct, frozen=True):
    """A frame key. `values` is its closed domain, empty when any value can occur.

    A key with `many` holds a set: each value `v` is a yes-or-no key `name:v` of its own.
    """

    name: str
    type: ValueType
    values: tuple[str, ...]
    definition: str
    ask: str
    many: bool = False
    why_no_ask: str = ""
    unit: str = ""


class Vocabulary(Struct, frozen=True):
    """Every term, by name.

    `conclusions` gives the advice for words refused everywhere, `refused_in` for words refused
    as a value of one attribute (`place.kind`). `historic` codes are also in `countries`.
    """

    acts: Mapping[str, ActType]
    families: Mapping[str, str]
    tags: Mapping[str, str]
    effects: Mapping[str, str]
    act_roles: Mapping[str, str]
    attributes: Mapping[str, Attribute]
    cast: Mapping[str, CastKind]
    person_roles: Mapping[str, str]
    mission_kinds: Mapping[str, str]
    place_uses: Mapping[str, str]
    place_kinds: Mapping[str, str]
    object_kinds: Mapping[str, str]
    statuses: Mapping[str, StatusKind]
    judgements: Mapping[str, JudgementTerm]
    grades: Mapping[str, str]
    topics: Mapping[str, str]
    conclusions: Mapping[str, str]
    refused_in: Mapping[str, Mapping[str, str]]
    countries: Mapping[str, str]
    historic: Mapping[str, str]
    presumptions: Mapping[str, Presumption]
    instruments: Mapping[str, Instrument]
    keys: Mapping[str, Key]
    parties: Mapping[str, Parties] = {}  # by treaty; they stand in `parties/`, not among the words

    def domain(self, key: str) -> tuple[str, ...]:
        """The closed set of values of a key; () for an open or an unknown one."""
        found = self.keys.get(key)
        return found.values if found else ()

    def advice(self, word: str, attribute: str = "") -> str:
        """How to state a conclusion as facts; "" if the word is none.

        `attribute` is the cast kind or `act`, and the attribute whose value the word is.
        """
        here = self.refused_in.get(attribute, {})
        return here.get(word) or self.conclusions.get(word, "")


def load_vocabulary(files: Mapping[str, bytes]) -> tuple[Vocabulary, tuple[Problem, ...]]:
    """Read the files of `rules/vocabulary`, by name. A faulty entry is reported and left out.

    Codes: R001 an unknown word or a wrong shape, R002 something missing, R003 an unknown key.
    """
    reader = _Reader()
    for name in sorted(files):
        reader.open(name, files[name])
    vocabulary = _build(reader)
    return vocabulary, tuple(reader.problems)


def vocabulary_of(words: Mapping[str, source.Fields]) -> tuple[Vocabulary, tuple[Problem, ...]]:
    """The vocabulary in files that are read already, by stem; their entries may come from several
    files. As `load_vocabulary`."""
    reader = _Reader()
    for stem, node in words.items():
        reader.take(stem, node)
    vocabulary = _build(reader)
    return vocabulary, tuple(reader.problems)


# --------------------------------------------------------------------------- reading with faults

FILES: Final = (
    "acts",
    "attributes",
    "cast",
    "conclusions",
    "countries",
    "instruments",
    "judgements",
    "keys",
    "presumptions",
    "statuses",
    "topics",
)
_Path: TypeAlias = tuple[str | int, ...]


class _Reader:
    """The files as plain data; positions are looked up only when something is wrong."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._plain: dict[str, Any] = {}
        self._nodes: dict[str, source.Node] = {}
        self._names: dict[str, str] = {}

    def open(self, name: str, data: bytes) -> None:
        nodes, problems = source.read(data, name)
        self.problems.extend(problems)
        stem = PurePosixPath(name).stem
        if stem in FILES and nodes:
            self.take(stem, nodes[0])

    def take(self, stem: str, node: source.Node) -> None:
        self._names[stem] = node.file
        self._nodes[stem] = node
        self._plain[stem] = node.plain()

    def fault(self, code: str, file: str, path: _Path, text: str, hint: str = "") -> None:
        place = _place(self._nodes.get(file), path, self._names.get(file, f"{file}.yaml"))
        self.problems.append(problem(code, place, text, hint))

    def section(self, file: str, *path: str | int) -> Mapping[str, Any]:
        """A mapping that must be there."""
        found: Any = self._plain.get(file)
        for step in path:
            if isinstance(found, list) and isinstance(step, int):
                found = found[step]
            else:
                found = found.get(step) if isinstance(found, dict) else None
        if isinstance(found, dict):
            return found
        wanted = ".".join(str(step) for step in path)
        text = f"the vocabulary file '{file}.yaml' lacks the mapping '{wanted}'"
        self.fault("R002", file, path, text if path else f"there is no '{file}.yaml' to read")
        return {}

    def entries(self, file: str, *path: str | int) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The entries of a section that are mappings."""
        for name, entry in self.section(file, *path).items():
            if isinstance(entry, dict):
                yield name, entry
            else:
                self.fault("R001", file, (*path, name), f"'{name}' must be a mapping")

    def texts(self, file: str, *path: str) -> dict[str, str]:
        """A section that gives each name a definition."""
        return {
            name: self.text(text, file, (*path, name), "definition")
            for name, text in self.section(file, *path).items()
        }

    def text(self, value: Any, file: str, path: _Path, what: str) -> str:
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.fault("R002", file, path, f"'{path[-1]}' has no {what}", f"add its {what}")
        return ""

    def word(self, entry: Mapping[str, Any], name: str, file: str, path: _Path) -> str:
        """A text that may be left out."""
        value = entry.get(name)
        if value is None or isinstance(value, str):
            return (value or "").strip()
        self.fault("R001", file, (*path, name), f"'{name}' must be text")
        return ""

    def mappings(self, file: str, name: str) -> Iterator[tuple[_Path, Mapping[str, Any]]]:
        """The entries of a list of mappings, with their paths."""
        written = self.section(file).get(name)
        if not isinstance(written, list):
            self.fault("R001", file, (name,), f"'{name}' must be a list")
            return
        for number, entry in enumerate(written):
            if isinstance(entry, dict):
                yield (name, number), entry
            else:
                self.fault("R001", file, (name, number), f"an entry of '{name}' must be a mapping")

    def names(self, value: Any, file: str, path: _Path) -> tuple[str, ...]:
        """A list of names; nothing written is an empty list."""
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        self.fault("R001", file, path, f"'{path[-1]}' must be a list of names")
        return ()

    def known(
        self, names: Iterable[str], among: Iterable[str], file: str, path: _Path, what: str
    ) -> tuple[str, ...]:
        """The names that are in `among`; the others are faults."""
        allowed = list(among)
        found = tuple(names)
        for number, name in enumerate(found):
            if name not in allowed:
                text = f"unknown {what} '{name}'"
                self.fault("R001", file, (*path, number), text, _guess(name, allowed))
        return tuple(name for name in found if name in allowed)

    def only(self, entry: Mapping[str, Any], allowed: str, file: str, path: _Path) -> None:
        """Report the keys of an entry that nothing reads."""
        for name in entry:
            if name not in allowed.split():
                hint = _guess(name, allowed.split())
                self.fault("R003", file, (*path, name), f"unknown key '{name}'", hint)


def _guess(name: object, allowed: Iterable[str]) -> str:
    near = nearest(name, sorted(allowed)) if isinstance(name, str) else None
    return f"did you mean '{near}'?" if near else ""


# --------------------------------------------------------------------------- terms


def _build(reader: _Reader) -> Vocabulary:
    lists = {
        "topics": reader.texts("topics", "topics"),
        "families": reader.texts("acts", "families"),
        "tags": reader.texts("acts", "tags"),
        "effects": reader.texts("acts", "effects"),
        "roles": reader.texts("cast", "roles"),
        "mission_kinds": reader.texts("cast", "mission_kinds"),
        "place_uses": reader.texts("cast", "place_uses"),
        "place_kinds": reader.texts("cast", "place_kinds"),
        "object_kinds": reader.texts("cast", "object_kinds"),
    }
    act_roles = reader.texts("acts", "roles")
    acts = _acts(reader, lists, act_roles)
    lists["acts"] = {act.name: act.definition for act in acts.values()}
    instruments = _instruments(reader)
    lists["instruments"] = {one.id: one.title for one in instruments.values()}
    attributes = _attributes(reader, lists, "attributes", "attributes")
    lists |= {f"act.{name}": dict(a.values) for name, a in attributes.items() if a.values}
    cast_kinds = _cast(reader, lists, act_roles)
    for kind in cast_kinds.values():
        lists |= {f"{kind.name}.{a.name}": dict(a.values) for a in kind.attributes.values()}
    relations = reader.section("keys", "keys", "mission.relations").get("values")
    at = ("keys", "mission.relations", "values")
    lists["mission.relations"] = dict.fromkeys(reader.names(relations, "keys", at), "")
    statuses = _statuses(reader, lists)
    for status in statuses.values():
        lists |= {f"{status.name}.{a.name}": dict(a.values) for a in status.parameters.values()}
    judgements = _judgements(reader)
    keys = _keys(reader, lists, attributes, cast_kinds, judgements)
    everywhere, refused_in = _conclusions(reader)
    countries, historic = _countries(reader)
    return Vocabulary(
        acts=acts,
        families=lists["families"],
        tags=lists["tags"],
        effects=lists["effects"],
        act_roles=act_roles,
        attributes=attributes,
        cast=cast_kinds,
        person_roles=lists["roles"],
        mission_kinds=lists["mission_kinds"],
        place_uses=lists["place_uses"],
        place_kinds=lists["place_kinds"],
        object_kinds=lists["object_kinds"],
        statuses=statuses,
        judgements=judgements,
        grades=reader.texts("judgements", "grades"),
        topics=lists["topics"],
        conclusions=everywhere,
        refused_in=refused_in,
        countries=countries,
        historic=historic,
        presumptions=_presumptions(reader, keys),
        instruments=instruments,
        keys=keys,
    )


_Lists: TypeAlias = Mapping[str, Mapping[str, str]]


def _acts(reader: _Reader, lists: _Lists, roles: Mapping[str, str]) -> dict[str, ActType]:
    common = reader.names(reader.section("acts").get("common_roles"), "acts", ("common_roles",))
    found = {}
    for name, entry in reader.entries("acts", "acts"):
        path = ("acts", name)
        reader.only(entry, "family tags needs may produces definition", "acts", path)
        family = reader.known(
            [reader.word(entry, "family", "acts", path)],
            lists["families"],
            "acts",
            (*path, "family"),
            "act family",
        )
        tags = reader.names(entry.get("tags"), "acts", (*path, "tags"))
        if not tags:
            reader.fault("R002", "acts", path, f"'{name}' has no tags")
        produces = reader.word(entry, "produces", "acts", path) or "none"
        effects = [*lists["effects"], "none"]
        reader.known([produces], effects, "acts", (*path, "produces"), "effect")
        needs, may = (
            reader.known(
                reader.names(entry.get(which), "acts", (*path, which)),
                roles,
                "acts",
                (*path, which),
                "role",
            )
            for which in ("needs", "may")
        )
        found[name] = ActType(
            name=name,
            family=family[0] if family else "",
            tags=reader.known(tags, lists["tags"], "acts", (*path, "tags"), "tag"),
            needs=needs,
            may=(*may, *(role for role in common if role not in (*needs, *may))),
            produces=produces,
            definition=reader.text(entry.get("definition"), "acts", path, "definition"),
        )
    return found


def _attributes(
    reader: _Reader, lists: _Lists, file: str, *path: str | int
) -> dict[str, Attribute]:
    return {
        name: _attribute(reader, lists, file, (*path, name), entry)
        for name, entry in reader.entries(file, *path)
    }


def _attribute(
    reader: _Reader, lists: _Lists, file: str, path: _Path, entry: Mapping[str, Any]
) -> Attribute:
    reader.only(entry, "type definition values ask why_no_ask unit", file, path)
    type_ = _type(reader, entry, file, path)
    values = _values(reader, lists, entry.get("values"), file, path)
    _check_asked(reader, entry, file, path)
    if type_ in ("choice", "choices") and len(values) < 2:
        reader.fault("R001", file, path, f"'{path[-1]}' needs at least two values")
    return Attribute(
        name=str(path[-1]),
        type=type_,
        definition=reader.text(entry.get("definition"), file, path, "definition"),
        values=values,
        ask=reader.word(entry, "ask", file, path),
        why_no_ask=reader.word(entry, "why_no_ask", file, path),
        unit=reader.word(entry, "unit", file, path),
    )


def _type(reader: _Reader, entry: Mapping[str, Any], file: str, path: _Path) -> ValueType:
    types = get_args(ValueType)
    written = reader.word(entry, "type", file, path)
    found = reader.known([written], types, file, (*path, "type"), "type")
    return cast(ValueType, found[0] if found else "text")


def _values(reader: _Reader, lists: _Lists, written: Any, file: str, path: _Path) -> dict[str, str]:
    """Values with their definitions: spelt out, or taken from lists kept elsewhere.

    In a list each entry is a value, or the name of a list whose values are meant.
    """
    if written is None:
        return {}
    if isinstance(written, dict):
        at = (*path, "values")
        return {k: reader.text(v, file, (*at, k), "definition") for k, v in written.items()}
    if isinstance(written, str):
        reader.known([written], lists, file, (*path, "values"), "list of values")
        return dict(lists.get(written, {}))
    merged: dict[str, str] = {}
    for one in reader.names(written, file, (*path, "values")):
        merged |= lists.get(one, {one: ""})
    return merged


def _check_asked(reader: _Reader, entry: Mapping[str, Any], file: str, path: _Path) -> None:
    if not entry.get("ask") and not entry.get("why_no_ask"):
        text = f"'{path[-1]}' has no question"
        reader.fault("R002", file, path, text, "write `ask`, or `why_no_ask` with the reason")


def _cast(reader: _Reader, lists: _Lists, roles: Mapping[str, str]) -> dict[str, CastKind]:
    found: dict[str, CastKind] = {}
    for name, entry in reader.entries("cast", "kinds"):
        path = ("kinds", name)
        reader.only(entry, "definition fills like attributes", "cast", path)
        model = reader.word(entry, "like", "cast", path)
        like = found.get(model)
        if model and like is None:
            text = f"'{name}' is like '{model}', which does not stand above it"
            reader.fault("R001", "cast", (*path, "like"), text)
        fills = reader.names(entry.get("fills"), "cast", (*path, "fills"))
        found[name] = CastKind(
            name=name,
            definition=reader.text(entry.get("definition"), "cast", path, "definition"),
            fills=reader.known(fills, roles, "cast", (*path, "fills"), "role"),
            attributes={
                **(like.attributes if like else {}),
                **_attributes(reader, lists, "cast", *path, "attributes"),
            },
        )
    return found


def _statuses(reader: _Reader, lists: _Lists) -> dict[str, StatusKind]:
    found = {}
    for name, entry in reader.entries("statuses", "statuses"):
        path = ("statuses", name)
        reader.only(entry, "definition needs ask parameters", "statuses", path)
        parameters = _attributes(reader, lists, "statuses", *path, "parameters")
        needs = reader.names(entry.get("needs"), "statuses", (*path, "needs"))
        found[name] = StatusKind(
            name=name,
            definition=reader.text(entry.get("definition"), "statuses", path, "definition"),
            needs=reader.known(needs, parameters, "statuses", (*path, "needs"), "parameter"),
            parameters=parameters,
            ask=reader.text(entry.get("ask"), "statuses", path, "question"),
        )
    return found


def _judgements(reader: _Reader) -> dict[str, JudgementTerm]:
    found = {}
    for name, entry in reader.entries("judgements", "judgements"):
        path = ("judgements", name)
        reader.only(entry, "of definition ask", "judgements", path)
        written = entry.get("of")
        at = (*path, "of")
        of = (written,) if isinstance(written, str) else reader.names(written, "judgements", at)
        if not of:
            reader.fault("R002", "judgements", path, f"'{name}' does not say what it is of")
        found[name] = JudgementTerm(
            name=name,
            of=reader.known(of, JUDGED, "judgements", at, "subject"),
            definition=reader.text(entry.get("definition"), "judgements", path, "definition"),
            ask=reader.text(entry.get("ask"), "judgements", path, "question"),
        )
    return found


def _is_day(text: str) -> bool:
    try:
        return _date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _instruments(reader: _Reader) -> dict[str, Instrument]:
    found = {}
    for name, entry in reader.entries("instruments", "instruments"):
        path = ("instruments", name)
        reader.only(entry, "title kind date in_force", "instruments", path)
        kind = entry.get("kind")
        if isinstance(kind, str) and kind.strip() and kind.strip() not in INSTRUMENT_KINDS:
            text = f"unknown kind of instrument '{kind}'"
            hint = f"one of: {', '.join(INSTRUMENT_KINDS)}"
            reader.fault("R001", "instruments", (*path, "kind"), text, hint)
        for day in ("date", "in_force"):
            written = reader.word(entry, day, "instruments", path)
            if written and not _is_day(written):
                text = f"'{written}' is not a date"
                hint = "write year, month and day: 2026-02-21"
                reader.fault("R001", "instruments", (*path, day), text, hint)
        found[name] = Instrument(
            id=name,
            title=reader.text(entry.get("title"), "instruments", path, "title"),
            kind=reader.text(entry.get("kind"), "instruments", path, "kind"),
            date=reader.word(entry, "date", "instruments", path),
            in_force=reader.word(entry, "in_force", "instruments", path),
        )
    return found


def _countries(reader: _Reader) -> tuple[dict[str, str], dict[str, str]]:
    """(name by code, the last year of those that are no more)."""
    names = reader.texts("countries", "countries")
    historic = {}
    for section in ("historic", "other", "invented"):
        for code, entry in reader.entries("countries", section):
            names[code] = reader.text(entry.get("name"), "countries", (section, code), "name")
            if section == "historic":
                historic[code] = reader.word(entry, "until", "countries", (section, code))
    return names, historic


def _conclusions(reader: _Reader) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Advice for words refused everywhere, and for those refused in one attribute."""
    everywhere: dict[str, str] = {}
    refused: dict[str, dict[str, str]] = {}
    for section in ("anywhere", "only_in"):
        for path, entry in reader.mappings("conclusions", section):
            reader.only(entry, "words attributes advice", "conclusions", path)
            advice = reader.text(entry.get("advice"), "conclusions", path, "advice")
            words = reader.names(entry.get("words"), "conclusions", (*path, "words"))
            at = (*path, "attributes")
            where = reader.names(entry.get("attributes"), "conclusions", at)
            for one in [refused.setdefault(name, {}) for name in where] or [everywhere]:
                one |= dict.fromkeys(words, advice)
    return everywhere, refused


def _presumptions(reader: _Reader, keys: Mapping[str, Key]) -> dict[str, Presumption]:
    found = {}
    for name, entry in reader.entries("presumptions", "presumptions"):
        path = ("presumptions", name)
        reader.only(entry, "key values text", "presumptions", path)
        key = reader.word(entry, "key", "presumptions", path)
        reader.known([key], keys, "presumptions", (*path, "key"), "frame key")
        at = (*path, "values")
        values = reader.names(entry.get("values"), "presumptions", at)
        domain = keys[key].values if key in keys else values
        found[name] = Presumption(
            name=name,
            key=key,
            values=frozenset(reader.known(values, domain, "presumptions", at, "value")),
            text=reader.text(entry.get("text"), "presumptions", path, "text"),
        )
    return found


# --------------------------------------------------------------------------- frame keys


def _keys(
    reader: _Reader,
    lists: _Lists,
    attributes: Mapping[str, Attribute],
    cast_kinds: Mapping[str, CastKind],
    judgements: Mapping[str, JudgementTerm],
) -> dict[str, Key]:
    """The registry. What `keys.yaml` spells out wins over what follows from an attribute."""
    keys = {f"act.{a.name}": _key(f"act.{a.name}", a) for a in attributes.values()}
    keys |= _cast_keys(cast_kinds)
    keys |= _role_keys(reader, lists)
    for name, entry in reader.entries("keys", "keys"):
        keys[name] = _key(name, _attribute(reader, lists, "keys", ("keys", name), entry))
    keys |= _mirrored(reader, lists, keys)
    for term in judgements.values():
        name = f"judged.{term.name}"
        keys[name] = Key(name, "boolean", YES_NO, term.definition, term.ask)
    return keys | {one.name: one for key in keys.values() for one in _members(key)}


def _key(name: str, attribute: Attribute) -> Key:
    is_boolean = attribute.type == "boolean"
    return Key(
        name=name,
        type=attribute.type,
        values=YES_NO if is_boolean else tuple(attribute.values),
        definition=attribute.definition,
        ask=attribute.ask,
        many=attribute.type == "choices",
        why_no_ask=attribute.why_no_ask,
        unit=attribute.unit,
    )


def _members(key: Key) -> Iterator[Key]:
    """A set is stored as one yes-or-no key for each of its values."""
    if key.many:
        for value in key.values:
            yield replace(
                key, name=f"{key.name}:{value}", type="boolean", values=YES_NO, many=False
            )


def _cast_keys(kinds: Mapping[str, CastKind]) -> dict[str, Key]:
    found = {}
    for kind in kinds.values():
        for role in kind.fills:
            for attribute in kind.attributes.values():
                if attribute.type in TESTABLE:
                    key = _key(f"{role}.{attribute.name}", attribute)
                    found[key.name] = _asked_of(key, "{name}", role)
    return found


def _role_keys(reader: _Reader, lists: _Lists) -> dict[str, Key]:
    found = {}
    for path, group in reader.mappings("keys", "role_keys"):
        roles = reader.names(group.get("roles"), "keys", (*path, "roles"))
        for name, entry in reader.entries("keys", *path, "keys"):
            attribute = _attribute(reader, lists, "keys", (*path, "keys", name), entry)
            for role in roles:
                key = _key(f"{role}.{name}", attribute)
                found[key.name] = _asked_of(key, "{role}", role)
    return found


def _asked_of(key: Key, placeholder: str, role: str) -> Key:
    return replace(key, ask=key.ask.replace(placeholder, f"{{{role}}}"))


def _mirrored(reader: _Reader, lists: _Lists, keys: Mapping[str, Key]) -> dict[str, Key]:
    """Keys of the act that this one concerns (`over`) or replies to (`answers`)."""
    mirror = reader.section("keys", "mirrored")
    copied = reader.names(mirror.get("keys"), "keys", ("mirrored", "keys"))
    acts = {name.removeprefix("act."): key for name, key in keys.items() if name[:4] == "act."}
    also = _attributes(reader, lists, "keys", "mirrored", "also")
    found = {}
    for role in reader.names(mirror.get("roles"), "keys", ("mirrored", "roles")):
        for name in reader.known(copied, acts, "keys", ("mirrored", "keys"), "act key"):
            found[f"{role}.{name}"] = _of_other_act(acts[name], role, name)
        for attribute in also.values():
            found[f"{role}.{attribute.name}"] = _key(f"{role}.{attribute.name}", attribute)
    return found


_THAT_ACT: Final = {"{by}": "whoever did it", "{against}": "the other", "{place}": "the place"}


def _of_other_act(key: Key, role: str, name: str) -> Key:
    """The same question about another act, whose parties are not those of this one."""
    ask = re.sub(r"\{\w+\}", lambda found: _THAT_ACT.get(found[0], "it"), key.ask)
    ask = ask[:1].lower() + ask[1:]
    return replace(
        key,
        name=f"{role}.{name}",
        definition=f"Of the act in `{role}`. {key.definition}",
        ask=f"About {{{role}}}: {ask}" if ask else "",
    )


# --------------------------------------------------------------------------- positions


def _place(node: source.Node | None, path: _Path, file: str) -> Place:
    """Where an entry stands, or the nearest thing around it that can be found.

    A text is pointed at itself, a mapping or a list by its name.
    """
    place = Place(file, 1, 1) if node is None else node.place
    for step in path:
        inner: source.Node | None = None
        if isinstance(node, source.Items) and isinstance(step, int) and step < len(node):
            inner = node.items[step]
        elif isinstance(node, source.Fields) and isinstance(step, str):
            inner = node.get(step)
        if inner is None:
            break
        name = node.key(str(step)) if isinstance(node, source.Fields) else None
        is_text = isinstance(inner, source.Text) and not inner.empty
        place = inner.place if is_text or name is None else name.place
        node = inner
    return place
