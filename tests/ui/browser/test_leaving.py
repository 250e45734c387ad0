"""The way out with work under way, and what the next screen says of it; on a real engine."""

from __future__ import annotations

import pytest

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import SMALL, WIDE, Browser, opened
from tests.ui.browser.relay import fill, in_engine, relay, until_state
from tests.waiting import until
from tui.model.location import Location
from tui.model.transfer import Limits, TransferState
from tui.protocol.messages import PauseTransfers, SetLimits
from tui.protocol.session import EngineSession
from tui.ui.screens.quit import QuitScreen


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
async def test_what_is_under_way_goes_on_unless_the_user_says_otherwise(
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
    async with opened(engine, *places, size=WIDE) as browser:
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
        await browser.until_text("nothing can go on")
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
