"""Objects that are copied by what their listing says: by one GetObject and one PutObject, or by one CopyObject.

The answers then say what a HeadObject would have said before. Both are pinned to the ETag of the listing. Whatever
does not go that way is looked at, and copied as it is then.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from msgspec import structs

from tui.model.plan import AclChoice, Route
from tui.model.problem import ProblemError, ProblemKind, RetryAdvice
from tui.stores.base import Store
from tui.stores.values import ARCHIVES, ObjectHead
from tui.transfers.copy.delivery import Delivery
from tui.transfers.copy.part_sizes import relay_sizing, server_side_sizing
from tui.transfers.copy.routes import PATIENCE, CannotCopy, Copied, Copier, Seen
from tui.transfers.limits.shared import SharedLimits
from tui.transfers.order.selection import Picked
from tui.transfers.order.sides import Sides, Way
from tui.transfers.retry.classify import advice_for

NOT_LOOKED_AT = "?"
"""`ObjectHead.encryption` of an object that was only listed: its ETag is not known to be an MD5."""


class ListedCopier:
    """Copies the listed objects of one transfer without looking at them first, where that takes fewer requests."""

    def __init__(self, sides: Sides, copier: Copier, shared: SharedLimits) -> None:
        self._sides, self._copier, self._shared = sides, copier, shared
        self._relay, self._server_side = relay_sizing(sides.order.options), server_side_sizing(sides.order.options)
        self._websites = Websites(sides)
        self._refused: Counter[Route] = Counter()

    def seen(self, picked: Picked) -> Seen | None:
        """The object as its listing has it; None: it has to be looked at first.

        That is so for what was written in parts, whose parts its copy may have to have, and for what is archived.
        """
        options = self._sides.order.options
        if picked.size is None or not picked.etag or "-" in picked.etag or picked.storage_class in ARCHIVES:
            return None
        if options.acl is AclChoice.COPY or options.object_lock:
            return None
        head = ObjectHead(
            picked.size,
            picked.etag,
            picked.modified,
            {},
            {},
            storage_class=picked.storage_class,
            encryption=NOT_LOOKED_AT,
        )
        return Seen(picked.key, head, [], (), listed=True)

    async def copy(self, seen: Seen, delivery: Delivery, trying: Callable[[Route], None]) -> Copied | None:
        """Copy by the best route; None: nothing was written, and the object has to be looked at.

        Raises `ProblemError` for what looking at it would not change.
        """
        way = self._copier.best_way(delivery)
        if delivery.uploads.held or self._refused[way.route] >= PATIENCE or not await self._may(way, seen.head.size):
            return None
        trying(way.route)
        copied = await (self._by_server if way.server_side else self._relayed)(way, seen, delivery)
        if copied:
            self._refused[way.route] = 0
        return copied

    async def _may(self, way: Way, size: int) -> bool:
        if not way.server_side:
            return not self._relay.in_parts(size)
        if self._server_side.in_parts(size) or not size or not way.writer.capabilities.copies_as_is:
            return False
        return not await self._websites.concerned()

    async def _relayed(self, way: Way, seen: Seen, delivery: Delivery) -> Copied | None:
        size = seen.head.size
        await self._shared.throttle(delivery.transfer, size)
        async with self._shared.memory.hold(delivery.transfer, size):
            fetching = way.reader.fetch(self._sides.source_bucket, seen.key, etag=seen.head.etag, size=size)
            try:
                fetched, tags = await self._copier.tags.beside(
                    "GetObject", way.reader, seen.key, fetching, lambda found: found.head
                )
            except ProblemError as error:
                self._refuse(way, error)
                return None
            read = Seen(seen.key, fetched.head, tags, ())
            self._copier.note_losses(read, delivery)
            return Copied(way, await self._copier.write(way, read, delivery, fetched.content), read)

    async def _by_server(self, way: Way, seen: Seen, delivery: Delivery) -> Copied | None:
        try:
            written = await self._copier.write(way, seen, delivery)
        except CannotCopy as refusal:
            self._refuse(way, ProblemError(refusal.problem))
            return None
        except ProblemError as error:
            self._refuse(way, error)
            return None
        self._copier.worked(way)
        head = structs.replace(seen.head, version=written.stored.source_version)
        return Copied(way, written, replace(seen, head=head))

    def _refuse(self, way: Way, error: ProblemError) -> None:
        """Raise it again unless looking at the object may help. What always fails is not tried for ever."""
        problem = error.problem
        if advice_for(problem) is not RetryAdvice.PERMANENT or problem.kind is ProblemKind.EXISTS:
            raise error
        self._refused[way.route] += problem.kind not in (ProblemKind.CHANGED, ProblemKind.NO_SUCH_KEY)


class Websites:
    """Whether website redirect locations may matter to a transfer: CopyObject does not copy them by itself.

    They have an effect only in a bucket that is a website (Amazon S3 User Guide, "Configuring a webpage redirect"), and
    objects that have one are mostly empty, which are looked at anyway.
    """

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._asking = asyncio.Lock()
        self._concerned: bool | None = None

    async def concerned(self) -> bool:
        """Whether source or target is a website, or may be one, for all that can be read; asked once."""
        async with self._asking:
            if self._concerned is None:
                sides = self._sides
                self._concerned = await _may_be_website(sides.readers(), sides.source_bucket) or await _may_be_website(
                    sides.writers(), sides.target_bucket
                )
        return self._concerned


async def _may_be_website(askers: Sequence[Store], bucket: str) -> bool:
    for store in askers:
        try:
            return await store.settings.website(bucket)
        except ProblemError as error:
            if error.problem.kind in (ProblemKind.UNSUPPORTED, ProblemKind.INVALID):
                return False  # a server that has no websites
    return True
