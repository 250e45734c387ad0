"""The open clients of an engine: each is closed soon after its last user is gone, the others at the end."""

from __future__ import annotations

import asyncio
import weakref
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client


class ClientPool:
    """Keeps a client open as long as its owner is referred to. Used from one event loop.

    A connection that was replaced may still be at work: it cannot be closed at once, nor may it stay open for ever.
    """

    def __init__(self) -> None:
        self._open: set[AbstractAsyncContextManager[Any]] = set()
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._open)

    async def open(self, creating: AbstractAsyncContextManager[Any]) -> S3Client:
        """Open a client. It stays open until the end unless it is tied to an owner."""
        client: S3Client = await creating.__aenter__()
        self._open.add(creating)
        return client

    def tie(self, creating: AbstractAsyncContextManager[Any], owner: object) -> None:
        """Close the client when `owner` is garbage-collected."""
        finalizer = weakref.finalize(owner, self._ownerless, asyncio.get_running_loop(), creating)
        finalizer.atexit = False

    async def close(self) -> None:
        """Close all of them."""
        while self._open:
            await self._open.pop().__aexit__(None, None, None)
        await asyncio.gather(*self._closing)

    def _ownerless(self, loop: asyncio.AbstractEventLoop, creating: AbstractAsyncContextManager[Any]) -> None:
        """Called by the garbage collector, wherever that runs."""
        if creating in self._open and not loop.is_closed():
            loop.call_soon_threadsafe(self._close_one, creating)

    def _close_one(self, creating: AbstractAsyncContextManager[Any]) -> None:
        if creating not in self._open:
            return
        self._open.remove(creating)
        task = asyncio.ensure_future(self._exit(creating))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _exit(self, creating: AbstractAsyncContextManager[Any]) -> None:
        await creating.__aexit__(None, None, None)
