"""The engine runs on uvloop, most tests on asyncio's own loop: connections are tested on both."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

from tests.transfers.conftest import relay_threads as relay_threads


@pytest.hookimpl(optionalhook=True)
def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session", autouse=True)
def signal_pipe() -> None:
    """With its first loop, libuv makes a pipe that the process keeps."""
    uvloop.new_event_loop().close()
