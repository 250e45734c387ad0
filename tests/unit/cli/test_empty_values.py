"""An empty value is refused by every option: mostly a variable of the shell is not set."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from tui.cli.main import cli


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            below = command.get_command(click.Context(command), name)
            assert below
            yield from commands(below, (*path, name))
    else:
        yield path, command


OPTIONS = {
    (option.opts[0], repr(option.type), option.callback): (command, option)
    for _, command in commands(cli)
    for option in command.params
    if isinstance(option, click.Option) and not option.is_flag
}
"""One of each kind: most options are those of many commands."""


def test_all_commands_are_looked_at() -> None:
    assert len(OPTIONS) > 90


@pytest.mark.parametrize(("command", "option"), OPTIONS.values(), ids=[key[0] for key in OPTIONS])
def test_an_empty_value_is_a_usage_error(command: click.Command, option: click.Option) -> None:
    with pytest.raises(click.UsageError) as refused:
        option.handle_parse_result(click.Context(command), {str(option.name): [""] if option.multiple else ""}, [])
    about = refused.value.param if isinstance(refused.value, click.BadParameter) else None
    assert about is option or max(option.opts, key=len) in str(refused.value)


@pytest.mark.parametrize("name", ["cp", "cat", "head", "rm", "presign", "restore"])
def test_an_empty_version_id_is_refused_in_words(name: str) -> None:
    command = dict(commands(cli))[(name,)]
    with pytest.raises(click.UsageError, match="--version-id needs a version id: the one given is empty"):
        command.make_context(name, ["s3://b/k", *(["s3://b/l"] if name == "cp" else []), "--version-id", ""])


def test_an_empty_default_is_none_that_was_typed() -> None:
    command = dict(commands(cli))[("rm",)]
    assert command.make_context("rm", ["s3://b/k"]).params["version_id"] == ""
