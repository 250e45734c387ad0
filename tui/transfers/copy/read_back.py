"""After a copy: is it the same as its source, and which account owns it?"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from msgspec import Struct

from tui.core.problem import ProblemError, ProblemKind
from tui.core.transfer import Verification
from tui.stores.store_values import ObjectHead
from tui.transfers.copy.attempt import Written
from tui.transfers.copy.inferred.owners import OwnerOfCopy, OwnersOfCopies
from tui.transfers.copy.routes import Copied, Seen
from tui.transfers.copy.verify import (
    Compared,
    Relayed,
    as_answered,
    compare,
    compare_answered,
    compare_unseen,
    is_plain,
)
from tui.transfers.order.sides import Sides
from tui.transfers.tasks import together

OWNER_UNSEEN = "owner of the copies unknown: neither identity can read their ACL (s3:GetObjectAcl)"


class Confirmed(Struct, frozen=True):
    """What was found out of a copy.

    `etag` and `checksum` (``CRC64NVME:base64``) are the copy's, empty where they are not known; `part_size` as in
    `ObjectResult`.
    """

    compared: Compared
    owner: OwnerOfCopy | None
    notes: list[str]
    etag: str = ""
    checksum: str = ""
    part_size: int = 0


def _evidence(written: Written, head: ObjectHead) -> Relayed | None:
    """What is known of the bytes that were sent, if it is the object they made that was read back."""
    return written.relayed if written.stored.etag == head.etag else None


def _proof(copied: Copied) -> tuple[Compared, ObjectHead | None] | None:
    """What the answer to the write proves, and the copy as it is then known."""
    if copied.written.part_size:
        return None
    answered = as_answered(copied.seen.head, copied.written.stored)
    compared = compare_answered(copied.seen.head, answered, copied.written.relayed)
    return (compared, answered) if compared else None


def _checksum(head: ObjectHead) -> str:
    return next((each.text for each in head.checksums if each.full_object), "")


class Confirmer:
    """Confirms the copies of one transfer: by what the write was answered, else by reading them back.

    That is done by the identity that wrote them, else by the other one.
    """

    def __init__(self, sides: Sides, owners: OwnersOfCopies, look: Callable[[str], Coroutine[Any, Any, Seen]]) -> None:
        """`look`: at a source that was only listed, where the answer to the write does not prove its copy."""
        self._sides, self._owners, self._look = sides, owners, look

    async def confirm(self, key: str, copied: Copied) -> Confirmed:
        """Compare size and checksum or ETag, and read the owner; nothing is raised for what cannot be read."""
        way, acl = copied.way, copied.written.acl
        if proof := _proof(copied):
            (compared, head), owner = proof, await self._owners.of(key, way, acl)
        else:
            (compared, head), owner = await together(self._compare(key, copied), self._owners.of(key, way, acl))
        unseen = owner.owner is None and self._sides.target.capabilities.acls
        return Confirmed(
            compared,
            owner,
            [OWNER_UNSEEN] if unseen else [],
            head.etag if head else copied.written.stored.etag,
            _checksum(head) if head else "",
            copied.written.part_size if head and is_plain(head) and head.parts else 0,
        )

    async def _compare(self, key: str, copied: Copied) -> tuple[Compared, ObjectHead | None]:
        source = copied.seen.head
        if copied.seen.listed:
            source = await self._looked_at(copied.seen)
        for store in self._sides.askers(copied.way.writer):
            try:
                head = await store.head(self._sides.target_bucket, key)
            except ProblemError as error:
                if error.problem.kind is ProblemKind.NO_SUCH_KEY:
                    return Compared(Verification.DIFFERS, "not found at the target"), None
            else:
                return compare(source, head, relayed=_evidence(copied.written, head)), head
        return compare_unseen(copied.written.relayed), None

    async def _looked_at(self, seen: Seen) -> ObjectHead:
        """The source with all that can be compared, if it is still the one that was copied."""
        try:
            head = (await self._look(seen.key)).head
        except ProblemError:
            return seen.head
        return head if head.etag == seen.head.etag else seen.head
