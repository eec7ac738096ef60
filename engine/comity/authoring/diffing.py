"""Two rulebooks compared: what changed in them, and what that changes in cases, and through what.

The rulebooks are compared document by document as they are written, so that a change can be told
in the words of its author; the cases are answered by both, and every difference is traced to the
rule, or to the concepts, readings and words on which the rule rests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, field

from comity import caching
from comity.casefile import read_case
from comity.checking import Checked, Loaded, check, ready
from comity.compiling import leaves
from comity.conditions import conditions_of
from comity.layering import Layers, Thing, read_words
from comity.library import by_folder, digest_of, split
from comity.model import Atom, ConceptIs, Condition, Logic, Rule
from comity.packs import read_packs
from comity.phrasing import listed
from comity.problems import Problem, problem
from comity.reporting import Option
from comity.resolving import Judged
from comity.rulereader import read_all, read_documents
from comity.running import Engine, EngineFault
from comity.sheets import Faults
from comity.source import Fields, Node
from comity.vocabulary import FILES, Vocabulary

#: What people read and no rule evaluates: that it changed is said, and not how.
ABOUT: Final = frozenset(
    {"title", "note", "references", "see", "map", "verified", "author", "date", "modified"}
    | {"text", "says", "why", "held_by", "judgement", "no_exceptions", "question", "phrase"}
    | {"procedure", "norm_map_status", "definition", "ask", "why_no_ask", "finding"}
)
NAMED: Final = {  # what a key of a document is called in a sentence
    "applies": "when it applies",
    "departs": "what departs from it",
    "trigger": "the acts it looks at",
    "except": "exception",
    "readings": "reading",
    "presume": "presumptions",
    "true_when": "what makes it true",
    "false_when": "what makes it false",
    "closed": "whether it is false when nothing makes it true",
    "default": "the default",
    "values": "value",
    "norm": "the norm",
    "where": "where it makes sense",
    "bind": "who fills its roles",
    "act": "the act it would be",
}
BY_NAME: Final = frozenset({"except", "unless", "values", "readings"})


class Side(Struct, frozen=True):
    """One of the two rulebooks."""

    name: str  # as the user named it
    loaded: Loaded
    documents: Mapping[Thing, Any]  # every document, and every word, as it is written


class RuleChange(Struct, frozen=True):
    """What changed in one document or word."""

    kind: str  # rule, concept, reading, measure or word
    id: str
    change: str  # added, removed or changed
    says: tuple[str, ...]  # what changed in it
    cite: str = ""
    title: str = ""
    used_by: tuple[str, ...] = ()  # the rules that rest on it


class FindingChange(Struct, frozen=True):
    """One norm on one act, answered in two ways."""

    finding: str
    rule: str
    cite: str
    old: str
    new: str
    says: tuple[str, ...]  # what else differs
    through: tuple[str, ...]


class MeasureChange(Struct, frozen=True):
    """One measure of the host on one thing, answered in two ways; "" where it is not proposed."""

    measure: str
    title: str
    on: str
    mission: str
    old: str
    new: str
    says: tuple[str, ...]
    through: tuple[str, ...]


class CaseChange(Struct, frozen=True):
    """What differs in one case. A case that one of them cannot read says why."""

    case: str
    variant: str
    findings: tuple[FindingChange, ...] = ()
    measures: tuple[MeasureChange, ...] = ()
    unread_old: tuple[Problem, ...] = ()
    unread_new: tuple[Problem, ...] = ()

    @property
    def empty(self) -> bool:
        changes = (self.findings, self.measures, self.unread_old, self.unread_new)
        return not any(changes)


class Difference(Struct, frozen=True):
    """The whole answer."""

    old: str
    new: str
    old_digest: str
    new_digest: str
    rules: tuple[RuleChange, ...]
    cases: tuple[CaseChange, ...]  # those in which anything differs
    checked: int  # cases and variants looked at


# --------------------------------------------------------------------------- the two rulebooks


def side(name: str, files: Mapping[str, bytes]) -> tuple[Side | None, tuple[Problem, ...]]:
    """A rulebook, compiled or kept from an earlier run; None if it cannot be used."""
    digest = digest_of(files)
    key = " ".join([digest, name, *filter(None, by_folder(files))])
    kept = caching.read(key)
    if kept is not None:
        book, vocabulary, program = kept
        loaded = Loaded(book, vocabulary, program, Engine(program))
        return Side(name, loaded, documents(files, vocabulary)), ()
    vocabulary, found, problems = read_all(files, digest=digest)
    if found is None:
        return None, problems
    made, more = ready(found, vocabulary)
    if made is None:
        return None, more
    caching.write(key, (made.rulebook, made.vocabulary, made.program))
    return Side(name, made, documents(files, vocabulary)), ()


def documents(files: Mapping[str, bytes], vocabulary: Vocabulary) -> dict[Thing, Any]:
    """Every rule, concept, reading, measure and word of a sound rulebook as plain data."""
    faults = Faults()
    layers = Layers(read_packs(files)[0], faults)
    words, rules, _ = split(files)
    found: dict[Thing, Any] = {}
    for stem, node in read_words(words, layers, faults).items():
        found |= {("word", name): value for name, value in _words(stem, node)}
    for document in read_documents(rules, vocabulary, faults, layers)[0]:
        found[document.kind, document.id.text] = document.fields.plain()
    return found


def _words(stem: str, node: Fields) -> Iterator[tuple[str, Any]]:
    for section, entries in node:
        prefix = stem if section.text == stem else f"{stem}.{section.text}"
        if isinstance(entries, Fields) and stem in FILES:
            for name, entry in entries:
                yield f"{prefix}.{name.text}", plain(entry)
        else:
            yield prefix, plain(entries)


def plain(node: Node) -> Any:
    return node.plain()


# --------------------------------------------------------------------------- what changed in them


def rule_changes(old: Side, new: Side) -> tuple[RuleChange, ...]:
    """Every document and word that differs, rules first, with the rules that rest on it."""
    order = ("rule", "concept", "reading", "measure", "word")
    things = {*old.documents, *new.documents}
    uses = {one.name: _uses(one.loaded) for one in (old, new)}
    found = []
    for kind, id_ in sorted(things, key=lambda thing: (order.index(thing[0]), thing[1])):
        before, after = (one.documents.get((kind, id_)) for one in (old, new))
        if before == after and ((kind, id_) in old.documents) == ((kind, id_) in new.documents):
            continue
        change, says = "changed", tuple(changes(before, after))
        if (kind, id_) not in old.documents:
            change, says = "added", ()
        elif (kind, id_) not in new.documents:
            change, says = "removed", ()
        users: set[str] = set()
        if kind in ("concept", "reading", "word"):
            for one, document in ((old, before), (new, after)):
                users |= {
                    rule for rule, used in uses[one.name].items()
                    if document is not None and _rests_on(used, kind, id_, document)
                }  # fmt: skip
        shown = after if isinstance(after, dict) else before if isinstance(before, dict) else {}
        found.append(
            RuleChange(
                kind,
                id_,
                change,
                says,
                cite=str(shown.get("provision") or "") if kind == "rule" else "",
                title=str(shown.get("title") or "") if kind != "word" else "",
                used_by=tuple(sorted(users)),
            )
        )
    return tuple(found)


def changes(old: Any, new: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """What differs between two documents, in words."""
    if isinstance(old, dict) and isinstance(new, dict):
        about = [key for key in dict.fromkeys((*old, *new)) if key in ABOUT]
        for key in dict.fromkeys((*old, *new)):
            if key in about and not _is_name(path):
                continue
            if old.get(key) == new.get(key) and (key in old) == (key in new):
                continue
            if key in old and key in new:
                yield from changes(old[key], new[key], (*path, key))
            elif not path or _is_name(path):
                done, value = ("added", new[key]) if key in new else ("removed", old[key])
                yield f"{_at((*path, key))} {done}: {short(value)}"
            elif key in new:
                yield f"{_at(path)}: now also {key}: {short(new[key])}"
            else:
                yield f"{_at(path)}: no longer {key}: {short(old[key])}"
        told = [key for key in about if old.get(key) != new.get(key)]
        if told and not _is_name(path):
            where = f" of {_at(path)}" if path else ""
            yield f"{listed(told)}{where} reworded"
    elif isinstance(old, list) and isinstance(new, list):
        gone = [one for one in old if one not in new]
        more = [one for one in new if one not in old]
        if len(old) == len(new) and len(gone) == len(more) == 1 and isinstance(gone[0], dict):
            yield from changes(gone[0], more[0], path)
            return
        if more:
            yield f"{_at(path)}: added {', '.join(map(short, more))}"
        if gone:
            yield f"{_at(path)}: removed {', '.join(map(short, gone))}"
        if not more and not gone:
            yield f"{_at(path)}: in another order"
    elif old != new:
        yield f"{_at(path)} was {short(old)}, is now {short(new)}".lstrip()


def _is_name(path: tuple[str, ...]) -> bool:
    """Whether the keys below are names that the author gave, and none of the format."""
    return bool(path) and path[-1] in BY_NAME


def _at(path: tuple[str, ...]) -> str:
    """A place in a document, in words: `exception 'consent', when: consent.from`."""
    parts: list[str] = []
    steps = list(path)
    while steps:
        step = steps.pop(0)
        named = NAMED.get(step, step)
        if step in BY_NAME and steps:
            named = f"{NAMED.get(step, step)} '{steps.pop(0)}'"
            if step == "unless":
                named = f"its exception {named.removeprefix('unless ')}"
        parts.append(named)
    return ", ".join(parts)


def short(value: Any, most: int = 100) -> str:
    """A value as one would write it on a line."""
    text = _flow(value)
    return text if len(text) <= most else f"{text[: most - 4]} ..."


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return "nothing" if value is None else " ".join(str(value).split()) or '""'


# --------------------------------------------------------------------------- what rests on what


class Uses(Struct, frozen=True):
    """What a rule rests on, by way of concepts too."""

    concepts: frozenset[str] = frozenset()
    readings: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    values: frozenset[tuple[str, str]] = frozenset()  # a key and a value that is accepted of it
    presumptions: frozenset[str] = frozenset()


def _uses(loaded: Loaded) -> dict[str, Uses]:
    concepts = {concept.name: concept for concept in loaded.rulebook.concepts}
    return {rule.id: _uses_of(rule, concepts) for rule in loaded.rulebook.rules}


def _uses_of(rule: Rule, concepts: Mapping[str, Any]) -> Uses:
    atoms: list[Atom] = [atom for way in rule.trigger for atom in way]
    seen: set[str] = set()
    pending: list[Logic] = [rule.logic]
    while pending:
        for part in _parts(pending.pop()):
            if isinstance(part, Atom):
                atoms.append(part)
            elif isinstance(part, ConceptIs) and part.concept not in seen:
                seen.add(part.concept)
                concept = concepts.get(part.concept)
                pending += [way.logic for way in concept.definitions] if concept else []
    keys = {atom.key for atom in atoms}
    accepted = {
        (atom.key, value)
        for atom in atoms
        if isinstance(atom.accept, frozenset)
        for value in (*atom.accept, *(atom.presumed or ()))
    }
    readings = {key.removeprefix("reading.") for key in keys if key.startswith("reading.")}
    return Uses(
        concepts=frozenset(seen),
        readings=frozenset({*rule.readings, *readings}),
        keys=frozenset(keys),
        values=frozenset(accepted),
        presumptions=frozenset(rule.presume),
    )


def _parts(logic: Logic) -> Iterator[Condition]:
    """Every atom and every concept of a rule's logic."""
    for condition in conditions_of(logic):
        yield from leaves(condition)


def _rests_on(used: Uses, kind: str, id_: str, document: Any) -> bool:
    if kind == "concept":
        return id_ in used.concepts
    if kind == "reading":
        return id_ in used.readings
    file, _, name = id_.partition(".")
    name = name.rpartition(".")[2] if file not in ("keys",) else name
    if file == "presumptions":
        return name in used.presumptions
    if file == "acts" and isinstance(document, dict):  # a type of act, as triggers see it
        seen = {("act.type", name), ("act.family", document.get("family"))}
        seen |= {("act.tag", tag) for tag in document.get("tags") or ()}
        seen |= {(f"act.tag:{tag}", "true") for tag in document.get("tags") or ()}
        return bool(seen & used.values)
    bare = {key.partition(":")[0] for key in used.keys}
    if name in bare or any(key.partition(".")[2] == name for key in bare):
        return True
    if any(value == name or key.partition(":")[2] == name for key, value in used.values):
        return True
    # A kind of cast member: what can be stated of it.
    attributes = document.get("attributes") if isinstance(document, dict) else None
    return isinstance(attributes, dict) and any(key.partition(".")[2] in attributes for key in bare)


# --------------------------------------------------------------------------- what changes in cases


class Found(Struct, frozen=True):
    """One finding as far as it is compared."""

    rule: str
    cite: str
    outcome: str
    worlds: Mapping[str, str]  # by setting, in words
    default: tuple[tuple[str, str], ...]  # the readings that matter, as they are taken by default
    needs: frozenset[str] = frozenset()
    assumes: frozenset[str] = frozenset()
    strength: tuple[str, ...] = ()


class Answer(Struct, frozen=True):
    """One rulebook's answer to one case."""

    findings: Mapping[str, Found]
    measures: Mapping[tuple[str, str, str, str], tuple[Option, Mapping[str, str]]]
    problems: tuple[Problem, ...] = ()


class Trace(Struct, frozen=True):
    """What changed, for saying what a difference came through."""

    rules: Mapping[str, str]  # by id: added, removed or changed
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by rule: what it rests on
    measures: Mapping[str, str] = field(default_factory=dict)

    def of(self, rule: str) -> tuple[str, ...]:
        """What a change of a rule's findings came through."""
        own = (f"the rule was {self.rules[rule]}",) if rule in self.rules else ()
        return (*own, *self.others.get(rule, ()))


def compare(
    old: Side,
    new: Side,
    cases: Sequence[tuple[str, bytes]],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[Difference | None, tuple[Problem, ...]]:
    """The whole difference. A case that neither can read is a fault of the case."""
    rules = rule_changes(old, new)
    trace = traced(rules)
    todo = [(name, data, variant) for name, data in cases for variant in variants(old, new, data)]
    found = []
    faults: list[Problem] = []
    for number, (name, data, variant) in enumerate(todo):
        progress(number, len(todo))
        before, after = (answer(one.loaded, data, name, variant) for one in (old, new))
        if before.problems and after.problems:
            faults += after.problems
            continue
        found.append(case_change(name, variant, before, after, trace))
    progress(len(todo), len(todo))
    if faults:
        return None, tuple(dict.fromkeys(faults))
    changed = tuple(one for one in found if not one.empty)
    digests = (old.loaded.rulebook.digest, new.loaded.rulebook.digest)
    return Difference(old.name, new.name, *digests, rules, changed, len(todo)), ()


def variants(old: Side, new: Side, data: bytes) -> list[str]:
    """The case as it is, and every variant that either can read."""
    names: dict[str, None] = {"": None}
    for one in (old, new):
        case, _ = read_case(data, "", one.loaded.vocabulary)
        names |= dict.fromkeys(case.variants if case is not None else ())
    return list(names)


def traced(rules: Iterable[RuleChange]) -> Trace:
    others: dict[str, tuple[str, ...]] = {}
    for one in rules:
        for rule in one.used_by:
            text = f"the {one.kind} {one.id} was {one.change}"
            others[rule] = (*others.get(rule, ()), text)
    return Trace(
        rules={one.id: one.change for one in rules if one.kind == "rule"},
        others=others,
        measures={one.id: one.change for one in rules if one.kind == "measure"},
    )


def answer(loaded: Loaded, data: bytes, name: str, variant: str) -> Answer:
    try:
        checked, problems = check(loaded, data, name, variant=variant, expecting=False)
    except EngineFault as fault:
        return Answer({}, {}, (problem(fault.code, None, fault.message),))
    if checked is None:
        return Answer({}, {}, tuple(p for p in problems if p.severity == "error"))
    defaults = dict(checked.report.receipt.readings)
    several = _several(checked)
    findings = {
        _id(one, several): found(one, defaults)
        for one in checked.judged
        if one.outcome not in ("not_in_play", "moot")
    }
    return Answer(findings, measures_of(checked))


def _several(checked: Checked) -> frozenset[str]:
    seen: dict[str, set[str]] = {}
    for frame in checked.frames:
        seen.setdefault(frame.act, set()).add(frame.mission)
    return frozenset(act for act, missions in seen.items() if len(missions) > 1)


def _id(one: Judged, several: frozenset[str]) -> str:
    act = one.frame.act
    return f"{act}@{one.frame.mission}/{one.rule.id}" if act in several else f"{act}/{one.rule.id}"


def found(one: Judged, defaults: Mapping[str, str]) -> Found:
    worlds = {", ".join(f"{k}={v}" for k, v in w.setting): _word(w.outcome) for w in one.worlds}
    names = {name for w in one.worlds for name, _ in w.setting}
    return Found(
        rule=one.rule.id,
        cite=one.rule.provision,
        outcome=_word(one.outcome),
        worlds=worlds,
        default=tuple((name, defaults[name]) for name in sorted(names) if name in defaults),
        needs=frozenset(key for way in one.needs for key, _, _ in way),
        assumes=frozenset(assumed.key for assumed in one.assumes),
        strength=one.rule.strength,
    )


def _word(outcome: str) -> str:
    return "not in play" if outcome in ("moot", "not_in_play", "") else outcome


def measures_of(
    checked: Checked,
) -> dict[tuple[str, str, str, str], tuple[Option, dict[str, str]]]:
    """Each measure that is proposed: its status, and what each rule finds of it."""
    judged = {
        (i.measure.id, i.frame.on, i.frame.mission, i.date): {
            j.rule.id: _word(j.outcome) for j in i.judged
        }
        for i in checked.instances
    }
    made = {}
    for option in checked.report.options:
        key = (option.measure, option.on, option.mission, option.date)
        dated = judged.get(key) or judged.get((*key[:3], "")) or {}
        made[key] = (option, dated)
    return made


def case_change(name: str, variant: str, before: Answer, after: Answer, trace: Trace) -> CaseChange:
    if before.problems or after.problems:
        return CaseChange(name, variant, unread_old=before.problems, unread_new=after.problems)
    ids = sorted({*before.findings, *after.findings})
    pairs = ((i, before.findings.get(i), after.findings.get(i)) for i in ids)
    keys = sorted({*before.measures, *after.measures})
    both = ((k, before.measures.get(k), after.measures.get(k)) for k in keys)
    return CaseChange(
        name,
        variant,
        findings=tuple(f for i, a, b in pairs if (f := finding_change(i, a, b, trace))),
        measures=tuple(m for k, a, b in both if (m := measure_change(k, a, b, trace))),
    )


def finding_change(
    id_: str, old: Found | None, new: Found | None, trace: Trace
) -> FindingChange | None:
    if old == new:
        return None
    one = new or old
    assert one is not None
    says = tuple(differences(old, new)) if old is not None and new is not None else ()
    through = trace.of(one.rule) or ("the words in which the case is read",)
    outcomes = (old.outcome if old else "not in play", new.outcome if new else "not in play")
    return FindingChange(id_, one.rule, one.cite, *outcomes, says, through)


def differences(old: Found, new: Found) -> Iterator[str]:
    """What else differs between two findings of one rule on one act."""
    for setting in sorted({*old.worlds, *new.worlds}):
        a, b = (one.worlds.get(setting, "not told apart") for one in (old, new))
        if a != b:
            yield f"with {setting}: {a} -> {b}"
    before = dict(old.default)
    for name, value in new.default:
        if before.get(name, value) != value:
            yield f"the default of {name}: {before[name]} -> {value}"
    for what, a_set, b_set in (
        ("missing facts", old.needs, new.needs),
        ("taken for granted", old.assumes, new.assumes),
    ):
        if a_set != b_set:
            more, less = sorted(b_set - a_set), sorted(a_set - b_set)
            parts = [f"now {', '.join(more)}"] * bool(more)
            parts += [f"no longer {', '.join(less)}"] * bool(less)
            yield f"{what}: {'; '.join(parts)}"
    if old.cite != new.cite:
        yield f"cited as {old.cite} -> {new.cite}"
    if old.strength != new.strength:
        yield f"strength: {', '.join(old.strength)} -> {', '.join(new.strength)}"


def measure_change(
    key: tuple[str, str, str, str],
    old: tuple[Option, Mapping[str, str]] | None,
    new: tuple[Option, Mapping[str, str]] | None,
    trace: Trace,
) -> MeasureChange | None:
    one = (new or old or (None,))[0]
    assert one is not None
    a, b = (side_[0].status if side_ else "" for side_ in (old, new))
    found_old, found_new = (side_[1] if side_ else {} for side_ in (old, new))
    moved = {
        rule: (found_old.get(rule, "not in play"), found_new.get(rule, "not in play"))
        for rule in sorted({*found_old, *found_new})
        if found_old.get(rule, "not in play") != found_new.get(rule, "not in play")
    }
    if a == b and not moved:
        return None
    says = tuple(f"{rule}: {x} -> {y}" for rule, (x, y) in moved.items()) if a and b else ()
    through = [text for rule in moved if a and b for text in _by_rule(rule, trace)]
    if key[0] in trace.measures:
        through.insert(0, f"the measure was {trace.measures[key[0]]}")
    fallback = ("the words in which the case is read",)
    return MeasureChange(
        key[0], one.title, key[1], key[2], a, b, says, tuple(dict.fromkeys(through)) or fallback
    )


def _by_rule(rule: str, trace: Trace) -> Iterator[str]:
    for text in trace.of(rule):
        yield text.replace("the rule was", f"the rule {rule} was")
