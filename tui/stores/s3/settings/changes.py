"""What changes the settings of a bucket.

Ceph takes a DELETE of a setting that it does not know as DeleteBucket (it does so with ownership controls): whoever
calls removes nothing that a GET has not returned first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from tui.stores.bucket_facts import DefaultEncryption
from tui.stores.s3.acls import acl_parameters
from tui.stores.s3.calls import Operations
from tui.stores.s3.conditions import expected_owner
from tui.stores.values import Acl


class S3BucketChanges(Operations):
    """Changes of buckets' settings by the identity of a connection; see `BucketChanges`."""

    async def put_bucket_acl(self, bucket: str, *, canned: str = "", acl: Acl | None = None) -> None:
        """PutBucketAcl."""
        parameters = acl_parameters(canned, acl)
        await self._change("PutBucketAcl", self._calls.client.put_bucket_acl, bucket, **parameters)

    async def put_policy(self, bucket: str, document: str) -> None:
        """PutBucketPolicy."""
        await self._change("PutBucketPolicy", self._calls.client.put_bucket_policy, bucket, Policy=document)

    async def delete_policy(self, bucket: str) -> None:
        """DeleteBucketPolicy."""
        await self._change("DeleteBucketPolicy", self._calls.client.delete_bucket_policy, bucket)

    async def put_bucket_tags(self, bucket: str, tags: Sequence[tuple[str, str]]) -> None:
        """PutBucketTagging; S3 takes no empty set of tags."""
        client = self._calls.client
        if tags:
            tag_set = {"TagSet": [{"Key": name, "Value": value} for name, value in tags]}
            await self._change("PutBucketTagging", client.put_bucket_tagging, bucket, Tagging=tag_set)
        else:
            await self._change("DeleteBucketTagging", client.delete_bucket_tagging, bucket)

    async def put_versioning(self, bucket: str, status: str) -> None:
        """PutBucketVersioning."""
        setting = {"VersioningConfiguration": {"Status": status}}
        await self._change("PutBucketVersioning", self._calls.client.put_bucket_versioning, bucket, **setting)

    async def put_default_encryption(self, bucket: str, encryption: DefaultEncryption | None) -> None:
        """PutBucketEncryption, DeleteBucketEncryption."""
        client = self._calls.client
        if encryption:
            rules = {"ServerSideEncryptionConfiguration": {"Rules": [_rule(encryption)]}}
            await self._change("PutBucketEncryption", client.put_bucket_encryption, bucket, **rules)
        else:
            await self._change("DeleteBucketEncryption", client.delete_bucket_encryption, bucket)

    async def put_public_access_block(self, bucket: str, block: Mapping[str, bool] | None) -> None:
        """PutPublicAccessBlock, DeletePublicAccessBlock."""
        client = self._calls.client
        if block is not None:
            setting = {"PublicAccessBlockConfiguration": dict(block)}
            await self._change("PutPublicAccessBlock", client.put_public_access_block, bucket, **setting)
        else:
            await self._change("DeletePublicAccessBlock", client.delete_public_access_block, bucket)

    async def _change(
        self, operation: str, asking: Callable[..., Awaitable[object]], bucket: str, **parameters: Any
    ) -> None:
        with self._calls.asking(operation, bucket):
            await asking(Bucket=bucket, **parameters, **expected_owner(self._calls, bucket))


def _rule(encryption: DefaultEncryption) -> dict[str, Any]:
    """The one rule of a bucket's encryption (Amazon S3 API Reference, ServerSideEncryptionRule)."""
    default = {"SSEAlgorithm": encryption.algorithm}
    if encryption.key:
        default["KMSMasterKeyID"] = encryption.key
    rule: dict[str, Any] = {
        "ApplyServerSideEncryptionByDefault": default,
        "BucketKeyEnabled": encryption.bucket_key,
    }
    if encryption.blocked:
        rule["BlockedEncryptionTypes"] = {"EncryptionType": list(encryption.blocked)}
    return rule
