from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from aiohttp import web

MOST_BYTES = 64 * 1024
"""Of a request's body; what the tests' servers are asked is small."""


@asynccontextmanager
async def loopback(routes: Iterable[web.RouteDef]) -> AsyncIterator[str]:
    """Serve these routes on a port of 127.0.0.1 while the block lasts; yields the endpoint."""
    app = web.Application(client_max_size=MOST_BYTES)
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def role_keys(access_key: str) -> dict[str, str]:
    """Credentials of a role for six hours, as instances and containers are given them."""
    ends = datetime.now(UTC) + timedelta(hours=6)
    given = {"AccessKeyId": access_key, "SecretAccessKey": "s3cr3t", "Token": "session"}
    return given | {"Expiration": f"{ends:%Y-%m-%dT%H:%M:%SZ}"}
