"""The Object Ownership of a bucket as a document, and what another setting means.

Rules: Amazon S3 user guide, "Controlling ownership of objects and disabling ACLs for your bucket" and "Prerequisites
for disabling ACLs".
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from tui.changes.documents.base import Consequences, Document, Intended, Services
from tui.core.changes import DocumentRef
from tui.core.facts import Effect, ObjectOwnership
from tui.core.identity import AddressBook
from tui.core.json_text import read_json
from tui.core.problem import ProblemError
from tui.policies.statements import parse_document
from tui.stores.base import Store
from tui.stores.store_values import Acl

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


class OwnershipControls(Document):
    """The Object Ownership of a bucket. The store writes it only where the server answers a GET of it as AWS does."""

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        """GetBucketOwnershipControls."""
        setting = await (await services.store(ref.connection)).settings.ownership(ref.location.bucket)
        return ownership_document(setting) if setting else None

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """PutBucketOwnershipControls."""
        if (setting := _setting(text)) is not None:  # `mistakes` stops any other text; without one it would be deleted
            await (await services.store(ref.connection)).settings.set_ownership(ref.location.bucket, setting)

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        """DeleteBucketOwnershipControls."""
        await (await services.store(ref.connection)).settings.set_ownership(ref.location.bucket, None)

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:  # noqa: ARG002  # what others need
        """As `read` has it."""
        setting = _setting(text)
        return ownership_document(setting) if setting else text

    def mistakes(self, before: str | None, after: str) -> Iterator[str]:  # noqa: ARG002  # what others need
        """What is none of the settings."""
        if _setting(after) is None:
            example = ownership_document(ObjectOwnership.BUCKET_OWNER_ENFORCED)
            yield f"write {example}; the settings are {', '.join(ObjectOwnership)}"

    async def consequences(self, services: Services, intended: Intended) -> Consequences:
        """What works in another way from then on, and the grants for which S3 refuses it."""
        store, bucket = await services.store(intended.ref.connection), intended.ref.location.bucket
        if not await store.settings.has_ownership(bucket):
            return Consequences([NO_CONTROLS])
        setting = _setting(intended.after) if intended.after else None
        if setting is not ObjectOwnership.BUCKET_OWNER_ENFORCED:
            words = PREFERRED if setting is ObjectOwnership.BUCKET_OWNER_PREFERRED else ""
            return Consequences(notes=[each.format(words) for each in ON])
        stops, unread = await _bucket_grants(store, bucket)
        return Consequences(stops, [*OFF, *unread, *await _conditions(store, bucket)])


def ownership_document(setting: ObjectOwnership) -> str:
    """The document of a setting."""
    return json.dumps({"Rules": [{"ObjectOwnership": setting.value}]})


def _setting(text: str) -> ObjectOwnership | None:
    """The setting that a document has; None: it is no such document."""
    try:
        content = read_json(text)
    except ValueError:
        return None
    match content:
        case {"Rules": [{"ObjectOwnership": str(setting)}]} if setting in list(ObjectOwnership):
            return ObjectOwnership(setting)
    return None


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
