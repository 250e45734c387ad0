"""Starts and stops the demo's server process. Standard library only."""

import errno
import os
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tui.demo.demo_profiles import write_profiles
from tui.link.priority import put_behind

BACKLOG: Final = 256
STOP_SECONDS: Final = 5.0


class DemoError(Exception):
    """The demo cannot run."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}")
        self.message = message
        self.remedy = remedy


class PortInUseError(DemoError):
    """Another program listens on the port that was asked for."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Port {port} on 127.0.0.1 is already in use.",
            "Choose another port with --port, or leave out --port to use any free port.",
        )
        self.port = port


class DemoNotInstalledError(DemoError):
    """The extra `demo`, which brings moto, is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "The demo's embedded S3 needs moto, which is not installed.",
            "Install it with: pip install 'xs3-tui[demo]'. The file xs3-tui.pyz has it, too.",
        )


@dataclass(slots=True)
class DemoServer:
    """A listening demo. It ends by `stop`, or when the process that started it ends."""

    port: int
    environment: dict[str, str]
    """The environment that shows the demo's profiles to an AWS tool."""
    log: Path
    _listener: socket.socket = field(repr=False)
    _spawned: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def spawn(self, *, behind: bool = True) -> None:
        """Start the server process; `behind`: with lower priority than this process."""
        self._spawned = _spawn(self._listener.fileno(), self.log)
        if behind:
            put_behind(self._spawned.pid)
        self._listener.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None while the server runs."""
        return self._process.poll()

    def wait(self) -> int:
        """Block until the server has ended; returns its exit status."""
        return self._process.wait()

    def stop(self) -> None:
        """End the server and wait for it. Does nothing the second time."""
        self._listener.close()
        if self._spawned is None:
            return
        if self._spawned.stdin is not None:
            self._spawned.stdin.close()
        try:
            self._spawned.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._spawned.kill()
            self._spawned.wait()

    @property
    def _process(self) -> subprocess.Popen[bytes]:
        if self._spawned is None:
            raise RuntimeError("the demo's server was not spawned")
        return self._spawned


def start(directory: Path, port: int = 0, *, behind: bool = True) -> DemoServer:
    """`prepare` a demo and spawn its server; `behind`: with lower priority than this process."""
    server = prepare(directory, port)
    server.spawn(behind=behind)
    return server


def prepare(directory: Path, port: int = 0) -> DemoServer:
    """Listen on 127.0.0.1 (port 0: any free port) and write the demo's profiles into `directory`.

    Clients that connect before the server is ready wait in the backlog.
    Raises `DemoNotInstalledError`, `PortInUseError`, or `DemoError` if the port cannot be used.
    """
    if find_spec("moto") is None:
        raise DemoNotInstalledError
    listener = _listen(port)
    bound = int(listener.getsockname()[1])
    try:
        environment = write_profiles(directory, bound)
    except OSError:
        listener.close()
        raise
    return DemoServer(bound, environment, directory / "demo.log", listener)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(port) from error
        raise DemoError(
            f"Port {port} on 127.0.0.1 cannot be used: {error.strerror}.", "Choose another port with --port."
        ) from error
    return listener


def _spawn(descriptor: int, log: Path) -> subprocess.Popen[bytes]:
    """The child reads standard input to the end, then exits: so it notices when this process dies."""
    # -P: a file in the current directory must not replace one of our modules.
    command = [sys.executable, "-P", "-m", "tui.demo", "--fd", str(descriptor)]
    paths = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        return subprocess.Popen(  # noqa: S603  a fixed command without a shell
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            pass_fds=(descriptor,),
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
    finally:
        os.close(output)
