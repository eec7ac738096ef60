"""The pages of the norms are current, complete and safe, and the site needs no network."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from comity.authoring import pages, pages_site
from comity.authoring.pages import Site
from comity.authoring.pages_write import MADE, literal, prose, safe
from comity.checking import Loaded
from comity.cli import main
from comity.commands.rules_docs import gathered
from tests.conftest import ROOT

DOCS = ROOT / "docs"
NEEDS_MKDOCS = pytest.mark.skipif(find_spec("material") is None, reason="needs the extra docs")


@pytest.fixture(scope="module")
def site() -> Site:
    return gathered((), (), "never")


@pytest.fixture(scope="module")
def made(site: Site) -> dict[str, str]:
    return pages.pages(site)


def test_the_generated_pages_are_current(made: dict[str, str], site: Site, update_golden: bool):
    """If not: `make docs`."""
    if update_golden:
        pages_site.write(site, DOCS)
    kept = {
        name: (DOCS / name).read_text(encoding="utf-8") for name in made if (DOCS / name).exists()
    }
    assert [name for name, text in made.items() if kept.get(name) != text] == []
    assert pages_site.stale(DOCS, made) == []


def test_every_norm_concept_and_reading_has_a_page(made: dict[str, str], loaded: Loaded):
    book = loaded.rulebook
    wanted = {f"norms/{one.id}.md" for one in book.rules}
    wanted |= {f"norms/concepts/{one.name}.md" for one in book.concepts}
    wanted |= {f"norms/readings/{name}.md" for name in book.readings}
    assert wanted <= set(made)
    assert all(MADE in text for text in made.values())
    index = made[pages.INDEX]
    assert [r.id for r in book.rules if f"]({r.id}.md)" not in index] == []
    assert [m.id for m in book.measures if f"### {m.id}\n" not in made["norms/measures.md"]] == []


def test_a_page_says_nothing_that_changes_with_other_rules(made: dict[str, str], loaded: Loaded):
    """So that the diff of a changed rule is small."""
    for rule in loaded.rulebook.rules:
        text = made[f"norms/{rule.id}.md"]
        assert not re.search(r"\.yaml:\d", text)
        assert str(len(loaded.rulebook.rules)) + " norms" not in text


def test_an_article_tells_its_paragraphs(made: dict[str, str]):
    text = made["norms/articles/vcdr-22.md"]
    assert "**22(1)**" in text
    assert "](../vcdr-22-1-entry.md)" in text
    whole = made["norms/instruments/vcdr.md"]
    assert "Why not:" in whole
    assert "(not encoded)" in whole


def test_the_cases_are_told_with_their_outcomes(made: dict[str, str]):
    text = made["norms/cases.md"]
    assert "## seoul-banner-2026" in text
    assert re.search(r"\[VCDR 41\(1\)\]\(vcdr-41-1-interference\.md\).*arguable: ", text)


# --------------------------------------------------------------------------- text is data

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "**bold** _em_ ~~gone~~ `code`",
    "[a](javascript:alert(1)) ![b](http://x.example/y.png)",
    "a | b\n| c |",
    "# heading",
    "1. list",
    "- item",
    "&lt;b&gt;",
    "<!-- comment",
    "```\nfence",
    "=====",
    "\\<b>",
    ": definition",
    "[TOC]",
    "[^1]: note",
    "{: .class }",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("way", [safe, prose, literal])
def test_text_never_becomes_markup(text: str, way):
    """As Python-Markdown reads it: one paragraph, with nothing in it but the text and code."""
    markdown = pytest.importorskip("markdown")
    html = markdown.markdown(way(text), extensions=["tables", "toc", "pymdownx.superfences"])
    plain = re.sub(r"</?(p|code)>", "", html)
    assert not re.search(r"<\w|<!", plain)
    assert html.count("<p>") == 1


def test_words_between_backquotes_stay_code():
    assert prose("grade `act.zone` or *not*") == r"grade `act.zone` or \*not\*"


# --------------------------------------------------------------------------- writing


def test_pages_no_longer_wanted_are_removed_and_others_left(tmp_path: Path, site: Site):
    (tmp_path / "norms").mkdir()
    old, own = tmp_path / "norms" / "gone.md", tmp_path / "norms" / "mine.md"
    old.write_text(f"# Gone\n\n{MADE}\n", encoding="utf-8")
    own.write_text("# Mine\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["rules", "docs", "-o", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert result.output.endswith(", 1 removed\n")
    assert not old.exists()
    assert own.exists()
    assert (tmp_path / "norms" / "vcdr-22-1-entry.md").exists()


def test_without_the_handbook_a_link_to_it_is_plain_text(tmp_path: Path):
    page = tmp_path / "vocabulary.md"
    page.write_text("[here](norms/a.md#x), [gone](cases.md), [web](https://x.y/z.md)", "utf-8")
    (tmp_path / "norms").mkdir()
    (tmp_path / "norms" / "a.md").write_text("[back](../vocabulary.md)", "utf-8")
    pages_site.loosen(tmp_path)
    assert page.read_text("utf-8") == "[here](norms/a.md#x), gone, [web](https://x.y/z.md)"
    assert (tmp_path / "norms" / "a.md").read_text("utf-8") == "[back](../vocabulary.md)"


def test_the_handbook_goes_with_the_site():
    result = CliRunner().invoke(main, ["rules", "docs", "--handbook", "docs"])
    assert result.exit_code == 2


def test_without_mkdocs_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pages_site, "find_spec", lambda _: None)
    result = CliRunner().invoke(main, ["rules", "docs", "--site"])
    assert result.exit_code == 2
    assert "pip install 'comity[docs]'" in result.output


# --------------------------------------------------------------------------- the site


class Loads(HTMLParser):
    """What a browser fetches by itself for a page, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif tag == "link":
            self.fetched.append(found.get("href", ""))
        else:
            self.fetched += [
                v for k, v in found.items() if k in ("src", "srcset", "data", "poster")
            ]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Path:
    folder = tmp_path_factory.mktemp("built") / "site"
    problems = pages_site.build(site, folder, DOCS)
    assert [p.message for p in problems] == []
    return folder


@pytest.mark.slow
@NEEDS_MKDOCS
def test_the_site_has_every_norm_and_fetches_nothing(built: Path, loaded: Loaded):
    assert {
        r.id for r in loaded.rulebook.rules if not (built / "norms" / f"{r.id}.html").exists()
    } == set()
    away = []
    for path in built.rglob("*.html"):
        page = Loads()
        page.feed(path.read_text(encoding="utf-8"))
        away += [f"{path.name}: {one}" for one in page.fetched if re.match(r"(https?:)?//", one)]
    assert away == []
    for path in built.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", path.read_text(encoding="utf-8"))


@pytest.mark.slow
@NEEDS_MKDOCS
def test_the_search_works_from_the_disk(built: Path):
    assert (
        (built / "search" / "search_index.js").read_text(encoding="utf-8").startswith("var __index")
    )
    assert "iframe-worker" in (built / "index.html").read_text(encoding="utf-8")
    assert (built / "assets" / "iframe-worker.js").is_file()
    assert "bailiffs" in (built / "search" / "search_index.js").read_text(encoding="utf-8")


@pytest.mark.slow
@NEEDS_MKDOCS
def test_every_link_of_the_site_leads_somewhere(built: Path):
    broken = []
    for path in built.rglob("*.html"):
        page = Loads()
        page.feed(path.read_text(encoding="utf-8"))
        for link in page.links:
            target = link.partition("#")[0]
            here = target and not re.match(r"[a-z]+:", target) and path.name != "404.html"
            if here and not (path.parent / target).resolve().exists():
                broken.append(f"{path.relative_to(built)}: {link}")
    assert broken == []


@pytest.mark.slow
@NEEDS_MKDOCS
def test_a_site_takes_the_place_of_a_site_and_of_nothing_else(
    built: Path, site: Site, tmp_path: Path
):
    assert pages_site.is_site(built)
    (tmp_path / "letters.txt").write_text("mine", encoding="utf-8")
    assert not pages_site.is_site(tmp_path)
    with pytest.raises(FileExistsError):
        pages_site.build(site, tmp_path)
    assert (tmp_path / "letters.txt").read_text(encoding="utf-8") == "mine"
