"""The tests that stand beside the rules: small cases, each with the outcome the rule must give.

`X.test.yaml` holds one or more documents: `tests:` (the rule), `base:` (a small case), `act:`
(the act looked at), `checks:` (each a change of the base, as in a variant, and an `outcome`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct

from comity import source
from comity.casefile import apply_changes, case_of
from comity.checking import Loaded, readings_of
from comity.framing import frames_of
from comity.library import folder_of, split
from comity.model import Rulebook
from comity.problems import Problem, nearest, problem
from comity.resolving import Judged, judge
from comity.running import EngineFault
from comity.source import Fields, Items, Node, Text

CHECK_KEYS = frozenset({"name", "outcome", "worlds", "act", "mission", "set", "remove", "add"})
SHEET_KEYS = frozenset({"tests", "base", "act", "checks", "mission", "note"})


class Result(Struct, frozen=True):
    """One check and how it went."""

    rule: str
    name: str
    at: str  # file:line
    passed: bool
    message: str
    outcome: str


def run(
    loaded: Loaded, files: Mapping[str, bytes]
) -> tuple[tuple[Result, ...], tuple[Problem, ...]]:
    """Run every test document among the files. A malformed one is a Problem (R020).

    Tests of a rule that a later pack overrides or disables are not run: see `left_out`.
    """
    results: list[Result] = []
    problems: list[Problem] = []
    for name, data in sorted(split(files)[2].items()):
        nodes, found = source.read(data, str(name))
        problems.extend(found)
        changed = changed_rules(loaded.rulebook, folder_of(name))
        for node in nodes:
            if _tested(node) not in changed:
                sheet = _Sheet(loaded, node, problems)
                results.extend(sheet.results())
    return tuple(results), tuple(problems)


def left_out(book: Rulebook, files: Mapping[str, bytes]) -> dict[str, int]:
    """The checks that are not run, by rule: their rule is not the one they were written for."""
    found: Counter[str] = Counter()
    for name, data in split(files)[2].items():
        changed = changed_rules(book, folder_of(name))
        for node in source.read(data, str(name))[0] if changed else ():
            checks = node.get("checks") if isinstance(node, Fields) else None
            if _tested(node) in changed and isinstance(checks, Items):
                found[_tested(node)] += len(checks)
    return dict(found)


def changed_rules(book: Rulebook, folder: str) -> frozenset[str]:
    """The rules that packs laid over this one override or disable."""
    names = [pack.folder for pack in book.packs]
    later = book.packs[names.index(folder) + 1 :] if folder in names else ()
    changes = (change for pack in later for change in (*pack.overrides, *pack.disables))
    return frozenset(change.id for change in changes if change.kind == "rule")


def _tested(node: Node) -> str:
    return _text(node, "tests") if isinstance(node, Fields) else ""


class _Sheet:
    """One test document."""

    def __init__(self, loaded: Loaded, node: Node, problems: list[Problem]) -> None:
        self.loaded = loaded
        self.node = node
        self.problems = problems

    def fault(self, node: Node, text: str, hint: str = "") -> None:
        self.problems.append(problem("R020", node.place, text, hint))

    def results(self) -> Iterator[Result]:
        node = self.node
        if not isinstance(node, Fields):
            self.fault(node, "a test document is a mapping that starts with `tests:`")
            return
        for key, _ in node.pairs:
            if key.text not in SHEET_KEYS:
                hint = _guess(key.text, SHEET_KEYS)
                self.fault(key, f"unknown key '{key.text}'", hint)
        rule, base, checks = node.get("tests"), node.get("base"), node.get("checks")
        ids = [r.id for r in self.loaded.rulebook.rules]
        if not isinstance(rule, Text) or rule.text not in ids:
            name = rule.text if isinstance(rule, Text) else ""
            self.fault(rule or node, f"`tests` names no rule: '{name}'", _guess(name, ids))
            return
        if not isinstance(base, Fields) or not isinstance(checks, Items) or not checks.items:
            self.fault(node, "a test document has a `base` case and a list of `checks`")
            return
        for check in checks.items:
            if isinstance(check, Fields):
                yield from self.check(rule.text, base, check, _text(node, "act"))
            else:
                self.fault(check, "a check is a mapping with `name` and `outcome`")

    def check(self, rule: str, base: Fields, check: Fields, act: str) -> Iterator[Result]:
        for key, _ in check.pairs:
            if key.text not in CHECK_KEYS:
                self.fault(key, f"unknown key '{key.text}'", _guess(key.text, CHECK_KEYS))
        wanted = _text(check, "outcome")
        if not wanted:
            self.fault(check, "a check has an `outcome`")
            return
        root, problems = apply_changes(base, check)
        case, more = case_of(root, self.loaded.vocabulary, partial=True)
        errors = [p for p in (*problems, *more) if p.severity == "error"]
        if case is None or errors:
            self.problems.extend(errors)
            return
        act = _text(check, "act") or act
        mission = _text(check, "mission") or _text(self.node, "mission")  # type: ignore[arg-type]
        readings = readings_of(case, self.loaded.rulebook)
        found: list[Judged] = []
        try:
            for frame in frames_of(case, self.loaded.vocabulary):
                if frame.act in (act, act.split("#")[0]) and mission in ("", frame.mission):
                    found += [
                        j
                        for j in judge(self.loaded.engine, frame, readings, explain=False)
                        if j.rule.id == rule
                    ]
        except EngineFault as fault:
            self.fault(check, fault.message)
            return
        outcomes = sorted({j.outcome for j in found}) or ["not_in_play"]
        message = "" if outcomes == [wanted] else f"expected {wanted}, got {', '.join(outcomes)}"
        if not message:
            message = worlds_differ(check, found)
        place = check.place
        at = f"{place.file}:{place.line}"
        yield Result(rule, _text(check, "name"), at, not message, message, outcomes[0])


def worlds_differ(check: Fields, found: list[Judged]) -> str:
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
