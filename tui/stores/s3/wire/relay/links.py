"""The connections of one identity that threads work by: made on the loop, kept for the next part."""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict
from time import monotonic

from tui.aws.connection import Timeouts
from tui.stores.s3.wire.addresses import Addresses
from tui.stores.s3.wire.pool import KEPT, Contexts
from tui.stores.s3.wire.relay.link import Link
from tui.stores.s3.wire.request import Place


class Links:
    """Connections by place; how many there are at once is for their users to bound."""

    def __init__(self, timeouts: Timeouts, tls: Contexts, kept: float = KEPT) -> None:
        """`kept`: seconds that a connection stays open unused."""
        self._kept = kept
        self._timeouts, self._make_tls = timeouts, tls
        self._addresses = Addresses()
        self._idle: defaultdict[Place, list[Link]] = defaultdict(list)
        self._busy: set[Link] = set()
        self._closed = False
        self._sweeping: asyncio.TimerHandle | None = None

    async def take(self, place: Place) -> Link:
        """A connection without a request; raise `OSError`, `TimeoutError` included."""
        idle = self._idle[place]
        while idle:
            link = idle.pop()
            if self._may_go_on(link):
                self._busy.add(link)
                return link
            link.close()
        tls = await self._make_tls() if place.tls else None
        async with asyncio.timeout(self._timeouts.connect):
            connected = await self._addresses.connect(place.host, place.port)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        link = Link(place, connected, tls, self._timeouts.read)
        self._busy.add(link)
        return link

    def give(self, link: Link, *, free: bool) -> None:
        """Give one back that no thread is at; it is closed unless it is `free`: its last answer was read to the end."""
        self._busy.discard(link)
        if not free or self._closed:
            link.close()
            return
        link.idle_since = monotonic()
        self._idle[link.place].append(link)
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(self._kept, self._sweep)

    def close(self) -> None:
        """Close those that are idle, and end what threads wait for on others: whoever has them closes them."""
        self._closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        for links in self._idle.values():
            for link in links:
                link.close()
        self._idle.clear()
        for link in self._busy:
            link.stop()

    def _sweep(self) -> None:
        """Close what nobody has used for long."""
        self._sweeping = None
        for place, links in self._idle.items():
            kept = [link for link in links if self._may_go_on(link)]
            for link in set(links).difference(kept):
                link.close()
            self._idle[place] = kept
        if any(self._idle.values()):
            self._sweeping = asyncio.get_running_loop().call_later(self._kept, self._sweep)

    def _may_go_on(self, link: Link) -> bool:
        return link.is_fresh and link.idle_since > monotonic() - self._kept
