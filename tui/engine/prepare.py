"""Prepares the work of an order: opens its stores, refuses invalid orders, reads the target bucket."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from tui.core import orders
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.batch.batch_controls import cancel_job, is_in_job, refuse_impossible, refuse_pause
from tui.features.batch.batch_work import prepare_job
from tui.features.batch.job_refusals import job_refusal, refuse_senseless_job, refuse_without_role
from tui.features.buckets.emptying import removal_refusal
from tui.features.buckets.removal_work import prepare_removal
from tui.features.repair.repair_parties import refuse_nonsense as refuse_senseless_repair
from tui.features.repair.repair_work import prepare_repair, repair_refusal
from tui.features.sync.sync_changes import refuse_senseless_sync
from tui.features.sync.sync_work import prepare_sync
from tui.features.versions.version_work import prepare_versions, refusal, refuse_senseless
from tui.queue.job import Works
from tui.queue.prepare_copy import Settle, prepare_copy
from tui.queue.queue_context import OrderStores, QueueContext
from tui.queue.restore_work import prepare_restore, restore_refusal
from tui.queue.run_state import Prepared, nothing
from tui.transfers.bucket_owner import Owners
from tui.transfers.copy.object_copy import CopyWork
from tui.transfers.copy.parts import relay_sizing, server_side_sizing
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.deletion import Deleter, plan_delete, refuse_versions_of_many
from tui.transfers.local_disk import by_workers, refuse_engine
from tui.transfers.object_work import DeleteWork
from tui.transfers.progress import Progress
from tui.transfers.restorer import refuse_days
from tui.transfers.selection import ObjectFilter
from tui.transfers.sides import Sides, sides_of


async def refuse(order: orders.Order, ends: OrderStores) -> None:
    """Raise `ProblemError` for an order that is invalid (onto itself, sizes outside S3's limits, invalid globs).

    Or, then with kind READ_ONLY, for one that the user's settings forbid.
    """
    problem: Problem | None = None
    source, target = ends.source, ends.target or ends.source
    match order:
        case orders.DeleteOrder():
            Deleter("", order, source)
            problem = await source.write_refusal(order.selection.base.bucket)
        case orders.RepairOrder():
            refuse_senseless_repair(order, source, ends.target)
            problem = await repair_refusal(order, source, ends.target)
        case orders.RemoveBucketOrder():
            problem = await removal_refusal(order, source)
        case orders.UndeleteOrder() | orders.RevertOrder():
            refuse_senseless(order, source)
            problem = await refusal(order, source)
        case orders.BatchOrder():
            refuse_without_role(order)
            refuse_senseless_job(order, source, target)
            problem = await job_refusal(order, target)
        case orders.RestoreOrder():
            refuse_versions_of_many(order.selection)
            refuse_days(order.days)
            ObjectFilter(order.selection)
            problem = await restore_refusal(order, source)
        case orders.CopyOrder():
            Sides(order, source, target, Owners()).refuse_nonsense()
            refuse_engine(order, source, target)
            if isinstance(order, orders.SyncOrder):
                refuse_senseless_sync(order, source, target)
            ObjectFilter(order.selection)
            server_side_sizing(order.options)
            relay_sizing(order.options)
            problem = (await sides_of(order, source, target, Owners())).refusal()
            problem = problem or await restore_refusal(order, source)
    if problem:
        raise ProblemError(problem)


async def prepare(
    transfer: str,
    order: orders.Order,
    ends: OrderStores,
    progress: Progress,
    uploads: TransferUploads,
    context: QueueContext,
    *,
    again: bool,
) -> Prepared:
    """Prepare the work; raises `Interrupted`, and `ProblemError` if it is forbidden or a bucket is missing.

    `again`: an earlier run of the transfer was stopped.
    """
    if isinstance(order, orders.DeleteOrder):
        await refuse(order, ends)
        return Prepared(
            DeleteWork(Deleter(transfer, order, ends.source)),
            ends.source,
            partial(plan_delete, order, ends.source),
            nothing,
        )
    if isinstance(order, orders.RepairOrder):
        return await prepare_repair(transfer, order, ends.source, ends.target, progress, uploads, context)
    if isinstance(order, orders.RemoveBucketOrder):
        return prepare_removal(transfer, order, ends.source, progress)
    if isinstance(order, orders.UndeleteOrder | orders.RevertOrder):
        return await prepare_versions(transfer, order, ends.source, ends.target, uploads, context)
    if isinstance(order, orders.RestoreOrder):
        await refuse(order, ends)
        return prepare_restore(transfer, order, ends.source, progress, uploads, context)
    if isinstance(order, orders.BatchOrder):
        await refuse(order, ends)
        copying = order.copy
        local = await prepare_copy(transfer, copying, ends, progress, uploads, context) if copying else None
        store = await context.open_or_interrupt(order.connection)
        return prepare_job(transfer, order, ends.source, ends.target or ends.source, store, local, context)
    if isinstance(order, orders.WriteOrder):
        raise ProblemError(Problem(kind=ProblemKind.INVALID, title="a write from a stream cannot be repeated"))
    return await _copying(transfer, order, ends, progress, uploads, context, again=again)


async def _copying(
    transfer: str,
    order: orders.CopyOrder,
    ends: OrderStores,
    progress: Progress,
    uploads: TransferUploads,
    context: QueueContext,
    *,
    again: bool,
) -> Prepared:
    if isinstance(order, orders.SyncOrder):

        def synchronising(sides: Sides, work: CopyWork, settle: Settle) -> Prepared:
            return prepare_sync(transfer, order, sides, work, progress, settle, context, again=again)

        return await prepare_copy(transfer, order, ends, progress, uploads, context, synchronising)
    prepared = await prepare_copy(transfer, order, ends, progress, uploads, context)
    target = ends.target or ends.source
    if context.helped and prepared.elsewhere is None and not by_workers(order, ends.source, target, near=True):
        return replace(prepared, elsewhere=partial(context.helped, order, prepared, target, uploads))
    return prepared


WORKS = Works(
    prepare=prepare,
    refuse=refuse,
    refuse_impossible=refuse_impossible,
    refuse_pause=refuse_pause,
    is_in_job=is_in_job,
    cancel_job=cancel_job,
)
