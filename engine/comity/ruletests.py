"""The tests that stand beside the rules: small cases, each with the outcome the rule must give.

`X.test.yaml` holds one or more documents: `tests:` (the rule), `base:` (a small case), `act:`
(the act looked at), `checks:` (each a change of the base, as in a variant, and an `outcome`).

Three steps, so that a tool which asks many rulebooks need not read the same cases again: `parse`
(the files), `prepare` (the cases, which only the vocabulary is needed for), `run_check`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from comity import source
from comity.casefile import Case, apply_changes, case_of
from comity.checking import Loaded, readings_of
from comity.framing import frames_of
from comity.library import split
from comity.model import Frame
from comity.problems import Place, Problem, problem
from comity.resolving import Judged, judge
from comity.running import EngineFault
from comity.sheets import guess
from comity.source import Fields, Items, Node, Text
from comity.vocabulary import Vocabulary

CHECK_KEYS: Final = frozenset(
    {"name", "outcome", "worlds", "act", "mission", "set", "remove", "add", "todo"}
)
SHEET_KEYS: Final = frozenset({"tests", "base", "act", "checks", "mission", "note"})
OUTCOMES: Final = (
    *("established", "presumed", "arguable", "open"),
    *("excused", "respected", "not_in_play", "moot"),
)

Setting: TypeAlias = tuple[tuple[str, str], ...]
Verdict: TypeAlias = Literal["passed", "failed", "todo", "todo_met"]


class World(Struct, frozen=True):
    """What a check expects where readings and judgements have some values."""

    text: str
    setting: Setting
    outcome: str


class Check(Struct, frozen=True):
    """One check as it is written."""

    rule: str
    name: str
    outcome: str
    act: str
    mission: str
    worlds: tuple[World, ...]
    todo: str  # why it is not met yet
    base: Fields
    changes: Fields
    place: Place

    @property
    def at(self) -> str:
        return f"{self.place.file}:{self.place.line}"


class Sheet(Struct, frozen=True):
    """One test document."""

    rule: str
    place: Place  # of the rule's name
    checks: tuple[Check, ...]


class Prepared(Struct, frozen=True):
    """A check with its case read and framed."""

    check: Check
    case: Case
    frames: tuple[Frame, ...]  # of the act and mission that it looks at


class Result(Struct, frozen=True):
    """One check and how it went."""

    rule: str
    name: str
    at: str  # file:line
    passed: bool
    message: str
    outcome: str
    expected: str = ""
    todo: str = ""
    place: Place | None = None
    frames: tuple[Frame, ...] = ()
    judged: tuple[Judged, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What is still to do fails nothing; if it is met already, that is said."""
        if self.todo:
            return "todo_met" if self.passed else "todo"
        return "passed" if self.passed else "failed"


# --------------------------------------------------------------------------- running


def run(
    loaded: Loaded, files: Mapping[str, bytes], only: Collection[str] = ()
) -> tuple[tuple[Result, ...], tuple[Problem, ...]]:
    """Run every test document among the files, or those of some rules.

    A malformed document is a Problem (R020), whichever rule it is of.
    """
    sheets, found = parse(files)
    problems = [*found, *unknown_rules(sheets, [r.id for r in loaded.rulebook.rules])]
    bad = {one.place for one in problems}
    results: list[Result] = []
    for sheet in sheets:
        if sheet.place not in bad and (not only or sheet.rule in only):
            its, more = run_sheet(loaded, sheet)
            results += its
            problems += more
    return tuple(results), tuple(problems)


def run_sheet(loaded: Loaded, sheet: Sheet) -> tuple[tuple[Result, ...], tuple[Problem, ...]]:
    """Every check of one document."""
    prepared, problems = prepare(sheet, loaded.vocabulary)
    found, faults = [], list(problems)
    for one in prepared:
        try:
            found.append(run_check(loaded, one))
        except EngineFault as fault:
            faults.append(problem("R020", one.check.place, fault.message))
    return tuple(found), tuple(faults)


def run_check(loaded: Loaded, one: Prepared) -> Result:
    """Raises EngineFault, as `judge` does."""
    check = one.check
    judged = _judged(loaded, one)
    outcomes = _outcomes(judged)
    message = _message(check, judged)
    return Result(
        rule=check.rule,
        name=check.name,
        at=check.at,
        passed=not message,
        message=message,
        outcome=", ".join(outcomes),
        expected=check.outcome,
        todo=check.todo,
        place=check.place,
        frames=one.frames,
        judged=judged,
    )


def passes(loaded: Loaded, prepared: Iterable[Prepared]) -> bool:
    """Whether every check passes: the first that fails ends it. One that is to do says nothing.

    A rulebook that contradicts itself on the case of a check does not pass.
    """
    try:
        return all(
            one.check.todo or not _message(one.check, _judged(loaded, one)) for one in prepared
        )
    except EngineFault:
        return False


def _judged(loaded: Loaded, one: Prepared) -> tuple[Judged, ...]:
    readings = readings_of(one.case, loaded.rulebook)
    return tuple(
        judged
        for frame in one.frames
        for judged in judge(loaded.engine, frame, readings, explain=False, only=one.check.rule)
    )


def _outcomes(judged: Iterable[Judged]) -> list[str]:
    return sorted({j.outcome for j in judged}) or ["not_in_play"]


def _message(check: Check, judged: tuple[Judged, ...]) -> str:
    """What is wrong; "" if nothing is."""
    outcomes = _outcomes(judged)
    if outcomes != [check.outcome]:
        return f"expected {check.outcome}, got {', '.join(outcomes)}"
    for world in check.worlds:
        found = {
            w.outcome for j in judged for w in j.worlds if set(world.setting) <= set(w.setting)
        }
        if found != {world.outcome}:
            got = ", ".join(sorted(found)) or "no such world"
            return f"in {world.text}: expected {world.outcome}, got {got}"
    return ""


# --------------------------------------------------------------------------- reading the cases


def prepare(
    sheet: Sheet, vocabulary: Vocabulary
) -> tuple[tuple[Prepared, ...], tuple[Problem, ...]]:
    """The cases of a document, read and framed; a faulty one is a Problem and left out."""
    found: list[Prepared] = []
    problems: list[Problem] = []
    for check in sheet.checks:
        root, faults = apply_changes(check.base, check.changes)
        case, more = case_of(root, vocabulary, partial=True)
        errors = [p for p in (*faults, *more) if p.severity == "error"]
        problems += errors
        if case is not None and not errors:
            fault = _not_there(check, case)
            if fault is None:
                frames = tuple(f for f in frames_of(case, vocabulary) if _looked_at(check, f))
                found.append(Prepared(check, case, frames))
            else:
                problems.append(fault)
    return tuple(found), tuple(problems)


def _looked_at(check: Check, frame: Frame) -> bool:
    return frame.act in (check.act, check.act.split("#")[0]) and check.mission in (
        "",
        frame.mission,
    )


def _not_there(check: Check, case: Case) -> Problem | None:
    """An act or mission that the case does not have would make the rule seem not in play."""
    for what, name, known in (
        ("act", check.act.split("#")[0], [act.name for act in case.acts]),
        ("mission", check.mission, list(case.cast)),
    ):
        if name and name not in known:
            text = (
                f"check '{check.name}' looks at the {what} '{name}', which its case does not have"
            )
            return problem("R020", check.place, text, guess(name, known))
    return None


# --------------------------------------------------------------------------- reading the files


def parse(files: Mapping[str, bytes]) -> tuple[tuple[Sheet, ...], tuple[Problem, ...]]:
    """Every test document among the files, in order of file; faults of form are Problems (R020)."""
    sheets: list[Sheet] = []
    problems: list[Problem] = []
    for name, data in sorted(split(files)[2].items()):
        nodes, found = source.read(data, name)
        problems += found
        for node in nodes:
            sheet = _Reader(problems).sheet(node)
            sheets += [sheet] if sheet is not None else []
    return tuple(sheets), tuple(problems)


def unknown_rules(sheets: Iterable[Sheet], rules: Collection[str]) -> tuple[Problem, ...]:
    """The documents whose rule does not exist."""
    return tuple(
        problem("R020", s.place, f"`tests` names no rule: '{s.rule}'", guess(s.rule, rules))
        for s in sheets
        if s.rule not in rules
    )


class _Reader(Struct, frozen=True):
    """Reads one test document."""

    problems: list[Problem]

    def fault(self, node: Node, text: str, hint: str = "") -> None:
        self.problems.append(problem("R020", node.place, text, hint))

    def only(self, node: Fields, allowed: Collection[str]) -> None:
        for key, _ in node:
            if key.text not in allowed:
                self.fault(key, f"unknown key '{key.text}'", guess(key.text, allowed))

    def text(self, node: Fields, name: str) -> str:
        value = node.get(name)
        return value.text if isinstance(value, Text) else ""

    def sheet(self, node: Node) -> Sheet | None:
        if not isinstance(node, Fields):
            self.fault(node, "a test document is a mapping that starts with `tests:`")
            return None
        self.only(node, SHEET_KEYS)
        rule, base, checks = node.get("tests"), node.get("base"), node.get("checks")
        if not isinstance(rule, Text) or not rule.text:
            self.fault(rule or node, "`tests` names no rule")
            return None
        if not isinstance(base, Fields) or not isinstance(checks, Items) or not checks.items:
            self.fault(node, "a test document has a `base` case and a list of `checks`")
            return None
        read = (self.check(rule.text, node, base, check) for check in checks)
        return Sheet(rule.text, rule.place, tuple(one for one in read if one is not None))

    def check(self, rule: str, sheet: Fields, base: Fields, node: Node) -> Check | None:
        if not isinstance(node, Fields):
            self.fault(node, "a check is a mapping with `name` and `outcome`")
            return None
        self.only(node, CHECK_KEYS)
        outcome = self.outcome(node, node.get("outcome"), "a check has an `outcome`")
        act = self.text(node, "act") or self.text(sheet, "act")
        if not act:
            self.fault(node, "nothing says which act is looked at", "add `act:` to the document")
        if "todo" in node and not self.text(node, "todo").strip():
            self.fault(node.key("todo") or node, "`todo` gives the reason", "todo: why not yet")
        if not outcome or not act:
            return None
        return Check(
            rule=rule,
            name=self.text(node, "name"),
            outcome=outcome,
            act=act,
            mission=self.text(node, "mission") or self.text(sheet, "mission"),
            worlds=self.worlds(node.get("worlds")),
            todo=self.text(node, "todo").strip(),
            base=base,
            changes=node,
            place=node.place,
        )

    def outcome(self, holder: Node, node: Node | None, missing: str) -> str:
        if not isinstance(node, Text) or not node.text:
            self.fault(node or holder, missing, f"one of: {', '.join(OUTCOMES)}")
            return ""
        if node.text not in OUTCOMES:
            hint = guess(node.text, OUTCOMES)
            self.fault(node, f"'{node.text}' is no outcome", hint)
            return ""
        return node.text

    def worlds(self, node: Node | None) -> tuple[World, ...]:
        if node is None:
            return ()
        if not isinstance(node, Fields):
            self.fault(node, "`worlds` is a mapping", "such as {some_reading=value: presumed}")
            return ()
        found = []
        for key, value in node:
            parts = [part.strip().partition("=") for part in key.text.split(",")]
            if not all(name and sign and value_ for name, sign, value_ in parts):
                self.fault(key, f"'{key.text}' is no world", "write reading=value")
                continue
            outcome = self.outcome(key, value, "a world has an outcome")
            setting = tuple((name.strip(), value_.strip()) for name, _, value_ in parts)
            found += [World(key.text, setting, outcome)] if outcome else []
        return tuple(found)
