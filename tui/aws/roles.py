"""Roles: assumed one after another, renewed before they expire, some with an MFA code."""

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

from tui.aws.connection import ATTEMPTS, ResolvedIdentity, Timeouts, client_config, service_endpoint
from tui.aws.overrides import WindowedCredentials
from tui.aws.problems import FAILURES, problem_of
from tui.aws.refusals import Attempt
from tui.aws.sign_ins import code_refused, code_wanted, is_wrong_code, no_code, no_key, why_not_assumed
from tui.core.identity import IdentitySpec, RoleSpec
from tui.core.problem import Problem, ProblemError, ProblemKind

METHOD = "assume-role"
"""botocore's name for a role's credentials."""
_ADVISORY, _MANDATORY = 15 * 60, 10 * 60
"""botocore's windows in seconds before expiry: from then on a request may, or must, renew."""


def session_name() -> str:
    """The default role session name: the user's name, in characters that AssumeRole accepts."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # the user's name is unknown
        user = ""
    name = re.sub(r"[^\w+=,.@-]", "-", user, flags=re.ASCII)[:64]
    return name if len(name) > 1 else "xs3-tui"


class RoleCredentials(WindowedCredentials):
    """A role session: assumed at first use, and again before it expires.

    The windows are botocore's, but at most a part of the session's lifetime; otherwise every request would renew a
    session of 15 minutes. A session with an MFA code lives to its end: another one needs another code.
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
    """Assumes roles for an identity, with the STS endpoint of its settings."""

    settings: ResolvedIdentity
    sessions: MfaSessions
    timeouts: Timeouts

    def credentials(self, role: RoleSpec, source: Any) -> RoleCredentials:
        """The role's credentials on top of `source`; no request is sent yet."""

        async def assume() -> dict[str, str]:
            session = await self._session(role, source)
            return {
                "access_key": session.access_key,
                "secret_key": session.secret,
                "token": session.token,
                "expiry_time": session.expires.isoformat(),
                "account_id": session.account,
            }

        return RoleCredentials(assume, by_code=bool(role.mfa_serial))

    async def _session(self, role: RoleSpec, source: Any) -> RoleSession:
        """A session of the role, shared if it took a code; raises `ProblemError`, and the errors of `source`."""
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
        return service_endpoint(self.settings.session, self.settings.endpoint, "sts")

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


_CODE = re.compile(r"[0-9]{6}")
_given: ContextVar[list[str] | None] = ContextVar("given", default=None)


@dataclass(frozen=True, slots=True)
class RoleSession:
    """The response of AssumeRole."""

    access_key: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    expires: datetime
    account: str
    had: datetime = field(default_factory=lambda: datetime.now(UTC))
    """Its start."""

    @property
    def life(self) -> float:
        """The total lifetime in seconds."""
        return (self.expires - self.had).total_seconds()


@dataclass(frozen=True, slots=True)
class SessionKey:
    """Identities with equal keys can share a session."""

    endpoint: str
    """The STS endpoint; empty: AWS's."""
    source: str
    """The access key ID that assumed the role."""
    role: RoleSpec


def last_moments(life: float) -> float:
    """The seconds before a session's end in which no request begins: a request may take this long."""
    return min(10.0, life / 6)


class MfaSessions:
    """Sessions that took an MFA code, in memory. Used from one event loop."""

    def __init__(self) -> None:
        self._sessions: dict[SessionKey, RoleSession] = {}

    def find(self, key: SessionKey) -> RoleSession | None:
        """None also for a session that is about to expire."""
        session = self._sessions.get(key)
        if session is None:
            return None
        left = (session.expires - datetime.now(UTC)).total_seconds()
        return session if left > last_moments(session.life) else None

    def keep(self, key: SessionKey, session: RoleSession) -> None:
        self._sessions[key] = session


@contextmanager
def with_mfa_code(code: str) -> Iterator[None]:
    """In this block the first role that needs a code uses this one."""
    token = _given.set([code])
    try:
        yield
    finally:
        _given.reset(token)


def take_mfa_code() -> str:
    """The code for the current task, only once; empty if there is none (left)."""
    given = _given.get()
    return given.pop() if given else ""


def checked_code(code: str, connection: str) -> str:
    """A typed code without blanks; raises `ProblemError` if it is invalid."""
    digits = "".join(code.split())
    if _CODE.fullmatch(digits):
        return digits
    raise ProblemError(no_code(connection))


@dataclass(frozen=True, slots=True)
class TypedKeys:
    """The secrets of an access key ID."""

    secret: str = field(repr=False)
    session_token: str = field(default="", repr=False)
    access_key: str = ""
    """The signing ID if it differs from the name: it changes with each renewal."""


class KeyName(NamedTuple):
    """Identifies typed keys: two servers may both have an ``admin``."""

    access_key: str
    endpoint: str = ""
    """As in the spec; empty if it has none."""

    @classmethod
    def of(cls, spec: IdentitySpec) -> KeyName:
        return cls(spec.access_key, spec.endpoint or "")


class TypedKeyStore:
    """Typed keys by name. Used from one event loop."""

    def __init__(self) -> None:
        self._keys: dict[KeyName, TypedKeys] = {}

    def give(self, name: KeyName, secret: str, session_token: str = "", access_key: str = "") -> None:
        """Save keys, replacing those of the same name; `access_key`: the signing ID if it is not the name.

        Raises `ProblemError` for invalid texts.
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
    """Credentials from the store of typed keys: every request is signed with the latest keys."""

    def __init__(self, name: KeyName, typed_keys: TypedKeyStore, missing: Callable[[], Problem]) -> None:
        super().__init__(name.access_key, "", method="explicit")
        self._name, self._typed_keys, self._missing = name, typed_keys, missing

    async def get_frozen_credentials(self) -> ReadOnlyCredentials:  # type: ignore[override]  # as aiobotocore does
        """Raises the `ProblemError` of `missing` if the keys are unknown."""
        keys = self._typed_keys.get(self._name)
        if keys is None:
            raise ProblemError(self._missing())
        return ReadOnlyCredentials(keys.access_key or self.access_key, keys.secret, keys.session_token or None)


def _is_word(text: str) -> bool:
    """Whether a text can be signed and sent in a header."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text
