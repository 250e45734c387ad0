"""A million keys against a million: how much longer it takes than the two listings alone, and the engine's memory."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from tests.servers.standin.standin import GeneratedBucket, Layout, Standin, running_standin
from tui.accounts.connections import Connections
from tui.accounts.ids import connection_id
from tui.model.comparing.comparison import Comparison, ComparisonState, Counts, Place
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.protocol.messages.comparing import Compare
from tui.protocol.messages.greeting import Hello
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession
from tui.stores.base import Store
from tui.stores.partitioned.listing import every_page
from tui.stores.s3 import S3Store
from tui.transfers.comparison.compare import Comparer
from tui.transfers.tasks import together

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

COUNT = 1_000_000
ONE, OTHER, LARGER = (
    GeneratedBucket(name, COUNT, size, Layout.TREE)
    for name, size in (("one", 16 << 10), ("other", 16 << 10), ("larger", (16 << 10) + 1))
)
ROUNDS = 3


@asynccontextmanager
async def stores(standin: Standin) -> AsyncIterator[tuple[Store, Store]]:
    connections = Connections()
    one, other = [
        S3Store(await connections.get(connection_id(IdentitySpec(account.profile))))
        for account in (standin.server.a, standin.server.b)
    ]
    try:
        yield one, other
    finally:
        await connections.close()


async def drained(store: Store, bucket: str) -> int:
    keys = 0
    async with aclosing(every_page(store, bucket, "")) as pages:
        async for page in pages:
            keys += len(page.names)
    return keys


async def listed(one: Store, other: Store, buckets: tuple[str, str]) -> float:
    """Seconds of this process: one core does all of it, and what else the machine does is not measured."""
    began = time.process_time()
    counts = await together(drained(one, buckets[0]), drained(other, buckets[1]))
    assert tuple(counts) == (COUNT, COUNT)
    return time.process_time() - began


async def compared(one: Store, other: Store, buckets: tuple[str, str]) -> tuple[float, Counts]:
    comparison = Comparison(Place("", Location(buckets[0])), Place("", Location(buckets[1])))
    counts: Counts = {}
    began = time.process_time()
    async with aclosing(Comparer(comparison, one, other).run()) as steps:
        async for step in steps:
            counts = step.counter.counts
    return time.process_time() - began, counts


async def measure(standin: Standin) -> None:
    async with stores(standin) as (one, other):
        for buckets, state in (
            ((ONE.name, OTHER.name), ComparisonState.SAME),
            ((ONE.name, LARGER.name), ComparisonState.DIFFERS),
        ):
            ratios = []
            for _ in range(ROUNDS):
                listing = await listed(one, other, buckets)
                comparing, counts = await compared(one, other, buckets)
                assert {each: count.objects for each, count in counts.items()} == {state: COUNT}
                ratios.append(comparing / listing)
                print(f"\n{state}: CPU of two listings {listing:.1f} s, of the comparison {comparing:.1f} s", end="")
            print(f"; ratios {', '.join(f'{ratio:.2f}' for ratio in ratios)}")


async def in_an_engine(standin: Standin, home: Path) -> None:
    """The memory of a whole engine that compares, and sends every difference."""
    process = EngineProcess(home=home)
    session = EngineSession(process)
    pid = (await session.ask(Hello())).pid
    ids = [connection_id(IdentitySpec(account.profile)) for account in (standin.server.a, standin.server.b)]
    for bucket in (OTHER.name, LARGER.name):
        comparison = Comparison(Place(ids[0], Location(ONE.name)), Place(ids[1], Location(bucket)))
        rows, began = 0, time.perf_counter()
        async with aclosing(session.follow(Compare(comparison, [ComparisonState.DIFFERS]))) as updates:
            async for update in updates:
                rows += len(update.rows)
        status = await asyncio.to_thread(Path(f"/proc/{pid}/status").read_text)
        peak = re.search(r"VmHWM:\s+(\d+)", status)
        assert peak
        print(
            f"\nengine: {rows:,} differences sent in {time.perf_counter() - began:.1f} s, "
            f"its memory at most {int(peak[1]) * 1024 / 1e6:.0f} MB"
        )
    await session.close()
    await asyncio.to_thread(process.wait_until_gone)


def test_a_million_against_a_million(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with running_standin(tmp_path, (ONE, OTHER, LARGER)) as standin:
        for name, value in standin.server.environment.items():
            monkeypatch.setenv(name, value)
        uvloop.run(in_an_engine(standin, home))
        uvloop.run(measure(standin))
