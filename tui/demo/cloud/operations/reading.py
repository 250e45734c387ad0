"""GetObject, HeadObject and GetObjectAttributes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from tui.demo.cloud import checksums
from tui.demo.cloud.call import Call
from tui.demo.cloud.checksums import FULL_OBJECT, Checksum
from tui.demo.cloud.errors import CloudError, precondition_failed
from tui.demo.cloud.messages import Response
from tui.demo.cloud.store import StoredObject
from tui.demo.cloud.xml import document, leaf, node

_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")
_OVERRIDES: Final = (
    "content-type",
    "content-language",
    "expires",
    "cache-control",
    "content-disposition",
    "content-encoding",
)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from `start` up to `stop` of an object of `size` bytes."""

    start: int
    stop: int
    size: int

    @property
    def header(self) -> str:
        """Content-Range."""
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


def get_object(call: Call) -> Response:
    """The object's bytes, all or a range."""
    item = _readable(call)
    if not item.restored:
        raise CloudError(
            "InvalidObjectState",
            "The operation is not valid for the object's storage class",
            StorageClass=str(item.storage_class),
        )
    return _answer(call, item)


def head_object(call: Call) -> Response:
    """What GetObject would answer, without the bytes; archived objects answer, too."""
    return _answer(call, _readable(call))


def get_object_attributes(call: Call) -> Response:
    """ETag, checksum, size and class of an object."""
    item = _readable(call)
    wanted = {one.strip() for one in call.request.header("x-amz-object-attributes").split(",")}
    checksum = checksum_of(item)
    children = {
        "ETag": leaf("ETag", item.etag.strip('"')),
        "ObjectSize": leaf("ObjectSize", item.size),
        "StorageClass": leaf("StorageClass", str(item.storage_class)),
        "ObjectParts": node("ObjectParts", leaf("PartsCount", len(item.part_sizes))) if item.part_sizes else "",
        "Checksum": _checksum_node(checksum) if checksum else "",
    }
    body = document("GetObjectAttributesResponse", [xml for name, xml in children.items() if name in wanted])
    return Response(headers={"last-modified": http_date(item.last_modified)}, body=body)


def _checksum_node(checksum: Checksum) -> str:
    value = leaf(f"Checksum{checksum.algorithm}", checksum.value)
    return node("Checksum", value, leaf("ChecksumType", checksum.type))


def _readable(call: Call) -> StoredObject:
    return call.existing("s3:GetObjectVersion" if call.version else "s3:GetObject")


def checksum_of(item: StoredObject) -> Checksum | None:
    """The object's checksum: the one it came with, else the CRC64NVME that S3 adds (where computable here)."""
    if item.checksum is None and not item.part_sizes:
        value = checksums.compute("CRC64NVME", item.content)
        item.checksum = Checksum("CRC64NVME", value, FULL_OBJECT) if value else None
    return item.checksum


def http_date(moment: datetime) -> str:
    """A time as HTTP headers have it."""
    return format_datetime(moment, usegmt=True)


def description_headers(item: StoredObject) -> dict[str, str]:
    """The headers that describe an object in GET and HEAD."""
    headers = {
        "content-type": "binary/octet-stream",
        "x-amz-server-side-encryption": "AES256",
        **item.kept_headers,
        "etag": item.etag,
        "last-modified": http_date(item.last_modified),
        "accept-ranges": "bytes",
    }
    optional = {
        "x-amz-storage-class": str(item.storage_class) if item.storage_class != "STANDARD" else "",
        "x-amz-tagging-count": str(len(item.tags) or ""),
        "x-amz-version-id": item.version_id if item.version_id != "null" else "",
        "x-amz-restore": item.restore_header,
    }
    return headers | {name: value for name, value in optional.items() if value}


def _answer(call: Call, item: StoredObject) -> Response:
    headers = description_headers(item)
    if _not_modified(call.request.headers, item):
        return Response(304, {"etag": item.etag, "last-modified": headers["last-modified"]})
    query = call.request.query
    headers |= {name: query[f"response-{name}"] for name in _OVERRIDES if f"response-{name}" in query}
    part = query.get("partNumber")
    chosen = _part_range(item, int(part)) if part else _byte_range(call.request.header("range"), item.size)
    if part and item.part_sizes:
        headers["x-amz-mp-parts-count"] = str(len(item.part_sizes))
    if chosen is None:
        checksum = checksum_of(item) if call.request.header("x-amz-checksum-mode") == "ENABLED" else None
        headers |= checksum.headers() if checksum else {}
        return Response(200, headers, item.content.read(0, item.size), item.size)
    headers["content-range"] = chosen.header
    length = chosen.stop - chosen.start
    return Response(206, headers, item.content.read(chosen.start, chosen.stop), length)


def _part_range(item: StoredObject, number: int) -> ByteRange:
    sizes = item.part_sizes or (item.size,)
    if not 1 <= number <= len(sizes):
        raise CloudError("InvalidRange", "The requested partnumber is not satisfiable")
    start = sum(sizes[: number - 1])
    return ByteRange(start, start + sizes[number - 1], item.size)


def _byte_range(header: str, size: int) -> ByteRange | None:
    """None: the whole object. A header that S3 cannot read is ignored by it."""
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
    """Whether a conditional header names the ETag; S3 does not insist on the quotes."""
    return header.strip() == "*" or etag.strip('"') in (one.strip(' "') for one in header.split(","))


def _not_modified(headers: Mapping[str, str], item: StoredObject) -> bool:
    """Evaluate the conditional headers of a read. Raises `CloudError` (PreconditionFailed).

    An ETag condition overrides the condition on the date beside it (RFC 9110, section 13.2.2).
    """
    if "if-match" in headers:
        if not same_etag(headers["if-match"], item.etag):
            raise precondition_failed("If-Match")
    elif "if-unmodified-since" in headers and item.last_modified > _moment(headers["if-unmodified-since"]):
        raise precondition_failed("If-Unmodified-Since")
    if "if-none-match" in headers:
        return same_etag(headers["if-none-match"], item.etag)
    return "if-modified-since" in headers and item.last_modified <= _moment(headers["if-modified-since"])


def _moment(header: str) -> datetime:
    try:
        return parsedate_to_datetime(header).replace(tzinfo=UTC)
    except ValueError as error:
        raise CloudError("InvalidArgument", "Invalid date in a conditional header") from error
