"""The pages of the norms: one a norm, with indexes by instrument and article, all in Markdown.

`pages` gives every page by its path below the folder of the documentation. Nothing is written
here. A page says nothing that changes with every rule, save the indexes: a change of one rule
touches its page, those of its article and instrument, and those of what it uses.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct, field

from comity.authoring import describing, listing
from comity.authoring.accounting import Account, Accounts, Entry
from comity.authoring.describing import Description, Desk, Firing
from comity.authoring.pages_markdown import Address, markdown, table_head, table_row
from comity.authoring.pages_vocabulary import rung, vocabulary_page
from comity.authoring.pages_write import MADE, literal, paragraph, prose, safe
from comity.checking import Loaded
from comity.model import Rule
from comity.phrasing import dotted, listed, plural

FOLDER: Final = "norms"
INDEX: Final = f"{FOLDER}/README.md"
PRACTICE: Final = "PRACTICE"


class Atlas(Struct, frozen=True):
    """Where each page is: from what a line is about to its path."""

    paths: Mapping[str, str]

    def address(self, page: str) -> Address:
        """Links as they are written on a page."""

        def to(link: str) -> str:
            kind, _, what = link.partition(":")
            if kind == "provision":
                link = f"article:{article(what)}"
                wider = (link, f"instrument:{instrument(what)}", f"instrument:{PRACTICE}")
                link = next((one for one in wider if one in self.paths), "")
            path = self.paths.get(link, "")
            if not path or path == page:
                return ""
            file, mark, fragment = path.partition("#")
            return posixpath.relpath(file, posixpath.dirname(page)) + mark + fragment

        return to


class Site(Struct, frozen=True):
    """All that the pages are made from."""

    loaded: Loaded
    desk: Desk
    accounts: Accounts
    titles: Mapping[str, str] = field(default_factory=dict)  # of the cases, by id

    @property
    def rules(self) -> list[Rule]:
        return listing.in_order(self.loaded.rulebook.rules, self.loaded.vocabulary)

    def by_article(self) -> dict[str, list[Rule]]:
        """The rules of each article, in the order of the law; practice is one article."""
        found: dict[str, list[Rule]] = {}
        for rule in self.rules:
            found.setdefault(self.article_of(rule), []).append(rule)
        return found

    def article_of(self, rule: Rule) -> str:
        known = listing.instrument_of(rule, self.loaded.vocabulary) != PRACTICE
        return article(rule.provision) if known else PRACTICE

    def account(self, name: str) -> Account | None:
        found = (a for a in self.accounts.instruments if a.index.instrument == name)
        return next(found, None)


def article(provision: str) -> str:
    """`VCDR 22` for `VCDR 22(1), 22(3)`."""
    name, _, number = provision.partition(" ")
    return f"{name} {re.split(r'[(,;-]', number, maxsplit=1)[0]}".strip()


def instrument(provision: str) -> str:
    return provision.partition(" ")[0]


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def atlas(site: Site) -> Atlas:
    """The path of every page. What has the same name as another gets no page of its own."""
    book = site.loaded.rulebook
    found: dict[str, str] = {}
    found |= {f"rule:{one.id}": f"{FOLDER}/{one.id}.md" for one in book.rules}
    found |= {f"concept:{one.name}": f"{FOLDER}/concepts/{one.name}.md" for one in book.concepts}
    found |= {f"reading:{name}": f"{FOLDER}/readings/{name}.md" for name in book.readings}
    found |= {f"case:{name}": f"{FOLDER}/cases.md#{slug(name)}" for name in site.titles}
    found |= {f"measure:{one.id}": f"{FOLDER}/measures.md#{one.id}" for one in book.measures}
    for name in instruments(site):
        found[f"instrument:{name}"] = f"{FOLDER}/instruments/{slug(name)}.md"
    for name in site.by_article():
        if name != PRACTICE:
            found[f"article:{name}"] = f"{FOLDER}/articles/{slug(name)}.md"
    return Atlas(found)


def instruments(site: Site) -> list[str]:
    """The instruments that have a page, in the order of the vocabulary."""
    v = site.loaded.vocabulary
    used = {listing.instrument_of(rule, v) for rule in site.rules}
    used |= {a.index.instrument for a in site.accounts.instruments}
    order = [*v.instruments, PRACTICE]
    with_norms = {listing.instrument_of(rule, v) for rule in site.rules}
    return sorted(used, key=lambda name: (name not in with_norms, order.index(name)))


def pages(site: Site) -> dict[str, str]:
    """Every page, by path."""
    at = atlas(site)
    found = {"vocabulary.md": vocabulary_page(site.loaded), INDEX: index_page(site, at)}
    for one in descriptions(site):
        path = at.paths[one.link]
        found[path] = markdown(one, at.address(path), made=True)
    for name in instruments(site):
        path = at.paths[f"instrument:{name}"]
        found[path] = instrument_page(name, site, at.address(path))
    for name, rules in site.by_article().items():
        if name != PRACTICE:
            path = at.paths[f"article:{name}"]
            found[path] = article_page(name, rules, site, at.address(path))
    found[f"{FOLDER}/concepts/README.md"] = concepts_page(site, at)
    found[f"{FOLDER}/readings/README.md"] = readings_page(site, at)
    found[f"{FOLDER}/measures.md"] = measures_page(site, at)
    found[f"{FOLDER}/cases.md"] = cases_page(site, at)
    return dict(sorted(found.items()))


def descriptions(site: Site) -> Iterator[Description]:
    """What has a page of its own."""
    book, desk = site.loaded.rulebook, site.desk
    yield from (describing.describe_rule(one, desk) for one in book.rules)
    yield from (describing.describe_concept(one, desk) for one in book.concepts)
    yield from (describing.describe_reading(one, desk) for one in book.readings.values())


def _page(title: str, *lines: str) -> str:
    return "\n".join([f"# {title}", "", MADE, "", *lines]).rstrip() + "\n"


# --------------------------------------------------------------------------- indexes

INTRO: Final = """\
Every norm that `comity` can find, in the order of the law. A norm that is not here is not looked
at, and no finding does not mean lawful. Each page says in words who owes what to whom, when the
norm applies, what departs from it, its exceptions with their authority, the contested points with
who holds which view, its tests, and the cases in which it found something."""

MORE: Final = """\
The same in a terminal: `comity rules list` and `comity rules show RULE`. For one case,
`comity why-not CASE RULE` says why a rule found nothing."""


def index_page(site: Site, at: Atlas) -> str:
    to = at.address(INDEX)
    v = site.loaded.vocabulary
    lines = [paragraph(INTRO), "", paragraph(MORE), "", describing.counted(site.loaded.rulebook)]
    lines += ["", *LISTS]
    by_article = site.by_article()
    for name in instruments(site):
        rules = [r for r in site.rules if listing.instrument_of(r, v) == name]
        target = to(f"instrument:{name}")
        lines += ["", f"## {safe(title_of(name, site))}", ""]
        lines += [f"[{summary(name, rules, site)}]({target})"]
        for art in dict.fromkeys(site.article_of(r) for r in rules):
            if art != PRACTICE:
                heading = article_title(art, site)
                link = f"**[{safe(art)}]({to(f'article:{art}')})**"
                lines += ["", f"{link} {prose(heading)}".rstrip()]
            lines += ["", *(_norm_line(rule, to, site) for rule in by_article[art])]
    return _page("Norms", *lines)


LISTS: Final = (
    "- [Concepts](concepts/README.md): conclusions that several norms share",
    "- [Readings](readings/README.md): contested questions, and who holds which view",
    "- [Measures](measures.md): what the receiving State might do",
    "- [Cases](cases.md): which norms found what in the casebook",
    "- [Vocabulary](../vocabulary.md): every word that a case or a rule may use",
)
READINGS: Final = """\
Questions on which serious authorities differ. None is settled here: a case may choose a view, and a
finding that turns on one shows them all. The first view of each is the default."""
MEASURES: Final = """\
What the receiving State might do, from level 0 (watch) to 10 (break relations). Whether it may is
not written here: each is judged by the norms as an act of its type."""
CASES: Final = """\
What the norms found on the acts of each case of the casebook, with each disputed point as the case
has it; `comity check CASE` tells the whole answer."""
OWN_WORDS: Final = """\
Each paragraph is told in this project's own words. Read the instrument itself before you rely on
one."""


def _norm_line(rule: Rule, to: Address, site: Site) -> str:
    who = describing.norm_in_short(rule.norm, site.desk.words)
    level = f", {rule.level}" if rule.level else ""
    unchecked = "" if rule.verified else "; not yet checked"
    return (
        f"- {safe(rule.provision)}: [{prose(rule.title)}]({to(f'rule:{rule.id}')})"
        f" *({safe(f'{rule.kind}; {who}{level}{unchecked}')})*"
    )


def title_of(name: str, site: Site) -> str:
    known = site.loaded.vocabulary.instruments.get(name)
    return known.title if known is not None else name


def article_title(name: str, site: Site) -> str:
    account = site.account(instrument(name))
    found = account.index.articles.get(name.partition(" ")[2]) if account is not None else None
    return found.title if found is not None else ""


def summary(name: str, rules: Sequence[Rule], site: Site) -> str:
    """10 norms; 42 of 103 paragraphs encoded"""
    text = plural(len(rules), "norm")
    account = site.account(name)
    if account is not None:
        held = account.count("encoded") + account.count("used")
        text += f"; {held} of {plural(len(account.entries), 'paragraph')} encoded or used"
    return text


# --------------------------------------------------------------------------- the law


def instrument_page(name: str, site: Site, to: Address) -> str:
    """Every article of an instrument: its paragraphs, and what became of each."""
    v = site.loaded.vocabulary
    rules = [r for r in site.rules if listing.instrument_of(r, v) == name]
    lines = [f"{summary(name, rules, site)}."]
    known = v.instruments.get(name)
    if known is not None and known.date:
        force = f", in force {known.in_force}" if known.in_force else ", not in force"
        lines += ["", f"Of {known.date}{force}. Cited as {literal(name)}."]
    account = site.account(name)
    if account is None:
        lines += ["", *table_head(), *(table_row(rule, site.desk.words, to) for rule in rules)]
        return _page(safe(title_of(name, site)), *lines)
    lines += ["", paragraph(OWN_WORDS)]
    lines += ["", f"How the list was made: {dotted(prose(account.index.note))}"]
    for number, one in account.index.articles.items():
        target = to(f"article:{name} {number}")
        heading = f"{number}: {one.title}" if number != "preamble" else f"Preamble: {one.title}"
        lines += ["", f"## {prose(heading)}", ""]
        if target:
            lines += [f"[The norms of this article]({target})", ""]
        lines += [line for n in one.paragraphs for line in _paragraph(n, account, site, to)]
    return _page(safe(title_of(name, site)), *lines)


def article_page(name: str, rules: Sequence[Rule], site: Site, to: Address) -> str:
    """The paragraphs of an article, what became of each, and its norms."""
    heading = article_title(name, site)
    title = f"{safe(name)}{': ' + prose(heading) if heading else ''}"
    back = to(f"instrument:{instrument(name)}")
    lines = [f"[{safe(title_of(instrument(name), site))}]({back})"]
    account = site.account(instrument(name))
    found = account.index.articles.get(name.partition(" ")[2]) if account is not None else None
    if account is not None and found is not None:
        lines += ["", "## Paragraphs", ""]
        lines += [line for n in found.paragraphs for line in _paragraph(n, account, site, to)]
    lines += ["", "## Norms", "", *table_head()]
    lines += [table_row(rule, site.desk.words, to) for rule in rules]
    return _page(title, *lines)


_STATES: Final = {
    "encoded": "encoded",
    "used": "used, and no norm of its own",
    "not_encoded": "not encoded",
    "unaccounted": "nothing encodes it, and no reason is given",
    "stale": "encoded, though the ledger says that it is not",
}


def _paragraph(number: str, account: Account, site: Site, to: Address) -> Iterator[str]:
    entry = next(e for e in account.entries if e.paragraph.number == number)
    one = entry.paragraph
    unchecked = "" if one.verified else "; wording not yet checked"
    yield f"- **{safe(number)}** {prose(one.says)} *({safe(_STATES[entry.state] + unchecked)})*"
    if one.not_encoded:
        yield f"    - Why not: {prose(one.not_encoded)}"
    if one.note:
        yield f"    - For who encodes a case: {prose(one.note)}"
    yield from (f"    - {line}" for line in _encoders(entry, site, to))


def _encoders(entry: Entry, site: Site, to: Address) -> Iterator[str]:
    titles = {rule.id: rule.title for rule in site.loaded.rulebook.rules}
    for name in entry.rules:
        yield f"[{prose(titles.get(name, name))}]({to(f'rule:{name}')})"
    users = dict.fromkeys(name.partition("/")[0] for name in entry.used_by)
    users = dict.fromkeys(name for name in users if name not in entry.rules)
    if users:
        shown = [
            f"[{literal(name)}]({target})" if (target := _found(name, to)) else literal(name)
            for name in users
        ]
        yield f"used by {listed(shown)}"


def _found(name: str, to: Address) -> str:
    return next((t for kind in ("rule", "concept", "measure") if (t := to(f"{kind}:{name}"))), "")


# --------------------------------------------------------------------------- the rest


def concepts_page(site: Site, at: Atlas) -> str:
    to = at.address(f"{FOLDER}/concepts/README.md")
    lines = ["Conclusions that several norms share. A condition tests them like keys.", ""]
    lines += [
        f"- [{literal(one.name)}]({to(f'concept:{one.name}')}): {prose(one.title)}"
        f" *({safe(one.cite)})*"
        for one in site.loaded.rulebook.concepts
    ]
    return _page("Concepts", *lines)


def readings_page(site: Site, at: Atlas) -> str:
    to = at.address(f"{FOLDER}/readings/README.md")
    lines = [paragraph(READINGS)]
    for name, one in sorted(site.loaded.rulebook.readings.items()):
        lines += ["", f"## [{prose(one.title)}]({to(f'reading:{name}')})", ""]
        lines += [prose(one.question), ""] if one.question else []
        for value in sorted(one.values, key=lambda v: (v != one.default, v)):
            held = one.values[value].held_by
            by = f" *(held by: {prose(held)})*" if held else ""
            lines.append(f"- {literal(value)} {prose(one.values[value].says)}{by}")
    return _page("Readings", *lines)


def measures_page(site: Site, at: Atlas) -> str:
    """Every measure, by level; whether one is barred is for the norms."""
    book = site.loaded.rulebook
    lines = [paragraph(MEASURES)]
    level: object = ""
    for one in sorted(book.measures, key=rung):
        if one.level != level:
            level = one.level
            lines += ["", "## No legitimate rung" if level is None else f"## Level {level}", ""]
        lines += ["", f"### {one.id}", "", dotted(prose(one.title)), ""]
        act = literal(one.act["type"][0])
        lines += [f"- Aimed {describing.AIMED[one.each]}; an act of the type {act}"]
        lines += [f"- Procedure: {prose(one.procedure)}"] if one.procedure else []
        lines += [f"- Condition: {prose(text)}" for text in one.conditions]
        lines += [f"- Governed by: {safe(', '.join(one.cite))}"] if one.cite else []
        lines += [f"- Note: {prose(one.note)}"] if one.note else []
    return _page("Measures", *lines)


def cases_page(site: Site, at: Atlas) -> str:
    """Which norms found what in each case."""
    to = at.address(f"{FOLDER}/cases.md")
    rules = {rule.id: rule for rule in site.rules}
    lines = [paragraph(CASES)]
    for case, title in site.titles.items():
        lines += ["", f"## {safe(case)}", "", prose(title), ""]
        lines += ["| norm | outcome and acts |", "|---|---|"]
        for name, rule in rules.items():
            found = [one for one in site.desk.firings.get(name, ()) if one.case == case]
            if found:
                target = to(f"rule:{name}")
                cite = f"[{safe(rule.provision)}]({target}) {prose(rule.title)}"
                lines += [f"| {cite} | {safe(_outcomes(found))} |"]
    return _page("Cases", *lines)


def _outcomes(found: Iterable[Firing]) -> str:
    told = describing.by_outcome(sorted(found))
    return "; ".join(f"{outcome}: {listed(acts)}" for outcome, acts in told.items())


# --------------------------------------------------------------------------- navigation

Nav = list[dict[str, object]]


def navigation(site: Site) -> Nav:
    """The pages in the order of the law, for the side of the site."""
    at = atlas(site)
    by_article = site.by_article()
    law: Nav = []
    for name in instruments(site):
        entry: list[object] = [at.paths[f"instrument:{name}"]]
        for art, rules in by_article.items():
            if listing.instrument_of(rules[0], site.loaded.vocabulary) != name:
                continue
            norms: list[object] = [{_short(r): at.paths[f"rule:{r.id}"]} for r in rules]
            if art == PRACTICE:
                entry += norms
            else:
                heading = article_title(art, site)
                label = f"{art.partition(' ')[2]} {heading}".strip() or art
                entry.append({label: [at.paths[f"article:{art}"], *norms]})
        law.append({title_of(name, site): entry})
    concepts = [
        {one.title: at.paths[f"concept:{one.name}"]} for one in site.loaded.rulebook.concepts
    ]
    readings = [
        {one.title: at.paths[f"reading:{one.id}"]}
        for one in sorted(site.loaded.rulebook.readings.values(), key=lambda r: r.title)
    ]
    return [
        {"Norms": [INDEX, *law]},
        {"Concepts": [f"{FOLDER}/concepts/README.md", *concepts]},
        {"Readings": [f"{FOLDER}/readings/README.md", *readings]},
        {"Measures": f"{FOLDER}/measures.md"},
        {"Cases": f"{FOLDER}/cases.md"},
        {"Vocabulary": "vocabulary.md"},
    ]


def _short(rule: Rule) -> str:
    return f"{rule.provision.partition(' ')[2] or rule.provision} {rule.title}"
