"""Groups whose commands are imported when they are named, so that each starts alone."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

import click


class Lazy(click.Group):
    """A group of commands known by name and address (`module:attribute`)."""

    def __init__(self, *args: Any, addresses: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.addresses = addresses

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.addresses)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        address = self.addresses.get(cmd_name)
        if address is None:
            return None
        module, _, name = address.partition(":")
        return cast(click.Command, getattr(import_module(module), name))
