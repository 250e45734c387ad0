"""A feed runs ahead of its reader by no more than the window, whoever the reader is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from msgspec import Raw
from msgspec.msgpack import decode

from tests.waiting import until
from tui.engine.server import ClientConnection
from tui.engine.service import Service
from tui.model.transfer import ObjectResult, Outcome
from tui.protocol.client import connect
from tui.protocol.frames import WINDOW, Answer, Answers, Call, Stop, Took, encode, frame, read_to_screen
from tui.protocol.messages.base import Feed
from tui.protocol.messages.greeting import Hello
from tui.protocol.messages.transfers import WaitingConflicts, WatchConflicts, WatchResults

FEED, PING = 1, 100


class Endless(Service):
    """A service whose feeds always have one more answer, and which counts those it was asked for."""

    def __init__(self) -> None:
        super().__init__(lambda: None)
        self.given = 0
        self.open = 0

    async def feed(self, _feed: Feed[Any]) -> AsyncGenerator[object, None]:
        self.open += 1
        try:
            while True:
                self.given += 1
                yield WaitingConflicts([])
        finally:
            self.open -= 1


class RawClient:
    """A client that sends exactly what it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer
        self.answers: Counter[int] = Counter()
        self._pings = PING
        self.latest: list[Raw] = []

    def send(self, message: Call | Stop | Took) -> None:
        self.writer.write(frame(message))

    async def ping(self) -> None:
        """Ask something and read all that comes before its answer."""
        self._pings += 1
        self.send(Call(self._pings, Hello()))
        while not self.answers[self._pings]:
            await self.read()

    async def read(self) -> None:
        message = await read_to_screen(self._reader)
        assert isinstance(message, Answer | Answers)
        self.answers[message.id] += 1
        self.latest = message.bodies


@asynccontextmanager
async def connected(service: Service, socket: Path) -> AsyncIterator[RawClient]:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ClientConnection(service, reader, writer).serve()
        with suppress(ConnectionError):  # the client has left with answers unread
            await writer.wait_closed()
        ended.set()

    async with await asyncio.start_unix_server(serve, str(socket)):
        reader, writer = await asyncio.open_unix_connection(str(socket))
        try:
            client = RawClient(reader, writer)
            await client.ping()
            yield client
        finally:
            writer.close()
            await writer.wait_closed()
            await ended.wait()


async def test_who_takes_nothing_gets_no_more_than_the_window(tmp_path: Path) -> None:
    service = Endless()
    async with connected(service, tmp_path / "socket") as client:
        client.send(Call(FEED, WatchConflicts()))
        for _ in range(WINDOW):
            await client.read()
        for _ in range(20):
            await client.ping()
        assert client.answers[FEED] == WINDOW
        assert service.given == WINDOW + 1
        client.send(Took(FEED))
        client.send(Took(FEED))
        while client.answers[FEED] < WINDOW + 2:
            await client.read()
        for _ in range(20):
            await client.ping()
        assert client.answers[FEED] == WINDOW + 2


async def test_a_feed_that_is_stopped_or_left_is_closed_in_the_engine(tmp_path: Path) -> None:
    service = Endless()
    async with connected(service, tmp_path / "socket") as client:
        for call in (1, 2):
            client.send(Call(call, WatchConflicts()))
        await client.ping()
        await until(lambda: service.open == 2, "both feeds are open")
        client.send(Stop(1))
        await until(lambda: service.open == 1, "the stopped feed is closed")
    await until(lambda: service.open == 0, "the feed of the client that left is closed")


async def test_a_reader_that_reads_nothing_at_all_can_leave(tmp_path: Path) -> None:
    """The engine waits for room in the socket; the client's end must end that, too."""
    service = Endless()
    async with connected(service, tmp_path / "socket") as client:
        client.send(Call(FEED, WatchConflicts()))
        for _ in range(100_000):
            client.send(Took(FEED))
        await until(lambda: service.given > WINDOW, "the feed runs")
    await until(lambda: service.open == 0, "the feed is closed")


class Bursts(Service):
    """A service whose feed has several answers at once."""

    def __init__(self) -> None:
        super().__init__(lambda: None)

    async def feed(self, _feed: Feed[Any]) -> AsyncGenerator[object, None]:
        yield [encode(number) for number in range(1000)]


async def test_answers_that_are_there_at_once_come_in_one_frame(tmp_path: Path) -> None:
    async with connected(Bursts(), tmp_path / "socket") as client:
        client.send(Call(FEED, WatchConflicts()))
        await client.read()
        assert [decode(body) for body in client.latest] == list(range(1000))


async def test_a_client_hands_them_on_one_by_one(tmp_path: Path) -> None:
    path, results = tmp_path / "socket", [ObjectResult("t", str(n), "", Outcome.COPIED) for n in range(3)]

    class Results(Service):
        async def feed(self, _feed: Feed[Any]) -> AsyncGenerator[object, None]:
            yield [encode(each) for each in results]

    async with connected(Results(lambda: None), path):
        client = await connect(path)
        await client.ask(Hello())
        assert [each async for each in client.follow(WatchResults("t"))] == results
        await client.close()
