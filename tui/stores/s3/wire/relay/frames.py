"""A body in frames with its checksum behind it: ``aws-chunked``, for what is sent while it is read.

Source: Amazon S3 API Reference, "Signature calculations for trailing headers": each frame is signed with the signature
before it, beginning with that of the request; over TLS none is.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from tui.stores.digests import CRC_OCTETS

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
        """The name of the checksum's line."""
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

    key: bytes
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
        self.signature = hmac.digest(self.key, text.encode(), "sha256").hex()
        return self.signature


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
