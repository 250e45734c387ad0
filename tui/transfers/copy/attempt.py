"""Moving the bytes of one object by one way: CopyObject or UploadPartCopy, or GET and PUT through memory."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import NoReturn

from msgspec import Struct
from msgspec.structs import replace

from tui.core.problem import ProblemError, ProblemKind
from tui.stores.store_values import ObjectAttributes, ObjectHead, Source, Stored
from tui.transfers.copy.checksums import DamagedError, Reading, algorithm_for, is_damage
from tui.transfers.copy.delivery import Delivery
from tui.transfers.copy.multipart import MultipartUpload
from tui.transfers.copy.part_copier import PartCopier
from tui.transfers.copy.part_sizes import Cut, PartPlan, Sizing, cut_of
from tui.transfers.copy.resume import Gone, listed_parts, parts_that_stay, why_anew
from tui.transfers.copy.upload_records import kept_parts, whole_etag
from tui.transfers.copy.verify import Relayed
from tui.transfers.journal import UploadRecord
from tui.transfers.limits.shared import SharedLimits
from tui.transfers.order.attributes import Learned, left_out, write_degrading
from tui.transfers.order.sides import Way
from tui.transfers.retry import Interrupted
from tui.transfers.retry.backoff import Budget, budget

READ_AGAIN = 2
"""How often an object whose bytes were damaged is copied again, within its budget of retries."""

OTHER_PARTS = "in other parts than its source: these have no single size, or not one that fits; the ETags differ"

Sent = tuple[Stored, ObjectAttributes]
"""What the server says of the object that was written, and the attributes the target took."""


class Written(Struct, frozen=True):
    """An object that was written, as the server's answer says, and the evidence of a relay (see `verify.compare`)."""

    stored: Stored
    relayed: Relayed | None
    acl: str = ""
    """The ACL that was sent along: a canned one, or ``grants``."""
    annotated: bool = False
    """Whether the source's annotations, if any, were copied."""
    part_size: int = 0
    """The size of its parts in bytes; 0: one request wrote it. Others may write the key while parts are sent."""


class CopyAttempt:
    """One object copied by one way."""

    def __init__(
        self,
        way: Way,
        source: Source,
        head: ObjectHead,
        delivery: Delivery,
        shared: SharedLimits,
        content: bytes | None = None,
    ) -> None:
        """`content`: that of the object, which was read already; the caller has reserved the memory for it."""
        self._content, self._reserved = content, content is not None
        self._way, self._source, self._head, self._delivery, self._shared = way, source, head, delivery, shared
        self._cut, self._part_size = Cut(), 0
        self._parts = PartCopier(way, source, delivery, shared)

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
                raise_as_damage(error)

    async def _once(self, attributes: ObjectAttributes, sizing: Sizing, learned: Learned, foreign: bool) -> Written:
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
        return Written(stored, self._relayed(), "grants" if sent.grants else sent.acl, annotated, self._part_size)

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

    def _read_anew(self, part_size: int) -> Reading | None:
        """The evidence of a relay that is about to begin in such parts; none for a copy of the server's own."""
        return None if self._way.server_side else self._new_reading(part_size, whole=False)

    def _new_reading(self, part_size: int, *, whole: bool) -> Reading:
        algorithm = self._algorithm(whole=whole)
        faithful = self._way.reader.capabilities.reads_back
        return Reading(self._head, algorithm, self._cut, part_size, faithful=faithful)

    def _algorithm(self, *, whole: bool) -> str:
        target = self._way.writer.capabilities
        return algorithm_for(self._head, target.checksum, whole=whole, newer=target.newer_checksums)

    def _relayed(self) -> Relayed | None:
        if self._parts.reading is None:
            return None
        return self._parts.reading.relayed(reads_back=self._way.writer.capabilities.reads_back)

    async def _whole(self, attributes: ObjectAttributes, learned: Learned, foreign: bool) -> Sent:
        size = self._head.size
        self._delivery.withdraw()
        if self._way.server_side:
            written = await write_degrading(attributes, self._copy, learned, foreign=foreign)
        else:
            written = await self._relay_whole(replace(attributes, annotations=False), learned, foreign)
        self._delivery.add(size)
        return written

    async def _relay_whole(self, attributes: ObjectAttributes, learned: Learned, foreign: bool) -> Sent:
        if self._reserved:
            return await self._read_and_put(attributes, learned, foreign)
        to, size = self._delivery, self._head.size
        await self._shared.throttle(to.transfer, size)
        async with self._shared.memory.hold(to.transfer, size):
            return await self._read_and_put(attributes, learned, foreign)

    async def _read_and_put(self, attributes: ObjectAttributes, learned: Learned, foreign: bool) -> Sent:
        to, size = self._delivery, self._head.size
        reading = self._parts.reading = self._new_reading(size, whole=True)
        body, self._content = self._content, None
        if body is None:
            body = await self._parts.read(0, size)
        digests = await reading.take(1, 0, body)
        self._parts.require_read(reading)

        async def put(wanted: ObjectAttributes) -> Stored:
            return await self._way.writer.put(
                to.bucket, to.key, body, wanted, only_new=to.new, replaces=to.replaces, digests=digests
            )

        written = await write_degrading(attributes, put, learned, foreign=foreign)
        reading.sent(digests, written[0].etag)
        return written

    async def _in_parts(self, sizing: Sizing, attributes: ObjectAttributes, learned: Learned, foreign: bool) -> Sent:
        attributes = replace(attributes, annotations=False)
        if stored := await self._go_on(attributes):
            self._delivery.continued = True
            return stored, attributes
        plan = sizing.plan(self._head.size)
        self._part_size = plan.part_size
        self._parts.reading = self._read_anew(plan.part_size)
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

    async def _go_on(self, attributes: ObjectAttributes) -> Stored | None:
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
        self._parts.reading = self._read_anew(record.part_size)
        if isinstance(listed, Gone):
            return await self._completed_unheard(upload, record)
        there = [kept async for kept in parts_that_stay(record, listed, plan_of(record), self._parts.recognise)]
        to.withdraw()
        for kept in there:
            self._parts.keep(kept)
            to.uploads.of_transfer.part(record, kept.part, kept.evidence)
        parts = [kept.part for kept in there]
        return await upload.carry_out(plan_of(record), self._parts, self._parts.workers, parts)

    async def _completed_unheard(self, upload: MultipartUpload, record: UploadRecord) -> Stored | None:
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

    async def _copy(self, attributes: ObjectAttributes) -> Stored:
        to = self._delivery
        return await self._way.writer.copy(
            self._source, to.bucket, to.key, attributes, only_new=to.new, replaces=to.replaces
        )


def plan_of(record: UploadRecord) -> PartPlan:
    """The parts in which an upload was begun."""
    return PartPlan(record.size, record.part_size)


def raise_as_damage(error: ProblemError) -> NoReturn:
    """Raise it again, as of kind MISMATCH where bytes were damaged on their way."""
    if error.problem.kind is ProblemKind.MISMATCH or not is_damage(error.problem):
        raise error
    raise ProblemError(replace(error.problem, kind=ProblemKind.MISMATCH)) from error
