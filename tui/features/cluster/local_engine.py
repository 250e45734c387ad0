"""Copies of many small objects by this engine and workers on the same machine."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path

from tui.aws.connections import Connections
from tui.aws.ids import spec_of
from tui.aws.server_traits import ALL_KEPT
from tui.core.engines import LOCAL, read_engine
from tui.core.identity import Safety
from tui.core.orders import ConflictPolicy, CopyOrder
from tui.core.problem import ProblemError
from tui.core.transfer import Limits, Tally
from tui.features.cluster.range_states import Spans
from tui.queue.run import Run
from tui.queue.run_state import Prepared, RunState
from tui.stores.base import Store
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.counting import Keep
from tui.transfers.selection import SectionPage, lone_keys, outermost
from tui.transfers.sides import same_service

Counting = Callable[[Keep], AsyncGenerator[Tally]]

ENOUGH = 5_000
"""From this many objects on workers are started: each takes 0.6 s of a processor to start."""
SMALL = 1 << 20
"""Up to this mean size in bytes: of larger objects the bytes take the time, not the processor."""
_FEW_KEYS = 16
"""With more marked keys than this it is not found out how much there is: each takes a request."""
_MOST = 3
_LEAST_SECONDS = 0.05
"""Linux counts what processors do in hundredths of a second."""


class IdleProcessors:
    """How many processors were idle since this was made. The load average would still count what ended minutes ago."""

    def __init__(self) -> None:
        self._began, self._idle = time.monotonic(), _idle_seconds()

    def count(self) -> int:
        """All of them where the system does not tell, or has not had the time to."""
        elapsed = time.monotonic() - self._began
        if self._idle is None or elapsed < _LEAST_SECONDS:
            return _MOST
        return round(((_idle_seconds() or 0.0) - self._idle) / elapsed)


def _idle_seconds() -> float | None:
    """Of all processors since the start of the system, by Linux; None: another system."""
    try:
        idle, waiting = Path("/proc/stat").read_text().split(maxsplit=6)[4:6]
        return (int(idle) + int(waiting)) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return None


def useful_workers(idle: IdleProcessors) -> int:
    """How many are of use beside the engine: where other programs keep the processors busy, they only cost."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(0, min(_MOST, cores - 1, idle.count()))


class LocalEngine:
    """Carries copies out with workers on this machine where that pays, otherwise without."""

    def __init__(self, connections: Connections, workers: Callable[[int], int]) -> None:
        """`workers`: how many there may be, given how many are of use; 0: none."""
        self._connections, self._workers = connections, workers
        self._busy = False

    async def carry_out(
        self, order: CopyOrder, prepared: Prepared, target: Store, uploads: TransferUploads, state: RunState
    ) -> None:
        spans, count, idle = Spans(state.transfer, state.context.journal.states), prepared.count, IdleProcessors()
        if await spans.load():
            growing = replace(prepared, count=lambda _: count(spans.grow))
            workers = self._workers(useful_workers(idle)) if spans.waiting and self._may_help(order, state) else 0
            await self._divided(order, growing, count, uploads, spans, state, workers)
            return
        if state.again or state.progress.counted or not self._may_help(order, state):
            await Run(state, order.selection, prepared).carry_out()
            return
        peeked = PeekedCount(count)
        try:
            pays = await peeked.pays() and not _costs_one(prepared.source, target)
            pays = pays and not await _may_ask(order, target)
            workers = self._workers(useful_workers(idle)) if pays and self._may_help(order, state) else 0
            if workers:
                await spans.begin(lone_keys(order.selection), len(outermost(order.selection.prefixes)))
                peeked.hand_to(spans.grow)
                growing = replace(prepared, count=lambda _: peeked.run())
                await self._divided(order, growing, count, uploads, spans, state, workers)
            else:
                await Run(state, order.selection, replace(prepared, count=peeked.run)).carry_out()
        finally:
            await peeked.close()

    def _may_help(self, order: CopyOrder, state: RunState) -> bool:
        """Workers have no part in limits: within these the engine is fast enough alone."""
        bounds = state.progress.limits, state.context.shared.of_all
        if self._busy or any(each != Limits() for each in bounds) or len(lone_keys(order.selection)) > _FEW_KEYS:
            return False
        specs = [spec_of(each) for each in (order.selection.connection, order.destination.connection)]
        return all(each.safety == Safety() for each in specs)

    async def _divided(
        self,
        order: CopyOrder,
        prepared: Prepared,
        count: Counting,
        uploads: TransferUploads,
        spans: Spans,
        state: RunState,
        workers: int,
    ) -> None:
        # imported late: most orders are small
        from tui.features.cluster.cluster_engine import check_complete, cut_span, setup_of
        from tui.features.cluster.local_workers import LocalAdmission, LocalWorkers
        from tui.features.cluster.own_ranges import OwnRanges
        from tui.features.cluster.worker_pool import Crew

        names = dict.fromkeys((order.selection.connection, order.destination.connection))
        mine, self._busy = not self._busy, True
        try:
            async with aclosing(LocalWorkers(workers)) as children:
                admission = LocalAdmission(self._connections, children, names)
                crew = Crew(
                    read_engine(LOCAL),
                    children,
                    state,
                    uploads,
                    spans,
                    admission,
                    await setup_of(order, admission, state),
                    partial(cut_span, order, prepared.source),
                    OwnRanges(state, order.selection, prepared, spans).carry_out,
                )
                await crew.carry_out()
        finally:
            self._busy = self._busy and not mine
        await check_complete(order, count, state)
        state.progress.listed(state.progress.results)


def _costs_one(source: Store, target: Store) -> bool:
    """Whether a copy costs this engine one request, now or soon, by what was learned of the server, and a worker three.

    Workers infer nothing from what other objects have shown (`tui.transfers.copy.inferred_copies`).
    """
    learned = target.capabilities.learned
    promising = learned.keeps_all is not False and any(learned.holds(each) for each in ALL_KEPT)
    return promising and same_service(source, target)


async def _may_ask(order: CopyOrder, target: Store) -> bool:
    """Whether something is where the copies go, about which the user might be asked: workers cannot.

    What comes there later is left undecided.
    """
    if order.options.conflict is not ConflictPolicy.ASK:
        return False
    place = order.destination.location
    try:
        async with aclosing(target.pages(place.bucket, place.key, recursive=True)) as pages:
            async for page in pages:
                if page.names:
                    return True
    except ProblemError:
        return True
    return False


class PeekedCount:
    """A count that was begun to see how much there is; whoever counts then gets what was counted so far."""

    def __init__(self, count: Counting) -> None:
        self._pages: list[SectionPage] = []
        self._keep: Keep = self._pages.append
        self._tallies = count(self._take)
        self._last = Tally()
        self._failure: ProblemError | None = None

    def _take(self, page: SectionPage) -> None:
        self._keep(page)

    async def pays(self) -> bool:
        """Whether there are many small objects, in the order of their keys; it counts until that is known."""
        try:
            async for tally in self._tallies:
                self._last = tally
                if tally.objects >= ENOUGH:
                    places = [(page.section, each.key) for page in self._pages for each in page.picked]
                    return tally.bytes <= tally.objects * SMALL and places == sorted(places)
        except ProblemError as error:
            self._failure = error
        return False

    def hand_to(self, keep: Keep) -> None:
        """From now on the pages go there, first those that there are."""
        for page in self._pages:
            keep(page)
        self._pages.clear()
        self._keep = keep

    async def run(self, keep: Keep | None = None) -> AsyncGenerator[Tally]:
        """As the count itself."""
        if keep:
            self.hand_to(keep)
        yield self._last
        if self._failure:
            raise self._failure
        async for tally in self._tallies:
            yield tally

    async def close(self) -> None:
        await self._tallies.aclose()
