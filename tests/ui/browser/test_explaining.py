"""A denial in full: what both identities together can tell about it."""

from __future__ import annotations

from tests.ui.browser.browser import SMALL, opened
from tests.waiting import until
from tui.protocol.session import EngineSession
from tui.ui.inspector.problem import ProblemScreen


async def test_a_denied_bucket_is_explained_by_the_statement_that_nearly_lets_in(engine: EngineSession) -> None:
    office = "s3://media-prod-office/"
    async with opened(engine, office, office, size=SMALL, listed=False) as browser:
        await until(lambda: browser.left.identity is not None and browser.left.identity.account != "", "A is known")
        await until(lambda: browser.right.contents.root.problem is not None, "B is denied", 30)
        await browser.press("tab", "enter")
        await until(lambda: isinstance(browser.app.screen, ProblemScreen), "the problem is shown")
        await browser.until_text("PartnerFromTheOffice")
        await browser.until_text("aws:SourceIp")
        await browser.press("enter")
        await until(lambda: browser.app.screen is browser.screen, "enter closes")
