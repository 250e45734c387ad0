"""Copies one object: looks at it, then tries the routes (pull, push, relay), the best first.

What routes there are: `tui.core.orders.CopyRoute`; who reads and writes in each: `tui.transfers.sides`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from tui.core.facts import Grant
from tui.core.identity import Owner
from tui.core.orders import AclChoice, CopyRoute
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.store_values import ANYTHING, Acl, CopySource, ObjectAttributes, WriteResult
from tui.transfers.attributes import TargetRefusals, archived, attributes_of, left_out, write_degrading
from tui.transfers.bucket_owner import TargetBucket, acl_to_send, grants_to_give
from tui.transfers.copy.annotations import Annotator, SourceTags
from tui.transfers.copy.attempt import CopyAttempt, SentObject
from tui.transfers.copy.delivery import Copied, Delivery, SourceSnapshot
from tui.transfers.copy.parts import relay_sizing, server_side_sizing
from tui.transfers.limits import SharedLimits
from tui.transfers.local_disk import not_kept
from tui.transfers.selection import refuse_missing_bucket
from tui.transfers.sides import ResolvedRoute, RouteOrder, Sides
from tui.transfers.tasks import together


class CannotCopy(Exception):  # noqa: N818  # reason: it is no error but the word that hands an object on
    """This route cannot copy this object; the next one may."""

    def __init__(self, reason: str, problem: Problem) -> None:
        super().__init__(reason)
        self.reason, self.problem = reason, problem


def may_hand_over(way: ResolvedRoute, problem: Problem) -> bool:
    """Whether the next route should be tried after this problem. A relay has none after it."""
    return way.server_side and problem.kind.meaning.next_route


TAGS_UNREAD = "without tags: the reader is not allowed to read them"
UNCONDITIONAL = (
    "written without a condition, which the server does not support: what another client wrote since was replaced"
)
FOREIGN = "owned by {}, not by the bucket owner"
ACL_UNREAD = "without the source's grants: {}"
ACLS_OFF = "without the source's grants: the target bucket has ACLs disabled"
WRITER_UNKNOWN = "without the source's grants: the writer's canonical ID is not known, and it must keep its access"


class Copier:
    """Copies the objects of one transfer, remembering which route works and what the target refuses."""

    def __init__(self, sides: Sides, bucket: TargetBucket, shared: SharedLimits, *, infers: bool = False) -> None:
        """`infers`: attributes of copies may be inferred (see `tui.transfers.copy.inferred_copies`)."""
        self._sides, self._bucket, self.shared = sides, bucket, shared
        self._server_side, self._relay = server_side_sizing(sides.order.options), relay_sizing(sides.order.options)
        self._options, self._version = sides.order.options, sides.order.selection.version
        self.route_order = RouteOrder(sides.ways())
        self._learned = {route: TargetRefusals() for route in CopyRoute}
        self.annotator = Annotator(sides, shared)
        self.infers = infers
        self.tags = SourceTags(sides)

    async def look(self, key: str) -> SourceSnapshot:
        """HeadObject by the reader of the best route, else by the other one.

        Raises `ProblemError`, that of the last reader, if no identity can see the object.
        """
        blind: list[tuple[Store, Problem]] = []
        bucket = self._sides.source_bucket
        for reader in self._readers():
            try:
                looking = reader.head(bucket, key, self._version)
                head, tags, inferred = await self.tags.beside("HeadObject", reader, key, looking, lambda head: head)
            except ProblemError as error:
                blind.append((reader, error.problem))
            else:
                closing = archived(reader, bucket, key, head, self._version)
                (acl, unread), closed = await together(self._acl(reader, key), closing)
                return SourceSnapshot(key, head, tags, blind, acl, unread, closed, inferred)
        await refuse_missing_bucket(blind[-1][0], self._sides.order.selection, blind[-1][1])
        raise ProblemError(blind[-1][1])

    async def copy(self, seen: SourceSnapshot, delivery: Delivery, trying: Callable[[CopyRoute], None]) -> Copied:
        """Copy by the first route that can; `trying` is called with each before it is tried.

        Raises the `ProblemError` of the last route tried; nothing has then arrived and no upload is left.
        """
        self.note_losses(seen, delivery)
        refusals: list[CannotCopy] = []
        held = delivery.uploads.held  # an upload that was left is continued by the way that began it
        for way in sorted(self.route_order.ordered, key=lambda way: held is None or way.route is not held.route):
            trying(way.route)
            try:
                copied = await self.write(way, seen, delivery)
            except CannotCopy as refusal:
                self.route_order.refused(way)
                refusals.append(refusal)
                continue
            self.route_order.worked(way)
            for each in refusals:
                delivery.note(each.reason)
            return copied
        raise ProblemError(refusals[-1].problem)

    def strange_owner(self, owner: Owner | None) -> str:
        """A sentence that names the owner of a copy; empty if it is the bucket's owner, or is not known."""
        if owner is None or self._bucket.belongs_to(owner) is not False:
            return ""
        sides = self._sides
        known = ((sides.owners.target, sides.target.label), (sides.owners.source, sides.source.label))
        name = next((f"{label}'s account" for each, label in known if each and each.id == owner.id), "")
        return FOREIGN.format(name or owner.name or owner.id)

    def note_losses(self, seen: SourceSnapshot, delivery: Delivery) -> None:
        if seen.tags is None:
            delivery.note(TAGS_UNREAD)
        if self._copies_acl and seen.acl is None:
            delivery.note(ACL_UNREAD.format(seen.acl_unread or "they were not read"))

    async def write(
        self, way: ResolvedRoute, seen: SourceSnapshot, delivery: Delivery, content: bytes | None = None
    ) -> Copied:
        """Copy by one way; `content`: that of the object, if it was read already, in memory that is reserved for it.

        Raises `CannotCopy` where the next way may do it, `ProblemError` where none does.
        """
        if blind := seen.refusal(way.reader):
            raise CannotCopy(f"{way.route}: {way.reader.label} cannot read the source", blind)
        attempt = CopyAttempt(way, self.source(seen), seen, delivery, self.shared, content)
        attributes = self._attributes(way, seen, delivery)
        sizing = self._server_side if way.server_side else self._relay
        try:
            copied = await attempt.run(attributes, sizing, self._target(way), foreign=self._foreign(way))
        except ProblemError as error:
            if may_hand_over(way, error.problem):
                reason = f"{way.route}: {way.writer.label} could not copy ({error.problem.code or error.problem.kind})"
                raise CannotCopy(reason, error.problem) from error
            raise
        await self.finish(copied, delivery)
        return copied

    async def put_at_once(
        self,
        way: ResolvedRoute,
        seen: SourceSnapshot,
        delivery: Delivery,
        put: Callable[[ObjectAttributes], Awaitable[WriteResult]],
    ) -> SentObject:
        """Write the whole object by `put`, with all attributes or with those that the target takes.

        Raises the `ProblemError` of the first refusal where leaving them out does not help.
        """
        attributes = self._attributes(way, seen, delivery)
        stored, sent = await write_degrading(attributes, put, self._target(way), foreign=self._foreign(way))
        if sent is not attributes:
            for note in left_out(attributes, sent):
                delivery.note(note)
        delivery.add(seen.head.size)
        return stored, sent

    async def finish(self, copied: Copied, delivery: Delivery) -> None:
        seen = copied.seen
        if delivery.when != ANYTHING and not copied.way.writer.capabilities.conditional_writes:
            delivery.note(UNCONDITIONAL)
        if lost := not_kept(self._sides.target, seen.head, seen.tags):
            delivery.note(lost)
        if copied.annotated or self.annotator.may_be_some:
            await self.annotator.copy(seen.key, copied.stored.etag, delivery, by_server=copied.annotated)

    def source(self, seen: SourceSnapshot) -> CopySource:
        return CopySource(self._sides.source_bucket, seen.key, seen.head.etag, self._version)

    def _attributes(self, way: ResolvedRoute, seen: SourceSnapshot, delivery: Delivery) -> ObjectAttributes:
        acl = acl_to_send(self._bucket, way.writer_account, self._options.acl)
        grants = self._grants(way, seen, delivery)
        attributes = attributes_of(seen.head, seen.tags, acl, self._sides.below, options=self._options, grants=grants)
        return replace(attributes, as_source=True) if seen.head.listed and way.server_side else attributes

    def _target(self, way: ResolvedRoute) -> TargetRefusals:
        """What is known of the target, as this way writes to it."""
        learned = self._learned[way.route]
        learned.copies_annotations = way.writer.capabilities.copies_annotations
        return learned

    def _foreign(self, way: ResolvedRoute) -> bool:
        """Whether the bucket is, or may be, another account's, and an ACL may be sent for its owner."""
        return self._options.acl is not AclChoice.NONE and self._bucket.belongs_to(way.writer_account) is not True

    @property
    def _copies_acl(self) -> bool:
        wanted = self._options.acl is AclChoice.COPY
        return wanted and self._sides.source.capabilities.acls and self._sides.target.capabilities.acls

    def _grants(self, way: ResolvedRoute, seen: SourceSnapshot, delivery: Delivery) -> list[Grant]:
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

    async def _acl(self, first: Store, key: str) -> tuple[Acl | None, str]:
        """The ACL that is to be copied, by whichever identity may read it, or why none could."""
        unread = ""
        if not self._copies_acl:
            return None, unread
        for store in (first, *(each for each in self._sides.readers() if each is not first)):
            try:
                return await store.object_acl(self._sides.source_bucket, key, self._version), unread
            except ProblemError as error:  # the copy is made without it, and says so
                problem = error.problem
                unread = f"they could not be read ({problem.code or problem.kind})"
                if problem.kind is ProblemKind.DENIED:
                    unread = "s3:GetObjectAcl is missing"
        return None, unread

    def _readers(self) -> list[Store]:
        readers: list[Store] = []
        for way in self.route_order.ordered:
            if not any(way.reader is known for known in readers):
                readers.append(way.reader)
        return readers
