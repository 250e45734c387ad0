"""From a route card that is denied to the access assistant with exactly what the copy needs, and back to the card."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import TypeVar

from tests.servers.buckets import BucketPair
from tests.servers.policies import grant_read
from tests.ui.access.assistant import apply, planned, screen
from tests.ui.access.test_assistant import policy
from tests.ui.browser.browser import SMALL, opened
from tests.ui.browser.test_copying import state
from tests.waiting import until
from tui.model.location import Location
from tui.model.transfer import TransferState
from tui.protocol.messages.access import PlanCopyGrant
from tui.protocol.messages.base import Feed, Request
from tui.protocol.session import EngineSession
from tui.ui.access.access_screen import AccessScreen
from tui.ui.orders.route_card import RouteCardScreen

A = TypeVar("A")


async def test_what_the_card_says_is_missing_is_granted_and_the_copy_goes_by_the_server(
    engine: EngineSession, buckets: BucketPair
) -> None:
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/", size=SMALL) as browser:
        await browser.move_to(browser.left, Location(buckets.a, "one.txt"))
        await browser.press("c")
        await browser.until_text("Grant access")
        await browser.press("g")
        await planned(browser, 2)
        await browser.until_text("GetObject on 1 object")
        assert screen(browser).order.needs[0].keys == ["one.txt"]
        await browser.press("a", "ctrl+u")
        await apply(browser)
        await browser.until_text("all as granted")
        statements = json.loads(policy(buckets))["Statement"]
        assert [(each["Action"], each["Resource"]) for each in statements] == [
            ("s3:GetObject", f"arn:aws:s3:::{buckets.a}/one.txt")
        ]
        await browser.press("escape")
        await until(lambda: isinstance(browser.app.screen, RouteCardScreen), "the card is back")
        await browser.until_text("pull  ✓")
        await until(lambda: "Grant access" not in browser.text, "nothing is missing any more")
        await browser.press("enter")
        await until(lambda: state(browser) is TransferState.DONE, "the copy has ended", 30)


class Slow:
    """Says what a copy needs when it may."""

    def __init__(self, engine: EngineSession) -> None:
        self._engine = engine
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def ask(self, request: Request[A]) -> A:
        if isinstance(request, PlanCopyGrant):
            self.asked += 1
            await self.may_answer.wait()
        return await self._engine.ask(request)

    def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        return self._engine.follow(feed)

    async def other_has_ended(self) -> None:
        await self._engine.other_has_ended()


async def test_the_assistant_does_not_open_once_the_card_is_gone_and_never_twice(
    engine: EngineSession, buckets: BucketPair
) -> None:
    slow = Slow(engine)
    async with opened(slow, f"s3://{buckets.a}/", f"s3://{buckets.b}/", size=SMALL) as browser:
        await browser.move_to(browser.left, Location(buckets.a, "one.txt"))
        await browser.press("c")
        await browser.until_text("Grant access")
        await browser.press("g")
        await until(lambda: slow.asked == 1, "it is asked what is missing")
        await browser.press("escape")
        await until(lambda: browser.screen.in_front, "the card is gone")
        await browser.press("c")
        await browser.until_text("Grant access")
        await browser.press("g", "g")
        await until(lambda: slow.asked == 3, "it is asked again")
        slow.may_answer.set()
        await until(lambda: isinstance(browser.app.screen, AccessScreen), "the assistant is open")
        await browser.pilot.pause()
        opened_above = [type(each) for each in browser.app.screen_stack if isinstance(each, AccessScreen)]
        assert opened_above == [AccessScreen]


async def test_a_card_that_is_denied_nothing_offers_nothing(engine: EngineSession, buckets: BucketPair) -> None:
    buckets.set_policy_of_a(*grant_read(buckets.a, buckets.server.b.principal))
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/", size=SMALL) as browser:
        await browser.move_to(browser.left, Location(buckets.a, "one.txt"))
        await browser.press("c")
        await browser.until_text("pull  ✓")
        card = browser.app.screen
        assert isinstance(card, RouteCardScreen)
        await until(lambda: card._card.complete, "the card is complete")
        await browser.press("g")
        assert "Grant access" not in browser.text
        assert browser.app.screen is card


async def test_a_read_only_owner_is_refused_before_anything_is_asked(
    engine: EngineSession, buckets: BucketPair
) -> None:
    read_only = frozenset({"left"})
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/", read_only=read_only) as browser:
        await browser.move_to(browser.left, Location(buckets.a, "one.txt"))
        await browser.press("c")
        await browser.until_text("Grant access")
        await browser.press("g")
        await browser.until_told("the left pane is read-only")
