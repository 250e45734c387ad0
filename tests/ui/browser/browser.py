"""The app under test: on a real engine, with what a test wants to know of it in words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from textual.pilot import Pilot
from textual.widget import Widget

from tests.ui.dialogs.host import screen_text, text_of
from tests.ui.pressing import press
from tests.waiting import until
from tui.app import XS3App
from tui.keeping.remembered import Keeping
from tui.model.identity import IdentitySpec
from tui.model.location import Location, parse_location
from tui.protocol.session import EngineAccess
from tui.settings import PaneStart, Settings, Start
from tui.ui.browser.screen import BrowserScreen
from tui.ui.panes.pane import Pane

WIDE, SMALL = (160, 45), (80, 24)

A, B = IdentitySpec("media-prod"), IdentitySpec("analytics")


@dataclass(frozen=True, slots=True)
class Browser:
    """A running app and the hand that uses it."""

    app: XS3App
    pilot: Pilot[None]

    @property
    def screen(self) -> BrowserScreen:
        return self.app.browser

    @property
    def left(self) -> Pane:
        return self.screen.panes.left

    @property
    def right(self) -> Pane:
        return self.screen.panes.right

    @property
    def text(self) -> str:
        return screen_text(self.app)

    async def press(self, *keys: str) -> None:
        await press(self.pilot, *keys)

    async def until_text(self, text: str, timeout: float = 20.0) -> None:  # noqa: ASYNC109  # passed on
        await until(lambda: text in self.text, f"the screen shows {text!r}", timeout)

    async def until_told(self, text: str) -> None:
        """A toast says so; on screen its words are wrapped."""
        told = self.app._notifications
        await until(lambda: any(text in notice.message for notice in told), f"a toast says {text!r}", 20.0)

    async def until_listed(self, pane: Pane, location: Location) -> None:
        def listed() -> bool:
            return pane.location == location and not pane.contents.loading and pane.identity is not None

        await until(listed, f"the {pane.side} pane lists {location.uri}", 20.0)
        await self.pilot.pause()

    async def move_to(self, pane: Pane, location: Location) -> None:
        """Put the cursor of `pane` on a row."""
        number = pane.contents.row_of(location)
        assert number is not None, f"{location.uri} is not among the rows"
        self.screen.panes.activate(pane)
        pane.table.move(number)
        await self.pilot.pause()

    def point(self, pane: Pane, location: Location, x: int = 6) -> tuple[int, int]:
        """The cell of the screen at which a row is shown."""
        number = pane.contents.row_of(location)
        assert number is not None, f"{location.uri} is not among the rows"
        region = pane.table.region
        return region.x + x, region.y + number - pane.table.scroll_offset.y

    async def drag(self, start: tuple[int, int], end: tuple[int, int], *, drop: bool = True) -> None:
        """Press at one cell, move to another in steps, and let go."""
        await self.pilot.mouse_down(offset=start)
        await self.pilot.hover(offset=(start[0] + 3, start[1]))
        await self.pilot.hover(offset=end)
        if drop:
            await self.pilot.mouse_up(offset=end)

    def names(self, pane: Pane) -> list[str]:
        """The names of the entries that `pane` shows, in order."""
        return [row.name for row in pane.contents.entries()]


@asynccontextmanager
async def opened(
    engine: EngineAccess,
    left: str = "s3://",
    right: str = "s3://",
    *,
    size: tuple[int, int] = WIDE,
    specs: tuple[IdentitySpec | None, IdentitySpec | None] = (A, B),
    listed: bool = True,
    outlives: bool = True,
    keeping: Keeping | None = None,
    read_only: frozenset[str] = frozenset(),
    **settings: Any,
) -> AsyncIterator[Browser]:
    """The app with both panes listed (unless `listed` says not to wait): A at the left, B at the right."""
    places = parse_location(left), parse_location(right)
    start = Start(PaneStart(specs[0], places[0]), PaneStart(specs[1], places[1]), read_only=read_only)
    app = XS3App(start, Settings(**settings), lambda: engine, outlives=outlives, keeping=keeping)
    async with app.run_test(size=size, notifications=True) as pilot:
        browser = Browser(app, pilot)
        for pane, place, spec in zip(browser.screen.panes, places, specs, strict=True):
            if spec and listed:
                await browser.until_listed(pane, place if place.is_prefix else place.parent)
        try:
            yield browser
        finally:
            app.exit()


def line(widget: Widget) -> str:
    """The first line that a widget shows."""
    return text_of(widget).split("\n")[0].strip()
