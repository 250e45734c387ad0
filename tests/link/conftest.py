from collections.abc import AsyncIterator

import pytest_asyncio

from tests.engines import session_in
from tests.servers.server import S3Server
from tui.core.identity import Identity, IdentitySpec
from tui.link.process import EngineProcess
from tui.link.session import EngineSession
from tui.messages.identity_requests import Connect


async def connected(session: EngineSession, profile: str, endpoint: str | None = None) -> Identity:
    return [identity async for identity in session.follow(Connect(IdentitySpec(profile, endpoint)))][-1]


@pytest_asyncio.fixture
async def engine_process(surroundings: object) -> AsyncIterator[EngineProcess]:
    process = EngineProcess()
    yield process
    process.stop()


@pytest_asyncio.fixture
async def session(demo_server: S3Server, surroundings: object) -> AsyncIterator[EngineSession]:
    async with session_in(demo_server.environment) as session:
        yield session
