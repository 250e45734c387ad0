"""How long the engine runs: until no client is connected and nothing is left to do."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tui.answering.log import log
from tui.core.problem import ProblemError
from tui.engine.answers import import_rooms
from tui.engine.server import ClientConnection
from tui.engine.service import Service
from tui.link.engine_paths import EnginePaths
from tui.link.process import LOCK_FD, bind, say_where

FIRST_CLIENT_SECONDS = 60.0
"""An engine without work and without a client for this long after its start ends: its starter is gone."""

QUIET_SECONDS = 2.0
"""After so long the first client has what it asked for at its start; a thread then imports what is asked for later."""

BETWEEN_LOOKS = 2.0
"""Seconds between two looks at whether the socket is still to be found."""


async def run_engine(
    listener: socket.socket,
    places: Callable[[], EnginePaths],
    *,
    tied: bool = False,
    ending: Callable[[], None] = lambda: None,
) -> None:
    """Serve clients on `listener` until there is nothing more to do or SIGTERM comes.

    `places` tells where this engine's files are now: the runtime directory comes and goes with the user's logins. A
    terminal that vanishes is no reason to end. A `tied` engine ends with its last client, whatever it is doing.
    `ending` is called when it begins to end.
    """
    engine = _Engine(places, ending, tied=tied)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, engine.finished.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    await engine.run(listener)


class _Engine:
    """The clients of one engine, and its socket."""

    def __init__(self, places: Callable[[], EnginePaths], ending: Callable[[], None], *, tied: bool) -> None:
        self.finished = asyncio.Event()
        self._places, self._ending, self._tied = places, ending, tied
        self._service = Service(self._end_if_idle)
        self._clients: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.Server] = []
        self._expects_first = True

    async def run(self, listener: socket.socket) -> None:
        """Begin, serve, end. Unfinished transfers stop, and the next engine resumes them."""
        places = self._places()
        await self._service.start(places)
        await self._listen(listener)
        loop = asyncio.get_running_loop()
        waiting = loop.call_later(FIRST_CLIENT_SECONDS, self._expect_no_more)
        importing = loop.call_later(QUIET_SECONDS, loop.run_in_executor, None, import_rooms)
        keeping = asyncio.create_task(self._keep_socket(), name="keep-socket")
        await self.finished.wait()
        self._ending()
        waiting.cancel()
        importing.cancel()
        keeping.cancel()
        self._path.unlink(missing_ok=True)  # a new client finds none, and waits for the lock
        await self._close()

    async def _listen(self, listener: socket.socket) -> None:
        self._path = Path(listener.getsockname())
        self._inode = self._path.stat().st_ino
        self._servers.append(await asyncio.start_unix_server(self._accept, sock=listener))

    async def _keep_socket(self) -> None:
        """Make the socket again where it was removed: systemd does so with the user's last session."""
        while True:
            await asyncio.sleep(BETWEEN_LOOKS)
            if self._is_there():
                continue
            with suppress(OSError, ProblemError):  # there is no place just now
                path = self._places().socket
                await self._listen(bind(path))
                say_where(LOCK_FD, path)
                log.info("listens at %s: the socket had been removed", path)

    def _is_there(self) -> bool:
        try:
            return self._path.stat().st_ino == self._inode
        except OSError:
            return False

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client; when the last one leaves, the engine may end."""
        task = asyncio.current_task()
        if task is None or self.finished.is_set() or not _is_same_user(writer):
            writer.close()  # not greeted: a client of an engine that ends looks for the next one
            return
        self._expects_first = False
        self._clients.add(task)
        try:
            await ClientConnection(self._service, reader, writer).serve()
        except asyncio.CancelledError:
            if not self.finished.is_set():
                raise
            # It is `_close` that ends it: asyncio would log a cancelled client as an error.
        finally:
            self._clients.discard(task)
            self._end_if_idle()

    def _expect_no_more(self) -> None:
        self._expects_first = False
        self._end_if_idle()

    def _end_if_idle(self) -> None:
        if self._clients or self._expects_first:
            return
        if self._tied or not self._service.needed:
            self.finished.set()

    async def _close(self) -> None:
        """Stop the clients' calls and everything that runs in the background."""
        for server in self._servers:
            server.close()
        for task in list(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        await self._service.close()


def _is_same_user(writer: asyncio.StreamWriter) -> bool:
    """Whether the peer runs as this user (checked where the system supports it: SO_PEERCRED on Linux)."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True  # the socket's mode 0600 in a directory of mode 0700 has to do
    layout = struct.Struct("3i")
    peer: socket.socket = writer.get_extra_info("socket")
    _pid, uid, _gid = layout.unpack(peer.getsockopt(socket.SOL_SOCKET, option, layout.size))
    return bool(uid == os.getuid())
