"""The metadata service of an EC2 instance (IMDSv2) on loopback: its token, its role's credentials, its network."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.servers.loopback import loopback, role_keys

ROLE = "worker"
_ROLES = "/latest/meta-data/iam/security-credentials/"


@dataclass
class MetadataService:
    endpoint: str = ""
    too_far: bool = False
    """The answer to the request for a token gets lost: the machine is more network hops away than the instance lets
    such an answer go, as from within a container."""
    has_role: bool = True
    described: dict[str, str] = field(default_factory=dict)
    """Other values below ``latest/meta-data/``, by path."""
    held: asyncio.Event | None = None
    """With one, requests for a token are answered once it is set."""
    asked: list[str] = field(default_factory=list)
    _tokens: set[str] = field(default_factory=set)

    @property
    def environment(self) -> Mapping[str, str]:
        """What makes botocore ask here, and wait longer than its one second: a busy machine may need that."""
        return {
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_METADATA_SERVICE_TIMEOUT": "30",
        }

    async def token(self, request: web.Request) -> web.Response:
        """A token for a session, which every other request must have."""
        self.asked.append(f"PUT {request.path}")
        if self.held:
            await self.held.wait()
        if self.too_far and request.transport:
            request.transport.abort()
        token = secrets.token_urlsafe(16)
        self._tokens.add(token)
        return web.Response(text=token)

    async def role(self, request: web.Request) -> web.Response:
        self._require_token(request)
        if not self.has_role:
            raise web.HTTPNotFound
        return web.Response(text=ROLE)

    async def credentials(self, request: web.Request) -> web.Response:
        self._require_token(request)
        return web.json_response({"Code": "Success", "Type": "AWS-HMAC", **role_keys("ASIAINSTANCE")})

    async def value(self, request: web.Request) -> web.Response:
        self._require_token(request)
        if (path := request.match_info["path"]) not in self.described:
            raise web.HTTPNotFound
        return web.Response(text=self.described[path])

    def _require_token(self, request: web.Request) -> None:
        self.asked.append(f"GET {request.path}")
        if request.headers.get("x-aws-ec2-metadata-token") not in self._tokens:
            raise web.HTTPUnauthorized


@asynccontextmanager
async def metadata_service() -> AsyncIterator[MetadataService]:
    service = MetadataService()
    routes = [
        web.put("/latest/api/token", service.token),
        web.get(_ROLES, service.role),
        web.get(_ROLES + ROLE, service.credentials),
        web.get("/latest/meta-data/{path:.+}", service.value),
    ]
    async with loopback(routes) as service.endpoint:
        yield service
