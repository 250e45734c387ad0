"""Requests that must not be left half-way: they run to their end even when their task is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


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
