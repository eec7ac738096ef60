"""The pages: what they show is what happens, what they name exists, what they leave out is nothing.

A reader has only README.md and docs/ to encode a case by, so every block of them is checked:
whole cases are checked, parts are laid over a case or found in the file they are said to be from,
commands are run, and the output shown under them is compared line by line. `make docs` renews the
generated pages and the excerpts.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from comity import casefile, cli, measurefile, norms, packs, ruletests, source
from comity.authoring.pages_write import MADE, anchor
from comity.casefile import read_case
from comity.checking import Checked, Loaded, check
from comity.cli import main
from comity.commands import rules
from comity.commands.check import check as check_command
from comity.expecting import compare
from comity.problems import CATALOGUE
from comity.schema import schema
from tests.blocks import Block, blocks, commands, is_excerpt, prose, refreshed, rewritten
from tests.conftest import ROOT
from tests.test_renderers import KEYS as REPORT_KEYS

PAGES = sorted(
    str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
)
#: What `make docs` makes from the rules: tests/test_site.py keeps these current.
WRITTEN = [name for name in PAGES if MADE not in (ROOT / name).read_text(encoding="utf-8")[:2000]]
#: A page whose whole cases other pages may use, and README's draft with its one mistake.
ENCODING = "docs/encoding-a-case.md"
#: Its files and commands belong together, and are tested so: tests/test_tutorial.py.
TUTORIAL = "docs/tutorial.md"


@cache
def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def every_block() -> list[tuple[str, Block]]:
    return [(n, block) for n in WRITTEN if n != TUTORIAL for block in blocks(page(n))]


def marked(language: str, mark: str) -> list[Any]:
    return [
        pytest.param(name, block, id=f"{name}:{block.line}")
        for name, block in every_block()
        if block.language == language and block.mark == mark
    ]


def whole_cases() -> dict[str, str]:
    return {b.value: b.text for _, b in every_block() if (b.language, b.mark) == ("yaml", "case")}


# --------------------------------------------------------------------------- where commands run


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the pages say is there: the cases, and the files that they show."""
    folder = tmp_path_factory.mktemp("desk")
    for name in ("cases", "rules"):
        (folder / name).symlink_to(ROOT / name)
    for name, text in whole_cases().items():
        (folder / name).write_text(text, encoding="utf-8")
    storming = whole_cases()["storming.yaml"]
    (folder / "your-case.yaml").write_text(storming, encoding="utf-8")
    draft = storming.replace("occupy_premises", "ocupy_premises")
    (folder / "draft.yaml").write_text(draft, encoding="utf-8")
    for _, block in every_block():
        if block.mark == "rules":
            path = folder / "my-rules" / block.value
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    return folder


def run(desk: Path, command: str) -> tuple[int, list[str]]:
    """A comity command, run at the desk: its exit code and what it prints."""
    words = shlex.split(command)
    assert words.pop(0) == "comity", command
    before = Path.cwd()
    os.chdir(desk)
    try:
        result = CliRunner().invoke(main, words)
    finally:
        os.chdir(before)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, [line.rstrip() for line in result.output.splitlines()]


# --------------------------------------------------------------------------- generated pages


def test_the_vocabulary_page_has_every_word(loaded: Loaded):
    v = loaded.vocabulary
    text = page("docs/vocabulary.md")
    words = {*v.acts, *v.attributes, *v.cast, *v.person_roles, *v.mission_kinds, *v.place_kinds}
    words |= {*v.place_uses, *v.object_kinds, *v.statuses, *v.judgements, *v.topics, *v.tags}
    words |= {*v.instruments, *v.presumptions, *v.conclusions, *casefile.STAGES, *v.grades}
    words |= {value for a in v.attributes.values() for value in a.values}
    words |= {m.id for m in loaded.rulebook.measures} | {c.name for c in loaded.rulebook.concepts}
    for one in (*v.cast.values(), *v.statuses.values()):
        given = one.attributes if hasattr(one, "attributes") else one.parameters
        words |= {*given, *(value for a in given.values() for value in a.values)}
    for reading in loaded.rulebook.readings.values():
        words |= set(reading.values)
    assert {w for w in words if f"`{w}`" not in text and f"### {w}\n" not in text} == set()


# --------------------------------------------------------------------------- YAML and JSON


def test_every_block_says_what_it_is():
    known = {"yaml": {"case", "add", "of", "rules", "rule-part"}, "json": {"from", "settings"}}
    known |= {"console": {""}, "sh": {""}, "": {""}}
    odd = [f"{n}:{b.line}" for n, b in every_block() if b.mark not in known.get(b.language, ())]
    assert odd == []


def checked_case(loaded: Loaded, text: str, name: str, variant: str = "") -> Checked:
    checked, problems = check(loaded, text.encode(), name, variant=variant)
    assert checked is not None, [p.message for p in problems]
    return checked


@pytest.mark.parametrize(("name", "block"), marked("yaml", "case"))
def test_a_whole_case_is_checked_and_meets_its_expectations(name, block, loaded: Loaded):
    checked = checked_case(loaded, block.text, block.value)
    rows = list(compare(checked, loaded.rulebook.rules))
    for variant in checked.case.variants:
        rows += compare(
            checked_case(loaded, block.text, block.value, variant), loaded.rulebook.rules
        )
    assert rows
    assert [r for r in rows if r.verdict != "agrees"] == []


def laid_over(part: str, base: str) -> str:
    """A document with a part in place of what it says under the same keys, and of what rests on
    them elsewhere."""
    keys = {*parsed(part)[0], "see"}
    entries = re.split(r"\n(?=\S)", base.rstrip())
    kept = [entry for entry in entries if entry.partition(":")[0] not in keys]
    return "\n".join([*kept, part])


@pytest.mark.parametrize(("name", "block"), marked("yaml", "add"))
def test_a_part_can_be_added_to_its_case(name, block, loaded: Loaded):
    checked_case(loaded, laid_over(block.text, whole_cases()[block.value]), block.value)


def parsed(text: str) -> list[Any]:
    nodes, problems = source.read(text.encode(), "page.yaml")
    assert not problems, [p.message for p in problems]
    return [node.plain() for node in nodes]


def is_part(part: Any, whole: Any) -> bool:
    """Whether all that a part says is said in the whole; `...` stands for any text."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and is_part(value, whole[key]) for key, value in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and all(any(is_part(p, w) for w in whole) for p in part)
    if part == "...":
        return isinstance(whole, str)
    if isinstance(part, str) and isinstance(whole, str):
        return " ".join(part.split()) == " ".join(whole.split())
    return bool(part == whole)


@pytest.mark.parametrize(("name", "block"), marked("yaml", "of"))
def test_a_part_of_a_shipped_file_is_in_it(name, block):
    text = (ROOT / block.value).read_text(encoding="utf-8")
    if all(line.startswith("#") for line in block.text.splitlines()):
        assert block.text in text
        return
    documents = parsed(text)
    for part in parsed(block.text):
        assert any(is_part(part, document) for document in documents)


def test_what_is_not_in_a_file_is_no_part_of_it():
    whole = parsed("a: {b: [x, {c: y z}]}")[0]
    assert is_part(parsed("a: {b: [{c: ...}]}")[0], whole)
    assert not is_part(parsed("a: {b: [{c: y}]}")[0], whole)
    assert not is_part(parsed("a: {d: x}")[0], whole)


@pytest.mark.parametrize(("name", "block"), marked("yaml", "rule-part"))
def test_a_part_of_a_rule_fits_a_rule(name, block, loaded: Loaded, desk: Path):
    """Laid over the example rule, in place of what that says under the same keys."""
    rule = (ROOT / "rules" / "vcdr" / "22-1-entry.yaml").read_text(encoding="utf-8")
    folder = desk / "parts" / f"line-{block.line}"
    (folder / "vcdr").mkdir(parents=True)
    made = laid_over(block.text, re.sub(r"(?ms)^readings:.*?\n(?=\S)", "", rule))
    (folder / "vcdr" / "22-1-entry.yaml").write_text(made, encoding="utf-8")
    pack = "pack: part\ntitle: A part\nversion: 0.1\noverrides: {vcdr-22-1-entry: to try a part}\n"
    (folder / "pack.yaml").write_text(pack, encoding="utf-8")
    code, printed = run(desk, f"comity check --rules {folder} storming.yaml")
    assert code == 0, printed


@pytest.mark.parametrize(("name", "block"), marked("json", "from"))
def test_json_is_part_of_the_answer(name, block, desk: Path):
    code, printed = run(desk, f"comity check {block.value} --format json")
    assert code == 0
    answer = json.loads("\n".join(printed))
    assert is_part(json.loads(block.text), {"findings": answer["findings"]}) or any(
        is_part(json.loads(block.text), finding) for finding in answer["findings"]
    )


@pytest.mark.parametrize(("name", "block"), marked("json", "settings"))
def test_editor_settings_name_schemas_that_there_are(name, block):
    schemas = json.loads(block.text)["yaml.schemas"]
    assert {f"{kind}.schema.json" for kind in ("case", "rule", "measure")} == set(schemas)
    # Each pattern fits files that are shipped, and they are of that kind.
    for schema_name, (pattern,) in schemas.items():
        assert any((ROOT / "docs" / "schema" / schema_name).exists() for _ in ROOT.glob(pattern)), (
            pattern
        )


# --------------------------------------------------------------------------- commands


@pytest.mark.parametrize("name", [n for n in WRITTEN if n != TUTORIAL and "```console" in page(n)])
def test_output_shown_is_output_printed(name, desk: Path, update_golden: bool):
    """If not: `make docs`."""
    if update_golden:
        made = rewritten(page(name), lambda command: run(desk, command)[1])
        (ROOT / name).write_text(made, encoding="utf-8")
        page.cache_clear()
    for block in blocks(page(name)):
        for command, shown in commands(block) if block.language == "console" else ():
            printed = run(desk, command)[1]
            assert is_excerpt(shown, printed), f"{name}:{block.line} {command}\n" + "\n".join(
                printed[:80]
            )


@pytest.mark.parametrize(
    ("shown", "true"),
    [
        ("a b c d", True),
        ("a b", False),
        ("a ... d", True),
        ("a ...", True),
        ("... b c ...", True),
        ("... b d ...", False),
        ("... c ... b ...", False),
        ("b ...", False),
        ("... c", False),
    ],
)
def test_an_excerpt_leaves_out_only_what_it_says(shown, true):
    assert is_excerpt(shown.split(), ["a", "b", "c", "d"]) is true


def test_an_excerpt_is_renewed_by_its_first_lines():
    printed = ["title", "", "DEPARTURES (2)", " one", " two", "end"]
    assert refreshed(["...", "DEPARTURES", " 1", "..."], printed) == [
        *("...", "DEPARTURES (2)", " one", "...")
    ]
    with pytest.raises(ValueError, match="nothing like"):
        refreshed(["...", "QUESTIONS", "..."], printed)


def inline(name: str) -> Iterator[tuple[str, int]]:
    """What stands between single backquotes, with its line."""
    text = prose(page(name))
    for found in re.finditer(r"`([^`]+)`", text):
        yield " ".join(found[1].split()), text.count("\n", 0, found.start()) + 1


def said() -> list[Any]:
    """Every comity command that the pages name in their text or in a shell block, once."""
    found = {
        text: f"{name}:{line}"
        for name in WRITTEN
        for text, line in inline(name)
        if text.startswith("comity ") and not text.endswith("...")
    }
    return [pytest.param(text, id=text) for text in sorted(found)]


def stands_for_something(word: str) -> bool:
    return re.fullmatch(r"[A-Z]{3,}", word) is not None


@pytest.mark.parametrize("command", said())
def test_a_command_named_in_the_text_runs(command, desk: Path):
    """With words for the reader to fill in (CASE), at least the command and its options exist."""
    command = command.partition(" > ")[0]
    words = shlex.split(command)[1:]
    found: click.Command = main
    while isinstance(found, click.Group) and words and not words[0].startswith("-"):
        known = found.get_command(click.Context(found), words[0])
        assert known is not None, f"there is no command '{words[0]}'"
        found = known
        words = words[1:]
    options = {option for p in found.params for option in (*p.opts, *p.secondary_opts)}
    assert {w for w in words if w.startswith("--")} <= options | {"--help", "--version"}
    needed = [p for p in found.params if isinstance(p, click.Argument) and p.required]
    plain = [w for w in words if not w.startswith("-")]
    if any(map(stands_for_something, plain)) or len(plain) < len(needed):
        return
    code, printed = run(desk, command)
    assert code == 0, printed[:20]


def shell_lines() -> list[Any]:
    return [
        pytest.param(line.partition("#")[0].strip(), id=f"{name}: {line.partition('#')[0].strip()}")
        for name, block in every_block()
        if block.language == "sh"
        for line in block.text.splitlines()
        if line.strip()
    ]


def targets() -> set[str]:
    return set(re.findall(r"(?m)^([a-z]+):.*##", page("Makefile")))


@pytest.mark.parametrize("line", shell_lines())
def test_a_shell_line_is_one_that_exists(line):
    """Installing needs the network, so these are not run: make's targets must be there."""
    words = [w for w in shlex.split(line) if not re.fullmatch(r"[A-Z]+=.*", w)]
    if words[0] == "make":
        assert set(words[1:]) <= targets()
    else:
        assert words[0] in ("git", "pip")


def test_every_make_target_that_the_pages_name_exists():
    named = {
        text.split()[1]: f"{name}:{line}"
        for name in WRITTEN
        for text, line in inline(name)
        if re.match(r"make [a-z]", text)
    }
    assert {word: where for word, where in named.items() if word not in targets()} == {}


# --------------------------------------------------------------------------- what is named exists


def slug(heading: str) -> str:
    return anchor(heading.replace("`", ""))


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    text = prose(page(name))
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+://", target):
            continue
        path, _, fragment = target.partition("#")
        file = (ROOT / name).parent / path if path else ROOT / name
        if not file.exists():
            broken.append(target)
        elif fragment:
            headings = re.findall(r"(?m)^#+ (.+)$", prose(file.read_text(encoding="utf-8")))
            if fragment not in map(slug, headings):
                broken.append(target)
    assert broken == []


@pytest.mark.parametrize("name", PAGES)
def test_error_codes_exist(name):
    assert {c for c in re.findall(r"\b[YCRPLU]0\d\d\b", page(name)) if c not in CATALOGUE} == set()


@pytest.mark.parametrize("name", WRITTEN)
def test_rules_named_exist(name, loaded: Loaded):
    ids = {rule.id for rule in loaded.rulebook.rules} | {"practice-p90-large-banner"}
    ids |= {"vcdr-22-1-visit", "vcdr-22-1-stay"}  # of tests/test_lint.py
    ids |= {"vcdr-22-1-sty", "vcdr-22-1-stray"}  # slips that the page shows
    named = re.findall(r"\b(?:vcdr|vccr|arsiwa|practice)-[a-z]?\d[a-z0-9-]*", page(name))
    assert {word for word in named if word not in ids} == set()


@cache
def known_words() -> frozenset[str]:
    """Every word of the rules, the cases, the engine and the project's own files."""
    found: set[str] = set()
    files = [*ROOT.glob("rules/**/*.yaml"), *ROOT.glob("cases/**/*.yaml")]
    files += [*ROOT.glob("engine/**/*.py"), *ROOT.glob("tests/*.py")]
    files += [ROOT / name for name in ("Makefile", "setup.cfg", "pyproject.toml")]
    for path in files:
        found |= set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", path.read_text(encoding="utf-8")))
    for _, block in every_block():
        found |= set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", block.text))
    return frozenset(found)


@pytest.mark.parametrize("name", WRITTEN)
def test_terms_named_exist(name):
    """A word in backquotes that looks like a term is one: no page teaches a word that is gone."""
    odd = []
    for text, line in inline(name):
        if re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", text):
            parts = [part for part in text.split(".") if not part.isdigit()]
            file = text.rpartition(".")[2] in ("yaml", "py", "md", "cfg", "json")
            if not file and not set(parts) <= known_words():
                odd.append(f"{line}: {text}")
    assert odd == []


@pytest.mark.parametrize("name", WRITTEN)
def test_files_named_exist(name, desk: Path):
    odd = []
    for text, line in inline(name):
        if re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?", text) and "." in text.rpartition("/")[2]:
            places = (ROOT, ROOT / "rules" / "vcdr", ROOT / "docs", desk)
            if not any((place / text).exists() for place in places):
                odd.append(f"{line}: {text}")
    assert [one for one in odd if "comity.report/1" not in one] == []


# --------------------------------------------------------------------------- nothing is left out


def explained(name: str) -> set[str]:
    """The words that a page gives in backquotes or in its YAML."""
    words = {part for text, _ in inline(name) for part in re.findall(r"[a-z_]+", text)}
    for block in blocks(page(name)):
        words |= set(re.findall(r"([a-z_]+):", block.text))
    return words


def test_every_key_of_a_case_is_explained(loaded: Loaded):
    """All that the published schema allows, save attributes, which the vocabulary page lists."""
    made = schema("case", loaded.vocabulary)
    keys = set(made["properties"]) | set(casefile.STAGES) | set(casefile.STATUSES)
    keys |= set(casefile.OUTCOMES) | set(loaded.vocabulary.statuses) | set(loaded.vocabulary.cast)
    for name in ("source", "claim", "judgement", "consideration", "expectation", "variant"):
        keys |= set(made["definitions"][name]["properties"])
    keys |= set(made["definitions"]["act"]["properties"]) - set(loaded.vocabulary.attributes)
    for kind in loaded.vocabulary.statuses.values():
        keys |= set(kind.needs)
    assert keys - explained(ENCODING) == set()


def test_every_key_of_a_pack_is_explained():
    assert set(packs.PACK_KEYS) - explained("docs/packs.md") == set()


def test_every_key_of_a_rule_file_is_explained():
    keys = {*norms.RULE_KEYS, *norms.NORM_KEYS, *norms.CARVEOUT_KEYS, *norms.CHANGE_KEYS}
    keys |= {*norms.CONCEPT_KEYS, *norms.DEFINITION_KEYS, *norms.READING_KEYS, *norms.VALUE_KEYS}
    keys |= {*measurefile.MEASURE_KEYS, *measurefile.EACH, *measurefile.TEMPLATES}
    keys |= {*ruletests.CHECK_KEYS, *ruletests.SHEET_KEYS, *norms.STATUSES, *norms.PRESUMED}
    assert keys - explained("docs/writing-a-rule.md") == set()


def test_every_field_of_the_answer_is_explained():
    keys = {word for fields in REPORT_KEYS.values() for word in fields.split()}
    assert keys - explained("docs/answer-format.md") == set()


def test_every_stage_is_described():
    modules = {path.stem for path in (ROOT / "engine" / "comity").glob("[a-z]*.py")}
    here = set(re.findall(r"[a-z_]+", page("docs/architecture.md")))
    docstring = set(re.findall(r"[a-z_]+", page("engine/comity/__init__.py")))
    assert modules - here == set()
    assert modules - docstring == set()


def test_readme_names_every_command_option_and_exit_code():
    text = page("README.md")
    commands = [*cli.COMMANDS, *(f"rules {name}" for name in rules.COMMANDS)]
    assert [name for name in commands if f"`comity {name}" not in text] == []
    options = {p.opts[0] for p in check_command.params if isinstance(p, click.Option)}
    assert {o for o in options if not re.search(f"`{o}[ `]", text)} == set()
    assert re.findall(r"(?m)^\| (\d) \|", text) == ["0", "1", "2", "3"]


def test_every_decision_is_listed():
    listed = page("docs/decisions/README.md")
    found = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("0*.md"))
    assert [name for name in found if name not in listed] == []


def test_a_case_of_the_docs_is_read_with_nothing_wrong(loaded: Loaded):
    """Not even a warning: a reader will copy them."""
    for name, text in whole_cases().items():
        _, problems = read_case(text.encode(), name, loaded.vocabulary)
        assert problems == ()
