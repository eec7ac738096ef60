"""Which files of a rulebook somebody means, and where they stand on the disk."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from msgspec import Struct, field

from comity.library import PACK, TEST, rulebook_files
from comity.problems import Place, Problem, nearest, problem

#: Before the name of a file that is laid over the rulebook: it is read after all others, so that
#: an id used twice is told where the new file has it.
OUTSIDE: Final = "~/"


class Scope(Struct, frozen=True):
    """The rulebook with what is laid over it, and the part that was asked about."""

    files: Mapping[str, bytes]
    only: frozenset[str] | None = None  # None: all of it
    shown: Mapping[str, str] = field(default_factory=dict)  # what a file is called in the answer
    on_disk: Mapping[str, Path] = field(default_factory=dict)
    own: frozenset[str] = frozenset()  # files that `--fix` may write
    unknown: tuple[tuple[str, str], ...] = ()  # paths that are nothing, with a hint
    problems: tuple[Problem, ...] = ()


def scope_of(
    files: Mapping[str, bytes], shipped: object, folders: Sequence[Path], paths: Sequence[str]
) -> Scope:
    """What `paths` mean: files and folders, on the disk or by their names in the rulebook.

    What stands outside the rulebook is laid over it. Without paths the whole rulebook is meant.
    `shipped` is the folder of shipped rules, wherever it is.
    """
    made = _Maker(files, shipped, folders)
    for path in paths:
        made.add(path)
    return made.scope(bool(paths))


def packs_of(paths: Sequence[str], shipped: object, folders: Sequence[Path]) -> tuple[Path, ...]:
    """The packs that some paths are, or lie in, and that are not among the folders yet."""
    known = {Path(str(folder)).resolve() for folder in (shipped, *folders)}
    found: list[Path] = []
    for path in map(Path, paths):
        for folder in (path, *path.parents) if path.exists() else ():
            if (folder / PACK).is_file():
                if folder.resolve() not in known:
                    known.add(folder.resolve())
                    found.append(folder)
                break
    return tuple(found)


#: Names that somebody gave to a file of rules, and that no reader looks at.
_NEARLY: Final = re.compile(r"(?i)\.ya?ml(\.txt)?$")


def passed_over(folders: Sequence[Path], paths: Sequence[str]) -> Iterator[Problem]:
    """Files of the folders meant that are rules by their looks, and that nothing reads."""
    roots = [path for path in map(Path, paths) if path.is_dir()] if paths else folders
    for path in sorted({path for root in roots for path in root.rglob("*.*")}):
        hidden = any(part.startswith((".", "__")) for part in path.parts)
        if _NEARLY.search(path.name) and path.suffix != ".yaml" and not hidden and path.is_file():
            text = f"'{path.name}' is not read: a file of rules ends in .yaml"
            better = _NEARLY.sub(".yaml", path.name)
            yield problem("L069", Place(str(path), 1, 1, 1), text, f"rename it to {better}")


class _Maker:
    def __init__(
        self, files: Mapping[str, bytes], shipped: object, folders: Sequence[Path]
    ) -> None:
        self.files = dict(files)
        self.only: set[str] = set()
        self.shown: dict[str, str] = {}
        self.disk: dict[str, Path] = {}
        self.own: set[str] = set()
        self.unknown: list[tuple[str, str]] = []
        self.problems: list[Problem] = []
        here = Path.cwd().resolve()
        roots = [Path(str(shipped))] if Path(str(shipped)).is_dir() else []
        # A rulebook that stands below the folder one works in is a source checkout.
        for number, root in enumerate([*roots, *folders]):
            mine = number >= len(roots) or here in (*root.resolve().parents, root.resolve())
            for name in files:
                path = root / name
                if path.is_file():
                    self.disk[name] = path
                    if mine:
                        self.own.add(name)
                        self.shown[name] = _relative(path, here)
        for name in files:  # a file of a pack bears the name by which it can be opened
            if name not in self.disk and Path(name).is_file():
                self.disk[name] = Path(name)
                self.own.add(name)
        self.names = {path.resolve(): name for name, path in self.disk.items()}

    def add(self, path: str) -> None:
        target = Path(path)
        if target.exists():
            self._on_disk(target, path)
        else:
            self._by_name(path)

    def _by_name(self, path: str) -> None:
        wanted = path.rstrip("/")
        found = [
            name
            for name in self.files
            if name in (wanted, f"{wanted}.yaml") or name.startswith(f"{wanted}/")
        ]
        if found:
            self.only.update(found)
            return
        near = nearest(wanted, sorted(self.files))
        self.unknown.append((path, f"did you mean '{near}'?" if near else ""))

    def _on_disk(self, target: Path, typed: str) -> None:
        if target.is_dir():
            inside = [name for path, name in self.names.items() if target.resolve() in path.parents]
            for name in inside:
                self.only.add(name)
                self.own.add(name)
                self.shown[name] = self._typed(target, name)
            if inside:
                return
            found, problems = rulebook_files([target])
            self.problems += problems
            if not found:
                self.unknown.append((typed, "there is no .yaml file in it"))
            for name in found:
                self._lay(target / name, name, meant=True)
            return
        name = self.names.get(target.resolve(), "")
        if name:
            self.only.add(name)
            self.own.add(name)
            self.shown[name] = typed
            return
        if target.suffix != ".yaml" or not target.is_file():
            self.unknown.append((typed, "a file of rules ends in .yaml"))
            return
        self._lay(target, target.name, meant=True)
        for other in _beside(target):
            self._lay(other, other.name, meant=False)

    def _typed(self, folder: Path, name: str) -> str:
        return str(folder / self.disk[name].resolve().relative_to(folder.resolve()))

    def _lay(self, path: Path, name: str, *, meant: bool) -> None:
        """Put a file over the rulebook: in place of the one that it is another version of, or
        beside all others."""
        try:
            data = path.read_bytes()
        except OSError:
            self.unknown.append((str(path), "it cannot be read"))
            return
        known = self._other_version(path, data)
        if known:
            name = known
        elif name not in self.files or self.disk.get(name, path).resolve() != path.resolve():
            name = OUTSIDE + name
        self.files[name] = data
        self.shown[name] = str(path)
        self.disk[name] = path
        self.own.discard(name)
        if meant:
            self.own.add(name)
            self.only.add(name)

    def _other_version(self, path: Path, data: bytes) -> str:
        """The file of the rulebook that has this name and some of these ids, or this path."""
        parts = path.resolve().parts
        for count in range(min(len(parts), 4), 1, -1):
            name = str(PurePosixPath(*parts[-count:]))
            if name in self.files:
                return name
        ids = set(_ids(data))
        for name, other in self.files.items():
            if PurePosixPath(name).name == path.name and ids & set(_ids(other)):
                return name
        return ""

    def scope(self, some: bool) -> Scope:
        return Scope(
            files=dict(sorted(self.files.items())),
            only=frozenset(self.only) if some else None,
            shown=self.shown,
            on_disk=self.disk,
            own=frozenset(self.own),
            unknown=tuple(self.unknown),
            problems=tuple(self.problems),
        )


_ID: Final = re.compile(rb"(?m)^(rule|concept|reading|measure|tests):\s*([^\s#]+)")


def _ids(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    for found in _ID.finditer(data):
        yield found[1], found[2]


def _beside(path: Path) -> Iterator[Path]:
    """The test of a rule file, or the rule of a test."""
    if path.name.endswith(TEST):
        other = path.with_name(path.name.removesuffix(TEST) + ".yaml")
    else:
        other = path.with_name(path.stem + TEST)
    if other.is_file():
        yield other


def _relative(path: Path, here: Path) -> str:
    try:
        return str(path.resolve().relative_to(here))
    except ValueError:
        return str(path)
