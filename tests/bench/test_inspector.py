"""What the inspector itself costs: CPU time of the screen and of the engine for a row, the server's not counted."""

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.bench import cpu_of
from tests.browser.host import Host, text_of
from tests.servers.server import S3Server
from tui.aws.ids import connection_id
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.features.inspect.screen import DEBOUNCE, FRAME, Inspector, InspectTarget
from tui.kit.lines import Lines
from tui.link.process import EngineProcess
from tui.link.request import Feed, Hello
from tui.link.session import EngineSession
from tui.messages.identity_requests import Connect

pytestmark = pytest.mark.bench

A = TypeVar("A")
ROWS = 30
FEEDS = 2
"""The first facts, and those of all sections: the screen is high enough for them."""


class Counted(EngineSession):
    """An engine that says when so many feeds have ended."""

    ended = 0
    done: asyncio.Event

    async def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        async for answer in super().follow(feed):
            yield answer
        self.ended += 1
        if self.ended == FEEDS:
            self.done.set()


async def test_own_time_of_an_inspection(demo_server: S3Server, surroundings: Path) -> None:
    process = EngineProcess(demo_server.environment)
    engine = Counted(process)
    identities = [IdentitySpec(demo_server.b.profile), IdentitySpec(demo_server.a.profile)]
    for spec in identities:
        async for _ in EngineSession.follow(engine, Connect(spec)):
            pass
    mine, other = map(connection_id, identities)
    pid = (await engine.ask(Hello())).pid
    inspector = Inspector(engine)
    async with Host(widgets=[inspector]).run_test(size=(200, 120)):
        walls, screens, engines = list[float](), list[float](), list[float]()
        for number in range(ROWS):
            engine.ended, engine.done = 0, asyncio.Event()
            before = time.perf_counter(), time.process_time(), cpu_of(pid)
            inspector.show(InspectTarget(mine, Location("media-prod-assets", f"incoming/row-{number}"), other))
            await engine.done.wait()
            walls.append(time.perf_counter() - before[0] - DEBOUNCE)
            await asyncio.sleep(2 * FRAME)  # the last paint
            screens.append(time.process_time() - before[1])
            engines.append(cpu_of(pid) - before[2])
        assert "website, CORS" in text_of(inspector.query_one(Lines))
    await engine.close()
    process.stop()
    print()
    for name, times in (("screen CPU", screens), ("engine CPU", engines), ("until all facts are there", walls)):
        print(f"{name}: first row {times[0] * 1e3:.0f} ms, then {statistics.mean(times[1:]) * 1e3:.1f} ms a row")
