"""What was found out after an interruption is counted, kept and told to watchers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.results import unpacked
from tests.unit.transfers.journal.samples import PROBLEM, result, transfer
from tests.waiting import until
from tui.model.identity import Owner
from tui.model.problem import Problem
from tui.model.transfer import Outcome
from tui.stores.base import Store
from tui.transfers.journal import Journal, KeptResult
from tui.transfers.limits.bounds import TransferLimits
from tui.transfers.limits.shared import SharedLimits
from tui.transfers.queue.context import QueueContext
from tui.transfers.queue.job_status import JobStatus
from tui.transfers.queue.pending_conflicts import PendingConflicts


class Told:
    """The status of a transfer in the journal, and what its queue was told."""

    def __init__(self, journal: Journal) -> None:
        self.changes = 0
        self.problems: list[Problem] = []
        limits = TransferLimits()
        shared, conflicts = SharedLimits(limits), PendingConflicts()
        self.status = JobStatus(
            transfer(),
            QueueContext(
                self._open_store,
                self._owner_of,
                journal,
                None,
                limits,
                shared,
                conflicts,
                self._changed,
                self._changed,
                self.problems.append,
            ),
        )

    async def _open_store(self, connection: str) -> Store:
        raise AssertionError(f"nobody needs a store of {connection}")

    async def _owner_of(self, connection: str) -> Owner | None:
        raise AssertionError(f"nobody needs the owner of {connection}")

    def _changed(self) -> None:
        self.changes += 1


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    made = await Journal.open(tmp_path / "journal.sqlite", lambda _: None)
    await made.add(transfer())
    yield made
    await made.close()


async def test_a_watcher_of_results_sees_at_once_what_was_settled_after_an_interruption(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, read, found = Told(journal).status, journal.results.next, list[int]()

    async def counted(name: str, number: int) -> list[KeptResult]:
        results = await read(name, number)
        found.append(len(results))
        return results

    monkeypatch.setattr(journal.results, "next", counted)
    async with aclosing(unpacked(status.results.follow())) as following:
        seen = asyncio.ensure_future(anext(following))
        await until(lambda: found == [0], "the watcher knows that there is none yet")
        journal.results.finish("t", 1, "a", result("a", Outcome.MOVED))
        status.settle([result("a", Outcome.MOVED)])
        assert await asyncio.wait_for(seen, 10) == result("a", Outcome.MOVED)  # though the transfer has not ended


async def test_what_was_settled_after_an_interruption_is_counted_and_kept(journal: Journal) -> None:
    told = Told(journal)
    told.status.settle([result("a", Outcome.MOVED), result("b", Outcome.FAILED, problem=PROBLEM)])
    now = told.status.snapshot()
    assert (now.objects_done, now.objects_failed) == (1, 1)
    assert told.problems == [PROBLEM]
    assert told.changes == 1
    [kept] = await journal.transfers()
    assert kept.problem == PROBLEM


async def test_where_nothing_was_left_open_nothing_changes(journal: Journal) -> None:
    told = Told(journal)
    told.status.settle([])
    assert (told.status.snapshot().objects_done, told.changes) == (0, 0)
