"""From the key to the rows that were found, on a real engine."""

from __future__ import annotations

import pytest

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import SMALL, Browser, opened
from tests.ui.browser.conftest import buckets, engine
from tests.ui.browser.test_copying import state
from tests.waiting import until
from tui.model.location import Location
from tui.model.transfer import TransferState
from tui.protocol.session import EngineSession

__all__ = ["buckets", "engine"]


async def find(browser: Browser, name: str, count: int) -> None:
    """Search below the left pane's place by name, until so many rows are found."""
    await browser.press("f")
    await browser.until_text("Find below")
    await browser.press("shift+end", "delete", *name, "enter")
    pane = browser.left
    await until(lambda: bool(pane.contents.root.search) and not pane.contents.loading, "the search has ended")
    assert len(browser.names(pane)) == count, browser.names(pane)


async def test_what_is_found_is_marked_and_copied_by_its_keys(engine: EngineSession, buckets: BucketPair) -> None:
    client = buckets.server.client(buckets.server.a)
    client.put_object(Bucket=buckets.a, Key="sub/", Body=b"")  # a folder's marker is no row: it would mean the prefix
    here, there = Location(buckets.a), Location(buckets.b)
    async with opened(engine, here.uri, there.uri, size=SMALL) as browser:
        await find(browser, "*.txt", 4)
        assert browser.names(browser.left) == ["one.txt", "sub/deep/five.txt", "sub/four.txt", "two.txt"]
        await browser.until_text("4 found")
        await browser.press("j", "space", "space", "c")
        await browser.until_text("Copy 2 objects")
        await browser.press("enter")
        await until(lambda: state(browser) is TransferState.DONE, "the copy has ended", 30)
        server = buckets.server
        listed = server.client(server.b).list_objects_v2(Bucket=buckets.b)["Contents"]
        assert {each["Key"] for each in listed} == {"in/seed.txt", "deep/five.txt", "four.txt"}


async def test_a_deleted_row_goes_and_escape_returns_to_the_listing(engine: EngineSession, buckets: BucketPair) -> None:
    here = Location(buckets.a)
    async with opened(engine, here.uri) as browser:
        await browser.move_to(browser.left, here.child("two.txt"))
        await find(browser, "five", 1)
        await browser.press("d")
        await browser.until_text("Enter to delete")
        await browser.press("right", "enter")
        await until(lambda: browser.names(browser.left) == [], "the row is gone", 30)
        await browser.until_text("nothing found")
        await browser.press("escape")
        await browser.until_listed(browser.left, here)
        assert browser.left.contents.root.search is None
        await until(lambda: browser.left.subject == here.child("two.txt"), "the cursor is where it was")


async def test_from_what_was_found_to_where_it_is_and_back(engine: EngineSession, buckets: BucketPair) -> None:
    here = Location(buckets.a)
    async with opened(engine, here.uri) as browser:
        await find(browser, "four", 1)
        await browser.press("right")
        await browser.until_listed(browser.left, here.child("sub/"))
        await until(lambda: browser.left.subject.key == "sub/four.txt", "the cursor is on it")
        await browser.press("alt+left")
        await until(lambda: browser.names(browser.left) == ["sub/four.txt"], "it is found again")
        await browser.press("backspace")
        await browser.until_listed(browser.left, here)
        assert "one.txt" in browser.names(browser.left)


@pytest.mark.parametrize(("typed", "wrong"), [("tab,tab,1,x", "size"), ("tab,tab,tab,tab,9,q", "time")])
async def test_what_is_wrong_is_said(engine: EngineSession, buckets: BucketPair, typed: str, wrong: str) -> None:
    async with opened(engine, Location(buckets.a).uri) as browser:
        await browser.press("f")
        await browser.until_text("Find below")
        await browser.press(*typed.split(","))
        await browser.until_text("✗")
        assert wrong in browser.text
        await browser.press("enter")
        await browser.until_text("Find below")
        await browser.press("escape")
        assert browser.left.contents.root.search is None


async def test_nothing_is_searched_above_buckets(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine) as browser:
        await browser.press("f")
        await browser.until_told("open a bucket first")


async def test_by_a_regular_expression(engine: EngineSession, buckets: BucketPair) -> None:
    here = Location(buckets.a)
    async with opened(engine, here.uri, size=SMALL) as browser:
        await browser.press("f")
        await browser.until_text("Find below")
        await browser.press("shift+end", "delete", "tab", *"^sub/.*(four", "enter")
        await browser.until_text("missing )")
        await browser.press(*"|x).txt$", "enter")
        pane = browser.left
        await until(lambda: bool(pane.contents.root.search) and not pane.contents.loading, "the search has ended")
        assert browser.names(pane) == ["sub/four.txt"]
