"""Deletions: what was meant goes and nothing else, in batches, with each key's own error."""

from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from tests.servers.policies import bucket_policy, deny_on_objects
from tests.transfers.world import World
from tui.model.location import LOCAL_BUCKET, Location
from tui.model.orders import DeleteOrder, Filters, Selection
from tui.model.plan import PlannedAction, PlannedObject, Tally
from tui.model.problem import ProblemError, ProblemKind
from tui.model.transfer import ObjectResult, Outcome, TransferKind, TransferState
from tui.stores.local import LocalStore
from tui.transfers.delete.counting import plan_delete
from tui.transfers.delete.deletion import GONE, MARKER_NOTE, Deleter, Judged
from tui.transfers.order.selection import Picked, picked_pages
from tui.transfers.plan.dry_run import dry_run_deletion

ODD = [
    "a\rb",
    "a\nb",
    "line\n",
    " lead",
    "trail ",
    "ctl\x01",
    "esc\x1b[0m",
    "&<>\"'",
    "ä📦",
    "%2F",
    "a//b",
    "tab\tin",
    "\ufffe",
]


NEIGHBOURS = ["a b", "ab", "line", "lead", "trail", "ctl", "esc[0m", "a/b", "/", "tab in"]


def order(world: World, *keys: str, prefixes: tuple[str, ...] = (), **selection: Any) -> DeleteOrder:
    return DeleteOrder(Selection("a", Location(world.buckets.a), list(keys), list(prefixes), **selection))


def keys_of(world: World) -> set[str]:
    pages = world.a.get_paginator("list_objects_v2").paginate(Bucket=world.buckets.a)
    return {entry["Key"] for page in pages for entry in page.get("Contents", [])}


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


async def planned(world: World, wanted: DeleteOrder) -> list[PlannedObject]:
    async with aclosing(dry_run_deletion(wanted, world.source)) as lines:
        return [line async for line in lines]


async def test_what_is_selected_goes_and_nothing_else(world: World) -> None:
    for key in ("p/a", "p/b", "pa", "k", "k2"):
        world.put(key, b"12")
    wanted = order(world, "k", prefixes=("p/",))
    assert await counted(world, wanted) == Tally(objects=3, bytes=6, complete=True)
    assert {line.source for line in await planned(world, wanted)} == {
        f"s3://{world.buckets.a}/{key}" for key in ("k", "p/a", "p/b")
    }
    assert keys_of(world) == {"p/a", "p/b", "pa", "k", "k2"}, "a dry run deletes nothing"
    results = await delete(world, wanted)
    assert {result.outcome for result in results} == {Outcome.DELETED}
    assert len(results) == 3
    assert keys_of(world) == {"pa", "k2"}


async def test_keys_that_xml_changes_are_deleted_and_their_neighbours_stay(world: World) -> None:
    odd = [key for key in ODD if can_hold(world, key)]
    for key in (*NEIGHBOURS, *odd):
        world.put(key)
    results = await delete(world, order(world, *odd))
    assert [result.problem for result in results if result.problem] == []
    assert keys_of(world) == set(NEIGHBOURS)


def can_hold(world: World, key: str) -> bool:
    """Whether this server keeps such a key as it is."""
    try:
        world.put(key)
    except world.a.exceptions.ClientError:
        return False
    return True


async def test_more_than_one_batch(world: World) -> None:
    for number in range(1005):
        world.put(f"p/{number:04}", b"")
    results = await delete(world, order(world, prefixes=("p/",)))
    assert len(results) == 1005
    assert keys_of(world) == set()


async def test_each_key_has_its_own_error(world: World) -> None:
    for key in ("locked/a", "open/b"):
        world.put(key)
    locked = deny_on_objects(world.buckets.a, "*", "s3:DeleteObject")
    locked = type(locked)(locked.effect, locked.principal, locked.actions, locked.resource.replace("/*", "/locked/*"))
    world.a.put_bucket_policy(Bucket=world.buckets.a, Policy=bucket_policy(locked))
    denied, deleted = await delete(world, order(world, prefixes=("locked/", "open/")))
    assert (denied.outcome, deleted.outcome) == (Outcome.FAILED, Outcome.DELETED)
    assert denied.problem
    assert denied.problem.kind is ProblemKind.DENIED
    assert denied.problem.permission == "s3:DeleteObject"
    assert denied.problem.resource == denied.source
    world.a.delete_bucket_policy(Bucket=world.buckets.a)
    assert keys_of(world) == {"locked/a"}


async def test_a_bucket_with_versions_keeps_them_and_says_so_once(world: World) -> None:
    world.a.put_bucket_versioning(Bucket=world.buckets.a, VersioningConfiguration={"Status": "Enabled"})
    for key in ("p/a", "p/b"):
        world.put(key)
    wanted = order(world, prefixes=("p/",))
    assert {line.why for line in await planned(world, wanted)} == {MARKER_NOTE}
    results = await delete(world, wanted)
    assert [result.notes for result in results] == [[MARKER_NOTE], []]
    assert keys_of(world) == set()
    assert len(world.a.list_object_versions(Bucket=world.buckets.a)["Versions"]) == 2


async def test_a_named_version_goes_alone(world: World) -> None:
    world.a.put_bucket_versioning(Bucket=world.buckets.a, VersioningConfiguration={"Status": "Enabled"})
    old = world.a.put_object(Bucket=world.buckets.a, Key="k", Body=b"old")["VersionId"]
    world.put("k", b"new")
    [result] = await delete(world, order(world, "k", version=old))
    assert (result.outcome, result.version, result.size) == (Outcome.DELETED, old, 3)
    versions = world.a.list_object_versions(Bucket=world.buckets.a)
    assert [each["VersionId"] for each in versions["Versions"]] != [old]
    assert "DeleteMarkers" not in versions
    assert world.a.get_object(Bucket=world.buckets.a, Key="k")["Body"].read() == b"new"
    with pytest.raises(ProblemError, match="exactly one"):
        Deleter("t", order(world, "k", "l", version=old), world.source)


async def test_a_version_that_does_not_exist_is_not_deleted(world: World) -> None:
    world.a.put_bucket_versioning(Bucket=world.buckets.a, VersioningConfiguration={"Status": "Enabled"})
    gone = world.a.put_object(Bucket=world.buckets.a, Key="k", Body=b"old")["VersionId"]
    world.put("k", b"new")
    marker = world.a.delete_object(Bucket=world.buckets.a, Key="k")["VersionId"]
    await delete(world, order(world, "k", version=gone))
    for key, version in (("k", gone), ("k", "no-such-id"), ("never", gone)):
        wanted = order(world, key, version=version)
        [result] = await delete(world, wanted)
        assert (result.outcome, result.problem and result.problem.kind) == (Outcome.FAILED, ProblemKind.NO_SUCH_KEY)
        with pytest.raises(ProblemError, match="no such version"):
            await planned(world, wanted)
        with pytest.raises(ProblemError, match="no such version"):
            await counted(world, wanted)
    [removed] = await delete(world, order(world, "k", version=marker))
    assert (removed.outcome, removed.size) == (Outcome.DELETED, 0), removed
    assert keys_of(world) == {"k"}


async def test_filters_spare_what_they_leave_out(world: World) -> None:
    for key, size in (("p/a.log", 5), ("p/b.txt", 5), ("p/c.log", 1), ("k.log", 5), ("l.log", 1)):
        world.put(key, bytes(size))
    filters = Filters(include=["*.log"], min_size=2)
    wanted = order(world, "k.log", "l.log", prefixes=("p/",), filters=filters)
    assert await counted(world, wanted) == Tally(objects=2, bytes=10, filtered=3, complete=True)
    assert {(line.source.rpartition("/")[2], line.action) for line in await planned(world, wanted)} == {
        ("k.log", PlannedAction.DELETE),
        ("l.log", PlannedAction.SKIP),
        ("a.log", PlannedAction.DELETE),
    }
    [named] = await planned(world, order(world, "k.log"))
    assert named.size == 5
    results = await delete(world, wanted)
    skipped = [result for result in results if result.outcome is Outcome.SKIPPED]
    assert [result.notes for result in skipped] == [["skipped by the filters: it is smaller than 2 bytes"]]
    assert keys_of(world) == {"p/b.txt", "p/c.log", "l.log"}


async def test_the_queue_deletes_in_batches_and_counts_what_failed(world: World) -> None:
    for key in ("p/a", "p/b", "stays"):
        world.put(key, b"12")
    transfer, results = await world.copy(order(world, prefixes=("p/",)))
    assert (transfer.kind, transfer.state, transfer.objects_done) == (TransferKind.DELETE, TransferState.DONE, 2)
    assert {result.outcome for result in results} == {Outcome.DELETED}
    world.buckets.set_policy_of_a(deny_on_objects(world.buckets.a, "*", "s3:DeleteObject"))
    transfer, [result] = await world.copy(order(world, "stays"))
    world.a.delete_bucket_policy(Bucket=world.buckets.a)
    assert (transfer.state, transfer.objects_failed, result.outcome) == (TransferState.FAILED, 1, Outcome.FAILED)
    assert keys_of(world) == {"stays"}


async def test_a_key_that_is_gone_since_it_was_looked_at_is_no_problem(world: World) -> None:
    deleter = Deleter("t", order(world, "k"), world.source)
    [result] = await deleter.delete([Judged(Picked("k"))])
    assert (result.outcome, result.problem) == (Outcome.DELETED, None)


async def test_a_key_that_is_not_there_is_said_and_gets_no_delete_marker(world: World) -> None:
    world.a.put_bucket_versioning(Bucket=world.buckets.a, VersioningConfiguration={"Status": "Enabled"})
    world.put("k")
    wanted = order(world, "missing")
    for asked in (planned(world, wanted), counted(world, wanted)):
        with pytest.raises(ProblemError) as caught:
            await asked
        assert caught.value.problem.kind is ProblemKind.NO_SUCH_KEY
    transfer, [result] = await world.ended(await world.queue.submit(wanted))
    assert (transfer.state, result.outcome) == (TransferState.FAILED, Outcome.FAILED)
    assert result.problem
    assert (result.problem.kind, result.problem.resource) == (ProblemKind.NO_SUCH_KEY, result.source)
    assert "DeleteMarkers" not in world.a.list_object_versions(Bucket=world.buckets.a)


async def test_of_several_keys_those_that_are_there_go(world: World) -> None:
    world.put("k", b"12")
    wanted = order(world, "k", "missing")
    assert await counted(world, wanted) == Tally(objects=1, bytes=2, complete=True)
    assert [line.action for line in await planned(world, wanted)] == [PlannedAction.DELETE, PlannedAction.REFUSE]
    gone, missing = await delete(world, wanted)
    assert (gone.outcome, missing.outcome) == (Outcome.DELETED, Outcome.FAILED)


async def test_deleting_needs_no_right_to_read(world: World) -> None:
    world.put("k")
    world.buckets.set_policy_of_a(deny_on_objects(world.buckets.a, "*", "s3:GetObject"))
    [result] = await delete(world, order(world, "k"))
    world.a.delete_bucket_policy(Bucket=world.buckets.a)
    assert (result.outcome, keys_of(world)) == (Outcome.DELETED, set())


async def test_what_a_resumed_deletion_does_not_find_it_may_have_deleted(world: World) -> None:
    world.a.put_bucket_versioning(Bucket=world.buckets.a, VersioningConfiguration={"Status": "Enabled"})
    deleter = Deleter("t", order(world, "k"), world.source)
    [result] = await deleter.delete(await deleter.judge([Picked("k")], again=True))
    assert (result.outcome, result.problem, result.notes) == (Outcome.DELETED, None, [GONE])
    assert "DeleteMarkers" not in world.a.list_object_versions(Bucket=world.buckets.a)


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_a_link_that_leads_nowhere_is_there(world: World, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nothing")
    selection = Selection("a", Location(LOCAL_BUCKET, f"{tmp_path}/"[1:]), [str(link)[1:]])
    world.source = LocalStore()
    [result] = await delete(world, DeleteOrder(selection))
    assert (result.outcome, link.is_symlink()) == (Outcome.DELETED, False)
    [result] = await delete(world, DeleteOrder(selection))
    assert (result.outcome, result.problem and result.problem.kind) == (Outcome.FAILED, ProblemKind.NO_SUCH_KEY)
