"""The connections to the servers of one identity: kept for the next request, no more than so many at once."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tui.stores.s3.wire.addresses import Addresses
from tui.stores.s3.wire.channel import Channel
from tui.stores.s3.wire.request import Place

KEPT = 12.0
"""Seconds that a connection is kept unused: servers close theirs after a time, most not so soon (as aiobotocore)."""

Contexts = Callable[[], Awaitable[ssl.SSLContext]]


@dataclass
class _Host:
    """The connections to one place."""

    channels: set[Channel] = field(default_factory=set)
    idle: list[Channel] = field(default_factory=list)
    """Those without a request; the one that was used last comes last."""
    waiting: deque[asyncio.Future[Channel | None]] = field(default_factory=deque)


class Pool:
    """Connections by place. Used from one event loop."""

    def __init__(self, most: int, connect_seconds: float, tls: Contexts, kept: float = KEPT) -> None:
        """`most` connections to a place; `tls` makes the settings of those over TLS."""
        self._kept = kept
        self._most, self._seconds, self._make_tls = most, connect_seconds, tls
        self._hosts: dict[Place, _Host] = {}
        self._addresses = Addresses()
        self._tls: ssl.SSLContext | None = None
        self._sweeping: asyncio.TimerHandle | None = None
        self._one_left = asyncio.Event()

    def idle(self, place: Place) -> Channel | None:
        """A connection without a request, if there is one at once."""
        host = self._hosts.get(place)
        while host is not None and host.idle:
            channel = host.idle.pop()
            if self._is_fresh(channel):
                return channel
            channel.close()
        return None

    async def channel(self, place: Place) -> Channel:
        """A connection that is made now, or waited for; raise `OSError`, `ssl.SSLError` and `TimeoutError` included."""
        host = self._hosts.get(place)
        if host is None:
            host = self._hosts[place] = _Host()
        while len(host.channels) >= self._most:
            given = await self._turn(host)
            if given is not None and given.is_open:
                return given
        return await self._connect(place, host)

    async def close(self) -> None:
        """Close all of them, and wait until they are."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        for host in self._hosts.values():
            for channel in host.channels:
                channel.close()
        while any(channel.is_connected for host in self._hosts.values() for channel in host.channels):
            self._one_left.clear()
            await self._one_left.wait()

    async def _turn(self, host: _Host) -> Channel | None:
        """Wait for a connection that another request leaves; None: one is closed, so that another can be made."""
        turn: asyncio.Future[Channel | None] = asyncio.get_running_loop().create_future()
        host.waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on(host, turn.result())
            raise

    async def _connect(self, place: Place, host: _Host) -> Channel:
        loop = asyncio.get_running_loop()
        channel = Channel(loop, lambda freed: self._freed(host, freed))
        host.channels.add(channel)
        try:
            if place.tls and self._tls is None:
                self._tls = await self._make_tls()
            async with asyncio.timeout(self._seconds):
                await loop.create_connection(
                    lambda: channel,
                    sock=await self._addresses.connect(place.host, place.port),
                    ssl=self._tls if place.tls else None,
                    server_hostname=place.host if place.tls else None,
                )
        except BaseException:
            channel.close()
            self._left(host, channel)
            raise
        return channel

    def _freed(self, host: _Host, channel: Channel) -> None:
        if channel.is_open:
            self._pass_on(host, channel)
        else:
            self._left(host, channel)

    def _left(self, host: _Host, channel: Channel) -> None:
        if channel in host.channels:
            host.channels.discard(channel)
            self._one_left.set()
            self._pass_on(host, None)

    def _pass_on(self, host: _Host, channel: Channel | None) -> None:
        while host.waiting:
            turn = host.waiting.popleft()
            if not turn.done():
                turn.set_result(channel)
                return
        if channel is not None:
            host.idle.append(channel)
            if self._sweeping is None:
                self._sweeping = asyncio.get_running_loop().call_later(self._kept, self._sweep)

    def _sweep(self) -> None:
        """Close what nobody has used for long."""
        self._sweeping = None
        for host in self._hosts.values():
            for channel in [each for each in host.idle if not self._is_fresh(each)]:
                channel.close()
            host.idle = [each for each in host.idle if self._is_fresh(each)]
        if any(host.idle for host in self._hosts.values()):
            self._sweeping = asyncio.get_running_loop().call_later(self._kept, self._sweep)

    def _is_fresh(self, channel: Channel) -> bool:
        return channel.is_open and channel.idle_for < self._kept
