"""Panes connected to the embedded demo, or to each server in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import pytest
import pytest_asyncio

from tests.inspection.panes import Panes
from tests.servers.server import S3Server
from tui.accounts.connections import Connections
from tui.demo.profiles import ROLE_PROFILE


def use(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest_asyncio.fixture
async def panes(server_environment: S3Server) -> AsyncIterator[Panes]:
    """Both accounts of `s3_server`."""
    panes = Panes(Connections(), {})
    for account in (server_environment.a, server_environment.b):
        await panes.connect(account.profile)
    yield panes
    await panes.connections.close()


@pytest_asyncio.fixture
async def demo_panes(demo_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Panes]:
    """Both accounts of the demo, and the role."""
    use(monkeypatch, demo_server.environment)
    panes = Panes(Connections(), {})
    for profile in (demo_server.a.profile, demo_server.b.profile, ROLE_PROFILE):
        await panes.connect(profile)
    yield panes
    await panes.connections.close()
