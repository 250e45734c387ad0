"""The whole server as a function: from a request to its response."""

import secrets
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Final

from tui.demo.cloud.batch.control_api import operate
from tui.demo.cloud.call import AuthenticatedRequest
from tui.demo.cloud.content_bytes import decoded
from tui.demo.cloud.iam import iam_api, sts
from tui.demo.cloud.iam.iam_identities import DemoIdentities
from tui.demo.cloud.iam.signatures import authenticate, claim_of
from tui.demo.cloud.messages import CloudError, DemoRequest, DemoResponse
from tui.demo.cloud.models import DemoStore
from tui.demo.cloud.operations import bucket_api, copy_api, list_api, object_api, read_api, upload_api, write_api
from tui.demo.cloud.operations.bucket_api import ask_moto


class Cloud:
    """S3, STS and IAM on one endpoint; the service is the one that the request was signed for."""

    def __init__(self, store: DemoStore, identities: DemoIdentities) -> None:
        self.store = store
        self.identities = identities

    def answer(self, request: DemoRequest) -> DemoResponse:
        """Answer a request; never raises."""
        request_id = secrets.token_hex(8).upper()
        service = ""
        try:
            claim = claim_of(request)
            service = claim.service if claim else ""
            response = self._answer(request, service)
        except CloudError as error:
            response = _refusal(error, request, request_id, service)
        except Exception:  # noqa: BLE001  the outermost boundary of a request: the next one must be served
            traceback.print_exc(file=sys.stderr)
            failure = CloudError("InternalError", "We encountered an internal error. Please try again.")
            response = _refusal(failure, request, request_id, service)
        if request.method == "HEAD" and not request.key and (bucket := self.store.find(request.bucket)) is not None:
            # HeadBucket returns a bucket's region even with a denial; clients find the region that way.
            response.headers["x-amz-bucket-region"] = bucket.region_name
        response.headers.setdefault("x-amz-request-id", request_id)
        response.headers.setdefault("x-amz-id-2", f"demo/{request_id}")
        return response

    def _answer(self, request: DemoRequest, service: str) -> DemoResponse:
        caller = authenticate(request, self.identities, datetime.now(UTC))
        if service in _SERVICES:
            return _SERVICES[service](request, caller, self.identities)
        operation = operation_for(request)
        return operation(AuthenticatedRequest(decoded(request), caller, self.store, self.identities))


_SERVICES = {"sts": sts.answer, "iam": iam_api.answer}
"""The services beside S3."""


def _refusal(error: CloudError, request: DemoRequest, request_id: str, service: str) -> DemoResponse:
    queried = service in _SERVICES
    body = error.as_sts(request_id) if queried else error.as_s3(request.path, request_id)
    kind = "text/xml" if queried else "application/xml"
    return DemoResponse(error.status, {**error.headers, "content-type": kind}, body)


RequestHandler = Callable[[AuthenticatedRequest], DemoResponse]


_MOTO: Final[Mapping[str, Mapping[str, str]]] = {
    "tagging": {"GET": "GetBucketTagging", "PUT": "PutBucketTagging", "DELETE": "PutBucketTagging"},
    "cors": {"GET": "GetBucketCORS", "PUT": "PutBucketCORS", "DELETE": "PutBucketCORS"},
    "lifecycle": {
        "GET": "GetLifecycleConfiguration",
        "PUT": "PutLifecycleConfiguration",
        "DELETE": "PutLifecycleConfiguration",
    },
    "object-lock": {"GET": "GetBucketObjectLockConfiguration"},
    "logging": {"GET": "GetBucketLogging"},
    "website": {"GET": "GetBucketWebsite", "PUT": "PutBucketWebsite", "DELETE": "DeleteBucketWebsite"},
    "notification": {"GET": "GetBucketNotification"},
    "replication": {"GET": "GetReplicationConfiguration"},
    "inventory": {"GET": "GetInventoryConfiguration", "PUT": "PutInventoryConfiguration"},
    "accelerate": {"GET": "GetAccelerateConfiguration"},
}
"""Actions on buckets that moto answers, by subresource and method."""

_BUCKET: Final[Mapping[tuple[str, str], RequestHandler]] = {
    ("HEAD", ""): bucket_api.head_bucket,
    ("PUT", ""): bucket_api.create_bucket,
    ("DELETE", ""): bucket_api.delete_bucket,
    ("GET", ""): list_api.list_objects,
    ("GET", "list-type"): list_api.list_objects_v2,
    ("GET", "versions"): list_api.list_object_versions,
    ("GET", "uploads"): upload_api.list_multipart_uploads,
    ("POST", "delete"): write_api.delete_objects,
    ("GET", "location"): bucket_api.get_bucket_location,
    ("GET", "acl"): bucket_api.get_bucket_acl,
    ("PUT", "acl"): bucket_api.put_bucket_acl,
    ("GET", "policy"): bucket_api.get_bucket_policy,
    ("PUT", "policy"): bucket_api.put_bucket_policy,
    ("DELETE", "policy"): bucket_api.delete_bucket_policy,
    ("GET", "policyStatus"): bucket_api.get_bucket_policy_status,
    ("GET", "ownershipControls"): bucket_api.get_ownership_controls,
    ("PUT", "ownershipControls"): bucket_api.put_ownership_controls,
    ("DELETE", "ownershipControls"): bucket_api.delete_ownership_controls,
    ("GET", "publicAccessBlock"): bucket_api.get_public_access_block,
    ("PUT", "publicAccessBlock"): bucket_api.put_public_access_block,
    ("DELETE", "publicAccessBlock"): bucket_api.delete_public_access_block,
    ("GET", "encryption"): bucket_api.get_bucket_encryption,
    ("GET", "requestPayment"): bucket_api.get_request_payment,
    ("GET", "versioning"): bucket_api.get_versioning,
    ("PUT", "versioning"): bucket_api.put_versioning,
    **{
        (method, name): partial(ask_moto, action=f"s3:{action}")
        for name, actions in _MOTO.items()
        for method, action in actions.items()
    },
}

_OBJECT: Final[Mapping[tuple[str, str], RequestHandler]] = {
    ("GET", ""): read_api.get_object,
    ("HEAD", ""): read_api.head_object,
    ("PUT", ""): write_api.put_object,
    ("DELETE", ""): write_api.delete_object,
    ("GET", "attributes"): object_api.get_object_attributes,
    ("GET", "acl"): bucket_api.get_object_acl,
    ("PUT", "acl"): bucket_api.put_object_acl,
    ("GET", "tagging"): bucket_api.get_object_tagging,
    ("PUT", "tagging"): bucket_api.put_object_tagging,
    ("DELETE", "tagging"): bucket_api.delete_object_tagging,
    ("GET", "annotation"): object_api.list_object_annotations,
    ("GET", "annotationName"): object_api.get_object_annotation,
    ("PUT", "annotationName"): object_api.put_object_annotation,
    ("DELETE", "annotationName"): object_api.delete_object_annotation,
    ("POST", "uploads"): upload_api.create_multipart_upload,
    ("PUT", "uploadId"): upload_api.upload_part,
    ("POST", "uploadId"): upload_api.complete_multipart_upload,
    ("DELETE", "uploadId"): upload_api.abort_multipart_upload,
    ("GET", "uploadId"): upload_api.list_parts,
    ("POST", "restore"): object_api.restore_object,
    ("PUT", "legal-hold"): object_api.put_object_legal_hold,
    ("PUT", "retention"): object_api.put_object_retention,
    ("GET", "retention"): partial(bucket_api.get_lock, action="s3:GetObjectRetention"),
    ("GET", "legal-hold"): partial(bucket_api.get_lock, action="s3:GetObjectLegalHold"),
}

_ACCOUNT: Final[Mapping[tuple[str, str], RequestHandler]] = {
    ("GET", "configuration/publicAccessBlock"): bucket_api.get_account_block,
    ("GET", "accesspoint"): bucket_api.list_access_points,
}
"""S3 Control, by method and the path after its root."""

_SUBRESOURCES: Final = {name for _, name in (*_BUCKET, *_OBJECT)} - {""}
_UNKNOWN: Final = {"torrent", "metrics", "analytics", "intelligent-tiering"}


def operation_for(request: DemoRequest) -> RequestHandler:
    """Raises `CloudError`: NotImplemented, MethodNotAllowed."""
    if not request.bucket:
        if request.method == "GET":
            return list_api.list_buckets
        raise CloudError("MethodNotAllowed", "The specified method is not allowed against this resource.")
    if request.bucket == bucket_api.ROOT:
        if request.key.partition("/")[0] == "jobs":
            return partial(operate, find=operation_for)
        return _known(_ACCOUNT.get((request.method, request.key)))
    names = [name for name in request.query if name in _SUBRESOURCES | _UNKNOWN]
    name = "annotationName" if "annotationName" in names else names[0] if names else ""
    if request.key and request.method == "PUT" and "x-amz-copy-source" in request.headers:
        return copy_api.upload_part_copy if name == "uploadId" else copy_api.copy_object
    table = _OBJECT if request.key else _BUCKET
    return _known(table.get((request.method, name)))


def _known(operation: RequestHandler | None) -> RequestHandler:
    if operation is None:
        raise CloudError(
            "NotImplemented", "A header or query you provided implies functionality that is not implemented"
        )
    return operation
