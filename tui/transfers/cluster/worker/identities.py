"""The identities of one transfer in a worker: its own profiles, or credentials that the engine gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.aws.renewal import probe
from tui.core.identity import Identity, IdentitySpec
from tui.stores.base import Store
from tui.stores.opening import open_store
from tui.transfers.cluster.talk import Keys


class WorkerIdentities:
    """Connections by the names that the engine has for them. What asks a service raises `ProblemError`."""

    def __init__(self) -> None:
        self._connections = Connections()
        self._given: Mapping[str, IdentitySpec] = {}

    def give(self, specs: Mapping[str, IdentitySpec]) -> None:
        """These connections get their credentials from the engine; the others are profiles."""
        self._given = specs

    def take_keys(self, given: Sequence[Keys]) -> None:
        """Use these credentials from now on."""
        for keys in given:
            if spec := self._given.get(keys.connection):
                self._connections.give_keys(
                    keys.access_key,
                    keys.secret,
                    keys.session_token,
                    endpoint=spec.endpoint or "",
                    named=spec.access_key,
                )

    async def identity(self, connection: str) -> Identity:
        """Who it is."""
        return await self._connections.identity(self._name(connection))

    async def open(self, connection: str) -> Store:
        """Its store, which tries each request once."""
        return await open_store(self._connections, self._name(connection), attempts=1)

    async def probe(self, connection: str) -> None:
        """Whether it can be used."""
        await probe(self._connections, self._name(connection))

    async def close(self) -> None:
        """Close every connection."""
        await self._connections.close()

    def _name(self, connection: str) -> str:
        """What a connection of the engine is here."""
        spec = self._given.get(connection)
        return connection if spec is None else connection_id(spec)
