"""Resolves an identity: what the AWS settings say about it, and the credentials that they name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiobotocore.session import AioSession
from botocore.exceptions import InvalidConfigError, NoCredentialsError
from botocore.useragent import sanitize_user_agent_string_component

from tui.accounts.answers import SERVICES, check_answer
from tui.accounts.auth_methods import label_of, method_and_detail
from tui.accounts.clients.connection import ResolvedIdentity, Timeouts
from tui.accounts.clients.endpoints import EndpointSetting, partition_of, region_of, s3_endpoint
from tui.accounts.clients.models import models
from tui.accounts.clients.retries import set_retry_defaults
from tui.accounts.credentials.chain import set_credential_providers
from tui.accounts.credentials.mfa import MfaSessions
from tui.accounts.credentials.providers import bound_providers
from tui.accounts.credentials.roles import RoleAssumer
from tui.accounts.credentials.typed_keys import TypedKeyStore
from tui.accounts.problems.attempt import Attempt, without_passwords
from tui.accounts.problems.mapping import FAILURES, no_credentials, problem_of
from tui.accounts.profiles import no_profile, read_settings
from tui.accounts.sso_login import login_of
from tui.core.identity import IdentitySpec
from tui.core.problem import Problem, ProblemError, ProblemKind


class IdentityResolver:
    """Reads the AWS settings again for every request. Used from one event loop."""

    def __init__(self, typed_keys: TypedKeyStore, sessions: MfaSessions, timeouts: Timeouts) -> None:
        self._typed_keys, self._sessions, self._timeouts = typed_keys, sessions, timeouts

    async def resolve(self, spec: IdentitySpec) -> ResolvedIdentity:
        """What the settings say about a spec now; raise `ProblemError` where they cannot be used."""
        session = AioSession(profile=spec.profile)
        full = read_settings(session)
        name = session.profile or "default"
        if session.profile and session.profile not in full["profiles"]:
            raise ProblemError(no_profile(session.profile, full["profiles"]))
        session.register_component("data_loader", await models(session.get_config_variable("data_path")))
        bound_providers(session, self._timeouts)
        for service in SERVICES:
            session.register(f"after-call.{service}", check_answer)
        try:
            set_retry_defaults(session)
        except InvalidConfigError as error:
            raise ProblemError(problem_of(error, Attempt(name))) from error
        if app := session.get_config_variable("user_agent_appid"):
            session.user_agent_extra = "app/" + sanitize_user_agent_string_component(app, allow_hash=False)
        endpoint = s3_endpoint(session, spec)
        if endpoint.url != without_passwords(endpoint.url):
            raise ProblemError(_password_in(endpoint, name))
        region = region_of(session, spec)
        method, detail = method_and_detail(spec, session)
        settings = ResolvedIdentity(
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
        set_credential_providers(RoleAssumer(settings, self._sessions, self._timeouts), self._typed_keys)
        return settings


async def credentials_of(settings: ResolvedIdentity) -> Any:
    """The session's credentials, fetched once so that a role that may not be assumed is known now; None: anonymous.

    Raises `ProblemError`.
    """
    if settings.spec.anonymous:
        return None
    with _mapped(settings.attempt):
        credentials: Any = await settings.session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
    return await refreshed(credentials, settings.attempt)


async def refreshed(credentials: Any, attempt: Attempt) -> Any:
    """The same credentials, refreshed if it is time for that; raise `ProblemError` if they are of no use without it."""
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
        title="an endpoint URL must not contain a password",
        cause=f"{without_passwords(endpoint.url)}, from {endpoint.source.value}",
        remedy="remove name and password from the URL; requests are signed with access keys",
        identity=identity,
    )
