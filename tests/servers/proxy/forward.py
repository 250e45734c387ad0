"""A forward proxy for HTTP on loopback: every host that is asked for is one server's, whatever its name stands for.

A name of AWS's can so be used where no such name leads to this machine. Host and signature stay as they were sent.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from yarl import URL

from tests.servers.loopback import loopback

_OF_THE_CONNECTION = ("connection", "transfer-encoding", "content-length", "keep-alive", "proxy-connection")


@dataclass
class Forward:
    endpoint: str = ""
    hosts: list[str] = field(default_factory=list)


@asynccontextmanager
async def forwarding_to(server: str) -> AsyncIterator[Forward]:
    told = Forward()

    async def answer(request: web.Request) -> web.Response:
        target = urlsplit(request.raw_path)  # of a proxy it is a whole URL
        told.hosts.append(target.hostname or "")
        url = URL(f"{server}{target.path}{f'?{target.query}' if target.query else ''}", encoded=True)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OF_THE_CONNECTION}
        async with session.request(request.method, url, headers=headers, data=await request.read()) as found:
            kept = {name: text for name, text in found.headers.items() if name.lower() not in _OF_THE_CONNECTION}
            return web.Response(status=found.status, headers=kept, body=await found.read())

    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        loopback([web.route("*", "/{path:.*}", answer)]) as told.endpoint,
    ):
        yield told
