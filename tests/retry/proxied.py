"""Both accounts of a server behind a proxy that causes failures, and stores that retry."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.servers.buckets import BucketPair
from tests.servers.proxy.faults import Fault, Rule
from tests.servers.proxy.proxy import FaultProxy, fault_proxy
from tests.servers.server import Account, S3Server
from tui.accounts.clients.connection import Timeouts
from tui.accounts.clients.retries import ONE_ATTEMPT
from tui.accounts.connections import Connections
from tui.accounts.ids import connection_id
from tui.accounts.probing import probe
from tui.model.identity import IdentitySpec
from tui.stores.base import Store
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes
from tui.transfers.retry import Allowance, Backoff, Retries

PLAIN = ObjectAttributes()
QUICK = Backoff(first=0.001, longest=0.02)
OFTEN = Backoff(first=0.01, longest=0.05)
SHORT = Timeouts(connect=1.0, read=1.0)
"""For stalls: a second without a byte is one. The servers answer within it, on a slow machine, too."""


@dataclass
class ProxiedServer:
    """A server seen through a proxy; clients of the tests' own pass the proxy by."""

    server: S3Server
    proxy: FaultProxy
    connections: Connections
    retries: Retries
    probes: int = 0
    """How often it was looked whether a connection works."""

    def connection(self, account: Account) -> str:
        """The id of an account's connection through the proxy."""
        return connection_id(IdentitySpec(profile=account.profile, endpoint=self.proxy.endpoint))

    async def open(self, connection: str) -> Store:
        """A connection's store, with retries."""
        made = await self.connections.get(connection, attempts=ONE_ATTEMPT)
        return self.retries.retrying(S3Store(made), connection)

    def befall(self, fault: Fault, *operations: str, **how: Any) -> Rule:
        """Add a rule to the proxy."""
        rule = Rule(fault, operations, **how)
        self.proxy.rules.append(rule)
        return rule


@dataclass
class ProxiedBuckets(ProxiedServer):
    """A's bucket is the source, B's the target."""

    buckets: BucketPair = field(kw_only=True)

    @property
    def connection_a(self) -> str:
        return self.connection(self.server.a)

    @property
    def connection_b(self) -> str:
        return self.connection(self.server.b)

    @cached_property
    def a(self) -> Any:
        return self.server.client(self.server.a)

    @cached_property
    def b(self) -> Any:
        return self.server.client(self.server.b)

    def put(self, key: str, body: bytes = b"content", **parameters: Any) -> str:
        """Put an object into A's bucket; returns its ETag."""
        answer: dict[str, str] = self.a.put_object(Bucket=self.buckets.a, Key=key, Body=body, **parameters)
        return answer["ETag"]

    def content(self, key: str) -> bytes:
        """What B's bucket has at a key."""
        body: bytes = self.b.get_object(Bucket=self.buckets.b, Key=key)["Body"].read()
        return body

    def uploads(self) -> list[str]:
        """The ids of the incomplete uploads of B's bucket."""
        found = self.b.list_multipart_uploads(Bucket=self.buckets.b).get("Uploads", [])
        return [each["UploadId"] for each in found]


@asynccontextmanager
async def proxied_server(
    server: S3Server, timeouts: Timeouts, allowance: Allowance | None = None
) -> AsyncIterator[ProxiedServer]:
    """No failure, until the test asks for one."""
    async with fault_proxy(server.endpoint) as proxy:
        connections = Connections(timeouts=timeouts)

        async def look(connection: str) -> None:
            proxied.probes += 1
            await probe(connections, connection)

        retries = Retries(look, retries=QUICK, probes=OFTEN, allowance=allowance)
        proxied = ProxiedServer(server, proxy, connections, retries)
        try:
            yield proxied
        finally:
            await retries.close()
            await connections.close()


@asynccontextmanager
async def proxied_buckets(
    buckets: BucketPair, timeouts: Timeouts, allowance: Allowance | None = None
) -> AsyncIterator[ProxiedBuckets]:
    """The same over two buckets."""
    async with proxied_server(buckets.server, timeouts, allowance) as proxied:
        yield ProxiedBuckets(proxied.server, proxied.proxy, proxied.connections, proxied.retries, buckets=buckets)
