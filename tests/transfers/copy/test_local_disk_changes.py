"""Uploads and downloads that meet something: files that exist or change, interruptions, moves, deletions, refusals."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.stores.refusals import problem_of
from tests.transfers.copy.disk_world import DiskWorld
from tests.waiting import until
from tui.model.identity import Owner
from tui.model.location import Location
from tui.model.orders import ConflictPolicy, DeleteOrder, Route
from tui.model.plan import PlannedAction
from tui.model.problem import ProblemKind
from tui.model.s3_limits import MIB
from tui.model.transfer import Outcome, TransferState, Verification
from tui.stores.base import Store
from tui.stores.local import LocalStore
from tui.stores.values import Part
from tui.transfers.order.local_disk import NO_OWNER
from tui.transfers.plan.dry_run import dry_run


async def test_what_exists_is_skipped_renamed_or_replaced(disk: DiskWorld) -> None:
    world = disk.world
    world.put("file.txt", b"new")
    disk.write("file.txt", b"old")
    _, [skipped] = await world.copy(disk.download("file.txt", conflict=ConflictPolicy.SKIP))
    assert skipped.outcome is Outcome.SKIPPED
    _, [renamed] = await world.copy(disk.download("file.txt", conflict=ConflictPolicy.RENAME))
    assert renamed.target.endswith("file (1).txt")
    assert (disk.directory / "file.txt").read_bytes() == b"old"
    await world.copy(disk.download("file.txt", conflict=ConflictPolicy.OVERWRITE))
    assert (disk.directory / "file.txt").read_bytes() == b"new"


class ChangingDisk(LocalStore):
    """A disk on which somebody writes to a file once its first part was read."""

    def __init__(self, change: Callable[[], object]) -> None:
        self._change = change

    async def read(self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = "") -> bytes:
        if start:
            self._change()
        return await super().read(bucket, key, etag=etag, start=start, length=length, version=version)


async def test_a_file_that_changes_while_it_is_uploaded_makes_no_object(disk: DiskWorld) -> None:
    world = disk.world
    path = disk.write("log", os.urandom(20 * MIB))
    order = disk.upload("log", multipart_threshold=8 * MIB, part_size=8 * MIB)

    def grow() -> None:
        with path.open("ab") as file:
            file.write(b"more")

    world.source = ChangingDisk(grow)
    transfer, [result] = await world.copy(order)
    assert (transfer.state, result.outcome) == (TransferState.FAILED, Outcome.FAILED)
    assert result.problem
    assert result.problem.kind is ProblemKind.CHANGED
    assert str(path) in result.problem.title
    assert world.target_keys() == []


class SlowDisk(LocalStore):
    """A disk that takes the first parts only, until it is told to take all; it counts what it was given."""

    def __init__(self, first: int) -> None:
        self.given: list[int] = []
        self.first, self.all = first, asyncio.Event()

    async def upload_part(self, bucket: str, key: str, upload: str, number: int, *rest: Any, **more: Any) -> Part:
        if number > self.first:
            await self.all.wait()
        self.given.append(number)
        return await super().upload_part(bucket, key, upload, number, *rest, **more)


async def test_a_download_cut_short_by_the_engines_end_resumes_with_what_is_there(disk: DiskWorld) -> None:
    world = disk.world
    body = world.put_random("big", 30 * MIB)
    order = disk.download("big", multipart_threshold=5 * MIB, part_size=5 * MIB)
    world.target = slow = SlowDisk(first=3)
    transfer = await world.submit(order)
    await until(lambda: sorted(slow.given) == [1, 2, 3], "the first parts are on the disk")
    left = disk.everything()
    assert len(left) == 2
    assert not (disk.directory / "big").exists()
    world.target = quick = SlowDisk(first=99)
    await world.restart()
    ended, [result] = await world.ended(transfer)
    assert (ended.state, result.verification) == (TransferState.DONE, Verification.SAME)
    assert sorted(quick.given) == [4, 5, 6]
    assert disk.everything() == ["big"]
    assert (disk.directory / "big").read_bytes() == body


async def test_a_cancelled_download_leaves_nothing(disk: DiskWorld) -> None:
    world = disk.world
    world.put_random("deep/er/big", 30 * MIB)
    order = disk.download("deep/er/big", multipart_threshold=5 * MIB, part_size=5 * MIB)
    world.target = slow = SlowDisk(first=2)
    transfer = await world.submit(order)
    await until(lambda: sorted(slow.given) == [1, 2], "the first parts are on the disk")
    await world.queue.cancel([transfer])
    assert disk.everything() == []


async def test_a_move_leaves_nothing_behind_not_even_the_directories(disk: DiskWorld) -> None:
    world = disk.world
    disk.write("t/sub/file", b"content")
    disk.write("beside")
    transfer, [result] = await world.copy(disk.upload(prefixes=("t/",), move=True))
    assert (transfer.state, result.outcome) == (TransferState.DONE, Outcome.MOVED)
    assert disk.everything() == ["beside"]
    assert world.content("t/sub/file") == b"content"


async def test_a_deleted_prefix_is_gone_and_its_parent_is_not(disk: DiskWorld) -> None:
    for name in ("keep/t/a/one", "keep/t/b/two", "keep/t/three"):
        disk.write(name)
    (disk.directory / "keep/t/empty/inner").mkdir(parents=True)
    selection = disk.upload(prefixes=("keep/t/",)).selection
    transfer, results = await disk.world.copy(DeleteOrder(selection))
    assert transfer.state is TransferState.DONE
    assert {result.outcome for result in results} == {Outcome.DELETED}
    assert disk.everything() == ["keep"]


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_the_route_card_speaks_of_up_and_down(disk: DiskWorld) -> None:
    world = disk.world
    source, target = world.source, world.target
    world.put("file", b"x", Metadata={"a": "b"})
    card = (await world.plan(disk.download("file")))[-1]
    assert card.problem is None
    assert [(verdict.route, verdict.possible) for verdict in card.verdicts] == [(Route.RELAY, True)]
    assert card.verdicts[0].why.startswith("download:")
    assert [check.operation for check in card.checks] == ["HeadObject", "write"]
    assert (card.owner, card.owner_note) == (None, NO_OWNER)
    assert "metadata" in card.drops
    assert card.missing == []
    assert disk.everything() == []
    disk.write("file")
    world.source, world.target = source, target
    card = (await world.plan(disk.upload("file")))[-1]
    assert card.verdicts[0].why.startswith("upload:")
    assert [check.operation for check in card.checks] == ["stat", "CreateMultipartUpload"]
    assert card.owner == Owner(world.buckets.server.b.canonical_id)
    assert card.keeps == ["type (guessed from the name)"]


async def test_a_route_that_there_is_not_is_refused(disk: DiskWorld) -> None:
    disk.world.put("file")
    problem = await problem_of(disk.world.submit(disk.download("file", route=Route.PULL)))
    assert problem.kind is ProblemKind.INVALID
    assert "pull is not possible" in problem.title


def test_a_disk_is_a_store() -> None:
    store: Store = LocalStore()
    assert not store.capabilities.copies


async def test_the_dry_run_says_which_files_are_links(disk: DiskWorld) -> None:
    """What they lead to is uploaded, which may be none of what the user means to publish."""
    secret = disk.write("secret", b"secret")
    disk.write("t/file")
    (disk.directory / "t/link").symlink_to("../secret")
    order, world = disk.upload(prefixes=("t/",)), disk.world
    lines = {line.source: line.why async for line in dry_run(order, world.source, world.target, world.owners)}
    assert f"a symbolic link: copies the content of {secret}" in lines[(disk.directory / "t/link").as_uri()]
    assert "symbolic" not in lines[(disk.directory / "t/file").as_uri()]


async def test_a_key_like_our_partial_files_is_refused_by_name_and_the_others_are_copied(disk: DiskWorld) -> None:
    world = disk.world
    planted = "t/.report.xs3-tui-0123456789abcdef.noted"
    for key in (planted, "t/a", "t/b"):
        world.put(key, b"x")
    order = disk.download(prefixes=("t/",))
    lines = {line.source: line async for line in dry_run(order, world.source, world.target, world.owners)}
    assert lines[Location(world.buckets.a, planted).uri].action is PlannedAction.REFUSE
    _, results = await world.copy(order)
    problems = {result.source: result.problem for result in results if result.problem}
    assert list(problems) == [Location(world.buckets.a, planted).uri]
    [problem] = problems.values()
    assert "partial files" in problem.cause
    assert disk.everything() == ["t", "t/a", "t/b"]
