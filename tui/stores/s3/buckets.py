"""Buckets: listed, made, deleted, their settings read and changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from tui.aws.connection import is_aws
from tui.aws.refusals import ANOTHER_ANSWER, read_refusal
from tui.core.facts import ObjectOwnership
from tui.core.identity import Address, Owner
from tui.core.listing import Bucket, BucketList
from tui.core.location import Location, LocationError, parse_location
from tui.core.naming import counted, is_access_point
from tui.core.network import EffectiveEndpoint
from tui.core.problem import ProblemError, ProblemKind
from tui.stores.operations import DefaultEncryption
from tui.stores.s3.bucket_facts import S3BucketFacts, require_absent, seen_endpoint
from tui.stores.s3.calls import Calls, Operations
from tui.stores.s3.lister import Circle
from tui.stores.s3.write_conditions import acl_parameters, read_acl
from tui.stores.store_values import Acl

BUCKETS_PER_REQUEST = 1000
MOST_BUCKETS = 1_000_000
"""Of an account: AWS's highest quota."""
_NO_CONSTRAINT = "us-east-1"
"""The region whose name CreateBucket does not take as a location constraint (Amazon S3 API Reference)."""


class S3Buckets(Operations):
    """The buckets of an account; the methods are documented in `Store`."""

    async def buckets(self) -> BucketList:
        """ListBuckets, all of them: up to 10,000 need ten requests. The caller's own canonical id is learned."""
        buckets: list[Bucket] = []
        more: dict[str, str] = {}
        circle = Circle()
        calls = self._calls
        with calls.asking("ListBuckets"):
            while True:
                answer: Any = await calls.client.list_buckets(MaxBuckets=BUCKETS_PER_REQUEST, **more)
                buckets += [_bucket(entry) for entry in answer.get("Buckets", [])]
                token = answer.get("ContinuationToken", "")
                if not token or circle.closes(token) or len(buckets) > MOST_BUCKETS:
                    break
                more = {"ContinuationToken": token}
        _require_whole(calls, buckets, token)
        owner = _own_id(calls, answer)
        for bucket in buckets:
            calls.connection.addresses.learn_bucket(calls.connection.service, bucket.name, owner.id if owner else "")
        return BucketList(buckets, owner)

    async def create_bucket(self, bucket: str, region: str = "") -> None:
        """CreateBucket in a region; empty: the identity's own. Servers other than AWS's get none."""
        region = region or self._calls.connection.settings.region
        elsewhere: Any = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region else {}
        if region == _NO_CONSTRAINT or not is_aws(self._calls.connection.endpoint):
            elsewhere = {}
        with self._calls.asking("CreateBucket", bucket):
            await self._calls.client.create_bucket(Bucket=bucket, **elsewhere)

    async def delete_bucket(self, bucket: str) -> None:
        """DeleteBucket, which every server refuses while something is in the bucket (BucketNotEmpty)."""
        with self._calls.asking("DeleteBucket", bucket):
            await self._calls.client.delete_bucket(Bucket=bucket)


def _require_whole(calls: Calls, buckets: Sequence[Bucket], token: str) -> None:
    """Raise if more are to follow, or if one has a name that no bucket can have: its URI would name something else."""
    wrong = [bucket.name for bucket in buckets if not _can_be_named(bucket.name)]
    if not (token or wrong):
        return
    cause = (
        f"it lists a bucket called {wrong[0][:80]!r}"
        if wrong
        else f"it does not end after {counted(len(buckets), 'bucket')}"
    )
    attempt = calls.attempt("ListBuckets")
    raise ProblemError(attempt.problem(ProblemKind.SERVER, "the server's list of buckets cannot be read", cause))


def _can_be_named(bucket: str) -> bool:
    try:
        return parse_location(Location(bucket).uri) == Location(bucket) != Location()
    except LocationError:
        return False


def _bucket(entry: Mapping[str, Any]) -> Bucket:
    created = entry.get("CreationDate")
    return Bucket(entry["Name"], created.timestamp() if created else 0.0, entry.get("BucketRegion", ""))


def _own_id(calls: Calls, answer: Mapping[str, Any]) -> Owner | None:
    said = answer.get("Owner", {})
    if not said.get("ID"):
        return None
    owner = Owner(said["ID"], said.get("DisplayName", ""))
    calls.connection.addresses.learn(Address(owner.id, label=calls.connection.label), weak=True)
    return owner


class S3BucketChanges(Operations):
    """Changes of buckets' settings by the identity of a connection; see `BucketChanges`.

    Ceph takes a DELETE of a setting that it does not know as DeleteBucket (it does so with ownership controls): whoever
    calls removes nothing that a GET has not returned first.
    """

    async def put_bucket_acl(self, bucket: str, *, canned: str = "", acl: Acl | None = None) -> None:
        parameters = acl_parameters(canned, acl)
        await self._change("PutBucketAcl", bucket, **parameters)

    async def put_policy(self, bucket: str, document: str) -> None:
        await self._change("PutBucketPolicy", bucket, Policy=document)

    async def delete_policy(self, bucket: str) -> None:
        await self._change("DeleteBucketPolicy", bucket)

    async def put_bucket_tags(self, bucket: str, tags: Sequence[tuple[str, str]]) -> None:
        """PutBucketTagging; S3 takes no empty set of tags."""
        if tags:
            tag_set = {"TagSet": [{"Key": name, "Value": value} for name, value in tags]}
            await self._change("PutBucketTagging", bucket, Tagging=tag_set)
        else:
            await self._change("DeleteBucketTagging", bucket)

    async def put_versioning(self, bucket: str, status: str) -> None:
        setting = {"VersioningConfiguration": {"Status": status}}
        await self._change("PutBucketVersioning", bucket, **setting)

    async def put_default_encryption(self, bucket: str, encryption: DefaultEncryption | None) -> None:
        if encryption:
            rules = {"ServerSideEncryptionConfiguration": {"Rules": [_rule(encryption)]}}
            await self._change("PutBucketEncryption", bucket, **rules)
        else:
            await self._change("DeleteBucketEncryption", bucket)

    async def put_public_access_block(self, bucket: str, block: Mapping[str, bool] | None) -> None:
        if block is not None:
            setting = {"PublicAccessBlockConfiguration": dict(block)}
            await self._change("PutPublicAccessBlock", bucket, **setting)
        else:
            await self._change("DeletePublicAccessBlock", bucket)

    async def _change(self, operation: str, bucket: str, **parameters: Any) -> None:
        with self._calls.asking(operation, bucket):
            asking = getattr(self._calls.client, xform_name(operation))
            await asking(Bucket=bucket, **parameters, **self._calls.expected_owner(bucket))


def _rule(encryption: DefaultEncryption) -> dict[str, Any]:
    """The one rule of a bucket's encryption (Amazon S3 API Reference, ServerSideEncryptionRule)."""
    default = {"SSEAlgorithm": encryption.algorithm}
    if encryption.key:
        default["KMSMasterKeyID"] = encryption.key
    rule: dict[str, Any] = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": encryption.bucket_key}
    if encryption.blocked:
        rule["BlockedEncryptionTypes"] = {"EncryptionType": list(encryption.blocked)}
    return rule


class S3Settings(S3BucketFacts, S3BucketChanges):
    """What buckets are set to, as the identity of a connection may read it; see `BucketConfiguration`.

    Ownership controls are written only where the server has answered a GET of them as AWS does, with rules or with the
    code that there are none.
    """

    async def bucket_acl(self, bucket: str) -> Acl:
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
        present = await self._ownership_rule(bucket)
        if present == "":  # whoever has not asked `has_ownership` first
            attempt = self._calls.attempt("GetBucketOwnershipControls", bucket)
            cause = "it answers GetBucketOwnershipControls without a rule, which AWS never does"
            title = "this server has no Object Ownership"
            raise ProblemError(attempt.problem(ProblemKind.UNSUPPORTED, title, cause))
        if setting is not None:
            rules = {"Rules": [{"ObjectOwnership": setting.value}]}
            await self._change("PutBucketOwnershipControls", bucket, OwnershipControls=rules)
        elif present is not None:
            await self._change("DeleteBucketOwnershipControls", bucket)

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
        return (await self._setting("GetBucketPolicy", bucket) or {}).get("Policy") or None

    async def public_access_block(self, bucket: str) -> list[tuple[str, str]] | None:
        with self._calls.asking("GetPublicAccessBlock", bucket):
            try:
                answer = await self._calls.client.get_public_access_block(Bucket=bucket)
            except ClientError as error:
                require_absent(error)
                return None
        settings = answer.get("PublicAccessBlockConfiguration", {})
        return [(name, str(value).lower()) for name, value in settings.items()]

    async def website(self, bucket: str) -> bool:
        return await self._setting("GetBucketWebsite", bucket) is not None

    async def effective_endpoint(self, bucket: str) -> EffectiveEndpoint:
        """How a HeadBucket went out. Whether it was allowed does not matter, whether it arrived does."""
        return await seen_endpoint(self._calls, bucket)
