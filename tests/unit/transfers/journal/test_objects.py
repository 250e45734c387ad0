"""What became of objects: the journal against a dictionary, whatever is said in whatever order."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.transfers.journal.samples import PROBLEM, result, results, silent, transfer
from tui.model.transfer import ObjectResult, Outcome
from tui.transfers.journal import Counts, Journal, writes
from tui.transfers.journal.reading import CHUNK
from tui.transfers.journal.records import pack_result, unpack_result
from tui.transfers.journal.schema import migrate

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

    def counts(self, name: str) -> Counts:
        sizes: Counter[Outcome] = Counter()
        for said in self.of(name):
            sizes[said.outcome] += said.size
        objects = Counter(said.outcome for said in self.of(name))
        return Counts(dict(objects), {outcome: sizes[outcome] for outcome in objects})


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
    for number in range(count):
        journal.results.finish("t", 0, str(number), result(str(number)))
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
    for number in range(CHUNK + 3):
        journal.results.finish("t", 0, str(number), result(str(number)))
    first = await journal.results.next("t", 0)
    rest = await journal.results.next("t", first[-1].number)
    assert [unpack_result(each.packed) for each in first + rest] == [result(str(number)) for number in range(CHUNK + 3)]
    assert await journal.results.next("t", rest[-1].number) == []


async def test_what_belongs_to_no_transfer_is_not_kept(journal: Journal) -> None:
    journal.results.finish("nobody", 0, "k", result("k"))
    assert await results(journal, "nobody") == []
    assert await journal.results.finished("nobody", 0, ["k"]) == set()
    assert await journal.results.counts("nobody") == Counts()
    assert [chunk async for chunk in journal.results.failed_keys("nobody")] == []


async def test_the_backlog_is_bounded_for_callers_that_wait(journal: Journal) -> None:
    await journal.add(transfer())
    for number in range(30_000):
        journal.results.finish("t", 0, str(number), result(str(number)))
        await journal.drained()
        assert journal.backlog <= 4_000
    await journal.flushed()
    assert journal.backlog == 0
    assert (await journal.results.counts("t")).objects == {Outcome.COPIED: 30_000}


class Counted(sqlite3.Connection):
    """Counts the statements that are made."""

    made = 0

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        self.made += 1
        return super().execute(*arguments)


def test_many_results_are_few_statements() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None, factory=Counted)) as connection:
        migrate(connection)
        writes.make(connection, writes.add(transfer()))
        before = connection.made
        ends = [writes.finish(number, "t", 0, str(number % 300), result(str(number))) for number in range(1, 331)]
        writes.make_together(connection, ends)
        assert connection.made - before == -(-330 // writes.ROWS_AT_ONCE)
        kept = connection.execute("SELECT key, number & 1099511627775, result FROM objects ORDER BY number").fetchall()
        assert len(kept) == 300, "the later result of the same key replaces the earlier one"
        assert kept[-1][1:] == (330, pack_result(result("330")))
