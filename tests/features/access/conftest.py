"""A world with three ways into a bucket, on servers that have IAM and STS; and rooms on the demo."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.features.access.world import World, fresh_world
from tests.servers.server import S3Server
from tests.servers.surroundings import use
from tui.answering.rooms import Rooms


@pytest.fixture
async def world(iam_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    rooms = Rooms()
    rooms.changes_file = tmp_path / "changes.jsonl"
    with fresh_world(iam_server, rooms, tmp_path) as world:
        yield world
    await rooms.connections.close()


@pytest.fixture
async def rooms(demo_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rooms]:
    use(monkeypatch, demo_server.environment)
    rooms = Rooms()
    rooms.changes_file = tmp_path / "changes.jsonl"
    yield rooms
    await rooms.connections.close()
