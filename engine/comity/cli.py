"""The command line: options in, text out, an exit code. No logic of its own.

Exit codes: 0 checked; 1 a finding at or above `--fail-on`, or a disagreement with `--expect`;
2 wrong usage or a case that cannot be read; 3 a rulebook that cannot be used.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

import click

from comity import __version__
from comity.problems import CATALOGUE, Place, Problem, nearest, printable, problem, render

if TYPE_CHECKING:
    from comity.checking import Checked, Loaded
    from comity.expecting import Comparison
    from comity.model import Rulebook
    from comity.vocabulary import Vocabulary

START = """comity checks incidents against diplomatic law and practice.

  comity check CASE.yaml          what departs from which norm, what the host may do
  comity why CASE.yaml FINDING    how a finding is derived, with the lines it rests on
  comity why-not CASE.yaml RULE   why a rule found nothing, and the nearest that did
  comity schema case              the JSON Schema of a case file, for your editor
  comity explain C031             what an error code means and what to do

Try: comity check {example}
"""

RULES = click.option(
    "--rules", "folders", multiple=True, type=click.Path(path_type=Path), metavar="DIR",
    help="Add a folder of rules; its files replace shipped ones of the same name. Repeatable.",
)  # fmt: skip
VARIANT = click.option(
    "--variant", default="", metavar="NAME", help="Look at a variant of the case."
)
COLOUR = click.option(
    "--color", "colour", type=click.Choice(["auto", "always", "never"]), default="auto",
    show_default=True, help="Colour; NO_COLOR is honoured.",
)  # fmt: skip


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="comity")
@click.pass_context
def main(context: click.Context) -> None:
    """Check incidents, written down as YAML facts, against diplomatic law and practice."""
    if context.invoked_subcommand is None:
        from comity.library import shipped_cases

        local = Path("cases/seoul-banner-2026.yaml")
        example = local if local.exists() else shipped_cases() / "seoul-banner-2026.yaml"
        click.echo(START.format(example=example), nl=False)


# --------------------------------------------------------------------------- check


@main.command()
@click.argument("cases", nargs=-1, required=True, metavar="CASE...")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text",
    show_default=True, help="How to write the answer.",
)  # fmt: skip
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file."
)
@VARIANT
@RULES
@click.option(
    "--fail-on", type=click.Choice(["departure"]), default=None,
    help="Exit 1 if an act that was done departs from a norm (established or presumed).",
)  # fmt: skip
@click.option("--expect", is_flag=True, help="Compare with the cases' own `expect` lists instead.")
@click.option("--full", is_flag=True, help="Show near misses, unused facts and every question.")
@COLOUR
def check(
    cases: Sequence[str],
    format_: str,
    output: Path | None,
    variant: str,
    folders: Sequence[Path],
    fail_on: str | None,
    expect: bool,
    full: bool,
    colour: str,
) -> None:
    """Say what each act in a CASE departs from, and what the receiving State may do.

    CASE is a YAML file, or - for standard input; with --expect also a folder of cases.
    """
    loaded = load(folders, colour)
    if expect:
        expectations(loaded, cases, variant, colour)
        return
    if len(cases) > 1 and format_ == "json":
        usage("one case at a time with --format json")
    done = [read_and_check(loaded, name, variant, colour) for name in cases]
    text = "\n".join(
        written(one, format_, full, output is None and coloured(colour)) for one in done
    )
    emit(text, output)
    from comity.reporting import departs

    if fail_on and any(departs(f) for one in done for f in one.report.findings):
        sys.exit(1)


def written(checked: Checked, format_: str, full: bool, colour: bool) -> str:
    if format_ == "json":
        from comity.render_json import render as as_json

        return as_json(checked.report)
    if format_ == "markdown":
        from comity.render_markdown import render as as_markdown

        return as_markdown(checked.report)
    from comity.render_text import Style
    from comity.render_text import render as as_text

    return as_text(checked.report, Style(width(), colour, unicode_output(), full))


def expectations(loaded: Loaded, cases: Sequence[str], variant: str, colour: str) -> None:
    """Print agreement; exit 1 on a disagreement, 2 if nothing was expected anywhere."""
    from comity.expecting import compare

    rows: list[Comparison] = []
    for name in case_files(cases):
        checked = read_and_check(loaded, name, variant, colour)
        rows += compare(checked)
        if not variant:
            for other in checked.case.variants:
                rows += compare(read_and_check(loaded, name, other, colour))
    if not rows:
        usage("no case lists anything under `expect`", 2)
    for row in rows:
        want = row.expected
        what = want.act or want.measure or "any act"
        label = f"{row.case}{'/' + row.variant if row.variant else ''}: {what} {want.cite}".rstrip()
        if row.verdict != "agrees":
            found = "; ".join(row.found[:3]) or "no rule reached it"
            verdict = row.verdict.replace("_", " ")
            text = f"{verdict}: {label} expected {want.outcome}, found {found}"
            click.echo(printable(text))
            if want.todo:
                click.echo(printable(f"    {want.todo}"))
    count = {
        v: sum(r.verdict == v for r in rows) for v in ("agrees", "disagrees", "todo", "todo_met")
    }
    click.echo(
        f"{len(rows)} expectations: {count['agrees']} agree, {count['disagrees']} disagree, "
        f"{count['todo']} todo, {count['todo_met']} todo already met"
    )
    if count["disagrees"]:
        sys.exit(1)


# --------------------------------------------------------------------------- why


@main.command()
@click.argument("case")
@click.argument("finding")
@VARIANT
@RULES
@COLOUR
def why(case: str, finding: str, variant: str, folders: Sequence[Path], colour: str) -> None:
    """Print how a FINDING of a CASE is derived, as a tree with the line of each fact."""
    loaded = load(folders, colour)
    checked = read_and_check(loaded, case, variant, colour)
    found = next((f for f in checked.report.findings if f.id == finding), None)
    if found is None:
        unknown("finding", finding, [f.id for f in checked.report.findings], colour)
    from comity.explaining import derivation
    from comity.render_tree import tree

    click.echo(tree(derivation(loaded, found), found, width(), unicode_output()), nl=False)


@main.command("why-not")
@click.argument("case")
@click.argument("rule")
@click.option("--act", default="", help="Only this act.")
@VARIANT
@RULES
@COLOUR
def why_not(
    case: str, rule: str, act: str, variant: str, folders: Sequence[Path], colour: str
) -> None:
    """Say why a RULE has no finding in a CASE: the first conditions that fail, act by act."""
    loaded = load(folders, colour)
    checked = read_and_check(loaded, case, variant, colour)
    ids = [r.id for r in loaded.rulebook.rules]
    if rule not in ids:
        unknown("rule", rule, ids, colour)
    from comity import explaining
    from comity.render_tree import reasons

    answers = [
        a for a in explaining.why_not(loaded, checked, rule) if act in ("", a.act.split("#")[0])
    ]
    if not answers:
        unknown("act", act, [a.name for a in checked.case.acts], colour)
    near = explaining.nearest_rule(checked, rule)
    click.echo(reasons(rule, answers, near, width(), unicode_output()), nl=False)


# --------------------------------------------------------------------------- schema, explain


@main.command()
@click.argument("kind", type=click.Choice(["case", "rule", "measure", "vocabulary"]))
@RULES
def schema(kind: Literal["case", "rule", "measure", "vocabulary"], folders: Sequence[Path]) -> None:
    """Print the JSON Schema of a kind of file, or the vocabulary's terms."""
    import json

    from comity.schema import schema as schema_of

    vocabulary, _rules = read_rules(all_files(folders, "never"), "never")
    click.echo(json.dumps(schema_of(kind, vocabulary), indent=2, ensure_ascii=False))


@main.command()
@click.argument("code")
def explain(code: str) -> None:
    """Say what an error CODE means and what to do about it."""
    entry = CATALOGUE.get(code.upper())
    if entry is None:
        unknown("code", code, sorted(CATALOGUE), "auto")
    from textwrap import fill

    click.echo(f"{entry.code}: {entry.title}\n")
    click.echo(fill(entry.meaning, width()) + "\n")
    click.echo(fill(entry.advice, width()))


@main.group()
def rules() -> None:
    """Work with the rulebook."""


@rules.command("test")
@click.argument("only", nargs=-1, metavar="[RULE...]")
@RULES
@COLOUR
def rules_test(only: Sequence[str], folders: Sequence[Path], colour: str) -> None:
    """Run the tests that stand beside the rules. A run in which nothing ran fails."""
    from comity.ruletests import run

    loaded = load(folders, colour)
    files = all_files(folders, colour)
    results, problems = run(loaded, files)
    if problems:
        fail(problems, files, 3, colour)
    chosen = [r for r in results if not only or r.rule in only]
    for result in chosen:
        if not result.passed:
            click.echo(printable(f"{result.at}: {result.rule}: {result.name}: {result.message}"))
    failed = sum(not r.passed for r in chosen)
    click.echo(f"{len(chosen) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not chosen else 0)


# --------------------------------------------------------------------------- shared


def load(folders: Sequence[Path], colour: str) -> Loaded:
    """The rulebook, compiled or kept from an earlier run; exits 3 with every fault if unusable."""
    from comity import caching
    from comity.checking import Loaded as Ready
    from comity.checking import ready
    from comity.running import Engine

    files = all_files(folders, colour)
    digest = caching.digest_of(files)
    kept = caching.read(digest)
    if kept is not None:
        book, vocabulary, program = kept
        return Ready(book, vocabulary, program, Engine(program))
    vocabulary, book = read_rules(files, colour, digest)
    loaded, problems = ready(book, vocabulary)
    if loaded is None:
        fail(problems, {}, 3, colour)
    caching.write(digest, (book, vocabulary, loaded.program))
    return loaded


def read_rules(
    files: dict[str, bytes], colour: str, digest: str = ""
) -> tuple[Vocabulary, Rulebook]:
    from comity.library import split
    from comity.rulereader import read_rulebook
    from comity.vocabulary import load_vocabulary

    words, rules_, _tests = split(files)
    vocabulary, problems = load_vocabulary(words)
    book, more = read_rulebook(rules_, vocabulary, digest=digest)
    errors = [p for p in (*problems, *more) if p.severity == "error"]
    if errors or book is None:
        fail((*problems, *more), files, 3, colour)
    return vocabulary, book


def all_files(folders: Sequence[Path], colour: str) -> dict[str, bytes]:
    from comity.library import rulebook_files, shipped_rules

    files, problems = rulebook_files([shipped_rules(), *folders])
    if problems:
        fail(problems, {}, 3, colour)
    return files


def read_and_check(loaded: Loaded, name: str, variant: str, colour: str) -> Checked:
    """One case, checked; exits 2 with every fault if it cannot be read."""
    from comity.checking import check as check_case
    from comity.running import EngineFault
    from comity.source import read_path

    if name == "-":
        data: bytes | None = sys.stdin.buffer.read()
        problems: tuple[Problem, ...] = ()
        name = "<stdin>"
    else:
        data, problems = read_path(name)
    if data is None:
        fail(problems, {}, 2, colour)
    try:
        checked, problems = check_case(loaded, data, name, variant=variant)
    except EngineFault as fault:
        fail((problem(fault.code, None, fault.message),), {}, 3, colour)
    if checked is None:
        fail(problems, {name: data}, 2, colour)
    return checked


def case_files(names: Iterable[str]) -> list[str]:
    """The case files named, folders opened; exits 2 if there is none."""
    found: list[str] = []
    for name in names:
        path = Path(name)
        found += sorted(str(p) for p in path.rglob("*.yaml")) if path.is_dir() else [name]
    if not found:
        usage("no case file there")
    return found


def fail(problems: Iterable[Problem], files: dict[str, bytes], code: int, colour: str) -> NoReturn:
    texts = {name: data.decode("utf-8", "replace") for name, data in files.items()}
    paint = coloured(colour, err=True)
    click.echo(render(tuple(problems), texts, colour=paint), err=True, nl=False, color=paint)
    sys.exit(code)


def unknown(what: str, name: str, choices: Sequence[str], colour: str) -> NoReturn:
    near = nearest(name, choices)
    hint = f"did you mean '{near}'?" if near else f"one of: {', '.join(choices[:12])}"
    fail((problem("U002", None, f"unknown {what} '{name}'", hint),), {}, 2, colour)


def usage(text: str, code: int = 2) -> NoReturn:
    fail((problem("U001", None, text),), {}, code, "auto")


def emit(text: str, output: Path | None) -> None:
    """To standard output, or whole or not at all to a file."""
    if output is None:
        # The text is coloured only if that was asked for: click need not take the colour out.
        click.echo(text, nl=False, color=True)
        return
    partial = output.with_name(output.name + ".part")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(output)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        place = Place(str(output), 1, 1)
        fail((problem("U001", place, f"cannot be written: {error.strerror}"),), {}, 2, "auto")


def coloured(choice: str, *, err: bool = False) -> bool:
    if choice != "auto":
        return choice == "always"
    stream = sys.stderr if err else sys.stdout
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def unicode_output() -> bool:
    return "utf" in (sys.stdout.encoding or "").lower()


def width() -> int:
    """The terminal's width, between 60 and 100; 80 where there is no terminal."""
    import shutil

    return (
        max(60, min(100, shutil.get_terminal_size((80, 24)).columns)) if sys.stdout.isatty() else 80
    )
