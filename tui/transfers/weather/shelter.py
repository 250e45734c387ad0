"""One identity's requests, asked again while that can help."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from tui.model.problem import Problem, ProblemError
from tui.transfers.weather.backoff import Backoff
from tui.transfers.weather.budgets import Allowance, Budget, budget
from tui.transfers.weather.interrupted import Interrupted
from tui.transfers.weather.lanes import Lane
from tui.transfers.weather.standing import Standing
from tui.transfers.weather.verdicts import Verdict, verdict_of

T = TypeVar("T")

Again = Callable[[Verdict], None]
"""Told that a call is made again, and why."""


@dataclass(frozen=True, slots=True)
class Shelter:
    """Makes the calls of one connection."""

    connection: str
    lane: Lane
    standing: Standing
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
        async with self.lane.place() as token:
            try:
                answer = await call()
            except ProblemError as error:
                if verdict_of(error.problem) is Verdict.THROTTLED:
                    self.lane.slow_down(token)
                raise
        self.lane.succeeded()
        self.standing.succeeded(self.connection)
        return answer

    def _judge(self, error: ProblemError, tried: int) -> Verdict:
        """What a failure means, if the call may be made again; raises if not."""
        verdict = verdict_of(error.problem)
        if verdict is Verdict.IDENTITY:
            raise self._interrupted(error.problem) from error
        if verdict is Verdict.PERMANENT or (verdict is Verdict.ONCE and tried):
            raise error
        return verdict

    async def _give_up(self, error: ProblemError) -> None:
        """Beyond the budget: a single object fails, unless nothing of the endpoint works at all."""
        if await self.standing.look(self.connection) is None:
            raise error
        raise self._interrupted(error.problem) from error

    def _interrupted(self, problem: Problem) -> Interrupted:
        self.standing.is_out(self.connection, problem)
        return Interrupted(problem, self.connection)

    def _refuse_if_out(self) -> None:
        problem = self.standing.why_out(self.connection)
        if problem is not None:
            raise Interrupted(problem, self.connection)
