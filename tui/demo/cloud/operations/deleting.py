"""DeleteObject and DeleteObjects."""

from typing import Final

from tui.demo.cloud.access import Target
from tui.demo.cloud.call import Call
from tui.demo.cloud.errors import CloudError, precondition_failed
from tui.demo.cloud.messages import Response
from tui.demo.cloud.operations.reading import same_etag
from tui.demo.cloud.xml import Element, document, leaf, node, parsed

MAX_KEYS: Final = 1000


def delete_object(call: Call) -> Response:
    """Delete a key or version; the bucket's owner may, whoever owns the object."""
    _require(call, call.key, call.version)
    wanted = call.request.header("if-match")
    with call.store.lock:
        existing = call.bucket.find(call.key)
        if wanted and existing is not None and not same_etag(wanted, existing.etag):
            raise precondition_failed("If-Match")
        answer = call.bucket.delete(call.key, call.version)
    return Response(204, {f"x-amz-{name}": value for name, value in answer.items()})


def _require(call: Call, key: str, version: str) -> None:
    action = "s3:DeleteObjectVersion" if version else "s3:DeleteObject"
    call.require(action, Target(call.bucket, key))


def delete_objects(call: Call) -> Response:
    """Delete up to 1,000 keys; each is allowed or denied on its own."""
    try:
        body = parsed(call.request.body)
    except ValueError as error:
        raise CloudError("MalformedXML", "The XML you provided was not well-formed") from error
    entries = body.all("Object")
    if not 1 <= len(entries) <= MAX_KEYS:
        raise CloudError("MalformedXML", f"Between 1 and {MAX_KEYS} objects can be deleted at once")
    quiet = body.value("Quiet") == "true"
    results = [_delete_one(call, entry, quiet) for entry in entries]
    return Response(body=document("DeleteResult", results))


def _delete_one(call: Call, entry: Element, quiet: bool) -> str:
    key, version = entry.value("Key"), entry.value("VersionId")
    try:
        _require(call, key, version)
    except CloudError as error:
        return node("Error", leaf("Key", key), leaf("Code", error.code), leaf("Message", error.message))
    with call.store.lock:
        answer = call.bucket.delete(key, version)
    if quiet:
        return ""
    marker = leaf("DeleteMarker", value=True) if answer.get("delete-marker") else ""
    made = leaf("DeleteMarkerVersionId", answer["version-id"]) if marker and not version else ""
    return node("Deleted", leaf("Key", key), leaf("VersionId", version) if version else "", marker, made)
