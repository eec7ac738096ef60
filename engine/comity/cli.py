"""The command line: which commands there are, and what ends any of them from outside.

Exit codes: 0 checked; 1 a finding at or above `--fail-on`, or a disagreement with `--expect`;
2 wrong usage or a case that cannot be read; 3 a rulebook that cannot be used.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from comity import __version__
from comity.commands import shared
from comity.commands.lazy import Lazy

COMMANDS = {
    "check": "comity.commands.check:check",
    "why": "comity.commands.why:why",
    "why-not": "comity.commands.why:why_not",
    "rules": "comity.commands.rules:rules",
    "new": "comity.commands.new:new",
    "schema": "comity.commands.describe:schema",
    "explain": "comity.commands.describe:explain",
}

START = """comity checks incidents against diplomatic law and practice.

  comity check CASE.yaml         which norms it departs from, and what to do
  comity why CASE.yaml FINDING   how a finding is derived, fact by fact
  comity why-not CASE.yaml RULE  why a rule found nothing, and what comes near
  comity schema case             the JSON Schema of a case file, for your editor
  comity explain C031            what an error code means and what to do
  comity new case                a case to start from

  comity rules list              the norms, in the order of the law
  comity rules show RULE         a norm in words, with its tests and cases
  comity new rule                a rule to start from; then: rules lint and test

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


class Commands(Lazy):
    """The group of commands, and what ends any of them from outside: no traceback for any of it."""

    def invoke(self, ctx: click.Context) -> object:
        if sys.stdout is None:  # closed by the shell: there is nowhere to answer
            shared.usage("standard output is closed")
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
            shared.usage(f"cannot be written: {error.strerror}")


@click.group(
    cls=Commands,
    addresses=COMMANDS,
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
