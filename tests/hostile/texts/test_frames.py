"""Frames: what is too long to be read is not sent, and whatever is read is a message or a problem."""

from __future__ import annotations

import asyncio
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.problem import ProblemError, ProblemKind
from tui.protocol.frames import MAX_FRAME, Answer, ToScreen, frame, read_to_screen

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=9)
    | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)
TAGS = st.sampled_from(["answer", "end", "failed", "waiting", "call", "stop"])


async def read(body: bytes) -> ToScreen | None:
    reader = asyncio.StreamReader()
    reader.feed_data(struct.pack(">I", len(body)) + body)
    reader.feed_eof()
    return await read_to_screen(reader)


def test_a_frame_that_would_not_be_read_is_not_sent() -> None:
    with pytest.raises(ProblemError, match="too large") as caught:
        frame(Answer(1, msgspec.Raw(msgspec.msgpack.encode(b"x" * (MAX_FRAME + 1)))))
    assert str(MAX_FRAME) in caught.value.problem.cause
    assert caught.value.problem.remedy


@given(st.dictionaries(st.sampled_from(["id", "body", "problem", "host", "seconds", "x"]), VALUES), TAGS, st.binary())
def test_any_map_is_a_message_or_a_problem(fields: dict[str, object], tag: str, behind: bytes) -> None:
    for body in (msgspec.msgpack.encode({"type": tag, **fields}), msgspec.msgpack.encode(fields) + behind):
        try:
            message = asyncio.run(read(body))
        except ProblemError as error:
            assert error.problem.kind is ProblemKind.ENGINE  # noqa: PT017  # it need not be raised
        else:
            assert message is not None
