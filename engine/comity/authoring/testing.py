"""The report of a test run, and the ledger, as plain data and as text.

The data is what `--format json` prints, what the HTML page and JUnit are made from, and what
docs/testing-rules.md describes. Pure: same inputs, same bytes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from comity.authoring.accounting import STATES, Account, Accounts, Entry, Stray
from comity.authoring.coverage import Coverage, Item, Subject
from comity.phrasing import plural
from comity.problems import Place, columns, printable, wrap
from comity.ruletests import Result

TEST_FORMAT: Final = "comity.rules-test/1"
LEDGER_FORMAT: Final = "comity.ledger/1"
WIDTH: Final = 80

STATE_WORDS: Final = {
    "encoded": "encoded by rules",
    "used": "used only by exceptions, concepts or measures",
    "not_encoded": "not encoded, with the reason",
    "unaccounted": "unaccounted for",
    "stale": "stale: recorded as not encoded, and yet encoded",
}
KIND_WORDS: Final = {
    "rule": "rules (fire, do not fire)",
    "outcome": "outcomes of rules",
    "condition": "conditions (true, false, unknown)",
    "exception": "exceptions (hold, are presumed)",
    "reading": "readings that change the answer",
    "definition": "definitions of concepts",
}


class Run(Struct, frozen=True):
    """Everything a run of tests has to tell."""

    results: tuple[Result, ...]
    why: Mapping[str, tuple[str, ...]]  # what decided each check that does not pass, by place
    asked: tuple[str, ...] = ()  # the rules that were named, if any
    untested: tuple[str, ...] = ()  # rules without a test, of those named or of all
    left_out: Mapping[str, int] = {}  # checks of rules that a pack overrides or disables, by rule
    comity: str = ""
    rulebook: str = ""
    coverage: Coverage | None = None
    accounts: Accounts | None = None

    def counts(self) -> dict[str, int]:
        found = Counter(result.verdict for result in self.results)
        return {v: found[v] for v in ("passed", "failed", "todo", "todo_met")}

    def fails(self) -> bool:
        """A check failed, no check ran (what is to do shows nothing), a rule that was asked for has
        none, or the ledger has faults."""
        count = self.counts()
        return bool(
            count["failed"]
            or not count["passed"] + count["todo_met"]
            or set(self.asked) & set(self.untested)
            or (self.accounts is not None and self.accounts.faults())
        )


# --------------------------------------------------------------------------- data


def run_data(run: Run) -> dict[str, Any]:
    return {
        "format": TEST_FORMAT,
        "comity": run.comity,
        "rulebook": run.rulebook,
        "summary": run.counts(),
        "untested": list(run.untested),
        "left_out": dict(sorted(run.left_out.items())),
        "checks": [check_data(result, run.why.get(result.at, ())) for result in run.results],
        "coverage": None if run.coverage is None else coverage_data(run.coverage),
        "ledger": None if run.accounts is None else accounts_data(run.accounts),
    }


def check_data(result: Result, why: Sequence[str]) -> dict[str, Any]:
    return {
        "rule": result.rule,
        "name": result.name,
        **where(result.place),
        "verdict": result.verdict,
        "expected": result.expected,
        "outcome": result.outcome,
        "message": result.message,
        "why": list(why),
        "todo": result.todo,
    }


def where(place: Place | None) -> dict[str, Any]:
    return {"file": place.file if place else "", "line": place.line if place else 0}


def coverage_data(coverage: Coverage) -> dict[str, Any]:
    return {
        "totals": [
            {
                "kind": t.kind,
                "items": t.items,
                "complete": t.complete,
                "seen": t.seen,
                "possible": t.possible,
                "percent": percent(t.seen, t.possible),
            }
            for t in coverage.totals()
        ],
        "subjects": [subject_data(s) for s in coverage.subjects],
    }


def subject_data(subject: Subject) -> dict[str, Any]:
    seen, unseen = subject.count("seen"), subject.count("unseen")
    return {
        "kind": subject.kind,
        "id": subject.id,
        "title": subject.title,
        "cite": subject.cite,
        "at": subject.at,
        "checks" if subject.kind == "rule" else "rules": subject.checks,
        "seen": seen,
        "possible": seen + unseen,
        "percent": percent(seen, seen + unseen),
        "items": [item_data(item) for item in subject.items],
    }


def item_data(item: Item) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "section": item.section,
        "text": item.text,
        "at": item.at,
        "seen": list(item.of("seen")),
        "unseen": list(item.of("unseen")),
        "cannot": list(item.of("cannot")),
    }


def accounts_data(accounts: Accounts) -> dict[str, Any]:
    return {
        "instruments": [account_data(a) for a in accounts.instruments],
        "without_index": [
            {"instrument": u.instrument, "title": u.title, "rules": list(u.rules),
             "other_citations": u.others}
            for u in accounts.unindexed
        ],
    }  # fmt: skip


def account_data(account: Account) -> dict[str, Any]:
    total = len(account.entries)
    return {
        "instrument": account.index.instrument,
        "title": account.title,
        "note": account.index.note,
        "articles": account.articles,
        "paragraphs": total,
        "counts": {state: account.count(state) for state in STATES},
        "percent": {state: percent(account.count(state), total) for state in STATES},
        "entries": [entry_data(e, account) for e in account.entries],
        "unknown": [stray_data(s) for s in account.unknown],
        "wide": [stray_data(s) for s in account.wide],
    }


def entry_data(entry: Entry, account: Account) -> dict[str, Any]:
    p = entry.paragraph
    article = account.index.articles.get(p.article)
    return {
        "paragraph": p.number,
        "article": article.title if article is not None else "",
        "says": p.says,
        "class": p.class_,
        "state": entry.state,
        "rules": list(entry.rules),
        "used_by": list(entry.used_by),
        "not_encoded": p.not_encoded,
        "note": p.note,
        "verified": p.verified,
        **where(p.place),
    }


def stray_data(stray: Stray) -> dict[str, Any]:
    return {"number": stray.number, "by": list(stray.by)}


def percent(part: int, whole: int) -> int:
    """Rounded down, so that 100 means all of it."""
    return part * 100 // whole if whole else 100


def to_json(data: Mapping[str, Any]) -> str:
    """ASCII only, so that no text of a rule can reach a terminal as a control sequence."""
    return json.dumps(data, indent=2, ensure_ascii=True) + "\n"


def ledger_data(accounts: Accounts, comity: str, rulebook: str) -> dict[str, Any]:
    return {
        "format": LEDGER_FORMAT,
        "comity": comity,
        "rulebook": rulebook,
        **accounts_data(accounts),
    }


# --------------------------------------------------------------------------- text


def run_text(run: Run) -> str:
    """Failures first, then what is still to do, coverage and the ledger; the count at the end."""
    blocks = [*_checks(run)]
    if run.coverage is not None:
        blocks.append(coverage_text(run.coverage))
    if run.accounts is not None:
        blocks.append(accounts_table(run.accounts))
    blocks.append(summary(run) + "\n")
    return "\n".join(blocks)


def summary(run: Run) -> str:
    count = run.counts()
    parts = [f"{count['passed']} passed", f"{count['failed']} failed"]
    parts += [f"{count['todo']} todo"] if count["todo"] else []
    parts += [f"{count['todo_met']} todo already met"] if count["todo_met"] else []
    text = ", ".join(parts)
    if run.untested:
        names = ", ".join(run.untested[:6]) + (" ..." if len(run.untested) > 6 else "")
        text = "\n".join([*_lines(f"no test: {names}", "", "  "), text])
    if not run.results:
        text += ": nothing ran"
    elif not count["passed"] + count["failed"] + count["todo_met"]:
        text += ": all that ran is marked todo"
    if run.left_out:
        count_ = sum(run.left_out.values())
        rules = "a rule" if len(run.left_out) == 1 else f"{len(run.left_out)} rules"
        text += f", {plural(count_, 'test')} left out of {rules} overridden or disabled by a pack"
    if run.accounts is not None and (faults := run.accounts.faults()):
        text += f"; {plural(len(faults), 'fault')} in the ledger"
    return printable(text)


def _checks(run: Run) -> Iterator[str]:
    order = {"failed": 0, "todo_met": 1, "todo": 2}
    shown = [r for r in run.results if r.verdict != "passed"]
    for result in sorted(shown, key=lambda r: order[r.verdict]):
        yield _check(result, run.why.get(result.at, ()))


def _check(result: Result, why: Sequence[str]) -> str:
    verdict = result.verdict.replace("_", " ")
    head = [*_lines(f"{verdict}: {result.rule}: {result.name}", "", "  "), f"  {result.at}"]
    if result.verdict == "todo_met":
        return _block([*head, *_lines("it passes now; take `todo` away", "  ", "  ")])
    told = [*_lines(result.message, "  ", "  ")]
    for reason in why:
        told += _lines(f"why {reason}", "  ", "      ")
    if result.todo:
        told += _lines(f"todo {result.todo}", "  ", "      ")
    return _block([*head, *told])


def _block(lines: Iterable[str]) -> str:
    return "".join(f"{printable(line)}\n" for line in lines)


def _lines(text: str, first: str, rest: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False)


def coverage_text(coverage: Coverage) -> str:
    """The totals, then what no check shows: rules first, then concepts, worst first."""
    out = ["COVERAGE: what the checks show", ""]
    for t in coverage.totals():
        if t.possible:
            share = f"{t.seen} of {t.possible}"
            out.append(
                f"  {KIND_WORDS[t.kind]:<36}{share:>14}  {percent(t.seen, t.possible):>3} %"
                f"  {t.complete} of {t.items} complete"
            )
    for kind in ("rule", "concept"):
        short = [s for s in coverage.subjects if s.kind == kind and s.count("unseen")]
        if short:
            these = f"these {len(short)} {kind}s, worst first"
            out += ["", (f"What no check shows of {'this ' + kind if len(short) == 1 else these}:")]
            for subject in short:
                out += ["", *_subject(subject)]
    return _block(out)


def _subject(subject: Subject) -> Iterator[str]:
    seen, unseen = subject.count("seen"), subject.count("unseen")
    users = "check" if subject.kind == "rule" else "rule"
    used = plural(subject.checks, users)
    share = f"{seen} of {seen + unseen} seen, {used}"
    yield from _lines(f"{subject.id} ({subject.cite}): {share}", "", "  ")
    if subject.at:
        yield f"  {subject.at}"
    if subject.kind == "rule" and not subject.checks:
        yield "  it has no test"
        return
    section = ""
    for item in subject.items:
        missing = item.of("unseen")
        if not missing:
            continue
        if item.section and item.section != section:
            section = item.section
            yield from _lines(section, "  ", "    ")
        yield from _missing(item, missing)


def _missing(item: Item, missing: Sequence[str]) -> Iterator[str]:
    indent = "    " if item.section else "  "
    line = f"  ({item.at.rpartition(':')[2]})" if item.at else ""
    for_ = {
        "rule": f"no check in which it {_either(missing, 'or in which it ')}",
        "outcome": f"no check comes out as {_either(missing, 'or ')}",
        "definition": f"{item.text}: no check in which it {_either(missing, 'or ')}",
        "exception": f"no check in which it {_either([_verb(m) for m in missing], 'or ')}",
        "reading": f"no check in which {item.text} = {_either(missing, 'or ')} changes the answer",
        "condition": f"no check in which it is {_either(missing, 'or ')}: {item.text}",
    }
    yield from _lines(for_[item.kind] + line, indent, indent + "  ")


def _verb(goal: str) -> str:
    return goal if goal == "holds" else f"is {goal}"


def _either(words: Sequence[str], joint: str) -> str:
    words = [w.replace("_", " ") if w in ("not_in_play",) else w for w in words]
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} {joint}{words[-1]}"


def accounts_text(accounts: Accounts) -> str:
    """Each instrument: the counts, the faults, and then every paragraph."""
    out: list[str] = []
    for account in accounts.instruments:
        out += [*_gap(out), *_account(account)]
    return _ended(accounts, out)


def accounts_table(accounts: Accounts) -> str:
    """One line for each instrument, and the faults."""
    out = ["LEDGER              paragraphs  encoded  used  not encoded  unaccounted  in all"]
    for one in accounts.instruments:
        count = {state: one.count(state) for state in STATES}
        lacking = count["unaccounted"] + count["stale"]
        share = percent(len(one.entries) - lacking, len(one.entries))
        row = (len(one.entries), count["encoded"], count["used"], count["not_encoded"], lacking)
        cells = "".join(f"{n:>{width}}" for n, width in zip(row, (12, 9, 6, 13, 13), strict=True))
        out.append(f"{one.index.instrument:<18}{cells}{share:>6} %")
    for one in accounts.instruments:
        out += _strays(one)
    for fault in accounts.problems():
        at = fault.place
        where = f"{at.file}:{at.line}: " if at is not None else ""
        out += _lines(f"FAULT {where}{fault.message}; {fault.hint}", "", "  ")
    out += ["", "Used: by exceptions, concepts or measures alone. Paragraphs, with the reason:"]
    out += ["comity rules coverage INSTRUMENT; of all: --full"]
    return _ended(accounts, out if accounts.instruments else [])


def _ended(accounts: Accounts, out: list[str]) -> str:
    if accounts.unindexed:
        out += [*_gap(out), "Cited by number, and without an index of paragraphs:"]
        for u in accounts.unindexed:
            more = f" and {len(u.rules) - 3} more" if len(u.rules) > 3 else ""
            rules = f"provision of {', '.join(u.rules[:3])}{more}" if u.rules else ""
            others = plural(u.others, "other citation") if u.others else ""
            told = "; ".join(part for part in (rules, others) if part)
            out += _lines(f"{u.instrument}: {told}", "  ", "    ")
    if not out:
        out = ["no instrument has an index of paragraphs"]
    return _block(out)


def _gap(out: Sequence[str]) -> list[str]:
    return [""] if out else []


def _account(account: Account) -> Iterator[str]:
    total = len(account.entries)
    index = account.index
    yield from _lines(
        f"LEDGER {index.instrument}: {account.title}, "
        f"{plural(account.articles, 'article')}, {plural(total, 'paragraph')}",
        "",
        "  ",
    )
    yield from _lines(index.note, "  ", "  ")
    for state in STATES:
        count = account.count(state)
        if count or state == "unaccounted":
            yield f"  {count:>4}  {percent(count, total):>3} %  {STATE_WORDS[state]}"
    for state in ("unaccounted", "stale"):
        for entry in account.entries:
            if entry.state == state:
                yield from _fault(entry)
    yield from _strays(account)
    yield ""
    room = max((columns(e.paragraph.number) for e in account.entries), default=0)
    for entry in account.entries:
        yield from _entry(entry, room)


def _strays(account: Account) -> Iterator[str]:
    """What is cited and is not listed, or does not say which paragraph."""
    index = account.index
    for stray in account.unknown:
        by = ", ".join(stray.by)
        yield from _lines(
            f"{index.instrument} {stray.number} is not in the index: {by}", "  ", "    "
        )
    for stray in account.wide:
        text = f"{index.instrument} {stray.number} does not say which paragraph: "
        yield from _lines(text + ", ".join(stray.by), "  ", "    ")


def _fault(entry: Entry) -> Iterator[str]:
    p = entry.paragraph
    place = f"{p.place.file}:{p.place.line}" if p.place else ""
    what = "unaccounted" if entry.state == "unaccounted" else "stale"
    yield from _lines(f"FAULT {what}: {p} ({p.says}) {place}", "  ", "    ")


def _entry(entry: Entry, room: int) -> Iterator[str]:
    p = entry.paragraph
    told = {
        "encoded": ", ".join(entry.rules),
        "used": f"(used) {', '.join(entry.used_by)}",
        "not_encoded": f"- not encoded: {p.not_encoded}",
        "unaccounted": f"! UNACCOUNTED: {p.says}",
        "stale": f"! STALE, encoded by {', '.join(entry.rules)}: {p.not_encoded}",
    }[entry.state]
    indent = " " * (room + 4)
    yield from _lines(told, f"  {p.number:<{room}}  ", indent)
    if p.note:
        yield from _lines(f"note: {p.note}", indent, indent)
