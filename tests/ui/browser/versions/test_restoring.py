"""`U` and `Z`: what was replaced or deleted is the current version again, transfers are taken back."""

from __future__ import annotations

from tests.ui.browser.browser import SMALL, Browser, opened
from tests.ui.browser.test_changing import done
from tests.ui.browser.versions.conftest import Versioned
from tests.ui.browser.versions.test_version_rows import unfold
from tests.waiting import until
from tui.protocol.session import EngineSession
from tui.ui.orders.dry_run import DryRunScreen
from tui.ui.versions.undo_screen import UndoScreen


async def until_screen(browser: Browser, kind: type) -> None:
    await until(lambda: isinstance(browser.app.screen, kind), f"{kind.__name__} is shown", 20.0)


async def test_an_older_version_becomes_the_current_one(engine: EngineSession, versioned: Versioned) -> None:
    level = versioned.place.child("p/")
    async with opened(engine, level.uri) as browser:
        await unfold(browser, level.child("kept.txt"), 2)
        await browser.press("down", "U")
        await browser.until_told("this is the current version")
        await browser.press("down", "U")
        await browser.until_text("copied on top")
        await browser.press("y")
        await done(browser)
        assert versioned.body("p/kept.txt") == b"old"
        assert len(versioned.history("p/kept.txt")) == 3


async def test_everything_deleted_below_a_prefix_comes_back(engine: EngineSession, versioned: Versioned) -> None:
    versioned.put("p/also.txt", b"gone, too")
    versioned.delete("p/also.txt")
    async with opened(engine, versioned.place.uri) as browser:
        await browser.move_to(browser.left, versioned.place.child("p/"))
        await browser.press("U")
        await until_screen(browser, DryRunScreen)
        await browser.until_text("undelete 2")
        assert versioned.history("p/gone.txt")[0][1], "nothing was changed yet"
        await browser.press("c")
        await done(browser)
        assert versioned.body("p/gone.txt") == b"last words"
        assert versioned.body("p/also.txt") == b"gone, too"


async def test_a_deletion_is_undone_from_the_list(engine: EngineSession, versioned: Versioned) -> None:
    level = versioned.place.child("p/")
    async with opened(engine, level.uri, size=SMALL) as browser:
        await browser.move_to(browser.left, level.child("kept.txt"))
        await browser.press("d")
        await browser.until_text("Press →")
        await browser.press("right", "enter")
        await done(browser)
        await until(lambda: "kept.txt" not in browser.names(browser.left), "it is gone")
        await browser.press("Z")
        await until_screen(browser, UndoScreen)
        await browser.until_text("up to 1 object")
        await browser.press("right")
        await browser.until_text("the delete marker is removed")
        await browser.press("enter")
        await until_screen(browser, DryRunScreen)
        await browser.until_text("undo 1")
        await browser.press("escape")
        await until_screen(browser, UndoScreen)
        await browser.until_text("up to 1 object")
        await browser.press("enter")
        await until_screen(browser, DryRunScreen)
        await browser.until_text("undo 1")
        await browser.press("c")
        await until(lambda: "kept.txt" in browser.names(browser.left), "it is there again", 20.0)
        assert versioned.body("p/kept.txt") == b"the new one"
        await browser.press("Z")
        await browser.until_text("1 transfer is undone already: a lists them")
        assert "undone by" not in browser.text
        await browser.press("a")
        await browser.until_text("undone by")


async def test_a_read_only_pane_restores_nothing(engine: EngineSession, versioned: Versioned) -> None:
    level = versioned.place.child("p/")
    async with opened(engine, level.uri, read_only=frozenset({"left"})) as browser:
        await unfold(browser, level.child("kept.txt"), 2)
        await browser.press("down", "down", "U")
        await browser.until_told("the left pane is read-only")
