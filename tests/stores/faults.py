import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
from aiobotocore.awsrequest import AioAWSResponse
from botocore.compat import HTTPHeaders
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.servers.listening import Listener, listening
from tui.aws.connection import ATTEMPTS, Connection
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.core.identity import IdentitySpec
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import ObjectAttributes


@dataclass
class FaultyServer(Listener):
    """The first line and the headers of every request it got."""

    requests: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)


def answer(status: str, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    """One HTTP answer; `length` lies about the body's."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {size}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def error(status: str, code: str, message: str = "") -> bytes:
    return answer(status, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode())


def certificate(
    directory: Path, address: str = "127.0.0.1", until: timedelta = timedelta(days=1)
) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate that nobody knows; return its file and a server's context with it.

    `until` is counted from now: a negative one has expired.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + until)
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    file = directory / "certificate.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return file, context


PLAIN = ObjectAttributes()
ETAG = '"d41d8cd98f00b204e9800998ecf8427e"'


def faulty_server(*answers: bytes, tls: ssl.SSLContext | None = None) -> AbstractAsyncContextManager[FaultyServer]:
    """Run a server that gives each request the next answer, the last one for ever; one request per connection."""
    script = chain(answers, repeat(answers[-1]))

    async def serve(told: FaultyServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        request, headers = head.decode().split("\r\n", 1)
        told.requests.append(request)
        told.headers.append(headers)
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                await reader.readexactly(int(line.split(b":")[1]))
        writer.write(next(script))
        await writer.drain()
        writer.close()
        try:
            await writer.wait_closed()
        finally:
            writer.transport.abort()  # by TLS it waits until its client has closed, too

    return listening(FaultyServer(), serve, tls)


@asynccontextmanager
async def store_on(
    *answers: bytes, short_way: bool = True, attempts: int = ATTEMPTS, region: str | None = None
) -> AsyncIterator[tuple[S3Store, FaultyServer]]:
    async with faulty_server(*answers) as server:
        connections = Connections(short_way=short_way)
        name = connection_id(IdentitySpec(endpoint=server.endpoint, region=region))
        try:
            yield S3Store(await connections.get(name, attempts=attempts)), server
        finally:
            await connections.close()


@dataclass(frozen=True, slots=True)
class Sent:
    """A request: its method, whole URL, and headers by their names in lower case."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def signing_region(self) -> str:
        return self.headers["authorization"].partition("Credential=")[2].split("/")[2]


class _CaughtError(Exception):
    """Carries a request out of botocore, which knows no reason to try that one again."""

    def __init__(self, sent: Sent) -> None:
        super().__init__(sent.url)
        self.sent = sent


class _NoBody:
    async def read(self) -> bytes:
        return b""


async def sent_by(connection: Connection, asking: Awaitable[Any], *, moved_to: str = "") -> Sent:
    """The first request that `asking`, an operation of this connection, would send.

    With `moved_to`, a region, the second: the first is answered by a redirect to there.
    """
    regions = [moved_to] if moved_to else []

    def catch(request: Any, **_: Any) -> AioAWSResponse:
        if not regions:
            raise _CaughtError(_read(request))
        headers = HTTPHeaders.from_dict({"x-amz-bucket-region": regions.pop()})
        return AioAWSResponse(request.url, 301, headers, _NoBody())

    events: Any = connection.client.meta.events  # its stub knows no handlers that answer
    events.register_last("before-send.s3", catch)
    try:
        with pytest.raises(_CaughtError) as caught:
            await asking
    finally:
        events.unregister("before-send.s3", catch)
    return caught.value.sent


def _read(request: Any) -> Sent:
    headers = {name.lower(): decoded(value) for name, value in request.headers.items()}
    return Sent(request.method, request.url, headers, request.body if isinstance(request.body, bytes) else b"")


def decoded(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
