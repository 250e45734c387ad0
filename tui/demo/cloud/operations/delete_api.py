"""DeleteObject and DeleteObjects."""

from typing import Final

from tui.demo.cloud import content_bytes
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
from tui.demo.cloud.operations.object_api import require_unlocked
from tui.demo.cloud.operations.read_api import same_etag

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
    try:
        body = parsed(call.request.body)
    except ValueError as error:
        raise CloudError("MalformedXML", "The XML you provided was not well-formed") from error
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
