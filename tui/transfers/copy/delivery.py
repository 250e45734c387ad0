"""One object that is being copied: its key at the target, the bytes written so far, the notes for its result."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from tui.core.identity import Owner
from tui.core.orders import CopyRoute
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome
from tui.stores.base import Store
from tui.stores.store_values import ANYTHING, Acl, ObjectHead, WriteCondition, WriteResult
from tui.transfers.copy.checksums import Relayed
from tui.transfers.copy.upload_records import ObjectUploads
from tui.transfers.journal import Journal
from tui.transfers.sides import ResolvedRoute, Sides
from tui.transfers.tasks import in_batches

BeforeDelete = Callable[[ObjectHead, str, ObjectResult], Awaitable[None]]
"""Awaited before the source of a move is deleted: the source as it was copied, the copy's key, the copy's result."""


class SourceSnapshot(Struct, frozen=True):
    """The source object as it was seen, to which every read is pinned, and the identity that could not see it.

    `tags` None: no identity may read them. `acl` is looked at only if it is to be copied; None: it is not, or nobody
    here may read it.
    """

    key: str
    head: ObjectHead
    tags: list[tuple[str, str]] | None
    blind: Sequence[tuple[Store, Problem]]
    acl: Acl | None = None
    acl_unread: str = ""
    """Why it could not be read."""
    archived: Problem | None = None
    """Why its content cannot be read before it is restored."""
    inferred: bool = False
    """Whether that it has no tags, or that CopyObject keeps all it has, is inferred from others."""

    def refusal(self, store: Store) -> Problem | None:
        return next((problem for blind, problem in self.blind if blind is store), None)


class Copied(Struct, frozen=True):
    """An object that was copied: by which way, as it was seen, and what the server says of what was written."""

    way: ResolvedRoute
    seen: SourceSnapshot
    stored: WriteResult
    relayed: Relayed | None = None
    """The evidence of a relay (see `compare`)."""
    acl: str = ""
    """The ACL that was sent along: a canned one, or ``grants``."""
    annotated: bool = False
    """Whether the source's annotations, if any, were copied."""
    part_size: int = 0
    """The size of its parts in bytes; 0: one request wrote it. Others may write the key while parts are sent."""


@dataclass(slots=True)
class Delivery:
    """One object that is being copied to its key, and what its transfer learns about it."""

    transfer: str
    bucket: str
    key: str
    on_bytes: Callable[[int, bool], None]
    """Called with how many bytes have arrived, and whether they were sent just now; a negative count takes back what
    an aborted upload had brought."""
    uploads: ObjectUploads
    before_delete: BeforeDelete
    notes: list[str] = field(default_factory=list)
    when: WriteCondition = ANYTHING
    """What was at the key when it was looked at: nothing that has come since may be replaced."""
    arrived: int = 0
    """At first what an upload that was left has of it."""
    annotations: str = ""
    """What became of the source's annotations, for the result."""
    stays: str = ""
    """Why the source of a move is to stay, though its copy is the same; empty: it need not."""
    continued: bool = False
    """An upload was finished that an earlier run has begun: which of its attributes were refused is not known here."""
    owner: OwnerOfCopy | None = None
    """Who owns the copy, once it was made."""
    inferred: Copied | None = None
    """The copy, if it was not looked at whether it has all that its source has."""
    etag: str = ""
    """The copy's; it and the `checksum` (``CRC64NVME:base64``) are empty where they are not known."""
    checksum: str = ""
    part_size: int = 0
    """As in `ObjectResult`."""
    ended: ObjectResult | None = None
    """Its result, once the source was deleted or is to stay: a cancellation after that comes too late."""

    def add(self, count: int) -> None:
        self.arrived += count
        self.on_bytes(count, True)

    def found(self, count: int) -> None:
        """Bytes are at the target that were brought there before."""
        self.arrived += count
        self.on_bytes(count, False)

    def withdraw(self) -> None:
        if self.arrived:
            self.on_bytes(-self.arrived, False)
        self.arrived = 0

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


# Who owns the copies: read of the first of each kind, then of samples (`TransferLimits.owner_samples`) and the last.
#
# S3 decides the owner of a new object by the bucket's Object Ownership, the writer and the ACL that is sent along
# (Amazon S3 User Guide, "Controlling ownership of objects and disabling ACLs"). So copies of one transfer that were
# written by the same route with the same ACL have the same owner, unless the bucket's setting changes meanwhile. When a
# sample shows that, all copies since the last sample are read, and their results are corrected.

StrangeOwner = Callable[[Owner | None], str]
"""`ObjectResult.owner_note` for an owner."""


@dataclass(slots=True, eq=False)
class OwnerOfCopy:
    """The owner of one copy, None where no identity here may read it; `inferred` from others of its kind."""

    owner: Owner | None
    key: str
    way: ResolvedRoute
    inferred: bool = False
    doubtful: bool = False
    """A sample has shown another owner since."""
    section: int = 0
    source_key: str = ""
    result: ObjectResult | None = None
    """What was recorded of the copy."""


@dataclass(slots=True)
class _Kind:
    """Copies that have the same owner."""

    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    owner: Owner | None = None
    since: list[OwnerOfCopy] = field(default_factory=list)
    """Those whose owner was inferred since the last sample."""
    sampling: bool = False


class OwnersOfCopies:
    """The owners of the copies of one transfer."""

    def __init__(self, transfer: str, sides: Sides, journal: Journal, strange: StrangeOwner, *, every: int) -> None:
        self._transfer, self._sides, self._journal = transfer, sides, journal
        self._strange, self._every = strange, every
        self._kinds: dict[tuple[CopyRoute, str], _Kind] = {}
        self._hidden = False

    async def of(self, key: str, way: ResolvedRoute, acl: str) -> OwnerOfCopy:
        """The owner of the copy at a key, which was written with this ACL; nothing is raised for what cannot be read.

        Once the ACL is denied to all identities, it is not requested for the rest of the transfer.
        """
        if self._hidden or not self._sides.target.capabilities.acls:
            return OwnerOfCopy(None, key, way)
        kind = self._kinds.setdefault((way.route, acl), _Kind())
        if kind.owner is None:
            async with kind.reading:  # of those that arrive with the first one, it alone is read
                if kind.owner is None:
                    kind.owner = await self._read(key, way)
                    return OwnerOfCopy(kind.owner, key, way)
        found = OwnerOfCopy(kind.owner, key, way, inferred=True)
        kind.since.append(found)
        if len(kind.since) >= self._every and not kind.sampling:
            await self._sample(kind, found)
        return found

    async def recorded(self, found: OwnerOfCopy, section: int, source_key: str, result: ObjectResult) -> None:
        if found.inferred:
            found.section, found.source_key, found.result = section, source_key, result
            if found.doubtful:
                await self._look_again(found)

    async def finish(self) -> None:
        """Read the owner of the last copy of each kind. To be called when all results were recorded."""
        for kind in self._kinds.values():
            if kind.since:
                await self._sample(kind, kind.since[-1])

    async def _sample(self, kind: _Kind, found: OwnerOfCopy) -> None:
        kind.sampling = True
        try:
            owner = await self._read(found.key, found.way)
        finally:
            kind.sampling = False
        if owner is None:
            del kind.since[: -2 * self._every]  # the next copy is another chance, but they are not kept for ever
        elif kind.owner and owner.id == kind.owner.id:
            found.inferred = False
            del kind.since[: kind.since.index(found) + 1]
        else:  # another owner than before: look again at all that were inferred from that
            since, kind.since, kind.owner = kind.since, [], owner
            for each in since:
                each.doubtful = True
            await in_batches(self._look_again, [each for each in since if each.result])

    async def _look_again(self, found: OwnerOfCopy) -> None:
        """Read the owner of a copy that was inferred, and correct its result."""
        owner, result = await self._read(found.key, found.way), found.result
        if owner is None or result is None or result.outcome not in (Outcome.COPIED, Outcome.MOVED, Outcome.FAILED):
            return
        result = replace(result, owner=owner, owner_note=self._strange(owner), owner_inferred=False)
        self._journal.results.correct(self._transfer, found.section, found.source_key, result)

    async def _read(self, key: str, way: ResolvedRoute) -> Owner | None:
        """GetObjectAcl by the writer, else by the other identity."""
        denied, askers = 0, self._sides.askers(way.writer)
        for store in askers:
            try:
                return (await store.object_acl(self._sides.target_bucket, key)).owner
            except ProblemError as error:
                denied += error.problem.kind is ProblemKind.DENIED
        self._hidden = denied == len(askers)
        return None
