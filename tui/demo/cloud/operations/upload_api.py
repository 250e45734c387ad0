"""Multipart uploads."""

import base64
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import quote_plus

from tui.demo.cloud import content_bytes
from tui.demo.cloud.call import MAX_INTEGER, AuthenticatedRequest, RequestResource
from tui.demo.cloud.content_bytes import COMPOSITE, FULL_OBJECT, DemoChecksum, Joined, MemoryContent, md5_hex
from tui.demo.cloud.messages import CloudError, DemoResponse, Element, document, iso, leaf, malformed_xml, node, parsed
from tui.demo.cloud.models import Completion, DemoBucket, DemoPart, DemoUpload, StoredObject
from tui.demo.cloud.operations.read_api import MAX_PARTS
from tui.demo.cloud.operations.write_api import commit, describe, require_write, written_headers
from tui.demo.demo_profiles import canonical_id

PAGE: Final = 1000
_LAST: Final = "\U0010ffff"


def list_parts(call: AuthenticatedRequest) -> DemoResponse:
    call.require("s3:ListMultipartUploadParts", RequestResource(call.bucket, call.key))
    upload = upload_of(call)
    marker, limit = call.number("part-number-marker", 0, most=MAX_INTEGER), call.number("max-parts", PAGE, most=PAGE)
    numbers = sorted(number for number in list(upload.parts) if number > marker)
    page = numbers[:limit]
    elements = [
        leaf(Bucket=call.bucket.name, Key=call.key, UploadId=upload.id),
        node("Initiator", leaf(ID=upload.initiator)),
        node("Owner", leaf(ID=canonical_id(upload.account))),
        leaf(
            StorageClass=upload.description.storage_class,
            PartNumberMarker=marker,
            NextPartNumberMarker=page[-1] if page else 0,
            MaxParts=limit,
            IsTruncated=len(page) < len(numbers),
        ),
        _checksum_names(upload),
        *(_part_to_xml(number, upload.parts[number]) for number in page),
    ]
    return DemoResponse(body=document("ListPartsResult", elements))


def _checksum_names(upload: DemoUpload) -> str:
    known = upload.algorithm
    return leaf(ChecksumAlgorithm=known, ChecksumType=upload.checksum_type) if known else ""


def _part_to_xml(number: int, part: DemoPart) -> str:
    checksum = part.checksum
    return node(
        "Part",
        leaf(PartNumber=number, LastModified=iso(part.modified), ETag=f'"{part.md5}"', Size=part.content.size),
        leaf(**checksum.element) if checksum else "",
    )


def list_multipart_uploads(call: AuthenticatedRequest) -> DemoResponse:
    """Uploads in progress by key and then ID, and common prefixes."""
    bucket, query = call.require_on_bucket("s3:ListBucketMultipartUploads"), call.request.query
    limit, encoded = call.number("max-uploads", PAGE, most=PAGE), call.encodes_keys()
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    # An ID marker counts only with a key marker; a key marker alone skips the whole key.
    key_marker, id_marker = query.get("key-marker", ""), query.get("upload-id-marker", "")
    found = _entries(bucket, prefix, delimiter, (key_marker, id_marker or _LAST) if key_marker else ("", ""))
    page, more = list(islice(found, limit)), next(found, None) is not None

    def text(key: str) -> str:
        return quote_plus(key, safe="/") if encoded else key

    elements = [
        leaf(
            Bucket=bucket.name,
            KeyMarker=text(key_marker),
            UploadIdMarker=id_marker if key_marker else "",
            Prefix=text(prefix),
        ),
        leaf(Delimiter=text(delimiter)) if delimiter else "",
        leaf(EncodingType="url") if encoded else "",
        leaf(MaxUploads=limit, IsTruncated=bool(page) and more),
    ]
    if page and more:
        last = page[-1]
        key, identifier = (last.key, last.id) if isinstance(last, DemoUpload) else (last, "")
        elements += [leaf(NextKeyMarker=text(key), NextUploadIdMarker=identifier)]
    elements += [_upload_to_xml(upload, text(upload.key)) for upload in page if isinstance(upload, DemoUpload)]
    elements += [node("CommonPrefixes", leaf(Prefix=text(entry))) for entry in page if isinstance(entry, str)]
    return DemoResponse(body=document("ListMultipartUploadsResult", elements))


def _entries(bucket: DemoBucket, prefix: str, delimiter: str, after: tuple[str, str]) -> Iterator[DemoUpload | str]:
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


def _upload_to_xml(upload: DemoUpload, key: str) -> str:
    return node(
        "Upload",
        leaf(Key=key, UploadId=upload.id),
        node("Initiator", leaf(ID=upload.initiator)),
        node("Owner", leaf(ID=canonical_id(upload.account))),
        leaf(StorageClass=upload.description.storage_class, Initiated=iso(upload.initiated)),
        _checksum_names(upload),
    )


MIN_PART_BYTES: Final = 5 * 1024**2
REMEMBERED: Final = 100
"""Completed uploads of a bucket whose responses are kept. AWS does not document for how long it keeps them."""


@dataclass(frozen=True, slots=True)
class _NamedPart:
    """A part as named in CompleteMultipartUpload."""

    number: int
    etag: str
    checksum: DemoChecksum | None


def create_multipart_upload(call: AuthenticatedRequest) -> DemoResponse:
    require_write(call)
    algorithm, checksum_type = _asked_checksum(call)
    upload = DemoUpload(
        id=secrets.token_urlsafe(48),
        key=call.key,
        initiator=call.caller.arn if call.caller is not None else "",
        account=call.account or call.bucket.account,
        description=describe(call),
        algorithm=algorithm,
        checksum_type=checksum_type,
        initiated=call.now,
    )
    call.bucket.uploads[upload.id] = upload
    headers = {"x-amz-server-side-encryption": "AES256"}
    if algorithm:
        headers |= {"x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": upload.checksum_type}
    names = [leaf(Bucket=call.bucket.name, Key=call.key, UploadId=upload.id)]
    return DemoResponse(headers=headers, body=document("InitiateMultipartUploadResult", names))


def _asked_checksum(call: AuthenticatedRequest) -> tuple[str, str]:
    """Algorithm and type of the object's checksum. Raises `CloudError` for a combination that S3 does not have.

    User guide, "Checking object integrity": CRC64NVME is for full objects only, SHA for parts only.
    """
    headers = call.request.headers
    algorithm = content_bytes.known_algorithm(headers.get("x-amz-checksum-algorithm", ""))
    usual = FULL_OBJECT if algorithm in ("CRC64NVME", "") else COMPOSITE
    checksum_type = headers.get("x-amz-checksum-type", usual).upper()
    only = {"CRC64NVME": FULL_OBJECT, "SHA1": COMPOSITE, "SHA256": COMPOSITE}.get(algorithm, checksum_type)
    if checksum_type not in (FULL_OBJECT, COMPOSITE):
        raise CloudError("InvalidRequest", "Value for x-amz-checksum-type header is invalid.")
    if not algorithm and "x-amz-checksum-type" in headers:
        raise CloudError(
            "InvalidRequest",
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
        )
    if checksum_type != only:
        message = f"The {checksum_type} checksum type cannot be used with the {algorithm.lower()} checksum algorithm."
        raise CloudError("InvalidRequest", message)
    return algorithm, checksum_type


def upload_part(call: AuthenticatedRequest) -> DemoResponse:
    call.require("s3:PutObject", RequestResource(call.bucket, call.key))
    upload = upload_of(call)
    content = MemoryContent(call.request.body)
    md5 = md5_hex(content)
    checksum = content_bytes.verified(call.request.headers, content, md5)
    if checksum is not None and upload.algorithm not in ("", checksum.algorithm):
        raise CloudError(
            "InvalidRequest",
            f"Checksum Type mismatch occurred, expected checksum Type: {upload.algorithm.lower()}, "
            f"actual checksum Type: {checksum.algorithm.lower()}",
        )
    part = DemoPart(content, md5, checksum, call.now)
    add_part(call, upload, part)
    headers = {"etag": f'"{md5}"', "x-amz-server-side-encryption": "AES256"}
    if checksum is not None:
        headers[f"x-amz-checksum-{checksum.algorithm.lower()}"] = checksum.value
    return DemoResponse(headers=headers)


def upload_of(call: AuthenticatedRequest) -> DemoUpload:
    """Raises `CloudError` (NoSuchUpload)."""
    upload = call.bucket.uploads.get(call.request.query.get("uploadId", ""))
    if upload is None or upload.key != call.key:
        raise CloudError(
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
            "aborted or completed.",
        )
    return upload


def add_part(call: AuthenticatedRequest, upload: DemoUpload, part: DemoPart) -> None:
    """Raises `CloudError` (InvalidArgument) for an invalid part number."""
    number = call.request.query.get("partNumber", "")
    if not number.isdigit() or not 1 <= int(number) <= MAX_PARTS:
        raise CloudError("InvalidArgument", f"Part number must be an integer between 1 and {MAX_PARTS}, inclusive")
    upload.parts[int(number)] = part


def complete_multipart_upload(call: AuthenticatedRequest) -> DemoResponse:
    """Join the parts that the body names. Repeating the request returns the same response."""
    call.require("s3:PutObject", RequestResource(call.bucket, call.key))
    named = _named(call)
    with call.store.lock:
        done = call.bucket.completed.get(call.request.query.get("uploadId", ""))
        if done is not None and (done.key, done.parts) == (call.key, _names(named)):
            return done.answer
        return _complete(call, upload_of(call), named)


def _complete(call: AuthenticatedRequest, upload: DemoUpload, named: list[_NamedPart]) -> DemoResponse:
    parts = _parts(upload, named)
    content = Joined(tuple(part.content for part in parts))
    stated_size = call.request.header("x-amz-mp-object-size")
    if stated_size and stated_size != str(content.size):
        raise CloudError(
            "InvalidRequest", "The provided 'x-amz-mp-object-size' header does not match what was computed."
        )
    checksum = _checksum(call, upload, parts, content)
    of_parts = tuple(part.checksum for part in parts if part.checksum is not None)
    digest = hashlib.md5(b"".join(bytes.fromhex(part.md5) for part in parts), usedforsecurity=False)
    item = StoredObject(
        call.bucket,
        call.key,
        content,
        f"{digest.hexdigest()}-{len(parts)}",
        upload.description,
        checksum=checksum,
        part_sizes=tuple(part.content.size for part in parts),
        part_checksums=of_parts if upload.algorithm and len(of_parts) == len(parts) else (),
        modified=call.now,
    )
    commit(call, item)
    call.bucket.uploads.pop(upload.id, None)
    summed = leaf(**checksum.element, ChecksumType=checksum.type) if checksum else ""
    names = leaf(Bucket=call.bucket.name, Key=call.key, ETag=item.etag)
    body = document("CompleteMultipartUploadResult", [names, summed])
    done = Completion(call.key, _names(named), written_headers(call.bucket, item), body)
    # For a client that lost its connection before the response arrived; only for the latest uploads.
    call.bucket.completed[upload.id] = done
    while len(call.bucket.completed) > REMEMBERED:
        call.bucket.completed.popitem(last=False)
    return done.answer


def _names(named: list[_NamedPart]) -> tuple[tuple[int, str], ...]:
    return tuple((one.number, one.etag) for one in named)


def _named(call: AuthenticatedRequest) -> list[_NamedPart]:
    """The parts in the body, in its order. Raises `CloudError`."""
    try:
        named = [_named_part(part) for part in parsed(call.request.body).all("Part")]
    except ValueError as error:
        raise malformed_xml() from error
    if not named:
        raise CloudError("MalformedXML", "You must specify at least one part")
    numbers = [one.number for one in named]
    if numbers != sorted(set(numbers)):
        raise CloudError("InvalidPartOrder", "The list of parts was not in ascending order.")
    return named


def _named_part(part: Element) -> _NamedPart:
    values = {name: part.value(f"Checksum{name}") for name in content_bytes.ALGORITHMS}
    checksum = next((DemoChecksum(name, value) for name, value in values.items() if value), None)
    return _NamedPart(int(part.value("PartNumber")), part.value("ETag").strip('"'), checksum)


def _parts(upload: DemoUpload, named: list[_NamedPart]) -> list[DemoPart]:
    """Raises `CloudError`: InvalidPart, EntityTooSmall."""
    for one in named:
        part = upload.parts.get(one.number)
        if part is None or part.md5 != one.etag or (one.checksum and part.checksum and one.checksum != part.checksum):
            raise CloudError(
                "InvalidPart",
                "One or more of the specified parts could not be found. The part may not have been uploaded, or "
                "the specified entity tag may not match the part's entity tag.",
            )
    parts = [upload.parts[one.number] for one in named]
    if any(part.content.size < MIN_PART_BYTES for part in parts[:-1]):
        raise CloudError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
    return parts


def _checksum(
    call: AuthenticatedRequest, upload: DemoUpload, parts: list[DemoPart], content: Joined
) -> DemoChecksum | None:
    """The object's checksum: of all bytes, or of the parts' checksums (COMPOSITE)."""
    stated = content_bytes.claimed(call.request.headers)
    if not upload.algorithm:
        return stated
    if upload.checksum_type == COMPOSITE:
        values = [base64.b64decode(part.checksum.value) for part in parts if part.checksum is not None]
        if len(values) != len(parts):
            raise CloudError("InvalidRequest", "A part of the upload has no checksum")
        value = content_bytes.compute(upload.algorithm, MemoryContent(b"".join(values)))
        return DemoChecksum(upload.algorithm, f"{value}-{len(parts)}", COMPOSITE)
    value = content_bytes.compute(upload.algorithm, content)
    if stated is not None and value not in (None, stated.value):
        raise CloudError("BadDigest", f"The {upload.algorithm} you specified did not match what we received.")
    return DemoChecksum(upload.algorithm, value) if value else stated


def abort_multipart_upload(call: AuthenticatedRequest) -> DemoResponse:
    call.require("s3:AbortMultipartUpload", RequestResource(call.bucket, call.key))
    del call.bucket.uploads[upload_of(call).id]
    return DemoResponse(204)
