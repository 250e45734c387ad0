"""Which operation a request of S3 asks for."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from tui.demo.cloud.batch.operations import operate
from tui.demo.cloud.call import Call
from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.messages import Request, Response
from tui.demo.cloud.operations import (
    account,
    annotations,
    attributes,
    buckets,
    control,
    copying,
    deleting,
    holds,
    listing,
    reading,
    restoring,
    upload_lists,
    uploads,
    versions,
    writing,
)
from tui.demo.cloud.operations.elsewhere import ask_moto

Operation = Callable[[Call], Response]


def _moto(action: str) -> Operation:
    return partial(ask_moto, action=action)


_BUCKET: Final[Mapping[tuple[str, str], Operation]] = {
    ("HEAD", ""): buckets.head_bucket,
    ("PUT", ""): buckets.create_bucket,
    ("DELETE", ""): buckets.delete_bucket,
    ("GET", ""): listing.list_objects,
    ("GET", "list-type"): listing.list_objects_v2,
    ("GET", "versions"): versions.list_object_versions,
    ("GET", "uploads"): upload_lists.list_multipart_uploads,
    ("POST", "delete"): deleting.delete_objects,
    ("GET", "location"): buckets.get_bucket_location,
    ("GET", "acl"): control.get_bucket_acl,
    ("PUT", "acl"): control.put_bucket_acl,
    ("GET", "policy"): buckets.get_bucket_policy,
    ("PUT", "policy"): buckets.put_bucket_policy,
    ("DELETE", "policy"): buckets.delete_bucket_policy,
    ("GET", "policyStatus"): buckets.get_bucket_policy_status,
    ("GET", "ownershipControls"): buckets.get_ownership_controls,
    ("PUT", "ownershipControls"): buckets.put_ownership_controls,
    ("DELETE", "ownershipControls"): buckets.delete_ownership_controls,
    ("GET", "publicAccessBlock"): buckets.get_public_access_block,
    ("PUT", "publicAccessBlock"): buckets.put_public_access_block,
    ("DELETE", "publicAccessBlock"): buckets.delete_public_access_block,
    ("GET", "encryption"): buckets.get_bucket_encryption,
    ("GET", "requestPayment"): buckets.get_request_payment,
    ("GET", "versioning"): buckets.get_versioning,
    ("PUT", "versioning"): buckets.put_versioning,
    ("GET", "tagging"): _moto("s3:GetBucketTagging"),
    ("PUT", "tagging"): _moto("s3:PutBucketTagging"),
    ("DELETE", "tagging"): _moto("s3:PutBucketTagging"),
    ("GET", "cors"): _moto("s3:GetBucketCORS"),
    ("PUT", "cors"): _moto("s3:PutBucketCORS"),
    ("DELETE", "cors"): _moto("s3:PutBucketCORS"),
    ("GET", "lifecycle"): _moto("s3:GetLifecycleConfiguration"),
    ("PUT", "lifecycle"): _moto("s3:PutLifecycleConfiguration"),
    ("DELETE", "lifecycle"): _moto("s3:PutLifecycleConfiguration"),
    ("GET", "object-lock"): _moto("s3:GetBucketObjectLockConfiguration"),
    ("GET", "logging"): _moto("s3:GetBucketLogging"),
    ("GET", "website"): _moto("s3:GetBucketWebsite"),
    ("PUT", "website"): _moto("s3:PutBucketWebsite"),
    ("DELETE", "website"): _moto("s3:DeleteBucketWebsite"),
    ("GET", "notification"): _moto("s3:GetBucketNotification"),
    ("GET", "replication"): _moto("s3:GetReplicationConfiguration"),
    ("GET", "inventory"): _moto("s3:GetInventoryConfiguration"),
    ("PUT", "inventory"): _moto("s3:PutInventoryConfiguration"),
    ("GET", "accelerate"): _moto("s3:GetAccelerateConfiguration"),
}

_OBJECT: Final[Mapping[tuple[str, str], Operation]] = {
    ("GET", ""): reading.get_object,
    ("HEAD", ""): reading.head_object,
    ("PUT", ""): writing.put_object,
    ("DELETE", ""): deleting.delete_object,
    ("GET", "attributes"): attributes.get_object_attributes,
    ("GET", "acl"): control.get_object_acl,
    ("PUT", "acl"): control.put_object_acl,
    ("GET", "tagging"): control.get_object_tagging,
    ("PUT", "tagging"): control.put_object_tagging,
    ("DELETE", "tagging"): control.delete_object_tagging,
    ("GET", "annotation"): annotations.list_object_annotations,
    ("GET", "annotationName"): annotations.get_object_annotation,
    ("PUT", "annotationName"): annotations.put_object_annotation,
    ("DELETE", "annotationName"): annotations.delete_object_annotation,
    ("POST", "uploads"): uploads.create_multipart_upload,
    ("PUT", "uploadId"): uploads.upload_part,
    ("POST", "uploadId"): uploads.complete_multipart_upload,
    ("DELETE", "uploadId"): uploads.abort_multipart_upload,
    ("GET", "uploadId"): upload_lists.list_parts,
    ("POST", "restore"): restoring.restore_object,
    ("PUT", "legal-hold"): holds.put_object_legal_hold,
    ("PUT", "retention"): holds.put_object_retention,
    ("GET", "retention"): control.get_object_retention,
    ("GET", "legal-hold"): control.get_object_legal_hold,
}

_ACCOUNT: Final[Mapping[tuple[str, str], Operation]] = {
    ("GET", "configuration/publicAccessBlock"): account.get_public_access_block,
    ("GET", "accesspoint"): account.list_access_points,
}
"""S3 Control, by method and what stands after its root."""

_SUBRESOURCES: Final = {name for _, name in (*_BUCKET, *_OBJECT)} - {""}
_UNKNOWN: Final = {"torrent", "metrics", "analytics", "intelligent-tiering"}


def operation_for(request: Request) -> Operation:
    """The operation. Raises `CloudError`: NotImplemented, MethodNotAllowed."""
    if not request.bucket:
        if request.method == "GET":
            return listing.list_buckets
        raise CloudError("MethodNotAllowed", "The specified method is not allowed against this resource.")
    if request.bucket == account.ROOT:
        if request.key.partition("/")[0] == "jobs":
            return partial(operate, find=operation_for)
        return _known(_ACCOUNT.get((request.method, request.key)))
    names = [name for name in request.query if name in _SUBRESOURCES | _UNKNOWN]
    name = "annotationName" if "annotationName" in names else names[0] if names else ""
    if request.key and request.method == "PUT" and "x-amz-copy-source" in request.headers:
        return copying.upload_part_copy if name == "uploadId" else copying.copy_object
    table = _OBJECT if request.key else _BUCKET
    return _known(table.get((request.method, name)))


def _known(operation: Operation | None) -> Operation:
    if operation is None:
        raise CloudError(
            "NotImplemented", "A header or query you provided implies functionality that is not implemented"
        )
    return operation
