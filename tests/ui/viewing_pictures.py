"""Pictures of the viewer, versions, the comparison of two places, and the menus."""

from __future__ import annotations

from tests.ui.picturing import demo, save
from tui.model.location import Location

ASSETS, LANDING = Location("media-prod-assets"), Location("analytics-landing")
EVENTS, REPORTS = LANDING.child("events/"), Location("analytics-reports", "2026/11/")


async def viewed() -> None:
    """An object inside gzip, as a table."""
    async with demo(ASSETS, EVENTS) as browser:
        await browser.press("tab")
        await browser.until_listed(browser.right, EVENTS)
        await browser.press("end", "v")
        await browser.until_text("esc close")
        await save(browser, "view")


async def versions() -> None:
    """Versions as rows below their object."""
    async with demo(ASSETS, REPORTS) as browser:
        await browser.until_listed(browser.right, REPORTS)
        await browser.press("tab")
        await browser.move_to(browser.right, REPORTS.child("summary.csv"))
        await browser.press("V")
        await browser.until_text("noncurrent")
        await save(browser, "versions")


async def compared() -> None:
    """Two places as one tree."""
    async with demo(ASSETS, LANDING) as browser:
        await browser.press("C")
        await browser.until_text("only left")
        await save(browser, "compare")


async def menus() -> None:
    """The menu of a row, and a search in the help."""
    async with demo(ASSETS, LANDING) as browser:
        await browser.move_to(browser.left, ASSETS.child("video.mp4"))
        await browser.press(".")
        await browser.until_text("presigned link")
        await save(browser, "menu")
        await browser.press("escape", "?", "/", *"version")
        await browser.until_text("Show or hide the versions")
        await save(browser, "help")
