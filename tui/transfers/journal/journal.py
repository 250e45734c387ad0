"""The journal: what must outlive the engine, in one file. Called from one event loop, which it never blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from tui.core.problem import Problem, ProblemError
from tui.core.transfer import Limits
from tui.transfers.journal import problems, reading, writes
from tui.transfers.journal.file_access import FileAccess
from tui.transfers.journal.opening import open_file
from tui.transfers.journal.pending_deletes import PendingDeletes
from tui.transfers.journal.records import TransferRecord
from tui.transfers.journal.results import KeptResults
from tui.transfers.journal.schema import STEPS, Step
from tui.transfers.journal.states import KeptStates
from tui.transfers.journal.uploads import KeptUploads


class Journal:
    """The transfers, their `results`, `uploads`, `deletes` (sources of moves) and `states`. Made by `open`.

    Calls that are not awaited are written soon (within some 50 ms), in the order of the calls; those that are awaited
    return when it is on disk. See `FileAccess` for what happens while the file cannot be written.
    """

    def __init__(self, file: FileAccess) -> None:
        self._file = file
        self.results, self.uploads, self.deletes = KeptResults(file), KeptUploads(file), PendingDeletes(file)
        self.states = KeptStates(file)

    @classmethod
    async def open(cls, path: Path, report: Callable[[Problem], None], steps: Sequence[Step] = STEPS) -> Journal:
        """Open the journal at `path`, or make it, with its directory.

        `report` is called for every trouble when it begins, and for a damaged file that was moved aside. Raises
        `ProblemError` (JOURNAL): another process has it open, no rights, a newer schema, another program's file.
        """
        found: list[Problem] = []
        file = await asyncio.to_thread(open_file, path, found.append, steps)
        for problem in found:
            report(problem)
        return cls(FileAccess(file, report))

    async def close(self) -> None:
        """See `FileAccess.close`."""
        await self._file.close()

    @property
    def damaged(self) -> Problem | None:
        """That damaged journals are kept beside this one, whose contents are not known here; None if there are none."""
        return problems.kept_aside(aside) if (aside := self._file.aside) else None

    @property
    def trouble(self) -> Problem | None:
        """Why it cannot be written at the moment."""
        return self._file.trouble

    @property
    def backlog(self) -> int:
        """See `FileAccess`."""
        return self._file.backlog

    async def writable(self) -> None:
        """See `FileAccess`."""
        await self._file.writable()

    async def drained(self) -> None:
        """See `FileAccess`."""
        await self._file.drained()

    async def flushed(self) -> None:
        """See `FileAccess`."""
        await self._file.flushed()

    async def settled(self) -> bool:
        """See `FileAccess`."""
        return await self._file.settled()

    async def add(self, record: TransferRecord) -> None:
        """Keep a new transfer. Raises `ProblemError` at once if it cannot be written; nothing is kept then."""
        if self._file.trouble:
            raise ProblemError(self._file.trouble)
        write = writes.add(record)
        try:
            await self._file.demand(lambda db: writes.make(db, write), patient=False)
        except asyncio.CancelledError:  # the caller does not know that it was kept
            if not self._file.closed:
                self._file.hand([writes.remove(record.id)])
            raise

    def save(self, record: TransferRecord) -> None:
        """Keep the status of a transfer (not its order); a removed one stays removed. The oldest ended ones go."""
        self._file.hand([writes.save(record)] if record.ended is None else [writes.save(record), writes.RETIRE])

    async def transfers(self) -> list[TransferRecord]:
        """All transfers in the order of the queue."""
        return await self._file.read(reading.transfers)

    def save_limits(self, limits: Limits) -> None:
        """Keep the limits of all transfers together, in place of the earlier ones."""
        self._file.hand([writes.save_limits(limits)])

    async def limits(self) -> Limits:
        """The limits of all transfers together."""
        return await self._file.read(reading.limits)

    async def remove(self, transfer: str) -> None:
        """Remove a transfer with all that belongs to it; on disk when it returns. No transfer, no error."""
        self._file.hand([writes.remove(transfer)])
        await self._file.flushed()
