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
        self._begun: dict[object, tuple[float, str]] = {}

    def longest(self) -> tuple[str, float] | None:
        """The host that has not answered for the longest time, and the seconds; None: no request is under way."""
        if not self._begun:
            return None
        begun, host = min(self._begun.values())
        return host, monotonic() - begun

    @contextmanager
    def one(self, url: str) -> Iterator[None]:
        """A block in which a request to a URL is sent and its answer read."""
        request = object()
        self._begun[request] = monotonic(), urlsplit(url).netloc
        try:
            yield
        finally:
            del self._begun[request]


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
    return pending.one(url) if pending else _NOBODY_ASKS
