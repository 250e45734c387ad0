"""A transfer fits its place in every state, and its bar is full only when all is done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.ui.dialogs.transfers import ALL, ASKING, CANCELLED, COUNTING, DONE, FAILED, QUEUED, RUNNING
from tui.model.transfer import Transfer, TransferList
from tui.ui.widgets.transfer_lines import bar, summary, total_line, transfer_lines


@given(st.integers(0, 1 << 50), st.integers(1, 1 << 50), st.integers(1, 60))
def test_a_bar_has_its_width_and_is_full_only_at_the_end(done: int, total: int, width: int) -> None:
    drawn = bar(done, total, width)
    assert cell_len(drawn) == width
    assert (drawn == "█" * width) == (done >= total)


@pytest.mark.parametrize(
    ("done", "drawn"), [(0, "░░░░"), (1, "▏░░░"), (16, "██░░"), (31, "███▉"), (32, "████"), (99, "████")]
)
def test_a_bar_moves_by_eighths_of_a_cell(done: int, drawn: str) -> None:
    assert bar(done, 32, 4) == drawn


@pytest.mark.parametrize("width", [40, 78, 119, 120, 158, 250])
@pytest.mark.parametrize("transfer", [*ALL.transfers, QUEUED], ids=lambda transfer: transfer.state.value)
def test_no_line_is_wider_than_its_place(transfer: Transfer, width: int) -> None:
    for line in [*transfer_lines(transfer, width), total_line(ALL, width)]:
        assert line.cell_length <= width


def test_a_running_one_tells_all_in_one_line() -> None:
    line, note = (content.plain for content in transfer_lines(RUNNING, 158))
    assert line.startswith("▸ relay  s3://media-prod")
    for words in ("70 %", "8,415 of 11,830 obj", "402 MiB/s", "2 min"):
        assert words in line
    assert note.strip() == "pull was given up: analytics may not read the source"


def test_a_failed_one_says_how_many_and_why() -> None:
    head, measure, error = (content.plain for content in transfer_lines(FAILED, 78))
    assert head == "✗ push   s3://media-prod-assets/old/ → s3://analytics-landing/in/old/"
    assert measure.endswith("2 failed")
    assert error.strip() == "access denied · s3:PutObject for analytics · ask for it"


def test_names_from_outside_are_safe_and_totals_that_grow_are_marked() -> None:
    head, measure = (content.plain for content in transfer_lines(COUNTING, 100))
    assert "[b]big␛/" in head
    assert "0 of 5,000…" in measure


def test_a_queued_one_of_unknown_size_is_not_done() -> None:
    assert "  0 %" in transfer_lines(QUEUED, 78)[1].plain


def test_the_summary_counts_states_and_says_when_all_will_be_done() -> None:
    assert summary(ALL).plain == "2 running · 1 asking · 1 done · 1 failed · 1 cancelled · 402 MiB/s"
    assert summary(TransferList([DONE, RUNNING], 1024.0)).plain == "1 running · 1 done · 1.00 KiB/s · 2 min left"
    assert summary(TransferList([ASKING, RUNNING])).plain == "1 running · 1 asking"


def test_the_total_is_full_only_when_nothing_runs() -> None:
    assert "70 %" in total_line(TransferList([RUNNING]), 158).plain
    assert "100 %" in total_line(TransferList([DONE]), 158).plain


def test_what_was_cancelled_is_not_waited_for_in_the_total() -> None:
    assert "100 %" in total_line(TransferList([DONE, CANCELLED]), 158).plain
    assert "70 %" in total_line(TransferList([RUNNING, CANCELLED]), 158).plain
