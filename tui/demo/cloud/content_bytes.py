"""The content of requests and objects: decodes chunks, computes and compares checksums."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final, Protocol

from tui.demo.cloud.messages import CloudError, DemoRequest
from tui.stores.digests import CRC_OCTETS, crc

MEBIBYTE: Final = 1 << 20
_STEP: Final = 4099
"""Prime, so that no two of the first 1,048,576 blocks of generated content are equal."""

_STRIDE: Final = 65_537
"""Prime, too: the distance in the random MiB between the first bytes of neighbouring seeds."""


class DemoContent(Protocol):
    """An immutable sequence of bytes."""

    @property
    def size(self) -> int:
        """Bytes."""

    def read(self, start: int, stop: int) -> Iterator[memoryview]:
        """The bytes from `start` up to `stop`, in buffers of at most a few MiB each."""


@dataclass(frozen=True, slots=True)
class MemoryContent:
    """Bytes in memory."""

    octets: bytes

    @property
    def size(self) -> int:
        return len(self.octets)

    def read(self, start: int, stop: int) -> Iterator[memoryview]:
        if start < stop:
            yield memoryview(self.octets)[start:stop]


@cache
def _block() -> bytes:
    """A random MiB, twice, so that every rotation of it is a slice. All seeds share it: it takes long to make."""
    return Random(0).randbytes(MEBIBYTE) * 2  # noqa: S311  content of a demo, not a key


@dataclass(frozen=True, slots=True)
class Generated:
    """Bytes that look random, follow from the seed and differ in every MiB; nothing is stored."""

    seed: int
    size: int

    def read(self, start: int, stop: int) -> Iterator[memoryview]:
        twice = memoryview(_block())
        position = start
        while position < stop:
            index, inside = divmod(position, MEBIBYTE)
            length = min(MEBIBYTE - inside, stop - position)
            first = (index * _STEP + self.seed * _STRIDE) % MEBIBYTE + inside
            yield twice[first : first + length]
            position += length


@dataclass(frozen=True, slots=True)
class DemoContentRange:
    """A range of another content, as UploadPartCopy takes it."""

    whole: DemoContent
    start: int
    size: int

    def read(self, start: int, stop: int) -> Iterator[memoryview]:
        return self.whole.read(self.start + start, self.start + stop)


@dataclass(frozen=True, slots=True)
class Joined:
    """The parts of a multipart upload, one after another."""

    parts: tuple[DemoContent, ...]

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)

    def read(self, start: int, stop: int) -> Iterator[memoryview]:
        before = 0
        for part in self.parts:
            first, last = max(start - before, 0), min(stop - before, part.size)
            if first < last:
                yield from part.read(first, last)
            before += part.size


def whole(content: DemoContent) -> bytes:
    return b"".join(content.read(0, content.size))


def md5_hex(content: DemoContent) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for piece in content.read(0, content.size):
        digest.update(piece)
    return digest.hexdigest()


# Checksums, by the Amazon S3 user guide, "Checking object integrity": Base64 of the big-endian number or digest.

NOT_COMPUTED: Final = ("XXHASH64", "XXHASH3", "XXHASH128")
"""Kept as the client sends them: nothing here computes them."""
ALGORITHMS: Final = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5", *NOT_COMPUTED)
_LENGTHS: Final = {
    **CRC_OCTETS,
    "SHA1": 20,
    "SHA256": 32,
    "SHA512": 64,
    "MD5": 16,
    "XXHASH64": 8,
    "XXHASH3": 8,
    "XXHASH128": 16,
}
FULL_OBJECT: Final = "FULL_OBJECT"
COMPOSITE: Final = "COMPOSITE"
LIMIT: Final = 256 * MEBIBYTE
"""Larger contents get no checksum (this size takes 0.1 s for a CRC); only the demo's largest objects exceed it."""


@dataclass(frozen=True, slots=True)
class DemoChecksum:
    """A checksum of an object as S3 reports it."""

    algorithm: str
    value: str
    type: str = FULL_OBJECT

    @property
    def element(self) -> dict[str, str]:
        return {f"Checksum{self.algorithm}": self.value}

    def headers(self) -> dict[str, str]:
        return {f"x-amz-checksum-{self.algorithm.lower()}": self.value, "x-amz-checksum-type": self.type}


def compute(algorithm: str, content: DemoContent) -> str | None:
    """In Base64; None if the content exceeds `LIMIT` or the algorithm is not available."""
    if content.size > LIMIT or algorithm in NOT_COMPUTED:
        return None
    pieces = content.read(0, content.size)
    if algorithm in CRC_OCTETS:
        value = 0
        for piece in pieces:
            value = crc(algorithm, piece, value)
        return base64.b64encode(value.to_bytes(CRC_OCTETS[algorithm], "big")).decode()
    digest = hashlib.new(algorithm.lower(), usedforsecurity=False)
    for piece in pieces:
        digest.update(piece)
    return base64.b64encode(digest.digest()).decode()


def claimed(headers: Mapping[str, str]) -> DemoChecksum | None:
    """The checksum that a request states for its body, in a header or trailer. Raises `CloudError` (InvalidRequest)."""
    found = {name: headers.get(f"x-amz-checksum-{name.lower()}", "") for name in ALGORITHMS}
    stated = [(name, value) for name, value in found.items() if value]
    if len(stated) > 1:
        raise CloudError(
            "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    for name, value in stated:
        return DemoChecksum(name, value.partition("-")[0], headers.get("x-amz-checksum-type", FULL_OBJECT))
    return None


def known_algorithm(name: str) -> str:
    """The algorithm in capitals; empty for none. Raises `CloudError` (InvalidRequest)."""
    if name and name.upper() not in ALGORITHMS:
        raise CloudError(
            "InvalidRequest",
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
            f"[{', '.join(ALGORITHMS)}]",
        )
    return name.upper()


def verified(headers: Mapping[str, str], content: DemoContent, md5: str) -> DemoChecksum | None:
    """Compare a body with the checksums in its headers; returns the checksum to keep with the object.

    `md5` is the body's, in hexadecimal. Raises `CloudError`: InvalidDigest, BadDigest.
    """
    _check_content_md5(headers.get("content-md5", ""), md5)
    checksum = claimed(headers)
    if checksum is not None:
        if len(_octets(checksum.value)) != _LENGTHS[checksum.algorithm]:
            message = f"Value for x-amz-checksum-{checksum.algorithm.lower()} header is invalid."
            raise CloudError("InvalidRequest", message)
        actual = compute(checksum.algorithm, content)
        if actual not in (None, checksum.value):
            raise CloudError(
                "BadDigest", f"The {checksum.algorithm} you specified did not match the calculated checksum."
            )
        return checksum
    wanted = headers.get("x-amz-sdk-checksum-algorithm", "").upper()
    value = compute(wanted, content) if wanted in ALGORITHMS else None
    return DemoChecksum(wanted, value) if value is not None else None


def _check_content_md5(stated: str, md5: str) -> None:
    if not stated:
        return
    octets = _octets(stated)
    if len(octets) != 16:
        raise CloudError("InvalidDigest", "The Content-MD5 you specified was invalid.")
    if octets.hex() != md5:
        raise CloudError(
            "BadDigest", "The Content-MD5 you specified did not match what we received.", CalculatedDigest=md5
        )


def _octets(value: str) -> bytes:
    """The decoded Base64; empty if it is invalid."""
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        return b""


# Bodies in `aws-chunked` encoding: chunks with or without signatures, then trailers.
#
# Rules: Amazon S3 API reference, "Signature Calculations for the Authorization Header: Transferring Payload in
# Multiple Chunks". The signature of the request's head is checked elsewhere; those of the chunks are not.


def decoded(request: DemoRequest) -> DemoRequest:
    """The request with its body decoded and its trailers among the headers; other requests stay unchanged."""
    if not request.header("x-amz-content-sha256").startswith("STREAMING-"):
        return request
    try:
        body, rest = _chunks(request.body)
    except ValueError as error:
        raise CloudError("InvalidRequest", "The aws-chunked body is malformed") from error
    stated = request.header("x-amz-decoded-content-length")
    if stated and stated != str(len(body)):
        raise CloudError("InvalidRequest", "The body does not have its x-amz-decoded-content-length")
    lines = (line.partition(":") for line in rest.decode("latin-1").split("\r\n") if ":" in line)
    return request.with_body(body, {name.strip().lower(): value.strip() for name, _, value in lines})


def _chunks(encoded: bytes) -> tuple[bytes, bytes]:
    """The joined chunks, and the bytes after the last one. Raises `ValueError`."""
    chunks: list[memoryview] = []
    position = 0
    while True:
        end = encoded.index(b"\r\n", position)
        size = int(encoded[position:end].partition(b";")[0], 16)
        position = end + 2
        if size == 0:
            return b"".join(chunks), encoded[position:]
        chunks.append(memoryview(encoded)[position : position + size])
        position += size + 2
