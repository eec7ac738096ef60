"""The tests that stand beside the rules: small cases, each with the outcome the rule must give.

`X.test.yaml` holds one or more documents: `tests:` (the rule), `base:` (a small case), `act:`
(the act looked at), `checks:` (each a change of the base, as in a variant, and an `outcome`), and
`norm:` (who is bound towards whom, and how, wherever the norm is in play).

Three steps, so that a tool which asks many rulebooks need not read the same cases again: `parse`
(the files), `prepare` (the cases, which only the vocabulary is needed for), `run_check`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from comity import source
from comity.casefile import Case, apply_changes, case_of
from comity.checking import Loaded, readings_of
from comity.framing import frames_of
from comity.library import folder_of, split
from comity.model import Frame, Reading, Rulebook
from comity.problems import Place, Problem, problem
from comity.reporting import party
from comity.resolving import Judged, judge
from comity.running import Engine, EngineFault
from comity.sheets import guess
from comity.source import Fields, Items, Node, Text
from comity.vocabulary import Vocabulary

CHECK_KEYS: Final = frozenset(
    {
        *("name", "outcome", "worlds", "default", "norm", "act", "mission"),
        *("set", "remove", "add", "each", "todo"),
    }
)
SHEET_KEYS: Final = frozenset({"tests", "base", "act", "checks", "mission", "norm", "note"})
NORM_KEYS: Final = ("bearer", "modality", "owed_to")
NOBODY: Final = "nobody"  # a role that no one fills in the case
OUT_OF_PLAY: Final = ("not_in_play", "moot")
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
    default: str  # the outcome where every reading and judgement has its default; "": not said
    norm: tuple[tuple[str, str], ...]  # (one of NORM_KEYS, what it is)
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
    folder: str = ""  # of its pack


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

    A malformed document is a Problem (R020), whichever rule it is of. Tests of a rule that a later
    pack overrides or disables are not run: see `left_out`.
    """
    sheets, found = parse(files)
    sheets = tuple(sheet for sheet in sheets if not is_left_out(loaded.rulebook, sheet))
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


def left_out(book: Rulebook, files: Mapping[str, bytes]) -> dict[str, int]:
    """The checks that are not run, by rule: their rule is not the one they were written for."""
    found: Counter[str] = Counter()
    for sheet in parse(files)[0] if len(book.packs) > 1 else ():
        if is_left_out(book, sheet):
            found[sheet.rule] += len(sheet.checks)
    return dict(found)


def is_left_out(book: Rulebook, sheet: Sheet) -> bool:
    return sheet.rule in changed_rules(book, sheet.folder)


def changed_rules(book: Rulebook, folder: str) -> frozenset[str]:
    """The rules that packs laid over this one override or disable."""
    names = [pack.folder for pack in book.packs]
    later = book.packs[names.index(folder) + 1 :] if folder in names else ()
    changes = (change for pack in later for change in (*pack.overrides, *pack.disables))
    return frozenset(change.id for change in changes if change.kind == "rule")


def run_check(loaded: Loaded, one: Prepared) -> Result:
    """Raises EngineFault, as `judge` does."""
    check = one.check
    judged = judged_in(loaded.engine, one, readings_of(one.case, loaded.rulebook))
    outcomes = _outcomes(judged)
    message = differs(check, judged)
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


def judged_in(engine: Engine, one: Prepared, readings: Mapping[str, Reading]) -> tuple[Judged, ...]:
    """What the rule of a check finds there. Raises EngineFault as `judge` does."""
    return tuple(
        judged
        for frame in one.frames
        for judged in judge(engine, frame, readings, explain=False, only=one.check.rule)
    )


def _outcomes(judged: Iterable[Judged]) -> list[str]:
    return sorted({j.outcome for j in judged}) or ["not_in_play"]


def differs(check: Check, judged: Sequence[Judged]) -> str:
    """What differs from what the check says; "" if nothing does."""
    outcomes = _outcomes(judged)
    if outcomes != [check.outcome]:
        return f"expected {check.outcome}, got {', '.join(outcomes)}"
    return (
        _worlds_differ(check, judged)
        or _default_differs(check, judged)
        or _norm_differs(check, judged)
    )


def _default_differs(check: Check, judged: Sequence[Judged]) -> str:
    if not check.default:
        return ""
    outcomes = set()
    for one in judged:
        default = {switch.name: switch.default for switch in one.switches}
        at_default = [w.outcome for w in one.worlds if dict(w.setting) == default]
        outcomes.update(at_default or [one.outcome])
    if outcomes != {check.default}:
        got = ", ".join(sorted(outcomes)) or "nothing"
        return f"by default: expected {check.default}, got {got}"
    return ""


def _norm_differs(check: Check, judged: Sequence[Judged]) -> str:
    """Who is bound towards whom, and how, where the norm is in play."""
    for name, wanted in check.norm:
        words = {
            one.rule.norm.modality
            if name == "modality"
            else party(one.frame, getattr(one.rule.norm, name)) or NOBODY
            for one in judged
            if one.outcome not in OUT_OF_PLAY
        }
        if words and words != {wanted}:
            return f"{name}: expected {wanted}, got {', '.join(sorted(words))}"
    return ""


def _worlds_differ(check: Check, judged: Sequence[Judged]) -> str:
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
        nodes, found = source.read(data, str(name))
        problems += found
        for node in nodes:
            sheet = _Reader(problems).sheet(node)
            sheets += [replace(sheet, folder=folder_of(name))] if sheet is not None else []
    return tuple(sheets), tuple(problems)


def faults_of(node: Node) -> tuple[Problem, ...]:
    """What is wrong with the form of one test document."""
    problems: list[Problem] = []
    _Reader(problems).sheet(node)
    return tuple(problems)


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

    def once(self, node: Node, text: str, hint: str) -> None:
        """What is wrong with a whole document is told once, and not for each of its checks."""
        if problem("R020", node.place, text, hint) not in self.problems:
            self.fault(node, text, hint)

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
        norm = self.norm(node)
        read = (check for one in checks for check in self.checks(rule.text, node, base, one, norm))
        return Sheet(rule.text, rule.place, tuple(read))

    def norm(self, node: Fields) -> tuple[tuple[str, str], ...]:
        found = node.get("norm")
        if found is None:
            return ()
        if not isinstance(found, Fields) or not len(found):
            self.fault(found, "`norm` is a mapping with `bearer`, `modality` or `owed_to`")
            return ()
        self.only(found, NORM_KEYS)
        said = []
        for key, value in found:
            if not isinstance(value, Text) or value.empty:
                hint = f"a State's code, a name of the cast, or {NOBODY}"
                self.fault(value, f"'{key.text}' is a word", hint)
            elif key.text in NORM_KEYS:
                said.append((key.text, value.text))
        return tuple(said)

    def checks(
        self,
        rule: str,
        sheet: Fields,
        base: Fields,
        node: Node,
        norm: tuple[tuple[str, str], ...],
    ) -> Iterator[Check]:
        """The check, or one for each value of the path that `each` lists."""
        if not isinstance(node, Fields):
            self.fault(node, "a check is a mapping with `name` and `outcome`")
            return
        self.only(node, CHECK_KEYS)
        made = self.check(rule, sheet, base, node, norm)
        if made is None:
            return
        each = node.get("each")
        if each is not None and not _each(each):
            self.fault(each, "`each` names one path and a list of its values")
            return
        for value, changed in spread(node):
            name = ": ".join(filter(None, (made.name, value)))
            yield replace(made, name=name, changes=changed)

    def check(
        self,
        rule: str,
        sheet: Fields,
        base: Fields,
        node: Fields,
        norm: tuple[tuple[str, str], ...],
    ) -> Check | None:
        outcome = self.outcome(node, node.get("outcome"), "a check has an `outcome`")
        act = self.text(node, "act") or self.text(sheet, "act")
        if not act:
            checks = sheet.get("checks")
            others = checks.items if isinstance(checks, Items) else ()
            alone = any(isinstance(one, Fields) and "act" in one for one in others)
            text = "nothing says which act is looked at"
            self.once(node if alone else sheet, text, "add `act:` to the document")
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
            default=self.outcome(node, node.get("default"), "") if "default" in node else "",
            norm=self.norm(node) or norm,
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


def spread(check: Fields) -> Iterator[tuple[str, Fields]]:
    """The check, or with `each` one for each value that it lists, as if `set` had set it."""
    each = check.get("each")
    path = _each(each)
    if path is None:
        yield "", check
        return
    name, values = path
    old = check.get("set")
    rest = [(key, value) for key, value in check if key.text not in ("each", "set")]
    for value in values:
        set_ = Fields(name.file, name.line, name.column)
        set_.fill((*(old.pairs if isinstance(old, Fields) else ()), (name, value)))
        changed = Fields(check.file, check.line, check.column)
        changed.fill((*rest, (Text("set", False, name.file, name.line, 0, 1), set_)))
        yield str(value.plain()), changed


def _each(node: Node | None) -> tuple[Text, Items] | None:
    """The one path of `each` and its values; None if it is not of that form."""
    pairs = node.pairs if isinstance(node, Fields) else ()
    if len(pairs) == 1 and isinstance(pairs[0][1], Items) and pairs[0][1].items:
        return pairs[0][0], pairs[0][1]
    return None
