"""Programs of a test, forked from `tests.servers.forking`: engines, commands, screens, demos, without imports."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, Any, ClassVar, Final

from tests.leaks import lasting
from tests.servers.daemon import ServerError, tail
from tui.demo import launch
from tui.link.process import LISTENER_FD, LOCK_FD, EngineProcess, EngineStart, Started, spawn

ROOT: Final = Path(__file__).parents[2]
ENGINE, COMMAND, SCREEN, DEMO, BRANCH = "engine", "command", "screen", "demo", "branch"

READ_AT_IMPORT: Final = re.compile(r"PYTHON|LC_|LANG|BOTO_|AWS_NEW_|COVERAGE_|TEXTUAL|ESCDELAY|TZ$")
"""Variables that the interpreter or a library reads when it starts: where they differ a real start is needed."""

DEMO_VARIABLES: Final = {"XS3_TUI_DEMO_RESTORE_SECONDS": "1"}
"""Read when a demo is imported: a restore takes long enough to be seen."""

LOCALE: Final = {"LC_ALL": "C.UTF-8"}
"""Of all terminals."""

SECONDS: Final = 60.0


def read_at_import(environment: Mapping[str, str]) -> dict[str, str]:
    """What of an environment a forked process cannot take over any more."""
    return {name: value for name, value in environment.items() if READ_AT_IMPORT.match(name)}


class Forked:
    """A program that was forked, as far as `subprocess.Popen` is used of one."""

    def __init__(self, asking: socket.socket, pid: int, stdin: IO[bytes] | None = None) -> None:
        """`asking` is told how it ends; `stdin` is closed with it."""
        self.pid, self.stdin = pid, stdin
        self.returncode: int | None = None
        self._asking = asking

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if timeout is not None and not select.select([self._asking], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a forked program", timeout)
            self._asking.settimeout(None)
            with self._asking:
                self.returncode = os.waitstatus_to_exitcode(_line(self._asking)["status"])
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Does nothing when it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has ended since; its status is on its way
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Forks:
    """The process that forks, started when it is asked for the first time."""

    current: ClassVar[Forks | None] = None

    def __init__(self, path: Path, start: Callable[[], None] = lambda: None) -> None:
        """`path` is where it listens; `start` starts it."""
        self._path, self.start = path, start

    def spawn(self, start: EngineStart) -> Started:
        """Start an engine as `tui.link.process.spawn` does."""
        if read_at_import(start.environment) != read_at_import(os.environ):
            return spawn(start)
        arguments = start.command[start.command.index("tui.engine") + 1 :]
        inherited = {1: start.log, 2: start.log, LISTENER_FD: start.listener, LOCK_FD: start.lock}
        with Path(os.devnull).open() as nothing:
            asking = self._ask(ENGINE, arguments, start.environment, {0: nothing.fileno(), **inherited})
        return Started(asking.pid, asking.wait)

    def run(self, arguments: Sequence[str], timeout: float) -> subprocess.CompletedProcess[str]:
        """Run ``xs3-tui`` in this process's environment, as `subprocess.run` does with nothing to read."""
        with (
            Path(os.devnull).open() as nothing,
            tempfile.TemporaryFile("w+") as out,
            tempfile.TemporaryFile("w+") as err,
        ):
            running = self._ask(COMMAND, arguments, os.environ, {0: nothing.fileno(), 1: out.fileno(), 2: err.fileno()})
            try:
                code = running.wait(timeout)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
                raise
            return subprocess.CompletedProcess(arguments, code, _whole(out), _whole(err))

    def screen(self, arguments: Sequence[str], environment: Mapping[str, str], terminal: int) -> Forked | None:
        """Start ``xs3-tui`` as the first program of a terminal; None where this environment needs a real start."""
        if read_at_import(environment) != read_at_import(os.environ):
            return None
        return self._ask(SCREEN, arguments, {**environment, **LOCALE}, dict.fromkeys((0, 1, 2), terminal))

    def demo(self, listener: int, log: Path) -> Forked:
        """Start a demo's server as `tui.demo.launch` does."""
        ends, stdin = os.pipe()
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        arguments = ["--fd", str(LISTENER_FD)]
        forked = self._ask(DEMO, arguments, os.environ, {0: ends, 1: output, 2: output, LISTENER_FD: listener})
        os.close(ends)
        os.close(output)
        forked.stdin = open(stdin, "wb", buffering=0)  # noqa: SIM115, PTH123  # open as long as the demo shall run
        return forked

    @contextmanager
    def branch(self, directory: Path) -> Iterator[Forks]:
        """A process that forks for this one alone, itself forked from the one that has imported everything."""
        path = directory / "forks"
        ends, stdin = os.pipe()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, path.with_suffix(".log").open("wb") as log:
            listener.bind(str(path))
            listener.listen(64)
            outputs = {0: ends, 1: log.fileno(), 2: log.fileno(), LISTENER_FD: listener.fileno()}
            forked = self._ask(BRANCH, [str(path), str(LISTENER_FD)], os.environ, outputs)
            os.close(ends)
        try:
            with lasting() as servants:
                servants.append(forked.pid)
            yield Forks(path)
        finally:
            os.close(stdin)
            forked.wait()

    def _ask(
        self, program: str, arguments: Sequence[str], environment: Mapping[str, str], descriptors: Mapping[int, int]
    ) -> Forked:
        message: dict[str, Any] = {
            "program": program,
            "arguments": list(arguments),
            "environment": dict(environment),
            "directory": str(Path.cwd()),
            "umask": _umask(),
            "targets": list(descriptors),
            "test": os.environ.get("PYTEST_CURRENT_TEST", ""),
        }
        self.start()
        asking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        asking.settimeout(SECONDS)
        try:
            asking.connect(str(self._path))
            socket.send_fds(asking, [b"\0"], list(descriptors.values()))
            asking.sendall(json.dumps(message).encode() + b"\n")
            return Forked(asking, _line(asking)["pid"])
        except OSError as error:
            asking.close()
            log = tail(self._path.with_suffix(".log"))
            raise ServerError(f"the process that forks has ended\n{log}") from error


def _line(asking: socket.socket) -> dict[str, int]:
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = asking.recv(1)
        if not byte:
            raise ConnectionError("nothing is answered any more")
        line += byte
    answer: dict[str, int] = json.loads(line)
    return answer


@contextmanager
def used(forks: Forks) -> Iterator[None]:
    """Have the programs of this process forked by `forks`."""
    engines, demos, before = EngineProcess.spawn, launch._spawn, Forks.current
    EngineProcess.spawn, Forks.current = forks.spawn, forks
    launch._spawn = forks.demo  # type: ignore[assignment]  # as much of a process as is used of one
    try:
        yield
    finally:
        EngineProcess.spawn, launch._spawn, Forks.current = engines, demos, before


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
            with lasting() as servants:
                servants.append(stack.enter_context(_forking(path)).pid)

        yield Forks(path, start)


@contextmanager
def _forking(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, path.with_suffix(".log").open("wb") as log:
        listener.bind(str(path))
        listener.listen(64)  # who comes before it has imported everything waits
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.servers.forking", str(path), str(listener.fileno())],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            pass_fds=[listener.fileno()],
            env={**os.environ, "PYTHONPATH": str(ROOT), **DEMO_VARIABLES},
        )
    try:
        yield process
    finally:
        assert process.stdin
        process.stdin.close()
        process.wait()
