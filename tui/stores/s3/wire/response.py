"""One answer as it comes: its head by a parser of HTTP/1.1 (llhttp), its body as it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import httptools

from tui.aws.refusals import UnreadableAnswerError

MOST_OF_A_HEAD = 256 * 1024
"""Bytes of status line and headers."""
BUFFERED = 1024 * 1024
"""Bytes of a body that are kept before they are asked for; then the server has to wait."""


class Response:
    """An answer and what is known of its end. The methods that begin with ``on_`` are the parser's."""

    __slots__ = (
        "_chunks",
        "_head_bytes",
        "_into",
        "_into_at",
        "_no_body",
        "_parser",
        "_space",
        "buffered",
        "changed",
        "chunked",
        "complete",
        "continued",
        "error",
        "fields",
        "head_done",
        "keeps_alive",
        "length",
        "received",
        "status",
        "taken",
    )

    def __init__(self, *, no_body: bool, changed: Callable[[], None]) -> None:
        """`no_body`: none comes, whatever the headers say; `changed` is called for every step of the answer."""
        self.status = 0
        self.fields: list[tuple[bytes, bytes]] = []
        self.length: int | None = None
        """Of the body; None: chunks, or the connection's end, tell where it ends."""
        self.chunked = False
        self.keeps_alive = True
        self.continued = False
        """Whether the server has asked for the body of the request."""
        self.head_done, self.complete = False, False
        self.error: Exception | None = None
        self.buffered, self.received, self.taken = 0, 0, 0
        self.changed = changed
        self._no_body, self._head_bytes = no_body, 0
        self._chunks: list[bytes] = []
        self._into: memoryview | None = None
        self._into_at = 0
        self._space: memoryview | None = None
        parser = httptools.HttpResponseParser(self)
        # As aiohttp, by which the answers came before, has it.
        parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        self._parser: httptools.HttpResponseParser | None = parser

    @property
    def space(self) -> memoryview | None:
        """Where the next bytes of the body belong, if they are to go there straight from the socket."""
        if self._into is None or self.length is None:
            return None
        self._space = self._into[self._into_at :]
        return self._space

    def filled(self, size: int) -> None:
        """So many bytes have come into `space`."""
        self._into_at += size
        self._count(size)

    def feed(self, data: bytes) -> None:
        """Bytes have come; raise `UnreadableAnswerError`."""
        if self.complete:
            self.keeps_alive = False  # there is more than one answer to one request
            return
        if self._parser is None:
            self._take(data)
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._stumbled(error)
        if self.head_done:
            self._parser = self._parser if self.chunked else None  # the rest is counted
            return
        self._head_bytes += len(data)
        if self._head_bytes > MOST_OF_A_HEAD:
            raise UnreadableAnswerError(f"its headers are longer than {MOST_OF_A_HEAD} bytes")

    def ended(self) -> bool:
        """The connection has ended: returns whether the answer has, too."""
        if self.head_done and not self.chunked and self.length is None:
            self._finish()
        return self.complete

    def fail(self, error: Exception) -> None:
        """No more comes."""
        if not self.complete and self.error is None:
            self.error = error
            self.changed()

    def take_all(self) -> bytes:
        """What of the body has come and was not taken yet."""
        self.taken += self.buffered
        chunks, self._chunks, self.buffered = self._chunks, [], 0
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def take(self, most: int) -> bytes:
        """Some of it: up to `most` bytes."""
        if self.buffered <= most:
            return self.take_all()
        taken, size = list[bytes](), 0
        while size < most:
            first = self._chunks[0]
            part = first[: most - size]
            taken.append(part)
            size += len(part)
            if len(part) == len(first):
                del self._chunks[0]
            else:
                self._chunks[0] = first[len(part) :]
        self.buffered -= size
        self.taken += size
        return b"".join(taken)

    def receive_into(self, target: bytearray | memoryview) -> None:
        """Let all that comes of a body of known length go into `target`, after what has come already."""
        begun = self.take_all()
        target[: len(begun)] = begun
        self._into, self._into_at = memoryview(target), len(begun)

    def leave(self) -> None:
        """Refer to the target of `receive_into` no more; what comes after that is not kept.

        The socket may still have the last `space`: of a connection that was closed instead of filling it.
        """
        for view in (self._space, self._into):
            if view is not None:
                view.release()
        self._space = self._into = None

    def headers(self) -> dict[str, str]:
        """Names in lower case and values; of two with the same name the last one.

        They are UTF-8, else ISO 8859-1 (see `tui.aws.transport.ReadableResponse`).
        """
        return {_name(name): _decoded(value.strip(b" \t")) for name, value in self.fields}

    def _stumbled(self, error: Exception) -> None:
        if not self.complete:
            raise UnreadableAnswerError(str(error) or type(error).__name__) from error
        self.keeps_alive = False

    def on_message_begin(self) -> None:
        """The first byte of an answer, or of what follows it and belongs to no request."""
        if self.head_done:
            self.keeps_alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header line; lines that follow the body are dropped."""
        if not self.head_done:
            self.fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The end of a head: of the answer's, or of one that only announces it."""
        if self.complete or self.head_done:
            self.keeps_alive = False
            return
        assert self._parser is not None
        status = self._parser.get_status_code()
        if status < 200:
            self.continued = self.continued or status == 100
            self.fields = []
            self.changed()
            return
        self.status = status
        self._read_framing(self._parser.get_http_version())
        self.head_done = True
        if self._no_body or status in (204, 304) or self.length == 0:
            self._finish()
        else:
            self.changed()

    def on_body(self, data: bytes) -> None:
        """Some of the body, without the marks of chunks."""
        if self.head_done:
            self._take(data)

    def on_message_complete(self) -> None:
        """The end of the answer, as far as the parser knows."""
        if self.head_done and not self.complete and self.chunked:
            self._finish()

    def _read_framing(self, version: str) -> None:
        connection = b""
        for name, value in self.fields:
            match _name(name):
                case "content-length":
                    self.length = int(value)
                case "transfer-encoding":
                    self.chunked = b"chunked" in value.lower()
                case "connection":
                    connection = value.lower()
        if self.chunked:
            self.length = None
        self.keeps_alive = b"close" not in connection and (version == "1.1" or b"keep-alive" in connection)

    def _take(self, data: bytes) -> None:
        if self.complete:
            self.keeps_alive = False
            return
        if self.length is not None and self.received + len(data) > self.length:
            data = data[: self.length - self.received]
            self.keeps_alive = False
        if self._into is not None:
            self._into[self._into_at : self._into_at + len(data)] = data
            self._into_at += len(data)
        else:
            self._chunks.append(data)
            self.buffered += len(data)
        self._count(len(data))

    def _count(self, size: int) -> None:
        self.received += size
        if self.received == self.length:
            self._finish()
        else:
            self.changed()

    def _finish(self) -> None:
        self.complete = True
        self._parser = None
        if self.length is None and not self.chunked and not self._no_body and self.status not in (204, 304):
            self.keeps_alive = False
        self.changed()


@lru_cache(maxsize=256)
def _name(name: bytes) -> str:
    return _decoded(name).lower()


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")
