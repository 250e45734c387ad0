"""The file: whose it is, who may read it, what becomes of a damaged one, and how an older one is brought up to date."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.unit.transfers.journal.samples import PROBLEM, pending_delete, result, results, silent, transfer, upload
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import Outcome
from tui.stores.values import Part
from tui.transfers.journal import Journal, KeptPart
from tui.transfers.journal.opening import open_file
from tui.transfers.journal.schema import APPLICATION_ID, STEPS

VERSION_1 = Path(__file__).with_name("version_1.sql")
"""A journal of schema version 1 with something in every table, as ``sqlite3 .dump`` writes it."""


async def refusal(path: Path) -> Problem:
    """Why it is not opened."""
    with pytest.raises(ProblemError) as refused:
        await Journal.open(path, silent)
    assert refused.value.problem.kind is ProblemKind.JOURNAL
    assert str(path) in refused.value.problem.cause
    assert refused.value.problem.remedy
    return refused.value.problem


def mode(path: Path) -> int:
    """Who may do what with it."""
    return stat.S_IMODE(path.stat().st_mode)


def put(path: Path, content: bytes) -> None:
    """Make a file that everybody may read."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o644)


def content(path: Path) -> bytes:
    """What is in the file."""
    return path.read_bytes()


def open_elsewhere(path: Path) -> str:
    """The title of the problem that another process has with opening it."""
    script = (
        "import asyncio, pathlib, sys; from tui.transfers.journal import Journal\n"
        "from tui.model.problem import ProblemError\n"
        "try: asyncio.run(Journal.open(pathlib.Path(sys.argv[1]), print))\n"
        "except ProblemError as error: print(error.problem.title)"
    )
    other = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    return other.stdout.strip()


async def test_only_its_owner_may_read_it(path: Path) -> None:
    before = os.umask(0)
    try:
        journal = await Journal.open(path, silent)
        await journal.add(transfer())
        files = {each.name: mode(each) for each in path.parent.iterdir()}
        await journal.close()
    finally:
        os.umask(before)
    names = ["journal.db", "journal.db-shm", "journal.db-wal", "journal.db.lock"]
    assert files == dict.fromkeys(names, 0o600)
    assert mode(path.parent) == 0o700


async def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    put(path, b"")
    await (await Journal.open(path, silent)).close()
    assert mode(path) == 0o600


def test_a_commit_survives_a_power_cut(path: Path) -> None:
    with closing(open_file(path, silent, STEPS)) as file:
        assert file.writing.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL: each commit is flushed to the disk
        assert file.writing.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_one_writer_at_a_time(path: Path) -> None:
    journal = await Journal.open(path, silent)
    problem = await refusal(path)
    assert "in use" in problem.title
    assert await asyncio.to_thread(open_elsewhere, path) == problem.title
    await journal.close()
    await (await Journal.open(path, silent)).close()


async def test_a_damaged_file_is_moved_aside(path: Path) -> None:
    journal = await Journal.open(path, silent)
    await journal.add(transfer())
    await journal.close()
    whole = content(path)
    put(path, whole[:4096] + os.urandom(len(whole) - 4096))
    await moved_aside(path, [transfer("new")])


async def test_a_file_that_is_no_database_is_moved_aside(path: Path) -> None:
    put(path, b"what is this? " * 1_000)
    await moved_aside(path, [transfer("new")])


async def test_a_damaged_table_is_noticed(path: Path) -> None:
    journal = await Journal.open(path, silent)
    for number in range(400):
        await journal.add(transfer(f"t{number}"))
    await journal.close()
    whole = bytearray(content(path))
    for start in range(whole.index(b'{"state"') // 4096 * 4096, len(whole), 4096):
        whole[start : start + 16] = b"\xff" * 16
    put(path, bytes(whole))
    await moved_aside(path, [transfer("new")])


async def moved_aside(path: Path, kept: list[object]) -> None:
    """Opening it begins a new journal, keeps the old file and says so."""
    old, told = content(path), list[Problem]()
    journal = await Journal.open(path, told.append)
    assert await journal.transfers() == []
    await journal.add(transfer("new"))
    assert await journal.transfers() == kept
    assert journal.damaged
    await journal.close()
    (problem,) = told
    (aside,) = path.parent.glob("journal.db.damaged-*")
    assert content(aside) == old
    assert problem.kind is ProblemKind.JOURNAL
    assert str(aside) in problem.cause
    assert problem.remedy


async def test_a_newer_schema_is_refused(path: Path) -> None:
    await (await Journal.open(path, silent)).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    before = content(path)
    assert "newer" in (await refusal(path)).title
    assert content(path) == before


async def test_another_programs_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (value)")
    assert "another program" in (await refusal(path)).title
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


async def test_a_directory_is_no_journal(tmp_path: Path) -> None:
    assert "cannot be opened" in (await refusal(tmp_path)).title


async def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be opened" in (await refusal(tmp_path / "file" / "journal.db")).title


def make_version_1(path: Path) -> None:
    """A real file of the first version."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1.read_text())
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")


async def assert_version_1_is_read(journal: Journal) -> None:
    """What its dump holds."""
    assert [each.id for each in await journal.transfers()] == ["t", "u"]
    assert (await journal.transfers())[0] == transfer("t", 1.0)
    older = [result("a"), result("b", Outcome.FAILED, problem=PROBLEM)]
    assert await results(journal) == [
        replace(each, annotations="", owner_note="", owner_inferred=False, made="", marker="") for each in older
    ]
    assert (await journal.results.counts("t")).bytes == {Outcome.COPIED: 10, Outcome.FAILED: 10}
    (kept,) = await journal.uploads.of("t")
    assert (kept.key, kept.upload) == (upload().key, "U1")
    assert kept.parts == [KeptPart(Part(1, "e1", "CRC32:AAAA", 10), "MD5:1")]


async def test_a_file_of_the_first_version_is_read_and_written(path: Path) -> None:
    make_version_1(path)
    journal = await Journal.open(path, silent)
    await assert_version_1_is_read(journal)
    journal.results.finish("t", 0, "a", result("a", Outcome.SKIPPED))
    await journal.deletes.intend("t", pending_delete())
    assert await journal.deletes.of("t") == [pending_delete()]
    older = replace(
        result("b", Outcome.FAILED, problem=PROBLEM),
        annotations="",
        owner_note="",
        owner_inferred=False,
        made="",
        marker="",
    )
    assert await results(journal) == [older, result("a", Outcome.SKIPPED)]
    await journal.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(STEPS),)


async def test_an_older_file_is_brought_up_to_date(path: Path) -> None:
    make_version_1(path)
    longer = (*STEPS, ("ALTER TABLE uploads ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'",))
    journal = await Journal.open(path, silent, longer)
    await assert_version_1_is_read(journal)
    await journal.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(longer),)
        assert connection.execute("SELECT colour FROM uploads").fetchall() == [("red",)]
    assert "newer" in (await refusal(path)).title
    await (await Journal.open(path, silent, longer)).close()


async def test_a_step_is_taken_wholly_or_not_at_all(path: Path) -> None:
    make_version_1(path)
    broken = (*STEPS, ("CREATE TABLE half (made)", "ALTER TABLE nowhere ADD COLUMN x"))
    with pytest.raises(ProblemError) as refused:
        await Journal.open(path, silent, broken)
    assert refused.value.problem.kind is ProblemKind.JOURNAL
    journal = await Journal.open(path, silent)
    await assert_version_1_is_read(journal)
    await journal.close()
    with closing(sqlite3.connect(path)) as connection:
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchone()


async def test_a_damaged_file_is_spoken_of_until_it_is_deleted(path: Path) -> None:
    put(path, b"what is this? " * 1_000)
    await (await Journal.open(path, list[Problem]().append)).close()
    (aside,) = path.parent.glob("journal.db.damaged-*")
    journal = await Journal.open(path, silent)
    try:
        assert journal.damaged
        assert str(aside) in journal.damaged.cause
        aside.unlink()
        assert journal.damaged is None
    finally:
        await journal.close()
