"""The ACL that copies get: the one that is chosen, the source's grants, or none."""

from typing import Any

import pytest

from tests.servers.policies import allow_on_objects, deny_on_objects, grant_read
from tests.transfers.world import World
from tui.accounts.clients.connection import Connection
from tui.model.facts import Grant
from tui.model.identity import Owner
from tui.model.orders import AclChoice, ConflictPolicy, Route
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import Limits, Outcome
from tui.stores.s3 import S3Store
from tui.stores.values import Acl, ObjectAttributes, Stored
from tui.transfers.copy.read_back import OWNER_UNSEEN
from tui.transfers.order.attributes import Learned, left_out, write_degrading
from tui.transfers.order.ownership import TargetBucket, grants_to_give

MIB = 1 << 20
PARTS: dict[str, Any] = {"multipart_threshold": 5 * MIB, "part_size": 5 * MIB}
ONLY_DEMO = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)


def grants_of(world: World, key: str) -> set[tuple[str, str]]:
    grants = world.b.get_object_acl(Bucket=world.buckets.b, Key=key)["Grants"]
    return {
        (each["Grantee"].get("ID") or each["Grantee"]["URI"].rpartition("/")[2], each["Permission"]) for each in grants
    }


def full(*owners: str) -> set[tuple[str, str]]:
    return {(owner, "FULL_CONTROL") for owner in owners}


@pytest.mark.parametrize("route", list(Route))
@pytest.mark.parametrize("size", [100, 6 * MIB], ids=["whole", "parts"])
async def test_the_sources_grants_are_given_again(world: World, route: Route, size: int) -> None:
    server = world.buckets.server
    a, b = server.a.canonical_id, server.b.canonical_id
    everyone = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
    world.put_random("k", size, GrantRead=everyone, GrantReadACP=f'id="{b}"', GrantFullControl=f'id="{a}"')
    reader = server.b.principal
    world.buckets.set_policy_of_a(
        *grant_read(world.buckets.a, reader), allow_on_objects(world.buckets.a, reader, "s3:GetObjectAcl")
    )
    world.let_a_write()
    _, [result] = await world.copy(world.order("k", route=route, acl=AclChoice.COPY, **PARTS))
    assert (result.outcome, result.problem) == (Outcome.COPIED, None)
    wanted = {("AllUsers", "READ"), (b, "READ_ACP")}
    writer = a if route is Route.PUSH else b
    assert grants_of(world, "k") == full(writer, b) | wanted


async def test_a_canned_acl_is_sent_as_it_was_chosen(world: World) -> None:
    world.put("k")
    _, [result] = await world.copy(world.order("k", route=Route.RELAY, acl=AclChoice.PUBLIC_READ))
    assert result.outcome is Outcome.COPIED
    b = world.buckets.server.b.canonical_id
    assert grants_of(world, "k") == full(b) | {("AllUsers", "READ")}


async def test_no_acl_is_none_even_in_a_foreign_bucket(world: World) -> None:
    world.put("k")
    world.let_a_write()
    order = world.order("k", route=Route.PUSH, conflict=ConflictPolicy.OVERWRITE, acl=AclChoice.NONE)
    _, [result] = await world.copy(order)
    assert result.outcome is Outcome.COPIED
    grants = world.a.get_object_acl(Bucket=world.buckets.b, Key="k")["Grants"]
    assert [each["Grantee"]["ID"] for each in grants] == [world.buckets.server.a.canonical_id]


async def test_grants_that_no_identity_may_read_are_left_out_with_a_note(world: World) -> None:
    world.put("k")
    world.buckets.set_policy_of_a(deny_on_objects(world.buckets.a, "*", "s3:GetObjectAcl"))
    transfer, [result] = await world.copy(world.order("k", route=Route.RELAY, acl=AclChoice.COPY))
    assert result.outcome is Outcome.COPIED
    assert any(note.startswith("without the source's grants: s3:GetObjectAcl is missing") for note in transfer.notes)


class Busy(S3Store):
    """Answers no request for an ACL."""

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        resource = f"s3://{bucket}/{key}{version}"
        raise ProblemError(Problem(kind=ProblemKind.THROTTLED, title="slow down", code="SlowDown", resource=resource))


async def test_grants_that_could_not_be_read_are_left_out_with_the_error(world: World) -> None:
    world.put("k")
    world.source, world.target = Busy(world.connection_a), Busy(world.connection_b)
    transfer, [result] = await world.copy(world.order("k", route=Route.RELAY, acl=AclChoice.COPY))
    assert result.outcome is Outcome.COPIED
    assert "without the source's grants: they could not be read (SlowDown)" in transfer.notes


class Secretive(S3Store):
    """Nobody may read an ACL; counts how often it is tried."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.asked = 0

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        self.asked += 1
        raise ProblemError(
            Problem(kind=ProblemKind.DENIED, title="access denied", resource=f"s3://{bucket}/{key}{version}")
        )


async def test_an_owner_that_no_identity_may_read_is_requested_once(world: World) -> None:
    for number in range(5):
        world.put(f"p/{number}")
    world.source = source = Secretive(world.connection_a)
    world.target = target = Secretive(world.connection_b)
    order = world.order(prefixes=("p/",), route=Route.RELAY, acl=AclChoice.NONE)
    transfer, results = await world.ended(await world.queue.submit(order, Limits(objects=1)))
    assert [result.owner for result in results] == [None] * 5
    assert transfer.notes == [OWNER_UNSEEN]
    assert (target.asked, source.asked) == (1, 1), "by the writer, then by the other one"


@ONLY_DEMO  # Ceph 18 has no Object Ownership
async def test_a_bucket_without_acls_is_sent_no_grants(world: World) -> None:
    rules = [{"ObjectOwnership": "BucketOwnerEnforced"}]
    world.b.put_bucket_ownership_controls(Bucket=world.buckets.b, OwnershipControls={"Rules": rules})
    world.put("k")
    for choice, note in (
        (AclChoice.COPY, "has ACLs disabled"),
        (AclChoice.PUBLIC_READ, "does not support public-read"),
    ):
        _, [result] = await world.copy(world.order("k", to=f"{choice}/", route=Route.RELAY, acl=choice))
        assert result.outcome is Outcome.COPIED
        assert any(note in each for each in result.notes)


def test_the_copys_owner_gets_what_the_sources_owner_has() -> None:
    a, b, c = Owner("a"), Owner("b"), Owner("c")
    everyone = Grant(Owner("AllUsers"), "READ", is_group=True)
    source = Acl(a, [Grant(a, "FULL_CONTROL"), Grant(c, "READ"), everyone])
    own, foreign = TargetBucket(owner=b), TargetBucket(owner=c)
    assert grants_to_give(source, own, b) == [Grant(b, "FULL_CONTROL"), Grant(c, "READ"), everyone]
    assert grants_to_give(source, foreign, b)[:2] == [Grant(b, "FULL_CONTROL"), Grant(c, "FULL_CONTROL")]


@ONLY_DEMO
async def test_grantees_by_email_are_left_out_with_the_reason(world: World) -> None:
    """S3 takes none any more; the other grants stay."""
    account = world.buckets.server.a.canonical_id
    grants = [Grant(Owner(world.buckets.server.b.canonical_id), "FULL_CONTROL"), Grant(Owner(account), "READ")]
    wanted = ObjectAttributes(grants=[*grants, Grant(Owner("ann@example.com"), "READ")])

    async def put(attributes: ObjectAttributes) -> Stored:
        return await world.target.put(world.buckets.b, "k", b"x", attributes)

    _, sent = await write_degrading(wanted, put, Learned(), foreign=False)
    [note] = left_out(wanted, sent)
    assert note.startswith("without the grants to ann@example.com: S3 no longer accepts e-mail grantees")
    kept = world.b.get_object_acl(Bucket=world.buckets.b, Key="k")["Grants"]
    assert (account, "READ") in [(grant["Grantee"]["ID"], grant["Permission"]) for grant in kept]
