"""The context menu of a version, of a delete marker and of a deleted object: what can be done with each."""

from __future__ import annotations

import re

from tests.ui.browser.browser import SMALL, Browser, opened
from tests.ui.browser.test_changing import done
from tests.ui.browser.versions.conftest import Versioned
from tests.ui.browser.versions.test_version_rows import shown, unfold
from tests.ui.dialogs.host import text_of
from tests.waiting import until
from tui.model.versions import VersionLocation
from tui.protocol.session import EngineSession
from tui.ui.kit.context_menu import ContextMenu


async def menu(browser: Browser) -> list[str]:
    """Open the menu; the labels in it, without the keys."""
    await browser.press("full_stop")
    await until(lambda: isinstance(browser.app.screen, ContextMenu), "the menu opens")
    await browser.pilot.pause()
    lines = text_of(browser.app.screen.query_one("OptionList")).split("\n")
    return [re.split(r"\s{2,}", line.strip())[0] for line in lines if line.strip(" ─")]


async def choose(browser: Browser, command: str) -> None:
    """Take a command of the menu that is open."""
    screen = browser.app.screen
    assert isinstance(screen, ContextMenu)
    while screen.chosen != command:
        await browser.press("down")
    await browser.press("enter")


async def test_a_version_is_made_current_by_the_menu(engine: EngineSession, versioned: Versioned) -> None:
    level = versioned.place.child("p/")
    old = versioned.history("p/kept.txt")[1][0]
    async with opened(engine, level.uri, size=SMALL) as browser:
        await unfold(browser, level.child("kept.txt"), 2)
        await browser.move_to(browser.left, VersionLocation(versioned.name, "p/kept.txt", old))
        first, second = ["view", "versions", "copy", "delete version"], ["mark", "make current"]
        assert await menu(browser) == [*first, *second, "copy URI", "compare versions"]
        await choose(browser, "undelete")
        await browser.until_text("the current one?")
        await browser.press("y")
        await done(browser)
    assert versioned.body("p/kept.txt") == b"old"


async def test_a_version_is_deleted_by_the_menu(engine: EngineSession, versioned: Versioned) -> None:
    level = versioned.place.child("p/")
    old = versioned.history("p/kept.txt")[1][0]
    async with opened(engine, level.uri, size=SMALL) as browser:
        await unfold(browser, level.child("kept.txt"), 2)
        await browser.move_to(browser.left, VersionLocation(versioned.name, "p/kept.txt", old))
        await menu(browser)
        await choose(browser, "delete")
        await browser.until_text("type 'permanently' to confirm")
        await browser.press(*"permanently", "enter")
        await done(browser)
        await until(lambda: ("noncurrent", 1) not in shown(browser), "it is not listed any more")


async def test_a_deleted_object_and_its_marker_offer_to_undelete(engine: EngineSession, versioned: Versioned) -> None:
    level = versioned.place.child("p/")
    gone = level.child("gone.txt")
    async with opened(engine, versioned.place.uri, size=SMALL) as browser:
        await browser.press("V")
        await browser.until_told("deleted objects are listed")
        await browser.press("enter")
        await browser.until_listed(browser.left, level)
        await browser.move_to(browser.left, gone)
        assert await menu(browser) == ["versions", "deleted objects", "mark", "undelete", "copy URI"]
        await browser.press("escape")
        await unfold(browser, gone, 3)
        await browser.press("down")
        assert await menu(browser) == ["versions", "remove marker", "mark", "undelete", "copy URI"]
        await choose(browser, "undelete")
        await done(browser)
    assert versioned.body("p/gone.txt") == b"last words"
