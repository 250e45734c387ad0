"""Multipart uploads in the journal: intended, begun, their parts, ended."""

from __future__ import annotations

import asyncio
import sqlite3

from tui.stores.store_values import Part
from tui.transfers.journal import reading, writes
from tui.transfers.journal.file_access import FileAccess
from tui.transfers.journal.records import UploadRecord
from tui.transfers.journal.writer import Demand


class KeptUploads:
    """The multipart uploads of all transfers that have not ended."""

    def __init__(self, file: FileAccess) -> None:
        self._file = file

    async def intend(self, upload: UploadRecord) -> int:
        """Before CreateMultipartUpload; returns the row, on disk. Waits while the journal cannot be written.

        The row of a transfer that was removed is 0, and its records are not kept.
        """
        row = 0

        def write(connection: sqlite3.Connection) -> int:
            nonlocal row
            row = writes.intend(connection, upload)
            return row

        try:
            return await self._file.demand(write, patient=True)
        except asyncio.CancelledError:  # the row is unknown to the caller
            if not self._file.closed:
                self._file.hand(
                    [Demand(lambda db: writes.make(db, writes.ended(row)), _unheard, _unheard, patient=True)]
                )
            raise

    async def begun(self, row: int, upload_id: str) -> None:
        """After CreateMultipartUpload; on disk when it returns. Waits while the journal cannot be written."""
        write = writes.begun(row, upload_id)
        await self._file.demand(lambda db: writes.make(db, write), patient=True)

    def part(self, row: int, part: Part, evidence: str) -> None:
        """Keep a finished part, with the checksum of what was read for it (empty: unknown)."""
        self._file.hand([writes.part(row, part, evidence)])

    def ended(self, row: int) -> None:
        """The upload is completed or aborted."""
        self._file.hand([writes.ended(row)])

    async def of(self, transfer: str) -> list[UploadRecord]:
        """The transfer's uploads that have not ended, with their parts."""
        return await self._file.read(reading.uploads, transfer)

    async def known_ids(self, bucket: str) -> set[str]:
        """The ids of our uploads in a bucket that have not ended."""
        return await self._file.read(reading.known_uploads, bucket)


def _unheard(_: object) -> None:
    """Nobody waits for it any more."""
