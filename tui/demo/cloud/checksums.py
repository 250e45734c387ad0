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

NOT_COMPUTED: Final = ("XXHASH64", "XXHASH3", "XXHASH128")
"""Kept as a client claims them: nothing here computes them."""
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
    """The content's checksum in Base64; None when that would take too long (see `LIMIT`) or cannot be done."""
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


def raw(value: str) -> bytes:
    """The octets of a checksum in Base64."""
    return base64.b64decode(value)


def claimed(headers: Mapping[str, str]) -> Checksum | None:
    """The checksum a request states for its body, in a header or a trailer. Raises `CloudError` (InvalidRequest)."""
    found = {name: headers.get(f"x-amz-checksum-{name.lower()}", "") for name in ALGORITHMS}
    stated = [(name, value) for name, value in found.items() if value]
    if len(stated) > 1:
        raise CloudError(
            "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    for name, value in stated:
        return Checksum(name, value.partition("-")[0], headers.get("x-amz-checksum-type", FULL_OBJECT))
    return None


def known_algorithm(name: str) -> str:
    """An algorithm that a request names, in capitals; empty for none. Raises `CloudError` (InvalidRequest)."""
    if name and name.upper() not in ALGORITHMS:
        raise CloudError(
            "InvalidRequest",
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
            f"[{', '.join(ALGORITHMS)}]",
        )
    return name.upper()


def verified(headers: Mapping[str, str], content: Content, md5: str) -> Checksum | None:
    """Compare a body with what its headers claim; the checksum to keep with the object.

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
    octets = _octets(stated)
    if len(octets) != 16:
        raise CloudError("InvalidDigest", "The Content-MD5 you specified was invalid.")
    if octets.hex() != md5:
        raise CloudError(
            "BadDigest", "The Content-MD5 you specified did not match what we received.", CalculatedDigest=md5
        )


def _octets(value: str) -> bytes:
    """Base64's octets; none where it is no Base64."""
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        return b""
