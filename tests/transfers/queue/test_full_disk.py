"""The journal's disk is full while a transfer runs: a small file system of its own, in a process of its own."""

import os
import sys
from pathlib import Path

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server
from tests.transfers.queue import full_disk
from tests.transfers.world import World
from tests.unit.transfers.journal.full_disk import ALL_IS_WELL
from tests.unit.transfers.journal.test_full_disk import on_a_small_disk


def test_running_objects_end_and_nothing_is_begun(
    bucket_pair: BucketPair, server_environment: S3Server, tmp_path: Path
) -> None:
    possible = on_a_small_disk(tmp_path, "true")
    if possible.returncode and not os.environ.get("CI"):
        pytest.skip(f"no file system can be mounted here: {possible.stderr.strip()}")
    assert possible.returncode == 0, possible.stderr
    server, source = bucket_pair.server, bucket_pair.a
    client = server.client(server.a)
    for number in range(full_disk.OBJECTS):
        client.put_object(Bucket=source, Key=f"p/{number:03}", Body=str(number).encode())
    arguments = (str(tmp_path), server.a.profile, source, server.b.profile, bucket_pair.b)
    seen = on_a_small_disk(tmp_path, sys.executable, "-m", full_disk.__name__, *arguments)
    assert seen.stdout.strip().endswith(ALL_IS_WELL), seen.stdout + seen.stderr
    assert seen.stderr == ""


async def test_a_queue_ends_although_its_journal_takes_nothing_more(world: World) -> None:
    await world.journal.close()
    await world.queue.close()
    assert [len(each.transfers) async for each in world.queue.watch()] == [0], "watchers get their end, too"
