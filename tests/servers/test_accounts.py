"""What the product's tests rely on, proved on every server: who owns, who may, and what a policy reaches."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.servers.buckets import BucketPair, error_code
from tests.servers.policies import allow_on_objects, deny_on_objects, grant_read, grant_write
from tests.servers.server import Feature, S3Server

PART = 5 << 20


def client_of_a(pair: BucketPair) -> Any:
    return pair.server.client(pair.server.a)


def client_of_b(pair: BucketPair) -> Any:
    return pair.server.client(pair.server.b)


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return error_code(caught.value)


def test_each_account_has_a_name_of_its_own(s3_server: S3Server) -> None:
    assert s3_server.a.canonical_id != s3_server.b.canonical_id
    assert s3_server.a.principal != s3_server.b.principal
    assert s3_server.a.secret_key not in repr(s3_server)


def test_an_account_lists_its_own_buckets_only(bucket_pair: BucketPair) -> None:
    names = {bucket["Name"] for bucket in client_of_b(bucket_pair).list_buckets()["Buckets"]}
    assert bucket_pair.b in names
    assert bucket_pair.a not in names


def test_without_a_grant_nothing_is_allowed(bucket_pair: BucketPair) -> None:
    client_of_a(bucket_pair).put_object(Bucket=bucket_pair.a, Key="k", Body=b"x")
    b = client_of_b(bucket_pair)
    assert refused(b.list_objects_v2, Bucket=bucket_pair.a) == "AccessDenied"
    assert refused(b.get_object, Bucket=bucket_pair.a, Key="k") == "AccessDenied"
    assert refused(b.put_object, Bucket=bucket_pair.a, Key="n", Body=b"x") == "AccessDenied"


def test_a_read_grant_opens_listing_and_reading_but_not_writing(bucket_pair: BucketPair) -> None:
    client_of_a(bucket_pair).put_object(Bucket=bucket_pair.a, Key="k", Body=b"content")
    bucket_pair.set_policy_of_a(*grant_read(bucket_pair.a, bucket_pair.server.b.principal))
    b = client_of_b(bucket_pair)
    assert [entry["Key"] for entry in b.list_objects_v2(Bucket=bucket_pair.a)["Contents"]] == ["k"]
    assert b.get_object(Bucket=bucket_pair.a, Key="k")["Body"].read() == b"content"
    assert refused(b.put_object, Bucket=bucket_pair.a, Key="n", Body=b"x") == "AccessDenied"


def test_a_deny_is_stronger_than_a_grant(bucket_pair: BucketPair) -> None:
    client_of_a(bucket_pair).put_object(Bucket=bucket_pair.a, Key="k", Body=b"x")
    principal = bucket_pair.server.b.principal
    bucket_pair.set_policy_of_a(
        *grant_read(bucket_pair.a, principal), deny_on_objects(bucket_pair.a, principal, "s3:GetObject")
    )
    assert refused(client_of_b(bucket_pair).get_object, Bucket=bucket_pair.a, Key="k") == "AccessDenied"


def test_the_uploader_owns_and_the_owner_of_the_bucket_is_denied(bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    bucket_pair.set_policy_of_a(*grant_write(bucket_pair.a, server.b.principal))
    client_of_b(bucket_pair).put_object(Bucket=bucket_pair.a, Key="k", Body=b"x")
    a = client_of_a(bucket_pair)
    listed = a.list_objects_v2(Bucket=bucket_pair.a, FetchOwner=True)["Contents"]
    assert [entry["Owner"]["ID"] for entry in listed] == [server.b.canonical_id]
    assert refused(a.get_object, Bucket=bucket_pair.a, Key="k") == "AccessDenied"


def test_bucket_owner_full_control_opens_the_object(bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    bucket_pair.set_policy_of_a(*grant_write(bucket_pair.a, server.b.principal))
    client_of_b(bucket_pair).put_object(Bucket=bucket_pair.a, Key="k", Body=b"content", ACL="bucket-owner-full-control")
    a = client_of_a(bucket_pair)
    assert a.get_object(Bucket=bucket_pair.a, Key="k")["Body"].read() == b"content"
    acl = a.get_object_acl(Bucket=bucket_pair.a, Key="k")
    assert acl["Owner"]["ID"] == server.b.canonical_id
    assert (server.a.canonical_id, "FULL_CONTROL") in {
        (grant["Grantee"]["ID"], grant["Permission"]) for grant in acl["Grants"]
    }


def test_a_policy_can_ask_for_bucket_owner_full_control(bucket_pair: BucketPair) -> None:
    allowed = allow_on_objects(bucket_pair.a, bucket_pair.server.b.principal, "s3:PutObject", "s3:PutObjectAcl")
    bucket_pair.set_policy_of_a(allowed.given("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control"))
    b = client_of_b(bucket_pair)
    assert refused(b.put_object, Bucket=bucket_pair.a, Key="k", Body=b"x") == "AccessDenied"
    b.put_object(Bucket=bucket_pair.a, Key="k", Body=b"x", ACL="bucket-owner-full-control")


def test_whether_a_policy_reaches_an_object_of_another_owner(bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    bucket_pair.set_policy_of_a(
        *grant_write(bucket_pair.a, server.b.principal),
        allow_on_objects(bucket_pair.a, server.a.principal, "s3:GetObject"),
    )
    client_of_b(bucket_pair).put_object(Bucket=bucket_pair.a, Key="foreign", Body=b"x")
    a = client_of_a(bucket_pair)
    if Feature.POLICY_SPARES_FOREIGN_OBJECTS in server.features:
        assert refused(a.get_object, Bucket=bucket_pair.a, Key="foreign") == "AccessDenied"
    else:
        assert a.get_object(Bucket=bucket_pair.a, Key="foreign")["Body"].read() == b"x"


def test_nobody_in_particular_may_read_what_is_public_only(bucket_pair: BucketPair) -> None:
    client_of_a(bucket_pair).put_object(Bucket=bucket_pair.a, Key="k", Body=b"x")
    anonymous = bucket_pair.server.client(None)
    assert refused(anonymous.get_object, Bucket=bucket_pair.a, Key="k") == "AccessDenied"


def test_pull_the_reader_copies_into_its_own_bucket(bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    client_of_a(bucket_pair).put_object(Bucket=bucket_pair.a, Key="k", Body=b"content")
    b, source = client_of_b(bucket_pair), {"Bucket": bucket_pair.a, "Key": "k"}
    assert refused(b.copy_object, Bucket=bucket_pair.b, Key="k", CopySource=source) == "AccessDenied"
    bucket_pair.set_policy_of_a(*grant_read(bucket_pair.a, server.b.principal))
    b.copy_object(Bucket=bucket_pair.b, Key="k", CopySource=source)
    assert b.get_object(Bucket=bucket_pair.b, Key="k")["Body"].read() == b"content"
    assert b.get_object_acl(Bucket=bucket_pair.b, Key="k")["Owner"]["ID"] == server.b.canonical_id


def test_push_the_owner_copies_into_a_foreign_bucket_and_stays_the_owner(bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    bucket_pair.set_policy_of_b(*grant_write(bucket_pair.b, server.a.principal))
    a = client_of_a(bucket_pair)
    a.put_object(Bucket=bucket_pair.a, Key="k", Body=b"content")
    a.copy_object(Bucket=bucket_pair.b, Key="k", CopySource={"Bucket": bucket_pair.a, "Key": "k"})
    listed = client_of_b(bucket_pair).list_objects_v2(Bucket=bucket_pair.b, FetchOwner=True)["Contents"]
    assert [entry["Owner"]["ID"] for entry in listed] == [server.a.canonical_id]


def test_parts_are_copied_between_accounts(bucket_pair: BucketPair) -> None:
    content = bytes(range(256)) * (PART // 256) + b"tail"
    client_of_a(bucket_pair).put_object(Bucket=bucket_pair.a, Key="k", Body=content)
    bucket_pair.set_policy_of_a(*grant_read(bucket_pair.a, bucket_pair.server.b.principal))
    b, target = client_of_b(bucket_pair), {"Bucket": bucket_pair.b, "Key": "k"}
    upload = {**target, "UploadId": b.create_multipart_upload(**target)["UploadId"]}
    parts = []
    for number, span in enumerate((f"0-{PART - 1}", f"{PART}-{len(content) - 1}"), start=1):
        answer = b.upload_part_copy(
            **upload,
            PartNumber=number,
            CopySource={"Bucket": bucket_pair.a, "Key": "k"},
            CopySourceRange=f"bytes={span}",
        )
        parts.append({"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]})
    b.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert b.get_object(**target)["Body"].read() == content
