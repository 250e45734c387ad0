"""Compressed content as a stream of decompressed bytes. A reader process decompresses it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from importlib.util import find_spec

from tui.core.content import Compression
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.reader.reader_messages import Decompress
from tui.reader.reader_process import ReaderProcess, UnreadableError


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
