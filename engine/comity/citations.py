"""Citations: an instrument of the vocabulary and a pinpoint, such as `VCDR 41(1)`.

A rule's `provision` is always one. The authority of an exception or a definition can also be
named in words (a judgment, general international law); only what looks like an instrument is
held to the form then. Several authorities are separated by semicolons, several provisions of one
instrument by commas: `VCDR 3(1)(b), 41(2); ICJ Tehran 1980 para 86`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from comity.problems import nearest
from comity.vocabulary import Instrument

_PINPOINT: Final = re.compile(
    r"(?:preamble|[IVX]+(?:-[IVX]+)?|\d+(?:bis|ter|[A-Z])?(?:\(\w{1,4}\))*"  # 41(1), 37(2)(b)
    r"(?:-(?:\d+(?:\(\w{1,4}\))*|\(\w{1,4}\)|[a-z]))?)"  # 24-25, 37(1)-(2), 41(1)-a
)
_PRACTICE: Final = re.compile(r"P\d{2}(?:, P\d{2})*")
_LOOKS_LIKE_ONE: Final = re.compile(r"([A-Za-z]{3,}[A-Z-]*)\s*(?:\d{1,3}(?!\d)|[Aa]rt|§)")
_ACRONYM: Final = re.compile(r"[A-Z]{3,}[A-Z-]*")
EXAMPLE: Final = "write the instrument and the provision: VCDR 41(1)"
NAMED: Final = "name a treaty of your own in vocabulary/instruments.yaml of your pack"


def provision_fault(text: str, instruments: Mapping[str, Instrument]) -> tuple[str, str] | None:
    """What is wrong with a rule's provision, and advice; None if nothing is."""
    if _PRACTICE.fullmatch(text):
        return None
    name, _, _ = text.partition(" ")
    if name not in instruments:
        return _unknown(name, instruments)
    return _pinpoint_fault(text, name, instruments)


def authority_fault(text: str, instruments: Mapping[str, Instrument]) -> tuple[str, str] | None:
    """The same for the authority of an exception, a definition or a measure."""
    if not text.strip():
        return "the citation is empty", EXAMPLE
    for part in (part.strip() for part in text.split(";")):
        fault = _authority_part_fault(part, instruments)
        if fault is not None:
            return fault
    return None


def _authority_part_fault(
    part: str, instruments: Mapping[str, Instrument]
) -> tuple[str, str] | None:
    if _PRACTICE.fullmatch(part):
        return None
    name = part.split(" ", 1)[0].rstrip(",")
    typed = _LOOKS_LIKE_ONE.match(part)
    if name in instruments and (typed is not None or part == name):
        return _pinpoint_fault(part, name, instruments)
    if typed is None:
        return None
    if typed[1].upper() in instruments:
        return f"'{part}' cannot be read as a citation", EXAMPLE
    return _unknown(typed[1], instruments) if _ACRONYM.fullmatch(typed[1]) else None


def _pinpoint_fault(
    text: str, name: str, instruments: Mapping[str, Instrument]
) -> tuple[str, str] | None:
    if text == name and instruments[name].kind in ("custom", "practice", "resolution"):
        return None
    pinpoints = text[len(name) :].strip().split(", ")
    if text.startswith(name + " ") and all(_PINPOINT.fullmatch(one) for one in pinpoints):
        return None
    return f"'{text}' cannot be read as a citation", EXAMPLE


def _unknown(name: str, instruments: Mapping[str, Instrument]) -> tuple[str, str]:
    if name.lower().rstrip(".") in ("art", "arts", "article", "articles", "para", "paragraph"):
        return f"the citation begins with '{name}'", EXAMPLE
    near = nearest(name, sorted(instruments))
    hint = f"did you mean '{near}'?" if near else f"{EXAMPLE}; {NAMED}"
    return f"unknown instrument '{name}'", hint
