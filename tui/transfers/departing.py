"""Between the deletion of a move's source and its result an engine may end: what tells the next one what was done."""

from __future__ import annotations

from msgspec.structs import replace

from tui.model.problem import ProblemError, ProblemKind
from tui.model.transfer import ObjectResult
from tui.stores.base import ObjectHead
from tui.transfers.abreast import abreast
from tui.transfers.delivery import Departs
from tui.transfers.emptied import remove_emptied
from tui.transfers.existing import Existing, look_for
from tui.transfers.journal import Departure, Journal
from tui.transfers.removing import UNSEEN, Removal, SourceRemover
from tui.transfers.sides import Sides
from tui.transfers.weather.budgets import budget

NOT_AT_TARGET = "its copy was found to be the same, and has gone from the target since"
UNKNOWN = "whether the source was deleted is not known: the transfer was interrupted in that moment, and then ended"


class Departures:
    """The sources of one move that are about to be deleted, or were when it was interrupted."""

    def __init__(self, transfer: str, sides: Sides, remover: SourceRemover, journal: Journal) -> None:
        self._transfer, self._sides, self._remover, self._journal = transfer, sides, remover, journal

    def of(self, section: int, key: str) -> Departs:
        """What one object's delivery says before it deletes its source; on disk when that returns."""

        async def departs(source: ObjectHead, target: str, copied: ObjectResult) -> None:
            spent = budget.get()
            departure = Departure(
                section=section,
                key=key,
                target=target,
                etag=source.etag,
                modified=source.modified,
                result=replace(copied, retries=spent.used if spent else 0),
            )
            await self._journal.depart(self._transfer, departure)

        return departs

    async def settle(self) -> list[ObjectResult]:
        """Find out what became of those that an interruption left without a result, delete what was to be deleted.

        Returns the results, which the journal keeps. A source that has changed since, or whose copy is not what it was,
        has none: it is gone on with like any other object.
        """
        found = await abreast(self._settled, await self._journal.departures(self._transfer))
        return [result for result in found if result]

    async def _settled(self, departure: Departure) -> ObjectResult | None:
        removal = await self._removal(departure)
        if removal is None:
            self._journal.stay(self._transfer, departure)
            return None
        result = removal.after(departure.result)
        self._journal.finish(self._transfer, departure.section, departure.key, result)
        return result

    async def _removal(self, departure: Departure) -> Removal | None:
        """What became of the source, or becomes of it now; None if it is not to be deleted for what is known of it."""
        try:
            source = await self._remover.look(departure.key)
        except ProblemError as error:
            if error.problem.kind is not ProblemKind.NO_SUCH_KEY:
                return Removal(gone=False, note=UNSEEN, problem=error.problem)
            await remove_emptied(self._sides.source, self._sides.order.selection, [departure.key])
            copy = await self._copy(departure)
            return Removal(gone=True, note=NOT_AT_TARGET if copy.seen_absent else "")
        if _changed(departure, source):
            return None
        copy = await self._copy(departure)
        if copy.head is None or copy.head.etag != departure.result.etag:
            return None
        return await self._remover.remove(departure.key)

    async def _copy(self, departure: Departure) -> Existing:
        try:
            return await look_for(self._sides.writers(), self._sides.target_bucket, departure.target)
        except ProblemError as error:
            return Existing(unseen=error.problem)


def _changed(departure: Departure, now: ObjectHead) -> bool:
    then = departure.result
    return (departure.etag, int(departure.modified), then.size, then.version) != (
        now.etag,
        int(now.modified),
        now.size,
        now.version,
    )


async def close(transfer: str, journal: Journal) -> list[ObjectResult]:
    """The results of those that a transfer leaves open at its end: nobody looks any more what became of the source."""
    results = []
    for departure in await journal.departures(transfer):
        result = Removal(gone=False, note=UNKNOWN).after(departure.result)
        journal.finish(transfer, departure.section, departure.key, result)
        results.append(result)
    return results
