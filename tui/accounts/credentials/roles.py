"""Roles: assumed by other credentials, one after another, renewed before they end, some with the code of a device."""

from __future__ import annotations

import getpass
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from botocore.credentials import ReadOnlyCredentials

from tui.accounts.clients.connection import ResolvedIdentity, Timeouts, client_config
from tui.accounts.clients.endpoints import sts_endpoint
from tui.accounts.clients.retries import ATTEMPTS
from tui.accounts.credentials.mfa import MfaSessions, RoleSession, SessionKey, last_moments, take_mfa_code
from tui.accounts.overrides.credentials import WindowedCredentials
from tui.accounts.problems.attempt import Attempt
from tui.accounts.problems.mapping import FAILURES, problem_of
from tui.accounts.problems.mfa import code_refused, code_wanted
from tui.accounts.problems.trust import is_wrong_code, why_not_assumed
from tui.core.identity import RoleSpec
from tui.core.problem import ProblemError, ProblemKind

METHOD = "assume-role"
"""botocore's name for credentials that are a role's."""
_ADVISORY, _MANDATORY = 15 * 60, 10 * 60
"""botocore's windows in seconds before the end: a request may renew, and must."""


def session_name() -> str:
    """The default session name of a role: the user's name, in the letters that AssumeRole takes."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # the user's name is not known
        user = ""
    name = re.sub(r"[^\w+=,.@-]", "-", user, flags=re.ASCII)[:64]
    return name if len(name) > 1 else "xs3-tui"


class RoleCredentials(WindowedCredentials):
    """A role's session: assumed when first used, and again before it ends.

    The windows are botocore's, but never more than a part of the session's life: one of 15 minutes would else be
    renewed for every request. A session that took a code lives to its end: another needs another code.
    """

    def __init__(self, assume: Callable[[], Awaitable[dict[str, str]]], *, by_code: bool) -> None:
        super().__init__(assume, METHOD)
        self._by_code = by_code

    def windows(self, life: float) -> tuple[float, float]:
        """See `WindowedCredentials`."""
        if self._by_code:
            return last_moments(life), last_moments(life)
        return min(_ADVISORY, life / 4), min(_MANDATORY, life / 6)


@dataclass(frozen=True, slots=True)
class RoleAssumer:
    """Assumes roles for an identity, at the STS that its settings name."""

    settings: ResolvedIdentity
    sessions: MfaSessions
    timeouts: Timeouts

    def credentials(self, role: RoleSpec, source: Any) -> RoleCredentials:
        """The role's credentials, by those of `source`; nothing is asked yet."""

        async def assume() -> dict[str, str]:
            return _for_botocore(await self._session(role, source))

        return RoleCredentials(assume, by_code=bool(role.mfa_serial))

    async def _session(self, role: RoleSpec, source: Any) -> RoleSession:
        """A session of the role, shared if it took a code; raise `ProblemError`, and what `source` raises."""
        caller = await source.get_frozen_credentials()
        if not role.mfa_serial:
            return await self._assumed(role, caller)
        key = SessionKey(self._endpoint or "", caller.access_key, role)
        if kept := self.sessions.find(key):
            return kept
        code = take_mfa_code()
        if not code:
            raise ProblemError(code_wanted(self._attempt(role), role.mfa_serial))
        session = await self._assumed(role, caller, code)
        self.sessions.keep(key, session)
        return session

    async def _assumed(self, role: RoleSpec, caller: ReadOnlyCredentials, code: str = "") -> RoleSession:
        attempt = self._attempt(role)
        try:
            async with self._sts(caller) as client:
                return _session_of(await client.assume_role(**_parameters(role, code)))
        except KeyError as error:
            problem = attempt.problem(ProblemKind.SERVER, "the server's response cannot be read", f"it has no {error}")
            raise ProblemError(problem) from error
        except FAILURES as error:
            if code and is_wrong_code(error):
                refused = code_refused(problem_of(error, attempt), attempt, role.mfa_serial)
                raise ProblemError(refused) from error
            raise ProblemError(why_not_assumed(error, role, attempt)) from error

    @property
    def _endpoint(self) -> str | None:
        return sts_endpoint(self.settings.session, self.settings.endpoint)

    def _attempt(self, role: RoleSpec) -> Attempt:
        return replace(
            self.settings.attempt,
            operation="AssumeRole",
            resource=role.arn,
            permission="sts:AssumeRole",
            endpoint=self._endpoint or "STS",
        )

    def _sts(self, caller: ReadOnlyCredentials) -> Any:
        return self.settings.session.create_client(
            "sts",
            region_name=self.settings.region,
            endpoint_url=self._endpoint,
            aws_access_key_id=caller.access_key,
            aws_secret_access_key=caller.secret_key,
            aws_session_token=caller.token,
            config=client_config(anonymous=False, attempts=ATTEMPTS, timeouts=self.timeouts),
        )


def _parameters(role: RoleSpec, code: str) -> dict[str, Any]:
    """What AssumeRole is given."""
    parameters = {
        "RoleArn": role.arn,
        "RoleSessionName": role.session_name or session_name(),
        "ExternalId": role.external_id,
        "DurationSeconds": role.duration,
        "Policy": role.policy,
        "SerialNumber": role.mfa_serial,
        "TokenCode": code,
    }
    return {name: value for name, value in parameters.items() if value}


def _session_of(answer: Any) -> RoleSession:
    credentials = answer["Credentials"]
    arn = str(answer.get("AssumedRoleUser", {}).get("Arn", ""))
    return RoleSession(
        access_key=credentials["AccessKeyId"],
        secret=credentials["SecretAccessKey"],
        token=credentials["SessionToken"],
        expires=credentials["Expiration"],
        account=(arn.split(":") + [""] * 5)[4],
    )


def _for_botocore(session: RoleSession) -> dict[str, str]:
    return {
        "access_key": session.access_key,
        "secret_key": session.secret,
        "token": session.token,
        "expiry_time": session.expires.isoformat(),
        "account_id": session.account,
    }
