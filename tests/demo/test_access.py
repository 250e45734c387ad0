"""Bucket policies, identities and the words of a refusal."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.demo.conftest import Client, Connect
from tests.demo.refusals import refused
from tui.demo.profiles import ANALYTICS, MEDIA_PROD

NewBucket = Callable[..., str]
BOB = ANALYTICS.user_arn


def statement(bucket: str, effect: str = "Allow", **changes: Any) -> dict[str, Any]:
    return {
        "Effect": effect,
        "Principal": {"AWS": BOB},
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    } | changes


def put_policy(client: Client, bucket: str, *statements: dict[str, Any]) -> None:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))


def test_refusals_are_worded_as_awss(a: Client, b: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    a.put_object(Bucket=bucket, Key="k", Body=b"")
    with refused("AccessDenied") as refusal:
        b.get_object(Bucket=bucket, Key="k")
    assert refusal.status == 403
    assert refusal.message == (
        f'User: {BOB} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::{bucket}/k" '
        "because no resource-based policy allows the s3:GetObject action"
    )
    put_policy(a, bucket, statement(bucket), statement(bucket, "Deny", Action="s3:GetObject"))
    with refused("AccessDenied") as refusal:
        b.get_object(Bucket=bucket, Key="k")
    assert refusal.message.endswith("with an explicit deny in a resource-based policy")
    b.put_object(Bucket=bucket, Key="k", Body=b"")


def test_deny_holds_for_the_owner_too(a: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    put_policy(a, bucket, statement(bucket, "Deny", Principal="*", Action="s3:PutObject"))
    with refused("AccessDenied"):
        a.put_object(Bucket=bucket, Key="k", Body=b"")


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"IpAddress": {"aws:SourceIp": "127.0.0.1/32"}}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c"}}, False),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c"}}, True),
        ({"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}, True),
        ({"StringEquals": {"s3:x-amz-acl": "private"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": "222222222222"}}, True),
    ],
)
def test_conditions(a: Client, b: Client, new_bucket: NewBucket, condition: dict[str, Any], allowed: bool) -> None:
    bucket = new_bucket()
    put_policy(a, bucket, statement(bucket, Condition=condition))
    call = {"Bucket": bucket, "Key": "k", "Body": b"", "ACL": "bucket-owner-full-control"}
    if allowed:
        b.put_object(**call)
    else:
        with refused("AccessDenied"):
            b.put_object(**call)


def test_listing_can_be_limited_to_a_prefix(a: Client, b: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    put_policy(a, bucket, statement(bucket, Condition={"StringLike": {"s3:prefix": "shared/*"}}))
    b.list_objects_v2(Bucket=bucket, Prefix="shared/x/")
    for prefix in ("", "private/"):
        with refused("AccessDenied"):
            b.list_objects_v2(Bucket=bucket, Prefix=prefix)


def test_a_missing_object_is_only_told_to_who_may_list(a: Client, b: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    put_policy(a, bucket, statement(bucket, Action="s3:GetObject"))
    with refused("AccessDenied") as refusal:
        b.get_object(Bucket=bucket, Key="nothing")
    assert "s3:ListBucket" in refusal.message
    with refused("403"):
        b.head_object(Bucket=bucket, Key="nothing")
    put_policy(a, bucket, statement(bucket, Action=["s3:GetObject", "s3:ListBucket"]))
    with refused("NoSuchKey"):
        b.get_object(Bucket=bucket, Key="nothing")
    with refused("404"):
        a.head_object(Bucket=bucket, Key="nothing")
    with refused("NoSuchBucket"):
        a.list_objects_v2(Bucket="no-such-bucket-here")


FACTS = [
    "get_bucket_acl",
    "get_bucket_ownership_controls",
    "get_bucket_policy",
    "get_bucket_policy_status",
    "get_bucket_location",
    "get_public_access_block",
    "get_bucket_encryption",
    "get_bucket_versioning",
]


@pytest.mark.parametrize("operation", FACTS)
def test_facts_of_a_bucket_are_its_owners(a: Client, b: Client, new_bucket: NewBucket, operation: str) -> None:
    bucket = new_bucket()
    put_policy(a, bucket, statement(bucket, Action="s3:GetObject"))
    getattr(a, operation)(Bucket=bucket)
    with refused("AccessDenied"):
        getattr(b, operation)(Bucket=bucket)
    put_policy(a, bucket, statement(bucket))
    if operation == "get_bucket_policy":
        with refused("MethodNotAllowed"):
            b.get_bucket_policy(Bucket=bucket)
    else:
        getattr(b, operation)(Bucket=bucket)


@pytest.mark.parametrize(
    ("action", "call"),
    [
        ("s3:GetObjectTagging", {"name": "get_object_tagging"}),
        ("s3:PutObjectTagging", {"name": "put_object_tagging", "Tagging": {"TagSet": []}}),
        ("s3:DeleteObjectTagging", {"name": "delete_object_tagging"}),
        ("s3:GetObject", {"name": "head_object"}),
        ("s3:DeleteObject", {"name": "delete_object"}),
    ],
)
def test_each_action_is_its_own(a: Client, b: Client, new_bucket: NewBucket, action: str, call: dict[str, Any]) -> None:
    bucket = new_bucket()
    a.put_object(Bucket=bucket, Key="k", Body=b"")
    arguments = {"Bucket": bucket, "Key": "k"} | {name: value for name, value in call.items() if name != "name"}
    others = {"GetObject", "GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging", "DeleteObject"}
    rest = [f"s3:{name}" for name in others if f"s3:{name}" != action]
    put_policy(a, bucket, statement(bucket, Action=rest))
    with refused("403" if call["name"] == "head_object" else "AccessDenied"):
        getattr(b, call["name"])(**arguments)
    put_policy(a, bucket, statement(bucket, Action=action))
    getattr(b, call["name"])(**arguments)


def test_tags_of_an_upload_need_their_own_permission(a: Client, b: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    put_policy(a, bucket, statement(bucket, Action="s3:PutObject"))
    with refused("AccessDenied") as refusal:
        b.put_object(Bucket=bucket, Key="k", Body=b"", Tagging="t=1")
    assert "s3:PutObjectTagging" in refusal.message


def test_policies_are_checked_when_they_are_put(a: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    for text in ("{", '{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'):
        with refused("MalformedPolicy"):
            a.put_bucket_policy(Bucket=bucket, Policy=text)
    with refused("AccessDenied") as refusal:
        put_policy(a, bucket, statement(bucket, Principal="*"))
    assert "BlockPublicPolicy" in refusal.message
    with refused("NoSuchBucketPolicy"):
        a.get_bucket_policy(Bucket=bucket)


def test_a_public_bucket_serves_anybody(a: Client, endpoint: str, new_bucket: NewBucket, anonymous: Client) -> None:
    bucket = new_bucket()
    a.put_object(Bucket=bucket, Key="k", Body=b"x")
    with refused("AccessDenied"):
        anonymous.get_object(Bucket=bucket, Key="k")
    a.delete_public_access_block(Bucket=bucket)
    with refused("NoSuchPublicAccessBlockConfiguration"):
        a.get_public_access_block(Bucket=bucket)
    put_policy(a, bucket, statement(bucket, Principal="*", Action="s3:GetObject"))
    assert a.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": True}
    assert anonymous.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_the_expected_owner_is_checked(a: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    mine, other = {"ExpectedBucketOwner": MEDIA_PROD.number}, {"ExpectedBucketOwner": ANALYTICS.number}
    a.put_object(Bucket=bucket, Key="k", Body=b"", **mine)
    calls: list[Callable[[], object]] = [
        lambda: a.put_object(Bucket=bucket, Key="k", Body=b"", **other),
        lambda: a.delete_object(Bucket=bucket, Key="k", **other),
        lambda: a.list_objects_v2(Bucket=bucket, **other),
        lambda: a.create_multipart_upload(Bucket=bucket, Key="k", **other),
    ]
    for call in calls:
        with refused("AccessDenied"):
            call()
    source = {"Bucket": bucket, "Key": "k"}
    with refused("AccessDenied"):
        a.copy_object(Bucket=bucket, Key="k2", CopySource=source, ExpectedSourceBucketOwner=ANALYTICS.number, **mine)
    a.copy_object(Bucket=bucket, Key="k2", CopySource=source, ExpectedSourceBucketOwner=MEDIA_PROD.number, **mine)


def test_delete_objects_decides_key_by_key(a: Client, b: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket()
    put_policy(a, bucket, statement(bucket, Resource=f"arn:aws:s3:::{bucket}/in/*"))
    keys = ["in/a b", "in/<&>", "out/c"]
    for key in keys:
        a.put_object(Bucket=bucket, Key=key, Body=b"")
    answer = b.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    assert [one["Key"] for one in answer["Deleted"]] == keys[:2]
    assert [(one["Key"], one["Code"]) for one in answer["Errors"]] == [("out/c", "AccessDenied")]


def test_buckets_of_any_region_answer(a: Client, connect: Connect) -> None:
    assert a.get_bucket_location(Bucket="media-prod-assets")["LocationConstraint"] == "ap-northeast-1"
    b = connect(ANALYTICS)
    assert b.head_bucket(Bucket="media-prod-assets")["BucketRegion"] == "ap-northeast-1"
    assert b.get_bucket_location(Bucket="analytics-landing").get("LocationConstraint") is None
    assert b.head_bucket(Bucket="analytics-reports")["BucketRegion"] == "eu-central-1"


def test_a_denial_names_the_region(b: Client) -> None:
    with pytest.raises(b.exceptions.ClientError) as caught:
        b.head_bucket(Bucket="media-prod-private")
    answer = caught.value.response["ResponseMetadata"]
    assert answer["HTTPStatusCode"] == 403
    assert answer["HTTPHeaders"]["x-amz-bucket-region"] == "ap-northeast-1"
