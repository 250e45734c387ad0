"""The stores of accounts A and B on every server."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.servers.server import Account, S3Server
from tests.stores.faults import certificate
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.core.identity import IdentitySpec
from tui.stores.s3.s3_store import S3Store


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """That of a server with a certificate that clients trust."""
    file, context = certificate(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(file))
    return context


BOTH_WAYS = pytest.mark.parametrize("short_way", [True, False], ids=["short way", "botocore's way"])
"""For requests that `tui.stores.http` sends where it can: it must make no difference."""


ONLY_DEMO = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
ONLY_CEPH = pytest.mark.parametrize("s3_server", [pytest.param("ceph", marks=pytest.mark.server)], indirect=True)


@pytest.fixture
def short_way() -> bool:
    return True


@pytest.fixture
async def connections(short_way: bool) -> AsyncIterator[Connections]:
    made = Connections(short_way=short_way)
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
