"""The journal's file, and what is kept in it of transfers, their uploads and their objects."""

import asyncio
import fcntl
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.files import content, mode
from tests.stores.refusals import problem_of
from tests.tables import problem_in
from tests.transfers.journal.samples import ORDER, PROBLEM, pending_delete, result, results, silent, transfer, upload
from tests.waiting import until
from tui.core.orders import ConflictPolicy, CopyRoute, DeleteOrder
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import Limits, ObjectResult, Outcome, Tally, TransferState
from tui.stores.store_values import CompletedPart
from tui.transfers.journal import Cursor, Journal, KeptPart, OutcomeCounts, TransferRecord, writer
from tui.transfers.journal.journal import BACKLOG
from tui.transfers.journal.journal_schema import APPLICATION_ID, STEPS, migrate
from tui.transfers.journal.opening_journal import open_file
from tui.transfers.journal.reading_journal import CHUNK
from tui.transfers.journal.records import pack_result, unpack_result
from tui.transfers.journal.writer import KEPT_TRANSFERS

BELONGINGS = ("transfers", "objects", "counts", "uploads", "parts", "departures", "states")


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(count)


@asynccontextmanager
async def reopened(journal: Journal, path: Path) -> AsyncIterator[Journal]:
    """As the next engine has it."""
    await journal.close()
    again = await Journal.open(path, silent)
    try:
        yield again
    finally:
        await again.close()


def finish(journal: Journal, count: int, name: str = "t") -> None:
    for number in range(count):
        journal.results.finish(name, 0, str(number), result(str(number)))


async def test_a_transfer_comes_back_as_it_was(journal: Journal, path: Path) -> None:
    full = TransferRecord(
        id="t",
        order=ORDER,
        state=TransferState.WAITING,
        position=2.5,
        submitted=10.0,
        cursor=Cursor(3, "p/é\x00"),
        listed=7,
        tally=Tally(7, 70, 1, complete=True),
        notes=["by push"],
        problem=PROBLEM,
        limits=Limits(rate=1_000, objects=4),
        retries=5,
        waits_for=PROBLEM,
        route=CopyRoute.PUSH,
        source_identity="alice",
        target_identity="bob",
        retrying=True,
        decided=ConflictPolicy.SKIP,
        left_out=2,
        elsewhere="job 4711 Active",
        unnamed=3,
        busy=1.5,
    )
    plain = transfer("u", 1.0)
    same = [field for field in full.__struct_fields__ if getattr(full, field) == getattr(plain, field)]
    assert same == ["ended", "order"]  # a field that the sample leaves out would not be tested
    await journal.add(plain)
    await journal.add(full)
    deletion = TransferRecord(id="v", order=DeleteOrder(ORDER.selection), state=TransferState.QUEUED, position=0.5)
    await journal.add(deletion)
    async with reopened(journal, path) as again:
        assert await again.transfers() == [deletion, plain, full]


async def test_the_last_word_counts(journal: Journal) -> None:
    await journal.add(transfer("a", 1.0))
    await journal.add(transfer("b", 2.0))
    for number in range(100):
        journal.save(msgspec.structs.replace(transfer("a", 1.0), cursor=Cursor(0, str(number))))
    journal.save(msgspec.structs.replace(transfer("a", 3.0), cursor=Cursor(0, "last")))
    first, second = await journal.transfers()
    assert (first.id, second.id, second.cursor) == ("b", "a", Cursor(0, "last"))


async def test_results_are_on_disk_before_the_cursor_that_passes_them(journal: Journal, path: Path) -> None:
    await journal.add(transfer())
    seen: list[tuple[int, int]] = []
    with closing(sqlite3.connect(path)) as connection:

        def more_is_written() -> bool:
            ask = "SELECT standing ->> 'listed', (SELECT count(*) FROM objects) FROM transfers"
            listed, there = connection.execute(ask).fetchone()
            seen.append((listed or 0, there))
            return bool(there > max((before for _, before in seen[:-1]), default=0))

        for number in range(3_000):
            journal.results.finish("t", 0, str(number), result(str(number)))
            journal.save(msgspec.structs.replace(transfer(), listed=number + 1))
            if number % 300 == 0:
                await until(more_is_written, "some is written, so that what is seen is the middle of it")
    await journal.flushed()
    assert all(there >= listed for listed, there in seen)
    assert any(0 < listed < 3_000 for listed, _ in seen)


async def test_a_removed_transfer_goes_with_all_that_belongs_to_it(journal: Journal, path: Path) -> None:
    for name in ("t", "u"):
        await journal.add(transfer(name))
        finish(journal, 1_700, name)
        row = await journal.uploads.intend(upload("k", name))
        await journal.uploads.begun(row, f"upload-{name}")
        journal.uploads.part(row, CompletedPart(1, "e"), "")
        await journal.deletes.intend(name, pending_delete("k", name))
        await journal.states.demand(name, "job", b"1")
    await journal.remove("t")
    assert [each.id for each in await journal.transfers()] == ["u"]
    assert await results(journal) == []
    journal.save(transfer("t"))
    journal.results.finish("t", 0, "late", result("late"))
    assert await journal.uploads.intend(upload()) == 0
    await journal.deletes.intend("t", pending_delete())
    await journal.states.demand("t", "job", b"2")
    await until(lambda: rows(path, "removed") == 0, "the removed transfer is swept out")
    assert {table: rows(path, table) for table in BELONGINGS} == {**dict.fromkeys(BELONGINGS, 1), "objects": 1_700}
    assert await journal.uploads.known_ids("to") == {"upload-u"}
    await journal.remove("never there")


async def test_named_states_are_kept_by_transfer_until_they_are_dropped(journal: Journal, path: Path) -> None:
    await journal.add(transfer("t"))
    await journal.add(transfer("u"))
    journal.states.set("t", "range/2", b"\x00two")
    journal.states.set("t", "range/1", b"one")
    journal.states.set("u", "range/1", b"other")
    await journal.states.demand("t", "range/1", b"changed")
    journal.states.drop("t", "never there")
    await journal.flushed()
    assert rows(path, "states") == 3
    async with reopened(journal, path) as again:
        assert list((await again.states.of("t")).items()) == [("range/1", b"changed"), ("range/2", b"\x00two")]
        again.states.drop("t", "range/1")
        assert await again.states.of("t") == {"range/2": b"\x00two"}
        assert await again.states.of("gone") == {}


async def test_the_latest_ended_transfers_are_kept(journal: Journal, path: Path) -> None:
    await journal.add(transfer("runs", 0.0))
    for number in range(KEPT_TRANSFERS + 5):
        await journal.add(transfer(f"t{number}", float(number)))
        journal.results.finish(f"t{number}", 0, "k", result("k"))
        journal.save(transfer(f"t{number}", float(number), ended=1_000.0 + number))
    kept = {each.id for each in await journal.transfers()}
    assert kept == {"runs", *(f"t{number}" for number in range(5, KEPT_TRANSFERS + 5))}
    await until(lambda: rows(path, "objects") == KEPT_TRANSFERS, "the objects of the oldest are swept out")


async def test_space_is_given_back(journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, per_step = 100, 10
    monkeypatch.setattr(writer, "PAGES_KEPT", kept)
    monkeypatch.setattr(writer, "PAGES_PER_STEP", per_step)
    await journal.add(transfer())
    finish(journal, 6_000)
    await journal.close()
    small = kept + 20 * per_step
    assert pages(path) > small + 100
    async with reopened(journal, path) as again:
        await again.remove("t")
        await until(lambda: rows(path, "removed") == 0, "the removed transfer is swept out")
        await until(lambda: pages(path) < small, "the file has become smaller")


def pages(path: Path) -> int:
    """The size of the database, with what is still in its log."""
    with closing(sqlite3.connect(path)) as connection:
        (count,) = connection.execute("PRAGMA page_count").fetchone()
        return int(count)


async def test_an_upload_from_its_intention_to_its_end(journal: Journal, path: Path) -> None:
    await journal.add(transfer())
    row = await journal.uploads.intend(upload())
    assert await journal.uploads.of("t") == [msgspec.structs.replace(upload(), row=row)]
    assert await journal.uploads.known_ids("to") == set()
    await journal.uploads.begun(row, "U1")
    other = await journal.uploads.intend(upload("l"))
    for number in (3, 1, 2, 1):
        journal.uploads.part(row, CompletedPart(number, f"e{number}", "CRC32:AAAA", number * 10), f"MD5:{number}")
    parts = [
        KeptPart(CompletedPart(number, f"e{number}", "CRC32:AAAA", number * 10), f"MD5:{number}")
        for number in (1, 2, 3)
    ]
    begun = msgspec.structs.replace(upload(), row=row, upload="U1", parts=parts)
    half_known = msgspec.structs.replace(upload("l"), row=other)
    async with reopened(journal, path) as again:
        assert await again.uploads.of("t") == [begun, half_known]
        assert await again.uploads.known_ids("to") == {"U1"}
        assert await again.uploads.known_ids("elsewhere") == set()
        again.uploads.ended(row)
        again.uploads.part(row, CompletedPart(4, "late"), "")
        assert await again.uploads.of("t") == [half_known]
        assert rows(path, "parts") == 0


async def test_a_source_that_is_about_to_go_is_known_until_its_object_has_a_result(journal: Journal) -> None:
    await journal.add(transfer())
    for key in ("a", "b", "c"):
        await journal.deletes.intend("t", pending_delete(key))
    await journal.deletes.intend("t", pending_delete("a"))
    journal.results.finish("t", 0, "a", result("a"))  # the same key of another section
    journal.results.finish("t", 1, "b", result("b"))
    journal.deletes.withdraw("t", pending_delete("c"))
    assert await journal.deletes.of("t") == [pending_delete("a")]
    journal.results.finish("t", 1, "a", result("a"))
    assert await journal.deletes.of("t") == []
    assert (await journal.results.counts("t")).objects == {Outcome.COPIED: 3}


async def test_a_cancelled_caller_leaves_nothing(journal: Journal) -> None:
    await journal.add(transfer())
    intending = asyncio.create_task(journal.uploads.intend(upload()))
    adding = asyncio.create_task(journal.add(transfer("u")))
    await asyncio.sleep(0)  # both are in line
    intending.cancel()
    adding.cancel()
    await asyncio.wait([intending, adding])
    assert intending.cancelled()
    assert adding.cancelled()
    await journal.flushed()
    await until(lambda: journal.backlog == 0, "all is written")
    assert await journal.uploads.of("t") == []
    assert [each.id for each in await journal.transfers()] == ["t"]


async def test_what_was_said_is_on_disk_when_it_is_closed(journal: Journal, path: Path) -> None:
    await journal.add(transfer())
    journal.results.finish("t", 0, "k", result("k"))
    await journal.close()
    await journal.close()
    assert rows(path, "objects") == 1
    assert not path.with_name("journal.db-wal").exists()
    refused = problem_in(journal.results.finish, "t", 0, "k", result("k"))
    assert refused.kind is ProblemKind.JOURNAL
    assert await problem_of(journal.transfers()) == refused


# What became of objects: the journal against a dictionary, whatever is said in whatever order.
NAMES = ("t", "u")
SECTIONS = (0, 1)
KEYS = ["", "/", "a", "a/b", "é\x00\n", "\U0001f600", "%2F", "z" * 1024]
BAD = (Outcome.FAILED, Outcome.CANCELLED)


@dataclass(frozen=True, slots=True)
class Said:
    """One call of `finish`."""

    name: str
    section: int
    key: str
    outcome: Outcome
    size: int

    def result(self) -> ObjectResult:
        return result(self.key, self.outcome, self.size, self.name, PROBLEM if self.outcome is Outcome.FAILED else None)


class Remembered:
    """What a journal must know."""

    def __init__(self) -> None:
        self.ends: dict[tuple[str, int, str], Said] = {}

    def finish(self, said: Said) -> None:
        self.ends.pop((said.name, said.section, said.key), None)  # the latest word comes last
        self.ends[said.name, said.section, said.key] = said

    def of(self, name: str, *, failed: bool = False) -> list[Said]:
        return [said for said in self.ends.values() if said.name == name and (said.outcome in BAD or not failed)]

    def counts(self, name: str) -> OutcomeCounts:
        sizes: Counter[Outcome] = Counter()
        for said in self.of(name):
            sizes[said.outcome] += said.size
        objects = Counter(said.outcome for said in self.of(name))
        return OutcomeCounts(dict(objects), {outcome: sizes[outcome] for outcome in objects})


calls = st.builds(
    Said,
    st.sampled_from(NAMES),
    st.sampled_from(SECTIONS),
    st.sampled_from(KEYS),
    st.sampled_from(Outcome),
    st.integers(0, 1 << 44),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(calls, max_size=60), st.booleans())
def test_the_journal_returns_what_was_written(said: list[Said], again: bool) -> None:
    asyncio.run(tell_and_ask(said, again=again))


async def tell_and_ask(said: list[Said], *, again: bool) -> None:
    remembered = Remembered()
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "journal.db"
        journal = await Journal.open(path, silent)
        for number, name in enumerate(NAMES):
            await journal.add(transfer(name, number))
        for each in said:
            journal.results.finish(each.name, each.section, each.key, each.result())
            remembered.finish(each)
        if again:
            await journal.close()
            journal = await Journal.open(path, silent)
        for name in NAMES:
            await compare(journal, remembered, name)
        await journal.close()


async def compare(journal: Journal, remembered: Remembered, name: str) -> None:
    ends = [said.result() for said in remembered.of(name)]
    assert await results(journal, name) == ends
    assert await results(journal, name, latest=3) == ends[-3:]
    assert await results(journal, name, latest=0) == []
    failures = remembered.of(name, failed=True)
    assert await results(journal, name, failed=True) == [said.result() for said in failures]
    assert await results(journal, name, failed=True, latest=2) == [said.result() for said in failures[-2:]]
    chunks = [chunk async for chunk in journal.results.failed_keys(name)]
    assert [each for chunk in chunks for each in chunk] == [(said.section, said.key) for said in failures]
    assert await journal.results.counts(name) == remembered.counts(name)
    for section in SECTIONS:
        there = {said.key for said in remembered.of(name) if said.section == section}
        assert await journal.results.finished(name, section, [*KEYS, "never said"]) == there


async def test_no_word_of_a_result_is_lost(journal: Journal) -> None:
    full = result("k", Outcome.FAILED, problem=PROBLEM)
    empty = type(full)("t", "s3://from/e", "", Outcome.SKIPPED)
    unsaid = [field for field in full.__struct_fields__ if getattr(full, field) == getattr(empty, field)]
    assert unsaid == ["transfer"]  # a field that the sample leaves out would not be tested
    await journal.add(transfer())
    journal.results.finish("t", 0, "k", full)
    journal.results.finish("t", 0, "e", empty)
    assert await results(journal) == [full, empty]
    assert type((await results(journal))[0]) is ObjectResult
    assert msgspec.json.encode((await results(journal))[1]) == msgspec.json.encode(empty)


async def test_results_are_a_snapshot_in_chunks(journal: Journal) -> None:
    await journal.add(transfer())
    count = 2 * CHUNK + 1
    finish(journal, count)
    seen: list[ObjectResult] = []
    async for each in journal.results.of("t"):
        if not seen:
            journal.results.finish("t", 0, "late", result("late"))
            await journal.flushed()
        seen.append(each)
    assert seen == [result(str(number)) for number in range(count)]


async def test_the_next_results(journal: Journal) -> None:
    await journal.add(transfer())
    assert await journal.results.next("t", 0) == []
    finish(journal, CHUNK + 3)
    first = await journal.results.next("t", 0)
    rest = await journal.results.next("t", first[-1].number)
    assert [unpack_result(each.packed) for each in first + rest] == [result(str(number)) for number in range(CHUNK + 3)]
    assert await journal.results.next("t", rest[-1].number) == []


async def test_what_belongs_to_no_transfer_is_not_kept(journal: Journal) -> None:
    journal.results.finish("nobody", 0, "k", result("k"))
    assert await results(journal, "nobody") == []
    assert await journal.results.finished("nobody", 0, ["k"]) == set()
    assert await journal.results.counts("nobody") == OutcomeCounts()
    assert [chunk async for chunk in journal.results.failed_keys("nobody")] == []


async def test_the_backlog_is_bounded_for_callers_that_wait(journal: Journal) -> None:
    await journal.add(transfer())
    for number in range(3 * BACKLOG):
        journal.results.finish("t", 0, str(number), result(str(number)))
        await journal.drained()
        assert journal.backlog <= BACKLOG
    await journal.flushed()
    assert journal.backlog == 0
    assert (await journal.results.counts("t")).objects == {Outcome.COPIED: 3 * BACKLOG}


class Counted(sqlite3.Connection):
    made = 0

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        self.made += 1
        return super().execute(*arguments)


def test_many_results_are_few_statements() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None, factory=Counted)) as connection:
        migrate(connection)
        writer.make(connection, writer.add(transfer()))
        before = connection.made
        ends = [writer.finish(number, "t", 0, str(number % 300), result(str(number))) for number in range(1, 331)]
        writer.make_together(connection, ends)
        assert connection.made - before == -(-330 // writer.ROWS_AT_ONCE)
        kept = connection.execute("SELECT key, number & 1099511627775, result FROM objects ORDER BY number").fetchall()
        assert len(kept) == 300, "the later result of the same key replaces the earlier one"
        assert kept[-1][1:] == (330, pack_result(result("330")))


# The file: whose it is, who may read it, what becomes of a damaged one, and how an older one is brought up to date.
VERSION_1 = Path(__file__).with_name("version_1.sql")
"""A journal of schema version 1 with something in every table, as ``sqlite3 .dump`` writes it."""


async def refusal(path: Path) -> Problem:
    problem = await problem_of(Journal.open(path, silent))
    assert (problem.kind, str(path) in problem.cause, bool(problem.remedy)) == (ProblemKind.JOURNAL, True, True)
    return problem


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o644)


def ask(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def open_elsewhere(path: Path) -> str:
    script = (
        "import asyncio, pathlib, sys; from tui.transfers.journal import Journal\n"
        "from tui.core.problem import ProblemError\n"
        "try: asyncio.run(Journal.open(pathlib.Path(sys.argv[1]), print))\n"
        "except ProblemError as error: print(error.problem.title)"
    )
    other = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    return other.stdout.strip()


async def test_the_lock_of_an_engine_that_is_ending_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a killed process another lock may be free before this one is."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: os.close(lock))
    monkeypatch.setattr("tui.transfers.journal.opening_journal.time", clock)
    await (await Journal.open(path, silent)).close()


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
    put(path, b"")
    await (await Journal.open(path, silent)).close()
    assert mode(path) == 0o600, "one that others could read is closed to them"


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
    for number in range(400):
        await journal.add(transfer(f"t{number}"))
    await journal.close()
    whole = content(path)
    table = bytearray(whole)
    for start in range(whole.index(b'{"state"') // 4096 * 4096, len(whole), 4096):
        table[start : start + 16] = b"\xff" * 16
    for damaged in (whole[:4096] + os.urandom(len(whole) - 4096), bytes(table)):
        put(path, damaged)
        (await moved_aside(path)).unlink()


async def test_a_file_that_is_no_database_is_moved_aside(path: Path) -> None:
    """And spoken of until it is deleted."""
    put(path, b"what is this? " * 1_000)
    aside = await moved_aside(path)
    journal = await Journal.open(path, silent)
    try:
        assert journal.damaged
        assert str(aside) in journal.damaged.cause
        aside.unlink()
        assert journal.damaged is None
    finally:
        await journal.close()


async def moved_aside(path: Path) -> Path:
    """Opening it begins a new journal, keeps the old file and says so; where that is now."""
    old, told = content(path), list[Problem]()
    journal = await Journal.open(path, told.append)
    assert await journal.transfers() == []
    await journal.add(transfer("new"))
    assert await journal.transfers() == [transfer("new")]
    assert journal.damaged
    await journal.close()
    (problem,) = told
    (aside,) = path.parent.glob("journal.db.damaged-*")
    assert content(aside) == old
    assert problem.kind is ProblemKind.JOURNAL
    assert str(aside) in problem.cause
    assert problem.remedy
    return aside


async def test_another_programs_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    ask(path, "CREATE TABLE theirs (value)")
    assert "another program" in (await refusal(path)).title
    assert ask(path, "SELECT name FROM sqlite_master") == [("theirs",)]


async def test_a_directory_is_no_journal(tmp_path: Path) -> None:
    """Nor can there be one below a file."""
    (tmp_path / "file").touch()
    for place in (tmp_path, tmp_path / "file" / "journal.db"):
        assert "cannot be opened" in (await refusal(place)).title


def make_version_1(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1.read_text())
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")


def older(now: ObjectResult) -> ObjectResult:
    return replace(now, annotations="", owner_note="", owner_inferred=False, made="", marker="", part_size=0)


async def assert_version_1_is_read(journal: Journal) -> None:
    assert [each.id for each in await journal.transfers()] == ["t", "u"]
    assert (await journal.transfers())[0] == transfer("t", 1.0)
    assert await results(journal) == [older(result("a")), older(result("b", Outcome.FAILED, problem=PROBLEM))]
    assert (await journal.results.counts("t")).bytes == {Outcome.COPIED: 10, Outcome.FAILED: 10}
    (kept,) = await journal.uploads.of("t")
    assert (kept.key, kept.upload) == (upload().key, "U1")
    assert kept.parts == [KeptPart(CompletedPart(1, "e1", "CRC32:AAAA", 10), "MD5:1")]


async def test_a_file_of_the_first_version_is_brought_up_to_date_read_and_written(path: Path) -> None:
    make_version_1(path)
    longer = (*STEPS, ("ALTER TABLE uploads ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'",))
    journal = await Journal.open(path, silent, longer)
    await assert_version_1_is_read(journal)
    journal.results.finish("t", 0, "a", result("a", Outcome.SKIPPED))
    await journal.deletes.intend("t", pending_delete())
    assert await journal.deletes.of("t") == [pending_delete()]
    kept = older(result("b", Outcome.FAILED, problem=PROBLEM))
    assert await results(journal) == [kept, result("a", Outcome.SKIPPED)]
    await journal.close()
    assert ask(path, "PRAGMA user_version") == [(len(longer),)]
    assert ask(path, "SELECT colour FROM uploads") == [("red",)]
    before = content(path)
    assert "newer" in (await refusal(path)).title, "than this program knows"
    assert content(path) == before
    await (await Journal.open(path, silent, longer)).close()


async def test_a_step_is_taken_wholly_or_not_at_all(path: Path) -> None:
    make_version_1(path)
    broken = (*STEPS, ("CREATE TABLE half (made)", "ALTER TABLE nowhere ADD COLUMN x"))
    assert (await problem_of(Journal.open(path, silent, broken))).kind is ProblemKind.JOURNAL
    journal = await Journal.open(path, silent)
    await assert_version_1_is_read(journal)
    await journal.close()
    assert ask(path, "SELECT 1 FROM sqlite_master WHERE name = 'half'") == []
