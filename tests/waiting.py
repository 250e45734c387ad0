"""Wait for a condition, never for the clock."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

SECONDS = 10.0
BETWEEN = 0.01

PATIENCE = 3.0
"""Times as long as on an idle machine is waited: a condition that comes true costs no more, and CI shares its cores."""

LONGEST = 150.0
"""Seconds: pytest's own limit for a test is longer and does not know what was waited for."""


def _patient(timeout: float) -> float:
    return min(timeout * PATIENCE, LONGEST)


async def until(
    condition: Callable[[], bool | Awaitable[bool]],
    what: str,
    timeout: float = SECONDS,  # noqa: ASYNC109  # its error names the condition, which a bare timeout cannot
) -> None:
    """Return as soon as `condition` holds, letting the event loop run between two looks for as long as a look takes.

    `what` names the condition in the `AssertionError` that is raised after `timeout` seconds, times `PATIENCE`,
    but no later than after `LONGEST`.
    """
    seconds = _patient(timeout)
    deadline = time.monotonic() + seconds
    while True:
        looked = time.monotonic()
        answer = condition()
        if await answer if inspect.isawaitable(answer) else answer:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain until {what}")
        await asyncio.sleep(max(BETWEEN, time.monotonic() - looked))  # a look at a whole screen takes milliseconds


def until_true(condition: Callable[[], bool], what: str, timeout: float = SECONDS) -> None:
    """Wait like `until` where there is no event loop: for another process."""
    seconds = _patient(timeout)
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain until {what}")
        time.sleep(BETWEEN)
