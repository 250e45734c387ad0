"""Requests as they would be sent, to hosts that no test may reach: caught when they are signed, and never sent."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, NoReturn

import pytest

from tui.accounts.connection import Connection


@dataclass(frozen=True, slots=True)
class Sent:
    """A request: its method, whole URL, and headers by their names in lower case."""

    method: str
    url: str
    headers: dict[str, str]

    @property
    def signing_region(self) -> str:
        """The region of its signature."""
        return self.headers["authorization"].partition("Credential=")[2].split("/")[2]


class _CaughtError(Exception):
    """Carries a request out of botocore, which knows no reason to try that one again."""

    def __init__(self, sent: Sent) -> None:
        super().__init__(sent.url)
        self.sent = sent


async def sent_by(connection: Connection, asking: Awaitable[Any]) -> Sent:
    """The first request that `asking`, an operation of this connection, would send."""
    events = connection.client.meta.events
    events.register_last("before-send.s3", _catch, unique_id="catch")
    try:
        with pytest.raises(_CaughtError) as caught:
            await asking
    finally:
        events.unregister("before-send.s3", unique_id="catch")
    return caught.value.sent


def _catch(request: Any, **_: Any) -> NoReturn:
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    raise _CaughtError(Sent(request.method, request.url, headers))


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
