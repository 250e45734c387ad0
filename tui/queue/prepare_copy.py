"""Prepares the work of a copy, in the engine and in workers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from tui.core import orders
from tui.core.engines import LOCAL
from tui.core.problem import ProblemError
from tui.core.transfer import ObjectResult
from tui.queue.queue_context import OrderStores, QueueContext
from tui.queue.restore_work import restore_first
from tui.queue.run_state import Prepared
from tui.transfers.bucket_owner import Owners, read_target_bucket
from tui.transfers.copy.decision import looks_at_target
from tui.transfers.copy.delivery import OwnersOfCopies
from tui.transfers.copy.inferred_copies import InferredCopies
from tui.transfers.copy.listed_copies import ListedCopier
from tui.transfers.copy.moves import MoveRecovery, SourceRemover
from tui.transfers.copy.multipart_upload import AbandonedUploads
from tui.transfers.copy.object_copy import CopyWork
from tui.transfers.copy.routes import Copier
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.counting import Count, TargetBeside
from tui.transfers.progress import Progress
from tui.transfers.sides import Sides, sides_of

Settle = Callable[[], Awaitable[list[ObjectResult]]]


async def prepare_copy(
    transfer: str,
    order: orders.CopyOrder,
    ends: OrderStores,
    progress: Progress,
    uploads: TransferUploads,
    context: QueueContext,
    other: Callable[[Sides, CopyWork, Settle], Prepared] | None = None,
) -> Prepared:
    """Raises `Interrupted`, and `ProblemError` if it is forbidden or a bucket is missing.

    `other` makes more than a copy of the work.
    """
    owners = Owners(await context.owner(order.selection.connection), await context.owner(order.destination.connection))
    sides = await sides_of(order, ends.source, ends.target or ends.source, owners)
    if forbidden := sides.refusal():
        raise ProblemError(forbidden)
    bucket = await read_target_bucket(sides.writers(), sides.target_bucket)
    remover = SourceRemover(sides)
    recovery = MoveRecovery(transfer, sides, remover, context.journal)
    infers = not (order.options.move or context.recognises)
    copier = Copier(sides, bucket, context.shared, infers=infers)
    inferred = InferredCopies(sides, copier, context.journal, uploads, transfer)
    of_copies = OwnersOfCopies(
        transfer, sides, context.journal, copier.strange_owner, every=context.limits.owner_samples
    )
    listed = ListedCopier(sides, copier, context.shared, inferred)
    abandoned = AbandonedUploads(context.open_or_interrupt, context.owner_of, uploads)
    work = CopyWork(
        transfer,
        sides,
        copier,
        listed,
        remover,
        recovery,
        of_copies,
        inferred,
        progress,
        uploads,
        abandoned,
        recognises=context.recognises,
    )
    if other:
        return other(sides, work, recovery.settle)
    looks = looks_at_target(order.options.conflict) and not order.selection.renamed
    beside = TargetBeside(sides) if looks else None
    count = Count(sides, look_at_target=False).run
    first = partial(restore_first, order, ends.source, progress, context)
    elsewhere = None
    if order.options.engine != LOCAL and context.cluster:
        elsewhere = partial(context.cluster, order, ends.source, uploads, count)
    return Prepared(work, ends.source, count, recovery.settle, beside, first=first, elsewhere=elsewhere)
