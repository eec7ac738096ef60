"""`comity rules docs`: the pages of the norms, as Markdown or as a site."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from comity.commands import bench, shared
from comity.commands.rules_coverage import accounts_of

if TYPE_CHECKING:
    from comity.authoring.pages import Site


@click.command("docs", short_help="Write the pages of the norms, or build the site.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to; 'docs', or 'site' with --site, if left out.",
)
@click.option("--site", "as_site", is_flag=True, help="Build a site that can be read offline.")
@click.option(
    "--handbook",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="With --site: the pages of this folder too.",
)
@bench.CASES
@shared.RULES
@shared.COLOUR
def rules_docs(
    output: Path | None,
    as_site: bool,
    handbook: Path | None,
    cases: Sequence[Path],
    folders: Sequence[Path],
    colour: str,
) -> None:  # fmt: skip
    """Write one page a norm, and indexes by instrument and article, below DIR/norms.

    With --site the pages become a site of HTML that needs neither a server nor a network. Pages
    that were made before and are no longer wanted are removed; other files are left alone.
    """
    from comity.authoring import pages_site

    if as_site and pages_site.missing():
        shared.usage(f"the site is built by mkdocs: {pages_site.INSTALL}")
    if handbook is not None and not (as_site and handbook.is_dir()):
        shared.usage("--handbook names a folder of pages, and goes with --site")
    site = gathered(folders, cases, colour)
    target = output or Path("site" if as_site else "docs")
    try:
        if as_site:
            problems = pages_site.build(site, target, handbook)
            if problems:
                shared.fail(problems, {}, 1, colour)
            click.echo(f"built {target / 'index.html'}")
        else:
            written, removed = pages_site.write(site, target)
            gone = f", {removed} removed" if removed else ""
            click.echo(f"{written} pages in {target}{gone}")
    except OSError as error:
        shared.usage(f"{error.filename or target}: cannot be written: {error.strerror}")


def gathered(folders: Sequence[Path], cases: Sequence[Path], colour: str) -> Site:
    """Everything that the pages are made from; exits if anything of it cannot be read."""
    from comity.authoring import gathering
    from comity.authoring.pages import Site

    loaded = shared.load(folders, colour)
    files = shared.all_files(folders, colour, aside=True)
    words = bench.words_of(loaded, files, colour)
    book = bench.casebook(cases, colour)
    show = bench.progress()
    desk, problems = gathering.desk(loaded, words, files, book, None, show)
    show("")
    if problems:
        shared.fail(problems, {**files, **book}, 3, colour)
    accounts = accounts_of(loaded.rulebook, loaded.vocabulary, files, colour)
    return Site(loaded, desk, accounts, gathering.titles(loaded, book))
