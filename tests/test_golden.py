"""Whole answers, compared with files: each line is something that a user will read.

`make golden` rewrites them; read the diff before it is committed. Only the hash of the rulebook is
left out, because any change of any rule changes it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from comity import cli
from comity.checking import Loaded
from comity.commands import shared
from tests.conftest import ROOT

GOLDEN = ROOT / "tests" / "golden"
SEOUL = "cases/seoul-banner-2026.yaml"
ANSWERS = {
    "seoul.txt": ("check", SEOUL),
    "seoul.md": ("check", SEOUL, "--format", "markdown"),
    "seoul.json": ("check", SEOUL, "--format", "json"),
    "seoul-later-press.txt": ("check", SEOUL, "--variant", "later-press"),
    "seoul-later-press.md": ("check", SEOUL, "--variant", "later-press", "--format", "markdown"),
    "seoul-later-press.json": ("check", SEOUL, "--variant", "later-press", "--format", "json"),
    "tehran-1979.txt": ("check", "cases/decided/tehran-1979.yaml"),
    "libyan-bureau-1984.txt": ("check", "cases/decided/libyan-bureau-1984.yaml"),
    "sacoolas-2019.txt": ("check", "cases/decided/sacoolas-2019.yaml"),
    "why.txt": ("why", SEOUL, "banner/vcdr-41-3-facade"),
    "why-not.txt": ("why-not", SEOUL, "practice-p12-third-flag"),
}


def settled(text: str) -> str:
    """The answer without the one thing that every change of a rule changes."""
    text = re.sub(r'("rulebook": "sha256:)[0-9a-f]{64}"', r'\1RULEBOOK"', text)
    return re.sub(r"(rulebook) [0-9a-f]{8}\b", r"\1 RULEBOOK", text)


@pytest.fixture
def answer(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What `comity ARGS` prints at the top of the tree, at 80 columns."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(shared, "load", lambda folders, colour: loaded)

    def ask(*args: str) -> str:
        result = CliRunner().invoke(cli.main, args)
        assert (result.exit_code, result.stderr) == (0, ""), result.output
        return result.stdout

    return ask


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_are_as_they_were_read(
    name: str, answer: Callable[..., str], update_golden: bool
) -> None:
    file = GOLDEN / name
    found = settled(answer(*ANSWERS[name]))
    if update_golden:
        file.write_text(found, encoding="utf-8")
        return
    assert file.is_file(), f"{file.relative_to(ROOT)} is missing: make golden"
    wanted = file.read_text(encoding="utf-8")
    if found != wanted:
        pytest.fail(changes(wanted, found, file), pytrace=False)


def changes(wanted: str, found: str, file: Path) -> str:
    """The difference, as git would show it, and what to do."""
    old, new = wanted.splitlines(), found.splitlines()
    names = ("as it was read", "as it is now")
    lines = list(difflib.unified_diff(old, new, *names, lineterm="", n=2))
    shown = "\n".join(lines[:80])
    rest = f"\n... {len(lines) - 80} more lines" if len(lines) > 80 else ""
    advice = "If it is meant: make golden, then read every line of git diff."
    return f"{file.relative_to(ROOT)} has changed.\n{shown}{rest}\n{advice}"


def test_every_golden_file_is_compared() -> None:
    assert {p.name for p in GOLDEN.iterdir()} == set(ANSWERS)


def test_only_the_rulebook_hash_is_left_out() -> None:
    digest = "0123456789abcdef" * 4
    receipt = f'{{"rulebook": "sha256:{digest}", "case": "sha256:{digest}"}}'
    assert settled(receipt) == f'{{"rulebook": "sha256:RULEBOOK", "case": "sha256:{digest}"}}'
    assert settled(f"comity 0.1.0, rulebook {digest[:8]}.") == "comity 0.1.0, rulebook RULEBOOK."
    assert "-old\n+new" in changes("old\n", "new\n", GOLDEN / "x")
