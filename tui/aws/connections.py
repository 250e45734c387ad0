"""Connections: one per identity, created at first use and kept until the engine ends."""

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
from tui.aws.ids import connection_id, identity_without_account, spec_of
from tui.aws.problems import FAILURES, problem_of
from tui.aws.resolve import IdentityResolver, credentials_of, identify, refreshed
from tui.aws.roles import KeyName, MfaSessions, TypedKeyStore, checked_code, with_mfa_code
from tui.aws.safety import marked
from tui.aws.transport import note_request
from tui.core.identity import Identity, IdentitySpec
from tui.core.problem import ProblemError


class Connections:
    """All connections of the engine, by ID. Used from one event loop."""

    def __init__(
        self, addresses: LiveAddressBook | None = None, timeouts: Timeouts | None = None, *, short_way: bool = True
    ) -> None:
        """`short_way`: see `Connection.short_way`; tests compare both."""
        self.addresses = addresses or LiveAddressBook()
        self.services = defaultdict[str, ServiceTraits](ServiceTraits)
        self._timeouts, self._short_way = timeouts or Timeouts(), short_way
        self._made: dict[tuple[str, int], Connection] = {}
        self._known: dict[str, Identity] = {}
        self._asked: dict[str, float] = {}
        """Connections whose identity is completely known, with the loop's time when that was."""
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.clients = ClientPool()
        self.watchers = Watchers()
        self._typed_keys, self._sessions = TypedKeyStore(), MfaSessions()
        self._resolver = IdentityResolver(self._typed_keys, self._sessions, self._timeouts)
        self.before_close: list[Callable[[], None]] = []
        """Functions that close what others created for these connections."""

    async def get(self, connection: str, attempts: int = ATTEMPTS) -> Connection:
        """The connection of an ID, created if necessary; raises `ProblemError` if that fails.

        `attempts`: the number of requests before one fails. Except for `ONE_ATTEMPT`, the user's AWS settings take
        precedence.
        """
        async with self._making[connection]:
            if (connection, attempts) not in self._made:
                settings, credentials = await self._had(connection)
                self._made[connection, attempts] = await self._connect(connection, settings, credentials, attempts)
            return self._made[connection, attempts]

    async def _had(self, connection: str) -> tuple[ResolvedIdentity, Any]:
        """Settings and credentials of another connection of this ID, else new ones.

        So the identity on screen is the one that writes, and all its connections refresh credentials together.
        """
        for (name, _), made in self._made.items():
            if name == connection:
                return made.settings, made.credentials
        settings = await self._resolver.resolve(spec_of(connection))
        return settings, await credentials_of(settings)

    async def renew(self, connection: str) -> Connection:
        """A connection of one attempt with credentials resolved again from the settings.

        It replaces earlier connections for later requests; those close when they are no longer in use. If settings and
        credentials are unchanged, the old connection is returned. Raises `ProblemError` if it cannot be created; then
        nothing changes.
        """
        async with self._making[connection]:
            settings = await self._resolver.resolve(spec_of(connection))
            credentials = await credentials_of(settings)
            old = self._made.get((connection, ONE_ATTEMPT))
            if old and old.settings.same_as(settings) and same_credentials(old.credentials, credentials):
                return old
            new = await self._connect(connection, settings, credentials, ONE_ATTEMPT)
            self._forget(connection)
            self._known.pop(connection, None)  # another user may have signed in
            self._made[connection, ONE_ATTEMPT] = new
        self.watchers.wake(connection)
        return new

    async def fresh(self, connection: str) -> Any:
        """The connection's credentials, refreshed if necessary; None if it has none. Raises `ProblemError`."""
        if not spec_of(connection).kind.has_accounts:
            return None
        made = await self.get(connection)
        return await refreshed(made.credentials, made.settings.attempt) if made.credentials else None

    async def last_known(self, connection: str) -> Identity:
        """The identity as last seen, or as configured. Raises `ProblemError`."""
        if known := self._known.get(connection):
            return known
        settings = await self._resolver.resolve(spec_of(connection))
        return marked(identity_of(settings), self.addresses.book, final=False)

    def give_keys(
        self, access_key: str, secret: str, session_token: str = "", *, endpoint: str = "", named: str = ""
    ) -> None:
        """Accept typed keys for all specs that name them, connected or not; raises `ProblemError` for invalid keys.

        `named`: the name in the specs, if the access key ID changes with each renewal.
        """
        self._typed_keys.give(KeyName(named or access_key, endpoint), secret, session_token, access_key)
        self.watchers.wake()

    async def give_code(self, connection: str, code: str) -> None:
        """Assume the role that needs an MFA code, for all users of the session; raises `ProblemError`."""
        digits = checked_code(code, connection)
        async with self._making[connection]:
            settings = await self._resolver.resolve(spec_of(connection))
            with with_mfa_code(digits):
                await credentials_of(settings)
        self.watchers.wake()

    async def identify(self, spec: IdentitySpec) -> AsyncGenerator[Identity, None]:
        """The identity of a spec: first as configured, then updated with each response.

        The settings are read again. Raises `ProblemError` if the identity cannot be used at all (no such profile, no
        credentials, a role that may not be assumed); if only parts stay unknown, the last identity's `problem` says
        why.
        """
        if not spec.kind.has_accounts:
            yield marked(identity_without_account(spec), self.addresses.book)
            return
        settings = await self._resolver.resolve(spec)
        yield marked(identity_of(settings), self.addresses.book, final=False)
        self._forget(connection_id(spec))
        async with aclosing(self._identified(connection_id(spec))) as identities:
            async for identity in identities:
                yield identity
        self.watchers.wake(connection_id(spec))

    async def identity(self, connection: str, *, again: bool = True) -> Identity:
        """A connection's identity; sends requests if none were sent yet. Raises `ProblemError`.

        It asks again if the identity was out of reach or unusable: at once with `again`, otherwise after a while.
        Without access to STS every caller would wait for long.
        """
        if not (spec := spec_of(connection)).kind.has_accounts:
            return marked(identity_without_account(spec), self.addresses.book)
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
        """The identity with each response, remembered, and marked with the user's write restrictions."""
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
        """The current configuration of an identity; raises `ProblemError` if it cannot be used."""
        return await self._resolver.resolve(spec_of(connection))

    async def close(self) -> None:
        for close in self.before_close:
            close()
        self._made.clear()
        await self.clients.close()

    def _forget(self, connection: str) -> None:
        """The next request creates a new connection; users of the old one continue."""
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


RENEW_AGAIN = 60.0
"""Seconds between attempts to renew credentials."""


class Watchers:
    """The watchers of all connections. Used from one event loop."""

    def __init__(self) -> None:
        self._watching: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def watching(self, connection: str) -> Iterator[asyncio.Event]:
        """In this block the event is set whenever the connection may have changed."""
        changed = asyncio.Event()
        self._watching[connection].add(changed)
        try:
            yield changed
        finally:
            self._watching[connection].discard(changed)
            if not self._watching[connection]:
                del self._watching[connection]

    def wake(self, connection: str = "") -> None:
        """The connection (empty: any) may have changed."""
        for name, events in self._watching.items():
            if connection in ("", name):
                for event in events:
                    event.set()
