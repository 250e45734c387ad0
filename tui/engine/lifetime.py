"""How long the engine lives: from the inherited socket until its last client has left."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct

from tui.engine.log import log
from tui.engine.server import ClientConnection
from tui.engine.service import Service

FIRST_CLIENT_SECONDS = 60.0
"""An engine that nobody connects to for this long after its start ends: its starter is gone."""


async def run_engine(listener: socket.socket) -> None:
    """Serve clients on `listener` until the last one has left or SIGTERM or SIGINT comes."""
    engine = _Engine()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, engine.finished.set)
    server = await asyncio.start_unix_server(engine.accept, sock=listener)
    idle = loop.call_later(FIRST_CLIENT_SECONDS, engine.end_if_unused)
    async with server:
        await engine.finished.wait()
    idle.cancel()
    await engine.close()


class _Engine:
    """The clients of one engine."""

    def __init__(self) -> None:
        self.finished = asyncio.Event()
        self._service = Service()
        self._clients: set[asyncio.Task[None]] = set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client; the last one to leave ends the engine."""
        task = asyncio.current_task()
        if task is None or not _is_same_user(writer):
            writer.close()
            return
        self._clients.add(task)
        try:
            await ClientConnection(self._service, reader, writer).serve()
        except asyncio.CancelledError:
            if not self.finished.is_set():
                raise
            # It is `close` that ends it: asyncio would log a cancelled client as an error.
        finally:
            self._clients.discard(task)
            if not self._clients:
                self.finished.set()

    def end_if_unused(self) -> None:
        """End when nobody has ever connected."""
        if not self._clients:
            log.warning("nobody connected within %.0f seconds", FIRST_CLIENT_SECONDS)
            self.finished.set()

    async def close(self) -> None:
        """Stop the clients' calls and everything that runs in the background."""
        for task in list(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        await self._service.close()


def _is_same_user(writer: asyncio.StreamWriter) -> bool:
    """Whether the peer runs as this user (checked where the system tells: SO_PEERCRED on Linux)."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True  # the socket's mode 0600 in a directory of mode 0700 has to do
    layout = struct.Struct("3i")
    peer: socket.socket = writer.get_extra_info("socket")
    _pid, uid, _gid = layout.unpack(peer.getsockopt(socket.SOL_SOCKET, option, layout.size))
    return bool(uid == os.getuid())
