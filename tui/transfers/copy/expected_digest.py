"""The expected digest of a content, and its computation while the content goes by from front to back."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence

from msgspec import Struct

from tui.stores.digests import ALGORITHMS, CRC_OCTETS, checksum_of_crc, composite, crc, multipart_etag
from tui.stores.store_values import Checksum, ObjectHead
from tui.transfers.copy.checksums import is_plain
from tui.transfers.copy.parts import PartLayout

MD5_ETAG = re.compile(r'"[0-9a-f]{32}(-[0-9]+)?"')
"""The ETag of a content that is not encrypted by a key of KMS or the user's, or a part's MD5s hashed once more."""

_MD5 = ""


class Expected(Struct, frozen=True):
    """A digest that the content should have, as a server or a record has it.

    `algorithm` is one of `ALGORITHMS`, or empty for an ETag. `part_size`: the digest is that of the digests of parts of
    so many bytes; 0: of the whole. `recorded`: it was written down when the parts were made.
    """

    value: str
    algorithm: str = _MD5
    part_size: int = 0
    recorded: bool = False

    @property
    def by(self) -> str:
        return (self.algorithm or "ETag") + (" as recorded" if self.recorded else "")

    @property
    def final(self) -> bool:
        """Whether a content with another digest is certainly another: parts may have been of several sizes."""
        return self.recorded or not self.part_size


def expected_of(head: ObjectHead, cut: PartLayout) -> Expected | None:
    """The best digest that the server has of an object, as far as it can be computed here; None: there is none."""
    whole = [each for each in head.checksums if each.full_object and each.algorithm in ALGORITHMS]
    if whole:
        return Expected(whole[0].value, whole[0].algorithm)
    etag = head.etag.lower()
    is_md5 = is_plain(head) and bool(MD5_ETAG.fullmatch(etag))
    if is_md5 and not head.parts:
        return Expected(etag)
    known = cut.certain and cut.size > 0
    parted = [each for each in head.checksums if not each.full_object and each.algorithm in ALGORITHMS]
    if parted and known:
        return Expected(parted[0].value.partition("-")[0], parted[0].algorithm, cut.size)
    return Expected(etag, part_size=cut.size) if is_md5 and known else None


def expected_by_record(checksum: str, etag: str = "", part_size: int = 0) -> Expected | None:
    """The digest behind a recorded ``ALGORITHM:base64`` of a whole object, or ETag of parts of this size; else None."""
    algorithm, _, value = checksum.partition(":")
    if algorithm in ALGORITHMS and value and "-" not in value:
        return Expected(value, algorithm)
    known = part_size and MD5_ETAG.fullmatch(etag.lower())
    return Expected(etag.lower(), part_size=part_size, recorded=True) if known else None


class RunningDigest:
    """Computes one expected digest of what it is given, in order. Blocks: call it off the loop."""

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        self._parts: list[Checksum | str] = []
        self._begin()

    def take(self, body: bytes) -> None:
        view = memoryview(body)
        while len(view):
            room = self._expected.part_size - self._in_part if self._expected.part_size else len(view)
            piece, view = view[:room], view[room:]
            self._update(piece)
            self._in_part += len(piece)
            if self._in_part == self._expected.part_size:
                self._parts.append(self._digest())
                self._begin()

    def fits(self) -> bool:
        if not self._expected.part_size:
            return _value(self._digest()) == self._expected.value
        if self._in_part:
            self._parts.append(self._digest())
        return bool(self._parts) and _of_parts(self._parts) == self._expected.value

    def _begin(self) -> None:
        self._in_part = self._crc = 0
        algorithm = self._expected.algorithm
        self._hash = None if algorithm in CRC_OCTETS else hashlib.new(algorithm or "MD5", usedforsecurity=False)

    def _update(self, piece: memoryview) -> None:
        if self._hash is None:
            self._crc = crc(self._expected.algorithm, piece, self._crc)
        else:
            self._hash.update(piece)

    def _digest(self) -> Checksum | str:
        """A checksum, or the hexadecimal MD5 of an ETag."""
        if self._hash is None:
            return checksum_of_crc(self._expected.algorithm, self._crc)
        if not self._expected.algorithm:
            return self._hash.hexdigest()
        value = base64.b64encode(self._hash.digest()).decode()
        return Checksum(self._expected.algorithm, value, full_object=True)


def _value(digest: Checksum | str) -> str:
    return f'"{digest}"' if isinstance(digest, str) else digest.value


def _of_parts(parts: Sequence[Checksum | str]) -> str:
    md5s = [each for each in parts if isinstance(each, str)]
    if md5s:
        return multipart_etag(md5s)
    return composite([each for each in parts if isinstance(each, Checksum)]).value.partition("-")[0]
