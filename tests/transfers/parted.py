"""A store that counts the parts it makes, and holds them back when so many are made."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from tui.accounts.clients.connection import Connection
from tui.model.problem import Problem, ProblemKind
from tui.stores.relaying import Stream
from tui.stores.s3 import S3Store
from tui.stores.values import UNHASHED, Checksum, Completed, Digests, Part, Sent, Source, Tags
from tui.transfers.retry import Interrupted

OUT = Problem(kind=ProblemKind.EXPIRED, title="the session of b has expired", remedy="log in again")


class PartStore(S3Store):
    """Makes the first `let` parts; whoever wants to make another one waits until it is let go on."""

    def __init__(self, connection: Connection, let: int) -> None:
        super().__init__(connection)
        self._let = let
        self.made: Counter[tuple[str, int]] = Counter()
        """How often each part of each upload was finished."""
        self.blocked = 0
        self.go_on = asyncio.Event()

    @property
    def stands(self) -> bool:
        """Whether all parts that may be made are, and others wait."""
        return len(self.made) == self._let and self.blocked > 0

    async def _turn(self, number: int) -> None:
        if number > self._let:
            self.blocked += 1
            try:
                await self.go_on.wait()
            finally:
                self.blocked -= 1

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
        await self._turn(number)
        part = await super().upload_part(bucket, key, upload, number, body, start=start, digests=digests)
        self.made[upload, number] += 1
        return part

    async def upload_stream(
        self, bucket: str, key: str, upload: str, number: int, stream: Stream, *, algorithm: str, md5: bool
    ) -> Sent | None:
        await self._turn(number)
        sent = await super().upload_stream(bucket, key, upload, number, stream, algorithm=algorithm, md5=md5)
        if sent:
            self.made[upload, number] += 1
        return sent

    async def copy_part(
        self, source: Source, start: int, length: int, bucket: str, key: str, upload: str, number: int
    ) -> Part:
        await self._turn(number)
        part = await super().copy_part(source, start, length, bucket, key, upload, number)
        self.made[upload, number] += 1
        return part


class UnheardOf(PartStore):
    """Completes the upload, but nobody hears of it: the identity is out from that moment until it is told otherwise."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, let=100)
        self.works = False

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
        if not self.works:
            raise Interrupted(OUT, "b")
        return completed
