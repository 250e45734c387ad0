"""The services of an engine to its clients: it answers requests and runs transfers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tui.answering.log import log_problem
from tui.answering.rooms import Rooms
from tui.aws.addresses import AddressFileSync
from tui.core.problem import ProblemError
from tui.engine.prepare import WORKS
from tui.link.engine_paths import EnginePaths
from tui.queue.queue import TransferQueue
from tui.stores.opening import open_store
from tui.transfers.journal import Journal


class EngineService:
    """Identities, stores and transfers of an engine, shared by all clients."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called whenever `needed` may have changed."""
        self._changed = changed
        self.rooms = Rooms(changed)

    async def start(self, places: EnginePaths) -> None:
        """Resume the journal's transfers, and read the address book.

        Without a journal only transfers do not work; requests for them get the reason.
        """
        rooms = self.rooms
        rooms.changes_file = places.changes
        rooms.address_file = AddressFileSync(rooms.addresses, places.addresses, log_problem)
        await rooms.address_file.start()
        opened: Journal | None = None
        try:
            opened = await Journal.open(places.journal, log_problem)
            queue = TransferQueue(
                partial(open_store, rooms.connections, attempts=1),
                rooms.account,
                opened,
                WORKS,
                rooms.retries,
                report=log_problem,
                jobs=rooms.jobs,
                on_change=self._changed,
                cluster=self._by_cluster,
            )
            await queue.start()
        except ProblemError as error:
            log_problem(error.problem)
            rooms.no_queue = error.problem
            if opened:
                await opened.close()
        else:
            rooms.queue, rooms.journal = queue, opened

    async def _by_cluster(self, *carried_out: Any) -> None:
        """Run a copy on a cluster's workers; the module is imported at first use."""
        from tui.features.cluster.cluster_engine import cluster_engine

        await cluster_engine(self.rooms.connections).carry_out(*carried_out)

    @property
    def needed(self) -> bool:
        """Whether work continues without clients, or a client asked the engine to stay."""
        return bool(self.rooms.staying) or (self.rooms.queue is not None and self.rooms.queue.needed)

    async def close(self) -> None:
        """Stop the transfers (the journal keeps them), and close all connections."""
        rooms = self.rooms
        rooms.staying.close()
        for end in rooms.endings:
            end()
        if rooms.queue:
            await rooms.queue.close()
        await rooms.retries.health.close()
        await rooms.connections.close()
        if rooms.address_file:
            await rooms.address_file.close()
