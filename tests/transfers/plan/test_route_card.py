"""The route card: what it says comes from probes, and nothing of them is left."""

import asyncio

from tests.servers.policies import allow_on_objects, grant_read
from tests.servers.server import Feature
from tests.transfers.faults import BROKEN
from tests.transfers.queue.test_control import Unlistable
from tests.transfers.world import World
from tui.model.facts import ObjectOwnership
from tui.model.location import Location
from tui.model.orders import CopyOrder, Destination, Route
from tui.model.plan import Access, RouteCard
from tui.model.problem import ProblemKind
from tui.transfers.plan.route_card import plan_copy


def verdicts(card: RouteCard) -> dict[Route, bool | None]:
    return {verdict.route: verdict.possible for verdict in card.verdicts}


async def test_pull_is_chosen_and_said_why(world: World) -> None:
    world.put("dir/a", b"12345", Tagging="x=y")
    world.put("dir/b", b"123")
    world.b.put_object(Bucket=world.buckets.b, Key="in/a", Body=b"old")
    world.let_b_read()
    cards = await world.plan(world.order(prefixes=("dir/",), base="dir/", to="in/"))
    assert not cards[0].complete
    assert cards[0].tally.objects == 0
    card = cards[-1]
    assert card.complete
    assert (card.tally.objects, card.tally.bytes, card.tally.existing, card.tally.complete) == (2, 8, 1, True)
    assert card.chosen is Route.PULL
    assert verdicts(card) == {Route.PULL: True, Route.PUSH: False, Route.RELAY: True}
    assert "server-side copy" in card.verdicts[0].why
    assert "cannot write the target" in card.verdicts[1].why
    assert card.owner
    assert card.owner.id == world.buckets.server.b.canonical_id
    assert {"metadata", "tags", "class STANDARD"} <= set(card.keeps)
    by_operation = {(check.identity, check.operation): check.access for check in card.checks}
    b = world.target.label
    assert by_operation[b, "HeadObject"] is Access.ALLOWED
    assert by_operation[b, "CreateMultipartUpload"] is Access.ALLOWED
    assert by_operation[world.source.label, "CreateMultipartUpload"] is Access.DENIED
    assert world.target_keys() == ["in/a"]


async def test_a_route_that_works_misses_nothing_that_only_another_one_needs(world: World) -> None:
    world.put("k", Tagging="x=y")
    world.let_b_read()
    cards = await world.plan(world.order("k"))
    assert (cards[-1].chosen, verdicts(cards[-1])[Route.PUSH]) == (Route.PULL, False)
    assert [card.missing for card in cards if card.missing] == [], "push is denied, and says so in its own line"


async def test_push_says_that_the_writer_will_own_the_copy(world: World) -> None:
    world.put("k")
    world.let_a_write()
    card = (await world.plan(world.order("k", route=Route.PUSH)))[-1]
    assert card.chosen is Route.PUSH
    assert card.owner
    assert card.owner.id == world.buckets.server.a.canonical_id
    assert "full control" in card.owner_note
    assert card.drops == ["ACL (bucket-owner-full-control instead)"]


async def test_relay_names_what_the_better_routes_lack(world: World) -> None:
    world.put("k")
    card = (await world.plan(world.order("k")))[-1]
    assert card.chosen is Route.RELAY
    assert verdicts(card) == {Route.PULL: False, Route.PUSH: False, Route.RELAY: True}
    assert any("s3:GetObject" in sentence and world.target.label in sentence for sentence in card.missing)
    assert any("s3:PutObject" in sentence and world.source.label in sentence for sentence in card.missing)


async def test_no_route_at_all_is_a_problem(world: World) -> None:
    world.put("k")
    order = world.order("k", route=Route.PULL)
    card = (await world.plan(order))[-1]
    assert card.complete
    assert card.chosen is None
    assert card.problem
    assert card.problem.kind is ProblemKind.DENIED


async def test_an_enforced_bucket_owns_what_is_pushed(world: World) -> None:
    if Feature.OWNERSHIP_CONTROLS in world.buckets.server.features:
        rules = [{"ObjectOwnership": "BucketOwnerEnforced"}]
        world.b.put_bucket_ownership_controls(Bucket=world.buckets.b, OwnershipControls={"Rules": rules})
        expected, owner = ObjectOwnership.BUCKET_OWNER_ENFORCED, world.buckets.server.b
    else:
        expected, owner = None, world.buckets.server.a
    world.put("k")
    world.let_a_write()
    card = (await world.plan(world.order("k", route=Route.PUSH)))[-1]
    assert card.ownership is expected
    assert card.owner
    assert card.owner.id == owner.canonical_id


async def test_a_prefix_into_itself_is_refused(world: World) -> None:
    world.put("p/a")
    selection = world.order(prefixes=("p/",)).selection
    world.target = world.source
    card = (await world.plan(CopyOrder(selection, Destination("a", Location(world.buckets.a, "p/q/")))))[-1]
    assert card.complete
    assert card.problem
    assert card.problem.kind is ProblemKind.INVALID


async def test_a_denied_listing_is_said(world: World) -> None:
    world.put("p/a")
    world.buckets.set_policy_of_a(*grant_read(world.buckets.a, world.buckets.server.a.principal))
    world.source, world.target = world.target, world.source  # B may neither list nor read A's bucket
    card = (await world.plan(world.order(prefixes=("p/",))))[-1]
    assert card.complete
    assert card.problem
    assert card.problem.kind is ProblemKind.DENIED
    assert card.tally.objects == 0


async def test_what_cannot_be_listed_does_not_stand_in_the_way_of_the_rest(world: World) -> None:
    world.put("a/1")
    world.source = Unlistable(world.connection_a)
    card = (await world.plan(world.order(prefixes=("a/",))))[-1]
    assert (card.complete, card.problem, card.unlisted, card.tally.objects) == (True, None, BROKEN, 1)


async def test_marked_keys_are_counted_and_looked_for(world: World) -> None:
    for key in ("a", "b", "p/c"):
        world.put(key, b"12")
    world.b.put_object(Bucket=world.buckets.b, Key="b", Body=b"old")
    card = (await world.plan(world.order("a", "b", "p/c", prefixes=("p/",))))[-1]
    assert (card.tally.objects, card.tally.bytes, card.tally.existing) == (3, 6, 1)


async def test_an_empty_selection_completes(world: World) -> None:
    card = (await world.plan(world.order(prefixes=("none/",))))[-1]
    assert (card.complete, card.tally.objects, card.problem) == (True, 0, None)


async def test_closing_the_plan_stops_everything(world: World) -> None:
    for number in range(20):
        world.put(f"p/{number}")
    before = asyncio.all_tasks()
    cards = plan_copy(world.order(prefixes=("p/",)), world.source, world.target, world.owners)
    await anext(cards)
    await anext(cards)
    await cards.aclose()
    assert asyncio.all_tasks() <= before


async def test_a_write_probe_whose_abort_is_denied_says_so(world: World) -> None:
    world.put("k")
    server = world.buckets.server
    world.buckets.set_policy_of_b(
        allow_on_objects(world.buckets.b, server.a.principal, "s3:PutObject", "s3:PutObjectAcl")
    )
    card = (await world.plan(world.order("k", route=Route.PUSH)))[-1]
    [left] = world.uploads()
    world.b.abort_multipart_upload(Bucket=world.buckets.b, Key=left["Key"], UploadId=left["UploadId"])
    assert any(left["UploadId"] in sentence for sentence in card.missing)
