"""An empty value is refused by every option and every argument: mostly a variable of the shell is not set."""

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


ARGUMENTS = [
    (path, argument)
    for path, command in commands(cli)
    for argument in command.params
    if isinstance(argument, click.Argument)
]


def test_all_arguments_are_looked_at() -> None:
    assert len(ARGUMENTS) > 60


@pytest.mark.parametrize(
    ("path", "argument"), ARGUMENTS, ids=[f"{' '.join(path)} {argument.name}" for path, argument in ARGUMENTS]
)
def test_an_empty_argument_is_a_usage_error(path: tuple[str, ...], argument: click.Argument) -> None:
    """None of them is read as one that was left out, or handed on to the engine."""
    context = click.Context(dict(commands(cli))[path])
    with pytest.raises(click.UsageError) as refused:
        argument.handle_parse_result(context, {str(argument.name): ("",) if argument.nargs == -1 else ""}, [])
    if not isinstance(argument.type, click.Choice | click.IntRange):  # these say what they take
        assert refused.value.message.startswith(f"{argument.human_readable_name.strip('[].')} needs a ")
        assert refused.value.message.endswith(": the one given is empty")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["access", "undo"], "CHANGE needs a change"),
        (["undo"], "TRANSFER needs a transfer"),
        (["transfers", "--cancel"], "ID needs a transfer"),
        (["transfers", "--pause", "abc"], "ID needs a transfer"),
        (["batch", "confirm"], "TRANSFER needs a transfer"),
        (["batch", "adopt"], "JOB needs a job"),
    ],
)
def test_an_empty_id_is_refused_in_words(line: list[str], says: str) -> None:
    with pytest.raises(click.UsageError) as refused:
        cli.main([*line, ""], standalone_mode=False)
    assert refused.value.message == f"{says}: the one given is empty"


@pytest.mark.parametrize("name", ["cp", "cat", "head", "rm", "presign", "restore"])
def test_an_empty_version_id_is_refused_in_words(name: str) -> None:
    command = dict(commands(cli))[(name,)]
    with pytest.raises(click.UsageError, match="--version-id needs a version id: the one given is empty"):
        command.make_context(name, ["s3://b/k", *(["s3://b/l"] if name == "cp" else []), "--version-id", ""])


def test_an_empty_default_is_none_that_was_typed() -> None:
    command = dict(commands(cli))[("rm",)]
    assert command.make_context("rm", ["s3://b/k"]).params["version_id"] == ""
