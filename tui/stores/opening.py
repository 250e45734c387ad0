"""The store of a connection: a local disk's, or S3 as its identity sees it."""

from __future__ import annotations

from tui.accounts.connection import ATTEMPTS
from tui.accounts.connections import Connections
from tui.accounts.ids import spec_of
from tui.stores.base import Store
from tui.stores.local import LocalStore
from tui.stores.s3 import S3Store


def is_local(connection: str) -> bool:
    """Whether a connection is this machine's file system. Raises `ProblemError` for an id that names none."""
    return spec_of(connection).local


async def open_store(connections: Connections, connection: str, attempts: int = ATTEMPTS) -> Store:
    """The store of a connection, whose requests are sent up to `attempts` times; raises `ProblemError`."""
    if is_local(connection):
        return LocalStore()
    return S3Store(await connections.get(connection, attempts))
