"""One place made like another: only what is missing or differs is copied, only what was shown is deleted."""

from __future__ import annotations

import os
import stat
from contextlib import aclosing
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.transfers.comparison.test_compare import upload
from tests.transfers.world import World
from tui.model.comparing.plan import SyncPlan
from tui.model.location import LOCAL_BUCKET, Location
from tui.model.orders import ConflictPolicy, CopyOptions, Destination, Filters, Route, Selection, SyncOrder
from tui.model.plan import PlannedAction
from tui.model.problem import ProblemError
from tui.model.s3_limits import MIB
from tui.model.transfer import ObjectResult, Outcome, TransferKind, TransferState
from tui.stores.local import LocalStore
from tui.transfers.copy.attempt import OTHER_PARTS
from tui.transfers.plan.dry_run import dry_run
from tui.transfers.sync.planning import plan_sync
from tui.transfers.sync.removal import CHANGED, SOURCE_HAS_IT


def sync(world: World, *, delete: bool = False, filters: Filters = Filters()) -> SyncOrder:  # noqa: B008  # it is frozen
    return SyncOrder(
        Selection("a", Location(world.buckets.a, "in/"), prefixes=["in/"], filters=filters),
        Destination("b", Location(world.buckets.b, "out/")),
        CopyOptions(conflict=ConflictPolicy.OVERWRITE),
        delete=delete,
    )


async def planned(world: World, order: SyncOrder, lists: Path) -> tuple[SyncPlan, list[str]]:
    plan, deletions = SyncPlan(), list[str]()
    async with aclosing(plan_sync(order, world.source, world.target, lists)) as plans:
        async for plan in plans:
            deletions += [each.source for each in plan.deletions]
    return plan, deletions


def mode(path: str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


def put_right(world: World, key: str, body: bytes) -> None:
    world.b.put_object(Bucket=world.buckets.b, Key=key, Body=body)


def fill(world: World) -> None:
    world.let_b_read()
    for name, left, right in (("same", b"1", b"1"), ("other", b"new", b"old"), ("missing", b"x", None)):
        world.put(f"in/{name}", left)
        if right:
            put_right(world, f"out/{name}", right)
    for name in ("extra/1", "extra/2", "extra/3"):
        put_right(world, f"out/{name}", b"extra")


def outcomes(results: list[ObjectResult]) -> dict[str, Outcome]:
    return {(each.target or each.source).rpartition("/out/")[2]: each.outcome for each in results}


async def test_copies_what_is_missing_or_differs_and_nothing_else(world: World) -> None:
    fill(world)
    transfer, results = await world.copy(sync(world))
    assert outcomes(results) == {"missing": Outcome.COPIED, "other": Outcome.COPIED}
    assert (transfer.kind, transfer.state, transfer.objects_total) == (TransferKind.SYNC, TransferState.DONE, 2)
    assert world.content("out/other") == b"new"
    assert len(world.target_keys()) == 6
    transfer, results = await world.copy(sync(world))
    assert (transfer.state, results) == (TransferState.DONE, [])
    assert any("same already: 3" in note for note in transfer.notes)


async def test_deletes_what_was_shown_and_nothing_that_came_later(world: World, tmp_path: Path) -> None:
    fill(world)
    order = sync(world, delete=True)
    plan, deletions = await planned(world, order, tmp_path / "lists")
    assert [uri.rpartition("/out/")[2] for uri in deletions] == ["extra/1", "extra/2", "extra/3"]
    assert (plan.copies, plan.overwrites, plan.deletes, plan.deleted_bytes, plan.same) == (1, 1, 3, 15, 1)
    assert mode(plan.shown) == 0o600
    put_right(world, "out/late", b"came after the plan")
    put_right(world, "out/extra/2", b"written since")
    world.put("in/extra/3", b"extra")
    transfer, results = await world.copy(replace(order, shown=plan.shown))
    assert outcomes(results) == {
        "missing": Outcome.COPIED,
        "other": Outcome.COPIED,
        "extra/1": Outcome.DELETED,
        "extra/2": Outcome.SKIPPED,
        "extra/3": Outcome.SKIPPED,
    }
    assert {note for each in results for note in each.notes if note.startswith("kept")} == {CHANGED, SOURCE_HAS_IT}
    assert world.target_keys() == [f"out/{name}" for name in ("extra/2", "extra/3", "late", "missing", "other", "same")]
    assert transfer.state is TransferState.DONE


async def test_without_a_plan_nothing_is_deleted(world: World) -> None:
    with pytest.raises(ProblemError, match="shown"):
        await world.submit(sync(world, delete=True))
    inside = SyncOrder(
        Selection("a", Location(world.buckets.a, "x/y/"), prefixes=["x/y/"]),
        Destination("a", Location(world.buckets.a, "x/")),
    )
    with pytest.raises(ProblemError, match="inside the target"):
        await world.submit(inside)


async def test_a_dry_run_says_what_would_happen_by_which_evidence(world: World) -> None:
    fill(world)
    async with aclosing(dry_run(sync(world, delete=True), world.source, world.target, world.owners)) as lines:
        said = {line.source.rpartition("/")[2]: (line.action, line.why) async for line in lines}
    assert said == {
        "missing": (PlannedAction.COPY, "nothing at the target"),
        "other": (PlannedAction.OVERWRITE, "another ETag"),
        **dict.fromkeys("123", (PlannedAction.DELETE, "only the target has it")),
    }


async def test_filters_protect_what_they_leave_out(world: World, tmp_path: Path) -> None:
    fill(world)
    order = sync(world, delete=True, filters=Filters(exclude=["extra/*", "other"]))
    plan, _ = await planned(world, order, tmp_path / "lists")
    assert (plan.copies, plan.overwrites, plan.deletes, plan.shown) == (1, 0, 0, "")
    assert list((tmp_path / "lists").iterdir()) == []


async def test_a_directory_is_downloaded_and_emptied_of_what_is_gone(world: World, tmp_path: Path) -> None:
    fill(world)
    tree = tmp_path / "tree"
    (tree / "old").mkdir(parents=True)
    (tree / "old" / "file").write_bytes(b"gone in the bucket")
    world.others["disk"] = LocalStore()
    place = Location(LOCAL_BUCKET, f"{tree}/".removeprefix("/"))
    order = replace(sync(world, delete=True), destination=Destination("disk", place))
    async with aclosing(plan_sync(order, world.source, world.others["disk"], tmp_path / "lists")) as plans:
        plan = [each async for each in plans][-1]
    await world.copy(replace(order, shown=plan.shown))
    assert {str(each.relative_to(tree)) for each in tree.rglob("*")} == {"missing", "other", "same"}
    transfer, results = await world.copy(replace(order, delete=False))
    assert (transfer.state, results) == (TransferState.DONE, []), "downloads keep the time of their object"
    (tree / "same").write_bytes(b"2")
    os.utime(tree / "same", (1_700_000_000, 1_700_000_000))
    _, results = await world.copy(replace(order, delete=False))
    assert [each.outcome for each in results] == [Outcome.COPIED], "the object is newer"


async def test_goes_on_after_the_engine_was_killed(world: World, tmp_path: Path) -> None:
    fill(world)
    for number in range(60):
        world.put(f"in/many/{number:02}", b"%d" % number)
    order = sync(world, delete=True)
    plan, _ = await planned(world, order, tmp_path / "lists")
    transfer = await world.submit(replace(order, shown=plan.shown))
    async with aclosing(world.queue.watch()) as snapshots:
        async for snapshot in snapshots:
            if snapshot.transfers[0].objects_done:
                break
    put_right(world, "out/late", b"came after the plan")
    killed = await world.killed()
    await world.queue.start()
    ended, _ = await world.ended(transfer)
    assert ended.state is TransferState.DONE
    await killed.close()
    left = {key.removeprefix("in/") for key in _keys(world)}
    assert {key.removeprefix("out/") for key in world.target_keys()} == {*left, "late"}


def _keys(world: World) -> list[str]:
    found: list[str] = [each["Key"] for each in world.a.list_objects_v2(Bucket=world.buckets.a)["Contents"]]
    return found


async def test_copies_have_the_parts_of_their_sources(world: World) -> None:
    world.let_b_read()
    order = replace(sync(world), options=CopyOptions(conflict=ConflictPolicy.OVERWRITE, same_parts=True))
    upload(world.a, world.buckets.a, "in/parts", os.urandom(11 * MIB), 5 * MIB)
    _, results = await world.copy(order)
    assert [each.route for each in results] == [Route.PULL]
    here = world.a.head_object(Bucket=world.buckets.a, Key="in/parts")["ETag"]
    assert world.b.head_object(Bucket=world.buckets.b, Key="out/parts")["ETag"] == here
    assert here.endswith('-3"')


async def test_parts_that_cannot_be_mirrored_are_named(world: World) -> None:
    world.let_b_read()
    order = replace(
        sync(world), options=CopyOptions(conflict=ConflictPolicy.OVERWRITE, same_parts=True, part_size=8 * MIB)
    )
    upload(world.a, world.buckets.a, "in/parts", os.urandom(11 * MIB), 5 * MIB)
    _, results = await world.copy(order)
    assert [each.notes[0] for each in results] == [OTHER_PARTS]


async def test_what_is_no_object_is_noted(world: World, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "file").write_bytes(b"one")
    os.mkfifo(tree / "pipe")
    for name in ("dangling", "gone", "left.out"):
        (tree / name).symlink_to("/nowhere/at/all")
    world.others["disk"] = LocalStore()
    place = Location(LOCAL_BUCKET, f"{tree}/".removeprefix("/"))
    selection = Selection("disk", place, prefixes=[place.key], filters=Filters(exclude=["*.out"]))
    transfer, results = await world.copy(replace(sync(world), selection=selection))
    assert (transfer.state, len(results)) == (TransferState.DONE, 1)
    assert "left out, because they are no objects: a broken symbolic link (2), a named pipe (1)" in transfer.notes
