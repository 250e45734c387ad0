"""What the inspection alone asks about a bucket and what protects its objects, as the store protocol has it."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from tui.core.facts import LifecycleRules
from tui.stores.operations import reads

NamedValues = list[tuple[str, str]]
"""Names and values, in the order in which they are shown."""

NEW_OBJECTS = "new objects"
"""The name of the retention that Object Lock gives new objects by default."""


class Versioning(Struct, frozen=True):
    """GetBucketVersioning: ``Enabled`` or ``Suspended``, and whether a deletion takes an MFA code."""

    status: str
    mfa_delete: bool = False


class DefaultEncryption(Struct, frozen=True):
    """How new objects are encrypted: ``AES256``, ``aws:kms`` …; the key's id, alias or ARN, empty for S3's own."""

    algorithm: str
    key: str = ""
    bucket_key: bool = False
    blocked: list[str] = []
    """Kinds of encryption that uploads may not ask for."""


class InventoryConfiguration(Struct, frozen=True):
    """An inventory of a bucket: reports go to the bucket `target`, below `target_prefix`; about keys of `prefix`."""

    id: str
    target: str
    target_prefix: str = ""
    prefix: str = ""
    file_format: str = ""
    enabled: bool = True


class BucketFacts(Protocol):
    """Settings of buckets that no copy needs to know; None: the bucket has none."""

    @reads(GetBucketVersioning="s3:GetBucketVersioning")
    async def versioning(self, bucket: str) -> Versioning | None:
        """GetBucketVersioning."""

    @reads(GetObjectLockConfiguration="s3:GetBucketObjectLockConfiguration")
    async def object_lock(self, bucket: str) -> NamedValues | None:
        """GetObjectLockConfiguration: whether Object Lock is on, and the retention of new objects."""

    @reads(GetObjectRetention="s3:GetObjectRetention")
    async def retention(self, bucket: str, key: str) -> str | None:
        """GetObjectRetention: mode and end, in words."""

    @reads(GetObjectLegalHold="s3:GetObjectLegalHold")
    async def legal_hold(self, bucket: str, key: str) -> bool | None:
        """GetObjectLegalHold: whether there is one; None: none can be set here."""

    @reads(GetBucketReplication="s3:GetReplicationConfiguration")
    async def replication(self, bucket: str) -> NamedValues | None:
        """GetBucketReplication: each rule with what it does."""

    @reads(GetBucketLifecycleConfiguration="s3:GetLifecycleConfiguration")
    async def lifecycle(self, bucket: str) -> LifecycleRules | None:
        """GetBucketLifecycleConfiguration."""

    @reads(GetBucketEncryption="s3:GetEncryptionConfiguration")
    async def default_encryption(self, bucket: str) -> DefaultEncryption | None:
        """GetBucketEncryption."""

    @reads(GetBucketPolicyStatus="s3:GetBucketPolicyStatus")
    async def policy_is_public(self, bucket: str) -> bool | None:
        """GetBucketPolicyStatus: whether S3 takes the bucket policy for a public one; None: there is no policy."""

    @reads(GetBucketLogging="s3:GetBucketLogging")
    async def logging(self, bucket: str) -> NamedValues | None:
        """GetBucketLogging: where the server access logs go."""

    @reads(GetBucketWebsite="s3:GetBucketWebsite")
    async def website_settings(self, bucket: str) -> NamedValues | None:
        """GetBucketWebsite: its documents, or where it redirects to."""

    @reads(GetBucketCors="s3:GetBucketCORS")
    async def cors(self, bucket: str) -> NamedValues | None:
        """GetBucketCors: the methods of each rule and the origins that may use them."""

    @reads(GetBucketRequestPayment="s3:GetBucketRequestPayment")
    async def payer(self, bucket: str) -> str:
        """GetBucketRequestPayment: ``BucketOwner`` or ``Requester``."""

    @reads(GetBucketTagging="s3:GetBucketTagging")
    async def bucket_tags(self, bucket: str) -> NamedValues | None:
        """GetBucketTagging."""

    @reads(ListBucketInventoryConfigurations="s3:GetInventoryConfiguration")
    async def inventories(self, bucket: str) -> list[InventoryConfiguration] | None:
        """ListBucketInventoryConfigurations."""
