"""Profiles of ``aws login`` (``login_session``): credentials from the AWS CLI's cache, renewed as the CLI renews them.

The cache and the renewal are those of botocore's `LoginProvider`, which wants awscrt for the signature of its proof of
possession (RFC 9449, "DPoP"); with awscrt installed botocore would sign every request by it, so that is made here.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore
from aiobotocore.config import AioConfig
from aiobotocore.credentials import AioRefreshableCredentials
from aiobotocore.session import AioSession
from botocore.credentials import CredentialProvider
from botocore.exceptions import ClientError, LoginError, LoginInsufficientPermissions
from botocore.utils import JSONFileCache, generate_login_cache_key, get_login_token_cache_directory

from tui.aws.sso import seconds_of, utc

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_LEFT = 5 * 60
"""Cached credentials are used while they live at least this many seconds (botocore's threshold)."""

_REGION = "us-east-1"
"""The region for a profile without one."""

_KEYS = ("accessKeyId", "secretAccessKey", "sessionToken")
_OCTETS = 32
"""Length of a coordinate of the curve P-256, and of half a signature (RFC 7518, sections 6.2.1.2 and 3.4)."""

LoginToken = dict[str, Any]


class ConsoleLoginError(LoginError):
    """A console sign-in that is missing, damaged or expired; `profile` is the one to sign in with."""

    fmt = "{reason}"
    profile: str
    over: bool

    def __init__(self, profile: str, reason: str, *, over: bool = False) -> None:
        super().__init__(reason=reason)
        self.profile, self.over = profile, over


class LoginProvider(CredentialProvider):
    """The credentials of a profile with a ``login_session``."""

    METHOD = "login"

    def __init__(self, session: AioSession, profile: str) -> None:
        super().__init__()
        self._session, self._profile = session, profile

    async def load(self) -> AioRefreshableCredentials | None:
        """The cached credentials, even if expired; None for other kinds of profiles."""
        profiles: Any = self._session.full_config.get("profiles", {})
        settings = profiles.get(self._profile, {})
        if "login_session" not in settings:
            return None
        login = _ConsoleLogin(self._session, self._profile, str(settings["login_session"]), settings.get("region"))
        found = _credentials(await asyncio.to_thread(login.token))
        return AioRefreshableCredentials(
            access_key=found["access_key"],
            secret_key=found["secret_key"],
            token=found["token"],
            expiry_time=datetime.fromisoformat(found["expiry_time"]),
            account_id=found["account_id"],
            method=self.METHOD,
            refresh_using=login.renewed,
            time_fetcher=lambda: datetime.now(UTC),
        )


class _ConsoleLogin:
    """One sign-in of the AWS CLI."""

    def __init__(self, session: AioSession, profile: str, name: str, region: str | None) -> None:
        self._session, self._profile, self._region = session, profile, region or _REGION
        self._directory = Path(get_login_token_cache_directory())
        self._cache, self._key = JSONFileCache(str(self._directory)), generate_login_cache_key(name)

    def token(self) -> LoginToken:
        """The cached token; raises `ConsoleLoginError` if it is missing or damaged."""
        try:
            found: Any = self._cache[self._key]
        except KeyError as error:
            raise ConsoleLoginError(self._profile, "this machine has no token for that sign-in") from error
        if missing := _missing(found):
            raise ConsoleLoginError(self._profile, f"the sign-in token has no {missing}")
        token: LoginToken = found
        return token

    async def renewed(self) -> dict[str, str]:
        """Credentials with some time to live: from the cache if the AWS CLI renewed them, else new ones."""
        token = await asyncio.to_thread(self.token)
        if not _is_fresh(token):
            token = await self._renew(token)
        return _credentials(token)

    async def _renew(self, token: LoginToken) -> LoginToken:
        key = await asyncio.to_thread(_private_key, token["dpopKey"], self._profile)
        config = AioConfig(signature_version=botocore.UNSIGNED)
        asked = {"clientId": token["clientId"], "refreshToken": token["refreshToken"], "grantType": "refresh_token"}
        async with self._session.create_client("signin", region_name=self._region, config=config) as made:
            client: Any = made
            client.meta.events.register("before-call.signin.CreateOAuth2Token", partial(_prove, key))
            try:
                answer = await client.create_oauth2_token(tokenInput=asked)
            except ClientError as error:
                return await self._after(error, token)
        output = answer.get("tokenOutput") or {}
        given, seconds = output.get("accessToken") or {}, output.get("expiresIn")
        ends = utc(time.time() + seconds) if isinstance(seconds, int) else ""
        keys = {name: given.get(name) for name in _KEYS} | {
            "accountId": token["accessToken"]["accountId"],
            "expiresAt": ends,
        }
        new = {**token, "accessToken": keys, "refreshToken": output.get("refreshToken")}
        if missing := _missing(new):
            raise ConsoleLoginError(self._profile, f"the token response has no {missing}")
        await asyncio.to_thread(self._keep, new)
        return new

    async def _after(self, error: ClientError, used: LoginToken) -> LoginToken:
        """After a refusal: another program may have renewed the token, which uses up the refresh token."""
        answer: Any = error.response
        reason = str(answer.get("error", ""))
        if reason == "INSUFFICIENT_PERMISSIONS":
            raise LoginInsufficientPermissions from error
        if reason not in ("TOKEN_EXPIRED", "USER_CREDENTIALS_CHANGED"):
            raise error
        now = await asyncio.to_thread(self.token)
        if now["refreshToken"] != used["refreshToken"] and _is_fresh(now):
            return now
        changed = "the user's credentials have changed" if reason == "USER_CREDENTIALS_CHANGED" else "it has ended"
        raise ConsoleLoginError(self._profile, changed, over=True) from error

    def _keep(self, token: LoginToken) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(OSError):  # the cache is not writable: this process can still use the credentials
            self._cache[self._key] = token


def _missing(token: Any) -> str:
    """The first missing field of the token; empty if the token is usable."""
    if not isinstance(token, dict):
        return "fields"
    keys = token.get("accessToken")
    if not isinstance(keys, dict):
        return "accessToken"
    fields = [(name, keys.get(name)) for name in (*_KEYS, "accountId", "expiresAt")]
    fields += [(name, token.get(name)) for name in ("refreshToken", "dpopKey", "clientId")]
    absent = [name for name, value in fields if not isinstance(value, str) or not value]
    if absent:
        return absent[0]
    return "" if seconds_of(keys["expiresAt"]) else "expiresAt"


def _is_fresh(token: LoginToken) -> bool:
    return (seconds_of(token["accessToken"]["expiresAt"]) or 0) - time.time() > _LEFT


def _credentials(token: LoginToken) -> dict[str, str]:
    """In botocore's form."""
    keys = token["accessToken"]
    return {
        "access_key": keys["accessKeyId"],
        "secret_key": keys["secretAccessKey"],
        "token": keys["sessionToken"],
        "expiry_time": utc(seconds_of(keys["expiresAt"]) or 0),
        "account_id": keys["accountId"],
    }


def _private_key(pem: str, profile: str) -> EllipticCurvePrivateKey:
    """The key for the proof. The library is imported late: few profiles need it."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise ConsoleLoginError(profile, "the sign-in key cannot be read") from error
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise ConsoleLoginError(profile, "the sign-in key is not a P-256 key")
    return key


def _prove(key: EllipticCurvePrivateKey, params: dict[str, Any], **_: Any) -> None:
    params["headers"]["DPoP"] = proof(key, params["url"])


def proof(key: EllipticCurvePrivateKey, url: str) -> str:
    """A DPoP proof of a POST to `url` (RFC 9449, section 4.2), signed by ES256."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    numbers = key.public_key().public_numbers()
    public = {"kty": "EC", "crv": "P-256", "x": _coordinate(numbers.x), "y": _coordinate(numbers.y)}
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": public}
    claims = {"htm": "POST", "htu": url, "iat": int(time.time()), "jti": str(uuid.uuid4())}
    signed = ".".join(_base64url(json.dumps(each, separators=(",", ":")).encode()) for each in (header, claims))
    r, s = decode_dss_signature(key.sign(signed.encode(), ECDSA(SHA256())))
    return f"{signed}.{_base64url(r.to_bytes(_OCTETS) + s.to_bytes(_OCTETS))}"


def _coordinate(number: int) -> str:
    return _base64url(number.to_bytes(_OCTETS))


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
