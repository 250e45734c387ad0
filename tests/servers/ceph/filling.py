"""Fills a bucket with many empty objects: plain PUT requests on few connections, which cost a client little.

The bucket is made writable for everyone while it is filled.
"""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from tests.servers.server import S3Server

CONNECTIONS = 16


def fill(server: S3Server, bucket: str, keys: Iterable[str]) -> None:
    client: Any = server.client(server.a)
    client.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    asyncio.run(_fill(server.endpoint, bucket, iter(keys)))
    client.put_bucket_acl(Bucket=bucket, ACL="private")


async def _fill(endpoint: str, bucket: str, keys: Iterator[str]) -> None:
    url = urlsplit(endpoint)
    assert url.hostname
    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(_put(url.hostname, url.port or 80, bucket, keys))


async def _put(host: str, port: int, bucket: str, keys: Iterator[str]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for key in keys:
        writer.write(
            f"PUT /{bucket}/{quote(key)} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 0\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
        await reader.readexactly(int(length.partition(b":")[2]))
    writer.close()
