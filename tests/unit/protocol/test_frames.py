"""What comes over the socket is read as a message, or is rubbish; it is never anything else."""

from __future__ import annotations

import asyncio
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.problem import ProblemError, ProblemKind
from tui.protocol.frames import MAX_FRAME, Stop, frame, read_to_engine, read_to_screen

NESTED = b"\x91" * 100_000 + b"\xc0"
"""MessagePack lists in one another, far deeper than any message."""


def stream(*pieces: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    for piece in pieces:
        reader.feed_data(piece)
    reader.feed_eof()
    return reader


def framed(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc0",
        NESTED,
        b"\x82\xa4type\xa4stop\xa1x" + NESTED,
        b"\x81\xa4type\xa2\xff\xff",
        b"\x82\xa4type\xa4stop\xa2id\xcf" + b"\xff" * 8 + b"\x00",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff\xa4type",
    ],
    ids=["nothing", "nil", "nested", "nested inside", "no text", "more than one", "huge list", "huge map"],
)
async def test_rubbish_is_a_problem(body: bytes) -> None:
    for read in (read_to_engine, read_to_screen):
        with pytest.raises(ProblemError) as caught:
            await read(stream(framed(body)))
        assert caught.value.problem.kind is ProblemKind.ENGINE


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_problem(body: bytes) -> None:
    async def read() -> None:
        try:
            await read_to_engine(stream(framed(body)))
        except ProblemError as error:
            assert error.problem.kind is ProblemKind.ENGINE  # noqa: PT017  # reason: it need not be raised

    asyncio.run(read())


async def test_a_frame_that_is_too_long_is_not_read() -> None:
    with pytest.raises(ProblemError, match="different protocols"):
        await read_to_engine(stream(struct.pack(">I", MAX_FRAME + 1)))


async def test_the_end_in_the_middle_of_a_frame_is_the_end() -> None:
    whole = frame(Stop(7))
    for cut in range(len(whole)):
        assert await read_to_engine(stream(whole[:cut])) is None
    assert await read_to_engine(stream(whole)) == Stop(7)
