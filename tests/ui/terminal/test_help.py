"""Help: the keys of the screen in front first, all others, and a search over keys and topics."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from tests.ui.browser.browser import SMALL, Browser
from tests.ui.terminal.pictured import listed, pictured, pictured_app
from tests.waiting import until
from tui.ui.help import HelpScreen, help_lines, help_sections
from tui.ui.kit.commands import COMMANDS
from tui.ui.kit.document import DocumentScreen


def headings(browser: Browser) -> list[str]:
    assert isinstance(browser.app.screen, HelpScreen)
    return [line for line in browser.text.splitlines() if line.startswith("│ ") and line[2] != " "]


async def open_help(browser: Browser, key: str = "f1") -> None:
    await browser.press(key)
    await until(lambda: isinstance(browser.app.screen, HelpScreen), "the help opens")
    await browser.pilot.pause()


async def test_the_list_that_has_the_focus_comes_first() -> None:
    async with pictured() as browser:
        await open_help(browser, "question_mark")
        assert "Navigation" in headings(browser)[0]
        assert "Keys here" not in browser.text
        await browser.press("f1")
        await until(lambda: browser.app.screen is browser.screen, "the same key closes it")
        await browser.press("t")
        await open_help(browser)
        assert "Transfers (t)" in headings(browser)[0]
        await browser.press("escape", "t", "i", "I")
        await open_help(browser)
        assert "Read the policy" in "\n".join(headings(browser)[:5])


async def test_a_dialog_has_help_on_its_own_keys() -> None:
    async with pictured() as browser:
        document = DocumentScreen("Policy of a bucket", "{}")
        browser.app.push_screen(document)
        await until(lambda: browser.app.screen is document, "the dialog is there")
        await open_help(browser)
        assert headings(browser)[0].startswith("│ Policy of a bucket ")
        assert "Search" in "\n".join(headings(browser)[:6])
        await browser.press("escape")
        await until(lambda: browser.app.screen is document, "the dialog is there again")


async def test_a_search_leaves_what_matches_every_word() -> None:
    async with pictured() as browser:
        await open_help(browser)
        await browser.press("slash", *"aws:sourceip absent")
        await browser.until_text("Two pitfalls")
        assert "Navigation" not in browser.text
        await browser.press("escape")
        await browser.until_text("Navigation")
        await browser.press("slash", *"zzz")
        await browser.until_text("nothing matches zzz")
        await browser.press("backspace", "backspace", "backspace", *"undelete")
        await browser.until_text("Bring back what is deleted")
        await browser.press("escape", "escape")
        await until(lambda: browser.app.screen is browser.screen, "the help is closed")


def test_all_commands_and_topics_are_there() -> None:
    shown = "\n".join(line.plain for line in help_lines(200))
    assert [one.id for one in COMMANDS if one.help not in shown] == []
    assert [section.heading for section in help_sections() if "{" in str(section.rows)] == []


def test_the_search_looks_as_it_should(snap_compare: Any) -> None:
    """For a topic, which no other command changes."""
    app = pictured_app()

    async def arrange(pilot: Pilot[None]) -> None:
        browser = Browser(app, pilot)
        await listed(browser)
        await open_help(browser)
        await browser.press("slash", *"account's bucket")
        await browser.until_text("Three ways")

    assert snap_compare(app, terminal_size=SMALL, run_before=arrange)
