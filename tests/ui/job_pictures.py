"""The pictures of a copy that is handed over to S3 Batch Operations."""

from __future__ import annotations

from tests.ui.browser.browser import Browser
from tests.ui.picturing import demo, save
from tests.waiting import until
from tui.model.location import Location
from tui.model.transfer import TransferState
from tui.settings import ScaleSettings
from tui.ui.orders.hand_over import HandOverScreen

ASSETS, LANDING = Location("media-prod-assets"), Location("analytics-landing")
SCALE = ScaleSettings(objects=10, batch_reports=f"{LANDING.uri}jobs/")
"""The demo has few objects: the engines are shown from ten on."""


async def jobs() -> None:
    """The engines on the route card, the dialog of the hand-over, a job that is done and one that waits."""
    async with demo(ASSETS, LANDING, scale=SCALE) as browser:
        await choose_job(browser, ASSETS.child("images/"))
        await save(browser, "engines")
        await browser.press("enter")
        await until(lambda: isinstance(browser.app.screen, HandOverScreen), "the job is asked about")
        await make_role(browser)
        await save(browser, "hand-over")
        await browser.press("enter")
        await until_stands(browser, TransferState.WAITING)
        await browser.press("t", "p")
        await browser.until_text("Begin the job?")
        await browser.press("y")
        await until_stands(browser, TransferState.DONE)
        await browser.press("escape")
        await choose_job(browser, ASSETS.child("video/"))
        await browser.press("enter")
        await until(lambda: isinstance(browser.app.screen, HandOverScreen), "the job is asked about")
        await make_role(browser)
        await browser.press("enter")
        await until_stands(browser, TransferState.WAITING)
        await browser.press("t")
        await browser.until_text("p confirm")
        await save(browser, "job")


async def choose_job(browser: Browser, place: Location) -> None:
    """Open the card of a copy, with the engine batch."""
    await browser.move_to(browser.left, place)
    await browser.press("f5")
    await browser.until_text("engine b")
    await browser.press("e", "e")
    await browser.until_text("batch ✓")
    await browser.press("b")
    await browser.until_text("GetObjectTagging")
    await browser.until_text("Hand over…")


async def make_role(browser: Browser) -> None:
    """Have the role made, as the dialog offers it."""
    await browser.until_text("Make role  ctrl+r")
    await browser.press("ctrl+r")
    await browser.until_text("applies: role trust policy")
    while "has all that the job needs" not in browser.text:
        await browser.press("enter")
        await browser.pilot.pause(0.2)
    await browser.press("escape")
    await browser.until_text("role/xs3-tui-batch-analytics-landing")


async def until_stands(browser: Browser, state: TransferState) -> None:
    """Until the transfer that was submitted last is in a state."""
    await until(lambda: _latest(browser) is state, f"it is {state}", 60)


def _latest(browser: Browser) -> TransferState | None:
    listed = browser.screen.transfers.latest.transfers
    return listed[-1].state if listed else None
