"""A transfer that is put down keeps its upload, and is taken up where it was: no finished part is made again."""

import asyncio
import errno
from typing import Any

import pytest

from tests.transfers.faults import Held
from tests.transfers.parted import PartStore
from tests.transfers.queue.test_cancel import others
from tests.transfers.world import World
from tests.waiting import until
from tui.model.orders import Route
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import Outcome, Transfer, TransferState, Verification
from tui.stores.values import IncompleteUpload

MIB = 1 << 20
PART = 5 * MIB
PARTS: dict[str, Any] = {"multipart_threshold": PART, "part_size": PART}
SIZE = 6 * PART - 17


async def half_way(world: World, route: Route) -> tuple[str, PartStore, bytes]:
    """A copy of six parts of which two are made and the others stand; its name, its store and its content."""
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


@pytest.mark.parametrize("route", [Route.RELAY, Route.PULL])
async def test_a_pause_in_the_middle(world: World, route: Route) -> None:
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


async def test_a_full_disk_does_not_hold_up_a_pause_and_the_id_of_the_upload_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put_random("big", SIZE)
    world.target = store = Held(world.connection_b, "create_upload")
    name = await world.submit(world.order("big", route=Route.RELAY, **PARTS))
    await until(store.reached.is_set, "an upload is being begun")
    with monkeypatch.context() as full:
        full.setattr(world.journal._file._writer, "_commit", refuse)  # no real disk fills up at this very moment
        pausing = asyncio.create_task(world.queue.pause([name]))
        store.go_on.set()
        await asyncio.wait_for(pausing, 10)
        assert (await world.transfer(name)).state is TransferState.PAUSED
    await until(lambda: world.journal.trouble is None, "it can be written again")
    [upload] = world.uploads()
    assert [each.upload for each in await world.journal.uploads.of(name)] == [upload["UploadId"]]
    await world.queue.resume([name])
    transfer, _ = await world.ended(name)
    assert transfer.state is TransferState.DONE
    assert world.uploads() == []


class NotLooking(Held):
    """Nobody may list uploads: what is known of them is known here or nowhere."""

    async def uploads(self, bucket: str, prefix: str = "") -> list[IncompleteUpload]:
        raise ProblemError(
            Problem(
                kind=ProblemKind.DENIED,
                title="access denied: s3:ListBucketMultipartUploads",
                resource=f"{bucket}/{prefix}",
            )
        )


async def test_an_upload_whose_id_could_not_be_written_is_aborted_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paused and then cancelled while the disk is full, by an identity that may not look for the upload."""
    world.put_random("big", SIZE)
    world.target = store = NotLooking(world.connection_b, "create_upload")
    name = await world.submit(world.order("big", route=Route.RELAY, **PARTS))
    await until(store.reached.is_set, "an upload is being begun")
    with monkeypatch.context() as full:
        full.setattr(world.journal._file._writer, "_commit", refuse)  # no real disk fills up at this very moment
        pausing = asyncio.create_task(world.queue.pause([name]))
        store.go_on.set()
        await asyncio.wait_for(pausing, 10)
        assert len(world.uploads()) == 1
        cancelling = asyncio.create_task(world.queue.cancel([name]))
        await until(lambda: world.uploads() == [], "the upload is aborted")
    await cancelling
    transfer, _ = await world.ended(name)
    assert (transfer.state, transfer.notes) == (TransferState.CANCELLED, [])


def refuse(*, probe: bool) -> None:
    raise OSError(errno.ENOSPC, f"no space left (probe: {probe})")


async def test_the_bytes_of_an_object_that_disappeared_do_not_count(world: World) -> None:
    world.put_random("p/big", SIZE)
    world.put("p/small")
    world.target = store = PartStore(world.connection_b, let=2)
    name = await world.submit(world.order(prefixes=("p/",), route=Route.RELAY, **PARTS))
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


@pytest.mark.parametrize("route", [Route.RELAY, Route.PULL])
async def test_another_engine_takes_it_up(world: World, route: Route) -> None:
    name, store, body = await half_way(world, route)
    await world.restart()
    assert world.queue.needed
    assert (await world.transfer(name)).bytes_done == 2 * PART
    await until(lambda: store.blocked > 0, "the others stand again")
    assert (await world.transfer(name)).bytes_done == 2 * PART
    transfer = await ended_well(world, name, store, body)
    assert transfer.route is route
    assert store.made.total() == len(store.made) == 6


async def test_what_was_paused_stays_so(world: World) -> None:
    name, store, body = await half_way(world, Route.RELAY)
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


async def test_the_evidence_is_the_same_as_without_a_pause(world: World) -> None:
    name, store, _ = await half_way(world, Route.RELAY)
    await world.restart()
    store.go_on.set()
    _, [result] = await world.ended(name)
    whole, [other] = await world.copy(world.order("big", to="again/", route=Route.RELAY, **PARTS))
    assert (result.verification, result.evidence) == (other.verification, other.evidence)
    assert result.verification is Verification.SAME
    assert whole.state is TransferState.DONE


async def test_closing_puts_everything_down(world: World) -> None:
    name, store, body = await half_way(world, Route.RELAY)
    watching = world.queue.watch()
    seen = [await anext(watching)]
    await world.queue.close()
    seen += [snapshot async for snapshot in watching]  # none, if nothing has changed since
    last = seen[-1]
    assert [(each.id, each.state, each.route) for each in last.transfers] == [
        (name, TransferState.RUNNING, Route.RELAY)
    ]
    assert len(world.uploads()) == 1
    await world.restart()
    await ended_well(world, name, store, body)


async def test_cancelled_while_it_is_paused(world: World) -> None:
    name, _, _ = await half_way(world, Route.RELAY)
    await world.queue.pause([name])
    await world.restart()
    await world.queue.cancel([name])
    assert world.uploads() == []
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.bytes_done, results) == (TransferState.CANCELLED, 0, [])
    await world.restart()
    assert (await world.transfer(name)).state is TransferState.CANCELLED


async def test_many_objects_are_each_copied_once(world: World) -> None:
    """Stopped and taken up again and again, nothing is missing, nothing is counted twice, nothing is asked about."""
    keys = [f"p/{number:03}" for number in range(150)]
    for key in keys:
        world.put(key, key.encode())
    name = await world.submit(world.order(prefixes=("p/",), route=Route.RELAY))
    for least in (20, 60, 100):

        async def so_many(least: int = least) -> bool:
            return (await world.transfer(name)).objects_done >= least

        await until(so_many, f"{least} objects are copied")
        await world.restart()
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.objects_done, transfer.objects_total) == (TransferState.DONE, 150, 150)
    assert sorted(result.source.rpartition("/p/")[2] for result in results) == [key[2:] for key in keys]
    assert {result.outcome for result in results} == {Outcome.COPIED}
    assert transfer.bytes_done == transfer.bytes_total == sum(map(len, keys))
    assert {key: world.content(key) for key in world.target_keys()} == {key: key.encode() for key in keys}
