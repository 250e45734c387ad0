"""Who will own a copy, and which ACL it must carry for that: Object Ownership, applied.

The rules are those of the Amazon S3 User Guide, "Controlling ownership of objects and disabling ACLs".
"""

from __future__ import annotations

from dataclasses import dataclass

from tui.model.facts import Grant, ObjectOwnership
from tui.model.identity import Owner
from tui.model.plan import AclChoice
from tui.stores.base import Acl
from tui.transfers.disk import NO_OWNER

BUCKET_OWNER_FULL_CONTROL = "bucket-owner-full-control"
"""The canned ACL that gives the bucket's owner all rights on what another account writes."""

FULL_CONTROL = "FULL_CONTROL"


@dataclass(frozen=True, slots=True)
class Owners:
    """The accounts of the two connected identities by canonical id; None where it is not known."""

    source: Owner | None = None
    target: Owner | None = None


@dataclass(frozen=True, slots=True)
class TargetBucket:
    """What decides who owns new objects of a bucket.

    `ownership` None with `ownership_known`: the bucket has no such setting, so the uploader owns what it uploads.
    """

    ownership: ObjectOwnership | None = None
    ownership_known: bool = False
    owner: Owner | None = None
    unknown: tuple[str, ...] = ()
    """What could not be read, as sentences for the route card."""
    acls: bool = True
    """False for a store that knows neither ACLs nor owners: nobody there is a stranger."""

    def belongs_to(self, writer: Owner | None) -> bool | None:
        """Whether the bucket is the writer's own; None when that cannot be told."""
        if not self.acls:
            return True
        if self.owner is None or writer is None:
            return None
        return self.owner.id == writer.id

    @property
    def takes_acls(self) -> bool:
        """False only when ACLs are known to be off; where the setting is unknown, trying will tell."""
        return self.ownership is not ObjectOwnership.BUCKET_OWNER_ENFORCED


@dataclass(frozen=True, slots=True)
class OwnerForecast:
    """The account that will own the copy (None: cannot be told) and one clause that says why."""

    owner: Owner | None
    why: str


def acl_to_send(bucket: TargetBucket, writer: Owner | None, choice: AclChoice = AclChoice.AUTO) -> str:
    """The canned ACL of a write.

    AUTO, and COPY where the source's grants cannot be given: only for a bucket that takes ACLs and is (or may be)
    another account's.
    """
    if choice is AclChoice.NONE:
        return ""
    if choice not in (AclChoice.AUTO, AclChoice.COPY):
        return choice.value
    if bucket.takes_acls and bucket.belongs_to(writer) is not True:
        return BUCKET_OWNER_FULL_CONTROL
    return ""


def grants_to_give(source: Acl, bucket: TargetBucket, writer: Owner) -> list[Grant]:
    """The grants of a copy that is to have those of its source.

    What the source's owner has, the copy's owner gets: explicit grants replace the default, by which it would have all
    rights on its own object. In another account's bucket the bucket's owner gets them, too.
    """
    full = [Grant(writer, FULL_CONTROL)]
    if bucket.owner and bucket.owner.id != writer.id:
        full.append(Grant(bucket.owner, FULL_CONTROL))
    others = [grant for grant in source.grants if grant.is_group or grant.grantee.id != source.owner.id]
    return [*full, *(grant for grant in others if grant not in full)]


def forecast_owner(bucket: TargetBucket, writer: Owner | None, acl: str) -> OwnerForecast:
    """Who will own what `writer` writes there with this ACL."""
    if not bucket.acls:
        return OwnerForecast(None, NO_OWNER)
    if bucket.ownership is ObjectOwnership.BUCKET_OWNER_ENFORCED:
        return OwnerForecast(bucket.owner, "the bucket's owner: it has ACLs off and owns everything in it")
    if bucket.belongs_to(writer):
        return OwnerForecast(bucket.owner, "the bucket's owner writes it")
    if not bucket.ownership_known:
        return OwnerForecast(None, "the bucket's owner or the writer: the bucket's Object Ownership cannot be read")
    if bucket.ownership is ObjectOwnership.BUCKET_OWNER_PREFERRED and acl == BUCKET_OWNER_FULL_CONTROL:
        return OwnerForecast(bucket.owner, f"the bucket's owner, because {acl} is sent")
    return _writers(bucket, writer, acl)


def _writers(bucket: TargetBucket, writer: Owner | None, acl: str) -> OwnerForecast:
    if bucket.belongs_to(writer) is None:
        return OwnerForecast(writer, "the writer: whether the bucket is its own cannot be read")
    if acl == BUCKET_OWNER_FULL_CONTROL:
        return OwnerForecast(writer, "the writer, not the bucket's owner, who gets full control by the ACL")
    return OwnerForecast(writer, "the writer, not the bucket's owner, whose bucket policy will not reach it")
