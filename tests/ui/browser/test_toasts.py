"""Toasts take lines of their own: whatever is told, the dialog and the status lines stay in sight."""

from __future__ import annotations

import pytest
from textual.content import Content
from textual.widget import Widget
from textual.widgets._toast import Toast

from tests.ui.browser.browser import SMALL, WIDE, opened
from tests.ui.browser.world import ALL, LANDING, VIDEO, PicturedEngine
from tests.waiting import until
from tui.ui.kit.confirm import ConfirmScreen
from tui.ui.kit.dialog import Frame
from tui.ui.kit.key_footer import KeyFooter
from tui.ui.transfers.strip import TransfersStrip

LASTING = 600
"""Seconds that a toast is shown: on a busy machine the usual five may be over before it is looked at."""
LONG = "s3://media-prod-assets/" + "a long name " * 20


@pytest.mark.parametrize("size", [SMALL, WIDE], ids=["80x24", "160x45"])
@pytest.mark.parametrize("asked", [False, True], ids=["panes", "dialog"])
async def test_a_toast_covers_nothing_that_is_needed(size: tuple[int, int], asked: bool) -> None:
    async with opened(PicturedEngine(ALL), VIDEO.uri, LANDING.uri, size=size, listed=False) as browser:
        app = browser.app
        await until(lambda: len(app.screen.query(TransfersStrip)) == 1, "the panes are shown")
        if asked:
            app.push_screen(ConfirmScreen("Sure?", Content(LONG * 4), "Go on"))
            await until(lambda: isinstance(app.screen, ConfirmScreen), "the dialog is shown")
        app.notify(LONG, title="No such key", severity="warning", markup=False)
        app.notify("copied", markup=False)
        await until(lambda: len(app.screen.query(Toast)) >= 2, "both are told")
        await browser.until_text("No such key")
        needed: list[type[Widget]] = [Frame] if asked else [KeyFooter, TransfersStrip]
        for toast in app.screen.query(Toast):
            assert toast.region.bottom <= size[1]
            for kind in needed:
                assert not toast.region.overlaps(app.screen.query_one(kind).region)
                assert app.screen.query_one(kind).region.bottom <= size[1]


async def test_the_footer_shows_no_keys_below_a_dialog() -> None:
    async with opened(PicturedEngine(ALL), VIDEO.uri, LANDING.uri, size=SMALL, listed=False) as browser:
        app = browser.app
        await until(lambda: len(app.screen.query(TransfersStrip)) == 1, "the panes are shown")
        await browser.press("t")
        await browser.until_text("p pause")
        app.push_screen(ConfirmScreen("Sure?", Content(LONG), "Go on"))
        await browser.until_text("Sure?")
        footer = browser.screen.query_one(KeyFooter)
        await until(lambda: not footer.render().plain.strip(), "its keys are not those of the list")
        await browser.press("escape")
        await browser.until_text("p pause")


@pytest.mark.parametrize("cells", [75, 76, 77, 80])
async def test_the_last_line_of_a_toast_is_in_sight(cells: int) -> None:
    async with opened(PicturedEngine(ALL), VIDEO.uri, LANDING.uri, size=SMALL, listed=False) as browser:
        await until(lambda: len(browser.app.screen.query(TransfersStrip)) == 1, "the panes are shown")
        browser.app.notify(f"{'words ' * 20}"[: cells - 4].ljust(cells - 4, "x") + " end", title="T", markup=False)
        await until(lambda: len(browser.app.screen.query(Toast)) == 1, "it is told")
        await browser.until_text(" end")
        assert browser.app.screen.query_one(Toast).region.bottom <= browser.app.size.height


async def test_what_is_on_screen_is_not_told_twice() -> None:
    async with opened(PicturedEngine(ALL), VIDEO.uri, LANDING.uri, size=SMALL, listed=False) as browser:
        app = browser.app
        await until(lambda: len(app.screen.query(TransfersStrip)) == 1, "the panes are shown")
        for screen in (app, browser.screen):  # as when one lost engine ends two requests
            screen.notify("the engine stopped unexpectedly", severity="error", timeout=LASTING, markup=False)
        app.notify("something else", timeout=LASTING, markup=False)
        await until(lambda: len(app._notifications) > 1, "the last one is shown")
        assert [each.message for each in app._notifications] == ["the engine stopped unexpectedly", "something else"]
        app.clear_notifications()
        app.notify("the engine stopped unexpectedly", severity="error", timeout=LASTING, markup=False)
        await until(lambda: len(app._notifications) == 1, "it is told when the first one has gone")
