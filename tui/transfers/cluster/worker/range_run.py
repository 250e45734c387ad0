"""One range of keys in a worker: the same run as in the engine, over these keys alone."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from tui.model.orders import Selection
from tui.model.plan import Tally
from tui.stores.base import Store
from tui.transfers.cluster.talk import Grant, Left
from tui.transfers.cluster.worker.outbox import Outbox
from tui.transfers.copy.conflict_policy import looks_at_target
from tui.transfers.journal import Cursor, TransferRecord
from tui.transfers.limits.bounds import TransferLimits
from tui.transfers.order.listed_beside import TargetBeside
from tui.transfers.order.selection import Picked, SectionPage, outermost, picked_of
from tui.transfers.order.sides import Sides
from tui.transfers.progress import Progress
from tui.transfers.queue.context import QueueContext
from tui.transfers.queue.cursor import ListingCursor
from tui.transfers.queue.job_run import Run
from tui.transfers.queue.prepared import Prepared
from tui.transfers.queue.results import Results
from tui.transfers.queue.run_state import RunState


class ToldProgress(Progress):
    """The numbers of one range in a worker; bytes are told to the engine."""

    def __init__(self, record: TransferRecord, limits: TransferLimits, outbox: Outbox) -> None:
        super().__init__(record, limits)
        self._outbox = outbox

    def arrived(self, count: int, moved: bool = True) -> None:
        """See `Progress`."""
        self._outbox.arrived(count if moved else 0, 0 if moved else count)

    def correct_size(self, listed: int | None, real: int) -> None:
        """See `Progress`."""
        if listed is not None and listed != real:
            self._outbox.arrived(0, 0, real - listed)


class RangeRun:
    """Lists one range and copies what it has."""

    def __init__(
        self,
        grant: Grant,
        record: TransferRecord,
        prepared: Prepared,
        sides: Sides,
        context: QueueContext,
        outbox: Outbox,
    ) -> None:
        self._grant, self._selection, self._source = grant, record.order.selection, prepared.source
        self._outbox = outbox
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
        """Do it, and tell how it ended. Raises `Interrupted` and cancellation."""
        await Run(self._state, self._selection, self._prepared).carry_out()
        ended = self._cursor.position == Cursor(self._grant.section + 1, "")
        self._outbox.put(
            Left(self._grant.number, ended and self._whole, self._rest, None if ended else self._progress.problem, ""),
            urgent=True,
        )

    async def _pages(self, section: int, after: str) -> AsyncGenerator[SectionPage]:
        grant, given = self._grant, 0
        if grant.keys:
            yield SectionPage(section, [Picked(key) for key in grant.keys])
            return
        async with aclosing(_listed(self._source, self._selection, section, after)) as pages:
            async for page in pages:
                mine = [each for each in page.picked if grant.upto is None or each.key <= grant.upto]
                yield SectionPage(section, mine)
                given += len(mine)
                if len(mine) < len(page.picked):
                    return
                if given >= grant.most and mine:
                    self._whole, self._rest = False, mine[-1].key
                    return


async def _listed(store: Store, selection: Selection, section: int, after: str) -> AsyncGenerator[SectionPage]:
    """One page after another: what lies behind the range is not listed ahead."""
    prefix = outermost(selection.prefixes)[section - 1]
    async with aclosing(store.pages(selection.base.bucket, prefix, recursive=True, start_after=after)) as pages:
        async for page in pages:
            yield SectionPage(section, picked_of(page))
