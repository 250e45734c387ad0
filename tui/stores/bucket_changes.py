"""What changes the settings of a bucket, as the store protocol has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from tui.stores.operations import writes
from tui.stores.values import Acl


class NewEncryption(Struct, frozen=True):
    """How new objects are to be encrypted.

    `algorithm` is ``AES256``, ``aws:kms`` or ``aws:kms:dsse``, `key` the id, alias or ARN of a KMS key, empty for
    ``aws/s3``. `blocked` are kinds of encryption that uploads may not ask for.
    """

    algorithm: str
    key: str = ""
    bucket_key: bool = False
    blocked: Sequence[str] = ()


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
    async def put_default_encryption(self, bucket: str, encryption: NewEncryption | None) -> None:
        """PutBucketEncryption, or DeleteBucketEncryption."""

    @writes(
        PutPublicAccessBlock="s3:PutBucketPublicAccessBlock", DeletePublicAccessBlock="s3:PutBucketPublicAccessBlock"
    )
    async def put_public_access_block(self, bucket: str, block: Mapping[str, bool] | None) -> None:
        """PutPublicAccessBlock, or DeletePublicAccessBlock."""
