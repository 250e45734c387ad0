"""A worker that has nothing left to do gets a part of what another one is doing."""

from __future__ import annotations

import pytest

from tests.transfers.cluster.blocked import blocked
from tests.transfers.cluster.cluster_world import ClusterWorld
from tests.waiting import until
from tui.model.transfer import Limits, Outcome, TransferState
from tui.stores.partitioned import cutting
from tui.transfers.cluster import contact, engine

COUNT = 300
FEW = Limits(objects=40)
"""A worker that is slow begins so many objects at once that nothing would be left of its range."""


@pytest.fixture(autouse=True)
def one_range(monkeypatch: pytest.MonkeyPatch) -> None:
    """All keys are one range at first, and ranges of a few objects are worth cutting off."""
    monkeypatch.setattr(engine, "RANGES", 1)
    monkeypatch.setattr(cutting, "LEAST", 20.0)
    monkeypatch.setattr(contact, "LEASE", 3.0)
    monkeypatch.setattr(engine, "WAITS", (0.5,))


async def both_work(world: ClusterWorld, transfer: str) -> None:
    """Returns when each of the two workers has ranges, while writes wait."""

    async def busy() -> bool:
        workers = (await world.transfer(transfer)).workers
        return len(workers) == 2 and all(each.ranges for each in workers)

    await until(busy, "both have ranges", timeout=30)


async def ended_well(world: ClusterWorld, transfer: str, made: dict[str, bytes]) -> list[int]:
    """Assert that every object was copied; returns how many each worker did."""
    done, results = await world.ended(transfer)
    assert (done.state, done.problem, done.objects_done) == (TransferState.DONE, None, len(made))
    assert len({each.target for each in results}) == len(made)
    assert {each.outcome for each in results} == {Outcome.COPIED}
    world.assert_equal(made)
    return [each.objects for each in done.workers]


async def test_a_range_is_cut_while_it_is_copied(clustered: ClusterWorld) -> None:
    made = clustered.fill(COUNT, prefix="data/")
    held = blocked(clustered, 30)
    transfer = await clustered.queue.submit(clustered.order(prefixes=("data/",)), FEW)
    await held.reached()
    await both_work(clustered, transfer)
    held.opened.set()
    shares = await ended_well(clustered, transfer, made)
    assert len(shares) == 2
    assert min(shares) >= 50
    assert set(clustered.sent().values()) == {1}


async def test_one_of_both_is_lost_then(clustered: ClusterWorld) -> None:
    made = clustered.fill(COUNT, prefix="data/")
    held = blocked(clustered, 30)
    transfer = await clustered.queue.submit(clustered.order(prefixes=("data/",)), FEW)
    await held.reached()
    await both_work(clustered, transfer)
    finished = set(clustered.sent())
    clustered.cluster.workers[0].kill()
    held.opened.set()
    await ended_well(clustered, transfer, made)
    counts = clustered.sent()
    assert finished
    assert {counts[key] for key in finished} == {1}
    assert max(counts.values()) <= 2


async def test_the_engine_starts_again_then(clustered: ClusterWorld) -> None:
    made = clustered.fill(COUNT, prefix="data/")
    held = blocked(clustered, 30)
    transfer = await clustered.queue.submit(clustered.order(prefixes=("data/",)), FEW)
    await held.reached()
    await both_work(clustered, transfer)
    held.opened.set()
    await clustered.restart()
    await ended_well(clustered, transfer, made)
    assert max(clustered.sent().values()) <= 2


async def test_marked_keys_are_cut_too(clustered: ClusterWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "KEYS", COUNT)
    made = clustered.fill(COUNT, prefix="data/")
    held = blocked(clustered, 30)
    transfer = await clustered.queue.submit(clustered.order(*made), FEW)
    await held.reached()
    await both_work(clustered, transfer)
    held.opened.set()
    shares = await ended_well(clustered, transfer, made)
    assert min(shares) >= 50
    assert set(clustered.sent().values()) == {1}
