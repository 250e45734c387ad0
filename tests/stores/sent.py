"""Requests as they would be sent, to hosts that no test may reach: caught when they are signed, and never sent."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import pytest
from aiobotocore.awsrequest import AioAWSResponse
from botocore.compat import HTTPHeaders

from tui.accounts.clients.connection import Connection


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


class _NoBody:
    async def read(self) -> bytes:
        return b""


async def sent_by(connection: Connection, asking: Awaitable[Any], *, moved_to: str = "") -> Sent:
    """The first request that `asking`, an operation of this connection, would send.

    With `moved_to`, a region, the second: the first is answered by a redirect to there.
    """
    regions = [moved_to] if moved_to else []

    def catch(request: Any, **_: Any) -> AioAWSResponse:
        if not regions:
            raise _CaughtError(_read(request))
        headers = HTTPHeaders.from_dict({"x-amz-bucket-region": regions.pop()})
        return AioAWSResponse(request.url, 301, headers, _NoBody())

    events: Any = connection.client.meta.events  # its stub knows no handlers that answer
    events.register_last("before-send.s3", catch)
    try:
        with pytest.raises(_CaughtError) as caught:
            await asking
    finally:
        events.unregister("before-send.s3", catch)
    return caught.value.sent


def _read(request: Any) -> Sent:
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    return Sent(request.method, request.url, headers)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
