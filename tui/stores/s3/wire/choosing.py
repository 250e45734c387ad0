"""Which way the requests of a connection go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from tui.aws.connection import Connection
from tui.aws.overrides import session_of

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

    from tui.stores.s3.wire.client import WireClient


def short_way_of(connection: Connection) -> WireClient | None:
    """The client for requests on connections of our own, if there is one."""
    session = session_of(connection.client)
    client: object = client_of(connection)
    return cast("WireClient", client) if session and client is session.beside else None


def client_of(connection: Connection) -> S3Client:
    """The client to ask by: one for all stores of a connection, closed with botocore's own.

    Botocore's own is all there is for who signs nothing, and for who wants it to limit the rate of requests.
    """
    session = session_of(connection.client)
    if session is not None and session.beside is not None:
        return cast("S3Client", session.beside)
    config: Any = connection.client.meta.config  # its stub does not know `retries`
    limited = config.retries["mode"] == "adaptive"
    if session is None or connection.credentials is None or limited or not connection.short_way:
        return connection.client
    from tui.stores.s3.wire.client import WireClient  # not before it is needed: the engine starts sooner

    session.beside = WireClient(connection, session)
    return cast("S3Client", session.beside)
