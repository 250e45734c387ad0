"""A real engine on the demo, and a bucket of each account for the tests that write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.servers.buckets import BucketPair, fresh_bucket
from tests.servers.server import S3Server
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession


@pytest.fixture
async def engine(demo_server: S3Server, surroundings: Path) -> AsyncIterator[EngineSession]:
    process = EngineProcess(demo_server.environment)
    session = EngineSession(process)
    yield session
    await session.close()
    process.stop()


@pytest.fixture
def buckets(demo_server: S3Server) -> Iterator[BucketPair]:
    """A bucket of A that holds some objects, and an empty one of B."""
    with fresh_bucket(demo_server, demo_server.a) as a, fresh_bucket(demo_server, demo_server.b) as b:
        client = demo_server.client(demo_server.a)
        for key in ("one.txt", "two.txt", "three.bin", "sub/four.txt", "sub/deep/five.txt"):
            client.put_object(Bucket=a, Key=key, Body=key.encode())
        demo_server.client(demo_server.b).put_object(Bucket=b, Key="in/seed.txt", Body=b"seed")
        yield BucketPair(demo_server, a, b)
