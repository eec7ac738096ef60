"""The frozen values that travel down the pipeline, in the field's own words.

Nothing here reads a file, evaluates a condition or prints: each class says what one stage hands
to the next. `Place` (a position in a file) comes from `comity.problems`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal, TypeAlias

from msgspec import Struct, field

from comity.problems import Place

# --------------------------------------------------------------------------- conditions


class Range(Struct, frozen=True):
    """The numbers a typed comparison accepts; a bound of None is no bound.

    Durations are hours, lengths are metres; `Fraction` keeps 0.1 exact. `unit` is how it is told.
    """

    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False
    unit: str = ""


Accept: TypeAlias = frozenset[str] | Range


class Atom(Struct, frozen=True):
    """A frame key with the set of values it accepts.

    `presumed` narrows the values still possible in the presumptive pass only (a standing
    presumption on this key); what is known is never overridden.
    """

    key: str
    accept: Accept
    presumed: frozenset[str] | None = None


class All(Struct, frozen=True):
    """Kleene conjunction; of nothing, true."""

    parts: tuple[Condition, ...] = ()


class AnyOf(Struct, frozen=True):
    """Kleene disjunction; of nothing, false."""

    parts: tuple[Condition, ...] = ()


class Not(Struct, frozen=True):
    """Kleene negation."""

    part: Condition


class ConceptIs(Struct, frozen=True):
    """An intermediate conclusion has one value (`true` for a plain yes-or-no concept)."""

    concept: str
    value: str


Condition: TypeAlias = Atom | All | AnyOf | Not | ConceptIs

Presumed: TypeAlias = Literal["absent", "present", "none"]


class Carveout(Struct, frozen=True):
    """An exception (or an exception to an exception) and its legal source."""

    name: str
    when: Condition
    presumed: Presumed = "absent"
    cite: str = ""
    text: str = ""
    unless: tuple[Carveout, ...] = ()


class Logic(Struct, frozen=True):
    """Applies, departs, exceptions: the part of a rule or definition that is evaluated."""

    applies: Condition
    departs: Condition = All()
    exceptions: tuple[Carveout, ...] = ()


# --------------------------------------------------------------------------- rulebook

Kind: TypeAlias = Literal["departure", "immunity", "inviolability", "duty", "power", "liberty"]
Strength: TypeAlias = Literal["treaty", "custom", "practice", "courtesy"]
Modality: TypeAlias = Literal["must", "must_not", "may", "may_not_be"]


class Norm(Struct, frozen=True):
    """Who owes what to whom. Parties are named by side (`sending_state`, `receiving_state`,
    `third_state`, `actor_state`) or by act role (`by`, `against`, ...)."""

    bearer: str
    modality: str
    owed_to: str


class Reading(Struct, frozen=True):
    """A named switch for contested law: its values, its default, who holds each and why."""

    id: str
    title: str
    question: str
    default: str
    values: Mapping[str, ReadingValue]
    place: Place | None = None


class ReadingValue(Struct, frozen=True):
    name: str
    says: str
    held_by: str
    why: str = ""
    verified: bool = False


class Presumption(Struct, frozen=True):
    """A standing presumption: a frame key is presumed to lie within some values."""

    name: str
    key: str
    values: frozenset[str]
    text: str


class Definition(Struct, frozen=True):
    """One way in which a concept takes one value."""

    concept: str
    value: str
    logic: Logic
    cite: str = ""


class Concept(Struct, frozen=True):
    """A three-valued intermediate conclusion.

    `closed`: what no definition makes true is false; otherwise it stays unknown, unless a
    `false_when` definition (stored with value "false") says so.
    """

    name: str
    title: str
    cite: str
    values: tuple[str, ...]
    definitions: tuple[Definition, ...]
    closed: bool = True
    place: Place | None = None


class Rule(Struct, frozen=True):
    """A norm made checkable: what kind of act, when it applies, what departs from it."""

    id: str
    provision: str
    kind: Kind
    title: str
    norm: Norm
    strength: tuple[Strength, ...]
    trigger: tuple[tuple[Atom, ...], ...]  # alternatives, each a set that must all hold
    logic: Logic
    finding: str
    presume: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    level: str = ""  # S1-S5 for practice norms
    map: tuple[str, ...] = ()
    see: tuple[str, ...] = ()
    note: str = ""
    judgement: str = ""  # what the rule leaves to judgement, in one sentence
    status: str = "stable"
    verified: bool = False
    references: tuple[str, ...] = ()
    no_exceptions: str = ""  # the reason, when `except: none`
    place: Place | None = None


class Measure(Struct, frozen=True):
    """One entry of the receiving State's toolbox: a hypothetical act and how it is bound."""

    id: str
    title: str
    level: int | None  # 0-10; None: not a legitimate rung
    act: Mapping[str, tuple[str, ...]]  # type and attributes of the hypothetical act
    each: str  # "sending_state" | "mission" | "premises" | "member" | "act"
    bind: Mapping[str, str]  # role -> template
    concerns: tuple[str, ...] = ()
    answers: tuple[tuple[Atom, ...], ...] = ()  # which acts it can answer; alternatives
    where: Condition = All()  # on the hypothetical act: where it is known not to hold, no measure
    procedure: str = ""
    cite: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    map: tuple[str, ...] = ()
    note: str = ""
    phrase: str = ""  # reads after "may" and "may not"
    norm_map_status: str = ""  # as the norm map has it; only tests read it
    place: Place | None = None


class Change(Struct, frozen=True):
    """What a pack does to something of another: it overrides it or disables it, and says why."""

    kind: str  # rule, concept, reading, measure or word; "" until it is looked up
    id: str
    reason: str
    place: Place


class Requirement(Struct, frozen=True):
    """Another pack that a pack needs, and which versions of it will do: `>=0.1`."""

    pack: str
    versions: str
    place: Place


class Pack(Struct, frozen=True):
    """A folder of rules that says in its `pack.yaml` what it is and what it changes."""

    name: str
    title: str
    version: str
    folder: str = ""  # as it was named; "" for the shipped rulebook
    requires: tuple[Requirement, ...] = ()
    overrides: tuple[Change, ...] = ()
    disables: tuple[Change, ...] = ()
    place: Place | None = None

    @property
    def shipped(self) -> bool:
        return not self.folder


class Rulebook(Struct, frozen=True):
    """Everything under `rules/` and in the packs laid over it, read and checked.

    `digest` is the hash of its content. A pack stands after those that it requires.
    """

    rules: tuple[Rule, ...]
    concepts: tuple[Concept, ...]
    readings: Mapping[str, Reading]
    presumptions: Mapping[str, Presumption]
    measures: tuple[Measure, ...]
    digest: str = ""
    packs: tuple[Pack, ...] = ()


# --------------------------------------------------------------------------- treaties


class Membership(Struct, frozen=True):
    """Whether a State is bound by a treaty. Days are written 2020-01-31; "" where none is said.

    Bound from `bound_from` to `until`, both included; before `perhaps_from` (or `bound_from`, if it
    is not said) it was not, and between the two it is a question. A State that is not `bound` was
    not so until `as_of`, and afterwards it is a question.
    """

    bound: bool
    bound_from: str = ""
    perhaps_from: str = ""
    until: str = ""
    as_of: str = ""


class Parties(Struct, frozen=True):
    """The States known to be bound by a treaty, or not to be. If `complete`, no others are."""

    instrument: str
    source: str
    complete: bool
    states: Mapping[str, Membership]


# --------------------------------------------------------------------------- facts and frames


class Fact(Struct, frozen=True):
    """A base fact as the encoder wrote it.

    `path` is its address in the case (`acts.banner.zone`), `value` what was written, `source` a
    key of `sources` (or "" if none), `place` where it stands.
    """

    path: str
    value: str
    source: str = ""
    place: Place | None = None


class Known(Struct, frozen=True):
    """What is known of one frame key: the values still possible, and the facts that say so.

    A key that is absent from a frame is unknown: every value is possible.
    """

    values: tuple[str, ...]
    facts: tuple[Fact, ...] = ()


class Switch(Struct, frozen=True):
    """A key whose value differs by world: a graded judgement or a contested reading."""

    key: str
    name: str  # as shown: the judgement term or the reading's id
    values: tuple[str, ...]
    default: str
    facts: tuple[Fact, ...] = ()


class Frame(Struct, frozen=True):
    """One act seen from one mission, flat: every condition of a rule looks at one frame.

    `labels` gives, for each role and for the parties, what to print ("the ambassador") and
    `parties` the ISO code or cast name of sending_state, receiving_state, third_state,
    actor_state and of each role.
    """

    id: str  # "banner@embassy"
    act: str  # act name, "takeover#2" for a later part; "measure:enter_premises@chancery"
    mission: str
    type: str
    stage: str
    hypothetical: bool
    known: Mapping[str, Known]
    switches: Mapping[str, Switch] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    parties: Mapping[str, str] = field(default_factory=dict)
    measure: str = ""
    on: str = ""  # what a measure is aimed at
    answers: str = ""  # the act that a measure answers
    place: Place | None = None
