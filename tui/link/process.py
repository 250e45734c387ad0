"""The engine process: finds or starts it.

The starter takes the engine's lock and binds its socket, and the engine inherits both. So a client can connect at once
(its requests wait until the engine has imported its libraries), and the lock is held exactly as long as the engine
runs. A process that finds the lock taken reads the engine's socket path from it.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.engine_paths import (
    engine_environment,
    engine_paths,
    engine_variables,
    environment_mark,
    log_file,
    recorded,
)
from tui.link.priority import put_behind
from tui.link.private_files import open_private, private_descriptor, read_private, replace_private

BACKLOG = 64
"""Clients that may wait for a starting engine."""

STOP_SECONDS = 10.0
"""Seconds for an engine to stop its transfers before it is killed."""

LISTENER_FD, LOCK_FD = 198, 199
"""The inherited descriptors: high enough to be unused."""


@dataclass(frozen=True, slots=True)
class EngineStart:
    """The parameters of a new engine: command, environment, inherited descriptors."""

    command: list[str]
    environment: Mapping[str, str]
    log: int
    listener: int
    lock: int


@dataclass(frozen=True, slots=True)
class Started:
    """A started process: its ID, and a function that blocks until it has ended."""

    pid: int
    wait: Callable[[], object]


def spawn(start: EngineStart) -> Started:
    """Start an engine in its own session. Raises `OSError`."""
    pid = os.posix_spawn(
        start.command[0],
        start.command,
        start.environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, start.log, 1),
            (os.POSIX_SPAWN_DUP2, start.log, 2),
            (os.POSIX_SPAWN_DUP2, start.listener, LISTENER_FD),
            (os.POSIX_SPAWN_DUP2, start.lock, LOCK_FD),
        ],
        setsid=True,
    )
    put_behind(pid)
    return Started(pid, lambda: os.waitpid(pid, 0))


class EngineProcess:
    """The engine of this user and these AWS settings. No screen owns it: it ends when it has nothing to do."""

    spawn: ClassVar[Callable[[EngineStart], Started]] = spawn
    """Starts an engine process; tests replace it."""

    _ahead: ClassVar[EngineProcess | None] = None
    """Started for a command that has not been read yet."""

    def __init__(self, environment: Mapping[str, str] | None = None, home: Path | None = None) -> None:
        """`environment` is added to this process's own; `home` separates the engine from all others.

        Raises `ProblemError` if there is no place for its files.
        """
        self._set_up({**os.environ, **(environment or {})}, home)

    @classmethod
    def exactly(cls, environment: Mapping[str, str]) -> EngineProcess:
        """The engine of exactly this environment, without this process's own."""
        process = cls.__new__(cls)
        process._set_up(environment, None)
        process.mark = ""
        return process

    def _set_up(self, whole: Mapping[str, str], home: Path | None) -> None:
        self._environment = engine_environment(whole)
        self.mark = environment_mark(self._environment)
        """The mark of the environment; empty if an engine of any other will do, too."""
        self._home, self.places = home, engine_paths(whole, home)
        self._child: _Child | None = None

    @property
    def socket(self) -> Path:
        """The path where it listens, or will listen."""
        with suppress(OSError):
            if listening := read_private(self.places.lock):
                return Path(os.fsdecode(listening))
        return self.places.socket

    @property
    def journal(self) -> Path:
        return self.places.journal

    @property
    def running(self) -> bool:
        """Whether it runs, whoever started it."""
        lock = self._lock()
        if lock is None:
            return True
        os.close(lock)
        return False

    @classmethod
    def start_ahead(cls) -> None:
        """Start the engine before it is needed: both processes then import at the same time.

        `stop_unused` ends it if it was not needed. Failures are left to `start`.
        """
        with suppress(ProblemError):
            process = cls()
            process.start()
            cls._ahead = process

    @classmethod
    def stop_unused(cls) -> None:
        if cls._ahead:
            cls._ahead.stop()

    def start(self) -> None:
        """Start the engine unless it runs; raises `ProblemError` if that fails."""
        EngineProcess._ahead = None
        try:
            lock = self._lock()
            if lock is not None:
                self._spawn(lock)
        except OSError as error:
            title = "the engine cannot be started"
            cause = str(error)
            remedy = f"the log file is {log_file()}"
            raise ProblemError(Problem(ProblemKind.ENGINE, title, cause, remedy)) from error

    def wait_until_gone(self) -> None:
        """Block until no engine runs."""
        with open_private(self.places.lock) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)

    def stop(self) -> None:
        """End the engine if this process started it. Its transfers stop; the next engine resumes them."""
        if self._child:
            self._child.end()
            self._child = None

    def _lock(self) -> int | None:
        """The lock's descriptor, or None while an engine holds it."""
        descriptor = private_descriptor(self.places.lock, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _spawn(self, lock: int) -> None:
        try:
            with bind(self.places.socket) as listener, open_private(log_file()) as log:
                say_where(lock, self.places.socket)
                with suppress(OSError):  # for information only
                    settings = json.dumps(recorded(engine_variables(self._environment)))
                    replace_private(self.places.settings, settings.encode())
                # -P: a directory with a package `tui` in the current directory must not be imported
                home = ["--home", str(self._home)] if self._home else []
                command = [sys.executable, "-P", "-m", "tui.engine", *home]
                start = EngineStart(command, self._environment, log.fileno(), listener.fileno(), lock)
                self._child = _Child(EngineProcess.spawn(start))
        finally:
            os.close(lock)  # the engine holds it now; if it failed, the next process may try


class _Child:
    """An engine started by this process."""

    def __init__(self, started: Started) -> None:
        self._started = started
        self._ended = threading.Event()
        threading.Thread(target=self._reap, name="engine-ended", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._started.pid

    def end(self) -> None:
        """Ask it to end, wait, and kill it if necessary."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._ended.is_set():
                return
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)
            self._ended.wait(STOP_SECONDS)

    def _reap(self) -> None:
        self._started.wait()
        self._ended.set()


def say_where(lock: int, path: Path) -> None:
    """Write the engine's socket path into the lock."""
    text = os.fsencode(path)
    os.pwrite(lock, text, 0)
    os.ftruncate(lock, len(text))


def bind(path: Path) -> socket.socket:
    """Listen on a Unix socket that only this user can reach, replacing that of a dead engine.

    Raises `OSError`. Only the holder of the engine's lock may call it.
    """
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)  # otherwise the socket would be open to everyone for a moment
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(mask)
    listener.listen(BACKLOG)
    return listener
