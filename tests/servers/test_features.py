"""Each server has the features it is said to have, and not the others."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.servers.buckets import BucketPair, error_code, fresh_bucket
from tests.servers.policies import bucket_policy, grant_write
from tests.servers.server import Feature, S3Server
from tui.demo.profiles import ROLE_ARN


def ownership_of(client: Any, bucket: str) -> str:
    [rule] = client.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    return str(rule["ObjectOwnership"])


def test_object_ownership_enforced_takes_no_acl(demo_server: S3Server) -> None:
    a, b = demo_server.client(demo_server.a), demo_server.client(demo_server.b)
    with fresh_bucket(demo_server, demo_server.a) as bucket:
        assert ownership_of(a, bucket) == "ObjectWriter"
        a.put_bucket_policy(Bucket=bucket, Policy=bucket_policy(*grant_write(bucket, demo_server.b.principal)))
        b.put_object(Bucket=bucket, Key="k", Body=b"content")
        rules = [{"ObjectOwnership": "BucketOwnerEnforced"}]
        a.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": rules})
        assert ownership_of(a, bucket) == "BucketOwnerEnforced"
        assert a.get_object(Bucket=bucket, Key="k")["Body"].read() == b"content"
        with pytest.raises(ClientError) as caught:
            b.put_object(Bucket=bucket, Key="n", Body=b"x", ACL="public-read")
        assert error_code(caught.value) == "AccessControlListNotSupported"


def test_sessions_of_a_role_act_as_the_roles_account(demo_server: S3Server) -> None:
    assert Feature.ROLES in demo_server.features
    sts = demo_server.client(demo_server.b, "sts")
    assumed = sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="test")
    assert assumed["AssumedRoleUser"]["Arn"].startswith("arn:aws:sts::111111111111:assumed-role/")


def test_the_caller_is_named_where_the_server_can(s3_server: S3Server) -> None:
    sts = s3_server.client(s3_server.b, "sts")
    if Feature.CALLER_IDENTITY in s3_server.features:
        assert sts.get_caller_identity()["Account"] in s3_server.b.principal
    else:
        with pytest.raises(ClientError):
            sts.get_caller_identity()


def test_a_checksum_is_kept_where_the_server_can(bucket_pair: BucketPair) -> None:
    client = bucket_pair.server.client(bucket_pair.server.a)
    client.put_object(Bucket=bucket_pair.a, Key="k", Body=b"content", ChecksumAlgorithm="SHA256")
    kept = client.head_object(Bucket=bucket_pair.a, Key="k", ChecksumMode="ENABLED").get("ChecksumSHA256")
    assert (kept is not None) == (Feature.CHECKSUMS in bucket_pair.server.features)


@pytest.mark.server
def test_ownership_controls_read_on_ceph_give_no_rules(ceph_server: S3Server) -> None:
    """A DELETE of them would remove the bucket: what a GET answers is all that may be asked there."""
    client = ceph_server.client(ceph_server.a)
    with fresh_bucket(ceph_server, ceph_server.a) as bucket:
        answer = client.get_bucket_ownership_controls(Bucket=bucket)
        assert not answer.get("OwnershipControls", {}).get("Rules"), json.dumps(answer, default=str)
