"""Changes of documents: planned, made only as they were shown, saved, and taken back.

AWS has no condition for these writes: a document is read again right before, and must be what was shown.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import suppress

from msgspec.structs import replace

from tui.changes.checks import POLICIES, quota, stops
from tui.changes.documents import DOCUMENTS, Services
from tui.changes.documents.base import Consequences, Intended
from tui.changes.merging import meaning
from tui.changes.saved import SavedChanges
from tui.changes.validation import findings
from tui.core.changes import AppliedChange, Change, DocumentRef
from tui.core.identity import Identity
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.policies.request_context import caller_of

Edit = Callable[[str | None], str | None]
"""From the document as it is (None: there is none) to the document as it shall be (None: none)."""


class Changes:
    """Plans and makes changes; `saved` is where they are kept for `undo`."""

    def __init__(self, services: Services, saved: SavedChanges) -> None:
        self._services, self._saved = services, saved

    async def plan(self, ref: DocumentRef, edit: Edit, identity: Identity) -> Change:
        """What `edit` does to a document that `identity` reads and writes, with what speaks against it.

        A document that cannot be read is planned as if there were none: what is to be added is shown, for somebody
        else to apply. Raises `ProblemError` only if the document is none that can be edited.
        """
        if not ref.connection:
            return Change(ref, None, edit(None))
        try:
            before = await DOCUMENTS[ref.kind].read(self._services, ref)
        except ProblemError as error:
            return Change(ref, None, edit(None), unread=error.problem)
        after = edit(before)
        if after is not None:
            after = DOCUMENTS[ref.kind].settled(after, before, self._services.book())
        return await self._planned(Intended(ref, before, after, caller_of(identity)))

    async def _planned(self, intended: Intended) -> Change:
        ref, before, after = intended.ref, intended.before, intended.after
        limit, size = quota(ref, after)
        found = await self._consequences(intended)
        notes = await findings(self._services.control_plane, ref, after) if after and after != before else []
        return Change(ref, before, after, stops=found.stops, notes=[*found.notes, *notes], limit=limit, size=size)

    async def _consequences(self, intended: Intended) -> Consequences:
        """What the texts say; if nothing speaks against it, what the service says. Raises `ProblemError`."""
        found = stops(intended.ref, intended.before, intended.after, intended.caller)
        document = DOCUMENTS[intended.ref.kind]
        if intended.before == intended.after:
            return Consequences(found, list(document.remarks(intended.after or "", self._services.book())))
        return Consequences(found) if found else await document.consequences(self._services, intended)

    async def apply(self, change: Change, identity: Identity, undoes: str = "", group: str = "") -> AppliedChange:
        """Make a change that was shown. Raises `ProblemError`: of kind CHANGED if the document is another one by now.

        It is saved before it is made, so that it can be taken back whatever happens in between. `group` is the unit of
        the changes that it is made with. Nothing is written if the document is as it shall be.
        """
        document = DOCUMENTS[change.ref.kind]
        intended = Intended(change.ref, change.before, change.after, caller_of(identity))
        if found := (await self._consequences(intended)).stops:
            raise ProblemError(_stopped(change, found))
        if await document.read(self._services, change.ref) != change.before:
            raise ProblemError(_changed(change.ref))
        applied = AppliedChange(
            id=secrets.token_hex(4),
            at=time.time(),
            identity=identity.label,
            ref=change.ref,
            before=change.before,
            after=change.after,
            undoes=undoes,
            group=group,
            unsure=True,
        )
        await self._saved.keep(applied)
        try:
            if change.before == change.after:
                pass  # somebody else has put it back already: that it counts as taken back is all that is saved
            elif change.after is None:
                await document.remove(self._services, change.ref)
            else:
                await document.write(self._services, change.ref, change.after)
        except ProblemError:
            await self._drop_if_nothing_changed(applied)
            raise
        after = await document.read(self._services, change.ref)
        if change.ref.kind in POLICIES and not _is_ours(after, change.after):
            after = change.after  # read too early, or somebody else's by now: an undo must not take that back
        applied = replace(applied, after=after, unsure=False)
        await self._saved.keep(applied)
        return applied

    async def _drop_if_nothing_changed(self, applied: AppliedChange) -> None:
        """A change that was refused is none; what became of any other one may be unknown, and it stays saved."""
        with suppress(ProblemError):
            if await DOCUMENTS[applied.ref.kind].read(self._services, applied.ref) == applied.before:
                await self._saved.drop(applied.id)

    async def plan_undo(self, applied: AppliedChange, identity: Identity) -> Change:
        """The change that takes one back. Raises `ProblemError` (CHANGED) if the document was changed again since."""
        ref = applied.ref
        document = DOCUMENTS[ref.kind]
        now = await document.read(self._services, ref)
        if now not in (applied.after, applied.before):
            raise ProblemError(_changed(ref))
        return await self._planned(Intended(ref, now, document.restored(applied.before), caller_of(identity)))

    async def applied(self) -> list[AppliedChange]:
        """All changes that were made, the latest first. Raises `ProblemError`."""
        return await self._saved.all()

    async def find(self, change: str) -> AppliedChange:
        """The change with this id. Raises `ProblemError`."""
        return await self._saved.find(change)


def _is_ours(read: str | None, written: str | None) -> bool:
    return meaning(read, principals=False) == meaning(written, principals=False)


def _changed(ref: DocumentRef) -> Problem:
    changed = "has changed since it was shown" if ref.was == "was" else "have changed since they were shown"
    return Problem(
        kind=ProblemKind.CHANGED,
        title=f"the {ref.title} {changed}",
        cause="somebody else has written it in between; nothing was written",
        remedy="look at the new difference and confirm it again",
    )


def _stopped(change: Change, found: list[str]) -> Problem:
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"the {change.ref.title} {change.ref.was} not changed",
        cause="; ".join(found),
        remedy="change the document so that this is not the case",
    )
