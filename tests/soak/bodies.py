"""Bodies that no two writes share, so that a body found anywhere says which write it comes from."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

MIB = 1 << 20
PART = 5 * MIB
"""Of multipart uploads: the least that S3 takes."""


@dataclass(frozen=True, slots=True)
class Written:
    """A body that the test wrote: to which side and key, in which step, and its content's SHA-256."""

    side: str
    key: str
    step: int
    digest: str


def digest_of(body: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


class Bodies:
    """Makes bodies, and knows each by its digest."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._known: dict[str, Written] = {}

    def make(self, side: str, key: str, step: int, size: int) -> tuple[bytes, Written]:
        """A new body of at least `size` bytes."""
        name = f"{side}\n{key}\n{step}\n{len(self._known)}\n".encode()
        body = name + self._random.randbytes(max(0, size - len(name)))
        written = Written(side, key, step, digest_of(body))
        self._known[written.digest] = written
        return body, written

    def of(self, digest: str) -> Written | None:
        """Which write a body comes from; None: it is nobody's."""
        return self._known.get(digest)
