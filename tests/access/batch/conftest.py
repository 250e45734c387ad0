"""An engine's rooms on the demo."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.access.batch.world import BatchWorld, batch_world
from tests.servers.server import S3Server
from tui.demo.profiles import ANALYTICS, MEDIA_PROD
from tui.engine.rooms import Rooms


@pytest.fixture
async def rooms(demo_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rooms]:
    for name, value in demo_server.environment.items():
        monkeypatch.setenv(name, value)
    rooms = Rooms()
    rooms.changes_file = tmp_path / "changes.jsonl"
    yield rooms
    await rooms.connections.close()


@pytest.fixture
def within(demo_server: S3Server, rooms: Rooms) -> Iterator[BatchWorld]:
    """Everything is of one account."""
    with batch_world(demo_server, rooms, MEDIA_PROD) as world:
        yield world


@pytest.fixture
def across(demo_server: S3Server, rooms: Rooms) -> Iterator[BatchWorld]:
    """The job and its target are of one account, the source of the other."""
    with batch_world(demo_server, rooms, ANALYTICS, foreign=True) as world:
        yield world
