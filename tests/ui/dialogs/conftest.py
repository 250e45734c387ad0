"""A real engine on the demo, and its two identities."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.server import S3Server
from tui.model.identity import IdentitySpec
from tui.protocol.messages.identities import Connect
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession


@dataclass(frozen=True, slots=True)
class Pair:
    """An engine, and the connections of media-prod (A) and analytics (B) in it."""

    engine: EngineSession
    a: str
    b: str


@pytest.fixture
async def engine(demo_server: S3Server, surroundings: Path) -> AsyncIterator[EngineSession]:
    process = EngineProcess(demo_server.environment)
    session = EngineSession(process)
    yield session
    await session.close()
    process.stop()


@pytest.fixture
async def pair(engine: EngineSession, demo_server: S3Server) -> Pair:
    return Pair(engine, await _connect(engine, demo_server.a.profile), await _connect(engine, demo_server.b.profile))


async def _connect(engine: EngineSession, profile: str) -> str:
    connection = ""
    async with aclosing(engine.follow(Connect(IdentitySpec(profile)))) as news:
        async for identity in news:
            connection = identity.connection
    return connection
