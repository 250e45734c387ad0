"""The connections of the short way: kept, closed, timed out, cut, and answered in all the ways HTTP/1.1 has."""

import asyncio
import os
import socket
import string
from collections.abc import Iterable
from contextlib import suppress
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
from hypothesis import example, given
from hypothesis import strategies as st

from tests.stores.http.scripted import (
    END,
    HEAD,
    NOTHING,
    Scripted,
    always,
    answered,
    failed,
    no_tls,
    plays,
    scripted,
    sender,
)
from tests.waiting import until
from tui.aws.connection import Timeouts
from tui.aws.refusals import AnswerTooLargeError, MalformedResponseError
from tui.aws.transport import MAX_ANSWER, bound_silence, read_timeout
from tui.stores.http.channels import Pool
from tui.stores.http.relay import MOST_FAILURES, WHILE, Links, Trial
from tui.stores.http.responses import BUFFERED, MOST_OF_A_HEAD, HttpOrigin, IncomingResponse

MEGABYTE = 1024 * 1024
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


async def drained(body: Any) -> None:
    while await body.read(2):
        pass


async def test_a_connection_is_kept_for_the_next_request() -> None:
    async with scripted(always(OK)) as server, sender() as sending:
        for _ in range(3):
            answer = await answered(sending.send(server.request(), "r", streams=True))
            assert await answer.body.read() == b"hello"
            assert (await answered(sending.send(server.request(), "r", streams=False))).body == b"hello"
    assert (server.connections, len(server.heads)) == (1, 6)


ANSWERS = {
    b"HTTP/1.1 200 OK\r\ncontent-length:5 \r\n\r\nhello": b"hello",
    b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n": b"",
    b"HTTP/1.1 204 No Content\r\n\r\n": b"",
    b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK: b"hello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: t\r\n\r\n": b"hello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": b"",
}


@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("step", [1, 7, 1000])
async def test_an_answer_is_read_whichever_way_it_comes(streams: bool, step: int) -> None:
    coming = iter([answer for answer in ANSWERS for _ in range(2)])

    async def serve(told: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await told.head(reader):
            answer = next(coming)
            for start in range(0, len(answer), step):
                writer.write(answer[start : start + step])
                await writer.drain()

    async with scripted(serve) as server, sender() as sending:
        for body in ANSWERS.values():
            for _ in range(2):
                found = await answered(sending.send(server.request(), "r", streams=streams))
                assert (await found.body.read() if streams else found.body) == body
                assert "link" not in found.headers
    assert server.connections == 1


async def test_a_head_alone_is_the_answer_to_a_head() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nETag: e\r\n\r\n"
    async with scripted(always(head)) as server, sender() as sending:
        for _ in range(2):
            answer = await answered(sending.send(server.request("HEAD"), "r", streams=False))
            assert (answer.headers["etag"], answer.body) == ("e", b"")
    assert server.connections == 1


async def test_the_end_of_the_connection_ends_a_body_without_length() -> None:
    async with scripted(plays(HEAD, b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo")) as server, sender() as sending:
        for streams in (True, False):
            answer = await answered(sending.send(server.request(), "r", streams=streams))
            assert (await answer.body.read() if streams else answer.body) == b"hello"
    assert server.connections == 2


async def test_a_connection_that_is_to_end_is_not_kept() -> None:
    for answer in (
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    ):
        async with scripted(always(answer)) as server, sender() as sending:
            for _ in range(2):
                assert (await answered(sending.send(server.request(), "r", streams=False))).body == b"hello"
        assert server.connections == 2


async def test_a_kept_connection_that_was_closed_is_not_tried_again_unseen() -> None:
    """It cannot be known whether the server has done what it was asked for: who counts the attempts decides."""

    async with scripted(plays(HEAD, OK, HEAD)) as server, sender() as sending:  # no answer to the second
        await answered(sending.send(server.request(), "r", streams=False))
        error = await failed(sending.send(server.request("PUT", b"x"), "r", streams=False))
        assert isinstance(error, ConnectionClosedError)
        assert (server.connections, len(server.heads)) == (1, 2)
        await answered(sending.send(server.request(), "r", streams=False))


async def test_what_is_no_http_is_called_so() -> None:
    for head in (b"SSH-2.0-x\r\n", b"HTTP/1.1 ok\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"):
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


async def test_a_cut_body_is_never_taken_for_a_whole_one() -> None:
    for cut_off in (
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ):
        async with scripted(plays(HEAD, cut_off)) as server, sender() as sending:
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


def test_silence_of_who_takes_no_request_is_bounded_where_there_are_a_socket_and_a_bound() -> None:
    bound_silence(None, 1)
    bound_silence(asyncio.BaseTransport(), 1)
    with socket.socket() as sock:
        for seconds in (2.5, None):
            bound_silence(asyncio.BaseTransport({"socket": sock}), seconds)
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 2500


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
        place = HttpOrigin("http", "127.0.0.1", server.port)
        pool = Pool(2, 10, no_tls)
        first, second = [await pool.channel(place) for _ in range(2)]
        waiting = [asyncio.create_task(pool.channel(place)) for _ in range(2)]
        await asyncio.sleep(0)
        given_up, kept = waiting
        given_up.cancel()
        assert (await first.ask(server.request(), 10)).complete
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
    async with scripted(plays(HEAD, OK, END)) as server:
        pool = Pool(2, 10, no_tls, kept=0.05)
        channel = await pool.channel(HttpOrigin("http", "127.0.0.1", server.port))
        await channel.ask(server.request(), 10)
        await server.all_closed()
        await pool.close()


async def test_a_host_with_an_address_that_does_not_answer_is_reached_at_another() -> None:
    """The server listens on 127.0.0.1 alone; ``localhost`` may be ``::1``, too."""
    async with scripted(always(OK)) as server:
        pool = Pool(2, 10, no_tls)
        for _ in range(2):
            assert (await pool.channel(HttpOrigin("http", "localhost", server.port))).peer == ("127.0.0.1", server.port)
        await pool.close()


CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
NO = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"


async def test_a_body_is_sent_when_it_is_asked_for() -> None:
    body = os.urandom(3 * MEGABYTE)
    async with scripted(plays(HEAD, CONTINUE, len(body), OK, again=True)) as server, sender() as sending:
        for _ in range(2):
            sent = server.request("PUT", body, waits=True)
            assert (await answered(sending.send(sent, "r", streams=False))).status == 200
    assert server.connections == 1
    assert server.received == 2 * body


async def test_a_server_that_does_not_ask_gets_it_all_the_same() -> None:
    async with scripted(plays(HEAD, 5, OK)) as server, sender() as sending:
        sent = server.request("PUT", b"12345", waits=True)
        assert (await answered(sending.send(sent, "r", streams=False))).status == 200
    assert server.received == b"12345"


async def test_a_refused_body_is_not_sent() -> None:
    async with scripted(plays(HEAD, NO, END)) as server, sender() as sending:
        request = server.request("PUT", b"x" * MEGABYTE, waits=True)
        answer = await answered(sending.send(request, "r", streams=False))
        assert (answer.status, answer.body) == (403, b"no")
    assert server.received == b""


async def test_an_answer_before_the_end_of_a_body_ends_it() -> None:
    refusing = plays(HEAD, CONTINUE, MEGABYTE, NO, NOTHING)
    async with scripted(refusing) as server, sender(60) as sending:
        request = server.request("PUT", b"x" * 16 * MEGABYTE, waits=True)
        answer = await answered(sending.send(request, "r", streams=False))
        assert (answer.status, answer.body) == (403, b"no")
        await answered(sending.send(request, "r", streams=False))
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
    half = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (2 * MEGABYTE) + b"x" * MEGABYTE
    async with scripted(plays(HEAD, half, END)) as server, sender() as sending:
        for _ in range(2):
            answer = await answered(sending.send(server.request(), "r", streams=True))
            reading = asyncio.create_task(answer.body.read())
            await until(lambda answer=answer: answer.body._response.received == MEGABYTE, "half of it has come")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            reading.cancel()
            await asyncio.wait([reading])
            assert reading.cancelled()
    assert server.connections == 2


async def test_a_long_body_is_whole() -> None:
    body = bytes(range(256)) * (MEGABYTE // 64)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    async with scripted(always(answer)) as server, sender() as sending:
        for _ in range(2):
            read = await (await answered(sending.send(server.request(), "r", streams=True))).body.read()
            assert type(read) is bytes
            assert read == body
    assert server.connections == 1


async def test_a_connection_that_its_server_has_closed_is_not_used_again() -> None:
    accepted, ended, closed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def serve(_: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        accepted.set()
        await ended.wait()
        writer.close()
        await writer.wait_closed()
        closed.set()

    async with scripted(serve) as server:
        place, links = server.request().place, Links(Timeouts(connect=10, read=10), no_tls)
        first = await links.take(place)
        links.give(first, free=True)
        assert await links.take(place) is first
        links.give(first, free=True)
        await accepted.wait()
        ended.set()
        await closed.wait()
        second = await links.take(place)
        assert second is not first
        links.give(second, free=False)
        links.close()


async def test_a_link_that_nobody_uses_is_closed() -> None:
    async with scripted(plays(END)) as server:
        links = Links(Timeouts(connect=10, read=10), no_tls, kept=0.01)
        links.give(await links.take(server.request().place), free=True)
        await until(lambda: bool(server.connections), "it has come to the server")
        await server.all_closed()
        links.close()


def test_after_an_outage_it_is_tried_again() -> None:
    now, seen = 0.0, list[bool]()
    trial = Trial(lambda: now)
    for _ in range(MOST_FAILURES):
        seen.append(trial.is_over)
        trial.failed()
    assert seen == [False] * MOST_FAILURES
    seen = [trial.is_over]
    now = WHILE
    seen.append(trial.is_over)
    trial.failed(for_good=True)
    now = 10 * WHILE
    assert [*seen, trial.is_over] == [True, False, True]


NAMES = st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=12).map("x-".__add__)
VALUES = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=12)
CUTS = st.lists(st.integers(1, 40), max_size=30)


def read(pieces: Iterable[bytes], *, no_body: bool = False, into: int = 0) -> IncomingResponse:
    response = IncomingResponse(no_body=no_body, changed=lambda: None)
    for piece in pieces:
        response.feed(piece)
        if into and response.head_done and not response.complete and response.space is None and not response.chunked:
            response.receive_into(bytearray(into))
    return response


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces, start = list[bytes](), 0
    for size in sizes:
        pieces.append(data[start : start + size])
        start += size
    return [piece for piece in (*pieces, data[start:]) if piece]


@given(
    fields=st.dictionaries(NAMES.map(str.lower), VALUES, max_size=5),
    chunks=st.lists(st.binary(min_size=1, max_size=50), max_size=5),
    chunked=st.booleans(),
    announced=st.booleans(),
    sizes=CUTS,
)
def test_an_answer_is_the_same_however_it_is_cut(
    fields: dict[str, str], chunks: list[bytes], chunked: bool, announced: bool, sizes: list[int]
) -> None:
    body = b"".join(chunks)
    lines = [f"{name}: {value}" for name, value in fields.items()]
    lines.append("Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}")
    sent = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in chunks) + b"0\r\n\r\n" if chunked else body
    before = b"HTTP/1.1 100 Continue\r\nx-before: x\r\n\r\n" if announced else b""
    answer = before + "\r\n".join(["HTTP/1.1 206 Partial Content", *lines, "", ""]).encode() + sent
    response = read(cut(answer, sizes))
    assert response.complete
    assert response.keeps_alive
    assert response.continued == announced
    assert response.status == 206
    assert {name: value for name, value in response.headers().items() if name.startswith("x-")} == fields
    assert (response.take_all(), response.received) == (body, len(body))


@given(answer=st.binary(max_size=200), sizes=CUTS, no_body=st.booleans())
def test_no_bytes_are_a_fault(answer: bytes, sizes: list[int], no_body: bool) -> None:
    for begun in (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"):
        with suppress(MalformedResponseError):
            response = read(cut(begun + answer, sizes), no_body=no_body)
            response.headers()
            response.take_all()


@example(body=b"1", extra=b"HTTP/1.1 2", sizes=[])
@given(body=st.binary(min_size=1, max_size=100), extra=st.binary(max_size=10), sizes=CUTS)
def test_no_more_than_the_length_is_taken(body: bytes, extra: bytes, sizes: list[int]) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body + extra
    response = read(cut(answer, sizes), into=len(body))
    assert (response.complete, response.received) == (True, len(body))
    if not extra:
        assert response.keeps_alive
    elif extra.strip(b"\r\n"):  # the parser skips line ends between answers
        assert not response.keeps_alive, "what is more is no answer to the next request"


def test_a_target_is_free_although_the_socket_has_still_a_place_in_it() -> None:
    """A connection that is closed was given room for more, which nothing has filled."""
    response = IncomingResponse(no_body=False, changed=lambda: None)
    response.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
    target = bytearray(9)
    response.receive_into(target)
    space = response.space
    assert space is not None
    assert len(space) == 9
    with pytest.raises(BufferError):
        target.append(0)
    response.leave()
    target.append(0)
