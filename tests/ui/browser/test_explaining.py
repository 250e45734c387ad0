"""A denial in full: what both identities together can tell about it."""

from __future__ import annotations

from tests.ui.browser.browser import SMALL, opened
from tests.ui.browser.world import ARCHIVE, VIDEO, PicturedEngine
from tests.waiting import until
from tui.protocol.messages.changes import ApplyChange, ListChanges, PlanUndo
from tui.protocol.messages.inspecting import Inspect
from tui.protocol.session import EngineSession
from tui.ui.inspector.problem import ProblemScreen
from tui.ui.listing.branch import BranchState


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


async def test_what_an_explanation_asks_for_is_changed_from_it_and_taken_back(engine: EngineSession) -> None:
    """Each change is shown and confirmed; then the bucket opens."""
    office = "s3://media-prod-office/"
    async with opened(engine, office, office, size=SMALL, listed=False) as browser:
        await until(lambda: browser.left.identity is not None and browser.left.identity.account != "", "A is known")
        await until(lambda: browser.right.contents.root.problem is not None, "B is denied", 30)
        await browser.press("tab", "enter")
        await until(lambda: isinstance(browser.app.screen, ProblemScreen), "the problem is shown")
        await browser.until_text("Change it")
        await browser.press("c")
        await browser.until_text('"127.0.0.1"')
        await browser.press("enter")
        await browser.until_text("u undoes it")
        await browser.press("escape")
        await until(lambda: browser.app.screen is browser.screen, "the dialog closes")
        await until(lambda: browser.right.contents.root.state is BranchState.COMPLETE, "the bucket opens", 30)
        applied = (await engine.ask(ListChanges())).changes[0]
        undo = await engine.ask(PlanUndo(applied.id))
        await engine.ask(ApplyChange(undo, applied.id))


async def test_refreshing_the_listing_asks_the_inspector_s_facts_again() -> None:
    engine = PicturedEngine()

    def inspected() -> list[Inspect]:
        return [each for each in engine.asked if isinstance(each, Inspect)]

    async with opened(engine, VIDEO.uri, ARCHIVE.uri, listed=False) as browser:
        await until(lambda: browser.left.contents.root.state is BranchState.COMPLETE, "it is listed")
        await browser.press("i")
        await until(lambda: len(inspected()) == 1, "the row is looked at")
        await browser.press("ctrl+r")
        await until(lambda: len(inspected()) == 2, "it is looked at again")
        browser.screen.inspecting.inspector.focus()
        await browser.press("ctrl+r")
        await until(lambda: len(inspected()) == 3, "from the inspector, too")
    assert [each.fresh for each in inspected()] == [False, True, True]
    assert len({each.location for each in inspected()}) == 1
