"""Decompression and searches over pieces of any length find what the whole has."""

from __future__ import annotations

import asyncio
import bz2
import gzip
from collections.abc import AsyncGenerator, Callable, Sequence

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.content.compression import beginning_of, inside
from tui.content.searching import Wanted, find, find_last, find_line
from tui.model.content import Compression, compression_of
from tui.model.problem import ProblemError, ProblemKind

COMPRESS: dict[Compression, Callable[[bytes], bytes]] = {
    Compression.GZIP: gzip.compress,
    Compression.BZIP2: bz2.compress,
    Compression.ZSTD: zstandard.ZstdCompressor(write_checksum=True).compress,
}

BODIES = st.lists(st.binary(max_size=300) | st.just(b"\0" * 1_200_000), min_size=1, max_size=3)


async def _pieces(content: bytes, step: int) -> AsyncGenerator[bytes, None]:
    for at in range(0, len(content), step):
        yield content[at : at + step]


async def _all(pieces: AsyncGenerator[bytes, None]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def _last(steps: AsyncGenerator[tuple[int, int], None]) -> int:
    founds = [-1, *[found async for _, found in steps]]
    return founds[-1]


@pytest.mark.parametrize("kind", COMPRESS)
@settings(max_examples=12, deadline=None)
@given(bodies=BODIES, step=st.integers(1, 5000))
def test_concatenated_contents_come_out_whole(kind: Compression, bodies: Sequence[bytes], step: int) -> None:
    content = b"".join(COMPRESS[kind](body) for body in bodies)
    assert compression_of(content) is kind
    assert asyncio.run(_all(inside(kind, _pieces(content, step)))) == b"".join(bodies)


@pytest.mark.parametrize("kind", COMPRESS)
def test_a_content_that_is_cut_or_damaged_is_said_to_be(kind: Compression) -> None:
    content = COMPRESS[kind](bytes(range(256)) * 4000)
    for damaged in (content[:-9], content[:30] + b"nonsense that is no part of it" + content[60:]):
        with pytest.raises(ProblemError) as raised:
            asyncio.run(_all(inside(kind, _pieces(damaged, 1000))))
        assert raised.value.problem.kind is ProblemKind.MISMATCH


def test_the_beginning_of_what_would_fill_the_memory_is_short() -> None:
    found, whole = beginning_of(Compression.GZIP, gzip.compress(b"\0" * 200_000_000, 1), 65536)
    assert (found, whole) == (b"\0" * 65536, False)


TEXTS = st.text("ab\n", max_size=40).map(str.encode)


@given(text=TEXTS, needle=st.text("ab", min_size=1, max_size=4), start=st.integers(0, 40), step=st.integers(1, 9))
def test_matches_are_those_of_the_whole(text: bytes, needle: str, start: int, step: int) -> None:
    wanted, start = Wanted(needle.upper().encode()), min(start, len(text))
    assert asyncio.run(_last(find(_pieces(text[start:], step), wanted, start))) == text.find(needle.encode(), start)
    assert asyncio.run(_last(find(_pieces(text, step), wanted, 0, start))) == text.find(needle.encode(), start)
    before = max((at for at in range(start) if text.startswith(needle.encode(), at)), default=-1)
    assert asyncio.run(_last(find_last(_pieces(text, step), wanted, start))) == before


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be"])
@given(text=st.text("a\nਊĊ", max_size=30), line=st.integers(1, 5), step=st.integers(1, 7))
def test_a_line_begins_behind_its_line_end(codec: str, text: str, line: int, step: int) -> None:
    """Also where a byte of another character is that of a line end."""
    parts = text.split("\n")
    expected = len("\n".join([*parts[:line], ""]).encode(codec)) if len(parts) > line else -1
    pieces = _pieces(text.encode(codec), step)
    assert asyncio.run(_last(find_line(pieces, line, "\n".encode(codec)))) == expected
