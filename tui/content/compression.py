"""What is inside a compressed content, as a stream: a little of it in memory, however much comes out of it."""

from __future__ import annotations

import asyncio
import bz2
import zlib
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from importlib import import_module
from typing import Any, Protocol

from tui.model.content import Compression
from tui.model.problem import Problem, ProblemError, ProblemKind

MOST_AT_ONCE = 1 << 20
"""Bytes that come out in one piece."""

_ZSTD_STEP = 512
"""Bytes of zstd that are decompressed at once: its library puts out all that they contain, at most 16 MiB of zeros."""


class Decompressor(Protocol):
    """Takes a content in pieces; a concatenation of several compressed contents is the concatenation of theirs."""

    def feed(self, content: bytes) -> Iterator[bytes]:
        """What comes out of the next bytes, in pieces. Raises `ProblemError` for what is damaged."""

    @property
    def ended(self) -> bool:
        """Whether what was fed so far is whole: nothing of it is cut off."""


class _Members:
    """What gzip and bzip2 have in common: a content ends, and another one may follow."""

    def __init__(self, kind: Compression) -> None:
        self._kind = kind
        self._member = self._new()

    @property
    def ended(self) -> bool:
        """See `Decompressor`."""
        return bool(self._member.eof)

    def _new(self) -> Any:
        return bz2.BZ2Decompressor() if self._kind is Compression.BZIP2 else zlib.decompressobj(31)

    def feed(self, content: bytes) -> Iterator[bytes]:
        """See `Decompressor`."""
        try:
            while content or not self._drained:
                if self._member.eof:
                    content = content.lstrip(b"\0")  # padding behind the last one
                    if not content:
                        return
                    self._member = self._new()
                if out := self._member.decompress(content, MOST_AT_ONCE):
                    yield out
                content = self._rest
        except (OSError, zlib.error, EOFError) as error:
            raise damaged(self._kind, str(error)) from error

    @property
    def _drained(self) -> bool:
        return self._kind is not Compression.BZIP2 or bool(self._member.needs_input) or bool(self._member.eof)

    @property
    def _rest(self) -> bytes:
        member = self._member
        if member.eof:
            return bytes(member.unused_data)
        return b"" if self._kind is Compression.BZIP2 else bytes(member.unconsumed_tail)


class _Zstd:
    """By the standard library from Python 3.14 on, else by the package zstandard."""

    def __init__(self) -> None:
        self._module = _zstd()
        self._frame = self._new()

    @property
    def ended(self) -> bool:
        """See `Decompressor`."""
        return bool(self._frame.eof)

    def _new(self) -> Any:
        module = self._module
        own = hasattr(module, "ZstdDecompressor") and hasattr(module.ZstdDecompressor, "unused_data")
        return module.ZstdDecompressor() if own else module.ZstdDecompressor().decompressobj()

    def feed(self, content: bytes) -> Iterator[bytes]:
        """See `Decompressor`."""
        at = 0
        try:
            while at < len(content):
                if self._frame.eof:
                    self._frame = self._new()
                step = content[at : at + _ZSTD_STEP]
                if out := self._frame.decompress(step):
                    yield out
                at += len(step) - len(self._frame.unused_data if self._frame.eof else b"")
        except (self._module.ZstdError, EOFError) as error:
            raise damaged(Compression.ZSTD, str(error)) from error


def _zstd() -> Any:
    for name in ("compression.zstd", "zstandard"):
        try:
            return import_module(name)
        except ImportError:
            continue
    raise ProblemError(
        Problem(
            kind=ProblemKind.UNSUPPORTED,
            title="zstd cannot be decompressed here",
            cause="this Python has no zstd: it comes with Python 3.14, or with the package zstandard",
            remedy="pip install 'xs3-tui[zstd]'",
        )
    )


def decompressor(kind: Compression) -> Decompressor:
    """A new one. Raises `ProblemError` where there is none for this compression."""
    return _Zstd() if kind is Compression.ZSTD else _Members(kind)


def damaged(kind: Compression, cause: str) -> ProblemError:
    """What is said of a content that cannot be decompressed."""
    return ProblemError(
        Problem(
            kind=ProblemKind.MISMATCH,
            title=f"the content begins as {kind} and is damaged",
            cause=cause,
            remedy="look at the bytes as they are (without decompression)",
        )
    )


def beginning_of(kind: Compression, content: bytes, most: int) -> tuple[bytes, bool]:
    """What is inside the first bytes of a compressed content, at most `most` bytes, and whether that is all there is.

    Empty where nothing can be read: the stream will say what is wrong.
    """
    found = bytearray()
    try:
        reading = decompressor(kind)
        for piece in reading.feed(content):
            found += piece
            if len(found) > most:
                return bytes(found[:most]), False
    except ProblemError:
        return bytes(found[:most]), False
    return bytes(found), reading.ended


async def inside(kind: Compression, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """What is inside the pieces of a compressed content. Raises `ProblemError`."""
    found = decompressor(kind)
    async with aclosing(pieces):
        async for piece in pieces:
            outs = found.feed(piece)
            while (out := await asyncio.to_thread(next, outs, None)) is not None:
                yield out
    if not found.ended:
        raise damaged(kind, "it ends too early")
