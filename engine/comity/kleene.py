"""Kleene's three-valued logic on small integers: FALSE < UNKNOWN < TRUE.

With that order conjunction is `min`, disjunction `max` and negation `2 - x`.
Source: S. C. Kleene, Introduction to Metamathematics (1952), section 64 (strong tables).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from comity.model import Accept, Range

Value: TypeAlias = Literal[0, 1, 2]

FALSE: Final = 0
UNKNOWN: Final = 1
TRUE: Final = 2


def conjunction(values: Iterable[int]) -> int:
    """TRUE of nothing; FALSE as soon as one is."""
    return min(values, default=TRUE)


def disjunction(values: Iterable[int]) -> int:
    """FALSE of nothing; TRUE as soon as one is."""
    return max(values, default=FALSE)


def negation(value: int) -> int:
    return TRUE - value


def accepts(accept: Accept, value: str) -> bool:
    """Whether one known value satisfies an atom."""
    if isinstance(accept, Range):
        number = as_number(value)
        return number is not None and in_range(accept, number)
    return value in accept


def atom_value(accept: Accept, possible: tuple[str, ...]) -> int:
    """TRUE if every possible value is accepted, FALSE if none is, else UNKNOWN."""
    if len(possible) == 1:
        return TRUE if accepts(accept, possible[0]) else FALSE
    hits = sum(accepts(accept, value) for value in possible)
    if hits == len(possible):
        return TRUE
    return FALSE if hits == 0 else UNKNOWN


def in_range(accept: Range, number: Fraction) -> bool:
    low, high = accept.low, accept.high
    if low is not None and (number < low or (accept.low_open and number == low)):
        return False
    return high is None or number < high or (not accept.high_open and number == high)


@lru_cache(maxsize=4096)
def as_number(text: str) -> Fraction | None:
    """The number a value stands for; None for text such as `none`."""
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None
