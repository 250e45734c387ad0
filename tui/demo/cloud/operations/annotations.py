"""List, Get, Put and DeleteObjectAnnotation, and what CopyObject does with annotations.

Rules: botocore's service model of S3 (the operations' documentation): at most 1,000 an object, names of 1 to 512 bytes
that begin with neither ``aws`` nor ``s3``, payloads of 1 byte to 1 MiB of UTF-8.
"""

from typing import Final

from tui.demo.cloud import checksums
from tui.demo.cloud.access import Target
from tui.demo.cloud.call import Call
from tui.demo.cloud.content import Stored, md5_hex
from tui.demo.cloud.errors import CloudError, precondition_failed
from tui.demo.cloud.messages import Response
from tui.demo.cloud.objects import StoredObject
from tui.demo.cloud.operations.reading import same_etag
from tui.demo.cloud.store import Bucket
from tui.demo.cloud.xml import document, leaf, node

MAX_ANNOTATIONS: Final = 1000
MAX_NAME: Final = 512
MAX_PAYLOAD: Final = 1024**2
_RESERVED: Final = ("aws", "s3")


def list_object_annotations(call: Call) -> Response:
    """A page of an object's annotations, by name."""
    item, query = call.existing("s3:ListObjectAnnotations"), call.request.query
    prefix, after = query.get("annotation-prefix", ""), query.get("continuation-token", "")
    limit = int(query.get("max-annotation-results") or MAX_ANNOTATIONS)
    names = sorted(name for name in item.annotations if name.startswith(prefix) and name > after)
    page = names[:limit]
    elements = [
        node("Annotations", *(_entry(item, name) for name in page)),
        leaf("Bucket", call.bucket.name),
        leaf("Key", call.key),
        leaf("AnnotationPrefix", prefix),
        leaf("MaxAnnotationResults", limit),
        leaf("AnnotationCount", len(page)),
    ]
    if len(page) < len(names):
        elements.append(leaf("NextContinuationToken", page[-1]))
    return Response(body=document("ListObjectAnnotationsOutput", elements))


def _entry(item: StoredObject, name: str) -> str:
    payload = item.annotations[name]
    return node(
        "AnnotationEntry",
        leaf("AnnotationName", name),
        leaf("LastModified", item.last_modified.strftime("%Y-%m-%dT%H:%M:%S.000Z")),
        leaf("ETag", _etag(payload)),
        leaf("Size", len(payload)),
    )


def get_object_annotation(call: Call) -> Response:
    """One annotation."""
    item = call.existing("s3:GetObjectAnnotation")
    payload = item.annotations.get(call.request.query["annotationName"])
    if payload is None:
        raise CloudError("NoSuchAnnotation", "The specified annotation does not exist.")
    headers = {"content-type": "binary/octet-stream", "etag": _etag(payload)}
    if call.request.header("x-amz-checksum-mode") == "ENABLED":
        value = checksums.compute("CRC64NVME", Stored(payload))
        headers |= {"x-amz-checksum-crc64nvme": value, "x-amz-checksum-type": "FULL_OBJECT"} if value else {}
    return Response(200, headers, payload)


def put_object_annotation(call: Call) -> Response:
    """Attach an annotation, or replace the one of that name."""
    item, name, payload = call.existing("s3:PutObjectAnnotation"), _name(call), call.request.body
    if not 1 <= len(payload) <= MAX_PAYLOAD:
        raise CloudError("InvalidRequest", "An annotation has 1 byte to 1 MiB.")
    try:
        payload.decode()
    except UnicodeDecodeError as error:
        raise CloudError("UnsupportedMediaType", "An annotation is valid UTF-8.") from error
    checksums.verified(call.request.headers, Stored(payload), md5_hex(Stored(payload)))
    with call.store.lock:
        _check_object(call, item)
        if name not in item.annotations and len(item.annotations) >= MAX_ANNOTATIONS:
            raise CloudError("AnnotationLimitExceeded", f"An object has at most {MAX_ANNOTATIONS} annotations.")
        item.annotations[name] = payload
    body = document("PutObjectAnnotationOutput", [leaf("Key", call.key), leaf("AnnotationName", name)])
    return Response(200, {"etag": _etag(payload)}, body)


def delete_object_annotation(call: Call) -> Response:
    """Take an annotation off; one that is not there is no error."""
    item = call.existing("s3:DeleteObjectAnnotation")
    with call.store.lock:
        _check_object(call, item)
        item.annotations.pop(_name(call), None)
    return Response(204)


def copied_annotations(call: Call, bucket: Bucket, item: StoredObject) -> dict[str, bytes]:
    """What CopyObject copies: it needs permission to read them there and write them here, else all is denied."""
    if call.request.header("x-amz-object-annotation-directive").upper() == "EXCLUDE" or not item.annotations:
        return {}
    call.require("s3:GetObjectAnnotation", Target(bucket, item.name, item))
    call.require("s3:PutObjectAnnotation", Target(call.bucket, call.key))
    return dict(item.annotations)


def _name(call: Call) -> str:
    name = call.request.query.get("annotationName", "")
    if len(name.encode()) > MAX_NAME:
        raise CloudError("AnnotationNameTooLong", f"The name of an annotation has at most {MAX_NAME} bytes.")
    if not name or name.lower().startswith(_RESERVED):
        raise CloudError("InvalidAnnotationName", "The name of the annotation is not valid.")
    return name


def _check_object(call: Call, item: StoredObject) -> None:
    wanted = call.request.header("x-amz-object-if-match")
    if wanted and not same_etag(wanted, item.etag):
        raise precondition_failed("x-amz-object-if-match")


def _etag(payload: bytes) -> str:
    return f'"{md5_hex(Stored(payload))}"'
