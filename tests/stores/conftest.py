"""The stores of accounts A and B on every server."""

from collections.abc import AsyncIterator

import pytest

from tests.servers.server import Account, S3Server
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.stores.s3 import S3Store


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Access keys of the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture(params=[True, False], ids=["short way", "botocore's way"])
async def connections(request: pytest.FixtureRequest) -> AsyncIterator[Connections]:
    made = Connections(short_way=request.param)
    yield made
    await made.close()


async def store_of(connections: Connections, account: Account) -> S3Store:
    return S3Store(await connections.get(connection_id(IdentitySpec(account.profile))))


@pytest.fixture
async def a(connections: Connections, server_environment: S3Server) -> S3Store:
    return await store_of(connections, server_environment.a)


@pytest.fixture
async def b(connections: Connections, server_environment: S3Server) -> S3Store:
    return await store_of(connections, server_environment.b)
