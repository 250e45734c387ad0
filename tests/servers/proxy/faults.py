"""What can go wrong with a request, and the rules that say with which."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TypeAlias

from tests.servers.proxy.messages import Request


@dataclass(frozen=True, slots=True)
class Answer:
    """The request is not passed on; it is answered with an error of S3. `ahead`: the server's clock, by ours."""

    status: int
    code: str
    words: str = "said by the proxy"
    ahead: timedelta = timedelta()

    def message(self, request: Request) -> bytes:
        body = f"<Error><Code>{self.code}</Code><Message>{self.words}</Message><RequestId>PROXY</RequestId></Error>"
        date = format_datetime(datetime.now(UTC) + self.ahead, usegmt=True)
        lines = [
            f"HTTP/1.1 {self.status} said by the proxy",
            f"Date: {date}",
            "Content-Type: application/xml",
            "x-amz-request-id: PROXY",
            f"Content-Length: {0 if request.method == 'HEAD' else len(body)}",
        ]
        return "\r\n".join([*lines, "", "" if request.method == "HEAD" else body]).encode()


@dataclass(frozen=True, slots=True)
class AnswerObject(Answer):
    """The request is answered with an object, as by a server that does not know what it is about."""

    status: int = 200
    code: str = ""

    def message(self, request: Request) -> bytes:  # noqa: ARG002  # the same whatever was asked
        lines = ["HTTP/1.1 200 OK", 'ETag: "d41d8cd98f00b204e9800998ecf8427e"', "Content-Length: 7"]
        return "\r\n".join([*lines, "Last-Modified: Mon, 30 Nov 2026 21:00:55 GMT", "", "content"]).encode()


@dataclass(frozen=True, slots=True)
class _Cut:
    """Something ends after so many bytes of a body."""

    after: int = 0


class ResetRequest(_Cut):
    """The connection is reset when so many bytes of the request's body have come."""


class StallRequest(_Cut):
    """No byte of the request is taken any more after so many of its body."""


class ResetAnswer(_Cut):
    """The connection is reset after so many bytes of the answer's body."""


class StallAnswer(_Cut):
    """No byte is sent any more after so many of the answer's body."""


class TruncateAnswer(_Cut):
    """The connection is closed, as if all was well, after so many bytes of the answer's body."""


@dataclass(frozen=True, slots=True)
class DamageAnswer:
    """One byte in the middle of the answer's body is another one."""


@dataclass(frozen=True, slots=True)
class DamageRequest:
    """One byte in the middle of the request's body is another one when it arrives."""


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """The server does what was asked, and its answer never arrives: the connection is reset."""


Hook: TypeAlias = Callable[[Request], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Something happens between two others: `before` the request is passed on, `after` the server has answered."""

    before: Hook | None = None
    after: Hook | None = None


Fault: TypeAlias = Answer | _Cut | DamageAnswer | DamageRequest | LoseAnswer | Meanwhile

SLOW_DOWN = Answer(503, "SlowDown", "Please reduce your request rate.")


@dataclass
class Rule:
    """`fault` befalls requests of these operations (none: all) to this key (None: any), this share of them, so often.

    `when`, if given, must hold for the request, too.
    """

    fault: Fault
    operations: tuple[str, ...] = ()
    key: str | None = None
    share: float = 1.0
    times: int | None = None
    when: Callable[[Request], bool] = field(default=lambda _: True)
    taken: int = 0

    def takes(self, request: Request, chance: random.Random) -> bool:
        """Whether this request is one that it befalls; counts those."""
        fits = (
            (not self.operations or request.operation in self.operations)
            and self.key in (None, request.key)
            and (self.times is None or self.taken < self.times)
            and self.when(request)
            and chance.random() < self.share
        )
        self.taken += fits
        return fits


def damaged(body: bytes) -> bytes:
    if not body:
        return body
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
