"""Engines and commands of a test, forked from `tests.servers.forking`: the same programs without their imports."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any, Final

from tests.servers.daemon import ServerError, tail
from tui.protocol.process import LISTENER_FD, LOCK_FD, Start, Started, spawn

ROOT: Final = Path(__file__).parents[2]
ENGINE, COMMAND = "engine", "command"

READ_AT_IMPORT: Final = re.compile(r"PYTHON|LC_|LANG|BOTO_|AWS_NEW_|COVERAGE_|TZ$")
"""Variables that the interpreter or a library reads when it starts: where they differ a real start is needed."""

SECONDS: Final = 60.0


def read_at_import(environment: Mapping[str, str]) -> dict[str, str]:
    """What of an environment a forked process cannot take over any more."""
    return {name: value for name, value in environment.items() if READ_AT_IMPORT.match(name)}


class Forks:
    """The process that forks, started when it is asked for the first time."""

    def __init__(self, path: Path, start: Callable[[], None] = lambda: None) -> None:
        """`path` is where it listens; `start` starts it."""
        self._path, self._start = path, start

    def spawn(self, start: Start) -> Started:
        """Start an engine as `tui.protocol.process.spawn` does."""
        if read_at_import(start.environment) != read_at_import(os.environ):
            return spawn(start)
        arguments = start.command[start.command.index("tui.engine") + 1 :]
        inherited = {1: start.log, 2: start.log, LISTENER_FD: start.listener, LOCK_FD: start.lock}
        with Path(os.devnull).open() as nothing:
            asking = self._ask(ENGINE, arguments, start.environment, {0: nothing.fileno(), **inherited})
        pid = self._line(asking)["pid"]
        asking.settimeout(None)
        return Started(pid, lambda: self._end(asking))

    def run(self, arguments: Sequence[str], timeout: float) -> subprocess.CompletedProcess[str]:
        """Run ``xs3-tui`` in this process's environment, as `subprocess.run` does with nothing to read."""
        with (
            Path(os.devnull).open() as nothing,
            tempfile.TemporaryFile("w+") as out,
            tempfile.TemporaryFile("w+") as err,
        ):
            descriptors = {0: nothing.fileno(), 1: out.fileno(), 2: err.fileno()}
            asking = self._ask(COMMAND, arguments, os.environ, descriptors)
            pid = self._line(asking)["pid"]
            asking.settimeout(timeout)
            try:
                code = self._end(asking)
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise
            return subprocess.CompletedProcess(arguments, code, _whole(out), _whole(err))

    def _ask(
        self, program: str, arguments: Sequence[str], environment: Mapping[str, str], descriptors: Mapping[int, int]
    ) -> socket.socket:
        message: dict[str, Any] = {
            "program": program,
            "arguments": list(arguments),
            "environment": dict(environment),
            "directory": str(Path.cwd()),
            "umask": _umask(),
            "targets": list(descriptors),
        }
        self._start()
        asking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        asking.settimeout(SECONDS)
        asking.connect(str(self._path))
        socket.send_fds(asking, [b"\0"], list(descriptors.values()))
        asking.sendall(json.dumps(message).encode() + b"\n")
        return asking

    def _line(self, asking: socket.socket) -> dict[str, int]:
        """The next line that is answered; raise `ServerError` where there is none."""
        line = bytearray()
        while not line.endswith(b"\n"):
            try:
                byte = asking.recv(1)
            except ConnectionError:
                byte = b""
            if not byte:
                raise ServerError(f"the process that forks has ended\n{tail(self._path.with_suffix('.log'))}")
            line += byte
        answer: dict[str, int] = json.loads(line)
        return answer

    def _end(self, asking: socket.socket) -> int:
        """Block until the forked process has ended; its exit code, negative for a signal."""
        with asking:
            return os.waitstatus_to_exitcode(self._line(asking)["status"])


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _whole(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


@contextmanager
def running_forks(directory: Path) -> Iterator[Forks]:
    """The process that forks, while the block lasts; its log is in `directory`."""
    path = directory / "forks"
    with ExitStack() as stack:

        @cache
        def start() -> None:
            stack.enter_context(_forking(path))

        yield Forks(path, start)


@contextmanager
def _forking(path: Path) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, path.with_suffix(".log").open("wb") as log:
        listener.bind(str(path))
        listener.listen(64)  # who comes before it has imported everything waits
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.servers.forking", str(path), str(listener.fileno())],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            pass_fds=[listener.fileno()],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    try:
        yield
    finally:
        assert process.stdin
        process.stdin.close()
        process.wait()
