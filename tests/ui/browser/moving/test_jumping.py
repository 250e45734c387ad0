"""`J`: the cursor follows what is typed, and finds rows that are listed only later."""

from __future__ import annotations

from tests.ui.browser.browser import SMALL, Browser, opened
from tests.waiting import until
from tui.model.location import Location
from tui.protocol.session import EngineSession

EVENTS = Location("analytics-landing", "events/")


async def until_on(browser: Browser, name: str) -> None:
    def there() -> bool:
        row = browser.right.cursor_row
        return row is not None and row.is_entry and row.name == name

    await until(there, f"the cursor is on {name}")


async def test_the_cursor_goes_where_the_letters_lead(engine: EngineSession) -> None:
    async with opened(engine, "s3://", EVENTS.uri, size=SMALL) as browser:
        await browser.press("tab", "J", *"events-04")
        await until_on(browser, "events-04000.jsonl.gz")
        await browser.press(*"99")
        await until_on(browser, "events-04990.jsonl.gz")
        await browser.press("down")
        await until_on(browser, "events-04991.jsonl.gz")
        await browser.press("up", "enter")
        await until_on(browser, "events-04990.jsonl.gz")
        assert browser.screen.focused is browser.right.table
        await until(lambda: not browser.right.jump_bar.display, "the line is gone")
        await browser.press("J", *"0123.")
        await until_on(browser, "events-00123.jsonl.gz")
        await browser.press(*"zzz")
        await until(lambda: browser.right.jump_bar.missing, "nothing fits")
        await browser.until_text("jump: 0123.zzz  no match")
        await browser.press("escape")
        await until_on(browser, "events-00123.jsonl.gz")


async def test_a_row_that_comes_later_is_found(engine: EngineSession) -> None:
    async with opened(engine, "s3://", "s3://analytics-landing/", size=SMALL) as browser:
        browser.screen.panes.activate(browser.right)
        browser.right.navigation.go(EVENTS)
        await browser.press("J", *"events-04999")
        await until_on(browser, "events-04999.jsonl.gz")
