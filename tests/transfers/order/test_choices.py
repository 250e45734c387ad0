"""What the user chooses for the copies: storage class, encryption, the version that is meant."""

from typing import Any

import pytest
from msgspec.structs import replace

from tests.servers.policies import allow_on_objects, grant_read
from tests.transfers.world import World
from tui.model.orders import Route
from tui.model.transfer import Outcome, TransferState, Verification

MIB = 1 << 20
PARTS: dict[str, Any] = {"multipart_threshold": 5 * MIB, "part_size": 5 * MIB}
ONLY_DEMO = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)


@ONLY_DEMO  # Ceph has only the classes that its operator makes
@pytest.mark.parametrize("route", [Route.PULL, Route.RELAY])
@pytest.mark.parametrize("size", [100, 6 * MIB], ids=["whole", "parts"])
async def test_class_and_encryption_are_those_that_were_chosen(world: World, route: Route, size: int) -> None:
    world.put_random("k", size, StorageClass="STANDARD_IA")
    world.let_b_read()
    chosen: dict[str, Any] = {"storage_class": "ONEZONE_IA", "encryption": "aws:kms", "kms_key": "alias/ours"}
    _, [result] = await world.copy(world.order("k", route=route, **chosen, **PARTS))
    assert (result.outcome, result.problem) == (Outcome.COPIED, None)
    head = world.b.head_object(Bucket=world.buckets.b, Key="k")
    assert head["StorageClass"] == "ONEZONE_IA"
    assert head["ServerSideEncryption"] == "aws:kms"
    assert head["SSEKMSKeyId"].endswith("alias/ours")


async def test_a_chosen_class_the_server_does_not_have_becomes_the_default(world: World) -> None:
    body = world.put("k")
    transfer, [result] = await world.copy(world.order("k", route=Route.RELAY, storage_class="NO_SUCH_CLASS"))
    assert result.outcome is Outcome.COPIED
    assert transfer.notes == ["in the default storage class: the target does not support NO_SUCH_CLASS"]
    assert world.content("k") == body


async def test_a_move_keeps_the_source_of_a_copy_that_is_not_in_the_chosen_class(world: World) -> None:
    body = world.put("k")
    _, [result] = await world.copy(world.order("k", route=Route.RELAY, storage_class="NO_SUCH_CLASS", move=True))
    assert "the source is kept: the copy is not in NO_SUCH_CLASS, which was asked for" in result.notes
    assert world.content("k") == body
    assert world.a.get_object(Bucket=world.buckets.a, Key="k")["Body"].read() == body


@pytest.mark.parametrize("route", list(Route))
@pytest.mark.parametrize("size", [100, 6 * MIB], ids=["whole", "parts"])
async def test_a_version_is_copied_that_is_not_the_current_one(world: World, route: Route, size: int) -> None:
    bucket, reader = world.buckets.a, world.buckets.server.b.principal
    world.a.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = world.put_random("k", size, Tagging="age=old", Metadata={"age": "old"})
    version = world.a.head_object(Bucket=bucket, Key="k")["VersionId"]
    world.put_random("k", size, Tagging="age=new", Metadata={"age": "new"})
    by_version = allow_on_objects(bucket, reader, "s3:GetObjectVersion", "s3:GetObjectVersionTagging")
    world.buckets.set_policy_of_a(*grant_read(bucket, reader), by_version)
    world.let_a_write()
    order = world.order("k", route=route, **PARTS)
    order = replace(order, selection=replace(order.selection, version=version))
    transfer, [result] = await world.copy(order)
    assert (transfer.state, result.problem) == (TransferState.DONE, None)
    assert (result.route, result.version) == (route, version)
    assert result.verification is not Verification.DIFFERS
    assert world.content("k") == old
    assert world.b.head_object(Bucket=world.buckets.b, Key="k")["Metadata"] == {"age": "old"}
    assert await world.target.tags(world.buckets.b, "k") == [("age", "old")]


async def test_the_result_names_what_was_written(world: World) -> None:
    world.a.put_bucket_versioning(Bucket=world.buckets.a, VersioningConfiguration={"Status": "Enabled"})
    world.put("k")
    _, [result] = await world.copy(world.order("k"))
    source = world.a.head_object(Bucket=world.buckets.a, Key="k")
    head = await world.target.head(world.buckets.b, "k")
    assert result.version == source["VersionId"]
    assert result.etag == head.etag
    assert result.checksum == (head.checksums[0].text if head.checksums else "")
