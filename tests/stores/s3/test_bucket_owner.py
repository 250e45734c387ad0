"""A bucket that another account has taken receives nothing."""

import secrets
from contextlib import suppress
from typing import Any

import pytest

from tests.servers.buckets import remove_bucket
from tests.servers.policies import bucket_policy, grant_read, grant_write
from tests.servers.server import S3Server
from tests.stores.refusals import problem_of
from tui.accounts import connection_id
from tui.accounts.addresses import LiveAddressBook
from tui.accounts.connections import Connections
from tui.model.identity import Address, IdentitySpec
from tui.model.problem import ProblemKind
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes

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
    await store.settings.bucket_acl(name)
    await store.put(name, "before", b"x", PLAIN)
    upload = await store.create_upload(name, "parts", PLAIN)
    part = await store.upload_part(name, "parts", upload, 1, b"x", start=0)
    await store.complete_upload(name, "parts", upload, [part])
    remove_bucket(mine, name)
    make(theirs, name)
    try:
        grants = (*grant_write(name, server.a.principal), *grant_read(name, server.a.principal))
        theirs.put_bucket_policy(Bucket=name, Policy=bucket_policy(*grants))
        theirs.put_object(Bucket=name, Key="k", Body=b"not what it was")
        etag = theirs.head_object(Bucket=name, Key="k")["ETag"]
        for reading in (
            store.head(name, "k"),
            store.tags(name, "k"),
            store.read(name, "k", etag=etag, start=0, length=1),
            store.uploads(name),
            anext(store.pages(name, "")),
        ):
            assert (await problem_of(reading)).kind is ProblemKind.DENIED
        for request in (store.put(name, "secret", b"x", PLAIN), store.create_upload(name, "secret", PLAIN)):
            assert (await problem_of(request)).kind is ProblemKind.DENIED
        assert [entry["Key"] for entry in theirs.list_objects_v2(Bucket=name)["Contents"]] == ["k"]
    finally:
        with suppress(theirs.exceptions.NoSuchBucket):
            remove_bucket(theirs, name)


@pytest.mark.parametrize(
    ("number", "certain"), [("111111111111", True), ("", False), ("tenant$alice", False), ("1" * 13, False)]
)
def test_only_an_account_number_that_is_certain_is_expected(number: str, certain: bool) -> None:
    keeper = LiveAddressBook()
    keeper.learn(Address(OWNER, number, "label"))
    assert keeper.account_of(SERVICE, BUCKET) == ""
    keeper.learn_bucket(SERVICE, BUCKET, OWNER)
    assert keeper.account_of(SERVICE, BUCKET) == (number if certain else "")
    assert keeper.account_of("https://other.example", BUCKET) == ""
    keeper.learn_bucket(SERVICE, BUCKET, "somebody-else")
    assert keeper.account_of(SERVICE, BUCKET) == ""
