"""A reader, as its parent sees it: started for one content, and ended with it or at its first violation.

It has only the environment variables that Python and its libraries need, and no descriptor except a socket; it
requests all content from its parent. Each content has its own reader, so that a compromised reader sees nothing else.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import TypeVar

import msgspec

from tui.core.frame_format import TooLongError, read_body
from tui.reader import reader_messages

SILENT_SECONDS = 20.0
"""The longest silence of a reader; its processor time is less (`confinement.PROCESSOR_SECONDS`)."""

GOING_SECONDS = 2.0
"""How long to wait for the exit status of a reader that closed its socket."""

MOST_OVER = 16 << 20
"""Bytes that a job may request beyond four times the content: footers and headers are read repeatedly."""

_KEPT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "TZDIR")
"""Python and its libraries may need these."""

_OWN = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # the others reserve address space, which is limited
    "ARROW_IO_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}

ReadRange = Callable[[int, int], Awaitable[bytes]]
"""Reads `length` bytes from a position."""

T = TypeVar("T")


class UnreadableError(Exception):
    """Why a content cannot be read, in the reader's words or about it."""


class ReaderProcess:
    """The reader of one content, for one task at a time. It starts with the first job."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """None before it runs."""
        return self._process.pid if self._process else None

    async def one(self, job: reader_messages.ReaderJob, read: ReadRange, kind: type[T], size: int) -> T:
        """The answer to a job with exactly one. Raises `UnreadableError`."""
        found: list[T] = []
        async with aclosing(self.answers(job, read, kind, size)) as answers:
            async for answer in answers:
                found.append(answer)
                if len(found) > 1:
                    break
        if len(found) != 1:
            self.end()
            raise UnreadableError("its reader did not give one answer")
        return found[0]

    async def answers(
        self, job: reader_messages.ReaderJob, read: ReadRange, kind: type[T], size: int | None = None
    ) -> AsyncGenerator[T, None]:
        """The answers to a job. Raises `UnreadableError`, and the errors of `read`; then the reader has ended.

        `size` is the content's in bytes; None: a stream, whose next piece `read` returns.
        """
        decode = msgspec.msgpack.Decoder(kind).decode
        allowance = ReadAllowance(size)
        done = False
        try:
            await self._send(job)
            while True:
                message = await self._received()
                if isinstance(message, reader_messages.Want):
                    allowance.ask(message)
                    content = await read(message.start, message.length)
                    allowance.ended = not content
                    await self._send(reader_messages.ContentPiece(content))
                elif isinstance(message, reader_messages.ReaderAnswer):
                    yield _decoded(decode, message.body)
                elif isinstance(message, reader_messages.ReaderDone):
                    done = True
                    return
                else:
                    raise UnreadableError(message.cause[:500])
        finally:
            if not done:
                self.end()

    def end(self) -> None:
        """End it if it runs; it takes no time, and is allowed at any moment."""
        process, self._process = self._process, None
        if self._socket:
            self._socket.close()
            self._socket = None
        if process:
            process.kill()
            threading.Thread(target=process.wait, name="reader-ended", daemon=True).start()

    async def _send(self, message: reader_messages.ToReader) -> None:
        connection = self._socket or self._start()
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                await asyncio.get_running_loop().sock_sendall(connection, reader_messages.framed(message))
        except TimeoutError:
            raise UnreadableError(f"its reader took nothing for {SILENT_SECONDS:g} s") from None
        except OSError:
            raise await self._gone() from None

    async def _received(self) -> reader_messages.FromReader:
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                message: reader_messages.FromReader = _decoded(
                    reader_messages.decode_from_reader, await read_body(self._exactly, reader_messages.MOST_ANSWER)
                )
                return message
        except TooLongError as error:
            raise UnreadableError(f"its reader's answer has {error}") from None
        except TimeoutError:
            raise UnreadableError(f"its reader said nothing for {SILENT_SECONDS:g} s") from None
        except (EOFError, OSError):
            raise await self._gone() from None

    async def _exactly(self, length: int) -> bytearray:
        connection, loop = self._socket, asyncio.get_running_loop()
        body = bytearray(length)
        view, at = memoryview(body), 0
        while at < length:
            count = await loop.sock_recv_into(connection, view[at:]) if connection else 0
            if not count:
                raise EOFError
            at += count
        return body

    def _start(self) -> socket.socket:
        try:
            ours, theirs = socket.socketpair()
            theirs.setsockopt(
                socket.SOL_SOCKET, socket.SO_SNDBUF, reader_messages.LONGEST_RANGE
            )  # it continues while an answer is being taken
            with theirs:
                # -P: a directory with a package `tui` in the current directory must not be imported
                self._process = subprocess.Popen(  # this Python, with our module
                    [sys.executable, "-P", "-m", "tui.reader"],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=reader_environment(),
                    start_new_session=True,
                )
        except OSError as error:
            raise UnreadableError(f"no reader can be started for it: {error}") from error
        ours.setblocking(False)
        self._socket = ours
        return ours

    async def _gone(self) -> UnreadableError:
        process = self._process
        code: int | None = None
        if process:
            with suppress(subprocess.TimeoutExpired):
                code = await asyncio.to_thread(process.wait, GOING_SECONDS)
        return UnreadableError(_how_it_ended(code))


class ReadAllowance:
    """The limit for a job's requests: ranges of its content or the next pieces of a stream, not repeated endlessly."""

    def __init__(self, size: int | None) -> None:
        self._size, self._asked = size, 0
        self.ended = False

    def ask(self, want: reader_messages.Want) -> None:
        """Count a requested range. Raises `UnreadableError`."""
        stop = want.start + want.length
        if want.start < 0 or not 0 < want.length <= reader_messages.LONGEST_RANGE or self.ended:
            raise UnreadableError("its reader asked for what there is not")
        self._asked += want.length
        if self._size is not None and (stop > self._size or self._asked > 4 * self._size + MOST_OVER):
            raise UnreadableError("its reader asked for more than it has")


def reader_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | _OWN


def _decoded(decode: Callable[[bytes], T], body: bytes | bytearray | msgspec.Raw) -> T:
    try:
        return decode(body)  # type: ignore[arg-type]  # it takes whatever is like bytes
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise UnreadableError("its reader sent an invalid answer") from None


def _how_it_ended(code: int | None) -> str:
    if code == -signal.SIGXCPU:
        return "it takes too much of the processor's time"
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"its reader was ended by {signal.Signals(-code).name}: it is damaged, or made to do that"
    return "its reader has ended: it is damaged, or made to do that"
