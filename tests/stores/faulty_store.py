"""The store on a server that answers what a test says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.stores.faults import FaultyServer, faulty_server
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes

PLAIN = ObjectAttributes()
ETAG = '"d41d8cd98f00b204e9800998ecf8427e"'


@asynccontextmanager
async def store_on(connections: Connections, *answers: bytes) -> AsyncIterator[tuple[S3Store, FaultyServer]]:
    """The store, with access keys of the environment, and the server that gives it these answers in order."""
    async with faulty_server(*answers) as server:
        yield S3Store(await connections.get(connection_id(IdentitySpec(endpoint=server.endpoint)))), server
