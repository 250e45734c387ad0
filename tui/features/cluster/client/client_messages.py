"""What the engine asks the process that has Dask's client: one typed answer for each request, in frames."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import msgspec
from msgspec import Struct

from tui.core.identity import Identity
from tui.core.problem import Problem
from tui.link.frames import AnswerFrame, FailedFrame, StopFrame, encode, framed, read_frame
from tui.link.request import Done, Request

A = TypeVar("A")


class ReachScheduler(Request[Done], frozen=True, tag="reach"):
    """The first request: connect to a scheduler within so many seconds. Paths as in `ClusterOptions`."""

    address: str
    port: int
    encrypted: bool
    seconds: float
    ca: str
    certificate: str
    key: str


class SchedulerWorker(Struct, frozen=True):
    """A worker as the scheduler knows it."""

    name: str
    threads: int


class SeeWorkers(Request[dict[str, SchedulerWorker]], frozen=True, tag="workers"):
    """Which workers are there, by their addresses? Fails once the scheduler was lost, or has dropped a task of ours."""


class Runs(Struct, frozen=True):
    """What a process of the cluster runs; of the scheduler no more than Python and distributed.

    `build`: the `VERSION` of its messages; `clock`: seconds since the epoch.
    """

    python: str
    distributed: str
    program: str = ""
    build: int = 0
    clock: float | None = None


class AskVersions(Request[Runs], frozen=True, tag="versions"):
    """What does the scheduler run, or the worker of that address?"""

    worker: str = ""


class Install(Request[Done], frozen=True, tag="install"):
    """Have a worker answer letters."""

    worker: str


class SendLetter(Request[bytes], frozen=True, tag="send"):
    """Send a letter to a worker; the answer is its report, packed."""

    worker: str
    letter: bytes


class Around(Struct, frozen=True):
    """What a worker finds on its own machine: who its profiles are, or why not; which endpoints it does not reach."""

    identities: dict[str, Identity]
    refusals: dict[str, Problem]
    unreachable: list[Problem]


class LookAround(Request[Around], frozen=True, tag="around"):
    """Have a worker look at these profiles and endpoints."""

    worker: str
    connections: list[str]
    endpoints: list[str]


class BeginRange(Request[Done], frozen=True, tag="begin"):
    """Give a worker the task of one range (see `copy_range`)."""

    worker: str
    transfer: str
    run: str
    number: int


class Release(Request[Done], frozen=True, tag="release"):
    """The task of that range is not wanted any more."""

    run: str
    number: int


ClientRequest = ReachScheduler | SeeWorkers | AskVersions | Install | SendLetter | LookAround | BeginRange | Release


class ClientCall(Struct, frozen=True, tag="ask"):
    """The engine asks; `id` is unique."""

    id: int
    request: ClientRequest


_to_client = msgspec.msgpack.Decoder(ClientCall | StopFrame)
_to_engine = msgspec.msgpack.Decoder(AnswerFrame | FailedFrame)

pack = encode


def frame_of(message: ClientCall | StopFrame | AnswerFrame | FailedFrame) -> bytes:
    """Its bytes. Raises `ProblemError` for one that is too long."""
    return framed(encode(message))


async def read_to_client(reader: asyncio.StreamReader) -> ClientCall | StopFrame | None:
    """What the engine wants next; None: it has gone."""
    body = await read_frame(reader)
    return None if body is None else _to_client.decode(body)


async def read_to_engine(reader: asyncio.StreamReader) -> AnswerFrame | FailedFrame | None:
    """The next answer; None: the process has gone. Raises `ProblemError` and ``msgspec.MsgspecError`` for rubbish."""
    body = await read_frame(reader)
    return None if body is None else _to_engine.decode(body)
