"""Who the requests say they are from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.servers.server import S3Server
from tui import __version__
from tui.accounts.connections import Connections
from tui.accounts.ids import connection_id
from tui.model.identity import IdentitySpec


@pytest.fixture
async def connections(demo_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Connections]:
    for name, value in demo_server.environment.items():
        monkeypatch.setenv(name, value)
    made = Connections()
    yield made
    await made.close()


async def sent(connections: Connections, profile: str) -> str:
    agents: list[str] = []

    def note(request: Any, **_: Any) -> None:
        agent = request.headers["User-Agent"]
        agents.append(agent.decode() if isinstance(agent, bytes) else agent)

    client = (await connections.get(connection_id(IdentitySpec(profile)))).client
    client.meta.events.register("before-send.s3", note)
    await client.list_buckets()
    return agents[0]


async def test_it_names_the_program_and_its_libraries(connections: Connections) -> None:
    agent = await sent(connections, "analytics")
    assert agent.startswith(f"xs3-tui/{__version__} aiobotocore/")
    assert " botocore/" in agent
    assert "app/" not in agent


async def test_it_names_the_users_application(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", "nightly copies\r\n")
    assert (await sent(connections, "analytics")).endswith(" app/nightly-copies--")
