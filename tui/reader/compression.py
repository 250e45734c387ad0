"""Decompresses content as a stream, such as a report's gzipped CSV."""

from __future__ import annotations

import bz2
import codecs
import csv
import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

from tui.core.content import Compression
from tui.core.naming import counted
from tui.reader.asked_content import ParentChannel
from tui.reader.reader_messages import Decompress, ReadReport
from tui.reader.report_rows import page_of

MOST_AT_ONCE = 1 << 20
"""Bytes of output in one piece."""

_ZSTD_STEP = 512
"""Bytes of zstd input at once: its library outputs everything in them, at most 16 MiB of zeros."""


def decompression(kind: Compression) -> Callable[[ParentChannel, Decompress], None]:
    """The function that decompresses the pieces of a content."""
    found = unpacker(kind)

    def work(parent: ParentChannel, _job: Decompress) -> None:
        for piece in parent.pieces():
            for out in found.feed(piece):
                parent.found(out)
        if not found.ended:
            raise ValueError("it ends too early")

    return work


def unpacker(kind: Compression) -> MemberDecompressor | Frames:
    return Frames() if kind is Compression.ZSTD else MemberDecompressor(kind)


class MemberDecompressor:
    """Decompresses gzip or bzip2, also several members in a row."""

    def __init__(self, kind: Compression) -> None:
        self._kind = kind
        self._member = self._new()

    @property
    def ended(self) -> bool:
        """Whether the input so far is complete, not cut off."""
        return bool(self._member.eof)

    def _new(self) -> Any:
        return bz2.BZ2Decompressor() if self._kind is Compression.BZIP2 else zlib.decompressobj(31)

    def feed(self, content: bytes) -> Iterator[bytes]:
        """The output for the next input, in pieces. Raises the library's errors for damaged input."""
        while content or not self._drained:
            if self._member.eof:
                content = content.lstrip(b"\0")  # padding after the last member
                if not content:
                    return
                self._member = self._new()
            if out := self._member.decompress(content, MOST_AT_ONCE):
                yield out
            content = self._rest

    @property
    def _drained(self) -> bool:
        return self._kind is not Compression.BZIP2 or bool(self._member.needs_input) or bool(self._member.eof)

    @property
    def _rest(self) -> bytes:
        member = self._member
        if member.eof:
            return bytes(member.unused_data)
        return b"" if self._kind is Compression.BZIP2 else bytes(member.unconsumed_tail)


class Frames:
    """Decompresses zstd like `MemberDecompressor`, with the standard library (from 3.14 on) or zstandard."""

    def __init__(self) -> None:
        self._module = _zstd()
        self._frame = self._new()

    @property
    def ended(self) -> bool:
        return bool(self._frame.eof)

    def _new(self) -> Any:
        module = self._module
        own = hasattr(module, "ZstdDecompressor") and hasattr(module.ZstdDecompressor, "unused_data")
        return module.ZstdDecompressor() if own else module.ZstdDecompressor().decompressobj()

    def feed(self, content: bytes) -> Iterator[bytes]:
        at = 0
        while at < len(content):
            if self._frame.eof:
                self._frame = self._new()
            step = content[at : at + _ZSTD_STEP]
            if out := self._frame.decompress(step):
                yield out
            at += len(step) - len(self._frame.unused_data if self._frame.eof else b"")


def _zstd() -> Any:
    try:
        return import_module("compression.zstd")
    except ImportError:
        return import_module("zstandard")


LONGEST_ROW = 64 * 1024
"""Characters of a row."""


def read_csv(parent: ParentChannel, job: ReadReport) -> None:
    """Report pages of some rows each."""
    unpacked, decoder = MemberDecompressor(Compression.GZIP), codecs.getincrementaldecoder("utf-8")()
    digest, rest = hashlib.md5(usedforsecurity=False), ""
    for packed in parent.ranges(job.size):
        digest.update(packed)
        for piece in unpacked.feed(packed):
            lines, _, rest = (rest + decoder.decode(piece)).rpartition("\n")
            if len(rest) > LONGEST_ROW:
                raise ValueError(f"a row has more than {LONGEST_ROW:,} characters")
            if lines:
                _tell(parent, job, lines)
    rest += decoder.decode(b"", final=True)
    if not unpacked.ended:
        raise ValueError("it ends too soon")
    if rest:
        _tell(parent, job, rest)
    if job.md5 and digest.hexdigest() != job.md5.lower():
        raise ValueError("its MD5 is not the one that the manifest has")


def _tell(parent: ParentChannel, job: ReadReport, lines: str) -> None:
    rows = [row for row in csv.reader(lines.split("\n"), strict=True) if row]
    if short := next((row for row in rows if len(row) < len(job.names)), None):
        raise ValueError(f"a row has {counted(len(short), 'column')}, not {len(job.names)}")
    columns: dict[str, Sequence[object]] = {}
    for field, name in job.fields.items():
        place = job.names.index(name)
        columns[field] = [row[place] for row in rows]
    parent.found(page_of(columns, len(rows), job.prefix, encoded=True))
