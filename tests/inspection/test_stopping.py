"""An inspection of a server that never answers: bounded, and gone when it is closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.inspection.panes import Panes
from tests.waiting import until
from tui.accounts.connections import Connections
from tui.accounts.ids import connection_id
from tui.inspection.context import Context
from tui.inspection.fact_requests import requests_about
from tui.inspection.gather import AT_ONCE, Gathering, gather
from tui.inspection.inspect import inspect
from tui.inspection.requests.request import Asker
from tui.model.identity import AuthMethod, Identity, IdentitySpec
from tui.model.location import Location
from tui.stores.s3.store import S3Store

LOCATION = Location("assets", "x")


class SilentServer:
    """Takes connections and requests, and answers none."""

    def __init__(self) -> None:
        self.requests = 0
        self.open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.requests += 1
            await reader.read()
        finally:
            self.open -= 1
            writer.close()


@pytest_asyncio.fixture
async def silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[SilentServer, Panes]]:
    silent = SilentServer()
    server = await asyncio.start_server(silent.serve, "127.0.0.1", 0)
    endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    spec = IdentitySpec(endpoint=endpoint, region="us-east-1")
    identity = Identity(connection_id(spec), "mine", AuthMethod.KEYS, spec)
    panes = Panes(Connections(), {"mine": identity})
    yield silent, panes
    await panes.connections.close()
    server.close()


async def test_closing_cancels_every_request_and_never_more_than_a_few_run(
    silent: tuple[SilentServer, Panes],
) -> None:
    server, panes = silent
    context = Context(panes.identities["mine"])
    store: S3Store = await panes.store("mine")
    before = asyncio.all_tasks()
    updates = inspect(LOCATION, store, None, context)
    first = asyncio.create_task(anext(updates))
    await until(lambda: server.requests == AT_ONCE, "all that may run at once runs")
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await until(lambda: server.open == 0, "every connection is closed")
    assert server.requests == AT_ONCE
    await until(lambda: asyncio.all_tasks() <= before, "no task is left")


async def test_closing_returns_when_nothing_of_it_runs_any_more(silent: tuple[SilentServer, Panes]) -> None:
    """What takes a few turns of the loop to end is waited for, too."""
    _, panes = silent
    begun, ended = asyncio.Event(), False

    class Slow(S3Store):
        async def tags(self, bucket: str, key: str, version: str = "") -> list[tuple[str, str]]:
            nonlocal ended
            begun.set()
            try:
                return await super().tags(bucket, key, version)
            finally:
                for _ in range(100):
                    await asyncio.sleep(0)
                ended = True

    store = Slow(await panes.connections.get(panes.identities["mine"].connection))
    asking = Gathering(LOCATION, Asker("mine", store))
    facts = gather(asking, requests_about(LOCATION))
    first = asyncio.create_task(anext(facts))
    await begun.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert ended
