"""Values of options that are refused where they are typed, with how they are written."""

from __future__ import annotations

import click
import pytest

from tui.cli.main import cli


def read(words: str, option: str, value: str) -> object:
    """What a command makes of the value of one of its options."""
    command: click.Command = cli
    for word in words.split():
        assert isinstance(command, click.Group)
        below = command.get_command(click.Context(command), word)
        assert below
        command = below
    typed = next(each for each in command.params if option in each.opts)
    return typed.type.convert(value, typed, click.Context(command))


@pytest.mark.parametrize(
    ("command", "option", "value", "meant"),
    [
        ("cp", "--limit-rate", "10M", 10 * 2**20),
        ("find", "--class", "glacier", "GLACIER"),
        ("find", "--class", "other:COLD", "COLD"),
        ("access grant", "--source-vpce", "vpce-1", "vpce-1"),
        ("access grant", "--source-vpce", "vpce-0123456789abcdef0", "vpce-0123456789abcdef0"),
        ("access revoke", "--source-vpc", "vpc-0aaa", "vpc-0aaa"),
    ],
)
def test_what_is_meant(command: str, option: str, value: str, meant: object) -> None:
    assert read(command, option, value) == meant


@pytest.mark.parametrize(
    ("command", "option", "value", "says"),
    [
        ("cp", "--limit-rate", "0", "is no limit: leave the option out"),
        ("find", "--class", "FOO", "no storage class of S3.*STANDARD_IA"),
        ("access grant", "--source-vpce", "garbage", "write vpce-0123456789abcdef0"),
        ("access grant", "--source-vpce", "vpce-", "write vpce-0123456789abcdef0"),
        ("access grant", "--source-vpc", "vpce-1", "write vpc-0123456789abcdef0"),
    ],
)
def test_what_is_wrong(command: str, option: str, value: str, says: str) -> None:
    with pytest.raises(click.UsageError, match=says):
        read(command, option, value)
