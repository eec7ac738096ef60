"""The command line as a person meets it: exit codes, standard streams, files, no traceback."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from comity import cli
from comity.checking import Loaded
from comity.commands import shared
from comity.problems import CATALOGUE, columns
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
    own = shared.load
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shared, "load", lambda f, c: own(f, c) if f else loaded)

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


def pack(folder: Path) -> None:
    folder.mkdir()
    (folder / "pack.yaml").write_text("pack: more\ntitle: More\nversion: 1\n", encoding="utf-8")


@pytest.mark.parametrize(
    "content", ["rule: half\n", "rule: [\n", ""], ids=["incomplete", "not YAML", "empty"]
)
def test_a_rulebook_that_cannot_be_used_is_3(run, breach, tmp_path, content) -> None:
    pack(tmp_path / "more")
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


def test_silence_meets_an_expectation_only_where_a_rule_could_speak(run, tmp_path) -> None:
    want = "expect:\n  - {act: entry, cite: %s, outcome: not_breached}\n"
    for cite, code in (("VCDR 41(1)", 0), ("VCDR 99(1)", 1)):
        (tmp_path / "one.yaml").write_text(BREACH + want % cite, encoding="utf-8")
        assert run("check", "--expect", "one.yaml").exit_code == code, cite


def test_an_expectation_of_an_unknown_rule_is_2_with_the_nearest(run, tmp_path) -> None:
    want = "expect:\n  - {act: entry, rule: vcdr-22-1-entri, outcome: not_breached}\n"
    (tmp_path / "one.yaml").write_text(BREACH + want, encoding="utf-8")
    result = run("check", "--expect", "one.yaml")
    assert result.exit_code == 2
    assert "did you mean 'vcdr-22-1-entry'?" in result.stderr


def test_expectations_of_standard_input_cover_its_variants(loaded: Loaded) -> None:
    text = SEED.read_text(encoding="utf-8")
    result = CliRunner().invoke(cli.main, ["check", "--expect", "-"], input=text)
    assert (result.exit_code, "later-press" in text) == (0, True), result.output
    assert " 0 disagree" in result.stdout


def test_why_and_why_not(run, breach) -> None:
    why = run("why", breach, "entry/vcdr-22-1-entry")
    assert why.exit_code == 0
    assert "acts.entry.place: chancery  [line 11" in why.stdout
    near = run("why", breach, "entry/vcdr-22-1-entri")
    assert (near.exit_code, "entry/vcdr-22-1-entry" in near.stderr) == (2, True)
    assert run("why-not", breach, "vcdr-29-arrest").exit_code == 0


def test_a_finding_is_named_by_as_much_as_is_unmistakable(run, breach) -> None:
    whole = run("why", breach, "entry/vcdr-22-1-entry").stdout
    assert whole.startswith("departure from VCDR 22(1), France towards Germany: presumed\n")
    for short in ("entry", "entry/vcdr-22", "entry/"):
        assert run("why", breach, short).stdout == whole
    several = run("why", str(SEED), "banner")
    assert several.exit_code == 2
    assert "fits" in several.stderr
    assert "banner/vcdr-41-1-interference" in several.stderr
    assert run("why", str(SEED), "").exit_code == 2
    silent = run("why", str(SEED), "war")
    assert (silent.exit_code, "comity why-not" in " ".join(silent.stderr.split())) == (2, True)


def test_why_not_takes_measures_and_an_act(run, breach) -> None:
    barred = run("why-not", breach, "enter_premises")
    assert barred.exit_code == 0
    assert "chancery: barred" in barred.stdout
    assert "opens if" in barred.stdout
    apart = run("why-not", breach, "seize_display")
    assert "not looked at" in apart.stdout
    assert run("why-not", breach, "vcdr-29-arrest", "--act", "entry").exit_code == 0
    assert run("why-not", breach, "vcdr-29-arrest", "--act", "nope").exit_code == 2
    near = run("why-not", breach, "enter_premisses")
    assert (near.exit_code, "'enter_premises'" in near.stderr) == (2, True)


def replaced(old: str, new: str) -> bytes:
    assert old in BREACH
    return BREACH.replace(old, new).encode()


ENTRY = "type: enter_premises, by: police, place: chancery, date: 2026-01-05"
BAD_CASES = {
    "binary": (bytes(range(256)) * 4, "Y002"),
    "empty": (b"", "Y004"),
    "only comments": (b"# nothing\n", "Y004"),
    "only spaces": (b"   \n\n", "Y004"),
    "UTF-16": (BREACH.encode("utf-16"), "Y002"),
    "Latin-1": (replaced("Police", "Polic\xe9").replace(b"\xc3\xa9", b"\xe9"), "Y002"),
    "two megabytes": (BREACH.encode() + b"# x\n" * 600_000, "Y005"),
    "10,000 deep": (b"a: " + b"[" * 10_000 + b"]" * 10_000, "Y006"),
    "alias bomb": (
        b"a: &a [x, x, x, x, x, x, x, x, x]\n"
        + b"".join(
            b"%c: &%c [%s]\n" % (c, c, b", ".join([b"*%c" % (c - 1)] * 9)) for c in range(98, 110)
        ),
        "Y007",
    ),
    "alias in itself": (b"a: &a [*a]\n", "Y009"),
    "duplicate key": (BREACH.encode() + b"title: Again\n", "Y008"),
    "tab": (replaced("  entry", "\tentry"), "Y003"),
    "tag": (replaced("Police walk", "!!python/object:os.system Police"), "Y009"),
    "merge key": (BREACH.encode() + b"  more: {<<: {type: threaten}}\n", "Y009"),
    "two documents": (BREACH.encode() + b"---\ncase: b\n", "C001"),
    "a list": (b"- 1\n- 2\n", "C001"),
    "a word": (b"hello\n", "C001"),
    "unclosed quotation": (BREACH.encode() + b'note: "abc\n', "Y003"),
    "colon in a text": (b"case: a: b\n", "Y003"),
    "raw escape sequence": (replaced("Police", "\x1b[31mPolice"), "Y002"),
    "NUL": (replaced("Police", "Pol\0ice"), "Y002"),
    "lone surrogate": (replaced("Police", '"\\ud800" #'), "Y003"),
    "text too long": (replaced("Police", "P" * 70_000), "Y010"),
    "case without a name": (replaced("walk-in", ""), "C002"),
    "no title": (replaced("title: Police walk into an embassy", "title:"), "C002"),
    "case named as a path": (replaced("walk-in", "../../etc/passwd"), "C025"),
    "act named as a path": (replaced("  entry:", "  ../entry:"), "C025"),
    "unknown key": (BREACH.encode() + b"actz: 1\n", "C003"),
    "unknown act type": (replaced("enter_premises", "enter_premisses"), "C012"),
    "unknown role": (replaced(ENTRY, f"{ENTRY}, agianst: police"), "C003"),
    "unknown value": (replaced("kind: police", "kind: polcie"), "C015"),
    "unknown country": (replaced("receiving: FR", "receiving: QX"), "C023"),
    "a role filled by nobody": (replaced("place: chancery, ", ""), "C014"),
    "a role filled by a stranger": (replaced("by: police", "by: gendarmes"), "C011"),
    "ends before it begins": (
        replaced("date: 2026-01-05", "from: 2026-01-05, until: 2025-01-01"),
        "C021",
    ),
    "done in the future": (replaced("date: 2026-01-05", "date: 2027-01-05"), "C021"),
    "no such day": (replaced("date: 2026-01-05", "date: 2026-02-31"), "C020"),
    "a number of 5,000 digits": (replaced("2026-01-10", "9" * 5000), "C020"),
    "acts in a circle": (
        BREACH.encode()
        + b"  a: {type: refuse, by: embassy, to: FR, answers: b, date: 2026-01-06}\n"
        + b"  b: {type: refuse, by: embassy, to: FR, answers: a, date: 2026-01-06}\n",
        "C024",
    ),
    "an act that answers itself": (
        BREACH.encode()
        + b"  a: {type: refuse, by: embassy, to: FR, answers: a, date: 2026-01-06}\n",
        "C024",
    ),
    "a conclusion": (replaced(ENTRY, f"{ENTRY}, unlawful: yes"), "C031"),
    "no acts": (BREACH.partition("acts:")[0].encode(), "C030"),
    "acts as a list": (BREACH.partition("acts:")[0].encode() + b"acts: [1, 2]\n", "C001"),
    "unknown reading": (BREACH.encode() + b"readings: {no_such: x}\n", "C027"),
    "unknown measure": (BREACH.encode() + b"consider: [{measure: enter_premisez}]\n", "C028"),
    "unknown measure expected": (
        BREACH.encode() + b"expect: [{measure: enter_premisez, status: barred}]\n",
        "C028",
    ),
}
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


@pytest.mark.parametrize("name", BAD_CASES)
def test_a_bad_case_is_2_with_its_place_and_code(run, tmp_path, name) -> None:
    data, code = BAD_CASES[name]
    (tmp_path / "bad.yaml").write_bytes(data)
    result = run("check", "bad.yaml", "-o", "answer")
    assert (result.exit_code, result.stdout) == (2, "")
    assert re.search(rf"^bad\.yaml:\d+:\d+: error\[{code}\]", result.stderr, re.M), result.stderr
    assert "nothing checked. More: comity explain" in result.stderr
    assert not CONTROL.search(result.stderr)
    assert max(len(line) for line in result.stderr.splitlines()) < 400
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.yaml"]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + BREACH,
        BREACH.replace("\n", "\r\n"),
        "%YAML 1.1\n---" + BREACH,
        BREACH.replace("Police", "P" * 60_000),
        BREACH.replace("Police", "한국 " * 200),
        BREACH.replace("Police walk into an embassy", r'"\e[2J\u202E \x07 \x9b"'),
        BREACH.replace("Police", "\u202ePolice"),
    ],
    ids=["BOM", "CRLF", "directive", "long", "wide", "escapes", "bidi"],
)
def test_odd_cases_are_answered_within_80_columns(run, tmp_path, text) -> None:
    (tmp_path / "odd.yaml").write_text(text, encoding="utf-8", newline="")
    result = run("check", "odd.yaml")
    assert result.exit_code == 0, result.output
    assert not CONTROL.search(result.stdout)
    assert max(columns(line) for line in result.stdout.splitlines()) <= 80


def test_every_fault_of_every_file_is_told_at_once(run, breach, tmp_path) -> None:
    (tmp_path / "bad.yaml").write_text(MISSPELT, encoding="utf-8")
    result = run("check", breach, "bad.yaml", "missing.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "bad.yaml:" in result.stderr
    assert "missing.yaml:" in result.stderr
    assert "2 errors" in result.stderr


def test_concepts_in_a_circle_are_3(run, breach, tmp_path) -> None:
    pack(tmp_path / "more")
    one = "concept: c.%s\ntitle: t\ncite: VCDR 1\ntrue_when: {c.%s: 'true'}\n"
    text = f"{one % ('one', 'two')}---\n{one % ('two', 'one')}"
    (tmp_path / "more" / "x.yaml").write_text(text, encoding="utf-8")
    result = run("check", breach, "--rules", "more")
    assert (result.exit_code, "R014" in result.stderr) == (3, True)


def test_a_read_only_file_is_not_replaced(run, breach, tmp_path, monkeypatch) -> None:
    (tmp_path / "kept").write_text("old", encoding="utf-8")
    # Whoever runs the tests as root may write everything.
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    result = run("check", breach, "-o", "kept")
    assert (result.exit_code, "read-only" in result.stderr) == (2, True)
    assert (tmp_path / "kept").read_text(encoding="utf-8") == "old"


def test_an_unknown_rule_is_2_in_a_run_of_rule_tests(run) -> None:
    assert run("rules", "test", "no-such-rule").exit_code == 2


HELP = ["", "--help", "check --help", "why --help", "why-not --help", "schema --help",
        "explain --help", "rules --help", "rules test --help",
        "rules coverage --help"]  # fmt: skip


@pytest.mark.parametrize("args", HELP)
def test_help_keeps_to_80_columns_and_cuts_nothing(run, args) -> None:
    result = run(*args.split())
    assert result.exit_code == 0
    assert [x for x in result.stdout.splitlines() if len(x) > 80] == []
    assert [x for x in result.stdout.splitlines() if x.endswith("...") and "Usage" not in x] == []


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


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_names_in_another_script_do_not_end_an_ascii_terminal(tmp_path, form) -> None:
    (tmp_path / "wide.yaml").write_text(BREACH.replace("Police", "한국 é"), encoding="utf-8")
    one = process("check", "wide.yaml", "--format", form, cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert (one.returncode, one.stderr) == (0, b"")
    assert one.stdout.isascii()
    if form != "json":
        assert b"?? e walk into an embassy" in one.stdout


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("check - <&-", 2, b"standard input is closed"),
        ("check case.yaml >&-", 2, b"standard output is closed"),
        ("check case.yaml >/dev/full", 2, b"cannot be written"),
        ("check missing.yaml 2>&-", 2, b""),
    ],
)
def test_closed_and_full_streams_are_no_traceback(tmp_path, command, code, said) -> None:
    if "/dev/full" in command and not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    (tmp_path / "case.yaml").write_text(BREACH, encoding="utf-8")
    own = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    done = subprocess.run(
        f"{sys.executable} -m comity {command}",
        shell=True, cwd=tmp_path, env=own, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, b"Traceback" in done.stderr) == (code, False), done.stderr
    assert said in done.stderr


def test_an_interrupt_is_130_and_writes_nothing(tmp_path) -> None:
    own = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    command = [sys.executable, "-m", "comity", "check", "-"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=own, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Where the tests run in the background, the shell had interrupts ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as running:  # fmt: skip
        assert running.stdin is not None
        # More than a pipe holds: once it is written, the other end is reading.
        running.stdin.write(b"# x\n" * 100_000)
        running.stdin.flush()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (130, b"", b"stopped\n")
