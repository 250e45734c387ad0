"""GetObject and HeadObject."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from tui.demo.cloud import content_bytes, messages
from tui.demo.cloud.call import AuthenticatedRequest, RequestResource
from tui.demo.cloud.content_bytes import FULL_OBJECT, DemoChecksum
from tui.demo.cloud.messages import CloudError, DemoResponse, precondition_failed
from tui.demo.cloud.models import DemoBucket, StoredObject

MAX_PARTS: Final = 10_000
_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")
_OVERRIDES: Final = (
    *("content-type", "content-language", "expires", "cache-control", "content-disposition", "content-encoding"),
)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from `start` up to `stop` of an object of `size` bytes."""

    start: int
    stop: int
    size: int

    @property
    def header(self) -> str:
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


def get_object(call: AuthenticatedRequest) -> DemoResponse:
    item = readable(call)
    if not item.restored:
        raise CloudError(
            "InvalidObjectState",
            "The operation is not valid for the object's storage class",
            StorageClass=str(item.storage_class),
        )
    return _answer(call, item)


def head_object(call: AuthenticatedRequest) -> DemoResponse:
    """Archived objects have a HEAD, too."""
    return _answer(call, readable(call))


def readable(call: AuthenticatedRequest) -> StoredObject:
    return call.existing("s3:GetObjectVersion" if call.version else "s3:GetObject")


def checksum_of(item: StoredObject) -> DemoChecksum | None:
    """The checksum from the upload, else the CRC64NVME that S3 adds (if it can be computed here)."""
    if item.checksum is None and not item.part_sizes:
        value = content_bytes.compute("CRC64NVME", item.content)
        item.checksum = DemoChecksum("CRC64NVME", value, FULL_OBJECT) if value else None
    return item.checksum


def http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def description_headers(bucket: DemoBucket, item: StoredObject) -> dict[str, str]:
    headers = {
        "content-type": "binary/octet-stream",
        "x-amz-server-side-encryption": "AES256",
        **item.lock_headers,
        **{name: messages.header(name, value) for name, value in item.kept_headers.items()},
        **bucket.version_headers(item),
        "etag": item.etag,
        "last-modified": http_date(item.last_modified),
        "accept-ranges": "bytes",
    }
    optional = {
        "x-amz-storage-class": str(item.storage_class) if item.storage_class != "STANDARD" else "",
        "x-amz-restore": item.restore_header,
    }
    return headers | {name: value for name, value in optional.items() if value}


def _answer(call: AuthenticatedRequest, item: StoredObject) -> DemoResponse:
    headers = description_headers(call.bucket, item)
    tagging = "s3:GetObjectVersionTagging" if call.version else "s3:GetObjectTagging"
    if item.tags and call.may(tagging, RequestResource(call.bucket, call.key, item)):
        headers["x-amz-tagging-count"] = str(len(item.tags))
    if _not_modified(call.request.headers, item):
        return DemoResponse(304, {"etag": item.etag, "last-modified": headers["last-modified"]})
    query = call.request.query
    headers |= {name: query[f"response-{name}"] for name in _OVERRIDES if f"response-{name}" in query}
    chosen = _chosen_range(call, item)
    if "partNumber" in query and item.part_sizes:
        headers["x-amz-mp-parts-count"] = str(len(item.part_sizes))
    if call.request.header("x-amz-checksum-mode").upper() == "ENABLED":
        checksum = _reported_checksum(item, query.get("partNumber"), whole=chosen is None)
        headers |= checksum.headers() if checksum else {}
    if chosen is None:
        return DemoResponse(200, headers, item.content.read(0, item.size), item.size)
    headers["content-range"] = chosen.header
    length = chosen.stop - chosen.start
    return DemoResponse(206, headers, item.content.read(chosen.start, chosen.stop), length)


def _reported_checksum(item: StoredObject, part: str | None, *, whole: bool) -> DemoChecksum | None:
    """The checksum of the response body: the part's or the object's; a range has none."""
    if part is not None and item.part_checksums:
        return item.part_checksums[int(part) - 1]
    return checksum_of(item) if whole else None


def _chosen_range(call: AuthenticatedRequest, item: StoredObject) -> ByteRange | None:
    """The bytes of the requested part or range; None means the whole object."""
    number, header = call.request.query.get("partNumber"), call.request.header("range")
    if number is None:
        return _byte_range(header, item.size)
    if header:
        raise CloudError("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= MAX_PARTS):
        raise CloudError("InvalidArgument", f"Part number must be an integer between 1 and {MAX_PARTS}, inclusive")
    sizes, index = item.part_sizes or (item.size,), int(number) - 1
    if index >= len(sizes):
        raise CloudError("InvalidPartNumber", "The requested partnumber is not satisfiable")
    start = sum(sizes[:index])
    return ByteRange(start, start + sizes[index], item.size) if sizes[index] else None


def _byte_range(header: str, size: int) -> ByteRange | None:
    """None means the whole object. S3 ignores a header that it cannot parse."""
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if start >= size or (not first and last == "0"):
        raise CloudError("InvalidRange", "The requested range is not satisfiable", ActualObjectSize=str(size))
    return ByteRange(start, stop, size) if start < stop else None


def same_etag(header: str, etag: str) -> bool:
    """S3 accepts an ETag without quotes."""
    return header.strip() == "*" or etag.strip('"') in (one.strip(' "') for one in header.split(","))


def _not_modified(headers: Mapping[str, str], item: StoredObject) -> bool:
    """Evaluate the conditional headers of a read. Raises `CloudError` (PreconditionFailed).

    An ETag condition overrides the condition on the date beside it (RFC 9110, section 13.2.2).
    """
    if "if-match" in headers:
        if not same_etag(headers["if-match"], item.etag):
            raise precondition_failed("If-Match")
    elif modified_since(item, headers.get("if-unmodified-since")):
        raise precondition_failed("If-Unmodified-Since")
    if "if-none-match" in headers:
        return same_etag(headers["if-none-match"], item.etag)
    return modified_since(item, headers.get("if-modified-since")) is False


def modified_since(item: StoredObject, header: str | None) -> bool | None:
    """Whether the object was modified after the header's date; None for an invalid date (RFC 9110, section 13.1)."""
    try:
        moment = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return item.last_modified > moment.replace(tzinfo=UTC)
