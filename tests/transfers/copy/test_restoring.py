"""Versions put back on top of their own key, and archived objects, which must be restored before they are copied."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.servers.proxy.proxy import FaultProxy
from tests.transfers.plan.test_dry_run import planned
from tests.transfers.world import OVERWRITE, World
from tui.accounts.clients.connection import Connection
from tui.model.archive.restoring import RestoreTier
from tui.model.identity import AddressBook
from tui.model.location import Location
from tui.model.orders import ConflictPolicy, CopyOptions, CopyOrder, Destination, Selection
from tui.model.plan import PlannedAction
from tui.model.problem import ProblemError, ProblemKind
from tui.model.transfer import Outcome, TransferState
from tui.stores.s3 import S3Store
from tui.stores.s3.headers import read_head
from tui.stores.values import ObjectHead
from tui.transfers.copy.decision import RESTORED
from tui.ui.orders.route_lines import card_lines

DEMO = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)


def versions(world: World) -> tuple[str, str]:
    """Two versions of ``k`` in A's bucket; returns their ids, the older one first."""
    world.a.put_bucket_versioning(Bucket=world.buckets.a, VersioningConfiguration={"Status": "Enabled"})
    old, new = (
        world.a.put_object(Bucket=world.buckets.a, Key="k", Body=body)["VersionId"] for body in (b"old", b"new")
    )
    return old, new


def onto_itself(world: World, version: str, **options: Any) -> CopyOrder:
    world.target = world.source
    place = Location(world.buckets.a)
    return CopyOrder(
        Selection("a", place, ["k"], version=version), Destination("a", place, "k"), CopyOptions(**options)
    )


async def test_an_older_version_is_restored_onto_its_own_key(world: World) -> None:
    old, new = versions(world)
    order = onto_itself(world, old)
    card = (await world.plan(order))[-1]
    assert card.problem is None
    [line] = await planned(world, order)
    assert (line.action, line.why.partition(";")[0]) == (PlannedAction.OVERWRITE, RESTORED)
    transfer, [result] = await world.copy(order)
    assert (transfer.state, result.outcome, result.version) == (TransferState.DONE, Outcome.COPIED, old)
    assert world.a.get_object(Bucket=world.buckets.a, Key="k")["Body"].read() == b"old"
    kept = [each["VersionId"] for each in world.a.list_object_versions(Bucket=world.buckets.a)["Versions"]]
    assert len(kept) == 3
    assert {old, new} < set(kept)


async def test_what_would_be_lost_is_asked_about(world: World) -> None:
    world.put("k", b"only")
    [line] = await planned(world, onto_itself(world, "null"))
    assert line.action is PlannedAction.ASK


async def test_a_deleted_object_is_restored(world: World) -> None:
    old, _ = versions(world)
    world.a.delete_object(Bucket=world.buckets.a, Key="k")
    _, [result] = await world.copy(onto_itself(world, old, conflict=ConflictPolicy.SKIP))
    assert result.outcome is Outcome.COPIED
    assert world.a.get_object(Bucket=world.buckets.a, Key="k")["Body"].read() == b"old"


async def test_a_version_is_not_moved_onto_its_own_key(world: World) -> None:
    old, _ = versions(world)
    with pytest.raises(ProblemError, match="cannot be copied there"):
        await world.copy(onto_itself(world, old, move=True))


@DEMO
@pytest.mark.parametrize("move", [False, True])
async def test_an_archived_object_is_refused_before_anything_is_written(
    proxied: World, proxy: FaultProxy, *, move: bool
) -> None:
    proxied.put("k", StorageClass="DEEP_ARCHIVE")
    proxied.let_b_read()
    order = proxied.order("k", move=move)
    card = (await proxied.plan(order))[-1]
    assert card.problem
    assert card.problem.kind is ProblemKind.ARCHIVED
    assert "archived: restore first" in card.problem.sentence()
    [line] = await planned(proxied, order)
    assert line.action is PlannedAction.REFUSE
    assert "archived: restore first" in line.why
    proxy.seen.clear()
    transfer, [result] = await proxied.copy(order)
    assert (transfer.state, result.outcome) == (TransferState.FAILED, Outcome.FAILED)
    assert result.problem
    assert result.problem.kind is ProblemKind.ARCHIVED
    assert not {each.operation for each in proxy.seen} & {"PutObject", "CopyObject", "CreateMultipartUpload"}


@DEMO
async def test_a_restored_copy_can_be_copied_while_it_lasts(world: World) -> None:
    body = world.put("k", b"from the archive", StorageClass="GLACIER")
    world.a.restore_object(Bucket=world.buckets.a, Key="k", RestoreRequest={"Days": 1})
    order = world.order("k", storage_class="STANDARD")
    assert (await world.plan(order))[-1].problem is None
    [line] = await planned(world, order)
    assert line.action is PlannedAction.COPY
    _, [result] = await world.copy(order)
    assert (result.outcome, world.content("k")) == (Outcome.COPIED, body)


class Restoring(S3Store):
    """A server whose restores do not end."""

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        return replace(await super().head(bucket, key, version), restoring=True)


@DEMO
async def test_a_restore_that_is_under_way_is_said(world: World) -> None:
    world.put("k", StorageClass="DEEP_ARCHIVE")
    world.source = Restoring(world.connection_a)
    card = (await world.plan(world.order("k")))[-1]
    assert card.problem
    assert card.problem.title == "archived: its restore is in progress (DEEP_ARCHIVE)"
    assert {verdict.why for verdict in card.verdicts} == {"archived: its restore is in progress"}
    assert "--restore" not in card.problem.sentence()


@DEMO
async def test_of_several_the_archived_ones_are_counted_and_the_others_copied(world: World) -> None:
    world.put("p/a", StorageClass="GLACIER")
    world.put("p/b")
    order = world.order(prefixes=("p/",), conflict=ConflictPolicy.OVERWRITE)
    card = (await world.plan(order))[-1]
    assert (card.problem, card.tally.objects, card.tally.archived) == (None, 2, 1)
    transfer, _ = await world.copy(order)
    assert (transfer.objects_done, transfer.objects_failed, world.target_keys()) == (1, 1, ["p/b"])


@DEMO
async def test_marked_rows_whose_class_has_no_such_restore_are_counted(world: World) -> None:
    """As those below a prefix are; what is restored already needs none."""
    for key, storage_class in (("a", "DEEP_ARCHIVE"), ("b", "DEEP_ARCHIVE"), ("c", "GLACIER"), ("d", "STANDARD")):
        world.put(key, StorageClass=storage_class)
    order = world.order("a", "b", "c", "d", restore=RestoreTier.EXPEDITED)
    card = (await world.plan(order))[-1]
    assert (card.problem, card.tally.objects, card.tally.archived) == (None, 4, 2)
    words = "\n".join(line.plain for line in card_lines(card, order, [], AddressBook(), 200))
    assert "2 in DEEP_ARCHIVE, which has no Expedited restore: choose the tier Standard or Bulk" in words
    world.source = Restoring(world.connection_a)
    assert (await world.plan(order))[-1].tally.archived == 0
    alone = world.order("a", restore=RestoreTier.EXPEDITED)
    world.source = S3Store(world.connection_a)
    card = (await world.plan(alone))[-1]
    words = "\n".join(line.plain for line in card_lines(card, alone, [], AddressBook(), 200))
    assert words.count("no Expedited restore") == 1


@DEMO
async def test_what_is_skipped_needs_no_restore(world: World) -> None:
    world.put("k", StorageClass="GLACIER")
    world.b.put_object(Bucket=world.buckets.b, Key="k", Body=b"there")
    [line] = await planned(world, world.order("k", conflict=ConflictPolicy.SKIP))
    assert line.action is PlannedAction.SKIP


class Named(S3Store):
    """A server whose class GLACIER is no archive."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        return replace(await super().head(bucket, key, version), archived="GLACIER")


async def test_a_class_that_is_only_named_so_is_copied(world: World) -> None:
    world.put("k")
    world.source = Named(world.connection_a)
    order = replace(world.order("k"), options=OVERWRITE)
    assert (await world.plan(order))[-1].problem is None
    _, [result] = await world.copy(order)
    assert result.outcome is Outcome.COPIED


@pytest.mark.parametrize(
    ("answer", "archive", "restoring"),
    [
        ({"StorageClass": "STANDARD_IA"}, "", False),
        ({"StorageClass": "GLACIER_IR"}, "", False),
        ({"StorageClass": "GLACIER"}, "GLACIER", False),
        ({"StorageClass": "GLACIER", "Restore": 'ongoing-request="true"'}, "GLACIER", True),
        ({"StorageClass": "DEEP_ARCHIVE", "Restore": 'ongoing-request="false", expiry-date="Fri"'}, "", False),
        ({"StorageClass": "INTELLIGENT_TIERING"}, "", False),
        ({"StorageClass": "INTELLIGENT_TIERING", "ArchiveStatus": "ARCHIVE_ACCESS"}, "ARCHIVE_ACCESS", False),
    ],
)
def test_what_a_head_says_of_an_archive(answer: dict[str, str], archive: str, *, restoring: bool) -> None:
    head = read_head(answer)
    assert (head.archived, head.restoring) == (archive, restoring)
