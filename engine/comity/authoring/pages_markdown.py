"""A description in Markdown, with links between norms, concepts, readings and cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from comity.authoring.describing import Description, Item, Section, norm_in_short
from comity.authoring.listing import instrument_of
from comity.authoring.pages_write import MADE, literal, prose, safe
from comity.authoring.showing import Words
from comity.model import Rule
from comity.phrasing import dotted, plural

Address = Callable[[str], str]  # what a line is about -> where its page is, "" if there is none


def nowhere(_: str) -> str:
    return ""


def markdown(one: Description, address: Address = nowhere, *, made: bool = False) -> str:
    """A page, or a note to the file if no page links to another."""
    heading = f"{one.cite}: {one.title}" if one.cite else one.title
    lines = [f"# {prose(heading)}", ""]
    lines += [MADE, ""] if made else []
    if one.decides:
        lines += [prose(one.decides), ""]
    lines += [f"- **{safe(label)}:** {prose(said)}" for label, said in one.facts]
    lines += [f"- **Id:** {literal(one.id)}"]
    if one.cite:
        lines[-1] += provision_link(one.cite, address)
    if one.file:
        lines += [f"- **File:** {literal('rules/' + one.file) if made else literal(one.file)}"]
    for section in one.sections:
        lines += ["", f"## {section.title}", "", *_section(section, address)]
    return "\n".join(lines) + "\n"


def provision_link(cite: str, address: Address) -> str:
    target = address(f"provision:{cite}")
    return f" ([{safe('all norms of the article')}]({target}))" if target else ""


def _section(section: Section, address: Address) -> Iterator[str]:
    if section.lead:
        yield prose(section.lead)
        yield ""
    if section.name == "tests":
        yield from _tests(section)
        return
    if len(section.items) == 1 and not section.items[0].parts and not section.items[0].link:
        yield _line(section.items[0], address)
        return
    for item in section.items:
        yield from _item(item, 0, address)


def _item(item: Item, depth: int, address: Address) -> Iterator[str]:
    colon = ":" if item.parts and not item.text.endswith((":", "?", ".")) and not item.note else ""
    yield f"{'    ' * depth}- {_line(item, address, colon)}"
    for part in item.parts:
        yield from _item(part, depth + 1, address)


def _line(item: Item, address: Address, colon: str = "") -> str:
    key = literal(item.key) if item.key else ""
    target = address(item.link) if item.link else ""
    if target:
        key = f"[{key or prose(item.text)}]({target})"
        said = prose(item.text) if item.key else ""
    else:
        said = prose(item.text)
    if item.link.startswith(("rule:", "case:")) and key:
        said, key = key, said  # the name first, then what it says
        said = f"{said}: {key}"
        key = ""
    note = f" *({prose(item.note)})*" if item.note else ""
    return f"{said}{colon}{' ' if said and key else ''}{key}{note}".strip()


def _tests(section: Section) -> Iterator[str]:
    rows = [item for item in section.items if item.note]
    if not rows:
        yield prose(section.items[0].text)
        return
    yield "| test | outcome |"
    yield "|---|---|"
    for item in rows:
        yield f"| {prose(item.text)} | {prose(item.note)} |"


def rules_table(rules: Sequence[Rule], words: Words, address: Address = nowhere) -> str:
    """Rules in a table for each instrument."""
    lines: list[str] = []
    before = ""
    for rule in rules:
        instrument = instrument_of(rule, words.vocabulary)
        if instrument != before:
            known = words.vocabulary.instruments.get(instrument)
            title = known.title if known else instrument
            lines += [*([""] if lines else []), f"## {safe(title)}", "", *table_head()]
            before = instrument
        lines.append(table_row(rule, words, address))
    lines += ["", f"{plural(len(rules), 'rule')}."]
    return "\n".join(lines) + "\n"


def table_head() -> tuple[str, str]:
    return ("| provision | norm | who | standing |", "|---|---|---|---|")


def table_row(rule: Rule, words: Words, address: Address = nowhere) -> str:
    target = address(f"rule:{rule.id}")
    title = f"[{prose(rule.title)}]({target})" if target else prose(rule.title)
    strength = ", ".join(rule.strength) + (f" {rule.level}" if rule.level else "")
    state = "" if rule.status == "stable" else f"; {rule.status}"
    checked = "" if rule.verified else "; not yet checked"
    cells = (
        safe(rule.provision),
        title if target else f"{title} {literal(rule.id)}",
        safe(norm_in_short(rule.norm, words)),
        safe(f"{rule.kind}; {strength}{state}{checked}"),
    )
    return f"| {' | '.join(cells)} |"


def bullets(lines: Iterable[str]) -> Iterator[str]:
    return (f"- {dotted(line)}" for line in lines)
