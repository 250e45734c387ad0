"""What the user's settings forbid is known beforehand, said as such, and never begun: nothing of it is sent."""

from contextlib import aclosing
from functools import partial
from typing import Any

import pytest

from tests.servers.policies import allow_on_objects, deny_on_objects
from tests.servers.proxy.faults import Answer, Rule
from tests.servers.proxy.proxy import FaultProxy
from tests.stores.refusals import problem_of
from tests.transfers.world import World, why
from tui.aws.addresses import SavedAddresses
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.aws.renewal import probe
from tui.core.identity import Address, IdentitySpec, Safety
from tui.core.location import Location
from tui.core.orders import CopyOrder, CopyRoute, DeleteOrder, Selection
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import Outcome, PlannedAction, TransferState
from tui.features.buckets.engine import create_bucket, create_prefix
from tui.features.uploads.engine import abort_uploads
from tui.features.uploads.values import ListedUpload
from tui.stores.opening import open_store
from tui.transfers.backoff import Interrupted
from tui.transfers.copy.moves import UNDELETABLE
from tui.transfers.deletion import plan_delete
from tui.transfers.retries import Retries

pytestmark = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)

READ_ONLY = Safety(read_only=True)
A, B = "111111111111", "222222222222"
LOOKING = ("Get", "Head", "List", "STS")


class Sides:
    def __init__(self, world: World, connections: Connections, proxy: FaultProxy) -> None:
        self.world, self.connections, self.proxy = world, connections, proxy

    async def open(self, source: Safety = Safety(), target: Safety = Safety()) -> World:  # noqa: B008  # it is frozen
        self.world.source = await self._store("media-prod", source)
        self.world.target = await self._store("analytics", target)
        return self.world

    async def _store(self, profile: str, safety: Safety) -> Any:
        spec = IdentitySpec(profile, endpoint=self.proxy.endpoint, safety=safety)
        return await open_store(self.connections, connection_id(spec), attempts=1)

    def learn_accounts(self) -> None:
        server = self.world.buckets.server
        self.connections.addresses.learn(Address(server.a.canonical_id, A))
        self.connections.addresses.learn(Address(server.b.canonical_id, B))

    def name_account(self, number: str, label: str) -> None:
        self.connections.addresses.take_up(SavedAddresses(by_hand=[Address("", number, label)]))

    @property
    def written(self) -> list[str]:
        return [each.operation for each in self.proxy.seen if not each.operation.startswith(LOOKING)]


@pytest.fixture
def sides(world: World, connections: Connections, proxy: FaultProxy) -> Sides:
    return Sides(world, connections, proxy)


async def refused(world: World, order: CopyOrder | DeleteOrder) -> Problem:
    problem = await problem_of(world.submit(order))
    async with aclosing(world.queue.watch()) as snapshots:
        assert (await anext(snapshots)).transfers == []
    return problem


async def test_nothing_is_written_into_a_read_only_target(sides: Sides) -> None:
    """By nobody: a push would be the source's identity, but what the user sees there is not to change."""
    sides.world.let_b_read()
    sides.world.let_a_write()
    sides.world.put("k")
    world = await sides.open(target=READ_ONLY)
    for route in (None, *CopyRoute):
        order = world.order("k", route=route)
        card = await world.card(order)
        assert (why(card).kind, why(card).identity) == (ProblemKind.READ_ONLY, "analytics")
        assert (card.complete, card.chosen, {verdict.possible for verdict in card.verdicts}) == (True, None, {False})
        assert await refused(world, order) == card.problem
    assert sides.written == []
    assert world.target_keys() == []


async def test_a_read_only_source_pushes_nothing(sides: Sides) -> None:
    sides.world.let_a_write()
    sides.world.put("k")
    world = await sides.open(source=READ_ONLY)
    card = await world.card(world.order("k"))
    push = next(verdict for verdict in card.verdicts if verdict.route is CopyRoute.PUSH)
    assert (push.possible, push.why) == (False, "media-prod cannot write: it is read-only")
    assert (card.problem, card.chosen) == (None, CopyRoute.RELAY)
    [line] = await world.planned(world.order("k"))
    assert (line.action, line.route) == (PlannedAction.COPY, CopyRoute.RELAY)
    sides.proxy.seen.clear()
    forced = world.order("k", route=CopyRoute.PUSH)
    problem = why(await world.card(forced))
    assert problem.kind is ProblemKind.READ_ONLY
    assert await refused(world, forced) == problem
    assert sides.written == []
    _, [result] = await world.copy(world.order("k"))
    assert (result.outcome, result.route) == (Outcome.COPIED, CopyRoute.RELAY)


async def test_a_move_from_a_read_only_source_is_refused_before_it_copies(sides: Sides) -> None:
    sides.world.let_b_read()
    body = sides.world.put("k")
    world = await sides.open(source=READ_ONLY)
    order = world.order("k", move=True)
    card = await world.card(order)
    assert why(card).title == f"writing to s3://{world.buckets.a}/ as media-prod is blocked"
    assert await refused(world, order) == card.problem
    assert sides.written == []
    assert world.target_keys() == []
    assert world.source_content("k") == body


async def test_a_dry_run_refuses_every_object(sides: Sides) -> None:
    sides.world.put_each("p/1", "p/2")
    world = await sides.open(source=READ_ONLY, target=READ_ONLY)
    for move in (False, True):
        order = world.order(prefixes=("p/",), move=move)
        planned = await world.planned(order)
        assert [(line.action, line.source[-3:]) for line in planned] == [
            (PlannedAction.REFUSE, "p/1"),
            (PlannedAction.REFUSE, "p/2"),
        ]
        assert all("it is read-only" in line.why for line in planned)
    planned = await world.planned_deletion(DeleteOrder(order.selection))
    assert {(line.action, line.size) for line in planned} == {(PlannedAction.REFUSE, 7)}
    assert sides.written == []


async def test_nothing_is_deleted_or_made(sides: Sides) -> None:
    sides.world.put("k")
    world = await sides.open(source=READ_ONLY)
    deletion = DeleteOrder(Selection("a", Location(world.buckets.a), ["k"]))
    assert (await refused(world, deletion)).kind is ProblemKind.READ_ONLY
    for forbidden in (
        anext(plan_delete(deletion, world.source)),
        create_prefix(world.source, Location(world.buckets.a, "new/"), world.owners.source),
        create_bucket(world.source, "a-new-bucket"),
    ):
        assert (await problem_of(forbidden)).kind is ProblemKind.READ_ONLY
    assert (await abort_uploads(world.source, [ListedUpload(world.buckets.a, "u", "1", 0.0)], []))["1"].kind is (
        ProblemKind.READ_ONLY
    )
    assert sides.written == []


async def test_an_account_that_is_not_listed_is_not_written_to(sides: Sides) -> None:
    """The identity may write, but not into another's account's bucket."""
    sides.learn_accounts()
    sides.world.let_a_write()
    sides.world.put("k")
    only_a = Safety(accounts=(A,))
    world = await sides.open(source=only_a, target=only_a)
    assert (await refused(world, world.order("k"))).cause == f"its account {B} is not in write_accounts ({A})"
    world = await sides.open(source=only_a)
    card = await world.card(world.order("k"))
    push = next(verdict for verdict in card.verdicts if verdict.route is CopyRoute.PUSH)
    assert push.possible is False
    assert f"the bucket's owner {B}" in push.why
    assert card.problem is None


async def test_the_other_identity_does_not_delete_where_it_is_not_to_write(sides: Sides) -> None:
    """The source's own may not delete: a move would have the other one try."""
    world, bucket, b = sides.world, sides.world.buckets.a, sides.world.buckets.server.b.principal
    body = world.put("k")
    delete_for_b = allow_on_objects(bucket, b, "s3:DeleteObject")
    world.let_b_read(delete_for_b, deny_on_objects(bucket, world.buckets.server.a.principal, "s3:DeleteObject"))
    await sides.open(target=Safety(patterns=("media-*",)))
    _, [result] = await world.copy(world.order("k", move=True))
    assert (result.outcome, result.notes) == (Outcome.COPIED, [UNDELETABLE])
    assert why(result).kind is ProblemKind.DENIED
    assert "DeleteObject" in sides.written
    assert world.a.get_object(Bucket=bucket, Key="k")["Body"].read() == body


async def test_a_flag_refuses_though_nothing_works(sides: Sides) -> None:
    """Nobody waits for credentials only to be refused then."""
    world = await sides.open(source=READ_ONLY, target=Safety(patterns=("x",)))
    retries = Retries(partial(probe, sides.connections))
    source, target = retries.retrying(world.source, "a"), retries.retrying(world.target, "b")
    sides.proxy.rules.append(Rule(Answer(400, "ExpiredToken")))
    for store in (source, target):
        with pytest.raises(Interrupted):
            await store.buckets()
    refusal = await source.write_refusal(world.buckets.a)
    assert refusal
    assert refusal.kind is ProblemKind.READ_ONLY
    with pytest.raises(Interrupted):
        await target.write_refusal(world.buckets.b)
    await retries.health.close()


async def test_a_resumed_transfer_is_checked_against_the_settings_again(sides: Sides) -> None:
    """An account was named in the meantime: a pattern now means it. The transfer ends with that, and is not retried."""
    sides.learn_accounts()
    sides.world.put("k")
    world = await sides.open(target=Safety(patterns=("*secret*",)))
    transfer = await world.submit(world.order("k"))
    await world.ended(transfer)
    sides.proxy.seen.clear()
    sides.name_account(B, "top secret")
    await world.queue.retry(transfer)
    again, _ = await world.ended(transfer)
    assert again.state is TransferState.FAILED
    assert why(again).kind is ProblemKind.READ_ONLY
    assert sides.written == []
