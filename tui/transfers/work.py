"""What a transfer does with its objects: copies or moves them one by one, or deletes them in batches."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec.structs import replace

from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import ObjectResult, Outcome
from tui.stores.limits import MAX_DELETE
from tui.transfers.cancellation import finish
from tui.transfers.deleting import Deleter, Judged
from tui.transfers.delivering import Ask, Deliverer
from tui.transfers.delivery import Delivery
from tui.transfers.departing import Departures
from tui.transfers.ledger import DONE
from tui.transfers.leftovers import Leftovers
from tui.transfers.selection import Picked
from tui.transfers.sides import Sides
from tui.transfers.upload_book import UploadBook
from tui.transfers.weather import Interrupted

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Errand:
    """Some objects of one section, and whom to tell about them."""

    section: int
    batch: Sequence[Picked]
    again: bool
    """The transfer was interrupted, perhaps just when one of them was done and nobody had noted it yet."""
    ask: Ask
    arrived: Callable[[int, bool], None]
    """See `Delivery.on_bytes`."""
    record: Callable[[Picked, ObjectResult], None]
    """To be called once for each object that came to its end."""
    cancelled: Callable[[], bool]
    """Whether a task that is stopped is stopped for good; if not, its objects are taken up again later."""


class Work(Protocol):
    """One kind of work on the objects of one transfer."""

    @property
    def batch(self) -> int:
        """How many objects one errand may have."""

    async def carry_out(self, errand: Errand) -> None:
        """Do it. Whatever goes wrong with an object is its result; only `Interrupted` and cancellation are raised."""


class DeleteWork:
    """Deletes, in batches as large as one request takes."""

    batch = MAX_DELETE

    def __init__(self, deleter: Deleter) -> None:
        self._deleter = deleter

    async def carry_out(self, errand: Errand) -> None:
        """See `Work`."""
        judged = await self._deleter.judge(errand.batch)
        await finish(self._delete(judged, errand))

    async def _delete(self, judged: Sequence[Judged], errand: Errand) -> None:
        """Nothing stops this half-way: nobody would know what has gone."""
        results = await self._deleter.delete(judged)
        for picked, result in zip(errand.batch, results, strict=True):
            errand.record(picked, result)
            errand.arrived(result.size if result.outcome is Outcome.DELETED else 0, True)


class CopyWork:
    """Copies or moves, object by object, and sees to it that no upload is left when an object has its result."""

    batch = 1

    def __init__(
        self,
        transfer: str,
        sides: Sides,
        deliverer: Deliverer,
        departures: Departures,
        book: UploadBook,
        leftovers: Leftovers,
    ) -> None:
        self._transfer, self._sides, self._deliverer = transfer, sides, deliverer
        self._departures, self._book, self._leftovers = departures, book, leftovers

    async def carry_out(self, errand: Errand) -> None:
        """See `Work`."""
        for picked in errand.batch:
            await self._one(picked, errand)

    async def _one(self, picked: Picked, errand: Errand) -> None:
        began = time.time()
        uploads = self._book.of(errand.section, picked.key)
        departs = self._departures.of(errand.section, picked.key)
        delivery = Delivery(self._transfer, self._sides.target_bucket, "", errand.arrived, uploads, departs)
        delivery.arrived = uploads.kept
        try:
            result = await self._deliver(picked, delivery, errand, began)
            if result.outcome not in DONE:
                delivery.withdraw()
            notes = await self._leftovers.clear(uploads.unsettled)
        except asyncio.CancelledError:
            if delivery.ended:
                errand.record(picked, delivery.ended)
                uploads.close()
            elif errand.cancelled():
                delivery.withdraw()
                errand.record(picked, self._unfinished(picked, delivery, Outcome.CANCELLED, None, began))
            raise
        errand.record(picked, replace(result, notes=[*result.notes, *notes]) if notes else result)
        uploads.close()

    async def _deliver(self, picked: Picked, delivery: Delivery, errand: Errand, began: float) -> ObjectResult:
        try:
            return await self._deliverer.deliver(picked, delivery, errand.ask, again=errand.again)
        except Interrupted:
            raise
        except ProblemError as error:
            return self._unfinished(picked, delivery, Outcome.FAILED, error.problem, began)
        except Exception as error:  # noqa: BLE001  # reason: a worker's outermost boundary; the others go on
            return self._unfinished(picked, delivery, Outcome.FAILED, defect(error), began)

    def _unfinished(
        self, picked: Picked, delivery: Delivery, outcome: Outcome, problem: Problem | None, began: float
    ) -> ObjectResult:
        return ObjectResult(
            transfer=self._transfer,
            source=self._sides.source_uri(picked.key),
            target=self._sides.target_uri(delivery.key) if delivery.key else "",
            outcome=outcome,
            size=picked.size or 0,
            notes=delivery.notes,
            problem=problem,
            began=began,
            ended=time.time(),
        )


def defect(error: Exception) -> Problem:
    """The problem of a defect of this program, whose details are for the log alone."""
    log.error("a transfer met a defect", exc_info=error)
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return Problem(
        kind=ProblemKind.ENGINE,
        title="an unexpected error in the engine",
        cause=f"{type(error).__name__}: {error}",
        remedy="please report it",
    )
