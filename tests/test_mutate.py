"""Each kind of mutant dies by the check that is for it, and lives while there is no such check."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from comity.authoring.mutating import Bench, Trial, mutants_of, read_explanations, run
from comity.authoring.mutation_report import as_json, as_text
from comity.checking import Loaded, readings_of
from comity.cli import main
from comity.library import rulebook_files, shipped_cases, shipped_rules, split
from comity.ruletests import judged_in, parse, prepare
from comity.running import Engine, Plain

SHIPPED = rulebook_files([shipped_rules()])[0]
WORDS = split(SHIPPED)[0]

READING = """
reading: late_consent
title: Consent given after the entry
question: Does consent given afterwards cover the entry?
default: no_cover
values:
  no_cover: {says: No., held_by: most}
  cover: {says: Yes., held_by: some}
"""
CONCEPT = """
concept: place.guarded
title: The place is a mission's office in use
cite: VCDR 1(i)
true_when:
  - when: {place.used_as: [chancery, annexe], place.use: in_use}
    except:
      objected:
        when: {place.acceptance: objected}
        presumed: absent
        cite: VCDR 1(i)
        text: the receiving State objected
        unless:
          late: {when: {place.objection_timely: false}, cite: VCDR 1(i), text: too late}
    cite: VCDR 1(i)
  - when: {place.used_as: head_residence, place.use: in_use}
    cite: VCDR 1(i)
presume: [premises_in_use]
"""
RULE = """
rule: entry
provision: VCDR 22(1)
kind: departure
title: Agents enter with consent alone
norm: {bearer: receiving_state, modality: must_not, owed_to: sending_state}
strength: [treaty]
trigger: {act.type: [enter_premises, search_premises]}
applies: {place.guarded: true, by.attributed_to: receiving}
departs: {not: {act.zone: online}}
except:
  consent:
    when: {consent.state: given, consent.from: [head, sending_state]}
    cite: VCDR 22(1)
    text: consent was given
readings:
  late_consent:
    cover:
      except:
        fire:
          when: {any: [{act.emergency: fire}, {act.danger_to_life: true}]}
          cite: VCDR 22(1)
          text: it burnt
finding: "{by} went in."
"""
DEADLINE = """
rule: deadline
provision: P28
kind: departure
title: Two days to leave
norm: {bearer: receiving_state, modality: must, owed_to: sending_state}
strength: [practice]
level: S3
trigger: {act.type: png_declare}
applies: {by.attributed_to: receiving}
departs: {png.deadline_hours: {less_than: 48 h}}
except: none
no_exceptions: none is known
finding: Too little time was left.
"""
BASE = """
tests: entry
base:
  as_of: 2026-01-10
  cast:
    embassy: {is: mission, kind: embassy, sending: AA, receiving: BB}
    office: {is: place, used: [{by: embassy, as: chancery, from: 2000}], in: BB}
    head: {is: person, role: head_of_mission, at: embassy, nationality: AA}
    police: {is: organ, of: BB, kind: police}
    crowd: {is: group, kind: demonstrators, instructed_by: none}
  acts:
    entry: {type: enter_premises, by: police, place: office, zone: inside, date: 2026-01-05}
act: entry
"""
FIRES = "{name: they go in, outcome: presumed}"
ZONE = "acts.entry.zone"
CONSENT = "add: {facts: [{what: consent, by: head, for: entry, form: express, from: 2026-01-01}]}"

# The mutant, and the check beside `FIRES` that notices it.
NOTICED = [
    ("entry/norm/modality", "{name: n, norm: {modality: must_not}, outcome: presumed}"),
    ("entry/norm/parties", "{name: n, norm: {bearer: BB, owed_to: AA}, outcome: presumed}"),
    (
        "entry/trigger/act.type=search_premises/drop",
        "{name: n, each: {acts.entry.type: [enter_premises, search_premises]}, outcome: presumed}",
    ),
    (
        "entry/applies/place.guarded/drop",
        (
            "{name: n, set: {cast.office.used: [{by: embassy, as: private_residence, from: 2000}]},"
            " outcome: not_in_play}"
        ),
    ),
    (
        "entry/applies/by.attributed_to/drop",
        "{name: n, set: {acts.entry.by: crowd}, outcome: not_in_play}",
    ),
    ("entry/departs/not/invert", FIRES.replace("they go in", "again")),
    ("entry/departs/not/drop", "{name: n, set: {acts.entry.zone: online}, outcome: respected}"),
    ("entry/except.consent/drop", f"{{name: n, {CONSENT}, outcome: excused}}"),
    (
        "entry/except.consent/consent.from=sending_state/drop",
        f"{{name: n, {CONSENT.replace('by: head', 'by: AA')}, outcome: excused}}",
    ),
    ("entry/except.consent/presumed=none", FIRES.replace("they go in", "again")),
    ("entry/except.consent/presumed=present", FIRES.replace("they go in", "again")),
    (
        "entry/late_consent=cover/drop",
        "{name: n, set: {acts.entry.emergency: fire}, outcome: arguable}",
    ),
    (
        "entry/late_consent=cover/except.fire/any.2/drop",
        "{name: n, set: {acts.entry.danger_to_life: yes}, outcome: arguable}",
    ),
    (
        "late_consent/default=cover",
        "{name: n, set: {acts.entry.emergency: fire}, default: presumed, outcome: arguable}",
    ),
    (
        "place.guarded/true.2/drop",
        (
            "{name: n, set: {cast.office.used: [{by: embassy, as: head_residence, from: 2000}]},"
            " outcome: presumed}"
        ),
    ),
    (
        "place.guarded/true.1/place.used_as=annexe/drop",
        (
            "{name: n, set: {cast.office.used: [{by: embassy, as: annexe, from: 2000}]},"
            " outcome: presumed}"
        ),
    ),
    (
        "place.guarded/true.1/except.objected/drop",
        "{name: n, set: {cast.office.acceptance: objected}, outcome: open}",
    ),
    (
        "place.guarded/closed",
        (
            "{name: n, set: {cast.office.used: [{by: embassy, as: private_residence, from: 2000}]},"
            " outcome: not_in_play}"
        ),
    ),
    (
        "place.guarded/presume=premises_in_use/drop",
        (
            "{name: n, add: {acts: {rupture: {type: sever, by: BB, to: AA, date: 2025-06-01}}},"
            " outcome: presumed}"
        ),
    ),
]
DEADLINE_BASE = """
tests: deadline
base:
  as_of: 2026-01-20
  cast:
    embassy: {is: mission, kind: embassy, sending: AA, receiving: BB}
    secretary: {is: person, role: diplomatic_staff, at: embassy, nationality: AA}
  acts:
    note: {type: png_declare, by: BB, against: secretary, date: 2026-01-10, deadline: 24 h}
act: note
"""


# Proves nothing: another sort of act, which no mutant can bring into play.
NOTHING = """{name: a note, outcome: not_in_play, set: {acts.entry:
      {type: public_protest, by: police, to: embassy, date: 2026-01-05}}}"""


def sheet(*checks: str, base: str = BASE) -> bytes:
    return (base + "checks:\n" + "".join(f"  - {check}\n" for check in checks)).encode()


def files(*checks: str, **more: bytes) -> dict[str, bytes]:
    return {
        **WORDS,
        "a/reading.yaml": READING.encode(),
        "a/concept.yaml": CONCEPT.encode(),
        "a/entry.yaml": RULE.encode(),
        "a/entry.test.yaml": sheet(*checks),
        **more,
    }


def tried(made: Mapping[str, bytes], *, jobs: int = 1, **more: int) -> Trial:
    bench = Bench(made, {})
    assert bench.usable, bench.problems
    assert list(bench.failing()) == []
    return run(bench, made, mutants_of(bench), jobs=jobs, progress=lambda _d, _t: None, **more)


def states(trial: Trial) -> dict[str, str]:
    return {v.mutant.id: v.state for v in trial.verdicts}


@pytest.fixture(scope="module")
def without() -> dict[str, str]:
    """What becomes of each mutant where a check that proves nothing is all there is."""
    return states(tried(files(NOTHING)))


@pytest.mark.parametrize(("mutant", "check"), NOTICED, ids=[one for one, _ in NOTICED])
def test_a_mutant_dies_by_its_check_alone(mutant: str, check: str, without: dict[str, str]) -> None:
    assert without[mutant] == "alive"
    assert states(tried(files(check)))[mutant] == "tests"


def test_every_name_is_its_own(without: dict[str, str]) -> None:
    made = files(FIRES)
    bench = Bench(made, {})
    ids = [m.id for list_ in mutants_of(bench).values() for m in list_]
    assert len(ids) == len(set(ids)) == len(without)
    for id_ in ids:
        assert " " not in id_


@pytest.mark.parametrize(
    ("mutant", "hours", "outcome"),
    [
        ("more", "48 h", "respected"),
        ("less", "47 h", "established"),
        ("at_most", "48 h", "respected"),
    ],
)
def test_a_bound_dies_by_a_check_on_it(mutant: str, hours: str, outcome: str) -> None:
    id_ = f"deadline/departs/png.deadline_hours.less_than/{mutant}"
    day = "{name: a day, outcome: established}"
    exact = f"{{name: exact, set: {{acts.note.deadline: {hours}}}, outcome: {outcome}}}"
    for checks, state in (((day,), "alive"), ((day, exact), "tests")):
        made = {
            **WORDS,
            "a/deadline.yaml": DEADLINE.encode(),
            "a/deadline.test.yaml": sheet(*checks, base=DEADLINE_BASE),
        }
        assert states(tried(made))[id_] == state


def test_each_mutant_stands_where_it_was_made() -> None:
    bench = Bench(files(FIRES), {})
    places = {m.id: m.place for list_ in mutants_of(bench).values() for m in list_}
    lines = RULE.split("\n")
    place = places["entry/except.consent/consent.from=sending_state/drop"]
    assert place.file == "a/entry.yaml"
    assert lines[place.line - 1][place.column - 1 :].startswith("sending_state")


def test_the_number_of_processes_changes_nothing() -> None:
    made = files(*dict.fromkeys(check for _, check in NOTICED))
    assert tried(made, jobs=1) == tried(made, jobs=2)


def test_a_sample_is_drawn_again_by_its_seed() -> None:
    made = files(FIRES)
    whole = states(tried(made))
    some = states(tried(made, sample=10, seed=4))
    assert len(some) == 10
    assert some == states(tried(made, sample=10, seed=4))
    assert some.items() <= whole.items()


def test_a_case_notices_what_no_check_does() -> None:
    text = BASE.replace("tests: entry\nbase:", "case: x\ntitle: x").replace("\n  ", "\n")
    text = text.replace("act: entry", "expect: [{act: entry, cite: VCDR 22(1), outcome: breached}]")
    made = files(NOTHING)
    bench = Bench(made, {"x.yaml": text.encode()})
    assert [met for _, met in bench.exhibits] == [(True,)]
    trial = run(bench, made, mutants_of(bench), jobs=1, progress=lambda _d, _t: None)
    found = {v.mutant.id: (v.state, v.by) for v in trial.verdicts}
    assert found["entry/except.consent/presumed=none"] == ("cases", "x.yaml")
    assert found["entry/norm/modality"][0] == "alive"


def test_an_explanation_counts_and_a_stale_one_is_a_fault() -> None:
    said = b"""explained:
  entry/norm/modality: nobody looks
  entry/except.consent/presumed=none: it is noticed
  entry/no/such: a slip
"""
    made = files(FIRES, **{"reviews/mutants.yaml": said})
    trial = tried(made)
    assert states(trial)["entry/norm/modality"] == "explained"
    assert [p.place.line for p in trial.stale if p.place] == [3, 4]
    assert "there is no mutant 'entry/no/such'" in trial.stale[1].message
    assert "is noticed by a/entry.test.yaml" in trial.stale[0].message


def test_an_explanation_without_a_reason_is_a_fault() -> None:
    for text in (b"explained: {a: ''}", b"explain: {a: b}", b"- a"):
        assert read_explanations({"reviews/mutants.yaml": text})[1]


def test_the_report_says_what_is_alive_and_what_would_notice_it() -> None:
    trial = tried(files(FIRES))
    text = as_text(trial, 80, 5)
    assert "a/entry.yaml:6" in text
    assert "the norm says `must`, not `must_not`" in text
    assert "-> say `norm: {modality: ...}` in the tests of the rule" in text
    prose = [line for line in text.split("\n") if "/" not in line]
    assert max(map(len, prose)) <= 80
    document = json.loads(as_json(trial, 5))
    assert document["mutants"] == trial.counted
    assert {v["id"] for v in document["verdicts"]} == set(states(trial))


# --------------------------------------------------------------------------- the command


def invoke(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["rules", "mutate", *words])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_tries_one_rule(tmp_path: Path) -> None:
    target = tmp_path / "mutants.json"
    code, _out, _err = invoke(
        "practice-p23-summons", "--jobs", "1", "--format", "json", "-o", str(target)
    )
    document = json.loads(target.read_text())
    assert {owner["name"] for owner in document["owners"]} == {"practice-p23-summons"}
    assert code == (1 if document["alive"] else 0)


def test_a_path_names_the_rules_in_it() -> None:
    code, out, _err = invoke("rules/practice/p23-summons.yaml", "--jobs", "1", "--max-alive", "100")
    assert code in (0, 1)
    assert "practice  " in out
    assert "vcdr  " not in out


def test_a_folder_of_a_pack_is_no_folder_of_the_rulebook(tmp_path: Path) -> None:
    """Though it is called like one."""
    (tmp_path / "practice").mkdir()
    for name in ("practice/p23-summons.yaml", "practice/p23-summons.test.yaml"):
        text = SHIPPED[name].decode().replace("practice-p23-summons", "practice-p23-mine")
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "pack.yaml").write_text("pack: mine\ntitle: Mine\nversion: 1.0\n", encoding="utf-8")
    where = str(tmp_path / "practice")
    _code, out, _err = invoke(where, "--rules", str(tmp_path), "--jobs", "1", "--format", "json")
    owners = {owner["name"] for owner in json.loads(out)["owners"]}
    assert owners == {"practice-p23-mine"}


def test_what_is_unknown_is_refused() -> None:
    code, _out, err = invoke("vcdr-22-1-entri")
    assert code == 2
    assert "did you mean 'vcdr-22-1-entry'?" in err


def test_tests_that_fail_are_mended_first(tmp_path: Path) -> None:
    folder = tmp_path / "practice"
    folder.mkdir()
    name = "practice/p23-summons.test.yaml"
    wrong = SHIPPED[name].replace(b"outcome: presumed", b"outcome: excused", 1)
    (tmp_path / name).write_bytes(wrong)
    rule = name.replace(".test", "")
    (tmp_path / rule).write_bytes(SHIPPED[rule])
    about = "pack: mine\ntitle: Mine\nversion: 1.0\noverrides: {practice-p23-summons: a trial}\n"
    (tmp_path / "pack.yaml").write_text(about, encoding="utf-8")
    code, out, _err = invoke("practice-p23-summons", "--rules", str(tmp_path))
    assert code == 1
    assert "Mend them first" in out


# --------------------------------------------------------------------------- the shipped rulebook


def test_both_matchers_find_the_same(loaded: Loaded) -> None:
    """A mutant is judged without durable_rules, and its answer is the same."""
    plain = Engine(loaded.program, Plain)
    for check in (
        one for sheet in parse(SHIPPED)[0] for one in prepare(sheet, loaded.vocabulary)[0]
    ):
        readings = readings_of(check.case, loaded.rulebook)
        one, other = (
            [
                (j.rule.id, j.frame.id, j.outcome, j.worlds)
                for j in judged_in(engine, check, readings)
            ]
            for engine in (loaded.engine, plain)
        )
        assert one == other, check.check.at


def test_no_norm_and_no_default_of_a_reading_can_change_unnoticed() -> None:
    bench = Bench(SHIPPED, {})
    alive = []
    for document in bench.documents:
        ids = frozenset(
            m.id
            for m, _ in bench.mutations_of(document)
            if m.kind in ("modality", "parties", "default")
        )
        alive += [v.mutant.id for v in bench.verdicts(document, ids) if v.state == "alive"]
    assert alive == []


def test_the_explanations_shipped_are_of_mutants_that_there_are() -> None:
    explanations, problems = read_explanations(SHIPPED)
    assert not problems
    bench = Bench(SHIPPED, rulebook_files([shipped_cases()])[0])
    ids = {m.id for list_ in mutants_of(bench).values() for m in list_}
    assert explanations.keys() <= ids


@pytest.mark.slow
def test_at_most_one_in_twenty_is_alive_and_each_is_explained() -> None:
    """In processes of its own, as somebody runs it: about a minute on two processors."""
    run = subprocess.run(
        [sys.executable, "-m", "comity", "rules", "mutate"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr
