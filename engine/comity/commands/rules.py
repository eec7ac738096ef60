"""`comity rules`: the commands for those who write rules."""

from __future__ import annotations

import click

from comity.commands.lazy import Lazy

COMMANDS = {
    "test": "comity.commands.rules_test:rules_test",
    "verify": "comity.commands.rules_verify:rules_verify",
}


@click.group(cls=Lazy, addresses=COMMANDS)
def rules() -> None:
    """Work with the rulebook."""
