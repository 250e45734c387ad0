"""What another Object Ownership setting of a bucket changes, found out before it is made.

Rules: Amazon S3 user guide, "Controlling ownership of objects and disabling ACLs for your bucket" and "Prerequisites
for disabling ACLs".
"""

from __future__ import annotations

from msgspec.structs import replace

from tui.changes.changing import Changes
from tui.changes.documents import Services
from tui.changes.documents.ownership import ownership_document
from tui.inspection.statements import parse_document
from tui.model.change import Change, DocumentKind, DocumentRef
from tui.model.facts import Effect, ObjectOwnership
from tui.model.identity import Identity
from tui.model.location import Location
from tui.model.problem import ProblemError
from tui.stores.base import Store
from tui.stores.values import Acl

ACL_KEY = "s3:x-amz-acl"

OFF = (
    "ACLs are off from then on: grants on objects and on the bucket have no effect, policies alone decide",
    "the bucket owner owns every object, also those that other accounts have uploaded",
    "uploads with another ACL than bucket-owner-full-control fail (AccessControlListNotSupported), and PutObjectAcl",
)
ON = (
    "ACLs count from then on, also those that objects got before they were turned off",
    "who uploads an object owns it, unless the bucket owner does it{}",
)
PREFERRED = " or it is uploaded with the ACL bucket-owner-full-control"
GRANTED = "the bucket's ACL grants {} {}: S3 refuses to turn ACLs off before that grant is removed"
UNREAD_ACL = "the bucket's ACL cannot be read ({}): with grants to others S3 refuses the change"
UNREAD_POLICY = "the bucket policy cannot be read ({}): conditions on s3:x-amz-acl are not known"
NEEDS_ACL = "policy statement {} asks for s3:x-amz-acl {}: uploads that send another ACL will fail"
STILL_ASKED = "policy statement {} asks for s3:x-amz-acl {}: uploads still have to send it, though ACLs are off"
NO_CONTROLS = "this server has no Object Ownership: it answers GetBucketOwnershipControls without a rule"


async def plan_ownership(
    changes: Changes, services: Services, ref: DocumentRef, setting: ObjectOwnership | None, identity: Identity
) -> Change:
    """The change of a bucket's setting (None: to none), with all that it means. Raises `ProblemError`."""
    after = ownership_document(setting) if setting else None
    change = await changes.plan(ref, lambda _: after, identity)
    store, bucket = await services.store(ref.connection), ref.location.bucket
    if change.unread is None and not await store.settings.has_ownership(bucket):
        return replace(change, stops=[*change.stops, NO_CONTROLS])
    if not change.is_needed:
        return change
    if setting is not ObjectOwnership.BUCKET_OWNER_ENFORCED:
        words = PREFERRED if setting is ObjectOwnership.BUCKET_OWNER_PREFERRED else ""
        return replace(change, notes=[*change.notes, *(each.format(words) for each in ON)])
    stops, unread = await _bucket_grants(store, bucket)
    notes = [*OFF, *unread, *await _conditions(store, bucket)]
    return replace(change, stops=[*change.stops, *stops], notes=[*change.notes, *notes])


def ownership_ref(bucket: str, connection: str, account: str) -> DocumentRef:
    """The document of a bucket's setting."""
    return DocumentRef(DocumentKind.OBJECT_OWNERSHIP, Location(bucket), account=account, connection=connection)


async def _bucket_grants(store: Store, bucket: str) -> tuple[list[str], list[str]]:
    """What stops the change: the grants of the bucket's ACL to others than its owner; and what is not known of it."""
    try:
        acl = await store.settings.bucket_acl(bucket)
    except ProblemError as error:
        return [], [UNREAD_ACL.format(error.problem.title)]
    return [GRANTED.format(who, permission) for who, permission in _to_others(acl)], []


def _to_others(acl: Acl) -> list[tuple[str, str]]:
    return [
        (grant.grantee.name or grant.grantee.id, grant.permission)
        for grant in acl.grants
        if grant.is_group or grant.grantee.id != acl.owner.id
    ]


async def _conditions(store: Store, bucket: str) -> list[str]:
    """What the policy's conditions on the ACL of uploads mean once ACLs are off."""
    try:
        policy = await store.settings.policy(bucket)
    except ProblemError as error:
        return [UNREAD_POLICY.format(error.problem.title)]
    found = []
    for statement in parse_document(policy).statements if policy else ():
        wanted = [each for one in statement.conditions if one.key.lower() == ACL_KEY for each in one.wanted]
        if not wanted:
            continue
        full = set(wanted) == {"bucket-owner-full-control"}
        asks = statement.effect is Effect.ALLOW or full
        found.append((STILL_ASKED if full else NEEDS_ACL).format(statement.sid, " or ".join(wanted)) if asks else "")
    return [each for each in found if each]
