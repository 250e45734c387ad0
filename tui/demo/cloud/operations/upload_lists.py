"""ListParts and ListMultipartUploads."""

from collections.abc import Iterator
from itertools import islice
from typing import Final
from urllib.parse import quote_plus

from tui.demo.cloud.access import Target
from tui.demo.cloud.call import MAX_INTEGER, Call
from tui.demo.cloud.messages import Response
from tui.demo.cloud.objects import Part, Upload
from tui.demo.cloud.operations.listing import iso
from tui.demo.cloud.operations.uploads import upload_of
from tui.demo.cloud.store import Bucket
from tui.demo.cloud.xml import document, leaf, node
from tui.demo.profiles import canonical_id

PAGE: Final = 1000
_LAST: Final = "\U0010ffff"


def list_parts(call: Call) -> Response:
    """A page of the parts of an upload."""
    call.require("s3:ListMultipartUploadParts", Target(call.bucket, call.key))
    upload = upload_of(call)
    marker, limit = call.number("part-number-marker", 0, most=MAX_INTEGER), call.number("max-parts", PAGE, most=PAGE)
    numbers = sorted(number for number in list(upload.parts) if number > marker)
    page = numbers[:limit]
    elements = [
        leaf("Bucket", call.bucket.name),
        leaf("Key", call.key),
        leaf("UploadId", upload.id),
        node("Initiator", leaf("ID", upload.initiator)),
        node("Owner", leaf("ID", canonical_id(upload.account))),
        leaf("StorageClass", upload.description.storage_class),
        leaf("PartNumberMarker", marker),
        leaf("NextPartNumberMarker", page[-1] if page else 0),
        leaf("MaxParts", limit),
        leaf("IsTruncated", len(page) < len(numbers)),
        _checksum_names(upload),
        *(_part_to_xml(number, upload.parts[number]) for number in page),
    ]
    return Response(body=document("ListPartsResult", elements))


def _checksum_names(upload: Upload) -> str:
    if not upload.algorithm:
        return ""
    return leaf("ChecksumAlgorithm", upload.algorithm) + leaf("ChecksumType", upload.checksum_type)


def _part_to_xml(number: int, part: Part) -> str:
    checksum = part.checksum
    return node(
        "Part",
        leaf("PartNumber", number),
        leaf("LastModified", iso(part.modified)),
        leaf("ETag", f'"{part.md5}"'),
        leaf("Size", part.content.size),
        leaf(f"Checksum{checksum.algorithm}", checksum.value) if checksum else "",
    )


def list_multipart_uploads(call: Call) -> Response:
    """A page of the uploads under way in a bucket, by key and then by ID, and of common prefixes."""
    bucket, query = call.require_on_bucket("s3:ListBucketMultipartUploads"), call.request.query
    limit, encoded = call.number("max-uploads", PAGE, most=PAGE), call.encodes_keys()
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    # The marker of an ID counts only beside that of a key, which alone leaves out the whole key.
    key_marker, id_marker = query.get("key-marker", ""), query.get("upload-id-marker", "")
    found = _entries(bucket, prefix, delimiter, (key_marker, id_marker or _LAST) if key_marker else ("", ""))
    page, more = list(islice(found, limit)), next(found, None) is not None

    def text(key: str) -> str:
        return quote_plus(key, safe="/") if encoded else key

    elements = [
        leaf("Bucket", bucket.name),
        leaf("KeyMarker", text(key_marker)),
        leaf("UploadIdMarker", id_marker if key_marker else ""),
        leaf("Prefix", text(prefix)),
        leaf("Delimiter", text(delimiter)) if delimiter else "",
        leaf("EncodingType", "url") if encoded else "",
        leaf("MaxUploads", limit),
        leaf("IsTruncated", bool(page) and more),
    ]
    if page and more:
        last = page[-1]
        key, identifier = (last.key, last.id) if isinstance(last, Upload) else (last, "")
        elements += [leaf("NextKeyMarker", text(key)), leaf("NextUploadIdMarker", identifier)]
    elements += [_upload_to_xml(upload, text(upload.key)) for upload in page if isinstance(upload, Upload)]
    elements += [node("CommonPrefixes", leaf("Prefix", text(entry))) for entry in page if isinstance(entry, str)]
    return Response(body=document("ListMultipartUploadsResult", elements))


def _entries(bucket: Bucket, prefix: str, delimiter: str, after: tuple[str, str]) -> Iterator[Upload | str]:
    """Uploads and common prefixes behind the markers, in order."""
    before = ""
    for upload in sorted(bucket.uploads.values(), key=lambda upload: (upload.key, upload.id)):
        if not upload.key.startswith(prefix):
            continue
        cut = upload.key.find(delimiter, len(prefix)) if delimiter else -1
        common = upload.key[: cut + len(delimiter)] if cut >= 0 else ""
        if not common and (upload.key, upload.id) > after:
            yield upload
        elif common and common != before and (common, _LAST) > after:
            before = common
            yield common


def _upload_to_xml(upload: Upload, key: str) -> str:
    return node(
        "Upload",
        leaf("Key", key),
        leaf("UploadId", upload.id),
        node("Initiator", leaf("ID", upload.initiator)),
        node("Owner", leaf("ID", canonical_id(upload.account))),
        leaf("StorageClass", upload.description.storage_class),
        leaf("Initiated", iso(upload.initiated)),
        _checksum_names(upload),
    )
