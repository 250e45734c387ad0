"""The mouse: focus, open, mark, sort, scroll, the splitter, and what is dragged."""

from __future__ import annotations

import pytest

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import Browser, opened
from tests.waiting import until
from tui.model.location import Location
from tui.protocol.session import EngineSession
from tui.ui.listing.columns import SortKey
from tui.ui.orders.route_card import RouteCardScreen

ASSETS = Location("media-prod-assets")
VIDEO = ASSETS.child("video/")


async def test_a_click_focuses_and_moves_and_a_double_click_opens(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri, ASSETS.uri) as browser:
        await browser.pilot.click(offset=browser.point(browser.right, VIDEO))
        assert browser.screen.panes.active is browser.right
        assert browser.right.subject == VIDEO
        await browser.pilot.click(offset=browser.point(browser.right, VIDEO), times=2)
        await browser.until_listed(browser.right, VIDEO)


async def test_a_click_on_the_guide_unfolds_and_folds(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri) as browser:
        left = browser.left
        await browser.pilot.click(offset=browser.point(left, VIDEO, x=1))
        await until(lambda: left.contents.branch(VIDEO) is not None, "it is unfolded")
        await browser.until_listed(left, ASSETS)
        await browser.pilot.click(offset=browser.point(left, VIDEO, x=1))
        await until(lambda: left.contents.branch(VIDEO) is None, "it is folded")


async def test_ctrl_and_shift_clicks_mark(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri) as browser:
        left = browser.left
        await browser.pilot.click(offset=browser.point(left, ASSETS.child("index.html")), control=True)
        assert list(left.contents.marks) == [ASSETS.child("index.html")]
        await browser.pilot.click(offset=browser.point(left, ASSETS.child("video.mp4")), shift=True)
        assert {one.name for one in left.contents.marks} == {"index.html", "poster.png", "video.mp4"}
        await browser.pilot.click(offset=browser.point(left, ASSETS.child("poster.png")), control=True)
        assert {one.name for one in left.contents.marks} == {"index.html", "video.mp4"}


async def test_a_heading_sorts_and_sorts_back(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri) as browser:
        left = browser.left
        at = browser.text.split("\n")[left.header.region.y].index("size")
        for descending in (False, True):
            await browser.pilot.click(offset=(at + 1, left.header.region.y))
            assert left.contents.arrangement.key is SortKey.SIZE
            assert left.contents.arrangement.descending is descending


async def test_a_path_segment_opens(engine: EngineSession) -> None:
    async with opened(engine, VIDEO.uri) as browser:
        path = browser.left.path.region
        await browser.pilot.click(offset=(path.x + 1 + len("s3://med"), path.y))
        await browser.until_listed(browser.left, ASSETS)


async def test_the_splitter_shares_the_screen(engine: EngineSession) -> None:
    async with opened(engine) as browser:
        await browser.pilot.mouse_down(offset=(browser.screen.panes.splitter.region.x, 5))
        await browser.pilot.hover(offset=(60, 5))
        await browser.pilot.mouse_up(offset=(60, 5))
        await until(lambda: browser.left.size.width == 60, "the left pane has what was given to it")


async def test_a_click_on_the_footer_acts_as_its_key(engine: EngineSession) -> None:
    async with opened(engine) as browser:
        row = browser.text.split("\n")[-1]
        await browser.pilot.click(offset=(row.index("? help") + 3, 44))
        await browser.until_text("Navigation")


async def test_a_dragged_object_lands_where_it_is_dropped(engine: EngineSession, buckets: BucketPair) -> None:
    source, target = Location(buckets.a), Location(buckets.b)
    async with opened(engine, source.uri, target.uri) as browser:
        left, right = browser.left, browser.right
        start, end = browser.point(left, source.child("three.bin")), browser.point(right, target.child("in/"))
        await browser.drag(start, end, drop=False)
        await browser.until_text("copy 1 object, 9 B → in/")
        assert right.table.drop_row == 0
        await browser.pilot.mouse_up(offset=end)
        await confirm(browser)
        await browser.move_to(right, target.child("in/"))
        await browser.press("enter")
        await browser.until_listed(right, target.child("in/"))
        await until(lambda: "three.bin" in browser.names(right), "the copy is there", 30)


async def test_what_was_pressed_is_dragged_though_a_row_has_come_above_it(
    engine: EngineSession, buckets: BucketPair
) -> None:
    source, target = Location(buckets.a), Location(buckets.b)
    async with opened(engine, source.uri, target.uri) as browser:
        left = browser.left
        start = browser.point(left, source.child("three.bin"))
        await browser.pilot.mouse_down(offset=start)
        buckets.server.client(buckets.server.a).put_object(Bucket=buckets.a, Key="a new one", Body=b"new")
        left.branches.refresh()
        await until(lambda: "a new one" in browser.names(left), "there is one more row", 20)
        await browser.pilot.hover(offset=browser.point(browser.right, target.child("in/")))
        await browser.until_text("copy 1 object, 9 B → in/")
        assert browser.screen.dragging.drag
        assert browser.screen.dragging.drag.selection.keys == ["three.bin"]


@pytest.mark.parametrize("spot", ["pane", "path"])
async def test_marked_ones_are_dragged_together(engine: EngineSession, buckets: BucketPair, spot: str) -> None:
    source, target = Location(buckets.a), Location(buckets.b, "in/")
    async with opened(engine, source.uri, target.uri) as browser:
        left, right = browser.left, browser.right
        await browser.move_to(left, source.child("one.txt"))
        await browser.press("space", "down", "space")
        assert {one.name for one in left.contents.marks} == {"one.txt", "two.txt"}
        region = right.table.region if spot == "pane" else right.path.region
        end = (region.right - 5, region.bottom - 1)
        await browser.drag(browser.point(left, source.child("two.txt")), end, drop=False)
        await browser.until_text("copy 2 objects, 14 B → in/")
        await browser.pilot.mouse_up(offset=end)
        await confirm(browser)
        await until(lambda: {"one.txt", "two.txt"} <= set(browser.names(right)), "both are there", 30)
        assert not left.contents.marks


async def test_escape_drops_nothing(engine: EngineSession, buckets: BucketPair) -> None:
    source, target = Location(buckets.a), Location(buckets.b)
    async with opened(engine, source.uri, target.uri) as browser:
        start = browser.point(browser.left, source.child("one.txt"))
        end = browser.point(browser.right, target.child("in/"))
        await browser.drag(start, end, drop=False)
        await browser.until_text("copy 1 object")
        await browser.press("escape")
        await until(lambda: "copy 1 object" not in browser.text, "the ghost is gone")
        assert browser.right.table.drop_row is None
        await browser.pilot.mouse_up(offset=end)
        assert browser.app.screen is browser.screen


async def test_a_drop_outside_of_the_panes_does_nothing(engine: EngineSession, buckets: BucketPair) -> None:
    source, target = Location(buckets.a), Location(buckets.b)
    async with opened(engine, source.uri, target.uri) as browser:
        start = browser.point(browser.left, source.child("one.txt"))
        footer = (browser.screen.size.width // 2, browser.screen.size.height - 1)
        await browser.drag(start, browser.point(browser.right, target.child("in/")), drop=False)
        await browser.until_text("copy 1 object")
        await browser.pilot.hover(offset=footer)
        await until(lambda: browser.right.table.drop_row is None, "there is no target")
        await browser.pilot.mouse_up(offset=footer)
        assert browser.app.screen is browser.screen


async def test_a_drop_where_things_are_does_nothing(engine: EngineSession, buckets: BucketPair) -> None:
    source = Location(buckets.a)
    async with opened(engine, source.uri) as browser:
        left = browser.left
        start = browser.point(left, source.child("one.txt"))
        await browser.drag(start, (start[0], left.table.region.bottom - 2))
        assert browser.app.screen is browser.screen
        await browser.drag(start, browser.point(left, source.child("sub/")))
        await until(lambda: isinstance(browser.app.screen, RouteCardScreen), "onto a prefix of the same pane it goes")


async def confirm(browser: Browser) -> None:
    """Say yes to the route card."""
    await until(lambda: isinstance(browser.app.screen, RouteCardScreen), "the route card is shown")
    await browser.until_text("keeps")
    await browser.press("enter")
    await until(lambda: not isinstance(browser.app.screen, RouteCardScreen), "the route card is gone")
