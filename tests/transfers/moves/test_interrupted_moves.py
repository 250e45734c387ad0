"""Moves that are stopped between the copy and the deletion of its source: nothing is lost, nothing is said wrongly."""

import asyncio
from contextlib import aclosing

import pytest
from msgspec.structs import replace

from tests.transfers.moves.test_moves import source_keys
from tests.transfers.parted import PartStore
from tests.transfers.queue.test_pause import PARTS, SIZE
from tests.transfers.world import World
from tests.waiting import until
from tui.accounts.clients.connection import Connection
from tui.model.orders import ConflictPolicy, Route
from tui.model.transfer import Conflict, ConflictAnswer, ObjectResult, Outcome, Transfer, TransferState
from tui.stores.s3 import S3Store
from tui.stores.values import Acl, ObjectHead
from tui.transfers.copy.object_copy import BEFORE, CLASS_STAYS


class HeldAtOwner(S3Store):
    """Reads no owner back until the test lets it: the copy is done, nobody has noted it."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.reached = asyncio.Event()

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        self.reached.set()
        await asyncio.Event().wait()
        return await super().object_acl(bucket, key, version)


async def put_down_when_copied(
    world: World, policy: ConflictPolicy, storage_class: str = ""
) -> tuple[Transfer, ObjectResult]:
    """A move is paused when the copy is there and not yet noted, and resumed; returns how it ended."""
    body = world.put("k", b"body")
    held = HeldAtOwner(world.connection_b)
    world.target = held
    name = await world.submit(world.order("k", move=True, conflict=policy, storage_class=storage_class))
    await asyncio.wait_for(held.reached.wait(), 10)
    await world.queue.pause([name])
    assert world.content("k") == body
    assert source_keys(world) == ["k"]
    world.target = S3Store(world.connection_b)
    await world.queue.resume([name])
    transfer, [result] = await world.ended(name)
    assert world.content("k") == body
    return transfer, result


@pytest.mark.parametrize("policy", [ConflictPolicy.ASK, ConflictPolicy.RENAME])
async def test_a_move_stopped_between_copy_and_deletion_ends_when_resumed(world: World, policy: ConflictPolicy) -> None:
    transfer, result = await put_down_when_copied(world, policy)
    assert (transfer.state, result.outcome) == (TransferState.DONE, Outcome.MOVED)
    assert BEFORE in result.notes
    assert source_keys(world) == []
    assert world.target_keys() == ["k"]


async def test_the_source_of_a_copy_that_was_refused_its_class_stays_when_resumed(world: World) -> None:
    transfer, result = await put_down_when_copied(world, ConflictPolicy.ASK, "NO_SUCH_CLASS")
    assert (transfer.state, result.outcome) == (TransferState.DONE, Outcome.COPIED)
    assert {BEFORE, CLASS_STAYS.format("NO_SUCH_CLASS")} <= set(result.notes)
    assert source_keys(world) == ["k"]


async def test_a_move_keeps_the_source_of_an_upload_that_was_begun_in_another_class(world: World) -> None:
    """The refusal of the class was answered to the run that began it."""
    world.put_random("big", SIZE)
    world.target = store = PartStore(world.connection_b, let=2)
    order = world.order("big", route=Route.RELAY, move=True, storage_class="NO_SUCH_CLASS", **PARTS)
    name = await world.submit(order)
    await until(lambda: store.stands, "two parts are made")
    await world.queue.pause([name])
    store.go_on.set()
    await world.queue.resume([name])
    _, [result] = await world.ended(name)
    assert (result.outcome, store.made.total()) == (Outcome.COPIED, 6)
    assert CLASS_STAYS.format("NO_SUCH_CLASS") in result.notes
    assert world.a.head_object(Bucket=world.buckets.a, Key="big")["ContentLength"] == SIZE


class HeldAtDelete(S3Store):
    """Has deleted, and does not say so until the test lets it."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    async def delete(self, bucket: str, key: str, version: str = "", *, matching: ObjectHead | None = None) -> str:
        marker = await super().delete(bucket, key, version, matching=matching)
        self.reached.set()
        await self.go_on.wait()
        return marker


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("stop", ["pause", "cancel"])
async def test_stopping_after_the_source_was_deleted_reports_it_as_moved(
    world: World, stop: str, *, below: bool
) -> None:
    world.put("p/k", b"body")
    world.source = held = HeldAtDelete(world.connection_a)
    selected = world.order(prefixes=("p/",), move=True) if below else world.order("p/k", move=True)
    name = await world.submit(selected)
    await asyncio.wait_for(held.reached.wait(), 10)
    stopping = asyncio.create_task(getattr(world.queue, stop)([name]))
    await until(lambda: world.queue._jobs.get(name)._stopping, "it is told to stop")
    held.go_on.set()
    await stopping
    await world.queue.resume([name])
    transfer, [result] = await world.ended(name)
    assert (result.outcome, result.problem, transfer.problem) == (Outcome.MOVED, None, None)
    assert (transfer.objects_done, transfer.objects_total, transfer.bytes_done) == (1, 1, 4)


class There(S3Store):
    """Its bucket's objects are a minute old."""

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        head = await super().head(bucket, key, version)
        return replace(head, modified=head.modified - 60)


@pytest.mark.parametrize("move", [False, True])
async def test_the_user_still_decides_about_what_was_there_before_the_transfer(world: World, *, move: bool) -> None:
    world.put("k", b"body", Metadata={"who": "source"})
    world.b.put_object(Bucket=world.buckets.b, Key="k", Body=b"body")
    world.target = There(world.connection_b)
    name = await world.submit(world.order("k", move=move))
    await asked(world)
    await world.queue.pause([name])
    await world.queue.resume([name])
    conflict = await asked(world)
    world.queue.answer(ConflictAnswer(conflict.id, ConflictPolicy.SKIP))
    _, [result] = await world.ended(name)
    assert (result.outcome, source_keys(world)) == (Outcome.SKIPPED, ["k"])


async def asked(world: World) -> Conflict:
    async with aclosing(world.queue.conflicts()) as waiting:
        async for conflicts in waiting:
            if conflicts:
                return conflicts[0]
    raise AssertionError("the queue was closed")


@pytest.mark.parametrize("policy", [ConflictPolicy.SKIP, ConflictPolicy.NEWER, ConflictPolicy.DIFFERENT])
async def test_what_may_have_been_there_before_costs_no_source(world: World, policy: ConflictPolicy) -> None:
    _, result = await put_down_when_copied(world, policy)
    assert result.outcome is Outcome.SKIPPED
    assert source_keys(world) == ["k"]
