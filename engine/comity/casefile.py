"""A case as the encoder wrote it: read, checked against the vocabulary, and frozen.

Nothing here looks at a status at a date (`timeline`) or at an act from a mission's side
(`framing`). Every value keeps its source and its place in the file, and everything that is wrong
with a file is a `Problem`; all of them are collected.
"""

from __future__ import annotations

import calendar
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Final

from msgspec import Struct, field

from comity import source
from comity.model import Fact
from comity.problems import Place, Problem, problem
from comity.source import Fields, Items, Node, Text
from comity.vocabulary import Attribute, Vocabulary

# --------------------------------------------------------------------------- dates and durations

_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?) ?(h|d|w)", re.ASCII)
_HOURS: Final = {"h": 1, "d": 24, "w": 168}


class Days(Struct, frozen=True):
    """A date as written: one day, or every day of a month or a year that it may have been."""

    first: int  # proleptic ordinals
    last: int


ANY_DAY: Final = Days(date.min.toordinal(), date.max.toordinal())


@lru_cache(maxsize=4096)
def parse_days(text: str) -> Days | None:
    """`2026`, `2026-02` or `2026-02-21`; None for anything else."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        first = date(year, month or 1, day or 1)
        last_month = month or 12
        last = date(year, last_month, day or calendar.monthrange(year, last_month)[1])
    except (ValueError, calendar.IllegalMonthError):
        return None
    return Days(first.toordinal(), last.toordinal())


def parse_hours(text: str) -> Fraction | None:
    """`48 h`, `3 d` or `2 w` in hours; None for anything else."""
    match = _DURATION.fullmatch(text)
    return Fraction(match[1]) * _HOURS[match[2]] if match else None


# --------------------------------------------------------------------------- the values of a case


class Stated(Struct, frozen=True):
    """What the encoder wrote under one key.

    `values` are alternatives when `conflicting` (reports differ) and otherwise all hold together;
    there are none when `unknown` was written.
    """

    values: tuple[str, ...]
    fact: Fact
    conflicting: bool = False

    @property
    def unknown(self) -> bool:
        return not self.values

    @property
    def only(self) -> str:
        """The single value, or "" when there is none or more than one."""
        return self.values[0] if len(self.values) == 1 else ""


def days(stated: Stated | None) -> Days | None:
    """The days that a written date may mean; every day for `unknown`, None when nothing is."""
    if stated is None:
        return None
    found = [span for span in map(parse_days, stated.values) if span is not None]
    if not found:
        return ANY_DAY
    return Days(min(span.first for span in found), max(span.last for span in found))


class Span(Struct, frozen=True):
    """One dated use of a place."""

    by: Stated
    use: Stated
    since: Stated | None = None
    until: Stated | None = None


class Member(Struct, frozen=True):
    """One entry of the cast; `kind` is what it `is`, `fact` says so."""

    name: str
    kind: str
    fact: Fact
    attributes: Mapping[str, Stated] = field(default_factory=dict)
    used: tuple[Span, ...] | None = None  # None: nobody wrote it

    def get(self, attribute: str) -> Stated | None:
        return self.attributes.get(attribute)


class Act(Struct, frozen=True):
    """One act. `roles` holds the roles that were written, `unknown` included."""

    name: str
    type: str
    stage: str
    fact: Fact  # acts.<name>.type
    attributes: Mapping[str, Stated] = field(default_factory=dict)
    roles: Mapping[str, Stated] = field(default_factory=dict)
    mission: Stated | None = None
    date: Stated | None = None
    since: Stated | None = None
    until: Stated | None = None
    stage_fact: Fact | None = None
    hypothetical: bool = False

    @property
    def continuing(self) -> bool:
        """It lasted for a time, or still does."""
        return self.date is None and self.since is not None

    def role(self, role: str) -> tuple[str, ...]:
        stated = self.roles.get(role)
        return stated.values if stated else ()


class Status(Struct, frozen=True):
    """One dated fact that holds (`facts`) or is known not to hold (`absent`)."""

    kind: str
    fact: Fact  # facts.<n>.what
    values: Mapping[str, Stated] = field(default_factory=dict)

    def get(self, parameter: str) -> tuple[str, ...]:
        stated = self.values.get(parameter)
        return stated.values if stated else ()

    @property
    def facts(self) -> tuple[Fact, ...]:
        return (self.fact, *(stated.fact for stated in self.values.values()))


class Claim(Struct, frozen=True):
    """What somebody says. No rule reads it."""

    by: str
    about: str
    says: str
    date: str
    fact: Fact


class Judgement(Struct, frozen=True):
    """A graded, reasoned input that an encoder must not make silently."""

    of: str
    term: str
    value: str  # yes, likely, arguable, unlikely, no
    by: str
    why: str
    rests_on: tuple[str, ...]
    fact: Fact


class Consider(Struct, frozen=True):
    """Measures to look at: which one, aimed at whom or what, taken when.

    `measure` is "" for any, `date` "" for the date of the case; `days` are the days that the date
    may mean, none of them after that of the case. `on` gives the names by which the entry narrows,
    one of which is enough under each key.
    """

    measure: str
    date: str
    on: Mapping[str, tuple[str, ...]]
    place: Place | None = None
    days: Days | None = None


class Expectation(Struct, frozen=True):
    """What the encoder expects of the answer."""

    outcome: str  # or the status, for a measure
    act: str = ""
    measure: str = ""
    on: str = ""
    cite: str = ""
    rule: str = ""
    mission: str = ""
    date: str = ""  # for a measure, the day on which `consider` has it taken
    todo: str = ""
    place: Place | None = None


class Source(Struct, frozen=True):
    """Where facts come from."""

    key: str
    title: str
    date: str = ""
    publisher: str = ""
    note: str = ""
    url: str = ""


class Variant(Struct, frozen=True):
    """A second look at the case with some facts changed; read it with `read_case(variant=...)`."""

    name: str
    title: str
    place: Place | None = None


class Case(Struct, frozen=True):
    """One case, frozen. `consider` is None when the whole toolbox is to be looked at."""

    id: str
    title: str
    as_of: Days
    as_of_text: str
    cast: Mapping[str, Member]
    acts: tuple[Act, ...]
    facts: tuple[Status, ...] = ()
    absent: tuple[Status, ...] = ()
    claims: tuple[Claim, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)
    basis: str = ""
    treaties: Mapping[str, Fact] = field(default_factory=dict)
    readings: Mapping[str, Fact] = field(default_factory=dict)
    consider: tuple[Consider, ...] | None = None
    expect: tuple[Expectation, ...] = ()
    variants: Mapping[str, Variant] = field(default_factory=dict)
    variant: str = ""
    digest: str = ""
    file: str = ""


def statements(case: Case) -> Iterator[Stated]:
    """Every stated value of the cast, the acts and the dated facts."""
    for member in case.cast.values():
        yield from member.attributes.values()
        for span in member.used or ():
            yield from (part for part in (span.by, span.use, span.since, span.until) if part)
    for act in case.acts:
        yield from act.attributes.values()
        yield from act.roles.values()
        yield from (part for part in (act.mission, act.date, act.since, act.until) if part)
    for status in (*case.facts, *case.absent):
        yield from status.values.values()


# --------------------------------------------------------------------------- changing a case

STAGES: Final = ("done", "planned", "threatened", "attempted", "alleged", "did_not_happen")
OUTCOMES: Final = (
    *("breached", "not_breached", "immune", "not_immune"),
    *("established", "presumed", "arguable", "open", "excused", "respected", "not_in_play", "moot"),
)
STATUSES: Final = ("open", "conditional", "contested", "barred")


def apply_changes(base: Fields, changes: Fields) -> tuple[Fields, tuple[Problem, ...]]:
    """A case with the `set`, `remove` and `add` of a variant, or of a rule test, carried out.

    Addresses count in the case as it stood before: setting comes first, then removing, then
    adding. Places of what is unchanged stay what they were.
    """
    problems: list[Problem] = []
    root = base
    for key, value in _pairs(changes.get("set"), problems):
        root = _set(root, key, key.text.split("."), value, problems)
    removed = list(_texts(changes.get("remove"), problems))
    # From the last item of a list to the first, so that addresses stay true.
    for item in sorted(removed, key=_address, reverse=True):
        root = _remove(root, item, item.text.split("."), problems)
    for key, value in _pairs(changes.get("add"), problems):
        root = _add(root, key, value, problems)
    return root, tuple(problems)


def _pairs(node: Node | None, problems: list[Problem]) -> tuple[tuple[Text, Node], ...]:
    if node is None:
        return ()
    if isinstance(node, Fields):
        return node.pairs
    problems.append(problem("C001", node.place, "a mapping is needed here"))
    return ()


def _texts(node: Node | None, problems: list[Problem]) -> Iterator[Text]:
    if node is None:
        return
    for item in node if isinstance(node, Items) else (node,):
        if isinstance(item, Text) and not item.empty:
            yield item
        else:
            problems.append(problem("C001", item.place, "an address such as acts.reply is needed"))


def _address(item: Text) -> tuple[tuple[int, str], ...]:
    return tuple((int(p), "") if p.isdigit() else (0, p) for p in item.text.split("."))


def _set(root: Fields, key: Text, path: list[str], value: Node, problems: list[Problem]) -> Fields:
    # A new act or cast member is added, not set, so that a slip of the pen is noticed.
    parent = path[0] if len(path) == 2 and path[0] in ("acts", "cast", "sources") else ""
    section = root.get(parent) if parent else None
    if isinstance(section, Fields) and path[1] not in section:
        _not_there(key, path, [f"{parent}.{name.text}" for name, _ in section], problems)
        return root
    return _changed(root, key, path, value, problems)


def _remove(root: Fields, item: Text, path: list[str], problems: list[Problem]) -> Fields:
    return _changed(root, item, path, None, problems)


def _changed(
    root: Fields, key: Text, path: list[str], value: Node | None, problems: list[Problem]
) -> Fields:
    """The tree with one address set to a value, or without it."""
    if not all(path):
        _not_there(key, path, [], problems)
        return root
    found = _rebuilt(root, key, path, value)
    if isinstance(found, Fields):
        return found
    _not_there(key, path, _addresses(root, path), problems)
    return root


def _rebuilt(node: Node, key: Text, path: list[str], value: Node | None) -> Node | None:
    """A copy of a node with one address changed; None if it is not there."""
    step, rest = path[0], path[1:]
    if isinstance(node, Items):
        if not step.isdigit() or int(step) >= len(node):
            return None
        return _rebuilt_items(node, key, int(step), rest, value)
    if not isinstance(node, Fields) or (step not in node and (rest or value is None)):
        return None
    old_key = node.key(step) or Text(step, False, key.file, key.line, key.column, key.length)
    old = node.get(step)
    new = value if not rest or old is None else _rebuilt(old, key, rest, value)
    if rest and new is None:
        return None
    pairs = [(k, v) for k, v in node.pairs if k.text != step]
    if new is not None:
        at = next((i for i, (k, _) in enumerate(node.pairs) if k.text == step), len(pairs))
        pairs.insert(at, (old_key, new))
    return _fields(node, pairs)


def _rebuilt_items(
    node: Items, key: Text, index: int, rest: list[str], value: Node | None
) -> Node | None:
    items = list(node.items)
    new = value if not rest else _rebuilt(items[index], key, rest, value)
    if rest and new is None:
        return None
    items[index : index + 1] = [] if new is None else [new]
    return _items(node, items)


def _fields(like: Node, pairs: Iterable[tuple[Text, Node]]) -> Fields:
    found = Fields(like.file, like.line, like.column)
    found.fill(tuple(pairs))
    return found


def _items(like: Node, items: Iterable[Node]) -> Items:
    found = Items(like.file, like.line, like.column)
    found.items = tuple(items)
    return found


def _addresses(root: Fields, path: list[str]) -> list[str]:
    """The addresses beside the one that is not there, for the nearest word."""
    node: Node | None = root
    for depth, step in enumerate(path):
        if isinstance(node, Items):
            number = int(step) if step.isdigit() else -1
            inner = node.items[number] if 0 <= number < len(node) else None
            if inner is None:
                return [".".join((*path[:depth], str(n))) for n in range(len(node))]
        elif isinstance(node, Fields):
            inner = node.get(step)
            if inner is None:
                names = (key.text for key, _ in node)
                return [".".join((*path[:depth], name, *path[depth + 1 :])) for name in names]
        else:
            return []
        node = inner
    return []


def _not_there(key: Text, path: list[str], near: list[str], problems: list[Problem]) -> None:
    hint = _guess(key.text, near) or "use `add` for what is new"
    problems.append(problem("C032", key.place, f"nothing has the address '{key.text}'", hint))


def _add(root: Fields, key: Text, value: Node, problems: list[Problem]) -> Fields:
    """Join new entries to a section, which is made if there is none."""
    old = root.get(key.text)
    if old is None or (isinstance(old, Text) and old.empty):
        pairs = [pair for pair in root.pairs if pair[0].text != key.text]
        return _fields(root, [*pairs, (key, value)])
    if isinstance(old, Items) and isinstance(value, Items):
        joined: Node = _items(old, [*old.items, *value.items])
    elif isinstance(old, Fields) and isinstance(value, Fields):
        for name, _ in value:
            if name.text in old:
                text = f"'{key.text}.{name.text}' is there already"
                problems.append(problem("C019", name.place, text, "use `set` to change it"))
        joined = _fields(old, [*old.pairs, *(pair for pair in value if pair[0].text not in old)])
    else:
        kind = "list" if isinstance(old, Items) else "mapping"
        problems.append(problem("C001", value.place, f"'{key.text}' needs a {kind} here"))
        return root
    pairs = [(k, joined if k.text == key.text else v) for k, v in root.pairs]
    return _fields(root, pairs)


# --------------------------------------------------------------------------- reading a case

_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_CODE: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_CODES: Final = "use the ISO 3166-1 code; XA, XB, AA and ZZ are invented States"
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_RESERVED: Final = frozenset({"unknown", "none", "all", "item"})
_YES_NO: Final = {"yes": "true", "true": "true", "no": "false", "false": "false"}

_TOP: Final = (
    *("case", "title", "as_of", "default_source", "sources", "basis", "treaties", "readings"),
    *("cast", "acts", "facts", "absent", "claims", "judgements", "consider", "expect"),
    *("variants", "note"),
)
_CHANGES: Final = ("title", "as_of", "set", "remove", "add", "expect", "consider", "basis", "note")
_DATED: Final = ("date", "from", "until")
_NOTES: Final = ("source", "note")
# By what an entry of `consider` narrows: what the measure is aimed at, the mission, the act that
# it answers, or who fills a role.
NARROWING: Final = (
    *("on", "mission", "act", "over"),
    *("by", "against", "place", "object", "to", "for"),
)
_DATE_ATTRIBUTE: Final = Attribute("date", "date", "")
_PARTY: Final = Attribute("party", "party", "")


def read_case(
    data: bytes, file_name: str, vocabulary: Vocabulary, *, variant: str = "", partial: bool = False
) -> tuple[Case | None, tuple[Problem, ...]]:
    """A case, or one of its variants, from the bytes of a file; with everything wrong in it.

    `partial` reads the small case of a rule test, which has no id and no title.
    """
    nodes, found = source.read(data, file_name)
    problems = list(found)
    if not nodes:
        return None, tuple(problems)
    for extra in nodes[1:]:
        text = "a second document begins here; a file holds one case"
        problems.append(problem("C001", extra.place, text, "remove the line `---`"))
    root = nodes[0]
    if not isinstance(root, Fields):
        problems.append(problem("C001", root.place, "a case is a mapping that starts with `case:`"))
        return None, tuple(problems)
    digest = (
        f"sha256:{hashlib.sha256(data + (b'@' + variant.encode() if variant else b'')).hexdigest()}"
    )
    case, more = case_of(root, vocabulary, variant=variant, partial=partial, digest=digest)
    problems += more
    failed = any(one.severity == "error" for one in problems)
    return (None if failed else case), tuple(problems)


def case_of(
    root: Fields,
    vocabulary: Vocabulary,
    *,
    variant: str = "",
    partial: bool = False,
    digest: str = "",
) -> tuple[Case | None, tuple[Problem, ...]]:
    """A case from its nodes (after `apply_changes`, for a rule test)."""
    problems: list[Problem] = []
    if variant:
        root = _varied(root, variant, problems)
    reader = _CaseReader(root, vocabulary, problems, partial)
    case = reader.read(variant, digest)
    failed = any(one.severity == "error" for one in problems)
    return (None if failed else case), tuple(problems)


def _varied(root: Fields, variant: str, problems: list[Problem]) -> Fields:
    """The case with a variant's changes, its own title, date and expectations."""
    variants = root.get("variants")
    changes = variants.get(variant) if isinstance(variants, Fields) else None
    if not isinstance(changes, Fields):
        names = [k.text for k, _ in variants] if isinstance(variants, Fields) else []
        place = variants.place if variants is not None else root.place
        hint = _guess(variant, names) or _listed(names)
        problems.append(problem("U002", place, f"the case has no variant '{variant}'", hint))
        return root
    changed, more = apply_changes(root, changes)
    problems += more
    own = {k.text: (k, v) for k, v in changes if k.text not in ("set", "remove", "add", "note")}
    # What the case expects need not hold of a variant; what the variant expects does.
    pairs = [p for p in changed.pairs if p[0].text not in own and p[0].text != "expect"]
    return _fields(changed, [*pairs, *own.values()])


BASES: Final = ("assumed",)  # what the facts of a case may be, if they are not reported


def _guess(word: str, choices: Iterable[str]) -> str:
    from comity.problems import nearest  # only when something is wrong

    near = nearest(word, sorted(choices))
    return f"did you mean '{near}'?" if near else ""


def _listed(words: Iterable[str], most: int = 12) -> str:
    found = list(words)
    shown = ", ".join(found[:most])
    return f"one of: {shown}{', ...' if len(found) > most else ''}" if found else ""


class _CaseReader:
    """Reads the sections of one case; every fault goes to `problems`."""

    def __init__(
        self, root: Fields, vocabulary: Vocabulary, problems: list[Problem], partial: bool
    ) -> None:
        self.root = root
        self.vocabulary = vocabulary
        self.problems = problems
        self.partial = partial
        self.cast_names = self._names("cast")
        self.act_names = self._names("acts")
        self.source_names = self._names("sources")
        self.default_source = ""
        self.as_of = ANY_DAY

    def _names(self, section: str) -> tuple[str, ...]:
        node = self.root.get(section)
        return tuple(key.text for key, _ in node) if isinstance(node, Fields) else ()

    def fault(self, code: str, node: Node | None, text: str, hint: str = "") -> None:
        place = (node if node is not None else self.root).place
        self.problems.append(problem(code, place, text, hint))

    # ------------------------------------------------------------------ the whole

    def read(self, variant: str, digest: str) -> Case:
        root = self.root
        self.allowed(root, _TOP, "a case")
        if not self.partial:
            for name in ("case", "title"):
                node = root.get(name)
                if node is None:
                    self.fault("C002", root, f"the case has no `{name}`")
                elif isinstance(node, Text) and not node.text.strip():
                    self.fault("C002", node, f"`{name}` says nothing", "write it out")
        id_ = self.text(root, "case") or "test"
        if _NAME.fullmatch(id_) is None:
            advice = "use small letters, digits and hyphens"
            self.fault("C025", root.get("case"), f"'{id_}' cannot name a case", advice)
        as_of_text = self._as_of()
        self.default_source = self._source_key(root.get("default_source"))
        sources = self._sources()
        cast = {k.text: self._member(k, v) for k, v in self.fields("cast")}
        acts = [self._act(k, v) for k, v in self.fields("acts")]
        facts = [self._status("facts", n, v, True) for n, v in enumerate(self.items("facts"))]
        absent = [self._status("absent", n, v, False) for n, v in enumerate(self.items("absent"))]
        consider = self._consider()
        case = Case(
            id=id_,
            title=self.text(root, "title"),
            as_of=self.as_of,
            as_of_text=as_of_text,
            cast={name: member for name, member in cast.items() if member is not None},
            acts=tuple(act for act in acts if act is not None),
            facts=tuple(status for status in facts if status is not None),
            absent=tuple(status for status in absent if status is not None),
            claims=tuple(self._claims()),
            judgements=tuple(self._judgements()),
            sources=sources,
            basis=self._basis(),
            treaties=self._treaties(),
            readings=self._readings(),
            consider=consider,
            expect=tuple(self._expectations(self.items("expect"))),
            variants=self._variants(),
            variant=variant,
            digest=digest,
            file=root.file,
        )
        if not case.acts and not consider and not self.act_names and not self.partial:
            advice = "add an act, or a measure under `consider`"
            self.fault("C030", root, "there is nothing to check: no acts and no measures", advice)
        self._cycles()
        self._contradictions(case)
        return case

    def _basis(self) -> str:
        """What the facts are; "" for what is reported."""
        word = self.text(self.root, "basis")
        if word not in ("", *BASES):
            node = self.root.get("basis") or self.root
            self.fault("C015", node, f"`basis` cannot be '{word}'", _listed(BASES))
        return word

    def _as_of(self) -> str:
        node = self.root.get("as_of")
        if node is None:
            advice = "write the date of the case; the clock is never read"
            self.fault("C002", self.root, "the case has no `as_of`", advice)
            return ""
        stated = self.stated(node, _DATE_ATTRIBUTE, "as_of", "case")
        self.as_of = days(stated) or ANY_DAY
        return stated.only if stated is not None else ""

    # ------------------------------------------------------------------ shapes

    def allowed(self, node: Fields, names: Iterable[str], what: str) -> None:
        """Report the keys that nothing reads."""
        known = tuple(names)
        for key, _ in node:
            if key.text not in known:
                self._unknown_key(key, known, what)

    def _unknown_key(self, key: Text, known: Iterable[str], what: str) -> None:
        advice = self.vocabulary.advice(key.text)
        if advice:
            self.fault("C031", key, f"'{key.text}' is a conclusion, not a fact", advice)
            return
        hint = _guess(key.text, known) or _listed(known)
        self.fault("C003", key, f"unknown key '{key.text}' in {what}", hint)

    def fields(self, section: str) -> tuple[tuple[Text, Node], ...]:
        node = self.root.get(section)
        if node is None or (isinstance(node, Text) and node.empty):
            return ()
        if isinstance(node, Fields):
            return node.pairs
        self.fault("C001", node, f"`{section}` is a mapping of names")
        return ()

    def items(self, section: str) -> tuple[Node, ...]:
        node = self.root.get(section)
        if node is None or (isinstance(node, Text) and node.empty):
            return ()
        if isinstance(node, Items):
            return node.items
        self.fault("C001", node, f"`{section}` is a list", "begin each entry with `- `")
        return ()

    def mapping(self, node: Node, what: str) -> Fields | None:
        if isinstance(node, Fields):
            return node
        self.fault("C001", node, f"{what} is a mapping, such as {{key: value}}")
        return None

    def text(self, node: Fields, name: str) -> str:
        """A plain text, "" when it is not written."""
        found = node.get(name)
        if found is None or (isinstance(found, Text) and found.empty):
            return ""
        if isinstance(found, Text):
            return found.text.strip()
        self.fault("C001", found, f"`{name}` is a text")
        return ""

    def texts(self, node: Fields, name: str) -> tuple[Text, ...]:
        """A text or a list of texts."""
        found = node.get(name)
        if found is None:
            return ()
        return tuple(_texts(found, self.problems))

    def name(self, key: Text, what: str) -> bool:
        """Whether a name can be used for a cast member, an act or another entry."""
        if _NAME.fullmatch(key.text) is None:
            text = f"'{key.text}' cannot name {what}"
            hint = "use small letters, digits and hyphens"
            if _CODE.fullmatch(key.text):
                code, text = "C019", f"'{key.text}' is a State's code and cannot name {what}"
            else:
                code = "C025"
            self.fault(code, key, text, hint)
            return False
        if key.text in _RESERVED:
            self.fault("C025", key, f"'{key.text}' is a word of the format", "choose another name")
            return False
        return True

    # ------------------------------------------------------------------ values

    def _source_key(self, node: Node | None) -> str:
        if node is None:
            return ""
        if not isinstance(node, Text):
            self.fault("C001", node, "`source` names one key of `sources`")
            return ""
        if node.text not in self.source_names:
            hint = _guess(node.text, self.source_names) or "add it under `sources`"
            self.fault("C016", node, f"unknown source '{node.text}'", hint)
        return node.text

    def stated(
        self, node: Node, attribute: Attribute, path: str, owner: str, given: str = ""
    ) -> Stated | None:
        """A value as written: `x`, `[x, y]`, `unknown`, `{value: x, source: s}` or
        `{values: [x, y], source: s}`. `given` is the source of the entry around it."""
        conflicting = False
        if isinstance(node, Fields):
            self.allowed(node, ("value", "values", *_NOTES), f"`{path}`")
            given = self._source_key(node.get("source")) or given
            conflicting = "values" in node
            inner = node.get("values") if conflicting else node.get("value")
            if inner is None or (conflicting and not isinstance(inner, Items)):
                hint = "write {value: ..., source: ...} or {values: [..., ...], source: ...}"
                self.fault("C001", node, f"`{path}` has no value", hint)
                return None
            node = inner
        parts = self._parts(node, attribute, path, conflicting)
        if parts is None:
            return None
        shown = ", ".join(part.text for part in parts)
        fact = Fact(path, shown, given or self.default_source, node.place)
        if len(parts) == 1 and parts[0].text == "unknown":
            return Stated((), fact)
        values = [self._value(part, attribute, owner) for part in parts]
        if any(value is None for value in values):
            return None
        kept = tuple(dict.fromkeys(value for value in values if value is not None))
        return Stated(kept, fact, conflicting and len(kept) > 1)

    def _parts(
        self, node: Node, attribute: Attribute, path: str, conflicting: bool
    ) -> tuple[Text, ...] | None:
        """The texts of a value, checked for shape."""
        if isinstance(node, Items):
            if not conflicting and attribute.type not in ("choices", "party", "text"):
                hint = "when reports differ, write {values: [..., ...]}"
                self.fault("C004", node, f"`{path}` takes one value", hint)
                return None
            parts = tuple(item for item in node if isinstance(item, Text) and not item.empty)
            if len(parts) != len(node) or (not parts and attribute.type != "choices"):
                self.fault("C001", node, f"`{path}` is a list of plain words")
                return None
            return parts
        if isinstance(node, Text) and not node.empty:
            return (node,)
        if isinstance(node, Text):
            hint = "write `unknown`, or leave the key out"
            self.fault("C004", node, f"`{path}` has no value", hint)
        else:
            self.fault("C001", node, f"`{path}` is a plain value")
        return None

    def _value(self, part: Text, attribute: Attribute, owner: str) -> str | None:
        """One value of an attribute as it is kept, or None with a fault."""
        word = part.text
        match attribute.type:
            case "choice" | "choices":
                return word if self._in_list(part, attribute, owner) else None
            case "boolean":
                if word in _YES_NO:
                    return _YES_NO[word]
                self.fault("C004", part, f"'{attribute.name}' takes yes or no, not '{word}'")
            case "number":
                if _NUMBER.fullmatch(word):
                    return word
                unit = f" ({attribute.unit})" if attribute.unit else ""
                self.fault("C022", part, f"'{word}' is not a number{unit}", "write it plain: 15")
            case "duration":
                if parse_hours(word) is not None:
                    return word
                self.fault("C022", part, f"'{word}' is not a duration", "write 48 h, 3 d or 2 w")
            case "date":
                if parse_days(word) is not None:
                    return word
                hint = "write 2026, 2026-02 or 2026-02-21"
                self.fault("C020", part, f"'{word}' is not a date", hint)
            case "party":
                return word if word == "none" or self.party(part) else None
            case _:
                return word
        return None

    def _in_list(self, part: Text, attribute: Attribute, owner: str) -> bool:
        word = part.text
        if word in attribute.values:
            return True
        advice = self.vocabulary.advice(word, f"{owner}.{attribute.name}")
        if advice:
            self.fault("C031", part, f"'{word}' is a conclusion, not a fact", advice)
        else:
            hint = _guess(word, attribute.values) or _listed(attribute.values)
            text = f"unknown value '{word}' of '{attribute.name}'"
            if word in ("yes", "no") and not attribute.values:
                text = f"'{attribute.name}' is not a yes-or-no term"
            self.fault("C015", part, text, hint)
        return False

    def party(self, part: Text) -> bool:
        """Whether a text names a cast member or a State."""
        word = part.text
        if word in self.cast_names:
            return True
        if _CODE.fullmatch(word):
            if word in self.vocabulary.countries:
                return True
            self.fault("C023", part, f"unknown country code '{word}'", _CODES)
            return False
        by_name = {name.lower(): code for code, name in self.vocabulary.countries.items()}
        code = by_name.get(word.lower())
        hint = f"write {code} for the State" if code else _guess(word, self.cast_names)
        hint = hint or "add it to `cast`, or write a State's code"
        self.fault("C011", part, f"nobody in the cast is named '{word}'", hint)
        return False

    def act_name(self, part: Text) -> bool:
        if part.text in self.act_names:
            return True
        hint = _guess(part.text, self.act_names) or _listed(self.act_names)
        self.fault("C026", part, f"the case has no act '{part.text}'", hint)
        return False

    def dated(
        self, node: Fields, path: str, given: str, names: Iterable[str] = _DATED
    ) -> dict[str, Stated]:
        """The dates of an entry, checked against each other."""
        found = {}
        for name in names:
            part = node.get(name)
            if part is not None:
                stated = self.stated(part, _DATE_ATTRIBUTE, f"{path}.{name}", "date", given)
                if stated is not None:
                    found[name] = stated
        since, until = days(found.get("from")), days(found.get("until"))
        if since is not None and until is not None and until.last < since.first:
            self.fault("C021", node.get("until"), "it ends before it begins", "correct the dates")
        if "date" in found and ("from" in found or "until" in found):
            hint = "write `date` for one day, `from` and `until` for a stretch of time"
            self.fault("C021", node.get("date"), "it has both a date and a stretch of time", hint)
        return found

    # ------------------------------------------------------------------ sections

    def _sources(self) -> dict[str, Source]:
        found = {}
        for key, node in self.fields("sources"):
            entry = self.mapping(node, f"source '{key.text}'")
            if entry is None or not self.name(key, "a source"):
                continue
            self.allowed(entry, ("title", "date", "publisher", "note", "url"), "a source")
            if "title" not in entry:
                self.fault("C002", key, f"source '{key.text}' has no `title`")
            self.dated(entry, f"sources.{key.text}", "", ("date",))
            texts = {n: self.text(entry, n) for n in ("title", "date", "publisher", "note", "url")}
            found[key.text] = Source(key.text, **texts)
        return found

    def _member(self, key: Text, node: Node) -> Member | None:
        path = f"cast.{key.text}"
        entry = self.mapping(node, f"'{key.text}'")
        named = self.name(key, "a cast member")
        if entry is None or not named:
            return None
        given = self._source_key(entry.get("source"))
        kind_node = entry.get("is")
        if not isinstance(kind_node, Text) or kind_node.empty:
            hint = _listed(self.vocabulary.cast)
            self.fault("C002", kind_node or key, f"'{key.text}' does not say what it `is`", hint)
            return None
        kind = self.vocabulary.cast.get(kind_node.text)
        if kind is None:
            hint = _guess(kind_node.text, self.vocabulary.cast) or _listed(self.vocabulary.cast)
            self.fault("C010", kind_node, f"unknown kind of cast member '{kind_node.text}'", hint)
            return None
        fact = Fact(f"{path}.is", kind.name, given or self.default_source, kind_node.place)
        self._needed(entry, key, {"mission": ("sending", "receiving"), "organ": ("of",)}, kind.name)
        attributes: dict[str, Stated] = {}
        used: tuple[Span, ...] | None = None
        for name, value in entry:
            attribute = kind.attributes.get(name.text)
            if name.text in ("is", *_NOTES):
                continue
            if attribute is None:
                known = ("is", *kind.attributes, *_NOTES)
                self._unknown_key(name, known, f"a {kind.name}")
            elif attribute.type == "spans":
                used = self._spans(value, attribute, f"{path}.{name.text}", given)
            else:
                stated = self.stated(value, attribute, f"{path}.{name.text}", kind.name, given)
                if stated is not None:
                    attributes[name.text] = stated
        since, until = days(attributes.get("from")), days(attributes.get("until"))
        if since is not None and until is not None and until.last < since.first:
            self.fault("C021", entry.get("until"), "it ends before it begins", "correct the dates")
        return Member(key.text, kind.name, fact, attributes, used)

    def _needed(
        self, entry: Fields, key: Text, needs: Mapping[str, tuple[str, ...]], kind: str
    ) -> None:
        for name in needs.get(kind, ()):
            if name not in entry:
                self.fault("C002", key, f"'{key.text}' has no `{name}`", "write it, or `unknown`")

    def _spans(
        self, node: Node, attribute: Attribute, path: str, given: str
    ) -> tuple[Span, ...] | None:
        """The dated uses of a place; `none` says that nobody used it as a mission does."""
        if isinstance(node, Text) and node.text in ("none", "unknown"):
            return () if node.text == "none" else None
        if not isinstance(node, Items):
            hint = "write [{by: embassy, as: chancery, from: 2002}]"
            self.fault("C001", node, f"`{path}` is a list of uses", hint)
            return None
        use = Attribute("as", "choice", attribute.definition, attribute.values)
        found = []
        for number, item in enumerate(node):
            entry = self.mapping(item, "a use")
            if entry is None:
                continue
            here = f"{path}.{number}"
            self.allowed(entry, ("by", "as", "from", "until", *_NOTES), "a use")
            source_key = self._source_key(entry.get("source")) or given
            parts = {}
            for name, kind in (("by", _PARTY), ("as", use)):
                value = entry.get(name)
                if value is None:
                    self.fault("C002", entry, f"a use has no `{name}`")
                    continue
                parts[name] = self.stated(value, kind, f"{here}.{name}", "place.used", source_key)
            dates = self.dated(entry, here, source_key, ("from", "until"))
            by, as_ = parts.get("by"), parts.get("as")
            if by is not None and as_ is not None:
                found.append(Span(by, as_, dates.get("from"), dates.get("until")))
        return tuple(found)

    # ------------------------------------------------------------------ acts

    def _act(self, key: Text, node: Node) -> Act | None:
        path = f"acts.{key.text}"
        entry = self.mapping(node, f"act '{key.text}'")
        named = self.name(key, "an act")
        if entry is None or not named:
            return None
        given = self._source_key(entry.get("source"))
        type_ = self._act_type(entry, key)
        roles: dict[str, Stated] = {}
        attributes: dict[str, Stated] = {}
        plain = ("type", "stage", "mission", *_DATED, *_NOTES)
        for name, value in entry:
            here = f"{path}.{name.text}"
            if name.text in plain:
                continue
            if name.text in self.vocabulary.act_roles:
                filled = self._role(name, value, here, type_, given)
                if filled is not None:
                    roles[name.text] = filled
            elif name.text in self.vocabulary.attributes:
                attribute = self.vocabulary.attributes[name.text]
                stated = self.stated(value, attribute, here, "act", given)
                if stated is not None:
                    attributes[name.text] = stated
            else:
                known = (*plain, *self.vocabulary.act_roles, *self.vocabulary.attributes)
                self._unknown_key(name, known, "an act")
        dates = self.dated(entry, path, given)
        stage = self._stage(entry, path, given)
        mission = self._mission(entry, path, given)
        self._after_the_case(entry, dates, stage[0])
        if type_ is None:
            return None
        self._needs(key, entry, type_)
        written = entry.get("type") or key
        return Act(
            name=key.text,
            type=type_,
            stage=stage[0],
            fact=Fact(f"{path}.type", type_, given or self.default_source, written.place),
            attributes=attributes,
            roles=roles,
            mission=mission,
            date=dates.get("date"),
            since=dates.get("from"),
            until=dates.get("until"),
            stage_fact=stage[1],
        )

    def _act_type(self, entry: Fields, key: Text) -> str | None:
        node = entry.get("type")
        if not isinstance(node, Text) or node.empty:
            self.fault("C002", node or key, f"act '{key.text}' has no `type`")
            return None
        if node.text in self.vocabulary.acts:
            return node.text
        advice = self.vocabulary.advice(node.text, "act.type")
        if advice:
            self.fault("C031", node, f"'{node.text}' is a conclusion, not an act", advice)
        else:
            hint = _guess(node.text, self.vocabulary.acts)
            self.fault("C012", node, f"unknown act type '{node.text}'", hint)
        return None

    def _role(
        self, name: Text, node: Node, path: str, type_: str | None, given: str
    ) -> Stated | None:
        """Who fills a role of an act; None when nobody does."""
        role = name.text
        if type_ is not None:
            kind = self.vocabulary.acts[type_]
            if role not in (*kind.needs, *kind.may):
                roles = ", ".join((*kind.needs, *kind.may))
                text = f"'{type_}' has no role '{role}'"
                self.fault("C013", name, text, f"it has: {roles}")
                return None
        if isinstance(node, Text) and node.text == "none":
            return None
        if role in ("over", "answers"):
            stated = self.stated(node, Attribute(role, "text", ""), path, "act", given)
            if stated is None:
                return None
            inner = node.get("value") or node.get("values") if isinstance(node, Fields) else node
            for part in _texts(inner, self.problems):
                if part.text != "unknown":
                    self.act_name(part)
            return stated
        stated = self.stated(node, _PARTY, path, "act", given)
        for value in stated.values if stated is not None else ():
            self._fills(node, role, value)
        return stated

    def _fills(self, node: Node, role: str, name: str) -> bool:
        """Whether a party can fill a role; its kind is reported if not."""
        cast = self.root.get("cast")
        member = cast.get(name) if isinstance(cast, Fields) else None
        written = member.get("is") if isinstance(member, Fields) else None
        kind = self.vocabulary.cast.get(written.text) if isinstance(written, Text) else None
        if kind is None and _CODE.fullmatch(name):
            kind = self.vocabulary.cast.get("state")
        if kind is not None and role not in kind.fills:
            able = [k.name for k in self.vocabulary.cast.values() if role in k.fills]
            text = f"'{role}' cannot be a {kind.name} ('{name}')"
            self.fault("C004", node, text, f"it takes: {', '.join(able)}")
            return False
        return True

    def _needs(self, key: Text, entry: Fields, type_: str) -> None:
        for role in self.vocabulary.acts[type_].needs:
            node = entry.get(role)
            if node is None or (isinstance(node, Text) and node.text == "none"):
                text = f"'{type_}' needs the role '{role}'"
                self.fault("C014", key, text, "fill it, or write `unknown`")

    def _stage(self, entry: Fields, path: str, given: str) -> tuple[str, Fact | None]:
        node = entry.get("stage")
        if node is None:
            return "done", None
        choice = Attribute("stage", "choice", "", dict.fromkeys(STAGES, ""))
        stated = self.stated(node, choice, f"{path}.stage", "act", given)
        if stated is None or not stated.only:
            if stated is not None:
                self.fault("C015", node, "an act has one stage", _listed(STAGES))
            return "done", None
        return stated.only, stated.fact

    def _mission(self, entry: Fields, path: str, given: str) -> Stated | None:
        node = entry.get("mission")
        if node is None:
            return None
        stated = self.stated(node, _PARTY, f"{path}.mission", "act", given)
        for name in stated.values if stated is not None else ():
            if not self._is_mission(node, name):
                return None
        return stated

    def _is_mission(self, node: Node, name: str) -> bool:
        cast = self.root.get("cast")
        member = cast.get(name) if isinstance(cast, Fields) else None
        kind = member.get("is") if isinstance(member, Fields) else None
        if isinstance(kind, Text) and kind.text == "mission":
            return True
        self.fault("C004", node, f"'{name}' is not a mission")
        return False

    def _after_the_case(self, entry: Fields, dates: Mapping[str, Stated], stage: str) -> None:
        began = days(dates.get("date") or dates.get("from"))
        if stage == "done" and began is not None and began.first > self.as_of.last:
            node = entry.get("date") or entry.get("from")
            hint = "give it a stage such as planned, or move `as_of`"
            self.fault("C021", node, "an act that was done lies after `as_of`", hint)

    def _cycles(self) -> None:
        """Report acts that lead back to themselves through `over` and `answers`."""
        links: dict[str, list[Text]] = {}
        for key, node in self.fields("acts"):
            parts = [node.get(r) for r in ("over", "answers")] if isinstance(node, Fields) else []
            flat = (
                i for p in parts if p is not None for i in (p if isinstance(p, Items) else (p,))
            )
            links[key.text] = [part for part in flat if isinstance(part, Text)]
        closed: set[str] = set()
        for name in links:
            self._walk(name, links, closed)

    def _walk(self, start: str, links: Mapping[str, list[Text]], closed: set[str]) -> None:
        """Follow the references from one act; `closed` holds those that lead nowhere twice."""
        trail = {start: iter(links[start])} if start not in closed else {}
        while trail:
            name = next(reversed(trail))
            part = next(trail[name], None)
            if part is None:
                closed.add(name)
                del trail[name]
            elif part.text in trail:
                names = list(trail)
                circle = " -> ".join((*names[names.index(part.text) :], part.text))
                self.fault("C024", part, f"these acts refer to each other: {circle}")
            elif part.text in links and part.text not in closed:
                trail[part.text] = iter(links[part.text])

    # ------------------------------------------------------------------ dated facts

    def _status(self, section: str, number: int, node: Node, holds: bool) -> Status | None:
        path = f"{section}.{number}"
        entry = self.mapping(node, "a dated fact")
        if entry is None:
            return None
        what = entry.get("what")
        if not isinstance(what, Text) or what.empty:
            hint = _listed(self.vocabulary.statuses)
            self.fault("C002", what or entry, "a dated fact has no `what`", hint)
            return None
        kind = self.vocabulary.statuses.get(what.text)
        if kind is None:
            known = self.vocabulary.statuses
            hint = self.vocabulary.advice(what.text) or _guess(what.text, known) or _listed(known)
            self.fault("C018", what, f"unknown kind of dated fact '{what.text}'", hint)
            return None
        given = self._source_key(entry.get("source"))
        values = self.dated(entry, path, given)
        for name, value in entry:
            parameter = kind.parameters.get(name.text)
            if name.text in ("what", *_DATED, *_NOTES):
                continue
            if parameter is None:
                known_keys = ("what", *kind.parameters, *_DATED, *_NOTES)
                self._unknown_key(name, known_keys, f"`{kind.name}`")
                continue
            if parameter.name in ("for", "covers") and parameter.type == "text":
                self._about_acts(value, parameter.name)
            stated = self.stated(value, parameter, f"{path}.{name.text}", kind.name, given)
            if stated is not None:
                values[name.text] = stated
        if holds:
            for name_ in kind.needs:
                if name_ not in entry:
                    self.fault("C002", what, f"'{kind.name}' has no `{name_}`")
        fact = Fact(f"{path}.what", kind.name, given or self.default_source, what.place)
        return Status(kind.name, fact, values)

    def _about_acts(self, node: Node, parameter: str) -> None:
        """Check what a consent, a waiver or an agreement is for: an act, a type of act, a measure
        or `all`; an agreement also a role."""
        v = self.vocabulary
        known: set[str] = {"all", "unknown", *self.act_names, *v.acts}
        if parameter == "covers":
            known |= {*v.person_roles, *v.families, *v.tags}
        for part in _texts(node, self.problems) if isinstance(node, (Text, Items)) else ():
            # Measures are named like act types; the rulebook, which has them, comes later.
            if part.text not in known and "_" not in part.text:
                hint = _guess(part.text, known)
                self.fault("C026", part, f"the case has no act '{part.text}'", hint)

    def _contradictions(self, case: Case) -> None:
        """Report what is said both to hold and to be absent at the same time."""
        for missing in case.absent:
            for held in case.facts:
                if _same(held, missing) and _overlap(held, missing):
                    text = f"'{missing.kind}' is said both to hold and to be absent"
                    hint = "remove one, or give them dates that do not overlap"
                    self.problems.append(problem("C033", missing.fact.place, text, hint))

    # ------------------------------------------------------------------ words about the acts

    def _claims(self) -> Iterator[Claim]:
        for number, node in enumerate(self.items("claims")):
            entry = self.mapping(node, "a claim")
            if entry is None:
                continue
            self.allowed(entry, ("by", "about", "says", "date", *_NOTES), "a claim")
            for name in ("by", "says"):
                if name not in entry:
                    self.fault("C002", entry, f"a claim has no `{name}`")
            self.dated(entry, f"claims.{number}", "", ("date",))
            about = self.texts(entry, "about")
            for part in about:
                self._subject(part)
            given = self._source_key(entry.get("source")) or self.default_source
            by = ", ".join(part.text for part in self.texts(entry, "by"))
            says = self.text(entry, "says")
            fact = Fact(f"claims.{number}", says, given, entry.place)
            topics = ", ".join(part.text for part in about)
            yield Claim(by, topics, says, self.text(entry, "date"), fact)

    def _subject(self, part: Text) -> bool:
        """Whether a text names an act or a cast member."""
        if part.text in self.act_names or part.text in self.cast_names:
            return True
        if _CODE.fullmatch(part.text) and part.text in self.vocabulary.countries:
            return True
        hint = _guess(part.text, (*self.act_names, *self.cast_names))
        self.fault("C026", part, f"the case has no act or cast member '{part.text}'", hint)
        return False

    def _judgements(self) -> Iterator[Judgement]:
        keys = ("of", "term", "value", "by", "why", "rests_on", *_NOTES)
        for number, node in enumerate(self.items("judgements")):
            entry = self.mapping(node, "a judgement")
            if entry is None:
                continue
            self.allowed(entry, keys, "a judgement")
            complete = True
            for name in ("of", "term", "value", "by", "why"):
                if name not in entry:
                    self.fault("C002", entry, f"a judgement has no `{name}`")
                    complete = False
            value = self._among(entry, "value", self.vocabulary.grades, "grade", "C017")
            term = self._among(entry, "term", self.vocabulary.judgements, "judgement", "C017")
            of = entry.get("of")
            if isinstance(of, Text) and not self._subject(of):
                continue
            rests_on = self.texts(entry, "rests_on")
            for part in rests_on:
                if "." not in part.text:
                    self._subject(part)
            given = self._source_key(entry.get("source")) or self.default_source
            by = ", ".join(part.text for part in self.texts(entry, "by"))
            if complete and value and term:
                yield Judgement(
                    of=self.text(entry, "of"),
                    term=term,
                    value=value,
                    by=by,
                    why=self.text(entry, "why"),
                    rests_on=tuple(part.text for part in rests_on),
                    fact=Fact(f"judgements.{number}", value, given, entry.place),
                )

    def _among(self, entry: Fields, name: str, known: Iterable[str], what: str, code: str) -> str:
        """A word out of a list, "" with a fault when it is none."""
        node = entry.get(name)
        word = self.text(entry, name)
        if not isinstance(node, Text) or word in known:
            return word
        hint = _guess(word, known) or _listed(known)
        self.fault(code, node, f"unknown {what} '{word}'", hint)
        return ""

    # ------------------------------------------------------------------ the rest

    def _treaties(self) -> dict[str, Fact]:
        found = {}
        for number, node in enumerate(self.items("treaties")):
            if not isinstance(node, Text):
                self.fault("C001", node, "`treaties` is a list of instruments")
                continue
            if node.text not in self.vocabulary.instruments:
                known = self.vocabulary.instruments
                hint = _guess(node.text, known) or _listed(known)
                self.fault("C015", node, f"unknown instrument '{node.text}'", hint)
                continue
            path = f"treaties.{number}"
            found[node.text] = Fact(path, node.text, self.default_source, node.place)
        return found

    def _readings(self) -> dict[str, Fact]:
        found = {}
        for key, node in self.fields("readings"):
            if isinstance(node, Text) and not node.empty:
                path = f"readings.{key.text}"
                found[key.text] = Fact(path, node.text, "", node.place)
            else:
                self.fault("C001", node, f"reading '{key.text}' takes one value")
        return found

    def _consider(self) -> tuple[Consider, ...] | None:
        node = self.root.get("consider")
        if node is None:
            return None
        if isinstance(node, Text) and node.text == "none":
            return ()
        if not isinstance(node, Items) or not node.items:
            hint = "write `none`, or a list such as [{measure: enter_premises}]"
            self.fault("C001", node, "`consider` is `none` or a list of measures", hint)
            return None
        found = []
        for item in node:
            entry = self.mapping(item, "an entry of `consider`")
            if entry is not None:
                found.append(self._considered(entry))
        return tuple(found)

    def _considered(self, entry: Fields) -> Consider:
        self.allowed(entry, ("measure", "date", *NARROWING, "note"), "`consider`")
        if not any(key.text != "note" for key, _ in entry):
            hint = "name a measure, or what it is aimed at"
            self.fault("C002", entry, "an entry of `consider` asks for nothing", hint)
        on = {}
        for name in NARROWING:
            parts = self.texts(entry, name)
            known = tuple(part.text for part in parts if self._narrows(name, part))
            if known:
                on[name] = known
        date, when = self._measure_date(entry)
        place = (entry.get("measure") or entry).place
        return Consider(self.text(entry, "measure"), date, on, place, when)

    def _narrows(self, name: str, part: Text) -> bool:
        """Whether a name can stand under a key of `consider`."""
        if name in ("act", "over"):
            return self.act_name(part)
        if name == "on":
            return self._subject(part)
        if not self.party(part):
            return False
        if name == "mission":
            return self._is_mission(part, part.text)
        return self._fills(part, name, part.text)

    def _measure_date(self, entry: Fields) -> tuple[str, Days | None]:
        """The day on which a measure is taken; "" for the date of the case."""
        node = entry.get("date")
        if node is None:
            return "", None
        text = self.text(entry, "date")
        when = parse_days(text)
        if when is None:
            if isinstance(node, Text):
                hint = "write 2026, 2026-02 or 2026-02-21, or leave it out for the date of the case"
                self.fault("C020", node, f"'{text}' is not a date", hint)
            return "", None
        if when.first > self.as_of.last:
            hint = "set a later `as_of`, or make a variant with one"
            text = "the measure is dated after `as_of`, of which the case knows nothing"
            self.fault("C021", node, text, hint)
            return "", None
        when = Days(when.first, min(when.last, self.as_of.last))
        return ("", None) if when == self.as_of else (text, when)

    def _expectations(self, nodes: Iterable[Node]) -> Iterator[Expectation]:
        keys = (
            "act",
            "measure",
            "on",
            "cite",
            "rule",
            "outcome",
            "status",
            "mission",
            "date",
            "todo",
        )
        for node in nodes:
            entry = self.mapping(node, "an expectation")
            if entry is None:
                continue
            self.allowed(entry, (*keys, "note"), "an expectation")
            act = entry.get("act")
            if isinstance(act, Text):
                base = act.text.split("#")[0]
                self.act_name(Text(base, False, act.file, act.line, act.column, act.length))
            wanted = "status" if "measure" in entry else "outcome"
            if wanted not in entry:
                self.fault("C002", entry, f"an expectation has no `{wanted}`")
            if "act" not in entry and "measure" not in entry:
                self.fault("C002", entry, "an expectation names an `act` or a `measure`")
            words = STATUSES if wanted == "status" else OUTCOMES
            texts = {name: self.text(entry, name) for name in keys if name not in words}
            outcome = self._among(entry, wanted, words, wanted, "C015")
            texts.pop("status"), texts.pop("outcome")
            yield Expectation(outcome=outcome, place=entry.place, **texts)

    def _variants(self) -> dict[str, Variant]:
        found = {}
        for key, node in self.fields("variants"):
            entry = self.mapping(node, f"variant '{key.text}'")
            if entry is None or not self.name(key, "a variant"):
                continue
            self.allowed(entry, _CHANGES, "a variant")
            found[key.text] = Variant(key.text, self.text(entry, "title") or key.text, key.place)
        return found


def _same(one: Status, other: Status) -> bool:
    """Whether two dated facts say the same, dates, words and sources apart."""
    apart = {*_DATED, "form", "scope"}
    plain = [
        {name: frozenset(s.values) for name, s in status.values.items() if name not in apart}
        for status in (one, other)
    ]
    return one.kind == other.kind and plain[0] == plain[1]


def _overlap(one: Status, other: Status) -> bool:
    spans = []
    for status in (one, other):
        since = days(status.values.get("from") or status.values.get("date")) or ANY_DAY
        until = days(status.values.get("until") or status.values.get("date")) or ANY_DAY
        spans.append((since.first, until.last))
    (a, b), (c, d) = spans
    return a <= d and c <= b
