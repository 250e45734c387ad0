"""The settings of a bucket on every server: the demo, Ceph and MiniStack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.changes.world import BODY, KEY, TAGS, World
from tests.servers.buckets import fresh_bucket
from tests.servers.proxy.proxy import fault_proxy
from tests.servers.server import S3Server
from tui.engine.rooms import Rooms


@pytest.fixture(
    params=[
        "demo",
        pytest.param("ceph", marks=pytest.mark.server),
        pytest.param("ministack", marks=pytest.mark.server),
    ]
)
async def world(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    server = request.getfixturevalue(f"{request.param}_server")
    assert isinstance(server, S3Server)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    rooms = Rooms()
    rooms.changes_file = tmp_path / "changes.jsonl"
    with fresh_bucket(server, server.a) as bucket:
        client = server.client(server.a)
        client.delete_public_access_block(Bucket=bucket)  # new buckets have one, but not on Ceph
        client.put_object(Bucket=bucket, Key=KEY, Body=BODY, ContentType="text/plain", Metadata={"author": "a"})
        client.put_object_tagging(Bucket=bucket, Key=KEY, Tagging=TAGS)
        async with fault_proxy(server.endpoint) as proxy:
            yield World(server, rooms, proxy, bucket)
            await rooms.connections.close()
