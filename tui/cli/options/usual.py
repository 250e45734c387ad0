"""Options that mean the same in every command that has them, and how several are given to a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from tui.cli.parameter_types import FILE

Command = TypeVar("Command", bound=Callable[..., object])

YES = click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Show what would happen to each object; write nothing.")
RECEIPT = click.option(
    "--receipt", type=FILE, metavar="FILE", help="Write the result of each object to FILE as JSON lines."
)
BACKGROUND = click.option(
    "--background", is_flag=True, help="Return immediately; 'xs3-tui transfers' shows the progress."
)
TRANSFER_AS_JSON = click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON object per line: progress, the result of each object, then the total.",
)
LINES_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
ONE_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def with_options(command: Command, *decorators: Callable[[Command], Command]) -> Command:
    """The command with these options, in this order in its help."""
    for decorate in reversed(decorators):
        command = decorate(command)
    return command
