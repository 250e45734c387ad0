"""Moving the bytes of one object by one way: CopyObject or UploadPartCopy, or GET and PUT through memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from msgspec.structs import replace

from tui.core.location import Location
from tui.core.naming import MIB
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.digests import CRC_OCTETS, combined, hashed
from tui.stores.operations import Stream
from tui.stores.store_values import (
    Checksum,
    CompletedPart,
    CopySource,
    Digests,
    ObjectAttributes,
    ObjectHead,
    SentPart,
    WriteResult,
)
from tui.transfers.attributes import TargetRefusals, left_out, write_degrading
from tui.transfers.backoff import Budget, Interrupted, budget
from tui.transfers.copy.checksums import DamagedError, Relayed, SourceReading, algorithm_for, is_damage
from tui.transfers.copy.delivery import Copied, Delivery, SourceSnapshot
from tui.transfers.copy.multipart_upload import MultipartUpload, PartWithEvidence, decisive
from tui.transfers.copy.parts import PartLayout, PartPlan, PartRange, Sizing, cut_of
from tui.transfers.copy.upload_records import kept_parts, whole_etag
from tui.transfers.journal import KeptPart, UploadRecord
from tui.transfers.limits import SharedLimits
from tui.transfers.sides import ResolvedRoute

READ_AGAIN = 2
"""How often an object whose bytes were damaged is copied again, within its budget of retries."""

OTHER_PARTS = "cut into other parts than its source, whose parts differ in size or do not fit: the ETags differ"

SentObject = tuple[WriteResult, ObjectAttributes]
"""What the server says of the object that was written, and the attributes the target took."""


class CopyAttempt:
    """One object copied by one way."""

    def __init__(
        self,
        way: ResolvedRoute,
        source: CopySource,
        seen: SourceSnapshot,
        delivery: Delivery,
        shared: SharedLimits,
        content: bytes | None = None,
    ) -> None:
        """`content`: that of the object, which was read already; the caller has reserved the memory for it."""
        self._content, self._reserved = content, content is not None
        self._way, self._source, self._seen, self._head = way, source, seen, seen.head
        self._delivery, self._shared = delivery, shared
        self._cut, self._part_size = PartLayout(), 0
        self._parts = PartCopier(way, source, delivery, shared)

    async def run(
        self, attributes: ObjectAttributes, sizing: Sizing, learned: TargetRefusals, *, foreign: bool
    ) -> Copied:
        """Copy; raise `ProblemError`, after which nothing has arrived and no upload is left.

        Bytes that were damaged on their way are copied again, and in the end are a problem of kind MISMATCH.
        """
        retries, tried = budget.get() or Budget(), 0
        while True:
            try:
                return await self._once(attributes, sizing, learned, foreign)
            except DamagedError:
                if tried >= READ_AGAIN or not retries.spend(tried):
                    raise
                tried += 1
            except ProblemError as error:
                raise_as_damage(error)

    async def _once(
        self, attributes: ObjectAttributes, sizing: Sizing, learned: TargetRefusals, foreign: bool
    ) -> Copied:
        try:
            sizing = await self._fitted(sizing)
            if sizing.in_parts(self._head.size):
                stored, sent = await self._in_parts(sizing, attributes, learned, foreign)
            else:
                stored, sent = await self._whole(attributes, learned, foreign)
        except (asyncio.CancelledError, Interrupted):
            raise  # what has arrived stays; it is counted again when the transfer continues
        except BaseException:
            self._delivery.withdraw()
            raise
        for note in left_out(attributes, sent):
            self._delivery.note(note)
        annotated = self._way.server_side and sent.annotations and not self._part_size
        acl, relayed = "grants" if sent.grants else sent.acl, self._relayed()
        return Copied(self._way, self._seen, stored, relayed, acl, annotated, self._part_size)

    async def _fitted(self, sizing: Sizing) -> Sizing:
        """The sizing that cuts the copy as the source was cut, where that is wanted and possible."""
        self._cut, told = cut_of(self._head), bool(self._head.full_object_crc)
        if self._way.server_side and told and not sizing.same_parts:
            return sizing
        if sizing.follows(self._head) or (self._head.parts > 1 and not self._way.server_side and not told):
            source = self._source
            first = await self._way.reader.part_size(
                source.bucket, source.key, etag=source.etag, version=source.version
            )
            self._cut = cut_of(self._head, first)
        fitted = sizing.fitted(self._head, self._cut)
        if sizing.same_parts and self._head.parts > 1 and not self._cut.like(fitted.part_size, self._head.size):
            self._delivery.note(OTHER_PARTS)
        return fitted

    def _new_reading(self, part_size: int, *, whole: bool) -> SourceReading:
        algorithm = self._algorithm(whole=whole)
        faithful = self._way.reader.capabilities.reads_back
        return SourceReading(self._head, algorithm, self._cut, part_size, faithful=faithful)

    def _algorithm(self, *, whole: bool) -> str:
        target = self._way.writer.capabilities
        return algorithm_for(self._head, target.checksum, whole=whole, newer=target.newer_checksums)

    def _relayed(self) -> Relayed | None:
        if self._parts.reading is None:
            return None
        return self._parts.reading.relayed(reads_back=self._way.writer.capabilities.reads_back)

    async def _whole(self, attributes: ObjectAttributes, learned: TargetRefusals, foreign: bool) -> SentObject:
        size = self._head.size
        self._delivery.withdraw()
        if self._way.server_side:
            written = await write_degrading(attributes, self._copy, learned, foreign=foreign)
        else:
            written = await self._relay_whole(replace(attributes, annotations=False), learned, foreign)
        self._delivery.add(size)
        return written

    async def _relay_whole(self, attributes: ObjectAttributes, learned: TargetRefusals, foreign: bool) -> SentObject:
        if self._reserved:
            return await self._read_and_put(attributes, learned, foreign)
        to, size = self._delivery, self._head.size
        await self._shared.throttle(to.transfer, size)
        async with self._shared.memory.hold(to.transfer, size):
            return await self._read_and_put(attributes, learned, foreign)

    async def _read_and_put(self, attributes: ObjectAttributes, learned: TargetRefusals, foreign: bool) -> SentObject:
        to, size = self._delivery, self._head.size
        reading = self._parts.reading = self._new_reading(size, whole=True)
        body, self._content = self._content, None
        if body is None:
            body = await self._parts.read(0, size)
        digests = await reading.take(1, 0, body)
        self._parts.require_read(reading)

        async def put(wanted: ObjectAttributes) -> WriteResult:
            return await self._way.writer.put(to.bucket, to.key, body, wanted, when=to.when, digests=digests)

        written = await write_degrading(attributes, put, learned, foreign=foreign)
        reading.sent(digests, written[0].etag)
        return written

    async def _in_parts(
        self, sizing: Sizing, attributes: ObjectAttributes, learned: TargetRefusals, foreign: bool
    ) -> SentObject:
        attributes = replace(attributes, annotations=False)
        if stored := await self._go_on(attributes):
            self._delivery.continued = True
            return stored, attributes
        plan = sizing.plan(self._head.size)
        self._part_size = plan.part_size
        self._parts.reading = None if self._way.server_side else self._new_reading(plan.part_size, whole=False)
        upload = MultipartUpload(self._way.writer, self._delivery, self._intention(plan))
        begin = partial(upload.begin, checksum=self._algorithm(whole=False))
        _, sent = await write_degrading(attributes, begin, learned, foreign=foreign)
        return await upload.carry_out(plan, self._parts, self._parts.workers), sent

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

    async def _go_on(self, attributes: ObjectAttributes) -> WriteResult | None:
        """Finish the upload that an earlier run has left; None: there is none to be finished."""
        to = self._delivery
        record = to.uploads.take(self._way.connection, self._way.route)
        if record is None:
            to.withdraw()
            return None
        self._part_size = record.part_size
        upload = MultipartUpload(self._way.writer, to, record)
        upload.tags = attributes.tags
        try:
            if why := why_anew(record, self._source, self._head, to.bucket, to.key):
                to.note(why)
                to.withdraw()
                await upload.abort()
                return None
            listed = await listed_parts(self._way.writer, record)
        except ProblemError:
            await upload.abort()
            raise
        self._parts.reading = None if self._way.server_side else self._new_reading(record.part_size, whole=False)
        if isinstance(listed, Gone):
            return await self._completed_unheard(upload, record)
        there = [kept async for kept in parts_that_stay(record, listed, plan_of(record), self._parts.recognise)]
        to.withdraw()
        for kept in there:
            self._parts.keep(kept)
            to.uploads.of_transfer.part(record, kept.part, kept.evidence)
        parts = [kept.part for kept in there]
        return await upload.carry_out(plan_of(record), self._parts, self._parts.workers, parts)

    async def _completed_unheard(self, upload: MultipartUpload, record: UploadRecord) -> WriteResult | None:
        """An upload that is gone with all its parts in the journal may be complete: completing it again shows that."""
        to = self._delivery
        to.withdraw()
        if whole_etag(record):
            for kept in record.parts:
                self._parts.keep(kept)
            try:
                return await upload.complete(kept_parts(record), self._parts.checksum())
            except ProblemError:
                to.withdraw()
        to.uploads.of_transfer.ended(record)
        return None

    async def _copy(self, attributes: ObjectAttributes) -> WriteResult:
        to = self._delivery
        return await self._way.writer.copy(self._source, to.bucket, to.key, attributes, when=to.when)


_PIECE, _MOST_PIECES = 2 * MIB, 100_000


async def read_back(
    read: Callable[..., Awaitable[bytes]], size: int, algorithm: str, shared: SharedLimits, transfer: str
) -> Checksum:
    """The CRC of a whole object, read in small pieces, as many at once as pays. Raises `ProblemError`."""
    streams = shared.stream_concurrency(time.monotonic)
    ranges = PartPlan(size, max(_PIECE, -(-size // _MOST_PIECES))).ranges()
    found: dict[int, tuple[Checksum, int]] = {}

    async def work() -> None:
        for each in ranges:
            await shared.throttle(transfer, each.length)
            async with streams.one(transfer), shared.memory.hold(transfer, each.length):
                began = time.monotonic()
                digests = await hashed(await read(start=each.start, length=each.length), algorithm, md5=False)
                streams.ended(began, well=True)
            if digests.checksum:
                found[each.number] = digests.checksum, each.length

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(shared.stream_workers):
                group.create_task(work())
    except ExceptionGroup as failures:
        raise decisive(failures) from None
    return combined([found[number] for number in sorted(found)])


def plan_of(record: UploadRecord) -> PartPlan:
    return PartPlan(record.size, record.part_size)


def raise_as_damage(error: ProblemError) -> NoReturn:
    """Raise it again, as of kind MISMATCH where bytes were damaged on their way."""
    if error.problem.kind is ProblemKind.MISMATCH or not is_damage(error.problem):
        raise error
    raise ProblemError(replace(error.problem, kind=ProblemKind.MISMATCH)) from error


class PartCopier:
    """Makes the parts of one object by one way; see `PartMaker`."""

    def __init__(self, way: ResolvedRoute, source: CopySource, delivery: Delivery, shared: SharedLimits) -> None:
        self._way, self._source, self._delivery, self._shared = way, source, delivery, shared
        self.reading: SourceReading | None = None
        """What a relay has read so far; None for a copy that the server makes."""
        self._in_order = asyncio.Lock()
        self._streams = shared.stream_concurrency(time.monotonic)

    @property
    def workers(self) -> int:
        return self._shared.part_workers if self.reading is None else self._shared.stream_workers

    def keep(self, kept: KeptPart) -> None:
        if self.reading:
            self.reading.keep(kept.part, Digests.read(kept.evidence))
        self._delivery.found(kept.part.size)

    async def recognise(self, each: PartRange, part: CompletedPart) -> str | None:
        """Whether a part at the server is this range: it is read again, which is cheaper than sending it.

        Returns its evidence, None if it is another. A part that the server copied is right."""
        if self.reading is None:
            return ""
        async with self._reserved(each.length):
            digests = await hashed(await self.read(each.start, each.length), self.reading.algorithm)
        return digests.evidence if digests.md5 == part.etag.strip('"').lower() else None

    async def make_part(self, upload: str, each: PartRange) -> PartWithEvidence:
        if self.reading is not None:
            return await self._relay_part(self.reading, upload, each)
        to = self._delivery
        async with self._shared.parts.hold(to.transfer):
            part = await self._way.writer.copy_part(
                self._source, each.start, each.length, to.bucket, to.key, upload, each.number
            )
        to.add(each.length)
        return part, ""

    async def pass_over(self, each: PartRange) -> None:
        if self.reading and self.reading.rereads:
            async with self._reserved(each.length):
                await self.reading.reread(each.number, each.start, await self.read(each.start, each.length))

    def checksum(self) -> Checksum | None:
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

    async def _relay_part(self, reading: SourceReading, upload: str, each: PartRange) -> PartWithEvidence:
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

    async def _stream(self, reading: SourceReading, each: PartRange) -> Stream | None:
        """The range to be written while it is read; None: it goes through memory."""
        if reading.in_order or reading.algorithm not in CRC_OCTETS:
            return None
        source = self._source
        return await self._way.reader.stream(
            source.bucket, source.key, etag=source.etag, start=each.start, length=each.length, version=source.version
        )

    async def _streamed(self, reading: SourceReading, upload: str, each: PartRange, stream: Stream) -> SentPart | None:
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

    async def _again(self, reading: SourceReading, upload: str, each: PartRange) -> SentPart:
        """Send the part again. A server may have kept the first bytes and refuse others (rclone).

        Raises `DamagedError` then: the copy starts again, without streams if the server cannot read them.
        """
        try:
            return await self._held(reading, upload, each, paid=True)
        except ProblemError as error:
            if error.problem.kind is not ProblemKind.UNSUPPORTED:
                raise
            raise DamagedError(error.problem) from error

    async def _held(self, reading: SourceReading, upload: str, each: PartRange, *, paid: bool = False) -> SentPart:
        to, writer = self._delivery, self._way.writer
        async with self._reserved(each.length, paid=paid):
            body = await self.read(each.start, each.length)
            digests = await reading.take(each.number, each.start, body, md5=not writer.capabilities.proves_parts)
            part = await writer.upload_part(
                to.bucket, to.key, upload, each.number, body, start=each.start, digests=digests
            )
        return SentPart(part, digests)

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
        source = self._source
        if not length:
            return b""
        return await self._way.reader.read(
            source.bucket, source.key, etag=source.etag, start=start, length=length, version=source.version
        )

    def require_read(self, reading: SourceReading) -> None:
        reading.require(Location(self._source.bucket, self._source.key).uri, self._way.reader.label)


def _changed(uri: str, identity: str) -> Problem:
    title = f"{uri} has changed"
    cause = "its ETag has changed since the copy started"
    remedy = "copy it again"
    return Problem(ProblemKind.CHANGED, title, cause, remedy, operation="HeadObject", resource=uri, identity=identity)


CHANGED = "the source has changed since the copy began: copied again from the start"
MOVED = "the target key has changed since the copy began: copied again from the start"

Recognise = Callable[[PartRange, CompletedPart], Awaitable[str | None]]
"""Whether a part that only the server knows is what belongs there: its evidence (may be empty), None if it is not."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The server has no such upload: it was aborted, or completed without anybody hearing of it."""

    problem: Problem


def why_anew(record: UploadRecord, source: CopySource, head: ObjectHead, bucket: str, key: str) -> str:
    """Why the upload cannot be continued, as a note; empty if it can, as far as this machine knows."""
    if (record.etag, record.version, record.size) != (source.etag, source.version, head.size):
        return CHANGED
    if (record.bucket, record.key) != (bucket, key):
        return MOVED
    return ""


async def listed_parts(store: Store, record: UploadRecord) -> list[CompletedPart] | Gone:
    """ListParts by the writer. Raises `ProblemError`.

    Where that is denied, the journal counts: the server compares every ETag when the upload is completed.
    """
    try:
        return await store.parts(record.bucket, record.key, record.upload)
    except ProblemError as error:
        if error.problem.kind is ProblemKind.NO_SUCH_KEY:
            return Gone(error.problem)
        if error.problem.kind in (ProblemKind.DENIED, ProblemKind.UNSUPPORTED):
            return kept_parts(record)
        raise


async def parts_that_stay(
    record: UploadRecord, listed: list[CompletedPart], plan: PartPlan, recognise: Recognise
) -> AsyncGenerator[KeptPart]:
    """The parts that need not be made again: of the right number and size, and the one journalled, or recognised."""
    journalled = {kept.part.number: kept for kept in record.parts}
    there = {part.number: part for part in listed}
    for each in plan.ranges():
        part, kept = there.get(each.number), journalled.get(each.number)
        if part is None or part.size != each.length:
            continue
        if kept and kept.part.etag == part.etag:
            yield kept
        elif (evidence := await recognise(each, part)) is not None:
            yield KeptPart(part, evidence)
