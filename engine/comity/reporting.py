"""The report: what every renderer shows and nothing else, in one stable order.

`Report` mirrors the machine-readable answer (format `comity.report/1`); fields that only people
need (titles, labels, levels) are kept beside and left out of the JSON by the JSON renderer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from comity.model import Fact, Frame, Known, Pack, Presumption, Range, Reading, Rule
from comity.needing import Need
from comity.resolving import POSITIVE, Assumption, Judged

ORDER = ("established", "presumed", "arguable", "open", "excused", "respected")
NEEDS_SHOWN = 2  # an open finding that lacks more facts than this is not reported


class Support(Struct, frozen=True):
    """A base fact that a finding rests on. `at` is `file:line`, "" for a measure's own terms."""

    fact: str
    value: str
    source: str
    at: str


class Assumed(Struct, frozen=True):
    """What a finding takes for granted. The text of an exception starts `absent: ` or
    `present: `."""

    kind: str  # "exception" | "presumption"
    name: str
    text: str


class Lack(Struct, frozen=True):
    """One fact that is missing, and the values that would do."""

    fact: str
    values: tuple[str, ...]
    ask: str


class ExceptionView(Struct, frozen=True):
    name: str
    cite: str
    state: str
    text: str = ""


class WorldView(Struct, frozen=True):
    setting: tuple[tuple[str, str], ...]
    outcome: str


class Finding(Struct, frozen=True):
    """One norm on one act (or hypothetical measure)."""

    id: str
    kind: str
    rule: str
    cite: str
    strength: tuple[str, ...]
    act: str
    mission: str
    hypothetical: bool
    stage: str
    bearer: str
    owed_to: str
    outcome: str
    text: str
    assumes: tuple[Assumed, ...]
    needs: tuple[tuple[Lack, ...], ...]
    exceptions: tuple[ExceptionView, ...]
    worlds: tuple[WorldView, ...]
    title: str
    level: str
    modality: str
    by_bearer: bool  # the act is the bearer's own conduct
    judged: Judged

    @property
    def because(self) -> tuple[Support, ...]:
        """The facts it rests on, worked out when they are asked for."""
        return supports(self.judged.because)

    @property
    def practice(self) -> bool:
        """Rests on practice or courtesy alone; never reported as treaty law."""
        return not {"treaty", "custom"} & set(self.strength)

    @property
    def happened(self) -> bool:
        """The act was done, at least in part. What is planned, threatened or only alleged departs
        from nothing yet."""
        return self.stage in ("done", "attempted")

    @property
    def adverse(self) -> bool:
        """Speaks against the bearer: a departure, or conduct of the bearer's own that an immunity
        or inviolability forbids. A duty, power or liberty in play speaks against nobody, and a
        protection from what did not happen only shows that it stood."""
        if self.kind == "departure":
            return True
        protection = self.kind in ("immunity", "inviolability")
        return protection and self.by_bearer and self.stage != "did_not_happen"


class Considered(Struct, frozen=True):
    rule: str
    cite: str
    act: str
    outcome: str
    conditions: int  # how many conditions failed; the text shows only those that failed on one
    title: str
    judged: Judged

    @property
    def because(self) -> tuple[Support, ...]:
        """The facts that keep it out of play."""
        return supports(self.judged.because)


class Opening(Struct, frozen=True):
    """Facts that, all together, would change the status of a barred measure."""

    facts: tuple[Lack, ...]
    cite: str
    text: str
    leads_to: str  # open | conditional | contested


class Limit(Struct, frozen=True):
    measure: str
    on: str
    barred_by: tuple[str, ...]
    outcome: str
    findings: tuple[str, ...]
    opened_by: tuple[Opening, ...]  # alternatives; those that leave it contested come last
    title: str
    phrase: str
    mission: str
    target: str  # `on`, and the day if `consider` gives one
    date: str  # the day on which the measure is taken


class Option(Struct, frozen=True):
    measure: str
    status: str  # open | conditional | contested | barred
    level: int | None
    cite: tuple[str, ...]
    conditions: tuple[str, ...]
    on: str
    title: str
    phrase: str
    procedure: str
    mission: str
    target: str  # `on`, and the day if `consider` gives one
    date: str  # the day on which the measure is taken
    done: str  # the act of the case that already did it, "" if none
    findings: tuple[str, ...]


class QuestionView(Struct, frozen=True):
    fact: str
    ask: str
    would_change: tuple[tuple[str, str, str], ...]  # (finding id, if value, to outcome)


class Receipt(Struct, frozen=True):
    comity: str
    rulebook: str
    case: str
    readings: tuple[tuple[str, str], ...]
    packs: tuple[Pack, ...] = ()  # those laid over the shipped rulebook


class Party(Struct, frozen=True):
    """One mission of the case, for the heading."""

    mission: str
    label: str
    sending: str
    receiving: str


class Report(Struct, frozen=True):
    """Everything `comity check` has to say about one case."""

    case: str
    title: str
    as_of: str
    file: str
    variant: str
    assumed: bool  # the facts are only assumed, as a court may do
    parties: tuple[Party, ...]
    findings: tuple[Finding, ...]
    considered: tuple[Considered, ...]
    limits: tuple[Limit, ...]
    options: tuple[Option, ...]
    questions: tuple[QuestionView, ...]
    presumptions: tuple[Assumed, ...]
    unused_facts: tuple[str, ...]
    acts_without_finding: tuple[str, ...]
    receipt: Receipt
    readings: Mapping[str, Reading]
    labels: Mapping[str, str]
    claims: tuple[str, ...] = ()
    judgements: Mapping[str, str] = field(default_factory=dict)  # the question of each term


# --------------------------------------------------------------------------- one constructor


class Wording(Struct, frozen=True):
    """What is needed to put a finding into words: questions by key, presumptions by key."""

    asks: Mapping[str, str]
    presumptions: Mapping[str, Presumption]  # by key
    several: frozenset[str]  # acts seen from more than one mission
    domains: Mapping[str, tuple[str, ...]]
    # By id, those of concepts too: the exception in words, and whether it is presumed present.
    exceptions: Mapping[str, tuple[str, bool]] = field(default_factory=dict)


def finding(judged: Judged, wording: Wording) -> Finding:
    """The one way in which a finding is made: from the rule's metadata and the match."""
    rule, frame = judged.rule, judged.frame
    bearer, owed = party(frame, rule.norm.bearer), party(frame, rule.norm.owed_to)
    return Finding(
        id=finding_id(frame, rule, wording),
        kind=rule.kind,
        rule=rule.id,
        cite=rule.provision,
        strength=rule.strength,
        act=frame.act,
        mission=frame.mission,
        hypothetical=frame.hypothetical,
        stage=frame.stage,
        bearer=bearer,
        owed_to=owed,
        outcome=judged.outcome,
        text=sentence(judged),
        assumes=tuple(assumed(a, wording) for a in judged.assumes),
        needs=tuple(lacks(need, frame, wording) for need in judged.needs),
        exceptions=tuple(ExceptionView(e.name, e.cite, e.state, e.text) for e in judged.exceptions),
        worlds=tuple(WorldView(w.setting, w.outcome) for w in judged.worlds),
        title=rule.title,
        level=rule.level,
        modality=rule.norm.modality,
        by_bearer=frame.parties.get("actor_state", "") == bearer != "",
        judged=judged,
    )


def sentence(judged: Judged) -> str:
    """What the rule says of a departure; where there is none, the norm that was kept or lifted."""
    kept = judged.outcome in ("respected", "excused")
    return judged.rule.title if kept else fill(judged.rule.finding, judged.frame)


def finding_id(frame: Frame, rule: Rule, wording: Wording) -> str:
    act = frame.act
    if act in wording.several:
        act = f"{act}@{frame.mission}"
    return f"{act}/{rule.id}"


def party(frame: Frame, name: str) -> str:
    """An ISO code or cast name for a side or role, "" if nobody fills it."""
    return frame.parties.get(name, "")


class _Blanks(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"(unknown {key})"


def fill(template: str, frame: Frame) -> str:
    """A finding's text with the roles named; text from a case is data, so nothing is evaluated."""
    out, rest = [], template
    names = _Blanks(frame.labels)
    while "{" in rest:
        before, _, rest = rest.partition("{")
        name, _, rest = rest.partition("}")
        out += [before, names[name]]
    sentence = "".join([*out, rest]).strip()
    return sentence[:1].upper() + sentence[1:]


def supports(because: Iterable[tuple[str, Known]]) -> tuple[Support, ...]:
    """The base facts under the keys, each once, in order of place."""
    found: dict[tuple[str, str], Support] = {}
    for key, known in because:
        if not known.facts:
            found.setdefault((key, ""), Support(key, " or ".join(known.values), "", ""))
        for fact in known.facts:
            found.setdefault((fact.path, fact.value), support(fact))
    return tuple(sorted(found.values(), key=lambda s: (s.fact, s.value)))


def support(fact: Fact) -> Support:
    at = f"{fact.place.file}:{fact.place.line}" if fact.place else ""
    return Support(fact.path, fact.value, fact.source, at)


def assumed(assumption: Assumption, wording: Wording) -> Assumed:
    if assumption.kind == "presumption":
        presumption = wording.presumptions[assumption.key]
        return Assumed("presumption", presumption.name, presumption.text)
    name = assumption.key.replace("_", " ").replace("-", " ")
    text, present = wording.exceptions.get(assumption.id, ("", False))
    word = "present" if present else "absent"
    return Assumed("exception", assumption.key, f"{word}: {text or name}")


def lacks(need: frozenset[Need], frame: Frame, wording: Wording) -> tuple[Lack, ...]:
    return tuple(
        Lack(
            fact_name(key, frame), need_values(key, accept, want, wording), ask(key, frame, wording)
        )
        for key, accept, want in sorted(need, key=lambda n: (n[0], str(n[1]), n[2]))
    )


def need_values(
    key: str, accept: frozenset[str] | Range, want: bool, wording: Wording
) -> tuple[str, ...]:
    """The values that would do, in words."""
    if isinstance(accept, Range):
        return (("" if want else "not ") + range_text(accept),)
    if want:
        return tuple(sorted(accept))
    domain = wording.domains.get(key, ())
    left = tuple(v for v in domain if v not in accept and v != "none")
    return left or tuple(f"not {v}" for v in sorted(accept))


def range_text(accept: Range) -> str:
    low = (
        ""
        if accept.low is None
        else f"{'more than' if accept.low_open else 'at least'} {accept.low}"
    )
    high = (
        ""
        if accept.high is None
        else f"{'less than' if accept.high_open else 'at most'} {accept.high}"
    )
    return " and ".join(part for part in (low, high) if part) + f" {accept.unit}".rstrip()


def fact_name(key: str, frame: Frame) -> str:
    """A key as an address in the case: `acts.banner.permit` for what stands on the act itself."""
    name = key.replace(":", "=")
    if name.startswith("act.") and not frame.hypothetical:
        return f"acts.{frame.act}.{name[4:]}"
    return f"{frame.answers or frame.act}: {name}"


def ask(key: str, frame: Frame, wording: Wording) -> str:
    base = key.split(":")[0]
    question = wording.asks.get(key) or wording.asks.get(base) or f"What is {base}?"
    return fill(question, frame)


def order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Stable: acts that happened before measures, law before practice, strongest first, by id."""
    return tuple(
        sorted(
            findings,
            key=lambda f: (f.hypothetical, f.practice, ORDER.index(f.outcome), f.id),
        )
    )


def reported(judged: Judged) -> bool:
    """Open findings that lack more than two facts stay out; for measures open ones only feed
    what would open them."""
    if judged.outcome not in ORDER:
        return False
    if judged.outcome != "open":
        return True
    return (
        bool(judged.needs) and len(judged.needs[0]) <= NEEDS_SHOWN and not judged.frame.hypothetical
    )


def departs(finding_: Finding) -> bool:
    """What `--fail-on departure` counts: established or presumed, on an act that was done."""
    return (
        finding_.adverse
        and finding_.outcome in POSITIVE
        and finding_.stage == "done"
        and not finding_.hypothetical
    )


__all__ = ["Report", "departs", "finding", "order", "reported"]
