"""Where sign-ins to IAM Identity Center are kept: botocore's own cache, which the AWS CLI and every SDK read."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import SSOTokenLoadError
from botocore.tokens import SSOTokenProvider
from botocore.utils import JSONFileCache, SSOTokenLoader
from msgspec import Struct

from tui.accounts.logins import Login

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
    """The files of all sign-ins, each for this user only; one that holds no token is taken for none."""

    def __init__(self) -> None:
        botocore: Any = SSOTokenProvider
        self._directory = Path(botocore._SSO_TOKEN_CACHE_DIR)  # it has no public name
        super().__init__(self._directory, dumps_func=_dump)

    def __contains__(self, key: str) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    def __getitem__(self, key: str) -> dict[str, Any]:
        found: Any = super().__getitem__(key)
        if not isinstance(found, dict) or _time(found.get("expiresAt")) is None:
            raise KeyError(key)
        return found

    def __setitem__(self, key: str, value: dict[str, Any]) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__setitem__(key, value)


def keep_token(login: Login, answer: Mapping[str, Any], registration: Registration) -> None:
    """Keep what CreateToken answered as the AWS CLI does, so that it is signed in, too; raises `OSError`."""
    token = {
        "startUrl": login.start_url,
        "region": login.region,
        "accessToken": answer["accessToken"],
        "expiresAt": _utc(time.time() + answer["expiresIn"]),
        "clientId": registration.client_id,
        "clientSecret": registration.client_secret,
        "registrationExpiresAt": _utc(registration.expires),
    }
    if renewal := answer.get("refreshToken"):
        token["refreshToken"] = renewal
    loader: Any = SSOTokenLoader(TokenCache())  # its stub takes the token for a text
    loader.save_token(login.start_url, token, login.session or None)


def kept_token(login: Login) -> str:
    """The token of a sign-in, whoever kept it; empty: there is none that has not ended. It must not be shown."""
    try:
        found = SSOTokenLoader(TokenCache())(login.start_url, login.session or None)
    except SSOTokenLoadError:
        return ""
    return str(found["accessToken"]) if (_time(found["expiresAt"]) or 0) > time.time() else ""


def kept_registration(login: Login) -> Registration | None:
    """The registration that was kept for such a sign-in, if it lives long enough."""
    try:
        found = TokenCache()[_registration_key(login)]
        expires = _time(found["expiresAt"])
        registration = Registration(str(found["clientId"]), str(found["clientSecret"]), expires or 0)
    except KeyError:
        return None
    return registration if registration.expires > time.time() + _LEFT else None


def keep_registration(login: Login, registration: Registration) -> None:
    """Keep a registration for the next sign-in; raises `OSError`."""
    TokenCache()[_registration_key(login)] = {
        "clientId": registration.client_id,
        "clientSecret": registration.client_secret,
        "expiresAt": _utc(registration.expires),
    }


def _registration_key(login: Login) -> str:
    named = {"tool": "xs3-tui", "startUrl": login.start_url, "region": login.region, "scopes": login.scopes}
    return hashlib.sha1(json.dumps(named, sort_keys=True).encode(), usedforsecurity=False).hexdigest()


def _utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _dump(value: dict[str, Any]) -> str:
    """JSON; the end of a token that botocore has renewed is a time still."""
    return json.dumps(value, default=lambda time: _utc(time.timestamp()))


def _time(text: Any) -> float | None:
    """Seconds since the epoch of a time as it stands in a file; None: it is none. Old SDKs wrote ``UTC`` for ``Z``."""
    try:
        found = datetime.fromisoformat(str(text).replace("UTC", "Z"))
    except ValueError:
        return None
    return found.timestamp() if found.tzinfo else None
