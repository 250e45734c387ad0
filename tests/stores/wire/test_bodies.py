"""Bodies of the short way: sent when they are asked for, stopped when they are refused, read as fast as the reader."""

from __future__ import annotations

import asyncio

from tests.stores.wire.scripted import Scripted, always, answered, scripted, sender
from tests.waiting import until
from tui.stores.s3.wire.response import BUFFERED

MEGABYTE = 1024 * 1024
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


async def test_a_body_is_sent_when_it_is_asked_for() -> None:
    body = b"x" * (3 * MEGABYTE)

    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await told.head(reader):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            assert await reader.readexactly(len(body)) == body
            writer.write(OK)

    async with scripted(serve) as server, sender() as sending:
        for _ in range(2):
            assert (
                await answered(sending.send(server.request("PUT", body, waits=True), "r", streams=False))
            ).status == 200
    assert server.connections == 1


async def test_a_server_that_does_not_ask_gets_it_all_the_same() -> None:
    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await told.head(reader)
        assert await reader.readexactly(5) == b"12345"
        writer.write(OK)

    async with scripted(serve) as server, sender() as sending:
        assert (
            await answered(sending.send(server.request("PUT", b"12345", waits=True), "r", streams=False))
        ).status == 200


async def test_a_refused_body_is_not_sent() -> None:
    received = b""

    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal received
        await told.head(reader)
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        received = await reader.read()

    async with scripted(serve) as server, sender() as sending:
        request = server.request("PUT", b"x" * MEGABYTE, waits=True)
        answer = await answered(sending.send(request, "r", streams=False))
        assert (answer.status, answer.body) == (403, b"no")
    assert received == b""


async def test_an_answer_before_the_end_of_a_body_ends_it() -> None:
    size = 16 * MEGABYTE

    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await told.head(reader)
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await reader.readexactly(MEGABYTE)
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        await asyncio.Event().wait()  # and reads no more

    async with scripted(serve) as server, sender(60) as sending, asyncio.timeout(30):
        answer = await answered(sending.send(server.request("PUT", b"x" * size, waits=True), "r", streams=False))
        assert (answer.status, answer.body) == (403, b"no")
        await answered(sending.send(server.request("PUT", b"x" * size, waits=True), "r", streams=False))
    assert server.connections == 2, "what is left of the body must not be read as a request"


async def test_the_server_waits_while_nobody_reads() -> None:
    sent = 0

    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while await told.head(reader):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (16 * MEGABYTE))
            for _ in range(16):
                writer.write(b"x" * MEGABYTE)
                await writer.drain()
                sent += MEGABYTE

    async with scripted(serve) as server, sender() as sending:
        answer = await answered(sending.send(server.request(), "r", streams=True))
        first = await answer.body.read(10)
        assert len(first) == 10
        response = answer.body._response
        while response.buffered <= BUFFERED:
            await answer.body._more()
        assert response.buffered < BUFFERED + MEGABYTE
        assert sent < 16 * MEGABYTE
        size = 10
        while chunk := await answer.body.read(MEGABYTE):
            size += len(chunk)
        assert size == 16 * MEGABYTE
        await answered(sending.send(server.request(), "r", streams=True))
    assert server.connections == 1


async def test_a_body_that_is_not_read_ends_its_connection() -> None:
    async with scripted(always(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")) as server, sender() as sending:
        for _ in range(2):
            answer = await answered(sending.send(server.request(), "r", streams=True))
            async with answer.body:
                pass
    assert server.connections == 2


async def test_a_body_of_which_half_has_come_can_be_left() -> None:
    half = asyncio.Event()

    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await told.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (2 * MEGABYTE) + b"x" * MEGABYTE)
        await writer.drain()
        half.set()
        await reader.read()

    async with scripted(serve) as server, sender() as sending:
        for _ in range(2):
            answer = await answered(sending.send(server.request(), "r", streams=True))
            reading = asyncio.create_task(answer.body.read())
            await half.wait()
            await until(lambda answer=answer: answer.body._response.received == MEGABYTE, "half of it has come")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            reading.cancel()
            await asyncio.wait([reading])
            assert reading.cancelled()
    assert server.connections == 2


async def test_a_long_body_is_whole() -> None:
    body = bytes(range(256)) * (MEGABYTE // 64)

    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await told.head(reader):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    async with scripted(serve) as server, sender() as sending:
        for _ in range(2):
            read = await (await answered(sending.send(server.request(), "r", streams=True))).body.read()
            assert type(read) is bytes
            assert read == body
    assert server.connections == 1
