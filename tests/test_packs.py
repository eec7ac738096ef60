"""Packs: folders laid over the rulebook, which change nothing of it by accident."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import comity
from comity import library, ruletests
from comity.cli import main
from comity.library import FileName, digest_of, rulebook_files, split
from comity.problems import CATALOGUE
from comity.rulereader import read_all
from comity.schema import schema
from tests.conftest import ROOT

ENTRY = (ROOT / "rules" / "vcdr" / "22-1-entry.yaml").read_text(encoding="utf-8")
BANNER_RULE = """
rule: practice-p90-large-banner
provision: P90
kind: departure
title: A mission tells the foreign ministry before it hangs a very large banner
norm: {bearer: by, modality: must, owed_to: receiving_state}
strength: [courtesy]
level: S1
trigger: {act.type: display_banner}
applies: {by.side: sending, act.size_m: {at_least: 10}}
departs: {act.notice: none}
except: none
no_exceptions: an invented custom
finding: "{by} hung a very large banner."
"""
BANNER_TEST = """
tests: practice-p90-large-banner
base:
  as_of: 2026-01-20
  cast:
    embassy: {is: mission, kind: embassy, sending: XA, receiving: XB}
    chancery: {is: place, used: [{by: embassy, as: chancery}]}
  acts:
    cloth: {type: display_banner, by: embassy, place: chancery, size_m: 12, notice: none,
            date: 2026-01-10}
act: cloth
checks:
  - {name: no word, outcome: established}
"""
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
expect:
  - {act: entry, rule: vcdr-22-1-entry, outcome: presumed}
"""


def head(name: str = "desk", more: str = "") -> str:
    return f"pack: {name}\ntitle: Instructions of a desk\nversion: 1.2\n{more}\n"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "case.yaml").write_text(CASE, encoding="utf-8")
    return tmp_path


def lay(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def run(*args: str) -> Result:
    result = CliRunner().invoke(main, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def check(*folders: str, format_: str = "text") -> Result:
    rules = [word for folder in folders for word in ("--rules", folder)]
    return run("check", "case.yaml", "--format", format_, *rules)


def refused(*folders: str) -> str:
    """What is said on standard error of packs that cannot be used; hints are put on one line."""
    result = check(*folders)
    assert (result.exit_code, result.stdout) == (3, ""), result.output
    return re.sub(r"\s+(\| )?", " ", result.stderr)


# --------------------------------------------------------------------------- what a pack may do


def test_a_pack_adds_a_rule_and_its_tests_run(desk):
    lay(desk / "mine", {"pack.yaml": head(), "p/x.yaml": BANNER_RULE, "p/x.test.yaml": BANNER_TEST})
    result = run("rules", "test", "--rules", "mine", "practice-p90-large-banner")
    assert (result.exit_code, result.stdout) == (0, "1 passed, 0 failed\n")
    assert run("rules", "test", "practice-p90-large-banner").exit_code == 2
    every = run("rules", "test", "--rules", "mine").stdout
    alone = run("rules", "test").stdout
    count = [int(text.split()[0]) for text in (every, alone)]
    assert count[0] == count[1] + 1


def test_a_pack_overrides_a_rule_and_says_so(desk):
    kinder = ENTRY.replace("departs: {}", "departs: {act.notice: none}")
    assert kinder != ENTRY
    files = {"pack.yaml": head(more="overrides: {vcdr-22-1-entry: circular 12}"), "x.yaml": kinder}
    lay(desk / "mine", files)
    before, after = check(), check("mine")
    assert "presumed     entry  VCDR 22(1)" in before.stdout
    assert "presumed     entry  VCDR 22(1)" not in after.stdout
    assert "Pack desk 1.2" not in before.stdout
    told = " ".join(after.stdout.split())
    assert "Pack desk 1.2: Instructions of a desk." in told
    assert "Overrides the rule vcdr-22-1-entry: circular 12." in told
    marked = check("mine", format_="markdown").stdout
    assert "- Pack desk 1.2: Instructions of a desk. Overrides the rule vcdr-22-1-entry" in marked


def test_the_answer_as_json_names_packs_only_if_there_are_any(desk):
    more = "disables: {vcdr-22-1-entry: not followed}"
    lay(desk / "mine", {"pack.yaml": head(more=more)})
    assert "packs" not in json.loads(check(format_="json").stdout)["receipt"]
    answer = json.loads(check("mine", format_="json").stdout)
    change = {"kind": "rule", "id": "vcdr-22-1-entry", "reason": "not followed"}
    assert answer["receipt"]["packs"] == [
        {
            "pack": "desk",
            "title": "Instructions of a desk",
            "version": "1.2",
            "overrides": [],
            "disables": [change],
        }
    ]
    assert "vcdr-22-1-entry" not in {f["rule"] for f in answer["findings"]}


def test_a_case_may_expect_what_a_pack_disables(desk):
    """It disagrees, and is not unreadable."""
    lay(desk / "mine", {"pack.yaml": head(more="disables: {vcdr-22-1-entry: not followed}")})
    result = run("check", "case.yaml", "--expect", "--rules", "mine")
    assert result.exit_code == 1
    assert "no rule reached it" in result.stdout


def test_concepts_readings_and_measures_can_be_changed(desk):
    reading = (ROOT / "rules" / "readings" / "consent_by_junior.yaml").read_text(encoding="utf-8")
    other = reading.replace("default: head_only", "default: apparent_authority")
    assert other != reading
    more = (
        "overrides: {consent_by_junior: our view, place.former_premises: too wide}\n"
        "disables: {request_removal_privately: not done}"
    )
    concept = "concept: place.former_premises\ntitle: t\ncite: VCDR 45(a)\n"
    concept += "true_when: [{when: {place.use: ended}, cite: VCDR 45(a)}]\n"
    lay(desk / "mine", {"pack.yaml": head(more=more), "r.yaml": other, "c.yaml": concept})
    files, _ = rulebook_files([library.shipped_rules(), desk / "mine"])
    _, book, problems = read_all(files)
    assert book is not None, problems
    assert book.readings["consent_by_junior"].default == "apparent_authority"
    assert {c.title for c in book.concepts if c.name == "place.former_premises"} == {"t"}
    assert "request_removal_privately" not in {m.id for m in book.measures}
    kinds = [c.kind for c in (*book.packs[1].overrides, *book.packs[1].disables)]
    assert kinds == ["reading", "concept", "measure"]


def test_a_pack_adds_words_of_its_own(desk):
    words = "topics: {the_moon: Who owns the moon.}"
    rule = BANNER_RULE.replace("act.size_m: {at_least: 10}", "act.topic: the_moon")
    lay(desk / "mine", {"pack.yaml": head(), "vocabulary/topics.yaml": words, "x.yaml": rule})
    cloth = "{type: display_banner, by: embassy, place: chancery, topic: [the_moon], notice: none"
    case = CASE.replace("acts:", f"acts:\n  cloth: {cloth}, date: 2026-01-10}}")
    (desk / "case.yaml").write_text(case, encoding="utf-8")
    assert check().exit_code == 2
    assert "P90" in check("mine").stdout


def test_an_overridden_word_keeps_its_type_and_its_values(desk):
    zone = "attributes: {zone: {type: boolean, definition: d, ask: a?}}"
    more = "overrides: {word attributes.zone: simpler}"
    lay(desk / "mine", {"pack.yaml": head(more=more), "vocabulary/attributes.yaml": zone})
    said = refused("mine")
    assert "mine/vocabulary/attributes.yaml:1:21: error[P004] 'zone' is a choice" in said
    assert "loses the values" in said
    assert "inside" in said


def test_tests_of_a_changed_rule_are_left_out_and_counted(desk):
    more = "disables: {vcdr-22-1-entry: a, practice-p12-third-flag: b}"
    lay(desk / "mine", {"pack.yaml": head(more=more)})
    result = run("rules", "test", "--rules", "mine")
    assert result.exit_code == 0, result.stdout
    shipped, _ = library.rulebook_files([library.shipped_rules()])
    disabled = ("vcdr-22-1-entry", "practice-p12-third-flag")
    sheets = [one for one in ruletests.parse(shipped)[0] if one.rule in disabled]
    count = sum(len(sheet.checks) for sheet in sheets)
    assert count > 0
    assert f"{count} tests left out of 2 rules overridden or disabled" in result.stdout


def test_a_pack_tests_the_rule_that_it_overrides(desk):
    more = "overrides: {vcdr-22-1-entry: circular 12}"
    test = f"tests: vcdr-22-1-entry\nact: entry\nbase:\n  as_of: 2026-01-20\n{base_of(CASE)}"
    test += "checks: [{name: ours, outcome: presumed}]\n"
    lay(desk / "mine", {"pack.yaml": head(more=more), "x.yaml": ENTRY, "x.test.yaml": test})
    result = run("rules", "test", "--rules", "mine", "vcdr-22-1-entry")
    assert (result.exit_code, result.stdout) == (0, "1 passed, 0 failed\n")


def base_of(case: str) -> str:
    """Cast and acts of a case, indented as the base of a rule test."""
    part = case[case.index("cast:") : case.index("expect:")]
    return "".join(f"  {line}\n" for line in part.splitlines())


# --------------------------------------------------------------------------- what it may not

REFUSED: dict[str, tuple[Mapping[str, str], str]] = {
    "no pack.yaml": (
        {"x.yaml": BANNER_RULE},
        "mine/pack.yaml:1:1: error[P001] a folder of rules is a pack",
    ),
    "nothing in it": ({"pack.yaml": head()}, "mine/pack.yaml:1:1: error[P002]"),
    "only a test": (
        {"pack.yaml": head(), "x.test.yaml": BANNER_TEST},
        "mine/pack.yaml:1:1: error[P002]",
    ),
    "a silent replacement": (
        {"pack.yaml": head(), "vcdr/22-1-entry.yaml": ENTRY},
        "stands already in the pack 'comity': vcdr/22-1-entry.yaml, line 1",
    ),
    "a silent word": (
        {"pack.yaml": head(), "vocabulary/topics.yaml": "topics: {trade: Buying.}"},
        "mine/vocabulary/topics.yaml:1:10: error[P004] word 'topics.trade' stands already",
    ),
    "an override without the rule": (
        {"pack.yaml": head(more="overrides: {vcdr-22-1-entry: why}"), "x.yaml": BANNER_RULE},
        "mine/pack.yaml:4:13: error[P005] the pack overrides the rule 'vcdr-22-1-entry' and brings",
    ),
    "an unknown id": (
        {"pack.yaml": head(more="disables: {vcdr-22-1-entri: why}")},
        "did you mean 'vcdr-22-1-entry'?",
    ),
    "an unknown word": (
        {"pack.yaml": head(more="overrides: {word topics.trad: why}")},
        "did you mean 'topics.trade'?",
    ),
    "a word without saying so": (
        {"pack.yaml": head(more="overrides: {topics.trade: why}")},
        "for the word, write `word topics.trade`",
    ),
    "a word disabled": (
        {"pack.yaml": head(more="disables: {word topics.trade: why}")},
        "error[P005] a word cannot be disabled",
    ),
    "no reason": (
        {"pack.yaml": head(more="disables: {vcdr-22-1-entry: }")},
        "error[R002] `disables` gives no reason",
    ),
    "a concept that is used": (
        {"pack.yaml": head(more="disables: {place.premises: why}")},
        "error[P006] the concept 'place.premises' is disabled by the pack 'desk' and used here",
    ),
    "a reading that is used": (
        {"pack.yaml": head(more="disables: {consent_by_junior: why}")},
        "vcdr/22-1-entry.yaml:",
    ),
    "a file that is no file of words": (
        {"pack.yaml": head(), "vocabulary/topic.yaml": "topics: {x: y}"},
        "did you mean 'topics'?",
    ),
    "an unknown section": (
        {"pack.yaml": head(), "vocabulary/topics.yaml": "topic: {x: y}"},
        "error[R003] unknown section of the vocabulary 'topic'",
    ),
    "words out of their folder": (
        {"pack.yaml": head(), "more/vocabulary/topics.yaml": "topics: {x: y}"},
        "error[R001] a document is one of",
    ),
    "an unknown key": ({"pack.yaml": head(more="overides: {}")}, "did you mean 'overrides'?"),
    "the name of another": ({"pack.yaml": head("comity")}, "error[P004] the pack 'comity' is"),
    "no version": (
        {"pack.yaml": "pack: x\ntitle: t\nversion: new"},
        "error[R001] 'new' is no version",
    ),
    "no name": ({"pack.yaml": head("Desk 1")}, "error[R001] 'Desk 1' cannot be the name"),
    "two documents": ({"pack.yaml": f"{head()}---\n{head()}"}, "error[R001] pack.yaml is one"),
    "a newer comity": (
        {"pack.yaml": head(more='requires: {comity: ">=7"}'), "x.yaml": BANNER_RULE},
        f"error[P003] 'desk' requires comity >=7, and there is comity {comity.__version__}",
    ),
    "another pack": (
        {"pack.yaml": head(more='requires: {other: ">=1"}'), "x.yaml": BANNER_RULE},
        "error[P003] 'desk' requires other >=1, which is not there",
    ),
    "itself": (
        {"pack.yaml": head(more='requires: {comity: ">=0.1", desk: ">=1"}'), "x.yaml": BANNER_RULE},
        "mine/pack.yaml:4:29: error[P003] the pack 'desk' requires itself",
    ),
    "no comparison": (
        {"pack.yaml": head(more="requires: {comity: 0.1}"), "x.yaml": BANNER_RULE},
        """error[R001] '0.1' does not say which versions""",
    ),
    "not YAML": ({"pack.yaml": "pack: ["}, "mine/pack.yaml:1:8: error[Y003]"),
}


@pytest.mark.parametrize(("files", "said"), REFUSED.values(), ids=REFUSED)
def test_a_pack_is_refused(files, said, desk):
    lay(desk / "mine", files)
    assert said in refused("mine")


def test_a_pack_with_a_faulty_list_is_not_called_empty_as_well(desk):
    lay(desk / "mine", {"pack.yaml": head(more="disables: [a, b]")})
    assert "changes none" not in refused("mine")


def test_an_empty_folder_is_refused(desk):
    (desk / "mine").mkdir()
    assert "mine:1:1: error[P002] there are no rules in the folder" in refused("mine")


def test_an_id_of_two_kinds_needs_its_kind(desk):
    first = {"pack.yaml": head("first"), "x.yaml": BANNER_RULE.replace("rule: ", "rule: x-", 1)}
    first["x.yaml"] = BANNER_RULE.replace("practice-p90-large-banner", "consular")
    first["y.yaml"] = "reading: consular\ntitle: t\nquestion: q?\ndefault: a\nvalues:\n"
    first["y.yaml"] += "  a: {says: s, held_by: h}\n  b: {says: s, held_by: h}\n"
    lay(desk / "first", first)
    second = 'requires: {first: ">=1"}\ndisables: {consular: why}'
    lay(desk / "second", {"pack.yaml": head("second", second)})
    said = refused("first", "second")
    assert "'consular' is the id of a rule and of a reading" in said
    lay(desk / "second", {"pack.yaml": head("second", second.replace("consular", "rule consular"))})
    result = check("first", "second")
    assert "Disables the rule consular: why" in " ".join(result.stdout.split())


def test_the_same_folder_twice_is_refused(desk):
    lay(desk / "mine", {"pack.yaml": head(), "x.yaml": BANNER_RULE})
    assert "error[P004] the folder is named twice" in refused("mine", "mine")
    assert "the pack 'desk' is already there, in mine/pack.yaml" in refused("mine", "../" + str(
        desk.name) + "/mine")  # fmt: skip


def test_two_packs_may_not_settle_the_same_thing(desk):
    more = "overrides: {vcdr-22-1-entry: why}"
    lay(desk / "one", {"pack.yaml": head("one", more), "x.yaml": ENTRY})
    lay(desk / "two", {"pack.yaml": head("two", more), "x.yaml": ENTRY})
    said = refused("two", "one")
    assert "error[P004] the pack 'one' brings the rule 'vcdr-22-1-entry' too: one/x.yaml" in said
    requires = f'requires: {{one: ">=1"}}\n{more}'
    lay(desk / "two", {"pack.yaml": head("two", requires)})
    assert check("two", "one").exit_code == 0
    lay(desk / "one", {"pack.yaml": head("one", f'requires: {{two: ">=1"}}\n{more}')})
    assert "error[P003] the packs require each other: one, two" in refused("two", "one")


def test_a_pack_may_bring_back_what_one_that_it_requires_disables(desk):
    lay(desk / "one", {"pack.yaml": head("one", "disables: {vcdr-22-1-entry: no}")})
    files = {"pack.yaml": head("two", "overrides: {vcdr-22-1-entry: yes it is}"), "x.yaml": ENTRY}
    lay(desk / "two", files)
    assert "the pack 'one' disables the rule 'vcdr-22-1-entry' too" in refused("one", "two")
    more = 'requires: {one: ">=1"}\noverrides: {vcdr-22-1-entry: yes it is}'
    lay(desk / "two", {"pack.yaml": head("two", more)})
    assert "VCDR 22(1)" in check("one", "two").stdout
    lay(desk / "three", {"pack.yaml": head("three", "disables: {vcdr-22-1-entry: no}")})
    assert check("one", "three").exit_code == 0


def test_a_link_out_of_a_pack_is_not_followed(desk):
    lay(desk / "mine", {"pack.yaml": head(), "x.yaml": BANNER_RULE})
    lay(desk / "other", {"y.yaml": "rule: ["})
    (desk / "mine" / "y.yaml").symlink_to(desk / "other" / "y.yaml")
    (desk / "mine" / "deep").symlink_to(desk / "other")
    assert check("mine").exit_code == 0


# --------------------------------------------------------------------------- names and digests


def shipped_and(*folders: Path) -> dict[str, bytes]:
    files, problems = rulebook_files([library.shipped_rules(), *folders])
    assert problems == ()
    return files


def test_a_fault_names_the_file_as_it_can_be_opened(desk):
    broken = BANNER_RULE.replace("act.notice", "act.notise")
    lay(desk / "deep" / "mine", {"pack.yaml": head(), "p/x.yaml": broken})
    assert "deep/mine/p/x.yaml:11:11: error[R004]" in refused("deep/mine/")
    assert f"{desk}/deep/mine/p/x.yaml:11:11" in refused(str(desk / "deep" / "mine"))


def test_a_folder_called_like_a_shipped_one_hides_nothing(desk):
    lay(desk / "vcdr", {"pack.yaml": head(), "22-1-entry.yaml": BANNER_RULE})
    files = shipped_and(Path("vcdr"))
    assert files["vcdr/22-1-entry.yaml"].decode() == ENTRY
    assert files["./vcdr/22-1-entry.yaml"].decode() == BANNER_RULE
    assert check("vcdr").exit_code == 0


def test_folders_above_a_pack_do_not_matter(desk):
    """A pack may lie below a folder called `vocabulary` or `instruments`."""
    for above in ("vocabulary", "instruments"):
        lay(desk / above / "mine", {"pack.yaml": head(), "x.yaml": BANNER_RULE})
        files = shipped_and(desk / above / "mine")
        _, rules, _ = split(files)
        assert f"{desk}/{above}/mine/x.yaml" in rules
        _, book, _ = read_all(files)
        assert book is not None
        assert "practice-p90-large-banner" in {rule.id for rule in book.rules}


def test_the_digest_tells_content_and_neither_place_nor_order(desk):
    one = {"pack.yaml": head("one"), "x.yaml": BANNER_RULE}
    two = {"pack.yaml": head("two", "disables: {vcdr-22-1-entry: no}")}
    a, b = lay(desk / "a", one), lay(desk / "b", two)
    moved = lay(desk / "elsewhere" / "c", one)
    digest = digest_of(shipped_and(a, b))
    assert digest_of(shipped_and(b, a)) == digest
    assert digest_of(shipped_and(moved, b)) == digest
    assert digest_of(shipped_and(a)) != digest
    renamed = lay(desk / "d", {**one, "pack.yaml": head("other")})
    assert digest_of(shipped_and(renamed, b)) != digest
    parted = lay(desk / "e", {"pack.yaml": head("one"), "y.yaml": BANNER_RULE})
    assert digest_of(shipped_and(parted, b)) != digest


def test_the_order_of_packs_changes_no_answer(desk):
    lay(desk / "a", {"pack.yaml": head("one"), "x.yaml": BANNER_RULE})
    lay(desk / "b", {"pack.yaml": head("two", "disables: {vcdr-22-1-entry: no}")})
    answers = [check(*order, format_="json").stdout for order in ("ab", "ba")]
    assert answers[0] == answers[1]


def test_a_rulebook_that_was_kept_has_the_places_of_its_own_packs(desk):
    """The same pack in two folders: each time the files are named as they were asked for."""
    from comity.commands.shared import load

    for folder in ("a", "b"):
        lay(desk / folder, {"pack.yaml": head(), "x.yaml": BANNER_RULE})
    for folder in ("a", "b", "a"):
        book = load([Path(folder)], "never").rulebook
        place = next(r.place for r in book.rules if r.id == "practice-p90-large-banner")
        assert place is not None
        assert place.file == f"{folder}/x.yaml"


def test_a_name_within_a_pack_is_kept(desk):
    name = FileName("a/vocabulary/x.yaml", "a", "vocabulary/x.yaml")
    assert (library.inside(name), library.folder_of(name)) == ("vocabulary/x.yaml", "a")
    assert (library.inside("vcdr/x.yaml"), library.folder_of("vcdr/x.yaml")) == ("vcdr/x.yaml", "")
    assert name == "a/vocabulary/x.yaml"


# --------------------------------------------------------------------------- where packs come from


def test_a_search_path_names_packs(desk, monkeypatch):
    lay(desk / "a", {"pack.yaml": head("one"), "x.yaml": BANNER_RULE})
    lay(desk / "b", {"pack.yaml": head("two", "disables: {vcdr-22-1-entry: no}")})
    monkeypatch.setenv("COMITY_RULES", f"a{os.pathsep}")
    told = check("b").stdout
    assert "Pack one 1.2" in told
    assert "Pack two 1.2" in told
    monkeypatch.setenv("COMITY_RULES", "nowhere")
    assert "nowhere:1:1: error[Y001] no such folder COMITY_RULES names it" in refused()


@pytest.fixture
def site(desk: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Install a distribution that brings a package as a pack."""

    def install(package: str, init: str = "") -> None:
        info = desk / "site" / f"{package}-1.0.dist-info"
        lay(info, {"METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"})
        lay(info, {"entry_points.txt": f"[comity.packs]\n{package} = {package}.rules\n"})
        lay(desk / "site" / package, {"__init__.py": init, "rules/__init__.py": ""})
        files = {"pack.yaml": head(package.replace("_", "-")), "x.yaml": BANNER_RULE}
        lay(desk / "site" / package / "rules", files)

    monkeypatch.syspath_prepend(str(desk / "site"))
    return install


def test_an_installed_pack_is_used_unless_it_is_switched_off(desk, site, monkeypatch):
    site("capital_customs")
    assert "Pack capital-customs 1.2" in check().stdout
    broken = desk / "site" / "capital_customs" / "rules" / "x.yaml"
    broken.write_text("rule: [", encoding="utf-8")
    assert f"{broken}:1:8: error[Y003]" in refused()
    monkeypatch.setenv("COMITY_PACKS", "none")
    assert "Pack" not in check().stdout
    monkeypatch.setenv("COMITY_PACKS", "some")
    assert check().exit_code == 2


def test_an_installed_pack_that_cannot_be_imported_is_told(desk, site):
    site("broken_customs", "raise ValueError('no luck')")
    said = refused()
    assert "error[P007] the installed pack 'broken_customs' cannot be read" in said
    assert "no luck" in said


def test_without_packs_the_metadata_of_distributions_is_not_read(desk):
    code = (
        "import sys; from comity.cli import main\n"
        "try: main(['check', 'case.yaml'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'importlib.metadata', 'packaging'} & set(sys.modules)))"
    )
    env = {k: v for k, v in os.environ.items() if not k.startswith(("COV", "COMITY"))}
    for _ in range(2):  # compiled, and kept
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
    assert done.stdout.splitlines()[-1] == "[]"


# --------------------------------------------------------------------------- what is shipped


def test_the_shipped_rulebook_is_a_pack_of_this_version(loaded):
    (pack,) = loaded.rulebook.packs
    assert (pack.name, pack.version, pack.shipped) == ("comity", comity.__version__, True)


def test_the_schema_offers_what_can_be_changed(loaded):
    from comity.schema_parts import names_of

    made = schema("pack", loaded.vocabulary, names_of(loaded.rulebook))
    offered = made["definitions"]["changes"]["properties"]
    assert {rule.id for rule in loaded.rulebook.rules} <= set(offered)


def test_every_code_of_packs_is_documented():
    source = "".join(
        (ROOT / "engine" / "comity" / f"{name}.py").read_text(encoding="utf-8")
        for name in ("packs", "layering", "library", "conditions")
    )
    used = set(re.findall(r'"(P\d{3})"', source))
    assert used == {code for code in CATALOGUE if code.startswith("P")}
