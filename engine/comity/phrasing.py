"""A report in words: what the text and the Markdown say alike. Pure, and without any layout.

Findings that say the same are told together; a reading is named by what it says and who holds
it; a missing fact by its question and the answer that would do. Keys of frames stay out.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from comity.model import Pack
from comity.reporting import ORDER, Assumed, Finding, Lack, Limit, Opening, Option, Report, fill
from comity.resolving import POSITIVE

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
STAGES = {
    "planned": "planned",
    "threatened": "threatened",
    "attempted": "attempted",
    "alleged": "if proved",
    "did_not_happen": "did not happen",
}
PLAIN = {"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": ".", "·": ".", " ": " "}
ANSWERS = {"true": "yes", "false": "no", "met": "yes", "not_met": "no", "none": "no"}


# --------------------------------------------------------------------------- small words


def plural(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def listed(words: Iterable[str], last: str = "and") -> str:
    """a, b and c"""
    parts = list(words)
    return (
        f" {last} ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
    )


def some(words: Sequence[str], most: int = 3) -> str:
    """The first few, and how many more there are."""
    if len(words) <= most + 1:
        return listed(words)
    return f"{', '.join(words[:most])} and {len(words) - most} more"


def named(code: str, report: Report) -> str:
    """A State by its name; a person or organization by its name in the cast."""
    return report.labels.get(code, code)


def day(text: str) -> str:
    """2026-02-23 as 23 February 2026; a partial date without what it does not say."""
    found = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", text)
    if found is None or not 1 <= int(found[2] or 1) <= 12:
        return text
    parts = (found[3] and str(int(found[3])), found[2] and MONTHS[int(found[2]) - 1], found[1])
    return " ".join(p for p in parts if p)


def small(text: str) -> str:
    """With a small first letter, unless the word is a name or an abbreviation as far as we know."""
    common = re.match(r"(The|A|An|No|It|This|Yes|Only|What|Public)\b", text)
    return text[:1].lower() + text[1:] if common else text


def cites(provisions: Iterable[str]) -> str:
    """VCDR 22(1), VCDR 22(3) as VCDR 22(1), 22(3)."""
    shown: list[str] = []
    before = ""
    for provision in provisions:
        found = re.fullmatch(r"([A-Z][A-Za-z]*) (\d.*)", provision)
        instrument = found[1] if found else ""
        shown.append(found[2] if found and instrument == before else provision)
        before = instrument
    return ", ".join(shown)


def acts(names: Iterable[str]) -> list[str]:
    """Act names, the parts into which a change of status split an act told together."""
    parts: dict[str, list[int]] = {}
    for name in names:
        base, _, number = name.partition("#")
        parts.setdefault(base, []).append(int(number) if number.isdigit() else 1)
    shown = []
    for base, numbers in parts.items():
        low, high = min(numbers), max(numbers)
        if high == 1:
            shown.append(base)
        elif low == high:
            shown.append(f"{base}#{low}")
        elif len(set(numbers)) == high - low + 1:
            shown.append(f"{base}#{low}-{high}")
        else:
            shown.append(f"{base}#{','.join(str(n) for n in sorted(set(numbers)))}")
    return shown


def spans(numbers: Iterable[int]) -> str:
    """1, 2, 3, 7 as 1-3, 7"""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def plain(text: str) -> str:
    """The text in ASCII, character for character: accents are dropped, what is left becomes `?`."""
    return text if text.isascii() else "".join(_ascii(c) for c in text)


def _ascii(character: str) -> str:
    if character.isascii():
        return character
    bare = "".join(
        c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)
    )
    found = PLAIN.get(character, bare)
    return found if len(found) == 1 and found.isascii() else "?"


# --------------------------------------------------------------------------- findings


class Entry(Struct, frozen=True):
    """Findings told as one: the same rule with the same answer on several acts or parts of acts."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        return self.findings[0]

    @property
    def acts(self) -> list[str]:
        return acts(f.act for f in self.findings)

    @property
    def sentence(self) -> str:
        """What the finding says, where it says it of something done; else the norm in question."""
        one = self.first
        if one.outcome not in POSITIVE or not one.happened or not one.adverse:
            return dotted(one.title)
        if len({f.text for f in self.findings}) > 1:
            return dotted(one.title)
        if one.kind == "departure":
            return dotted(one.text)
        return dotted(f"This was done although {small(one.text)}")


def dotted(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else text + "."


def entries(findings: Iterable[Finding], report: Report) -> list[Entry]:
    """In the order of the report; a missing fact or a view that differs keeps findings apart."""
    found: dict[tuple[object, ...], list[Finding]] = {}
    for one in findings:
        key = (
            *(one.rule, one.outcome, one.bearer, one.owed_to, one.stage),
            tuple(views(one, report)),
            tuple(missing(one)),
        )
        found.setdefault(key, []).append(one)
    return [Entry(tuple(same)) for same in found.values()]


class Groups(Struct, frozen=True):
    """The findings on acts of the case, by what a reader does with them."""

    law: tuple[Entry, ...]
    practice: tuple[Entry, ...]
    prospective: tuple[Entry, ...]  # would depart: planned, threatened, or alleged
    protections: tuple[Entry, ...]  # immunities, duties, powers and liberties in play
    kept: tuple[Entry, ...]  # respected or excused


def groups(report: Report) -> Groups:
    real = [f for f in report.findings if not f.hypothetical]
    live = [f for f in real if f.outcome not in ("respected", "excused")]
    against = [f for f in live if f.adverse]
    done = [f for f in against if f.happened]

    def told(findings: Iterable[Finding]) -> tuple[Entry, ...]:
        return tuple(entries(findings, report))

    return Groups(
        law=told(f for f in done if not f.practice),
        practice=told(f for f in done if f.practice),
        prospective=told(f for f in against if not f.happened),
        protections=told(f for f in live if not f.adverse),
        kept=told(f for f in real if f.outcome in ("respected", "excused")),
    )


def answer(report: Report) -> list[str]:
    """The answer in three sentences: law and practice, what the host may do, what is not known."""
    found = groups(report)
    law = count(found.law)
    clear = law["established"] + law["presumed"]
    first = (
        plural(clear, "departure") + " from treaty or custom"
        if clear
        else "No clear departure from treaty law or custom"
    )
    rest = [f"{law[word]} {word}" for word in ("arguable", "open") if law[word]]
    first += f"; {listed(rest)}." if rest else "."
    practice = count(found.practice)
    usage = practice["established"] + practice["presumed"]
    if usage:
        first += f" {plural(usage, 'departure')} from practice, which is not law."
    ahead = sum(len(e.findings) for e in found.prospective)
    if ahead:
        what = plural(ahead, "finding")
        first += f" {what} on what is only planned, threatened or alleged."
    lines = [first]
    if report.options:
        hosts = listed(hosts_of(report))
        barred = len({(x.measure, x.on) for x in report.limits})
        status = {
            word: sum(o.status == word for o in report.options)
            for word in ("open", "conditional", "contested")
        }
        lines.append(
            f"{hosts}: {plural(barred, 'measure')} barred; {plural(status['open'], 'response')} "
            f"open, {status['conditional']} on conditions, {status['contested']} contested."
        )
    turning = {r for f in report.findings if not f.hypothetical for v in views(f, report)
               for r, _ in v.names}  # fmt: skip
    parts = [plural(len(asked(report)), "unknown fact")] if report.questions else []
    parts += [plural(len(turning), "disputed point")] if turning else []
    if parts:
        lines.append(f"{listed(parts)} could change this; each is named below.")
    if report.assumed:
        lines.insert(0, "The facts are only assumed: nobody has found that this happened.")
    return lines


def count(told: Iterable[Entry]) -> dict[str, int]:
    found = dict.fromkeys(ORDER, 0)
    for entry in told:
        found[entry.first.outcome] += len(entry.findings)
    return found


def hosts_of(report: Report) -> list[str]:
    return sorted({named(p.receiving, report) for p in report.parties if p.receiving})


def missions_of(host: str, report: Report) -> set[str]:
    return {p.mission for p in report.parties if named(p.receiving, report) == host}


# --------------------------------------------------------------------------- readings


class Row(Struct, frozen=True):
    """What the answer is on one view."""

    outcome: str
    says: str
    held_by: str
    why: str
    default: bool
    setting: tuple[tuple[str, str], ...]


class Disputed(Struct, frozen=True):
    """One disputed point on which a finding turns, or several that turn it only together."""

    names: tuple[tuple[str, str], ...]  # (id, question)
    rows: tuple[Row, ...]  # the default first

    @property
    def asks(self) -> str:
        return " ".join(question for _, question in self.names)


def views(one: Finding, report: Report) -> list[Disputed]:
    """The points on which a finding turns, and the answer on each view of each."""
    if not one.worlds:
        return []
    chosen = defaults(one, report)
    base = next((w.outcome for w in one.worlds if dict(w.setting) == chosen), "")
    singles: dict[tuple[str, ...], list[Row]] = {}
    for changed, outcome in turns(one, chosen, base):
        names = tuple(name for name, _ in changed)
        row = said(changed, outcome, one, report, default=False)
        singles.setdefault(names, []).append(row)
    found = []
    for names, rows in singles.items():
        first = said([(n, chosen[n]) for n in names], base, one, report, default=True)
        found.append(
            Disputed(tuple((n, question(n, one, report)) for n in names), (first, *rows))
        )  # fmt: skip
    return found


def defaults(one: Finding, report: Report) -> dict[str, str]:
    """Each switch of a finding at its default."""
    chosen = dict(report.receipt.readings)
    chosen |= {s.name: s.default for s in one.judged.switches if s.name not in chosen}
    return {name: chosen[name] for name, _ in one.worlds[0].setting if name in chosen}


def turns(
    one: Finding, chosen: dict[str, str], base: str
) -> list[tuple[list[tuple[str, str]], str]]:
    """The smallest changes of view that change the answer, each with its answer."""
    found: list[tuple[list[tuple[str, str]], str]] = []
    changes = [
        ([(n, v) for n, v in w.setting if chosen.get(n) != v], w.outcome) for w in one.worlds
    ]
    for changed, outcome in sorted(changes, key=lambda c: (len(c[0]), c[0])):
        if standing(outcome) == standing(base):
            continue
        if not any(
            set(before) <= set(changed) and standing(o) == standing(outcome) for before, o in found
        ):
            found.append((changed, outcome))
    return found


def standing(outcome: str) -> str:
    """established and presumed read alike; so do the ways of being clear."""
    if outcome in POSITIVE:
        return "stands"
    return outcome if outcome in ("open", "arguable") else "clear"


def outcome_word(outcome: str) -> str:
    """In one view a rule may also be moot or out of play: a reader need not tell these apart."""
    return "not in play" if outcome in ("moot", "not_in_play", "") else outcome


def said(
    setting: Sequence[tuple[str, str]], outcome: str, one: Finding, report: Report, *, default: bool
) -> Row:
    says, holders, whys = [], [], []
    for name, value in setting:
        reading = report.readings.get(name)
        if reading is None:
            says.append(ANSWERS.get(value, value).capitalize())
        else:
            says.append(reading.values[value].says.rstrip("."))
            holders.append(reading.values[value].held_by.rstrip("."))
            whys.append(reading.values[value].why)
    numbered = [f"({n}) {text}" for n, text in enumerate(says, 1)]
    return Row(
        outcome_word(outcome),
        "; ".join(numbered) if len(says) > 1 else "".join(says),
        "; ".join(dict.fromkeys(h for h in holders if h)),
        " ".join(w for w in whys if w),
        default,
        tuple(setting),
    )


def question(name: str, one: Finding, report: Report) -> str:
    reading = report.readings.get(name)
    if reading is not None:
        return reading.question
    ask = report.judgements.get(name, "")
    text = fill(ask, one.judged.frame) if ask else f"Is it {name.replace('_', ' ')}?"
    facts = [f for s in one.judged.switches if s.name == name for f in s.facts]
    grades = [f"{f.value}{f', line {f.place.line}' if f.place else ''}" for f in facts]
    return f"{text} (judged {listed(grades)})" if grades else text


def holder(held_by: str) -> str:
    """Who holds a view, in short: without the examples."""
    text = held_by
    while re.search(r"\([^()]*\)", text):
        text = re.sub(r"\s*\([^()]*\)", "", text)
    return text.split(";")[0].strip()


# --------------------------------------------------------------------------- what is missing


def wanted(lack: Lack) -> str:
    """The answer that would do, in words."""
    _, _, value = lack.fact.rpartition("=") if "=" in lack.fact else ("", "", "")
    if value:
        word = value.replace("_", " ")
        return word if lack.values == ("true",) else f"not {word}"
    return listed([ANSWERS.get(v, v.replace("_", " ")) for v in lack.values], "or")


def need(lacks: Iterable[Lack]) -> str:
    """Each question, and after the arrow the answer that would do."""
    return "; and ".join(f"{x.ask} -> {wanted(x)}" for x in lacks)


def missing(one: Finding) -> list[str]:
    """What an open finding needs: one text for each set of facts that would do.

    Sets that ask the same, and differ in one answer only, are told as one.
    """
    found: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for lacks in one.needs:
        *rest, last = sorted(((x.ask, wanted(x)) for x in lacks), key=lambda a: varies(a[0], one))
        answers = found.setdefault((*rest, (last[0], "")), [])
        answers += [last[1]] if last[1] not in answers else []
    told = []
    for (*rest, (ask, _)), answers in found.items():
        every = [*(f"{a} -> {w}" for a, w in rest), f"{ask} -> {listed(answers, 'or')}"]
        told.append("; and ".join(every))
    return told


def varies(ask: str, one: Finding) -> int:
    """How many answers the sets of missing facts give to a question."""
    return len({wanted(x) for lacks in one.needs for x in lacks if x.ask == ask})


def opening(one: Opening) -> str:
    """What would open a barred measure: in the rule's words, else as the questions to answer."""
    text = one.text if one.cite else need(one.facts)
    return f"{text} (then contested)" if one.leads_to == "contested" else text


def opened(one: Limit) -> tuple[str, ...]:
    return tuple(dict.fromkeys(opening(o) for o in one.opened_by))


# --------------------------------------------------------------------------- the toolbox


class Barred(Struct, frozen=True):
    """A barred measure, told once for all that it is aimed at."""

    phrase: str
    cites: str
    outcome: str


class Bar(Struct, frozen=True):
    """Barred measures on the same targets that the same facts would open."""

    targets: tuple[str, ...]
    opens: tuple[str, ...]
    measures: tuple[Barred, ...]


def bars(host: str, report: Report) -> list[Bar]:
    """What a receiving State may not do, by target and by what would open it."""
    missions = missions_of(host, report)
    same: dict[tuple[object, ...], list[Limit]] = {}
    for x in report.limits:
        if x.mission in missions:
            same.setdefault((x.measure, x.barred_by, x.outcome, opened(x)), []).append(x)
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Barred]] = {}
    for limits in same.values():
        one = limits[0]
        key = (tuple(dict.fromkeys(x.target for x in limits)), opened(one))
        phrase = one.phrase or one.title
        found.setdefault(key, []).append(Barred(phrase, cites(one.barred_by), one.outcome))
    told = [Bar(targets, opens, tuple(rows)) for (targets, opens), rows in found.items()]
    order: dict[tuple[str, ...], int] = {}
    for bar in told:
        order.setdefault(bar.targets, len(order))
    return sorted(told, key=lambda b: order[b.targets])


# Sources that are no provision, in one word where a column is narrow.
BRIEF = (
    (re.compile(r"diplomatic practice"), "practice"),
    (re.compile(r"general liberty of .*"), "liberty"),
    (re.compile(r"discretion of .*"), "discretion"),
)


def brief(sources: str, room: int) -> str:
    """Sources in so many columns: as many as fit, and `..` for the rest."""
    for pattern, word in BRIEF:
        sources = word if pattern.fullmatch(sources) else sources
    if len(sources) <= room:
        return sources
    kept = ""
    for part in re.findall(r"[^, ]+[, ]*", sources):
        if len(kept) + len(part.rstrip()) > room - 3:
            break
        kept += part
    return kept.rstrip(", ;") + " .." if kept else sources[:room]


class Choice(Struct, frozen=True):
    """A measure that is not barred, told once for all that it is aimed at."""

    level: str
    phrase: str
    status: str
    cites: str
    targets: tuple[str, ...]
    conditions: tuple[str, ...]
    procedure: str


def choices(host: str, report: Report) -> list[Choice]:
    missions = missions_of(host, report)
    same: dict[tuple[object, ...], list[Option]] = {}
    for o in report.options:
        if o.status != "barred" and o.mission in missions:
            dated = o.target.removeprefix(o.on)
            key = (o.level, o.measure, o.status, o.cite, o.conditions, dated)
            same.setdefault(key, []).append(o)
    told = Counter(measure for _level, measure, *_ in same)
    return [choice(options, told[options[0].measure] > 1) for options in same.values()]


def choice(options: Sequence[Option], apart: bool) -> Choice:
    """One line; with its targets where the measure stands on another line too, or has a day."""
    one = options[0]
    title = one.title[:1].lower() + one.title[1:]
    targets = tuple(dict.fromkeys(o.target for o in options))
    named = f" [{', '.join(targets)}]" if apart or one.target != one.on else ""
    done = next((o.done for o in options if o.done), "")
    return Choice(
        level="-" if one.level is None else str(one.level),
        phrase=min((one.phrase or title, title), key=len) + named,
        status=f"done: {done}" if done else one.status,
        cites=cites(one.cite),
        targets=targets,
        conditions=one.conditions,
        procedure=one.procedure,
    )


# --------------------------------------------------------------------------- questions


class Asked(Struct, frozen=True):
    """A question, told once for all the acts it is asked about."""

    ask: str
    about: tuple[str, ...]
    facts: tuple[str, ...]
    changes: tuple[tuple[str, str, str], ...]  # (finding id, answer, outcome)

    @property
    def moves(self) -> int:
        return len({finding for finding, _, _ in self.changes})


def asked(report: Report) -> list[Asked]:
    titles = {o.measure: o.title[:1].lower() + o.title[1:] for o in report.options}
    found: dict[str, list[tuple[str, str, tuple[tuple[str, str, str], ...]]]] = {}
    for one in report.questions:
        found.setdefault(one.ask, []).append(
            (about(one.fact, titles), one.fact, one.would_change)
        )  # fmt: skip
    return [
        Asked(
            ask,
            tuple(acts(dict.fromkeys(about for about, _, _ in same))),
            tuple(fact for _, fact, _ in same),
            tuple(c for _, _, changes in same for c in changes),
        )
        for ask, same in found.items()
    ]


def about(fact: str, titles: dict[str, str]) -> str:
    """The act or measure that a fact is about, by its address."""
    stated = re.fullmatch(r"acts\.([^.]+)\..*", fact)
    name = stated[1] if stated else fact.rpartition(": ")[0]
    if name.startswith("measure:"):
        measure = name.removeprefix("measure:").partition("@")[0]
        return titles.get(measure, measure.replace("_", " "))
    return name


def taken(assumed: Assumed) -> str:
    """What a finding takes for granted, as a sentence without its stop."""
    if assumed.kind == "exception":
        return f"Presumed {assumed.text}"
    return f"Presumed: {small(assumed.text)}"


def presumed(report: Report) -> tuple[list[Assumed], list[Assumed]]:
    """The standing presumptions relied on, and the exceptions taken to be absent."""
    standing_ = [a for a in report.presumptions if a.kind == "presumption"]
    return standing_, [a for a in report.presumptions if a.kind == "exception"]


# --------------------------------------------------------------------------- packs


def pack_line(pack: Pack) -> str:
    """A pack in use, and each thing that it takes from another with its reason."""
    parts = [f"Pack {pack.name} {pack.version}: {dotted(pack.title)}"]
    for done, changes in (("Overrides", pack.overrides), ("Disables", pack.disables)):
        for change in changes:
            parts.append(f"{done} the {change.kind} {change.id}: {dotted(change.reason)}")
    return " ".join(parts)
