"""One request on its way through an operation: caller, resource and permissions."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from typing import Final

from tui.demo.cloud import access
from tui.demo.cloud.access import Target
from tui.demo.cloud.errors import CloudError, no_such_key
from tui.demo.cloud.iam.identities import Identities, Identity
from tui.demo.cloud.messages import Request
from tui.demo.cloud.objects import DeleteMarker, StoredObject
from tui.demo.cloud.store import Bucket, Store

MAX_INTEGER: Final = 2**31 - 1

_CONDITION_HEADERS = (
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-metadata-directive",
    "x-amz-server-side-encryption",
    "x-amz-storage-class",
    "x-amz-grant-full-control",
)


@dataclass(frozen=True)
class Call:
    """A request with its authenticated caller (None: anonymous)."""

    request: Request
    caller: Identity | None
    store: Store
    identities: Identities

    @property
    def key(self) -> str:
        """The key in the request's path."""
        return self.request.key

    @property
    def version(self) -> str:
        """The version that is asked for, or the empty string. Raises `CloudError` (InvalidArgument)."""
        version = self.request.query.get("versionId")
        if version == "":
            raise CloudError("InvalidArgument", "Version id cannot be the empty string", ArgumentName="versionId")
        return version or ""

    @property
    def account(self) -> str:
        """Account number of the caller, or the empty string."""
        return self.caller.account if self.caller is not None else ""

    @property
    def now(self) -> datetime:
        """The time, in whole seconds as S3 reports it."""
        return datetime.now(UTC).replace(microsecond=0)

    @cached_property
    def bucket(self) -> Bucket:
        """The bucket in the request's path. Raises `CloudError`: NoSuchBucket, AccessDenied (other owner)."""
        bucket = self.store.bucket(self.request.bucket)
        self.check_expected_owner(bucket, "x-amz-expected-bucket-owner")
        return bucket

    @cached_property
    def context(self) -> dict[str, str]:
        """The condition keys of this request."""
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

    def check_expected_owner(self, bucket: Bucket, header: str) -> None:
        """Refuse a bucket that is not of the account that the header expects."""
        expected = self.request.header(header)
        if expected and expected != bucket.account:
            raise CloudError("AccessDenied", "Access Denied")

    def require(self, action: str, target: Target) -> None:
        """Raise `CloudError` (AccessDenied) unless the caller may."""
        access.require(self.caller, action, target, self.context)

    def require_of_identity(self, action: str, resource: str) -> Identity:
        """The caller, once its own policies allow what no bucket decides."""
        access.require_of_identity(self.caller, action, resource, self.context)
        if self.caller is None:
            raise CloudError("AccessDenied", "Access Denied")
        return self.caller

    def may(self, action: str, target: Target) -> bool:
        """Whether the caller may."""
        return access.may(self.caller, action, target, self.context)

    def require_on_bucket(self, action: str) -> Bucket:
        """The request's bucket, once the caller may do `action` to it."""
        self.require(action, Target(self.bucket))
        return self.bucket

    def existing(self, action: str) -> StoredObject:
        """The request's object, once the caller may do `action` to it."""
        return self.object_of(self.bucket, self.key, self.version, action)

    def object_of(self, bucket: Bucket, key: str, version: str, action: str) -> StoredObject:
        """An object, once the caller may do `action` to it.

        Raises `CloudError`: AccessDenied, and NoSuchKey or NoSuchVersion only to a caller who may list the
        bucket, as S3 does.
        """
        item = bucket.find(key, version)
        if item is not None:
            self.require(action, Target(bucket, key, item))
            return item
        self.require("s3:ListBucket", Target(bucket))
        self.require(action, Target(bucket, key))
        marker = bucket.marker(key, version)
        if marker is not None:
            raise _deleted(marker, by_version=bool(version))
        if version:
            raise CloudError("NoSuchVersion", "The specified version does not exist.", Key=key)
        raise no_such_key(key)

    def number(self, name: str, usual: int, most: int) -> int:
        """A parameter that counts; above `most` it is that. Raises `CloudError` (InvalidArgument)."""
        return self._number(name, self.request.query.get(name) or str(usual), most)

    def header_number(self, name: str, usual: int, most: int) -> int:
        """A header that counts, as `number` reads a parameter."""
        return self._number(name, self.request.header(name) or str(usual), most)

    @staticmethod
    def _number(name: str, value: str, most: int) -> int:
        if not (value.isascii() and value.isdigit()) or int(value) > MAX_INTEGER:
            message = f"Argument {name} must be an integer between 0 and {MAX_INTEGER}"
            raise CloudError("InvalidArgument", message, ArgumentName=name, ArgumentValue=value)
        return min(int(value), most)

    def encodes_keys(self) -> bool:
        """Whether a listing shall percent-encode its keys. Raises `CloudError` (InvalidArgument)."""
        encoding = self.request.query.get("encoding-type", "")
        if encoding not in ("", "url"):
            raise CloudError("InvalidArgument", "Invalid Encoding Method specified in Request")
        return encoding == "url"


def _deleted(marker: DeleteMarker, *, by_version: bool) -> CloudError:
    """A delete marker cannot be read: the error says what it is (GetObject and HeadObject, API reference)."""
    headers = {"x-amz-delete-marker": "true", "x-amz-version-id": marker.version_id}
    if not by_version:
        return no_such_key(marker.name, headers)
    headers |= {"allow": "DELETE", "last-modified": format_datetime(marker.last_modified, usegmt=True)}
    return CloudError("MethodNotAllowed", "The specified method is not allowed against this resource.", headers)
