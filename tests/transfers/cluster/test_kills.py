"""A worker, the scheduler and the engine are killed in the middle: every object arrives, and none is sent twice."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from tests.transfers.cluster.blocked import blocked
from tests.transfers.cluster.cluster_world import ClusterWorld
from tests.waiting import until
from tui.model.engines import read_engine
from tui.model.s3_limits import MIB, MIN_PART_SIZE
from tui.model.transfer import Outcome, TransferState
from tui.protocol.messages.greeting import Hello
from tui.protocol.messages.transfers import SubmitCopy, WatchResults, WatchTransfers
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession
from tui.transfers.cluster import connecting, contact
from tui.transfers.cluster.connecting import scheduler_client

COUNT = 120
PREFIXES = tuple(f"data/{at}/" for at in range(8))


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact, "LEASE", 3.0)
    monkeypatch.setattr("tui.transfers.cluster.engine.WAITS", (0.5,))
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 3)


def assert_none_twice(world: ClusterWorld, finished: set[str]) -> None:
    """What was at the target when something was killed was sent once; the rest at most once more."""
    counts = world.sent()
    assert finished
    assert {counts[key] for key in finished} == {1}
    assert max(counts.values()) <= 2


async def test_a_lost_worker(clustered: ClusterWorld) -> None:
    made = clustered.fill(COUNT)
    held = blocked(clustered, COUNT // 2)
    transfer = await clustered.queue.submit(clustered.order(prefixes=PREFIXES))
    await held.reached()
    finished = set(clustered.sent())
    clustered.cluster.workers[0].kill()
    held.opened.set()
    done, results = await clustered.ended(transfer)
    assert (done.state, done.problem, len(results)) == (TransferState.DONE, None, COUNT)
    assert {each.outcome for each in results} == {Outcome.COPIED}
    clustered.assert_equal(made)
    assert_none_twice(clustered, finished)
    assert done.bytes_done == sum(map(len, made.values()))


async def test_a_lost_scheduler(clustered: ClusterWorld) -> None:
    made = clustered.fill(COUNT)
    held = blocked(clustered, COUNT // 2)
    transfer = await clustered.queue.submit(clustered.order(prefixes=PREFIXES))
    await held.reached()
    finished = set(clustered.sent())
    assert clustered.cluster.scheduler
    clustered.cluster.scheduler.kill()

    async def waits() -> bool:
        now = await clustered.transfer(transfer)
        return now.state is TransferState.WAITING and now.waits_for is not None

    await until(waits, "it waits for the scheduler", timeout=20)
    waiting = await clustered.transfer(transfer)
    assert waiting.waits_for
    assert "cannot be reached" in waiting.waits_for.title
    held.opened.set()
    clustered.cluster.start_scheduler()
    for _ in range(2):
        clustered.cluster.start_worker()
    done, results = await clustered.ended(transfer)
    assert (done.state, done.problem, len(results)) == (TransferState.DONE, None, COUNT)
    clustered.assert_equal(made)
    assert_none_twice(clustered, finished)


async def test_a_killed_engine(clustered: ClusterWorld, surroundings: Path) -> None:
    made = clustered.fill(COUNT)
    held = blocked(clustered, COUNT // 2)
    process = EngineProcess(home=surroundings)
    session = EngineSession(process)
    receipt = surroundings / "receipt.jsonl"
    order = clustered.order(prefixes=PREFIXES, receipt=str(receipt))
    transfer = (await session.ask(SubmitCopy(order))).transfer
    await held.reached()
    finished = set(clustered.sent())
    os.kill((await session.ask(Hello())).pid, signal.SIGKILL)
    await session.close()
    await asyncio.to_thread(process.wait_until_gone)
    held.opened.set()
    session = EngineSession(process)
    async with aclosing(session.follow(WatchResults(transfer))) as following:
        results = [result async for result in following]
    async with aclosing(session.follow(WatchTransfers())) as lists:
        done = (await anext(lists)).transfers[0]
    await session.close()
    process.stop()
    assert (done.state, done.problem, done.objects_done) == (TransferState.DONE, None, COUNT)
    assert len({each.target for each in results}) == COUNT
    assert len(receipt.read_text().splitlines()) == COUNT + 1
    clustered.assert_equal(made)
    assert_none_twice(clustered, finished)


async def test_an_engine_that_sleeps_for_longer_than_workers_wait(clustered: ClusterWorld, surroundings: Path) -> None:
    """The workers stop by themselves; when the engine wakes up, all is done to its end."""
    made = clustered.fill(COUNT)
    held = blocked(clustered, COUNT // 2)
    process = EngineProcess(home=surroundings)
    session = EngineSession(process)
    transfer = (await session.ask(SubmitCopy(clustered.order(prefixes=PREFIXES)))).transfer
    await held.reached()
    engine = (await session.ask(Hello())).pid
    os.kill(engine, signal.SIGSTOP)
    try:
        async with scheduler_client(read_engine(clustered.cluster.address), clustered.cluster.options()) as client:

            async def stopped() -> bool:
                return not any((await client.run(tasks)).values())

            await until(stopped, "the workers have stopped", timeout=40)
    finally:
        os.kill(engine, signal.SIGCONT)
    held.opened.set()
    async with aclosing(session.follow(WatchResults(transfer))) as following:
        results = [result async for result in following]
    await session.close()
    process.stop()
    assert len({each.target for each in results}) == COUNT
    clustered.assert_equal(made)


def tasks(dask_worker: Any) -> int:
    """How many tasks a worker carries out; run in it."""
    return int(dask_worker.state.executing_count)


async def test_parts_of_a_lost_worker_are_not_sent_again(clustered: ClusterWorld) -> None:
    body = clustered.world.put_random("big/one", 4 * MIN_PART_SIZE + MIB)
    held = blocked(clustered, 2, "UploadPart")
    order = clustered.order(prefixes=("big/",), multipart_threshold=MIN_PART_SIZE, part_size=MIN_PART_SIZE)
    transfer = await clustered.queue.submit(order)
    await held.reached()

    async def known() -> bool:
        return len([part for each in await clustered.world.journal.uploads.of(transfer) for part in each.parts]) == 2

    await until(known, "two parts are in the journal")
    (busy,) = [each for each in (await clustered.transfer(transfer)).workers if each.ranges]
    next(each for each in clustered.cluster.workers if each.name == busy.name).kill()
    held.opened.set()
    done, _ = await clustered.ended(transfer)
    assert (done.state, done.problem) == (TransferState.DONE, None)
    assert clustered.world.content("big/one") == body
    assert clustered.proxy.count("CreateMultipartUpload", status=200) == 1
    assert done.bytes_done == len(body)
    clustered.world.assert_no_upload_is_left()
