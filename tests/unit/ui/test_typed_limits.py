"""The bounds of a transfer as they are typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.text.typed import TypedError
from tui.text.typed_limits import LEAST, MOST, objects, rate
from tui.ui.transfers.limits import rate_text


@pytest.mark.parametrize(
    ("typed", "limit"),
    [
        ("10M", 10 * 2**20),
        ("1.5 MiB", 3 * 2**19),
        ("1.5MiB/s", 3 * 2**19),
        ("10MB/s", 10 * 2**20),
        ("500k", 500 * 2**10),
        ("2 GiB", 2 * 2**30),
        ("1048576", 2**20),
        ("", None),
        ("  ", None),
        ("0", None),
        ("0 MiB", None),
    ],
)
def test_a_rate_is_read(typed: str, limit: int | None) -> None:
    assert rate(typed) == limit


@pytest.mark.parametrize("typed", ["fast", "-1", "10 apples", "1,5M", "5", "999999999T", "1e9", "/s/s", "٣M"])
def test_what_is_no_rate_is_refused_with_a_word(typed: str) -> None:
    with pytest.raises(TypedError, match=r"(not a size|too low|too high)"):
        rate(typed)


@given(st.integers(LEAST, MOST))
def test_a_limit_is_shown_as_it_can_be_typed_again(limit: int) -> None:
    assert rate(rate_text(limit)) == limit


def test_no_limit_is_an_empty_line() -> None:
    assert rate_text(None) == ""
    assert rate_text(10 * 2**20) == "10 MiB"


@pytest.mark.parametrize(("typed", "limit"), [("8", 8), (" 12 ", 12), ("", None), ("0", None)])
def test_objects_at_once_are_read(typed: str, limit: int | None) -> None:
    assert objects(typed) == limit


@pytest.mark.parametrize("typed", ["many", "-1", "1.5", "8 8", "²", "9999999999999"])
def test_what_is_no_number_of_objects_is_refused(typed: str) -> None:
    with pytest.raises(TypedError, match="not a number of objects"):
        objects(typed)
