"""What commands print with ``--json`` is valid by the schema that they print."""

import json
from collections.abc import Sequence
from functools import cache

import click
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from tui.app.command_table import ALIASES
from tui.app.main import cli
from tui.cli.json_schema import all_lines, schema


def check_lines(arguments: Sequence[str], out: str) -> None:
    """Each line is one object, as the schema of the command has it."""
    validator = validator_of(arguments)
    for line in out.splitlines():
        value = json.loads(line)
        if not validator.is_valid(value):
            error = best_match(validator.iter_errors(value))
            raise AssertionError(f"{error.message} at {error.json_path} of {line}")


def validator_of(arguments: Sequence[str]) -> Draft202012Validator:
    """By the schema of the command that the first words name."""
    context = click.Context(cli, info_name="xs3-tui")
    for word in arguments:
        if not isinstance(context.command, click.Group):
            break
        name = ALIASES.get(word, word)
        command = context.command.get_command(context, name)
        assert command, f"{arguments[0]} names no command"
        context = click.Context(command, context, name)
    return _validator(context.command_path)


@cache
def _validator(path: str) -> Draft202012Validator:
    context = click.Context(cli, info_name="xs3-tui")
    return Draft202012Validator(schema(path, dict(all_lines(context))[path]))
