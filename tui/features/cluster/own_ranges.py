"""The engine's own part in a transfer that workers of this machine copy, too."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

from tui.core.orders import Selection
from tui.core.problem import ProblemError
from tui.features.cluster.range_states import SectionSpan, Spans
from tui.features.cluster.worker_run import listed
from tui.queue.job_status import ListingCursor, OpenPage
from tui.queue.run import Run
from tui.queue.run_state import Prepared, RunState
from tui.transfers.selection import SectionPage, SelectedObject, lone_keys

MOST = 1_000
"""About so many objects of a range that was not listed are done before others may have the rest."""


class OwnRanges:
    """Does ranges as an ordinary run does pages, as long as any is left."""

    def __init__(self, state: RunState, selection: Selection, prepared: Prepared, spans: Spans) -> None:
        self._state, self._selection, self._prepared, self._spans = state, selection, prepared, spans

    async def carry_out(self) -> None:
        """Returns when all ranges are done, whoever did them. Raises what `Run.carry_out` raises, and `ProblemError`.

        What others may have begun is a run of its own, which looks for earlier results.
        """
        retrying, spans = self._state.retrying, self._spans
        while (retrying or not spans.done) and not self._state.progress.hopeless:
            again = spans.next_is_begun
            pages = _Pages(self._selection, self._prepared, spans, again=again)
            state = replace(self._state, again=again, retrying=retrying, cursor=pages.cursor)
            prepared = replace(self._prepared, pages=pages.take, sections=1, partly=True, keeps=False)
            await Run(state, self._selection, prepared).carry_out()
            retrying = False
            if pages.failure:
                raise pages.failure


class _Pages:
    """Ranges as the pages of one run; one is over when all its objects have results."""

    def __init__(self, selection: Selection, prepared: Prepared, spans: Spans, *, again: bool) -> None:
        self._selection, self._source, self._spans, self._again = selection, prepared.source, spans, again
        self.cursor = _RangeCursor(self._over)
        self.failure: ProblemError | None = None
        """Why a range cannot be listed."""

    async def take(self, _: int, __: str) -> AsyncGenerator[SectionPage]:
        """Waits for ranges that others may give back; ends when none is left, or the next one is of the other kind."""
        spans = self._spans
        while not spans.done:
            spans.news.clear()
            if not spans.waiting:
                await spans.news.wait()
            elif spans.next_is_begun != self._again:
                return
            elif span := await spans.take():
                async with aclosing(self._objects(span)) as pages:
                    async for page in pages:
                        yield page
                if self.failure:
                    return

    async def _objects(self, span: SectionSpan) -> AsyncGenerator[SectionPage]:
        rest, given = None, 0
        try:
            async with aclosing(self._listed(span)) as pages:
                async for page in pages:
                    mine = [each for each in page.picked if span.upto is None or each.key <= span.upto]
                    yield SectionPage(span.section, mine)
                    given += len(mine)
                    if len(mine) < len(page.picked) or (mine and mine[-1].key == span.upto):
                        break
                    if given >= MOST:
                        rest = mine[-1].key
                        break
        except ProblemError as error:
            self.failure = error
            return
        self.cursor.end(span, rest)

    async def _listed(self, span: SectionSpan) -> AsyncGenerator[SectionPage]:
        if picked := self._spans.listed(span):
            yield SectionPage(span.section, picked)
        elif span.section == 0:
            keys = span.keys or span.keys_of(lone_keys(self._selection))
            yield SectionPage(0, [SelectedObject(key) for key in keys])
        else:
            async with aclosing(listed(self._source, self._selection, span.section, span.after)) as pages:
                async for page in pages:
                    yield page

    def _over(self, span: SectionSpan, rest: str | None) -> None:
        self._spans.over(span, rest)


class _RangeCursor(ListingCursor):
    """Says which ranges are over; the transfer's own cursor stays at its beginning."""

    def __init__(self, over: Callable[[SectionSpan, str | None], None]) -> None:
        super().__init__(None)
        self._over, self._taken = over, 0
        self._ends: deque[tuple[int, SectionSpan, str | None]] = deque()

    def take(self, section: int, last: str, missing: int) -> OpenPage:
        self._taken += 1
        return super().take(section, last, missing)

    def end(self, span: SectionSpan, rest: str | None) -> None:
        """All pages of a range, or those up to the key `rest`, were taken."""
        self._ends.append((self._taken, span, rest))
        self._look()

    def advance(self, open_page: OpenPage | None = None) -> bool:
        super().advance(open_page)
        self._look()
        return False

    def _look(self) -> None:
        while self._ends and self._ends[0][0] <= self._taken - len(self._open):
            _, span, rest = self._ends.popleft()
            self._over(span, rest)
