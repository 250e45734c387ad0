"""Large objects whose parts are written while they are read, from one server to another."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.transfers.world import World
from tui.accounts.clients.connection import Connection
from tui.model.orders import Route
from tui.model.transfer import Outcome, Verification
from tui.stores.digests import checksum_of
from tui.stores.relaying import Stream
from tui.stores.s3 import S3Store
from tui.stores.values import Digests, ObjectAttributes, Sent
from tui.transfers.limits.bounds import TransferLimits

MIB = 1 << 20
PARTS: dict[str, Any] = {"multipart_threshold": 5 * MIB, "part_size": 5 * MIB}
ONLY_DEMO = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
"""Ceph 18 keeps no checksum of the whole, without which its objects are read front to back."""


class Watched(S3Store):
    """Keeps what came of each part that was to be streamed."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.sent: list[Sent | None] = []

    async def upload_stream(
        self, bucket: str, key: str, upload: str, number: int, stream: Stream, *, algorithm: str, md5: bool
    ) -> Sent | None:
        sent = await super().upload_stream(bucket, key, upload, number, stream, algorithm=algorithm, md5=md5)
        self.sent.append(sent)
        return sent


async def put_with_crc(world: World, key: str, size: int) -> bytes:
    """A source of which the server knows the checksum of the whole, where it keeps any."""
    body = os.urandom(size)
    digests = Digests(checksum=checksum_of(body, "CRC64NVME"))
    await world.source.put(world.buckets.a, key, body, ObjectAttributes(), digests=digests)
    return body


async def test_a_large_object(world: World) -> None:
    body = await put_with_crc(world, "big", 33 * MIB + 5)
    world.target = target = Watched(world.connection_b)
    transfer, [result] = await world.copy(world.order("big", route=Route.RELAY, **PARTS))
    assert (result.outcome, result.verification, result.problem) == (Outcome.COPIED, Verification.SAME, None)
    assert world.content("big") == body
    assert transfer.bytes_done == len(body)
    if world.buckets.server.name == "demo":
        assert [each and each.part.size for each in target.sent].count(5 * MIB) == 6
        assert result.evidence == "CRC64NVME"


@ONLY_DEMO
async def test_no_md5_where_a_checksum_proves_it(world: World) -> None:
    await put_with_crc(world, "big", 11 * MIB)
    await put_with_crc(world, "bigger", 16 * MIB)
    world.target = target = Watched(world.connection_b)
    await world.copy(world.order("big", route=Route.RELAY, **PARTS))
    target.sent.clear()
    _, [result] = await world.copy(world.order("bigger", route=Route.RELAY, **PARTS))
    assert [each and each.digests.md5 for each in target.sent] == ["", "", "", ""]
    assert (result.verification, result.evidence) == (Verification.SAME, "CRC64NVME")


@ONLY_DEMO
async def test_its_parts_are_bound_by_the_streams(world: World) -> None:
    await put_with_crc(world, "big", 40 * MIB)
    now, most = 0, 0

    class Counted(S3Store):
        async def upload_stream(self, *arguments: Any, **named: Any) -> Sent | None:
            nonlocal now, most
            now += 1
            most = max(most, now)
            sent = await super().upload_stream(*arguments, **named)
            now -= 1
            return sent

    world.target = Counted(world.connection_b)
    world.queue = world.new_queue(TransferLimits(streams=2))
    _, [result] = await world.copy(world.order("big", route=Route.RELAY, **PARTS))
    assert result.verification is Verification.SAME
    assert most == 2


async def test_a_part_that_cannot_be_streamed_goes_through_memory(world: World) -> None:
    body = await put_with_crc(world, "big", 16 * MIB)

    class Unwilling(S3Store):
        async def upload_stream(self, *arguments: Any, **named: Any) -> Sent | None:
            await super().upload_stream(*arguments, **named)
            return None  # whatever has arrived is written once more

    world.target = Unwilling(world.connection_b)
    transfer, [result] = await world.copy(world.order("big", route=Route.RELAY, **PARTS))
    assert (result.outcome, result.verification) == (Outcome.COPIED, Verification.SAME)
    assert world.content("big") == body
    assert transfer.bytes_done == len(body)
