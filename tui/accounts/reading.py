"""Reads what the AWS settings say about an identity, and has the credentials that they name."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiobotocore.session import AioSession
from botocore.exceptions import InvalidConfigError, NoCredentialsError
from botocore.loaders import Loader, create_loader
from botocore.useragent import sanitize_user_agent_string_component

from tui.accounts.chain import settle_credentials
from tui.accounts.connection import Settings, Timeouts
from tui.accounts.endpoints import EndpointSetting, partition_of, region_of, s3_endpoint, without_passwords
from tui.accounts.logins import login_of
from tui.accounts.mfa import MfaSessions
from tui.accounts.problems import FAILURES, Attempt, no_credentials, problem_of
from tui.accounts.profiles import no_profile, read_settings
from tui.accounts.providers import look_after_providers
from tui.accounts.retries import settle_retries
from tui.accounts.roles import Assumption
from tui.accounts.vault import KeyVault
from tui.accounts.ways import label_of, way_of
from tui.model.identity import IdentitySpec
from tui.model.problem import Problem, ProblemError, ProblemKind


class SettingsReader:
    """Reads the settings anew for each who asks. Used from one event loop."""

    def __init__(self, vault: KeyVault, sessions: MfaSessions, timeouts: Timeouts) -> None:
        self._vault, self._sessions, self._timeouts = vault, sessions, timeouts
        self._loader: Loader | None = None
        self._loading = asyncio.Lock()

    async def read(self, spec: IdentitySpec) -> Settings:
        """What the settings say about a spec now; raise `ProblemError` where they cannot be used."""
        session = AioSession(profile=spec.profile)
        full = read_settings(session)
        name = session.profile or "default"
        if session.profile and session.profile not in full["profiles"]:
            raise ProblemError(no_profile(session.profile, full["profiles"]))
        session.register_component("data_loader", await self._models(session))
        look_after_providers(session, self._timeouts)
        try:
            settle_retries(session)
        except InvalidConfigError as error:
            raise ProblemError(problem_of(error, Attempt(name))) from error
        if app := session.get_config_variable("user_agent_appid"):
            session.user_agent_extra = "app/" + sanitize_user_agent_string_component(app, allow_hash=False)
        endpoint = s3_endpoint(session, spec)
        if endpoint.url != without_passwords(endpoint.url):
            raise ProblemError(_password_in(endpoint, name))
        region = region_of(session, spec)
        method, detail = way_of(spec, session)
        settings = Settings(
            spec=spec,
            session=session,
            label=label_of(spec, session),
            region=region,
            partition=partition_of(session, region),
            endpoint=endpoint,
            method=method,
            detail=detail,
            login=None if spec.anonymous or spec.access_key else login_of(full, name),
        )
        settle_credentials(Assumption(settings, self._sessions, self._timeouts), self._vault)
        return settings

    async def _models(self, session: AioSession) -> Loader:
        """The loader of service models that all sessions share, filled in a thread: reading them takes long."""
        async with self._loading:
            if self._loader is None:
                loader = create_loader(session.get_config_variable("data_path"))
                await asyncio.to_thread(_fill, loader)
                self._loader = loader
            return self._loader


async def credentials_of(settings: Settings) -> Any:
    """The session's credentials, fetched once so that a role that may not be assumed is known now; None: anonymous.

    Raises `ProblemError`.
    """
    if settings.spec.anonymous:
        return None
    with _mapped(settings.attempt):
        credentials: Any = await settings.session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
    return await renewed(credentials, settings.attempt)


async def renewed(credentials: Any, attempt: Attempt) -> Any:
    """The same credentials, renewed if it is time for that; raise `ProblemError` if they are of no use without it."""
    with _mapped(attempt):
        await credentials.get_frozen_credentials()
    return credentials


@contextmanager
def _mapped(attempt: Attempt) -> Iterator[None]:
    """Turn whatever having credentials raises in this block into a `ProblemError`."""
    try:
        yield
    except ValueError as error:  # an end that is no time, a container's URL that leads elsewhere
        raise ProblemError(no_credentials(error, attempt)) from error
    except FAILURES as error:
        raise ProblemError(problem_of(error, attempt)) from error


def _password_in(endpoint: EndpointSetting, identity: str) -> Problem:
    """The URL is shown wherever the identity is, and requests are signed: it can neither hide nor use a password."""
    return Problem(
        kind=ProblemKind.INVALID,
        title="an endpoint holds no password",
        cause=f"{without_passwords(endpoint.url)}, from {endpoint.source.value}",
        remedy="take name and password out of the URL; requests are signed with access keys",
        identity=identity,
    )


def _fill(loader: Loader) -> None:
    for service in ("s3", "sts"):
        for kind in ("service-2", "endpoint-rule-set-1"):
            loader.load_service_model(service, kind)
    for name in ("endpoints", "partitions", "sdk-default-configuration"):
        loader.load_data(name)
