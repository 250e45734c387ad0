"""What a user types as values: sizes, times, patterns, receipts, names."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui.model.location import Location
from tui.text.typed import (
    TypedError,
    bucket_name,
    instant,
    object_below,
    patterns,
    prefix_below,
    receipt_path,
    size,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()
LEVEL = Location("media", "video/")


@pytest.mark.parametrize(
    ("text", "value"),
    [("", None), (" ", None), ("4096", 4096), ("10M", 10 * 2**20), ("1.5 GiB", 3 * 2**29), ("2kb", 2048), ("0", 0)],
)
def test_sizes_are_binary(text: str, value: int | None) -> None:
    assert size(text) == value


@pytest.mark.parametrize("text", ["ten", "-1", "1X", "M", "1 2"])
def test_what_is_no_size_is_said(text: str) -> None:
    with pytest.raises(TypedError, match="write 4096"):
        size(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("7d", NOW - 7 * 86_400),
        ("30min", NOW - 1800),
        ("2 w", NOW - 14 * 86_400),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC).timestamp()),
        ("2026-11-01 14:30", datetime(2026, 11, 1, 14, 30, tzinfo=UTC).timestamp()),
    ],
)
def test_times_are_dates_or_ages(text: str, value: float | None) -> None:
    assert instant(text, NOW, UTC) == value


@pytest.mark.parametrize("text", ["yesterday", "7", "2026-13-01", "d"])
def test_what_is_no_time_is_said(text: str) -> None:
    with pytest.raises(TypedError, match="write 2026-11-01"):
        instant(text, NOW, UTC)


def test_patterns_stand_between_commas() -> None:
    assert patterns(" *.mp4, raw/* ,,") == ["*.mp4", "raw/*"]


def test_a_receipt_is_a_file_in_a_directory_that_is_there(tmp_path: Path) -> None:
    assert receipt_path("") == ""
    assert receipt_path(f" {tmp_path}/r.jsonl ") == f"{tmp_path}/r.jsonl"
    with pytest.raises(TypedError, match="is a directory"):
        receipt_path(str(tmp_path))
    with pytest.raises(TypedError, match="no directory"):
        receipt_path(f"{tmp_path}/none/r.jsonl")
    for path in ("~nobody-has-this-name", "~nobody-has-this-name/r.jsonl", f"{tmp_path}/{'r' * 300}", "~\0"):
        with pytest.raises(TypedError):
            receipt_path(path)


@pytest.mark.parametrize(
    "name",
    ["ab", "a" * 64, "Media", "a_b", "-ab", "ab-", "a..b", "10.0.0.1", "xn--a", "ab-s3alias", "ab/"],
)
def test_names_that_no_bucket_may_have_are_refused(name: str) -> None:
    with pytest.raises(TypedError, match="no bucket can have this name: "):
        bucket_name(name)


def test_a_buckets_name_is_taken() -> None:
    assert bucket_name(" media-prod.2026 ") == "media-prod.2026"


@pytest.mark.parametrize("typed", ["raw", "raw/", "raw//"])
def test_a_prefix_ends_in_one_delimiter(typed: str) -> None:
    assert prefix_below(LEVEL, typed) == Location("media", "video/raw/")


def test_names_may_have_levels_and_odd_characters() -> None:
    assert prefix_below(LEVEL, "a/[b] ") == Location("media", "video/a/[b] /")
    assert object_below(LEVEL, "x\x1b.mp4") == Location("media", "video/x\x1b.mp4")


@pytest.mark.parametrize("typed", ["", "/", "/a", "a//b", ".", "a/../b", "é" * 510, "\udcff"])
def test_names_that_would_lead_elsewhere_or_nowhere_are_refused(typed: str) -> None:
    with pytest.raises(TypedError):
        prefix_below(LEVEL, typed)


def test_an_object_is_no_prefix_and_a_file_has_no_nul() -> None:
    with pytest.raises(TypedError, match="is a prefix"):
        object_below(LEVEL, "raw/")
    with pytest.raises(TypedError, match="NUL"):
        object_below(Location("/", "home/"), "a\0b")
