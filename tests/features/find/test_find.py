"""From the keys to the rows that were found and to the tree of sizes."""

from typing import Any, cast

import pytest

from tests.browser.browser import SMALL, Browser, opened, pictured
from tests.browser.host import Host, Scene, press, screen_text, showing
from tests.browser.passing import Buckets
from tests.browser.scripted import HOLD, ScriptedEngine
from tests.browser.world import BOOK
from tests.waiting import until
from tui.core.location import Location
from tui.core.searching import GIB, Amount, Share, SizePart, SizeProgress, SizesFound, StorageUse
from tui.features.find.screen import FindScreen
from tui.features.find.sizes_screen import SizesScreen, SizeTable
from tui.kit.menu import ContextMenu
from tui.messages.listing_requests import MeasureSizes
from tui.settings import Settings
from tui.settings.prices import price_table


async def find(browser: Browser, name: str, count: int) -> None:
    await browser.press("f", then="Find below")
    await browser.press("shift+end", "delete", *name, "enter")
    pane = browser.left
    await until(lambda: bool(pane.contents.root.search) and not pane.contents.loading, "the search has ended")
    assert len(browser.names(pane)) == count, browser.names(pane)


@pytest.mark.thorough
async def test_what_is_found_is_marked_and_copied_by_its_keys(buckets: Buckets) -> None:
    buckets.mine.put_object(Bucket=buckets.a, Key="sub/", Body=b"")  # a marker is no row: it would mean the prefix
    async with opened(buckets.engine, buckets.here.uri, buckets.there.uri, size=SMALL) as browser:
        await find(browser, "*.txt", 4)
        assert browser.names(browser.left) == ["one.txt", "sub/deep/five.txt", "sub/four.txt", "two.txt"]
        await browser.until_text("4 found")
        await browser.press("j", "space", "space", "C", then="Copy 2 objects")
        await browser.press("enter", ended=True)
        server = buckets.server
        listed = server.client(server.b).list_objects_v2(Bucket=buckets.b)["Contents"]
        assert {each["Key"] for each in listed} == {"in/seed.txt", "deep/five.txt", "four.txt"}


async def test_a_deleted_row_goes_and_escape_returns_to_the_listing(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri) as browser:
        await browser.move_to(browser.left, buckets.here.child("two.txt"))
        await find(browser, "five", 1)
        await browser.press("D", then="Enter to delete")
        await browser.press("right", "enter")
        await until(lambda: browser.names(browser.left) == [], "the row is gone", 30)
        await browser.until_text("nothing found: none of 4 keys matches")
        await browser.press("escape", lists=buckets.here)
        assert browser.left.contents.root.search is None
        await until(lambda: browser.left.subject == buckets.here.child("two.txt"), "the cursor is where it was")


@pytest.mark.thorough
async def test_from_what_was_found_to_where_it_is_and_back(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri) as browser:
        await find(browser, "four", 1)
        await browser.press("right", lists=buckets.here.child("sub/"))
        await until(lambda: browser.left.subject.key == "sub/four.txt", "the cursor is on it")
        await browser.press("alt+left")
        await until(lambda: browser.names(browser.left) == ["sub/four.txt"], "it is found again")
        await browser.press("backspace", lists=buckets.here)
        assert "one.txt" in browser.names(browser.left)


@pytest.mark.thorough
async def test_what_is_wrong_is_said(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri, size=SMALL) as browser:
        for typed, wrong in (("tab,tab,1,x", "size"), ("tab,tab,tab,tab,9,q", "time")):
            await browser.press("f", then="Find below")
            await browser.press(*typed.split(","), then="✗")
            assert wrong in browser.text
            await browser.press("enter", then="Find below")
            await browser.press("escape")
            assert browser.left.contents.root.search is None
        await browser.press("tab", "f", told="open a bucket first")


@pytest.mark.thorough
async def test_by_a_regular_expression(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri, size=SMALL) as browser:
        await browser.press("f", then="Find below")
        await browser.press("shift+end", "delete", "tab", *"^sub/.*(four", "enter", then="missing )")
        await browser.press(*"|x).txt$", "enter")
        pane = browser.left
        await until(lambda: bool(pane.contents.root.search) and not pane.contents.loading, "the search has ended")
        assert browser.names(pane) == ["sub/four.txt"]


PLACE = Location("media-prod-assets", "video/")


def rows(browser: Browser) -> list[str]:
    return [row.text.strip() for row in browser.front(SizesScreen).table.rows]


@pytest.mark.thorough
async def test_levels_are_walked_without_listing_again(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri, size=SMALL) as browser:
        await browser.press("u", then="current: 5 keys")
        assert rows(browser) == ["▸ sub/", "(objects here)"]
        await browser.press("enter")
        await until(lambda: rows(browser) == ["▸ deep/", "(objects here)"], "the level is shown")
        await browser.press("v", "v", then="< 30 days")
        await browser.press("w", "backspace", then="noncurrent: 0 of 5 versions")
        assert "▸ sub/" in rows(browser)
        await browser.press("enter", "o", lists=buckets.here.child("sub/deep/"))


@pytest.mark.thorough
async def test_a_prefix_is_deleted_and_leaves_the_tree(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri, size=SMALL) as browser:
        await browser.press("u", then="current: 5 keys")
        await browser.press("down", "D", told="o shows these objects")
        await browser.press("up", "enter", "f8", then="Enter to delete")
        await browser.press("right", "enter")
        await until(lambda: rows(browser) == ["(objects here)"], "the prefix is not in the tree any more", 30)
        await browser.press("backspace")
        assert sorted(rows(browser)) == ["(objects here)", "▸ sub/"]
        listed = buckets.mine.list_objects_v2(Bucket=buckets.a, Prefix="sub/")
        assert [each["Key"] for each in listed["Contents"]] == ["sub/four.txt"]


@pytest.mark.thorough
async def test_a_read_only_identity_deletes_nothing(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri, size=SMALL, read_only=frozenset({"left"})) as browser:
        await browser.press("u", then="current: 5 keys")
        await browser.press("D", told="read-only")
        assert isinstance(browser.app.screen, SizesScreen)


def part(prefix: str, size: int, storage_class: str = "STANDARD", age: int = 0) -> SizePart:
    share = Share(StorageUse.CURRENT, storage_class, "a" * 64, age)
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
    return Host(dialog=FindScreen(PLACE, {"name": "*.mp4", "min": "1G", "owner": "foreign"}, lambda: 0.0))


PICTURES = {"sizes": Scene(sizes, "measuring current", ("v",), "raw/ by class"), "form": Scene(form, "Find below")}


async def test_what_has_no_key_is_in_the_menu() -> None:
    async with pictured() as browser:
        browser.app.push_screen(cast("SizesScreen", sizes()._dialog))
        await browser.until_text("measuring current")
        await browser.press("full_stop", front=ContextMenu, then="Count incomplete uploads, too")
        await browser.press("s", front=SizesScreen)
        await until(lambda: browser.front(SizesScreen)._by_objects, "the key of a line runs it")


async def test_a_number_of_requests_that_is_none_is_said_and_nothing_is_looked_for() -> None:
    async with showing(FindScreen(PLACE, {"most": "many"}, lambda: 0.0), "Find below") as (app, pilot):
        await press(pilot, "enter", then="✗ 'many' is not a number of requests")
        assert app.answers == []


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(snap_compare: Any, name: str) -> None:
    assert snap_compare(PICTURES[name].make(), terminal_size=SMALL, run_before=PICTURES[name].arrange)


async def test_a_click_moves_the_cursor_and_one_on_it_opens_the_level() -> None:
    host = sizes()
    async with host.run_test(size=SMALL) as pilot:
        await until(lambda: "measuring current" in screen_text(host), "it measures")
        table = host.screen.query_one(SizeTable)
        await pilot.click(table, offset=(4, 1))
        await until(lambda: table.cursor == 1, "the cursor is where it was clicked")
        await pilot.click(table, offset=(4, 0))
        await pilot.click(table, offset=(4, 0))
        await until(lambda: [row.text for row in table.rows] == ["▸ 2025/", "▸ 2026/"], "the level is open")


async def test_esc_stops_first_and_leaves_then() -> None:
    host = sizes()
    async with host.run_test(size=(80, 24)) as pilot:
        await until(lambda: "measuring current" in screen_text(host), "it measures")
        await pilot.press("escape")
        await until(lambda: "stopped: current is not complete" in screen_text(host), "it has stopped")
        await pilot.press("escape")
        await until(lambda: host.answers == [None], "it is left")
