"""Connections: one per identity, made when first asked for and kept until the engine ends."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from aiobotocore.session import AioSession
from botocore.exceptions import NoCredentialsError
from botocore.loaders import Loader, create_loader
from botocore.useragent import sanitize_user_agent_string_component

from tui.accounts.addresses import AddressKeeper
from tui.accounts.clients import Clients
from tui.accounts.connection import ATTEMPTS, ONE_ATTEMPT, Connection, Settings, Timeouts, client_config, described
from tui.accounts.credentials import refuse_prompts, same_credentials
from tui.accounts.endpoints import partition_of, region_of, s3_endpoint
from tui.accounts.ids import connection_id, spec_of
from tui.accounts.local import local_identity
from tui.accounts.problems import FAILURES, credentials_remedy, problem_of
from tui.accounts.profiles import method_of, no_profile, read_settings
from tui.accounts.transport import note_request
from tui.accounts.whoami import GRAVE, identify
from tui.model.identity import AuthMethod, Identity, IdentitySpec
from tui.model.problem import ProblemError, ProblemKind


class Connections:
    """All connections of the engine, by id. Used from one event loop."""

    def __init__(self, addresses: AddressKeeper | None = None, timeouts: Timeouts | None = None) -> None:
        self.addresses = addresses or AddressKeeper()
        self._timeouts = timeouts or Timeouts()
        self._made: dict[tuple[str, int], Connection] = {}
        self._known: dict[str, Identity] = {}
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.clients = Clients()
        self._loader: Loader | None = None
        self._loading = asyncio.Lock()

    async def get(self, connection: str, attempts: int = ATTEMPTS) -> Connection:
        """The connection of an id, made now if need be; raise `ProblemError` if it cannot be made.

        `attempts`: how often a request is sent, in all, before its failure is told.
        """
        async with self._making[connection]:
            if (connection, attempts) not in self._made:
                settings = await self._settings(spec_of(connection))
                self._made[connection, attempts] = await self._connect(
                    connection, settings, await _credentials(settings), attempts
                )
            return self._made[connection, attempts]

    async def renew(self, connection: str) -> Connection:
        """A connection of one attempt with the credentials that are found now, wherever the settings say.

        It replaces those there were, for whoever asks from now on; they are closed when nobody uses them any more.
        Where the very same settings and credentials are found, it is the one there was. Raises `ProblemError` if none
        can be made; what there was is then left as it is.
        """
        async with self._making[connection]:
            settings = await self._settings(spec_of(connection))
            credentials = await _credentials(settings)
            old = self._made.get((connection, ONE_ATTEMPT))
            if old and old.settings.same_as(settings) and same_credentials(old.credentials, credentials):
                return old
            new = await self._connect(connection, settings, credentials, ONE_ATTEMPT)
            self._forget(connection)
            self._known.pop(connection, None)  # others may have signed in
            self._made[connection, ONE_ATTEMPT] = new
            return new

    async def identify(self, spec: IdentitySpec) -> AsyncGenerator[Identity, None]:
        """Who a spec is: first what the configuration says, then, as the answers come, who it really is.

        A new look at the settings is taken. Raises `ProblemError` when the identity cannot be used at all (no such
        profile, no credentials, a role that may not be assumed); what merely stays unknown is the last
        identity's `problem`.
        """
        if spec.local:
            yield local_identity(spec)
            return
        settings = await self._settings(spec)
        yield described(settings)
        self._forget(connection_id(spec))
        async with aclosing(identify(await self.get(connection_id(spec)))) as identities:
            async for identity in identities:
                self._known[identity.connection] = identity
                yield identity

    async def identity(self, connection: str) -> Identity:
        """Who a connection is, as far as was found out; it is asked now if nobody has. Raises `ProblemError`.

        It is asked again if it was out of reach, or its credentials were of no use.
        """
        if connection not in self._known and (spec := spec_of(connection)).local:
            self._known[connection] = local_identity(spec)
        known = self._known.get(connection)
        if known is None or (known.problem and known.problem.kind in GRAVE):
            async with aclosing(identify(await self.get(connection))) as identities:
                async for identity in identities:
                    self._known[connection] = identity
        return self._known[connection]

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
        config = client_config(anonymous=spec.anonymous, attempts=attempts, timeouts=self._timeouts)
        try:
            creating = settings.session.create_client(
                "s3", region_name=settings.region, endpoint_url=spec.endpoint, config=config
            )
            client = await self.clients.open(creating)
        except FAILURES as error:
            raise ProblemError(problem_of(error, settings.attempt)) from error
        client.meta.events.register("before-send.s3", note_request)
        connection = Connection(
            id=name,
            settings=settings,
            client=client,
            endpoint=client.meta.endpoint_url,
            credentials=credentials,
            addresses=self.addresses,
            attempts=attempts,
            timeouts=self._timeouts,
        )
        self.clients.tie(creating, connection)
        return connection

    async def _settings(self, spec: IdentitySpec) -> Settings:
        session = AioSession(profile=spec.profile)
        full = read_settings(session)
        name = session.profile or "default"
        if session.profile and session.profile not in full["profiles"]:
            raise ProblemError(no_profile(session.profile, full["profiles"]))
        session.register_component("data_loader", await self._models(session))
        refuse_prompts(session)
        if app := session.get_config_variable("user_agent_appid"):
            session.user_agent_extra = "app/" + sanitize_user_agent_string_component(app, allow_hash=False)
        region = region_of(session, spec)
        return Settings(
            spec=spec,
            session=session,
            label="anonymous" if spec.anonymous else name,
            region=region,
            partition=partition_of(session, region),
            endpoint=s3_endpoint(session, spec),
            method=AuthMethod.ANONYMOUS if spec.anonymous else method_of(full["profiles"].get(name, {}), full)[0],
        )

    async def _models(self, session: AioSession) -> Loader:
        """The loader of service models that all sessions share, filled in a thread: reading them takes long."""
        async with self._loading:
            if self._loader is None:
                loader = create_loader(session.get_config_variable("data_path"))
                await asyncio.to_thread(_fill, loader)
                self._loader = loader
            return self._loader


async def _credentials(settings: Settings) -> Any:
    """The session's credentials, fetched once so that a role that may not be assumed is known now; None: anonymous."""
    if settings.spec.anonymous:
        return None
    try:
        credentials: Any = await settings.session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        await credentials.get_frozen_credentials()
    except (OSError, ValueError) as error:  # a credential process that is not there, or prints no JSON
        remedy = credentials_remedy(settings.attempt)
        problem = settings.attempt.problem(ProblemKind.NO_CREDENTIALS, "no credentials", str(error), remedy)
        raise ProblemError(problem) from error
    except FAILURES as error:
        raise ProblemError(problem_of(error, settings.attempt)) from error
    return credentials


def _fill(loader: Loader) -> None:
    for service in ("s3", "sts"):
        for kind in ("service-2", "endpoint-rule-set-1"):
            loader.load_service_model(service, kind)
    for name in ("endpoints", "partitions", "sdk-default-configuration"):
        loader.load_data(name)
