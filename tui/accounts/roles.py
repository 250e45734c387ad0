"""Roles: assumed by other credentials, one after another, renewed before they end, some with the code of a device."""

from __future__ import annotations

import getpass
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from aiobotocore.credentials import AioDeferredRefreshableCredentials
from botocore.credentials import ReadOnlyCredentials

from tui.accounts.connection import Settings, Timeouts, client_config
from tui.accounts.endpoints import sts_endpoint
from tui.accounts.mfa import MfaSessions, RoleSession, SessionKey, code_refused, code_wanted, last_moments, take_code
from tui.accounts.problems import FAILURES, Attempt, problem_of
from tui.accounts.retries import ATTEMPTS
from tui.accounts.trust import is_wrong_code, why_not_assumed
from tui.model.identity import RoleSpec
from tui.model.problem import ProblemError, ProblemKind

METHOD = "assume-role"
"""botocore's name for credentials that are a role's."""
_ADVISORY, _MANDATORY = 15 * 60, 10 * 60
"""botocore's windows in seconds before the end: a request may renew, and must."""


def session_name() -> str:
    """What a role's session is called if nobody says: the user's name, in the letters that AssumeRole takes."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # nobody knows the user's name
        user = ""
    name = re.sub(r"[^\w+=,.@-]", "-", user, flags=re.ASCII)[:64]
    return name if len(name) > 1 else "xs3-tui"


class RoleCredentials(AioDeferredRefreshableCredentials):
    """A role's session: assumed when first used, and again before it ends.

    The windows are botocore's, but never more than a part of the session's life: one of 15 minutes would else be
    renewed for every request. A session that was had with a code lives to its end: another needs another code.
    """

    def __init__(self, assume: Callable[[], Awaitable[dict[str, str]]], *, by_code: bool) -> None:
        super().__init__(assume, METHOD)
        self._by_code = by_code

    def _publish_refresh(self) -> None:
        super()._publish_refresh()  # type: ignore[misc]  # the stubs know public names only
        life = self._seconds_remaining()  # type: ignore[attr-defined]  # the same
        self._advisory_refresh_timeout = last_moments(life) if self._by_code else min(_ADVISORY, life / 4)
        self._mandatory_refresh_timeout = last_moments(life) if self._by_code else min(_MANDATORY, life / 6)


@dataclass(frozen=True, slots=True)
class Assumption:
    """Assumes roles for an identity, at the STS that its settings name."""

    settings: Settings
    sessions: MfaSessions
    timeouts: Timeouts

    def credentials(self, role: RoleSpec, source: Any) -> RoleCredentials:
        """The role's credentials, by those of `source`; nothing is asked yet."""

        async def assume() -> dict[str, str]:
            return _for_botocore(await self._session(role, source))

        return RoleCredentials(assume, by_code=bool(role.mfa_serial))

    async def _session(self, role: RoleSpec, source: Any) -> RoleSession:
        """A session of the role, shared if it is had by a code; raise `ProblemError`, and what `source` raises."""
        caller = await source.get_frozen_credentials()
        if not role.mfa_serial:
            return await self._assumed(role, caller)
        key = SessionKey(self._endpoint or "", caller.access_key, role)
        if kept := self.sessions.find(key):
            return kept
        code = take_code()
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
            problem = attempt.problem(ProblemKind.SERVER, "the server's answer cannot be read", f"it lacks {error}")
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
