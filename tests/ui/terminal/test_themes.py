"""The theme picker: a preview under the cursor, Esc restores, Enter saves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.cli.places import write_settings
from tests.ui.browser.browser import SMALL, Browser
from tests.ui.terminal.pictured import listed, pictured, pictured_app
from tests.waiting import until
from tui.settings import read_settings, settings_file
from tui.ui.themes import ThemeScreen


async def pick(browser: Browser) -> None:
    """As the palette runs it."""
    await browser.app.run_action("theme", browser.app)
    await until(lambda: isinstance(browser.app.screen, ThemeScreen), "the list is there")
    await browser.pilot.pause()


async def test_the_cursor_shows_a_theme_and_esc_takes_it_back(surroundings: Path) -> None:
    async with pictured(theme="nord") as browser:
        await pick(browser)
        await browser.press("down")
        await until(lambda: browser.app.theme == "rose-pine", "the next theme is shown")
        await browser.press("escape")
        await until(lambda: browser.app.screen is browser.screen, "the list is gone")
        assert browser.app.theme == "nord"
    assert not settings_file().exists()


async def test_enter_saves_it_and_leaves_the_rest_of_the_file(surroundings: Path) -> None:
    path = write_settings("# mine\n[buckets.theirs] # not mine\nrequester_pays = true\n")
    async with pictured() as browser:
        await pick(browser)
        await browser.press("home", "enter")
        await browser.until_told("ansi-dark is saved")
    assert path.read_text().startswith("# mine\n")
    assert "[buckets.theirs] # not mine\n" in path.read_text()
    assert (read_settings(path).theme, read_settings(path).buckets["theirs"].requester_pays) == ("ansi-dark", True)


async def test_a_file_that_cannot_be_used_is_said(surroundings: Path) -> None:
    path = write_settings("theme = 'no such'\n")
    async with pictured() as browser:
        await pick(browser)
        await browser.press("enter")
        await browser.until_told("cannot be used")
    assert path.read_text() == "theme = 'no such'\n"


def test_it_looks_as_it_should(snap_compare: Any) -> None:
    app = pictured_app(theme="nord")

    async def arrange(pilot: Pilot[None]) -> None:
        browser = Browser(app, pilot)
        await listed(browser)
        await pick(browser)

    assert snap_compare(app, terminal_size=SMALL, run_before=arrange)
