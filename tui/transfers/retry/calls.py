"""The requests of one identity, retried while that can help."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from tui.core.problem import Problem, ProblemError, RetryAdvice
from tui.transfers.limits.endpoint_concurrency import ConcurrencyLimit
from tui.transfers.retry.backoff import Allowance, Backoff, Budget, budget
from tui.transfers.retry.classify import Interrupted, advice_for
from tui.transfers.retry.connection_health import ConnectionHealth

T = TypeVar("T")

Again = Callable[[RetryAdvice], None]
"""Called before a call is made again, with the reason."""


@dataclass(frozen=True, slots=True)
class RetriedCalls:
    """Makes the calls of one connection."""

    connection: str
    limit: ConcurrencyLimit
    health: ConnectionHealth
    retries: Backoff
    allowance: Allowance

    async def run(self, call: Callable[[], Awaitable[T]], again: Again = lambda _: None) -> T:
        """The answer of a call, made as often as the object's budget allows.

        Raises the `ProblemError` of what is permanent, or has lasted for longer than the budget, and `Interrupted` when
        the identity cannot be used.
        """
        allowed = budget.get() or Budget(self.allowance)
        tried = 0
        while True:
            self._refuse_if_out()
            try:
                answer = await self._once(call)
            except ProblemError as error:
                verdict = self._judge(error, tried)
                if not allowed.spend(tried):
                    await self._give_up(error)
            else:
                allowed.earn()
                return answer
            again(verdict)
            await asyncio.sleep(self.retries.jittered(tried))
            tried += 1

    async def _once(self, call: Callable[[], Awaitable[T]]) -> T:
        limit = self.limit
        token = await limit.enter() if limit.is_full else limit.enter_at_once()
        try:
            answer = await call()
        except ProblemError as error:
            if advice_for(error.problem) is RetryAdvice.THROTTLED:
                limit.slow_down(token)
            raise
        finally:
            limit.leave()
        limit.succeeded()
        self.health.succeeded(self.connection)
        return answer

    def _judge(self, error: ProblemError, tried: int) -> RetryAdvice:
        """What a failure means, if the call may be made again; raises if not."""
        verdict = advice_for(error.problem)
        if verdict is RetryAdvice.IDENTITY:
            raise self._interrupted(error.problem) from error
        if verdict is RetryAdvice.PERMANENT or (verdict is RetryAdvice.ONCE and tried):
            raise error
        return verdict

    async def _give_up(self, error: ProblemError) -> None:
        """Beyond the budget: a single object fails, unless nothing of the endpoint works at all."""
        if await self.health.check(self.connection) is None:
            raise error
        raise self._interrupted(error.problem) from error

    def _interrupted(self, problem: Problem) -> Interrupted:
        self.health.mark_unusable(self.connection, problem)
        return Interrupted(problem, self.connection)

    def _refuse_if_out(self) -> None:
        problem = self.health.why_unusable(self.connection)
        if problem is not None:
            raise Interrupted(problem, self.connection)
