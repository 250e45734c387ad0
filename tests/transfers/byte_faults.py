"""Stores that read or write other bytes than they should."""

from __future__ import annotations

from tui.accounts.clients.connection import Connection
from tui.stores.relaying import Stream
from tui.stores.s3 import S3Store
from tui.stores.values import UNHASHED, Digests, ObjectAttributes, Part, Sent, Stored


class Misreading(S3Store):
    """The last byte of what is read is another one, the first `times` times that the byte at `start` is read."""

    def __init__(self, connection: Connection, times: int, start: int = 0) -> None:
        super().__init__(connection)
        self._times, self._start = times, start

    async def read(self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = "") -> bytes:
        body = await super().read(bucket, key, etag=etag, start=start, length=length, version=version)
        if start != self._start or not self._times:
            return body
        self._times -= 1
        return body[:-1] + bytes([body[-1] ^ 1])

    async def stream(
        self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = ""
    ) -> Stream | None:
        del bucket, key, etag, start, length, version
        return None  # through memory, where the fault is


class Damaging(S3Store):
    """Sends other bytes than it was given, of the same length."""

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
        return await super().put(
            bucket, key, bytes(len(body)), attributes, only_new=only_new, replaces=replaces, digests=digests
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
        return await super().upload_part(bucket, key, upload, number, bytes(len(body)), start=start, digests=digests)

    async def upload_stream(
        self, bucket: str, key: str, upload: str, number: int, stream: Stream, *, algorithm: str, md5: bool
    ) -> Sent | None:
        del bucket, key, upload, number, stream, algorithm, md5
        return None  # through memory, where the fault is
