"""A bucket that another account has taken receives nothing."""

import secrets
from contextlib import suppress
from typing import Any

import pytest

from tests.servers.buckets import remove_bucket
from tests.servers.policies import bucket_policy, grant_write
from tests.servers.server import S3Server
from tests.stores.refusals import problem_of
from tui.accounts import connection_id
from tui.accounts.addresses import AddressKeeper
from tui.accounts.connections import Connections
from tui.model.identity import Address, IdentitySpec
from tui.model.problem import ProblemKind
from tui.stores.base import ObjectAttributes
from tui.stores.s3 import S3Store

PLAIN = ObjectAttributes()
SERVICE, BUCKET, OWNER = "https://s3.example", "bucket", "canonical-id"


def make(client: Any, bucket: str) -> None:
    region = client.meta.region_name
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client.create_bucket(Bucket=bucket, **where)


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)  # Ceph tells no account numbers
async def test_a_bucket_that_has_changed_hands(server_environment: S3Server, connections: Connections) -> None:
    server = server_environment
    store = S3Store(await connections.get(connection_id(IdentitySpec(server.a.profile))))
    async for _ in connections.identify(IdentitySpec(server.a.profile)):
        pass  # the account's number is learned
    mine, theirs, name = server.client(server.a), server.client(server.b), f"taken-{secrets.token_hex(6)}"
    make(mine, name)
    await store.bucket_acl(name)
    await store.put(name, "before", b"x", PLAIN)
    upload = await store.create_upload(name, "parts", PLAIN)
    part = await store.upload_part(name, "parts", upload, 1, b"x", start=0)
    await store.complete_upload(name, "parts", upload, [part])
    remove_bucket(mine, name)
    make(theirs, name)
    try:
        theirs.put_bucket_policy(Bucket=name, Policy=bucket_policy(*grant_write(name, server.a.principal)))
        for request in (store.put(name, "secret", b"x", PLAIN), store.create_upload(name, "secret", PLAIN)):
            assert (await problem_of(request)).kind is ProblemKind.DENIED
        assert "Contents" not in theirs.list_objects_v2(Bucket=name)
    finally:
        with suppress(theirs.exceptions.NoSuchBucket):
            remove_bucket(theirs, name)


@pytest.mark.parametrize(
    ("number", "certain"), [("111111111111", True), ("", False), ("tenant$alice", False), ("1" * 13, False)]
)
def test_only_an_account_number_that_is_certain_is_expected(number: str, certain: bool) -> None:
    keeper = AddressKeeper()
    keeper.learn(Address(OWNER, number, "label"))
    assert keeper.account_of(SERVICE, BUCKET) == ""
    keeper.learn_bucket(SERVICE, BUCKET, OWNER)
    assert keeper.account_of(SERVICE, BUCKET) == (number if certain else "")
    assert keeper.account_of("https://other.example", BUCKET) == ""
    keeper.learn_bucket(SERVICE, BUCKET, "somebody-else")
    assert keeper.account_of(SERVICE, BUCKET) == ""
