"""A source that somebody writes while it is moved: what was written last is never lost, or it was said before."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.servers.proxy.faults import Answer, Meanwhile, Rule
from tests.servers.proxy.messages import Request
from tests.servers.proxy.proxy import FaultProxy
from tests.servers.server import Feature
from tests.transfers.moves.test_moves import source_keys
from tests.transfers.world import World
from tests.waiting import until
from tui.model.location import LOCAL_BUCKET, Location
from tui.model.orders import Route
from tui.model.plan import PlannedObject
from tui.model.transfer import Outcome
from tui.stores.local import LocalStore
from tui.transfers.copy import move_source as removing
from tui.transfers.plan.dry_run import dry_run


def source(world: World, key: str) -> bytes:
    body: bytes = world.a.get_object(Bucket=world.buckets.a, Key=key)["Body"].read()
    return body


def write_before(proxy: FaultProxy, world: World, operation: str, key: str, body: bytes) -> Rule:
    """Somebody writes the source just before this request reaches the server, in a later second than the one before."""

    async def write(_: Request) -> None:
        written = (await world.source.head(world.buckets.a, key)).modified
        await until(lambda: time.time() > written + 1.1, "another second has begun")
        await asyncio.to_thread(world.put, key, body)

    rule = Rule(Meanwhile(before=write), (operation,), key=key, times=1)
    proxy.rules.append(rule)
    return rule


@pytest.mark.parametrize("route", [Route.PULL, Route.RELAY])
async def test_what_is_written_just_before_the_deletion_stays(proxied: World, proxy: FaultProxy, route: Route) -> None:
    proxied.let_b_read()
    proxied.put("first", b"makes known what the server does")
    await proxied.copy(proxied.order("first", move=True))
    proxied.put("k", b"old")
    written = write_before(proxy, proxied, "DeleteObject", "k", b"new")
    _, [result] = await proxied.copy(proxied.order("k", route=route, move=True))
    assert written.taken == 1
    assert (result.outcome, removing.CHANGED in result.notes) == (Outcome.COPIED, True)
    assert (source(proxied, "k"), proxied.content("k")) == (b"new", b"old")
    assert await proxied.journal.deletes.of(result.transfer) == []


async def test_the_very_first_deletion_is_safe_too(proxied: World, proxy: FaultProxy) -> None:
    proxied.put("k", b"old")
    assert proxied.source.honors_delete_condition is None
    write_before(proxy, proxied, "DeleteObject", "k", b"new")
    _, [result] = await proxied.copy(proxied.order("k", move=True))
    assert (result.outcome, source(proxied, "k")) == (Outcome.COPIED, b"new")
    assert proxied.source.honors_delete_condition is None, "it was the object that had changed"


async def test_what_a_server_does_is_known_after_the_first_deletion(proxied: World, proxy: FaultProxy) -> None:
    for key in ("a", "b", "c"):
        proxied.put(key)
    _, results = await proxied.copy(proxied.order("a", "b", "c", move=True))
    assert {result.outcome for result in results} == {Outcome.MOVED}
    honors = Feature.DELETE_IF_MATCH in proxied.buckets.server.features
    assert proxied.source.honors_delete_condition is honors
    assert proxy.count("DeleteObject") == (4 if honors else 3), "one object was asked for twice, where that tells more"
    assert source_keys(proxied) == []


async def test_the_source_is_looked_at_last_and_the_journal_written_before(proxied: World, proxy: FaultProxy) -> None:
    proxied.put("k")
    pending = []

    async def look(_: Request) -> None:
        [transfer] = [record.id for record in await proxied.journal.transfers()]
        pending.append(len(await proxied.journal.deletes.of(transfer)))

    proxy.rules.append(Rule(Meanwhile(before=look), ("HeadObject",), key="k"))
    await proxied.copy(proxied.order("k", move=True, route=Route.RELAY))
    of_source = [each.operation for each in proxy.seen if each.key == "k"]
    last = len(of_source) - of_source[::-1].index("DeleteObject") - 1
    first = of_source.index("DeleteObject")
    assert of_source[first - 1] == "HeadObject"
    assert set(of_source[first : last + 1]) <= {"DeleteObject", "HeadObject"}
    assert pending[-1 if first == last else -2] == 1


async def test_a_server_that_refuses_conditions_is_asked_without(proxied: World, proxy: FaultProxy) -> None:
    for key in ("a", "b"):
        proxied.put(key)
    conditional = Rule(
        Answer(501, "NotImplemented"),
        ("DeleteObject",),
        when=lambda request: bool(
            request.head.header("if-match") or request.head.header("x-amz-delete-if-unmodified-since")
        ),
    )
    proxy.rules.append(conditional)
    _, results = await proxied.copy(proxied.order("a", "b", move=True))
    assert {result.outcome for result in results} == {Outcome.MOVED}
    assert source_keys(proxied) == []
    assert proxied.source.honors_delete_condition is False
    assert conditional.taken <= 4


async def lines(world: World, *keys: str) -> list[PlannedObject]:
    order = world.order(*keys, move=True)
    async with aclosing(dry_run(order, world.source, world.target, world.owners)) as planned:
        return [line async for line in planned]


async def test_the_risk_is_said_where_it_is_one(world: World) -> None:
    world.put("k")
    world.put("first")
    [line] = await lines(world, "k")
    card = (await world.plan(world.order("k", move=True)))[-1]
    unknown = removing.MAY_BE_LOST.format(why=removing.NOT_KNOWN)
    assert card.risks == [unknown]
    assert unknown in line.why
    assert (await world.plan(world.order("k")))[-1].risks == []
    await world.copy(world.order("first", move=True))
    known = (await world.plan(world.order("k", move=True)))[-1].risks
    honors = Feature.DELETE_IF_MATCH in world.buckets.server.features
    assert known == ([] if honors else [removing.MAY_BE_LOST.format(why=removing.IGNORED)])


async def test_a_bucket_that_keeps_versions_loses_nothing(world: World) -> None:
    world.a.put_bucket_versioning(Bucket=world.buckets.a, VersioningConfiguration={"Status": "Enabled"})
    world.put("k")
    assert (await world.plan(world.order("k", move=True)))[-1].risks == []


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_a_file_that_was_written_since_stays(world: World, tmp_path: Path) -> None:
    path = tmp_path / "k"
    path.write_text("old")
    disk = LocalStore()
    seen = await disk.head(LOCAL_BUCKET, str(path)[1:])
    path.write_text("newer")
    with pytest.raises(Exception, match="changed"):
        await disk.delete(LOCAL_BUCKET, str(path)[1:], matching=seen)
    assert path.read_text() == "newer"
    world.source = disk
    order = world.order("k", move=True)
    base = Location(LOCAL_BUCKET, f"{tmp_path}/"[1:])
    order = replace(order, selection=replace(order.selection, base=base, keys=[str(path)[1:]]))
    card = (await world.plan(order))[-1]
    assert card.risks == [removing.MAY_BE_LOST.format(why=removing.ON_DISK)]
