"""A copy that is denied works after exactly the grants that its route card leads to, and needs each action of them."""

import json
from collections.abc import Sequence

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from tests.transfers.conftest import connections, journal, journal_path, world
from tests.transfers.world import World
from tui.core.location import Location
from tui.core.orders import ConflictPolicy, CopyOrder, CopyRoute, Destination, Selection
from tui.core.transfer import Outcome, RouteCard, TransferState
from tui.features.access.access_statements import bucket_statements, for_principal
from tui.features.access.copy_needs import copy_facts, copy_needs
from tui.features.access.values import GrantOrder

__all__ = ["connections", "journal", "journal_path", "world"]

WRITE = ["s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload"]
TAGS = [{"Key": "colour", "Value": "red"}]


async def missing(world: World, order: CopyOrder) -> tuple[list[GrantOrder], RouteCard]:
    """What the card of an order says is missing, and that card."""
    card = (await world.plan(order))[-1]
    facts = await copy_facts(order, card, world.source, world.target, world.owners)
    return copy_needs(order, card, facts), card


def grant(world: World, grants: Sequence[GrantOrder], without: str = "") -> list[str]:
    """Give both buckets the policies of these grants, but for one action; returns all actions granted."""
    server, given = world.buckets.server, list[str]()
    for bucket, owner in ((world.buckets.a, world.a), (world.buckets.b, world.b)):
        statements = []
        for each in grants:
            if each.location.bucket != bucket:
                continue
            whom = server.a.principal if each.other == "a" else server.b.principal
            needs = [replace(need, actions=[one for one in need.actions if one != without]) for need in each.needs]
            order = replace(each, needs=[need for need in needs if need.actions])
            statements += [
                for_principal(one, whom, {}) for one in bucket_statements(order, whom, "aws", acls=False) if order.needs
            ]
            given += [action for need in order.needs for action in need.actions]
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
            owner.put_bucket_policy(Bucket=bucket, Policy=policy)
    return given


def actions(grants: Sequence[GrantOrder]) -> dict[tuple[str, str], list[str]]:
    """The actions of each grant, by who needs them where."""
    return {(each.other, each.location.bucket): [one for n in each.needs for one in n.actions] for each in grants}


async def copied(world: World, order: CopyOrder, key: str, *, annotated: bool = False) -> bool:
    """Whether a copy ends with the object there, with its tags and its annotation."""
    transfer, results = await world.copy(order)
    if transfer.state is not TransferState.DONE or results[-1].outcome is not Outcome.COPIED:
        return False
    try:
        found = world.b.get_object_tagging(Bucket=world.buckets.b, Key=key)["TagSet"]
    except ClientError:  # another account owns it
        return False
    names = await world.target.annotations(world.buckets.b, key)
    world.b.delete_object(Bucket=world.buckets.b, Key=key)
    return found == TAGS and (not annotated or [each.name for each in names or []] == ["note"])


def tag(world: World, *keys: str) -> None:
    for key in keys:
        world.put(key, key.encode())
        world.a.put_object_tagging(Bucket=world.buckets.a, Key=key, Tagging={"TagSet": TAGS})


async def annotate(world: World, key: str) -> bool:
    """Give an object an annotation where the server has them; returns whether it has."""
    if await world.source.annotations(world.buckets.a, key) is None:
        return False
    head = await world.source.head(world.buckets.a, key)
    await world.source.annotate(world.buckets.a, key, "note", b"text", etag=head.etag)
    return True


async def test_a_pull_needs_to_read_just_these_objects(world: World) -> None:
    tag(world, "video/one.txt", "video/two.txt")
    order = world.order(
        "video/one.txt", base="video/", to="in/", route=CopyRoute.PULL, conflict=ConflictPolicy.OVERWRITE
    )
    grants, card = await missing(world, order)
    assert card.chosen is None
    assert actions(grants) == {("b", world.buckets.a): ["s3:GetObject"]}, "the source's identity reads the tags"
    assert grants[0].needs[0].keys == ["video/one.txt"]
    assert not await copied(world, order, "in/one.txt")
    grant(world, grants)
    assert await copied(world, order, "in/one.txt")
    assert (await missing(world, order))[0] == []
    other = world.order(
        "video/two.txt", base="video/", to="in/", route=CopyRoute.PULL, conflict=ConflictPolicy.OVERWRITE
    )
    assert not await copied(world, other, "in/two.txt")


async def test_a_push_needs_to_write_below_the_target_prefix(world: World) -> None:
    tag(world, "video/one.txt")
    annotated = await annotate(world, "video/one.txt")
    order = world.order(
        base="video/", prefixes=("video/",), to="in/", route=CopyRoute.PUSH, conflict=ConflictPolicy.OVERWRITE
    )
    grants, _ = await missing(world, order)
    assert [each.needs[0].prefixes for each in grants] == [["in/"]]
    granted = actions(grants)["a", world.buckets.b]
    acl = ["s3:PutObjectAcl"]  # the bucket takes ACLs, and its owner is to read the copy
    assert granted == [*WRITE, *acl], "the target's own identity writes the annotations"
    on_ceph = world.buckets.server.name == "ceph"  # its CopyObject needs one action, and all belongs to B
    for action in ("s3:PutObject",) if on_ceph else ("s3:PutObject", "s3:PutObjectTagging", *acl):
        grant(world, grants, without=action)
        assert not await copied(world, order, "in/one.txt", annotated=annotated), action
    grant(world, grants)
    assert await copied(world, order, "in/one.txt", annotated=annotated)
    assert (await missing(world, order))[0] == []


async def test_without_the_right_to_abort_the_probe_leaves_an_upload(world: World) -> None:
    tag(world, "video/one.txt")
    order = world.order("video/one.txt", base="video/", to="in/", route=CopyRoute.PUSH)
    grants, _ = await missing(world, order)
    grant(world, grants, without="s3:AbortMultipartUpload")
    await missing(world, order)
    assert len(world.uploads()) == 1
    for upload in world.uploads():
        world.b.abort_multipart_upload(Bucket=world.buckets.b, Key=upload["Key"], UploadId=upload["UploadId"])
    grant(world, grants)
    await missing(world, order)
    world.assert_no_upload_is_left()


async def test_a_relay_whose_source_is_denied_needs_to_list_and_read(world: World) -> None:
    """B's identity has A's bucket open at the source, and its own at the target."""
    tag(world, "video/one.txt")
    world.source = world.target
    order = CopyOrder(
        Selection("a", Location(world.buckets.a, "video/"), prefixes=["video/"]),
        Destination("b", Location(world.buckets.b, "in/")),
        world.order(route=CopyRoute.RELAY, conflict=ConflictPolicy.OVERWRITE).options,
    )
    grants, card = await missing(world, order)
    assert card.chosen is None or card.unlisted or card.problem
    granted = [need for each in grants for need in each.needs]
    assert [(need.actions, need.prefixes) for need in granted] == [
        (["s3:GetObject", "s3:GetObjectTagging"], ["video/"]),
        (["s3:ListBucket"], ["video/"]),
    ]
    as_b = [replace(each, other="b") for each in grants]
    for action in ("s3:ListBucket", "s3:GetObject", "s3:GetObjectTagging"):
        grant(world, as_b, without=action)
        assert not await copied(world, order, "in/one.txt"), action
    grant(world, as_b)
    assert await copied(world, order, "in/one.txt")


async def test_where_neither_identity_may_look_at_the_target_that_is_needed_too(world: World) -> None:
    """B's identity copies within A's bucket, and skips what exists."""
    tag(world, "video/one.txt")
    world.source = world.target
    bucket = world.buckets.a
    order = CopyOrder(
        Selection("a", Location(bucket, "video/"), ["video/one.txt"]),
        Destination("b", Location(bucket, "in/")),
        world.order(route=CopyRoute.RELAY, conflict=ConflictPolicy.SKIP).options,
    )
    grants, card = await missing(world, order)
    assert card.unseen
    assert [need.actions for each in grants for need in each.needs][-1] == ["s3:ListBucket"]
    as_b = [replace(each, other="b") for each in grants]
    for action in ("s3:ListBucket", "s3:PutObject"):
        grant(world, as_b, without=action)
        assert (await world.copy(order))[1][-1].outcome is not Outcome.COPIED, action
    grant(world, as_b)
    assert (await world.copy(order))[1][-1].outcome is Outcome.COPIED
    assert (await world.copy(order))[1][-1].outcome is Outcome.SKIPPED
    grant(world, as_b, without="s3:GetObject")
    assert (await world.copy(order))[1][-1].outcome is not Outcome.SKIPPED


@pytest.mark.parametrize("many", [20, 21], ids=["named", "by their prefix"])
async def test_many_keys_are_granted_by_their_prefix(world: World, many: int) -> None:
    keys = [f"video/{at:02}.txt" for at in range(many)]
    tag(world, *keys[:1])
    grants, _ = await missing(world, world.order(*keys, base="video/", to="in/"))
    need = grants[0].needs[0]
    assert (need.keys, need.prefixes) == ((keys, []) if many == 20 else ([], ["video/"]))
