"""What the tests rely on, proved on every server: who owns, who may, what a policy reaches, and what is left behind."""

import json
from contextlib import ExitStack
from typing import Any

import pytest

from tests.servers.buckets import BucketPair, fresh_bucket, refused
from tests.servers.ministack.roles import fresh_role
from tests.servers.policies import allow_on_objects, bucket_policy, deny_on_objects, grant_read, grant_write
from tests.servers.server import Feature, S3Server
from tui.demo.profiles import ROLE_ARN

PART = 5 << 20


def clients(pair: BucketPair) -> tuple[Any, Any]:
    """Of A and of B."""
    return pair.server.client(pair.server.a), pair.server.client(pair.server.b)


def body(client: Any, bucket: str, key: str = "k") -> bytes:
    read: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    return read


def test_each_account_has_a_name_of_its_own(bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    assert server.a.canonical_id != server.b.canonical_id
    assert server.a.principal != server.b.principal
    assert server.a.secret_key not in repr(server)
    names = {bucket["Name"] for bucket in server.client(server.b).list_buckets()["Buckets"]}
    assert bucket_pair.b in names
    assert bucket_pair.a not in names


def test_a_read_grant_opens_listing_and_reading_but_not_writing(bucket_pair: BucketPair) -> None:
    (a, b), bucket, principal = clients(bucket_pair), bucket_pair.a, bucket_pair.server.b.principal
    a.put_object(Bucket=bucket, Key="k", Body=b"content")
    for client in (b, bucket_pair.server.client(None)):
        assert refused(client.get_object, Bucket=bucket, Key="k") == "AccessDenied"
    assert refused(b.list_objects_v2, Bucket=bucket) == "AccessDenied"
    assert refused(b.put_object, Bucket=bucket, Key="n", Body=b"x") == "AccessDenied"
    bucket_pair.set_policy_of_a(*grant_read(bucket, principal))
    assert [entry["Key"] for entry in b.list_objects_v2(Bucket=bucket)["Contents"]] == ["k"]
    assert body(b, bucket) == b"content"
    assert refused(b.put_object, Bucket=bucket, Key="n", Body=b"x") == "AccessDenied"
    bucket_pair.set_policy_of_a(*grant_read(bucket, principal), deny_on_objects(bucket, principal, "s3:GetObject"))
    assert refused(b.get_object, Bucket=bucket, Key="k") == "AccessDenied"


def test_the_uploader_owns_and_the_owner_of_the_bucket_is_denied(bucket_pair: BucketPair) -> None:
    (a, b), bucket, server = clients(bucket_pair), bucket_pair.a, bucket_pair.server
    bucket_pair.set_policy_of_a(*grant_write(bucket, server.b.principal))
    b.put_object(Bucket=bucket, Key="k", Body=b"x")
    listed = a.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"]
    assert [entry["Owner"]["ID"] for entry in listed] == [server.b.canonical_id]
    assert refused(a.get_object, Bucket=bucket, Key="k") == "AccessDenied"
    b.put_object(Bucket=bucket, Key="k", Body=b"content", ACL="bucket-owner-full-control")
    assert body(a, bucket) == b"content"
    acl = a.get_object_acl(Bucket=bucket, Key="k")
    assert acl["Owner"]["ID"] == server.b.canonical_id
    grants = {(grant["Grantee"]["ID"], grant["Permission"]) for grant in acl["Grants"]}
    assert (server.a.canonical_id, "FULL_CONTROL") in grants


def test_a_policy_can_ask_for_bucket_owner_full_control(bucket_pair: BucketPair) -> None:
    (_, b), principal = clients(bucket_pair), bucket_pair.server.b.principal
    allowed = allow_on_objects(bucket_pair.a, principal, "s3:PutObject", "s3:PutObjectAcl")
    bucket_pair.set_policy_of_a(allowed.given("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control"))
    assert refused(b.put_object, Bucket=bucket_pair.a, Key="k", Body=b"x") == "AccessDenied"
    b.put_object(Bucket=bucket_pair.a, Key="k", Body=b"x", ACL="bucket-owner-full-control")


def test_whether_a_policy_reaches_an_object_of_another_owner(bucket_pair: BucketPair) -> None:
    (a, b), bucket, server = clients(bucket_pair), bucket_pair.a, bucket_pair.server
    reading = allow_on_objects(bucket, server.a.principal, "s3:GetObject")
    bucket_pair.set_policy_of_a(*grant_write(bucket, server.b.principal), reading)
    b.put_object(Bucket=bucket, Key="k", Body=b"x")
    if Feature.POLICY_SPARES_FOREIGN_OBJECTS in server.features:
        assert refused(a.get_object, Bucket=bucket, Key="k") == "AccessDenied"
    else:
        assert body(a, bucket) == b"x"


def test_pull_the_reader_copies_into_its_own_bucket(bucket_pair: BucketPair) -> None:
    (a, b), server = clients(bucket_pair), bucket_pair.server
    content = bytes(range(256)) * (PART // 256) + b"tail"
    source, target = {"Bucket": bucket_pair.a, "Key": "k"}, {"Bucket": bucket_pair.b, "Key": "k"}
    a.put_object(**source, Body=content)
    assert refused(b.copy_object, **target, CopySource=source) == "AccessDenied"
    bucket_pair.set_policy_of_a(*grant_read(bucket_pair.a, server.b.principal))
    b.copy_object(**target, CopySource=source)
    assert body(b, bucket_pair.b) == content
    assert b.get_object_acl(**target)["Owner"]["ID"] == server.b.canonical_id
    target["Key"] = "in parts"
    upload = {**target, "UploadId": b.create_multipart_upload(**target)["UploadId"]}
    parts = []
    for number, span in enumerate((f"0-{PART - 1}", f"{PART}-{len(content) - 1}"), start=1):
        copied = b.upload_part_copy(**upload, PartNumber=number, CopySource=source, CopySourceRange=f"bytes={span}")
        parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    b.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert body(b, bucket_pair.b, "in parts") == content


def test_push_the_owner_copies_into_a_foreign_bucket_and_stays_the_owner(bucket_pair: BucketPair) -> None:
    (a, b), server = clients(bucket_pair), bucket_pair.server
    bucket_pair.set_policy_of_b(*grant_write(bucket_pair.b, server.a.principal))
    a.put_object(Bucket=bucket_pair.a, Key="k", Body=b"content")
    a.copy_object(Bucket=bucket_pair.b, Key="k", CopySource={"Bucket": bucket_pair.a, "Key": "k"})
    listed = b.list_objects_v2(Bucket=bucket_pair.b, FetchOwner=True)["Contents"]
    assert [entry["Owner"]["ID"] for entry in listed] == [server.a.canonical_id]


def test_a_server_has_the_features_it_is_said_to_have_and_no_others(bucket_pair: BucketPair) -> None:
    server, sts = bucket_pair.server, bucket_pair.server.client(bucket_pair.server.b, "sts")
    if Feature.CALLER_IDENTITY in server.features:
        assert sts.get_caller_identity()["Account"] in server.b.principal
    else:
        refused(sts.get_caller_identity)
    target, (a, _) = {"Bucket": bucket_pair.a, "Key": "k"}, clients(bucket_pair)
    a.put_object(**target, Body=b"content", ChecksumAlgorithm="SHA256")
    kept = a.head_object(**target, ChecksumMode="ENABLED").get("ChecksumSHA256")
    assert (kept is not None) == (Feature.CHECKSUMS in server.features)


def test_sessions_of_a_role_act_as_the_roles_account(demo_server: S3Server) -> None:
    assert Feature.ROLES in demo_server.features
    sts = demo_server.client(demo_server.b, "sts")
    assumed = sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="test")
    assert assumed["AssumedRoleUser"]["Arn"].startswith("arn:aws:sts::111111111111:assumed-role/")


@pytest.mark.server
def test_ownership_controls_read_on_ceph_give_no_rules(ceph_server: S3Server) -> None:
    """A DELETE of them would remove the bucket: what a GET answers is all that may be asked there."""
    client = ceph_server.client(ceph_server.a)
    with fresh_bucket(ceph_server, ceph_server.a) as bucket:
        answer = client.get_bucket_ownership_controls(Bucket=bucket)
        assert not answer.get("OwnershipControls", {}).get("Rules"), json.dumps(answer, default=str)


@pytest.mark.server
def test_two_accounts_of_ministack_their_policies_and_their_roles(ministack_server: S3Server) -> None:
    server, b = ministack_server, ministack_server.client(ministack_server.b)
    services = [server.client(each, "sts") for each in (server.a, server.b)]
    assert [each.get_caller_identity()["Account"] for each in services] == ["111111111111", "222222222222"]
    assert server.a.canonical_id != server.b.canonical_id
    with ExitStack() as stack:
        pair = BucketPair(server, *[stack.enter_context(fresh_bucket(server, each)) for each in (server.a, server.b)])
        server.client(server.a).put_object(Bucket=pair.a, Key="k", Body=b"content")
        assert refused(b.list_objects_v2, Bucket=pair.a) == "AccessDenied"
        pair.set_policy_of_a(*grant_read(pair.a, server.b.principal))
        assert [entry["Key"] for entry in b.list_objects_v2(Bucket=pair.a)["Contents"]] == ["k"]
        role = stack.enter_context(fresh_role(server, server.a, server.b.principal))
        session = services[1].assume_role(RoleArn=role, RoleSessionName="tests")
        assert ":111111111111:assumed-role/" in session["AssumedRoleUser"]["Arn"]
        other = role.replace("role-", "other-")
        assert refused(services[1].assume_role, RoleArn=other, RoleSessionName="tests") == "AccessDenied"


def test_a_bucket_goes_with_objects_of_both_uploads_versions_and_a_policy_that_denies(s3_server: S3Server) -> None:
    a, b = s3_server.client(s3_server.a), s3_server.client(s3_server.b)
    with fresh_bucket(s3_server, s3_server.a) as bucket:
        a.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        denying = deny_on_objects(bucket, "*", "s3:DeleteObject")
        policy = bucket_policy(*grant_write(bucket, s3_server.b.principal), denying)
        a.put_bucket_policy(Bucket=bucket, Policy=policy)
        for content in (b"1", b"2"):
            b.put_object(Bucket=bucket, Key="foreign", Body=content)
        b.create_multipart_upload(Bucket=bucket, Key="unfinished")
    assert refused(a.head_bucket, Bucket=bucket) == "404"
    with fresh_bucket(s3_server, s3_server.a) as bucket:
        a.delete_bucket(Bucket=bucket)  # a bucket that the test removed is as wanted
