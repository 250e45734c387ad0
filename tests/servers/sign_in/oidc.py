"""IAM Identity Center on loopback: device authorization, tokens and their renewal, the credentials of roles.

As much of the OIDC and the portal API as botocore asks, with their rules: a registration must be known, a code is
good for one token, tokens end, a token is renewed only for a client that registered a scope.
"""

import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.loopback import loopback

START_URL = "https://corp.awsapps.com/start"
SCOPE = "sso:account:access"
HOUR = 3600

Role = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RoleKeys:
    access_key: str
    secret_key: str
    session_token: str = "session"


@dataclass
class IdentityCenter:
    """The service and what it was asked. Change it as the test goes."""

    endpoint: str = ""
    roles: dict[Role, RoleKeys] = field(default_factory=dict)
    """Those that the user has been assigned."""
    interval: int = 1
    code_seconds: int = 600
    token_seconds: int = HOUR
    role_seconds: int = HOUR
    approved: bool = False
    answers: deque[str] = field(default_factory=deque)
    said: str = ""
    odd: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, float] = field(default_factory=dict)
    """Access tokens and when each ends."""
    given: set[str] = field(default_factory=set)
    """All that must stay secret of what it has answered."""
    _codes: dict[str, str] = field(default_factory=dict)
    _renewals: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> Mapping[str, str]:
        return {"AWS_ENDPOINT_URL_SSO_OIDC": self.endpoint, "AWS_ENDPOINT_URL_SSO": self.endpoint}

    def end_tokens(self, *, renewals: bool = True) -> None:
        """Take all access tokens back, and what they could be renewed with."""
        self.tokens.clear()
        if renewals:
            self._renewals.clear()

    async def register(self, request: web.Request) -> web.Response:
        self.asked.append("RegisterClient")
        client = f"client-{secrets.token_hex(4)}"
        self.clients[client] = {**await request.json(), "secret": self._secret()}
        ends = int(time.time()) + 90 * 24 * HOUR
        return web.json_response(
            {"clientId": client, "clientSecret": self.clients[client]["secret"], "clientSecretExpiresAt": ends}
        )

    async def authorize(self, request: web.Request) -> web.Response:
        self.asked.append("StartDeviceAuthorization")
        said = await request.json()
        if not self._knows(said):
            return _error(401, "InvalidClientException", "invalid_client", "the client is not known")
        if said["startUrl"] != START_URL:
            return _error(400, "InvalidRequestException", "invalid_request", "no such start URL")
        device, user = self._secret(), f"{secrets.token_hex(2)}-{secrets.token_hex(2)}".upper()
        self._codes[device] = said["clientId"]
        answer = {
            "deviceCode": device,
            "userCode": user,
            "verificationUri": f"{START_URL}/#/device",
            "verificationUriComplete": f"{START_URL}/#/device?user_code={user}",
            "expiresIn": self.code_seconds,
            "interval": self.interval,
        }
        return web.json_response(answer | self.odd)

    async def token(self, request: web.Request) -> web.Response:
        said = await request.json()
        renewing = said["grantType"] == "refresh_token"
        self.asked.append("RenewToken" if renewing else "CreateToken")
        if not self._knows(said):
            return _error(401, "InvalidClientException", "invalid_client", "the client is not known")
        if renewing:
            return self._renewed(said["refreshToken"])
        if self.answers:
            code = self.answers.popleft()
            return _error(400, code, code, f"it is said: {code}{self.said}")
        if said["deviceCode"] not in self._codes:
            return _error(400, "InvalidGrantException", "invalid_grant", "the code is not known")
        if not self.approved:
            return _error(400, "AuthorizationPendingException", "authorization_pending", "not yet")
        return self._granted(self._codes.pop(said["deviceCode"]))

    async def role_credentials(self, request: web.Request) -> web.Response:
        self.asked.append("GetRoleCredentials")
        if self.tokens.get(request.headers.get("x-amz-sso_bearer_token", ""), 0) < time.time():
            return _refusal(401, "UnauthorizedException", "Session token not found or invalid")
        keys = self.roles.get((request.query["account_id"], request.query["role_name"]))
        if keys is None:
            return _refusal(403, "ForbiddenException", "No access")
        self.given |= {keys.secret_key, keys.session_token}
        given = {
            "accessKeyId": keys.access_key,
            "secretAccessKey": keys.secret_key,
            "sessionToken": keys.session_token,
            "expiration": int((time.time() + self.role_seconds) * 1000),
        }
        return web.json_response({"roleCredentials": given})

    def _secret(self) -> str:
        made = secrets.token_urlsafe(32)
        self.given.add(made)
        return made

    def _knows(self, said: Mapping[str, Any]) -> bool:
        return bool(said["clientSecret"] == self.clients.get(said["clientId"], {}).get("secret"))

    def _renewed(self, renewal: str) -> web.Response:
        if renewal not in self._renewals:
            return _error(400, "InvalidGrantException", "invalid_grant", "the refresh token is not known")
        return self._granted(self._renewals.pop(renewal))

    def _granted(self, client: str) -> web.Response:
        token = self._secret()
        self.tokens[token] = time.time() + self.token_seconds
        answer = {"accessToken": token, "tokenType": "Bearer", "expiresIn": self.token_seconds}
        if SCOPE in self.clients[client].get("scopes", []):
            renewal = self._secret()
            self._renewals[renewal] = client
            answer["refreshToken"] = renewal
        return web.json_response(answer)


def _error(status: int, kind: str, error: str, description: str) -> web.Response:
    """An error of the OIDC service, as RFC 6749 has it, with AWS's name of it."""
    body = {"error": error, "error_description": description}
    return web.json_response(body, status=status, headers={"x-amzn-ErrorType": kind})


def _refusal(status: int, kind: str, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status, headers={"x-amzn-ErrorType": kind})


@asynccontextmanager
async def identity_center() -> AsyncIterator[IdentityCenter]:
    center = IdentityCenter()
    routes = [
        web.post("/client/register", center.register),
        web.post("/device_authorization", center.authorize),
        web.post("/token", center.token),
        web.get("/federation/credentials", center.role_credentials),
    ]
    async with loopback(routes) as center.endpoint:
        yield center
