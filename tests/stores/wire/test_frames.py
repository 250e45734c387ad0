"""Bodies in frames, as Amazon's documentation has them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tui.stores.digests import checksum_of
from tui.stores.s3.wire.relay.frames import FRAME, Framing, Seal, frame_head, trailer
from tui.stores.s3.wire.signer import Scope

SEED = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
"""Of the example in "Signature calculations for trailing headers": 66,560 times the letter a, in frames of 64 KiB."""


class Example:
    access_key = "AKIAIOSFODNN7EXAMPLE"
    secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # reason: that of the documentation
    token = None


def test_the_signatures_of_amazons_example() -> None:
    stamp = datetime(2013, 5, 24, tzinfo=UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = Scope("us-east-1", "s3")
    seal = Seal(scope.key(stamp[:8], Example()), stamp, scope.of_day(stamp[:8]), SEED)
    assert [seal.frame(b"a" * 65536), seal.frame(b"a" * 1024), seal.frame(b"")] == [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ]
    signed = seal.trailer("x-amz-checksum-crc32c:sOO8/Q==")
    assert signed == "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
@pytest.mark.parametrize("size", [1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME + 77])
@pytest.mark.parametrize("signed", [True, False])
def test_the_length_is_known_beforehand(algorithm: str, size: int, signed: bool) -> None:
    framing = Framing(size, algorithm, signed)
    seal = Seal(b"k", "20261127T000000Z", "scope", SEED) if signed else None
    sent, body = b"", bytes(size)
    for start in range(0, size, FRAME):
        data = body[start : start + FRAME]
        sent += frame_head(data, seal) + data + b"\r\n"
    sent += trailer(framing, checksum_of(body, algorithm).value, seal)
    assert len(sent) == framing.wire_size
