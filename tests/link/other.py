"""An engine of another version: it holds the lock and the socket, and greets."""

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from tui.link.engine_paths import engine_paths
from tui.link.frames import AnswerFrame, CallFrame, decode_to_engine, encode, frame, read_message
from tui.link.private_files import open_private
from tui.link.process import bind
from tui.link.request import Welcome


class OtherEngine:
    """Ends when its last client has left, unless `unfinished`."""

    def __init__(self, unfinished: int) -> None:
        self.unfinished = unfinished
        self.idle = asyncio.Event()
        self._clients = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        while isinstance(message := await read_message(reader, decode_to_engine), CallFrame):
            welcome = Welcome(version=99, pid=1, program="9.9", unfinished=self.unfinished)
            writer.write(frame(AnswerFrame(message.id, msgspec.Raw(encode(welcome)))))
        writer.close()
        self._clients -= 1
        if not self._clients and not self.unfinished:
            self.idle.set()


@asynccontextmanager
async def other_engine(environment: dict[str, str], unfinished: int) -> AsyncIterator[OtherEngine]:
    places = engine_paths(environment)
    engine = OtherEngine(unfinished)
    with open_private(places.lock) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        async with await asyncio.start_unix_server(engine.serve, sock=bind(places.socket)):
            ending = asyncio.create_task(_end(engine, lock.fileno()))
            yield engine
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)


async def _end(engine: OtherEngine, lock: int) -> None:
    await engine.idle.wait()
    fcntl.flock(lock, fcntl.LOCK_UN)
