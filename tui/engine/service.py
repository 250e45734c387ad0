"""The services of an engine to its clients: it answers requests and runs transfers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Any

from tui.answering.log import log_problem
from tui.answering.rooms import Rooms
from tui.aws.addresses import AddressFileSync
from tui.aws.server_traits import TraitsFile
from tui.core.problem import ProblemError
from tui.engine.prepare import WORKS
from tui.link.engine_paths import EnginePaths
from tui.queue.queue import TransferQueue
from tui.settings import EngineSettings, read_settings, settings_file
from tui.stores.opening import open_store
from tui.transfers.journal import Journal

if TYPE_CHECKING:
    from tui.features.cluster.local_engine import LocalEngine


WORKERS_VARIABLE = "XS3_TUI_ENGINE_WORKERS"
"""A number, in place of the setting."""


def workers_allowed(useful: int) -> int:
    """As the environment or the settings say, or as many as are of use."""
    try:
        wanted = os.environ.get(WORKERS_VARIABLE) or read_settings(settings_file()).engine.workers
    except ProblemError as error:
        log_problem(error.problem)
        wanted = EngineSettings().workers
    return int(wanted) if str(wanted).isdecimal() else useful


class EngineService:
    """Identities, stores and transfers of an engine, shared by all clients."""

    def __init__(self, changed: Callable[[], None], clients: Collection[object] = ()) -> None:
        """`changed` is called whenever `Rooms.needed` may have changed."""
        self._changed = changed
        self.rooms = Rooms(changed, clients)
        self._local: LocalEngine | None = None
        self._traits_file: TraitsFile | None = None
        self._saving: asyncio.Task[None] | None = None

    async def start(self, places: EnginePaths) -> None:
        """Resume the journal's transfers, and read the address book.

        Without a journal only transfers do not work; requests for them get the reason.
        """
        rooms = self.rooms
        rooms.changes_file = places.changes
        rooms.address_file = AddressFileSync(rooms.addresses, places.addresses, log_problem)
        await rooms.address_file.start()
        self._traits_file = TraitsFile(places.server_traits, rooms.connections.services)
        await self._traits_file.start()
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
                on_change=self._transfers_changed,
                cluster=self._by_cluster,
                helped=self._helped,
            )
            await queue.start()
        except ProblemError as error:
            log_problem(error.problem)
            rooms.no_queue = error.problem
            if opened:
                await opened.close()
        else:
            rooms.queue, rooms.journal = queue, opened

    def _transfers_changed(self) -> None:
        self._changed()
        if self._traits_file and (self._saving is None or self._saving.done()):
            self._saving = asyncio.create_task(self._traits_file.save())

    async def _by_cluster(self, *carried_out: Any) -> None:
        """Run a copy on a cluster's workers; the module is imported at first use."""
        from tui.features.cluster.cluster_engine import cluster_engine

        await cluster_engine(self.rooms.connections).carry_out(*carried_out)

    async def _helped(self, *carried_out: Any) -> None:
        """Run a copy here, with workers on this machine where that pays."""
        if self._local is None:
            from tui.features.cluster.local_engine import LocalEngine

            self._local = LocalEngine(self.rooms.connections, workers_allowed)
        await self._local.carry_out(*carried_out)

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
        if self._traits_file:
            await asyncio.gather(*filter(None, [self._saving]))
            await self._traits_file.save()
