"""The engine as a process: found where it runs, started where it does not.

The starter takes the engine's lock and binds its socket, and the engine inherits both: a client may connect at once
(what it asks waits in the backlog until the engine has imported its libraries), and the lock is held for exactly as
long as the engine lives, however it ends. Who finds the lock held reads from it where the engine listens.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.protocol.places import engine_environment, log_file, open_private, places_of
from tui.protocol.priority import put_behind

BACKLOG = 64
"""Clients that may wait for an engine that is still starting."""

STOP_SECONDS = 10.0
"""How long an engine may take to put its transfers down before it is killed."""

LISTENER_FD, LOCK_FD = 198, 199
"""The descriptors of the engine's inheritance: high enough to be nobody else's."""


class EngineProcess:
    """The engine of this user and these AWS settings. It belongs to nobody: it ends when it has nothing to do."""

    def __init__(self, environment: Mapping[str, str] | None = None, home: Path | None = None) -> None:
        """`environment` is added to this process's own for the engine; `home` keeps it apart from all others.

        Raises `ProblemError` when there is no place for its files.
        """
        whole = {**os.environ, **(environment or {})}
        self._environment = engine_environment(whole)
        self._home, self._places = home, places_of(whole, home)
        self._child: _Child | None = None

    @property
    def socket(self) -> Path:
        """Where it listens, or will."""
        with suppress(OSError):
            if listening := self._places.lock.read_text(encoding="utf-8"):
                return Path(listening)
        return self._places.socket

    @property
    def journal(self) -> Path:
        """Where it keeps its transfers."""
        return self._places.journal

    @property
    def running(self) -> bool:
        """Whether it lives, whoever started it."""
        lock = self._lock()
        if lock is None:
            return True
        os.close(lock)
        return False

    def start(self) -> None:
        """Start the engine unless one lives; raise `ProblemError` when the system refuses."""
        try:
            lock = self._lock()
            if lock is not None:
                self._spawn(lock)
        except OSError as error:
            raise ProblemError(
                Problem(
                    kind=ProblemKind.ENGINE,
                    title="the engine cannot be started",
                    cause=str(error),
                    remedy=f"the log file is {log_file()}",
                )
            ) from error

    def wait_until_gone(self) -> None:
        """Block until no engine lives."""
        with open_private(self._places.lock) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)

    def stop(self) -> None:
        """End the engine if this process has started it: it puts its transfers down, to be taken up by the next."""
        if self._child:
            self._child.end()
            self._child = None

    def _lock(self) -> int | None:
        """The descriptor of the lock, or None while an engine holds it."""
        descriptor = os.open(self._places.lock, os.O_RDWR | os.O_CREAT, 0o600)
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
            with bind(self._places.socket) as listener, open_private(log_file()) as log:
                say_where(lock, self._places.socket)
                self._child = _Child(self._command(), self._environment, log.fileno(), listener.fileno(), lock)
        finally:
            os.close(lock)  # the engine has it; if there is none, the next may try

    def _command(self) -> list[str]:
        # -P: a directory of the user's that holds a package `tui` is not to be imported from
        home = ["--home", str(self._home)] if self._home else []
        return [sys.executable, "-P", "-m", "tui.engine", *home]


class _Child:
    """An engine that this process has started."""

    def __init__(self, command: list[str], environment: Mapping[str, str], log: int, listener: int, lock: int) -> None:
        self._pid = os.posix_spawn(
            command[0],
            command,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, log, 1),
                (os.POSIX_SPAWN_DUP2, log, 2),
                (os.POSIX_SPAWN_DUP2, listener, LISTENER_FD),
                (os.POSIX_SPAWN_DUP2, lock, LOCK_FD),
            ],
            setsid=True,
        )
        put_behind(self._pid)
        self._ended = threading.Event()
        threading.Thread(target=self._reap, name="engine-ended", daemon=True).start()

    def end(self) -> None:
        """Ask it to end, wait, and kill it when it does not."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._ended.is_set():
                return
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)
            self._ended.wait(STOP_SECONDS)

    def _reap(self) -> None:
        os.waitpid(self._pid, 0)
        self._ended.set()


def say_where(lock: int, path: Path) -> None:
    """Write into the lock that the engine listens at `path`."""
    text = os.fsencode(path)
    os.pwrite(lock, text, 0)
    os.ftruncate(lock, len(text))


def bind(path: Path) -> socket.socket:
    """Listen on a Unix socket that only this user can reach, in place of one that a dead engine has left.

    Raises `OSError`. Only who holds the engine's lock may call it.
    """
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)  # a socket is made 0600 or, for a moment, for everybody
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(mask)
    listener.listen(BACKLOG)
    return listener
