"""Dialogs on terminals of a few lines: what is typed, what is wrong with it and what answers can be seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Input

from tests.ui.dialogs.changing import MOVE_CARD, WHO
from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import ScriptedEngine
from tests.ui.dialogs.test_delete_bucket import ORDER as REMOVAL
from tests.ui.dialogs.test_questions import CONFLICT, NOW
from tests.ui.dialogs.transfers.world import FAILED, RUNNING
from tests.ui.dialogs.world import ORDER
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.location import Location
from tui.model.orders import DeleteOrder, Selection
from tui.model.plan import RouteCard, Tally
from tui.model.removal.bucket import RemovalPlan
from tui.model.transfer import Limits
from tui.protocol.messages.base import Feed
from tui.protocol.messages.places import PlanRemoval
from tui.protocol.messages.transfers import PlanCopy, PlanDelete
from tui.ui.access.save_screen import SaveScreen
from tui.ui.browser.bookmarks import BookmarkNameScreen
from tui.ui.finding.find_screen import FindScreen
from tui.ui.kit.confirm import ConfirmScreen
from tui.ui.kit.dialog import Frame
from tui.ui.moving.open_location import OpenLocationScreen
from tui.ui.orders.conflict import ConflictScreen
from tui.ui.orders.delete import DeleteScreen
from tui.ui.orders.delete_bucket import DeleteBucketScreen
from tui.ui.orders.new_place import NewBucketScreen, NewPrefixScreen, RenameScreen
from tui.ui.orders.route_card import RouteCardScreen
from tui.ui.panes.marking import PatternScreen
from tui.ui.transfers.limits import LimitsScreen
from tui.ui.transfers.quit import QuitScreen
from tui.ui.transfers.receipt import ReceiptScreen

A = TypeVar("A")

SIZES = [(20, 5), (40, 10)]
LEVEL = Location("media-prod-assets", "video/2026/11/")


def deletion() -> Screen[Any]:
    order = DeleteOrder(Selection("one", LEVEL, keys=[LEVEL.key + "a.mp4"], version="an id"))
    return DeleteScreen(ScriptedEngine(feeds={PlanDelete: [Tally(1, 12)]}), order, WHO)


def removal() -> Screen[Any]:
    engine = ScriptedEngine(feeds={PlanRemoval: [RemovalPlan(objects=12, complete=True)]})
    return DeleteBucketScreen(engine, REMOVAL, "media-prod")


def seen(host: Host, text: str) -> bool:
    return text in screen_text(host)


LINES: dict[str, Callable[[], Screen[Any]]] = {
    "new bucket": lambda: NewBucketScreen("eu-west-1", "media-prod"),
    "new prefix": lambda: NewPrefixScreen(LEVEL),
    "rename": lambda: RenameScreen(LEVEL.child("x.mp4")),
    "pattern": lambda: PatternScreen("Mark"),
    "open": OpenLocationScreen,
    "find": lambda: FindScreen(LEVEL, {}, lambda: 0.0),
    "bookmark": lambda: BookmarkNameScreen("", frozenset()),
    "receipt": lambda: ReceiptScreen(FAILED, Path("/usr")),
    "limits": lambda: LimitsScreen("all transfers together", Limits()),
    "documents": lambda: SaveScreen({"a.json": "{}"}, Path("/usr")),
    "delete": deletion,
    "delete bucket": removal,
}

QUESTIONS: dict[str, Callable[[], Screen[Any]]] = {
    "confirm": lambda: ConfirmScreen("Make it the current one?", Content("It is copied on top. " * 4), "Restore"),
    "conflict": lambda: ConflictScreen(CONFLICT, NOW),
    "quit": lambda: QuitScreen([RUNNING]),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dialog", LINES.values(), ids=LINES)
async def test_what_is_typed_is_seen(dialog: Callable[[], Screen[Any]], size: tuple[int, int]) -> None:
    host = Host(dialog=dialog())
    async with host.run_test(size=size) as pilot:
        await pilot.pause()
        await press(pilot, "end", *"qxz")
        await until(lambda: "qxz" in screen_text(host), "the typed text is seen")
        while (focused := host.screen.focused) and isinstance(focused, Input):
            await press(pilot, "home", *"zxq")
            await until(lambda: "zxq" in screen_text(host), "what is typed into every line is seen")
            await press(pilot, "tab")
            if host.screen.focused is focused or host.screen.focused is host.screen.query(Input).first():
                break


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dialog", QUESTIONS.values(), ids=QUESTIONS)
async def test_every_answer_is_seen(dialog: Callable[[], Screen[Any]], size: tuple[int, int]) -> None:
    host = Host(dialog=dialog())
    async with host.run_test(size=size) as pilot:
        await pilot.pause()
        for button in host.screen.query(Button):
            button.focus()
            label = str(button.label)[:6]
            await until(partial(seen, host, label), f"{label} is seen")


class LateEngine(ScriptedEngine):
    """Says nothing before `begin` is set: the dialog stands by then."""

    begin: asyncio.Event

    async def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        await self.begin.wait()
        async for step in super().follow(feed):
            yield step


@pytest.mark.parametrize("size", SIZES)
async def test_the_key_that_copies_is_seen_when_the_card_has_filled_in(size: tuple[int, int]) -> None:
    engine = LateEngine(feeds={PlanCopy: [RouteCard(Tally()), MOVE_CARD]})
    engine.begin = asyncio.Event()
    app = Host(dialog=RouteCardScreen(engine, ORDER, clock=lambda: NOW))
    async with app.run_test(size=size) as pilot:
        await until(partial(seen, app, "Copy  enter"), "the key is seen")
        before = app.screen.query_one(Frame).virtual_size
        engine.begin.set()
        await until(lambda: app.screen.query_one(Frame).virtual_size.height > before.height, "the card has filled in")
        await pilot.pause()
        await until(partial(seen, app, "Copy  enter"), "the key is seen again")
