"""How fast keys are listed, side by side with stock aiobotocore, one process and one run."""

import time
from collections.abc import Awaitable, Callable

import pytest
from aiobotocore.session import AioSession

from tests.servers.server import S3Server
from tests.servers.standin.standin import WIDE, Standin
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.stores.s3 import S3Store

pytestmark = pytest.mark.bench

PEER_KEYS = 20_000
ROUNDS = 3


async def best_rate(listing: Callable[[], Awaitable[int]]) -> float:
    """The most keys per second of some rounds."""
    rates = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        keys = await listing()
        rates.append(keys / (time.perf_counter() - started))
    return max(rates)


async def peer_rate(server: S3Server) -> float:
    async with AioSession().create_client(
        "s3",
        endpoint_url=server.endpoint,
        region_name=server.a.region,
        aws_access_key_id=server.a.access_key,
        aws_secret_access_key=server.a.secret_key,
    ) as client:

        async def listing() -> int:
            pages = client.get_paginator("list_objects_v2").paginate(
                Bucket=WIDE.name, FetchOwner=True, PaginationConfig={"MaxItems": PEER_KEYS}
            )
            return sum([len(page["Contents"]) async for page in pages])

        return await best_rate(listing)


async def our_rate(store: S3Store) -> float:
    async def listing() -> int:
        return sum([len(page.names) async for page in store.pages(WIDE.name, "", recursive=True)])

    return await best_rate(listing)


async def test_keys_per_second(
    standin: Standin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in standin.server.environment.items():
        monkeypatch.setenv(name, value)
    connections = Connections()
    try:
        ours = await our_rate(S3Store(await connections.get(connection_id(IdentitySpec(standin.server.a.profile)))))
    finally:
        await connections.close()
    stock = await peer_rate(standin.server)
    with capsys.disabled():
        print(f"\n  list: {ours:,.0f} keys/s, stock aiobotocore {stock:,.0f} keys/s, ratio {ours / stock:.1f}")
