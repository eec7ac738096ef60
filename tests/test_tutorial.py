"""The tutorial, from its empty folder to its last line: files are written and commands run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from comity.cli import main
from tests.blocks import FENCE, Block, commands, is_excerpt, refreshed
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "tutorial.md"


def run(command: str) -> list[str]:
    words = shlex.split(command)
    assert words.pop(0) == "comity", command
    result = CliRunner().invoke(main, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return [line.rstrip() for line in result.output.splitlines()]


def write(mark: str, path: Path, text: str) -> None:
    """A whole file, a line in the place of that with the same key, or lines at the end."""
    if mark == "file":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    old = path.read_text(encoding="utf-8")
    if mark == "append":
        path.write_text(old + text, encoding="utf-8")
        return
    assert mark == "change", mark
    key = text.partition(":")[0]
    new = re.sub(rf"(?m)^{re.escape(key)}:.*\n", text, old)
    assert new != old, f"nothing in {path} begins with '{key}:'"
    path.write_text(new, encoding="utf-8")


@pytest.mark.slow
def test_the_tutorial_works_step_by_step(tmp_path, monkeypatch, update_golden: bool):
    pytest.importorskip("clingo")
    monkeypatch.chdir(tmp_path)
    faults: list[str] = []

    def step(found: re.Match[str]) -> str:
        language, _, rest = found[1].strip().partition(" ")
        mark, _, value = rest.partition("=")
        if language == "yaml":
            write(mark, Path(value), found[2])
            return found[0]
        assert language == "console", found[0]
        lines: list[str] = []
        for command, shown in commands(Block(language, "", "", found[2], 0)):
            printed = run(command)
            lines.append(f"$ {command}")
            if is_excerpt(shown, printed):
                lines += shown
            elif update_golden:
                lines += refreshed(shown, printed)
            else:
                faults.append("\n".join([f"$ {command}", *printed]))
        return "```console\n" + "".join(f"{line}\n" for line in lines) + "```"

    page = PAGE.read_text(encoding="utf-8")
    made = FENCE.sub(step, page)
    if update_golden:
        PAGE.write_text(made, encoding="utf-8")
    assert faults == []
