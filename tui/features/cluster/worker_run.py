"""One key range in a worker: the same run as in the engine, for these keys only."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace

from tui.core.location import Location
from tui.core.naming import MIB
from tui.core.orders import Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Tally
from tui.features.cluster.worker_journal import Outbox
from tui.features.cluster.worker_messages import Left, RangeTask, Shortened
from tui.queue.job_status import ListingCursor, Results
from tui.queue.queue_context import QueueContext
from tui.queue.run import Run
from tui.queue.run_state import Prepared, RunState
from tui.stores.base import Store
from tui.transfers.copy.decision import looks_at_target
from tui.transfers.counting import TargetBeside
from tui.transfers.journal import Cursor, TransferRecord
from tui.transfers.limits import ObjectConcurrency, SharedLimits, TransferLimits
from tui.transfers.progress import Progress
from tui.transfers.selection import SectionPage, SelectedObject, outermost, picked_of
from tui.transfers.sides import Sides

OBJECTS, BYTES = 100, 512 * MIB
"""At most so many are begun before the range can end sooner."""


class ToldProgress(Progress):
    """The numbers of one range in a worker; the engine is told the bytes."""

    def __init__(self, record: TransferRecord, limits: TransferLimits, outbox: Outbox) -> None:
        super().__init__(record, limits)
        self._outbox = outbox

    def arrived(self, count: int, moved: bool = True) -> None:
        self._outbox.arrived(count if moved else 0, 0 if moved else count)

    def correct_size(self, listed: int | None, real: int) -> None:
        if listed is not None and listed != real:
            self._outbox.arrived(0, 0, real - listed)


class RangeRun:
    """Lists and copies one range."""

    def __init__(
        self,
        grant: RangeTask,
        record: TransferRecord,
        prepared: Prepared,
        sides: Sides,
        context: QueueContext,
        outbox: Outbox,
        on_ending: Callable[[], None],
    ) -> None:
        """`on_ending`: called when all its objects are begun, or it is over."""
        self._grant, self._selection, self._source = grant, record.order.selection, prepared.source
        self._outbox, self._on_ending = outbox, on_ending
        self._upto, self.position = grant.upto, grant.after
        """`position` is the last begun key."""
        self._asked: str | None = None
        self.ending = False
        self._whole = True
        self._rest: str | None = None
        progress = ToldProgress(record, context.limits, outbox)
        progress.count(Tally(complete=True))
        self._progress = progress
        self._cursor = ListingCursor(Cursor(grant.section, grant.after))
        beside = None
        if looks_at_target(sides.order.options.conflict) and not grant.again and not grant.keys:
            beside = TargetBeside(sides, grant.after)
        self._prepared = replace(prepared, pages=self._pages, sections=grant.section + 1, beside=beside)
        self._state = RunState(
            transfer=record.id,
            progress=progress,
            cursor=self._cursor,
            results=Results(record.id, context.journal),
            context=context,
            again=grant.again,
            retrying=False,
            cancelled=lambda: False,
            save=lambda: None,
        )

    async def carry_out(self) -> None:
        """Do the work, and report how it ended. Raises `Interrupted`, and passes on cancellation."""
        try:
            await Run(self._state, self._selection, self._prepared).carry_out()
        finally:
            self._end()
        ended = self._cursor.position == Cursor(self._grant.section + 1, "")
        self._outbox.put(
            Left(
                self._grant.number,
                ended and self._whole,
                self._rest,
                None if ended else self._progress.problem,
                "",
                self._upto,
            ),
            urgent=True,
        )

    def shorten(self, upto: str) -> None:
        """End at that key, or at the last begun object; reports where."""
        if self.ending or upto == self._asked or (self._upto is not None and self._upto <= upto):
            return
        self._asked, self._upto = upto, max(upto, self.position)
        self._outbox.put(Shortened(self._grant.number, self._upto), urgent=True)

    def _end(self) -> None:
        if not self.ending:
            self.ending = True
            self._on_ending()

    async def _pages(self, section: int, after: str) -> AsyncGenerator[SectionPage]:
        given = 0
        async with aclosing(self._some(section, after)) as some:
            async for each in some:
                mine = [picked for picked in each if self._upto is None or picked.key <= self._upto]
                given += len(mine)
                if mine:
                    self.position = mine[-1].key
                    yield SectionPage(section, mine)
                if len(mine) < len(each) or self.position == self._upto:
                    break
                if given >= self._grant.most:
                    self._whole, self._rest = False, self.position
                    break
        self._end()

    async def _some(self, section: int, after: str) -> AsyncGenerator[Sequence[SelectedObject]]:
        """The objects after a key, in portions: the range can end sooner only between them."""
        if known := self._grant.picked or [SelectedObject(key) for key in self._grant.keys]:
            for part in _parts(known):
                yield part
            return
        async with aclosing(listed(self._source, self._selection, section, after)) as pages:
            async for page in pages:
                for part in _parts(page.picked):
                    yield part


def _parts(picked: Sequence[SelectedObject]) -> Iterator[Sequence[SelectedObject]]:
    """At most `OBJECTS` and about `BYTES` at a time."""
    start = size = 0
    for at, each in enumerate(picked):
        size += each.size or 0
        if at - start + 1 == OBJECTS or size >= BYTES:
            yield picked[start : at + 1]
            start, size = at + 1, 0
    if start < len(picked):
        yield picked[start:]


async def listed(store: Store, selection: Selection, section: int, after: str) -> AsyncGenerator[SectionPage]:
    """One page at a time: nothing beyond the range is listed ahead.

    Raises `ProblemError` for a server that does not list in key order: ranges of its keys would miss some.
    """
    bucket, prefix, last = selection.base.bucket, outermost(selection.prefixes)[section - 1], after
    async with aclosing(store.pages(bucket, prefix, recursive=True, start_after=after)) as pages:
        async for page in pages:
            names = page.names
            if names and (prefix + names[0] <= last or names != sorted(names)):
                raise ProblemError(_not_in_order(store, Location(bucket, prefix)))
            last = prefix + names[-1] if names else last
            yield SectionPage(section, picked_of(page))


def _not_in_order(store: Store, where: Location) -> Problem:
    title = "the server does not list in key order"
    cause = "its keys cannot be divided among workers"
    remedy = "copy it with --engine local"
    return Problem(
        ProblemKind.SERVER, title, cause, remedy, operation="ListObjectsV2", resource=where.uri, identity=store.label
    )


class WorkerLimits(SharedLimits):
    """Finds the number of concurrent objects once, not for each range."""

    def __init__(self, limits: TransferLimits) -> None:
        super().__init__(limits)
        self._concurrency: ObjectConcurrency | None = None

    def concurrency(self, now: float) -> ObjectConcurrency:
        self._concurrency = self._concurrency or super().concurrency(now)
        return self._concurrency
