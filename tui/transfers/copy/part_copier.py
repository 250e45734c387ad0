"""Copying the parts of one object: UploadPartCopy by the server, or GET and UploadPart through memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.digests import CRC_OCTETS, hashed
from tui.stores.operations import Stream
from tui.stores.store_values import Checksum, Digests, Part, Sent, Source
from tui.transfers.copy.checksums import DamagedError, Reading
from tui.transfers.copy.delivery import Delivery
from tui.transfers.copy.multipart import Made
from tui.transfers.copy.part_sizes import PartRange
from tui.transfers.journal import KeptPart
from tui.transfers.limits.shared import SharedLimits
from tui.transfers.order.sides import Way


class PartCopier:
    """Makes the parts of one object by one way; see `PartMaker`."""

    def __init__(self, way: Way, source: Source, delivery: Delivery, shared: SharedLimits) -> None:
        self._way, self._source, self._delivery, self._shared = way, source, delivery, shared
        self.reading: Reading | None = None
        """What a relay has read so far; None for a copy that the server makes."""
        self._in_order = asyncio.Lock()
        self._streams = shared.stream_concurrency(time.monotonic)

    @property
    def workers(self) -> int:
        """How many parts to begin at once, at most."""
        return self._shared.part_workers if self.reading is None else self._shared.stream_workers

    def keep(self, kept: KeptPart) -> None:
        """A part that is at the target already."""
        if self.reading:
            self.reading.keep(kept.part, Digests.read(kept.evidence))
        self._delivery.found(kept.part.size)

    async def recognise(self, each: PartRange, part: Part) -> str | None:
        """Whether a part at the server is this range: it is read again, which is cheaper than sending it.

        Returns its evidence, None if it is another. A part that the server copied is right."""
        if self.reading is None:
            return ""
        async with self._reserved(each.length):
            digests = await hashed(await self.read(each.start, each.length), self.reading.algorithm)
        return digests.evidence if digests.md5 == part.etag.strip('"').lower() else None

    async def make_part(self, upload: str, each: PartRange) -> Made:
        """See `PartMaker`."""
        if self.reading is None:
            return await self._copy_part(upload, each)
        return await self._relay_part(self.reading, upload, each)

    async def pass_over(self, each: PartRange) -> None:
        """See `PartMaker`."""
        if self.reading and self.reading.rereads:
            async with self._reserved(each.length):
                await self.reading.reread(each.number, each.start, await self.read(each.start, each.length))

    def checksum(self) -> Checksum | None:
        """See `PartMaker`."""
        return self.reading.checksum if self.reading else None

    async def check_source(self) -> None:
        """Before the parts become an object: was it the source that was read, and is it still the same?

        After the last UploadPartCopy the source is looked at again, because parts of two versions must not be put
        together: S3 pins each of them by CopySourceIfMatch, but Ceph 18 ignores it there.
        """
        if self.reading is not None:
            self.require_read(self.reading)
            return
        source = self._source
        head = await self._way.reader.head(source.bucket, source.key, source.version)
        if head.etag != source.etag:
            raise ProblemError(_changed(Location(source.bucket, source.key).uri, self._way.reader.label))

    async def _copy_part(self, upload: str, each: PartRange) -> Made:
        to = self._delivery
        async with self._shared.parts.hold(to.transfer):
            part = await self._way.writer.copy_part(
                self._source, each.start, each.length, to.bucket, to.key, upload, each.number
            )
        to.add(each.length)
        return part, ""

    async def _relay_part(self, reading: Reading, upload: str, each: PartRange) -> Made:
        to = self._delivery
        stream = await self._stream(reading, each)
        if stream is not None:
            await self._shared.throttle(to.transfer, each.length)
        sent = await self._streamed(reading, upload, each, stream) if stream is not None else None
        if sent is None:
            sent = await self._again(reading, upload, each) if stream else await self._held(reading, upload, each)
        reading.sent(sent.digests, sent.part.etag, sent.part.checksum)
        to.add(each.length)
        return sent.part, sent.digests.evidence

    async def _stream(self, reading: Reading, each: PartRange) -> Stream | None:
        """The range to be written while it is read; None: it goes through memory."""
        if reading.in_order or reading.algorithm not in CRC_OCTETS:
            return None
        source = self._source
        return await self._way.reader.stream(
            source.bucket, source.key, etag=source.etag, start=each.start, length=each.length, version=source.version
        )

    async def _streamed(self, reading: Reading, upload: str, each: PartRange, stream: Stream) -> Sent | None:
        """The part written while it is read; None: it is to be made through memory, which tells what is wrong."""
        to, algorithm, md5 = self._delivery, reading.algorithm, reading.needs_md5
        async with self._streams.one(to.transfer):
            began = time.monotonic()
            sent = await self._way.writer.upload_stream(
                to.bucket, to.key, upload, each.number, stream, algorithm=algorithm, md5=md5
            )
            self._streams.ended(began, well=sent is not None)
        if sent is not None:
            reading.took(each.number, each.length, sent.digests)
        return sent

    async def _again(self, reading: Reading, upload: str, each: PartRange) -> Sent:
        """Send the part again. A server may have kept the first bytes and refuse others (rclone).

        Raises `DamagedError` then: the copy starts again, without streams if the server cannot read them.
        """
        try:
            return await self._held(reading, upload, each, paid=True)
        except ProblemError as error:
            if error.problem.kind is not ProblemKind.UNSUPPORTED:
                raise
            raise DamagedError(error.problem) from error

    async def _held(self, reading: Reading, upload: str, each: PartRange, *, paid: bool = False) -> Sent:
        """The part read into memory, and written from there."""
        to, writer = self._delivery, self._way.writer
        async with self._reserved(each.length, paid=paid):
            body = await self.read(each.start, each.length)
            digests = await reading.take(each.number, each.start, body, md5=not writer.capabilities.proves_parts)
            part = await writer.upload_part(
                to.bucket, to.key, upload, each.number, body, start=each.start, digests=digests
            )
        return Sent(part, digests)

    @asynccontextmanager
    async def _reserved(self, length: int, *, paid: bool = False) -> AsyncGenerator[None]:
        """Bandwidth and memory for a part, given in the order of the parts; `paid`: it has its bandwidth already."""
        to = self._delivery
        async with AsyncExitStack() as held:
            async with self._in_order:
                if not paid:
                    await self._shared.throttle(to.transfer, length)
                await held.enter_async_context(self._shared.parts.hold(to.transfer))
                await held.enter_async_context(self._shared.memory.hold(to.transfer, length))
            yield

    async def read(self, start: int, length: int) -> bytes:
        """GetObject of a range, pinned to the ETag of the source."""
        source = self._source
        if not length:
            return b""
        return await self._way.reader.read(
            source.bucket, source.key, etag=source.etag, start=start, length=length, version=source.version
        )

    def require_read(self, reading: Reading) -> None:
        """Raise `DamagedError` if what was read is not the source."""
        reading.require(Location(self._source.bucket, self._source.key).uri, self._way.reader.label)


def _changed(uri: str, identity: str) -> Problem:
    return Problem(
        kind=ProblemKind.CHANGED,
        title=f"{uri} has changed",
        cause="its ETag has changed since the copy started",
        remedy="copy it again",
        operation="HeadObject",
        resource=uri,
        identity=identity,
    )
