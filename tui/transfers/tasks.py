"""Running tasks: two at once, many in batches, to the end when the caller is cancelled; and waiting for an event."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")
U = TypeVar("U")

AT_ONCE = 16
"""How many requests on single keys run at once."""


async def together(first: Coroutine[Any, Any, T], second: Coroutine[Any, Any, U]) -> tuple[T, U]:
    """Both results; when one of them fails, the other is cancelled and has ended before the error propagates."""
    one, other = asyncio.create_task(first), asyncio.create_task(second)
    try:
        return await asyncio.gather(one, other)
    finally:
        one.cancel()
        other.cancel()
        await asyncio.gather(one, other, return_exceptions=True)


async def settled(task: asyncio.Task[T]) -> asyncio.Task[T]:
    """Wait for the task's end, however often the caller is cancelled; never raises."""
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([task])
    return task


async def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, then raise `CancelledError` if the caller was cancelled."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await settled(task)
        if not task.cancelled():
            task.exception()  # retrieved: the caller gets the cancellation
        raise


async def set_within(event: asyncio.Event, seconds: float | None) -> None:
    """Wait for the event, no longer than so many seconds; a cancellation is raised in any case.

    `asyncio.wait_for` of Python 3.11 returns instead where the event was set right before.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def in_batches(work: Callable[[T], Coroutine[Any, Any, U]], items: Sequence[T]) -> list[U]:
    """The results, in the order of the items. The first error is raised once nothing is running any more."""
    results: list[U] = []
    for start in range(0, len(items), AT_ONCE):
        tasks = [asyncio.create_task(work(item)) for item in items[start : start + AT_ONCE]]
        try:
            results += await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return results
