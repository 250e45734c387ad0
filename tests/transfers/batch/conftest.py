"""A queue on the demo that has jobs made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.servers.server import S3Server
from tests.transfers.batch.world import JobsWorld, jobs_world
from tui.engine.rooms import Rooms
from tui.transfers.journal import Journal


@pytest.fixture
async def rooms(demo_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rooms]:
    for name, value in demo_server.environment.items():
        monkeypatch.setenv(name, value)
    rooms = Rooms()
    yield rooms
    await rooms.connections.close()


@pytest.fixture
async def jobs(demo_server: S3Server, rooms: Rooms, journal: Journal, journal_path: Path) -> AsyncIterator[JobsWorld]:
    with jobs_world(demo_server, rooms, journal_path, journal) as world:
        yield world
        await world.queue.close()
