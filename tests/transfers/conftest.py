"""Both accounts of a server as stores, and a queue that leaves nothing behind."""

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.proxy.proxy import FaultProxy, fault_proxy
from tests.servers.server import S3Server
from tests.transfers.world import World
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.core.identity import IdentitySpec
from tui.stores.http import relay
from tui.transfers.journal import Journal


@pytest.fixture(scope="session", autouse=True)
def relay_threads() -> None:
    """Threads of the process, which no test may be said to have left: they are all started beforehand."""
    together = threading.Barrier(relay.MOST_THREADS)
    for started in [relay._threads.submit(together.wait) for _ in range(relay.MOST_THREADS)]:
        started.result()


@pytest.fixture
async def connections(server_environment: S3Server) -> AsyncIterator[Connections]:
    made = Connections()
    yield made
    await made.close()


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    return tmp_path / "journal" / "journal.sqlite"


@pytest.fixture
async def journal(journal_path: Path) -> AsyncIterator[Journal]:
    made = await Journal.open(journal_path, lambda _: None)
    yield made
    await made.close()


@pytest.fixture
async def world(
    bucket_pair: BucketPair, connections: Connections, journal: Journal, journal_path: Path
) -> AsyncIterator[World]:
    async with world_of(bucket_pair, connections, journal, journal_path) as world:
        yield world


@pytest.fixture
async def proxy(bucket_pair: BucketPair) -> AsyncIterator[FaultProxy]:
    async with fault_proxy(bucket_pair.server.endpoint) as proxy:
        yield proxy


@pytest.fixture
def by_endpoint(
    bucket_pair: BucketPair, connections: Connections, journal: Journal, journal_path: Path
) -> Callable[[str], AbstractAsyncContextManager[World]]:
    """As `world`, but both sides go by an endpoint; the plain clients pass it by."""
    return partial(world_of, bucket_pair, connections, journal, journal_path)


@pytest.fixture
async def proxied(
    by_endpoint: Callable[[str], AbstractAsyncContextManager[World]], proxy: FaultProxy
) -> AsyncIterator[World]:
    async with by_endpoint(proxy.endpoint) as world:
        yield world


@asynccontextmanager
async def world_of(
    buckets: BucketPair, connections: Connections, journal: Journal, path: Path, endpoint: str | None = None
) -> AsyncIterator[World]:
    a, b = [
        await connections.get(connection_id(IdentitySpec(profile=account.profile, endpoint=endpoint)))
        for account in (buckets.server.a, buckets.server.b)
    ]
    world = World(buckets, a, b, journal, path)
    yield world
    await world.queue.close()
    world.assert_no_upload_is_left()
