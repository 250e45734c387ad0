"""`make screenshots`: drives the demo through a real engine and writes what it shows to screenshots/*.svg."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.servers.demo import running_demo
from tests.servers.surroundings import scratch_surroundings
from tests.ui.browser.browser import SMALL, WIDE, Browser, opened
from tests.waiting import until
from tui.model.location import Location
from tui.model.transfer import TransferState
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

TARGET = Path(__file__).parents[2] / "screenshots"

ASSETS, INCOMING = Location("media-prod-assets"), Location("media-prod-assets", "incoming/")
LANDING = Location("analytics-landing")


@asynccontextmanager
async def demo(left: Location, right: Location, size: tuple[int, int] = WIDE) -> AsyncIterator[Browser]:
    """The app on an engine of its own."""
    session = EngineSession(EngineProcess(os.environ))
    try:
        async with opened(session, left.uri, right.uri, size=size) as browser:
            await browser.until_text("▸ user/bob" if size == WIDE else "▸bob")
            yield browser
    finally:
        await session.close()


def save(browser: Browser, name: str) -> None:
    """Write what is on screen."""
    (TARGET / f"{name}.svg").write_text(browser.app.export_screenshot(title="xs3-tui"), encoding="utf-8")


async def two_panes() -> None:
    """Two accounts side by side, marks, an unfolded prefix; then all that follows from one copy."""
    async with demo(ASSETS, LANDING) as browser:
        left, right = browser.left, browser.right
        await browser.move_to(left, ASSETS.child("video/"))
        await browser.press("right")
        await until(lambda: left.contents.row_of(ASSETS.child("video/2026/")) is not None, "video/ is unfolded")
        await browser.move_to(left, ASSETS.child("poster.png"))
        await browser.press("space", "space")
        save(browser, "panes")
        start, end = browser.point(left, ASSETS.child("video.mp4")), browser.point(right, LANDING.child("in/"))
        await browser.drag(start, end, drop=False)
        save(browser, "drag")
        await browser.pilot.mouse_up(offset=end)
        await browser.until_text("none at the target")
        save(browser, "route-card")
        await browser.press("enter")
        await until(lambda: last_state(browser) is TransferState.DONE, "the copy has ended", 60)
        await browser.press("t")
        await browser.until_text("100 %")
        save(browser, "transfers")


def last_state(browser: Browser) -> TransferState | None:
    """How the latest transfer stands."""
    transfers = browser.screen.transfers.transfers
    return transfers[-1].state if transfers else None


async def inspector() -> None:
    """An object of B in A's bucket."""
    async with demo(INCOMING, LANDING) as browser:
        await browser.move_to(browser.left, INCOMING.child("heatmap.png"))
        await browser.press("i", "i")
        panel = browser.screen.inspector
        await until(lambda: bool(panel._facts) and not panel._waiting, "every fact has come", 30)
        await browser.pilot.pause()
        save(browser, "inspector")


async def small() -> None:
    """80 columns and 24 lines."""
    async with demo(INCOMING, LANDING, SMALL) as browser:
        await browser.move_to(browser.left, INCOMING.child("heatmap.png"))
        save(browser, "small")


def main() -> None:
    """Write every picture."""
    TARGET.mkdir(exist_ok=True)
    with scratch_surroundings(), TemporaryDirectory() as directory, running_demo(Path(directory)) as (server, _):
        os.environ.update(server.environment)
        for picture in (two_panes, inspector, small):
            asyncio.run(picture())


if __name__ == "__main__":
    main()
