"""What a bucket is set to: ACL, policy, Object Ownership, public access, and the way that its requests take.

Ceph takes a DELETE of ownership controls as DeleteBucket: they are written only where a GET of them was answered as AWS
answers it, with rules or with the code that there are none.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tui.aws.refusals import ANOTHER_ANSWER, read_refusal
from tui.core.facts import ObjectOwnership
from tui.core.naming import is_access_point
from tui.core.network import EffectiveEndpoint
from tui.core.problem import ProblemError, ProblemKind
from tui.stores.s3.acls import read_acl
from tui.stores.s3.bucket_facts import S3BucketFacts, require_absent
from tui.stores.s3.conditions import expected_owner
from tui.stores.s3.seen_endpoint import seen_endpoint
from tui.stores.s3.settings.changes import S3BucketChanges
from tui.stores.values import Acl


class S3Settings(S3BucketFacts, S3BucketChanges):
    """What buckets are set to, as the identity of a connection may read it; see `BucketSettings`."""

    async def bucket_acl(self, bucket: str) -> Acl:
        """GetBucketAcl."""
        with self._calls.asking("GetBucketAcl", bucket):
            acl = read_acl(self._calls, await self._calls.client.get_bucket_acl(Bucket=bucket))
        self._calls.connection.addresses.learn_bucket(self._calls.connection.service, bucket, acl.owner.id)
        return acl

    async def ownership(self, bucket: str) -> ObjectOwnership | None:
        """GetBucketOwnershipControls; None also where the server has no Object Ownership."""
        setting = await self._ownership_rule(bucket)
        if setting and setting not in list(ObjectOwnership):
            attempt = self._calls.attempt("GetBucketOwnershipControls", bucket)
            title = f"unknown Object Ownership setting {setting[:40]!r}"
            # UNSUPPORTED, not SERVER: it will be the same when it is asked for again.
            raise ProblemError(
                attempt.problem(ProblemKind.UNSUPPORTED, title, "this version of xs3-tui does not know the setting")
            )
        return ObjectOwnership(setting) if setting else None

    async def has_ownership(self, bucket: str) -> bool:
        """GetBucketOwnershipControls; Ceph lists the bucket instead."""
        return await self._ownership_rule(bucket) != ""

    async def set_ownership(self, bucket: str, setting: ObjectOwnership | None) -> None:
        """See `BucketSettings`."""
        present = await self._ownership_rule(bucket)
        if present == "":  # whoever has not asked `has_ownership` first
            attempt = self._calls.attempt("GetBucketOwnershipControls", bucket)
            cause = "it answers GetBucketOwnershipControls without a rule, which AWS never does"
            title = "this server has no Object Ownership"
            raise ProblemError(attempt.problem(ProblemKind.UNSUPPORTED, title, cause))
        client, named = self._calls.client, {"Bucket": bucket, **expected_owner(self._calls, bucket)}
        if setting is not None:
            with self._calls.asking("PutBucketOwnershipControls", bucket):
                rules: Any = {"Rules": [{"ObjectOwnership": setting.value}]}
                await client.put_bucket_ownership_controls(OwnershipControls=rules, **named)
        elif present is not None:
            with self._calls.asking("DeleteBucketOwnershipControls", bucket):
                await client.delete_bucket_ownership_controls(**named)

    async def _ownership_rule(self, bucket: str) -> str | None:
        """The setting as the server sent it: None where it says that there is none, empty where it says nothing."""
        with self._calls.asking("GetBucketOwnershipControls", bucket):
            try:
                answer: Any = await self._calls.client.get_bucket_ownership_controls(Bucket=bucket)
            except ClientError as error:
                if read_refusal(error).code == ANOTHER_ANSWER:  # Ceph lists the bucket
                    return ""
                require_absent(error)
                return None
        rules = (answer.get("OwnershipControls") or {}).get("Rules") or []
        return str(rules[0].get("ObjectOwnership", "")) if rules else ""

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
