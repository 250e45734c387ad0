"""Where sign-ins to IAM Identity Center are kept: botocore's own cache, which the AWS CLI and every SDK read."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import SSOTokenLoadError
from botocore.utils import JSONFileCache, SSOTokenLoader
from msgspec import Struct

from tui.accounts.credentials.cache_times import seconds_of, utc
from tui.accounts.overrides.providers import sso_token_directory
from tui.accounts.sso_login import Login
from tui.link.private_files import make_directories

_LEFT = 3600
"""Seconds that a registration must still live: longer than any code, and long enough to renew a token once."""


class Registration(Struct, frozen=True):
    """This app as a client of IAM Identity Center."""

    client_id: str
    client_secret: str
    expires: float
    """Seconds since the epoch."""

    def __repr__(self) -> str:
        return "Registration(…)"


class TokenCache(JSONFileCache):
    """The files of all sign-ins, each for this user only; one without a token counts as missing."""

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
    """Keep what CreateToken answered as the AWS CLI does, so that it is signed in, too; raises `OSError`."""
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
    loader: Any = SSOTokenLoader(TokenCache())  # its stub takes the token for a text
    loader.save_token(login.start_url, token, login.session or None)


def kept_token(login: Login) -> str:
    """The token of a sign-in, of any program; empty: there is none that is still valid. It must not be shown."""
    try:
        found = SSOTokenLoader(TokenCache())(login.start_url, login.session or None)
    except SSOTokenLoadError:
        return ""
    return str(found["accessToken"]) if (seconds_of(found["expiresAt"]) or 0) > time.time() else ""


def kept_registration(login: Login) -> Registration | None:
    """The registration that was kept for such a sign-in, if it lives long enough."""
    try:
        found = TokenCache()[_registration_key(login)]
        expires = seconds_of(found["expiresAt"])
        registration = Registration(str(found["clientId"]), str(found["clientSecret"]), expires or 0)
    except KeyError:
        return None
    return registration if registration.expires > time.time() + _LEFT else None


def keep_registration(login: Login, registration: Registration) -> None:
    """Keep a registration for the next sign-in; raises `OSError`."""
    TokenCache()[_registration_key(login)] = {
        "clientId": registration.client_id,
        "clientSecret": registration.client_secret,
        "expiresAt": utc(registration.expires),
    }


def _registration_key(login: Login) -> str:
    named = {"tool": "xs3-tui", "startUrl": login.start_url, "region": login.region, "scopes": login.scopes}
    return hashlib.sha1(json.dumps(named, sort_keys=True).encode(), usedforsecurity=False).hexdigest()


def _dump(value: dict[str, Any]) -> str:
    """JSON; the end of a token that botocore has renewed is a time still."""
    return json.dumps(value, default=lambda moment: utc(moment.timestamp()))
