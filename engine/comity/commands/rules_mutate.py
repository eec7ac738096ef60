"""`comity rules mutate`: which faults in the rules no test and no case would notice."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from comity.commands import shared
from comity.problems import printable, wrap

if TYPE_CHECKING:
    from comity.authoring.mutating import Bench


@click.command("mutate", short_help="Find the faults that no test would notice.")
@click.argument("only", nargs=-1, metavar="[RULE|FILE|FOLDER...]")
@shared.RULES
@click.option(
    "--cases", "case_folders", multiple=True, type=click.Path(path_type=Path), metavar="DIR",
    help="Add a folder of cases to the shipped ones. Repeatable.",
)  # fmt: skip
@click.option(
    "--sample", type=click.IntRange(1), default=None, metavar="N",
    help="Try only so many mutants, drawn by --seed.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Which sample is drawn.")
@click.option(
    "--jobs", type=click.IntRange(1), default=None, metavar="N",
    help="How many processes work at once; as many as there are processors, if not given.",
)  # fmt: skip
@click.option(
    "--max-alive", type=click.FloatRange(0, 100), default=5.0, show_default=True,
    metavar="PERCENT", help="Exit 1 if more are alive; also if one alive is not explained.",
)  # fmt: skip
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text",
    show_default=True, help="How to write the answer.",
)  # fmt: skip
@shared.OUTPUT
@click.option("--full", is_flag=True, help="Also show the numbers by rule, and what is explained.")
@shared.COLOUR
def rules_mutate(
    only: Sequence[str],
    folders: Sequence[Path],
    case_folders: Sequence[Path],
    sample: int | None,
    seed: int,
    jobs: int | None,
    max_alive: float,
    format_: str,
    output: Path | None,
    full: bool,
    colour: str,
) -> None:
    """Put a small fault into the rules, again and again, and list those that nothing notices.

    Each fault changes one thing that an author decided: a modality, who is bound, a condition, an
    exception, a presumption, a reading. It is noticed if a check beside a rule fails, or if a case
    no longer finds what it expects. RULE is the id of a rule, concept or reading; with a FILE or
    FOLDER of the rulebook those in it are tried.
    """
    from comity.authoring import mutating
    from comity.authoring.mutation_report import as_json, as_text
    from comity.library import rulebook_files, shipped_cases

    files = shared.all_files(folders, colour, aside=True)
    cases, problems = rulebook_files([shipped_cases(), *case_folders])
    if problems:
        shared.fail(problems, {}, 2, colour)
    bench = mutating.Bench(files, cases)
    if not bench.usable:
        shared.fail(bench.problems, files, 3, colour)
    owners = chosen(bench, files, only, colour) if only else None
    _explained, faults = mutating.read_explanations(files)
    if faults:
        shared.fail(faults, files, 3, colour)
    failing = list(bench.failing())
    if failing:
        told = (wrap(printable(line), shared.width(), subsequent_indent="  ") for line in failing)
        shared.emit("".join(line + "\n" for lines in told for line in lines))
        click.echo("These checks fail as it is. Mend them first: nothing can be learnt from them.")
        sys.exit(1)
    mutants = mutating.mutants_of(bench, owners)
    if not any(mutants.values()):
        shared.usage("nothing there can be mutated")
    trial = mutating.run(
        bench,
        files,
        mutants,
        jobs=jobs or os.cpu_count() or 1,
        progress=progress(),
        sample=sample or 0,
        seed=seed,
    )
    if format_ == "json":
        shared.emit(as_json(trial, max_alive), output)
    else:
        text = as_text(trial, shared.width() if output is None else 80, max_alive, full=full)
        lines = (printable(line) for line in text.split("\n"))
        shared.emit("\n".join(lines), output)
    if trial.stale:
        shared.warn(trial.stale, files, colour)
    bad = trial.alive > max_alive or trial.count("alive") or trial.stale or not trial.counted
    sys.exit(1 if bad else 0)


def chosen(bench: Bench, files: Iterable[str], only: Sequence[str], colour: str) -> frozenset[str]:
    """The ids meant by names, files and folders; exits 2 for one that means nothing."""
    ids = {d.id.text for d in bench.documents if d.kind != "measure"}
    found: set[str] = set()
    for name in only:
        some = {name} & ids or ids_in(bench, files, name) & ids
        if not some:
            shared.unknown("rule, concept, reading or file", name, sorted(ids), colour)
        found |= some
    return frozenset(found)


def ids_in(bench: Bench, files: Iterable[str], name: str) -> set[str]:
    """The ids in a file or folder: by its place on the disk, else by its name in the rulebook."""
    from comity.library import folder_of, shipped_rules

    root, wanted = Path(str(shipped_rules())), Path(name).resolve()
    paths = [(str(file), Path(file) if folder_of(file) else root / file) for file in files]
    inside = {file for file, path in paths if path.resolve().is_relative_to(wanted)}
    return {
        d.id.text
        for d in bench.documents
        if (d.id.file in inside if inside else lies_in(d.id.file, name))
    }


def lies_in(file: str, name: str) -> bool:
    """Whether a file of the rulebook (`vcdr/22-1-entry.yaml`) is meant by a path such as `vcdr`,
    `rules/vcdr` or `./rules/vcdr/22-1-entry.yaml`."""
    wanted = PurePosixPath(name.replace("\\", "/")).parts
    parts = PurePosixPath(file).parts
    ends = (parts[:at] for at in range(len(parts), 0, -1))
    return bool(wanted) and any(wanted[-len(end) :] == end for end in ends)


def progress() -> Callable[[int, int], None]:
    """How far it is, on standard error and only on a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        return lambda _done, _total: None

    def show(done: int, total: int) -> None:
        end = "\n" if done == total else ""
        click.echo(f"\r{done} of {total} mutants tried", err=True, nl=False)
        if end:
            click.echo(end, err=True, nl=False)

    return show
