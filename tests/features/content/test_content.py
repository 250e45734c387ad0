"""Contents: pieces of any length have what the whole has, and no row has anything that a terminal acts on."""

import asyncio
import bz2
import gzip
import json
import unicodedata
from collections.abc import AsyncGenerator, Callable, Sequence

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores.refusals import problem_of
from tui.core.content import Compression, compression_of
from tui.core.problem import ProblemKind
from tui.features.content.decoded import beginning_of, inside
from tui.features.content.pinned_content import Wanted, find, find_last, find_line
from tui.features.content.readers_view import MemoryReader
from tui.features.content.seeking_view import Jump, jump_of
from tui.features.content.table_words import LONGEST, Cutter
from tui.features.content.text_view import Room, TextView
from tui.features.content.words import (
    ENCODINGS,
    LATIN_1,
    UTF_8,
    UTF_16_LE,
    ContentKind,
    Encoding,
    bytes_per_row,
    encoding_of,
    hex_row,
    indented,
    is_binary,
    kind_of,
    needle_of,
    offset_digits,
)
from tui.reader.compression import MOST_AT_ONCE, unpacker
from tui.text.format import cells

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
    return [-1, *[found async for _, found in steps]][-1]


@pytest.mark.parametrize("kind", COMPRESS)
@settings(max_examples=12, deadline=None)
@given(bodies=BODIES, step=st.integers(1, 5000))
def test_concatenated_contents_come_out_whole(kind: Compression, bodies: Sequence[bytes], step: int) -> None:
    content = b"".join(COMPRESS[kind](body) for body in bodies)
    assert compression_of(content) is kind
    unpacked = unpacker(kind)
    outs = [out for at in range(0, len(content), step) for out in unpacked.feed(content[at : at + step])]
    assert (b"".join(outs), unpacked.ended) == (b"".join(bodies), True)
    assert all(len(out) <= MOST_AT_ONCE or kind is Compression.ZSTD for out in outs)


@pytest.mark.parametrize("kind", COMPRESS)
def test_what_is_inside_comes_from_a_reader(kind: Compression) -> None:
    body = bytes(range(256)) * 9000
    content = COMPRESS[kind](body)
    assert asyncio.run(_all(inside(kind, _pieces(content, 700)))) == body
    for damaged in (content[:-9], content[:30] + b"nonsense that is no part of it" + content[60:]):
        assert asyncio.run(problem_of(_all(inside(kind, _pieces(damaged, 1000))))).kind is ProblemKind.MISMATCH


def test_the_beginning_of_what_would_fill_the_memory_is_short() -> None:
    packed = gzip.compress(b"\0" * 200_000_000, 1)
    found, whole = asyncio.run(beginning_of(Compression.GZIP, packed, 65536))
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


# Contents as rows: every byte is in one row, and no row has anything that a terminal acts on.
CONTENTS = st.lists(
    st.binary(max_size=60)
    | st.text(max_size=60).map(str.encode)
    | st.just(b"\x1b[31m\x1b]52;c;QUJD\x07\x9b5n\n")
    | st.just(b"x" * 1500)
    | st.just("ü€😀".encode() * 200)
    | st.just(b"\n"),
    max_size=6,
).map(b"".join)


@given(content=CONTENTS, encoding=st.sampled_from(ENCODINGS), width=st.sampled_from([0, 10, 80]))
@settings(max_examples=40, deadline=None)
def test_rows_have_every_byte_once_and_nothing_that_a_terminal_acts_on(
    content: bytes, encoding: Encoding, width: int
) -> None:
    rows = Cutter(encoding, width).cut(content, 0, len(content) + 1, begins=True, at_end=True)
    assert [row.start for row in rows] == [0, *(row.end for row in rows)][: len(rows)]
    assert (rows[-1].end if rows else 0) == len(content)
    assert not {unicodedata.category(each) for row in rows for each in row.text} & {"Cc", "Zl", "Zp"}
    assert not width or all(cells(row.text) <= max(width, 8) for row in rows)


@given(content=CONTENTS, steps=st.lists(st.integers(-9, 9), max_size=8), wrap=st.booleans())
@settings(max_examples=30, deadline=None)
def test_whatever_was_scrolled_the_top_is_a_row_and_the_end_is_reached(
    content: bytes, steps: list[int], wrap: bool
) -> None:
    async def scroll() -> None:
        view = TextView(MemoryReader(content), UTF_8, "", Room(40, 5, wrap=wrap))
        whole = Cutter(UTF_8, 40 if wrap else 0).cut(content, 0, len(content) + 1, begins=True, at_end=True)
        starts = {row.start: sum(one.begins for one in whole[: at + 1]) for at, row in enumerate(whole)} or {0: 1}
        for step in steps:
            await view.scroll(step)
            shown = await view.show()
            assert view.top in starts
            assert shown.line == starts[view.top]
        await view.to_end()
        assert (await view.show()).end == len(content)
        await view.scroll(-len(content))
        assert view.top == 0

    assert [row.end for row in Cutter(UTF_8, 0).cut(b"\na", 0, 2, begins=True, at_end=True)] == [1, 2]
    asyncio.run(scroll())


def test_what_a_content_is_read_as() -> None:
    expected = [
        (b"plain\n", UTF_8, False),
        ("größe".encode(), UTF_8, False),
        ("größe".encode("latin-1"), LATIN_1, False),
        (b"\xff\xfea\0\n\0", UTF_16_LE, False),
        (b"\x1b[31mred\x1b[0m\n", UTF_8, False),
        (b"\x7fELF\0\0", UTF_8, True),
        (b"\x01\x02\x03abc", UTF_8, True),
        (b"", UTF_8, False),
        ("€".encode()[:2], UTF_8, False),
    ]
    assert [(content, encoding_of(content), is_binary(content)) for content, *_ in expected] == expected


def test_kinds_are_known_by_content_then_name_then_type() -> None:
    expected = {
        ("a.jsonl.gz", "", b'{"a": 1}'): ContentKind.JSON_LINES,
        ("a.csv", "application/octet-stream", b"a,b\n"): ContentKind.CSV,
        ("a", "application/json; charset=utf-8", b"{}"): ContentKind.JSON,
        ("a.csv", "text/csv", b"PAR1\x15"): ContentKind.PARQUET,
        ("a.txt", "text/plain", b"\x89PNG\r\n\x1a\n"): ContentKind.IMAGE,
        ("a.txt", "text/plain", b"BMW and others"): ContentKind.TEXT,
        ("a.json", "application/json", b"\0\1"): ContentKind.BINARY,
    }
    assert {
        (name, content_type, beginning): kind_of(name, content_type, beginning)
        for name, content_type, beginning in expected
    } == expected


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(value=VALUES, ascii_only=st.booleans())
def test_json_in_lines_is_the_same_json(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    laid_out = indented(text)
    assert laid_out is not None
    assert json.loads(laid_out) == value
    assert laid_out == json.dumps(value, indent=2, ensure_ascii=ascii_only) + "\n"


def test_numbers_keep_their_digits_and_what_is_no_json_is_none() -> None:
    assert indented('{"a":1.10,"b":[1E400,{}]}') == '{\n  "a": 1.10,\n  "b": [\n    1E400,\n    {}\n  ]\n}\n'
    assert indented("{a: 1}") is None


@pytest.mark.parametrize("size", [0, 4 << 30, 5 << 40])
@pytest.mark.parametrize(("width", "count"), [(80, 16), (200, 32), (40, 8)])
def test_hexadecimal_rows_fit(size: int, width: int, count: int) -> None:
    assert bytes_per_row(width, size) == count
    row = "  ".join(hex_row(bytes(range(0x40, 0x40 + count)), max(0, size - count), count, offset_digits(size)))
    assert len(row) <= width or count == 8
    assert row.endswith("@ABCDEFG" if count == 8 else "LMNO" if count == 16 else "\\]^_")


def test_what_is_typed() -> None:
    assert (needle_of("0x1f 8B"), needle_of("0x1")) == (b"\x1f\x8b", None)
    jumps = {
        "1,200": Jump(line=1200),
        "50%": Jump(share=0.5),
        "0xff": Jump(offset=255),
        "@7": Jump(offset=7),
        "there": None,
    }
    assert {text: jump_of(text) for text in jumps} == jumps
    assert LONGEST * 64 == 64 * 1024, "a first block fills a screen of 64 rows"
