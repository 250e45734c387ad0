"""Whether a caller may do something to a bucket or an object. Pure.

Rules: Amazon S3 user guide, "How Amazon S3 authorizes a request for an object operation" (user, bucket and object
context) and IAM user guide, "Policy evaluation logic"; the wording is that of "Troubleshoot access denied error
messages".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.grants import permits
from tui.demo.cloud.iam.conditions import Context
from tui.demo.cloud.iam.identities import Identity
from tui.demo.cloud.iam.policies import Policy, Principals, Verdict
from tui.demo.cloud.objects import StoredObject
from tui.demo.cloud.store import Bucket
from tui.demo.profiles import canonical_id

_BUCKET_PERMISSIONS: Final[Mapping[str, str]] = {
    "s3:ListBucket": "READ",
    "s3:ListBucketVersions": "READ",
    "s3:ListBucketMultipartUploads": "READ",
    "s3:PutObject": "WRITE",
    "s3:DeleteObject": "WRITE",
    "s3:AbortMultipartUpload": "WRITE",
    "s3:GetBucketAcl": "READ_ACP",
    "s3:PutBucketAcl": "WRITE_ACP",
}
_OBJECT_PERMISSIONS: Final[Mapping[str, str]] = {
    "s3:GetObject": "READ",
    "s3:GetObjectVersion": "READ",
    "s3:GetObjectAttributes": "READ",
    "s3:GetObjectAcl": "READ_ACP",
    "s3:GetObjectVersionAcl": "READ_ACP",
    "s3:PutObjectAcl": "WRITE_ACP",
    "s3:PutObjectVersionAcl": "WRITE_ACP",
    "s3:GetObjectTagging": "-",
    "s3:PutObjectTagging": "-",
    "s3:DeleteObjectTagging": "-",
    "s3:GetObjectVersionTagging": "-",
    "s3:PutObjectVersionTagging": "-",
    "s3:DeleteObjectVersionTagging": "-",
    "s3:ListObjectAnnotations": "-",
    "s3:GetObjectAnnotation": "-",
    "s3:PutObjectAnnotation": "-",
    "s3:DeleteObjectAnnotation": "-",
    "s3:PutObjectLegalHold": "-",
    "s3:PutObjectRetention": "-",
}
"""Actions on an existing object, which its owner decides; `-`: no grant of an ACL permits it."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about: a bucket, or a key in it and the object there."""

    bucket: Bucket
    key: str = ""
    item: StoredObject | None = None

    @property
    def arn(self) -> str:
        """ARN of the bucket or the object."""
        return f"arn:aws:s3:::{self.bucket.name}" + (f"/{self.key}" if self.key else "")


def require(caller: Identity | None, action: str, target: Target, context: Context) -> None:
    """Raise `CloudError` (AccessDenied) unless the caller may."""
    denial = _denial(caller, action, target, context)
    if denial:
        who = caller.arn if caller is not None else "anonymous"
        raise CloudError(
            "AccessDenied",
            f'User: {who} is not authorized to perform: {action} on resource: "{target.arn}" {denial}',
        )


def require_of_identity(caller: Identity | None, action: str, resource: str, context: Context) -> None:
    """Raise `CloudError` (AccessDenied) unless the caller's own policies allow what no bucket decides."""
    denial = _identity_denial(caller, action, resource, context) if caller is not None else "anonymously"
    if denial:
        who = caller.arn if caller is not None else "anonymous"
        raise CloudError("AccessDenied", f"User: {who} is not authorized to perform: {action} {denial}")


def may(caller: Identity | None, action: str, target: Target, context: Context) -> bool:
    """Whether the caller may."""
    return not _denial(caller, action, target, context)


def _denial(caller: Identity | None, action: str, target: Target, context: Context) -> str:
    """Why not, or the empty string."""
    policy = target.bucket.parsed_policy
    principals = principals_of(caller)
    verdict = policy.verdict(principals, action, target.arn, context) if policy else Verdict.SILENT
    if verdict is Verdict.DENY:
        return "with an explicit deny in a resource-based policy"
    if caller is not None:
        named = verdict is Verdict.ALLOW and _names_itself(policy, caller, action, target, context)
        denial = _identity_denial(caller, action, target.arn, context, named_by_bucket=named)
        if denial:
            return denial
    if _granted(caller, action, target, verdict):
        return ""
    return f"because no resource-based policy allows the {action} action"


def principals_of(caller: Identity | None) -> Principals:
    """How policies name the caller."""
    return Principals(caller.principals, caller.canonical_id) if caller is not None else Principals()


def _names_itself(policy: Policy | None, caller: Identity, action: str, target: Target, context: Context) -> bool:
    """Whether the bucket policy allows this very user of the bucket's own account, not only the account."""
    if policy is None or caller.account != target.bucket.account:
        return False
    principals = Principals(caller.own_principals)
    return policy.verdict(principals, action, target.arn, context) is Verdict.ALLOW


def _identity_denial(
    caller: Identity, action: str, resource: str, context: Context, *, named_by_bucket: bool = False
) -> str:
    """What the caller's own policies object, or the empty string."""
    principals = principals_of(caller)
    verdicts = {policy.verdict(principals, action, resource, context) for policy in caller.policies}
    if Verdict.DENY in verdicts:
        return "with an explicit deny in an identity-based policy"
    if Verdict.ALLOW not in verdicts and not named_by_bucket:
        return f"because no identity-based policy allows the {action} action"
    if caller.session_policy is None:
        return ""
    session = caller.session_policy.verdict(principals, action, resource, context)
    if session is Verdict.DENY:
        return "with an explicit deny in a session policy"
    return "" if session is Verdict.ALLOW else f"because no session policy allows the {action} action"


def _granted(caller: Identity | None, action: str, target: Target, verdict: Verdict) -> bool:
    """Whether the owner of the bucket or, for an existing object, the object's owner lets the caller in."""
    bucket, item = target.bucket, target.item
    account = caller.account if caller is not None else ""
    caller_id = canonical_id(account) if account else ""
    if item is not None and action in _OBJECT_PERMISSIONS:
        owner = bucket.owner_of(item)
        if account == owner or (verdict is Verdict.ALLOW and owner == bucket.account):
            return True
        return not bucket.enforced and permits(item.grants, caller_id, _OBJECT_PERMISSIONS[action])
    if account == bucket.account or verdict is Verdict.ALLOW:
        return True
    permission = _BUCKET_PERMISSIONS.get(action)
    return permission is not None and not bucket.enforced and permits(bucket.grants, caller_id, permission)
