"""The store of a connection: a local disk's, or S3 as its identity sees it."""

from __future__ import annotations

from tui.aws.connection import ATTEMPTS
from tui.aws.connections import Connections
from tui.aws.ids import spec_of
from tui.core.identity import Safety
from tui.stores.base import Store
from tui.stores.guarded import guarded
from tui.stores.local import LocalStore
from tui.stores.s3 import S3Store


async def open_store(connections: Connections, connection: str, attempts: int = ATTEMPTS) -> Store:
    """The store of a connection, whose requests are sent up to `attempts` times; raises `ProblemError`.

    It is guarded where the spec's safety forbids something.
    """
    spec = spec_of(connection)
    store: Store = LocalStore() if spec.local else S3Store(await connections.get(connection, attempts))
    return guarded(store, connections, connection) if spec.safety != Safety() else store
