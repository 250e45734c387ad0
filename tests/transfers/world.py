"""What copy tests share: two accounts' buckets and stores, a client that looks, and stores with a fault at a moment."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol
from unittest.mock import AsyncMock, Mock

import pytest
from msgspec.structs import replace

from tests.results import as_on_disk, ended_in, transfer_of
from tests.servers.buckets import BucketPair
from tests.servers.policies import Statement, deny_on_objects, grant_read, grant_write
from tests.waiting import SECONDS, until
from tui.aws.connection import Connection
from tui.core.identity import Owner
from tui.core.location import Location
from tui.core.naming import MIB
from tui.core.orders import (
    ConflictPolicy,
    CopyOptions,
    CopyOrder,
    DeleteOrder,
    Destination,
    Order,
    Selection,
    SyncOrder,
)
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Conflict, ObjectResult, PlannedObject, RouteCard, Transfer, TransferState
from tui.engine.dry_run import dry_run, dry_run_deletion
from tui.engine.prepare import WORKS
from tui.features.copy.card import plan_copy
from tui.queue.queue import TransferQueue
from tui.stores.base import Store
from tui.stores.operations import Stream
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import Acl, Completed, CompletedPart, CopySource, ObjectHead, SentPart, WriteResult
from tui.transfers.backoff import Backoff, Interrupted
from tui.transfers.bucket_owner import Owners
from tui.transfers.journal import Journal
from tui.transfers.limits import TransferLimits
from tui.transfers.retries import Retries

OVERWRITE = CopyOptions(conflict=ConflictPolicy.OVERWRITE)
PARTS: dict[str, Any] = {"multipart_threshold": 5 * MIB, "part_size": 5 * MIB}
ONLY_DEMO = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
"""For what Ceph 18 does not have."""


@dataclass
class TwoBuckets:
    """A bucket of A's and one of B's, to arrange and to look by plain clients."""

    buckets: BucketPair

    @cached_property
    def a(self) -> Any:
        return self.buckets.server.client(self.buckets.server.a)

    @cached_property
    def b(self) -> Any:
        return self.buckets.server.client(self.buckets.server.b)

    @property
    def owners(self) -> Owners:
        server = self.buckets.server
        return Owners(Owner(server.a.canonical_id), Owner(server.b.canonical_id))

    def let_b_read(self, *more: Statement) -> None:
        self.buckets.set_policy_of_a(*grant_read(self.buckets.a, self.buckets.server.b.principal), *more)

    def let_a_write(self, *more: Statement) -> None:
        self.buckets.set_policy_of_b(*grant_write(self.buckets.b, self.buckets.server.a.principal), *more)

    def deny(self, *actions: str) -> None:
        self.buckets.set_policy_of_a(deny_on_objects(self.buckets.a, "*", *actions))

    def deny_there(self, *actions: str) -> None:
        self.buckets.set_policy_of_b(deny_on_objects(self.buckets.b, "*", *actions))

    def put(self, key: str, body: bytes = b"content", **parameters: Any) -> bytes:
        self.a.put_object(Bucket=self.buckets.a, Key=key, Body=body, **parameters)
        return body

    def put_each(self, *keys: str, body: bytes = b"content", **parameters: Any) -> None:
        for key in keys:
            self.put(key, body, **parameters)

    def put_many(self, count: int) -> None:
        self.put_each(*(f"p/{number:0{len(str(count - 1))}}" for number in range(count)))

    def put_random(self, key: str, size: int, **parameters: Any) -> bytes:
        return self.put(key, os.urandom(size), **parameters)

    def put_there(self, key: str, body: bytes = b"old") -> None:
        self.b.put_object(Bucket=self.buckets.b, Key=key, Body=body)

    def keep_versions(self, *, there: bool = False) -> None:
        client, bucket = (self.b, self.buckets.b) if there else (self.a, self.buckets.a)
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def source_content(self, key: str) -> bytes:
        body: bytes = self.a.get_object(Bucket=self.buckets.a, Key=key)["Body"].read()
        return body

    def source_keys(self) -> list[str]:
        return _keys(self.a, self.buckets.a)

    def content(self, key: str) -> bytes:
        body: bytes = self.b.get_object(Bucket=self.buckets.b, Key=key)["Body"].read()
        return body

    def target_keys(self) -> list[str]:
        return _keys(self.b, self.buckets.b)

    def uploads(self) -> list[Any]:
        found: list[Any] = self.b.list_multipart_uploads(Bucket=self.buckets.b).get("Uploads", [])
        return found

    def assert_no_upload_is_left(self) -> None:
        assert self.uploads() == []


@dataclass
class World(TwoBuckets):
    """A copies from `buckets.a` to `buckets.b`. A test may put a store with a fault in place of one side's."""

    connection_a: Connection
    connection_b: Connection
    journal: Journal
    path: Path

    def __post_init__(self) -> None:
        self.source: Store = S3Store(self.connection_a)
        self.target: Store = S3Store(self.connection_b)
        self.others: dict[str, Store] = {}
        self.problems: list[Problem] = []
        self.retries: Retries | None = None
        self.queue = self.new_queue()

    def new_queue(self, limits: TransferLimits | None = None) -> TransferQueue:
        return TransferQueue(
            self.open_store, self.owner_of, self.journal, WORKS, self.retries, limits, report=self.problems.append
        )

    async def restart(self) -> None:
        await self.queue.close()
        self.journal = await Journal.open(self.path, self.problems.append)
        self.queue = self.new_queue()
        await self.queue.start()

    async def killed(self) -> TransferQueue:
        """As if the engine were killed in this moment: what is on disk is all that the next one knows.

        Returns the one that stopped to matter, to be closed when what it is held by is let go. `start` comes next.
        """
        old, path = self.queue, as_on_disk(self.path, self.path.with_name(f"after-{self.path.name}"))
        self.journal = await Journal.open(path, self.problems.append)
        self.queue = self.new_queue()
        return old

    async def open_store(self, connection: str) -> Store:
        return {"a": self.source, "b": self.target, **self.others}[connection]

    async def owner_of(self, connection: str) -> Owner | None:
        return self.owners.source if connection == "a" else self.owners.target

    def order(
        self, *keys: str, prefixes: tuple[str, ...] = (), to: str = "", base: str = "", **options: Any
    ) -> CopyOrder:
        return CopyOrder(
            Selection("a", Location(self.buckets.a, base), list(keys), list(prefixes)),
            Destination("b", Location(self.buckets.b, to)),
            CopyOptions(**options),
        )

    async def submit(self, order: Order) -> str:
        return await self.queue.submit(order)

    async def copy(self, order: Order) -> tuple[Transfer, list[ObjectResult]]:
        return await self.ended(await self.submit(order))

    async def done(self, order: Order) -> tuple[Transfer, list[ObjectResult]]:
        transfer, results = await self.copy(order)
        assert transfer.state is TransferState.DONE, [result.problem for result in results if result.problem]
        return transfer, results

    async def ended(self, transfer: str) -> tuple[Transfer, list[ObjectResult]]:
        return await ended_in(self.queue, transfer)

    async def transfer(self, name: str) -> Transfer:
        return await transfer_of(self.queue, name)

    async def until(self, transfer: str, what: str, holds: Callable[[Transfer], bool]) -> Transfer:
        return await until_it(self.queue, transfer, what, holds)

    async def conflicts(self, count: int) -> list[Conflict]:
        async with aclosing(self.queue.conflicts.watch()) as lists:
            async for each in lists:
                if len(each) == count:
                    return each
        raise AssertionError("the queue was closed")

    async def plan(self, order: CopyOrder) -> list[RouteCard]:
        async with aclosing(plan_copy(order, self.source, self.target, self.owners)) as cards:
            return [card async for card in cards]

    async def card(self, order: CopyOrder) -> RouteCard:
        return (await self.plan(order))[-1]

    async def planned(self, order: CopyOrder | SyncOrder) -> list[PlannedObject]:
        async with aclosing(dry_run(order, self.source, self.target, self.owners)) as lines:
            return [line async for line in lines]

    async def planned_deletion(self, order: DeleteOrder) -> list[PlannedObject]:
        async with aclosing(dry_run_deletion(order, self.source)) as lines:
            return [line async for line in lines]


def _keys(client: Any, bucket: str) -> list[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


async def until_it(
    queue: TransferQueue, transfer: str, what: str, holds: Callable[[Transfer], bool], seconds: float = SECONDS
) -> Transfer:
    now = await transfer_of(queue, transfer)

    async def look() -> bool:
        nonlocal now
        now = await transfer_of(queue, transfer)
        return holds(now)

    await until(look, what, seconds)
    return now


def put_in_parts(client: Any, bucket: str, key: str, body: bytes, part_size: int, **parameters: Any) -> None:
    where = {"Bucket": bucket, "Key": key}
    where["UploadId"] = client.create_multipart_upload(**where, **parameters)["UploadId"]
    each = {name: parameters[name] for name in ("ChecksumAlgorithm",) if name in parameters}
    whole = {name: parameters[name] for name in ("ChecksumType",) if name in parameters}
    answers = ("ETag", "ChecksumCRC32") if each else ("ETag",)
    parts = []
    for number, start in enumerate(range(0, len(body), part_size), 1):
        sent = client.upload_part(**where, PartNumber=number, Body=body[start : start + part_size], **each)
        parts.append({"PartNumber": number, **{name: sent[name] for name in answers}})
    client.complete_multipart_upload(**where, MultipartUpload={"Parts": parts}, **whole)


class Owned(Protocol):
    @property
    def owner(self) -> Owner | None: ...


def owner_id(owned: Owned) -> str:
    assert owned.owner, owned
    return owned.owner.id


class Fallible(Protocol):
    @property
    def problem(self) -> Problem | None: ...


def why(failed: Fallible) -> Problem:
    assert failed.problem, failed
    return failed.problem


BROKEN = Problem(kind=ProblemKind.SERVER, title="the server failed (InternalError)", status=500, code="InternalError")
OUT = Problem(kind=ProblemKind.EXPIRED, title="the session of b has expired", remedy="log in again")


class ThroughMemory(S3Store):
    """Streams no part: what is read and written passes `read` and `upload_part`, where the fault is."""

    async def stream(self, *_: Any, **__: Any) -> Stream | None:
        return None

    async def upload_stream(self, *_: Any, **__: Any) -> SentPart | None:
        return None


class Misreading(ThroughMemory):
    """The last byte of what is read is another one, the first `times` times that the byte at `start` is read."""

    def __init__(self, connection: Connection, times: int, start: int = 0) -> None:
        super().__init__(connection)
        self._times, self._start = times, start

    async def read(self, *where: Any, start: int, **more: Any) -> bytes:
        body = await super().read(*where, start=start, **more)
        if start != self._start or not self._times:
            return body
        self._times -= 1
        return body[:-1] + bytes([body[-1] ^ 1])


class Damaging(ThroughMemory):
    """Sends other bytes than it was given, of the same length."""

    async def put(self, bucket: str, key: str, body: bytes, *rest: Any, **more: Any) -> WriteResult:
        return await super().put(bucket, key, bytes(len(body)), *rest, **more)

    async def upload_part(
        self, bucket: str, key: str, upload: str, number: int, body: bytes, *rest: Any, **more: Any
    ) -> CompletedPart:
        return await super().upload_part(bucket, key, upload, number, bytes(len(body)), *rest, **more)


class Once(S3Store):
    def __init__(self, connection: Connection, do: Callable[[], object]) -> None:
        super().__init__(connection)
        self._do: Callable[[], object] | None = do
        self._turn = asyncio.Lock()

    async def do_once(self) -> None:
        if self._do:
            await asyncio.to_thread(self._do)
            self._do = None


class AfterFirstRead(Once):
    async def stream(self, *where: Any, start: int, **more: Any) -> Stream | None:
        async with self._turn:
            stream = await super().stream(*where, start=start, **more)
            if start:
                await self.do_once()
        return stream

    async def read(self, *where: Any, **more: Any) -> bytes:
        async with self._turn:
            body = await super().read(*where, **more)
            await self.do_once()
        return body


class AfterFirstPartCopy(Once):
    async def copy_part(self, source: CopySource, *rest: Any, **more: Any) -> CompletedPart:
        async with self._turn:
            part = await super().copy_part(source, *rest, **more)
            await self.do_once()
        return part


class WithParts(S3Store):
    async def before(self, number: int, operation: str, /) -> None:
        """A part is about to be sent or copied."""

    def after(self, upload: str, number: int) -> None:
        """It was."""

    async def upload_part(
        self, bucket: str, key: str, upload: str, number: int, *rest: Any, **more: Any
    ) -> CompletedPart:
        await self.before(number, "upload_part")
        part = await super().upload_part(bucket, key, upload, number, *rest, **more)
        self.after(upload, number)
        return part

    async def upload_stream(
        self, bucket: str, key: str, upload: str, number: int, *rest: Any, **more: Any
    ) -> SentPart | None:
        await self.before(number, "upload_part")
        sent = await super().upload_stream(bucket, key, upload, number, *rest, **more)
        if sent:
            self.after(upload, number)
        return sent

    async def copy_part(
        self, source: CopySource, start: int, length: int, bucket: str, key: str, upload: str, number: int
    ) -> CompletedPart:
        await self.before(number, "copy_part")
        part = await super().copy_part(source, start, length, bucket, key, upload, number)
        self.after(upload, number)
        return part


class Held(WithParts):
    """Stops before one of its operations until the test lets it go on; tells when it got there."""

    def __init__(self, connection: Connection, operation: str, only: str = "") -> None:
        """`only` this key is held when it is deleted; empty: any."""
        super().__init__(connection)
        self._operation, self._only = operation, only
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()

    async def hold(self, operation: str) -> None:
        if operation == self._operation:
            self.reached.set()
            await self.go_on.wait()

    async def before(self, number: int, operation: str, /) -> None:
        if number > 1:
            await self.hold(operation)

    async def create_upload(self, *what: Any, **how: Any) -> str:
        upload = await super().create_upload(*what, **how)
        await self.hold("create_upload")  # the server has it, the answer is still on its way
        return upload

    async def delete(self, bucket: str, key: str, *rest: Any, **more: Any) -> str:
        held = self._only in ("", key)
        if held:
            await self.hold("before delete")
        marker = await super().delete(bucket, key, *rest, **more)
        if held:
            await self.hold("delete")
        return marker

    async def delete_many(self, *what: Any, **how: Any) -> dict[str, Problem]:
        problems = await super().delete_many(*what, **how)
        await self.hold("delete")
        return problems


MOST = 10_000


class Stopped(S3Store):
    """Does not go on once it has made so many copies, or parts, or where an owner is read back."""

    def __init__(
        self, connection: Connection, *, copies: int = MOST, parts: int = MOST, read_back: bool = True
    ) -> None:
        super().__init__(connection)
        self.reached = asyncio.Event()
        self.copies_left, self.parts_left, self.read_back = copies, parts, read_back

    async def copy(self, source: CopySource, *rest: Any, **more: Any) -> WriteResult:
        self.copies_left -= 1
        if self.copies_left < 0:
            await self._stay()
        return await super().copy(source, *rest, **more)

    async def copy_part(self, source: CopySource, *rest: Any, **more: Any) -> CompletedPart:
        self.parts_left -= 1
        if self.parts_left < 0:
            await self._stay()
        return await super().copy_part(source, *rest, **more)

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        if not self.read_back:
            await self._stay()
        return await super().object_acl(bucket, key, version)

    async def _stay(self) -> None:
        self.reached.set()
        await asyncio.Event().wait()


class SeenAs(S3Store):
    """Its objects look otherwise than they are."""

    def __init__(self, connection: Connection, **changes: Any) -> None:
        super().__init__(connection)
        self._changes = changes

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        return replace(await super().head(bucket, key, version), **self._changes)


def failing(store: Store, operation: str, problem: Problem) -> Mock:
    """From now on an operation of a store raises this; returns what counts how often."""
    fails = AsyncMock(side_effect=ProblemError(problem))
    setattr(store, operation, fails)
    return fails


class Mute(S3Store):
    """Never answers what an object is."""

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        await asyncio.Event().wait()
        return await super().head(bucket, key, version)


class Overtaken(S3Store):
    """Somebody else writes the key just before this store does."""

    def __init__(self, connection: Connection, write: Callable[[str], object]) -> None:
        super().__init__(connection)
        self._write = write

    async def put(self, bucket: str, key: str, *rest: Any, **more: Any) -> WriteResult:
        await asyncio.to_thread(self._write, key)
        return await super().put(bucket, key, *rest, **more)

    async def copy(self, source: CopySource, bucket: str, key: str, *rest: Any, **more: Any) -> WriteResult:
        await asyncio.to_thread(self._write, key)
        return await super().copy(source, bucket, key, *rest, **more)

    async def complete_upload(self, bucket: str, key: str, *rest: Any, **more: Any) -> Completed:
        await asyncio.to_thread(self._write, key)
        return await super().complete_upload(bucket, key, *rest, **more)


class Replaced(S3Store):
    """Somebody else writes the key just after this store has completed it."""

    def __init__(self, connection: Connection, write: Callable[[str], object]) -> None:
        super().__init__(connection)
        self._write = write

    async def complete_upload(self, bucket: str, key: str, *rest: Any, **more: Any) -> Completed:
        completed = await super().complete_upload(bucket, key, *rest, **more)
        await asyncio.to_thread(self._write, key)
        return completed


class Crowd(ThroughMemory):
    """Counts the writes under way and their bytes; with `wait` each stands still until the test lets them go on."""

    def __init__(self, connection: Connection, *, wait: bool = False) -> None:
        super().__init__(connection)
        self.now = self.most = self._bytes = self.most_bytes = 0
        self.go_on = asyncio.Event()
        if not wait:
            self.go_on.set()

    @asynccontextmanager
    async def _among_them(self, size: int) -> AsyncIterator[None]:
        self.now += 1
        self._bytes += size
        self.most, self.most_bytes = max(self.most, self.now), max(self.most_bytes, self._bytes)
        try:
            await self.go_on.wait()
            yield
        finally:
            self.now -= 1
            self._bytes -= size

    async def put(self, bucket: str, key: str, body: bytes, *rest: Any, **more: Any) -> WriteResult:
        async with self._among_them(len(body)):
            return await super().put(bucket, key, body, *rest, **more)

    async def upload_part(
        self, bucket: str, key: str, upload: str, number: int, body: bytes, *rest: Any, **more: Any
    ) -> CompletedPart:
        async with self._among_them(len(body)):
            return await super().upload_part(bucket, key, upload, number, body, *rest, **more)


class FailingPart(WithParts):
    """UploadPart and UploadPartCopy of one number answer 500, as often as it is tried."""

    def __init__(self, connection: Connection, number: int) -> None:
        super().__init__(connection)
        self._number = number

    async def before(self, number: int, *_: str) -> None:
        if number == self._number:
            raise ProblemError(BROKEN)


class PartStore(WithParts):
    """Makes the first `let` parts; whoever wants to make another one waits until it is let go on."""

    def __init__(self, connection: Connection, let: int) -> None:
        super().__init__(connection)
        self._let = let
        self.made: Counter[tuple[str, int]] = Counter()
        self.blocked = 0
        self.go_on = asyncio.Event()

    @property
    def stands(self) -> bool:
        return len(self.made) == self._let and self.blocked > 0

    async def before(self, number: int, *_: str) -> None:
        if number > self._let:
            self.blocked += 1
            try:
                await self.go_on.wait()
            finally:
                self.blocked -= 1

    def after(self, upload: str, number: int) -> None:
        self.made[upload, number] += 1


class UnheardOf(PartStore):
    """Completes the upload, but nobody hears of it: the identity is out from that moment until it is told otherwise.

    With the retries of a world, which look whether it works.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, let=100)
        self.works = False
        self.retries = Retries(self._probe, probes=Backoff(0.01, 0.05))

    async def _probe(self, _connection: str) -> None:
        if not self.works:
            raise ProblemError(OUT)

    async def complete_upload(self, *what: Any, **how: Any) -> Completed:
        completed = await super().complete_upload(*what, **how)
        if not self.works:
            raise Interrupted(OUT, "b")
        return completed
