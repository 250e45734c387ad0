"""The role of a job of S3 Batch Operations in the panes: planned, applied after it was seen, checked, taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from functools import partial
from typing import TypeVar

import pytest

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import SMALL, Browser, opened
from tests.waiting import until
from tui.model.batch.operations import BatchOptions
from tui.model.location import Location
from tui.model.orders import BatchCopy, BatchOrder, ConflictPolicy, CopyOptions, Destination, Selection
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.protocol.messages.access import CheckBatchRole
from tui.protocol.messages.base import Feed, Request
from tui.protocol.messages.changes import PlanUndo
from tui.protocol.session import EngineSession
from tui.ui.access.batch_role_screen import BatchRoleScreen
from tui.ui.access.plan_panel import PlanPanel

A = TypeVar("A")
ROLE = "batch-in-the-panes"


def panel(browser: Browser) -> PlanPanel:
    return browser.app.screen.query_one(PlanPanel)


async def asked(browser: Browser, parts: int = 3) -> BatchRoleScreen:
    """Open the dialog, and wait for its plan."""
    await browser.screen.run_action("batch_role")
    await planned(browser, parts)
    shown = browser.app.screen
    assert isinstance(shown, BatchRoleScreen)
    return shown


async def planned(browser: Browser, parts: int, role: str = "") -> None:
    def shown() -> bool:
        if not isinstance(browser.app.screen, BatchRoleScreen) or not browser.app.screen.is_mounted:
            return False
        plan = panel(browser).plan
        return plan is not None and len(plan.changes) == parts and plan.role_arn.endswith(role)

    await until(shown, f"a plan of {parts} parts is shown", 30)
    await browser.pilot.pause()


async def apply(browser: Browser) -> None:
    """Press Enter until all was in sight, then once more."""
    while not panel(browser).all_seen:
        seen = panel(browser)._seen
        await browser.press("enter")
        await until(lambda seen=seen: panel(browser)._seen > seen, "more is in sight")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    await browser.press("enter")


@pytest.mark.parametrize("size", [SMALL, (200, 50)], ids=["80x24", "200x50"])
async def test_a_role_is_made_checked_and_taken_back(
    engine: EngineSession, buckets: BucketPair, size: tuple[int, int]
) -> None:
    server = buckets.server
    iam = server.client(server.b, "iam")
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/", size=size) as browser:
        await asked(browser)
        await browser.press("o", "tab", *ROLE, "enter")
        await planned(browser, 3, f":role/{ROLE}")
        plan = panel(browser).plan
        assert plan is not None
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            iam.get_role(RoleName=ROLE)
        await apply(browser)
        await browser.until_text(f"checked: the role {ROLE} has all that the job needs")
        assert iam.get_role(RoleName=ROLE)["Role"]["Arn"] == plan.role_arn
        assert ROLE in server.client(server.a).get_bucket_policy(Bucket=buckets.a)["Policy"]
        await browser.press("u")
        await browser.until_text("undone: every document is as it was")
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            iam.get_role(RoleName=ROLE)
        await browser.press("escape")
        await until(lambda: browser.app.screen is browser.screen, "it is left")


async def test_what_is_missing_of_a_role_is_named(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/") as browser:
        await asked(browser)
        await browser.press("t")
        await browser.until_text("checked: 1 thing missing for the role xs3-tui-batch-")
        assert "there is no role" in browser.text
        await browser.press("escape")


async def test_what_is_typed_and_chosen_is_planned(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/") as browser:
        shown = await asked(browser)
        await browser.press("o", "ctrl+u", "ctrl+k")
        await browser.until_text("has no bucket: write s3://bucket/prefix/")
        assert panel(browser).plan is None
        await browser.press(*f"s3://{buckets.a}/jobs/")
        await planned(browser, 3)
        assert f"{buckets.a}/jobs/xs3-tui/*" in str(panel(browser).plan)
        await browser.press("escape", "a")
        await planned(browser, 2)  # all of it is of one account now, in which the job is created
        plan = panel(browser).plan
        assert plan is not None
        assert plan.role_arn.startswith("arn:aws:iam::111111111111:role/")
        assert '"s3:PutObjectTagging"' in str(plan.changes[1].after)
        await browser.press("escape")
        await until(lambda: browser.app.screen is not shown, "it is left")


async def test_the_role_of_a_job_that_is_about_to_be_made(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/") as browser:
        left, right = (pane.identity.connection for pane in browser.screen.panes if pane.identity)
        copy = BatchCopy(Destination(right, Location(buckets.b)), CopyOptions(ConflictPolicy.OVERWRITE))
        options = BatchOptions("", Location(buckets.b, "jobs/"))
        order = BatchOrder(Selection(left, Location(buckets.a), prefixes=[""]), right, copy, options)
        make = partial(browser.screen.granting.for_job, order, lambda _: None)
        browser.screen.run_in_background(make, "requests")
        await planned(browser, 3)
        plan = panel(browser).plan
        assert plan is not None
        assert plan.role_arn.startswith("arn:aws:iam::222222222222:role/xs3-tui-batch-")
        assert "s3:PutInventoryConfiguration" in str(plan), "S3 makes the list of this job"
        assert f"{buckets.b}/jobs/xs3-tui/*" in str(plan)


class Unfinished:
    """Never has the result of a check, and takes nothing back."""

    def __init__(self, engine: EngineSession) -> None:
        self._engine = engine

    async def ask(self, request: Request[A]) -> A:
        if isinstance(request, CheckBatchRole):
            await asyncio.Event().wait()
        if isinstance(request, PlanUndo):
            raise ProblemError(Problem(ProblemKind.DENIED, "not taken back"))
        return await self._engine.ask(request)

    def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        return self._engine.follow(feed)

    async def other_has_ended(self) -> None:
        await self._engine.other_has_ended()


async def test_a_check_that_an_undo_has_ended_is_not_waited_for(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(Unfinished(engine), f"s3://{buckets.a}/", f"s3://{buckets.b}/") as browser:
        await asked(browser)
        await apply(browser)
        await browser.until_text("checking the role…")
        await browser.press("u")
        await browser.until_text("not taken back")
        await until(lambda: "checking the role…" not in browser.text, "nothing is said to be checked")
        await browser.press("t")
        await browser.until_text("checking the role…")


async def test_both_panes_need_a_bucket(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine, f"s3://{buckets.a}/", "s3://") as browser:
        await browser.screen.run_action("batch_role")
        await browser.until_text("S3 Batch Operations copies between buckets")


async def test_the_name_that_is_proposed_is_the_one_of_the_operation(
    engine: EngineSession, buckets: BucketPair
) -> None:
    async with opened(engine, f"s3://{buckets.a}/", f"s3://{buckets.b}/", size=(120, 30)) as browser:
        await asked(browser)
        await browser.until_text(f"role       xs3-tui-batch-{buckets.b}")
        await browser.press("a")
        await browser.until_text(f"role       xs3-tui-batch-{buckets.a}")
