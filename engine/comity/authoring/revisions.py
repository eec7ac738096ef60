"""The files of a rulebook, from a folder or from a git revision, without checking anything out.

git is only asked what is in its store: no hook runs, nothing is written and nothing is fetched.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from comity import source
from comity.library import PACK, VOCABULARY, FileName, rulebook_files, shipped_rules
from comity.packs import SHIPPED
from comity.problems import Place, Problem, problem
from comity.source import Fields, Text

INSTALLED: Final = "shipped"  # the rulebook that is installed
_REVISION: Final = re.compile(r"[A-Za-z0-9_@][\w./@{}^~+-]*")
_PLAIN: Final = ("100644", "100755")  # files, and neither links nor other repositories
_ENV: Final = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
}


class Unusable(Exception):
    """There is no rulebook there; how it ends is said by the exit code (2 usage, 3 rulebook)."""

    def __init__(self, problems: Sequence[Problem], code: int) -> None:
        super().__init__(problems[0].message)
        self.problems = tuple(problems)
        self.code = code


def files_of(name: str, path: str, packs: Sequence[Path] = ()) -> dict[str, bytes]:
    """The files of a rulebook, with packs laid over it. Raises Unusable.

    `name` is `shipped`, a folder, or a git revision of the repository one stands in, where the
    rules are in the folder `path`; `REVISION:PATH` names another. A folder with words in it is a
    whole rulebook; any other is a pack, laid over the one that is installed.
    """
    folder = Path(name)
    if not name.strip():
        raise _usage("an empty name is neither a folder nor a revision", "`.` is this folder")
    if name == INSTALLED:
        found = _installed()
    elif folder.is_dir():
        folder = _with_rules(folder, path)
        found = _laid(_read([folder]), str(folder), os.sep, name)
    elif folder.is_file():
        raise _usage(f"'{name}' is a file", "name the folder in which it is")
    elif os.sep in name and ":" not in name and not _is_revision(name):
        raise _usage(f"there is no folder '{name}' and no such revision")
    else:
        revision, _, own = name.partition(":")
        within = (own or path).strip("/")
        found = _laid(_at(revision, within, name), f"{revision}:{within}", "/", name)
    if packs:
        # Their names do not depend on what they are laid over.
        found |= {n: d for n, d in _read([shipped_rules(), *packs]).items() if _is_of_pack(n)}
    return found


def _with_rules(folder: Path, path: str) -> Path:
    """The folder, or where the rules are in it if it is the top of a tree: `.`."""
    own = (folder / VOCABULARY).is_dir() or (folder / PACK).is_file()
    return folder if own or not (folder / path).is_dir() else folder / path


def _is_of_pack(name: str) -> bool:
    return isinstance(name, FileName)


def _installed() -> dict[str, bytes]:
    return _read([shipped_rules()])


def _read(folders: Sequence[object]) -> dict[str, bytes]:
    files, problems = rulebook_files(folders)  # type: ignore[arg-type]
    if problems:
        raise Unusable(problems, 3)
    return files


def _laid(files: Mapping[str, bytes], label: str, separator: str, name: str) -> dict[str, bytes]:
    """The files as those of a whole rulebook, or of a pack over the installed one; each named as
    the user can find it."""
    whole = any(inner.startswith(VOCABULARY) for inner in files) and not _is_pack(files)
    folder = "" if whole else label
    found: dict[str, bytes] = {}
    for inner, data in files.items():
        found[FileName(f"{label}{separator}{inner}", folder, inner)] = data
    if whole:
        return found
    if PACK not in files:
        text = f"'{name}' has neither words (vocabulary/) nor a pack.yaml"
        place = Place(label, 1, 1)
        hint = "name a whole rulebook, or a pack; where the rules are elsewhere, use --path"
        raise Unusable([problem("P001", place, text, hint)], 3)
    return {**_installed(), **found}


def _is_pack(files: Mapping[str, bytes]) -> bool:
    """A pack may bring words too. A whole rulebook is the pack `comity`, or older than packs."""
    nodes, _ = source.read(files.get(PACK, b"{}"), PACK)
    name = nodes[0].get("pack") if nodes and isinstance(nodes[0], Fields) else None
    return isinstance(name, Text) and name.text != SHIPPED


# --------------------------------------------------------------------------- git


def _at(revision: str, path: str, name: str) -> dict[str, bytes]:
    """The YAML files below a folder of the repository at a revision, by their names within it."""
    if not _REVISION.fullmatch(revision) or ".." in revision:
        raise _usage(f"'{name}' is no folder, and cannot be a revision")
    top = _ask("rev-parse", "--show-toplevel", name=name).decode().strip()
    commit = _commit(revision, top, name)
    tree = ("-C", top, "ls-tree", "-r", "-z", "--full-tree", commit, "--")
    listed = _ask(*tree, path or ".", name=name)
    blobs = dict(_blobs(listed, path))
    if not blobs:
        text = f"the revision '{revision}' has no rules in '{path}'"
        raise _usage(text, "say where they are: --path, or REVISION:PATH")
    asked = "".join(f"{blob}\n" for blob in blobs.values())
    store = _ask("-C", top, "cat-file", "--batch", name=name, given=asked.encode())
    return dict(zip(blobs, _contents(store), strict=True))


def _is_revision(name: str) -> bool:
    """Whether a name with a slash is a branch, such as `origin/main`."""
    try:
        top = _ask("rev-parse", "--show-toplevel", name=name).decode().strip()
        return bool(_REVISION.fullmatch(name)) and bool(_commit(name, top, name))
    except Unusable:
        return False


def _commit(revision: str, top: str, name: str) -> str:
    args = ("-C", top, "rev-parse", "--verify", "--quiet", "--end-of-options")
    try:
        return _ask(*args, f"{revision}^{{commit}}", name=name).decode().strip()
    except Unusable:
        text = f"'{revision}' is neither a folder nor a revision of the repository here"
        raise _usage(text, f"a folder, a branch, a commit, or `{INSTALLED}`") from None


def _blobs(listed: bytes, path: str) -> Iterator[tuple[str, str]]:
    """The YAML files of a listing: name within the folder, and the name of the content."""
    prefix = f"{path}/" if path not in ("", ".") else ""
    for line in listed.decode("utf-8", "surrogateescape").split("\0"):
        about, _, file = line.partition("\t")
        inner = file.removeprefix(prefix)
        parts = inner.split("/")
        hidden = any(part.startswith((".", "__")) for part in parts[:-1])
        if (
            about[:6] in _PLAIN
            and file.startswith(prefix)
            and inner.endswith(".yaml")
            and not hidden
        ):
            yield inner, about.split(" ")[2]


def _contents(store: bytes) -> Iterator[bytes]:
    """What `git cat-file --batch` prints: a line with the size, the content and a line feed."""
    at = 0
    while at < len(store):
        end = store.index(b"\n", at)
        size = int(store[at:end].split(b" ")[2])
        yield store[end + 1 : end + 1 + size]
        at = end + 2 + size


def _ask(*args: str, name: str, given: bytes | None = None) -> bytes:
    try:
        done = subprocess.run(
            ["git", *args], input=given or b"", capture_output=True, env={**os.environ, **_ENV},
            check=False,
        )  # fmt: skip
    except OSError as error:
        text = f"'{name}' is no folder, and git, which would know revisions, cannot be run"
        raise _usage(f"{text}: {error.strerror}", "install git, or name two folders") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        text = f"'{name}' is no folder, and git does not find a revision of that name"
        raise _usage(f"{text}: {said}" if said else text)
    return done.stdout


def _usage(text: str, hint: str = "") -> Unusable:
    return Unusable([problem("U001", None, text, hint)], 2)
