"""The books of a transfer: what a snapshot says after each thing that can happen."""

from tests.unit.transfers.journal.samples import transfer
from tui.model.plan import Tally
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import ObjectResult, Outcome, TransferState
from tui.transfers.journal import Counts, Cursor
from tui.transfers.limits.bounds import TransferLimits
from tui.transfers.progress import Progress


def progress(notes: int = 50) -> Progress:
    made = Progress(transfer(), TransferLimits(notes=notes))
    made.begin()
    return made


def result(outcome: Outcome, size: int = 10, kind: ProblemKind | None = None, *notes: str) -> ObjectResult:
    problem = Problem(kind=kind, title=kind) if kind else None
    return ObjectResult("t", "s3://a/k", "s3://b/k", outcome, size=size, problem=problem, notes=list(notes))


def test_bytes_of_what_was_skipped_are_not_waited_for() -> None:
    books = progress()
    books.count(Tally(3, 30, complete=True))
    books.add(result(Outcome.SKIPPED))
    books.arrived(10)
    books.add(result(Outcome.COPIED))
    snapshot = books.snapshot()
    assert (snapshot.bytes_done, snapshot.bytes_total) == (10, 20)
    assert (snapshot.objects_done, snapshot.objects_skipped, snapshot.objects_total) == (1, 1, 3)


def test_bytes_of_a_failed_upload_are_taken_back_but_were_moved() -> None:
    books = progress()
    books.count(Tally(1, 30, complete=True))
    books.arrived(20)
    books.arrived(-20)
    snapshot = books.snapshot()
    assert (snapshot.bytes_done, snapshot.bytes_total) == (0, 30)
    assert snapshot.rate > 0


def test_an_object_of_another_size_than_listed_corrects_the_total() -> None:
    books = progress()
    books.count(Tally(1, 10, complete=True))
    books.correct_size(10, 25)
    books.correct_size(None, 7)  # a marked key was counted with its real size
    assert books.snapshot().bytes_total == 25


def test_there_is_no_time_left_while_counting() -> None:
    books = progress()
    books.count(Tally(1, 10))
    books.arrived(1)
    assert books.snapshot().counting
    assert books.snapshot().eta is None
    books.count(Tally(1, 10, complete=True))
    assert books.snapshot().eta is not None


def test_the_first_error_is_kept_and_decides_the_end() -> None:
    books = progress()
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
    books = progress(notes=2)
    for note in ("a", "b", "a", "c"):
        books.add(result(Outcome.COPIED, 10, None, note))
    assert books.snapshot().notes == ["a", "b"]


def test_going_on_is_hopeless_without_credentials_and_after_many_dead_connections() -> None:
    at_once = (ProblemKind.NO_CREDENTIALS, ProblemKind.BAD_CREDENTIALS, ProblemKind.NO_SUCH_BUCKET)
    for kind, failures in ((ProblemKind.EXPIRED, 1), (ProblemKind.UNREACHABLE, 10), *((kind, 1) for kind in at_once)):
        books = progress()
        for _ in range(failures - 1):
            books.add(result(Outcome.FAILED, kind=kind))
        assert not books.hopeless
        books.add(result(Outcome.FAILED, kind=kind))
        assert books.hopeless
    books = progress()
    for _ in range(100):
        books.add(result(Outcome.FAILED, kind=ProblemKind.DENIED))
    assert not books.hopeless


def test_the_latest_failures_decide_whether_it_is_hopeless() -> None:
    books = progress()
    for kind in (ProblemKind.DENIED, ProblemKind.EXPIRED):
        books.add(result(Outcome.FAILED, kind=kind))
    assert books.hopeless
    books.give_up()
    assert "credentials expired" in books.snapshot().notes[0]


COUNTS = Counts(
    {Outcome.COPIED: 3, Outcome.MOVED: 2, Outcome.SKIPPED: 1, Outcome.FAILED: 4, Outcome.CANCELLED: 1},
    {Outcome.COPIED: 30, Outcome.MOVED: 20, Outcome.SKIPPED: 10, Outcome.FAILED: 40, Outcome.CANCELLED: 10},
)


def test_loading_from_the_journal_counts_kept_bytes_as_copied() -> None:
    books = progress()
    books.arrived(1234)
    books.load(COUNTS, 7, retrying=False)
    snapshot = books.snapshot()
    assert (snapshot.objects_done, snapshot.objects_failed, snapshot.objects_skipped) == (5, 4, 1)
    assert snapshot.bytes_done == 57
    assert books.results == 11
    books.load(COUNTS, 0, retrying=True)
    assert books.snapshot().objects_failed == 0
    assert books.results == 6


def test_what_was_moved_is_not_counted_again_but_was_there() -> None:
    books = progress()
    books.load(COUNTS, 0, retrying=False)
    books.count(Tally(9, 90, complete=True))  # the listing does not hold the two any more
    snapshot = books.snapshot()
    assert (snapshot.objects_total, snapshot.bytes_total) == (11, 100)


def test_a_total_that_was_complete_is_kept_with_its_corrections() -> None:
    books = progress()
    books.count(Tally(3, 30))
    assert books.record(None, 1.0, retrying=False).tally == Tally()
    books.count(Tally(3, 30, complete=True))
    books.correct_size(10, 15)
    record = books.record(Cursor(1, "p/k"), 2.5, retrying=True)
    assert (record.tally.objects, record.tally.bytes, record.position, record.retrying) == (3, 35, 2.5, True)
    again = Progress(record, TransferLimits())
    assert again.counted
    assert again.snapshot().bytes_total == 35


def test_a_paused_transfer_has_no_rate() -> None:
    books = progress()
    books.arrived(10)
    why = Problem(kind=ProblemKind.EXPIRED, title="expired")
    books.set_state(TransferState.WAITING, why)
    snapshot = books.snapshot()
    assert (snapshot.state, snapshot.waits_for, snapshot.rate, snapshot.eta) == (TransferState.WAITING, why, 0, None)
    books.begin()
    assert books.snapshot().waits_for is None
