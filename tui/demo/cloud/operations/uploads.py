"""Multipart uploads: begin, parts, complete, abort, list."""

import hashlib
import secrets
from typing import Final
from urllib.parse import quote_plus

from tui.demo.cloud import checksums
from tui.demo.cloud.access import Target
from tui.demo.cloud.call import Call
from tui.demo.cloud.checksums import COMPOSITE, FULL_OBJECT, Checksum
from tui.demo.cloud.content import Joined, Stored, md5_hex
from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.messages import Response
from tui.demo.cloud.operations.writing import commit, describe, require_write, written_headers
from tui.demo.cloud.store import Part, StoredObject, Upload
from tui.demo.cloud.xml import document, leaf, node, parsed
from tui.demo.profiles import canonical_id

MIN_PART_BYTES: Final = 5 * 1024**2
MAX_PARTS: Final = 10_000
PAGE: Final = 1000


def create_multipart_upload(call: Call) -> Response:
    """Begin an upload; its ACL, headers, tags and class are stated here."""
    require_write(call)
    algorithm = call.request.header("x-amz-checksum-algorithm").upper()
    usual = FULL_OBJECT if algorithm in ("CRC64NVME", "") else COMPOSITE
    upload = Upload(
        id=secrets.token_urlsafe(48),
        key=call.key,
        initiator=call.caller.arn if call.caller is not None else "",
        account=call.account or call.bucket.account,
        description=describe(call),
        algorithm=algorithm,
        checksum_type=call.request.header("x-amz-checksum-type", usual).upper(),
        initiated=call.now,
    )
    call.bucket.uploads[upload.id] = upload
    headers = {"x-amz-server-side-encryption": "AES256"}
    if algorithm:
        headers |= {"x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": upload.checksum_type}
    names = [leaf("Bucket", call.bucket.name), leaf("Key", call.key), leaf("UploadId", upload.id)]
    return Response(headers=headers, body=document("InitiateMultipartUploadResult", names))


def upload_part(call: Call) -> Response:
    """Write one part."""
    call.require("s3:PutObject", Target(call.bucket, call.key))
    upload = upload_of(call)
    content = Stored(call.request.body)
    md5 = md5_hex(content)
    checksum = checksums.verified(call.request.headers, content, md5)
    part = Part(content, md5, checksum, call.now)
    add_part(call, upload, part)
    headers = {"etag": f'"{md5}"', "x-amz-server-side-encryption": "AES256"}
    if checksum is not None:
        headers[f"x-amz-checksum-{checksum.algorithm.lower()}"] = checksum.value
    return Response(headers=headers)


def upload_of(call: Call) -> Upload:
    """The upload that the request names. Raises `CloudError` (NoSuchUpload)."""
    upload = call.bucket.uploads.get(call.request.query.get("uploadId", ""))
    if upload is None or upload.key != call.key:
        raise CloudError(
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
            "aborted or completed.",
        )
    return upload


def add_part(call: Call, upload: Upload, part: Part) -> None:
    """Keep a part under the request's number. Raises `CloudError` (InvalidArgument)."""
    number = call.request.query.get("partNumber", "")
    if not number.isdigit() or not 1 <= int(number) <= MAX_PARTS:
        raise CloudError("InvalidArgument", f"Part number must be an integer between 1 and {MAX_PARTS}, inclusive")
    upload.parts[int(number)] = part


def complete_multipart_upload(call: Call) -> Response:
    """Make one object of the parts that the body names."""
    call.require("s3:PutObject", Target(call.bucket, call.key))
    upload = upload_of(call)
    parts = _named_parts(call, upload)
    content = Joined(tuple(part.content for part in parts))
    checksum = _checksum(call, upload, parts, content)
    digest = hashlib.md5(b"".join(bytes.fromhex(part.md5) for part in parts), usedforsecurity=False)
    item = StoredObject(
        call.bucket,
        call.key,
        content,
        f"{digest.hexdigest()}-{len(parts)}",
        upload.description,
        checksum=checksum,
        part_sizes=tuple(part.content.size for part in parts),
        modified=call.now,
    )
    commit(call, item)
    call.bucket.uploads.pop(upload.id, None)
    elements = [leaf("Bucket", call.bucket.name), leaf("Key", call.key), leaf("ETag", item.etag)]
    if checksum is not None:
        elements += [leaf(f"Checksum{checksum.algorithm}", checksum.value), leaf("ChecksumType", checksum.type)]
    return Response(headers=written_headers(item), body=document("CompleteMultipartUploadResult", elements))


def _named_parts(call: Call, upload: Upload) -> list[Part]:
    """The parts the body lists, in its order. Raises `CloudError`."""
    try:
        named = [
            (int(part.value("PartNumber")), part.value("ETag").strip('"'))
            for part in parsed(call.request.body).all("Part")
        ]
    except ValueError as error:
        raise CloudError("MalformedXML", "The XML you provided was not well-formed") from error
    if not named:
        raise CloudError("MalformedXML", "You must specify at least one part")
    numbers = [number for number, _ in named]
    if numbers != sorted(set(numbers)):
        raise CloudError("InvalidPartOrder", "The list of parts was not in ascending order.")
    for number, etag in named:
        if number not in upload.parts or upload.parts[number].md5 != etag:
            raise CloudError(
                "InvalidPart",
                "One or more of the specified parts could not be found. The part may not have been uploaded, or "
                "the specified entity tag may not match the part's entity tag.",
            )
    parts = [upload.parts[number] for number in numbers]
    if any(part.content.size < MIN_PART_BYTES for part in parts[:-1]):
        raise CloudError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
    return parts


def _checksum(call: Call, upload: Upload, parts: list[Part], content: Joined) -> Checksum | None:
    """The object's checksum: of all bytes, or of the parts' checksums (COMPOSITE)."""
    stated = checksums.claimed(call.request.headers)
    if not upload.algorithm:
        return stated
    if upload.checksum_type == COMPOSITE:
        values = [checksums.raw(part.checksum.value) for part in parts if part.checksum is not None]
        if len(values) != len(parts):
            raise CloudError("InvalidRequest", "A part of the upload has no checksum")
        value = checksums.compute(upload.algorithm, Stored(b"".join(values)))
        return Checksum(upload.algorithm, f"{value}-{len(parts)}", COMPOSITE)
    value = checksums.compute(upload.algorithm, content)
    if stated is not None and value not in (None, stated.value):
        raise CloudError("BadDigest", f"The {upload.algorithm} you specified did not match what we received.")
    return Checksum(upload.algorithm, value) if value else stated


def abort_multipart_upload(call: Call) -> Response:
    """Forget an upload and its parts."""
    call.require("s3:AbortMultipartUpload", Target(call.bucket, call.key))
    del call.bucket.uploads[upload_of(call).id]
    return Response(204)


def list_parts(call: Call) -> Response:
    """A page of the parts of an upload."""
    call.require("s3:ListMultipartUploadParts", Target(call.bucket, call.key))
    upload, query = upload_of(call), call.request.query
    marker, limit = int(query.get("part-number-marker") or 0), int(query.get("max-parts") or PAGE)
    numbers = sorted(number for number in upload.parts if number > marker)
    page = numbers[:limit]
    who = leaf("ID", canonical_id(upload.account))
    elements = [
        leaf("Bucket", call.bucket.name),
        leaf("Key", call.key),
        leaf("UploadId", upload.id),
        node("Initiator", leaf("ID", upload.initiator)),
        node("Owner", who),
        leaf("StorageClass", upload.description.storage_class),
        leaf("PartNumberMarker", marker),
        leaf("NextPartNumberMarker", page[-1] if page else 0),
        leaf("MaxParts", limit),
        leaf("IsTruncated", len(page) < len(numbers)),
        *(_part_to_xml(number, upload.parts[number]) for number in page),
    ]
    return Response(body=document("ListPartsResult", elements))


def _part_to_xml(number: int, part: Part) -> str:
    checksum = part.checksum
    return node(
        "Part",
        leaf("PartNumber", number),
        leaf("LastModified", part.modified.strftime("%Y-%m-%dT%H:%M:%S.000Z")),
        leaf("ETag", f'"{part.md5}"'),
        leaf("Size", part.content.size),
        leaf(f"Checksum{checksum.algorithm}", checksum.value) if checksum else "",
    )


def list_multipart_uploads(call: Call) -> Response:
    """A page of the uploads under way in a bucket, by key and then by ID."""
    bucket, query = call.require_on_bucket("s3:ListBucketMultipartUploads"), call.request.query
    prefix, limit = query.get("prefix", ""), int(query.get("max-uploads") or PAGE)
    after = (query.get("key-marker", ""), query.get("upload-id-marker", "\U0010ffff"))
    found = sorted(
        (upload for upload in list(bucket.uploads.values()) if upload.key.startswith(prefix)),
        key=lambda upload: (upload.key, upload.id),
    )
    rest = [one for one in found if not after[0] or (one.key, one.id) > after]
    page = rest[:limit]
    encoded = query.get("encoding-type") == "url"
    elements = [
        leaf("Bucket", bucket.name),
        leaf("KeyMarker", after[0]),
        leaf("UploadIdMarker", query.get("upload-id-marker", "")),
        leaf("MaxUploads", limit),
        leaf("IsTruncated", len(page) < len(rest)),
        *(_upload_to_xml(upload, encoded) for upload in page),
    ]
    if len(page) < len(rest):
        elements += [leaf("NextKeyMarker", page[-1].key), leaf("NextUploadIdMarker", page[-1].id)]
    if encoded:
        elements.append(leaf("EncodingType", "url"))
    return Response(body=document("ListMultipartUploadsResult", elements))


def _upload_to_xml(upload: Upload, encoded: bool) -> str:
    return node(
        "Upload",
        leaf("Key", quote_plus(upload.key, safe="/") if encoded else upload.key),
        leaf("UploadId", upload.id),
        node("Initiator", leaf("ID", upload.initiator)),
        node("Owner", leaf("ID", canonical_id(upload.account))),
        leaf("StorageClass", upload.description.storage_class),
        leaf("Initiated", upload.initiated.strftime("%Y-%m-%dT%H:%M:%S.000Z")),
    )
