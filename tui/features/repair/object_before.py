"""An object before its repair: as listings show it, and as the identities see it."""

from __future__ import annotations

import time
from array import array
from collections.abc import Coroutine, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from tui.core.facts import Grant
from tui.core.identity import Owner
from tui.core.listing import UNKNOWN_INDEX
from tui.core.problem import ProblemError, ProblemKind
from tui.features.repair.repair_parties import Parties
from tui.features.repair.rollback import ObjectBefore
from tui.stores.base import Store
from tui.stores.store_values import ARCHIVES, Acl, ObjectHead
from tui.transfers.selection import SelectedObject
from tui.transfers.tasks import together

T = TypeVar("T")


class RepairCandidate(Struct, frozen=True):
    """An object that was looked at. `acl` and `head` None: they cannot be read yet."""

    picked: SelectedObject
    was: ObjectBefore
    acl: Acl | None
    head: ObjectHead | None

    @property
    def key(self) -> str:
        return self.picked.key

    def others(self, bucket_owner: Owner | None) -> list[Grant]:
        """The grants to others than the object's owner and the bucket's."""
        if self.acl is None:
            return []
        two = (self.acl.owner.id, bucket_owner.id if bucket_owner else "")
        return [grant for grant in self.acl.grants if grant.is_group or grant.grantee.id not in two]

    @classmethod
    async def at(cls, parties: Parties, picked: SelectedObject, before: ObjectBefore | None) -> RepairCandidate:
        """Look, as the uploader where there is one; S3 denies it the ACL once the bucket owner owns the object.

        `before`: the record of an earlier run, which stays. Raises `ProblemError` for all but denials.
        """
        store = parties.uploader or parties.owner or parties.lister
        acl, head = await together(
            _unless_denied(store.object_acl(parties.name, picked.key)),
            _unless_denied(store.head(parties.name, picked.key)),
        )
        acl = acl or await acl_as_owner(parties, picked.key)
        if before:
            return cls(picked, before, before.acl or acl, head)
        tags = await _unless_denied(store.tags(parties.name, picked.key)) if head else None
        uri, key, owner = parties.uri(picked.key), picked.key, picked.owner
        was = ObjectBefore(uri=uri, key=key, owner=owner, acl=acl, head=head, tags=tags, recorded=time.time())
        return cls(picked, was, acl, head)


async def acl_as_owner(parties: Parties, key: str) -> Acl | None:
    """The ACL as the bucket's owner reads it; None: it may not. Raises `ProblemError` for what is not a denial."""
    return await _unless_denied(parties.owner.object_acl(parties.name, key)) if parties.owner else None


async def look(parties: Parties, picked: SelectedObject) -> SelectedObject:
    """A marked key with what a listing says of it; by its ACL where listing is denied. Raises `ProblemError`."""
    try:
        return await listed(parties.lister, parties.name, picked.key)
    except ProblemError as error:
        if error.problem.kind is not ProblemKind.DENIED:
            raise
        denied = error
    store = parties.uploader or parties.lister
    acl = await _unless_denied(store.object_acl(parties.name, picked.key))
    if acl is None:
        raise denied
    head = await store.head(parties.name, picked.key)
    return replace(picked, size=head.size, modified=head.modified, etag=head.etag, owner=acl.owner.id)


async def look_if_possible(parties: Parties, picked: SelectedObject) -> SelectedObject:
    """As `look`, but unchanged where that fails: the repair itself says why."""
    try:
        return await look(parties, picked)
    except ProblemError:
        return picked


async def listed(store: Store, bucket: str, key: str) -> SelectedObject:
    """One object as ListObjectsV2 has it, with its owner. Raises `ProblemError`, NO_SUCH_KEY as HeadObject does."""
    async with aclosing(store.pages(bucket, key, recursive=True)) as pages:
        async for page in pages:
            if page.names and page.prefix + page.names[0] == key:
                kind, owner = array("H", page.class_index)[0], array("H", page.owner_index)[0]
                known = page.classes[kind] if kind != UNKNOWN_INDEX else "STANDARD"
                return SelectedObject(
                    key,
                    array("q", page.sizes)[0],
                    array("q", page.modified)[0],
                    archived=known in ARCHIVES,
                    etag=page.etags[0] if page.etags else "",
                    storage_class=known,
                    owner=page.owners[owner].id if owner != UNKNOWN_INDEX else "",
                )
            break
    head = await store.head(bucket, key)
    return SelectedObject(key, head.size, head.modified, etag=head.etag)


async def tags_of(readers: Sequence[Store], bucket: str, key: str) -> list[tuple[str, str]]:
    """GetObjectTagging by the first identity that may; raises the first `ProblemError`."""
    refusals: list[ProblemError] = []
    for store in readers:
        try:
            return await store.tags(bucket, key)
        except ProblemError as error:
            refusals.append(error)
    raise refusals[0]


async def _unless_denied(asking: Coroutine[Any, Any, T]) -> T | None:
    try:
        return await asking
    except ProblemError as error:
        if error.problem.kind is not ProblemKind.DENIED:
            raise
        return None
