"""What became of each object of a transfer, for those who want to know: read from the journal as it is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.model.transfer import ObjectResult
from tui.transfers.changes import BETWEEN_SNAPSHOTS, Changes
from tui.transfers.journal import Journal


class Results:
    """The results of one transfer in the order of finishing. Nothing is held here, however many there are."""

    def __init__(self, transfer: str, journal: Journal) -> None:
        self._transfer, self._journal = transfer, journal
        self._changes = Changes()
        self._abandoned = False

    def touch(self) -> None:
        """There is a new one."""
        self._changes.touch()

    def end(self) -> None:
        """No more will come."""
        self._changes.end()

    def reopen(self) -> None:
        """More will come after all."""
        self._changes = Changes()

    def abandon(self) -> None:
        """The journal is being closed: those who follow get their end at once."""
        self._abandoned = True
        self._changes.end()

    async def follow(self) -> AsyncGenerator[ObjectResult]:
        """The results that are there, then each new one, until the end; each once, unless it is tried again."""
        above = 0
        async with aclosing(self._changes.watch()) as changes:
            async for _ in changes:
                while not self._abandoned and (some := await self._journal.next_results(self._transfer, above)):
                    for _, result in some:
                        yield result
                    above = some[-1][0]
                    await asyncio.sleep(BETWEEN_SNAPSHOTS)  # so that the journal is not made to write each by itself
