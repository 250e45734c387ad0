"""The process that writes is killed: whatever it was told to be on disk is there."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

from tests.servers.daemon import TETHER
from tests.unit.transfers.journal.samples import results, silent
from tests.waiting import until_true
from tui.transfers.journal import Journal

ROUNDS = 5

ROOT = Path(__file__).parents[4]
"""Where `tests` can be imported from."""


class Acknowledged:
    """What the process said."""

    def __init__(self, lines: list[list[str]]) -> None:
        self.added = {line[1] for line in lines if line[0] == "add"}
        self.intended = {line[1] for line in lines if line[0] == "intend"}
        self.begun = {line[1] for line in lines if line[0] == "begun"}
        self.results = {line[1]: int(line[2]) for line in lines if line[0] == "results"}


def whole_lines(output: Path) -> list[list[str]]:
    """The lines that were written to their end."""
    return [line.split() for line in output.read_text().splitlines(keepends=True) if line.endswith("\n")]


def killed_after(lines: int, path: Path, start: str, output: Path) -> list[list[str]]:
    """Let a process write until it has said so many lines, and kill it in the middle of whatever it does."""
    with output.open("wb") as stdout:
        command = ["-ISE", str(TETHER), str(os.getpid()), sys.executable, "-m", f"{__package__}.killed"]
        process = subprocess.Popen([sys.executable, *command, str(path), start], stdout=stdout, cwd=ROOT)
    try:
        until_true(lambda: process.poll() is not None or len(whole_lines(output)) >= lines, f"{lines} lines", 60)
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    return whole_lines(output)


async def test_what_was_acknowledged_survives_kill(path: Path, tmp_path: Path) -> None:
    said: list[list[str]] = []
    for number in range(ROUNDS):
        lines = random.randrange(5, 120)
        said += await asyncio.to_thread(killed_after, lines, path, f"round{number}", tmp_path / f"output-{number}")
        await assert_there(path, Acknowledged(said))


async def assert_there(path: Path, said: Acknowledged) -> None:
    journal = await Journal.open(path, silent)
    assert said.added <= {each.id for each in await journal.transfers()}
    for name in said.added:
        uploads = await journal.uploads.of(name)
        assert len(uploads) == 1 or name not in said.intended
        assert [each.upload for each in uploads] == [f"U-{name}"] or name not in said.begun
        keys = [each.source for each in await results(journal, name)]
        assert len(keys) >= said.results.get(name, 0)
        assert keys == [f"s3://from/{number}" for number in range(len(keys))]  # in order, without a gap
        parts = [part.part.number for each in uploads for part in each.parts]
        assert len(parts) >= said.results.get(name, 0) - 1  # the part comes after the result
        assert parts == [*range(1, len(parts) + 1)]
        assert sum((await journal.results.counts(name)).objects.values()) == len(keys)
    await journal.close()
