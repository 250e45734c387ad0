"""CreateJob as it is asked: from an order to the parameters of botocore's model. Pure.

Amazon S3 API reference, CreateJob and S3CopyObjectOperation.
"""

from __future__ import annotations

from typing import Any, assert_never

from tui.core import orders
from tui.core.identity import Owner
from tui.core.jobs import TRANSFER_TAG, job_folder
from tui.features.batch.manifest_keys import NO_XML, bucket_arn, key_arn, target_prefix
from tui.stores.base import Store
from tui.transfers.bucket_owner import acl_to_send, read_target_bucket

REPORT_FORMAT = "Report_CSV_20180820"
_LONGEST_DESCRIPTION = 256


def folder_of(order: orders.BatchOrder, transfer: str) -> str:
    """The prefix of what belongs to a transfer, with its slash: a folder of its id in ours."""
    return f"{job_folder(order.options.reports).key}{transfer}/"


def create_job(
    order: orders.BatchOrder,
    transfer: str,
    account: str,
    token: str,
    manifest: dict[str, Any],
    target_acl: str = "",
    region: str = "",
) -> dict[str, Any]:
    """The parameters, of a job in `region`. `manifest` names the list of objects.

    `target_acl` is the canned ACL of copies with ACL AUTO.
    """
    options = order.options
    tags = {**options.tags, TRANSFER_TAG: transfer}
    return {
        "AccountId": account,
        "ConfirmationRequired": options.confirm,
        "Operation": operation_of(order, target_acl, region),
        "Report": {
            "Bucket": bucket_arn(options.reports.bucket, options.role),
            "Format": REPORT_FORMAT,
            "Enabled": True,
            "Prefix": folder_of(order, transfer).rstrip("/"),
            "ReportScope": "FailedTasksOnly" if options.failed_only else "AllTasks",
        },
        "ClientRequestToken": token,
        **manifest,
        "Description": NO_XML.sub("", f"xs3-tui {transfer}: {order.selection.base.uri}")[:_LONGEST_DESCRIPTION],
        "Priority": options.priority,
        "RoleArn": options.role,
        "Tags": [{"Key": name, "Value": value} for name, value in tags.items()],
    }


def operation_of(order: orders.BatchOrder, target_acl: str = "", region: str = "") -> dict[str, Any]:
    operation = order.operation
    match operation:
        case orders.BatchCopy():
            return {"S3PutObjectCopy": _copy(order, operation, target_acl, region)}
        case orders.BatchTags(tags=tags):
            if not tags:
                return {"S3DeleteObjectTagging": {}}
            return {"S3PutObjectTagging": {"TagSet": [{"Key": name, "Value": value} for name, value in tags]}}
        case orders.BatchAcl(acl=acl):
            return {"S3PutObjectAcl": {"AccessControlPolicy": {"CannedAccessControlList": acl}}}
        case orders.BatchRestore(days=days, bulk=bulk):
            tier = "BULK" if bulk else "STANDARD"
            kept = {} if days is None else {"ExpirationInDays": days}
            return {"S3InitiateRestoreObject": {**kept, "GlacierJobTier": tier}}
        case orders.BatchChecksum(algorithm=algorithm):
            return {"S3ComputeObjectChecksum": {"ChecksumAlgorithm": algorithm, "ChecksumType": "FULL_OBJECT"}}
        case _:
            assert_never(operation)


def _copy(order: orders.BatchOrder, operation: orders.BatchCopy, target_acl: str, region: str) -> dict[str, Any]:
    options, copy = operation.options, order.copy
    assert copy is not None
    asked: dict[str, Any] = {
        "TargetResource": bucket_arn(operation.destination.location.bucket, order.options.role),
        "MetadataDirective": "COPY",
    }
    if prefix := target_prefix(copy):
        asked["TargetKeyPrefix"] = prefix
    if acl := sent_acl(options, target_acl):
        asked["CannedAccessControlList"] = acl
    if options.storage_class:
        asked["StorageClass"] = options.storage_class
    if not options.annotations:
        asked["AnnotationDirective"] = "EXCLUDE"
    if options.encryption == "aws:kms":
        asked["NewObjectMetadata"] = {"SSEAlgorithm": "KMS"}
        if options.kms_key:
            asked["SSEAwsKmsKeyId"] = key_arn(options.kms_key, order.options.role, region)
    elif options.encryption:
        asked["NewObjectMetadata"] = {"SSEAlgorithm": options.encryption}
    return asked


def sent_acl(options: orders.CopyOptions, target_acl: str) -> str:
    """The canned ACL of copies, `target_acl` for AUTO; empty: none."""
    if options.acl is orders.AclChoice.AUTO:
        return target_acl
    return "" if options.acl is orders.AclChoice.NONE else options.acl.value


async def target_acl(order: orders.BatchOrder, target: Store, writer: Owner | None) -> str:
    """What AUTO is by the bucket that `target` sees and the account that the job writes as; empty: none.

    Raises `ProblemError` only where the bucket does not exist.
    """
    operation = order.operation
    if not isinstance(operation, orders.BatchCopy):
        return ""
    return acl_to_send(await read_target_bucket([target], operation.destination.location.bucket), writer)
