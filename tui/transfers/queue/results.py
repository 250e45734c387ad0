"""The result of each object of a transfer, read from the journal as it is written."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.transfers.journal import Journal, KeptResult
from tui.transfers.progress import BETWEEN_SNAPSHOTS, TO_RETRY, Changes


class Results:
    """The results of one transfer in the order of finishing. Nothing is kept in memory, however many there are."""

    def __init__(self, transfer: str, journal: Journal) -> None:
        self._transfer, self._journal = transfer, journal
        self._changes = Changes()
        self._abandoned = False
        self._retried = 0

    def touch(self) -> None:
        """There is a new one."""
        self._changes.touch()

    def end(self) -> None:
        """No more will come."""
        self._retried = 0
        self._changes.end()

    def reopen(self) -> None:
        """More will come after all."""
        self._changes = Changes()

    def retry(self, upto: int) -> None:
        """What failed or was cancelled up to the result of that number is tried again: its end is yet to come."""
        self._retried = upto

    def abandon(self) -> None:
        """The journal is being closed: all feeds end at once."""
        self._abandoned = True
        self._changes.end()

    async def follow(self) -> AsyncGenerator[list[bytes]]:
        """The results that are there, then the new ones, until the end; each object once, encoded as it was kept."""
        above, retried = 0, self._retried
        async with aclosing(self._changes.watch()) as changes:
            async for _ in changes:
                while some := await self._behind(above):
                    if ended := [each.packed for each in some if not _is_open(each, retried)]:
                        yield ended
                    above = some[-1].number
                    await self._changes.pause(BETWEEN_SNAPSHOTS)  # or the journal is made to write each by itself
        async with aclosing(self._not_come_to(retried)) as left:
            async for packed in left:
                yield packed

    async def _not_come_to(self, retried: int) -> AsyncGenerator[list[bytes]]:
        """What was to be tried again, when the transfer ended before that."""
        above = 0
        while above < retried and (some := await self._behind(above)):
            if left := [each.packed for each in some if _is_open(each, retried)]:
                yield left
            above = some[-1].number

    async def _behind(self, number: int) -> list[KeptResult]:
        return [] if self._abandoned else await self._journal.results.next(self._transfer, number)


def _is_open(kept: KeptResult, retried: int) -> bool:
    return kept.number <= retried and kept.outcome in TO_RETRY
