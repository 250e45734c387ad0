"""boto3's HTTP session, which runs in threads, with bounds that it has not: for how long an answer takes, and its size.

Its timeouts are for each next byte: a server that sends one a second would keep a thread for years.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.exceptions import BotoCoreError, ReadTimeoutError
from botocore.httpsession import URLLib3Session


@dataclass
class _Asking(threading.local):
    """The request of this thread."""

    sockets: list[socket.socket] = field(default_factory=list)
    most: int = 0
    too_large: Callable[[], Exception] = Exception


_asking = _Asking()


class _Bounded:
    """A connection whose answer is bounded."""

    sock: Any

    def getresponse(self) -> Any:
        """The answer, up to its body."""
        _asking.sockets.append(self.sock)  # the connection forgets it where the answer is the last one
        response: Any = super().getresponse()  # type: ignore[misc]  # of the class beside this one
        response.stream = _bounded(response.stream, _asking.most, _asking.too_large)
        return response


def _bounded(stream: Callable[..., Iterator[bytes]], most: int, too_large: Callable[[], Exception]) -> Any:
    def pieces(*arguments: Any, **named: Any) -> Iterator[bytes]:
        size = 0
        for piece in stream(*arguments, **named):
            size += len(piece)
            if size > most:
                raise too_large()
            yield piece

    return pieces


class _BoundedConnection(_Bounded, AWSHTTPConnection):  # type: ignore[misc]  # the stubs of its bases disagree
    pass


class _BoundedTLSConnection(_Bounded, AWSHTTPSConnection):  # type: ignore[misc]  # the same
    pass


class _BoundedPool(AWSHTTPConnectionPool):
    ConnectionCls = _BoundedConnection


class _BoundedTLSPool(AWSHTTPSConnectionPool):
    ConnectionCls = _BoundedTLSConnection


_POOLS = {"http": _BoundedPool, "https": _BoundedTLSPool}


class _BoundedSession(URLLib3Session):
    """See `bound_answers`, which makes one."""

    seconds: float
    most: int
    too_large: Callable[[], Exception]

    def send(self, request: Any) -> Any:
        """Send a request; raise botocore's errors, and what `too_large` gives."""
        _asking.most, _asking.too_large = self.most, self.too_large
        try:
            with _deadline(self.seconds) as over:
                answer = super().send(request)
        except BotoCoreError as error:
            if over.is_set():
                raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
            if isinstance(inner := error.kwargs.get("error"), BotoCoreError):  # of `too_large`: it is wrapped
                raise inner from error
            raise
        if over.is_set():  # the end of the connection looks like that of the answer
            raise ReadTimeoutError(endpoint_url=request.url, error="the answer was not whole in time")
        return answer


@contextmanager
def _deadline(seconds: float) -> Iterator[threading.Event]:
    """Close the connections of this thread's request after so many seconds; the event is set then."""
    over, sockets = threading.Event(), list[socket.socket]()
    _asking.sockets = sockets

    def end() -> None:
        over.set()
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.name = "answer-deadline"
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()
        timer.join()


def bound_answers(client: Any, seconds: float, most: int, too_large: Callable[[], Exception]) -> None:
    """Have a client of boto3 give an answer up after so many seconds, or when its body has more than `most` bytes."""
    session = client._endpoint.http_session
    session.__class__ = _BoundedSession
    session.seconds, session.most, session.too_large = seconds, most, too_large
    session._pool_classes_by_scheme = session._manager.pool_classes_by_scheme = _POOLS
