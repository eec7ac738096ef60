"""The tests that stand beside the rules: small cases, each with the outcome the rule must give.

`X.test.yaml` holds one or more documents: `tests:` (the rule), `base:` (a small case), `act:`
(the act looked at), `checks:` (each a change of the base, as in a variant, and an `outcome`), and
`norm:` (who is bound towards whom, and how, wherever the norm is in play).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from comity import source
from comity.casefile import Case, apply_changes, case_of
from comity.checking import Loaded, readings_of
from comity.framing import frames_of
from comity.library import split
from comity.model import Frame, Reading
from comity.problems import Problem, nearest, problem
from comity.reporting import party
from comity.resolving import Judged, judge
from comity.running import Engine, EngineFault
from comity.source import Fields, Items, Node, Text
from comity.vocabulary import Vocabulary

CHECK_KEYS = frozenset(
    {
        *("name", "outcome", "worlds", "default", "norm", "act", "mission"),
        *("set", "remove", "add", "each"),
    }
)
SHEET_KEYS = frozenset({"tests", "base", "act", "checks", "mission", "norm", "note"})
NORM_KEYS: Final = ("bearer", "modality", "owed_to")
NOBODY: Final = "nobody"  # a role that no one fills in the case
OUT_OF_PLAY: Final = ("not_in_play", "moot")


class Result(Struct, frozen=True):
    """One check and how it went."""

    rule: str
    name: str
    at: str  # file:line
    passed: bool
    message: str
    outcome: str


class Look(Struct, frozen=True):
    """One check made ready. The rules have no part in it: one look serves many rulebooks."""

    rule: str
    check: Fields
    norm: Fields | None
    case: Case
    frames: tuple[Frame, ...]
    value: str = ""  # of `each`

    @property
    def name(self) -> str:
        return ": ".join(filter(None, (_text(self.check, "name"), self.value)))

    @property
    def at(self) -> str:
        return f"{self.check.file}:{self.check.line}"

    def judged(self, engine: Engine, readings: Mapping[str, Reading]) -> list[Judged]:
        """What the rule finds. Raises EngineFault as `judge` does."""
        return [
            one
            for frame in self.frames
            for one in judge(engine, frame, readings, explain=False)
            if one.rule.id == self.rule
        ]

    def message(self, found: Sequence[Judged]) -> str:
        """What differs from what the check says; "" if nothing does."""
        outcomes, wanted = outcomes_of(found), _text(self.check, "outcome")
        if outcomes != [wanted]:
            return f"expected {wanted}, got {', '.join(outcomes)}"
        return (
            worlds_differ(self.check, found)
            or default_differs(self.check, found)
            or norm_differs(self.norm, found)
        )


def run(
    loaded: Loaded, files: Mapping[str, bytes]
) -> tuple[tuple[Result, ...], tuple[Problem, ...]]:
    """Run every test document among the files. A malformed one is a Problem (R020)."""
    rules = [rule.id for rule in loaded.rulebook.rules]
    ready, problems = looks(loaded.vocabulary, rules, files)
    results: list[Result] = []
    faults: list[Problem] = []
    for look in ready:
        try:
            found = look.judged(loaded.engine, readings_of(look.case, loaded.rulebook))
        except EngineFault as fault:
            faults.append(problem("R020", look.check.place, fault.message))
            continue
        message = look.message(found)
        results.append(
            Result(look.rule, look.name, look.at, not message, message, outcomes_of(found)[0])
        )
    return tuple(results), (*problems, *faults)


def looks(
    vocabulary: Vocabulary, rules: Sequence[str], files: Mapping[str, bytes]
) -> tuple[tuple[Look, ...], tuple[Problem, ...]]:
    """Every check of the test documents among the files, in their order, made ready."""
    found: list[Look] = []
    problems: list[Problem] = []
    for name, data in sorted(split(files)[2].items()):
        nodes, faults = source.read(data, name)
        problems.extend(faults)
        for node in nodes:
            found.extend(_Sheet(vocabulary, rules, node, problems).looks())
    return tuple(found), tuple(problems)


class _Sheet:
    """One test document."""

    def __init__(
        self, vocabulary: Vocabulary, rules: Sequence[str], node: Node, problems: list[Problem]
    ) -> None:
        self.vocabulary = vocabulary
        self.rules = rules
        self.node = node
        self.problems = problems

    def fault(self, node: Node, text: str, hint: str = "") -> None:
        self.problems.append(problem("R020", node.place, text, hint))

    def looks(self) -> Iterator[Look]:
        node = self.node
        if not isinstance(node, Fields):
            self.fault(node, "a test document is a mapping that starts with `tests:`")
            return
        for key, _ in node.pairs:
            if key.text not in SHEET_KEYS:
                hint = _guess(key.text, SHEET_KEYS)
                self.fault(key, f"unknown key '{key.text}'", hint)
        rule, base, checks = node.get("tests"), node.get("base"), node.get("checks")
        if not isinstance(rule, Text) or rule.text not in self.rules:
            name = rule.text if isinstance(rule, Text) else ""
            self.fault(rule or node, f"`tests` names no rule: '{name}'", _guess(name, self.rules))
            return
        if not isinstance(base, Fields) or not isinstance(checks, Items) or not checks.items:
            self.fault(node, "a test document has a `base` case and a list of `checks`")
            return
        norm = self.norm(node)
        for check in checks.items:
            if isinstance(check, Fields):
                yield from self.look(rule.text, base, check, norm)
            else:
                self.fault(check, "a check is a mapping with `name` and `outcome`")

    def norm(self, node: Fields) -> Fields | None:
        found = node.get("norm")
        if found is None:
            return None
        if not isinstance(found, Fields) or not len(found):
            self.fault(found, "`norm` is a mapping with `bearer`, `modality` or `owed_to`")
            return None
        for key, value in found:
            if key.text not in NORM_KEYS:
                self.fault(key, f"unknown key '{key.text}'", _guess(key.text, NORM_KEYS))
            elif not isinstance(value, Text) or value.empty:
                hint = f"a State's code, a name of the cast, or {NOBODY}"
                self.fault(value, f"'{key.text}' is a word", hint)
        return found

    def look(self, rule: str, base: Fields, check: Fields, norm: Fields | None) -> Iterator[Look]:
        for key, _ in check.pairs:
            if key.text not in CHECK_KEYS:
                self.fault(key, f"unknown key '{key.text}'", _guess(key.text, CHECK_KEYS))
        if not _text(check, "outcome"):
            self.fault(check, "a check has an `outcome`")
            return
        for value, changed in self.each(check):
            yield from self.made(rule, base, changed, norm, value)

    def each(self, check: Fields) -> Iterator[tuple[str, Fields]]:
        """The check, or one for each value of a path that `each` lists."""
        found = check.get("each")
        if found is None:
            yield "", check
            return
        pairs = found.pairs if isinstance(found, Fields) else ()
        values = pairs[0][1] if len(pairs) == 1 else None
        if not isinstance(values, Items) or not values.items:
            self.fault(found, "`each` names one path and a list of its values")
            return
        old = check.get("set")
        for value in values:
            set_ = Fields(found.file, found.line, found.column)
            set_.fill((*(old.pairs if isinstance(old, Fields) else ()), (pairs[0][0], value)))
            changed = Fields(check.file, check.line, check.column)
            rest = ((k, v) for k, v in check if k.text not in ("each", "set"))
            changed.fill((*rest, (Text("set", False, set_.file, set_.line, 0, 1), set_)))
            yield str(value.plain()), changed

    def made(
        self, rule: str, base: Fields, check: Fields, norm: Fields | None, value: str
    ) -> Iterator[Look]:
        root, problems = apply_changes(base, check)
        case, more = case_of(root, self.vocabulary, partial=True)
        errors = [p for p in (*problems, *more) if p.severity == "error"]
        if case is None or errors:
            self.problems.extend(errors)
            return
        sheet: Fields = self.node  # type: ignore[assignment]
        act = _text(check, "act") or _text(sheet, "act")
        mission = _text(check, "mission") or _text(sheet, "mission")
        frames = tuple(
            frame
            for frame in frames_of(case, self.vocabulary)
            if frame.act in (act, act.split("#")[0]) and mission in ("", frame.mission)
        )
        yield Look(rule, check, self.norm(check) or norm, case, frames, value)


def outcomes_of(found: Sequence[Judged]) -> list[str]:
    return sorted({one.outcome for one in found}) or ["not_in_play"]


def norm_differs(wanted: Fields | None, found: Sequence[Judged]) -> str:
    """Compare who is bound towards whom, and how, where the norm is in play."""
    for key, value in wanted or ():
        name = key.text
        words = {
            one.rule.norm.modality
            if name == "modality"
            else party(one.frame, getattr(one.rule.norm, name)) or NOBODY
            for one in found
            if one.outcome not in OUT_OF_PLAY
        }
        text = value.text if isinstance(value, Text) else ""
        if words and words != {text}:
            return f"{name}: expected {text}, got {', '.join(sorted(words))}"
    return ""


def default_differs(check: Fields, found: Sequence[Judged]) -> str:
    """Compare the outcome in the world of all defaults, if the check names it."""
    wanted = _text(check, "default")
    if not wanted:
        return ""
    outcomes = set()
    for one in found:
        default = {switch.name: switch.default for switch in one.switches}
        at_default = [w.outcome for w in one.worlds if dict(w.setting) == default]
        outcomes.update(at_default or [one.outcome])
    if outcomes != {wanted}:
        got = ", ".join(sorted(outcomes)) or "nothing"
        return f"by default: expected {wanted}, got {got}"
    return ""


def worlds_differ(check: Fields, found: Sequence[Judged]) -> str:
    """Compare the outcome in each world that the check names (`reading=value: outcome`)."""
    wanted = check.get("worlds")
    if not isinstance(wanted, Fields):
        return ""
    for key, value in wanted.pairs:
        setting = dict(part.strip().split("=", 1) for part in key.text.split(",") if "=" in part)
        outcomes = {
            w.outcome
            for j in found
            for w in j.worlds
            if all(dict(w.setting).get(name) == val for name, val in setting.items())
        }
        text = value.text if isinstance(value, Text) else ""
        if outcomes != {text}:
            return f"in {key.text}: expected {text}, got {', '.join(sorted(outcomes)) or 'nothing'}"
    return ""


def _text(node: Fields, name: str) -> str:
    value = node.get(name)
    return value.text if isinstance(value, Text) else ""


def _guess(word: str, known: object) -> str:
    near = nearest(word, list(known))  # type: ignore[call-overload]
    return f"did you mean '{near}'?" if near else ""
