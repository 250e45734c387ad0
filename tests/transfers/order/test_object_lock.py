"""Retention and holds are shown, warned of before a source or an object is deleted, and copied only when asked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.servers.buckets import BucketPair
from tests.transfers.world import World
from tui.inspection.head_facts import head_facts
from tui.model.facts import FactName, Known, Pairs
from tui.model.location import Location
from tui.model.orders import DeleteOrder, Route, Selection
from tui.model.transfer import Outcome, TransferState
from tui.transfers.plan.dry_run import dry_run_deletion

MIB = 1 << 20
ONLY_DEMO = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
UNTIL = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
LOCK: dict[str, Any] = {
    "ObjectLockMode": "GOVERNANCE",
    "ObjectLockRetainUntilDate": UNTIL,
    "ObjectLockLegalHoldStatus": "ON",
    "ObjectLockEventHold": "ON",
    "ObjectLockEventHoldDurationDays": 30,
}
WORDS = f"legal hold on, event hold on and 30 days, retention GOVERNANCE until {UNTIL:%Y-%m-%d %H:%M} UTC"


@pytest.fixture(autouse=True)
def unlocked(bucket_pair: BucketPair) -> Iterator[None]:
    """Take all locks off after the test, so that the bucket can be cleaned up."""
    yield
    server = bucket_pair.server
    for account, bucket in ((server.a, bucket_pair.a), (server.b, bucket_pair.b)):
        client = server.client(account)
        for each in client.list_object_versions(Bucket=bucket).get("Versions", []):
            named = {"Bucket": bucket, "Key": each["Key"], "VersionId": each["VersionId"]}
            client.put_object_legal_hold(**named, LegalHold={"Status": "OFF"})
            client.put_object_retention(**named, Retention={}, BypassGovernanceRetention=True)


def keep_versions(client: Any, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def put_locked(world: World, key: str, size: int = 10) -> None:
    keep_versions(world.a, world.buckets.a)
    world.put_random(key, size, **LOCK)


def lock_of(head: Any) -> dict[str, Any]:
    return {name: head[name] for name in LOCK if name in head}


@ONLY_DEMO
async def test_the_inspector_shows_what_there_is(world: World) -> None:
    put_locked(world, "k")
    world.put("free")
    head = await world.source.head(world.buckets.a, "k")
    fact = head_facts(head)[FactName.LOCK]
    assert isinstance(fact, Known)
    assert isinstance(fact.value, Pairs)
    assert ", ".join(" ".join(pair) for pair in fact.value.pairs) == WORDS
    assert FactName.LOCK not in head_facts(await world.source.head(world.buckets.a, "free"))


@ONLY_DEMO
@pytest.mark.parametrize("size", [100, 11 * MIB], ids=["whole", "parts"])
@pytest.mark.parametrize("route", list(Route))
async def test_it_is_copied_only_when_asked(world: World, route: Route, size: int) -> None:
    put_locked(world, "k", size)
    keep_versions(world.b, world.buckets.b)
    world.let_b_read()
    world.let_a_write()
    client = world.a if route is Route.PUSH else world.b
    for asked, wanted in ((False, {}), (True, LOCK)):
        order = world.order("k", route=route, multipart_threshold=5 * MIB, object_lock=asked, to=f"{asked}/")
        transfer, [result] = await world.copy(order)
        assert (transfer.state, result.notes) == (TransferState.DONE, [])
        assert lock_of(client.head_object(Bucket=world.buckets.b, Key=f"{asked}/k")) == wanted


@ONLY_DEMO
async def test_a_bucket_without_it_gets_the_copy_and_a_word(world: World) -> None:
    put_locked(world, "k")
    _, [result] = await world.copy(world.order("k", object_lock=True))
    assert result.outcome is Outcome.COPIED
    assert f"without Object Lock ({WORDS}): the target does not accept it" in result.notes


@ONLY_DEMO
async def test_the_card_of_a_move_warns(world: World) -> None:
    put_locked(world, "k")
    card = (await world.plan(world.order("k", move=True)))[-1]
    [check] = [each for each in card.checks if each.operation == "DeleteObject"]
    assert f"locked: {WORDS}" in check.detail
    assert f"Object Lock ({WORDS}; copied only on request)" in card.drops


@ONLY_DEMO
async def test_a_deletion_warns(world: World) -> None:
    put_locked(world, "k")
    version = (await world.source.head(world.buckets.a, "k")).version
    for selected, words in (("", "A delete marker is added"), (version, "The version cannot be deleted")):
        order = DeleteOrder(Selection("a", Location(world.buckets.a), ["k"], version=selected))
        [line] = [each async for each in dry_run_deletion(order, world.source)]
        assert f"locked: {WORDS}. {words}" in line.why
