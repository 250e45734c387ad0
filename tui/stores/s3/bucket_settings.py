"""What a bucket is set to: ACL, policy, Object Ownership, public access, and the way that its requests take.

Ceph takes a DELETE of ownership controls as DeleteBucket: nothing here ever puts or deletes those.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tui.model.arns import is_access_point
from tui.model.facts import EffectiveEndpoint, ObjectOwnership
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.s3.acls import read_acl
from tui.stores.s3.bucket_facts import S3BucketFacts, require_absent
from tui.stores.s3.seen_endpoint import seen_endpoint
from tui.stores.values import Acl


class S3Settings(S3BucketFacts):
    """What buckets are set to, as the identity of a connection may read it; see `BucketSettings`."""

    async def bucket_acl(self, bucket: str) -> Acl:
        """GetBucketAcl."""
        with self._calls.asking("GetBucketAcl", bucket):
            acl = read_acl(self._calls, await self._calls.client.get_bucket_acl(Bucket=bucket))
        self._calls.connection.addresses.learn_bucket(self._calls.connection.service, bucket, acl.owner.id)
        return acl

    async def ownership(self, bucket: str) -> ObjectOwnership | None:
        """GetBucketOwnershipControls; Ceph answers 200 without any rule where AWS says that there are none."""
        with self._calls.asking("GetBucketOwnershipControls", bucket):
            try:
                answer: Any = await self._calls.client.get_bucket_ownership_controls(Bucket=bucket)
            except ClientError as error:
                require_absent(error)
                return None
        rules = (answer.get("OwnershipControls") or {}).get("Rules") or []
        setting = str(rules[0].get("ObjectOwnership", "")) if rules else ""
        if setting and setting not in list(ObjectOwnership):
            attempt = self._calls.attempt("GetBucketOwnershipControls", bucket)
            title = f"unknown Object Ownership setting {setting[:40]!r}"
            # UNSUPPORTED, not SERVER: it will be the same when it is asked for again.
            raise ProblemError(
                attempt.problem(ProblemKind.UNSUPPORTED, title, "this version of xs3-tui does not know the setting")
            )
        return ObjectOwnership(setting) if setting else None

    async def policy(self, bucket: str) -> str | None:
        """GetBucketPolicy; refused for an access point, whose bucket's policy would be taken for all that counts."""
        if is_access_point(bucket):
            attempt = self._calls.attempt("GetBucketPolicy", bucket)
            cause = "an access point has its own policy, and the result of both policies cannot be read through it"
            raise ProblemError(attempt.problem(ProblemKind.UNSUPPORTED, "policies cannot be read here", cause))
        with self._calls.asking("GetBucketPolicy", bucket):
            try:
                answer = await self._calls.client.get_bucket_policy(Bucket=bucket)
            except ClientError as error:
                require_absent(error)
                return None
        return answer.get("Policy") or None

    async def put_policy(self, bucket: str, document: str) -> None:
        """PutBucketPolicy."""
        with self._calls.asking("PutBucketPolicy", bucket):
            await self._calls.client.put_bucket_policy(Bucket=bucket, Policy=document)

    async def delete_policy(self, bucket: str) -> None:
        """DeleteBucketPolicy."""
        with self._calls.asking("DeleteBucketPolicy", bucket):
            await self._calls.client.delete_bucket_policy(Bucket=bucket)

    async def public_access_block(self, bucket: str) -> list[tuple[str, str]] | None:
        """GetPublicAccessBlock."""
        with self._calls.asking("GetPublicAccessBlock", bucket):
            try:
                answer = await self._calls.client.get_public_access_block(Bucket=bucket)
            except ClientError as error:
                require_absent(error)
                return None
        settings = answer.get("PublicAccessBlockConfiguration", {})
        return [(name, str(value).lower()) for name, value in settings.items()]

    async def website(self, bucket: str) -> bool:
        """GetBucketWebsite."""
        with self._calls.asking("GetBucketWebsite", bucket):
            try:
                await self._calls.client.get_bucket_website(Bucket=bucket)
            except ClientError as error:
                require_absent(error)
                return False
        return True

    async def effective_endpoint(self, bucket: str) -> EffectiveEndpoint:
        """How a HeadBucket went out. Whether it was allowed does not matter, whether it arrived does."""
        return await seen_endpoint(self._calls, bucket)
