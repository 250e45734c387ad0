"""The engine is killed in the middle of a synchronisation; the next one goes on, and both places end equal."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.e2e.test_killed import kill
from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server
from tui.accounts.ids import connection_id
from tui.model.comparing.comparison import Comparison, ComparisonState, ComparisonUpdate, Place, different
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.orders import ConflictPolicy, CopyOptions, Destination, Route, Selection, SyncOrder
from tui.model.transfer import Limits, Transfer, TransferState
from tui.protocol.messages.comparing import Compare, PlanSync, SubmitSync
from tui.protocol.messages.transfers import WatchResults, WatchTransfers
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

SIZE = 2048
SECONDS = 4
"""What an engine copies takes so long, not less."""
CHANGED = 20
"""One of so many objects differs, in one of four ways."""


class Places:
    """Objects in both buckets, 5 % of which are not the same: other content, other size, only left, only right."""

    def __init__(self, buckets: BucketPair, objects: int) -> None:
        self.buckets, self.objects = buckets, objects
        server = buckets.server
        self.ids = [connection_id(IdentitySpec(each.profile)) for each in (server.a, server.b)]
        self.clients: list[Any] = [server.client(each, max_pool_connections=16) for each in (server.a, server.b)]

    def fill(self) -> None:
        """Write both."""
        with ThreadPoolExecutor(12) as pool:
            list(pool.map(self._put, range(self.objects)))

    def _put(self, number: int) -> None:
        key = f"p/{number // 100:04}/{number:06}"
        body = f"{number:08}".encode() * (SIZE // 8)
        ways = {0: (body, b"x" + body[1:]), 1: (body, body + b"x"), 2: (body, None), 3: (None, body)}
        both = ways[number // CHANGED % 4] if number % CHANGED == 0 else (body, body)
        for client, bucket, each in zip(self.clients, (self.buckets.a, self.buckets.b), both, strict=True):
            if each is None:
                client.delete_object(Bucket=bucket, Key=key)
            else:
                client.put_object(Bucket=bucket, Key=key, Body=each)

    def put_late(self, side: int, key: str) -> None:
        """An object that nobody has been shown."""
        bucket = (self.buckets.a, self.buckets.b)[side]
        self.clients[side].put_object(Bucket=bucket, Key=key, Body=b"came after it was shown")

    def order(self, source: int) -> SyncOrder:
        """Make one bucket like the other, and delete what only the other has."""
        names = (self.buckets.a, self.buckets.b)
        return SyncOrder(
            Selection(self.ids[source], Location(names[source], "p/"), prefixes=["p/"]),
            Destination(self.ids[1 - source], Location(names[1 - source], "p/")),
            CopyOptions(conflict=ConflictPolicy.OVERWRITE, route=Route.RELAY),
            delete=True,
        )

    def comparison(self) -> Comparison:
        left, right = [
            Place(each, Location(name, "p/"))
            for each, name in zip(self.ids, (self.buckets.a, self.buckets.b), strict=True)
        ]
        return Comparison(left, right)


async def reached(session: EngineSession, objects: int) -> Transfer:
    """The newest transfer once so many objects of it have their result, or at its end."""
    async with aclosing(session.follow(WatchTransfers())) as lists:
        async for each in lists:
            transfer = each.transfers[-1]
            if transfer.state.ended or transfer.objects_done >= objects:
                return transfer
    raise AssertionError("the engine stopped unexpectedly")


async def results(session: EngineSession, transfer: str) -> set[str]:
    """The names below both places of all objects that have a result."""
    names = set[str]()
    async with aclosing(session.follow(WatchResults(transfer))) as each:
        async for result in each:
            names.add((result.target or result.source).partition("/p/")[2])
    return names


async def sync_and_kill(places: Places, source: int, process: EngineProcess) -> None:
    session = EngineSession(process)
    async with aclosing(session.follow(PlanSync(places.order(source)))) as plans:
        plan = [each async for each in plans][-1]
    work = plan.copies + plan.overwrites + plan.deletes
    assert plan.deletes > 0
    late = f"p/late-{source}"
    await asyncio.to_thread(places.put_late, 1 - source, late)
    order = replace(places.order(source), shown=plan.shown)
    name = (await session.ask(SubmitSync(order, Limits(rate=max(1, plan.copied_bytes // SECONDS))))).transfer
    seen = await reached(session, work // 5)
    assert (seen.id, seen.state.ended) == (name, False), "it was over before it was killed"
    await kill(session, process)
    session = EngineSession(process)
    ended = await reached(session, places.objects * 2)
    assert (ended.id, ended.state, ended.problem, ended.objects_failed) == (name, TransferState.DONE, None, 0)
    found, rows = ComparisonUpdate(), []
    async with aclosing(session.follow(Compare(places.comparison(), list(ComparisonState)[:4]))) as updates:
        async for found in updates:
            rows += found.rows
    assert [row.name for row in rows] == [late.removeprefix("p/")], "equal, but for what came after the plan"
    assert different(found.counts) == 1
    await session.close()
    await asyncio.to_thread(process.wait_until_gone)
    await asyncio.to_thread(places.clients[1 - source].delete_object, Bucket=_name(places, 1 - source), Key=late)


def _name(places: Places, side: int) -> str:
    return (places.buckets.a, places.buckets.b)[side]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir(mode=0o700)
    return made


async def both_ways(buckets: BucketPair, home: Path, objects: int) -> None:
    """From A to B, then, with new differences, from B to A."""
    places, process = Places(buckets, objects), EngineProcess(home=home)
    for source in (0, 1):
        began = time.perf_counter()
        await asyncio.to_thread(places.fill)
        filled = time.perf_counter()
        await sync_and_kill(places, source, process)
        took = time.perf_counter() - filled
        print(f"{objects:,} objects written in {filled - began:.0f} s, plan, sync, kill, comparison {took:.0f} s")  # noqa: T201  # reason: read when it is measured


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_what_was_copied_before_a_kill_has_its_result(
    bucket_pair: BucketPair, server_environment: S3Server, home: Path
) -> None:
    """The last results before a kill are not on disk: the comparison alone would find nothing to do there."""
    places, process = Places(bucket_pair, 0), EngineProcess(home=home)
    names = {f"many/{number:04}" for number in range(1_500)}
    with ThreadPoolExecutor(12) as pool:
        put = partial(places.clients[0].put_object, Bucket=bucket_pair.a, Body=b"content")
        await asyncio.to_thread(list, pool.map(lambda name: put(Key=f"p/{name}"), names))
    session = EngineSession(process)
    order = replace(places.order(0), delete=False)
    name = (await session.ask(SubmitSync(order))).transfer
    assert not (await reached(session, 300)).state.ended, "it was over before it was killed"
    await kill(session, process)
    session = EngineSession(process)
    ended = await reached(session, len(names) + 1)
    assert (ended.id, ended.state, ended.objects_done) == (name, TransferState.DONE, len(names))
    assert await results(session, name) == names
    await session.close()
    await asyncio.to_thread(process.wait_until_gone)


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_both_ways(bucket_pair: BucketPair, server_environment: S3Server, home: Path) -> None:
    await both_ways(bucket_pair, home, 400)


@pytest.mark.server
@pytest.mark.timeout(300)
@pytest.mark.parametrize("s3_server", ["ceph"], indirect=True)
async def test_both_ways_with_thousands(bucket_pair: BucketPair, server_environment: S3Server, home: Path) -> None:
    await both_ways(bucket_pair, home, 2_000)


@pytest.mark.bench
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("s3_server", ["ceph"], indirect=True)
async def test_both_ways_with_very_many(bucket_pair: BucketPair, server_environment: S3Server, home: Path) -> None:
    await both_ways(bucket_pair, home, 20_000)
