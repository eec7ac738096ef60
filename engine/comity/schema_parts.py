"""Building blocks of the JSON Schemas in `schema`: words, mappings, ways to state a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from msgspec import Struct

from comity.model import Rulebook
from comity.vocabulary import Attribute, Vocabulary

Schema: TypeAlias = dict[str, Any]

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
NAME: Final = "^[a-z0-9]+([-_][a-z0-9]+)*$"

TEXT: Final[Schema] = {"type": ["string", "number", "boolean"]}
TEXTS: Final[Schema] = {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}
YES_NO: Final[Schema] = {"enum": ["yes", "no", True, False, "true", "false"]}
NUMBER: Final[Schema] = {
    "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}]
}
DURATION: Final[Schema] = {"type": "string", "pattern": r"^\d+(\.\d+)? ?(h|d|w)$"}
QUANTITY: Final[Schema] = {
    "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?\d+(\.\d+)?( ?[a-z]+)?$"}]
}
DATE: Final[Schema] = {
    "anyOf": [
        {"type": "string", "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"},
        {"type": "integer", "minimum": 1000, "maximum": 9999},
    ]
}
PARTY: Final[Schema] = {
    "type": "string",
    "pattern": "^([A-Z]{2}|[a-z0-9]+([-_][a-z0-9]+)*)$",
    "description": "A name of the cast, or a State's two-letter code.",
}


class Names(Struct, frozen=True):
    """What a rulebook has that an editor can offer, each name with its meaning."""

    rules: Mapping[str, str] = {}
    measures: Mapping[str, str] = {}
    concepts: Mapping[str, tuple[str, tuple[str, ...]]] = {}  # title, values
    readings: Mapping[str, tuple[str, Mapping[str, str]]] = {}  # question, values


NOTHING: Final = Names()


def names_of(rulebook: Rulebook) -> Names:
    return Names(
        rules={one.id: f"{one.provision}: {one.title}" for one in rulebook.rules},
        measures={one.id: one.title for one in rulebook.measures},
        concepts={one.name: (one.title, one.values) for one in rulebook.concepts},
        readings={
            name: (one.question, {value.name: value.says for value in one.values.values()})
            for name, one in sorted(rulebook.readings.items())
        },
    )


# What an editor shows for a key that means the same wherever it stands, where its schema says
# nothing of its own.
SAID: Final[Mapping[str, str]] = {
    "title": "A title in one line, for people.",
    "note": "A remark for the reader; no rule reads it.",
    "source": "Where this was read: a key of `sources`.",
    "value": "What is stated.",
    "values": "The values that are possible.",
    "sources": "Where the facts were read, by a short name.",
    "cast": "Who and what takes part, by name: missions, places, persons, organs, objects.",
    "acts": "What was done, by name: one line an act.",
    "facts": "Dated facts that hold: consent, waiver, relations, agreement.",
    "absent": "Dated facts that are known not to hold. Silence is unknown, never a no.",
    "claims": "Who says what; a characterisation belongs here and not among the facts.",
    "judgements": "Graded answers to an open term, each with its author and its reasons.",
    "treaties": "Instruments stated to be in force between the States.",
    "readings": "The readings of contested law, by their id.",
    "variants": "The case again with some facts changed, by name.",
    "expect": "What the answer should be, written down before it is looked at.",
    "set": "Addresses in the case, each with its new value.",
    "remove": "Addresses in the case to leave out.",
    "add": "Members, acts and facts to add, by section.",
    "as_of": "The date at which the case is looked at.",
    "basis": "`assumed` when a court only assumed the facts.",
    "consider": "The measures to look at; `none` for no measure.",
    "is": "What kind of member it is.",
    "what": "The kind of dated fact.",
    "publisher": "Who published it.",
    "url": "Where it can be found; comity never opens it.",
    "about": "The acts or members that it is about.",
    "says": "What is said, in a sentence.",
    "of": "The act or member that is judged.",
    "rests_on": "The acts and facts that the judgement rests on.",
    "measure": "A measure of the receiving State's toolbox, by its id.",
    "act": "An act of the case, by its name.",
    "rule": "The id of a rule: small letters, digits and hyphens. It is never used again.",
    "on": "What the measure is aimed at: a mission, a building, a person or an act.",
    "mission": "The mission that it concerns, where the case has several.",
    "outcome": "What the answer should be.",
    "todo": "Why this is not met yet; it is counted, and not a failure.",
    "cite": "The authority: an instrument and a pinpoint (VCDR 41(1)), or a judgment in words.",
    "at_least": "This or more.",
    "at_most": "This or less.",
    "more_than": "More than this.",
    "less_than": "Less than this.",
    "author": "Who wrote the rule.",
    "date": "A day, a month or a year: 2026-02-21, 2026-02 or 2026.",
    "modified": "When it was changed last.",
    "bearer": "Who is bound or entitled.",
    "owed_to": "Towards whom.",
    "map": "Rows of the norm map.",
    "references": "Authorities, in words.",
    "see": "Related rules, by their ids.",
    "status": "How settled this rule is.",
    "verified": "Has its wording been checked against the text of the provision?",
    "presume": "Standing presumptions that it relies on; each is listed in the answer.",
    "question": "The contested question.",
    "text": "In words, as it is shown.",
    "as": "What the place is used as.",
    "by": "A name of the cast, or a State's two-letter code.",
    "from": "When it began.",
    "until": "When it ended; without it, it goes on.",
    "procedure": "How it is done properly.",
    "conditions": "What must be so for it to be taken.",
    "concerns": "What it is about.",
}


def words(values: Mapping[str, str] | Iterable[str]) -> Schema:
    """One of a closed list of words, each with its definition where there is one."""
    if not isinstance(values, Mapping):
        return {"enum": list(values)}
    if not any(values.values()):
        return {"enum": list(values)}
    return {
        "anyOf": [
            {"const": word, "description": text} if text else {"const": word}
            for word, text in values.items()
        ]
    }


def listed(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def one_or_more(item: Schema) -> Schema:
    return {"anyOf": [item, listed(item)]}


def mapping(
    properties: Mapping[str, Schema], required: Iterable[str] = (), description: str = ""
) -> Schema:
    """A mapping with these keys and no others; each says what it means (`SAID`, by default)."""
    made: Schema = {
        "type": "object",
        "properties": {
            key: part
            if {"description", "const"} & set(part)
            else described(SAID.get(key, ""), part)
            for key, part in properties.items()
        },
        "additionalProperties": False,
    }
    if required:
        made["required"] = list(required)
    return {"description": description, **made} if description else made


def _says(part: Schema) -> bool:
    """A description of its own; a fixed word has that of the list that it is chosen from."""
    return "description" in part or "const" in part


def by_name(item: Schema) -> Schema:
    """A mapping from names to things of one shape."""
    return {"type": "object", "additionalProperties": item}


def suggested(values: Mapping[str, str]) -> Schema:
    """Any text; these are offered. A file of one's own may add to them."""
    return {"anyOf": [words(values), TEXT]} if values else TEXT


def ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def described(text: str, inner: Schema) -> Schema:
    """A schema with a description; draft-07 ignores what stands beside a `$ref`."""
    if not text:
        return inner
    return {"description": text, **({"allOf": [inner]} if "$ref" in inner else inner)}


def document(title: str, definitions: Mapping[str, Schema], body: Schema) -> Schema:
    return {"$schema": DRAFT, "title": title, **body, "definitions": dict(definitions)}


def picked(of: Schema, key: str, ways: Mapping[str, Schema]) -> Schema:
    """A mapping whose other keys depend on the value of one of them."""
    return {
        "type": "object",
        "required": [key],
        "properties": {key: of},
        "allOf": [
            {"if": {"properties": {key: {"const": value}}, "required": [key]}, "then": way}
            for value, way in ways.items()
        ],
    }


# --------------------------------------------------------------------------- stated values


def stated(value: Schema, *, several: bool = False) -> Schema:
    """How a value can be stated in a case: plainly, unknown, with its source, or in conflict."""
    plain = one_or_more(value) if several else value
    ways = plain["anyOf"] if several else [value]
    source: Mapping[str, Schema] = {"source": TEXT, "note": TEXT}
    return {
        "anyOf": [
            *ways,
            {"const": "unknown", "description": "Known to be unknown; so is what is not written."},
            mapping({"value": plain, **source}, ["value"], "A value with its own source."),
            mapping(
                {"values": listed(value), **source},
                ["values"],
                "Reports differ: all stay possible.",
            ),
        ]
    }


Lists: TypeAlias = Mapping[tuple[tuple[str, str], ...], str]
PLAIN: Final[Mapping[str, Schema]] = {
    "boolean": YES_NO,
    "number": NUMBER,
    "duration": DURATION,
    "date": DATE,
    "party": PARTY,
    "text": TEXT,
}
SEVERAL: Final = ("choices", "party", "text")


def value_lists(vocabulary: Vocabulary) -> Lists:
    """A name for every closed list of values in the vocabulary, by its content."""
    named: list[tuple[str, Attribute]] = [
        *((f"act.{name}", a) for name, a in vocabulary.attributes.items()),
        *((f"{k.name}.{n}", a) for k in vocabulary.cast.values() for n, a in k.attributes.items()),
        *(
            (f"{s.name}.{n}", a)
            for s in vocabulary.statuses.values()
            for n, a in s.parameters.items()
        ),
    ]
    found = {tuple(vocabulary.topics.items()): "topics"}
    found[tuple(vocabulary.person_roles.items())] = "roles"
    for name, attribute in named:
        if attribute.values:
            found.setdefault(tuple(attribute.values.items()), f"values of {name}")
    return found


def value_definitions(lists: Lists) -> dict[str, Schema]:
    """Each list of values once, and every way of stating a value of each type."""
    return {
        **{name: words(dict(values)) for values, name in lists.items()},
        **{f"stated {name}": stated(part) for name, part in PLAIN.items() if name not in SEVERAL},
        **{f"stated {name}": stated(PLAIN[name], several=True) for name in ("party", "text")},
    }


def attribute_schema(attribute: Attribute, lists: Lists) -> Schema:
    """What can be written for an attribute of an act, a cast member or a status fact."""
    value = ref(lists[tuple(attribute.values.items())]) if attribute.values else {}
    match attribute.type:
        case "choice" | "choices":
            made = stated(value, several=attribute.type == "choices")
        case "spans":
            made = _spans(value)
        case _:
            made = ref(f"stated {attribute.type}")
    return described(attribute.definition, made)


def _spans(use: Schema) -> Schema:
    properties = {
        "by": ref("stated party"),
        "as": stated(use),
        "from": ref("stated date"),
        "until": ref("stated date"),
        "source": TEXT,
        "note": TEXT,
    }
    uses = listed(mapping(properties, ["by", "as"]))
    return {"anyOf": [{"enum": ["none", "unknown"]}, uses]}
