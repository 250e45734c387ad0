"""The connection to a Dask scheduler: the process of Dask's client, and the problems without a scheduler."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar, cast
from urllib.parse import urlsplit

import msgspec

from tui.core.engines import ClusterOptions, Engine, on_loopback
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.cluster.client.client_messages import (
    ClientCall,
    ClientRequest,
    ReachScheduler,
    frame_of,
    read_to_engine,
)
from tui.link.frames import AnswerFrame, FailedFrame, StopFrame
from tui.link.request import Done, Request
from tui.transfers.backoff import Interrupted
from tui.transfers.local_disk import refuse_without_tls

A = TypeVar("A")

CONNECT_SECONDS = 10
MOST_SECONDS = 120.0
"""The longest wait for anything; urgent requests have a shorter limit of their own."""
_END_SECONDS = 5.0
WAITS = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between attempts to reach a scheduler; the last one repeats."""

_KEPT = frozenset({"HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR", "TZ", "XDG_CONFIG_HOME"})
_KEPT_STARTS = ("COVERAGE_", "DASK_", "LC_", "PYTHON")


class SchedulerLost(Exception):  # noqa: N818  # it is no error of the transfer, which waits
    """There is no connection to the scheduler now."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


class Scheduler(Protocol):
    """A scheduler and its workers, as the engine sees them."""

    async def ask(self, request: Request[A], /) -> A:
        """Raises `OSError` if there is no answer now, and `ProblemError` if there never will be."""

    def tell(self, request: Request[Done], /) -> None:
        """Like `ask`, without waiting."""

    async def ended(self, worker: str, /) -> bool:
        """Whether a worker that does not answer has certainly stopped."""


class SchedulerClient:
    """The engine's side of the process of Dask's client. Everything it sends is limited and typed."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._asked: dict[int, asyncio.Future[AnswerFrame | FailedFrame]] = {}
        self._last = 0
        self.gone = False
        """Whether the process has ended."""
        self._listening = asyncio.create_task(self._listen(), name="cluster-client")

    async def ask(self, request: Request[A], /) -> A:
        number, answer = self._send(request), asyncio.get_running_loop().create_future()
        if self.gone:
            raise OSError("the process of Dask's client has ended")
        self._asked[number] = answer
        try:
            async with asyncio.timeout(MOST_SECONDS):
                told: AnswerFrame | FailedFrame = await answer
        except TimeoutError as error:
            raise OSError(f"there is no answer within {MOST_SECONDS:g} s") from error
        finally:
            self._asked.pop(number, None)
            if not answer.done() or answer.cancelled():
                self._writer.write(frame_of(StopFrame(number)))
        if isinstance(told, AnswerFrame):
            try:
                return msgspec.msgpack.decode(told.body, type=request.answer_type())
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise OSError(f"an answer that cannot be read: {error}") from error
        if told.problem.kind is ProblemKind.UNREACHABLE:
            raise OSError(told.problem.title)
        raise ProblemError(told.problem)

    def tell(self, request: Request[Done], /) -> None:
        self._send(request)

    async def ended(self, _: str, /) -> bool:
        return False

    async def close(self) -> None:
        """Pending requests get an error."""
        self._writer.close()
        self._listening.cancel()
        await asyncio.wait([self._listening])

    def _send(self, request: Request[A]) -> int:
        self._last += 1
        if not self.gone:
            self._writer.write(frame_of(ClientCall(self._last, cast("ClientRequest", request))))
        return self._last

    async def _listen(self) -> None:
        try:
            while (told := await read_to_engine(self._reader)) is not None:
                if (answer := self._asked.get(told.id)) and not answer.done():
                    answer.set_result(told)
        except (ProblemError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass  # a process that sends invalid messages counts as gone
        finally:
            self.gone = True
            for answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(OSError("the process of Dask's client has ended"))


@asynccontextmanager
async def scheduler_client(engine: Engine, options: ClusterOptions) -> AsyncGenerator[SchedulerClient]:
    """Raises `SchedulerLost` if the scheduler cannot be reached, `ProblemError` if it cannot be used."""
    refuse_without_tls(engine, options)
    ours, process = await _started()
    client = SchedulerClient(*await asyncio.open_connection(sock=ours))
    try:
        reach = ReachScheduler(
            engine.address if engine.encrypted else f"tcp://{engine.address.partition('://')[2]}",
            engine.port,
            engine.encrypted,
            CONNECT_SECONDS,
            options.ca,
            options.certificate,
            options.key,
        )
        try:
            await client.ask(reach)
        except OSError as error:
            raise SchedulerLost(unreachable(engine, error)) from error
        yield client
    finally:
        try:
            await client.close()
        finally:
            await _ended(process)


async def _started() -> tuple[socket.socket, Process]:
    """A process with a socket to it. It gets only the environment of Python and Dask, and no other descriptor."""
    ours, theirs = socket.socketpair()
    with theirs:
        command = (sys.executable, "-P", "-m", "tui.features.cluster.client", str(theirs.fileno()))
        process = await asyncio.create_subprocess_exec(
            *command,
            pass_fds=[theirs.fileno()],
            env=client_environment(os.environ),
            cwd="/",
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,
        )
    return ours, process


def client_environment(whole: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in whole.items() if name in _KEPT or name.startswith(_KEPT_STARTS)}


async def _ended(process: Process) -> None:
    """It ends by itself when its socket is closed."""
    try:
        async with asyncio.timeout(_END_SECONDS):
            await process.wait()
    except TimeoutError:
        pass
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def unreachable(engine: Engine, error: BaseException | None = None) -> Problem:
    title = f"the Dask scheduler {engine.address} cannot be reached"
    cause = str(error).splitlines()[0][:300] if error and str(error) else ""
    remedy = "the transfer goes on by itself when a scheduler answers there; check address, network and certificates"
    return Problem(ProblemKind.UNREACHABLE, title, cause, remedy, resource=engine.address)


def at_loopback(address: str) -> bool:
    """Whether an address (``tcp://127.0.0.1:8786``) is on this machine."""
    return on_loopback(urlsplit(address).hostname or "")


def encrypted(address: str) -> bool:
    """Whether nobody on the network can read the traffic to that Dask address."""
    return address.startswith("tls://")


class FalseReport(ProblemError):  # noqa: N818  # the word for it
    """A worker's statement cannot be true: nothing more is accepted from it, and the transfer fails."""

    def __init__(self, name: str, why: str) -> None:
        remedy = "stop that worker and look at its machine; compare what was copied (xs3-tui verify)"
        super().__init__(
            Problem(ProblemKind.MISMATCH, f"worker {name} has sent a report that cannot be true", why, remedy)
        )


def decisive(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The most important of concurrent failures: the scheduler's, else an identity's, else the first."""
    flat = list[BaseException]()
    for each in failures.exceptions:
        flat.append(decisive(each) if isinstance(each, BaseExceptionGroup) else each)
    for kind in (SchedulerLost, Interrupted, ProblemError):
        for each in flat:
            if isinstance(each, kind):
                return each
    return flat[0]
