"""A server in front of another one: passes every request on as it came, and notes those that write."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

from aiohttp import ClientSession, DummyCookieJar, web

from tests.servers.loopback import loopback

WRITES = ("Put", "Create", "Delete", "Update", "Attach", "Detach")
"""How the operations of IAM that write begin."""
PER_CONNECTION = {"connection", "content-length", "transfer-encoding", "keep-alive"}


class Wire:
    """`writes` are the methods and paths, or the operations of IAM, of all that was written."""

    def __init__(self, target: str) -> None:
        self._target = target
        self.writes: list[str] = []

    async def pass_on(self, request: web.Request) -> web.Response:
        """The signature covers the host, so that every header stays."""
        body = await request.read()
        self._note(request, body)
        async with (
            ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False) as session,
            session.request(
                request.method, f"{self._target}{request.raw_path}", headers=request.headers, data=body
            ) as answer,
        ):
            headers = {name: value for name, value in answer.headers.items() if name.lower() not in PER_CONNECTION}
            return web.Response(status=answer.status, headers=headers, body=await answer.read())

    def _note(self, request: web.Request, body: bytes) -> None:
        action = parse_qs(body.decode(errors="replace")).get("Action", [""])[0] if request.method == "POST" else ""
        if action:
            if action.startswith(WRITES):
                self.writes.append(action)
        elif request.method not in ("GET", "HEAD"):
            self.writes.append(f"{request.method} {request.raw_path}")


@asynccontextmanager
async def watched(target: str) -> AsyncIterator[tuple[str, Wire]]:
    """Watch what is sent to `target` while the block lasts; yields the endpoint to use instead."""
    wire = Wire(target)
    async with loopback([web.route("*", "/{path:.*}", wire.pass_on)]) as endpoint:
        yield endpoint, wire
