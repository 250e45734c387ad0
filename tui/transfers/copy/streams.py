"""The uploads of streams in the journal: those that a killed engine has left are aborted by the next one."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from tui.core.identity import Owner
from tui.core.location import Location
from tui.core.orders import Route
from tui.core.problem import Problem, ProblemKind
from tui.transfers.copy.abandoned import AbandonedUploads, Open
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.journal import Journal, UploadRecord

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
            route=Route.RELAY,
            etag="",
            size=0,
            part_size=0,
            began=time.time(),
        )

    async def intended(self) -> None:
        """See `KeepUpload`."""
        self._record = await self._uploads.intend(self._record)

    async def begun(self, upload: str) -> None:
        """See `KeepUpload`."""
        self._record = await self._uploads.begun(self._record, upload)

    def ended(self) -> None:
        """See `KeepUpload`."""
        self._uploads.ended(self._record)


class StreamUploads:
    """All uploads of streams that have not ended."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._uploads = TransferUploads(NO_TRANSFER, journal)

    def of(self, connection: str, place: Location) -> KeptStream:
        """One that is about to begin."""
        return KeptStream(self._uploads, connection, place)

    @property
    def active(self) -> set[str]:
        """The ids of those that are under way."""
        return {record.upload for record in self._uploads.open if record.upload}

    async def left(self) -> list[UploadRecord]:
        """Those that an earlier engine has left. To be asked before any is begun; raises `ProblemError`."""
        return await self._journal.uploads.of(NO_TRANSFER)

    async def clear(
        self,
        left: list[UploadRecord],
        open_store: Open,
        owner_of: Callable[[str], Awaitable[Owner | None]],
        report: Callable[[Problem], None],
    ) -> None:
        """Abort what is left; what cannot be aborted now is reported, and stays in the journal."""
        uploads = TransferUploads(NO_TRANSFER, self._journal, left)
        for note in await AbandonedUploads(open_store, owner_of, uploads).clear(left):
            report(Problem(kind=ProblemKind.SERVER, title="the upload of a stream was left", cause=note))
