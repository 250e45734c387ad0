"""Connects to a host at the first of its addresses that answers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from time import monotonic
from typing import Any

from aiohappyeyeballs import start_connection

_KNOWN = 10.0
"""Seconds that addresses are used before they are looked up again (as aiohttp)."""
_HEAD_START = 0.25
"""Seconds that an address has before the next one is tried beside it (RFC 8305, "Happy Eyeballs Version 2")."""


class Addresses:
    """The addresses of hosts; each connection begins at another one, as S3 gives many for the load to be shared."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], tuple[float, list[Any]]] = {}

    async def connect(self, host: str, port: int) -> socket.socket:
        """A connected socket; raise `OSError`."""
        try:
            connected = await start_connection(await self._of(host, port), happy_eyeballs_delay=_HEAD_START)
        except OSError:
            self._known.pop((host, port), None)
            raise
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    async def _of(self, host: str, port: int) -> Sequence[Any]:
        since, found = self._known.get((host, port), (0.0, []))
        if not found or monotonic() - since > _KNOWN:
            loop = asyncio.get_running_loop()
            since, found = monotonic(), list(await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        self._known[host, port] = since, [*found[1:], *found[:1]]
        return found
