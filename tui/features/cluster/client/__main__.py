"""The process of Dask's client: ``python -m tui.features.cluster.client DESCRIPTOR``, a socket to the engine.

It ends with that socket. Data from the network may have compromised this process, so the engine checks everything it
says.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Raw

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.cluster.client import client_messages
from tui.features.cluster.client.confined import confine
from tui.features.cluster.worker_calls import HANDLER, copy_range, described, install, look_around
from tui.link.frames import AnswerFrame, FailedFrame, StopFrame
from tui.link.request import Done

if TYPE_CHECKING:
    from distributed import Client, Future

_END_SECONDS = 2.0
_MOST_WORDS = 300


def client_of(reach: client_messages.ReachScheduler) -> Client:
    """Dask's client, not yet connected. Raises `ProblemError` if the library or the certificates cannot be used."""
    try:
        import distributed
    except ImportError as error:
        title = "Dask's distributed is not installed"
        cause = str(error)
        remedy = "install it beside xs3-tui: pip install 'xs3-tui[dask]'"
        raise ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy)) from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # the transfer reports what matters
    made: Client = distributed.Client(  # type: ignore[no-untyped-call]  # its library has few types
        reach.address,
        asynchronous=True,
        security=_security(distributed, reach),
        timeout=reach.seconds,
        set_as_default=False,
        name="xs3-tui",
    )
    return made


def _security(distributed: Any, reach: client_messages.ReachScheduler) -> Any:
    """The certificates in the order, else those in Dask's own configuration."""
    given = {"tls_ca_file": reach.ca, "tls_client_cert": reach.certificate, "tls_client_key": reach.key}
    try:
        security = distributed.Security(
            require_encryption=reach.encrypted or None, **{name: path for name, path in given.items() if path}
        )
        read = security.get_connection_args("client").get("ssl_context")
    except (OSError, ValueError) as error:
        raise ProblemError(_unusable_certificates(str(error))) from error
    if reach.encrypted and read is None:
        raise ProblemError(_unusable_certificates("authority, certificate and key are needed; not all are named"))
    return security


def _unusable_certificates(cause: str) -> Problem:
    title = "the certificates for the Dask cluster cannot be used"
    remedy = "check --cluster-ca, --cluster-cert and --cluster-key, or Dask's configuration"
    return Problem(ProblemKind.INVALID, title, cause, remedy)


class _ClientServer:
    """Answers the engine, any number of requests at once."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._running: dict[int, asyncio.Task[None]] = {}
        self._client: Any = None
        self._tasks: dict[tuple[str, int], Future[None]] = {}

    async def serve(self, reader: asyncio.StreamReader) -> None:
        while (message := await client_messages.read_to_client(reader)) is not None:
            if isinstance(message, StopFrame):
                if task := self._running.get(message.id):
                    task.cancel()
                continue
            task = self._running[message.id] = asyncio.create_task(self._answer(message))
            task.add_done_callback(partial(self._ended, message.id))
        for task in self._running.values():
            task.cancel()
        if self._client is not None:
            with suppress(Exception):  # a lost scheduler is no reason to wait
                await self._client.close(timeout=_END_SECONDS)

    def _ended(self, number: int, _: asyncio.Task[None]) -> None:
        del self._running[number]

    async def _answer(self, ask: client_messages.ClientCall) -> None:
        try:
            answer = await self._do(ask.request)
            message: AnswerFrame | FailedFrame = AnswerFrame(ask.id, Raw(client_messages.pack(answer)))
            frame = client_messages.frame_of(message)
        except ProblemError as error:
            frame = client_messages.frame_of(FailedFrame(ask.id, error.problem))
        except Exception as error:  # noqa: BLE001  # reason: whatever Dask raises, the engine must hear of it
            frame = client_messages.frame_of(FailedFrame(ask.id, _out_of_reach(error)))
        self._writer.write(frame)
        await self._writer.drain()

    async def _do(self, request: client_messages.ClientRequest) -> object:
        match request:
            case client_messages.ReachScheduler():
                self._client = client_of(request)
                confine(request.port)  # nothing came from the network yet, and no other thread is running
                await self._client
            case client_messages.SeeWorkers():
                return await self._workers()
            case client_messages.AskVersions():
                return await (self._versions_of(request.worker) if request.worker else self._own_versions())
            case client_messages.Install():
                await self._client.run(install, workers=[request.worker])
            case client_messages.SendLetter():
                return await self._send(request)
            case client_messages.LookAround():
                return await self._run(look_around, request.worker, request.connections, request.endpoints)
            case client_messages.BeginRange():
                self._begin(request)
            case client_messages.Release():
                self._tasks.pop((request.run, request.number), None)
        return Done()

    @property
    def _scheduler(self) -> Any:
        if self._client.scheduler is None:
            raise OSError("there is no connection to the scheduler")
        return self._client.scheduler

    async def _workers(self) -> dict[str, client_messages.SchedulerWorker]:
        if self._client.status != "running":
            raise OSError("there is no connection to the scheduler")
        if any(task.status == "cancelled" for task in self._tasks.values()):
            raise OSError("the scheduler was lost for a moment, and has dropped the tasks")
        answer = await self._scheduler.identity(n_workers=-1)
        return {
            str(address): client_messages.SchedulerWorker(str(each["name"]), int(each["nthreads"]))
            for address, each in answer["workers"].items()
        }

    async def _own_versions(self) -> client_messages.Runs:
        return _runs(await self._scheduler.versions(packages=["distributed"]), {})

    async def _versions_of(self, worker: str) -> client_messages.Runs:
        told = await self._broadcast(worker, {"op": "versions", "packages": ["distributed"]})
        return _runs(told, await self._run(described, worker))

    async def _send(self, request: client_messages.SendLetter) -> bytes:
        answer = await self._broadcast(request.worker, {"op": HANDLER, "letter": request.letter})
        if answer.get("status") != "OK":
            raise OSError("it does not answer")
        return bytes(answer["report"])

    async def _broadcast(self, worker: str, message: dict[str, Any]) -> dict[str, Any]:
        answers = await self._scheduler.broadcast(msg=message, workers=[worker], on_error="return_pickle")
        answer = answers.get(worker)
        if not isinstance(answer, dict):
            raise OSError("it does not answer")
        return answer

    async def _run(self, function: Callable[..., Any], worker: str, *given: object) -> dict[str, Any]:
        answers = await self._client.run(function, *given, workers=[worker], on_error="return")
        answer = answers.get(worker)
        if isinstance(answer, Exception):
            raise answer
        if not isinstance(answer, dict):
            raise OSError("it does not answer")
        return answer

    def _begin(self, request: client_messages.BeginRange) -> None:
        self._tasks[request.run, request.number] = self._client.submit(
            copy_range,
            request.transfer,
            request.run,
            request.number,
            key=f"xs3-tui-{request.transfer}-{request.run}-{request.number}",
            workers=[request.worker],
            allow_other_workers=False,
            pure=False,
        )


def _runs(told: dict[str, Any], ours: dict[str, Any]) -> client_messages.Runs:
    python = str(told.get("host", {}).get("python", ""))
    return client_messages.Runs(
        python=".".join(python.split(".")[:2]),
        distributed=str(told.get("packages", {}).get("distributed") or ""),
        program=str(ours.get("program", "")),
        build=int(ours.get("build", 0)),
        clock=float(ours["clock"]) if "clock" in ours else None,
    )


def _out_of_reach(error: Exception) -> Problem:
    words = str(error).splitlines()
    return Problem(ProblemKind.UNREACHABLE, words[0][:_MOST_WORDS] if words else type(error).__name__)


async def _serve(to_engine: socket.socket) -> None:
    reader, writer = await asyncio.open_connection(sock=to_engine)
    await _ClientServer(writer).serve(reader)


def main(descriptor: int) -> None:
    asyncio.run(_serve(socket.socket(fileno=descriptor)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
