"""JSON Schema (draft-07) of the files people write, generated from the vocabulary.

With it an editor completes act types, attribute values and condition keys, and shows the
definition of each. `comity` itself does not read these schemas: it reports more, and better.
What only comity can know is let through here: names of the cast, sources, concepts, readings.

Scalars are typed generously, because an editor's YAML parser makes numbers and booleans of what
comity keeps as text (`yes`, `2026`, `12`).

    python -m comity.schema docs/schema
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from comity.conditions import TRIGGER_KEYS
from comity.measurefile import EACH, MEASURE_KEYS, TEMPLATES
from comity.measurefile import STATUSES as NORM_MAP_STATUSES
from comity.model import Kind, Modality, Strength
from comity.norms import (
    CARVEOUT_KEYS,
    CONCEPT_KEYS,
    DEFINITION_KEYS,
    LEVELS,
    READING_KEYS,
    RULE_KEYS,
    SIDES,
    VALUE_KEYS,
)
from comity.packs import KINDS, NAME, PACK_KEYS
from comity.schema_cases import OUTCOMES, case_definitions, case_properties, case_schema, change
from comity.schema_parts import (
    NOTHING,
    PLAIN,
    QUANTITY,
    TEXT,
    TEXTS,
    YES_NO,
    Names,
    Schema,
    by_name,
    described,
    document,
    listed,
    mapping,
    names_of,
    one_or_more,
    ref,
    suggested,
    value_lists,
    words,
)
from comity.vocabulary import TESTABLE, Key, Vocabulary

FileKind: TypeAlias = Literal["case", "rule", "measure", "vocabulary", "pack"]
KIND_MEANING: Final[Mapping[str, str]] = {
    "departure": "Conduct that must or must not be; doing otherwise departs from the norm.",
    "immunity": "From the jurisdiction of the receiving State's courts and authorities.",
    "inviolability": "Of a person, a building, papers or things.",
    "duty": "Something that is owed, in play by the act of another.",
    "power": "Something that a State may do, such as declaring somebody non grata.",
    "liberty": "Something that nobody may be reproached with.",
}
MODALITY_MEANING: Final[Mapping[str, str]] = {
    "must": "The bearer has to do it.",
    "must_not": "The bearer has to leave it undone.",
    "may": "The bearer is free, or has the power, to do it.",
    "may_not_be": "It must not be done to the bearer.",
}
STRENGTH_MEANING: Final[Mapping[str, str]] = {
    "treaty": "A treaty says so.",
    "custom": "It is customary international law.",
    "practice": "States usually do so; no State is in breach without it. Needs `level`.",
    "courtesy": "It is comity alone. Needs `level`.",
}
LEVEL_MEANING: Final[Mapping[str, str]] = {
    "S1": "Contested or emerging.",
    "S2": "A house rule of one host, or the practice of a minority.",
    "S3": "Strong comity: departures from it draw a protest.",
    "S4": "Nearly universal practice.",
    "S5": "Custom.",
}
STATUS_MEANING: Final[Mapping[str, str]] = {
    "stable": "To be relied upon.",
    "test": "On trial: read it with care.",
    "experimental": "A first attempt.",
    "deprecated": "Superseded; `see` names what takes its place.",
}
PRESUMED_MEANING: Final[Mapping[str, str]] = {
    "absent": "Nobody mentioned it, so it is taken not to hold; the answer says so.",
    "present": "It is taken to hold until something shows otherwise; the answer says so.",
    "none": "Nothing is presumed: the finding stays open.",
}
COMPARISONS: Final = ("at_least", "at_most", "more_than", "less_than")


def schema(kind: FileKind, vocabulary: Vocabulary, names: Names = NOTHING) -> Schema:
    """The schema of one kind of file; `names` are offered to whoever writes one.

    Deterministic: the same vocabulary and names, the same schema.
    """
    return _SCHEMAS[kind](vocabulary, names)


# --------------------------------------------------------------------------- conditions


def condition_definitions(vocabulary: Vocabulary, names: Names) -> dict[str, Schema]:
    """`condition`, `trigger`, and each closed list of values that they need."""
    keys = {name: key for name, key in vocabulary.keys.items() if _can_be_tested(key)}
    known = _lists_by_names(vocabulary)
    lists: dict[tuple[str, ...], str] = {}
    made: dict[str, Schema] = {}
    for name, key in keys.items():
        if key.values and key.type != "boolean" and key.values not in lists:
            found = known.get(key.values)
            lists[key.values] = found[0] if found else f"values of {name}"
            made[lists[key.values]] = words(found[1] if found else key.values)
    tests = {name: _test(key, lists) for name, key in keys.items()}
    trigger = {name: tests[name] for name in TRIGGER_KEYS}
    concepts = {
        name: described(title, one_or_more(YES_NO if values == ("true",) else words(values)))
        for name, (title, values) in names.concepts.items()
    }
    return {
        **made,
        "condition": _condition({**tests, **concepts}),
        "trigger": {**mapping(trigger), "minProperties": 1},
    }


def _lists_by_names(vocabulary: Vocabulary) -> dict[tuple[str, ...], tuple[str, dict[str, str]]]:
    """The lists of values with definitions, by the values alone where that leaves no doubt."""
    acts = {act.name: act.definition for act in vocabulary.acts.values()}
    found = {
        tuple(acts): ("act_type", acts),
        tuple(vocabulary.families): ("families", dict(vocabulary.families)),
        tuple(vocabulary.tags): ("tags", dict(vocabulary.tags)),
    }
    doubtful = set()
    for items, name in value_lists(vocabulary).items():
        values = tuple(value for value, _ in items)
        if values in found:
            doubtful.add(values)
        found[values] = (name, dict(items))
    return {values: one for values, one in found.items() if values not in doubtful}


def _can_be_tested(key: Key) -> bool:
    return key.type in TESTABLE and ":" not in key.name


def _test(key: Key, lists: Mapping[tuple[str, ...], str]) -> Schema:
    """What a condition on a key can be: a value, any of some, or a comparison."""
    if key.type in ("number", "duration"):
        compared = {**mapping(dict.fromkeys(COMPARISONS, QUANTITY)), "minProperties": 1}
        return described(key.definition, {"anyOf": [*one_or_more(QUANTITY)["anyOf"], compared]})
    if key.type == "boolean":
        return described(key.definition, one_or_more(YES_NO))
    return described(key.definition, one_or_more(ref(lists[key.values])))


def _condition(tests: Mapping[str, Schema]) -> Schema:
    nested = {"type": "array", "items": ref("condition"), "minItems": 1}
    return {
        "description": "All of the entries; a list of values is any of them.",
        "anyOf": [
            {
                "type": "object",
                "properties": {
                    "any": described("At least one of these conditions.", nested),
                    "all": described("All of these conditions.", nested),
                    "not": described("This condition does not hold.", ref("condition")),
                    **tests,
                },
                # Concepts are named like keys, and a file may define one more.
                "patternProperties": {r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$": {}},
                "additionalProperties": False,
            },
            nested,
        ],
    }


# --------------------------------------------------------------------------- rules


def _rule_documents(vocabulary: Vocabulary, names: Names) -> Schema:
    """Rules, concepts and readings, and the tests beside them."""
    kinds = ("rule", "concept", "reading", "tests")
    body: Schema = {
        "type": "object",
        "anyOf": [{"required": [kind]} for kind in kinds],
        "allOf": [{"if": {"required": [kind]}, "then": ref(kind)} for kind in kinds],
    }
    definitions = {
        "rule": _rule(vocabulary, names),
        "concept": _concept(),
        "reading": _reading(),
        "tests": _tests(vocabulary, names),
        "exceptions": by_name(ref("exception")),
        "exception": _exception(),
        "change_by_reading": _change_by_reading(),
        "definition": _definition(),
        **condition_definitions(vocabulary, names),
        **case_definitions(vocabulary, names),
    }
    return document("A rule, concept, reading or rule test for comity", definitions, body)


ABOUT: Final[Mapping[str, Schema]] = {
    "map": TEXTS,
    "note": TEXT,
    "references": TEXTS,
    "see": TEXTS,
    "status": words(STATUS_MEANING),
    "verified": YES_NO,
}


def meanings(texts: Mapping[str, str], names: Iterable[str]) -> Schema:
    """The words in this order, each with its meaning. Raises KeyError for one that has none."""
    return words({name: texts[name] for name in names})


def _changes(names: Names) -> Schema:
    """What differs by reading: each reading by its id, each of its values by name."""
    change = ref("change_by_reading")
    known = {
        name: described(
            question,
            {
                **by_name(change),
                "properties": {value: described(says, change) for value, says in values.items()},
            },
        )
        for name, (question, values) in names.readings.items()
    }
    return {**by_name(by_name(change)), "properties": known}


def _rule(vocabulary: Vocabulary, names: Names) -> Schema:
    parties = (*SIDES, "actor_state", *vocabulary.act_roles)
    norm = {
        "bearer": words(parties),
        "modality": described(
            "What the bearer must or may do.", meanings(MODALITY_MEANING, get_args(Modality))
        ),
        "owed_to": words(parties),
    }
    properties: dict[str, Schema] = {
        "rule": described(
            "The rule's id: small letters, digits and hyphens. It is never used again.",
            {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
        ),
        "provision": described("The provision: VCDR 41(1).", TEXT),
        "kind": described("What sort of norm it is.", meanings(KIND_MEANING, get_args(Kind))),
        "title": described("The norm in one sentence of your own.", TEXT),
        "norm": mapping(norm, norm, "Who owes what to whom."),
        "strength": described(
            "What the norm rests on; practice is never treaty law.",
            one_or_more(meanings(STRENGTH_MEANING, get_args(Strength))),
        ),
        "level": described("How firm a norm of practice is.", meanings(LEVEL_MEANING, LEVELS)),
        "trigger": described("The acts it looks at.", ref("trigger")),
        "applies": described("When the norm is in play.", ref("condition")),
        "departs": described("What turns that into a departure.", ref("condition")),
        "except": {
            "description": "What excepts from it; `none` needs `no_exceptions`.",
            "anyOf": [{"const": "none"}, ref("exceptions")],
        },
        "no_exceptions": described("Why there are none.", TEXT),
        "presume": one_or_more(_presumptions(vocabulary)),
        "readings": described("What differs by reading.", _changes(names)),
        "finding": described("What is said when it is found.", TEXT),
        "judgement": described("What the rule leaves to judgement.", TEXT),
        **dict.fromkeys(("author", "date", "modified"), TEXT),
        **ABOUT,
    }
    about = ("rule", "provision", "kind", "title", "norm", "strength")
    needed = (*about, "trigger", "applies", "except", "finding")
    return mapping(only(properties, RULE_KEYS), needed)


def only(properties: Mapping[str, Schema], keys: Iterable[str]) -> dict[str, Schema]:
    """The properties in the order of the keys that the reader knows. Raises KeyError when the
    reader knows a key that has no schema."""
    return {key: properties[key] for key in keys}


def _presumptions(vocabulary: Vocabulary) -> Schema:
    return words({name: one.text for name, one in vocabulary.presumptions.items()})


def _exception() -> Schema:
    properties: Mapping[str, Schema] = {
        "when": described("When it holds.", ref("condition")),
        "presumed": described("What is presumed of it in silence.", words(PRESUMED_MEANING)),
        "cite": described("Its authority.", TEXT),
        "text": described("The exception in words.", TEXT),
        "unless": described("Exceptions to this exception.", ref("exceptions")),
        "note": TEXT,
    }
    return mapping(only(properties, CARVEOUT_KEYS), ["when", "cite"])


def _change_by_reading() -> Schema:
    changed = {"anyOf": [{"type": "null"}, {"const": ""}, ref("exception")]}
    return mapping(
        {
            "departs": described("Replaces `departs`.", ref("condition")),
            "except": described("Merged by name; null takes one away.", by_name(changed)),
            "note": TEXT,
        }
    )


def _concept() -> Schema:
    ways = one_or_more(ref("definition"))
    properties: dict[str, Schema] = {
        "concept": described(
            "Its name, written like a key: small letters, digits, underscores, at most one dot.",
            {"type": "string", "pattern": r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$"},
        ),
        "title": TEXT,
        "cite": TEXT,
        "values": described("The ways in which it takes each value.", by_name(ways)),
        "true_when": described("The ways in which it is so.", ways),
        "false_when": described("The ways in which it is not so.", ways),
        "closed": described("Is it false when nothing makes it true?", YES_NO),
        "presume": TEXTS,
        **ABOUT,
    }
    return mapping(only(properties, CONCEPT_KEYS), ["concept", "title", "cite"])


def _definition() -> Schema:
    changes = by_name(ref("change_by_reading"))
    properties: Mapping[str, Schema] = {
        "when": described("When it is so.", ref("condition")),
        "except": described("What excepts from it.", ref("exceptions")),
        "cite": TEXT,
        "readings": described("What differs by reading.", by_name({"anyOf": [TEXTS, changes]})),
        "text": TEXT,
        "note": TEXT,
    }
    full = mapping(only(properties, DEFINITION_KEYS), ["when"])
    return {"if": {"type": "object", "required": ["when"]}, "then": full, "else": ref("condition")}


def _reading() -> Schema:
    value = {
        "says": described("The reading in a sentence.", TEXT),
        "held_by": described("Who holds it.", TEXT),
        "why": described("The argument for it.", TEXT),
        "verified": YES_NO,
        "references": TEXTS,
        "note": TEXT,
    }
    properties: dict[str, Schema] = {
        "reading": described(
            "Its id: small letters, digits and underscores.",
            {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
        ),
        "title": TEXT,
        "question": TEXT,
        "default": described("The value taken when a case names none.", TEXT),
        "values": described(
            "The readings, each with who holds it.",
            by_name(mapping(only(value, VALUE_KEYS), ["says", "held_by"])),
        ),
        **ABOUT,
    }
    required = ["reading", "title", "question", "default", "values"]
    return mapping(only(properties, READING_KEYS), required)


def _tests(vocabulary: Vocabulary, names: Names) -> Schema:
    norm = mapping(
        {
            "bearer": described("Who is bound or entitled: a State's code or a cast name.", TEXT),
            "modality": described("How.", meanings(MODALITY_MEANING, get_args(Modality))),
            "owed_to": described("Towards whom: a State's code, a cast name, or nobody.", TEXT),
        },
        (),
        "Who is bound towards whom, and how, wherever the norm is in play.",
    )
    check: Mapping[str, Schema] = {
        "name": described("What the check shows, in a few words.", TEXT),
        "outcome": words(OUTCOMES),
        "worlds": described("Readings and judgements with the outcome.", by_name(words(OUTCOMES))),
        "default": described(
            "The outcome where every reading and judgement has its default.", words(OUTCOMES)
        ),
        "norm": norm,
        "each": described(
            "One address with a list of values: the check is run once for each.",
            {**by_name({"type": "array", "minItems": 1}), "minProperties": 1, "maxProperties": 1},
        ),
        "act": TEXT,
        "mission": TEXT,
        "todo": TEXT,
        **change(names)["properties"],
    }
    properties: Mapping[str, Schema] = {
        "tests": described("The rule that is tested.", suggested(names.rules)),
        "base": mapping(
            case_properties(vocabulary, names), ["as_of"], "A small case, which each check changes."
        ),
        "act": described("The act looked at.", TEXT),
        "mission": TEXT,
        "norm": norm,
        "checks": described("What must come out.", listed(mapping(check, ["outcome"]))),
        "note": TEXT,
    }
    return mapping(properties, ["tests", "base", "checks"])


# --------------------------------------------------------------------------- measures


def _measure(vocabulary: Vocabulary, names: Names) -> Schema:
    act: dict[str, Schema] = {"type": described("What would be done.", ref("act_type"))}
    lists = value_lists(vocabulary)
    for name, attribute in vocabulary.attributes.items():
        values = tuple(attribute.values.items())
        value = ref(lists[values]) if values else PLAIN[attribute.type]
        several = attribute.type == "choices"
        act[name] = described(attribute.definition, one_or_more(value) if several else value)
    templates = "|".join(TEMPLATES)
    template = {"type": "string", "pattern": rf"^(({templates})|item\.[a-z_]+)$"}
    attributes = {name: one.definition for name, one in vocabulary.attributes.items()}
    fillers = {
        name: described(text, template)
        for name, text in {**attributes, **vocabulary.act_roles}.items()
    }
    level: Schema = {"enum": ["none", *range(11), *map(str, range(11))]}
    properties: dict[str, Schema] = {
        "measure": described(
            "Its id: small letters, digits and underscores.",
            {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
        ),
        "title": TEXT,
        "phrase": described("As in: may not {phrase}.", TEXT),
        "map": TEXTS,
        "level": described("How far it goes, 0 to 10; none for no legitimate rung.", level),
        "concerns": TEXTS,
        "each": described("What one hypothetical act is made for.", words(EACH)),
        "answers": described("The acts that it can answer.", ref("trigger")),
        "where": described("It is left out where this is known not to hold.", ref("condition")),
        "act": mapping(act, ["type"], "The hypothetical act."),
        "bind": mapping(fillers, (), "Who or what fills its roles."),
        "procedure": TEXT,
        "cite": TEXTS,
        "conditions": TEXTS,
        "norm_map_status": described(
            "Its status in the norm map; only tests read it.", words(NORM_MAP_STATUSES)
        ),
        "note": TEXT,
        "see": TEXTS,
        "references": TEXTS,
    }
    required = ["measure", "title", "phrase", "level", "each", "act", "bind"]
    body = mapping(only(properties, MEASURE_KEYS), required)
    used = {tuple(attribute.values.items()) for attribute in vocabulary.attributes.values()}
    definitions = {
        **{name: words(dict(values)) for values, name in lists.items() if values in used},
        **condition_definitions(vocabulary, names),
    }
    return document("A measure for comity", definitions, body)


# --------------------------------------------------------------------------- the vocabulary


def _vocabulary(vocabulary: Vocabulary, _names: Names) -> Schema:
    """The shape of the vocabulary's files, and every term there is with its definition."""
    texts = by_name(TEXT)
    term = ref("term")
    sections: Mapping[str, Schema] = {
        "common_roles": TEXTS,
        **dict.fromkeys(("roles", "families", "tags", "effects", "topics", "grades"), texts),
        **dict.fromkeys(("mission_kinds", "place_uses", "place_kinds", "object_kinds"), texts),
        "acts": by_name(_act_type_entry(vocabulary)),
        "attributes": by_name(term),
        "kinds": by_name({"type": "object", "required": ["definition", "fills", "attributes"]}),
        "statuses": by_name({"type": "object", "required": ["definition", "needs", "ask"]}),
        "judgements": by_name(_entry(("of", "definition", "ask"), {"of": TEXTS})),
        "role_keys": listed(mapping({"roles": TEXTS, "keys": by_name(term)}, ["roles", "keys"])),
        "mirrored": mapping({"roles": TEXTS, "keys": TEXTS, "also": by_name(term)}, ["roles"]),
        "keys": by_name(term),
        "anywhere": listed(_entry(("words", "advice"), {"words": TEXTS})),
        "only_in": listed(
            _entry(("attributes", "words", "advice"), {"attributes": TEXTS, "words": TEXTS})
        ),
        "countries": texts,
        **dict.fromkeys(("historic", "other", "invented"), by_name({"type": "object"})),
        "instruments": by_name(
            {**_entry(("title", "date", "in_force", "kind")), "required": ["title", "kind"]}
        ),
        "presumptions": by_name(_entry(("key", "values", "text"), {"values": TEXTS})),
    }
    definitions = {"term": _term(), **_terms(vocabulary)}
    return document("The vocabulary of comity", definitions, mapping(sections))


def _entry(keys: Iterable[str], shapes: Mapping[str, Schema] | None = None) -> Schema:
    names = list(keys)
    return mapping({name: (shapes or {}).get(name, TEXT) for name in names}, names)


def _term() -> Schema:
    types = ("choice", "choices", "boolean", "number", "duration", "party", "text", "date", "spans")
    properties: Mapping[str, Schema] = {
        "type": words(types),
        "definition": TEXT,
        "values": {"anyOf": [TEXT, listed(TEXT), by_name(TEXT)]},
        "ask": described("The question put when it is unknown.", TEXT),
        "why_no_ask": described("Why nobody is asked.", TEXT),
        "unit": TEXT,
    }
    asked = {"anyOf": [{"required": ["ask"]}, {"required": ["why_no_ask"]}]}
    return {**mapping(properties, ["type", "definition"]), **asked}


def _act_type_entry(vocabulary: Vocabulary) -> Schema:
    roles = listed(words(vocabulary.act_roles))
    properties: Mapping[str, Schema] = {
        "family": words(vocabulary.families),
        "tags": {**listed(words(vocabulary.tags)), "minItems": 1},
        "needs": roles,
        "may": roles,
        "produces": words({**vocabulary.effects, "none": ""}),
        "definition": TEXT,
    }
    return mapping(properties, ["family", "tags", "definition"])


def _terms(vocabulary: Vocabulary) -> dict[str, Schema]:
    """What there is to choose from, for whoever reads the schema."""
    keys = {name: key.definition for name, key in vocabulary.keys.items() if _can_be_tested(key)}
    judgements = {name: term.definition for name, term in vocabulary.judgements.items()}
    return {
        "act types": words({act.name: act.definition for act in vocabulary.acts.values()}),
        "act attributes": words({a.name: a.definition for a in vocabulary.attributes.values()}),
        "judgement terms": words(judgements),
        "person roles": words(vocabulary.person_roles),
        "topics": words(vocabulary.topics),
        "condition keys": words(keys),
        "countries": words(vocabulary.countries),
    }


# --------------------------------------------------------------------------- packs


def _pack(_vocabulary: Vocabulary, names: Names) -> Schema:
    """What a folder of rules says of itself, and what of the rulebook it changes."""
    there = {
        **names.rules,
        **{name: title for name, (title, _) in names.concepts.items()},
        **{name: question for name, (question, _) in names.readings.items()},
        **names.measures,
    }
    reason = {"type": "string", "minLength": 1}
    changes: Schema = {
        "type": "object",
        "properties": {name: described(text, reason) for name, text in there.items()},
        "patternProperties": {f"^(({'|'.join(KINDS)}) )?[A-Za-z0-9][A-Za-z0-9_.-]*$": reason},
        "additionalProperties": False,
    }
    version: Schema = {"anyOf": [TEXT, {"type": "number"}]}
    requires: Schema = {"type": "object", "additionalProperties": TEXT}
    properties: dict[str, Schema] = {
        "pack": described(
            "The name of the pack.", {"type": "string", "pattern": f"^{NAME.pattern}$"}
        ),
        "title": TEXT,
        "version": described("Numbers with dots, such as 0.1.", version),
        "requires": described('Packs it needs, and which versions: {comity: ">=0.1"}.', requires),
        "overrides": described(
            "What of other packs it replaces by its own, each with the reason.", ref("changes")
        ),
        "disables": described(
            "What of other packs it takes out of use, each with the reason.", ref("changes")
        ),
        "author": TEXT,
        "references": TEXTS,
        "note": TEXT,
    }
    body = mapping(only(properties, PACK_KEYS), ["pack", "title", "version"])
    return document("A pack of rules for comity", {"changes": changes}, body)


_SCHEMAS: Final[Mapping[FileKind, Callable[[Vocabulary, Names], Schema]]] = {
    "case": case_schema,
    "rule": _rule_documents,
    "measure": _measure,
    "vocabulary": _vocabulary,
    "pack": _pack,
}


# --------------------------------------------------------------------------- writing them


def as_text(made: Schema) -> str:
    """A schema as it is published."""
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def write(folder: Path, vocabulary: Vocabulary, names: Names) -> None:
    """Write the schema of every kind of file into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in get_args(FileKind):
        path = folder / f"{kind}.schema.json"
        path.write_text(as_text(schema(kind, vocabulary, names)), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """`python -m comity.schema FOLDER`, with the rulebook that is installed."""
    from comity.library import rulebook_files, shipped_rules, split
    from comity.rulereader import read_rulebook
    from comity.vocabulary import load_vocabulary

    if len(arguments) != 1:
        sys.stderr.write("usage: python -m comity.schema FOLDER\n")
        return 2
    files, _ = rulebook_files([shipped_rules()])
    words_, rules, _tests = split(files)
    vocabulary, problems = load_vocabulary(words_)
    rulebook, more = read_rulebook(rules, vocabulary)
    if rulebook is None or problems:
        sys.stderr.write("".join(f"{one.code} {one.message}\n" for one in (*problems, *more)))
        return 3
    write(Path(arguments[0]), vocabulary, names_of(rulebook))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
