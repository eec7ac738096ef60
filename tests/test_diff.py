"""`comity rules diff`: what a change of the rules changes in the cases, and through what."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from comity.authoring.diffing import changes
from comity.cli import main
from comity.problems import columns
from tests.conftest import ROOT

CASE = """
case: walk-in
title: Police walk in
as_of: 2026-01-20
cast:
  embassy: {is: mission, kind: embassy, sending: XA, receiving: XB}
  chancery: {is: place, used: [{by: embassy, as: chancery}]}
  police: {is: organ, of: XB, kind: police}
acts:
  entry: {type: enter_premises, by: police, place: chancery, date: 2026-01-10}
consider: none
expect:
  - {act: entry, rule: vcdr-22-1-entry, outcome: presumed}
variants:
  let-in:
    title: The head of mission let them in
    add:
      facts: [{what: consent, by: embassy, for: entry, date: 2026-01-10}]
"""
ENTRY = "vcdr/22-1-entry.yaml"
FINDING = "entry/vcdr-22-1-entry"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the rules, and a case: what is changed is put back."""
    folder = tmp_path_factory.mktemp("shelf")
    (folder / "case.yaml").write_text(CASE, encoding="utf-8")
    return folder


@pytest.fixture
def changed(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change one file of a fresh copy of the rules, called `new`."""
    monkeypatch.chdir(shelf)
    shutil.rmtree(shelf / "new", ignore_errors=True)
    shutil.copytree(ROOT / "rules", shelf / "new")

    def change(name: str, old: str, new: str) -> None:
        path = shelf / "new" / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


def diff(*args: str) -> Result:
    result = CliRunner().invoke(main, ["rules", "diff", *args])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def answer(old: str = "shipped", new: str = "new", *more: str) -> dict[str, Any]:
    result = diff(old, new, "--cases", "case.yaml", "--format", "json", *more)
    assert result.exit_code in (0, 1), result.output
    made: dict[str, Any] = json.loads(result.stdout)
    assert (result.exit_code == 1) == bool(made["cases"])
    return made


def finding(made: dict[str, Any], id_: str = FINDING, variant: str = "") -> dict[str, Any]:
    (case,) = [one for one in made["cases"] if one["variant"] == variant]
    found: dict[str, Any] = next(one for one in case["findings"] if one["id"] == id_)
    return found


# --------------------------------------------------------------------------- what changed


def test_the_same_rules_change_nothing(changed):
    result = diff("shipped", "new", "--cases", "case.yaml")
    assert result.exit_code == 0
    assert result.stdout.count("nothing changed") == 2
    assert "of 2 cases with their variants 0 change" in " ".join(result.stdout.split())


def test_a_condition_that_changes_a_finding(changed):
    changed(ENTRY, "by.attributed_to: receiving}", "by.attributed_to: third}")
    made = answer()
    (rule,) = made["rules"]
    assert (rule["id"], rule["change"], rule["cite"]) == (
        "vcdr-22-1-entry",
        "changed",
        "VCDR 22(1)",
    )
    assert rule["says"] == ["when it applies, by.attributed_to was receiving, is now third"]
    one = finding(made)
    assert (one["from"], one["to"]) == ("presumed", "not_in_play")
    assert one["through"] == ["the rule was changed"]


def test_an_exception_taken_away(changed):
    changed(ENTRY, "except:\n  consent:", "except:\n  leave:")
    made = answer()
    says = [said.partition(":")[0] for said in made["rules"][0]["says"]]
    assert says == ["exception 'consent' removed", "exception 'leave' added"]
    one = finding(made)
    assert one["from"] == one["to"] == "presumed"
    assert one["says"] == ["taken for granted: now leave; no longer consent"]


def test_a_rule_that_is_gone(changed, shelf):
    (shelf / "new" / ENTRY).unlink()
    made = answer()
    assert [(r["id"], r["change"]) for r in made["rules"]] == [("vcdr-22-1-entry", "removed")]
    one = finding(made)
    assert (one["to"], one["through"]) == ("not_in_play", ["the rule was removed"])
    back = answer("new", "shipped")
    assert finding(back)["through"] == ["the rule was added"]


def test_a_change_of_a_concept_is_traced_to_the_rules_on_it(changed):
    changed(
        "concepts/premises.yaml", "place.used_as: [chancery, head_residence, annexe]",
        "place.used_as: [head_residence, annexe]",
    )  # fmt: skip
    made = answer()
    concept = next(one for one in made["rules"] if one["id"] == "place.premises")
    assert concept["says"] == ["what makes it true, when, place.used_as: removed chancery"]
    assert {"vcdr-22-1-entry", "arsiwa-50-2-b"} <= set(concept["used_by"])
    one = finding(made)
    assert (one["from"], one["to"]) == ("presumed", "not_in_play")
    assert one["through"] == ["the concept place.premises was changed"]


def test_a_default_of_a_reading_is_told_apart_from_an_outcome(changed):
    changed("readings/third_state_war.yaml", "default: not_internal", "default: aimed_at_host")
    result = diff("shipped", "new", "--format", "json")
    made = json.loads(result.stdout)
    (reading,) = made["rules"]
    assert reading["says"] == ["the default was not_internal, is now aimed_at_host"]
    assert "vcdr-41-1-interference" in reading["used_by"]
    (case,) = [c for c in made["cases"] if "seoul" in c["case"] and not c["variant"]]
    one = next(f for f in case["findings"] if f["id"] == "banner/vcdr-41-1-interference")
    assert one["from"] == one["to"] == "arguable"
    assert one["says"] == ["the default of third_state_war: not_internal -> aimed_at_host"]
    assert one["through"] == ["the reading third_state_war was changed"]


def test_a_presumption_that_is_dropped(changed):
    changed(ENTRY, "presume: [premises_in_use", "presume: [premises_accepted")
    made = answer()
    assert any("presumptions: added premises_accepted" in said for said in made["rules"][0]["says"])


def test_words_that_people_read_are_no_change_of_a_case(changed):
    changed(ENTRY, "title: Agents", "title: The agents")
    made = answer()
    assert made["rules"][0]["says"] == ["title reworded"]
    assert made["cases"] == []


def test_a_word_and_what_rests_on_it(changed):
    changed("vocabulary/topics.yaml", "  third_state_war: An", "  third_state_war: Any")
    made = answer()
    (word,) = made["rules"]
    assert (word["kind"], word["id"]) == ("word", "topics.third_state_war")
    assert "vcdr-41-1-interference" in word["used_by"]
    assert made["cases"] == []


def test_a_case_that_one_cannot_read_is_part_of_the_difference(changed, shelf):
    changed("vocabulary/topics.yaml", "topics:\n", "topics:\n  the_moon: Who owns the moon.\n")
    cloth = "{type: display_banner, by: embassy, place: chancery, topic: [the_moon]"
    text = CASE.replace("acts:\n", f"acts:\n  cloth: {cloth}, date: 2026-01-10}}\n")
    (shelf / "moon.yaml").write_text(text, encoding="utf-8")
    result = diff("shipped", "new", "--cases", "moon.yaml", "--format", "json")
    assert result.exit_code == 1
    case = json.loads(result.stdout)["cases"][0]
    assert case["unreadable"]["new"] == []
    (said,) = case["unreadable"]["old"]
    assert re.match(r"moon\.yaml:\d+: \[C015\]", said)
    told = diff("shipped", "new", "--cases", "moon.yaml").stdout
    assert "unreadable under the old rules: moon.yaml:" in told
    assert "2 can be read by one alone" in " ".join(told.split())


def test_measures_of_the_host_that_change(changed, shelf):
    changed(ENTRY, "by.attributed_to: receiving}", "by.attributed_to: third}")
    (shelf / "open.yaml").write_text(CASE.replace("consider: none\n", ""), encoding="utf-8")
    result = diff("shipped", "new", "--cases", "open.yaml", "--format", "json")
    made = json.loads(result.stdout)["cases"][0]["measures"]
    entry = next(m for m in made if m["measure"] == "enter_premises")
    assert (entry["from"], entry["on"]) == ("barred", "chancery")
    assert "vcdr-22-1-entry: presumed -> not in play" in entry["says"]
    assert "the rule vcdr-22-1-entry was changed" in entry["through"]


def test_a_measure_that_is_new_or_gone(changed, shelf):
    changed("measures/premises.yaml", "measure: enter_premises\n", "measure: go_into_premises\n")
    (shelf / "open.yaml").write_text(CASE.replace("consider: none\n", ""), encoding="utf-8")
    result = diff("shipped", "new", "--cases", "open.yaml", "--format", "json")
    made = {m["measure"]: m for m in json.loads(result.stdout)["cases"][0]["measures"]}
    assert made["enter_premises"]["to"] == "not_proposed"
    assert made["enter_premises"]["through"] == ["the measure was removed"]
    assert made["go_into_premises"]["from"] == "not_proposed"


def test_a_pack_is_laid_over_the_installed_rulebook(changed, shelf):
    (shelf / "desk").mkdir(exist_ok=True)
    text = "pack: desk\ntitle: t\nversion: 1\ndisables: {vcdr-22-1-entry: not followed}\n"
    (shelf / "desk" / "pack.yaml").write_text(text, encoding="utf-8")
    made = answer("shipped", "desk")
    assert [(r["id"], r["change"]) for r in made["rules"]] == [("vcdr-22-1-entry", "removed")]
    assert finding(made)["to"] == "not_in_play"
    changed(ENTRY, "title: Agents", "title: The agents")
    both = answer("shipped", "new", "--rules", "desk")
    assert both["rules"] == []


def test_the_answer_fits_the_terminal_and_markdown_is_marked(changed):
    changed(
        "concepts/premises.yaml", "place.used_as: [chancery, head_residence, annexe]",
        "place.used_as: [head_residence, annexe]",
    )  # fmt: skip
    told = diff("shipped", "new").stdout
    assert max(map(columns, told.splitlines())) <= 80
    assert re.search(r"\b[1-9]\d rules rest on it", told)
    assert "tehran-1979.yaml" in told
    marked = diff("shipped", "new", "--format", "markdown").stdout
    assert "### decided/tehran-1979.yaml" in marked
    assert "- **changed** concept place.premises" in marked


def test_a_change_of_one_part_of_a_document_is_told_in_words():
    old = {"applies": {"a": "x", "b": "y"}, "except": {"one": {"when": {"c": "z"}, "unless": {}}}}
    new = {
        "applies": {"a": ["x", "w"], "d": "v"},
        "except": {"one": {"when": {"c": "z"}, "unless": {"two": {"when": {"e": "f"}}}}},
    }
    assert list(changes(old, new)) == [
        "when it applies, a was x, is now [x, w]",
        "when it applies: no longer b: y",
        "when it applies: now also d: v",
        "exception 'one', its exception 'two' added: {when: {e: f}}",
    ]


# --------------------------------------------------------------------------- revisions


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two commits: the shipped rules, and a rule changed and one removed."""
    top = tmp_path_factory.mktemp("repository")
    shutil.copytree(ROOT / "rules", top / "law" / "rules")
    (top / "case.yaml").write_text(CASE, encoding="utf-8")
    git(top, "init", "--quiet", "--initial-branch", "main")
    commit(top, "The rules as they are shipped")
    git(top, "tag", "before")
    path = top / "law" / "rules" / ENTRY
    text = path.read_text(encoding="utf-8")
    text = text.replace("by.attributed_to: receiving}", "by.attributed_to: third}")
    path.write_text(text, encoding="utf-8")
    (top / "law" / "rules" / "practice" / "p36-anniversaries.yaml").unlink()
    (top / "law" / "rules" / "practice" / "p36-anniversaries.test.yaml").unlink()
    commit(top, "Another reading")
    return top


def git(top: Path, *args: str) -> str:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    env = {**clean, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    done = subprocess.run(
        ["git", *who, *args], cwd=top, env=env, capture_output=True, text=True, check=True
    )
    return done.stdout


def commit(top: Path, text: str) -> None:
    git(top, "add", "--all")
    git(top, "commit", "--quiet", "--message", text)


def test_two_revisions(repository, monkeypatch):
    monkeypatch.chdir(repository)
    status = git(repository, "status", "--porcelain")
    made = answer("before", "HEAD", "--path", "law/rules")
    assert {(r["id"], r["change"]) for r in made["rules"]} == {
        ("vcdr-22-1-entry", "changed"),
        ("practice-p36-anniversaries", "removed"),
    }
    assert finding(made)["to"] == "not_in_play"
    assert answer("HEAD", "HEAD", "--path", "law/rules")["rules"] == []
    assert git(repository, "status", "--porcelain") == status
    # From anywhere within, and with the folder named beside the revision.
    monkeypatch.chdir(repository / "law")
    args = ("--cases", "../case.yaml")
    assert diff("before:law/rules", "HEAD~0:law/rules", *args).exit_code == 1
    assert diff("before:law/rules", ".", *args).exit_code == 1
    assert diff("HEAD:law/rules", "rules", *args).exit_code == 0


def test_a_revision_whose_rules_are_broken_is_3_and_says_which(repository, monkeypatch):
    monkeypatch.chdir(repository)
    branch = git(repository, "rev-parse", "HEAD").strip()
    path = repository / "law" / "rules" / ENTRY
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "exept: {}\n", encoding="utf-8")
    git(repository, "checkout", "--quiet", "-b", "feature/broken")
    commit(repository, "Broken")
    git(repository, "checkout", "--quiet", "main")
    assert git(repository, "rev-parse", "HEAD").strip() == branch
    result = diff("before", "feature/broken", "--path", "law/rules")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("the new rules, feature/broken, cannot be used:\n")
    assert "feature/broken:law/rules/vcdr/22-1-entry.yaml:" in result.stderr
    assert "did you mean 'except'?" in result.stderr


@pytest.mark.parametrize(
    ("old", "said"),
    [
        ("-x", "No such option"),
        ("nowhere", "neither a folder nor a revision"),
        ("no/where", "there is no folder 'no/where'"),
        ("before..HEAD", "cannot be a revision"),
        ("a b", "cannot be a revision"),
        ("$(touch x)", "cannot be a revision"),
        (":law", "cannot be a revision"),
        ("", "an empty name is neither"),
        ("case.yaml", "'case.yaml' is a file"),
        ("before:law", "neither words"),
        ("before:nowhere", "has no rules in 'nowhere'"),
        ("before:../..", "git does not find"),
    ],
)
def test_what_is_no_revision(old, said, repository, monkeypatch):
    monkeypatch.chdir(repository)
    result = diff(old, "shipped", "--cases", "case.yaml")
    assert (result.exit_code, result.stdout) == (3 if "words" in said else 2, "")
    assert said in " ".join(result.stderr.split())
    assert not (repository / "x").exists()


def test_a_revision_cannot_be_taken_for_an_option(repository, monkeypatch):
    monkeypatch.chdir(repository)
    result = diff("--cases", "case.yaml", "--", "--output=x", "shipped")
    assert result.exit_code == 2
    assert "cannot be a revision" in result.stderr
    assert not (repository / "x").exists()


def test_a_link_in_a_revision_is_not_followed(repository, monkeypatch):
    monkeypatch.chdir(repository)
    git(repository, "checkout", "--quiet", "-b", "linked")
    (repository / "law" / "rules" / "vcdr" / "link.yaml").symlink_to("22-1-entry.yaml")
    commit(repository, "A link")
    git(repository, "checkout", "--quiet", "main")
    assert answer("main", "linked", "--path", "law/rules")["rules"] == []


def test_without_git_or_a_repository(changed, shelf, monkeypatch):
    assert "git does not find a revision" in diff("v1", "new", "--cases", "case.yaml").stderr
    monkeypatch.setenv("PATH", str(shelf))
    result = diff("v1", "new", "--cases", "case.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "git, which would know revisions, cannot be run" in " ".join(result.stderr.split())
    assert diff("shipped", "new", "--cases", "case.yaml").exit_code == 0


# --------------------------------------------------------------------------- wrong usage


def test_cases_that_cannot_be_read_are_2(changed, shelf):
    assert diff("shipped", "new", "--cases", "nowhere.yaml").exit_code == 2
    (shelf / "empty").mkdir(exist_ok=True)
    assert diff("shipped", "new", "--cases", "empty").exit_code == 2
    bad = CASE.replace("type: enter_premises", "type: enter_premisses")
    (shelf / "bad.yaml").write_text(bad, encoding="utf-8")
    result = diff("shipped", "new", "--cases", "bad.yaml", "--cases", "case.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "error[C012]" in result.stderr


def test_the_answer_can_go_into_a_file(changed, shelf):
    result = diff("shipped", "new", "--cases", "case.yaml", "-o", "answer.txt")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "IN THE RULES" in (shelf / "answer.txt").read_text(encoding="utf-8")
