"""A transfer taken back, object by object: what it wrote and the markers it made are deleted, by version id.

Only where they are still the latest: what came later is never touched. Between the look and the deletion somebody may
write; then the version that goes is a noncurrent one, and the newer one stays.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from msgspec.structs import replace

from tui.core.location import Location, kind_at, parse_location
from tui.core.orders import CopyOrder, DeleteOrder, Order, RevertOrder, Selection, WriteOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome, PlannedAction, PlannedObject, Tally, Transfer
from tui.core.versions import NULL_VERSION, ObjectVersion
from tui.features.versions.history import versions_of
from tui.messages.listing_requests import UndoEntry
from tui.stores.base import Store
from tui.transfers.copy.object_copy import BEFORE
from tui.transfers.counting import Keep
from tui.transfers.journal import Journal
from tui.transfers.selection import SectionPage, SelectedObject

KEPT_NONE = "the bucket kept no versions"
SUSPENDED = "versioning was suspended: the earlier content may be lost"
SOURCE_GONE = "the source has no recorded delete marker: its bucket kept no versions, or the move was interrupted"
INTERRUPTED = "it was copied just before an interruption: the ID of the new version is unknown"
FOR_GOOD = "a version was deleted permanently"
NEWER = "unchanged: it was written or deleted again since"
BACK_ALREADY = "its delete marker is already gone"
GONE_ALREADY = "the version is already gone"
COPY_STAYS = "its copy stays: the ID of its version is unknown"
REMOVES_MARKER, REMOVES_VERSION = "removes the delete marker", "deletes the version that was written"

WROTE = frozenset({Outcome.COPIED, Outcome.MOVED, Outcome.DELETED, Outcome.WRITTEN})
"""What can be taken back at all."""


def why_not(result: ObjectResult) -> str:
    """Why what became of an object cannot be taken back, as a clause; empty: its version ids are known."""
    made, marker = result.made, result.marker
    if result.outcome is not Outcome.DELETED:
        if not made and BEFORE in result.notes:
            return "" if _comes_back(result) else INTERRUPTED
        if not (there := kind_at(result.target)).has_versions:
            return there.keeps_none
        if made in ("", NULL_VERSION):
            return SUSPENDED if made else KEPT_NONE
    if result.outcome in (Outcome.COPIED, Outcome.WRITTEN):
        return ""
    if not (here := kind_at(result.source)).has_versions:
        return here.keeps_none
    if marker == NULL_VERSION:
        return SUSPENDED
    if not marker and result.outcome is Outcome.MOVED:
        return SOURCE_GONE
    if not marker:
        return FOR_GOOD if result.version else KEPT_NONE
    return ""


def _comes_back(result: ObjectResult) -> bool:
    """Whether the source of an interrupted move can be brought back, though its copy has to stay."""
    return result.outcome is Outcome.MOVED and not result.made and result.marker not in ("", NULL_VERSION)


def revert_order(transfer: str, order: Order) -> RevertOrder | None:
    """The order that takes a transfer back; None: this kind of transfer is not taken back."""
    match order:
        case DeleteOrder(selection=selection) | WriteOrder(selection=selection):
            return RevertOrder(Selection(selection.connection, selection.base), transfer)
        case CopyOrder(selection=selection, destination=destination):
            written = Selection(destination.connection, destination.location)
            return RevertOrder(written, transfer, selection.connection if order.options.move else "")
    return None


@dataclass(frozen=True, slots=True)
class RevertStep:
    """One deletion that takes something back, and why it is not made (empty: it is)."""

    store: Store
    place: Location
    version: str
    left: str = ""
    done: bool = False
    """Whether it was taken back already: no reason not to make the others."""


class Reverter:
    """Takes back what a transfer did to each object."""

    def __init__(self, order: RevertOrder, store: Store, source: Store | None, journal: Journal) -> None:
        """`store` deletes what was written, `source` the markers; None: both are the same."""
        self._order, self._journal = order, journal
        self._store, self._source = store, source or store

    async def result(self, key: str) -> ObjectResult:
        """What became of an object. Raises `ProblemError` if the journal has it no more."""
        result = await self._journal.results.one(self._order.transfer, key)
        if result is None:
            title = f"the journal no longer has the results of transfer {self._order.transfer}"
            raise ProblemError(Problem(ProblemKind.INVALID, title, remedy="restore the versions one by one"))
        return result

    async def steps(self, result: ObjectResult) -> list[RevertStep]:
        """What takes it back, in order: first the source is there again. Raises `ProblemError`."""
        steps = []
        if result.marker and result.outcome is not Outcome.COPIED:
            steps.append(await self._step(self._source, result.source, result.marker, BACK_ALREADY))
        if result.made and result.outcome is not Outcome.DELETED:
            steps.append(await self._step(self._store, result.target or result.source, result.made, GONE_ALREADY))
        return steps

    async def _step(self, store: Store, uri: str, version: str, gone: str) -> RevertStep:
        place = parse_location(uri)
        latest: ObjectVersion | None = None
        async with aclosing(versions_of(store, place)) as pages:
            async for page in pages:
                latest = latest or next(iter(page.versions), None)
                if latest and latest.version == version:
                    return RevertStep(store, place, version)
                if any(each.version == version for each in page.versions):
                    return RevertStep(store, place, version, NEWER)
        return RevertStep(store, place, version, gone, done=bool(latest and not latest.marker))

    async def carry_out(self, steps: list[RevertStep]) -> str:
        """Do it; returns why it was left as it is, empty if it was done. Raises `ProblemError`.

        Where the source of a move is not brought back, its copy stays.
        """
        if left := why_left(steps):
            return left
        for step in steps:
            if not step.done:
                await step.store.delete(step.place.bucket, step.place.key, step.version)
        return ""

    async def pages(self, section: int, after: str = "") -> AsyncGenerator[SectionPage]:  # noqa: ARG002  # results come in the order of finishing
        """The objects whose version ids are known, from the first: by their keys in the journal."""
        async with aclosing(self._journal.results.by_key(self._order.transfer)) as chunks:
            async for chunk in chunks:
                possible = [one for one in chunk if one[1].outcome in WROTE and not why_not(one[1])]
                picked = [SelectedObject(key, result.size) for key, result in possible]
                if section == 0 and picked:
                    yield SectionPage(0, picked)

    async def count(self, _keep: Keep | None = None) -> AsyncGenerator[Tally]:
        tally = Tally()
        async with aclosing(self.pages(0)) as pages:
            async for page in pages:
                found = len(page.picked)
                size = sum(each.size or 0 for each in page.picked)
                tally = replace(tally, objects=tally.objects + found, bytes=tally.bytes + size)
                yield tally
        yield replace(tally, complete=True)

    async def dry_run(self) -> AsyncGenerator[PlannedObject]:
        if forbidden := await self._store.write_refusal(self._order.selection.base.bucket):
            raise ProblemError(forbidden)
        async with aclosing(self._journal.results.by_key(self._order.transfer)) as chunks:
            async for chunk in chunks:
                for _, result in chunk:
                    if result.outcome in WROTE:
                        yield await self._planned(result)

    async def _planned(self, result: ObjectResult) -> PlannedObject:
        why = why_not(result)
        try:
            steps = [] if why else await self.steps(result)
        except ProblemError as error:
            return PlannedObject(result.source, result.target, PlannedAction.REFUSE, error.problem.sentence())
        why = why or why_left(steps)
        if why:
            return PlannedObject(result.source, result.target, PlannedAction.SKIP, why, result.size)
        does = [REMOVES_MARKER] if result.marker else []
        does += [REMOVES_VERSION] if result.made and result.outcome is not Outcome.DELETED else []
        does += [COPY_STAYS] if _comes_back(result) else []
        return PlannedObject(result.source, result.target, PlannedAction.UNDO, ", ".join(does), result.size)


def why_left(steps: Sequence[RevertStep]) -> str:
    """Why an object is left as it is: one step cannot be made, or none is left to be made; empty: it is not left."""
    blocking = [step.left for step in steps if step.left and not step.done]
    todo = [step for step in steps if not step.done]
    return next(iter(blocking), "") or ("" if todo or not steps else steps[0].left)


async def undo_list(transfers: Sequence[Transfer], journal: Journal) -> AsyncGenerator[UndoEntry]:
    """Those that wrote or deleted something, the latest first; each result is looked at, none is kept."""
    orders = {record.id: record.order for record in await journal.transfers()}
    undoing = defaultdict[str, list[Transfer]](list)
    for each in sorted(transfers, key=lambda each: each.submitted):
        if isinstance(order := orders.get(each.id), RevertOrder) and (each.objects_done or not each.state.ended):
            undoing[order.transfer].append(each)
    for transfer in sorted(transfers, key=lambda each: each.submitted, reverse=True):
        done = orders.get(transfer.id)
        revert = revert_order(transfer.id, done) if done else None
        if revert is None:
            continue
        objects, reasons = 0, Counter[str]()
        async with aclosing(journal.results.of(transfer.id)) as results:
            async for result in results:
                if result.outcome in WROTE:
                    objects += 1
                    reasons[why_not(result)] += 1
        if objects:
            possible = reasons.pop("", 0)
            why = next((why for why, _ in reasons.most_common(1)), "")
            undone = undoing.get(transfer.id, [])
            yield UndoEntry(
                transfer,
                revert,
                objects,
                possible,
                why,
                undone[-1].id if undone else "",
                sum(each.objects_done for each in undone),
                undoing=any(not each.state.ended for each in undone),
            )
