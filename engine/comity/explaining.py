"""Why a finding stands, and why a rule does not: the derivation as a tree of named nodes.

Pure. Every node has a kind (norm, condition, concept, exception, presumption, world, fact) so
that a reader can tell a fact of the case from what the rulebook makes of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from comity.checking import Checked, Loaded
from comity.compiling import Code, Exclusion, Node, RuleCode
from comity.kleene import FALSE, TRUE
from comity.model import Frame, Range
from comity.reporting import Finding, range_text, support
from comity.resolving import Judged
from comity.views import View

WORDS = {0: "no", 1: "unknown", 2: "yes"}


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of a derivation: what it is, how it stands, where it comes from."""

    kind: str
    text: str
    value: str = ""  # yes | no | unknown | an outcome
    where: str = ""  # a citation, or file:line (source)
    children: tuple[Branch, ...] = ()


def derivation(loaded: Loaded, finding: Finding) -> Branch:
    """The tree for one finding, in the world its explanation looks at."""
    judged = finding.judged
    code = _code(loaded, judged.rule.id)
    view = view_of(loaded, judged)
    logic = code.code
    children = [
        replace(_node(view, judged.frame, loaded.program.parts[logic.applies]), kind="in play"),
        *_departs(view, judged.frame, logic),
        *(_exception(view, judged.frame, e) for e in logic.exceptions),
        *(Branch("presumed", a.text) for a in finding.assumes if a.kind == "presumption"),
        *(
            Branch("missing", " and ".join(f"{x.ask} ({' or '.join(x.values)})" for x in need))
            for need in finding.needs
        ),
        *(
            Branch("world", ", ".join(f"{n} = {v}" for n, v in w.setting), w.outcome)
            for w in finding.worlds
        ),
    ]
    return Branch(
        finding.kind,
        f"{finding.title}",
        finding.outcome,
        finding.cite,
        tuple(children),
    )


def view_of(loaded: Loaded, judged: Judged) -> View:
    """The default world of a finding: every switch at its default."""
    frame = judged.frame
    facts = {k: v.values for k, v in frame.known.items() if k not in frame.switches}
    for key, switch in frame.switches.items():
        facts[key] = (switch.default,)
    for reading in loaded.rulebook.readings.values():
        facts.setdefault(f"reading.{reading.id}", (reading.default,))
    return View(loaded.engine.truths, facts)


def _code(loaded: Loaded, rule: str) -> RuleCode:
    return next(c for c in loaded.program.rules if c.rule.id == rule)


def _departs(view: View, frame: Frame, logic: Code) -> Iterator[Branch]:
    node = view.program.parts[logic.departs]
    if node != ("&", ()):
        yield replace(_node(view, frame, node), kind="departs")


def _exception(view: View, frame: Frame, exclusion: Exclusion) -> Branch:
    strict = view.effect(exclusion, False)
    value = WORDS[strict]
    if strict == 1 and view.effect(exclusion, True) != 1:
        value = "presumed absent" if view.effect(exclusion, True) == FALSE else "presumed present"
    elif strict == FALSE:
        value = "absent"
    elif strict == TRUE:
        value = "holds"
    return Branch(
        "exception",
        exclusion.source.text or exclusion.name.replace("_", " "),
        value,
        exclusion.source.cite,
        (
            _node(view, frame, view.program.parts[exclusion.part]),
            *(_exception(view, frame, sub) for sub in exclusion.unless),
        ),
    )


def _node(view: View, frame: Frame, node: Node) -> Branch:
    sign, value = node[0], WORDS[view.node(node, True)]
    if sign == "a":
        return _atom(view, frame, node[1])
    if sign == "!":
        inner = _node(view, frame, node[1])
        return Branch("not", "not:", value, "", (inner,))
    if sign == "c":
        return _concept(view, frame, node[1], node[2])
    if not node[1]:
        return Branch("condition", "nothing more is asked", value)
    text = "all of" if sign == "&" else "any of"
    return Branch("condition", text, value, "", tuple(_node(view, frame, n) for n in node[1]))


def _atom(view: View, frame: Frame, number: int) -> Branch:
    atom = view.program.atoms[number]
    accept = (
        range_text(atom.accept)
        if isinstance(atom.accept, Range)
        else " or ".join(sorted(atom.accept))
    )
    name = atom.key.replace(":", " has ") if ":" in atom.key else atom.key
    wanted = name if ":" in atom.key and accept == "true" else f"{name} is {accept}"
    strict = view.atom(number, False)
    value = WORDS[strict]
    if strict == 1 and view.atom(number, True) != 1:
        value = "presumed " + WORDS[view.atom(number, True)]
    known = frame.known.get(atom.key)
    facts = (
        ()
        if known is None
        else tuple(
            Branch("fact", f"{s.fact}: {s.value}", "", f"{s.at} {s.source}".strip())
            for s in (support(f) for f in known.facts)
        )
    )
    return Branch("condition", wanted, value, "", facts)


def _concept(view: View, frame: Frame, name: str, value: str) -> Branch:
    code = view.program.concepts[name]
    shown = WORDS[view.concept(name, value, True)]
    branches = []
    for one, logic in code.definitions:
        if one == value:
            inner = _node(view, frame, view.program.parts[logic.applies])
            branches.append((view.departure(logic, True), inner, logic))
    decisive = [b for b in branches if b[0] == TRUE] or branches
    children = []
    for _v, inner, logic in decisive[:2]:
        children.append(inner)
        children.extend(_exception(view, frame, e) for e in logic.exceptions)
    text = code.concept.title or name
    if value != "true":
        text = f"{text}: {value}"
    return Branch("concept", text, shown, code.concept.cite, tuple(children))


# --------------------------------------------------------------------------- why not


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a rule has no finding on an act: the first conditions that fail or are unknown."""

    act: str
    outcome: str
    reason: str
    failing: tuple[Branch, ...]


def why_not(loaded: Loaded, checked: Checked, rule: str) -> tuple[WhyNot, ...]:
    """One answer an act (frame), the nearest to applying first."""
    answers = []
    by_frame = {(j.frame.id, j.rule.id): j for j in checked.judged}
    code = _code(loaded, rule)
    for frame in checked.frames:
        judged = by_frame.get((frame.id, rule))
        if judged is None:
            failing = tuple(_trigger(loaded, frame, code))
            answers.append(
                WhyNot(frame.act, "not triggered", "the rule is about another kind of act", failing)
            )
            continue
        view = view_of(loaded, judged)
        failing = tuple(first_failing(view, frame, code.code))
        reasons = {
            "not_in_play": "a condition of the norm fails",
            "moot": "nothing that is still unknown could make it a departure",
            "respected": "the norm applies and the conduct keeps to it",
            "excused": "an exception holds",
        }
        answers.append(WhyNot(frame.act, judged.outcome, reasons.get(judged.outcome, ""), failing))
    rank = {"not triggered": 9, "not_in_play": 5, "moot": 4}
    return tuple(sorted(answers, key=lambda a: (rank.get(a.outcome, 0), len(a.failing), a.act)))


def _trigger(loaded: Loaded, frame: Frame, code: RuleCode) -> Iterator[Branch]:
    view = View(loaded.engine.truths, {k: v.values for k, v in frame.known.items()})
    for number in dict.fromkeys(n for way in code.trigger for n in way):
        if view.atom(number, False) != TRUE:
            yield _atom(view, frame, number)


def first_failing(view: View, frame: Frame, logic: Code) -> Iterator[Branch]:
    """The parts of applies, then of departs, that are false; then exceptions that hold."""
    for number in (logic.applies, logic.departs):
        node = view.program.parts[number]
        parts: Iterable[Node] = node[1] if node[0] == "&" else (node,)
        failing = [p for p in parts if view.node(p, False) == FALSE]
        yield from (_node(view, frame, p) for p in failing)
        if failing:
            return
    for exclusion in logic.exceptions:
        if view.effect(exclusion, False) == TRUE:
            yield _exception(view, frame, exclusion)


def nearest_rule(checked: Checked, rule: str) -> Finding | None:
    """The finding that does apply and is nearest to a rule: same provision, then same act."""
    findings = [f for f in checked.report.findings if not f.hypothetical and f.rule != rule]
    asked = next((j.rule for j in checked.judged if j.rule.id == rule), None)
    if asked is None:
        return findings[0] if findings else None
    article = asked.provision.split("(")[0]

    def distance(finding: Finding) -> tuple[bool, bool, bool]:
        return (
            finding.rule not in asked.see,
            finding.cite != asked.provision,
            not finding.cite.startswith(article),
        )

    return min(findings, key=distance, default=None)
