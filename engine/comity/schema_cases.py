"""The JSON Schema of a case, and of the small cases in rule tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from comity.schema_parts import (
    DATE,
    NAME,
    NOTHING,
    TEXT,
    TEXTS,
    Lists,
    Names,
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
    suggested,
    value_definitions,
    value_lists,
    words,
)
from comity.vocabulary import Vocabulary

OUTCOMES: Final[Mapping[str, str]] = {
    "established": "In play and departed from; or, of an immunity, it holds.",
    "presumed": "The same, on presumptions that the answer lists.",
    "arguable": "It depends on a contested reading or on a judgement.",
    "open": "A fact is missing.",
    "excused": "An exception holds; or an immunity is lifted.",
    "respected": "In play and kept.",
    "not_in_play": "The norm does not concern this act.",
    "moot": "Nothing that is unknown could make it a departure.",
}
EXPECTED: Final[Mapping[str, str]] = {
    "breached": "`established` or `presumed`.",
    "not_breached": "`respected`, `excused` or `not_in_play`.",
    "immune": "`established` or `presumed`, of an immunity.",
    "not_immune": "`excused` or `not_in_play`, of an immunity.",
    **OUTCOMES,
}
MEASURE_STATUSES: Final[Mapping[str, str]] = {
    "open": "Nothing stands against it.",
    "conditional": "It depends on a fact that is open, an exception, or a condition of its own.",
    "contested": "It depends on a contested reading or on a judgement.",
    "barred": "A norm of treaty or custom stands against it.",
}
STAGES: Final[Mapping[str, str]] = {
    "done": "It happened. This is meant when nothing is written.",
    "planned": "It is announced or prepared.",
    "threatened": "Somebody said that it would be done.",
    "attempted": "It was begun and did not succeed.",
    "alleged": "Somebody says that it happened, and it is not shown.",
    "did_not_happen": "It is known that it was not done.",
}
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


def case_definitions(vocabulary: Vocabulary, names: Names = NOTHING) -> dict[str, Schema]:
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
        "consideration": _consideration(vocabulary, names),
        "expectation": _expectation(names),
        "change": change(names),
        "variant": _variant(names),
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


def _consideration(vocabulary: Vocabulary, names: Names) -> Schema:
    """Which measure, aimed at whom or what, taken when."""
    narrowing = {
        "on": "What it is aimed at: a mission, a building, a person or an act.",
        "mission": "The mission that it concerns.",
        "act": "The act that it answers; `over` says the same.",
    }
    properties: dict[str, Schema] = {
        "measure": described(
            "A measure of the toolbox; any, when left out.", suggested(names.measures)
        ),
        "date": described("The day on which it is taken; the date of the case, if none.", DATE),
    }
    for name in NARROWING:
        definition = narrowing.get(name) or vocabulary.act_roles[name]
        properties[name] = described(definition, TEXTS)
    return mapping({**properties, "note": TEXT})


def _expectation(names: Names) -> Schema:
    texts = ("act", "on", "cite", "mission", "todo", "note")
    date = described("For a measure, the day under `consider`.", DATE)
    return mapping(
        {
            **dict.fromkeys(texts, TEXT),
            "measure": suggested(names.measures),
            "rule": described("The rule that it is about, by its id.", suggested(names.rules)),
            "date": date,
            "outcome": words(EXPECTED),
            "status": described("Of a measure.", words(MEASURE_STATUSES)),
        }
    )


def change(names: Names = NOTHING) -> Schema:
    """The keys by which a variant or a check changes a case."""
    sections = {
        "cast": by_name(ref("member")),
        "acts": by_name(ref("act")),
        "sources": by_name(ref("source")),
        "readings": readings_taken(names),
        **{name: listed(ref("status")) for name in ("facts", "absent")},
        "claims": listed(ref("claim")),
        "judgements": listed(ref("judgement")),
        "treaties": listed(TEXT),
    }
    return {
        "properties": {
            "set": {"type": "object", "description": "Addresses with their new values."},
            "remove": described("Addresses to leave out.", TEXTS),
            "add": {"type": "object", "properties": mapping(sections)["properties"]},
        }
    }


def readings_taken(names: Names) -> Schema:
    """Contested questions with the answer that a case takes."""
    return {
        **by_name(TEXT),
        "properties": {
            name: described(question, suggested(values))
            for name, (question, values) in names.readings.items()
        },
    }


def _variant(names: Names) -> Schema:
    keys: Mapping[str, Schema] = {
        "title": TEXT,
        "as_of": DATE,
        "basis": {"enum": ["assumed"]},
        "note": TEXT,
        "expect": listed(ref("expectation")),
        "consider": _consider(),
    }
    return mapping({**keys, **change(names)["properties"]})


def _consider() -> Schema:
    entries = {**listed(ref("consideration")), "minItems": 1}
    return {"anyOf": [{"const": "none"}, entries]}


def case_properties(vocabulary: Vocabulary, names: Names = NOTHING) -> dict[str, Schema]:
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
        "readings": described("Readings taken in this case.", readings_taken(names)),
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


def case_schema(vocabulary: Vocabulary, names: Names = NOTHING) -> Schema:
    body = mapping(case_properties(vocabulary, names), ["case", "title", "as_of"])
    return document("A case for comity", case_definitions(vocabulary, names), body)
