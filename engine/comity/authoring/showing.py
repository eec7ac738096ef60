"""Conditions in words: what a rule asks, as sentences that a lawyer reads.

The words come from the rulebook's `wording/`, else from a key's own question and the meaning of its
values. Every sentence keeps its keys, so that an author finds the place.

Readings are told apart here: `on_reading` gives a rule as it stands in one setting of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from comity import source
from comity.compiling import leaves
from comity.conditions import conditions_of, started_by
from comity.library import inside
from comity.model import (
    All,
    AnyOf,
    Atom,
    Carveout,
    Concept,
    ConceptIs,
    Condition,
    Logic,
    Not,
    Presumption,
    Range,
    Rule,
    Rulebook,
)
from comity.phrasing import ANSWERS, listed, small
from comity.problems import Problem, problem
from comity.reporting import range_text
from comity.source import Fields, Node
from comity.switching import PREFIX
from comity.vocabulary import Key, Vocabulary

FOLDER: Final = "wording/"
SECTIONS: Final = ("roles", "values", "sentences")
TRUE: Final = All()
FALSE: Final = AnyOf()
_BLANK: Final = re.compile(r"\{(\w+)\}")


class Said(Struct, frozen=True, omit_defaults=True):
    """A part of a condition in words: a sentence with its key, or a heading with its parts."""

    text: str
    key: str = ""
    values: tuple[str, ...] = ()
    concept: str = ""
    presumed: str = ""  # what is presumed of the key when nothing is known
    parts: tuple[Said, ...] = ()


class Words(Struct, frozen=True):
    """All that is needed to tell a condition."""

    vocabulary: Vocabulary
    concepts: Mapping[str, Concept]
    roles: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    sentences: Mapping[str, Any] = field(default_factory=dict)


# --------------------------------------------------------------------------- reading the words


def read_words(
    files: Mapping[str, bytes], vocabulary: Vocabulary, book: Rulebook
) -> tuple[Words, tuple[Problem, ...]]:
    """The sentences among the files of a rulebook, and what is wrong with them."""
    concepts = {one.name: one for one in book.concepts}
    found: list[Problem] = []
    sections: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
    for name in files:  # in the order of the packs: a later one's sentence takes its place
        if inside(name).startswith(FOLDER):
            nodes, problems = source.read(files[name], str(name))
            found += problems
            for node in nodes:
                _read(node, sections, found)
    return Words(vocabulary, concepts, **sections), tuple(found)


def _read(node: Node, sections: dict[str, dict[str, Any]], found: list[Problem]) -> None:
    for key, value in node if isinstance(node, Fields) else ():
        if key.text not in SECTIONS or not isinstance(value, Fields):
            hint = f"one of: {', '.join(SECTIONS)}, each a mapping"
            found.append(problem("R003", key.place, f"unknown section '{key.text}'", hint))
            continue
        for name, entry in value:
            plain = entry.plain()
            if _is_entry(key.text, plain):
                sections[key.text][name.text] = plain
            else:
                hint = "write one sentence, `yes:` and `no:`, or `says:` and `values:`"
                found.append(problem("R001", entry.place, f"no words for '{name.text}'", hint))


def _is_entry(section: str, plain: object) -> bool:
    if isinstance(plain, str):
        return True
    if section != "sentences" or not isinstance(plain, dict):
        return False
    texts = {k: v for k, v in plain.items() if k != "values"}
    within = plain.get("values", {})
    return (
        (set(texts) <= {"yes", "no"} or "says" in texts)
        and all(isinstance(text, str) for text in texts.values())
        and isinstance(within, dict)
        and all(isinstance(text, str) for text in within.values())
    )


# --------------------------------------------------------------------------- sentences


def tell(condition: Condition, words: Words, truth: bool = True) -> Said:
    """A condition, or its contrary, in words."""
    match condition:
        case Atom():
            return _atoms((condition,), words, truth)
        case ConceptIs():
            return _concepts((condition,), words, truth)
        case Not(part):
            return tell(part, words, not truth)
        case All(parts):
            return _joined(parts, words, "all of these", "not all of these", truth)
        case AnyOf(parts):
            if parts and (merged := _merged(parts, words, truth)) is not None:
                return merged
            return _joined(parts, words, "at least one of these", "none of these", truth)


def _joined(
    parts: Sequence[Condition], words: Words, plain: str, contrary: str, truth: bool
) -> Said:
    if not parts:
        return Said("always" if (plain == "all of these") == truth else "never")
    if len(parts) == 1:
        return tell(parts[0], words, truth)
    told = tuple(tell(part, words) for part in parts)
    return Said(plain if truth else contrary, parts=told)


def _merged(parts: Sequence[Condition], words: Words, truth: bool) -> Said | None:
    """Several values of one key, or of one concept, in one sentence."""
    atoms = tuple(p for p in parts if isinstance(p, Atom))
    if len(atoms) == len(parts) and len({_base(a) for a in atoms}) == 1:
        return _atoms(atoms, words, truth)
    values = tuple(p for p in parts if isinstance(p, ConceptIs))
    if len(values) == len(parts) and len({v.concept for v in values}) == 1:
        return _concepts(values, words, truth)
    return None


def _base(atom: Atom) -> str:
    return atom.key.partition(":")[0]


def _accepted(atoms: Iterable[Atom], words: Words) -> list[str]:
    """The values that some atoms of one key accept, in the order of the vocabulary."""
    found: list[str] = []
    for atom in atoms:
        if isinstance(atom.accept, Range):
            found.append(range_text(atom.accept))
        elif ":" in atom.key:
            found.append(atom.key.partition(":")[2])
        else:
            found += sorted(atom.accept)
    known = words.vocabulary.keys.get(_base(next(iter(atoms))))
    order = list(known.values) if known is not None else []
    return sorted(dict.fromkeys(found), key=lambda v: order.index(v) if v in order else -1)


def _atoms(atoms: tuple[Atom, ...], words: Words, truth: bool) -> Said:
    key, values = _base(atoms[0]), _accepted(atoms, words)
    if all(":" in a.key and a.accept == frozenset({"false"}) for a in atoms):
        truth = not truth
    if set(values) in ({"true"}, {"false"}):
        return Said(
            _yes_or_no(key, (values == ["true"]) == truth, words),
            key,
            ("yes" if values == ["true"] else "no",),
            presumed=_presumed(atoms),
        )
    text = _sentence(key, values, words)
    text = text if truth else _denied(text)
    return Said(text, key, tuple(values), presumed=_presumed(atoms))


def _denied(text: str) -> str:
    """The contrary of a sentence; a question with its answer is denied as a whole."""
    return f"not so: {text}" if text[:1].isupper() and "?" in text else f"it is not so that {text}"


def _presumed(atoms: Iterable[Atom]) -> str:
    """Whether a standing presumption meets the condition when nothing is known of its key."""
    found = {
        "so" if one.presumed <= one.accept else "not so" if not one.presumed & one.accept else ""
        for one in atoms
        if one.presumed is not None and not isinstance(one.accept, Range)
    }
    return found.pop() if len(found) == 1 else ""


def _yes_or_no(key: str, yes: bool, words: Words) -> str:
    entry, role = _entry(key, words)
    text = entry.get("yes" if yes else "no") if isinstance(entry, dict) else None
    if text is not None:
        return _filled(text, words, role)
    contrary = entry.get("no" if yes else "yes") if isinstance(entry, dict) else None
    if contrary is not None:
        return f"it is not so that {_filled(contrary, words, role)}"
    return f"{_question(key, words)} {'yes' if yes else 'no'}"


def _sentence(key: str, values: Sequence[str], words: Words) -> str:
    entry, role = _entry(key, words)
    own = entry.get("values", {}) if isinstance(entry, dict) else {}
    shown = [own.get(v) or value_words(v, words) for v in values]
    template = entry.get("says") if isinstance(entry, dict) else entry
    if template is None:
        return f"{_question(key, words)} {_either(shown)}"
    return _filled(template, words, role, _either(shown))


def _either(shown: Sequence[str]) -> str:
    """a, b or c; with stronger stops where a part has a comma of its own."""
    if any("," in one for one in shown) and len(shown) > 1:
        return f"{'; '.join(shown[:-1])}; or {shown[-1]}"
    return listed(shown, "or")


def _entry(key: str, words: Words) -> tuple[Any, str]:
    """The words of a key, or those of all keys of its kind; and its role."""
    role, _, suffix = key.partition(".")
    found = words.sentences.get(key)
    if found is None and role in words.vocabulary.act_roles:
        found = words.sentences.get(f"*.{suffix}")
    return found, role


def value_words(value: str, words: Words) -> str:
    return words.values.get(value) or ANSWERS.get(value) or value.replace("_", " ")


def _question(key: str, words: Words) -> str:
    """A key that has no sentence, by its question or else by its meaning."""
    known: Key | None = words.vocabulary.keys.get(key)
    text = (known.ask or known.definition) if known is not None else ""
    return _filled(text or key.replace(".", " ").replace("_", " ") + ":", words, key)


def _filled(template: str, words: Words, role: str, value: str = "") -> str:
    """The blanks of a sentence filled. Values are put in last and never read again."""

    def blank(found: re.Match[str]) -> str:
        name = role if found[1] == "role" else found[1]
        return value if name == "value" else words.roles.get(name, name.replace("_", " "))

    return _BLANK.sub(blank, template)


def _concepts(parts: tuple[ConceptIs, ...], words: Words, truth: bool) -> Said:
    name, values = parts[0].concept, tuple(p.value for p in parts)
    concept = words.concepts.get(name)
    title = small(concept.title) if concept is not None and concept.title else name
    if values == ("true",):
        text = title if truth else f"it is not so that {title}"
        return Said(text, name, ("yes" if truth else "no",), concept=name)
    shown = _either([value_words(v, words) for v in values])
    text = f"{title}: {shown}" if truth else f"{title}: not {shown}"
    return Said(text, name, values, concept=name)


def flat(said: Said) -> tuple[Said, ...]:
    """The parts of "all of these", which a list says by itself; nothing for "always"."""
    if said.text == "all of these":
        return said.parts
    return () if said == Said("always") else (said,)


# --------------------------------------------------------------------------- triggers


def trigger(ways: Iterable[Sequence[Atom]], words: Words) -> tuple[Said, ...]:
    """What kind of act brings a rule up, with the meaning of each word."""
    alternatives = [tuple(way) for way in ways]
    if all(len(way) == 1 for way in alternatives):
        return tuple(_kind(value, atom, words) for (atom,) in alternatives
                     for value in _accepted((atom,), words))  # fmt: skip
    told = []
    for way in alternatives:
        parts = [_kind(value, atom, words) for atom in way for value in _accepted((atom,), words)]
        told.append(Said("all of these", parts=tuple(parts)) if len(parts) > 1 else parts[0])
    return tuple(told)


def _kind(value: str, atom: Atom, words: Words) -> Said:
    v = words.vocabulary
    key = _base(atom)
    if key == "act.type":
        meaning = v.acts[value].definition if value in v.acts else ""
    else:
        meaning = (v.tags if key == "act.tag" else v.families).get(value, "")
    what = {"act.type": "", "act.tag": "any act tagged ", "act.family": "any act of the family "}
    text = f"{what[key]}{value.replace('_', ' ')}"
    return Said(f"{text}: {small(meaning)}" if meaning else text, key, (value,))


def types_reached(rule: Rule, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The types of act that bring a rule up."""
    return tuple(one.name for one in started_by(rule.trigger, vocabulary))


# --------------------------------------------------------------------------- readings

Setting: TypeAlias = Mapping[str, str]


def on_reading(logic: Logic, setting: Setting) -> Logic:
    """The logic as it stands when each reading has the value that the setting gives it."""
    return Logic(
        applies=_held(logic.applies, setting),
        departs=_held(logic.departs, setting),
        exceptions=tuple(_carveouts(logic.exceptions, setting)),
    )


def _carveouts(exceptions: Iterable[Carveout], setting: Setting) -> Iterator[Carveout]:
    for one in exceptions:
        when = _held(one.when, setting)
        if when != FALSE:
            yield replace(one, when=when, unless=tuple(_carveouts(one.unless, setting)))


def _held(condition: Condition, setting: Setting) -> Condition:
    """A condition without what it says of readings."""
    match condition:
        case Atom(key=key, accept=accept):
            name = key.removeprefix(PREFIX)
            if key.startswith(PREFIX) and name in setting and not isinstance(accept, Range):
                return TRUE if setting[name] in accept else FALSE
            return condition
        case Not(part):
            held = _held(part, setting)
            return TRUE if held == FALSE else FALSE if held == TRUE else Not(held)
        case All(parts):
            return _reduced(parts, setting, TRUE, FALSE, All)
        case AnyOf(parts):
            return _reduced(parts, setting, FALSE, TRUE, AnyOf)
        case ConceptIs():
            return condition


def _reduced(
    parts: Iterable[Condition],
    setting: Setting,
    neutral: Condition,
    decisive: Condition,
    made: type[All] | type[AnyOf],
) -> Condition:
    held = [_held(part, setting) for part in parts]
    if decisive in held:
        return decisive
    kept = tuple(part for part in held if part != neutral)
    return kept[0] if len(kept) == 1 else made(kept)


def readings_in(logics: Iterable[Logic]) -> tuple[str, ...]:
    """The readings on which some logic turns, in order of name."""
    found = {
        atom.key.removeprefix(PREFIX)
        for logic in logics
        for condition in conditions_of(logic)
        for atom in leaves(condition)
        if isinstance(atom, Atom) and atom.key.startswith(PREFIX)
    }
    return tuple(sorted(found))


def concepts_in(logics: Iterable[Logic]) -> tuple[str, ...]:
    """The concepts that some logic names, in the order named."""
    return tuple(
        dict.fromkeys(
            atom.concept
            for logic in logics
            for condition in conditions_of(logic)
            for atom in leaves(condition)
            if isinstance(atom, ConceptIs)
        )
    )


def presumptions_in(
    logics: Iterable[Logic], presumptions: Mapping[str, Presumption]
) -> tuple[str, ...]:
    """The standing presumptions that some logic relies on."""
    held = {
        (atom.key, atom.presumed)
        for logic in logics
        for condition in conditions_of(logic)
        for atom in leaves(condition)
        if isinstance(atom, Atom) and atom.presumed is not None
    }
    return tuple(name for name, one in presumptions.items() if (one.key, one.values) in held)


def logics(concept: Concept) -> tuple[Logic, ...]:
    return tuple(one.logic for one in concept.definitions)


def words_of_role(role: str, words: Words) -> str:
    return words.roles.get(role, role.replace("_", " "))
