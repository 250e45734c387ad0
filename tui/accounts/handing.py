"""Credentials that can be handed to another machine: they end soon by themselves, and may no more than is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tui.accounts.clients.endpoints import is_aws
from tui.accounts.connections import Connections
from tui.accounts.overrides.credentials import expiry_of
from tui.accounts.problems.attempt import Attempt
from tui.accounts.problems.mapping import FAILURES, problem_of
from tui.core.problem import Problem, ProblemError, ProblemKind

if TYPE_CHECKING:
    from types_aiobotocore_sts.client import STSClient
    from types_aiobotocore_sts.type_defs import CredentialsTypeDef

_PROFILES = "give the workers the profile itself (--worker-credentials profiles)"

SECONDS = 3600
"""So long session credentials last that are asked for here."""


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """Credentials that end soon, and what requests are sent with; `expires` in seconds since the epoch."""

    access_key: str
    secret: str = field(repr=False)
    session_token: str = field(repr=False)
    expires: float
    endpoint: str | None
    region: str


async def session_keys(
    connections: Connections, connection: str, policy: Callable[[str], str] | None = None
) -> SessionKeys:
    """Session credentials of a connection: its own where they end, else new ones, which the policy bounds.

    `policy` gives its text for a partition, empty for none. GetFederationToken takes one, and not every user may call
    it; then they are by GetSessionToken. Raises `ProblemError`, also where there are none that end: lasting keys are
    not handed on.
    """
    made = await connections.get(connection)
    credentials = await connections.fresh(connection)
    frozen = await credentials.get_frozen_credentials()
    settings, ends = made.settings, expiry_of(credentials)
    if frozen.token and ends is not None:
        return SessionKeys(
            frozen.access_key, frozen.secret_key, frozen.token, ends, settings.endpoint.url or None, settings.region
        )
    attempt = replace(settings.attempt, operation="GetSessionToken", permission="sts:GetSessionToken")
    try:
        async with made.sts() as client:
            answer = await _session(client, policy(settings.partition) if policy else "", attempt)
    except FAILURES as error:
        raise ProblemError(_lasting(problem_of(error, attempt), of_aws=is_aws(made.endpoint))) from error
    return SessionKeys(
        answer["AccessKeyId"],
        answer["SecretAccessKey"],
        answer["SessionToken"],
        answer["Expiration"].timestamp(),
        settings.endpoint.url or None,
        settings.region,
    )


async def _session(sts: STSClient, policy: str, attempt: Attempt) -> CredentialsTypeDef:
    """One that the policy bounds, unless the service says no to it: that it is busy is no reason for a wider one."""
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
    """GetSessionToken was refused. AWS asks for no permission; Ceph's gateway does, and by default has no STS."""
    remedy = f"use a role, or {_PROFILES}: keys that last are not handed on"
    if not of_aws and problem.kind is ProblemKind.DENIED:
        remedy = (
            "allow this user sts:GetSessionToken by a policy of the user (Ceph's gateway asks for it; "
            f"aws iam put-user-policy), or {_PROFILES}"
        )
    elif not of_aws and problem.kind is not ProblemKind.UNREACHABLE:
        remedy = f"have its STS switched on (of Ceph: rgw_s3_auth_use_sts, rgw_sts_key), or {_PROFILES}"
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"{problem.identity} gets no session credentials",
        cause=problem.sentence(),
        remedy=remedy,
        operation=problem.operation,
        permission=problem.permission,
        identity=problem.identity,
    )
