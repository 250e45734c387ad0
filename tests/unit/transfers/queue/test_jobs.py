"""Transfers that come and go at once, and receipts that cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.transfers.cluster.crews import Transfer
from tests.unit.transfers.journal.samples import PROBLEM, silent, transfer
from tui.model.problem import ProblemError
from tui.model.transfer import TransferState
from tui.transfers.copy.abandoned import AbandonedUploads
from tui.transfers.journal import Journal
from tui.transfers.queue.job import Job
from tui.transfers.queue.job_status import JobStatus
from tui.transfers.queue.jobs import Jobs
from tui.transfers.queue.receipts import refuse_unusable


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    made = await Journal.open(tmp_path / "journal.sqlite", silent)
    yield made
    await made.close()


async def test_a_transfer_that_is_forgotten_while_it_is_about_to_be_retried(journal: Journal) -> None:
    """It would run, and no list had it."""
    await journal.add(transfer(ended=2.0))
    job = Job(transfer(ended=2.0), Transfer(journal).state.context, again=True)
    retrying = asyncio.create_task(job.retry())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert job.status.retrying
    job.forget()
    with pytest.raises(ProblemError, match="no transfer t"):
        await retrying
    assert job.status.progress.state is TransferState.DONE


async def test_a_cancel_that_fails_leaves_a_transfer_that_can_be_paused(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is stopped later would be taken for cancelled, and never be copied."""

    async def unreadable(_self: JobStatus, _abandoned: AbandonedUploads) -> None:
        raise ProblemError(PROBLEM)

    monkeypatch.setattr(JobStatus, "clear", unreadable)
    await journal.add(transfer())
    job = Job(transfer(), Transfer(journal).state.context, again=True)
    with pytest.raises(ProblemError):
        await job.cancel()
    assert not job._run_state().cancelled()


def test_transfers_that_come_at_once_have_places_of_their_own() -> None:
    """One is added when it is on disk, and another one may have come meanwhile: `move` finds room between them."""
    jobs = Jobs()
    assert [jobs.next_position() for _ in range(3)] == [1.0, 2.0, 3.0]


def test_a_receipt_that_nothing_can_be_found_at() -> None:
    with pytest.raises(ProblemError, match="receipt cannot be written") as refusal:
        refuse_unusable("/" + "long" * 100)
    assert refusal.value.problem.cause == "File name too long"
