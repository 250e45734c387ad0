"""The engine as the screen and the verbs use it: asked and followed, and started again when it dies."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import Protocol, TypeVar

from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.protocol.client import ENGINE_LOST, EngineClient, EngineLostError, connect
from tui.protocol.messages import PROTOCOL_VERSION, Feed, Hello, Request
from tui.protocol.process import EngineProcess, log_file

A = TypeVar("A")

MAX_DEATHS = 3
"""An engine that dies this often within `DEATH_SECONDS` is not started again."""

DEATH_SECONDS = 30.0


class EngineAccess(Protocol):
    """What the widgets see of the engine."""

    async def ask(self, request: Request[A]) -> A:
        """The answer to a request; raise `ProblemError`."""

    def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        """The answers of a feed; closing the generator stops the work behind it. Raises `ProblemError`."""


class EngineSession:
    """An engine process and the connection to it. Used from one event loop."""

    def __init__(self, process: EngineProcess, on_lost: Callable[[Problem], None] | None = None) -> None:
        """`on_lost` is told whenever a running engine has died, before it is started again."""
        self._process = process
        self.on_lost = on_lost
        self._client: EngineClient | None = None
        self._connecting = asyncio.Lock()
        self._watch: asyncio.Task[None] | None = None
        self._deaths: deque[float] = deque(maxlen=MAX_DEATHS)

    async def ask(self, request: Request[A]) -> A:
        """The answer to a request; raise `ProblemError`, `EngineLostError` if the engine dies meanwhile."""
        client = await self._connected()
        return await client.ask(request)

    async def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        """The answers of a feed; closing the generator stops the work behind it."""
        client = await self._connected()
        async with aclosing(client.follow(feed)) as answers:
            async for answer in answers:
                yield answer

    async def close(self) -> None:
        """Leave and end the engine; transfers under way are cancelled and their uploads aborted."""
        if self._watch:
            self._watch.cancel()
        if self._client:
            await self._client.close()
        await asyncio.to_thread(self._process.stop)

    async def _connected(self) -> EngineClient:
        async with self._connecting:
            if self._client is None or self._client.lost.is_set():
                self._refuse_if_dying()
                if self._client:  # its sockets close before a dying process is gone
                    await asyncio.to_thread(self._process.end)
                self._process.start()
                self._client = await connect(self._process.socket)
                self._process.when_ended(self._abandoner(self._client))
                self._watch = asyncio.create_task(self._notice_loss(self._client), name="engine-watch")
                await self._greet(self._client)
            return self._client

    @staticmethod
    def _abandoner(client: EngineClient) -> Callable[[], None]:
        """Gives up a connection from another thread: one that the engine never accepted sees no end by itself."""
        loop = asyncio.get_running_loop()

        def abandon() -> None:
            with suppress(RuntimeError):  # the loop has ended before the engine
                loop.call_soon_threadsafe(client.abandon)

        return abandon

    async def _greet(self, client: EngineClient) -> None:
        welcome = await client.ask(Hello())
        if welcome.version != PROTOCOL_VERSION:
            raise ProblemError(
                Problem(
                    kind=ProblemKind.ENGINE,
                    title="the engine is of another version",
                    cause=f"it speaks protocol {welcome.version}, this screen {PROTOCOL_VERSION}",
                    remedy="quit every xs3-tui and start it again",
                )
            )

    async def _notice_loss(self, client: EngineClient) -> None:
        await client.lost.wait()
        self._deaths.append(time.monotonic())
        if self.on_lost:
            self.on_lost(ENGINE_LOST)

    def _refuse_if_dying(self) -> None:
        if len(self._deaths) == MAX_DEATHS and time.monotonic() - self._deaths[0] < DEATH_SECONDS:
            self._deaths.clear()
            raise ProblemError(
                Problem(
                    kind=ProblemKind.ENGINE,
                    title="the engine keeps ending",
                    cause=f"it ended {MAX_DEATHS} times within {DEATH_SECONDS:.0f} seconds",
                    remedy=f"see {log_file()}, then try again",
                )
            )


__all__ = ["EngineAccess", "EngineLostError", "EngineSession"]
