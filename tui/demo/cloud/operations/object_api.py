"""Annotations, attributes, holds and restores of objects."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from tui.demo.cloud import content_bytes
from tui.demo.cloud.call import MAX_INTEGER, AuthenticatedRequest, RequestResource
from tui.demo.cloud.content_bytes import MemoryContent, md5_hex
from tui.demo.cloud.messages import CloudError, DemoResponse, document, iso, leaf, node, parsed, precondition_failed
from tui.demo.cloud.models import ARCHIVED, DemoBucket, Restore, StoredObject
from tui.demo.cloud.operations.read_api import checksum_of, http_date, readable, same_etag

# Annotations, by the documentation in botocore's service model of S3: at most 1,000 for an object, names of 1 to 512
# bytes that begin with neither ``aws`` nor ``s3``, payloads of 1 byte to 1 MiB of UTF-8.

MAX_ANNOTATIONS: Final = 1000
MAX_NAME: Final = 512
MAX_PAYLOAD: Final = 1024**2
_RESERVED: Final = ("aws", "s3")


def list_object_annotations(call: AuthenticatedRequest) -> DemoResponse:
    item, query = call.existing("s3:ListObjectAnnotations"), call.request.query
    prefix, after = query.get("annotation-prefix", ""), query.get("continuation-token", "")
    limit = int(query.get("max-annotation-results") or MAX_ANNOTATIONS)
    names = sorted(name for name in item.annotations if name.startswith(prefix) and name > after)
    page = names[:limit]
    elements = [
        node("Annotations", *(_entry(item, name) for name in page)),
        leaf(
            Bucket=call.bucket.name,
            Key=call.key,
            AnnotationPrefix=prefix,
            MaxAnnotationResults=limit,
            AnnotationCount=len(page),
        ),
    ]
    if len(page) < len(names):
        elements.append(leaf(NextContinuationToken=page[-1]))
    return DemoResponse(body=document("ListObjectAnnotationsOutput", elements))


def _entry(item: StoredObject, name: str) -> str:
    payload = item.annotations[name]
    return node(
        "AnnotationEntry",
        leaf(AnnotationName=name, LastModified=iso(item.last_modified), ETag=_etag(payload), Size=len(payload)),
    )


def get_object_annotation(call: AuthenticatedRequest) -> DemoResponse:
    item = call.existing("s3:GetObjectAnnotation")
    payload = item.annotations.get(call.request.query["annotationName"])
    if payload is None:
        raise CloudError("NoSuchAnnotation", "The specified annotation does not exist.")
    headers = {"content-type": "binary/octet-stream", "etag": _etag(payload)}
    if call.request.header("x-amz-checksum-mode") == "ENABLED":
        value = content_bytes.compute("CRC64NVME", MemoryContent(payload))
        headers |= {"x-amz-checksum-crc64nvme": value, "x-amz-checksum-type": "FULL_OBJECT"} if value else {}
    return DemoResponse(200, headers, payload)


def put_object_annotation(call: AuthenticatedRequest) -> DemoResponse:
    item, name, payload = call.existing("s3:PutObjectAnnotation"), _name(call), call.request.body
    if not 1 <= len(payload) <= MAX_PAYLOAD:
        raise CloudError("InvalidRequest", "An annotation has 1 byte to 1 MiB.")
    try:
        payload.decode()
    except UnicodeDecodeError as error:
        raise CloudError("UnsupportedMediaType", "An annotation is valid UTF-8.") from error
    content_bytes.verified(call.request.headers, MemoryContent(payload), md5_hex(MemoryContent(payload)))
    with call.store.lock:
        _check_object(call, item)
        if name not in item.annotations and len(item.annotations) >= MAX_ANNOTATIONS:
            raise CloudError("AnnotationLimitExceeded", f"An object has at most {MAX_ANNOTATIONS} annotations.")
        item.annotations[name] = payload
    body = document("PutObjectAnnotationOutput", [leaf(Key=call.key, AnnotationName=name)])
    return DemoResponse(200, {"etag": _etag(payload)}, body)


def delete_object_annotation(call: AuthenticatedRequest) -> DemoResponse:
    """Deleting an annotation that does not exist is no error."""
    item = call.existing("s3:DeleteObjectAnnotation")
    with call.store.lock:
        _check_object(call, item)
        item.annotations.pop(_name(call), None)
    return DemoResponse(204)


def copied_annotations(call: AuthenticatedRequest, bucket: DemoBucket, item: StoredObject) -> dict[str, bytes]:
    """The annotations that CopyObject copies. Without permission to read and write them, S3 denies the whole copy."""
    if call.request.header("x-amz-object-annotation-directive").upper() == "EXCLUDE" or not item.annotations:
        return {}
    call.require("s3:GetObjectAnnotation", RequestResource(bucket, item.name, item))
    call.require("s3:PutObjectAnnotation", RequestResource(call.bucket, call.key))
    return dict(item.annotations)


def _name(call: AuthenticatedRequest) -> str:
    name = call.request.query.get("annotationName", "")
    if len(name.encode()) > MAX_NAME:
        raise CloudError("AnnotationNameTooLong", f"The name of an annotation has at most {MAX_NAME} bytes.")
    if not name or name.lower().startswith(_RESERVED):
        raise CloudError("InvalidAnnotationName", "The name of the annotation is not valid.")
    return name


def _check_object(call: AuthenticatedRequest, item: StoredObject) -> None:
    wanted = call.request.header("x-amz-object-if-match")
    if wanted and not same_etag(wanted, item.etag):
        raise precondition_failed("x-amz-object-if-match")


def _etag(payload: bytes) -> str:
    return f'"{md5_hex(MemoryContent(payload))}"'


PAGE: Final = 1000
_NAMES: Final = frozenset({"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"})


def get_object_attributes(call: AuthenticatedRequest) -> DemoResponse:
    item = readable(call)
    wanted = {one.strip() for one in call.request.header("x-amz-object-attributes").split(",")}
    if not wanted <= _NAMES:
        raise CloudError("InvalidArgument", "Invalid attribute name specified.", ArgumentName="x-amz-object-attributes")
    checksum = checksum_of(item)
    children = {
        "ETag": leaf(ETag=item.etag.strip('"')),
        "Checksum": node("Checksum", leaf(**checksum.element, ChecksumType=checksum.type)) if checksum else "",
        "ObjectParts": _parts_node(call, item) if item.part_sizes else "",
        "StorageClass": leaf(StorageClass=str(item.storage_class)),
        "ObjectSize": leaf(ObjectSize=item.size),
    }
    body = document("GetObjectAttributesResponse", [xml for name, xml in children.items() if name in wanted])
    headers = {"last-modified": http_date(item.last_modified), **call.bucket.version_headers(item)}
    return DemoResponse(headers=headers, body=body)


def _parts_node(call: AuthenticatedRequest, item: StoredObject) -> str:
    """The number of parts; as in S3, the parts themselves are listed only if each has a checksum."""
    count = leaf(PartsCount=len(item.part_sizes))
    if not item.part_checksums:
        return node("ObjectParts", count)
    marker = call.header_number("x-amz-part-number-marker", 0, most=MAX_INTEGER)
    limit = call.header_number("x-amz-max-parts", PAGE, most=PAGE)
    numbers = range(1, len(item.part_sizes) + 1)[marker:]
    page = numbers[:limit]
    return node(
        "ObjectParts",
        count,
        leaf(
            PartNumberMarker=marker,
            NextPartNumberMarker=page[-1] if page else 0,
            MaxParts=limit,
            IsTruncated=len(page) < len(numbers),
        ),
        *(_part_node(item, number) for number in page),
    )


def _part_node(item: StoredObject, number: int) -> str:
    checksum = item.part_checksums[number - 1]
    return node("Part", leaf(PartNumber=number, Size=item.part_sizes[number - 1]), leaf(**checksum.element))


# Retention, legal hold and event hold, by the Amazon S3 user guide, "Locking objects with Object Lock". Every versioned
# bucket counts as one with Object Lock.

PREFIX: Final = "x-amz-object-lock-"
_UNTIL: Final = f"{PREFIX}retain-until-date"


def lock_in(headers: Mapping[str, str], bucket: DemoBucket) -> dict[str, str]:
    """The Object Lock settings in a write. Raises `CloudError` (InvalidRequest)."""
    lock = {name: value for name, value in headers.items() if name.startswith(PREFIX)}
    if lock and not bucket.versioned:
        raise CloudError("InvalidRequest", "Bucket is missing Object Lock Configuration")
    if (f"{PREFIX}mode" in lock) != (_UNTIL in lock):
        raise CloudError(
            "InvalidArgument", "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
        )
    if _UNTIL in lock and datetime.fromisoformat(lock[_UNTIL]) <= datetime.now(UTC):
        raise CloudError("InvalidArgument", "The retain until date must be in the future!")
    return lock


def require_unlocked(item: StoredObject | None) -> None:
    """Raises `CloudError` (AccessDenied) for a locked version."""
    lock = item.lock_headers if item else {}
    held = "ON" in (lock.get(f"{PREFIX}legal-hold"), lock.get(f"{PREFIX}event-hold"))
    retained = _UNTIL in lock and datetime.fromisoformat(lock[_UNTIL]) > datetime.now(UTC)
    if held or retained:
        raise CloudError("AccessDenied", "Access Denied because object protected by object lock.")


def put_object_legal_hold(call: AuthenticatedRequest) -> DemoResponse:
    item = call.existing("s3:PutObjectLegalHold")
    item.lock_headers[f"{PREFIX}legal-hold"] = parsed(call.request.body).value("Status")
    return DemoResponse()


def put_object_retention(call: AuthenticatedRequest) -> DemoResponse:
    """Set retention and event hold. As in S3, a header must confirm that GOVERNANCE mode is bypassed."""
    item = call.existing("s3:PutObjectRetention")
    if call.request.header("x-amz-bypass-governance-retention") != "true":
        require_unlocked(item)
    asked = parsed(call.request.body)
    values = {"mode": asked.value("Mode"), "event-hold": asked.value("EventHold")}
    until = asked.value("RetainUntilDate")
    kept = {name: value for name, value in item.lock_headers.items() if name == f"{PREFIX}legal-hold"}
    item.lock_headers = kept | {f"{PREFIX}{name}": value for name, value in values.items() if value}
    if until:
        item.lock_headers[_UNTIL] = until
    return DemoResponse()


RESTORE_SECONDS: Final = float(os.environ.get("XS3_TUI_DEMO_RESTORE_SECONDS", "20"))
"""Duration of a Standard restore. Without a tier, a restore is done at once."""

_SHARES: Final = {"": 0.0, "Expedited": 0.25, "Standard": 1.0, "Bulk": 15.0}


def restore_object(call: AuthenticatedRequest) -> DemoResponse:
    """Begin a restore (202), or extend the life of a restored copy (200)."""
    item = call.existing("s3:RestoreObject")
    if item.storage_class not in ARCHIVED:
        raise CloudError("InvalidObjectState", "Restore is not allowed for the object's current storage class")
    asked = parsed(call.request.body)
    parameters = asked.first("GlacierJobParameters") or asked
    days, tier = asked.value("Days"), parameters.value("Tier")
    if not days.isdigit() or int(days) < 1:
        raise CloudError("MalformedXML", "The XML you provided was not well-formed")
    if tier not in _SHARES or (tier == "Expedited" and item.storage_class == "DEEP_ARCHIVE"):
        raise CloudError("InvalidArgument", "Retrieval option is not supported by this storage class")
    if item.restoring and item.restoring.ready > call.now and not item.restored:
        raise CloudError("RestoreAlreadyInProgress", "Object restore is already in progress")
    lengthened = item.restored
    ready = call.now if lengthened else call.now + timedelta(seconds=RESTORE_SECONDS * _SHARES[tier])
    item.restoring = Restore(ready, ready + timedelta(days=int(days)))
    return DemoResponse(200 if lengthened else 202)
