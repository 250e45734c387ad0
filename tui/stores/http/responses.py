"""One answer as it comes: its head by a parser of HTTP/1.1 (llhttp), its body as it is."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import httptools

from tui.aws.refusals import MalformedResponseError
from tui.stores.digests import CRC_OCTETS

MOST_OF_A_HEAD = 256 * 1024
"""Bytes of status line and headers."""
BUFFERED = 1024 * 1024
"""Bytes of a body that are kept before they are asked for; then the server has to wait."""


class IncomingResponse:
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
        self._into_at += size
        self._count(size)

    def feed(self, data: bytes) -> None:
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
            raise MalformedResponseError(f"its headers are longer than {MOST_OF_A_HEAD} bytes")

    def ended(self) -> bool:
        """The connection has ended: returns whether the answer has, too."""
        if self.head_done and not self.chunked and self.length is None:
            self._finish()
        return self.complete

    def fail(self, error: Exception) -> None:
        if not self.complete and self.error is None:
            self.error = error
            self.changed()

    def take_all(self) -> bytes:
        """What of the body has come and was not taken yet."""
        self.taken += self.buffered
        chunks, self._chunks, self.buffered = self._chunks, [], 0
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def take(self, most: int) -> bytes:
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
            raise MalformedResponseError(str(error) or type(error).__name__) from error
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


# A body in frames with its checksum behind it: ``aws-chunked``, for what is sent while it is read.
#
# Amazon S3 API Reference, "Signature calculations for trailing headers": each frame is signed with the signature before
# it, the first with that of the request; over TLS none is.

UNSIGNED_FRAMES = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED_FRAMES = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"

FRAME = 256 * 1024
"""Bytes of a frame: large enough that its signature costs little, small enough to stay in the processor's cache."""

_EMPTY = hashlib.sha256().hexdigest()
_SIGNATURE = len(";chunk-signature=") + 64
_TRAILER_SIGNATURE = len("x-amz-trailer-signature:") + 64 + 2


@dataclass(frozen=True, slots=True)
class Framing:
    """A body of `size` bytes (at least one) in frames, with a checksum by one of `CRC_OCTETS` behind it."""

    size: int
    algorithm: str
    signed: bool

    @property
    def payload(self) -> str:
        """What the request says instead of its body's SHA-256."""
        return SIGNED_FRAMES if self.signed else UNSIGNED_FRAMES

    @property
    def trailer(self) -> str:
        return f"x-amz-checksum-{self.algorithm.lower()}"

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers that announce it, without that of its length."""
        return [
            ("content-encoding", "aws-chunked"),
            ("x-amz-decoded-content-length", str(self.size)),
            ("x-amz-sdk-checksum-algorithm", self.algorithm),
            ("x-amz-trailer", self.trailer),
        ]

    @property
    def wire_size(self) -> int:
        """Bytes that are sent, frames and checksum included."""
        whole, rest = divmod(self.size, FRAME)
        extra = _SIGNATURE if self.signed else 0
        size = whole * (len(f"{FRAME:x}") + extra + 2 + FRAME + 2)
        if rest:
            size += len(f"{rest:x}") + extra + 2 + rest + 2
        size += 1 + extra + 2 + len(self.trailer) + 1 + (CRC_OCTETS[self.algorithm] + 2) // 3 * 4 + 2
        return size + (_TRAILER_SIGNATURE if self.signed else 0) + 2


@dataclass(slots=True)
class Seal:
    """Signs frames, one after the other."""

    signer: hmac.HMAC
    stamp: str
    scope: str
    signature: str
    """The last one; at first that of the request."""

    def frame(self, data: bytes | memoryview) -> str:
        """The signature of the next frame; of the last one without data."""
        digest = hashlib.sha256(data).hexdigest() if data else _EMPTY
        return self._next("AWS4-HMAC-SHA256-PAYLOAD", f"{_EMPTY}\n{digest}")

    def trailer(self, line: str) -> str:
        """The signature of the line behind the body."""
        return self._next("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(f"{line}\n".encode()).hexdigest())

    def _next(self, kind: str, of: str) -> str:
        text = f"{kind}\n{self.stamp}\n{self.scope}\n{self.signature}\n{of}"
        self.signature = signed_by(self.signer, text)
        return self.signature


def signed_by(signer: hmac.HMAC, text: str) -> str:
    """The HMAC of a text by what has the key and nothing else: half the time of `hmac.digest`, which also gives the
    interpreter's lock away."""
    made = signer.copy()
    made.update(text.encode())
    return made.hexdigest()


def frame_head(data: bytes | memoryview, seal: Seal | None) -> bytes:
    """What comes before a frame's data, or before the checksum, if there is no more data."""
    size = f"{len(data):x}"
    return f"{size};chunk-signature={seal.frame(data)}\r\n".encode() if seal else f"{size}\r\n".encode()


def trailer(framing: Framing, value: str, seal: Seal | None) -> bytes:
    """The end of a body, with the checksum of all of it, in base64."""
    line = f"{framing.trailer}:{value}"
    head = frame_head(b"", seal)
    signed = f"x-amz-trailer-signature:{seal.trailer(line)}\r\n" if seal else ""
    return head + f"{line}\r\n{signed}\r\n".encode()


class HttpOrigin(NamedTuple):
    """Where requests go."""

    scheme: str
    host: str
    port: int

    @property
    def tls(self) -> bool:
        return self.scheme == "https"


class WireRequest(NamedTuple):
    """A signed request."""

    method: str
    place: HttpOrigin
    url: str
    head: bytes
    """Request line and headers, with the empty line behind them."""
    body: bytes
    waits: bool
    """Whether the body is sent when the server has asked for it (``100 Continue``)."""
    signature: str = ""

    def headers(self) -> dict[str, str]:
        lines = self.head.decode().split("\r\n")[1:-2]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
