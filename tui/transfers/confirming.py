"""After a copy: is it what its source is, and who owns it?"""

from __future__ import annotations

from dataclasses import dataclass

from tui.model.identity import Owner
from tui.model.problem import ProblemError, ProblemKind
from tui.model.transfer import Verification
from tui.stores.base import ObjectHead, Store
from tui.transfers.cancellation import together
from tui.transfers.moving import Written
from tui.transfers.routes import Copied
from tui.transfers.sides import Sides
from tui.transfers.verify import Compared, Relayed, compare, compare_unseen

OWNER_UNSEEN = "owner of the copies unknown: neither identity may read their ACL (s3:GetObjectAcl)"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What was read back. `owner` None: nobody here may read it.

    `etag` and `checksum` (``CRC64NVME:base64``) are the copy's, empty where they are not known.
    """

    compared: Compared
    owner: Owner | None
    notes: list[str]
    etag: str = ""
    checksum: str = ""


def _evidence(written: Written, head: ObjectHead) -> Relayed | None:
    """What is known of the bytes that were sent, if it is the object they made that was read back."""
    return written.relayed if written.etag == head.etag else None


def _checksum(head: ObjectHead) -> str:
    return next((each.text for each in head.checksums if each.full_object), "")


class Confirmer:
    """Reads copies of one transfer back, by the identity that wrote them, else by the other one."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._owner_hidden = False

    async def confirm(self, source: ObjectHead, key: str, copied: Copied) -> Confirmed:
        """Compare size and checksum or ETag, and read the owner; nothing is raised for what cannot be read."""
        askers = [copied.way.writer, *(each for each in self._sides.writers() if each is not copied.way.writer)]
        (compared, head), owner = await together(self._compare(askers, source, key, copied), self._owner(askers, key))
        return Confirmed(
            compared,
            owner,
            [OWNER_UNSEEN] if owner is None and self._owners_exist else [],
            head.etag if head else copied.written.etag,
            _checksum(head) if head else "",
        )

    @property
    def _owners_exist(self) -> bool:
        return self._sides.target.capabilities.acls

    async def _compare(
        self, askers: list[Store], source: ObjectHead, key: str, copied: Copied
    ) -> tuple[Compared, ObjectHead | None]:
        for store in askers:
            try:
                head = await store.head(self._sides.target_bucket, key)
            except ProblemError as error:
                if error.problem.kind is ProblemKind.NO_SUCH_KEY:
                    return Compared(Verification.DIFFERS, "not found at the target"), None
            else:
                return compare(source, head, relayed=_evidence(copied.written, head)), head
        return compare_unseen(copied.written.relayed), None

    async def _owner(self, askers: list[Store], key: str) -> Owner | None:
        """The owner by GetObjectAcl. Once nobody may read one, the rest of the transfer is not asked for."""
        if self._owner_hidden or not self._owners_exist:
            return None
        denied = 0
        for store in askers:
            try:
                return (await store.object_acl(self._sides.target_bucket, key)).owner
            except ProblemError as error:
                denied += error.problem.kind is ProblemKind.DENIED
        self._owner_hidden = denied == len(askers)
        return None
