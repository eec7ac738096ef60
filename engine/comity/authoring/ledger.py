"""The ledger: every paragraph of an instrument, and what became of it.

`rules/instruments/*.yaml` lists the paragraphs of an instrument in the project's own words, and
for each that no rule can encode the reason. This module reads those files and says which
paragraphs a citation names; what the rulebook makes of them is for `coverage`.

Codes: R001-R003 the shape, R030 the instrument, R031 a number, R032 reason and note, Y001-Y010 the
YAML itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from msgspec import Struct, field

from comity import source
from comity.library import inside
from comity.problems import Place, Problem
from comity.sheets import Faults, Sheet
from comity.source import Fields, Node, Text

FOLDER: Final = "instruments"
NAMES: Final = "vocabulary/instruments.yaml"
CLASSES: Final = ("operative", "definition", "institutional", "final")
INDEX_KEYS: Final = ("instrument", "note", "articles")
ARTICLE_KEYS: Final = ("title", "paragraphs")
PARAGRAPH_KEYS: Final = ("says", "class", "not_encoded", "note", "verified")

_ARTICLE: Final = r"(?:preamble|[IVX]+|\d+(?:bis|ter|[A-Z])?)"
_PART: Final = r"\(\w{1,4}\)"
_ARTICLE_NUMBER: Final = re.compile(_ARTICLE)
_NUMBER: Final = re.compile(rf"({_ARTICLE})((?:{_PART})*)")
_CITED: Final = re.compile(
    rf"(?P<article>{_ARTICLE})(?P<parts>(?:{_PART})*)"
    rf"(?:-(?:(?P<to>{_ARTICLE})(?P<to_parts>(?:{_PART})*)|(?P<part>{_PART})|[a-z]))?"
)
_INSTRUMENT: Final = re.compile(r"[A-Z][A-Z-]*")


class Pinpoint(Struct, frozen=True, order=True):
    """One place in an instrument: `VCDR` and `22(1)`."""

    instrument: str
    number: str

    def __str__(self) -> str:
        return f"{self.instrument} {self.number}"


class Paragraph(Struct, frozen=True):
    """One paragraph, or one letter that is a norm of its own."""

    instrument: str
    number: str  # as a rule cites it after the instrument
    article: str
    says: str
    class_: str = "operative"
    not_encoded: str = ""  # why no rule encodes it
    note: str = ""  # the reviewer's note: what to do instead
    verified: bool = False
    place: Place | None = None

    def __str__(self) -> str:
        return f"{self.instrument} {self.number}"


class Article(Struct, frozen=True):
    """One article and the numbers of its paragraphs, in the order of the file."""

    number: str
    title: str
    paragraphs: tuple[str, ...] = ()
    place: Place | None = None


class InstrumentIndex(Struct, frozen=True):
    """The paragraphs of one instrument, in the order of the file."""

    instrument: str
    note: str = ""
    articles: Mapping[str, Article] = field(default_factory=dict)
    paragraphs: Mapping[str, Paragraph] = field(default_factory=dict)
    place: Place | None = None

    def of(self, number: str) -> tuple[Paragraph, ...]:
        """The paragraphs that a citation of this number encodes.

        That is the closest one it names or lies within. A citation that is wider than any
        paragraph of the index, as of a whole article, encodes none: it does not say which.
        """
        around = [p for n, p in self.paragraphs.items() if within(number, n)]
        return (max(around, key=lambda p: len(p.number)),) if around else ()

    def knows(self, number: str) -> bool:
        """Whether a number is listed, lies within one that is, holds some, or is an article."""
        return number in self.articles or any(
            within(number, known) or within(known, number) for known in self.paragraphs
        )


class Ledger(Struct, frozen=True):
    """The indexes of all instruments that have one, by name."""

    instruments: Mapping[str, InstrumentIndex] = field(default_factory=dict)

    def knows(self, cite: str) -> bool:
        """Whether every pinpoint of a citation is in the index of its instrument.

        A citation without a pinpoint, such as `P10` or a judgment, names nothing to look up.
        """
        return not self.unknown(cite)

    def unknown(self, cite: str) -> tuple[Pinpoint, ...]:
        """The pinpoints of a citation that no index has."""
        return tuple(
            pinpoint
            for pinpoint in pinpoints(cite)
            if pinpoint.instrument not in self.instruments
            or not self.instruments[pinpoint.instrument].knows(pinpoint.number)
        )

    def paragraphs(self, cite: str) -> tuple[Paragraph, ...]:
        """The paragraphs that a citation encodes, each once, in the order cited."""
        found: dict[Paragraph, None] = {}
        for pinpoint in pinpoints(cite):
            index = self.instruments.get(pinpoint.instrument)
            found.update(dict.fromkeys(index.of(pinpoint.number) if index is not None else ()))
        return tuple(found)


# --------------------------------------------------------------------------- citations


def pinpoints(cite: str) -> tuple[Pinpoint, ...]:
    """Every place that a citation names, ranges written out: `VCDR 37(1)-(2), 40` names three.

    What is no instrument with a number (a judgment, custom, `P10`) names none. Whether the
    instrument exists is not asked here.
    """
    found: dict[Pinpoint, None] = {}
    for part in cite.split(";"):
        instrument, _, rest = part.strip().partition(" ")
        cited = [_CITED.fullmatch(one.strip()) for one in rest.split(",")] if rest else []
        if _INSTRUMENT.fullmatch(instrument) and all(cited):
            for one in cited:
                if one is not None:
                    found.update(dict.fromkeys(Pinpoint(instrument, n) for n in _numbers(one)))
    return tuple(found)


def _numbers(cited: re.Match[str]) -> Iterator[str]:
    """One number, or all of a range; the ends alone where what lies between is not written."""
    article, parts = cited["article"], cited["parts"]
    if cited["part"] is not None:  # 37(1)-(2), 31(1)(a)-(c)
        stem, first = _stem(parts)
        yield from (f"{article}{stem}({n})" for n in _between(first, cited["part"][1:-1]))
    elif cited["to"] is None:
        yield article + parts
    elif parts or cited["to_parts"]:  # 22(1)-22(3), 22(2)-24(1)
        yield from _across(article, parts, cited["to"], cited["to_parts"])
    else:  # 24-25, XI-XII
        yield from _between(article, cited["to"])


def _across(article: str, parts: str, to: str, to_parts: str) -> Iterator[str]:
    (stem, first), (to_stem, last) = _stem(parts), _stem(to_parts)
    if article == to and stem == to_stem and parts and to_parts:
        yield from (f"{article}{stem}({n})" for n in _between(first, last))
    else:
        yield article + parts
        yield from _between(article, to)[1:-1]
        yield to + to_parts


def _stem(parts: str) -> tuple[str, str]:
    """`(1)(a)` is `(1)` and `a`."""
    stem, _, last = parts.rpartition("(")
    return stem, last.rstrip(")")


def _between(first: str, last: str) -> tuple[str, ...]:
    """Numbers, Roman numbers or letters from one to the other; the two if that cannot be told."""
    for order in (_decimal, _roman, _letter):
        low, high = order(first), order(last)
        if low is not None and high is not None and low <= high <= low + MOST:
            return tuple(_written(n, order) for n in range(low, high + 1))
    return (first, last)


MOST: Final = 200  # a range of more is a slip of the pen


def _decimal(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() else None


def _letter(text: str) -> int | None:
    return ord(text) if len(text) == 1 and "a" <= text <= "z" else None


def _roman(text: str) -> int | None:
    return _ROMAN.index(text) if text in _ROMAN else None


_ROMAN: Final = tuple(
    tens + ones
    for tens in ("", "X", "XX", "XXX")
    for ones in ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
)


def _written(number: int, order: object) -> str:
    if order is _roman:
        return _ROMAN[number]
    return chr(number) if order is _letter else str(number)


def within(inner: str, outer: str) -> bool:
    """Whether one number is another or lies inside it: 22(1) lies within 22, and 221 does not."""
    return inner == outer or (inner.startswith(outer) and inner[len(outer)] == "(")


# --------------------------------------------------------------------------- reading


def is_index(name: str) -> bool:
    """Whether a file of a rulebook is an index of an instrument."""
    return PurePosixPath(inside(name)).parts[:-1] == (FOLDER,)


def read_ledger(files: Mapping[str, bytes]) -> tuple[Ledger, tuple[Problem, ...]]:
    """The indexes among the files of a rulebook, and all that is wrong with them.

    A faulty entry is reported and left out. Instruments are checked against the vocabulary if it
    is among the files.
    """
    faults = Faults()
    names = _instrument_names(files)
    found: dict[str, InstrumentIndex] = {}
    for name in sorted(filter(is_index, files)):
        nodes, problems = source.read(files[name], str(name))
        faults.problems.extend(problems)
        for node in nodes:
            index = _index(node, names, faults)
            if index is None:
                continue
            if index.instrument in found:
                other = found[index.instrument].place
                text = f"{index.instrument} has an index already" + (
                    f", in {other.file}, line {other.line}" if other is not None else ""
                )
                faults.add("R030", index.place or node.place, text, "put the two together")
            else:
                found[index.instrument] = index
    return Ledger({name: found[name] for name in sorted(found)}), tuple(faults.problems)


def _instrument_names(files: Mapping[str, bytes]) -> tuple[str, ...] | None:
    """The instruments of the vocabulary; None if it is not among the files, or not readable."""
    found: list[str] = []
    for name in files:
        if inside(name) == NAMES:
            nodes, _ = source.read(files[name], str(name))
            listed = nodes[0].get(FOLDER) if nodes and isinstance(nodes[0], Fields) else None
            found += [key.text for key, _ in listed] if isinstance(listed, Fields) else []
    return tuple(found) or None


def _index(node: Node, names: tuple[str, ...] | None, faults: Faults) -> InstrumentIndex | None:
    sheet = _sheet(node, INDEX_KEYS, "an index", "start it with `instrument:`", faults)
    if sheet is None:
        return None
    sheet.need("instrument", "note", "articles")
    instrument = sheet.word("instrument")
    if instrument is None or not instrument.text:
        return None
    if names is not None and instrument.text not in names:
        faults.unknown("R030", instrument, "instrument", names)
    articles: dict[str, Article] = {}
    paragraphs: dict[str, Paragraph] = {}
    for key, below in sheet.fields("articles") or ():
        article, its = _article(instrument.text, key, below, faults)
        if article is not None:
            articles[article.number] = article
            paragraphs.update((p.number, p) for p in its)
    return InstrumentIndex(
        instrument.text, sheet.text("note"), articles, paragraphs, instrument.place
    )


def _sheet(
    node: Node, allowed: tuple[str, ...], what: str, hint: str, faults: Faults
) -> Sheet | None:
    if not isinstance(node, Fields):
        faults.add("R001", node.place, f"{what} must be a mapping", hint)
        return None
    sheet = Sheet(node, faults)
    sheet.only(allowed)
    return sheet


def _article(
    instrument: str, key: Text, node: Node, faults: Faults
) -> tuple[Article | None, tuple[Paragraph, ...]]:
    if not _ARTICLE_NUMBER.fullmatch(key.text):
        text = f"'{key.text}' is no number of an article"
        faults.add("R031", key.place, text, "such as 22, 5bis, XI or preamble")
        return None, ()
    hint = "write `title:` and `paragraphs:`"
    sheet = _sheet(node, ARTICLE_KEYS, f"article {key.text}", hint, faults)
    if sheet is None:
        return None, ()
    sheet.need("title", "paragraphs")
    listed = sheet.fields("paragraphs")
    if listed is not None and not len(listed):
        faults.add("R002", listed.place, "an article has at least one paragraph", hint)
    read = (_paragraph(instrument, key.text, k, below, faults) for k, below in listed or ())
    its = tuple(paragraph for paragraph in read if paragraph is not None)
    numbers = tuple(p.number for p in its)
    return Article(key.text, sheet.text("title"), numbers, key.place), its


def _paragraph(
    instrument: str, article: str, key: Text, node: Node, faults: Faults
) -> Paragraph | None:
    number = _NUMBER.fullmatch(key.text)
    if number is None or number[1] != article:
        text = f"'{key.text}' is no paragraph of article {article}"
        faults.add("R031", key.place, text, f"write the article first: {article}(1)")
        return None
    sheet = _sheet(node, PARAGRAPH_KEYS, f"paragraph {key.text}", "write {says: ...}", faults)
    if sheet is None:
        return None
    sheet.need("says")
    _check_reason(sheet, key)
    return Paragraph(
        instrument=instrument,
        number=key.text,
        article=article,
        says=sheet.text("says"),
        class_=sheet.choice("class", CLASSES, "operative"),
        not_encoded=sheet.text("not_encoded"),
        note=sheet.text("note"),
        verified=sheet.flag("verified"),
        place=key.place,
    )


def _check_reason(sheet: Sheet, key: Text) -> None:
    """What is not encoded has a reason and a reviewer's note; neither stands without the other."""
    reason, note = sheet.text("not_encoded"), sheet.text("note")
    if "not_encoded" in sheet.node and not reason:
        text = f"{key.text} is recorded as not encoded without a reason"
        sheet.faults.add("R032", sheet.at("not_encoded"), text, "say why no rule can judge it")
    elif reason and not note:
        text = f"{key.text} is not encoded and has no reviewer's note"
        hint = "add `note:` what an encoder should do instead"
        sheet.faults.add("R032", sheet.at("not_encoded"), text, hint)
    elif note and "not_encoded" not in sheet.node:
        text = f"the note of {key.text} belongs to a `not_encoded` that is not there"
        sheet.faults.add("R032", sheet.at("note"), text, "add the reason, or remove the note")
