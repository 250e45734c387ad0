"""Whether a failure is retried, how long to wait before that, and how often."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass

from tui.aws.connection import POOL_CONNECTIONS
from tui.aws.refusals import DAMAGED, retry_of
from tui.core.problem import Problem, ProblemKind, RetryAdvice


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits in seconds that double from `first` to at most `longest`."""

    first: float
    longest: float

    def full(self, tries: int) -> float:
        """The wait after so many tries (0: the first one)."""
        return min(self.longest, self.first * 2.0 ** min(tries, 32))

    def jittered(self, tries: int) -> float:
        """Any wait up to the full one, so that requests that failed together are not repeated together.

        "Full jitter" of the AWS Architecture Blog, "Exponential Backoff And Jitter".
        """
        return random.uniform(0.0, self.full(tries))  # noqa: S311  # nothing secret hangs on it


RETRIES = Backoff(first=0.25, longest=20.0)
"""Between the requests of one call: 8 retries take 26 s on average."""

PROBES = Backoff(first=1.0, longest=30.0)
"""Between two looks whether an identity works again."""


@dataclass(frozen=True, slots=True)
class RetryLimits:
    """Retries that a budget starts with: of each single call, and of the whole object."""

    each: int = 8
    whole: int = 64


class Budget:
    """The retries of one object. What succeeds earns one back, so that a large object is not failed for its size."""

    def __init__(self, allowance: RetryLimits | None = None) -> None:
        self._allowance = allowance or RetryLimits()
        self._left = self._allowance.whole
        self.used = 0
        """Requests that were made again: `ObjectResult.retries`."""
        self._recreated: set[tuple[str, str]] = set()

    def spend(self, tried: int) -> bool:
        """Take a retry for a call that was retried `tried` times already; False when there is none left."""
        if self._left <= 0 or tried >= self._allowance.each:
            return False
        self._left -= 1
        self.used += 1
        return True

    def earn(self) -> None:
        self._left = min(self._left + 1, self._allowance.whole)

    def recreate(self, bucket: str, key: str) -> None:
        """A multipart upload is begun once more, because the answer to the first request was lost."""
        self._recreated.add((bucket, key))

    def was_recreated(self, bucket: str, key: str) -> bool:
        """Whether the server may have another upload for this key, whose id is unknown; True only once."""
        found = (bucket, key) in self._recreated
        self._recreated.discard((bucket, key))
        return found


budget: ContextVar[Budget | None] = ContextVar("budget", default=None)
"""The budget of the object that the current task is about; without one each call has a budget of its own."""


class ConcurrencyLimit:
    """The way to one endpoint, by additive increase and multiplicative decrease.

    At most `most` at once; more than a client keeps connections (`POOL_CONNECTIONS`) would wait for one anyhow.
    `width` requests may be under way. A SlowDown response halves it, once for all requests that were sent before it
    was halved last; every `width` successes make it wider by one.
    """

    def __init__(self, most: int = POOL_CONNECTIONS) -> None:
        self._most = most
        self.width = most
        self.under_way = 0
        self._successes = 0
        self._cuts = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def slow_down(self, token: int) -> None:
        if token != self._cuts:
            return  # this request was sent before the last cut: what that changes is still to be seen
        self._cuts += 1
        self._successes = 0
        self.width = max(1, min(self.width, self.under_way) // 2)

    def succeeded(self) -> None:
        self._successes += 1
        if self._successes >= self.width:
            self._successes = 0
            self.width = min(self._most, self.width + 1)
            self._let_in()

    @property
    def is_full(self) -> bool:
        return bool(self._waiting) or self.under_way >= self.width

    def enter_at_once(self) -> int:
        """Take a place where it is not full; returns the token that `slow_down` wants. See `leave`."""
        self.under_way += 1
        return self._cuts

    async def enter(self) -> int:
        if self.is_full:
            await self._turn()
            return self._cuts
        return self.enter_at_once()

    def leave(self) -> None:
        self.under_way -= 1
        if self._waiting:
            self._let_in()

    async def _turn(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                with suppress(ValueError):  # it was passed over already
                    self._waiting.remove(turn)
            else:  # let in and cancelled in the same step of the loop
                self.leave()
            raise

    def _let_in(self) -> None:
        while self._waiting and self.under_way < self.width:
            turn = self._waiting.popleft()
            if not turn.done():
                self.under_way += 1
                turn.set_result(None)


_OF_CREDENTIALS = ("AssumeRole", "AssumeRoleWithWebIdentity", "GetRoleCredentials")
"""Operations that botocore makes by itself to have credentials."""


def advice_for(problem: Problem) -> RetryAdvice:
    if problem.code in DAMAGED and problem.operation == "CompleteMultipartUpload":
        return RetryAdvice.PERMANENT  # the parts are what was sent: it is the whole that differs
    advice = retry_of(problem.code) or problem.kind.meaning.retry
    if advice is RetryAdvice.PERMANENT and problem.operation in _OF_CREDENTIALS:
        return RetryAdvice.IDENTITY
    return advice


def passes(problem: Problem) -> bool:
    """Whether the same request may succeed a little later."""
    return advice_for(problem) in (RetryAdvice.PASSING, RetryAdvice.THROTTLED)


def works(problem: Problem) -> bool:
    """Whether a request that failed for this shows that its identity can be used and its endpoint answers.

    A denial does: it is an answer to a known identity.
    """
    refused = problem.kind is ProblemKind.BAD_CREDENTIALS
    return bool(problem.status) and advice_for(problem) is RetryAdvice.PERMANENT and not refused


class Interrupted(Exception):  # noqa: N818  # it is no error of the object that it unwinds
    """An identity cannot be used now: its credentials are of no use, or its endpoint cannot be reached.

    Not a `ProblemError`: the object has no result yet. It is tried again after `ConnectionHealth.wait_until_usable`.
    """

    def __init__(self, problem: Problem, connection: str) -> None:
        super().__init__(problem.title)
        self.problem = problem
        self.connection = connection
