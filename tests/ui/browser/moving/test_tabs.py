"""Tabs: each is a pane of its own, one is in front; they are restored with the session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.ui.browser.browser import SMALL, A, B, Browser, opened
from tests.ui.browser.test_snapshots import app, listed
from tests.ui.browser.world import VIDEO as PICTURED
from tests.waiting import until
from tui.keeping.last_session import read_last, write_last
from tui.keeping.remembered import Keeping
from tui.model.location import Location
from tui.protocol.session import EngineSession
from tui.settings import PaneStart, TabList
from tui.ui.kit.commands.keys_in_force import use_keys
from tui.ui.kit.messages import Side
from tui.ui.tabs.pane_tabs import PaneTabs

ASSETS, LANDING = Location("media-prod-assets"), Location("analytics-landing")
VIDEO = Location("media-prod-assets", "video/")


def tabs_of(browser: Browser, side: Side = Side.LEFT) -> PaneTabs:
    return browser.screen.panes.sides[side]


async def until_front(browser: Browser, number: int, side: Side = Side.LEFT) -> None:
    """The tab `number`, counted from 1, is in front and has the keys."""
    tabs = tabs_of(browser, side)

    def front() -> bool:
        return tabs.number == number - 1 and browser.screen.focused is tabs.front.table

    await until(front, f"tab {number} is in front")
    await browser.pilot.pause()


async def test_each_tab_has_its_place_its_marks_and_its_identity(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri, LANDING.uri, size=SMALL) as browser:
        first, tabs = browser.left, tabs_of(browser)
        assert not tabs.line.display
        await browser.press("space", "T")
        await until_front(browser, 2)
        second = browser.left
        await browser.until_listed(second, ASSETS)
        assert second.spec == A
        assert (len(first.contents.marks), len(second.contents.marks)) == (1, 0)
        second.connection.connect(B, LANDING)
        await browser.until_listed(second, LANDING)
        await browser.until_text(" 2 analy")
        await browser.press("[")
        await until_front(browser, 1)
        assert (browser.left.location, len(browser.left.contents.marks), browser.left.spec) == (ASSETS, 1, A)
        assert browser.screen.panes.active is first
        assert first.strip.has_class("-active")
        await browser.press("2")
        await until_front(browser, 2)
        await browser.press("]")
        await until_front(browser, 1)
        await browser.press("w")
        await until_front(browser, 1)
        assert (tabs.tabs, bool(tabs.line.display)) == ([second], False)
        await browser.press("w")
        await browser.until_told("only tab")
        assert browser.left is second


async def test_the_mouse_shows_a_tab_and_closes_one(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri, LANDING.uri, size=SMALL) as browser:
        tabs = tabs_of(browser, Side.RIGHT)
        await browser.press("tab", "T")
        await until_front(browser, 2, Side.RIGHT)
        await browser.press("tab")
        await browser.pilot.click(tabs.line, offset=(3, 0))
        await until_front(browser, 1, Side.RIGHT)
        assert browser.screen.panes.active is browser.right
        closed = browser.right
        await browser.pilot.click(tabs.line, offset=(3, 0), button=2)
        await until(lambda: closed not in tabs.tabs, "it is closed")


async def test_read_only_is_all_of_a_pane_and_what_is_deleted_goes_in_each_tab(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri, LANDING.uri, size=SMALL) as browser:
        await browser.press("T")
        await until_front(browser, 2)
        await browser.until_listed(browser.left, ASSETS)
        await browser.press("W")
        locked = [pane.strip.locked for pane in browser.screen.panes.every]
        assert locked == [True, True, False]
        await until(
            lambda: all(pane.identity and pane.identity.read_only for pane in tabs_of(browser).tabs),
            "both tabs are connected again",
        )


async def test_tabs_are_restored_and_connected_when_they_are_shown(engine: EngineSession, tmp_path: Path) -> None:
    keeping = Keeping(tmp_path / "bookmarks.json", tmp_path / "last.json")
    assert keeping.last
    behind, front = PaneStart(B, LANDING), PaneStart(A, ASSETS)
    gone = PaneStart(A, Location("media-prod-assets", "gone/"))
    write_last(keeping.last, front, PaneStart(B), TabList([behind, front, gone], 1))
    async with opened(engine, keeping=keeping, size=SMALL, specs=(None, None)) as browser:
        await browser.until_listed(browser.left, ASSETS)
        await until_front(browser, 2)
        assert len(tabs_of(browser).tabs) == 3
        assert [pane.identity for pane in tabs_of(browser).tabs if pane is not browser.left] == [None, None]
        await browser.press("3")
        await browser.until_listed(browser.left, ASSETS)
        await browser.until_told("no longer exists")
        await browser.press("1")
        await browser.until_listed(browser.left, LANDING)
        assert browser.left.spec == B
    last = read_last(keeping.last)
    assert last.left == behind
    assert last.left_tabs == TabList([behind, front, front], 0)
    assert last.right_tabs == TabList()


async def test_the_panes_are_swapped_with_their_tabs_and_the_splitter_moves_both(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri, LANDING.uri, size=SMALL) as browser:
        await browser.press("T")
        await until_front(browser, 2)
        await browser.press("ctrl+u")
        await until(lambda: tabs_of(browser).region.x > 0, "the left one is at the right")
        assert browser.right.region.x == 0
        assert browser.left.region.x == tabs_of(browser).region.x


async def test_many_tabs_show_those_around_the_one_in_front(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri, LANDING.uri, size=SMALL) as browser:
        for number in range(2, 7):
            await browser.press("T")
            await until_front(browser, number)
        browser.left.navigation.go(VIDEO)
        await browser.until_text("6 video")
        line = browser.text.split("\n")[0]
        assert line.startswith("‹"), line
        await browser.press("2")
        await until_front(browser, 2)
        await browser.until_text("›")


async def test_the_numbers_have_the_keys_of_the_settings(engine: EngineSession) -> None:
    try:
        async with opened(engine, size=SMALL, keys={"tab_by_number": ["ctrl+k", "5"]}) as browser:
            await browser.press("T")
            await until_front(browser, 2)
            await browser.press("ctrl+k")
            await until_front(browser, 1)
            await browser.press("2", "5")
            await until_front(browser, 2)
    finally:
        use_keys({})


def test_the_line_of_tabs_looks_as_it_should(snap_compare: Any) -> None:
    shown = app(PICTURED, transfers=False)

    async def arrange(pilot: Pilot[None]) -> None:
        browser = Browser(shown, pilot)
        await listed(browser)
        await browser.press("T")
        await until_front(browser, 2)
        browser.left.navigation.go(Location(PICTURED.bucket))
        await browser.press("T")
        await until_front(browser, 3)
        await browser.press("2")
        await until_front(browser, 2)
        await until(lambda: not browser.left.contents.loading, "it is listed")
        await pilot.pause()

    assert snap_compare(shown, terminal_size=SMALL, run_before=arrange)
