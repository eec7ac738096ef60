"""`comity rules`: the commands for those who write rules."""

from __future__ import annotations

import click

from comity.commands.lazy import Lazy

COMMANDS = {
    "test": "comity.commands.rules_test:rules_test",
    "lint": "comity.commands.rules_lint:rules_lint",
    "mutate": "comity.commands.rules_mutate:rules_mutate",
}


@click.group(cls=Lazy, addresses=COMMANDS)
def rules() -> None:
    """Work with the rulebook."""
