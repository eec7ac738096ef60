"""The command line as a person meets it: exit codes, standard streams, files, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from comity import cli
from comity.checking import Loaded
from comity.problems import CATALOGUE
from tests.conftest import ROOT, SEED

BREACH = """
case: walk-in
title: Police walk into an embassy
as_of: 2026-01-10
cast:
  embassy: {is: mission, kind: embassy, sending: DE, receiving: FR}
  chancery:
    {is: place, used: [{by: embassy, as: chancery, from: 2000}], in: FR}
  police: {is: organ, of: FR, kind: police}
acts:
  entry: {type: enter_premises, by: police, place: chancery, date: 2026-01-05}
"""
QUIET = """
case: a-note
title: A note of protest
as_of: 2026-01-10
cast:
  embassy: {is: mission, kind: embassy, sending: DE, receiving: FR}
  ministry: {is: organ, of: FR, kind: foreign_ministry}
acts:
  note: {type: public_protest, by: ministry, to: embassy, date: 2026-01-05}
"""
MISSPELT = BREACH.replace("enter_premises", "enter_premisses")


@pytest.fixture
def run(loaded: Loaded, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    """comity ARGS in an empty folder, with the rulebook that the tests share."""
    own = cli.load
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "load", lambda f, c: own(f, c) if f else loaded)

    def go(*args: str, stdin: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(cli.main, args, input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert "Traceback" not in result.output
        return result

    return go


@pytest.fixture
def breach(tmp_path: Path) -> str:
    (tmp_path / "breach.yaml").write_text(BREACH, encoding="utf-8")
    return "breach.yaml"


def test_a_checked_case_is_0_whatever_was_found(run, breach) -> None:
    result = run("check", breach)
    assert result.exit_code == 0
    assert "VCDR 22(1)" in result.stdout
    assert result.stderr == ""


def test_fail_on_departure_is_1_for_a_departure_that_was_done(run, breach, tmp_path) -> None:
    assert run("check", breach, "--fail-on", "departure").exit_code == 1
    for stage in ("planned", "alleged", "did_not_happen"):
        text = BREACH.replace("date: 2026-01-05}", f"date: 2026-01-05, stage: {stage}}}")
        (tmp_path / "other.yaml").write_text(text, encoding="utf-8")
        assert run("check", "other.yaml", "--fail-on", "departure").exit_code == 0


def test_fail_on_departure_is_0_without_one(run) -> None:
    result = run("check", "-", "--fail-on", "departure", stdin=QUIET)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    "args",
    [
        ("check",),
        ("check", "--no-such-option", "breach.yaml"),
        ("check", "breach.yaml", "--format", "pdf"),
        ("check", "breach.yaml", "breach.yaml", "--format", "json"),
        ("check", "missing.yaml"),
        ("check", "."),
        ("check", "--expect", "breach.yaml"),
        ("check", "--expect", "empty"),
        ("check", "breach.yaml", "--variant", "nowhere"),
        ("why", "breach.yaml", "no/such-finding"),
        ("why-not", "breach.yaml", "no-such-rule"),
        ("explain", "X999"),
        ("nonsense",),
    ],
    ids=" ".join,
)
def test_wrong_usage_and_unreadable_cases_are_2(run, breach, tmp_path, args) -> None:
    (tmp_path / "empty").mkdir()
    result = run(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr


def test_a_bad_case_names_file_line_and_column(run, tmp_path) -> None:
    (tmp_path / "bad.yaml").write_text(MISSPELT, encoding="utf-8")
    result = run("check", "bad.yaml")
    assert result.exit_code == 2
    line, text = next((n, t) for n, t in enumerate(MISSPELT.split("\n"), 1) if "premisses" in t)
    column = text.index("enter_premisses") + 1
    assert result.stderr.startswith(f"bad.yaml:{line}:{column}: error[C012]")
    assert "enter_premises" in result.stderr.replace("enter_premisses", "")
    assert result.stdout == ""


@pytest.mark.parametrize(
    "content", ["rule: half\n", "rule: [\n", ""], ids=["incomplete", "not YAML", "empty"]
)
def test_a_rulebook_that_cannot_be_used_is_3(run, breach, tmp_path, content) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "extra.yaml").write_text(content, encoding="utf-8")
    result = run("check", breach, "--rules", "more")
    assert result.exit_code == 3
    assert "extra.yaml:" in result.stderr
    assert result.stdout == ""


def test_a_folder_of_rules_that_is_not_there_is_3(run, breach) -> None:
    assert run("check", breach, "--rules", "nowhere").exit_code == 3


def test_a_dash_reads_standard_input(run) -> None:
    result = run("check", "-", "--format", "json", stdin=BREACH)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["case"]["id"] == "walk-in"
    assert run("check", "-", stdin=MISSPELT).stderr.startswith("<stdin>:")
    assert run("check", "-", stdin=b"\xff\xfe\x00").exit_code == 2
    assert run("check", "-", stdin="").exit_code == 2


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_output_to_a_file_is_whole_and_leaves_nothing_beside_it(
    run, breach, tmp_path, form
) -> None:
    result = run("check", breach, "--format", form, "-o", "answer")
    assert (result.exit_code, result.stdout) == (0, "")
    text = (tmp_path / "answer").read_text(encoding="utf-8")
    assert text == run("check", breach, "--format", form).stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == ["answer", "breach.yaml"]


def test_an_output_file_that_cannot_be_written_is_2_and_keeps_the_old(
    run, breach, tmp_path
) -> None:
    assert run("check", breach, "-o", "nowhere/answer").exit_code == 2
    (tmp_path / "folder").mkdir()
    assert run("check", breach, "-o", "folder").exit_code == 2
    (tmp_path / "old").write_text("old", encoding="utf-8")
    assert run("check", "missing.yaml", "-o", "old").exit_code == 2
    assert (tmp_path / "old").read_text(encoding="utf-8") == "old"
    assert not list(tmp_path.glob("*.part"))


def test_several_cases_in_one_run(run, breach) -> None:
    result = run("check", breach, breach)
    assert result.exit_code == 0
    assert result.stdout.count("Police walk into an embassy") == 2


def test_expectations_agree_or_are_1(run, tmp_path) -> None:
    want = "expect:\n  - {act: entry, cite: VCDR 22(1), outcome: %s}\n"
    for outcome, code in (("breached", 0), ("respected", 1)):
        (tmp_path / "one.yaml").write_text(BREACH + want % outcome, encoding="utf-8")
        result = run("check", "--expect", "one.yaml")
        assert result.exit_code == code, result.output
        assert "1 expectations" in result.stdout


def test_why_and_why_not(run, breach) -> None:
    why = run("why", breach, "entry/vcdr-22-1-entry")
    assert why.exit_code == 0
    assert "acts.entry.place: chancery  [line 11" in why.stdout
    near = run("why", breach, "entry/vcdr-22-1-entri")
    assert (near.exit_code, "entry/vcdr-22-1-entry" in near.stderr) == (2, True)
    assert run("why-not", breach, "vcdr-29-arrest").exit_code == 0


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_code_is_explained(run, code) -> None:
    result = run("explain", code.lower())
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{code}: ")


def test_bare_comity_says_what_to_type_next(run) -> None:
    result = run()
    assert result.exit_code == 0
    assert "comity check" in result.stdout


def test_colour_only_when_asked(run, breach) -> None:
    assert "\x1b" not in run("check", breach).stdout
    assert "\x1b[" in run("check", breach, "--color", "always").stdout


def process(*args: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    own = {**os.environ, "PYTHONPATH": str(ROOT / "engine"), **env}
    command = [sys.executable, "-m", "comity", *args]
    return subprocess.run(command, cwd=cwd, env=own, capture_output=True, timeout=60, check=False)


def test_a_real_process_gives_the_same_bytes_under_any_hash_seed(tmp_path) -> None:
    one, two = (
        process("check", str(SEED), "--format", "json", cwd=tmp_path, PYTHONHASHSEED=s)
        for s in ("1", "2")
    )
    assert (one.returncode, one.stderr) == (0, b"")
    assert one.stdout == two.stdout


def test_a_terminal_without_unicode_gets_ascii(tmp_path) -> None:
    result = process("check", str(SEED), cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.isascii()
    bad = tmp_path / "bad.yaml"
    bad.write_text("case: 한국\nacts: {외교: 1}\n", encoding="utf-8")
    broken = process("check", "bad.yaml", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert broken.returncode == 2
    assert b"Traceback" not in broken.stderr


def test_a_closed_pipe_is_no_traceback(tmp_path) -> None:
    own = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    command = f"{sys.executable} -m comity check {SEED} | head -1"
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, env=own, capture_output=True, timeout=60, check=False
    )
    assert b"Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) == 1
