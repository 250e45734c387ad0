"""Both accounts of a server as stores, and a queue that leaves nothing behind."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server
from tests.transfers.world import World
from tui.accounts.connections import Connections
from tui.accounts.ids import connection_id
from tui.model.identity import IdentitySpec
from tui.transfers.journal import Journal


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
    """A's bucket is the source, B's the target; no policy grants anything yet."""
    server = bucket_pair.server
    a, b = [
        await connections.get(connection_id(IdentitySpec(profile=account.profile))) for account in (server.a, server.b)
    ]
    world = World(bucket_pair, a, b, journal, journal_path)
    yield world
    await world.queue.close()
    world.assert_no_upload_is_left()
