"""Workers that are lost, busy or limited, a scheduler and an engine that are killed: all arrives, and once."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.features.cluster.conftest import ClusterWorld, Gate, OwnEngine, blocked
from tests.leaks import children_of
from tests.servers.proxy.faults import Meanwhile, Rule
from tests.servers.proxy.messages import Request
from tests.transfers.world import until_it
from tests.waiting import until
from tui.core.engines import WorkerState
from tui.core.naming import MIB, MIN_PART_SIZE
from tui.core.transfer import Limits, Outcome, Transfer, TransferState
from tui.features.cluster import cluster_engine
from tui.stores import split_listing

COUNT = 120
PREFIXES = tuple(f"data/{at}/" for at in range(8))


pytestmark = pytest.mark.usefixtures("short_waits")


async def half_done(
    world: ClusterWorld, own: OwnEngine | None = None, **options: Any
) -> tuple[dict[str, bytes], Gate, str]:
    made = world.fill(COUNT)
    held = blocked(world, COUNT // 2)
    transfer = await (own or world.queue).submit(world.order(prefixes=PREFIXES, **options))
    await held.are_waiting(1)
    return made, held, transfer


def assert_none_twice(world: ClusterWorld, finished: set[str]) -> None:
    """What was at the target when something was killed was sent once; the rest at most once more."""
    counts = world.sent()
    assert finished
    assert {counts[key] for key in finished} == {1}
    assert max(counts.values()) <= 2


@pytest.mark.thorough
async def test_a_lost_worker(clustered: ClusterWorld) -> None:
    made, held, transfer = await half_done(clustered)
    finished = set(clustered.sent())
    clustered.cluster.workers[0].kill()
    held.open()
    await ended_well(clustered, transfer, made)
    assert_none_twice(clustered, finished)


@pytest.mark.thorough
async def test_a_lost_scheduler(clustered: ClusterWorld) -> None:
    made, held, transfer = await half_done(clustered)
    finished = set(clustered.sent())
    assert clustered.cluster.scheduler
    clustered.cluster.scheduler.kill()

    def waits(now: Transfer) -> bool:
        return now.waits_for is not None and "cannot be reached" in now.waits_for.title

    await until_it(clustered.queue, transfer, "it waits for the scheduler", waits, 20)
    held.open()
    clustered.cluster.start_scheduler()
    for _ in range(2):
        clustered.cluster.start_worker()
    await ended_well(clustered, transfer, made)
    assert_none_twice(clustered, finished)


@pytest.mark.thorough
async def test_the_killed_process_of_dasks_client(clustered: ClusterWorld) -> None:
    """As a lost scheduler: the transfer waits, and another process goes on."""
    made, held, transfer = await half_done(clustered)
    finished = set(clustered.sent())
    [client] = [pid for pid, said in children_of(os.getpid()) if "tui.features.cluster.client" in said]
    os.kill(client, signal.SIGKILL)

    def waits(now: Transfer) -> bool:
        return now.waits_for is not None and "Dask's client has ended" in now.waits_for.cause

    await until_it(clustered.queue, transfer, "it says why it waits", waits, 20)
    held.open()
    await ended_well(clustered, transfer, made)
    assert_none_twice(clustered, finished)


@pytest.mark.thorough
async def test_a_killed_engine(clustered: ClusterWorld, surroundings: Path) -> None:
    receipt = surroundings / "receipt.jsonl"
    own = OwnEngine(surroundings)
    made, held, transfer = await half_done(clustered, own, receipt=str(receipt))
    finished = set(clustered.sent())
    await own.kill()
    held.open()
    done, results = await own.ended(transfer)
    await own.close()
    assert (done.state, done.problem, done.objects_done) == (TransferState.DONE, None, COUNT)
    assert len({each.target for each in results}) == COUNT
    assert len(receipt.read_text().splitlines()) == COUNT + 1
    clustered.assert_equal(made)
    assert_none_twice(clustered, finished)


@pytest.mark.thorough
async def test_an_engine_that_sleeps_for_longer_than_workers_wait(clustered: ClusterWorld, surroundings: Path) -> None:
    """The workers stop by themselves; when the engine wakes up, all is done to its end."""
    own = OwnEngine(surroundings)
    made, held, transfer = await half_done(clustered, own)
    engine = await own.pid()
    os.kill(engine, signal.SIGSTOP)
    try:
        async with clustered.cluster.client() as client:

            async def stopped() -> bool:
                return not any((await client.run(tasks)).values())

            await until(stopped, "the workers have stopped", timeout=40)
    finally:
        os.kill(engine, signal.SIGCONT)
    held.open()
    _, results = await own.ended(transfer)
    await own.close()
    assert len({each.target for each in results}) == COUNT
    clustered.assert_equal(made)


def tasks(dask_worker: Any) -> int:
    """How many tasks a worker carries out; run in it."""
    return int(dask_worker.state.executing_count)


@pytest.mark.thorough
async def test_parts_of_a_lost_worker_are_not_sent_again(clustered: ClusterWorld) -> None:
    body = clustered.world.put_random("big/one", 4 * MIN_PART_SIZE + MIB)
    held = blocked(clustered, 2, "UploadPart")
    order = clustered.order(prefixes=("big/",), multipart_threshold=MIN_PART_SIZE, part_size=MIN_PART_SIZE)
    transfer = await clustered.queue.submit(order)
    await held.are_waiting(1)

    async def known() -> bool:
        return len([part for each in await clustered.world.journal.uploads.of(transfer) for part in each.parts]) == 2

    await until(known, "two parts are in the journal")
    (busy,) = [each for each in (await clustered.transfer(transfer)).workers if each.ranges]
    next(each for each in clustered.cluster.workers if each.name == busy.name).kill()
    held.open()
    done, _ = await clustered.ended(transfer)
    assert (done.state, done.problem) == (TransferState.DONE, None)
    assert clustered.world.content("big/one") == body
    assert clustered.proxy.count("CreateMultipartUpload", status=200) == 1
    assert done.bytes_done == len(body)
    clustered.world.assert_no_upload_is_left()


SHARED = 300
FEW = Limits(objects=40)
"""A worker that is slow begins so many objects at once that nothing would be left of its range."""


@pytest.fixture
def one_range(monkeypatch: pytest.MonkeyPatch) -> None:
    """All keys are one range at first, and ranges of a few objects are worth cutting off."""
    monkeypatch.setattr(cluster_engine, "RANGES", 1)
    monkeypatch.setattr(cluster_engine, "KEYS", SHARED)
    monkeypatch.setattr(split_listing, "LEAST", 20.0)


async def ended_well(world: ClusterWorld, transfer: str, made: dict[str, bytes]) -> list[int]:
    """Assert that every object was copied, and told once by an engine; returns how many each worker did."""
    done, results = await world.ended(transfer)
    assert (done.state, done.problem, done.objects_done) == (TransferState.DONE, None, len(made))
    assert (len(results), done.bytes_done) == (len(made), sum(map(len, made.values())))
    assert len({each.target for each in results}) == len(made)
    assert {each.outcome for each in results} == {Outcome.COPIED}
    world.assert_equal(made)
    return [each.objects for each in done.workers]


@pytest.mark.usefixtures("one_range")
@pytest.mark.parametrize(
    "marked", [False, pytest.param(True, marks=pytest.mark.thorough)], ids=["below a prefix", "marked keys"]
)
async def test_a_range_is_cut_while_it_is_copied(here: ClusterWorld, marked: bool) -> None:
    made, held = here.fill(SHARED), blocked(here, 30)
    order = here.order(*made) if marked else here.order(prefixes=("data/",))
    transfer = await here.queue.submit(order, FEW)
    await held.are_waiting(1)
    await until_it(here.queue, transfer, "both have ranges", working(2), 30)
    held.open()
    shares = await ended_well(here, transfer, made)
    assert (len(shares), sum(shares)) == (2, SHARED)
    assert min(shares) >= 50
    assert set(here.sent().values()) == {1}


@pytest.mark.thorough
async def test_a_worker_whose_only_thread_is_busy(clustered: ClusterWorld) -> None:
    """With one object at once only one worker has ranges, and it must be one that does them."""
    made = clustered.fill(COUNT)
    async with clustered.cluster.client() as client:
        # the first one is given the first range
        workers = (await client.scheduler.identity(n_workers=-1))["workers"]
        busy, name = next((address, each["name"]) for address, each in workers.items())
        sleeping = client.submit(time.sleep, 600.0, workers=[busy], pure=False)  # for far longer than the test
        transfer = await clustered.queue.submit(clustered.order(prefixes=PREFIXES), Limits(objects=1))
        await ended_well(clustered, transfer, made)
        assert sleeping.status == "pending"
        next(each for each in clustered.cluster.workers if each.name == name).kill()


KIB = 1 << 10
SIX = tuple(f"data/{at}/" for at in range(6))
"""A list of one page is one range."""


def fill(world: ClusterWorld, count: int, size: int = 64) -> dict[str, bytes]:
    return {key: body for prefix in SIX for key, body in world.fill(count // len(SIX), size, prefix).items()}


async def counts() -> None:
    """Returns when a changed limit must have reached the workers: within a second, docs/cluster.md says."""
    changed = monotonic()
    await until(lambda: monotonic() > changed + 2, "the limit counts")


def working(count: int) -> Callable[[Transfer], bool]:
    return lambda now: len([each for each in now.workers if each.ranges]) == count


async def begun(world: ClusterWorld, limits: Limits) -> tuple[dict[str, bytes], Gate, str]:
    made, held = fill(world, 240), blocked(world, 0)
    return made, held, await world.queue.submit(world.order(prefixes=SIX), limits)


@pytest.mark.thorough
async def test_objects_at_once_are_counted_over_all_workers(clustered: ClusterWorld) -> None:
    """One object at once leaves one worker, until there may be more."""
    made, held, transfer = await begun(clustered, Limits(objects=3))
    for _ in range(12):
        await held.are_waiting(3)
        held.let_in(1)
    assert held.most == 3

    clustered.queue.set_limits(Limits(objects=6), transfer)
    await held.are_waiting(6)
    held.let_in(2)
    await held.are_waiting(6)
    assert held.most == 6

    clustered.queue.set_limits(Limits(objects=1), transfer)
    await until_it(clustered.queue, transfer, "one worker rests", working(1))
    await counts()
    held.let_in(6)
    held.most = 0
    for _ in range(10):
        await held.are_waiting(1)
        held.let_in(1)
    assert held.most == 1

    clustered.queue.set_limits(Limits(objects=6), transfer)
    await held.are_waiting(6)
    assert working(2)(await clustered.transfer(transfer))
    held.open()
    await ended_well(clustered, transfer, made)


@pytest.mark.thorough
async def test_a_lost_workers_share_goes_to_the_others(clustered: ClusterWorld) -> None:
    """A worker that joins waits for what they have begun."""
    made, held, transfer = await begun(clustered, Limits(objects=4))
    await held.are_waiting(4)
    clustered.cluster.workers.pop(0).kill()
    held.let_in(4)
    held.most = 0
    await held.are_waiting(4)
    held.let_in(1)
    await held.are_waiting(4)
    assert held.most == 4

    name = (await asyncio.to_thread(clustered.cluster.start_worker)).name  # its workers wait for letters meanwhile

    def has_joined(now: Transfer) -> bool:
        return any(each.name == name and each.state in (WorkerState.IDLE, WorkerState.WORKING) for each in now.workers)

    await until_it(clustered.queue, transfer, "the other worker could begin", has_joined, 30)
    await counts()
    for _ in range(12):
        await held.are_waiting(4)
        held.let_in(1)
    assert held.most == 4

    def takes_part(now: Transfer) -> bool:
        return any(each.name == name and each.ranges for each in now.workers)

    await until_it(clustered.queue, transfer, "it takes part", takes_part)
    held.open()
    await ended_well(clustered, transfer, made)


@dataclass
class Measured:
    size: int
    times: list[float] = field(default_factory=list)

    async def __call__(self, _: Request) -> None:
        self.times.append(monotonic())

    @property
    def rate(self) -> float:
        return (len(self.times) - 1) * self.size / (self.times[-1] - self.times[0])


@pytest.mark.thorough
async def test_a_rate_is_that_of_all_workers_together(clustered: ClusterWorld) -> None:
    """That of one transfer, and a lower one of all."""
    size, rate = 64 * KIB, 512 * KIB
    made = fill(clustered, 96, size)
    seen = Measured(size)
    clustered.proxy.rules.append(Rule(Meanwhile(after=seen), operations=("PutObject",)))
    transfer = await clustered.queue.submit(clustered.order(prefixes=SIX), Limits(rate=rate))
    await until(lambda: len(seen.times) >= 32, "four seconds' worth has arrived", timeout=60)
    assert seen.rate < 1.4 * rate  # 2 × would be the whole of it for each worker
    moved = {each.name: each.bytes for each in (await clustered.transfer(transfer)).workers}
    assert len(moved) == 2
    assert min(moved.values()) > 0

    clustered.queue.set_limits(Limits(rate=rate // 2))
    await counts()
    seen.times.clear()
    await until(lambda: len(seen.times) >= 16, "four seconds' worth has arrived", timeout=30)
    assert seen.rate < 1.4 * rate / 2

    clustered.queue.set_limits(Limits(rate=1))  # by which it would not end
    clustered.queue.set_limits(Limits(), transfer)
    clustered.queue.set_limits(Limits())
    await ended_well(clustered, transfer, made)
