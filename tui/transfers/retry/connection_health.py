"""Which identities cannot be used, and when they work again: checked once for all transfers that wait for it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tui.core.problem import Problem, ProblemError
from tui.transfers.retry.backoff import Backoff
from tui.transfers.retry.classify import works

Probe = Callable[[str], Awaitable[None]]
"""Loads a connection's credentials again and sends one small request; raises the `ProblemError` of what is wrong."""

News = Callable[[Problem], None]
"""Called with what a check has found to be wrong."""


@dataclass(slots=True)
class _Watch:
    """Checks one connection until it works again, as long as a caller waits for that."""

    task: asyncio.Task[None]
    now: asyncio.Event = field(default_factory=asyncio.Event)
    news: list[News] = field(default_factory=list)


class ConnectionHealth:
    """Which connections can be used. Used from one event loop."""

    def __init__(self, probe: Probe, between: Backoff) -> None:
        self._probe, self._between = probe, between
        self._out: dict[str, Problem] = {}
        self._looks: dict[str, asyncio.Task[Problem | None]] = {}
        self._watches: dict[str, _Watch] = {}
        self._looked: defaultdict[str, int] = defaultdict(int)
        """How often the connection was looked at since it last worked for a while. A look alone proves little: what it
        finds to work may fail at the next request all the same, and must not be looked at as fast as that goes."""
        self._since: dict[str, float] = {}
        """When the connection was found to work again, by the loop's clock."""

    def why_unusable(self, connection: str) -> Problem | None:
        """Why the connection cannot be used now, as far as is known; None: it may work."""
        return self._out.get(connection)

    def mark_unusable(self, connection: str, why: Problem) -> None:
        """The connection cannot be used until a check succeeds."""
        self._out[connection] = why

    def succeeded(self, connection: str) -> None:
        """A request of the connection has succeeded."""
        since = self._since.get(connection)
        if since is not None and asyncio.get_running_loop().time() - since > self._between.longest:
            del self._since[connection]
            self._looked.pop(connection, None)

    async def check(self, connection: str) -> Problem | None:
        """What is wrong with the connection, None if it works. Callers at the same time share one check."""
        look = self._looks.get(connection)
        if look is None:
            look = self._looks[connection] = asyncio.create_task(self._look(connection), name="probe-connection")
            look.add_done_callback(lambda _: self._looks.pop(connection, None))
        return await asyncio.shield(look)

    async def wait_until_usable(self, connection: str, news: News = lambda _: None) -> None:
        """Return when the connection works. Cancelling the last caller that waits ends the checks."""
        watch = self._watches.get(connection)
        if watch is None:
            watch = self._watches[connection] = _Watch(
                asyncio.create_task(self._watch(connection), name="await-connection")
            )
            watch.task.add_done_callback(lambda _: self._watches.pop(connection, None))
        watch.news.append(news)
        try:
            await asyncio.shield(watch.task)
        finally:
            watch.news.remove(news)
            if not watch.news:
                watch.task.cancel()

    def check_now(self, connection: str = "") -> None:
        """Check now a connection (empty: each) that is waited for: the user did something about it."""
        for name, watch in self._watches.items():
            if connection in ("", name):
                watch.now.set()

    async def close(self) -> None:
        """End all checks."""
        tasks = [*self._looks.values(), *(watch.task for watch in self._watches.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, connection: str) -> Problem | None:
        try:
            await self._probe(connection)
        except ProblemError as error:
            return None if works(error.problem) else error.problem
        return None

    async def _watch(self, connection: str) -> None:
        while True:
            if looked := self._looked[connection]:
                await self._pause(connection, self._between.full(looked - 1))
            # What is done about it from now on may come too late for this look, and hurries the next one.
            self._watches[connection].now.clear()
            self._looked[connection] += 1
            problem = await self.check(connection)
            if problem is None:
                self._out.pop(connection, None)
                self._since[connection] = asyncio.get_running_loop().time()
                return
            self._out[connection] = problem
            for news in list(self._watches[connection].news):
                news(problem)

    async def _pause(self, connection: str, seconds: float) -> None:
        now = self._watches[connection].now
        try:
            async with asyncio.timeout(seconds):
                await now.wait()
        except TimeoutError:
            return
