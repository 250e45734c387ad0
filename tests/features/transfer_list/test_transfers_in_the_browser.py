"""The list of transfers and its keys, the way out with work under way, and what is told unasked."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.content import Content
from textual.widget import Widget
from textual.widgets._toast import Toast

from tests.browser.browser import (
    LANDING,
    POSTER,
    SMALL,
    VIDEO,
    WIDE,
    Browser,
    PicturedEngine,
    opened,
    pictured,
    pictured_app,
    until_screen,
)
from tests.browser.passing import Buckets
from tests.browser.scripted import HOLD
from tests.engines import transfer_once
from tests.features.transfer_list.world import ALL, ASKING, EXPIRED, RUNNING, WAITING
from tests.waiting import until
from tui.app.browser_screen import BrowserScreen
from tui.core.location import Location
from tui.core.orders import CopyOptions, CopyOrder, CopyRoute, Destination, Selection
from tui.core.problem import Need
from tui.core.transfer import Conflict, Limits, RouteCard, Tally, Transfer, TransferList, TransferState
from tui.features.copy.screen import RouteCardScreen
from tui.features.transfer_list.conflict_screen import ConflictScreen
from tui.features.transfer_list.control_screen import LimitsScreen, ReceiptScreen
from tui.features.transfer_list.quit_screen import QuitScreen
from tui.features.transfer_list.screen import TransfersStrip
from tui.features.transfer_list.transfer_screen import TransferScreen
from tui.kit.dialog import ConfirmScreen, Frame
from tui.kit.footer import KeyFooter
from tui.kit.sign_in_screens import SignInScreen
from tui.link.request import Feed
from tui.link.session import EngineAccess, EngineSession
from tui.messages.identity_requests import SignIn
from tui.messages.order_requests import (
    PauseTransfers,
    PlanCopy,
    SetLimits,
    SubmitCopy,
    WaitingConflicts,
    WatchConflicts,
    WatchResults,
)

SLOW = 256 * 2**10

COUNT, SIZE = 12, 512 * 2**10
"""Objects, and bytes of each: 24 seconds of them, whose end no test waits for before the limit is lifted."""


async def relay(browser: Browser, buckets: Buckets) -> str:
    engine, left, right = browser.screen.context.engine, browser.who(browser.left), browser.who(browser.right)
    await engine.ask(SetLimits(Limits(SLOW)))
    selection = Selection(left.connection, buckets.here, prefixes=["slow/"])
    order = CopyOrder(selection, Destination(right.connection, buckets.there), CopyOptions(route=CopyRoute.RELAY))
    transfer = (await engine.ask(SubmitCopy(order))).transfer
    await until(lambda: state_of(browser, transfer) not in (None, TransferState.QUEUED), "the transfer has begun", 30)
    return transfer


def state_of(browser: Browser, transfer: str) -> TransferState | None:
    return next((one.state for one in browser.screen.transfers.latest.transfers if one.id == transfer), None)


async def until_state(browser: Browser, transfer: str, state: TransferState | None) -> None:
    await until(lambda: state_of(browser, transfer) is state, f"the transfer is {state}", 30)


async def in_engine(engine: EngineAccess | EngineSession, transfer: str) -> Transfer:
    return await transfer_once(engine, lambda _: True, transfer)


@asynccontextmanager
async def relaying(buckets: Buckets, **settings: Any) -> AsyncIterator[tuple[Browser, str]]:
    for number in range(COUNT):
        buckets.mine.put_object(Bucket=buckets.a, Key=f"slow/{number:02}", Body=bytes([number]) * SIZE)
    async with opened(buckets.engine, buckets.here.uri, buckets.there.uri, **{"size": SMALL, **settings}) as browser:
        yield browser, await relay(browser, buckets)


@pytest.mark.thorough
async def test_pause_resume_and_a_limit_that_is_lifted_while_it_runs(
    buckets: Buckets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with relaying(buckets, size=WIDE) as (browser, transfer):
        await browser.press("t", "P")
        await until_state(browser, transfer, TransferState.PAUSED)
        await browser.until_text("waiting 1")
        await browser.press("P")
        await until_state(browser, transfer, TransferState.RUNNING)
        await browser.until_text("active 1")
        await browser.run("limits_all", front=LimitsScreen, then="256 KiB")
        await browser.press("escape")
        for key in ("escape", "q"):
            await until_asked(browser)
            await browser.press(key, front=BrowserScreen)
        await browser.run("limits_all", front=LimitsScreen)
        await browser.press("delete", *"0", "enter")
        await until(lambda: browser.screen.transfers.latest.limits == Limits(), "the limit is gone")
        await until_state(browser, transfer, TransferState.DONE)
        browser.screen.transfers.panel.focus()
        await browser.press("W", front=ReceiptScreen)
        await browser.press("enter", told=f"{COUNT} objects in ")
        await browser.press("q", "q")
        await until(lambda: browser.app._exit, "the app has left", 30)
    assert buckets.theirs.list_objects_v2(Bucket=buckets.b, Prefix="slow/")["KeyCount"] == COUNT
    lines = (tmp_path / f"xs3-receipt-{transfer}.jsonl").read_text().splitlines()
    named = [line["result"]["source"] for line in map(json.loads, lines) if line["type"] == "object"]
    assert sorted(named) == [Location(buckets.a, f"slow/{number:02}").uri for number in range(COUNT)]


async def until_asked(browser: Browser) -> None:
    browser.screen.panes.active.table.focus()  # in the list q leaves the list
    await browser.pilot.pause()
    await browser.press("q", front=QuitScreen)


@pytest.mark.parametrize(
    ("key", "states"),
    [
        ("enter", {TransferState.RUNNING, TransferState.DONE}),
        ("P", {TransferState.PAUSED}),
        ("right right enter", {TransferState.CANCELLED}),
    ],
)
async def test_transfers_continue_unless_the_user_decides_otherwise(
    buckets: Buckets, key: str, states: set[TransferState]
) -> None:
    async with relaying(buckets) as (browser, transfer):
        await until_asked(browser)
        for words in ("1 transfer is under way", "xs3-tui transfers --watch", "Keep running", "Pause", "Cancel"):
            assert words in browser.text
        await browser.press(*key.split())
        await until(lambda: browser.app._exit, "the app has left", 30)
    assert (await in_engine(buckets.engine, transfer)).state in states
    if key == "P":
        async with opened(buckets.engine, buckets.here.uri, listed=False) as browser:
            await browser.until_told("1 transfer is paused: t")  # by the next screen


@pytest.mark.thorough
async def test_where_the_engine_ends_with_the_screen_nothing_is_promised(buckets: Buckets) -> None:
    async with relaying(buckets, outlives=False) as (browser, transfer):
        await buckets.engine.ask(PauseTransfers([transfer]))
        await until_state(browser, transfer, TransferState.PAUSED)
        await until_asked(browser)
        await browser.until_text("nothing can continue")
        assert "Keep running" not in browser.text
        await browser.press("b", "x")
        await browser.pilot.pause()
        assert isinstance(browser.app.screen, QuitScreen)
        await browser.press("enter", front=BrowserScreen)
        await until_asked(browser)
        await browser.press("left", "enter")
        await until(lambda: browser.app._exit, "the app has left", 30)
    assert (await in_engine(buckets.engine, transfer)).state is TransferState.CANCELLED


class HeldEngine(PicturedEngine):
    def __init__(self, transfer: Transfer, *conflicts: Conflict, before: tuple[Transfer, ...] = ()) -> None:
        super().__init__(TransferList([*before, transfer]))
        conflict = WaitingConflicts(list(conflicts))
        self._feeds = {**self._feeds, WatchConflicts: [conflict, HOLD], SignIn: [HOLD], WatchResults: [HOLD]}


async def test_enter_opens_what_a_transfer_or_an_object_is_about() -> None:
    """The sign-in that it waits for; the conflict that was put off; the inspector."""
    held = replace(WAITING, waits_for=replace(EXPIRED, needs=Need.SIGN_IN, connection="a"))
    async with pictured(app=pictured_app(engine=HeldEngine(held))) as browser:
        await browser.press("t", "enter", front=SignInScreen)
        await browser.press("escape", front=TransferScreen)
        await browser.press("escape", "t", front=BrowserScreen)
        await browser.press_on(browser.left, POSTER, "enter")
        await until(lambda: browser.screen.inspecting.inspector.display, "the object is inspected")
    engine = HeldEngine(ASKING, Conflict("c", ASKING.id, "s3://a/x", "s3://b/x", 1, 0.0, 2, 0.0), before=(RUNNING,))
    async with opened(engine, VIDEO.uri, LANDING.uri, listed=False) as browser:
        await until_screen(browser, ConflictScreen)
        await browser.press("escape", front=BrowserScreen)
        await browser.press("t", "enter", front=ConflictScreen)


class CountingEngine(PicturedEngine):
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


@pytest.mark.thorough
async def test_the_app_can_be_left_while_a_card_still_counts() -> None:
    async with opened(CountingEngine(), VIDEO.uri, LANDING.uri, listed=False) as browser:
        row = VIDEO.child("poster.png")
        await until(lambda: browser.left.contents.row_of(row) is not None, "it is listed")
        await browser.press_on(browser.left, row, "C", front=RouteCardScreen)
    assert browser.app._exception is None


LASTING = 600
"""Seconds that a toast is shown: on a busy machine the usual five may be over before it is looked at."""
LONG = "s3://media-prod-assets/" + "a long name " * 20


@asynccontextmanager
async def telling(size: tuple[int, int] = SMALL) -> AsyncIterator[tuple[Browser, Callable[..., None]]]:
    """The panes with their list of transfers, and a function that tells something in a toast that stays."""
    async with opened(PicturedEngine(ALL), VIDEO.uri, LANDING.uri, size=size, listed=False) as browser:
        await until(lambda: len(browser.app.screen.query(TransfersStrip)) == 1, "the panes are shown")
        yield browser, partial(browser.app.notify, timeout=LASTING, markup=False)


@pytest.mark.thorough
@pytest.mark.parametrize("size", [SMALL, WIDE], ids=["80x24", "160x45"])
@pytest.mark.parametrize("asked", [False, True], ids=["panes", "dialog"])
async def test_a_toast_covers_nothing_that_is_needed(size: tuple[int, int], asked: bool) -> None:
    async with telling(size) as (browser, notify):
        app = browser.app
        if asked:
            app.push_screen(ConfirmScreen("Sure?", Content(LONG * 4), "Go on"))
            await until_screen(browser, ConfirmScreen)
        notify(LONG, title="No such key", severity="warning")
        notify("copied")
        await until(lambda: len(app.screen.query(Toast)) >= 2, "both are told")
        await browser.until_text("No such key")
        needed: list[type[Widget]] = [Frame] if asked else [KeyFooter, TransfersStrip]
        for toast in app.screen.query(Toast):
            assert toast.region.bottom <= size[1]
            for kind in needed:
                assert not toast.region.overlaps(app.screen.query_one(kind).region)
                assert app.screen.query_one(kind).region.bottom <= size[1]


async def test_the_footer_shows_no_keys_below_a_dialog() -> None:
    async with telling() as (browser, _):
        await browser.press("t", then="P pause")
        browser.app.push_screen(ConfirmScreen("Sure?", Content(LONG), "Go on"))
        await browser.until_text("Sure?")
        footer = browser.screen.query_one(KeyFooter)
        await until(lambda: not footer.render().plain.strip(), "its keys are not those of the list")
        await browser.press("escape", then="P pause")


@pytest.mark.thorough
async def test_the_last_line_of_a_toast_is_in_sight() -> None:
    async with telling() as (browser, notify):
        for cells in (75, 76, 77, 80):
            notify(f"{'words ' * 20}"[: cells - 4].ljust(cells - 4, "x") + " end", title="T")
            await browser.until_text(" end")
            await until(lambda: len(browser.app.screen.query(Toast)) == 1, "it is told")
            assert browser.app.screen.query_one(Toast).region.bottom <= browser.app.size.height
            browser.app.clear_notifications()
            await until(lambda: not browser.app.screen.query(Toast), "it is gone")


async def test_what_is_on_screen_is_not_told_twice() -> None:
    async with telling() as (browser, notify):
        app = browser.app
        for screen in (app, browser.screen):  # as when one lost engine ends two requests
            screen.notify("the engine stopped unexpectedly", severity="error", timeout=LASTING, markup=False)
        notify("something else")
        await until(lambda: len(app._notifications) > 1, "the last one is shown")
        assert [each.message for each in app._notifications] == ["the engine stopped unexpectedly", "something else"]
        app.clear_notifications()
        notify("the engine stopped unexpectedly", severity="error")
        await until(lambda: len(app._notifications) == 1, "it is told when the first one has gone")
