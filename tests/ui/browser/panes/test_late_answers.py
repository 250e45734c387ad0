"""Answers that come late: after another identity was chosen, or while the same is asked for once more."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import B, opened
from tests.ui.browser.world import BUCKETS, VIDEO, PicturedEngine
from tests.ui.viewer.test_viewer import Counting
from tests.waiting import until
from tui.model.location import Location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.protocol.messages.content import BeginContent
from tui.protocol.messages.places import ListBuckets
from tui.protocol.session import EngineSession


class SlowBuckets(PicturedEngine):
    """The buckets of A are refused at first; asked for again they come when they may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_list = asyncio.Event()
        self.listed = 0

    async def ask(self, request: Any) -> Any:
        if isinstance(request, ListBuckets) and request.connection == "a":
            self.listed += 1
            if self.listed == 1:
                raise ProblemError(Problem(ProblemKind.DENIED, "access denied"))
            await self.may_list.wait()
        return await super().ask(request)


async def test_the_buckets_of_an_identity_are_not_taken_for_those_of_the_next_one() -> None:
    engine = SlowBuckets()
    async with opened(engine, VIDEO.uri, VIDEO.uri) as browser:
        pane = browser.left
        await until(lambda: engine.listed == 1, "its own buckets were refused")
        pane.connection.working_again()
        await until(lambda: engine.listed == 2, "they are asked for again")
        pane.connection.connect(B, VIDEO)
        await until(lambda: pane.branches.listings.own_buckets == BUCKETS["b"], "those of the other one are known")
        engine.may_list.set()
        for _ in range(5):
            await browser.pilot.pause()
        assert pane.branches.listings.own_buckets == BUCKETS["b"]


class SlowContent(Counting):
    """Reads when it may."""

    def __init__(self, engine: EngineSession) -> None:
        super().__init__(engine)
        self.may_read = asyncio.Event()

    async def ask(self, request: Any) -> Any:
        if isinstance(request, BeginContent):
            self.asked.append(request)
            await self.may_read.wait()
        return await self._engine.ask(request)


async def test_an_object_that_is_being_read_for_the_editor_is_not_read_twice(
    engine: EngineSession, buckets: BucketPair
) -> None:
    slow = SlowContent(engine)
    async with opened(slow, Location(buckets.a).uri) as browser:
        await browser.move_to(browser.left, Location(buckets.a, "one.txt"))
        await browser.press("f4", "f4")
        await browser.until_told("one.txt is still being read or written")
        assert len(slow.asked) == 1
        slow.may_read.set()
        await browser.until_told("no other program can have this terminal")
        await browser.press("f4")
        await until(lambda: len(slow.asked) == 2, "it is read again")
