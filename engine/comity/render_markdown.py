"""Report -> Markdown for a note to the file. Text of a case is escaped: it is data, not markup."""

from __future__ import annotations

import re
from collections.abc import Iterable

from comity.problems import printable
from comity.reporting import Finding, Report

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")


def escape(text: str) -> str:
    """Printable text with every character that Markdown or HTML would read made harmless."""
    return _MARKUP.sub(r"\\\1", printable(text).replace("\n", " "))


def render(report: Report) -> str:
    """A note of one to three pages: findings, limits, options, questions, what is presumed."""
    parts = [
        f"# {escape(report.title)}",
        f"As of {escape(report.as_of)}. Not legal advice.",
        *_findings(report),
        *_limits(report),
        *_options(report),
        *_questions(report),
        *_silences(report),
    ]
    return "\n\n".join(parts) + "\n"


def _findings(report: Report) -> Iterable[str]:
    real = [f for f in report.findings if not f.hypothetical]
    for practice, title in ((False, "Treaty law and custom"), (True, "Diplomatic practice")):
        rows = [f for f in real if f.practice is practice]
        if rows:
            yield f"## {title}"
            yield from (_finding(f, report) for f in rows)


def _finding(f: Finding, report: Report) -> str:
    bearer = escape(report.labels.get(f.bearer, f.bearer))
    lines = [
        f"**{escape(f.outcome)}** - {escape(f.act)}, {escape(f.cite)}, {bearer}: {escape(f.title)}",
        "",
        escape(f.text),
    ]
    for world in f.worlds:
        setting = ", ".join(f"{escape(n)} = {escape(v)}" for n, v in world.setting)
        lines.append(f"- {escape(world.outcome.replace('moot', 'clear'))} if {setting}")
    for need in f.needs:
        lines.append("- needs: " + "; ".join(escape(x.ask) for x in need))
    places = sorted({s.at + (f" ({s.source})" if s.source else "") for s in f.because if s.at})
    if places:
        lines.append("- rests on " + ", ".join(escape(p) for p in places))
    for assumed in f.assumes:
        lines.append(f"- presumes: {escape(assumed.text)}")
    return "\n".join(lines)


def _limits(report: Report) -> Iterable[str]:
    if report.limits:
        yield "## What the receiving State may not do"
        rows = ["| measure | on | barred by | opens with |", "|---|---|---|---|"]
        for x in report.limits:
            contested = "only contested with: "
            told = [(contested if o.leads_to == "contested" else "") + o.text for o in x.opened_by]
            opens = "; ".join(map(escape, dict.fromkeys(told)))
            cites = ", ".join(escape(c) for c in x.barred_by)
            rows.append(f"| {escape(x.title)} | {escape(x.target)} | {cites} | {opens} |")
        yield "\n".join(rows)


def _options(report: Report) -> Iterable[str]:
    shown = [o for o in report.options if o.status != "barred"]
    if shown:
        yield "## What it may do"
        rows = ["| level | measure | on | status | source |", "|---|---|---|---|---|"]
        for o in shown:
            level = "-" if o.level is None else str(o.level)
            cites = ", ".join(escape(c) for c in o.cite)
            status = f"done ({escape(o.done)})" if o.done else escape(o.status)
            rows.append(
                f"| {level} | {escape(o.title)} | {escape(o.target)} | {status} | {cites} |"
            )
        yield "\n".join(rows)


def _questions(report: Report) -> Iterable[str]:
    if report.questions:
        yield "## Questions that would change the answer"
        yield "\n".join(f"{n}. {escape(q.ask)}" for n, q in enumerate(report.questions, 1))


def _silences(report: Report) -> Iterable[str]:
    yield "## Presumed, and silent"
    rows = [f"- presumed: {escape(p.text)}" for p in report.presumptions if p.kind == "presumption"]
    rows += [f"- no rule reached: {escape(a)}" for a in report.acts_without_finding]
    rows.append(f"- {len(report.unused_facts)} facts that no rule used")
    rows.append(
        f"- rulebook {escape(report.receipt.rulebook[:19])}, comity {report.receipt.comity}"
    )
    yield "\n".join(rows)
