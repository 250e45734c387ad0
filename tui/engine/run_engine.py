"""Runs the engine on an inherited Unix socket and lock."""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import os
import resource
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from functools import partial, reduce
from operator import or_
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from tui import __version__
from tui.answering.log import log, log_problem, start_logging
from tui.answering.rooms import Rooms
from tui.aws.overrides import forget_event_aliases
from tui.aws.transport import PendingRequests, tracking_requests
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.engine.answers import HANDLERS, import_rooms
from tui.engine.service import EngineService
from tui.link import frames
from tui.link.engine_paths import EnginePaths, engine_paths, log_file
from tui.link.process import LISTENER_FD, LOCK_FD, bind, say_where
from tui.link.request import PROTOCOL_VERSION, Feed, Hello, Request
from tui.settings import EngineSettings, checks, read_settings, settings_file
from tui.stores.local.disk_errors import keep_umask


def main() -> None:
    """Run until there is nothing more to do. The lock is released when the process ends."""
    parser = argparse.ArgumentParser(prog="xs3-tui engine")
    parser.add_argument("--home", type=Path, help="keep all files there, and end with the last client: for the demo")
    arguments = parser.parse_args()
    keep_memory_private()
    keep_umask(os.umask(0o077))  # its own files are private; downloaded files get the user's umask
    os.chdir("/")  # its start directory may be unmounted meanwhile
    for inherited in (LISTENER_FD, LOCK_FD):
        os.set_inheritable(inherited, False)  # a credential process must not inherit them
    start_logging(log_file())
    forget_event_aliases()
    places = partial(engine_paths, os.environ, arguments.home)
    listener = socket.socket(fileno=LISTENER_FD)
    uvloop.run(run_engine(listener, places, tied=arguments.home is not None, ending=end_within))


_SET_DUMPABLE = 4
"""PR_SET_DUMPABLE (Linux, include/uapi/linux/prctl.h)."""

END_SECONDS = 15.0
"""Seconds for transfers to stop, and for the disk to respond, when the engine ends."""


def keep_memory_private() -> None:
    """Write no core dumps, and (on Linux) let no process of the same user read this process's memory.

    Programs that it starts are readable as usual: execve(2) makes them dumpable again.
    """
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)


def end_within(seconds: float = END_SECONDS) -> None:
    """End this process after a number of seconds, even if a thread still waits for a disk that does not respond.

    The journal is then as after a kill. The log may be on that disk, so it is not waited for.
    """
    words = f"the engine is stopped by force: something did not end within {seconds:g} s"
    for after, call in ((seconds, lambda: log.error(words)), (seconds + 1, lambda: os._exit(1))):
        timer = threading.Timer(after, call)
        timer.daemon = True
        timer.start()


FIRST_CLIENT_SECONDS = 60.0
"""An engine without work ends if no client connects within this time: its starter is gone."""

QUIET_SECONDS = 2.0
"""The first client has started by then; a thread imports the late modules."""

BETWEEN_LOOKS = 2.0
"""Seconds between checks whether the socket still exists."""


STAY_VARIABLE = "XS3_TUI_ENGINE_STAY"
"""Seconds, in place of the setting."""


def stay_seconds() -> float:
    """How long the engine stays after its last client: the environment's word, else that of the settings."""
    with suppress(ValueError):
        return checks.stay(float(os.environ.get(STAY_VARIABLE, "")))
    try:
        return read_settings(settings_file()).engine.stay
    except ProblemError as error:
        log_problem(error.problem)
        return EngineSettings().stay


async def run_engine(
    listener: socket.socket,
    places: Callable[[], EnginePaths],
    *,
    tied: bool = False,
    ending: Callable[[], None] = lambda: None,
) -> None:
    """Serve clients on `listener` until there is nothing more to do or SIGTERM arrives.

    `places` returns the current paths: the runtime directory comes and goes with the user's logins. SIGHUP is ignored.
    A `tied` engine ends with its last client, whatever it is doing. Another one stays for a while after it. `ending` is
    called before it ends.
    """
    engine = _Engine(places, ending, tied=tied)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, engine.finished.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    await engine.run(listener)


class _Engine:
    """The clients of an engine, and its socket."""

    def __init__(self, places: Callable[[], EnginePaths], ending: Callable[[], None], *, tied: bool) -> None:
        self.finished = asyncio.Event()
        self._places, self._ending, self._tied = places, ending, tied
        self._clients: set[asyncio.Task[None]] = set()
        self._service = self._new_service()
        self._servers: list[asyncio.Server] = []
        self._expects_first = True
        self._stays_until = 0.0
        """The loop's time until which it stays without clients."""
        self._clearing = asyncio.Lock()
        """Held while it forgets what it knows of its last clients."""
        self._clear_task: asyncio.Task[None] | None = None
        self._knows_clients = False
        """Whether it has had clients since it forgot the last ones."""
        self._staying: asyncio.TimerHandle | None = None
        self._is_wanted = True
        """Whether no client has asked for another engine."""

    async def run(self, listener: socket.socket) -> None:
        """Unfinished transfers stop at the end; the next engine resumes them."""
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
        self._path.unlink(missing_ok=True)  # new clients find none, and wait for the lock
        for server in self._servers:
            server.close()
        for task in list(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        if self._clear_task:
            await asyncio.wait([self._clear_task])
        await self._service.close()

    async def _listen(self, listener: socket.socket) -> None:
        self._path = Path(listener.getsockname())
        self._inode = self._path.stat().st_ino
        self._servers.append(await asyncio.start_unix_server(self._accept, sock=listener))

    async def _keep_socket(self) -> None:
        """Create the socket again if it was removed: systemd does so after the user's last session."""
        while True:
            await asyncio.sleep(BETWEEN_LOOKS)
            if not _is_lock(self._places().lock):  # its files were removed: the next client starts another engine
                self._is_wanted = False
                self._end_if_idle()
            if self._is_there():
                continue
            with suppress(OSError, ProblemError):  # there is no place for it now
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
        """Serve one client; after the last one the engine may end."""
        task = asyncio.current_task()
        if task is None or self.finished.is_set() or not _is_same_user(writer):
            writer.close()  # without greeting: a client of an ending engine looks for the next one
            return
        self._expects_first, self._knows_clients = False, True
        self._clients.add(task)
        try:
            async with self._clearing:  # the rooms may be about to be replaced
                rooms = self._service.rooms
            await ClientConnection(rooms, reader, writer, self._retire).serve()
        except asyncio.CancelledError:
            if not self.finished.is_set():
                raise
            # `run` cancels it: asyncio would log a cancelled client as an error.
        finally:
            self._clients.discard(task)
            if not self._clients and self._is_wanted and not self._tied:
                self._stays_until = asyncio.get_running_loop().time() + stay_seconds()
            self._end_if_idle()

    def _expect_no_more(self) -> None:
        self._expects_first = False
        self._end_if_idle()

    def _retire(self) -> None:
        """A client wants another engine."""
        self._is_wanted = False

    def _end_if_idle(self) -> None:
        """Without clients and work: end, or wait for the next client as if it had just started."""
        rooms = self._service.rooms
        if self._clients or self._expects_first or (rooms.needed and not self._tied):
            return
        loop = asyncio.get_running_loop()
        remaining = self._stays_until - loop.time()
        if remaining <= 0 or not self._is_wanted or rooms.queue is None:
            self.finished.set()
            return
        if self._staying:
            self._staying.cancel()
        self._staying = loop.call_later(remaining, self._end_if_idle)
        if self._knows_clients:
            self._knows_clients = False
            self._clear_task = asyncio.create_task(self._clear(), name="clear")

    async def _clear(self) -> None:
        """Forget credentials, replies and connections: the next client finds what a new engine would know."""
        async with self._clearing:
            if self._clients or self._service.rooms.needed or self.finished.is_set():
                return  # it is asked to forget again when they have left
            try:
                await self._service.close()
                self._service = self._new_service()
                await self._service.start(self._places())
            except BaseException:  # a cancellation, too: an engine without rooms must not go on
                self.finished.set()
                raise

    def _new_service(self) -> EngineService:
        return EngineService(self._end_if_idle, self._clients)


def _is_lock(path: Path) -> bool:
    """Whether the file at `path` is the lock that this engine holds."""
    try:
        return os.path.samestat(os.fstat(LOCK_FD), path.stat())
    except OSError:
        return False


def _is_same_user(writer: asyncio.StreamWriter) -> bool:
    """Whether the peer runs as this user (checked with SO_PEERCRED where it exists, as on Linux)."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True  # the socket's mode 0600 in a directory of mode 0700 must do
    layout = struct.Struct("3i")
    peer: socket.socket = writer.get_extra_info("socket")
    _pid, uid, _gid = layout.unpack(peer.getsockopt(socket.SOL_SOCKET, option, layout.size))
    return bool(uid == os.getuid())


AnyRequest = Request[Any] | Feed[Any]
_request_of = msgspec.msgpack.Decoder[AnyRequest](reduce(or_, HANDLERS.kinds)).decode

LONG_WAIT = 4.0
"""Seconds without a response after which the client is told."""


class ClientConnection:
    """A connected client and its calls."""

    def __init__(
        self,
        rooms: Rooms,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        retire: Callable[[], None] = lambda: None,
    ) -> None:
        """`retire` is called for a client of another version."""
        self._rooms, self._reader, self._writer, self._retire = rooms, reader, writer, retire
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._windows: dict[int, asyncio.Semaphore] = {}
        self._waits: dict[int, PendingRequests] = {}
        self._greeted = False

    async def serve(self) -> None:
        """Answer calls until the client leaves or sends invalid messages; then stop its calls."""
        telling = asyncio.create_task(self._tell_waiting(), name="waiting")
        try:
            while (message := await frames.read_message(self._reader, frames.decode_to_engine)) is not None:
                match message:
                    case frames.CallFrame(id=call_id, request=request):
                        self._start(call_id, frames.checked(_request_of, request))
                    case frames.StopFrame(id=call_id):
                        if task := self._calls.get(call_id):
                            task.cancel()
                    case frames.TookFrame(id=call_id):
                        if window := self._windows.get(call_id):
                            window.release()
        except ProblemError as error:
            log_problem(error.problem)
        finally:
            telling.cancel()
            tasks = list(self._calls.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._writer.close()

    def _start(self, call_id: int, request: AnyRequest) -> None:
        if isinstance(request, Hello):
            self._greeted = request.version == PROTOCOL_VERSION
            if not self._greeted:
                self._retire()
        if call_id in self._calls:
            return  # the client reused an ID; the running call stays intact
        self._windows[call_id] = asyncio.Semaphore(frames.WINDOW)
        task = asyncio.create_task(self._answer(call_id, request), name=type(request).__name__)
        self._calls[call_id] = task
        task.add_done_callback(lambda _: self._forget(call_id))

    def _forget(self, call_id: int) -> None:
        del self._calls[call_id], self._windows[call_id]
        self._waits.pop(call_id, None)  # missing if the call was stopped at once

    async def _tell_waiting(self) -> None:
        """About once a second, name the host of each call that has waited too long."""
        with suppress(ConnectionError):
            while True:
                await asyncio.sleep(1)
                for call_id, waits in list(self._waits.items()):
                    if self._greeted and (longest := waits.longest()) and longest[1] >= LONG_WAIT:
                        await self._send(frames.WaitingFrame(call_id, longest[0], int(longest[1])))

    async def _answer(self, call_id: int, request: AnyRequest) -> None:
        self._waits[call_id] = waits = PendingRequests()
        with suppress(ConnectionError), tracking_requests(waits):  # the client has left; `serve` notices by itself
            try:
                if not self._greeted and not isinstance(request, Hello):
                    raise ProblemError(_STRANGER)
                if isinstance(request, Feed):
                    await self._feed(call_id, request)
                else:
                    answer = frames.encode(await HANDLERS.requests[type(request)](self._rooms, request))
                    await self._send(frames.AnswerFrame(call_id, msgspec.Raw(answer)))
            except ProblemError as error:
                log_problem(error.problem)
                await self._send(frames.FailedFrame(call_id, error.problem))
            except ConnectionError:
                raise
            except Exception:  # noqa: BLE001  # reason: the outermost boundary of a call: one bug must not end the engine
                name = type(request).__name__
                log.exception("call %s failed", name)
                cause = "this is a bug in xs3-tui, not a problem with your access"
                remedy = f"the details are in {log_file()}"
                bug = Problem(ProblemKind.ENGINE, "internal error in the engine", cause, remedy, operation=name)
                await self._send(frames.FailedFrame(call_id, bug))

    async def _feed(self, call_id: int, feed: Feed[Any]) -> None:
        window, answers = self._windows[call_id], HANDLERS.feeds[type(feed)](self._rooms, feed)
        async with aclosing(await answers if isinstance(answers, Coroutine) else answers) as generator:
            async for answer in generator:
                await window.acquire()
                if isinstance(answer, list):  # encoded ones
                    await self._send(frames.AnswerBatchFrame(call_id, [msgspec.Raw(each) for each in answer]))
                else:
                    await self._send(frames.AnswerFrame(call_id, msgspec.Raw(frames.encode(answer))))
        await self._send(frames.EndFrame(call_id))

    async def _send(self, message: frames.ToScreen) -> None:
        if self._writer.is_closing():
            raise ConnectionResetError  # uvloop would raise RuntimeError, logged as a bug
        self._writer.write(frames.frame(message))
        await self._writer.drain()


_STRANGER = Problem(
    kind=ProblemKind.OTHER_VERSION,
    title="the engine and its client have different versions",
    cause=f"the engine is xs3-tui {__version__} with protocol {PROTOCOL_VERSION}",
    remedy="use the same version of xs3-tui as the engine, or wait until the engine ends",
)
"""The response to requests before a greeting with the engine's own protocol."""
