"""What survives a copy, by every route, and what is left out with a word when the target does not accept it."""

import pytest

from tests.servers.policies import allow_on_objects, deny_on_objects, grant_read, grant_write
from tests.transfers.world import World
from tui.model.orders import ConflictPolicy, Route
from tui.model.problem import ProblemKind
from tui.model.transfer import Outcome, TransferState
from tui.stores.values import ObjectAttributes, Stored
from tui.transfers.order.attributes import Learned, write_degrading

MIB = 1 << 20
ONLY_DEMO = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
HEADERS = {
    "ContentType": "text/x-poem; charset=utf-8",
    "ContentDisposition": 'attachment; filename="poem.txt"',
    "ContentLanguage": "de",
    "CacheControl": "max-age=60",
}
METADATA = {"author": "Rilke", "nummer": "9"}


def put_rich(world: World, key: str, size: int) -> bytes:
    return world.put_random(key, size, **HEADERS, Metadata=METADATA, Tagging="colour=blue&kind=a%20b")


def assert_rich(world: World, key: str, *, tags: bool = True) -> None:
    head = world.b.head_object(Bucket=world.buckets.b, Key=key)
    assert {name: head[name] for name in HEADERS} == HEADERS
    assert head["Metadata"] == METADATA
    assert "aws-chunked" not in head.get("ContentEncoding", "")
    found = world.b.get_object_tagging(Bucket=world.buckets.b, Key=key)["TagSet"]
    wanted = [{"Key": "colour", "Value": "blue"}, {"Key": "kind", "Value": "a b"}] if tags else []
    assert sorted(found, key=lambda tag: str(tag["Key"])) == wanted


@pytest.mark.parametrize("size", [100, 11 * MIB], ids=["whole", "parts"])
@pytest.mark.parametrize("route", list(Route))
async def test_headers_metadata_and_tags_survive(world: World, route: Route, size: int) -> None:
    body = put_rich(world, "poem", size)
    world.let_b_read()
    world.let_a_write()
    order = world.order("poem", route=route, multipart_threshold=5 * MIB, part_size=5 * MIB)
    transfer, [result] = await world.copy(order)
    assert (transfer.state, result.route, result.problem) == (TransferState.DONE, route, None)
    assert world.content("poem") == body
    assert_rich(world, "poem")


async def test_the_encoding_of_a_transfer_is_not_taken_for_the_objects(world: World) -> None:
    world.put("k", ContentEncoding="aws-chunked,gzip")
    await world.copy(world.order("k"))
    assert world.b.head_object(Bucket=world.buckets.b, Key="k")["ContentEncoding"] == "gzip"


async def test_tags_the_reader_may_not_read_are_read_by_the_other_identity(world: World) -> None:
    put_rich(world, "poem", 100)
    world.buckets.set_policy_of_a(allow_on_objects(world.buckets.a, world.buckets.server.b.principal, "s3:GetObject"))
    _, [result] = await world.copy(world.order("poem"))
    assert result.route is Route.PULL
    assert_rich(world, "poem")


async def test_tags_that_may_not_be_written_are_left_out_with_a_word(world: World) -> None:
    put_rich(world, "poem", 100)
    server = world.buckets.server
    world.let_b_read()
    world.buckets.set_policy_of_b(deny_on_objects(world.buckets.b, server.b.principal, "s3:PutObjectTagging"))
    transfer, [result] = await world.copy(world.order("poem", route=Route.PULL))
    if result.notes:
        assert result.outcome is Outcome.COPIED
        assert transfer.notes == ["without tags: the writer is not allowed to set them"]
        assert_rich(world, "poem", tags=False)
    else:  # Ceph checks s3:PutObjectTagging only for the operation of that name
        assert server.name == "ceph"
        assert_rich(world, "poem")


async def test_tags_that_no_identity_may_read_are_left_out_with_a_note(world: World) -> None:
    put_rich(world, "poem", 100)
    server = world.buckets.server
    world.buckets.set_policy_of_a(
        *grant_read(world.buckets.a, server.b.principal),
        deny_on_objects(world.buckets.a, "*", "s3:GetObjectTagging"),
    )
    transfer, [result] = await world.copy(world.order("poem"))
    assert result.outcome is Outcome.COPIED
    assert transfer.notes == ["without tags: the reader is not allowed to read them"]
    assert_rich(world, "poem", tags=False)


@ONLY_DEMO  # Ceph has only the classes that its operator makes
async def test_the_storage_class_survives(world: World) -> None:
    world.put("k", StorageClass="STANDARD_IA")
    _, [result] = await world.copy(world.order("k"))
    assert result.outcome is Outcome.COPIED
    assert world.b.head_object(Bucket=world.buckets.b, Key="k").get("StorageClass") == "STANDARD_IA"


async def test_a_class_the_server_does_not_have_becomes_the_default(world: World) -> None:
    wanted = ObjectAttributes(storage_class="NO_SUCH_CLASS")

    async def put(attributes: ObjectAttributes) -> Stored:
        return await world.target.put(world.buckets.b, "k", b"x", attributes)

    _, sent = await write_degrading(wanted, put, Learned(), foreign=False)
    assert sent.storage_class == ""
    assert world.content("k") == b"x"


@ONLY_DEMO  # Ceph 18 has no archive
async def test_an_archived_object_says_that_it_must_be_restored(world: World) -> None:
    world.put("k", StorageClass="GLACIER")
    world.let_b_read()
    for route in (None, Route.RELAY):
        transfer, [result] = await world.copy(world.order("k", route=route))
        assert transfer.state is TransferState.FAILED
        assert result.problem
        assert result.problem.kind is ProblemKind.ARCHIVED
        assert "RestoreObject" in result.problem.remedy


@pytest.mark.parametrize("size", [100, 11 * MIB], ids=["whole", "parts"])
async def test_a_foreign_bucket_gets_full_control_by_the_acl(world: World, size: int) -> None:
    body = world.put_random("k", size)
    world.let_a_write()
    order = world.order("k", route=Route.PUSH, multipart_threshold=5 * MIB, conflict=ConflictPolicy.OVERWRITE)
    _, [result] = await world.copy(order)
    assert result.owner
    assert result.owner.id == world.buckets.server.a.canonical_id
    grants = world.a.get_object_acl(Bucket=world.buckets.b, Key="k")["Grants"]
    full = {grant["Grantee"]["ID"] for grant in grants if grant["Permission"] == "FULL_CONTROL"}
    assert full == {world.buckets.server.a.canonical_id, world.buckets.server.b.canonical_id}
    assert world.content("k") == body


async def test_the_own_bucket_is_sent_no_acl(world: World) -> None:
    world.put("k")
    world.let_b_read()
    await world.copy(world.order("k"))
    grants = world.b.get_object_acl(Bucket=world.buckets.b, Key="k")["Grants"]
    assert [grant["Grantee"]["ID"] for grant in grants] == [world.buckets.server.b.canonical_id]


def set_ownership(world: World, setting: str) -> None:
    rules = [{"ObjectOwnership": setting}]
    world.b.put_bucket_ownership_controls(Bucket=world.buckets.b, OwnershipControls={"Rules": rules})


@ONLY_DEMO  # Ceph 18 has no Object Ownership
@pytest.mark.parametrize("setting", ["BucketOwnerEnforced", "BucketOwnerPreferred"])
async def test_a_pushed_object_is_the_bucket_owners_where_the_bucket_says_so(world: World, setting: str) -> None:
    world.put("k")
    world.let_a_write()
    set_ownership(world, setting)
    transfer, [result] = await world.copy(world.order("k", route=Route.PUSH, conflict=ConflictPolicy.OVERWRITE))
    assert transfer.state is TransferState.DONE
    listed = world.b.list_objects_v2(Bucket=world.buckets.b, FetchOwner=True)["Contents"]
    assert [entry["Owner"]["ID"] for entry in listed] == [world.buckets.server.b.canonical_id]
    assert result.outcome is Outcome.COPIED


async def test_an_acl_that_may_not_be_sent_is_left_out_with_a_word(world: World) -> None:
    world.put("k")
    server = world.buckets.server
    world.buckets.set_policy_of_b(
        *grant_write(world.buckets.b, server.a.principal),
        deny_on_objects(world.buckets.b, server.a.principal, "s3:PutObjectAcl"),
    )
    transfer, [result] = await world.copy(world.order("k", route=Route.PUSH, conflict=ConflictPolicy.OVERWRITE))
    assert result.outcome is Outcome.COPIED, result.problem
    if server.name == "demo":
        assert transfer.notes[0].startswith("without ACL")


@ONLY_DEMO  # Ceph 18 has no Object Ownership
async def test_an_acl_that_the_policy_demands_is_sent(world: World) -> None:
    """Even to a bucket with ACLs off: old policies stay when Object Ownership is changed."""
    world.put("k")
    server, bucket = world.buckets.server, world.buckets.b
    demanded = allow_on_objects(
        bucket, server.a.principal, "s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"
    )
    set_ownership(world, "BucketOwnerEnforced")
    world.buckets.set_policy_of_b(demanded.given("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control"))
    transfer, [result] = await world.copy(world.order("k", route=Route.PUSH, conflict=ConflictPolicy.OVERWRITE))
    assert result.outcome is Outcome.COPIED, result.problem
    assert transfer.notes[0].startswith("with ACL bucket-owner-full-control")
