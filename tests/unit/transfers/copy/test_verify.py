"""SAME needs evidence; size alone never is; a difference is always said."""

from typing import Any

import pytest

from tui.model.problem import ProblemKind
from tui.model.transfer import Verification
from tui.stores.values import Checksum, ObjectHead
from tui.transfers.copy.verify import Compared, Relayed, compare, compare_unseen, mismatch

MD5_1, MD5_2 = f'"{"1" * 32}"', f'"{"2" * 32}"'
SAME, DIFFERS, UNKNOWN = Verification.SAME, Verification.DIFFERS, Verification.UNKNOWN


def head(etag: str = MD5_1, size: int = 10, encryption: str = "", parts: int = 0, **checksums: str) -> ObjectHead:
    return ObjectHead(
        size,
        etag,
        0,
        {},
        {},
        encryption=encryption,
        parts=parts,
        checksums=[Checksum(name, value, full_object=True) for name, value in checksums.items()],
    )


@pytest.mark.parametrize(
    ("source", "copy", "verification", "evidence"),
    [
        (head(), head(), SAME, "ETag"),
        (head(), head(MD5_2), DIFFERS, "ETag"),
        (head(), head(size=11), DIFFERS, "size 11 instead of 10"),
        (head(encryption="AES256"), head(), SAME, "ETag"),
        (head(encryption="aws:kms"), head(MD5_2), UNKNOWN, "size only"),
        (head(), head(MD5_2, encryption="aws:kms"), UNKNOWN, "size only"),
        (head(), head('"x-3"', parts=3), UNKNOWN, "size only"),
        (head('"x-3"', parts=3), head('"x-3"', parts=3), SAME, "ETag of the same parts"),
        (head('"x-3"', parts=3), head('"y-3"', parts=3), UNKNOWN, "size only"),
        (head('"x-3"', parts=3, encryption="aws:kms"), head('"x-3"', parts=3), UNKNOWN, "size only"),
        (head('"no md5"'), head('"no md5"'), UNKNOWN, "size only"),
        (head(CRC64NVME="a"), head(MD5_2, CRC64NVME="a"), SAME, "CRC64NVME"),
        (head(CRC64NVME="a"), head(CRC64NVME="b"), DIFFERS, "CRC64NVME"),
        (head(CRC32="a"), head(CRC64NVME="b"), SAME, "ETag"),
        (head(CRC32="a", SHA256="s"), head(SHA256="s"), SAME, "SHA256"),
    ],
)
def test_comparison(source: ObjectHead, copy: ObjectHead, verification: Verification, evidence: str) -> None:
    assert compare(source, copy) == Compared(verification, evidence)


def test_checksums_of_parts_say_nothing_about_the_whole() -> None:
    of_parts = ObjectHead(10, '"a-2"', 0, {}, {}, parts=2, checksums=[Checksum("CRC32", "x-2", full_object=False)])
    other = ObjectHead(10, '"b-2"', 0, {}, {}, parts=2, checksums=[Checksum("CRC32", "y-2", full_object=False)])
    assert compare(of_parts, other).verification is UNKNOWN


SEVERAL = head('"x-3"', parts=3)
READ: dict[str, Any] = {"read": True, "read_by": "ETag"}


@pytest.mark.parametrize(
    ("copy", "relayed", "verification", "evidence"),
    [
        (SEVERAL, Relayed(**READ, sent=True), SAME, "ETag on read, MD5 on write"),
        (SEVERAL, Relayed(sent=True), UNKNOWN, "MD5 of the upload only: the source has no checksum to compare"),
        (SEVERAL, Relayed(**READ, sent=None), UNKNOWN, "size only"),
        (SEVERAL, Relayed(**READ, sent=False), DIFFERS, "MD5 of the upload"),
        (head('"x-3"', parts=3, encryption="aws:kms"), Relayed(**READ, sent=False), UNKNOWN, "size only"),
        (head(size=11), Relayed(**READ, sent=True), DIFFERS, "size 11 instead of 10"),
        (
            head('"x-3"', parts=3, encryption="aws:kms", CRC32="a"),
            Relayed(**READ, sent=False, checksum=Checksum("CRC32", "a", full_object=True)),
            SAME,
            "ETag on read, CRC32 on write",
        ),
        (
            head('"x-3"', parts=3, CRC32="a"),
            Relayed(**READ, sent=True, checksum=Checksum("CRC32", "b", full_object=True)),
            DIFFERS,
            "CRC32 of the upload",
        ),
    ],
)
def test_a_relay_needs_evidence_of_both_its_halves(
    copy: ObjectHead, relayed: Relayed, verification: Verification, evidence: str
) -> None:
    assert compare(head(), copy, relayed=relayed) == Compared(verification, evidence)


def test_a_copy_that_cannot_be_seen_is_the_same_only_by_both_halves() -> None:
    assert compare_unseen(Relayed(**READ, sent=True)).verification is SAME
    assert [compare_unseen(each).verification for each in (None, Relayed(sent=True), Relayed(**READ))] == [UNKNOWN] * 3


def test_a_mismatch_names_both_and_what_to_do() -> None:
    problem = mismatch(Compared(DIFFERS, "ETag"), "s3://a/k", "s3://b/k")
    assert problem.kind is ProblemKind.MISMATCH
    assert "s3://a/k" in problem.cause
    assert problem.resource == "s3://b/k"
    assert "copy again" in problem.remedy


def of_parts(etag: str, **checksums: str) -> ObjectHead:
    kept = [Checksum(name, value, full_object=False) for name, value in checksums.items()]
    return ObjectHead(10, etag, 0, {}, {}, parts=2, checksums=kept)


@pytest.mark.parametrize("algorithm", ["SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128"])
def test_newer_checksums_that_both_have_decide(algorithm: str) -> None:
    one, same, other = (head('"x"', 10, "aws:kms", 0, **{algorithm: value}) for value in ("a", "a", "b"))
    assert compare(one, same) == Compared(SAME, algorithm)
    assert compare(one, other) == Compared(DIFFERS, algorithm)


def test_a_checksum_that_nothing_here_computes_is_named() -> None:
    source = head('"x-3"', parts=3, XXHASH128="a")
    assert compare(source, head(MD5_2)) == Compared(UNKNOWN, "size only: its XXHASH128 cannot be computed by xs3-tui")


def test_equal_checksums_of_parts_are_of_the_same_parts() -> None:
    assert compare(of_parts('"a-2"', XXHASH3="x-2"), of_parts('"b-2"', XXHASH3="x-2")) == Compared(
        SAME, "XXHASH3 of the same parts"
    )
    assert compare(of_parts('"a-2"', XXHASH3="x-2"), of_parts('"b-2"', XXHASH3="y-2")).verification is UNKNOWN
    whole = ObjectHead(10, '"c"', 0, {}, {}, checksums=[Checksum("XXHASH3", "x-2", full_object=True)])
    assert compare(of_parts('"a-2"', XXHASH3="x-2"), whole).verification is UNKNOWN
