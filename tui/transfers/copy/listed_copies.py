"""Objects that are copied by what their listing says: by one GetObject and one PutObject, or by one CopyObject.

The answers then say what a HeadObject would have said before. Both are pinned to the ETag of the listing. Whatever
does not go that way is looked at, and copied as it is then.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from tui.core.orders import AclChoice, CopyRoute
from tui.core.problem import ProblemError, ProblemKind, RetryAdvice
from tui.stores.base import Store
from tui.stores.store_values import ARCHIVES, ObjectAttributes, ObjectHead, WriteResult
from tui.transfers.backoff import advice_for
from tui.transfers.copy.attempt import raise_as_damage
from tui.transfers.copy.checksums import SourceReading, algorithm_for
from tui.transfers.copy.delivery import Copied, Delivery, SourceSnapshot
from tui.transfers.copy.inferred_copies import InferredCopies
from tui.transfers.copy.parts import cut_of, relay_sizing, server_side_sizing
from tui.transfers.copy.routes import Copier
from tui.transfers.limits import SharedLimits
from tui.transfers.selection import SelectedObject
from tui.transfers.sides import PATIENCE, ResolvedRoute, Sides


class ListedCopier:
    """Copies the listed objects of one transfer without looking at them first, where that takes fewer requests."""

    def __init__(self, sides: Sides, copier: Copier, shared: SharedLimits, inferred: InferredCopies) -> None:
        self._sides, self._copier, self._shared = sides, copier, shared
        self._inferred = inferred
        self._relay, self._server_side = relay_sizing(sides.order.options), server_side_sizing(sides.order.options)
        self._websites = Websites(sides)
        self._refused: Counter[CopyRoute] = Counter()

    def seen(self, picked: SelectedObject) -> SourceSnapshot | None:
        """The object as its listing has it; None: it has to be looked at first.

        That is so for what was written in parts, whose parts its copy may have to have, for what is archived, and for
        named keys, whose class is unknown.
        """
        options = self._sides.order.options
        if picked.size is None or not picked.etag or "-" in picked.etag or picked.storage_class in ARCHIVES:
            return None
        if options.acl is AclChoice.COPY or options.object_lock or self._sides.order.selection.listed:
            return None
        head = ObjectHead(picked.size, picked.etag, picked.modified, storage_class=picked.storage_class, listed=True)
        return SourceSnapshot(picked.key, head, [], ())

    async def copy(
        self, seen: SourceSnapshot, delivery: Delivery, trying: Callable[[CopyRoute], None]
    ) -> Copied | None:
        """Copy by the best route; None: nothing was written, and the object has to be looked at.

        Raises `ProblemError` for what looking at it would not change.
        """
        way, size = self._copier.route_order.ordered[0], seen.head.size
        if delivery.uploads.held or self._refused[way.route] >= PATIENCE:
            return None
        if (self._server_side if way.server_side else self._relay).in_parts(size):
            return None
        options = self._sides.order.options
        if way.server_side and (options.headers or options.metadata):
            return None  # CopyObject takes all of them from its source, or none
        if way.server_side and (not size or await self._websites.concerned()):
            return None
        known = way.writer.capabilities.copies_as_is
        sample = False if known or not way.server_side else self._inferred.as_is.turn(way.writer)
        if sample is None:
            return None
        trying(way.route)
        if way.server_side:
            copied = None
            try:
                copied = await self._by_server(way, replace(seen, inferred=not known and not sample), delivery)
            finally:
                if sample and copied is None:
                    self._inferred.as_is.failed()
            copied = await self._inferred.sampled(copied, delivery) if sample and copied else copied
        else:
            copied = await self._relayed(way, seen, delivery)
        if copied:
            self._refused[way.route] = 0
        return copied

    async def _relayed(self, way: ResolvedRoute, seen: SourceSnapshot, delivery: Delivery) -> Copied | None:
        transfer, size = delivery.transfer, seen.head.size
        await self._shared.throttle(transfer, size)
        reserved = await self._shared.memory.acquire(transfer, size)
        try:
            fetching = way.reader.fetch(self._sides.source_bucket, seen.key, etag=seen.head.etag, size=size)
            try:
                fetched, tags, inferred = await self._copier.tags.beside(
                    "GetObject", way.reader, seen.key, fetching, lambda got: got.head
                )
            except ProblemError as error:
                self._refuse(way, error)
                return None
            read = SourceSnapshot(seen.key, fetched.head, tags, (), inferred=inferred)
            self._copier.note_losses(read, delivery)
            copied = await self._put(way, read, delivery, fetched.content)
            return copied or await self._copier.write(way, read, delivery, fetched.content)
        finally:
            self._shared.memory.release(transfer, reserved)

    async def _put(self, way: ResolvedRoute, read: SourceSnapshot, delivery: Delivery, content: bytes) -> Copied | None:
        """Write what was read by one PutObject; None: it is not known to be the source's content."""
        head, target = read.head, way.writer.capabilities
        algorithm = algorithm_for(head, target.checksum, whole=True, newer=target.newer_checksums)
        faithful = way.reader.capabilities.reads_back
        reading = SourceReading(head, algorithm, cut_of(head), head.size, faithful=faithful)
        digests = await reading.take(1, 0, content)
        if not reading.verdict().same:
            return None

        async def put(wanted: ObjectAttributes) -> WriteResult:
            return await way.writer.put(
                delivery.bucket, delivery.key, content, wanted, when=delivery.when, digests=digests
            )

        try:
            stored, sent = await self._copier.put_at_once(way, read, delivery, put)
        except ProblemError as error:
            raise_as_damage(error)
        reading.sent(digests, stored.etag)
        relayed = reading.relayed(reads_back=target.reads_back)
        copied = Copied(way, read, stored, relayed, "grants" if sent.grants else sent.acl)
        await self._copier.finish(copied, delivery)
        return copied

    async def _by_server(self, way: ResolvedRoute, seen: SourceSnapshot, delivery: Delivery) -> Copied | None:
        source = self._copier.source(seen)

        async def copy(wanted: ObjectAttributes) -> WriteResult:
            return await way.writer.copy(source, delivery.bucket, delivery.key, wanted, when=delivery.when)

        try:
            stored, sent = await self._copier.put_at_once(way, seen, delivery, copy)
        except ProblemError as error:
            self._refuse(way, error)
            return None
        if stored.source_version:
            seen = replace(seen, head=replace(seen.head, version=stored.source_version))
        copied = Copied(way, seen, stored, None, "grants" if sent.grants else sent.acl, annotated=sent.annotations)
        await self._copier.finish(copied, delivery)
        self._copier.route_order.worked(way)
        return copied

    def _refuse(self, way: ResolvedRoute, error: ProblemError) -> None:
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
        if self._concerned is None:
            async with self._asking:
                if self._concerned is None:
                    sides = self._sides
                    self._concerned = await _may_be_website(
                        sides.readers(), sides.source_bucket
                    ) or await _may_be_website(sides.writers(), sides.target_bucket)
        return self._concerned


async def _may_be_website(askers: Sequence[Store], bucket: str) -> bool:
    for store in askers:
        try:
            return await store.settings.website(bucket)
        except ProblemError as error:
            if error.problem.kind in (ProblemKind.UNSUPPORTED, ProblemKind.INVALID):
                return False  # a server that has no websites
    return True
