"""`comity new`: what is written works as it is, whatever was asked for, and nothing is lost."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from comity.authoring.ledger import Ledger, read_ledger
from comity.authoring.linting import lint
from comity.authoring.scaffolding import KINDS, Draft, Wish, file_stem, folder_for, new_rule
from comity.checking import ready
from comity.cli import main
from comity.library import rulebook_files, shipped_rules, split
from comity.model import Rulebook
from comity.rulereader import read_rulebook
from comity.ruletests import run as run_tests
from comity.vocabulary import Vocabulary, load_vocabulary

LEDGER = b"""\
instrument: VCDR
note: for tests
articles:
  31:
    title: Jurisdiction
    paragraphs:
      31(1): {says: "a diplomat is not sued: save in three kinds of case"}
      31(4): {says: x, not_encoded: it governs the sending State's own courts, note: none}
"""


@cache
def shipped() -> dict[str, bytes]:
    return rulebook_files([shipped_rules()])[0]


@cache
def book() -> tuple[Vocabulary, Rulebook]:
    words, rules, _ = split(shipped())
    vocabulary, _ = load_vocabulary(words)
    found, _ = read_rulebook(rules, vocabulary)
    assert found is not None
    return vocabulary, found


def drafted(wish: Wish, ledger: Ledger | None = None) -> Draft:
    vocabulary, rules = book()
    draft, problems = new_rule(wish, vocabulary, rules.rules, ledger or Ledger())
    assert draft is not None, problems
    return draft


def test_every_act_type_for_both_sides_gives_a_sound_rule_and_tests_that_pass():
    made: dict[str, bytes] = {}
    for act in book()[0].acts:
        for side in ("receiving", "sending"):
            id_ = f"vcdr-03-{act.replace('_', '-')}-{side}"
            draft = drafted(Wish("VCDR 3(2)", id_, "departure", act, side))
            made |= {f"vcdr/{name}": text.encode() for name, text in draft.files.items()}
    found = lint({**shipped(), **made}, set(made))
    assert {p.code for p in found.problems} == {"L070"}
    words, rules, tests = split({**shipped(), **made})
    read, problems = read_rulebook(rules, load_vocabulary(words)[0])
    assert read is not None, problems
    loaded, _ = ready(read, book()[0])
    assert loaded is not None
    results, faults = run_tests(loaded, {name: tests[name] for name in made if name in tests})
    assert faults == ()
    assert [r for r in results if not r.passed] == []
    assert len(results) == 3 * 2 * len(book()[0].acts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "provision",
    ["VCDR 31(1)", "VCDR 22(1), 22(3)", "P90", "VCCR 5", "CUSTOM", "VCLT 26", "VCDR 37(1)-(2)"],
)
def test_every_kind_and_form_of_citation_passes_the_linter(kind, provision):
    draft = drafted(Wish(provision, kind=kind))
    files = {f"new/{name}": text.encode() for name, text in draft.files.items()}
    found = lint({**shipped(), **files}, set(files))
    assert {p.code for p in found.problems} <= {"L070", "L051"}


def test_the_title_comes_from_the_ledger():
    ledger, problems = read_ledger({"instruments/vcdr.yaml": LEDGER})
    assert problems == ()
    draft = drafted(Wish("VCDR 31(1)"), ledger)
    assert 'title: "TODO a diplomat is not sued: save in' in draft.files["31-1-draft.yaml"]
    assert any("not encoded" in note for note in drafted(Wish("VCDR 31(4)"), ledger).notes)


NOTED = b"""\
instrument: VCDR
note: for tests
articles:
  35:
    title: Service
    paragraphs:
      35:
        says: no service is asked of an agent
        not_encoded: no rule reads it
        note: "Immunity: trigger require_service, requisition; applies by.attributed_to receiving."
  99:
    title: Another
    paragraphs:
      99: {says: something else, not_encoded: no rule reads it, note: nothing in the words of rules}
"""


def test_what_the_ledger_notes_is_the_model_and_stands_in_the_draft():
    ledger, problems = read_ledger({"instruments/vcdr.yaml": NOTED})
    assert problems == ()
    draft = drafted(Wish("VCDR 35"), ledger)
    text = draft.files["35-draft.yaml"]
    assert "trigger: {act.type: require_service}" in text
    assert "kind: immunity" in text
    assert "applies: {by.attributed_to: receiving}" in text
    assert "# What the ledger notes for whoever encodes it: Immunity: trigger" in text
    assert "its note is in the draft" in draft.notes
    made = {f"vcdr/{name}": text.encode() for name, text in draft.files.items()}
    assert {p.code for p in lint({**shipped(), **made}, set(made)).problems} == {"L070"}
    asked = drafted(Wish("VCDR 35", act_type="evict", binds="sending", kind="duty"), ledger)
    text = asked.files["35-draft.yaml"]
    assert "act.type: evict" in text
    assert "kind: duty" in text
    assert "by.side: sending" in text


def test_a_draft_that_nothing_serves_as_a_model_for_says_so():
    ledger, _ = read_ledger({"instruments/vcdr.yaml": NOTED})
    assert any("--act-type" in note for note in drafted(Wish("VCDR 99"), ledger).notes)
    named = drafted(Wish("VCDR 99", act_type="evict"), ledger)
    assert not any("--act-type" in note for note in named.notes)


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish("VCDR"), "cannot be read"),
        (Wish("VCRD 31"), "unknown instrument"),
        (Wish("VCDR 31(9)"), "the ledger has no 'VCDR 31(9)'"),
        (Wish("VCDR 31(1)", act_type="enter_premise"), "unknown act type"),
        (Wish("VCDR 31(1)", id="Not an id"), "cannot be the id"),
        (Wish("VCDR 31(1)", id="vcdr-22-1-entry"), "already"),
    ],
)
def test_a_wish_that_cannot_be_met_is_told(wish, said):
    ledger, _ = read_ledger({"instruments/vcdr.yaml": LEDGER})
    draft, problems = new_rule(wish, book()[0], book()[1].rules, ledger)
    assert draft is None
    assert said in problems[0].message


def test_an_id_that_is_free_and_a_file_named_as_the_others_are():
    assert drafted(Wish("VCDR 3(1)(e)")).id == "vcdr-03-1-e-draft"
    assert drafted(Wish("P90")).id == "practice-p90-draft"
    assert file_stem("vcdr-22-1-entry") == "22-1-entry"


def test_where_it_goes_if_nobody_says(tmp_path: Path):
    assert folder_for("VCDR 31(1)", tmp_path) == tmp_path
    (tmp_path / "rules" / "vcdr").mkdir(parents=True)
    assert folder_for("VCDR 31(1)", tmp_path) == tmp_path / "rules" / "vcdr"
    assert folder_for("P90", tmp_path) == tmp_path
    (tmp_path / "pack.yaml").touch()
    assert folder_for("VCDR 31(1)", tmp_path) == tmp_path


# --------------------------------------------------------------------------- the command


@pytest.fixture
def desk(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_a_rule_is_written_and_the_commands_that_it_names_work(desk: Path):
    code, printed = run("new", "rule", "--provision", "VCDR 31(1)", "--folder", "mine")
    assert code == 0
    assert (desk / "mine" / "31-1-draft.test.yaml").is_file()
    named = [line.split()[1:] for line in printed.splitlines() if line.startswith("  comity ")]
    assert [words[:2] for words in named] == [["rules", "lint"], ["rules", "test"]]
    for words in named:
        code, said = run(*words)
        assert code == 0, said
    # A second rule goes into the same pack, and a shipped one needs no option.
    code, printed = run("new", "rule", "--provision", "P91", "--folder", "mine/notes")
    assert code == 0
    assert "--rules mine" in printed
    assert not (desk / "mine" / "notes" / "pack.yaml").exists()


def test_nothing_is_overwritten(desk: Path):
    kept = desk / "31-1-draft.test.yaml"
    kept.write_text("mine", encoding="utf-8")
    code, printed = run("new", "rule", "--provision", "VCDR 31(1)")
    assert code == 2
    assert "there already" in printed
    assert kept.read_text(encoding="utf-8") == "mine"
    assert not (desk / "31-1-draft.yaml").exists()
    assert run("new", "case", "my-case")[0] == 0
    assert run("new", "case", "my-case")[0] == 2
    assert run("new", "pack", "my-rules")[0] == 0
    assert run("new", "pack", "my-rules")[0] == 2


def test_a_case_gives_a_finding_and_meets_what_it_expects(desk: Path):
    assert run("new", "case", "my-case", "--title", 'A "quoted" title', "-o", "x.yaml")[0] == 0
    code, printed = run("check", "x.yaml")
    assert code == 0
    assert "presumed" in printed
    code, printed = run("check", "--expect", "x.yaml")
    assert (code, "0 disagree" in printed) == (0, True), printed


@pytest.mark.parametrize(
    "words",
    [
        ("new", "case", "Not An Id"),
        ("new", "pack", "../x"),
        ("new", "rule", "--provision", "nothing"),
        ("new", "rule"),
    ],
)
def test_what_cannot_be_is_wrong_usage(desk: Path, words):
    assert run(*words)[0] == 2
    assert list(desk.iterdir()) == []


def test_the_pack_that_it_goes_into_is_laid_over_the_rulebook(desk: Path):
    """A treaty that the pack names can be cited without naming the pack twice."""
    assert CliRunner().invoke(main, ["new", "pack", "ours"]).exit_code == 0
    words = Path("ours/vocabulary")
    words.mkdir()
    named = "instruments:\n  XAXB: {title: Convention, date: 2019-05-02, kind: treaty}\n"
    (words / "instruments.yaml").write_text(named)
    asked = ["new", "rule", "--provision", "XAXB 7(2)", "--folder"]
    made = CliRunner().invoke(main, [*asked, "ours/xaxb"])
    assert made.exit_code == 0, made.output
    drafts = [one.read_text() for one in Path("ours/xaxb").glob("*-draft.yaml")]
    assert any("provision: XAXB 7(2)" in text for text in drafts)
    elsewhere = CliRunner().invoke(main, [*asked, "other"])
    assert elsewhere.exit_code == 2
    assert "of your own in vocabulary/instruments.yaml" in " ".join(elsewhere.output.split())
