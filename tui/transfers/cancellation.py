"""Work that must not be left half-way, and work that must not be left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")
U = TypeVar("U")


async def together(first: Coroutine[Any, Any, T], second: Coroutine[Any, Any, U]) -> tuple[T, U]:
    """Both results; when one of them fails, the other is cancelled and has ended before the error goes on."""
    one, other = asyncio.create_task(first), asyncio.create_task(second)
    try:
        return await asyncio.gather(one, other)
    finally:
        one.cancel()
        other.cancel()
        await asyncio.gather(one, other, return_exceptions=True)


async def settled(task: asyncio.Task[T]) -> asyncio.Task[T]:
    """Wait for the task's end, however often the caller is cancelled meanwhile; never raises."""
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([task])
    return task


async def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, then raise `CancelledError` if the caller was cancelled meanwhile."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await settled(task)
        if not task.cancelled():
            task.exception()  # it has been seen: the cancellation is what the caller hears of
        raise
