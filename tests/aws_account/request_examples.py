"""Requests of every kind about a bucket, role or user, as botocore signs them; what the guard is shown in the tests."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from botocore.config import Config
from botocore.session import Session

from tests.aws_account.guard import Outgoing
from tests.aws_account.request_filter import of_botocore

A, B, OTHER = "111111111111", "222222222222", "333333333333"
RUN: Final = "xs3-tui-test-0123abcd"
OWN: Final = f"{RUN}-home"
FOREIGN: Final = (
    *("prod-assets", RUN, f"{RUN}e-home", f"{RUN[:-1]}-home", "xs3-tui-test-0123abce-home", f"a-{OWN}"),
    *(f"{RUN}.home", "xs3-tui-test"),
)
"""Names that are not the run's; most begin alike."""


class Call(NamedTuple):
    service: str
    operation: str
    parameters: Mapping[str, Any]

    def __str__(self) -> str:
        return self.operation


def document(resource: str, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(**principal: str) -> str:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def calls_about(bucket: str) -> Iterator[Call]:
    """Requests of S3 that name this bucket, reads and writes."""
    place = {"Bucket": bucket, "Key": "a"}
    for operation in (
        *("list_objects_v2", "list_object_versions", "list_multipart_uploads", "head_bucket", "get_bucket_policy"),
        *("get_bucket_acl", "create_bucket", "delete_bucket", "delete_bucket_policy", "delete_bucket_lifecycle"),
        *("delete_bucket_ownership_controls", "delete_public_access_block", "delete_bucket_tagging"),
    ):
        yield Call("s3", operation, {"Bucket": bucket})
    for operation in (
        *("get_object", "head_object", "put_object", "delete_object", "get_object_acl", "get_object_tagging"),
        *("create_multipart_upload", "delete_object_tagging", "restore_object"),
    ):
        yield Call("s3", operation, place)
    uploading = {**place, "UploadId": "u"}
    yield Call("s3", "upload_part", {**uploading, "PartNumber": 1, "Body": b"x"})
    yield Call("s3", "abort_multipart_upload", uploading)
    yield Call("s3", "complete_multipart_upload", {**uploading, "MultipartUpload": {"Parts": []}})
    yield Call("s3", "put_object_acl", {**place, "ACL": "private"})
    yield Call("s3", "put_object_tagging", {**place, "Tagging": {"TagSet": []}})
    yield Call("s3", "put_object_legal_hold", {**place, "LegalHold": {"Status": "OFF"}})
    yield Call("s3", "delete_objects", {"Bucket": bucket, "Delete": {"Objects": [{"Key": "a"}]}})
    yield Call("s3", "put_bucket_policy", {"Bucket": bucket, "Policy": "{}"})
    yield Call("s3", "put_bucket_versioning", {"Bucket": bucket, "VersioningConfiguration": {"Status": "Enabled"}})
    yield from copies_of(bucket, bucket)


def copies_of(source: str, target: str) -> Iterator[Call]:
    for named in ({"Bucket": source, "Key": "a"}, f"{source}/a", f"/{source}/a%20b", f"{source}/a?versionId=1"):
        copy = {"Bucket": target, "Key": "b", "CopySource": named}
        yield Call("s3", "copy_object", copy)
        yield Call("s3", "upload_part_copy", {**copy, "UploadId": "u", "PartNumber": 1})


def identity_calls_about(name: str) -> Iterator[Call]:
    """Writes of IAM that name a role and a user, and the session of a role."""
    role, user, policy = {"RoleName": name}, {"UserName": name}, {"PolicyName": "own"}
    own = document(f"arn:aws:s3:::{OWN}/*")
    yield Call("iam", "create_role", {**role, "AssumeRolePolicyDocument": trust(AWS=A)})
    yield Call("iam", "update_assume_role_policy", {**role, "PolicyDocument": trust(AWS=A)})
    yield Call("iam", "put_role_policy", {**role, **policy, "PolicyDocument": own})
    yield Call("iam", "delete_role_policy", {**role, **policy})
    yield Call("iam", "delete_role", role)
    yield Call("iam", "create_user", user)
    yield Call("iam", "put_user_policy", {**user, **policy, "PolicyDocument": own})
    yield Call("iam", "delete_user_policy", {**user, **policy})
    yield Call("iam", "create_access_key", user)
    yield Call("iam", "delete_access_key", {**user, "AccessKeyId": "AKIAXXXXXXXXXXXXXXXX"})
    yield Call("iam", "delete_user", user)
    arn = f"arn:aws:iam::{A}:role/{name}"
    yield Call("sts", "assume_role", {"RoleArn": arn, "RoleSessionName": "session"})


def job(bucket: str, role: str = OWN, **more: Any) -> Call:
    """A job of S3 Batch Operations that copies from and to a bucket."""
    arn = f"arn:aws:s3:::{bucket}"
    parameters = {
        "AccountId": A,
        "Operation": {"S3PutObjectCopy": {"TargetResource": arn, **more}},
        "Report": {
            "Enabled": True,
            "Bucket": arn,
            "Prefix": "r",
            "ReportScope": "AllTasks",
            "Format": "Report_CSV_20180820",
        },
        "Priority": 1,
        "RoleArn": f"arn:aws:iam::{A}:role/{role}",
        "ClientRequestToken": "token",
        "ConfirmationRequired": False,
        "Manifest": {
            "Spec": {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]},
            "Location": {"ObjectArn": f"{arn}/list", "ETag": "e"},
        },
    }
    return Call("s3control", "create_job", parameters)


SETTINGS_OF_BUCKETS: Final = (
    Call("s3", "put_bucket_logging", {"Bucket": OWN, "BucketLoggingStatus": {}}),
    Call("s3", "put_bucket_notification_configuration", {"Bucket": OWN, "NotificationConfiguration": {}}),
    Call("s3", "put_bucket_replication", {"Bucket": OWN, "ReplicationConfiguration": {"Role": "r", "Rules": []}}),
    Call(
        "s3", "put_bucket_accelerate_configuration", {"Bucket": OWN, "AccelerateConfiguration": {"Status": "Enabled"}}
    ),
    Call(
        "s3",
        "put_object_retention",
        {"Bucket": OWN, "Key": "a", "Retention": {"Mode": "COMPLIANCE", "RetainUntilDate": "2030-01-01T00:00:00Z"}},
    ),
    Call(
        "s3",
        "put_object_lock_configuration",
        {
            "Bucket": OWN,
            "ObjectLockConfiguration": {
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}},
            },
        },
    ),
    Call("s3", "put_object", {"Bucket": OWN, "Key": "a", "ObjectLockMode": "COMPLIANCE"}),
    Call("s3", "put_object", {"Bucket": OWN, "Key": "a", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "theirs"}),
    Call("s3", "write_get_object_response", {"RequestRoute": OWN, "RequestToken": "t"}),
)
"""Of own buckets, but with effects elsewhere, or for ever."""

ACCOUNT_WIDE: Final = (
    Call("s3control", "put_public_access_block", {"AccountId": A, "PublicAccessBlockConfiguration": {}}),
    Call("s3control", "delete_public_access_block", {"AccountId": A}),
    Call("s3control", "create_access_point", {"AccountId": A, "Name": "one", "Bucket": OWN}),
    Call("s3control", "update_job_status", {"AccountId": A, "JobId": "1-2-3", "RequestedJobStatus": "Cancelled"}),
    Call("s3control", "update_job_priority", {"AccountId": A, "JobId": "1-2-3", "Priority": 2}),
    job("prod-assets"),
    job(OWN, "somebodys-role"),
    job(OWN, SSEAwsKmsKeyId="theirs"),
    Call("iam", "create_access_key", {}),
    Call("iam", "delete_account_password_policy", {}),
    Call("iam", "create_account_alias", {"AccountAlias": "ours"}),
    Call("iam", "attach_role_policy", {"RoleName": OWN, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    Call("iam", "attach_user_policy", {"UserName": OWN, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    Call("iam", "add_user_to_group", {"UserName": OWN, "GroupName": "administrators"}),
    Call("iam", "update_user", {"UserName": OWN, "NewUserName": "boss"}),
    Call("iam", "create_login_profile", {"UserName": OWN, "Password": "a"}),
    Call("iam", "create_policy", {"PolicyName": OWN, "PolicyDocument": "{}"}),
    Call("sts", "get_federation_token", {"Name": "anybody"}),
    Call("sts", "get_session_token", {}),
    Call("kms", "create_key", {}),
    Call("kms", "put_key_policy", {"KeyId": "1", "Policy": "{}"}),
    Call("kms", "schedule_key_deletion", {"KeyId": "1"}),
    Call("kms", "encrypt", {"KeyId": "1", "Plaintext": b"x"}),
    Call("ec2", "create_vpc_endpoint", {"VpcId": "vpc-1"}),
    Call("ec2", "modify_vpc_endpoint", {"VpcEndpointId": "vpce-1"}),
    Call("accessanalyzer", "create_analyzer", {"analyzerName": "a", "type": "ACCOUNT"}),
    Call("organizations", "list_accounts", {}),
    Call("lambda", "list_functions", {}),
)

READS: Final = (
    Call("s3", "list_buckets", {}),
    Call("s3", "list_buckets", {"Prefix": "xs3-tui-test", "MaxBuckets": 1000}),
    Call("s3control", "list_jobs", {"AccountId": A}),
    Call("s3control", "describe_job", {"AccountId": A, "JobId": "1-2-3"}),
    Call("s3control", "get_public_access_block", {"AccountId": A}),
    Call("iam", "list_roles", {}),
    Call("iam", "get_role", {"RoleName": "somebodys"}),
    Call("iam", "list_users", {}),
    Call("sts", "get_caller_identity", {}),
    Call("kms", "describe_key", {"KeyId": "1"}),
    Call("ec2", "describe_vpc_endpoints", {}),
    Call("accessanalyzer", "validate_policy", {"policyDocument": "{}", "policyType": "RESOURCE_POLICY"}),
)


class _SignedError(Exception):
    def __init__(self, request: Any) -> None:
        super().__init__()
        self.request = request


def _caught(request: Any, **_: Any) -> None:
    raise _SignedError(request)


_session: Final = Session()


@cache
def catching_client(service: str, endpoint: str, style: str) -> Any:
    """A client that sends nothing; each takes as long to make as a hundred requests."""
    client = client_of(service, endpoint, s3={"addressing_style": style, "use_arn_region": True})
    client.meta.events.register_first("before-send", _caught)
    return client


def client_of(service: str, endpoint: str = "", **config: Any) -> Any:
    create: Any = _session.create_client  # its stub wants literal names
    return create(
        service,
        region_name="us-east-1",
        endpoint_url=endpoint or None,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="never-sent",  # nothing that is signed with it goes out
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


def outgoing(call: Call, endpoint: str = "", style: str = "auto") -> Outgoing:
    """The request as it would be sent. `style` is how it names the bucket."""
    try:
        getattr(catching_client(call.service, endpoint, style), call.operation)(**call.parameters)
    except _SignedError as caught:
        return of_botocore(caught.request)
    raise AssertionError("nothing would be sent")
