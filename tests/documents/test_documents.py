"""Every kind of document on every server: read, changed as it was shown, taken back; never over what others wrote.

What follows from a change by what the server says is said before it is confirmed, and stops it where it must.
"""

import asyncio
import json
from typing import Any

import pytest
from msgspec.structs import replace

from tests.documents.conftest import ALL, BODY, KEY, UNSUPPORTED, World
from tests.servers.policies import bucket_policy, grant_write
from tests.servers.proxy.faults import Meanwhile, Rule
from tests.servers.proxy.messages import Request
from tests.servers.server import Feature
from tests.stores.refusals import problem_of
from tui.aws.ids import connection_id
from tui.core.changes import AppliedChange, DocumentKind, DocumentRef, PlannedChange
from tui.core.facts import ObjectOwnership
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.problem import ProblemKind
from tui.documents.bucket_documents import ownership_document
from tui.features.edit_documents.engine import list_changes
from tui.messages.document_requests import ListChanges

KINDS = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.value)


async def planned(world: World, kind: DocumentKind) -> PlannedChange:
    """A change that can be applied, as far as anybody knows."""
    change = await world.plan(world.ref(kind), world.wanted(kind, await world.read(kind)))
    assert change.can_be_applied, (change.stops, change.unread)
    return change


def takes(world: World, kind: DocumentKind) -> bool:
    return (world.server.name, kind) not in UNSUPPORTED


def require(world: World, kind: DocumentKind) -> None:
    if not takes(world, kind):
        pytest.skip(f"{world.server.name} takes no change to it")


async def kept(world: World) -> list[AppliedChange]:
    return (await list_changes(world.rooms, ListChanges())).changes


@KINDS
async def test_it_is_changed_as_it_was_shown_and_taken_back(world: World, kind: DocumentKind) -> None:
    require(world, kind)
    change = await planned(world, kind)
    applied = await world.apply(change)
    assert await world.read(kind) == applied.after
    assert applied.after == change.after
    written = len(world.proxy.writes)
    undo = await world.plan_undo(applied)
    assert len(world.proxy.writes) == written >= 1
    undone = await world.apply(undo, applied.id)
    gone = '{\n  "Status": "Suspended"\n}' if kind is DocumentKind.VERSIONING else None
    assert undone.after == await world.read(kind) == (change.before if change.before is not None else gone)
    assert undone.undoes == applied.id


async def test_what_a_server_does_not_take_is_said_and_stays(world: World) -> None:
    kinds = [kind for kind in ALL if not takes(world, kind)]
    if not kinds:
        pytest.skip(f"{world.server.name} takes a change to everything")
    for kind in kinds:
        change = await planned(world, kind)
        problem = await problem_of(world.apply(change))
        assert problem.kind in (ProblemKind.UNSUPPORTED, ProblemKind.INVALID)
        assert UNSUPPORTED[world.server.name, kind] in problem.sentence() or problem.status == 501
        assert await world.read(kind) == change.before
    assert await kept(world) == []


async def test_nothing_is_written_before_it_is_confirmed(world: World) -> None:
    for kind in ALL:
        change = await planned(world, kind)
        if change.before is not None:
            spread = json.dumps(json.loads(change.before), indent=7)
            same = await world.plan(world.ref(kind), spread)
            assert (same.before, same.after, same.is_needed) == (change.before, change.before, False)
    assert world.proxy.seen
    assert world.proxy.writes == []


async def test_a_read_only_identity_changes_nothing(world: World) -> None:
    for kind in ALL:
        change = await world.plan(world.ref(kind, read_only=True), world.wanted(kind, await world.read(kind)))
        assert (await problem_of(world.apply(change))).kind is ProblemKind.READ_ONLY
    assert world.proxy.writes == []
    assert await kept(world) == []


@KINDS
async def test_what_was_changed_since_is_neither_overwritten_nor_taken_back(world: World, kind: DocumentKind) -> None:
    require(world, kind)
    change = await planned(world, kind)
    applied = await world.apply(change)
    world.change_in_between(kind)
    theirs, written = await world.read(kind), len(world.proxy.writes)
    assert theirs not in (change.before, change.after)
    assert (await problem_of(world.apply(change))).kind is ProblemKind.CHANGED
    assert (await problem_of(world.plan_undo(applied))).kind is ProblemKind.CHANGED
    assert await world.read(kind) == theirs
    assert len(world.proxy.writes) == written


async def test_what_others_write_right_after_ours_is_not_taken_back_with_it(world: World) -> None:
    """Between our write and our look at it: no undo takes their document for what we have written."""
    kind = DocumentKind.BUCKET_POLICY
    change = await planned(world, kind)

    async def write(_: Request) -> None:
        await asyncio.to_thread(world.change_in_between, kind)

    world.proxy.rules.append(Rule(Meanwhile(after=write), ("PutBucketPolicy",), times=1))
    applied = await world.apply(change)
    theirs = await world.read(kind)
    assert theirs not in (change.before, change.after, applied.after)
    assert (await problem_of(world.plan_undo(applied))).kind is ProblemKind.CHANGED
    assert await world.read(kind) == theirs


def head(world: World) -> dict[str, Any]:
    return dict(world.a.head_object(Bucket=world.bucket, Key=KEY))


async def test_a_copy_in_place_keeps_all_that_it_does_not_change(world: World) -> None:
    """Content, tags, grants, class; and headers and metadata when the class changes."""
    acl = await world.plan(
        world.ref(DocumentKind.OBJECT_ACL), world.with_grant(await world.read(DocumentKind.OBJECT_ACL))
    )
    await world.apply(acl)
    acl_before = await world.read(DocumentKind.OBJECT_ACL)
    kinds = [DocumentKind.HEADERS, DocumentKind.STORAGE_CLASS]
    for kind in (each for each in kinds if takes(world, each)):
        before = head(world)
        await world.apply(await planned(world, kind))
        after = head(world)
        if kind is DocumentKind.HEADERS:
            assert (after.get("StorageClass"), after["Metadata"]) == (before.get("StorageClass"), {"reviewed": "yes"})
            assert after["CacheControl"] == "max-age=60"
        else:
            assert after["StorageClass"] == "STANDARD_IA"
            assert (after["Metadata"], after.get("CacheControl")) == (before["Metadata"], before.get("CacheControl"))
        for name in ("ETag", "ServerSideEncryption", "ContentType"):
            assert after.get(name) == before.get(name)
    assert world.a.get_object(Bucket=world.bucket, Key=KEY)["Body"].read() == BODY
    assert json.loads(await world.read(DocumentKind.OBJECT_TAGS) or "") == {"kept": "1"}
    if world.server.name != "ministack":  # which drops the grants of a copy
        assert await world.read(DocumentKind.OBJECT_ACL) == acl_before


def policy_for_everybody(world: World) -> str:
    where = f"arn:aws:s3:::{world.bucket}/*"
    return world.policy(
        {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": where}
    )


async def blocked(world: World) -> None:
    ref = world.ref(DocumentKind.PUBLIC_ACCESS_BLOCK)
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    await world.apply(await world.plan(ref, json.dumps(dict.fromkeys(names, True))))


async def test_a_policy_that_must_not_be_is_stopped_with_words(world: World) -> None:
    world.a.put_bucket_policy(Bucket=world.bucket, Policy=world.policy())
    before = await world.read(DocumentKind.BUCKET_POLICY)
    change = await world.plan(world.ref(DocumentKind.BUCKET_POLICY), policy_for_everybody(world))
    assert not change.can_be_applied
    assert "public access" in " ".join(change.stops)
    assert "public access" in (await problem_of(world.apply(change))).cause
    # Whoever sends it without the words gets them from the engine.
    assert "public access" in (await problem_of(world.apply(replace(change, stops=[])))).cause
    assert world.proxy.writes == []
    assert await world.read(DocumentKind.BUCKET_POLICY) == before


@pytest.mark.parametrize("after", ['{"BlockPublicPolicy": true}', None], ids=["opened", "removed"])
async def test_what_is_blocked_now_is_not_opened_to_everyone(world: World, after: str | None) -> None:
    world.a.put_bucket_policy(Bucket=world.bucket, Policy=policy_for_everybody(world))
    world.a.put_bucket_acl(Bucket=world.bucket, ACL="public-read")
    await blocked(world)
    change = await world.plan(world.ref(DocumentKind.PUBLIC_ACCESS_BLOCK), after)
    assert not change.can_be_applied
    assert "statement Open of the bucket policy would allow public access" in " ".join(change.stops)
    assert "AllUsers" in " ".join(change.stops)
    writes = len(world.proxy.writes)
    assert "Open" in (await problem_of(world.apply(replace(change, stops=[])))).cause
    assert len(world.proxy.writes) == writes


async def test_a_block_that_hides_nothing_can_be_removed(world: World) -> None:
    await blocked(world)
    change = await world.plan(world.ref(DocumentKind.PUBLIC_ACCESS_BLOCK), None)
    assert change.can_be_applied
    assert "the bucket no longer sets" in " ".join(change.notes)
    applied = await world.apply(change)
    assert await world.read(DocumentKind.PUBLIC_ACCESS_BLOCK) is None
    await world.apply(await world.plan_undo(applied), applied.id)
    assert await world.read(DocumentKind.PUBLIC_ACCESS_BLOCK) == change.before


async def test_a_bucket_without_acls_takes_none(world: World) -> None:
    if Feature.OWNERSHIP_CONTROLS not in world.server.features:
        pytest.skip(f"{world.server.name} has no ownership controls")
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    world.a.put_bucket_ownership_controls(Bucket=world.bucket, OwnershipControls=rules)
    for kind in (DocumentKind.OBJECT_ACL, DocumentKind.BUCKET_ACL):
        change = await world.plan(world.ref(kind), world.with_grant(await world.read(kind)))
        assert "BucketOwnerEnforced" in change.stops[0]
    headers = await world.plan(world.ref(DocumentKind.HEADERS), '{"headers": {"Content-Type": "text/html"}}')
    await world.apply(headers)  # a copy in place needs no ACL there
    assert world.a.head_object(Bucket=world.bucket, Key=KEY)["ContentType"] == "text/html"


async def test_object_ownership_is_put_back_to_none(world: World) -> None:
    """A bucket that had no controls has none again after an undo."""
    if Feature.OWNERSHIP_CONTROLS not in world.server.features:
        pytest.skip(f"{world.server.name} has no ownership controls")
    world.a.delete_bucket_ownership_controls(Bucket=world.bucket)
    ref = DocumentRef(DocumentKind.OBJECT_OWNERSHIP, Location(world.bucket), connection=world.connection())
    change = await world.plan(ref, ownership_document(ObjectOwnership.OBJECT_WRITER))
    assert change.before is None
    applied = await world.apply(change)
    assert applied.after == change.after
    undone = await world.apply(await world.plan_undo(applied), applied.id)
    assert undone.after is None


async def test_a_canned_acl_is_written_by_its_name(world: World) -> None:
    ref = world.ref(DocumentKind.OBJECT_ACL)
    before = await world.read(DocumentKind.OBJECT_ACL)
    await world.apply(await world.plan(ref, world.with_grant(before, "READ_ACP")))
    applied = await world.apply(await world.plan(ref, '{"canned": "private"}'))
    assert applied.after == before


@pytest.mark.parametrize("world", ["demo"], indirect=True)  # Ceph knows no group that writes logs
async def test_a_canned_acl_of_a_bucket_is_written_by_its_name(world: World) -> None:
    applied = await world.apply(
        await world.plan(world.ref(DocumentKind.BUCKET_ACL), '{"canned": "log-delivery-write"}')
    )
    assert "LogDelivery" in (applied.after or "")


@pytest.mark.parametrize("world", ["demo"], indirect=True)  # elsewhere accounts have no numbers, or names as ids
async def test_grantees_are_named_where_they_are_known(world: World) -> None:
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
    assert "copies the object onto itself" in notes
    assert "binary/octet-stream" in notes
    change = await world.plan(world.ref(DocumentKind.STORAGE_CLASS), '{"StorageClass": "GLACIER"}')
    assert "at least 90 days" in " ".join(change.notes)
    assert "must restore it" in " ".join(change.notes)


async def test_an_acl_that_may_not_be_read_is_not_lost(world: World) -> None:
    """The object is B's: A may write to its own bucket, but does not see who has which rights."""
    if world.server.name == "ministack":
        pytest.skip("A owns all that is in its bucket there")
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
    assert "cannot be read, and the change would lose it" in change.stops[0]


async def test_versioning_is_suspended_not_turned_off(world: World) -> None:
    change = await world.plan(world.ref(DocumentKind.VERSIONING), '{"Status": "Enabled"}')
    assert "not turn it off" in " ".join(change.notes)
    applied = await world.apply(change)
    undo = await world.plan_undo(applied)
    assert json.loads(undo.after or "") == {"Status": "Suspended"}
