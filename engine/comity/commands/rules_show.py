"""`comity rules show`: a norm, concept, reading or measure in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from comity.commands import bench, shared

if TYPE_CHECKING:
    from comity.authoring.describing import Description, Desk
    from comity.model import Concept, Measure, Reading, Rule
    from comity.model import Rulebook as Book

    Thing = Rule | Concept | Reading | Measure


@click.command("show", short_help="Print a norm in words, with all that belongs to it.")
@click.argument("names", nargs=-1, required=True, metavar="RULE...")
@shared.FORMAT
@shared.OUTPUT
@bench.CASES
@shared.RULES
@shared.COLOUR
def rules_show(
    names: Sequence[str],
    format_: str,
    output: Path | None,
    cases: Sequence[Path],
    folders: Sequence[Path],
    colour: str,
) -> None:
    """Print a norm in words: who owes what, when it applies, its exceptions, readings and tests.

    RULE is the id of a rule, concept, reading or measure, the beginning of one, or a provision such
    as "VCDR 22(1)", which stands for all its rules. Keys of the rule files are in brackets.
    """
    from comity.authoring import gathering

    loaded = shared.load(folders, colour)
    files = shared.all_files(folders, colour, aside=True)
    things = [thing for name in names for thing in chosen(name, loaded.rulebook, colour, files)]
    things = list({id(thing): thing for thing in things}.values())
    words = bench.words_of(loaded, files, colour)
    from comity.model import Rule

    rules = [thing for thing in things if isinstance(thing, Rule)]
    book = bench.casebook(cases, colour) if rules else {}
    show = bench.progress()
    desk, problems = gathering.desk(loaded, words, files, book, rules, show)
    show("")
    if problems:
        at_fault = 3 if any(p.code.startswith("R") for p in problems) else 2
        shared.fail(problems, {**files, **book}, at_fault, colour)
    told = [describe(thing, desk) for thing in things]
    shared.emit(written(told, format_, colour if output is None else "never"), output)


def written(told: Sequence[Description], format_: str, colour: str) -> str:
    if format_ == "json":
        from msgspec import to_builtins

        return bench.to_json([to_builtins(one) for one in told])
    if format_ == "markdown":
        from comity.authoring.pages_markdown import markdown

        return "\n".join(markdown(one) for one in told)
    from comity.authoring.pages_text import text

    width, paint = shared.width(), shared.coloured(colour)
    rule = "\n" + "-" * width + "\n\n"
    return rule.join(text(one, width, paint) for one in told)


def describe(thing: Thing, desk: Desk) -> Description:
    from comity.authoring import describing
    from comity.model import Concept, Reading, Rule

    if isinstance(thing, Rule):
        return describing.describe_rule(thing, desk)
    if isinstance(thing, Concept):
        return describing.describe_concept(thing, desk)
    if isinstance(thing, Reading):
        return describing.describe_reading(thing, desk)
    return describing.describe_measure(thing, desk)


def chosen(
    name: str, book: Book, colour: str, files: Mapping[str, bytes] | None = None
) -> list[Thing]:
    """What a name means: an id, a provision, or the beginning of some ids; else exits 2.

    With the files of the rulebook, a provision that no rule encodes is looked up in the ledger.
    """
    from comity.authoring.listing import named

    things: dict[str, Thing] = {one.id: one for one in book.rules}
    for more in (book.measures, book.readings.values()):
        things |= {one.id: one for one in more}
    things |= {one.name: one for one in book.concepts}
    if name in things:
        return [things[name]]
    at_provision = named(book.rules, name)
    if at_provision:
        return list(at_provision)
    begun = [thing for key, thing in things.items() if name and key.startswith(name)]
    if not begun:
        _recorded(name, files or {}, colour)
        shared.unknown(
            "rule, concept, reading, measure or provision", name, [*things], colour, book.packs
        )
    return begun


def _recorded(name: str, files: Mapping[str, bytes], colour: str) -> None:
    """Exits 2 with what the ledger says of a provision that no rule encodes, if it is listed."""
    from comity.authoring.ledger import pinpoints, read_ledger, within
    from comity.problems import problem

    cited = pinpoints(name)
    ledger, _ = read_ledger(files) if cited else (None, ())
    if ledger is None or not ledger.knows(name):
        return
    found = ledger.paragraphs(name) or tuple(
        one
        for pinpoint in cited
        for one in ledger.instruments[pinpoint.instrument].paragraphs.values()
        if within(one.number, pinpoint.number)
    )
    faults = [
        problem(
            "U002",
            one.place,
            f"no rule has the provision {one}",
            f"{one.says}. "
            + (
                f"Not encoded: {one.not_encoded}. {one.note}"
                if one.not_encoded
                else "Only exceptions, concepts or measures cite it."
            ),
        )
        for one in found
    ]
    shared.fail(faults, dict(files), 2, colour)
