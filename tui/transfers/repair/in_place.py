"""The bucket owner's half of a repair: the copy of an object onto itself, with all that it has.

The copy is pinned to the ETag that was seen, as its source and as what it replaces, and gets all attributes or is not
made.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from tui.core.facts import Grant
from tui.core.orders import CopyOptions, Route
from tui.core.problem import ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.store_values import Acl, ObjectAttributes, ObjectHead, Source
from tui.transfers.attributes import Learned, attributes_of
from tui.transfers.copy.attempt import CopyAttempt
from tui.transfers.copy.delivery import Delivery
from tui.transfers.copy.parts import Sizing, server_side_sizing
from tui.transfers.limits import SharedLimits
from tui.transfers.repair.parties import ARCHIVED, Parties
from tui.transfers.sides import Way
from tui.transfers.tasks import together

LOCKED = "locked ({}): its new version would be without the lock"


class Kept(Struct, frozen=True):
    """What a copy is to have: that of its object, and the grants (none: those of an object without an ACL)."""

    head: ObjectHead
    tags: Sequence[tuple[str, str]]
    grants: Sequence[Grant] = ()

    @property
    def attributes(self) -> ObjectAttributes:
        """As a write has them."""
        head = self.head
        return replace(
            attributes_of(head, list(self.tags), "", grants=self.grants),
            encryption=head.encryption,
            kms_key=head.kms_key,
            bucket_key=head.bucket_key,
        )


class ReadBack(Struct, frozen=True):
    """An object as the bucket's owner sees it."""

    head: ObjectHead
    acl: Acl
    tags: list[tuple[str, str]]


class InPlaceCopier:
    """Copies objects onto themselves as the bucket's owner."""

    def __init__(self, parties: Parties, owner: Store, shared: SharedLimits) -> None:
        """Raises `ProblemError` for a size outside S3's limits."""
        self._bucket, self._owner, self._shared = parties.name, owner, shared
        connection = parties.order.selection.connection
        self._way = Way(Route.PULL, owner, owner, parties.bucket_owner, connection)
        self._learned = Learned(exact=True)
        self._whole = server_side_sizing(CopyOptions(multipart_threshold=parties.order.multipart_threshold))

    async def sizing(self, key: str, head: ObjectHead) -> Sizing | None:
        """The sizing that gives the copy the object's parts, and so its ETag; None where annotations would be lost.

        CopyObject alone takes annotations along.
        """
        large = self._whole.in_parts(head.size)
        follows = head.parts > 1 and self._whole.follow is not None
        if not large and not follows:
            return self._whole
        if not await self._owner.annotations(self._bucket, key):
            return dataclasses.replace(self._whole, follow=0) if follows else self._whole
        return None if large else self._whole

    async def copy(self, key: str, there: ObjectHead, kept: Kept, sizing: Sizing, delivery: Delivery) -> None:
        """Copy the object that is there, if it is still that one. Raises `ProblemError`."""
        delivery.replaces = there.etag
        source = Source(self._bucket, key, there.etag)
        try:
            await self._attempt(source, there, delivery, kept, sizing)
        except ProblemError as error:
            if error.problem.kind is not ProblemKind.UNSUPPORTED or sizing is self._whole:
                raise  # else the server cannot copy it in the parts it has, but perhaps at once
            await self._attempt(source, there, delivery, kept, self._whole)

    async def _attempt(self, source: Source, there: ObjectHead, delivery: Delivery, kept: Kept, sizing: Sizing) -> None:
        attempt = CopyAttempt(self._way, source, there, delivery, self._shared)
        await attempt.run(kept.attributes, sizing, self._learned, foreign=False)

    async def read_back(self, key: str) -> ReadBack:
        """The object as it is now. Raises `ProblemError`."""
        owner, bucket = self._owner, self._bucket
        (head, acl), tags = await together(
            together(owner.head(bucket, key), owner.object_acl(bucket, key)), owner.tags(bucket, key)
        )
        return ReadBack(head, acl, tags)


def left(head: ObjectHead) -> str:
    """Why an object with this head is not copied onto itself, as a clause; empty if it is."""
    if head.archived and head.size:
        return ARCHIVED.format(head.archived)
    return LOCKED.format(head.lock.words) if head.lock else ""
