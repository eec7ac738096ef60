"""What the commands share: options, the rulebook and the cases by name, ways to end.

Everything heavy is imported where it is used: a command pays for what it does and no more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

import click

from comity.problems import Place, Problem, nearest, problem, render

if TYPE_CHECKING:
    # Python 3.10 has no such module.
    from importlib.resources.abc import Traversable

    from comity.checking import Checked, Loaded
    from comity.model import Pack, Rulebook
    from comity.vocabulary import Vocabulary

RULES = click.option(
    "--rules", "folders", multiple=True, type=click.Path(path_type=Path), metavar="DIR",
    help="Lay a pack over the rulebook: a folder of rules with its pack.yaml. Repeatable.",
)  # fmt: skip
VARIANT = click.option(
    "--variant", default="", metavar="NAME", help="Look at a variant of the case."
)
FORMAT = click.option(
    "--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text",
    show_default=True, help="How to write it.",
)  # fmt: skip
OUTPUT = click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file."
)
COLOUR = click.option(
    "--color", "colour", type=click.Choice(["auto", "always", "never"]), default="auto",
    show_default=True, help="Colour; NO_COLOR is honoured.",
)  # fmt: skip


STDIN = "<stdin>"


def load(folders: Sequence[Path], colour: str) -> Loaded:
    """The rulebook, compiled or kept from an earlier run; exits 3 with every fault if unusable."""
    from comity import caching
    from comity.checking import Loaded as Ready
    from comity.checking import ready
    from comity.library import by_folder, digest_of
    from comity.running import Engine

    files = all_files(folders, colour)
    digest = digest_of(files)
    # The same packs elsewhere give the same digest, but their rules have other places.
    key = " ".join([digest, *filter(None, by_folder(files))])
    kept = caching.read(key)
    if kept is not None:
        book, vocabulary, program = kept
        return Ready(book, vocabulary, program, Engine(program))
    vocabulary, book = read_rules(files, colour, digest)
    loaded, problems = ready(book, vocabulary)
    if loaded is None:
        fail(problems, {}, 3, colour)
    caching.write(key, (book, vocabulary, loaded.program))
    return loaded


def read_rules(
    files: dict[str, bytes], colour: str, digest: str = ""
) -> tuple[Vocabulary, Rulebook]:
    from comity.rulereader import read_all

    vocabulary, book, problems = read_all(files, digest=digest)
    if book is None:
        fail(problems, files, 3, colour)
    return vocabulary, book


def all_files(folders: Sequence[Path], colour: str, *, aside: bool = False) -> dict[str, bytes]:
    """The files of the rulebook and of the packs laid over it; `aside` adds what decides no answer:
    tests, lists of paragraphs, explanations, sentences. A pack's file has a `library.FileName`."""
    from comity.library import rulebook_files, shipped_rules

    packs = [*installed(colour), *named_in_environment(colour), *folders]
    files, problems = rulebook_files([shipped_rules(), *packs], aside=aside)
    if problems:
        fail(problems, {}, 3, colour)
    return files


def installed(colour: str) -> Sequence[Traversable | Path]:
    """The packs of installed distributions, unless they are to be left out."""
    from comity.library import installed_packs

    wanted = os.environ.get("COMITY_PACKS", "") or "all"
    if wanted == "none":
        return ()
    if wanted != "all":
        text = f"COMITY_PACKS is '{wanted}'"
        fail((problem("U001", None, text, "set it to all or none"),), {}, 2, colour)
    packs, problems = installed_packs(sys.path)
    if problems:
        fail(problems, {}, 3, colour)
    return packs


def named_in_environment(colour: str) -> list[Path]:
    """The packs that COMITY_RULES names, as a search path does."""
    names = os.environ.get("COMITY_RULES", "").split(os.pathsep)
    found = [Path(name) for name in names if name]
    missing = [
        problem("Y001", Place(str(path), 1, 1), "no such folder", "COMITY_RULES names it")
        for path in found
        if not path.is_dir()
    ]
    if missing:
        fail(missing, {}, 3, colour)
    return found


def read_and_check(loaded: Loaded, name: str, variant: str, colour: str) -> Checked:
    """One case, checked; exits 2 with every fault if it cannot be read."""
    return read_and_check_all(loaded, [name], variant, colour)[0]


def read_and_check_all(
    loaded: Loaded, names: Iterable[str], variant: str, colour: str
) -> list[Checked]:
    """The cases, checked; exits 2 with every fault of every file if one cannot be read."""
    from comity.checking import check as check_case
    from comity.running import EngineFault

    found: list[Checked] = []
    faults: list[Problem] = []
    files: dict[str, bytes] = {}
    for name in names:
        data, problems = read_case_file(name)
        if data is not None:
            name = STDIN if name == "-" else name
            files[name] = data
            try:
                checked, problems = check_case(loaded, data, name, variant=variant)
            except EngineFault as fault:
                fail((problem(fault.code, None, fault.message),), {}, 3, colour)
            found += [checked] if checked is not None else []
        faults += problems
    if any(p.severity == "error" for p in faults):
        fail(faults, files, 2, colour)
    if faults:
        warn(faults, files, colour)
    return found


def read_case_file(name: str) -> tuple[bytes | None, tuple[Problem, ...]]:
    """The bytes of a case, from a file or, for a dash, from standard input."""
    from comity.source import read_path

    if name != "-":
        return read_path(name)
    # Python has no standard input at all where the shell closed it.
    if sys.stdin is None:
        return None, (problem("Y001", Place(STDIN, 1, 1), "standard input is closed"),)
    return everything(sys.stdin), ()


@lru_cache(maxsize=1)
def everything(stream: TextIO) -> bytes:
    """All that a stream holds. It can be read once only, and every variant of a case needs it."""
    return stream.buffer.read()


def case_files(names: Iterable[str]) -> list[str]:
    """The case files named, folders opened; exits 2 if there is none."""
    found: list[str] = []
    for name in names:
        path = Path(name)
        found += sorted(str(p) for p in path.rglob("*.yaml")) if path.is_dir() else [name]
    if not found:
        usage("no case file there")
    return found


def fail(problems: Iterable[Problem], files: dict[str, bytes], code: int, colour: str) -> NoReturn:
    warn(problems, files, colour)
    sys.exit(code)


def warn(
    problems: Iterable[Problem], files: dict[str, bytes], colour: str, summary: str | None = None
) -> None:
    """Problems on standard error, each with its line; `summary` is the last one."""
    texts = {name: data.decode("utf-8", "replace") for name, data in files.items()}
    paint = coloured(colour, err=True)
    told = render(tuple(problems), texts, colour=paint, summary=summary)
    click.echo(told, err=True, nl=False, color=paint)


def unknown(
    what: str, name: str, choices: Sequence[str], colour: str, packs: Sequence[Pack] = ()
) -> NoReturn:
    """Nothing has this name; if one of the `packs` disables what has, that is said."""
    for pack in packs:
        for change in pack.disables:
            if change.id == name:
                text = (
                    f"the pack '{pack.name}' disables the {change.kind} '{name}': {change.reason}"
                )
                hint = "`--rules` and COMITY_RULES name packs; COMITY_PACKS=none leaves out those"
                fail((problem("U002", None, text, f"{hint} installed"),), {}, 2, colour)
    near = nearest(name, choices)
    hint = f"did you mean '{near}'?" if near else f"one of: {', '.join(choices[:12])}"
    fail((problem("U002", None, f"unknown {what} '{name}'", hint),), {}, 2, colour)


def usage(text: str, code: int = 2) -> NoReturn:
    fail((problem("U001", None, text),), {}, code, "auto")


def emit(text: str, output: Path | None = None) -> None:
    """To standard output, or whole or not at all to a file."""
    if output is None:
        if not unicode_output():
            from comity.phrasing import plain

            text = plain(text)
        # The text is coloured only if that was asked for: click need not take the colour out.
        click.echo(text, nl=False, color=True)
        return
    try:
        write_whole(text, output)
    except OSError as error:
        place = Place(str(output), 1, 1)
        fail((problem("U001", place, f"cannot be written: {error.strerror}"),), {}, 2, "auto")


def write_whole(text: str, output: Path) -> None:
    """Into a new file beside it first, so that a failure leaves the old file as it was."""
    target = output.resolve()
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(13, "the file is read-only")
    if target.exists() and not (target.is_file() or target.is_dir()):
        target.write_text(text, encoding="utf-8")  # a device or a pipe cannot be replaced
        return
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(target)
    finally:
        with suppress(OSError):
            partial.unlink()


def coloured(choice: str, *, err: bool = False) -> bool:
    if choice != "auto":
        return choice == "always"
    stream = sys.stderr if err else sys.stdout
    if stream is None:
        return False
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def unicode_output() -> bool:
    return "utf" in (getattr(sys.stdout, "encoding", "") or "").lower()


def width() -> int:
    """The terminal's width, between 60 and 100; 80 where there is no terminal."""
    import shutil

    return (
        max(60, min(100, shutil.get_terminal_size((80, 24)).columns)) if sys.stdout.isatty() else 80
    )
