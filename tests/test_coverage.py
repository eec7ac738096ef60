"""`comity rules test`: failures, coverage, the ledger, and the forms of the report."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from comity import cli, ruletests
from comity.authoring import junit, testing, testing_html
from comity.authoring.accounting import account
from comity.authoring.coverage import (
    Coverage,
    Seen,
    Subject,
    Survey,
    Watch,
    everywhere,
    measure,
    spots,
    truths,
)
from comity.authoring.deciding import decided_by, leaf_text
from comity.authoring.ledger import read_ledger
from comity.authoring.places import Places
from comity.authoring.testing import Run
from comity.checking import Loaded
from comity.commands import shared
from comity.conditions import started_by
from comity.kleene import FALSE, TRUE, UNKNOWN
from comity.library import rulebook_files, shipped_rules
from comity.model import All, Carveout, Logic, Measure, Norm, Rule, Rulebook
from comity.problems import Place, columns
from comity.resolving import judge
from tests.blocks import blocks
from tests.conftest import ROOT

SHIPPED = rulebook_files([shipped_rules()])[0]

RULE = """\
rule: practice-p91-banner
provision: P91
kind: departure
title: A mission tells the ministry before it hangs a large banner
norm: {bearer: by, modality: must, owed_to: receiving_state}
strength: [courtesy]
level: S1
trigger: {act.type: [display_banner, display_flag]}
applies:
  by.side: sending
  act.type: display_banner
  act.size_m: {at_least: 10}
departs:
  act.notice: none
except:
  mourning:
    when: {act.stance: [mourn, praise]}
    cite: P91
    text: the banner was hung in mourning
    unless:
      mocking:
        when: {act.topic: host_leader}
        cite: P91
        text: it mocked
  emergency:
    when: {act.emergency: fire}
    presumed: none
    cite: P91
    text: there was a fire
readings:
  public_criticism:
    any_public:
      departs: {}
finding: "{by} hung a banner."
note: An invented custom, for the tests.
"""
TESTS = """\
tests: practice-p91-banner
base:
  as_of: 2026-01-20
  cast:
    embassy: {is: mission, kind: embassy, sending: XA, receiving: XB}
    chancery: {is: place, used: [{by: embassy, as: chancery}]}
  acts:
    cloth:
      {type: display_banner, by: embassy, place: chancery, date: 2026-01-10,
       size_m: 12, notice: none, emergency: none}
act: cloth
checks:
  - {name: no word, outcome: presumed}
  - {name: told before, set: {acts.cloth.notice: given}, outcome: arguable}
  - {name: in mourning, set: {acts.cloth.stance: [mourn]}, outcome: excused}
  - {name: a small one, set: {acts.cloth.size_m: 2}, outcome: not_in_play}
"""


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    monkeypatch.chdir(tmp_path)

    def make(rule: str = RULE, tests: str = TESTS, **more: str) -> Path:
        folder = Path("pack")
        (folder / "practice").mkdir(parents=True, exist_ok=True)
        about = "pack: displays\ntitle: A rule on displays\nversion: 1.0\n"
        (folder / "pack.yaml").write_text(about, encoding="utf-8")
        (folder / "practice" / "p91.yaml").write_text(rule, encoding="utf-8")
        (folder / "practice" / "p91.test.yaml").write_text(tests, encoding="utf-8")
        for name, text in more.items():
            (folder / "instruments").mkdir(exist_ok=True)
            (folder / "instruments" / f"{name}.yaml").write_text(text, encoding="utf-8")
        return folder

    return make


def comity(*args: object) -> Result:
    result = CliRunner().invoke(cli.main, [str(a) for a in args])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_rules(pack: Path, *args: object) -> Result:
    return comity("rules", "test", "--rules", pack, "practice-p91-banner", *args)


test_rules.__test__ = False  # type: ignore[attr-defined]


def covered(folder: Path) -> Subject:
    """What the checks of the pack show of its rule."""
    loaded = shared.load((folder,), "never")
    files = shared.all_files((folder,), "never", aside=True)
    results, problems = ruletests.run(loaded, files, ["practice-p91-banner"])
    assert problems == ()
    found = measure(loaded, results, Places(files), ["practice-p91-banner"])
    return found.subjects[0]


def goals(subject: Subject, state: str) -> dict[tuple[str, str, str], tuple[str, ...]]:
    return {
        (i.kind, i.section, i.text): i.of(state)  # type: ignore[arg-type]
        for i in subject.items
        if i.of(state)  # type: ignore[arg-type]
    }


# --------------------------------------------------------------------------- the run


def test_passing_is_0(pack) -> None:
    result = test_rules(pack())
    assert (result.exit_code, result.stdout) == (0, "4 passed, 0 failed\n")


def test_a_failure_says_what_is_wrong_where_and_why(pack) -> None:
    tests = TESTS.replace("size_m: 2}, outcome: not_in_play", "size_m: 2}, outcome: presumed")
    result = test_rules(pack(tests=tests))
    assert result.exit_code == 1
    assert result.stdout == (
        "failed: practice-p91-banner: a small one\n"
        "  pack/practice/p91.test.yaml:16\n"
        "  expected presumed, got not_in_play\n"
        "  why not in play: not met: act.size_m is at least 10 m (it is 2)\n"
        "\n3 passed, 1 failed\n"
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("size_m: unknown", "open: unknown whether act.size_m is at least 10 m"),
        ("type: display_flag", "not in play: not met: act.type is display_banner (it is disp"),
        ("type: display_emblem", "the rule is not about acts of the type display_emblem"),
        ("stance: [mourn]", "excused: exception mourning holds"),
        ("emergency: unknown", "open: exception emergency is unknown, and nothing is presumed of"),
        ("stage: did_not_happen", "respected: the act did not happen"),
        ("notice: given", "arguable: presumed where public_criticism=any_public; respected where"),
        ("topic: [election]", "presumed: it assumes that no exception holds (mourning)"),
        ("stance: [demand]", "established: every condition holds, and no exception"),
    ],
)
def test_what_decided(pack, change, why) -> None:
    check = f"name: x, set: {{acts.cloth.{change}}}, outcome: moot"
    folder = pack(tests=TESTS.replace("name: no word, outcome: presumed", check))
    loaded = shared.load((folder,), "never")
    files = shared.all_files((folder,), "never", aside=True)
    results, problems = ruletests.run(loaded, files, ["practice-p91-banner"])
    assert problems == ()
    assert " ".join(decided_by(loaded, results[0])).startswith(why)


def test_the_failure_shown_in_the_docs_is_the_one_printed(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("my-rules")
    pages = {n: (ROOT / "docs" / n).read_text() for n in ("writing-a-rule.md", "testing-rules.md")}
    for block in blocks(pages["writing-a-rule.md"]):
        if block.mark == "rules":
            (folder / block.value).parent.mkdir(exist_ok=True, parents=True)
            text = block.text.replace("[mourn]}, outcome: excused", "[mourn]}, outcome: presumed")
            (folder / block.value).write_text(text, encoding="utf-8")
    result = comity("rules", "test", "--rules", folder, "practice-p90-large-banner")
    shown = next(b.text for b in blocks(pages["testing-rules.md"]) if b.text.startswith("failed:"))
    assert result.stdout.startswith(shown)


def test_what_is_todo_is_counted_and_fails_nothing(pack) -> None:
    tests = TESTS.replace(
        "size_m: 2}, outcome: not_in_play", "size_m: 2}, todo: no idea, outcome: moot"
    )
    result = test_rules(pack(tests=tests))
    assert (result.exit_code, "3 passed, 0 failed, 1 todo\n" in result.stdout) == (0, True)
    assert "todo no idea" in result.stdout


def test_a_todo_that_is_met_is_told(pack) -> None:
    result = test_rules(pack(tests=TESTS.replace("name: no word", "todo: no idea, name: no word")))
    assert (result.exit_code, "1 todo already met\n" in result.stdout) == (0, True)


def test_a_run_in_which_nothing_ran_fails(pack) -> None:
    folder = pack(tests=TESTS)
    (folder / "practice" / "p91.test.yaml").unlink()
    result = test_rules(folder)
    assert result.exit_code == 1
    assert "no test: practice-p91-banner\n0 passed, 0 failed: nothing ran" in result.stdout


def test_a_rule_that_was_asked_for_and_has_no_test_fails(pack) -> None:
    folder = pack()
    (folder / "practice" / "p91.test.yaml").unlink()
    result = test_rules(folder, "vcdr-22-1-entry")
    assert (result.exit_code, "no test: practice-p91-banner" in result.stdout) == (1, True)
    assert comity("rules", "test", "--rules", folder).exit_code == 0


def test_a_run_of_todo_alone_shows_nothing(pack) -> None:
    tests = re.sub(r"outcome: \w+}\n", "todo: later, outcome: moot}\n", TESTS)
    result = test_rules(pack(tests=tests))
    assert (result.exit_code, "all that ran is marked todo" in result.stdout) == (1, True)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("act: cloth", "act: cloht", "did you mean 'cloth'?"),
        ("act: cloth\n", "", "which act"),
        ("act: cloth\n", "act: cloth\nmission: embasy\n", "did you mean 'embassy'?"),
        ("outcome: excused", "outcome: excuse", "did you mean 'excused'?"),
        ("outcome: excused", "todo: '', outcome: excused", "gives the reason"),
        ("outcome: excused", "worlds: {abstain: open}, outcome: excused", "is no world"),
        ("outcome: excused", "worlds: {a=b: opened}, outcome: excused", "is no outcome"),
        ("outcome: excused", "worlds: [a], outcome: excused", "is a mapping"),
        ("outcome: excused", "outcom: excused", "did you mean 'outcome'?"),
        ("tests: practice-p91-banner", "tests: practice-p91-baner", "practice-p91-banner"),
        ("tests: practice-p91-banner", "tests: []", "names no rule"),
        ("checks:", "cheks:", "list of `checks`"),
        ("sending: XA", "sending: Xanadu", "Xanadu"),
    ],
)
def test_a_malformed_test_is_a_fault_with_its_place(pack, old, new, says) -> None:
    assert old in TESTS
    result = test_rules(pack(tests=TESTS.replace(old, new, 1)))
    assert result.exit_code == 3
    assert says in result.stderr
    assert "practice/p91.test.yaml:" in result.stderr


def test_only_one_rule_is_judged_as_among_all(loaded: Loaded) -> None:
    results, _ = ruletests.run(loaded, SHIPPED, ["vcdr-22-1-entry"])
    assert len(results) > 20
    for result in results:
        for one in result.judged:
            every = judge(loaded.engine, one.frame, loaded.rulebook.readings, explain=False)
            same = next(j for j in every if j.rule.id == result.rule)
            assert (same.outcome, same.worlds, same.assumes) == (
                one.outcome,
                one.worlds,
                one.assumes,
            )


# --------------------------------------------------------------------------- coverage


def test_what_no_check_of_a_rule_shows(pack) -> None:
    emergency, mourning = "exception emergency", "exception mourning"
    assert goals(covered(pack()), "unseen") == {
        ("outcome", "", "the outcome"): ("established", "open", "respected"),
        ("condition", "applies", "by.side is sending"): ("false", "unknown"),
        ("condition", "applies", "act.type is display_banner"): ("false",),
        ("condition", "applies", "act.size_m is at least 10 m"): ("unknown",),
        ("condition", "departs", "act.notice is none"): ("unknown",),
        ("exception", emergency, "there was a fire"): ("holds", "left unknown"),
        ("condition", emergency, "act.emergency is fire"): ("true", "unknown"),
        ("condition", mourning, "act.stance has mourn or praise"): ("false",),
        ("exception", f"{mourning} unless mocking", "it mocked"): ("holds",),
        ("condition", f"{mourning} unless mocking", "act.topic has host_leader"): (
            *("true", "false"),
        ),
    }


MORE = """\
  - {name: all known, set: {acts.cloth.stance: [demand]}, outcome: established}
  - {name: no size, remove: [acts.cloth.size_m], outcome: open}
  - {name: another flag, set: {acts.cloth.type: display_flag}, outcome: not_in_play}
  - {name: someone, set: {acts.cloth.by: unknown}, outcome: open}
  - name: police
    set: {acts.cloth.by: police}
    add: {cast: {police: {is: organ, of: XB, kind: police}}}
    outcome: not_in_play
  - {name: no notice, remove: [acts.cloth.notice], outcome: arguable}
  - {name: fire, set: {acts.cloth.emergency: fire}, outcome: excused}
  - {name: perhaps fire, remove: [acts.cloth.emergency], outcome: open}
  - name: mocking
    set: {acts.cloth.stance: [mourn], acts.cloth.topic: [host_leader]}
    outcome: established
  - name: mourning alone
    set: {acts.cloth.stance: [mourn], acts.cloth.topic: [election]}
    outcome: excused
  - {name: not done, set: {acts.cloth.stage: did_not_happen}, outcome: respected}
"""


def test_with_a_check_for_each_nothing_is_left(pack) -> None:
    folder = pack(tests=TESTS + MORE)
    assert test_rules(folder).stdout == "15 passed, 0 failed\n"
    subject = covered(folder)
    assert goals(subject, "unseen") == {}
    assert (subject.checks, subject.at) == (15, "pack/practice/p91.yaml:1")
    result = test_rules(folder, "--coverage")
    assert "no check" not in result.stdout


@pytest.mark.parametrize(
    ("without", "missing"),
    [
        ("all known", ("outcome", "", "established")),
        ("another flag", ("condition", "applies", "false")),
        ("someone", ("condition", "applies", "unknown")),
        ("police", ("condition", "applies", "false")),
        ("no notice", ("condition", "departs", "unknown")),
        ("perhaps fire", ("exception", "exception emergency", "left unknown")),
        ("mocking", ("exception", "exception mourning unless mocking", "holds")),
        ("not done", ("outcome", "", "respected")),
    ],
)
def test_each_check_counts_for_what_it_shows(pack, without, missing) -> None:
    # The mocking banner is established too.
    left_out = {without, "mocking"} if without == "all known" else {without}
    each = re.findall(r"(?ms)^  - .*?(?=^  - |\Z)", MORE)
    more = "".join(x for x in each if re.split("name: |,|\n", x)[1] not in left_out)
    assert len(each) - more.count("  - ") == len(left_out)
    unseen = goals(covered(pack(tests=TESTS + more)), "unseen")
    assert missing[2] in {
        goal for (kind, section, _), its in unseen.items() for goal in its
        if (kind, section) == missing[:2]
    }  # fmt: skip


def test_what_the_kind_of_act_fixes_is_not_asked_for(pack) -> None:
    cannot = goals(covered(pack()), "cannot")
    assert cannot["condition", "applies", "act.type is display_banner"] == ("unknown",)
    rule = RULE.replace("[display_banner, display_flag]", "display_banner")
    fixed = goals(covered(pack(rule)), "cannot")
    assert fixed["condition", "applies", "act.type is display_banner"] == ("false", "unknown")
    acts = shared.load((), "never").vocabulary.acts.values()
    bare = next(t.name for t in acts if "object" not in (*t.needs, *t.may))
    roleless = RULE.replace("[display_banner, display_flag]", bare).replace(
        "  by.side: sending\n", "  object.is: none\n"
    )
    found = goals(covered(pack(roleless)), "cannot")
    assert found["condition", "applies", "object.is is none"] == ("false", "unknown")
    plain = RULE[: RULE.index("except:")] + (
        'except: none\nno_exceptions: there are none\nfinding: "{by} hung a banner."\n'
    )
    none = goals(covered(pack(plain, TESTS.replace("presumed}", "established}"))), "cannot")
    assert none["outcome", "", "the outcome"] == ("presumed", "arguable", "excused")


def test_a_reading_counts_only_where_it_changes_the_answer(pack) -> None:
    tests = "".join(x for x in TESTS.splitlines(True) if "told before" not in x)
    unseen = goals(covered(pack(tests=tests)), "unseen")
    assert unseen["reading", "", "public_criticism"] == ("any_public", "partisan_or_coercive")
    seen = goals(covered(pack()), "seen")
    assert seen["reading", "", "public_criticism"] == ("any_public", "partisan_or_coercive")


def test_every_place_is_the_line_of_what_it_names(pack) -> None:
    lines = RULE.splitlines()
    words = {"there was a fire": "emergency:", "it mocked": "mocking:",
             "the banner was hung in mourning": "mourning:"}  # fmt: skip
    for item in covered(pack()).items:
        if item.at:
            file, _, line = item.at.rpartition(":")
            assert file == "pack/practice/p91.yaml"
            word = words.get(item.text, re.split("[ ]", item.text)[0])
            assert word in lines[int(line) - 1], item


@pytest.fixture(scope="module")
def shipped(loaded: Loaded) -> tuple[tuple[ruletests.Result, ...], Coverage]:
    results, problems = ruletests.run(loaded, SHIPPED)
    assert problems == ()
    return results, measure(loaded, results, Places(SHIPPED))


def test_the_truths_are_those_of_the_engine(loaded: Loaded, shipped) -> None:
    """What coverage sees of the parts of a rule is what durable_rules answered, wherever that
    settled them: on every frame of every shipped check."""
    codes = {code.rule.id: code for code in loaded.program.rules}
    compared = 0
    for result in shipped[0]:
        for judged in result.judged:
            code = codes[result.rule]
            view = everywhere(judged, code, loaded.rulebook.readings)
            parts = loaded.engine.run(judged.frame).parts
            for number in set(code.code.parts()) & parts.keys():
                found = truths(view, loaded.program.parts[number])
                if parts[number] != UNKNOWN:
                    assert found == {{TRUE: "true", FALSE: "false"}[parts[number]]}
                    compared += 1
    assert compared > 2_000


def test_every_condition_of_the_rulebook_is_surveyed_and_has_its_line(
    loaded: Loaded, shipped
) -> None:
    subjects = {(s.kind, s.id): s for s in shipped[1].subjects}
    for code in loaded.program.rules:
        subject = subjects["rule", code.rule.id]
        texts = {
            leaf_text(loaded.program, s.node) for s in spots(loaded.program, code.code) if s.node
        }
        assert texts <= {i.text for i in subject.items}
        for item in subject.items:
            if item.kind == "condition":
                file, _, line = item.at.rpartition(":")
                key = re.split("[ ]", item.text)[0]
                assert key in SHIPPED[file].decode().splitlines()[int(line) - 1], item
    assert {s.id for s in shipped[1].subjects if s.kind == "concept"} == set(
        loaded.program.concepts
    )


def test_every_shipped_rule_fires_and_does_not_fire_and_every_reading_matters(shipped) -> None:
    totals = {t.kind: t for t in shipped[1].totals()}
    assert totals["rule"].seen == totals["rule"].possible
    assert totals["reading"].seen == totals["reading"].possible


def test_what_cannot_be_is_never_seen(loaded: Loaded, shipped) -> None:
    """The survey says what cannot be from the vocabulary alone; no check may belie it."""
    seen = Seen()
    watch = Watch(loaded, seen, concepts=False)
    for result in shipped[0]:
        watch.result(result)
    survey = Survey(loaded, seen, Places())
    impossible = 0
    for code in loaded.program.rules:
        types = started_by(code.rule.trigger, loaded.vocabulary)
        assert types
        for spot in spots(loaded.program, code.code):
            if spot.node is not None:
                can = survey.can_be(spot.node, types)
                assert seen[code.rule.id, spot.path, spot.node] <= can, (code.rule.id, spot)
                impossible += 3 - len(can)
        assert seen["rule", code.rule.id] <= {o for o, can in survey.outcomes(code).items() if can}
    assert impossible > 50


def test_worst_first_and_rules_without_a_test_before_all(pack) -> None:
    folder = pack()
    (folder / "practice" / "p91.test.yaml").unlink()
    loaded = shared.load((folder,), "never")
    results, _ = ruletests.run(loaded, SHIPPED)
    found = measure(loaded, results, Places(SHIPPED)).subjects
    rules = [s for s in found if s.kind == "rule"]
    assert rules[0].id == "practice-p91-banner"
    counts = [s.count("unseen") for s in rules[1:]]
    assert counts == sorted(counts, reverse=True)


# --------------------------------------------------------------------------- the ledger

INDEX = """\
instrument: HAVANA
note: An invented index.
articles:
  1:
    title: One
    paragraphs:
      1(1): {says: first}
      1(2): {says: second}
      1(3): {says: third}
  2: {title: Two, paragraphs: {2: {says: x, not_encoded: a reason, note: a note}}}
  3: {title: Three, paragraphs: {3: {says: y, not_encoded: a reason, note: a note}}}
"""


def rule(id_: str, provision: str, *, excepted: str = "", status: str = "stable") -> Rule:
    carveouts = (Carveout("c", All(), cite=excepted),) if excepted else ()
    norm = Norm("by", "must", "receiving_state")
    logic = Logic(All(), All(), carveouts)
    return Rule(id_, provision, "departure", "t", norm, ("treaty",), (), logic, "f", status=status)


def accounts_of(*rules: Rule, measures: tuple[Measure, ...] = (), index: str = INDEX):
    ledger, problems = read_ledger({"instruments/a.yaml": index.encode()})
    assert problems == ()
    book = Rulebook(rules, (), {}, {}, measures)
    return account(ledger, book, shared.load((), "never").vocabulary.instruments)


def states(accounts) -> dict[str, str]:
    return {e.paragraph.number: e.state for a in accounts.instruments for e in a.entries}


def test_each_state_of_a_paragraph() -> None:
    step = Measure("m", "t", 1, {}, "act", {}, cite=("HAVANA 1(2)",))
    found = accounts_of(rule("r", "HAVANA 1(1)"), rule("s", "HAVANA 3"), measures=(step,))
    assert states(found) == {
        "1(1)": "encoded", "1(2)": "used", "1(3)": "unaccounted", "2": "not_encoded", "3": "stale",
    }  # fmt: skip
    assert [p.code for p in found.problems()] == ["R033", "R034"]
    assert [p.place.line for p in found.problems() if p.place] == [9, 11]


def test_what_a_pack_encodes_is_not_stale_in_the_file_of_another() -> None:
    ours = replace(rule("r", "HAVANA 3"), place=Place("desk/havana/3.yaml", 1, 1))
    ledger, _ = read_ledger({"instruments/a.yaml": INDEX.encode()})
    names = shared.load((), "never").vocabulary.instruments
    book = Rulebook((ours,), (), {}, {}, ())
    packs = {"desk/havana/3.yaml": "desk", "instruments/a.yaml": ""}
    assert states(account(ledger, book, names, packs=packs))["3"] == "encoded"
    packs["instruments/a.yaml"] = "desk"
    assert states(account(ledger, book, names, packs=packs))["3"] == "stale"


def test_what_an_exception_cites_is_used_and_not_stale() -> None:
    found = accounts_of(rule("r", "HAVANA 1(1)-(2)", excepted="HAVANA 1(3), 2"))
    assert states(found)["1(3)"] == "used"
    assert states(found)["2"] == "not_encoded"
    entries = {e.paragraph.number: e for e in found.instruments[0].entries}
    assert entries["1(2)"].rules == ("r",)
    assert entries["1(3)"].used_by == ("r/c",)


def test_a_deprecated_rule_encodes_nothing() -> None:
    assert (
        states(accounts_of(rule("r", "HAVANA 1(1)", status="deprecated")))["1(1)"] == "unaccounted"
    )


def test_citations_that_fit_no_paragraph_are_told() -> None:
    found = accounts_of(rule("r", "HAVANA 1"), rule("s", "HAVANA 9"), rule("t", "VCDR 22(1)"))
    one = found.instruments[0]
    assert [(s.number, s.by) for s in one.wide] == [("1", ("r",))]
    assert [(s.number, s.by) for s in one.unknown] == [("9", ("s",))]
    assert [(u.instrument, u.rules) for u in found.unindexed] == [("VCDR", ("t",))]


def test_the_ledger_command(pack) -> None:
    name = free_instrument()
    folder = pack(own=INDEX.replace("HAVANA", name))
    result = comity("rules", "coverage", name, "--rules", folder)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"LEDGER {name}: ")
    assert "FAULT unaccounted" in result.stdout
    assert "instruments/own.yaml:7" in result.stdout
    data = json.loads(
        comity("rules", "coverage", name, "--rules", folder, "--format", "json").stdout
    )
    assert data["format"] == "comity.ledger/1"
    assert data["instruments"][0]["counts"]["unaccounted"] == 3
    page = comity("rules", "coverage", name, "--rules", folder, "--format", "html").stdout
    assert "unaccounted" in page
    good = INDEX.replace("{says: ", "{not_encoded: r, note: n, says: ", 3).replace("HAVANA", name)
    good_ = pack(own=good)
    assert comity("rules", "coverage", name, "--rules", good_).exit_code == 0


def test_the_shipped_ledger_accounts_for_every_paragraph(loaded: Loaded) -> None:
    ledger, problems = read_ledger(SHIPPED)
    assert problems == ()
    found = account(ledger, loaded.rulebook, loaded.vocabulary.instruments)
    assert [str(entry.paragraph) for entry in found.faults()] == []
    assert [(a.index.instrument, a.unknown) for a in found.instruments if a.unknown] == []


def free_instrument() -> str:
    """An instrument of the vocabulary that no shipped file indexes."""
    ledger, _ = read_ledger(SHIPPED)
    names = shared.load((), "never").vocabulary.instruments
    return next(n for n, i in names.items() if n not in ledger.instruments and i.kind == "practice")


def test_an_index_that_cannot_be_read_is_3(pack) -> None:
    folder = pack(own="instrument: NO-SUCH\nnote: n\narticles: {}\n")
    result = comity("rules", "coverage", "--rules", folder)
    assert (result.exit_code, "R030" in result.stderr) == (3, True)
    assert comity("rules", "coverage", "NO-SUCH").exit_code == 2
    assert comity("rules", "test", "--rules", folder).exit_code == 0


def test_the_ledger_of_one_article() -> None:
    article = comity("rules", "coverage", "VCDR 22")
    assert article.exit_code == 0
    assert "1 article, 3 paragraphs" in article.output
    assert "vcdr-22-1-entry" in article.output
    both = json.loads(
        comity("rules", "coverage", "VCDR 22(1)", "VCDR 29", "--format", "json").stdout
    )
    (ledger,) = both["instruments"]
    assert [one["paragraph"] for one in ledger["entries"]] == ["22(1)", "29"]
    for wrong in ("VCDR 99", "VCDR twenty"):
        assert comity("rules", "coverage", wrong).exit_code == 2


# --------------------------------------------------------------------------- forms

EVIL = "<script>x</script> & \\u202e \\u0085 \\u0007"


@pytest.fixture
def evil(pack) -> Path:
    tests = TESTS.replace("name: no word, outcome: presumed", f'name: "{EVIL}", outcome: open')
    return pack(tests=tests.replace("name: told before", 'todo: "later <b>", name: told before'))


ALLOWED = {
    "testsuites": {"name", "tests", "failures", "errors", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "file"},
    "testcase": {"name", "classname", "time"},
    "failure": {"message", "type"}, "error": {"message", "type"}, "skipped": {"message", "type"},
    "system-out": set(),
}  # fmt: skip


def test_junit(evil) -> None:
    result = test_rules(evil, "--format", "junit")
    assert result.exit_code == 1
    root = ET.fromstring(result.stdout)
    for element in root.iter():
        assert set(element.attrib) <= ALLOWED[element.tag]
    suite = root[0]
    assert (suite.get("name"), suite.get("file")) == (
        "practice-p91-banner",
        "pack/practice/p91.test.yaml",
    )
    counts = [suite.get(n) for n in ("tests", "failures", "errors", "skipped")]
    assert counts == ["4", "1", "0", "0"]
    bad, met = suite[0], suite[1]
    assert "<script>" in bad.get("name", "")
    assert "\\u0007" in bad.get("name", "")
    assert bad[0].get("message") == "expected open, got presumed"
    assert (bad[0].text or "").startswith("pack/practice/p91.test.yaml:13: expected open")
    assert [e.text for e in met.iter("system-out")] == ["pack/practice/p91.test.yaml:14"]


def test_junit_of_what_is_todo_and_of_what_has_no_test(pack) -> None:
    folder = pack(tests=TESTS.replace("outcome: excused", "todo: later, outcome: open"))
    suite = ET.fromstring(test_rules(folder, "--format", "junit").stdout)[0]
    assert (suite.get("skipped"), suite.get("failures")) == ("1", "0")
    assert [e.get("message") for e in suite.iter("skipped")] == ["todo: later"]
    (folder / "practice" / "p91.test.yaml").unlink()
    root = ET.fromstring(test_rules(folder, "--format", "junit").stdout)
    assert (root.get("errors"), root[0][0][0].tag) == ("1", "error")
    every = ET.fromstring(comity("rules", "test", "--rules", folder, "--format", "junit").stdout)
    assert every.get("errors") == "0"


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\ufffe", "\ud800"])
def test_xml_has_no_character_that_it_forbids(bad) -> None:
    made = junit.clean(f"a{bad}b")
    assert ET.fromstring(f"<a>{made}</a>").text == f"a\\u{ord(bad):04x}b"


def test_html_is_whole_in_itself_and_escaped(evil) -> None:
    made = test_rules(evil, "--coverage", "--format", "html").stdout
    assert "<script" not in made
    assert "&lt;script&gt;" in made
    assert re.findall(r"(?:src|href)=\"(?!#)", made) == []
    assert "@import" not in made
    assert "url(" not in made
    assert "\u202e" not in made
    assert "\x07" not in made
    assert "later &lt;b&gt;" not in made  # it is met
    assert (
        made.index("What did not pass")
        < made.index("Checks, rule by rule")
        < made.index(">Coverage<")
    )
    for tag in ("table", "tr", "td", "th", "details", "summary", "ul", "li", "p", "h3"):
        assert len(re.findall(f"<{tag}[ >]", made)) == made.count(f"</{tag}>")


def test_text_keeps_to_80_columns_and_steers_no_terminal(evil) -> None:
    made = test_rules(evil, "--coverage").stdout
    assert [line for line in made.splitlines() if columns(line) > 80] == []
    assert "\x07" not in made
    assert "\u202e" not in made


def test_json_is_stable_and_has_what_the_page_says(pack) -> None:
    folder = pack()
    first, second = (test_rules(folder, "--coverage", "--format", "json").stdout for _ in range(2))
    assert first == second
    data = json.loads(first)
    assert data["format"] == "comity.rules-test/1"
    assert data["summary"] == {"passed": 4, "failed": 0, "todo": 0, "todo_met": 0}
    assert data["ledger"] is None  # one rule was asked for
    assert data["checks"][0] == {
        "rule": "practice-p91-banner", "name": "no word", "file": "pack/practice/p91.test.yaml",
        "line": 13, "verdict": "passed", "expected": "presumed", "outcome": "presumed",
        "message": "", "why": [], "todo": "",
    }  # fmt: skip
    (subject,) = data["coverage"]["subjects"]
    assert (subject["checks"], subject["seen"], subject["percent"]) == (4, 21, 56)


def test_the_whole_run_has_the_ledger(pack) -> None:
    data = json.loads(comity("rules", "test", "--coverage", "--format", "json").stdout)
    ledger, _ = read_ledger(SHIPPED)
    assert [i["instrument"] for i in data["ledger"]["instruments"]] == list(ledger.instruments)
    assert {s["kind"] for s in data["coverage"]["subjects"]} == {"rule", "concept"}


def keys(data: object) -> set[str]:
    if isinstance(data, dict):
        return set(data) | {k for value in data.values() for k in keys(value)}
    return {k for value in data for k in keys(value)} if isinstance(data, list) else set()


def test_every_key_of_the_json_is_explained(pack) -> None:
    name = free_instrument()
    folder = pack(own=INDEX.replace("HAVANA", name))
    args = ("rules", "test", "--coverage", "--format", "json", "--rules", folder)
    data = json.loads(comity(*args).stdout)
    text = (Path(__file__).parent.parent / "docs" / "testing-rules.md").read_text(encoding="utf-8")
    assert {k for k in keys(data) if f"`{k}`" not in text} == set()


def test_a_report_goes_whole_into_a_file(pack, tmp_path) -> None:
    target = tmp_path / "report.html"
    result = test_rules(pack(), "--format", "html", "-o", target)
    assert (result.exit_code, result.stdout) == (0, "4 passed, 0 failed\n")
    assert target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    result = test_rules(pack(), "-o", tmp_path / "no" / "such")
    assert (result.exit_code, "cannot be written" in result.stderr) == (2, True)


def test_an_empty_run_has_every_form() -> None:
    run = Run((), {})
    assert run.fails()
    assert ET.fromstring(junit.render(run)).get("tests") == "0"
    assert "nothing ran" in testing.run_text(run)
    assert "nothing ran" in testing_html.run_page(run)
    assert json.loads(testing.to_json(testing.run_data(run)))["checks"] == []
