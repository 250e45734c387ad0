"""Named states of transfers that another engine carries out, in the journal."""

from __future__ import annotations

from tui.transfers.journal import reading, writes
from tui.transfers.journal.file_access import FileAccess


class KeptStates:
    """What such transfers need to go on after an interruption: values of bytes, by name. Never a secret."""

    def __init__(self, file: FileAccess) -> None:
        self._file = file

    def set(self, transfer: str, name: str, value: bytes) -> None:
        """Keep a value, in place of an earlier one of that name; it is on disk soon, in the order of the calls."""
        self._file.hand([writes.set_state(transfer, name, value)])

    async def demand(self, transfer: str, name: str, value: bytes) -> None:
        """The same, on disk when it returns. Waits while the journal cannot be written."""
        write = writes.set_state(transfer, name, value)
        await self._file.demand(lambda db: writes.make(db, write), patient=True)

    def drop(self, transfer: str, name: str) -> None:
        """Forget a value. No value, no error."""
        self._file.hand([writes.drop_state(transfer, name)])

    async def of(self, transfer: str) -> dict[str, bytes]:
        """All values of a transfer by name, in the order of the names' characters."""
        return await self._file.read(reading.states, transfer)
