"""What S3 changes by a copy of an object onto itself.

Amazon S3 User Guide, "Editing object metadata in the Amazon S3 console": the copy keeps what it is given; tags,
encryption, Object Lock and ACL are given to it as they are, annotations go along by themselves.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from tui.changes.documents.base import Consequences, Document, Intended, Services
from tui.core.changes import DocumentRef
from tui.core.facts import Grant
from tui.core.naming import MAX_SINGLE_COPY, counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.store_values import Acl, ObjectAttributes, ObjectHead, Source

STANDARD = "STANDARD"
"""Not sent where the object has it already: Ceph would keep it as if it were one of its own."""

_NO_ACLS = "AccessControlListNotSupported"


class _Seen(NamedTuple):
    """What the copy has to keep: head, tags, and the ACL (None where a server has none)."""

    head: ObjectHead
    tags: list[tuple[str, str]]
    acl: Acl | None


class InPlace(Document):
    """What both have in common."""

    removable = False

    @abstractmethod
    def text(self, head: ObjectHead) -> str:
        """The document of an object with this head."""

    @abstractmethod
    def changed(self, attributes: ObjectAttributes, text: str) -> ObjectAttributes:
        """The attributes as the document wants them."""

    async def read(self, services: Services, ref: DocumentRef) -> str:
        """HeadObject."""
        store = await services.store(ref.connection)
        return self.text(await store.head(ref.location.bucket, ref.location.key))

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """CopyObject onto itself, of the very object that was just looked at; another one is not overwritten."""
        store, (bucket, key) = await services.store(ref.connection), (ref.location.bucket, ref.location.key)
        head, tags, acl = await _see(store, ref)
        if stops := list(obstacles(head)):
            raise ProblemError(Problem(ProblemKind.INVALID, f"the {ref.title} cannot be changed", "; ".join(stops)))
        attributes = self.changed(_as_it_is(head, tags, acl), text)
        source = Source(bucket, key, head.etag)
        try:
            await store.copy(source, bucket, key, attributes, replaces=head.etag)
        except ProblemError as error:
            if error.problem.code != _NO_ACLS:
                raise
            await store.copy(source, bucket, key, replace(attributes, grants=()), replaces=head.etag)  # ACLs are off

    async def consequences(self, services: Services, intended: Intended) -> Consequences:
        """What keeps the object from being copied onto itself, and what becomes of it."""
        store = await services.store(intended.ref.connection)
        found = Consequences()
        try:
            head, _, acl = await _see(store, intended.ref)
        except ProblemError as error:
            found.stops.append(error.problem.sentence())
            return found
        found.stops += obstacles(head)
        found.notes.append("the object is copied onto itself: its time becomes now, its content stays")
        if head.version and head.version != "null":
            found.notes.append("its bucket keeps versions: the present one stays, and costs, beside the new one")
        if head.parts:
            found.notes.append(f"it was uploaded in {counted(head.parts, 'part')}: its ETag becomes another one")
        mine = intended.caller.canonical_id
        if mine and acl and acl.owner.id and acl.owner.id != mine:
            found.notes.append("another account owns it: this identity becomes its owner, unless ACLs are off")
        return found


async def _see(store: Store, ref: DocumentRef) -> _Seen:
    """Head, tags and ACL. Raises `ProblemError` where they cannot be read: they would be lost."""
    bucket, key = ref.location.bucket, ref.location.key
    head = await store.head(bucket, key)
    try:
        tags = await store.tags(bucket, key) if head.tag_count != 0 else []
    except ProblemError as error:
        if error.problem.kind is not ProblemKind.UNSUPPORTED:
            raise ProblemError(_would_be_lost("tags", error.problem)) from error
        tags = []
    try:
        return _Seen(head, tags, await store.object_acl(bucket, key))
    except ProblemError as error:
        if error.problem.kind is not ProblemKind.UNSUPPORTED:
            raise ProblemError(_would_be_lost("ACL", error.problem)) from error
        return _Seen(head, tags, None)


def _as_it_is(head: ObjectHead, tags: list[tuple[str, str]], acl: Acl | None) -> ObjectAttributes:
    """All that the copy would otherwise lose. Grants to the owner alone are what every object has."""
    grants: list[Grant] = acl.grants if acl and any(each.grantee.id != acl.owner.id for each in acl.grants) else []
    return ObjectAttributes(
        headers=head.headers,
        metadata=head.metadata,
        tags=tags or None,
        storage_class="" if head.storage_class == STANDARD else head.storage_class,
        grants=tuple(grants),
        encryption=head.encryption,
        kms_key=head.kms_key,
        lock=head.lock,
    )


def obstacles(head: ObjectHead) -> Iterator[str]:
    """Why an object is not copied onto itself, each a clause."""
    if head.size > MAX_SINGLE_COPY:
        yield "it is larger than 5 GiB, which CopyObject does not take: copy it to the same key by a transfer"
    if head.archived:
        yield f"its content is archived ({head.archived}): restore it first"


def _would_be_lost(what: str, problem: Problem) -> Problem:
    return replace(problem, title=f"its {what} cannot be read, and would be lost: {problem.title}")
