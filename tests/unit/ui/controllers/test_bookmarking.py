"""Bookmarks open in both panes, or in the active one; an identity that the settings no longer know is told."""

from __future__ import annotations

from pathlib import Path

from tests.unit.ui.controllers.host import Browser, identity, mounted, show
from tui.keeping.bookmarks import Bookmark
from tui.keeping.remembered import Keeping
from tui.model.identity import IdentitySpec
from tui.model.location import parse_location
from tui.settings import PaneStart, settings_file
from tui.ui.browser.bookmarks import BookmarksScreen
from tui.ui.browser.controllers.bookmarking import Bookmarking

ONE = PaneStart(IdentitySpec("a"), parse_location("s3://one/"))
TWO = PaneStart(IdentitySpec("b"), parse_location("s3://two/in/"))


def browser(file: Path | None) -> tuple[Browser, Bookmarking]:
    made = Browser(keeping=Keeping(bookmarks=file))
    return made, Bookmarking(made.context, made.panes)


async def test_a_bookmark_of_both_panes_opens_in_both(tmp_path: Path) -> None:
    made, bookmarking = browser(tmp_path / "bookmarks.json")
    bookmarking.action_bookmarks()
    made.host.expect(BookmarksScreen)
    async with mounted(made) as pilot:
        made.host.answer(Bookmark("both", ONE, TWO))
        assert [(pane.spec, pane.location) for pane in made.panes] == [(one.spec, one.location) for one in (ONE, TWO)]
        assert made.right.branches.listings.remembered == ["two"]
        await pilot.pause()


async def test_a_bookmark_of_one_place_opens_in_the_active_pane_without_connecting_again(tmp_path: Path) -> None:
    made, bookmarking = browser(tmp_path / "bookmarks.json")
    bookmarking.action_bookmarks()
    who = identity("a")
    async with mounted(made):
        show(made.left, "s3://elsewhere/", who=who)
        made.host.answer(Bookmark("one", PaneStart(), ONE))
        assert made.left.location == ONE.location
        assert made.left.identity is who
        assert made.right.spec is None


def test_an_identity_that_is_no_longer_in_the_settings_is_reported(tmp_path: Path) -> None:
    made, bookmarking = browser(tmp_path / "bookmarks.json")
    bookmarking.action_bookmarks()
    made.host.answer(Bookmark("old", PaneStart(IdentitySpec(name="gone"), ONE.location), PaneStart()))
    assert made.words == [f"{settings_file()} no longer has identity gone"]
    assert made.left.spec is None


def test_where_nothing_is_kept_there_are_no_bookmarks() -> None:
    made, bookmarking = browser(None)
    bookmarking.action_bookmarks()
    assert made.host.dialogs == []
    assert made.host.toasts == [("no earlier location", "warning")]
