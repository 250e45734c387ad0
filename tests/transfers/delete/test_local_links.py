"""Symbolic links on the local disk: the place itself may be one, what is marked in it is not followed, and none deleted
through."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.transfers.copy.disk_world import ROOT, DiskWorld
from tui.model.location import Location
from tui.model.orders import DeleteOrder
from tui.model.plan import PlannedAction
from tui.model.transfer import Outcome, TransferState
from tui.transfers.delete.counting import plan_delete
from tui.transfers.order.links import LINK, REMOVED
from tui.transfers.plan.dry_run import dry_run, dry_run_deletion


def linked(disk: DiskWorld) -> DiskWorld:
    """``t/`` with one file of its own, links to a directory and to a file beside it, and one that leads nowhere."""
    disk.write("t/file", b"own")
    disk.write("beside/x", b"not ours")
    (disk.directory / "t/link").symlink_to("../beside")
    (disk.directory / "t/up").symlink_to("..")
    (disk.directory / "t/copy").symlink_to("../beside/x")
    (disk.directory / "t/loose").symlink_to("nowhere")
    return disk


@pytest.mark.parametrize("move", [False, True])
@pytest.mark.parametrize("prefixes", [("t/link/",), ("t/link/", "t/up/"), ("t/link/below/",)])
async def test_a_marked_link_to_a_directory_is_named_and_not_followed(
    disk: DiskWorld, prefixes: tuple[str, ...], move: bool
) -> None:
    order = linked(disk).upload(prefixes=prefixes, move=move)
    before = disk.everything()
    card = (await disk.world.plan(order))[-1]
    assert (card.tally.objects, card.tally.unfit) == (0, len(prefixes))
    planned = [line async for line in dry_run(order, disk.world.source, disk.world.target, disk.world.owners)]
    assert {line.action for line in planned} == {PlannedAction.SKIP}
    transfer, results = await disk.world.copy(order)
    assert transfer.state is TransferState.DONE
    assert {each.source for each in results} == {(disk.directory / f"t/{name}").as_uri() for name in named(prefixes)}
    assert {note for each in results for note in each.notes} == {f"skipped: {LINK}"}
    assert disk.world.target_keys() == []
    assert disk.everything() == before


def named(prefixes: tuple[str, ...]) -> set[str]:
    return {each.split("/")[1] for each in prefixes}


async def test_a_link_that_is_the_place_is_followed(disk: DiskWorld) -> None:
    order = linked(disk).upload(prefixes=("t/link/",))
    place = Location(ROOT, f"{disk.prefix}t/link/")
    order = replace(order, selection=replace(order.selection, base=place))
    _, results = await disk.world.copy(order)
    assert [each.outcome for each in results] == [Outcome.COPIED]
    assert [key.rsplit("/", 1)[-1] for key in disk.world.target_keys()] == ["x"]


async def test_a_deletion_removes_marked_links_and_nothing_they_lead_to(disk: DiskWorld) -> None:
    selection = linked(disk).upload("t/copy", "t/loose", prefixes=("t/link/", "t/up/")).selection
    order = DeleteOrder(selection)
    tally = [each async for each in plan_delete(order, disk.world.source)][-1]
    assert (tally.objects, tally.links, tally.unfit) == (4, 4, 0)
    lines = [line async for line in dry_run_deletion(order, disk.world.source)]
    assert {(line.action, line.why) for line in lines} == {(PlannedAction.DELETE, REMOVED)}
    transfer, results = await disk.world.copy(order)
    assert (transfer.state, [each.outcome for each in results]) == (TransferState.DONE, [Outcome.DELETED] * 4)
    assert all(REMOVED in each.notes for each in results)
    assert disk.everything() == ["beside", "beside/x", "t", "t/file"]


async def test_what_is_marked_below_a_link_is_not_deleted(disk: DiskWorld) -> None:
    (linked(disk).directory / "beside/deep").mkdir()
    disk.write("beside/deep/y")
    before = disk.everything()
    order = DeleteOrder(disk.upload(prefixes=("t/link/deep/",)).selection)
    _, results = await disk.world.copy(order)
    assert [each.outcome for each in results] == [Outcome.SKIPPED]
    assert disk.everything() == before
