"""The work of a transfer: it copies or moves objects one by one, or deletes them in batches."""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from tui.core.naming import MAX_DELETE
from tui.core.orders import ConflictPolicy
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Conflict, ObjectResult, Outcome
from tui.transfers.backoff import Interrupted
from tui.transfers.copy.delivery import BeforeDelete, Delivery
from tui.transfers.copy.multipart_upload import AbandonedUploads
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.deletion import Deleter, DeletionCandidate
from tui.transfers.progress import DONE
from tui.transfers.selection import SelectedObject
from tui.transfers.tasks import finish

log = logging.getLogger(__name__)

AskAboutConflict = Callable[[Conflict], Awaitable[ConflictPolicy]]


class Batch(Struct, frozen=True):
    """Some objects of one section, and the callbacks for them."""

    section: int
    objects: Sequence[SelectedObject]
    again: bool
    """The transfer was interrupted, perhaps when one of them was done and its result not yet kept."""
    partly: bool
    """Others have objects of the transfer, too: the results that they did not tell are those of few objects."""
    ask: AskAboutConflict
    arrived: Callable[[int, bool], None]
    """See `Delivery.on_bytes`."""
    record: Callable[[SelectedObject, ObjectResult], None]
    """To be called once for each object that came to its end."""
    cancelled: Callable[[], bool]
    """Whether a task that is stopped is stopped for good; if not, its objects are copied later."""


class ObjectWork(Protocol):
    """One kind of work on the objects of one transfer."""

    @property
    def batch_size(self) -> int:
        """How many objects a batch may have."""

    async def finish(self) -> None:
        """To be called when all is done; raises `Interrupted`."""

    async def carry_out(self, batch: Batch) -> None:
        """Do it. Whatever goes wrong with an object is its result; only `Interrupted` and cancellation are raised."""


class DeleteWork:
    """Deletes, in batches as large as one request takes."""

    batch_size = MAX_DELETE

    def __init__(self, deleter: Deleter) -> None:
        self._deleter = deleter

    async def finish(self) -> None:
        """See `ObjectWork`; nothing is left to be done."""

    async def carry_out(self, batch: Batch) -> None:
        judged = await self._deleter.judge(batch.objects, again=batch.again)
        await finish(self._delete(judged, batch))

    async def _delete(self, judged: Sequence[DeletionCandidate], batch: Batch) -> None:
        """It is not cancelled half-way: nobody would know which objects were deleted."""
        results = await self._deleter.delete(judged)
        for picked, result in zip(batch.objects, results, strict=True):
            batch.record(picked, result)
            batch.arrived((result.size or 0) if result.outcome is Outcome.DELETED else 0, True)


class ObjectByObject(ABC):
    """Work on one object after the other; when an object has its result, no upload of it is left."""

    batch_size = 1

    def __init__(self, transfer: str, bucket: str, uploads: TransferUploads, abandoned: AbandonedUploads) -> None:
        self._transfer, self._bucket = transfer, bucket
        self._uploads, self._abandoned = uploads, abandoned

    async def finish(self) -> None:  # noqa: B027  # most kinds of work have nothing left to do
        """See `ObjectWork`."""

    @abstractmethod
    async def deliver(self, picked: SelectedObject, delivery: Delivery, batch: Batch) -> ObjectResult:
        """Do it with one object; raise `ProblemError` if it cannot be done."""

    @abstractmethod
    def uris(self, picked: SelectedObject, delivery: Delivery) -> tuple[str, str]:
        """Source and target of an object that has not come so far, for its result."""

    def before_delete(self, section: int, key: str) -> BeforeDelete:
        """What the deletion of a source waits for; only moves delete any."""
        return partial(_never_deleted, section, key)

    async def recorded(  # noqa: B027  # most kinds of work do nothing then
        self, picked: SelectedObject, delivery: Delivery, section: int, result: ObjectResult
    ) -> None:
        """The object's result was recorded."""

    async def carry_out(self, batch: Batch) -> None:
        for picked in batch.objects:
            began = time.time()
            uploads = self._uploads.of(batch.section, picked.key)
            before_delete = self.before_delete(batch.section, picked.key)
            delivery = Delivery(self._transfer, self._bucket, "", batch.arrived, uploads, before_delete)
            delivery.arrived = uploads.kept
            try:
                try:
                    result = await self.deliver(picked, delivery, batch)
                except Interrupted:
                    raise
                except Exception as error:  # noqa: BLE001  # reason: a worker's outermost boundary; the others continue
                    problem = error.problem if isinstance(error, ProblemError) else defect(error)
                    result = self.result(picked, delivery, Outcome.FAILED, began, problem=problem)
                if result.outcome not in DONE:
                    delivery.withdraw()
                notes = await self._abandoned.clear(unsettled) if (unsettled := uploads.unsettled) else []
            except asyncio.CancelledError:
                if delivery.ended:
                    batch.record(picked, delivery.ended)
                    uploads.close()
                elif batch.cancelled():
                    delivery.withdraw()
                    batch.record(picked, self.result(picked, delivery, Outcome.CANCELLED, began))
                raise
            result = replace(result, notes=[*result.notes, *notes]) if notes else result
            batch.record(picked, result)
            uploads.close()
            await self.recorded(picked, delivery, batch.section, result)

    def result(
        self, picked: SelectedObject, delivery: Delivery, outcome: Outcome, began: float, **more: Any
    ) -> ObjectResult:
        """The object's end, now; `more` are other fields of the result."""
        known: dict[str, Any] = {
            "size": picked.size or 0,
            "notes": delivery.notes,
            "began": began,
            "ended": time.time(),
            **more,
        }
        return ObjectResult(self._transfer, *self.uris(picked, delivery), outcome, **known)


async def _never_deleted(section: int, key: str, *_: object) -> None:
    raise AssertionError(f"no source is deleted: {section} {key}")


def defect(error: Exception) -> Problem:
    """The problem of a defect of this program, whose details are for the log alone."""
    log.error("a transfer failed because of a bug in xs3-tui", exc_info=error)
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    title = "unexpected error in the engine"
    return Problem(ProblemKind.ENGINE, title, f"{type(error).__name__}: {error}", "please report it")
