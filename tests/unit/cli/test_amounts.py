"""Sizes that are not known are not 0 B: a job of S3 reports objects without sizes."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tui.cli.commands.transfer_words import copy_words, progress_words, total_words
from tui.cli.commands.transfers import transfer_lines
from tui.model.engines import BATCH, LOCAL
from tui.model.identity import AddressBook
from tui.model.transfer import ObjectResult, Outcome, Transfer, TransferState
from tui.text.transfers.amounts import done_of_all, done_size, object_size, progress
from tui.ui.transfers.details import result_line

ENDED = Transfer("t", "s3://a/", "s3://b/", TransferState.DONE, None, objects_total=4, objects_done=4)
JOB = replace(ENDED, engine=BATCH)


@pytest.mark.parametrize(
    ("transfer", "words"),
    [
        (ENDED, "0 B"),
        (replace(ENDED, bytes_done=5), "5 B"),
        (JOB, "size unknown"),
        (replace(JOB, bytes_done=5), "over 5 B"),
        (replace(JOB, objects_total=0, objects_done=0), "0 B"),
    ],
)
def test_of_a_job_only_what_this_machine_copies_is_known(transfer: Transfer, words: str) -> None:
    assert done_size(transfer) == words
    assert f"({words})" in total_words(transfer, {})


def test_a_job_is_measured_by_its_objects() -> None:
    half = replace(JOB, state=TransferState.RUNNING, objects_done=2, bytes_done=5, bytes_total=5)
    assert progress(half) == (2, 4)
    assert progress(replace(half, engine=LOCAL)) == (5, 5)
    assert done_of_all(half) == "over 5 B"
    assert done_of_all(replace(half, engine=LOCAL)) == "5 B of 5 B"
    assert progress_words(half).startswith(" 50 %  2 of 4 objects  over 5 B")
    assert " 50 %" in transfer_lines(half)[0]


def test_a_job_has_no_rate_in_bytes_and_no_target_where_it_changes_objects() -> None:
    running = replace(JOB, state=TransferState.RUNNING, objects_done=2, target="")
    first, second = transfer_lines(running)
    assert first.endswith("2 of 4 objects  size unknown")
    assert second == "  s3://a/"
    assert "/s" not in progress_words(running)
    assert "5 B/s" in progress_words(replace(running, rate=5.0))


def test_an_object_without_a_size_says_so() -> None:
    result = ObjectResult("t", "s3://a/x", "s3://b/x", Outcome.COPIED, None, evidence="S3's completion report")
    assert (object_size(None), object_size(0)) == ("size unknown", "0 B")
    assert copy_words(result) == "size and checksum unknown: S3's completion report"
    assert "size and checksum unknown (S3's" in result_line(result, JOB, AddressBook()).plain
    failed = replace(result, outcome=Outcome.FAILED)
    assert "size" not in result_line(failed, JOB, AddressBook()).plain
