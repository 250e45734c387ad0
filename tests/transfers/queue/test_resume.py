"""What is found when an upload is gone on with: by the server's word, not by the journal's alone."""

import asyncio
import secrets
import time
from typing import Any

import pytest

from tests.servers.policies import deny_on_objects, grant_read
from tests.transfers.faults import BROKEN, Held, Mute
from tests.transfers.parted import OUT, PartStore, UnheardOf
from tests.transfers.queue.test_pause import PART, PARTS, SIZE, half_way
from tests.transfers.world import World
from tests.waiting import until
from tui.model.orders import ConflictPolicy, CopyOrder, Destination, Route
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import ObjectResult, Outcome, TransferState, Verification
from tui.stores.values import ObjectAttributes, Source, Stored
from tui.transfers.copy.move_source import UNDELETABLE
from tui.transfers.copy.resume import CHANGED
from tui.transfers.journal import TransferRecord, UploadRecord
from tui.transfers.retry import Backoff, Retries


def part_of(body: bytes, number: int) -> bytes:
    return body[(number - 1) * PART : number * PART]


def send(world: World, number: int, body: bytes) -> None:
    """As if an answer had been lost: the server has the part, the journal does not."""
    [upload] = world.uploads()
    world.b.upload_part(
        Bucket=world.buckets.b, Key="big", UploadId=upload["UploadId"], PartNumber=number, Body=part_of(body, number)
    )


async def test_a_changed_source_is_copied_again(world: World) -> None:
    name, store, _ = await half_way(world, Route.RELAY)
    await world.queue.pause([name])
    [old] = world.uploads()
    body = world.put_random("big", SIZE)
    store.go_on.set()
    await world.queue.resume([name])
    transfer, [result] = await world.ended(name)
    assert (transfer.state, result.problem) == (TransferState.DONE, None)
    assert CHANGED in result.notes
    assert await asyncio.to_thread(world.content, "big") == body
    assert store.made.total() == 8
    assert {number for upload, number in store.made if upload == old["UploadId"]} == {1, 2}
    assert transfer.bytes_done == SIZE


async def test_a_part_that_only_the_server_knows_is_not_sent_again(world: World) -> None:
    name, store, body = await half_way(world, Route.RELAY)
    await world.queue.pause([name])
    send(world, 4, body)
    store.go_on.set()
    await world.queue.resume([name])
    _, [result] = await world.ended(name)
    assert result.verification is Verification.SAME
    assert sorted(number for _, number in store.made) == [1, 2, 3, 5, 6]
    assert await asyncio.to_thread(world.content, "big") == body


async def test_unless_it_is_not_what_belongs_there(world: World) -> None:
    name, store, body = await half_way(world, Route.RELAY)
    await world.queue.pause([name])
    send(world, 4, secrets.token_bytes(len(body)))
    store.go_on.set()
    await world.queue.resume([name])
    _, [result] = await world.ended(name)
    assert result.verification is Verification.SAME
    assert sorted(number for _, number in store.made) == [1, 2, 3, 4, 5, 6]
    assert await asyncio.to_thread(world.content, "big") == body


async def test_a_part_that_the_journal_knows_is_made_again_where_the_server_has_none(world: World) -> None:
    """The upload was aborted by someone else: what the journal says of it is worth nothing."""
    name, store, body = await half_way(world, Route.RELAY)
    await world.queue.pause([name])
    [old] = world.uploads()
    world.b.abort_multipart_upload(Bucket=world.buckets.b, Key="big", UploadId=old["UploadId"])
    store.go_on.set()
    await world.queue.resume([name])
    transfer, [result] = await world.ended(name)
    assert (transfer.state, result.verification) == (TransferState.DONE, Verification.SAME)
    assert store.made.total() == 8
    assert await asyncio.to_thread(world.content, "big") == body


async def test_a_source_that_is_gone_leaves_no_upload(world: World) -> None:
    name, store, _ = await half_way(world, Route.RELAY)
    await world.queue.pause([name])
    world.a.delete_object(Bucket=world.buckets.a, Key="big")
    store.go_on.set()
    await world.queue.resume([name])
    transfer, [result] = await world.ended(name)
    assert (transfer.state, result.outcome) == (TransferState.FAILED, Outcome.FAILED)
    assert world.uploads() == []


async def test_a_source_that_is_listed_no_more_leaves_none_either(world: World) -> None:
    world.put_random("p/big", SIZE)
    world.put("p/small")
    world.target = store = PartStore(world.connection_b, let=2)
    name = await world.submit(world.order(prefixes=("p/",), route=Route.RELAY, **PARTS))
    await until(lambda: store.stands, "two parts are made")
    await world.queue.pause([name])
    world.a.delete_object(Bucket=world.buckets.a, Key="p/big")
    store.go_on.set()
    await world.queue.resume([name])
    transfer, _ = await world.ended(name)
    assert (transfer.state, transfer.objects_done) == (TransferState.DONE, 1)
    assert world.uploads() == []


def begun(world: World, key: str) -> str:
    upload: str = world.b.create_multipart_upload(Bucket=world.buckets.b, Key=key)["UploadId"]
    return upload


async def killed_while_beginning(world: World, order: CopyOrder) -> str:
    """The journal of an engine that was killed after an upload was intended and before its id was written down."""
    record = TransferRecord(id="killed", order=order, state=TransferState.RUNNING, position=1, submitted=time.time())
    await world.journal.add(record)
    intended = UploadRecord(
        transfer=record.id,
        section=0,
        source_key="big",
        bucket=world.buckets.b,
        key="big",
        connection="b",
        route=Route.RELAY,
        etag="unknown",
        size=SIZE,
        part_size=PART,
        began=time.time(),
    )
    await world.journal.uploads.intend(intended)
    return record.id


async def test_an_upload_known_by_half_is_aborted_and_no_other(world: World) -> None:
    body = world.put_random("big", SIZE)
    name = await killed_while_beginning(world, world.order("big", route=Route.RELAY, **PARTS))
    begun(world, "big")
    others = [begun(world, "bigger"), begun(world, "b")]
    await world.restart()
    transfer, [result] = await world.ended(name)
    assert (transfer.state, result.notes, result.problem) == (TransferState.DONE, [], None)
    assert sorted(upload["Key"] for upload in world.uploads()) == ["b", "bigger"]
    assert await asyncio.to_thread(world.content, "big") == body
    for key, upload in zip(("bigger", "b"), others, strict=True):
        world.b.abort_multipart_upload(Bucket=world.buckets.b, Key=key, UploadId=upload)


async def test_also_when_its_transfer_is_cancelled(world: World) -> None:
    world.put_random("big", SIZE)
    world.target = PartStore(world.connection_b, let=0)
    name = await killed_while_beginning(world, world.order("big", route=Route.RELAY, **PARTS))
    begun(world, "big")
    await world.restart()
    await world.queue.cancel([name])
    assert world.uploads() == []


@pytest.mark.parametrize("conflict", list(ConflictPolicy))
async def test_a_completion_whose_answer_was_lost_is_found_out(world: World, conflict: ConflictPolicy) -> None:
    """The object is there, and it is ours: nobody is asked about it, and nothing is sent again."""
    body = world.put_random("big", SIZE)
    world.target = store = UnheardOf(world.connection_b)

    async def probe(_connection: str) -> None:
        if not store.works:
            raise ProblemError(OUT)

    world.retries = Retries(probe, probes=Backoff(0.01, 0.05))
    world.queue = world.new_queue()
    options: dict[str, Any] = {**PARTS, "route": Route.RELAY, "conflict": conflict}
    name = await world.submit(world.order("big", **options))

    async def waits() -> bool:
        return (await world.transfer(name)).state is TransferState.WAITING

    await until(waits, "the transfer waits")
    assert (await world.transfer(name)).waits_for == OUT
    assert world.target_keys() == ["big"]
    assert world.uploads() == []
    store.works = True
    transfer, [result] = await world.ended(name)
    assert (transfer.state, result.outcome, result.problem) == (TransferState.DONE, Outcome.COPIED, None)
    assert store.made.total() == len(store.made) == 6
    assert transfer.bytes_done == SIZE
    assert await asyncio.to_thread(world.content, "big") == body
    await world.retries.close()


async def test_a_waiting_transfer_delays_no_other(world: World) -> None:
    world.put_random("big", SIZE)
    world.put("quick")
    world.others["c"] = world.target
    world.target = store = UnheardOf(world.connection_b)

    async def probe(_connection: str) -> None:
        if not store.works:
            raise ProblemError(OUT)

    world.retries = Retries(probe, probes=Backoff(0.01, 0.05))
    world.queue = world.new_queue()
    name = await world.submit(world.order("big", route=Route.RELAY, **PARTS))

    async def waits() -> bool:
        return (await world.transfer(name)).state is TransferState.WAITING

    await until(waits, "the transfer waits")
    assert (world.queue.needed, world.queue.unfinished) == (True, 1)
    quick = world.order("quick")
    other, _ = await world.copy(CopyOrder(quick.selection, Destination("c", quick.destination.location), quick.options))
    assert other.state is TransferState.DONE
    assert await waits()
    await world.queue.cancel([name])
    assert (await world.transfer(name)).state is TransferState.CANCELLED
    assert (world.queue.needed, world.queue.unfinished) == (False, 0)
    await world.retries.close()


async def test_a_failure_that_a_killed_engine_had_only_noted_of_its_object_is_not_forgotten(world: World) -> None:
    """What the journal holds of a transfer is kept less often than the results of its objects."""
    for key in ("p/a", "p/b"):
        world.put(key)
    order = world.order(prefixes=("p/",))
    name = secrets.token_hex(4)
    await world.journal.add(
        TransferRecord(id=name, order=order, state=TransferState.RUNNING, position=1.0, submitted=time.time())
    )
    denied = Problem(kind=ProblemKind.DENIED, title="access denied")
    failed = ObjectResult(transfer=name, source="", target="", outcome=Outcome.FAILED, size=7, problem=denied)
    world.journal.results.finish(name, 1, "p/a", failed)
    await world.restart()
    transfer, results = await world.ended(name)
    assert [result.outcome for result in results] == [Outcome.FAILED, Outcome.COPIED]
    assert (transfer.state, transfer.problem) == (TransferState.FAILED, denied)


class Shaken(Held):
    """Fails to copy once, which passes."""

    fails = True

    async def copy(
        self,
        source: Source,
        bucket: str,
        key: str,
        attributes: ObjectAttributes,
        *,
        only_new: bool = False,
        replaces: str = "",
    ) -> Stored:
        if key == "p/b":
            await self._hold("copy")
        elif self.fails:
            self.fails = False
            raise ProblemError(BROKEN)
        return await super().copy(source, bucket, key, attributes, only_new=only_new, replaces=replaces)


async def test_a_kill_costs_neither_notes_nor_retries(world: World) -> None:
    """They are on disk with the results that they come from, not with the next page of the listing."""
    world.put("p/a")
    world.put("p/b")
    world.let_b_read()
    world.buckets.set_policy_of_a(
        *grant_read(world.buckets.a, world.buckets.server.b.principal),
        deny_on_objects(world.buckets.a, "*", "s3:DeleteObject"),
    )
    world.retries = Retries(lambda _: asyncio.sleep(0), retries=Backoff(0.01, 0.01))
    world.queue = world.new_queue()
    world.target = store = Shaken(world.connection_b, "copy")
    name = await world.submit(world.order(prefixes=("p/",), move=True, route=Route.PULL))

    async def one_is_done() -> bool:
        return (await world.transfer(name)).objects_done == 1

    await until(one_is_done, "one object is done")
    await until(store.reached.is_set, "the other one is held")
    before = await world.transfer(name)
    await world.journal.flushed()
    old = await world.killed()
    world.target = Mute(world.connection_b)
    await world.queue.start()
    after = await world.transfer(name)
    store.go_on.set()
    await old.close()
    assert (before.retries, UNDELETABLE in before.notes) == (1, True)
    assert (after.retries, after.notes) == (before.retries, before.notes)
    await world.retries.close()
