"""Multipart uploads: begin, parts, complete, abort, list."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from tui.demo.cloud import checksums
from tui.demo.cloud.access import Target
from tui.demo.cloud.call import Call
from tui.demo.cloud.checksums import COMPOSITE, FULL_OBJECT, Checksum
from tui.demo.cloud.content import Joined, Stored, md5_hex
from tui.demo.cloud.errors import CloudError, malformed_xml
from tui.demo.cloud.messages import Response
from tui.demo.cloud.objects import Completion, Part, StoredObject, Upload
from tui.demo.cloud.operations.reading import MAX_PARTS
from tui.demo.cloud.operations.writing import commit, describe, require_write, written_headers
from tui.demo.cloud.store import Bucket
from tui.demo.cloud.xml import Element, document, leaf, parsed

MIN_PART_BYTES: Final = 5 * 1024**2
REMEMBERED: Final = 100
"""Completed uploads of a bucket whose answers are kept; AWS keeps them for a time that it does not state."""


@dataclass(frozen=True, slots=True)
class _NamedPart:
    """A part as CompleteMultipartUpload names it."""

    number: int
    etag: str
    checksum: Checksum | None


def create_multipart_upload(call: Call) -> Response:
    """Begin an upload; its ACL, headers, tags and class are stated here."""
    require_write(call)
    algorithm, checksum_type = _asked_checksum(call)
    upload = Upload(
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
    names = [leaf("Bucket", call.bucket.name), leaf("Key", call.key), leaf("UploadId", upload.id)]
    return Response(headers=headers, body=document("InitiateMultipartUploadResult", names))


def _asked_checksum(call: Call) -> tuple[str, str]:
    """Algorithm and type of the object's checksum. Raises `CloudError` for a pair that S3 does not have.

    User guide, "Checking object integrity": CRC64NVME is of the full object only, SHA of the parts only.
    """
    headers = call.request.headers
    algorithm = checksums.known_algorithm(headers.get("x-amz-checksum-algorithm", ""))
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


def upload_part(call: Call) -> Response:
    """Write one part."""
    call.require("s3:PutObject", Target(call.bucket, call.key))
    upload = upload_of(call)
    content = Stored(call.request.body)
    md5 = md5_hex(content)
    checksum = checksums.verified(call.request.headers, content, md5)
    if checksum is not None and upload.algorithm not in ("", checksum.algorithm):
        raise CloudError(
            "InvalidRequest",
            f"Checksum Type mismatch occurred, expected checksum Type: {upload.algorithm.lower()}, "
            f"actual checksum Type: {checksum.algorithm.lower()}",
        )
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
    """Make one object of the parts that the body names; the same request once more gets the same answer."""
    call.require("s3:PutObject", Target(call.bucket, call.key))
    named = _named(call)
    with call.store.lock:
        done = call.bucket.completed.get(call.request.query.get("uploadId", ""))
        if done is not None and (done.key, done.parts) == (call.key, _names(named)):
            return done.answer
        return _complete(call, upload_of(call), named)


def _complete(call: Call, upload: Upload, named: list[_NamedPart]) -> Response:
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
    done = Completion(call.key, _names(named), written_headers(call.bucket, item), _completed(call, item))
    _remember(call.bucket, upload, done)
    return done.answer


def _completed(call: Call, item: StoredObject) -> bytes:
    checksum = item.checksum
    elements = [leaf("Bucket", call.bucket.name), leaf("Key", call.key), leaf("ETag", item.etag)]
    if checksum is not None:
        elements += [leaf(f"Checksum{checksum.algorithm}", checksum.value), leaf("ChecksumType", checksum.type)]
    return document("CompleteMultipartUploadResult", elements)


def _names(named: list[_NamedPart]) -> tuple[tuple[int, str], ...]:
    return tuple((one.number, one.etag) for one in named)


def _remember(bucket: Bucket, upload: Upload, done: Completion) -> None:
    """Keep the answer for a client that lost its connection before it came; of the last uploads only."""
    bucket.completed[upload.id] = done
    while len(bucket.completed) > REMEMBERED:
        bucket.completed.popitem(last=False)


def _named(call: Call) -> list[_NamedPart]:
    """The parts that the body lists, in its order. Raises `CloudError`."""
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
    values = {name: part.value(f"Checksum{name}") for name in checksums.ALGORITHMS}
    checksum = next((Checksum(name, value) for name, value in values.items() if value), None)
    return _NamedPart(int(part.value("PartNumber")), part.value("ETag").strip('"'), checksum)


def _parts(upload: Upload, named: list[_NamedPart]) -> list[Part]:
    """The parts that are named. Raises `CloudError`: InvalidPart, EntityTooSmall."""
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
