"""Stores that fail at parts of an upload."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.transfers.faults import BROKEN
from tui.accounts.clients.connection import Connection
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.relaying import Stream
from tui.stores.s3 import S3Store
from tui.stores.values import (
    UNHASHED,
    Digests,
    Part,
    Sent,
    Source,
)


class FailingPart(S3Store):
    """UploadPart and UploadPartCopy of one number answer 500, as often as it is tried."""

    def __init__(self, connection: Connection, number: int) -> None:
        super().__init__(connection)
        self._number = number

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
        if number == self._number:
            raise ProblemError(BROKEN)
        return await super().upload_part(bucket, key, upload, number, body, start=start, digests=digests)

    async def upload_stream(
        self, bucket: str, key: str, upload: str, number: int, stream: Stream, *, algorithm: str, md5: bool
    ) -> Sent | None:
        if number == self._number:
            return None
        return await super().upload_stream(bucket, key, upload, number, stream, algorithm=algorithm, md5=md5)

    async def copy_part(
        self, source: Source, start: int, length: int, bucket: str, key: str, upload: str, number: int
    ) -> Part:
        if number == self._number:
            raise ProblemError(BROKEN)
        return await super().copy_part(source, start, length, bucket, key, upload, number)


class AfterFirstPartCopy(S3Store):
    """Does something once, after the first part was copied."""

    def __init__(self, connection: Connection, do: Callable[[], object]) -> None:
        super().__init__(connection)
        self._do: Callable[[], object] | None = do
        self._copying = asyncio.Lock()

    async def copy_part(
        self, source: Source, start: int, length: int, bucket: str, key: str, upload: str, number: int
    ) -> Part:
        async with self._copying:
            part = await super().copy_part(source, start, length, bucket, key, upload, number)
            if self._do:
                await asyncio.to_thread(self._do)
                self._do = None
        return part


class CannotAbort(FailingPart):
    """A part fails, and then the upload may not be aborted."""

    async def abort_upload(self, bucket: str, key: str, upload: str) -> None:
        raise ProblemError(
            Problem(
                kind=ProblemKind.DENIED,
                title="access denied: s3:AbortMultipartUpload",
                cause=f"not allowed for {upload}",
                resource=f"s3://{bucket}/{key}",
                identity=self.label,
            )
        )
