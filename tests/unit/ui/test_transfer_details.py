"""One transfer in full fits its place; its results are kept within bounds and counted without."""

from __future__ import annotations

import msgspec
import pytest

from tests.ui.dialogs.transfers.world import DELETED, EVERY_KIND, FAILED, MOVING, PAUSED, RESULTS, RUNNING, WAITING
from tests.ui.dialogs.world import BOOK, NOW
from tui.model.identity import AddressBook
from tui.model.location import readable
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import ObjectResult, Outcome, Transfer
from tui.ui.transfers.details import detail_lines, filter_line, object_name, result_line, title
from tui.ui.transfers.result_log import FAILED_KEPT, KEPT, ResultLog


def told(transfer: Transfer, width: int = 76) -> str:
    return "\n".join(line.plain for line in detail_lines(transfer, width, {}, NOW))


@pytest.mark.parametrize("width", [40, 76, 196])
@pytest.mark.parametrize("transfer", EVERY_KIND.transfers, ids=lambda one: f"{one.kind.value} {one.state.value}")
def test_no_line_is_wider_than_its_place(transfer: Transfer, width: int) -> None:
    assert max(line.cell_length for line in detail_lines(transfer, width, {}, NOW)) <= width


def test_both_sides_with_their_identities_and_the_progress() -> None:
    words = told(RUNNING)
    assert "from   s3://media-prod-assets/video/2026/raw/  as media-prod" in words
    assert "to     s3://analytics-landing/in/raw/  as analytics" in words
    assert "70 %  8,412 of 11,830 objects, 3 skipped" in words
    assert "402 MiB/s  2 min left" in told(RUNNING, 120)
    assert "no retries · no limits" in words


def test_a_deletion_has_one_end() -> None:
    assert "of     s3://media-prod-assets/tmp/  as media-prod" in told(DELETED)
    assert "to     " not in told(DELETED)
    assert title(DELETED).plain == "delete ─ 1,204 objects"


def test_times_retries_and_limits() -> None:
    ended = msgspec.structs.replace(FAILED, submitted=NOW - 900, ended=NOW - 600, retries=1)
    assert "submitted 15 min ago · ended 10 min ago, after 5 min · 1 retry" in told(ended, 100)
    assert "at most 10.0 MiB/s, 4 objects at once" in told(PAUSED, 100)
    assert "3 retries" in told(MOVING)


def test_what_it_waits_for_with_the_way_out_and_the_cause() -> None:
    words = told(WAITING, 160)
    assert (
        "… the sign-in has expired · log in again: aws sso login --profile media-prod · resumes automatically" in words
    )
    assert "Token has expired and refresh failed" in words


def result(outcome: Outcome, number: int = 0) -> ObjectResult:
    return ObjectResult("2", f"s3://a/{number}", f"s3://b/{number}", outcome)


def test_a_local_path_is_shown_as_it_is() -> None:
    download = msgspec.structs.replace(RUNNING, target="file:///home/ann/50%25/")
    arrived = ObjectResult("2", "s3://a/9%", "file:///home/ann/50%25/9%25", Outcome.COPIED)
    assert object_name(arrived, download) == "9%"
    assert object_name(msgspec.structs.replace(arrived, target="file:///9%25"), download) == "/9%"
    assert "to     /home/ann/50%/" in told(download)
    assert readable("file:///%FF") == "file:///%FF", "no path of ours"


def test_a_million_results_are_counted_and_few_are_kept() -> None:
    log = ResultLog()
    for outcome, count in ((Outcome.COPIED, 10 * KEPT), (Outcome.SKIPPED, 7), (Outcome.FAILED, FAILED_KEPT + 3)):
        for number in range(count):
            log.add(result(outcome, number))
    assert len(log.kept) == KEPT + 7 + FAILED_KEPT
    assert log.left_out(Outcome.SKIPPED) == 0
    assert log.left_out(Outcome.FAILED) == 3
    assert log.left_out(None) == 9 * KEPT + 3
    assert filter_line(log, Outcome.FAILED).plain == "f filter  all 25,010  copied 20,000  skipped 7  failed 5,003"


def test_the_filter_goes_round_what_there_is_the_failed_ones_first() -> None:
    log = ResultLog()
    for outcome in (Outcome.COPIED, Outcome.FAILED, Outcome.SKIPPED):
        log.add(result(outcome))
    seen = [log.after(None)]
    while seen[-1] is not None:
        seen.append(log.after(seen[-1]))
    assert seen == [Outcome.FAILED, Outcome.SKIPPED, Outcome.COPIED, None]
    assert ResultLog().after(None) is None
    assert ResultLog().after(Outcome.FAILED) is None


def test_an_object_is_named_below_the_target_or_what_was_deleted_below_the_source() -> None:
    assert object_name(RESULTS[0], FAILED) == "one.bin"
    gone = ObjectResult("11", "s3://media-prod-assets/tmp/x\x1b", "", Outcome.DELETED, 5)
    assert object_name(gone, DELETED) == "x\x1b"
    assert result_line(gone, DELETED, BOOK).plain == "✓ x␛  deleted"


def test_retries_and_the_request_of_a_failed_one_are_in_its_line() -> None:
    again = msgspec.structs.replace(RESULTS[2], retries=4)
    line = result_line(again, FAILED, BOOK).plain
    assert "↻ 4" in line
    assert line.endswith("[request 4442587FB7D0A2F9]")


def test_an_object_that_failed_before_it_was_looked_at_has_no_size() -> None:
    problem = Problem(ProblemKind.INVALID, "no file can have this name")
    unseen = ObjectResult("1", "s3://a/..", "", Outcome.FAILED, problem=problem)
    assert "0 B" not in result_line(unseen, FAILED, AddressBook()).plain
    seen = msgspec.structs.replace(unseen, size=6)
    assert "6 B" in result_line(seen, FAILED, AddressBook()).plain
    empty = msgspec.structs.replace(unseen, outcome=Outcome.COPIED, problem=None)
    assert "0 B" in result_line(empty, FAILED, AddressBook()).plain
