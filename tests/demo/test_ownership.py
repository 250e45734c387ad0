"""Who owns what, and whom that keeps out."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.demo.conftest import Client
from tests.demo.refusals import refused
from tui.demo.profiles import ANALYTICS, MEDIA_PROD

NewBucket = Callable[..., str]
A_ID, B_ID = MEDIA_PROD.canonical_id, ANALYTICS.canonical_id
FULL = "bucket-owner-full-control"


def open_to_b(a: Client, bucket: str) -> None:
    a.put_bucket_policy(
        Bucket=bucket,
        Policy='{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": "s3:*",'
        f' "Resource": ["arn:aws:s3:::{bucket}", "arn:aws:s3:::{bucket}/*"]}}]}}',
    )


@pytest.mark.parametrize(
    ("ownership", "acl", "owner", "a_reads", "b_reads"),
    [
        ("ObjectWriter", None, B_ID, False, True),
        ("ObjectWriter", FULL, B_ID, True, True),
        ("ObjectWriter", "bucket-owner-read", B_ID, True, True),
        ("ObjectWriter", "public-read", B_ID, True, True),
        ("BucketOwnerPreferred", None, B_ID, False, True),
        ("BucketOwnerPreferred", "bucket-owner-read", B_ID, True, True),
        ("BucketOwnerPreferred", FULL, A_ID, True, True),
        ("BucketOwnerEnforced", None, A_ID, True, True),
        ("BucketOwnerEnforced", FULL, A_ID, True, True),
    ],
)
@pytest.mark.parametrize("multipart", [False, True], ids=["one request", "multipart"])
def test_owner_of_an_upload_from_outside(
    a: Client,
    b: Client,
    new_bucket: NewBucket,
    ownership: str,
    acl: str | None,
    owner: str,
    a_reads: bool,
    b_reads: bool,
    multipart: bool,
) -> None:
    bucket = new_bucket(ownership)
    open_to_b(a, bucket)
    options: dict[str, Any] = {"Bucket": bucket, "Key": "k"} | ({"ACL": acl} if acl else {})
    if multipart:
        upload = b.create_multipart_upload(**options)["UploadId"]
        part = b.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
        b.complete_multipart_upload(
            Bucket=bucket,
            Key="k",
            UploadId=upload,
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
        )
    else:
        b.put_object(**options, Body=b"x")
    listed = a.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"]
    assert [item["Owner"] for item in listed] == [{"ID": owner}]
    for client, reads in ((a, a_reads), (b, b_reads)):
        if reads:
            assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
        else:
            with refused("AccessDenied"):
                client.get_object(Bucket=bucket, Key="k")


def test_repair_takes_both_identities(a: Client, b: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket("ObjectWriter")
    open_to_b(a, bucket)
    b.put_object(Bucket=bucket, Key="k", Body=b"x", ContentType="text/plain", Metadata={"m": "1"})
    with refused("AccessDenied"):
        a.put_object_acl(Bucket=bucket, Key="k", ACL=FULL)
    b.put_object_acl(Bucket=bucket, Key="k", ACL=FULL)
    acl = a.get_object_acl(Bucket=bucket, Key="k")
    assert acl["Owner"] == {"ID": B_ID}
    assert {(grant["Grantee"]["ID"], grant["Permission"]) for grant in acl["Grants"]} == {
        (A_ID, "FULL_CONTROL"),
        (B_ID, "FULL_CONTROL"),
    }
    source = {"Bucket": bucket, "Key": "k"}
    with refused("InvalidRequest"):
        a.copy_object(Bucket=bucket, Key="k", CopySource=source)
    a.copy_object(Bucket=bucket, Key="k", CopySource=source, MetadataDirective="REPLACE", Metadata={"m": "2"})
    assert a.get_object_acl(Bucket=bucket, Key="k")["Owner"] == {"ID": A_ID}
    assert a.head_object(Bucket=bucket, Key="k")["Metadata"] == {"m": "2"}


def test_switching_acls_off_makes_everything_the_bucket_owners(a: Client, b: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket("ObjectWriter")
    open_to_b(a, bucket)
    b.put_object(Bucket=bucket, Key="k", Body=b"x")
    with refused("AccessDenied"):
        a.get_object(Bucket=bucket, Key="k")
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    a.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=rules)
    assert a.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == rules
    assert a.get_object_acl(Bucket=bucket, Key="k")["Owner"] == {"ID": A_ID}
    assert a.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    a.delete_bucket_ownership_controls(Bucket=bucket)
    with refused("OwnershipControlsNotFoundError"):
        a.get_bucket_ownership_controls(Bucket=bucket)
    with refused("AccessDenied"):
        a.get_object(Bucket=bucket, Key="k")


def test_bucket_grants_to_others_keep_acls_on(a: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket("ObjectWriter")
    a.put_bucket_acl(Bucket=bucket, GrantRead=f'id="{B_ID}"', GrantFullControl=f'id="{A_ID}"')
    with refused("InvalidBucketAclWithObjectOwnership"):
        a.put_bucket_ownership_controls(
            Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        )


@pytest.mark.parametrize("acl", [{"ACL": "private"}, {"ACL": "public-read"}, {"GrantRead": f'id="{B_ID}"'}])
def test_enforced_buckets_take_no_acl(a: Client, new_bucket: NewBucket, acl: dict[str, str]) -> None:
    bucket = new_bucket("BucketOwnerEnforced")
    a.put_object(Bucket=bucket, Key="k", Body=b"")
    with refused("AccessControlListNotSupported") as refusal:
        a.put_object(Bucket=bucket, Key="k", Body=b"", **acl)
    assert refusal.status == 400
    for call in (a.copy_object, a.create_multipart_upload):
        source = {"CopySource": {"Bucket": bucket, "Key": "k"}} if call == a.copy_object else {}
        with refused("AccessControlListNotSupported"):
            call(Bucket=bucket, Key="k2", **acl, **source)
    with refused("AccessControlListNotSupported"):
        a.put_object_acl(Bucket=bucket, Key="k", **acl)


@pytest.mark.parametrize(
    ("grant", "operation", "allowed"),
    [
        ({"GrantRead": f'id="{B_ID}"'}, "get_object", True),
        ({"GrantRead": f'id="{B_ID}"'}, "get_object_acl", False),
        ({"GrantReadACP": f'id="{B_ID}"'}, "get_object_acl", True),
        ({"GrantReadACP": f'id="{B_ID}"'}, "get_object", False),
        ({"GrantFullControl": f'id="{B_ID}", id="{A_ID}"'}, "get_object_acl", True),
        ({"ACL": "authenticated-read"}, "get_object", True),
        ({"ACL": "private"}, "get_object", False),
    ],
)
def test_object_grants(
    a: Client, b: Client, new_bucket: NewBucket, grant: dict[str, str], operation: str, allowed: bool
) -> None:
    bucket = new_bucket("ObjectWriter")
    a.put_object(Bucket=bucket, Key="k", Body=b"x", **grant)
    if allowed:
        answer = getattr(b, operation)(Bucket=bucket, Key="k")
        assert "Grants" in answer or answer["Body"].read() == b"x"
    else:
        with refused("AccessDenied"):
            getattr(b, operation)(Bucket=bucket, Key="k")


def test_grants_as_xml(a: Client, b: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket("ObjectWriter")
    a.put_object(Bucket=bucket, Key="k", Body=b"x")
    group = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
    a.put_object_acl(
        Bucket=bucket,
        Key="k",
        AccessControlPolicy={
            "Owner": {"ID": A_ID},
            "Grants": [
                {"Grantee": {"Type": "Group", "URI": group}, "Permission": "READ"},
                {"Grantee": {"Type": "CanonicalUser", "ID": B_ID}, "Permission": "READ_ACP"},
            ],
        },
    )
    grants = b.get_object_acl(Bucket=bucket, Key="k")["Grants"]
    assert grants == [
        {"Grantee": {"Type": "Group", "URI": group}, "Permission": "READ"},
        {"Grantee": {"Type": "CanonicalUser", "ID": B_ID}, "Permission": "READ_ACP"},
    ]
    assert b.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_bucket_grants_let_others_list_and_write(a: Client, b: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket("ObjectWriter")
    with refused("AccessDenied"):
        b.list_objects_v2(Bucket=bucket)
    a.put_bucket_acl(
        Bucket=bucket, GrantFullControl=f'id="{A_ID}"', GrantRead=f'id="{B_ID}"', GrantWrite=f'id="{B_ID}"'
    )
    b.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert b.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    with refused("AccessDenied"):
        b.get_bucket_acl(Bucket=bucket)
    assert len(a.get_bucket_acl(Bucket=bucket)["Grants"]) == 3


def test_the_bucket_owner_may_delete_what_it_may_not_read(a: Client, b: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket("ObjectWriter")
    open_to_b(a, bucket)
    b.put_object(Bucket=bucket, Key="k", Body=b"x")
    with refused("403"):
        a.head_object(Bucket=bucket, Key="k")
    a.delete_object(Bucket=bucket, Key="k")
    assert a.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_canned_acl_and_grants_together_are_refused(a: Client, new_bucket: NewBucket) -> None:
    bucket = new_bucket("ObjectWriter")
    with refused("InvalidRequest"):
        a.put_object(Bucket=bucket, Key="k", ACL="private", GrantRead=f'id="{B_ID}"')
    with refused("InvalidArgument"):
        a.put_object(Bucket=bucket, Key="k", ACL="no-such-acl")
