"""An engine that says what a test wrote down: for states that no server can be made to show, or to hold."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, TypeVar, cast

from tui.core.problem import Problem, ProblemError
from tui.core.versions import BucketVersioning, UndoForecast
from tui.link.request import Feed, Request
from tui.messages.document_requests import AppliedChanges, ListChanges
from tui.messages.listing_requests import AskUndo

A = TypeVar("A")

HOLD = object()
"""In a script: say nothing more until the feed is closed; as an answer: give none."""


class ScriptedEngine:
    """`answers` by request type; `feeds` by feed type: each answer, a `Problem` to fail with, or `HOLD`."""

    def __init__(
        self, answers: Mapping[type[Any], Any] | None = None, feeds: Mapping[type[Any], Sequence[Any]] | None = None
    ) -> None:
        not_known: dict[type[Any], Any] = {
            AskUndo: UndoForecast(BucketVersioning.UNKNOWN),
            ListChanges: AppliedChanges([]),
        }
        self._answers = {**not_known, **(answers or {})}
        self._feeds = feeds or {}
        self.asked: list[Any] = []
        self.closed: list[Any] = []
        self.other_ends = asyncio.Event()

    async def ask(self, request: Request[A]) -> A:
        self.asked.append(request)
        if self._answers[type(request)] is HOLD:
            await asyncio.Event().wait()
        return cast("A", self._said(self._answers[type(request)]))

    async def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        self.asked.append(feed)
        try:
            for step in self._feeds[type(feed)]:
                if step is HOLD:
                    await asyncio.Event().wait()
                yield cast("A", self._said(step))
        finally:
            self.closed.append(feed)

    async def other_has_ended(self) -> None:
        await self.other_ends.wait()

    def _said(self, step: Any) -> Any:
        if isinstance(step, Problem):
            raise ProblemError(step)
        return step


class HeldEngine(ScriptedEngine):
    """Takes requests or feeds of one kind only when it may."""

    def __init__(
        self,
        held: type[Any],
        answers: Mapping[type[Any], Any] | None = None,
        feeds: Mapping[type[Any], Sequence[Any]] | None = None,
    ) -> None:
        super().__init__(answers, feeds)
        self._held = held
        self.may_answer = asyncio.Event()

    async def ask(self, request: Any) -> Any:
        if isinstance(request, self._held):
            await self.may_answer.wait()
        return await super().ask(request)

    async def follow(self, feed: Any) -> AsyncGenerator[Any, None]:
        if isinstance(feed, self._held):
            await self.may_answer.wait()
        async for answer in super().follow(feed):
            yield answer


class ManyAnswers(ScriptedEngine):
    def __init__(
        self,
        answers: Mapping[type[Any], list[Any]] | None = None,
        feeds: Mapping[type[Any], list[Sequence[Any]]] | None = None,
    ) -> None:
        super().__init__()
        self.answers, self.feeds = dict(answers or {}), dict(feeds or {})

    async def ask(self, request: Any) -> Any:
        self._answers = {type(request): self.answers[type(request)].pop(0)}
        return await super().ask(request)

    def follow(self, feed: Any) -> Any:
        self._feeds = {type(feed): self.feeds[type(feed)].pop(0)}
        return super().follow(feed)
