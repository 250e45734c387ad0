"""A transfer fits its place in every state, says what it waits for, and its bar is full only when all is done."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.ui.dialogs.transfers.world import (
    ALL,
    ASKING,
    CANCELLED,
    COUNTING,
    DELETED,
    DONE,
    DOWNLOAD,
    EVERY_KIND,
    FAILED,
    MOVING,
    PAUSED,
    QUEUED,
    RUNNING,
    WAITING,
)
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import Limits, Transfer, TransferKind, TransferState
from tui.ui.transfers.lines import bar, transfer_lines
from tui.ui.transfers.words import key_labels, kind_and_route, limits_word, limits_words, pause_word, reason

ACCENTS = {"media-prod": "$left-accent", "analytics": "$right-accent"}


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


@pytest.mark.parametrize("width", [40, 76, 149, 150, 158, 200, 250])
@pytest.mark.parametrize(
    "transfer", [*ALL.transfers, *EVERY_KIND.transfers, QUEUED], ids=lambda one: f"{one.kind.value} {one.state.value}"
)
def test_no_line_is_wider_than_its_place(transfer: Transfer, width: int) -> None:
    for line in transfer_lines(transfer, width, ACCENTS):
        assert line.cell_length <= width


def test_a_running_one_tells_all_in_one_line() -> None:
    line, note = (content.plain for content in transfer_lines(RUNNING, 200))
    assert line.startswith("▸ copy relay media-prod s3://media-prod")
    assert " → analytics s3://analytics-landing/in/raw/ " in line
    for words in ("70 %", "8,415 of 11,830 obj", "402 MiB/s", "2 min"):
        assert words in line
    assert note.strip() == "pull: analytics cannot read the source"


def test_identities_are_named_only_where_no_end_is_cut_for_that() -> None:
    assert transfer_lines(RUNNING, 170)[0].plain.startswith("▸ copy relay s3://media-prod-assets/video/2026/raw/ → s3")
    assert transfer_lines(RUNNING, 150)[0].plain.startswith("▸ copy relay s3://media")


def test_a_failed_one_says_how_many_and_why() -> None:
    head, measure, error = (content.plain for content in transfer_lines(FAILED, 78))
    assert head == "✗ copy push  s3://media-prod-assets/old/ → s3://analytics-landing/in/old/"
    assert measure.endswith("2 failed")
    assert error.strip() == "access denied · s3:PutObject for analytics · ask for it"


def test_names_from_outside_are_safe_and_totals_that_grow_are_marked() -> None:
    head, measure = (content.plain for content in transfer_lines(COUNTING, 100))
    assert "[b]big␛/" in head
    assert "0 of 5,000…" in measure


def test_a_queued_one_of_unknown_size_is_not_done() -> None:
    assert "  0 %" in transfer_lines(QUEUED, 78)[1].plain


@pytest.mark.parametrize(
    ("transfer", "words"),
    [
        (RUNNING, "copy relay"),
        (COUNTING, "copy …"),
        (MOVING, "move pull"),
        (DELETED, "delete"),
        (PAUSED, "upload"),
        (DOWNLOAD, "download"),
        (msgspec.structs.replace(DOWNLOAD, source="file:///a"), "copy"),
        (msgspec.structs.replace(RUNNING, engine="batch"), "copy batch"),
        (msgspec.structs.replace(RUNNING, engine="tls://scheduler:8786"), "copy dask"),
        (msgspec.structs.replace(RUNNING, kind=TransferKind.CHECKSUM, engine="batch"), "checksum"),
        (msgspec.structs.replace(MOVING, source="file:///a"), "move"),
    ],
)
def test_the_kind_and_where_there_is_one_the_route(transfer: Transfer, words: str) -> None:
    assert kind_and_route(transfer) == words
    assert transfer_lines(transfer, 78)[0].plain[2:].startswith(words)


JOB = msgspec.structs.replace(RUNNING, engine="batch", elsewhere="job 4711 Active: 1 of 2 objects")
CONFIRM = Problem(kind=ProblemKind.CONFIRMATION, title="the job waits for your confirmation")


@pytest.mark.parametrize(
    ("transfer", "pause", "limits"),
    [
        (RUNNING, "pause", "limits"),
        (PAUSED, "resume", "limits"),
        (msgspec.structs.replace(JOB, elsewhere="writing the manifest: 5 objects"), "pause", "priority"),
        (msgspec.structs.replace(JOB, state=TransferState.WAITING, waits_for=CONFIRM), "confirm", "priority"),
        (JOB, "", "priority"),
        (msgspec.structs.replace(JOB, state=TransferState.DONE), "", ""),
    ],
)
def test_the_keys_are_called_what_they_do_to_it(transfer: Transfer, pause: str, limits: str) -> None:
    assert (pause_word(transfer), limits_word(transfer)) == (pause, limits)


def test_the_footer_leaves_out_what_does_not_apply() -> None:
    def hidden(transfer: Transfer) -> set[str]:
        return {command for command, label in key_labels(transfer).items() if not label}

    ended = {"pause", "limits", "cancel_transfer", "move_up", "move_down"}
    assert hidden(DONE) == {*ended, "retry", "export_failed"}
    failed = msgspec.structs.replace(DONE, state=TransferState.FAILED, objects_failed=1)
    assert hidden(failed) == ended
    assert hidden(RUNNING) == {"retry", "receipt", "export_failed"}


def test_a_job_of_s3_has_no_rate_in_bytes() -> None:
    by_s3 = msgspec.structs.replace(JOB, rate=0.0, eta=None)
    for width in (78, 160):
        assert not any("/s" in line.plain for line in transfer_lines(by_s3, width))


def test_a_deletion_has_one_end() -> None:
    head, measure = (content.plain for content in transfer_lines(DELETED, 78))
    assert head == "✓ delete     media-prod s3://media-prod-assets/tmp/"
    assert "100 %" in measure


def test_of_one_that_failed_before_it_found_anything_there_is_no_percentage() -> None:
    nothing = msgspec.structs.replace(FAILED, objects_total=0, objects_done=0, objects_failed=0)
    nothing = msgspec.structs.replace(nothing, objects_skipped=0, bytes_total=0, bytes_done=0)
    for width in (78, 160):
        lines = [line.plain for line in transfer_lines(nothing, width)]
        assert not any("%" in line for line in lines)
        assert any("0 of 0" in line for line in lines)


def test_of_a_done_one_is_said_what_is_undecided() -> None:
    left = msgspec.structs.replace(DONE, objects_skipped=3, objects_undecided=2)
    assert "2 undecided" in transfer_lines(left, 78)[1].plain


@pytest.mark.parametrize("width", [40, 76, 160])
def test_the_reason_of_one_that_waits_is_whole_and_says_what_to_do(width: int) -> None:
    lines = [line.plain for line in transfer_lines(WAITING, width)]
    below = " ".join(line.strip() for line in lines[1 if width == 160 else 2 :])
    assert below.startswith("the sign-in has expired · log in again: aws sso login --profile media-prod")
    assert below.endswith("resumes automatically")


def test_one_that_was_paused_for_the_user_says_so_and_one_that_he_paused_does_not() -> None:
    held = msgspec.structs.replace(PAUSED, waits_for=WAITING.waits_for)
    assert reason(held).endswith("aws sso login --profile media-prod · p: resume")
    assert reason(PAUSED) == ""
    assert reason(msgspec.structs.replace(WAITING, state=TransferState.RUNNING)) == ""


def test_limits_and_retries_are_shown_where_there_are_any() -> None:
    assert transfer_lines(PAUSED, 160)[1].plain.strip() == "at most 10.0 MiB/s, 4 objects at once"
    assert limits_words(Limits(objects=1)) == "at most 1 object at once"
    assert limits_words(Limits()) == ""
    assert "↻ 3" in transfer_lines(MOVING, 78)[1].plain
    assert not any("↻" in line.plain for line in transfer_lines(RUNNING, 78))


def test_the_buckets_have_the_accents_of_their_identities() -> None:
    (line, *_) = transfer_lines(MOVING, 100, ACCENTS)
    toned = {line.plain[span.start : span.end]: span.style for span in line.spans}
    assert toned["s3://media-prod-assets"] == "$left-accent"
    assert toned["s3://analytics-landing"] == "$right-accent"


def test_states_that_want_the_user_are_loud() -> None:
    for transfer in (WAITING, PAUSED, ASKING):
        measure = transfer_lines(transfer, 78)[1]
        word = measure.plain.index(transfer.state.value)
        assert "$text-warning" in [span.style for span in measure.spans if span.start <= word < span.end]
    assert all(one in EVERY_KIND.transfers for one in (DONE, CANCELLED))
