"""MD5 and the checksums of S3, computed over what was read or is to be sent.

Amazon S3 User Guide, "Checking object integrity": values are Base64 of the big-endian number or of the digest; a
composite checksum is the digest of the parts' digests, a dash, and their number.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Protocol

from tui.core.naming import KIB, MIB
from tui.stores.store_values import Checksum, Digests

CRC_OCTETS = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8}
"""Checksums that can be combined: those of the parts give that of the whole. Their lengths in bytes."""

NEWER = ("SHA512", "MD5")
"""Those that AWS has had since 2026, and other servers need not know."""

ALGORITHMS = ("CRC64NVME", "CRC32", "CRC32C", "SHA1", "SHA256", *NEWER)
"""All that can be computed here, the best first."""

KNOWN = (*ALGORITHMS, "XXHASH128", "XXHASH3", "XXHASH64")
"""All that S3 keeps: two objects are compared by any of them, a body only by those that can be computed."""

_WORTH_A_THREAD = 256 * KIB
_STEP = 8 * MIB
"""So much is given to a CRC at once: it keeps the interpreter's lock for about a millisecond."""


class _Crc(Protocol):
    """A CRC of `anycrc`."""

    def calc(self, data: bytes | memoryview, crc: int = 0) -> int: ...

    def combine(self, crc: int, crc2: int, length: int) -> int: ...


async def hashed(body: bytes, algorithm: str = "", *, md5: bool = True) -> Digests:
    """The digests of a body, off the loop unless it is over before a thread would have begun.

    `algorithm` is one of `ALGORITHMS` or empty.
    """
    if len(body) < _WORTH_A_THREAD:
        return digests_of(body, algorithm, md5=md5)
    return await asyncio.to_thread(digests_of, body, algorithm, md5=md5)


def digests_of(body: bytes, algorithm: str = "", *, md5: bool = True) -> Digests:
    return Digests(
        hashlib.md5(body, usedforsecurity=False).hexdigest() if md5 else "",
        checksum_of(body, algorithm) if algorithm else None,
    )


def checksum_of(body: bytes, algorithm: str) -> Checksum:
    if algorithm in CRC_OCTETS:
        return _checksum(algorithm, crc(algorithm, body))
    digest = hashlib.new(algorithm, body, usedforsecurity=False).digest()
    return Checksum(algorithm, _base64(digest), full_object=True)


def crc(algorithm: str, body: bytes | memoryview, before: int = 0) -> int:
    """The CRC of a body that follows on bytes whose CRC is `before`."""
    if algorithm == "CRC32":  # the standard library's lets other threads run
        return zlib.crc32(body, before)
    model, view = _model(algorithm), memoryview(body)
    for start in range(0, len(view), _STEP):
        before = model.calc(view[start : start + _STEP], before)
    return before


def checksum_of_crc(algorithm: str, value: int) -> Checksum:
    return _checksum(algorithm, value)


def combined(parts: Sequence[tuple[Checksum, int]]) -> Checksum:
    """The CRC of a whole from those of its parts, in order, and their sizes in bytes. At least one part."""
    algorithm = parts[0][0].algorithm
    model, whole = _model(algorithm), 0
    for number, (part, size) in enumerate(parts):
        value = int.from_bytes(base64.b64decode(part.value))
        whole = model.combine(whole, value, size) if number else value
    return _checksum(algorithm, whole)


def composite(parts: Sequence[Checksum]) -> Checksum:
    """The checksum of the checksums of an object's parts, in order. At least one part."""
    algorithm = parts[0].algorithm
    digest = checksum_of(b"".join(base64.b64decode(part.value) for part in parts), algorithm)
    return Checksum(algorithm, f"{digest.value}-{len(parts)}", full_object=False)


def multipart_etag(md5s: Sequence[str]) -> str:
    """The ETag of an object made of parts with these MD5s (hexadecimal), where it is not encrypted by a key of KMS."""
    digest = hashlib.md5(bytes.fromhex("".join(md5s)), usedforsecurity=False).hexdigest()
    return f'"{digest}-{len(md5s)}"'


def base64_md5(md5: str) -> str:
    return _base64(bytes.fromhex(md5))


def _checksum(algorithm: str, value: int) -> Checksum:
    return Checksum(algorithm, _base64(value.to_bytes(CRC_OCTETS[algorithm])), full_object=True)


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


@lru_cache
def _model(algorithm: str) -> _Crc:
    """Imported when first wanted: most of an engine's life no CRC is computed."""
    import anycrc

    make: Callable[[str], _Crc] = anycrc.Model
    return make({"CRC64NVME": "CRC64-NVME"}.get(algorithm, algorithm))
