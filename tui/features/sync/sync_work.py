"""A sync as work of the queue: first copies what is missing or differs, then deletes what was shown."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path

from tui.core.naming import counted
from tui.core.orders import CompareMode, SyncOrder
from tui.core.problem import LeftOutError, ProblemError
from tui.core.transfer import ObjectResult, Outcome, Tally, VerificationOutcome
from tui.features.sync.compare import copied
from tui.features.sync.sync_changes import COPIES, DELETIONS, SECTIONS, Remover, SyncChanges
from tui.features.sync.values import ComparisonEvidence, ComparisonState, unfit_words
from tui.queue.queue_context import QueueContext
from tui.queue.restore_work import restore_first
from tui.queue.run_state import Prepared
from tui.transfers.copy.object_copy import BEFORE, CopyWork
from tui.transfers.counting import Keep
from tui.transfers.object_work import Batch
from tui.transfers.progress import Progress
from tui.transfers.selection import SectionPage, SelectedObject
from tui.transfers.shown_list import ShownList
from tui.transfers.sides import Sides
from tui.transfers.tasks import finish

LEFT_OPEN = "skipped because nothing proves a difference (--checksum finds out, --compare time compares times)"
SAME = {
    CompareMode.SIZE: "already the same, by size only or by ETag: {:,}",
    CompareMode.TIME: "already the same, by size and time or by ETag: {:,}",
}
SAME_PROVEN = "already the same: {:,}"
TRUSTED = (ComparisonEvidence.SIZE_ONLY, ComparisonEvidence.SIZE_TIME)
"""Evidence that proves nothing about the content."""


class SyncWork:
    """Copies and deletions; see `ObjectWork`."""

    batch_size = 1

    def __init__(
        self,
        transfer: str,
        sides: Sides,
        changes: SyncChanges,
        copies: CopyWork,
        remover: Remover | None,
        progress: Progress,
    ) -> None:
        self._transfer, self._sides, self._changes = transfer, sides, changes
        self._copies, self._remover, self._progress = copies, remover, progress
        self._copying = 0
        self._copied = asyncio.Event()
        """Set while no copy is under way."""
        self._copied.set()

    async def finish(self) -> None:
        await self._copies.finish()

    async def carry_out(self, batch: Batch) -> None:
        if batch.section != DELETIONS:
            (picked,) = batch.objects
            if evidence := self._changes.arrived.pop(picked.key, None):
                self._record_arrived(picked, evidence, batch)
            else:
                await self._copy(batch)
            return
        await self._copied.wait()  # delete nothing before everything is copied
        for picked in batch.objects:
            await finish(self._remove(picked, batch))

    async def _copy(self, batch: Batch) -> None:
        self._copying += 1
        self._copied.clear()
        try:
            await self._copies.carry_out(batch)
        finally:
            self._copying -= 1
            if not self._copying:
                self._copied.set()

    def _record_arrived(self, picked: SelectedObject, evidence: ComparisonEvidence, batch: Batch) -> None:
        """Record a copy from before an interruption.

        Somebody else may have written it, so its version does not count as made here.
        """
        now, size = time.time(), picked.size or 0
        result = ObjectResult(
            transfer=self._transfer,
            source=self._sides.source_uri(picked.key),
            target=self._sides.target_uri(self._sides.target_key(picked.key)),
            outcome=Outcome.COPIED,
            size=size,
            verification=VerificationOutcome.UNKNOWN if evidence in TRUSTED else VerificationOutcome.SAME,
            evidence=evidence.value,
            notes=[BEFORE],
            began=now,
            ended=now,
        )
        batch.record(picked, result)
        batch.arrived(size, False)

    async def _remove(self, picked: SelectedObject, batch: Batch) -> None:
        """Not cancellable: else nobody would know whether the object was deleted."""
        assert self._remover is not None
        began = time.time()
        try:
            all_copied = not self._progress.snapshot().objects_failed
            result = await self._remover.remove(picked) if all_copied else self._remover.kept(picked)
        except ProblemError as error:
            result = self._remover.failed(picked, error, began)
        batch.record(picked, result)
        batch.arrived((result.size or 0) if result.outcome is Outcome.DELETED else 0, True)


def prepare_sync(
    transfer: str,
    order: SyncOrder,
    sides: Sides,
    copies: CopyWork,
    progress: Progress,
    settle: Callable[[], Awaitable[list[ObjectResult]]],
    context: QueueContext,
    *,
    again: bool,
) -> Prepared:
    """Prepare. Raises `ProblemError` for an order that makes no sense. `again`: an earlier run was stopped."""
    shown = ShownList(Path(order.shown)) if order.delete and order.shown else None
    since = math.floor(progress.submitted) if again else None  # listings have whole seconds
    changes = SyncChanges(order, sides.source, sides.target, shown, since)
    remover = Remover(transfer, order, sides.source, sides.target, shown) if shown else None
    return Prepared(
        SyncWork(transfer, sides, changes, copies, remover, progress),
        sides.source,
        partial(_count, changes, progress),
        settle,
        first=partial(restore_first, order, sides.source, progress, context, changes.archived_copies),
        pages=changes.pages,
        sections=SECTIONS,
        keeps=not again,
    )


async def _count(changes: SyncChanges, progress: Progress, keep: Keep) -> AsyncGenerator[Tally]:
    """The growing numbers of copies and deletions. Objects that are, or may be, the same are only counted."""
    objects = size = unknown = same = 0
    unfit: Mapping[str, int] = {}
    keep(SectionPage(COPIES, []))  # later failures belong to this section
    try:
        async with aclosing(changes.steps()) as steps:
            async for step in steps:
                unknown += sum(row.state is ComparisonState.UNKNOWN and not copied(row) for row in step.rows)
                unfit = step.unfit
                same = found.objects if (found := step.counter.counts.get(ComparisonState.SAME)) else 0
                if picked := changes.copies(step.rows):
                    keep(SectionPage(COPIES, picked))
                    objects, size = objects + len(picked), size + _bytes(picked)
                    yield Tally(objects, size)
    except LeftOutError:
        _note(progress, changes, same, unknown, unfit)
        raise
    async with aclosing(changes.pages(DELETIONS)) as deletions:
        async for page in deletions:
            keep(page)
            objects, size = objects + len(page.picked), size + _bytes(page.picked)
            yield Tally(objects, size)
    _note(progress, changes, same, unknown, unfit)
    yield Tally(objects, size, complete=True)


def _note(progress: Progress, changes: SyncChanges, same: int, unknown: int, unfit: Mapping[str, int]) -> None:
    """Note how many compared objects are not copied."""
    if same:
        progress.note(SAME.get(changes.by, SAME_PROVEN).format(same))
    if unknown:
        progress.note(f"{counted(unknown, 'object')} of equal size {'was' if unknown == 1 else 'were'} {LEFT_OPEN}")
    if unfit:
        progress.note(unfit_words(unfit))


def _bytes(picked: Sequence[SelectedObject]) -> int:
    return sum(each.size or 0 for each in picked)
