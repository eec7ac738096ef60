"""Measure documents -> `Measure`: the receiving State's toolbox, one hypothetical act each.

Whether a measure is lawful is not written here but derived from the rules, like any finding;
what is checked is that its act exists and can be bound (R021).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from comity.citations import authority_fault
from comity.conditions import ConditionReader, Terms, quantity, read_trigger
from comity.model import All, Atom, Condition, Measure
from comity.sheets import YES_NO, Faults, Sheet, guess, words
from comity.source import Fields, Items, Node, Text
from comity.vocabulary import ActType, Attribute

MEASURE_KEYS: Final = (
    *("measure", "title", "phrase", "map", "level", "concerns", "each", "answers", "where", "act"),
    *("bind", "procedure", "cite", "conditions", "norm_map_status", "note", "see", "references"),
)
EACH: Final = ("sending_state", "mission", "premises", "member", "act")
STATUSES: Final = ("lawful", "conditional", "contested", "unlawful")
TEMPLATES: Final = (
    *("item", "mission", "receiving_state", "sending_state", "police", "ministry", "court"),
    "head",
)
HIGHEST: Final = 10


def read_measure(fields: Fields, terms: Terms, faults: Faults) -> Measure:
    """One `measure:` document. With faults the value is a stand-in that must not be used."""
    sheet = Sheet(fields, faults)
    sheet.only(MEASURE_KEYS)
    sheet.need("title", "phrase", "level", "each", "act", "bind")
    each = sheet.choice("each", EACH)
    act_type = _act_type(sheet, terms)
    _check_citations(sheet, terms)
    return Measure(
        id=sheet.text("measure"),
        title=sheet.text("title"),
        level=_level(sheet),
        act=_act(sheet, terms),
        each=each,
        bind=_bind(sheet, terms, each, act_type),
        concerns=sheet.texts("concerns"),
        answers=_answers(sheet, terms, each),
        where=_where(sheet, terms),
        procedure=sheet.text("procedure"),
        cite=sheet.texts("cite"),
        conditions=sheet.texts("conditions"),
        map=sheet.texts("map"),
        note=sheet.text("note"),
        phrase=sheet.text("phrase"),
        norm_map_status=sheet.choice("norm_map_status", STATUSES),
        place=sheet.at("measure"),
    )


def _level(sheet: Sheet) -> int | None:
    """How far it goes, 0 to 10; None for what is no legitimate rung."""
    word = sheet.word("level")
    if word is None or word.text == "none":
        return None
    if word.text.isdecimal() and int(word.text) <= HIGHEST:
        return int(word.text)
    sheet.faults.add("R001", word.place, f"'{word.text}' is no level", "0 to 10, or none")
    return None


def _check_citations(sheet: Sheet, terms: Terms) -> None:
    for word in sheet.words("cite"):
        fault = authority_fault(word.text, terms.vocabulary.instruments)
        if fault is not None:
            sheet.faults.add("R015", word.place, *fault)


def _answers(sheet: Sheet, terms: Terms, each: str) -> tuple[tuple[Atom, ...], ...]:
    """Which acts it can answer; for `each: act` alone, and needed there."""
    written = "answers" in sheet.node
    if each == "act" and not written:
        text = "the measure does not say which acts it answers"
        sheet.faults.add("R002", sheet.at("each"), text, "add `answers: {act.tag: ...}`")
    if each != "act" and each and written:
        text = "'answers' is for measures with `each: act`"
        sheet.faults.add("R021", sheet.at("answers"), text, "remove it, or write `each: act`")
    node = sheet.node.get("answers")
    return read_trigger(node, terms, sheet.faults, what="answers")


def _where(sheet: Sheet, terms: Terms) -> Condition:
    """On which targets it makes sense; on those where this is known not to hold it is left out."""
    node = sheet.get("where")
    if node is None:
        return All()
    if isinstance(node, Fields) and not len(node):
        sheet.faults.add("R006", node.place, "an empty condition always holds", "remove it")
    _check_roles(node, sheet, terms)
    return ConditionReader(terms, sheet.faults).read(node)


def _check_roles(node: Node, sheet: Sheet, terms: Terms) -> None:
    """A condition on a role that the measure never fills would leave the measure out always."""
    if isinstance(node, Items):
        for item in node:
            _check_roles(item, sheet, terms)
    if not isinstance(node, Fields):
        return
    bind = sheet.get("bind")
    filled = {key.text for key, _ in bind} if isinstance(bind, Fields) else set()
    for key, value in node:
        role, dot, _ = key.text.partition(".")
        if dot and role in terms.vocabulary.act_roles and role not in filled:
            text = f"'{key.text}' is about a role that `bind` does not fill"
            sheet.faults.add("R021", key.place, text, f"add `{role}:` to `bind`, or remove it")
        _check_roles(value, sheet, terms)


# --------------------------------------------------------------------------- the act


def _act_type(sheet: Sheet, terms: Terms) -> ActType | None:
    act = sheet.fields("act")
    if act is None:
        return None
    word = Sheet(act, sheet.faults).word("type")
    if word is None:
        sheet.faults.add("R021", act.place, "the act has no type", "add `type:`")
        return None
    found = terms.vocabulary.acts.get(word.text)
    if found is None:
        sheet.faults.unknown("R021", word, "act type", terms.vocabulary.acts)
    return found


def _act(sheet: Sheet, terms: Terms) -> Mapping[str, tuple[str, ...]]:
    """The type and the attributes of the hypothetical act, as a case would state them."""
    found: dict[str, tuple[str, ...]] = {}
    for key, node in sheet.fields("act") or ():
        values = words(node, key.text, sheet.faults)
        if key.text == "type":
            found["type"] = tuple(word.text for word in values)
            continue
        attribute = terms.vocabulary.attributes.get(key.text)
        if attribute is None:
            sheet.faults.unknown("R021", key, "attribute", terms.vocabulary.attributes)
        else:
            found[key.text] = tuple(_value(attribute, word, sheet.faults) for word in values)
            _check_number_of_values(attribute, key, values, sheet.faults)
    return found


def _check_number_of_values(
    attribute: Attribute, key: Text, values: tuple[Text, ...], faults: Faults
) -> None:
    if not values or values[0].empty:
        faults.add("R021", key.place, f"'{key.text}' has no value", "write one, or leave it out")
    elif len(values) > 1 and attribute.type != "choices":
        faults.add("R021", key.place, f"'{key.text}' takes one value")


def _value(attribute: Attribute, word: Text, faults: Faults) -> str:
    """A value as it is stored; numbers and durations stay as written."""
    if attribute.type == "boolean" and word.text in YES_NO:
        return YES_NO[word.text]
    allowed = tuple(YES_NO) if attribute.type == "boolean" else tuple(attribute.values)
    if allowed and word.text not in allowed:
        text = f"'{attribute.name}' has no value '{word.text}'"
        faults.add("R005", word.place, text, guess(word.text, allowed))
    if attribute.type in ("number", "duration"):
        unit = "h" if attribute.type == "duration" else attribute.unit
        if quantity(word.text, unit, bare=attribute.type == "number") is None:
            text = f"'{word.text}' cannot be read for '{attribute.name}'"
            faults.add(
                "R005", word.place, text, "such as 48 h" if unit == "h" else "write a number"
            )
    return word.text


# --------------------------------------------------------------------------- who and what


def _bind(sheet: Sheet, terms: Terms, each: str, act_type: ActType | None) -> Mapping[str, str]:
    """What fills each role, and which attributes are taken from the act that is answered."""
    found: dict[str, str] = {}
    bind = sheet.fields("bind")
    for key, node in bind or ():
        if not isinstance(node, Text):
            sheet.faults.add("R021", node.place, f"'{key.text}' takes one template")
            continue
        _check_filled(key, terms, act_type, sheet.faults)
        _check_template(node, terms, each, sheet.faults)
        found[key.text] = node.text
    if bind is not None and act_type is not None:
        for role in act_type.needs:
            if role not in found:
                text = f"'{act_type.name}' needs the role '{role}', which nothing fills"
                sheet.faults.add("R021", sheet.at("bind"), text, f"add `{role}:`")
    return found


def _check_filled(key: Text, terms: Terms, act_type: ActType | None, faults: Faults) -> None:
    vocabulary = terms.vocabulary
    if key.text in vocabulary.attributes:
        return
    if key.text not in vocabulary.act_roles:
        known = [*vocabulary.act_roles, *vocabulary.attributes]
        faults.unknown("R021", key, "role or attribute", known)
    elif act_type is not None and key.text not in (*act_type.needs, *act_type.may):
        text = f"acts of the type '{act_type.name}' have no role '{key.text}'"
        hint = f"they have: {', '.join((*act_type.needs, *act_type.may))}"
        faults.add("R021", key.place, text, hint)


def _check_template(template: Text, terms: Terms, each: str, faults: Faults) -> None:
    part = template.text.removeprefix("item.")
    if part == template.text:
        if template.text not in TEMPLATES:
            faults.unknown("R021", template, "template", TEMPLATES)
        return
    known = [*terms.vocabulary.act_roles, *terms.vocabulary.attributes]
    if part not in known:
        hint = guess(part, known)
        faults.add("R021", template.place, f"an act has no '{part}'", hint)
    elif each != "act":
        text = f"'{template.text}' is for measures that answer an act"
        faults.add("R021", template.place, text, "write `each: act`")
