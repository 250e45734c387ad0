"""What sizes, times, ETags, listings, records and heads prove; digests that are computed while content goes by."""

import hashlib
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.stores.listed_keys import ListedKeys
from tests.waiting import until
from tui.core.location import Location
from tui.core.orders import CompareMode
from tui.core.problem import ProblemError, ProblemKind
from tui.features.sync.compare import copied
from tui.features.sync.merged_names import PlaceListing
from tui.features.sync.undecided_pairs import Judge
from tui.features.sync.values import ComparedSide, ComparisonEvidence, ComparisonState, StateCount
from tui.features.sync.words import short_why, summary, why
from tui.features.verify.pair_check import VerifiedStores
from tui.features.verify.pair_evidence import (
    ARCHIVED,
    GONE,
    PairHeads,
    ReadingPlan,
    SideToRead,
    by_heads,
    by_listing,
    by_record,
    has_changed,
    what_to_read,
)
from tui.features.verify.pairs import ListedObject, ObjectPair, Recorded
from tui.features.verify.values import ReadPolicy, Verified, VerifiedState, VerifyTally
from tui.features.verify.verification import VerificationRun
from tui.features.verify.words import progress
from tui.stores.digests import ALGORITHMS, checksum_of, composite, multipart_etag
from tui.stores.local.files import moments_of, pin_of
from tui.stores.local.local_store import LocalStore
from tui.stores.store_values import Checksum, ObjectHead
from tui.transfers.copy.expected_digest import Expected, RunningDigest, expected_by_record, expected_of
from tui.transfers.copy.parts import PartLayout

MD5, OTHER = f'"{"a" * 32}"', f'"{"b" * 32}"'


def test_equal_sizes() -> None:
    for by, seconds, state, words in (
        (CompareMode.TIME, 1, ComparisonState.DIFFERS, ("left newer", "same size, the left one is newer")),
        (CompareMode.TIME, 0, ComparisonState.SAME, ("size, time", "by size and time")),
        (CompareMode.TIME, -1, ComparisonState.SAME, ("size, time", "by size and time")),
        (CompareMode.SIZE, 1, ComparisonState.SAME, ("by size only", "by size only")),
        (CompareMode.AUTO, 1, ComparisonState.DIFFERS, ("by ETag", "by ETag")),
    ):
        row = Judge(by=by).judge("x", ComparedSide(3, 1000 + seconds, MD5), ComparedSide(3, 1000, OTHER))
        assert (row.state, (short_why(row), why(row))) == (state, words)
        assert copied(row) is (state is ComparisonState.DIFFERS)


def test_other_sizes_differ_and_equal_etags_are_the_same_in_every_mode() -> None:
    for judge in (Judge(by=by) for by in CompareMode):
        longer = judge.judge("x", ComparedSide(3, 1000, MD5), ComparedSide(4, 2000, OTHER))
        equal = judge.judge("x", ComparedSide(3, 2000, MD5), ComparedSide(3, 1000, MD5))
        assert (longer.state, longer.evidence) == (ComparisonState.DIFFERS, ComparisonEvidence.SIZE)
        assert (equal.state, equal.evidence) == (ComparisonState.SAME, ComparisonEvidence.ETAG)


def test_a_choice_goes_round_all_modes() -> None:
    seen = [CompareMode.AUTO]
    while (following := seen[-1].following) is not CompareMode.AUTO:
        seen.append(following)
    assert seen == list(CompareMode)


# What the times of a file and an object prove.
SECOND = 1_700_000_000


def file(written: float, changed: float) -> ComparedSide:
    moments = [SECOND * 10**9 + round(each * 10**9) for each in (written, changed)]
    return ComparedSide(3, SECOND + int(written), f'"{moments[0]:x}-{moments[1]:x}-3-7"')


THERE = ComparedSide(3, SECOND, MD5)


BY_TIME: dict[str, tuple[ComparedSide, ComparisonState]] = {
    "downloaded": (file(0, 2.0), ComparisonState.SAME),
    "downloaded long after": (file(0, 900), ComparisonState.SAME),
    "written in that second": (file(0.7, 0.7), ComparisonState.UNKNOWN),
    "written in that second, moved later": (file(0.7, 900), ComparisonState.UNKNOWN),
    "written right at its start": (file(0.000_000_001, 900), ComparisonState.UNKNOWN),
    "written on a disk without fractions": (file(0, 0), ComparisonState.UNKNOWN),
    "downloaded in that second": (file(0, 0.9), ComparisonState.UNKNOWN),
    "downloaded right behind it": (file(0, 1.9), ComparisonState.UNKNOWN),
}


def test_a_time_proves_a_download_alone() -> None:
    """Else either may be newer: it is copied the way that is asked."""
    for name, (found, state) in BY_TIME.items():
        for sides in ((found, THERE), (THERE, found)):
            row = Judge(etags=False, times=True).judge("x", *sides)
            assert (row.state, row.evidence) == (state, ComparisonEvidence.TIME), name
            assert copied(row) is (state is ComparisonState.UNKNOWN), name
            if state is ComparisonState.UNKNOWN:
                assert (short_why(row), why(row)) == ("same second", "same size, both written in the same second")


def test_two_files_have_the_time_to_the_fraction() -> None:
    judge = Judge(etags=False, times=True)
    assert judge.judge("x", file(0.7, 0.7), file(0.700_000_2, 900)).state is ComparisonState.SAME, "as floats keep it"
    assert judge.judge("x", file(0.7, 0.7), file(0.8, 900)).state is ComparisonState.UNKNOWN
    assert judge.judge("x", file(0, 900), file(0, 900)).state is ComparisonState.SAME
    assert judge.judge("x", file(0, 900), file(0, 0.5)).state is ComparisonState.UNKNOWN
    assert [copied(judge.judge("x", file(written, 900), THERE)) for written in (-1, 1)] == [False, True]
    newer = [short_why(judge.judge("x", file(written, 900), THERE)) for written in (-1, 1)]
    assert newer == ["right newer", "left newer"]


def test_bytes_are_said_of_both_places_where_they_are_not_the_same() -> None:
    counts = {ComparisonState.DIFFERS: StateCount(1, 1024, 2048), ComparisonState.SAME: StateCount(2, 10, 10)}
    said = [part for part in summary(counts).split(", ") if not part.startswith("0 ")]
    assert said == ["1 differs (1.00 KiB and 2.00 KiB)", "2 same (10 B)"]


async def test_a_listing_that_is_left_does_not_wait_for_its_next_page() -> None:
    store = ListedKeys(["p/a", "p/b"], per_page=1)
    listing = PlaceListing(store.pages("bucket", "p/", recursive=True), None, markers=True, what="")
    await listing.fill()
    store.answers.clear()
    await until(lambda: store.under_way == 1, "the next page is asked for")
    await listing.close()
    assert (store.under_way, store.open) == (0, 0)


def test_objects_that_are_left_to_be_read_are_said_while_others_are_looked_for() -> None:
    assert progress(VerifyTally(same=2, unproven=1, bytes_to_read=1024)) == "2 same, 1 to read (1.00 KiB)…"


def test_the_moments_of_a_pin(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"one")
    for written in (1_700_000_000_123_456_789, -5_000_000_001):
        os.utime(path, ns=(written, written))
        status = path.stat()
        assert moments_of(pin_of(status)) == (status.st_mtime_ns, status.st_ctime_ns)
    assert [moments_of(etag) for etag in ("", MD5, f'"{"a" * 32}-3"', '"directory-7"')] == [None] * 4


# Digests that are computed while content goes by: whatever the pieces, and however the object was cut.
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


CONTENT_MD5, OTHER_MD5 = '"d41d8cd98f00b204e9800998ecf8427e"', '"d41d8cd98f00b204e9800998ecf8427f"'
PLAIN_HEAD = ObjectHead(5, CONTENT_MD5, 0.0, {}, {})


def test_the_best_digest_of_an_object_is_one_that_can_be_computed_for_certain() -> None:
    """Of a record only the checksum of a whole object is taken."""
    crc, sha = Checksum("CRC64NVME", "AA==", full_object=True), Checksum("SHA256", "BB==-3", full_object=False)
    xxh = Checksum("XXHASH64", "CC==", full_object=True)
    certain, guessed = PartLayout(100, certain=True), PartLayout(100)
    assert expected_of(head(checksums=[sha, crc], parts=3), certain) == Expected("AA==", "CRC64NVME")
    assert expected_of(head(checksums=[sha], parts=3), certain) == Expected("BB==", "SHA256", 100)
    assert expected_of(head(checksums=[sha], parts=3), guessed) is None
    assert expected_of(head(checksums=[xxh]), certain) is None
    assert expected_of(PLAIN_HEAD, certain) == Expected(CONTENT_MD5)
    assert expected_of(replace(PLAIN_HEAD, encryption="aws:kms"), certain) is None
    assert expected_by_record("CRC32:AAAA") == Expected("AAAA", "CRC32")
    for checksum in ("", "CRC32:", "SHA256:AAAA-4", "ROT13:AAAA"):
        assert expected_by_record(checksum) is None


# What listings, records and heads prove; and what would have to be read.
PARTS = '"d41d8cd98f00b204e9800998ecf8427e-3"'
CRC = Checksum("CRC64NVME", "AAAA", full_object=True)
PAIR = ObjectPair(Location("a", "x"), Location("b", "x"))
LOCAL = ObjectPair(Location("/", "tmp/x"), Location("b", "x"))
NOTHING = replace(PLAIN_HEAD, etag='"opaque"', encryption="aws:kms")
SUMMED = replace(NOTHING, checksums=[CRC])


def said(found: Verified | None) -> tuple[str, str] | None:
    return (found.state, found.evidence) if found else None


def test_listings() -> None:
    """Who distrusts them still takes from them what differs."""
    expected = [
        (ListedObject(5, CONTENT_MD5), None, ("missing", "")),
        (None, ListedObject(5, CONTENT_MD5), ("extra", "")),
        (ListedObject(5, CONTENT_MD5), ListedObject(6, CONTENT_MD5), ("differs", "size: 5 and 6 bytes")),
        (ListedObject(0, CONTENT_MD5), ListedObject(0, OTHER_MD5), ("same", "both are empty")),
        (ListedObject(5, CONTENT_MD5), ListedObject(5, CONTENT_MD5), ("same", "ETag")),
        (ListedObject(5, PARTS), ListedObject(5, PARTS), ("same", "ETag of the same parts")),
        (ListedObject(5, CONTENT_MD5), ListedObject(5, OTHER_MD5), None),
        (ListedObject(5, '"1-2-5-4"'), ListedObject(5, '"1-2-5-4"'), None),
        (ListedObject(5, ""), ListedObject(5, ""), None),
    ]
    pairs = [replace(PAIR, listed=ours, copy_listed=theirs) for ours, theirs, _ in expected]
    assert [(each.listed, each.copy_listed, said(by_listing(each))) for each in pairs] == expected
    both = replace(PAIR, listed=ListedObject(5, CONTENT_MD5), copy_listed=ListedObject(5, CONTENT_MD5))
    assert by_listing(both, distrust=True) is None
    differs = by_listing(replace(both, copy_listed=ListedObject(6, CONTENT_MD5)), distrust=True)
    assert differs is not None
    assert differs.state is VerifiedState.DIFFERS


def test_records() -> None:
    expected = [
        (Recorded(6), PLAIN_HEAD, ("differs", "size: 6 and 5 bytes")),
        (Recorded(None, checksum="CRC64NVME:AAAA"), SUMMED, ("same", "CRC64NVME as recorded")),
        (Recorded(None, checksum="CRC64NVME:BBBB"), SUMMED, ("differs", "CRC64NVME is not the recorded one")),
        (Recorded(5, checksum="CRC64NVME:AAAA"), SUMMED, ("same", "CRC64NVME as recorded")),
        (Recorded(5, checksum="CRC64NVME:BBBB"), SUMMED, ("differs", "CRC64NVME is not the recorded one")),
        (Recorded(5, CONTENT_MD5, proven_by="ETag"), PLAIN_HEAD, ("same", "unchanged since it was verified by ETag")),
        (Recorded(5, CONTENT_MD5), PLAIN_HEAD, None),
        (Recorded(5, OTHER_MD5, proven_by="ETag"), PLAIN_HEAD, None),
        (Recorded(5, checksum="CRC32:AAAA"), SUMMED, None),
        (Recorded(5, checksum="CRC64NVME:AAAA-2"), SUMMED, None),
    ]
    assert [(of, target, said(by_record(PAIR, of, target))) for of, target, _ in expected] == expected


def test_heads() -> None:
    assert by_heads(PAIR, NOTHING, NOTHING) is None, "equal ETags that are no MD5s say nothing"
    for other, state in (
        (SUMMED, VerifiedState.SAME),
        (replace(SUMMED, checksums=[replace(CRC, value="B")]), VerifiedState.DIFFERS),
    ):
        found = by_heads(PAIR, SUMMED, other)
        assert found is not None
        assert (found.state, found.evidence) == (state, "CRC64NVME")


def test_a_source_has_changed_if_it_differs_or_is_newer_than_its_copy() -> None:
    newer = replace(NOTHING, modified=100.0)
    for source, target, changed in (
        (PLAIN_HEAD, PLAIN_HEAD, False),
        (replace(PLAIN_HEAD, etag=OTHER_MD5), PLAIN_HEAD, True),
        (replace(PLAIN_HEAD, modified=100.0), PLAIN_HEAD, False),
        (NOTHING, newer, False),
        (newer, NOTHING, True),
        (replace(newer, modified=3.0), NOTHING, False),
    ):
        assert has_changed(PAIR, source, target) is changed, (source, target)


async def test_a_verification_says_that_the_disk_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", partial(Path("/dev/full").open, "wb"))
    unproven = replace(PAIR, listed=ListedObject(5, '"opaque"'), copy_listed=ListedObject(5, '"opaque"'))

    async def pairs() -> AsyncGenerator[ObjectPair, None]:
        yield unproven

    class Bare(LocalStore):
        async def head(self, *_: object) -> ObjectHead:
            return NOTHING

    verification = VerificationRun(VerifiedStores(Bare(), Bare()), ReadPolicy.NEEDED, cast(Any, None))
    with pytest.raises(ProblemError) as refused:
        async with aclosing(verification.run(pairs())) as updates:
            _ = [each async for each in updates]
    problem = refused.value.problem
    assert (problem.kind, "No space left" in problem.cause) == (ProblemKind.NO_SPACE, True), problem


def recorded(etag: str = "", checksum: str = "") -> ObjectPair:
    return replace(PAIR, recorded=Recorded(5, etag, checksum, proven_by="ETag"))


CRC_EXPECTED = Expected("AAAA", "CRC64NVME")


def test_what_is_read_is_the_least_that_decides() -> None:
    cut = PartLayout(5, certain=True)
    expected = [
        (PAIR, SUMMED, NOTHING, ReadingPlan(SideToRead.TARGET, 5, CRC_EXPECTED)),
        (PAIR, NOTHING, SUMMED, ReadingPlan(SideToRead.SOURCE, 5, CRC_EXPECTED)),
        (PAIR, SUMMED, PLAIN_HEAD, ReadingPlan(SideToRead.TARGET, 5, CRC_EXPECTED)),
        (LOCAL, NOTHING, PLAIN_HEAD, ReadingPlan(SideToRead.SOURCE, 5, Expected(CONTENT_MD5))),
        (LOCAL, SUMMED, PLAIN_HEAD, ReadingPlan(SideToRead.SOURCE, 5, Expected(CONTENT_MD5))),
        (PAIR, NOTHING, NOTHING, ReadingPlan(SideToRead.BOTH, 10)),
        (PAIR, SUMMED, replace(NOTHING, archived="GLACIER"), ARCHIVED),
        (PAIR, replace(SUMMED, archived="GLACIER"), NOTHING, ReadingPlan(SideToRead.TARGET, 5, CRC_EXPECTED)),
        (PAIR, replace(NOTHING, archived="GLACIER"), NOTHING, ARCHIVED),
        (PAIR, None, NOTHING, GONE),
        (recorded(checksum="CRC64NVME:AAAA"), None, PLAIN_HEAD, ReadingPlan(SideToRead.TARGET, 5, CRC_EXPECTED)),
        (recorded(etag=CONTENT_MD5), None, PLAIN_HEAD, ReadingPlan(SideToRead.TARGET, 5, Expected(CONTENT_MD5))),
        (recorded(etag=OTHER_MD5), None, PLAIN_HEAD, GONE),
    ]
    found = [what_to_read(pair, PairHeads(source, target, cut, cut)) for pair, source, target, _ in expected]
    assert found == [reading for *_, reading in expected]
