"""A repair that is stopped or killed at any moment continues, and says what was done."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing

import pytest
from msgspec.structs import replace

from tests.results import unpacked
from tests.transfers.repair.uploads import ATTRIBUTES, Uploads
from tests.transfers.world import World
from tests.waiting import until
from tui.accounts.clients.connection import Connection
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import ObjectResult, Outcome, TransferState, Verification
from tui.stores.s3 import S3Store
from tui.stores.values import Acl, ObjectAttributes, Part, Source, Stored
from tui.transfers.repair.repairer import ANOTHER, DONE_BEFORE, MADE_AGAIN

MIB = 1 << 20
MOST = 10_000


class Held(S3Store):
    """The bucket owner's store, which does not go on once it has come so far that the test wants to kill it."""

    def __init__(
        self, connection: Connection, *, copies: int = MOST, parts: int = MOST, read_back: bool = True
    ) -> None:
        super().__init__(connection)
        self.reached = asyncio.Event()
        self.copies_left, self.parts_left, self.read_back = copies, parts, read_back

    async def copy(
        self,
        source: Source,
        bucket: str,
        key: str,
        attributes: ObjectAttributes,
        *,
        only_new: bool = False,
        replaces: str = "",
    ) -> Stored:
        self.copies_left -= 1
        if self.copies_left < 0:
            await self._stay()
        return await super().copy(source, bucket, key, attributes, only_new=only_new, replaces=replaces)

    async def copy_part(
        self, source: Source, start: int, length: int, bucket: str, key: str, upload: str, number: int
    ) -> Part:
        self.parts_left -= 1
        if self.parts_left < 0:
            await self._stay()
        return await super().copy_part(source, start, length, bucket, key, upload, number)

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        if not self.read_back:
            await self._stay()
        return await super().object_acl(bucket, key, version)

    async def _stay(self) -> None:
        self.reached.set()
        await asyncio.Event().wait()


async def killed_and_continued(world: World, uploads: Uploads, held: Held, transfer: str) -> list[ObjectResult]:
    """The engine is killed once the store has come so far; the next one continues. Returns all results."""
    await asyncio.wait_for(held.reached.wait(), 60)
    old = await world.killed()
    world.source = Held(world.connection_a)
    await world.queue.start()
    async with aclosing(unpacked(world.queue.results(transfer))) as following:
        results = [result async for result in following]
    await old.close()
    return results


def versions(world: World, bucket: str) -> Counter[str]:
    """How many versions each key has."""
    pages = world.a.get_paginator("list_object_versions").paginate(Bucket=bucket)
    return Counter(each["Key"] for page in pages for each in page.get("Versions", []))


async def test_killed_between_copy_and_result_it_is_not_copied_again(world: World, uploads: Uploads) -> None:
    world.a.put_bucket_versioning(Bucket=uploads.bucket, VersioningConfiguration={"Status": "Enabled"})
    uploads.put("in/k", **ATTRIBUTES)
    before = uploads.seen_by(world.b, "in/k")
    world.source = held = Held(world.connection_a, read_back=False)
    name = await world.submit(uploads.order(prefix="in/"))
    [result] = await killed_and_continued(world, uploads, held, name)
    assert (result.outcome, result.verification) == (Outcome.REPAIRED, Verification.SAME)
    assert DONE_BEFORE in result.notes
    assert versions(world, uploads.bucket) == {"in/k": 2}
    assert uploads.seen_by(world.a, "in/k") == before


class CopiesWithoutTags(Held):
    """Copies as Ceph does, which gets the tags by a second request, and does not come to that."""

    async def copy(
        self,
        source: Source,
        bucket: str,
        key: str,
        attributes: ObjectAttributes,
        *,
        only_new: bool = False,
        replaces: str = "",
    ) -> Stored:
        await super().copy(source, bucket, key, replace(attributes, tags=None), only_new=only_new, replaces=replaces)
        await self._stay()
        raise AssertionError("unreachable")


async def test_killed_between_the_copy_and_its_tags_it_gets_them(world: World, uploads: Uploads) -> None:
    uploads.put("in/k", **ATTRIBUTES)
    before = uploads.seen_by(world.b, "in/k")
    world.source = held = CopiesWithoutTags(world.connection_a)
    name = await world.submit(uploads.order(prefix="in/"))
    [result] = await killed_and_continued(world, uploads, held, name)
    assert (result.outcome, result.problem) == (Outcome.REPAIRED, None)
    assert MADE_AGAIN in result.notes
    assert uploads.seen_by(world.a, "in/k") == before
    assert uploads.owner("in/k") == world.buckets.server.a.canonical_id


class EndsLate(S3Store):
    """A request of the engine that was killed ends now: B's object is A's when B wants to grant."""

    async def put_object_acl(
        self, bucket: str, key: str, version: str = "", *, canned: str = "", acl: Acl | None = None
    ) -> None:
        await super().put_object_acl(bucket, key, version, canned=canned, acl=acl)
        self.arranged()
        raise ProblemError(Problem(ProblemKind.DENIED, "access denied: s3:PutObjectAcl", permission="s3:PutObjectAcl"))

    arranged: Callable[[], None]


async def test_a_copy_of_the_killed_engine_that_ends_late_is_seen(world: World, uploads: Uploads) -> None:
    uploads.put("in/k", **ATTRIBUTES)
    before = uploads.seen_by(world.b, "in/k")
    world.source = held = Held(world.connection_a, copies=0)
    name = await world.submit(uploads.order(prefix="in/"))
    await asyncio.wait_for(held.reached.wait(), 60)
    world.target = late = EndsLate(world.connection_b)

    def copy_in_place() -> None:
        place = {"Bucket": uploads.bucket, "Key": "in/k"}
        directives = {"MetadataDirective": "REPLACE", "TaggingDirective": "REPLACE"}
        world.a.copy_object(**place, CopySource=place, **directives, **ATTRIBUTES)
        tags = [{"Key": "team", "Value": "etl"}, {"Key": "year", "Value": "2026"}]
        world.a.put_object_tagging(**place, Tagging={"TagSet": tags})

    late.arranged = copy_in_place
    [result] = await killed_and_continued(world, uploads, held, name)
    assert (result.outcome, result.problem) == (Outcome.REPAIRED, None)
    assert DONE_BEFORE in result.notes
    assert uploads.seen_by(world.a, "in/k") == before


async def test_killed_between_grant_and_copy_the_first_acl_stays_recorded(world: World, uploads: Uploads) -> None:
    uploads.put("in/k", **ATTRIBUTES)
    world.source = held = Held(world.connection_a, copies=0)
    name = await world.submit(uploads.order(prefix="in/"))
    [result] = await killed_and_continued(world, uploads, held, name)
    assert result.outcome is Outcome.REPAIRED
    assert uploads.owner("in/k") == world.buckets.server.a.canonical_id
    [was] = uploads.rollback()
    assert [each["grantee"]["id"] for each in was["acl"]["grants"]] == [world.buckets.server.b.canonical_id]


async def test_what_the_bucket_owner_wrote_in_between_is_not_taken_for_repaired(world: World, uploads: Uploads) -> None:
    uploads.put("in/k", body=b"first content")
    world.source = held = Held(world.connection_a, copies=0)
    name = await world.submit(uploads.order(prefix="in/"))
    await asyncio.wait_for(held.reached.wait(), 60)
    world.put("in/k", b"other content")
    [result] = await killed_and_continued(world, uploads, held, name)
    assert result.outcome is Outcome.SKIPPED
    assert result.notes == [f"skipped: {ANOTHER}"]
    assert world.a.get_object(Bucket=uploads.bucket, Key="in/k")["Body"].read() == b"other content"


async def test_a_thousand_objects_killed_in_between_are_each_repaired_once(world: World, uploads: Uploads) -> None:
    world.a.put_bucket_versioning(Bucket=uploads.bucket, VersioningConfiguration={"Status": "Enabled"})
    keys = [f"in/{number:04}" for number in range(1000)]
    await asyncio.to_thread(uploads.put, *keys, Metadata={"m": "1"}, ContentType="text/csv")
    world.source = held = Held(world.connection_a, copies=300)
    name = await world.submit(uploads.order(prefix="in/"))
    results = await killed_and_continued(world, uploads, held, name)
    assert {each.source.removeprefix(f"s3://{uploads.bucket}/") for each in results} == set(keys)
    assert {(each.outcome, each.verification) for each in results} == {(Outcome.REPAIRED, Verification.SAME)}
    transfer = await world.transfer(name)
    assert (transfer.state, transfer.objects_done, transfer.objects_total) == (TransferState.DONE, 1000, 1000)
    assert set(uploads.owners_listed().values()) == {world.buckets.server.a.canonical_id}
    assert set(versions(world, uploads.bucket).values()) == {2}
    objects = [line["result"] for line in uploads.receipt() if line["type"] == "object"]
    assert (len(objects), {each["outcome"] for each in objects}) == (1000, {"repaired"})
    head = world.a.head_object(Bucket=uploads.bucket, Key=keys[500])
    assert (head["Metadata"], head["ContentType"]) == ({"m": "1"}, "text/csv")


@pytest.mark.parametrize("killed", [True, False], ids=["killed", "paused"])
async def test_parts_that_were_copied_are_not_copied_again(world: World, uploads: Uploads, killed: bool) -> None:
    body = os.urandom(40 * MIB)
    uploads.put_in_parts("in/big", body, 8 * MIB, **ATTRIBUTES)
    world.source = held = Held(world.connection_a, parts=2)
    name = await world.submit(uploads.order(prefix="in/"))
    await asyncio.wait_for(held.reached.wait(), 60)

    async def two_are_there() -> bool:
        return (await world.transfer(name)).bytes_done == 16 * MIB

    await until(two_are_there, "two parts are copied")
    await world.journal.flushed()
    if killed:
        [result] = await killed_and_continued(world, uploads, held, name)
    else:
        await world.queue.pause([name])
        world.source = Held(world.connection_a)
        await world.queue.resume([name])
        _, [result] = await world.ended(name)
    assert (result.outcome, result.verification) == (Outcome.REPAIRED, Verification.SAME)
    assert isinstance(world.source, Held)
    assert world.source.parts_left == MOST - 3  # of five, two had been copied
    assert world.a.get_object(Bucket=uploads.bucket, Key="in/big")["Body"].read() == body
    assert uploads.owner("in/big") == world.buckets.server.a.canonical_id
    assert uploads.no_upload_is_left()


async def test_a_cancelled_repair_leaves_the_object_and_no_upload(world: World, uploads: Uploads) -> None:
    body = os.urandom(20 * MIB)
    uploads.put_in_parts("in/big", body, 8 * MIB)
    world.source = held = Held(world.connection_a, parts=1)
    name = await world.submit(uploads.order(prefix="in/"))
    await asyncio.wait_for(held.reached.wait(), 60)
    await world.queue.cancel([name])
    world.source = S3Store(world.connection_a)
    transfer, [result] = await world.ended(name)
    assert (transfer.state, result.outcome) == (TransferState.CANCELLED, Outcome.CANCELLED)
    assert uploads.owner("in/big") == world.buckets.server.b.canonical_id
    assert world.a.get_object(Bucket=uploads.bucket, Key="in/big")["Body"].read() == body
    assert uploads.no_upload_is_left()
    await world.queue.retry(name)
    _, [result] = await world.ended(name)
    assert result.outcome is Outcome.REPAIRED
    assert uploads.owner("in/big") == world.buckets.server.a.canonical_id
