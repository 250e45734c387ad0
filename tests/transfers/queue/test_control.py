"""Retry, order, limits, forgetting: what the user may change while it runs, and afterwards."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from tests.transfers.faults import BROKEN, Crowd
from tests.transfers.world import OVERWRITE, World
from tests.waiting import until
from tui.accounts.clients.connection import Connection
from tui.model.listing import Page
from tui.model.orders import Route
from tui.model.problem import ProblemError
from tui.model.transfer import Limits, Outcome, TransferState
from tui.stores.s3 import S3Store
from tui.stores.values import UNHASHED, Digests, ObjectAttributes, Stored

MIB = 1 << 20


class Refusing(S3Store):
    """PutObject of these keys fails; counts how often each key was tried."""

    def __init__(self, connection: Connection, *keys: str) -> None:
        super().__init__(connection)
        self.keys = set(keys)
        self.tried: Counter[str] = Counter()

    async def put(
        self,
        bucket: str,
        key: str,
        body: bytes,
        attributes: ObjectAttributes,
        *,
        only_new: bool = False,
        replaces: str = "",
        digests: Digests = UNHASHED,
    ) -> Stored:
        self.tried[key] += 1
        if key in self.keys:
            raise ProblemError(BROKEN)
        return await super().put(bucket, key, body, attributes, only_new=only_new, replaces=replaces, digests=digests)


class Listed(S3Store):
    """Counts the listings that were begun, by what they were to begin after."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.after: list[str] = []

    def pages(
        self, bucket: str, prefix: str, *, recursive: bool = False, start_after: str = "", etags: bool = True
    ) -> AsyncGenerator[Page, None]:
        self.after.append(start_after)
        return super().pages(bucket, prefix, recursive=recursive, start_after=start_after, etags=etags)


class Unlistable(S3Store):
    """A prefix that breaks off behind its first page, as a directory with a name that is no key does, until mended."""

    broken = True

    async def pages(
        self, bucket: str, prefix: str, *, recursive: bool = False, start_after: str = "", etags: bool = True
    ) -> AsyncGenerator[Page, None]:
        async with aclosing(
            super().pages(bucket, prefix, recursive=recursive, start_after=start_after, etags=etags)
        ) as pages:
            async for page in pages:
                yield page
        if prefix == "a/" and self.broken:
            raise ProblemError(BROKEN)


async def test_a_prefix_that_cannot_be_listed_does_not_hold_up_the_others_and_is_listed_again(world: World) -> None:
    for key in ("a/1", "b/1", "c/1"):
        world.put(key)
    world.source = source = Unlistable(world.connection_a)
    name = await world.submit(world.order(prefixes=("a/", "b/", "c/")))
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.problem, len(results)) == (TransferState.FAILED, BROKEN, 3)
    assert world.target_keys() == ["a/1", "b/1", "c/1"]
    world.put("a/2")
    source.broken = False
    await world.queue.retry(name)
    transfer, _ = await world.ended(name)
    assert (transfer.state, transfer.objects_done, transfer.objects_total) == (TransferState.DONE, 4, 4)
    assert world.target_keys() == ["a/1", "a/2", "b/1", "c/1"]


async def test_retry_tries_what_failed_and_nothing_else(world: World) -> None:
    for number in range(6):
        world.put(f"p/{number}")
    world.source = listed = Listed(world.connection_a)
    world.target = refusing = Refusing(world.connection_b, "p/1", "p/4")
    name = await world.submit(world.order(prefixes=("p/",), route=Route.RELAY))
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.objects_done, transfer.objects_failed) == (TransferState.FAILED, 4, 2)
    await world.restart()
    listed.after.clear()
    refusing.keys.discard("p/1")
    await world.queue.retry(name)
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.objects_done, transfer.objects_failed) == (TransferState.FAILED, 5, 1)
    refusing.keys.clear()
    await world.queue.retry(name)
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.objects_done, transfer.objects_failed) == (TransferState.DONE, 6, 0)
    assert (transfer.objects_total, transfer.problem, transfer.id) == (6, None, name)
    assert listed.after == []
    assert refusing.tried == {"p/0": 1, "p/1": 2, "p/2": 1, "p/3": 1, "p/4": 3, "p/5": 1}
    assert sorted(result.source[-3:] for result in results) == [f"p/{number}" for number in range(6)]


async def test_a_retry_survives_the_engine(world: World) -> None:
    for number in range(3):
        world.put(f"p/{number}")
    world.target = refusing = Refusing(world.connection_b, "p/1")
    name = await world.submit(world.order(prefixes=("p/",), route=Route.RELAY))
    await world.ended(name)
    refusing.keys.clear()
    world.target = crowd = Crowd(world.connection_b, wait=True)
    await world.queue.retry(name)
    await until(lambda: crowd.now == 1, "it is tried again")
    await world.restart()
    crowd.go_on.set()
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.objects_done) == (TransferState.DONE, 3)
    assert len(results) == 3


async def test_retrying_what_was_cancelled_resumes_where_it_was(world: World) -> None:
    for number in range(80):
        world.put(f"p/{number:02}")
    world.target = crowd = Crowd(world.connection_b, wait=True)
    name = await world.submit(world.order(prefixes=("p/",), route=Route.RELAY))
    await until(lambda: crowd.now == 32, "every place is taken")
    await world.queue.cancel([name])
    assert (await world.transfer(name)).objects_done == 0
    crowd.go_on.set()
    await world.queue.retry(name)
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.objects_done, transfer.objects_total) == (TransferState.DONE, 80, 80)
    assert len(results) == len(world.target_keys()) == 80


async def test_only_what_has_ended_is_tried_again_or_forgotten(world: World) -> None:
    world.put("k")
    world.target = crowd = Crowd(world.connection_b, wait=True)
    name = await world.submit(world.order("k", route=Route.RELAY))
    with pytest.raises(ProblemError, match="ended"):
        await world.queue.retry(name)
    with pytest.raises(ProblemError, match="ended"):
        await world.queue.forget([name])
    await world.queue.forget()
    crowd.go_on.set()
    await world.ended(name)
    await world.queue.forget()
    assert (await anext(world.queue.watch())).transfers == []
    await world.restart()
    assert (await anext(world.queue.watch())).transfers == []


async def names(world: World) -> list[str]:
    return [each.id for each in (await anext(world.queue.watch())).transfers]


async def test_the_order_is_changed_and_kept(world: World) -> None:
    world.put("k")
    a, b, c = [await world.submit(world.order("k", to=f"{number}/")) for number in range(3)]
    world.queue.move(c, a)
    assert await names(world) == [c, a, b]
    world.queue.move(c)
    assert await names(world) == [a, b, c]
    world.queue.move(a, c)
    world.queue.move(a, a)
    assert await names(world) == [b, a, c]
    with pytest.raises(ProblemError, match="no transfer"):
        world.queue.move(a, "nobody")
    await world.restart()
    assert await names(world) == [b, a, c]
    for name in (a, b, c):
        await world.ended(name)


async def test_limits_hold_from_the_first_object_on(world: World) -> None:
    """Set after the submission they would come too late: all that may be under way is by then."""
    for number in range(8):
        world.put(f"p/{number}")
    world.target = crowd = Crowd(world.connection_b)
    order = world.order(prefixes=("p/",), route=Route.RELAY, conflict=OVERWRITE.conflict)
    name = await world.queue.submit(order, Limits(objects=1))
    assert (await world.transfer(name)).limits == Limits(objects=1)
    transfer, _ = await world.ended(name)
    assert (transfer.objects_done, crowd.most) == (8, 1)
    with pytest.raises(ProblemError, match="at least 1"):
        await world.queue.submit(order, Limits(rate=0))
    assert [each.id for each in (await anext(world.queue.watch())).transfers] == [name]


async def test_how_many_objects_are_under_way_is_changed_at_once(world: World) -> None:
    for number in range(60):
        world.put(f"p/{number:02}")
    world.target = crowd = Crowd(world.connection_b, wait=True)
    world.queue.set_limits(Limits(objects=3))
    order = world.order(prefixes=("p/",), route=Route.RELAY, conflict=OVERWRITE.conflict)
    one, two = await world.submit(order), await world.submit(order)
    await until(lambda: crowd.now == 3, "three are under way, of both together")
    world.queue.set_limits(Limits(objects=12))
    await until(lambda: crowd.now == 12, "twelve are under way")
    assert (await anext(world.queue.watch())).limits == Limits(objects=12)
    world.queue.set_limits(Limits(objects=1), one)
    world.queue.set_limits(Limits())
    await until(lambda: crowd.now > 20, "the other one takes what is free")
    assert {each.limits for each in (await anext(world.queue.watch())).transfers} == {Limits(objects=1), Limits()}
    with pytest.raises(ProblemError, match="at least 1"):
        world.queue.set_limits(Limits(objects=0))
    crowd.go_on.set()
    for name in (one, two):
        transfer, _ = await world.ended(name)
        assert transfer.objects_done == 60


async def test_a_rate_is_kept_and_changed_at_once(world: World) -> None:
    """At the limit it takes the time it must; without, it ends at once where it would have taken hours."""
    for number in range(8):
        world.put_random(f"p/{number}", MIB)
    loop = asyncio.get_running_loop()
    order = world.order(prefixes=("p/",), route=Route.RELAY, conflict=OVERWRITE.conflict)
    world.queue.set_limits(Limits(rate=4 * MIB))
    began = loop.time()
    transfer, _ = await world.copy(order)
    assert transfer.objects_done == 8
    assert loop.time() - began > 0.6 * 8 / 4
    world.queue.set_limits(Limits(rate=1000))
    name = await world.submit(order)
    world.queue.set_limits(Limits(rate=1000), name)

    async def runs() -> bool:
        return (await world.transfer(name)).state is TransferState.RUNNING

    await until(runs, "it runs")
    world.queue.set_limits(Limits())
    world.queue.set_limits(Limits(), name)
    async with asyncio.timeout(30):
        transfer, results = await world.ended(name)
    assert {result.outcome for result in results} == {Outcome.COPIED}


async def test_what_passes_no_line_here_is_not_held_up_by_it(world: World) -> None:
    world.put_random("k", MIB)
    world.let_b_read()
    world.queue.set_limits(Limits(rate=1))
    async with asyncio.timeout(30):
        transfer, _ = await world.copy(world.order("k", route=Route.PULL))
    assert transfer.state is TransferState.DONE


@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_the_limits_of_all_together_are_those_of_the_next_engine_until_every_transfer_has_ended(
    world: World, how: str
) -> None:
    for number in range(8):
        world.put(f"p/{number}")
    order = world.order(prefixes=("p/",), route=Route.RELAY, conflict=OVERWRITE.conflict)
    world.target = before = Crowd(world.connection_b, wait=True)
    world.queue.set_limits(Limits(objects=1))
    name = await world.submit(order)
    await until(lambda: before.now == 1, "it runs")
    old = world.queue
    if how == "killed":
        await world.journal.flushed()
        await world.killed()
    else:
        await world.restart()
    world.target = after = Crowd(world.connection_b)
    if how == "killed":
        await world.queue.start()
    assert (await anext(world.queue.watch())).limits == Limits(objects=1)
    before.go_on.set()
    transfer, _ = await world.ended(name)
    assert (transfer.objects_done, after.most) == (8, 1)
    await old.close()
    await world.restart()
    assert (await anext(world.queue.watch())).limits == Limits()


async def test_the_limits_of_all_together_are_there_when_an_idle_engine_was_killed(world: World) -> None:
    world.queue.set_limits(Limits(rate=MIB))
    await world.journal.flushed()
    old = await world.killed()
    await world.queue.start()
    assert (await anext(world.queue.watch())).limits == Limits(rate=MIB)
    await old.close()
