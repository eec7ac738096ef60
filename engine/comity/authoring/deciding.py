"""What decided the outcome of a check, in a line or two: enough to see what is wrong.

Pure. It tells the first conditions that fail, are unknown or hold, as `comity why-not` does on a
whole case; conditions are in the words of the rule files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from comity.checking import Loaded
from comity.compiling import Exclusion, Node, Program, RuleCode
from comity.kleene import FALSE, TRUE, UNKNOWN
from comity.model import Frame, Range
from comity.reporting import range_text
from comity.resolving import Judged, switches_of
from comity.ruletests import Result
from comity.views import View

MOST: Final = 3  # conditions told of one frame


def node_leaves(program: Program, node: Node) -> Iterator[Node]:
    """The conditions as an author writes them: what one key or concept may be, in one line."""
    if node[0] in "ac" or _one_line(program, node):
        yield node
    elif node[0] == "!":
        yield from node_leaves(program, node[1])
    else:
        for child in node[1]:
            yield from node_leaves(program, child)


def _one_line(program: Program, node: Node) -> bool:
    """Whether a disjunction is one written line: several values of a set, or of a concept."""
    if node[0] != "|" or not node[1]:
        return False
    subjects = {_subject(program, child) for child in node[1]}
    return len(subjects) == 1 and "" not in subjects


def _subject(program: Program, node: Node) -> str:
    """The set or the concept that a condition is about; "" for any other."""
    if node[0] == "c":
        return f"concept {node[1]}"
    if node[0] != "a":
        return ""
    atom = program.atoms[node[1]]
    key, colon, _ = atom.key.partition(":")
    return key if colon and atom.accept == frozenset({"true"}) else ""


def leaf_text(program: Program, node: Node) -> str:
    """`act.zone is exterior_wall`, `act.topic has election`, `place.premises` for a concept."""
    if node[0] == "|":
        first, *rest = (leaf_text(program, child) for child in node[1])
        return " or ".join([first, *(text.rpartition(" ")[2] for text in rest)])
    if node[0] == "c":
        return node[1] if node[2] == "true" else f"{node[1]} is {node[2]}"
    atom = program.atoms[node[1]]
    name = atom.key.replace(":", " has ").replace("reading.", "reading ")
    if isinstance(atom.accept, Range):
        return f"{name} is {range_text(atom.accept)}"
    if ":" in atom.key and atom.accept == {"true"}:
        return name
    return f"{name} is {' or '.join(sorted(atom.accept))}"


def decided_by(loaded: Loaded, result: Result) -> tuple[str, ...]:
    """Why a check came out as it did: one line for each act and mission that it looks at."""
    code = next(c for c in loaded.program.rules if c.rule.id == result.rule)
    by_frame = {judged.frame.id: judged for judged in result.judged}
    if not result.frames:
        return ("no mission is concerned by the act, so that no rule looks at it",)
    several = len(result.frames) > 1
    return tuple(
        (f"{frame.id}: " if several else "") + _one(loaded, code, frame, by_frame.get(frame.id))
        for frame in result.frames
    )


def _one(loaded: Loaded, code: RuleCode, frame: Frame, judged: Judged | None) -> str:
    if judged is None:
        return f"the rule is not about acts of the type {frame.type}"
    told = list(dict.fromkeys(_reasons(loaded, code, judged)))
    rest = [f"and {len(told) - MOST} more"] if len(told) > MOST else []
    return f"{judged.outcome.replace('_', ' ')}: {'; '.join([*told[:MOST], *rest])}"


def _reasons(loaded: Loaded, code: RuleCode, judged: Judged) -> Iterator[str]:
    if judged.outcome == "arguable":
        for world in judged.worlds:
            setting = ", ".join(f"{name}={value}" for name, value in world.setting)
            yield f"{world.outcome.replace('_', ' ')} where {setting}"
        return
    view = default_view(loaded, code, judged)
    logic, program = code.code, loaded.program
    if judged.outcome == "presumed":
        names = ", ".join(a.key for a in judged.assumes if a.kind == "exception")
        if names:
            yield f"it assumes that no exception holds ({names})"
        keys = ", ".join(a.key for a in judged.assumes if a.kind != "exception")
        if keys:
            yield f"it relies on the standing presumption about {keys}"
        return
    if judged.outcome == "established":
        yield "every condition holds, and no exception"
        return
    wanted = {"not_in_play": FALSE, "respected": FALSE}.get(judged.outcome, UNKNOWN)
    if judged.outcome == "respected" and judged.frame.stage == "did_not_happen":
        yield "the act did not happen"
    if judged.outcome != "excused":
        for number in (logic.applies, logic.departs):
            found = [*_leaves(view, program.parts[number], wanted)]
            yield from (_told(program, n, judged.frame, wanted, neg) for n, neg in found)
            if found and wanted == FALSE:
                return
    for exclusion in logic.exceptions:
        yield from _exception(view, exclusion, judged.outcome)


def _exception(view: View, exclusion: Exclusion, outcome: str) -> Iterator[str]:
    held = view.effect(exclusion, True)
    if held == TRUE and outcome in ("excused", "moot"):
        yield f"exception {exclusion.name} holds"
    elif held == UNKNOWN and outcome == "open":
        yield f"exception {exclusion.name} is unknown, and nothing is presumed of it"


def default_view(loaded: Loaded, code: RuleCode, judged: Judged) -> View:
    """The frame with every reading and judgement at its default."""
    switches = switches_of(code, judged.frame, loaded.rulebook.readings)
    return judged.view.of(code, {}).told({s.key: (s.default,) for s in switches})


def _leaves(
    view: View, node: Node, wanted: int, negated: bool = False
) -> Iterator[tuple[Node, bool]]:
    """The conditions that make a node false or unknown, each with whether it stands under a `not`;
    of a conjunction the first."""
    value = view.node(node, False)
    if value != (2 - wanted if negated else wanted):
        return
    if node[0] == "!":
        yield from _leaves(view, node[1], wanted, not negated)
    elif node[0] in "&|" and not _one_line(view.program, node):
        for child in node[1]:
            found = [*_leaves(view, child, wanted, negated)]
            yield from found
            # One false part is enough to make a conjunction false.
            if found and wanted == FALSE and (node[0] == "&") != negated:
                return
    else:
        yield node, negated


def _told(program: Program, node: Node, frame: Frame, wanted: int, negated: bool) -> str:
    text = leaf_text(program, node)
    if wanted == UNKNOWN:
        return f"unknown whether {text}"
    if negated:
        return f"met, and must not be: {text}"
    known = frame.known.get(program.atoms[node[1]].key) if node[0] == "a" else None
    values = " or ".join(known.values) if known is not None else ""
    return f"not met: {text}" + (f" (it is {values})" if values else "")


def lines(loaded: Loaded, results: Iterable[Result]) -> dict[str, tuple[str, ...]]:
    """What decided each check that does not pass, by its place."""
    return {r.at: decided_by(loaded, r) for r in results if not r.passed}
