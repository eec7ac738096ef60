"""`comity new`: start a rule, with its test, a case or a pack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from comity.commands import shared

if TYPE_CHECKING:
    from comity.authoring.scaffolding import Draft

KINDS = ("departure", "immunity", "inviolability", "duty", "power", "liberty")


@click.group(short_help="Start a rule, a case or a pack.")
def new() -> None:
    """Start a rule, with its test, a case or a pack: commented files that already work."""


@new.command("rule")
@click.option("--provision", required=True, metavar="CITE", help='Such as "VCDR 31(1)" or P90.')
@click.option("--id", "id_", default="", metavar="ID", help="The id, if not made from the rest.")
@click.option("--kind", type=click.Choice(KINDS), help="What kind of norm it is.")
@click.option(
    "--act-type", "--trigger", "act_type", default="", metavar="TYPE",
    help="The type of act that brings it up.",
)  # fmt: skip
@click.option(
    "--binds", type=click.Choice(["receiving", "sending"]), help="Whose conduct it is about."
)
@click.option("--folder", type=click.Path(path_type=Path), metavar="DIR", help="Where to write it.")
@shared.RULES
@shared.COLOUR
def new_rule(
    provision: str,
    id_: str,
    kind: str | None,
    act_type: str,
    binds: str | None,
    folder: Path | None,
    folders: tuple[Path, ...],
    colour: str,
) -> None:
    """Write a rule on a provision, and its test beside it.

    Both pass `comity rules lint` and `comity rules test` as they are. What to replace is marked
    TODO. The model is what the ledger notes of the paragraph or, failing that, a rule on the same
    article. If DIR lies in a pack, that is laid over the rulebook. Nothing is overwritten.
    """
    from comity.authoring import scaffolding
    from comity.authoring.ledger import read_ledger

    wish = scaffolding.Wish(" ".join(provision.split()), id_, kind or "", act_type, binds or "")
    where = folder or scaffolding.folder_for(wish.provision, Path())
    pack = _pack_of(where)
    if pack is not None and not _is_shipped(pack) and not _among(pack, folders):
        folders = (*folders, pack)  # its words, and ids that are taken
    files = shared.all_files(folders, colour, aside=True)
    vocabulary, book = shared.read_rules(files, colour)
    ledger, _ = read_ledger(files)
    draft, problems = scaffolding.new_rule(wish, vocabulary, book.rules, ledger)
    if draft is None:
        shared.fail(problems, {}, 2, colour)
    if pack is None:  # outside every pack: the folder becomes one, since only packs are read
        pack = where
        draft = scaffolding.with_pack(draft, where.resolve().name)
    written = _write(draft, where)
    for note in draft.notes:
        click.echo(note, err=True)
    added = "" if _is_shipped(pack) else f" --rules {pack}"
    _report(
        written,
        [
            f"comity rules lint {written[0]}",
            f"comity rules test {draft.id}{added}",
        ],
    )


def _pack_of(folder: Path) -> Path | None:
    """The pack that a folder is or lies in."""
    around = (folder, *folder.parents) if folder.is_absolute() else (folder, *folder.parents[:-1])
    found = next((one for one in around if (one / "pack.yaml").is_file()), None)
    if found is None and not folder.is_absolute() and Path("pack.yaml").is_file():
        return Path()
    return found


def _among(pack: Path, folders: tuple[Path, ...]) -> bool:
    return pack.resolve() in {one.resolve() for one in folders}


def _is_shipped(folder: Path) -> bool:
    from comity.library import shipped_rules

    return folder.resolve() == Path(str(shipped_rules())).resolve()


@new.command("case")
@click.argument("id_", metavar="[ID]", default="new-case")
@click.option("--title", default="", help="What happened, where and when.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="The file to write."
)
@shared.COLOUR
def new_case(id_: str, title: str, output: Path | None, colour: str) -> None:
    """Write a small case that can be checked at once. Nothing is overwritten."""
    from comity.authoring import scaffolding

    fault = scaffolding.case_fault(id_)
    if fault is not None:
        shared.fail((fault,), {}, 2, colour)
    draft = scaffolding.new_case(id_, title)
    if output is not None:
        draft = scaffolding.Draft({output.name: next(iter(draft.files.values()))}, id_)
    written = _write(draft, output.parent if output is not None else Path())
    _report(written, [f"comity check {written[0]}", f"comity check --expect {written[0]}"])


@new.command("pack")
@click.argument("name")
@shared.COLOUR
def new_pack(name: str, colour: str) -> None:
    """Make a folder for rules of your own, with its pack.yaml. Nothing is overwritten."""
    import re

    from comity.authoring import scaffolding

    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        shared.usage(f"'{name}' cannot be the name of a pack: small letters, digits and hyphens")
    written = _write(scaffolding.new_pack(name), Path())
    _report(written, [f"comity new rule --provision P90 --folder {name}"])


def _write(draft: Draft, folder: Path) -> list[Path]:
    """All files or none, and never over one that is there."""
    paths = [folder / name for name in draft.files]
    there = [path for path in paths if path.exists() or path.is_symlink()]
    if there:
        shared.usage(f"{there[0]} is there already; nothing was written")
    made: list[Path] = []
    try:
        for path, text in zip(paths, draft.files.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                made.append(path)
                file.write(text)
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        shared.usage(f"{path} cannot be written: {error.strerror}")
    return paths


def _report(written: list[Path], commands: list[str]) -> None:
    lines = [f"wrote {path}" for path in written]
    lines += ["next: replace each TODO, then run", *(f"  {command}" for command in commands)]
    shared.emit("\n".join(lines) + "\n")
