"""From an order to the work on it: its stores are opened, what makes no sense is refused, what it writes to is read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

from tui.model.plan import DeleteOrder, Order, Tally
from tui.model.problem import ProblemError
from tui.model.transfer import ObjectResult
from tui.stores.base import Store
from tui.transfers.bucket import read_target_bucket
from tui.transfers.counting import Count
from tui.transfers.deleting import Deleter, plan_delete
from tui.transfers.delivering import Deliverer
from tui.transfers.departing import Departures
from tui.transfers.filters import ObjectFilter
from tui.transfers.ledger import Ledger
from tui.transfers.leftovers import Leftovers
from tui.transfers.office import Office
from tui.transfers.ownership import Owners
from tui.transfers.parts import relay_sizing, server_side_sizing
from tui.transfers.removing import SourceRemover
from tui.transfers.routes import Copier
from tui.transfers.sides import Sides, sides_of
from tui.transfers.upload_book import UploadBook
from tui.transfers.work import CopyWork, DeleteWork, Work

Open = Callable[[str], Awaitable[Store]]


@dataclass(frozen=True, slots=True)
class Ends:
    """The stores of an order, `target` None for a deletion."""

    source: Store
    target: Store | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """The work on a transfer, the store its objects are listed by, and a count of them that may be begun.

    `settle`, before the work goes on after an interruption, finds out what became of those that had almost ended.
    """

    work: Work
    source: Store
    count: Callable[[], AsyncGenerator[Tally]]
    settle: Callable[[], Awaitable[list[ObjectResult]]]


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
    transfer: str, order: Order, ends: Ends, ledger: Ledger, book: UploadBook, office: Office
) -> Prepared:
    """Make ready; raises `Interrupted`, and `ProblemError` for what is forbidden and a bucket that is missing."""
    if isinstance(order, DeleteOrder):
        await refuse_forbidden(order, ends)
        deleting = order
        return Prepared(
            DeleteWork(Deleter(transfer, order, ends.source)),
            ends.source,
            lambda: plan_delete(deleting, ends.source),
            _nothing,
        )
    owners = Owners(await office.owner(order.selection.connection), await office.owner(order.destination.connection))
    sides = await sides_of(order, ends.source, ends.target or ends.source, owners)
    if forbidden := sides.refusal():
        raise ProblemError(forbidden)
    bucket = await read_target_bucket(sides.writers(), sides.target_bucket)
    remover = SourceRemover(sides)
    departures = Departures(transfer, sides, remover, office.journal)
    deliverer = Deliverer(transfer, sides, Copier(sides, bucket, office.gates), remover, ledger)
    leftovers = Leftovers(office.patient, office.owner_of, book)
    work = CopyWork(transfer, sides, deliverer, departures, book, leftovers)
    return Prepared(work, ends.source, Count(sides, look_at_target=False).run, departures.settle)


async def _nothing() -> list[ObjectResult]:
    """Nothing is known of what had almost ended: an object that is still there is deleted like any other."""
    return []
