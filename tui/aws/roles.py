"""Roles: assumed by other credentials, one after another, renewed before they end, some with the code of a device."""

from __future__ import annotations

import getpass
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from aiobotocore.credentials import AioCredentials
from botocore.credentials import ReadOnlyCredentials

from tui.aws.connection import ATTEMPTS, ResolvedIdentity, Timeouts, client_config, sts_endpoint
from tui.aws.overrides import WindowedCredentials
from tui.aws.problems import FAILURES, problem_of
from tui.aws.refusals import Attempt
from tui.aws.sign_ins import code_refused, code_wanted, is_wrong_code, no_code, no_key, why_not_assumed
from tui.core.identity import IdentitySpec, RoleSpec
from tui.core.problem import Problem, ProblemError, ProblemKind

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


_CODE = re.compile(r"[0-9]{6}")
_given: ContextVar[list[str] | None] = ContextVar("given", default=None)


@dataclass(frozen=True, slots=True)
class RoleSession:
    """What AssumeRole answered."""

    access_key: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    expires: datetime
    account: str
    had: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When it began."""

    @property
    def life(self) -> float:
        """How many seconds it lasts in all."""
        return (self.expires - self.had).total_seconds()


@dataclass(frozen=True, slots=True)
class SessionKey:
    """What a session hangs on: equal for all identities that can share it."""

    endpoint: str
    """Of STS; empty: AWS's."""
    source: str
    """The access key id that assumed the role."""
    role: RoleSpec


def last_moments(life: float) -> float:
    """The seconds before the end of a session in which it is not begun with: a request may be under way for so long."""
    return min(10.0, life / 6)


class MfaSessions:
    """The sessions that took a code, in memory. Used from one event loop."""

    def __init__(self) -> None:
        self._sessions: dict[SessionKey, RoleSession] = {}

    def find(self, key: SessionKey) -> RoleSession | None:
        """The session if there is one that has not ended, or is about to."""
        session = self._sessions.get(key)
        if session is None:
            return None
        left = (session.expires - datetime.now(UTC)).total_seconds()
        return session if left > last_moments(session.life) else None

    def keep(self, key: SessionKey, session: RoleSession) -> None:
        """Share a session, in place of the one before."""
        self._sessions[key] = session


@contextmanager
def with_mfa_code(code: str) -> Iterator[None]:
    """In this block the first role that wants a code takes this one."""
    token = _given.set([code])
    try:
        yield
    finally:
        _given.reset(token)


def take_mfa_code() -> str:
    """The code that was given for what this task does, once; empty: there is none (any more)."""
    given = _given.get()
    return given.pop() if given else ""


def checked_code(code: str, connection: str) -> str:
    """A code as it was typed, without the blanks; raise `ProblemError` if it is none."""
    digits = "".join(code.split())
    if _CODE.fullmatch(digits):
        return digits
    raise ProblemError(no_code(connection))


@dataclass(frozen=True, slots=True)
class TypedKeys:
    """What belongs to an access key id."""

    secret: str = field(repr=False)
    session_token: str = field(default="", repr=False)
    access_key: str = ""
    """The id that is signed with, where it is not that of the name: it changes with each renewal."""


class KeyName(NamedTuple):
    """What distinguishes typed keys: two servers may both have an ``admin``."""

    access_key: str
    endpoint: str = ""
    """As the spec has it; empty: it has none."""

    @classmethod
    def of(cls, spec: IdentitySpec) -> KeyName:
        """The name of the keys that a spec asks for."""
        return cls(spec.access_key, spec.endpoint or "")


class TypedKeyStore:
    """The typed keys, by their name. Used from one event loop."""

    def __init__(self) -> None:
        self._keys: dict[KeyName, TypedKeys] = {}

    def give(self, name: KeyName, secret: str, session_token: str = "", access_key: str = "") -> None:
        """Keep keys, in place of those of the same name; `access_key`: what is signed with, if that is not in the name.

        Raises `ProblemError` for texts that can be none.
        """
        for what, text in (("access key id", access_key or name.access_key), ("secret access key", secret)):
            if not _is_word(text):
                raise ProblemError(no_key(what))
        if session_token and not _is_word(session_token):
            raise ProblemError(no_key("session token"))
        self._keys[name] = TypedKeys(secret, session_token, access_key)

    def get(self, name: KeyName) -> TypedKeys | None:
        return self._keys.get(name)


class TypedCredentials(AioCredentials):
    """Credentials of the store of typed keys: every request is signed with what was given last."""

    def __init__(self, name: KeyName, typed_keys: TypedKeyStore, missing: Callable[[], Problem]) -> None:
        super().__init__(name.access_key, "", method="explicit")
        self._name, self._typed_keys, self._missing = name, typed_keys, missing

    async def get_frozen_credentials(self) -> ReadOnlyCredentials:  # type: ignore[override]  # as aiobotocore does
        """The keys; raise the `ProblemError` of `missing` if they are not known."""
        keys = self._typed_keys.get(self._name)
        if keys is None:
            raise ProblemError(self._missing())
        return ReadOnlyCredentials(keys.access_key or self.access_key, keys.secret, keys.session_token or None)


def _is_word(text: str) -> bool:
    """Whether a text can be signed with and sent in a header."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text
