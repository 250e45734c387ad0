"""Sources of moves that are about to be deleted, in the journal."""

from __future__ import annotations

from tui.transfers.journal import reading, writes
from tui.transfers.journal.file_access import FileAccess
from tui.transfers.journal.records import PendingDelete


class PendingDeletes:
    """The deletes that moves have announced and whose result is not known yet."""

    def __init__(self, file: FileAccess) -> None:
        self._file = file

    async def intend(self, transfer: str, pending: PendingDelete) -> None:
        """Before DeleteObject; on disk when it returns. Its `finish` ends it. Waits while nothing can be written."""
        write = writes.intend_delete(transfer, pending)
        await self._file.demand(lambda db: writes.make(db, write), patient=True)

    def withdraw(self, transfer: str, pending: PendingDelete) -> None:
        """The source is not deleted for now: its object is copied like any other."""
        self._file.hand([writes.keep_source(transfer, pending)])

    async def of(self, transfer: str) -> list[PendingDelete]:
        """Those that have no result: the engine ended, or the transfer was stopped, at that moment."""
        return await self._file.read(reading.pending_deletes, transfer)
