"""Shows every request of a process to the guard, and counts what goes out, with all other processes of a run.

The engine sends in four ways: by aiobotocore, by botocore (control plane), and two of its own. A test compares what
it has counted with what a server was sent.
"""

import fcntl
import json
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiobotocore.httpsession import AIOHTTPSession
from botocore.httpsession import URLLib3Session

from tests.aws_account.guard import Guard, Outgoing, RefusedError, guard_of
from tui.stores.http.channels import Channel
from tui.stores.http.relay import Pipe
from tui.stores.http.responses import IncomingResponse, WireRequest

VARIABLE: Final = "XS3_TUI_TEST_AWS"
"""The directory of the run, for its processes."""
ALIVE: Final = "alive"
"""A file that the run keeps locked: once it has been killed, its processes send nothing more."""
KINDS: Final = ("write", "read", "free")


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """`most` is how many requests of a kind may go out, those of all processes that count in `directory`."""

    guard: Guard
    directory: Path
    most: Mapping[str, int]
    is_of_the_run: bool = True
    """False: this process is another one's, which may be dead."""

    def check(self, request: Outgoing) -> None:
        """Count a request; raise `RefusedError`, which it notes, before it goes out."""
        try:
            if not (self.is_of_the_run or _is_locked(self.directory / ALIVE)):
                raise RefusedError("the run has ended")
            kind = self.guard.check(request)
            if _appended(self.directory / f"requests.{kind}", b".") > self.most[kind]:
                raise RefusedError(f"more than {self.most[kind]} requests ({kind})")
        except RefusedError as error:
            _appended(self.directory / "refused", f"{error}\n".encode())
            raise

    def check_prepared(self, request: Any, **_: Any) -> None:
        """A handler of botocore's `before-send`."""
        self.check(of_botocore(request))

    def counted(self) -> dict[str, int]:
        return {kind: _size(self.directory / f"requests.{kind}") for kind in KINDS}

    def refused(self) -> list[str]:
        path = self.directory / "refused"
        return path.read_text().splitlines() if path.exists() else []

    def save(self) -> None:
        """Let `saved_filter` have it in another process."""
        content = json.dumps({"guard": self.guard.text, "most": dict(self.most)})
        _appended(self.directory / "filter.json", content.encode())


def saved_filter() -> RequestFilter:
    """The filter of the process that has started this one. Raises if there is none: nothing may go out without."""
    directory = Path(os.environ[VARIABLE])
    saved = json.loads((directory / "filter.json").read_text())
    return RequestFilter(guard_of(saved["guard"]), directory, saved["most"], is_of_the_run=False)


def end_with_the_run() -> None:
    """End this process when the one that has started the run is gone, however it ended."""

    def wait() -> None:
        with (Path(os.environ[VARIABLE]) / ALIVE).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, name="end-with-the-run", daemon=True).start()


def guard_this_process(requests: RequestFilter) -> None:
    """Check every request of botocore, aiobotocore and the engine from now on."""
    of_aio: Callable[..., Awaitable[Any]] = AIOHTTPSession.send
    of_boto: Callable[..., Any] = URLLib3Session.send
    ask, run = Channel.ask, Pipe.run

    async def send_async(self: AIOHTTPSession, request: Any) -> Any:
        requests.check_prepared(request)
        return await of_aio(self, request)

    def send(self: URLLib3Session, request: Any) -> Any:
        requests.check_prepared(request)
        return of_boto(self, request)

    async def ask_guarded(self: Channel, request: WireRequest, seconds: float) -> IncomingResponse:
        try:
            requests.check(of_wire(request))
        except RefusedError:
            self.close()
            raise
        return await ask(self, request, seconds)

    def run_guarded(self: Pipe) -> Any:
        requests.check(of_wire(self.get))
        requests.check(of_wire(self.put))
        return run(self)

    patched: Any
    for patched, name, checked in (
        (AIOHTTPSession, "send", send_async),
        (URLLib3Session, "send", send),
        (Channel, "ask", ask_guarded),
        (Pipe, "run", run_guarded),
    ):
        setattr(patched, name, checked)


def of_botocore(request: Any) -> Outgoing:
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    return Outgoing(request.method, request.url, headers, request.body)


def of_wire(request: WireRequest) -> Outgoing:
    """What is sent counts, and where: not the URL that is noted beside it."""
    head = request.head.decode()
    method, target, _ = head.partition("\r\n")[0].split(" ")
    headers = request.headers()
    scheme, host, port = request.place
    named = headers["host"].rpartition(":")[0] or headers["host"] if ":" in headers["host"] else headers["host"]
    if named != host:
        raise RefusedError("a connection to another host")
    usual = {"http": 80, "https": 443}[scheme]
    return Outgoing(method, f"{scheme}://{host}{f':{port}' if port != usual else ''}{target}", headers, request.body)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _appended(path: Path, content: bytes) -> int:
    """The size of a file after this was added to it; one step for all processes."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, content)
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def _is_locked(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
