"""Steps one after the other: a key that is typed while a block is being read waits for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from tui.core.problem import Problem, ProblemError

MOST_STEPS = 32
"""Steps that wait for the one before; more keys than that are dropped."""

Step = Callable[[], Awaitable[None]]


class Steps:
    """What is to be done, in its order."""

    def __init__(self, fail: Callable[[Problem], None]) -> None:
        """`fail` gets what could not be read; the steps behind it are dropped."""
        self._fail = fail
        self._steps: deque[Step] = deque()
        self._working = asyncio.Lock()
        self.busy = False

    def enter(self, step: Step) -> bool:
        """Take a step; True: `work` has to be run for it."""
        if len(self._steps) < MOST_STEPS:
            self._steps.append(step)
        begins, self.busy = not self.busy, True
        return begins

    async def work(self) -> None:
        """Do all steps, once what was cancelled before them has come to its end."""
        steps = self._steps
        try:
            async with self._working:
                while steps:
                    try:
                        await steps.popleft()()
                    except ProblemError as error:
                        steps.clear()
                        self._fail(error.problem)
        finally:
            if steps is self._steps:  # else it was cancelled, and others may be under way by now
                self.busy = False

    def drop(self) -> None:
        """Do none of those that wait; the one that is under way was cancelled."""
        self._steps = deque()
        self.busy = False
