"""The way to a Dask scheduler: its library, the connection, what to say when there is none."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tui.model.cluster import ClusterOptions
from tui.model.engines import Engine
from tui.model.problem import Problem, ProblemError, ProblemKind

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 10
WAITS = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between attempts to reach a scheduler; the last one for all that follow."""


class SchedulerLost(Exception):  # noqa: N818  # it is no error of the transfer, which waits
    """There is no connection to the scheduler now."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


async def distributed_library() -> Any:
    """Dask's library; importing it takes a second, in a thread. Raises `ProblemError` where it is not installed."""
    try:
        return await asyncio.to_thread(importlib.import_module, "distributed")
    except ImportError as error:
        raise ProblemError(
            Problem(
                kind=ProblemKind.INVALID,
                title="Dask's distributed is not installed",
                cause=str(error),
                remedy="install it beside xs3-tui: pip install 'xs3-tui[dask]'",
            )
        ) from error


@asynccontextmanager
async def scheduler_client(engine: Engine, options: ClusterOptions) -> AsyncGenerator[Client]:
    """A client of the scheduler. Raises `SchedulerLost` where none is reached, `ProblemError` if it cannot be used."""
    distributed = await distributed_library()
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is said in the transfer
    address = engine.address if engine.encrypted else f"tcp://{engine.address.partition('://')[2]}"
    client = distributed.Client(
        address,
        asynchronous=True,
        security=_security(distributed, engine, options),
        timeout=CONNECT_SECONDS,
        set_as_default=False,
        name="xs3-tui",
    )
    try:
        try:
            await client
        except OSError as error:
            raise SchedulerLost(unreachable(engine, error)) from error
        yield client
    finally:
        await _close(client)


def scheduler_of(client: Client) -> Any:
    """The scheduler, to be called; `OSError` where the client has none."""
    if client.scheduler is None:
        raise OSError("there is no connection to the scheduler")
    return client.scheduler


async def names_of(client: Client) -> dict[str, str]:
    """The names of the workers, by their addresses. `OSError` where the client has no scheduler."""
    answer = await scheduler_of(client).identity(n_workers=-1)
    return {address: str(each["name"]) for address, each in answer["workers"].items()}


def unreachable(engine: Engine, error: BaseException | None = None) -> Problem:
    """The problem of a scheduler that does not answer."""
    return Problem(
        kind=ProblemKind.UNREACHABLE,
        title=f"the Dask scheduler {engine.address} cannot be reached",
        cause=str(error).splitlines()[0][:300] if error and str(error) else "",
        remedy="the transfer goes on by itself when a scheduler answers there; check address, network and certificates",
        resource=engine.address,
    )


def on_loopback(address: str) -> bool:
    """Whether an address (``tcp://127.0.0.1:8786``) is on this machine."""
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def encrypted(address: str) -> bool:
    """Whether nobody on the network can read what is sent to that address of Dask's."""
    return address.startswith("tls://")


def _security(distributed: Any, engine: Engine, options: ClusterOptions) -> Any:
    """The certificates of the order, else those of Dask's own configuration. Raises `ProblemError`."""
    given = {"tls_ca_file": options.ca, "tls_client_cert": options.certificate, "tls_client_key": options.key}
    try:
        security = distributed.Security(
            require_encryption=engine.encrypted or None, **{name: path for name, path in given.items() if path}
        )
        read = security.get_connection_args("client").get("ssl_context")
    except (OSError, ValueError) as error:
        raise ProblemError(_unusable_certificates(str(error))) from error
    if engine.encrypted and read is None:
        raise ProblemError(_unusable_certificates("authority, certificate and key are needed; not all are named"))
    return security


def _unusable_certificates(cause: str) -> Problem:
    return Problem(
        kind=ProblemKind.INVALID,
        title="the certificates for the Dask cluster cannot be used",
        cause=cause,
        remedy="check --cluster-ca, --cluster-cert and --cluster-key, or Dask's configuration",
    )


async def _close(client: Any) -> None:
    """A scheduler that is gone is no reason to wait for long."""
    with suppress(Exception):
        await client.close(timeout=2)
