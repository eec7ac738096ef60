"""`parties/*.yaml` -> who is bound by which treaty, from which day.

One file, one treaty::

    parties: XAXB
    source: {title: the treaty itself, date: 2020-01-01}
    complete: yes                  # nobody else is bound
    states:
      XA: {bound_from: 2020-01-01}
      XB: {bound_from: 2020-01-01, until: 2031-12-31}

`not_bound` names States that were not bound on the day `as_of`. What lies between `perhaps_from`
and `bound_from`, or after `as_of`, is a question and no guess; so is every State that is not named,
unless the list is `complete`. Codes: R001 to R003, R005, R035.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from comity import source
from comity.library import inside
from comity.model import Membership, Parties
from comity.sheets import Faults, Sheet, guess
from comity.source import Fields, Node, Text
from comity.vocabulary import Vocabulary

FOLDER: Final = "parties/"
KEYS: Final = (
    *("parties", "source", "note", "also_read", "in_force", "complete"),
    *("states", "not_bound", "reservations"),
)
STATE_KEYS: Final = (
    *("bound_from", "perhaps_from", "until", "as_of", "by", "deposited", "signed"),
    *("source", "note", "verified", "until_verified"),
)


def is_parties(name: str) -> bool:
    """Whether a file of a rulebook lists the parties of a treaty."""
    return inside(name).startswith(FOLDER)


def read_parties(
    files: Mapping[str, bytes], vocabulary: Vocabulary, faults: Faults
) -> dict[str, Parties]:
    """The lists among some files, by treaty."""
    found: dict[str, Parties] = {}
    for name in sorted(filter(is_parties, files), key=inside):
        nodes, problems = source.read(files[name], str(name))
        faults.problems.extend(problems)
        for node in nodes:
            made = _parties(node, vocabulary, faults)
            if made is not None and made.instrument in found:
                text = f"the parties of {made.instrument} stand in another file already"
                faults.add("R009", node.place, text, "put the two together")
            elif made is not None:
                found[made.instrument] = made
    return found


def _parties(node: Node, vocabulary: Vocabulary, faults: Faults) -> Parties | None:
    if not isinstance(node, Fields):
        faults.add("R001", node.place, "a list of parties is a mapping", "start with `parties:`")
        return None
    before = len(faults.problems)
    sheet = Sheet(node, faults)
    sheet.only(KEYS)
    sheet.need("parties", "source", "states")
    word = sheet.word("parties")
    treaties = [one.id for one in vocabulary.instruments.values() if one.kind == "treaty"]
    if word is None:
        return None
    if word.text not in treaties:
        hint = guess(word.text, treaties) or "name it in vocabulary/instruments.yaml"
        faults.add("R001", word.place, f"unknown treaty '{word.text}'", hint)
        return None
    states: dict[str, Membership] = {}
    for section in ("states", "not_bound"):
        for code, entry in sheet.fields(section) or ():
            made = _membership(section, code, entry, vocabulary, faults)
            if made is not None:
                states[code.text] = made
    where = sheet.fields("source")
    title = Sheet(where, faults).text("title") if where is not None else ""
    # Of a State whose entry cannot be read nothing is said, so the list is not complete either.
    complete = sheet.flag("complete") and len(faults.problems) == before
    return Parties(word.text, title, complete, states)


def _membership(
    section: str, code: Text, node: Node, vocabulary: Vocabulary, faults: Faults
) -> Membership | None:
    if code.text not in vocabulary.countries:
        faults.unknown("R005", code, "country code", vocabulary.countries)
        return None
    if not isinstance(node, Fields):
        faults.add("R001", node.place, f"'{code.text}' is a mapping", "{bound_from: 2020-01-01}")
        return None
    sheet = Sheet(node, faults)
    sheet.only(STATE_KEYS)
    bound = section == "states"
    sheet.need("bound_from" if bound else "as_of")
    days = {name: _day(sheet, name) for name in ("bound_from", "perhaps_from", "until", "as_of")}
    for first, last in (("perhaps_from", "bound_from"), ("bound_from", "until")):
        if days[first] and days[last] and days[first] > days[last]:
            faults.add("R035", sheet.at(last), f"`{last}` lies before `{first}`", "correct a day")
    if not days["bound_from" if bound else "as_of"]:
        return None  # told above
    return Membership(bound=bound, **days)


def _day(sheet: Sheet, name: str) -> str:
    word = sheet.word(name)
    if word is None:
        return ""
    try:
        return date.fromisoformat(word.text).isoformat()
    except ValueError:
        sheet.faults.add("R035", word.place, f"'{word.text}' is no day", "such as 2020-01-31")
        return ""
