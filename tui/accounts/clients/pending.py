"""Requests without an answer yet, by the call of the engine's client that they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from time import monotonic
from urllib.parse import urlsplit


class PendingRequests:
    """The requests of one call that have no whole answer yet."""

    def __init__(self) -> None:
        self.begun: dict[object, tuple[float, str]] = {}
        """When each began, and its URL."""

    def longest(self) -> tuple[str, float] | None:
        """The host that has not answered for the longest time, and the seconds; None: no request is under way."""
        if not self.begun:
            return None
        begun, url = min(self.begun.values())
        return urlsplit(url).netloc, monotonic() - begun


class _Noted:
    """A block of `pending_request`; a generator would cost more than all else that is done here."""

    __slots__ = ("_pending", "_url")

    def __init__(self, pending: PendingRequests, url: str) -> None:
        self._pending, self._url = pending, url

    def __enter__(self) -> None:
        self._pending.begun[self] = monotonic(), self._url

    def __exit__(self, *_: object) -> None:
        del self._pending.begun[self]


_NOBODY_ASKS = nullcontext()
_pending: ContextVar[PendingRequests | None] = ContextVar("pending", default=None)


@contextmanager
def tracking_requests(pending: PendingRequests) -> Iterator[None]:
    """A block whose requests, and those of the tasks that are begun in it, are noted in `pending`."""
    token = _pending.set(pending)
    try:
        yield
    finally:
        _pending.reset(token)


def pending_request(url: str) -> AbstractContextManager[None]:
    """A block in which a request to a URL is sent and its answer read."""
    pending = _pending.get()
    return _Noted(pending, url) if pending else _NOBODY_ASKS
