"""Results come from the journal, in order, each once, and to their end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.results import unpacked
from tests.unit.transfers.journal.samples import result, transfer
from tui.model.transfer import Outcome
from tui.transfers.journal import Journal, KeptResult
from tui.transfers.queue.results import Results
from tui.transfers.snapshots import BETWEEN_SNAPSHOTS


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    made = await Journal.open(tmp_path / "journal.sqlite", lambda _: None)
    await made.add(transfer())
    yield made
    await made.close()


async def keys(results: Results) -> list[str]:
    async with aclosing(unpacked(results.follow())) as following:
        return [each.source.rpartition("/")[2] async for each in following]


async def test_followers_get_every_result_in_order(journal: Journal) -> None:
    results = Results("t", journal)
    following = [asyncio.create_task(keys(results))]
    for number in range(100):
        journal.results.finish("t", 0, str(number), result(str(number)))
        results.touch()
        if number == 50:
            following.append(asyncio.create_task(keys(results)))
        await asyncio.sleep(0)
    results.end()
    following.append(asyncio.create_task(keys(results)))
    assert await asyncio.gather(*following) == [[str(number) for number in range(100)]] * 3


async def test_what_is_tried_again_has_its_end_yet_to_come(journal: Journal) -> None:
    for key, outcome in (("a", Outcome.COPIED), ("b", Outcome.FAILED), ("c", Outcome.CANCELLED), ("d", Outcome.FAILED)):
        journal.results.finish("t", 0, key, result(key, outcome))
    results = Results("t", journal)
    results.retry(await journal.results.last("t"))
    following = asyncio.create_task(keys(results))
    await asyncio.sleep(0)
    journal.results.finish("t", 0, "c", result("c"))
    journal.results.finish("t", 0, "b", result("b", Outcome.FAILED))
    results.end()  # before it came to d
    assert await following == ["a", "c", "b", "d"]
    assert await keys(results) == ["a", "d", "c", "b"]


async def test_the_end_is_told_at_once(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.transfers.queue.results.BETWEEN_SNAPSHOTS", 3600.0)
    journal.results.finish("t", 0, "a", result("a"))
    results = Results("t", journal)
    async with asyncio.timeout(20), aclosing(results.follow()) as following:
        assert len(await anext(following)) == 1
        last = asyncio.ensure_future(anext(following, None))
        await asyncio.sleep(0)
        results.end()
        assert await last is None


async def test_what_is_there_comes_at_once(journal: Journal) -> None:
    for number in range(100):
        journal.results.finish("t", 0, str(number), result(str(number)))
    results = Results("t", journal)
    async with aclosing(results.follow()) as following:
        assert len(await anext(following)) == 100


async def test_none_that_has_ended_ends(journal: Journal) -> None:
    results = Results("t", journal)
    following = asyncio.create_task(keys(results))
    await asyncio.sleep(0)
    results.end()
    assert await following == []


async def test_the_journal_is_read_no_more_often_than_a_screen_needs(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each read has the journal written first: one for every result would write them one by one."""
    found: list[int] = []
    read = journal.results.next

    async def counted(name: str, number: int) -> list[KeptResult]:
        results = await read(name, number)
        found.extend([len(results)] if results else [])
        return results

    monkeypatch.setattr(journal.results, "next", counted)
    results, loop = Results("t", journal), asyncio.get_running_loop()
    following, began = asyncio.create_task(keys(results)), loop.time()
    for number in range(100):
        journal.results.finish("t", 0, str(number), result(str(number)))
        results.touch()
        await journal.flushed()
    results.end()
    assert len(await following) == 100
    assert sum(found) == 100
    assert len(found) <= (loop.time() - began) / BETWEEN_SNAPSHOTS + 2
