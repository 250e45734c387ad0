"""The engine's requests to the process of Dask's client: one typed answer each, in frames."""

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
    """The first request: connect to a scheduler within `seconds`. Paths as in `ClusterOptions`."""

    address: str
    port: int
    encrypted: bool
    seconds: float
    ca: str
    certificate: str
    key: str


class SchedulerWorker(Struct, frozen=True):
    """A worker in the scheduler's list."""

    name: str
    threads: int


class SeeWorkers(Request[dict[str, SchedulerWorker]], frozen=True, tag="workers"):
    """The workers by address. Fails once the scheduler was lost, or has dropped one of our tasks."""


class Runs(Struct, frozen=True):
    """The versions of a cluster process; for the scheduler only Python and distributed.

    `build`: the `VERSION` of its messages; `clock`: seconds since the epoch.
    """

    python: str
    distributed: str
    program: str = ""
    build: int = 0
    clock: float | None = None


class AskVersions(Request[Runs], frozen=True, tag="versions"):
    """The versions of the scheduler, or of the worker with this address."""

    worker: str = ""


class Install(Request[Done], frozen=True, tag="install"):
    """Make a worker answer letters."""

    worker: str


class SendLetter(Request[bytes], frozen=True, tag="send"):
    """Send a letter to a worker; the answer is its packed report."""

    worker: str
    letter: bytes


class Around(Struct, frozen=True):
    """What a worker sees on its machine: the identities of its profiles, or why it has none; unreachable endpoints."""

    identities: dict[str, Identity]
    refusals: dict[str, Problem]
    unreachable: list[Problem]


class LookAround(Request[Around], frozen=True, tag="around"):
    """Make a worker check these profiles and endpoints."""

    worker: str
    connections: list[str]
    endpoints: list[str]


class BeginRange(Request[Done], frozen=True, tag="begin"):
    """Give a worker the task for one range (see `copy_range`)."""

    worker: str
    transfer: str
    run: str
    number: int


class Release(Request[Done], frozen=True, tag="release"):
    """Drop the task of that range."""

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
    """Raises `ProblemError` if it is too long."""
    return framed(encode(message))


async def read_to_client(reader: asyncio.StreamReader) -> ClientCall | StopFrame | None:
    """The engine's next message; None: it has gone."""
    body = await read_frame(reader)
    return None if body is None else _to_client.decode(body)


async def read_to_engine(reader: asyncio.StreamReader) -> AnswerFrame | FailedFrame | None:
    """None: the process has gone. Raises `ProblemError` and ``msgspec.MsgspecError`` for an invalid answer."""
    body = await read_frame(reader)
    return None if body is None else _to_engine.decode(body)
