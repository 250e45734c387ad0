"""What the times of a file and an object prove."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tui.model.comparing.comparison import ComparedSide, ComparisonState, Evidence
from tui.stores.local.files import moments_of, pin_of
from tui.text.comparing.rows import short_why, why
from tui.transfers.comparison.compare import copied
from tui.transfers.comparison.judging import Judge

SECOND = 1_700_000_000
MD5 = f'"{"a" * 32}"'


def file(written: float, changed: float) -> ComparedSide:
    """A file whose content was written, and whose status was changed, so many seconds after `SECOND`."""
    moments = [SECOND * 10**9 + round(each * 10**9) for each in (written, changed)]
    return ComparedSide(3, SECOND + int(written), f'"{moments[0]:x}-{moments[1]:x}-3-7"')


THERE = ComparedSide(3, SECOND, MD5)


@pytest.mark.parametrize(
    ("found", "state"),
    [
        pytest.param(file(0, 2.0), ComparisonState.SAME, id="downloaded"),
        pytest.param(file(0, 900), ComparisonState.SAME, id="downloaded long after"),
        pytest.param(file(0.7, 0.7), ComparisonState.UNKNOWN, id="written in that second"),
        pytest.param(file(0.7, 900), ComparisonState.UNKNOWN, id="written in that second, moved later"),
        pytest.param(file(0.000_000_001, 900), ComparisonState.UNKNOWN, id="written right at its start"),
        pytest.param(file(0, 0), ComparisonState.UNKNOWN, id="written on a disk without fractions"),
        pytest.param(file(0, 0.9), ComparisonState.UNKNOWN, id="downloaded in that second"),
        pytest.param(file(0, 1.9), ComparisonState.UNKNOWN, id="downloaded right behind it"),
    ],
)
def test_a_time_proves_a_download_alone(found: ComparedSide, state: ComparisonState) -> None:
    for sides in ((found, THERE), (THERE, found)):
        row = Judge(etags=False, times=True).judge("x", *sides)
        assert (row.state, row.evidence) == (state, Evidence.TIME)
        assert copied(row) is (state is ComparisonState.UNKNOWN), (
            "either may be newer: it is copied the way that is asked"
        )
        if state is ComparisonState.UNKNOWN:
            assert (short_why(row), why(row)) == ("same second", "same size, both written in the same second")


def test_two_files_have_the_time_to_the_fraction() -> None:
    judge = Judge(etags=False, times=True)
    assert judge.judge("x", file(0.7, 0.7), file(0.700_000_2, 900)).state is ComparisonState.SAME, "as floats keep it"
    assert judge.judge("x", file(0.7, 0.7), file(0.8, 900)).state is ComparisonState.UNKNOWN
    assert judge.judge("x", file(0, 900), file(0, 900)).state is ComparisonState.SAME
    assert judge.judge("x", file(0, 900), file(0, 0.5)).state is ComparisonState.UNKNOWN


def test_another_second_is_newer_or_older_as_before() -> None:
    judge = Judge(etags=False, times=True)
    assert [copied(judge.judge("x", file(written, 900), THERE)) for written in (-1, 1)] == [False, True]


def test_the_moments_of_a_pin(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"one")
    for written in (1_700_000_000_123_456_789, -5_000_000_001):
        os.utime(path, ns=(written, written))
        status = path.stat()
        assert moments_of(pin_of(status)) == (status.st_mtime_ns, status.st_ctime_ns)
    assert [moments_of(etag) for etag in ("", MD5, f'"{"a" * 32}-3"', '"directory-7"')] == [None] * 4
