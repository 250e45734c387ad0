"""The state of the engine: identities, and their views of object stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tui.aws.addresses import AddressFileSync, LiveAddressBook
from tui.aws.connections import Connections
from tui.aws.control_plane import ControlPlane
from tui.aws.renewal import probe
from tui.core.identity import Identity, Owner
from tui.core.orders import CopyOrder, Order, SyncOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult
from tui.policies.asking import KeptReplies
from tui.queue.job_control import JobControl
from tui.stores.base import Store
from tui.stores.opening import NotingStore, open_store
from tui.transfers.bucket_owner import Owners
from tui.transfers.retries import Retries
from tui.transfers.shown_list import remove_unnamed

if TYPE_CHECKING:
    from tui.documents.changing import DocumentChanger
    from tui.documents.document import Services
    from tui.messages.order_requests import BeginUpload
    from tui.network.paths import NetworkPaths
    from tui.queue.queue import TransferQueue
    from tui.stores.streams import StreamUpload
    from tui.transfers.journal import Journal

NOT_STARTED = Problem(kind=ProblemKind.ENGINE, title="the engine is still starting", remedy="try again")


class Rooms:
    """The identities, stores and transfers of an engine, shared by all handlers."""

    def __init__(self, changed: Callable[[], None] = lambda: None, clients: Collection[object] = ()) -> None:
        """`changed` is called when the time that clients asked the engine to stay has ended."""
        self.clients = clients
        self.changes_file: Path | None = None
        """The record of changed settings documents; None before the engine has started."""
        self.journal: Journal | None = None
        """None before the engine has started, or if it cannot be opened."""
        self.addresses = LiveAddressBook()
        self.address_file: AddressFileSync | None = None
        """None before the engine has started."""
        self.connections = Connections(self.addresses)
        self.retries = Retries(partial(probe, self.connections))
        self.staying = Staying(changed)
        self.kept_facts = KeptReplies()
        self.control_plane = ControlPlane(self.connections, self.kept_facts.clear)
        self.jobs = JobControl(self.control_plane, self.identity)
        self.queue: TransferQueue | None = None
        """None before the engine has started, and without a journal."""
        self.no_queue = NOT_STARTED
        """Why there is no queue."""
        self.stream_uploads: dict[str, tuple[StreamUpload, BeginUpload]] = {}
        """Uploads from streams with their requests, by ID."""
        self.endings: list[Callable[[], None]] = []
        """Called when the engine ends."""
        self._paths: NetworkPaths | None = None

    @property
    def needed(self) -> bool:
        """Whether work continues without clients, or a client asked the engine to stay."""
        return bool(self.staying) or (self.queue is not None and self.queue.needed)

    @property
    def paths(self) -> NetworkPaths:
        """Created at first use."""
        from tui.network.paths import NetworkPaths  # the engine starts without it

        if self._paths is None:
            self._paths = NetworkPaths(self.connections, self.control_plane)
        return self._paths

    @property
    def transfers(self) -> TransferQueue:
        """Raises `ProblemError` if there is no queue."""
        if self.queue is None:
            raise ProblemError(self.no_queue)
        return self.queue

    async def store(self, connection: str) -> Store:
        """An identity's store, which obeys its safety settings. Raises `ProblemError`.

        A write forgets known facts of the bucket.
        """
        return NotingStore(await open_store(self.connections, connection), self.kept_facts.forget).as_store

    def services(self) -> Services:
        """For reading and writing settings documents."""
        from tui.documents.document import Services

        return Services(self.store, self.control_plane, lambda: self.addresses.book)

    def changes(self, *, keep: bool = True) -> DocumentChanger:
        """Without `keep` what it applies cannot be undone. Raises `ProblemError` before the engine has started."""
        from tui.documents.changing import (
            DocumentChanger,
            SavedChanges,
            UnsavedChanges,
        )  # imported late, so that listing starts without it

        if self.changes_file is None:
            raise ProblemError(NOT_STARTED)
        return DocumentChanger(self.services(), (SavedChanges if keep else UnsavedChanges)(self.changes_file))

    async def lists(self, name: str) -> Path:
        """The directory for lists of objects, beside the journal, without those that nobody needs.

        Raises `ProblemError` before the engine has started.
        """
        if self.changes_file is None:
            raise ProblemError(NOT_STARTED)
        directory = self.changes_file.parent / name
        if self.journal:
            orders = [each.order for each in await self.journal.transfers()]
            of_selections = [path for each in orders for path in (each.selection.renamed, each.selection.listed)]
            of_syncs = [each.shown for each in orders if isinstance(each, SyncOrder)]
            await asyncio.to_thread(remove_unnamed, directory, {*of_selections, *of_syncs})
        return directory

    async def recorded(self, transfer: str) -> tuple[Order, AsyncGenerator[ObjectResult, None]]:
        """A transfer's order and its results so far. Raises `ProblemError`."""
        records = await self.journal.transfers() if self.journal else []
        order = next((each.order for each in records if each.id == transfer), None)
        if self.journal is None or order is None:
            raise ProblemError(Problem(kind=ProblemKind.NO_SUCH_KEY, title=f"no transfer {transfer}"))
        return order, self.journal.results.of(transfer)

    async def stores(self, order: CopyOrder) -> tuple[Store, Store]:
        """Source and target. Raises `ProblemError`."""
        return await self.store(order.selection.connection), await self.store(order.destination.connection)

    async def identity(self, connection: str) -> Identity:
        """The identity as found out before, or now. Raises `ProblemError`."""
        return await self.connections.identity(connection, again=False)

    async def owners(self, order: CopyOrder) -> Owners:
        """The accounts of source and target. Raises `ProblemError`."""
        return Owners(await self.account(order.selection.connection), await self.account(order.destination.connection))

    async def account(self, connection: str) -> Owner | None:
        """An identity's account; None if its canonical ID is unknown. Raises `ProblemError`."""
        identity = await self.identity(connection)
        if not identity.canonical_id:  # it may be reachable again
            identity = await self.connections.identity(connection)
        return Owner(identity.canonical_id, identity.label) if identity.canonical_id else None


LONGEST_STAY = 12 * 3600.0
"""Seconds; as long as the longest session of a role."""


class Staying:
    """The time that clients asked the engine to stay; `ended` is called after it."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        self._timer: asyncio.TimerHandle | None = None

    def __bool__(self) -> bool:
        return self._timer is not None

    def stay(self, seconds: float) -> None:
        """Stay for this long, or longer if that was asked for before; 0 cancels it."""
        loop, before = asyncio.get_running_loop(), self._timer
        seconds = min(seconds, LONGEST_STAY)
        if before and 0 < seconds < before.when() - loop.time():
            return
        self.close()
        if seconds > 0:
            self._timer = loop.call_later(seconds, self._end)

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None

    def _end(self) -> None:
        self._timer = None
        self._ended()
