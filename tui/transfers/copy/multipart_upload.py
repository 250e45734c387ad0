"""Multipart uploads of copies and streams: carried out, left behind, aborted by the next engine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Protocol

from msgspec.structs import replace

from tui.core.identity import Owner
from tui.core.location import Location
from tui.core.orders import CopyRoute
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.store_values import Checksum, CompletedPart, IncompleteUpload, ObjectAttributes, TagSet, WriteResult
from tui.transfers.attributes import NO_TAGS
from tui.transfers.backoff import Interrupted, budget
from tui.transfers.copy.delivery import Delivery
from tui.transfers.copy.parts import PartPlan, PartRange
from tui.transfers.copy.upload_records import TELL_SECONDS, TransferUploads
from tui.transfers.journal import Journal, UploadRecord
from tui.transfers.tasks import finish, settled

NO_TRANSFER = ""


class KeptStream:
    """The upload of one stream; see `tui.stores.streams.KeepUpload`."""

    def __init__(self, uploads: TransferUploads, connection: str, place: Location) -> None:
        self._uploads = uploads
        self._record = UploadRecord(
            transfer=NO_TRANSFER,
            section=0,
            source_key="",
            bucket=place.bucket,
            key=place.key,
            connection=connection,
            route=CopyRoute.RELAY,
            etag="",
            size=0,
            part_size=0,
            began=time.time(),
        )

    async def intended(self) -> None:
        self._record = await self._uploads.intend(self._record)

    async def begun(self, upload: str) -> None:
        self._record = await self._uploads.begun(self._record, upload)

    def ended(self) -> None:
        self._uploads.ended(self._record)


class StreamUploads:
    """All uploads of streams that have not ended."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._uploads = TransferUploads(NO_TRANSFER, journal)

    def of(self, connection: str, place: Location) -> KeptStream:
        return KeptStream(self._uploads, connection, place)

    @property
    def active(self) -> set[str]:
        return {record.upload for record in self._uploads.open if record.upload}

    async def left(self) -> list[UploadRecord]:
        """Those that an earlier engine has left. To be asked before any is begun; raises `ProblemError`."""
        return await self._journal.uploads.of(NO_TRANSFER)

    async def clear(
        self,
        left: list[UploadRecord],
        open_store: OpenUploadStore,
        owner_of: Callable[[str], Awaitable[Owner | None]],
        report: Callable[[Problem], None],
    ) -> None:
        """Abort what is left; what cannot be aborted now is reported, and stays in the journal."""
        uploads = TransferUploads(NO_TRANSFER, self._journal, left)
        for note in await AbandonedUploads(open_store, owner_of, uploads).clear(left):
            report(Problem(ProblemKind.SERVER, "the upload of a stream was left", cause=note))


SKEW_SECONDS = 5.0
"""So much earlier than it was intended an upload may seem to have been begun: two clocks are compared."""

OpenUploadStore = Callable[[str], Awaitable[Store]]
"""Opens the store of a connection; raises `ProblemError`."""


class AbandonedUploads:
    """Aborts what one transfer leaves behind. `owner_of` gives the owner of a connection's uploads, None if unknown."""

    def __init__(
        self, open_store: OpenUploadStore, owner_of: Callable[[str], Awaitable[Owner | None]], uploads: TransferUploads
    ) -> None:
        self._open, self._owner_of, self._uploads = open_store, owner_of, uploads

    async def clear(self, records: Iterable[UploadRecord]) -> list[str]:
        """Abort these uploads, also those whose id is unknown; returns a note for each that may stay behind.

        What stays behind stays in the journal.
        """
        notes = []
        for record in records:
            try:
                note = await self._clear(await self._open(record.connection), record)
            except ProblemError as error:
                known, title = f"the multipart upload {record.upload}", error.problem.title
                what = known if record.upload else "a multipart upload that may have been started"
                note = f"{what} at {record.key!r} could not be checked ({title}): it may still exist"
            if note:
                notes.append(note)
            else:
                self._uploads.ended(record)
        return notes

    async def _clear(self, store: Store, record: UploadRecord) -> str:
        if record.upload:
            return await abort(store, record)
        try:
            found = await store.uploads(record.bucket, record.key)
        except ProblemError as error:
            if error.problem.kind is ProblemKind.NO_SUCH_BUCKET:
                return ""
            raise
        known, owner = await self._uploads.known_ids(record.bucket), await self._owner_of(record.connection)
        for each in found:
            ours = each.upload not in known and may_be(each, record, owner)
            if ours and (note := await abort(store, replace(record, upload=each.upload))):
                return note
        return ""


def may_be(found: IncompleteUpload, record: UploadRecord, owner: Owner | None) -> bool:
    """Whether an upload that the server has is the one whose id this machine never heard.

    It is at exactly that key, was begun since it was intended, and not by another account.
    """
    others = owner is not None and not found.initiator.startswith("arn:") and found.initiator not in ("", owner.id)
    return found.key == record.key and found.started >= record.began - SKEW_SECONDS and not others


ABORT_ATTEMPTS = 3
"""An abort may be refused while the server still ends a part of the same upload."""

TOO_LATE = "cancelled too late: the copy was complete and is at the target"

_NEVER_ARRIVED_STATUS = range(400, 500)
"""Status codes after which no upload was created; after other failures there may be one."""

PartWithEvidence = tuple[CompletedPart, str]
"""A part, and the evidence of what was read for it (empty: none)."""


class PartMaker(Protocol):
    """How the parts of one upload are made."""

    async def make_part(self, upload: str, each: PartRange) -> PartWithEvidence:
        """Make one part of the upload with this id."""

    async def pass_over(self, each: PartRange) -> None:
        """Called, in its turn, for a part that is there already."""

    async def check_source(self) -> None:
        """Called when all parts are made; raises if they must not become an object."""

    def checksum(self) -> Checksum | None:
        """The checksum of the whole object, once all parts are made, for the server to compare; None: not known."""


class MultipartUpload:
    """One upload to one key, each step of it journalled before the next.

    It outlives the task that makes it: a cancellation or an interruption leaves it as it is, to be continued. Any
    failure aborts it. What `Delivery.when` does not allow is not replaced.
    """

    def __init__(self, store: Store, to: Delivery, record: UploadRecord) -> None:
        """`record` is either from the journal, or yet to be intended: then `begin` comes first."""
        self._store, self._to, self._record = store, to, record
        self._uploads = to.uploads.of_transfer
        self.tags: TagSet = None
        """Those that the upload was begun with."""

    async def begin(self, attributes: ObjectAttributes, *, checksum: str = "") -> None:
        """CreateMultipartUpload, with the algorithm of its checksums (see `Store.create_upload`).

        A cancellation waits for the id, so that it is known.
        """
        to, self.tags = self._to, attributes.tags
        self._record = await self._uploads.intend(to.uploads.intention(self._record))
        creating = asyncio.create_task(self._store.create_upload(to.bucket, to.key, attributes, checksum=checksum))
        try:
            await asyncio.shield(creating)
        except asyncio.CancelledError:
            await settled(creating)
            if not creating.cancelled() and not creating.exception():
                telling = asyncio.create_task(self._begun(creating.result()))
                await asyncio.wait([telling], timeout=TELL_SECONDS)
            raise
        except ProblemError as error:
            if error.problem.status in _NEVER_ARRIVED_STATUS:
                self._uploads.ended(self._record)
            else:
                to.uploads.lost(self._record)
            raise
        await self._begun(creating.result())

    async def _begun(self, upload: str) -> None:
        retries, to = budget.get(), self._to
        if retries and retries.was_recreated(to.bucket, to.key):
            to.uploads.lost(await self._uploads.intend(self._record))  # whose id went with the first answer
        self._record = await self._uploads.begun(self._record, upload)

    async def carry_out(
        self, plan: PartPlan, maker: PartMaker, workers: int, there: Sequence[CompletedPart] = ()
    ) -> WriteResult:
        """Make all parts that are not `there`, at most `workers` at once, and complete the upload.

        On any failure the upload is aborted before the error propagates. A cancellation that comes while the upload is
        being completed is too late: the copy is then there, and a note says so.
        """
        try:
            parts = await self._make_parts(plan, maker, workers, there)
            await maker.check_source()
            return await self.complete(parts, maker.checksum())
        except (asyncio.CancelledError, Interrupted):
            raise  # it is kept
        except BaseException:
            await finish(self.abort())
            raise

    async def complete(self, parts: Sequence[CompletedPart], checksum: Checksum | None = None) -> WriteResult:
        """CompleteMultipartUpload, once every part is in the journal, so that a lost answer can be found out later."""
        await self._uploads.settled()
        to = self._to
        completing = asyncio.create_task(
            self._store.complete_upload(
                to.bucket, to.key, self._record.upload, parts, when=to.when, checksum=checksum, tags=self.tags
            )
        )
        try:
            completed = await asyncio.shield(completing)
        except asyncio.CancelledError:
            await settled(completing)
            if not completing.cancelled() and not completing.exception():
                to.note(TOO_LATE)
            raise
        to.uploads.completed(self._record)
        if completed.untagged:
            to.note(f"{NO_TAGS} ({completed.untagged.title})")
        return completed

    async def abort(self) -> None:
        """AbortMultipartUpload; one that cannot be aborted stays in the journal, and a note names its id."""
        to = self._to
        if note := await abort(self._store, self._record):
            to.note(note)
        else:
            self._uploads.ended(self._record)

    async def _make_parts(
        self, plan: PartPlan, maker: PartMaker, workers: int, there: Sequence[CompletedPart]
    ) -> list[CompletedPart]:
        ranges, parts = plan.ranges(), {part.number: part for part in there}
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(workers, plan.count)):
                    group.create_task(self._work(ranges, maker, parts))
        except ExceptionGroup as failures:
            raise decisive(failures) from None
        return [parts[number] for number in sorted(parts)]

    async def _work(self, ranges: Iterator[PartRange], maker: PartMaker, parts: dict[int, CompletedPart]) -> None:
        for each in ranges:
            if each.number in parts:
                await maker.pass_over(each)
                continue
            part, evidence = await maker.make_part(self._record.upload, each)
            self._uploads.part(self._record, part, evidence)
            parts[each.number] = part


def decisive(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of what went wrong in tasks side by side: an interruption, else the first failure, for which others ended."""
    interrupted = [each for each in failures.exceptions if isinstance(each, Interrupted)]
    first = (interrupted or failures.exceptions)[0]
    return decisive(first) if isinstance(first, BaseExceptionGroup) else first


async def abort(store: Store, record: UploadRecord) -> str:
    """AbortMultipartUpload, tried more than once; returns a sentence if the upload stays behind, else an empty text."""
    for attempt in range(1, ABORT_ATTEMPTS + 1):
        try:
            await store.abort_upload(record.bucket, record.key, record.upload)
        except ProblemError as error:
            if error.problem.kind is ProblemKind.NO_SUCH_BUCKET:
                return ""  # gone with its bucket
            if attempt == ABORT_ATTEMPTS:
                return stays_behind(record.upload, error.problem)
        else:
            return ""
    return ""


def stays_behind(upload: str, problem: Problem) -> str:
    """The note about an upload that could not be aborted; if a permission is missing, it names who may abort it."""
    if problem.kind is not ProblemKind.DENIED:
        return f"multipart upload {upload} is left at the target because it could not be aborted: {problem.sentence()}"
    return (
        f"multipart upload {upload} is left at the target, {problem.identity or 'the writer'} is not allowed to abort "
        f"it ({problem.title}): abort it as the bucket owner"
    )
