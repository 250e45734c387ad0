"""An object of a gigabyte in parts of 8 MiB, by every route, with the memory that a relay takes."""

import asyncio
import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.transfers.world import World
from tui.model.orders import Route
from tui.model.transfer import TransferState, Verification
from tui.transfers.limits.bounds import TransferLimits

MIB = 1 << 20
SIZE = 1024 * MIB
PART = 64 * MIB


def blocks() -> Iterator[bytes]:
    """The object's content, part by part: each differs from the others."""
    seed = os.urandom(MIB)
    for number in range(SIZE // PART):
        yield (number.to_bytes(8, "big") + seed)[:MIB] * (PART // MIB)


def put_large(world: World) -> str:
    """Write the source by a client of its own; returns the SHA-256 of its content."""
    digest, parts = hashlib.sha256(), []
    where = {"Bucket": world.buckets.a, "Key": "large"}
    upload = {**where, "UploadId": world.a.create_multipart_upload(**where)["UploadId"]}
    for number, block in enumerate(blocks(), start=1):
        digest.update(block)
        answer = world.a.upload_part(**upload, PartNumber=number, Body=block)
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    world.a.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    return digest.hexdigest()


def target_digest(world: World) -> str:
    digest = hashlib.sha256()
    body = world.b.get_object(Bucket=world.buckets.b, Key="large")["Body"]
    while block := body.read(4 * MIB):
        digest.update(block)
    return digest.hexdigest()


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def most_resident(done: asyncio.Event) -> int:
    most = resident()
    while not done.is_set():
        most = max(most, resident())
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), 0.02)
    return most


@pytest.mark.server
@pytest.mark.parametrize("s3_server", ["ceph"], indirect=True)
@pytest.mark.parametrize("route", list(Route))
async def test_a_gigabyte(world: World, route: Route, capsys: pytest.CaptureFixture[str]) -> None:
    digest = await asyncio.to_thread(put_large, world)
    world.let_b_read()
    world.let_a_write()
    done, before = asyncio.Event(), resident()
    watching = asyncio.create_task(most_resident(done))
    began = asyncio.get_running_loop().time()
    order = world.order("large", route=route, multipart_threshold=8 * MIB, part_size=8 * MIB)
    transfer, [result] = await world.copy(order)
    took = asyncio.get_running_loop().time() - began
    done.set()
    grown = await watching - before
    with capsys.disabled():
        print(f"\n{route}: {SIZE / MIB / took:.0f} MiB/s, {grown / MIB:.0f} MiB more memory")  # noqa: T201  # reason: a measurement to read
    assert (transfer.state, result.route, result.problem) == (TransferState.DONE, route, None)
    assert world.b.head_object(Bucket=world.buckets.b, Key="large")["ETag"].endswith('-128"')
    assert await asyncio.to_thread(target_digest, world) == digest
    if route is Route.RELAY:
        assert result.verification is Verification.SAME
    assert grown < 2 * TransferLimits().memory + 32 * MIB
