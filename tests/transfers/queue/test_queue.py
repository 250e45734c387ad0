"""Many objects and many transfers side by side: in flight, fair, watched."""

import asyncio
from contextlib import aclosing

import pytest

from tests.results import unpacked
from tests.transfers.faults import Crowd
from tests.transfers.world import World
from tests.waiting import until
from tui.model.location import Location
from tui.model.orders import ConflictPolicy, CopyOptions, CopyOrder, Destination, Route
from tui.model.problem import ProblemError, ProblemKind
from tui.model.transfer import Outcome, TransferState
from tui.transfers.limits.bounds import TransferLimits

MIB = 1 << 20


async def test_many_small_objects_are_in_flight_at_once(world: World) -> None:
    for number in range(80):
        world.put(f"p/{number:02}")
    world.target = crowd = Crowd(world.connection_b, wait=True)
    copy = await world.submit(world.order(prefixes=("p/",), route=Route.RELAY, conflict=ConflictPolicy.OVERWRITE))
    await until(lambda: crowd.now == TransferLimits().first_objects, "every place is taken")
    crowd.go_on.set()
    transfer, _ = await world.ended(copy)
    assert transfer.objects_done == 80
    assert crowd.most >= TransferLimits().first_objects


async def test_a_blocked_transfer_does_not_delay_another(world: World) -> None:
    for number in range(40):
        world.put(f"slow/{number:02}")
    world.put("quick")
    normal = world.target
    world.target = crowd = Crowd(world.connection_b, wait=True)
    slow = await world.submit(world.order(prefixes=("slow/",), route=Route.RELAY))
    await until(lambda: crowd.now == TransferLimits().first_objects, "every place is taken")
    world.target = normal
    async with asyncio.timeout(10):
        transfer, _ = await world.copy(world.order("quick"))
    assert transfer.state is TransferState.DONE
    crowd.go_on.set()
    transfer, _ = await world.ended(slow)
    assert transfer.objects_done == 40


async def test_relayed_bodies_in_memory_are_bounded(world: World) -> None:
    world.queue = world.new_queue(TransferLimits(memory=16 * MIB))
    for number in range(3):
        world.put_random(f"p/{number}", 20 * MIB)
    for number in range(10):
        world.put_random(f"p/small{number}", 3 * MIB)
    world.target = crowd = Crowd(world.connection_b)
    transfer, _ = await world.copy(world.order(prefixes=("p/",), route=Route.RELAY, part_size=5 * MIB))
    assert transfer.state is TransferState.DONE
    assert 8 * MIB <= crowd.most_bytes <= 16 * MIB


async def test_watching_shows_the_copy_grow_and_then_falls_silent(world: World) -> None:
    for number in range(200):
        world.put(f"p/{number:03}")
    async with aclosing(world.queue.watch()) as snapshots:
        assert (await anext(snapshots)).transfers == []
        name = await world.submit(world.order(prefixes=("p/",)))
        seen = []
        async for snapshot in snapshots:
            [transfer] = snapshot.transfers
            seen.append(transfer)
            if transfer.state.ended:
                break
        assert transfer.id == name
        assert [each.objects_done for each in seen] == sorted(each.objects_done for each in seen)
        assert (transfer.objects_done, transfer.objects_total, transfer.rate) == (200, 200, 0)
        assert transfer.source == f"s3://{world.buckets.a}/p/"
        following = asyncio.ensure_future(anext(snapshots))
        await asyncio.wait([following], timeout=1.5)
        assert not following.done()
        following.cancel()
        await asyncio.wait([following])


async def test_an_order_that_makes_no_sense_is_refused_at_once(world: World) -> None:
    world.put("k")
    world.target = world.source
    same = world.order("k")
    with pytest.raises(ProblemError) as refused:
        await world.submit(CopyOrder(same.selection, Destination("a", same.selection.base)))
    assert refused.value.problem.kind is ProblemKind.INVALID
    with pytest.raises(ProblemError, match="part size"):
        await world.submit(CopyOrder(same.selection, same.destination, CopyOptions(part_size=1)))
    assert (await anext(world.queue.watch())).transfers == []


async def test_a_missing_target_bucket_fails_the_transfer(world: World) -> None:
    world.put("k")
    asked = world.order("k")
    nowhere = CopyOrder(asked.selection, Destination("b", Location("no-such-bucket-here")), asked.options)
    transfer, results = await world.copy(nowhere)
    assert transfer.state is TransferState.FAILED
    assert transfer.problem
    assert transfer.problem.kind is ProblemKind.NO_SUCH_BUCKET
    assert results == []


async def test_a_listing_that_is_denied_fails_the_transfer(world: World) -> None:
    world.put("p/k")
    world.source = world.target  # B may not list A's bucket
    transfer, results = await world.copy(world.order(prefixes=("p/",)))
    assert transfer.state is TransferState.FAILED
    assert transfer.problem
    assert transfer.problem.kind is ProblemKind.DENIED
    assert results == []


async def test_results_are_there_for_late_watchers(world: World) -> None:
    world.put("k")
    name = await world.submit(world.order("k"))
    await world.ended(name)
    async with aclosing(unpacked(world.queue.results(name))) as results:
        assert [result.outcome async for result in results] == [Outcome.COPIED]


async def test_an_unknown_transfer(world: World) -> None:
    with pytest.raises(ProblemError, match="no transfer"):
        world.queue.results("nobody")
    with pytest.raises(ProblemError, match="no transfer"):
        await world.queue.cancel(["nobody"])


async def test_ended_transfers_are_forgotten_in_the_end(world: World) -> None:
    world.queue = world.new_queue(TransferLimits(kept_transfers=2))
    world.put("k")
    names = [(await world.copy(world.order("k", to=f"{number}/")))[0].id for number in range(4)]
    assert [each.id for each in (await anext(world.queue.watch())).transfers] == names[-2:]
