"""What the engine answers with: identities, and their views of the object stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tui.aws.addresses import AddressFileSync, LiveAddressBook
from tui.aws.connections import Connections
from tui.aws.control_plane import ControlPlane
from tui.aws.renewal import probe
from tui.core.identity import Identity, Owner
from tui.core.orders import CopyOrder, Order
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult
from tui.policies.asking import KeptReplies
from tui.queue.job_control import JobControl
from tui.stores.base import Store
from tui.stores.opening import noting, open_store
from tui.transfers.bucket_owner import Owners
from tui.transfers.retries import Retries

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
    """The identities, stores and transfers of one engine, shared by everything that answers its clients."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        """`changed` is called when the time that clients asked the engine to stay is over."""
        self.changes_file: Path | None = None
        """Where changes of settings documents are kept; None until the engine has started."""
        self.journal: Journal | None = None
        """None until the engine has started, or if it cannot be opened."""
        self.addresses = LiveAddressBook()
        self.address_file: AddressFileSync | None = None
        """What reads and writes its lines; None until the engine has started."""
        self.connections = Connections(self.addresses)
        self.retries = Retries(partial(probe, self.connections))
        self.staying = Staying(changed)
        self.kept_facts = KeptReplies()
        self.control_plane = ControlPlane(self.connections, self.kept_facts.clear)
        self.jobs = JobControl(self.control_plane, self.identity)
        self.queue: TransferQueue | None = None
        """The transfers; None until the engine has started, and without a journal."""
        self.no_queue = NOT_STARTED
        """Why there is none."""
        self.stream_uploads: dict[str, tuple[StreamUpload, BeginUpload]] = {}
        """The uploads from streams that clients have begun, and what they asked for, by their ids."""
        self.endings: list[Callable[[], None]] = []
        """What is called when the engine ends."""
        self._paths: NetworkPaths | None = None

    @property
    def paths(self) -> NetworkPaths:
        """What finds out the path of requests, made when it is first asked for."""
        from tui.network.paths import NetworkPaths  # the engine starts without it

        if self._paths is None:
            self._paths = NetworkPaths(self.connections, self.control_plane)
        return self._paths

    @property
    def transfers(self) -> TransferQueue:
        """The transfers. Raises `ProblemError` where there are none."""
        if self.queue is None:
            raise ProblemError(self.no_queue)
        return self.queue

    async def store(self, connection: str) -> Store:
        """The store of an identity, which writes as far as its safety settings permit. Raises `ProblemError`.

        What it writes ends what was known of the bucket.
        """
        return noting(await open_store(self.connections, connection), self.kept_facts.forget)

    def services(self) -> Services:
        """What settings documents are read and written by."""
        from tui.documents.document import Services

        return Services(self.store, self.control_plane, lambda: self.addresses.book)

    def changes(self) -> DocumentChanger:
        """The changes of settings documents. Raises `ProblemError` until the engine has started."""
        from tui.documents.changing import DocumentChanger, SavedChanges  # no list waits for this room to be imported

        if self.changes_file is None:
            raise ProblemError(NOT_STARTED)
        return DocumentChanger(self.services(), SavedChanges(self.changes_file))

    async def recorded(self, transfer: str) -> tuple[Order, AsyncGenerator[ObjectResult, None]]:
        """The order of a transfer, and what has become of its objects until now. Raises `ProblemError`."""
        records = await self.journal.transfers() if self.journal else []
        order = next((each.order for each in records if each.id == transfer), None)
        if self.journal is None or order is None:
            raise ProblemError(Problem(kind=ProblemKind.NO_SUCH_KEY, title=f"no transfer {transfer}"))
        return order, self.journal.results.of(transfer)

    async def stores(self, order: CopyOrder) -> tuple[Store, Store]:
        """The stores of source and target. Raises `ProblemError`."""
        return await self.store(order.selection.connection), await self.store(order.destination.connection)

    async def identity(self, connection: str) -> Identity:
        """What an identity is, as found out before, or now. Raises `ProblemError`."""
        return await self.connections.identity(connection, again=False)

    async def owners(self, order: CopyOrder) -> Owners:
        """The accounts of source and target. Raises `ProblemError`."""
        return Owners(await self.account(order.selection.connection), await self.account(order.destination.connection))

    async def account(self, connection: str) -> Owner | None:
        """The account of an identity; None: its canonical id is not known. Raises `ProblemError`."""
        identity = await self.identity(connection)
        if not identity.canonical_id:  # it may be in reach again
            identity = await self.connections.identity(connection)
        return Owner(identity.canonical_id, identity.label) if identity.canonical_id else None


LONGEST_STAY = 12 * 3600.0
"""Seconds; as long as the longest session of a role."""


class Staying:
    """What clients have asked for. `ended` is called when the time is over."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        self._timer: asyncio.TimerHandle | None = None

    def __bool__(self) -> bool:
        """Whether the time is not over yet."""
        return self._timer is not None

    def stay(self, seconds: float) -> None:
        """Stay for this long from now, or for longer if that was asked for before; 0 takes it back."""
        loop, before = asyncio.get_running_loop(), self._timer
        seconds = min(seconds, LONGEST_STAY)
        if before and 0 < seconds < before.when() - loop.time():
            return
        self.close()
        if seconds > 0:
            self._timer = loop.call_later(seconds, self._end)

    def close(self) -> None:
        """Wait no longer."""
        if self._timer:
            self._timer.cancel()
        self._timer = None

    def _end(self) -> None:
        self._timer = None
        self._ended()
