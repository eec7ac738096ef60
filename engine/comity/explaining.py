"""Why a finding stands, and why a rule does not: the derivation as a tree of named nodes.

Pure. Every node has a kind (norm, condition, concept, reading, exception, presumed, fact, ...) so
that a reader can tell a fact of the case from what the rulebook makes of it. Nothing is left out
of a derivation; what stands on the page already is pointed to instead of told twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from comity import phrasing
from comity.checking import Checked, Loaded, wording
from comity.compiling import Code, Exclusion, Node, Program, RuleCode
from comity.kleene import FALSE, TRUE
from comity.measuring import Instance
from comity.model import Frame, Measure, Range, Rule
from comity.reporting import Finding, Report, fill, lacks, range_text, reported, support
from comity.resolving import POSITIVE, Judged
from comity.views import View

WORDS = {0: "no", 1: "unknown", 2: "yes"}


class Branch(Struct, frozen=True):
    """One line of a derivation: what it is, how it stands, where it comes from."""

    kind: str
    text: str
    value: str = ""  # yes | no | unknown | an outcome | a state
    where: str = ""  # a citation, or the line of the case and its source
    children: tuple[Branch, ...] = ()


# --------------------------------------------------------------------------- why


def derivation(loaded: Loaded, report: Report, finding: Finding) -> Branch:
    """The tree for one finding, in the world its explanation looks at: every switch at its
    default."""
    judged = finding.judged
    walk = Walk(loaded, report, judged.frame)
    logic = code_of(loaded.program, judged.rule.id).code
    children = [
        Branch("norm", phrasing.dotted(finding.title), "", _authority(judged.rule)),
        *(_told(finding)),
        replace(walk.part(logic.applies), kind="in play", text=""),
        *walk.departs(logic),
        *(walk.exception(e) for e in logic.exceptions),
        *(
            [Branch("exceptions", judged.rule.no_exceptions or "none")]
            if not logic.exceptions
            else []
        ),
        *(Branch("presumed", a.text) for a in finding.assumes if a.kind == "presumption"),
        *(Branch("missing", text) for text in phrasing.missing(finding)),
        *disputes(loaded, report, finding),
        *_worlds(finding),
    ]
    return Branch(
        "finding",
        _title(finding, report),
        finding.outcome,
        f"{finding.id}; lines are of {report.file}",
        tuple(children),
    )


def _title(finding: Finding, report: Report) -> str:
    """departure from VCDR 41(3), Libya towards United Kingdom"""
    joined = {"departure": "from", "immunity": "under", "inviolability": "under"}
    text = f"{finding.kind} {joined.get(finding.kind, 'under')} {finding.cite}"
    if finding.bearer:
        text += f", {phrasing.named(finding.bearer, report)}"
        if finding.owed_to:
            text += f" towards {phrasing.named(finding.owed_to, report)}"
    return text if finding.stage == "done" else f"{text} ({phrasing.STAGES[finding.stage]})"


def _authority(rule: Rule) -> str:
    checked = "" if rule.verified else "; not yet checked against its sources"
    return f"{rule.id}; {', '.join(rule.strength)}{checked}"


def _told(finding: Finding) -> Iterator[Branch]:
    if finding.outcome in (*POSITIVE, "arguable") and finding.text != finding.title:
        yield Branch("says", finding.text)


def _worlds(finding: Finding) -> Iterator[Branch]:
    """Every world, those with the same answer together."""
    same: dict[str, list[str]] = {}
    for world in finding.worlds:
        setting = ", ".join(f"{name} = {value}" for name, value in world.setting)
        same.setdefault(phrasing.outcome_word(world.outcome), []).append(setting)
    for outcome, settings in same.items():
        children = tuple(Branch("world", setting) for setting in settings)
        yield Branch("worlds", phrasing.plural(len(settings), "world"), outcome, "", children)


def disputes(loaded: Loaded, report: Report, finding: Finding) -> Iterator[Branch]:
    """Each disputed point, the answer on each view, who holds it, and what that view changes."""
    if not finding.worlds:
        return
    chosen = phrasing.defaults(finding, report)
    for point in phrasing.views(finding, report):
        question = " ".join(question for _, question in point.names)
        rows = []
        for row in point.rows:
            held = [*(["default"] if row.default else []), *([row.held_by] if row.held_by else [])]
            changed = () if row.default else differs(loaded, report, finding, chosen, row.setting)
            rows.append(Branch("view", row.says, row.outcome, "; ".join(held), tuple(changed)))
        names = ", ".join(name for name, _ in point.names)
        yield Branch("in dispute", question, "", names, tuple(rows))


def differs(
    loaded: Loaded,
    report: Report,
    finding: Finding,
    chosen: Mapping[str, str],
    setting: Iterable[tuple[str, str]],
) -> Iterator[Branch]:
    """The parts of the norm that come out otherwise on another view."""
    judged = finding.judged
    before = Walk(loaded, report, judged.frame)
    after = Walk(loaded, report, judged.frame, {**chosen, **dict(setting)})
    logic = code_of(loaded.program, judged.rule.id).code
    for name, number in (("in play", logic.applies), ("departs", logic.departs)):
        old, new = (WORDS[w.view.part(number, True)] for w in (before, after))
        if old != new:
            yield Branch("differs", name, f"{old} -> {new}")
    for one in logic.exceptions:
        old, new = (state(w.view, one) for w in (before, after))
        if old != new:
            yield Branch("differs", f"exception {exception_name(one)}", f"{old} -> {new}")


def code_of(program: Program, rule: str) -> RuleCode:
    return next(c for c in program.rules if c.rule.id == rule)


def exception_name(one: Exclusion) -> str:
    return one.source.text or one.name.replace("_", " ")


def state(view: View, one: Exclusion) -> str:
    """How an exception stands: holds, absent, presumed either way, or unknown."""
    strict, presumed = view.effect(one, False), view.effect(one, True)
    if strict == FALSE:
        return "absent"
    if strict == TRUE:
        return "holds"
    if presumed == strict:
        return "unknown"
    return "presumed absent" if presumed == FALSE else "presumed to hold"


class Walk:
    """The walk through one rule on one frame, in one world; it remembers what it has shown."""

    def __init__(
        self,
        loaded: Loaded,
        report: Report,
        frame: Frame,
        setting: Mapping[str, str] | None = None,
    ) -> None:
        self.loaded, self.report, self.frame = loaded, report, frame
        self.program = loaded.program
        self.view = View(loaded.engine.truths, facts_of(loaded, report, frame, setting or {}))
        self.shown: set[tuple[str, str]] = set()

    def part(self, number: int) -> Branch:
        return self.node(self.program.parts[number])

    def departs(self, logic: Code) -> Iterator[Branch]:
        node = self.program.parts[logic.departs]
        if node != ("&", ()):
            found = self.node(node)
            hoisted = found.text in ("all of", "any of")
            yield replace(found, kind="departs", text=found.text if hoisted else "", children=(
                found.children if hoisted else (found,)))  # fmt: skip

    def exception(self, one: Exclusion) -> Branch:
        """An exception with its state, what it asks, and the exceptions to it."""
        return Branch(
            "exception",
            exception_name(one),
            state(self.view, one),
            one.source.cite,
            (self.part(one.part), *(self.exception(sub) for sub in one.unless)),
        )

    def node(self, node: Node) -> Branch:
        sign, value = node[0], WORDS[self.view.node(node, True)]
        if sign == "a":
            return self.atom(node[1])
        if sign == "!":
            return Branch("condition", "not", value, "", (self.node(node[1]),))
        if sign == "c":
            return self.concept(node[1], node[2])
        if not node[1]:
            return Branch("condition", "nothing more is asked", value)
        if len(node[1]) == 1:
            return self.node(node[1][0])
        text = "all of" if sign == "&" else "any of"
        return Branch("condition", text, value, "", tuple(self.node(n) for n in node[1]))

    def atom(self, number: int) -> Branch:
        key = self.program.atoms[number].key
        if key.startswith("reading."):
            return self.reading(number)
        strict, presumed = self.view.atom(number, False), self.view.atom(number, True)
        value = WORDS[strict] if strict == presumed else f"presumed {WORDS[presumed]}"
        return Branch("condition", self.condition(number), value, "", tuple(self.facts(key)))

    def condition(self, number: int) -> str:
        """`act.zone is exterior_wall`, in the words of the rule files."""
        atom = self.program.atoms[number]
        name = atom.key.replace(":", " has ")
        if isinstance(atom.accept, Range):
            return f"{name} is {range_text(atom.accept)}"
        if ":" in atom.key and atom.accept == {"true"}:
            return name
        return f"{name} is {' or '.join(sorted(atom.accept))}"

    def facts(self, key: str) -> Iterator[Branch]:
        """The facts a key comes from; what nobody stated is the question to ask."""
        known = self.frame.known.get(key)
        switch = self.frame.switches.get(key)
        for fact in switch.facts if switch is not None else ():
            s = support(fact)
            yield Branch("judgement", f"{s.fact}: {s.value}", "", self.place(s.at, s.source))
        if switch is not None and switch.facts:
            return
        if known is None or not known.facts:
            base = self.loaded.vocabulary.keys.get(key.partition(":")[0])
            if known is None and base is not None and base.ask:
                yield Branch("question", fill(base.ask, self.frame))
            return
        for fact in known.facts:
            s = support(fact)
            yield Branch("fact", f"{s.fact}: {s.value}", "", self.place(s.at, s.source))

    def place(self, at: str, source: str) -> str:
        file, _, line = at.rpartition(":")
        where = f"line {line}" if file == self.report.file else at
        return ", ".join(part for part in (where, source) if part)

    def reading(self, number: int) -> Branch:
        """A condition on a reading: what the reading says and who holds it."""
        atom = self.program.atoms[number]
        name = atom.key.removeprefix("reading.")
        values = sorted(atom.accept) if not isinstance(atom.accept, Range) else []
        reading = self.report.readings[name]
        text = " or ".join(reading.values[v].says.rstrip(".") for v in values)
        held = "; ".join(reading.values[v].held_by.rstrip(".") for v in values)
        taken = WORDS[self.view.atom(number, True)]
        return Branch("reading", f"{name} = {' or '.join(values)} ({text})", taken, held)

    def concept(self, name: str, value: str) -> Branch:
        """A concept, with the definition that decides it, or with all if none does."""
        code = self.program.concepts[name]
        shown = WORDS[self.view.concept(name, value, True)]
        text = code.concept.title or name
        text = text if value == "true" else f"{text}: {value.replace('_', ' ')}"
        if (name, value) in self.shown:
            return Branch("concept", f"{text} (as above)", shown)
        self.shown.add((name, value))
        logics = [logic for one, logic in code.definitions if one == value]
        decisive = [x for x in logics if self.view.departure(x, True) == TRUE][:1] or logics
        children: list[Branch] = []
        for logic in decisive:
            inner = self.part(logic.applies)
            plain = len(decisive) == 1 and inner.text == "all of"
            children += inner.children if plain else (inner,)
            children += self.departs(logic)
            children += (self.exception(e) for e in logic.exceptions)
        if len(decisive) < len(logics):
            rest = phrasing.plural(len(logics) - len(decisive), "other way")
            children.append(Branch("note", f"{rest} to meet it not looked at"))
        return Branch("concept", text, shown, code.concept.cite, tuple(children))


def facts_of(
    loaded: Loaded, report: Report, frame: Frame, setting: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """The facts of a frame in one world: the switches at their default, or as set."""
    facts = {k: v.values for k, v in frame.known.items() if k not in frame.switches}
    for key, switch in frame.switches.items():
        facts[key] = (setting.get(switch.name, switch.default),)
    defaults = dict(report.receipt.readings)
    for name in loaded.rulebook.readings:
        facts.setdefault(f"reading.{name}", (setting.get(name, defaults[name]),))
    return facts


# --------------------------------------------------------------------------- why not


class WhyNot(Struct, frozen=True):
    """Why a rule has no finding on an act: the first conditions that fail or are unknown."""

    act: str
    outcome: str
    reason: str
    failing: tuple[Branch, ...]


REASONS = {
    "not_in_play": "a condition of the norm fails",
    "moot": "in play, but nothing that is still unknown could make it a departure",
    "respected": "the norm applies and the conduct keeps to it",
    "excused": "the norm applies and an exception holds",
    "open": "it may apply; what is missing",
}


def why_not(loaded: Loaded, checked: Checked, rule: str) -> tuple[WhyNot, ...]:
    """One answer an act (frame), the nearest to applying first."""
    by_frame = {(j.frame.id, j.rule.id): j for j in checked.judged}
    code = code_of(loaded.program, rule)
    answers = []
    for frame in checked.frames:
        judged = by_frame.get((frame.id, rule))
        if judged is None:
            failing = tuple(_trigger(loaded, checked.report, frame, code))
            reason = "the rule is about another kind of act"
            answers.append(WhyNot(frame.act, "not triggered", reason, failing))
        else:
            answers.append(answer(loaded, checked, judged, code))
    rank = {"not triggered": 9, "not_in_play": 5, "moot": 4}
    return tuple(sorted(answers, key=lambda a: (rank.get(a.outcome, 0), len(a.failing), a.act)))


def answer(loaded: Loaded, checked: Checked, judged: Judged, code: RuleCode) -> WhyNot:
    walk = Walk(loaded, checked.report, judged.frame)
    failing = tuple(first_failing(walk, code.code))
    reason = REASONS.get(judged.outcome, "")
    found = next((f for f in checked.report.findings if f.judged is judged), None)
    if found is not None:
        reason = f"{reason}; see comity why, {found.id}".removeprefix("; ")
    elif judged.outcome == "open":
        words = wording(loaded, checked.frames)
        needs = [lacks(n, judged.frame, words) for n in judged.needs]
        failing = tuple(Branch("missing", phrasing.need(need)) for need in needs)
        reason = "it may apply, but too much is unknown to report it; it would take"
    return WhyNot(judged.frame.act, judged.outcome, reason, failing)


def _trigger(loaded: Loaded, report: Report, frame: Frame, code: RuleCode) -> Iterator[Branch]:
    walk = Walk(loaded, report, frame)
    for number in dict.fromkeys(n for way in code.trigger for n in way):
        if walk.view.atom(number, False) != TRUE:
            yield walk.atom(number)


def first_failing(walk: Walk, logic: Code) -> Iterator[Branch]:
    """The parts of applies, then of departs, that are false; then exceptions that hold."""
    for number in (logic.applies, logic.departs):
        node = walk.program.parts[number]
        parts: Iterable[Node] = node[1] if node[0] == "&" else (node,)
        failing = [p for p in parts if walk.view.node(p, False) == FALSE]
        yield from (walk.node(p) for p in failing)
        if failing:
            return
    for exclusion in logic.exceptions:
        if walk.view.effect(exclusion, False) == TRUE:
            yield walk.exception(exclusion)


def asked_for(loaded: Loaded, rule: str) -> Rule:
    return code_of(loaded.program, rule).rule


def on_measures(checked: Checked, rule: str) -> tuple[Finding, ...]:
    """What the rule found on measures that the receiving State might take."""
    found = (f for f in checked.report.findings if f.hypothetical and f.rule == rule)
    return tuple(f for f in found if f.outcome != "open")


def nearest_rule(loaded: Loaded, checked: Checked, rule: str) -> tuple[Finding, str] | None:
    """The finding on an act that is nearest to a rule, and how near it is."""
    asked = asked_for(loaded, rule)
    article = asked.provision.split("(")[0]
    grades = (
        (lambda f: f.rule in asked.see, "the rule refers to it"),
        (lambda f: f.cite == asked.provision, "the same provision"),
        (lambda f: f.cite.split("(")[0] == article, "the same article"),
        (lambda f: f.strength == asked.strength, "no rule on that article found anything"),
        (lambda f: True, "no rule on that article found anything"),
    )
    findings = [f for f in checked.report.findings if not f.hypothetical and f.rule != rule]
    for near, how in grades:
        found = next((f for f in findings if near(f)), None)
        if found is not None:
            return found, how
    return None


# --------------------------------------------------------------------------- measures


def why_not_measure(loaded: Loaded, checked: Checked, measure: Measure) -> tuple[WhyNot, ...]:
    """Why a measure is not open, for each thing it can be aimed at; why it is not looked at."""
    made = [i for i in checked.instances if i.measure.id == measure.id]
    if made:
        return tuple(_measured(checked, i) for i in made)
    every = checked.case.consider is None
    reason = (
        f"this case has nothing that it could be aimed at (it needs one {measure.each} of a "
        "mission that acted, and somebody in each role of the act)"
        if every
        else "the case's `consider` list does not ask for it, or has nothing it could be aimed at"
    )
    return (WhyNot(measure.id, "not looked at", reason, ()),)


def _measured(checked: Checked, made: Instance) -> WhyNot:
    reasons = {
        "open": "nothing stands against it",
        "conditional": "it may be taken on conditions",
        "contested": "on some views a rule stands against it",
        "barred": "a rule of treaty or custom stands against it",
    }
    against = tuple(
        Branch(
            "against",
            j.rule.title,
            j.outcome,
            f"{j.rule.provision}; comity why, {j.frame.act}/{j.rule.id}",
        )
        for j in made.against
    )
    ways = [
        Branch("opens if", text)
        for x in checked.report.limits
        if x.measure == made.measure.id and x.on == made.frame.on
        for text in phrasing.opened(x)
    ]
    conditions = [Branch("condition", text) for text in made.measure.conditions]
    notes = [
        Branch("open", j.rule.title, "", j.rule.provision)
        for j in made.judged
        if j.outcome == "open" and j.rule.kind == "departure" and not reported(j)
    ]
    return WhyNot(
        made.frame.on,
        made.status,
        reasons[made.status],
        (*against, *ways, *conditions, *notes[:3]),
    )
