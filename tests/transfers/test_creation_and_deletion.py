"""Prefixes and buckets that are made; deletions, in batches or alone: what was meant goes and nothing else."""

import asyncio
import contextlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from tests.servers.policies import allow_on_bucket, allow_on_objects
from tests.stores.refusals import problem_of
from tests.transfers.world import BROKEN, ONLY_DEMO, Held, World, why
from tests.waiting import until
from tui.aws.connection import Connection
from tui.core.location import LOCAL_BUCKET, Location
from tui.core.orders import DeleteOrder, Filters, Selection, UndeleteOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome, PlannedAction, Tally, TransferKind, TransferState
from tui.features.buckets.engine import create_bucket, create_prefix, delete_bucket, refuse_bucket_name
from tui.features.versions.undelete import COPIED_OVER
from tui.stores.local.local_store import LocalStore
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import ObjectAttributes
from tui.transfers.deletion import GONE, MARKER_NOTE, Deleter, plan_delete
from tui.transfers.selection import SelectedObject, picked_pages


def order(world: World, *keys: str, prefixes: tuple[str, ...] = (), **selection: Any) -> DeleteOrder:
    return DeleteOrder(Selection("a", Location(world.buckets.a), list(keys), list(prefixes), **selection))


async def delete(world: World, wanted: DeleteOrder) -> list[ObjectResult]:
    deleter = Deleter("t", wanted, world.source)
    results: list[ObjectResult] = []
    async with aclosing(picked_pages(world.source, wanted.selection)) as pages:
        async for page in pages:
            results += await deleter.delete(await deleter.judge(page))
    return results


async def counted(world: World, wanted: DeleteOrder) -> Tally:
    async with aclosing(plan_delete(wanted, world.source)) as tallies:
        return [tally async for tally in tallies][-1]


async def test_what_is_selected_goes_and_nothing_else(world: World) -> None:
    world.put_each("p/a", "p/b", "pa", "k", "k2", body=b"12")
    wanted = order(world, "k", prefixes=("p/",))
    assert await counted(world, wanted) == Tally(objects=3, bytes=6, complete=True)
    assert {line.source for line in await world.planned_deletion(wanted)} == {
        f"s3://{world.buckets.a}/{key}" for key in ("k", "p/a", "p/b")
    }
    assert set(world.source_keys()) == {"p/a", "p/b", "pa", "k", "k2"}, "a dry run deletes nothing"
    results = await delete(world, wanted)
    assert {result.outcome for result in results} == {Outcome.DELETED}
    assert len(results) == 3
    assert set(world.source_keys()) == {"pa", "k2"}


@pytest.mark.thorough
async def test_more_than_one_batch(world: World) -> None:
    for number in range(1005):
        world.put(f"p/{number:04}", b"")
    assert len(await delete(world, order(world, prefixes=("p/",)))) == 1005
    assert set(world.source_keys()) == set()


async def test_a_bucket_with_versions_keeps_them_and_says_so_once(world: World) -> None:
    world.keep_versions()
    world.put_each("p/a", "p/b")
    wanted = order(world, prefixes=("p/",))
    assert {line.why for line in await world.planned_deletion(wanted)} == {MARKER_NOTE}
    assert [result.notes for result in (await delete(world, wanted))] == [[MARKER_NOTE], []]
    assert set(world.source_keys()) == set()
    assert len(world.a.list_object_versions(Bucket=world.buckets.a)["Versions"]) == 2


async def test_a_named_version_goes_alone(world: World) -> None:
    world.keep_versions()
    old = world.a.put_object(Bucket=world.buckets.a, Key="k", Body=b"old")["VersionId"]
    world.put("k", b"new")
    [result] = await delete(world, order(world, "k", version=old))
    assert (result.outcome, result.version, result.size) == (Outcome.DELETED, old, 3)
    versions = world.a.list_object_versions(Bucket=world.buckets.a)
    assert [each["VersionId"] for each in versions["Versions"]] != [old]
    assert "DeleteMarkers" not in versions
    assert world.source_content("k") == b"new"
    with pytest.raises(ProblemError, match="exactly one"):
        Deleter("t", order(world, "k", "l", version=old), world.source)


async def test_a_version_that_does_not_exist_is_not_deleted(world: World) -> None:
    world.keep_versions()
    gone = world.a.put_object(Bucket=world.buckets.a, Key="k", Body=b"old")["VersionId"]
    world.put("k", b"new")
    marker = world.a.delete_object(Bucket=world.buckets.a, Key="k")["VersionId"]
    await delete(world, order(world, "k", version=gone))
    for key, version in (("k", gone), ("k", "no-such-id"), ("never", gone)):
        wanted = order(world, key, version=version)
        [result] = await delete(world, wanted)
        assert (result.outcome, result.problem and result.problem.kind) == (Outcome.FAILED, ProblemKind.NO_SUCH_KEY)
        with pytest.raises(ProblemError, match=f"no such version: s3://{world.buckets.a}/{key} has no version"):
            await world.planned_deletion(wanted)
        with pytest.raises(ProblemError, match="no such version"):
            await counted(world, wanted)
    [removed] = await delete(world, order(world, "k", version=marker))
    assert (removed.outcome, removed.size) == (Outcome.DELETED, 0), removed
    assert set(world.source_keys()) == {"k"}


async def test_filters_spare_what_they_leave_out(world: World) -> None:
    for key, size in (("p/a.log", 5), ("p/b.txt", 5), ("p/c.log", 1), ("k.log", 5), ("l.log", 1)):
        world.put(key, bytes(size))
    wanted = order(world, "k.log", "l.log", prefixes=("p/",), filters=Filters(include=["*.log"], min_size=2))
    assert await counted(world, wanted) == Tally(objects=2, bytes=10, filtered=3, complete=True)
    planned = await world.planned_deletion(wanted)
    left_out = {line.why for line in planned if line.objects}
    assert left_out == {"1 object left out: no --include matches", "1 object left out: it is smaller than 2 bytes"}
    assert {(line.source.rpartition("/")[2], line.action) for line in planned if not line.objects} == {
        ("k.log", PlannedAction.DELETE),
        ("l.log", PlannedAction.SKIP),
        ("a.log", PlannedAction.DELETE),
    }
    [named] = await world.planned_deletion(order(world, "k.log"))
    assert named.size == 5
    skipped = [result for result in (await delete(world, wanted)) if result.outcome is Outcome.SKIPPED]
    assert [result.notes for result in skipped] == [["skipped by the filters: it is smaller than 2 bytes"]]
    assert set(world.source_keys()) == {"p/b.txt", "p/c.log", "l.log"}


async def test_the_queue_deletes_in_batches_and_counts_what_failed(world: World) -> None:
    world.put_each("p/a", "p/b", "stays", body=b"12")
    transfer, results = await world.copy(order(world, prefixes=("p/",)))
    assert (transfer.kind, transfer.state, transfer.objects_done) == (TransferKind.DELETE, TransferState.DONE, 2)
    assert {result.outcome for result in results} == {Outcome.DELETED}
    world.deny("s3:DeleteObject")
    transfer, [result] = await world.copy(order(world, "stays"))
    world.a.delete_bucket_policy(Bucket=world.buckets.a)
    assert (transfer.state, transfer.objects_failed, result.outcome) == (TransferState.FAILED, 1, Outcome.FAILED)
    assert set(world.source_keys()) == {"stays"}


async def test_a_key_that_is_not_there_is_said_and_gets_no_delete_marker(world: World) -> None:
    world.keep_versions()
    world.put("k")
    wanted = order(world, "missing")
    for asked in (world.planned_deletion(wanted), counted(world, wanted)):
        assert (await problem_of(asked)).kind is ProblemKind.NO_SUCH_KEY
    transfer, [result] = await world.ended(await world.queue.submit(wanted))
    assert (transfer.state, result.outcome) == (TransferState.FAILED, Outcome.FAILED)
    assert (why(result).kind, why(result).resource) == (ProblemKind.NO_SUCH_KEY, result.source)
    assert "DeleteMarkers" not in world.a.list_object_versions(Bucket=world.buckets.a)


async def test_of_several_keys_those_that_are_there_go(world: World) -> None:
    world.put("k", b"12")
    wanted = order(world, "k", "missing")
    assert await counted(world, wanted) == Tally(objects=1, bytes=2, complete=True)
    assert [line.action for line in await world.planned_deletion(wanted)] == [
        PlannedAction.DELETE,
        PlannedAction.REFUSE,
    ]
    gone, missing = await delete(world, wanted)
    assert (gone.outcome, missing.outcome) == (Outcome.DELETED, Outcome.FAILED)


async def test_deleting_needs_no_right_to_read(world: World) -> None:
    world.put("k")
    world.deny("s3:GetObject")
    [result] = await delete(world, order(world, "k"))
    world.a.delete_bucket_policy(Bucket=world.buckets.a)
    assert (result.outcome, set(world.source_keys())) == (Outcome.DELETED, set())


async def test_what_a_resumed_deletion_does_not_find_it_may_have_deleted(world: World) -> None:
    world.keep_versions()
    deleter = Deleter("t", order(world, "k"), world.source)
    [result] = await deleter.delete(await deleter.judge([SelectedObject("k")], again=True))
    assert (result.outcome, result.problem, result.notes) == (Outcome.DELETED, None, [GONE])
    assert "DeleteMarkers" not in world.a.list_object_versions(Bucket=world.buckets.a)


@ONLY_DEMO
async def test_a_link_that_leads_nowhere_is_there(world: World, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nothing")
    selection = Selection("a", Location(LOCAL_BUCKET, f"{tmp_path}/"[1:]), [str(link)[1:]])
    world.source = LocalStore()
    [result] = await delete(world, DeleteOrder(selection))
    assert (result.outcome, link.is_symlink()) == (Outcome.DELETED, False)
    [result] = await delete(world, DeleteOrder(selection))
    assert (result.outcome, result.problem and result.problem.kind) == (Outcome.FAILED, ProblemKind.NO_SUCH_KEY)


async def test_links_among_named_files_are_counted(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1")
    (tmp_path / "link").symlink_to("file")
    base, world.source = Location(LOCAL_BUCKET, f"{tmp_path}/"[1:]), LocalStore()
    keys = [f"{base.key}{name}" for name in ("file", "link")]
    for named, links in (([keys[0]], 0), ([keys[1]], 1), (keys, 1)):
        assert (await counted(world, DeleteOrder(Selection("a", base, named)))).links == links


async def test_what_may_not_lose_its_marker_is_copied_over_it(world: World) -> None:
    world.keep_versions()
    world.put("k", b"deleted", Metadata={"m": "1"}, Tagging="a=b")
    world.a.delete_object(Bucket=world.buckets.a, Key="k")
    world.deny("s3:DeleteObjectVersion")
    selection = Selection("a", Location(world.buckets.a), ["k", "never"])
    _, results = await world.ended(await world.submit(UndeleteOrder(selection)))
    found = {each.source.rpartition("/")[2]: each for each in results}
    assert (found["k"].outcome, found["k"].problem) == (Outcome.UNDELETED, None)
    assert [note.partition(" (")[0] for note in found["k"].notes] == [COPIED_OVER.partition(" (")[0]]
    assert world.source_content("k") == b"deleted"
    head = world.a.head_object(Bucket=world.buckets.a, Key="k")
    assert (head["Metadata"], head["TagCount"]) == ({"m": "1"}, 1)
    never = why(found["never"])
    assert never.title.startswith("nothing to undelete at ")
    assert never.cause == "it has no version: it was never written, or the bucket kept no versions"


class Moody(S3Store):
    def __init__(self, connection: Connection, answer: Problem | dict[str, Problem]) -> None:
        super().__init__(connection)
        self._answer = answer

    async def delete_many(self, bucket: str, keys: Sequence[str], *markers: Any) -> dict[str, Problem]:
        if isinstance(self._answer, Problem):
            raise ProblemError(self._answer)
        done = await super().delete_many(bucket, [key for key in keys if key not in self._answer], *markers)
        return done | self._answer


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (Problem(kind=ProblemKind.UNSUPPORTED, title="no DeleteObjects here"), set()),
        (Problem(kind=ProblemKind.INVALID, title="MalformedXML"), set()),
        ({"a": BROKEN}, set()),
        (Problem(kind=ProblemKind.DENIED, title="access denied"), {"a", "b"}),
    ],
)
async def test_what_a_batch_cannot_a_single_request_may(
    world: World, answer: Problem | dict[str, Problem], left: set[str]
) -> None:
    world.put_each("a", "b")
    world.source = Moody(world.connection_a, answer)
    results = await delete(world, order(world, "a", "b"))
    assert set(world.source_keys()) == left
    assert {result.source.rpartition("/")[2] for result in results if result.problem} == left


async def test_a_cancelled_deletion_says_what_has_gone(world: World) -> None:
    world.put_each("p/a", "p/b")
    world.source = held = Held(world.connection_a, "delete")
    name = await world.submit(order(world, prefixes=("p/",)))
    await held.reached.wait()
    cancelling = asyncio.create_task(world.queue.cancel([name]))
    await until(lambda: world.queue._jobs.get(name)._stopping, "it is told to stop")
    held.go_on.set()
    await cancelling
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.objects_done) == (TransferState.CANCELLED, 2)
    assert {result.outcome for result in results} == {Outcome.DELETED}


async def test_a_prefix_is_an_empty_object_with_a_slash(world: World) -> None:
    for key in ("new/", "with/out", "new/ünter \x1b/"):
        made = await create_prefix(world.target, Location(world.buckets.b, key), world.owners.target)
        assert made.key.rstrip("/") == key.rstrip("/")
        assert world.content(made.key) == b""
    assert world.target_keys() == ["new/", "new/ünter \x1b/", "with/out/"]


async def test_what_is_there_stays(world: World) -> None:
    world.put_there("p/", b"something")
    made = create_prefix(world.target, Location(world.buckets.b, "p/"), world.owners.target)
    assert (await problem_of(made)).kind is ProblemKind.EXISTS
    assert world.content("p/") == b"something"


async def test_in_a_foreign_bucket_its_owner_may_read_it(world: World) -> None:
    """Nor does the right to set ACLs have to be there."""
    bucket, a = world.buckets.b, world.buckets.server.a.principal
    place = Location(bucket, "from-a/")
    world.buckets.set_policy_of_b(allow_on_objects(bucket, a, "s3:PutObject"))
    await create_prefix(world.source, place, world.owners.source)
    assert world.target_keys() == ["from-a/"]
    world.b.delete_object(Bucket=bucket, Key="from-a/")
    listing = allow_on_bucket(bucket, a, "s3:ListBucket")
    world.buckets.set_policy_of_b(listing, allow_on_objects(bucket, a, "s3:PutObject", "s3:PutObjectAcl"))
    await create_prefix(world.source, place, world.owners.source)
    assert world.content("from-a/") == b""


async def test_on_a_disk_it_is_a_directory(tmp_path: Path) -> None:
    location = Location(LOCAL_BUCKET, f"{tmp_path}/new/deeper".removeprefix("/"))
    made = await create_prefix(LocalStore(), location, None)
    assert Path(made.path) == tmp_path / "new" / "deeper"
    assert (tmp_path / "new" / "deeper").is_dir()
    assert (await problem_of(create_prefix(LocalStore(), location, None))).kind is ProblemKind.EXISTS


async def test_a_prefix_that_cannot_be_is_refused(world: World) -> None:
    for bucket, key in (("", ""), ("", "p/"), ("b", ""), ("b", "//"), ("b", "x" * 1024)):
        problem = await problem_of(create_prefix(world.target, Location(bucket, key), None))
        assert problem.kind is ProblemKind.INVALID


@pytest.fixture
def new_bucket(world: World) -> Iterator[str]:
    name = f"made-{secrets.token_hex(6)}"
    yield name
    with contextlib.suppress(world.b.exceptions.NoSuchBucket):
        world.b.delete_bucket(Bucket=name)


async def test_an_empty_bucket_is_deleted_and_one_with_something_in_it_is_refused_with_words(
    world: World, new_bucket: str
) -> None:
    await create_bucket(world.target, new_bucket)
    await world.target.put(new_bucket, "one", b"1", ObjectAttributes())
    problem = await problem_of(delete_bucket(world.target, new_bucket))
    assert (problem.kind, problem.title) == (ProblemKind.INVALID, "the bucket is not empty")
    assert problem.remedy
    await world.target.delete(new_bucket, "one")
    await delete_bucket(world.target, new_bucket)
    assert new_bucket not in [each.name for each in (await world.target.buckets()).buckets]


async def test_a_bad_name_is_refused_without_a_request(world: World) -> None:
    bad = {
        "ab": "2 characters",
        "": "0 characters",
        "x" * 64: "64 characters",
        **dict.fromkeys(("Upper", "under_score", "ümlaut", "new\nline", "name\n", "a/b"), "lowercase"),
        **dict.fromkeys(("-begins", "ends."), "begin and end"),
        "two..dots": "two dots",
        "192.168.5.4": "IP address",
        **dict.fromkeys(("xn--name", "sthree-name", "name-s3alias", "name--x-s3"), "reserved"),
    }
    for name, reason in bad.items():
        problem = await problem_of(create_bucket(world.target, name))
        assert problem.kind is ProblemKind.INVALID, name
        assert reason in problem.cause, name
    for name in ("abc", "x" * 63, "a.b-c", "1a2", "192.168.5.4a"):
        refuse_bucket_name(name)
