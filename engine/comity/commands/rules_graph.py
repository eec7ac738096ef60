"""`comity rules graph`: which norm rests on which reading, presumption, concept and other norm."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from comity.commands import bench, shared
from comity.model import Rulebook


@click.command("graph", short_help="Draw what rests on what.")
@click.argument("names", nargs=-1, metavar="[RULE...]")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["svg", "dot", "json"]),
    default="svg",
    show_default=True,
    help="How to write it.",
)
@shared.OUTPUT
@shared.RULES
@shared.COLOUR
def rules_graph(
    names: Sequence[str], format_: str, output: Path | None, folders: Sequence[Path], colour: str
) -> None:  # fmt: skip
    """Draw which readings, presumptions and concepts feed which norms.

    RULE is as for `show`, or a presumption: the picture is of what feeds it, what it feeds, and
    the norms that it cites or refers to. Without one it is of the whole rulebook.
    """
    from comity.authoring import graphing

    if format_ == "svg" and names and graphing.missing():
        shared.usage(f"the picture is laid out by igraph: {graphing.INSTALL}")
    loaded = shared.load(folders, colour)
    whole = graphing.network(loaded.rulebook, loaded.vocabulary)
    centres = [one for name in names for one in nodes(name, loaded.rulebook, colour)]
    near = graphing.neighbourhood(whole, centres) if names else whole
    if format_ == "json":
        text = bench.to_json(graphing.as_data(near))
    elif format_ == "dot":
        text = graphing.dot(near)
    elif names:
        text = graphing.picture(near, centres, title=f"What {', '.join(names)} rests on")
    else:
        text = graphing.overview(whole)
    shared.emit(text, output)


def nodes(name: str, book: Rulebook, colour: str) -> list[str]:
    """The nodes that a name means; a measure is none."""
    from comity.commands.rules_show import chosen
    from comity.model import Concept, Reading, Rule

    if name in book.presumptions:
        return [f"presumption:{name}"]
    found = []
    for thing in chosen(name, book, colour):
        if isinstance(thing, Rule):
            found.append(f"rule:{thing.id}")
        elif isinstance(thing, Reading):
            found.append(f"reading:{thing.id}")
        elif isinstance(thing, Concept):
            found.append(f"concept:{thing.name}")
    if not found:
        shared.usage(f"'{name}' is a measure: nothing in the rulebook rests on it")
    return found
