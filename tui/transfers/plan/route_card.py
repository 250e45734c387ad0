"""The route card of a copy: what it would do, found out without doing any of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any

from tui.core.orders import CopyOrder
from tui.core.problem import Problem, ProblemError
from tui.core.transfer import RouteCard
from tui.stores.base import Store
from tui.transfers.bucket_owner import Owners, read_target_bucket
from tui.transfers.copy.parts import relay_sizing, server_side_sizing
from tui.transfers.counting import Count
from tui.transfers.local_disk import undo_forecast
from tui.transfers.plan.card_state import CardState
from tui.transfers.plan.probes import probe_reading, probe_writing
from tui.transfers.selection import first_picked
from tui.transfers.sides import Sides, sides_of
from tui.transfers.tasks import together

BETWEEN_CARDS = 0.1
"""Seconds between two cards at least: a count runs through many pages in that time."""


async def plan_copy(order: CopyOrder, source: Store, target: Store, owners: Owners) -> AsyncGenerator[RouteCard]:
    """The route card, growing until it is complete. Closing the generator stops the count and the probes.

    What makes the whole copy impossible is in the last card's `problem`; nothing is raised.
    """
    sides, problem = await _begin(order, source, target, owners)
    state = CardState(sides)
    yield state.card()
    if problem:
        state.fail(problem)
    else:
        tasks = [
            asyncio.create_task(_noting(work, state))
            for work in (_probe(sides, state), _count(sides, state), _ask_undo(sides, state))
        ]
        try:
            async for card in _growing(state, tasks):
                yield card
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    state.complete = True
    yield state.card()


async def _begin(order: CopyOrder, source: Store, target: Store, owners: Owners) -> tuple[Sides, Problem | None]:
    """The sides, and what is wrong with the order itself."""
    sides = Sides(order, source, target, owners)
    try:
        sides.refuse_nonsense()
        server_side_sizing(order.options)
        relay_sizing(order.options)
        sides = await sides_of(order, source, target, owners)
    except ProblemError as error:
        return sides, error.problem
    return sides, sides.refusal()


async def _growing(state: CardState, tasks: list[asyncio.Task[None]]) -> AsyncGenerator[RouteCard]:
    both = asyncio.ensure_future(asyncio.wait(tasks))
    both.add_done_callback(lambda _: state.changed.set())
    try:
        while not both.done():
            await state.changed.wait()
            state.changed.clear()
            yield state.card()
            await asyncio.wait([both], timeout=BETWEEN_CARDS)
    finally:
        both.cancel()
    for task in tasks:
        task.result()


async def _noting(work: Coroutine[Any, Any, None], state: CardState) -> None:
    """Put a failure on the card: the other half continues."""
    try:
        await work
    except ProblemError as error:
        state.fail(error.problem)


async def _count(sides: Sides, state: CardState) -> None:
    count = Count(sides, look_at_target=True)
    try:
        async with aclosing(count.run()) as tallies:
            async for tally in tallies:
                state.count(tally, count.unseen)
    except ProblemError as error:
        if not count.tally.objects:
            raise
        state.leave_out(error.problem)


async def _ask_undo(sides: Sides, state: CardState) -> None:
    writers = sides.writers()
    if writers[0].capabilities.acls:
        state.learn_undo(await undo_forecast(writers, sides.target_bucket))
    if sides.order.options.move and sides.source.capabilities.acls:
        state.learn_source_undo(await undo_forecast(sides.readers(), sides.source_bucket))


async def _probe(sides: Sides, state: CardState) -> None:
    bucket, first = await together(
        read_target_bucket(sides.writers(), sides.target_bucket), first_picked(sides.source, sides.order.selection)
    )
    state.learn_bucket(bucket)
    if first is None:
        return
    await probe_reading(sides, first.key, state.answer)
    await probe_writing(sides, sides.target_key(first.key), bucket, state.answers.by_probe, state.answer)
    state.conclude()
