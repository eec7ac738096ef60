"""`comity rules`: the commands for those who write rules."""

from __future__ import annotations

import click

from comity.commands.lazy import Lazy

COMMANDS = {
    "list": "comity.commands.rules_list:rules_list",
    "show": "comity.commands.rules_show:rules_show",
    "coverage": "comity.commands.rules_coverage:rules_coverage",
    "graph": "comity.commands.rules_graph:rules_graph",
    "docs": "comity.commands.rules_docs:rules_docs",
    "lint": "comity.commands.rules_lint:rules_lint",
    "test": "comity.commands.rules_test:rules_test",
    "mutate": "comity.commands.rules_mutate:rules_mutate",
    "verify": "comity.commands.rules_verify:rules_verify",
    "diff": "comity.commands.rules_diff:rules_diff",
}


@click.group(cls=Lazy, addresses=COMMANDS)
def rules() -> None:
    """Work with the rulebook."""
