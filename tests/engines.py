import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from tui.core.transfer import ObjectResult, Transfer
from tui.link.process import EngineProcess
from tui.link.request import Hello
from tui.link.session import EngineAccess, EngineSession
from tui.messages.order_requests import WatchResults, WatchTransfers


@asynccontextmanager
async def session_in(environment: Mapping[str, str], home: Path | None = None) -> AsyncIterator[EngineSession]:
    """A session with an engine of these settings, which is stopped when the block ends."""
    process = EngineProcess(environment, home=home)
    session = EngineSession(process)
    try:
        yield session
    finally:
        await session.close()
        process.stop()


async def killed(session: EngineSession, process: EngineProcess) -> EngineSession:
    """Kill the engine by a signal that nobody can hear; returns a session with the next one."""
    os.kill((await session.ask(Hello())).pid, signal.SIGKILL)
    await session.close()
    await asyncio.to_thread(process.wait_until_gone)
    return EngineSession(process)


async def transfer_once(engine: EngineAccess, holds: Callable[[Transfer], bool], name: str = "") -> Transfer:
    """The newest transfer, or the one of this name, once this is so of it."""
    async with aclosing(engine.follow(WatchTransfers())) as lists:
        async for each in lists:
            found = [one for one in each.transfers if name in ("", one.id)]
            if found and holds(found[-1]):
                return found[-1]
    raise AssertionError("the engine has ended")


async def results_of(engine: EngineAccess, transfer: str) -> list[ObjectResult]:
    async with aclosing(engine.follow(WatchResults(transfer))) as following:
        return [result async for result in following]
