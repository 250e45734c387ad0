"""B's objects in A's bucket become A's, on every server: what they are stays, and what was done is what is said."""

import os
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.servers.policies import allow_on_objects
from tests.servers.server import Feature
from tests.transfers.repair.uploads import ATTRIBUTES, Uploads
from tests.transfers.world import World
from tui.model.problem import ProblemError, ProblemKind
from tui.model.transfer import Outcome, TransferKind, TransferState, Verification
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes, Source, Stored
from tui.transfers.order.ownership import BUCKET_OWNER_FULL_CONTROL
from tui.transfers.repair.parties import OWN

MIB = 1 << 20


async def test_the_bucket_owner_owns_it_and_nothing_else_has_changed(world: World, uploads: Uploads) -> None:
    uploads.put("in/k", **ATTRIBUTES)
    before = uploads.seen_by(world.b, "in/k")
    assert uploads.denied("in/k")
    transfer, [result] = await world.copy(uploads.order("in/k"))
    assert (transfer.state, transfer.kind) == (TransferState.DONE, TransferKind.REPAIR)
    assert (result.outcome, result.verification, result.problem) == (Outcome.REPAIRED, Verification.SAME, None)
    owner = world.buckets.server.a.canonical_id
    assert result.owner is not None
    assert (result.owner.id, uploads.owner("in/k")) == (owner, owner)
    assert not uploads.denied("in/k")
    assert uploads.seen_by(world.a, "in/k") == before


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_the_bucket_policy_reaches_it_then(world: World, uploads: Uploads) -> None:
    """On AWS, and on the demo, a policy spares what the bucket's owner does not own."""
    assert Feature.POLICY_SPARES_FOREIGN_OBJECTS in world.buckets.server.features
    everybody, anonymous = allow_on_objects(uploads.bucket, "*", "s3:GetObject"), world.buckets.server.client(None)
    world.a.delete_public_access_block(Bucket=uploads.bucket)
    uploads.let_b_list(everybody)
    uploads.put("k")
    with pytest.raises(ClientError):
        anonymous.get_object(Bucket=uploads.bucket, Key="k")
    await world.copy(uploads.order("k"))
    assert anonymous.get_object(Bucket=uploads.bucket, Key="k")["Body"].read() == b"content"


async def test_everything_below_a_prefix(world: World, uploads: Uploads) -> None:
    uploads.put("in/a", "in/b/c", "other", **ATTRIBUTES)
    world.put("in/own")
    transfer, results = await world.copy(uploads.order(prefix="in/"))
    assert {each.source.rpartition("in/")[2]: each.outcome for each in results} == {
        "a": Outcome.REPAIRED,
        "b/c": Outcome.REPAIRED,
    }
    assert (transfer.objects_done, transfer.objects_total) == (2, 2)
    a, b = world.buckets.server.a.canonical_id, world.buckets.server.b.canonical_id
    assert uploads.owners_listed() == {"in/a": a, "in/b/c": a, "in/own": a, "other": b}


async def test_what_the_bucket_owner_owns_is_not_touched(world: World, uploads: Uploads) -> None:
    world.a.put_bucket_versioning(Bucket=uploads.bucket, VersioningConfiguration={"Status": "Enabled"})
    world.put("in/own", Metadata={"m": "1"})
    uploads.put("in/k")
    transfer, results = await world.copy(uploads.order("in/own", prefix="in/"))
    assert [each.source.rpartition("/")[2] for each in results] == ["k"]
    assert any(note.endswith(": 1") for note in transfer.notes)
    versions = world.a.list_object_versions(Bucket=uploads.bucket, Prefix="in/own")["Versions"]
    assert len(versions) == 1


async def test_a_marked_key_of_the_bucket_owner_is_skipped_with_the_reason(world: World, uploads: Uploads) -> None:
    world.put("own")
    transfer, [result] = await world.copy(uploads.order("own"))
    assert (transfer.state, result.outcome) == (TransferState.DONE, Outcome.SKIPPED)
    assert result.notes == [f"skipped: {OWN}"]


async def test_a_large_object_keeps_its_parts(world: World, uploads: Uploads) -> None:
    """100 MiB in parts of 8 MiB, as the AWS CLI uploads them."""
    body = os.urandom(100 * MIB)
    uploads.put_in_parts("big", body, 8 * MIB, **ATTRIBUTES)
    before, etag = uploads.seen_by(world.b, "big"), world.b.head_object(Bucket=uploads.bucket, Key="big")["ETag"]
    _, [result] = await world.copy(uploads.order("big"))
    assert (result.outcome, result.verification, result.problem) == (Outcome.REPAIRED, Verification.SAME, None)
    assert uploads.owner("big") == world.buckets.server.a.canonical_id
    assert uploads.seen_by(world.a, "big") == before
    there = world.a.get_object(Bucket=uploads.bucket, Key="big")
    assert there["ETag"].strip('"') == etag.strip('"')
    assert there["Body"].read() == body
    assert uploads.no_upload_is_left()


async def test_beyond_the_threshold_it_is_copied_in_parts_with_all_it_has(world: World, uploads: Uploads) -> None:
    uploads.put("big", body=os.urandom(12 * MIB), **ATTRIBUTES)
    before = uploads.seen_by(world.b, "big")
    order = uploads.order("big", multipart_threshold=5 * MIB)
    _, [result] = await world.copy(order)
    assert (result.outcome, result.problem) == (Outcome.REPAIRED, None)
    assert uploads.seen_by(world.a, "big") == before
    assert uploads.owner("big") == world.buckets.server.a.canonical_id
    assert "-1" in world.a.head_object(Bucket=uploads.bucket, Key="big")["ETag"]


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_encryption_and_class_stay(world: World, uploads: Uploads) -> None:
    key = "arn:aws:kms:ap-northeast-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    uploads.put("k", ServerSideEncryption="aws:kms", SSEKMSKeyId=key, StorageClass="STANDARD_IA")
    _, [result] = await world.copy(uploads.order("k"))
    assert (result.outcome, result.problem) == (Outcome.REPAIRED, None)
    head = world.a.head_object(Bucket=uploads.bucket, Key="k")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"], head["StorageClass"]) == ("aws:kms", key, "STANDARD_IA")


async def test_the_grants_of_others_stay(world: World, uploads: Uploads) -> None:
    uploads.put("site.html", ACL="public-read")
    _, [result] = await world.copy(uploads.order("site.html"))
    assert (result.outcome, result.problem) == (Outcome.REPAIRED, None)
    acl = world.a.get_object_acl(Bucket=uploads.bucket, Key="site.html")
    permissions = {
        each["Grantee"].get("URI", each["Grantee"].get("ID", "")): each["Permission"] for each in acl["Grants"]
    }
    assert permissions == {
        world.buckets.server.a.canonical_id: "FULL_CONTROL",
        "http://acs.amazonaws.com/groups/global/AllUsers": "READ",
    }


class WritesBeforeCopy(S3Store):
    """B uploads the object anew in the moment before A's copy."""

    arranged: Uploads

    async def copy(
        self,
        source: Source,
        bucket: str,
        key: str,
        attributes: ObjectAttributes,
        *,
        only_new: bool = False,
        replaces: str = "",
    ) -> Stored:
        self.arranged.put(key, body=b"newer content", ACL=BUCKET_OWNER_FULL_CONTROL)
        return await super().copy(source, bucket, key, attributes, only_new=only_new, replaces=replaces)


async def test_an_object_that_changes_before_its_copy_is_not_overwritten(world: World, uploads: Uploads) -> None:
    uploads.put("k", body=b"older content")
    world.source = store = WritesBeforeCopy(world.connection_a)
    store.arranged = uploads
    transfer, [result] = await world.copy(uploads.order("k"))
    assert (transfer.state, result.outcome) == (TransferState.FAILED, Outcome.FAILED)
    assert result.problem is not None
    assert result.problem.kind in (ProblemKind.CHANGED, ProblemKind.EXISTS)
    assert world.a.get_object(Bucket=uploads.bucket, Key="k")["Body"].read() == b"newer content"
    assert uploads.owner("k") == world.buckets.server.b.canonical_id


async def test_what_each_object_was_is_written_down_before(world: World, uploads: Uploads) -> None:
    uploads.put("k", **ATTRIBUTES)
    etag = world.b.head_object(Bucket=uploads.bucket, Key="k")["ETag"]
    await world.copy(uploads.order("k"))
    [was] = uploads.rollback()
    b = world.buckets.server.b.canonical_id
    assert (was["type"], was["key"], was["owner"], was["acl"]["owner"]["id"]) == ("was", "k", b, b)
    assert [each["permission"] for each in was["acl"]["grants"]] == ["FULL_CONTROL"]
    assert was["head"]["etag"].strip('"') == etag.strip('"')
    assert was["head"]["metadata"] == ATTRIBUTES["Metadata"]
    assert uploads.mode("rollback") == 0o600


async def test_the_receipt_says_what_the_server_says(world: World, uploads: Uploads) -> None:
    uploads.put("in/a", "in/b", **ATTRIBUTES)
    await world.copy(uploads.order(prefix="in/"))
    first, *objects = uploads.receipt()
    assert (first["transfer"]["kind"], first["transfer"]["state"], first["transfer"]["objects_done"]) == (
        "repair",
        "done",
        2,
    )
    for line in objects:
        result, key = line["result"], line["result"]["source"].removeprefix(f"s3://{uploads.bucket}/")
        head = world.a.head_object(Bucket=uploads.bucket, Key=key)
        assert (result["outcome"], result["verification"]) == ("repaired", "same")
        assert result["owner"]["id"] == uploads.owner(key)
        assert result["etag"].strip('"') == head["ETag"].strip('"')
        assert result["size"] == head["ContentLength"]
    assert uploads.mode("receipt") == 0o600


async def test_a_bucket_that_keeps_versions_gets_a_new_one(world: World, uploads: Uploads) -> None:
    world.a.put_bucket_versioning(Bucket=uploads.bucket, VersioningConfiguration={"Status": "Enabled"})
    uploads.put("k", body=b"x" * 1000)
    plan = (await uploads.plan(uploads.order("k")))[-1]
    assert (plan.versioned, plan.bytes, plan.complete) == (True, 1000, True)
    old = world.b.head_object(Bucket=uploads.bucket, Key="k")["VersionId"]
    _, [result] = await world.copy(uploads.order("k"))
    assert (result.outcome, result.version) == (Outcome.REPAIRED, old)
    versions = world.a.list_object_versions(Bucket=uploads.bucket)["Versions"]
    latest = {each["VersionId"]: each["Owner"]["ID"] for each in versions}
    assert latest.pop(old) == world.buckets.server.b.canonical_id
    assert list(latest.values()) == [world.buckets.server.a.canonical_id]


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
@pytest.mark.parametrize(
    ("parameters", "why"),
    [({"StorageClass": "GLACIER"}, "archived (GLACIER)"), ({"ObjectLockLegalHoldStatus": "ON"}, "locked")],
    ids=["archived", "legal hold"],
)
async def test_what_cannot_be_copied_is_left_and_said_before_and_after(
    world: World, uploads: Uploads, parameters: dict[str, Any], why: str
) -> None:
    assert Feature.OWNERSHIP_CONTROLS in world.buckets.server.features
    world.a.put_bucket_versioning(Bucket=uploads.bucket, VersioningConfiguration={"Status": "Enabled"})
    uploads.put("in/k", **parameters)
    uploads.put("in/other")
    try:
        plan = (await uploads.plan(uploads.order(prefix="in/")))[-1]
        assert plan.objects == 1
        assert [(each.why.startswith(why), each.objects) for each in plan.left_out] == [(True, 1)]
        _, results = await world.copy(uploads.order(prefix="in/"))
        [skipped] = [each for each in results if each.source.endswith("/k")]
        assert skipped.outcome is Outcome.SKIPPED
        assert skipped.notes[0].startswith(f"skipped: {why}")
        assert uploads.owners_listed()["in/k"] == world.buckets.server.b.canonical_id
    finally:
        if "ObjectLockLegalHoldStatus" in parameters:
            world.b.put_object_legal_hold(Bucket=uploads.bucket, Key="in/k", LegalHold={"Status": "OFF"})


async def test_a_version_is_not_repaired(world: World, uploads: Uploads) -> None:
    order = uploads.order("k")
    selection = type(order.selection)("a", order.selection.base, ["k"], version="v1")
    with pytest.raises(ProblemError) as caught:
        await world.submit(type(order)(selection, "b"))
    assert caught.value.problem.kind is ProblemKind.INVALID


async def test_a_rollback_list_that_cannot_be_written_is_refused_before_anything(
    world: World, uploads: Uploads, tmp_path: Path
) -> None:
    uploads.put("k")
    for path in ("relative", str(tmp_path), str(tmp_path / "gone" / "list")):
        with pytest.raises(ProblemError) as caught:
            await world.submit(uploads.order("k", rollback=path))
        assert "the rollback list cannot be written" in caught.value.problem.title
    assert uploads.denied("k")
