"""Versions as work of the queue: deleted objects are brought back, and transfers taken back."""

from __future__ import annotations

import time
from abc import abstractmethod
from typing import Any

from tui.core.orders import RevertOrder, UndeleteOrder
from tui.core.problem import Problem, ProblemError
from tui.core.transfer import ObjectResult, Outcome
from tui.features.versions.revert import Reverter
from tui.features.versions.undelete import Undeleter
from tui.queue.queue_context import QueueContext
from tui.queue.run_state import Prepared, nothing
from tui.stores.base import Store
from tui.transfers.copy.delivery import Delivery
from tui.transfers.copy.multipart_upload import AbandonedUploads
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.object_work import Batch, ObjectByObject
from tui.transfers.selection import SelectedObject

VersionOrder = UndeleteOrder | RevertOrder


class _VersionWork(ObjectByObject):
    """Work that writes no content: every object counts with its bytes as soon as it is done."""

    @abstractmethod
    async def change(self, picked: SelectedObject, delivery: Delivery) -> ObjectResult:
        """Undelete or undo one object."""

    async def deliver(self, picked: SelectedObject, delivery: Delivery, batch: Batch) -> ObjectResult:  # noqa: ARG002  # nobody is asked
        result = await self.change(picked, delivery)
        if result.outcome is not Outcome.SKIPPED:
            delivery.found(result.size or 0)
        return result


class UndeleteWork(_VersionWork):
    """Brings deleted objects back."""

    def __init__(
        self, transfer: str, undeleter: Undeleter, bucket: str, uploads: TransferUploads, abandoned: AbandonedUploads
    ) -> None:
        super().__init__(transfer, bucket, uploads, abandoned)
        self._undeleter = undeleter

    async def change(self, picked: SelectedObject, delivery: Delivery) -> ObjectResult:
        began = time.time()
        history = await self._undeleter.look(picked.key)
        note = self._undeleter.left_out(picked, history)
        outcome, below = Outcome.SKIPPED if note else Outcome.UNDELETED, history.below
        if not note:
            note = await self._undeleter.bring_back(picked.key, history)
        seen: dict[str, Any] = {"size": 0}
        if below:
            seen = {"size": below.size, "version": below.version, "etag": below.etag}
        return self.result(picked, delivery, outcome, began, notes=[note] if note else [], **seen)

    def uris(self, picked: SelectedObject, delivery: Delivery) -> tuple[str, str]:  # noqa: ARG002  # it stays where it is
        return self._undeleter.uri(picked.key), ""


class RevertWork(_VersionWork):
    """Takes a transfer back."""

    def __init__(
        self, transfer: str, reverter: Reverter, bucket: str, uploads: TransferUploads, abandoned: AbandonedUploads
    ) -> None:
        super().__init__(transfer, bucket, uploads, abandoned)
        self._reverter = reverter
        self._known: dict[str, tuple[str, str]] = {}
        """Source and target of what is under way, by key."""

    async def change(self, picked: SelectedObject, delivery: Delivery) -> ObjectResult:
        began = time.time()
        then = await self._reverter.result(picked.key)
        self._known[picked.key] = then.source, then.target
        left = await self._reverter.carry_out(await self._reverter.steps(then))
        outcome, notes = (Outcome.SKIPPED, [left]) if left else (Outcome.UNDONE, [])
        version = then.made or then.marker
        return self.result(picked, delivery, outcome, began, size=then.size, notes=notes, version=version)

    def uris(self, picked: SelectedObject, delivery: Delivery) -> tuple[str, str]:  # noqa: ARG002  # it goes nowhere
        return self._known.pop(picked.key, (picked.key, ""))


def refuse_senseless(order: VersionOrder, source: Store) -> None:
    """Raise `ProblemError` for an order that makes no sense: filters that are none, a local disk."""
    if isinstance(order, UndeleteOrder):
        Undeleter(order, source)


async def refusal(order: VersionOrder, store: Store) -> Problem | None:
    """What the user's settings forbid; None: it may be tried. Of markers each deletion is refused by itself."""
    return await store.write_refusal(order.selection.base.bucket)


async def prepare_versions(
    transfer: str,
    order: VersionOrder,
    store: Store,
    source: Store | None,
    uploads: TransferUploads,
    context: QueueContext,
) -> Prepared:
    """Make ready; raises `ProblemError` for what makes no sense or is forbidden."""
    if forbidden := await refusal(order, store):
        raise ProblemError(forbidden)
    bucket = order.selection.base.bucket
    abandoned = AbandonedUploads(context.open_or_interrupt, context.owner_of, uploads)
    if isinstance(order, UndeleteOrder):
        undeleter = Undeleter(order, store)
        work = UndeleteWork(transfer, undeleter, bucket, uploads, abandoned)
        return Prepared(work, store, undeleter.count, nothing, pages=undeleter.pages)
    reverter = Reverter(order, store, source, context.journal)
    reverting = RevertWork(transfer, reverter, bucket, uploads, abandoned)
    return Prepared(reverting, store, reverter.count, nothing, pages=reverter.pages, keeps=False)
