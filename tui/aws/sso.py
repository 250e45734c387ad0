"""Signs in to IAM Identity Center by device authorization: the user enters a code in any browser on any machine."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, SSOTokenLoadError
from botocore.utils import JSONFileCache, SSOTokenLoader
from msgspec import Struct

from tui.aws.connection import ATTEMPTS, ResolvedIdentity, Timeouts, client_config
from tui.aws.overrides import sso_token_directory
from tui.aws.problems import with_sign_in
from tui.aws.refusals import Attempt, Login, read_refusal
from tui.aws.sign_ins import SIGN_IN_FAILURES, MalformedSignInError, incomplete, not_needed, sign_in_problem
from tui.core.problem import ProblemError
from tui.link.private_files import make_directories

_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
_GRANTS = (_DEVICE, "refresh_token")

_INTERVAL = 5.0
"""Default seconds between polls, and the increase for each `SlowDownException` (RFC 8628, sections 3.2 and 3.5)."""

_UNKNOWN_CLIENT = ("InvalidClientException", "UnauthorizedClientException")

_URL = re.compile(r"https?://[!-~]{1,2000}")
"""A URL for a browser. Anything else from a server must not reach the clipboard."""
_USER_CODE = re.compile(r"[!-~]{1,64}")
_LONGEST = 366 * 24 * 3600.0
"""Seconds; no code lives longer."""


Sleep = Callable[[float], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """The user opens `url` and enters `code` before `expires`."""

    url: str
    complete_url: str
    """Includes the code; empty if the service gave none."""
    code: str
    expires: float
    """Seconds since the epoch."""


async def sign_in(
    settings: ResolvedIdentity, sleep: Sleep = asyncio.sleep, now: Callable[[], float] = time.monotonic
) -> AsyncGenerator[DeviceCode, None]:
    """Yield a code, and return when it was entered and the token is saved for botocore and the AWS CLI.

    `now` is a monotonic clock. Closing the generator cancels the sign-in. Raises `ProblemError`.
    """
    login = _login(settings)
    place = f"IAM Identity Center in {login.region}"
    attempt = replace(settings.attempt, endpoint=place, operation="StartDeviceAuthorization")
    config = client_config(anonymous=True, attempts=ATTEMPTS, timeouts=Timeouts())
    creating = settings.session.create_client("sso-oidc", region_name=login.region, config=config)
    with _told(attempt):
        client: Any = await creating.__aenter__()
    try:
        signing_in = _SigningIn(client, login, sleep, now)
        with _told(attempt):
            code = await signing_in.begin()
        yield code
        with _told(replace(attempt, operation="CreateToken")):
            await signing_in.finish()
    finally:
        await creating.__aexit__(None, None, None)


def _login(settings: ResolvedIdentity) -> Login:
    """The identity's sign-in; raises `ProblemError` if it has none or it is incomplete."""
    login = settings.login
    if login is None:
        raise ProblemError(not_needed(settings.label, settings.attempt))
    values = {"sso_start_url": login.start_url, "sso_region": login.region}
    if missing := [name for name, value in values.items() if not value]:
        raise ProblemError(incomplete(login, missing, settings.attempt))
    return login


class _SigningIn:
    """One device authorization, from the code to the token."""

    def __init__(self, client: Any, login: Login, sleep: Sleep, now: Callable[[], float]) -> None:
        self._client, self._login = client, login
        self._sleep, self._now = sleep, now

    async def begin(self) -> DeviceCode:
        self._before = kept_token(self._login)
        registration = await asyncio.to_thread(kept_registration, self._login)
        try:
            self._registration = registration or await self._register()
            said = await self._authorize()
        except ClientError as error:
            if registration is None or read_refusal(error).code not in _UNKNOWN_CLIENT:
                raise
            self._registration = await self._register()  # the service no longer knows the saved one
            said = await self._authorize()
        self._device_code: str = said["deviceCode"]
        lasts = _seconds(said, "expiresIn")
        self._ends = self._now() + lasts
        self._wait = _seconds(said, "interval") if said.get("interval") else _INTERVAL
        complete_url = _text(said, "verificationUriComplete", _URL) if said.get("verificationUriComplete") else ""
        url, code = _text(said, "verificationUri", _URL), _text(said, "userCode", _USER_CODE)
        return DeviceCode(url, complete_url, code, time.time() + lasts)

    async def finish(self) -> None:
        """Poll for the token and save it; return early if another program saved a new one."""
        while True:
            left = self._ends - self._now()
            await self._sleep(max(0.0, min(self._wait, left)))
            if left < self._wait:
                raise ClientError({"Error": {"Code": "ExpiredTokenException"}}, "CreateToken")
            if kept_token(self._login) not in ("", self._before):
                return  # by the AWS CLI, or for the other pane
            if answer := await self._asked():
                await asyncio.to_thread(keep_token, self._login, answer, self._registration)
                return

    async def _register(self) -> Registration:
        scopes = {"scopes": list(self._login.scopes)} if self._login.scopes else {}
        said = await self._client.register_client(
            clientName="xs3-tui", clientType="public", grantTypes=list(_GRANTS), **scopes
        )
        registration = Registration(said["clientId"], said["clientSecret"], said["clientSecretExpiresAt"])
        await asyncio.to_thread(keep_registration, self._login, registration)
        return registration

    async def _authorize(self) -> dict[str, Any]:
        said: dict[str, Any] = await self._client.start_device_authorization(
            clientId=self._registration.client_id,
            clientSecret=self._registration.client_secret,
            startUrl=self._login.start_url,
        )
        return said

    async def _asked(self) -> dict[str, Any] | None:
        """The token after one more poll; None: the code is not entered yet."""
        try:
            said: dict[str, Any] = await self._client.create_token(
                clientId=self._registration.client_id,
                clientSecret=self._registration.client_secret,
                grantType=_DEVICE,
                deviceCode=self._device_code,
            )
        except ClientError as error:
            match read_refusal(error).code:
                case "AuthorizationPendingException":
                    return None
                case "SlowDownException":
                    self._wait += _INTERVAL
                    return None
            raise
        return said


def _text(said: Mapping[str, Any], name: str, form: re.Pattern[str]) -> str:
    found = said[name]
    if not (isinstance(found, str) and form.fullmatch(found)):
        raise MalformedSignInError(f"{name} is not {'a web page URL' if form is _URL else 'a code'}")
    return found


def _seconds(said: Mapping[str, Any], name: str) -> float:
    found = said[name]
    if not (isinstance(found, int | float) and 0 < found <= _LONGEST):
        raise MalformedSignInError(f"{name} is not a number of seconds")
    return float(found)


@contextmanager
def _told(attempt: Attempt) -> Iterator[None]:
    """Turn errors in this block into a `ProblemError` that another sign-in may solve."""
    try:
        yield
    except SIGN_IN_FAILURES as error:
        raise ProblemError(with_sign_in(sign_in_problem(error, attempt), attempt)) from error


_LEFT = 3600
"""Seconds that a registration must still live: longer than any code, and long enough to renew a token once."""


class Registration(Struct, frozen=True):
    """This app, registered as a client of IAM Identity Center."""

    client_id: str
    client_secret: str
    expires: float
    """Seconds since the epoch."""

    def __repr__(self) -> str:
        return "Registration(…)"


class TokenCache(JSONFileCache):
    """The files of all sign-ins, private to this user; one without a token counts as missing."""

    def __init__(self) -> None:
        self._directory = sso_token_directory()
        super().__init__(self._directory, dumps_func=_dump)

    def __contains__(self, key: str) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    def __getitem__(self, key: str) -> dict[str, Any]:
        found: Any = super().__getitem__(key)
        if not isinstance(found, dict) or seconds_of(found.get("expiresAt")) is None:
            raise KeyError(key)
        return found

    def __setitem__(self, key: str, value: dict[str, Any]) -> None:
        make_directories(self._directory)
        super().__setitem__(key, value)


def keep_token(login: Login, answer: Mapping[str, Any], registration: Registration) -> None:
    """Save CreateToken's response like the AWS CLI, which is then signed in, too; raises `OSError`."""
    token = {
        "startUrl": login.start_url,
        "region": login.region,
        "accessToken": answer["accessToken"],
        "expiresAt": utc(time.time() + answer["expiresIn"]),
        "clientId": registration.client_id,
        "clientSecret": registration.client_secret,
        "registrationExpiresAt": utc(registration.expires),
    }
    if renewal := answer.get("refreshToken"):
        token["refreshToken"] = renewal
    loader: Any = SSOTokenLoader(TokenCache())  # its stub expects a string token
    loader.save_token(login.start_url, token, login.session or None)


def kept_token(login: Login) -> str:
    """A valid token of a sign-in from any program; empty if there is none. It must not be shown."""
    try:
        found = SSOTokenLoader(TokenCache())(login.start_url, login.session or None)
    except SSOTokenLoadError:
        return ""
    return str(found["accessToken"]) if (seconds_of(found["expiresAt"]) or 0) > time.time() else ""


def kept_registration(login: Login) -> Registration | None:
    """The saved registration for this sign-in, if it lives long enough."""
    try:
        found = TokenCache()[_registration_key(login)]
        expires = seconds_of(found["expiresAt"])
        registration = Registration(str(found["clientId"]), str(found["clientSecret"]), expires or 0)
    except KeyError:
        return None
    return registration if registration.expires > time.time() + _LEFT else None


def keep_registration(login: Login, registration: Registration) -> None:
    """Save a registration for the next sign-in; raises `OSError`."""
    TokenCache()[_registration_key(login)] = {
        "clientId": registration.client_id,
        "clientSecret": registration.client_secret,
        "expiresAt": utc(registration.expires),
    }


def _registration_key(login: Login) -> str:
    named = {"tool": "xs3-tui", "startUrl": login.start_url, "region": login.region, "scopes": login.scopes}
    return hashlib.sha1(json.dumps(named, sort_keys=True).encode(), usedforsecurity=False).hexdigest()


def _dump(value: dict[str, Any]) -> str:
    """JSON. In a token that botocore renewed, the expiry is still a datetime."""
    return json.dumps(value, default=lambda moment: utc(moment.timestamp()))


def utc(seconds: float) -> str:
    """Seconds since the epoch as ``2026-11-26T12:00:00Z``."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def seconds_of(text: Any) -> float | None:
    """A time in a file as seconds since the epoch; None if invalid. Old SDKs wrote ``UTC`` for ``Z``."""
    try:
        found = datetime.fromisoformat(str(text).replace("UTC", "Z"))
    except ValueError:
        return None
    return found.timestamp() if found.tzinfo else None
