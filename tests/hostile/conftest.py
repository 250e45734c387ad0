"""The hostile server as the one that AWS's own settings name, and the store and the connections to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.cli.conftest import demo_environment, run
from tests.hostile.server import HostileServer, hostile_server
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.core.identity import IdentitySpec
from tui.stores.s3.s3_store import S3Store

__all__ = ["demo_environment", "run"]  # the installed command, as the tests of the commands have it


@pytest_asyncio.fixture
async def hostile(monkeypatch: pytest.MonkeyPatch, surroundings: object) -> AsyncIterator[HostileServer]:
    async with hostile_server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest_asyncio.fixture(params=[True, False], ids=["short way", "botocore's way"])
async def connections(request: pytest.FixtureRequest) -> AsyncIterator[Connections]:
    made = Connections(short_way=request.param)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def store(hostile: HostileServer, connections: Connections) -> S3Store:
    return S3Store(await connections.get(connection_id(IdentitySpec()), attempts=1))
