"""A real engine process before a real server, with a proxy between them in which anything may go wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.servers.server import S3Server
from tests.soak.bodies import Bodies
from tests.soak.buckets import Buckets
from tests.soak.history import History, ViolationError
from tests.soak.model import Model, Submitted
from tests.soak.network import Network
from tests.soak.orders import Measure, Orders
from tui.model.transfer import Transfer

SETTLE_SECONDS = 90.0


class World:
    """Two buckets, an engine between them, and what must be true of them. Not thread-safe."""

    def __init__(self, server: S3Server, home: Path, seed: int, *, honors_if_match: bool) -> None:
        """`honors_if_match`: the server deletes on a condition, so that a move is safe from other writers."""
        self._server = server
        self._model = Model(Bodies(seed))
        self.history = History(seed, server.name)
        self.buckets = Buckets(server, self._model, self.history, honors_if_match=honors_if_match)
        self.network = Network(server, seed, self.history)
        self.orders = Orders(home, self._model, self.history)
        self.measures: list[Measure] = []

    async def open(self) -> None:
        """Make the buckets and connect the engine to them."""
        self.buckets.make()
        await self.network.connect()
        self.orders.connect(self._server, self.buckets, self.network)

    async def close(self) -> None:
        """End the engine, and remove what was made."""
        await self.orders.close()
        await self.network.disconnect()
        self.buckets.delete()

    async def settle(self) -> None:
        """Let everything end, and look at it. Raises `ViolationError`."""
        self.history.note("settle")
        await self.network.mend()
        try:
            transfers = await self.orders.all_ended(SETTLE_SECONDS)
        except TimeoutError:
            stuck = [each for each in await self.orders.all() if not each.state.ended]
            raise self._violation([f"did not end within {SETTLE_SECONDS:g} s: {each}" for each in stuck]) from None
        by_id = {each.id: each for each in transfers}
        for order in self._model.orders:
            if order.ended is None:
                await self._note_end(order, by_id)
        wrong = self._model.violations(await asyncio.to_thread(self.buckets.found))
        if wrong:
            raise self._violation(wrong)
        self.measures.append(await self.orders.measure())

    async def _note_end(self, order: Submitted, transfers: dict[str, Transfer]) -> None:
        if order.id not in transfers:
            raise self._violation([f"{order.kind.value} {order.id} of step {order.began} was forgotten"])
        order.ended, order.transfer = self.history.step, transfers[order.id]
        found = await self.orders.results(order.id)
        order.results = {result.source.split("/", 3)[3]: result for result in found}
        self.history.counts.update(f"result-{result.outcome.value}" for result in found)

    def _violation(self, wrong: list[str]) -> ViolationError:
        ended = [f"{order.transfer}" for order in self._model.orders if order.transfer]
        return self.history.violation(wrong, ended)
