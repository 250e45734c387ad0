"""What readers decode: compressed contents, as streams; rows of Parquet objects, one reader for each recent table."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from importlib.util import find_spec

from tui.core.content import Compression, ContentFacts
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.content.pinned_content import ContentSource
from tui.messages.content_requests import TableRows
from tui.reader.reader_messages import Decompress, FoundRows, ReadRows
from tui.reader.reader_process import ReaderProcess, UnreadableError

MOST_OPEN = 2
"""Tables with a running reader."""

IDLE_SECONDS = 60.0
"""An unused reader is ended after this time."""


class Tables:
    """The tables read last. Their readers keep the footers and the read position."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[str, str, str], ReaderProcess] = OrderedDict()
        self._ending: asyncio.TimerHandle | None = None

    async def rows(
        self, connection: str, source: ContentSource, facts: ContentFacts, start: int, count: int
    ) -> TableRows:
        """Up to `count` rows from `start`. Raises `ProblemError`, also if pyarrow is not installed."""
        _check_pyarrow()
        key = (connection, source.location.uri, facts.etag)
        reader = self._open.pop(key, None) or ReaderProcess()
        job = ReadRows(facts.size, start, count)
        try:
            found = await reader.one(job, partial(source.read, facts.etag), FoundRows, facts.size)
        except UnreadableError as error:
            title = f"{source.location.uri} looks like Parquet but cannot be read"
            raise ProblemError(Problem(ProblemKind.MISMATCH, title, str(error), "x shows the bytes")) from error
        self._keep(key, reader)
        return TableRows(found.names, found.types, found.rows, start, found.total)

    def _keep(self, key: tuple[str, str, str], reader: ReaderProcess) -> None:
        if another := self._open.pop(key, None):  # another request for the same table was faster
            another.end()
        self._open[key] = reader
        while len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)[1].end()
        if self._ending:
            self._ending.cancel()
        self._ending = asyncio.get_running_loop().call_later(IDLE_SECONDS, self.close)

    def close(self) -> None:
        if self._ending:
            self._ending.cancel()
        while self._open:
            self._open.popitem()[1].end()


def _check_pyarrow() -> None:
    if not find_spec("pyarrow"):
        texts = "Parquet is not available", "the package pyarrow is not installed"
        remedy = "pip install 'xs3-tui[parquet]'; x shows the bytes"
        raise ProblemError(Problem(ProblemKind.UNSUPPORTED, *texts, remedy))


async def inside(kind: Compression, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The decompressed bytes of `pieces`. Raises `ProblemError`."""
    if kind is Compression.ZSTD and not find_spec("zstandard") and not find_spec("compression"):
        texts = "zstd is not available", "it needs Python 3.14, or the package zstandard", "pip install 'xs3-tui[zstd]'"
        raise ProblemError(Problem(ProblemKind.UNSUPPORTED, *texts))

    async def following(_start: int, _length: int) -> bytes:
        return await anext(whole, b"")

    async with aclosing(pieces), aclosing(_not_empty(pieces)) as whole:
        reader = ReaderProcess()
        try:
            async with aclosing(reader.answers(Decompress(kind), following, bytes)) as found:
                async for out in found:
                    yield out
        except UnreadableError as error:
            title, remedy = f"the content begins as {kind} and is damaged", "view the bytes without decompression"
            raise ProblemError(Problem(ProblemKind.MISMATCH, title, str(error), remedy)) from error
        finally:
            reader.end()


async def beginning_of(kind: Compression, content: bytes, most: int) -> tuple[bytes, bool]:
    """Decompress the first bytes: at most `most` bytes, and whether these are the whole content.

    Empty for content that cannot be decompressed: the stream then reports the problem.
    """
    found = bytearray()
    try:
        async with aclosing(inside(kind, _one(content))) as pieces:
            async for piece in pieces:
                found += piece
                if len(found) > most:
                    return bytes(found[:most]), False
    except ProblemError:
        return bytes(found), False
    return bytes(found), True


async def _one(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content


async def _not_empty(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Drop empty pieces: a reader takes an empty piece for the end."""
    async for piece in pieces:
        if piece:
            yield piece
