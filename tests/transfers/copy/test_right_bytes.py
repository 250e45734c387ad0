"""Bytes that were damaged on their way never become a copy; a copy is told to be the same by evidence alone."""

import os
from typing import Any

import pytest
from msgspec import structs

from tests.servers.server import Feature
from tests.transfers.byte_faults import Misreading
from tests.transfers.world import World
from tui.model.orders import Route
from tui.model.problem import ProblemKind
from tui.model.transfer import Outcome, Verification
from tui.stores.digests import ALGORITHMS, CRC_OCTETS, NEWER, digests_of
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes, ObjectHead, Stored
from tui.transfers.copy.attempt import READ_AGAIN

MIB = 1 << 20
PARTS: dict[str, Any] = {"multipart_threshold": 5 * MIB, "part_size": 5 * MIB}
ONLY_DEMO = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)


async def put_in_parts(world: World, key: str, size: int, part_size: int, checksum: str = "") -> bytes:
    """A source in parts; with an algorithm, the server is told the checksum of each."""
    body, store, bucket = os.urandom(size), world.source, world.buckets.a
    upload = await store.create_upload(bucket, key, ObjectAttributes(), checksum=checksum)
    parts = []
    for number, start in enumerate(range(0, size, part_size), start=1):
        part = body[start : start + part_size]
        digests = digests_of(part, checksum)
        parts.append(await store.upload_part(bucket, key, upload, number, part, start=start, digests=digests))
    await store.complete_upload(bucket, key, upload, parts)
    return body


def put_plain(world: World, key: str, size: int) -> bytes:
    """A source that has no checksum but its ETag, as from the time before S3 added them."""
    body = os.urandom(size)
    bare = world.buckets.server.client(world.buckets.server.a, request_checksum_calculation="when_required")
    bare.put_object(Bucket=world.buckets.a, Key=key, Body=body)
    return body


@pytest.mark.parametrize("size", [100, 6 * MIB], ids=["whole", "parts"])
async def test_damage_that_passes_is_copied_again(world: World, size: int) -> None:
    body = world.put_random("k", size)
    world.source = Misreading(world.connection_a, READ_AGAIN, start=5 * MIB if size > 5 * MIB else 0)
    _, [result] = await world.copy(world.order("k", route=Route.RELAY, **PARTS))
    assert (result.outcome, result.verification) == (Outcome.COPIED, Verification.SAME), result.problem
    assert world.content("k") == body


@pytest.mark.parametrize("size", [100, 11 * MIB], ids=["whole", "parts"])
@pytest.mark.parametrize("sizes", [{}, PARTS], ids=["free", "chosen"])
async def test_damage_that_stays_fails_the_object_and_nothing_of_it_is_there(
    world: World, size: int, sizes: dict[str, Any]
) -> None:
    world.put_random("k", size)
    world.source = Misreading(world.connection_a, 1000)
    _, [result] = await world.copy(world.order("k", route=Route.RELAY, **sizes))
    assert result.outcome is Outcome.FAILED
    assert result.problem
    assert result.problem.kind is ProblemKind.MISMATCH
    assert f"s3://{world.buckets.a}/k" in result.problem.cause
    assert world.problems == [result.problem], "it is reported once"
    assert world.target_keys() == []


class Otherwise(S3Store):
    """Its objects are read back as larger than they were written; the answer to the write proves nothing."""

    async def put(self, *arguments: Any, **named: Any) -> Stored:
        return structs.replace(await super().put(*arguments, **named), etag="", checksums=[])

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        head = await super().head(bucket, key, version)
        return structs.replace(head, size=head.size + 1)


async def test_a_copy_that_differs_is_named_as_the_one_to_be_deleted(world: World) -> None:
    world.put("k")
    world.target = Otherwise(world.connection_b)
    _, [result] = await world.copy(world.order("k", to="in/", route=Route.RELAY))
    assert (result.outcome, result.verification) == (Outcome.FAILED, Verification.DIFFERS)
    assert result.problem
    assert result.problem.kind is ProblemKind.MISMATCH
    assert result.problem.resource == f"s3://{world.buckets.b}/in/k"
    assert result.problem.cause.endswith(f"source s3://{world.buckets.a}/k")


async def test_damage_of_a_part_is_found_whatever_the_parts_are_now(world: World) -> None:
    """By the source's ETag over its own parts, though the copy is cut otherwise."""
    await put_in_parts(world, "k", 17 * MIB, 8 * MIB)
    world.source = Misreading(world.connection_a, 1000, start=10 * MIB)
    _, [result] = await world.copy(world.order("k", route=Route.RELAY, **PARTS))
    if world.buckets.server.name == "ceph":  # it does not tell how the source was cut: nothing is claimed
        assert result.verification is Verification.UNKNOWN
    else:
        assert result.problem
        assert result.problem.kind is ProblemKind.MISMATCH
        assert world.target_keys() == []


async def test_a_relay_is_cut_like_its_source(world: World) -> None:
    cuts = [(17 * MIB, 8 * MIB), (11 * MIB, 5 * MIB)]
    if world.buckets.server.name != "ceph":  # it does not tell the size of a part: only usual ones are found
        cuts.append((24 * MIB, 12 * MIB))
    for number, (size, part_size) in enumerate(cuts):
        key = f"k{number}"
        body = await put_in_parts(world, key, size, part_size)
        _, [result] = await world.copy(world.order(key, route=Route.RELAY))
        assert (result.outcome, result.verification) == (Outcome.COPIED, Verification.SAME)
        assert world.content(key) == body
        source = await world.source.head(world.buckets.a, key)
        copy = await world.target.head(world.buckets.b, key)
        assert (copy.etag, copy.parts) == (source.etag, -(-size // part_size))


async def test_other_parts_than_the_sources_are_compared_by_its_etag_all_the_same(world: World) -> None:
    await put_in_parts(world, "k", 17 * MIB, 8 * MIB)
    _, [result] = await world.copy(world.order("k", route=Route.RELAY, **PARTS))
    copy = await world.target.head(world.buckets.b, "k")
    assert copy.parts == 4
    assert result.verification is Verification.SAME


@pytest.mark.parametrize("size", [100, 6 * MIB, 33 * MIB], ids=["whole", "chosen parts", "large"])
async def test_a_source_with_nothing_but_its_etag(world: World, size: int) -> None:
    put_plain(world, "k", size)
    sizes = PARTS if size == 6 * MIB else {}
    _, [result] = await world.copy(world.order("k", route=Route.RELAY, **sizes))
    assert (result.outcome, result.verification) == (Outcome.COPIED, Verification.SAME)
    assert "ETag" in result.evidence or Feature.CHECKSUMS in world.buckets.server.features


@ONLY_DEMO  # Ceph 18 keeps no checksums
@pytest.mark.parametrize("algorithm", [each for each in ALGORITHMS if each not in NEWER])  # sent to AWS alone
@pytest.mark.parametrize("sizes", [{}, PARTS], ids=["free", "chosen"])
async def test_one_algorithm_from_end_to_end(world: World, algorithm: str, sizes: dict[str, Any]) -> None:
    bodies = {"whole": os.urandom(100), "parts": await put_in_parts(world, "parts", 11 * MIB, 5 * MIB, algorithm)}
    digests = digests_of(bodies["whole"], algorithm)
    await world.source.put(world.buckets.a, "whole", bodies["whole"], ObjectAttributes(), digests=digests)
    _, results = await world.copy(world.order("whole", "parts", route=Route.RELAY, **sizes))
    assert {result.source.rpartition("/")[2] for result in results} == set(bodies)
    for result in results:
        key = result.source.rpartition("/")[2]
        assert result.verification is Verification.SAME
        assert world.content(key) == bodies[key]
        source = await world.source.head(world.buckets.a, key)
        copy = await world.target.head(world.buckets.b, key)
        assert copy.checksums == source.checksums
        if key == "whole" or algorithm in CRC_OCTETS:
            assert (result.evidence, result.checksum) == (algorithm, copy.checksums[0].text)


async def test_what_has_no_checksum_gets_one_where_it_is_kept(world: World) -> None:
    put_plain(world, "k", 33 * MIB)
    _, [result] = await world.copy(world.order("k", route=Route.RELAY))
    keeps = Feature.CHECKSUMS in world.buckets.server.features
    assert bool(result.checksum) is keeps
    assert result.etag.endswith('-5"')


@pytest.mark.parametrize("size", [0, 1])
async def test_almost_nothing_is_compared_like_the_rest(world: World, size: int) -> None:
    world.put("k", bytes(size))
    _, [result] = await world.copy(world.order("k", route=Route.RELAY))
    assert (result.outcome, result.verification) == (Outcome.COPIED, Verification.SAME)
