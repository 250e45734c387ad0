"""Settings documents of buckets: versioning, encryption, public access, Object Ownership, policies."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tui.core.changes import DocumentRef
from tui.core.facts import Effect, ObjectOwnership
from tui.core.identity import AddressBook
from tui.core.json_text import read_json
from tui.core.problem import ProblemError
from tui.documents import document
from tui.documents.acls import EVERYBODY
from tui.policies.statements import parse_document
from tui.stores.operations import BucketConfiguration, DefaultEncryption

STATES = ("Enabled", "Suspended")
ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
BLOCKABLE = ("SSE-C",)
"""Kinds of encryption that a bucket can refuse for uploads (Amazon S3 API Reference, BlockedEncryptionTypes)."""
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


class VersioningDocument(document.JsonDocument):
    """Whether a bucket keeps versions. Once enabled, versioning can only be suspended."""

    members = ("Status", "MFADelete")
    removable = False

    async def read(self, services: document.Services, ref: DocumentRef) -> str | None:
        """GetBucketVersioning; None: it was never enabled."""
        found = await (await services.settings(ref)).versioning(ref.location.bucket)
        if found is None:
            return None
        return document.written({"Status": found.status} | ({"MFADelete": "Enabled"} if found.mfa_delete else {}))

    async def write(self, services: document.Services, ref: DocumentRef, text: str) -> None:
        status = str(document.read_members(text)["Status"])
        await (await services.settings(ref)).put_versioning(ref.location.bucket, status)

    def restored(self, text: str | None) -> str | None:
        return document.written({"Status": "Suspended"}) if text is None else text

    def of_members(self, members: document.JsonMembers, had: document.JsonMembers) -> Iterator[str]:
        if members.get("Status") not in STATES:
            yield f'its Status must be "{STATES[0]}" or "{STATES[1]}"'
        if "MFADelete" in had:
            yield "MFA delete is on: only the root user can change it, with an MFA code and the AWS CLI"
        elif "MFADelete" in members:
            yield "only the root user can turn MFA delete on, with an MFA code and the AWS CLI"

    async def consequences(self, services: document.Services, intended: document.Intended) -> document.Consequences:  # noqa: ARG002  # known here
        found = document.Consequences()
        if document.read_members(intended.after or "{}").get("Status") == "Suspended":
            found.notes.append("existing versions stay, and S3 bills them; S3 keeps no new noncurrent versions")
        elif intended.before is None:
            found.notes.append("S3 can suspend versioning later, but not turn it off; S3 bills every version")
        return found


class Encryption(document.JsonDocument):
    """How S3 encrypts new objects whose upload does not request an encryption."""

    members = ("SSEAlgorithm", "KMSMasterKeyID", "BucketKeyEnabled", "BlockedEncryptionTypes")

    async def read(self, services: document.Services, ref: DocumentRef) -> str | None:
        found = await (await services.settings(ref)).default_encryption(ref.location.bucket)
        if found is None:
            return None
        members: document.JsonMembers = {"SSEAlgorithm": found.algorithm}
        if found.key:
            members["KMSMasterKeyID"] = found.key
        members["BucketKeyEnabled"] = found.bucket_key
        if found.blocked:
            members["BlockedEncryptionTypes"] = list(found.blocked)
        return document.written(members)

    async def write(self, services: document.Services, ref: DocumentRef, text: str) -> None:
        members = document.read_members(text)
        encryption = DefaultEncryption(
            str(members["SSEAlgorithm"]),
            str(members.get("KMSMasterKeyID", "")),
            bool(members.get("BucketKeyEnabled", False)),
            [str(each) for each in members.get("BlockedEncryptionTypes", [])],
        )
        await (await services.settings(ref)).put_default_encryption(ref.location.bucket, encryption)

    async def remove(self, services: document.Services, ref: DocumentRef) -> None:
        """DeleteBucketEncryption: AWS falls back to AES256."""
        await (await services.settings(ref)).put_default_encryption(ref.location.bucket, None)

    def usual(self, members: document.JsonMembers, before: str | None, book: AddressBook) -> str | None:
        """Without a bucket key if it is left out, and without empty members."""
        said = {name: value for name, value in members.items() if value not in ("", [])}
        return super().usual({"BucketKeyEnabled": False} | said, before, book)

    def of_members(self, members: document.JsonMembers, had: document.JsonMembers) -> Iterator[str]:  # noqa: ARG002  # each is judged alone
        algorithm, key = members.get("SSEAlgorithm"), members.get("KMSMasterKeyID", "")
        if algorithm not in ALGORITHMS:
            yield f"its SSEAlgorithm must be one of {', '.join(ALGORITHMS)}"
        if not isinstance(key, str):
            yield "its KMSMasterKeyID is not a string: the id, alias or ARN of a key"
        elif key and algorithm == "AES256":
            yield "AES256 uses no KMS key: with a key, SSEAlgorithm must be aws:kms"
        if not isinstance(members.get("BucketKeyEnabled", False), bool):
            yield "its BucketKeyEnabled must be true or false"
        blocked = members.get("BlockedEncryptionTypes", [])
        if not isinstance(blocked, list) or not set(map(str, blocked)) <= set(BLOCKABLE):
            yield f"its BlockedEncryptionTypes must be a list of {', '.join(BLOCKABLE)}, or absent"

    async def consequences(self, services: document.Services, intended: document.Intended) -> document.Consequences:  # noqa: ARG002  # known here
        found = document.Consequences(notes=["existing objects keep their encryption"])
        members = document.read_members(intended.after) if intended.after else {}
        if str(members.get("SSEAlgorithm", "")).startswith("aws:kms"):
            key = members.get("KMSMasterKeyID")
            none = "without a KMSMasterKeyID S3 uses aws/s3, a key that other accounts cannot use"
            rights = f"readers and writers need kms:Decrypt and kms:GenerateDataKey on {key}"
            found.notes.append(rights if key else none)
        return found


class PublicAccessBlock(document.JsonDocument):
    """Block Public Access: what S3 blocks whatever policy and ACLs allow."""

    members = BLOCKS

    async def read(self, services: document.Services, ref: DocumentRef) -> str | None:
        found = await (await services.settings(ref)).public_access_block(ref.location.bucket)
        if found is None:
            return None
        blocks = {name: value == "true" for name, value in found}
        return document.written({name: blocks.get(name, False) for name in BLOCKS})

    async def write(self, services: document.Services, ref: DocumentRef, text: str) -> None:
        members = document.read_members(text)
        blocks = {name: bool(members[name]) for name in BLOCKS if name in members}
        await (await services.settings(ref)).put_public_access_block(ref.location.bucket, blocks)

    async def remove(self, services: document.Services, ref: DocumentRef) -> None:
        await (await services.settings(ref)).put_public_access_block(ref.location.bucket, None)

    def usual(self, members: document.JsonMembers, before: str | None, book: AddressBook) -> str | None:
        """All four settings; absent ones are off."""
        return super().usual(dict.fromkeys(BLOCKS, False) | members, before, book)

    def of_members(self, members: document.JsonMembers, had: document.JsonMembers) -> Iterator[str]:  # noqa: ARG002  # each is judged alone
        yield from (f"{name} must be true or false" for name, value in members.items() if not isinstance(value, bool))

    async def consequences(self, services: document.Services, intended: document.Intended) -> document.Consequences:
        """Whether the change opens access that is blocked now."""
        settings, bucket = await services.settings(intended.ref), intended.ref.location.bucket
        before, after = (document.read_members(each) if each else {} for each in (intended.before, intended.after))
        opened = [name for name in BLOCKS if before.get(name) and not after.get(name)]
        found = document.Consequences()
        if "RestrictPublicBuckets" in opened:
            await _public_policy(settings, bucket, found)
        if "IgnorePublicAcls" in opened:
            await _public_acl(settings, bucket, found)
            found.notes.append("objects with a public ACL would become public: their ACLs were not checked")
        if opened:
            found.notes.append(f"the bucket no longer sets {', '.join(opened)}")
        return found


async def _public_policy(settings: BucketConfiguration, bucket: str, found: document.Consequences) -> None:
    try:
        sids = document.public_sids(await settings.policy(bucket))
    except ProblemError as error:
        found.notes.append(f"it is not known whether the bucket policy is public: {error.problem.title}")
        return
    found.stops += [f"statement {sid} of the bucket policy would allow public access: remove it first" for sid in sids]


async def _public_acl(settings: BucketConfiguration, bucket: str, found: document.Consequences) -> None:
    try:
        acl = await settings.bucket_acl(bucket)
    except ProblemError as error:
        found.notes.append(f"it is not known whether the bucket's ACL is public: {error.problem.title}")
        return
    groups = {each.grantee.id for each in acl.grants if each.is_group}.intersection(EVERYBODY)
    found.stops += [f"the bucket's ACL would allow public access by its grant to {each}" for each in sorted(groups)]


# The Object Ownership of a bucket as a document, and the effects of each setting.
#
# Rules: Amazon S3 user guide, "Controlling ownership of objects and disabling ACLs for your bucket" and "Prerequisites
# for disabling ACLs".

ACL_KEY = "s3:x-amz-acl"

OFF = (
    "this disables ACLs: grants on objects and on the bucket have no effect, only policies control access",
    "the bucket owner owns every object, also those that other accounts uploaded",
    "PutObjectAcl and uploads with an ACL other than bucket-owner-full-control fail (AccessControlListNotSupported)",
)
ON = (
    "this enables ACLs, also those that objects had before ACLs were disabled",
    "the account that uploads an object owns it{}",
)
PREFERRED = ", unless it uploads the object with the ACL bucket-owner-full-control"
GRANTED = "the bucket's ACL grants {} {}: S3 does not disable ACLs before you remove that grant"
UNREAD_ACL = "the bucket's ACL cannot be read ({}): if it has grants to others, S3 refuses the change"
UNREAD_POLICY = "the bucket policy cannot be read ({}): it may have conditions on s3:x-amz-acl"
NEEDS_ACL = "policy statement {} requires s3:x-amz-acl {}: uploads that send another ACL will fail"
STILL_ASKED = "policy statement {} requires s3:x-amz-acl {}: uploads must still send it, although ACLs are disabled"
NO_CONTROLS = "this server does not support Object Ownership: GetBucketOwnershipControls returns no rule"


class OwnershipControls(document.Document):
    """The Object Ownership of a bucket. The store writes it only where the server answers a GET of it as AWS does."""

    async def read(self, services: document.Services, ref: DocumentRef) -> str | None:
        setting = await (await services.settings(ref)).ownership(ref.location.bucket)
        return ownership_document(setting) if setting else None

    async def write(self, services: document.Services, ref: DocumentRef, text: str) -> None:
        if (setting := _setting(text)) is not None:  # `mistakes` rejects any other text; None would delete the setting
            await (await services.settings(ref)).set_ownership(ref.location.bucket, setting)

    async def remove(self, services: document.Services, ref: DocumentRef) -> None:
        await (await services.settings(ref)).set_ownership(ref.location.bucket, None)

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:  # noqa: ARG002  # what others need
        setting = _setting(text)
        return ownership_document(setting) if setting else text

    def mistakes(self, before: str | None, after: str) -> Iterator[str]:  # noqa: ARG002  # what others need
        if _setting(after) is None:
            example = ownership_document(ObjectOwnership.BUCKET_OWNER_ENFORCED)
            yield f"write {example}; the settings are {', '.join(ObjectOwnership)}"

    async def consequences(self, services: document.Services, intended: document.Intended) -> document.Consequences:
        """The effects of the setting, and the grants because of which S3 refuses it."""
        settings, bucket = await services.settings(intended.ref), intended.ref.location.bucket
        if not await settings.has_ownership(bucket):
            return document.Consequences([NO_CONTROLS])
        setting = _setting(intended.after) if intended.after else None
        if setting is not ObjectOwnership.BUCKET_OWNER_ENFORCED:
            words = PREFERRED if setting is ObjectOwnership.BUCKET_OWNER_PREFERRED else ""
            return document.Consequences(notes=[each.format(words) for each in ON])
        stops, unread = await _bucket_grants(settings, bucket)
        return document.Consequences(stops, [*OFF, *unread, *await _conditions(settings, bucket)])


def ownership_document(setting: ObjectOwnership) -> str:
    return json.dumps({"Rules": [{"ObjectOwnership": setting.value}]})


def _setting(text: str) -> ObjectOwnership | None:
    try:
        content = read_json(text)
    except ValueError:
        return None
    match content:
        case {"Rules": [{"ObjectOwnership": str(setting)}]} if setting in list(ObjectOwnership):
            return ObjectOwnership(setting)
    return None


async def _bucket_grants(settings: BucketConfiguration, bucket: str) -> tuple[list[str], list[str]]:
    """Grants of the bucket's ACL to others than its owner, which prevent the change; and what is unknown about it."""
    try:
        acl = await settings.bucket_acl(bucket)
    except ProblemError as error:
        return [], [UNREAD_ACL.format(error.problem.title)]
    to_others = [each for each in acl.grants if each.is_group or each.grantee.id != acl.owner.id]
    return [GRANTED.format(each.grantee.name or each.grantee.id, each.permission) for each in to_others], []


async def _conditions(settings: BucketConfiguration, bucket: str) -> list[str]:
    """The policy's conditions on the ACL of uploads, and their effect once ACLs are disabled."""
    try:
        policy = await settings.policy(bucket)
    except ProblemError as error:
        return [UNREAD_POLICY.format(error.problem.title)]
    found = []
    for statement in parse_document(policy).statements if policy else ():
        wanted = [each for one in statement.conditions if one.key.lower() == ACL_KEY for each in one.wanted]
        if not wanted:
            continue
        full = set(wanted) == {"bucket-owner-full-control"}
        if full or statement.effect is Effect.ALLOW:
            found.append((STILL_ASKED if full else NEEDS_ACL).format(statement.sid, " or ".join(wanted)))
    return found


class BucketPolicy(document.Document):
    """Amazon S3 user guide, "Bucket policies": at most 20 KB."""

    limit = 20_480

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:  # noqa: ARG002  # names no account
        """The text as written; the present document if only its whitespace differs."""
        return before if before is not None and _values(text) == _values(before) else text

    async def read(self, services: document.Services, ref: DocumentRef) -> str | None:
        return await (await services.settings(ref)).policy(ref.location.bucket)

    async def write(self, services: document.Services, ref: DocumentRef, text: str) -> None:
        await (await services.settings(ref)).put_policy(ref.location.bucket, text)

    async def remove(self, services: document.Services, ref: DocumentRef) -> None:
        await (await services.settings(ref)).delete_policy(ref.location.bucket)


def _values(text: str) -> str:
    """A document without whitespace between its tokens; unchanged if it is not JSON."""
    try:
        return json.dumps(read_json(text))
    except ValueError:
        return text
