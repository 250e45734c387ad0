"""Recovery of moves: an engine may end between the deletion of a source and its result, and the next one finds out."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass

from msgspec.structs import replace

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome, VerificationOutcome
from tui.stores.base import Store
from tui.stores.store_values import ObjectHead
from tui.transfers.backoff import budget
from tui.transfers.copy.checksums import VerificationResult
from tui.transfers.copy.delivery import BeforeDelete, SourceSnapshot
from tui.transfers.journal import Journal, PendingDelete
from tui.transfers.local_disk import is_disk, remove_empty_directories
from tui.transfers.sides import Sides
from tui.transfers.target_keys import Existing, look_for
from tui.transfers.tasks import in_batches

NOT_AT_TARGET = "its copy was verified, but is gone from the target since"
UNKNOWN = "it is not known whether the source was deleted: the transfer was interrupted at that moment"


class MoveRecovery:
    """The sources of one move that are about to be deleted, or were when it was interrupted."""

    def __init__(self, transfer: str, sides: Sides, remover: SourceRemover, journal: Journal) -> None:
        self._transfer, self._sides, self._remover, self._journal = transfer, sides, remover, journal

    def of(self, section: int, key: str) -> BeforeDelete:
        """The callback of one object before its source is deleted; the journal is on disk when it returns."""

        async def before_delete(source: ObjectHead, target: str, copied: ObjectResult) -> None:
            spent = budget.get()
            pending = PendingDelete(
                section=section,
                key=key,
                target=target,
                etag=source.etag,
                modified=source.modified,
                result=replace(copied, retries=spent.used if spent else 0),
            )
            await self._journal.deletes.intend(self._transfer, pending)

        return before_delete

    async def settle(self) -> list[ObjectResult]:
        """Find out what became of those that an interruption left without a result, delete what was to be deleted.

        Returns the results, which the journal keeps. A source that has changed since, or whose copy is not what it was,
        has none: it is copied like any other object.
        """
        found = await in_batches(self._settled, await self._journal.deletes.of(self._transfer))
        return [result for result in found if result]

    async def _settled(self, pending: PendingDelete) -> ObjectResult | None:
        removal = await self._removal(pending)
        if removal is None:
            self._journal.deletes.withdraw(self._transfer, pending)
            return None
        result = removal.after(pending.result)
        self._journal.results.finish(self._transfer, pending.section, pending.key, result)
        return result

    async def _removal(self, pending: PendingDelete) -> Removal | None:
        """The end of the source, deleted now if it was not before; None if it must not be deleted."""
        copy, copied = await self._copy(pending), _copied(pending)
        stays = await self._remover.look_again(pending.key, copied)
        if stays and stays.gone:
            await remove_empty_directories(self._sides.source, self._sides.order.selection, [pending.key])
            marker = await self._remover.marker(pending.key, copied)
            return Removal(gone=True, note=NOT_AT_TARGET if copy.seen_absent else "", marker=marker)
        if stays and stays.problem:
            return stays
        if stays or copy.head is None or copy.head.etag != pending.result.etag:
            return None
        removal = await self._remover.remove(pending.key, copied)
        return None if removal.note == CHANGED else removal

    async def _copy(self, pending: PendingDelete) -> Existing:
        try:
            return await look_for(self._sides.writers(), self._sides.target_bucket, pending.target)
        except ProblemError as error:
            return Existing(unseen=error.problem)


def _copied(pending: PendingDelete) -> ObjectHead:
    """The source as it was copied, as far as the journal has it."""
    then = pending.result
    return ObjectHead(then.size or 0, pending.etag, pending.modified, version=then.version)


async def close(transfer: str, journal: Journal) -> list[ObjectResult]:
    """The results of those that a transfer leaves open at its end: whether their sources are gone is not looked up."""
    results = []
    for pending in await journal.deletes.of(transfer):
        result = Removal(gone=False, note=UNKNOWN).after(pending.result)
        journal.results.finish(transfer, pending.section, pending.key, result)
        results.append(result)
    return results


UNVERIFIED = "the source is kept: verification is inconclusive ({})"
CHANGED = "the source is kept: it has changed since it was copied"
UNDELETABLE = "the source is kept: s3:DeleteObject is missing"
UNDELETED = "the source is kept: it could not be deleted"
UNSEEN = "the source is kept: it cannot be checked again"
ONE_PLACE = "the source is kept: it may be the object that was just written, under another bucket name or endpoint"
GONE = "the source no longer existed when it was to be deleted"
MAY_BE_LOST = "a source that changes during the move may be lost ({why})"
IGNORED = "this server ignores If-Match on DeleteObject"
NOT_KNOWN = "it is not known yet whether this server honors If-Match on DeleteObject"
ON_DISK = "a program can write the file until it is removed"

_ALIASES = ("arn:", "-s3alias", "--ol-s3")
"""What names of access points begin or end with, which stand for a bucket of another name (Amazon S3 User Guide,
"Using a bucket-style alias for your S3 bucket access point")."""


@dataclass(frozen=True, slots=True)
class Removal:
    """The end of the source: whether it is gone, and a note for the user."""

    gone: bool
    note: str = ""
    problem: Problem | None = None
    marker: str = ""
    """The id of the delete marker that was made."""

    def after(self, copied: ObjectResult) -> ObjectResult:
        return replace(
            copied,
            outcome=Outcome.MOVED if self.gone else copied.outcome,
            problem=copied.problem or self.problem,
            notes=[*copied.notes, self.note] if self.note else copied.notes,
            marker=self.marker,
            ended=time.time(),
        )


class SourceRemover:
    """Removes the sources of one transfer's copies."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._deleters = [store.within(sides.order.selection.base.key) for store in sides.readers()]
        self._version = sides.order.selection.version

    async def stays(self, seen: SourceSnapshot, key: str, compared: VerificationResult) -> Removal | None:
        """Why the source of the copy at `key` is not to be deleted; None if it is: `compared` says they are the same.

        Nothing is raised.
        """
        if compared.verification is not VerificationOutcome.SAME:
            return Removal(gone=False, note=UNVERIFIED.format(compared.evidence))
        if await self._may_be_the_copy(seen.head, seen.key, key):
            return Removal(gone=False, note=ONE_PLACE)
        return None

    async def look_again(self, key: str, copied: ObjectHead) -> Removal | None:
        """The last request before `remove`: why the source is not to be deleted now; None if it is what was copied.

        Nothing is raised.
        """
        try:
            now = await self.look(key)
        except ProblemError as error:
            if error.problem.kind is ProblemKind.NO_SUCH_KEY:
                return Removal(gone=True, note=GONE)
            return Removal(gone=False, note=UNSEEN, problem=error.problem)
        return None if _unchanged(copied, now) else Removal(gone=False, note=CHANGED)

    async def remove(self, key: str, copied: ObjectHead) -> Removal:
        """Delete a source by its own identity, or by the other one where only that may. Nothing is raised.

        What is not `copied` any more stays, where the server honors that (see `Store.delete`). A version goes only if
        the user has named it.
        """
        refusals: list[Problem] = []
        for store in self._deleters:
            try:
                marker = await store.delete(self._sides.source_bucket, key, self._version, matching=copied)
            except ProblemError as error:
                problem = error.problem
                if problem.kind is ProblemKind.NO_SUCH_KEY:  # an earlier try has deleted it, and its answer was lost
                    return await self._deleted(store, key)
                if problem.kind is ProblemKind.CHANGED:
                    return Removal(gone=False, note=CHANGED)
                if problem.kind not in (ProblemKind.DENIED, ProblemKind.READ_ONLY):
                    return Removal(gone=False, note=UNDELETED, problem=problem)
                refusals.append(problem)
            else:
                return await self._deleted(store, key, marker)
        return Removal(gone=False, note=UNDELETABLE, problem=refusals[0])

    async def marker(self, key: str, copied: ObjectHead) -> str:
        """The id of the delete marker on top of what was copied, if its deletion was not recorded; else empty."""
        if self._version:
            return ""
        for store in self._sides.readers():
            with suppress(ProblemError, ValueError):  # it may not list versions, or there is none
                page = await store.versions_page(self._sides.source_bucket, key, recursive=True)
                top, *below = [each for each in page.versions if each.key == key][:2]
                if top.marker and [(each.etag, each.size) for each in below] == [(copied.etag, copied.size)]:
                    return top.version
        return ""

    async def _deleted(self, store: Store, key: str, marker: str = "") -> Removal:
        await remove_empty_directories(store, self._sides.order.selection, [key])
        return Removal(gone=True, marker=marker)

    async def look(self, key: str) -> ObjectHead:
        """HeadObject of the source, by the first identity that may; raises the first refusal."""
        refusals: list[ProblemError] = []
        for store in self._sides.readers():
            try:
                return await store.head(self._sides.source_bucket, key, self._version)
            except ProblemError as error:
                if error.problem.kind is not ProblemKind.DENIED:
                    raise
                refusals.append(error)
        raise refusals[0]

    async def _may_be_the_copy(self, source: ObjectHead, source_key: str, key: str) -> bool:
        """Whether both names may mean one object, which deleting the source would destroy.

        An endpoint has other names, and a bucket those of its access points: if these cannot be distinguished, a copy
        onto itself shows by the time it was written, which is then the source's.
        """
        if source_key != key or not self._names_may_be_one_place():
            return False
        for store in self._sides.writers():
            try:
                copy = await store.head(self._sides.target_bucket, key)
            except ProblemError:
                continue  # the other identity may see it
            return int(copy.modified) == int(source.modified)
        return True

    def _names_may_be_one_place(self) -> bool:
        one, other = self._sides.source_bucket, self._sides.target_bucket
        return one == other or any(name.startswith(_ALIASES) or name.endswith(_ALIASES) for name in (one, other))


def risk(sides: Sides, head: ObjectHead) -> str:
    """What may happen to a source that is written while it is moved; empty where nothing is lost then.

    A bucket that keeps versions gets a delete marker, and a version that was named cannot be written.
    """
    honors = sides.source.honors_delete_condition
    keeps_versions = sides.order.selection.version or head.version not in ("", "null")
    if not sides.order.options.move or honors or keeps_versions:
        return ""
    why = ON_DISK if is_disk(sides.source) else NOT_KNOWN if honors is None else IGNORED
    return MAY_BE_LOST.format(why=why)


def _unchanged(then: ObjectHead, now: ObjectHead) -> bool:
    """Whether it is still what was copied, down to its version, where that is known, and the second of its writing."""
    if then.version not in ("", now.version):
        return False
    return (then.etag, then.size, int(then.modified)) == (now.etag, now.size, int(now.modified))
