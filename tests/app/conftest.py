"""No worker of a controller outlives its test."""

from collections.abc import AsyncIterator

import pytest

from tests.app.host import HOSTS


@pytest.fixture(autouse=True)
async def workers() -> AsyncIterator[None]:
    yield
    while HOSTS:
        await HOSTS.pop().stop()
