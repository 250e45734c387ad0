"""A server that answers what a test tells it to: for faults that no real server can be made to show."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass
class FaultyServer:
    """Where it listens, and the first line and the headers of every request it got."""

    endpoint: str = ""
    requests: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)


def answer(status: str, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    """One HTTP answer; `length` lies about the body's."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {size}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def error(status: str, code: str, message: str = "") -> bytes:
    """An error answer of S3."""
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


@asynccontextmanager
async def faulty_server(*answers: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[FaultyServer]:
    """Run a server that gives each request the next answer, the last one for ever; one request per connection."""
    told = FaultyServer()
    script = _forever(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        told.endpoint = f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield told


def _forever(answers: tuple[bytes, ...]) -> Iterator[bytes]:
    yield from answers
    while True:
        yield answers[-1]
