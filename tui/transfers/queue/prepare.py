"""From an order to the work on it: its stores are opened, what makes no sense is refused, what it writes to is read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from tui.model.plan import DeleteOrder, Order, Tally
from tui.model.problem import ProblemError
from tui.model.transfer import ObjectResult
from tui.stores.base import Store
from tui.transfers.copy.abandoned import AbandonedUploads
from tui.transfers.copy.conflict_policy import looks_at_target
from tui.transfers.copy.inferred.listed import ListedCopier
from tui.transfers.copy.inferred.owners import OwnersOfCopies
from tui.transfers.copy.move_recovery import MoveRecovery
from tui.transfers.copy.move_source import SourceRemover
from tui.transfers.copy.object_copy import Deliverer
from tui.transfers.copy.part_sizes import relay_sizing, server_side_sizing
from tui.transfers.copy.routes import Copier
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.delete.deletion import Deleter, plan_delete
from tui.transfers.order.counting import Count, Keep
from tui.transfers.order.filters import ObjectFilter
from tui.transfers.order.listed_beside import TargetBeside
from tui.transfers.order.ownership import Owners, read_target_bucket
from tui.transfers.order.sides import Sides, sides_of
from tui.transfers.progress import Progress
from tui.transfers.queue.context import QueueContext
from tui.transfers.queue.object_work import CopyWork, DeleteWork, Work

Open = Callable[[str], Awaitable[Store]]


@dataclass(frozen=True, slots=True)
class Ends:
    """The stores of an order, `target` None for a deletion."""

    source: Store
    target: Store | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """The work on a transfer, the store its objects are listed by, and a count of them that may be begun.

    `settle`, before the work continues after an interruption, finds out what became of those that had almost ended.
    """

    work: Work
    source: Store
    count: Callable[[Keep], AsyncGenerator[Tally]]
    settle: Callable[[], Awaitable[list[ObjectResult]]]
    beside: TargetBeside | None = None
    """Looks up in the target's listing what matters at the keys that the objects get."""


async def open_ends(order: Order, open_store: Open) -> Ends:
    """Open the stores; raises what `open_store` raises."""
    source = await open_store(order.selection.connection)
    if isinstance(order, DeleteOrder):
        return Ends(source, None)
    return Ends(source, await open_store(order.destination.connection))


def refuse_nonsense(order: Order, ends: Ends) -> None:
    """Raise `ProblemError` for an order that makes no sense: onto itself, sizes outside S3's limits, no globs."""
    if isinstance(order, DeleteOrder):
        Deleter("", order, ends.source)
        return
    Sides(order, ends.source, ends.target or ends.source, Owners()).refuse_nonsense()
    ObjectFilter(order.selection)
    server_side_sizing(order.options)
    relay_sizing(order.options)


async def refuse_forbidden(order: Order, ends: Ends) -> None:
    """Raise `ProblemError` (READ_ONLY) for an order that the user's settings forbid."""
    if isinstance(order, DeleteOrder):
        problem = await ends.source.write_refusal(order.selection.base.bucket)
    else:
        problem = (await sides_of(order, ends.source, ends.target or ends.source, Owners())).refusal()
    if problem:
        raise ProblemError(problem)


async def prepare(
    transfer: str, order: Order, ends: Ends, progress: Progress, uploads: TransferUploads, context: QueueContext
) -> Prepared:
    """Make ready; raises `Interrupted`, and `ProblemError` for what is forbidden and a bucket that is missing."""
    if isinstance(order, DeleteOrder):
        await refuse_forbidden(order, ends)
        return Prepared(
            DeleteWork(Deleter(transfer, order, ends.source)),
            ends.source,
            partial(plan_delete, order, ends.source),
            _nothing,
        )
    owners = Owners(await context.owner(order.selection.connection), await context.owner(order.destination.connection))
    sides = await sides_of(order, ends.source, ends.target or ends.source, owners)
    if forbidden := sides.refusal():
        raise ProblemError(forbidden)
    bucket = await read_target_bucket(sides.writers(), sides.target_bucket)
    remover = SourceRemover(sides)
    recovery = MoveRecovery(transfer, sides, remover, context.journal)
    copier = Copier(sides, bucket, context.shared)
    of_copies = OwnersOfCopies(
        transfer, sides, context.journal, copier.strange_owner, every=context.limits.owner_samples
    )
    listed = ListedCopier(sides, copier, context.shared)
    deliverer = Deliverer(transfer, sides, copier, listed, remover, of_copies, progress)
    abandoned = AbandonedUploads(context.open_or_interrupt, context.owner_of, uploads)
    work = CopyWork(transfer, sides, deliverer, recovery, of_copies, uploads, abandoned)
    beside = TargetBeside(sides) if looks_at_target(order.options.conflict) else None
    return Prepared(work, ends.source, Count(sides, look_at_target=False).run, recovery.settle, beside)


async def _nothing() -> list[ObjectResult]:
    """Nothing is known of what had almost ended: an object that is still there is deleted like any other."""
    return []
