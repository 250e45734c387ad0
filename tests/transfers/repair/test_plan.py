"""What is known before a repair: whose the objects are, who does what, what is left as it is."""

from contextlib import aclosing

import pytest

from tests.servers.proxy.proxy import FaultProxy
from tests.servers.server import Feature
from tests.transfers.repair.uploads import Uploads
from tests.transfers.world import World
from tui.accounts.connections import Connections
from tui.accounts.ids import connection_id
from tui.model.facts import ObjectOwnership
from tui.model.identity import IdentitySpec, Owner, Safety
from tui.model.location import Location
from tui.model.ownership import Half, OwnersSeen
from tui.model.plan import PlannedAction
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.opening import open_store
from tui.transfers.order.ownership import BUCKET_OWNER_FULL_CONTROL
from tui.transfers.repair.owners import count_owners
from tui.transfers.repair.parties import OWN
from tui.transfers.repair.plan import dry_run_repair


async def test_the_plan_counts_by_owner_and_says_who_does_what(world: World, uploads: Uploads) -> None:
    uploads.put("in/a", "in/b", body=b"12345")
    world.put("in/own", b"123")
    plans = await uploads.plan(uploads.order(prefix="in/"))
    assert [plan.complete for plan in plans] == [False] * (len(plans) - 1) + [True]
    plan, server = plans[-1], world.buckets.server
    assert (plan.objects, plan.bytes, plan.large, plan.versioned) == (2, 10, 0, False)
    assert [(each.owner.id, each.objects, each.bytes) for each in plan.seen.owners] == [
        (server.a.canonical_id, 1, 3),
        (server.b.canonical_id, 2, 10),
    ]
    assert [(each.why, each.objects) for each in plan.left_out] == [(OWN, 1)]
    assert [(step.half, step.who, step.requests, step.ours) for step in plan.steps] == [
        (Half.GRANT, server.b.profile, 2, True),
        (Half.COPY, server.a.profile, 2, True),
    ]
    if Feature.OWNERSHIP_CONTROLS in server.features:
        assert plan.ownership is ObjectOwnership.OBJECT_WRITER


async def test_a_half_without_an_identity_is_written_as_commands(world: World, uploads: Uploads) -> None:
    uploads.put("in/it's", "in/b\x1b[31m", ACL="private")
    plan = (await uploads.plan(uploads.order(prefix="in/", uploader="")))[-1]
    grant, copy = plan.steps
    assert (grant.ours, copy.ours) == (False, True)
    start = f"aws s3api put-object-acl --bucket {uploads.bucket} --key"
    assert grant.commands == [
        f"{start} $'in/b\\x1b[31m' --acl {BUCKET_OWNER_FULL_CONTROL}",
        f"{start} 'in/it'\"'\"'s' --acl {BUCKET_OWNER_FULL_CONTROL}",
    ]


async def test_many_objects_are_a_loop_and_not_a_command_each(world: World, uploads: Uploads) -> None:
    uploads.put(*(f"in/{number}" for number in range(101)))
    plan = (await uploads.plan(uploads.order(prefix="in/", uploader="")))[-1]
    [loop] = plan.steps[0].commands
    assert plan.objects == 101
    assert loop.startswith(f"aws s3api list-objects-v2 --bucket {uploads.bucket} --prefix in/ --fetch-owner ")
    assert world.buckets.server.a.canonical_id in loop


async def test_large_objects_are_counted(uploads: Uploads) -> None:
    uploads.put("in/a", body=b"x" * (6 << 20))
    plan = (await uploads.plan(uploads.order(prefix="in/", multipart_threshold=5 << 20)))[-1]
    assert plan.large == 1


async def test_a_dry_run_names_each_object_and_writes_nothing(world: World, uploads: Uploads) -> None:
    uploads.put("in/a")
    world.put("in/own")
    parties = await uploads.parties(uploads.order(prefix="in/"))
    async with aclosing(dry_run_repair(parties)) as planned:
        [line] = [each async for each in planned]
    server = world.buckets.server
    assert (line.action, line.source, line.size) == (PlannedAction.REPAIR, f"s3://{uploads.bucket}/in/a", 7)
    assert line.why == f"{server.b.profile} grants, {server.a.profile} copies it in place"
    assert uploads.denied("in/a")


async def test_no_request_an_object_is_made_to_count_them(
    world: World, uploads: Uploads, connections: Connections, proxy: FaultProxy
) -> None:
    uploads.put(*(f"in/{number}" for number in range(30)), body=b"12")
    world.put("in/own")
    server = world.buckets.server
    spec = IdentitySpec(profile=server.a.profile, endpoint=proxy.endpoint)
    store = await open_store(connections, connection_id(spec))
    counted = count_owners(store, Location(uploads.bucket, "in/"), Owner(server.a.canonical_id))
    async with aclosing(counted) as counts:
        seen = [each async for each in counts][-1]
    assert isinstance(seen, OwnersSeen)
    assert [(each.owner.id, each.objects, each.bytes) for each in seen.owners] == [
        (server.a.canonical_id, 1, 7),
        (server.b.canonical_id, 30, 60),
    ]
    assert [each.owner.id for each in seen.foreign] == [server.b.canonical_id]
    assert {each.operation for each in proxy.seen} == {"ListObjectsV2"}


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
@pytest.mark.parametrize("who", ["a", "b"])
async def test_a_read_only_identity_repairs_nothing(
    world: World, uploads: Uploads, connections: Connections, proxy: FaultProxy, who: str
) -> None:
    uploads.put("k")
    server, safety = world.buckets.server, Safety(read_only=True)
    for name, account in (("a", server.a), ("b", server.b)):
        spec = IdentitySpec(account.profile, endpoint=proxy.endpoint, safety=safety if name == who else Safety())
        store = await open_store(connections, connection_id(spec), attempts=1)
        if name == "a":
            world.source = store
        else:
            world.target = store
    with pytest.raises(ProblemError) as caught:
        await world.submit(uploads.order("k"))
    assert caught.value.problem.kind is ProblemKind.READ_ONLY
    assert not [each.operation for each in proxy.seen if not each.operation.startswith(("Get", "Head", "List", "STS"))]
    assert uploads.denied("k")
