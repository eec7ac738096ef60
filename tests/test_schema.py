"""The published schemas: current, true of every shipped file, and of use to an editor."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest

from comity import casefile, schema, source
from comity.library import ASIDE, rulebook_files, split
from comity.rulereader import read_rulebook
from comity.schema_parts import names_of
from comity.vocabulary import Vocabulary, load_vocabulary

TOP = Path(__file__).parents[1]
KINDS = get_args(schema.FileKind)


@cache
def shipped() -> tuple[Mapping[str, bytes], Mapping[str, bytes], Mapping[str, bytes]]:
    return split(rulebook_files([TOP / "rules"])[0])


def pack_file() -> bytes:
    return (TOP / "rules" / "pack.yaml").read_bytes()


@cache
def vocabulary() -> Vocabulary:
    return load_vocabulary(shipped()[0])[0]


@cache
def published(kind: schema.FileKind) -> schema.Schema:
    """The schema with what the shipped rulebook offers."""
    rulebook, problems = read_rulebook(shipped()[1], vocabulary())
    assert rulebook is not None, problems
    return schema.schema(kind, vocabulary(), names_of(rulebook))


@cache
def validator(kind: schema.FileKind) -> jsonschema.Draft7Validator:
    made = published(kind)
    jsonschema.Draft7Validator.check_schema(made)
    return jsonschema.Draft7Validator(made)


def kind_of(name: str) -> schema.FileKind:
    if name.startswith("vocabulary/"):
        return "vocabulary"
    return "measure" if name.startswith("measures/") else "rule"


def files() -> Iterator[tuple[str, schema.FileKind, bytes]]:
    for part in shipped():
        for name, data in part.items():
            if name.partition("/")[0] not in ASIDE:
                yield name, kind_of(name), data
    yield "pack.yaml", "pack", pack_file()
    for path in sorted((TOP / "cases").rglob("*.yaml")):
        yield str(path.relative_to(TOP)), "case", path.read_bytes()


def faults(kind: schema.FileKind, text: str | bytes) -> list[str]:
    """What a validator says of each document of a file."""
    nodes, problems = source.read(text, "x.yaml")
    assert not problems
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"[:300]
        for node in nodes
        for error in validator(kind).iter_errors(node.plain())
    ]


# --------------------------------------------------------------------------- current and true


@pytest.mark.parametrize("kind", KINDS)
def test_the_published_schema_is_current(kind):
    """If not: `python -m comity.schema docs/schema`."""
    text = (TOP / "docs" / "schema" / f"{kind}.schema.json").read_text(encoding="utf-8")
    assert text == schema.as_text(published(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_every_shipped_file_is_valid(kind):
    checked = {name: faults(kind, data) for name, of, data in files() if of == kind}
    assert {name: found for name, found in checked.items() if found} == {}
    assert checked


@pytest.mark.parametrize("kind", KINDS)
def test_every_reference_leads_somewhere(kind):
    made = published(kind)
    named = set(references(made))
    assert named
    assert {name.removeprefix("#/definitions/") for name in named} <= set(made["definitions"])


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


@pytest.mark.parametrize("kind", ["case", "rule", "measure"])
def test_every_key_says_what_it_means(kind):
    """An editor shows it to whoever rests on the key."""
    made = published(kind)
    assert {key for key, part in keys_of(made) if not says(part, made["definitions"])} == set()


def keys_of(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict) and "type" in node:
            yield from properties.items()
        for value in node.values():
            yield from keys_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from keys_of(value)


def says(part: Any, definitions: Mapping[str, Any]) -> bool:
    if "$ref" in part:
        return says(definitions[part["$ref"].removeprefix("#/definitions/")], definitions)
    return "description" in part or "const" in part


def test_writing_them(tmp_path, capsys):
    assert schema.main([str(tmp_path / "new")]) == 0
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == sorted(
        f"{kind}.schema.json" for kind in KINDS
    )
    assert json.loads((tmp_path / "new" / "case.schema.json").read_text())["title"]
    assert schema.main([]) == 2
    assert "usage" in capsys.readouterr().err


# --------------------------------------------------------------------------- of use

CASE = """\
case: example
title: An example
as_of: 2026-02-23
cast:
  embassy: {is: mission, kind: embassy, sending: AA, receiving: BB}
  house: {is: place, used: [{by: embassy, as: chancery, from: 2002}], in: BB, source: wire}
acts:
  banner:
    type: display_banner
    by: embassy
    place: house
    zone: {value: roof, source: wire}
    topic: [election]
    size_m: {values: [12, 15]}
    capacity: unknown
    date: 2026-02
facts:
  - {what: consent, by: AA, for: banner, form: express, date: 2026-02-01}
judgements:
  - {of: banner, term: partisan, value: yes, by: encoder, why: it names a candidate}
sources: {wire: {title: A report}}
expect:
  - {act: banner, cite: VCDR 41(1), outcome: breached}
"""


def test_a_case_as_comity_and_as_an_editor_reads_it():
    assert faults("case", CASE) == []
    as_an_editor = source.read(CASE, "x.yaml")[0][0].plain()
    as_an_editor["acts"]["banner"]["size_m"] = {"values": [12, 15.5]}
    as_an_editor["judgements"][0]["value"] = True
    as_an_editor["cast"]["house"]["used"][0]["from"] = 2002
    assert list(validator("case").iter_errors(as_an_editor)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("display_banner", "display_baner"),
        ("value: roof", "value: attic"),
        ("[election]", "[elections]"),
        ("is: mission", "is: misson"),
        ("kind: embassy", "kind: embasy"),
        ("as: chancery", "as: chancelry"),
        ("what: consent", "what: consents"),
        ("form: express", "form: loud"),
        ("term: partisan", "term: partizan"),
        ("value: yes", "value: surely"),
        ("outcome: breached", "outcome: broken"),
        ("2026-02-23", "23.2.2026"),
        ("    place: house", "    plaice: house"),
        ("capacity:", "capacities:"),
        ("title: An example\n", ""),
        ("    type: display_banner\n", ""),
    ],
)
def test_a_slip_in_a_case_is_shown(old, new):
    assert old in CASE
    assert faults("case", CASE.replace(old, new)) != []


RULE = """\
rule: vcdr-22-1-entry
provision: VCDR 22(1)
kind: departure
title: Nobody enters
norm: {bearer: receiving_state, modality: must_not, owed_to: sending_state}
strength: [treaty]
trigger: {act.tag: entry}
applies: {place.premises: true, act.zone: [inside], any: [{act.deadline: {at_least: 2 d}}]}
except: {consent: {when: {consent.state: given}, cite: VCDR 22(1)}}
presume: [relations_subsist]
finding: "{by} entered."
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: departure", "kind: breach"),
        ("bearer: receiving_state", "bearer: host"),
        ("[treaty]", "[law]"),
        ("act.tag: entry", "act.tag: entries"),
        ("act.tag: entry", "act.zone: inside"),
        ("[inside]", "[within]"),
        ("at_least", "at_last"),
        ("any:", "either:"),
        ("when: {consent.state: given}, ", ""),
        ("[relations_subsist]", "[relations_exist]"),
        ("finding:", "findings:"),
    ],
)
def test_a_slip_in_a_rule_is_shown(old, new):
    assert faults("rule", RULE) == []
    assert old in RULE
    assert faults("rule", RULE.replace(old, new)) != []


def test_a_document_of_no_kind_is_shown():
    assert faults("rule", "rules: x") != []


def test_terms_come_with_their_definitions():
    zone = vocabulary().attributes["zone"]
    definitions = schema.schema("case", vocabulary())["definitions"]
    act = definitions["act"]["properties"]
    assert act["zone"]["description"] == zone.definition
    shown = {one["const"]: one["description"] for one in definitions["values of act.zone"]["anyOf"]}
    assert shown == zone.values
    tested = schema.schema("rule", vocabulary())["definitions"]["condition"]["anyOf"][0]
    assert tested["properties"]["by.side"]["description"]
    assert not any(":" in key for key in tested["properties"])


def test_the_schema_and_the_reader_know_the_same_keys_of_a_case():
    made = schema.schema("case", vocabulary())
    assert set(made["properties"]) == set(casefile._TOP)
    assert set(made["definitions"]["variant"]["properties"]) == set(casefile._CHANGES)


def test_the_same_vocabulary_gives_the_same_schema():
    for kind in KINDS:
        one, other = (schema.as_text(schema.schema(kind, vocabulary())) for _ in range(2))
        assert one == other
