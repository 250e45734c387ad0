"""Moving the bytes of one object by one way: CopyObject or UploadPartCopy, or GET and PUT through memory."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass

from tui.model.location import Location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import ObjectAttributes, ObjectHead, Part, Source
from tui.stores.limits import KIB
from tui.transfers.attributes import Learned, left_out, write_degrading
from tui.transfers.delivery import Delivery, Gates
from tui.transfers.journal import KeptPart, UploadRecord
from tui.transfers.parts import PartPlan, PartRange, Sizing
from tui.transfers.resuming import Gone, listed_parts, parts_that_stay, why_anew
from tui.transfers.sides import Way
from tui.transfers.upload_book import kept_parts, whole_etag
from tui.transfers.uploads import Made, MultipartUpload
from tui.transfers.weather import Interrupted

_MD5 = re.compile(r"[0-9a-f]{32}")
_WORTH_A_THREAD = 256 * KIB

Sent = tuple[str, ObjectAttributes]
"""The ETag of what was written, and the attributes the target took."""


@dataclass(frozen=True, slots=True)
class Written:
    """An object that was written, and the evidence of a relay (see `verify.compare`)."""

    etag: str
    sent_md5: bool | None


class Move:
    """One attempt to copy one object by one way."""

    def __init__(self, way: Way, source: Source, head: ObjectHead, delivery: Delivery, gates: Gates) -> None:
        self._way, self._source, self._head, self._delivery, self._gates = way, source, head, delivery, gates
        self._sent_md5: bool | None = None

    async def run(self, attributes: ObjectAttributes, sizing: Sizing, learned: Learned, *, foreign: bool) -> Written:
        """Copy; raise `ProblemError`, after which nothing has arrived and no upload is left."""
        try:
            if sizing.in_parts(self._head.size):
                etag, sent = await self._in_parts(sizing, attributes, learned, foreign)
            else:
                etag, sent = await self._whole(attributes, learned, foreign)
        except (asyncio.CancelledError, Interrupted):
            raise  # what has arrived stays; it is counted anew when the transfer goes on
        except BaseException:
            self._delivery.withdraw()
            raise
        for note in left_out(attributes, sent):
            self._delivery.note(note)
        return Written(etag, self._sent_md5)

    async def _whole(self, attributes: ObjectAttributes, learned: Learned, foreign: bool) -> Sent:
        size = self._head.size
        if self._way.server_side:
            written = await write_degrading(attributes, self._copy, learned, foreign=foreign)
        else:
            await self._gates.throttle(self._delivery.transfer, size)
            async with self._gates.memory.hold(self._delivery.transfer, size):
                body = await self._read(0, size)
                digest = await _md5(body)

                async def put(wanted: ObjectAttributes) -> str:
                    to = self._delivery
                    return await self._way.writer.put(to.bucket, to.key, body, wanted, only_new=to.new)

                written = await write_degrading(attributes, put, learned, foreign=foreign)
            self._compare_md5(digest, written[0])
        self._delivery.add(size)
        return written

    async def _in_parts(self, sizing: Sizing, attributes: ObjectAttributes, learned: Learned, foreign: bool) -> Sent:
        if etag := await self._go_on():
            return etag, attributes
        plan = sizing.plan(self._head.size)
        upload = MultipartUpload(self._way.writer, self._delivery, self._intention(plan))
        _, sent = await write_degrading(attributes, upload.begin, learned, foreign=foreign)
        return await upload.carry_out(plan, self, self._gates.part_workers), sent

    def _intention(self, plan: PartPlan) -> UploadRecord:
        to, source, way = self._delivery, self._source, self._way
        return UploadRecord(
            transfer=to.transfer,
            section=0,
            source_key=source.key,
            bucket=to.bucket,
            key=to.key,
            connection=way.connection,
            route=way.route,
            etag=source.etag,
            version=source.version,
            size=plan.size,
            part_size=plan.part_size,
            began=0.0,
        )

    async def _go_on(self) -> str:
        """Finish the upload that an earlier run has left, if there is one; returns the ETag, or an empty text."""
        to = self._delivery
        record = to.uploads.take(self._way.connection, self._way.route)
        if record is None:
            return ""
        upload = MultipartUpload(self._way.writer, to, record)
        try:
            if why := why_anew(record, self._source, self._head, to.bucket, to.key):
                to.note(why)
                await upload.abort()
                return ""
            listed = await listed_parts(self._way.writer, record)
        except ProblemError:
            await upload.abort()
            raise
        if isinstance(listed, Gone):
            return await self._completed_unheard(upload, record)
        there = [kept async for kept in parts_that_stay(record, listed, plan_of(record), self._recognise)]
        for kept in there:
            self._keep(kept)
            to.uploads.book.part(record, kept.part, kept.evidence)
        parts = [kept.part for kept in there]
        return await upload.carry_out(plan_of(record), self, self._gates.part_workers, parts)

    async def _completed_unheard(self, upload: MultipartUpload, record: UploadRecord) -> str:
        """An upload that is gone with all its parts journalled may have been completed: completing it again tells."""
        to = self._delivery
        if whole_etag(record):
            for kept in record.parts:
                self._keep(kept)
            try:
                return await upload.complete(kept_parts(record))
            except ProblemError:
                to.withdraw()
                self._sent_md5 = None
        to.uploads.book.ended(record)
        return ""

    def _keep(self, kept: KeptPart) -> None:
        self._compare_md5(kept.evidence.removeprefix("MD5:"), kept.part.etag)
        self._delivery.found(kept.part.size)

    async def _recognise(self, each: PartRange, part: Part) -> str | None:
        """Read the range again, which is cheaper than to send it. What the server has copied by itself is right."""
        if self._way.server_side:
            return ""
        to = self._delivery
        await self._gates.throttle(to.transfer, each.length)
        async with self._gates.parts.hold(to.transfer), self._gates.memory.hold(to.transfer, each.length):
            digest = await _md5(await self._read(each.start, each.length))
        return f"MD5:{digest}" if digest == part.etag.strip('"').lower() else None

    async def make_part(self, upload: str, each: PartRange) -> Made:
        """See `PartMaker`."""
        return await (self._copy_part(upload, each) if self._way.server_side else self._relay_part(upload, each))

    async def check_source(self) -> None:
        """Look at the source again after the last UploadPartCopy: parts of two versions must not be put together.

        S3 pins each of them by CopySourceIfMatch, but Ceph 18 does not heed it there.
        """
        if not self._way.server_side:
            return
        source = self._source
        head = await self._way.reader.head(source.bucket, source.key)
        if head.etag != source.etag:
            raise ProblemError(_changed(Location(source.bucket, source.key).uri, self._way.reader.label))

    async def _copy(self, attributes: ObjectAttributes) -> str:
        to = self._delivery
        return await self._way.writer.copy(self._source, to.bucket, to.key, attributes, only_new=to.new)

    async def _copy_part(self, upload: str, each: PartRange) -> Made:
        to = self._delivery
        async with self._gates.parts.hold(to.transfer):
            part = await self._way.writer.copy_part(
                self._source, each.start, each.length, to.bucket, to.key, upload, each.number
            )
        to.add(each.length)
        return part, ""

    async def _relay_part(self, upload: str, each: PartRange) -> Made:
        to = self._delivery
        await self._gates.throttle(to.transfer, each.length)
        async with self._gates.parts.hold(to.transfer), self._gates.memory.hold(to.transfer, each.length):
            body = await self._read(each.start, each.length)
            digest = await _md5(body)
            part = await self._way.writer.upload_part(to.bucket, to.key, upload, each.number, body, start=each.start)
        self._compare_md5(digest, part.etag)
        to.add(each.length)
        return part, f"MD5:{digest}"

    async def _read(self, start: int, length: int) -> bytes:
        source = self._source
        if not length:
            return b""
        return await self._way.reader.read(source.bucket, source.key, etag=source.etag, start=start, length=length)

    def _compare_md5(self, digest: str, etag: str) -> None:
        """One ETag that is not the MD5 of what was sent spoils the evidence; one that is no MD5 at all says nothing."""
        received = etag.strip('"').lower()
        if not _MD5.fullmatch(received):
            return
        self._sent_md5 = self._sent_md5 is not False and received == digest


def plan_of(record: UploadRecord) -> PartPlan:
    """The parts in which an upload was begun."""
    return PartPlan(record.size, record.part_size)


def _changed(uri: str, identity: str) -> Problem:
    return Problem(
        kind=ProblemKind.CHANGED,
        title=f"{uri} has changed meanwhile",
        cause="its ETag is not the one it had when the copy began",
        remedy="start again with the object as it is now",
        operation="HeadObject",
        resource=uri,
        identity=identity,
    )


async def _md5(body: bytes) -> str:
    """Hexadecimal MD5, off the loop unless it is over before a thread would have begun."""
    if len(body) < _WORTH_A_THREAD:
        return _digest(body)
    return await asyncio.to_thread(_digest, body)


def _digest(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
