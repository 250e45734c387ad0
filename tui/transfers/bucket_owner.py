"""The owner of a future copy, and the ACL it needs for that: Object Ownership, applied.

The rules are those of the Amazon S3 User Guide, "Controlling ownership of objects and disabling ACLs".
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from tui.core.facts import Grant, ObjectOwnership
from tui.core.identity import Owner
from tui.core.orders import AclChoice
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.store_values import Acl
from tui.transfers.local_disk import NO_OWNER
from tui.transfers.tasks import together

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
    """The settings that decide who owns new objects of a bucket.

    `ownership` None with `ownership_known`: the bucket has no such setting, so the uploader owns what it uploads.
    """

    ownership: ObjectOwnership | None = None
    ownership_known: bool = False
    owner: Owner | None = None
    unknown: tuple[str, ...] = ()
    """What could not be read, as sentences for the route card."""
    acls: bool = True
    """False for a store without ACLs and owners."""

    def belongs_to(self, writer: Owner | None) -> bool | None:
        if not self.acls:
            return True
        if self.owner is None or writer is None:
            return None
        return self.owner.id == writer.id

    @property
    def takes_acls(self) -> bool:
        """False only when ACLs are known to be off; where the setting is unknown, the request shows it."""
        return self.ownership is not ObjectOwnership.BUCKET_OWNER_ENFORCED


@dataclass(frozen=True, slots=True)
class OwnerForecast:
    """The account that will own the copy (None: not known) and one clause that says why."""

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
    if not bucket.acls:
        return OwnerForecast(None, NO_OWNER)
    if bucket.ownership is ObjectOwnership.BUCKET_OWNER_ENFORCED:
        return OwnerForecast(bucket.owner, "the bucket owner: ACLs are disabled")
    if bucket.belongs_to(writer):
        return OwnerForecast(bucket.owner, "the bucket owner writes it")
    if not bucket.ownership_known:
        return OwnerForecast(None, "the bucket owner or the writer: Object Ownership cannot be read")
    if bucket.ownership is ObjectOwnership.BUCKET_OWNER_PREFERRED and acl == BUCKET_OWNER_FULL_CONTROL:
        return OwnerForecast(bucket.owner, f"the bucket owner, because {acl} is sent")
    if bucket.belongs_to(writer) is None:
        return OwnerForecast(writer, "the writer: the bucket owner cannot be read")
    if acl == BUCKET_OWNER_FULL_CONTROL:
        return OwnerForecast(writer, "the writer, not the bucket owner, who gets full control by the ACL")
    return OwnerForecast(writer, "the writer, not the bucket owner: the bucket policy will not apply to it")


async def read_target_bucket(askers: Sequence[Store], bucket: str) -> TargetBucket:
    """Ask for Object Ownership and the bucket's owner, each by the first identity that may know; not of a disk.

    Raises `ProblemError` only when the first identity says that the bucket does not exist.
    """
    if not askers[0].capabilities.acls:
        return TargetBucket(acls=False)
    (ownership, known, why_ownership), (owner, why_owner) = await together(
        _ownership(askers, bucket), _owner(askers, bucket)
    )
    return TargetBucket(ownership, known, owner, tuple(filter(None, (why_ownership, why_owner))))


async def _ownership(askers: Sequence[Store], bucket: str) -> tuple[ObjectOwnership | None, bool, str]:
    refusals: list[Problem] = []
    for store in askers:
        try:
            return await store.settings.ownership(bucket), True, ""
        except ProblemError as error:
            _raise_if_missing(error, first=not refusals)
            if error.problem.kind is ProblemKind.UNSUPPORTED:
                return None, True, ""  # a server without Object Ownership: the uploader owns
            refusals.append(error.problem)
    return None, False, _unreadable("Object Ownership", refusals)


async def _owner(askers: Sequence[Store], bucket: str) -> tuple[Owner | None, str]:
    refusals: list[Problem] = []
    for store in askers:
        try:
            return (await store.settings.bucket_acl(bucket)).owner, ""
        except ProblemError as error:
            _raise_if_missing(error, first=not refusals)
            refusals.append(error.problem)
    for store in askers:
        with suppress(ProblemError):  # a last attempt: ListBuckets shows the caller's own buckets, with their owner
            own = await store.buckets()
            if own.owner and any(each.name == bucket for each in own.buckets):
                return own.owner, ""
    return None, _unreadable("owner", refusals)


def _raise_if_missing(error: ProblemError, *, first: bool) -> None:
    if first and error.problem.kind is ProblemKind.NO_SUCH_BUCKET:
        raise error


def _unreadable(what: str, refusals: Sequence[Problem]) -> str:
    first = refusals[0]
    needs = f", needs {first.permission}" if first.permission else ""
    return f"the target bucket's {what} cannot be read by {first.identity}: {first.title}{needs}"
