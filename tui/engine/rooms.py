"""What the engine answers with: identities, and their views of the object stores."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from tui.accounts.addresses import LiveAddressBook
from tui.accounts.connections import Connections
from tui.accounts.control_plane import ControlPlane
from tui.model.identity import Identity, Owner
from tui.model.plan import CopyOrder
from tui.protocol.messages.base import Feed, Request
from tui.stores.base import Store
from tui.stores.opening import open_store
from tui.transfers.order.ownership import Owners

if TYPE_CHECKING:
    from tui.inspection.network.paths import NetworkPaths


class Rooms:
    """The identities and stores of one engine, shared by everything that answers its clients."""

    def __init__(self) -> None:
        self.addresses = LiveAddressBook()
        self.connections = Connections(self.addresses)
        self.control_plane = ControlPlane(self.connections)
        self._paths: NetworkPaths | None = None

    @property
    def paths(self) -> NetworkPaths:
        """What finds out the path of requests, made when it is first asked for."""
        from tui.inspection.network.paths import NetworkPaths  # the engine starts without it

        if self._paths is None:
            self._paths = NetworkPaths(self.connections, self.control_plane)
        return self._paths

    async def store(self, connection: str) -> Store:
        """The store of an identity, which writes as far as its safety settings permit. Raises `ProblemError`."""
        return await open_store(self.connections, connection)

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


Answers = dict[type[Request[Any]], Callable[[Rooms, Any], Coroutine[Any, Any, object]]]
"""What answers requests, by their type."""

Feeds = dict[type[Feed[Any]], Callable[[Rooms, Any], AsyncGenerator[Any, None]]]
"""What answers feeds, by their type."""
