"""Botocore's own way, with the sending left out: what it would send, and what it makes of an answer that has come.

Both stand at its ``before-send`` event, whose handlers may answer in the server's place.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiobotocore.awsrequest import AioAWSResponse
from botocore.compat import HTTPHeaders

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

Method = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, or the head of one whose body is to be read: then `body` is not bytes."""

    status: int
    headers: Mapping[str, str]
    body: Any


class _CaughtError(Exception):
    """Carries a prepared request out of botocore, which knows no reason to try that one again."""

    def __init__(self, prepared: Any) -> None:
        super().__init__()
        self.prepared = prepared


class _Raw:
    """What botocore reads a body from."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def read(self) -> bytes:
        """The whole body."""
        return self._body


class Replay:
    """An outcome that botocore is given for the first request it would send."""

    def __init__(self, outcome: Answer | Exception) -> None:
        self._outcome: Answer | Exception | None = outcome
        self.went_on = False
        """Whether it has sent another one after that: into another region, or again."""

    def next(self, prepared: Any) -> AioAWSResponse | None:
        """The answer to a request; None: it is to be sent."""
        outcome, self._outcome = self._outcome, None
        if outcome is None:
            self.went_on = True
            return None
        if isinstance(outcome, Exception):
            raise outcome
        headers = HTTPHeaders.from_dict(outcome.headers)
        return AioAWSResponse(prepared.url, outcome.status, headers, _Raw(outcome.body))


class _Catching:
    def next(self, prepared: Any) -> AioAWSResponse | None:
        """Catch it."""
        raise _CaughtError(prepared)


_now: ContextVar[Replay | _Catching | None] = ContextVar("replay", default=None)


def _in_the_servers_place(request: Any, **_: Any) -> AioAWSResponse | None:
    step = _now.get()
    return step.next(request) if step is not None else None


def listen(client: S3Client) -> None:
    """Let `prepared_by` and `replay` work with a client."""
    events: Any = client.meta.events  # its stub knows no handlers that answer
    # Last: those that refuse a foreign host come before.
    events.register_last("before-send.s3", _in_the_servers_place, unique_id="in-the-servers-place")


async def prepared_by(method: Method, parameters: Mapping[str, Any]) -> Any:
    """The signed request that a method of the client would send; raises what botocore does without sending any."""
    token = _now.set(_Catching())
    try:
        await method(**parameters)
    except _CaughtError as caught:
        return caught.prepared
    finally:
        _now.reset(token)
    raise AssertionError("it was answered without a request")


async def replay(method: Method, parameters: Mapping[str, Any], replayed: Replay) -> Any:
    """What the method makes of an outcome."""
    token = _now.set(replayed)
    try:
        return await method(**parameters)
    finally:
        _now.reset(token)
