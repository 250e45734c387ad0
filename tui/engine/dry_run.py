"""Dry runs: what an order would do to each object, and why. Nothing is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from msgspec.structs import replace

from tui.core.location import Location
from tui.core.naming import counted
from tui.core.orders import CopyOrder, DeleteOrder, Order, Selection, SyncOrder
from tui.core.problem import Problem, ProblemError
from tui.core.transfer import PlannedAction, PlannedObject
from tui.features.sync.plan_sync import dry_run_sync, unlisted_line
from tui.stores.base import Store
from tui.transfers.attributes import RESTORED_FIRST
from tui.transfers.bucket_owner import Owners, TargetBucket
from tui.transfers.copy.decision import CopyDecision, Decider
from tui.transfers.copy.delivery import SourceSnapshot
from tui.transfers.copy.moves import risk
from tui.transfers.copy.parts import relay_sizing, server_side_sizing
from tui.transfers.copy.routes import Copier
from tui.transfers.deletion import Deleter, DeletionCandidate, refuse_missing
from tui.transfers.limits import SharedLimits, TransferLimits
from tui.transfers.local_disk import REMOVED, DiskNames
from tui.transfers.selection import ObjectFilter, SelectedObject, section_count, section_pages
from tui.transfers.sides import ResolvedRoute, Sides, sides_of
from tui.transfers.tasks import AT_ONCE, in_batches

THEN_REMOVED = "the source is deleted after the copy is verified"
LINK = "a symbolic link: copies the content of {}"
NO_ROUTE = "no route: no identity can both read the source and write the target"
DELETED = "selected"

_MAY_BE_RENAMED = re.compile(r" \(\d+\)")
"""Only such a key can be the new name of another object."""

_WRITING = (PlannedAction.COPY, PlannedAction.OVERWRITE, PlannedAction.RENAME)


async def dry_run(order: CopyOrder, source: Store, target: Store, owners: Owners) -> AsyncGenerator[PlannedObject]:
    """What the copy or move would do to each object, in listing order.

    The transfer's own `Decider` decides by what it sees now. A dry run cannot try whether the target may be written; if
    the route depends on it, the line says both. Objects of one transfer run side by side, so that numbered names may be
    exchanged. Raises `ProblemError` for an order that makes no sense, and for a listing that fails at once; later
    listing errors are lines.
    """
    if isinstance(order, SyncOrder):
        async with aclosing(dry_run_sync(order, source, target)) as lines:
            async for line in lines:
                yield line
        return
    Sides(order, source, target, owners).refuse_nonsense()
    server_side_sizing(order.options)
    relay_sizing(order.options)
    sides = await sides_of(order, source, target, owners)
    if forbidden := sides.refusal():
        async for line in _all_refused(order, source, forbidden):
            yield line
        return
    forecaster = _Forecaster(sides)
    async with aclosing(_pages(source, order.selection)) as pages:
        async for page in pages:
            if isinstance(page, Problem):
                yield unlisted_line(page)
                continue
            for start in range(0, len(page), AT_ONCE):
                for planned in await forecaster.plan(page[start : start + AT_ONCE]):
                    yield planned


async def dry_run_deletion(order: DeleteOrder, store: Store) -> AsyncGenerator[PlannedObject]:
    """Raises `ProblemError` like `dry_run`, and if the only key is missing."""
    deleter, note, wanted = Deleter("", order, store), "", ObjectFilter(order.selection)
    if forbidden := await store.write_refusal(order.selection.base.bucket):
        async for line in _all_refused(order, store, forbidden):
            yield line
        return
    out = Counter[str]()
    async with aclosing(_pages(store, order.selection, out)) as pages:
        async for page in pages:
            if isinstance(page, Problem):
                yield unlisted_line(page)
                continue
            judged = await deleter.judge(page)
            refuse_missing(order.selection, judged)
            note = note or await deleter.note(judged)
            for each in judged:
                yield _deleted(order, each, note, wanted.rule(each.picked.key))
    for why, number in out.items():
        words = f"{counted(number, 'object')} left out: {why}"
        yield PlannedObject(order.selection.base.uri, "", PlannedAction.SKIP, words, objects=number)


def _deleted(order: DeleteOrder, judged: DeletionCandidate, note: str, rule: str) -> PlannedObject:
    """One object; `rule` is the matching filter pattern as a clause."""
    refused = judged.missing.sentence() if judged.missing else ""
    action = PlannedAction.REFUSE if refused else PlannedAction.SKIP if judged.left_out else PlannedAction.DELETE
    return PlannedObject(
        source=Location(order.selection.base.bucket, judged.picked.key).uri,
        target="",
        action=action,
        why=refused
        or judged.left_out
        or "; ".join(filter(None, ((REMOVED if judged.link else "") or note or DELETED, rule))),
        size=judged.picked.size,
    )


async def _all_refused(order: Order, source: Store, forbidden: Problem) -> AsyncGenerator[PlannedObject]:
    """The selection, of which nothing is written or deleted."""
    async with aclosing(_pages(source, order.selection)) as pages:
        async for page in pages:
            if isinstance(page, Problem):
                yield unlisted_line(page)
                continue
            for picked in page:
                uri = Location(order.selection.base.bucket, picked.key).uri
                yield PlannedObject(uri, "", PlannedAction.REFUSE, forbidden.sentence(), picked.size)


async def _pages(
    store: Store, selection: Selection, out: Counter[str] | None = None
) -> AsyncGenerator[list[SelectedObject] | Problem]:
    """The selected objects; if part of them cannot be listed, the reason stands in their place.

    `out` counts the others by the rule that leaves them out.

    Raises `ProblemError` if a listing fails at its beginning, and for errors that affect everything.
    """
    wanted = ObjectFilter(selection)
    for section in range(section_count(selection)):
        begun = False
        try:
            async with aclosing(section_pages(store, selection, section)) as pages:
                async for page in pages:
                    begun = True
                    taken = [each for each in page.picked if wanted.takes(each.key, each.size, each.modified)]
                    if out is not None and len(taken) < len(page.picked):
                        whys = (wanted.why_out(each.key, each.size, each.modified) for each in page.picked)
                        out.update(filter(None, whys))
                    yield taken
        except ProblemError as error:
            if not begun:
                raise
            yield _of_the_object(error)


class _Forecaster:
    """Predicts what the transfer would do to each object, and remembers the names it would have used."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        copier = Copier(sides, TargetBucket(), SharedLimits(TransferLimits()))  # for reading only
        self._copier = copier
        self._decider = Decider(sides, copier.look, always_look=True)
        self._names = DiskNames(sides.target, sides.target_bucket)

    async def plan(self, some: Sequence[SelectedObject]) -> list[PlannedObject]:
        """The lines of these objects: looked at side by side, decided one after another."""
        looked = await in_batches(self._look, some)
        return [await self._planned(picked, each) for picked, each in zip(some, looked, strict=True)]

    async def _look(self, picked: SelectedObject) -> CopyDecision | Problem:
        try:
            return await self._decider.look(picked)
        except ProblemError as error:
            return _of_the_object(error)

    async def _planned(self, picked: SelectedObject, looked: CopyDecision | Problem) -> PlannedObject:
        if isinstance(looked, Problem):
            return self._refused(picked, looked.sentence())
        try:
            decision = await self._decider.settle(looked)
        except ProblemError as error:
            return self._refused(picked, _of_the_object(error).sentence())
        if _MAY_BE_RENAMED.search(decision.key) and decision.action in _WRITING:
            self._decider.keys.hold(decision.key)
        else:
            self._decider.keys.release(decision.key)
        line = self._line(picked, decision)
        if line.action in _WRITING and (why := await self._names.why_not(decision.key, line.size or 0)):
            return self._refused(picked, why)
        return await self._with_annotations(line, looked.seen) if line.action in _WRITING else line

    async def _with_annotations(self, line: PlannedObject, seen: SourceSnapshot | None) -> PlannedObject:
        """Add a note on the object's annotations, if it has any."""
        found = (await self._copier.annotator.list(seen.key)).found if seen else None
        if not found:
            return line
        options, kept = self._sides.order.options, self._sides.target.capabilities.annotations
        without = "without" if not (options.annotations and kept) else "with"
        return replace(line, why=f"{line.why}; {without} its {counted(len(found), 'annotation')}")

    def _line(self, picked: SelectedObject, decision: CopyDecision) -> PlannedObject:
        seen = decision.seen
        key = self._sides.target_key(picked.key) if picked.unfit else decision.key
        line = PlannedObject(
            source=self._sides.source_uri(picked.key),
            target=self._sides.target_uri(key),
            action=decision.action or PlannedAction.SKIP,
            why=decision.why,
            size=seen.head.size if seen else picked.size,
        )
        if seen is None or decision.action is PlannedAction.SKIP:
            return line
        ways = [way for way in self._sides.ways() if seen.refusal(way.reader) is None]
        if not ways:
            return replace(line, action=PlannedAction.REFUSE, why=NO_ROUTE)
        also = [LINK.format(seen.head.leads_to)] if seen.head.leads_to else []
        also += [RESTORED_FIRST] if seen.archived else []
        after = [THEN_REMOVED] if self._sides.order.options.move else []
        line = replace(line, note="; ".join(filter(None, [*after, risk(self._sides, seen.head)])))
        if _is_sure(ways):
            return replace(line, route=ways[0].route, why="; ".join([decision.why, *also]))
        open_routes = f"by {ways[0].route} if {ways[0].writer.label} has write access, otherwise by {ways[1].route}"
        return replace(line, why="; ".join([decision.why, open_routes, *also]))

    def _refused(self, picked: SelectedObject, why: str) -> PlannedObject:
        return PlannedObject(
            source=self._sides.source_uri(picked.key), target="", action=PlannedAction.REFUSE, why=why, size=picked.size
        )


def _is_sure(ways: Sequence[ResolvedRoute]) -> bool:
    """Whether the first way is certain, provided the object can be written: all ways have the same writer."""
    return all(way.writer is ways[0].writer for way in ways[1:]) or (
        ways[0].server_side and not ways[0].route.written_by_source
    )


def _of_the_object(error: ProblemError) -> Problem:
    """The problem of this object; if every other object would meet it, too, the dry run ends."""
    if error.problem.kind.meaning.ends_after is not None:
        raise error
    return error.problem
