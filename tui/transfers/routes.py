"""Copying one object: look at it, then try the routes, best first, until one has done it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tui.model.facts import Grant
from tui.model.plan import AclChoice, Route
from tui.model.problem import Problem, ProblemError
from tui.stores.base import Acl, ObjectHead, Source, Store
from tui.transfers.attributes import Learned, attributes_of
from tui.transfers.delivery import Delivery, Gates
from tui.transfers.disk import not_kept
from tui.transfers.ladder import CannotCopy, Ladder, may_hand_over
from tui.transfers.moving import Move, Written
from tui.transfers.ownership import TargetBucket, acl_to_send, grants_to_give
from tui.transfers.parts import Sizing, relay_sizing, server_side_sizing
from tui.transfers.sides import Sides, Way

TAGS_UNREAD = "without tags: they may not be read at the source"
ACL_UNREAD = "without the source's grants: they may not be read (s3:GetObjectAcl)"
ACLS_OFF = "without the source's grants: the target bucket has ACLs turned off"
WRITER_UNKNOWN = "without the source's grants: the writer's canonical id is not known, and it must not lose its rights"


@dataclass(frozen=True, slots=True)
class Seen:
    """The source object as it was seen, to which every read is pinned, and who could not see it.

    `tags` None: nobody here may read them. `acl` is looked at only if it is to be copied; None: it is not, or nobody
    here may read it.
    """

    key: str
    head: ObjectHead
    tags: list[tuple[str, str]] | None
    blind: Sequence[tuple[Store, Problem]]
    acl: Acl | None = None

    def refusal(self, store: Store) -> Problem | None:
        """Why this identity cannot see the object; None if it can, or was not asked."""
        return next((problem for blind, problem in self.blind if blind is store), None)


@dataclass(frozen=True, slots=True)
class Copied:
    """An object that was copied, by which way, and what is known of what was written."""

    way: Way
    written: Written


class Copier:
    """Copies the objects of one transfer, remembering which route works and what the target refuses."""

    def __init__(self, sides: Sides, bucket: TargetBucket, gates: Gates) -> None:
        """Raises `ProblemError` for sizes outside S3's limits."""
        self._sides, self._bucket, self._gates = sides, bucket, gates
        self._server_side, self._relay = server_side_sizing(sides.order.options), relay_sizing(sides.order.options)
        self._options, self._version = sides.order.options, sides.order.selection.version
        self._ladder = Ladder(sides.ways())
        self._learned = {route: Learned() for route in Route}

    async def look(self, key: str) -> Seen:
        """HeadObject by the reader of the best route, else by the other one.

        Raises `ProblemError`, that of the last reader, if no identity can see the object.
        """
        blind: list[tuple[Store, Problem]] = []
        for reader in self._readers():
            head, tags = await asyncio.gather(
                reader.head(self._sides.source_bucket, key, self._version),
                self._tags(reader, key),
                return_exceptions=True,
            )
            if isinstance(head, ProblemError):
                blind.append((reader, head.problem))
            elif isinstance(head, BaseException):
                raise head
            elif isinstance(tags, BaseException):
                raise tags
            else:
                return Seen(key, head, tags, blind, await self._acl(reader, key))
        raise ProblemError(blind[-1][1])

    async def copy(self, seen: Seen, delivery: Delivery, trying: Callable[[Route], None]) -> Copied:
        """Copy by the first route that can; `trying` is told of each before it is tried.

        Raises the `ProblemError` of the last route tried; nothing has then arrived and no upload is left.
        """
        if seen.tags is None:
            delivery.note(TAGS_UNREAD)
        if self._copies_acl and seen.acl is None:
            delivery.note(ACL_UNREAD)
        if lost := not_kept(self._sides.target, seen.head):
            delivery.note(lost)
        refusals: list[CannotCopy] = []
        for way in self._ways(delivery):
            trying(way.route)
            try:
                written = await self._try(way, seen, delivery)
            except CannotCopy as refusal:
                self._ladder.refused(way)
                refusals.append(refusal)
                continue
            self._ladder.worked(way)
            for each in refusals:
                delivery.note(each.reason)
            return Copied(way, written)
        raise ProblemError(refusals[-1].problem)

    async def _try(self, way: Way, seen: Seen, delivery: Delivery) -> Written:
        if blind := seen.refusal(way.reader):
            raise CannotCopy(f"{way.route}: {way.reader.label} may not read the source", blind)
        source = Source(self._sides.source_bucket, seen.key, seen.head.etag, self._version)
        acl = acl_to_send(self._bucket, way.writer_account, self._options.acl)
        grants = self._grants(way, seen, delivery)
        attributes = attributes_of(seen.head, seen.tags, acl, self._sides.below, options=self._options, grants=grants)
        move = Move(way, source, seen.head, delivery, self._gates)
        foreign = self._options.acl is not AclChoice.NONE and self._bucket.belongs_to(way.writer_account) is not True
        try:
            return await move.run(attributes, self._sizing(way), self._learned[way.route], foreign=foreign)
        except ProblemError as error:
            if may_hand_over(way, error.problem):
                reason = f"{way.route}: {way.writer.label} could not copy ({error.problem.code or error.problem.kind})"
                raise CannotCopy(reason, error.problem) from error
            raise

    @property
    def _copies_acl(self) -> bool:
        both = self._sides.source.capabilities.acls and self._sides.target.capabilities.acls
        return both and self._options.acl is AclChoice.COPY

    def _grants(self, way: Way, seen: Seen, delivery: Delivery) -> list[Grant]:
        """The source's grants for the copy, where they are wanted and can be given."""
        if not (self._copies_acl and seen.acl):
            return []
        if way.writer_account is None:
            delivery.note(WRITER_UNKNOWN)
            return []
        if not self._bucket.takes_acls:
            delivery.note(ACLS_OFF)
            return []
        return grants_to_give(seen.acl, self._bucket, way.writer_account)

    async def _acl(self, first: Store, key: str) -> Acl | None:
        """The ACL that is to be copied, by whichever identity may read it."""
        if not self._copies_acl:
            return None
        for store in (first, *(each for each in self._sides.readers() if each is not first)):
            try:
                return await store.object_acl(self._sides.source_bucket, key, self._version)
            except ProblemError:
                continue  # the copy goes on without it, and says so
        return None

    def _ways(self, delivery: Delivery) -> list[Way]:
        """The ways in the order to be tried: an upload that was left is gone on with by the way it was begun."""
        held = delivery.uploads.held
        return sorted(self._ladder.order(), key=lambda way: held is None or way.route is not held.route)

    def _sizing(self, way: Way) -> Sizing:
        return self._server_side if way.server_side else self._relay

    def _readers(self) -> list[Store]:
        readers: list[Store] = []
        for way in self._ladder.order():
            if not any(way.reader is known for known in readers):
                readers.append(way.reader)
        return readers

    async def _tags(self, first: Store, key: str) -> list[tuple[str, str]] | None:
        """The tags, by whichever identity may read them: the copy is given them, so the writer need not."""
        if not (first.capabilities.tags and self._sides.target.capabilities.tags):
            return []  # a disk has none, and keeps none
        others = [store for store in self._sides.readers() if store is not first]
        for store in (first, *others):
            try:
                return await store.tags(self._sides.source_bucket, key, self._version)
            except ProblemError:
                continue  # the copy goes on without tags, and says so
        return None
