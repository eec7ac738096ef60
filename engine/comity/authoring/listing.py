"""Rules in the order of the law, and the choice of some of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import Any

from msgspec import Struct

from comity.authoring.describing import norm_in_short
from comity.authoring.ledger import Pinpoint, pinpoints, within
from comity.authoring.showing import Words, types_reached
from comity.model import Rule
from comity.phrasing import plural
from comity.vocabulary import Vocabulary


class Wanted(Struct, frozen=True):
    """What a list is asked for; what is empty asks nothing."""

    instruments: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    strengths: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    verified: bool | None = None
    words: tuple[str, ...] = ()


def provision_order(rule: Rule, v: Vocabulary) -> tuple[object, ...]:
    """Instruments in the order of the vocabulary, provisions by number, practice last."""
    order = list(v.instruments)
    instrument, _, pinpoint = rule.provision.partition(" ")
    place = order.index(instrument) if instrument in order else len(order)
    numbers = "".join(c if c.isdigit() else " " for c in pinpoint or instrument).split()
    return (place, [int(n) for n in numbers], pinpoint, rule.id)


def in_order(rules: Iterable[Rule], v: Vocabulary) -> list[Rule]:
    return sorted(rules, key=lambda one: provision_order(one, v))


def instrument_of(rule: Rule, v: Vocabulary) -> str:
    """The instrument of its provision; what has none is practice."""
    name = rule.provision.partition(" ")[0]
    return name if name in v.instruments else "PRACTICE"


def article_of(rule: Rule) -> str:
    """`VCDR 22` for `VCDR 22(1)`; for practice its own number."""
    return rule.provision.partition("(")[0].partition(",")[0].partition("-")[0].strip() \
        if instrument_like(rule) else rule.provision  # fmt: skip


def instrument_like(rule: Rule) -> bool:
    return " " in rule.provision


def fits(rule: Rule, wanted: Wanted, v: Vocabulary) -> bool:
    return (
        (not wanted.instruments or instrument_of(rule, v) in wanted.instruments)
        and (not wanted.articles or any(_is_at(rule, one) for one in wanted.articles))
        and (not wanted.strengths or bool(set(wanted.strengths) & set(rule.strength)))
        and (not wanted.statuses or rule.status in wanted.statuses)
        and (not wanted.kinds or rule.kind in wanted.kinds)
        and (wanted.verified is None or rule.verified == wanted.verified)
        and all(_reached_by(rule, tag, v) for tag in wanted.tags)
        and all(word.casefold() in searched(rule) for word in wanted.words)
    )


def _is_at(rule: Rule, number: str) -> bool:
    """Whether a rule's provision is an article or paragraph, or lies within it."""
    places = pinpoints(rule.provision) or (Pinpoint("PRACTICE", rule.provision),)
    return any(within(place.number, number) for place in places)


def _reached_by(rule: Rule, word: str, v: Vocabulary) -> bool:
    """Whether acts of a type, or some of a tag or family, bring the rule up."""
    reached = types_reached(rule, v)
    return any(word in (name, v.acts[name].family) or word in v.acts[name].tags for name in reached)


def searched(rule: Rule) -> str:
    """The words of a rule that a reader may remember."""
    exceptions = list(rule.logic.exceptions)
    for one in exceptions:
        exceptions.extend(one.unless)
    texts = (rule.id, rule.provision, rule.title, rule.finding, rule.judgement, rule.note)
    return " ".join((*texts, *rule.references, *(one.text for one in exceptions))).casefold()


def chosen(rules: Iterable[Rule], wanted: Wanted, v: Vocabulary) -> list[Rule]:
    return in_order((rule for rule in rules if fits(rule, wanted, v)), v)


def named(rules: Sequence[Rule], provision: str) -> list[Rule]:
    """The rules of a provision such as `VCDR 22(1)`, `VCDR 22` or `P10`."""
    wanted = " ".join(provision.split()).upper()
    exact = [rule for rule in rules if rule.provision.upper() == wanted]
    if exact and not pinpoints(wanted):
        return exact
    instrument, _, number = wanted.partition(" ")
    asked = Pinpoint(instrument, number.lower() if "(" in number else number)
    return exact or [
        rule
        for rule in rules
        if any(
            place.instrument == asked.instrument and within(place.number, asked.number)
            for place in pinpoints(rule.provision)
        )
    ]


# --------------------------------------------------------------------------- writing it


def row(rule: Rule, words: Words) -> dict[str, Any]:
    return {
        "id": rule.id,
        "provision": rule.provision,
        "kind": rule.kind,
        "title": rule.title,
        "bearer": rule.norm.bearer,
        "modality": rule.norm.modality,
        "owed_to": rule.norm.owed_to,
        "strength": list(rule.strength),
        "level": rule.level,
        "status": rule.status,
        "verified": rule.verified,
        "act_types": list(types_reached(rule, words.vocabulary)),
        "at": f"{rule.place.file}:{rule.place.line}" if rule.place else "",
    }


def text(rules: Sequence[Rule], words: Words, width: int = 80) -> str:
    """Two lines or more a rule: provision, who and id; below it the norm."""
    v = words.vocabulary
    lines: list[str] = []
    before = ""
    room = max(13, *(len(rule.provision) + 2 for rule in rules))
    for rule in rules:
        instrument = instrument_of(rule, v)
        if instrument != before:
            title = v.instruments[instrument].title if instrument in v.instruments else instrument
            lines += [*([""] if lines else []), title.upper()]
            before = instrument
        lines += [*_row(rule, words, room, width)]
    unverified = sum(not rule.verified for rule in rules)
    marked = f"; ? marks {unverified} not yet checked by a second reader" if unverified else ""
    lines += ["", f"{plural(len(rules), 'rule')}{marked}.", "One in words: comity rules show RULE"]
    return "\n".join(lines) + "\n"


def _row(rule: Rule, words: Words, room: int, width: int) -> Iterable[str]:
    mark = " " if rule.verified else "?"
    force = (
        "" if {"treaty", "custom"} & set(rule.strength) else f", {rule.strength[0]} {rule.level}"
    )
    duty = norm_in_short(rule.norm, words) + force
    head = f"{mark}{rule.provision:<{room}}{rule.id}"
    if len(head) + len(duty) + 2 <= width:
        yield f"{head}{duty:>{width - len(head)}}"
    else:
        yield head
        yield f"{'':{room + 1}}{duty}"
    yield from (f"{'':{room + 1}}{line}" for line in wrap(rule.title, width - room - 1))
