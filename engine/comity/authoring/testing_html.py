"""A test run, or the ledger, as one HTML page: no script, nothing from elsewhere, printable.

Every text is escaped; only the markup below is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from string import Template
from typing import Final

from comity.authoring.accounting import STATES, Account, Accounts, Entry
from comity.authoring.coverage import Coverage, Item, Subject
from comity.authoring.testing import KIND_WORDS, STATE_WORDS, Run, percent, summary
from comity.problems import printable
from comity.ruletests import Result

PAGE: Final = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>$title</title>
<style>
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; color: #1c1c1c; background: #fff;
  max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .5rem; border-bottom: 1px solid #bbb; }
h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: .2rem .6rem .2rem 0;
  border-bottom: 1px solid #e2e2e2; overflow-wrap: break-word; }
th { font-weight: 600; border-bottom-color: #999; }
td.n, th.n { text-align: right; white-space: nowrap; }
code { font: .92em ui-monospace, monospace; overflow-wrap: anywhere; }
.small { color: #555; font-size: .88em; }
.bad { color: #a40000; font-weight: 600; }
.good { color: #19631c; }
.wait { color: #7a4b00; font-weight: 600; }
details { margin: .15rem 0; }
summary { cursor: pointer; }
ul { margin: .2rem 0 .6rem; padding-left: 1.3rem; }
@media print {
  body { margin: 0; max-width: none; font-size: 10pt; }
  h2, h3 { break-after: avoid; }
  tr { break-inside: avoid; }
}
</style>
</head>
<body>
<h1>$title</h1>
$body
</body>
</html>
""")


def page(title: str, body: Iterable[str]) -> str:
    return PAGE.substitute(title=text(title), body="\n".join(body))


def text(value: object) -> str:
    """Escaped, and without the characters that hide or turn what is read."""
    return escape(printable(str(value)))


# --------------------------------------------------------------------------- a run


def run_page(run: Run) -> str:
    return page("Tests of the rules", _run(run))


def _run(run: Run) -> Iterator[str]:
    state = "bad" if run.fails() else "good"
    told = summary(run).splitlines()
    yield f'<p class="{state}">{text(told[-1])}</p>'
    yield from (f'<p class="wait">{text(line)}</p>' for line in told[:-1])
    yield _receipt(run.comity, run.rulebook)
    yield from _links(run)
    shown = [r for r in run.results if r.verdict != "passed"]
    if shown:
        yield '<h2 id="failures">What did not pass</h2>'
        yield from (_failure(r, run.why.get(r.at, ())) for r in sorted(shown, key=_order))
    yield '<h2 id="checks">Checks, rule by rule</h2>'
    yield from (_checks(rule, results) for rule, results in by_rule(run.results))
    if run.coverage is not None:
        yield '<h2 id="coverage">Coverage</h2>'
        yield from _coverage(run.coverage)
    if run.accounts is not None:
        yield '<h2 id="ledger">The ledger</h2>'
        yield from _accounts(run.accounts)


def by_rule(results: Iterable[Result]) -> list[tuple[str, list[Result]]]:
    """The results of each rule, rules with failures first."""
    ordered = sorted(results, key=lambda r: r.rule)
    grouped = [(rule, [*its]) for rule, its in groupby(ordered, lambda r: r.rule)]
    return sorted(grouped, key=lambda pair: -sum(r.verdict == "failed" for r in pair[1]))


def _links(run: Run) -> Iterator[str]:
    parts = [("checks", "checks")]
    parts += [("coverage", "coverage")] if run.coverage is not None else []
    parts += [("ledger", "ledger")] if run.accounts is not None else []
    yield "<p>" + " · ".join(f'<a href="#{to}">{name}</a>' for to, name in parts) + "</p>"


def _receipt(comity: str, rulebook: str) -> str:
    return f'<p class="small">comity {text(comity)}, rulebook <code>{text(rulebook)}</code></p>'


def _order(result: Result) -> tuple[int, str, str]:
    place = {"failed": 0, "todo_met": 1, "todo": 2}.get(result.verdict, 3)
    return place, result.rule, result.at


def _failure(result: Result, why: Sequence[str]) -> str:
    style = "bad" if result.verdict == "failed" else "wait"
    told = (
        ["it passes now; take <code>todo</code> away"]
        if result.verdict == "todo_met"
        else [text(result.message), *(f"why: {text(one)}" for one in why)]
    )
    told += [f"todo: {text(result.todo)}"] if result.todo and result.verdict == "todo" else []
    verdict = result.verdict.replace("_", " ")
    return (
        f'<h3><span class="{style}">{text(verdict)}</span> {text(result.rule)}: '
        f"{text(result.name)}</h3>\n"
        f'<p class="small"><code>{text(result.at)}</code></p>\n{bullets(told)}'
    )


def bullets(lines: Iterable[str]) -> str:
    """A list of what is escaped already."""
    return "<ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>"


def _checks(rule: str, results: Sequence[Result]) -> str:
    failed = sum(r.verdict == "failed" for r in results)
    count = f"{len(results)} check{'' if len(results) == 1 else 's'}"
    note = f', <span class="bad">{failed} failed</span>' if failed else ""
    rows = (
        (
            f'<span class="{_style(r)}">{text(r.verdict.replace("_", " "))}</span>',
            text(r.name),
            text(r.expected.replace("_", " ")),
            f"<code>{text(r.at)}</code>",
        )
        for r in results
    )
    opened = " open" if failed else ""
    head = f"<summary><code>{text(rule)}</code>: {count}{note}</summary>"
    body = table(("", "check", "expected", "where"), rows)
    return f"<details{opened}>{head}{body}</details>"


def _style(result: Result) -> str:
    return {"failed": "bad", "passed": "good"}.get(result.verdict, "wait")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table of cells that are escaped already; `numbers` are the columns set to the right."""

    def cell(tag: str, at: int, inner: str) -> str:
        style = ' class="n"' if at in numbers else ""
        return f"<{tag}{style}>{inner}</{tag}>"

    def row(tag: str, cells: Sequence[str]) -> str:
        return "<tr>" + "".join(cell(tag, n, c) for n, c in enumerate(cells)) + "</tr>"

    body = "\n".join(row("td", cells) for cells in rows)
    return f"<table>\n<thead>{row('th', head)}</thead>\n<tbody>\n{body}\n</tbody>\n</table>"


# --------------------------------------------------------------------------- coverage


def _coverage(coverage: Coverage) -> Iterator[str]:
    rows = (
        (
            text(KIND_WORDS[t.kind]),
            str(t.seen),
            str(t.possible),
            f"{percent(t.seen, t.possible)} %",
            f"{t.complete} of {t.items}",
        )
        for t in coverage.totals()
        if t.possible
    )
    yield table(("", "seen", "possible", "", "complete"), rows, (1, 2, 3, 4))
    for kind, title in (("rule", "Rules, worst first"), ("concept", "Concepts, worst first")):
        subjects = [s for s in coverage.subjects if s.kind == kind]
        if subjects:
            yield f"<h3>{title}</h3>"
            yield from map(_subject, subjects)


def _subject(subject: Subject) -> str:
    seen, unseen = subject.count("seen"), subject.count("unseen")
    what = "check" if subject.kind == "rule" else "rule"
    count = f"{subject.checks} {what}{'' if subject.checks == 1 else 's'}"
    head = (
        f"<summary><code>{text(subject.id)}</code> ({text(subject.cite)}): "
        f"{seen} of {seen + unseen} seen, {count}</summary>"
    )
    rows = [_item(item) for item in subject.items]
    place = f'<p class="small">{text(subject.title)}. <code>{text(subject.at)}</code></p>'
    columns = ("part", "what", "seen", "no check shows", "cannot be", "line")
    opened = " open" if unseen else ""
    return f"<details{opened}>{head}{place}{table(columns, rows)}</details>"


def _item(item: Item) -> tuple[str, ...]:
    def told(state: str) -> str:
        words = item.of(state)  # type: ignore[arg-type]
        return text(", ".join(word.replace("_", " ") for word in words))

    return (
        text(item.section),
        text(item.text),
        told("seen"),
        f'<span class="bad">{told("unseen")}</span>',
        f'<span class="small">{told("cannot")}</span>',
        text(item.at.rpartition(":")[2]),
    )


# --------------------------------------------------------------------------- the ledger


def ledger_page(accounts: Accounts, comity: str, rulebook: str) -> str:
    return page("The ledger of the rulebook", [_receipt(comity, rulebook), *_accounts(accounts)])


def _accounts(accounts: Accounts) -> Iterator[str]:
    for account in accounts.instruments:
        yield from _account(account)
    if accounts.unindexed:
        yield "<h3>Cited by number, and without an index of paragraphs</h3>"
        rows = (
            (text(u.instrument), text(u.title), text(", ".join(u.rules)), str(u.others))
            for u in accounts.unindexed
        )
        yield table(("", "instrument", "provision of", "other citations"), rows, (3,))
    if not accounts.instruments and not accounts.unindexed:
        yield "<p>No instrument has an index of paragraphs.</p>"


def _account(account: Account) -> Iterator[str]:
    total = len(account.entries)
    yield f"<h3>{text(account.index.instrument)}: {text(account.title)}</h3>"
    yield f'<p class="small">{text(account.index.note)}</p>'
    rows = (
        (
            text(STATE_WORDS[state]),
            str(account.count(state)),
            f"{percent(account.count(state), total)} %",
        )
        for state in STATES
    )
    yield table((f"{total} paragraphs", "", ""), rows, (1, 2))
    for strays, what in (
        (account.unknown, "is not in the index; cited by"),
        (account.wide, "does not say which paragraph; provision of"),
    ):
        if strays:
            yield bullets(f"{text(s.number)} {what} {text(', '.join(s.by))}" for s in strays)
    yield table(("paragraph", "says", "", "by"), map(_entry, account.entries))


def _entry(entry: Entry) -> tuple[str, ...]:
    p = entry.paragraph
    style = {"encoded": "good", "unaccounted": "bad", "stale": "bad"}.get(entry.state, "small")
    by = [f"<code>{text(name)}</code>" for name in (*entry.rules, *entry.used_by)]
    if p.not_encoded:
        by += [text(p.not_encoded), f'<span class="small">Note: {text(p.note)}</span>']
    says = text(p.says) + ("" if p.verified else ' <span class="small">(not verified)</span>')
    word = entry.state.replace("_", " ")
    return text(p.number), says, f'<span class="{style}">{word}</span>', "<br>".join(by)
