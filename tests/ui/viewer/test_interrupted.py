"""Esc while a content is read, and a network that fails or is slow: nothing is taken for the end that is not."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

import pytest

from tests.servers.buckets import BucketPair
from tests.ui.viewer.test_viewer import lines, viewing
from tests.waiting import until
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.protocol.messages.base import Feed, Request
from tui.protocol.messages.content import LookAtContent, StreamContent
from tui.protocol.session import EngineSession
from tui.ui.viewer.screen import ViewerScreen
from tui.ui.viewer.steps import Steps

A = TypeVar("A")
LAST = 60_000
LOST = Problem(ProblemKind.UNREACHABLE, "the connection was lost")


class BreakingOff:
    """The first stream breaks off after its first piece: with `problem`, or it waits for ever."""

    def __init__(self, engine: EngineSession, problem: Problem | None) -> None:
        self._engine, self._problem = engine, problem
        self.broken_off = self.looked = 0
        self.may_look = asyncio.Event()

    async def ask(self, request: Request[A]) -> A:
        if isinstance(request, LookAtContent):
            self.looked += 1
            await self.may_look.wait()
        return await self._engine.ask(request)

    async def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        async with aclosing(self._engine.follow(feed)) as answers:
            async for answer in answers:
                yield answer
                if isinstance(feed, StreamContent) and not self.broken_off:
                    self.broken_off += 1
                    if self._problem:
                        raise ProblemError(self._problem)
                    await asyncio.Event().wait()

    async def other_has_ended(self) -> None:
        await self._engine.other_has_ended()


@pytest.mark.parametrize("problem", [None, LOST], ids=["esc", "lost"])
async def test_a_stream_that_broke_off_is_read_again_to_its_end(
    engine: EngineSession, buckets: BucketPair, problem: Problem | None
) -> None:
    breaking = BreakingOff(engine, problem)
    async with viewing(breaking, buckets, "long.txt.gz", gzip.compress(lines(LAST))) as (browser, _):
        await browser.until_text("line 0000001")
        await browser.press("end")
        await until(lambda: bool(breaking.broken_off), "the stream has broken off")
        if problem:
            await browser.until_text("the connection was lost")
        else:
            await browser.press("escape")
            await browser.until_text("stopped")
        await browser.press("end")
        await browser.until_text(f"line {LAST:07}")


async def test_a_step_waits_for_the_one_before_it_also_after_esc() -> None:
    steps, cleaned = Steps(lambda _problem: None), asyncio.Event()
    done: list[str] = []

    async def cancelled() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await cleaned.wait()
            done.append("cleaned up")

    async def next_one() -> None:
        done.append("next")
        await asyncio.Event().wait()

    assert steps.enter(cancelled)
    first = asyncio.create_task(steps.work())
    await asyncio.sleep(0)
    first.cancel()
    steps.drop()
    assert steps.enter(next_one)
    second = asyncio.create_task(steps.work())
    await asyncio.sleep(0)
    cleaned.set()
    await until(lambda: "next" in done, "the next step has begun")
    assert done == ["cleaned up", "next"]
    assert not steps.enter(next_one)
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)


async def test_a_slow_look_at_what_is_followed_leaves_room_for_keys(engine: EngineSession, buckets: BucketPair) -> None:
    slow = BreakingOff(engine, None)
    async with viewing(slow, buckets, "log.txt", lines(3)) as (browser, _):
        await browser.until_text("line 0000003")
        await browser.press("F")
        await browser.until_text("following")
        screen = browser.app.screen
        assert isinstance(screen, ViewerScreen)
        await until(lambda: bool(slow.looked), "it is looked whether there is more")
        for _ in range(40):
            screen._tick()
        slow.may_look.set()
        await until(lambda: not screen.viewing.steps.busy, "nothing waits any more")
        assert slow.looked < 5
