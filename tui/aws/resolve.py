"""Resolves an identity: its AWS settings and its credentials."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
from aiobotocore.session import AioSession
from botocore.exceptions import InvalidConfigError, NoCredentialsError
from botocore.useragent import sanitize_user_agent_string_component

from tui.aws.clients import models
from tui.aws.connection import (
    Connection,
    EndpointSetting,
    ResolvedIdentity,
    Timeouts,
    identity_of,
    partition_of,
    region_of,
    s3_endpoint,
    set_retry_defaults,
)
from tui.aws.credentials import bound_providers, method_used, set_credential_providers
from tui.aws.ids import SERVICES, check_answer
from tui.aws.overrides import expiry_of
from tui.aws.problems import FAILURES, no_credentials, problem_of
from tui.aws.profiles import label_of, method_and_detail, no_profile, read_settings
from tui.aws.refusals import Attempt, login_of, without_passwords
from tui.aws.roles import MfaSessions, RoleAssumer, TypedKeyStore
from tui.core.identity import Address, AuthMethod, Identity, IdentitySpec
from tui.core.problem import Problem, ProblemError, ProblemKind

if TYPE_CHECKING:
    from types_aiobotocore_sts.client import STSClient


class IdentityResolver:
    """Reads the AWS settings again for every request. Used from one event loop."""

    def __init__(self, typed_keys: TypedKeyStore, sessions: MfaSessions, timeouts: Timeouts) -> None:
        self._typed_keys, self._sessions, self._timeouts = typed_keys, sessions, timeouts

    async def resolve(self, spec: IdentitySpec) -> ResolvedIdentity:
        """The current settings of a spec; raises `ProblemError` if they cannot be used."""
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
    """The session's credentials, fetched once to learn now if a role cannot be assumed; None: anonymous.

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
    """The same credentials, refreshed if necessary; raises `ProblemError` if they are unusable without it."""
    with _mapped(attempt):
        await credentials.get_frozen_credentials()
    return credentials


@contextmanager
def _mapped(attempt: Attempt) -> Iterator[None]:
    """Turn all errors about credentials into `ProblemError`."""
    try:
        yield
    except ValueError as error:  # an invalid expiry, or a container URL to another host
        raise ProblemError(no_credentials(error, attempt)) from error
    except FAILURES as error:
        raise ProblemError(problem_of(error, attempt)) from error


def _password_in(endpoint: EndpointSetting, identity: str) -> Problem:
    """The URL is shown with the identity, and requests are signed: a password can be neither hidden nor used."""
    title = "an endpoint URL must not contain a password"
    cause = f"{without_passwords(endpoint.url)}, from {endpoint.source.value}"
    remedy = "remove name and password from the URL; requests are signed with access keys"
    return Problem(ProblemKind.INVALID, title, cause, remedy, identity=identity)


async def identify(connection: Connection) -> AsyncGenerator[Identity, None]:
    """The identity, updated with each response; the last one's `problem` says what stays unknown."""
    identity = msgspec.structs.replace(identity_of(connection.settings), endpoint=connection.endpoint)
    if connection.credentials is None:
        yield identity
        return
    method = method_used(connection.credentials)
    identity = msgspec.structs.replace(
        identity,
        method=method,
        expires=expiry_of(connection.credentials),
        detail=identity.detail if method is identity.method else "",
    )
    yield identity
    pending = {asyncio.create_task(_caller(connection)), asyncio.create_task(_canonical_id(connection))}
    try:
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                identity = _with(identity, task.result())
            # A role profile's name is weak: its account has a better one.
            address = Address(identity.canonical_id, identity.account, identity.label)
            connection.addresses.learn(address, weak=identity.method is AuthMethod.ROLE)
            yield identity
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


LearnedFields = dict[str, str] | Problem
"""Fields of `Identity` with their values, or why they are unknown."""


async def _caller(connection: Connection) -> LearnedFields:
    """Account and ARN from GetCallerIdentity, which no policy can deny."""
    attempt = replace(connection.settings.attempt, operation="GetCallerIdentity", permission="sts:GetCallerIdentity")
    try:
        async with connection.sts() as client:
            sts: STSClient = client
            answer = await sts.get_caller_identity()
    except ProblemError as error:
        return error.problem
    except FAILURES as error:
        return problem_of(error, replace(attempt, endpoint=attempt.endpoint or "STS"))
    return {"account": answer.get("Account", ""), "arn": answer.get("Arn", "")}


async def _canonical_id(connection: Connection) -> LearnedFields:
    """The account's canonical ID, which only ListBuckets returns."""
    try:
        answer = await connection.client.list_buckets(MaxBuckets=1)
    except ProblemError as error:
        return error.problem
    except FAILURES as error:
        return problem_of(error, connection.list_buckets_attempt)
    return {"canonical_id": answer.get("Owner", {}).get("ID", "")}


def _with(identity: Identity, learned: LearnedFields) -> Identity:
    if not isinstance(learned, Problem):
        return msgspec.structs.replace(identity, **learned)
    if identity.problem and (identity.problem.kind.meaning.unusable or not learned.kind.meaning.unusable):
        return identity
    return msgspec.structs.replace(identity, problem=learned)
