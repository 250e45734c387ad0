"""Checksums of objects: computed, compared with what a client claims, reported.

Rules: Amazon S3 user guide, "Checking object integrity". Values are Base64 of the big-endian number or digest.
"""

import base64
import hashlib
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tui.demo.cloud.content import MEBIBYTE, Content
from tui.demo.cloud.errors import CloudError

ALGORITHMS: Final = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")
FULL_OBJECT: Final = "FULL_OBJECT"
COMPOSITE: Final = "COMPOSITE"
SLOW_LIMIT: Final = MEBIBYTE
"""CRC32C and CRC64NVME are computed byte by byte here, so only for contents up to this size (0.1 s)."""

_POLYNOMIALS: Final = {"CRC64NVME": 0x9A6C9329AC4BC9B5, "CRC32C": 0x82F63B78}
"""Bit-reversed, as a right-shifting CRC uses them."""
_WIDTHS: Final = {"CRC64NVME": 64, "CRC32C": 32}


@dataclass(frozen=True, slots=True)
class Checksum:
    """A checksum of an object as S3 reports it."""

    algorithm: str
    value: str
    type: str = FULL_OBJECT

    def headers(self) -> dict[str, str]:
        """The headers of an answer that reports it."""
        return {f"x-amz-checksum-{self.algorithm.lower()}": self.value, "x-amz-checksum-type": self.type}


def compute(algorithm: str, content: Content) -> str | None:
    """The content's checksum in Base64; None when that would take too long here (see `SLOW_LIMIT`)."""
    pieces = content.read(0, content.size)
    if algorithm in _POLYNOMIALS:
        return _slow_crc(algorithm, pieces) if content.size <= SLOW_LIMIT else None
    if algorithm == "CRC32":
        value = 0
        for piece in pieces:
            value = zlib.crc32(piece, value)
        return base64.b64encode(value.to_bytes(4, "big")).decode()
    digest = hashlib.new(algorithm.lower(), usedforsecurity=False)
    for piece in pieces:
        digest.update(piece)
    return base64.b64encode(digest.digest()).decode()


def raw(value: str) -> bytes:
    """The octets of a checksum in Base64."""
    return base64.b64decode(value)


@lru_cache
def _table(algorithm: str) -> tuple[int, ...]:
    polynomial = _POLYNOMIALS[algorithm]
    table = []
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (polynomial if number & 1 else 0)
        table.append(number)
    return tuple(table)


def _slow_crc(algorithm: str, pieces: Iterable[memoryview]) -> str:
    table, ones = _table(algorithm), (1 << _WIDTHS[algorithm]) - 1
    value = ones
    for piece in pieces:
        for octet in piece:
            value = table[value & 0xFF ^ octet] ^ value >> 8
    return base64.b64encode((value ^ ones).to_bytes(_WIDTHS[algorithm] // 8, "big")).decode()


def claimed(headers: Mapping[str, str]) -> Checksum | None:
    """The checksum a request states for its body, in a header or a trailer."""
    for algorithm in ALGORITHMS:
        value = headers.get(f"x-amz-checksum-{algorithm.lower()}")
        if value:
            return Checksum(algorithm, value.partition("-")[0], headers.get("x-amz-checksum-type", FULL_OBJECT))
    return None


def verified(headers: Mapping[str, str], content: Content, md5: str) -> Checksum | None:
    """Compare a body with what its headers claim; the checksum to keep with the object.

    `md5` is the body's, in hexadecimal. Raises `CloudError`: InvalidDigest, BadDigest.
    """
    _check_content_md5(headers.get("content-md5", ""), md5)
    checksum = claimed(headers)
    if checksum is not None:
        actual = compute(checksum.algorithm, content)
        if actual not in (None, checksum.value):
            raise CloudError(
                "BadDigest",
                f"The {checksum.algorithm} you specified did not match the calculated checksum.",
            )
        return checksum
    wanted = headers.get("x-amz-sdk-checksum-algorithm", "").upper()
    value = compute(wanted, content) if wanted in ALGORITHMS else None
    return Checksum(wanted, value) if value is not None else None


def _check_content_md5(stated: str, md5: str) -> None:
    if not stated:
        return
    try:
        octets = base64.b64decode(stated, validate=True)
    except ValueError:
        octets = b""
    if len(octets) != 16:
        raise CloudError("InvalidDigest", "The Content-MD5 you specified was invalid.")
    if octets.hex() != md5:
        raise CloudError(
            "BadDigest", "The Content-MD5 you specified did not match what we received.", CalculatedDigest=md5
        )
