"""From the key to both panes alike, on a real engine."""

from __future__ import annotations

from typing import Any

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import SMALL, WIDE, Browser, opened
from tests.ui.browser.conftest import buckets, engine
from tests.ui.browser.test_copying import state
from tests.waiting import until
from tui.model.comparing.comparison import ComparisonState
from tui.model.comparing.mode import CompareMode
from tui.model.location import Location
from tui.model.transfer import TransferState
from tui.protocol.session import EngineSession
from tui.text.comparing.rows import BY
from tui.ui.comparison.counts import StateCounts
from tui.ui.comparison.screen import ComparisonScreen
from tui.ui.comparison.table import DifferenceTable
from tui.ui.comparison.tree import RowLine

__all__ = ["buckets", "engine"]


def shown(browser: Browser) -> ComparisonScreen:
    screen = browser.app.screen
    assert isinstance(screen, ComparisonScreen)
    return screen


def rows(browser: Browser) -> list[tuple[str, ComparisonState]]:
    lines = shown(browser).differences.lines
    return [(line.row.name, line.row.state) for line in lines if isinstance(line, RowLine)]


def fill(pair: BucketPair) -> tuple[Any, Any]:
    server = pair.server
    a, b = server.client(server.a), server.client(server.b)
    a.put_object(Bucket=pair.a, Key="old.txt", Body=b"first\nsecond\n")
    b.put_object(Bucket=pair.b, Key="old.txt", Body=b"first\nchanged\n")
    b.put_object(Bucket=pair.b, Key="one.txt", Body=b"one.txt")
    return a, b


async def test_differences_are_filtered_folded_looked_at_and_copied(engine: EngineSession, buckets: BucketPair) -> None:
    _, b = fill(buckets)
    here, there = Location(buckets.a), Location(buckets.b)
    async with opened(engine, here.uri, there.uri, size=SMALL) as browser:
        await browser.press("C")
        await browser.until_text("4 only left  > 1 only right  ≠ 1 differs  ? 0 unknown  = 1 same")
        names = ["in/seed.txt", "old.txt", "sub/deep/five.txt", "sub/four.txt", "three.bin", "two.txt"]
        assert [name for name, _ in rows(browser)] == names
        await browser.press("3")
        assert rows(browser) == [("old.txt", ComparisonState.DIFFERS)]
        await browser.press("home", "enter")
        await browser.until_text("- second")
        assert "+ changed" in browser.text
        await browser.press("escape", "0", "home", "left")
        assert [name for name, _ in rows(browser)] == names[1:], "in/ is closed"
        await browser.press("right", "down", "down", "space", "space")
        await browser.until_text("rows marked")
        await browser.press("c")
        await browser.until_text("Copy 3 objects")
        await browser.press("enter")
        await until(lambda: state(browser) is TransferState.DONE, "the copy has ended", 30)
        assert b.get_object(Bucket=buckets.b, Key="old.txt")["Body"].read() == b"first\nsecond\n"
        await browser.until_text("2 only left  > 1 only right  ≠ 0 differs  ? 0 unknown  = 4 same")
        await until(lambda: not shown(browser).differences.marked, "what was copied is not marked any more")
        await browser.press("r")
        await browser.until_text("2 only left  > 1 only right  ≠ 0 differs  ? 0 unknown  = 4 same")
        await browser.press("escape")
        await browser.move_to(browser.left, here.child("old.txt"))
        await browser.press("f5")
        await browser.until_text("(•) ask")


async def test_a_long_list_scrolls_down_only(engine: EngineSession, buckets: BucketPair) -> None:
    a, _ = fill(buckets)
    for number in range(30):
        a.put_object(Bucket=buckets.a, Key=f"many/{number:02}", Body=b"")
    async with opened(engine, Location(buckets.a).uri, Location(buckets.b).uri, size=SMALL) as browser:
        await browser.press("C")
        await browser.until_text("34 only left")
        table = shown(browser).query_one(DifferenceTable)
        await until(lambda: table.show_vertical_scrollbar, "there are more rows than lines", 10)
        assert not table.show_horizontal_scrollbar


async def test_one_pane_is_made_like_the_other_after_the_number_was_typed(
    engine: EngineSession, buckets: BucketPair
) -> None:
    a, b = fill(buckets)
    here, there = Location(buckets.a), Location(buckets.b)
    async with opened(engine, here.uri, there.uri, size=WIDE) as browser:
        await browser.press("C")
        await browser.until_text("1 differs")
        await browser.press("d")
        await browser.until_text("type 1 to delete these")
        assert "- s3://" + buckets.b + "/in/seed.txt" in browser.text
        b.put_object(Bucket=buckets.b, Key="in/late.txt", Body=b"came after it was shown")
        await browser.press("2", "enter")
        await browser.until_text("✗ '2' is not 1; type 1 to delete these")
        await browser.press("backspace", "1", "enter")
        await until(lambda: state(browser) is TransferState.DONE, "the synchronisation has ended", 30)
        await browser.until_text("< 0 only left  > 1 only right (")
        keys = [
            [each["Key"] for each in client.list_objects_v2(Bucket=bucket)["Contents"]]
            for client, bucket in ((a, buckets.a), (b, buckets.b))
        ]
        assert sorted(keys[1]) == sorted([*keys[0], "in/late.txt"])


async def test_a_click_on_a_count_other_places_and_a_read_only_target(
    engine: EngineSession, buckets: BucketPair
) -> None:
    fill(buckets)
    here, there = Location(buckets.a), Location(buckets.b)
    async with opened(engine, here.uri, there.uri, read_only=frozenset({"right"})) as browser:
        await browser.press("C")
        await browser.until_text("1 differs")
        assert await browser.pilot.click(StateCounts, offset=(3, 0))
        await until(lambda: {each for _, each in rows(browser)} == {ComparisonState.LEFT}, "only left is shown")
        await browser.press("5")
        await until(lambda: shown(browser).differences.only is ComparisonState.LEFT, "the filter stays")
        await browser.press("0")
        await until(lambda: ("one.txt", ComparisonState.SAME) in rows(browser), "what is the same is shown, too")
        await browser.press("x")
        by = shown(browser)._comparison.by
        await browser.press("o")
        await browser.until_text("other line")
        await browser.press("end", *"sub", "enter")
        await browser.until_text("four.txt")
        assert shown(browser)._comparison.by is by is CompareMode.AUTO.following
        assert BY[by] in browser.text
        assert ("four.txt", ComparisonState.LEFT) in rows(browser)
        await browser.press("d")
        await browser.until_told("read-only")
