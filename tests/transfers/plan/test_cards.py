"""What the choices of an order change on its route card."""

from typing import Any

import pytest
from msgspec.structs import replace

from tests.servers.server import Feature
from tests.transfers.world import World
from tui.model.orders import AclChoice, Filters, Route
from tui.model.plan import Access, RouteCard
from tui.model.versions.forecast import BucketVersioning
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectHead
from tui.transfers.plan.preserved import SIZE_ALONE, UNTRIED, UNVERIFIED_STAYS


async def last(world: World, key: str = "k", **options: Any) -> RouteCard:
    return (await world.plan(world.order(key, **options)))[-1]


async def test_a_move_says_that_the_right_to_delete_is_seen_when_it_is_tried(world: World) -> None:
    world.put("k")
    card = await last(world, move=True)
    [check] = [check for check in card.checks if check.operation == "DeleteObject"]
    assert (check.identity, check.access, check.detail) == (world.source.label, Access.UNKNOWN, UNTRIED)
    assert UNVERIFIED_STAYS in card.verify
    assert world.a.get_object(Bucket=world.buckets.a, Key="k")["Body"].read() == b"content"
    assert not [check for check in (await last(world)).checks if check.operation == "DeleteObject"]


async def test_a_move_asks_whether_the_source_is_kept(world: World) -> None:
    world.put("k")
    card = await last(world, move=True)
    assert card.source_undo
    assert card.source_undo.versioning is BucketVersioning.NEVER
    world.a.put_bucket_versioning(Bucket=world.buckets.a, VersioningConfiguration={"Status": "Enabled"})
    card = await last(world, move=True)
    assert card.source_undo
    assert card.source_undo.versioning is BucketVersioning.ENABLED
    assert (await last(world)).source_undo is None, "a copy deletes nothing"


@pytest.mark.parametrize("route", [Route.PULL, Route.RELAY])
async def test_how_it_will_be_compared_is_how_it_is_compared(world: World, route: Route) -> None:
    world.let_b_read()
    world.put("k")
    card = await last(world, route=route)
    _, [result] = await world.copy(world.order("k", route=route))
    assert result.evidence in card.verify.split(", else ")


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_a_checksum_of_both_comes_first(world: World) -> None:
    assert Feature.CHECKSUMS in world.buckets.server.features
    world.put("k", ChecksumAlgorithm="CRC32")
    assert (await last(world)).verify.startswith("CRC32, else ETag")


class Indistinct(S3Store):
    """Neither checksums nor ETags that can be compared."""

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        return replace(await super().head(bucket, key, version), encryption="aws:kms", checksums=[])


async def test_nothing_to_compare_is_said_before(world: World) -> None:
    world.let_b_read()
    world.put("k")
    world.source, world.target = Indistinct(world.connection_a), Indistinct(world.connection_b)
    card = await last(world, route=Route.PULL, move=True)
    assert card.verify == f"{SIZE_ALONE}; {UNVERIFIED_STAYS}"


async def test_what_the_filters_leave_out_is_counted(world: World) -> None:
    for key in ("p/a.log", "p/b.txt", "p/c.log"):
        world.put(key, b"12")
    order = world.order(prefixes=("p/",))
    order = replace(order, selection=replace(order.selection, filters=Filters(exclude=["*.txt"])))
    card = (await world.plan(order))[-1]
    assert (card.tally.objects, card.tally.bytes, card.tally.filtered) == (2, 4, 1)
    assert card.problem is None


async def test_filters_that_leave_nothing_leave_a_card_without_a_problem(world: World) -> None:
    world.put("p/a")
    order = world.order(prefixes=("p/",))
    order = replace(order, selection=replace(order.selection, filters=Filters(include=["none"])))
    card = (await world.plan(order))[-1]
    assert (card.tally.objects, card.tally.filtered, card.problem, card.complete) == (0, 1, None, True)


async def test_an_acl_that_was_chosen_is_what_the_copy_gets_instead(world: World) -> None:
    world.put("k")
    assert "ACL (public-read instead)" in (await last(world, acl=AclChoice.PUBLIC_READ)).drops
    assert "ACL (private to its owner)" in (await last(world, acl=AclChoice.PRIVATE)).drops
    card = await last(world, acl=AclChoice.COPY)
    assert not [drop for drop in card.drops if drop.startswith("ACL")]
    assert [kept for kept in card.keeps if kept.startswith("ACL (the source's grants")]


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_a_class_that_was_asked_for_is_said(world: World) -> None:
    world.put("k", StorageClass="STANDARD_IA")
    card = await last(world, storage_class="ONEZONE_IA")
    assert "class ONEZONE_IA (requested)" in card.keeps
    assert "class STANDARD_IA (ONEZONE_IA was requested)" in card.drops
    kept = await last(world)
    assert "class STANDARD_IA" in kept.keeps
    assert not [drop for drop in kept.drops if drop.startswith("class")]
    back = await last(world, storage_class="STANDARD")
    assert "class STANDARD (requested)" in back.keeps
    assert "class STANDARD_IA (STANDARD was requested)" in back.drops


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_an_encryption_that_was_asked_for_is_said(world: World) -> None:
    world.put("k")
    card = await last(world, encryption="aws:kms", kms_key="alias/of-b")
    assert "encryption aws:kms with alias/of-b" in card.keeps
