"""The pages on the disk, and the site that mkdocs makes of them: the only module that writes.

mkdocs and its theme are an extra (docs/decisions/0017). The site is made in a folder of its own,
from the pages alone, and what it shows is looked at neither from nor on the network.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import yaml

from comity.authoring.pages import FOLDER, INDEX, Nav, Site, navigation, pages
from comity.authoring.pages_write import MADE
from comity.problems import Problem, problem

INSTALL: Final = "pip install 'comity[docs]'"
ASSETS: Final = Path(__file__).parent / "site"
HANDBOOK: Final = (
    ("encoding-a-case.md", "Encoding a case"),
    ("meaning.md", "What the outcomes mean"),
    ("reading-rules.md", "Reading the rules"),
    ("writing-a-rule.md", "Writing a rule"),
    ("testing-rules.md", "Testing rules"),
    ("glossary.md", "Glossary"),
    ("answer-format.md", "The answer as JSON"),
    ("architecture.md", "Architecture"),
)
_LINK: Final = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")


def missing() -> bool:
    """Whether what builds the site is not installed."""
    return find_spec("mkdocs") is None or find_spec("material") is None


# --------------------------------------------------------------------------- Markdown


def write(site: Site, folder: Path) -> tuple[int, int]:
    """Every page below a folder; how many were written, and how many old ones removed."""
    made = pages(site)
    for name, text in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    old = stale(folder, made)
    for path in old:
        path.unlink()
    return len(made), len(old)


def stale(folder: Path, made: dict[str, str]) -> list[Path]:
    """Pages of norms that were made once and are no longer; nothing that people wrote."""
    wanted = {folder / name for name in made}
    return [
        path
        for path in sorted((folder / FOLDER).rglob("*.md"))
        if path not in wanted and MADE in path.read_text(encoding="utf-8")[:2000]
    ]


# --------------------------------------------------------------------------- HTML


def build(site: Site, target: Path, handbook: Path | None = None) -> tuple[Problem, ...]:
    """The site in a folder, in place of one that was there. Warnings of mkdocs are problems."""
    if target.exists() and not is_site(target):
        raise FileExistsError(17, "there is something else than a site", str(target))
    with tempfile.TemporaryDirectory(prefix="comity-site-") as work:
        folder = Path(work) / "pages"
        write(site, folder)
        nav = navigation(site)
        graph(site, folder, nav)
        if handbook is not None:
            nav = [*nav, *copied(handbook, folder)]
        front(folder)
        if handbook is None:  # with it, a link that leads nowhere is a fault, and mkdocs says so
            loosen(folder)
        raise_norms(site, folder)
        (folder / "assets").mkdir()
        for name in ("extra.css", "iframe-worker.js"):
            shutil.copyfile(ASSETS / name, folder / "assets" / name)
        made = Path(work) / "made"
        settings = Path(work) / "mkdocs.yml"
        settings.write_text(yaml.safe_dump(config(folder, nav, made)), encoding="utf-8")
        problems = run_mkdocs(settings)
        if not problems:
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(made, target)
    return problems


def is_site(folder: Path) -> bool:
    """Whether a folder is empty or holds a site that was built before."""
    return folder.is_dir() and (
        not any(folder.iterdir()) or (folder / "assets" / "iframe-worker.js").is_file()
    )


def front(folder: Path) -> None:
    """The first page of the site is the index of the norms, with its links led right."""
    text = (folder / INDEX).read_text(encoding="utf-8")

    def led(found: re.Match[str]) -> str:
        target = found[2]
        path = target.removeprefix("../") if target.startswith("../") else f"{FOLDER}/{target}"
        return f"[{found[1]}]({path})"

    (folder / "index.md").write_text(_LINK.sub(led, text), encoding="utf-8")


def loosen(folder: Path) -> None:
    """A link to a page that the site does not have becomes plain text: the handbook may be left
    out."""
    for page in sorted(folder.rglob("*.md")):
        page.write_text(linked(page, Path.is_file), encoding="utf-8")


def linked(page: Path, leads: Callable[[Path], bool]) -> str:
    """The text of a page; a link to a path that leads nowhere becomes plain text."""

    def kept(found: re.Match[str]) -> str:
        target = found[2].partition("#")[0]
        if not target or re.match(r"[a-z]+:", target):
            return found[0]
        return found[0] if leads((page.parent / target).resolve()) else found[1]

    return _LINK.sub(kept, page.read_text(encoding="utf-8"))


def raise_norms(site: Site, folder: Path) -> None:
    """A search finds norms before the vocabulary."""
    for rule in site.loaded.rulebook.rules:
        path = folder / FOLDER / f"{rule.id}.md"
        text = path.read_text(encoding="utf-8")
        path.write_text(f"---\nsearch:\n  boost: 4\n---\n{text}", encoding="utf-8")


def graph(site: Site, folder: Path, nav: Nav) -> None:
    """The picture of which norm rests on what, with a page that shows it."""
    from comity.authoring import graphing
    from comity.authoring.pages import atlas

    at = atlas(site).address(f"{FOLDER}/graph.md")
    whole = graphing.network(site.loaded.rulebook, site.loaded.vocabulary)
    svg = graphing.overview(whole, lambda link: html(at(link)))
    (folder / FOLDER / "graph.svg").write_text(svg, encoding="utf-8")
    text = (
        "---\nhide:\n  - navigation\n  - toc\n---\n"
        f"# What rests on what\n\n{graphing.LEGEND}\n\n"
        "[Open the picture alone](graph.svg)\n\n"
        f'<div class="graph-frame">{inline(svg)}</div>\n'
    )
    (folder / FOLDER / "graph.md").write_text(text, encoding="utf-8")
    nav.append({"Graph": f"{FOLDER}/graph.md"})


def inline(svg: str) -> str:
    return "".join(line for line in svg.splitlines() if not line.startswith("<?xml"))


def html(path: str) -> str:
    return path.replace("README.md", "index.html").replace(".md", ".html")


def copied(handbook: Path, folder: Path) -> Nav:
    """The pages that people wrote. A link that leads out of their folder becomes plain text."""
    root = handbook.resolve()
    for path in sorted(handbook.rglob("*.md")):
        name = path.relative_to(handbook)
        if (folder / name).exists() or name.parts[0] == FOLDER:
            continue
        text = linked(path, lambda to: to.is_relative_to(root) and to.suffix == ".md")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        # What a fence says of its block is for the tests, and Python-Markdown cannot read it.
        text = re.sub(r"(?m)^(```\w+) .*$", r"\1", text)
        (folder / name).write_text(text, encoding="utf-8")
    entries: list[object] = [{title: name} for name, title in HANDBOOK if (folder / name).is_file()]
    known = {name for name, _ in HANDBOOK} | {"vocabulary.md", "index.md"}
    entries += [path.name for path in sorted(folder.glob("*.md")) if path.name not in known]
    decisions = sorted((folder / "decisions").glob("*.md"))
    if decisions:
        ordered = sorted(decisions, key=lambda p: (p.name != "README.md", p.name))
        entries.append({"Decisions": [f"decisions/{path.name}" for path in ordered]})
    return [{"Handbook": entries}] if entries else []


def config(folder: Path, nav: Nav, made: Path) -> dict[str, Any]:
    settings: dict[str, Any] = yaml.safe_load((ASSETS / "mkdocs.yaml").read_text(encoding="utf-8"))
    first: Nav = [{"Norms": ["index.md", *nav[0]["Norms"][1:]]}]  # type: ignore[index]
    return {**settings, "docs_dir": str(folder), "site_dir": str(made), "nav": [*first, *nav[1:]]}


class _Warnings(logging.Handler):
    """What mkdocs complains of, instead of a log on the terminal."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record.getMessage())


def run_mkdocs(settings: Path) -> tuple[Problem, ...]:
    """Build, and give every warning and error as a problem."""
    os.environ["NO_MKDOCS_2_WARNING"] = "true"
    from mkdocs.commands.build import build as make
    from mkdocs.config import load_config
    from mkdocs.exceptions import MkDocsException

    log, watch = logging.getLogger("mkdocs"), _Warnings()
    before = log.propagate
    log.addHandler(watch)
    log.propagate = False
    try:
        make(load_config(str(settings)))
    except MkDocsException as error:
        watch.found.append(str(error))
    finally:
        log.removeHandler(watch)
        log.propagate = before
    return tuple(_problems(watch.found))


def _problems(found: list[str]) -> Iterator[Problem]:
    for text in dict.fromkeys(found):
        yield problem("U001", None, f"mkdocs: {' '.join(text.split())}")
