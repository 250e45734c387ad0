"""The lines of progress and of the end, where they are more than numbers."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tui.cli.commands.transfer_words import SaidProblems, copy_words, progress_fields, progress_words, total_words
from tui.cli.commands.transfers import transfer_lines
from tui.model.orders import Route
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import ObjectResult, Outcome, Transfer, TransferKind, TransferState, Verification

DONE = Transfer("t", "s3://a/", "s3://b/", TransferState.DONE, None)


def test_a_line_of_progress_repeats_the_numbers_and_what_has_changed() -> None:
    begun = Transfer("t", "s3://a/", "s3://b/", TransferState.RUNNING, None, notes=["a long one"] * 9)
    first = progress_fields(begun, None)
    assert set(first) == set(Transfer.__struct_fields__)
    later = progress_fields(replace(begun, bytes_done=1), begun)
    assert {name: later[name] for name in ("id", "state", "bytes_done", "objects_done", "eta")} == {
        "id": "t",
        "state": TransferState.RUNNING,
        "bytes_done": 1,
        "objects_done": 0,
        "eta": None,
    }
    assert not {"source", "target", "notes", "limits", "workers", "problem"} & set(later)
    noted = progress_fields(replace(begun, notes=["another"]), begun)
    assert set(noted) - set(later) == {"notes"}


def failed(key: str, title: str = "access denied: s3:PutObject", request: str = "") -> ObjectResult:
    target = f"s3://b/{key}"
    problem = Problem(ProblemKind.DENIED, title.format(target), resource=target, request_id=request or key)
    return ObjectResult("t", f"s3://a/{key}", target, Outcome.FAILED, problem=problem)


def test_a_problem_that_many_objects_have_is_whole_once() -> None:
    said = SaidProblems()
    results = [
        failed("x"),
        failed("y"),
        failed("x", "{} is not writable"),
        failed("z"),
        failed("z", "{} is not writable"),
    ]
    assert [said.repeats(each) for each in results] == [False, True, False, True, True]
    assert said.lines() == [
        "the same for 2 more objects: access denied: s3:PutObject",
        "the same for 1 more object: … is not writable",
    ]
    assert not said.repeats(replace(results[0], problem=None))


def test_a_restore_that_is_waited_for_is_not_100_percent_done() -> None:
    restore = Transfer(
        "t",
        "s3://b/",
        "",
        TransferState.WAITING,
        None,
        objects_total=2,
        objects_done=2,
        bytes_total=9,
        bytes_done=9,
        kind=TransferKind.RESTORE,
    )
    assert progress_words(restore) == "2 of 2 restores requested"


@pytest.mark.parametrize("state", [TransferState.FAILED, TransferState.CANCELLED, TransferState.DONE])
def test_there_is_no_percentage_of_nothing(state: TransferState) -> None:
    ended = replace(DONE, state=state)
    assert "%" not in transfer_lines(ended)[0]
    assert "0 of 0 objects" in transfer_lines(ended)[0]
    assert "%" not in progress_words(ended)


def test_without_bytes_the_objects_are_the_measure() -> None:
    begun = replace(DONE, state=TransferState.RUNNING, counting=True)
    assert progress_words(begun).startswith("  0 %")
    markers = replace(begun, objects_total=4, objects_done=1, counting=False)
    assert (" 25 %" in transfer_lines(markers)[0], "25 %" in progress_words(markers)) == (True, True)
    assert "100 %" in transfer_lines(replace(markers, objects_done=4, state=TransferState.DONE))[0]


@pytest.mark.parametrize(
    ("kind", "outcomes", "words"),
    [
        (TransferKind.SYNC, {Outcome.COPIED: 68, Outcome.DELETED: 2}, "68 copied, 2 deleted"),
        (TransferKind.SYNC, {Outcome.COPIED: 68}, "68 copied"),
        (TransferKind.SYNC, {Outcome.DELETED: 2}, "2 deleted"),
        (TransferKind.SYNC, {}, "0 copied"),
        (TransferKind.MOVE, {Outcome.MOVED: 1}, "1 moved"),
        (TransferKind.MOVE, {Outcome.MOVED: 3, Outcome.COPIED: 1}, "3 moved, 1 copied"),
        (TransferKind.REPAIR, {Outcome.REPAIRED: 1, Outcome.GRANTED: 1}, "1 repaired, 1 granted"),
    ],
)
def test_each_outcome_has_its_own_number(kind: TransferKind, outcomes: dict[Outcome, int], words: str) -> None:
    ended = replace(DONE, kind=kind, objects_done=sum(outcomes.values()))
    assert total_words(ended, outcomes) == f"done: {words} (0 B), 0 skipped, 0 failed"


def test_a_transfer_that_could_not_begin_has_no_numbers() -> None:
    failed = replace(
        DONE, state=TransferState.FAILED, problem=Problem(kind=ProblemKind.NO_SUCH_BUCKET, title="no such bucket")
    )
    assert total_words(failed, {}) == "failed: nothing was done: no such bucket"


def test_a_copy_by_a_job_of_s3_has_no_route() -> None:
    copied = ObjectResult("t", "s3://a/x", "s3://b/x", Outcome.COPIED, 2, evidence="S3's completion report")
    assert copy_words(copied) == "2 B, unknown: S3's completion report"
    pulled = replace(copied, route=Route.PULL, verification=Verification.SAME, evidence="ETag", owner_note="owned by B")
    assert copy_words(pulled) == "2 B, pull, same: ETag, owned by B"


def test_a_problem_is_the_same_whatever_its_cause_calls_the_object() -> None:
    """AWS names the object in its messages by ARN, some texts percent-encoded; S3's reports have ids of requests."""
    said = SaidProblems()
    cause = (
        "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: s3:GetObject on resource: "
        '"arn:aws:s3:::{}" '
        "because no policy allows it (Service: Amazon S3; Request ID: {}; Extended Request ID: {}/=)"
    )
    results = [failed(key) for key in ("a b", "data/ü", "data/" + "x" * 90)]
    for result, name in zip(results, ("a/a%20b", "a/data/ü", "a/data/" + "x" * 90), strict=True):
        assert result.problem is not None
        problem = replace(result.problem, cause=cause.format(name, name.upper()[:5], name[-2:]))
        assert said.repeats(replace(result, problem=problem)) is (result is not results[0])
    assert said.lines() == ["the same for 2 more objects: access denied: s3:PutObject"]
    denied = replace(results[0], problem=Problem(ProblemKind.DENIED, "access denied: s3:PutObject", "another cause"))
    assert not said.repeats(denied)
