"""Both accounts of a server as stores, and a queue that leaves nothing behind."""

from collections.abc import AsyncIterator

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server
from tests.transfers.world import World
from tui.accounts.connections import Connections
from tui.accounts.ids import connection_id
from tui.model.identity import IdentitySpec
from tui.transfers.queue import TransferQueue


@pytest.fixture
async def connections(server_environment: S3Server) -> AsyncIterator[Connections]:
    made = Connections()
    yield made
    await made.close()


@pytest.fixture
async def queue() -> AsyncIterator[TransferQueue]:
    made = TransferQueue()
    yield made
    await made.close()


@pytest.fixture
async def world(bucket_pair: BucketPair, connections: Connections, queue: TransferQueue) -> AsyncIterator[World]:
    """A's bucket is the source, B's the target; no policy grants anything yet."""
    server = bucket_pair.server
    a, b = [
        await connections.get(connection_id(IdentitySpec(profile=account.profile))) for account in (server.a, server.b)
    ]
    world = World(bucket_pair, a, b, queue)
    yield world
    world.assert_no_upload_is_left()
