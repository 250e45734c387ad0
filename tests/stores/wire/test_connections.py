"""The connections of the short way: kept, closed, timed out, cut, and answered in all the ways HTTP/1.1 has."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import aiohttp
import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)

from tests.stores.wire.scripted import Scripted, always, answered, failed, no_tls, scripted, sender
from tui.accounts.clients.transport import MAX_ANSWER, read_timeout
from tui.accounts.problems.errors import AnswerTooLargeError
from tui.stores.s3.wire.pool import Pool
from tui.stores.s3.wire.request import Place
from tui.stores.s3.wire.response import MOST_OF_A_HEAD

MEGABYTE = 1024 * 1024
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


async def drained(body: Any) -> None:
    """Read a body to its end, two bytes at a time."""
    while await body.read(2):
        pass


async def test_a_connection_is_kept_for_the_next_request() -> None:
    async with scripted(always(OK)) as server, sender() as sending:
        for _ in range(3):
            answer = await answered(sending.send(server.request(), "r", streams=True))
            assert await answer.body.read() == b"hello"
            assert (await answered(sending.send(server.request(), "r", streams=False))).body == b"hello"
    assert (server.connections, len(server.heads)) == (1, 6)


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length:5 \r\n\r\nhello", b"hello"),
        (b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK, b"hello"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: t\r\n\r\n",
            b"hello",
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b""),
    ],
)
@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("step", [1, 7, 1000])
async def test_an_answer_is_read_whichever_way_it_comes(answer: bytes, body: bytes, streams: bool, step: int) -> None:
    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await told.head(reader):
            for start in range(0, len(answer), step):
                writer.write(answer[start : start + step])
                await writer.drain()

    async with scripted(serve) as server, sender() as sending:
        for _ in range(2):
            found = await answered(sending.send(server.request(), "r", streams=streams))
            assert (await found.body.read() if streams else found.body) == body
            assert "link" not in found.headers
    assert server.connections == 1


async def test_a_head_alone_is_the_answer_to_a_head() -> None:
    async with (
        scripted(always(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nETag: e\r\n\r\n")) as server,
        sender() as sending,
    ):
        for _ in range(2):
            answer = await answered(sending.send(server.request("HEAD"), "r", streams=False))
            assert (answer.headers["etag"], answer.body) == ("e", b"")
    assert server.connections == 1


async def test_the_end_of_the_connection_ends_a_body_without_length() -> None:
    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await told.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nhel")
        await writer.drain()
        writer.write(b"lo")

    async with scripted(serve) as server, sender() as sending:
        for streams in (True, False):
            answer = await answered(sending.send(server.request(), "r", streams=streams))
            assert (await answer.body.read() if streams else answer.body) == b"hello"
    assert server.connections == 2


@pytest.mark.parametrize(
    "last", [b"Connection: close\r\nContent-Length: 5\r\n\r\nhello", b"Content-Length: 5\r\n\r\nhello, and more"]
)
async def test_a_connection_that_is_to_end_is_not_kept(last: bytes) -> None:
    async with scripted(always(b"HTTP/1.1 200 OK\r\n" + last)) as server, sender() as sending:
        for _ in range(2):
            assert (await answered(sending.send(server.request(), "r", streams=False))).body == b"hello"
    assert server.connections == 2


async def test_what_an_old_server_sends_ends_its_connection() -> None:
    async with scripted(always(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")) as server, sender() as sending:
        for _ in range(2):
            assert (await answered(sending.send(server.request(), "r", streams=False))).body == b"hello"
    assert server.connections == 2


async def test_a_kept_connection_that_was_closed_is_not_tried_again_unseen() -> None:
    """It cannot be known whether the server has done what it was asked for: who counts the attempts decides."""

    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await told.head(reader)
        writer.write(OK)
        await told.head(reader)  # and no answer

    async with scripted(serve) as server, sender() as sending:
        await answered(sending.send(server.request(), "r", streams=False))
        error = await failed(sending.send(server.request("PUT", b"x"), "r", streams=False))
        assert isinstance(error, ConnectionClosedError)
        assert (server.connections, len(server.heads)) == (1, 2)
        await answered(sending.send(server.request(), "r", streams=False))


@pytest.mark.parametrize(
    "head", [b"SSH-2.0-x\r\n", b"HTTP/1.1 ok\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"]
)
async def test_what_is_no_http_is_called_so(head: bytes) -> None:
    async with scripted(always(head)) as server, sender() as sending:
        assert isinstance(await failed(sending.send(server.request(), "r", streams=True)), HTTPClientError)


async def test_headers_have_an_end() -> None:
    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await told.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x-amz-meta-x: " + b"y" * 1000 + b"\r\n")
            await writer.drain()

    async with scripted(serve) as server, sender() as sending:
        error = await failed(sending.send(server.request(), "r", streams=True))
        assert str(MOST_OF_A_HEAD) in str(error)


@pytest.mark.parametrize("framing", [b"Content-Length: 99999999", b"X: y", b"Transfer-Encoding: chunked"])
async def test_a_large_document_is_not_read_to_its_end(framing: bytes) -> None:
    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await told.head(reader)
        writer.write(b"HTTP/1.1 500 Oops\r\n" + framing + b"\r\n\r\n")
        for _ in range(60):
            writer.write((b"100000\r\n" if b"chunked" in framing else b"") + b"x" * MEGABYTE + b"\r\n")
            await writer.drain()

    async with scripted(serve) as server, sender() as sending:
        error = await failed(sending.send(server.request(), "r", streams=True))
        assert isinstance(error, AnswerTooLargeError)
        assert str(MAX_ANSWER) in str(error)


@pytest.mark.parametrize(
    "cut",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ],
)
async def test_a_cut_body_is_never_taken_for_a_whole_one(cut: bytes) -> None:
    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await told.head(reader)
        writer.write(cut)

    async with scripted(serve) as server, sender() as sending:
        answer = await answered(sending.send(server.request(), "r", streams=True))
        with pytest.raises(aiohttp.ClientPayloadError, match="not completed"):
            await answer.body.read()
        answer = await answered(sending.send(server.request(), "r", streams=True))
        with pytest.raises(aiohttp.ClientPayloadError, match="not completed"):
            await drained(answer.body)
        assert isinstance(await failed(sending.send(server.request(), "r", streams=False)), ConnectionClosedError)


async def test_silence_has_an_end() -> None:
    """Before the head of an answer, and within its body; the time is that of each next byte."""

    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await told.head(reader)
        if head.startswith(b"GET"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")
        await reader.read()

    async with scripted(serve) as server, sender() as sending:
        with read_timeout(0.1):
            assert isinstance(await failed(sending.send(server.request("PUT"), "r", streams=False)), ReadTimeoutError)
            answer = await answered(sending.send(server.request(), "r", streams=True))
            with pytest.raises(ReadTimeoutError):
                await answer.body.read()


async def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        async with sender() as sending:
            request = Scripted(taken.getsockname()[1]).request()
            assert isinstance(await failed(sending.send(request, "r", streams=False)), EndpointConnectionError)


async def test_nobody_answers_the_call() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.socket() as first, socket.socket() as second:
            for each in (first, second):  # as many as wait there at once
                each.setblocking(False)
                each.connect_ex(full.getsockname())
            async with sender(0.2) as sending:
                request = Scripted(full.getsockname()[1]).request()
                assert isinstance(await failed(sending.send(request, "r", streams=False)), ConnectTimeoutError)


async def test_no_more_connections_than_allowed() -> None:
    async with scripted(always(OK)) as server:
        place = Place("http", "127.0.0.1", server.port)
        pool = Pool(2, 10, no_tls)
        first, second = [await pool.channel(place) for _ in range(2)]
        waiting = [asyncio.create_task(pool.channel(place)) for _ in range(2)]
        await asyncio.sleep(0)
        given_up, kept = waiting
        given_up.cancel()
        response = await first.ask(server.request(), 10)
        assert response.complete
        assert await kept is first
        assert given_up.cancelled()
        third = asyncio.create_task(pool.channel(place))
        await asyncio.sleep(0)
        second.close()
        assert (await third).is_open
        assert server.connections == 3
        await pool.close()


async def test_who_is_cancelled_leaves_no_answer_for_the_next() -> None:
    begun = asyncio.Event()

    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await told.head(reader)
        begun.set()
        if head.startswith(b"PUT"):
            await reader.read()
        writer.write(OK)

    async with scripted(serve) as server, sender() as sending:
        task = asyncio.create_task(sending.send(server.request("PUT"), "r", streams=False))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await answered(sending.send(server.request(), "r", streams=False))).body == b"hello"
    assert server.connections == 2


async def test_a_connection_that_nobody_uses_is_closed() -> None:
    ended = asyncio.Event()

    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await told.head(reader)
        writer.write(OK)
        await reader.read()
        ended.set()

    async with scripted(serve) as server:
        pool = Pool(2, 10, no_tls, kept=0.05)
        channel = await pool.channel(Place("http", "127.0.0.1", server.port))
        await channel.ask(server.request(), 10)
        async with asyncio.timeout(30):
            await ended.wait()
        await pool.close()


async def test_a_host_with_an_address_that_does_not_answer_is_reached_at_another() -> None:
    """The server listens on 127.0.0.1 alone; ``localhost`` may be ``::1``, too."""
    async with scripted(always(OK)) as server:
        pool = Pool(2, 10, no_tls)
        for _ in range(2):
            channel = await pool.channel(Place("http", "localhost", server.port))
            assert channel.peer == ("127.0.0.1", server.port)
        await pool.close()
