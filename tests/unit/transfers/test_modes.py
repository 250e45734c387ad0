"""What decides about two objects of one size, by mode."""

from __future__ import annotations

import pytest

from tui.model.comparing.comparison import ComparedSide, ComparisonState, Evidence
from tui.model.comparing.mode import CompareMode
from tui.text.comparing.rows import short_why, why
from tui.transfers.comparison.compare import copied
from tui.transfers.comparison.judging import Judge

MD5, OTHER = f'"{"a" * 32}"', f'"{"b" * 32}"'


@pytest.mark.parametrize(
    ("by", "seconds", "state", "words"),
    [
        (CompareMode.TIME, 1, ComparisonState.DIFFERS, ("left newer", "same size, the left one is newer")),
        (CompareMode.TIME, 0, ComparisonState.SAME, ("size, time", "by size and time")),
        (CompareMode.TIME, -1, ComparisonState.SAME, ("size, time", "by size and time")),
        (CompareMode.SIZE, 1, ComparisonState.SAME, ("by size only", "by size only")),
        (CompareMode.AUTO, 1, ComparisonState.DIFFERS, ("by ETag", "by ETag")),
    ],
)
def test_equal_sizes(by: CompareMode, seconds: int, state: ComparisonState, words: tuple[str, str]) -> None:
    row = Judge(by=by).judge("x", ComparedSide(3, 1000 + seconds, MD5), ComparedSide(3, 1000, OTHER))
    assert (row.state, (short_why(row), why(row))) == (state, words)
    assert copied(row) is (state is ComparisonState.DIFFERS)


@pytest.mark.parametrize("by", list(CompareMode))
def test_other_sizes_differ_and_equal_etags_are_the_same_in_every_mode(by: CompareMode) -> None:
    judge = Judge(by=by)
    longer = judge.judge("x", ComparedSide(3, 1000, MD5), ComparedSide(4, 2000, OTHER))
    equal = judge.judge("x", ComparedSide(3, 2000, MD5), ComparedSide(3, 1000, MD5))
    assert (longer.state, longer.evidence) == (ComparisonState.DIFFERS, Evidence.SIZE)
    assert (equal.state, equal.evidence) == (ComparisonState.SAME, Evidence.ETAG)


def test_a_choice_goes_round_all_modes() -> None:
    seen = [CompareMode.AUTO]
    while (following := seen[-1].following) is not CompareMode.AUTO:
        seen.append(following)
    assert seen == list(CompareMode)
