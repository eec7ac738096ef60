"""A compiled rulebook kept between runs, by the hash of everything it was made from.

The cache only saves time: a missing, stale, damaged or foreign entry is ignored and made again.
An entry is named by the hash of the rule files, where the packs lie, the engine's own sources and
the Python version, and holds a hash of its content. It is a pickle, which can run code when read;
so it is read only from a folder and a file that belong to the user and that nobody else can write.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

KEPT = 8  # entries; the oldest go first


def read(digest: str) -> Any:
    """What was kept for this digest, or None."""
    path = _path(digest)
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            if not _private(os.fstat(file.fileno())):
                return None
            check, payload = file.read(32), file.read()
        if hashlib.sha256(payload).digest() != check:
            return None
        return pickle.loads(payload)
    except (OSError, pickle.PickleError, EOFError, ImportError, AttributeError, ValueError):
        return None


def write(digest: str, value: object) -> None:
    """Keep a value; failing to is no error. The file appears whole or not at all."""
    import pickletools
    import tempfile

    path = _path(digest, make=True)
    if path is None:
        return
    # What is written once is read before every answer.
    payload = pickletools.optimize(pickle.dumps(value, protocol=5))
    with suppress(OSError):
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(hashlib.sha256(payload).digest() + payload)
        Path(file.name).replace(path)
        entries = sorted(path.parent.glob("*.rulebook"), key=lambda p: p.stat().st_mtime)
        for old in entries[:-KEPT]:
            old.unlink(missing_ok=True)


def _path(digest: str, *, make: bool = False) -> Path | None:
    """The file for a digest; None where there is no private folder to keep it in."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "comity"
    try:
        if make:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _private(folder.stat()):
            return None
    except OSError:
        return None
    name = hashlib.sha256(f"{digest} {engine_digest()} {sys.version}".encode()).hexdigest()[:32]
    return folder / f"{name}.rulebook"


def engine_digest() -> str:
    """The state of the engine's own modules: name, size and time of change of each."""
    with os.scandir(Path(__file__).parent) as found:
        states = ((entry.name, entry.stat()) for entry in found if entry.name.endswith(".py"))
        parts = sorted(f"{name}:{info.st_size}:{info.st_mtime_ns}" for name, info in states)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _private(info: os.stat_result) -> bool:
    """Ours, and writable by nobody else. Where there are no owners, nothing is kept."""
    getuid = getattr(os, "getuid", None)
    if getuid is None:
        return False
    return bool(info.st_uid == getuid()) and not info.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
