"""Results come from the journal, in order, each once, and to their end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.unit.transfers.journal.samples import result, transfer
from tui.model.transfer import Outcome
from tui.transfers.journal import Journal
from tui.transfers.results import Results


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    made = await Journal.open(tmp_path / "journal.sqlite", lambda _: None)
    await made.add(transfer())
    yield made
    await made.close()


async def keys(results: Results) -> list[str]:
    async with aclosing(results.follow()) as following:
        return [each.source.rpartition("/")[2] async for each in following]


async def test_who_follows_sees_everything_in_order_whenever_he_comes(journal: Journal) -> None:
    results = Results("t", journal)
    following = [asyncio.create_task(keys(results))]
    for number in range(100):
        journal.finish("t", 0, str(number), result(str(number)))
        results.touch()
        if number == 50:
            following.append(asyncio.create_task(keys(results)))
        await asyncio.sleep(0)
    results.end()
    following.append(asyncio.create_task(keys(results)))
    assert await asyncio.gather(*following) == [[str(number) for number in range(100)]] * 3


async def test_what_is_tried_again_has_its_end_yet_to_come(journal: Journal) -> None:
    for key, outcome in (("a", Outcome.COPIED), ("b", Outcome.FAILED), ("c", Outcome.CANCELLED), ("d", Outcome.FAILED)):
        journal.finish("t", 0, key, result(key, outcome))
    results = Results("t", journal)
    results.retry(await journal.last_result("t"))
    following = asyncio.create_task(keys(results))
    await asyncio.sleep(0)
    journal.finish("t", 0, "c", result("c"))
    journal.finish("t", 0, "b", result("b", Outcome.FAILED))
    results.end()  # before it came to d
    assert await following == ["a", "c", "b", "d"]
    assert await keys(results) == ["a", "d", "c", "b"]


async def test_none_that_has_ended_ends(journal: Journal) -> None:
    results = Results("t", journal)
    following = asyncio.create_task(keys(results))
    await asyncio.sleep(0)
    results.end()
    assert await following == []
