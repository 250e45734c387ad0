"""Connections: one per identity, made when first asked for and kept until the engine ends."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from tui.accounts.addresses import AddressKeeper
from tui.accounts.clients import Clients
from tui.accounts.connection import Connection, Settings, Timeouts, client_config, described
from tui.accounts.credentials import same_credentials
from tui.accounts.ids import connection_id, spec_of
from tui.accounts.lifetime import AGAIN, Watchers
from tui.accounts.local import local_identity
from tui.accounts.mfa import MfaSessions, checked_code, giving
from tui.accounts.problems import FAILURES, problem_of
from tui.accounts.reading import SettingsReader, credentials_of, renewed
from tui.accounts.retries import ATTEMPTS, ONE_ATTEMPT
from tui.accounts.safety import marked
from tui.accounts.transport import note_request
from tui.accounts.vault import KeyName, KeyVault
from tui.accounts.whoami import identify
from tui.model.identity import Identity, IdentitySpec
from tui.model.problem import GRAVE, ProblemError


class Connections:
    """All connections of the engine, by id. Used from one event loop."""

    def __init__(self, addresses: AddressKeeper | None = None, timeouts: Timeouts | None = None) -> None:
        self.addresses = addresses or AddressKeeper()
        self._timeouts = timeouts or Timeouts()
        self._made: dict[tuple[str, int], Connection] = {}
        self._known: dict[str, Identity] = {}
        self._asked: dict[str, float] = {}
        """The connections of whose identity all is known that can be, and since when, by the loop's clock."""
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.clients = Clients()
        self.watchers = Watchers()
        self._vault, self._sessions = KeyVault(), MfaSessions()
        self._reader = SettingsReader(self._vault, self._sessions, self._timeouts)

    async def get(self, connection: str, attempts: int = ATTEMPTS) -> Connection:
        """The connection of an id, made now if need be; raise `ProblemError` if it cannot be made.

        `attempts`: how often a request is sent, in all, before its failure is told; unless it is `ONE_ATTEMPT` the
        user's AWS settings are stronger.
        """
        async with self._making[connection]:
            if (connection, attempts) not in self._made:
                settings, credentials = await self._had(connection)
                self._made[connection, attempts] = await self._connect(connection, settings, credentials, attempts)
            return self._made[connection, attempts]

    async def _had(self, connection: str) -> tuple[Settings, Any]:
        """What another connection of the id goes by, else what is found now.

        Whoever was asked who it is, is then who writes, and credentials are renewed for all of them at once.
        """
        for (name, _), made in self._made.items():
            if name == connection:
                return made.settings, made.credentials
        settings = await self._reader.read(spec_of(connection))
        return settings, await credentials_of(settings)

    async def renew(self, connection: str) -> Connection:
        """A connection of one attempt with the credentials that are found now, wherever the settings say.

        It replaces those there were, for whoever asks from now on; they are closed when nobody uses them any more.
        Where the very same settings and credentials are found, it is the one there was. Raises `ProblemError` if none
        can be made; what there was is then left as it is.
        """
        async with self._making[connection]:
            settings = await self._reader.read(spec_of(connection))
            credentials = await credentials_of(settings)
            old = self._made.get((connection, ONE_ATTEMPT))
            if old and old.settings.same_as(settings) and same_credentials(old.credentials, credentials):
                return old
            new = await self._connect(connection, settings, credentials, ONE_ATTEMPT)
            self._forget(connection)
            self._known.pop(connection, None)  # others may have signed in
            self._made[connection, ONE_ATTEMPT] = new
        self.watchers.wake(connection)
        return new

    async def fresh(self, connection: str) -> Any:
        """The connection's credentials, renewed if it is time; None for who has none. Raises `ProblemError`."""
        if spec_of(connection).local:
            return None
        made = await self.get(connection)
        return await renewed(made.credentials, made.settings.attempt) if made.credentials else None

    async def last_known(self, connection: str) -> Identity:
        """Who a connection was when it was last asked, or what the settings say. Raises `ProblemError`."""
        if known := self._known.get(connection):
            return known
        settings = await self._reader.read(spec_of(connection))
        return marked(described(settings), self.addresses.book, final=False)

    def give_keys(self, access_key: str, secret: str, session_token: str = "", *, endpoint: str = "") -> None:
        """Take typed keys, for every spec that names them there, connected or not; raise `ProblemError` for no keys."""
        self._vault.give(KeyName(access_key, endpoint), secret, session_token)
        self.watchers.wake()

    async def give_code(self, connection: str, code: str) -> None:
        """Assume the role that needs it with an MFA code, for all who share the session; raise `ProblemError`."""
        digits = checked_code(code, connection)
        async with self._making[connection]:
            settings = await self._reader.read(spec_of(connection))
            with giving(digits):
                await credentials_of(settings)
        self.watchers.wake()

    async def identify(self, spec: IdentitySpec) -> AsyncGenerator[Identity, None]:
        """Who a spec is: first what the configuration says, then, as the answers come, who it really is.

        A new look at the settings is taken. Raises `ProblemError` when the identity cannot be used at all (no such
        profile, no credentials, a role that may not be assumed); what merely stays unknown is the last
        identity's `problem`.
        """
        if spec.local:
            yield marked(local_identity(spec), self.addresses.book, final=True)
            return
        settings = await self._reader.read(spec)
        yield marked(described(settings), self.addresses.book, final=False)
        self._forget(connection_id(spec))
        async with aclosing(self._identified(connection_id(spec))) as identities:
            async for identity in identities:
                yield identity
        self.watchers.wake(connection_id(spec))

    async def identity(self, connection: str, *, again: bool = True) -> Identity:
        """Who a connection is, as far as can be found out; it is asked now if nobody has. Raises `ProblemError`.

        It is asked again if it was out of reach, or its credentials were of no use: `again`, or a while after that. A
        network without a way to STS lets those who ask it wait for long, each time.
        """
        if (spec := spec_of(connection)).local:
            return marked(local_identity(spec), self.addresses.book, final=True)
        if self._to_be_asked(connection, again=again):
            async with aclosing(self._identified(connection)) as identities:
                async for _ in identities:
                    pass
        return marked(self._known[connection], self.addresses.book, final=True)  # names may have been learned since

    def _to_be_asked(self, connection: str, *, again: bool) -> bool:
        known, asked = self._known.get(connection), self._asked.get(connection)
        if known is None or asked is None:
            return True
        grave = known.problem is not None and known.problem.kind in GRAVE
        return grave and (again or asyncio.get_running_loop().time() - asked > AGAIN)

    async def _identified(self, connection: str) -> AsyncGenerator[Identity, None]:
        """The identity as the answers come, remembered, and marked with what the user's settings forbid it."""
        self._asked.pop(connection, None)
        async with aclosing(identify(await self.get(connection))) as identities:
            async for identity in identities:
                self._asked.pop(connection, None)  # another who asked may have ended meanwhile
                known = self._known[connection] = marked(identity, self.addresses.book, final=False)
                yield known
        final = self._known[connection] = marked(known, self.addresses.book, final=True)
        self._asked[connection] = asyncio.get_running_loop().time()
        if final != known:
            yield final

    async def settings(self, connection: str) -> Settings:
        """What the configuration says about an identity now; raise `ProblemError` if it cannot be used."""
        return await self._reader.read(spec_of(connection))

    async def close(self) -> None:
        """Close every client."""
        self._made.clear()
        await self.clients.close()

    def _forget(self, connection: str) -> None:
        """Make it anew when it is asked for next; what still uses an old one goes on."""
        for key in [key for key in self._made if key[0] == connection]:
            del self._made[key]

    async def _connect(self, name: str, settings: Settings, credentials: Any, attempts: int) -> Connection:
        spec = settings.spec
        config = client_config(
            anonymous=spec.anonymous, attempts=attempts, timeouts=self._timeouts, path_style=spec.path_style
        )
        try:
            creating = settings.session.create_client(
                "s3", region_name=settings.region, endpoint_url=spec.endpoint, config=config
            )
            client = await self.clients.open(creating)
        except FAILURES as error:
            raise ProblemError(problem_of(error, settings.attempt)) from error
        client.meta.events.register("before-send.s3", note_request)
        made_with: Any = client.meta.config  # its stub does not know `retries`
        connection = Connection(
            id=name,
            settings=settings,
            client=client,
            endpoint=client.meta.endpoint_url,
            credentials=credentials,
            addresses=self.addresses,
            attempts=made_with.retries["total_max_attempts"],
            timeouts=self._timeouts,
        )
        self.clients.tie(creating, connection)
        return connection
