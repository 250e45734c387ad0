"""Results of workers count once, whatever is heard of them twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.transfers.cluster.contacts import InMemory
from tests.unit.transfers.cluster.crews import Transfer
from tests.unit.transfers.journal.samples import result, silent, transfer
from tui.model.transfer import Outcome
from tui.transfers.cluster.hearing import Hearing
from tui.transfers.cluster.talk import Corrected, Result
from tui.transfers.journal import Journal
from tui.transfers.journal.records import pack_key, pack_result

KEY = "p/k"
TOLD = Result(1, pack_key(KEY), pack_result(result(KEY)))


@pytest.fixture
async def copied(tmp_path: Path) -> AsyncIterator[Transfer]:
    journal = await Journal.open(tmp_path / "journal.sqlite", silent)
    await journal.add(transfer())
    yield Transfer(journal)
    await journal.close()


def hearing_of(copied: Transfer) -> Hearing:
    """What hears its workers."""
    return Hearing(copied.state, copied.status.uploads, lambda *_: None, copied.spans.somebody_has)


async def test_what_is_left_of_an_earlier_run(copied: Transfer) -> None:
    worker, hearing = InMemory(1), hearing_of(copied)
    await hearing.leftover(worker, [TOLD])
    await hearing.leftover(worker, [TOLD])
    assert (copied.state.progress.results, worker.unfinished) == (1, 0)


async def test_what_is_left_of_a_range_that_somebody_has_now(copied: Transfer) -> None:
    """It was lost, its range was given to another worker, and it is there again: the other one says the same, too."""
    back, other, hearing = InMemory(1), InMemory(2), hearing_of(copied)
    await copied.spans.cut([(1, "", None, 1.0)])
    assert await copied.spans.take()
    await hearing.leftover(back, [TOLD])
    await hearing.items(other, [TOLD])
    assert copied.state.progress.results == 1


async def test_what_is_told_while_the_journal_is_asked_for_it(copied: Transfer) -> None:
    back, other, hearing = InMemory(1), InMemory(2), hearing_of(copied)
    left = asyncio.create_task(hearing.leftover(back, [TOLD]))
    await asyncio.sleep(0)
    await hearing.items(other, [TOLD])
    await left
    assert copied.state.progress.results == 1


async def test_a_result_that_is_corrected_counts_once(copied: Transfer) -> None:
    """The owner of a copy that was inferred has turned out to be another one."""
    worker, hearing = InMemory(1), hearing_of(copied)
    right = result(KEY, Outcome.COPIED, size=11)
    await hearing.items(worker, [TOLD, Corrected(1, pack_key(KEY), pack_result(right))])
    assert (copied.state.progress.results, worker.objects) == (1, 1)
    assert [each async for each in copied.journal.results.of("t")] == [right]
