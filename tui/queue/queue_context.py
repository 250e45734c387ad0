"""Stores, limits, conflicts and callbacks that the transfers of a queue share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tui.core import orders
from tui.core.identity import Owner
from tui.core.problem import Problem, ProblemError, ProblemKind, RetryAdvice
from tui.core.transfer import ANSWERS, Conflict, ConflictAnswer
from tui.queue.job_control import JobControl, Watch
from tui.stores.base import Store
from tui.transfers.backoff import Interrupted, advice_for
from tui.transfers.journal import Journal
from tui.transfers.limits import SharedLimits, TransferLimits
from tui.transfers.progress import ChangeNotifier
from tui.transfers.retries import Retries

ByCluster = Callable[..., Awaitable[None]]
"""Carries a copy out by the workers of a cluster: of an order, its source, its uploads, a count, and the run's state.

See `tui.features.cluster.cluster_engine`; a run's state has this context, so its type cannot stand here.
"""


@dataclass(frozen=True, slots=True)
class QueueContext:
    """The parts that all transfers of a queue use, and the callbacks they call.

    `changed` is called when a snapshot would differ, `state_changed` when a transfer is in another state, `report` for
    every problem.
    """

    open_store: Callable[[str], Awaitable[Store]]
    owner_of: Callable[[str], Awaitable[Owner | None]]
    journal: Journal
    retries: Retries | None
    limits: TransferLimits
    shared: SharedLimits
    conflicts: PendingConflicts
    changed: Callable[[], None]
    state_changed: Callable[[], None]
    report: Callable[[Problem], None]
    jobs: JobControl | None = None
    """S3 Control, for jobs of S3 Batch Operations; None: this queue makes none."""
    watches: dict[str, Watch] = field(default_factory=dict)
    """The waits of the transfers whose jobs are watched now, by their ids."""
    cluster: ByCluster | None = None
    """Carries copies out by the workers of a cluster; None: nothing here does."""
    helped: ByCluster | None = None
    """Carries copies out here, with workers on this machine where that pays; None: nothing here does."""
    recognises: bool = False
    """Whether objects that may have arrived before an interruption are looked for even where they are overwritten.

    What a lost worker had not told is more than what this machine had not written down.
    """

    async def retrying(self, connection: str) -> Store:
        """Open a store whose calls are made again when it helps; raise `ProblemError` if it cannot be opened."""
        store = await self.open_store(connection)
        return self.retries.retrying(store, connection) if self.retries else store

    async def open_or_interrupt(self, connection: str) -> Store:
        """The same, but raises `Interrupted` for what time or a new login may mend."""
        with self.interrupting(connection):
            return await self.retrying(connection)

    async def owner(self, connection: str) -> Owner | None:
        with self.interrupting(connection):
            return await self.owner_of(connection)

    @contextmanager
    def interrupting(self, connection: str) -> Iterator[None]:
        """`Interrupted` in place of a `ProblemError` about a connection that time or a new login may mend."""
        try:
            yield
        except ProblemError as error:
            if self.retries and advice_for(error.problem) in (RetryAdvice.IDENTITY, RetryAdvice.NETWORK):
                raise Interrupted(error.problem, connection) from error
            raise


OpenOrderStore = Callable[[str], Awaitable[Store]]


@dataclass(frozen=True, slots=True)
class OrderStores:
    """The stores of an order: `target` None for a deletion, and for a repair without an uploader.

    For an undo `source` is where it was written, `target` where delete markers were made, None for the same.
    """

    source: Store
    target: Store | None


async def open_ends(order: orders.Order, open_store: OpenOrderStore) -> OrderStores:
    source = await open_store(order.selection.connection)
    match order:
        case (
            orders.DeleteOrder()
            | orders.RestoreOrder()
            | orders.UndeleteOrder()
            | orders.RemoveBucketOrder()
            | orders.WriteOrder()
        ):
            return OrderStores(source, None)
        case orders.RevertOrder(source=other):
            return OrderStores(source, await open_store(other) if other else None)
        case orders.RepairOrder(uploader=uploader):
            return OrderStores(source, await open_store(uploader) if uploader else None)
        case orders.CopyOrder():
            return OrderStores(source, await open_store(order.destination.connection))
        case orders.BatchOrder(operation=orders.BatchCopy(destination=destination)):
            return OrderStores(source, await open_store(destination.connection))
        case orders.BatchOrder():
            return OrderStores(source, await open_store(order.connection))


class PendingConflicts:
    """Where transfers ask and the user answers; the decisions that were made for all of a transfer are kept."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[Conflict, asyncio.Future[orders.ConflictPolicy]]] = {}
        self._for_all: dict[str, orders.ConflictPolicy] = {}
        self._changes = ChangeNotifier()

    async def ask(self, conflict: Conflict) -> orders.ConflictPolicy:
        """The decision (ASK: none): at once if one was made for all of the transfer, else when it comes."""
        if decided := self._for_all.get(conflict.transfer):
            return decided
        decision: asyncio.Future[orders.ConflictPolicy] = asyncio.get_running_loop().create_future()
        self._waiting[conflict.id] = (conflict, decision)
        self._changes.touch(urgent=True)
        try:
            return await decision
        finally:
            self._waiting.pop(conflict.id, None)
            self._changes.touch(urgent=True)

    def answer(self, answer: ConflictAnswer) -> None:
        """Decide a conflict, or with `for_all` every one of its transfer, now and later.

        A conflict that waits no longer (decided elsewhere, or cancelled) is left as it is. Raises `ProblemError` for
        a policy that decides nothing by itself.
        """
        if answer.decision not in (*ANSWERS.values(), orders.ConflictPolicy.ASK):
            *others, last = ANSWERS.values()
            title = f"a conflict is decided by {', '.join(others)} or {last}"
            raise ProblemError(Problem(ProblemKind.INVALID, title))
        if answer.conflict not in self._waiting:
            return
        transfer = self._waiting[answer.conflict][0].transfer
        if answer.for_all:
            self._for_all[transfer] = answer.decision
        for conflict, decision in self._waiting.values():
            meant = conflict.id == answer.conflict or (answer.for_all and conflict.transfer == transfer)
            if meant and not decision.done():
                decision.set_result(answer.decision)

    def decided(self, transfer: str) -> orders.ConflictPolicy | None:
        return self._for_all.get(transfer)

    def decide(self, transfer: str, policy: orders.ConflictPolicy) -> None:
        """A decision for all of a transfer was made before the engine began."""
        self._for_all[transfer] = policy

    def forget(self, transfer: str) -> None:
        self._for_all.pop(transfer, None)

    def end(self) -> None:
        self._changes.end()

    def watch(self) -> AsyncGenerator[list[Conflict]]:
        waiting = self._waiting
        return self._changes.snapshots(
            lambda: [one for one, own in waiting.values() if not own.done()], lambda _: False
        )
