"""What changes the settings of a bucket, as the store protocol has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tui.stores.bucket_facts import DefaultEncryption
from tui.stores.operations import writes
from tui.stores.values import Acl


class BucketChanges(Protocol):
    """Each replaces a setting as a whole; None or nothing removes it, and a setting that is gone is no problem."""

    @writes(PutBucketAcl="s3:PutBucketAcl")
    async def put_bucket_acl(self, bucket: str, *, canned: str = "", acl: Acl | None = None) -> None:
        """PutBucketAcl: a `canned` ACL, or all of `acl` (its owner the bucket's)."""

    @writes(PutBucketPolicy="s3:PutBucketPolicy")
    async def put_policy(self, bucket: str, document: str) -> None:
        """PutBucketPolicy: the JSON document in the place of the one there is."""

    @writes(DeleteBucketPolicy="s3:DeleteBucketPolicy")
    async def delete_policy(self, bucket: str) -> None:
        """DeleteBucketPolicy; a bucket without one is no problem."""

    @writes(PutBucketTagging="s3:PutBucketTagging", DeleteBucketTagging="s3:PutBucketTagging")
    async def put_bucket_tags(self, bucket: str, tags: Sequence[tuple[str, str]]) -> None:
        """PutBucketTagging, or DeleteBucketTagging where there shall be none."""

    @writes(PutBucketVersioning="s3:PutBucketVersioning")
    async def put_versioning(self, bucket: str, status: str) -> None:
        """PutBucketVersioning: ``Enabled`` or ``Suspended``."""

    @writes(PutBucketEncryption="s3:PutEncryptionConfiguration", DeleteBucketEncryption="s3:PutEncryptionConfiguration")
    async def put_default_encryption(self, bucket: str, encryption: DefaultEncryption | None) -> None:
        """PutBucketEncryption, or DeleteBucketEncryption."""

    @writes(
        PutPublicAccessBlock="s3:PutBucketPublicAccessBlock", DeletePublicAccessBlock="s3:PutBucketPublicAccessBlock"
    )
    async def put_public_access_block(self, bucket: str, block: Mapping[str, bool] | None) -> None:
        """PutPublicAccessBlock, or DeletePublicAccessBlock."""
