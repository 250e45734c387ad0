"""Handlers by request type: each feature's module has its own `Handlers`, the engine one of all of them."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from tui.answering.rooms import Rooms
from tui.core.location import Location
from tui.core.orders import Selection, WriteOrder
from tui.core.problem import ProblemError
from tui.core.transfer import ObjectResult, Outcome
from tui.core.versions import NULL_VERSION

Q = TypeVar("Q")
Q_co = TypeVar("Q_co", covariant=True)
A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)
F = TypeVar("F")

Answering = Callable[[Rooms, Q], Coroutine[Any, Any, A]]
FeedAnswers = AsyncGenerator[object, None] | Coroutine[Any, Any, AsyncGenerator[object, None]]
Feeding = Callable[[Rooms, Q], AsyncGenerator[A, None]]
Opening = Callable[[Rooms, Q], Coroutine[Any, Any, AsyncGenerator[A, None]]]


class RequestType(Protocol[Q_co, A_co]):
    """A class of messages: creates messages ``Q`` that are answered with ``A``."""

    def __call__(self, *arguments: Any, **named: Any) -> Q_co:
        """A message."""

    def answer_type(self) -> type[A_co]:
        """The type of its answers."""


class Handlers:
    """Functions of the rooms and a message, by message type. The decorators check both types.

    Two functions for one type raise `ValueError` when the second one is declared.
    """

    def __init__(self, parts: Iterable[Handlers] = ()) -> None:
        self.requests: dict[object, Answering[Any, object]] = {}
        self.feeds: dict[object, Callable[[Rooms, Any], FeedAnswers]] = {}
        for part in parts:
            for kind, answer in part.requests.items():
                self._keeper(self.requests, kind)(answer)
            for kind, answers in part.feeds.items():
                self._keeper(self.feeds, kind)(answers)

    @property
    def kinds(self) -> set[Any]:
        return {*self.requests, *self.feeds}

    def request(self, kind: RequestType[Q, A]) -> Callable[[Answering[Q, A]], Answering[Q, A]]:
        """The function answers requests of this type; it may raise `ProblemError`."""
        return self._keeper(self.requests, kind)

    def feed(self, kind: RequestType[Q, A]) -> Callable[[Feeding[Q, A]], Feeding[Q, A]]:
        """The generator answers feeds of this type; stopping the feed closes it."""
        return self._keeper(self.feeds, kind)

    def feed_from(self, kind: RequestType[Q, A]) -> Callable[[Opening[Q, A]], Opening[Q, A]]:
        """Like `feed`, for a coroutine that returns the generator."""
        return self._keeper(self.feeds, kind)

    def encoded_feed(self, kind: RequestType[Q, Any]) -> Callable[[Feeding[Q, list[bytes]]], Feeding[Q, list[bytes]]]:
        """Like `feed`, for a generator that yields several encoded answers at once."""
        return self._keeper(self.feeds, kind)

    def _keeper(self, kept: dict[object, Any], kind: object) -> Callable[[F], F]:
        def keep(answer: F) -> F:
            if kind in self.kinds:
                raise ValueError(f"two functions answer {kind}")
            kept[kind] = answer
            return answer

        return keep


async def note_written(rooms: Rooms, connection: str, location: Location, version: str, size: int, etag: str) -> str:
    """Record a write; returns the ID for undo. It is empty without versioning, or if recording fails."""
    if version in ("", NULL_VERSION) or rooms.queue is None:
        return ""
    now = time.time()
    done = ObjectResult("", location.uri, "", Outcome.WRITTEN, size, etag=etag, made=version, began=now, ended=now)
    order = WriteOrder(Selection(connection, location.parent, keys=[location.key]))
    with suppress(ProblemError):  # the write succeeded even if it cannot be recorded
        return await rooms.queue.submit(order, done=done)
    return ""
