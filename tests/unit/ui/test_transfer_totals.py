"""The sum of many transfers, the headings of their groups, and the line of their rates."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.dialogs.transfers.world import ALL, ASKING, CANCELLED, DONE, EVERY_KIND, FAILED, PAUSED, RUNNING, WAITING
from tui.model.transfer import TransferList, TransferState
from tui.ui.transfers.groups import Group, Shown, grouped, moved_before
from tui.ui.transfers.sparkline import STEP_SECONDS, STEPS, STEPS_KEPT, RateHistory, sparkline
from tui.ui.transfers.strip import strip_line
from tui.ui.transfers.totals import heading, summary, total_line

RATES = [float(rate) for rate in range(1, 61)]


@pytest.mark.parametrize("width", [40, 76, 119, 120, 158, 250])
@pytest.mark.parametrize("transfers", [ALL, EVERY_KIND, TransferList([RUNNING]), TransferList()])
def test_no_line_is_wider_than_its_place(transfers: TransferList, width: int) -> None:
    lines = [total_line(transfers, width, RATES), strip_line(transfers, width)]
    lines += [heading(each, width) for each in grouped(transfers.transfers)]
    assert [line.plain for line in lines if line.cell_length > width] == []


def test_the_summary_counts_states_and_says_when_all_will_be_done() -> None:
    assert summary(ALL).plain == "2 running · 1 asking · 1 failed · 1 done · 1 cancelled · 402 MiB/s"
    assert summary(TransferList([DONE, RUNNING], 1024.0)).plain == "1 running · 1 done · 1.00 KiB/s · 2 min left"
    assert summary(TransferList([ASKING, RUNNING])).plain == "1 running · 1 asking"


def test_jobs_of_s3_are_measured_by_their_objects() -> None:
    job = msgspec.structs.replace(RUNNING, engine="batch", bytes_done=0, bytes_total=0, rate=0.0, eta=None)
    job = msgspec.structs.replace(job, objects_done=15, objects_skipped=0, objects_total=60)
    ended = msgspec.structs.replace(job, state=TransferState.DONE, objects_done=60)
    both = TransferList([job, ended])
    assert " 25 %  15 of 60 objects" in total_line(both, 78).plain
    heads = [heading(each, 78).plain.rstrip("─ ") for each in grouped(both.transfers)]
    assert heads == ["active 1  15 of 60 objects", "ended 1  60 objects"]
    assert "100 %  60 of 60 objects" in total_line(TransferList([ended]), 78).plain


def test_stopped_transfers_do_not_count_for_the_time_left() -> None:
    assert summary(TransferList([RUNNING, PAUSED, WAITING])).plain == "1 running · 1 waiting · 1 paused · 2 min left"


def test_stopped_transfers_have_the_warning_tone() -> None:
    line = strip_line(EVERY_KIND, 160)
    toned = {line.plain[span.start : span.end]: span.style for span in line.spans}
    assert toned["1 waiting"] == toned["1 paused"] == "$text-warning"
    assert line.plain.endswith("t opens")


def test_where_there_is_little_room_what_is_settled_goes_first() -> None:
    line = strip_line(EVERY_KIND, 80).plain
    assert "2 running · 1 waiting · 1 paused · 1 queued · 1 failed" in line
    assert "done" not in line
    assert "2 done" in strip_line(EVERY_KIND, 160).plain


def test_the_total_is_full_only_when_nothing_runs() -> None:
    assert "70 %" in total_line(TransferList([RUNNING]), 158).plain
    assert "100 %" in total_line(TransferList([DONE]), 158).plain


def test_what_was_cancelled_is_not_waited_for_in_the_total() -> None:
    assert "100 %" in total_line(TransferList([DONE, CANCELLED]), 158).plain
    assert "70 %" in total_line(TransferList([RUNNING, CANCELLED]), 158).plain


def test_ended_transfers_do_not_count_for_active_ones() -> None:
    together, alone = (
        total_line(TransferList(transfers), 158).plain.split(" · ")[0].split()
        for transfers in ([RUNNING, DONE, FAILED], [RUNNING])
    )
    assert together == alone


def test_the_rates_are_drawn_if_there_is_room_and_a_transfer_is_active() -> None:
    assert "▆▆▇▇▇▇▇▇▇▇████" in total_line(TransferList([RUNNING]), 158, RATES).plain
    assert "█ " not in total_line(TransferList([RUNNING]), 78, RATES).plain.partition("░")[2]
    assert "▁" not in total_line(TransferList([DONE]), 158, RATES).plain


def test_headings_say_count_bytes_and_rate() -> None:
    words = [heading(each, 100).plain.rstrip("─").strip() for each in grouped(EVERY_KIND.transfers)]
    assert words == [
        "active 3  106 GiB of 154 GiB · 453 MiB/s",
        "waiting 2  466 GiB of 838 GiB",
        "ended 4  1.42 GiB · 1 failed",
    ]


def test_groups_keep_the_order_of_the_queue_and_the_latest_end_stands_first() -> None:
    late = msgspec.structs.replace(DONE, id="late", ended=99.0)
    early = msgspec.structs.replace(DONE, id="early", ended=9.0)
    groups = grouped([late, PAUSED, RUNNING, early, ASKING, WAITING])
    assert [(each.group, [one.id for one in each.transfers]) for each in groups] == [
        (Group.ACTIVE, [RUNNING.id, ASKING.id]),
        (Group.WAITING, [PAUSED.id, WAITING.id]),
        (Group.ENDED, ["late", "early"]),
    ]


@pytest.mark.parametrize(
    ("shown", "ids"),
    [
        (Shown.ALL, {one.id for one in EVERY_KIND.transfers}),
        (Shown.ACTIVE, {"3", "10", "12"}),
        (Shown.WAITING, {"8", "9"}),
        (Shown.FAILED, {"2", "6"}),
        (Shown.DONE, {"1", "11"}),
    ],
)
def test_a_filter_shows_its_states(shown: Shown, ids: set[str]) -> None:
    groups = grouped(EVERY_KIND.transfers, shown)
    assert {one.id for each in groups for one in each.transfers} == ids


def test_the_key_goes_round_all_filters() -> None:
    seen, shown = [Shown.ALL], Shown.ALL.next()
    while shown is not Shown.ALL:
        seen.append(shown)
        shown = shown.next()
    assert seen == list(Shown)


@pytest.mark.parametrize(
    ("transfer", "by", "before"),
    [("b", -1, "a"), ("a", -1, None), ("a", 1, "c"), ("b", 1, ""), ("c", 1, None), ("c", -1, "b")],
)
def test_a_place_in_the_queue_is_named_by_the_one_behind_it(transfer: str, by: int, before: str | None) -> None:
    assert moved_before(["a", "b", "c"], transfer, by) == before


def history(*notes: tuple[float, float]) -> list[float]:
    rates = RateHistory()
    for at, rate in notes:
        rates.note(at, rate)
    return rates.steps


def test_a_step_is_the_mean_of_what_was_said_in_it() -> None:
    assert history((100, 10), (100 + STEP_SECONDS / 2, 30), (100 + STEP_SECONDS, 50)) == [20, 50]


def test_what_is_not_said_has_not_changed() -> None:
    assert history((100, 10), (100 + 3 * STEP_SECONDS, 0)) == [10, 10, 10, 0]


def test_the_last_minutes_are_kept_and_a_changed_clock_starts_over() -> None:
    many = history(*((float(at), 1.0) for at in range(1, 2 * STEPS_KEPT * int(STEP_SECONDS))))
    assert len(many) == STEPS_KEPT + 1
    assert history((1000, 10), (1007, 20), (500, 30)) == [30]
    assert history((1000, 10), (9000, 30)) == [30]


@given(st.lists(st.floats(0, 1e12), max_size=80), st.integers(0, 60))
def test_a_sparkline_has_its_width_and_shows_everything_that_moved(rates: list[float], width: int) -> None:
    drawn = sparkline(rates, width)
    assert len(drawn) == width
    shown = rates[-width:] if width else []
    assert [block != " " for block in drawn[width - len(shown) :]] == [rate > 0 for rate in shown]
    if any(shown):
        assert "█" in drawn
    assert set(drawn) <= set(STEPS)


def test_failed_ones_are_counted_in_their_heading() -> None:
    (ended,) = grouped([FAILED, FAILED])
    assert "2 failed" in heading(ended, 80).plain
