"""Renews an identity's credentials in time, and tells its watchers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from tui.aws.connection import is_aws
from tui.aws.connections import RENEW_AGAIN, Connections
from tui.aws.ids import spec_of
from tui.aws.overrides import expiry_of, renewal_windows
from tui.aws.problems import FAILURES, problem_of
from tui.aws.refusals import Attempt
from tui.core.identity import Identity
from tui.core.problem import Problem, ProblemError, ProblemKind

if TYPE_CHECKING:
    from types_aiobotocore_sts.client import STSClient
    from types_aiobotocore_sts.type_defs import CredentialsTypeDef

LOOKED_AGAIN = 60.0
"""Seconds after which the expiry is checked again: the clock may have been set, or the machine may have slept."""


async def watch_identity(connections: Connections, connection: str) -> AsyncGenerator[Identity, None]:
    """An identity now and after each renewal of its credentials, with a `problem` when they cannot be renewed.

    It renews the credentials itself, and is idle in between. Raises `ProblemError` for an identity that is not in the
    settings.
    """
    told: Identity | None = None
    with connections.watchers.watching(connection) as changed:
        while True:
            changed.clear()
            identity, wait = await _look(connections, connection)
            if identity != told:
                told = identity
                yield identity
            await _either(changed, wait)


async def _look(connections: Connections, connection: str) -> tuple[Identity, float | None]:
    """The identity with fresh credentials, and the seconds until the next look; None: never."""
    try:
        credentials = await connections.fresh(connection)
        identity = msgspec.structs.replace(await connections.identity(connection), expires=expiry_of(credentials))
    except ProblemError as error:
        known = await connections.last_known(connection)
        wait = None if error.problem.needs else RENEW_AGAIN  # the user provides what is needed, which wakes this task
        return msgspec.structs.replace(known, problem=error.problem), wait
    return identity, _until_renewal(credentials)


def _until_renewal(credentials: Any) -> float | None:
    """Seconds until credentials can be renewed or must be checked; None if they do not expire."""
    end = expiry_of(credentials)
    if end is None:
        return None
    left = end - time.time()
    advisory, mandatory = renewal_windows(credentials)
    if left > advisory:
        return min(left - advisory, LOOKED_AGAIN)
    return min(RENEW_AGAIN, max(left - mandatory if left > mandatory else left, 0.0))


async def _either(changed: asyncio.Event, seconds: float | None) -> None:
    """Return after a change or a number of seconds."""
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return


_PROFILES = "give the workers the profile itself (--worker-credentials profiles)"

SECONDS = 3600
"""The lifetime of session credentials requested here."""


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """Credentials that expire soon, and the settings for requests; `expires` in seconds since the epoch."""

    access_key: str
    secret: str = field(repr=False)
    session_token: str = field(repr=False)
    expires: float
    endpoint: str | None
    region: str


_LASTING = 600.0
"""Seconds after which keys that do not expire are read again."""


async def own_keys(connections: Connections, connection: str) -> SessionKeys:
    """The credentials of a connection as they are, for a process of this engine. Raises `ProblemError`."""
    made = await connections.get(connection)
    credentials = await connections.fresh(connection)
    frozen = await credentials.get_frozen_credentials()
    ends = expiry_of(credentials) or time.time() + _LASTING
    where = made.settings.endpoint.url or None, made.settings.region
    return SessionKeys(frozen.access_key, frozen.secret_key, frozen.token or "", ends, *where)


async def session_keys(
    connections: Connections, connection: str, policy: Callable[[str], str] | None = None
) -> SessionKeys:
    """Session credentials of a connection: its own if they expire, else new ones, restricted by the policy.

    `policy` returns the policy for a partition, or an empty text. Only GetFederationToken accepts a policy, and not
    every user may call it; then GetSessionToken is used. Raises `ProblemError`, also if only long-lived keys are
    available: they are never handed on.
    """
    made = await connections.get(connection)
    credentials = await connections.fresh(connection)
    frozen = await credentials.get_frozen_credentials()
    settings, ends = made.settings, expiry_of(credentials)
    where = settings.endpoint.url or None, settings.region
    if frozen.token and ends is not None:
        return SessionKeys(frozen.access_key, frozen.secret_key, frozen.token, ends, *where)
    attempt = replace(settings.attempt, operation="GetSessionToken", permission="sts:GetSessionToken")
    try:
        async with made.sts() as client:
            answer = await _session(client, policy(settings.partition) if policy else "", attempt)
    except FAILURES as error:
        raise ProblemError(_lasting(problem_of(error, attempt), of_aws=is_aws(made.endpoint))) from error
    ends = answer["Expiration"].timestamp()
    return SessionKeys(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"], ends, *where)


async def _session(sts: STSClient, policy: str, attempt: Attempt) -> CredentialsTypeDef:
    """With the policy, unless the service refuses that. A busy service is no reason for a wider session."""
    if policy:
        try:
            told = await sts.get_federation_token(Name="xs3-tui", Policy=policy, DurationSeconds=SECONDS)
        except FAILURES as error:
            problem = problem_of(error, replace(attempt, operation="GetFederationToken", permission=""))
            if problem.kind in (ProblemKind.THROTTLED, ProblemKind.UNREACHABLE):
                raise ProblemError(problem) from error
        else:
            return told["Credentials"]
    return (await sts.get_session_token(DurationSeconds=SECONDS))["Credentials"]


def _lasting(problem: Problem, *, of_aws: bool) -> Problem:
    """GetSessionToken was refused. AWS requires no permission; Ceph's gateway does, and by default has no STS."""
    remedy = f"use a role, or {_PROFILES}: long-lived keys are never handed on"
    if not of_aws and problem.kind is ProblemKind.DENIED:
        remedy = (
            "allow sts:GetSessionToken in a policy of this user (Ceph's gateway requires it; "
            f"aws iam put-user-policy), or {_PROFILES}"
        )
    elif not of_aws and problem.kind is not ProblemKind.UNREACHABLE:
        remedy = f"enable STS on the server (Ceph: rgw_s3_auth_use_sts, rgw_sts_key), or {_PROFILES}"
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"no session credentials for {problem.identity}",
        cause=problem.sentence(),
        remedy=remedy,
        operation=problem.operation,
        permission=problem.permission,
        identity=problem.identity,
    )


async def probe(connections: Connections, connection: str) -> None:
    """Renew the connection and list one bucket; raises `ProblemError` if that fails.

    A problem with a `status` is the server's response, so it was reached. The local disk always succeeds.
    """
    if not spec_of(connection).kind.has_accounts:
        return
    made = await connections.renew(connection)
    try:
        await made.client.list_buckets(MaxBuckets=1)
    except FAILURES as error:
        raise ProblemError(problem_of(error, made.list_buckets_attempt)) from error
