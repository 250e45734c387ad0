"""Connections: one per identity, made when first asked for and kept until the engine ends."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any

from tui.aws.addresses import LiveAddressBook
from tui.aws.clients import ClientPool, only_own_hosts
from tui.aws.connection import (
    ATTEMPTS,
    ONE_ATTEMPT,
    Connection,
    ResolvedIdentity,
    ServiceTraits,
    Timeouts,
    client_config,
    identity_of,
)
from tui.aws.credentials import same_credentials
from tui.aws.ids import connection_id, local_identity, spec_of
from tui.aws.problems import FAILURES, problem_of
from tui.aws.resolve import IdentityResolver, credentials_of, identify, refreshed
from tui.aws.roles import KeyName, MfaSessions, TypedKeyStore, checked_code, with_mfa_code
from tui.aws.safety import marked
from tui.aws.transport import note_request
from tui.core.identity import Identity, IdentitySpec
from tui.core.problem import ProblemError


class Connections:
    """All connections of the engine, by id. Used from one event loop."""

    def __init__(
        self, addresses: LiveAddressBook | None = None, timeouts: Timeouts | None = None, *, short_way: bool = True
    ) -> None:
        """`short_way`: see `Connection.short_way`; tests compare both ways."""
        self.addresses = addresses or LiveAddressBook()
        self.services = ServiceTraits()
        self._timeouts, self._short_way = timeouts or Timeouts(), short_way
        self._made: dict[tuple[str, int], Connection] = {}
        self._known: dict[str, Identity] = {}
        self._asked: dict[str, float] = {}
        """The connections whose identity is known as far as possible, and since when, by the loop's clock."""
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.clients = ClientPool()
        self.watchers = Watchers()
        self._typed_keys, self._sessions = TypedKeyStore(), MfaSessions()
        self._resolver = IdentityResolver(self._typed_keys, self._sessions, self._timeouts)
        self.before_close: list[Callable[[], None]] = []
        """Closes what others have made for these connections."""

    async def get(self, connection: str, attempts: int = ATTEMPTS) -> Connection:
        """The connection of an id, made now if need be; raise `ProblemError` if it cannot be made.

        `attempts`: how often a request is sent, in all, before it fails; unless it is `ONE_ATTEMPT` the
        user's AWS settings are stronger.
        """
        async with self._making[connection]:
            if (connection, attempts) not in self._made:
                settings, credentials = await self._had(connection)
                self._made[connection, attempts] = await self._connect(connection, settings, credentials, attempts)
            return self._made[connection, attempts]

    async def _had(self, connection: str) -> tuple[ResolvedIdentity, Any]:
        """What another connection of the id goes by, else what is found now.

        The identity that was shown is the one that writes, and credentials are refreshed for all of them at once.
        """
        for (name, _), made in self._made.items():
            if name == connection:
                return made.settings, made.credentials
        settings = await self._resolver.resolve(spec_of(connection))
        return settings, await credentials_of(settings)

    async def renew(self, connection: str) -> Connection:
        """A connection of one attempt with the credentials that are found now, wherever the settings say.

        It replaces earlier ones for all later requests; those are closed when they are not in use any more.
        Where the very same settings and credentials are found, it is the one there was. Raises `ProblemError` if none
        can be made; what there was is then left as it is.
        """
        async with self._making[connection]:
            settings = await self._resolver.resolve(spec_of(connection))
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
        """The connection's credentials, refreshed if it is time; None if there are none. Raises `ProblemError`."""
        if spec_of(connection).local:
            return None
        made = await self.get(connection)
        return await refreshed(made.credentials, made.settings.attempt) if made.credentials else None

    async def last_known(self, connection: str) -> Identity:
        """The identity of a connection as last found out, or as configured. Raises `ProblemError`."""
        if known := self._known.get(connection):
            return known
        settings = await self._resolver.resolve(spec_of(connection))
        return marked(identity_of(settings), self.addresses.book, final=False)

    def give_keys(
        self, access_key: str, secret: str, session_token: str = "", *, endpoint: str = "", named: str = ""
    ) -> None:
        """Take typed keys, for every spec that names them there, connected or not; raise `ProblemError` for no keys.

        `named`: what specs call them, where the access key's id changes with each renewal.
        """
        self._typed_keys.give(KeyName(named or access_key, endpoint), secret, session_token, access_key)
        self.watchers.wake()

    async def give_code(self, connection: str, code: str) -> None:
        """Assume the role that needs it with an MFA code, for all that share the session; raise `ProblemError`."""
        digits = checked_code(code, connection)
        async with self._making[connection]:
            settings = await self._resolver.resolve(spec_of(connection))
            with with_mfa_code(digits):
                await credentials_of(settings)
        self.watchers.wake()

    async def identify(self, spec: IdentitySpec) -> AsyncGenerator[Identity, None]:
        """The identity of a spec: first as configured, then, with each response, as it really is.

        A new look at the settings is taken. Raises `ProblemError` when the identity cannot be used at all (no such
        profile, no credentials, a role that may not be assumed); what merely stays unknown is the last
        identity's `problem`.
        """
        if spec.local:
            yield marked(local_identity(spec), self.addresses.book)
            return
        settings = await self._resolver.resolve(spec)
        yield marked(identity_of(settings), self.addresses.book, final=False)
        self._forget(connection_id(spec))
        async with aclosing(self._identified(connection_id(spec))) as identities:
            async for identity in identities:
                yield identity
        self.watchers.wake(connection_id(spec))

    async def identity(self, connection: str, *, again: bool = True) -> Identity:
        """A connection's identity, found out now by requests if none were sent yet. Raises `ProblemError`.

        It is asked again if it was out of reach, or its credentials were of no use: `again`, or a while after that. A
        network without access to STS makes every caller wait for long.
        """
        if (spec := spec_of(connection)).local:
            return marked(local_identity(spec), self.addresses.book)
        if self._to_be_asked(connection, again=again):
            async with aclosing(self._identified(connection)) as identities:
                async for _ in identities:
                    pass
        return marked(self._known[connection], self.addresses.book)  # names may have been learned since

    def _to_be_asked(self, connection: str, *, again: bool) -> bool:
        known, asked = self._known.get(connection), self._asked.get(connection)
        if known is None or asked is None:
            return True
        grave = known.problem is not None and known.problem.kind.meaning.unusable
        return grave and (again or asyncio.get_running_loop().time() - asked > RENEW_AGAIN)

    async def _identified(self, connection: str) -> AsyncGenerator[Identity, None]:
        """The identity as the answers come, remembered, and marked with what the user's settings forbid it."""
        self._asked.pop(connection, None)
        async with aclosing(identify(await self.get(connection))) as identities:
            async for identity in identities:
                self._asked.pop(connection, None)  # another caller may have finished in the meantime
                known = self._known[connection] = marked(identity, self.addresses.book, final=False)
                yield known
        final = self._known[connection] = marked(known, self.addresses.book)
        self._asked[connection] = asyncio.get_running_loop().time()
        if final != known:
            yield final

    async def settings(self, connection: str) -> ResolvedIdentity:
        """What the configuration says about an identity now; raise `ProblemError` if it cannot be used."""
        return await self._resolver.resolve(spec_of(connection))

    async def close(self) -> None:
        """Close every client."""
        for close in self.before_close:
            close()
        self._made.clear()
        await self.clients.close()

    def _forget(self, connection: str) -> None:
        """Make a new one at the next request; what still uses the old one continues."""
        for key in [key for key in self._made if key[0] == connection]:
            del self._made[key]

    async def _connect(self, name: str, settings: ResolvedIdentity, credentials: Any, attempts: int) -> Connection:
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
        endpoint, configured = client.meta.endpoint_url, bool(settings.endpoint.url)
        stay = only_own_hosts(endpoint, settings.session, settings.partition, configured=configured)
        client.meta.events.register("before-send.s3", stay)
        client.meta.events.register("before-send.s3", note_request)
        made_with: Any = client.meta.config  # its stub does not know `retries`
        connection = Connection(
            id=name,
            settings=settings,
            client=client,
            endpoint=endpoint,
            credentials=credentials,
            addresses=self.addresses,
            services=self.services,
            attempts=made_with.retries["total_max_attempts"],
            timeouts=self._timeouts,
            short_way=self._short_way,
        )
        self.clients.tie(creating, connection)
        return connection


# Wakes the watchers of a connection whenever its identity may have changed.

RENEW_AGAIN = 60.0
"""Seconds between two tries to renew credentials that could not be renewed."""


class Watchers:
    """The watchers of all connections. Used from one event loop."""

    def __init__(self) -> None:
        self._watching: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def watching(self, connection: str) -> Iterator[asyncio.Event]:
        """In this block the event is set whenever the connection may have become another."""
        changed = asyncio.Event()
        self._watching[connection].add(changed)
        try:
            yield changed
        finally:
            self._watching[connection].discard(changed)
            if not self._watching[connection]:
                del self._watching[connection]

    def wake(self, connection: str = "") -> None:
        """A connection (empty: any) may have become another."""
        for name, events in self._watching.items():
            if connection in ("", name):
                for event in events:
                    event.set()
