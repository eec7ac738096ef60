"""`comity rules list` and `show`: every condition is told in words, and nothing is left out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from comity.authoring import describing, listing, showing
from comity.authoring.describing import Desk, Item, Section
from comity.authoring.pages_markdown import markdown
from comity.authoring.pages_text import text
from comity.authoring.showing import Said, Words, tell
from comity.checking import Loaded
from comity.cli import main
from comity.commands.shared import all_files
from comity.compiling import leaves as atoms_in
from comity.conditions import conditions_of
from comity.model import All, AnyOf, Atom, Carveout, ConceptIs, Logic, Not, Range, Rule
from comity.problems import Place


@pytest.fixture(scope="module")
def words(loaded: Loaded) -> Words:
    made, problems = showing.read_words(
        all_files((), "never", aside=True), loaded.vocabulary, loaded.rulebook
    )
    assert problems == ()
    return made


@pytest.fixture(scope="module")
def desk(loaded: Loaded, words: Words) -> Desk:
    return Desk(loaded.rulebook, words, looked=False)


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["rules", *words])


def every_logic(loaded: Loaded) -> Iterator[Logic]:
    yield from (rule.logic for rule in loaded.rulebook.rules)
    yield from (d.logic for c in loaded.rulebook.concepts for d in c.definitions)


def leaves(said: Said) -> Iterator[Said]:
    if not said.parts:
        yield said
    for part in said.parts:
        yield from leaves(part)


def every_item(sections: tuple[Section, ...]) -> Iterator[Item]:
    pending = [item for section in sections for item in section.items]
    while pending:
        item = pending.pop()
        yield item
        pending += item.parts


# --------------------------------------------------------------------------- conditions in words


def test_every_key_that_a_rule_tests_has_a_sentence(loaded: Loaded, words: Words):
    """A key told by its question reads like a form; the shipped rules have none."""
    bare = {
        atom.key.partition(":")[0]
        for logic in every_logic(loaded)
        for condition in conditions_of(logic)
        for atom in atoms_in(condition)
        if isinstance(atom, Atom) and not atom.key.startswith("reading.")
    }
    known = {key for key in bare if words.sentences.get(key) or _of_role(key, words)}
    assert bare - known == set()


def _of_role(key: str, words: Words) -> bool:
    role, _, suffix = key.partition(".")
    return role in words.vocabulary.act_roles and f"*.{suffix}" in words.sentences


def test_every_sentence_is_of_a_key_and_every_word_of_a_value(loaded: Loaded, words: Words):
    keys = loaded.vocabulary.keys
    for name, entry in words.sentences.items():
        role, _, suffix = name.partition(".")
        named = [k for k in keys if k.endswith(f".{suffix}")] if role == "*" else [name]
        assert all(one in keys for one in named), name
        assert named, name
        domain = {value for one in named for value in keys[one].values}
        own = entry.get("values", {}) if isinstance(entry, dict) else {}
        assert set(own) - domain == set(), name
        if isinstance(entry, dict) and "says" not in entry:
            assert set(entry) == {"yes", "no"}, name
            assert all(keys[one].type == "boolean" for one in named), name
        else:
            assert "{value}" in (entry["says"] if isinstance(entry, dict) else entry), name
    assert set(words.roles) >= set(loaded.vocabulary.act_roles)


def test_every_condition_keeps_its_keys(loaded: Loaded, words: Words):
    """What is told of a condition names exactly the keys and concepts that stand in it."""
    defaults = {r.id: r.default for r in loaded.rulebook.readings.values()}
    for logic in every_logic(loaded):
        for condition in conditions_of(showing.on_reading(logic, defaults)):
            asked = {
                a.concept if isinstance(a, ConceptIs) else a.key.partition(":")[0]
                for a in atoms_in(condition)
            }
            told = {one.key for one in leaves(tell(condition, words))} - {""}
            assert told == asked
            assert not any(key.startswith("reading.") for key in told)


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        (Atom("by.attributed_to", frozenset({"receiving"})),
         "the act counts as the conduct of the receiving State"),
        (Atom("against.role", frozenset({"courier", "family"})),
         "the one acted upon has the role: courier or family"),
        (Atom("act.danger_to_life", frozenset({"true"})),
         "somebody's life was in immediate danger"),
        (Not(Atom("act.danger_to_life", frozenset({"true"}))),
         "nobody's life was in immediate danger"),
        (Atom("act.danger_to_life", frozenset({"false"})),
         "nobody's life was in immediate danger"),
        (AnyOf((Atom("act.topic:trade", frozenset({"true"})),
                Atom("act.topic:culture", frozenset({"true"})))), "it is about trade or culture"),
        (Not(AnyOf((Atom("act.topic:trade", frozenset({"true"})),))),
         "it is not so that it is about trade"),
        (Atom("png.deadline_hours", Range(high=48)), "the hours given to leave are at most 48"),
        (Not(ConceptIs("place.premises", "true")),
         "it is not so that the place is premises of the mission at the date of the act"),
        (All(), "always"),
        (Not(All()), "never"),
        (AnyOf(), "never"),
    ],
)  # fmt: skip
def test_a_condition_in_words(condition, told, words: Words):
    assert tell(condition, words).text == told


def test_contraries_of_several(words: Words):
    parts = (Atom("host.warned", frozenset({"true"})), ConceptIs("place.premises", "true"))
    headings = [
        tell(c, words).text for c in (All(parts), Not(All(parts)), AnyOf(parts), Not(AnyOf(parts)))
    ]
    assert headings == [
        *("all of these", "not all of these", "at least one of these", "none of these")
    ]
    assert tell(Not(Not(AnyOf(parts))), words) == tell(AnyOf(parts), words)


def test_a_key_without_a_sentence_is_told_by_its_question(loaded: Loaded, words: Words):
    bare = Words(loaded.vocabulary, words.concepts)
    said = tell(Atom("place.use", frozenset({"in_use"})), bare)
    assert said.text == "Was mission using place at the time? in use"
    said = tell(Atom("host.warned", frozenset({"false"})), bare)
    assert said.text.endswith("beforehand? no")


def test_a_presumption_is_told_with_the_condition_that_it_meets(words: Words):
    held = frozenset({"in_use"})
    said = tell(Atom("place.use", held, held), words)
    assert said.presumed == "so"
    assert tell(Atom("place.use", frozenset({"ended"}), held), words).presumed == "not so"
    assert tell(Atom("place.use", held), words).presumed == ""


def test_faulty_sentences_are_told_with_their_place(loaded: Loaded):
    data = b"sentences:\n  act.zone: [a]\nsentence:\n  x: y\n"
    _, problems = showing.read_words(
        {"wording/sentences.yaml": data}, loaded.vocabulary, loaded.rulebook
    )
    assert [(p.code, p.place and p.place.line) for p in problems] == [("R001", 2), ("R003", 3)]
    _, problems = showing.read_words(
        {"wording/sentences.yaml": b"a: ["}, loaded.vocabulary, loaded.rulebook
    )
    assert [p.code for p in problems] == ["Y003"]


# --------------------------------------------------------------------------- readings


def test_a_rule_on_one_view_holds_nothing_of_readings(loaded: Loaded):
    for rule in loaded.rulebook.rules:
        for name in rule.readings:
            for value in loaded.rulebook.readings[name].values:
                settings = {r.id: r.default for r in loaded.rulebook.readings.values()}
                logic = showing.on_reading(rule.logic, {**settings, name: value})
                assert showing.readings_in([logic]) == ()


def test_what_a_view_changes_is_told(loaded: Loaded, desk: Desk):
    """Every value that a rule names under `readings` changes something in the words."""
    rule = next(r for r in loaded.rulebook.rules if r.id == "vcdr-22-1-entry")
    told = {
        value: [i.text for i in describing.changed(rule.logic, desk, {"life_exception": value})]
        for value in ("none", "last_resort", "necessity")
    }
    assert told["none"] == []
    assert told["last_resort"] == [
        "besides, an exception where life was in immediate danger and entry was the last resort"
    ]
    assert len(told["necessity"]) == 1
    other = next(r for r in loaded.rulebook.rules if r.id == "vcdr-41-1-interference")
    changed = list(describing.changed(other.logic, desk, {"third_state_war": "aimed_at_host"}))
    assert [one.text for one in changed] == ["the act departs when:"]


def test_an_exception_that_a_view_takes_away(loaded: Loaded, desk: Desk):
    premises = next(c for c in loaded.rulebook.concepts if c.name == "place.premises")
    (one,) = premises.definitions
    (gone,) = describing.changed(one.logic, desk, {"premises_acceptance": "use_decides"})
    assert gone.text.startswith("no exception where the receiving State objected")


# --------------------------------------------------------------------------- descriptions


def test_every_rule_says_what_it_decides_and_leaves_to_judgement(loaded: Loaded, desk: Desk):
    for rule in loaded.rulebook.rules:
        said = describing.decides(rule, desk.words)
        assert said.startswith("Decides whether")
        assert rule.provision in said
        assert "judgement" in said
        assert ".." not in said


def test_nothing_of_a_rule_is_left_out(loaded: Loaded, desk: Desk):
    for rule in loaded.rulebook.rules:
        told = describing.describe_rule(rule, desk)
        found = {item.text for item in every_item(told.sections)}
        assert exceptions_of(showing.on_reading(rule.logic, desk.defaults).exceptions) <= found
        linked = {item.link for item in every_item(told.sections)}
        assert {f"rule:{one}" for one in rule.see} <= linked
        assert {f"reading:{one}" for one in rule.readings} <= linked
        assert {f"concept:{c}" for c in showing.concepts_in([rule.logic])} <= linked
        assert set(rule.references) <= found
        named = [item.note for item in every_item(told.sections)]
        assert all(any(name in note for note in named) for name in rule.presume)
        assert rule.title in text(told).replace("\n", " ")


def exceptions_of(carveouts: tuple[Carveout, ...]) -> set[str]:
    pending, found = list(carveouts), set()
    for one in pending:
        pending += one.unless
        found.add(one.text or one.name.replace("_", " "))
    return found


def test_every_description_fits_80_columns_but_for_long_words(loaded: Loaded, desk: Desk):
    book = loaded.rulebook
    told = [describing.describe_rule(one, desk) for one in book.rules]
    told += [describing.describe_concept(one, desk) for one in book.concepts]
    told += [describing.describe_reading(one, desk) for one in book.readings.values()]
    told += [describing.describe_measure(one, desk) for one in book.measures]
    for one in told:
        assert [line for line in text(one).splitlines() if len(line) > 80] == []
    assert len({one.link for one in told}) == len(told)


def test_a_rule_is_data_and_no_markup(desk: Desk, loaded: Loaded):
    from msgspec.structs import replace

    nasty = "<script>x</script> **b** [a](javascript:b) `c` | d &amp; \x1b[31m\u202e ~~e~~"
    rule = replace(
        loaded.rulebook.rules[0],
        title=nasty,
        note=f"# {nasty}",
        judgement=nasty,
        references=(nasty,),
        finding=nasty,
        place=Place(nasty, 1, 1),
    )
    told = describing.describe_rule(rule, desk)
    written = markdown(told)
    assert "<script" not in written
    assert not re.search(r"(?<!\\)\]\(javascript", written)
    assert "**b**" not in written
    assert "~~" not in written
    assert "\x1b" not in written + text(told)
    assert "\u202e" not in written + text(told)
    assert "\n# &lt;script" not in written


# --------------------------------------------------------------------------- the commands


def test_show_tells_tests_and_cases():
    result = run("show", "vcdr-22-1-entry")
    assert result.exit_code == 0, result.output
    assert "libyan-bureau-1984" in result.output
    assert re.search(r"(?m)^  the head consented +excused$", result.output)
    assert "[place.premises]" in result.output
    assert result.output.rstrip().endswith("vcdr/22-1-entry.yaml:1")


def test_show_takes_provisions_beginnings_and_other_things():
    at = json.loads(run("show", "VCDR 22(1)", "--format", "json").output)
    assert {one["id"] for one in at} == {
        *("vcdr-22-1-entry", "vcdr-22-1-coercion", "vcdr-22-1-projection", "vcdr-22-1-status")
    }
    assert json.loads(run("show", "vcdr 22(1)", "--format", "json").output) == at
    begun = json.loads(run("show", "vcdr-22-1-e", "--format", "json").output)
    assert [one["id"] for one in begun] == ["vcdr-22-1-entry"]
    kinds = [
        json.loads(run("show", name, "--format", "json").output)[0]["kind"]
        for name in ("place.premises", "overhang", "request_removal_privately", "P10")
    ]
    assert kinds == ["concept", "reading", "measure", "rule"]


def test_show_of_nothing_known_is_wrong_usage():
    result = run("show", "vcdr-22-1-entri")
    assert result.exit_code == 2
    assert "did you mean 'vcdr-22-1-entry'?" in result.output
    assert run("show", "VCDR 99").exit_code == 2
    assert run("show", "").exit_code == 2


def test_what_a_pack_disables_is_not_called_unknown(tmp_path: Path):
    pack = "pack: desk\ntitle: A desk\nversion: 1\n"
    pack += "disables: {practice-p12-third-flag: the desk does not}\n"
    (tmp_path / "pack.yaml").write_text(pack, encoding="utf-8")
    result = run("show", "practice-p12-third-flag", "--rules", str(tmp_path))
    assert result.exit_code == 2
    said = "the pack 'desk' disables the rule 'practice-p12-third-flag': the desk does not"
    assert said in " ".join(result.output.split())


def test_show_with_a_failing_test_says_so(tmp_path: Path):
    folder = tmp_path / "mine" / "vcdr"
    folder.mkdir(parents=True)
    rules = Path(__file__).parent.parent / "rules" / "vcdr"
    tests = (rules / "22-1-entry.test.yaml").read_text(encoding="utf-8")
    wrong = tests.replace("outcome: excused", "outcome: open", 1)
    assert wrong != tests
    (folder / "22-1-entry.test.yaml").write_text(wrong, encoding="utf-8")
    rule = (rules / "22-1-entry.yaml").read_text(encoding="utf-8")
    (folder / "22-1-entry.yaml").write_text(rule, encoding="utf-8")
    about = "pack: mine\ntitle: Mine\nversion: 1\noverrides: {vcdr-22-1-entry: a trial}\n"
    (folder.parent / "pack.yaml").write_text(about, encoding="utf-8")
    result = run("show", "vcdr-22-1-entry", "--rules", str(tmp_path / "mine"))
    assert result.exit_code == 0
    assert "FAILS: expected open" in " ".join(result.output.split())


def test_show_looks_into_the_cases_named(tmp_path: Path):
    result = run("show", "vcdr-22-1-entry", "--cases", str(tmp_path))
    assert result.exit_code == 2
    (tmp_path / "bad.yaml").write_text("case: [", encoding="utf-8")
    assert run("show", "vcdr-22-1-entry", "--cases", str(tmp_path)).exit_code == 2
    seed = Path(__file__).parent.parent / "cases" / "seoul-banner-2026.yaml"
    (tmp_path / "bad.yaml").write_bytes(seed.read_bytes())
    result = run("show", "vcdr-22-1-entry", "--cases", str(tmp_path))
    assert result.exit_code == 0
    assert "In no case of the casebook." in result.output


def test_the_list_is_in_the_order_of_the_law(loaded: Loaded, words: Words):
    rules = listing.in_order(loaded.rulebook.rules, loaded.vocabulary)
    at = [rule.provision for rule in rules]
    assert at.index("VCDR 9(1)") < at.index("VCDR 22(1)") < at.index("VCCR 5")
    assert at[-1].startswith("P")
    shown = listing.text(rules, words)
    assert all(rule.id in shown for rule in rules)
    assert [line for line in shown.splitlines() if len(line) > 80] == []


def ids(*options: str) -> list[str]:
    result = run("list", "--format", "json", *options)
    assert result.exit_code == 0, result.output
    return [row["id"] for row in json.loads(result.output)]


def by(loaded: Loaded, fits: object) -> set[str]:
    return {rule.id for rule in loaded.rulebook.rules if fits(rule)}  # type: ignore[operator]


def test_each_option_chooses(loaded: Loaded):
    every = {rule.id for rule in loaded.rulebook.rules}
    assert set(ids()) == every
    yes, no = set(ids("--verified", "yes")), set(ids("--verified", "no"))
    assert yes | no == every
    assert not yes & no
    assert set(ids("--kind", "immunity")) == by(loaded, lambda r: r.kind == "immunity")
    assert set(ids("--strength", "practice")) == by(loaded, lambda r: "practice" in r.strength)
    assert set(ids("--instrument", "practice")) == by(loaded, lambda r: " " not in r.provision)
    assert set(ids("--instrument", "VCCR", "--article", "31(2)")) == by(
        loaded, lambda r: r.provision.startswith("VCCR 31(2)")
    )
    assert set(ids("--article", "22")) == by(loaded, lambda r: r.provision.startswith("VCDR 22"))
    assert set(ids("--status", "stable")) == by(loaded, lambda r: r.status == "stable")
    assert "vcdr-20-flag" in ids("--tag", "display_flag")
    assert "vcdr-22-1-entry" in ids("--tag", "entry")
    assert "vcdr-22-1-entry" in ids("--tag", "enter_premises")
    assert "vcdr-20-flag" not in ids("--tag", "entry")
    assert ids("bailiffs", "FIRE crews") == ["vcdr-22-1-entry"]


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["--instrument", "VCRD"], "VCDR"),
        (["--tag", "entri"], "entry"),
        (["--kind", "departures"], "departure"),
        (["--strength", "treatys"], "treaty"),
        (["--status", "stabel"], "stable"),
    ],
)
def test_an_unknown_choice_is_wrong_usage(options, hint):
    result = run("list", *options)
    assert result.exit_code == 2
    assert f"did you mean '{hint}'?" in result.output


def test_a_selection_that_fits_nothing_says_so():
    result = run("list", "--article", "999")
    assert result.exit_code == 1
    assert "none of" in result.output


def test_the_list_in_markdown_and_in_a_file(tmp_path: Path):
    target = tmp_path / "list.md"
    assert run("list", "--article", "20", "--format", "markdown", "-o", str(target)).exit_code == 0
    written = target.read_text(encoding="utf-8")
    assert "| VCDR 20 |" in written
    assert "vcdr-20-flag" in written


def test_a_provision_names_its_rules(loaded: Loaded):
    rules: tuple[Rule, ...] = loaded.rulebook.rules
    assert {r.id for r in listing.named(rules, "ARSIWA 50")} == {"arsiwa-50-2-b"}
    assert listing.named(rules, "VCDR 2") == listing.named(rules, "vcdr  2")
    assert all(r.provision.startswith("VCDR 2") for r in listing.named(rules, "VCDR 2"))
    assert {r.provision for r in listing.named(rules, "VCDR 2")} == {"VCDR 2"}
    assert listing.named(rules, "nothing") == []
