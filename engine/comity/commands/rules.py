"""`comity rules`: the commands for those who write rules."""

from __future__ import annotations

import click

from comity.commands.lazy import Lazy

COMMANDS = {
    "diff": "comity.commands.rules_diff:rules_diff",
    "list": "comity.commands.rules_list:rules_list",
    "show": "comity.commands.rules_show:rules_show",
    "docs": "comity.commands.rules_docs:rules_docs",
    "graph": "comity.commands.rules_graph:rules_graph",
    "test": "comity.commands.rules_test:rules_test",
    "lint": "comity.commands.rules_lint:rules_lint",
    "mutate": "comity.commands.rules_mutate:rules_mutate",
    "coverage": "comity.commands.rules_coverage:rules_coverage",
    "verify": "comity.commands.rules_verify:rules_verify",
}


@click.group(cls=Lazy, addresses=COMMANDS)
def rules() -> None:
    """Work with the rulebook."""
