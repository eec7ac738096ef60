"""Report -> text for a terminal: the answer first, then why. 80 columns, no colour needed.

Text that comes from a case or a rule passes through `printable`, so no control sequence of theirs
reaches the terminal. Nothing is cut silently: every section that is shortened says by how much
and how to see the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from shlex import quote

from comity.problems import columns, printable, wrap
from comity.reporting import ORDER, Considered, Finding, Limit, Option, Report, departs

SIGNS = {
    "established": ("✗", "X"),
    "presumed": ("✗", "X"),
    "arguable": ("~", "~"),
    "open": ("?", "?"),
    "excused": ("○", "o"),
    "respected": ("✓", "+"),
}
COLOURS = {"established": "31", "presumed": "31", "arguable": "33", "open": "36", "respected": "32"}
STAGE_WORDS = {
    "planned": "planned: would be",
    "threatened": "threatened: would be",
    "attempted": "attempted",
    "alleged": "if proved",
    "did_not_happen": "did not happen",
}


@dataclass(frozen=True, slots=True)
class Style:
    """How to write: width in columns, colour or not, UTF-8 or ASCII, everything or the gist."""

    width: int = 80
    colour: bool = False
    unicode: bool = True
    full: bool = False

    def sign(self, outcome: str) -> str:
        return SIGNS[outcome][0 if self.unicode else 1]

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code else text

    def bold(self, text: str) -> str:
        return self.paint(text, "1")


def render(report: Report, style: Style | None = None) -> str:
    """The whole report as text ending in a newline."""
    style = style or Style()
    sections = [
        heading(report, style),
        departures(report, style),
        respected(report, style),
        limits(report, style),
        options(report, style),
        questions(report, style),
        footer(report, style),
    ]
    text = "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"
    return text if style.unicode else text.encode("ascii", "replace").decode("ascii")


# --------------------------------------------------------------------------- small helpers


def para(text: str, style: Style, indent: int = 0, hang: int | None = None) -> list[str]:
    """Wrapped lines of printable text."""
    first, rest = " " * indent, " " * (indent if hang is None else hang)
    return wrap(
        printable(text),
        style.width,
        initial_indent=first,
        subsequent_indent=rest,
    ) or [""]


def plural(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def listed(words: Iterable[str], last: str = "and") -> str:
    """a, b and c"""
    parts = list(words)
    return (
        f" {last} ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
    )


def named(code: str, report: Report) -> str:
    return report.labels.get(code, code)


def heading_line(title: str, style: Style) -> str:
    return "\n".join(style.bold(line) for line in para(title, style))


# --------------------------------------------------------------------------- the answer


def heading(report: Report, style: Style) -> list[str]:
    lines = [style.bold(line) for line in para(report.title, style)]
    for party in report.parties[:4]:
        sides = f"{named(party.sending, report)} -> {named(party.receiving, report)}"
        lines += para(f"{party.label}: {sides}", style)
    when = f"as of {report.as_of}" + (f", variant {report.variant}" if report.variant else "")
    return [*lines, *para(when, style), "", *answer(report, style)]


def answer(report: Report, style: Style) -> list[str]:
    """Two or three sentences that say what was found."""
    real = [f for f in report.findings if not f.hypothetical and f.adverse]
    law = Counter(f.outcome for f in real if not f.practice)
    practice = sum(f.outcome in ("established", "presumed") for f in real if f.practice)
    clear = law["established"] + law["presumed"]
    first = (
        plural(clear, "departure") + " from treaty or custom"
        if clear
        else "No clear departure from treaty law"
    )
    rest = [f"{law[w]} {w}" for w in ("arguable", "open") if law[w]]
    rest += [plural(practice, "departure") + " from practice"] if practice else []
    lines = para(f"{first}. {listed(rest)}." if rest else f"{first}.", style)
    barred = {(x.measure, x.target, x.mission) for x in report.limits}
    open_ = sum(o.status == "open" for o in report.options)
    if report.options:
        hosts = listed(sorted({named(p.receiving, report) for p in report.parties}))
        lines += para(
            f"{hosts}: {plural(len(barred), 'measure')} barred, {plural(open_, 'response')} open, "
            f"{sum(o.status == 'conditional' for o in report.options)} on conditions, "
            f"{sum(o.status == 'contested' for o in report.options)} contested.",
            style,
        )
    return lines


def departures(report: Report, style: Style) -> list[str]:
    shown = [
        f
        for f in report.findings
        if not f.hypothetical
        and f.adverse
        and f.outcome in ("established", "presumed", "arguable", "open")
    ]
    if not shown:
        return []
    lines = [heading_line("DEPARTURES", style)]
    for group, title in ((False, ""), (True, "From practice (comity, not law)")):
        part = [f for f in shown if f.practice is group]
        if part and title:
            lines.append(f" {title}")
        for one in part:
            lines += finding(one, report, style)
    return lines


def finding(one: Finding, report: Report, style: Style) -> list[str]:
    word = f"{style.sign(one.outcome)} {one.outcome:<11}"
    bearer = named(one.bearer, report)
    head = f"{word} {one.act}  {one.cite}" + (f"  {bearer}" if bearer else "")
    first, *rest = para(head, style, 1, 4)
    lines = [first.replace(word, style.paint(word, COLOURS.get(one.outcome, "")), 1), *rest]
    lines += para(one.title, style, 4)
    stage = STAGE_WORDS.get(one.stage, "")
    text = f"{stage}: {one.text}" if stage else one.text
    lines += para(text, style, 4)
    lines += worlds(one, report, style)
    lines += lacking(one, style)
    places = sources(one)
    if places:
        lines += para(f"Rests on {places}.", style, 4)
    return lines


def worlds(one: Finding, report: Report, style: Style) -> list[str]:
    """The answer by default, and what one reading or judgement alone would make of it.

    The whole table is in the JSON answer and in `comity why`.
    """
    if not one.worlds:
        return []
    defaults = default_setting(one, report)
    base = next((w.outcome for w in one.worlds if dict(w.setting) == defaults), "")
    lines = para(f"By default {clear(base)}.", style, 4)
    for world in one.worlds:
        changed = [(n, v) for n, v in world.setting if defaults.get(n) != v]
        if len(changed) == 1 and clear(world.outcome) != clear(base):
            text = f"- {clear(world.outcome)} if: {reading_text(*changed[0], report)}"
            lines += para(text, style, 4, 6)
    if len(lines) == 1:
        lines += para("Another answer takes several readings together: see comity why.", style, 4)
    return lines


def default_setting(one: Finding, report: Report) -> dict[str, str]:
    """Each switch of a finding at its default."""
    chosen = dict(report.receipt.readings)
    chosen |= {s.name: s.default for s in one.judged.switches if s.name not in chosen}
    return {name: chosen[name] for name, _ in one.worlds[0].setting}


def clear(outcome: str) -> str:
    return "clear" if outcome in ("moot", "not_in_play", "respected", "") else outcome


def reading_text(name: str, value: str, report: Report) -> str:
    """What a reading's value says and who holds it; for a judgement, its grade."""
    reading = report.readings.get(name)
    if reading is None:
        judged = {"true": "does", "false": "does not"}.get(value, value)
        return f"one judges that {name.replace('_', ' ')} {judged} hold"
    held = reading.values[value]
    says = held.says.rstrip(".")
    return f"{says[:1].lower()}{says[1:]} ({held.held_by.rstrip('.')})"


def lacking(one: Finding, style: Style) -> list[str]:
    """What an open finding needs."""
    lines = []
    for index, need in enumerate(one.needs):
        asks = listed(f"{x.ask.rstrip('?')}? ({' or '.join(x.values[:4])})" for x in need)
        lines += para(f"{'Needs' if index == 0 else 'or'}: {asks}", style, 4, 6)
    return lines


def sources(one: Finding) -> str:
    """The lines of the case a finding rests on, the file named once."""
    lines: dict[int, str] = {}
    for support in one.because:
        file, _, line = support.at.rpartition(":")
        if file and line.isdigit():
            lines.setdefault(int(line), support.source)
    if not lines:
        return ""
    by_source: dict[str, list[str]] = {}
    for number in sorted(lines):
        by_source.setdefault(lines[number], []).append(str(number))
    parts = [f"{', '.join(n)}{f' ({source})' if source else ''}" for source, n in by_source.items()]
    file = next(s.at for s in one.because if s.at).rpartition(":")[0].rpartition("/")[2]
    return f"{file}: lines {'; '.join(parts)}" if len(lines) > 1 else f"{file}: line {parts[0]}"


def respected(report: Report, style: Style) -> list[str]:
    """Own conduct that respected a norm, duties in play, and protections that hold."""
    good = [
        f for f in report.findings if not f.hypothetical and f.outcome in ("respected", "excused")
    ]
    holds = [
        f
        for f in report.findings
        if not f.hypothetical
        and not f.adverse
        and f.outcome in ("established", "presumed", "arguable", "open")
    ]
    lines = []
    if holds:
        lines.append(heading_line("PROTECTIONS AND POWERS IN PLAY", style))
        lines += [line for f in holds for line in short(f, report, style)]
    if good:
        lines += [""] if lines else []
        lines.append(heading_line("RESPECTED OR EXCUSED", style))
        lines += [line for f in good for line in short(f, report, style)]
    return lines


def short(one: Finding, report: Report, style: Style) -> list[str]:
    bearer = named(one.bearer, report)
    head = f" {style.sign(one.outcome)} {one.outcome:<11} {one.act}  {one.cite}  {bearer}"
    return [*para(head, style, 1, 4), *para(one.title, style, 4)]


# --------------------------------------------------------------------------- limits and options


def limits(report: Report, style: Style) -> list[str]:
    lines: list[str] = []
    for host in sorted({p.receiving for p in report.parties}):
        missions = {p.mission for p in report.parties if p.receiving == host}
        mine = [x for x in report.limits if x.mission in missions]
        if mine:
            title = f"WHAT {named(host, report).upper()} MAY NOT DO"
            lines += [
                heading_line(title, style),
                *(line for x in grouped(mine) for line in limit(x, style)),
            ]
    return lines


def grouped(items: Sequence[Limit]) -> list[tuple[Limit, tuple[str, ...]]]:
    """The same measure on several targets, told once when the answer is the same."""
    found: dict[tuple[object, ...], list[Limit]] = {}
    for item in items:
        opened = tuple((o.text, o.leads_to) for o in item.opened_by)
        found.setdefault((item.measure, item.barred_by, opened), []).append(item)
    return [(same[0], tuple(x.target for x in same)) for same in found.values()]


def limit(group: tuple[Limit, tuple[str, ...]], style: Style) -> list[str]:
    one, targets = group
    cross = style.paint("✗" if style.unicode else "x", "31")
    what = one.phrase or one.title
    lines = [
        f" {cross} {line.strip()}" if i == 0 else f"   {line.strip()}"
        for i, line in enumerate(para(f"{what} [{', '.join(targets[:4])}]", Style(style.width - 3)))
    ]
    cites = ", ".join(one.barred_by)
    lines += para(f"{cites} ({one.outcome})", style, 5)
    for words, told in openings(one):
        lines += para(f"{words}: {'; or '.join(told)}", style, 5)
    return lines


def openings(limit: Limit, most: int = 3) -> list[tuple[str, list[str]]]:
    """What would open a measure, and what would only leave it contested; each text once."""
    found: dict[str, dict[str, None]] = {}
    for one in limit.opened_by:
        words = "only contested with" if one.leads_to == "contested" else "opens with"
        found.setdefault(words, {})[one.text] = None
    return [(words, list(texts)[:most]) for words, texts in found.items()]


def options(report: Report, style: Style) -> list[str]:
    lines: list[str] = []
    shown = [o for o in report.options if o.status != "barred"]
    if not shown:
        return lines
    hosts = listed(sorted({named(p.receiving, report) for p in report.parties}))
    title = f"WHAT {hosts.upper()} MAY DO"
    scale = "   level 0 watch ... 10 break relations"
    lines = [heading_line(title, style)]
    if columns(printable(title) + scale) <= style.width:
        lines[0] += scale
    else:
        lines.append(scale)
    merged: dict[tuple[object, ...], list[Option]] = {}
    for one in shown:
        dated = one.target if one.target != one.on else ""
        merged.setdefault((one.level, one.title, dated, one.status, one.cite), []).append(one)
    for same in merged.values():
        lines += option(same, style)
    return lines


def option(same: Sequence[Option], style: Style) -> list[str]:
    one = same[0]
    level = "-" if one.level is None else str(one.level)
    done = next((o.done for o in same if o.done), "")
    status = f"done: {done}" if done else one.status
    title = f"{one.title} [{one.target}]" if one.target != one.on else one.title
    text = "; ".join(part for part in (f"{level:>2}  {title}", status, ", ".join(one.cite)) if part)
    lines = para(text, style, 1, 5)
    if one.status != "open" and one.conditions:
        lines += para("if: " + "; ".join(one.conditions[:3]), style, 5, 9)
    return lines


# --------------------------------------------------------------------------- questions, footer


def questions(report: Report, style: Style) -> list[str]:
    if not report.questions:
        return []
    lines = [heading_line("QUESTIONS THAT WOULD CHANGE THE ANSWER", style)]
    most = len(report.questions) if style.full else 12
    for number, one in enumerate(report.questions[:most], 1):
        moved = len({finding_id for finding_id, _, _ in one.would_change})
        lines += para(
            f"{number:>2}  {one.ask} [{one.fact}] moves {plural(moved, 'finding')}", style, 1, 5
        )
    if most < len(report.questions):
        lines.append(f"     {len(report.questions) - most} more: --full")
    return lines


def near_misses(report: Report) -> list[Considered]:
    return [c for c in report.considered if c.conditions == 1]


def footer(report: Report, style: Style) -> list[str]:
    lines = []
    if report.presumptions:
        presumed = "; ".join(
            p.text.rstrip(".") for p in report.presumptions if p.kind == "presumption"
        )
        lines += para(f"Presumed: {presumed}.", style) if presumed else []
        absent = sum(p.kind == "exception" for p in report.presumptions)
        lines += (
            [f"{plural(absent, 'exception')} presumed absent (in JSON, or comity why)."]
            if absent
            else []
        )
    silent = []
    if report.unused_facts:
        silent.append(f"{plural(len(report.unused_facts), 'fact')} no rule used")
    if report.acts_without_finding:
        silent.append(f"no rule reached {listed(report.acts_without_finding)}")
    considered = len(report.considered)
    if considered:
        silent.append(f"{plural(considered, 'norm')} considered and not in play")
    if silent:
        lines += para(
            "Silences: " + "; ".join(silent) + ". No finding does not mean lawful.", style
        )
    if style.full:
        lines += [
            line
            for c in near_misses(report)
            for line in para(f"not in play: {c.act} {c.cite} {c.title}", style, 1, 4)
        ]
        lines += [line for f in report.unused_facts for line in para(f"unused: {f}", style, 1, 4)]
    first = next((f for f in report.findings if not f.hypothetical and f.outcome in ORDER), None)
    if first is not None:
        # Left whole, so that it can be copied and run.
        lines += [printable(f"Why: comity why {quote(report.file)} {quote(first.id)}")]
    rulebook = report.receipt.rulebook.removeprefix("sha256:")[:8]
    return [*lines, f"Not legal advice. comity {report.receipt.comity}, rulebook {rulebook}."]


__all__ = ["Style", "departs", "render"]
