"""A transfer that is put down keeps its upload and is taken up where it was; one that is cancelled leaves none."""

import asyncio
import errno
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any

import pytest

from tests.servers.policies import deny_on_objects
from tests.servers.proxy.faults import Answer, Rule
from tests.servers.proxy.proxy import FaultProxy
from tests.transfers.world import BROKEN, OUT, PARTS, Crowd, Held, Mute, PartStore, UnheardOf, World, failing
from tests.waiting import until
from tui.core.location import Location
from tui.core.naming import MIB
from tui.core.orders import ConflictPolicy, CopyOrder, CopyRoute, Destination
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Limits, ObjectResult, Outcome, Transfer, TransferState, VerificationOutcome
from tui.features.uploads.engine import abort_uploads, incomplete_uploads
from tui.features.uploads.values import ListedUpload
from tui.stores.store_values import CopySource, WriteResult
from tui.transfers.backoff import Backoff
from tui.transfers.copy.attempt import CHANGED
from tui.transfers.copy.moves import UNDELETABLE
from tui.transfers.journal import TransferRecord, UploadRecord
from tui.transfers.limits import TransferLimits
from tui.transfers.retries import Retries

PART = 5 * MIB
SIZE = 6 * PART - 17


async def half_way(world: World, route: CopyRoute) -> tuple[str, PartStore, bytes]:
    body = world.put_random("big", SIZE)
    world.let_b_read()
    world.target = store = PartStore(world.connection_b, let=2)
    name = await world.submit(world.order("big", route=route, **PARTS))
    await until(lambda: store.stands, "two parts are made")
    return name, store, body


async def ended_well(world: World, name: str, store: PartStore, body: bytes) -> Transfer:
    store.go_on.set()
    transfer, [result] = await world.ended(name)
    assert (transfer.state, result.outcome, result.problem) == (TransferState.DONE, Outcome.COPIED, None)
    assert transfer.bytes_done == transfer.bytes_total == len(body)
    assert (transfer.objects_done, transfer.objects_total) == (1, 1)
    assert await asyncio.to_thread(world.content, "big") == body
    assert await world.journal.uploads.of(name) == []
    return transfer


@pytest.mark.parametrize("route", [CopyRoute.RELAY, CopyRoute.PULL])
async def test_a_pause_in_the_middle(world: World, route: CopyRoute) -> None:
    before = others()
    name, store, body = await half_way(world, route)
    await world.queue.pause([name])
    assert others() <= before
    assert store.blocked == 0
    paused = await world.transfer(name)
    assert (paused.state, paused.bytes_done, paused.rate) == (TransferState.PAUSED, 2 * PART, 0)
    assert not world.queue.needed
    assert len(world.uploads()) == 1
    await world.queue.resume([name])
    transfer = await ended_well(world, name, store, body)
    assert store.made.total() == len(store.made) == 6
    _, [result] = await world.ended(name)
    assert (transfer.notes, result.notes) == ([], []), "nothing was copied before"


@contextmanager
def full_disk(world: World) -> Iterator[None]:
    """The journal cannot be written: no real disk fills up at just that moment."""

    def refuse(*, probe: bool) -> None:
        raise OSError(errno.ENOSPC, f"no space left (probe: {probe})")

    with pytest.MonkeyPatch.context() as full:
        full.setattr(world.journal._writer, "_commit", refuse)
        yield


async def paused_on_a_full_disk(world: World, store: Held, name: str) -> None:
    """Pause a copy that begins an upload, whose id cannot be written down."""
    pausing = asyncio.create_task(world.queue.pause([name]))
    store.go_on.set()
    await pausing
    assert (await world.transfer(name)).state is TransferState.PAUSED


async def beginning(world: World, store: Held) -> str:
    """A copy that is about to hear of the upload that it begins."""
    world.put_random("big", SIZE)
    world.target = store
    name = await world.submit(world.order("big", route=CopyRoute.RELAY, **PARTS))
    await store.reached.wait()
    return name


async def test_a_full_disk_does_not_hold_up_a_pause_and_the_id_of_the_upload_is_kept(world: World) -> None:
    store = Held(world.connection_b, "create_upload")
    name = await beginning(world, store)
    with full_disk(world):
        await paused_on_a_full_disk(world, store, name)
    await until(lambda: world.journal.trouble is None, "it can be written again")
    [upload] = world.uploads()
    assert [each.upload for each in await world.journal.uploads.of(name)] == [upload["UploadId"]]
    await world.queue.resume([name])
    transfer, _ = await world.ended(name)
    assert transfer.state is TransferState.DONE
    assert world.uploads() == []


async def test_an_upload_whose_id_could_not_be_written_is_aborted_all_the_same(world: World) -> None:
    """Paused and then cancelled while the disk is full, by an identity that may not look for the upload."""
    store = Held(world.connection_b, "create_upload")
    failing(store, "uploads", Problem(ProblemKind.DENIED, "access denied: s3:ListBucketMultipartUploads"))
    name = await beginning(world, store)
    with full_disk(world):
        await paused_on_a_full_disk(world, store, name)
        assert len(world.uploads()) == 1
        cancelling = asyncio.create_task(world.queue.cancel([name]))
        await until(lambda: world.uploads() == [], "the upload is aborted")
    await cancelling
    transfer, _ = await world.ended(name)
    assert (transfer.state, transfer.notes) == (TransferState.CANCELLED, [])


async def test_running_objects_end_and_nothing_is_begun_while_the_disk_is_full(world: World) -> None:
    """It is said why, and resumes automatically."""
    world.put_many(100)
    world.target = crowd = Crowd(world.connection_b, wait=True)
    order = world.order(prefixes=("p/",), route=CopyRoute.RELAY, conflict=ConflictPolicy.SKIP)
    name = await world.submit(order)
    await until(lambda: crowd.now == TransferLimits().first_objects, "every place is taken")
    with full_disk(world):
        crowd.go_on.set()
        crowd.go_on.clear()  # only those that stand there go on: the journal may take longer than all hundred
        await until(lambda: world.journal.trouble is not None, "the journal is in trouble")
        crowd.go_on.set()
        waiting = await world.until(name, "the transfer waits", waits)
        await until(lambda: crowd.now == 0, "what was under way has ended")
        assert waiting.waits_for
        assert waiting.waits_for.kind is ProblemKind.JOURNAL
        assert (await world.transfer(name)).objects_done < 100
        with pytest.raises(ProblemError, match="the journal cannot be written"):
            await world.submit(order)
        await world.queue.pause()
        assert (await world.transfer(name)).state is TransferState.PAUSED
        await world.queue.resume()
        await world.until(name, "it waits again", waits)
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.objects_done, transfer.problem) == (TransferState.DONE, 100, None)
    assert {result.outcome for result in results} == {Outcome.COPIED}
    assert len([each async for each in world.journal.results.of(name)]) == 100


async def test_a_queue_ends_although_its_journal_takes_nothing_more(world: World) -> None:
    await world.journal.close()
    await world.queue.close()
    assert [len(each.transfers) async for each in world.queue.watch()] == [0], "watchers get their end, too"


async def test_the_bytes_of_an_object_that_disappeared_do_not_count(world: World) -> None:
    world.put_random("p/big", SIZE)
    world.put("p/small")
    world.target = store = PartStore(world.connection_b, let=2)
    name = await world.submit(world.order(prefixes=("p/",), route=CopyRoute.RELAY, **PARTS))
    await until(lambda: store.stands, "two parts are made")
    await world.queue.pause([name])
    await asyncio.to_thread(world.a.delete_object, Bucket=world.buckets.a, Key="p/big")
    store.go_on.set()
    await world.queue.resume([name])
    transfer, [result] = await world.ended(name)
    assert transfer.state is TransferState.DONE
    assert transfer.bytes_done == transfer.bytes_total == result.size
    assert (transfer.objects_done, transfer.objects_total) == (1, 1)
    assert world.uploads() == []


@pytest.mark.parametrize("route", [CopyRoute.RELAY, CopyRoute.PULL])
async def test_another_engine_takes_it_up(world: World, route: CopyRoute) -> None:
    name, store, body = await half_way(world, route)
    await world.restart()
    assert world.queue.needed
    assert (await world.transfer(name)).bytes_done == 2 * PART
    await until(lambda: store.blocked > 0, "the others stand again")
    assert (await world.transfer(name)).bytes_done == 2 * PART
    assert (await ended_well(world, name, store, body)).route is route
    assert store.made.total() == len(store.made) == 6
    _, [result] = await world.ended(name)
    _, [at_once] = await world.copy(world.order("big", to="at once/", route=route, **PARTS))
    assert (result.verification, result.evidence) == (at_once.verification, at_once.evidence)


async def test_what_was_paused_stays_so(world: World) -> None:
    name, store, body = await half_way(world, CopyRoute.RELAY)
    await world.queue.pause()
    await world.restart()
    paused = await world.transfer(name)
    assert (paused.state, paused.bytes_done, paused.source_identity) == (
        TransferState.PAUSED,
        2 * PART,
        world.source.label,
    )
    await world.queue.resume()
    await ended_well(world, name, store, body)


async def test_closing_puts_everything_down(world: World) -> None:
    name, store, body = await half_way(world, CopyRoute.RELAY)
    watching = world.queue.watch()
    seen = [await anext(watching)]
    await world.queue.close()
    seen += [snapshot async for snapshot in watching]  # none, if nothing has changed since
    assert [(each.id, each.state, each.route) for each in seen[-1].transfers] == [
        (name, TransferState.RUNNING, CopyRoute.RELAY)
    ]
    assert len(world.uploads()) == 1
    await world.restart()
    await ended_well(world, name, store, body)


async def test_cancelled_while_it_is_paused(world: World) -> None:
    name, _, _ = await half_way(world, CopyRoute.RELAY)
    await world.queue.pause([name])
    await world.restart()
    await world.queue.cancel([name])
    assert world.uploads() == []
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.bytes_done, results) == (TransferState.CANCELLED, 0, [])
    await world.restart()
    assert (await world.transfer(name)).state is TransferState.CANCELLED


def send(world: World, number: int, body: bytes) -> None:
    [upload] = world.uploads()
    part = body[(number - 1) * PART : number * PART]
    world.b.upload_part(Bucket=world.buckets.b, Key="big", UploadId=upload["UploadId"], PartNumber=number, Body=part)


async def after_a_pause(world: World, do: Callable[[bytes], object]) -> tuple[PartStore, Transfer, ObjectResult]:
    """Something happens while a copy of which two parts are made is paused; how it ended."""
    name, store, body = await half_way(world, CopyRoute.RELAY)
    await world.queue.pause([name])
    await asyncio.to_thread(do, body)
    store.go_on.set()
    await world.queue.resume([name])
    transfer, [result] = await world.ended(name)
    return store, transfer, result


async def test_a_changed_source_is_copied_again(world: World) -> None:
    store, transfer, result = await after_a_pause(world, lambda _: world.put_random("big", SIZE))
    assert (transfer.state, result.problem) == (TransferState.DONE, None)
    assert CHANGED in result.notes
    assert await asyncio.to_thread(world.content, "big") == await asyncio.to_thread(world.source_content, "big")
    assert store.made.total() == 8
    old = next(iter(store.made))[0]
    assert {number for upload, number in store.made if upload == old} == {1, 2}
    assert transfer.bytes_done == SIZE


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("belongs_there", "made"), [(True, [1, 2, 3, 5, 6]), (False, [1, 2, 3, 4, 5, 6])], ids=["the right one", "another"]
)
async def test_a_part_that_only_the_server_knows_is_not_sent_again_if_it_belongs_there(
    world: World, *, belongs_there: bool, made: list[int]
) -> None:
    store, _, result = await after_a_pause(
        world, lambda body: send(world, 4, body if belongs_there else secrets.token_bytes(SIZE))
    )
    assert result.verification is VerificationOutcome.SAME
    assert sorted(number for _, number in store.made) == made
    assert await asyncio.to_thread(world.content, "big") == await asyncio.to_thread(world.source_content, "big")


async def test_a_part_that_the_journal_knows_is_made_again_where_the_server_has_none(world: World) -> None:
    def abort(_: bytes) -> None:
        [old] = world.uploads()
        world.b.abort_multipart_upload(Bucket=world.buckets.b, Key="big", UploadId=old["UploadId"])

    store, transfer, result = await after_a_pause(world, abort)
    assert (transfer.state, result.verification) == (TransferState.DONE, VerificationOutcome.SAME)
    assert store.made.total() == 8
    assert await asyncio.to_thread(world.content, "big") == await asyncio.to_thread(world.source_content, "big")


async def test_a_source_that_is_gone_leaves_no_upload(world: World) -> None:
    _, transfer, result = await after_a_pause(world, lambda _: world.a.delete_object(Bucket=world.buckets.a, Key="big"))
    assert (transfer.state, result.outcome) == (TransferState.FAILED, Outcome.FAILED)
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
        route=CopyRoute.RELAY,
        etag="unknown",
        size=SIZE,
        part_size=PART,
        began=time.time(),
    )
    await world.journal.uploads.intend(intended)
    return record.id


async def test_an_upload_known_by_half_is_aborted_and_no_other(world: World) -> None:
    body = world.put_random("big", SIZE)
    name = await killed_while_beginning(world, world.order("big", route=CopyRoute.RELAY, **PARTS))
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
    name = await killed_while_beginning(world, world.order("big", route=CopyRoute.RELAY, **PARTS))
    begun(world, "big")
    await world.restart()
    await world.queue.cancel([name])
    assert world.uploads() == []


def unheard_of(world: World) -> UnheardOf:
    """The target of a world from now on."""
    world.target = store = UnheardOf(world.connection_b)
    world.retries = store.retries
    world.queue = world.new_queue()
    return store


def waits(transfer: Transfer) -> bool:
    return transfer.state is TransferState.WAITING


@pytest.mark.thorough
@pytest.mark.parametrize("conflict", list(ConflictPolicy))
async def test_a_completion_whose_answer_was_lost_is_found_out(world: World, conflict: ConflictPolicy) -> None:
    """The object is there, and it is ours: nobody is asked about it, and nothing is sent again."""
    body = world.put_random("big", SIZE)
    store = unheard_of(world)
    options: dict[str, Any] = {**PARTS, "route": CopyRoute.RELAY, "conflict": conflict}
    name = await world.submit(world.order("big", **options))
    assert (await world.until(name, "the transfer waits", waits)).waits_for == OUT
    assert world.target_keys() == ["big"]
    assert world.uploads() == []
    store.works = True
    transfer, [result] = await world.ended(name)
    assert (transfer.state, result.outcome, result.problem) == (TransferState.DONE, Outcome.COPIED, None)
    assert store.made.total() == len(store.made) == 6
    assert transfer.bytes_done == SIZE
    assert await asyncio.to_thread(world.content, "big") == body
    await store.retries.health.close()


async def test_a_waiting_transfer_delays_no_other(world: World) -> None:
    world.put_random("big", SIZE)
    world.put("quick")
    world.others["c"] = world.target
    store = unheard_of(world)
    name = await world.submit(world.order("big", route=CopyRoute.RELAY, **PARTS))
    await world.until(name, "the transfer waits", waits)
    assert (world.queue.needed, world.queue.unfinished) == (True, 1)
    quick = world.order("quick")
    other, _ = await world.copy(CopyOrder(quick.selection, Destination("c", quick.destination.location), quick.options))
    assert other.state is TransferState.DONE
    assert waits(await world.transfer(name))
    await world.queue.cancel([name])
    assert (await world.transfer(name)).state is TransferState.CANCELLED
    assert (world.queue.needed, world.queue.unfinished) == (False, 0)
    await store.retries.health.close()


async def test_a_failure_that_a_killed_engine_had_only_noted_of_its_object_is_not_forgotten(world: World) -> None:
    """What the journal holds of a transfer is kept less often than the results of its objects."""
    world.put_each("p/a", "p/b")
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

    async def copy(self, source: CopySource, bucket: str, key: str, *rest: Any, **more: Any) -> WriteResult:
        if key == "p/b":
            await self.hold("copy")
        elif self.fails:
            self.fails = False
            raise ProblemError(BROKEN)
        return await super().copy(source, bucket, key, *rest, **more)


async def test_a_kill_costs_neither_notes_nor_retries(world: World) -> None:
    """They are on disk with the results that they come from, not with the next page of the listing."""
    world.put_each("p/a", "p/b")
    world.let_b_read()
    world.let_b_read(deny_on_objects(world.buckets.a, "*", "s3:DeleteObject"))
    world.retries = Retries(lambda _: asyncio.sleep(0), retries=Backoff(0.01, 0.01))
    world.queue = world.new_queue()
    world.target = store = Shaken(world.connection_b, "copy")
    name = await world.submit(world.order(prefixes=("p/",), move=True, route=CopyRoute.PULL))
    await store.reached.wait()
    before = await world.until(name, "one object is done", lambda now: now.objects_done == 1)
    await world.journal.flushed()
    old = await world.killed()
    world.target = Mute(world.connection_b)
    await world.queue.start()
    after = await world.transfer(name)
    store.go_on.set()
    await old.close()
    assert (before.retries, UNDELETABLE in before.notes) == (1, True)
    assert (after.retries, after.notes) == (before.retries, before.notes)
    await world.retries.health.close()


def others() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("route", "operation"),
    [
        (CopyRoute.RELAY, "create_upload"),
        (CopyRoute.RELAY, "upload_part"),
        (CopyRoute.PULL, "create_upload"),
        (CopyRoute.PULL, "copy_part"),
    ],
)
async def test_in_the_middle_of_an_object(world: World, route: CopyRoute, operation: str) -> None:
    world.put_random("big", 16 * MIB)
    world.let_b_read()
    world.target = held = Held(world.connection_b, operation)
    before = others()
    name = await world.submit(world.order("big", route=route, **PARTS))
    await held.reached.wait()
    assert len(world.uploads()) == 1
    cancelling = asyncio.create_task(world.queue.cancel([name]))
    if operation == "create_upload":  # whose answer is waited for: the upload has no name before it
        await asyncio.sleep(0)
    else:
        await cancelling
    held.go_on.set()
    await cancelling
    assert world.uploads() == []
    transfer, results = await world.ended(name)
    assert transfer.state is TransferState.CANCELLED
    assert [result.outcome for result in results] == [Outcome.CANCELLED]
    assert transfer.bytes_done == 0
    assert world.target_keys() == []
    assert others() <= before


async def test_again_and_at_once(world: World) -> None:
    world.put("k")
    name = await world.submit(world.order("k"))
    await asyncio.gather(world.queue.cancel([name]), world.queue.cancel([name]))
    await world.queue.cancel([name])
    transfer, results = await world.ended(name)
    assert transfer.state is TransferState.CANCELLED
    assert results == []
    assert world.target_keys() == []


async def found(world: World) -> list[ListedUpload]:
    location = Location(world.buckets.b)
    active = world.queue.active_uploads()
    known = await world.queue.journal.uploads.known_ids(world.buckets.b)
    async with aclosing(incomplete_uploads(world.target, location, known, active)) as lists:
        everything = [each async for each in lists]
    assert [upload.upload for upload in everything[0]] == [upload.upload for upload in everything[-1]]
    return everything[-1]


async def test_one_that_a_transfer_needs_is_ours_and_in_use(world: World) -> None:
    world.put_random("large", 12 * MIB)
    world.queue.set_limits(Limits(rate=MIB))
    name = await world.queue.submit(world.order("large", route=CopyRoute.RELAY, part_size=5 * MIB))
    await until(lambda: bool(world.queue.active_uploads()), "its upload has begun")
    await world.queue.pause([name])
    (one,) = await found(world)
    assert one.ours
    assert one.active
    problems = await abort_uploads(world.target, [one], world.queue.active_uploads())
    assert problems[one.upload].kind is ProblemKind.INVALID
    assert "in use" in problems[one.upload].title
    assert len(world.uploads()) == 1
    await world.queue.cancel([name])
    assert world.uploads() == []


async def test_a_wrong_clock_is_not_taken_for_a_missing_right(proxied: World, proxy: FaultProxy) -> None:
    proxied.put_random("k", 6 * MIB)
    proxy.rules.append(Rule(Answer(403, "RequestTimeTooSkewed"), ("UploadPart", "AbortMultipartUpload")))
    transfer, [result] = await proxied.copy(proxied.order("k", route=CopyRoute.RELAY, **PARTS))
    for upload in proxied.uploads():
        proxied.b.abort_multipart_upload(Bucket=proxied.buckets.b, Key="k", UploadId=upload["UploadId"])
    assert transfer.state is TransferState.FAILED
    [note] = [note for note in result.notes if "is left at the target" in note]
    assert "set the clock" in note
    assert "is not allowed to abort" not in note
    assert "bucket owner" not in note
