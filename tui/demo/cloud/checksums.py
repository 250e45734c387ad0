"""Checksums of objects: computed, compared with what a client claims, reported.

Rules: Amazon S3 user guide, "Checking object integrity". Values are Base64 of the big-endian number or digest.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tui.demo.cloud.content import MEBIBYTE, Content
from tui.demo.cloud.errors import CloudError
from tui.stores.digests import CRC_OCTETS, crc

ALGORITHMS: Final = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")
FULL_OBJECT: Final = "FULL_OBJECT"
COMPOSITE: Final = "COMPOSITE"
LIMIT: Final = 256 * MEBIBYTE
"""Checksums are computed of contents up to this size only (0.1 s for a CRC): the demo's largest are never written."""


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
    """The content's checksum in Base64; None when that would take too long here (see `LIMIT`)."""
    if content.size > LIMIT:
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


def raw(value: str) -> bytes:
    """The octets of a checksum in Base64."""
    return base64.b64decode(value)


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
