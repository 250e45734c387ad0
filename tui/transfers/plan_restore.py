"""What a restore would do: counted, and object by object; nothing is written."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec.structs import replace

from tui.core.location import Location
from tui.core.naming import counted
from tui.core.orders import ClassCount, RestoreOrder, RestorePlan, RestoreTier
from tui.core.problem import Problem, ProblemError
from tui.core.transfer import PlannedAction, PlannedObject, Tally
from tui.stores.base import Store
from tui.transfers.counting import Keep
from tui.transfers.restorer import ArchiveState, ArchiveStatus, Restorer, archived_pages, may_be_archived, refuse_days
from tui.transfers.selection import ObjectFilter, SelectedObject, listed_pages
from tui.transfers.tasks import in_batches

NOT_ARCHIVED = "not archived"
IN_PROGRESS = "its restore is in progress"
RESTORED = "already restored until {}"
REQUESTED = "restore of {archive} requested by {tier}, kept {days}"


def restorer_of(order: RestoreOrder, store: Store) -> Restorer:
    return Restorer(store, order.selection.base.bucket, order.tier, order.days)


def words_of(looked: ArchiveStatus) -> str:
    match looked.state:
        case ArchiveState.RESTORING:
            return IN_PROGRESS
        case ArchiveState.RESTORED:
            return RESTORED.format(looked.until or "an unknown time")
        case _:
            return NOT_ARCHIVED


def requested_words(looked: ArchiveStatus, tier: RestoreTier, days: int) -> str:
    kept = "for good" if looked.archive.endswith("_ACCESS") else f"for {counted(days, 'day')}"
    return REQUESTED.format(archive=looked.archive, tier=tier.value, days=kept)


async def plan_restore(order: RestoreOrder, store: Store) -> AsyncGenerator[RestorePlan]:
    """What there is to restore, growing. Raises `ProblemError` for a restore that makes no sense or is forbidden."""
    refuse_days(order.days)
    if forbidden := await store.write_refusal(order.selection.base.bucket):
        raise ProblemError(forbidden)
    restorer, wanted, plan = restorer_of(order, store), ObjectFilter(order.selection), RestorePlan()

    async def look(picked: SelectedObject) -> ArchiveStatus | Problem:
        try:
            return await restorer.look(picked.key, order.selection.version)
        except ProblemError as error:
            return error.problem

    async with aclosing(listed_pages(store, order.selection)) as pages:
        async for page in pages:
            taken = [each for each in page.picked if wanted.takes(each.key, each.size, each.modified)]
            if page.section:
                plan = _with_listed(plan, taken)
            else:
                for looked in await in_batches(look, taken):
                    plan = replace(plan, problem=looked) if isinstance(looked, Problem) else _with_seen(plan, looked)
            yield plan
    if plan.problem and not plan.objects and len(order.selection.keys) == 1:
        raise ProblemError(plan.problem)
    yield replace(plan, complete=True)


def _with_listed(plan: RestorePlan, page: list[SelectedObject]) -> RestorePlan:
    archived = dict(plan.archived)
    some = [each for each in page if may_be_archived(each)]
    for each in some:
        known = archived.get(each.storage_class, ClassCount())
        archived[each.storage_class] = ClassCount(known.objects + 1, known.bytes + (each.size or 0))
    return replace(plan, archived=archived, readable=plan.readable + len(page) - len(some))


def _with_seen(plan: RestorePlan, looked: ArchiveStatus) -> RestorePlan:
    match looked.state:
        case ArchiveState.READABLE:
            return replace(plan, readable=plan.readable + 1)
        case ArchiveState.RESTORING:
            return replace(plan, restoring=plan.restoring + 1)
        case ArchiveState.RESTORED:
            return replace(plan, restored=plan.restored + 1)
        case ArchiveState.ARCHIVED:
            known = plan.archived.get(looked.archive, ClassCount())
            counted = ClassCount(known.objects + 1, known.bytes + looked.size)
            return replace(plan, archived=plan.archived | {looked.archive: counted})


async def count_restore(order: RestoreOrder, store: Store, keep: Keep) -> AsyncGenerator[Tally]:
    """How many objects a restore may concern, and their bytes; `keep` as in `plan_delete`."""
    wanted, tally = ObjectFilter(order.selection), Tally()
    async with aclosing(listed_pages(store, order.selection)) as pages:
        async for page in pages:
            if page.section:
                keep(page)
            taken = [each for each in page.picked if wanted.takes(each.key, each.size, each.modified)]
            some = [each for each in taken if may_be_archived(each)]
            size = sum(each.size or 0 for each in some)
            tally = replace(tally, objects=tally.objects + len(some), bytes=tally.bytes + size)
            yield tally
    yield replace(tally, complete=True)


async def dry_run_restore(order: RestoreOrder, store: Store) -> AsyncGenerator[PlannedObject]:
    """What would happen to each object that may be archived; raises `ProblemError` as `plan_restore` does."""
    refuse_days(order.days)
    if forbidden := await store.write_refusal(order.selection.base.bucket):
        raise ProblemError(forbidden)
    restorer = restorer_of(order, store)

    async def planned(picked: SelectedObject) -> PlannedObject:
        uri = Location(order.selection.base.bucket, picked.key).uri
        try:
            looked = await restorer.look(picked.key, order.selection.version)
        except ProblemError as error:
            return PlannedObject(uri, "", PlannedAction.REFUSE, error.problem.sentence(), picked.size)
        if looked.state is not ArchiveState.ARCHIVED:
            return PlannedObject(uri, "", PlannedAction.SKIP, words_of(looked), looked.size)
        if refused := restorer.refusal(looked.archive, uri):
            return PlannedObject(uri, "", PlannedAction.REFUSE, refused.sentence(), looked.size)
        why = requested_words(looked, order.tier, order.days)
        return PlannedObject(uri, "", PlannedAction.RESTORE, why, looked.size)

    async with aclosing(archived_pages(store, order.selection)) as pages:
        async for page in pages:
            for each in await in_batches(planned, page):
                yield each
