"""Signs in to IAM Identity Center by device authorization: a code that is entered in any browser, on any machine."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from tui.accounts.clients.connection import ResolvedIdentity, Timeouts, client_config
from tui.accounts.clients.retries import ATTEMPTS
from tui.accounts.credentials.sso_cache import (
    Registration,
    keep_registration,
    keep_token,
    kept_registration,
    kept_token,
)
from tui.accounts.problems.attempt import Attempt
from tui.accounts.problems.device_sign_in import (
    SIGN_IN_FAILURES,
    UnreadableAnswerError,
    incomplete,
    not_needed,
    sign_in_problem,
)
from tui.accounts.problems.refusal import read_refusal
from tui.accounts.problems.sign_in import with_sign_in
from tui.accounts.sso_login import Login
from tui.core.problem import ProblemError

_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
_GRANTS = (_DEVICE, "refresh_token")

_INTERVAL = 5.0
"""Seconds between two questions where the server does not say it, and what each of its `SlowDownException` adds
(RFC 8628, sections 3.2 and 3.5)."""

_UNKNOWN_CLIENT = ("InvalidClientException", "UnauthorizedClientException")

_URL = re.compile(r"https?://[!-~]{1,2000}")
"""What a browser opens; anything else that a server sends is not for a clipboard, from which it may get anywhere."""
_USER_CODE = re.compile(r"[!-~]{1,64}")
_LONGEST = 366 * 24 * 3600.0
"""Seconds: no code lives for so long."""


Sleep = Callable[[float], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What the user does until `expires`: open `url` and enter `code`."""

    url: str
    complete_url: str
    """It includes the code; empty: the service gave none."""
    code: str
    expires: float
    """Seconds since the epoch."""


async def sign_in(
    settings: ResolvedIdentity, sleep: Sleep = asyncio.sleep, now: Callable[[], float] = time.monotonic
) -> AsyncGenerator[DeviceCode, None]:
    """Yield a code, and end when it was entered and the token is where botocore and the AWS CLI look for it.

    `now` is a clock that nobody sets. Closing the generator gives the sign-in up. Raises `ProblemError`.
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
    """The sign-in of an identity; raises `ProblemError` if it has none, or an incomplete one."""
    login = settings.login
    if login is None:
        raise ProblemError(not_needed(settings.label, settings.attempt))
    values = {"sso_start_url": login.start_url, "sso_region": login.region}
    if missing := [name for name, value in values.items() if not value]:
        raise ProblemError(incomplete(login, missing, settings.attempt))
    return login


class _SigningIn:
    """One device authorization, from its code to its token."""

    def __init__(self, client: Any, login: Login, sleep: Sleep, now: Callable[[], float]) -> None:
        self._client, self._login = client, login
        self._sleep, self._now = sleep, now

    async def begin(self) -> DeviceCode:
        """Ask for a code."""
        self._before = kept_token(self._login)
        registration = await asyncio.to_thread(kept_registration, self._login)
        try:
            self._registration = registration or await self._register()
            said = await self._authorize()
        except ClientError as error:
            if registration is None or read_refusal(error).code not in _UNKNOWN_CLIENT:
                raise
            self._registration = await self._register()  # the kept one was forgotten there
            said = await self._authorize()
        self._device_code: str = said["deviceCode"]
        lasts = _seconds(said, "expiresIn")
        self._ends = self._now() + lasts
        self._wait = _seconds(said, "interval") if said.get("interval") else _INTERVAL
        complete_url = _text(said, "verificationUriComplete", _URL) if said.get("verificationUriComplete") else ""
        url, code = _text(said, "verificationUri", _URL), _text(said, "userCode", _USER_CODE)
        return DeviceCode(url, complete_url, code, time.time() + lasts)

    async def finish(self) -> None:
        """Ask for the token until there is one, and keep it; or until another program has saved a new one."""
        while True:
            await self._pause()
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

    async def _pause(self) -> None:
        """Wait as long as the server wants between two questions; raise when the code has expired in between."""
        left = self._ends - self._now()
        await self._sleep(max(0.0, min(self._wait, left)))
        if left < self._wait:
            raise ClientError({"Error": {"Code": "ExpiredTokenException"}}, "CreateToken")

    async def _asked(self) -> dict[str, Any] | None:
        """The answer to one more question; None: the code was not entered yet."""
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
    """A text of an answer that has the form."""
    found = said[name]
    if not (isinstance(found, str) and form.fullmatch(found)):
        raise UnreadableAnswerError(f"{name} is not {'a web page URL' if form is _URL else 'a code'}")
    return found


def _seconds(said: Mapping[str, Any], name: str) -> float:
    """A time of an answer."""
    found = said[name]
    if not (isinstance(found, int | float) and 0 < found <= _LONGEST):
        raise UnreadableAnswerError(f"{name} is not a number of seconds")
    return float(found)


@contextmanager
def _told(attempt: Attempt) -> Iterator[None]:
    """Turn what goes wrong in this block into a `ProblemError`, which another sign-in may solve."""
    try:
        yield
    except SIGN_IN_FAILURES as error:
        raise ProblemError(with_sign_in(sign_in_problem(error, attempt), attempt)) from error
