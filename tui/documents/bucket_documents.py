"""Settings documents of buckets: versioning, encryption, public access, Object Ownership, policies."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tui.core.changes import DocumentRef
from tui.core.facts import Effect, ObjectOwnership
from tui.core.identity import AddressBook
from tui.core.json_text import read_json
from tui.core.problem import ProblemError
from tui.documents.acls import EVERYBODY
from tui.documents.document import (
    Consequences,
    Document,
    Intended,
    JsonMembers,
    Services,
    public_sids,
    read_members,
    unknown_members,
    written,
)
from tui.policies.statements import parse_document
from tui.stores.base import Store
from tui.stores.operations import BucketConfiguration, DefaultEncryption
from tui.stores.store_values import Acl

STATES = ("Enabled", "Suspended")
ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
BLOCKABLE = ("SSE-C",)
"""Kinds of encryption that a bucket can refuse to uploads (Amazon S3 API Reference, BlockedEncryptionTypes)."""
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


class _Setting(Document):
    """What these have in common: their form, and mistakes in it."""

    members: tuple[str, ...] = ()

    async def _settings(self, services: Services, ref: DocumentRef) -> BucketConfiguration:
        return (await services.store(ref.connection)).settings

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:  # noqa: ARG002  # none names an account
        """In the order in which `read` has it."""
        try:
            members = read_members(text)
        except ValueError:
            return text
        known = {name: members[name] for name in self.members if name in members}
        return written(known | members)

    def mistakes(self, before: str | None, after: str) -> Iterator[str]:
        """What is no JSON object, and members that there are not."""
        try:
            members = read_members(after)
        except ValueError as error:
            yield str(error)
            return
        yield from unknown_members(members, self.members)
        yield from self.of_members(members, read_members(before) if before else {})

    def of_members(self, members: JsonMembers, had: JsonMembers) -> Iterator[str]:
        """What is wrong with the values."""
        raise NotImplementedError


class VersioningDocument(_Setting):
    """Whether a bucket keeps versions. Once it was on, S3 can only suspend it."""

    members = ("Status", "MFADelete")
    removable = False

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        """GetBucketVersioning; None: it never was on."""
        found = await (await self._settings(services, ref)).versioning(ref.location.bucket)
        if found is None:
            return None
        return written({"Status": found.status} | ({"MFADelete": "Enabled"} if found.mfa_delete else {}))

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        settings = await self._settings(services, ref)
        await settings.put_versioning(ref.location.bucket, str(read_members(text)["Status"]))

    def restored(self, text: str | None) -> str | None:
        """What was never on is suspended."""
        return written({"Status": "Suspended"}) if text is None else text

    def of_members(self, members: JsonMembers, had: JsonMembers) -> Iterator[str]:
        """Another state, or a change that takes an MFA code."""
        if members.get("Status") not in STATES:
            yield f'its Status is "{STATES[0]}" or "{STATES[1]}"'
        if "MFADelete" in had:
            yield "MFA delete is on: only the root user changes it, with an MFA code, by the AWS CLI"
        elif "MFADelete" in members:
            yield "only the root user turns MFA delete on, with an MFA code, by the AWS CLI"

    async def consequences(self, services: Services, intended: Intended) -> Consequences:  # noqa: ARG002  # known here
        found = Consequences()
        if read_members(intended.after or "{}").get("Status") == "Suspended":
            found.notes.append("versions stay, and cost; what is replaced or deleted from now on is gone")
        elif intended.before is None:
            found.notes.append("S3 can suspend versioning later, but not turn it off; every version costs")
        return found


class Encryption(_Setting):
    """How S3 encrypts new objects whose upload does not say it."""

    members = ("SSEAlgorithm", "KMSMasterKeyID", "BucketKeyEnabled", "BlockedEncryptionTypes")

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        found = await (await self._settings(services, ref)).default_encryption(ref.location.bucket)
        if found is None:
            return None
        members: JsonMembers = {"SSEAlgorithm": found.algorithm}
        if found.key:
            members["KMSMasterKeyID"] = found.key
        members["BucketKeyEnabled"] = found.bucket_key
        if found.blocked:
            members["BlockedEncryptionTypes"] = list(found.blocked)
        return written(members)

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        members = read_members(text)
        encryption = DefaultEncryption(
            str(members["SSEAlgorithm"]),
            str(members.get("KMSMasterKeyID", "")),
            bool(members.get("BucketKeyEnabled", False)),
            [str(each) for each in members.get("BlockedEncryptionTypes", [])],
        )
        await (await self._settings(services, ref)).put_default_encryption(ref.location.bucket, encryption)

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        """DeleteBucketEncryption: on AWS this leaves AES256."""
        await (await self._settings(services, ref)).put_default_encryption(ref.location.bucket, None)

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:
        """Without a bucket key where it is left out, and without what is empty."""
        try:
            members = read_members(text)
        except ValueError:
            return text
        said = {name: value for name, value in members.items() if value not in ("", [])}
        return super().settled(written({"BucketKeyEnabled": False} | said), before, book)

    def of_members(self, members: JsonMembers, had: JsonMembers) -> Iterator[str]:  # noqa: ARG002  # each is judged alone
        """Unknown algorithms, a key without KMS."""
        algorithm, key = members.get("SSEAlgorithm"), members.get("KMSMasterKeyID", "")
        if algorithm not in ALGORITHMS:
            yield f"its SSEAlgorithm is one of {', '.join(ALGORITHMS)}"
        if not isinstance(key, str):
            yield "its KMSMasterKeyID is not a text: the id, alias or ARN of a key"
        elif key and algorithm == "AES256":
            yield "AES256 has no KMS key: with one, SSEAlgorithm is aws:kms"
        if not isinstance(members.get("BucketKeyEnabled", False), bool):
            yield "its BucketKeyEnabled is true or false"
        blocked = members.get("BlockedEncryptionTypes", [])
        if not isinstance(blocked, list) or not set(map(str, blocked)) <= set(BLOCKABLE):
            yield f"its BlockedEncryptionTypes is a list of {', '.join(BLOCKABLE)}, or is left out"

    async def consequences(self, services: Services, intended: Intended) -> Consequences:  # noqa: ARG002  # known here
        """Whose objects it concerns, and who must be allowed to use the key."""
        found = Consequences(notes=["objects that are there stay as they are"])
        members = read_members(intended.after) if intended.after else {}
        if str(members.get("SSEAlgorithm", "")).startswith("aws:kms"):
            key = members.get("KMSMasterKeyID")
            none = "without a KMSMasterKeyID it is aws/s3, which no other account may use"
            rights = f"readers and writers need kms:Decrypt and kms:GenerateDataKey on {key}"
            found.notes.append(rights if key else none)
        return found


class PublicAccessBlock(_Setting):
    """Which public access S3 refuses, whatever policy and ACLs say."""

    members = BLOCKS

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        found = await (await self._settings(services, ref)).public_access_block(ref.location.bucket)
        if found is None:
            return None
        blocks = {name: value == "true" for name, value in found}
        return written({name: blocks.get(name, False) for name in BLOCKS})

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        members = read_members(text)
        blocks = {name: bool(members[name]) for name in BLOCKS if name in members}
        await (await self._settings(services, ref)).put_public_access_block(ref.location.bucket, blocks)

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        await (await self._settings(services, ref)).put_public_access_block(ref.location.bucket, None)

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:
        """All four; what is left out is off."""
        try:
            members = read_members(text)
        except ValueError:
            return text
        return super().settled(written(dict.fromkeys(BLOCKS, False) | members), before, book)

    def of_members(self, members: JsonMembers, had: JsonMembers) -> Iterator[str]:  # noqa: ARG002  # each is judged alone
        """What is neither on nor off."""
        for name, value in members.items():
            if not isinstance(value, bool):
                yield f"{name} is true or false"

    async def consequences(self, services: Services, intended: Intended) -> Consequences:
        """Whether what is blocked now would be public then."""
        settings, bucket = await self._settings(services, intended.ref), intended.ref.location.bucket
        before, after = (read_members(each) if each else {} for each in (intended.before, intended.after))
        opened = [name for name in BLOCKS if before.get(name) and not after.get(name)]
        found = Consequences()
        if "RestrictPublicBuckets" in opened:
            await _public_policy(settings, bucket, found)
        if "IgnorePublicAcls" in opened:
            await _public_acl(settings, bucket, found)
            found.notes.append("objects whose own ACL is public would become public: they were not looked at")
        if opened:
            found.notes.append(f"no longer blocked by the bucket: {', '.join(opened)}")
        return found


async def _public_policy(settings: BucketConfiguration, bucket: str, found: Consequences) -> None:
    try:
        sids = public_sids(await settings.policy(bucket))
    except ProblemError as error:
        found.notes.append(f"whether the bucket policy lets everyone in is not known: {error.problem.title}")
        return
    found.stops += [f"statement {sid} of the bucket policy would let everyone in: remove it first" for sid in sids]


async def _public_acl(settings: BucketConfiguration, bucket: str, found: Consequences) -> None:
    try:
        acl = await settings.bucket_acl(bucket)
    except ProblemError as error:
        found.notes.append(f"whether the bucket's ACL lets everyone in is not known: {error.problem.title}")
        return
    groups = {each.grantee.id for each in acl.grants if each.is_group}.intersection(EVERYBODY)
    found.stops += [f"the bucket's ACL would let everyone in by its grant to {each}" for each in sorted(groups)]


# The Object Ownership of a bucket as a document, and what another setting means.
#
# Rules: Amazon S3 user guide, "Controlling ownership of objects and disabling ACLs for your bucket" and "Prerequisites
# for disabling ACLs".

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
        setting = await (await services.store(ref.connection)).settings.ownership(ref.location.bucket)
        return ownership_document(setting) if setting else None

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        if (setting := _setting(text)) is not None:  # `mistakes` stops any other text; without one it would be deleted
            await (await services.store(ref.connection)).settings.set_ownership(ref.location.bucket, setting)

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        await (await services.store(ref.connection)).settings.set_ownership(ref.location.bucket, None)

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:  # noqa: ARG002  # what others need
        """As `read` has it."""
        setting = _setting(text)
        return ownership_document(setting) if setting else text

    def mistakes(self, before: str | None, after: str) -> Iterator[str]:  # noqa: ARG002  # what others need
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


class BucketPolicy(Document):
    """Amazon S3 user guide, "Bucket policies": at most 20 KB."""

    limit = 20_480

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:  # noqa: ARG002  # names no account
        """As it is written; the present document where only its blanks differ."""
        return before if before is not None and _values(text) == _values(before) else text

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        return await (await services.store(ref.connection)).settings.policy(ref.location.bucket)

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        await (await services.store(ref.connection)).settings.put_policy(ref.location.bucket, text)

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        await (await services.store(ref.connection)).settings.delete_policy(ref.location.bucket)


def _values(text: str) -> str:
    """A document without the blanks between its tokens; what is no JSON stays as it is."""
    try:
        return json.dumps(read_json(text))
    except ValueError:
        return text
