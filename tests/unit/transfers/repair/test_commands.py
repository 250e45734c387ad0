"""The commands for somebody else's shell mean the objects that they name, whatever these are called."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.transfers.repair.parties import parties
from tui.model.ownership import Half
from tui.transfers.order.selection import Picked
from tui.transfers.repair.commands import commands

KEYS = [
    "plain",
    "it's",
    "a b",
    'q"uote',
    "$HOME `id`",
    "back\\slash",
    "line\nbreak",
    "\x1b[31m",
    "tab\t",
    "ü€😀",
    "a\u202eb",
]

ECHO = 'aws() { printf "%s\\0" "$@"; }; '
"""In place of the AWS CLI: its arguments."""


def arguments(command: str) -> list[str]:
    """What a shell makes of a command."""
    done = subprocess.run(["bash", "-c", ECHO + command], capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
@pytest.mark.parametrize("half", [Half.GRANT, Half.COPY])
def test_a_shell_gets_the_exact_key(key: str, half: Half) -> None:
    [command] = commands(half, parties(keys=[key]), [Picked(key, 1, storage_class="STANDARD_IA")], 1)
    assert command.isprintable()
    if half is Half.GRANT:
        assert arguments(command) == [
            *("s3api", "put-object-acl", "--bucket", "bucket", "--key", key),
            *("--acl", "bucket-owner-full-control"),
        ]
    else:
        uri = f"s3://bucket/{key}"
        assert arguments(command) == ["s3", "cp", uri, uri, "--storage-class", "STANDARD_IA"]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20))
def test_any_key_is_one_printable_line(key: str) -> None:
    [command] = commands(Half.GRANT, parties(keys=[key]), [Picked(key, 1)], 1)
    assert command.isprintable()


@pytest.mark.parametrize("half", [Half.GRANT, Half.COPY])
def test_many_objects_are_a_loop_that_calls_it_for_each(half: Half) -> None:
    [loop] = commands(half, parties(prefixes=["in/"]), [Picked("in/a", 1)], 1000)
    listing = 'if [ "$2" = list-objects-v2 ]; then printf "GLACIER\\tin/a b\\nSTANDARD\\tin/c\\n"; '
    script = f'aws() {{ {listing} else printf "%s|" "$@"; echo; fi; }}; {loop}'
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, text=True)
    if half is Half.GRANT:
        assert "--key|in/a b|--acl|bucket-owner-full-control|" in done.stdout
    else:
        assert "s3|cp|s3://bucket/in/a b|s3://bucket/in/a b|--storage-class|GLACIER|" in done.stdout
    assert len(done.stdout.splitlines()) == 2
