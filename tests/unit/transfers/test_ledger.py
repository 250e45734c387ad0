"""The books of a transfer: what a snapshot says after each thing that can happen."""

from tui.model.plan import Tally
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import ObjectResult, Outcome, TransferState
from tui.transfers.ledger import Ledger
from tui.transfers.limits import TransferLimits


def ledger(notes: int = 50) -> Ledger:
    made = Ledger("t", "s3://a/p/", "s3://b/", TransferLimits(notes=notes))
    made.begin()
    return made


def result(outcome: Outcome, size: int = 10, kind: ProblemKind | None = None, *notes: str) -> ObjectResult:
    problem = Problem(kind=kind, title=kind) if kind else None
    return ObjectResult("t", "s3://a/k", "s3://b/k", outcome, size=size, problem=problem, notes=list(notes))


def test_bytes_of_what_was_skipped_are_not_waited_for() -> None:
    books = ledger()
    books.count(Tally(3, 30, complete=True))
    books.add(result(Outcome.SKIPPED))
    books.arrived(10)
    books.add(result(Outcome.COPIED))
    snapshot = books.snapshot()
    assert (snapshot.bytes_done, snapshot.bytes_total) == (10, 20)
    assert (snapshot.objects_done, snapshot.objects_skipped, snapshot.objects_total) == (1, 1, 3)


def test_bytes_of_a_failed_upload_are_taken_back_but_were_moved() -> None:
    books = ledger()
    books.count(Tally(1, 30, complete=True))
    books.arrived(20)
    books.arrived(-20)
    snapshot = books.snapshot()
    assert (snapshot.bytes_done, snapshot.bytes_total) == (0, 30)
    assert snapshot.rate > 0


def test_an_object_of_another_size_than_listed_corrects_the_total() -> None:
    books = ledger()
    books.count(Tally(1, 10, complete=True))
    books.correct_size(10, 25)
    books.correct_size(None, 7)  # a marked key was counted with its real size
    assert books.snapshot().bytes_total == 25


def test_there_is_no_time_left_while_counting() -> None:
    books = ledger()
    books.count(Tally(1, 10))
    books.arrived(1)
    assert books.snapshot().counting
    assert books.snapshot().eta is None
    books.count(Tally(1, 10, complete=True))
    assert books.snapshot().eta is not None


def test_the_first_error_is_kept_and_decides_the_end() -> None:
    books = ledger()
    books.add(result(Outcome.FAILED, kind=ProblemKind.CHANGED))
    books.add(result(Outcome.FAILED, kind=ProblemKind.DENIED))
    books.end(cancelled=False)
    snapshot = books.snapshot()
    assert snapshot.state is TransferState.FAILED
    assert snapshot.problem
    assert snapshot.problem.kind is ProblemKind.CHANGED
    assert snapshot.ended is not None
    assert snapshot.rate == 0


def test_notes_stand_once_and_are_bounded() -> None:
    books = ledger(notes=2)
    for note in ("a", "b", "a", "c"):
        books.add(result(Outcome.COPIED, 10, None, note))
    assert books.snapshot().notes == ["a", "b"]


def test_going_on_is_hopeless_without_credentials_and_after_many_dead_connections() -> None:
    for kind, failures in ((ProblemKind.EXPIRED, 1), (ProblemKind.UNREACHABLE, 10)):
        books = ledger()
        for _ in range(failures - 1):
            books.add(result(Outcome.FAILED, kind=kind))
        assert not books.hopeless
        books.add(result(Outcome.FAILED, kind=kind))
        assert books.hopeless
    books = ledger()
    for _ in range(100):
        books.add(result(Outcome.FAILED, kind=ProblemKind.DENIED))
    assert not books.hopeless


def test_the_latest_failures_decide_whether_it_is_hopeless() -> None:
    books = ledger()
    for kind in (ProblemKind.DENIED, ProblemKind.EXPIRED):
        books.add(result(Outcome.FAILED, kind=kind))
    assert books.hopeless
    books.give_up()
    assert "credentials expired" in books.snapshot().notes[0]
