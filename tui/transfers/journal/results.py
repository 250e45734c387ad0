"""What became of each object, in the journal."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from tui.core.transfer import ObjectResult
from tui.transfers.journal import reading, writes
from tui.transfers.journal.file_access import FileAccess
from tui.transfers.journal.records import Counts, KeptResult


class KeptResults:
    """The results of the objects of all transfers."""

    def __init__(self, file: FileAccess) -> None:
        self._file = file

    def finish(self, transfer: str, section: int, key: str, result: ObjectResult) -> None:
        """Keep what became of an object; an earlier result of the same key goes."""
        self._file.hand([writes.finish(self._file.next_serial(), transfer, section, key, result)])

    def correct(self, transfer: str, section: int, key: str, result: ObjectResult) -> None:
        """Keep what is known now of an object that has a result: it is the same one, and not counted again."""
        self.finish(transfer, section, key, result)

    async def finished(self, transfer: str, section: int, keys: Sequence[str]) -> set[str]:
        """Which of these keys (of a page) have a result."""
        return await self._file.read(reading.finished, transfer, section, keys)

    async def counts(self, transfer: str) -> Counts:
        """Objects and bytes by outcome."""
        return await self._file.read(reading.counts, transfer)

    async def of(
        self, transfer: str, *, failed: bool = False, latest: int | None = None
    ) -> AsyncGenerator[ObjectResult]:
        """The results that are there now, in the order of finishing; `failed`: of failed and cancelled objects only."""
        number = await self._file.read(reading.number_of, transfer)
        if number is None:
            return
        above, last = await self._file.ask(reading.bounds, number, latest, failed=failed)
        while chunk := await self._file.ask(reading.results, number, above, last, failed=failed):
            for _, result in chunk:
                yield result
            above = chunk[-1][0]

    async def by_key(self, transfer: str) -> AsyncGenerator[list[tuple[str, ObjectResult]]]:
        """The results that are there now with their keys, in chunks, in the order of finishing."""
        number = await self._file.read(reading.number_of, transfer)
        if number is None:
            return
        above, last = await self._file.ask(reading.bounds, number, None, failed=False)
        while rows := await self._file.ask(reading.keyed_results, above, last):
            above = rows[-1][0]
            yield [(key, result) for _, key, result in rows]

    async def one(self, transfer: str, key: str) -> ObjectResult | None:
        """What became of one object; None: it is not known."""
        return await self._file.read(reading.result_of, transfer, key)

    async def next(self, transfer: str, above: int) -> list[KeptResult]:
        """Some results behind the one of that number (0: the first ones); none: no more for now."""
        number = await self._file.read(reading.number_of, transfer)
        if number is None:
            return []
        first, last = await self._file.ask(reading.bounds, number, None, failed=False)
        return await self._file.ask(reading.kept_results, max(above, first), last)

    async def last(self, transfer: str) -> int:
        """The number of the transfer's latest result, 0 if there is none."""
        number = await self._file.read(reading.number_of, transfer)
        return 0 if number is None else (await self._file.ask(reading.bounds, number, None, failed=False))[1]

    async def failed_keys(self, transfer: str) -> AsyncGenerator[list[tuple[int, str]]]:
        """Section and key of the objects that have failed or were cancelled until now, in chunks."""
        number = await self._file.read(reading.number_of, transfer)
        if number is None:
            return
        above, last = await self._file.ask(reading.bounds, number, None, failed=True)
        while rows := await self._file.ask(reading.failed_keys, number, above, last):
            above = rows[-1][0]
            yield [(section, key) for _, section, key in rows]
