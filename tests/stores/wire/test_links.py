"""The connections that threads work by, and how long something is tried with a server that need not know it."""

from __future__ import annotations

import asyncio

from tests.stores.wire.scripted import Scripted, no_tls, scripted
from tui.accounts.clients.connection import Timeouts
from tui.stores.s3.wire.relay.links import Links
from tui.stores.s3.wire.relay.trial import MOST_FAILURES, WHILE, Trial


async def test_a_connection_that_its_server_has_closed_is_not_used_again() -> None:
    accepted, ended, closed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def serve(_: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        accepted.set()
        await ended.wait()
        writer.close()
        await writer.wait_closed()
        closed.set()

    async with scripted(serve) as server:
        place, links = server.request().place, Links(Timeouts(connect=10, read=10), no_tls)
        first = await links.take(place)
        links.give(first, free=True)
        assert await links.take(place) is first
        links.give(first, free=True)
        await accepted.wait()
        ended.set()
        await closed.wait()
        second = await links.take(place)
        assert second is not first
        links.give(second, free=False)
        links.close()


async def test_a_connection_that_nobody_uses_is_closed() -> None:
    closed = asyncio.Event()

    async def serve(_: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        assert await reader.read() == b""
        closed.set()

    async with scripted(serve) as server:
        links = Links(Timeouts(connect=10, read=10), no_tls, kept=0.01)
        links.give(await links.take(server.request().place), free=True)
        await closed.wait()
        links.close()


def test_after_an_outage_it_is_tried_again() -> None:
    now, seen = 0.0, list[bool]()
    trial = Trial(lambda: now)
    for _ in range(MOST_FAILURES):
        seen.append(trial.is_over)
        trial.failed()
    assert seen == [False] * MOST_FAILURES
    seen = [trial.is_over]
    now = WHILE
    seen.append(trial.is_over)
    trial.failed(for_good=True)
    now = 10 * WHILE
    assert [*seen, trial.is_over] == [True, False, True]
