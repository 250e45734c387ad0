"""The settings of a bucket, as the store protocol has them."""

from __future__ import annotations

from typing import Protocol

from tui.core.facts import ObjectOwnership
from tui.core.network import EffectiveEndpoint
from tui.stores.bucket_changes import BucketChanges
from tui.stores.bucket_facts import BucketFacts
from tui.stores.operations import reads, writes
from tui.stores.values import Acl


class BucketSettings(BucketFacts, BucketChanges, Protocol):
    """The settings of a bucket: for the inspection, and for copies, which need to know the owner of what they write."""

    @reads(GetBucketAcl="s3:GetBucketAcl")
    async def bucket_acl(self, bucket: str) -> Acl:
        """GetBucketAcl."""

    @reads(GetBucketOwnershipControls="s3:GetBucketOwnershipControls")
    async def ownership(self, bucket: str) -> ObjectOwnership | None:
        """GetBucketOwnershipControls; None when the bucket has none (the uploader then owns what it uploads)."""

    @reads(GetBucketOwnershipControls="s3:GetBucketOwnershipControls")
    async def has_ownership(self, bucket: str) -> bool:
        """GetBucketOwnershipControls: answered as AWS does, with rules or the code that there are none?"""

    @writes(
        PutBucketOwnershipControls="s3:PutBucketOwnershipControls",
        DeleteBucketOwnershipControls="s3:PutBucketOwnershipControls",
    )
    async def set_ownership(self, bucket: str, setting: ObjectOwnership | None) -> None:
        """PutBucketOwnershipControls, or (None) DeleteBucketOwnershipControls, after GetBucketOwnershipControls.

        Kind UNSUPPORTED where the server does not answer that as AWS does: nothing is written then.
        """

    @reads(GetBucketPolicy="s3:GetBucketPolicy")
    async def policy(self, bucket: str) -> str | None:
        """GetBucketPolicy: the JSON document, None when there is none."""

    @reads(GetPublicAccessBlock="s3:GetBucketPublicAccessBlock")
    async def public_access_block(self, bucket: str) -> list[tuple[str, str]] | None:
        """GetPublicAccessBlock as name/value pairs, None when there is none."""

    @reads(GetBucketWebsite="s3:GetBucketWebsite")
    async def website(self, bucket: str) -> bool:
        """GetBucketWebsite: whether the bucket is configured as a website."""

    @reads(HeadBucket="s3:ListBucket")
    async def effective_endpoint(self, bucket: str) -> EffectiveEndpoint:
        """What botocore resolved for this bucket, and the address a live HeadBucket connection really had."""
