"""What a synchronisation does with each name: found by a comparison, the source on the left."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from tui.core.orders import SyncOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.model.comparing.comparison import ComparedRow, Comparison, ComparisonState, Evidence, Place
from tui.stores.base import Store
from tui.stores.store_values import ARCHIVES
from tui.transfers.comparison.compare import Compared, Comparer, copied
from tui.transfers.restorer import may_be_archived
from tui.transfers.selection import Picked, SectionPage
from tui.transfers.sync.shown import Shown, ShownList

COPIES, DELETIONS = 1, 2
"""The sections of a synchronisation; there are no marked keys."""

SECTIONS = 3


def comparison_of(order: SyncOrder) -> Comparison:
    """The comparison that a synchronisation goes by."""
    selection, destination = order.selection, order.destination
    return Comparison(
        Place(selection.connection, selection.base),
        Place(destination.connection, destination.location),
        selection.filters,
        order.by,
    )


def refuse_senseless_sync(order: SyncOrder, source: Store, target: Store) -> None:
    """Raise `ProblemError` for an order that makes no sense, or would delete what it copies."""
    Comparer(comparison_of(order), source, target)
    here, there = order.selection.base, order.destination.location
    if here.bucket == there.bucket and source.endpoint == target.endpoint and here.key.startswith(there.key):
        raise _invalid(
            "the source is inside the target",
            f"{here.uri} lies below {there.uri}, where it would be among what only the target has",
            "choose two places that do not contain one another",
        )
    if order.delete and not order.shown:
        raise _invalid("what would be deleted has not been shown", "", "plan the synchronisation first")


class Changes:
    """The objects of one synchronisation."""

    def __init__(
        self, order: SyncOrder, source: Store, target: Store, shown: ShownList | None, since: float | None = None
    ) -> None:
        """Raises `ProblemError` for filters that are none. Keys of both sections are those of the source.

        `since`, in seconds since the epoch: what is the same, and was written at the target since then, is among the
        copies, too. So a synchronisation that was interrupted finds the copies whose results were not written down.
        """
        self._since, self.by = since, order.by
        self.arrived: dict[str, Evidence] = {}
        """Keys of those copies in `pages`, and what proves that they are the same; whoever takes one removes it."""
        self._comparer = Comparer(comparison_of(order), source, target, syncs=True)
        self._base = order.selection.base.key
        self._shown = shown

    async def pages(self, section: int, after: str = "") -> AsyncGenerator[SectionPage]:
        """The objects of a section behind a key; raises `ProblemError` as listings do."""
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

    def steps(self, after: str = "") -> AsyncGenerator[Compared]:
        """The comparison, from behind a key."""
        return self._comparer.run(after[len(self._base) :], every=self._since is not None)

    def copies(self, rows: Sequence[ComparedRow]) -> list[Picked]:
        """Those that are copied."""
        return [
            Picked(
                self._base + row.name,
                row.left.size,
                row.left.modified,
                "",
                row.left.storage_class in ARCHIVES,
                row.left.etag,
                row.left.storage_class,
            )
            for row in rows
            if row.left and (copied(row) or self._may_be_ours(row))
        ]

    async def archived_copies(self) -> AsyncGenerator[list[Picked]]:
        """Of what is copied, what may be archived; raises `ProblemError` as listings do."""
        async with aclosing(self.steps()) as steps:
            async for step in steps:
                if some := [each for each in self.copies(step.rows) if may_be_archived(each)]:
                    yield some

    def _may_be_ours(self, row: ComparedRow) -> bool:
        """Whether it may be a copy that was made before an interruption."""
        if self._since is None or row.state is not ComparisonState.SAME or row.right is None:
            return False
        return row.right.modified >= self._since

    async def _deletions(self, after: str) -> AsyncGenerator[SectionPage]:
        name = after[len(self._base) :] if after else None
        while self._shown and (rows := await self._shown.behind(name)):
            yield SectionPage(
                DELETIONS, [Picked(self._base + row.name, row.size, row.modified, etag=row.etag) for row in rows]
            )
            name = rows[-1].name


def shown_rows(rows: Sequence[ComparedRow]) -> list[Shown]:
    """What only the target has."""
    return [
        Shown(row.name, row.right.size, row.right.modified, row.right.etag)
        for row in rows
        if row.state is ComparisonState.RIGHT and row.right
    ]


def _invalid(title: str, cause: str, remedy: str) -> ProblemError:
    return ProblemError(Problem(kind=ProblemKind.INVALID, title=title, cause=cause, remedy=remedy))
