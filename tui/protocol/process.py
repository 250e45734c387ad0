"""The engine as a process: the socket it listens on, starting it, and ending it.

The starter binds the socket and the engine inherits it, so a client may connect at once: what it asks waits in the
backlog until the engine has imported its libraries, and there is nothing to poll for.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import IO

import platformdirs

from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.protocol.priority import put_behind

APP_NAME = "xs3-tui"

BACKLOG = 16
"""Clients that may wait for an engine that is still starting."""

STOP_SECONDS = 10.0
"""How long an engine may take to abort its uploads before it is killed."""

_SOCKET_NAME = re.compile(r"engine-(\d+)-\d+\.sock")
_numbers = count(1)


def log_file() -> Path:
    """Where screen and engine write their log (XDG state); the directory is made, for this user only."""
    directory = Path(platformdirs.user_state_path(APP_NAME))
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory / f"{APP_NAME}.log"


class EngineProcess:
    """One engine of this process, on a Unix socket that only this user can reach."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """`environment` is added to this process's own for the engine (the demo's AWS files)."""
        self._environment = {**os.environ, **(environment or {})}
        self._listener = _listen()
        self.socket = Path(self._listener.getsockname())
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The engine's process id, None when it is not running."""
        return self._process.pid if self.running and self._process else None

    @property
    def running(self) -> bool:
        """Whether the engine lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the engine unless it runs; raise `ProblemError` when the system refuses."""
        if self.running:
            return
        descriptor = self._listener.fileno()
        with open_private(log_file()) as log:
            try:
                self._process = subprocess.Popen(  # noqa: S603  # reason: our own module by our own interpreter
                    [sys.executable, "-m", "tui.engine", "--fd", str(descriptor)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=self._environment,
                    pass_fds=(descriptor,),
                    start_new_session=True,
                )
                put_behind(self._process.pid)
            except OSError as error:
                raise ProblemError(
                    Problem(
                        kind=ProblemKind.ENGINE,
                        title="the engine cannot be started",
                        cause=str(error),
                        remedy=f"the log file is {log_file()}",
                    )
                ) from error

    def when_ended(self, tell: Callable[[], None]) -> None:
        """Call `tell`, in a thread of its own, when the running engine has ended."""
        if self._process is None:
            return
        process = self._process

        def wait() -> None:
            process.wait()
            tell()

        threading.Thread(target=wait, name="engine-ended", daemon=True).start()

    def stop(self) -> None:
        """End the engine (it aborts its uploads first) and remove the socket; safe to call twice."""
        with suppress(OSError):
            self.socket.unlink()
            self.socket.parent.rmdir()  # unless another engine of this user still has its socket there
        self._listener.close()
        self.end()

    def end(self) -> None:
        """End the engine, if there is one, and wait for it; the socket stays for the next."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def open_private(path: Path) -> IO[bytes]:
    """Open a file for appending that only this user can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")


def _listen() -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with warnings.catch_warnings(category=UserWarning, action="error"):
            _bind(listener, Path(platformdirs.user_runtime_path(APP_NAME)))
    except (OSError, UserWarning):  # no such place, not ours to write in, or a path too long for a socket
        _bind(listener, Path(tempfile.mkdtemp(prefix=f"{APP_NAME}-")))
    listener.listen(BACKLOG)
    return listener


def _bind(listener: socket.socket, directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    _remove_stale(directory)
    mask = os.umask(0o177)  # a socket is made 0600 or, for a moment, for everybody
    try:
        listener.bind(str(directory / f"engine-{os.getpid()}-{next(_numbers)}.sock"))
    finally:
        os.umask(mask)


def _remove_stale(directory: Path) -> None:
    """Remove the sockets of processes that are gone."""
    for path in directory.iterdir():
        match = _SOCKET_NAME.fullmatch(path.name)
        if match and not _lives(int(match[1])):
            path.unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
