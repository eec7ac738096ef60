"""Building blocks of the JSON Schemas in `schema`: words, mappings, ways to state a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

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
    """A mapping with these keys and no others."""
    made: Schema = {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
    }
    if required:
        made["required"] = list(required)
    return {"description": description, **made} if description else made


def by_name(item: Schema) -> Schema:
    """A mapping from names to things of one shape."""
    return {"type": "object", "additionalProperties": item}


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
