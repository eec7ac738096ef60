"""`comity check`: what each act departs from, and what the receiving State may do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from comity.commands import shared
from comity.problems import printable

if TYPE_CHECKING:
    from comity.checking import Checked, Loaded
    from comity.expecting import Comparison


@click.command(short_help="Say what departs, and what the host may do.")
@click.argument("cases", nargs=-1, required=True, metavar="CASE...")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text",
    show_default=True, help="How to write the answer.",
)  # fmt: skip
@shared.OUTPUT
@shared.VARIANT
@shared.RULES
@click.option(
    "--fail-on", type=click.Choice(["departure"]), default=None,
    help="Exit 1 if an act that was done departs from a norm (established or presumed).",
)  # fmt: skip
@click.option("--expect", is_flag=True, help="Compare with the cases' own `expect` lists instead.")
@click.option("--full", is_flag=True, help="Show everything that is cut short.")
@shared.COLOUR
def check(
    cases: Sequence[str],
    format_: str,
    output: Path | None,
    variant: str,
    folders: Sequence[Path],
    fail_on: str | None,
    expect: bool,
    full: bool,
    colour: str,
) -> None:
    """Say what each act in a CASE departs from, and what the receiving State may do.

    CASE is a YAML file, or - for standard input; several are answered one after the other. With
    --expect it may also be a folder of cases.
    """
    loaded = shared.load(folders, colour)
    if expect:
        expectations(loaded, cases, variant, colour)
        return
    if len(cases) > 1 and format_ == "json":
        shared.usage("one case at a time with --format json")
    done = shared.read_and_check_all(loaded, cases, variant, colour)
    text = "\n".join(
        written(one, format_, full, output is None and shared.coloured(colour)) for one in done
    )
    shared.emit(text, output)
    from comity.reporting import departs

    if fail_on and any(departs(f) for one in done for f in one.report.findings):
        sys.exit(1)


def written(checked: Checked, format_: str, full: bool, colour: bool) -> str:
    if format_ == "json":
        from comity.render_json import render as as_json

        return as_json(checked.report)
    if format_ == "markdown":
        from comity.render_markdown import render as as_markdown

        return as_markdown(checked.report)
    from comity.render_text import Style
    from comity.render_text import render as as_text

    return as_text(checked.report, Style(shared.width(), colour, shared.unicode_output(), full))


def expectations(loaded: Loaded, cases: Sequence[str], variant: str, colour: str) -> None:
    """Print agreement; exit 1 on a disagreement, 2 if nothing was expected anywhere."""
    from comity.expecting import compare

    rows: list[Comparison] = []
    rules = loaded.rulebook.rules
    for name in shared.case_files(cases):
        checked = shared.read_and_check(loaded, name, variant, colour)
        rows += compare(checked, rules)
        if not variant:
            for other in checked.case.variants:
                rows += compare(shared.read_and_check(loaded, name, other, colour), rules)
    if not rows:
        shared.usage("no case lists anything under `expect`", 2)
    for row in rows:
        want = row.expected
        what = want.act or want.measure or "any act"
        label = f"{row.case}{'/' + row.variant if row.variant else ''}: {what} {want.cite}".rstrip()
        if row.verdict != "agrees":
            found = "; ".join(row.found[:3]) or "no rule reached it"
            verdict = row.verdict.replace("_", " ")
            text = f"{verdict}: {label} expected {want.outcome}, found {found}"
            shared.emit(printable(text) + "\n")
            if want.todo:
                shared.emit(printable(f"    {want.todo}") + "\n")
    count = {
        v: sum(r.verdict == v for r in rows) for v in ("agrees", "disagrees", "todo", "todo_met")
    }
    click.echo(
        f"{len(rows)} expectations: {count['agrees']} agree, {count['disagrees']} disagree, "
        f"{count['todo']} todo, {count['todo_met']} todo already met"
    )
    if count["disagrees"]:
        sys.exit(1)
