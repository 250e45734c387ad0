"""The bytes of an object, without a copy of them wherever one can be avoided."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final, Protocol

MEBIBYTE: Final = 1 << 20
_STEP: Final = 4099
"""Prime, so that no two of the first 1,048,576 blocks of generated content are equal."""

_STRIDE: Final = 65_537
"""Prime, too: how far apart in the random MiB the contents of neighbouring seeds begin."""


class Content(Protocol):
    """An immutable sequence of bytes."""

    @property
    def size(self) -> int:
        """Bytes."""

    def read(self, start: int, stop: int) -> Iterator[memoryview]:
        """The bytes from `start` up to `stop`, in buffers of at most a few MiB each."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes in memory."""

    octets: bytes

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.octets)

    def read(self, start: int, stop: int) -> Iterator[memoryview]:
        """One buffer."""
        if start < stop:
            yield memoryview(self.octets)[start:stop]


@cache
def _block() -> bytes:
    """A random MiB, twice, so that every rotation of it is a slice; one for all seeds, since making it takes long."""
    return Random(0).randbytes(MEBIBYTE) * 2  # noqa: S311  content of a demo, not a key


@dataclass(frozen=True, slots=True)
class Generated:
    """Bytes that look random, follow from the seed, and differ in every MiB; nothing is stored."""

    seed: int
    size: int

    def read(self, start: int, stop: int) -> Iterator[memoryview]:
        """Buffers of up to one MiB."""
        twice = memoryview(_block())
        position = start
        while position < stop:
            index, inside = divmod(position, MEBIBYTE)
            length = min(MEBIBYTE - inside, stop - position)
            first = (index * _STEP + self.seed * _STRIDE) % MEBIBYTE + inside
            yield twice[first : first + length]
            position += length


@dataclass(frozen=True, slots=True)
class Section:
    """A range of another content, as UploadPartCopy takes it."""

    whole: Content
    start: int
    size: int

    def read(self, start: int, stop: int) -> Iterator[memoryview]:
        """The whole's buffers."""
        return self.whole.read(self.start + start, self.start + stop)


@dataclass(frozen=True, slots=True)
class Joined:
    """The parts of a multipart upload, one after another."""

    parts: tuple[Content, ...]

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.size for part in self.parts)

    def read(self, start: int, stop: int) -> Iterator[memoryview]:
        """The parts' buffers."""
        before = 0
        for part in self.parts:
            first, last = max(start - before, 0), min(stop - before, part.size)
            if first < last:
                yield from part.read(first, last)
            before += part.size


def whole(content: Content) -> bytes:
    """All bytes in one piece."""
    return b"".join(content.read(0, content.size))


def md5_hex(content: Content) -> str:
    """The MD5 of the content, which is the ETag of a single-part object."""
    digest = hashlib.md5(usedforsecurity=False)
    for piece in content.read(0, content.size):
        digest.update(piece)
    return digest.hexdigest()
