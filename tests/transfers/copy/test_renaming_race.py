"""Renamed copies of one transfer: no two objects get one key, however late one of them is looked at."""

from __future__ import annotations

import asyncio

import pytest

from tests.servers.proxy.faults import Answer, Meanwhile, Rule
from tests.servers.proxy.messages import Request
from tests.servers.proxy.proxy import FaultProxy
from tests.transfers.moves.test_moves import source_keys
from tests.transfers.world import World
from tests.waiting import until
from tui.model.orders import AclChoice, ConflictPolicy, Route
from tui.model.transfer import Outcome

NAMES = ("k", "k (1)", "k (2)")


def without_conditions(proxy: FaultProxy) -> None:
    """The server does not know ``If-None-Match`` on a write."""
    proxy.rules.append(
        Rule(
            Answer(501, "NotImplemented"),
            ("PutObject", "CopyObject", "CompleteMultipartUpload"),
            when=lambda request: bool(request.head.header("if-none-match")),
        )
    )


def late(proxy: FaultProxy, world: World, key: str, after: str) -> Rule:
    """The source at `key` is seen only when the object `after` has its result; its place was looked at before."""

    async def wait(_: Request) -> None:
        async def ended() -> bool:
            [transfer] = [each for each in await world.journal.transfers() if each.ended is None]
            return bool(await world.journal.results.finished(transfer.id, 1, [after]))

        await until(ended, f"{after} has its result")

    rule = Rule(
        Meanwhile(after=wait),
        ("HeadObject", "GetObject"),
        key=key,
        times=1,
        when=lambda each: each.bucket == world.buckets.a,
    )
    proxy.rules.append(rule)
    return rule


def arranged(world: World) -> dict[str, bytes]:
    world.b.put_object(Bucket=world.buckets.b, Key="k", Body=b"there before")
    return {name: world.put(f"p/{name}", f"body of {name}".encode()) for name in NAMES}


@pytest.mark.parametrize("acl", [AclChoice.AUTO, AclChoice.COPY], ids=["listed", "looked at"])
@pytest.mark.parametrize("move", [False, True])
@pytest.mark.parametrize("conditions", [False, True])
async def test_a_key_that_a_sibling_was_renamed_to_is_taken(
    proxied: World, proxy: FaultProxy, *, acl: AclChoice, move: bool, conditions: bool
) -> None:
    """Objects whose ACL is to be copied are looked at first."""
    bodies = arranged(proxied)
    held = late(proxy, proxied, "p/k (1)", after="p/k")
    if not conditions:
        without_conditions(proxy)
    order = proxied.order(
        prefixes=("p/",), base="p/", conflict=ConflictPolicy.RENAME, move=move, route=Route.RELAY, acl=acl
    )
    _, results = await proxied.copy(order)
    assert held.taken == 1
    assert {result.outcome for result in results} == {Outcome.MOVED if move else Outcome.COPIED}
    contents = [proxied.content(key) for key in proxied.target_keys()]
    assert sorted(contents) == sorted([b"there before", *bodies.values()])
    assert len({result.target for result in results}) == len(NAMES)
    for result in results:
        assert (
            proxied.content(result.target.removeprefix(f"s3://{proxied.buckets.b}/"))
            == bodies[result.source.rpartition("/")[2]]
        ), "each result names the key that has its object's body"
    assert source_keys(proxied) == ([] if move else [f"p/{name}" for name in NAMES])


async def test_names_are_each_given_once_in_a_crowd(proxied: World, proxy: FaultProxy) -> None:
    without_conditions(proxy)
    bodies = {}
    for number in range(12):
        for name in (f"n{number}", f"n{number} (1)", f"n{number} (1) (1)"):
            bodies[name] = proxied.put(f"p/{name}", f"body of {name}".encode())
        proxied.b.put_object(Bucket=proxied.buckets.b, Key=f"n{number}", Body=b"there before")
    slow = asyncio.Event()
    proxy.rules.append(
        Rule(
            Meanwhile(after=lambda _: slow.wait()), ("HeadObject",), when=lambda each: each.key.endswith("(1)"), times=9
        )
    )

    async def release() -> None:
        await until(lambda: proxy.count("PutObject") > 3, "some are written")
        slow.set()

    order = proxied.order(prefixes=("p/",), base="p/", conflict=ConflictPolicy.RENAME, move=True, route=Route.RELAY)
    (_, results), _ = await asyncio.gather(proxied.copy(order), release())
    assert {result.outcome for result in results} == {Outcome.MOVED}
    found = sorted(body for key in proxied.target_keys() if (body := proxied.content(key)) != b"there before")
    assert found == sorted(bodies.values())
