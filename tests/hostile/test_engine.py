"""The engine as its clients see it while a server is silent, drips, or sends what takes long to read."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio

from tests.browser.browser import opened
from tests.e2e.terminal import COMMAND
from tests.hostile.answers import MEGABYTE, crafted
from tests.hostile.server import HostileServer
from tests.waiting import until
from tui.aws.ids import connection_id
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.link.frames import WaitingFrame, on_waiting
from tui.link.process import EngineProcess
from tui.link.session import EngineSession
from tui.messages.listing_requests import ListObjects
from tui.stores.s3.lister import _read

ME = connection_id(IdentitySpec())


@pytest_asyncio.fixture
async def engine(hostile: HostileServer, surroundings: Path) -> AsyncIterator[EngineSession]:
    process = EngineProcess(hostile.environment)
    session = EngineSession(process)
    yield session
    await session.close()
    process.stop()


async def listed(engine: EngineSession, bucket: str) -> list[str]:
    names: list[str] = []
    async with aclosing(engine.follow(ListObjects(ME, Location(bucket)))) as pages:
        async for page in pages:
            names += page.names
    return names


@pytest.mark.parametrize("bucket", ["silent", "drip"])
async def test_a_server_that_does_not_answer_is_named_and_can_be_left(
    hostile: HostileServer, engine: EngineSession, bucket: str
) -> None:
    told: list[WaitingFrame] = []

    async def follow() -> None:
        on_waiting.set(told.append)
        await listed(engine, bucket)

    listing = asyncio.create_task(follow())
    await until(lambda: len(told) > 1, "the engine tells that it waits", 60)
    assert told[0].host in hostile.endpoint
    assert 4 <= told[0].seconds < told[-1].seconds
    listing.cancel()
    await asyncio.gather(listing, return_exceptions=True)
    assert await listed(engine, "honest") == ["a", "b", "c"]


async def test_the_pane_says_so_and_escape_stops(engine: EngineSession) -> None:
    specs = (IdentitySpec(), IdentitySpec())
    async with opened(engine, "s3://silent", "s3://honest", specs=specs, listed=False) as browser:
        await browser.until_text("no answer from 127.0.0.1:", timeout=60)
        await browser.press("escape")
        await browser.until_text("stopped after 0 rows")


async def test_a_command_says_so_and_can_be_interrupted(hostile: HostileServer, surroundings: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        str(COMMAND), "ls", "s3://drip/", env=dict(os.environ), stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr
    line = await asyncio.wait_for(process.stderr.readline(), 60)
    assert line.startswith(f"no answer from {hostile.endpoint.removeprefix('http://')} for ".encode())
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 10) in (130, -signal.SIGINT)


async def test_what_takes_long_to_read_blocks_no_other_request() -> None:
    reading = asyncio.create_task(_read(crafted(2 * MEGABYTE, "tag-of-12ch").body, "", etags=True))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0)
        turns += 1
    assert (await reading).page.names == ["a"]
    assert turns > 2, "one to begin and one to end, if nothing ran meanwhile"
