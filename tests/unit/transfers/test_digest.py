"""Digests that are computed while content goes by: whatever the pieces, and however the object was cut."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.stores.digests import ALGORITHMS, checksum_of, composite, multipart_etag
from tui.stores.values import Checksum, ObjectHead
from tui.transfers.comparison.digest import Expected, RunningDigest, expected_by_record, expected_of
from tui.transfers.copy.part_sizes import Cut

CONTENT = bytes(range(256)) * 5
PIECES = st.lists(st.integers(1, 600), min_size=1, max_size=12)


def md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def parts_of(size: int) -> list[bytes]:
    return [CONTENT[at : at + size] for at in range(0, len(CONTENT), size)]


def whole(algorithm: str) -> Expected:
    return Expected(checksum_of(CONTENT, algorithm).value, algorithm)


def parted(algorithm: str, size: int) -> Expected:
    value = composite([checksum_of(part, algorithm) for part in parts_of(size)]).value.partition("-")[0]
    return Expected(value, algorithm, size)


def fits(expected: Expected, content: bytes, pieces: list[int]) -> bool:
    digest, at = RunningDigest(expected), 0
    while at < len(content):
        step = pieces[at % len(pieces)]
        digest.take(content[at : at + step])
        at += step
    return digest.fits()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(pieces=PIECES, size=st.integers(1, 1500))
def test_a_content_has_its_digest_and_another_content_has_not(algorithm: str, pieces: list[int], size: int) -> None:
    other = CONTENT[:-1] + b"?"
    for expected in (whole(algorithm), parted(algorithm, size)):
        assert fits(expected, CONTENT, pieces)
        assert not fits(expected, other, pieces)


@given(pieces=PIECES, size=st.integers(1, 1500))
def test_an_etag_of_md5s_is_one_of_them(pieces: list[int], size: int) -> None:
    etags = (Expected(f'"{md5(CONTENT)}"'), Expected(multipart_etag([*map(md5, parts_of(size))]), part_size=size))
    for expected in etags:
        assert fits(expected, CONTENT, pieces)
        assert not fits(expected, CONTENT + b"?", pieces)


def head(**more: object) -> ObjectHead:
    return ObjectHead(len(CONTENT), '"0"', 0.0, {}, {}, **more)  # type: ignore[arg-type]  # fields of the struct


PLAIN = '"d41d8cd98f00b204e9800998ecf8427e"'


def test_the_best_digest_of_an_object_is_one_that_can_be_computed_for_certain() -> None:
    crc, sha = Checksum("CRC64NVME", "AA==", full_object=True), Checksum("SHA256", "BB==-3", full_object=False)
    xxh = Checksum("XXHASH64", "CC==", full_object=True)
    certain, guessed = Cut(100, certain=True), Cut(100)
    assert expected_of(head(checksums=[sha, crc], parts=3), certain) == Expected("AA==", "CRC64NVME")
    assert expected_of(head(checksums=[sha], parts=3), certain) == Expected("BB==", "SHA256", 100)
    assert expected_of(head(checksums=[sha], parts=3), guessed) is None
    assert expected_of(head(checksums=[xxh]), certain) is None
    plain = ObjectHead(5, PLAIN, 0.0, {}, {})
    assert expected_of(plain, certain) == Expected(PLAIN)
    assert expected_of(ObjectHead(5, PLAIN, 0.0, {}, {}, encryption="aws:kms"), certain) is None


def test_of_a_record_only_the_checksum_of_a_whole_object_is_taken() -> None:
    assert expected_by_record("CRC32:AAAA") == Expected("AAAA", "CRC32")
    for checksum in ("", "CRC32:", "SHA256:AAAA-4", "ROT13:AAAA"):
        assert expected_by_record(checksum) is None
