"""The settings of a bucket, as the store protocol has them."""

from __future__ import annotations

from typing import Protocol

from tui.model.facts import EffectiveEndpoint, ObjectOwnership
from tui.stores.bucket_facts import BucketFacts
from tui.stores.operations import reads, writes
from tui.stores.values import Acl


class BucketSettings(BucketFacts, Protocol):
    """The settings of a bucket: for the inspection, and for copies, which need to know the owner of what they write."""

    @reads(GetBucketAcl="s3:GetBucketAcl")
    async def bucket_acl(self, bucket: str) -> Acl:
        """GetBucketAcl."""

    @reads(GetBucketOwnershipControls="s3:GetBucketOwnershipControls")
    async def ownership(self, bucket: str) -> ObjectOwnership | None:
        """GetBucketOwnershipControls; None when the bucket has none (the uploader then owns what it uploads)."""

    @reads(GetBucketPolicy="s3:GetBucketPolicy")
    async def policy(self, bucket: str) -> str | None:
        """GetBucketPolicy: the JSON document, None when there is none."""

    @writes(PutBucketPolicy="s3:PutBucketPolicy")
    async def put_policy(self, bucket: str, document: str) -> None:
        """PutBucketPolicy: the JSON document in the place of the one there is."""

    @writes(DeleteBucketPolicy="s3:DeleteBucketPolicy")
    async def delete_policy(self, bucket: str) -> None:
        """DeleteBucketPolicy; a bucket without one is no problem."""

    @reads(GetPublicAccessBlock="s3:GetBucketPublicAccessBlock")
    async def public_access_block(self, bucket: str) -> list[tuple[str, str]] | None:
        """GetPublicAccessBlock as name/value pairs, None when there is none."""

    @reads(GetBucketWebsite="s3:GetBucketWebsite")
    async def website(self, bucket: str) -> bool:
        """GetBucketWebsite: whether the bucket is configured as a website."""

    @reads(HeadBucket="s3:ListBucket")
    async def effective_endpoint(self, bucket: str) -> EffectiveEndpoint:
        """What botocore resolved for this bucket, and the address a live HeadBucket connection really had."""
