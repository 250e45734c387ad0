"""Owners have names though S3 sends no DisplayName: from profiles, ListBuckets, STS and the address book."""

from contextlib import aclosing

import pytest

from tests.servers.server import S3Server
from tests.stores.faults import answer, faulty_server
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.model.identity import Identity, IdentitySpec, Owner
from tui.stores.s3 import S3Store
from tui.text.owners import owner_name


async def identified(connections: Connections, profile: str) -> Identity:
    async with aclosing(connections.identify(IdentitySpec(profile))) as identities:
        return [identity async for identity in identities][-1]


async def test_every_owner_of_the_demo_has_its_account_as_its_name(demo: S3Server, connections: Connections) -> None:
    for account in (demo.a, demo.b):
        identity = await identified(connections, account.profile)
        store = S3Store(await connections.get(connection_id(IdentitySpec(account.profile))))
        listed = await store.buckets()
        assert listed.owner == Owner(account.canonical_id)  # no name was sent
        bucket = listed.buckets[0].name
        assert (await store.settings.bucket_acl(bucket)).owner == Owner(account.canonical_id)
        named = owner_name(Owner(account.canonical_id), connections.addresses.book)
        assert named == f"{account.profile} ({identity.account})"


@pytest.mark.parametrize("name", ["", "<DisplayName/>", "<DisplayName></DisplayName>"])
async def test_an_empty_name_is_none(connections: Connections, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    owner = "a" * 64
    body = f"<ListAllMyBucketsResult><Owner><ID>{owner}</ID>{name}</Owner><Buckets/></ListAllMyBucketsResult>"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    async with faulty_server(answer("200 OK", body.encode())) as server:
        store = S3Store(await connections.get(connection_id(IdentitySpec(endpoint=server.endpoint))))
        assert (await store.buckets()).owner == Owner(owner)
        assert owner_name(Owner(owner), connections.addresses.book) == "environment"  # what the identity is called
