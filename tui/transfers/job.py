"""A transfer under way: lists, delivers many objects side by side, and ends with nothing left behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing

from tui.model.plan import ConflictPolicy
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import Conflict, ObjectResult, Outcome, Transfer, TransferState
from tui.transfers.bucket import read_target_bucket
from tui.transfers.conflicts import ConflictDesk
from tui.transfers.counting import Count
from tui.transfers.delivering import Deliverer
from tui.transfers.ledger import Ledger
from tui.transfers.limits import TransferLimits
from tui.transfers.moving import Delivery, Gates
from tui.transfers.places import Place, Places
from tui.transfers.results import ResultLog
from tui.transfers.routes import Copier
from tui.transfers.selection import Picked, picked_pages
from tui.transfers.sides import Sides

log = logging.getLogger(__name__)


class Job:
    """One transfer. `changed` is called when a snapshot of it would differ, `report` with every problem it meets."""

    def __init__(
        self,
        name: str,
        sides: Sides,
        gates: Gates,
        desk: ConflictDesk,
        limits: TransferLimits,
        changed: Callable[[], None],
        report: Callable[[Problem], None],
    ) -> None:
        self.name = name
        self._sides, self._gates, self._desk, self._changed = sides, gates, desk, changed
        self._report = report
        self._ledger = Ledger(name, sides.source_name, sides.target_name, limits)
        self._places = Places(gates.objects, name, limits.waiting_conflicts)
        self.results = ResultLog(limits)
        self._listing = True
        self._task: asyncio.Task[None] | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self._ledger.state.ended

    def snapshot(self) -> Transfer:
        """The transfer as it stands."""
        return self._ledger.snapshot()

    def start(self) -> None:
        """Begin in the background."""
        self._task = asyncio.create_task(self._run(), name=f"transfer-{self.name}")

    async def cancel(self) -> None:
        """Stop; returns when nothing runs any more and every upload is aborted. Harmless when it has ended."""
        if self._task is None or self._task.done():
            return
        if not self._task.cancelling():
            self._task.cancel()
        await asyncio.wait([self._task])
        if not self.ended:  # it was cancelled before it had begun
            self._end(cancelled=True)

    async def _run(self) -> None:
        try:
            bucket = await read_target_bucket(self._sides.writers(), self._sides.target_bucket)
            deliverer = Deliverer(self.name, self._sides, Copier(self._sides, bucket, self._gates), self._ledger)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._count())
                await self._feed(group, deliverer)
        except asyncio.CancelledError:
            self._end(cancelled=True)
            raise
        except ProblemError as error:
            self._fail(error.problem)
        except Exception as error:  # noqa: BLE001  # reason: the transfer's outermost boundary: its watchers must hear of its end
            self._fail(_unexpected(error))
        self._end(cancelled=False)

    def _end(self, *, cancelled: bool) -> None:
        self._ledger.end(cancelled=cancelled)
        self._desk.forget(self.name)
        self.results.end()
        self._changed()

    def _fail(self, problem: Problem) -> None:
        self._ledger.fail(problem)
        self._report(problem)

    async def _count(self) -> None:
        """Count ahead of the copies: without the total there is no telling how long they will take."""
        try:
            async with aclosing(Count(self._sides, look_at_target=False).run()) as tallies:
                async for tally in tallies:
                    self._ledger.count(tally)
                    self._changed()
        except ProblemError as error:
            self._ledger.note(f"could not be counted ahead: {error.problem.title}")

    async def _feed(self, group: asyncio.TaskGroup, deliverer: Deliverer) -> None:
        """Start an object whenever there is a place for it. A listing that fails lets those under way finish."""
        started = 0
        try:
            async with aclosing(picked_pages(self._sides.source, self._sides.order.selection)) as pages:
                async for page in pages:
                    self._listing = False
                    for picked in page:
                        if self._ledger.hopeless:
                            self._ledger.give_up()
                            return
                        await self._start_one(group, deliverer, picked)
                        started += 1
                    self._listing = True
            self._ledger.listed(started)
        except ProblemError as error:
            self._fail(error.problem)
        finally:
            self._listing = False
            self._update_state()

    async def _start_one(self, group: asyncio.TaskGroup, deliverer: Deliverer, picked: Picked) -> None:
        place = await self._places.take()
        self._update_state()
        task = group.create_task(self._deliver(deliverer, picked, place))
        task.add_done_callback(lambda _: self._left(place))  # called even for a task that never got to start

    def _left(self, place: Place) -> None:
        place.leave()
        self._update_state()

    def _update_state(self) -> None:
        """ASKING: nothing can go on before the user has decided."""
        if self._ledger.state is TransferState.QUEUED:
            self._ledger.begin()
        stuck = self._places.waiting and not self._places.busy and not self._listing
        self._ledger.state = TransferState.ASKING if stuck else TransferState.RUNNING
        self._changed()

    async def _deliver(self, deliverer: Deliverer, picked: Picked, place: Place) -> None:
        delivery = Delivery(self.name, self._sides.target_bucket, "", self._arrived)

        async def ask(conflict: Conflict) -> ConflictPolicy:
            async with place.given_up():
                self._update_state()
                return await self._desk.ask(conflict)

        try:
            result = await deliverer.deliver(picked, delivery, ask)
        except asyncio.CancelledError:
            self._record(self._unfinished(picked, delivery, Outcome.CANCELLED, None))
            raise
        except ProblemError as error:
            result = self._unfinished(picked, delivery, Outcome.FAILED, error.problem)
        except Exception as error:  # noqa: BLE001  # reason: a worker's outermost boundary; the others go on
            result = self._unfinished(picked, delivery, Outcome.FAILED, _unexpected(error))
        self._record(result)

    def _arrived(self, count: int) -> None:
        self._ledger.arrived(count)
        self._changed()

    def _record(self, result: ObjectResult) -> None:
        self._ledger.add(result)
        self.results.add(result)
        if result.problem:
            self._report(result.problem)
        self._changed()

    def _unfinished(
        self, picked: Picked, delivery: Delivery, outcome: Outcome, problem: Problem | None
    ) -> ObjectResult:
        return ObjectResult(
            transfer=self.name,
            source=self._sides.source_uri(picked.key),
            target=self._sides.target_uri(delivery.key),
            outcome=outcome,
            size=picked.size or 0,
            notes=delivery.notes,
            problem=problem,
        )


def _unexpected(error: Exception) -> Problem:
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
