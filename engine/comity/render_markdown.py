"""Report -> Markdown for a note to the file. Text of a case is escaped: it is data, not markup.

The note stands by itself: it names no option of the command, and everything that the text can
show with `--full` on findings, limits and options is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from comity import phrasing
from comity.phrasing import Disputed, Entry, plural
from comity.problems import printable
from comity.reporting import Report

_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~&])|((?<![^\s(])[#](?=\s))|(!(?=\[))")
_FIRST = re.compile(r"^(\s*)(?:([#>=]|[+-](?=\s|$)|-(?=-))|(\d+)([.)])(?=\s|$))")


def escape(text: str) -> str:
    """Printable text in which every character that Markdown or HTML would read is harmless."""
    flat = printable(text).replace("\n", " ").replace("\t", " ")
    safe = _MARKUP.sub(lambda found: "\\" + found[0], flat)
    return _FIRST.sub(
        lambda found: (
            f"{found[1]}\\{found[2]}" if found[2] else f"{found[1]}{found[3]}\\{found[4]}"
        ),
        safe,
    )


def render(report: Report) -> str:
    """The answer, the findings, limits and options, questions, and what is presumed."""
    found = phrasing.groups(report)
    parts = [
        f"# {escape(report.title)}",
        _parties(report),
        "\n".join(f"- {escape(text)}" for text in phrasing.answer(report) if "below" not in text),
        *_section("Departures from treaty law and custom", found.law, report),
        *_section("Departures from practice (comity, not law)", found.practice, report),
        *_section("Not done, or not proved: what it would be", found.prospective, report),
        *_in_play("Protections, duties and powers in play", found.protections, report),
        *_in_play("Respected or excused", found.kept, report),
        *(part for host in phrasing.hosts_of(report) for part in _limits(host, report)),
        *(part for host in phrasing.hosts_of(report) for part in _options(host, report)),
        *_questions(report),
        *_silences(report),
    ]
    return "\n\n".join(parts) + "\n"


def _parties(report: Report) -> str:
    lines = [
        f"{escape(p.label)}: {escape(phrasing.named(p.sending, report))} in "
        f"{escape(phrasing.named(p.receiving, report))}."
        for p in report.parties
    ]
    when = f"As of {escape(phrasing.day(report.as_of))}"
    when += f", variant {escape(report.variant)}" if report.variant else ""
    sides = [line[:1].upper() + line[1:] for line in lines]
    return " ".join([*sides, f"{when}.", "Not legal advice."])


# --------------------------------------------------------------------------- findings


def _section(name: str, entries: Iterable[Entry], report: Report) -> Iterable[str]:
    told = list(entries)
    if told:
        yield f"## {name}"
        yield from (_finding(entry, report) for entry in told)


def _finding(entry: Entry, report: Report) -> str:
    """A bold line, the sentence, and a list of what it turns on, lacks, rests on and presumes."""
    one = entry.first
    stage = "" if one.stage == "done" else f", {phrasing.STAGES.get(one.stage, one.stage)}"
    head = f"**{escape(one.outcome)}: {escape(', '.join(entry.acts))}, {escape(one.cite)}**"
    bearer = escape(phrasing.named(one.bearer, report))
    lines = [f"{head} ({bearer}{escape(stage)})" if bearer else f"{head}{escape(stage)}"]
    lines += ["", escape(entry.sentence)]
    if entry.sentence != phrasing.dotted(one.title):
        lines[-1] += f" The norm: {escape(phrasing.small(phrasing.dotted(one.title)))}"
    items = [item for point in phrasing.views(one, report) for item in _disputed(point)]
    for index, text in enumerate(phrasing.missing(one)):
        items.append(f"- {'Needs' if index == 0 else 'or'}: {escape(text)}")
    items += [f"- Rests on {escape(place)}." for place in [rests(entry)] if place]
    for a in dict.fromkeys(a for f in entry.findings for a in f.assumes):
        items.append(f"- {escape(phrasing.dotted(phrasing.taken(a)))}")
    return "\n".join([*lines, "", *items] if items else lines)


def _disputed(point: Disputed) -> Iterable[str]:
    together = "two points together: " if len(point.names) == 2 else "these points together: "
    together = together if len(point.names) > 1 else ""
    questions = [
        f"({n}) {escape(q)}" if together else escape(q) for n, (_, q) in enumerate(point.names, 1)
    ]
    yield f"- In dispute{', ' + together if together else ': '}{' '.join(questions)}"
    for row in point.rows:
        held = f" Held by {escape(phrasing.dotted(row.held_by))}" if row.held_by else ""
        default = ", by default" if row.default else ""
        yield f"    - *{escape(row.outcome)}{default}*: {escape(phrasing.dotted(row.says))}{held}"


def rests(entry: Entry) -> str:
    """`seoul.yaml, lines 18, 35 (wire)`: where the facts stand and who reports them."""
    by_source: dict[str, set[int]] = {}
    files = set()
    for one in entry.findings:
        for support in one.because:
            file, _, line = support.at.rpartition(":")
            if line.isdigit():
                files.add(file.rpartition("/")[2])
                by_source.setdefault(support.source, set()).add(int(line))
    if not by_source:
        return ""
    ordered = sorted(by_source.items(), key=lambda item: min(item[1]))
    parts = [
        phrasing.spans(numbers) + (f" ({source})" if source else "") for source, numbers in ordered
    ]
    several = len({n for numbers in by_source.values() for n in numbers}) > 1
    return f"{', '.join(sorted(files))}, {'lines' if several else 'line'} {'; '.join(parts)}"


def _in_play(name: str, entries: Iterable[Entry], report: Report) -> Iterable[str]:
    told = list(entries)
    if not told:
        return
    yield f"## {name}"
    rows = ["| outcome | act | source | bearer | norm |", "|---|---|---|---|---|"]
    for entry in told:
        one = entry.first
        stage = "" if one.stage == "done" else f" ({phrasing.STAGES.get(one.stage, one.stage)})"
        cite = one.cite + (" (practice)" if one.practice else "")
        cells = (
            *(one.outcome, ", ".join(entry.acts) + stage, cite),
            *(phrasing.named(one.bearer, report), one.title),
        )
        rows.append("| " + " | ".join(escape(cell) for cell in cells) + " |")
    yield "\n".join(rows)


# --------------------------------------------------------------------------- limits, options


def _limits(host: str, report: Report) -> Iterable[str]:
    bars = phrasing.bars(host, report)
    if bars:
        yield f"## What {escape(host)} may not do"
        rows = ["| measure | on | barred by | opens if |", "|---|---|---|---|"]
        for bar in bars:
            opens, on = "; or if ".join(bar.opens), ", ".join(bar.targets)
            for m in bar.measures:
                cells = (m.phrase, on, m.cites, opens)
                rows.append("| " + " | ".join(escape(cell) for cell in cells) + " |")
        yield "\n".join(rows)


def _options(host: str, report: Report) -> Iterable[str]:
    shown = phrasing.choices(host, report)
    if shown:
        yield f"## What {escape(host)} may do"
        yield "From level 0 (watch) to level 10 (break relations)."
        rows = ["| level | measure | status | source | on conditions |", "|---|---|---|---|---|"]
        for c in shown:
            cells = (
                c.level.replace("-", "none"),
                c.phrase,
                c.status,
                c.cites,
                "; ".join(c.conditions),
            )
            rows.append("| " + " | ".join(escape(cell) for cell in cells) + " |")
        yield "\n".join(rows)


# --------------------------------------------------------------------------- the rest


def _questions(report: Report) -> Iterable[str]:
    asked = phrasing.asked(report)
    if asked:
        yield "## Questions that would change the answer"
        yield "\n".join(
            f"{n}. {escape(q.ask)} ({escape(phrasing.some(q.about))}; "
            f"moves {plural(q.moves, 'finding')})"
            for n, q in enumerate(asked, 1)
        )


def _silences(report: Report) -> Iterable[str]:
    standing, absent = phrasing.presumed(report)
    yield "## What this rests on, and what it leaves out"
    rows = [f"- Presumed: {escape(phrasing.dotted(phrasing.small(a.text)))}" for a in standing]
    if absent:
        rows.append(f"- {plural(len(absent), 'exception')} that nobody mentioned, presumed absent.")
    if report.acts_without_finding:
        names = phrasing.listed(phrasing.acts(report.acts_without_finding))
        rows.append(f"- No rule reached: {escape(names)}.")
    if report.unused_facts:
        rows.append(f"- No rule used {plural(len(report.unused_facts), 'fact')}.")
    if report.considered:
        rows.append(f"- {plural(len(report.considered), 'norm')} considered and not in play.")
    if report.claims:
        rows.append(f"- {plural(len(report.claims), 'claim')} recorded, on which nothing rests.")
    rows.append("- No finding does not mean lawful.")
    rulebook = report.receipt.rulebook.removeprefix("sha256:")[:8]
    rows += [f"- {escape(phrasing.pack_line(pack))}" for pack in report.receipt.packs]
    rows.append(
        f"- Made by comity {escape(report.receipt.comity)}, rulebook {escape(rulebook)}, "
        f"from {escape(report.file.rpartition('/')[2])}."
    )
    yield "\n".join(rows)
