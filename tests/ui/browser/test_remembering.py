"""What outlives a session: bookmarks, and where the panes were."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server
from tests.ui.browser.browser import SMALL, A, B, Browser, opened
from tests.waiting import until
from tui.keeping.bookmarks import Bookmark, Bookmarks
from tui.keeping.last_session import LastSession, Pair, read_last, write_last
from tui.keeping.remembered import Keeping
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.protocol.session import EngineSession
from tui.settings import IdentitySettings, PaneStart, SafetySettings
from tui.ui.accounts.accounts_screen import AccountsScreen
from tui.ui.browser.bookmarks import BookmarkNameScreen, BookmarksScreen
from tui.ui.kit.confirm import ConfirmScreen
from tui.ui.needs.secret import SecretScreen

ASSETS, LANDING = Location("media-prod-assets"), Location("analytics-landing")
NOBODY = (None, None)


@pytest.fixture
def keeping(tmp_path: Path) -> Keeping:
    return Keeping(tmp_path / "bookmarks.json", tmp_path / "last.json")


def last(keeping: Keeping) -> LastSession:
    assert keeping.last
    return read_last(keeping.last)


def leave(keeping: Keeping, left: PaneStart, right: PaneStart) -> None:
    """As a session that has ended there."""
    assert keeping.last
    write_last(keeping.last, left, right)


async def until_on(browser: Browser, screen: type) -> None:
    await until(lambda: isinstance(browser.app.screen, screen), f"{screen.__name__} is in front", 20)
    await browser.pilot.pause()


async def test_the_next_start_restores_the_session(engine: EngineSession, keeping: Keeping) -> None:
    safety = SafetySettings(read_only=["*nothing*"])
    async with opened(engine, keeping=keeping, size=SMALL, safety=safety) as browser:
        await browser.move_to(browser.left, ASSETS)
        await browser.press("enter")
        await browser.until_listed(browser.left, ASSETS)
    left, right = PaneStart(A, ASSETS), PaneStart(B, Location())
    assert last(keeping) == LastSession(left, right, [Pair(A, B)])
    async with opened(engine, keeping=keeping, size=SMALL, specs=NOBODY) as browser:
        await browser.until_listed(browser.left, ASSETS)
        await browser.until_listed(browser.right, Location())
        assert (browser.left.spec, browser.right.spec) == (A, B)


async def test_the_session_is_saved_while_it_runs(engine: EngineSession, keeping: Keeping) -> None:
    async with opened(engine, keeping=keeping, size=SMALL) as browser:
        await until(lambda: last(keeping).pairs == [Pair(A, B)], "the pair is noted")
        browser.left.navigation.go(ASSETS)
        await until(lambda: last(keeping).left.location == ASSETS, "the place is noted")


async def test_a_pane_that_was_made_read_only_stays_so(engine: EngineSession, keeping: Keeping) -> None:
    async with opened(engine, keeping=keeping, size=SMALL) as browser:
        browser.screen.panes.activate(browser.right)
        await browser.press("W")
        await until(lambda: last(keeping).right.locked, "it is noted")
    async with opened(engine, keeping=keeping, size=SMALL, specs=NOBODY) as browser:
        await browser.until_listed(browser.right, Location())
        assert (browser.left.strip.locked, browser.right.strip.locked) == (False, True)
        browser.screen.panes.activate(browser.right)
        await browser.press("W")
        await until(lambda: not last(keeping).right.locked, "it is lifted")


async def test_what_is_named_is_stronger_than_the_last_session(engine: EngineSession, keeping: Keeping) -> None:
    leave(keeping, PaneStart(A, ASSETS), PaneStart(B, LANDING))
    async with opened(engine, keeping=keeping, size=SMALL, specs=(B, None), listed=False) as browser:
        await browser.until_listed(browser.left, Location())
        await browser.until_listed(browser.right, LANDING)
        assert (browser.left.spec, browser.right.spec) == (B, B)


async def test_who_does_not_want_it_is_asked(engine: EngineSession, keeping: Keeping) -> None:
    leave(keeping, PaneStart(A, ASSETS), PaneStart(B, LANDING))
    async with opened(engine, keeping=keeping, size=SMALL, specs=NOBODY, restore=False) as browser:
        await until_on(browser, AccountsScreen)
        assert browser.left.spec is None


async def test_a_place_that_is_gone_is_left_for_the_one_above(
    engine: EngineSession, keeping: Keeping, buckets: BucketPair
) -> None:
    gone = Location(buckets.a, "sub/gone/further/")
    leave(keeping, PaneStart(A, gone), PaneStart(B, Location("xs3-no-such-bucket", "x/")))
    async with opened(engine, keeping=keeping, size=SMALL, specs=NOBODY) as browser:
        await browser.until_listed(browser.left, Location(buckets.a, "sub/"))
        await browser.until_listed(browser.right, Location())
        await browser.until_told(f"{gone.uri} no longer exists")
        assert "xs3-no-such-bucket" not in browser.names(browser.right)


async def test_for_a_deleted_profile_another_is_chosen(engine: EngineSession, keeping: Keeping) -> None:
    leave(keeping, PaneStart(A, ASSETS), PaneStart(IdentitySpec("renamed"), LANDING))
    async with opened(engine, keeping=keeping, size=SMALL, specs=NOBODY) as browser:
        await until_on(browser, AccountsScreen)
        await browser.until_text("Choose an identity for the right pane")
        await browser.until_told("renamed")


async def test_a_restored_pane_does_not_ask_before_it_is_used(
    engine: EngineSession, keeping: Keeping, demo_server: S3Server
) -> None:
    keys = IdentitySpec(access_key=demo_server.b.access_key, endpoint=demo_server.endpoint, region="us-east-1")
    leave(keeping, PaneStart(A, ASSETS), PaneStart(keys, Location("analytics-landing", "no/more/")))
    async with opened(engine, keeping=keeping, size=SMALL, specs=NOBODY) as browser:
        await browser.until_text("enter: enter the secret")
        await browser.until_listed(browser.left, ASSETS)
        assert browser.app.screen is browser.screen
        await browser.press("tab", "enter")
        await until_on(browser, SecretScreen)
        await browser.press(*demo_server.b.secret_key, "enter")
        await browser.until_told("no longer exists")
        await until(lambda: browser.right.location == LANDING, "the level above is listed", 20)


async def test_an_identity_of_the_settings_is_taken_as_it_is_now(engine: EngineSession, keeping: Keeping) -> None:
    old = IdentitySpec("media-prod", name="mine")
    leave(keeping, PaneStart(old, ASSETS), PaneStart(IdentitySpec("analytics", name="gone"), LANDING))
    identities = {"mine": IdentitySettings(profile="analytics")}
    async with opened(engine, keeping=keeping, size=SMALL, specs=NOBODY, identities=identities) as browser:
        await until_on(browser, AccountsScreen)
        await browser.until_listed(browser.left, ASSETS)
        assert browser.left.spec == IdentitySpec("analytics", name="mine")
        assert browser.right.spec is None


async def test_a_bookmark_is_made_opened_and_removed(engine: EngineSession, keeping: Keeping) -> None:
    async with opened(engine, ASSETS.uri, LANDING.uri, keeping=keeping, size=SMALL) as browser:
        await browser.press("b")
        await until_on(browser, BookmarksScreen)
        await browser.until_text("No bookmarks yet")
        await browser.press("a")
        await until_on(browser, BookmarkNameScreen)
        await browser.press(*"daily", "enter")
        await browser.until_text("daily")
        assert keeping.bookmarks
        kept = Bookmarks(keeping.bookmarks)
        assert kept.read() == [Bookmark("daily", PaneStart(A, ASSETS), PaneStart(B, LANDING))]
        await browser.press("escape")
        browser.left.connection.connect(B, Location())
        browser.right.navigation.go(Location())
        await browser.until_listed(browser.left, Location())
        await browser.press("b")
        await until_on(browser, BookmarksScreen)
        await browser.press("enter")
        await browser.until_listed(browser.left, ASSETS)
        await browser.until_listed(browser.right, LANDING)
        assert browser.left.spec == A
        await browser.press("b")
        await until_on(browser, BookmarksScreen)
        await browser.press("d")
        await until_on(browser, ConfirmScreen)
        await browser.press("y")
        await browser.until_text("No bookmarks yet")
        assert kept.read() == []


async def test_one_pane_alone_opens_in_the_pane_that_has_the_keys(engine: EngineSession, keeping: Keeping) -> None:
    async with opened(engine, ASSETS.uri, LANDING.uri, keeping=keeping, size=SMALL) as browser:
        await browser.press("b")
        await until_on(browser, BookmarksScreen)
        await browser.press("A")
        await until_on(browser, BookmarkNameScreen)
        await browser.press("enter", "escape", "tab")
        assert browser.screen.panes.active is browser.right
        await browser.press("b", "enter")
        await browser.until_listed(browser.right, ASSETS)
        assert (browser.left.location, browser.right.spec) == (ASSETS, A)


async def test_a_few_letters_find_a_bookmark(engine: EngineSession, keeping: Keeping) -> None:
    assert keeping.bookmarks
    kept = Bookmarks(keeping.bookmarks)
    kept.add(Bookmark("one", PaneStart(A, ASSETS), PaneStart(B)))
    kept.add(Bookmark("two\x1b[2J", PaneStart(A), PaneStart(B, LANDING)))
    async with opened(engine, keeping=keeping, size=SMALL) as browser:
        await browser.press("b")
        await until_on(browser, BookmarksScreen)
        await browser.press("slash", *"landing")
        await browser.until_text("two␛[2J")
        await until(lambda: "one" not in browser.text.split("Bookmarks")[1], "the other one is hidden")
        await browser.press("enter")
        await browser.until_listed(browser.right, LANDING)


async def test_where_nothing_is_kept_there_are_no_bookmarks(engine: EngineSession) -> None:
    async with opened(engine, size=SMALL) as browser:
        await browser.press("b")
        await browser.until_told("no earlier location")
