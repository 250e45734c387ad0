"""Pictures of the browser, small and large; `pytest --snapshot-update` takes them again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.ui.browser.browser import SMALL, WIDE, A, B, Browser
from tests.ui.browser.world import ALL, ARCHIVE, LANDING, NOW, VIDEO, PicturedEngine
from tests.waiting import until
from tui.app import XS3App
from tui.model.location import Location
from tui.settings import PaneStart, Settings, Start
from tui.ui.listing.branch import BranchState

Scene = Callable[[Browser], Awaitable[None]]


async def listed(browser: Browser, left: Location = VIDEO) -> None:
    def ready() -> bool:
        return browser.left.contents.root.state in (BranchState.COMPLETE, BranchState.FAILED) and bool(
            browser.right.contents.root.total and browser.screen.context.book.entries and browser.left.identity
        )

    await until(ready, "both panes have what the script tells")
    await browser.pilot.pause()
    assert browser.left.location == left


async def two_panes(browser: Browser) -> None:
    """Marks, a foreign owner, an unfolded prefix, a cursor, and pages still to come."""
    await browser.move_to(browser.left, VIDEO.child("2026/"))
    await browser.press("right")
    await until(lambda: browser.left.contents.row_of(VIDEO.child("2026/cut.mp4")) is not None, "it is unfolded")
    await browser.move_to(browser.left, VIDEO.child("poster.png"))
    await browser.press("space", "space", "up", "up", "up")


async def filtered(browser: Browser) -> None:
    await browser.press("s", "/", *"mp4")


async def dragged(browser: Browser) -> None:
    start = browser.point(browser.left, VIDEO.child("trailer.mp4"))
    await browser.drag(start, browser.point(browser.right, LANDING.child("daily/"), x=3), drop=False)


async def dragged_to_path(browser: Browser) -> None:
    start = browser.point(browser.left, VIDEO.child("trailer.mp4"))
    path = browser.right.path.region
    await browser.drag(start, (path.x + 10, path.y), drop=False)


async def inspected(browser: Browser) -> None:
    await browser.move_to(browser.left, VIDEO.child("poster.png"))
    await browser.press("i")
    await browser.until_text("analytics owns this")


async def inspected_below(browser: Browser) -> None:
    await inspected(browser)
    await browser.press("i")


async def transferring(browser: Browser) -> None:
    await until(lambda: browser.screen.transfers.latest is ALL, "the transfers are known")
    await browser.press("t")


SCENES: dict[str, Scene] = {
    "two panes": two_panes,
    "filtered": filtered,
    "dragged": dragged,
    "dragged to the path": dragged_to_path,
    "inspected": inspected,
    "inspected below": inspected_below,
    "transferring": transferring,
}


def app(left: Location, transfers: bool) -> XS3App:
    start = Start(PaneStart(A, left), PaneStart(B, LANDING))
    engine = PicturedEngine(ALL if transfers else None)
    return XS3App(start, Settings(), lambda: engine, lambda: NOW)


@pytest.mark.parametrize("size", [SMALL, WIDE], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCENES)
def test_it_looks_as_it_should(snap_compare: Any, name: str, size: tuple[int, int]) -> None:
    shown = app(VIDEO, transfers=name == "transferring")

    async def arrange(pilot: Pilot[None]) -> None:
        browser = Browser(shown, pilot)
        await listed(browser)
        await SCENES[name](browser)
        await pilot.pause()

    assert snap_compare(shown, terminal_size=size, run_before=arrange)


@pytest.mark.parametrize("size", [SMALL, WIDE], ids=lambda size: f"{size[0]}x{size[1]}")
def test_denied_is_a_row(snap_compare: Any, size: tuple[int, int]) -> None:
    shown = app(ARCHIVE, transfers=False)

    async def arrange(pilot: Pilot[None]) -> None:
        await listed(Browser(shown, pilot), ARCHIVE)

    assert snap_compare(shown, terminal_size=size, run_before=arrange)
