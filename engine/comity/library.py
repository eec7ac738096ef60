"""Where the rulebook, the packs and the casebook are, and every YAML file in a folder, safely."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from comity.problems import Place, Problem, problem

if TYPE_CHECKING:
    # Python 3.10 has no such module.
    from importlib.resources.abc import Traversable

VOCABULARY: Final = "vocabulary/"
#: Folders of what stands beside the rules and decides no answer: the lists of paragraphs, what is
#: explained to `rules mutate` and `rules verify`, and the sentences in which rules are told.
ASIDE: Final = ("instruments", "reviews", "wording")
TEST: Final = ".test.yaml"
PACK: Final = "pack.yaml"
GROUP: Final = "comity.packs"  # the entry points of installed packs


class FileName(str):
    """A file of a pack, named as the user can open it.

    `inside` is its name within the pack, by which it is sorted and hashed, and `folder` is the
    pack's. The files of the shipped rulebook have plain names: within it and nothing more.
    """

    __slots__ = ("folder", "inside")
    folder: str
    inside: str

    def __new__(cls, shown: str, folder: str, inside: str) -> FileName:
        made = super().__new__(cls, shown)
        made.folder, made.inside = folder, inside
        return made


def inside(name: str) -> str:
    """A file's name within its pack: `vocabulary/topics.yaml`."""
    return name.inside if isinstance(name, FileName) else name


def folder_of(name: str) -> str:
    """The pack's folder as it was named; "" for the shipped rulebook."""
    return name.folder if isinstance(name, FileName) else ""


def is_aside(inner: str) -> bool:
    """Whether a file, by its name within the pack, decides no answer."""
    return inner.endswith(TEST) or inner.partition("/")[0] in ASIDE


def by_folder(files: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """The files of each pack, in the order in which the packs were named."""
    found: dict[str, dict[str, bytes]] = {"": {}}
    for name, data in files.items():
        found.setdefault(folder_of(name), {})[name] = data
    return found


def shipped_rules() -> Traversable:
    """The folder of rules that is installed with the package."""
    from importlib.resources import files

    return files("comity.rulebook")


def shipped_cases() -> Traversable:
    """The folder of cases that is installed with the package."""
    from importlib.resources import files

    return files("comity.casebook")


def installed_packs(
    path: Sequence[str],
) -> tuple[tuple[Traversable | Path, ...], tuple[Problem, ...]]:
    """The folders of the packs that installed distributions bring, in order of name.

    A distribution names a package of its own under the entry points `comity.packs`; the package
    is imported and its files are the pack's.
    """
    if not _may_have_packs(path):
        return (), ()
    from importlib.metadata import entry_points
    from importlib.resources import files

    found: list[Traversable | Path] = []
    problems = []
    for entry in sorted(set(entry_points(group=GROUP)), key=lambda one: (one.name, one.value)):
        try:
            found.append(files(entry.module))
        # Whatever somebody else's package does when it is imported must not end in a traceback.
        except Exception as error:
            text = f"the installed pack '{entry.name}' cannot be read: {entry.value}: {error}"
            hint = "repair or uninstall it, or leave installed packs out with COMITY_PACKS=none"
            problems.append(problem("P007", None, text, hint))
    return tuple(found), tuple(problems)


def _may_have_packs(path: Sequence[str]) -> bool:
    """Whether any installed distribution has the group.

    Asking `importlib.metadata` costs more than all of this, and there are seldom any packs.
    """
    for folder in dict.fromkeys(path):
        try:
            with os.scandir(folder or ".") as entries:
                names = [e.path for e in entries if e.name.endswith((".dist-info", ".egg-info"))]
        except OSError:
            continue
        for name in names:
            try:
                if GROUP.encode() in _content(f"{name}/entry_points.txt"):
                    return True
            except OSError:
                continue
    return False


def rulebook_files(
    folders: Sequence[Traversable | Path], *, aside: bool = True
) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
    """The YAML files of a rulebook and of the packs laid over it, pack by pack in order of name.

    The first folder is the rulebook: its files bear their names within it. Those of the others
    are `FileName`s. Links that lead out of a folder are not followed. Without `aside` what decides
    no answer (`is_aside`) is left out.
    """
    found: dict[str, bytes] = {}
    problems: list[Problem] = []
    seen: set[str] = set()
    for folder in folders:
        label = str(folder) if seen else ""
        place = Place(str(folder), 1, 1)
        if not folder.is_dir():
            problems.append(problem("Y001", place, "no such folder", "name a folder of rules"))
        elif label in seen:
            text = "the folder is named twice"
            problems.append(problem("P004", place, text, "name it once"))
        else:
            held = _pack_files(folder, label, found, aside, problems)
            if not held:
                problems.append(problem("P002", place, "there are no rules in the folder"))
            found |= held
        seen.add(label)
    return found, tuple(problems)


def _pack_files(
    folder: Traversable | Path,
    label: str,
    others: Mapping[str, bytes],
    aside: bool,
    problems: list[Problem],
) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for inner, read in sorted(_files(folder, problems), key=lambda one: one[0]):
        if aside or not is_aside(inner):
            name = _shown(label, inner, others) if label else inner
            try:
                found[name] = read()
            except OSError as error:
                problems.append(_unreadable(name, error))
    return found


def _shown(label: str, inner: str, others: Mapping[str, bytes]) -> str:
    shown = label + inner if label.endswith(os.sep) else f"{label}{os.sep}{inner}"
    # A folder may be called like one of the shipped rulebook: `--rules vcdr`.
    return FileName(f".{os.sep}{shown}" if shown in others else shown, label, inner)


def _unreadable(name: str, error: OSError) -> Problem:
    return problem("Y001", Place(str(name), 1, 1), error.strerror or "cannot be read")


def _files(
    folder: Traversable | Path, problems: list[Problem]
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Every YAML file of a folder and those below it: its name relative to the folder, and how to
    read it."""
    if isinstance(folder, Path):
        yield from _on_disk(str(folder), "", problems)
    else:
        yield from _packed(folder, "")


def _on_disk(
    folder: str, prefix: str, problems: list[Problem]
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The plain way to read many files: this is done before every answer."""
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except OSError as error:
        problems.append(_unreadable(folder, error))
        return
    for entry in entries:
        if entry.is_symlink():
            continue
        if entry.is_dir():
            if not entry.name.startswith((".", "__")):
                yield from _on_disk(entry.path, f"{prefix}{entry.name}/", problems)
        elif entry.name.endswith(".yaml"):
            yield f"{prefix}{entry.name}", partial(_content, entry.path)


def _content(path: str) -> bytes:
    with FileIO(path) as file:
        return file.readall()


def _packed(folder: Traversable, prefix: str) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The same in a package that is no folder on the disk."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.name.startswith((".", "__")):
            yield from _packed(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".yaml"):
            yield f"{prefix}{entry.name}", entry.read_bytes


def split(
    found: Mapping[str, bytes],
) -> tuple[dict[str, bytes], dict[str, bytes], dict[str, bytes]]:
    """(vocabulary files, rule files, rule tests). What a pack says of itself, and the folders of
    `ASIDE`, are in none of them."""
    vocabulary = {n: d for n, d in found.items() if inside(n).startswith(VOCABULARY)}
    tests = {n: d for n, d in found.items() if n.endswith(TEST) and n not in vocabulary}
    rules = {
        n: d
        for n, d in found.items()
        if not (n in vocabulary or is_aside(inside(n)) or inside(n) == PACK)
    }
    return vocabulary, rules, tests


def digest_of(files: Mapping[str, bytes]) -> str:
    """One hash over names within the packs and contents.

    It depends neither on where the packs lie nor on the order in which they are named. A pack's
    name is part of its content.
    """
    digests = sorted(_digest(pack) for pack in by_folder(files).values() if pack)
    if len(digests) == 1:
        return f"sha256:{digests[0].hex()}"
    return f"sha256:{hashlib.sha256(b''.join(digests)).hexdigest()}"


def _digest(pack: Mapping[str, bytes]) -> bytes:
    total = hashlib.sha256()
    for inner, data in sorted((inside(name), data) for name, data in pack.items()):
        total.update(inner.encode() + b"\0" + hashlib.sha256(data).digest())
    return total.digest()
