"""Limits of a transfer are those of all its workers together, measured at the server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic

import pytest

from tests.servers.proxy.faults import Meanwhile, Rule
from tests.servers.proxy.messages import Request
from tests.transfers.cluster.cluster_world import ClusterWorld
from tests.waiting import until
from tui.model.cluster import WorkerState
from tui.model.transfer import Limits, TransferState
from tui.transfers.cluster import contact

KIB = 1 << 10
PREFIXES = tuple(f"data/{at}/" for at in range(6))
"""A list of one page is one range."""

pytestmark = pytest.mark.usefixtures("short_lease")


@pytest.fixture
def short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact, "LEASE", 3.0)


@dataclass
class Gate:
    """Every write waits in front of the server until it is let in."""

    waiting: list[asyncio.Event] = field(default_factory=list)
    most: int = 0
    """The most that have waited at once."""
    opened: bool = False

    async def __call__(self, _: Request) -> None:
        if not self.opened:
            here = asyncio.Event()
            self.waiting.append(here)
            self.most = max(self.most, len(self.waiting))
            await here.wait()

    def let_in(self, count: int) -> None:
        """The first ones."""
        for each in self.waiting[:count]:
            each.set()
        del self.waiting[:count]

    def open(self) -> None:
        """Nobody waits any more."""
        self.opened = True
        self.let_in(len(self.waiting))

    async def are_waiting(self, count: int) -> None:
        await until(lambda: len(self.waiting) >= count, f"{count} writes wait", timeout=20)


def fill(world: ClusterWorld, count: int, size: int = 64) -> dict[str, bytes]:
    """So many objects, as many below each prefix."""
    return {key: body for prefix in PREFIXES for key, body in world.fill(count // len(PREFIXES), size, prefix).items()}


def gate(world: ClusterWorld) -> Gate:
    made = Gate()
    world.proxy.rules.append(Rule(Meanwhile(before=made), operations=("PutObject",)))
    return made


async def counts() -> None:
    """Returns when a changed limit must have reached the workers: within a second, docs/cluster.md says."""
    changed = monotonic()
    await until(lambda: monotonic() > changed + 2, "the limit counts")


def working(world: ClusterWorld, transfer: str, count: int) -> Callable[[], Awaitable[bool]]:
    """Whether so many workers have ranges."""

    async def look() -> bool:
        return len([each for each in (await world.transfer(transfer)).workers if each.ranges]) == count

    return look


async def test_objects_at_once_are_counted_over_all_workers(clustered: ClusterWorld) -> None:
    made, held = fill(clustered, 240), gate(clustered)
    transfer = await clustered.queue.submit(clustered.order(prefixes=PREFIXES), Limits(objects=3))
    for _ in range(12):
        await held.are_waiting(3)
        held.let_in(1)
    assert held.most == 3

    clustered.queue.set_limits(Limits(objects=6), transfer)
    await held.are_waiting(6)
    held.let_in(2)
    await held.are_waiting(6)
    assert held.most == 6

    held.open()
    done, _ = await clustered.ended(transfer)
    assert (done.state, done.problem) == (TransferState.DONE, None)
    clustered.assert_equal(made)


async def test_a_worker_that_joins_waits_for_what_the_others_have_begun(clustered: ClusterWorld) -> None:
    clustered.cluster.workers.pop().kill()
    made, held = fill(clustered, 240), gate(clustered)
    transfer = await clustered.queue.submit(clustered.order(prefixes=PREFIXES), Limits(objects=4))
    await held.are_waiting(4)

    clustered.cluster.start_worker()

    async def has_joined() -> bool:
        states = [each.state for each in (await clustered.transfer(transfer)).workers]
        return len([each for each in states if each in (WorkerState.IDLE, WorkerState.WORKING)]) == 2

    await until(has_joined, "the second worker could begin", timeout=30)
    await counts()
    for _ in range(12):
        await held.are_waiting(4)
        held.let_in(1)
    assert held.most == 4
    await until(working(clustered, transfer, 2), "both workers take part")
    held.open()
    done, _ = await clustered.ended(transfer)
    assert (done.state, done.problem) == (TransferState.DONE, None)
    clustered.assert_equal(made)


async def test_one_object_at_once_leaves_one_worker_until_there_may_be_more(clustered: ClusterWorld) -> None:
    made, held = fill(clustered, 240), gate(clustered)
    transfer = await clustered.queue.submit(clustered.order(prefixes=PREFIXES), Limits(objects=6))
    await held.are_waiting(6)

    clustered.queue.set_limits(Limits(objects=1), transfer)
    await until(working(clustered, transfer, 1), "one worker rests")
    await counts()
    held.let_in(6)
    held.most = 0
    for _ in range(10):
        await held.are_waiting(1)
        held.let_in(1)
    assert held.most == 1

    clustered.queue.set_limits(Limits(objects=6), transfer)
    await held.are_waiting(6)
    assert await working(clustered, transfer, 2)()
    held.open()
    done, results = await clustered.ended(transfer)
    assert (done.state, done.problem, len(results)) == (TransferState.DONE, None, 240)
    clustered.assert_equal(made)


async def test_a_lost_workers_share_goes_to_the_others(clustered: ClusterWorld) -> None:
    made, held = fill(clustered, 240), gate(clustered)
    transfer = await clustered.queue.submit(clustered.order(prefixes=PREFIXES), Limits(objects=4))
    await held.are_waiting(4)
    clustered.cluster.workers[0].kill()
    held.let_in(4)
    held.most = 0
    await held.are_waiting(4)
    held.let_in(1)
    await held.are_waiting(4)
    assert held.most == 4
    held.open()
    done, _ = await clustered.ended(transfer)
    assert (done.state, done.problem) == (TransferState.DONE, None)
    clustered.assert_equal(made)


@dataclass
class Measured:
    """When which bytes have arrived at the server."""

    size: int
    times: list[float] = field(default_factory=list)

    async def __call__(self, _: Request) -> None:
        self.times.append(monotonic())

    @property
    def rate(self) -> float:
        """Bytes per second, from the first to the last."""
        return (len(self.times) - 1) * self.size / (self.times[-1] - self.times[0])


async def test_a_rate_is_that_of_all_workers_together(clustered: ClusterWorld) -> None:
    size, rate = 64 * KIB, 512 * KIB
    made = fill(clustered, 48, size)
    seen = Measured(size)
    clustered.proxy.rules.append(Rule(Meanwhile(after=seen), operations=("PutObject",)))
    transfer = await clustered.queue.submit(clustered.order(prefixes=PREFIXES), Limits(rate=rate))
    await until(lambda: len(seen.times) == 32, "four seconds' worth has arrived", timeout=60)
    assert seen.rate < 1.4 * rate  # 2 × would be the whole of it for each worker
    moved = {each.name: each.bytes for each in (await clustered.transfer(transfer)).workers}
    assert len(moved) == 2
    assert min(moved.values()) > 0

    clustered.queue.set_limits(Limits(), transfer)
    lifted = monotonic()
    done, _ = await clustered.ended(transfer)
    assert (done.state, done.problem) == (TransferState.DONE, None)
    clustered.assert_equal(made)
    assert len([each for each in seen.times if each > lifted + 2 * 16 * size / rate]) < 16


async def test_a_limit_of_all_transfers_is_lowered_while_workers_copy(clustered: ClusterWorld) -> None:
    size, rate = 64 * KIB, 256 * KIB
    fill(clustered, 600, size)
    seen = Measured(size)
    clustered.proxy.rules.append(Rule(Meanwhile(after=seen), operations=("PutObject",)))
    transfer = await clustered.queue.submit(clustered.order(prefixes=PREFIXES), Limits(rate=8 * rate))
    await until(lambda: len(seen.times) > 40, "it is copied")
    clustered.queue.set_limits(Limits(rate=rate))
    await counts()
    seen.times.clear()
    await until(lambda: len(seen.times) == 16, "four seconds' worth has arrived", timeout=30)
    assert seen.rate < 1.4 * rate
    await clustered.queue.cancel([transfer])
