"""`comity why` and `comity why-not`: how a finding is derived, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from comity.commands import shared
from comity.problems import problem

if TYPE_CHECKING:
    from comity.checking import Checked
    from comity.reporting import Finding


@click.command(short_help="Print how a finding is derived.")
@click.argument("case")
@click.argument("finding")
@shared.VARIANT
@shared.RULES
@shared.COLOUR
def why(case: str, finding: str, variant: str, folders: Sequence[Path], colour: str) -> None:
    """Print how a FINDING of a CASE is derived, as a tree with the line of each fact.

    FINDING is an id such as banner/vcdr-41-1-interference, or as much of one as is unmistakable.
    """
    loaded = shared.load(folders, colour)
    checked = shared.read_and_check(loaded, case, variant, colour)
    found = chosen(checked, finding, case, colour)
    from comity.explaining import derivation
    from comity.render_tree import Look, tree

    look = Look(shared.width(), shared.unicode_output(), shared.coloured(colour))
    shared.emit(tree(derivation(loaded, checked.report, found), look))


def chosen(checked: Checked, name: str, case: str, colour: str) -> Finding:
    """The finding of that id, or the only one that the words fit; else exits 2 with a choice."""
    fitting = fits(checked.report.findings, name)
    if not fitting:
        no_finding(checked, name, case, colour)
    if len(fitting) > 1:
        shown = "; ".join(f"{f.id} ({f.cite}, {f.outcome})" for f in fitting[:12])
        more = f"; and {len(fitting) - 12} more" if len(fitting) > 12 else ""
        text = f"'{name}' fits {len(fitting)} findings"
        shared.fail((problem("U002", None, text, f"choose one of: {shown}{more}"),), {}, 2, colour)
    return fitting[0]


def fits(findings: Sequence[Finding], name: str) -> list[Finding]:
    """The findings that a name fits, by the closest way in which it fits any."""
    ways = (
        [f for f in findings if f.id == name],
        [f for f in findings if name and f.id.startswith(name)],
        [f for f in findings if name in (f.rule, f.cite)],
        [f for f in findings if name and f.rule.startswith(name)],
    )
    return next((found for found in ways if found), [])


def no_finding(checked: Checked, name: str, case: str, colour: str) -> NoReturn:
    """Say that there is no such finding, and why if it is about a known act or rule."""
    hint = ""
    if name.partition("/")[0] in checked.report.acts_without_finding:
        act = name.partition("/")[0]
        hint = f"no rule reached this act; comity why-not {case} RULE --act {act} says why"
    elif any(name in (c.rule, f"{c.act}/{c.rule}") for c in checked.report.considered):
        hint = f"the rule is not in play; comity why-not {case} {name.rpartition('/')[2]} says why"
    if not hint:
        shared.unknown("finding", name, [f.id for f in checked.report.findings], colour)
    shared.fail((problem("U002", None, f"there is no finding '{name}'", hint),), {}, 2, colour)


@click.command("why-not", short_help="Say why a rule found nothing.")
@click.argument("case")
@click.argument("rule")
@click.option("--act", default="", metavar="ACT", help="Only this act.")
@shared.VARIANT
@shared.RULES
@shared.COLOUR
def why_not(
    case: str, rule: str, act: str, variant: str, folders: Sequence[Path], colour: str
) -> None:
    """Say why a RULE has no finding in a CASE: the first conditions that fail, act by act.

    RULE is the id of a rule, or of a measure such as enter_premises: then what stands against it.
    """
    loaded = shared.load(folders, colour)
    checked = shared.read_and_check(loaded, case, variant, colour)
    from comity import explaining
    from comity.render_tree import Look, reasons

    look = Look(shared.width(), shared.unicode_output(), shared.coloured(colour))
    measure = next((m for m in loaded.rulebook.measures if m.id == rule), None)
    if measure is not None:
        found = explaining.why_not_measure(loaded, checked, measure)
        shared.emit(reasons(f"{measure.id}: {measure.title}", found, look))
        return
    ids = [r.id for r in loaded.rulebook.rules]
    if rule not in ids:
        shared.unknown("rule", rule, [*ids, *(m.id for m in loaded.rulebook.measures)], colour)
    answers = [
        a for a in explaining.why_not(loaded, checked, rule) if act in ("", a.act.split("#")[0])
    ]
    if not answers and act not in {a.name for a in checked.case.acts}:
        shared.unknown("act", act, [a.name for a in checked.case.acts], colour)
    asked = explaining.asked_for(loaded, rule)
    title = f"{rule}: {asked.provision}, {asked.title}"
    near = explaining.nearest_rule(loaded, checked, rule)
    shared.emit(reasons(title, answers, look, near, explaining.on_measures(checked, rule)))
