"""The multipart uploads of a transfer as the journal knows them: intended, begun, filled, ended."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from tui.core.orders import CopyRoute
from tui.stores.s3.multipart import multipart_etag
from tui.stores.store_values import CompletedPart, ObjectHead
from tui.transfers.journal import Journal, KeptPart, UploadRecord

TELL_SECONDS = 1.0
"""So long a stopped task waits until the id of its upload is on disk, before it leaves that to the journal."""


class TransferUploads:
    """All uploads of one transfer that have not ended: those from the journal, and those begun since."""

    def __init__(self, transfer: str, journal: Journal, held: Iterable[UploadRecord] = ()) -> None:
        self._transfer, self._journal = transfer, journal
        self._open: dict[int, UploadRecord] = {}
        self._held: defaultdict[tuple[int, str], list[UploadRecord]] = defaultdict(list)
        self.hold(held)

    def hold(self, records: Iterable[UploadRecord]) -> None:
        """Take uploads that another run has left, to be continued when their objects' turns come."""
        for record in records:
            self._open[record.row] = record
            self._held[record.section, record.source_key].append(record)

    def of(self, section: int, key: str) -> ObjectUploads:
        return ObjectUploads(self, section, key, self._held.pop((section, key), []))

    @property
    def open(self) -> list[UploadRecord]:
        return list(self._open.values())

    @property
    def unclaimed(self) -> list[UploadRecord]:
        """Those that were kept and whose object was not reached."""
        return [record for records in self._held.values() for record in records]

    async def intend(self, intended: UploadRecord) -> UploadRecord:
        """Before CreateMultipartUpload; returns the record with its row, on disk."""
        row = await self._journal.uploads.intend(replace(intended, transfer=self._transfer))
        self._open[row] = replace(intended, transfer=self._transfer, row=row)
        return self._open[row]

    async def begun(self, record: UploadRecord, upload: str) -> UploadRecord:
        """After CreateMultipartUpload; on disk when it returns, and as good as on disk when it is cancelled."""
        begun = self._open[record.row] = replace(record, upload=upload)
        telling = asyncio.create_task(self._journal.uploads.begun(record.row, upload))
        try:
            await asyncio.shield(telling)
        except asyncio.CancelledError:
            await asyncio.wait([telling], timeout=TELL_SECONDS)
            raise
        return begun

    def part(self, record: UploadRecord, part: CompletedPart, evidence: str) -> None:
        self._journal.uploads.part(record.row, part, evidence)

    def made(self, record: UploadRecord, part: CompletedPart, evidence: str) -> None:
        """The same, of an upload that others make: they may be lost, and then it is continued with all its parts."""
        if known := self._open.get(record.row):
            parts = [each for each in known.parts if each.part.number != part.number]
            self._open[record.row] = replace(known, parts=[*parts, KeptPart(part, evidence)])
        self.part(record, part, evidence)

    async def settled(self) -> None:
        """Returns when everything recorded so far is on disk, or cannot be written for now."""
        await self._journal.settled()

    def ended(self, record: UploadRecord) -> None:
        """It is completed and its object has a result, or it is aborted."""
        if self._open.pop(record.row, None):
            self._journal.uploads.ended(record.row)

    async def known_ids(self, bucket: str) -> set[str]:
        """The ids of all uploads in a bucket, of any transfer, that are accounted for."""
        return await self._journal.uploads.known_ids(bucket) | {each.upload for each in self._open.values()}


class ObjectUploads:
    """The uploads of one object: those from the journal, and those of the attempts since."""

    def __init__(self, uploads: TransferUploads, section: int, key: str, held: Sequence[UploadRecord]) -> None:
        self.of_transfer = uploads
        self._section, self._key = section, key
        self.kept = kept_bytes(held)
        """Bytes that an earlier run has left in them."""
        self._held = [record for record in held if record.upload]
        self._lost = [record for record in held if not record.upload]
        self._completed: list[UploadRecord] = []

    @property
    def held(self) -> UploadRecord | None:
        return self._held[-1] if self._held else None

    @property
    def unsettled(self) -> list[UploadRecord]:
        """What is to be aborted once the object has its result: kept ones not continued, those without a known id."""
        return [*self._held, *self._lost]

    def made(self, head: ObjectHead) -> bool:
        return any(head.etag == whole_etag(record) != "" for record in self._held)

    def take(self, connection: str, route: CopyRoute) -> UploadRecord | None:
        """The upload from the journal of this writer by this route, which the caller continues or aborts."""
        for record in reversed(self._held):
            if (record.connection, record.route) == (connection, route):
                self._held.remove(record)
                return record
        return None

    def intention(self, record: UploadRecord) -> UploadRecord:
        return replace(record, section=self._section, source_key=self._key, began=time.time())

    def lost(self, record: UploadRecord) -> None:
        self._lost.append(record)

    def completed(self, record: UploadRecord) -> None:
        """It has become the object; its row stays until the object's result is recorded."""
        self._completed.append(record)

    def close(self) -> None:
        """The object's result is recorded: completed uploads need not be known any more."""
        for record in self._completed:
            self.of_transfer.ended(record)
        self._completed.clear()


def whole_etag(record: UploadRecord) -> str:
    """The ETag of the object that an upload becomes with exactly the parts that were journalled, empty if unknown."""
    parts = kept_parts(record)
    if len(parts) != -(-record.size // record.part_size):
        return ""
    return multipart_etag(parts)


def kept_parts(record: UploadRecord) -> list[CompletedPart]:
    return sorted((kept.part for kept in record.parts), key=lambda part: part.number)


def kept_bytes(records: Iterable[UploadRecord]) -> int:
    return sum(kept.part.size for record in records for kept in record.parts)
