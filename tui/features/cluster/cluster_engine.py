"""Runs a transfer on a Dask cluster: cuts the keys into ranges, which a crew of workers copies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial

from msgspec.structs import replace

from tui.aws.connections import Connections
from tui.aws.ids import spec_of
from tui.aws.renewal import session_keys
from tui.core.engines import LOCAL, ClusterOptions, read_engine
from tui.core.orders import CopyOrder
from tui.core.problem import Problem, ProblemError, ProblemKind, RetryAdvice
from tui.core.transfer import Tally, TransferState
from tui.features.cluster.range_states import Bounds, SectionSpan, Spans
from tui.features.cluster.scheduler_connection import WAITS, SchedulerLost, scheduler_client, unreachable
from tui.features.cluster.worker_admission import Admission, ClusterIdentities
from tui.features.cluster.worker_identities import session_policy
from tui.features.cluster.worker_messages import Setup
from tui.features.cluster.worker_pool import Crew
from tui.queue.run_state import RunState
from tui.stores.base import Store
from tui.stores.split_listing import WeighedRange, cut
from tui.transfers.backoff import Interrupted, advice_for
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.counting import Keep
from tui.transfers.selection import ObjectFilter, SectionPage, SelectedObject, lone_keys, outermost

RANGES = 64
"""The approximate number of ranges at first."""
CLOCKS = 5.0
"""Allowed difference between the servers' clocks and ours, in seconds: younger objects may have come later."""
KEYS = 100
"""Selected keys of one range."""


class ClusterEngine:
    """Runs copies on the workers of a Dask cluster."""

    def __init__(self, identities: ClusterIdentities) -> None:
        self._identities = identities

    async def carry_out(
        self,
        order: CopyOrder,
        source: Store,
        uploads: TransferUploads,
        count: Callable[[Keep], AsyncGenerator[Tally]],
        state: RunState,
    ) -> None:
        counting = asyncio.create_task(_count(count, state), name="cluster-count")
        try:
            spans = await _spans(order, source, state)
            await self._by_workers(order, source, uploads, spans, state)
            await counting
            await check_complete(order, count, state)
        finally:
            counting.cancel()
            await asyncio.wait([counting])

    async def _by_workers(
        self, order: CopyOrder, source: Store, uploads: TransferUploads, spans: Spans, state: RunState
    ) -> None:
        engine, options = read_engine(order.options.engine), order.options.cluster or ClusterOptions()
        connections = dict.fromkeys((order.selection.connection, order.destination.connection))
        tries = 0
        while not spans.done and not state.progress.hopeless:
            try:
                async with scheduler_client(engine, options) as scheduler:
                    admission = Admission(
                        engine,
                        scheduler,
                        options,
                        self._identities,
                        {each: spec_of(each) for each in connections},
                        partial(session_policy, order),
                    )
                    await admission.begin()
                    setup = await setup_of(order, admission, state)
                    cutting = partial(cut_span, order, source)
                    crew = Crew(engine, scheduler, state, uploads, spans, admission, setup, cutting)
                    state.progress.workers = crew.workers
                    tries = 0
                    await crew.carry_out()
            except (SchedulerLost, OSError) as lost:
                problem = lost.problem if isinstance(lost, SchedulerLost) else unreachable(engine, lost)
                await _wait(state, problem, WAITS[min(tries, len(WAITS) - 1)])
                tries += 1
            except ProblemError as error:
                if (name := error.problem.connection) and advice_for(error.problem) is RetryAdvice.IDENTITY:
                    raise Interrupted(error.problem, name) from error
                raise


async def setup_of(order: CopyOrder, admission: Admission, state: RunState) -> Setup:
    local = replace(order, options=replace(order.options, engine=LOCAL, cluster=None, receipt=""))
    connections = (order.selection.connection, order.destination.connection)
    return Setup(
        order=local,
        submitted=state.progress.submitted,
        owners={each: await state.context.owner(each) for each in connections},
        given=await admission.given(),
    )


async def _count(count: Callable[[Keep], AsyncGenerator[Tally]], state: RunState) -> None:
    """Count during the work: the remaining time needs the total."""
    if state.progress.counted:
        return
    try:
        async with aclosing(count(lambda _: None)) as tallies:
            async for tally in tallies:
                state.progress.count(tally)
                state.context.changed()
        state.save()
    except (ProblemError, Interrupted):
        return  # the workers' listings meet the same problem and report it


async def check_complete(order: CopyOrder, count: Callable[[Keep], AsyncGenerator[Tally]], state: RunState) -> None:
    """Check that all objects that were at the source from the start have a result. Raises `ProblemError`.

    The source is listed again if fewer objects have results than were counted: others may have deleted some meanwhile.
    """
    results = state.context.journal.results
    await state.context.journal.settled()
    told = sum((await results.counts(state.transfer)).objects.values())
    if state.progress.hopeless or not state.progress.counted or told >= state.progress.snapshot().objects_total:
        return
    wanted, before = ObjectFilter(order.selection), state.progress.submitted - CLOCKS
    pages, missing = [SectionPage(0, [SelectedObject(key) for key in lone_keys(order.selection)])], 0
    async with aclosing(count(pages.append)) as tallies:
        async for _ in tallies:
            for page in pages:
                there = [each for each in page.picked if wanted.takes(each.key, each.size, each.modified)]
                keys = [each.key for each in there if each.modified < before]
                missing += len(keys) - len(await results.finished(state.transfer, page.section, keys))
            pages.clear()
    if missing:
        title = f"objects that the workers left out: {missing:,}"
        cause = "they reported that all was done, but these were at the source from the start"
        remedy = "copy again with --engine local and --on-conflict skip; check the workers' machines"
        raise ProblemError(Problem(ProblemKind.MISMATCH, title, cause, remedy))


async def _spans(order: CopyOrder, source: Store, state: RunState) -> Spans:
    """The unfinished ranges: from the journal, or newly cut."""
    spans = Spans(state.transfer, state.context.journal.states)
    if not await spans.load():
        await spans.cut(await _bounds(order, source))
    if state.retrying:
        async with aclosing(state.context.journal.results.failed_keys(state.transfer)) as chunks:
            async for chunk in chunks:
                for section in sorted({section for section, _ in chunk}):
                    spans.again(section, [key for where, key in chunk if where == section])
    return spans


async def _bounds(order: CopyOrder, source: Store) -> list[Bounds]:
    selection = order.selection
    keys, prefixes = lone_keys(selection), outermost(selection.prefixes)
    bounds = list[Bounds]()
    if keys:
        bounds += [(0, *each) for each in _cut_keys(keys, "", None, KEYS)]
    for section, prefix in enumerate(prefixes, start=1):
        cuts = await cut(source, selection.base.bucket, prefix, max(1, RANGES // len(prefixes)))
        bounds += [(section, *each) for each in cuts]
    return bounds


def _cut_keys(keys: Sequence[str], after: str, upto: str | None, size: int) -> list[WeighedRange]:
    ends = keys[size - 1 : -1 : size]
    return [
        WeighedRange(low, high, min(size, len(keys))) for low, high in zip([after, *ends], [*ends, upto], strict=True)
    ]


async def cut_span(order: CopyOrder, source: Store, span: SectionSpan, after: str, wanted: int) -> list[WeighedRange]:
    """Cut the rest of a range after a key; one range if it cannot be listed now."""
    if span.section == 0:
        keys = replace(span, after=max(after, span.after)).keys_of(lone_keys(order.selection))
        return _cut_keys(keys, after, span.upto, max(2, -(-len(keys) // wanted)))
    prefix = outermost(order.selection.prefixes)[span.section - 1]
    try:
        return await cut(source, order.selection.base.bucket, prefix, wanted, after=after, upto=span.upto)
    except (ProblemError, Interrupted):
        return []  # the workers meet the same problem and report it


async def _wait(state: RunState, problem: Problem, seconds: float) -> None:
    if state.progress.state is not TransferState.WAITING:
        state.context.report(problem)
        state.progress.set_state(TransferState.WAITING, problem)
        state.save()
        state.context.state_changed()
        state.context.changed()
    await asyncio.sleep(seconds)


def cluster_engine(connections: Connections) -> ClusterEngine:
    return ClusterEngine(identities_of(connections))


def identities_of(connections: Connections) -> ClusterIdentities:
    return ClusterIdentities(
        identity=lambda name: connections.identity(name, again=False),
        session_keys=lambda name, policy: session_keys(connections, name, policy),
    )
