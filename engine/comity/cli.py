"""The command line: options in, text out, an exit code. No logic of its own.

Exit codes: 0 checked; 1 a finding at or above `--fail-on`, or a disagreement with `--expect`;
2 wrong usage or a case that cannot be read; 3 a rulebook that cannot be used.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn, TextIO

import click

from comity import __version__
from comity.problems import CATALOGUE, Place, Problem, nearest, printable, problem, render

if TYPE_CHECKING:
    from comity.checking import Checked, Loaded
    from comity.expecting import Comparison
    from comity.model import Rulebook
    from comity.reporting import Finding
    from comity.vocabulary import Vocabulary

START = """comity checks incidents against diplomatic law and practice.

  comity check CASE.yaml         which norms it departs from, and what to do
  comity why CASE.yaml FINDING   how a finding is derived, fact by fact
  comity why-not CASE.yaml RULE  why a rule found nothing, and what comes near
  comity schema case             the JSON Schema of a case file, for your editor
  comity explain C031            what an error code means and what to do
  comity rules test              the tests that stand beside the rules

Try:
  comity check {example}
More: comity --help, comity check --help
"""
AFTERWARDS = """\b
Exit codes
  0  checked
  1  --fail-on or --expect found something, or a rule test failed
  2  wrong usage, or a case that cannot be read
  3  a rulebook that cannot be used

\b
Completion
  bash  eval "$(_COMITY_COMPLETE=bash_source comity)"
  zsh   eval "$(_COMITY_COMPLETE=zsh_source comity)"
  fish  _COMITY_COMPLETE=fish_source comity | source
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


class Commands(click.Group):
    """The group of commands, and what ends any of them from outside: no traceback for any of it."""

    def invoke(self, ctx: click.Context) -> object:
        if sys.stdout is None:  # closed by the shell: there is nowhere to answer
            usage("standard output is closed")
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
            sys.exit(130)
        except OSError as error:
            import errno

            if error.errno == errno.EPIPE:
                # The reader went away. Nothing more may be written, not even at exit.
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                sys.exit(141)
            # What could not be written would be tried again at exit, and fail again.
            sys.stdout = None
            usage(f"cannot be written: {error.strerror}")


STDIN = "<stdin>"


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog=AFTERWARDS,
)
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


@main.command(short_help="Say what departs, and what the host may do.")
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
@click.option("--full", is_flag=True, help="Show everything that is cut short.")
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

    CASE is a YAML file, or - for standard input; several are answered one after the other. With
    --expect it may also be a folder of cases.
    """
    loaded = load(folders, colour)
    if expect:
        expectations(loaded, cases, variant, colour)
        return
    if len(cases) > 1 and format_ == "json":
        usage("one case at a time with --format json")
    done = read_and_check_all(loaded, cases, variant, colour)
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
    rules = loaded.rulebook.rules
    for name in case_files(cases):
        checked = read_and_check(loaded, name, variant, colour)
        rows += compare(checked, rules)
        if not variant:
            for other in checked.case.variants:
                rows += compare(read_and_check(loaded, name, other, colour), rules)
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
            emit(printable(text) + "\n")
            if want.todo:
                emit(printable(f"    {want.todo}") + "\n")
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


@main.command(short_help="Print how a finding is derived.")
@click.argument("case")
@click.argument("finding")
@VARIANT
@RULES
@COLOUR
def why(case: str, finding: str, variant: str, folders: Sequence[Path], colour: str) -> None:
    """Print how a FINDING of a CASE is derived, as a tree with the line of each fact.

    FINDING is an id such as banner/vcdr-41-1-interference, or as much of one as is unmistakable.
    """
    loaded = load(folders, colour)
    checked = read_and_check(loaded, case, variant, colour)
    found = chosen(checked, finding, case, colour)
    from comity.explaining import derivation
    from comity.render_tree import Look, tree

    look = Look(width(), unicode_output(), coloured(colour))
    emit(tree(derivation(loaded, checked.report, found), look))


def chosen(checked: Checked, name: str, case: str, colour: str) -> Finding:
    """The finding of that id, or the only one that the words fit; else exits 2 with a choice."""
    fitting = fits(checked.report.findings, name)
    if not fitting:
        no_finding(checked, name, case, colour)
    if len(fitting) > 1:
        shown = "; ".join(f"{f.id} ({f.cite}, {f.outcome})" for f in fitting[:12])
        more = f"; and {len(fitting) - 12} more" if len(fitting) > 12 else ""
        text = f"'{name}' fits {len(fitting)} findings"
        fail((problem("U002", None, text, f"choose one of: {shown}{more}"),), {}, 2, colour)
    return fitting[0]


def fits(findings: Sequence[Finding], name: str) -> list[Finding]:
    """The findings that a name fits, by the closest way in which it fits any."""
    ways = (
        [f for f in findings if f.id == name],
        [f for f in findings if name and f.id.startswith(name)],
        [f for f in findings if name in (f.rule, f.cite)],
        [f for f in findings if name and f.rule.startswith(name)],
    )
    return next((found for found in ways if found), [])


def no_finding(checked: Checked, name: str, case: str, colour: str) -> NoReturn:
    """Say that there is no such finding, and why if it is about a known act or rule."""
    hint = ""
    if name.partition("/")[0] in checked.report.acts_without_finding:
        act = name.partition("/")[0]
        hint = f"no rule reached this act; comity why-not {case} RULE --act {act} says why"
    elif any(name in (c.rule, f"{c.act}/{c.rule}") for c in checked.report.considered):
        hint = f"the rule is not in play; comity why-not {case} {name.rpartition('/')[2]} says why"
    if not hint:
        unknown("finding", name, [f.id for f in checked.report.findings], colour)
    fail((problem("U002", None, f"there is no finding '{name}'", hint),), {}, 2, colour)


@main.command("why-not", short_help="Say why a rule found nothing.")
@click.argument("case")
@click.argument("rule")
@click.option("--act", default="", metavar="ACT", help="Only this act.")
@VARIANT
@RULES
@COLOUR
def why_not(
    case: str, rule: str, act: str, variant: str, folders: Sequence[Path], colour: str
) -> None:
    """Say why a RULE has no finding in a CASE: the first conditions that fail, act by act.

    RULE is the id of a rule, or of a measure such as enter_premises: then what stands against it.
    """
    loaded = load(folders, colour)
    checked = read_and_check(loaded, case, variant, colour)
    from comity import explaining
    from comity.render_tree import Look, reasons

    look = Look(width(), unicode_output(), coloured(colour))
    measure = next((m for m in loaded.rulebook.measures if m.id == rule), None)
    if measure is not None:
        found = explaining.why_not_measure(loaded, checked, measure)
        emit(reasons(f"{measure.id}: {measure.title}", found, look))
        return
    ids = [r.id for r in loaded.rulebook.rules]
    if rule not in ids:
        unknown("rule", rule, [*ids, *(m.id for m in loaded.rulebook.measures)], colour)
    answers = [
        a for a in explaining.why_not(loaded, checked, rule) if act in ("", a.act.split("#")[0])
    ]
    if not answers and act not in {a.name for a in checked.case.acts}:
        unknown("act", act, [a.name for a in checked.case.acts], colour)
    asked = explaining.asked_for(loaded, rule)
    title = f"{rule}: {asked.provision}, {asked.title}"
    near = explaining.nearest_rule(loaded, checked, rule)
    emit(reasons(title, answers, look, near, explaining.on_measures(checked, rule)))


# --------------------------------------------------------------------------- schema, explain


@main.command(short_help="Print the JSON Schema of a kind of file.")
@click.argument("kind", type=click.Choice(["case", "rule", "measure", "vocabulary"]))
@RULES
@COLOUR
def schema(
    kind: Literal["case", "rule", "measure", "vocabulary"], folders: Sequence[Path], colour: str
) -> None:
    """Print the JSON Schema of a kind of file, or the vocabulary's terms."""
    import json

    from comity.schema import schema as schema_of

    vocabulary, _rules = read_rules(all_files(folders, colour), colour)
    emit(
        json.dumps(schema_of(kind, vocabulary), indent=2, ensure_ascii=not unicode_output()) + "\n"
    )


@main.command(short_help="Say what an error code means.")
@click.argument("code")
@COLOUR
def explain(code: str, colour: str) -> None:
    """Say what an error CODE means and what to do about it."""
    entry = CATALOGUE.get(code.upper())
    if entry is None:
        unknown("code", code, sorted(CATALOGUE), colour)
    from textwrap import fill

    title = f"{entry.code}: {entry.title}"
    title = f"\x1b[1m{title}\x1b[0m" if coloured(colour) else title
    emit(f"{title}\n\n{fill(entry.meaning, width())}\n\n{fill(entry.advice, width())}\n")


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
    for name in only:
        if name not in (ids := [r.id for r in loaded.rulebook.rules]):
            unknown("rule", name, ids, colour)
    files = all_files(folders, colour, tests=True)
    results, problems = run(loaded, files)
    if problems:
        fail(problems, files, 3, colour)
    chosen = [r for r in results if not only or r.rule in only]
    for result in chosen:
        if not result.passed:
            emit(printable(f"{result.at}: {result.rule}: {result.name}: {result.message}") + "\n")
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


def all_files(folders: Sequence[Path], colour: str, *, tests: bool = False) -> dict[str, bytes]:
    """The files of the rulebook; `tests` adds the tests beside the rules."""
    from comity.library import rulebook_files, shipped_rules

    files, problems = rulebook_files([shipped_rules(), *folders], tests=tests)
    if problems:
        fail(problems, {}, 3, colour)
    return files


def read_and_check(loaded: Loaded, name: str, variant: str, colour: str) -> Checked:
    """One case, checked; exits 2 with every fault if it cannot be read."""
    return read_and_check_all(loaded, [name], variant, colour)[0]


def read_and_check_all(
    loaded: Loaded, names: Iterable[str], variant: str, colour: str
) -> list[Checked]:
    """The cases, checked; exits 2 with every fault of every file if one cannot be read."""
    from comity.checking import check as check_case
    from comity.running import EngineFault

    found: list[Checked] = []
    faults: list[Problem] = []
    files: dict[str, bytes] = {}
    for name in names:
        data, problems = read_case_file(name)
        if data is not None:
            name = STDIN if name == "-" else name
            files[name] = data
            try:
                checked, problems = check_case(loaded, data, name, variant=variant)
            except EngineFault as fault:
                fail((problem(fault.code, None, fault.message),), {}, 3, colour)
            found += [checked] if checked is not None else []
        faults += problems
    if any(p.severity == "error" for p in faults):
        fail(faults, files, 2, colour)
    if faults:
        warn(faults, files, colour)
    return found


def read_case_file(name: str) -> tuple[bytes | None, tuple[Problem, ...]]:
    """The bytes of a case, from a file or, for a dash, from standard input."""
    from comity.source import read_path

    if name != "-":
        return read_path(name)
    # Python has no standard input at all where the shell closed it.
    if sys.stdin is None:
        return None, (problem("Y001", Place(STDIN, 1, 1), "standard input is closed"),)
    return everything(sys.stdin), ()


@lru_cache(maxsize=1)
def everything(stream: TextIO) -> bytes:
    """All that a stream holds. It can be read once only, and every variant of a case needs it."""
    return stream.buffer.read()


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
    warn(problems, files, colour)
    sys.exit(code)


def warn(problems: Iterable[Problem], files: dict[str, bytes], colour: str) -> None:
    """Problems on standard error, each with its line."""
    texts = {name: data.decode("utf-8", "replace") for name, data in files.items()}
    paint = coloured(colour, err=True)
    click.echo(render(tuple(problems), texts, colour=paint), err=True, nl=False, color=paint)


def unknown(what: str, name: str, choices: Sequence[str], colour: str) -> NoReturn:
    near = nearest(name, choices)
    hint = f"did you mean '{near}'?" if near else f"one of: {', '.join(choices[:12])}"
    fail((problem("U002", None, f"unknown {what} '{name}'", hint),), {}, 2, colour)


def usage(text: str, code: int = 2) -> NoReturn:
    fail((problem("U001", None, text),), {}, code, "auto")


def emit(text: str, output: Path | None = None) -> None:
    """To standard output, or whole or not at all to a file."""
    if output is None:
        if not unicode_output():
            from comity.phrasing import plain

            text = plain(text)
        # The text is coloured only if that was asked for: click need not take the colour out.
        click.echo(text, nl=False, color=True)
        return
    try:
        write_whole(text, output)
    except OSError as error:
        place = Place(str(output), 1, 1)
        fail((problem("U001", place, f"cannot be written: {error.strerror}"),), {}, 2, "auto")


def write_whole(text: str, output: Path) -> None:
    """Into a new file beside it first, so that a failure leaves the old file as it was."""
    target = output.resolve()
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(13, "the file is read-only")
    if target.exists() and not (target.is_file() or target.is_dir()):
        target.write_text(text, encoding="utf-8")  # a device or a pipe cannot be replaced
        return
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(target)
    finally:
        with suppress(OSError):
            partial.unlink()


def coloured(choice: str, *, err: bool = False) -> bool:
    if choice != "auto":
        return choice == "always"
    stream = sys.stderr if err else sys.stdout
    if stream is None:
        return False
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def unicode_output() -> bool:
    return "utf" in (getattr(sys.stdout, "encoding", "") or "").lower()


def width() -> int:
    """The terminal's width, between 60 and 100; 80 where there is no terminal."""
    import shutil

    return (
        max(60, min(100, shutil.get_terminal_size((80, 24)).columns)) if sys.stdout.isatty() else 80
    )
