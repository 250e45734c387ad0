"""What a journal does on a disk that is full, and what it has when the process that writes it is killed.

`python -m … DIRECTORY` is the first, on a small file system that only this process sees. `python -m … JOURNAL ROUND`
writes a journal without end and says what was acknowledged, to be killed.
"""

import asyncio
import os
import random
import resource
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.servers.daemon import TETHER
from tests.stores.refusals import problem_of
from tests.transfers.journal.samples import result, results, silent, transfer, upload
from tests.waiting import until, until_true
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Outcome
from tui.stores.store_values import CompletedPart
from tui.transfers.journal import Journal, writer
from tui.transfers.journal.journal import BACKLOG

ALL_IS_WELL = "all is well"

ROOT = Path(__file__).parents[3]

SMALL = 'mount -t tmpfs -o size=64m,mode=700 journal "$1" && shift && exec "$@"'
"""Mounts a file system on a directory and becomes the rest of its arguments."""


class Disk:
    def __init__(self, directory: Path) -> None:
        self.journal = directory / "journal.db"
        self._ballast = directory / "ballast"

    def fill(self) -> None:
        """Leave not a single byte."""
        with self._ballast.open("ab", buffering=0) as ballast, suppress(OSError):
            while True:
                ballast.write(bytes(4096))
        assert shutil.disk_usage(self.journal.parent).free == 0

    def free(self) -> None:
        self._ballast.unlink()


async def fill_up(journal: Journal, disk: Disk) -> int:
    """Finish objects until the journal is in trouble; returns how many."""
    disk.fill()
    finished = 0
    while not journal.trouble:
        journal.results.finish("t", 0, str(finished), result(str(finished)))
        finished += 1
        await asyncio.sleep(0)
    return finished


async def check_trouble(journal: Journal, disk: Disk, told: list[Problem]) -> None:
    """It is said what is wrong, once, and nothing new is taken."""
    problem = await problem_of(journal.add(transfer("refused")))
    assert problem == journal.trouble
    assert told == [problem], told
    assert problem.kind is ProblemKind.JOURNAL
    assert "disk is full" in problem.title
    assert str(disk.journal) in problem.cause
    assert "0 KiB free" in problem.cause
    assert "free some space" in problem.remedy


async def check_patience(journal: Journal) -> None:
    waiting: list[asyncio.Task[object]] = [
        asyncio.create_task(journal.flushed()),
        asyncio.create_task(journal.writable()),
        asyncio.create_task(journal.uploads.intend(upload())),
    ]
    for number in range(BACKLOG):
        journal.results.finish("t", 1, str(number), result(str(number)))
    waiting.append(asyncio.create_task(journal.drained()))
    ended, _ = await asyncio.wait(waiting, timeout=2.5 * writer.RETRY)  # two more attempts are made in that time
    assert not ended
    for each in waiting:
        each.cancel()
    await asyncio.wait(waiting)


async def full_while_running(disk: Disk) -> None:
    """Results that cannot be written stay in line, and are all there in their order when there is room again."""
    told: list[Problem] = []
    journal = await Journal.open(disk.journal, told.append)
    await journal.add(transfer())
    row = await journal.uploads.intend(upload())
    finished = await fill_up(journal, disk)
    assert len(await results(journal)) < finished  # what is not on disk is not said to be
    await check_trouble(journal, disk, told)
    begun = asyncio.create_task(journal.uploads.begun(row, "U1"))
    journal.uploads.part(row, CompletedPart(1, "e"), "")
    await check_patience(journal)
    assert not begun.done()
    assert len(told) == 1
    disk.free()
    await journal.writable()
    await begun
    await journal.flushed()
    assert journal.trouble is None
    keys = [each.source for each in await results(journal)]
    assert keys == [f"s3://from/{number}" for number in (*range(finished), *range(BACKLOG))]
    assert (await journal.results.counts("t")).objects == {Outcome.COPIED: finished + BACKLOG}
    (kept,) = await journal.uploads.of("t")
    assert (kept.upload, len(kept.parts)) == ("U1", 1)
    assert [each.id for each in await journal.transfers()] == ["t"]
    await journal.add(transfer("welcome"))
    await journal.close()


async def full_at_the_end(disk: Disk) -> None:
    """A journal that is closed while the disk is full loses what it has to, says so, and hangs nobody."""
    told: list[Problem] = []
    journal = await Journal.open(disk.journal, told.append)
    there = len(await results(journal))
    finished = await fill_up(journal, disk)
    waiting = asyncio.create_task(journal.uploads.begun(1, "U2"))
    await asyncio.sleep(0)
    await journal.close()
    with pytest.raises(ProblemError):
        await waiting
    assert len(told) == 2
    assert "could not be written" in told[1].title
    disk.free()
    again = await Journal.open(disk.journal, told.append)
    assert there <= len(await results(again)) < there + finished
    assert [each.upload for each in await again.uploads.of("t")] == ["U1"]
    await again.close()


async def full_at_the_start(disk: Disk) -> None:
    """A journal that cannot be made says so."""
    for each in disk.journal.parent.iterdir():
        each.unlink()
    disk.fill()
    problem = await problem_of(Journal.open(disk.journal, silent))
    assert (problem.kind, "0 KiB free" in problem.cause) == (ProblemKind.JOURNAL, True)
    disk.free()
    journal = await Journal.open(disk.journal, silent)
    await until(lambda: journal.backlog == 0, "it is at rest")
    await journal.close()


async def not_writable_for_another_reason(disk: Disk) -> None:
    """An I/O error is told as what it is, and got over like a full disk."""
    told: list[Problem] = []
    journal = await Journal.open(disk.journal, told.append)
    await journal.add(transfer())
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, most))  # every write fails with EFBIG
    problem = await problem_of(journal.add(transfer("refused")))
    waiting = asyncio.create_task(journal.writable())
    await asyncio.wait([waiting], timeout=2.5 * writer.RETRY)  # two more attempts are made, with nothing in line
    assert journal.trouble == problem
    waiting.cancel()
    journal.results.finish("t", 0, "k", result("k"))
    assert told == [problem]
    assert problem.title == "the journal cannot be written"
    assert "disk I/O error" in problem.cause
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    await journal.writable()
    assert await results(journal) == [result("k")]
    assert [each.id for each in await journal.transfers()] == ["t"]
    await journal.close()


async def main(directory: Path) -> None:
    """One after the other, on the same file system."""
    disk = Disk(directory)
    asyncio.get_running_loop().slow_callback_duration = 60.0  # a busy machine is no defect to be told of
    writer.RETRY = 0.1
    await full_while_running(disk)
    await full_at_the_end(disk)
    await full_at_the_start(disk)
    await not_writable_for_another_reason(disk)
    sys.stdout.write(f"{ALL_IS_WELL}\n")


def on_a_small_disk(directory: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command that finds `directory` to be a file system of its own, in namespaces of its own."""
    namespaces = ["unshare", "--user", "--map-root-user", "--mount"]
    return subprocess.run(
        [*namespaces, "sh", "-c", SMALL, "sh", str(directory), *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_full_disk(tmp_path: Path) -> None:
    possible = on_a_small_disk(tmp_path, "true")
    if possible.returncode:
        pytest.skip(f"no file system can be mounted here: {possible.stderr.strip()}")
    seen = on_a_small_disk(tmp_path, sys.executable, "-X", "dev", "-W", "error", "-m", __name__, str(tmp_path))
    assert seen.stdout.strip().endswith(ALL_IS_WELL), seen.stdout + seen.stderr
    assert seen.stderr == ""


# The process that writes is killed: whatever it was told to be on disk is there.
ROUNDS = 3

PER_TRANSFER = 300


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def write(path: Path, start: str) -> None:
    journal = await Journal.open(path, silent)
    number = 0
    while True:
        name = f"{start}-{number}"
        await journal.add(transfer(name, float(number)))
        say("add", name)
        row = await journal.uploads.intend(upload("k", name))
        say("intend", name)
        await journal.uploads.begun(row, f"U-{name}")
        say("begun", name)
        for each in range(PER_TRANSFER):
            journal.results.finish(name, 0, str(each), result(str(each), name=name))
            journal.uploads.part(row, CompletedPart(each + 1, "e"), "")
            if each % 50 == 0:
                await journal.flushed()
                say("results", name, each + 1)
        number += 1


class Acknowledged:
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
        command = ["-ISE", str(TETHER), str(os.getpid()), sys.executable, "-m", __name__]
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


if __name__ == "__main__":
    os.umask(0o077)
    asyncio.run(write(Path(sys.argv[1]), sys.argv[2]) if sys.argv[2:] else main(Path(sys.argv[1])))
