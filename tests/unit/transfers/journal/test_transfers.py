"""Transfers and their uploads: kept, changed, put in order, removed with all that belongs to them."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from tests.unit.transfers.journal.samples import (
    ORDER,
    PROBLEM,
    pending_delete,
    result,
    results,
    silent,
    transfer,
    upload,
)
from tests.waiting import until
from tui.model.orders import ConflictPolicy, DeleteOrder, Route
from tui.model.plan import Tally
from tui.model.problem import ProblemError, ProblemKind
from tui.model.transfer import Limits, Outcome, TransferState
from tui.stores.values import Part
from tui.transfers.journal import Cursor, Journal, KeptPart, TransferRecord
from tui.transfers.journal.sweeping import PAGES_KEPT, PAGES_PER_STEP
from tui.transfers.journal.writes import KEPT_TRANSFERS

BELONGINGS = ("transfers", "objects", "counts", "uploads", "parts", "departures", "states")


def rows(path: Path, table: str) -> int:
    """How many rows a table has."""
    with closing(sqlite3.connect(path)) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(count)


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
        route=Route.PUSH,
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
    await journal.close()
    again = await Journal.open(path, silent)
    assert await again.transfers() == [deletion, plain, full]
    await again.close()


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
        for number in range(1_700):
            journal.results.finish(name, 0, str(number), result(str(number)))
        row = await journal.uploads.intend(upload("k", name))
        await journal.uploads.begun(row, f"upload-{name}")
        journal.uploads.part(row, Part(1, "e"), "")
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
    found = {table: rows(path, table) for table in BELONGINGS}
    assert found == {
        "transfers": 1,
        "objects": 1_700,
        "counts": 1,
        "uploads": 1,
        "parts": 1,
        "departures": 1,
        "states": 1,
    }
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
    await journal.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM states").fetchone() == (3,)
    again = await Journal.open(path, silent)
    try:
        assert list((await again.states.of("t")).items()) == [("range/1", b"changed"), ("range/2", b"\x00two")]
        again.states.drop("t", "range/1")
        assert await again.states.of("t") == {"range/2": b"\x00two"}
        assert await again.states.of("gone") == {}
    finally:
        await again.close()


async def test_the_latest_ended_transfers_are_kept(journal: Journal, path: Path) -> None:
    await journal.add(transfer("runs", 0.0))
    for number in range(KEPT_TRANSFERS + 5):
        await journal.add(transfer(f"t{number}", float(number)))
        journal.results.finish(f"t{number}", 0, "k", result("k"))
        journal.save(transfer(f"t{number}", float(number), ended=1_000.0 + number))
    kept = {each.id for each in await journal.transfers()}
    assert kept == {"runs", *(f"t{number}" for number in range(5, KEPT_TRANSFERS + 5))}
    await until(lambda: rows(path, "objects") == KEPT_TRANSFERS, "the objects of the oldest are swept out")


async def test_space_is_given_back(journal: Journal, path: Path) -> None:
    await journal.add(transfer())
    for number in range(60_000):
        journal.results.finish("t", 0, str(number), result(str(number)))
        await journal.drained()
    await journal.flushed()
    await journal.close()
    small = PAGES_KEPT + 2 * PAGES_PER_STEP
    assert pages(path) > small + 1_000
    again = await Journal.open(path, silent)
    await again.remove("t")
    await until(lambda: rows(path, "removed") == 0, "the removed transfer is swept out")
    await until(lambda: pages(path) < small, "the file has become smaller")
    await again.close()


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
        journal.uploads.part(row, Part(number, f"e{number}", "CRC32:AAAA", number * 10), f"MD5:{number}")
    parts = [KeptPart(Part(number, f"e{number}", "CRC32:AAAA", number * 10), f"MD5:{number}") for number in (1, 2, 3)]
    begun = msgspec.structs.replace(upload(), row=row, upload="U1", parts=parts)
    half_known = msgspec.structs.replace(upload("l"), row=other)
    await journal.close()
    again = await Journal.open(path, silent)
    assert await again.uploads.of("t") == [begun, half_known]
    assert await again.uploads.known_ids("to") == {"U1"}
    assert await again.uploads.known_ids("elsewhere") == set()
    again.uploads.ended(row)
    again.uploads.part(row, Part(4, "late"), "")
    assert await again.uploads.of("t") == [half_known]
    assert rows(path, "parts") == 0
    await again.close()


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
    with pytest.raises(ProblemError) as refused:
        journal.results.finish("t", 0, "k", result("k"))
    assert refused.value.problem.kind is ProblemKind.JOURNAL
    with pytest.raises(ProblemError) as closed:
        await journal.transfers()
    assert closed.value.problem == refused.value.problem
