"""A cluster that has other work as well."""

from __future__ import annotations

import time

import pytest

from tests.transfers.cluster.cluster_world import ClusterWorld
from tui.model.engines import read_engine
from tui.model.transfer import Limits, Outcome, TransferState
from tui.transfers.cluster import contact
from tui.transfers.cluster.connecting import names_of, scheduler_client

COUNT = 60
PREFIXES = tuple(f"data/{at}/" for at in range(8))
LONGER = 600.0
"""Seconds; far longer than the test."""


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact, "LEASE", 3.0)
    monkeypatch.setattr(contact, "STALLED", 1.0)
    monkeypatch.setattr("tui.transfers.cluster.engine.WAITS", (0.5,))


async def assert_copied(world: ClusterWorld, transfer: str, made: dict[str, bytes]) -> None:
    """It ends, with each object once."""
    done, results = await world.ended(transfer)
    assert (done.state, done.problem, done.objects_done) == (TransferState.DONE, None, COUNT)
    assert {each.outcome for each in results} == {Outcome.COPIED}
    world.assert_equal(made)


async def test_a_worker_whose_only_thread_is_busy(clustered: ClusterWorld) -> None:
    """With one object at once only one worker has ranges, and it must be one that does them."""
    made = clustered.fill(COUNT)
    async with scheduler_client(read_engine(clustered.cluster.address), clustered.cluster.options()) as client:
        busy = next(iter(await names_of(client)))  # the first one is given the first range
        sleeping = client.submit(time.sleep, LONGER, workers=[busy], pure=False)
        transfer = await clustered.queue.submit(clustered.order(prefixes=PREFIXES), Limits(objects=1))
        await assert_copied(clustered, transfer, made)
        assert sleeping.status == "pending"
