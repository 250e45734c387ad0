"""Deleting what is selected, batch by batch: which objects are meant, how they go, what became of each."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from tui.core.location import DELIMITER, Location
from tui.core.orders import DeleteOrder, Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome, Tally
from tui.stores.base import Store
from tui.stores.operations import version_pages
from tui.stores.store_values import ObjectHead
from tui.transfers.backoff import passes
from tui.transfers.counting import Keep
from tui.transfers.local_disk import LINK, REMOVED, is_disk, is_link, remove_empty_directories
from tui.transfers.selection import (
    UNFIT,
    ObjectFilter,
    SelectedObject,
    change_since,
    listed_pages,
    look_at,
    refuse_missing_bucket,
)
from tui.transfers.tasks import in_batches

LOCKED = "locked: {}. A delete marker is added, the version is kept"
LOCKED_VERSION = "locked: {}. The version cannot be deleted before the lock ends"
GONE = "it no longer existed when the deletion resumed"
MARKER_NOTE = "the bucket has versioning: each object gets a delete marker, its versions are kept"

_BETTER_ALONE = (ProblemKind.UNSUPPORTED, ProblemKind.INVALID)
"""A server that does not take DeleteObjects, or not with one of these keys."""


@dataclass(frozen=True, slots=True)
class DeletionCandidate:
    """An object of a selection: what is known of it, and why it is left out (empty: it is to be deleted).

    `link`: it is a symbolic link.

    `missing`: the object does not exist, or is another one than was listed; deleting what does not exist would only put
    a delete marker where a bucket keeps versions.
    `gone`: there is none any more, and this deletion may have been what removed it.
    """

    picked: SelectedObject
    left_out: str = ""
    missing: Problem | None = None
    gone: bool = False
    link: bool = False

    @property
    def notes(self) -> list[str]:
        if self.left_out:
            return [self.left_out]
        return [note for note, said in ((GONE, self.gone), (REMOVED, self.link)) if said]

    @property
    def meant(self) -> bool:
        return not self.left_out and self.missing is None and not self.gone


class Deleter:
    """Deletes the objects of one transfer."""

    def __init__(self, transfer: str, order: DeleteOrder, store: Store) -> None:
        """Raises `ProblemError` for filters that are none, and for a version of more than one object."""
        self._transfer, self._selection = transfer, order.selection
        self._store = store.within(order.selection.base.key)
        self._filter = ObjectFilter(order.selection)
        self._note: str | None = None
        """The note about the bucket; None until it was checked."""
        self._versioned: bool | None = None
        """Whether the bucket has ever kept versions; None: not known."""
        refuse_versions_of_many(order.selection)

    async def delete(self, judged: Sequence[DeletionCandidate]) -> list[ObjectResult]:
        """Delete those that are meant of at most 1,000 objects; returns what became of each, in their order.

        Nothing is raised for what cannot be deleted. A key that is gone since it was judged counts as deleted.
        """
        began = time.time()
        note = await self.note(judged)
        meant = [each.picked.key for each in judged if each.meant]
        markers = dict[str, str]()
        problems = await self._delete(meant, markers)
        await remove_empty_directories(self._store, self._selection, (key for key in meant if key not in problems))
        results = [
            self._result(each, each.missing or problems.get(each.picked.key), markers.get(each.picked.key, ""), began)
            for each in judged
        ]
        first = next((at for at, each in enumerate(results) if each.outcome is Outcome.DELETED), None)
        if note and first is not None:
            results[first] = replace(results[first], notes=[*results[first].notes, note])
        return results

    async def judge(self, batch: Sequence[SelectedObject], *, again: bool = False) -> list[DeletionCandidate]:
        """Decide which objects are deleted: marked keys, which no listing has shown, are looked at.

        `again`: the deletion continues after an interruption, and may have deleted what is not there.
        """
        return await in_batches(partial(self._judge, again=again), batch)

    async def note(self, judged: Sequence[DeletionCandidate]) -> str:
        """A note for the user about deletions in this bucket; empty if there is none, or it was returned already.

        Whether the bucket keeps versions is seen by HeadObject on an object that is to be deleted.
        """
        first = next((each.picked.key for each in judged if each.meant), None)
        if self._note is not None or first is None:
            return ""
        try:
            head = await self._store.head(self._selection.base.bucket, first, self._selection.version)
        except ProblemError:
            self._note = ""  # a note is not worth more than one look; deleting will say what is wrong
        else:
            self._note = self._words(head)
            self._versioned = bool(head.version)
        return self._note

    def _words(self, head: ObjectHead) -> str:
        if self._selection.version:
            return LOCKED_VERSION.format(head.lock.words) if head.lock else ""
        marker = "" if head.version in ("", "null") else MARKER_NOTE
        return "; ".join(filter(None, (marker, LOCKED.format(head.lock.words) if head.lock else "")))

    async def _judge(self, picked: SelectedObject, *, again: bool) -> DeletionCandidate:
        if picked.size is not None and not (picked.etag and self._selection.listed):
            # It was filtered as it was listed. A marked link to a directory is deleted, too.
            link = is_marked_link(self._selection, picked)
            unfit = UNFIT.format(picked.unfit) if picked.unfit and not link else ""
            return DeletionCandidate(picked, unfit, link=link)
        link = await is_link(self._store, self._selection.base.bucket, picked.key)
        try:
            seen = await look_at_meant(self._store, self._selection, picked.key)
        except ProblemError as error:
            if await is_missing(self._store, self._selection, picked.key, error.problem):
                return DeletionCandidate(picked, missing=None if again else error.problem, gone=again)
            if not self._filter.asks_more:
                return DeletionCandidate(picked, link=link)  # deleting needs no right to read
            return DeletionCandidate(picked, f"the filters cannot be checked for it: {error.problem.title}")
        if changed := change_since(self._selection, picked, seen.etag):
            return DeletionCandidate(seen, missing=changed)
        why = self._filter.why_not(seen.size or 0, seen.modified)
        return DeletionCandidate(seen, f"skipped by the filters: {why}" if why else "", link=link)

    async def _delete(self, keys: list[str], markers: dict[str, str]) -> dict[str, Problem]:
        """What went wrong, by key; `markers` gets the ids of delete markers."""
        if self._selection.version:
            return await self._delete_alone(keys, markers)
        return await self._delete_together(keys, markers) if keys else {}

    async def _delete_together(self, keys: list[str], markers: dict[str, str]) -> dict[str, Problem]:
        wanted = None if self._versioned is False else markers  # else the answer is short: only what went wrong
        try:
            problems = await self._store.delete_many(self._selection.base.bucket, keys, wanted)
        except ProblemError as error:
            if error.problem.kind in _BETTER_ALONE:
                return await self._delete_alone(keys, markers)
            return dict.fromkeys(keys, error.problem)
        again = [key for key, problem in problems.items() if passes(problem)]
        for key in again:
            del problems[key]
        return problems | await self._delete_alone(again, markers)

    async def _delete_alone(self, keys: list[str], markers: dict[str, str]) -> dict[str, Problem]:
        async def one(key: str) -> Problem | None:
            try:
                markers[key] = await self._store.delete(self._selection.base.bucket, key, self._selection.version)
            except ProblemError as error:
                return error.problem
            return None

        problems = await in_batches(one, keys)
        return {key: problem for key, problem in zip(keys, problems, strict=True) if problem}

    def _result(self, judged: DeletionCandidate, problem: Problem | None, marker: str, began: float) -> ObjectResult:
        picked = judged.picked
        outcome = Outcome.SKIPPED if judged.left_out else Outcome.FAILED if problem else Outcome.DELETED
        return ObjectResult(
            transfer=self._transfer,
            source=Location(self._selection.base.bucket, picked.key).uri,
            target="",
            outcome=outcome,
            size=picked.size or 0,
            notes=judged.notes,
            problem=problem,
            version=self._selection.version,
            marker="" if problem else marker,
            began=began,
            ended=time.time(),
        )


def is_marked_link(selection: Selection, picked: SelectedObject) -> bool:
    """Whether it is a link to a directory that is a selected row itself."""
    return picked.unfit == LINK and picked.key + DELIMITER in selection.prefixes


def refuse_versions_of_many(selection: Selection) -> None:
    """Raise `ProblemError` if a version is named, but not exactly one object selected."""
    if selection.version and (len(selection.keys) != 1 or selection.prefixes):
        title = "a version id needs exactly one selected object"
        raise ProblemError(Problem(ProblemKind.INVALID, title, remedy="select one object"))


async def look_at_meant(store: Store, selection: Selection, key: str) -> SelectedObject:
    """A marked key, or the named version of it. Raises `ProblemError`."""
    return await (look_at_version if selection.version else look_at)(store, selection, key)


async def is_missing(store: Store, selection: Selection, key: str, problem: Problem) -> bool:
    """Whether looking at a key failed because nothing is there. A link that leads nowhere is there, on a disk.

    Raises `ProblemError` if the bucket is missing, and not only this key.
    """
    await refuse_missing_bucket(store, selection, problem)
    if problem.kind is not ProblemKind.NO_SUCH_KEY:
        return False
    return not (is_disk(store) and await asyncio.to_thread(os.path.lexists, Location(selection.base.bucket, key).path))


def refuse_lone(selection: Selection, missing: Problem) -> None:
    """Raise `ProblemError` if the missing key is all that is selected."""
    if len(selection.keys) == 1 and not selection.prefixes:
        raise ProblemError(missing)


def refuse_missing(selection: Selection, judged: Sequence[DeletionCandidate]) -> None:
    for each in judged:
        if each.missing:
            refuse_lone(selection, each.missing)


_LISTED = (ProblemKind.NO_SUCH_KEY, ProblemKind.INVALID, ProblemKind.UNSUPPORTED)
"""What HeadObject of a delete marker may answer, as of no version: the list of versions tells them apart.

S3 answers HeadObject of a delete marker with 405, other servers with 404, and a malformed id with 400.
"""


async def look_at_version(store: Store, selection: Selection, key: str) -> SelectedObject:
    """The version that `selection` names; a delete marker has 0 bytes.

    Raises `ProblemError`: NO_SUCH_KEY if there is no such version, which DeleteObject would call deleted; anything else
    if it cannot be looked at.
    """
    try:
        return await look_at(store, selection, key)
    except ProblemError as error:
        if error.problem.kind not in _LISTED:
            raise
        try:
            found = await _listed_version(store, selection, key)
        except ProblemError:
            if error.problem.kind is not ProblemKind.NO_SUCH_KEY:
                raise error from None
            found = None
    if found is None:
        raise ProblemError(_no_such_version(selection, key))
    return found


async def _listed_version(store: Store, selection: Selection, key: str) -> SelectedObject | None:
    async with aclosing(version_pages(store, selection.base.bucket, key, recursive=True)) as pages:
        async for page in pages:
            for each in page.versions:
                if each.key == key and each.version == selection.version:
                    return SelectedObject(key, each.size, each.modified)
            if page.versions and page.versions[-1].key != key:
                return None  # the next page can have none of it
    return None


def _no_such_version(selection: Selection, key: str) -> Problem:
    uri = Location(selection.base.bucket, key).uri
    title = f"no such version: {uri} has no version {selection.version}"
    remedy = f"xs3-tui versions {uri} lists those there are"
    return Problem(ProblemKind.NO_SUCH_KEY, title, remedy=remedy, operation="ListObjectVersions", resource=uri)


async def plan_delete(order: DeleteOrder, store: Store, keep: Keep | None = None) -> AsyncGenerator[Tally]:
    """How many objects a deletion would take, and their bytes: after each page, the last one complete.

    `keep` is called for each page of a prefix, in key order, before it is counted.
    A marked key that cannot be looked at is counted without its size. Raises `ProblemError` as listings do, for an
    order that makes no sense or is forbidden, and if the only key that is selected is missing.
    """
    refuse_versions_of_many(order.selection)
    if forbidden := await store.write_refusal(order.selection.base.bucket):
        raise ProblemError(forbidden)
    wanted = ObjectFilter(order.selection)
    tally = Tally()

    async def known(picked: SelectedObject) -> SelectedObject | None:
        if picked.size is not None or order.selection.listed or not wanted.takes_name(picked.key):
            return picked  # a million names are not looked at to be counted
        try:
            return await look_at_meant(store, order.selection, picked.key)
        except ProblemError as error:
            if await is_missing(store, order.selection, picked.key, error.problem):
                refuse_lone(order.selection, error.problem)
                return None
            return picked  # the deletion itself will say what is wrong with it

    async with aclosing(listed_pages(store, order.selection, ordered=keep is not None)) as pages:
        async for section_page in pages:
            page = section_page.picked
            if keep and section_page.section:
                keep(section_page)
            seen = [each for each in await in_batches(known, page) if each] if page and page[0].size is None else page
            meant = [each for each in seen if wanted.takes(each.key, each.size, each.modified)]
            links = sum(is_marked_link(order.selection, each) for each in meant)
            unfit = sum(bool(each.unfit) for each in meant) - links
            if not section_page.section:
                links += sum(
                    await in_batches(lambda each: is_link(store, order.selection.base.bucket, each.key), meant)
                )
            tally = Tally(
                objects=tally.objects + len(meant) - unfit,
                bytes=tally.bytes + sum(each.size or 0 for each in meant),
                filtered=tally.filtered + len(seen) - len(meant),
                unfit=tally.unfit + unfit,
                links=tally.links + links,
            )
            yield tally
    yield replace(tally, complete=True)
