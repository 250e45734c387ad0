"""How long credentials last, on a clock of the test's own: counted down, warned of, renewed, ended."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from tests.ui.browser.browser import SMALL, A, B, Browser, line
from tests.ui.browser.world import LANDING, NOW, VIDEO, WHO_A, PicturedEngine
from tests.ui.dialogs.needs.test_needs import SIGN_IN
from tests.ui.dialogs.scripted import HOLD
from tests.ui.dialogs.transfers.world import WAITING
from tests.waiting import until
from tui.app import XS3App
from tui.model.identity import Identity
from tui.model.transfer import TransferList
from tui.protocol.client import EngineLostError
from tui.protocol.messages.base import Feed
from tui.protocol.messages.identities import Connect, SignIn, SignInStep, WatchIdentity
from tui.protocol.messages.transfers import WatchResults
from tui.settings import PaneStart, Settings, Start
from tui.ui.accounts.identity_details import IdentityScreen
from tui.ui.needs.sign_in import SignInScreen
from tui.ui.transfers.transfer import TransferScreen

NEEDING = msgspec.structs.replace(SIGN_IN, connection=WHO_A.connection)
MINUTE = 60.0


def lasting(seconds: float, **changes: Any) -> Identity:
    """A, with credentials that end so many seconds after the beginning of the test."""
    return msgspec.structs.replace(WHO_A, expires=NOW + seconds, **changes)


class RenewingEngine(PicturedEngine):
    """Tells of A what the test says, whenever it says it."""

    def __init__(self, first: Identity, transfers: TransferList | None = None) -> None:
        super().__init__(transfers)
        self.told = [first]
        self.sign_in: list[Any] = []

    async def follow(self, feed: Feed[Any]) -> AsyncGenerator[Any, None]:
        self._feeds = {**self._feeds, SignIn: self.sign_in, WatchResults: [HOLD]}
        if not isinstance(feed, WatchIdentity) or feed.connection != WHO_A.connection:
            async for answer in super().follow(feed):
                yield answer
            return
        self.asked.append(feed)
        for number in range(100):
            await until(lambda number=number: len(self.told) > number, "there is more to tell", 600.0)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            yield self.told[number]


@asynccontextmanager
async def watched(
    engine: RenewingEngine, clock: Callable[[], float] = lambda: NOW, size: tuple[int, int] = SMALL
) -> AsyncIterator[Browser]:
    app = XS3App(Start(PaneStart(A, VIDEO), PaneStart(B, LANDING)), Settings(), lambda: engine, clock)
    async with app.run_test(size=size, notifications=True) as pilot:
        browser = Browser(app, pilot)
        await until(lambda: bool(browser.left.contents.root.total), "A lists")
        yield browser


def toasts(browser: Browser) -> list[str]:
    return [notice.message for notice in browser.app._notifications]


async def test_renewed_credentials_show() -> None:
    engine = RenewingEngine(lasting(41 * MINUTE))
    async with watched(engine) as browser:
        await until(lambda: "41 min" in line(browser.left.strip), "41 minutes are left")
        engine.told.append(lasting(59 * MINUTE))
        await until(lambda: "59 min" in line(browser.left.strip), "they were renewed")
        assert toasts(browser) == []


async def test_ten_minutes_before_expiry_one_notice_says_what_to_do() -> None:
    engine = RenewingEngine(lasting(9 * MINUTE, problem=NEEDING))
    async with watched(engine) as browser:
        await browser.until_told("the credentials expire in 9 min · e, then r: sign in")
        engine.told.append(lasting(8 * MINUTE, problem=NEEDING))
        await until(lambda: "8 min" in line(browser.left.strip), "time goes on")
        assert len(toasts(browser)) == 1


async def test_their_end_is_said_and_a_sign_in_offered_where_it_happened() -> None:
    engine = RenewingEngine(lasting(-1, problem=NEEDING))
    engine.sign_in = [SignInStep("https://x", "https://x?c", "ABCD", NOW + 600), SignInStep(done=True)]
    async with watched(engine) as browser:
        await until(lambda: line(browser.left.strip).endswith("expired  e"), "the strip says so, with the key")
        await browser.until_told("the credentials have expired")
        await browser.press("e")
        await until(lambda: isinstance(browser.app.screen, IdentityScreen), "who acts is shown")
        await browser.press("r")
        await until(lambda: SignIn(WHO_A.connection) in engine.asked, "the sign-in is begun")
        await until(lambda: browser.app.screen is browser.screen, "it is done")
        engine.told.append(lasting(60 * MINUTE))
        await until(lambda: "1 h" in line(browser.left.strip), "they were renewed")


@pytest.mark.parametrize("keys", [("escape",), ()], ids=["left", "given"])
async def test_a_transfer_that_waits_for_a_sign_in_offers_it(keys: tuple[str, ...]) -> None:
    transfer = msgspec.structs.replace(WAITING, waits_for=NEEDING)
    engine = RenewingEngine(lasting(60 * MINUTE), TransferList([transfer]))
    engine.sign_in = [SignInStep("https://x", "", "ABCD", NOW + 600), *([HOLD] if keys else [SignInStep(done=True)])]
    async with watched(engine) as browser:
        await until(lambda: bool(browser.screen.transfers.latest.transfers), "the transfers are known")
        await browser.press("t", "enter")
        await until(lambda: SignIn(WHO_A.connection) in engine.asked, "the sign-in is begun")
        if keys:
            await until(lambda: isinstance(browser.app.screen, SignInScreen), "it is shown")
            await browser.press(*keys)
            await until(lambda: isinstance(browser.app.screen, TransferScreen), "the transfer is shown instead")
        else:
            await until(lambda: browser.app.screen is browser.screen, "that was all")


class EndingEngine(RenewingEngine):
    """As one that ends while it is found: its screen had just left."""

    def __init__(self) -> None:
        super().__init__(lasting(60 * MINUTE))
        self.left = {A, B}

    async def follow(self, feed: Feed[Any]) -> AsyncGenerator[Any, None]:
        if isinstance(feed, Connect) and feed.spec in self.left:
            self.left.remove(feed.spec)
            raise EngineLostError
        async for answer in super().follow(feed):
            yield answer


async def test_an_engine_that_is_just_ending_is_followed_by_the_next_one() -> None:
    async with watched(EndingEngine()) as browser:
        await until(lambda: bool(browser.right.contents.root.total), "B lists, too")
        assert browser.left.identity
        assert browser.right.identity
