"""The credentials endpoint of a container (ECS task role, EKS Pod Identity) on loopback."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.loopback import loopback, role_keys

PATH = "/v1/credentials"


@dataclass
class ContainerEndpoint:
    endpoint: str = ""
    authorization: str = ""
    """The header that a request must have; empty: none."""
    answer: Any = None
    asked: list[str] = field(default_factory=list)

    @property
    def environment(self) -> Mapping[str, str]:
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": self.endpoint + PATH}

    async def credentials(self, request: web.Request) -> web.Response:
        self.asked.append(request.headers.get("Authorization", ""))
        if self.asked[-1] != self.authorization:
            return web.json_response({"message": "the token is not known"}, status=403)
        if self.answer is not None:
            return web.json_response(self.answer)
        return web.json_response(role_keys("ASIACONTAINER"))


@asynccontextmanager
async def container_endpoint() -> AsyncIterator[ContainerEndpoint]:
    container = ContainerEndpoint()
    async with loopback([web.get(PATH, container.credentials)]) as container.endpoint:
        yield container
