"""Uploads and downloads: the local disk as one side of a transfer, on every server."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import chdir, closing
from pathlib import Path
from typing import Any

import pytest

from tests.stores.refusals import problem_of
from tests.transfers.world import World
from tests.waiting import until
from tui.model.identity import Owner
from tui.model.location import Location
from tui.model.plan import (
    ConflictPolicy,
    CopyOptions,
    CopyOrder,
    DeleteOrder,
    Destination,
    PlannedAction,
    Route,
    Selection,
)
from tui.model.problem import ProblemKind
from tui.model.transfer import Outcome, TransferState, Verification
from tui.stores.base import Part, Store
from tui.stores.limits import MIB
from tui.stores.local import LocalStore
from tui.transfers.disk import NO_OWNER
from tui.transfers.dry_run import dry_run, dry_run_deletion

ROOT = "/"


class DiskWorld:
    """A world in which one side, or both, is a directory."""

    def __init__(self, world: World, directory: Path) -> None:
        self.world, self.directory = world, directory
        self.prefix = f"{directory}/".removeprefix("/")

    def write(self, name: str, body: bytes = b"content") -> Path:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return path

    def download(self, *keys: str, prefixes: tuple[str, ...] = (), base: str = "", **options: object) -> CopyOrder:
        """A's objects to the directory."""
        self.world.target = LocalStore()
        return CopyOrder(
            Selection("a", Location(self.world.buckets.a, base), list(keys), list(prefixes)),
            Destination("b", Location(ROOT, self.prefix)),
            CopyOptions(**options),  # type: ignore[arg-type]  # the test names what it sets
        )

    def upload(self, *names: str, prefixes: tuple[str, ...] = (), to: str = "", **options: object) -> CopyOrder:
        """Files of the directory to B's bucket."""
        self.world.source = LocalStore()
        return CopyOrder(
            Selection(
                "a",
                Location(ROOT, self.prefix),
                [self.prefix + name for name in names],
                [self.prefix + name for name in prefixes],
            ),
            Destination("b", Location(self.world.buckets.b, to)),
            CopyOptions(**options),  # type: ignore[arg-type]  # the test names what it sets
        )

    def everything(self) -> list[str]:
        return sorted(str(path.relative_to(self.directory)) for path in self.directory.rglob("*"))


@pytest.fixture
def disk(world: World, tmp_path: Path) -> DiskWorld:
    (tmp_path / "disk").mkdir()
    return DiskWorld(world, tmp_path / "disk")


async def test_a_tree_is_downloaded_with_its_times(disk: DiskWorld) -> None:
    world = disk.world
    big = world.put_random("t/big", 9 * MIB)
    world.put("t/a.txt", b"a", Metadata={"made": "here"})
    world.put("t/marker/", b"")
    transfer, results = await world.copy(disk.download(prefixes=("t/",)))
    assert (transfer.state, transfer.route) == (TransferState.DONE, Route.RELAY)
    assert {result.verification for result in results} == {Verification.SAME}
    assert disk.everything() == ["t", "t/a.txt", "t/big", "t/marker"]
    assert (disk.directory / "t/big").read_bytes() == big
    [noted] = [result for result in results if result.source.endswith("a.txt")]
    assert noted.notes == ["without metadata: a local disk keeps none"]
    assert noted.target == (disk.directory / "t/a.txt").as_uri()
    modified = world.a.head_object(Bucket=world.buckets.a, Key="t/a.txt")["LastModified"].timestamp()
    assert (disk.directory / "t/a.txt").stat().st_mtime == pytest.approx(modified, abs=1)


async def test_a_tree_is_uploaded_with_the_types_of_its_names(disk: DiskWorld) -> None:
    world = disk.world
    big = disk.write("t/big.bin", os.urandom(9 * MIB)).read_bytes()
    disk.write("t/ü + [x]\n.json", b"{}")
    (disk.directory / "t/empty").mkdir()
    (disk.directory / "t/circle").symlink_to("..")
    transfer, results = await world.copy(disk.upload(prefixes=("t/",), to="in/"))
    assert (transfer.state, transfer.route) == (TransferState.DONE, Route.RELAY)
    copied = [result for result in results if result.outcome is Outcome.COPIED]
    assert [result.verification for result in copied] == [Verification.SAME] * 3
    assert [result.notes for result in results if result not in copied] == [
        ["left out: a symbolic link to a directory, which is not followed"]
    ]
    assert sorted(world.target_keys()) == ["in/t/big.bin", "in/t/empty/", "in/t/ü + [x]\n.json"]
    assert world.content("in/t/big.bin") == big
    head = world.b.head_object(Bucket=world.buckets.b, Key="in/t/ü + [x]\n.json")
    assert head["ContentType"] == "application/json"


def strange(disk: DiskWorld) -> dict[str, str]:
    """A tree with one file among what is none; returns what is to be said, by name."""
    disk.write("t/file", b"content")
    (disk.directory / "t/loose").symlink_to("nowhere")
    (disk.directory / "t/ring").symlink_to("ring")
    (disk.directory / "t/only").mkdir()
    os.mkfifo(disk.directory / "t/only/pipe")
    with closing(socket.socket(socket.AF_UNIX)) as bound, chdir(disk.directory / "t"):
        bound.bind("socket")  # the path of a socket may have some 100 bytes only
    return {
        "t/loose": "left out: a symbolic link that leads nowhere",
        "t/only/pipe": "left out: a named pipe",
        "t/ring": "left out: a symbolic link that leads nowhere",
        "t/socket": "left out: a socket",
    }


def key_of(disk: DiskWorld, source: str) -> str:
    return source.removeprefix(disk.directory.as_uri() + "/")


@pytest.mark.parametrize("move", [False, True])
async def test_what_can_be_no_object_is_said_one_by_one(disk: DiskWorld, move: bool) -> None:
    said = strange(disk)
    order = disk.upload(prefixes=("t/",), move=move)
    card = (await disk.world.plan(order))[-1]
    assert (card.tally.objects, card.tally.unfit, card.unlisted, card.problem) == (2, 4, None, None)
    planned = [line async for line in dry_run(order, disk.world.source, disk.world.target, disk.world.owners)]
    skipped = {key_of(disk, line.source): line.why for line in planned if line.action is PlannedAction.SKIP}
    assert (len(planned), skipped) == (6, said)
    transfer, results = await disk.world.copy(order)
    assert (transfer.state, transfer.objects_skipped, transfer.objects_total) == (TransferState.DONE, 4, 6)
    notes = {key_of(disk, each.source): each.notes for each in results if each.outcome is Outcome.SKIPPED}
    assert notes == {name: [why] for name, why in said.items()}
    assert set(said.values()) <= set(transfer.notes)
    assert sorted(disk.world.target_keys()) == ["t/file", "t/only/"]
    assert {"t/loose", "t/only/pipe", "t/ring", "t/socket"} <= set(disk.everything())


async def test_what_cannot_be_listed_is_said_once(disk: DiskWorld) -> None:
    disk.write("t/file")
    (disk.directory / "t" / os.fsdecode(b"caf\xe9")).touch()
    transfer, _ = await disk.world.copy(disk.upload(prefixes=("t/",)))
    assert transfer.problem
    assert "caf\\xe9" in transfer.problem.title
    assert not [note for note in transfer.notes if transfer.problem.title in note]


async def test_a_dry_run_says_what_cannot_be_listed_among_the_rest(disk: DiskWorld) -> None:
    disk.write("t/file")
    disk.write("u/file")
    (disk.directory / "t" / os.fsdecode(b"caf\xe9")).touch()
    order = disk.upload(prefixes=("t/", "u/"))
    copied = [line async for line in dry_run(order, disk.world.source, disk.world.target, disk.world.owners)]
    deleted = [line async for line in dry_run_deletion(DeleteOrder(order.selection), disk.world.source)]
    for lines, action in ((copied, PlannedAction.COPY), (deleted, PlannedAction.DELETE)):
        assert [line.action for line in lines] == [action, PlannedAction.REFUSE, action]
        assert "caf\\xe9" in lines[1].why
        assert lines[1].source == (disk.directory / "t").as_uri() + "/"


async def test_it_stays_where_a_tree_is_deleted(disk: DiskWorld) -> None:
    said = strange(disk)
    order = DeleteOrder(disk.upload(prefixes=("t/",)).selection)
    lines = [line async for line in dry_run_deletion(order, disk.world.source)]
    assert {key_of(disk, line.source) for line in lines if line.action is PlannedAction.SKIP} == said.keys()
    _, results = await disk.world.copy(order)
    assert {key_of(disk, each.source): each.notes for each in results if each.outcome is Outcome.SKIPPED} == {
        name: [why] for name, why in said.items()
    }


async def test_files_are_copied_on_the_disk_and_never_onto_themselves(disk: DiskWorld) -> None:
    world = disk.world
    disk.write("a/file", b"content")
    order = disk.upload(prefixes=("a/",))
    world.target = LocalStore()
    order = CopyOrder(order.selection, Destination("b", Location(ROOT, disk.prefix + "b/")), order.options)
    transfer, [result] = await world.copy(order)
    assert (transfer.route, result.verification) == (Route.RELAY, Verification.SAME)
    assert (disk.directory / "b/a/file").read_bytes() == b"content"
    into_itself = CopyOrder(order.selection, Destination("b", Location(ROOT, disk.prefix + "a/deep/")), order.options)
    assert (await problem_of(world.submit(into_itself))).kind is ProblemKind.INVALID
    (disk.directory / "link").symlink_to("a")
    behind = CopyOrder(order.selection, Destination("b", Location(ROOT, disk.prefix + "link/")), order.options)
    assert (await problem_of(world.submit(behind))).kind is ProblemKind.INVALID


async def test_hostile_keys_are_refused_by_name_and_the_others_are_copied(disk: DiskWorld) -> None:
    world = disk.world
    (disk.directory / "chosen/out").parent.mkdir()
    (disk.directory / "chosen/out").symlink_to(disk.directory)
    order = disk.download(prefixes=("k/",), base="k/", conflict=ConflictPolicy.OVERWRITE)
    order = CopyOrder(order.selection, Destination("b", Location(ROOT, disk.prefix + "chosen/")), order.options)
    hostile = ["../up", "a/../../up", "/lead", "x//y", "./dot", "out/file", "n" * 256]
    for name in (*hostile, "fine"):
        world.put("k/" + name)
    transfer, results = await world.copy(order)
    assert transfer.state is TransferState.FAILED
    failed = {result.source: result.problem for result in results if result.outcome is Outcome.FAILED}
    assert failed.keys() == {f"s3://{world.buckets.a}/k/{name}" for name in hostile}
    for problem in failed.values():
        assert problem
        assert problem.kind is ProblemKind.INVALID
        assert problem.remedy
    assert disk.everything() == ["chosen", "chosen/fine", "chosen/out"]


async def test_a_file_and_a_prefix_of_one_name_end_as_one_copy_and_one_refusal(disk: DiskWorld) -> None:
    world = disk.world
    world.put("a")
    world.put("a/b")
    _, results = await world.copy(disk.download("a", "a/b"))
    outcomes = sorted(result.outcome.value for result in results)
    assert outcomes == ["copied", "failed"]
    [problem] = [result.problem for result in results if result.problem]
    assert problem.kind is ProblemKind.INVALID


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


async def test_a_download_that_the_engines_end_cut_short_goes_on_with_what_is_there(disk: DiskWorld) -> None:
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
    assert "no pull" in problem.title


def test_a_disk_is_a_store() -> None:
    store: Store = LocalStore()
    assert not store.capabilities.copies
