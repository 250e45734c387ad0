"""Every command answers a program: ``--json`` is missing only where nothing is answered."""

from __future__ import annotations

from collections.abc import Iterator

import click

from tui.cli.command_table import ALIASES, COMMANDS
from tui.cli.main import cli

INTERACTIVE = {"open", "edit", "login"}
"""They need a user at a terminal."""

NO_ANSWER = {"completion", "demo serve"}
"""They print a script, and what to export."""


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that can be run, by its words."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        yield from _runnable(name, command)


def _runnable(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for word, below in command.commands.items():
            yield from _runnable(f"{name} {word}", below)
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield name, command


def test_every_command_that_answers_has_json() -> None:
    without = {
        name for name, command in commands() if not any("--json" in parameter.opts for parameter in command.params)
    }
    assert without - INTERACTIVE - NO_ANSWER == set()


def test_json_means_one_object_a_line_everywhere() -> None:
    for name, command in commands():
        option = next((each for each in command.params if "--json" in each.opts), None)
        if isinstance(option, click.Option):
            assert (option.name, option.is_flag) == ("as_json", True), name
            assert "JSON" in (option.help or ""), name


def test_an_alias_names_a_command() -> None:
    assert set(ALIASES.values()) <= COMMANDS.keys()
    assert not ALIASES.keys() & COMMANDS.keys()
