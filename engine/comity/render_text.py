"""Report -> text for a terminal: the answer first, then why. 80 columns, no colour needed.

Text that comes from a case or a rule passes through `printable`, so no control sequence of theirs
reaches the terminal. Nothing is cut silently: every section that is shortened says by how much
and how to see the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from shlex import quote

from msgspec import Struct

from comity import phrasing
from comity.phrasing import Asked, Bar, Choice, Disputed, Entry, Row, plural
from comity.problems import columns, printable, wrap
from comity.reporting import ORDER, Report, departs

SIGNS = {
    "established": ("✗", "X"),
    "presumed": ("✗", "X"),
    "arguable": ("~", "~"),
    "open": ("?", "?"),
    "excused": ("○", "o"),
    "respected": ("✓", "+"),
}
IN_PLAY = ("•", "*")
COLOURS = {"established": "31", "presumed": "31", "arguable": "33", "open": "36", "respected": "32"}
STATUS_COLOURS = {"contested": "33", "conditional": "36"}
QUESTIONS = 10
OPENINGS = 2
VIEWS = 4


class Style(Struct, frozen=True):
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
    found = phrasing.groups(report)
    sections = [
        heading(report, style),
        departures(found, report, style),
        prospective(found, report, style),
        in_play("PROTECTIONS, DUTIES AND POWERS IN PLAY", found.protections, report, style),
        in_play("RESPECTED OR EXCUSED", found.kept, report, style),
        *(limits(host, report, style) for host in phrasing.hosts_of(report)),
        *(options(host, report, style) for host in phrasing.hosts_of(report)),
        questions(report, style),
        footer(report, style),
    ]
    text = "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"
    return text if style.unicode else phrasing.plain(text)


# --------------------------------------------------------------------------- layout


def para(text: str, style: Style, indent: int = 0, hang: int | None = None) -> list[str]:
    """Wrapped lines of printable text."""
    first, rest = " " * indent, " " * (indent if hang is None else hang)
    return wrap(
        printable(text),
        style.width,
        initial_indent=first,
        subsequent_indent=rest,
    ) or [""]


def table(rows: Sequence[Sequence[str]], widths: Sequence[int], style: Style, indent: int = 1,
          paint: Sequence[str] = (), painted: int = 0) -> list[str]:  # fmt: skip
    """Cells in columns, each wrapped within its own. The last width is what is left over.

    `paint` gives the colour of one cell in each row, the one at `painted`.
    """
    left = style.width - indent - sum(widths) - 2 * len(widths)
    lines = []
    for index, row in enumerate(rows):
        cells = [
            wrap(printable(cell), width) or [""]
            for cell, width in zip(row, (*widths, left), strict=True)
        ]
        for number in range(max(len(cell) for cell in cells)):
            parts = []
            for column, (cell, width) in enumerate(zip(cells, (*widths, left), strict=True)):
                part = cell[number] if number < len(cell) else ""
                fill = " " * (width - columns(part))
                if paint and column == painted and part:
                    part = style.paint(part, paint[index])
                parts.append(part + fill)
            lines.append((" " * indent + "  ".join(parts)).rstrip())
    return lines


def widest(cells: Iterable[str], most: int) -> int:
    """The width of a column: what its cells need, up to a limit."""
    return min(most, max((columns(printable(c)) for c in cells), default=0))


def title(text: str, style: Style, note: str = "") -> list[str]:
    """A section's heading, with a remark at the right margin if there is room, else below."""
    lines = para(text, style)
    bold = [style.bold(line) for line in lines]
    if not note:
        return bold
    note = printable(note)
    gap = style.width - columns(lines[-1]) - columns(note)
    if gap < 2:
        return [*bold, *para(note, style, 1)]
    return [*bold[:-1], bold[-1] + " " * gap + note]


# --------------------------------------------------------------------------- the answer


def heading(report: Report, style: Style) -> list[str]:
    lines = [style.bold(line) for line in para(report.title, style)]
    for party in report.parties:
        sides = (
            f"{phrasing.named(party.sending, report)} -> {phrasing.named(party.receiving, report)}"
        )
        lines += para(f"{party.label}: {sides}", style)
    when = f"as of {phrasing.day(report.as_of)}"
    when += f", variant {report.variant}" if report.variant else ""
    last = lines.pop() if report.parties else ""
    gap = style.width - columns(last) - columns(printable(when))
    if last and gap >= 2:
        lines.append(last + " " * gap + printable(when))
    else:
        lines += [*([last] if last else []), *para(when, style)]
    return [*lines, "", *(x for text in phrasing.answer(report) for x in para(text, style))]


def departures(found: phrasing.Groups, report: Report, style: Style) -> list[str]:
    if not (found.law or found.practice):
        return []
    file = report.file.rpartition("/")[2]
    lines = title("DEPARTURES", style, f"[numbers] are lines of {file}")
    shape = columns_of((*found.law, *found.practice), report)
    seen: set[str] = set()
    for entry in found.law:
        lines += told(entry, shape, report, style, seen)
    if found.practice:
        lines.append(" From practice: comity, not law")
    for entry in found.practice:
        lines += told(entry, shape, report, style, seen)
    return lines


def prospective(found: phrasing.Groups, report: Report, style: Style) -> list[str]:
    if not found.prospective:
        return []
    lines = title("NOT DONE, OR NOT PROVED: WHAT IT WOULD BE", style)
    shape = columns_of(found.prospective, report)
    seen: set[str] = set()
    for entry in found.prospective:
        lines += told(entry, shape, report, style, seen)
    return lines


def columns_of(entries: Iterable[Entry], report: Report) -> tuple[int, int]:
    """The widths of the columns for act and citation."""
    every = list(entries)
    return (
        widest((where(e) for e in every), 22),
        widest((e.first.cite for e in every), 16),
    )


def where(entry: Entry) -> str:
    return ", ".join(entry.acts)


def head(
    entry: Entry, shape: tuple[int, int], report: Report, style: Style, sign: str = ""
) -> list[str]:
    """Sign and outcome, acts, citation and bearer, in columns."""
    one = entry.first
    bearer = phrasing.named(one.bearer, report)
    if one.practice and not one.adverse:
        bearer += " (practice)" if bearer else "practice"
    word = f"{sign or style.sign(one.outcome)} {one.outcome}"
    colour = "" if sign else COLOURS.get(one.outcome, "")
    return table([(word, where(entry), one.cite, bearer)], (13, *shape), style, paint=[colour])


def told(
    entry: Entry, shape: tuple[int, int], report: Report, style: Style, seen: set[str]
) -> list[str]:
    """A finding: what it says, what it turns on, what it lacks, the lines it rests on.

    `seen` are the disputed points that the section has told already; they are told once.
    """
    lines = head(entry, shape, report, style)
    one = entry.first
    stage = "" if one.stage == "done" else f"{phrasing.STAGES.get(one.stage, one.stage)}: "
    text = f"{stage}{phrasing.small(entry.sentence) if stage else entry.sentence}"
    lines += para(f"{text}{rests(entry)}", style, 4)
    if style.full:
        lines += more(entry, style)
    points = phrasing.views(one, report)
    for point in points:
        lines += again(point, style) if point.asks in seen else disputed(point, style)
        seen.add(point.asks)
    if one.worlds and not points:
        lines += para("It turns on several views together: see comity why.", style, 4)
    for index, text in enumerate(phrasing.missing(one)):
        lines += para(f"{'Needs' if index == 0 else 'or'}: {text}", style, 4, 6)
    return lines


def more(entry: Entry, style: Style) -> list[str]:
    """With --full: the norm beside the finding, and what the finding assumes."""
    one = entry.first
    lines = []
    if entry.sentence != phrasing.dotted(one.title):
        lines += para(f"Norm: {phrasing.dotted(one.title)}", style, 4, 6)
    for text in dict.fromkeys(f.text for f in entry.findings if f.text != entry.sentence):
        lines += para(f"Finding: {text}", style, 4, 6)
    for one_ in dict.fromkeys(a for f in entry.findings for a in f.assumes):
        lines += para(phrasing.dotted(phrasing.taken(one_)), style, 4, 6)
    return lines


def line_number(at: str) -> int:
    line = at.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def rests(entry: Entry) -> str:
    """The lines of the case a finding rests on, by source: ` [18, 35-37 wire]`."""
    by_source: dict[str, set[int]] = {}
    for one in entry.findings:
        for support in one.because:
            if line_number(support.at):
                by_source.setdefault(support.source, set()).add(line_number(support.at))
    ordered = sorted(by_source.items(), key=lambda item: min(item[1]))
    parts = [f"{phrasing.spans(numbers)} {source}".strip() for source, numbers in ordered]
    return f" [{'; '.join(parts)}]" if parts else ""


def disputed(point: Disputed, style: Style) -> list[str]:
    """A disputed point and the answer on each view of it, the default first."""
    lines = []
    several = len(point.names) > 1
    if several:
        lines += para("It turns on these together:", style, 4)
    for number, (name, question) in enumerate(point.names, 1):
        text = f"({number}) {question}" if several else question
        lines += para(f"{text} [{name}]" if style.full else text, style, 4, 6)
    shown = point.rows if style.full else point.rows[: VIEWS + 1]
    rows = [(row.outcome, view(row, style)) for row in shown]
    lines += table(rows, (11,), style, 6)
    if len(shown) < len(point.rows):
        rest = plural(len(point.rows) - len(shown), "more view")
        lines.append(f"      {rest}: --full")
    return lines


def again(point: Disputed, style: Style) -> list[str]:
    """A point told already: only the answers, each by who holds the view."""
    answers = "; ".join(
        f"{row.outcome}{notes(row, style) or f' ({row.says})'}" for row in point.rows
    )
    return para(f"On the same question: {answers}.", style, 4, 6)


def view(row: Row, style: Style) -> str:
    text = f"{row.says}{notes(row, style)}"
    return f"{text}. {row.why}" if style.full and row.why else f"{text}."


def notes(row: Row, style: Style) -> str:
    held = row.held_by if style.full else phrasing.holder(row.held_by)
    found = [*(["default"] if row.default else []), *([held] if held else [])]
    return f" ({'; '.join(found)})" if found else ""


def in_play(name: str, entries: Sequence[Entry], report: Report, style: Style) -> list[str]:
    """What speaks against nobody, two lines each."""
    if not entries:
        return []
    lines = title(name, style)
    shape = columns_of(entries, report)
    for entry in entries:
        one = entry.first
        kept = one.outcome in ("respected", "excused")
        sign = style.sign(one.outcome) if kept else IN_PLAY[0 if style.unicode else 1]
        lines += head(entry, shape, report, style, sign)
        stage = "" if one.stage == "done" else f" ({phrasing.STAGES.get(one.stage, one.stage)})"
        lines += para(f"{phrasing.dotted(one.title)}{stage}", style, 4)
        if style.full:
            lines += more(entry, style)
    return lines


# --------------------------------------------------------------------------- limits and options


def limits(host: str, report: Report, style: Style) -> list[str]:
    told_ = phrasing.bars(host, report)
    if not told_:
        return []
    cut = not style.full and any(len(bar.opens) > OPENINGS for bar in told_)
    note = "more ways to open: --full" if cut else ""
    lines = title(f"WHAT {host.upper()} MAY NOT DO", style, note)
    wide = widest((m.cites for bar in told_ for m in bar.measures), 20 if style.width < 90 else 32)
    targets: tuple[str, ...] = ()
    for bar in told_:
        if bar.targets != targets:
            lines += para(f"On {phrasing.some(bar.targets, 4)}:", style, 1, 5)
            targets = bar.targets
        lines += barred(bar, wide, style)
    return lines


def barred(bar: Bar, wide: int, style: Style) -> list[str]:
    """The measures, one a line with their articles, and below them what would open them all."""
    cross = "✗" if style.unicode else "x"
    room = style.width - 2 - 3 - wide - 2
    rows = [(cross, m.phrase, m.cites) for m in bar.measures]
    lines = table(rows, (1, room), style)
    shown = bar.opens if style.full else bar.opens[:OPENINGS]
    if not shown:
        return lines
    return [*lines, *para("opens if " + "; or if ".join(shown), style, 6, 8)]


def options(host: str, report: Report, style: Style) -> list[str]:
    shown = phrasing.choices(host, report)
    if not shown:
        return []
    lines = title(f"WHAT {host.upper()} MAY DO", style, "0 watch ... 10 break relations")
    status = widest((c.status for c in shown), 16)
    wide = widest((c.cites for c in shown), 15 if style.width < 90 else 26)
    room = style.width - 1 - 2 - status - wide - 6
    for one in shown:
        source = one.cites if style.full else phrasing.brief(one.cites, wide)
        row = (one.level.rjust(2), one.phrase, one.status, source)
        colour = STATUS_COLOURS.get(one.status, "")
        lines += table([row], (2, room, status), style, paint=[colour], painted=2)
        lines += terms(one, style) if style.full else []
    hidden = sum(bool(c.conditions) for c in shown)
    if not style.full:
        what = [
            *([f"the conditions of {plural(hidden, 'measure')}"] if hidden else []),
            "procedure",
        ]
        lines += para(f"{phrasing.listed([*what, 'sources in full'])}: --full", style, 5)
    return lines


def terms(one: Choice, style: Style) -> list[str]:
    lines = para(f"on: {', '.join(one.targets)}", style, 6, 10)
    if one.conditions:
        lines += para("if: " + "; ".join(one.conditions), style, 6, 10)
    if one.procedure:
        lines += para(f"how: {one.procedure}", style, 6, 11)
    return lines


# --------------------------------------------------------------------------- questions, footer


def questions(report: Report, style: Style) -> list[str]:
    asked = phrasing.asked(report)
    if not asked:
        return []
    shown = asked if style.full else asked[:QUESTIONS]
    rest = len(asked) - len(shown)
    note = f"{rest} more: --full" if rest else ""
    lines = title("QUESTIONS THAT WOULD CHANGE THE ANSWER", style, note)
    for number, one in enumerate(shown, 1):
        lines += question(number, one, style)
    return lines


def question(number: int, one: Asked, style: Style) -> list[str]:
    who = phrasing.some(one.about)
    text = f"{number:>2}  {one.ask} [{who}; moves {plural(one.moves, 'finding')}]"
    lines = para(text, style, 1, 5)
    if style.full:
        lines += para("facts: " + ", ".join(one.facts), style, 5, 7)
        for finding, value, outcome in one.changes:
            word = phrasing.ANSWERS.get(value, value.replace("_", " "))
            lines += para(f"{word}: {finding} {phrasing.outcome_word(outcome)}", style, 5, 7)
    return lines


def footer(report: Report, style: Style) -> list[str]:
    lines: list[str] = []
    standing, absent = phrasing.presumed(report)
    texts = [phrasing.small(a.text.rstrip(".")) for a in standing]
    if absent and not style.full:
        texts.append(f"{plural(len(absent), 'exception')} that nobody mentioned, absent (--full)")
    if texts:
        lines += para(f"Presumed: {'; '.join(texts)}.", style)
    if style.full:
        for a in dict.fromkeys(a.text for a in absent):
            lines += para(f"presumed {a}", style, 1, 4)
    lines += silences(report, style)
    if not style.full:
        lines += para(
            "Cut short above: norm and finding in full, who holds each view and why, what each "
            "finding presumes. All of it: --full; one finding: comity why.",
            style,
        )
    real = [f for f in report.findings if not f.hypothetical and f.outcome in ORDER]
    first = next((f for f in real if f.adverse), next(iter(real), None))
    if first is not None:
        lines += command(report.file, first.id, style)
    rulebook = report.receipt.rulebook.removeprefix("sha256:")[:8]
    if any("#" in f.act for f in report.findings if not f.hypothetical):
        lines += para("act#2 is the second part of an act that a change of status divides.", style)
    for pack in report.receipt.packs:
        lines += para(phrasing.pack_line(pack), style)
    return [*lines, f"Not legal advice. comity {report.receipt.comity}, rulebook {rulebook}."]


def command(file: str, finding: str, style: Style) -> list[str]:
    """What to type next, in a form that can be copied also where it takes two lines."""
    start, end = f"Why: comity why {quote(printable(file))}", quote(printable(finding))
    if columns(start) + columns(end) + 1 <= style.width:
        return [f"{start} {end}"]
    if columns(start) + 2 <= style.width:
        return [f"{start} \\", *para(end, style, 2)]
    return [*para(start, style), *para(end, style, 2)]


def silences(report: Report, style: Style) -> list[str]:
    """What the answer does not rest on and does not reach."""
    near = [c for c in report.considered if c.conditions == 1]
    silent = []
    if report.acts_without_finding:
        names = phrasing.acts(report.acts_without_finding)
        silent.append(f"no rule reached {phrasing.listed(names)}")
    if report.unused_facts:
        silent.append(f"no rule used {plural(len(report.unused_facts), 'fact')}")
    if report.considered:
        norms = plural(len(report.considered), "norm")
        missed = f", {len(near)} by one condition" if near else ""
        silent.append(f"{norms} considered and not in play{missed}")
    if report.claims:
        silent.append(f"{plural(len(report.claims), 'claim')} recorded, on which nothing rests")
    if not silent:
        return []
    hint = "" if style.full else " (--full)"
    text = "; ".join(silent)
    lines = para(f"{text[:1].upper()}{text[1:]}{hint}. No finding does not mean lawful.", style)
    if style.full:
        for c in near:
            lines += para(f"not in play: {c.act} {c.cite} {c.title}", style, 1, 4)
        if report.unused_facts:
            lines += para(f"unused: {', '.join(report.unused_facts)}", style, 1, 4)
        for claim in report.claims:
            lines += para(f"claimed: {claim}", style, 1, 4)
    return lines


__all__ = ["Style", "departs", "render"]
