"""Stores with a fault that no server can be made to show at the right moment; all else is the real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from tui.accounts.clients.connection import Connection
from tui.model.listing import Page
from tui.model.problem import Problem, ProblemKind
from tui.stores.relaying import Stream
from tui.stores.s3 import S3Store
from tui.stores.s3.bucket_settings import S3Settings
from tui.stores.values import (
    UNHASHED,
    Acl,
    Checksum,
    Completed,
    Digests,
    ObjectAttributes,
    ObjectHead,
    Part,
    Sent,
    Source,
    Stored,
    Tags,
)

BROKEN = Problem(kind=ProblemKind.SERVER, title="the server failed (InternalError)", status=500, code="InternalError")


class AfterFirstRead(S3Store):
    """Does something once, after the first part was read, or before the second one is asked for."""

    def __init__(self, connection: Connection, do: Callable[[], object]) -> None:
        super().__init__(connection)
        self._do: Callable[[], object] | None = do
        self._reading = asyncio.Lock()

    async def stream(
        self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = ""
    ) -> Stream | None:
        async with self._reading:
            stream = await super().stream(bucket, key, etag=etag, start=start, length=length, version=version)
            if start and self._do:
                await asyncio.to_thread(self._do)
                self._do = None
        return stream

    async def read(self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = "") -> bytes:
        async with self._reading:
            body = await super().read(bucket, key, etag=etag, start=start, length=length, version=version)
            if self._do:
                await asyncio.to_thread(self._do)
                self._do = None
        return body


class Held(S3Store):
    """Stops before one of its operations until the test lets it go on; tells when it got there."""

    def __init__(self, connection: Connection, operation: str, only: str = "") -> None:
        """`only` this key is held when it is deleted; empty: any."""
        super().__init__(connection)
        self._operation, self._only = operation, only
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()

    async def _hold(self, operation: str) -> None:
        if operation == self._operation:
            self.reached.set()
            await self.go_on.wait()

    async def create_upload(self, bucket: str, key: str, attributes: ObjectAttributes, *, checksum: str = "") -> str:
        upload = await super().create_upload(bucket, key, attributes, checksum=checksum)
        await self._hold("create_upload")  # the server has it, the answer is still on its way
        return upload

    async def delete(self, bucket: str, key: str, version: str = "", *, matching: ObjectHead | None = None) -> str:
        held = self._only in ("", key)
        if held:
            await self._hold("before delete")
        marker = await super().delete(bucket, key, version, matching=matching)
        if held:
            await self._hold("delete")
        return marker

    async def upload_part(
        self,
        bucket: str,
        key: str,
        upload: str,
        number: int,
        body: bytes,
        *,
        start: int,
        digests: Digests = UNHASHED,
    ) -> Part:
        if number > 1:
            await self._hold("upload_part")
        return await super().upload_part(bucket, key, upload, number, body, start=start, digests=digests)

    async def upload_stream(
        self, bucket: str, key: str, upload: str, number: int, stream: Stream, *, algorithm: str, md5: bool
    ) -> Sent | None:
        if number > 1:
            await self._hold("upload_part")
        return await super().upload_stream(bucket, key, upload, number, stream, algorithm=algorithm, md5=md5)

    async def copy_part(
        self, source: Source, start: int, length: int, bucket: str, key: str, upload: str, number: int
    ) -> Part:
        if number > 1:
            await self._hold("copy_part")
        return await super().copy_part(source, start, length, bucket, key, upload, number)


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

    async def put(
        self,
        bucket: str,
        key: str,
        body: bytes,
        attributes: ObjectAttributes,
        *,
        only_new: bool = False,
        replaces: str = "",
        digests: Digests = UNHASHED,
    ) -> Stored:
        await asyncio.to_thread(self._write, key)
        return await super().put(bucket, key, body, attributes, only_new=only_new, replaces=replaces, digests=digests)

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
        await asyncio.to_thread(self._write, key)
        return await super().copy(source, bucket, key, attributes, only_new=only_new, replaces=replaces)

    async def complete_upload(
        self,
        bucket: str,
        key: str,
        upload: str,
        parts: Sequence[Part],
        *,
        only_new: bool = False,
        replaces: str = "",
        checksum: Checksum | None = None,
        tags: Tags = None,
    ) -> Completed:
        await asyncio.to_thread(self._write, key)
        return await super().complete_upload(
            bucket, key, upload, parts, only_new=only_new, replaces=replaces, checksum=checksum, tags=tags
        )


class Replaced(S3Store):
    """Somebody else writes the key just after this store has completed it."""

    def __init__(self, connection: Connection, write: Callable[[str], object]) -> None:
        super().__init__(connection)
        self._write = write

    async def complete_upload(
        self,
        bucket: str,
        key: str,
        upload: str,
        parts: Sequence[Part],
        *,
        only_new: bool = False,
        replaces: str = "",
        checksum: Checksum | None = None,
        tags: Tags = None,
    ) -> Completed:
        completed = await super().complete_upload(
            bucket, key, upload, parts, only_new=only_new, replaces=replaces, checksum=checksum, tags=tags
        )
        await asyncio.to_thread(self._write, key)
        return completed


class DefectiveSettings(S3Settings):
    """Asking for a bucket's ACL raises what no operation should."""

    async def bucket_acl(self, bucket: str) -> Acl:
        raise LookupError(bucket)


class Defective(S3Store):
    """One operation raises what no operation should."""

    def __init__(self, connection: Connection, operation: str) -> None:
        super().__init__(connection)
        self._operation = operation

    @property
    def settings(self) -> S3Settings:
        return DefectiveSettings(self._calls) if self._operation == "bucket_acl" else super().settings

    def pages(
        self, bucket: str, prefix: str, *, recursive: bool = False, start_after: str = "", etags: bool = True
    ) -> AsyncGenerator[Page, None]:
        if self._operation == "pages":
            raise LookupError(prefix)
        return super().pages(bucket, prefix, recursive=recursive, start_after=start_after, etags=etags)


class Crowd(S3Store):
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

    async def put(
        self,
        bucket: str,
        key: str,
        body: bytes,
        attributes: ObjectAttributes,
        *,
        only_new: bool = False,
        replaces: str = "",
        digests: Digests = UNHASHED,
    ) -> Stored:
        async with self._among_them(len(body)):
            return await super().put(
                bucket, key, body, attributes, only_new=only_new, replaces=replaces, digests=digests
            )

    async def upload_part(
        self,
        bucket: str,
        key: str,
        upload: str,
        number: int,
        body: bytes,
        *,
        start: int,
        digests: Digests = UNHASHED,
    ) -> Part:
        async with self._among_them(len(body)):
            return await super().upload_part(bucket, key, upload, number, body, start=start, digests=digests)

    async def upload_stream(
        self, bucket: str, key: str, upload: str, number: int, stream: Stream, *, algorithm: str, md5: bool
    ) -> Sent | None:
        del bucket, key, upload, number, stream, algorithm, md5
        return None  # through memory, which is what is counted
