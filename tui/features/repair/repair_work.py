"""A repair as work of the queue."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from msgspec.structs import replace

from tui.core.facts import Half
from tui.core.orders import RepairOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome, Tally
from tui.features.repair.object_before import look_if_possible
from tui.features.repair.repair_forecast import FIRST_KEYS, Reckoning, commands
from tui.features.repair.repair_parties import Parties, all_pages, pages_of, parties_of
from tui.features.repair.repairer import Repairer
from tui.features.repair.rollback import Rollback
from tui.queue.queue_context import QueueContext
from tui.queue.run_state import Prepared, nothing
from tui.stores.base import Store
from tui.transfers.copy.delivery import Delivery
from tui.transfers.copy.multipart_upload import AbandonedUploads
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.counting import Keep
from tui.transfers.object_work import Batch, ObjectByObject
from tui.transfers.progress import Progress
from tui.transfers.selection import ObjectFilter, SelectedObject
from tui.transfers.tasks import in_batches

LEFT_ALONE = "unchanged, already owned by the bucket owner: {:,}"


class RepairWork(ObjectByObject):
    """Repairs."""

    def __init__(
        self, transfer: str, parties: Parties, repairer: Repairer, uploads: TransferUploads, abandoned: AbandonedUploads
    ) -> None:
        super().__init__(transfer, parties.name, uploads, abandoned)
        self._parties, self._repairer = parties, repairer
        self._first: list[SelectedObject] = []
        """The first objects of which somebody else has to do the other half."""
        self._others_turn = 0

    def receipt_lines(self) -> list[object]:
        """The half that somebody else has to do, as commands; nothing where both are done here."""
        if not self._others_turn:
            return []
        half = Half.GRANT if self._parties.uploader is None else Half.COPY
        lines = commands(half, self._parties, self._first, self._others_turn)
        return [{"type": "other-half", "half": half, "commands": lines}]

    async def deliver(self, picked: SelectedObject, delivery: Delivery, batch: Batch) -> ObjectResult:
        try:
            result = await self._repairer.deliver(picked, delivery, again=batch.again)
        except ProblemError as error:
            if error.problem.kind is ProblemKind.DENIED and self._parties.uploader is None:
                self._leave(picked)
            raise
        if result.outcome is Outcome.GRANTED:
            self._leave(picked)
        return result

    def _leave(self, picked: SelectedObject) -> None:
        self._others_turn += 1
        if len(self._first) < FIRST_KEYS:
            self._first.append(picked)

    def uris(self, picked: SelectedObject, delivery: Delivery) -> tuple[str, str]:  # noqa: ARG002  # it stays where it is
        return self._parties.uri(picked.key), ""


async def prepare_repair(
    transfer: str,
    order: RepairOrder,
    source: Store,
    uploader: Store | None,
    progress: Progress,
    uploads: TransferUploads,
    context: QueueContext,
) -> Prepared:
    """Make ready; raises `Interrupted`, and `ProblemError` for what makes no sense or is forbidden."""
    account = await context.owner(order.selection.connection)
    other = await context.owner(order.uploader) if order.uploader else None
    parties = await parties_of(order, source, uploader, account, other)
    if forbidden := await repair_refusal(order, source, uploader):
        raise ProblemError(forbidden)
    rollback = Rollback(order.rollback)
    await rollback.load()
    repairer = Repairer(transfer, parties, rollback, context.shared)
    abandoned = AbandonedUploads(context.open_or_interrupt, context.owner_of, uploads)

    def meant(picked: SelectedObject) -> bool:
        return not parties.owns(picked.owner) or rollback.has(picked.key)

    work = RepairWork(transfer, parties, repairer, uploads, abandoned)
    return Prepared(
        work,
        source,
        partial(_count, parties, progress),
        nothing,
        pages=partial(pages_of, parties),
        meant=meant,
        receipt_lines=work.receipt_lines,
        keeps=order.inventory is None,
    )


async def repair_refusal(order: RepairOrder, source: Store, uploader: Store | None) -> Problem | None:
    """What the user's settings forbid of a repair, by whichever identities it has; None: it may be tried."""
    bucket = order.selection.base.bucket
    found = await source.write_refusal(bucket) if order.half is not Half.GRANT or uploader is None else None
    grants = uploader is not None and order.half is not Half.COPY
    return found or (await uploader.write_refusal(bucket) if uploader and grants else None)


async def _count(parties: Parties, progress: Progress, keep: Keep) -> AsyncGenerator[Tally]:
    """The objects of other accounts, growing. What the bucket's owner owns is noted as a number."""
    reckoning, wanted = Reckoning(parties), ObjectFilter(parties.order.selection)
    async with aclosing(all_pages(parties)) as pages:
        async for page in pages:
            if page.section and parties.order.inventory is None:
                keep(page)
            known = page.picked
            if not page.section:
                known = await in_batches(partial(look_if_possible, parties), known)
            reckoning.add(each for each in known if wanted.takes(each.key, each.size, each.modified))
            yield reckoning.tally
    if reckoning.own:
        progress.note(LEFT_ALONE.format(reckoning.own))
    yield replace(reckoning.tally, complete=True)
