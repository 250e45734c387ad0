"""The same work on many items, so many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
U = TypeVar("U")

AT_ONCE = 16
"""Requests on single keys that are made side by side."""


async def abreast(work: Callable[[T], Coroutine[Any, Any, U]], items: Sequence[T]) -> list[U]:
    """The results in the items' order. An error passes as it is, when all that was under way has ended."""
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
