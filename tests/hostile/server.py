"""A hostile S3 server on loopback: what it answers wrongly is a table (`LIES` of `tests.hostile.answers`).

Path style: the first segment of the path is the bucket, and the bucket's name chooses the lie. Every request is kept,
with its body, so that a test can see what was sent to whom.
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from http import HTTPStatus

from tests.hostile.answers import LIES, TRUTH, Answer, Answering, bucket_list, error
from tests.servers.listening import Listener, listening
from tests.servers.proxy.messages import Request, read_body, read_head, request_of

ACCESS_KEY = "AKIAHOSTILE"
SECRET_KEY = "s3cr3t"
SESSION_TOKEN = "t0k3n-of-the-session"


@dataclass
class HostileServer(Listener):
    lies: dict[str, dict[str, Answering]] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    """The same as bytes, head and body."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What makes this the endpoint of everybody whose AWS files name none; the keys are temporary ones."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_SESSION_TOKEN": SESSION_TOKEN,
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def lie(self, bucket: str, operation: str, answer: Answering) -> None:
        self.lies.setdefault(bucket, {})[operation] = answer

    def count(self, operation: str) -> int:
        return sum(request.operation == operation for request in self.asked)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await self._one(reader, writer):
            pass

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await read_head(reader)
        if head is None:
            return False
        if head.header("expect"):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await read_body(reader, head)
        request = request_of(head)
        self.asked.append(request)
        self.received.append(head.raw + body)
        answer = self._answer(request)
        await _send(writer, answer, with_body=request.method != "HEAD")
        return not answer.cut

    def _answer(self, request: Request) -> Answer:
        told = self.lies.get(request.bucket, {}).get(request.operation) or TRUTH.get(request.operation)
        if told is None and request.operation == "ListBuckets":
            return bucket_list(name for name in self.lies if name)
        if told is None:
            return error(501, "NotImplemented")
        return told(request) if callable(told) else told


async def _send(writer: asyncio.StreamWriter, answer: Answer, *, with_body: bool) -> None:
    await asyncio.sleep(answer.seconds_before)
    for part in (_head(answer), answer.body if with_body else b""):
        if answer.drip and (answer.head_drips or part is answer.body):
            for start in range(len(part)):
                writer.write(part[start : start + 1])
                await writer.drain()
                await asyncio.sleep(answer.drip)
        else:
            writer.write(part)
    await writer.drain()


def _head(answer: Answer) -> bytes:
    status = HTTPStatus(answer.status)
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    length = len(answer.body) if answer.length is None else answer.length
    lines += [f"Content-Length: {length}"] if length >= 0 else []
    lines += ["Connection: close"] if answer.cut else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def hostile_server(tls: ssl.SSLContext | None = None) -> AbstractAsyncContextManager[HostileServer]:
    """Run a server with all lies of the table while the block lasts, over TLS if a context is given."""
    server = HostileServer(lies={bucket: dict(answers) for bucket, answers in LIES.items()})
    return listening(server, HostileServer.serve, tls)
