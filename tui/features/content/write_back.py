"""Writes edited content back: only over the object that was read, with its present attributes."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from tui.core.facts import Grant
from tui.core.location import Location
from tui.core.orders import CopyOptions
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.versions import NULL_VERSION
from tui.messages.content_requests import SavedContent
from tui.stores.base import Store
from tui.stores.digests import hashed
from tui.stores.store_values import ObjectAttributes, ObjectHead, WriteCondition, WriteResult
from tui.transfers.attributes import TargetRefusals, attributes_of, left_out, write_degrading

_NOT_TOLD = (ProblemKind.DENIED, ProblemKind.UNSUPPORTED)

NO_OLD_ACL = "its ACL cannot be read: the new content has the bucket's default"

_FULL_CONTROL = "FULL_CONTROL"


async def save(store: Store, location: Location, etag: str, content: bytes) -> SavedContent:
    """Write `content` if the object still has this ETag. Raises `ProblemError`, of kind EXISTS if it has changed.

    Keeps the object's headers, metadata, tags, class, encryption and ACL. Writes nothing if tags or annotations cannot
    be read, because they would be lost.
    """
    bucket, key = location.bucket, location.key
    if refusal := await store.write_refusal(bucket):
        raise ProblemError(refusal)
    head = await store.head(bucket, key)
    if head.etag != etag:
        title = f"{location.uri} was written by someone else since you opened it"
        texts = title, "its ETag has changed", "view it again, then edit it again"
        raise ProblemError(Problem(ProblemKind.EXISTS, *texts, resource=location.uri))
    capabilities, notes = store.capabilities, list[str]()
    tags = await store.tags(bucket, key) if capabilities.tags and head.tag_count != 0 else []
    grants = await _grants(store, location, notes) if capabilities.acls else []
    kept = await store.annotations(bucket, key) or []
    annotations = [(each.name, await store.annotation(bucket, key, each.name)) for each in kept]
    wanted = _attributes(head, tags, grants)
    digests = await hashed(content, capabilities.checksum)

    async def write(attributes: ObjectAttributes) -> WriteResult:
        return await store.put(bucket, key, content, attributes, when=WriteCondition(replaces=etag), digests=digests)

    stored, sent = await write_degrading(wanted, write, TargetRefusals(), foreign=False)
    for name, payload in annotations:
        await store.annotate(bucket, key, name, payload, etag=stored.etag)
    version = stored.version if stored.version != NULL_VERSION else ""
    return SavedContent(stored.etag, [*notes, *left_out(wanted, sent)], version)


def _attributes(head: ObjectHead, tags: list[tuple[str, str]], grants: Sequence[Grant]) -> ObjectAttributes:
    """The object's attributes without AES256: that is every bucket's default, and some servers do not support it."""
    by_key = head.encryption if head.encryption.startswith("aws:") else ""
    options = CopyOptions(encryption=by_key, kms_key=head.kms_key if by_key else "")
    found = attributes_of(head, tags, "", options=options, grants=grants)
    return replace(found, bucket_key=bool(by_key and head.bucket_key), modified=None)


async def _grants(store: Store, location: Location, notes: list[str]) -> list[Grant]:
    """The grants of an ACL; none if it only gives the owner full control."""
    try:
        acl = await store.object_acl(location.bucket, location.key)
    except ProblemError as error:
        if error.problem.kind not in _NOT_TOLD:
            raise
        notes.append(NO_OLD_ACL)
        return []
    alone = all(grant.grantee.id == acl.owner.id and grant.permission == _FULL_CONTROL for grant in acl.grants)
    return [] if alone else acl.grants
