"""An engine that ends between the deletion of a move's source and its result: the next one tells what was done."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.transfers.faults import Held, Mute
from tests.transfers.moves.test_moves import source_keys
from tests.transfers.world import World
from tests.waiting import until
from tui.model.orders import ConflictPolicy, CopyOrder, Route
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import ObjectResult, Outcome, Transfer, TransferState, Verification
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectHead
from tui.transfers.copy.move_recovery import NOT_AT_TARGET, UNKNOWN
from tui.transfers.retry import Backoff, Interrupted, Retries

MIB = 1 << 20
DELETED, UNDELETED = "delete", "before delete"
OUT = Problem(kind=ProblemKind.UNREACHABLE, title="the network is out")


@asynccontextmanager
async def killed_at_its_end(world: World, order: CopyOrder, moment: str) -> AsyncGenerator[str]:
    """A move whose engine is killed when the source of ``p/b`` is being deleted; the next engine is not started yet."""
    world.source = held = Held(world.connection_a, moment, only="p/b")
    name = await world.submit(order)
    await until(held.reached.is_set, "the source is being deleted")

    async def all_but_one() -> bool:
        return (await world.transfer(name)).objects_done == 2

    await until(all_but_one, "the others are moved")
    await world.journal.flushed()
    old = await world.killed()
    world.source = S3Store(world.connection_a)
    try:
        yield name
    finally:
        held.go_on.set()
        await old.close()


def arranged(world: World) -> CopyOrder:
    for key in ("p/a", "p/b", "p/c"):
        world.put_random(key, 100)
    return world.order(prefixes=("p/",), move=True)


def assert_all_moved(transfer: Transfer, results: list[ObjectResult]) -> None:
    assert (transfer.state, transfer.objects_done, transfer.objects_total) == (TransferState.DONE, 3, 3)
    assert transfer.bytes_done == transfer.bytes_total == 300
    assert sorted(result.source[-3:] for result in results) == ["p/a", "p/b", "p/c"]
    assert {(result.outcome, result.verification) for result in results} == {(Outcome.MOVED, Verification.SAME)}


@pytest.mark.parametrize("moment", [DELETED, UNDELETED])
async def test_a_move_by_prefix_is_complete(world: World, moment: str) -> None:
    async with killed_at_its_end(world, arranged(world), moment) as name:
        await world.queue.start()
        transfer, results = await world.ended(name)
    assert_all_moved(transfer, results)
    assert all(result.evidence and result.etag and result.route for result in results)
    assert transfer.problem is None
    assert source_keys(world) == []
    assert world.target_keys() == ["p/a", "p/b", "p/c"]
    assert await world.journal.deletes.of(name) == []


@pytest.mark.parametrize("moment", [DELETED, UNDELETED])
async def test_a_move_by_key_is_complete(world: World, moment: str) -> None:
    arranged(world)
    async with killed_at_its_end(world, world.order("p/a", "p/b", "p/c", move=True), moment) as name:
        await world.queue.start()
        transfer, results = await world.ended(name)
    assert_all_moved(transfer, results)
    assert source_keys(world) == []


@pytest.mark.parametrize("policy", [ConflictPolicy.SKIP, ConflictPolicy.RENAME])
async def test_a_copy_that_was_verified_is_no_conflict(world: World, policy: ConflictPolicy) -> None:
    order = arranged(world)
    order = world.order(prefixes=("p/",), move=True, conflict=policy)
    async with killed_at_its_end(world, order, UNDELETED) as name:
        await world.queue.start()
        transfer, results = await world.ended(name)
    assert_all_moved(transfer, results)
    assert world.target_keys() == ["p/a", "p/b", "p/c"]


async def test_a_source_that_has_changed_since_is_moved_again(world: World) -> None:
    order = world.order(prefixes=("p/",), move=True, conflict=ConflictPolicy.OVERWRITE)
    arranged(world)
    async with killed_at_its_end(world, order, UNDELETED) as name:
        body = world.put_random("p/b", 100)
        await world.queue.start()
        transfer, results = await world.ended(name)
    assert_all_moved(transfer, results)
    assert world.content("p/b") == body


async def test_a_copy_that_is_not_what_it_was_costs_no_source(world: World) -> None:
    order = arranged(world)
    order = world.order(prefixes=("p/",), move=True, conflict=ConflictPolicy.SKIP)
    async with killed_at_its_end(world, order, UNDELETED) as name:
        world.b.put_object(Bucket=world.buckets.b, Key="p/b", Body=b"another")
        await world.queue.start()
        await world.ended(name)
        assert source_keys(world) == ["p/b"]


async def test_a_copy_that_is_gone_by_now_was_moved(world: World) -> None:
    async with killed_at_its_end(world, arranged(world), DELETED) as name:
        world.b.delete_object(Bucket=world.buckets.b, Key="p/b")
        await world.queue.start()
        transfer, results = await world.ended(name)
    assert_all_moved(transfer, results)
    assert [result.source[-3:] for result in results if NOT_AT_TARGET in result.notes] == ["p/b"]
    assert NOT_AT_TARGET in transfer.notes


async def test_a_large_object_leaves_no_upload(world: World) -> None:
    arranged(world)
    world.put_random("p/b", 11 * MIB)
    options: dict[str, Any] = {"multipart_threshold": 5 * MIB, "part_size": 5 * MIB, "route": Route.RELAY}
    async with killed_at_its_end(world, world.order(prefixes=("p/",), move=True, **options), DELETED) as name:
        await world.queue.start()
        transfer, results = await world.ended(name)
    assert {result.outcome for result in results} == {Outcome.MOVED}
    assert transfer.bytes_done == transfer.bytes_total == 11 * MIB + 200
    assert await world.journal.uploads.of(name) == []


async def test_one_that_is_cancelled_then_says_what_is_known(world: World) -> None:
    async with killed_at_its_end(world, arranged(world), DELETED) as name:
        world.source = Mute(world.connection_a)
        await world.queue.start()
        await world.queue.cancel([name])
        transfer, results = await world.ended(name)
    assert transfer.state is TransferState.CANCELLED
    assert [(result.source[-3:], result.outcome) for result in results if UNKNOWN in result.notes] == [
        ("p/b", Outcome.COPIED)
    ]
    assert len(results) == transfer.objects_done == 3


class Unheard(S3Store):
    """Deletes a source, and nobody hears of it: the network is out until it works again."""

    works = False

    async def delete(self, bucket: str, key: str, version: str = "", *, matching: ObjectHead | None = None) -> str:
        marker = await super().delete(bucket, key, version, matching=matching)
        if not self.works:
            raise Interrupted(OUT, "a")
        return marker


async def test_a_deletion_whose_answer_was_lost_is_found_out(world: World) -> None:
    order = arranged(world)
    world.source = store = Unheard(world.connection_a)

    async def probe(_connection: str) -> None:
        store.works = True

    world.retries = Retries(probe, probes=Backoff(0.01, 0.05))
    world.queue = world.new_queue()
    name = await world.submit(order)
    transfer, results = await asyncio.wait_for(world.ended(name), 30)
    assert_all_moved(transfer, results)
    await world.retries.close()
