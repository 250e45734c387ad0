"""Uploads and downloads: the local disk as one side of a transfer, on every server."""

from __future__ import annotations

import os
import socket
from contextlib import chdir, closing

import pytest

from tests.stores.refusals import problem_of
from tests.transfers.copy.disk_world import ROOT, DiskWorld
from tui.model.location import Location
from tui.model.orders import ConflictPolicy, CopyOrder, DeleteOrder, Destination, Route
from tui.model.plan import PlannedAction
from tui.model.problem import ProblemKind
from tui.model.s3_limits import MIB
from tui.model.transfer import Outcome, TransferState, Verification
from tui.stores.local import LocalStore
from tui.transfers.plan.dry_run import dry_run, dry_run_deletion


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
    assert noted.notes == ["without metadata: a local disk cannot store them"]
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
        ["skipped: a symbolic link to a directory (not followed)"]
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
        "t/loose": "skipped: a broken symbolic link",
        "t/only/pipe": "skipped: a named pipe",
        "t/ring": "skipped: a broken symbolic link",
        "t/socket": "skipped: a socket",
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
