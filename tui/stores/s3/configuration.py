"""What a bucket is set to: ACLs, policy, Object Ownership, public access; and making one.

Ceph takes a DELETE of ownership controls as DeleteBucket: nothing here ever puts or deletes a setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from tui.accounts.endpoints import is_aws
from tui.accounts.problems import read_refusal
from tui.model.arns import is_access_point
from tui.model.facts import Grant, ObjectOwnership
from tui.model.identity import Owner
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.base import Acl
from tui.stores.s3.calls import Calls
from tui.stores.s3.objects import of_version

_ABSENT = ("OwnershipControlsNotFoundError", "NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration")
"""Codes that say the bucket has no such setting."""


_NO_CONSTRAINT = "us-east-1"
"""The region whose name CreateBucket does not take as a location constraint (Amazon S3 API Reference)."""


async def create_bucket(calls: Calls, bucket: str, region: str) -> None:
    """CreateBucket in a region; empty: the identity's own. Servers other than AWS's are told none."""
    region = region or calls.connection.settings.region
    elsewhere: Any = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region else {}
    if region == _NO_CONSTRAINT or not is_aws(calls.connection.endpoint):
        elsewhere = {}
    with calls.asking("CreateBucket", bucket):
        await calls.client.create_bucket(Bucket=bucket, **elsewhere)


async def object_acl(calls: Calls, bucket: str, key: str, version: str) -> Acl:
    """GetObjectAcl."""
    with calls.asking("GetObjectAcl", bucket, key):
        return _acl(calls, await calls.client.get_object_acl(Bucket=bucket, Key=key, **of_version(version)))


async def bucket_acl(calls: Calls, bucket: str) -> Acl:
    """GetBucketAcl."""
    with calls.asking("GetBucketAcl", bucket):
        acl = _acl(calls, await calls.client.get_bucket_acl(Bucket=bucket))
    calls.connection.addresses.learn_bucket(calls.connection.service, bucket, acl.owner.id)
    return acl


def _acl(calls: Calls, answer: Mapping[str, Any]) -> Acl:
    owner = _owner(answer.get("Owner", {}))
    grants = [_grant(entry) for entry in answer.get("Grants", [])]
    calls.connection.addresses.see([owner, *(grant.grantee for grant in grants if not grant.is_group)])
    return Acl(owner, grants)


def _grant(entry: Mapping[str, Any]) -> Grant:
    grantee, permission = entry.get("Grantee", {}), entry.get("Permission", "")
    if uri := grantee.get("URI"):
        return Grant(Owner(str(uri).rpartition("/")[2]), permission, is_group=True)
    return Grant(_owner(grantee) if grantee.get("ID") else Owner(grantee.get("EmailAddress", "")), permission)


def _owner(said: Mapping[str, Any]) -> Owner:
    return Owner(said.get("ID", ""), said.get("DisplayName", ""))


async def ownership(calls: Calls, bucket: str) -> ObjectOwnership | None:
    """GetBucketOwnershipControls; Ceph answers 200 without any rule where AWS says that there are none."""
    with calls.asking("GetBucketOwnershipControls", bucket):
        try:
            answer: Any = await calls.client.get_bucket_ownership_controls(Bucket=bucket)
        except ClientError as error:
            _require_absent(error)
            return None
    rules = (answer.get("OwnershipControls") or {}).get("Rules") or []
    setting = str(rules[0].get("ObjectOwnership", "")) if rules else ""
    if setting and setting not in list(ObjectOwnership):
        attempt = calls.attempt("GetBucketOwnershipControls", bucket)
        raise ProblemError(attempt.problem(ProblemKind.SERVER, f"unknown Object Ownership setting {setting!r}"))
    return ObjectOwnership(setting) if setting else None


async def policy(calls: Calls, bucket: str) -> str | None:
    """GetBucketPolicy; refused for an access point, whose bucket's policy would be taken for all that counts."""
    if is_access_point(bucket):
        attempt = calls.attempt("GetBucketPolicy", bucket)
        cause = "an access point has a policy of its own, and does not tell what it and its bucket's allow together"
        raise ProblemError(attempt.problem(ProblemKind.UNSUPPORTED, "policies cannot be read here", cause))
    with calls.asking("GetBucketPolicy", bucket):
        try:
            answer = await calls.client.get_bucket_policy(Bucket=bucket)
        except ClientError as error:
            _require_absent(error)
            return None
    return answer.get("Policy") or None


async def public_access_block(calls: Calls, bucket: str) -> list[tuple[str, str]] | None:
    """GetPublicAccessBlock."""
    with calls.asking("GetPublicAccessBlock", bucket):
        try:
            answer = await calls.client.get_public_access_block(Bucket=bucket)
        except ClientError as error:
            _require_absent(error)
            return None
    settings = answer.get("PublicAccessBlockConfiguration", {})
    return [(name, str(value).lower()) for name, value in settings.items()]


def _require_absent(error: ClientError) -> None:
    """Return if the answer says that there is no such setting; raise any other answer on."""
    if read_refusal(error).code not in _ABSENT:
        raise error
