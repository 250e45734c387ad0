"""PutObject, and the shared steps of all writes: owner, metadata, conditions."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from tui.demo.cloud import content_bytes, grants, messages
from tui.demo.cloud.call import AuthenticatedRequest, RequestResource
from tui.demo.cloud.content_bytes import MemoryContent, md5_hex
from tui.demo.cloud.messages import (
    CloudError,
    DemoResponse,
    Element,
    document,
    leaf,
    no_such_key,
    node,
    parsed,
    precondition_failed,
)
from tui.demo.cloud.models import STORAGE_CLASSES, DemoBucket, DemoObjectMetadata, DemoOwnership, StoredObject
from tui.demo.cloud.operations.object_api import lock_in, require_unlocked
from tui.demo.cloud.operations.read_api import same_etag
from tui.demo.demo_profiles import ACCOUNTS, canonical_id

MAX_TAGS: Final = 10
MAX_KEY_BYTES: Final = 1024
MAX_METADATA_BYTES: Final = 2048
"""Names and values together."""
_META: Final = "x-amz-meta-"
_SYSTEM_HEADERS: Final = (
    *("content-type", "content-language", "content-encoding", "content-disposition", "cache-control", "expires"),
    "x-amz-website-redirect-location",
)
_ENCRYPTION_HEADERS: Final = ("x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id")


def put_object(call: AuthenticatedRequest) -> DemoResponse:
    require_write(call)
    if call.request.headers.get("if-none-match", "*") != "*":
        raise CloudError("NotImplemented", "A header you provided implies functionality that is not implemented")
    content = MemoryContent(call.request.body)
    md5 = md5_hex(content)
    checksum = content_bytes.verified(call.request.headers, content, md5)
    description = describe(call)
    item = StoredObject(call.bucket, call.key, content, md5, description, checksum=checksum, modified=call.now)
    commit(call, item)
    headers = checksum.headers() if checksum else {}
    return DemoResponse(headers={"etag": item.etag, **written_headers(call.bucket, item), **headers})


def require_write(call: AuthenticatedRequest) -> None:
    """Raise `CloudError` unless the caller may write the object with this ACL, these tags and names."""
    _check_names(call)
    target = RequestResource(call.bucket, call.key)
    call.require("s3:PutObject", target)
    headers = call.request.headers
    if "x-amz-tagging" in headers:
        call.require("s3:PutObjectTagging", target)
    check_acl(call.bucket, headers)
    if grants.mentions_acl(headers) and not call.bucket.enforced:
        call.require("s3:PutObjectAcl", target)


def _check_names(call: AuthenticatedRequest) -> None:
    """Limits of the user guide, "Naming Amazon S3 objects" and "Working with object metadata"; SSE-C needs TLS."""
    headers = call.request.headers
    length = len(call.key.encode())
    if length > MAX_KEY_BYTES:
        raise CloudError("KeyTooLongError", "Your key is too long", Size=str(length), MaxSizeAllowed=str(MAX_KEY_BYTES))
    pairs = [(name.removeprefix(_META), value) for name, value in headers.items() if name.startswith(_META)]
    size = sum(len(name) + len(value.encode("latin-1")) for name, value in pairs)
    if size > MAX_METADATA_BYTES:
        raise CloudError(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
            Size=str(size),
            MaxSizeAllowed=str(MAX_METADATA_BYTES),
        )
    if any(name.startswith("x-amz-server-side-encryption-customer-") for name in headers):
        raise CloudError(
            "InvalidRequest",
            "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure "
            "connection.",
        )


def check_acl(bucket: DemoBucket, headers: Mapping[str, str]) -> None:
    """Refuse ACLs that a bucket with ACLs disabled does not accept."""
    allowed = grants.only_full_control_for(headers, canonical_id(bucket.account))
    if bucket.enforced and grants.mentions_acl(headers) and not allowed:
        raise CloudError("AccessControlListNotSupported", "The bucket does not allow ACLs")


_KNOWN_IDS: Final = {account.canonical_id for account in ACCOUNTS}


def accepted(bucket: DemoBucket, given: grants.DemoGrants) -> grants.DemoGrants:
    """The grants of a request. Raises `CloudError`: AccessDenied for blocked ones, InvalidArgument for unknown IDs."""
    if bucket.blocks("BlockPublicAcls") and any(one.is_public for one in given):
        message = "public access control lists (ACLs) are prevented by the BlockPublicAcls setting in S3 Block Public"
        raise CloudError("AccessDenied", f"Access Denied because {message} Access.")
    if any(not one.is_group and one.grantee not in _KNOWN_IDS for one in given):
        raise CloudError("InvalidArgument", "Invalid id", ArgumentName="CanonicalUser/ID")
    return given


def describe(call: AuthenticatedRequest) -> DemoObjectMetadata:
    """The new object's owner and grants (by Object Ownership), headers, tags and storage class."""
    headers, bucket = call.request.headers, call.bucket
    owner = _owner(call)
    owner_id, bucket_id = canonical_id(owner), canonical_id(bucket.account)
    granted = (
        grants.canned("private", bucket_id, bucket_id)
        if bucket.enforced
        else accepted(bucket, grants.from_headers(headers, owner_id, bucket_id))
    )
    lock = lock_in(headers, bucket)
    return DemoObjectMetadata(owner, granted, kept(headers), tags_in(headers), storage_class_in(headers), lock=lock)


def _owner(call: AuthenticatedRequest) -> str:
    """The new owner's account number. The bucket owner owns the objects of anonymous writers."""
    bucket = call.bucket
    if bucket.enforced or not call.account:
        return bucket.account
    handed_over = grants.mentions_acl(call.request.headers) and grants.only_full_control_for(
        call.request.headers, canonical_id(bucket.account)
    )
    return bucket.account if bucket.ownership is DemoOwnership.PREFERRED and handed_over else call.account


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    """The request headers that the object keeps. `aws-chunked` describes the transfer, not the object."""
    chosen = {name: headers[name] for name in (*_SYSTEM_HEADERS, *_ENCRYPTION_HEADERS) if headers.get(name)}
    chosen |= {name: messages.stored(value) for name, value in headers.items() if name.startswith(_META)}
    encoding = chosen.pop("content-encoding", "")
    if "aws-chunked" in encoding:
        encodings = [one.strip() for one in encoding.split(",")]
        encoding = ",".join(one for one in encodings if one and one != "aws-chunked")
    return {**chosen, "content-encoding": encoding} if encoding else chosen


def tags_in(headers: Mapping[str, str]) -> dict[str, str]:
    return checked_tags(parse_qsl(headers.get("x-amz-tagging", ""), keep_blank_values=True))


def checked_tags(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Raises `CloudError` for tags beyond the limits of S3."""
    tags = dict(pairs)
    if len(pairs) > MAX_TAGS:
        raise CloudError("InvalidArgument", f"Object tags cannot be greater than {MAX_TAGS}")
    if len(tags) != len(pairs):
        raise CloudError("InvalidTag", "Cannot provide multiple Tags with the same key")
    if any(not key or len(key) > 128 or len(value) > 256 for key, value in pairs):
        raise CloudError("InvalidTag", "The TagKey or TagValue you have provided is invalid")
    return tags


def storage_class_in(headers: Mapping[str, str]) -> str:
    """Raises `CloudError` (InvalidStorageClass)."""
    storage_class = headers.get("x-amz-storage-class", "STANDARD")
    if storage_class not in STORAGE_CLASSES:
        raise CloudError("InvalidStorageClass", "The storage class you specified is not valid")
    return storage_class


def commit(call: AuthenticatedRequest, item: StoredObject) -> None:
    """Make the object visible if the request's conditions hold now."""
    with call.store.lock:
        check_conditions(call, call.bucket.find(item.name))
        call.bucket.put(item)


def check_conditions(call: AuthenticatedRequest, existing: StoredObject | None) -> None:
    """`If-Match` and `If-None-Match` of a write. Raises `CloudError`: PreconditionFailed, NoSuchKey."""
    headers = call.request.headers
    if "if-match" in headers:
        if existing is None:
            raise no_such_key(call.key)
        if not same_etag(headers["if-match"], existing.etag):
            raise precondition_failed("If-Match")
    if headers.get("if-none-match") == "*" and existing is not None:
        raise precondition_failed("If-None-Match")


def written_headers(bucket: DemoBucket, item: StoredObject) -> dict[str, str]:
    kept_ones: dict[str, str] = {
        name: item.kept_headers[name] for name in _ENCRYPTION_HEADERS if name in item.kept_headers
    }
    return {"x-amz-server-side-encryption": "AES256", **kept_ones, **bucket.version_headers(item)}


MAX_KEYS: Final = 1000
_OF_DIRECTORY_BUCKETS: Final = ("x-amz-if-match-size", "x-amz-if-match-last-modified-time")


def delete_object(call: AuthenticatedRequest) -> DemoResponse:
    """The bucket owner may delete, whichever account owns the object."""
    _require(call, call.key, call.version)
    # As in S3: size and time are conditions for directory buckets only, and a version takes no condition.
    with_version = ("if-match",) if call.version else ()
    if any(call.request.header(name) for name in (*_OF_DIRECTORY_BUCKETS, *with_version)):
        raise CloudError("NotImplemented", "A header you provided implies functionality that is not implemented")
    answer = _deleted(call, call.key, call.version, call.request.header("if-match"))
    return DemoResponse(204, {f"x-amz-{name}": value for name, value in answer.items()})


def _deleted(call: AuthenticatedRequest, key: str, version: str, etag: str) -> dict[str, str]:
    with call.store.lock:
        _check_condition(call, key, etag)
        if version:
            require_unlocked(call.bucket.find(key, version))
        return call.bucket.delete(key, version)


def _check_condition(call: AuthenticatedRequest, key: str, wanted: str) -> None:
    """`If-Match` of the current version. Raises `CloudError`: PreconditionFailed, NoSuchKey, AccessDenied."""
    if not wanted:
        return
    existing = call.bucket.find(key)
    if existing is None:
        raise no_such_key(key)
    if wanted != "*":
        call.require("s3:GetObject", RequestResource(call.bucket, key, existing))
    if not same_etag(wanted, existing.etag):
        raise precondition_failed("If-Match")


def _require(call: AuthenticatedRequest, key: str, version: str) -> None:
    action = "s3:DeleteObjectVersion" if version else "s3:DeleteObject"
    call.require(action, RequestResource(call.bucket, key))


def delete_objects(call: AuthenticatedRequest) -> DemoResponse:
    """Delete up to 1,000 keys, each with its own permission check."""
    headers, content = call.request.headers, MemoryContent(call.request.body)
    body = parsed(call.request.body)
    if "content-md5" not in headers and content_bytes.claimed(headers) is None:
        raise CloudError("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
    content_bytes.verified(headers, content, md5_hex(content))
    entries = body.all("Object")
    if not 1 <= len(entries) <= MAX_KEYS:
        raise CloudError("MalformedXML", f"Between 1 and {MAX_KEYS} objects can be deleted at once")
    quiet = body.value("Quiet") == "true"
    results = [_delete_one(call, entry, quiet) for entry in entries]
    return DemoResponse(body=document("DeleteResult", results))


def _delete_one(call: AuthenticatedRequest, entry: Element, quiet: bool) -> str:
    key, version = entry.value("Key"), entry.value("VersionId")
    try:
        _require(call, key, version)
        answer = _deleted(call, key, version, entry.value("ETag"))
    except CloudError as error:
        return node("Error", leaf(Key=key, VersionId=version or None, Code=error.code, Message=error.message))
    if quiet:
        return ""
    made = answer["version-id"] if answer.get("delete-marker") else None
    marker = True if made is not None else None
    return node("Deleted", leaf(Key=key, VersionId=version or None, DeleteMarker=marker, DeleteMarkerVersionId=made))
