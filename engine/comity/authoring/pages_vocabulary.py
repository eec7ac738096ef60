"""The page of every word: what a case or a rule may use, with the test that decides if it fits.

Written for someone who encodes a case or a rule and has no other place to look a word up. The
definitions are the vocabulary's own, and keep the code that their authors marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from comity.authoring.describing import AIMED
from comity.authoring.pages_write import code, item, page, paragraph, prose, section, terms
from comity.model import Concept, Measure, Reading, Rulebook
from comity.schema_cases import STAGES
from comity.vocabulary import ActType, Attribute, CastKind, Key, Vocabulary

if TYPE_CHECKING:
    from comity.checking import Loaded

TYPES: Final[Mapping[str, str]] = {
    "choice": "one of",
    "choices": "some of, in a list",
    "boolean": "yes or no",
    "number": "a number",
    "duration": "a time, such as `48 h`",
    "party": "a cast name or a State",
    "text": "a text",
    "date": "a date",
    "spans": "a list of dated uses",
}
# --------------------------------------------------------------------------- vocabulary.md

VOCABULARY_INTRO: Final = """\
Every word that a case or a rule may use, with the test that decides whether it fits. Search this
page for the plain word you have in mind: the definitions are written in plain words.
[Encoding a case](encoding-a-case.md) says how the words are put together.

A value that is not in a list here is an error. If no word fits, take the nearest one that is true
and say the rest in `text` or `note`, which no rule reads."""


def vocabulary_page(loaded: Loaded) -> str:
    v = loaded.vocabulary
    return page(
        "Vocabulary",
        VOCABULARY_INTRO,
        {
            "Types of act": acts(v),
            "Attributes of an act": attributes(v),
            "Topics": terms(v.topics),
            "Stages": terms(STAGES),
            "Cast": cast(v),
            "Dated facts": statuses(v),
            "Judgement terms": judgements(v),
            "Measures": measures(loaded.rulebook),
            "Readings": readings(loaded.rulebook),
            "Instruments": terms({one.id: one.title for one in v.instruments.values()}),
            "Tags": tags(v),
            "Standing presumptions": presumptions(v),
            "Keys for rules": keys(v),
            "Concepts": concepts(loaded.rulebook),
            "Words that are refused": refused(v),
        },
    )


def acts(v: Vocabulary) -> Iterator[str]:
    yield paragraph(
        "A role named under *needs* must be filled (or written `unknown`), one under *may* can be."
        " Every type may also have `to`, `for`, `over` and `answers`, and any attribute."
        " *Produces* is the change of status that follows: it is not written again as a fact."
    )
    yield ""
    yield from terms(v.act_roles)
    for family, definition in v.families.items():
        yield from section(f"### {family}", prose(definition))
        yield ""
        for act in v.acts.values():
            if act.family == family:
                yield item(act_line(act, v))


def act_line(act: ActType, v: Vocabulary) -> str:
    common = ("to", "for", "over", "answers")
    may = [role for role in act.may if role not in common]
    parts = [f"`{act.name}`: {prose(act.definition)}"]
    parts += [f"*Needs* {code(act.needs)}."] if act.needs else ["*Needs* no role."]
    parts += [f"*May* {code(may)}."] if may else []
    parts.append(f"*Tags* {code(act.tags)}.")
    if act.produces != "none":
        parts.append(f"*Produces* `{act.produces}`: {prose(v.effects[act.produces])}")
    return " ".join(parts)


def attributes(v: Vocabulary) -> Iterator[str]:
    yield paragraph(
        "Any act can have any of these. Leave out what is not known; what would change the answer"
        " is asked for under the questions of the report."
    )
    yield ""
    for attribute in v.attributes.values():
        yield from attribute_lines(attribute, v)


def attribute_lines(attribute: Attribute, v: Vocabulary) -> Iterator[str]:
    kind = TYPES[attribute.type]
    unit = f" of {attribute.unit}" if attribute.unit and attribute.type == "number" else ""
    shared = elsewhere(attribute, v)
    if shared:
        kind = f"some of {shared}, in a list" if attribute.type == "choices" else f"one of {shared}"
        if attribute.type == "spans":
            kind = f"a list of entries with `by`, `as`, `from`, `until`; `as` is one of {shared}"
        yield item(f"`{attribute.name}` ({kind}): {prose(attribute.definition)}")
        return
    yield item(f"`{attribute.name}` ({kind}{unit}): {prose(attribute.definition)}")
    for value, meaning in attribute.values.items():
        yield item(f"`{value}`: {prose(meaning)}" if meaning else f"`{value}`", 1)


def elsewhere(attribute: Attribute, v: Vocabulary) -> str:
    """Where a list of values stands that is too long, or too common, to repeat."""
    lists = {
        "the [topics](#topics)": v.topics,
        "the [person roles](#person-roles)": v.person_roles,
        "the [types of act](#types-of-act)": {a.name: a.definition for a in v.acts.values()},
        "the [instruments](#instruments)": {i.id: i.title for i in v.instruments.values()},
        "the [kinds of mission](#kinds-of-mission)": v.mission_kinds,
        "the [kinds of place](#kinds-of-place)": v.place_kinds,
        "the [kinds of object](#kinds-of-object)": v.object_kinds,
        "the [uses of a place](#uses-of-a-place)": v.place_uses,
    }
    for where, values in lists.items():
        if attribute.values and set(attribute.values) == set(values):
            return where
    return ""


def cast(v: Vocabulary) -> Iterator[str]:
    yield paragraph(
        "What a member of the cast `is`, and what can be said of it. Every entry may also have"
        " `source` and `note`."
    )
    for kind in v.cast.values():
        yield from section(
            f"### {kind.name}", f"{prose(kind.definition)} It can fill {code(kind.fills)}."
        )
        yield ""
        yield from member_lines(kind, v)
    for title, words in (
        ("Person roles", v.person_roles),
        ("Kinds of mission", v.mission_kinds),
        ("Kinds of place", v.place_kinds),
        ("Uses of a place", v.place_uses),
        ("Kinds of object", v.object_kinds),
    ):
        yield from section(f"### {title}", terms(words))


def member_lines(kind: CastKind, v: Vocabulary) -> Iterator[str]:
    person = v.cast["person"].attributes
    for attribute in kind.attributes.values():
        if kind.name == "persons" and attribute.name in person:
            continue
        yield from attribute_lines(attribute, v)
    if kind.name == "persons":
        yield item("and everything that a [person](#person) can have")


def statuses(v: Vocabulary) -> Iterator[str]:
    yield paragraph(
        "The kinds of entry under `facts` (it holds) and `absent` (it is known not to hold). Each"
        " may have `date`, or `from` and `until`, and `source` and `note`. What follows from an"
        " act, such as `sever` or `grant_waiver`, is not written here again."
    )
    for status in v.statuses.values():
        yield from section(
            f"### {status.name}", f"{prose(status.definition)} Needs {code(status.needs)}."
        )
        yield ""
        for parameter in status.parameters.values():
            yield from attribute_lines(parameter, v)


def judgements(v: Vocabulary) -> Iterator[str]:
    yield paragraph("The grades:")
    yield ""
    yield from terms(v.grades)
    yield ""
    yield paragraph("The terms, with what each is said of:")
    yield ""
    for term in v.judgements.values():
        of = " or ".join(f"`{where}`" for where in term.of)
        yield item(f"`{term.name}` (of {of}): {prose(term.definition)}")


def measures(rulebook: Rulebook) -> Iterator[str]:
    yield paragraph(
        "What the receiving State might do, from level 0 (watch) to 10 (break relations); measures"
        " without a level are no legitimate rung. Each is judged as an act of the type shown."
    )
    yield ""
    for measure in sorted(rulebook.measures, key=rung):
        level = "no level" if measure.level is None else f"level {measure.level}"
        act = measure.act["type"][0]
        yield item(
            f"`{measure.id}` ({level}; {AIMED[measure.each]}; `{act}`): {prose(measure.title)}."
        )


def rung(measure: Measure) -> tuple[int, str]:
    return (99 if measure.level is None else measure.level, measure.id)


def readings(rulebook: Rulebook) -> Iterator[str]:
    yield paragraph(
        "Contested questions of law. The default is the view taken if a case says none."
    )
    for reading in sorted(rulebook.readings.values(), key=lambda one: one.id):
        yield from section(f"### {reading.id}", prose(reading.question or reading.title))
        yield ""
        yield from reading_lines(reading)


def reading_lines(reading: Reading) -> Iterator[str]:
    for name, value in reading.values.items():
        default = " (default)" if name == reading.default else ""
        yield item(f"`{name}`{default}: {prose(value.says)} Held by: {prose(value.held_by)}")


def tags(v: Vocabulary) -> Iterator[str]:
    yield paragraph("What types of act have in common. Rules use them; a case never writes one.")
    yield ""
    yield from terms(v.tags)


def presumptions(v: Vocabulary) -> Iterator[str]:
    yield paragraph("What a rule may take to be so when nothing is known of it.")
    yield ""
    for one in v.presumptions.values():
        values = " or ".join(f"`{value}`" for value in sorted(one.values))
        yield item(f"`{one.name}`: {prose(one.text)} (`{one.key}` is {values})")


def keys(v: Vocabulary) -> Iterator[str]:
    yield paragraph(
        "What a condition of a rule can test, besides `act.` with an attribute, a role with an"
        " attribute of the cast, and `judged.` with a judgement term. These are worked out from"
        " several facts at the date of the act; a case cannot state them. What is said of the act"
        " itself, `over.` and `answers.` say of the act in that role."
    )
    yield ""
    plain = {f"act.{name}" for name in v.attributes}
    members = {name for kind in v.cast.values() for name in kind.attributes}
    alike: dict[tuple[object, ...], list[Key]] = {}
    for key in v.keys.values():
        role, _, suffix = key.name.partition(".")
        stated = key.name in plain or role == "judged"
        stated = stated or (role in v.act_roles and suffix in members)
        mirrored = role in ("over", "answers") and f"act.{suffix}" in v.keys
        if not (stated or mirrored or ":" in key.name):
            alike.setdefault((key.type, key.values, key.definition), []).append(key)
    for same in alike.values():
        yield item(key_line(same))


def key_line(same: Sequence[Key]) -> str:
    """Keys that mean the same of different roles share a line."""
    key = same[0]
    if key.type == "boolean" or not key.values:
        kind = TYPES[key.type]
    elif len(key.values) > 12:
        kind = "a word of its list"
    else:
        kind = f"{TYPES[key.type]}: {code(key.values)}"
    return f"{code(one.name for one in same)} ({kind}): {prose(key.definition)}"


def concepts(rulebook: Rulebook) -> Iterator[str]:
    yield paragraph("Conclusions that several rules share; a condition tests them like keys.")
    yield ""
    for concept in rulebook.concepts:
        yield item(concept_line(concept))


def concept_line(concept: Concept) -> str:
    values = [value for value in concept.values if value not in ("true", "false")]
    shown = f" ({code(values)})" if values else ""
    return f"`{concept.name}`{shown}: {prose(concept.title)} ({prose(concept.cite)})"


def refused(v: Vocabulary) -> Iterator[str]:
    yield paragraph(
        "These draw a conclusion. As a type, an attribute or a value they are error C031; in"
        " `claims`, titles, texts and notes they are free."
    )
    yield ""
    by_advice: dict[str, list[str]] = {}
    for word, advice in v.conclusions.items():
        by_advice.setdefault(advice, []).append(word)
    for where, words in v.refused_in.items():
        for word, advice in words.items():
            by_advice.setdefault(advice, []).append(f"{word}` (in `{where}`)")
    for advice, found in by_advice.items():
        yield item(f"{code(found).replace(')`', ')')}: {prose(advice)}")
