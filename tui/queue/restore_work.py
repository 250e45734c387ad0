"""A restore as work of the queue; and the restore that a copy waits for."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial

from tui.core.location import Location
from tui.core.orders import CopyOrder, RestoreOrder
from tui.core.problem import Problem, ProblemError
from tui.core.transfer import ObjectResult, Outcome, TransferState
from tui.queue.queue_context import QueueContext
from tui.queue.run_state import Prepared, nothing
from tui.stores.base import Store
from tui.transfers.copy.delivery import Delivery
from tui.transfers.copy.multipart_upload import AbandonedUploads
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.object_work import Batch, ObjectByObject
from tui.transfers.progress import Progress
from tui.transfers.restorer import (
    ListSelectedPages,
    archived_pages,
    count_restore,
    may_be_archived,
    refuse_days,
    requested_words,
    restorer_of,
    wait_until_restored,
    words_of,
)
from tui.transfers.selection import SelectedObject
from tui.transfers.tasks import in_batches

NOTHING = "nothing of it is archived"


class RestoreWork(ObjectByObject):
    """Restores."""

    def __init__(
        self,
        transfer: str,
        order: RestoreOrder,
        store: Store,
        wait: Callable[[], Awaitable[None]],
        uploads: TransferUploads,
        abandoned: AbandonedUploads,
    ) -> None:
        """`wait` returns when everything can be read."""
        super().__init__(transfer, order.selection.base.bucket, uploads, abandoned)
        self._order, self._wait = order, wait
        self._restorer = restorer_of(order, store)

    async def finish(self) -> None:
        if self._order.wait:
            await self._wait()

    async def deliver(self, picked: SelectedObject, delivery: Delivery, batch: Batch) -> ObjectResult:
        began, order = time.time(), self._order
        looked, requested = await self._restorer.request(picked.key, order.selection.version)
        words = requested_words(looked, order.tier, order.days) if requested else words_of(looked)
        if requested:
            batch.arrived(looked.size, False)
        outcome, version = Outcome.REQUESTED if requested else Outcome.SKIPPED, order.selection.version
        return self.result(picked, delivery, outcome, began, size=looked.size, notes=[words], version=version)

    def uris(self, picked: SelectedObject, delivery: Delivery) -> tuple[str, str]:  # noqa: ARG002  # it stays where it is
        return Location(self._bucket, picked.key).uri, ""


def prepare_restore(
    transfer: str,
    order: RestoreOrder,
    store: Store,
    progress: Progress,
    uploads: TransferUploads,
    context: QueueContext,
) -> Prepared:
    abandoned = AbandonedUploads(context.open_or_interrupt, context.owner_of, uploads)
    wait = partial(_wait, order, store, progress, context, partial(archived_pages, store, order.selection))
    work = RestoreWork(transfer, order, store, wait, uploads, abandoned)
    return Prepared(work, store, partial(count_restore, order, store), nothing, meant=may_be_archived)


async def restore_first(
    order: CopyOrder, store: Store, progress: Progress, context: QueueContext, pages: ListSelectedPages | None = None
) -> None:
    """Restore what is archived of a copy's sources, and wait until it can be read; `pages` None: of all selected.

    What cannot be restored is left to the copy, which says what is wrong with it.
    """
    options = order.options
    if options.restore is None:
        return
    restore = RestoreOrder(order.selection, options.restore, options.restore_days)
    restorer = restorer_of(restore, store)
    pages = pages or partial(archived_pages, store, order.selection)

    async def request(picked: SelectedObject) -> Problem | None:
        try:
            await restorer.request(picked.key, order.selection.version)
        except ProblemError as error:
            return error.problem
        return None

    async with aclosing(pages()) as listed:
        async for page in listed:
            for problem in await in_batches(request, page):
                if problem:
                    progress.note(problem.sentence())
    await _wait(restore, store, progress, context, pages)
    progress.set_state(TransferState.QUEUED)
    context.state_changed()


async def _wait(
    order: RestoreOrder, store: Store, progress: Progress, context: QueueContext, pages: ListSelectedPages
) -> None:
    def tell(waits_for: Problem) -> None:
        progress.set_state(TransferState.WAITING, waits_for)
        context.state_changed()

    await wait_until_restored(restorer_of(order, store), pages, order.selection.version, tell)


async def restore_refusal(order: RestoreOrder | CopyOrder, store: Store) -> Problem | None:
    """What the user's settings forbid of a restore; None: it may be tried. Raises `ProblemError` for senseless days."""
    if isinstance(order, CopyOrder):
        if order.options.restore is None:
            return None
        refuse_days(order.options.restore_days)
    else:
        refuse_days(order.days)
    return await store.write_refusal(order.selection.base.bucket)
