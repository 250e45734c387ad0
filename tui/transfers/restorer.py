"""Restores: planned, requested object by object, and waited for. What is restored, or being restored, is left alone."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from enum import Enum, auto

from msgspec import Struct
from msgspec.structs import replace

from tui.core import orders
from tui.core.location import Location
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import PlannedAction, PlannedObject, Tally
from tui.stores.base import Store
from tui.stores.store_values import ARCHIVES, ObjectHead
from tui.transfers.attributes import tier_refusal
from tui.transfers.backoff import Backoff
from tui.transfers.counting import Keep
from tui.transfers.selection import ObjectFilter, SelectedObject, listed_pages
from tui.transfers.tasks import in_batches

_UNTIL = re.compile(r'expiry-date="([^"]*)"')
_RESTORED = 'ongoing-request="false"'


class ArchiveState(Enum):
    """Where an object stands."""

    READABLE = auto()
    """It is in no archive."""
    ARCHIVED = auto()
    RESTORING = auto()
    RESTORED = auto()


class ArchiveStatus(Struct, frozen=True):
    """Whether an object is archived, in which archive, and until when a restored copy is kept."""

    state: ArchiveState
    archive: str = ""
    until: str = ""
    size: int = 0


def seen(head: ObjectHead) -> ArchiveStatus:
    if head.archived:
        return ArchiveStatus(
            ArchiveState.RESTORING if head.restoring else ArchiveState.ARCHIVED, head.archived, size=head.size
        )
    if _RESTORED in head.restore:
        until = _UNTIL.search(head.restore)
        return ArchiveStatus(
            ArchiveState.RESTORED, head.storage_class, orders.header_date(until[1]) if until else "", head.size
        )
    return ArchiveStatus(ArchiveState.READABLE, size=head.size)


def may_be_archived(picked: SelectedObject) -> bool:
    """Whether a restore may concern it, as far as it was listed: of a key that was only named, nothing is known."""
    return picked.size is None or picked.storage_class in ARCHIVES or picked.storage_class == orders.TIERING


class Restorer:
    """Restores objects of one bucket by one tier."""

    def __init__(self, store: Store, bucket: str, tier: orders.RestoreTier, days: int) -> None:
        self._store, self._bucket, self._tier, self._days = store, bucket, tier, days

    async def look(self, key: str, version: str = "") -> ArchiveStatus:
        return seen(await self._store.head(self._bucket, key, version))

    async def request(self, key: str, version: str = "") -> tuple[ArchiveStatus, bool]:
        """Ask for the restore of an object that is archived: how it stood, and whether it was asked for now."""
        looked = await self.look(key, version)
        if looked.state is not ArchiveState.ARCHIVED:
            return looked, False
        if refused := self.refusal(looked.archive, Location(self._bucket, key).uri):
            raise ProblemError(refused)
        days = self._days if looked.archive in ARCHIVES else None
        try:
            await self._store.restore(self._bucket, key, version, tier=self._tier.value, days=days)
        except ProblemError as error:
            if error.problem.code == "RestoreAlreadyInProgress":
                return ArchiveStatus(ArchiveState.RESTORING, looked.archive, size=looked.size), False
            if error.problem.code == "ObjectAlreadyInActiveTierError":
                return ArchiveStatus(ArchiveState.READABLE, size=looked.size), False
            raise
        return looked, True

    def refusal(self, archive: str, uri: str) -> Problem | None:
        return tier_refusal(self._tier, archive, uri)


def refuse_days(days: int) -> None:
    """Raise `ProblemError` for a number of days that no restored copy can be kept."""
    if not 1 <= days <= orders.MOST_DAYS:
        title = f"{counted(days, 'day')}: a restored copy is kept for at least 1 day"
        raise ProblemError(Problem(ProblemKind.INVALID, title, remedy="choose a number of days from 1 on"))


PAUSES = Backoff(first=1.0, longest=600.0)
"""Between two looks at the objects of a page."""


async def archived_pages(store: Store, selection: orders.Selection) -> AsyncGenerator[list[SelectedObject]]:
    """The selected objects that pass the filters and may be archived; raises `ProblemError` as listings do."""
    wanted = ObjectFilter(selection)
    async with aclosing(listed_pages(store, selection)) as pages:
        async for page in pages:
            taken = [each for each in page.picked if wanted.takes(each.key, each.size, each.modified)]
            yield [each for each in taken if not each.unfit and may_be_archived(each)]


ListSelectedPages = Callable[[], AsyncGenerator[list[SelectedObject]]]
"""Lists what may be archived, page by page."""


async def wait_until_restored(
    restorer: Restorer, pages: ListSelectedPages, version: str, tell: Callable[[Problem], None]
) -> None:
    """Return when no restore is in progress any more. `tell` is called with what is waited for before each pause.

    What cannot be looked at, and what nobody restores, is not waited for. Each object is looked at until it is ready
    before the next page is: no more than a page is in memory, however many objects there are.
    """
    ready = 0

    async def look(picked: SelectedObject) -> ArchiveStatus:
        try:
            return await restorer.look(picked.key, version)
        except ProblemError:
            return ArchiveStatus(ArchiveState.READABLE)  # who reads it next is told what is wrong

    async with aclosing(pages()) as listed:
        async for page in listed:
            waiting, tries = page, 0
            while waiting:
                looked = await in_batches(look, waiting)
                left = [each for each, at in zip(waiting, looked, strict=True) if at.state is ArchiveState.RESTORING]
                ready += len(waiting) - len(left)
                tries = 0 if len(left) < len(waiting) else tries + 1
                waiting, pause = left, PAUSES.full(tries)
                if waiting:
                    tell(_words(ready, len(waiting), time.time() + pause))
                    await asyncio.sleep(pause)


def _words(ready: int, waiting: int, again: float) -> Problem:
    title = f"restore in progress: {ready:,} ready, {waiting:,} or more not yet"
    return Problem(ProblemKind.ARCHIVED, title, f"next check at {time.strftime('%H:%M', time.localtime(again))}")


NOT_ARCHIVED = "not archived"
IN_PROGRESS = "its restore is in progress"
RESTORED = "already restored until {}"
REQUESTED = "restore of {archive} requested by {tier}, kept {days}"


def restorer_of(order: orders.RestoreOrder, store: Store) -> Restorer:
    return Restorer(store, order.selection.base.bucket, order.tier, order.days)


def words_of(looked: ArchiveStatus) -> str:
    match looked.state:
        case ArchiveState.RESTORING:
            return IN_PROGRESS
        case ArchiveState.RESTORED:
            return RESTORED.format(looked.until or "an unknown time")
        case _:
            return NOT_ARCHIVED


def requested_words(looked: ArchiveStatus, tier: orders.RestoreTier, days: int) -> str:
    kept = "for good" if looked.archive.endswith("_ACCESS") else f"for {counted(days, 'day')}"
    return REQUESTED.format(archive=looked.archive, tier=tier.value, days=kept)


async def plan_restore(order: orders.RestoreOrder, store: Store) -> AsyncGenerator[orders.RestorePlan]:
    """The growing plan of a restore. Raises `ProblemError` for a restore that makes no sense or is forbidden."""
    refuse_days(order.days)
    if forbidden := await store.write_refusal(order.selection.base.bucket):
        raise ProblemError(forbidden)
    restorer, wanted, plan = restorer_of(order, store), ObjectFilter(order.selection), orders.RestorePlan()

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


def _with_listed(plan: orders.RestorePlan, page: list[SelectedObject]) -> orders.RestorePlan:
    archived = dict(plan.archived)
    some = [each for each in page if may_be_archived(each)]
    for each in some:
        known = archived.get(each.storage_class, orders.ClassCount())
        archived[each.storage_class] = orders.ClassCount(known.objects + 1, known.bytes + (each.size or 0))
    return replace(plan, archived=archived, readable=plan.readable + len(page) - len(some))


def _with_seen(plan: orders.RestorePlan, looked: ArchiveStatus) -> orders.RestorePlan:
    match looked.state:
        case ArchiveState.READABLE:
            return replace(plan, readable=plan.readable + 1)
        case ArchiveState.RESTORING:
            return replace(plan, restoring=plan.restoring + 1)
        case ArchiveState.RESTORED:
            return replace(plan, restored=plan.restored + 1)
        case ArchiveState.ARCHIVED:
            known = plan.archived.get(looked.archive, orders.ClassCount())
            counted = orders.ClassCount(known.objects + 1, known.bytes + looked.size)
            return replace(plan, archived=plan.archived | {looked.archive: counted})


async def count_restore(order: orders.RestoreOrder, store: Store, keep: Keep) -> AsyncGenerator[Tally]:
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


async def dry_run_restore(order: orders.RestoreOrder, store: Store) -> AsyncGenerator[PlannedObject]:
    """Forecast each object that may be archived; raises `ProblemError` as `plan_restore` does."""
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
