"""Comparisons in words and symbols."""

from __future__ import annotations

from tui.core.orders import CompareMode
from tui.features.sync.values import (
    ComparedRow,
    ComparedSide,
    ComparisonEvidence,
    ComparisonState,
    CountsByState,
    StateCount,
)
from tui.text.format import number, size, time_day, visible

SYMBOLS = {
    ComparisonState.LEFT: "<",
    ComparisonState.RIGHT: ">",
    ComparisonState.DIFFERS: "≠",
    ComparisonState.UNKNOWN: "?",
    ComparisonState.SAME: "=",
}
"""Each state as one character, for users who do not see colours."""

WORDS = {
    ComparisonState.LEFT: "only left",
    ComparisonState.RIGHT: "only right",
    ComparisonState.DIFFERS: "differs",
    ComparisonState.UNKNOWN: "unknown",
    ComparisonState.SAME: "same",
}

_EVIDENCE = {
    ComparisonEvidence.LISTED: "",
    ComparisonEvidence.SIZE: "by size",
    ComparisonEvidence.ETAG: "by ETag",
    ComparisonEvidence.CHECKSUM: "by checksum",
    ComparisonEvidence.CONTENT: "by content",
    ComparisonEvidence.TIME: "by time",
    ComparisonEvidence.SIZE_ONLY: "by size only",
    ComparisonEvidence.SIZE_TIME: "by size and time",
}

BY = {
    CompareMode.AUTO: "by size, ETag and time",
    CompareMode.TIME: "by size and time",
    CompareMode.SIZE: "by size only",
    CompareMode.CHECKSUM: "with checksums",
}
"""What decides about equal sizes."""


def short_why(row: ComparedRow) -> str:
    """The evidence for a row's state, in two words."""
    if row.is_of_one_second:
        return "same second"
    if row.state is ComparisonState.UNKNOWN and row.evidence is ComparisonEvidence.TIME:
        return f"{'left' if row.left_is_newer else 'right'} newer"
    if row.evidence is ComparisonEvidence.SIZE_TIME:
        return "size, time" if row.state is ComparisonState.SAME else "left newer"
    return _EVIDENCE[row.evidence]


def why(row: ComparedRow) -> str:
    """The evidence for a row's state, as a clause."""
    if row.evidence is ComparisonEvidence.SIZE_TIME and row.state is ComparisonState.DIFFERS:
        return "same size, the left one is newer"
    if row.state is not ComparisonState.UNKNOWN:
        return _EVIDENCE[row.evidence]
    if row.evidence is ComparisonEvidence.SIZE:
        return "same size and time, ETags not comparable"
    if row.is_of_one_second:
        return "same size, both written in the same second"
    return f"same size, the {'left' if row.left_is_newer else 'right'} one is newer"


def row_line(row: ComparedRow) -> str:
    """One name as a line: state, sizes and times at both locations, name, evidence."""
    clause = why(row)
    return visible(
        f"{WORDS[row.state]:<10} {side_text(row.left)}  {side_text(row.right)}  {row.name or '(the prefix itself)'}"
        f"{f' ({clause})' if clause else ''}"
    )


def side_text(side: ComparedSide | None) -> str:
    """Size and time of one place, in a fixed width."""
    return f"{size(side.size):>9} {time_day(side.modified):<16}" if side else f"{'-':>9} {'':<16}"


def summary(counts: CountsByState) -> str:
    return ", ".join(
        f"{number(count.objects)} {WORDS[state]}{f' ({amount(count)})' if count.objects else ''}"
        for state, count in ((state, counts.get(state, StateCount())) for state in ComparisonState)
    )


def amount(count: StateCount) -> str:
    """The bytes of all names with one state, at both locations if they differ."""
    both = size(count.left_bytes), size(count.right_bytes)
    if not (count.left_bytes and count.right_bytes) or count.left_bytes == count.right_bytes:
        return size(max(count.left_bytes, count.right_bytes))
    return f"{both[0]} and {both[1]}"
