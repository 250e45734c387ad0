"""What a sync does with each name. It compares source (left) and target (right)."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from msgspec.structs import replace

from tui.core.location import Location
from tui.core.orders import Selection, SyncOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome
from tui.features.sync.compare import ComparedStep, Comparer, copied
from tui.features.sync.values import ComparedPlace, ComparedRow, Comparison, ComparisonEvidence, ComparisonState
from tui.stores.base import Store
from tui.stores.store_values import ARCHIVES
from tui.transfers.local_disk import remove_empty_directories
from tui.transfers.restorer import may_be_archived
from tui.transfers.selection import SectionPage, SelectedObject
from tui.transfers.shown_list import ShownList, ShownObject
from tui.transfers.sides import head_or_none

COPIES, DELETIONS = 1, 2
"""The sections of a sync. No section has marked keys."""

SECTIONS = 3


def comparison_of(order: SyncOrder) -> Comparison:
    selection, destination = order.selection, order.destination
    source = ComparedPlace(selection.connection, selection.base)
    target = ComparedPlace(destination.connection, destination.location)
    return Comparison(source, target, selection.filters, order.by)


def refuse_senseless_sync(order: SyncOrder, source: Store, target: Store) -> None:
    """Raise `ProblemError` for an order that makes no sense, or would delete what it copies."""
    Comparer(comparison_of(order), source, target)
    here, there = order.selection.base, order.destination.location
    if here.bucket == there.bucket and source.endpoint == target.endpoint and here.key.startswith(there.key):
        raise _invalid(
            "the source is inside the target",
            f"{here.uri} lies below {there.uri}, and the sync would delete it as an extra object of the target",
            "choose two places, neither inside the other",
        )
    if order.delete and not order.shown:
        raise _invalid("the deletions have not been shown", "", "plan the sync first")


class SyncChanges:
    """The objects of one sync."""

    def __init__(
        self, order: SyncOrder, source: Store, target: Store, shown: ShownList | None, since: float | None = None
    ) -> None:
        """Raises `ProblemError` for invalid filters. Keys of both sections are keys of the source.

        `since`, in seconds since the epoch: the copies include equal objects that were written at the target since
        then. So an interrupted sync finds the copies whose results were lost.
        """
        self._since, self.by = since, order.by
        self.arrived: dict[str, ComparisonEvidence] = {}
        """Keys of such copies in `pages`, with the evidence that they are the same. The caller removes a key that it
        uses."""
        self._comparer = Comparer(comparison_of(order), source, target, syncs=True)
        self._base = order.selection.base.key
        self._shown = shown

    async def pages(self, section: int, after: str = "") -> AsyncGenerator[SectionPage]:
        """The objects of a section after a key. Raises `ProblemError` as listings do."""
        if section == DELETIONS:
            async with aclosing(self._deletions(after)) as deletions:
                async for page in deletions:
                    yield page
        elif section == COPIES:
            async with aclosing(self.steps(after)) as steps:
                async for step in steps:
                    self.arrived |= {self._base + row.name: row.evidence for row in step.rows if self._may_be_ours(row)}
                    if picked := self.copies(step.rows):
                        yield SectionPage(COPIES, picked)

    def steps(self, after: str = "") -> AsyncGenerator[ComparedStep]:
        return self._comparer.run(after[len(self._base) :], every=self._since is not None)

    def copies(self, rows: Sequence[ComparedRow]) -> list[SelectedObject]:
        found = []
        for row in rows:
            if (left := row.left) and (copied(row) or self._may_be_ours(row)):
                key, archived = self._base + row.name, left.storage_class in ARCHIVES
                found.append(SelectedObject(key, left.size, left.modified, "", archived, left.etag, left.storage_class))
        return found

    async def archived_copies(self) -> AsyncGenerator[list[SelectedObject]]:
        """The copies that may be archived. Raises `ProblemError` as listings do."""
        async with aclosing(self.steps()) as steps:
            async for step in steps:
                if some := [each for each in self.copies(step.rows) if may_be_archived(each)]:
                    yield some

    def _may_be_ours(self, row: ComparedRow) -> bool:
        """Whether it may be a copy from before an interruption."""
        if self._since is None or row.state is not ComparisonState.SAME or row.right is None:
            return False
        return row.right.modified >= self._since

    async def _deletions(self, after: str) -> AsyncGenerator[SectionPage]:
        name = after[len(self._base) :] if after else None
        while self._shown and (rows := await self._shown.behind(name)):
            picked = [SelectedObject(self._base + row.name, row.size, row.modified, etag=row.etag) for row in rows]
            yield SectionPage(DELETIONS, picked)
            name = rows[-1].name


def shown_rows(rows: Sequence[ComparedRow]) -> list[ShownObject]:
    return [
        ShownObject(row.name, row.right.size, row.right.modified, row.right.etag)
        for row in rows
        if row.state is ComparisonState.RIGHT and row.right
    ]


def _invalid(title: str, cause: str, remedy: str) -> ProblemError:
    return ProblemError(Problem(kind=ProblemKind.INVALID, title=title, cause=cause, remedy=remedy))


SOURCE_HAS_IT = "kept: the source now has it"
CHANGED = "kept: it has changed since it was shown"
NOT_SHOWN = "kept: it was not shown"
NOT_ALL_COPIED = "kept: not everything could be copied"
GONE = "it was already gone"


class Remover:
    """Deletes the objects of one sync, one by one, after checking both sides of each."""

    def __init__(self, transfer: str, order: SyncOrder, source: Store, target: Store, shown: ShownList) -> None:
        self._transfer, self._order, self._source = transfer, order, source
        self._place = order.destination.location
        self._target = target.within(self._place.key)
        self._below = Selection("", self._place, prefixes=[self._place.key], filters=order.selection.filters)
        self._shown = shown

    async def remove(self, picked: SelectedObject) -> ObjectResult:
        """Delete one object. Raises `ProblemError` if the deletion or a check fails."""
        began = time.time()
        return replace(await self._removed(picked), began=began)

    async def _removed(self, picked: SelectedObject) -> ObjectResult:
        name = picked.key[len(self._order.selection.base.key) :]
        shown = ShownObject(name, picked.size, int(picked.modified), picked.etag) if picked.size is not None else None
        shown = shown or await self._shown.find(name)
        if shown is None:
            return self._result(name, Outcome.SKIPPED, 0, NOT_SHOWN)
        if await head_or_none(self._source, Location(self._order.selection.base.bucket, picked.key)):
            return self._result(name, Outcome.SKIPPED, shown.size, SOURCE_HAS_IT)
        key = self._place.key + name
        found = await head_or_none(self._target, Location(self._place.bucket, key))
        if found is None:
            return self._result(name, Outcome.DELETED, shown.size, GONE)
        same_etag = not shown.etag or shown.etag.strip('"') == found.etag.strip('"')
        if not same_etag or (shown.size, shown.modified) != (found.size, int(found.modified)):
            return self._result(name, Outcome.SKIPPED, shown.size, CHANGED)
        try:
            marker = await self._target.delete(self._place.bucket, key, matching=found)
        except ProblemError as error:
            if error.problem.kind is ProblemKind.CHANGED:
                return self._result(name, Outcome.SKIPPED, shown.size, CHANGED)
            if error.problem.kind is not ProblemKind.NO_SUCH_KEY:
                raise
            marker = ""
        await remove_empty_directories(self._target, self._below, [key])
        return self._result(name, Outcome.DELETED, shown.size, marker=marker)

    def kept(self, picked: SelectedObject) -> ObjectResult:
        """The result of an object that is not deleted, because a copy failed."""
        name = picked.key[len(self._order.selection.base.key) :]
        return self._result(name, Outcome.SKIPPED, picked.size or 0, NOT_ALL_COPIED)

    def failed(self, picked: SelectedObject, error: ProblemError, began: float) -> ObjectResult:
        name = picked.key[len(self._order.selection.base.key) :]
        result = self._result(name, Outcome.FAILED, picked.size or 0)
        return replace(result, problem=error.problem, began=began)

    def _result(self, name: str, outcome: Outcome, size: int, note: str = "", marker: str = "") -> ObjectResult:
        uri, now = Location(self._place.bucket, self._place.key + name).uri, time.time()
        notes = [note] if note else []
        return ObjectResult(self._transfer, uri, "", outcome, size, notes=notes, marker=marker, began=now, ended=now)
