"""Removing the source of a move: only after its copy was found to be the same, and only what was copied."""

from __future__ import annotations

import time
from dataclasses import dataclass

from msgspec.structs import replace

from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import ObjectResult, Outcome, Verification
from tui.stores.base import ObjectHead
from tui.transfers.emptied import remove_emptied
from tui.transfers.routes import Seen
from tui.transfers.sides import Sides
from tui.transfers.verify import Compared

UNVERIFIED = "the source stays: its copy cannot be told to be the same ({})"
CHANGED = "the source stays: it has changed since it was copied"
UNDELETABLE = "the source stays: it may not be deleted (s3:DeleteObject)"
UNDELETED = "the source stays: it could not be deleted"
UNSEEN = "the source stays: it cannot be looked at again"
ONE_PLACE = "the source stays: it may be the very object that was written, under another name of its bucket or endpoint"
GONE = "the source was gone before it was deleted"

_ALIASES = ("arn:", "-s3alias", "--ol-s3")
"""What names of access points begin or end with, which stand for a bucket of another name (Amazon S3 User Guide,
"Using a bucket-style alias for your S3 bucket access point")."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What became of the source: whether it is gone, and what the user should know."""

    gone: bool
    note: str = ""
    problem: Problem | None = None

    def after(self, copied: ObjectResult) -> ObjectResult:
        """The result of the object whose copy this ends."""
        return replace(
            copied,
            outcome=Outcome.MOVED if self.gone else copied.outcome,
            problem=copied.problem or self.problem,
            notes=[*copied.notes, self.note] if self.note else copied.notes,
            ended=time.time(),
        )


class SourceRemover:
    """Removes the sources of one transfer's copies."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._version = sides.order.selection.version

    async def stays(self, seen: Seen, key: str, compared: Compared) -> Removal | None:
        """Why the source of the copy at `key` is not to be deleted; None if it is: `compared` says they are the same.

        The source is looked at again: what has changed since it was copied stays. Nothing is raised.
        """
        if compared.verification is not Verification.SAME:
            return Removal(gone=False, note=UNVERIFIED.format(compared.evidence))
        try:
            now = await self.look(seen.key)
        except ProblemError as error:
            if error.problem.kind is ProblemKind.NO_SUCH_KEY:
                return Removal(gone=True, note=GONE)
            return Removal(gone=False, note=UNSEEN, problem=error.problem)
        if not _unchanged(seen.head, now):
            return Removal(gone=False, note=CHANGED)
        if await self._may_be_the_copy(now, seen.key, key):
            return Removal(gone=False, note=ONE_PLACE)
        return None

    async def remove(self, key: str) -> Removal:
        """Delete a source by its own identity, or by the other one where only that may. Nothing is raised.

        A version goes only if the user has named it.
        """
        refusals: list[Problem] = []
        for store in self._sides.readers():
            try:
                await store.delete(self._sides.source_bucket, key, self._version)
            except ProblemError as error:
                refusals.append(error.problem)
                if error.problem.kind not in (ProblemKind.DENIED, ProblemKind.READ_ONLY):
                    return Removal(gone=False, note=UNDELETED, problem=error.problem)
            else:
                await remove_emptied(store, self._sides.order.selection, [key])
                return Removal(gone=True)
        return Removal(gone=False, note=UNDELETABLE, problem=refusals[0])

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

        An endpoint has other names, and a bucket those of its access points: where these cannot be told apart, a copy
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


def _unchanged(then: ObjectHead, now: ObjectHead) -> bool:
    """Whether it is still what was copied, down to its version and the second it was written in."""
    return (then.etag, then.version, then.size, int(then.modified)) == (
        now.etag,
        now.version,
        now.size,
        int(now.modified),
    )
