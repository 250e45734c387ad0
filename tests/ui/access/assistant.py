"""The access assistant under test, as far as it differs from the browser."""

from __future__ import annotations

from tests.ui.browser.browser import Browser
from tests.waiting import until
from tui.ui.access.access_foot import AccessFoot
from tui.ui.access.access_screen import AccessScreen
from tui.ui.access.plan_panel import PlanPanel


def screen(browser: Browser) -> AccessScreen:
    """The assistant, which is in front."""
    shown = browser.app.screen
    assert isinstance(shown, AccessScreen)
    return shown


def panel(browser: Browser) -> PlanPanel:
    """What it shows of the plan."""
    return screen(browser).query_one(PlanPanel)


def said(browser: Browser) -> str:
    """The line above its buttons."""
    return str(screen(browser).query_one(AccessFoot).query_one("#said").render())


async def planned(browser: Browser, parts: int) -> None:
    """Wait until a plan of so many parts is shown."""

    def shown() -> bool:
        if not isinstance(browser.app.screen, AccessScreen) or browser.app.screen._reading:
            return False
        plan = panel(browser).plan
        return plan is not None and len(plan.changes) == parts

    await until(shown, f"a plan of {parts} parts is shown", 30)
    await browser.pilot.pause()


async def apply(browser: Browser) -> None:
    """Press Enter until all was in sight, then once more; wait until something was applied."""
    while not panel(browser).all_seen:
        seen = panel(browser)._seen
        await browser.press("enter")
        await until(lambda seen=seen: panel(browser)._seen > seen, "more is in sight")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    await browser.press("enter")
    await until(lambda: bool(panel(browser).view.applied), "something was applied", 30)


async def undo(browser: Browser) -> None:
    """Take everything back."""
    await browser.press("u")
    await until(lambda: "undone" in said(browser), "everything was taken back", 30)
