"""Moving the bytes of one object by one way: CopyObject or UploadPartCopy, or GET and PUT through memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from tui.model.location import Location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Checksum, Digests, ObjectAttributes, ObjectHead, Part, Source
from tui.stores.digests import hashed
from tui.transfers.attributes import Learned, left_out, write_degrading
from tui.transfers.cutting import Cut, cut_of
from tui.transfers.delivery import Delivery, Gates
from tui.transfers.evidence import DamagedError, Reading, algorithm_for, is_damage
from tui.transfers.journal import KeptPart, UploadRecord
from tui.transfers.parts import PartPlan, PartRange, Sizing
from tui.transfers.resuming import Gone, listed_parts, parts_that_stay, why_anew
from tui.transfers.sides import Way
from tui.transfers.upload_book import kept_parts, whole_etag
from tui.transfers.uploads import Made, MultipartUpload
from tui.transfers.verify import Relayed
from tui.transfers.weather import Interrupted
from tui.transfers.weather.budgets import Budget, budget

READ_AGAIN = 2
"""So often an object whose bytes came damaged is copied anew, within its budget of retries."""

Sent = tuple[str, ObjectAttributes]
"""The ETag of what was written, and the attributes the target took."""


@dataclass(frozen=True, slots=True)
class Written:
    """An object that was written, and the evidence of a relay (see `verify.compare`)."""

    etag: str
    relayed: Relayed | None


class Move:
    """One object copied by one way."""

    def __init__(self, way: Way, source: Source, head: ObjectHead, delivery: Delivery, gates: Gates) -> None:
        self._way, self._source, self._head, self._delivery, self._gates = way, source, head, delivery, gates
        self._cut = Cut()
        self._reading: Reading | None = None
        self._door = asyncio.Lock()

    async def run(self, attributes: ObjectAttributes, sizing: Sizing, learned: Learned, *, foreign: bool) -> Written:
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
                if error.problem.kind is ProblemKind.MISMATCH or not is_damage(error.problem):
                    raise
                raise ProblemError(replace(error.problem, kind=ProblemKind.MISMATCH)) from error

    async def _once(self, attributes: ObjectAttributes, sizing: Sizing, learned: Learned, foreign: bool) -> Written:
        try:
            sizing = await self._fitted(sizing)
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
        return Written(etag, self._relayed())

    async def _fitted(self, sizing: Sizing) -> Sizing:
        """The sizing that cuts the copy as the source was cut, where that is wanted and possible."""
        self._cut, told = cut_of(self._head), bool(self._head.full_object_crc)
        if self._way.server_side and told:
            return sizing
        if sizing.follows(self._head) or (self._head.parts > 1 and not self._way.server_side and not told):
            source = self._source
            first = await self._way.reader.part_size(
                source.bucket, source.key, etag=source.etag, version=source.version
            )
            self._cut = cut_of(self._head, first)
        return sizing.fitted(self._head, self._cut)

    def _read_anew(self, part_size: int) -> Reading | None:
        """The evidence of a relay that is about to begin in such parts; none for a copy of the server's own."""
        return None if self._way.server_side else self._new_reading(part_size, whole=False)

    def _new_reading(self, part_size: int, *, whole: bool) -> Reading:
        algorithm = self._algorithm(whole=whole)
        faithful = self._way.reader.capabilities.reads_back
        return Reading(self._head, algorithm, self._cut, part_size, faithful=faithful)

    def _algorithm(self, *, whole: bool) -> str:
        return algorithm_for(self._head, self._way.writer.capabilities.checksum, whole=whole)

    def _relayed(self) -> Relayed | None:
        if self._reading is None:
            return None
        return self._reading.relayed(reads_back=self._way.writer.capabilities.reads_back)

    async def _whole(self, attributes: ObjectAttributes, learned: Learned, foreign: bool) -> Sent:
        size = self._head.size
        self._delivery.withdraw()
        if self._way.server_side:
            written = await write_degrading(attributes, self._copy, learned, foreign=foreign)
        else:
            written = await self._relay_whole(attributes, learned, foreign)
        self._delivery.add(size)
        return written

    async def _relay_whole(self, attributes: ObjectAttributes, learned: Learned, foreign: bool) -> Sent:
        to, size = self._delivery, self._head.size
        reading = self._reading = self._new_reading(size, whole=True)
        await self._gates.throttle(to.transfer, size)
        async with self._gates.memory.hold(to.transfer, size):
            body = await self._read(0, size)
            digests = await reading.take(1, 0, body)
            self._require_read(reading)

            async def put(wanted: ObjectAttributes) -> str:
                return await self._way.writer.put(to.bucket, to.key, body, wanted, only_new=to.new, digests=digests)

            written = await write_degrading(attributes, put, learned, foreign=foreign)
        reading.sent(digests, written[0])
        return written

    async def _in_parts(self, sizing: Sizing, attributes: ObjectAttributes, learned: Learned, foreign: bool) -> Sent:
        if etag := await self._go_on(attributes):
            return etag, attributes
        plan = sizing.plan(self._head.size)
        self._reading = self._read_anew(plan.part_size)
        upload = MultipartUpload(self._way.writer, self._delivery, self._intention(plan))
        begin = partial(upload.begin, checksum=self._algorithm(whole=False))
        _, sent = await write_degrading(attributes, begin, learned, foreign=foreign)
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

    async def _go_on(self, attributes: ObjectAttributes) -> str:
        """Finish the upload that an earlier run has left, if there is one; returns the ETag, or an empty text."""
        to = self._delivery
        record = to.uploads.take(self._way.connection, self._way.route)
        if record is None:
            to.withdraw()
            return ""
        upload = MultipartUpload(self._way.writer, to, record)
        upload.tags = attributes.tags
        try:
            if why := why_anew(record, self._source, self._head, to.bucket, to.key):
                to.note(why)
                to.withdraw()
                await upload.abort()
                return ""
            listed = await listed_parts(self._way.writer, record)
        except ProblemError:
            await upload.abort()
            raise
        self._reading = self._read_anew(record.part_size)
        if isinstance(listed, Gone):
            return await self._completed_unheard(upload, record)
        there = [kept async for kept in parts_that_stay(record, listed, plan_of(record), self._recognise)]
        to.withdraw()
        for kept in there:
            self._keep(kept)
            to.uploads.book.part(record, kept.part, kept.evidence)
        parts = [kept.part for kept in there]
        return await upload.carry_out(plan_of(record), self, self._gates.part_workers, parts)

    async def _completed_unheard(self, upload: MultipartUpload, record: UploadRecord) -> str:
        """An upload that is gone with all its parts journalled may have been completed: completing it again tells."""
        to = self._delivery
        to.withdraw()
        if whole_etag(record):
            for kept in record.parts:
                self._keep(kept)
            try:
                return await upload.complete(kept_parts(record), self.checksum())
            except ProblemError:
                to.withdraw()
        to.uploads.book.ended(record)
        return ""

    def _keep(self, kept: KeptPart) -> None:
        if self._reading:
            self._reading.keep(kept.part, Digests.read(kept.evidence))
        self._delivery.found(kept.part.size)

    async def _recognise(self, each: PartRange, part: Part) -> str | None:
        """Read the range again, which is cheaper than to send it. What the server has copied by itself is right."""
        if self._reading is None:
            return ""
        async with self._room(each.length):
            digests = await hashed(await self._read(each.start, each.length), self._reading.algorithm)
        return digests.evidence if digests.md5 == part.etag.strip('"').lower() else None

    async def make_part(self, upload: str, each: PartRange) -> Made:
        """See `PartMaker`."""
        if self._reading is None:
            return await self._copy_part(upload, each)
        return await self._relay_part(self._reading, upload, each)

    async def pass_over(self, each: PartRange) -> None:
        """See `PartMaker`."""
        if self._reading and self._reading.rereads:
            async with self._room(each.length):
                await self._reading.reread(each.number, each.start, await self._read(each.start, each.length))

    def checksum(self) -> Checksum | None:
        """See `PartMaker`."""
        return self._reading.checksum if self._reading else None

    async def check_source(self) -> None:
        """Before the parts become an object: was it the source that was read, and is it still the same?

        After the last UploadPartCopy the source is looked at again, because parts of two versions must not be put
        together: S3 pins each of them by CopySourceIfMatch, but Ceph 18 does not heed it there.
        """
        if self._reading is not None:
            self._require_read(self._reading)
            return
        source = self._source
        head = await self._way.reader.head(source.bucket, source.key, source.version)
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

    async def _relay_part(self, reading: Reading, upload: str, each: PartRange) -> Made:
        to = self._delivery
        async with self._room(each.length):
            body = await self._read(each.start, each.length)
            digests = await reading.take(each.number, each.start, body)
            part = await self._way.writer.upload_part(
                to.bucket, to.key, upload, each.number, body, start=each.start, digests=digests
            )
        reading.sent(digests, part.etag)
        to.add(each.length)
        return part, digests.evidence

    @asynccontextmanager
    async def _room(self, length: int) -> AsyncGenerator[None]:
        """A place on the line and in memory for a part; they are given in the order of the parts."""
        to = self._delivery
        async with AsyncExitStack() as held:
            async with self._door:
                await self._gates.throttle(to.transfer, length)
                await held.enter_async_context(self._gates.parts.hold(to.transfer))
                await held.enter_async_context(self._gates.memory.hold(to.transfer, length))
            yield

    async def _read(self, start: int, length: int) -> bytes:
        source = self._source
        if not length:
            return b""
        return await self._way.reader.read(
            source.bucket, source.key, etag=source.etag, start=start, length=length, version=source.version
        )

    def _require_read(self, reading: Reading) -> None:
        reading.require(Location(self._source.bucket, self._source.key).uri, self._way.reader.label)


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
