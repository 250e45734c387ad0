"""The tree of sizes: on a real engine, and as pictures."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import SMALL, Browser, opened
from tests.ui.browser.conftest import buckets, engine
from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.dialogs.world import BOOK
from tests.waiting import until
from tui.model.finding.sizes import GIB, Amount, Share, SizePart, SizeProgress, SizesFound, Stored
from tui.model.location import Location
from tui.protocol.messages.finding import MeasureSizes
from tui.protocol.session import EngineSession
from tui.settings import Settings
from tui.settings.prices import price_table
from tui.ui.finding.find_screen import FindScreen
from tui.ui.finding.sizes_screen import SizesScreen

__all__ = ["buckets", "engine"]

PLACE = Location("media-prod-assets", "video/")


def rows(browser: Browser) -> list[str]:
    screen = browser.app.screen
    assert isinstance(screen, SizesScreen)
    return [row.text.strip() for row in screen.table.rows]


async def test_levels_are_walked_without_listing_again(engine: EngineSession, buckets: BucketPair) -> None:
    here = Location(buckets.a)
    async with opened(engine, here.uri, size=SMALL) as browser:
        await browser.press("D")
        await browser.until_text("current: 5 keys")
        assert rows(browser) == ["▸ sub/", "(objects here)"]
        await browser.press("enter")
        await until(lambda: rows(browser) == ["▸ deep/", "(objects here)"], "the level is shown")
        await browser.press("a")
        await browser.until_text("< 30 days")
        await browser.press("v", "backspace")
        await browser.until_text("noncurrent: 0 of 5 versions")
        assert "▸ sub/" in rows(browser)
        await browser.press("enter", "g")
        await browser.until_listed(browser.left, here.child("sub/deep/"))


async def test_a_prefix_is_deleted_and_leaves_the_tree(engine: EngineSession, buckets: BucketPair) -> None:
    here = Location(buckets.a)
    async with opened(engine, here.uri, size=SMALL) as browser:
        await browser.press("D")
        await browser.until_text("current: 5 keys")
        await browser.press("down", "d")
        await browser.until_told("g shows these objects")
        await browser.press("up", "enter", "f8")
        await browser.until_text("Enter to delete")
        await browser.press("right", "enter")
        await until(lambda: rows(browser) == ["(objects here)"], "the prefix is not in the tree any more", 30)
        await browser.press("backspace")
        assert sorted(rows(browser)) == ["(objects here)", "▸ sub/"]
        listed = buckets.server.client(buckets.server.a).list_objects_v2(Bucket=buckets.a, Prefix="sub/")
        assert [each["Key"] for each in listed["Contents"]] == ["sub/four.txt"]


async def test_a_read_only_identity_deletes_nothing(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, Location(buckets.a).uri, size=SMALL, read_only=frozenset({"left"})) as browser:
        await browser.press("D")
        await browser.until_text("current: 5 keys")
        await browser.press("d")
        await browser.until_told("read-only")
        assert isinstance(browser.app.screen, SizesScreen)


def part(prefix: str, size: int, storage_class: str = "STANDARD", age: int = 0) -> SizePart:
    share = Share(Stored.CURRENT, storage_class, "a" * 64, age)
    return SizePart(prefix, share, Amount(size // 2**20, size, 0, size // 2**20))


def sizes() -> Host:
    parts = [
        part("raw/2025/", 900 * GIB, "GLACIER", 3),
        part("raw/2026/", 400 * GIB, "STANDARD_IA", 2),
        part("subtitles/", GIB // 3),
        part("", 12 * GIB, age=1),
    ]
    engine = ScriptedEngine(feeds={MeasureSizes: [SizesFound(parts, SizeProgress(200_000, 4.0)), HOLD]})
    return Host(dialog=SizesScreen(PLACE, "one", engine, price_table(Settings()), BOOK, lambda _place: None))


def form() -> Host:
    typed = {"name": "*.mp4", "min": "1G", "owner": "foreign"}
    return Host(dialog=FindScreen(PLACE, typed, lambda: 0.0))


async def by_class(pilot: Pilot[Any]) -> None:
    await pilot.press("c")
    await until(lambda: "raw/ by class" in screen_text(pilot.app), "the classes are shown")


async def filled(pilot: Pilot[Any]) -> None:
    await until(lambda: "Find below" in screen_text(pilot.app), "the form is shown")


@pytest.mark.parametrize(("host", "act"), [(sizes, by_class), (form, filled)], ids=["sizes", "form"])
def test_pictures(snap_compare: Any, host: Any, act: Any) -> None:
    assert snap_compare(host(), terminal_size=(80, 24), run_before=act)


async def test_esc_stops_first_and_leaves_then() -> None:
    host = sizes()
    async with host.run_test(size=(80, 24)) as pilot:
        await until(lambda: "measuring current" in screen_text(host), "it measures")
        await pilot.press("escape")
        await until(lambda: "stopped: current is not complete" in screen_text(host), "it has stopped")
        await pilot.press("escape")
        await until(lambda: host.answers == [None], "it is left")
