"""What follows from a change by what the server says is said before it is confirmed, and stops it where it must."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from tests.changes.world import KEY, World
from tests.servers.policies import bucket_policy, grant_write
from tests.servers.server import Feature
from tests.stores.refusals import problem_of
from tui.accounts import connection_id
from tui.changes.documents.in_place import obstacles
from tui.model.change import DocumentKind
from tui.model.identity import IdentitySpec
from tui.model.s3_limits import MAX_SINGLE_COPY
from tui.stores.values import ObjectHead

EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"


def policy_for_everybody(world: World) -> str:
    where = f"arn:aws:s3:::{world.bucket}/*"
    return world.policy(
        {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": where}
    )


async def blocked(world: World) -> None:
    """All public access is blocked."""
    ref = world.ref(DocumentKind.PUBLIC_ACCESS_BLOCK)
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    await world.apply(await world.plan(ref, json.dumps(dict.fromkeys(names, True))))


@pytest.mark.parametrize("after", ['{"BlockPublicPolicy": true}', None], ids=["opened", "removed"])
async def test_what_is_blocked_now_is_not_opened_to_everyone(world: World, after: str | None) -> None:
    world.a.put_bucket_policy(Bucket=world.bucket, Policy=policy_for_everybody(world))
    world.a.put_bucket_acl(Bucket=world.bucket, ACL="public-read")
    await blocked(world)
    change = await world.plan(world.ref(DocumentKind.PUBLIC_ACCESS_BLOCK), after)
    assert not change.can_be_applied
    assert "statement Open of the bucket policy would let everyone in" in " ".join(change.stops)
    assert "AllUsers" in " ".join(change.stops)
    writes = len(world.proxy.writes)
    assert "Open" in (await problem_of(world.apply(replace(change, stops=[])))).cause
    assert len(world.proxy.writes) == writes


async def test_a_block_that_hides_nothing_can_be_removed(world: World) -> None:
    await blocked(world)
    change = await world.plan(world.ref(DocumentKind.PUBLIC_ACCESS_BLOCK), None)
    assert change.can_be_applied
    assert "no longer blocked by the bucket" in " ".join(change.notes)
    applied = await world.apply(change)
    assert await world.read(DocumentKind.PUBLIC_ACCESS_BLOCK) is None
    await world.apply(await world.plan_undo(applied), applied.id)
    assert await world.read(DocumentKind.PUBLIC_ACCESS_BLOCK) == change.before


async def test_a_bucket_without_acls_takes_none(world: World) -> None:
    if Feature.OWNERSHIP_CONTROLS not in world.server.features:
        return
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    world.a.put_bucket_ownership_controls(Bucket=world.bucket, OwnershipControls=rules)
    for kind in (DocumentKind.OBJECT_ACL, DocumentKind.BUCKET_ACL):
        change = await world.plan(world.ref(kind), world.with_grant(await world.read(kind)))
        assert "BucketOwnerEnforced" in change.stops[0]
    headers = await world.plan(world.ref(DocumentKind.HEADERS), '{"headers": {"Content-Type": "text/html"}}')
    await world.apply(headers)  # a copy in place needs no ACL there
    assert world.a.head_object(Bucket=world.bucket, Key=KEY)["ContentType"] == "text/html"


async def test_a_canned_acl_is_written_by_its_name(world: World) -> None:
    ref = world.ref(DocumentKind.OBJECT_ACL)
    before = await world.read(DocumentKind.OBJECT_ACL)
    await world.apply(await world.plan(ref, world.with_grant(before, "READ_ACP")))
    applied = await world.apply(await world.plan(ref, '{"canned": "private"}'))
    assert applied.after == before


async def test_grantees_are_named_where_they_are_known(world: World) -> None:
    if world.server.name != "demo":
        return  # elsewhere accounts have no numbers, or ids that are their names
    b = await world.rooms.identity(connection_id(IdentitySpec(world.server.b.profile)))
    ref = world.ref(DocumentKind.OBJECT_ACL)
    by_id = world.with_grant(await world.read(ref.kind))
    change = await world.plan(ref, by_id.replace(b.canonical_id, b.account))
    assert change.after == (await world.plan(ref, by_id)).after
    assert any(note.endswith(f"is {b.label} {b.account}") for note in change.notes)


async def test_what_a_copy_in_place_does_is_said(world: World) -> None:
    enabled = {"Status": "Enabled"}
    world.a.put_bucket_versioning(Bucket=world.bucket, VersioningConfiguration=enabled)
    world.a.put_object(Bucket=world.bucket, Key=KEY, Body=b"new")
    change = await world.plan(world.ref(DocumentKind.HEADERS), '{"headers": {}, "metadata": {}}')
    notes = " ".join(change.notes)
    if world.server.name != "ministack":  # which does not say the version in a HEAD
        assert "keeps versions" in notes
    assert "copied onto itself" in notes
    assert "binary/octet-stream" in notes
    change = await world.plan(world.ref(DocumentKind.STORAGE_CLASS), '{"StorageClass": "GLACIER"}')
    assert "at least 90 days" in " ".join(change.notes)
    assert "restored" in " ".join(change.notes)


async def test_an_acl_that_may_not_be_read_is_not_lost(world: World) -> None:
    """The object is B's: A may write to its own bucket, but does not see who has which rights."""
    if world.server.name == "ministack":
        return  # there A owns all that is in its bucket
    grant = grant_write(world.bucket, world.server.b.principal)
    world.a.put_bucket_policy(Bucket=world.bucket, Policy=bucket_policy(*grant))
    b = world.server.client(world.server.b)
    b.put_object(Bucket=world.bucket, Key="b.txt", Body=b"of B")
    acl = b.get_object_acl(Bucket=world.bucket, Key="b.txt")
    reader = {"Grantee": {"Type": "CanonicalUser", "ID": world.server.a.canonical_id}, "Permission": "READ"}
    policy = {"Owner": acl["Owner"], "Grants": [*acl["Grants"], reader]}
    b.put_object_acl(Bucket=world.bucket, Key="b.txt", AccessControlPolicy=policy)
    ref = world.ref(DocumentKind.HEADERS, key="b.txt")
    change = await world.plan(ref, '{"headers": {"Content-Type": "text/html"}}')
    assert not change.can_be_applied
    assert "cannot be read, and would be lost" in change.stops[0]


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (ObjectHead(MAX_SINGLE_COPY + 1, '"e"', 0.0, {}, {}), "5 GiB"),
        (ObjectHead(1, '"e"', 0.0, {}, {}, archived="GLACIER"), "restore it first"),
        (ObjectHead(MAX_SINGLE_COPY, '"e"', 0.0, {}, {}), ""),
    ],
    ids=["large", "archived", "fitting"],
)
def test_what_cannot_be_copied_in_place(head: ObjectHead, says: str) -> None:
    assert says in " ".join(obstacles(head))
    assert bool(says) == bool(list(obstacles(head)))


async def test_versioning_is_suspended_not_turned_off(world: World) -> None:
    change = await world.plan(world.ref(DocumentKind.VERSIONING), '{"Status": "Enabled"}')
    assert "not turn it off" in " ".join(change.notes)
    applied = await world.apply(change)
    undo = await world.plan_undo(applied)
    assert json.loads(undo.after or "") == {"Status": "Suspended"}
