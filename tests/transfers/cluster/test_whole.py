"""A large relay on Ceph, with each of worker, scheduler and engine killed once.

OBJECTS is a variable: 20,000 is the whole size, ``OBJECTS=20000 pytest -s tests/transfers/cluster/test_whole.py``.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from time import monotonic

import pytest

from tests.servers.proxy.faults import Meanwhile, Rule
from tests.servers.proxy.messages import Request
from tests.transfers.cluster.cluster_world import ClusterWorld
from tests.waiting import until
from tui.model.orders import Route
from tui.model.s3_limits import MIB, MIN_PART_SIZE
from tui.model.transfer import Outcome, TransferState
from tui.protocol.messages.greeting import Hello
from tui.protocol.messages.transfers import SubmitCopy, WatchResults, WatchTransfers
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

OBJECTS = int(os.environ.get("OBJECTS", "2000"))
SIZE = 16 << 10
LARGE = 3
"""Objects that are copied in parts."""
PREFIXES = (*(f"data/{at}/" for at in range(8)), "large/")
SECONDS = OBJECTS / 20 + 60
"""For each step, times `waiting.PATIENCE`."""


def body_of(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest() * (SIZE // 32)


def filled(world: ClusterWorld) -> dict[str, str]:
    """Make the objects of the source; returns the MD5 of each."""
    keys = [f"data/{at % 8}/{at:06d}" for at in range(OBJECTS)]
    with ThreadPoolExecutor(8) as threads:
        bodies = threads.map(lambda key: world.world.put(key, body_of(key)), keys)
        return {key: hashlib.md5(body).hexdigest() for key, body in zip(keys, bodies, strict=True)}


def etags(world: ClusterWorld) -> dict[str, str]:
    """Of the small objects at the target."""
    pages = world.world.b.get_paginator("list_objects_v2").paginate(Bucket=world.world.buckets.b, Prefix="data/")
    return {each["Key"]: each["ETag"].strip('"') for page in pages for each in page.get("Contents", [])}


@pytest.mark.timeout(6000)
@pytest.mark.parametrize("s3_server", [pytest.param("ceph", marks=pytest.mark.server)], indirect=True)
@pytest.mark.parametrize("workers", [2, 4])
async def test_every_object_arrives_and_none_that_was_finished_is_sent_again(
    clustered: ClusterWorld, surroundings: Path, workers: int
) -> None:
    cluster, finished, passed = clustered.cluster, set[str](), 0

    async def count(_: Request) -> None:
        nonlocal passed
        passed += 1

    while len(cluster.workers) < workers:
        cluster.start_worker()
    made = await asyncio.to_thread(filled, clustered)
    large = {f"large/{at}": clustered.world.put_random(f"large/{at}", 2 * MIN_PART_SIZE + MIB) for at in range(LARGE)}
    clustered.proxy.rules.append(Rule(Meanwhile(after=count), operations=("PutObject",)))
    receipt = surroundings / "receipt.jsonl"
    order = clustered.order(
        prefixes=PREFIXES,
        receipt=str(receipt),
        route=Route.RELAY,
        multipart_threshold=MIN_PART_SIZE,
        part_size=MIN_PART_SIZE,
    )
    process = EngineProcess(home=surroundings)
    session = EngineSession(process)
    began = monotonic()
    transfer = (await session.ask(SubmitCopy(order))).transfer

    await until(lambda: passed > OBJECTS // 4, "a quarter is written", timeout=SECONDS)
    finished |= set(clustered.sent())
    cluster.workers[0].kill()

    await until(lambda: passed > OBJECTS // 2, "half is written", timeout=SECONDS)
    finished |= set(clustered.sent())
    assert cluster.scheduler
    cluster.scheduler.kill()
    cluster.start_scheduler()
    for _ in range(workers):
        cluster.start_worker()

    await until(lambda: passed > OBJECTS * 3 // 4, "three quarters are written", timeout=SECONDS)
    finished |= set(clustered.sent())
    os.kill((await session.ask(Hello())).pid, signal.SIGKILL)
    await session.close()
    await asyncio.to_thread(process.wait_until_gone)
    session = EngineSession(process)
    async with aclosing(session.follow(WatchResults(transfer))) as following:
        results = [result async for result in following]
    async with aclosing(session.follow(WatchTransfers())) as lists:
        done = (await anext(lists)).transfers[0]
    took = monotonic() - began
    await session.close()
    process.stop()

    whole = OBJECTS + LARGE
    assert (done.state, done.problem, done.objects_done) == (TransferState.DONE, None, whole)
    assert {each.outcome for each in results} == {Outcome.COPIED}
    assert len({each.target for each in results}) == whole
    assert len(receipt.read_text().splitlines()) == whole + 1
    assert await asyncio.to_thread(etags, clustered) == made
    assert all(clustered.world.content(key) == body for key, body in large.items())
    clustered.world.assert_no_upload_is_left()
    counts = clustered.sent()
    again = {key: count for key, count in counts.items() if count > 1}
    assert finished
    assert finished.isdisjoint(again)
    assert max(counts.values()) <= 1 + 3
    print(  # noqa: T201  # what was measured, for those who ask by -s
        f"{workers} workers: {whole:,} objects in {took:.0f} s, three kills and their waits included; "
        f"{len(again)} that were under way at a kill were sent twice",
        flush=True,
    )
