"""A request to an operation: its caller, its resource and the caller's permissions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from typing import Final

from tui.demo.cloud.grants import permits
from tui.demo.cloud.iam.iam_identities import DemoIdentities, DemoIdentity
from tui.demo.cloud.iam.iam_policies import CallerPrincipals, DemoRequestContext, DemoVerdict, Policy
from tui.demo.cloud.messages import CloudError, DemoRequest, no_such_key
from tui.demo.cloud.models import DeleteMarker, DemoBucket, DemoStore, StoredObject
from tui.demo.demo_profiles import canonical_id

# Permissions, by the Amazon S3 user guide, "How Amazon S3 authorizes a request for an object operation" (user, bucket
# and object context), and the IAM user guide, "Policy evaluation logic". The wording of denials is that of its
# "Troubleshoot access denied error messages".

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
    **{f"s3:{verb}Object{what}Tagging": "-" for verb in ("Get", "Put", "Delete") for what in ("", "Version")},
    **{f"s3:{verb}ObjectAnnotation": "-" for verb in ("Get", "Put", "Delete")},
    "s3:ListObjectAnnotations": "-",
    "s3:PutObjectLegalHold": "-",
    "s3:PutObjectRetention": "-",
}
"""Actions on an existing object: its owner decides. `-` means that no grant of an ACL permits the action."""


@dataclass(frozen=True, slots=True)
class RequestResource:
    """What a request is about: a bucket, or a key in it and the object at that key."""

    bucket: DemoBucket
    key: str = ""
    item: StoredObject | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:::{self.bucket.name}" + (f"/{self.key}" if self.key else "")


def require_of_identity(caller: DemoIdentity | None, action: str, resource: str, context: DemoRequestContext) -> None:
    """Raise `CloudError` (AccessDenied) unless the caller's own policies allow what no bucket decides."""
    denial = _identity_denial(caller, action, resource, context) if caller is not None else "anonymously"
    if denial:
        who = caller.arn if caller is not None else "anonymous"
        raise CloudError("AccessDenied", f"User: {who} is not authorized to perform: {action} {denial}")


def _denial(caller: DemoIdentity | None, action: str, target: RequestResource, context: DemoRequestContext) -> str:
    """The reason for the denial; empty if the caller may."""
    policy = target.bucket.parsed_policy
    principals = principals_of(caller)
    verdict = policy.verdict(principals, action, target.arn, context) if policy else DemoVerdict.SILENT
    if verdict is DemoVerdict.DENY:
        return "with an explicit deny in a resource-based policy"
    if caller is not None:
        named = verdict is DemoVerdict.ALLOW and _names_itself(policy, caller, action, target, context)
        denial = _identity_denial(caller, action, target.arn, context, named_by_bucket=named)
        if denial:
            return denial
    if _granted(caller, action, target, verdict):
        return ""
    return f"because no resource-based policy allows the {action} action"


def principals_of(caller: DemoIdentity | None) -> CallerPrincipals:
    return CallerPrincipals(caller.principals, caller.canonical_id) if caller is not None else CallerPrincipals()


def _names_itself(
    policy: Policy | None, caller: DemoIdentity, action: str, target: RequestResource, context: DemoRequestContext
) -> bool:
    """Whether the bucket policy allows this very user of the bucket's account, not just the account."""
    if policy is None or caller.account != target.bucket.account:
        return False
    principals = CallerPrincipals(caller.own_principals)
    return policy.verdict(principals, action, target.arn, context) is DemoVerdict.ALLOW


def _identity_denial(
    caller: DemoIdentity, action: str, resource: str, context: DemoRequestContext, *, named_by_bucket: bool = False
) -> str:
    """Why the caller's own policies deny it; empty if they allow it."""
    principals = principals_of(caller)
    verdicts = {policy.verdict(principals, action, resource, context) for policy in caller.policies}
    if DemoVerdict.DENY in verdicts:
        return "with an explicit deny in an identity-based policy"
    if DemoVerdict.ALLOW not in verdicts and not named_by_bucket:
        return f"because no identity-based policy allows the {action} action"
    if caller.session_policy is None:
        return ""
    session = caller.session_policy.verdict(principals, action, resource, context)
    if session is DemoVerdict.DENY:
        return "with an explicit deny in a session policy"
    return "" if session is DemoVerdict.ALLOW else f"because no session policy allows the {action} action"


def _granted(caller: DemoIdentity | None, action: str, target: RequestResource, verdict: DemoVerdict) -> bool:
    """Whether the bucket owner, or for an existing object the object owner, lets the caller in."""
    bucket, item = target.bucket, target.item
    account = caller.account if caller is not None else ""
    caller_id = canonical_id(account) if account else ""
    allowed = verdict is DemoVerdict.ALLOW and not (bucket.blocks("RestrictPublicBuckets") and _is_public(bucket))
    if item is not None and action in _OBJECT_PERMISSIONS:
        owner = bucket.owner_of(item)
        if account == owner or (allowed and owner == bucket.account):
            return True
        return not bucket.enforced and permits(bucket.effective(item.grants), caller_id, _OBJECT_PERMISSIONS[action])
    if account == bucket.account or allowed:
        return True
    permission = _BUCKET_PERMISSIONS.get(action)
    grants = bucket.effective(bucket.grants)
    return permission is not None and not bucket.enforced and permits(grants, caller_id, permission)


def _is_public(bucket: DemoBucket) -> bool:
    return bucket.parsed_policy is not None and bucket.parsed_policy.is_public


MAX_INTEGER: Final = 2**31 - 1
_VERSION: Final = re.compile(r"null|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[\w.]{32}", re.ASCII)
"""As moto makes them, and as the demo's world has them: like those of S3."""

_CONDITION_HEADERS = (
    *("x-amz-acl", "x-amz-copy-source", "x-amz-metadata-directive", "x-amz-server-side-encryption"),
    *("x-amz-storage-class", "x-amz-grant-full-control"),
)


@dataclass(frozen=True)
class AuthenticatedRequest:
    """A request with its authenticated caller (None: anonymous)."""

    request: DemoRequest
    caller: DemoIdentity | None
    store: DemoStore
    identities: DemoIdentities

    @property
    def key(self) -> str:
        return self.request.key

    @property
    def version(self) -> str:
        """The requested version, or the empty string. Raises `CloudError` (InvalidArgument)."""
        version = self.request.query.get("versionId")
        if version == "":
            raise CloudError("InvalidArgument", "Version id cannot be the empty string", ArgumentName="versionId")
        if version and not _VERSION.fullmatch(version):
            raise CloudError("InvalidArgument", "Invalid version id specified", ArgumentName="versionId")
        return version or ""

    @property
    def account(self) -> str:
        """The caller's account number, or the empty string."""
        return self.caller.account if self.caller is not None else ""

    @property
    def now(self) -> datetime:
        """In whole seconds, as S3 reports times."""
        return datetime.now(UTC).replace(microsecond=0)

    @cached_property
    def bucket(self) -> DemoBucket:
        """Raises `CloudError`: NoSuchBucket, or AccessDenied if another account owns the bucket."""
        bucket = self.store.bucket(self.request.bucket)
        self.check_expected_owner(bucket, "x-amz-expected-bucket-owner")
        return bucket

    @cached_property
    def context(self) -> dict[str, str]:
        request = self.request
        context = {"aws:sourceip": request.peer, "aws:securetransport": "false"}
        if self.caller is not None:
            context["aws:principalarn"] = self.caller.role_arn or self.caller.arn
            context["aws:principalaccount"] = self.caller.account
            context["aws:userid"] = self.caller.user_id
        for name in ("prefix", "delimiter", "max-keys"):
            if name in request.query:
                context[f"s3:{name}"] = request.query[name]
        for name in _CONDITION_HEADERS:
            if name in request.headers:
                context[f"s3:{name}"] = request.headers[name]
        return context

    def check_expected_owner(self, bucket: DemoBucket, header: str) -> None:
        """Refuse a bucket of another account than the header expects."""
        expected = self.request.header(header)
        if expected and expected != bucket.account:
            raise CloudError("AccessDenied", "Access Denied")

    def may(self, action: str, target: RequestResource) -> bool:
        return not _denial(self.caller, action, target, self.context)

    def require(self, action: str, target: RequestResource) -> None:
        """Raise `CloudError` (AccessDenied) unless the caller may."""
        denial = _denial(self.caller, action, target, self.context)
        if denial:
            who = self.caller.arn if self.caller is not None else "anonymous"
            message = f'User: {who} is not authorized to perform: {action} on resource: "{target.arn}" {denial}'
            raise CloudError("AccessDenied", message)

    def require_of_identity(self, action: str, resource: str) -> DemoIdentity:
        """The caller, if its own policies allow what no bucket decides."""
        require_of_identity(self.caller, action, resource, self.context)
        if self.caller is None:
            raise CloudError("AccessDenied", "Access Denied")
        return self.caller

    def require_on_bucket(self, action: str) -> DemoBucket:
        """The request's bucket, if the caller may do `action` to it."""
        self.require(action, RequestResource(self.bucket))
        return self.bucket

    def existing(self, action: str) -> StoredObject:
        """The request's object, if the caller may do `action` to it."""
        return self.object_of(self.bucket, self.key, self.version, action)

    def object_of(self, bucket: DemoBucket, key: str, version: str, action: str) -> StoredObject:
        """An object, if the caller may do `action` to it.

        Raises `CloudError`: AccessDenied, or NoSuchKey and NoSuchVersion if the caller may list the bucket, as in S3.
        """
        item = bucket.find(key, version)
        if item is not None:
            self.require(action, RequestResource(bucket, key, item))
            return item
        self.require("s3:ListBucket", RequestResource(bucket))
        self.require(action, RequestResource(bucket, key))
        marker = bucket.marker(key, version)
        if marker is not None:
            raise _deleted(marker, by_version=bool(version))
        if version:
            raise CloudError("NoSuchVersion", "The specified version does not exist.", Key=key)
        raise no_such_key(key)

    def number(self, name: str, usual: int, most: int) -> int:
        """A numeric parameter, at most `most`. Raises `CloudError` (InvalidArgument)."""
        return self._number(name, self.request.query.get(name) or str(usual), most)

    def header_number(self, name: str, usual: int, most: int) -> int:
        return self._number(name, self.request.header(name) or str(usual), most)

    @staticmethod
    def _number(name: str, value: str, most: int) -> int:
        if not (value.isascii() and value.isdigit()) or int(value) > MAX_INTEGER:
            message = f"Argument {name} must be an integer between 0 and {MAX_INTEGER}"
            raise CloudError("InvalidArgument", message, ArgumentName=name, ArgumentValue=value)
        return min(int(value), most)

    def encodes_keys(self) -> bool:
        """Whether a listing percent-encodes its keys. Raises `CloudError` (InvalidArgument)."""
        encoding = self.request.query.get("encoding-type", "")
        if encoding not in ("", "url"):
            raise CloudError("InvalidArgument", "Invalid Encoding Method specified in Request")
        return encoding == "url"


def _deleted(marker: DeleteMarker, *, by_version: bool) -> CloudError:
    """A delete marker cannot be read; the error tells that it is one (API Reference, GetObject and HeadObject)."""
    headers = {"x-amz-delete-marker": "true", "x-amz-version-id": marker.version_id}
    if not by_version:
        return no_such_key(marker.name, headers)
    headers |= {"allow": "DELETE", "last-modified": format_datetime(marker.last_modified, usegmt=True)}
    return CloudError("MethodNotAllowed", "The specified method is not allowed against this resource.", headers)
