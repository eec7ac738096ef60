"""The JSON Schema of a case, and of the small cases in rule tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from comity.schema_parts import (
    DATE,
    NAME,
    TEXT,
    TEXTS,
    Lists,
    Schema,
    attribute_schema,
    by_name,
    described,
    document,
    listed,
    mapping,
    picked,
    ref,
    stated,
    value_definitions,
    value_lists,
    words,
)
from comity.vocabulary import Vocabulary

OUTCOMES: Final = (
    *("established", "presumed", "arguable", "open", "excused", "respected", "not_in_play", "moot"),
)
EXPECTED: Final = ("breached", "not_breached", "immune", "not_immune", *OUTCOMES)
MEASURE_STATUSES: Final = ("open", "conditional", "contested", "barred")
STAGES: Final = ("done", "planned", "threatened", "attempted", "alleged", "did_not_happen")
NARROWING: Final = (
    *("on", "mission", "act", "over"),
    *("by", "against", "place", "object", "to", "for"),
)

ENTRY: Final[Mapping[str, Schema]] = {"source": TEXT, "note": TEXT}
DATED: Final[Mapping[str, Schema]] = {
    "date": described("The day, month or year it happened.", ref("stated date")),
    "from": described("When it began.", ref("stated date")),
    "until": described("When it ended; without it, it goes on.", ref("stated date")),
}


def case_definitions(vocabulary: Vocabulary) -> dict[str, Schema]:
    """The parts of a case, for cases and for the small cases of rule tests."""
    lists = value_lists(vocabulary)
    return {
        **value_definitions(lists),
        "act_type": _act_types(vocabulary),
        "member": _member(vocabulary, lists),
        "act": _act(vocabulary, lists),
        "status": _status(vocabulary, lists),
        "source": _source(),
        "claim": _claim(),
        "judgement": _judgement(vocabulary),
        "consideration": _consideration(vocabulary),
        "expectation": _expectation(),
        "change": change(),
        "variant": _variant(),
    }


def _act_types(vocabulary: Vocabulary) -> Schema:
    return words({act.name: act.definition for act in vocabulary.acts.values()})


def _member(vocabulary: Vocabulary, lists: Lists) -> Schema:
    kinds = {kind.name: kind.definition for kind in vocabulary.cast.values()}
    ways = {
        kind.name: mapping(
            {
                "is": {"const": kind.name},
                **{name: attribute_schema(a, lists) for name, a in kind.attributes.items()},
                **ENTRY,
            }
        )
        for kind in vocabulary.cast.values()
    }
    return picked(described("What the member is.", words(kinds)), "is", ways)


def _act(vocabulary: Vocabulary, lists: Lists) -> Schema:
    properties: dict[str, Schema] = {
        "type": described("What was done.", ref("act_type")),
        "stage": described("How far it got; done when left out.", stated(words(STAGES))),
        "mission": described("The mission it concerns, if that is not plain.", ref("stated party")),
        **DATED,
        **ENTRY,
    }
    for role, definition in vocabulary.act_roles.items():
        filler = "text" if role in ("over", "answers") else "party"
        properties[role] = described(definition, ref(f"stated {filler}"))
    for name, attribute in vocabulary.attributes.items():
        properties.setdefault(name, attribute_schema(attribute, lists))
    return mapping(properties, ["type"])


def _status(vocabulary: Vocabulary, lists: Lists) -> Schema:
    kinds = {kind.name: kind.definition for kind in vocabulary.statuses.values()}
    ways = {
        kind.name: mapping(
            {
                "what": {"const": kind.name},
                **DATED,
                **ENTRY,
                **{name: attribute_schema(p, lists) for name, p in kind.parameters.items()},
            },
            ["what", *kind.needs],
        )
        for kind in vocabulary.statuses.values()
    }
    return picked(described("The kind of dated fact.", words(kinds)), "what", ways)


def _source() -> Schema:
    texts = dict.fromkeys(("title", "publisher", "url", "note"), TEXT)
    return mapping({**texts, "date": DATE}, ["title"], "Where a fact was read.")


def _claim() -> Schema:
    about = {"by": TEXT, "about": TEXTS, "says": TEXT, "date": ref("stated date")}
    return mapping({**about, **ENTRY}, ["by", "says"], "What somebody says; no rule reads it.")


def _judgement(vocabulary: Vocabulary) -> Schema:
    terms = {term.name: term.definition for term in vocabulary.judgements.values()}
    # An editor that follows YAML 1.1 reads the grades yes and no as booleans.
    grade = {"anyOf": [words(vocabulary.grades), {"type": "boolean"}]}
    properties: Mapping[str, Schema] = {
        "of": TEXT,
        "term": described("The open term.", words(terms)),
        "value": described("How far it is so.", grade),
        "by": described("Who judged.", TEXT),
        "why": described("The reasons.", TEXT),
        "rests_on": TEXTS,
    }
    return mapping({**properties, **ENTRY}, ["of", "term", "value", "by", "why"])


def _consideration(vocabulary: Vocabulary) -> Schema:
    """Which measure, aimed at whom or what, taken when."""
    narrowing = {
        "on": "What it is aimed at: a mission, a building, a person or an act.",
        "mission": "The mission that it concerns.",
        "act": "The act that it answers; `over` says the same.",
    }
    properties: dict[str, Schema] = {
        "measure": described("A measure of the toolbox; any, when left out.", TEXT),
        "date": described("The day on which it is taken; the date of the case, if none.", DATE),
    }
    for name in NARROWING:
        definition = narrowing.get(name) or vocabulary.act_roles[name]
        properties[name] = described(definition, TEXTS)
    return mapping({**properties, "note": TEXT})


def _expectation() -> Schema:
    texts = ("act", "measure", "on", "cite", "rule", "mission", "todo", "note")
    date = described("For a measure, the day under `consider`.", DATE)
    return mapping(
        {
            **dict.fromkeys(texts, TEXT),
            "date": date,
            "outcome": words(EXPECTED),
            "status": words(MEASURE_STATUSES),
        }
    )


def change() -> Schema:
    """The keys by which a variant or a check changes a case."""
    sections = {
        "cast": by_name(ref("member")),
        "acts": by_name(ref("act")),
        "sources": by_name(ref("source")),
        "readings": by_name(TEXT),
        **{name: listed(ref("status")) for name in ("facts", "absent")},
        "claims": listed(ref("claim")),
        "judgements": listed(ref("judgement")),
        "treaties": listed(TEXT),
    }
    return {
        "properties": {
            "set": {"type": "object", "description": "Addresses with their new values."},
            "remove": described("Addresses to leave out.", TEXTS),
            "add": {"type": "object", "properties": sections},
        }
    }


def _variant() -> Schema:
    keys: Mapping[str, Schema] = {
        "title": TEXT,
        "as_of": DATE,
        "basis": {"enum": ["assumed"]},
        "note": TEXT,
        "expect": listed(ref("expectation")),
        "consider": _consider(),
    }
    return mapping({**keys, **change()["properties"]})


def _consider() -> Schema:
    entries = {**listed(ref("consideration")), "minItems": 1}
    return {"anyOf": [{"const": "none"}, entries]}


def case_properties(vocabulary: Vocabulary) -> dict[str, Schema]:
    """The keys of a case."""
    instruments = {one.id: one.title for one in vocabulary.instruments.values()}
    return {
        "case": described("The name of the case.", {"type": "string", "pattern": NAME}),
        "title": TEXT,
        "as_of": described("The date at which the case is looked at.", DATE),
        "default_source": described("The source of what has none of its own.", TEXT),
        "sources": by_name(ref("source")),
        "basis": described("`assumed` when a court only assumed the facts.", {"enum": ["assumed"]}),
        "treaties": described(
            "Instruments stated to be in force between the States.", listed(words(instruments))
        ),
        "readings": described("Readings taken in this case.", by_name(TEXT)),
        "cast": by_name(ref("member")),
        "acts": by_name(ref("act")),
        "facts": described("Dated facts that hold.", listed(ref("status"))),
        "absent": described("Dated facts known not to hold.", listed(ref("status"))),
        "claims": listed(ref("claim")),
        "judgements": listed(ref("judgement")),
        "consider": described("Measures to look at; `none` for no measure.", _consider()),
        "expect": listed(ref("expectation")),
        "variants": by_name(ref("variant")),
        "note": TEXT,
    }


def case_schema(vocabulary: Vocabulary) -> Schema:
    body = mapping(case_properties(vocabulary), ["case", "title", "as_of"])
    return document("A case for comity", case_definitions(vocabulary), body)
