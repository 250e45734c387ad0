"""What lies beside the panes, and keys that do nothing there: no drop, no quitting."""

from __future__ import annotations

from tests.ui.browser.browser import WIDE, Browser, opened
from tests.ui.browser.world import LANDING, VIDEO, PicturedEngine
from tui.ui.kit.commands import QUIT
from tui.ui.panes.drag import DropTarget


def target_of(browser: Browser) -> DropTarget | None:
    """Where the drag that is under way would drop."""
    drag = browser.screen.dragging.drag
    assert drag, "something is dragged"
    return drag.target


async def test_a_drag_over_what_is_no_target_continues_without_one() -> None:
    async with opened(PicturedEngine(), VIDEO.uri, LANDING.uri, size=WIDE, listed=False) as browser:
        await browser.until_text("intro.mp4")
        start = browser.point(browser.left, VIDEO.child("intro.mp4"))
        outside = (start[0], WIDE[1] - 1)
        await browser.drag(start, outside, drop=False)
        assert target_of(browser) is None
        await browser.pilot.hover(offset=(WIDE[0] - 20, 10))
        assert target_of(browser)
        await browser.pilot.hover(offset=outside)
        await browser.pilot.mouse_up(offset=outside)
        assert not browser.screen.dragging.ghost.display
        assert len(browser.app.screen_stack) == 2


async def test_ctrl_c_names_a_key_that_help_lists() -> None:
    async with opened(PicturedEngine(), VIDEO.uri, LANDING.uri, size=WIDE, listed=False) as browser:
        await browser.until_text("intro.mp4")
        await browser.press("ctrl+c")
        await browser.until_told("F10 quits")
        assert "F10" in QUIT.key_text.split()
