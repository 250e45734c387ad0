"""What the pictures of README and docs have in common: an app on the demo, and how its screen is written."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.ui.browser.browser import Browser, opened
from tui.model.location import Location
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession
from tui.settings import ScaleSettings

PICTURE = (148, 34)
"""Wide enough for every column, and its letters can still be read on a page."""

FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Textual names a font on a server of somebody else's; the reader's own monospaced one will do."""

TARGET = Path(__file__).parents[2] / "screenshots"


@asynccontextmanager
async def demo(
    left: Location, right: Location, size: tuple[int, int] = PICTURE, scale: ScaleSettings | None = None
) -> AsyncIterator[Browser]:
    """The app on an engine of its own."""
    session = EngineSession(EngineProcess(os.environ))
    try:
        async with opened(session, left.uri, right.uri, size=size, scale=scale or ScaleSettings()) as browser:
            await browser.until_text("▸ user/bob" if size == PICTURE else "▸bob")
            yield browser
    finally:
        await session.close()


async def save(browser: Browser, name: str) -> None:
    """Write what is on screen, without messages that are about to go."""
    browser.app.clear_notifications()
    await browser.pilot.pause()
    picture = FONT_FACE.sub("", browser.app.export_screenshot(title="xs3-tui"))
    (TARGET / f"{name}.svg").write_text(picture, encoding="utf-8")
