"""The reader of answers: the same answer however its bytes are cut, and no fault for any bytes."""

from __future__ import annotations

import string
from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui.accounts.problems.errors import UnreadableAnswerError
from tui.stores.s3.wire.response import Response

NAMES = st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=12).map("x-".__add__)
VALUES = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=12)
CUTS = st.lists(st.integers(1, 40), max_size=30)


def read(pieces: Iterable[bytes], *, no_body: bool = False, into: int = 0) -> Response:
    """The answer that these pieces make; `into`: the rest of the body goes straight to where it belongs."""
    response = Response(no_body=no_body, changed=lambda: None)
    for piece in pieces:
        response.feed(piece)
        if into and response.head_done and not response.complete and response.space is None and not response.chunked:
            response.receive_into(bytearray(into))
    return response


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces, start = list[bytes](), 0
    for size in sizes:
        pieces.append(data[start : start + size])
        start += size
    return [piece for piece in (*pieces, data[start:]) if piece]


@given(
    fields=st.dictionaries(NAMES.map(str.lower), VALUES, max_size=5),
    chunks=st.lists(st.binary(min_size=1, max_size=50), max_size=5),
    chunked=st.booleans(),
    announced=st.booleans(),
    sizes=CUTS,
)
def test_an_answer_is_the_same_however_it_is_cut(
    fields: dict[str, str], chunks: list[bytes], chunked: bool, announced: bool, sizes: list[int]
) -> None:
    body = b"".join(chunks)
    lines = [f"{name}: {value}" for name, value in fields.items()]
    lines.append("Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}")
    sent = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in chunks) + b"0\r\n\r\n" if chunked else body
    before = b"HTTP/1.1 100 Continue\r\nx-before: x\r\n\r\n" if announced else b""
    answer = before + "\r\n".join(["HTTP/1.1 206 Partial Content", *lines, "", ""]).encode() + sent
    response = read(cut(answer, sizes))
    assert response.complete
    assert response.keeps_alive
    assert response.continued == announced
    assert response.status == 206
    assert {name: value for name, value in response.headers().items() if name.startswith("x-")} == fields
    assert (response.take_all(), response.received) == (body, len(body))


@given(answer=st.binary(max_size=200), sizes=CUTS, no_body=st.booleans())
def test_no_bytes_are_a_fault(answer: bytes, sizes: list[int], no_body: bool) -> None:
    for begun in (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"):
        with suppress(UnreadableAnswerError):
            response = read(cut(begun + answer, sizes), no_body=no_body)
            response.headers()
            response.take_all()


@example(body=b"1", extra=b"HTTP/1.1 2", sizes=[])
@given(body=st.binary(min_size=1, max_size=100), extra=st.binary(max_size=10), sizes=CUTS)
def test_no_more_than_the_length_is_taken(body: bytes, extra: bytes, sizes: list[int]) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body + extra
    response = read(cut(answer, sizes), into=len(body))
    assert (response.complete, response.received) == (True, len(body))
    if not extra:
        assert response.keeps_alive
    elif extra.strip(b"\r\n"):  # the parser skips line ends between answers
        assert not response.keeps_alive, "what is more is no answer to the next request"


def test_a_target_is_free_although_the_socket_has_still_a_place_in_it() -> None:
    """A connection that is closed was given room for more, which nothing has filled."""
    response = Response(no_body=False, changed=lambda: None)
    response.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
    target = bytearray(9)
    response.receive_into(target)
    space = response.space
    assert space is not None
    assert len(space) == 9
    with pytest.raises(BufferError):
        target.append(0)
    response.leave()
    target.append(0)
