"""A search and a measurement of a million keys beside the listing alone, and a search of 200,000 keys on Ceph."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import aclosing
from functools import partial
from typing import Any

import pytest

from tests.bench.test_million import Memory, measured
from tests.cli.conftest import Run, run
from tests.servers.buckets import fresh_bucket
from tests.servers.ceph.filling import fill
from tests.servers.server import S3Server
from tests.servers.standin.standin import MILLION, Standin
from tui.accounts.connections import Connections
from tui.accounts.ids import connection_id
from tui.finding.matching import Matcher
from tui.finding.search import Source, find
from tui.finding.sizes import measure_current
from tui.model.finding.criteria import Search
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.stores.partitioned.listing import every_page
from tui.stores.s3 import S3Store
from tui.text.finding.searches import named

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

__all__ = ["run"]

KEYS = 200_000


def test_a_million_keys_of_the_standin(standin: Standin, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in standin.server.environment.items():
        monkeypatch.setenv(name, value)
    measured(of_the_million(connection_id(IdentitySpec(standin.server.a.profile))))


async def of_the_million(connection: str) -> None:
    connections, place = Connections(), Location(MILLION.name)
    store = S3Store(await connections.get(connection))
    source = Source(partial(every_page, store, place.bucket, place.key, etags=False))

    async def list_alone() -> str:
        async with aclosing(source.pages()) as pages:
            return f"{sum([len(page.names) async for page in pages]):,} keys"

    async def search() -> str:
        wanted = Search(named("*/0042/*-0042*.gz"))
        async with aclosing(find(store, place, wanted, Matcher(wanted.criteria, place), source)) as founds:
            progress = [found.progress async for found in founds][-1]
        return f"{progress.found:,} of {progress.looked_at:,} keys"

    async def measure() -> str:
        async with aclosing(measure_current(place, 0, time.time(), source)) as founds:
            parts = [len(found.parts) async for found in founds]
        return f"{sum(parts):,} amounts"

    try:
        for what in (list_alone, list_alone, search, measure, list_alone):
            memory, began, cpu = Memory(), time.perf_counter(), time.process_time()
            working = asyncio.ensure_future(what())
            while not working.done():
                memory.look()
                await asyncio.wait([working], timeout=0.1)
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
            print(f"\n{what.__name__}: {working.result()} in {seconds:.2f} s, CPU {cpu:.2f} s, +{memory.growth:.1f} MB")
    finally:
        await connections.close()


@pytest.fixture
def filled(ceph_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name, value in ceph_server.environment.items():
        monkeypatch.setenv(name, value)
    with fresh_bucket(ceph_server, ceph_server.a) as bucket:
        began = time.perf_counter()
        fill(ceph_server, bucket, (f"logs/{number // 1000:03}/event-{number:06}.json" for number in range(KEYS)))
        print(f"\n{KEYS:,} objects put in {time.perf_counter() - began:.0f} s")
        yield bucket


def test_200_000_keys_of_ceph(ceph_server: S3Server, filled: str, run: Run) -> None:
    profile: Any = ceph_server.a.profile
    for words in (
        ("find", "--name", "*77777*", "--json"),
        ("find", "--contains", "event-1999", "--min-size", "0", "--json"),
        ("du", "--by", "class", "--json"),
        ("ls", "-r", "--json"),
    ):
        began = time.perf_counter()
        done = run(words[0], "--profile", profile, f"s3://{filled}", *words[1:], timeout=600)
        assert done.code == 0, done
        print(f"{' '.join(words)}: {len(done.objects):,} lines in {time.perf_counter() - began:.2f} s")
