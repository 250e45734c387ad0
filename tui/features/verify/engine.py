"""Verification of copies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.core.orders import CopyOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.verify.values import AnswerReading, Verify, VerifyOrder, VerifyPlaces, VerifyReceipt, VerifyUpdate
from tui.link.request import Done

if TYPE_CHECKING:
    from tui.features.verify.pair_check import VerifiedStores
    from tui.features.verify.pairs import ObjectPair, TruncatedReceipt, UnpairedObjects

HANDLERS = Handlers()

_waiting: dict[str, asyncio.Future[bool]] = {}
"""Verifications that wait for an answer, by the names that clients gave them."""


@HANDLERS.feed(Verify)
async def verify(rooms: Rooms, feed: Verify) -> AsyncGenerator[VerifyUpdate, None]:
    from tui.features.verify.verification import VerificationRun  # imported late: listing does not need it

    answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    _waiting[feed.name] = answer

    async def asked() -> bool:
        return await answer

    try:
        ends, pairs = await _prepared(rooms, feed.order)
        verification = VerificationRun(ends, feed.read, asked)
        async with aclosing(pairs), aclosing(verification.run(pairs)) as updates:
            async for tally, results in updates:
                yield VerifyUpdate(tally, results)
    finally:
        del _waiting[feed.name]


async def _prepared(
    rooms: Rooms, order: VerifyOrder
) -> tuple[VerifiedStores, AsyncGenerator[ObjectPair | UnpairedObjects | TruncatedReceipt, None]]:
    from tui.features.verify.pair_check import VerifiedStores
    from tui.features.verify.pair_sources import pairs_of_places, pairs_of_receipt, pairs_of_results, unfinished

    if isinstance(order, VerifyPlaces | VerifyReceipt):
        ends = VerifiedStores(await rooms.store(order.source_connection), await rooms.store(order.target_connection))
        return ends, pairs_of_places(ends, order) if isinstance(order, VerifyPlaces) else pairs_of_receipt(order.path)
    submitted, results = await rooms.recorded(order.transfer)
    if not isinstance(submitted, CopyOrder):
        title = f"nothing to verify: {order.transfer} has copied nothing"
        raise ProblemError(Problem(ProblemKind.INVALID, title, remedy="choose a copy or a move"))
    unnamed = unfinished(rooms.transfers.status(order.transfer).snapshot())
    return VerifiedStores(*await rooms.stores(submitted)), pairs_of_results(results, unnamed)


@HANDLERS.request(AnswerReading)
async def answer_reading(_rooms: Rooms, request: AnswerReading) -> Done:
    waiting = _waiting.get(request.name)
    if waiting is None or waiting.done():
        raise ProblemError(Problem(kind=ProblemKind.INVALID, title="no such verification waits for an answer"))
    waiting.set_result(request.read)
    return Done()
