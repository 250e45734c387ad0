"""A session with a real engine, whose AWS files are the demo's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.servers.server import S3Server
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession


@pytest_asyncio.fixture
async def engine_process(surroundings: object) -> AsyncIterator[EngineProcess]:
    process = EngineProcess()
    yield process
    process.stop()


@pytest_asyncio.fixture
async def session(demo_server: S3Server, surroundings: object) -> AsyncIterator[EngineSession]:
    process = EngineProcess(demo_server.environment)
    session = EngineSession(process)
    yield session
    await session.close()
    process.stop()
