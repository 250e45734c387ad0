"""A server process of the tests: started with a log, ended by its own pid, dead when the tests are."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

TETHER = Path(__file__).with_name("tether.py")
LOG_TAIL_LINES = 25


class ServerError(Exception):
    """A server did not come up, or ended by itself. The message holds the end of its log."""


def free_ports(count: int) -> list[int]:
    """Return `count` different loopback ports that nobody listens on at this moment."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def tail(log: Path) -> str:
    if not log.exists():
        return f"(no log at {log})"
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])


def runs(pid: int | str) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it may end between opening and reading
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


class Daemon:
    """One running program. Start it from the main thread: the kernel ends it when the starting thread ends.

    It runs in `/`, so paths in its command must be absolute (Debian's Ceph finds its own plug-ins relative to `/`).
    `extra_logs` are files the program writes by itself and that explain its death better than its output.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
        extra_logs: Sequence[Path] = (),
    ) -> None:
        self.name = name
        self._logs = [log, *extra_logs]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-ISE", str(TETHER), str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=None if environment is None else {**os.environ, **environment},
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def check(self) -> None:
        """Raise `ServerError`, with the end of its logs, when the program has ended."""
        if not self.alive():
            raise ServerError(f"{self.name} ended with status {self._process.returncode}\n{self.logged()}")

    def logged(self) -> str:
        return "\n".join(f"--- {log}\n{tail(log)}" for log in self._logs)

    def kill(self) -> None:
        """End the program at once and collect it: a throw-away server has nothing to save."""
        if self.alive():
            self._process.kill()
        self._process.wait()


def await_server(what: str, answers: Callable[[], bool], daemons: Sequence[Daemon], seconds: float) -> None:
    """Return as soon as `answers()`; raise `ServerError` when a daemon dies or the time is over."""
    deadline = time.monotonic() + seconds
    while not answers():
        for daemon in daemons:
            daemon.check()
        if time.monotonic() > deadline:
            logs = "\n".join(daemon.logged() for daemon in daemons)
            raise ServerError(f"{what} did not answer within {seconds:.0f} s\n{logs}")
        time.sleep(0.02)  # between two looks at another process, which has no way to call back
