"""CopyObject and UploadPartCopy: one caller reads the source and writes the destination."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from tui.demo.cloud import content_bytes
from tui.demo.cloud.call import AuthenticatedRequest, RequestResource
from tui.demo.cloud.content_bytes import FULL_OBJECT, DemoChecksum, DemoContentRange, md5_hex
from tui.demo.cloud.messages import CloudError, DemoResponse, document, iso, leaf, precondition_failed
from tui.demo.cloud.models import DemoBucket, DemoObjectMetadata, DemoPart, StoredObject
from tui.demo.cloud.operations.object_api import copied_annotations
from tui.demo.cloud.operations.read_api import checksum_of, modified_since, same_etag
from tui.demo.cloud.operations.upload_api import add_part, upload_of
from tui.demo.cloud.operations.write_api import commit, describe, require_write, written_headers

MAX_COPY_BYTES: Final = 5 * 1024**3
_RANGE: Final = re.compile(r"bytes=(\d+)-(\d+)")
_PREFIX: Final = "x-amz-copy-source-"


@dataclass(frozen=True, slots=True)
class DemoCopySource:
    """The source object, which the caller may read."""

    bucket: DemoBucket
    item: StoredObject
    version: str
    """As in the request, or the empty string."""

    @property
    def headers(self) -> dict[str, str]:
        headers = self.bucket.version_headers(self.item)
        return {f"{_PREFIX}version-id": version for version in headers.values()}


def copy_object(call: AuthenticatedRequest) -> DemoResponse:
    require_write(call)
    source = _source(call)
    if source.item.size > MAX_COPY_BYTES:
        raise CloudError(
            "InvalidRequest",
            f"The specified copy source is larger than the maximum allowable size for a copy source: {MAX_COPY_BYTES}",
        )
    description = _description(call, source)
    description.annotations = copied_annotations(call, source.bucket, source.item)
    checksum = _checksum(call, source.item)
    # A copy has one part, however many the source has, so its ETag is an MD5 again.
    etag = md5_hex(source.item.content) if source.item.part_sizes else source.item.etag.strip('"')
    copy = StoredObject(
        call.bucket, call.key, source.item.content, etag, description, checksum=checksum, modified=call.now
    )
    commit(call, copy)
    summed = leaf(ChecksumType=checksum.type, **checksum.element) if checksum else ""
    body = document("CopyObjectResult", [leaf(LastModified=iso(copy.last_modified), ETag=copy.etag), summed])
    return DemoResponse(headers={**written_headers(call.bucket, copy), **source.headers}, body=body)


def upload_part_copy(call: AuthenticatedRequest) -> DemoResponse:
    call.require("s3:PutObject", RequestResource(call.bucket, call.key))
    upload = upload_of(call)
    source = _source(call)
    section = _section(call, source.item)
    content = DemoContentRange(source.item.content, section.start, len(section))
    algorithm = upload.algorithm
    value = content_bytes.compute(algorithm, content) if algorithm else None
    checksum = DemoChecksum(algorithm, value) if value else None
    part = DemoPart(content, md5_hex(content), checksum, call.now)
    add_part(call, upload, part)
    summed = checksum.element if checksum else {}
    elements = [leaf(LastModified=iso(call.now), ETag=f'"{part.md5}"', **summed)]
    return DemoResponse(headers=source.headers, body=document("CopyPartResult", elements))


def _source(call: AuthenticatedRequest) -> DemoCopySource:
    """The source, if the caller may read it and its conditions hold. Raises `CloudError`."""
    path, _, version = call.request.header("x-amz-copy-source").partition("?versionId=")
    bucket_name, slash, key = unquote(path).removeprefix("/").partition("/")
    if not slash or not key:
        raise CloudError("InvalidArgument", "Copy Source must mention the source bucket and key")
    bucket = call.store.bucket(bucket_name)
    call.check_expected_owner(bucket, "x-amz-source-expected-bucket-owner")
    if version and bucket.marker(key, version):
        raise CloudError(
            "InvalidRequest",
            "The source of a copy request may not specifically refer to a delete marker by version id.",
        )
    item = call.object_of(bucket, key, version, "s3:GetObjectVersion" if version else "s3:GetObject")
    if not item.restored:
        raise CloudError("InvalidObjectState", "Operation is not valid for the source object's storage class")
    _check_conditions(call, item)
    return DemoCopySource(bucket, item, version)


def _check_conditions(call: AuthenticatedRequest, item: StoredObject) -> None:
    """A condition on the ETag overrides the one on the date beside it (CopyObject, API reference)."""
    headers = call.request.headers
    if f"{_PREFIX}if-match" in headers:
        if not same_etag(headers[f"{_PREFIX}if-match"], item.etag):
            raise precondition_failed("x-amz-copy-source-If-Match")
    elif modified_since(item, headers.get(f"{_PREFIX}if-unmodified-since")):
        raise precondition_failed("x-amz-copy-source-If-Unmodified-Since")
    if f"{_PREFIX}if-none-match" in headers:
        if same_etag(headers[f"{_PREFIX}if-none-match"], item.etag):
            raise precondition_failed("x-amz-copy-source-If-None-Match")
    elif modified_since(item, headers.get(f"{_PREFIX}if-modified-since")) is False:
        raise precondition_failed("x-amz-copy-source-If-Modified-Since")


def _description(call: AuthenticatedRequest, source: DemoCopySource) -> DemoObjectMetadata:
    """Owner, grants and storage class come from the request; metadata and tags from the source unless replaced."""
    headers, item = call.request.headers, source.item
    description = describe(call)
    replaces = _directive(call, "metadata") == "REPLACE"
    # A named version may be copied onto its own key: this restores an older version.
    itself = source.bucket is call.bucket and item.name == call.key and not source.version
    changes = replaces or any(
        name in headers
        for name in ("x-amz-storage-class", "x-amz-server-side-encryption", "x-amz-website-redirect-location")
    )
    if itself and not changes:
        raise CloudError(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes.",
        )
    if not replaces:
        asked = {name: value for name, value in description.kept_headers.items() if not _is_copied(name)}
        copied = {name: value for name, value in item.kept_headers.items() if _is_copied(name)}
        description.kept_headers = {**copied, **asked}
    if _directive(call, "tagging") != "REPLACE":
        description.tags = _copied_tags(call, source)
    return description


def _directive(call: AuthenticatedRequest, subject: str) -> str:
    """COPY or REPLACE. Raises `CloudError` (InvalidArgument)."""
    directive = call.request.header(f"x-amz-{subject}-directive", "COPY")
    if directive not in ("COPY", "REPLACE"):
        message = f"Unknown {subject} directive."
        raise CloudError("InvalidArgument", message, ArgumentName=f"x-amz-{subject}-directive", ArgumentValue=directive)
    return directive


def _is_copied(name: str) -> bool:
    """Whether the header is copied with the metadata. Encryption and redirect location belong to each request."""
    return "encryption" not in name and name != "x-amz-website-redirect-location"


def _copied_tags(call: AuthenticatedRequest, source: DemoCopySource) -> dict[str, str]:
    """Copying tags needs permission to read and to write them; otherwise S3 denies the whole copy."""
    if not source.item.tags:
        return {}
    action = "s3:GetObjectVersionTagging" if source.version else "s3:GetObjectTagging"
    call.require(action, RequestResource(source.bucket, source.item.name, source.item))
    call.require("s3:PutObjectTagging", RequestResource(call.bucket, call.key))
    return dict(source.item.tags)


def _checksum(call: AuthenticatedRequest, item: StoredObject) -> DemoChecksum | None:
    """By the requested algorithm, else the source's; always of the full object."""
    wanted = call.request.header("x-amz-checksum-algorithm").upper()
    known = checksum_of(item)
    if known is not None and known.type == FULL_OBJECT and wanted in ("", known.algorithm):
        return known
    algorithm = wanted or (known.algorithm if known else "CRC64NVME")
    value = content_bytes.compute(algorithm, item.content) if algorithm in content_bytes.ALGORITHMS else None
    return DemoChecksum(algorithm, value) if value else None


def _section(call: AuthenticatedRequest, item: StoredObject) -> range:
    header = call.request.header("x-amz-copy-source-range")
    if not header:
        return range(item.size)
    found = _RANGE.fullmatch(header)
    if found is None or int(found[1]) > int(found[2]):
        raise CloudError("InvalidArgument", "The x-amz-copy-source-range value must be of the form bytes=first-last")
    if int(found[2]) >= item.size:
        raise CloudError("InvalidArgument", f"Range specified is not valid for source object of size: {item.size}")
    return range(int(found[1]), int(found[2]) + 1)
