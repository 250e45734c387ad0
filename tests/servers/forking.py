"""Forks programs that have imported all they need: ``python -m tests.servers.forking PATH DESCRIPTOR``.

Python and the libraries of an engine, a demo or a screen take up to a second of a processor to start; hundreds of tests
start one. What runs is the real program in a process of its own that did not come out of an `exec`. This process has
no threads and runs no event loop when it forks; it ends with its standard input, which its starter keeps open.
"""

from __future__ import annotations

import asyncio
import atexit
import fcntl
import gc
import json
import os
import signal
import socket
import sys
import termios
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Any, Final, NoReturn, TextIO

from botocore.credentials import SSOProvider
from botocore.tokens import SSOTokenProvider
from coverage import Coverage

from tests.leaks import adopt_orphans
from tests.servers.forks import BRANCH, COMMAND, DEMO, ENGINE, SCREEN, Forks, used
from tui.app.command_table import COMMANDS
from tui.app.main import main as command_main
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.core.identity import IdentitySpec
from tui.demo.__main__ import main as demo_main
from tui.engine.__main__ import RARELY
from tui.engine.run_engine import main as engine_main

MOST_DESCRIPTORS: Final = 8
HANDLED: Final = (signal.SIGCHLD, signal.SIGHUP)

Message = dict[str, Any]


class Forking:
    """Listens, forks, and reports how its children end."""

    def __init__(self, listener: socket.socket) -> None:
        self._selector = DefaultSelector()
        self._listener = listener
        self._askers: dict[int, socket.socket] = {}
        """By the process ID of the child that was asked for."""
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # its starter decides

    def run(self) -> Callable[[], object] | None:
        """Serve until the standard input ends; in a child, return what it is to run."""
        for each in (self._listener.fileno(), self._woken, sys.stdin.fileno()):
            self._selector.register(each, EVENT_READ)
        while True:
            ready = {key.fd for key, _ in self._selector.select()}
            if sys.stdin.fileno() in ready:
                return None
            if self._woken in ready:
                os.read(self._woken, 4096)
                self._reap()
            if self._listener.fileno() in ready and (program := self._serve()):
                return program

    def _serve(self) -> Callable[[], object] | None:
        asker, _ = self._listener.accept()
        message, descriptors = _received(asker)
        pid = os.fork()
        if pid == 0:
            self._leave()
            asker.close()
            return _become(message, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self._askers[pid] = asker
        _answer(asker, pid=pid)
        return None

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if asker := self._askers.pop(pid, None):  # else an orphan
                    with asker:
                        _answer(asker, status=status)

    def _leave(self) -> None:
        """In a child: keep nothing of this process's own."""
        signal.set_wakeup_fd(-1)
        for number in HANDLED:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._selector.close()
        self._listener.close()
        for descriptor in (self._woken, self._wake):
            os.close(descriptor)
        for asker in self._askers.values():
            asker.close()


def _received(asker: socket.socket) -> tuple[Message, list[int]]:
    _, descriptors, _, _ = socket.recv_fds(asker, 1, MOST_DESCRIPTORS)
    text = bytearray()
    while not text.endswith(b"\n"):
        text += asker.recv(1 << 16)
    message: Message = json.loads(text)
    return message, descriptors


def _answer(asker: socket.socket, **answer: int) -> None:
    try:
        asker.sendall(json.dumps(answer).encode() + b"\n")
    except OSError:
        return  # whoever asked does not want to know


def _become(message: Message, descriptors: list[int]) -> Callable[[], object]:
    """Make this child what was asked for, as an `exec` would; return the program's `main`."""
    program = message["program"]
    if program in (ENGINE, SCREEN, DEMO):
        os.setsid()
    for descriptor, target in zip(descriptors, message["targets"], strict=True):
        os.dup2(descriptor, target)
    for descriptor in descriptors:
        os.close(descriptor)
    if program == SCREEN:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    # They know of a file whether it is one, and where in it they are.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  # as long as the process lives
    sys.stdout = _writing(1, sys.stdout)
    sys.stderr = _writing(2, sys.stderr)
    for name in ("stdin", "stdout", "stderr"):
        setattr(sys, f"__{name}__", getattr(sys, name))
    os.umask(message["umask"])
    os.chdir(message["directory"])
    os.environ.clear()
    os.environ.update(message["environment"])
    tokens = str(Path("~/.aws/sso/cache").expanduser())  # botocore looks for it once, when it is imported
    providers: list[Any] = [SSOProvider, SSOTokenProvider]  # their stubs do not know it
    for provider in providers:
        provider._SSO_TOKEN_CACHE_DIR = tokens
    if measuring := Coverage.current():
        measuring.switch_context(message["test"].rpartition(" ")[0])
    if program == ENGINE:
        gc.set_threshold(*RARELY)
    name, run = PROGRAMS[program]
    sys.argv = [name, *message["arguments"]]
    return run


def _writing(descriptor: int, before: TextIO) -> TextIOWrapper:
    binary = open(descriptor, "wb", closefd=False)  # noqa: SIM115  # as long as the process lives
    by_line = descriptor == 2 or os.isatty(descriptor)
    return TextIOWrapper(binary, encoding=before.encoding, errors=before.errors, line_buffering=by_line)


async def warm_up() -> None:
    """Make a client that sends nothing: what botocore keeps of the models costs each engine 0.1 s of a processor."""
    connections = Connections()
    await connections.get(connection_id(IdentitySpec(anonymous=True, region="us-east-1")))
    await connections.close()


def main() -> None:
    """Import everything, then fork whenever it is asked for."""
    asyncio.run(warm_up())
    late = ("tui.features.inspect.inspection", "tui.app.app", "tui.app.browser_screen", "tui.demo.server")
    for each in (*COMMANDS.values(), *late):
        import_module(each.partition(":")[0])
    serve()


def serve() -> None:
    path, descriptor = Path(sys.argv[1]), int(sys.argv[2])
    adopt_orphans()
    forking = Forking(socket.socket(fileno=descriptor))
    gc.collect()
    gc.freeze()
    with used(Forks(path)):  # by the commands and screens that are forked
        program = forking.run()
        if program:
            _run(program)


def _run(program: Callable[[], object]) -> NoReturn:
    """Run a program and end as Python does, but free nothing: each page that is written to is copied first."""
    code: object = None
    try:
        program()
    except SystemExit as ending:
        code = ending.code
    if isinstance(code, str):
        print(code, file=sys.stderr)  # noqa: T201  # as Python does
    threading._shutdown()  # type: ignore[attr-defined]  # what Python calls
    atexit._run_exitfuncs()
    status = code if isinstance(code, int) else int(code is not None)
    try:
        sys.stdout.flush()
    except OSError:
        status = 120
    os._exit(status & 0xFF)


PROGRAMS: Final[dict[str, tuple[str, Callable[[], object]]]] = {
    ENGINE: ("tui.engine", engine_main),
    COMMAND: ("xs3-tui", command_main),
    SCREEN: ("xs3-tui", command_main),
    DEMO: ("tui.demo", demo_main),
    BRANCH: ("forking", serve),
}
"""What can be forked: its name, and the function that runs it."""


if __name__ == "__main__":
    main()
