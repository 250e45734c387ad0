"""The way out with work under way, and what the next screen says of it; on a real engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import SMALL, WIDE, Browser, opened
from tests.ui.browser.relay import fill, in_engine, relay, until_state
from tests.ui.browser.world import LANDING, VIDEO, PicturedEngine
from tests.waiting import until
from tui.model.location import Location
from tui.model.plan import RouteCard, Tally
from tui.model.transfer import Limits, TransferState
from tui.protocol.messages.base import Feed
from tui.protocol.messages.transfers import PauseTransfers, PlanCopy, SetLimits
from tui.protocol.session import EngineSession
from tui.ui.orders.route_card import RouteCardScreen
from tui.ui.transfers.quit import QuitScreen


async def until_asked(browser: Browser) -> None:
    await browser.press("q")
    await until(lambda: isinstance(browser.app.screen, QuitScreen), "it asks what becomes of them")
    await browser.pilot.pause()


async def until_left(browser: Browser) -> None:
    await until(lambda: browser.app._exit, "the app has left", 30)


@pytest.mark.parametrize(
    ("key", "states"),
    [
        ("enter", {TransferState.RUNNING, TransferState.DONE}),
        ("b", {TransferState.RUNNING, TransferState.DONE}),
        ("p", {TransferState.PAUSED}),
        ("x", {TransferState.CANCELLED}),
    ],
)
async def test_transfers_continue_unless_the_user_decides_otherwise(
    engine: EngineSession, buckets: BucketPair, key: str, states: set[TransferState]
) -> None:
    fill(buckets)
    async with opened(engine, Location(buckets.a).uri, Location(buckets.b).uri, size=SMALL) as browser:
        transfer = await relay(browser, buckets)
        await until_asked(browser)
        for words in ("1 transfer is under way", "xs3-tui transfers --watch", "Keep running", "Pause", "Cancel"):
            assert words in browser.text
        await browser.press(key)
        await until_left(browser)
    assert (await in_engine(engine, transfer)).state in states


async def test_the_next_screen_says_what_it_found(engine: EngineSession, buckets: BucketPair) -> None:
    fill(buckets)
    places = Location(buckets.a).uri, Location(buckets.b).uri
    async with opened(engine, *places, size=WIDE) as browser:
        first = await relay(browser, buckets)
        await engine.ask(PauseTransfers([first]))
    async with opened(engine, *places, size=WIDE, listed=False) as browser:  # the toast goes after five seconds
        await browser.until_told("1 transfer is paused: t")
        await browser.press("q")
        await until_left(browser)


async def test_who_stays_loses_nothing(engine: EngineSession, buckets: BucketPair) -> None:
    fill(buckets)
    async with opened(engine, Location(buckets.a).uri, Location(buckets.b).uri, size=SMALL) as browser:
        transfer = await relay(browser, buckets)
        for key in ("escape", "s"):
            await until_asked(browser)
            await browser.press(key)
            await until(lambda: browser.app.screen is browser.screen, "the question is gone")
        await engine.ask(SetLimits(Limits()))
        await until_state(browser, transfer, TransferState.DONE)
        await browser.press("q")
        await until_left(browser)


async def test_where_the_engine_ends_with_the_screen_nothing_is_promised(
    engine: EngineSession, buckets: BucketPair
) -> None:
    fill(buckets)
    places = Location(buckets.a).uri, Location(buckets.b).uri
    async with opened(engine, *places, size=SMALL, outlives=False) as browser:
        transfer = await relay(browser, buckets)
        await engine.ask(PauseTransfers([transfer]))
        await until_state(browser, transfer, TransferState.PAUSED)
        await until_asked(browser)
        await browser.until_text("nothing can continue")
        assert "Keep running" not in browser.text
        await browser.press("b", "p")
        await browser.pilot.pause()
        assert isinstance(browser.app.screen, QuitScreen)
        await browser.press("enter")
        await until(lambda: browser.app.screen is browser.screen, "enter stays")
        await until_asked(browser)
        await browser.press("x")
        await until_left(browser)
    assert (await in_engine(engine, transfer)).state is TransferState.CANCELLED


class CountingEngine(PicturedEngine):
    """Counts the objects of a copy, one more each time that the screen looks, and never comes to an end."""

    async def follow(self, feed: Feed[Any]) -> AsyncGenerator[Any, None]:
        if not isinstance(feed, PlanCopy):
            async for answer in super().follow(feed):
                yield answer
            return
        count = 0
        while True:
            count += 1
            yield RouteCard(Tally(count))
            await asyncio.sleep(0)


async def test_the_app_can_be_left_while_a_card_still_counts() -> None:
    async with opened(CountingEngine(), VIDEO.uri, LANDING.uri, listed=False) as browser:
        row = VIDEO.child("poster.png")
        await until(lambda: browser.left.contents.row_of(row) is not None, "it is listed")
        await browser.move_to(browser.left, row)
        await browser.press("c")
        await until(lambda: isinstance(browser.app.screen, RouteCardScreen), "the card counts")
    assert browser.app._exception is None
