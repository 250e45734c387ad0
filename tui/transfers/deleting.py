"""Deleting what is selected, batch by batch: which objects are meant, how they go, what became of each."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from msgspec.structs import replace

from tui.model.location import Location
from tui.model.plan import DeleteOrder, Selection, Tally
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import ObjectResult, Outcome
from tui.stores.base import Store
from tui.transfers.abreast import abreast
from tui.transfers.deciding import UNFIT
from tui.transfers.emptied import remove_emptied
from tui.transfers.filters import ObjectFilter
from tui.transfers.selection import Picked, listed_pages, look_at

MARKER_NOTE = "the bucket keeps versions: a delete marker is put on top of each object, its versions stay"

_NOT_FOR_XML = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]|^\s|\s$")
"""Keys that the XML of DeleteObjects cannot hold or that its readers may change into another one (line breaks, blanks
at the ends; XML 1.0, "Characters" and "End-of-Line Handling"): each goes by a DeleteObject of its own."""

_BETTER_ALONE = (ProblemKind.UNSUPPORTED, ProblemKind.INVALID)
"""A server that does not take DeleteObjects, or not with one of these keys."""

_PASSING = (ProblemKind.THROTTLED, ProblemKind.SERVER)
"""What DeleteObjects may answer for a single key, and a request of its own may do better at."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An object of a selection: what is known of it, and why it is left out (empty: it is to be deleted)."""

    picked: Picked
    left_out: str = ""


class Deleter:
    """Deletes the objects of one transfer."""

    def __init__(self, transfer: str, order: DeleteOrder, store: Store) -> None:
        """Raises `ProblemError` for filters that are none, and for a version of more than one object."""
        self._transfer, self._store, self._selection = transfer, store, order.selection
        self._filter = ObjectFilter(order.selection)
        self._note: str | None = None
        """What is to be said of the bucket; None until somebody has looked."""
        refuse_versions_of_many(order.selection)

    async def delete(self, judged: Sequence[Judged]) -> list[ObjectResult]:
        """Delete those that are meant of at most 1,000 objects; returns what became of each, in their order.

        Nothing is raised for what cannot be deleted. A key that is not there (any more) counts as deleted.
        """
        began = time.time()
        note = await self.note(judged)
        meant = [each.picked.key for each in judged if not each.left_out]
        problems = await self._delete(meant)
        await remove_emptied(self._store, self._selection, (key for key in meant if key not in problems))
        results = [self._result(each, problems.get(each.picked.key), began) for each in judged]
        return _with_note(results, note)

    async def judge(self, batch: Sequence[Picked]) -> list[Judged]:
        """Which objects are meant: marked keys are looked at where their names do not tell."""
        if not self._filter.asks_more:
            return [_listed(picked) for picked in batch]
        return await abreast(self._judge, batch)

    async def note(self, judged: Sequence[Judged]) -> str:
        """What the user should know of deletions in this bucket, said once; empty if nothing, or said already.

        Whether the bucket keeps versions is seen by HeadObject on an object that is to be deleted.
        """
        first = next((each.picked.key for each in judged if not each.left_out), None)
        if self._note is not None or first is None or self._selection.version:
            return ""
        try:
            version = (await self._store.head(self._selection.base.bucket, first)).version
        except ProblemError:
            version = ""  # a note is not worth more than one look; deleting will say what is wrong
        self._note = "" if version in ("", "null") else MARKER_NOTE
        return self._note

    async def _judge(self, picked: Picked) -> Judged:
        if picked.size is not None:
            return _listed(picked)  # filtered as it was listed
        try:
            seen = await look_at(self._store, self._selection, picked.key)
        except ProblemError as error:
            return Judged(picked, f"whether the filters mean it cannot be seen: {error.problem.title}")
        why = self._filter.why_not(seen.size or 0, seen.modified)
        return Judged(seen, f"left out by the filters: {why}" if why else "")

    async def _delete(self, keys: list[str]) -> dict[str, Problem]:
        """What went wrong, by key."""
        if self._selection.version:
            return await self._delete_alone(keys)
        together = [key for key in keys if not _NOT_FOR_XML.search(key)]
        alone = [key for key in keys if _NOT_FOR_XML.search(key)]
        problems = await self._delete_together(together) if together else {}
        return problems | await self._delete_alone(alone)

    async def _delete_together(self, keys: list[str]) -> dict[str, Problem]:
        try:
            problems = await self._store.delete_many(self._selection.base.bucket, keys)
        except ProblemError as error:
            if error.problem.kind in _BETTER_ALONE:
                return await self._delete_alone(keys)
            return dict.fromkeys(keys, error.problem)
        again = [key for key, problem in problems.items() if problem.kind in _PASSING]
        for key in again:
            del problems[key]
        return problems | await self._delete_alone(again)

    async def _delete_alone(self, keys: list[str]) -> dict[str, Problem]:
        async def one(key: str) -> Problem | None:
            try:
                await self._store.delete(self._selection.base.bucket, key, self._selection.version)
            except ProblemError as error:
                return error.problem
            return None

        problems = await abreast(one, keys)
        return {key: problem for key, problem in zip(keys, problems, strict=True) if problem}

    def _result(self, judged: Judged, problem: Problem | None, began: float) -> ObjectResult:
        picked = judged.picked
        outcome = Outcome.SKIPPED if judged.left_out else Outcome.FAILED if problem else Outcome.DELETED
        return ObjectResult(
            transfer=self._transfer,
            source=Location(self._selection.base.bucket, picked.key).uri,
            target="",
            outcome=outcome,
            size=picked.size or 0,
            notes=[judged.left_out] if judged.left_out else [],
            problem=problem,
            version=self._selection.version,
            began=began,
            ended=time.time(),
        )


def _listed(picked: Picked) -> Judged:
    """It is to be deleted, unless it is no object."""
    return Judged(picked, UNFIT.format(picked.unfit) if picked.unfit else "")


def _with_note(results: list[ObjectResult], note: str) -> list[ObjectResult]:
    """The results, the first deleted one with the note."""
    for number, result in enumerate(results):
        if note and result.outcome is Outcome.DELETED:
            results[number] = replace(result, notes=[*result.notes, note])
            break
    return results


def refuse_versions_of_many(selection: Selection) -> None:
    """Raise `ProblemError` if a version is named, but not exactly one object selected."""
    if selection.version and (len(selection.keys) != 1 or selection.prefixes):
        raise ProblemError(
            Problem(
                kind=ProblemKind.INVALID,
                title="a version was named, but not exactly one object selected",
                remedy="select one object",
            )
        )


async def plan_delete(order: DeleteOrder, store: Store) -> AsyncGenerator[Tally]:
    """How many objects a deletion would take, and their bytes: after each page, the last one complete.

    A marked key that cannot be looked at is counted without its size. Raises `ProblemError` as listings do, and for
    an order that makes no sense or is forbidden.
    """
    refuse_versions_of_many(order.selection)
    if forbidden := await store.write_refusal(order.selection.base.bucket):
        raise ProblemError(forbidden)
    wanted = ObjectFilter(order.selection)
    tally = Tally()

    async def known(picked: Picked) -> Picked:
        if picked.size is not None or not wanted.takes_name(picked.key):
            return picked
        try:
            return await look_at(store, order.selection, picked.key)
        except ProblemError:
            return picked  # the deletion itself will say what is wrong with it

    async with aclosing(listed_pages(store, order.selection)) as pages:
        async for page in pages:
            seen = await abreast(known, page) if page and page[0].size is None else page
            meant = [each for each in seen if wanted.takes(each.key, each.size, each.modified)]
            unfit = sum(bool(each.unfit) for each in meant)
            tally = Tally(
                objects=tally.objects + len(meant) - unfit,
                bytes=tally.bytes + sum(each.size or 0 for each in meant),
                filtered=tally.filtered + len(page) - len(meant),
                unfit=tally.unfit + unfit,
            )
            yield tally
    yield replace(tally, complete=True)
