"""Each route is taken where only it can work, and says why the better ones were not."""

import pytest

from tests.servers.policies import Statement, allow_on_objects
from tests.transfers.world import World
from tui.model.orders import ConflictPolicy, Route
from tui.model.problem import ProblemKind
from tui.model.transfer import Outcome, TransferState, Verification

MIB = 1 << 20


async def test_pull_where_the_target_may_read(world: World) -> None:
    body = world.put("dir/name.txt")
    world.let_b_read()
    transfer, [result] = await world.copy(world.order("dir/name.txt", to="in/"))
    assert (transfer.state, transfer.route, transfer.problem) == (TransferState.DONE, Route.PULL, None)
    assert (result.outcome, result.route) == (Outcome.COPIED, Route.PULL)
    assert result.verification is Verification.SAME
    assert result.owner
    assert result.owner.id == world.buckets.server.b.canonical_id
    assert world.content("in/dir/name.txt") == body
    assert transfer.bytes_done == transfer.bytes_total == len(body)
    assert transfer.notes == []


async def test_push_where_only_the_source_may_do_both(world: World) -> None:
    body = world.put("k")
    world.let_a_write()
    _, [result] = await world.copy(world.order("k", conflict=ConflictPolicy.OVERWRITE))
    assert result.route is Route.PUSH
    assert result.notes[0].startswith("pull: ")
    assert "cannot read the source" in result.notes[0]
    assert world.content("k") == body  # the ACL that was sent lets the bucket's owner read it
    assert result.owner
    assert result.owner.id == world.buckets.server.a.canonical_id


async def test_relay_where_no_identity_may_do_both(world: World) -> None:
    body = world.put("k")
    transfer, [result] = await world.copy(world.order("k"))
    assert result.route is Route.RELAY
    assert result.verification is Verification.SAME
    assert [note.split(":")[0] for note in transfer.notes] == ["pull", "push"]
    assert world.content("k") == body
    assert result.owner
    assert result.owner.id == world.buckets.server.b.canonical_id


@pytest.mark.parametrize("wanted", [Route.PULL, Route.PUSH])
async def test_a_route_that_was_asked_for_is_the_only_one_tried(world: World, wanted: Route) -> None:
    world.put("k")
    transfer, [result] = await world.copy(world.order("k", route=wanted))
    assert transfer.state is TransferState.FAILED
    assert result.problem
    assert result.problem.kind is ProblemKind.DENIED
    assert world.target_keys() == []


async def test_one_object_that_cannot_be_pulled_does_not_spoil_the_route_for_the_others(world: World) -> None:
    for number in range(6):
        world.put(f"open/{number}")
    world.put("open/secret")
    server, bucket = world.buckets.server, world.buckets.a
    world.buckets.set_policy_of_a(
        allow_on_objects(bucket, server.b.principal, "s3:GetObject"),
        Statement("Deny", server.b.principal, ("s3:GetObject",), f"arn:aws:s3:::{bucket}/open/secret"),
    )
    transfer, results = await world.copy(world.order(prefixes=("open/",)))
    assert transfer.state is TransferState.DONE
    routes = {result.source.rpartition("/")[2]: result.route for result in results}
    assert routes.pop("secret") is Route.RELAY
    assert set(routes.values()) == {Route.PULL}
    assert len(world.target_keys()) == 7


async def test_a_prefix_of_a_thousand_objects(world: World) -> None:
    world.let_b_read()
    keys = [f"many/{number:04}" for number in range(1000)]
    for key in keys:
        world.put(key, key.encode())
    transfer, results = await world.copy(world.order(prefixes=("many/",), base="many/", to="got/"))
    assert (transfer.state, transfer.objects_done, transfer.objects_total) == (TransferState.DONE, 1000, 1000)
    assert {result.verification for result in results} == {Verification.SAME}
    assert world.target_keys() == [key.replace("many/", "got/") for key in keys]
    assert world.content("got/0999") == b"many/0999"
    assert transfer.bytes_done == transfer.bytes_total == sum(map(len, keys))


async def test_names_that_hurt_are_copied_byte_for_byte(world: World) -> None:
    keys = [
        "[markup]/a",
        "//b",
        "/c",
        "d//e",
        "f\x1b[31m",
        "g +%2F&?#",
        "📦/h",
        " i ",
        "line\nbreak",
        "j/../k",
        "m\u0301",
    ]
    for key in keys:
        world.put(key, key.encode())
    world.let_b_read()
    for route, to in ((Route.PULL, "pulled/"), (Route.RELAY, "relayed/")):
        transfer, results = await world.copy(world.order(prefixes=("",), to=to, route=route))
        assert transfer.state is TransferState.DONE, [result.problem for result in results if result.problem]
        assert {key for key in world.target_keys() if key.startswith(to)} == {to + key for key in keys}
        assert all(world.content(to + key) == key.encode() for key in keys)


async def test_an_object_that_is_not_there_fails_alone(world: World) -> None:
    world.put("there")
    transfer, results = await world.copy(world.order("gone", "there"))
    assert transfer.state is TransferState.FAILED
    outcomes = {result.source.rpartition("/")[2]: result.outcome for result in results}
    assert outcomes == {"gone": Outcome.FAILED, "there": Outcome.COPIED}
    assert transfer.problem
    assert transfer.problem.kind in (ProblemKind.NO_SUCH_KEY, ProblemKind.DENIED)


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)  # on Ceph 18 a policy reaches them
async def test_a_policy_does_not_reach_foreign_objects_but_their_owner_does(world: World) -> None:
    """B's object in A's bucket: A, who lists it, cannot read it; B pulls it."""
    server = world.buckets.server
    bucket = world.buckets.a
    world.buckets.set_policy_of_a(allow_on_objects(bucket, server.b.principal, "s3:PutObject"))
    world.b.put_object(Bucket=bucket, Key="foreign", Body=b"of B")
    _, [result] = await world.copy(world.order("foreign"))
    assert (result.outcome, result.route) == (Outcome.COPIED, Route.PULL)
    assert world.content("foreign") == b"of B"


async def test_an_object_that_disappears_names_its_target_key(world: World) -> None:
    _, [result] = await world.copy(world.order("p/gone", base="p/", to="there/"))
    assert (result.outcome, result.target) == (Outcome.FAILED, f"s3://{world.buckets.b}/there/gone")
