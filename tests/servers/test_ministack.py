"""What the product's tests rely on, proved on MiniStack: its two accounts, their roles, and what it refuses."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.servers.buckets import BucketPair, error_code, fresh_bucket
from tests.servers.ministack.roles import fresh_role
from tests.servers.policies import grant_read
from tests.servers.server import S3Server

pytestmark = pytest.mark.server


@pytest.fixture
def buckets(ministack_server: S3Server) -> Iterator[BucketPair]:
    server = ministack_server
    with fresh_bucket(server, server.a) as a, fresh_bucket(server, server.b) as b:
        yield BucketPair(server, a, b)


def test_two_accounts_whose_keys_are_checked(ministack_server: S3Server) -> None:
    server = ministack_server
    numbers = [server.client(each, "sts").get_caller_identity()["Account"] for each in (server.a, server.b)]
    assert numbers == ["111111111111", "222222222222"]
    assert server.a.canonical_id != server.b.canonical_id


def test_a_bucket_is_closed_until_its_policy_opens_it(buckets: BucketPair) -> None:
    server = buckets.server
    server.client(server.a).put_object(Bucket=buckets.a, Key="k", Body=b"content")
    b = server.client(server.b)
    with pytest.raises(ClientError) as caught:
        b.list_objects_v2(Bucket=buckets.a)
    assert error_code(caught.value) == "AccessDenied"
    buckets.set_policy_of_a(*grant_read(buckets.a, server.b.principal))
    assert [entry["Key"] for entry in b.list_objects_v2(Bucket=buckets.a)["Contents"]] == ["k"]


def test_a_role_is_for_whom_it_trusts_and_acts_as_its_account(ministack_server: S3Server) -> None:
    server = ministack_server
    with fresh_role(server, server.a, server.b.principal) as role:
        session = server.client(server.b, "sts").assume_role(RoleArn=role, RoleSessionName="tests")
        assert ":111111111111:assumed-role/" in session["AssumedRoleUser"]["Arn"]
        with pytest.raises(ClientError) as caught:
            server.client(server.b, "sts").assume_role(RoleArn=role.replace("role-", "other-"), RoleSessionName="tests")
        assert error_code(caught.value) == "AccessDenied"
