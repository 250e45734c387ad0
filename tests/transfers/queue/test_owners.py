"""The owner of copies: read of the first, then of samples; what the samples contradict is read again."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.servers.proxy.proxy import FaultProxy
from tests.transfers.world import World
from tui.accounts.clients.connection import Connection
from tui.model.identity import Owner
from tui.model.orders import Route
from tui.model.transfer import TransferState
from tui.stores.s3 import S3Store
from tui.stores.values import Acl
from tui.transfers.limits.bounds import TransferLimits

OTHER = Owner("f" * 64, "somebody")


def one_by_one(world: World, *, owner_samples: int) -> None:
    world.queue = world.new_queue(TransferLimits(objects=1, owner_samples=owner_samples))


class Changing(S3Store):
    """The owner of its objects is another one from a number of looks on."""

    def __init__(self, connection: Connection, looks: int, owner: Owner) -> None:
        super().__init__(connection)
        self._looks, self._owner = looks, owner
        self.looked_at: list[str] = []

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        acl = await super().object_acl(bucket, key, version)
        self.looked_at.append(key)
        return acl if len(self.looked_at) <= self._looks else structs.replace(acl, owner=self._owner)


async def test_the_owner_is_read_of_the_first_and_the_last(proxied: World, proxy: FaultProxy) -> None:
    for number in range(10):
        proxied.put(f"p/{number}")
    transfer, results = await proxied.copy(proxied.order(prefixes=("p/",), route=Route.RELAY))
    assert transfer.state is TransferState.DONE
    assert {result.owner.id for result in results if result.owner} == {proxied.buckets.server.b.canonical_id}
    assert sum(result.owner_inferred for result in results) == 9
    assert sum(each.operation == "GetAcl" and bool(each.key) for each in proxy.seen) == 2


async def test_and_of_samples_in_between(world: World) -> None:
    for number in range(10):
        world.put(f"p/{number}")
    world.target = store = Changing(world.connection_b, 100, OTHER)
    one_by_one(world, owner_samples=3)
    _, results = await world.copy(world.order(prefixes=("p/",), route=Route.RELAY))
    assert store.looked_at == ["p/0", "p/3", "p/6", "p/9"]
    assert [result.owner_inferred for result in results] == [False, True, True] * 3 + [False]


@pytest.mark.parametrize(("looks", "first_wrong"), [(1, 1), (2, 4)], ids=["first sample", "second sample"])
async def test_what_was_inferred_since_the_last_good_sample_is_read_when_one_differs(
    world: World, looks: int, first_wrong: int
) -> None:
    for number in range(8):
        world.put(f"p/{number}")
    world.target = store = Changing(world.connection_b, looks, OTHER)
    one_by_one(world, owner_samples=3)
    transfer, _ = await world.copy(world.order(prefixes=("p/",), route=Route.RELAY))
    assert transfer.objects_done == 8
    results = {each.target[-1]: each async for each in world.journal.results.of(transfer.id)}
    assert set(store.looked_at) >= {f"p/{number}" for number in range(first_wrong, first_wrong + 3)}
    for number in range(8):
        result = results[str(number)]
        assert result.owner
        assert (result.owner.id == OTHER.id) is (number >= first_wrong), number
        if number >= first_wrong:
            assert "owned by" in result.owner_note


async def test_the_last_sample_speaks_for_those_before_it(world: World) -> None:
    for number in range(4):
        world.put(f"p/{number}")
    world.target = Changing(world.connection_b, 1, OTHER)
    one_by_one(world, owner_samples=500)
    transfer, _ = await world.copy(world.order(prefixes=("p/",), route=Route.RELAY))
    results = [each async for each in world.journal.results.of(transfer.id)]
    assert [result.owner == OTHER for result in sorted(results, key=lambda each: each.target)] == [False] + [True] * 3
    assert not any(result.owner_inferred for result in results)
