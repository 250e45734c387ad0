"""Cancel works at any moment, returns when nothing is left, and leaves no upload."""

import asyncio

import pytest

from tests.results import unpacked
from tests.transfers.faults import Held
from tests.transfers.world import World
from tui.model.orders import Route
from tui.model.transfer import Outcome, TransferState

MIB = 1 << 20


def others() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()}


@pytest.mark.parametrize(
    ("route", "operation"),
    [
        (Route.RELAY, "create_upload"),
        (Route.RELAY, "upload_part"),
        (Route.PULL, "create_upload"),
        (Route.PULL, "copy_part"),
    ],
)
async def test_in_the_middle_of_an_object(world: World, route: Route, operation: str) -> None:
    world.put_random("big", 16 * MIB)
    world.let_b_read()
    world.target = held = Held(world.connection_b, operation)
    before = others()
    name = await world.submit(world.order("big", route=route, multipart_threshold=5 * MIB, part_size=5 * MIB))
    await held.reached.wait()
    assert len(world.uploads()) == 1
    cancelling = asyncio.create_task(world.queue.cancel([name]))
    await asyncio.wait([cancelling], timeout=0 if operation == "create_upload" else 10)
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


async def test_among_many_objects(world: World) -> None:
    for number in range(100):
        world.put(f"p/{number:03}")
    name = await world.submit(world.order(prefixes=("p/",), route=Route.RELAY))
    results = unpacked(world.queue.results(name))
    await anext(results)
    await world.queue.cancel([name])
    rest = [result async for result in results]
    transfer = await world.transfer(name)
    assert transfer.state is TransferState.CANCELLED
    copied = 1 + sum(result.outcome is Outcome.COPIED for result in rest)
    assert transfer.objects_done == copied < 100
    assert len(world.target_keys()) >= copied
