"""A mutation run in words and as JSON: who is alive, by rule, and which check would notice it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from textwrap import wrap
from typing import Final

from comity.authoring.mutating import Row, Trial, Verdict, folder, owner, rows

FORMAT: Final = "comity.mutants/1"
COLUMNS: Final = ("tests", "cases", "alive", "explained")


def as_text(trial: Trial, width: int, max_alive: float, *, full: bool = False) -> str:
    """Those alive by rule, then the numbers by folder (with `full` those by rule as well)."""
    lines = [*_alive(trial.verdicts, width)]
    if full:
        lines += [*_explained(trial.verdicts, width)]
        lines += [*_table("rule, concept or reading", rows(trial.verdicts, owner), width), ""]
    lines += [*_table("folder", rows(trial.verdicts, folder), width), ""]
    lines += _total(trial, max_alive)
    return "\n".join(lines) + "\n"


def _alive(verdicts: Iterable[Verdict], width: int) -> Iterator[str]:
    """Each mutant that nothing notices and nobody explains, under its rule."""
    for name, group in groupby(verdicts, key=owner):
        listed = list(group)
        left = [v for v in listed if v.state == "alive"]
        if not left:
            continue
        counted = sum(v.state not in ("stillborn", "same") for v in listed)
        yield f"{name}: {len(left)} of {counted} mutants alive"
        for verdict in left:
            mutant = verdict.mutant
            yield f"  {mutant.place.file}:{mutant.place.line}"
            yield f"    {mutant.id}"
            yield from wrap(mutant.says, width, initial_indent="    ", subsequent_indent="    ")
            yield from wrap(mutant.hint, width, initial_indent="    -> ", subsequent_indent=" " * 7)
        yield ""


def _explained(verdicts: Iterable[Verdict], width: int) -> Iterator[str]:
    found = [v for v in verdicts if v.state == "explained"]
    if found:
        yield "Alive and explained:"
    for verdict in found:
        yield f"  {verdict.mutant.id}"
        yield from wrap(verdict.by, width, initial_indent="    ", subsequent_indent="    ")
    if found:
        yield ""


def _table(title: str, listed: Iterable[Row], width: int) -> Iterator[str]:
    heads = ("mutants", "by tests", "by cases", "alive", "explained")
    room = width - sum(len(head) + 2 for head in heads)
    yield f"{title:<{room}}" + "".join(f"  {head}" for head in heads)
    for row in listed:
        numbers = (row.counted, *(row.counts.get(state, 0) for state in COLUMNS))
        cells = (f"  {n:>{len(head)}}" for n, head in zip(numbers, heads, strict=True))
        yield f"{row.name[:room]:<{room}}" + "".join(cells)


def _total(trial: Trial, max_alive: float) -> Iterator[str]:
    tests, cases = trial.count("tests"), trial.count("cases")
    alive, explained = trial.count("alive", "explained"), trial.count("explained")
    unread, same = trial.count("stillborn"), trial.count("same")
    share = f"{trial.alive:.1f}%; at most {max_alive:g}%"
    yield f"{trial.counted} mutants: {tests} noticed by tests, {cases} by cases alone;"
    yield f"{alive} alive ({share}), {explained} of them explained."
    if unread or same:
        yield f"Not counted: {same} the same as another or as the original, {unread} not readable."


def as_json(trial: Trial, max_alive: float) -> str:
    """Everything, in a stable order."""
    document = {
        "format": FORMAT,
        "mutants": trial.counted,
        "noticed_by_tests": trial.count("tests"),
        "noticed_by_cases": trial.count("cases"),
        "alive": trial.count("alive", "explained"),
        "explained": trial.count("explained"),
        "same": trial.count("same"),
        "stillborn": trial.count("stillborn"),
        "alive_percent": round(trial.alive, 2),
        "max_alive_percent": max_alive,
        "owners": [
            {"name": row.name, "mutants": row.counted, **{s: row.counts.get(s, 0) for s in COLUMNS}}
            for row in rows(trial.verdicts, owner)
        ],
        "verdicts": [
            {
                "id": v.mutant.id,
                "owner": v.mutant.owner,
                "of": v.mutant.of,
                "kind": v.mutant.kind,
                "says": v.mutant.says,
                "file": v.mutant.place.file,
                "line": v.mutant.place.line,
                "state": v.state,
                "by": v.by,
                "hint": v.mutant.hint if v.state == "alive" else "",
            }
            for v in trial.verdicts
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
