"""Wait for a condition, never for the clock."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

SECONDS = 10.0
BETWEEN = 0.01


async def until(
    condition: Callable[[], bool | Awaitable[bool]],
    what: str,
    timeout: float = SECONDS,  # noqa: ASYNC109
) -> None:
    """Return as soon as `condition` holds, letting the event loop run between two looks.

    `what` names the condition in the `AssertionError` that is raised after `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if await answer if inspect.isawaitable(answer) else answer:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:g} s in vain until {what}")
        await asyncio.sleep(BETWEEN)


def until_true(condition: Callable[[], bool], what: str, timeout: float = SECONDS) -> None:
    """Wait like `until` where there is no event loop: for another process."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:g} s in vain until {what}")
        time.sleep(BETWEEN)
