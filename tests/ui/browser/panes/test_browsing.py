"""Moving about: both panes, their rows, their history, and what is denied."""

from __future__ import annotations

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import SMALL, B, line, opened
from tests.waiting import until
from tui.model.location import Location
from tui.protocol.session import EngineSession
from tui.ui.inspector.problem import ProblemScreen
from tui.ui.listing.rows import RowKind

ASSETS = Location("media-prod-assets")


async def test_both_panes_show_their_identity_and_list(engine: EngineSession) -> None:
    async with opened(engine) as browser:
        await browser.until_text("111111111111")
        await browser.until_text("222222222222")
        assert line(browser.left.strip).startswith("media-prod 111111111111 ▸ user/deploy via keys")
        assert "media-prod-assets" in browser.names(browser.left)
        assert "analytics-landing" in browser.names(browser.right)


async def test_into_a_prefix_and_back_by_keys(engine: EngineSession) -> None:
    async with opened(engine) as browser:
        left = browser.left
        await browser.move_to(left, ASSETS)
        await browser.press("enter")
        await browser.until_listed(left, ASSETS)
        await browser.move_to(left, ASSETS.child("video/"))
        await browser.press("enter")
        await browser.until_listed(left, ASSETS.child("video/"))
        await browser.press("backspace")
        await browser.until_listed(left, ASSETS)
        assert left.subject == ASSETS.child("video/")
        await browser.press("alt+left")
        await browser.until_listed(left, ASSETS.child("video/"))
        await browser.press("alt+left", "alt+left")
        await browser.until_listed(left, Location())
        await browser.press("alt+right")
        await browser.until_listed(left, ASSETS)


async def test_unfolding_in_place(engine: EngineSession) -> None:
    async with opened(engine, "s3://media-prod-assets/") as browser:
        left = browser.left
        await browser.move_to(left, ASSETS.child("video/"))
        await browser.press("right")
        await until(lambda: ASSETS.child("video/") in {b.location for b in left.contents.branches}, "it is unfolded")
        await browser.until_listed(left, ASSETS)
        await browser.press("right")
        row = left.cursor_row
        assert row
        assert row.depth == 1
        await browser.press("left")
        assert left.subject == ASSETS.child("video/")
        await browser.press("left")
        assert len(list(left.contents.branches)) == 1
        await browser.press("h")
        await browser.until_listed(left, Location())


async def test_without_an_error_the_identity_is_shown_in_full(engine: EngineSession) -> None:
    async with opened(engine, size=SMALL) as browser:
        await browser.until_text("media-prod ▸deploy")
        await browser.press("e")
        await browser.until_text("arn:aws:iam::111111111111:user/deploy")
        await browser.until_text("no known expiry")


async def test_denied_is_a_row_that_explains_itself(engine: EngineSession) -> None:
    async with opened(engine, right="s3://media-prod-private/") as browser:
        row = browser.right.cursor_row
        assert row
        assert row.kind is RowKind.STATUS
        await browser.until_text("✗ access denied: s3:ListBucket for analytics   enter: explain")
        browser.screen.panes.activate(browser.right)
        await browser.press("enter")
        await until(lambda: isinstance(browser.app.screen, ProblemScreen), "the problem is explained")
        assert isinstance(browser.app.screen, ProblemScreen)
        assert browser.app.screen._problem.operation == "ListObjectsV2", "the explanation may push it out of sight"
        await browser.press("escape", "backspace")
        await browser.until_listed(browser.right, Location())
        assert "media-prod-private" in browser.names(browser.right), "a bucket opened by name is remembered"


async def test_a_denied_row_says_the_essence_on_a_small_screen(engine: EngineSession) -> None:
    async with opened(engine, right="s3://media-prod-private/", size=SMALL) as browser:
        await browser.until_text("✗ access denied:")
        await browser.until_text("enter: why")


async def test_a_missing_bucket_and_a_missing_profile_say_so(engine: EngineSession) -> None:
    async with opened(engine, "s3://nobody-has-this-bucket/") as browser:
        await until(lambda: browser.left.contents.root.problem is not None, "the failure is shown")
        assert "✗" in line(browser.left.table)
        browser.left.table.focus()
        await browser.press("backspace")
        await browser.until_listed(browser.left, Location())
        assert "nobody-has-this-bucket" not in browser.names(browser.left), "it is not remembered"


async def test_opening_by_name(engine: EngineSession) -> None:
    async with opened(engine) as browser:
        await browser.press("tab", "o")
        await browser.until_text("of another account by name")
        await browser.press(*"media-prod-assets/poster.png", "enter")
        await browser.until_listed(browser.right, ASSETS)
        assert browser.right.subject == ASSETS.child("poster.png"), "the cursor is on the object that was named"


async def test_names_that_hurt_are_shown_and_do_nothing(engine: EngineSession) -> None:
    async with opened(engine, "s3://media-prod-assets/odd names/") as browser:
        assert "[markup]/" in browser.text
        assert "escape-␛[31mred␛[0m.txt" in browser.text
        assert "\x1b" not in browser.text
        assert "\u202e" not in browser.text
        names = browser.names(browser.left)
        assert "trailing space " in names, "names stay exact below what is shown"


async def test_foreign_owned_objects_are_marked_in_both_panes(engine: EngineSession) -> None:
    place = "s3://media-prod-assets/incoming/"
    async with opened(engine, place, place, size=SMALL) as browser:
        await until(lambda: browser.text.count("⚠") == 4, "two objects are marked in each pane")


async def test_filter_sort_marks_and_cursor_survive_a_refresh(engine: EngineSession, buckets: BucketPair) -> None:
    here = Location(buckets.a)
    async with opened(engine, here.uri) as browser:
        left = browser.left
        await browser.press("/", *"txt", "enter")
        assert browser.names(left) == ["one.txt", "two.txt"]
        await browser.move_to(left, here.child("two.txt"))
        await browser.press("space", "k")
        await browser.press("S")
        assert browser.names(left) == ["two.txt", "one.txt"]
        cursor = left.subject
        buckets.server.client(buckets.server.a).put_object(Bucket=buckets.a, Key="alpha.txt", Body=b"")
        await browser.press("ctrl+r")
        await until(lambda: "alpha.txt" in browser.names(left), "the new object is shown")
        assert browser.names(left) == ["two.txt", "one.txt", "alpha.txt"]
        assert left.subject == cursor
        assert list(left.contents.marks) == [here.child("two.txt")]
        await browser.press("escape")
        assert len(browser.names(left)) == 5, "Esc takes the filter away"
        await browser.press("escape")
        assert not left.contents.marks


async def test_the_sort_goes_along_and_the_filter_stays_behind(engine: EngineSession, buckets: BucketPair) -> None:
    here = Location(buckets.a)
    async with opened(engine, here.uri) as browser:
        await browser.press("S", "/", *"sub", "enter")
        await browser.move_to(browser.left, here.child("sub/"))
        await browser.press("enter")
        await browser.until_listed(browser.left, here.child("sub/"))
        assert browser.names(browser.left) == ["deep/", "four.txt"]
        assert browser.left.contents.arrangement.descending
        assert not browser.left.contents.arrangement.pattern


async def test_marks_by_pattern(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, Location(buckets.a).uri) as browser:
        await browser.press("+")
        await browser.until_text("any text")
        await browser.press("backspace", *"*.txt", "enter")
        assert {one.name for one in browser.left.contents.marks} == {"one.txt", "two.txt"}
        await browser.press("*")
        assert {one.name for one in browser.left.contents.marks} == {"three.bin", "sub/"}


async def test_keys_typed_ahead_reach_the_filter(engine: EngineSession) -> None:
    from textual.events import Key

    async with opened(engine, "s3://media-prod-assets/") as browser:
        for key, character in (("slash", "/"), ("v", "v"), ("i", "i"), ("d", "d")):
            browser.app.post_message(Key(key, character))
        await until(lambda: browser.left.filter_bar.value == "vid", "the letters are in the line")
        await browser.until_text("/vid")
        assert not browser.screen.inspecting.inspector.display


async def test_swap_and_mirror(engine: EngineSession) -> None:
    async with opened(engine, "s3://media-prod-assets/") as browser:
        await browser.press("ctrl+u")
        await until(lambda: browser.left.region.x > browser.right.region.x, "the panes are swapped")
        await browser.press("ctrl+u")
        await until(lambda: browser.left.region.x < browser.right.region.x, "and back")
        await browser.press("=")
        await browser.until_listed(browser.right, ASSETS)


async def test_without_a_profile_the_chooser_asks_for_each_pane(engine: EngineSession) -> None:
    async with opened(engine, specs=(None, None)) as browser:
        for side in ("left", "right"):
            await browser.until_text(f"Choose an identity for the {side} pane")
            await browser.until_text("analytics-as-media-reader")
            await browser.press(*"analytics", "enter")
        await browser.until_listed(browser.left, Location())
        await browser.until_listed(browser.right, Location())
        assert browser.left.identity
        assert browser.left.identity.spec == B


async def test_nobody_acts_when_the_chooser_is_left(engine: EngineSession) -> None:
    async with opened(engine, specs=(None, B)) as browser:
        await browser.until_text("Choose an identity for the left pane")
        await browser.press("escape")
        await browser.until_text("no identity selected   a: accounts")


async def test_yank_shows_the_uri_made_visible(engine: EngineSession) -> None:
    async with opened(engine, "s3://media-prod-assets/odd names/") as browser:
        place = ASSETS.child("odd names/")
        target = place.child("escape-\x1b[31mred\x1b[0m.txt")
        await browser.move_to(browser.left, target)
        await browser.press("y")
        await browser.until_text("Copied to the clipboard")
        assert browser.app.clipboard == "s3://media-prod-assets/odd names/escape-␛[31mred␛[0m.txt"
        assert "\x1b" not in browser.text


async def test_the_exact_uri_is_put_on_the_clipboard_only_by_its_own_command(engine: EngineSession) -> None:
    async with opened(engine, "s3://media-prod-assets/odd names/") as browser:
        target = ASSETS.child("odd names/").child("escape-\x1b[31mred\x1b[0m.txt")
        await browser.move_to(browser.left, target)
        await browser.press("ctrl+p", *"exact uri")
        await browser.until_text("copy exact URI")
        await browser.press("enter")
        await until(lambda: browser.app.clipboard == target.uri, "the exact URI copied to the clipboard")
        await browser.until_text("invisible characters included")


async def test_commands_run_from_the_palette(engine: EngineSession) -> None:
    async with opened(engine, "s3://media-prod-assets/video/") as browser:
        await browser.press("ctrl+p")
        await browser.press(*"parent prefix")
        await browser.until_text("Go up to the parent prefix")
        await browser.press("enter")
        await browser.until_listed(browser.left, ASSETS)


async def test_help_opens_by_letter(engine: EngineSession) -> None:
    async with opened(engine, size=SMALL) as browser:
        await browser.press("?")
        await browser.until_text("Navigation")
