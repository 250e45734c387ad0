"""What listings, records and heads prove; and what would have to be read."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tui.model.location import Location
from tui.model.verifying.verification import VerifiedState
from tui.stores.values import Checksum, ObjectHead
from tui.transfers.comparison.digest import Expected
from tui.transfers.copy.part_sizes import Cut
from tui.verification.evidence import (
    ARCHIVED,
    GONE,
    Reading,
    Seen,
    Side,
    by_heads,
    by_listing,
    by_record,
    what_to_read,
)
from tui.verification.pairs import Listed, Pair, Recorded

MD5, OTHER = '"d41d8cd98f00b204e9800998ecf8427e"', '"d41d8cd98f00b204e9800998ecf8427f"'
PARTS = '"d41d8cd98f00b204e9800998ecf8427e-3"'
CRC = Checksum("CRC64NVME", "AAAA", full_object=True)
PAIR = Pair(Location("a", "x"), Location("b", "x"))
LOCAL = Pair(Location("/", "tmp/x"), Location("b", "x"))
PLAIN = ObjectHead(5, MD5, 0.0, {}, {})
NOTHING = replace(PLAIN, etag='"opaque"', encryption="aws:kms")
SUMMED = replace(NOTHING, checksums=[CRC])


@pytest.mark.parametrize(
    ("ours", "theirs", "state", "evidence"),
    [
        (Listed(5, MD5), None, "missing", ""),
        (None, Listed(5, MD5), "extra", ""),
        (Listed(5, MD5), Listed(6, MD5), "differs", "size: 5 and 6 bytes"),
        (Listed(0, MD5), Listed(0, OTHER), "same", "both are empty"),
        (Listed(5, MD5), Listed(5, MD5), "same", "ETag"),
        (Listed(5, PARTS), Listed(5, PARTS), "same", "ETag of the same parts"),
        (Listed(5, MD5), Listed(5, OTHER), None, None),
        (Listed(5, '"1-2-5-4"'), Listed(5, '"1-2-5-4"'), None, None),
        (Listed(5, ""), Listed(5, ""), None, None),
    ],
)
def test_listings(ours: Listed | None, theirs: Listed | None, state: str | None, evidence: str | None) -> None:
    found = by_listing(replace(PAIR, listed=ours, copy_listed=theirs))
    assert (found.state, found.evidence) == (state, evidence) if found else state is None


def test_who_distrusts_listings_still_takes_from_them_what_differs() -> None:
    both = replace(PAIR, listed=Listed(5, MD5), copy_listed=Listed(5, MD5))
    assert by_listing(both, distrust=True) is None
    differs = by_listing(replace(both, copy_listed=Listed(6, MD5)), distrust=True)
    assert differs is not None
    assert differs.state is VerifiedState.DIFFERS


@pytest.mark.parametrize(
    ("recorded", "target", "state", "evidence"),
    [
        (Recorded(6), PLAIN, "differs", "size: 6 and 5 bytes"),
        (Recorded(None, checksum="CRC64NVME:AAAA"), SUMMED, "same", "CRC64NVME as recorded"),
        (Recorded(None, checksum="CRC64NVME:BBBB"), SUMMED, "differs", "CRC64NVME is not the recorded one"),
        (Recorded(5, checksum="CRC64NVME:AAAA"), SUMMED, "same", "CRC64NVME as recorded"),
        (Recorded(5, checksum="CRC64NVME:BBBB"), SUMMED, "differs", "CRC64NVME is not the recorded one"),
        (Recorded(5, MD5, proven_by="ETag"), PLAIN, "same", "unchanged since it was verified by ETag"),
        (Recorded(5, MD5), PLAIN, None, None),
        (Recorded(5, OTHER, proven_by="ETag"), PLAIN, None, None),
        (Recorded(5, checksum="CRC32:AAAA"), SUMMED, None, None),
        (Recorded(5, checksum="CRC64NVME:AAAA-2"), SUMMED, None, None),
    ],
)
def test_records(recorded: Recorded, target: ObjectHead, state: str | None, evidence: str | None) -> None:
    found = by_record(PAIR, recorded, target)
    assert (found.state, found.evidence) == (state, evidence) if found else state is None


def test_heads() -> None:
    assert by_heads(PAIR, NOTHING, NOTHING) is None, "equal ETags that are no MD5s say nothing"
    for other, state in (
        (SUMMED, VerifiedState.SAME),
        (replace(SUMMED, checksums=[replace(CRC, value="B")]), VerifiedState.DIFFERS),
    ):
        found = by_heads(PAIR, SUMMED, other)
        assert found is not None
        assert (found.state, found.evidence) == (state, "CRC64NVME")


def recorded(etag: str = "", checksum: str = "") -> Pair:
    return replace(PAIR, recorded=Recorded(5, etag, checksum, proven_by="ETag"))


CRC_EXPECTED = Expected("AAAA", "CRC64NVME")


@pytest.mark.parametrize(
    ("pair", "source", "target", "reading"),
    [
        (PAIR, SUMMED, NOTHING, Reading(Side.TARGET, 5, CRC_EXPECTED)),
        (PAIR, NOTHING, SUMMED, Reading(Side.SOURCE, 5, CRC_EXPECTED)),
        (PAIR, SUMMED, PLAIN, Reading(Side.TARGET, 5, CRC_EXPECTED)),
        (LOCAL, NOTHING, PLAIN, Reading(Side.SOURCE, 5, Expected(MD5))),
        (LOCAL, SUMMED, PLAIN, Reading(Side.SOURCE, 5, Expected(MD5))),
        (PAIR, NOTHING, NOTHING, Reading(Side.BOTH, 10)),
        (PAIR, SUMMED, replace(NOTHING, archived="GLACIER"), ARCHIVED),
        (PAIR, replace(SUMMED, archived="GLACIER"), NOTHING, Reading(Side.TARGET, 5, CRC_EXPECTED)),
        (PAIR, replace(NOTHING, archived="GLACIER"), NOTHING, ARCHIVED),
        (PAIR, None, NOTHING, GONE),
        (recorded(checksum="CRC64NVME:AAAA"), None, PLAIN, Reading(Side.TARGET, 5, CRC_EXPECTED)),
        (recorded(etag=MD5), None, PLAIN, Reading(Side.TARGET, 5, Expected(MD5))),
        (recorded(etag=OTHER), None, PLAIN, GONE),
    ],
)
def test_what_is_read_is_the_least_that_decides(
    pair: Pair, source: ObjectHead | None, target: ObjectHead, reading: Reading | str
) -> None:
    cut = Cut(5, certain=True)
    assert what_to_read(pair, Seen(source, target, cut, cut)) == reading
