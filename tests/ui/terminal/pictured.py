"""The browser on a scripted engine: nothing is waited for but the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.ui.browser.browser import SMALL, A, B, Browser
from tests.ui.browser.world import LANDING, NOW, VIDEO, PicturedEngine
from tests.waiting import until
from tui.app import XS3App
from tui.model.location import Location
from tui.settings import PaneStart, Settings, Start

POSTER = VIDEO.child("poster.png")


def pictured_app(left: Location = VIDEO, **settings: Any) -> XS3App:
    """The app, not yet running."""
    start = Start(PaneStart(A, left), PaneStart(B, LANDING))
    return XS3App(start, Settings(**settings), PicturedEngine, lambda: NOW)


async def listed(browser: Browser) -> None:
    """Both panes have their rows."""
    await until(
        lambda: all(pane.contents.root.total and pane.identity for pane in browser.screen.panes), "both panes list"
    )
    await browser.pilot.pause()


@asynccontextmanager
async def pictured(
    left: Location = VIDEO, *, size: tuple[int, int] = SMALL, app: XS3App | None = None, **settings: Any
) -> AsyncIterator[Browser]:
    """The app with both panes listed, the cursor on the first row of the left one."""
    app = app or pictured_app(left, **settings)
    async with app.run_test(size=size, notifications=True) as pilot:
        browser = Browser(app, pilot)
        await listed(browser)
        yield browser
