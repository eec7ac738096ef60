"""Whether the tests beside the rules can notice anything: each rule, exception and reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

from msgspec import Struct

from comity.authoring.lint_read import Book, below, text_of
from comity.casefile import apply_changes, case_of
from comity.conditions import carveouts, starts
from comity.framing import frames_of
from comity.library import folder_of
from comity.model import (
    All,
    AnyOf,
    Atom,
    Carveout,
    Concept,
    ConceptIs,
    Condition,
    Frame,
    Not,
    Range,
    Rule,
)
from comity.problems import Place, Problem, nearest, problem
from comity.rulereader import Document
from comity.ruletests import changed_rules, faults_of, spread
from comity.sheets import guess
from comity.source import Fields, Items, Node, Text
from comity.switching import PREFIX

FIRES: Final = frozenset({"established", "presumed", "arguable"})
SILENT: Final = frozenset({"not_in_play", "respected", "moot"})


class _Sheet(Struct, frozen=True):
    """One test document of a rule that exists."""

    file: str
    rule: str
    fields: Fields

    @property
    def checks(self) -> tuple[Fields, ...]:
        checks = self.fields.get("checks")
        listed = checks.items if isinstance(checks, Items) else ()
        return tuple(check for check in listed if isinstance(check, Fields))


def check_tests(book: Book) -> Iterator[Problem]:
    sheets: dict[str, list[_Sheet]] = {}
    ids = {document.id.text for document in book.rule_documents}
    for file, node in book.tests:
        yield from faults_of(node)
        if not isinstance(node, Fields):
            continue
        name = node.get("tests")
        if isinstance(name, Text) and name.text in changed_rules(book.whole.book, folder_of(file)):
            continue  # a pack takes its rule out of use, or has its own, with tests of its own
        if not isinstance(name, Text) or name.text not in ids:
            yield from _stray(node, name, ids, book)
            continue
        sheets.setdefault(name.text, []).append(_Sheet(file, name.text, node))
    for document in book.rule_documents:
        id_ = document.id
        if id_.text not in sheets:
            if text_of(document.fields, "status") != "deprecated":
                text = f"nothing tests '{id_.text}'"
                hint = f"add {_beside(id_.file)} with `tests: {id_.text}`"
                yield problem("L060", id_.place, text, hint)
            continue
        if book.asked(id_.file, *(sheet.file for sheet in sheets[id_.text])):
            yield from _rule(book, document, sheets[id_.text])


def _beside(file: str) -> str:
    return file.removesuffix(".yaml") + ".test.yaml"


def _stray(node: Fields, name: Node | None, ids: Iterable[str], book: Book) -> Iterator[Problem]:
    written = name.text if isinstance(name, Text) else ""
    if written in book.unreadable:
        return  # its rule stands in a file that cannot be read
    near = nearest(written, sorted(ids)) if written else None
    hint = f"did you mean '{near}'?" if near else "name the rule that it tests"
    place = name.place if name is not None else node.place
    yield problem("L064", place, f"no rule has the id '{written}'", hint)


# --------------------------------------------------------------------------- one rule


def _rule(book: Book, document: Document, sheets: Sequence[_Sheet]) -> Iterator[Problem]:
    yield from _names(sheets)
    yield from _worlds(book, sheets)
    outcomes = {outcome for sheet in sheets for check in sheet.checks for outcome in _all(check)}
    place, id_ = document.id.place, document.id.text
    where = f"add one to {sheets[0].file}"
    if outcomes and not outcomes & FIRES:
        text = f"no test shows that '{id_}' fires"
        yield problem("L061", place, text, f"{where} with `outcome: presumed` or the like")
    if outcomes and not outcomes & SILENT:
        text = f"no test shows that '{id_}' keeps silent: a rule that always fires would pass"
        yield problem("L062", place, text, f"{where} with `outcome: not_in_play` or `respected`")
    rule = book.rule(document)
    broken = any(faults_of(sheet.fields) for sheet in sheets)
    frames: list[Frame] = []
    for sheet in sheets:
        for found in _frames(book, sheet):
            if isinstance(found, Problem):
                broken = True
                yield found
            elif rule is not None and starts(rule.trigger, found.type, book.vocabulary):
                frames.append(found)
    if rule is not None and not broken:  # what a broken check would have shown is not known
        yield from _exceptions(book, document, rule, frames, sheets[0].file)
        yield from _readings(document, sheets)


def _all(check: Fields) -> Iterator[str]:
    yield text_of(check, "outcome")
    worlds = check.get("worlds")
    for _, outcome in worlds if isinstance(worlds, Fields) else ():
        if isinstance(outcome, Text):
            yield outcome.text


def _names(sheets: Sequence[_Sheet]) -> Iterator[Problem]:
    seen: dict[str, Text] = {}
    for sheet in sheets:
        for check in sheet.checks:
            name = check.get("name")
            if not isinstance(name, Text) or not name.text.strip():
                text = "the check has no name"
                yield problem("L065", _first(check), text, "say what is special about it")
            elif name.text in seen:
                text = f"'{name.text}' stands already on line {seen[name.text].line}"
                yield problem("L065", name.place, text, "say what is special about this one")
            else:
                seen[name.text] = name


def _first(node: Fields) -> Place:
    return node.pairs[0][0].place if node.pairs else node.place


def _worlds(book: Book, sheets: Sequence[_Sheet]) -> Iterator[Problem]:
    """Every `reading=value` names something that can be so."""
    readings = {name: tuple(values) for name, values in book.terms.readings.items()}
    for sheet in sheets:
        for check in sheet.checks:
            worlds = check.get("worlds")
            for key, _ in worlds if isinstance(worlds, Fields) else ():
                for setting in key.text.split(","):
                    name, _, value = setting.strip().partition("=")
                    known = (*readings, *book.vocabulary.judgements)
                    if name not in known:
                        text = f"no reading and no judgement is called '{name}'"
                        yield problem("L068", key.place, text, guess(name, known))
                    elif name in readings and value not in readings[name]:
                        text = f"the reading '{name}' has no value '{value}'"
                        yield problem("L068", key.place, text, guess(value, readings[name]))


# --------------------------------------------------------------------------- what they reach


def _frames(book: Book, sheet: _Sheet) -> Iterator[Frame | Problem]:
    """The frames that the checks of a document look at, and what keeps them from being read."""
    base = sheet.fields.get("base")
    if not isinstance(base, Fields):
        return
    told: set[tuple[str, int, int, str]] = set()
    for check in (changed for one in sheet.checks for _, changed in spread(one)):
        root, problems = apply_changes(base, check)
        case, more = case_of(root, book.vocabulary, partial=True)
        for one in (*problems, *more):
            at = one.place
            name = (one.code, at.line if at else 0, at.column if at else 0, one.message)
            if one.severity == "error" and name not in told:
                told.add(name)
                yield one
        if case is None or any(p.severity == "error" for p in (*problems, *more)):
            continue
        word = check.get("act") or sheet.fields.get("act")
        act = word.text if isinstance(word, Text) else ""
        acts = {one.name for one in case.acts}
        if not act:
            continue  # the reader says so
        if act.split("#")[0] not in acts:
            place = word.place if word is not None else _first(check)
            text = f"the case has no act '{act}'"
            near = nearest(act, sorted(acts))
            hint = f"did you mean '{near}'?" if near else f"its acts: {', '.join(sorted(acts))}"
            if ("L066", place.line, place.column, text) not in told:
                told.add(("L066", place.line, place.column, text))
                yield problem("L066", place, text, hint)
            continue
        mission = text_of(check, "mission") or text_of(sheet.fields, "mission")
        for frame in frames_of(case, book.vocabulary):
            if frame.act in (act, act.split("#")[0]) and mission in ("", frame.mission):
                yield frame


def _exceptions(
    book: Book, document: Document, rule: Rule, frames: Sequence[Frame], file: str
) -> Iterator[Problem]:
    concepts = {concept.name: concept for concept in book.whole.book.concepts}
    reached: set[str] = set()
    for one in carveouts(rule.logic.exceptions):
        if one.name not in reached and any(_reaches(one, f, concepts) for f in frames):
            reached.add(one.name)
    for one in carveouts(rule.logic.exceptions):
        if one.name not in reached:
            reached.add(one.name)
            place = _place_of(document.fields, one.name) or document.id.place
            text = f"no test reaches the exception '{one.name}'"
            hint = f"add a check to {file} in which it holds"
            yield problem("L063", place, text, hint)


def _reaches(one: Carveout, frame: Frame, concepts: Mapping[str, Concept]) -> bool:
    truth = truth_of(one.when, frame, concepts)
    return truth is True or (truth is None and one.presumed == "present")


def _place_of(node: Node | None, name: str) -> Place | None:
    """Where an exception of that name stands."""
    if isinstance(node, Items):
        for item in node:
            found = _place_of(item, name)
            if found is not None:
                return found
    for key, value in node.pairs if isinstance(node, Fields) else ():
        if key.text in ("except", "unless") and isinstance(value, Fields) and name in value:
            own = value.key(name)
            if own is not None and isinstance(value.get(name), Fields):
                return own.place
        found = _place_of(value, name)
        if found is not None:
            return found
    return None


def _readings(document: Document, sheets: Sequence[_Sheet]) -> Iterator[Problem]:
    named: set[str] = set()
    for sheet in sheets:
        for check in sheet.checks:
            worlds = check.get("worlds")
            for key, _ in worlds if isinstance(worlds, Fields) else ():
                named |= {part.partition("=")[0].strip() for part in key.text.split(",")}
            chosen = below(check, "set")
            for key, _ in chosen if isinstance(chosen, Fields) else ():
                if key.text.startswith("readings."):
                    named.add(key.text.partition(".")[2])
    readings = document.fields.get("readings")
    for key, _ in readings if isinstance(readings, Fields) else ():
        if key.text not in named:
            text = f"no test shows what the reading '{key.text}' changes"
            hint = f"add a check with `worlds: {{{key.text}=VALUE: OUTCOME}}`"
            yield problem("L067", key.place, text, hint)


# --------------------------------------------------------------------------- truth on a frame


def truth_of(condition: Condition, frame: Frame, concepts: Mapping[str, Concept]) -> bool | None:
    """What the facts make of a condition where every reading and judgement is in its favour."""
    match condition:
        case Not(part):
            inner = truth_of(part, frame, concepts)
            return None if inner is None else not inner
        case All(parts):
            return _all_of([truth_of(part, frame, concepts) for part in parts])
        case AnyOf(parts):
            return _any_of([truth_of(part, frame, concepts) for part in parts])
        case ConceptIs(name, value):
            return _concept(concepts.get(name), value, frame, concepts)
        case Atom(key, accept):
            return _atom(key, accept, frame)


def _all_of(values: Sequence[bool | None]) -> bool | None:
    return False if False in values else (None if None in values else True)


def _any_of(values: Sequence[bool | None]) -> bool | None:
    return True if True in values else (None if None in values else False)


def _atom(key: str, accept: frozenset[str] | Range, frame: Frame) -> bool | None:
    if key.startswith(PREFIX):
        return True
    switch = frame.switches.get(key)
    if switch is not None and not isinstance(accept, Range):
        return bool(accept & set(switch.values))
    known = frame.known.get(key)
    if known is None or not known.values:
        return None
    each = {_accepts(accept, value) for value in known.values}
    return each.pop() if len(each) == 1 else None


def _accepts(accept: frozenset[str] | Range, value: str) -> bool:
    if not isinstance(accept, Range):
        return value in accept
    try:
        number = Fraction(value)
    except ValueError:
        return False
    low = (
        accept.low is None or number > accept.low or (number == accept.low and not accept.low_open)
    )
    high = (
        accept.high is None
        or number < accept.high
        or (number == accept.high and not accept.high_open)
    )
    return low and high


def _concept(
    concept: Concept | None, value: str, frame: Frame, concepts: Mapping[str, Concept]
) -> bool | None:
    if concept is None:
        return None
    ways = []
    for one in concept.definitions:
        if one.value == value:
            outs = [truth_of(e.when, frame, concepts) is True for e in one.logic.exceptions]
            ways.append(None if any(outs) else truth_of(one.logic.applies, frame, concepts))
    held = _any_of(ways)
    return None if held is False and not concept.closed else held
