"""Deletions: what was meant goes and nothing else, in batches, with each key's own error."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import pytest

from tests.servers.policies import bucket_policy, deny_on_objects
from tests.transfers.faults import BROKEN
from tests.transfers.world import World
from tests.waiting import until
from tui.accounts.connection import Connection
from tui.model.location import Location
from tui.model.plan import DeleteOrder, Filters, PlannedAction, PlannedObject, Selection, Tally
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import ObjectResult, Outcome, TransferKind, TransferState
from tui.stores.s3 import S3Store
from tui.transfers.deleting import MARKER_NOTE, Deleter, plan_delete
from tui.transfers.dry_run import dry_run_deletion
from tui.transfers.selection import picked_pages

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
    assert (result.outcome, result.version) == (Outcome.DELETED, old)
    versions = world.a.list_object_versions(Bucket=world.buckets.a)
    assert [each["VersionId"] for each in versions["Versions"]] != [old]
    assert "DeleteMarkers" not in versions
    assert world.a.get_object(Bucket=world.buckets.a, Key="k")["Body"].read() == b"new"
    with pytest.raises(ProblemError, match="exactly one"):
        Deleter("t", order(world, "k", "l", version=old), world.source)


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
    assert named.size is None  # nothing has been asked about it
    results = await delete(world, wanted)
    skipped = [result for result in results if result.outcome is Outcome.SKIPPED]
    assert [result.notes for result in skipped] == [["left out by the filters: it is smaller than 2 bytes"]]
    assert keys_of(world) == {"p/b.txt", "p/c.log", "l.log"}


async def test_the_queue_deletes_in_batches_and_counts_what_failed(world: World) -> None:
    for key in ("p/a", "p/b", "stays"):
        world.put(key, b"12")
    transfer, results = await world.copy(order(world, "gone", prefixes=("p/",)))
    assert (transfer.kind, transfer.state, transfer.objects_done) == (TransferKind.DELETE, TransferState.DONE, 3)
    assert {result.outcome for result in results} == {Outcome.DELETED}
    world.buckets.set_policy_of_a(deny_on_objects(world.buckets.a, "*", "s3:DeleteObject"))
    transfer, [result] = await world.copy(order(world, "stays"))
    world.a.delete_bucket_policy(Bucket=world.buckets.a)
    assert (transfer.state, transfer.objects_failed, result.outcome) == (TransferState.FAILED, 1, Outcome.FAILED)
    assert keys_of(world) == {"stays"}


async def test_a_key_that_is_gone_is_no_problem(world: World) -> None:
    [result] = await delete(world, order(world, "never-there"))
    assert (result.outcome, result.problem) == (Outcome.DELETED, None)


class Moody(S3Store):
    """DeleteObjects fails in a way that DeleteObject does not."""

    def __init__(self, connection: Connection, answer: Problem | dict[str, Problem]) -> None:
        super().__init__(connection)
        self._answer = answer

    async def delete_many(self, bucket: str, keys: Sequence[str]) -> dict[str, Problem]:
        if isinstance(self._answer, Problem):
            raise ProblemError(self._answer)
        done = await super().delete_many(bucket, [key for key in keys if key not in self._answer])
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
    world.put("a")
    world.put("b")
    world.source = Moody(world.connection_a, answer)
    results = await delete(world, order(world, "a", "b"))
    assert keys_of(world) == left
    failed = {result.source.rpartition("/")[2] for result in results if result.problem}
    assert failed == left


class HeldAfterDeleting(S3Store):
    """Has deleted, and does not say so until the test lets it."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    async def delete_many(self, bucket: str, keys: Sequence[str]) -> dict[str, Problem]:
        problems = await super().delete_many(bucket, keys)
        self.reached.set()
        await self.go_on.wait()
        return problems


async def test_a_cancelled_deletion_says_what_has_gone(world: World) -> None:
    for key in ("p/a", "p/b"):
        world.put(key)
    world.source = held = HeldAfterDeleting(world.connection_a)
    name = await world.submit(order(world, prefixes=("p/",)))
    await asyncio.wait_for(held.reached.wait(), 10)
    cancelling = asyncio.create_task(world.queue.cancel([name]))
    await until(lambda: world.queue._jobs[name]._stopping, "it is told to stop")
    held.go_on.set()
    await cancelling
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.objects_done) == (TransferState.CANCELLED, 2)
    assert {result.outcome for result in results} == {Outcome.DELETED}
