"""The plan of a sync, by comparing alone. Writes nothing but the list of what the sync may delete."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path

from msgspec.structs import replace

from tui.core.location import Location
from tui.core.orders import TIERING, SyncOrder
from tui.core.problem import LeftOutError, Problem, ProblemError
from tui.core.transfer import PlannedAction, PlannedObject
from tui.features.sync.compare import copied
from tui.features.sync.sync_changes import SyncChanges, refuse_senseless_sync, shown_rows
from tui.features.sync.values import ComparedRow, ComparisonEvidence, ComparisonState, SyncPlan, unfit_words
from tui.stores.base import Store
from tui.stores.store_values import ARCHIVES
from tui.transfers.attributes import RESTORED_FIRST, still_closed
from tui.transfers.bucket_owner import Owners, TargetBucket
from tui.transfers.copy.routes import Copier
from tui.transfers.limits import SharedLimits, TransferLimits
from tui.transfers.local_disk import DiskNames, is_disk
from tui.transfers.shown_list import ShownList
from tui.transfers.sides import Sides, sides_of
from tui.transfers.tasks import in_batches

ONLY_THERE = "only the target has it"
NOT_ALL_LISTED = "only the target has it; kept because the listing is incomplete"
_WHY = {
    ComparisonEvidence.SIZE: "another size",
    ComparisonEvidence.ETAG: "another ETag",
    ComparisonEvidence.CHECKSUM: "another checksum",
    ComparisonEvidence.CONTENT: "another content",
    ComparisonEvidence.TIME: "same size, and the source is newer",
    ComparisonEvidence.SIZE_TIME: "same size, and the source is newer",
}
ONE_SECOND = "same size, both written in the same second"
_WRITING = (PlannedAction.COPY, PlannedAction.OVERWRITE)
_ARCHIVES = (*ARCHIVES, TIERING)
"""Archive classes, as listings name them."""
LEFT_OPEN = "same size, and nothing proves a difference: --checksum finds out, --compare time compares times"


async def plan_sync(order: SyncOrder, source: Store, target: Store, lists: Path) -> AsyncGenerator[SyncPlan]:
    """The growing plan; the last one is complete. `lists` is the directory for lists of deletions.

    Raises `ProblemError` as listings do, and for an order that makes no sense or is forbidden.
    """
    await _allowed(order, source, target)
    changes = SyncChanges(order, source, target, None)
    plan = SyncPlan(unlisted=await _unlisted(order, source, target))
    order = replace(order, delete=order.delete and not plan.unlisted)
    shown = await ShownList.new(lists) if order.delete else None
    try:
        try:
            async with aclosing(changes.steps()) as steps:
                async for step in steps:
                    plan = _grown(order, plan, step.rows)
                    same = step.counter.counts.get(ComparisonState.SAME)
                    plan = replace(plan, same=same.objects if same else 0)
                    if shown and (rows := shown_rows(step.rows)):
                        await shown.add(rows)
                    yield plan
        except LeftOutError as error:
            plan = replace(plan, unlisted=error.problem, deletes=0, deleted_bytes=0)
        yield replace(plan, deletions=[], complete=True, shown=str(shown.path) if shown and plan.deletes else "")
    except BaseException:
        if shown:
            await shown.remove()
        raise
    if shown and not plan.deletes:
        await shown.remove()


async def dry_run_sync(order: SyncOrder, source: Store, target: Store) -> AsyncGenerator[PlannedObject]:
    """The action for each object, in key order. Raises as `plan_sync` does."""
    sides = await _allowed(order, source, target)
    changes = SyncChanges(order, source, target, None)
    names = DiskNames(target, order.destination.location.bucket)
    archive, deletes = _Archive(sides), not await _unlisted(order, source, target)
    unfit: Mapping[str, int] = {}
    left_out: Problem | None = None
    try:
        async with aclosing(changes.steps()) as steps:
            async for step in steps:
                unfit = step.unfit
                lines = [(line, row) for row in step.rows if (line := _line(order, row))]
                for line, row in zip(await in_batches(archive.told, lines), [row for _, row in lines], strict=True):
                    key, size = order.destination.location.key + row.name, line.size or 0
                    if line.action is PlannedAction.DELETE and not deletes:
                        yield replace(line, action=PlannedAction.SKIP, why=NOT_ALL_LISTED)
                    elif line.action in _WRITING and (why := await names.why_not(key, size)):
                        yield replace(line, action=PlannedAction.REFUSE, why=why)  # not for a path on a local disk
                    else:
                        yield line
    except LeftOutError as error:
        left_out = error.problem
    if unfit:
        yield PlannedObject(order.selection.base.uri, "", PlannedAction.SKIP, unfit_words(unfit))
    if left_out:
        yield unlisted_line(left_out)


def unlisted_line(problem: Problem) -> PlannedObject:
    return PlannedObject(problem.resource, "", PlannedAction.REFUSE, problem.sentence())


async def _unlisted(order: SyncOrder, source: Store, target: Store) -> Problem | None:
    """Why a disk does not list everything: a sync with deletions would take unlisted names for missing ones."""
    if not order.delete:
        return None
    for store, place in ((source, order.selection.base), (target, order.destination.location)):
        if is_disk(store):
            try:
                async with aclosing(store.pages(place.bucket, place.key, recursive=True)) as pages:
                    async for _ in pages:
                        pass
            except LeftOutError as error:
                return error.problem
            except ProblemError:
                continue  # the comparison reports it, too
    return None


class _Archive:
    """Checks objects that may need a restore, as the copy does."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._copier = Copier(sides, TargetBucket(), SharedLimits(TransferLimits()))  # only checks, restores nothing

    async def told(self, planned: tuple[PlannedObject, ComparedRow]) -> PlannedObject:
        line, row = planned
        if line.action not in _WRITING or row.left is None or row.left.storage_class not in _ARCHIVES:
            return line
        order = self._sides.order
        try:
            seen = await self._copier.look(order.selection.base.key + row.name)
        except ProblemError as error:
            if error.problem.kind.meaning.ends_after is not None:
                raise
            return replace(line, target="", action=PlannedAction.REFUSE, why=error.problem.sentence())
        if closed := still_closed(seen.archived, seen.head, order.options, planned=True):
            return replace(line, target="", action=PlannedAction.REFUSE, why=closed.sentence())
        return replace(line, why=f"{line.why}; {RESTORED_FIRST}") if seen.archived else line


async def _allowed(order: SyncOrder, source: Store, target: Store) -> Sides:
    planned = replace(order, shown="-") if order.delete else order
    refuse_senseless_sync(planned, source, target)
    sides = await sides_of(order, source, target, Owners())
    if forbidden := sides.refusal():
        raise ProblemError(forbidden)
    return sides


def _line(order: SyncOrder, row: ComparedRow) -> PlannedObject | None:
    here = Location(order.selection.base.bucket, order.selection.base.key + row.name).uri
    there = Location(order.destination.location.bucket, order.destination.location.key + row.name).uri
    size = row.left.size if row.left else row.right.size if row.right else None
    if row.state is ComparisonState.SAME:
        return None
    if row.state is ComparisonState.RIGHT:
        return PlannedObject(there, "", PlannedAction.DELETE, ONLY_THERE, size) if order.delete else None
    if not copied(row):
        return PlannedObject(here, there, PlannedAction.SKIP, LEFT_OPEN, size)
    if row.state is ComparisonState.LEFT:
        return PlannedObject(here, there, PlannedAction.COPY, "nothing at the target", size)
    why = ONE_SECOND if row.is_of_one_second else _WHY.get(row.evidence, "")
    return PlannedObject(here, there, PlannedAction.OVERWRITE, why, size)


def _grown(order: SyncOrder, plan: SyncPlan, rows: Sequence[ComparedRow]) -> SyncPlan:
    lines = [line for row in rows if (line := _line(order, row))]
    deletions = [line for line in lines if line.action is PlannedAction.DELETE]
    copies = [line for line in lines if line.action is PlannedAction.COPY]
    overwrites = [line for line in lines if line.action is PlannedAction.OVERWRITE]
    return replace(
        plan,
        copies=plan.copies + len(copies),
        overwrites=plan.overwrites + len(overwrites),
        copied_bytes=plan.copied_bytes + sum(line.size or 0 for line in copies + overwrites),
        deletes=plan.deletes + len(deletions),
        deleted_bytes=plan.deleted_bytes + sum(line.size or 0 for line in deletions),
        unknown=plan.unknown + sum(line.action is PlannedAction.SKIP for line in lines),
        deletions=deletions,
    )
