"""One writer overwrites the sources of a move while it runs: how many of its writes are lost, and how long it takes."""

import asyncio
import random
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.servers.server import Feature
from tests.transfers.conftest import connections, journal, journal_path, world
from tests.transfers.world import World
from tui.model.orders import ConflictPolicy
from tui.model.transfer import Outcome, TransferState

__all__ = ["connections", "journal", "journal_path", "world"]

pytestmark = pytest.mark.bench

OBJECTS = 1_500
SECONDS = 120


def overwrite(world: World, stop: list[bool]) -> dict[str, bytes]:
    """Write any source that is still there, again and again; returns what was written last."""
    chance, written = random.Random(7), dict[str, bytes]()
    deadline = time.monotonic() + SECONDS
    while not stop and time.monotonic() < deadline:
        key = f"p/{chance.randrange(OBJECTS):04}"
        body = f"{key} {len(written)} {time.monotonic_ns()}".encode()
        try:
            world.a.head_object(Bucket=world.buckets.a, Key=key)
        except ClientError:
            continue
        world.put(key, body)
        written[key] = body
    return written


def content(client: Any, bucket: str, key: str) -> bytes:
    try:
        body: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError:
        return b""
    return body


@pytest.mark.parametrize("s3_server", ["demo", "ceph", "ministack"], indirect=True)
async def test_what_a_writer_wrote_last_is_at_one_of_both_ends(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(OBJECTS):
        world.put(f"p/{number:04}", f"first {number}".encode())
    world.let_b_read()
    stop: list[bool] = []
    writing = asyncio.create_task(asyncio.to_thread(overwrite, world, stop))
    began = time.monotonic()
    order = world.order(prefixes=("p/",), base="p/", to="p/", move=True, conflict=ConflictPolicy.OVERWRITE)
    transfer, results = await world.copy(order)
    took = time.monotonic() - began
    stop.append(True)
    written = await writing
    ends = ((world.a, world.buckets.a), (world.b, world.buckets.b))
    lost = [key for key, body in written.items() if body not in [content(*end, key) for end in ends]]
    stayed = sum(result.outcome is Outcome.COPIED for result in results)
    server = world.buckets.server
    with capsys.disabled():
        print(
            f"\n{server.name}: {len(results)} moved in {took:.1f} s, {len(written)} overwritten, {stayed} stayed, "
            f"{len(lost)} lost"
        )
    assert transfer.state in (TransferState.DONE, TransferState.FAILED)
    assert not lost or Feature.DELETE_IF_MATCH not in server.features
